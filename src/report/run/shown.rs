//! What the documents of a report show beside the figures of a run, so that they can be made without the usage.

use serde::{Deserialize, Serialize};

use super::amount;
use super::charged::{self, AccountCost, RunCharge};
use super::holdings::{Holding, KindSaving, holdings, savings_by_kind};
use crate::analysis::{Percent, metrics};
use crate::billing::{Accrued, Bill, HourCoverage};
use crate::commitment::Portfolio;
use crate::demand::Demand;
use crate::optimize::{self, Optimized, Plan, Purchase};
use crate::report::Origins;
use crate::report::optimize::break_even_hours;
use crate::units::Money;

/// How well the commitments of a plan do, what is owned included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measures {
    /// What is bought commits to so many dollars an hour at public prices.
    pub hourly_commitment: String,
    /// Used part of what is committed, per cent; `None` without commitments.
    pub utilization: Option<String>,
    /// Covered part of the usage that can be covered, per cent; `None` without usage.
    pub coverage: Option<String>,
    /// Paid at purchase for everything that is bought.
    pub upfront: String,
    /// Hours after which that is earned back; `None` when never.
    pub break_even_hours: Option<u64>,
    /// What the window costs at public prices, where discounts were negotiated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_cost: Option<String>,
}

/// Usage that has no price and is in no figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnpricedUsage {
    /// What was used.
    pub product: String,
    /// Its instance-hours, to two decimals.
    pub instance_hours: String,
    /// Which price is missing.
    pub why: String,
}

/// What charts and sliders are made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// The usage of every hour under the cheapest plan, by what covers it; kinds that cover nothing are left out.
    pub usage: Vec<HourlyUsage>,
    /// One Compute Savings Plan at so many dollars an hour, and what the window saves then: places on a chart, not
    /// amounts.
    pub curve: Vec<(f64, f64)>,
    /// What is owned; runs of before 2026-11-22 lack it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owned: Vec<Holding>,
    /// What each kind of commitment saves under the recommended plan; runs of before 2026-11-22 lack it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub savings_by_kind: Vec<KindSaving>,
    /// What the recommended plan's cost is made of; runs of before 2026-11-23 lack it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charges: Vec<RunCharge>,
    /// What of it falls to which account; likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<AccountCost>,
    /// In so many places AWS's order of application is not the cheapest one.
    pub deviations: usize,
    /// The cheapest plan under other demand, and with more or less of it bought.
    pub what_if: Option<WhatIf>,
}

/// Usage that one kind of purchase covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HourlyUsage {
    /// `reserved-instance`, `ec2-instance-sp`, `compute-sp`, `database-sp`, `on-demand` or `spot`.
    pub covered_by: String,
    /// Dollars of every hour at On-Demand rates, to four decimals, with a blank between two hours.
    pub dollars_per_hour: String,
}

/// A plan under other demand and with more or less of it bought, each billed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhatIf {
    /// Shares of every purchase, per cent, ascending; 100 is the plan.
    pub shares: Vec<u32>,
    /// Dollars an hour that each of them commits to.
    pub levels: Vec<String>,
    /// By change of demand, ascending.
    pub changes: Vec<Change>,
}

/// The window's cost under one change of demand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Usage of every hour, per cent of what it was.
    pub demand_percent: u32,
    /// Without any commitment.
    pub on_demand_cost: String,
    /// With each of the shares.
    pub costs: Vec<String>,
}

impl Measures {
    /// Measures a plan.
    pub(super) fn of(plan: &Plan, negotiated: bool) -> Self {
        let found = metrics(&plan.bill);
        let share = |share: Percent| share.map(|share| share.to_string());
        let commitment = plan.purchases.iter().map(Purchase::hourly_commitment).sum();
        let upfront = plan.purchases.iter().map(|bought| bought.fees().0).sum();
        Self {
            hourly_commitment: amount(commitment),
            utilization: share(found.utilization),
            coverage: share(found.coverage),
            upfront: amount(upfront),
            break_even_hours: break_even_hours(plan),
            public_cost: negotiated.then(|| amount(plan.bill.public_total())),
        }
    }
}

impl UnpricedUsage {
    /// What a bill left out.
    pub fn of(bill: &Bill, demand: &Demand) -> Vec<Self> {
        let unpriced = bill.unpriced.iter();
        unpriced
            .map(|(key, missing)| Self {
                product: missing.product.to_string(),
                instance_hours: demand.total(*key).to_decimal(2).to_string(),
                why: missing.to_string(),
            })
            .collect()
    }
}

impl Shown {
    /// Of what was found; `coverage` is what covers each hour under the cheapest plan, `recommended` the plan to buy beside
    /// what is `owned`, `shares` what the latter's cost is made of.
    pub fn of(
        found: &Optimized,
        coverage: &[HourCoverage],
        (recommended, owned): (&Plan, &Portfolio),
        (shares, origins): (&Accrued, Origins<'_>),
        what_if: Option<&optimize::WhatIf>,
    ) -> Self {
        Self {
            usage: usage(coverage),
            curve: found.curve.clone(),
            owned: holdings(owned),
            savings_by_kind: savings_by_kind(recommended, owned),
            charges: charged::charges(shares, origins),
            accounts: charged::accounts(shares, origins),
            deviations: found.deviations.len(),
            what_if: what_if.map(WhatIf::of),
        }
    }
}

fn usage(coverage: &[HourCoverage]) -> Vec<HourlyUsage> {
    type Part = fn(&HourCoverage) -> Money;
    let kinds: [(&str, Part); 6] = [
        ("reserved-instance", |hour| hour.reserved),
        ("ec2-instance-sp", |hour| hour.ec2_instance_plan),
        ("compute-sp", |hour| hour.compute_plan),
        ("database-sp", |hour| hour.database_plan),
        ("on-demand", |hour| hour.on_demand),
        ("spot", |hour| hour.spot),
    ];
    let used = |(_, part): &(&str, Part)| coverage.iter().any(|hour| !part(hour).is_zero());
    let series = |(covered_by, part): (&str, Part)| {
        let text = |hour| part(hour).to_decimal(4).normalize().to_string();
        let hours: Vec<String> = coverage.iter().map(text).collect();
        HourlyUsage {
            covered_by: covered_by.into(),
            dollars_per_hour: hours.join(" "),
        }
    };
    kinds.into_iter().filter(used).map(series).collect()
}

impl WhatIf {
    fn of(found: &optimize::WhatIf) -> Self {
        let change = |change: &optimize::Change| Change {
            demand_percent: change.demand_percent,
            on_demand_cost: amount(change.on_demand),
            costs: change.costs.iter().map(|&cost| amount(cost)).collect(),
        };
        Self {
            shares: found.shares.clone(),
            levels: found.levels.iter().map(|&level| amount(level)).collect(),
            changes: found.changes.iter().map(change).collect(),
        }
    }
}
