//! `bursar prices import`: AWS's own price files, and tables of rates, into one price book.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::NaiveDate;
use clap::Args;
use serde::Serialize;

use super::SCHEMA_VERSION;
use crate::catalog::Region;
use crate::cli::output::{check_writable, write_file};
use crate::cli::user_prices::{doubt_types, short_name, today};
use crate::cli::{Failure, Format, Output, OutputArgs, working};
use crate::diagnostics::Diagnostic;
use crate::prices::UserBook;
use crate::prices::import::{FileReport, Imported, Importer, Options};
use crate::report::Table;

pub(super) const EXAMPLES: &str = "\
Read are, packed by gzip or not, offer files of AmazonEC2, AWSDataTransfer, AmazonVPC, AmazonECS, AWSLambda and AWSELB
(CSV, JSON), Compute and Database Savings Plans files (CSV, JSON), the answers of
`aws ec2 describe-spot-price-history` and `aws savingsplans describe-savings-plans-offering-rates`, and tables of rates
(docs/file-formats.md). No two rates for one thing; a failed import leaves the old book in place.

Examples:
  bursar prices import index.csv AWSComputeSavingsPlan.csv --out prices.book
  bursar prices show m7i.xlarge --prices prices.book
  bursar optimize usage.csv --prices rates.csv";

/// Make a price book of AWS's own price files or of a table of rates
#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// Price files, or folders of them; what they are is known by their content
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The day no price may be later than (unless given: today)
    #[arg(long, value_name = "DAY")]
    as_of: Option<NaiveDate>,

    /// Leave out rates of regions that are not known, instead of stopping
    #[arg(long)]
    skip_unknown_regions: bool,
}

pub(super) fn run(arguments: &ImportArgs, output: &OutputArgs) -> Result<ExitCode, Failure> {
    let Some(out) = &output.out else {
        return Err(
            Diagnostic::new("`--out FILE` is missing: where the price book goes")
                .hint("`bursar prices import index.csv --out prices.book`")
                .into(),
        );
    };
    check_writable(out)?;
    let reading = working("reading price files", output.quiet);
    let mut importer = Importer::new(Options {
        today: arguments.as_of.unwrap_or_else(today),
        skip_unknown_regions: arguments.skip_unknown_regions,
    });
    for path in &files(&arguments.files)? {
        let file = File::open(path).map_err(|error| Failure::file("read", path, &error))?;
        importer.read(&path.display().to_string(), short_name(path), file)?;
    }
    let made = importer.finish().map_err(Failure::Data)?;
    reading.finish_and_clear();
    write_file(out, &made.book)?;
    let book = UserBook::open(made.book.clone(), &out.display().to_string())?;
    doubt_types(&book, output.quiet);
    let mut said = Output::new();
    match output.format {
        Format::Json => said.json(&document(&made, &book))?,
        format => said.tables(&tables(&made, &book), format)?,
    }
    // The book went to --out; what is said about it goes to stdout.
    said.finish(&OutputArgs {
        out: None,
        ..output.clone()
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The files that were named, and those of folders that were, ordered by name; hidden ones are left out.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in named {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let cannot = |error: std::io::Error| Failure::file("read", path, &error);
        let entries = fs::read_dir(path).map_err(cannot)?;
        let mut inside = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(cannot)?;
        inside.retain(|path| {
            let name = path.file_name().and_then(|name| name.to_str());
            !name.is_some_and(|name| name.starts_with('.'))
        });
        inside.sort();
        if inside.is_empty() {
            let what = format!("there is no file in `{}`", path.display());
            return Err(Diagnostic::new(what)
                .hint("name the folder that the price files are in")
                .into());
        }
        files.extend(self::files(&inside)?);
    }
    Ok(files)
}

fn tables(imported: &Imported, book: &UserBook) -> Vec<Table> {
    let mut files = Table::new("Files", &["file", "what", ">rows", ">used", ">left out"]);
    for file in &imported.files {
        files.row([
            file.name.clone(),
            file.kind.clone(),
            file.rows.to_string(),
            file.used.to_string(),
            file.skipped.values().sum::<u64>().to_string(),
        ]);
    }
    let mut skipped = Table::new("Rows left out", &["file", ">rows", "because the row ..."]);
    for file in &imported.files {
        for (reason, count) in &file.skipped {
            skipped.row([file.name.clone(), count.to_string(), reason.clone()]);
        }
    }
    for zero in &imported.zero.1 {
        skipped.note(format!("Zero, left out: {zero}."));
    }
    let mut regions = Table::new("Rates", &["region", ">of instances", ">of services"]);
    for (region, [rates, services]) in by_region(imported) {
        regions.row([region.to_string(), rates.to_string(), services.to_string()]);
    }
    let (total, services): (usize, usize) = (
        imported.rates.values().sum(),
        imported.service_rates.values().sum(),
    );
    regions.note(format!(
        "{total} rates of instances and {services} of services, the newest of {}; {} zero rates left out; {} rows said again what another says.",
        book.as_of(),
        imported.zero.0,
        imported.twice
    ));
    let mut tables = vec![files];
    if imported.files.iter().any(|file| !file.skipped.is_empty()) || imported.zero.0 > 0 {
        tables.push(skipped);
    }
    tables.push(regions);
    tables
}

/// How many rates of instances and of services each region has.
fn by_region(imported: &Imported) -> BTreeMap<Region, [usize; 2]> {
    let mut regions: BTreeMap<Region, [usize; 2]> = BTreeMap::new();
    for (place, counts) in [&imported.rates, &imported.service_rates]
        .into_iter()
        .enumerate()
    {
        for (region, rates) in counts {
            regions.entry(*region).or_default()[place] = *rates;
        }
    }
    regions
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    book_sha256: &'a str,
    as_of: String,
    files: Vec<FileDocument<'a>>,
    rates: Vec<RegionDocument>,
    zero_rates: usize,
    zero_rates_first: &'a [String],
    rates_twice: usize,
}

#[derive(Serialize)]
struct FileDocument<'a> {
    file: &'a str,
    kind: &'a str,
    sha256: &'a str,
    rows: u64,
    used: u64,
    skipped: &'a BTreeMap<String, u64>,
}

#[derive(Serialize)]
struct RegionDocument {
    region: String,
    rates: usize,
    service_rates: usize,
}

fn document<'a>(imported: &'a Imported, book: &'a UserBook) -> Document<'a> {
    let file = |file: &'a FileReport| FileDocument {
        file: &file.name,
        kind: &file.kind,
        sha256: &file.sha256,
        rows: file.rows,
        used: file.used,
        skipped: &file.skipped,
    };
    let rates = by_region(imported).into_iter();
    let rates = rates.map(|(region, [rates, service_rates])| RegionDocument {
        region: region.to_string(),
        rates,
        service_rates,
    });
    Document {
        schema_version: SCHEMA_VERSION,
        book_sha256: book.id(),
        as_of: book.as_of().to_string(),
        files: imported.files.iter().map(file).collect(),
        rates: rates.collect(),
        zero_rates: imported.zero.0,
        zero_rates_first: &imported.zero.1,
        rates_twice: imported.twice,
    }
}
