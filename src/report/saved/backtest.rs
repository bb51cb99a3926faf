//! The report of a backtest: what each buying rule would have cost, beside hindsight.

use serde::Deserialize;
use serde_json::Value;

use super::{Report, dollars, money, read};
use crate::report::backtest::{Replayed, ReplayedPurchase, ReplayedRule};
use crate::report::format::{self, percent};
use crate::report::optimize::ReportError;
use crate::report::optimize::figures::hour;
use crate::report::run::{RunSettings, savings_percent};
use crate::report::{Block, Figure, Language};
use crate::units::{HourSpan, Money};

#[derive(Debug, Deserialize)]
struct Found {
    every: String,
    look_back_months: Option<u32>,
    seed: u64,
    /// Backtests of before 2026-11-22 lack them.
    settings: Option<RunSettings>,
    window_start: String,
    window_end: String,
    periods: Vec<Period>,
    outcomes: Vec<Outcome>,
    doubts: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Period {
    start: String,
    end: String,
    on_demand_cost: String,
}

#[derive(Debug, Deserialize)]
struct Outcome {
    rule: String,
    title: String,
    period_costs: Vec<String>,
    capital_cost: Option<String>,
    owed_after_window: String,
    bought: Vec<Bought>,
}

#[derive(Debug, Deserialize)]
struct Bought {
    at: String,
    committed_per_hour: String,
    upfront: String,
}

/// Fills the report.
pub(super) fn blocks(
    saved: &Value,
    report: &mut Report,
    language: &Language,
) -> Result<(), ReportError> {
    let found: Found = read(saved)?;
    let replayed = found.replayed()?;
    report.document.subtitle = replayed.window.to_string();
    decision(report, &replayed);
    report.chart(
        "rules",
        replayed.chart().scene_in(language),
        "A bar for each buying rule, as long as the window would have cost.",
    )?;
    for mut table in replayed.tables() {
        let heading = std::mem::take(&mut table.title);
        report.table(&heading, table);
    }
    report.document.push(Block::Facts(found.asked()));
    if !found.doubts.is_empty() {
        let heading = "To be taken with a grain of salt";
        report.document.push(Block::Heading(heading.into()));
        report.document.push(Block::List(found.doubts));
    }
    Ok(())
}

impl Found {
    fn replayed(&self) -> Result<Replayed, ReportError> {
        let span =
            |start: &str, end: &str| Ok::<_, ReportError>(HourSpan::new(hour(start)?, hour(end)?));
        let periods = self.periods.iter().map(|period| {
            let cost = money(&period.on_demand_cost)?;
            Ok::<_, ReportError>((span(&period.start, &period.end)?, cost))
        });
        let settings = self.settings.as_ref();
        let replayed = Replayed {
            every: self.every.clone(),
            cost_of_capital: settings.and_then(|settings| settings.cost_of_capital.clone()),
            rules_kept: settings.map_or_else(Vec::new, |settings| settings.rules.words()),
            window: span(&self.window_start, &self.window_end)?,
            periods: periods.collect::<Result<_, _>>()?,
            rules: self
                .outcomes
                .iter()
                .map(Outcome::replayed)
                .collect::<Result<_, _>>()?,
        };
        let periods = replayed.periods.len();
        match replayed
            .rules
            .iter()
            .find(|rule| rule.costs.len() != periods)
        {
            Some(rule) => Err(ReportError::Reading(format!(
                "`{}` has {} costs in {periods} periods",
                rule.code,
                rule.costs.len()
            ))),
            None => Ok(replayed),
        }
    }

    /// What was asked for, name and value.
    fn asked(&self) -> Vec<(String, String)> {
        let past = self.look_back_months.map_or_else(
            || "all of it".to_owned(),
            |months| format!("{months} months"),
        );
        vec![
            ("a rule may buy every".into(), self.every.clone()),
            ("past that a rule looks at".into(), past),
            ("seed of the randomised rule".into(), self.seed.to_string()),
        ]
    }
}

impl Outcome {
    fn replayed(&self) -> Result<ReplayedRule, ReportError> {
        let costs = self.period_costs.iter().map(|cost| money(cost));
        let bought = self.bought.iter().map(|one| {
            Ok::<_, ReportError>(ReplayedPurchase {
                at: one.at.clone(),
                committed: money(&one.committed_per_hour)?,
                upfront: money(&one.upfront)?,
            })
        });
        Ok(ReplayedRule {
            code: self.rule.clone(),
            title: self.title.clone(),
            hindsight: self.rule == "hindsight",
            costs: costs.collect::<Result<_, _>>()?,
            capital: self
                .capital_cost
                .as_ref()
                .map_or(Ok(Money::ZERO), |capital| money(capital))?,
            after: money(&self.owed_after_window)?,
            bought: bought.collect::<Result<_, _>>()?,
        })
    }
}

/// Which rule did best without knowing the future.
fn decision(report: &mut Report, replayed: &Replayed) {
    let on_demand = replayed.on_demand();
    let rules = replayed.rules.iter().filter(|rule| !rule.hindsight);
    let Some(best) = rules.min_by_key(|rule| rule.counted()) else {
        return;
    };
    let cost = best.cost();
    let text = |amount: Money| format::dollars(amount, 2);
    let share = percent(Some(savings_percent(cost, on_demand)));
    report.document.push(Block::Decision(if cost < on_demand {
        format!(
            "Buying by the rule \u{201c}{}\u{201d} would have saved {} ({share}\u{a0}%) of the On-Demand cost, the most of all rules.",
            best.title,
            text(on_demand - cost)
        )
    } else {
        "No rule would have saved anything over this history.".into()
    }));
    let hindsight = replayed.hindsight();
    let known = replayed.rules.iter().find(|rule| rule.hindsight);
    let known = known.map_or(hindsight, ReplayedRule::cost);
    report.document.push(Block::Figures(vec![
        Figure::new(
            "Everything On-Demand",
            dollars(on_demand, 2),
            "Spot as it is",
        ),
        Figure::new("The best rule", dollars(cost, 2), best.title.clone()),
        Figure::new(
            "Hindsight: the future known",
            dollars(known, 2),
            "bought once, on the first day",
        ),
        Figure::new(
            "Regret of the best rule",
            dollars(best.counted() - hindsight, 2),
            "its cost above hindsight",
        ),
    ]));
}
