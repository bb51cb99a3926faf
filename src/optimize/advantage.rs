//! Where AWS's order of application is not the cheapest one.
//!
//! Specific sources first, then general ones, each from the highest ratio down: that is optimal when scopes
//! are nested and the specific source has the comparative advantage, `g_jk / g_jl >= g_j'k / g_j'l` for `j`
//! more specific than `j'` and `k` served before `l`. Elsewhere the cost is not convex in the commitments.

use super::problem::{Problem, Served};

/// A place where the waterfall may not be the optimum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deviation {
    /// A source serves a class before another with a higher ratio.
    Ratio {
        /// The source.
        source: usize,
        /// The class served first.
        first: usize,
        /// The class with the higher ratio.
        then: usize,
    },
    /// Two sources share some classes, and the earlier one serves others as well.
    Crossing {
        /// The source applied first.
        earlier: usize,
        /// The source applied later.
        later: usize,
        /// A class that only the earlier one serves.
        class: usize,
    },
    /// The later source would rather have had the class that the earlier one serves first.
    Advantage {
        /// The source applied first.
        earlier: usize,
        /// The source applied later.
        later: usize,
        /// The class the earlier one serves first.
        first: usize,
        /// The class the earlier one would have had the advantage for.
        then: usize,
    },
}

/// Ratios closer than this are equal.
const SAME: f64 = 1e-9;

/// All places where the waterfall may not be the optimum, one a pair of sources; empty means that it is.
pub fn deviations(problem: &Problem) -> Vec<Deviation> {
    let sources = problem.sources();
    let mut found = Vec::new();
    for (source, offered) in sources.iter().enumerate() {
        let rising = |pair: &&[Served]| pair[1].ratio > pair[0].ratio * (1.0 + SAME);
        if let Some(pair) = offered.serves.windows(2).find(rising) {
            found.push(Deviation::Ratio {
                source,
                first: pair[0].class,
                then: pair[1].class,
            });
        }
    }
    let mut ratios = vec![0.0; problem.usage().len()];
    for (later, offered) in sources.iter().enumerate() {
        if is_again(problem, later) {
            continue;
        }
        ratios.fill(0.0);
        for served in &offered.serves {
            ratios[served.class] = served.ratio;
        }
        for earlier in (0..later).filter(|&earlier| !is_again(problem, earlier)) {
            found.extend(pair(problem, earlier, later, &ratios));
        }
    }
    found
}

/// Whether a source is what the one before it is, bought at another date.
fn is_again(problem: &Problem, source: usize) -> bool {
    let sources = problem.sources();
    let before = source.checked_sub(1).map(|before| &sources[before]);
    before.is_some_and(|before| before.is_same_as(&sources[source]))
}

/// Compares two sources; `ratios` are the later one's by class, 0 where it does not serve.
fn pair(problem: &Problem, earlier: usize, later: usize, ratios: &[f64]) -> Option<Deviation> {
    let serves = &problem.sources()[earlier].serves;
    if let Some(found) = disadvantages(serves, ratios).next() {
        return Some(Deviation::Advantage {
            earlier,
            later,
            first: found.first,
            then: found.then,
        });
    }
    let mut shared = serves.iter().filter(|served| ratios[served.class] > 0.0);
    shared.next()?;
    let outside = serves.iter().find(|served| ratios[served.class] == 0.0)?;
    Some(Deviation::Crossing {
        earlier,
        later,
        class: outside.class,
    })
}

/// Two classes that a source serves in the wrong order for a later one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Disadvantage {
    pub(super) first: usize,
    pub(super) then: usize,
    /// By what factor the earlier source is better at `then` than at `first`, beside the later one.
    pub(super) factor: f64,
}

/// Every class that a source has more of an advantage for than for one it serves before.
pub(super) fn disadvantages(
    serves: &[Served],
    ratios: &[f64],
) -> impl Iterator<Item = Disadvantage> {
    let shared = serves.iter().filter(|served| ratios[served.class] > 0.0);
    let mut least: Option<(f64, usize)> = None;
    shared.filter_map(move |served| {
        let advantage = served.ratio / ratios[served.class];
        match least {
            Some((lowest, first)) if advantage > lowest * (1.0 + SAME) => Some(Disadvantage {
                first,
                then: served.class,
                factor: advantage / lowest,
            }),
            Some((lowest, _)) if advantage >= lowest => None,
            _ => {
                least = Some((advantage, served.class));
                None
            }
        }
    })
}
