//! How many zonal Reserved Instances have to be bought where capacity is to be held: as many as pay for themselves.
//!
//! A Savings Plan of the same price serves what a zonal Reserved Instance does and more, so that by cost alone none would
//! ever be bought. What a plan does not do is hold capacity.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::super::Source;
use super::budget::Floor;
use super::candidates::{Candidate, CandidateKind, Market, Zonal};
use super::plans::{Failed, Options};
use super::rules::{RuleName, Unkept};
use super::tariff::Tariff;
use crate::billing::{Coverable, Ledger, Setup, product_of, run};
use crate::commitment::Portfolio;
use crate::prices::Product;
use crate::units::{InstanceHour, Money, Quantity, Rate, TICKS_PER_HOUR};

/// Named usage of an account in a zone, the dearest first: what is paid for an hour of it that nothing covers, and what
/// is owned leaves of it, in ticks by hour. What may run on Spot has a rate of its own.
type Place = Vec<(Rate<InstanceHour>, Vec<u64>)>;

/// Whose usage of what where.
type At = (Zonal, Product);

/// What has to be bought of the zonal candidates. Of those for one place the one that saves most by itself.
pub(super) fn floors(
    usage: &Coverable<'_>,
    owned: &Portfolio,
    market: &impl Market,
    options: &Options,
    offered: &[Candidate],
) -> Result<Vec<Floor>, Failed> {
    if options.rules.zonal.is_empty() {
        return Ok(Vec::new());
    }
    let places = places(usage, owned, market, options)?;
    let mut best: BTreeMap<At, (Money, Floor)> = BTreeMap::new();
    for candidate in offered {
        let CandidateKind::Reserved {
            product,
            zonal: Some(zonal),
            ..
        } = candidate.kind
        else {
            continue;
        };
        let found = places.get(&(zonal, product));
        let (saving, steps) = found.map_or((Money::ZERO, 0), |place| paying(place, candidate));
        let before = best.get(&(zonal, product));
        if steps > 0 && before.is_none_or(|(least, _)| saving > *least) {
            let candidate = candidate.clone();
            best.insert((zonal, product), (saving, Floor { candidate, steps }));
        }
    }
    Ok(best.into_values().map(|(_, floor)| floor).collect())
}

/// What is left On-Demand of the named usage.
fn places(
    usage: &Coverable<'_>,
    owned: &Portfolio,
    market: &impl Market,
    options: &Options,
) -> Result<BTreeMap<At, Place>, Failed> {
    let demand = usage.demand;
    let setup = Setup::new(usage, owned, market, options.billing)?;
    let mut lines: BTreeMap<(At, Reverse<u64>), Vec<usize>> = BTreeMap::new();
    for (number, line) in setup.lines.iter().enumerate() {
        let key = &demand.keys()[line.key];
        if let (Some(zone), true) = (key.zone, options.rules.hold_capacity_for(key)) {
            let account = key.account;
            let place = (Zonal { zone, account }, product_of(key));
            let rate = Reverse(line.contracted.steps());
            lines.entry((place, rate)).or_default().push(number);
        }
    }
    let numbers: Vec<&[usize]> = lines.values().map(Vec::as_slice).collect();
    let amounts = Setup::amounts(owned);
    let books = run(&setup, &amounts, demand, options.threads, || Left {
        lines: &numbers,
        hours: Vec::new(),
    });
    let hours: Vec<Vec<u64>> = books.into_iter().flat_map(|book| book.hours).collect();
    let mut places: BTreeMap<At, Place> = BTreeMap::new();
    for (at, &(place, Reverse(steps))) in lines.keys().enumerate() {
        let left = hours.iter().map(|hour| hour[at]).collect();
        let rate = Rate::from_steps(steps);
        places.entry(place).or_default().push((rate, left));
    }
    Ok(places)
}

/// How many steps of a candidate pay for themselves in a place, and what they save.
fn paying(place: &Place, candidate: &Candidate) -> (Money, u64) {
    let hours = place.first().map_or(0, |(_, left)| left.len());
    let fee = i128::try_from(hours).unwrap_or(i128::MAX);
    let fee = candidate.paid.counted().times(fee);
    let (mut saving, mut steps) = (Money::ZERO, 0_u64);
    loop {
        let worth = worth(place, steps);
        if worth <= fee {
            return (saving, steps);
        }
        saving += worth - fee;
        steps += 1;
    }
}

