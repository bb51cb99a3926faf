//! The proof of a lower bound, and its check, which needs no solver.
//!
//! For any numbers `lambda >= 0` (by source and hour) whose sum over the hours is at most the source's fee,
//! every commitment under every way of applying it costs at least
//! `sum usage * min(1, lambda / ratio) - sum lambda * owned` (weak duality; docs/optimisation.md). [`bound_of`]
//! is that one pass. A [`Certificate`] keeps `lambda` short: a weighted mean, by group of hours, of shadow
//! prices at a few listed commitments. Whatever they are, the pass over them decides.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::linear::Sum;
use super::problem::{Problem, Source};
use super::waterfall::{Evaluator, LANES, Lanes, largest, split};

/// Proof that no commitments of a problem cost less than `bound`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// Fingerprint of the problem.
    pub problem: String,
    /// The bound, dollars over the window.
    pub bound: f64,
    /// Hours of a group; the hours are ordered by load, the largest first.
    pub group_hours: usize,
    /// Part of an hour's usage by which the waterfall's own shadow prices may miss its cost before they are
    /// improved.
    pub exact: f64,
    /// Sources that others make useless; their prices follow from the others'.
    pub pruned: Vec<usize>,
    /// Commitments by source, in billionths of a dollar an hour, whose shadow prices are averaged.
    pub points: Vec<Vec<u64>>,
    /// The weights.
    pub weights: Vec<Weight>,
}

/// How much one point's shadow prices count in one group of hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weight {
    /// The group.
    pub group: usize,
    /// The point.
    pub point: usize,
    /// In parts of 10^12.
    pub parts: u64,
}

/// Why a certificate proves nothing.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Violation {
    /// It was made for other usage, prices or owned commitments.
    #[error("the certificate was made for another problem ({found}, this one is {expected})")]
    OtherProblem {
        /// This problem.
        expected: String,
        /// The certificate's.
        found: String,
    },
    /// Some list has the wrong length, or an index leads nowhere.
    #[error("the certificate does not fit the problem: {what}")]
    Shape {
        /// Which.
        what: String,
    },
    /// A shadow price is negative, infinite or no number.
    #[error("the shadow price of `{source_name}` in hour {hour} is {value}")]
    Price {
        /// The source.
        source_name: String,
        /// The hour of the window.
        hour: usize,
        /// The price.
        value: f64,
    },
    /// A source's shadow prices add up to more than it costs.
    #[error("the shadow prices of `{source_name}` add up to {sum}, more than its fee of {fee}")]
    Fee {
        /// The source.
        source_name: String,
        /// The sum.
        sum: f64,
        /// The fee.
        fee: f64,
    },
    /// The bound that is claimed is not the one that is proved.
    #[error("the certificate claims a bound of {claimed}, its shadow prices prove {proved}")]
    Claim {
        /// What it claims.
        claimed: f64,
        /// What it proves.
        proved: f64,
    },
}

/// Part of every sum that is given up so that rounding cannot lift a bound above the truth: some 5,000 times
/// what compensated sums of `f64` lose.
const SAFETY: f64 = 1e-12;
/// Parts of a weight.
const PARTS: f64 = 1e12;
/// Billionths.
const NANOS: f64 = 1e9;

impl Weight {
    pub(super) fn new(group: usize, point: usize, weight: f64) -> Self {
        Self {
            group,
            point,
            parts: whole(weight * PARTS),
        }
    }
}

/// Checks a certificate against the problem alone; the proved bound, dollars over the window.
///
/// # Errors
/// [`Violation`] says why it proves nothing, or less than it claims.
pub fn check(problem: &Problem, certificate: &Certificate) -> Result<f64, Violation> {
    let expected = problem.fingerprint();
    if certificate.problem != expected {
        let found = certificate.problem.clone();
        return Err(Violation::OtherProblem { expected, found });
    }
    let proved = bound_of(problem, &multipliers(problem, certificate)?)?;
    let claimed = certificate.bound;
    if claimed <= proved + SAFETY * proved.abs() {
        return Ok(claimed.min(proved));
    }
    Err(Violation::Claim { claimed, proved })
}

