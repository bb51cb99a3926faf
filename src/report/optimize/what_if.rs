//! The recommended mix under other demand, and with more or less of it bought: a table, and a block to move in.

use crate::report::format::dollars;
use crate::report::run::{self, Run, savings_percent};
use crate::report::{Cell, Stop, Table, Unit, WhatIf};
use crate::units::Money;

use super::figures::{ReportError, money, shown, wrong};

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
        let (cost, on_demand) = costs(change, chosen(what_if)?)?;
        if change.demand_percent == 100 {
            table.chosen = Some(table.rows.len());
        }
        table.row([
            words(change.demand_percent).into(),
            Cell::money(cost, 2),
            Cell::money(on_demand, 2),
            Cell::money(on_demand - cost, 2),
            share(cost, on_demand),
        ]);
    }
    table.note(
        "The same purchases, billed anew with every hour's usage scaled. Commitments are paid whether they are used \
         or not.",
    );
    Ok(Some(table))
}

/// Every share of the mix under every demand.
pub(super) fn block(run: &Run) -> Result<Option<WhatIf>, ReportError> {
    let Some(what_if) = &shown(run)?.what_if else {
        return Ok(None);
    };
    let mut stops = Vec::new();
    for change in &what_if.changes {
        let stops_of = (0..what_if.shares.len()).map(|at| stop(change, at));
        stops.push(stops_of.collect::<Result<Vec<Stop>, ReportError>>()?);
    }
    let levels = what_if
        .levels
        .iter()
        .zip(&what_if.shares)
        .map(|(level, share)| {
            let level = money(level)?;
            let text = format!("{} an hour ({share} %)", dollars(level, 3));
            Ok(Cell::new(text, level.to_decimal(10), Unit::Rate, 3))
        });
    let mut percents = what_if.changes.iter().map(|change| change.demand_percent);
    Ok(Some(WhatIf {
        level: "How much of the mix is bought".into(),
        levels: levels.collect::<Result<_, ReportError>>()?,
        chosen: chosen(what_if)?,
        changes: percents.clone().map(words).collect(),
        unchanged: percents.position(|percent| percent == 100).unwrap_or(0),
        stops,
    }))
}

/// The place of the mix as it is.
fn chosen(what_if: &run::WhatIf) -> Result<usize, ReportError> {
    let place = what_if.shares.iter().position(|&share| share == 100);
    place.ok_or_else(|| {
        wrong(
            &format!("{:?}", what_if.shares),
            "shares with 100 among them",
        )
    })
}

/// A demand in words: `+10 %`, `as it was`.
fn words(percent: u32) -> String {
    match i64::from(percent) - 100 {
        0 => "as it was".to_owned(),
        change => format!("{change:+} %").replace('-', "\u{2212}"),
    }
}

/// What the window costs with a share of the mix, and On-Demand.
fn costs(change: &run::Change, at: usize) -> Result<(Money, Money), ReportError> {
    let cost = change.costs.get(at);
    let cost = cost.ok_or_else(|| {
        wrong(
            &format!("{} costs", change.costs.len()),
            "one for each share",
        )
    })?;
    Ok((money(cost)?, money(&change.on_demand_cost)?))
}

fn stop(change: &run::Change, at: usize) -> Result<Stop, ReportError> {
    let (cost, on_demand) = costs(change, at)?;
    let amount =
        |amount: Money| Cell::new(dollars(amount, 2), amount.to_decimal(10), Unit::Money, 2);
    Ok(Stop {
        cost: amount(cost),
        on_demand: amount(on_demand),
        saving: amount(on_demand - cost),
        share: share(cost, on_demand),
    })
}

/// What is saved of the On-Demand cost, per cent.
fn share(cost: Money, on_demand: Money) -> Cell {
    Cell::percent(Some(savings_percent(cost, on_demand)))
}
