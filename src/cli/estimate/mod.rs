//! `bursar estimate`: what something planned costs a month; one instance type, or a whole estate.

mod input;
mod limit;
mod old;
mod quick;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use self::input::Planned;
use self::limit::Limit;
use self::quick::QuickArgs;
use super::config::ConfigArgs;
use super::discounts::DiscountArgs;
use super::user_prices::UserPrices;
use super::{Failure, Format, Output, OutputArgs, warn};
use crate::billing::ServiceSettings;
use crate::catalog::InstanceType;
use crate::diagnostics::Diagnostic;
use crate::estate::{Charge, Month};
use crate::estimate::{Estimate, Snapshot, change, estimate, instead_of};
use crate::prices::PriceBook;
use crate::report::estimate::{
    changes_document, changes_table, estimate_document, flat_table, tree_table,
};
use crate::report::run::InputFile;
use crate::template;

/// Price something planned: an instance type under every purchase option, or a whole estate line by line
#[derive(Debug, Args)]
#[command(after_help = "\
A month is 730 hours, as in AWS's calculator, unless --month names one. Tiers and what is free a month count the
whole estate together. What depends on usage and is not stated stays out of the total, which says so.

Examples:
  bursar estimate m7i.xlarge --count 4 --region ap-northeast-2 --os linux --hours 730
  bursar estimate examples/estates/three-tier/estate.toml --month 2026-10")]
pub(super) struct EstimateArgs {
    /// An instance type, such as m7i.xlarge, or a file: estate.toml (docs/file-formats.md), a CloudFormation
    /// template, or a Terraform plan (`terraform show -json`)
    #[arg(value_name = "TYPE|FILE")]
    what: String,

    #[command(flatten)]
    quick: QuickArgs,

    /// Quantities that the file leaves open, by resource (docs/file-formats.md)
    #[arg(long, value_name = "FILE")]
    usage: Option<PathBuf>,

    /// A parameter of a CloudFormation template; can be given more than once
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,

    /// The calendar month that quantities are for, such as 2026-10 [default: 730 hours]
    #[arg(long, value_name = "YEAR-MONTH", value_parser = input::month)]
    month: Option<Month>,

    /// Show what changes against an estimate of before: its JSON, or another estate file
    #[arg(long, value_name = "OLD")]
    diff: Option<PathBuf>,

    /// Exit with 3 where the month costs more dollars than this; with --diff: becomes dearer by more dollars
    /// or, as in 10%, per cent
    #[arg(long, value_name = "LIMIT")]
    fail_if_over: Option<Limit>,

    /// List what has no price and leave it out of the total, in place of stopping
    #[arg(long)]
    allow_unpriced: bool,

    #[command(flatten)]
    user: UserPrices,
    #[command(flatten)]
    discounts: DiscountArgs,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(arguments: &EstimateArgs) -> Result<ExitCode, Failure> {
    if let Some(path) = &arguments.output.out {
        super::output::check_writable(path)?;
    }
    let (book, inputs) = arguments.book()?;
    if names_a_type(&arguments.what) {
        arguments.refuse_what_files_have()?;
        return quick::run(arguments, &book, inputs);
    }
    estate(arguments, &book, inputs)
}

/// `NAME=VALUE`.
fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| "NAME=VALUE is needed".to_owned())?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

/// Whether it has the form of an instance type, and is no file and no file's name.
fn names_a_type(what: &str) -> bool {
    const FILES: [&str; 7] = ["toml", "json", "yaml", "yml", "template", "tf", "tfplan"];
    let form = what.parse::<InstanceType>();
    form.is_ok_and(|found| !FILES.contains(&found.size())) && !Path::new(what).exists()
}

impl EstimateArgs {
    /// The book that is asked, with what was negotiated, and the file of prices.
    fn book(&self) -> Result<(PriceBook, Vec<InputFile>), Failure> {
        let (mut user, mut discounts) = (self.user.clone(), self.discounts.clone());
        let quiet = self.output.quiet;
        self.config.fill(&mut user, Some(&mut discounts), quiet)?;
        let (book, input) = user.book(quiet)?;
        Ok((discounts.today(book)?, input.into_iter().collect()))
    }

    /// What templates leave open: where they are put, which values their parameters have.
    fn template_options(&self) -> Result<template::Options, Failure> {
        Ok(template::Options {
            parameters: self.parameters.iter().cloned().collect(),
            ..self.quick.template_options()?
        })
    }

    /// A file says for each resource what the quick question says for one type; a template leaves some of it
    /// open.
    fn refuse_what_files_say(&self, is_template: bool) -> Result<(), Failure> {
        self.quick.refuse_beside_a_file(is_template)?;
        if is_template || self.parameters.is_empty() {
            return Ok(());
        }
        let problem = Diagnostic::new("`--parameter` says nothing of an estate file");
        Err(problem
            .hint("it belongs to a CloudFormation template")
            .into())
    }

