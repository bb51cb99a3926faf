//! Finds the commitments of least cost with cutting planes: shadow prices of a proposal bound every other one
//! from below; the best point under all bounds so far is the next proposal, drawn back towards the best known.

use super::advantage::{Deviation, deviations};
use super::baseline::{Baseline, baselines_on};
use super::certificate::{Certificate, Weight, certify, quantised, whole_nanos};
use super::master::{Cut, Master, Price};
use super::problem::Problem;
use super::prune::{Pruned, Reason, prune};
use super::waterfall::{Evaluator, LANES, Scratch};

/// How far to go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Stop when `cost / bound - 1` is at most this.
    pub tolerance: f64,
    /// Stop after so many proposals in any case.
    pub proposals: usize,
    /// Threads to evaluate on; the result does not depend on it.
    pub threads: usize,
}

/// The cheapest commitments found, and how cheap any could be.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// Dollars an hour by source.
    pub commitment: Vec<f64>,
    /// Fees and On-Demand remainder over the window, dollars.
    pub cost: f64,
    /// No commitments cost less, however they are applied.
    pub lower_bound: f64,
    /// `(cost - lower_bound) / cost`; 0 where there is no cost.
    pub gap: f64,
    /// The proof of the bound.
    pub certificate: Certificate,
    /// Proposals evaluated.
    pub proposals: usize,
    /// Sources that cannot be part of a cheapest plan, and why.
    pub pruned: Vec<Pruned>,
    /// Where AWS's order of application is not the cheapest one.
    pub deviations: Vec<Deviation>,
    /// What the usual rules would buy; the search started from the best of them.
    pub baselines: Vec<Baseline>,
}

/// About so many groups of hours, each with its own cuts.
const GROUPS: usize = 60;
/// How much better shadow prices must be than what is asked of the bound.
const EXACTNESS: f64 = 0.1;
/// Proposals over which the gap must shrink by a tenth to go on.
const STALL: usize = 30;
/// Cuts slack for so many rounds are dropped.
const IDLE_ROUNDS: usize = 8;
/// How much of the best known commitments a proposal keeps; the rest is the master's.
const STAY: f64 = 0.9;

impl Default for Settings {
    /// A hundredth of a per cent.
    fn default() -> Self {
        Self {
            tolerance: 1e-4,
            proposals: 400,
            threads: 2,
        }
    }
}

/// Finds the commitments of least cost and proves how good they are.
///
/// Exact up to the tolerance where AWS's order of application is the best one ([`deviations`] is empty).
/// Elsewhere the bound still holds and the gap says what is not known.
pub fn solve(problem: &Problem, settings: &Settings) -> Solution {
    let evaluator =
        Evaluator::new(problem, settings.threads).exact_to(settings.tolerance * EXACTNESS);
    let pruned = prune(problem);
    let deviations = deviations(problem);
    let baselines = baselines_on(problem, &evaluator);
    let mut search = Search::new(problem, &evaluator, &pruned, &deviations);
    search.start_from(&baselines, &pruned);
    search.run(settings);
    let certificate = search.certificate(problem, &pruned);
    let (commitment, cost) = search.best;
    Solution {
        gap: gap(cost, certificate.bound),
        lower_bound: certificate.bound,
        commitment,
        cost,
        certificate,
        proposals: search.points.len(),
        pruned,
        deviations,
        baselines,
    }
}

struct Search<'a> {
    evaluator: &'a Evaluator,
    problem: &'a Problem,
    /// Sources worth considering.
    kept: Vec<usize>,
    group_hours: usize,
    master: Master,
    /// Whether AWS's order of application is not always the best one.
    deviates: bool,
    /// Proposals so far.
    points: Vec<Vec<f64>>,
    best: (Vec<f64>, f64),
}

