//! `bursar report`: the documents of a result, made from its file alone.

mod files;
mod fonts;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) use self::files::{Made, documents, prepare_folder, write_all};
use super::Failure;
use super::run_file::read_run;
use crate::diagnostics::{Diagnostic, Place};
use crate::report::chart::{MoreLetters, Theme};
use crate::report::currency::{RateOfDay, currency_code};
use crate::report::ladder::LadderRun;
use crate::report::optimize::{ReportError, charts, document};
#[cfg(feature = "pdf")]
use crate::report::pdf;
use crate::report::purchases::PurchaseList;
use crate::report::run::{PROGRAM, Run};
use crate::report::saved::{self, Report};
use crate::report::{Exchange, Language};

/// Make the documents of a result: PDF, HTML, Excel and more; the usage is not needed
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bursar report reports/01-web-shop -o reports/01-web-shop --all
  bursar report reports/01-web-shop/run.json -o reports/01-web-shop --format html,xlsx --currency KRW --fx-rate 1380@2026-11-20")]
pub(super) struct ReportArgs {
    /// The run.json that `bursar optimize --report` wrote, or its folder; or what `bill`, `compare`, `estimate`, `backtest`
    /// or `ladder` wrote with --format json
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

    /// The language of words, numbers and dates
    #[arg(long, default_value = "en", value_name = "CODE", value_parser = language)]
    lang: &'static str,

    /// A font for letters that the bundled one lacks, such as Hangul (unless given: one that the system has)
    #[arg(long, value_name = "FILE")]
    font: Option<PathBuf>,

    /// The paper of the PDF
    #[arg(long, value_enum, default_value_t = PaperChoice::A4)]
    paper: PaperChoice,

    /// The colours of PNG and SVG; the page for a browser has both
    #[arg(long, value_enum, default_value_t = ThemeChoice::Light)]
    theme: ThemeChoice,

    /// Print today's date on page 1 and in the properties of PDF, HTML and XLSX (unless given, the same run gives the same
    /// bytes on any day)
    #[arg(long)]
    dated: bool,

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
    /// The purchases of a run or a ladder as AWS CLI commands in a script that shows what it would buy: purchases.sh
    Cli,
    /// The purchases of a run or a ladder as Terraform, where a resource exists: purchases.tf
    Terraform,
}

impl Kind {
    /// Those of the kinds that this program can make: PDF is a cargo feature.
    pub(super) fn made_here(kinds: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let made = |kind: &Self| *kind != Self::Pdf || cfg!(feature = "pdf");
        kinds.into_iter().filter(made).collect()
    }
}

/// The paper of a PDF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PaperChoice {
    /// 210 x 297 mm
    A4,
    /// 8.5 x 11 inches
    Letter,
}

#[cfg(feature = "pdf")]
impl From<PaperChoice> for pdf::Paper {
    fn from(choice: PaperChoice) -> Self {
        match choice {
            PaperChoice::A4 => Self::A4,
            PaperChoice::Letter => Self::Letter,
        }
    }
}

/// The colours of charts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ThemeChoice {
    /// For white paper
    Light,
    /// For dark screens
    Dark,
}

impl From<ThemeChoice> for Theme {
    fn from(choice: ThemeChoice) -> Self {
        match choice {
            ThemeChoice::Light => Self::Light,
            ThemeChoice::Dark => Self::Dark,
        }
    }
}

/// A language's code.
fn language(text: &str) -> Result<&'static str, String> {
    let known = Language::CODES.into_iter().find(|code| *code == text);
    known.ok_or_else(|| format!("reports are written in {}", Language::CODES.join(" and ")))
}

/// How documents are to look.
#[derive(Debug, Clone)]
pub(super) struct Style {
    language: &'static Language,
    exchange: Option<Exchange>,
    font: Option<PathBuf>,
    letters: Option<MoreLetters>,
    paper: PaperChoice,
    theme: ThemeChoice,
    /// The day to print, if one is.
    day: Option<NaiveDate>,
    quiet: bool,
}

impl Style {
    /// English, dollars, A4, light.
    pub(super) fn plain() -> Self {
        Self {
            language: Language::english(),
            exchange: None,
            font: None,
            letters: None,
            paper: PaperChoice::A4,
            theme: ThemeChoice::Light,
            day: None,
            quiet: false,
        }
    }

