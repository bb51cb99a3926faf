//! The proof of a lower bound, and its check, which needs no solver.
//!
//! For any numbers `lambda >= 0` (by source and hour) whose sum over the hours is at most the source's fee,
//! every commitment under every way of applying it costs at least
//! `sum usage * min(1, lambda / ratio) - sum lambda * owned` (weak duality; docs/optimisation.md). [`bound_of`]
//! is that one pass. With scenarios an hour counts `pi`, the weight of its scenario, for any weights that the
//! objective allows; with limits any prices `mu >= 0` make sources dearer and the rest count more, and
//! `mu x limit` is taken off ([`Multipliers`]). A [`Certificate`] keeps `lambda` short: a weighted mean, by group of hours, of shadow
//! prices at a few listed commitments. Whatever they are, the pass over them decides.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::eras::Groups;
use super::linear::Sum;
use super::problem::{Problem, Source};
use super::waterfall::{Evaluator, LANES, Lanes, Scratch, largest};

/// Proof that no commitments of a problem cost less than `bound`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// Fingerprint of the problem.
    pub problem: String,
    /// The bound, dollars over the window.
    pub bound: f64,
    /// Hours of a group; the hours are ordered by scenario, by which sources live, and by load, the largest first.
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
    /// How much each scenario weighs, in parts of 10^12; none when as its probability.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scenarios: Vec<u64>,
    /// The price of each limit, in billionths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<u64>,
}

