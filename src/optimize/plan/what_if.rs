//! A plan under other demand, and with more or less of it bought: exact costs to move about in.
//!
//! Every cost is what the simulator of bills says of that demand and those purchases, hour by hour; nothing is
//! interpolated.

use crate::billing::{Amounts, Coverable, ServiceUse, Setup, bill, on_demand_cost};
use crate::demand::{Demand, DemandKey};
use crate::units::Money;

use super::candidates::Market;
use super::model::SourceOf;
use super::plans::{Failed, Options, Plan, Purchase};
use super::tariff::{coarse, coarse_beside};

/// Demand in per cent of what it was.
const DEMAND: [u32; 9] = [60, 70, 80, 90, 100, 110, 120, 130, 140];
/// From one share of the purchases to the next, per cent: as fine as the work allows. Each divides 100.
const STRIDES: [u32; 4] = [5, 10, 20, 50];
/// The largest share.
const MOST: u32 = 200;
/// Work allowed: lines x hours x demands x shares.
const LINE_HOURS: usize = 80_000_000;

/// What a plan costs under other demand and with another share of it bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhatIf {
    /// Shares of every purchase in per cent, rounded to whole instances and thousandths of a dollar; ascending, with
    /// 100. Only that where nothing is bought.
    pub shares: Vec<u32>,
    /// Dollars an hour that each of them commits to.
    pub levels: Vec<Money>,
    /// By demand, ascending.
    pub changes: Vec<Change>,
}

/// One demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Per cent of what it was.
    pub demand_percent: u32,
    /// What the window costs without any commitment.
    pub on_demand: Money,
    /// What it costs with each of the shares, everything included.
    pub costs: Vec<Money>,
}

/// Bills `plan` under other demand and with other shares of its purchases.
///
/// # Errors
/// As [`super::optimize()`].
pub fn what_if<'a>(
    plan: &Plan,
    usage: impl Into<Coverable<'a>>,
    market: &impl Market,
    options: &Options,
) -> Result<WhatIf, Failed> {
    let usage = usage.into();
    let (merged, beside) = merged(&usage, plan)?;
    let merged = Coverable {
        demand: &merged,
        beside,
    };
    let lines = Setup::new(&merged, &plan.portfolio, market, options.billing)?.line_count();
    let shares = match plan.purchases.len() {
        0 => vec![100],
        _ => shares(lines * merged.demand.span().len()),
    };
    let change = |&percent: &u32| {
        let demand = usage.demand.scaled(percent).map_err(too_much)?;
        let usage = Coverable {
            demand: &demand,
            beside: usage.beside.scaled(percent),
        };
        change(plan, (percent, &usage), &shares, market, options)
    };
    let level = |&share: &u32| {
        let step = |bought: &Purchase| bought.candidate.step.times(steps(bought, share).into());
        plan.purchases.iter().map(step).sum()
    };
    Ok(WhatIf {
        levels: shares.iter().map(level).collect(),
        changes: DEMAND.iter().map(change).collect::<Result<_, _>>()?,
        shares,
    })
}

/// The usage under coarse keys.
fn merged(usage: &Coverable<'_>, plan: &Plan) -> Result<(Demand, ServiceUse), Failed> {
    let demand = coarse(usage.demand, &plan.portfolio, &[]).map_err(too_much)?;
    Ok((demand, coarse_beside(&usage.beside, &plan.portfolio, &[])))
}

fn too_much(key: DemandKey) -> Failed {
    Failed::TooMuch(Box::new(key))
}

/// Shares from nothing to twice the plan, as near to each other as the work allows.
fn shares(work: usize) -> Vec<u32> {
    let affordable = LINE_HOURS.div_euclid((work * DEMAND.len()).max(1));
    let count = |stride: u32| usize::try_from(MOST.div_euclid(stride) + 1).unwrap_or(usize::MAX);
    let fits = STRIDES
        .into_iter()
        .find(|&stride| count(stride) <= affordable);
    let stride = fits.unwrap_or(100);
    (0..=MOST.div_euclid(stride))
        .map(|share| share * stride)
        .collect()
}

/// The nearest whole steps of a share of a purchase.
fn steps(bought: &Purchase, share: u32) -> u64 {
    (bought.steps * u64::from(share) + 50).div_euclid(100)
}

/// One demand with every share.
fn change(
    plan: &Plan,
    (percent, usage): (u32, &Coverable<'_>),
    shares: &[u32],
    market: &impl Market,
    options: &Options,
) -> Result<Change, Failed> {
    let billed = bill(usage, &plan.portfolio, market, options.billing)?;
    let (merged, beside) = merged(usage, plan)?;
    let coarse = Coverable {
        demand: &merged,
        beside,
    };
    let setup = Setup::new(coarse, &plan.portfolio, market, options.billing)?;
    let own = Setup::amounts(&plan.portfolio);
    let places = places(plan);
    let hours = i128::try_from(merged.span().len()).unwrap_or(i128::MAX);
    let variable = |share: u32| {
        let mut amounts: Amounts = own.clone();
        let mut paid = Money::ZERO;
        for (bought, place) in plan.purchases.iter().zip(&places) {
            let steps = steps(bought, share);
            paid += bought
                .candidate
                .paid
                .effective
                .times(steps.into())
                .times(hours);
            match *place {
                SourceOf::Reservation(index) => amounts.counts[index] = steps,
                SourceOf::Plan(index) => {
                    amounts.commitments[index] = bought.candidate.step.times(steps.into());
                }
            }
        }
        paid + on_demand_cost(&setup, &amounts, &merged, options.threads)
    };
    // Spot and what is owned cost the same whatever is bought.
    let rest = billed.total() - variable(100);
    Ok(Change {
        demand_percent: percent,
        on_demand: billed.without_commitments(),
        costs: shares.iter().map(|&share| rest + variable(share)).collect(),
    })
}

/// Where each purchase stands in the plan's portfolio: behind what is owned, in their order.
pub(super) fn places(plan: &Plan) -> Vec<SourceOf> {
    let is_reserved = |bought: &&Purchase| bought.candidate.kind.is_reserved();
    let reserved = plan.purchases.iter().filter(is_reserved).count();
    let mut next_reservation = plan.portfolio.reserved_instances.len() - reserved;
    let mut next_plan = plan.portfolio.savings_plans.len() - (plan.purchases.len() - reserved);
    let place = |bought: &Purchase| {
        let next = if is_reserved(&bought) {
            &mut next_reservation
        } else {
            &mut next_plan
        };
        *next += 1;
        if is_reserved(&bought) {
            SourceOf::Reservation(*next - 1)
        } else {
            SourceOf::Plan(*next - 1)
        }
    };
    plan.purchases.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_hold_the_plan_itself_whatever_the_work() {
        for work in [1, 100_000, 1_000_000, 10_000_000, 1 << 50] {
            let shares = shares(work);
            assert!(
                shares.contains(&100) && shares.contains(&0),
                "{work}: {shares:?}"
            );
            assert_eq!(shares.last(), Some(&MOST));
        }
        assert_eq!(shares(1).len(), 41);
    }
}
