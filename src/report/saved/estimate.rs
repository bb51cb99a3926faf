//! The report of an estimate: what a month of what is planned costs, resource by resource.

use serde_json::Value;

use super::{Report, dollars, of_decimal, read};
use crate::analysis::ratio;
use crate::estimate::{Snapshot, SnapshotLine};
use crate::report::chart::{PlanBar, PlansChart};
use crate::report::format::{self, number, percent};
use crate::report::optimize::ReportError;
use crate::report::{Block, Cell, Figure, Language, Table, Unit};
use crate::units::Money;

/// Resources shown as bars of their own.
const MOST_BARS: usize = 15;

/// Fills the report.
pub(super) fn blocks(
    saved: &Value,
    report: &mut Report,
    language: &Language,
) -> Result<(), ReportError> {
    let found: Snapshot = read(saved)?;
    let total = of_decimal(found.total_monthly_cost)?;
    report.document.subtitle = format!("a month of {} hours", found.month_hours.normalize());
    report.document.push(Block::Decision(format!(
        "What is planned costs {} a month.",
        format::dollars(total, 2)
    )));
    let mut figures = vec![
        Figure::new("A month", dollars(total, 2), "as far as it is known"),
        Figure::new("A year", dollars(total.times(12), 2), "twelve such months"),
    ];
    if let Some(typical) = found.total_monthly_cost_with_guesses.typical {
        let typical = dollars(of_decimal(typical)?, 2);
        figures.push(Figure::new(
            "With typical use",
            typical,
            "guesses of the usage file",
        ));
    }
    report.document.push(Block::Figures(figures));
    left_out(report, &found);
    bars(report, &found, total, language)?;
    report.table("Resources", resources(&found)?);
    report.table("Line by line", lines(&found)?);
    report.table("Not in the total", reasons(&found));
    Ok(())
}

/// What the total leaves out.
fn left_out(report: &mut Report, found: &Snapshot) {
    let parts = [
        (found.components_that_depend_on_usage, "depend on usage"),
        (found.components_not_covered, "are not covered"),
        (found.components_unpriced, "have no price"),
    ];
    for (count, what) in parts {
        if count > 0 {
            report.document.push(Block::Note(format!(
                "The total leaves out {count} lines that {what}."
            )));
        }
    }
}

/// What each resource costs, the dearest first.
fn costs(found: &Snapshot) -> Result<Vec<(&str, &str, Money)>, ReportError> {
    let mut costs = Vec::new();
    for resource in &found.resources {
        let known = resource
            .components
            .iter()
            .filter_map(|line| line.monthly_cost);
        let cost = of_decimal(known.sum())?;
        costs.push((resource.address.as_str(), resource.kind.as_str(), cost));
    }
    Ok(costs)
}

fn bars(
    report: &mut Report,
    found: &Snapshot,
    total: Money,
    language: &Language,
) -> Result<(), ReportError> {
    let mut costs = costs(found)?;
    costs.retain(|(.., cost)| *cost > Money::ZERO);
    costs.sort_by_key(|&(.., cost)| std::cmp::Reverse(cost));
    let rest: Money = costs.iter().skip(MOST_BARS).map(|&(.., cost)| cost).sum();
    costs.truncate(MOST_BARS);
    let others = &language.say("all others");
    if rest > Money::ZERO {
        costs.push((others, "", rest));
    }
    let bar = |(name, _, cost): (&str, &str, Money)| PlanBar {
        name: name.to_owned(),
        cost,
        detail: ratio(cost, total)
            .map_or_else(String::new, |share| format!("{} %", percent(Some(share)))),
        chosen: false,
    };
    let chart = PlansChart {
        title: language.say("Cost by resource"),
        subtitle: language.say("A month, as far as it is known. US dollars."),
        plans: costs.into_iter().map(bar).collect(),
        lower_bound: None,
    };
    report.chart(
        "resources",
        chart.scene(),
        "A bar for each resource, as long as its cost.",
    )?;
    Ok(())
}

fn resources(found: &Snapshot) -> Result<Table, ReportError> {
    let mut table = Table::new("", &["=resource", "=kind", ">monthly cost, $"])
        .named("resources")
        .summed();
    for (address, kind, cost) in costs(found)? {
        table.row([address.into(), kind.into(), Cell::money(cost, 2)]);
    }
    Ok(table)
}

fn lines(found: &Snapshot) -> Result<Table, ReportError> {
    let heads = [
        "=resource",
        "=component",
        ">monthly quantity",
        "=unit",
        ">monthly cost, $",
        "price known as",
    ];
    let mut table = Table::new("", &heads).named("components");
    for resource in &found.resources {
        for line in &resource.components {
            let part = match line.part.as_str() {
                "" => line.name.clone(),
                part => format!("{part}: {}", line.name),
            };
            table.row([
                resource.address.as_str().into(),
                part.into(),
                quantity(line),
                line.unit.as_str().into(),
                cost(line)?,
                line.basis.clone().unwrap_or_default().into(),
            ]);
        }
    }
    Ok(table)
}

fn quantity(line: &SnapshotLine) -> Cell {
    line.monthly_quantity.map_or_else(
        || "depends on usage".into(),
        |amount| {
            let shown = amount.round_dp(6).normalize();
            Cell::new(number(shown), amount, Unit::Count, shown.scale())
        },
    )
}

fn cost(line: &SnapshotLine) -> Result<Cell, ReportError> {
    let Some(cost) = line.monthly_cost else {
        let words = if line.free.is_some() {
            "free"
        } else {
            "not in the total"
        };
        return Ok(words.into());
    };
    let cost = of_decimal(cost)?;
    // A line below a cent would look like nothing.
    let places = if format::dollars(cost, 2) == "$0.00" && !cost.is_zero() {
        6
    } else {
        2
    };
    Ok(Cell::money(cost, places))
}

/// Why lines have no amount.
fn reasons(found: &Snapshot) -> Table {
    let mut table = Table::new("", &["=resource", "=component", "why"]).named("left-out");
    for resource in &found.resources {
        for line in &resource.components {
            let why = line.not_covered.as_ref().or(line.unpriced.as_ref());
            let open = line.depends_on_usage && line.monthly_cost.is_none();
            let why = why
                .map(String::as_str)
                .or(open.then_some("depends on usage"));
            if let Some(why) = why {
                table.row([resource.address.as_str(), &line.name, why]);
            }
        }
    }
    table
}
