//! A plan under other demand, and with more or less of its Compute Savings Plan: exact costs to move about in.
//!
//! The rest of the plan stays as it is. Every cost is what the simulator of bills says of that demand and that
//! level, hour by hour; nothing is interpolated.

use crate::billing::{Amounts, Setup, bill, on_demand_cost};
use crate::commitment::{Portfolio, SavingsPlanScope};
use crate::demand::{Demand, DemandKey};
use crate::units::Money;

use super::candidates::{Candidate, CandidateKind, Market, candidates};
use super::plans::{Failed, Options, Plan, add};
use super::tariff::coarse;

/// Demand in per cent of what it was.
const DEMAND: [u32; 9] = [60, 70, 80, 90, 100, 110, 120, 130, 140];
/// Levels on either side of the plan's own, at most and at least.
const MOST_LEVELS: usize = 40;
const LEAST_LEVELS: usize = 4;
/// Work allowed: lines x hours x demands x levels.
const LINE_HOURS: usize = 60_000_000;

/// What a plan costs under other demand and at other levels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhatIf {
    /// The Compute Savings Plan whose commitment moves; `None` where none may be bought.
    pub plan: Option<Candidate>,
    /// Commitments to it, dollars an hour, ascending; only 0 where there is none.
    pub levels: Vec<Money>,
    /// Which of the levels is the plan's own.
    pub chosen: usize,
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
    /// What it costs at each of the levels, everything included.
    pub costs: Vec<Money>,
}

/// The moving part of a portfolio.
struct Moving {
    candidate: Candidate,
    /// Which of the portfolio's Savings Plans it is.
    index: usize,
    /// Its steps in the plan.
    steps: u64,
}

/// Bills `plan` under other demand and at other levels of its (first) Compute Savings Plan.
///
/// # Errors
/// As [`super::optimize()`].
pub fn what_if(
    plan: &Plan,
    demand: &Demand,
    market: &impl Market,
    options: &Options,
) -> Result<WhatIf, Failed> {
    let mut portfolio = plan.portfolio.clone();
    let moving = moving(plan, &mut portfolio, demand, market, options);
    let merged = merged(demand, &portfolio)?;
    let lines = Setup::new(&merged, &portfolio, market, options.billing)?
        .lines
        .len();
    let steps = match &moving {
        None => vec![0],
        Some(moving) => levels(moving, lines * demand.span().len()),
    };
    let own = moving.as_ref().map_or(0, |moving| moving.steps);
    let changes: Result<Vec<Change>, Failed> = DEMAND
        .iter()
        .map(|&percent| {
            let demand = demand.scaled(percent).map_err(too_much)?;
            change(
                percent,
                &demand,
                (&portfolio, moving.as_ref()),
                &steps,
                market,
                options,
            )
        })
        .collect();
    let level = |&steps: &u64| {
        let step = moving
            .as_ref()
            .map_or(Money::ZERO, |moving| moving.candidate.step);
        step.times(i128::from(steps))
    };
    Ok(WhatIf {
        levels: steps.iter().map(level).collect(),
        chosen: steps.iter().position(|&steps| steps == own).unwrap_or(0),
        changes: changes?,
        plan: moving.map(|moving| moving.candidate),
    })
}

fn too_much(key: DemandKey) -> Failed {
    Failed::TooMuch(Box::new(key))
}

fn merged(demand: &Demand, portfolio: &Portfolio) -> Result<Demand, Failed> {
    coarse(demand, portfolio).map_err(too_much)
}

/// The Compute Savings Plan of the plan; where it has none, one is added with a commitment of nothing.
fn moving(
    plan: &Plan,
    portfolio: &mut Portfolio,
    demand: &Demand,
    market: &impl Market,
    options: &Options,
) -> Option<Moving> {
    let compute = |candidate: &Candidate| {
        matches!(
            candidate.kind,
            CandidateKind::SavingsPlan(SavingsPlanScope::Compute)
        )
    };
    let plans = plan
        .purchases
        .iter()
        .filter(|bought| matches!(bought.candidate.kind, CandidateKind::SavingsPlan(_)));
    let owned = portfolio.savings_plans.len() - plans.clone().count();
    // Purchases stand behind what is owned, in the plan's order.
    if let Some((place, bought)) = plans
        .enumerate()
        .find(|(_, bought)| compute(&bought.candidate))
    {
        return Some(Moving {
            candidate: bought.candidate.clone(),
            index: owned + place,
            steps: bought.steps,
        });
    }
    let (all, _) = candidates(demand, market, options.kinds, &options.terms);
    let candidate = all.into_iter().find(compute)?;
    add(portfolio, &candidate, 0, demand.span(), options.buyer);
    Some(Moving {
        candidate,
        index: portfolio.savings_plans.len() - 1,
        steps: 0,
    })
}

/// Whole steps from nothing to twice the plan's own, or to what a tenth of a dollar a step reaches where it has
/// none: as many as the work allows.
fn levels(moving: &Moving, work: usize) -> Vec<u64> {
    /// Ten cents.
    const WITHOUT: u64 = 100;
    let affordable = LINE_HOURS
        .div_euclid((work * DEMAND.len()).max(1))
        .div_euclid(2);
    let sides = affordable.clamp(LEAST_LEVELS, MOST_LEVELS);
    let sides = u64::try_from(sides).unwrap_or(1);
    let mut levels: Vec<u64> = match moving.steps {
        0 => (0..=sides).map(|level| level * WITHOUT).collect(),
        own => (0..=2 * sides)
            .map(|level| (own * level).div_euclid(sides))
            .collect(),
    };
    levels.dedup();
    levels
}

/// One demand at every level.
fn change(
    percent: u32,
    demand: &Demand,
    (portfolio, moving): (&Portfolio, Option<&Moving>),
    levels: &[u64],
    market: &impl Market,
    options: &Options,
) -> Result<Change, Failed> {
    let billed = bill(demand, portfolio, market, options.billing)?;
    let merged = merged(demand, portfolio)?;
    let setup = Setup::new(&merged, portfolio, market, options.billing)?;
    let amounts = Setup::amounts(portfolio);
    let left = |amounts: &Amounts| on_demand_cost(&setup, amounts, &merged, options.threads);
    // Spot, what is owned and the other purchases cost the same at every level.
    let rest =
        billed.total() - left(&amounts) - paid(moving, moving.map_or(0, |own| own.steps), demand);
    let cost = |&steps: &u64| {
        let mut amounts = amounts.clone();
        if let Some(moving) = moving {
            amounts.commitments[moving.index] = moving.candidate.step.times(i128::from(steps));
        }
        rest + left(&amounts) + paid(moving, steps, demand)
    };
    Ok(Change {
        demand_percent: percent,
        on_demand: billed.without_commitments(),
        costs: levels.iter().map(cost).collect(),
    })
}

/// What so many steps cost over the window.
fn paid(moving: Option<&Moving>, steps: u64, demand: &Demand) -> Money {
    let hours = i128::try_from(demand.span().len()).unwrap_or(i128::MAX);
    let effective = moving.map_or(Money::ZERO, |moving| moving.candidate.paid.effective);
    effective.times(i128::from(steps)).times(hours)
}
