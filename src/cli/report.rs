//! `bursar report`: the documents of a finished run, made from its file alone.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::certify::read_run;
use super::output::{check_writable, write_file};
use super::{Failure, Output};
use crate::diagnostics::Place;
use crate::report::currency::{RateOfDay, currency_code};
use crate::report::optimize::{Charts, ReportError, charts, document};
use crate::report::purchases::{shell, terraform};
use crate::report::run::{Run, SCHEMA_VERSION};
use crate::report::{Block, Document, Exchange};

/// Make the documents of a finished run: PDF, HTML, Excel and more; the usage is not needed
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bursar report reports/01-web-shop -o reports/01-web-shop --all
  bursar report reports/01-web-shop/run.json -o reports/01-web-shop --format html,xlsx --currency KRW --fx-rate 1380@2026-11-20")]
pub(super) struct ReportArgs {
    /// The run.json that `bursar optimize --report` wrote, or its folder
    #[arg(value_name = "RUN")]
    run: PathBuf,

    /// Write the documents into FOLDER
    #[arg(short = 'o', long = "out", value_name = "FOLDER")]
    out: PathBuf,

    /// Which documents
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "pdf,html",
        value_name = "KIND"
    )]
    format: Vec<Kind>,

    /// All of them
    #[arg(long, conflicts_with = "format")]
    all: bool,

    /// Show amounts in this currency beside the dollars, such as KRW
    #[arg(long, value_name = "CODE", value_parser = currency_code, requires = "fx_rate")]
    currency: Option<String>,

    /// What one dollar is in that currency, and the day of the rate
    #[arg(long, value_name = "RATE@DAY", requires = "currency")]
    fx_rate: Option<RateOfDay>,

    /// Say nothing on stderr but errors
    #[arg(short, long)]
    quiet: bool,
}

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Kind {
    /// The report to sign: report.pdf
    Pdf,
    /// One page for a browser, with sliders: report.html
    Html,
    /// A workbook, one sheet a table: report.xlsx
    Xlsx,
    /// report.md
    Md,
    /// A file a table, with all digits
    Csv,
    /// The document as data: report.json
    Json,
    /// The charts as pictures
    Png,
    /// The charts as drawings
    Svg,
    /// The purchases as AWS CLI commands in a script that shows what it would buy: purchases.sh
    Cli,
    /// The purchases as Terraform, where a resource exists: purchases.tf
    Terraform,
}

impl Kind {
    /// Those of the kinds that this program can make: PDF is a cargo feature.
    pub(super) fn made_here(kinds: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let made = |kind: &Self| *kind != Self::Pdf || cfg!(feature = "pdf");
        kinds.into_iter().filter(made).collect()
    }
}

pub(super) fn run(arguments: &ReportArgs) -> Result<ExitCode, Failure> {
    let path = run_file(&arguments.run);
    let run = read_run(&path)?;
    prepare_folder(&arguments.out)?;
    let this = concat!("bursar ", env!("CARGO_PKG_VERSION"));
    if run.program != this {
        let note = format!(
            "note: the run was made by {}; these documents by {this}",
            run.program
        );
        super::say(&note, arguments.quiet);
    }
    let kinds: Vec<Kind> = if arguments.all {
        Kind::made_here(Kind::value_variants().iter().copied())
    } else {
        arguments.format.clone()
    };
    let exchange = arguments.currency.iter().zip(&arguments.fx_rate).next();
    let exchange = exchange.map(|(currency, of_day)| Exchange {
        currency: currency.clone(),
        rate: of_day.rate,
        day: of_day.day.clone(),
    });
    let files = documents(&run, &kinds, exchange.as_ref()).map_err(|failure| at(&path, failure))?;
    for path in write_all(&arguments.out, &files)? {
        super::say(&format!("wrote {}", path.display()), arguments.quiet);
    }
    Ok(ExitCode::SUCCESS)
}

/// The run file that is meant by itself or by its folder.
pub(super) fn run_file(path: &Path) -> PathBuf {
    if path.is_dir() {
        path.join("run.json")
    } else {
        path.to_path_buf()
    }
}

/// Says in which file the run is that cannot be laid out.
fn at(path: &Path, failure: Failure) -> Failure {
    let Failure::Data(problems) = failure else {
        return failure;
    };
    let place = Place::file(path.display().to_string());
    let placed = problems.into_iter().map(|problem| {
        problem
            .at(place.clone())
            .hint("`bursar optimize USAGE --report FOLDER` writes a whole FOLDER/run.json")
    });
    Failure::Data(placed.collect())
}

