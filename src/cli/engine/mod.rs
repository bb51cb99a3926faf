//! `--engine`: where the rows of a bill are added up. Here, or on an engine whose small result is read here.

#[cfg(feature = "spark")]
mod answer;
#[cfg(feature = "spark")]
mod connect;
#[cfg(feature = "spark")]
mod server;
#[cfg(feature = "spark")]
mod spark;
mod sql;

pub(super) use sql::SqlArgs;

use clap::{Args, ValueEnum};

use super::{Failure, inputs};
use crate::demand::import::{Input, Options};
use crate::diagnostics::Diagnostic;

/// Where the rows of a bill are added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Engine {
    /// On this machine
    #[default]
    Local,
    /// On Apache Spark, through Spark Connect (docs/scale.md)
    Spark,
}

/// The options of every command that reads a bill of any size.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct EngineArgs {
    /// Where the rows of a bill are added up
    #[arg(long, value_enum, default_value_t = Engine::Local, value_name = "ENGINE")]
    pub(super) engine: Engine,

    /// The Spark Connect server, sc://HOST:PORT; else what SPARK_REMOTE says
    #[arg(long, value_name = "URL")]
    pub(super) remote: Option<String>,

    /// Of the bill, let the engine read this billing period only, 2026-04 (may be given again)
    #[arg(long, value_name = "MONTH", value_parser = month)]
    pub(super) billing_period: Vec<String>,
}

/// A month as `2026-04`.
fn month(text: &str) -> Result<String, String> {
    let digits =
        |part: &str, count| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
    match text.split_once('-') {
        Some((year, month))
            if digits(year, 4) && digits(month, 2) && ("01"..="12").contains(&month) =>
        {
            Ok(text.to_owned())
        }
        _ => Err("a month is written as 2026-04".into()),
    }
}

/// Files to import; what an engine handed out goes when this does.
pub(super) struct Files {
    pub(super) inputs: Vec<Input>,
    /// Holds the files of results.
    #[cfg(feature = "spark")]
    _results: Vec<tempfile::TempPath>,
}

impl EngineArgs {
    /// The files behind `names`: their own, or the sums that the engine makes of them.
    pub(super) fn files(
        &self,
        names: &[String],
        options: &Options,
        quiet: bool,
    ) -> Result<Files, Failure> {
        match self.engine {
            Engine::Local => self.local(names),
            Engine::Spark => self.spark(names, options, quiet),
        }
    }

    fn local(&self, names: &[String]) -> Result<Files, Failure> {
        let only_spark = [
            (self.remote.is_some(), "--remote"),
            (!self.billing_period.is_empty(), "--billing-period"),
        ];
        if let Some((_, option)) = only_spark.iter().find(|(given, _)| *given) {
            return Err(Diagnostic::new(format!(
                "`{option}` says something to an engine, and none is asked for"
            ))
            .hint("add `--engine spark`")
            .into());
        }
        Ok(Files {
            inputs: inputs::resolve(names)?,
            #[cfg(feature = "spark")]
            _results: Vec::new(),
        })
    }

    #[cfg(not(feature = "spark"))]
    #[expect(clippy::unused_self, reason = "the same call as with Spark")]
    fn spark(&self, _: &[String], _: &Options, _: bool) -> Result<Files, Failure> {
        Err(without_spark())
    }

    /// What the engine would do, as it says itself.
    #[cfg(not(feature = "spark"))]
    #[expect(clippy::unused_self, reason = "the same call as with Spark")]
    pub(super) fn plan(&self, _: &[String], _: &[String]) -> Result<String, Failure> {
        Err(without_spark())
    }

    #[cfg(feature = "spark")]
    fn spark(&self, names: &[String], options: &Options, quiet: bool) -> Result<Files, Failure> {
        let server = server::Server::of(self.remote.as_deref())?;
        let bar = super::working("adding up on Spark", quiet);
        let mut files = Files {
            inputs: Vec::new(),
            _results: Vec::new(),
        };
        for name in names {
            let result = spark::sum(&server, name, &options.tags, &self.billing_period, &bar);
            // Work that was given up may hold on to the bar.
            bar.finish_and_clear();
            let result = result?;
            files.inputs.push(Input::path(name.clone(), &result));
            files._results.push(result);
        }
        Ok(files)
    }

    /// What the engine would do, as it says itself.
    #[cfg(feature = "spark")]
    pub(super) fn plan(&self, names: &[String], tags: &[String]) -> Result<String, Failure> {
        let server = server::Server::of(self.remote.as_deref())?;
        let mut plans = String::new();
        for name in names {
            plans.push_str(&spark::plan(&server, name, tags, &self.billing_period)?);
        }
        Ok(plans)
    }
}

#[cfg(not(feature = "spark"))]
fn without_spark() -> Failure {
    Diagnostic::new("this bursar was built without Spark")
        .hint("build it with `cargo build --release --features spark`, or let the engine run what `bursar import FILE --emit-sql athena --table NAME` prints, and import its result (docs/scale.md)")
        .into()
}
