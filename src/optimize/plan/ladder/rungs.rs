//! Everything that may be bought on every date, as one problem; and the whole purchases that cost least.

use std::collections::{BTreeMap, BTreeSet};

use crate::billing::{Bill, Coverable};
use crate::commitment::Portfolio;
use crate::prices::{MissingPrice, MissingService};
use crate::units::{Hour, HourSpan, Money};

use super::super::super::{Certificate, InvalidProblem, Solution, Stage, solve};
use super::super::bought::Bought;
use super::super::budget::{Ceiling, owned_hourly};
use super::super::candidates::{Candidate, Market, candidates};
use super::super::keep::{Restriction, kept};
use super::super::life::{Life, hundredths};
use super::super::plans::{Failed, Options, Purchase};
use super::super::rules::{Rules, Unkept};
use super::super::tariff::{Tariff, coarse, coarse_beside};
use super::super::trial::Trial;
use super::fold::Folded;
use super::horizon::Horizon;
use super::keeping::OverDates;

/// The problem of buying on some dates.
pub(super) struct Rungs {
    pub(super) tariff: Tariff,
    /// When each candidate is bought.
    starts: Vec<Hour>,
}

impl Rungs {
    /// Each thing that could be bought for `usage`, that of the horizon, on each of some dates.
    pub(super) fn new(
        usage: &Coverable<'_>,
        owned: &Portfolio,
        market: &impl Market,
        options: &Options,
        (horizon, dates): (&Horizon, &[Hour]),
    ) -> Result<Self, Failed> {
        let demand =
            coarse(usage.demand, owned, &[]).map_err(|key| Failed::TooMuch(Box::new(key)))?;
        let of_all = Coverable {
            demand: &demand,
            beside: usage.beside.clone(),
        };
        let (mut kinds, missing) = candidates(&of_all, market, options);
        let usage = Coverable {
            demand: &demand,
            beside: coarse_beside(&usage.beside, owned, &kinds),
        };
        kinds.retain(|candidate| options.rules.allow(candidate));
        for candidate in &mut kinds {
            candidate.paid = candidate.paid.at(options.cost_of_capital, candidate.term);
        }
        let offered = kinds.into_iter().flat_map(|candidate| {
            let each = dates.iter().map(move |&at| (candidate.clone(), at));
            each.collect::<Vec<_>>()
        });
        let offered: Vec<(Candidate, Hour)> = offered.collect();
        let folded = Folded::new(&usage, &cuts(&offered, owned));
        let starts = offered.iter().map(|&(_, at)| at).collect();
        let ceilings = ceilings(&offered, owned, &options.rules)?;
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
        let hours = (folded.demand, folded.beside, folded.weights);
        let tariff = Tariff::dated(hours, offered, ceilings, &owned, market, options)?;
        Ok(Self { tariff, starts })
    }

    /// The cheapest purchases found that keep the rules: those near the numeric solution, or one of `others`, which keep
    /// them, where that is cheaper.
    pub(super) fn search<M: Market>(
        &self,
        others: &[Vec<Bought>],
        market: &M,
        options: &Options,
    ) -> Result<(Vec<Bought>, Solution), Failed> {
        let solution = self.tariff.solve(options);
        self.tariff.possible(&solution, options)?;
        let search = OverDates {
            rungs: self,
            others,
            market,
            options,
        };
        let steps = search.near(&solution, &Restriction::default())?;
        let mut best = kept(&search, steps)?;
        if options.rules.names().is_empty() {
            return Ok((self.bought(&best), solution));
        }
        // What was left out to keep the rules may have been worth more than all of another plan.
        let cost = |steps: &[u64]| {
            let steps = self.tariff.grid().commitment(steps);
            let within = (&Restriction::default(), market, options);
            Ok::<_, Failed>(self.tariff.price(&steps, within)?.1)
        };
        for other in others {
            let other = self.steps_of(other);
            if cost(&other)? < cost(&best)? {
                best = other;
            }
        }
        Ok((self.bought(&best), solution))
    }

    /// Other places to start from where there are dates: what is left over when Reserved Instances are rounded on one date
    /// is carried to the next, beside the plans of the solution; then the same beside the best plans for it.
    pub(super) fn whole_instances(
        &self,
        solution: &Solution,
        restriction: &Restriction,
        options: &Options,
    ) -> Result<Vec<Vec<f64>>, Failed> {
        let carried = self.carried(&solution.commitment);
        let problem = &self.tariff.model.problem;
        let mut sources = self.tariff.restricted(restriction);
        for (source, &amount) in sources.iter_mut().zip(&carried) {
            if source.stage <= Stage::RegionalReserved && source.max > 0.0 {
                (source.min, source.max) = (amount, amount);
            }
        }
        let problem = match problem.clone().with_sources(sources) {
            // Rounded up they are more than the rules allow; the search from there comes back to what is allowed.
            Err(InvalidProblem::Limit { .. }) => return Ok(vec![carried]),
            problem => problem?,
        };
        let beside = solve(&problem, &self.tariff.settings(options)).commitment;
        Ok(vec![beside, carried])
    }

    /// When a source is bought; `None` for what is owned.
    pub(super) fn start(&self, source: usize) -> Option<Hour> {
        let candidate = self.tariff.candidate(self.tariff.model.sources[source]);
        candidate.map(|candidate| self.starts[candidate])
    }

    /// Whether there are several dates.
    pub(super) fn is_dated(&self) -> bool {
        self.starts.iter().any(|at| *at != self.starts[0])
    }

