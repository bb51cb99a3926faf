//! What floats say of whole steps before they are billed: most trials are clearly dearer than the best so far, and need
//! no exact bill.
//!
//! The evaluator counts what `billing` does, and every exact bill is compared with it: where the two once disagree, all
//! that follows is billed.

use super::super::{Evaluator, Problem};
use super::plans::Failed;
use super::tariff::Tariff;
use super::trial::Tried;

/// Estimates of trials of some sources.
pub(super) struct Estimate {
    evaluator: Evaluator,
    /// Of each source that is tried: its place in the evaluator, and dollars an hour of a step.
    held: Vec<(usize, f64)>,
    sources: usize,
    known: Option<Known>,
}

/// What exact trials have said so far.
struct Known {
    /// The least of them.
    best: f64,
    /// What estimates leave out, such as what is paid in any case.
    offset: f64,
    /// Dollars that rounding is relative to.
    scale: f64,
    agrees: bool,
}

/// How near an estimate is to the exact cost: sums of millions of floats are a thousand times nearer.
const NEAR: f64 = 1e-10;
/// By how much an estimate must be dearer to be believed.
const CLEAR: f64 = 1e-9;

impl Estimate {
    /// Estimates for `held` sources of `tariff`, beside what is owned, by the objective of `problem`; `None` under
    /// limits, where cost is not all that counts.
    pub(super) fn new(
        tariff: &Tariff,
        problem: &Problem,
        held: &[usize],
        threads: usize,
    ) -> Result<Option<Self>, Failed> {
        if !problem.limits().is_empty() {
            return Ok(None);
        }
        let counts = |&source: &usize| {
            let owned = &problem.sources()[source].owned;
            held.contains(&source) || owned.iter().any(|&capacity| capacity > 0.0)
        };
        let kept: Vec<usize> = (0..problem.sources().len()).filter(counts).collect();
        let sources = kept.iter().map(|&source| problem.sources()[source].clone());
        let smaller = problem.clone().with_sources(sources.collect())?;
        let steps = tariff.grid().steps;
        let place = |source: &usize| Some((kept.binary_search(source).ok()?, steps[*source]));
        Ok(Some(Self {
            evaluator: Evaluator::new(&smaller, smaller.threads(threads)),
            held: held.iter().filter_map(place).collect(),
            sources: kept.len(),
            known: None,
        }))
    }

    /// The exact cost of steps of the held sources; `None` where they are clearly dearer than others before.
    pub(super) fn tried(
        &mut self,
        steps: &[u64],
        exact: impl FnOnce(&[u64]) -> Tried,
    ) -> Option<Tried> {
        let estimate = self.of(steps);
        if self.is_dearer(estimate) {
            return None;
        }
        let tried = exact(steps);
        self.compare(estimate, tried);
        Some(tried)
    }

    fn of(&self, steps: &[u64]) -> f64 {
        let mut commitment = vec![0.0; self.sources];
        for (&(place, step), &steps) in self.held.iter().zip(steps) {
            commitment[place] = steps as f64 * step;
        }
        self.evaluator.cost(&commitment)
    }

    fn is_dearer(&self, estimate: f64) -> bool {
        let known = self.known.as_ref().filter(|known| known.agrees);
        known.is_some_and(|known| estimate + known.offset > known.best + CLEAR * known.scale)
    }

    fn compare(&mut self, estimate: f64, tried: Tried) {
        let cost = tried.cost.to_f64();
        let known = self.known.get_or_insert(Known {
            best: cost,
            offset: cost - estimate,
            scale: cost.abs() + estimate.abs(),
            agrees: true,
        });
        let missed = (cost - estimate - known.offset).abs();
        known.agrees &= missed <= NEAR * known.scale && tried.over.is_zero();
        known.best = known.best.min(cost);
    }
}