/// A file's name and its bytes.
type File = (String, Vec<u8>);

/// The documents of a run, in memory: nothing is written before all are made.
pub(super) fn documents(
    run: &Run,
    kinds: &[Kind],
    exchange: Option<&Exchange>,
) -> Result<Vec<File>, Failure> {
    let said = |error: ReportError| Failure::new(error);
    let charts = charts(run).map_err(said)?;
    let mut document = document(run, &charts).map_err(said)?;
    if let Some(exchange) = exchange {
        document = document.beside(exchange);
    }
    let kinds: BTreeSet<Kind> = kinds.iter().copied().collect();
    let mut files = Vec::new();
    for kind in kinds {
        let one = |ending: &str, bytes| vec![(format!("report.{ending}"), bytes)];
        files.extend(match kind {
            Kind::Pdf => one("pdf", pdf(&document)?),
            Kind::Html => one("html", document.to_html().into_bytes()),
            Kind::Xlsx => one("xlsx", document.to_xlsx().map_err(Failure::new)?),
            Kind::Md => one("md", document.to_markdown().into_bytes()),
            Kind::Csv => tables(&document)?,
            Kind::Json => one("json", data(run, document.clone())?),
            Kind::Png | Kind::Svg => pictures(&charts, kind)?,
            Kind::Cli => vec![(
                "purchases.sh".into(),
                shell(run).map_err(said)?.into_bytes(),
            )],
            Kind::Terraform => {
                vec![(
                    "purchases.tf".into(),
                    terraform(run).map_err(said)?.into_bytes(),
                )]
            }
        });
    }
    Ok(files)
}

#[cfg(feature = "pdf")]
fn pdf(document: &Document) -> Result<Vec<u8>, Failure> {
    document.to_pdf().map_err(Failure::new)
}

#[cfg(not(feature = "pdf"))]
fn pdf(_document: &Document) -> Result<Vec<u8>, Failure> {
    Err(Failure::new(
        "this program was built without PDF (cargo feature `pdf`)",
    ))
}

/// Every named table as CSV.
fn tables(document: &Document) -> Result<Vec<File>, Failure> {
    let mut files = Vec::new();
    for block in &document.blocks {
        let Block::Table(table) = block else { continue };
        if !table.name.is_empty() {
            let mut bytes = Vec::new();
            table.write_values(&mut bytes)?;
            files.push((format!("{}.csv", table.name), bytes));
        }
    }
    Ok(files)
}

/// The document as data; its drawings are in the other files.
fn data(run: &Run, mut document: Document) -> Result<Vec<u8>, Failure> {
    // The costs to move about in are in run.json already.
    document
        .blocks
        .retain(|block| !matches!(block, Block::WhatIf(_)));
    for block in &mut document.blocks {
        if let Block::Picture(picture) = block {
            picture.svg.clear();
        }
    }
    let mut output = Output::new();
    output.json(&json!({
        "schema_version": SCHEMA_VERSION,
        "program": run.program,
        "price_book": run.price_book,
        "inputs": run.inputs,
        "document": document,
    }))?;
    Ok(output.into_bytes())
}

fn pictures(charts: &Charts, kind: Kind) -> Result<Vec<File>, Failure> {
    let mut files = Vec::new();
    for (name, scene) in [
        ("usage", &charts.usage),
        ("usage-week", &charts.week),
        ("savings", &charts.savings),
        ("plans", &charts.plans),
    ] {
        files.push(match kind {
            Kind::Svg => (
                format!("{name}.svg"),
                scene.to_svg().map_err(Failure::new)?.into_bytes(),
            ),
            _ => (format!("{name}.png"), scene.to_png().map_err(Failure::new)?),
        });
    }
    Ok(files)
}

/// Writes the files, each whole or not at all; gives their paths.
pub(super) fn write_all(folder: &Path, files: &[File]) -> Result<Vec<PathBuf>, Failure> {
    let write = |(name, bytes): &File| {
        let path = folder.join(name);
        write_file(&path, bytes).map(|()| path)
    };
    files.iter().map(write).collect()
}

/// Makes the folder and finds out whether it can be written, before the long work starts.
pub(super) fn prepare_folder(folder: &Path) -> Result<(), Failure> {
    if folder.is_file() {
        let message = format!(
            "cannot make the folder `{}`: a file has this name",
            folder.display()
        );
        return Err(Failure::new(message));
    }
    fs::create_dir_all(folder).map_err(|error| Failure::file("make the folder", folder, &error))?;
    check_writable(&folder.join("report"))
}