/// What one instance more than so many takes over.
fn worth(place: &Place, before: u64) -> Money {
    let from = before.saturating_mul(TICKS_PER_HOUR);
    let to = from.saturating_add(TICKS_PER_HOUR);
    let hours = place.first().map_or(0, |(_, left)| left.len());
    let mut dearer = vec![0_u64; hours];
    let mut worth = Money::ZERO;
    for (rate, left) in place {
        let mut taken = 0_i128;
        for (dearer, left) in dearer.iter_mut().zip(left) {
            let above = dearer.saturating_add(*left);
            taken += i128::from(above.min(to).saturating_sub((*dearer).max(from)));
            *dearer = above;
        }
        worth += *rate * Quantity::from_ticks(taken);
    }
    worth
}

/// Books of what stays On-Demand of some lines.
struct Left<'a> {
    /// By place.
    lines: &'a [&'a [usize]],
    /// By hour and place, ticks.
    hours: Vec<Vec<u64>>,
}

impl Ledger for Left<'_> {
    fn reserved(&mut self, _hour: usize, _line: u32, _reservation: usize, _ticks: u64) {}

    fn savings_plan(&mut self, _hour: usize, _line: u32, _plan: usize, _ticks: u64, _paid: u128) {}

    fn on_demand(&mut self, _hour: usize, lines: &[u64]) {
        let sum = |numbers: &&[usize]| numbers.iter().map(|&number| lines[number]).sum();
        self.hours.push(self.lines.iter().map(sum).collect());
    }

    fn unused_reservation(&mut self, _hour: usize, _reservation: usize, _units: u128) {}

    fn unused_plan(&mut self, _hour: usize, _plan: usize, _amount: u128) {}
}

impl Tariff {
    /// The same where so much of some sources has to be bought as the budget says.
    pub(super) fn with_floors(mut self) -> Result<Self, Failed> {
        if self.budget.floors.is_empty() {
            return Ok(self);
        }
        let least = self.least();
        let steps = self.grid().steps;
        let sources = self
            .model
            .problem
            .sources()
            .iter()
            .zip(least.iter().zip(steps));
        let sources = sources.map(|(source, (&least, step))| Source {
            min: least as f64 * step,
            ..source.clone()
        });
        let sources = sources.collect();
        self.model.problem = self.model.problem.with_sources(sources)?;
        Ok(self)
    }

    /// Whether as many steps of each source are bought as have to be.
    pub(super) fn keeps_floors(&self, steps: &[u64]) -> bool {
        Floors(self.least()).hold(steps)
    }

    /// What has to be bought of some sources.
    pub(super) fn floors_of(&self, held: &[usize]) -> Floors {
        let least = self.least();
        Floors(held.iter().map(|&source| least[source]).collect())
    }

    /// How many steps of each source have to be bought.
    pub(super) fn least(&self) -> Vec<u64> {
        let least = |candidate: &Candidate| {
            let mut floors = self.budget.floors.iter();
            let own = floors.find(|floor| floor.candidate == *candidate);
            own.map_or(0, |floor| floor.steps)
        };
        self.offered()
            .map(|candidate| candidate.map_or(0, least))
            .collect()
    }
}

/// How many steps have to be bought.
pub(super) struct Floors(Vec<u64>);

impl Floors {
    /// Whether as many are.
    pub(super) fn hold(&self, steps: &[u64]) -> bool {
        self.0
            .iter()
            .zip(steps)
            .all(|(least, steps)| steps >= least)
    }
}

/// A budget that what has to be bought breaks by itself.
pub(super) fn excluded(why: Failed, options: &Options) -> Failed {
    let Failed::Problem(super::super::InvalidProblem::Limit { name }) = &why else {
        return why;
    };
    let names = options.rules.names();
    let second = names.into_iter().find(|rule| rule.row() == *name);
    second.map_or(why, |second| {
        let first = RuleName::Zonal;
        Unkept::Pair { first, second }.into()
    })
}
