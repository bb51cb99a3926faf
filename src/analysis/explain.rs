//! One hour of a bill, derived: what was used, who was served in which order by what, and what was left.
//!
//! The engine runs the hour with books that record every step; costs are those of the same hour's charges. Nothing is
//! worked out a second time here.

use std::collections::BTreeMap;

use crate::billing::{
    ChargeKind, Granularity, Ledger, Rates, Settings, Setup, SetupError, charges, run,
};
use crate::catalog::SavingsPlanKind;
use crate::commitment::{Portfolio, ReservedScope};
use crate::demand::Demand;
use crate::units::{Hour, HourSpan, InstanceHour, Money, Quantity, Rate};

/// An hour, explained. Keys and commitments are indices of the demand's and the portfolio's lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The hour.
    pub hour: Hour,
    /// What was used.
    pub usage: Vec<ExplainedUsage>,
    /// In which order plans serve what Reserved Instances leave.
    pub ranks: Vec<Rank>,
    /// What commitments covered, in the order they did.
    pub steps: Vec<Step>,
    /// What was left, Spot, and what nobody used of commitments.
    pub rest: Vec<Rest>,
    /// What the hour costs, accrued.
    pub total: Money,
}

/// Usage of one key in the hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExplainedUsage {
    /// The key.
    pub key: usize,
    /// Instance-hours.
    pub quantity: Quantity<InstanceHour>,
    /// Its On-Demand (or Spot) rate; `None` where it has no price and is in no total.
    pub rate: Option<Rate<InstanceHour>>,
}

/// A line under plans of one kind, term and payment option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rank {
    /// The kind of the plans.
    pub kind: SavingsPlanKind,
    /// Its place in the order, counted from 1.
    pub rank: usize,
    /// The key.
    pub key: usize,
    /// The plans that are alive.
    pub plans: Vec<usize>,
    /// Savings Plan rate.
    pub rate: Rate<InstanceHour>,
    /// On-Demand rate: the saving is 1 - rate / On-Demand rate.
    pub on_demand: Rate<InstanceHour>,
}

/// One commitment covers usage of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The commitment: [`ChargeKind::Reserved`] or [`ChargeKind::SavingsPlan`].
    pub by: ChargeKind,
    /// The key.
    pub key: usize,
    /// Instance-hours covered.
    pub covered: Quantity<InstanceHour>,
    /// Instance-hours of the key not covered yet after the step.
    pub left: Quantity<InstanceHour>,
    /// Its share of the commitment's effective cost.
    pub cost: Money,
    /// Why it was its turn.
    pub rule: Rule,
}

/// What is no step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    /// On-Demand, Spot or the unused part of a commitment.
    pub kind: ChargeKind,
    /// The key, of usage.
    pub key: Option<usize>,
    /// Instance-hours.
    pub quantity: Quantity<InstanceHour>,
    /// What it costs.
    pub cost: Money,
}

/// A rule of docs/billing-rules.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its numbers there.
    pub ids: &'static str,
    /// What it says here.
    pub text: &'static str,
}

/// Explains one hour of `demand` under `portfolio`.
///
/// # Errors
/// [`SetupError`] when usage has no price and the settings do not allow that.
pub fn explain(
    demand: &Demand,
    portfolio: &Portfolio,
    rates: &impl Rates,
    settings: Settings,
    hour: Hour,
) -> Result<Explanation, SetupError> {
    let demand = demand.within(HourSpan::new(hour, hour.plus(1)));
    let setup = Setup::new(&demand, portfolio, rates, settings)?;
    let all = charges(&demand, portfolio, rates, settings, Granularity::Hour)?;
    let costs: BTreeMap<(Option<usize>, ChargeKind), Money> = all
        .iter()
        .map(|charge| ((charge.key, charge.kind), charge.effective))
        .collect();
    let books = run(
        &setup,
        &Setup::amounts(portfolio),
        &demand,
        1,
        Recorded::default,
    );
    let mut left: BTreeMap<u32, i128> = BTreeMap::new();
    let mut steps = Vec::new();
    for (line, by, ticks) in books.into_iter().flat_map(|books| books.0) {
        let key = setup.lines[line as usize].key;
        let used = demand.total(key).ticks();
        let left = left.entry(line).or_insert(used);
        *left -= i128::from(ticks);
        steps.push(Step {
            by,
            key,
            covered: Quantity::from_ticks(i128::from(ticks)),
            left: Quantity::from_ticks(*left),
            cost: costs.get(&(Some(key), by)).copied().unwrap_or_default(),
            rule: rule(portfolio, &demand, by, key, *left > 0),
        });
    }
    let rest = all.iter().filter(|charge| is_rest(charge.kind));
    let rest = rest.map(|charge| Rest {
        kind: charge.kind,
        key: charge.key,
        quantity: charge.quantity,
        cost: charge.effective,
    });
    Ok(Explanation {
        hour,
        usage: usage(&demand, &setup),
        ranks: ranks(&setup, &demand, hour),
        steps,
        rest: rest.collect(),
        total: all.iter().map(|charge| charge.effective).sum(),
    })
}

