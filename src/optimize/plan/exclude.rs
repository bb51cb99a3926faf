//! Which rules exclude each other, when no purchases keep all of them.

use rust_decimal::Decimal;

use super::super::{Evaluator, Limit, Problem, Settings, Solution, solve};
use super::candidates::Market;
use super::keep::Inputs;
use super::plans::{Failed, Options, cheapest};
use super::rules::{RuleName, Unkept};
use super::tariff::Tariff;

impl Tariff {
    /// Refuses a solution that breaks a limit: only coverage can be out of reach, by itself or beside a budget.
    pub(super) fn possible(&self, solution: &Solution, options: &Options) -> Result<(), Failed> {
        if solution.broken.is_empty() {
            return Ok(());
        }
        let problem = &self.model.problem;
        let (coverage, budgets): (Vec<Limit>, Vec<Limit>) = problem
            .limits()
            .iter()
            .cloned()
            .partition(|limit| !limit.rest.is_empty());
        let settings = self.settings(options);
        let alone = under(problem, coverage.clone(), &settings)?;
        if !alone.broken.is_empty() {
            let asked = options.rules.min_coverage.unwrap_or_default();
            let most = covered(problem, &alone);
            return Err(Unkept::Uncovered { asked, most }.into());
        }
        let names = options.rules.names();
        for limit in budgets {
            let rule = names.iter().find(|rule| rule.row() == limit.name);
            let both = coverage.iter().cloned().chain([limit]).collect();
            let both = under(problem, both, &settings)?;
            if let (Some(&second), false) = (rule, both.broken.is_empty()) {
                return Err(Unkept::Exclude {
                    first: RuleName::MinCoverage,
                    second,
                    most: covered(problem, &both),
                }
                .into());
            }
        }
        let rule = RuleName::MinCoverage;
        Err(Unkept::Never { rule }.into())
    }
}

/// Why no purchases keep the rules, with the pair that excludes each other where it is a pair.
pub(super) fn pair<M: Market>(why: Failed, inputs: &Inputs<'_, M>) -> Failed {
    let Failed::Rules(Unkept::Never { rule }) = why else {
        return why;
    };
    let Inputs {
        demand,
        owned,
        market,
        options,
    } = *inputs;
    let names = options.rules.names();
    let excluded = |kept: &[RuleName]| {
        let others = names.iter().filter(|name| !kept.contains(name));
        let rules = others.fold(options.rules.clone(), |rules, &other| rules.without(other));
        let options = Options {
            rules,
            ..options.clone()
        };
        matches!(
            cheapest(demand, owned, market, &options),
            Err(Failed::Rules(_))
        )
    };
    if excluded(&[rule]) {
        return why;
    }
    let others = names.iter().filter(|&&other| other != rule);
    let second = others.copied().find(|&other| excluded(&[rule, other]));
    let pair = |second| Unkept::Pair {
        first: rule,
        second,
    };
    second.map_or(why, |second| pair(second).into())
}

/// The problem under some of its limits.
fn under(problem: &Problem, limits: Vec<Limit>, settings: &Settings) -> Result<Solution, Failed> {
    Ok(solve(&problem.clone().limited(limits)?, settings))
}

/// What a solution covers, per cent, rounded down to tenths.
fn covered(problem: &Problem, solution: &Solution) -> Decimal {
    let all = problem.on_demand();
    let left: f64 = Evaluator::new(problem, 1)
        .rests(&solution.commitment)
        .iter()
        .sum();
    let tenths = if all > 0.0 {
        ((1.0 - left / all) * 1_000.0).floor().max(0.0)
    } else {
        0.0
    };
    Decimal::try_from(tenths / 10.0).unwrap_or_default()
}
