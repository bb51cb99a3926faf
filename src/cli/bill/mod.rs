//! `bursar bill`: what usage costs under the commitments that are owned.

mod notes;
mod rates;
pub(super) mod services;
mod spot;
mod window;

use std::collections::BTreeSet;
use std::io::Write;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use self::rates::RateArgs;
use self::services::ServiceArgs;
use self::spot::SpotArgs;
use self::window::Window;
pub(super) use self::window::hour;
use super::fleet::{Fleet, FleetArgs};
use super::{Failure, Format, Output, OutputArgs};
use crate::analysis::{Grouping, RatesUsed, totals};
use crate::billing::{
    Bill, Charges, Granularity, Hosts, ServiceBill, Usage, all_charges, bill, service_bill,
};
use crate::demand::Labels;
use crate::diagnostics::Diagnostic;
use crate::report::{self, bill as layout, focus_columns, focus_object, focus_record};

/// Bill usage hour by hour in AWS's order: charges by kind, coverage, utilization, savings
#[derive(Debug, Args)]
#[command(after_help = "\
With --format csv or json every single charge comes out in the columns of FOCUS 1.2; with --by, the sums.

Examples:
  bursar bill examples/01-web-shop/usage.csv --by account,family
  bursar bill examples/03-windows-and-owned-ris/usage.csv --own examples/03-windows-and-owned-ris/portfolio.toml")]
pub(super) struct BillArgs {
    #[command(flatten)]
    fleet: FleetArgs,

    #[command(flatten)]
    window: Window,

    /// Add charges up by columns, such as account,family,tag:team
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', value_parser = Grouping::from_name)]
    by: Vec<Grouping>,

    /// The period of a charge in CSV and JSON
    #[arg(long, value_enum, default_value_t = Period::Hour)]
    granularity: Period,

    #[command(flatten)]
    rates: RateArgs,

    #[command(flatten)]
    spot: SpotArgs,

    #[command(flatten)]
    services: ServiceArgs,

    #[command(flatten)]
    output: OutputArgs,
}

/// How long a charge's period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Period {
    /// One hour
    Hour,
    /// One UTC day
    Day,
    /// One calendar month
    Month,
}

impl From<Period> for Granularity {
    fn from(period: Period) -> Self {
        match period {
            Period::Hour => Self::Hour,
            Period::Day => Self::Day,
            Period::Month => Self::Month,
        }
    }
}

impl BillArgs {
    /// The tags to add charges up by, which have to be read.
    fn tags(&self) -> Vec<String> {
        let tags = self.by.iter().filter_map(|column| match column {
            Grouping::Tag(tag) if !self.fleet.tag.contains(tag) => Some(tag.clone()),
            _ => None,
        });
        tags.collect()
    }
}

pub(super) fn run(arguments: &BillArgs) -> Result<ExitCode, Failure> {
    if let Some(path) = &arguments.output.out {
        super::output::check_writable(path)?;
    }
    let quiet = arguments.output.quiet;
    let tags = arguments.tags();
    let part = |used| arguments.window.of(used);
    let (mut fleet, found) = arguments
        .services
        .load(&arguments.fleet, quiet, &tags, part)?;
    arguments.spot.read(&mut fleet)?;
    let window = fleet.import.demand.span();
    let rates = arguments.rates.of(&fleet)?;
    let (used, hosts) = ServiceArgs::demand(&fleet, found)?;
    let beside = service_bill(&used, &fleet.book, arguments.services.settings());
    let beside = beside.within(window, &used);
    if !beside.unpriced.is_empty() && !fleet.settings.allow_unpriced {
        return Err(services::unpriced(&beside));
    }
    let mut doubts = fleet.doubts.clone();
    doubts.extend(rates::doubts(&fleet, &rates));
    doubts.extend(report::hosts::shortages(&hosts));
    doubts.extend(absent_tags(arguments, &fleet, &beside));
    let has_tables = matches!(arguments.output.format, Format::Table | Format::Markdown);
    if !(arguments.by.is_empty() && has_tables) {
        doubts.extend(left_out(&fleet, &rates, &beside)?);
    }
    doubts.extend(of_bill(&fleet, &rates, &beside)?);
    let mut output = Output::new();
    if arguments.by.is_empty() {
        match arguments.output.format {
            format @ (Format::Table | Format::Markdown) => {
                let mut tables = tables(arguments, &fleet, &rates, &beside)?;
                if !hosts.is_empty() {
                    tables.push(report::hosts::table(&hosts));
                }
                output.tables(&tables, format)?;
            }
            Format::Csv | Format::Json => {
                every_charge(arguments, &fleet, &rates, (&beside, &hosts), &mut output)?;
            }
        }
    } else {
        added_up(arguments, &fleet, &rates, &beside, &mut output)?;
    }
    for doubt in &doubts {
        super::warn(doubt, quiet);
    }
    fleet.tell_notes(quiet);
    for note in notes::notes(&fleet) {
        super::say(&format!("note: {note}"), quiet);
    }
    output.finish(&arguments.output)?;
    Ok(ExitCode::SUCCESS)
}

