//! Estimates laid out: a tree for people, rows for spreadsheets, the purchase options, what changes.

mod changes;
mod options;
mod tree;

use rust_decimal::{Decimal, RoundingStrategy};

use super::format::{dollars, number};
use crate::estate::Month;
use crate::estimate::Totals;
use crate::prices::{PriceBook, Tiers};
use crate::units::Money;

pub use changes::{ChangesDocument, changes_document, changes_table};
pub use options::{OptionsDocument, options_document, options_table};
pub use tree::{EstimateDocument, estimate_document, flat_table, tree_table};

/// The version of the JSON documents here.
pub const SCHEMA_VERSION: u32 = 1;

/// A quantity as people read it: six decimals at the most.
fn quantity(amount: Decimal) -> String {
    let rounded = amount.round_dp_with_strategy(6, RoundingStrategy::MidpointAwayFromZero);
    number(rounded.normalize())
}

/// An amount of money as people read it; one below a cent with the digits that it has.
fn money(amount: Money) -> String {
    let cents = dollars(amount, 2);
    if cents == "$0.00" && !amount.is_zero() {
        return dollars(amount, 6);
    }
    cents
}

/// What a unit costs: of tiers the first, with their number.
fn unit_price(tiers: &Tiers) -> String {
    let first = tiers.tiers().first();
    let rate = first.map(|tier| tier.rate.to_string()).unwrap_or_default();
    match tiers.tiers().len() {
        0 | 1 if tiers.is_free() => "free".to_owned(),
        0 | 1 => rate,
        more => format!("{rate} ({more} tiers)"),
    }
}

/// Which month quantities are for.
fn of_month(month: Month) -> String {
    match month {
        Month::Average => "a month of 730 hours".to_owned(),
        Month::Of {
            year,
            month: number,
            ..
        } => {
            format!("{year}-{number:02}, {} hours", month.hours())
        }
    }
}

fn of_book(book: &PriceBook) -> String {
    let negotiated = book.contract().map_or_else(String::new, |contract| {
        format!(" Amounts are what is paid under {}.", contract.describe())
    });
    format!(
        "Price book {} of {}, {}.{negotiated}",
        book.id(),
        book.as_of(),
        book.currency()
    )
}

/// What a total leaves out, a sentence each.
fn left_out(totals: &Totals) -> Vec<String> {
    let mut notes = Vec::new();
    if totals.open > 0 {
        let lines = counted(
            totals.open,
            "line that depends on usage",
            "lines that depend on usage",
        );
        notes.push(format!("The total leaves out {lines}."));
    }
    let guesses = ["low", "typical", "high"]
        .iter()
        .zip(totals.guessed)
        .zip(totals.unguessed);
    let guesses: Vec<String> = guesses
        .filter_map(|((level, total), without)| {
            let total = money(total?);
            Some(match without {
                0 => format!("{level} {total}"),
                _ => format!("{level} {total} ({without} without a guess)"),
            })
        })
        .collect();
    if !guesses.is_empty() {
        notes.push(format!("With the guesses: {}.", guesses.join(", ")));
    }
    if totals.not_covered > 0 {
        let lines = counted(
            totals.not_covered,
            "line that is not covered",
            "lines that are not covered",
        );
        notes.push(format!("The total leaves out {lines} (below)."));
    }
    if totals.unpriced > 0 {
        let lines = counted(
            totals.unpriced,
            "line whose price is missing",
            "lines whose price is missing",
        );
        notes.push(format!("The total leaves out {lines} (below)."));
    }
    notes
}

fn counted(number: usize, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}