    fn of(arguments: &ReportArgs) -> Self {
        let exchange = arguments.currency.iter().zip(&arguments.fx_rate).next();
        Self {
            language: Language::of(arguments.lang).unwrap_or_else(Language::english),
            exchange: exchange.map(|(currency, of_day)| Exchange {
                currency: currency.clone(),
                rate: of_day.rate,
                day: of_day.day.clone(),
            }),
            font: arguments.font.clone(),
            letters: None,
            paper: arguments.paper,
            theme: arguments.theme,
            day: arguments.dated.then(super::user_prices::today),
            quiet: arguments.quiet,
        }
    }
}

pub(super) fn run(arguments: &ReportArgs) -> Result<ExitCode, Failure> {
    let path = run_file(&arguments.run);
    files::refuse_file(&arguments.out)?;
    let style = Style::of(arguments);
    let made = made(&path, &style)?;
    prepare_folder(&arguments.out)?;
    if made.program != PROGRAM {
        let note = format!(
            "note: the run was made by {}; these documents by {PROGRAM}",
            made.program
        );
        super::say(&note, arguments.quiet);
    }
    let kinds: Vec<Kind> = if arguments.all {
        let all = Kind::value_variants().iter().copied();
        let buys = |kind: &Kind| !matches!(kind, Kind::Cli | Kind::Terraform);
        Kind::made_here(all.filter(|kind| made.purchases.is_some() || buys(kind)))
    } else {
        arguments.format.clone()
    };
    let files = documents(&made, &kinds, &style)?;
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

/// The report of a file: of what another command printed, or of a run.
fn made(path: &Path, style: &Style) -> Result<Made, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
    if let Ok(saved) = serde_json::from_slice::<Value>(&bytes) {
        let maker = saved["program"].as_str().unwrap_or(PROGRAM);
        let made = made_of(&saved, style).map_err(|error| unreadable(path, &error, maker))?;
        if let Some(made) = made {
            return Ok(made);
        }
        if saved.get("price_book").is_some() && saved.get("certificate").is_none() {
            return Err(Diagnostic::new("there is no report of this result")
                .at(Place::file(path.display().to_string()))
                .hint(
                    "reports are made of what `optimize --report` wrote, and of what `bill` (without --by), `compare`, \
                     `estimate` and `backtest` wrote with --format json",
                )
                .into());
        }
    }
    let run = read_run(path)?;
    report_of(&run, style).map_err(|failure| at(path, failure))
}

/// The report of what a command printed that has one; none of others.
pub(super) fn made_of(saved: &Value, style: &Style) -> Result<Option<Made>, ReportError> {
    let report = saved::report(saved, style.language)?;
    let is_ladder = saved.get("ladder").is_some();
    let purchases = if report.is_some() && is_ladder {
        // The report of it has read the same.
        let run = LadderRun::deserialize(saved);
        let run = run.map_err(|error| ReportError::Reading(error.to_string()))?;
        Some(code(&PurchaseList::of_ladder(&run)?))
    } else {
        None
    };
    Ok(report.map(|report| Made {
        report,
        program: saved["program"].as_str().unwrap_or(PROGRAM).to_owned(),
        price_book: saved["price_book"].clone(),
        inputs: saved["inputs"].clone(),
        purchases,
    }))
}

/// Purchases for the AWS CLI, and for Terraform.
fn code(list: &PurchaseList) -> (String, String) {
    (list.shell(), list.terraform())
}

fn unreadable(path: &Path, error: &ReportError, maker: &str) -> Failure {
    let anew = "`bursar bill`, `compare`, `estimate`, `backtest` and `ladder` of this version write it anew with --format json";
    let hint = if maker == PROGRAM {
        anew.to_owned()
    } else {
        format!("it was made by {maker}, this is {PROGRAM}: {anew}")
    };
    Diagnostic::new(error.to_string())
        .at(Place::file(path.display().to_string()))
        .hint(hint)
        .into()
}

/// The report of a run.
pub(super) fn report_of(run: &Run, style: &Style) -> Result<Made, Failure> {
    let said = |error: ReportError| Failure::new(error);
    let charts = charts(run, style.language).map_err(said)?;
    let document = document(run, &charts).map_err(said)?;
    Ok(Made {
        report: Report {
            document: document.in_language(style.language),
            charts: charts.named(),
        },
        program: run.program.clone(),
        price_book: json!(run.price_book),
        inputs: json!(run.inputs),
        purchases: Some(code(&PurchaseList::of_run(run).map_err(said)?)),
    })
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
