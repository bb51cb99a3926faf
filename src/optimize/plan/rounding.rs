//! From commitments on paper to whole steps: rounded, then moved to a bottom of the exact cost.

use super::super::{Solution, Stage, around, polish};
use super::candidates::Market;
use super::estimate::Estimate;
use super::keep::Restriction;
use super::plans::{Failed, Options};
use super::tariff::Tariff;
use super::trial::{Trial, Tried};

/// Work allowed for rounding: lines x hours x evaluations.
const LINE_HOURS: usize = 100_000_000;
/// Trials allowed for rounding however much work they are.
const LEAST_TRIALS: usize = 200;

impl Tariff {
    /// Whole steps near the solution, improved with the exact simulator. Where a rule of thumb, rounded, is
    /// cheaper (tiny fleets: an instance is a large step there), it is improved instead.
    pub(super) fn round(
        &self,
        solution: &Solution,
        restriction: &Restriction,
        market: &impl Market,
        options: &Options,
    ) -> Result<Vec<u64>, Failed> {
        let within = (restriction, market, options);
        let (mut best, mut cost) = self.improve(&solution.commitment, within)?;
        if !self.model.problem.limits().is_empty()
            && let Some(other) = self.beside_whole_instances(
                &self.model.problem,
                &solution.commitment,
                restriction,
                &self.settings(options),
            )?
        {
            let (steps, other) = self.improve(&other, within)?;
            if other < cost {
                (best, cost) = (steps, other);
            }
        }
        for baseline in &solution.baselines {
            let (steps, cheaper) = self.price(&baseline.commitment, within)?;
            if cheaper < cost {
                let start = self.grid().commitment(&steps);
                (best, cost) = self.improve(&start, within)?;
            }
        }
        Ok(best)
    }

    /// Estimates for steps of held sources; `None` where they would not be those of the trials, and under negotiated
    /// discounts, which AWS's order does not follow.
    fn estimate(
        &self,
        held: &[usize],
        (restriction, market, options): (&Restriction, &impl Market, &Options),
    ) -> Result<Option<Estimate>, Failed> {
        if restriction.dearer > 0 || market.contract().is_some() {
            return Ok(None);
        }
        Estimate::new(self, &self.model.problem, held, options.threads)
    }

    /// Whole steps nearest to commitments, and their exact cost.
    pub(super) fn price(
        &self,
        commitment: &[f64],
        (restriction, market, options): (&Restriction, &impl Market, &Options),
    ) -> Result<(Vec<u64>, Tried), Failed> {
        let steps = self.grid().round(commitment);
        let held: Vec<usize> = (0..steps.len())
            .filter(|&source| steps[source] > 0)
            .collect();
        let trial = Trial::new(self, &held, restriction.dearer, market, options)?;
        let amounts: Vec<u64> = held.iter().map(|&source| steps[source]).collect();
        let cost = trial.cost(&amounts, &self.demand, options.threads);
        Ok((steps, cost))
    }

    /// Whole steps near commitments, moved to a bottom of the exact cost, and that cost.
    pub(super) fn improve(
        &self,
        commitment: &[f64],
        (restriction, market, options): (&Restriction, &impl Market, &Options),
    ) -> Result<(Vec<u64>, Tried), Failed> {
        let mut steps = self.grid().round(commitment);
        let mut held = self.worth_trying(&steps, commitment);
        held.retain(|source| !restriction.banned.contains(source));
        let trial = Trial::new(self, &held, restriction.dearer, market, options)?;
        let work = trial.setup.line_count() * self.demand.span().len();
        let limit = affordable(work, options.trials);
        let start: Vec<u64> = held.iter().map(|&source| steps[source]).collect();
        let mut estimate = self.estimate(&held, (restriction, market, options))?;
        let exact = |steps: &[u64]| trial.cost(steps, &self.demand, options.threads);
        let enough = self.floors_of(&held);
        let mut evaluate = |steps: &[u64]| match &mut estimate {
            _ if !enough.hold(steps) => None,
            Some(estimate) => estimate.tried(steps, exact),
            None => Some(exact(steps)),
        };
        let Some(polished) = polish(start, &self.neighbours(&held), limit, &mut evaluate) else {
            return Ok((steps, Tried::NOTHING));
        };
        let polished = around(polished, &self.whole(&held), limit, evaluate);
        for (&source, found) in held.iter().zip(polished.steps) {
            steps[source] = found;
        }
        Ok((steps, polished.cost))
    }

    /// The held sources (by their place in `held`) that are sold as whole instances.
    pub(super) fn whole(&self, held: &[usize]) -> Vec<usize> {
        let sources = self.model.problem.sources();
        let reserved = |&at: &usize| sources[held[at]].stage <= Stage::RegionalReserved;
        (0..held.len()).filter(reserved).collect()
    }

    /// What holds something, and the Savings Plans that could take over what an instance is too large for.
    pub(super) fn worth_trying(&self, steps: &[u64], commitment: &[f64]) -> Vec<usize> {
        let sources = self.model.problem.sources();
        let holds = |source: usize| steps[source] > 0 || commitment[source] > 0.0;
        let reserved = |source: usize| sources[source].stage <= Stage::RegionalReserved;
        let takes_over = |plan: usize| {
            let serves = |class| {
                sources[plan]
                    .serves
                    .iter()
                    .any(|served| served.class == class)
            };
            (0..sources.len()).any(|source| {
                holds(source)
                    && reserved(source)
                    && self.begin_together(source, plan)
                    && sources[source]
                        .serves
                        .iter()
                        .any(|served| serves(served.class))
            })
        };
        let candidate = |source: usize| self.candidate(self.model.sources[source]).is_some();
        (0..sources.len())
            .filter(|&source| candidate(source))
            .filter(|&source| holds(source) || (!reserved(source) && takes_over(source)))
            .collect()
    }

    /// Pairs of the held sources (by their place in `held`) that serve some of the same usage, and are
    /// bought together or are the same thing bought twice. On dates, a budget ties purchases together whatever they
    /// serve: few of them are paired, all with all.
    pub(super) fn neighbours(&self, held: &[usize]) -> Vec<(usize, usize)> {
        let has_budget = !self.lives.is_empty() && !self.model.problem.limits().is_empty();
        if has_budget && held.len() <= FEW {
            return pairs_of(held.len()).collect();
        }
        let sources = self.model.problem.sources();
        let share = |a: usize, b: usize| {
            let serves = |class| sources[b].serves.iter().any(|other| other.class == class);
            sources[a].serves.iter().any(|served| serves(served.class))
        };
        let together = |a: usize, b: usize| self.begin_together(a, b) || self.is_same(a, b);
        let together = |a: usize, b: usize| together(a, b) && share(a, b);
        let pairs = pairs_of(held.len());
        pairs.filter(|&(a, b)| together(held[a], held[b])).collect()
    }
}

/// So many purchases are tried in every pair.
pub(super) const FEW: usize = 12;

/// Every two of so many.
pub(super) fn pairs_of(count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count).flat_map(move |a| (a + 1..count).map(move |b| (a, b)))
}

/// How often whole steps may be billed, when once is so much work and at most `trials` are wanted.
pub(super) fn affordable(work: usize, trials: usize) -> usize {
    let affordable = LINE_HOURS.div_euclid(work.max(1));
    affordable.max(LEAST_TRIALS).min(trials).max(1)
}
