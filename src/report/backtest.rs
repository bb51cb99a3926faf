//! What buying rules would have cost: a table of rules, costs by period, what each bought, and a chart.

mod replayed;

use rust_decimal::Decimal;
use serde_json::{Value, json};

pub use self::replayed::{Replayed, ReplayedPurchase, ReplayedRule};
use super::Table;
use super::chart::Scene;
use super::run::{
    InputFile, PROGRAM, RunSettings, SCHEMA_VERSION, amount, kind_code, savings_percent, scope_of,
};
use crate::optimize::{Backtest, Bought, CandidateKind, Outcome, Replay};
use crate::prices::PriceBook;

/// A backtest with what it was made from.
pub struct Shown<'a> {
    /// What was found.
    pub found: &'a Backtest,
    /// What was asked for.
    pub replay: &'a Replay,
    /// What might be bought, by whom and under which rules.
    pub settings: &'a RunSettings,
    /// The price book.
    pub book: &'a PriceBook,
    /// Every file read.
    pub inputs: &'a [InputFile],
    /// What is to be taken with a grain of salt.
    pub doubts: &'a [String],
}

/// Machine's and people's names of an outcome.
fn names(outcome: &Outcome) -> (&'static str, &'static str) {
    outcome
        .rule
        .map_or(("hindsight", "Hindsight: the future known"), |rule| {
            (rule.code(), rule.title())
        })
}

/// For people.
pub fn tables(shown: &Shown<'_>) -> Vec<Table> {
    shown.replayed().tables()
}

/// For programs.
pub fn json(shown: &Shown<'_>) -> Value {
    let found = shown.found;
    let periods = found.periods.iter().zip(&found.on_demand);
    let periods = periods.map(|(period, &on_demand)| {
        json!({
            "start": period.start().to_string(),
            "end": period.end().to_string(),
            "on_demand_cost": amount(on_demand),
        })
    });
    json!({
        "schema_version": SCHEMA_VERSION,
        "program": PROGRAM,
        "price_book": shown.book.id(),
        "price_book_as_of": shown.book.as_of().to_string(),
        "inputs": shown.inputs,
        "settings": shown.settings,
        "every": shown.replay.every.word(),
        "look_back_months": shown.replay.look_back,
        "seed": shown.replay.seed,
        "window_start": found.window.start().to_string(),
        "window_end": found.window.end().to_string(),
        "on_demand_cost": amount(found.on_demand_total()),
        "hindsight_cost": amount(found.hindsight()),
        "periods": periods.collect::<Vec<_>>(),
        "outcomes": found.outcomes.iter().map(|outcome| shown.outcome(outcome)).collect::<Vec<_>>(),
        "doubts": shown.doubts,
    })
}

/// Every rule's cost as a bar, On-Demand first.
pub fn chart(shown: &Shown<'_>) -> Scene {
    shown.replayed().chart().scene()
}

impl Shown<'_> {
    /// The figures alone.
    fn replayed(&self) -> Replayed {
        let found = self.found;
        let periods = found.periods.iter().copied();
        let rule = |outcome: &Outcome| {
            let (code, title) = names(outcome);
            ReplayedRule {
                code: code.into(),
                title: title.into(),
                hindsight: outcome.rule.is_none(),
                costs: outcome.costs.clone(),
                capital: outcome.capital,
                after: outcome.after,
                bought: outcome.bought.iter().map(ReplayedPurchase::of).collect(),
            }
        };
        Replayed {
            every: self.replay.every.word().to_owned(),
            cost_of_capital: self.settings.cost_of_capital.clone(),
            rules_kept: self.settings.rules.words(),
            window: found.window,
            periods: periods.zip(found.on_demand.iter().copied()).collect(),
            rules: found.outcomes.iter().map(rule).collect(),
        }
    }

    fn outcome(&self, outcome: &Outcome) -> Value {
        let found = self.found;
        let (code, title) = names(outcome);
        let cost = outcome.total();
        let mut value = json!({
            "rule": code,
            "title": title,
            "cost": amount(cost),
            "saving": amount(found.on_demand_total() - cost),
            "effective_savings_rate": savings_rate(outcome, found).to_string(),
            "regret": amount(outcome.counted() - found.hindsight()),
            "period_costs": outcome.costs.iter().map(|&cost| amount(cost)).collect::<Vec<_>>(),
            "owed_after_window": amount(outcome.after),
            "bought": outcome.bought.iter().map(bought).collect::<Vec<_>>(),
        });
        if self.settings.cost_of_capital.is_some() {
            value["capital_cost"] = json!(amount(outcome.capital));
        }
        value
    }
}

/// The effective savings rate, per cent.
fn savings_rate(outcome: &Outcome, found: &Backtest) -> Decimal {
    savings_percent(outcome.total(), found.on_demand_total())
}

impl ReplayedPurchase {
    fn of(one: &Bought) -> Self {
        Self {
            at: one.at.to_string(),
            committed: one.purchase.hourly_commitment(),
            upfront: one.purchase.fees().0,
        }
    }
}

fn bought(one: &Bought) -> Value {
    let candidate = &one.purchase.candidate;
    let figures = ReplayedPurchase::of(one);
    let mut value = json!({
        "at": figures.at,
        "kind": kind_code(candidate),
        "scope": scope_of(candidate),
        "term": candidate.term.code(),
        "payment_option": candidate.payment_option.code(),
        "committed_per_hour": amount(figures.committed),
        "upfront": amount(figures.upfront),
    });
    match candidate.kind {
        CandidateKind::Reserved { .. } | CandidateKind::Hosts { .. } => {
            value["count"] = json!(one.purchase.steps);
        }
        CandidateKind::SavingsPlan(_) => {
            value["hourly_commitment"] = json!(amount(one.purchase.hourly_commitment()));
        }
    }
    value
}
