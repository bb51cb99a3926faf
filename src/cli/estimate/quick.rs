//! One instance type under every way AWS sells it.

use std::process::ExitCode;

use clap::Args;
use rust_decimal::{Decimal, dec};

use super::EstimateArgs;
use crate::cli::prices::{Asked, platform, product, region};
use crate::cli::{Failure, Format, Output};
use crate::diagnostics::Diagnostic;
use crate::estate::Month;
use crate::estimate::{Fleet, options};
use crate::prices::PriceBook;
use crate::report::estimate::{options_document, options_table};
use crate::report::run::InputFile;
use crate::template;

/// What is asked of one instance type.
#[derive(Debug, Clone, Args)]
pub(super) struct QuickArgs {
    /// How many instances [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    count: Option<u32>,

    /// The region's code, such as ap-northeast-2; of a template that says none, its region [default: us-east-1]
    #[arg(long)]
    region: Option<String>,

    /// Operating system and included SQL Server, such as linux, windows, rhel-ha, windows+sql-std; of a template,
    /// that of images that do not say theirs [default: linux]
    #[arg(long)]
    os: Option<String>,

    /// Whose hardware: shared or dedicated [default: shared]
    #[arg(long, value_parser = ["shared", "dedicated"])]
    tenancy: Option<String>,

    /// Hours of a month that each instance runs, 730 at the most [default: 730]
    #[arg(long, value_parser = hours)]
    hours: Option<Decimal>,
}

/// Hours of an average month.
fn hours(text: &str) -> Result<Decimal, String> {
    let form = "hours of a month of 730, such as 730 or 176.5";
    let hours: Decimal = text.parse().map_err(|_| form.to_owned())?;
    let fits = hours > Decimal::ZERO && hours <= dec!(730);
    fits.then_some(hours).ok_or_else(|| form.to_owned())
}

impl QuickArgs {
    /// What is said of templates, too: the region, and the system of images that do not say theirs.
    pub(super) fn template_options(&self) -> Result<template::Options, Failure> {
        Ok(template::Options {
            region: self.region.as_deref().map(region).transpose()?,
            platform: self.os.as_deref().map(platform).transpose()?,
            ..template::Options::default()
        })
    }

    /// A file says the rest of it itself, and an estate file all of it.
    pub(super) fn refuse_beside_a_file(&self, is_template: bool) -> Result<(), Failure> {
        let given = [
            ("--count", self.count.is_some()),
            ("--region", self.region.is_some() && !is_template),
            ("--os", self.os.is_some() && !is_template),
            ("--tenancy", self.tenancy.is_some()),
            ("--hours", self.hours.is_some()),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            None => Ok(()),
            Some((option, _)) => Err(Diagnostic::new(format!(
                "`{option}` says nothing beside a file, which states it for each resource"
            ))
            .hint("it belongs to an instance type: `bursar estimate m7i.xlarge --count 4`")
            .into()),
        }
    }

    fn fleet(&self, book: &PriceBook, instance_type: &str) -> Result<Fleet, Failure> {
        let asked = Asked {
            instance_type,
            region: self.region.as_deref().unwrap_or("us-east-1"),
            os: self.os.as_deref().unwrap_or("linux"),
            tenancy: self.tenancy.as_deref().unwrap_or("shared"),
        };
        Ok(Fleet {
            product: product(book, &asked)?,
            count: self.count.unwrap_or(1),
            hours: self.hours.unwrap_or_else(|| Month::Average.hours()),
        })
    }
}

pub(super) fn run(
    arguments: &EstimateArgs,
    book: &PriceBook,
    inputs: Vec<InputFile>,
) -> Result<ExitCode, Failure> {
    let fleet = arguments.quick.fleet(book, &arguments.what)?;
    let options = options(book, fleet);
    if options.choices.is_empty() {
        let problems = options.missing.into_iter().map(Diagnostic::new);
        return Err(Failure::Data(problems.collect()));
    }
    let mut output = Output::new();
    match arguments.output.format {
        Format::Json => output.json(&options_document(&options, book, inputs))?,
        format => {
            let table = options_table(&options, book, format == Format::Csv);
            output.tables(&[table], format)?;
        }
    }
    output.finish(&arguments.output)?;
    Ok(ExitCode::SUCCESS)
}
