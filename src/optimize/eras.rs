//! How the hours of a problem are laid out: by scenario, by which sources live, then by load; and which sources
//! are one thing bought at several dates.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::problem::{Problem, Source};
use super::waterfall::{Evaluator, LANES};

/// Hours of one scenario in which the same sources live.
#[derive(Debug)]
pub(super) struct Era {
    pub(super) scenario: usize,
    /// Which sources of the problem live, by source of the evaluator.
    pub(super) members: Vec<Vec<usize>>,
    /// Its first tile.
    pub(super) first: usize,
    /// How many hours it has.
    pub(super) hours: usize,
}

/// The source of the evaluator that each source of the problem is part of, and the first part of each. Only
/// sources that come and go are put together.
pub(super) fn bundles(problem: &Problem) -> (Vec<usize>, Vec<usize>) {
    let mut first_of: Vec<usize> = Vec::new();
    let mut bundle_of = Vec::new();
    for (index, source) in problem.sources().iter().enumerate() {
        let before = first_of.last().map(|&first| &problem.sources()[first]);
        if !before.is_some_and(|before| before.is_same_as(source)) {
            first_of.push(index);
        }
        bundle_of.push(first_of.len() - 1);
    }
    (bundle_of, first_of)
}

/// The eras, the hours in each tile and the era of each tile. Tiles do not reach over eras.
pub(super) fn eras(
    problem: &Problem,
    bundle_of: &[usize],
    bundles: usize,
) -> (Vec<Era>, Vec<Vec<usize>>, Vec<usize>) {
    let load = load(problem);
    let mut eras = Vec::new();
    let (mut tiles, mut era_of) = (Vec::new(), Vec::new());
    for (scenario, alive, mut hours) in spans(problem) {
        hours.sort_by(|&a, &b| load[b].total_cmp(&load[a]).then(a.cmp(&b)));
        let mut members = vec![Vec::new(); bundles];
        for (source, _) in alive.iter().enumerate().filter(|(_, alive)| **alive) {
            members[bundle_of[source]].push(source);
        }
        era_of.resize(era_of.len() + hours.len().div_ceil(LANES), eras.len());
        eras.push(Era {
            scenario,
            members,
            first: tiles.len(),
            hours: hours.len(),
        });
        tiles.extend(hours.chunks(LANES).map(<[usize]>::to_vec));
    }
    (eras, tiles, era_of)
}

/// A scenario, which sources live, and the hours in which they do.
type Span = (usize, Vec<bool>, Vec<usize>);

/// In the order in which they first occur.
fn spans(problem: &Problem) -> Vec<Span> {
    let mut ends: BTreeMap<usize, usize> = BTreeMap::new();
    let mut end = 0;
    for (index, scenario) in problem.scenarios().iter().enumerate() {
        end += scenario.hours;
        ends.insert(end, index);
    }
    let lives = problem.sources().iter().flat_map(|source| &source.alive);
    let mut cuts: BTreeSet<usize> = lives.flat_map(|alive| [alive.start, alive.end]).collect();
    cuts.extend(ends.keys().copied());
    cuts.insert(0);
    let cuts: Vec<usize> = cuts.into_iter().collect();
    let mut known: BTreeMap<(usize, Vec<bool>), usize> = BTreeMap::new();
    let mut found: Vec<Span> = Vec::new();
    for cut in cuts.windows(2) {
        let scenario = ends
            .range(cut[0] + 1..)
            .next()
            .map_or(0, |(_, &index)| index);
        let alive: Vec<bool> = problem
            .sources()
            .iter()
            .map(|source| source.is_alive(cut[0]))
            .collect();
        let place = *known
            .entry((scenario, alive.clone()))
            .or_insert(found.len());
        if place == found.len() {
            found.push((scenario, alive, Vec::new()));
        }
        found[place].2.extend(cut[0]..cut[1]);
    }
    found
}

/// Usage by hour.
fn load(problem: &Problem) -> Vec<f64> {
    let mut load = vec![0.0; problem.hours()];
    for row in problem.usage() {
        for (load, usage) in load.iter_mut().zip(row) {
            *load += usage;
        }
    }
    load
}

impl Source {
    /// Whether two sources are one thing bought at two dates.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        let passes = |source: &Self| !source.alive.is_empty();
        passes(self) && passes(other) && self.stage == other.stage && self.serves == other.serves
    }

    /// The hours in which it serves, of a window of so many.
    pub(super) fn living(&self, hours: usize) -> Vec<Range<usize>> {
        if self.alive.is_empty() {
            std::iter::once(0..hours).collect()
        } else {
            self.alive.clone()
        }
    }

    /// Whether what is bought of it is there in an hour.
    pub fn is_alive(&self, hour: usize) -> bool {
        self.alive.is_empty() || self.alive.iter().any(|alive| alive.contains(&hour))
    }
}

/// Groups of hours, each with cuts of its own; the hours of a group are of one era.
#[derive(Debug)]
pub(super) struct Groups {
    /// Hours of a group: a divisor or a multiple of a tile.
    pub(super) hours: usize,
    /// The groups of each era.
    eras: Vec<Range<usize>>,
    /// The first tile of each era.
    first: Vec<usize>,
}

impl Groups {
    pub(super) fn new(evaluator: &Evaluator, hours: usize) -> Self {
        let mut next = 0;
        let eras = evaluator.eras.iter().map(|era| {
            let start = next;
            next += era.hours.div_ceil(hours);
            start..next
        });
        Self {
            hours,
            eras: eras.collect(),
            first: evaluator.eras.iter().map(|era| era.first).collect(),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.eras.last().map_or(0, |era| era.end)
    }

    /// The era of each group.
    pub(super) fn eras(&self) -> impl Iterator<Item = usize> {
        let eras = self.eras.iter().enumerate();
        eras.flat_map(|(era, groups)| groups.clone().map(move |_| era))
    }

    /// The group of a lane in a tile of an era.
    pub(super) fn of(&self, era: usize, tile: usize, lane: usize) -> usize {
        #[expect(clippy::integer_division, reason = "whole groups")]
        let within = ((tile - self.first[era]) * LANES + lane) / self.hours;
        // Lanes behind the last hour have no usage: any group will do.
        (self.eras[era].start + within).min(self.eras[era].end - 1)
    }
}
