//! What changes from one estimate to another: `+` new, `~` changed, `-` gone.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;

use super::{SCHEMA_VERSION, of_book, quantity};
use crate::estimate::{Changed, ChangedLine, Snapshot, SnapshotLine};
use crate::prices::PriceBook;
use crate::report::Table;
use crate::report::format::thousands;
use crate::report::run::{InputFile, PROGRAM};

/// A row a resource and component that changed, and the totals.
pub fn changes_table(
    changes: &[Changed],
    (old, new): (&Snapshot, &Snapshot),
    book: &PriceBook,
    title: &str,
) -> Table {
    let heads = [
        "",
        "resource, component",
        ">before",
        ">after",
        ">difference",
    ];
    let mut table = Table::new(title, &heads);
    for change in changes {
        let name = format!("{} ({})", change.address, change.kind);
        let difference = signed(change.after - change.before);
        let amounts = [dollars(change.before), dollars(change.after), difference];
        let head = [change.change.sign().to_owned(), name];
        table.row(head.into_iter().chain(amounts));
        for line in &change.components {
            table.row(component(line));
        }
    }
    let (before, after) = (old.total_monthly_cost, new.total_monthly_cost);
    table.row([
        "",
        "Total a month",
        &dollars(before),
        &dollars(after),
        &signed(after - before),
    ]);
    if changes.is_empty() {
        table.note("Nothing changed.");
    }
    let is_guessed = |of: &Snapshot| of.total_monthly_cost_with_guesses.typical.is_some();
    if let (Some(before), Some(after)) = (typical(old), typical(new))
        && (is_guessed(old) || is_guessed(new))
    {
        table.note(format!(
            "With typical use: {} before, {} after ({}).",
            dollars(before),
            dollars(after),
            signed(after - before)
        ));
    }
    for (snapshot, when) in [(old, "before"), (new, "after")] {
        let left_out = snapshot.components_that_depend_on_usage
            + snapshot.components_not_covered
            + snapshot.components_unpriced;
        if left_out > 0 {
            let lines = if left_out == 1 { "line" } else { "lines" };
            table.note(format!(
                "The total {when} leaves out {left_out} {lines} (depend on usage, or not covered)."
            ));
        }
    }
    table.note(of_book(book));
    table
}

/// A component that changed.
fn component(line: &ChangedLine) -> [String; 5] {
    let part = match line.part.as_str() {
        "" => String::new(),
        part => format!("{part}: "),
    };
    let (before, after) = (line.before.as_ref(), line.after.as_ref());
    [
        line.change.sign().to_owned(),
        format!("   {part}{}{}", line.name, moved(before, after)),
        before.map(cost).unwrap_or_default(),
        after.map(cost).unwrap_or_default(),
        difference_of(before, after),
    ]
}

/// The total with typical use; that of an estimate without guesses is its total.
fn typical(snapshot: &Snapshot) -> Option<Decimal> {
    let guess = snapshot.total_monthly_cost_with_guesses.typical;
    guess.or((snapshot.components_that_depend_on_usage == 0).then_some(snapshot.total_monthly_cost))
}

/// How a quantity or unit price moved.
fn moved(before: Option<&SnapshotLine>, after: Option<&SnapshotLine>) -> String {
    let (Some(before), Some(after)) = (before, after) else {
        return String::new();
    };
    let mut said = Vec::new();
    let amount = |line: &SnapshotLine| {
        line.monthly_quantity
            .map_or_else(|| "depends on usage".to_owned(), quantity)
    };
    if before.monthly_quantity != after.monthly_quantity {
        said.push(format!(
            "{} -> {} {}",
            amount(before),
            amount(after),
            after.unit
        ));
    }
    let price = |line: &SnapshotLine| line.unit_prices.first().map(|tier| tier.price);
    if let (Some(old), Some(new)) = (price(before), price(after))
        && before.unit_prices != after.unit_prices
    {
        said.push(format!("${old} -> ${new} a unit"));
    }
    if said.is_empty() {
        String::new()
    } else {
        format!(" ({})", said.join(", "))
    }
}

fn cost(line: &SnapshotLine) -> String {
    match line.monthly_cost {
        Some(cost) => dollars(cost),
        None if line.depends_on_usage => "depends on usage".to_owned(),
        None => "not priced".to_owned(),
    }
}

/// The difference of two amounts that are known; of a line that came or went, the amount.
fn difference_of(before: Option<&SnapshotLine>, after: Option<&SnapshotLine>) -> String {
    let known = |line: Option<&SnapshotLine>| match line {
        None => Some(Decimal::ZERO),
        Some(line) => line.monthly_cost,
    };
    match (known(before), known(after)) {
        (Some(before), Some(after)) => signed(after - before),
        _ => String::new(),
    }
}

fn dollars(amount: Decimal) -> String {
    format!("${}", digits(amount))
}

/// `+$1.20`, `-$0.30`.
fn signed(amount: Decimal) -> String {
    let sign = if amount.is_sign_negative() && !amount.is_zero() {
        "-"
    } else {
        "+"
    };
    format!("{sign}${}", digits(amount.abs()))
}

fn digits(amount: Decimal) -> String {
    let mut rounded = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(2);
    thousands(&rounded.to_string())
}

/// What changes, for programs.
#[derive(Debug, Serialize)]
pub struct ChangesDocument<'a> {
    schema_version: u32,
    program: &'static str,
    price_book: String,
    price_book_as_of: String,
    currency: &'static str,
    inputs: Vec<InputFile>,
    total_monthly_cost_before: Decimal,
    total_monthly_cost_after: Decimal,
    difference: Decimal,
    #[serde(skip_serializing_if = "Option::is_none")]
    difference_percent: Option<Decimal>,
    changes: &'a [Changed],
    after: &'a Snapshot,
}

/// The document of what changes.
pub fn changes_document<'a>(
    changes: &'a [Changed],
    (old, new): (&Snapshot, &'a Snapshot),
    book: &PriceBook,
    inputs: Vec<InputFile>,
) -> ChangesDocument<'a> {
    let (before, after) = (old.total_monthly_cost, new.total_monthly_cost);
    let difference = after - before;
    let percent = (difference * Decimal::ONE_HUNDRED).checked_div(before);
    ChangesDocument {
        schema_version: SCHEMA_VERSION,
        program: PROGRAM,
        price_book: book.id().to_owned(),
        price_book_as_of: book.as_of().to_string(),
        currency: book.currency(),
        inputs,
        total_monthly_cost_before: before,
        total_monthly_cost_after: after,
        difference: difference.normalize(),
        difference_percent: percent.map(|percent| percent.round_dp(4).normalize()),
        changes,
        after: new,
    }
}
