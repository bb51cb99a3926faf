//! Better shadow prices where AWS's order is not the best one: the waterfall's own are then no optimum of the
//! dual, and their bound is needlessly low.
//!
//! With all other prices fixed, the best price of one source in one hour is exact: take the classes in the
//! order of what its dollar would earn there; the one at which its capacity runs out sets the price. Doing so
//! source by source only ever lifts the bound. It may stop short of the best prices, where only a change of
//! two at once would help; the bound is then lower than it could be, never wrong.

use std::ops::Range;

use super::waterfall::{Evaluator, LANES, Scratch, least};

/// Rounds over all sources; more hardly lift the bound.
const SWEEPS: usize = 3;
/// By how much sums of a hundred thousand numbers may depend on their order: far more than they do.
const ROUNDING: f64 = 1e-9;

impl Evaluator {
    /// Improves the prices in `scratch` of the hours whose bound is below their cost.
    pub(super) fn refine(
        &self,
        tile: usize,
        commitment: &[f64],
        kept: &[usize],
        scratch: &mut Scratch,
    ) {
        let loose = self.loose_lanes(tile, commitment, kept, scratch);
        if loose.is_empty() {
            return;
        }
        let ties = Ties::new(self, kept);
        let mut hour = Column::new(&ties);
        for lane in loose {
            hour.begin(self, (tile, lane), kept, &ties, scratch);
            for _ in 0..SWEEPS {
                let mut moved = false;
                for place in (0..kept.len()).rev() {
                    let source = kept[place];
                    let capacity = self.capacity(tile, source, commitment[source], lane);
                    moved |= hour.settle(place, capacity, &ties);
                }
                if !moved {
                    break;
                }
            }
            for (place, &source) in kept.iter().enumerate() {
                scratch.lambda[source][lane] = hour.lambda[place];
            }
        }
        self.worth_under(kept, scratch);
    }

    /// The hours of a tile whose bound misses their cost.
    fn loose_lanes(
        &self,
        tile: usize,
        commitment: &[f64],
        kept: &[usize],
        scratch: &Scratch,
    ) -> Vec<usize> {
        let mut missing = [0.0; LANES];
        let mut size = [0.0; LANES];
        for class in 0..self.classes {
            let usage = self.usage(tile, class);
            for lane in 0..LANES {
                let worth = usage[lane] * scratch.worth[class][lane];
                missing[lane] += scratch.rest[class][lane] - worth;
                size[lane] += usage[lane];
            }
        }
        for &source in kept {
            for (lane, missing) in missing.iter_mut().enumerate() {
                let capacity = self.capacity(tile, source, commitment[source], lane);
                *missing += scratch.lambda[source][lane] * capacity;
            }
        }
        (0..LANES)
            .filter(|&lane| missing[lane] > self.exact * size[lane])
            .collect()
    }

    fn capacity(&self, tile: usize, source: usize, committed: f64, lane: usize) -> f64 {
        let owned = self.owned(tile, source);
        committed + owned.map_or(0.0, |owned| owned[lane])
    }
}

/// Which of the kept sources serve which class, laid out for one hour at a time.
struct Ties {
    /// By kept source: the range of its steps in `steps`.
    of: Vec<Range<usize>>,
    /// Class, ratio, and where the price of the step stands in a class's row.
    steps: Vec<Tie>,
    /// By class: the range of its prices.
    rows: Vec<Range<usize>>,
    /// By place of a price: the kept source it is of.
    served_by: Vec<usize>,
}

/// A kept source and a class.
struct Tie {
    class: usize,
    ratio: f64,
    /// Where its price stands.
    at: usize,
}

impl Ties {
    fn new(evaluator: &Evaluator, kept: &[usize]) -> Self {
        let mut sizes = vec![0; evaluator.classes];
        let serves = |&source: &usize| &evaluator.sources[source].serves;
        for step in kept.iter().flat_map(serves) {
            sizes[step.class] += 1;
        }
        let mut end = 0;
        let mut rows: Vec<Range<usize>> = Vec::new();
        for size in sizes {
            rows.push(end..end);
            end += size;
        }
        let mut found = Self {
            of: Vec::new(),
            steps: Vec::new(),
            rows,
            served_by: vec![0; end],
        };
        for (place, source) in kept.iter().enumerate() {
            let first = found.steps.len();
            for step in serves(source) {
                let row = &mut found.rows[step.class];
                found.served_by[row.end] = place;
                found.steps.push(Tie {
                    class: step.class,
                    ratio: step.ratio,
                    at: row.end,
                });
                row.end += 1;
            }
            found.of.push(first..found.steps.len());
        }
        found
    }
}

/// The prices of one hour while they are improved.
struct Column {
    usage: Vec<f64>,
    /// By kept source.
    lambda: Vec<f64>,
    /// By kept source: nothing that its price depends on has changed since it was set.
    settled: Vec<bool>,
    /// By step: what a covered dollar of the class costs from the source.
    prices: Vec<f64>,
    earns: Vec<(f64, f64)>,
}

