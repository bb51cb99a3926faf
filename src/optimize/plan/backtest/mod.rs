//! Buying rules replayed over history: each buys on the past alone, the future is billed, and so on to the end.
//!
//! What is bought lives to the end of its term: usage that goes away leaves its commitments behind.

mod online;
mod periods;
mod rules;

pub use periods::{Every, TooShort};
pub use rules::BuyingRule;

use crate::billing::bill;
use crate::commitment::Portfolio;
use crate::demand::Demand;
use crate::units::{Hour, HourSpan, Money};

use self::periods::periods;
use self::rules::Buyer;
use super::bought::Bought;
use super::candidates::Market;
use super::plans::{Failed, Options, Purchase, add, cheapest};

/// How history is replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// How often a rule may buy.
    pub every: Every,
    /// How many months of the past a rule looks at; all of it unless given.
    pub look_back: Option<u32>,
    /// The rules.
    pub rules: Vec<BuyingRule>,
    /// Seed of the randomised rule.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backtest {
    /// The hours that are counted: from the first purchase on.
    pub window: HourSpan,
    /// From one purchase to the next, in order.
    pub periods: Vec<HourSpan>,
    /// Each of them without any commitment.
    pub on_demand: Vec<Money>,
    /// The cheapest purchases at the first date for the whole counted window, known beforehand; then every rule's.
    pub outcomes: Vec<Outcome>,
}

/// What a rule bought and paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// `None` for hindsight.
    pub rule: Option<BuyingRule>,
    /// What was bought when, in order.
    pub bought: Vec<Bought>,
    /// What each period cost, everything included.
    pub costs: Vec<Money>,
    /// What its purchases cost after the counted window until their terms end, upfront fees by the hours they are for.
    pub after: Money,
}

/// Why history cannot be replayed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NoBacktest {
    /// Too little of it.
    #[error(transparent)]
    TooShort(#[from] TooShort),
    /// A rule that has nothing it may buy.
    #[error("the rule `{rule}` buys {needs}, which the allowed kinds leave out")]
    NothingToBuy {
        /// The rule.
        rule: &'static str,
        /// What it buys.
        needs: &'static str,
    },
    /// A period could not be planned or billed.
    #[error(transparent)]
    Failed(#[from] Failed),
}

impl Outcome {
    /// What the counted window cost.
    pub fn total(&self) -> Money {
        self.costs.iter().copied().sum()
    }

    /// What is committed at the end, dollars an hour at public prices.
    pub fn committed(&self) -> Money {
        let bought = self.bought.iter();
        bought
            .map(|bought| bought.purchase.hourly_commitment())
            .sum()
    }
}

impl Backtest {
    /// What the counted window cost without any commitment.
    pub fn on_demand_total(&self) -> Money {
        self.on_demand.iter().copied().sum()
    }

    /// The outcome of knowing the window beforehand.
    pub fn hindsight(&self) -> Money {
        self.outcomes.first().map_or(Money::ZERO, Outcome::total)
    }
}

/// Replays rules over the usage, beside what was `owned` from the start.
///
/// # Errors
/// [`NoBacktest`]
pub fn backtest(
    demand: &Demand,
    owned: &Portfolio,
    market: &impl Market,
    options: &Options,
    replay: &Replay,
) -> Result<Backtest, NoBacktest> {
    let periods = periods(demand.span(), replay.every)?;
    let (first, last) = (periods[0], periods[periods.len() - 1]);
    let window = HourSpan::new(first.start(), last.end());
    let history = History {
        demand,
        owned,
        options,
        periods: &periods,
        window,
    };
    let mut outcomes = vec![history.hindsight(market)?];
    for &rule in &replay.rules {
        let bought = history.replay(rule, replay, market)?;
        outcomes.push(history.outcome(Some(rule), bought, market)?);
    }
    Ok(Backtest {
        window,
        on_demand: history.costs(&Portfolio::default(), market)?,
        outcomes,
        periods,
    })
}

/// What every rule lives through.
struct History<'a> {
    demand: &'a Demand,
    owned: &'a Portfolio,
    options: &'a Options,
    periods: &'a [HourSpan],
    window: HourSpan,
}

impl History<'_> {
    /// Bought at the first date with the whole counted window in view.
    fn hindsight(&self, market: &impl Market) -> Result<Outcome, NoBacktest> {
        let future = self.demand.within(self.window);
        let plan = cheapest(&future, self.owned, market, self.options)?;
        let at = self.window.start();
        let bought = plan.purchases.into_iter();
        let bought = bought.map(|purchase| Bought { at, purchase }).collect();
        self.outcome(None, bought, market)
    }

    /// Everything a rule buys, in order.
    fn replay(
        &self,
        rule: BuyingRule,
        replay: &Replay,
        market: &impl Market,
    ) -> Result<Vec<Bought>, NoBacktest> {
        let options = self.options;
        if let Some(threshold) = rule.threshold(replay.seed) {
            let found = online::buys(self.demand, self.window.start(), market, options, threshold);
            return found?.ok_or(NoBacktest::NothingToBuy {
                rule: rule.code(),
                needs: "Reserved Instances",
            });
        }
        let buyer = Buyer {
            rule,
            market,
            options,
        };
        let mut bought: Vec<Bought> = Vec::new();
        for period in self.periods {
            let at = period.start();
            let past = HourSpan::new(self.looked_back(at, replay.look_back), at);
            let more = buyer.buys(&self.demand.within(past), at, self.owned, &bought)?;
            bought.extend(more.into_iter().map(|purchase| Bought { at, purchase }));
        }
        Ok(bought)
    }

    /// The first hour of the past that is looked at.
    fn looked_back(&self, at: Hour, months: Option<u32>) -> Hour {
        let mut start = at;
        for _ in 0..months.unwrap_or(u32::MAX) {
            if start <= self.demand.span().start() {
                break;
            }
            start = start.plus(-1).calendar_month().start();
        }
        start.max(self.demand.span().start())
    }

    fn outcome(
        &self,
        rule: Option<BuyingRule>,
        bought: Vec<Bought>,
        market: &impl Market,
    ) -> Result<Outcome, NoBacktest> {
        let mut portfolio = self.owned.clone();
        for one in &bought {
            let Purchase { candidate, steps } = &one.purchase;
            add(
                &mut portfolio,
                candidate,
                *steps,
                one.alive(),
                self.options.buyer,
            );
        }
        let after = bought.iter().map(|one| one.cost_after(self.window.end()));
        Ok(Outcome {
            rule,
            costs: self.costs(&portfolio, market)?,
            after: after.sum(),
            bought,
        })
    }

    /// What every period costs under a portfolio.
    fn costs(&self, portfolio: &Portfolio, market: &impl Market) -> Result<Vec<Money>, NoBacktest> {
        let cost = |period: &HourSpan| {
            let usage = self.demand.within(*period);
            let billed = bill(&usage, portfolio, market, self.options.billing);
            Ok(billed.map_err(Failed::from)?.total())
        };
        self.periods.iter().map(cost).collect()
    }
}
