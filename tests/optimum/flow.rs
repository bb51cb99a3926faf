//! A ladder of one pool is a flow of least cost through time: found here by shortest paths, in whole units.
//!
//! As many units as are ever used go from the first hour to the last. On its way a unit is reserved, which takes it a
//! term further for the fee, or idle for the time between two dates: of `n` idle ones the top `n` levels of usage are
//! On-Demand, so each idle one costs no less than the one before it.

use approx::assert_relative_eq;
use bursar::optimize;
use proptest::prelude::*;

use super::fleets::for_all;
use super::futures::{pool, tight};

/// One unit may go from a date to a later one.
struct Arc {
    from: usize,
    to: usize,
    cost: f64,
    /// Whether a unit goes there; then it may be sent back.
    used: bool,
}

/// Arcs of a pool whose dates are `step` hours apart and whose purchases live for `term` hours.
fn arcs(usage: &[f64], levels: usize, fee: f64, (term, step): (usize, usize)) -> Vec<Arc> {
    let mut arcs = Vec::new();
    for (date, hours) in usage.chunks(step).enumerate() {
        let arc = |to: usize, cost: f64| Arc {
            from: date,
            to,
            cost,
            used: false,
        };
        let level = |level: usize| hours.iter().filter(|&&used| used >= level as f64).count();
        arcs.extend((1..=levels).map(|top| arc(date + 1, level(top) as f64)));
        let end = (date * step + term).min(usage.len());
        let reserved = || arc(end.div_ceil(step), fee * (end - date * step) as f64);
        arcs.extend((0..levels).map(|_| reserved()));
    }
    arcs
}

/// Sends one more unit from the first date to the end by the cheapest way; gives what that adds to the cost.
fn send(arcs: &mut [Arc], end: usize) -> f64 {
    let mut cost = vec![f64::INFINITY; end + 1];
    let mut by = vec![None; end + 1];
    cost[0] = 0.0;
    let mut moved = true;
    while moved {
        moved = false;
        for (index, arc) in arcs.iter().enumerate() {
            let (from, to, price) = if arc.used {
                (arc.to, arc.from, -arc.cost)
            } else {
                (arc.from, arc.to, arc.cost)
            };
            // Rounding must not go round in circles.
            if cost[from] + price < cost[to] - 1e-9 {
                (cost[to], by[to]) = (cost[from] + price, Some((index, from)));
                moved = true;
            }
        }
    }
    let mut place = end;
    while let Some((index, from)) = by[place].filter(|_| place > 0) {
        arcs[index].used = !arcs[index].used;
        place = from;
    }
    cost[end]
}

#[test]
fn a_ladder_of_one_pool_is_a_flow_of_least_cost() {
    // Two years of months of four hours, a term of twelve months.
    let (dates, step) = (24, 4);
    let usage = prop::collection::vec(0_u8..9, dates * step);
    for_all(6, &(usage, 0.2..0.6_f64), |(usage, discount)| {
        let levels = usage.iter().copied().max().map_or(0, usize::from);
        let usage: Vec<f64> = usage.into_iter().map(f64::from).collect();
        let times = (12 * step, step);
        let mut arcs = arcs(&usage, levels, 1.0 - discount, times);
        let least: f64 = (0..levels).map(|_| send(&mut arcs, dates)).sum();
        let problem = pool(usage, discount, times.0, times.1);
        let solution = optimize::solve(&problem, &tight());
        assert_relative_eq!(solution.cost, least, max_relative = 5e-6);
        assert!(solution.lower_bound <= least * (1.0 + 1e-9));
        Ok(())
    });
}
