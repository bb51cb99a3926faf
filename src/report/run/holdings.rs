//! What a plan holds, for charts of money over time: what is owned with its fees, and what each kind of commitment saves.

use serde::{Deserialize, Serialize};

use super::{HOSTS, amount, reserved_code};
use crate::billing::CommitmentTotals;
use crate::commitment::{Portfolio, ReservedInstance};
use crate::optimize::Plan;
use crate::units::{HourSpan, Money};

/// A commitment that is owned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// The portfolio's name for it.
    pub id: String,
    /// The first hour it is alive.
    pub start: String,
    /// The hour after its last.
    pub end: String,
    /// Paid at purchase, for all of it.
    pub upfront: String,
    /// Paid for every hour it is alive, for all of it.
    pub hourly: String,
}

/// What the commitments of one kind do in the window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindSaving {
    /// `standard-ri`, `convertible-ri`, `host-reservation`, or the type of a Savings Plan.
    pub kind: String,
    /// Whether they are owned already.
    pub owned: bool,
    /// What the usage they cover would cost On-Demand.
    pub on_demand_cost: String,
    /// What they cost, used or not.
    pub cost: String,
}

/// Everything that is owned.
pub(super) fn holdings(owned: &Portfolio) -> Vec<Holding> {
    let holding = |id: &str, alive: HourSpan, (upfront, hourly): (Money, Money)| Holding {
        id: id.to_owned(),
        start: alive.start().to_string(),
        end: alive.end().to_string(),
        upfront: amount(upfront),
        hourly: amount(hourly),
    };
    let reserved = owned.reserved_instances.iter();
    let reserved = reserved.map(|one| holding(&one.id, one.alive, one.fees()));
    let plans = owned.savings_plans.iter();
    reserved
        .chain(plans.map(|plan| holding(&plan.id, plan.alive, plan.fees())))
        .collect()
}

/// What each kind saves under a plan, what is owned first.
pub(super) fn savings_by_kind(plan: &Plan, owned: &Portfolio) -> Vec<KindSaving> {
    let (bill, all) = (&plan.bill, &plan.portfolio);
    let reserved = all.reserved_instances.iter().map(code_of);
    let reserved = reserved.zip(&bill.reserved_instances).enumerate();
    // What is bought stands behind what is owned.
    let reserved = reserved.map(|(at, found)| (at < owned.reserved_instances.len(), found));
    let plans = all
        .savings_plans
        .iter()
        .map(|plan| plan.scope.kind().code());
    let plans = plans.zip(&bill.savings_plans).enumerate();
    let plans = plans.map(|(at, found)| (at < owned.savings_plans.len(), found));
    let mut sums: Vec<(bool, &str, Money, Money)> = Vec::new();
    for (is_owned, (code, totals)) in reserved.chain(plans) {
        let CommitmentTotals {
            cost,
            contracted_equivalent,
            ..
        } = totals;
        let same = |sum: &&mut (bool, &str, Money, Money)| (sum.0, sum.1) == (is_owned, code);
        match sums.iter_mut().find(same) {
            Some(sum) => {
                sum.2 += *contracted_equivalent;
                sum.3 += *cost;
            }
            None => sums.push((is_owned, code, *contracted_equivalent, *cost)),
        }
    }
    sums.sort_by_key(|&(is_owned, ..)| !is_owned);
    let row = |(owned, kind, on_demand, cost): (bool, &str, Money, Money)| KindSaving {
        kind: kind.to_owned(),
        owned,
        on_demand_cost: amount(on_demand),
        cost: amount(cost),
    };
    sums.into_iter().map(row).collect()
}

fn code_of(reserved: &ReservedInstance) -> &'static str {
    if reserved.is_of_hosts() {
        HOSTS
    } else {
        reserved_code(reserved.offering_class)
    }
}