/// What is doubtful once the bill is made.
fn of_bill(
    fleet: &Fleet,
    rates: &RatesUsed<'_>,
    beside: &ServiceBill<'_>,
) -> Result<Vec<Diagnostic>, Failure> {
    let has_lines = !(fleet.portfolio.savings_plans.is_empty() || beside.charges.is_empty());
    if !has_lines && fleet.book.spot_prices().is_none() {
        return Ok(Vec::new());
    }
    let bill = billed(fleet, rates, beside)?;
    let mut doubts = services::without_plan_rates(&bill);
    doubts.extend(spot::at_average(fleet, &bill));
    Ok(doubts)
}

/// Tags to add charges up by that no usage has.
fn absent_tags(arguments: &BillArgs, fleet: &Fleet, beside: &ServiceBill<'_>) -> Vec<Diagnostic> {
    let keys = fleet.import.demand.keys().iter().map(|key| &key.labels);
    let services = beside.charges.iter().map(|charge| &charge.key.labels);
    let labels: Vec<&Labels> = keys.chain(services).collect();
    let has = |tag: &str| {
        let mut names = labels.iter().flat_map(|labels| labels.iter());
        names.any(|(name, _)| **name == *tag)
    };
    let absent = arguments.by.iter().filter_map(|column| match column {
        Grouping::Tag(tag) if !has(tag) => Some(tag),
        _ => None,
    });
    let told = absent.map(|tag| {
        Diagnostic::new(format!("no usage has the tag `{tag}`"))
            .hint("tags are told apart by capital letters; those of a bill stand in `resource_tags_user_NAME` or in a map")
    });
    told.collect()
}

/// Usage without a price: tables have a list of it, charges and sums do not.
fn left_out(
    fleet: &Fleet,
    rates: &RatesUsed<'_>,
    beside: &ServiceBill<'_>,
) -> Result<Vec<Diagnostic>, Failure> {
    if !fleet.settings.allow_unpriced {
        return Ok(Vec::new());
    }
    let instances = billed(fleet, rates, beside)?.unpriced;
    let instances = instances.iter().map(|(_, missing)| missing.to_string());
    let services = beside
        .unpriced
        .iter()
        .map(|(_, missing)| missing.to_string());
    let missing: BTreeSet<String> = instances.chain(services).collect();
    let told = missing
        .into_iter()
        .map(|missing| Diagnostic::new(format!("{missing}: its usage is in no charge")));
    Ok(told.collect())
}

fn tables(
    arguments: &BillArgs,
    fleet: &Fleet,
    rates: &RatesUsed<'_>,
    beside: &ServiceBill<'_>,
) -> Result<Vec<report::Table>, Failure> {
    let bill = billed(fleet, rates, beside)?;
    let demand = &fleet.import.demand;
    let by_month = charged(fleet, rates, beside, Granularity::Month)?;
    let others = beside.total() - bill.services_equivalent();
    let mut tables = layout::tables(
        &bill,
        others,
        demand,
        &fleet.portfolio,
        prices(fleet, rates),
    );
    if !beside.charges.is_empty() || !beside.unpriced.is_empty() {
        tables.extend(report::service_bill::tables(
            beside,
            &by_month.beside,
            &fleet.portfolio.savings_plans,
            &fleet.book,
            arguments.services.settings(),
        ));
    }
    if !fleet.import.capacity.is_empty() {
        tables.push(report::capacity::table(
            &fleet.import.capacity,
            &bill,
            demand,
        ));
    }
    let owned = fleet.portfolio.reserved_instances.len() + fleet.portfolio.savings_plans.len();
    if owned > 0 {
        tables.push(report::cash::table(&by_month.instances, &by_month.beside));
    }
    Ok(tables)
}

