//! Rules that a plan has to keep, as linear rows: so many dollars committed an hour, so many paid upfront, so
//! much left On-Demand at most. Each has a price: what the objective falls by for one more of what it limits.

use super::problem::{InvalidProblem, Problem, Source, finite};
use super::scenario::Objective;

/// `sum commitments x C + sum rest x (On-Demand remainder of a scenario) <= most`.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// Names it to people.
    pub name: String,
    /// Sources, each with what one of its committed dollars uses up.
    pub commitments: Vec<(usize, f64)>,
    /// Scenarios, each with what one dollar that stays On-Demand in it uses up. One limit of a problem at most
    /// has any.
    pub rest: Vec<(usize, f64)>,
    /// How much may be used up.
    pub most: f64,
}

impl Limit {
    /// What is used up, less what may be: positive where the limit is broken.
    pub fn excess(&self, commitment: &[f64], rests: &[f64]) -> f64 {
        let bought = self
            .commitments
            .iter()
            .map(|&(source, factor)| factor * commitment[source]);
        let left = self
            .rest
            .iter()
            .map(|&(scenario, factor)| factor * rests[scenario]);
        bought.chain(left).sum::<f64>() - self.most
    }

    /// By how much it may be missed: a ten-millionth of it, or a billionth of a dollar an hour of each source.
    pub(super) fn rounding(&self) -> f64 {
        let factors = self.commitments.iter().map(|(_, factor)| factor);
        1e-7 * self.most + 1e-9 * factors.sum::<f64>()
    }

    /// What one committed dollar of a source uses up.
    pub(super) fn factor(&self, source: usize) -> f64 {
        let own = self.commitments.iter().find(|(found, _)| *found == source);
        own.map_or(0.0, |(_, factor)| *factor)
    }
}

/// Checks every limit against the problem it is for.
pub(super) fn check(problem: &Problem, limits: &[Limit]) -> Result<(), InvalidProblem> {
    for limit in limits {
        let name = &limit.name;
        let known = |entries: &[(usize, f64)], count: usize| {
            let mut seen = vec![false; count];
            entries.iter().all(|&(index, factor)| {
                factor >= 0.0
                    && factor.is_finite()
                    && index < count
                    && !std::mem::replace(&mut seen[index], true)
            })
        };
        finite(&[limit.most], || format!("the limit `{name}`"))?;
        if !known(&limit.commitments, problem.sources().len())
            || !known(&limit.rest, problem.scenarios().len())
        {
            let what =
                format!("every factor of the limit `{name}`, each index known and named once,");
            return Err(InvalidProblem::Number { what });
        }
        let least: Vec<f64> = problem.sources().iter().map(|source| source.min).collect();
        if limit.excess(&least, &vec![0.0; problem.scenarios().len()]) > limit.rounding() {
            let name = name.clone();
            return Err(InvalidProblem::Limit { name });
        }
    }
    if limits.iter().filter(|limit| !limit.rest.is_empty()).count() > 1 {
        let what = "the number of limits on what stays On-Demand must be at most one: it".into();
        return Err(InvalidProblem::Number { what });
    }
    Ok(())
}

/// The fee of a commitment that shall cost next to nothing, beside the real one.
const NEXT_TO_NOTHING: f64 = 1e-6;

impl Problem {
    /// The problem of leaving as little On-Demand as `limits` on commitments allow, of what the limit on it
    /// counts.
    pub(super) fn covering(&self, limits: Vec<Limit>) -> Option<Self> {
        let limit = self.limits().iter().find(|limit| !limit.rest.is_empty())?;
        let all: f64 = limit.rest.iter().map(|(_, factor)| factor).sum();
        let mut scenarios = self.scenarios().to_vec();
        for (index, scenario) in scenarios.iter_mut().enumerate() {
            let own = limit.rest.iter().find(|(counted, _)| *counted == index);
            scenario.probability = own.map_or(0.0, |(_, factor)| factor / all);
            scenario.fixed = 0.0;
        }
        let sources = self.sources().iter().map(|source| Source {
            fee: source.fee * NEXT_TO_NOTHING,
            ..source.clone()
        });
        let problem = Self::new(self.hours(), self.usage().to_vec(), sources.collect()).ok()?;
        let weighted = if self.weights().is_empty() {
            problem
        } else {
            problem.weighted(self.weights().to_vec()).ok()?
        };
        let problem = weighted.in_scenarios(scenarios, Objective::Expected).ok()?;
        problem.limited(limits).ok()
    }
}