impl<'a> Search<'a> {
    fn new(
        problem: &'a Problem,
        evaluator: &'a Evaluator,
        pruned: &[Pruned],
        deviations: &[Deviation],
    ) -> Self {
        let kept: Vec<usize> = (0..problem.sources().len())
            .filter(|&source| pruned.iter().all(|pruned| pruned.source != source))
            .collect();
        let prices = kept.iter().map(|&source| {
            let source = &problem.sources()[source];
            Price {
                fee: source.fee,
                min: source.min,
                max: source.max,
            }
        });
        let group_hours = group_hours(problem.hours());
        let groups = problem.hours().div_ceil(group_hours).max(1);
        Self {
            evaluator,
            problem,
            master: Master::new(prices.collect(), groups),
            kept,
            deviates: !deviations.is_empty(),
            group_hours,
            points: Vec::new(),
            best: (Vec::new(), f64::INFINITY),
        }
    }

    /// Proposes what the rules would buy, and nothing at all.
    fn start_from(&mut self, baselines: &[Baseline], pruned: &[Pruned]) {
        self.propose(vec![0.0; self.problem.sources().len()]);
        for baseline in baselines {
            let proposal = without(self.problem, pruned, &baseline.commitment);
            self.propose(proposal);
        }
    }

    fn run(&mut self, settings: &Settings) {
        let mut stay = STAY;
        let mut gaps = Vec::new();
        while self.points.len() < settings.proposals {
            self.master.solve();
            let gap = gap(self.best.1, self.master.bound());
            if gap <= settings.tolerance * 0.99 {
                break;
            }
            gaps.push(gap);
            if self.deviates && is_stalled(&gaps) {
                break;
            }
            self.master.drop_idle(IDLE_ROUNDS);
            let before = (self.best.1, self.master.bound());
            let master = self.master.commitment();
            let mut proposal = self.best.0.clone();
            for (&source, target) in self.kept.iter().zip(master) {
                proposal[source] = stay * proposal[source] + (1.0 - stay) * target;
            }
            let violated = self.propose(proposal);
            if !violated && self.best.1 >= before.0 {
                // Neither cut off nor better: AWS's order is not the best one here, or all is found.
                if stay <= 0.0 {
                    break;
                }
                stay = if stay > 0.3 { stay - 0.3 } else { 0.0 };
            }
        }
        self.master.solve();
    }

    /// Evaluates a proposal and adds its cuts; whether one of them is news to the master.
    fn propose(&mut self, mut proposal: Vec<f64>) -> bool {
        for (amount, source) in proposal.iter_mut().zip(self.problem.sources()) {
            *amount = quantised(amount.clamp(source.min, source.max));
        }
        let (cost, cuts) = cuts(self.evaluator, &proposal, &self.kept, self.group_hours);
        let point = self.points.len();
        let mut news = false;
        for (group, (intercept, slope)) in cuts.into_iter().enumerate() {
            news |= self.master.add(Cut {
                group,
                point,
                intercept,
                slope,
            });
        }
        if cost < self.best.1 {
            self.best = (proposal.clone(), cost);
        }
        self.points.push(proposal);
        news
    }

    fn certificate(&self, problem: &Problem, pruned: &[Pruned]) -> Certificate {
        let mut used: Vec<usize> = self.master.weights().map(|(_, point, _)| point).collect();
        used.sort_unstable();
        used.dedup();
        let points = used.iter().map(|&point| {
            let point = self.points[point].iter();
            point.map(|&amount| whole_nanos(amount)).collect()
        });
        let mut weights: Vec<(usize, usize, f64)> = self.master.weights().collect();
        weights.sort_by_key(|&(group, point, _)| (group, point));
        let weights = weights.into_iter().filter_map(|(group, point, weight)| {
            let point = used.binary_search(&point).ok()?;
            Some(Weight::new(group, point, weight))
        });
        let pruned = pruned.iter().map(|pruned| pruned.source).collect();
        certify(
            problem,
            self.evaluator,
            Certificate {
                problem: problem.fingerprint(),
                bound: 0.0,
                group_hours: self.group_hours,
                exact: self.evaluator.exact,
                pruned,
                points: points.collect(),
                weights: weights.collect(),
            },
        )
    }
}

