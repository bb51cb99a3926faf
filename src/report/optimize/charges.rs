//! Where the recommended plan's cost comes from, charge by charge, and what falls to which account.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::figures::{ReportError, decimal, money, short};
use crate::analysis::ratio;
use crate::report::format::{dollars, number};
use crate::report::run::{AccountCost, Run, RunCharge};
use crate::report::{Cell, Table, Unit};
use crate::units::Money;

/// A page shows so many rows; the run file has all.
const MOST: usize = 150;
/// Decimals of a price an hour, at most and at least.
const PLACES: u32 = 6;
const LEAST_PLACES: u32 = 4;

/// Every rate that is paid, with its hours, its cost and its source; `None` in runs that do not hold them.
pub(super) fn table(run: &Run) -> Result<Option<Table>, ReportError> {
    let Some(shown) = run.shown.as_ref().filter(|shown| !shown.charges.is_empty()) else {
        return Ok(None);
    };
    let mut charges = Vec::new();
    for charge in &shown.charges {
        charges.push((money(&charge.cost)?, charge));
    }
    charges.sort_by_key(|&(cost, charge)| (charge.unused, std::cmp::Reverse(cost)));
    let heads = [
        "usage",
        "paid as",
        ">quantity",
        ">a unit, $",
        ">cost, $",
        "price from",
        "known as",
    ];
    let mut table = Table::new("Charges behind the cost", &heads)
        .named("charges")
        .summed();
    for &(cost, charge) in charges.iter().take(MOST) {
        table.row(row(charge, cost)?);
    }
    let rest = charges.get(MOST..).unwrap_or_default();
    if !rest.is_empty() {
        let cost: Money = rest.iter().map(|(cost, _)| *cost).sum();
        let words = format!("{} more, in run.json", rest.len());
        let mut row: [Cell; 7] = Default::default();
        row[0] = words.into();
        row[4] = Cell::money(cost, 2);
        table.row(row);
    }
    let total: Money = charges.iter().map(|(cost, _)| *cost).sum();
    table.note(format!(
        "They add up to {}, the plan's cost. Quantity: instance-hours, or the unit that is named. A unit's price is its cost \
         by its quantity: under a commitment upfront fees are spread over the term. Sources are described in \
         pricing-data/sources.toml: {}.",
        dollars(total, 2),
        sources(&shown.charges)
    ));
    Ok(Some(table))
}

fn row(charge: &RunCharge, cost: Money) -> Result<[Cell; 7], ReportError> {
    let mut paid_as = short(&charge.paid_as);
    if charge.unused {
        paid_as.push_str(": not used");
    }
    let (quantity, price) = match &charge.quantity {
        Some(text) => {
            let quantity = decimal(text)?;
            (counted(quantity, &charge.unit), a_unit(cost, quantity))
        }
        None => ("-".into(), "-".into()),
    };
    Ok([
        charge.usage.clone().into(),
        paid_as.into(),
        quantity,
        price,
        Cell::money(cost, 2),
        charge.source.clone().into(),
        charge.basis.clone().into(),
    ])
}

/// Where the prices are known from, each once, with its day.
fn sources(charges: &[RunCharge]) -> String {
    let dated = charges.iter().filter(|charge| !charge.as_of.is_empty());
    let named: BTreeSet<String> = dated
        .map(|charge| format!("{} of {}", charge.source, charge.as_of))
        .collect();
    let named: Vec<String> = named.into_iter().collect();
    named.join("; ")
}

fn counted(quantity: Decimal, unit: &str) -> Cell {
    let mut shown = quantity.round_dp(2);
    shown.rescale(2);
    let shown = number(shown);
    let (unit, counts) = match unit {
        "instance-hours" => (String::new(), Unit::Hours),
        other => (format!(" {other}"), Unit::Count),
    };
    Cell::new(format!("{shown}{unit}"), quantity, counts, 2)
}

fn a_unit(cost: Money, quantity: Decimal) -> Cell {
    let Some(price) = cost.to_decimal(10).checked_div(quantity) else {
        return "-".into();
    };
    let mut shown = price.round_dp(PLACES).normalize();
    shown.rescale(shown.scale().max(LEAST_PLACES));
    Cell::new(shown.to_string(), price, Unit::Rate, PLACES)
}

/// What falls to which account; `None` with less than two, and in runs that do not hold them.
pub(super) fn accounts(run: &Run) -> Result<Option<Table>, ReportError> {
    let accounts = run.shown.iter().flat_map(|shown| &shown.accounts);
    let accounts: Vec<&AccountCost> = accounts.collect();
    if accounts.len() < 2 {
        return Ok(None);
    }
    let heads = [
        "=account",
        ">On-Demand, $",
        ">as covered, $",
        ">saving, %",
        ">unused commitment, $",
    ];
    let mut table = Table::new("By account", &heads).named("accounts").summed();
    let mut rows = Vec::new();
    for one in accounts {
        let (before, cost) = (money(&one.on_demand_cost)?, money(&one.cost)?);
        rows.push((before, cost, money(&one.unused)?, &one.account));
    }
    rows.sort_by_key(|&(before, ..)| std::cmp::Reverse(before));
    let shown = |(before, cost, unused, account): (Money, Money, Money, &String)| {
        [
            account.clone().into(),
            Cell::money(before, 2),
            Cell::money(cost, 2),
            Cell::percent(ratio(before - cost, before)),
            Cell::money(unused, 2),
        ]
    };
    for &row in rows.iter().take(MOST) {
        table.row(shown(row));
    }
    let rest = rows.get(MOST..).unwrap_or_default();
    if !rest.is_empty() {
        let words = format!("{} more, in run.json", rest.len());
        let sum = |of: fn(&(Money, Money, Money, &String)) -> Money| rest.iter().map(of).sum();
        table.row(shown((
            sum(|row| row.0),
            sum(|row| row.1),
            sum(|row| row.2),
            &words,
        )));
    }
    table.note(
        "Commitments serve their owner first, then the others; what nobody uses of them falls to the account that owns them.",
    );
    Ok(Some(table))
}