/// A certificate written out: everything that the bound is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Multipliers {
    /// `lambda`: by source and hour of the window.
    pub prices: Vec<Vec<f64>>,
    /// `pi`: by scenario.
    pub scenarios: Vec<f64>,
    /// `mu`: by limit, dollars for one of what it limits.
    pub limits: Vec<f64>,
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
    /// The scenarios weigh what the objective does not allow.
    #[error(
        "the weights of the scenarios are not among those the objective allows (scenario {scenario})"
    )]
    Scenario {
        /// The first that weighs too much.
        scenario: usize,
    },
    /// The price of a limit is negative, infinite or no number.
    #[error("the price of the limit `{name}` is {value}")]
    Limit {
        /// The limit.
        name: String,
        /// The price.
        value: f64,
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
            parts: whole_parts(weight),
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

/// The bound that multipliers prove, dollars over the window.
///
/// # Errors
/// [`Violation`] when they have the wrong shape, hold a number that is none, or exceed a fee.
pub fn bound_of(problem: &Problem, multipliers: &Multipliers) -> Result<f64, Violation> {
    let lambda = &multipliers.prices;
    let sources = problem.sources();
    if lambda.len() != sources.len() || lambda.iter().any(|row| row.len() != problem.hours()) {
        let what = "one price for each source and hour is needed".into();
        return Err(Violation::Shape { what });
    }
    let counts = counts(problem, multipliers)?;
    let mut bound = Sum::default();
    let mut size = Sum::default();
    let mut add = |term: f64| {
        bound.add(term);
        size.add(term.abs());
    };
    for (limit, price) in problem.limits().iter().zip(&multipliers.limits) {
        add(-price * limit.most);
    }
    for (scenario, weight) in problem.scenarios().iter().zip(&multipliers.scenarios) {
        add(weight * scenario.fixed);
    }
    for (index, (source, row)) in sources.iter().zip(lambda).enumerate() {
        let limits = problem.limits().iter().zip(&multipliers.limits);
        let dearer: f64 = limits
            .map(|(limit, price)| price * limit.factor(index))
            .sum();
        add(commitment_term(source, source.fee + dearer, row)?);
        for (owned, lambda) in source.owned.iter().zip(row) {
            add(-owned * lambda);
        }
    }
    let mut served_by = vec![Vec::new(); problem.usage().len()];
    for (source, row) in sources.iter().zip(lambda) {
        for served in &source.serves {
            served_by[served.class].push((source, row, served.ratio));
        }
    }
    for (usage, served_by) in problem.usage().iter().zip(&served_by) {
        let mut worth = counts.clone();
        for (source, row, ratio) in served_by {
            for hours in source.living(problem.hours()) {
                for (worth, lambda) in worth[hours.clone()].iter_mut().zip(&row[hours]) {
                    *worth = worth.min(lambda / ratio);
                }
            }
        }
        for (usage, worth) in usage.iter().zip(worth) {
            add(usage * worth);
        }
    }
    Ok(bound.value() - SAFETY * size.value())
}

/// What an uncovered dollar counts in each hour, if the weights of the scenarios and the prices of the limits
/// may be what they are.
fn counts(problem: &Problem, multipliers: &Multipliers) -> Result<Vec<f64>, Violation> {
    let (scenarios, limits) = (problem.scenarios(), problem.limits());
    if multipliers.scenarios.len() != scenarios.len() || multipliers.limits.len() != limits.len() {
        let what = "one weight for each scenario and one price for each limit are needed".into();
        return Err(Violation::Shape { what });
    }
    let allowed = problem
        .objective()
        .allows(scenarios, &multipliers.scenarios);
    allowed.map_err(|scenario| Violation::Scenario { scenario })?;
    let mut by_scenario = multipliers.scenarios.clone();
    for (limit, &value) in limits.iter().zip(&multipliers.limits) {
        if !(value >= 0.0 && value.is_finite()) {
            let name = limit.name.clone();
            return Err(Violation::Limit { name, value });
        }
        for &(scenario, factor) in &limit.rest {
            by_scenario[scenario] += value * factor;
        }
    }
    let hours = scenarios.iter().zip(&by_scenario);
    let counts = hours.flat_map(|(scenario, count)| std::iter::repeat_n(*count, scenario.hours));
    Ok(match problem.weights() {
        [] => counts.collect(),
        weights => counts
            .zip(weights)
            .map(|(count, weight)| count * weight)
            .collect(),
    })
}

/// The least that buying `source` adds to the bound: its fee (with what limits make it dearer by) less the
/// worth of its dollar, for as many dollars as are allowed.
fn commitment_term(source: &Source, fee: f64, lambda: &[f64]) -> Result<f64, Violation> {
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
    let spare = fee - sum;
    if spare >= 0.0 {
        return Ok(spare * source.min);
    }
    if source.max.is_finite() {
        return Ok(spare * source.max);
    }
    Err(Violation::Fee {
        source_name: source.name.clone(),
        sum,
        fee,
    })
}

/// Writes a certificate out.
///
/// # Errors
/// [`Violation::Shape`] when the certificate does not fit the problem.
pub fn multipliers(problem: &Problem, certificate: &Certificate) -> Result<Multipliers, Violation> {
    let evaluator = Evaluator::new(problem, 1).exact_to(certificate.exact);
    certificate.fits(problem, &evaluator)?;
    Ok(expand(problem, &evaluator, certificate))
}

impl Certificate {
    fn fits(&self, problem: &Problem, evaluator: &Evaluator) -> Result<(), Violation> {
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
        let scenarios = problem.scenarios().len();
        if !self.scenarios.is_empty() && self.scenarios.len() != scenarios {
            return shape("each scenario needs one weight");
        }
        if self.limits.len() != problem.limits().len() {
            return shape("each limit needs one price");
        }
        let groups = Groups::new(evaluator, self.group_hours).count();
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

/// Everything that a certificate stands for.
fn expand(problem: &Problem, evaluator: &Evaluator, certificate: &Certificate) -> Multipliers {
    let probabilities = problem.scenarios().iter().map(|one| one.probability);
    let mut multipliers = Multipliers {
        prices: Vec::new(),
        scenarios: match certificate.scenarios[..] {
            [] => probabilities.collect(),
            ref parts => parts.iter().map(|&parts| parts as f64 / PARTS).collect(),
        },
        limits: certificate
            .limits
            .iter()
            .map(|&nanos| dollars(nanos))
            .collect(),
    };
    // What may not be shows in the check of the multipliers; here it only must not stop the walk.
    let counts = counts(problem, &multipliers);
    let counts = counts.unwrap_or_else(|_| vec![0.0; problem.hours()]);
    multipliers.prices = prices(problem, evaluator, certificate, &counts);
    multipliers
}

/// The shadow prices by source and hour of the window, where an uncovered dollar counts as given.
fn prices(
    problem: &Problem,
    evaluator: &Evaluator,
    certificate: &Certificate,
    counts: &[f64],
) -> Vec<Vec<f64>> {
    let sources = problem.sources().len();
    let amounts = certificate.points.iter().map(|point| {
        let commitment: Vec<f64> = point.iter().map(|&nanos| dollars(nanos)).collect();
        evaluator.amounts(&commitment)
    });
    let amounts: Vec<Vec<Vec<f64>>> = amounts.collect();
    let kept: Vec<usize> = (0..sources)
        .filter(|source| !certificate.pruned.contains(source))
        .collect();
    let bundles = evaluator.kept(&kept);
    let groups = Groups::new(evaluator, certificate.group_hours);
    let tiles = evaluator.each_tile(|tile, scratch| {
        let era = evaluator.era_of[tile];
        let kept = &bundles[era];
        let mut prices = vec![[0.0; LANES]; evaluator.sources.len()];
        for (point, lanes) in certificate.weights_of(tile, era, &groups) {
            evaluator.shadow_prices(tile, &amounts[point][era], kept, scratch);
            for &source in kept {
                for (lane, weight) in lanes.iter().enumerate() {
                    prices[source][lane] += weight * scratch.lambda[source][lane];
                }
            }
        }
        evaluator.weigh(tile, &mut prices);
        for &source in kept {
            scratch.lambda[source] = prices[source];
        }
        let mut dollar = [1.0; LANES];
        for (dollar, &hour) in dollar.iter_mut().zip(&evaluator.hours[tile]) {
            *dollar = counts[hour];
        }
        evaluator.worth_from(&dollar, kept, scratch);
        let prune = |&source: &usize| evaluator.deterrent(tile, source, scratch);
        (
            prices,
            certificate.pruned.iter().map(prune).collect::<Vec<Lanes>>(),
        )
    });
    let mut lambda = vec![vec![0.0; problem.hours()]; sources];
    for (tile, (prices, pruned)) in tiles.iter().enumerate() {
        let era = &evaluator.eras[evaluator.era_of[tile]];
        let of_kept = kept
            .iter()
            .map(|&source| (source, &prices[evaluator.bundle_of[source]]));
        let of_pruned = certificate.pruned.iter().copied().zip(pruned);
        for (source, lanes) in of_kept.chain(of_pruned) {
            if era.members[evaluator.bundle_of[source]]
                .binary_search(&source)
                .is_ok()
            {
                for (&hour, price) in evaluator.hours[tile].iter().zip(lanes) {
                    lambda[source][hour] = *price;
                }
            }
        }
    }
    lambda
}

impl Evaluator {
    /// The least price at which nobody would turn to a source, given what classes are worth.
    fn deterrent(&self, tile: usize, source: usize, scratch: &Scratch) -> Lanes {
        let mut prices = [0.0; LANES];
        for step in &self.sources[self.bundle_of[source]].serves {
            let used = self.usage(tile, step.class);
            let worth = &scratch.worth[step.class];
            for (lane, price) in prices.iter_mut().enumerate() {
                if used[lane] > 0.0 {
                    *price = largest(*price, worth[lane] * step.ratio);
                }
            }
        }
        prices
    }
}

impl Certificate {
    /// The points that count in a tile of an era, each with its weight by lane.
    fn weights_of(&self, tile: usize, era: usize, groups: &Groups) -> Vec<(usize, Lanes)> {
        let mut found: BTreeMap<usize, Lanes> = BTreeMap::new();
        let group_of = |lane: usize| groups.of(era, tile, lane);
        let all = group_of(0)..=group_of(LANES - 1);
        for weight in self
            .weights
            .iter()
            .filter(|weight| all.contains(&weight.group))
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

/// Billionths of a dollar as dollars.
pub(super) fn dollars(nanos: u64) -> f64 {
    nanos as f64 / NANOS
}

/// Rounds a share down to whole parts of 10^12.
pub(super) fn whole_parts(share: f64) -> u64 {
    whole(share * PARTS)
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
