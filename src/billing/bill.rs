//! A bill's totals: what usage cost, what commitments cost, and how much of each was used.

use super::ledger::Ledger;
use super::rates::Rates;
use super::run::run;
use super::service_lines::{Coverable, ServiceLine};
use super::setup::{Settings, Setup, SetupError};
use super::spot::SpotTotals;
use crate::catalog::{Region, ServiceItem};
use crate::commitment::Portfolio;
use crate::demand::Demand;
use crate::prices::{MissingPrice, MissingService};
use crate::threads;
use crate::units::{HourSpan, InstanceHour, Metered, Money, Quantity, Rate};

/// What a window cost, accrued: upfront fees spread over their terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// The window.
    pub span: HourSpan,
    /// On-Demand-market usage, in the order of the demand's keys.
    pub lines: Vec<LineTotals>,
    /// Spot usage.
    pub spot: Vec<SpotTotals>,
    /// Use beside instances that Savings Plans may cover, by key and rate. What they may not cover is in no sum here.
    pub services: Vec<ServiceTotals>,
    /// Reserved Instances, in the portfolio's order.
    pub reserved_instances: Vec<CommitmentTotals>,
    /// Savings Plans, in the portfolio's order.
    pub savings_plans: Vec<CommitmentTotals>,
    /// Usage that is not in the bill because it has no price: index of the key, and why.
    pub unpriced: Vec<(usize, MissingPrice)>,
    /// Savings Plan rates that are missing; the plan was taken not to cover the usage.
    pub without_plan_rate: Vec<MissingPrice>,
    /// The same beside instances.
    pub without_service_plan_rate: Vec<MissingService>,
}

/// What became of one key's usage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineTotals {
    /// Index of the key in the demand.
    pub key: usize,
    /// Public On-Demand rate.
    pub rate: Rate<InstanceHour>,
    /// What is paid for an hour On-Demand: the same unless discounts were negotiated.
    pub contracted: Rate<InstanceHour>,
    /// Covered by Reserved Instances.
    pub reserved: Quantity<InstanceHour>,
    /// Covered by Savings Plans.
    pub savings_plan: Quantity<InstanceHour>,
    /// Billed On-Demand; of what may run on Spot, what does.
    pub on_demand: Quantity<InstanceHour>,
    /// Where it runs on Spot unless something covers it: its public On-Demand rate; the rates are then those of Spot.
    pub instead_of_spot: Option<Rate<InstanceHour>>,
}

/// What became of one key's use beside instances, at one rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceTotals {
    /// Where.
    pub region: Region,
    /// What is charged.
    pub item: ServiceItem,
    /// Public On-Demand rate.
    pub rate: Rate<Metered>,
    /// What is paid for a unit On-Demand: the same unless discounts were negotiated.
    pub contracted: Rate<Metered>,
    /// Covered by Dedicated Host Reservations.
    pub reserved: Quantity<Metered>,
    /// Covered by Savings Plans.
    pub savings_plan: Quantity<Metered>,
    /// Billed On-Demand.
    pub on_demand: Quantity<Metered>,
}

/// What one commitment cost and how much of it served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitmentTotals {
    /// The portfolio's name for it.
    pub id: String,
    /// Its effective cost over the hours of the window it was alive.
    pub cost: Money,
    /// The same at public prices.
    pub public_cost: Money,
    /// Units that were committed (of a reservation) or atoms of money (of a plan).
    pub committed: u128,
    /// The part that was used, in the same measure.
    pub used: u128,
    /// What the usage it covered would have cost On-Demand, at public prices.
    pub on_demand_equivalent: Money,
    /// The same at contracted prices.
    pub contracted_equivalent: Money,
}

/// Bills `usage` under `portfolio`: a [`Demand`], or a [`super::Usage`] or [`Coverable`] with what was used beside it.
///
/// # Errors
/// [`SetupError`] when usage has no price and the settings do not allow that.
pub fn bill<'a>(
    usage: impl Into<Coverable<'a>>,
    portfolio: &Portfolio,
    rates: &impl Rates,
    settings: Settings,
) -> Result<Bill, SetupError> {
    let usage = usage.into();
    let demand = usage.demand;
    let setup = Setup::new(usage, portfolio, rates, settings)?;
    let amounts = Setup::amounts(portfolio);
    let books = run(&setup, &amounts, demand, threads::of_machine(), || {
        Totals::new(&setup)
    });
    let totals = books.iter().fold(Totals::new(&setup), Totals::plus);
    Ok(totals.into_bill(setup, demand, portfolio))
}

