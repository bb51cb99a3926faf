//! Trying whole steps: the exact cost of a plan's purchases, again and again.

use crate::billing::{Amounts, Setup, on_demand_cost};
use crate::commitment::Portfolio;
use crate::demand::Demand;
use crate::units::Money;

use super::candidates::{CandidateKind, Market};
use super::model::SourceOf;
use super::plans::{Failed, Options, add};
use super::tariff::Tariff;

/// A setup of only what a plan holds, on which whole steps are tried: the search for them bills the window
/// hundreds of times, and most candidates are in no plan.
pub(super) struct Trial {
    pub(super) setup: Setup,
    /// Amounts of what is owned, then of the held candidates.
    amounts: Amounts,
    /// Of each held source: which amount it is, what a step is an hour, what is paid for it.
    held: Vec<(SourceOf, Money, Money)>,
    hours: i128,
}

impl Trial {
    pub(super) fn new(
        tariff: &Tariff,
        held: &[usize],
        market: &impl Market,
        options: &Options,
    ) -> Result<Self, Failed> {
        let owned = Portfolio {
            reserved_instances: tariff.portfolio.reserved_instances[..tariff.owned.0].to_vec(),
            savings_plans: tariff.portfolio.savings_plans[..tariff.owned.1].to_vec(),
            sharing: tariff.portfolio.sharing.clone(),
        };
        Self::under(tariff, held, (&tariff.demand, &owned), market, options)
    }

    /// The same on other usage, beside other commitments.
    pub(super) fn under(
        tariff: &Tariff,
        held: &[usize],
        (demand, owned): (&Demand, &Portfolio),
        market: &impl Market,
        options: &Options,
    ) -> Result<Self, Failed> {
        let mut portfolio = owned.clone();
        let mut places = Vec::new();
        let window = demand.span();
        for &source in held {
            let Some(candidate) = tariff.candidate(tariff.model.sources[source]) else {
                continue;
            };
            let candidate = &tariff.candidates[candidate];
            let place = match candidate.kind {
                CandidateKind::Reserved { .. } => {
                    SourceOf::Reservation(portfolio.reserved_instances.len())
                }
                CandidateKind::SavingsPlan(_) => SourceOf::Plan(portfolio.savings_plans.len()),
            };
            add(&mut portfolio, candidate, 0, window, options.buyer);
            places.push((place, candidate.step, candidate.paid.effective));
        }
        Ok(Self {
            setup: Setup::new(demand, &portfolio, market, options.billing)?,
            amounts: Setup::amounts(&portfolio),
            held: places,
            hours: i128::try_from(window.len()).unwrap_or(i128::MAX),
        })
    }

    /// The exact cost of whole steps: what stays On-Demand, and what is bought.
    pub(super) fn cost(&self, steps: &[u64], demand: &Demand, threads: usize) -> Money {
        let mut amounts = self.amounts.clone();
        let mut fees = Money::ZERO;
        for (&(place, step, paid), &steps) in self.held.iter().zip(steps) {
            let hourly = step.times(i128::from(steps));
            fees += paid.times(i128::from(steps)).times(self.hours);
            match place {
                SourceOf::Reservation(index) => amounts.counts[index] = steps,
                SourceOf::Plan(index) => amounts.commitments[index] = hourly,
            }
        }
        fees + on_demand_cost(&self.setup, &amounts, demand, threads)
    }
}
