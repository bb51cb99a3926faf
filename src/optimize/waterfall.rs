//! What commitments leave On-Demand, hour by hour, and what one more committed dollar would be worth there.
//!
//! Hours lie in tiles of 64 so that one source meets one class for 64 hours in a few vector instructions.
//! They are ordered by load: neighbours are alike, and a group of them makes one good cut. Where sources come and
//! go, or several futures are looked at, each such era has tiles of its own.

use std::collections::BTreeMap;

use super::eras::{Era, bundles, eras};
use super::problem::{Problem, Source};
use super::scenario::{Objective, Scenario};
use super::wide::wide;

/// Hours of a tile.
pub(super) const LANES: usize = 64;

/// One number for each hour of a tile.
pub(super) type Lanes = [f64; LANES];

/// No class is left for one more dollar.
const NOWHERE: usize = usize::MAX;

/// A problem made ready for the waterfall: equal classes merged, hours ordered by era and load, in tiles, and
/// sources that are alike but for when they live made one.
#[derive(Debug)]
pub struct Evaluator {
    pub(super) eras: Vec<Era>,
    /// `hours[tile][lane]` is the hour of the problem that stands there.
    pub(super) hours: Vec<Vec<usize>>,
    /// The era of each tile.
    pub(super) era_of: Vec<usize>,
    pub(super) classes: usize,
    pub(super) tiles: usize,
    /// `tiles` x `classes`.
    usage: Vec<Lanes>,
    /// How many hours each hour stands for, by tile; empty when each is one.
    weights: Vec<Lanes>,
    pub(super) sources: Vec<Steps>,
    /// By source of the problem: its place in `sources`.
    pub(super) bundle_of: Vec<usize>,
    /// By source of the problem.
    fees: Vec<f64>,
    problem: Stakes,
    pub(super) threads: usize,
    /// Shadow prices whose bound misses the cost of an hour by less, relative to its usage, are good enough.
    pub(super) exact: f64,
}

/// How the scenarios of a problem make one number.
#[derive(Debug)]
struct Stakes {
    scenarios: Vec<Scenario>,
    objective: Objective,
}

/// A source in the evaluator.
#[derive(Debug)]
pub(super) struct Steps {
    pub(super) serves: Vec<Step>,
    /// By tile; empty when nothing is owned.
    owned: Vec<Lanes>,
}

/// One class a source serves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    pub(super) class: usize,
    pub(super) ratio: f64,
    pub(super) inverse: f64,
}

/// Working space for one tile.
#[derive(Debug)]
pub(super) struct Scratch {
    /// By class: what is not covered.
    pub(super) rest: Vec<Lanes>,
    /// By class: what one covered dollar is worth.
    pub(super) worth: Vec<Lanes>,
    /// By source: what one more committed dollar is worth.
    pub(super) lambda: Vec<Lanes>,
    /// By source: the step at which one more dollar would be used.
    marginal: Vec<[usize; LANES]>,
}

impl Evaluator {
    /// Prepares `problem` for evaluation on so many threads. Results do not depend on their number.
    pub fn new(problem: &Problem, threads: usize) -> Self {
        let (class_of, classes) = merge(problem);
        let (bundle_of, first_of) = bundles(problem);
        let (eras, hours, era_of) = eras(problem, &bundle_of, first_of.len());
        let tiles = hours.len();
        let lanes = |row: &[f64]| laid_out(row, &hours);
        let mut usage = vec![[0.0; LANES]; tiles * classes];
        for (row, &class) in problem.usage().iter().zip(&class_of) {
            for (tile, hours) in hours.iter().enumerate() {
                for (lane, &hour) in hours.iter().enumerate() {
                    usage[tile * classes + class][lane] += row[hour];
                }
            }
        }
        let sources = first_of.iter().map(|&first| {
            let source = &problem.sources()[first];
            let owns = source.owned.iter().any(|&capacity| capacity > 0.0);
            let owned = if owns {
                lanes(&source.owned)
            } else {
                Vec::new()
            };
            Steps {
                serves: steps(source, &class_of, classes),
                owned,
            }
        });
        let sources: Vec<Steps> = sources.collect();
        let weights = if problem.weights().is_empty() {
            Vec::new()
        } else {
            lanes(problem.weights())
        };
        Self {
            sources,
            weights,
            fees: problem.sources().iter().map(|source| source.fee).collect(),
            bundle_of,
            eras,
            era_of,
            hours,
            classes,
            tiles,
            usage,
            problem: Stakes {
                scenarios: problem.scenarios().to_vec(),
                objective: problem.objective(),
            },
            threads: threads.max(1),
            exact: 1e-6,
        }
    }

    /// With other demands on shadow prices.
    pub(super) fn exact_to(self, exact: f64) -> Self {
        Self { exact, ..self }
    }