impl Bill {
    /// Everything: usage left to On-Demand, Spot, and commitments whether used or not. Of what is used beside instances
    /// it has what plans may cover.
    pub fn total(&self) -> Money {
        self.on_demand_cost() + self.services_cost() + self.spot_cost() + self.commitment_cost()
    }

    /// Use beside instances that plans may cover, and did not.
    pub fn services_cost(&self) -> Money {
        let lines = self.services.iter();
        lines.map(|line| line.contracted * line.on_demand).sum()
    }

    /// What use beside instances that plans may cover would have cost without any, at contracted prices.
    pub fn services_equivalent(&self) -> Money {
        let lines = self.services.iter();
        lines.map(|line| line.contracted * line.usage()).sum()
    }

    /// Instances that no commitment covered.
    pub fn on_demand_cost(&self) -> Money {
        self.lines
            .iter()
            .map(|line| line.contracted * line.on_demand)
            .sum()
    }

    /// Spot usage.
    pub fn spot_cost(&self) -> Money {
        self.spot.iter().map(|spot| spot.cost).sum()
    }

    /// The same at public prices.
    pub fn public_spot_cost(&self) -> Money {
        self.spot.iter().map(|spot| spot.public_cost).sum()
    }

    /// Commitments, used or not.
    pub fn commitment_cost(&self) -> Money {
        self.reserved_instances
            .iter()
            .chain(&self.savings_plans)
            .map(|owned| owned.cost)
            .sum()
    }

    /// What all usage would have cost without any commitment, at contracted prices; Spot stays Spot.
    pub fn without_commitments(&self) -> Money {
        self.contracted_equivalent() + self.spot_cost()
    }

    /// What all usage would have cost without any commitment and without any negotiated discount.
    pub fn public_without_commitments(&self) -> Money {
        self.on_demand_equivalent() + self.public_spot_cost()
    }

    /// What the same usage and commitments cost at public prices.
    pub fn public_total(&self) -> Money {
        let lines = self.lines.iter().map(|line| line.rate * line.on_demand);
        let services = self.services.iter();
        let services = services.map(|line| line.rate * line.on_demand);
        let commitments = self.reserved_instances.iter().chain(&self.savings_plans);
        let fees: Money = commitments.map(|owned| owned.public_cost).sum();
        lines.chain(services).sum::<Money>() + self.public_spot_cost() + fees
    }

    /// What the usage that commitments may cover would have cost On-Demand, at public prices.
    pub fn on_demand_equivalent(&self) -> Money {
        let lines = self.lines.iter().map(|line| line.rate * line.usage());
        let services = self.services.iter().map(|line| line.rate * line.usage());
        lines.chain(services).sum()
    }

    /// The same at contracted prices.
    pub fn contracted_equivalent(&self) -> Money {
        let lines = self.lines.iter();
        let lines = lines.map(|line| line.contracted * line.usage());
        lines.sum::<Money>() + self.services_equivalent()
    }

    /// On-Demand equivalent of what commitments covered, at public prices.
    pub fn covered(&self) -> Money {
        let lines = self.lines.iter().map(|line| line.rate * line.covered());
        let services = self.services.iter();
        let services = services.map(|line| line.rate * (line.reserved + line.savings_plan));
        lines.chain(services).sum()
    }

    /// The same at contracted prices.
    pub fn contracted_covered(&self) -> Money {
        self.contracted_equivalent() - self.on_demand_cost() - self.services_cost()
    }
}

impl ServiceTotals {
    /// All use of the key at the rate.
    pub fn usage(&self) -> Quantity<Metered> {
        self.reserved + self.savings_plan + self.on_demand
    }

    fn of(line: &ServiceLine, covered: [u128; 2]) -> Self {
        let quantity = |ticks| Quantity::from_ticks(i128::try_from(ticks).unwrap_or(i128::MAX));
        let [reserved, savings_plan] = covered.map(quantity);
        Self {
            region: line.region,
            item: line.item.clone(),
            rate: line.on_demand,
            contracted: line.contracted,
            reserved,
            savings_plan,
            on_demand: line.quantity - reserved - savings_plan,
        }
    }
}

impl LineTotals {
    /// All usage of the key.
    pub fn usage(&self) -> Quantity<InstanceHour> {
        self.covered() + self.on_demand
    }

