//! One purchase of a plan: its marginal dollars, what it serves, and what else its money could have bought.
//!
//! Every cost is a bill of the whole window; nothing is taken from the numeric model.

use std::collections::BTreeMap;

use crate::billing::{Coverable, Ledger, Setup, run};
use crate::catalog::{Family, Region, ServiceItem};
use crate::commitment::Portfolio;
use crate::demand::Demand;
use crate::units::{Metered, Money, Quantity};

use super::candidates::Market;
use super::model::SourceOf;
use super::plans::{Failed, Options, Plan, Purchase};
use super::tariff::{Tariff, prepare};
use super::trial::Trial;
use super::what_if::places;

/// What there is to say of a purchase. Differences are the window's cost after the change less its cost before:
/// positive where the change costs money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchaseExplained {
    /// The purchase.
    pub purchase: Purchase,
    /// Hours of the window.
    pub hours: usize,
    /// One step more of it: an instance, or a thousandth of a dollar an hour.
    pub one_more: Money,
    /// One step less.
    pub one_less: Money,
    /// None of it, everything else as it is.
    pub without: Money,
    /// What the purchase saves over the window before its own fees: what would be paid for its usage without it.
    pub gross_saving: Money,
    /// Hours in which all of it was used.
    pub full_hours: usize,
    /// Hours in which none of it was.
    pub idle_hours: usize,
    /// What it served, by family or item, and region.
    pub serves: Vec<ServedUsage>,
    /// The same money in other commitments that could be bought, the best first.
    pub alternatives: Vec<Alternative>,
}

/// Usage that a purchase served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedUsage {
    /// Of what.
    pub of: ServedOf,
    /// Where.
    pub region: Region,
    /// How much: instance-hours, or units that the item is metered in.
    pub usage: Quantity<Metered>,
    /// What it would have cost On-Demand, at contracted prices.
    pub on_demand: Money,
}

/// What kind of usage it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServedOf {
    /// Instances of a family.
    Family(Family),
    /// Something beside instances.
    Item(ServiceItem),
}

/// Something else bought with a purchase's money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternative {
    /// What is bought instead, in whole steps nearest to the same effective cost an hour.
    pub purchase: Purchase,
    /// What the window costs then, less what it costs with the purchase.
    pub difference: Money,
}

impl PurchaseExplained {
    /// Its own fees over the window, upfront ones spread over the term.
    pub fn fees(&self) -> Money {
        self.purchase.effective_hourly().times(self.window())
    }

    /// Hours after which what was paid is earned back, at the window's average; 0 where nothing is paid at purchase
    /// and every hour earns, `None` where that never comes.
    pub fn break_even_hours(&self) -> Option<u64> {
        let (upfront, hourly) = self.purchase.fees();
        self.earned_after(upfront, hourly)
    }

    /// Hours of such usage that earn the fees of the whole term: usage may end after them, and the purchase still
    /// has not cost more than it saved. `None` where that is later than its term.
    pub fn term_earned_hours(&self) -> Option<u64> {
        let (upfront, hourly) = self.purchase.fees();
        let hours = self.purchase.candidate.term.hours();
        let whole = upfront + hourly.times(i128::from(hours));
        let needed = self.earned_after(whole, Money::ZERO)?;
        (needed <= hours.unsigned_abs()).then_some(needed)
    }

    /// The first hour at which so much is earned, when every hour costs so much, too.
    fn earned_after(&self, amount: Money, hourly: Money) -> Option<u64> {
        let earned = (self.gross_saving - hourly.times(self.window())).atoms();
        if amount <= Money::ZERO {
            return (earned >= 0).then_some(0);
        }
        if earned <= 0 {
            return None;
        }
        let needed = amount.atoms().checked_mul(self.window())?;
        u64::try_from(needed.div_euclid(earned) + i128::from(needed.rem_euclid(earned) > 0)).ok()
    }

    fn window(&self) -> i128 {
        i128::try_from(self.hours).unwrap_or(i128::MAX)
    }
}