/// The bound that `lambda` proves (by source and hour), dollars over the window.
///
/// # Errors
/// [`Violation`] when `lambda` has the wrong shape, a number that is no price, or exceeds a fee.
pub fn bound_of(problem: &Problem, lambda: &[Vec<f64>]) -> Result<f64, Violation> {
    let sources = problem.sources();
    if lambda.len() != sources.len() || lambda.iter().any(|row| row.len() != problem.hours()) {
        let what = "one price for each source and hour is needed".into();
        return Err(Violation::Shape { what });
    }
    let mut bound = Sum::default();
    let mut size = Sum::default();
    let mut add = |term: f64| {
        bound.add(term);
        size.add(term.abs());
    };
    for (source, row) in sources.iter().zip(lambda) {
        add(commitment_term(source, row)?);
        for (owned, lambda) in source.owned.iter().zip(row) {
            add(-owned * lambda);
        }
    }
    let mut served_by = vec![Vec::new(); problem.usage().len()];
    for (source, row) in sources.iter().zip(lambda) {
        for served in &source.serves {
            served_by[served.class].push((row, served.ratio));
        }
    }
    for (usage, served_by) in problem.usage().iter().zip(&served_by) {
        let mut worth = vec![1.0_f64; usage.len()];
        for (row, ratio) in served_by {
            for (worth, lambda) in worth.iter_mut().zip(*row) {
                *worth = worth.min(lambda / ratio);
            }
        }
        for (usage, worth) in usage.iter().zip(worth) {
            add(usage * worth);
        }
    }
    Ok(bound.value() - SAFETY * size.value())
}

/// The least that buying `source` adds to the bound: its fee less the worth of its dollar, for as many
/// dollars as are allowed.
fn commitment_term(source: &Source, lambda: &[f64]) -> Result<f64, Violation> {
    let mut sum = Sum::default();
    for (hour, &value) in lambda.iter().enumerate() {
        if !(value >= 0.0 && value.is_finite()) {
            let source_name = source.name.clone();
            return Err(Violation::Price {
                source_name,
                hour,
                value,
            });
        }
        sum.add(value);
    }
    let sum = sum.value() * (1.0 + SAFETY);
    let spare = source.fee - sum;
    if spare >= 0.0 {
        return Ok(spare * source.min);
    }
    if source.max.is_finite() {
        return Ok(spare * source.max);
    }
    Err(Violation::Fee {
        source_name: source.name.clone(),
        sum,
        fee: source.fee,
    })
}

/// Writes a certificate's shadow prices out, by source and hour.
///
/// # Errors
/// [`Violation::Shape`] when the certificate does not fit the problem.
pub fn multipliers(
    problem: &Problem,
    certificate: &Certificate,
) -> Result<Vec<Vec<f64>>, Violation> {
    certificate.fits(problem)?;
    let evaluator = Evaluator::new(problem, 1).exact_to(certificate.exact);
    Ok(expand(problem, &evaluator, certificate))
}

impl Certificate {
    fn fits(&self, problem: &Problem) -> Result<(), Violation> {
        let sources = problem.sources().len();
        let shape = |what: &str| Err(Violation::Shape { what: what.into() });
        let aligned = match self.group_hours {
            0 => false,
            hours if hours < LANES => LANES.is_multiple_of(hours),
            hours => hours.is_multiple_of(LANES),
        };
        if !aligned {
            return shape("groups must be whole tiles or divide them");
        }
        if self.points.iter().any(|point| point.len() != sources) {
            return shape("a point needs one commitment for each source");
        }
        if self.pruned.iter().any(|&source| source >= sources) {
            return shape("a pruned source is unknown");
        }
        let groups = problem.hours().div_ceil(self.group_hours);
        let lost = |weight: &Weight| weight.group >= groups || weight.point >= self.points.len();
        if self.weights.iter().any(lost) {
            return shape("a weight names an unknown group or point");
        }
        Ok(())
    }
}

