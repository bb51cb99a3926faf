//! `bursar reconcile`: a bill against itself, with every difference and its likely cause.

use std::process::ExitCode;

use clap::Args;

use super::{Failure, Format, Output, OutputArgs, inputs};
use crate::analysis::reconcile;
use crate::demand::import::{Input, fingerprint};
use crate::report::reconcile as report;
use crate::report::run::{InputFile, hex};

/// Re-derive a bill's discounts and costs from its own usage, commitments and rates, and list every difference
#[derive(Debug, Args)]
#[command(after_help = "\
Reads Cost and Usage Reports (legacy and 2.0) and FOCUS. Rates are the bill's own, so old bills work.
Exit code 3 when a difference is unexplained, 0 otherwise.

Examples:
  bursar reconcile examples/04-bill-with-commitments/bill.csv
  bursar reconcile examples/04-bill-with-commitments/bill.csv --format json --out reconciled.json")]
pub(super) struct ReconcileArgs {
    /// Bills: files, folders, patterns or CUR manifests
    #[arg(required = true, value_name = "BILL")]
    files: Vec<String>,

    /// Commitments serve only the account that owns them
    #[arg(long)]
    no_sharing: bool,

    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(arguments: &ReconcileArgs) -> Result<ExitCode, Failure> {
    if let Some(path) = &arguments.output.out {
        super::output::check_writable(path)?;
    }
    let files = inputs::resolve(&arguments.files)?;
    let spinner = super::working("reconciling", arguments.output.quiet);
    let found = reconcile(&files, !arguments.no_sharing, crate::threads::of_machine())
        .map_err(Failure::Data)?;
    spinner.finish_and_clear();
    let mut output = Output::new();
    match arguments.output.format {
        Format::Json => output.json(&report::json(&found, &named(&files)?))?,
        format => output.tables(&report::tables(&found), format)?,
    }
    output.finish(&arguments.output)?;
    let exit = if found.book.unexplained() == 0 { 0 } else { 3 };
    Ok(ExitCode::from(exit))
}

/// The files with their fingerprints.
fn named(files: &[Input]) -> Result<Vec<InputFile>, Failure> {
    let named = files.iter().map(|file| {
        let sha256 = fingerprint(file)?;
        Ok(InputFile {
            path: file.name.clone(),
            sha256: hex(&sha256),
            role: "bill".into(),
        })
    });
    named.collect()
}
