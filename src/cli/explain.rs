//! `bursar explain`: the derivation of one hour, or of one purchase of a run.

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap::Args;

use super::fleet::{Fleet, FleetArgs};
use super::{Failure, Format, Output, OutputArgs};
use crate::analysis::{BillRates, explain};
use crate::catalog::Platform;
use crate::demand::DemandKey;
use crate::demand::import::FileReport;
use crate::diagnostics::Diagnostic;
use crate::report::explain::{self as report, Shown};
use crate::units::Hour;

/// Derive one hour (what was used, which commitment took what at which rate, what was left) or one purchase of a run
#[derive(Debug, Args)]
#[command(after_help = "\
The hour is billed whole; --account, --region, --type and --platform choose what is shown. With --purchase, USAGE
is a run.json that `bursar optimize --report` wrote, or its folder; its own inputs are read again.

Examples:
  bursar explain examples/03-windows-and-owned-ris/usage.csv --own examples/03-windows-and-owned-ris/portfolio.toml --hour 2026-07-01T09
  bursar explain reports/01-web-shop --purchase 2")]
pub(super) struct ExplainArgs {
    #[command(flatten)]
    fleet: FleetArgs,

    /// The hour, UTC: 2018-10-16T03
    #[arg(long, value_name = "HOUR", value_parser = hour, required_unless_present = "purchase")]
    hour: Option<Hour>,

    /// Instead of an hour: the purchase of this number in the run's list
    #[arg(long, value_name = "NUMBER", conflicts_with_all = [
        "hour", "account", "region", "instance_type", "platform", "bill_rates", "own", "fill_gaps", "tag",
        "allow_unpriced", "no_sharing", "discounts", "discounts_on", "prices", "config",
    ])]
    purchase: Option<usize>,

    /// Which plan of the run [default: robust, where there is one, else cheapest]
    #[arg(long, value_name = "NAME", requires = "purchase")]
    plan: Option<String>,

    /// Show usage of this account only
    #[arg(long, value_name = "ID")]
    account: Option<String>,

    /// Show usage in this region only
    #[arg(long, value_name = "REGION")]
    region: Option<String>,

    /// Show usage of this instance type or family only
    #[arg(long = "type", value_name = "TYPE")]
    instance_type: Option<String>,

    /// Show usage of this platform only
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<Platform>,

    /// Rates that the bill states, instead of the price book's
    #[arg(long)]
    bill_rates: bool,

    #[command(flatten)]
    output: OutputArgs,
}

/// `2018-10-16T03`, with or without minutes and zone; without zone it is UTC.
fn hour(text: &str) -> Result<Hour, String> {
    let bare = text.trim_end_matches('Z');
    let found = Hour::parse_utc(text).or_else(|_| Hour::parse_utc(&format!("{bare}:00")));
    found.map_err(|_| "expected an hour such as 2018-10-16T03".to_owned())
}

pub(super) fn run(arguments: &ExplainArgs) -> Result<ExitCode, Failure> {
    if let Some(path) = &arguments.output.out {
        super::output::check_writable(path)?;
    }
    match (arguments.hour, arguments.purchase) {
        (Some(hour), _) => of_hour(arguments, hour),
        (None, number) => super::explain_purchase::run(
            &arguments.fleet.files,
            (arguments.plan.as_deref(), number.unwrap_or_default()),
            &arguments.output,
        ),
    }
}

/// The derivation of an hour.
fn of_hour(arguments: &ExplainArgs, hour: Hour) -> Result<ExitCode, Failure> {
    let fleet = arguments.fleet.load(arguments.output.quiet)?;
    let demand = &fleet.import.demand;
    if !demand.span().contains(hour) {
        return Err(outside(hour, demand.span()).into());
    }
    let wanted = |key: &DemandKey| arguments.wants(key);
    if !demand.keys().iter().any(wanted) {
        return Err(nothing_wanted(demand.keys()).into());
    }
    let mut files = fleet.import.report.files.iter();
    if arguments.bill_rates && !files.any(FileReport::is_bill) {
        let problem = Diagnostic::new(
            "`--bill-rates` takes the rates of a bill, and none of the files is one",
        );
        return Err(problem
            .hint("without it, rates are the price book's")
            .into());
    }
    let explained = if arguments.bill_rates {
        let rates = BillRates::new(&fleet.import.commitments);
        explain(demand, &fleet.portfolio, &rates, fleet.settings, hour)
    } else {
        explain(demand, &fleet.portfolio, &fleet.book, fleet.settings, hour)
    };
    let found = explained.map_err(|error| super::unpriced(&error))?;
    let shown = Shown {
        found: &found,
        demand,
        portfolio: &fleet.portfolio,
        book: (!arguments.bill_rates).then_some(&fleet.book),
        wanted: &wanted,
    };
    let mut output = Output::new();
    match arguments.output.format {
        Format::Json => output.json(&report::json(&shown, &fleet.inputs))?,
        format => output.tables(&report::tables(&shown), format)?,
    }
    for doubt in &fleet.doubts {
        super::warn(doubt, arguments.output.quiet);
    }
    tell_left_out(&fleet, arguments.output.quiet);
    fleet.tell_notes(arguments.output.quiet);
    output.finish(&arguments.output)?;
    Ok(ExitCode::SUCCESS)
}

/// The hour is of instances alone; plans serve more than those.
fn tell_left_out(fleet: &Fleet, quiet: bool) {
    if fleet.has_use_under_plans() && !fleet.portfolio.savings_plans.is_empty() {
        let message = "Fargate, Lambda and Dedicated Hosts are left out of the hour: plans have more left for instances here than in the bill";
        super::warn(&Diagnostic::new(message), quiet);
    }
}

/// Nothing would be shown.
fn nothing_wanted(keys: &[DemandKey]) -> Diagnostic {
    let types: BTreeSet<&str> = keys.iter().map(|key| key.instance_type.as_str()).collect();
    let shown: Vec<&str> = types.iter().copied().take(6).collect();
    let more = if types.len() > shown.len() {
        ", ..."
    } else {
        ""
    };
    Diagnostic::new("no usage is what --account, --region, --type and --platform ask for").hint(
        format!("instance types of the usage: {}{more}", shown.join(", ")),
    )
}

fn outside(hour: Hour, window: crate::units::HourSpan) -> Diagnostic {
    Diagnostic::new(format!("{hour} is outside the usage, which is of {window}"))
        .hint("--hour is in UTC")
}

impl ExplainArgs {
    fn wants(&self, key: &DemandKey) -> bool {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == found)
        };
        let name = key.instance_type;
        let of_type = is(&self.instance_type, name.as_str())
            || is(&self.instance_type, name.family().as_str());
        is(&self.account, key.account.as_str())
            && is(&self.region, key.region.as_str())
            && of_type
            && self
                .platform
                .is_none_or(|platform| platform == key.platform)
    }
}