/// Explains the purchase at `index` of a plan for `demand` beside what is `owned`.
///
/// # Errors
/// As [`super::optimize()`].
///
/// # Panics
/// When the plan has no such purchase.
pub fn explain_purchase<'a>(
    plan: &Plan,
    index: usize,
    usage: impl Into<Coverable<'a>>,
    owned: &Portfolio,
    market: &impl Market,
    options: &Options,
) -> Result<PurchaseExplained, Failed> {
    let usage = &usage.into();
    let tariff = prepare(usage, owned, market, options)?;
    let marginal = Marginal::new(&tariff, plan, index, market, options)?;
    let purchase = plan.purchases[index].clone();
    let steps = purchase.steps;
    let uses = uses(plan, index, usage, market, options)?;
    let hours = usage.demand.span().len();
    let without = marginal.with(0);
    let fees = purchase
        .effective_hourly()
        .times(i128::try_from(hours).unwrap_or(i128::MAX));
    Ok(PurchaseExplained {
        hours,
        one_more: marginal.with(steps + 1),
        one_less: marginal.with(steps.saturating_sub(1)),
        without,
        gross_saving: without + fees,
        full_hours: uses.hours - uses.partly.len(),
        idle_hours: uses.hours - uses.used.len(),
        serves: uses.served(),
        alternatives: marginal.alternatives(market)?,
        purchase,
    })
}

/// A plan's whole steps by source, ready to be billed with other amounts.
pub(super) struct Marginal<'a> {
    tariff: &'a Tariff,
    options: &'a Options,
    /// Sources the plan holds and their steps; the purchase's among them.
    held: Vec<usize>,
    steps: Vec<u64>,
    /// Place of the purchase among them.
    place: usize,
    trial: Trial,
    cost: Money,
}

impl<'a> Marginal<'a> {
    fn new(
        tariff: &'a Tariff,
        plan: &Plan,
        index: usize,
        market: &impl Market,
        options: &'a Options,
    ) -> Result<Self, Failed> {
        let (mut held, mut steps, mut place) = (Vec::new(), Vec::new(), 0);
        for (at, bought) in plan.purchases.iter().enumerate() {
            let Some(source) = tariff.source_of(bought) else {
                continue;
            };
            if at == index {
                place = held.len();
            }
            held.push(source);
            steps.push(bought.steps);
        }
        Self::over(tariff, (held, steps, place), market, options)
    }

    /// The same of sources that are held, their steps, and the place of the purchase among them.
    pub(super) fn over(
        tariff: &'a Tariff,
        (held, steps, place): (Vec<usize>, Vec<u64>, usize),
        market: &impl Market,
        options: &'a Options,
    ) -> Result<Self, Failed> {
        let trial = Trial::new(tariff, &held, 0, market, options)?;
        let cost = trial.cost(&steps, &tariff.demand, options.threads).cost;
        Ok(Self {
            tariff,
            options,
            held,
            steps,
            place,
            trial,
            cost,
        })
    }

    /// What changes when the purchase has so many steps.
    pub(super) fn with(&self, steps: u64) -> Money {
        let mut amounts = self.steps.clone();
        amounts[self.place] = steps;
        self.billed(&self.trial, &amounts)
    }

    fn billed(&self, trial: &Trial, steps: &[u64]) -> Money {
        let tried = trial.cost(steps, &self.tariff.demand, self.options.threads);
        tried.cost - self.cost
    }

    /// The purchase's money in each other source, the cheapest first.
    fn alternatives(&self, market: &impl Market) -> Result<Vec<Alternative>, Failed> {
        let own = self.held[self.place];
        let mut found = Vec::new();
        for source in (0..self.tariff.model.sources.len()).filter(|&source| source != own) {
            if let Some(candidate) = self.tariff.candidate(self.tariff.model.sources[source]) {
                found.extend(self.alternative(source, candidate, market)?);
            }
        }
        found.sort_by_key(|other| other.difference);
        Ok(found)
    }

    /// `None` where the money does not buy one whole step.
    pub(super) fn alternative(
        &self,
        source: usize,
        candidate: usize,
        market: &impl Market,
    ) -> Result<Option<Alternative>, Failed> {
        let candidate = self.tariff.candidates[candidate].clone();
        let own = self.tariff.model.sources[self.held[self.place]];
        let Some(own) = self.tariff.candidate(own) else {
            return Ok(None);
        };
        let paid = self.tariff.candidates[own].paid.effective;
        let money = paid.times(self.steps[self.place].into()).atoms();
        let step = candidate.paid.effective.atoms();
        let nearest = (2 * money + step).div_euclid((2 * step).max(1));
        let Some(more) = u64::try_from(nearest).ok().filter(|&steps| steps > 0) else {
            return Ok(None);
        };
        let (mut held, mut steps) = (self.held.clone(), self.steps.clone());
        steps[self.place] = 0;
        if let Some(place) = held.iter().position(|&other| other == source) {
            steps[place] += more;
        } else {
            held.push(source);
            steps.push(more);
        }
        let trial = Trial::new(self.tariff, &held, 0, market, self.options)?;
        let purchase = Purchase {
            candidate,
            steps: more,
        };
        Ok(Some(Alternative {
            purchase,
            difference: self.billed(&trial, &steps),
        }))
    }
}

