//! What each rule costs a ladder: the ladder less the cheapest one found without that rule, the others being kept.

use crate::threads::side_by_side;
use crate::units::Money;

use super::super::candidates::Market;
use super::super::plans::{Failed, Options};
use super::super::rule_prices::RulePrice;
use super::super::rules::RuleName;
use super::{Ahead, Ladder};

impl<M: Market + Sync> Ahead<'_, M> {
    /// The price of every rule that a ladder was made under: a search of its own for each.
    ///
    /// # Errors
    /// As [`super::ladder()`].
    pub fn rule_prices(&self, found: &Ladder) -> Result<Vec<RulePrice>, Failed> {
        let rules = self.options.rules.names();
        let threads = self.options.threads.div_euclid(rules.len().max(1)).max(1);
        let price = |rule: RuleName| {
            let free = Options {
                rules: self.options.rules.without(rule),
                threads,
                ..self.options.clone()
            };
            let free = self.bought("ladder", self.search(&free)?.bought)?;
            // Rounding may leave the freer ladder a few cents behind; it could always be the other one.
            let cost = found.best.with_capital() - free.with_capital();
            Ok(RulePrice {
                rule,
                cost: cost.max(Money::ZERO),
                marginal: found.row_prices.get(&rule).copied(),
            })
        };
        side_by_side(self.options.threads, rules.into_iter(), price)
    }
}
