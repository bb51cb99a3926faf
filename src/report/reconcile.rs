//! A reconciliation as tables and JSON: what was compared, what differs and why, what could not be compared.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

use super::Table;
use super::format::number;
use super::run::InputFile;
use crate::analysis::{
    AmortisedTotal, Cause, CauseTotal, Check, Difference, Dimension, Reconciliation, Tally,
    UsageTotal,
};
use crate::billing::Granularity;

/// Rows of a table that could be long.
const SHOWN: usize = 20;

/// The tables of a reconciliation.
pub fn tables(found: &Reconciliation) -> Vec<Table> {
    let mut tables = vec![checks(found)];
    tables.extend(
        Dimension::ALL
            .iter()
            .filter_map(|&dimension| by(found, dimension)),
    );
    tables.extend(causes(found));
    tables.extend(unexplained(found));
    tables.extend(left_out(found));
    tables.extend(amortised(found));
    tables.extend(usage(found));
    tables
}

fn checks(found: &Reconciliation) -> Table {
    let heads = [
        "compared",
        ">places",
        ">equal",
        ">explained",
        ">unexplained",
        "equal up to",
    ];
    let title = match found.window {
        Some(window) => format!("Reconciled, {window}, {} rows", count(found.rows)),
        None => format!("Reconciled, {} rows", count(found.rows)),
    };
    let mut table = Table::new(title, &heads);
    for (check, tally) in &found.book.checks {
        let mut cells = vec![check.text().to_owned()];
        cells.extend(tally_cells(tally));
        cells.push(check.tolerance().to_owned());
        table.row(cells);
    }
    notes(found, &mut table);
    table
}

fn notes(found: &Reconciliation, table: &mut Table) {
    let period = match found.granularity {
        Granularity::Hour => "hourly",
        Granularity::Day => "daily: hours of a day cannot be told apart",
        Granularity::Month => "monthly: hours of a month cannot be told apart",
    };
    table.note(format!("The bill is {period}."));
    let periods = found
        .breakdown
        .iter()
        .filter(|((known, _), _)| *known == Dimension::Period);
    let (all, equal) = periods.fold((0, 0), |(all, equal), (_, tally)| {
        (all + 1, equal + u64::from(tally.equal == tally.compared))
    });
    if all > 0 {
        table.note(format!(
            "Of {} periods with cover, {} are equal in every place.",
            count(all),
            count(equal)
        ));
    }
    if found.missing_hours > 0 {
        table.note(format!(
            "{} hours inside the window have no row of usage.",
            count(found.missing_hours as u64)
        ));
    }
    for problem in &found.problems {
        table.note(format!("Not replayed: {}.", problem.message));
    }
    if found.currencies.len() > 1 {
        let all: Vec<&str> = found.currencies.iter().map(String::as_str).collect();
        table.note(format!(
            "Rows are in {}: sums of money mix them.",
            all.join(", ")
        ));
    }
    table.note(verdict(found));
    if let Some(other) = found.other_sharing {
        table.note(format!(
            "If commitments were shared the other way (--no-sharing), {} would be unexplained.",
            count(other)
        ));
    }
}

/// The result in a sentence.
fn verdict(found: &Reconciliation) -> String {
    let compared: u64 = found.book.checks.values().map(|tally| tally.compared).sum();
    match (compared, found.book.unexplained()) {
        (0, _) => "Nothing could be compared: the reasons are below.".to_owned(),
        (_, 0) => "Nothing is unexplained.".to_owned(),
        (_, 1) => "1 difference is unexplained.".to_owned(),
        (_, many) => format!("{} differences are unexplained.", count(many)),
    }
}

fn tally_cells(tally: &Tally) -> [String; 4] {
    [
        tally.compared,
        tally.equal,
        tally.explained,
        tally.unexplained,
    ]
    .map(count)
}

/// Places by one dimension; of periods only those with differences, for a month has 744.
fn by(found: &Reconciliation, dimension: Dimension) -> Option<Table> {
    let of: Vec<(&String, &Tally)> = found
        .breakdown
        .iter()
        .filter(|((known, _), _)| *known == dimension)
        .map(|((_, name), tally)| (name, tally))
        .collect();
    if of.is_empty() {
        return None;
    }
    let title = format!("By {}", dimension.text());
    let heads = [
        dimension.text(),
        ">places",
        ">equal",
        ">explained",
        ">unexplained",
    ];
    let mut table = Table::new(title, &heads);
    let periods = dimension == Dimension::Period;
    let equal = of
        .iter()
        .filter(|(_, tally)| tally.equal == tally.compared)
        .count();
    let shown = of
        .iter()
        .filter(|(_, tally)| !periods || tally.equal < tally.compared);
    for (name, tally) in shown.take(SHOWN) {
        let mut cells = vec![(*name).clone()];
        cells.extend(tally_cells(tally));
        table.row(cells);
    }
    let differing = of.len() - equal;
    if table.rows.is_empty() {
        return None;
    }
    let long = if periods { differing } else { of.len() };
    if long > SHOWN {
        table.note(format!(
            "And {} more; JSON has all.",
            count((long - SHOWN) as u64)
        ));
    }
    Some(table)
}