    /// What commitments covered of it.
    pub fn covered(&self) -> Quantity<InstanceHour> {
        self.reserved + self.savings_plan
    }
}

/// The books that keep sums only.
#[derive(Debug, Clone)]
struct Totals {
    reserved: Vec<u128>,
    savings_plan: Vec<u128>,
    reservations: Vec<Use>,
    plans: Vec<Use>,
    /// Public and contracted On-Demand rates and units by line, for what each commitment covered.
    rates: Vec<(u64, u64, u64)>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Use {
    used: u128,
    unused: u128,
    equivalent: u128,
    contracted: u128,
}

impl Totals {
    fn new(setup: &Setup) -> Self {
        let lines = setup.line_count();
        let instances = setup.lines.iter().map(|line| {
            let public = line.on_demand.steps();
            (public, line.contracted.steps(), line.units)
        });
        let services = setup.services().iter();
        let services = services.map(|line| (line.on_demand.steps(), line.contracted.steps(), 1));
        Self {
            reserved: vec![0; lines],
            savings_plan: vec![0; lines],
            reservations: vec![Use::default(); setup.reservations.len()],
            plans: vec![Use::default(); setup.plans.len()],
            rates: instances.chain(services).collect(),
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
            into.contracted += from.contracted;
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
                contracted: line.contracted,
                reserved,
                savings_plan,
                on_demand: demand.total(line.key) - reserved - savings_plan,
                instead_of_spot: line.instead_of_spot,
            }
        });
        let spot = setup.spot.iter().map(|line| line.totals(demand));
        let hours = |alive: HourSpan| hours(alive, demand.span());
        let reserved = portfolio
            .reserved_instances
            .iter()
            .enumerate()
            .map(|(at, ri)| {
                let fee = setup.reservations[at].fee.effective_hourly(ri.term);
                let (hours, count) = (hours(ri.alive), i128::from(ri.count));
                let cost = fee.times(count).times(hours);
                self.reservations[at].totals(&ri.id, cost, ri.effective_hourly().times(hours))
            });
        let plans = portfolio
            .savings_plans
            .iter()
            .enumerate()
            .map(|(at, plan)| {
                let hours = hours(plan.alive);
                let cost = setup.plans[at].fee.effective(plan.commitment).times(hours);
                self.plans[at].totals(&plan.id, cost, plan.commitment.times(hours))
            });
        let covered = self.reserved.iter().zip(&self.savings_plan);
        let covered = covered.skip(setup.lines.len());
        let services = setup.services().iter().zip(covered);
        let services =
            services.map(|(line, (&reserved, &plans))| ServiceTotals::of(line, [reserved, plans]));
        Bill {
            span: demand.span(),
            services: services.collect(),
            lines: lines.collect(),
            spot: spot.collect(),
            reserved_instances: reserved.collect(),
            savings_plans: plans.collect(),
            unpriced: setup.unpriced,
            without_plan_rate: setup.without_plan_rate,
            without_service_plan_rate: setup.without_service_plan_rate,
        }
    }
}

/// Hours of the window that a commitment is alive.
pub(super) fn hours(alive: HourSpan, window: HourSpan) -> i128 {
    i128::try_from(alive.intersect(window).len()).unwrap_or(i128::MAX)
}

impl Use {
    fn totals(self, id: &str, cost: Money, public_cost: Money) -> CommitmentTotals {
        CommitmentTotals {
            id: id.to_owned(),
            cost,
            public_cost,
            committed: self.used + self.unused,
            used: self.used,
            on_demand_equivalent: atoms(self.equivalent),
            contracted_equivalent: atoms(self.contracted),
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
        let (rate, contracted, units) = self.rates[line as usize];
        self.reserved[line as usize] += u128::from(ticks);
        let reservation = &mut self.reservations[reservation];
        reservation.used += u128::from(ticks) * u128::from(units);
        reservation.equivalent += u128::from(ticks) * u128::from(rate);
        reservation.contracted += u128::from(ticks) * u128::from(contracted);
    }

    fn savings_plan(&mut self, _hour: usize, line: u32, plan: usize, ticks: u64, paid: u128) {
        let (rate, contracted, _) = self.rates[line as usize];
        self.savings_plan[line as usize] += u128::from(ticks);
        let plan = &mut self.plans[plan];
        plan.used += paid;
        plan.equivalent += u128::from(ticks) * u128::from(rate);
        plan.contracted += u128::from(ticks) * u128::from(contracted);
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
