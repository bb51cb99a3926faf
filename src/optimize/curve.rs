//! One commitment alone: what it saves at every level, and the level that saves most, exactly.
//!
//! In one hour the covered dollars grow with the commitment along straight pieces: at the ratio of the first
//! class until that is covered, then of the next. Summed over the hours this is the savings curve; its best
//! point is where the slope falls to the fee. For one class that is a quantile of its usage.

use super::problem::Problem;
use super::waterfall::{Evaluator, LANES, Lanes};

/// Cost against the commitment to one source.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// By commitment; straight lines between them.
    pub points: Vec<CurvePoint>,
    /// The exact best point; one of `points`.
    pub best: CurvePoint,
}

/// One point of a [`Curve`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// Dollars an hour.
    pub commitment: f64,
    /// Dollars over the window: all fees, and what stays On-Demand.
    pub cost: f64,
    /// On-Demand dollars covered by this source over the window, by what is owned as well.
    pub covered: f64,
}

/// Levels looked at in one pass.
const PROBES: usize = 32;
/// Passes that narrow the search before single breakpoints are sorted.
const PASSES: usize = 3;
/// Below this many classes one thread is faster than two.
const FEW: usize = 16;

/// The cheapest commitment for a single class of usage: a quantile, found without sorting.
///
/// `usage` is in On-Demand dollars by hour, `ratio` in On-Demand dollars displaced by one committed dollar,
/// `fee` in dollars over the window for one committed dollar an hour.
pub fn best_level(usage: &[f64], ratio: f64, fee: f64) -> f64 {
    let mut usage = usage.to_vec();
    // So many hours may stay above the level; one more, and a higher level would pay.
    let above = (fee / ratio).floor();
    if above >= usage.len() as f64 {
        return 0.0;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the number of hours"
    )]
    let above = above as usize;
    let (_, level, _) = usage.select_nth_unstable_by(above, |a, b| b.total_cmp(a));
    *level / ratio
}

/// The curve of `source` when the others are committed as in `commitment`; whatever AWS applies after it is
/// left out. For a problem of one scenario in which every source lives through the window. About `points` points at even distances up to where more covers nothing, and the best one.
pub fn curve(
    problem: &Problem,
    evaluator: &Evaluator,
    commitment: &[f64],
    source: usize,
    points: usize,
) -> Curve {
    let view = View::new(evaluator, commitment, source);
    let highest = view.capacities().fold(0.0, f64::max);
    let best = view
        .best()
        .clamp(problem.sources()[source].min, problem.sources()[source].max);
    let last = points.max(2) - 1;
    let mut levels: Vec<f64> = (0..=last)
        .map(|index| highest * index as f64 / last as f64)
        .collect();
    levels.push(best);
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    let points = view.points(&levels);
    let at_best = levels
        .iter()
        .position(|&level| level.total_cmp(&best).is_eq());
    Curve {
        best: points[at_best.unwrap_or(0)],
        points,
    }
}

/// One source and what the sources before it leave to it.
pub(super) struct View<'a> {
    evaluator: &'a Evaluator,
    commitment: &'a [f64],
    /// What is there of each source of the evaluator, by era.
    amounts: Vec<Vec<f64>>,
    source: usize,
    /// Its place in the evaluator.
    bundle: usize,
    /// Sources before it that touch its usage, in order.
    before: Vec<usize>,
    /// Row of each class, where it matters.
    rows: Vec<usize>,
    /// The classes that matter; those of the source first, in its order.
    classes: Vec<usize>,
}

/// What one level covers.
#[derive(Debug, Clone, Copy, Default)]
struct Probe {
    covered: f64,
    /// On-Demand dollars one more committed dollar would cover, over all hours.
    slope: f64,
}

impl<'a> View<'a> {
    pub(super) fn new(evaluator: &'a Evaluator, commitment: &'a [f64], source: usize) -> Self {
        let bundle = evaluator.bundle_of[source];
        let mut view = Self {
            evaluator,
            commitment,
            amounts: evaluator.amounts(commitment),
            source,
            bundle,
            before: Vec::new(),
            rows: vec![usize::MAX; evaluator.classes],
            classes: Vec::new(),
        };
        view.include(bundle);
        for earlier in (0..bundle).rev() {
            let held = view.amounts.iter().any(|amounts| amounts[earlier] > 0.0);
            let active = held || evaluator.owned(0, earlier).is_some();
            let mut serves = evaluator.sources[earlier].serves.iter();
            if active && serves.any(|step| view.rows[step.class] != usize::MAX) {
                view.include(earlier);
                view.before.push(earlier);
            }
        }
        view.before.reverse();
        view
    }

