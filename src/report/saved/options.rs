//! The report of one instance type: every way to buy it, side by side.

use serde::Deserialize;
use serde_json::Value;

use super::{Report, dollars, money, read, share};
use crate::report::chart::{PlanBar, PlansChart};
use crate::report::format;
use crate::report::optimize::{ReportError, against};
use crate::report::{Block, Cell, Figure, Language, Table};
use crate::units::Money;

#[derive(Debug, Deserialize)]
struct Options {
    instance_type: String,
    region: String,
    platform: String,
    tenancy: String,
    count: u32,
    monthly_hours: String,
    options: Vec<Row>,
    #[serde(default)]
    missing: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Row {
    option: String,
    effective_hourly: String,
    monthly_cost: String,
    yearly_cost: String,
    upfront_cost: String,
    saving_percent: Option<String>,
    break_even_month: Option<u32>,
    basis: String,
    as_of: String,
    note: Option<String>,
}

/// Fills the report.
pub(super) fn blocks(
    saved: &Value,
    report: &mut Report,
    language: &Language,
) -> Result<(), ReportError> {
    let found: Options = read(saved)?;
    let count = found.count;
    report.document.subtitle = format!(
        "{count} x {} {} {}, {}, {} hours a month each",
        found.instance_type, found.platform, found.region, found.tenancy, found.monthly_hours
    );
    let mut costs = Vec::new();
    for row in &found.options {
        costs.push((row, money(&row.monthly_cost)?));
    }
    let on_demand = costs
        .iter()
        .find(|(row, _)| row.saving_percent.as_deref() == Some("0"));
    let cheapest = costs.iter().min_by_key(|(_, cost)| *cost);
    if let Some((row, cost)) = cheapest {
        report.document.push(Block::Decision(format!(
            "Cheapest is {}: {} a month.",
            row.option,
            format::dollars(*cost, 2)
        )));
        let mut figures = vec![Figure::new(
            "The cheapest way",
            dollars(*cost, 2),
            row.option.clone(),
        )];
        if let Some((_, cost)) = on_demand {
            figures.push(Figure::new("On-Demand", dollars(*cost, 2), "a month"));
        }
        report.document.push(Block::Figures(figures));
    }
    bars(report, &costs, language)?;
    report.table("Every way to buy", table(&found)?);
    if !found.missing.is_empty() {
        report
            .document
            .push(Block::Heading("Ways without a price".into()));
        report.document.push(Block::List(found.missing));
    }
    Ok(())
}

/// On-Demand and the cheapest ways: all of them would be no picture.
fn bars(
    report: &mut Report,
    costs: &[(&Row, Money)],
    language: &Language,
) -> Result<(), ReportError> {
    const MOST: usize = 14;
    let is_on_demand = |row: &Row| row.saving_percent.as_deref() == Some("0");
    let mut shown: Vec<&(&Row, Money)> = costs.iter().collect();
    shown.sort_by_key(|(row, cost)| (!is_on_demand(row), *cost));
    shown.truncate(MOST);
    let least = shown.iter().map(|(_, cost)| *cost).min();
    let mut plans = Vec::new();
    for (row, cost) in shown {
        plans.push(PlanBar {
            name: row
                .option
                .replace("Savings Plan", "SP")
                .replace("Reserved", "RI"),
            cost: *cost,
            detail: against(share(row.saving_percent.as_ref())?.unwrap_or_default()),
            chosen: Some(*cost) == least,
        });
    }
    let chart = PlansChart {
        title: "A month under the cheapest ways to buy".into(),
        subtitle: "Upfront fees spread over the term; commitments cost every hour, used or not. US dollars."
            .into(),
        plans,
        lower_bound: None,
    };
    report.chart(
        "options",
        chart.scene_in(language),
        "A bar for each way to buy, as long as a month of it costs.",
    )?;
    Ok(())
}

fn table(found: &Options) -> Result<Table, ReportError> {
    let heads = [
        "option",
        ">hourly, $",
        ">monthly, $",
        ">yearly, $",
        ">upfront, $",
        ">saving, %",
        ">pays from month",
        "price known as",
        "as of",
        "note",
    ];
    let mut table = Table::new("", &heads).named("options");
    for row in &found.options {
        table.row([
            row.option.as_str().into(),
            Cell::rate(money(&row.effective_hourly)?, 6),
            Cell::money(money(&row.monthly_cost)?, 2),
            Cell::money(money(&row.yearly_cost)?, 2),
            Cell::money(money(&row.upfront_cost)?, 2),
            Cell::percent(share(row.saving_percent.as_ref())?),
            row.break_even_month
                .map_or_else(|| "-".into(), |month| Cell::count(month.into())),
            row.basis.as_str().into(),
            row.as_of.as_str().into(),
            row.note.as_deref().unwrap_or_default().into(),
        ]);
    }
    Ok(table)
}
