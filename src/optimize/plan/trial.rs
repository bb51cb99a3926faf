//! Trying whole steps: the exact cost of a plan's purchases, again and again, and whether they keep their budget.

use crate::billing::{Amounts, Coverable, Setup, weighted_on_demand_cost};
use crate::catalog::Term;
use crate::commitment::Portfolio;
use crate::demand::Demand;
use crate::units::Money;

use super::budget::{Budget, Spent};
use super::candidates::{Market, Paid};
use super::model::SourceOf;
use super::plans::{Failed, Options, add};
use super::rules::RuleName;
use super::tariff::Tariff;

/// A setup of only what a plan holds, on which whole steps are tried: the search for them bills the window
/// hundreds of times, and most candidates are in no plan.
pub(super) struct Trial {
    pub(super) setup: Setup,
    /// Amounts of what is owned, then of the held candidates.
    amounts: Amounts,
    held: Vec<Held>,
    /// How many hours each hour stands for; empty where each is one.
    weights: Vec<u32>,
    budget: Budget,
    /// By how many thousandths purchases are taken to be dearer than they are.
    dearer: u32,
}

/// A held source.
struct Held {
    /// Which amount it is.
    place: SourceOf,
    /// What a step is an hour, and what is paid for it.
    step: Money,
    paid: Paid,
    term: Term,
    /// The ceilings of dollars an hour that it counts under.
    ceilings: Vec<usize>,
    /// For how many hours it is paid, in hundredths.
    hundredths: i128,
}

/// What became of a trial; the better one is less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tried {
    /// By how much the budget is missed.
    pub(super) over: Money,
    pub(super) cost: Money,
}

impl Tried {
    /// Nothing was tried.
    pub(super) const NOTHING: Self = Self {
        over: Money::ZERO,
        cost: Money::ZERO,
    };
}

impl Trial {
    pub(super) fn new(
        tariff: &Tariff,
        held: &[usize],
        dearer: u32,
        market: &impl Market,
        options: &Options,
    ) -> Result<Self, Failed> {
        let owned = Portfolio {
            reserved_instances: tariff.portfolio.reserved_instances[..tariff.owned.0].to_vec(),
            savings_plans: tariff.portfolio.savings_plans[..tariff.owned.1].to_vec(),
            sharing: tariff.portfolio.sharing.clone(),
        };
        let usage = (tariff.usage(), &owned);
        Ok(Self::under(tariff, held, usage, market, options)?.dearer(dearer))
    }

    /// The same where purchases are taken to be dearer by so many thousandths.
    pub(super) fn dearer(self, dearer: u32) -> Self {
        Self { dearer, ..self }
    }

    /// The same on other usage, beside other commitments.
    pub(super) fn under<'a>(
        tariff: &Tariff,
        held: &[usize],
        (usage, owned): (impl Into<Coverable<'a>>, &Portfolio),
        market: &impl Market,
        options: &Options,
    ) -> Result<Self, Failed> {
        let mut portfolio = owned.clone();
        let mut places = Vec::new();
        let usage = usage.into();
        let window = usage.demand.span();
        for &source in held {
            let Some(candidate) = tariff.candidate(tariff.model.sources[source]) else {
                continue;
            };
            let life = tariff.life(candidate, window);
            let ceilings = tariff.budget.hourly.iter().enumerate();
            let ceilings = ceilings.filter(|(_, ceiling)| ceiling.counts(candidate));
            let ceilings = ceilings.map(|(index, _)| index).collect();
            let candidate = &tariff.candidates[candidate];
            let place = if candidate.kind.is_reserved() {
                SourceOf::Reservation(portfolio.reserved_instances.len())
            } else {
                SourceOf::Plan(portfolio.savings_plans.len())
            };
            add(&mut portfolio, candidate, 0, life.alive, options.buyer);
            places.push(Held {
                place,
                step: candidate.step,
                paid: candidate.paid,
                term: candidate.term,
                ceilings,
                hundredths: life.hundredths,
            });
        }
        Ok(Self {
            setup: Setup::new(usage, &portfolio, market, options.billing)?,
            amounts: Setup::amounts(&portfolio),
            held: places,
            weights: tariff.weights.clone(),
            budget: tariff.budget.clone(),
            dearer: 0,
        })
    }

    /// The exact cost of whole steps: what stays On-Demand, and what is bought.
    pub(super) fn cost(&self, steps: &[u64], demand: &Demand, threads: usize) -> Tried {
        let (spent, fees) = self.spent(steps, demand, threads);
        let surcharge = fees.per(1_000).times(i128::from(self.dearer));
        Tried {
            over: self.budget.over(&spent),
            cost: fees + surcharge + spent.left,
        }
    }

    /// The first rule of the budget that whole steps break.
    pub(super) fn broken(
        &self,
        steps: &[u64],
        demand: &Demand,
        threads: usize,
    ) -> Option<RuleName> {
        self.budget.broken(&self.spent(steps, demand, threads).0)
    }

    /// What whole steps use up of the budget, and their fees.
    fn spent(&self, steps: &[u64], demand: &Demand, threads: usize) -> (Spent, Money) {
        let mut amounts = self.amounts.clone();
        let mut fees = Money::ZERO;
        let mut spent = Spent {
            hourly: vec![Money::ZERO; self.budget.hourly.len()],
            locked: vec![Money::ZERO; self.budget.locked.len()],
            ..Spent::default()
        };
        for (held, &steps) in self.held.iter().zip(steps) {
            let count = i128::from(steps);
            let hourly = held.step.times(count);
            fees += held
                .paid
                .counted()
                .times(count)
                .times(held.hundredths)
                .per(100);
            spent.upfront += held.paid.upfront.times(count);
            for &ceiling in &held.ceilings {
                spent.hourly[ceiling] += hourly;
            }
            for (locked, year) in spent.locked.iter_mut().zip(&self.budget.locked) {
                *locked += held
                    .paid
                    .effective
                    .times(count)
                    .times(year.hours(held.term));
            }
            match held.place {
                SourceOf::Reservation(index) => amounts.counts[index] = steps,
                SourceOf::Plan(index) => amounts.commitments[index] = hourly,
            }
        }
        let usage = (demand, &self.weights[..]);
        spent.left = weighted_on_demand_cost(&self.setup, &amounts, usage, threads);
        (spent, fees)
    }
}
