//! A report as files: every kind of document in memory, then all of them on the disk or none.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Kind, Style, fonts};
use crate::cli::output::{Staged, check_writable, staged};
use crate::cli::{Failure, Output};
use crate::report::chart::{Look, Scene};
use crate::report::run::SCHEMA_VERSION;
use crate::report::saved::Report;
use crate::report::{Block, Document};
use crate::threads::{self, side_by_side};

/// A report, and what its data says of where it is from.
pub(in crate::cli) struct Made {
    pub(super) report: Report,
    pub(super) program: String,
    pub(super) price_book: Value,
    pub(super) inputs: Value,
    /// What a run buys as code: for the AWS CLI, and for Terraform.
    pub(super) purchases: Option<(String, String)>,
}

/// A file's name and its bytes.
pub(in crate::cli) type File = (String, Vec<u8>);

/// The documents of a report, in memory: nothing is written before all are made.
pub(in crate::cli) fn documents(
    made: &Made,
    kinds: &[Kind],
    style: &Style,
) -> Result<Vec<File>, Failure> {
    let kinds: BTreeSet<Kind> = kinds.iter().copied().collect();
    let mut document = made.report.document.clone();
    if let Some(exchange) = &style.exchange {
        document = document.beside(exchange);
    }
    if let Some(day) = style.day {
        document = document.made_on(day);
    }
    let style = &with_letters(style, &document, &made.report.charts, &kinds)?;
    let files = side_by_side(
        threads::of_machine(),
        jobs(made, kinds).into_iter(),
        |job| job.files(made, &document, style),
    );
    Ok(files?.concat())
}

/// A part of the documents that can be made beside the others.
enum Job<'a> {
    Whole(Kind),
    Picture(Kind, &'a (&'static str, Scene)),
}

/// What is to be made for some kinds, in their order: each document, and each picture by itself. What takes longest, the
/// PDF, is the first of them.
fn jobs(made: &Made, kinds: BTreeSet<Kind>) -> Vec<Job<'_>> {
    let jobs = |kind| match kind {
        Kind::Png | Kind::Svg => {
            let charts = made.report.charts.iter();
            charts.map(|chart| Job::Picture(kind, chart)).collect()
        }
        _ => vec![Job::Whole(kind)],
    };
    kinds.into_iter().flat_map(jobs).collect()
}

impl Job<'_> {
    fn files(&self, made: &Made, document: &Document, style: &Style) -> Result<Vec<File>, Failure> {
        let one = |ending: &str, bytes| vec![(format!("report.{ending}"), bytes)];
        Ok(match *self {
            Self::Picture(kind, chart) => vec![picture(chart, kind, style)?],
            Self::Whole(Kind::Pdf) => one("pdf", pdf(document, style)?),
            Self::Whole(Kind::Html) => one("html", document.to_html().into_bytes()),
            Self::Whole(Kind::Xlsx) => one("xlsx", document.to_xlsx().map_err(Failure::new)?),
            Self::Whole(Kind::Md) => one("md", document.to_markdown().into_bytes()),
            Self::Whole(Kind::Csv) => tables(document)?,
            Self::Whole(Kind::Json) => one("json", data(made, document.clone())?),
            Self::Whole(kind) => vec![code(made, kind)?],
        })
    }
}

/// The purchases as code.
fn code(made: &Made, kind: Kind) -> Result<File, Failure> {
    let Some((shell, terraform)) = &made.purchases else {
        let message =
            "there are no purchases in this result: only runs of `optimize` and `ladder` have some";
        return Err(Failure::new(message));
    };
    Ok(if kind == Kind::Cli {
        ("purchases.sh".into(), shell.clone().into_bytes())
    } else {
        ("purchases.tf".into(), terraform.clone().into_bytes())
    })
}

/// The style with a font for what the bundled one lacks, where letters are set here.
fn with_letters(
    style: &Style,
    document: &Document,
    charts: &[(&'static str, Scene)],
    kinds: &BTreeSet<Kind>,
) -> Result<Style, Failure> {
    let mut style = style.clone();
    if !kinds.contains(&Kind::Pdf) && !kinds.contains(&Kind::Png) {
        return Ok(style);
    }
    let mut texts = document.texts().concat();
    for (_, scene) in charts {
        texts.extend(scene.texts());
    }
    let must = !document.language.is_empty();
    style.letters = fonts::letters(&texts, style.font.as_deref(), must, style.quiet)?;
    Ok(style)
}

#[cfg(feature = "pdf")]
fn pdf(document: &Document, style: &Style) -> Result<Vec<u8>, Failure> {
    document
        .to_pdf_on(style.paper.into(), style.letters.as_ref())
        .map_err(Failure::new)
}

#[cfg(not(feature = "pdf"))]
fn pdf(_document: &Document, _style: &Style) -> Result<Vec<u8>, Failure> {
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
            files.push((format!("{}.csv", file_name(&table.name)), bytes));
        }
    }
    Ok(files)
}

/// A table's name as a file's: a tag may hold what no file name may.
fn file_name(name: &str) -> String {
    let safe = |letter: char| match letter {
        letter if letter.is_alphanumeric() || "-_.".contains(letter) => letter,
        _ => '_',
    };
    name.chars().map(safe).take(80).collect()
}

/// The document as data; its drawings are in the other files.
fn data(made: &Made, mut document: Document) -> Result<Vec<u8>, Failure> {
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
        "program": made.program,
        "price_book": made.price_book,
        "inputs": made.inputs,
        "document": document,
    }))?;
    Ok(output.into_bytes())
}

fn picture(
    (name, scene): &(&'static str, Scene),
    kind: Kind,
    style: &Style,
) -> Result<File, Failure> {
    let look = Look {
        theme: style.theme.into(),
        letters: style.letters.as_ref(),
    };
    Ok(if kind == Kind::Svg {
        let svg = scene.to_svg_in(look.theme).map_err(Failure::new)?;
        (format!("{name}.svg"), svg.into_bytes())
    } else {
        let png = scene.to_png_in(&look).map_err(Failure::new)?;
        (format!("{name}.png"), png)
    })
}

/// Writes the files; where one cannot be written, none takes its place. Gives their paths.
pub(in crate::cli) fn write_all(folder: &Path, files: &[File]) -> Result<Vec<PathBuf>, Failure> {
    let stage = |(name, bytes): &File| staged(&folder.join(name), bytes);
    let ready: Vec<_> = files.iter().map(stage).collect::<Result<_, Failure>>()?;
    ready.into_iter().map(Staged::put).collect()
}

/// Refuses a folder whose name a file has.
pub(super) fn refuse_file(folder: &Path) -> Result<(), Failure> {
    if folder.is_file() {
        let message = format!(
            "cannot make the folder `{}`: a file has this name",
            folder.display()
        );
        return Err(Failure::new(message));
    }
    Ok(())
}

/// Makes the folder and finds out whether it can be written, before the long work starts.
pub(in crate::cli) fn prepare_folder(folder: &Path) -> Result<(), Failure> {
    refuse_file(folder)?;
    fs::create_dir_all(folder).map_err(|error| Failure::file("make the folder", folder, &error))?;
    check_writable(&folder.join("report"))
}