    fn include(&mut self, source: usize) {
        for step in &self.evaluator.sources[source].serves {
            if self.rows[step.class] == usize::MAX {
                self.rows[step.class] = self.classes.len();
                self.classes.push(step.class);
            }
        }
    }

    /// Runs `work` on what is left to the source in every tile, class by class in its order.
    fn each_tile<T: Send>(&self, work: impl Fn(usize, &[Lanes]) -> T + Sync) -> Vec<T> {
        let few = self.classes.len() < FEW;
        let threads = if few { 1 } else { self.evaluator.threads };
        let serves = self.evaluator.sources[self.bundle].serves.len();
        let scratch = || vec![[0.0; LANES]; self.classes.len()];
        self.evaluator
            .each_tile_with(threads, scratch, |tile, rest| {
                for (rest, &class) in rest.iter_mut().zip(&self.classes) {
                    *rest = *self.evaluator.usage(tile, class);
                }
                for &earlier in &self.before {
                    let row = |class: usize| self.rows[class];
                    let committed = self.amounts[self.evaluator.era_of[tile]][earlier];
                    self.evaluator.apply_at(tile, earlier, committed, rest, row);
                }
                work(tile, &rest[..serves])
            })
    }

    /// Lanes of a tile that are hours of the window in which the source lives.
    fn lanes(&self, tile: usize) -> usize {
        let era = &self.evaluator.eras[self.evaluator.era_of[tile]];
        if era.members[self.bundle].contains(&self.source) {
            self.evaluator.hours[tile].len()
        } else {
            0
        }
    }

    fn owned(&self, tile: usize, lane: usize) -> f64 {
        let owned = self.evaluator.owned(tile, self.bundle);
        owned.map_or(0.0, |owned| owned[lane])
    }

    /// The commitment that would be used up in each hour.
    fn capacities(&self) -> impl Iterator<Item = f64> {
        let serves = &self.evaluator.sources[self.bundle].serves;
        let tiles = self.each_tile(|tile, rest| {
            let capacity = |lane: usize| {
                let needed = serves
                    .iter()
                    .zip(rest)
                    .map(|(step, rest)| rest[lane] * step.inverse);
                (needed.sum::<f64>() - self.owned(tile, lane)).max(0.0)
            };
            (0..self.lanes(tile)).map(capacity).collect::<Vec<f64>>()
        });
        tiles.into_iter().flatten()
    }

    /// The largest commitment that is used up in every hour.
    pub(super) fn always_used(&self) -> f64 {
        let least = self.capacities().fold(f64::INFINITY, f64::min);
        if least.is_finite() { least } else { 0.0 }
    }

    /// What each of the (ascending) levels covers.
    fn probe(&self, levels: &[f64]) -> Vec<Probe> {
        let serves = &self.evaluator.sources[self.bundle].serves;
        let tiles = self.each_tile(|tile, rest| {
            let mut probes = vec![Probe::default(); levels.len()];
            for lane in 0..self.lanes(tile) {
                let weight = self.evaluator.expected(tile, lane);
                let mut from = -self.owned(tile, lane);
                let mut covered = 0.0;
                let mut next = 0;
                for (step, rest) in serves.iter().zip(rest) {
                    let to = from + rest[lane] * step.inverse;
                    while next < levels.len() && levels[next] < to {
                        let here = covered + (levels[next] - from) * step.ratio;
                        probes[next].covered += weight * here;
                        probes[next].slope += weight * step.ratio;
                        next += 1;
                    }
                    from = to;
                    covered += rest[lane];
                }
                for probe in &mut probes[next..] {
                    probe.covered += weight * covered;
                }
            }
            probes
        });
        let mut probes = vec![Probe::default(); levels.len()];
        for tile in tiles {
            for (sum, probe) in probes.iter_mut().zip(tile) {
                sum.covered += probe.covered;
                sum.slope += probe.slope;
            }
        }
        probes
    }