fn is_rest(kind: ChargeKind) -> bool {
    matches!(
        kind,
        ChargeKind::OnDemand
            | ChargeKind::Spot
            | ChargeKind::UnusedReserved(_)
            | ChargeKind::UnusedSavingsPlan(_)
    )
}

fn usage(demand: &Demand, setup: &Setup) -> Vec<ExplainedUsage> {
    let lines = setup.lines.iter().map(|line| (line.key, line.on_demand));
    let spot = setup.spot.iter();
    let spot = spot.filter_map(|line| Some((line.key, line.prices.first()?.public)));
    let rates: BTreeMap<usize, Rate<InstanceHour>> = lines.chain(spot).collect();
    let used = (0..demand.keys().len()).filter(|&key| demand.total(key) != Quantity::ZERO);
    used.map(|key| ExplainedUsage {
        key,
        quantity: demand.total(key),
        rate: rates.get(&key).copied(),
    })
    .collect()
}

/// The order of what is used in the hour, under plans that are alive in it.
fn ranks(setup: &Setup, demand: &Demand, hour: Hour) -> Vec<Rank> {
    let mut ranks = Vec::new();
    for stage in &setup.stages {
        let mut rank = 0;
        // The last pass has everybody's usage; without sharing each owner's stands in its own.
        let shares = setup.sharing.reaches_all();
        let entries = [&stage.passes, &stage.idle].into_iter().flat_map(|passes| {
            let first = if shares {
                passes.len().saturating_sub(1)
            } else {
                0
            };
            passes.iter().skip(first).flat_map(|pass| &pass.1)
        });
        for entry in entries {
            let group = &setup.groups[entry.group as usize];
            let line = &setup.lines[entry.line as usize];
            let alive = group.plans.iter().copied();
            let plans: Vec<usize> = alive
                .filter(|&plan| setup.plans[plan].alive.contains(hour))
                .collect();
            if plans.is_empty() || demand.total(line.key) == Quantity::ZERO {
                continue;
            }
            rank += 1;
            ranks.push(Rank {
                kind: group.scope.kind(),
                rank,
                key: line.key,
                plans,
                rate: Rate::from_steps(entry.rate),
                on_demand: line.on_demand,
            });
        }
    }
    ranks
}

/// Which rule gave a commitment its turn.
fn rule(portfolio: &Portfolio, demand: &Demand, by: ChargeKind, key: usize, in_part: bool) -> Rule {
    let key = &demand.keys()[key];
    let rule = |ids, text| Rule { ids, text };
    match by {
        ChargeKind::Reserved(index) => {
            let ri = &portfolio.reserved_instances[index];
            let own = ri.account == key.account;
            match (ri.scope, ri.is_size_flexible(), own) {
                (ReservedScope::Zonal(_), _, true) => {
                    rule("R9, R17", "zonal, the owner's usage first")
                }
                (ReservedScope::Zonal(_), _, false) => {
                    rule("R9, R17", "zonal, what its owner left idle")
                }
                (_, true, true) => rule("R14, R17", "regional, the owner's smallest size first"),
                (_, true, false) => rule(
                    "R14, R17",
                    "regional, what its owner left, smallest size first",
                ),
                (_, false, true) => {
                    rule("R13, R17", "regional, exact type, the owner's usage first")
                }
                (_, false, false) => rule("R13, R17", "regional, exact type, what its owner left"),
            }
        }
        ChargeKind::SavingsPlan(index) => {
            let plan = &portfolio.savings_plans[index];
            match (plan.account == key.account, in_part) {
                (true, false) => rule("R25, R27", "the owner's usage, highest saving first"),
                (true, true) => rule(
                    "R26, R27",
                    "the owner's usage; the commitment ends within the line",
                ),
                (false, false) => rule("R25, R27", "what its owner left, highest saving first"),
                (false, true) => rule(
                    "R26, R27",
                    "what its owner left; the commitment ends within the line",
                ),
            }
        }
        _ => rule("R2", "what is left"),
    }
}

/// Books that keep every step in its order: line, by what, how many ticks.
#[derive(Debug, Default)]
struct Recorded(Vec<(u32, ChargeKind, u64)>);

impl Ledger for Recorded {
    fn reserved(&mut self, _hour: usize, line: u32, reservation: usize, ticks: u64) {
        self.0
            .push((line, ChargeKind::Reserved(reservation), ticks));
    }

    fn savings_plan(&mut self, _hour: usize, line: u32, plan: usize, ticks: u64, _paid: u128) {
        self.0.push((line, ChargeKind::SavingsPlan(plan), ticks));
    }

    fn on_demand(&mut self, _hour: usize, _lines: &[u64]) {}

    fn unused_reservation(&mut self, _hour: usize, _reservation: usize, _units: u128) {}

    fn unused_plan(&mut self, _hour: usize, _plan: usize, _amount: u128) {}
}