    /// Turns to another objective over the same scenarios.
    pub(super) fn aim_at(&mut self, objective: Objective) {
        self.problem.objective = objective;
    }

    /// Classes left after merging those with equal prices and scope.
    pub const fn classes(&self) -> usize {
        self.classes
    }

    /// Fees of the commitment (dollars an hour by source) and whatever it leaves On-Demand: the objective.
    pub fn cost(&self, commitment: &[f64]) -> f64 {
        self.fees(commitment) + self.value(&self.rests(commitment))
    }

    /// [`Self::cost`] of many commitments. The usage of some hours is gone through by all of them before the next hours
    /// are: memory is read once for all.
    pub fn costs(&self, commitments: &[Vec<f64>]) -> Vec<f64> {
        let amounts: Vec<_> = commitments.iter().map(|one| self.amounts(one)).collect();
        let rests: Vec<Vec<f64>> = self.each_tile(|tile, scratch| {
            let rest = |amounts: &Vec<Vec<f64>>| {
                self.forward(tile, &amounts[self.era_of[tile]], scratch);
                self.weigh(tile, &mut scratch.rest);
                total(&scratch.rest)
            };
            amounts.iter().map(rest).collect()
        });
        let cost = |(place, commitment): (usize, &Vec<f64>)| {
            let rests = self.by_scenario(rests.iter().map(|tile| tile[place]));
            self.fees(commitment) + self.value(&rests)
        };
        commitments.iter().enumerate().map(cost).collect()
    }

    /// What the commitment leaves On-Demand in each scenario, dollars.
    pub fn rests(&self, commitment: &[f64]) -> Vec<f64> {
        let amounts = self.amounts(commitment);
        let rests = self.each_tile(|tile, scratch| {
            self.forward(tile, &amounts[self.era_of[tile]], scratch);
            self.weigh(tile, &mut scratch.rest);
            total(&scratch.rest)
        });
        self.by_scenario(rests.into_iter())
    }

    /// Sums of what the tiles have, by scenario.
    pub(super) fn by_scenario(&self, tiles: impl Iterator<Item = f64>) -> Vec<f64> {
        let mut sums = vec![0.0; self.problem.scenarios.len()];
        for (value, &era) in tiles.zip(&self.era_of) {
            sums[self.eras[era].scenario] += value;
        }
        sums
    }

    /// The objective, fees aside, of what the scenarios leave On-Demand.
    pub(super) fn value(&self, rests: &[f64]) -> f64 {
        let Stakes {
            scenarios,
            objective,
        } = &self.problem;
        let costs: Vec<f64> = rests
            .iter()
            .zip(scenarios)
            .map(|(rest, one)| rest + one.fixed)
            .collect();
        match costs[..] {
            [cost] => cost,
            _ => objective.of(scenarios, &costs),
        }
    }

    /// Fees of the commitment.
    pub(super) fn fees(&self, commitment: &[f64]) -> f64 {
        let fees = self.fees.iter().zip(commitment);
        fees.map(|(fee, committed)| fee * committed).sum()
    }

    /// Fee of one committed dollar of a source.
    pub(super) fn fee(&self, source: usize) -> f64 {
        self.fees[source]
    }

    /// What is there of each source of the evaluator, by era.
    pub(super) fn amounts(&self, commitment: &[f64]) -> Vec<Vec<f64>> {
        let of = |members: &Vec<usize>| members.iter().map(|&source| commitment[source]).sum();
        let era = |era: &Era| era.members.iter().map(of).collect();
        self.eras.iter().map(era).collect()
    }

    /// By era, the sources of the evaluator that hold some of the `kept` ones of the problem.
    pub(super) fn kept(&self, kept: &[usize]) -> Vec<Vec<usize>> {
        let mut is_kept = vec![false; self.bundle_of.len()];
        for &source in kept {
            is_kept[source] = true;
        }
        let bundles = |era: &Era| {
            let holds = |members: &Vec<usize>| members.iter().any(|&source| is_kept[source]);
            (0..self.sources.len())
                .filter(|&bundle| holds(&era.members[bundle]))
                .collect()
        };
        self.eras.iter().map(bundles).collect()
    }

    /// How much an hour counts in the mean over the scenarios.
    pub(super) fn expected(&self, tile: usize, lane: usize) -> f64 {
        let scenario = self.eras[self.era_of[tile]].scenario;
        self.weight(tile, lane) * self.problem.scenarios[scenario].probability
    }

    /// How many hours one stands for.
    pub(super) fn weight(&self, tile: usize, lane: usize) -> f64 {
        self.weights.get(tile).map_or(1.0, |weights| weights[lane])
    }

