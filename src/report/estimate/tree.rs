//! An estate with prices: a tree of resources and components, rows, a document for programs.

use serde::Serialize;

use super::{SCHEMA_VERSION, left_out, money, of_book, of_month, quantity, unit_price};
use crate::diagnostics::Diagnostic;
use crate::estate::{Amount, Level};
use crate::estimate::{Cost, Estimate, Line, PricedResource, Snapshot};
use crate::prices::PriceBook;
use crate::report::Table;
use crate::report::run::{InputFile, PROGRAM};

/// Resources, the components of each below it, and the total with what it leaves out.
pub fn tree_table(estimate: &Estimate, book: &PriceBook, title: &str) -> Table {
    let heads = [
        "resource, component",
        ">monthly quantity",
        "unit",
        ">unit price, $",
        ">monthly cost",
    ];
    let title = format!("{title}: {}", of_month(estimate.month));
    let mut table = Table::new(title, &heads);
    for resource in &estimate.resources {
        let name = format!(
            "{} ({}, {})",
            resource.address, resource.kind, resource.region
        );
        table.row([
            name,
            String::new(),
            String::new(),
            String::new(),
            subtotal(resource),
        ]);
        branch(&mut table, resource);
    }
    let totals = estimate.totals();
    let total = money(totals.known);
    table.row(["Total", "", "", "", &total].map(str::to_owned));
    for note in left_out(&totals) {
        table.note(note);
    }
    for reason in reasons(estimate) {
        table.note(reason);
    }
    if estimate
        .resources
        .iter()
        .flat_map(|resource| &resource.lines)
        .any(has_tiers)
    {
        table.note(
            "Tiers and what is free a month count all resources together, known quantities first.",
        );
    }
    table.note(of_book(book));
    table
}

/// What a resource costs, where anything of it does.
fn subtotal(resource: &PricedResource) -> String {
    let has_amount = resource
        .lines
        .iter()
        .any(|line| matches!(line.cost, Cost::Known(_)));
    if has_amount {
        money(resource.totals().known)
    } else {
        String::new()
    }
}

/// A resource's lines, those of one part below its name.
fn branch(table: &mut Table, resource: &PricedResource) {
    let mut parts: Vec<(&str, Vec<&Line>)> = Vec::new();
    for line in &resource.lines {
        let part = line.component.part.as_str();
        match parts.last_mut() {
            Some((known, lines)) if *known == part && !part.is_empty() => lines.push(line),
            _ => parts.push((part, vec![line])),
        }
    }
    let count = parts.len();
    for (index, (part, lines)) in parts.into_iter().enumerate() {
        let (fork, stem) = if index + 1 == count {
            ("└─ ", "   ")
        } else {
            ("├─ ", "│  ")
        };
        if part.is_empty() {
            for line in lines {
                leaf(table, fork, line);
            }
            continue;
        }
        table.row([
            format!("{fork}{part}"),
            String::new(),
            String::new(),
            String::new(),
            String::new(),
        ]);
        for (index, line) in lines.iter().enumerate() {
            let fork = if index + 1 == lines.len() {
                "└─ "
            } else {
                "├─ "
            };
            leaf(table, &format!("{stem}{fork}"), line);
        }
    }
}

fn leaf(table: &mut Table, branch: &str, line: &Line) {
    let component = &line.component;
    table.row([
        format!("{branch}{}", component.name),
        amount(&component.quantity, &line.cost),
        component.unit.to_owned(),
        line.price
            .as_ref()
            .map(|price| unit_price(&price.tiers))
            .unwrap_or_default(),
        cost(&line.cost),
    ]);
}

fn amount(amount: &Amount, cost: &Cost) -> String {
    match amount {
        Amount::Known(amount) => quantity(*amount),
        Amount::Open(_) if !matches!(cost, Cost::Open(_)) => String::new(),
        open @ Amount::Open(_) => {
            let levels = Level::ALL.map(|level| open.at(level).map(quantity));
            joined(levels).unwrap_or_else(|| "depends on usage".to_owned())
        }
    }
}

fn cost(cost: &Cost) -> String {
    match cost {
        Cost::Known(cost) => money(*cost),
        Cost::Open(costs) => joined(costs.map(|cost| cost.map(money))).unwrap_or_default(),
        Cost::Free(_) => "free".to_owned(),
        Cost::NotCovered(_) => "not covered".to_owned(),
        Cost::Unpriced(_) => "unpriced".to_owned(),
    }
}