/// What the purchase covers of the real demand.
pub(super) fn uses(
    plan: &Plan,
    index: usize,
    usage: &Coverable<'_>,
    market: &impl Market,
    options: &Options,
) -> Result<Uses, Failed> {
    let demand = usage.demand;
    let setup = Setup::new(usage, &plan.portfolio, market, options.billing)?;
    let amounts = Setup::amounts(&plan.portfolio);
    let Some(&place) = places(plan).get(index) else {
        return Ok(Uses::default());
    };
    let books = run(&setup, &amounts, demand, options.threads, || Served {
        place,
        ticks: BTreeMap::new(),
        used: Vec::new(),
        partly: Vec::new(),
    });
    let mut uses = Uses {
        hours: demand.span().len(),
        ..Uses::default()
    };
    for book in books {
        for (line, ticks) in book.ticks {
            let ticks = i128::try_from(ticks).unwrap_or(i128::MAX);
            let price = i128::from(setup.contracted_steps(line));
            let sums = uses
                .by_kind
                .entry(kind_of(line, &setup, demand))
                .or_insert((Quantity::ZERO, Money::ZERO));
            sums.0 += Quantity::from_ticks(ticks);
            sums.1 += Money::from_atoms(price * ticks);
        }
        uses.used.extend(book.used);
        uses.partly.extend(book.partly);
    }
    Ok(uses)
}

/// What a line is of, and where.
fn kind_of(line: u32, setup: &Setup, demand: &Demand) -> (ServedOf, Region) {
    if let Some(beside) = setup.service(line) {
        return (ServedOf::Item(beside.item.clone()), beside.region);
    }
    let key = &demand.keys()[setup.lines[line as usize].key];
    (ServedOf::Family(key.instance_type.family()), key.region)
}

/// What a purchase was used for.
#[derive(Default)]
pub(super) struct Uses {
    hours: usize,
    by_kind: BTreeMap<(ServedOf, Region), (Quantity<Metered>, Money)>,
    /// Hours with some use, hours with some of it left; each once.
    pub(super) used: Vec<usize>,
    pub(super) partly: Vec<usize>,
}

impl Uses {
    pub(super) fn served(&self) -> Vec<ServedUsage> {
        let rows = self.by_kind.iter();
        let rows = rows.map(|((of, region), &(usage, on_demand))| ServedUsage {
            of: of.clone(),
            region: *region,
            usage,
            on_demand,
        });
        let mut rows: Vec<ServedUsage> = rows.collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.on_demand));
        rows
    }
}

/// The books of one commitment. Hours come in order, so that an hour is noted once.
struct Served {
    place: SourceOf,
    ticks: BTreeMap<u32, u128>,
    used: Vec<usize>,
    partly: Vec<usize>,
}

impl Served {
    fn serve(&mut self, hour: usize, line: u32, ticks: u64) {
        if ticks > 0 {
            *self.ticks.entry(line).or_default() += u128::from(ticks);
            once(&mut self.used, hour);
        }
    }
}

fn once(hours: &mut Vec<usize>, hour: usize) {
    if hours.last() != Some(&hour) {
        hours.push(hour);
    }
}

impl Ledger for Served {
    fn reserved(&mut self, hour: usize, line: u32, reservation: usize, ticks: u64) {
        if self.place == SourceOf::Reservation(reservation) {
            self.serve(hour, line, ticks);
        }
    }

    fn savings_plan(&mut self, hour: usize, line: u32, plan: usize, ticks: u64, _paid: u128) {
        if self.place == SourceOf::Plan(plan) {
            self.serve(hour, line, ticks);
        }
    }

    fn on_demand(&mut self, _hour: usize, _lines: &[u64]) {}

    fn unused_reservation(&mut self, hour: usize, reservation: usize, units: u128) {
        if self.place == SourceOf::Reservation(reservation) && units > 0 {
            once(&mut self.partly, hour);
        }
    }

    fn unused_plan(&mut self, hour: usize, plan: usize, amount: u128) {
        if self.place == SourceOf::Plan(plan) && amount > 0 {
            once(&mut self.partly, hour);
        }
    }
}
