//! A bill's totals: what usage cost, what commitments cost, and how much of each was used.

use super::ledger::Ledger;
use super::rates::Rates;
use super::run::run;
use super::setup::{Settings, Setup, SetupError};
use crate::commitment::Portfolio;
use crate::demand::Demand;
use crate::prices::MissingPrice;
use crate::units::{HourSpan, InstanceHour, Money, Quantity, Rate};

/// What a window cost, accrued: upfront fees spread over their terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// The window.
    pub span: HourSpan,
    /// On-Demand-market usage, in the order of the demand's keys.
    pub lines: Vec<LineTotals>,
    /// Spot usage: index of the key, quantity, cost.
    pub spot: Vec<(usize, Quantity<InstanceHour>, Money)>,
    /// Reserved Instances, in the portfolio's order.
    pub reserved_instances: Vec<CommitmentTotals>,
    /// Savings Plans, in the portfolio's order.
    pub savings_plans: Vec<CommitmentTotals>,
    /// Usage that is not in the bill because it has no price: index of the key, and why.
    pub unpriced: Vec<(usize, MissingPrice)>,
    /// Savings Plan rates that are missing; the plan was taken not to cover the usage.
    pub without_plan_rate: Vec<MissingPrice>,
}

/// What became of one key's usage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineTotals {
    /// Index of the key in the demand.
    pub key: usize,
    /// On-Demand rate.
    pub rate: Rate<InstanceHour>,
    /// Covered by Reserved Instances.
    pub reserved: Quantity<InstanceHour>,
    /// Covered by Savings Plans.
    pub savings_plan: Quantity<InstanceHour>,
    /// Billed On-Demand.
    pub on_demand: Quantity<InstanceHour>,
}

/// What one commitment cost and how much of it served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitmentTotals {
    /// The portfolio's name for it.
    pub id: String,
    /// Its effective cost over the hours of the window it was alive.
    pub cost: Money,
    /// Units that were committed (of a reservation) or atoms of money (of a plan).
    pub committed: u128,
    /// The part that was used, in the same measure.
    pub used: u128,
    /// What the usage it covered would have cost On-Demand.
    pub on_demand_equivalent: Money,
}

/// Bills `demand` under `portfolio`.
///
/// # Errors
/// [`SetupError`] when usage has no price and the settings do not allow that.
pub fn bill(
    demand: &Demand,
    portfolio: &Portfolio,
    rates: &impl Rates,
    settings: Settings,
) -> Result<Bill, SetupError> {
    let setup = Setup::new(demand, portfolio, rates, settings)?;
    let amounts = Setup::amounts(portfolio);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let books = run(&setup, &amounts, demand, threads, || Totals::new(&setup));
    let totals = books.iter().fold(Totals::new(&setup), Totals::plus);
    Ok(totals.into_bill(setup, demand, portfolio))
}

impl Bill {
    /// Everything: usage left to On-Demand, Spot, and commitments whether used or not.
    pub fn total(&self) -> Money {
        self.on_demand_cost() + self.spot_cost() + self.commitment_cost()
    }

    /// Usage that no commitment covered.
    pub fn on_demand_cost(&self) -> Money {
        self.lines
            .iter()
            .map(|line| line.rate * line.on_demand)
            .sum()
    }

    /// Spot usage.
    pub fn spot_cost(&self) -> Money {
        self.spot.iter().map(|&(_, _, cost)| cost).sum()
    }

    /// Commitments, used or not.
    pub fn commitment_cost(&self) -> Money {
        self.reserved_instances
            .iter()
            .chain(&self.savings_plans)
            .map(|owned| owned.cost)
            .sum()
    }

    /// What all usage would have cost without any commitment; Spot stays Spot.
    pub fn without_commitments(&self) -> Money {
        self.on_demand_equivalent() + self.spot_cost()
    }

    /// What the usage that commitments may cover would have cost On-Demand.
    pub fn on_demand_equivalent(&self) -> Money {
        self.lines.iter().map(|line| line.rate * line.usage()).sum()
    }

    /// On-Demand equivalent of what commitments covered.
    pub fn covered(&self) -> Money {
        self.on_demand_equivalent() - self.on_demand_cost()
    }
}

impl LineTotals {
    /// All usage of the key.
    pub fn usage(&self) -> Quantity<InstanceHour> {
        self.reserved + self.savings_plan + self.on_demand
    }
}