/// Figures from low to high, a dash for what nobody guessed; `None` where nobody guessed anything.
fn joined(levels: [Option<String>; 3]) -> Option<String> {
    let is_guessed = levels.iter().any(Option::is_some);
    let figures = levels.map(|figure| figure.unwrap_or_else(|| "-".to_owned()));
    is_guessed.then(|| figures.join(" / "))
}

fn has_tiers(line: &Line) -> bool {
    let more = |line: &Line| {
        line.price
            .as_ref()
            .is_some_and(|price| price.tiers.tiers().len() > 1)
    };
    more(line)
        || matches!(&line.component.charge, crate::estate::Charge::Service { item, .. }
        if *item == crate::catalog::ServiceItem::INTERNET_EGRESS_GB)
}

/// Why lines are not covered or unpriced.
fn reasons(estimate: &Estimate) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    for resource in &estimate.resources {
        for line in &resource.lines {
            let (what, why) = match &line.cost {
                Cost::NotCovered(why) => ("Not covered", why),
                Cost::Unpriced(why) => ("Unpriced", why),
                _ => continue,
            };
            let name = &line.component.name;
            reasons.push(format!("{what}: {}, {name}: {why}.", resource.address));
        }
    }
    reasons
}

/// A row a component, for spreadsheets: empty cells are unknown, never nothing.
pub fn flat_table(estimate: &Estimate) -> Table {
    let heads = [
        "address",
        "kind",
        "region",
        "part",
        "component",
        "item",
        ">monthly_quantity",
        "unit",
        ">unit_price",
        ">monthly_cost",
        ">low_quantity",
        ">typical_quantity",
        ">high_quantity",
        ">low_cost",
        ">typical_cost",
        ">high_cost",
        "state",
        "why",
        "basis",
        "as_of",
        "source",
    ];
    let mut table = Table::new("", &heads);
    for resource in Snapshot::of(estimate).resources {
        for line in resource.components {
            let text = |figure: Option<rust_decimal::Decimal>| {
                figure.map(|figure| figure.to_string()).unwrap_or_default()
            };
            let first = line.unit_prices.first().map(|tier| tier.price.to_string());
            let (state, why) = state(&line);
            table.row([
                resource.address.clone(),
                resource.kind.clone(),
                resource.region.clone(),
                line.part,
                line.name,
                line.item.unwrap_or_default(),
                text(line.monthly_quantity),
                line.unit,
                first.unwrap_or_default(),
                text(line.monthly_cost),
                text(line.guessed_quantity.low),
                text(line.guessed_quantity.typical),
                text(line.guessed_quantity.high),
                text(line.guessed_cost.low),
                text(line.guessed_cost.typical),
                text(line.guessed_cost.high),
                state.to_owned(),
                why,
                line.basis.unwrap_or_default().replace('±', "+-"),
                line.as_of.unwrap_or_default(),
                line.source.unwrap_or_default(),
            ]);
        }
    }
    table
}

/// What kind of amount a line has, and why it has none.
fn state(line: &crate::estimate::SnapshotLine) -> (&'static str, String) {
    let reasons = [
        ("free", &line.free),
        ("not covered", &line.not_covered),
        ("unpriced", &line.unpriced),
    ];
    let reason = reasons
        .into_iter()
        .find_map(|(state, why)| Some((state, why.clone()?)));
    reason.unwrap_or_else(|| {
        let state = if line.depends_on_usage {
            "depends on usage"
        } else {
            "known"
        };
        (state, String::new())
    })
}

/// An estimate for programs.
#[derive(Debug, Serialize)]
pub struct EstimateDocument {
    schema_version: u32,
    program: &'static str,
    price_book: String,
    price_book_as_of: String,
    currency: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    negotiated_discounts: Option<String>,
    inputs: Vec<InputFile>,
    #[serde(flatten)]
    snapshot: Snapshot,
    doubts: Vec<String>,
}

/// The document of an estimate, with the files that went in.
pub fn estimate_document(
    estimate: &Estimate,
    book: &PriceBook,
    inputs: Vec<InputFile>,
    doubts: &[Diagnostic],
) -> EstimateDocument {
    EstimateDocument {
        schema_version: SCHEMA_VERSION,
        program: PROGRAM,
        price_book: book.id().to_owned(),
        price_book_as_of: book.as_of().to_string(),
        currency: book.currency(),
        negotiated_discounts: book.contract().map(crate::prices::Contract::describe),
        inputs,
        snapshot: Snapshot::of(estimate),
        doubts: doubts.iter().map(|doubt| doubt.message.clone()).collect(),
    }
}
