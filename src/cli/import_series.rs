//! `bursar import --series`: a series of CloudWatch or of an Auto Scaling group, through the simple table.

use std::fs;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

use super::{Failure, say};
use crate::demand::Fill;
use crate::demand::import::{
    self, Import, Input, Meaning, Options, SeriesOptions, Source, read_series,
};
use crate::diagnostics::Diagnostic;

/// What a series says, and of which instances.
#[derive(Debug, Clone, Args)]
pub(super) struct SeriesArgs {
    /// Read a series: of instances in service, or of a load that instances serve
    #[arg(
        long,
        value_enum,
        value_name = "WHAT",
        requires = "instance_type",
        requires = "region"
    )]
    series: Option<Kind>,

    /// The instance type of a series
    #[arg(long, value_name = "TYPE", requires = "series")]
    instance_type: Option<String>,

    /// The region of a series
    #[arg(long, value_name = "REGION", requires = "series")]
    region: Option<String>,

    /// The operating system of a series
    #[arg(
        long,
        value_name = "SYSTEM",
        default_value = "linux",
        requires = "series"
    )]
    operating_system: String,

    /// The column of the samples (unless given: instances_in_service, value)
    #[arg(long, value_name = "NAME", requires = "series")]
    column: Option<String>,

    /// Times of a series without a zone are UTC
    #[arg(long, requires = "series")]
    utc: bool,

    /// Load: what one instance serves at most
    #[arg(long, value_name = "LOAD", requires = "series")]
    capacity: Option<Decimal>,

    /// Load: the part of the capacity that scaling aims at, such as 60%
    #[arg(long, value_name = "PERCENT", value_parser = percent, default_value = "100%", requires = "series")]
    target: Decimal,

    /// Load: at least so many instances
    #[arg(long, value_name = "COUNT", default_value_t = 0, requires = "series")]
    min: u32,

    /// Load: at most so many instances
    #[arg(long, value_name = "COUNT", requires = "series")]
    max: Option<u32>,
}

/// What the samples say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Instances in service
    Instances,
    /// A load
    Load,
}

/// `60%` as 0.6.
fn percent(text: &str) -> Result<Decimal, String> {
    let number = text
        .strip_suffix('%')
        .and_then(|text| text.trim().parse::<Decimal>().ok());
    let number = number.filter(|number| *number > Decimal::ZERO && *number <= Decimal::ONE_HUNDRED);
    number
        .map(|number| number / Decimal::ONE_HUNDRED)
        .ok_or_else(|| "expected a percentage above 0% up to 100%, such as 60%".to_owned())
}

impl SeriesArgs {
    /// Whether the files are series.
    pub(super) const fn are_given(&self) -> bool {
        self.series.is_some()
    }

    /// Imports one file as a series.
    pub(super) fn read(
        &self,
        files: &[String],
        options: &Options,
        quiet: bool,
    ) -> Result<Import, Failure> {
        let [name] = files else {
            return Err(Diagnostic::new("a series is one file")
                .hint("import each, and give the tables that --out writes to the next command together")
                .into());
        };
        let path = std::path::Path::new(name);
        let bytes = fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| Failure::new(format!("`{name}` is not UTF-8 text; save it as UTF-8")))?;
        let series = read_series(text, name, &self.options(options.fill_gaps)?)?;
        let input = Input {
            name: name.clone(),
            source: Source::Bytes(Arc::from(series.table.as_bytes())),
        };
        let mut found = import::import(&[input], options, &|_| {}).map_err(Failure::Data)?;
        if let Some(file) = found.report.files.first_mut() {
            file.format = "series";
            (file.rows, file.used) = (series.samples, series.samples);
            file.sha256 = options.fingerprint.then(|| Sha256::digest(&bytes).into());
        }
        for doubt in &series.doubts {
            say(&format!("note: {doubt}"), quiet);
        }
        Ok(found)
    }

    fn options(&self, fill: Option<Fill>) -> Result<SeriesOptions, Failure> {
        let meaning = match (self.series, self.capacity) {
            (Some(Kind::Load), Some(capacity)) if capacity > Decimal::ZERO => Meaning::Load {
                capacity,
                target: self.target,
                least: self.min,
                most: self.max,
            },
            (Some(Kind::Load), _) => {
                return Err(
                    Diagnostic::new("`--series load` needs `--capacity`, above 0")
                        .hint("what one instance serves, in the unit of the samples")
                        .into(),
                );
            }
            (_, Some(_)) => return Err(Failure::new("`--capacity` is of `--series load`")),
            _ => Meaning::Instances,
        };
        if self.max.is_some_and(|max| max < self.min) {
            return Err(Failure::new("`--max` is below `--min`"));
        }
        let text = |given: &Option<String>| given.clone().unwrap_or_default();
        Ok(SeriesOptions {
            meaning,
            column: self.column.clone(),
            utc: self.utc,
            fill,
            instance: [
                text(&self.region),
                text(&self.instance_type),
                self.operating_system.clone(),
            ],
        })
    }
}
