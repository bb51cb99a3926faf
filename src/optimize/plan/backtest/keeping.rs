//! Rules for purchases over time: what they leave to buy at a date, and whether everything that was bought keeps them.

use crate::catalog::Term;
use crate::units::{Hour, HourSpan, Money};

use super::super::bought::Bought;
use super::super::budget::owned_hourly;
use super::super::candidates::Market;
use super::super::plans::Failed;
use super::super::rules::{RuleName, Rules, Unkept};
use super::history::History;

impl<M: Market> History<'_, M> {
    /// What the rules leave to buy at a date beside what is owned and was bought before; `None` where that is nothing.
    pub(super) fn rules_left(&self, at: Hour, before: &[Bought]) -> Result<Option<Rules>, Failed> {
        let mut rules = self.options.rules.clone();
        if let Some(most) = rules.max_upfront {
            rules.max_upfront = Some((most - upfront(before)).max(Money::ZERO));
        }
        if let Some(most) = rules.max_hourly_commitment {
            let there = self.with(before);
            let ahead = owned_hourly(&there, longest(at));
            match (ahead > most, before.is_empty()) {
                (true, true) => return Err(Unkept::Owned { owned: ahead, most }.into()),
                (true, false) => return Ok(None),
                _ => {}
            }
            // A search sees what is alive on its date; what begins later takes from the budget, too.
            let now = owned_hourly(&there, HourSpan::new(at, at.plus(1)));
            rules.max_hourly_commitment = Some(most - (ahead - now));
        }
        Ok(Some(rules))
    }

    /// The first rule that purchases break with what is owned. What each of them saves is not looked at.
    pub(super) fn broken(&self, bought: &[Bought]) -> Option<RuleName> {
        let rules = &self.options.rules;
        let is_above = |value: Money, most: Option<Money>| most.is_some_and(|most| value > most);
        let hourly = || {
            let starts = bought.iter().map(|one| one.at);
            let hours = starts.map(|at| owned_hourly(&self.with(bought), longest(at)));
            hours.max().unwrap_or_default()
        };
        if rules.max_hourly_commitment.is_some() && is_above(hourly(), rules.max_hourly_commitment)
        {
            return Some(RuleName::MaxHourlyCommitment);
        }
        if is_above(upfront(bought), rules.max_upfront) {
            return Some(RuleName::MaxUpfront);
        }
        let mut days = bought.chunk_by(|one, next| one.at == next.at);
        let is_many = |count: usize| rules.max_purchases.is_some_and(|most| count > most);
        days.any(|day| is_many(day.len()))
            .then_some(RuleName::MaxPurchases)
    }
}

fn upfront(bought: &[Bought]) -> Money {
    bought.iter().map(|one| one.purchase.fees().0).sum()
}

/// The hours in which something bought at a date may live.
fn longest(at: Hour) -> HourSpan {
    HourSpan::new(at, at.plus(Term::ThreeYears.hours()))
}
