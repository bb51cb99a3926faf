//! `bursar import`: reads usage files and says what was read, skipped and doubted.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::engine::EngineArgs;
use super::output::write_file;
use super::{Failure, Format, Output};
use crate::demand::Fill;
use crate::demand::import::{self, Import, Input, Options, Source};
use crate::diagnostics::Diagnostic;
use crate::report::import as report;

/// Read usage files into hourly demand, and say what was read, skipped and doubted
#[derive(Debug, Args)]
#[command(after_help = "\
A simple table needs a header and a row for every hour, with a time zone:
  hour,region,instance_type,count
  2026-10-18T05:00Z,us-east-1,m7i.large,3
`hours` may stand for `count`; optional columns: account, zone, operating_system, tenancy, purchase (on-demand, spot), tag:NAME.
Changes of state, Capacity Reservations, Fargate tasks, Lambda functions and use beside instances have tables of their own (docs/file-formats.md).

Examples:
  bursar import examples/01-web-shop/usage.csv
  bursar import examples/01-web-shop/usage.csv --fill-gaps zero --format json

A series: bursar import asg.csv --series instances --instance-type m7g.large --region us-east-1 --out demand.csv")]
pub(super) struct ImportArgs {
    /// Usage files, folders, patterns or CUR manifests
    #[arg(required = true, value_name = "FILES")]
    files: Vec<String>,

    /// Go on when hours inside the window have no row at all
    #[arg(long, value_enum, value_name = "HOW")]
    fill_gaps: Option<FillGaps>,

    /// Keep a cost allocation tag of a bill as a label (may be given again)
    #[arg(long, value_name = "NAME")]
    tag: Vec<String>,

    /// Let instance types pass that the catalogue does not know
    #[arg(long)]
    allow_unpriced: bool,

    #[command(flatten)]
    series: super::import_series::SeriesArgs,

    #[command(flatten)]
    engine: super::engine::EngineArgs,

    #[command(flatten)]
    sql: super::engine::SqlArgs,

    /// Write the hourly demand to FILE, `.csv` or `.parquet`, in the form of the simple table
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// The form of the report on stdout
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    /// Say nothing on stderr but errors
    #[arg(short, long)]
    quiet: bool,
}

/// What an hour without rows is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FillGaps {
    /// An hour without usage.
    Zero,
    /// The same as the hour before.
    Previous,
}

impl FillGaps {
    /// The word of the option.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Zero => "zero",
            Self::Previous => "previous",
        }
    }

    /// The option of a word.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        [Self::Zero, Self::Previous]
            .into_iter()
            .find(|fill| fill.word() == word)
    }
}

impl From<FillGaps> for Fill {
    fn from(fill: FillGaps) -> Self {
        match fill {
            FillGaps::Zero => Self::Zero,
            FillGaps::Previous => Self::Previous,
        }
    }
}

pub(super) fn run(arguments: &ImportArgs) -> Result<ExitCode, Failure> {
    if let Some(text) = arguments
        .sql
        .text(&arguments.files, &arguments.tag, &arguments.engine)?
    {
        return Ok(io::stdout()
            .lock()
            .write_all(text.as_bytes())
            .map(|()| ExitCode::SUCCESS)?);
    }
    let out = arguments.out.as_deref().map(DemandFile::new).transpose()?;
    let options = Options {
        fill_gaps: arguments.fill_gaps.map(Fill::from),
        tags: arguments.tag.clone(),
        allow_unknown_types: arguments.allow_unpriced,
        fingerprint: arguments.format == Format::Json,
        threads: crate::threads::of_machine(),
    };
    let found = if arguments.series.are_given() {
        arguments
            .series
            .read(&arguments.files, &options, arguments.quiet)?
    } else {
        read(
            &arguments.files,
            &options,
            &arguments.engine,
            arguments.quiet,
        )?
    };
    if let Some(out) = out {
        out.write(&found)?;
        if !found.services.is_empty() {
            let told = "use beside instances (tasks, functions, licences, credits, items) is not in the file that was written";
            super::warn(&Diagnostic::new(told), arguments.quiet);
        }
    }
    let mut output = Output::new();
    match arguments.format {
        Format::Json => output.json(&report::json(&found))?,
        format => output.tables(&report::tables(&found), format)?,
    }
    Ok(io::stdout()
        .lock()
        .write_all(&output.into_bytes())
        .map(|()| ExitCode::SUCCESS)?)
}

/// Imports the files behind `names`, with a progress bar on a terminal.
pub(super) fn read(
    names: &[String],
    options: &Options,
    engine: &EngineArgs,
    quiet: bool,
) -> Result<Import, Failure> {
    let files = engine.files(names, options, quiet)?;
    let bar = Bar::new(&files.inputs, quiet);
    let found = import::import(&files.inputs, options, &|bytes| bar.advance(bytes));
    bar.bar.finish_and_clear();
    found.map_err(Failure::Data)
}

/// Bytes read of all bytes, shown from the first second on.
struct Bar {
    bar: ProgressBar,
    read: AtomicU64,
}

impl Bar {
    fn new(inputs: &[Input], quiet: bool) -> Self {
        let size = |input: &Input| match &input.source {
            Source::Path(path) => std::fs::metadata(path).map_or(0, |found| found.len()),
            Source::Bytes(bytes) => bytes.len() as u64,
        };
        let bar = ProgressBar::with_draw_target(
            Some(inputs.iter().map(size).sum()),
            ProgressDrawTarget::hidden(),
        );
        let form = "{bar:30} {bytes}/{total_bytes}, {eta} left";
        bar.set_style(
            ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        if !quiet && io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(5));
        }
        Self {
            bar,
            read: AtomicU64::new(0),
        }
    }

    fn advance(&self, bytes: u64) {
        let read = self.read.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if self.bar.elapsed().as_secs() >= 1 {
            self.bar.set_position(read);
        }
    }
}

/// Where the demand goes; known to be writable before the long work starts.
struct DemandFile {
    path: PathBuf,
    parquet: bool,
}

impl DemandFile {
    fn new(path: &std::path::Path) -> Result<Self, Failure> {
        let ending = path.extension().map(std::ffi::OsStr::to_ascii_lowercase);
        let parquet = match ending.as_ref().and_then(|ending| ending.to_str()) {
            Some("csv") => false,
            Some("parquet") => true,
            _ => {
                return Err(Failure::new(format!(
                    "cannot write `{}`: demand is written to a file that ends in .csv or .parquet",
                    path.display()
                )));
            }
        };
        super::output::check_writable(path)?;
        Ok(Self {
            path: path.to_owned(),
            parquet,
        })
    }

    fn write(&self, found: &Import) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        if self.parquet {
            import::write_parquet(&found.demand, &mut bytes)?;
        } else {
            import::write_csv(&found.demand, &mut bytes)?;
        }
        write_file(&self.path, &bytes)
    }
}
