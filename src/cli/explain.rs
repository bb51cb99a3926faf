//! `bursar explain`: the derivation of one hour, or of one purchase of a run.

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap::Args;

use super::bill::services::{ServiceArgs, unpriced as unpriced_services};
use super::fleet::{Fleet, FleetArgs};
use super::{Failure, Format, Output, OutputArgs};
use crate::analysis::{BillRates, RatesUsed, explain};
use crate::billing::{Usage, service_bill};
use crate::catalog::Platform;
use crate::demand::{DemandKey, ServiceKey};
use crate::diagnostics::Diagnostic;
use crate::report::explain::{self as report, Shown};
use crate::units::Hour;

/// Derive one hour (what was used, which commitment took what at which rate, what was left) or one purchase of a run
#[derive(Debug, Args)]
#[command(after_help = "\
The hour is billed whole; --account, --region, --type and --platform choose what is shown. With --purchase, USAGE
is a run.json that `bursar optimize --report` or `bursar ladder --report` wrote, or its folder; its own inputs are read
again.

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

    /// Which plan of the run [default: robust, where there is one, else cheapest; of a ladder `ladder`]
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
    services: ServiceArgs,

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
    let quiet = arguments.output.quiet;
    let (fleet, found) = arguments.services.load(&arguments.fleet, quiet, &[], Ok)?;
    let demand = &fleet.import.demand;
    if !demand.span().contains(hour) {
        return Err(outside(hour, demand.span()).into());
    }
    let wanted = |key: &DemandKey| arguments.wants(key);
    let wanted_beside = |key: &ServiceKey| arguments.wants_beside(key);
    if !demand.keys().iter().any(wanted) && !found.keys().any(wanted_beside) {
        return Err(nothing_wanted(demand.keys()).into());
    }
    let rates = arguments.rates(&fleet)?;
    let (used, _) = ServiceArgs::demand(&fleet, found)?;
    let beside = service_bill(&used, &fleet.book, arguments.services.settings());
    let beside = beside.within(demand.span(), &used);
    if !beside.unpriced.is_empty() && !fleet.settings.allow_unpriced {
        return Err(unpriced_services(&beside));
    }
    let usage = Usage {
        demand,
        beside: Some(&beside),
    };
    let explained = explain(usage, &fleet.portfolio, &rates, fleet.settings, hour);
    let found = explained.map_err(|error| super::unpriced(&error))?;
    let shown = Shown {
        found: &found,
        demand,
        portfolio: &fleet.portfolio,
        book: (!arguments.bill_rates).then_some(&fleet.book),
        prices: &fleet.book,
        wanted: &wanted,
        wanted_beside: &wanted_beside,
    };
    let mut output = Output::new();
    match arguments.output.format {
        Format::Json => output.json(&report::json(&shown, &fleet.inputs))?,
        format => output.tables(&report::tables(&shown), format)?,
    }
    for doubt in &fleet.doubts {
        super::warn(doubt, quiet);
    }
    fleet.tell_notes(quiet);
    output.finish(&arguments.output)?;
    Ok(ExitCode::SUCCESS)
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
    /// The rates of instances.
    fn rates<'a>(&self, fleet: &'a Fleet) -> Result<RatesUsed<'a>, Failure> {
        if !self.bill_rates {
            return Ok(RatesUsed::Book(&fleet.book));
        }
        fleet.states_rates()?;
        Ok(RatesUsed::Bill {
            stated: Box::new(BillRates::new(&fleet.import.commitments)),
            book: &fleet.book,
            fill: false,
        })
    }

    /// Use beside instances is of no type and no platform.
    fn wants_beside(&self, key: &ServiceKey) -> bool {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == found)
        };
        self.instance_type.is_none()
            && self.platform.is_none()
            && is(&self.account, key.account.as_str())
            && is(&self.region, key.region.as_str())
    }

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
