//! What covered each hour's usage, in On-Demand dollars: the picture of a bill, and its cost alone.

use super::ledger::Ledger;
use super::rates::Rates;
use super::run::run;
use super::service_lines::Coverable;
use super::setup::{Amounts, Settings, Setup, SetupError};
use crate::catalog::SavingsPlanKind;
use crate::commitment::Portfolio;
use crate::demand::Demand;
use crate::units::{HourSpan, Money};

/// One hour's usage by what covered it; each amount is what that usage costs On-Demand (Spot: what it costs), at
/// public prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HourCoverage {
    /// Covered by Reserved Instances.
    pub reserved: Money,
    /// Covered by EC2 Instance Savings Plans.
    pub ec2_instance_plan: Money,
    /// Covered by Compute Savings Plans.
    pub compute_plan: Money,
    /// Covered by Database Savings Plans.
    pub database_plan: Money,
    /// Left to On-Demand.
    pub on_demand: Money,
    /// Spot.
    pub spot: Money,
}

/// What covered the usage of every hour of the window, in order.
///
/// # Errors
/// [`SetupError`] when usage has no price and the settings do not allow that.
pub fn hourly_coverage<'a>(
    usage: impl Into<Coverable<'a>>,
    portfolio: &Portfolio,
    rates: &impl Rates,
    settings: Settings,
) -> Result<Vec<HourCoverage>, SetupError> {
    let usage = usage.into();
    let demand = usage.demand;
    let setup = Setup::new(usage, portfolio, rates, settings)?;
    let kinds: Vec<SavingsPlanKind> = portfolio
        .savings_plans
        .iter()
        .map(|plan| plan.scope.kind())
        .collect();
    let hours = demand.span().len();
    let books = run(&setup, &Setup::amounts(portfolio), demand, 1, || Hourly {
        setup: &setup,
        kinds: &kinds,
        hours: vec![HourCoverage::default(); hours],
    });
    let mut coverage = vec![HourCoverage::default(); hours];
    for hourly in books {
        coverage = hourly.hours;
    }
    for spot in &setup.spot {
        for (hour, amount) in demand.span().hours().zip(&mut coverage) {
            let hour = HourSpan::new(hour, hour.plus(1));
            let parts = spot.parts(demand, hour);
            amount.spot += parts
                .map(|(price, used)| price.public * used)
                .sum::<Money>();
        }
    }
    Ok(coverage)
}

struct Hourly<'a> {
    setup: &'a Setup,
    kinds: &'a [SavingsPlanKind],
    hours: Vec<HourCoverage>,
}

impl Hourly<'_> {
    fn on_demand_price(&self, line: u32, ticks: u64) -> Money {
        let rate = self.setup.on_demand_steps(line);
        Money::from_atoms(i128::from(rate) * i128::from(ticks))
    }
}

impl Ledger for Hourly<'_> {
    fn reserved(&mut self, hour: usize, line: u32, _reservation: usize, ticks: u64) {
        let price = self.on_demand_price(line, ticks);
        self.hours[hour].reserved += price;
    }

    fn savings_plan(&mut self, hour: usize, line: u32, plan: usize, ticks: u64, _paid: u128) {
        let price = self.on_demand_price(line, ticks);
        match self.kinds[plan] {
            SavingsPlanKind::Ec2Instance => self.hours[hour].ec2_instance_plan += price,
            SavingsPlanKind::Compute => self.hours[hour].compute_plan += price,
            SavingsPlanKind::Database => self.hours[hour].database_plan += price,
        }
    }

    fn on_demand(&mut self, hour: usize, lines: &[u64]) {
        for (line, &ticks) in (0_u32..).zip(lines) {
            let price = self.on_demand_price(line, ticks);
            if self.setup.may_be_spot(line) {
                self.hours[hour].spot += price;
            } else {
                self.hours[hour].on_demand += price;
            }
        }
    }

    fn unused_reservation(&mut self, _hour: usize, _reservation: usize, _units: u128) {}

    fn unused_plan(&mut self, _hour: usize, _plan: usize, _amount: u128) {}
}

/// What is paid for what is left to On-Demand under `amounts` of the setup's commitments, and nothing else: the part of a
/// bill that the optimiser asks for again and again.
pub fn on_demand_cost(setup: &Setup, amounts: &Amounts, demand: &Demand, threads: usize) -> Money {
    weighted_on_demand_cost(setup, amounts, (demand, &[]), threads)
}

/// The same where each hour of the demand stands for so many; where none is said, for itself.
pub fn weighted_on_demand_cost(
    setup: &Setup,
    amounts: &Amounts,
    (demand, weights): (&Demand, &[u32]),
    threads: usize,
) -> Money {
    let books = run(setup, amounts, demand, threads, || LeftOver {
        setup,
        weights,
        atoms: 0,
    });
    books
        .into_iter()
        .map(|books| Money::from_atoms(books.atoms.cast_signed()))
        .sum()
}

/// What each hour's usage costs that no commitment covers, in the hours' order.
pub fn hourly_on_demand_cost(
    setup: &Setup,
    amounts: &Amounts,
    demand: &Demand,
    threads: usize,
) -> Vec<Money> {
    let books = run(setup, amounts, demand, threads, || LeftByHour {
        setup,
        hours: Vec::new(),
    });
    books.into_iter().flat_map(|books| books.hours).collect()
}

/// Dollars that lines left to On-Demand cost, in atoms.
fn left_over(setup: &Setup, lines: &[u64]) -> u128 {
    let (instances, services) = lines.split_at(setup.lines.len());
    let mut atoms = 0;
    for (line, &ticks) in setup.lines.iter().zip(instances) {
        atoms += u128::from(line.contracted.steps()) * u128::from(ticks);
    }
    for (line, &ticks) in setup.services().iter().zip(services) {
        atoms += u128::from(line.contracted.steps()) * u128::from(ticks);
    }
    atoms
}

struct LeftByHour<'a> {
    setup: &'a Setup,
    hours: Vec<Money>,
}

impl Ledger for LeftByHour<'_> {
    fn reserved(&mut self, _hour: usize, _line: u32, _reservation: usize, _ticks: u64) {}

    fn savings_plan(&mut self, _hour: usize, _line: u32, _plan: usize, _ticks: u64, _paid: u128) {}

    fn on_demand(&mut self, _hour: usize, lines: &[u64]) {
        let atoms = left_over(self.setup, lines);
        self.hours.push(Money::from_atoms(atoms.cast_signed()));
    }

    fn unused_reservation(&mut self, _hour: usize, _reservation: usize, _units: u128) {}

    fn unused_plan(&mut self, _hour: usize, _plan: usize, _amount: u128) {}
}

struct LeftOver<'a> {
    setup: &'a Setup,
    weights: &'a [u32],
    atoms: u128,
}

impl Ledger for LeftOver<'_> {
    fn reserved(&mut self, _hour: usize, _line: u32, _reservation: usize, _ticks: u64) {}

    fn savings_plan(&mut self, _hour: usize, _line: u32, _plan: usize, _ticks: u64, _paid: u128) {}

    fn on_demand(&mut self, hour: usize, lines: &[u64]) {
        let atoms = left_over(self.setup, lines);
        let weight = self.weights.get(hour).copied().unwrap_or(1);
        self.atoms += atoms * u128::from(weight);
    }

    fn unused_reservation(&mut self, _hour: usize, _reservation: usize, _units: u128) {}

    fn unused_plan(&mut self, _hour: usize, _plan: usize, _amount: u128) {}
}
