//! What each rule costs: the plan under all of them beside the cheapest one without it, and what a little more
//! room would be worth, as the proof has it.

use crate::units::Money;

use super::super::Solution;
use super::candidates::Market;
use super::keep::Inputs;
use super::plans::{Failed, Options, Plan, cheapest};
use super::rules::RuleName;
use super::tariff::Tariff;

/// What a rule costs.
#[derive(Debug, Clone, PartialEq)]
pub struct RulePrice {
    /// The rule.
    pub rule: RuleName,
    /// What the window would cost less without it, the others being kept.
    pub cost: Money,
    /// What the bound falls by, dollars over the window, for one dollar an hour, one dollar upfront or one per cent of
    /// coverage more room; only rules that are rows of the problem have it.
    pub marginal: Option<f64>,
}

/// The price of every rule that `plan` was made under.
pub(super) fn rule_prices<M: Market>(
    plan: &Plan,
    (tariff, solution): (&Tariff, &Solution),
    inputs: &Inputs<'_, M>,
) -> Result<Vec<RulePrice>, Failed> {
    let Inputs {
        demand,
        owned,
        market,
        options,
    } = *inputs;
    let price = |rule: RuleName| {
        let free = Options {
            rules: options.rules.without(rule),
            ..options.clone()
        };
        let free = cheapest(demand, owned, market, &free)?;
        // Rounding may leave the freer plan a few cents behind; it could always be the other one.
        let cost = (plan.counted() - free.counted()).max(Money::ZERO);
        Ok(RulePrice {
            rule,
            cost,
            marginal: tariff.marginal(rule, solution),
        })
    };
    options.rules.names().into_iter().map(price).collect()
}

impl Tariff {
    /// The price of a rule's rows: on several dates it has one for each hour that needs one.
    pub(super) fn marginal(&self, rule: RuleName, solution: &Solution) -> Option<f64> {
        let limits = self.model.problem.limits().iter().zip(&solution.prices);
        let own = limits.filter(|(limit, _)| limit.name == rule.row());
        let price = own
            .map(|(_, price)| *price)
            .reduce(|sum, price| sum + price)?;
        let percent = self.model.problem.on_demand() / 100.0;
        let unit = if rule == RuleName::MinCoverage {
            percent
        } else {
            1.0
        };
        Some(price * unit)
    }
}
