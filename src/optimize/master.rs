//! The master problem of the cutting planes, solved from its dual side, where every new cut is a new column.
//!
//! Primal: the commitments `C` and the On-Demand remainder `theta` of every group of hours of least cost,
//! `sum F C + sum theta`, under all cuts `theta_g >= a - b.C` known so far. Dual: weights on the cuts,
//! `max sum a w` with `sum b w <= F` by source and `sum w <= 1` by group. A revised simplex method with an
//! explicit inverse keeps its basis from round to round; its weights are the certificate and its
//! multipliers the commitments. Fees are scaled to one, so multipliers are dollars.
//!
//! With several scenarios `sum w` of a group may be what its scenario weighs at least, and more for a share in
//! what the objective leaves to choose: a column a scenario. A limit is a column as well, which makes sources
//! dearer, and what stays On-Demand count more; its value is the price of the limit.

use std::collections::BTreeSet;

use super::linear::{add_scaled, dot, eliminate, inverse, scale};

/// Violation, relative to the objective, below which a cut counts as met.
const TOLERANCE: f64 = 1e-10;
/// Fees and group weights are held back by up to this part, each by another one: without such a
/// perturbation the method stalls on ties. It costs as much of the bound.
const PERTURBATION: f64 = 1e-7;
/// A pivot below this is no pivot.
const PIVOT: f64 = 1e-9;

/// Cuts of one group that are looked at again before all are.
const PER_GROUP: usize = 2;

/// A lower bound on what one group of hours leaves On-Demand: `intercept - slope . C`.
#[derive(Debug, Clone)]
pub(super) struct Cut {
    pub(super) group: usize,
    /// Index of the commitments at which it was made.
    pub(super) point: usize,
    pub(super) intercept: f64,
    /// By source.
    pub(super) slope: Vec<f64>,
}

/// What the master is about, beside the cuts.
#[derive(Debug, Default)]
pub(super) struct Terms {
    pub(super) prices: Vec<Price>,
    /// The scenario of each group.
    pub(super) groups: Vec<usize>,
    pub(super) stakes: Vec<Stake>,
    pub(super) rows: Vec<Row>,
}

/// What the master charges a source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Price {
    pub(super) fee: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

/// How much a scenario may weigh, and what it costs in any case.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stake {
    pub(super) least: f64,
    pub(super) most: f64,
    pub(super) fixed: f64,
    pub(super) probability: f64,
}

/// A limit: factors by source of the master and by scenario.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) commitments: Vec<(usize, f64)>,
    pub(super) rest: Vec<(usize, f64)>,
    pub(super) most: f64,
}

/// The cuts, the basis and its inverse.
#[derive(Debug)]
pub(super) struct Master {
    prices: Vec<Price>,
    /// Sources and groups: the rows that cuts have entries in.
    shared: usize,
    /// What the scenarios cost in any case, at their least weights.
    fixed: f64,
    stakes: Vec<Stake>,
    extras: Vec<Extra>,
    cuts: Vec<Column>,
    basis: Vec<Basic>,
    /// Row by row.
    inverse: Vec<f64>,
    /// Values of the basic columns.
    values: Vec<f64>,
    right: Vec<f64>,
    /// Dollars by source, then by group.
    multipliers: Vec<f64>,
}

#[derive(Debug)]
struct Column {
    cut: Cut,
    /// Rounds since it was last tight.
    idle: usize,
    basic: bool,
}

/// A column that is there from the start.
#[derive(Debug)]
struct Extra {
    role: Role,
    gain: f64,
    entries: Vec<(usize, f64)>,
}

