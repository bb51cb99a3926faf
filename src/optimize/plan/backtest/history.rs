//! What every rule lives through: the usage, what is owned, and the dates on which something may be bought.

use crate::billing::{Coverable, bill};
use crate::commitment::Portfolio;
use crate::diagnostics::Diagnostic;
use crate::units::{Hour, HourSpan, Money};

use super::super::bought::Bought;
use super::super::candidates::Market;
use super::super::plans::{Failed, Options, Purchase, add, cheapest};
use super::super::robust::Outlook;
use super::rules::Buyer;
use super::{BuyingRule, NoBacktest, Outcome, Replay, online};

/// What every rule lives through.
pub(super) struct History<'a, M> {
    pub(super) usage: &'a Coverable<'a>,
    pub(super) owned: &'a Portfolio,
    pub(super) options: &'a Options,
    pub(super) market: &'a M,
    pub(super) periods: &'a [HourSpan],
    pub(super) window: HourSpan,
}

impl<M: Market> History<'_, M> {
    /// Bought at the first date with the whole counted window in view.
    pub(super) fn hindsight(&self) -> Result<Outcome, NoBacktest> {
        let (demand, beside) = &self.usage.within(self.window);
        let beside = beside.clone();
        let future = Coverable { demand, beside };
        let plan = cheapest(future, self.owned, self.market, self.options)?;
        let at = self.window.start();
        let bought = plan.purchases.into_iter();
        let bought = bought.map(|purchase| Bought { at, purchase }).collect();
        self.outcome(None, bought)
    }

    /// Everything a rule buys, in order.
    pub(super) fn replay<N: Market>(
        &self,
        rule: BuyingRule,
        replay: &Replay,
        foresee: &impl Fn(HourSpan, &Portfolio) -> Result<Vec<Outlook<N>>, Diagnostic>,
    ) -> Result<Vec<Bought>, NoBacktest> {
        let (market, options) = (self.market, self.options);
        if let Some(threshold) = rule.threshold(replay.seed) {
            let (demand, from) = (self.usage.demand, self.window.start());
            let found = online::buys(demand, from, market, options, threshold);
            return found?.ok_or(NoBacktest::NothingToBuy {
                rule: rule.code(),
                needs: "Reserved Instances",
            });
        }
        let mut bought: Vec<Bought> = Vec::new();
        for period in self.periods {
            let at = period.start();
            let rules = if rule.keeps_rules() {
                self.rules_left(at, &bought)?
            } else {
                // Whether it breaks one is looked at when everything is bought.
                Some(self.options.rules.only_families())
            };
            let Some(rules) = rules else {
                continue;
            };
            let buyer = Buyer {
                rule,
                market,
                options: &Options {
                    rules,
                    ..options.clone()
                },
                foresee,
            };
            let past = HourSpan::new(self.looked_back(at, replay.look_back), at);
            let (demand, beside) = &self.usage.within(past);
            let beside = beside.clone();
            let past = Coverable { demand, beside };
            let more = buyer.buys(&past, at, self.owned, &bought)?;
            bought.extend(more.into_iter().map(|purchase| Bought { at, purchase }));
        }
        Ok(bought)
    }

    /// The first hour of the past that is looked at.
    fn looked_back(&self, at: Hour, months: Option<u32>) -> Hour {
        let first = self.usage.demand.span().start();
        let mut start = at;
        for _ in 0..months.unwrap_or(u32::MAX) {
            if start <= first {
                break;
            }
            start = start.plus(-1).calendar_month().start();
        }
        start.max(first)
    }

    pub(super) fn outcome(
        &self,
        rule: Option<BuyingRule>,
        bought: Vec<Bought>,
    ) -> Result<Outcome, NoBacktest> {
        let end = self.window.end();
        let after = bought.iter().map(|one| one.cost_after(end)).sum();
        let capital = bought.iter().map(|one| self.capital(one)).sum();
        Ok(Outcome {
            rule,
            costs: self.costs(&self.with(&bought))?,
            capital,
            after,
            bought,
        })
    }

    /// What is owned, and what was bought beside it.
    pub(super) fn with(&self, bought: &[Bought]) -> Portfolio {
        let mut portfolio = self.owned.clone();
        for one in bought {
            let Purchase { candidate, steps } = &one.purchase;
            let (alive, buyer) = (one.alive(), self.options.buyer);
            add(&mut portfolio, candidate, *steps, alive, buyer);
        }
        portfolio
    }

    /// What paying for a purchase at once costs in the hours that are counted.
    fn capital(&self, one: &Bought) -> Money {
        let candidate = &one.purchase.candidate;
        let paid = candidate.paid;
        let paid = paid.at(self.options.cost_of_capital, candidate.term);
        let hours = one.alive().intersect(self.window).len();
        let hours = i128::try_from(hours).unwrap_or(i128::MAX);
        paid.capital.times(one.purchase.steps.into()).times(hours)
    }

    /// What every period costs under a portfolio.
    pub(super) fn costs(&self, portfolio: &Portfolio) -> Result<Vec<Money>, NoBacktest> {
        let cost = |period: &HourSpan| {
            let (demand, beside) = &self.usage.within(*period);
            let beside = beside.clone();
            let usage = Coverable { demand, beside };
            let billed = bill(usage, portfolio, self.market, self.options.billing);
            Ok(billed.map_err(Failed::from)?.total())
        };
        self.periods.iter().map(cost).collect()
    }
}
