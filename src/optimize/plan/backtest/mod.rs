//! Buying rules replayed over history: each buys on the past alone, the future is billed, and so on to the end.
//!
//! What is bought lives to the end of its term: usage that goes away leaves its commitments behind.

mod history;
mod keeping;
mod online;
mod periods;
mod rules;

pub use periods::{Every, TooShort};
pub use rules::BuyingRule;

use crate::billing::Coverable;
use crate::commitment::Portfolio;
use crate::diagnostics::Diagnostic;
use crate::threads::side_by_side;
use crate::units::{HourSpan, Money};

use self::history::History;
use self::periods::periods;
use super::bought::Bought;
use super::candidates::Market;
use super::plans::{Failed, Options};
use super::robust::Outlook;
use super::rules::RuleName;

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
    /// Buying rules that would break a rule for purchases, with it: they are no outcomes.
    pub broken: Vec<(BuyingRule, RuleName)>,
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
    /// What paying at purchase costs in the counted window at the cost of capital; in no bill.
    pub capital: Money,
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
    /// What may come cannot be said.
    #[error("{}", .0.message)]
    Unforeseen(Box<Diagnostic>),
    /// A period could not be planned or billed.
    #[error(transparent)]
    Failed(#[from] Failed),
}

impl Outcome {
    /// What the counted window cost: its bills.
    pub fn total(&self) -> Money {
        self.costs.iter().copied().sum()
    }

    /// The same with what capital costs: what rules are compared by.
    pub fn counted(&self) -> Money {
        self.total() + self.capital
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

    /// What knowing the window beforehand cost, with what capital costs.
    pub fn hindsight(&self) -> Money {
        self.outcomes.first().map_or(Money::ZERO, Outcome::counted)
    }
}

/// Replays rules over the usage, beside what was `owned` from the start. What may come after some past hours, beside what
/// is owned then, is what `foresee` says; the robust rule alone asks.
///
/// Of the rules for purchases those about money paid and committed, about families, small purchases and the number of
/// purchases on a date are kept; the others are not looked at.
///
/// # Errors
/// [`NoBacktest`]
pub fn backtest<'a, N: Market>(
    usage: impl Into<Coverable<'a>>,
    owned: &Portfolio,
    market: &(impl Market + Sync),
    options: &Options,
    replay: &Replay,
    foresee: impl Fn(HourSpan, &Portfolio) -> Result<Vec<Outlook<N>>, Diagnostic> + Sync,
) -> Result<Backtest, NoBacktest> {
    let usage = &usage.into();
    let rules = &options.rules;
    rules.check_families(usage).map_err(Failed::from)?;
    let periods = periods(usage.demand.span(), replay.every)?;
    let (first, last) = (periods[0], periods[periods.len() - 1]);
    let window = HourSpan::new(first.start(), last.end());
    let history = History {
        usage,
        owned,
        // Rules are replayed side by side.
        options: &Options {
            threads: 1,
            ..options.clone()
        },
        market,
        periods: &periods,
        window,
    };
    let rules = replay.rules.iter().copied().map(Some);
    let all = [None].into_iter().chain(rules);
    let outcomes = side_by_side(options.threads, all, |rule| match rule {
        None => history.hindsight(),
        Some(rule) => history.outcome(Some(rule), history.replay(rule, replay, &foresee)?),
    })?;
    let (mut kept, mut broken) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        match (outcome.rule, history.broken(&outcome.bought)) {
            (Some(rule), Some(why)) => broken.push((rule, why)),
            _ => kept.push(outcome),
        }
    }
    Ok(Backtest {
        window,
        on_demand: history.costs(&Portfolio::default())?,
        outcomes: kept,
        broken,
        periods,
    })
}
