//! What searches of problems that differ in their objective alone have in common: the hours made ready, what rules of
//! thumb buy, and cuts. A cut says what an hour leaves On-Demand, whatever is then made of it.

use super::advantage::{Deviation, deviations};
use super::baseline::{Baseline, baselines_on};
use super::certificate::dollars;
use super::cutting_planes::{Part, Search, Settings, Solution, broken, gap};
use super::problem::Problem;
use super::prune::{Pruned, prune};
use super::waterfall::Evaluator;

/// Ground for one search or several.
#[derive(Debug)]
pub(super) struct Ground {
    evaluator: Evaluator,
    deviations: Vec<Deviation>,
    baselines: Vec<Baseline>,
    /// The sources that the known points leave out.
    pruned: Vec<Pruned>,
    /// What the searches so far ended on, where another one will follow.
    known: Vec<Known>,
    /// Whether another search will follow.
    is_shared: bool,
}

/// Commitments whose cuts are known.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) commitment: Vec<f64>,
    /// What they leave On-Demand in each scenario.
    pub(super) rests: Vec<f64>,
    /// By group of hours.
    pub(super) cuts: Vec<Part>,
}

/// Finds the commitments of least cost and proves how good they are.
///
/// Exact up to the tolerance where AWS's order of application is the best one ([`deviations`] is empty).
/// Elsewhere the bound still holds and the gap says what is not known.
pub fn solve(problem: &Problem, settings: &Settings) -> Solution {
    Ground::new(problem, settings).solve(problem, settings)
}

impl Ground {
    /// Ground for one search.
    fn new(problem: &Problem, settings: &Settings) -> Self {
        let evaluator = Evaluator::new(problem, settings.threads).exact_to(settings.exactness());
        let mut sources = problem.sources().iter();
        let baselines = if sources.any(|source| !source.alive.is_empty()) {
            Vec::new()
        } else {
            baselines_on(problem, &evaluator)
        };
        Self {
            deviations: deviations(problem),
            baselines,
            pruned: Vec::new(),
            known: Vec::new(),
            is_shared: false,
            evaluator,
        }
    }

    /// Ground for searches of `problem` under several objectives, the first of them with the least tolerance.
    pub(super) fn shared(problem: &Problem, settings: &Settings) -> Self {
        Self {
            is_shared: true,
            ..Self::new(problem, settings)
        }
    }

    /// [`solve`] for a problem that differs from the one the ground is of in nothing but its objective.
    pub(super) fn solve(&mut self, problem: &Problem, settings: &Settings) -> Solution {
        self.evaluator.aim_at(problem.objective());
        let pruned = prune(problem);
        if pruned != self.pruned {
            self.known.clear();
            self.pruned.clone_from(&pruned);
        }
        let known = std::mem::take(&mut self.known);
        let Self {
            evaluator,
            deviations,
            baselines,
            ..
        } = &*self;
        let mut search = Search::new(
            problem,
            evaluator,
            &pruned,
            !deviations.is_empty(),
            self.is_shared,
        );
        let before = known.len();
        if known.is_empty() {
            search.start_from(baselines, &pruned, settings);
        } else {
            search.start_on(known, &pruned, settings);
        }
        search.run(settings);
        let certificate = search.certificate(problem, &pruned);
        let proposals = search.points.len() - before;
        let (commitment, cost) = search.best.clone();
        let in_use = if self.is_shared {
            search.in_use()
        } else {
            Vec::new()
        };
        let rests = evaluator.rests(&commitment);
        let fees = evaluator.fees(&commitment);
        let scenarios = rests.iter().zip(problem.scenarios());
        let solution = Solution {
            gap: gap(cost, certificate.bound),
            lower_bound: certificate.bound,
            prices: certificate
                .limits
                .iter()
                .map(|&nanos| dollars(nanos))
                .collect(),
            scenarios: scenarios
                .map(|(rest, one)| fees + rest + one.fixed)
                .collect(),
            broken: broken(problem, &commitment, &rests),
            commitment,
            cost,
            certificate,
            proposals,
            pruned,
            deviations: deviations.clone(),
            baselines: baselines.clone(),
        };
        self.known = in_use;
        solution
    }
}
