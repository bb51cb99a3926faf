//! A ladder month by month: what covers the usage, what is paid, what is committed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::billing::{Charges, HourCoverage};
use crate::commitment::Portfolio;
use crate::report::cash::{self, month_of};
use crate::report::run::amount;
use crate::units::{Hour, HourSpan, Money};

/// One calendar month of the horizon, or the part of it that lies inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LadderMonth {
    /// Such as `2026-10`.
    pub month: String,
    /// Usage that Reserved Instances cover, at public On-Demand prices.
    pub reserved_instance: String,
    /// The same of EC2 Instance Savings Plans.
    pub ec2_instance_sp: String,
    /// The same of Compute Savings Plans.
    pub compute_sp: String,
    /// The same of Database Savings Plans, where databases are planned for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database_sp: Option<String>,
    /// Usage left to On-Demand, at public prices.
    pub on_demand: String,
    /// Spot usage.
    pub spot: String,
    /// Cash: usage that no commitment covers.
    pub usage_cash: String,
    /// Cash: fees at purchase.
    pub upfront_cash: String,
    /// Cash: fees by the hour.
    pub recurring_cash: String,
    /// All cash.
    pub cash: String,
    /// Upfront fees spread over the hours they are for.
    pub accrued: String,
    /// What is committed in the month's first hour, dollars an hour at public prices.
    pub committed_hourly: String,
}

/// What is paid by month.
#[derive(Default)]
pub struct LadderCash(BTreeMap<String, cash::Month>);

impl LadderCash {
    /// Adds the charges of some months, which have no others.
    pub fn add(&mut self, charges: &Charges<'_>) {
        self.0
            .extend(cash::by_month(&charges.instances, &charges.beside));
    }
}

/// The months of a plan; with what is beside instances databases have a figure of their own.
pub fn months(
    LadderCash(cash): &LadderCash,
    (coverage, of_databases): (&[HourCoverage], bool),
    portfolio: &Portfolio,
    horizon: HourSpan,
) -> Vec<LadderMonth> {
    let mut found: BTreeMap<String, (Hour, HourCoverage)> = BTreeMap::new();
    for (hour, covered) in horizon.hours().zip(coverage) {
        let nothing = (hour, HourCoverage::default());
        let (_, sum) = found
            .entry(month_of(HourSpan::new(hour, hour)))
            .or_insert(nothing);
        sum.reserved += covered.reserved;
        sum.ec2_instance_plan += covered.ec2_instance_plan;
        sum.compute_plan += covered.compute_plan;
        sum.database_plan += covered.database_plan;
        sum.on_demand += covered.on_demand;
        sum.spot += covered.spot;
    }
    let nothing = cash::Month::default();
    let month = |(month, (first, covered)): (String, (Hour, HourCoverage))| {
        let paid = cash.get(&month).unwrap_or(&nothing);
        LadderMonth {
            reserved_instance: amount(covered.reserved),
            ec2_instance_sp: amount(covered.ec2_instance_plan),
            compute_sp: amount(covered.compute_plan),
            database_sp: of_databases.then(|| amount(covered.database_plan)),
            on_demand: amount(covered.on_demand),
            spot: amount(covered.spot),
            usage_cash: amount(paid.used()),
            upfront_cash: amount(paid.upfront),
            recurring_cash: amount(paid.recurring),
            cash: amount(paid.total()),
            accrued: amount(paid.accrued),
            committed_hourly: amount(committed(portfolio, first)),
            month,
        }
    };
    found.into_iter().map(month).collect()
}

/// What is committed in an hour, at public prices.
pub(super) fn committed(portfolio: &Portfolio, hour: Hour) -> Money {
    let alive = commitments(portfolio).filter(|(alive, _)| alive.contains(hour));
    alive.map(|(_, hourly)| hourly).sum()
}

/// Every commitment's life and what it commits to an hour.
pub(super) fn commitments(portfolio: &Portfolio) -> impl Iterator<Item = (HourSpan, Money)> {
    let reserved = portfolio.reserved_instances.iter();
    let reserved = reserved.map(|one| (one.alive, one.effective_hourly()));
    let plans = portfolio.savings_plans.iter();
    reserved.chain(plans.map(|one| (one.alive, one.commitment)))
}
