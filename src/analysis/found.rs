//! Turns the commitments that a bill shows into a portfolio, and its rates into a table.
//!
//! A bill names Reserved Instances by their fee rows and Savings Plans by theirs (docs/billing-rules.md). What a
//! row leaves out is not guessed: the commitment is reported and left out.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::billing::{RateTable, product_of};
use crate::catalog::{
    Account, Family, InstanceType, OfferingClass, PaymentOption, Platform, Region, SavingsPlanKind,
    Tenancy, Term, Zone,
};
use crate::commitment::{
    Portfolio, ReservedFee, ReservedInstance, ReservedScope, SavingsPlan, SavingsPlanScope,
};
use crate::demand::Market;
use crate::demand::import::{
    BilledUsage, Cover, FoundCommitments, FoundReservation, FoundSavingsPlan,
};
use crate::diagnostics::Diagnostic;
use crate::prices::Product;
use crate::units::{Hour, HourSpan, InstanceHour, Money, Rate};

/// The portfolio that a bill shows, and what could not be made out of it.
pub fn portfolio_of(found: &FoundCommitments) -> (Portfolio, Vec<Diagnostic>) {
    let mut portfolio = Portfolio::default();
    let mut problems = Vec::new();
    let mut reservations: BTreeMap<&str, Vec<&FoundReservation>> = BTreeMap::new();
    for row in &found.reservations {
        reservations.entry(&row.arn).or_default().push(row);
    }
    for (&arn, rows) in &reservations {
        if arn.is_empty() {
            problems.push(nameless("Reserved Instances", rows.len()));
            continue;
        }
        match reservation(rows) {
            Ok(ri) => portfolio.reserved_instances.push(ri),
            Err(problem) => problems.push(problem),
        }
    }
    for row in &found.savings_plans {
        if row.arn.is_empty() {
            problems.push(nameless("Savings Plans", 1));
            continue;
        }
        match savings_plan(row) {
            Ok(Some(plan)) => portfolio.savings_plans.push(plan),
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
    }
    (portfolio, problems)
}

/// The On-Demand, Spot and Savings Plan rates that a bill states, for a replay of it.
///
/// Where it states several for one product, as when a price changed within it, the one of most uncovered hours is
/// taken, of equals that of most hours. Spot is the average of its hours.
pub fn rates_of(found: &FoundCommitments) -> RateTable {
    let mut rates = RateTable::default();
    for (product, stated) in stated_rates(found) {
        let most = stated.into_iter().max_by_key(|&(_, hours)| hours);
        if let Some((rate, _)) = most {
            rates.set_on_demand(product, rate);
        }
    }
    for (product, rate) in average_rates(found, Market::Spot) {
        rates.set_spot(product, rate);
    }
    let offerings: BTreeMap<&str, SavingsPlanKind> = found
        .savings_plans
        .iter()
        .filter_map(|plan| Some((plan.arn.as_str(), kind(plan.offering.as_deref()?)?)))
        .collect();
    for usage in &found.usage {
        if let Cover::SavingsPlan(arn) = &usage.cover
            && let (Some(&kind), Some(rate)) = (offerings.get(arn.as_ref()), rate(usage.plan_rate))
        {
            rates.set_savings_plan(product_of(&usage.key), kind, rate);
        }
    }
    rates
}

fn rate(stated: Option<Decimal>) -> Option<Rate<InstanceHour>> {
    stated.and_then(|rate| Rate::from_decimal_rounded(rate).ok())
}

/// Hours at a rate, in 1e-9: uncovered ones, and all of them.
type HoursAt = (i128, i128);

/// Every On-Demand rate that a bill states of a product, and of how many hours.
pub(super) fn stated_rates(
    found: &FoundCommitments,
) -> BTreeMap<Product, BTreeMap<Rate<InstanceHour>, HoursAt>> {
    let mut stated: BTreeMap<Product, BTreeMap<_, HoursAt>> = BTreeMap::new();
    for usage in &found.usage {
        let rate = rate(usage.public_rate).filter(|rate| !rate.is_zero());
        let (Some(rate), true) = (rate, usage.key.is_on_demand()) else {
            continue;
        };
        let of_product = stated.entry(product_of(&usage.key)).or_default();
        let (uncovered, all) = of_product.entry(rate).or_default();
        let hours = usage.hours.iter().map(|hour| i128::from(hour.nano_hours));
        let hours: i128 = hours.sum();
        *all += hours;
        if usage.cover == Cover::None {
            *uncovered += hours;
        }
    }
    stated
}

/// What an uncovered instance-hour of each product cost on average.
pub(super) fn average_rates(
    found: &FoundCommitments,
    market: Market,
) -> BTreeMap<Product, Rate<InstanceHour>> {
    let mut sums: BTreeMap<Product, (i128, i128)> = BTreeMap::new();
    let of_market = |usage: &&BilledUsage| usage.key.market == market && usage.cover == Cover::None;
    for usage in found.usage.iter().filter(of_market) {
        let (nano_hours, pico_dollars) = sums.entry(product_of(&usage.key)).or_default();
        for hour in &usage.hours {
            *nano_hours += i128::from(hour.nano_hours);
            *pico_dollars += i128::from(hour.pico_dollars);
        }
    }
    let average = |(product, (nano_hours, pico_dollars)): (Product, (i128, i128))| {
        // 1e-12 dollars over 1e-9 hours, in steps of 1e-10 dollars: times 10^7.
        let steps = (pico_dollars * 10_000_000).checked_div_euclid(nano_hours)?;
        Some((product, Rate::from_steps(u64::try_from(steps).ok()?)))
    };
    sums.into_iter().filter_map(average).collect()
}

/// One reservation from its fee rows, one a month.
fn reservation(rows: &[&FoundReservation]) -> Result<ReservedInstance, Diagnostic> {
    let Some(row) = rows.last() else {
        return Err(Diagnostic::new("a reservation without rows"));
    };
    let lacks = |what: &str| unknown("Reserved Instance", &row.arn, what);
    let (prefix, name) = usage_type(&row.usage_type);
    let instance_type: InstanceType = name
        .parse()
        .map_err(|_| lacks("an instance type in its usage type"))?;
    let region = match &row.region {
        Some(region) => region.parse().ok(),
        None => Region::from_usage_type_prefix(prefix),
    };
    let region: Region = region.ok_or_else(|| lacks("a region"))?;
    let platform =
        Platform::from_operation(&row.operation).map_err(|_| lacks("a known operation code"))?;
    let count = row
        .count
        .or_else(|| count_of(row))
        .ok_or_else(|| lacks("a count"))?;
    let count = u32::try_from(count.round()).map_err(|_| lacks("a whole count"))?;
    let term = row
        .lease
        .as_deref()
        .map_or(Some(Term::OneYear), |text| text.parse().ok());
    let term = term.ok_or_else(|| lacks("a known term"))?;
    Ok(ReservedInstance {
        id: row.arn.clone(),
        account: Account::new(&row.account),
        scope: row.zone.as_deref().map_or(ReservedScope::Regional, |zone| {
            ReservedScope::Zonal(Zone::new(zone))
        }),
        region,
        instance_type,
        platform,
        tenancy: row
            .tenancy
            .as_deref()
            .and_then(|text| text.parse().ok())
            .unwrap_or(Tenancy::Shared),
        offering_class: class_of(row),
        term,
        payment_option: payment_of(row.payment_option.as_deref()),
        count,
        alive: alive(rows).ok_or_else(|| lacks("a start or a period"))?,
        fee: fee_of(row, term, count).ok_or_else(|| lacks("a price"))?,
    })
}

/// `HeavyUsage:c4.large` or `EUW2-HeavyUsage:t2.micro` as prefix and type.
fn usage_type(text: &str) -> (&str, &str) {
    let (head, name) = text.split_once(':').unwrap_or((text, ""));
    let prefix = head.rsplit_once('-').map_or("", |(prefix, _)| prefix);
    (prefix, name)
}

/// Instances from reserved hours, where the row has no count.
fn count_of(row: &FoundReservation) -> Option<Decimal> {
    let hours = Decimal::from(row.period?.len());
    row.hours?.checked_div(hours)
}

fn class_of(row: &FoundReservation) -> OfferingClass {
    row.class
        .as_deref()
        .and_then(|text| text.parse().ok())
        .unwrap_or(OfferingClass::Standard)
}

fn payment_of(text: Option<&str>) -> PaymentOption {
    text.and_then(|text| text.parse().ok())
        .unwrap_or(PaymentOption::NoUpfront)
}

/// From the clock hour of the purchase, which counts whole, to the end; without those the rows' periods.
fn alive(rows: &[&FoundReservation]) -> Option<HourSpan> {
    let hour =
        |time: chrono::DateTime<chrono::Utc>| Hour::containing_epoch_seconds(time.timestamp());
    let first = rows
        .iter()
        .filter_map(|row| row.period)
        .map(HourSpan::start)
        .min();
    let last = rows
        .iter()
        .filter_map(|row| row.period)
        .map(HourSpan::end)
        .max();
    let row = rows.last()?;
    Some(HourSpan::new(
        row.start.map(hour).or(first)?,
        row.end.map(ending).or(last)?,
    ))
}

/// The price of one instance: recurring by the hour; upfront as paid, or grown back from its monthly share.
fn fee_of(row: &FoundReservation, term: Term, count: u32) -> Option<ReservedFee> {
    let count = Decimal::from(count);
    let by_cost = row
        .recurring_cost
        .zip(row.hours)
        .and_then(|(cost, hours)| cost.checked_div(hours));
    let hourly = row.recurring_rate.or(by_cost)?;
    let share = row.amortized_upfront.zip(row.hours);
    let spread = share.and_then(|(share, hours)| share.checked_div(hours));
    let upfront = match (row.upfront, spread) {
        (Some(upfront), _) => upfront.checked_div(count)?,
        (None, Some(hourly)) => hourly * Decimal::from(term.hours()),
        (None, None) => Decimal::ZERO,
    };
    Some(ReservedFee {
        upfront: Money::from_decimal_rounded(upfront).ok()?,
        hourly: Rate::from_decimal_rounded(hourly).ok()?,
    })
}

/// The kind of an offering's name; plans whose usage is not billed have none here.
fn kind(offering: &str) -> Option<SavingsPlanKind> {
    match offering {
        "ComputeSavingsPlans" | "Compute" => Some(SavingsPlanKind::Compute),
        "EC2InstanceSavingsPlans" | "EC2Instance" => Some(SavingsPlanKind::Ec2Instance),
        "DatabaseSavingsPlans" | "Database" => Some(SavingsPlanKind::Database),
        _ => None,
    }
}

/// A plan; `None` when its usage is not billed (SageMaker).
fn savings_plan(row: &FoundSavingsPlan) -> Result<Option<SavingsPlan>, Diagnostic> {
    let lacks = |what: &str| unknown("Savings Plan", &row.arn, what);
    let offering = row
        .offering
        .as_deref()
        .ok_or_else(|| lacks("its terms, which stand in rows of its fee"))?;
    let scope = match kind(offering) {
        None => return Ok(None),
        Some(SavingsPlanKind::Compute) => SavingsPlanScope::Compute,
        Some(SavingsPlanKind::Database) => SavingsPlanScope::Database,
        Some(SavingsPlanKind::Ec2Instance) => {
            let family = row.family.as_deref().ok_or_else(|| lacks("a family"))?;
            let region = row.region.as_deref().and_then(|region| region.parse().ok());
            let region = region.ok_or_else(|| lacks("a region"))?;
            SavingsPlanScope::Ec2Instance {
                family: Family::new(family),
                region,
            }
        }
    };
    let commitment = row
        .hourly_commitment()
        .filter(|amount| *amount > Decimal::ZERO);
    let commitment = commitment.ok_or_else(|| lacks("a commitment"))?;
    let hour =
        |time: chrono::DateTime<chrono::Utc>| Hour::containing_epoch_seconds(time.timestamp());
    let start = row.start.map(hour).ok_or_else(|| lacks("a start"))?;
    let term = row.term.as_deref().and_then(|text| text.parse().ok());
    let term: Term = term.ok_or_else(|| lacks("a term"))?;
    Ok(Some(SavingsPlan {
        id: row.arn.clone(),
        account: Account::new(&row.account),
        scope,
        term,
        payment_option: payment_of(row.payment_option.as_deref()),
        commitment: Money::from_decimal_rounded(commitment)
            .map_err(|_| lacks("a sane commitment"))?,
        alive: HourSpan::new(start, row.end.map_or(start.plus(term.hours()), ending)),
    }))
}

/// The hour at which something ends whose last instant this is.
fn ending(time: chrono::DateTime<chrono::Utc>) -> Hour {
    Hour::ending_epoch_seconds(time.timestamp())
}

/// Reserved Instances that covered usage and have no fee row: a portfolio made of the bill does not have them.
pub fn without_fees(found: &FoundCommitments) -> Option<Diagnostic> {
    let fees = found.reservations.iter().map(|fee| fee.arn.as_str());
    let fees: BTreeSet<&str> = fees.collect();
    let covers = found.usage.iter().filter_map(|usage| match &usage.cover {
        Cover::Reservation(arn) if !fees.contains(arn.as_ref()) => Some(arn.as_ref()),
        _ => None,
    });
    let arns: BTreeSet<&str> = covers.collect();
    let first = arns.first()?;
    let message = format!(
        "the bill has usage covered by {} Reserved Instances whose fee rows (RIFee) it has not: it is billed as if they were not owned. The first: `{first}`",
        arns.len()
    );
    Some(
        Diagnostic::new(message)
            .hint("read the files with the fees, too, or give what is owned with --own"),
    )
}

/// Rows of several commitments that nothing tells apart.
fn nameless(what: &str, rows: usize) -> Diagnostic {
    let rows = if rows == 1 {
        String::new()
    } else {
        format!(" ({rows} rows)")
    };
    Diagnostic::new(format!(
        "the bill has fees of {what} and no column that names them{rows}: they are left out"
    ))
    .hint("export the columns of reservations and Savings Plans with their ARN, or give what is owned with --own")
}

fn unknown(what: &str, arn: &str, lacking: &str) -> Diagnostic {
    Diagnostic::new(format!(
        "the bill shows the {what} `{arn}` without {lacking}"
    ))
    .hint("write it down in a portfolio file (docs/file-formats.md) and give that with --own")
}
