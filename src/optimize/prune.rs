//! Sources that cannot be part of a cheapest plan: never worth their fee, or beaten everywhere by another.
//!
//! Where several scenarios count, an hour is worth at most what the objective may make of it; where a limit asks
//! for coverage, a source may be bought at any loss, and only beaten ones go.

use std::ops::Range;

use super::problem::{Problem, Source};

/// A source left out of the search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pruned {
    /// Its index.
    pub source: usize,
    /// Why.
    pub reason: Reason,
}

/// Why a source is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Even used in every hour in which there is something to serve, it displaces less than it costs.
    NeverWorthIt,
    /// The other source serves the same usage and more at no smaller saving.
    Dominated {
        /// Index of the other source.
        by: usize,
    },
    /// It cannot be bought and none is owned.
    NotForSale,
}

/// Fees must be missed by more than rounding.
const MARGIN: f64 = 1e-9;

/// The sources of `problem` that cannot be part of a cheapest plan, ordered by index.
pub fn prune(problem: &Problem) -> Vec<Pruned> {
    let sources = problem.sources();
    let mut used = vec![Vec::new(); problem.usage().len()];
    for (index, source) in sources.iter().enumerate() {
        for served in &source.serves {
            used[served.class].push((index, served.ratio));
        }
    }
    let mut pruned: Vec<Pruned> = Vec::new();
    // Of equals the one that AWS applies first goes: a Savings Plan serves whatever a Reserved Instance of the
    // same price does, and more that may come.
    for source in 0..sources.len() {
        let removed = |other: usize| pruned.iter().any(|pruned| pruned.source == other);
        if let Some(reason) = reason(problem, &used, source, removed) {
            pruned.push(Pruned { source, reason });
        }
    }
    pruned
}

fn reason(
    problem: &Problem,
    served_by: &[Vec<(usize, f64)>],
    index: usize,
    removed: impl Fn(usize) -> bool,
) -> Option<Reason> {
    let source = &problem.sources()[index];
    if source.min > 0.0 || source.owned.iter().any(|&capacity| capacity > 0.0) {
        return None;
    }
    if source.max <= 0.0 {
        return Some(Reason::NotForSale);
    }
    let forced = problem.limits().iter().any(|limit| !limit.rest.is_empty());
    if !forced && never_worth_it(problem, source) {
        return Some(Reason::NeverWorthIt);
    }
    let first = source.serves.first()?;
    let others = served_by[first.class].iter().map(|&(other, _)| other);
    others
        .filter(|&other| other != index && !removed(other))
        .find(|&other| {
            dominates(&problem.sources()[other], source, served_by, other)
                && lives_as_long(problem, other, index)
                && uses_up_less(problem, other, index)
        })
        .map(|by| Reason::Dominated { by })
}

fn never_worth_it(problem: &Problem, source: &Source) -> bool {
    let mut most = vec![0.0_f64; problem.hours()];
    for served in &source.serves {
        for (most, usage) in most.iter_mut().zip(&problem.usage()[served.class]) {
            if *usage > 0.0 {
                *most = most.max(served.ratio);
            }
        }
    }
    let mut worth = 0.0;
    for ((hour, most), count) in most.into_iter().enumerate().zip(most_counted(problem)) {
        if source.is_alive(hour) {
            worth += most * count;
        }
    }
    worth <= source.fee * (1.0 - MARGIN)
}

/// How much each hour may count at most.
fn most_counted(problem: &Problem) -> impl Iterator<Item = f64> {
    let scenarios = problem.scenarios().iter();
    let counts = scenarios.flat_map(|scenario| {
        let most = problem.objective().weights(scenario.probability).1;
        std::iter::repeat_n(most, scenario.hours)
    });
    let weights = problem.weights().iter().copied();
    let weights = weights.chain(std::iter::repeat(1.0));
    counts.zip(weights).map(|(count, weight)| count * weight)
}

/// Whether one source is there whenever another is.
fn lives_as_long(problem: &Problem, other: usize, source: usize) -> bool {
    let (other, source) = (&problem.sources()[other], &problem.sources()[source]);
    other.alive.is_empty() || {
        let held = |hours: &Range<usize>| {
            let mut spans = other.alive.iter();
            spans.any(|alive| alive.start <= hours.start && hours.end <= alive.end)
        };
        !source.alive.is_empty() && source.alive.iter().all(held)
    }
}

/// Whether the money of one source uses up no more of any limit in another.
fn uses_up_less(problem: &Problem, other: usize, source: usize) -> bool {
    let fee = |index: usize| problem.sources()[index].fee;
    problem
        .limits()
        .iter()
        .all(|limit| limit.factor(other) * fee(source) <= limit.factor(source) * fee(other))
}

fn dominates(
    other: &Source,
    source: &Source,
    served_by: &[Vec<(usize, f64)>],
    index: usize,
) -> bool {
    other.max.is_infinite()
        && source.serves.iter().all(|served| {
            let found = served_by[served.class].iter().find(|(by, _)| *by == index);
            found.is_some_and(|(_, ratio)| ratio * source.fee >= served.ratio * other.fee)
        })
}