fn causes(found: &Reconciliation) -> Option<Table> {
    let heads = ["likely cause", ">differences", ">at stake, $", "largest"];
    let mut table = Table::new("Differences by likely cause", &heads);
    for (cause, total) in &found.book.causes {
        let largest = total.largest.first().map(example);
        table.row([
            cause.text().to_owned(),
            count(total.differences),
            money(total.at_stake),
            largest.unwrap_or_default(),
        ]);
    }
    (!table.rows.is_empty()).then_some(table)
}

fn example(difference: &Difference) -> String {
    format!(
        "{}: bill {}, derived {} {}",
        difference.place,
        plain(difference.bill),
        plain(difference.derived),
        difference.unit
    )
}

fn unexplained(found: &Reconciliation) -> Option<Table> {
    let total = found.book.causes.get(&Cause::Unexplained)?;
    let heads = [
        "where",
        "compared",
        ">bill",
        ">derived",
        "unit",
        ">at stake, $",
    ];
    let mut table = Table::new("Unexplained", &heads);
    for difference in total.largest.iter().take(SHOWN) {
        table.row([
            difference.place.clone(),
            difference.check.text().to_owned(),
            plain(difference.bill),
            plain(difference.derived),
            difference.unit.to_owned(),
            money(difference.at_stake),
        ]);
    }
    if total.differences > SHOWN as u64 {
        table.note(format!(
            "And {} more, smaller ones; JSON has the largest {}.",
            count(total.differences - SHOWN as u64),
            total.largest.len()
        ));
    }
    Some(table)
}

fn left_out(found: &Reconciliation) -> Option<Table> {
    let heads = ["not compared", ">rows", ">cost, $", "first"];
    let mut table = Table::new("Not compared", &heads);
    for (reason, left) in &found.book.left_out {
        table.row([
            reason.clone(),
            count(left.rows),
            money(left.cost),
            left.first.clone(),
        ]);
    }
    (!table.rows.is_empty()).then_some(table)
}

/// What rows bill, and what they cost with fees spread over what they pay for (rule R33).
fn amortised(found: &Reconciliation) -> Option<Table> {
    let heads = [
        "line item type",
        ">rows",
        ">billed, $",
        ">amortised, $",
        ">of it instances, $",
        ">re-derived, $",
    ];
    let mut table = Table::new("Amortised cost by line item type", &heads);
    let mut all = AmortisedTotal::default();
    for (kind, total) in &found.amortised {
        let name = if kind.is_empty() { "none stated" } else { kind };
        table.row(amortised_cells(name, total));
        all.rows += total.rows;
        all.billed += total.billed;
        all.amortised += total.amortised;
        all.instances += total.instances;
    }
    if table.rows.is_empty() {
        return None;
    }
    table.row(amortised_cells("Total", &all));
    table.note("Re-derived: instances billed again by their usage, commitments and rates in this bill; at public rates where rows are free or negotiated.");
    Some(table)
}

fn amortised_cells(name: &str, total: &AmortisedTotal) -> [String; 6] {
    [
        name.to_owned(),
        count(total.rows),
        money(total.billed),
        money(total.amortised),
        money(total.instances),
        total.rederived.map_or_else(|| "-".to_owned(), money),
    ]
}

fn usage(found: &Reconciliation) -> Option<Table> {
    let heads = [
        "service",
        "usage type",
        ">rows",
        ">quantity",
        ">billed, $",
        ">rate x quantity, $",
        ">differing",
    ];
    let mut table = Table::new("Usage by service and type", &heads);
    let mut largest: Vec<_> = found.usage.iter().collect();
    largest.sort_by_key(|&(key, total)| (std::cmp::Reverse(total.billed.abs()), key));
    for ((service, kind), total) in largest.iter().take(SHOWN) {
        let mut cells = vec![service.clone(), kind.clone()];
        cells.extend(usage_cells(total));
        table.row(cells);
    }
    if largest.len() > SHOWN {
        let rest = largest[SHOWN..]
            .iter()
            .fold(UsageTotal::default(), |sum, (_, total)| UsageTotal {
                rows: sum.rows + total.rows,
                quantity: Decimal::ZERO,
                billed: sum.billed + total.billed,
                derived: Some(sum.derived.unwrap_or_default() + total.derived.unwrap_or_default()),
                differing: sum.differing + total.differing,
            });
        let mut cells = vec![format!("{} more", largest.len() - SHOWN), String::new()];
        cells.extend(usage_cells(&rest));
        cells[3] = String::new();
        table.row(cells);
    }
    (!table.rows.is_empty()).then_some(table)
}

