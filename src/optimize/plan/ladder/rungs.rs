//! Everything that may be bought on every date, as one problem; and the whole purchases that cost least.

use std::collections::BTreeSet;

use crate::billing::Bill;
use crate::commitment::Portfolio;
use crate::demand::Demand;
use crate::prices::MissingPrice;
use crate::units::{Hour, HourSpan, Money};

use super::super::super::{Certificate, Solution};
use super::super::bought::Bought;
use super::super::candidates::{Candidate, Market, candidates};
use super::super::keep::Restriction;
use super::super::life::{Life, hundredths};
use super::super::plans::{Failed, Options, Purchase};
use super::super::tariff::{Tariff, coarse};
use super::fold::Folded;
use super::horizon::Horizon;

/// The problem of buying on some dates.
pub(super) struct Rungs {
    tariff: Tariff,
    /// When each candidate is bought.
    starts: Vec<Hour>,
}

impl Rungs {
    /// Each thing that could be bought for `demand`, the usage of the horizon, on each of some dates.
    pub(super) fn new(
        demand: &Demand,
        owned: &Portfolio,
        market: &impl Market,
        options: &Options,
        (horizon, dates): (&Horizon, &[Hour]),
    ) -> Result<Self, Failed> {
        let demand = coarse(demand, owned).map_err(|key| Failed::TooMuch(Box::new(key)))?;
        let (kinds, missing) = candidates(&demand, market, options.kinds, &options.terms);
        let offered = kinds.into_iter().flat_map(|candidate| {
            let each = dates.iter().map(move |&at| (candidate.clone(), at));
            each.collect::<Vec<_>>()
        });
        let offered: Vec<(Candidate, Hour)> = offered.collect();
        let folded = Folded::new(&demand, &cuts(&offered, owned));
        let starts = offered.iter().map(|&(_, at)| at).collect();
        let offered = offered.into_iter().map(|(candidate, at)| {
            let alive = HourSpan::new(at, at.plus(candidate.term.hours()));
            let inside = alive.intersect(horizon.span).len();
            let life = Life {
                alive: folded.hours(alive),
                hundredths: hundredths(inside, 100)
                    + hundredths(alive.len() - inside, horizon.beyond),
            };
            (candidate, life)
        });
        let offered = (offered.collect(), missing);
        let owned = folded.owned(owned);
        let hours = (folded.demand, folded.weights);
        let tariff = Tariff::dated(hours, offered, &owned, market, options)?;
        Ok(Self { tariff, starts })
    }

    /// The cheapest purchases found: those near the numeric solution, or one of `others` where that is cheaper.
    pub(super) fn search(
        &self,
        others: &[Vec<Bought>],
        market: &impl Market,
        options: &Options,
    ) -> Result<(Vec<Bought>, Solution), Failed> {
        let solution = self.tariff.solve(options);
        let none = Restriction::default();
        let within = (&none, market, options);
        let mut best = self.tariff.round(&solution, &none, market, options)?;
        let grid = self.tariff.grid();
        let cost = |steps: &[u64]| self.tariff.price(&grid.commitment(steps), within);
        let (_, mut least) = cost(&best)?;
        for other in others {
            let steps = self.steps_of(other);
            if cost(&steps)?.1 < least {
                (best, least) = self.tariff.improve(&grid.commitment(&steps), within)?;
            }
        }
        Ok((self.bought(&best), solution))
    }

    /// Steps by source as purchases in the order of their dates.
    fn bought(&self, steps: &[u64]) -> Vec<Bought> {
        let all = self.tariff.model.sources.iter().zip(steps);
        let mut bought: Vec<Bought> = all
            .filter(|(_, steps)| **steps > 0)
            .filter_map(|(&source, &steps)| {
                let candidate = self.tariff.candidate(source)?;
                Some(Bought {
                    at: self.starts[candidate],
                    purchase: Purchase {
                        candidate: self.tariff.candidates[candidate].clone(),
                        steps,
                    },
                })
            })
            .collect();
        bought.sort_by_key(|one| one.at);
        bought
    }

    /// Purchases as steps by source; what cannot be bought on its date is left out.
    fn steps_of(&self, bought: &[Bought]) -> Vec<u64> {
        let of = |&source| {
            let Some(candidate) = self.tariff.candidate(source) else {
                return 0;
            };
            let is_it = |one: &&Bought| {
                one.at == self.starts[candidate]
                    && one.purchase.candidate == self.tariff.candidates[candidate]
            };
            bought
                .iter()
                .filter(is_it)
                .map(|one| one.purchase.steps)
                .sum()
        };
        self.tariff.model.sources.iter().map(of).collect()
    }

    /// What no purchases on these dates cost less than, proved by a certificate; `bill` is one of the horizon.
    pub(super) fn bound(&self, certificate: &Certificate, bill: &Bill) -> Result<Money, Failed> {
        Ok(self.tariff.certified_bound(certificate, bill)?)
    }

    /// What may be bought; once for each date.
    pub(super) fn candidates(&self) -> &[Candidate] {
        self.tariff.candidates()
    }

    /// Prices that were missing.
    pub(super) fn missing(&self) -> &[MissingPrice] {
        &self.tariff.missing
    }
}

/// The hours in which something may begin or end.
fn cuts(offered: &[(Candidate, Hour)], owned: &Portfolio) -> BTreeSet<Hour> {
    let bought = offered.iter();
    let bought = bought.flat_map(|(one, at)| [*at, at.plus(one.term.hours())]);
    let reserved = owned.reserved_instances.iter().map(|one| one.alive);
    let plans = owned.savings_plans.iter().map(|one| one.alive);
    let owned = reserved.chain(plans);
    bought
        .chain(owned.flat_map(|alive| [alive.start(), alive.end()]))
        .collect()
}
