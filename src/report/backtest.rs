//! What buying rules would have cost: a table of rules, costs by period, what each bought, and a chart.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::chart::{PlanBar, PlansChart, Scene};
use super::format::percent;
use super::run::{InputFile, SCHEMA_VERSION, amount, kind_code, savings_percent, scope_of};
use super::{Cell, Table};
use crate::analysis::ratio;
use crate::optimize::{Backtest, Bought, CandidateKind, Outcome, Replay};
use crate::units::Money;

/// A backtest with what it was made from.
pub struct Shown<'a> {
    /// What was found.
    pub found: &'a Backtest,
    /// What was asked for.
    pub replay: &'a Replay,
    /// Id of the price book.
    pub price_book: &'a str,
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
    vec![shown.rules(), shown.periods(), shown.bought()]
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
        "price_book": shown.price_book,
        "inputs": shown.inputs,
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
pub fn chart(found: &Backtest) -> Scene {
    let on_demand = found.on_demand_total();
    let bar = |outcome: &Outcome| PlanBar {
        name: names(outcome).1.into(),
        cost: outcome.total(),
        detail: format!("{} % saved", percent(Some(saved(outcome, found))))
            .replace('-', "\u{2212}"),
        chosen: outcome.rule.is_none(),
    };
    let none = PlanBar {
        name: "Everything On-Demand".into(),
        cost: on_demand,
        detail: String::new(),
        chosen: false,
    };
    let chart = PlansChart {
        title: "What each buying rule would have cost".into(),
        subtitle: format!(
            "{}, everything included; hindsight in blue. Each rule saw only what came before each purchase.",
            found.window
        ),
        plans: [none]
            .into_iter()
            .chain(found.outcomes.iter().map(bar))
            .collect(),
        lower_bound: None,
    };
    chart.scene()
}

/// The effective savings rate, per cent.
fn saved(outcome: &Outcome, found: &Backtest) -> Decimal {
    savings_percent(outcome.total(), found.on_demand_total())
}

impl Shown<'_> {
    fn rules(&self) -> Table {
        let found = self.found;
        let title = format!(
            "Buying every {}, counted over {}",
            self.replay.every.word(),
            found.window
        );
        let heads = [
            "rule",
            ">cost, $",
            ">saving, $",
            ">ESR, %",
            ">regret, $",
            ">regret, %",
            ">purchases",
            ">committed, $/h",
            ">still owed after, $",
        ];
        let mut table = Table::new(title, &heads).named("rules");
        table.row(self.rule("Everything On-Demand", found.on_demand_total(), None));
        for outcome in &found.outcomes {
            if outcome.rule.is_none() {
                table.chosen = Some(table.rows.len());
            }
            table.row(self.rule(names(outcome).1, outcome.total(), Some(outcome)));
        }
        table.note(
            "Each rule sees only the usage before the day it buys; what it buys lives to the end of its term, used or not.",
        );
        table.note(
            "ESR: saved of the On-Demand cost. Regret: cost above hindsight, the cheapest purchases on the first day for \
             the whole counted window, known beforehand. It may be negative: a rule may buy later, hindsight may not.",
        );
        table
    }

    fn rule(&self, title: &str, cost: Money, outcome: Option<&Outcome>) -> [Cell; 9] {
        let (on_demand, hindsight) = (self.found.on_demand_total(), self.found.hindsight());
        let nothing = || "-".into();
        [
            title.into(),
            Cell::money(cost, 2),
            Cell::money(on_demand - cost, 2),
            Cell::percent(Some(savings_percent(cost, on_demand))),
            Cell::money(cost - hindsight, 2),
            Cell::percent(ratio(cost - hindsight, hindsight)),
            Cell::count(outcome.map_or(0, |outcome| outcome.bought.len() as u64)),
            outcome.map_or_else(nothing, |outcome| Cell::rate(outcome.committed(), 3)),
            outcome.map_or_else(nothing, |outcome| Cell::money(outcome.after, 2)),
        ]
    }

    /// Rules in rows: their names are long, and there may be many periods.
    fn periods(&self) -> Table {
        let months = self.found.periods.iter().map(|period| {
            let (year, month) = period.start().month();
            format!(">{year}-{month:02}")
        });
        let heads: Vec<String> = ["rule".to_owned()].into_iter().chain(months).collect();
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        let title = "ESR by period, named by its first month, %";
        let mut table = Table::new(title, &heads).named("periods");
        for outcome in &self.found.outcomes {
            let costs = outcome.costs.iter().zip(&self.found.on_demand);
            let shares =
                costs.map(|(&cost, &on_demand)| Cell::percent(ratio(on_demand - cost, on_demand)));
            table.row([names(outcome).1.into()].into_iter().chain(shares));
        }
        table
    }

    fn bought(&self) -> Table {
        let heads = [
            "rule",
            "from",
            ">purchases",
            ">committed, $/h",
            ">upfront, $",
        ];
        let mut table = Table::new("What was bought when", &heads).named("bought");
        for outcome in &self.found.outcomes {
            for day in outcome.bought.chunk_by(|one, next| one.at == next.at) {
                let sum = |of: fn(&Bought) -> Money| day.iter().map(of).sum::<Money>();
                table.row([
                    names(outcome).0.into(),
                    day[0].at.to_string().into(),
                    Cell::count(day.len() as u64),
                    Cell::rate(sum(|one| one.purchase.hourly_commitment()), 3),
                    Cell::money(sum(|one| one.purchase.fees().0), 2),
                ]);
            }
        }
        table
    }

    fn outcome(&self, outcome: &Outcome) -> Value {
        let found = self.found;
        let (code, title) = names(outcome);
        let cost = outcome.total();
        json!({
            "rule": code,
            "title": title,
            "cost": amount(cost),
            "saving": amount(found.on_demand_total() - cost),
            "effective_savings_rate": saved(outcome, found).to_string(),
            "regret": amount(cost - found.hindsight()),
            "period_costs": outcome.costs.iter().map(|&cost| amount(cost)).collect::<Vec<_>>(),
            "owed_after_window": amount(outcome.after),
            "bought": outcome.bought.iter().map(bought).collect::<Vec<_>>(),
        })
    }
}

fn bought(one: &Bought) -> Value {
    let candidate = &one.purchase.candidate;
    let mut value = json!({
        "at": one.at.to_string(),
        "kind": kind_code(candidate),
        "scope": scope_of(candidate),
        "term": candidate.term.code(),
        "payment_option": candidate.payment_option.code(),
    });
    match candidate.kind {
        CandidateKind::Reserved { .. } => value["count"] = json!(one.purchase.steps),
        CandidateKind::SavingsPlan(_) => {
            value["hourly_commitment"] = json!(amount(one.purchase.hourly_commitment()));
        }
    }
    value
}