/// Gives a certificate its bound: what it proves, after scaling its weights down to the fees if need be.
pub(super) fn certify(
    problem: &Problem,
    evaluator: &Evaluator,
    mut certificate: Certificate,
) -> Certificate {
    for _ in 0..8 {
        match bound_of(problem, &expand(problem, evaluator, &certificate)) {
            Ok(bound) => {
                certificate.bound = bound;
                return certificate;
            }
            Err(Violation::Fee { sum, fee, .. }) => certificate.scale(fee / sum * (1.0 - 1e-9)),
            Err(_) => break,
        }
    }
    // No weights prove what needs no proof: everything covered costs nothing.
    certificate.weights.clear();
    certificate.points.clear();
    let nothing = expand(problem, evaluator, &certificate);
    certificate.bound = bound_of(problem, &nothing).unwrap_or(0.0);
    certificate
}

impl Certificate {
    fn scale(&mut self, factor: f64) {
        for weight in &mut self.weights {
            weight.parts = whole(weight.parts as f64 * factor);
        }
    }
}

/// The shadow prices by source and hour of the window.
fn expand(problem: &Problem, evaluator: &Evaluator, certificate: &Certificate) -> Vec<Vec<f64>> {
    let sources = problem.sources().len();
    let points = certificate.points.iter().map(|point| {
        let amounts = point.iter().map(|&nanos| nanos as f64 / NANOS);
        amounts.collect::<Vec<f64>>()
    });
    let points: Vec<Vec<f64>> = points.collect();
    let kept: Vec<usize> = (0..sources)
        .filter(|source| !certificate.pruned.contains(source))
        .collect();
    let tiles = evaluator.each_tile(|tile, scratch| {
        let mut prices = vec![[0.0; LANES]; sources];
        for (point, lanes) in certificate.weights_of(tile) {
            evaluator.shadow_prices(tile, &points[point], &kept, scratch);
            for &source in &kept {
                for (lane, weight) in lanes.iter().enumerate() {
                    prices[source][lane] += weight * scratch.lambda[source][lane];
                }
            }
        }
        for &source in &kept {
            scratch.lambda[source] = prices[source];
        }
        evaluator.worth_under(&kept, scratch);
        for &source in &certificate.pruned {
            // The least price at which nobody would turn to this source.
            prices[source] = [0.0; LANES];
            for step in &evaluator.sources[source].serves {
                let used = evaluator.usage(tile, step.class);
                let worth = &scratch.worth[step.class];
                for (lane, price) in prices[source].iter_mut().enumerate() {
                    if used[lane] > 0.0 {
                        *price = largest(*price, worth[lane] * step.ratio);
                    }
                }
            }
        }
        prices
    });
    let mut lambda = vec![vec![0.0; problem.hours()]; sources];
    for (place, &hour) in evaluator.hours.iter().enumerate() {
        let (tile, lane) = split(place);
        for (source, row) in lambda.iter_mut().enumerate() {
            row[hour] = tiles[tile][source][lane];
        }
    }
    lambda
}

impl Certificate {
    /// The points that count in a tile, each with its weight by lane.
    fn weights_of(&self, tile: usize) -> Vec<(usize, Lanes)> {
        let mut found: BTreeMap<usize, Lanes> = BTreeMap::new();
        #[expect(clippy::integer_division, reason = "whole groups")]
        let group_of = |lane: usize| (tile * LANES + lane) / self.group_hours;
        let groups = group_of(0)..=group_of(LANES - 1);
        for weight in self
            .weights
            .iter()
            .filter(|weight| groups.contains(&weight.group))
        {
            let lanes = found.entry(weight.point).or_insert([0.0; LANES]);
            for (lane, total) in lanes.iter_mut().enumerate() {
                if group_of(lane) == weight.group {
                    *total += weight.parts as f64 / PARTS;
                }
            }
        }
        found.into_iter().collect()
    }
}

/// Rounds down to whole billionths of a dollar, as a number of dollars.
pub(super) fn quantised(dollars: f64) -> f64 {
    whole_nanos(dollars) as f64 / NANOS
}

/// Rounds to whole billionths of a dollar.
pub(super) fn whole_nanos(dollars: f64) -> u64 {
    whole((dollars * NANOS).round())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates; amounts are far below its ends"
)]
fn whole(value: f64) -> u64 {
    value as u64
}
