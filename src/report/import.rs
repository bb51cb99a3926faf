//! The quality report of an import: what was read, used, skipped and doubted.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::Table;
use crate::demand::import::{FileReport, Import, ImportReport, Left};
use crate::demand::{Fill, Market, SlotSeconds};
use crate::units::{HourSpan, InstanceHour, Quantity};

/// The tables of the report.
pub fn tables(found: &Import) -> Vec<Table> {
    let report = &found.report;
    let mut tables = vec![files(report), summary(found)];
    if !report.skipped.is_empty() {
        tables.push(skipped(report));
    }
    if !report.doubts.is_empty() {
        tables.push(doubts(report));
    }
    tables
}

fn files(report: &ImportReport) -> Table {
    let mut table = Table::new("Files", &["file", "format", "packed", ">rows", ">used"]);
    for file in &report.files {
        table.row([
            file.name.clone(),
            file.format.to_owned(),
            file.packing.to_owned(),
            grouped(file.rows),
            grouped(file.used),
        ]);
    }
    table
}

fn summary(found: &Import) -> Table {
    let report = &found.report;
    let mut table = Table::new("Demand", &["what", ">value"]);
    if let Some(window) = report.window {
        table.row(["first hour".to_owned(), window.start().to_string()]);
        table.row(["ends before".to_owned(), window.end().to_string()]);
        table.row(["hours".to_owned(), grouped(window.len() as u64)]);
    }
    table.row(["keys".to_owned(), grouped(found.demand.keys().len() as u64)]);
    table.row([
        "instance-hours".to_owned(),
        instance_hours(found).to_string(),
    ]);
    if !found.capacity.is_empty() {
        let span = found.demand.span();
        let slots = |of: fn(SlotSeconds) -> u64| {
            let seconds = found.capacity.iter().map(|found| of(found.within(span)));
            let hours = Quantity::<InstanceHour>::from_seconds(seconds.sum());
            hours.to_decimal(2).to_string()
        };
        let all = grouped(found.capacity.len() as u64);
        table.row(["Capacity Reservations".to_owned(), all]);
        table.row(["slot-hours used".to_owned(), slots(|slots| slots.used)]);
        table.row(["slot-hours idle".to_owned(), slots(|slots| slots.unused)]);
    }
    let (reservations, plans) = commitments(found);
    table.row(["Reserved Instances found".to_owned(), grouped(reservations)]);
    table.row(["Savings Plans found".to_owned(), grouped(plans)]);
    if let Some(fill) = report.fill {
        let hours: usize = report.missing.iter().map(|gap| gap.len()).sum();
        table.note(format!(
            "{hours} hours had no row and were filled: {}",
            fill_text(fill)
        ));
        for gap in report.missing.iter().take(10) {
            table.note(format!("  {gap}"));
        }
    }
    if !report.unknown_types.is_empty() {
        table.note(format!(
            "Not in the catalogue: {}",
            report.unknown_types.join(", ")
        ));
    }
    table
}

fn commitments(found: &Import) -> (u64, u64) {
    let mut arns: Vec<&str> = found
        .commitments
        .reservations
        .iter()
        .map(|found| found.arn.as_str())
        .collect();
    arns.dedup();
    (
        arns.len() as u64,
        found.commitments.savings_plans.len() as u64,
    )
}

fn skipped(report: &ImportReport) -> Table {
    let mut table = Table::new("Skipped", &["reason", ">rows", ">cost"]);
    for (reason, left) in &report.skipped {
        table.row([
            reason.text().to_owned(),
            grouped(left.rows),
            cost(left).to_string(),
        ]);
    }
    if let Some(currency) = &report.currency {
        table.note(format!("Costs in {currency}, as billed."));
    }
    table
}

fn doubts(report: &ImportReport) -> Table {
    let mut table = Table::new("Doubted", &["what", ">rows"]);
    for (doubt, &rows) in &report.doubts {
        table.row([doubt.text().to_owned(), grouped(rows)]);
    }
    table
}

/// The report as JSON.
pub fn json(found: &Import) -> Value {
    let report = &found.report;
    let (reservations, plans) = commitments(found);
    let mut document = json!({
        "schema_version": 1,
        "inputs": report.files.iter().map(input).collect::<Vec<_>>(),
        "window": report.window.map(span),
        "rows": report.rows(),
        "used": report.used(),
        "keys": found.demand.keys().len(),
        "instance_hours": instance_hours(found).to_string(),
        "currency": report.currency,
        "reserved_instances": reservations,
        "savings_plans": plans,
        "skipped": report.skipped.iter().map(|(reason, left)| json!({
            "reason": reason.text(),
            "rows": left.rows,
            "cost": cost(left).to_string(),
        })).collect::<Vec<_>>(),
        "doubts": report.doubts.iter().map(|(doubt, rows)| json!({
            "doubt": doubt.text(),
            "rows": rows,
        })).collect::<Vec<_>>(),
        "missing": report.missing.iter().copied().map(span).collect::<Vec<_>>(),
        "fill_gaps": report.fill.map(fill_word),
        "unknown_types": report.unknown_types,
    });
    if !found.capacity.is_empty() {
        let span = found.demand.span();
        document["capacity_reservations"] = super::capacity::json(&found.capacity, span);
    }
    document
}

fn input(file: &FileReport) -> Value {
    json!({
        "file": file.name,
        "format": file.format,
        "packing": file.packing,
        "rows": file.rows,
        "used": file.used,
        "sha256": file.sha256.map(|bytes| hex(&bytes)),
    })
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
    bytes
        .iter()
        .flat_map(|&byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

fn span(span: HourSpan) -> Value {
    json!({ "start": span.start().to_string(), "end": span.end().to_string() })
}

fn instance_hours(found: &Import) -> Decimal {
    let keys = found.demand.keys().iter().enumerate();
    let running = keys.filter(|(_, key)| key.market != Market::UnusedCapacity);
    let total: Quantity<InstanceHour> = running.map(|(index, _)| found.demand.total(index)).sum();
    total.to_decimal(2)
}

fn cost(left: &Left) -> Decimal {
    Decimal::try_from_i128_with_scale(left.pico_dollars, 12)
        .unwrap_or_default()
        .round_dp(2)
}

fn fill_text(fill: Fill) -> &'static str {
    match fill {
        Fill::Zero => "without usage",
        Fill::Previous => "like the hour before",
    }
}

fn fill_word(fill: Fill) -> &'static str {
    match fill {
        Fill::Zero => "zero",
        Fill::Previous => "previous",
    }
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
