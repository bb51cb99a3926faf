//! Sources that cannot be part of a cheapest plan: never worth their fee, or beaten everywhere by another.

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
    if never_worth_it(problem, source) {
        return Some(Reason::NeverWorthIt);
    }
    let first = source.serves.first()?;
    let others = served_by[first.class].iter().map(|&(other, _)| other);
    others
        .filter(|&other| other != index && !removed(other))
        .find(|&other| dominates(&problem.sources()[other], source, served_by, other))
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
    most.iter().sum::<f64>() <= source.fee * (1.0 - MARGIN)
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
