//! Better shadow prices where AWS's order is not the best one: the waterfall's own are then no optimum of the
//! dual, and their bound is needlessly low.
//!
//! With all other prices fixed, the best price of one source in one hour is exact: take the classes in the
//! order of what its dollar would earn there; the one at which its capacity runs out sets the price. Doing so
//! source by source only ever lifts the bound. It may stop short of the best prices, where only a change of
//! two at once would help; the bound is then lower than it could be, never wrong.

use super::waterfall::{Evaluator, LANES, Scratch};

/// Rounds over all sources; more hardly lift the bound.
const SWEEPS: usize = 3;
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
        let mut is_kept = vec![false; self.sources.len()];
        for &source in kept {
            is_kept[source] = true;
        }
        let mut earns = Vec::new();
        for lane in loose {
            for _ in 0..SWEEPS {
                for &source in kept.iter().rev() {
                    earns.clear();
                    let capacity = self.capacity(tile, source, commitment[source], lane);
                    self.earnings((tile, lane), source, &is_kept, scratch, &mut earns);
                    scratch.lambda[source][lane] = best_price(&mut earns, capacity);
                }
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

    /// What a dollar of `source` earns in each class in one hour, given the prices of the others, and how
    /// many dollars it could earn there.
    fn earnings(
        &self,
        (tile, lane): (usize, usize),
        source: usize,
        is_kept: &[bool],
        scratch: &Scratch,
        earns: &mut Vec<(f64, f64)>,
    ) {
        for step in &self.sources[source].serves {
            let usage = self.usage(tile, step.class)[lane];
            if usage > 0.0 {
                let others = self.served_by[step.class].iter();
                let worth = others
                    .filter(|(other, _)| *other != source && is_kept[*other])
                    .map(|&(other, ratio)| scratch.lambda[other][lane] / ratio)
                    .fold(1.0, f64::min);
                earns.push((worth * step.ratio, usage / step.ratio));
            }
        }
    }
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
    use super::best_price;

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
}
