//! `--network FILE`: what each way of each flow out of private subnets costs.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use sha2::{Digest, Sha256};

use crate::cli::fleet::FleetArgs;
use crate::cli::{Failure, Format, Output, OutputArgs};
use crate::diagnostics::Diagnostic;
use crate::report::network::NetworkReport;
use crate::report::run::{InputFile, hex};
use crate::scenario::{layouts, read_network};

/// Reads the file and lays the ways out.
pub(super) fn run(
    path: &Path,
    fleet: &FleetArgs,
    output: &OutputArgs,
) -> Result<ExitCode, Failure> {
    if let Some(usage) = fleet.files.first() {
        let message = format!("`--network` needs no usage, and there is `{usage}`");
        return Err(Diagnostic::new(message)
            .hint("flows stand in the network file; `bursar compare BASE SCENARIO` bills NAT gateways of usage")
            .into());
    }
    let bytes = fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
    let name = path.display().to_string();
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Failure::new(format!("`{name}` is not UTF-8 text; save it as UTF-8")))?;
    let network = read_network(text, &name)?;
    let (mut prices, mut discounts) = (fleet.prices.clone(), fleet.discounts.clone());
    fleet
        .config
        .fill(&mut prices, Some(&mut discounts), output.quiet)?;
    let (book, prices) = prices.book(output.quiet)?;
    let book = discounts.today(book)?;
    let mut inputs = vec![InputFile {
        sha256: hex(&Sha256::digest(&bytes)),
        role: "network".into(),
        path: name,
    }];
    inputs.extend(prices);
    let routed = network.route(&book);
    let layouts = layouts(&routed);
    if layouts.is_empty() {
        let missing = routed.iter().flat_map(|flow| &flow.missing);
        let missing = missing.map(|(_, why)| why);
        return Err(crate::cli::bill::services::without_price(missing));
    }
    let report = NetworkReport {
        network: &network,
        routed: &routed,
        layouts: &layouts,
        book: &book,
        inputs: &inputs,
    };
    let mut out = Output::new();
    match output.format {
        Format::Json => out.json(&report.json())?,
        Format::Csv => out.tables(&[report.ways()], Format::Csv)?,
        format => out.tables(&report.tables(), format)?,
    }
    out.finish(output)?;
    Ok(ExitCode::SUCCESS)
}
