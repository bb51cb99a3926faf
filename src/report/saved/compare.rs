//! The report of a comparison: what each scenario costs beside the base.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

use super::{Report, dollars, money, read, share};
use crate::report::chart::{Step, WaterfallChart};
use crate::report::format::{self, percent};
use crate::report::optimize::{ReportError, kind_label, terms};
use crate::report::{Block, Cell, Figure, Language, Table};
use crate::scenario::Kind;
use crate::units::Money;

#[derive(Debug, Deserialize)]
struct Comparison {
    window_start: String,
    window_end: String,
    base: Row,
    scenarios: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Row {
    name: String,
    changes: Vec<String>,
    total: String,
    by_kind: BTreeMap<String, String>,
    difference_percent: Option<String>,
    unused_commitment: String,
    stranded_commitment: String,
    coverage_percent: Option<String>,
    #[serde(default)]
    notes: Vec<String>,
    #[serde(default)]
    unpriced: Vec<String>,
    best_mix: Option<Best>,
}

#[derive(Debug, Deserialize)]
struct Best {
    total: String,
    purchases: Vec<Bought>,
}

#[derive(Debug, Deserialize)]
struct Bought {
    kind: String,
    scope: String,
    term: String,
    payment_option: String,
    steps: String,
    hourly_commitment: String,
}

/// Fills the report.
pub(super) fn blocks(
    saved: &Value,
    report: &mut Report,
    language: &Language,
) -> Result<(), ReportError> {
    let found: Comparison = read(saved)?;
    report.document.subtitle = format!("{} to {}", found.window_start, found.window_end);
    decision(report, &found)?;
    let mut steps = Vec::new();
    for row in found.rows() {
        steps.push(Step {
            name: row.name.clone(),
            cost: money(&row.total)?,
        });
    }
    let chart = WaterfallChart {
        title: "What each scenario costs".into(),
        subtitle: "Against the base (dashed): green is saved, red is added. US dollars.".into(),
        steps,
    };
    report.chart(
        "scenarios",
        chart.scene(language),
        "A bar for each scenario; what it costs more or less than the base is coloured.",
    )?;
    report.table("Scenarios", totals(&found)?);
    report.table("Cost by kind", by_kind(&found)?);
    report.table("What changes", changes(&found));
    report.table(
        "The best mix under each, beside what is owned",
        purchases(&found)?,
    );
    let notes: Vec<String> = found.rows().flat_map(Row::said).collect();
    if !notes.is_empty() {
        report
            .document
            .push(Block::Heading("To be taken with a grain of salt".into()));
        report.document.push(Block::List(notes));
    }
    Ok(())
}

impl Comparison {
    fn rows(&self) -> impl Iterator<Item = &Row> {
        [&self.base].into_iter().chain(&self.scenarios)
    }
}

impl Row {
    /// What a reader should know, with its name.
    fn said(&self) -> Vec<String> {
        let unpriced = self
            .unpriced
            .iter()
            .map(|why| format!("{}: in no total: {why}", self.name));
        let notes = self
            .notes
            .iter()
            .map(|note| format!("{}: {note}", self.name));
        notes.chain(unpriced).collect()
    }
}

fn decision(report: &mut Report, found: &Comparison) -> Result<(), ReportError> {
    let base = money(&found.base.total)?;
    let mut cheapest: Option<(&Row, Money)> = None;
    for row in &found.scenarios {
        let total = money(&row.total)?;
        if cheapest.is_none_or(|(_, least)| total < least) {
            cheapest = Some((row, total));
        }
    }
    let Some((row, total)) = cheapest else {
        return Ok(());
    };
    let saved = base - total;
    let text = |amount: Money| format::dollars(amount, 2);
    let by = share(row.difference_percent.as_ref())?.map(|share: Decimal| share.abs());
    report
        .document
        .push(Block::Decision(if saved > Money::ZERO {
            format!(
                "Cheapest is {}: {} less than the base ({}\u{a0}%).",
                row.name,
                text(saved),
                percent(by)
            )
        } else {
            format!(
                "No scenario is cheaper than the base, which costs {}.",
                text(base)
            )
        }));
    report.document.push(Block::Figures(vec![
        Figure::new("The base", dollars(base, 2), "as it is today"),
        Figure::new("The cheapest scenario", dollars(total, 2), row.name.clone()),
        Figure::new(
            "Commitment it strands",
            dollars(money(&row.stranded_commitment)?, 2),
            "unused beyond the base's",
        ),
    ]));
    Ok(())
}

fn totals(found: &Comparison) -> Result<Table, ReportError> {
    let has_best = found.rows().any(|row| row.best_mix.is_some());
    let mut heads = vec![
        "=scenario",
        ">total, $",
        ">difference, $",
        ">difference, %",
        ">unused, $",
        ">coverage, %",
    ];
    heads.extend(has_best.then_some(">with the best mix, $"));
    let mut table = Table::new("", &heads).named("scenarios");
    let base = money(&found.base.total)?;
    for row in found.rows() {
        let total = money(&row.total)?;
        let mut cells = vec![
            row.name.as_str().into(),
            Cell::money(total, 2),
            Cell::money(total - base, 2),
            Cell::percent(share(row.difference_percent.as_ref())?),
            Cell::money(money(&row.unused_commitment)?, 2),
            Cell::percent(share(row.coverage_percent.as_ref())?),
        ];
        if has_best {
            cells.push(match &row.best_mix {
                Some(best) => Cell::money(money(&best.total)?, 2),
                None => "-".into(),
            });
        }
        table.row(cells);
    }
    Ok(table)
}

fn by_kind(found: &Comparison) -> Result<Table, ReportError> {
    let mut kinds: Vec<(&'static str, String)> = Vec::new();
    let is_something = |cost: &String| !matches!(cost.as_str(), "0" | "0.00");
    for (_, code, name) in Kind::ALL {
        if found
            .rows()
            .any(|row| row.by_kind.get(code).is_some_and(is_something))
        {
            kinds.push((code, format!(">{name}, $")));
        }
    }
    let heads: Vec<&str> = ["=scenario"]
        .into_iter()
        .chain(kinds.iter().map(|(_, head)| head.as_str()))
        .collect();
    let mut table = Table::new("", &heads).named("kinds");
    for row in found.rows() {
        let mut cells: Vec<Cell> = vec![row.name.as_str().into()];
        for (code, _) in &kinds {
            let cost = row.by_kind.get(*code);
            cells.push(match cost {
                Some(cost) => Cell::money(money(cost)?, 2),
                None => "-".into(),
            });
        }
        table.row(cells);
    }
    Ok(table)
}

fn changes(found: &Comparison) -> Table {
    let mut table = Table::new("", &["=scenario", "=change"]).named("changes");
    for row in &found.scenarios {
        for change in &row.changes {
            table.row([row.name.as_str(), change]);
        }
    }
    table
}

fn purchases(found: &Comparison) -> Result<Table, ReportError> {
    let heads = [
        "=scenario",
        "buy",
        "for",
        "term",
        ">amount",
        ">commitment, $/h",
    ];
    let mut table = Table::new("", &heads).named("purchases");
    for row in found.rows() {
        for bought in row.best_mix.iter().flat_map(|best| &best.purchases) {
            let is_reserved = bought.kind.ends_with("-ri");
            table.row([
                row.name.as_str().into(),
                kind_label(&bought.kind)?.into(),
                bought.scope.as_str().into(),
                terms(&bought.term, &bought.payment_option)?.into(),
                if is_reserved {
                    bought.steps.as_str()
                } else {
                    ""
                }
                .into(),
                Cell::rate(money(&bought.hourly_commitment)?, 3),
            ]);
        }
    }
    Ok(table)
}