/// What the value of an extra column says.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Role {
    /// The price of the largest commitment of a source.
    Ceiling,
    /// How much more than the least a scenario weighs.
    Stake(usize),
    /// The price of a limit, in what its units were scaled by.
    Row { index: usize, scale: f64 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Basic {
    /// What a row leaves over.
    Slack(usize),
    /// A cut.
    Cut(usize),
    /// One of the columns that are there from the start.
    Extra(usize),
}

impl Terms {
    /// Whether the objective leaves the weights of the scenarios open.
    fn is_open(&self) -> bool {
        self.stakes.iter().any(|stake| stake.most > stake.least)
    }

    /// Right-hand sides: fees of one, weights of groups, then what the objective leaves to choose.
    fn right(&self) -> Vec<f64> {
        let held_back =
            |row: usize| 1.0 - PERTURBATION * ((row + 1) as f64 * 0.618_033_988_75).fract();
        let open = self.is_open();
        let sources = std::iter::repeat_n(1.0, self.prices.len());
        let groups = self
            .groups
            .iter()
            .map(|&scenario| self.stakes[scenario].least);
        let mut right: Vec<f64> = sources.chain(groups).collect();
        if open {
            right.extend(self.stakes.iter().map(|stake| stake.most - stake.least));
            let chosen = self
                .stakes
                .iter()
                .map(|stake| stake.probability - stake.least);
            right.push(chosen.sum());
        }
        let groups = self.prices.len()..self.prices.len() + self.groups.len();
        for (row, right) in right.iter_mut().enumerate() {
            let factor = held_back(row);
            // Groups that need not weigh anything would all be tied at nothing. A cut that weighs a little
            // more than its scenario proves no more: the check counts each hour at what it weighs.
            let untied = if open && groups.contains(&row) {
                PERTURBATION * (1.0 - factor)
            } else {
                0.0
            };
            *right = *right * factor + untied;
        }
        right
    }

    fn extras(&self) -> Vec<Extra> {
        let limited = self
            .prices
            .iter()
            .enumerate()
            .filter(|(_, price)| price.max.is_finite());
        let ceilings = limited.map(|(source, price)| Extra {
            role: Role::Ceiling,
            gain: -(price.max - price.min) * price.fee,
            entries: vec![(source, -1.0)],
        });
        let open = if self.is_open() { self.stakes.len() } else { 0 };
        let stakes = (0..open).map(|scenario| {
            let first = self.prices.len() + self.groups.len();
            let mut entries = self.of_groups(|of| if of == scenario { -1.0 } else { 0.0 });
            entries.extend([(first + scenario, 1.0), (first + open, 1.0)]);
            Extra {
                role: Role::Stake(scenario),
                gain: self.stakes[scenario].fixed,
                entries,
            }
        });
        let rows = self.rows.iter().enumerate().map(|(index, row)| {
            let scale = self.scale(row);
            let mut left = row.most;
            let mut entries = Vec::new();
            for &(source, factor) in &row.commitments {
                left -= factor * self.prices[source].min;
                entries.push((source, -scale * factor / self.prices[source].fee));
            }
            let factor = |of| {
                let found = row.rest.iter().find(|(scenario, _)| *scenario == of);
                found.map_or(0.0, |(_, factor)| -scale * factor)
            };
            entries.extend(self.of_groups(factor));
            Extra {
                role: Role::Row { index, scale },
                gain: -scale * left,
                entries,
            }
        });
        ceilings.chain(stakes).chain(rows).collect()
    }

    /// What makes a limit's units about dollars: what is broken counts like money that is missed.
    fn scale(&self, row: &Row) -> f64 {
        let commitments = row.commitments.iter().filter(|(_, factor)| *factor > 0.0);
        let fees = commitments.map(|&(source, factor)| self.prices[source].fee / factor);
        let rests = row
            .rest
            .iter()
            .filter(|(_, factor)| *factor > 0.0)
            .map(|(_, factor)| 1.0 / factor);
        let most = fees.chain(rests).fold(0.0, f64::max);
        if most > 0.0 { most } else { 1.0 }
    }

    /// Entries in the rows of groups, from the factor of their scenario.
    fn of_groups(&self, factor: impl Fn(usize) -> f64) -> Vec<(usize, f64)> {
        let groups = self.groups.iter().enumerate();
        let entries = groups.map(|(group, &of)| (self.prices.len() + group, factor(of)));
        entries.filter(|(_, factor)| *factor != 0.0).collect()
    }
}

impl Master {
    /// A master without cuts: nothing is committed, nothing is known to cost anything.
    pub(super) fn new(terms: Terms) -> Self {
        let right = terms.right();
        let size = right.len();
        let mut inverse = vec![0.0; size * size];
        for row in 0..size {
            inverse[row * size + row] = 1.0;
        }
        Self {
            extras: terms.extras(),
            shared: terms.prices.len() + terms.groups.len(),
            fixed: terms
                .stakes
                .iter()
                .map(|stake| stake.least * stake.fixed)
                .sum(),
            stakes: terms.stakes,
            prices: terms.prices,
            cuts: Vec::new(),
            basis: (0..size).map(Basic::Slack).collect(),
            inverse,
            values: right.clone(),
            right,
            multipliers: vec![0.0; size],
        }
    }

    /// Adds a cut, which is moved to the least commitments and scaled to fees of one. Whether it is violated
    /// by the commitments of the last solution.
    pub(super) fn add(&mut self, mut cut: Cut) -> bool {
        for (slope, price) in cut.slope.iter_mut().zip(&self.prices) {
            cut.intercept -= *slope * price.min;
            *slope /= price.fee;
        }
        self.cuts.push(Column {
            cut,
            idle: 0,
            basic: false,
        });
        self.reduced(Basic::Cut(self.cuts.len() - 1)) > TOLERANCE * self.objective().abs()
    }

    /// Finds the weights of the largest bound.
    pub(super) fn solve(&mut self) {
        self.refresh();
        let limit = 50 * self.basis.len() + 1_000;
        let mut candidates = Vec::new();
        for _ in 0..limit {
            let Some(entering) = self.price(&mut candidates) else {
                break;
            };
            if !self.pivot(entering) {
                break;
            }
        }
        let objective = self.objective();
        let tight: Vec<bool> = (0..self.cuts.len())
            .map(|cut| self.reduced(Basic::Cut(cut)) > -TOLERANCE * objective.abs())
            .collect();
        for (column, tight) in self.cuts.iter_mut().zip(tight) {
            column.idle = if tight || column.basic {
                0
            } else {
                column.idle + 1
            };
        }
    }

    /// Forgets cuts that have been slack for `rounds`.
    pub(super) fn drop_idle(&mut self, rounds: usize) {
        let mut place = vec![0; self.cuts.len()];
        let mut kept = 0;
        for (column, place) in self.cuts.iter().zip(&mut place) {
            *place = kept;
            kept += usize::from(column.idle < rounds);
        }
        self.cuts.retain(|column| column.idle < rounds);
        for basic in &mut self.basis {
            if let Basic::Cut(cut) = basic {
                *cut = place[*cut];
            }
        }
    }

    /// The points that there are cuts of.
    pub(super) fn points(&self) -> BTreeSet<usize> {
        self.cuts.iter().map(|column| column.cut.point).collect()
    }

    /// The commitments, dollars an hour by source.
    pub(super) fn commitment(&self) -> Vec<f64> {
        let amounts = self.prices.iter().zip(&self.multipliers);
        let amount = |(price, multiplier): (&Price, &f64)| {
            (price.min + multiplier.max(0.0) / price.fee).min(price.max)
        };
        amounts.map(amount).collect()
    }

    /// The least cost under all cuts.
    pub(super) fn bound(&self) -> f64 {
        let least = self.prices.iter().map(|price| price.fee * price.min);
        self.objective() + least.sum::<f64>() + self.fixed
    }

    /// How much each scenario weighs.
    pub(super) fn scenarios(&self) -> Vec<f64> {
        let mut weights: Vec<f64> = self.stakes.iter().map(|stake| stake.least).collect();
        for (role, value) in self.chosen() {
            if let Role::Stake(scenario) = role {
                weights[scenario] += value;
            }
        }
        weights
    }

    /// The price of each of so many limits.
    pub(super) fn limits(&self, count: usize) -> Vec<f64> {
        let mut prices = vec![0.0; count];
        for (role, value) in self.chosen() {
            if let Role::Row { index, scale } = role {
                prices[index] = value * scale;
            }
        }
        prices
    }

    /// The extra columns of the basis with their values.
    fn chosen(&self) -> impl Iterator<Item = (Role, f64)> {
        let basis = self.basis.iter().zip(&self.values);
        basis.filter_map(|(basic, &value)| match basic {
            Basic::Extra(extra) => Some((self.extras[*extra].role, value.max(0.0))),
            _ => None,
        })
    }

    /// The weights of the cuts: group, point, weight.
    pub(super) fn weights(&self) -> impl Iterator<Item = (usize, usize, f64)> {
        let basis = self.basis.iter().zip(&self.values);
        basis.filter_map(|(basic, &weight)| match basic {
            Basic::Cut(cut) if weight > 0.0 => {
                let cut = &self.cuts[*cut].cut;
                Some((cut.group, cut.point, weight))
            }
            _ => None,
        })
    }

    fn objective(&self) -> f64 {
        let basis = self.basis.iter().zip(&self.values);
        basis.map(|(&basic, value)| self.gain(basic) * value).sum()
    }

    fn gain(&self, column: Basic) -> f64 {
        match column {
            Basic::Slack(_) => 0.0,
            Basic::Cut(cut) => self.cuts[cut].cut.intercept,
            Basic::Extra(extra) => self.extras[extra].gain,
        }
    }

    /// What a unit of the column would add to the objective.
    fn reduced(&self, column: Basic) -> f64 {
        match column {
            Basic::Slack(row) => -self.multipliers[row],
            Basic::Extra(extra) => {
                let Extra { gain, entries, .. } = &self.extras[extra];
                let priced = entries
                    .iter()
                    .map(|&(row, entry)| entry * self.multipliers[row]);
                gain - priced.sum::<f64>()
            }
            Basic::Cut(cut) => {
                let cut = &self.cuts[cut].cut;
                let (sources, groups) = self.multipliers[..self.shared].split_at(self.prices.len());
                cut.intercept - groups[cut.group] - dot(&cut.slope, sources)
            }
        }
    }

    /// The column that promises most, first among `candidates`, which shrink to those that still promise
    /// something; when none does, among all.
    fn price(&self, candidates: &mut Vec<Basic>) -> Option<Basic> {
        let least = TOLERANCE * self.objective().abs().max(1e-9);
        let best = self.best_of(candidates, least);
        if best.is_some() {
            return best;
        }
        *candidates = self.promising(least);
        self.best_of(candidates, least)
    }

    fn best_of(&self, candidates: &mut Vec<Basic>, least: f64) -> Option<Basic> {
        let mut best = (least, None);
        candidates.retain(|&column| {
            let reduced = self.reduced(column);
            if reduced > best.0 {
                best = (reduced, Some(column));
            }
            reduced > least
        });
        best.1
    }

    /// Of every group the cuts that promise most, and whatever else promises anything.
    fn promising(&self, least: f64) -> Vec<Basic> {
        let extras = (0..self.extras.len()).map(Basic::Extra);
        let slacks = (0..self.basis.len()).map(Basic::Slack);
        let mut found: Vec<Basic> = slacks.chain(extras).collect();
        found.retain(|&column| self.reduced(column) > least);
        let mut cuts: Vec<(usize, f64, usize)> = Vec::new();
        for (index, column) in self.cuts.iter().enumerate() {
            let reduced = self.reduced(Basic::Cut(index));
            if !column.basic && reduced > least {
                cuts.push((column.cut.group, reduced, index));
            }
        }
        cuts.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
        for group in cuts.chunk_by(|a, b| a.0 == b.0) {
            found.extend(
                group
                    .iter()
                    .take(PER_GROUP)
                    .map(|&(.., cut)| Basic::Cut(cut)),
            );
        }
        found
    }

    /// The column in terms of the basis.
    fn direction(&self, column: Basic) -> Vec<f64> {
        let size = self.basis.len();
        let sources = self.prices.len();
        let rows = self.inverse.chunks_exact(size);
        match column {
            Basic::Slack(at) => rows.map(|row| row[at]).collect(),
            Basic::Extra(extra) => {
                let entries = &self.extras[extra].entries;
                let along = |row: &[f64]| entries.iter().map(|&(at, entry)| entry * row[at]).sum();
                rows.map(along).collect()
            }
            Basic::Cut(cut) => {
                let cut = &self.cuts[cut].cut;
                let mut along = vec![0.0; size];
                super::wide::wide(
                    #[inline(always)]
                    || {
                        for (along, row) in along.iter_mut().zip(rows) {
                            *along = dot(&cut.slope, &row[..sources]) + row[sources + cut.group];
                        }
                    },
                );
                along
            }
        }
    }

    /// Brings a column into the basis; `false` when nothing limits it, which only rounding can cause.
    fn pivot(&mut self, entering: Basic) -> bool {
        let reduced = self.reduced(entering);
        let direction = self.direction(entering);
        let Some(leaving) = self.leaving(&direction) else {
            return false;
        };
        let size = self.basis.len();
        let factor = 1.0 / direction[leaving];
        let step = self.values[leaving].max(0.0) * factor;
        let mut row = self.inverse[leaving * size..(leaving + 1) * size].to_vec();
        scale(&mut row, factor);
        eliminate(&mut self.inverse, &row, &direction, leaving);
        for (value, along) in self.values.iter_mut().zip(&direction) {
            *value -= along * step;
        }
        self.values[leaving] = step;
        add_scaled(&mut self.multipliers, reduced, &row);
        if let Basic::Cut(cut) = self.basis[leaving] {
            self.cuts[cut].basic = false;
        }
        if let Basic::Cut(cut) = entering {
            self.cuts[cut].basic = true;
        }
        self.basis[leaving] = entering;
        true
    }

    /// The basic column that reaches zero first; of those that do at once, the one with the largest pivot.
    fn leaving(&self, direction: &[f64]) -> Option<usize> {
        let steps = || {
            let rows = direction.iter().zip(&self.values).enumerate();
            rows.filter(|(_, (along, _))| **along > PIVOT)
        };
        let limit = steps()
            .map(|(_, (along, value))| (value.max(0.0) + 1e-11) / along)
            .min_by(f64::total_cmp)?;
        steps()
            .filter(|(_, (along, value))| value.max(0.0) / **along <= limit)
            .max_by(|a, b| a.1.0.total_cmp(b.1.0))
            .map(|(row, _)| row)
    }

    /// Recomputes values and multipliers from the inverse, and the inverse itself when it has drifted.
    fn refresh(&mut self) {
        let size = self.basis.len();
        let rows = self.inverse.chunks_exact(size);
        self.values = rows.map(|row| dot(row, &self.right)).collect();
        if self.drift() > 1e-9
            && let Some(inverse) = inverse(self.basis_matrix(), size)
        {
            self.inverse = inverse;
            let rows = self.inverse.chunks_exact(size);
            self.values = rows.map(|row| dot(row, &self.right)).collect();
        }
        self.multipliers = vec![0.0; size];
        for (index, &basic) in self.basis.iter().enumerate() {
            let gain = self.gain(basic);
            if gain != 0.0 {
                let row = &self.inverse[index * size..(index + 1) * size];
                add_scaled(&mut self.multipliers, gain, row);
            }
        }
    }

    /// By how much the basic columns at their values miss the right-hand side.
    fn drift(&self) -> f64 {
        let mut missing = self.right.clone();
        for (&basic, &value) in self.basis.iter().zip(&self.values) {
            self.add_column(basic, -value, &mut missing);
        }
        missing
            .iter()
            .fold(0.0, |worst: f64, row| worst.max(row.abs()))
    }

    /// `to += factor * column`.
    fn add_column(&self, column: Basic, factor: f64, to: &mut [f64]) {
        match column {
            Basic::Slack(row) => to[row] += factor,
            Basic::Extra(extra) => {
                for &(row, entry) in &self.extras[extra].entries {
                    to[row] += factor * entry;
                }
            }
            Basic::Cut(cut) => {
                let cut = &self.cuts[cut].cut;
                add_scaled(to, factor, &cut.slope);
                to[self.prices.len() + cut.group] += factor;
            }
        }
    }

    fn basis_matrix(&self) -> Vec<f64> {
        let size = self.basis.len();
        let mut matrix = vec![0.0; size * size];
        let mut column = vec![0.0; size];
        for (index, &basic) in self.basis.iter().enumerate() {
            column.fill(0.0);
            self.add_column(basic, 1.0, &mut column);
            for (row, value) in column.iter().enumerate() {
                matrix[row * size + index] = *value;
            }
        }
        matrix
    }
}
