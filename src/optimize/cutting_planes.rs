//! Finds the commitments of least cost with cutting planes: shadow prices of a proposal bound every other one
//! from below; the best point under all bounds so far is the next proposal, drawn back towards the best known.

use super::advantage::Deviation;
use super::baseline::Baseline;
use super::certificate::{Certificate, Weight, certify, quantised, whole_nanos, whole_parts};
use super::eras::Groups;
use super::ground::{Known, solve};
use super::limit::Limit;
use super::master::{Cut, Master, Price, Row, Stake, Terms};
use super::problem::Problem;
use super::prune::{Pruned, Reason};
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
    /// What the usual rules would buy; the search started from the best of them. Rules do not know limits, and
    /// where sources come and go they say nothing.
    pub baselines: Vec<Baseline>,
    /// What each scenario costs: fees, On-Demand remainder and what it costs in any case.
    pub scenarios: Vec<f64>,
    /// The price of each limit: what the objective would fall by for one more of what it limits, as the
    /// certificate has it; 0 where the limit does not bind.
    pub prices: Vec<f64>,
    /// Limits that the commitments break: there are some only when they cannot all be kept.
    pub broken: Vec<usize>,
}

/// About so many groups of hours, each with its own cuts.
const GROUPS: usize = 60;
/// How much better shadow prices must be than what is asked of the bound.
const EXACTNESS: f64 = 0.1;
/// Proposals over which the gap must shrink by a tenth to go on.
const STALL: usize = 30;
/// Proposals to find out how much can be covered at all.
const MOST_COVERED: usize = 100;
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

impl Settings {
    /// How exact shadow prices have to be.
    pub(super) fn exactness(&self) -> f64 {
        self.tolerance * EXACTNESS
    }
}

/// Limits that commitments break by more than rounding.
pub(super) fn broken(problem: &Problem, commitment: &[f64], rests: &[f64]) -> Vec<usize> {
    let limits = problem.limits().iter().enumerate();
    let broken = limits.filter(|(_, limit)| limit.excess(commitment, rests) > limit.rounding());
    broken.map(|(index, _)| index).collect()
}

pub(super) struct Search<'a> {
    evaluator: &'a Evaluator,
    problem: &'a Problem,
    /// Sources worth considering.
    kept: Vec<usize>,
    /// Their places in the evaluator, by era.
    bundles: Vec<Vec<usize>>,
    groups: Groups,
    master: Master,
    /// Whether AWS's order of application is not always the best one.
    deviates: bool,
    /// Whether cuts are kept with their points, for another search.
    keeps_cuts: bool,
    /// Proposals so far, behind those that were known before.
    pub(super) points: Vec<Known>,
    /// How many were.
    pub(super) known: usize,
    pub(super) best: (Vec<f64>, f64),
    /// Commitments that keep every limit with something to spare, where one asks for coverage.
    inner: Option<Inner>,
}

