//! The cheapest mix under other demand and other levels of its Compute Savings Plan: a table, and a block to move in.

use rust_decimal::Decimal;

use crate::analysis::ratio;
use crate::report::format::dollars;
use crate::report::run::{self, Run};
use crate::report::{Cell, Stop, Table, Unit, WhatIf};
use crate::units::Money;

use super::figures::{ReportError, money, shown, terms};

/// The mix as it stands under every change of demand: what is at risk when the future differs from the past.
pub(super) fn table(run: &Run) -> Result<Option<Table>, ReportError> {
    let Some(what_if) = &shown(run)?.what_if else {
        return Ok(None);
    };
    let heads = [
        "usage of every hour",
        ">cost, $",
        ">On-Demand, $",
        ">saving, $",
        ">saving, %",
    ];
    let mut table = Table::new("If usage were different", &heads).named("demand");
    for change in &what_if.changes {
        let stop = stop(change, cost_at(change, what_if.chosen)?)?;
        table.row([
            words(change.demand_percent).into(),
            stop.cost,
            stop.on_demand,
            stop.saving,
            stop.share,
        ]);
    }
    table.note(
        "The same purchases, billed anew with every hour's usage scaled. Commitments are paid whether they are used \
         or not.",
    );
    Ok(Some(table))
}

/// Every level of the Compute Savings Plan under every demand.
pub(super) fn block(run: &Run) -> Result<Option<WhatIf>, ReportError> {
    let Some(what_if) = &shown(run)?.what_if else {
        return Ok(None);
    };
    let level = match &what_if.compute_plan {
        Some((term, payment)) => {
            format!(
                "Compute Savings Plan ({}), dollars an hour",
                terms(term, payment)?
            )
        }
        None => String::new(),
    };
    let mut stops = Vec::new();
    for change in &what_if.changes {
        let costs = (0..what_if.levels.len()).map(|at| stop(change, cost_at(change, at)?));
        stops.push(costs.collect::<Result<Vec<Stop>, ReportError>>()?);
    }
    let levels = what_if.levels.iter().map(|level| {
        let level = money(level)?;
        Ok(Cell::new(
            dollars(level, 3),
            level.to_decimal(10),
            Unit::Rate,
            3,
        ))
    });
    let percents = what_if.changes.iter().map(|change| change.demand_percent);
    Ok(Some(WhatIf {
        level,
        levels: levels.collect::<Result<_, ReportError>>()?,
        chosen: what_if.chosen,
        changes: percents.clone().map(words).collect(),
        unchanged: percents
            .clone()
            .position(|percent| percent == 100)
            .unwrap_or(0),
        stops,
    }))
}

/// A demand in words: `+10 %`, `as it was`.
fn words(percent: u32) -> String {
    match i64::from(percent) - 100 {
        0 => "as it was".to_owned(),
        change => format!("{change:+} %").replace('-', "\u{2212}"),
    }
}

fn cost_at(change: &run::Change, level: usize) -> Result<Money, ReportError> {
    let cost = change.costs.get(level).ok_or_else(|| ReportError::Figure {
        text: format!("{} costs", change.costs.len()),
        wanted: "a cost for each level",
    })?;
    money(cost)
}

fn stop(change: &run::Change, cost: Money) -> Result<Stop, ReportError> {
    let on_demand = money(&change.on_demand_cost)?;
    let saved = on_demand - cost;
    let amount =
        |amount: Money| Cell::new(dollars(amount, 2), amount.to_decimal(10), Unit::Money, 2);
    Ok(Stop {
        cost: amount(cost),
        on_demand: amount(on_demand),
        saving: amount(saved),
        share: Cell::percent(ratio(saved, on_demand).or(Some(Decimal::ZERO))),
    })
}