/// Every charge by itself, as FOCUS has it.
fn every_charge(
    arguments: &BillArgs,
    fleet: &Fleet,
    rates: &RatesUsed<'_>,
    (beside, hosts): (&ServiceBill<'_>, &[Hosts]),
    output: &mut Output,
) -> Result<(), Failure> {
    let granularity = arguments.granularity.into();
    let demand = &fleet.import.demand;
    let charges = charged(fleet, rates, beside, granularity)?;
    let bill = billed(fleet, rates, beside)?;
    let negotiated = fleet.book.contract().is_some();
    let instances = charges.instances.iter();
    let records = instances
        .map(|charge| focus_record(charge, demand, &fleet.portfolio, negotiated))
        .chain(charges.beside.iter().map(|(period, charge)| {
            report::focus_service_record(*period, charge, beside, &fleet.portfolio, negotiated)
        }));
    if arguments.output.format == Format::Csv {
        return write_csv(&focus_columns(negotiated), records, output);
    }
    let charges: Vec<_> = records
        .map(|record| focus_object(record, negotiated))
        .collect();
    let mut document = layout::json(
        &charges,
        &bill.unpriced,
        &beside.unpriced,
        demand,
        prices(fleet, rates),
        &fleet.inputs,
    );
    let commitments = layout::commitments_json(&fleet.portfolio);
    if commitments != serde_json::json!([]) {
        document["commitments"] = commitments;
    }
    if !fleet.import.capacity.is_empty() {
        document["capacity_reservations"] =
            report::capacity::json(&fleet.import.capacity, demand.span());
    }
    if fleet.book.spot_prices().is_some() {
        document["spot"] = layout::spot_json(&bill);
    }
    if !hosts.is_empty() {
        document["dedicated_hosts"] = report::hosts::json(hosts);
    }
    output.json(&document)
}

/// Charges added up by columns.
fn added_up(
    arguments: &BillArgs,
    fleet: &Fleet,
    rates: &RatesUsed<'_>,
    beside: &ServiceBill<'_>,
    output: &mut Output,
) -> Result<(), Failure> {
    let by = &arguments.by;
    let granularity = if by.contains(&Grouping::Day) {
        Granularity::Day
    } else {
        Granularity::Month
    };
    let demand = &fleet.import.demand;
    let Charges { instances, beside } = charged(fleet, rates, beside, granularity)?;
    let groups = totals(&instances, &beside, demand, &fleet.portfolio, by);
    match arguments.output.format {
        format @ (Format::Table | Format::Markdown) => {
            Ok(output.tables(&[report::totals::table(&groups, by, demand.span())], format)?)
        }
        Format::Csv => {
            let head = report::totals::head(by);
            let head: Vec<&str> = head.iter().map(String::as_str).collect();
            write_csv(&head, groups.iter().map(report::totals::record), output)
        }
        Format::Json => output.json(&layout::totals_json(
            &report::totals::json(&groups, by),
            prices(fleet, rates),
            &fleet.inputs,
        )),
    }
}

/// Instances and what was used beside them.
fn usage<'a>(fleet: &'a Fleet, beside: &'a ServiceBill<'a>) -> Usage<'a> {
    Usage {
        demand: &fleet.import.demand,
        beside: Some(beside),
    }
}

fn billed(fleet: &Fleet, rates: &RatesUsed<'_>, beside: &ServiceBill<'_>) -> Result<Bill, Failure> {
    let usage = usage(fleet, beside);
    bill(usage, &fleet.portfolio, rates, fleet.settings)
        .map_err(|error| rates::missing(&error, rates))
}

fn charged<'a>(
    fleet: &'a Fleet,
    rates: &RatesUsed<'_>,
    beside: &'a ServiceBill<'a>,
    granularity: Granularity,
) -> Result<Charges<'a>, Failure> {
    let usage = usage(fleet, beside);
    all_charges(usage, &fleet.portfolio, rates, fleet.settings, granularity)
        .map_err(|error| rates::missing(&error, rates))
}

/// What the bill is made with, to be named in it.
fn prices<'a>(fleet: &'a Fleet, rates: &'a RatesUsed<'a>) -> layout::Prices<'a> {
    layout::Prices {
        book: &fleet.book,
        rates,
    }
}

fn write_csv(
    columns: &[&str],
    records: impl Iterator<Item = Vec<String>>,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut writer = csv::Writer::from_writer(output.by_ref());
    writer.write_record(columns).map_err(Failure::new)?;
    for record in records {
        writer.write_record(record).map_err(Failure::new)?;
    }
    Ok(writer.flush()?)
}