    /// Commitments with whole instances: by pool and in the order of their dates, each rounding makes good for the ones
    /// before it.
    fn carried(&self, commitment: &[f64]) -> Vec<f64> {
        let sources = self.tariff.model.problem.sources();
        let steps = self.tariff.grid().steps;
        let is_reserved = |&source: &usize| {
            sources[source].stage <= Stage::RegionalReserved && commitment[source] > 0.0
        };
        let mut reserved: Vec<usize> = (0..sources.len()).filter(is_reserved).collect();
        reserved.sort_by_key(|&source| (self.start(source), source));
        let mut left_over: BTreeMap<BTreeSet<usize>, f64> = BTreeMap::new();
        let mut whole = commitment.to_vec();
        for source in reserved {
            let Some(ratio) = sources[source].serves.first().map(|first| first.ratio) else {
                continue;
            };
            let pool = sources[source].serves.iter().map(|one| one.class);
            let left = left_over.entry(pool.collect()).or_default();
            // In On-Demand dollars: of two offers for a pool one is cheaper for the same instances.
            let wanted = commitment[source] * ratio + *left;
            let count = (wanted / (steps[source] * ratio)).round().max(0.0);
            *left = wanted - count * steps[source] * ratio;
            whole[source] = count * steps[source];
        }
        whole
    }

    /// The same without its smallest purchases, as long as that costs no more than so much: many dates invite purchases
    /// of a tenth of a cent an hour, which save cents and have to be looked after for years.
    pub(super) fn without_crumbs(
        &self,
        mut steps: Vec<u64>,
        most: Money,
        market: &impl Market,
        options: &Options,
    ) -> Result<Vec<u64>, Failed> {
        let held = (0..steps.len()).filter(|&source| steps[source] > 0);
        let mut held: Vec<usize> = held.collect();
        let size = |&source: &usize| {
            let candidate = self.tariff.candidate(self.tariff.model.sources[source])?;
            let step = self.tariff.candidates[candidate].step;
            Some(step.times(i128::from(steps[source])))
        };
        held.sort_by_key(size);
        let trial = Trial::new(&self.tariff, &held, 0, market, options)?;
        let mut amounts: Vec<u64> = held.iter().map(|&source| steps[source]).collect();
        for place in 0..held.len() {
            let amount = std::mem::take(&mut amounts[place]);
            let tried = trial.cost(&amounts, &self.tariff.demand, options.threads);
            if tried.cost > most || !tried.over.is_zero() {
                amounts[place] = amount;
            }
        }
        for (source, amount) in held.into_iter().zip(amounts) {
            steps[source] = amount;
        }
        Ok(steps)
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
    pub(super) fn steps_of(&self, bought: &[Bought]) -> Vec<u64> {
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

    /// The source that a purchase is; `None` for what cannot be bought on its date.
    pub(super) fn source_of(&self, bought: &Bought) -> Option<usize> {
        let candidates = self.candidates();
        let mut offers = self.offers();
        let own = offers.find(|&(_, candidate, at)| {
            at == bought.at && candidates[candidate] == bought.purchase.candidate
        });
        own.map(|(source, ..)| source)
    }

    /// Every source that can be bought, which candidate it is, and when.
    pub(super) fn offers(&self) -> impl Iterator<Item = (usize, usize, Hour)> {
        let sources = self.tariff.model.sources.iter().enumerate();
        sources.filter_map(|(source, &of)| {
            let candidate = self.tariff.candidate(of)?;
            Some((source, candidate, self.starts[candidate]))
        })
    }

    /// What no purchases on these dates cost less than, proved by a certificate; `bill` is one of the horizon.
    pub(super) fn bound(&self, certificate: &Certificate, bill: &Bill) -> Result<Money, Failed> {
        Ok(self.tariff.certified_bound(certificate, bill)?)
    }

    /// What may be bought; once for each date.
    pub(super) fn candidates(&self) -> &[Candidate] {
        self.tariff.candidates()
    }

    /// Rates of plans that were missing beside instances.
    pub(super) fn uncovered(&self) -> &[MissingService] {
        &self.tariff.uncovered
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

/// What may be committed in each hour in which something begins: there it may be most.
fn ceilings(
    offered: &[(Candidate, Hour)],
    owned: &Portfolio,
    rules: &Rules,
) -> Result<Vec<Ceiling>, Unkept> {
    let Some(most) = rules.max_hourly_commitment else {
        return Ok(Vec::new());
    };
    let lives =
        |(candidate, at): &(Candidate, Hour)| HourSpan::new(*at, at.plus(candidate.term.hours()));
    let reserved = owned.reserved_instances.iter().map(|one| one.alive.start());
    let plans = owned.savings_plans.iter().map(|one| one.alive.start());
    let bought: BTreeSet<Hour> = offered.iter().map(|&(_, at)| at).collect();
    let begin: BTreeSet<Hour> = reserved.chain(plans).chain(bought).collect();
    let ceilings = begin.into_iter().filter_map(|hour| {
        let living = offered.iter().map(|one| lives(one).contains(hour));
        let living: Vec<bool> = living.collect();
        if !living.contains(&true) {
            return None;
        }
        let owned = owned_hourly(owned, HourSpan::new(hour, hour.plus(1)));
        Some(if owned > most {
            Err(Unkept::Owned { owned, most })
        } else {
            let most = most - owned;
            Ok(Ceiling { most, living })
        })
    });
    ceilings.collect()
}