/// The same money with nothing in pruned sources: what another one beats goes to that one.
fn without(problem: &Problem, pruned: &[Pruned], commitment: &[f64]) -> Vec<f64> {
    let fee = |source: usize| problem.sources()[source].fee;
    let mut moved = commitment.to_vec();
    for &Pruned { source, reason } in pruned {
        let amount = std::mem::take(&mut moved[source]);
        if let Reason::Dominated { by } = reason {
            moved[by] += amount * fee(source) / fee(by);
        }
    }
    moved
}

/// Whether the gap has hardly shrunk for long: where the cost is not convex, it does not go to zero.
fn is_stalled(gaps: &[f64]) -> bool {
    let earlier = gaps.len().checked_sub(STALL);
    earlier.is_some_and(|earlier| gaps[gaps.len() - 1] > 0.9 * gaps[earlier])
}

/// How far a cost may be from the least one.
fn gap(cost: f64, bound: f64) -> f64 {
    if cost > 0.0 {
        ((cost - bound) / cost).max(0.0)
    } else {
        0.0
    }
}

/// Hours of a group: a divisor or a multiple of a tile.
fn group_hours(hours: usize) -> usize {
    let wanted = hours.div_ceil(GROUPS).max(1);
    let tiles = (wanted as f64 / LANES as f64).round();
    if tiles >= 1.0 {
        return wanted.div_ceil(LANES).max(1) * LANES;
    }
    wanted.next_power_of_two().min(LANES)
}

/// Intercept and slope of a cut.
type Part = (f64, Vec<f64>);

/// The cost of a proposal and its cut for every group of hours.
fn cuts(
    evaluator: &Evaluator,
    proposal: &[f64],
    kept: &[usize],
    group_hours: usize,
) -> (f64, Vec<Part>) {
    let width = group_hours.min(LANES);
    let tiles = evaluator.each_tile(|tile, scratch| {
        evaluator.shadow_prices(tile, proposal, kept, scratch);
        let parts = (0..LANES).step_by(width);
        let parts = parts.map(|first| part(evaluator, tile, kept, scratch, first..first + width));
        (
            super::waterfall::total(&scratch.rest),
            parts.collect::<Vec<Part>>(),
        )
    });
    let cost = evaluator.fees(proposal) + tiles.iter().map(|(rest, _)| rest).sum::<f64>();
    let groups = evaluator.hours.len().div_ceil(group_hours);
    let mut cuts = vec![(0.0, vec![0.0; kept.len()]); groups];
    let parts = tiles.into_iter().flat_map(|(_, parts)| parts);
    #[expect(
        clippy::integer_division,
        reason = "a group is a multiple of the width"
    )]
    let parts_of_group = group_hours / width;
    for (index, (intercept, slope)) in parts.enumerate() {
        #[expect(clippy::integer_division, reason = "whole groups")]
        let Some(cut) = cuts.get_mut(index / parts_of_group) else {
            break;
        };
        cut.0 += intercept;
        super::linear::add_scaled(&mut cut.1, 1.0, &slope);
    }
    (cost, cuts)
}

/// The cut of some lanes of a tile, from the shadow prices in `scratch`.
fn part(
    evaluator: &Evaluator,
    tile: usize,
    kept: &[usize],
    scratch: &Scratch,
    lanes: std::ops::Range<usize>,
) -> Part {
    let mut intercept = 0.0;
    for class in 0..evaluator.classes {
        let usage = &evaluator.usage(tile, class)[lanes.clone()];
        intercept += super::linear::dot(usage, &scratch.worth[class][lanes.clone()]);
    }
    let slope = kept.iter().map(|&source| {
        let lambda = &scratch.lambda[source][lanes.clone()];
        if let Some(owned) = evaluator.owned(tile, source) {
            intercept -= super::linear::dot(&owned[lanes.clone()], lambda);
        }
        lambda.iter().sum()
    });
    let slope = slope.collect();
    (intercept, slope)
}