    /// Cost and coverage at each of the (ascending) levels, with the others committed as they are.
    pub(super) fn points(&self, levels: &[f64]) -> Vec<CurvePoint> {
        let mut others = self.commitment.to_vec();
        others[self.source..].fill(0.0);
        let fee = self.evaluator.fee(self.source);
        let without = self.evaluator.cost_before(&others, self.bundle);
        let points = levels.iter().zip(self.probe(levels));
        let point = |(&commitment, probe): (&f64, Probe)| CurvePoint {
            commitment,
            cost: without + fee * commitment - probe.covered,
            covered: probe.covered,
        };
        points.map(point).collect()
    }

    /// What a level saves, beside what is owned.
    pub(super) fn saving(&self, level: f64) -> f64 {
        let probes = self.probe(&[0.0, level]);
        probes[1].covered - probes[0].covered - self.evaluator.fee(self.source) * level
    }

    /// The level of least cost: the lowest of those where the slope has fallen to the fee.
    pub(super) fn best(&self) -> f64 {
        let steps = &self.evaluator.sources[self.bundle];
        let fee = self.evaluator.fee(self.source);
        let highest = self.capacities().fold(0.0, f64::max);
        let concave = steps
            .serves
            .windows(2)
            .all(|pair| pair[0].ratio >= pair[1].ratio);
        let (mut low, mut high) = (0.0, highest);
        if concave {
            for _ in 0..PASSES {
                (low, high) = self.narrow(low, high, |probe| probe.slope <= fee);
            }
        }
        let mut slope = self.probe(&[low])[0].slope;
        if concave && slope <= fee {
            return low;
        }
        let mut best = (0.0, low);
        let mut cost = 0.0;
        let mut level = low;
        for (next, change) in self.breakpoints(low, high) {
            cost += (fee - slope) * (next - level);
            level = next;
            slope += change;
            if cost < best.0 {
                best = (cost, level);
            }
        }
        best.1
    }

    /// The lowest level that covers `share` of what there is.
    pub(super) fn covering(&self, share: f64) -> f64 {
        let highest = self.capacities().fold(0.0, f64::max);
        let wanted = self.probe(&[highest])[0].covered * share;
        let (mut low, mut high) = (0.0, highest);
        for _ in 0..2 * PASSES {
            (low, high) = self.narrow(low, high, |probe| probe.covered >= wanted);
        }
        high
    }

    /// Narrows an interval to the neighbours between which `reached` becomes true.
    fn narrow(&self, low: f64, high: f64, reached: impl Fn(&Probe) -> bool) -> (f64, f64) {
        let levels: Vec<f64> = (0..=PROBES)
            .map(|index| low + (high - low) * index as f64 / PROBES as f64)
            .collect();
        let probes = self.probe(&levels);
        match probes.iter().position(reached) {
            Some(0) => (low, low),
            Some(index) => (levels[index - 1], levels[index]),
            None => (levels[PROBES - 1], high),
        }
    }

    /// Levels in `(low, high]` at which the slope changes, ascending, each with the change.
    fn breakpoints(&self, low: f64, high: f64) -> Vec<(f64, f64)> {
        let serves = &self.evaluator.sources[self.bundle].serves;
        let tiles = self.each_tile(|tile, rest| {
            let mut found = Vec::new();
            for lane in 0..self.lanes(tile) {
                let weight = self.evaluator.expected(tile, lane);
                let mut at = -self.owned(tile, lane);
                let mut ratio = 0.0;
                let used = serves.iter().zip(rest).filter(|(_, rest)| rest[lane] > 0.0);
                for (step, rest) in used {
                    if at > low && at <= high {
                        found.push((at, weight * (step.ratio - ratio)));
                    }
                    ratio = step.ratio;
                    at += rest[lane] * step.inverse;
                }
                if at > low && at <= high {
                    found.push((at, weight * -ratio));
                }
            }
            found
        });
        let mut found: Vec<(f64, f64)> = tiles.into_iter().flatten().collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        found
    }
}

impl Evaluator {
    /// Fees and On-Demand remainder when only the sources before `end` are applied (owned ones as well).
    fn cost_before(&self, commitment: &[f64], end: usize) -> f64 {
        let amounts = self.amounts(commitment);
        let rests = self.each_tile(|tile, scratch| {
            self.forward(tile, &amounts[self.era_of[tile]][..end], scratch);
            self.weigh(tile, &mut scratch.rest);
            super::waterfall::total(&scratch.rest)
        });
        self.fees(commitment) + self.value(&self.by_scenario(rests.into_iter()))
    }
}