/// The books that keep sums only.
#[derive(Debug, Clone)]
struct Totals {
    reserved: Vec<u128>,
    savings_plan: Vec<u128>,
    reservations: Vec<Use>,
    plans: Vec<Use>,
    /// On-Demand rates by line, for the equivalent of what each commitment covered.
    rates: Vec<(u64, u64)>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Use {
    used: u128,
    unused: u128,
    equivalent: u128,
}

impl Totals {
    fn new(setup: &Setup) -> Self {
        let lines = setup.lines.len();
        Self {
            reserved: vec![0; lines],
            savings_plan: vec![0; lines],
            reservations: vec![Use::default(); setup.reservations.len()],
            plans: vec![Use::default(); setup.plans.len()],
            rates: setup
                .lines
                .iter()
                .map(|line| (line.on_demand.steps(), line.units))
                .collect(),
        }
    }

    fn plus(mut self, other: &Self) -> Self {
        let add = |into: &mut [u128], from: &[u128]| {
            into.iter_mut()
                .zip(from)
                .for_each(|(into, from)| *into += from);
        };
        add(&mut self.reserved, &other.reserved);
        add(&mut self.savings_plan, &other.savings_plan);
        let uses = self.reservations.iter_mut().zip(&other.reservations);
        for (into, from) in uses.chain(self.plans.iter_mut().zip(&other.plans)) {
            into.used += from.used;
            into.unused += from.unused;
            into.equivalent += from.equivalent;
        }
        self
    }

    fn into_bill(self, setup: Setup, demand: &Demand, portfolio: &Portfolio) -> Bill {
        let lines = setup.lines.iter().enumerate().map(|(at, line)| {
            let (reserved, savings_plan) = (self.reserved[at], self.savings_plan[at]);
            let (reserved, savings_plan) = (ticks(reserved), ticks(savings_plan));
            LineTotals {
                key: line.key,
                rate: line.on_demand,
                reserved,
                savings_plan,
                on_demand: demand.total(line.key) - reserved - savings_plan,
            }
        });
        let spot = setup.spot.iter().map(|&(key, rate)| {
            let quantity = demand.total(key);
            (key, quantity, rate * quantity)
        });
        let hours = |alive: HourSpan| hours(alive, demand.span());
        let reserved_instances = portfolio.reserved_instances.iter().zip(&self.reservations);
        let savings_plans = portfolio.savings_plans.iter().zip(&self.plans);
        Bill {
            span: demand.span(),
            lines: lines.collect(),
            spot: spot.collect(),
            reserved_instances: reserved_instances
                .map(|(ri, used)| used.totals(&ri.id, ri.effective_hourly().times(hours(ri.alive))))
                .collect(),
            savings_plans: savings_plans
                .map(|(plan, used)| used.totals(&plan.id, plan.commitment.times(hours(plan.alive))))
                .collect(),
            unpriced: setup.unpriced,
            without_plan_rate: setup.without_plan_rate,
        }
    }
}

/// Hours of the window that a commitment is alive.
pub(super) fn hours(alive: HourSpan, window: HourSpan) -> i128 {
    i128::try_from(alive.intersect(window).len()).unwrap_or(i128::MAX)
}

impl Use {
    fn totals(self, id: &str, cost: Money) -> CommitmentTotals {
        CommitmentTotals {
            id: id.to_owned(),
            cost,
            committed: self.used + self.unused,
            used: self.used,
            on_demand_equivalent: atoms(self.equivalent),
        }
    }
}

fn ticks(ticks: u128) -> Quantity<InstanceHour> {
    Quantity::from_ticks(i128::try_from(ticks).unwrap_or(i128::MAX))
}

fn atoms(atoms: u128) -> Money {
    Money::from_atoms(i128::try_from(atoms).unwrap_or(i128::MAX))
}

impl Ledger for Totals {
    fn reserved(&mut self, _hour: usize, line: u32, reservation: usize, ticks: u64) {
        let (rate, units) = self.rates[line as usize];
        self.reserved[line as usize] += u128::from(ticks);
        let reservation = &mut self.reservations[reservation];
        reservation.used += u128::from(ticks) * u128::from(units);
        reservation.equivalent += u128::from(ticks) * u128::from(rate);
    }

    fn savings_plan(&mut self, _hour: usize, line: u32, plan: usize, ticks: u64, paid: u128) {
        let (rate, _) = self.rates[line as usize];
        self.savings_plan[line as usize] += u128::from(ticks);
        let plan = &mut self.plans[plan];
        plan.used += paid;
        plan.equivalent += u128::from(ticks) * u128::from(rate);
    }

    /// What is left over the window is all usage less what was covered: no need to add it up hour by hour.
    fn on_demand(&mut self, _hour: usize, _lines: &[u64]) {}

    fn unused_reservation(&mut self, _hour: usize, reservation: usize, units: u128) {
        self.reservations[reservation].unused += units;
    }

    fn unused_plan(&mut self, _hour: usize, plan: usize, amount: u128) {
        self.plans[plan].unused += amount;
    }
}