fn usage_cells(total: &UsageTotal) -> [String; 5] {
    [
        count(total.rows),
        plain(total.quantity),
        plain(total.billed),
        total.derived.map_or_else(|| "-".to_owned(), plain),
        count(total.differing),
    ]
}

fn count(count: u64) -> String {
    number(Decimal::from(count))
}

/// Dollars to the cent, or to the millionth where that would be nothing.
fn money(amount: Decimal) -> String {
    let places = if amount.is_zero() || amount.abs() >= Decimal::new(1, 2) {
        2
    } else {
        8
    };
    number(rounded(amount, places))
}

/// At most ten decimals, without zeros behind.
fn plain(amount: Decimal) -> String {
    number(rounded(amount, 10).normalize())
}

fn rounded(amount: Decimal, places: u32) -> Decimal {
    let mut rounded = amount.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
    if rounded.scale() < places {
        rounded.rescale(places);
    }
    rounded
}

/// The reconciliation as JSON; `inputs` are the files read.
pub fn json(found: &Reconciliation, inputs: &[InputFile]) -> Value {
    let checks = found.book.checks.iter().map(|(check, tally)| {
        let mut object = tally_json(tally);
        object["check"] = json!(check.code());
        object["tolerance"] = json!(check.tolerance());
        object
    });
    let breakdown = found.breakdown.iter().map(|((dimension, name), tally)| {
        let mut object = tally_json(tally);
        object["dimension"] = json!(dimension.text());
        object["name"] = json!(name);
        object
    });
    let left = found.book.left_out.iter().map(|(reason, left)| {
        json!({
            "reason": reason,
            "rows": left.rows,
            "cost": left.cost.normalize().to_string(),
            "first": left.first,
        })
    });
    let usage = found.usage.iter().map(|((service, kind), total)| {
        json!({
            "service": service,
            "usage_type": kind,
            "rows": total.rows,
            "quantity": total.quantity.normalize().to_string(),
            "billed_cost": total.billed.normalize().to_string(),
            "rate_times_quantity": total.derived.map(|derived| derived.normalize().to_string()),
            "differing": total.differing,
        })
    });
    json!({
        "schema_version": 1,
        "inputs": inputs,
        "window": found.window.map(|window| json!({
            "start": window.start().to_string(),
            "end": window.end().to_string(),
        })),
        "rows": found.rows,
        "granularity": granularity_word(found.granularity),
        "missing_hours": found.missing_hours,
        "unexplained": found.book.unexplained(),
        "unexplained_with_other_sharing": found.other_sharing,
        "currencies": found.currencies,
        "checks": checks.collect::<Vec<_>>(),
        "breakdown": breakdown.collect::<Vec<_>>(),
        "causes": found.book.causes.iter().map(cause_json).collect::<Vec<_>>(),
        "not_compared": left.collect::<Vec<_>>(),
        "not_replayed": found.problems.iter().map(|problem| &problem.message).collect::<Vec<_>>(),
        "amortised": amortised_json(found),
        "usage": usage.collect::<Vec<_>>(),
    })
}

fn amortised_json(found: &Reconciliation) -> Value {
    let exact = |amount: Decimal| amount.normalize().to_string();
    let kinds = found.amortised.iter().map(|(kind, total)| {
        json!({
            "line_item_type": kind,
            "rows": total.rows,
            "billed_cost": exact(total.billed),
            "amortised_cost": exact(total.amortised),
            "of_instances": exact(total.instances),
            "re_derived": total.rederived.map(exact),
        })
    });
    kinds.collect()
}

const fn granularity_word(granularity: Granularity) -> &'static str {
    match granularity {
        Granularity::Hour => "hour",
        Granularity::Day => "day",
        Granularity::Month => "month",
    }
}

fn tally_json(tally: &Tally) -> Value {
    json!({
        "compared": tally.compared,
        "equal": tally.equal,
        "explained": tally.explained,
        "unexplained": tally.unexplained,
    })
}

fn cause_json((cause, total): (&Cause, &CauseTotal)) -> Value {
    let largest = total.largest.iter().map(|difference| {
        json!({
            "check": Check::code(difference.check),
            "place": difference.place,
            "bill": difference.bill.normalize().to_string(),
            "derived": difference.derived.normalize().to_string(),
            "unit": difference.unit,
            "at_stake": difference.at_stake.normalize().to_string(),
        })
    });
    json!({
        "cause": cause.code(),
        "text": cause.text(),
        "differences": total.differences,
        "at_stake": total.at_stake.normalize().to_string(),
        "largest": largest.collect::<Vec<_>>(),
    })
}