    /// Multiplies what the hours of a tile have by how many each stands for.
    pub(super) fn weigh(&self, tile: usize, rows: &mut [Lanes]) {
        let Some(weights) = self.weights.get(tile) else {
            return;
        };
        for row in rows {
            for (value, weight) in row.iter_mut().zip(weights) {
                *value *= weight;
            }
        }
    }

    /// Runs `work` on every tile, on all threads; the results are in the order of the tiles.
    pub(super) fn each_tile<T: Send>(
        &self,
        work: impl Fn(usize, &mut Scratch) -> T + Sync,
    ) -> Vec<T> {
        let scratch = || Scratch::new(self.classes, self.sources.len());
        self.each_tile_with(self.threads, scratch, work)
    }

    /// The same with another working space, on so many threads.
    pub(super) fn each_tile_with<S, T: Send>(
        &self,
        threads: usize,
        scratch: impl Fn() -> S + Sync,
        work: impl Fn(usize, &mut S) -> T + Sync,
    ) -> Vec<T> {
        let share = self.tiles.div_ceil(threads).max(1);
        let run = &|first: usize| {
            let mut scratch = scratch();
            let tiles = first..(first + share).min(self.tiles);
            tiles
                .map(|tile| work(tile, &mut scratch))
                .collect::<Vec<T>>()
        };
        if share >= self.tiles {
            return run(0);
        }
        std::thread::scope(|scope| {
            let shares = (0..self.tiles).step_by(share);
            let handles: Vec<_> = shares
                .map(|first| scope.spawn(move || run(first)))
                .collect();
            let results = handles.into_iter().flat_map(|handle| match handle.join() {
                Ok(results) => results,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            results.collect()
        })
    }

    /// Usage of one class in one tile.
    pub(super) fn usage(&self, tile: usize, class: usize) -> &Lanes {
        &self.usage[tile * self.classes + class]
    }

    /// Owned capacity of one source in one tile.
    pub(super) fn owned(&self, tile: usize, source: usize) -> Option<&Lanes> {
        self.sources[source].owned.get(tile)
    }

    /// Applies every source in order; `scratch.rest` is what stays On-Demand.
    pub(super) fn forward(&self, tile: usize, commitment: &[f64], scratch: &mut Scratch) {
        let usage = &self.usage[tile * self.classes..(tile + 1) * self.classes];
        scratch.rest.copy_from_slice(usage);
        for (source, &committed) in commitment.iter().enumerate() {
            self.apply(tile, source, committed, &mut scratch.rest);
        }
    }

    /// Applies one source to what is left.
    fn apply(&self, tile: usize, source: usize, committed: f64, rest: &mut [Lanes]) {
        self.apply_at(tile, source, committed, rest, |class| class);
    }

    /// Applies one source to what is left, where class `c` stands in row `row(c)`.
    pub(super) fn apply_at(
        &self,
        tile: usize,
        source: usize,
        committed: f64,
        rest: &mut [Lanes],
        row: impl Fn(usize) -> usize,
    ) {
        let serves = &self.sources[source].serves;
        let Some(last) = serves.len().checked_sub(1) else {
            return;
        };
        let mut capacity = [committed; LANES];
        match self.owned(tile, source) {
            Some(owned) => add(&mut capacity, owned),
            None if committed <= 0.0 => return,
            None => {}
        }
        wide(
            #[inline(always)]
            || {
                // A lane that has capacity left: most plans run out long before their last class.
                let mut open = 0;
                for step in &serves[..last] {
                    let rest = &mut rest[row(step.class)];
                    for (rest, capacity) in rest.iter_mut().zip(&mut capacity) {
                        let covered = least(*rest, *capacity * step.ratio);
                        *rest -= covered;
                        *capacity = largest(*capacity - covered * step.inverse, 0.0);
                    }
                    while capacity[open] <= 0.0 {
                        open += 1;
                        if open == LANES {
                            return;
                        }
                    }
                }
                let step = serves[last];
                for (rest, capacity) in rest[row(step.class)].iter_mut().zip(&capacity) {
                    *rest -= least(*rest, *capacity * step.ratio);
                }
            },
        );
    }

    /// Applies every source as [`Self::forward`] does, then prices one more dollar of each of the `kept`:
    /// it is worth what the first class it left uncovered is worth, and a class is worth a dollar, or less
    /// where a later source could serve it instead. `lambda` of other sources is left alone.
    pub(super) fn shadow_prices(
        &self,
        tile: usize,
        commitment: &[f64],
        kept: &[usize],
        scratch: &mut Scratch,
    ) {
        let usage = &self.usage[tile * self.classes..(tile + 1) * self.classes];
        scratch.rest.copy_from_slice(usage);
        for (source, &committed) in commitment.iter().enumerate() {
            self.apply(tile, source, committed, &mut scratch.rest);
            self.find_marginal(source, scratch);
        }
        scratch.worth.fill([1.0; LANES]);
        for &source in kept.iter().rev() {
            let serves = &self.sources[source].serves;
            let lambda = &mut scratch.lambda[source];
            for (lane, &step) in scratch.marginal[source].iter().enumerate() {
                lambda[lane] = match serves.get(step) {
                    Some(step) => step.ratio * scratch.worth[step.class][lane],
                    None => 0.0,
                };
            }
            wide(
                #[inline(always)]
                || {
                    for step in serves {
                        for (worth, lambda) in scratch.worth[step.class].iter_mut().zip(&*lambda) {
                            *worth = least(*worth, lambda * step.inverse);
                        }
                    }
                },
            );
        }
        self.refine(tile, commitment, kept, scratch);
    }

    /// Notes, by hour, the first class that `source` serves and has not covered.
    fn find_marginal(&self, source: usize, scratch: &mut Scratch) {
        let marginal = &mut scratch.marginal[source];
        marginal.fill(NOWHERE);
        let mut open = LANES;
        for (index, step) in self.sources[source].serves.iter().enumerate() {
            for (marginal, rest) in marginal.iter_mut().zip(&scratch.rest[step.class]) {
                if *marginal == NOWHERE && *rest > 0.0 {
                    *marginal = index;
                    open -= 1;
                }
            }
            if open == 0 {
                break;
            }
        }
    }

    /// The worth of every class under given `scratch.lambda` of the `kept` sources.
    pub(super) fn worth_under(&self, kept: &[usize], scratch: &mut Scratch) {
        self.worth_from(&[1.0; LANES], kept, scratch);
    }

    /// The same where an uncovered dollar counts as given, hour by hour.
    pub(super) fn worth_from(&self, dollar: &Lanes, kept: &[usize], scratch: &mut Scratch) {
        scratch.worth.fill(*dollar);
        for &source in kept {
            for step in &self.sources[source].serves {
                let lambda = &scratch.lambda[source];
                for (worth, lambda) in scratch.worth[step.class].iter_mut().zip(lambda) {
                    *worth = least(*worth, lambda / step.ratio);
                }
            }
        }
    }
}

impl Scratch {
    fn new(classes: usize, sources: usize) -> Self {
        Self {
            rest: vec![[0.0; LANES]; classes],
            worth: vec![[0.0; LANES]; classes],
            lambda: vec![[0.0; LANES]; sources],
            marginal: vec![[NOWHERE; LANES]; sources],
        }
    }
}

/// A row of hours in tiles.
fn laid_out(row: &[f64], hours: &[Vec<usize>]) -> Vec<Lanes> {
    let tile = |hours: &Vec<usize>| {
        let mut lanes = [0.0; LANES];
        for (lane, &hour) in lanes.iter_mut().zip(hours) {
            *lane = row[hour];
        }
        lanes
    };
    hours.iter().map(tile).collect()
}

/// The classes a source serves, merged ones once.
fn steps(source: &Source, class_of: &[usize], classes: usize) -> Vec<Step> {
    let mut seen = vec![false; classes];
    let merged = source.serves.iter().map(|served| Step {
        class: class_of[served.class],
        ratio: served.ratio,
        inverse: 1.0 / served.ratio,
    });
    merged
        .filter(|step| !std::mem::replace(&mut seen[step.class], true))
        .collect()
}

/// Adds lane by lane.
pub(super) fn add(to: &mut Lanes, other: &Lanes) {
    for (to, other) in to.iter_mut().zip(other) {
        *to += other;
    }
}

/// The sum of everything, in a fixed order.
pub(super) fn total(rows: &[Lanes]) -> f64 {
    let mut sum = [0.0; LANES];
    wide(
        #[inline(always)]
        || {
            for row in rows {
                add(&mut sum, row);
            }
        },
    );
    sum.iter().sum()
}

/// The smaller of two numbers; one instruction, as neither is NaN.
pub(super) const fn least(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// The larger of two numbers.
pub(super) const fn largest(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// Classes that every source serves at the same ratio are one class. (A certificate is checked on the
/// original ones.) Returns the new class of each old one.
fn merge(problem: &Problem) -> (Vec<usize>, usize) {
    let mut signatures = vec![Vec::new(); problem.usage().len()];
    for (index, source) in problem.sources().iter().enumerate() {
        for served in &source.serves {
            signatures[served.class].push((index, same_ratio(served.ratio)));
        }
    }
    let mut known = BTreeMap::new();
    let class_of = signatures.into_iter().map(|signature| {
        let next = known.len();
        *known.entry(signature).or_insert(next)
    });
    let class_of: Vec<usize> = class_of.collect();
    let classes = known.len();
    (class_of, classes)
}

/// Equal for ratios that differ by rounding only (in the last 12 of 52 bits).
const fn same_ratio(ratio: f64) -> u64 {
    (ratio.to_bits() + (1 << 11)) >> 12
}
