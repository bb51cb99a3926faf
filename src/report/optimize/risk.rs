//! Events, and what every plan saves under them: tables for the terminal and the report.

use rust_decimal::Decimal;

use crate::report::run::{Run, RunRisk};
use crate::report::{Cell, Table, Unit};
use crate::units::Money;

use super::figures::{ReportError, decimal, money};

/// Every plan with its risk, then every event with what plans save in it; nothing where no events were asked for.
pub(super) fn tables(run: &Run) -> Result<Vec<Table>, ReportError> {
    match &run.risk {
        Some(risk) => Ok(vec![plans(run, risk)?, events(risk)?]),
        None => Ok(Vec::new()),
    }
}

fn plans(run: &Run, risk: &RunRisk) -> Result<Table, ReportError> {
    let heads = [
        "plan",
        ">expected saving, $",
        ">worst saving, $",
        "worst when",
        ">chance of loss, %",
        ">may shrink by, %",
    ];
    let mut table = Table::new("Risk: savings against buying nothing", &heads).named("risk");
    for plan in &risk.plans {
        let title = run.plans.iter().find(|own| own.name == plan.name);
        if plan.name == "cheapest" {
            table.chosen = Some(table.rows.len());
        }
        table.row([
            title.map_or(&plan.name, |own| &own.title).clone().into(),
            Cell::money(money(&plan.expected_saving)?, 2),
            Cell::money(money(&plan.worst_saving)?, 2),
            plan.worst_event.clone().into(),
            percent(&plan.chance_of_loss)?,
            match plan.largest_shrink_percent {
                Some(share) => Cell::new(share.to_string(), share.into(), Unit::Percent, 0),
                None => "loses already".into(),
            },
        ]);
    }
    table.note(
        "Purchases stay when usage goes. Expected: the mean over the events by probability; worst: the event that saves \
         least; loss: events in which the plan costs more than buying nothing; shrink: so much of every hour's usage may \
         go before it does.",
    );
    Ok(table)
}

fn events(risk: &RunRisk) -> Result<Table, ReportError> {
    let names = risk.plans.iter().map(|plan| format!(">{}, $", plan.name));
    let fixed = ["event", ">probability, %", ">cost with nothing bought, $"];
    let heads: Vec<String> = fixed.into_iter().map(str::to_owned).chain(names).collect();
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let mut table = Table::new("What each plan saves if", &heads).named("events");
    for (index, event) in risk.events.iter().enumerate() {
        let without = money(&event.cost_without)?;
        let mut row = vec![
            event.name.clone().into(),
            percent(&event.probability)?,
            Cell::money(without, 2),
        ];
        for plan in &risk.plans {
            let cost = plan
                .costs
                .get(index)
                .map_or(Ok(Money::ZERO), |cost| money(cost))?;
            row.push(Cell::money(without - cost, 2));
        }
        table.row(row);
    }
    Ok(table)
}

/// A part of 1 in per cent.
fn percent(part: &str) -> Result<Cell, ReportError> {
    Ok(Cell::percent(Some(decimal(part)? * Decimal::ONE_HUNDRED)))
}