impl Column {
    fn new(ties: &Ties) -> Self {
        Self {
            usage: vec![0.0; ties.rows.len()],
            lambda: vec![0.0; ties.of.len()],
            settled: vec![false; ties.of.len()],
            prices: vec![0.0; ties.steps.len()],
            earns: Vec::new(),
        }
    }

    /// Turns to another hour, with the prices that `scratch` has.
    fn begin(
        &mut self,
        evaluator: &Evaluator,
        (tile, lane): (usize, usize),
        kept: &[usize],
        ties: &Ties,
        scratch: &Scratch,
    ) {
        for (class, usage) in self.usage.iter_mut().enumerate() {
            *usage = evaluator.usage(tile, class)[lane];
        }
        self.settled.fill(false);
        for (place, &source) in kept.iter().enumerate() {
            self.set(place, scratch.lambda[source][lane], ties);
        }
    }

    /// Gives a source a price.
    fn set(&mut self, place: usize, lambda: f64, ties: &Ties) {
        self.lambda[place] = lambda;
        for tie in &ties.steps[ties.of[place].clone()] {
            self.prices[tie.at] = lambda / tie.ratio;
        }
    }

    /// Gives a source the best price beside those of the others; whether it is another one than before.
    fn settle(&mut self, place: usize, capacity: f64, ties: &Ties) -> bool {
        if std::mem::replace(&mut self.settled[place], true) {
            return false;
        }
        self.earns.clear();
        let steps = &ties.steps[ties.of[place].clone()];
        for tie in steps {
            let usage = self.usage[tie.class];
            if usage > 0.0 {
                let others = ties.rows[tie.class].clone().filter(|&at| at != tie.at);
                let worth = others.map(|at| self.prices[at]).fold(1.0, least);
                self.earns.push((worth * tie.ratio, usage / tie.ratio));
            }
        }
        if is_best(&self.earns, capacity, self.lambda[place]) {
            return false;
        }
        let lambda = best_price(&mut self.earns, capacity);
        if lambda.to_bits() == self.lambda[place].to_bits() {
            return false;
        }
        self.set(place, lambda, ties);
        for tie in steps {
            for at in ties.rows[tie.class].clone().filter(|&at| at != tie.at) {
                self.settled[ties.served_by[at]] = false;
            }
        }
        true
    }
}

/// Whether a capacity clearly runs out at a price: what earns more fits, what earns as much as well does not. Where it
/// is a matter of rounding, [`best_price`] has to say.
fn is_best(earns: &[(f64, f64)], capacity: f64, price: f64) -> bool {
    let (mut more, mut as_much) = (0.0, 0.0);
    for &(earned, dollars) in earns {
        more += if earned > price { dollars } else { 0.0 };
        as_much += if earned >= price { dollars } else { 0.0 };
    }
    let fits = more <= capacity * (1.0 - ROUNDING);
    fits && (capacity * (1.0 + ROUNDING) < as_much || price <= 0.0)
}

/// The price at which a capacity runs out; found by halving, as sorting would cost more than all else.
fn best_price(mut earns: &mut [(f64, f64)], capacity: f64) -> f64 {
    let mut left = capacity;
    while earns.len() > 1 {
        let half = earns.len() >> 1;
        earns.select_nth_unstable_by(half, |a, b| b.0.total_cmp(&a.0));
        let (better, worse) = earns.split_at_mut(half);
        let dollars: f64 = better.iter().map(|earned| earned.1).sum();
        if dollars > left {
            earns = better;
        } else {
            left -= dollars;
            earns = worse;
        }
    }
    match earns {
        [(price, dollars)] if *dollars > left => *price,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::{best_price, is_best};

    #[test]
    fn the_price_is_that_of_the_class_at_which_the_capacity_runs_out() {
        let price = |capacity| {
            let mut earns = [(1.2, 5.0), (1.6, 1.0), (1.4, 2.0)];
            best_price(&mut earns, capacity)
        };
        let prices = [0.0, 0.9, 1.0, 2.9, 3.0, 7.9, 8.0].map(price);
        let expected = [1.6, 1.6, 1.4, 1.4, 1.2, 1.2, 0.0_f64];
        assert_eq!(prices.map(f64::to_bits), expected.map(f64::to_bits));
    }

    #[test]
    fn a_price_is_left_alone_only_where_it_is_clearly_the_best_one() {
        let mut earns = vec![(1.2, 5.0), (1.6, 1.0), (1.4, 2.0)];
        for tenths in 0..100 {
            let capacity = f64::from(tenths) / 10.0;
            let best = best_price(&mut earns, capacity);
            for price in [0.0_f64, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7] {
                let at_a_corner = [1.0, 3.0, 8.0_f64].map(f64::to_bits);
                let clear = !at_a_corner.contains(&capacity.to_bits());
                let same = best.to_bits() == price.to_bits();
                assert_eq!(is_best(&earns, capacity, price), same && clear);
            }
        }
    }
}