/// Commitments within all limits.
struct Inner {
    commitment: Vec<f64>,
    /// By how much they miss the limit on what stays On-Demand: below zero.
    excess: f64,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        problem: &'a Problem,
        evaluator: &'a Evaluator,
        pruned: &[Pruned],
        deviates: bool,
        keeps_cuts: bool,
    ) -> Self {
        let kept: Vec<usize> = (0..problem.sources().len())
            .filter(|&source| pruned.iter().all(|pruned| pruned.source != source))
            .collect();
        let groups = Groups::new(evaluator, group_hours(problem));
        Self {
            evaluator,
            problem,
            master: Master::new(terms(problem, evaluator, &kept, &groups)),
            bundles: evaluator.kept(&kept),
            kept,
            deviates,
            keeps_cuts,
            groups,
            points: Vec::new(),
            known: 0,
            best: (vec![0.0; problem.sources().len()], f64::INFINITY),
            inner: None,
        }
    }

    /// Proposes what the rules would buy, and nothing at all; where coverage is asked for, first of all
    /// something that has it.
    pub(super) fn start_from(
        &mut self,
        baselines: &[Baseline],
        pruned: &[Pruned],
        settings: &Settings,
    ) {
        self.start_covered(pruned, settings);
        self.propose(vec![0.0; self.problem.sources().len()]);
        for baseline in baselines {
            let proposal = without(self.problem, pruned, &baseline.commitment);
            self.propose(fitted(self.problem, proposal));
        }
    }

    /// Begins with what is known of commitments, under the same limits.
    pub(super) fn start_on(&mut self, known: Vec<Known>, pruned: &[Pruned], settings: &Settings) {
        self.known = known.len();
        for known in known {
            self.learn(known);
        }
        self.start_covered(pruned, settings);
    }

    /// Where coverage is asked for, proposes something that has it.
    fn start_covered(&mut self, pruned: &[Pruned], settings: &Settings) {
        if self
            .problem
            .limits()
            .iter()
            .any(|limit| !limit.rest.is_empty())
        {
            let commitment = most_covered(self.problem, self.evaluator, pruned, settings);
            let excess = self.excess(&self.evaluator.rests(&commitment));
            self.inner = (excess < 0.0).then(|| Inner {
                commitment: commitment.clone(),
                excess,
            });
            if self.best.1.is_infinite() {
                self.best.0.clone_from(&commitment);
            }
            self.propose(commitment);
        }
    }

    pub(super) fn run(&mut self, settings: &Settings) {
        let mut stay = STAY;
        let mut gaps = Vec::new();
        while self.points.len() - self.known < settings.proposals {
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

    /// Evaluates a proposal and adds its cuts; whether one of them is news to the master. A proposal that leaves
    /// too much On-Demand is drawn to where it does not, and that is evaluated as well.
    fn propose(&mut self, proposal: Vec<f64>) -> bool {
        let (news, rests) = self.evaluate(proposal);
        let excess = self.excess(&rests);
        let Some(inner) = self.inner.as_ref().filter(|_| excess > 0.0) else {
            return news;
        };
        // What stays On-Demand is convex: below its chord it is within the limit.
        let share = -inner.excess / (excess - inner.excess) * (1.0 - 1e-9);
        let last = &self.points[self.points.len() - 1].commitment;
        let pairs = last.iter().zip(&inner.commitment);
        let drawn = pairs.map(|(last, inner)| share * last + (1.0 - share) * inner);
        let drawn = drawn.collect();
        self.evaluate(drawn).0 || news
    }

    /// By how much too much stays On-Demand.
    fn excess(&self, rests: &[f64]) -> f64 {
        let limit = self
            .problem
            .limits()
            .iter()
            .find(|limit| !limit.rest.is_empty());
        limit.map_or(0.0, |limit| {
            let left = limit
                .rest
                .iter()
                .map(|&(scenario, factor)| factor * rests[scenario]);
            left.sum::<f64>() - limit.most
        })
    }

    fn evaluate(&mut self, mut proposal: Vec<f64>) -> (bool, Vec<f64>) {
        for (amount, source) in proposal.iter_mut().zip(self.problem.sources()) {
            *amount = quantised(amount.clamp(source.min, source.max));
        }
        let (rests, cuts) = self.cuts(&proposal);
        let news = self.learn(Known {
            commitment: proposal,
            rests: rests.clone(),
            cuts,
        });
        (news, rests)
    }

    /// Adds the cuts of commitments; whether one of them is news to the master.
    fn learn(&mut self, mut known: Known) -> bool {
        let cost = self.evaluator.fees(&known.commitment) + self.evaluator.value(&known.rests);
        let point = self.points.len();
        let cuts = if self.keeps_cuts {
            known.cuts.clone()
        } else {
            std::mem::take(&mut known.cuts)
        };
        let mut news = false;
        for (group, (intercept, slope)) in cuts.into_iter().enumerate() {
            news |= self.master.add(Cut {
                group,
                point,
                intercept,
                slope,
            });
        }
        let is_cheaper = cost < self.best.1;
        if is_cheaper && broken(self.problem, &known.commitment, &known.rests).is_empty() {
            self.best = (known.commitment.clone(), cost);
        }
        self.points.push(known);
        news
    }

    /// The points with cuts that the master still has, in their order.
    pub(super) fn in_use(self) -> Vec<Known> {
        let mut used = self.master.points();
        let points = self.points.into_iter().enumerate();
        points
            .filter(|(point, _)| used.contains(point))
            .map(|(_, known)| known)
            .collect()
    }

    pub(super) fn certificate(&self, problem: &Problem, pruned: &[Pruned]) -> Certificate {
        let mut used: Vec<usize> = self.master.weights().map(|(_, point, _)| point).collect();
        used.sort_unstable();
        used.dedup();
        let points = used.iter().map(|&point| {
            let point = self.points[point].commitment.iter();
            point.map(|&amount| whole_nanos(amount)).collect()
        });
        let mut weights: Vec<(usize, usize, f64)> = self.master.weights().collect();
        weights.sort_by_key(|&(group, point, _)| (group, point));
        let weights = weights.into_iter().filter_map(|(group, point, weight)| {
            let point = used.binary_search(&point).ok()?;
            Some(Weight::new(group, point, weight))
        });
        let pruned = pruned.iter().map(|pruned| pruned.source).collect();
        let limits = self.master.limits(problem.limits().len());
        certify(
            problem,
            self.evaluator,
            Certificate {
                problem: problem.fingerprint(),
                bound: 0.0,
                group_hours: self.groups.hours,
                exact: self.evaluator.exact,
                scenarios: self.scenario_parts(),
                limits: limits.into_iter().map(whole_nanos).collect(),
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

/// Commitments with as much of their money as the limits on commitments leave.
fn fitted(problem: &Problem, mut commitment: Vec<f64>) -> Vec<f64> {
    let none = vec![0.0; problem.scenarios().len()];
    let used = |limit: &Limit| limit.excess(&commitment, &none) + limit.most;
    let shares = problem
        .limits()
        .iter()
        .map(|limit| limit.most / used(limit));
    let share = shares.fold(1.0, f64::min);
    if share < 1.0 {
        super::linear::scale(&mut commitment, share);
    }
    commitment
}

/// Commitments that leave as little On-Demand as the other limits let them: all there is to cover, or what a
/// search finds in which commitments cost next to nothing.
fn most_covered(
    problem: &Problem,
    evaluator: &Evaluator,
    pruned: &[Pruned],
    settings: &Settings,
) -> Vec<f64> {
    let mut most = vec![0.0_f64; problem.sources().len()];
    for (most, source) in most.iter_mut().zip(problem.sources()) {
        let needed = |hour: usize| {
            let rows = source
                .serves
                .iter()
                .map(|served| problem.usage()[served.class][hour] / served.ratio);
            rows.sum::<f64>()
        };
        let needed = (0..problem.hours()).map(needed).fold(0.0, f64::max);
        *most = needed.clamp(source.min, source.max);
    }
    for pruned in pruned {
        // Whatever beats it is there to the full as well.
        most[pruned.source] = 0.0;
    }
    let commitments: Vec<Limit> = problem
        .limits()
        .iter()
        .filter(|limit| limit.rest.is_empty())
        .cloned()
        .collect();
    let none = evaluator.rests(&most);
    if commitments
        .iter()
        .all(|limit| limit.excess(&most, &none) <= 0.0)
    {
        return most;
    }
    let covering = problem.covering(commitments);
    let settings = Settings {
        proposals: settings.proposals.min(MOST_COVERED),
        ..*settings
    };
    covering.map_or(most, |covering| {
        without(problem, pruned, &solve(&covering, &settings).commitment)
    })
}

/// Whether the gap has hardly shrunk for long: where the cost is not convex, it does not go to zero.
fn is_stalled(gaps: &[f64]) -> bool {
    let earlier = gaps.len().checked_sub(STALL);
    earlier.is_some_and(|earlier| gaps[gaps.len() - 1] > 0.9 * gaps[earlier])
}

/// How far a cost may be from the least one; infinitely far where nothing was found that keeps the limits.
pub(super) fn gap(cost: f64, bound: f64) -> f64 {
    if cost.is_infinite() {
        f64::INFINITY
    } else if cost > 0.0 {
        ((cost - bound) / cost).max(0.0)
    } else {
        0.0
    }
}

/// Hours of a group: a divisor or a multiple of a tile.
fn group_hours(problem: &Problem) -> usize {
    let wanted = problem.hours().div_ceil(GROUPS).max(1);
    let tiles = (wanted as f64 / LANES as f64).round();
    if tiles >= 1.0 {
        return wanted.div_ceil(LANES).max(1) * LANES;
    }
    wanted.next_power_of_two().min(LANES)
}

/// What the master is about.
fn terms(problem: &Problem, evaluator: &Evaluator, kept: &[usize], groups: &Groups) -> Terms {
    let prices = kept.iter().map(|&source| {
        let source = &problem.sources()[source];
        Price {
            fee: source.fee,
            min: source.min,
            max: source.max,
        }
    });
    let stakes = problem.scenarios().iter().map(|scenario| {
        let (least, most) = problem.objective().weights(scenario.probability);
        Stake {
            least,
            most,
            fixed: scenario.fixed,
            probability: scenario.probability,
        }
    });
    let rows = problem.limits().iter().map(|limit| Row {
        commitments: limit
            .commitments
            .iter()
            .filter_map(|&(source, factor)| Some((kept.binary_search(&source).ok()?, factor)))
            .collect(),
        rest: limit.rest.clone(),
        most: limit.most,
    });
    let mut groups: Vec<usize> = groups
        .eras()
        .map(|era| evaluator.eras[era].scenario)
        .collect();
    if groups.is_empty() {
        groups.push(0);
    }
    Terms {
        prices: prices.collect(),
        groups,
        stakes: stakes.collect(),
        rows: rows.collect(),
    }
}

/// Intercept and slope of a cut.
pub(super) type Part = (f64, Vec<f64>);

impl Search<'_> {
    /// What a proposal leaves On-Demand in each scenario, and its cut for every group of hours.
    fn cuts(&self, proposal: &[f64]) -> (Vec<f64>, Vec<Part>) {
        let Self {
            evaluator, groups, ..
        } = self;
        let amounts = evaluator.amounts(proposal);
        let width = groups.hours.min(LANES);
        let tiles = evaluator.each_tile(|tile, scratch| {
            let era = evaluator.era_of[tile];
            evaluator.shadow_prices(tile, &amounts[era], &self.bundles[era], scratch);
            evaluator.weigh(tile, &mut scratch.rest);
            evaluator.weigh(tile, &mut scratch.worth);
            for &bundle in &self.bundles[era] {
                evaluator.weigh(tile, &mut scratch.lambda[bundle..=bundle]);
            }
            let parts = (0..LANES).step_by(width);
            let parts = parts.map(|first| {
                let part = part(
                    evaluator,
                    tile,
                    &self.bundles[era],
                    scratch,
                    first..first + width,
                );
                (groups.of(era, tile, first), part)
            });
            (
                super::waterfall::total(&scratch.rest),
                parts.collect::<Vec<(usize, Part)>>(),
            )
        });
        let rests = evaluator.by_scenario(tiles.iter().map(|(rest, _)| *rest));
        let eras: Vec<usize> = groups.eras().collect();
        let mut cuts: Vec<Part> = eras
            .iter()
            .map(|&era| (0.0, vec![0.0; self.bundles[era].len()]))
            .collect();
        for (group, (intercept, slope)) in tiles.into_iter().flat_map(|(_, parts)| parts) {
            cuts[group].0 += intercept;
            super::linear::add_scaled(&mut cuts[group].1, 1.0, &slope);
        }
        for (cut, era) in cuts.iter_mut().zip(eras) {
            cut.1 = self.by_source(era, &cut.1);
        }
        (rests, cuts)
    }

    /// Slopes of an era's sources of the evaluator, by kept source of the problem.
    fn by_source(&self, era: usize, slopes: &[f64]) -> Vec<f64> {
        let members = &self.evaluator.eras[era].members;
        let mut by_bundle = vec![0.0; members.len()];
        for (&bundle, slope) in self.bundles[era].iter().zip(slopes) {
            by_bundle[bundle] = *slope;
        }
        let slope = |&source: &usize| {
            let bundle = self.evaluator.bundle_of[source];
            if members[bundle].binary_search(&source).is_ok() {
                by_bundle[bundle]
            } else {
                0.0
            }
        };
        self.kept.iter().map(slope).collect()
    }

    /// The weights of the scenarios as the certificate has them; none where the objective fixes them.
    fn scenario_parts(&self) -> Vec<u64> {
        let stakes = self.problem.scenarios().iter();
        let mut bounds = stakes.map(|one| self.problem.objective().weights(one.probability));
        if bounds.all(|(least, most)| least >= most) {
            return Vec::new();
        }
        self.master
            .scenarios()
            .into_iter()
            .map(whole_parts)
            .collect()
    }
}

/// The cut of some lanes of a tile, from the shadow prices in `scratch`.
fn part(
    evaluator: &Evaluator,
    tile: usize,
    bundles: &[usize],
    scratch: &Scratch,
    lanes: std::ops::Range<usize>,
) -> Part {
    let mut intercept = 0.0;
    for class in 0..evaluator.classes {
        let usage = &evaluator.usage(tile, class)[lanes.clone()];
        intercept += super::linear::dot(usage, &scratch.worth[class][lanes.clone()]);
    }
    let slope = bundles.iter().map(|&source| {
        let lambda = &scratch.lambda[source][lanes.clone()];
        if let Some(owned) = evaluator.owned(tile, source) {
            intercept -= super::linear::dot(&owned[lanes.clone()], lambda);
        }
        lambda.iter().sum()
    });
    let slope = slope.collect();
    (intercept, slope)
}
