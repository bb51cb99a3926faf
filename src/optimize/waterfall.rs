//! What commitments leave On-Demand, hour by hour, and what one more committed dollar would be worth there.
//!
//! Hours lie in tiles of 64 so that one source meets one class for 64 hours in a few vector instructions.
//! They are ordered by load: neighbours are alike, and a group of them makes one good cut.

use std::collections::BTreeMap;

use super::problem::Problem;

/// Hours of a tile.
pub(super) const LANES: usize = 64;

/// One number for each hour of a tile.
pub(super) type Lanes = [f64; LANES];

/// No class is left for one more dollar.
const NOWHERE: usize = usize::MAX;

/// A problem made ready for the waterfall: equal classes merged, hours ordered by load, in tiles.
#[derive(Debug)]
pub struct Evaluator {
    /// `hours[place]` is the hour of the problem that stands at `place`.
    pub(super) hours: Vec<usize>,
    pub(super) classes: usize,
    pub(super) tiles: usize,
    /// `tiles` x `classes`.
    usage: Vec<Lanes>,
    pub(super) sources: Vec<Steps>,
    /// By class: the sources that serve it, with their ratios.
    pub(super) served_by: Vec<Vec<(usize, f64)>>,
    pub(super) threads: usize,
    /// Shadow prices whose bound misses the cost of an hour by less, relative to its usage, are good enough.
    pub(super) exact: f64,
}

/// A source in the evaluator.
#[derive(Debug)]
pub(super) struct Steps {
    pub(super) fee: f64,
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
        let hours = by_load(problem);
        let tiles = hours.len().div_ceil(LANES);
        let mut usage = vec![[0.0; LANES]; tiles * classes];
        for (row, &class) in problem.usage().iter().zip(&class_of) {
            for (place, &hour) in hours.iter().enumerate() {
                let (tile, lane) = split(place);
                usage[tile * classes + class][lane] += row[hour];
            }
        }
        let sources = problem.sources().iter().map(|source| {
            let mut owned = Vec::new();
            if source.owned.iter().any(|&capacity| capacity > 0.0) {
                owned = vec![[0.0; LANES]; tiles];
                for (place, &hour) in hours.iter().enumerate() {
                    let (tile, lane) = split(place);
                    owned[tile][lane] = source.owned[hour];
                }
            }
            let mut seen = vec![false; classes];
            let merged = source.serves.iter().map(|served| Step {
                class: class_of[served.class],
                ratio: served.ratio,
                inverse: 1.0 / served.ratio,
            });
            Steps {
                fee: source.fee,
                serves: merged
                    .filter(|step| !std::mem::replace(&mut seen[step.class], true))
                    .collect(),
                owned,
            }
        });
        let sources: Vec<Steps> = sources.collect();
        let mut served_by = vec![Vec::new(); classes];
        for (index, source) in sources.iter().enumerate() {
            for step in &source.serves {
                served_by[step.class].push((index, step.ratio));
            }
        }
        Self {
            sources,
            served_by,
            hours,
            classes,
            tiles,
            usage,
            threads: threads.max(1),
            exact: 1e-6,
        }
    }

    /// With other demands on shadow prices.
    pub(super) fn exact_to(self, exact: f64) -> Self {
        Self { exact, ..self }
    }

    /// Classes left after merging those with equal prices and scope.
    pub const fn classes(&self) -> usize {
        self.classes
    }

    /// Fees of the commitment (dollars an hour by source) and whatever it leaves On-Demand.
    pub fn cost(&self, commitment: &[f64]) -> f64 {
        let rests = self.each_tile(|tile, scratch| {
            self.forward(tile, commitment, scratch);
            total(&scratch.rest)
        });
        self.fees(commitment) + rests.iter().sum::<f64>()
    }

    /// Fees of the commitment.
    pub(super) fn fees(&self, commitment: &[f64]) -> f64 {
        let fees = self.sources.iter().zip(commitment);
        fees.map(|(source, committed)| source.fee * committed).sum()
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
        let mut capacity = [committed; LANES];
        match self.owned(tile, source) {
            Some(owned) => add(&mut capacity, owned),
            None if committed <= 0.0 => return,
            None => {}
        }
        for step in &self.sources[source].serves {
            let rest = &mut rest[row(step.class)];
            for (rest, capacity) in rest.iter_mut().zip(&mut capacity) {
                let covered = least(*rest, *capacity * step.ratio);
                *rest -= covered;
                *capacity = largest(*capacity - covered * step.inverse, 0.0);
            }
        }
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
            for step in serves {
                for (worth, lambda) in scratch.worth[step.class].iter_mut().zip(&*lambda) {
                    *worth = least(*worth, lambda * step.inverse);
                }
            }
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
        scratch.worth.fill([1.0; LANES]);
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

/// Tile and lane of a place.
pub(super) const fn split(place: usize) -> (usize, usize) {
    #[expect(clippy::integer_division, reason = "whole tiles")]
    (place / LANES, place % LANES)
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
    for row in rows {
        add(&mut sum, row);
    }
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

/// The hours, the one with the largest usage first.
fn by_load(problem: &Problem) -> Vec<usize> {
    let mut load = vec![0.0; problem.hours()];
    for row in problem.usage() {
        for (load, usage) in load.iter_mut().zip(row) {
            *load += usage;
        }
    }
    let mut hours: Vec<usize> = (0..problem.hours()).collect();
    hours.sort_by(|&a, &b| load[b].total_cmp(&load[a]).then(a.cmp(&b)));
    hours
}