    /// What only says something of an estate.
    fn refuse_what_files_have(&self) -> Result<(), Failure> {
        let given = [
            ("--usage", self.usage.is_some()),
            ("--parameter", !self.parameters.is_empty()),
            ("--month", self.month.is_some()),
            ("--diff", self.diff.is_some()),
            ("--fail-if-over", self.fail_if_over.is_some()),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            None => Ok(()),
            Some((option, _)) => Err(Diagnostic::new(format!(
                "`{option}` says nothing of one instance type"
            ))
            .hint("it belongs to an estate file")
            .into()),
        }
    }
}

/// Prices an estate, or what changes in it.
fn estate(
    arguments: &EstimateArgs,
    book: &PriceBook,
    mut inputs: Vec<InputFile>,
) -> Result<ExitCode, Failure> {
    let month = arguments.month.unwrap_or(Month::Average);
    let planned = input::read(
        Path::new(&arguments.what),
        arguments.usage.as_deref(),
        month,
        &arguments.template_options()?,
    )?;
    arguments.refuse_what_files_say(planned.is_template)?;
    let estimated = priced(&planned, book, month, arguments)?;
    inputs.splice(0..0, planned.inputs.iter().cloned());
    let old = match &arguments.diff {
        None => None,
        Some(path) => Some(old::snapshot(path, book, month, arguments, &mut inputs)?),
    };
    let limit = arguments.fail_if_over;
    if let (Some(Limit::Percent(_)), None) = (limit, &old) {
        return Err(Diagnostic::new(
            "`--fail-if-over` in per cent needs something to compare with",
        )
        .hint("name the estimate of before with --diff, or a limit in dollars")
        .into());
    }
    let new = Snapshot::of(&estimated);
    let mut output = Output::new();
    match &old {
        None => show(arguments, &planned, &estimated, book, inputs, &mut output)?,
        Some(old) => show_changes(arguments, (old, &new), book, inputs, &mut output)?,
    }
    for doubt in &planned.estate.doubts {
        warn(doubt, arguments.output.quiet);
    }
    output.finish(&arguments.output)?;
    Ok(limit.map_or(ExitCode::SUCCESS, |limit| limit.judge(old.as_ref(), &new)))
}

/// The estate with prices; every missing one is an error unless the user wants them listed.
fn priced(
    planned: &Planned,
    book: &PriceBook,
    month: Month,
    arguments: &EstimateArgs,
) -> Result<Estimate, Failure> {
    let estimated = estimate(&planned.estate, book, month, ServiceSettings::default());
    if arguments.allow_unpriced {
        return Ok(estimated);
    }
    let mut problems = Vec::new();
    for (resource, line, why) in estimated.unpriced() {
        let hint = match line.component.charge {
            Charge::Instance {
                instance_type,
                region,
                ..
            } => instead_of(book, instance_type, region),
            _ => None,
        };
        let hint = hint.unwrap_or_else(|| {
            "--allow-unpriced lists such lines and leaves them out of the total".to_owned()
        });
        problems.push(Diagnostic::new(format!("{}: {why}", resource.address)).hint(hint));
    }
    if problems.is_empty() {
        Ok(estimated)
    } else {
        Err(Failure::Data(problems))
    }
}

fn show(
    arguments: &EstimateArgs,
    planned: &Planned,
    estimated: &Estimate,
    book: &PriceBook,
    inputs: Vec<InputFile>,
    output: &mut Output,
) -> Result<(), Failure> {
    let doubts = &planned.estate.doubts;
    match arguments.output.format {
        Format::Json => output.json(&estimate_document(estimated, book, inputs, doubts)),
        Format::Csv => Ok(output.tables(&[flat_table(estimated)], Format::Csv)?),
        format => {
            let table = tree_table(estimated, book, &arguments.what);
            Ok(output.tables(&[table], format)?)
        }
    }
}

fn show_changes(
    arguments: &EstimateArgs,
    (old, new): (&Snapshot, &Snapshot),
    book: &PriceBook,
    inputs: Vec<InputFile>,
    output: &mut Output,
) -> Result<(), Failure> {
    let changes = change(old, new);
    match arguments.output.format {
        Format::Json => output.json(&changes_document(&changes, (old, new), book, inputs)),
        format => {
            let before = arguments.diff.as_deref().unwrap_or_else(|| Path::new(""));
            let title = format!("{} against {}", arguments.what, before.display());
            let table = changes_table(&changes, (old, new), book, &title);
            Ok(output.tables(&[table], format)?)
        }
    }
}
