//! Reads every row of a bill with the cells that a reconciliation looks at, whatever service the row is of.
//!
//! An import keeps instance usage and lets everything else go; here nothing is classified and nothing added up.
//! A visitor sees the rows of each file in their order, one at a time.

mod cells;
mod lines;
mod table;

use chrono::Datelike;
use rust_decimal::Decimal;

pub use cells::Cell;
use cells::Columns;

use super::input::{Input, Packing};
use super::number::decimal;
use super::open;
use super::time::{Periods, Zone};
use crate::diagnostics::{Diagnostic, Place};
use crate::units::{Hour, HourSpan};

/// The family of a bill's columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BillForm {
    /// Cost and Usage Report, legacy or 2.0.
    Report,
    /// FinOps Open Cost and Usage Specification.
    Focus,
}

/// A cell that should hold a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// No such column, or nothing in the cell.
    Missing,
    /// A number.
    Is(Decimal),
    /// Something else, such as a word; or a number past all money.
    Not,
}

/// One row of a bill.
#[derive(Debug)]
pub struct BillRow<'a> {
    /// The file, as the user named it.
    pub file: &'a str,
    /// Its line in the file, counted from 1; in Parquet its row.
    pub line: u64,
    /// Which columns it has.
    pub form: BillForm,
    columns: &'a Columns,
    texts: &'a [&'a str],
}

/// What is told of every row; an error ends the reading.
pub type Visit<'a> = dyn FnMut(&BillRow<'_>) -> Result<(), Diagnostic> + 'a;

/// Shows every row of `inputs` to `visit`, file after file.
///
/// # Errors
/// A file that cannot be read or is no bill, a row with too many or too few cells, or whatever `visit` says.
pub fn bill_rows(inputs: &[Input], visit: &mut Visit<'_>) -> Result<(), Diagnostic> {
    for input in inputs {
        let cannot = |error| open::cannot_read(&input.name, &error);
        match input.packing().map_err(cannot)? {
            Packing::Parquet => super::parquet::each_row(input, visit)?,
            packing => {
                let mut read = |name: &str, stream: &mut dyn std::io::Read| {
                    table::each_row(name, stream, visit)
                };
                open::each_csv(input, packing, &mut read)?;
            }
        }
    }
    Ok(())
}

/// The columns of a file with this header.
///
/// # Errors
/// The header is of no bill.
pub(super) fn columns(file: &str, names: &[String]) -> Result<Columns, Diagnostic> {
    Columns::new(names).ok_or_else(|| {
        Diagnostic::new("the header is of no bill: a Cost and Usage Report or FOCUS is needed")
            .at(Place::file(file).line(1))
            .hint("a table of usage states no costs, so that there is nothing to compare it with")
    })
}

impl<'a> BillRow<'a> {
    pub(super) fn new(
        file: &'a str,
        line: u64,
        columns: &'a Columns,
        texts: &'a [&'a str],
    ) -> Self {
        Self {
            file,
            line,
            form: columns.form,
            columns,
            texts,
        }
    }

    /// Whether the file has a column for the cell.
    pub fn has(&self, cell: Cell) -> bool {
        self.columns.place(cell).is_some()
    }

    /// The text of a cell; empty when there is no such column or it says NULL.
    pub fn text(&self, cell: Cell) -> &'a str {
        let text = self.texts.get(cell as usize).copied().unwrap_or_default();
        match text.trim() {
            "NULL" | "null" | "\\N" => "",
            text => text,
        }
    }

    /// The number of a cell.
    pub fn number(&self, cell: Cell) -> Number {
        let text = self.text(cell);
        if text.is_empty() {
            return Number::Missing;
        }
        // Beyond, sums of many rows would not fit a Decimal.
        let most = Decimal::from(1_000_000_000_000_000_000_i64);
        match decimal(text) {
            Some(number) if number.abs() <= most => Number::Is(number),
            _ => Number::Not,
        }
    }

    /// The number of a cell, where it holds one.
    pub fn amount(&self, cell: Cell) -> Option<Decimal> {
        match self.number(cell) {
            Number::Is(number) => Some(number),
            Number::Missing | Number::Not => None,
        }
    }

    /// The hours the row is about.
    ///
    /// # Errors
    /// A start or an end that is no time.
    pub fn period(&self) -> Result<HourSpan, Diagnostic> {
        let (start, end) = (self.text(Cell::Start), self.text(Cell::End));
        let mut periods = Periods::default();
        let found = periods.read(start.as_bytes(), end.as_bytes(), Zone::Utc);
        let period = found.map_err(|error| {
            let start_is_good = Hour::parse_utc(start).is_ok();
            let wrong = if start_is_good {
                Cell::End
            } else {
                Cell::Start
            };
            Diagnostic::new(error.to_string())
                .at(self.place(wrong))
                .hint("times look like `2026-10-18T05:00:00Z`")
        })?;
        let end = period.start.plus(i64::from(period.hours));
        Ok(HourSpan::new(period.start, end))
    }

    /// Year and month of the hours the row is about.
    ///
    /// # Errors
    /// As [`Self::period`].
    pub fn month(&self) -> Result<(i32, u32), Diagnostic> {
        let start = self.period()?.start().start();
        Ok((start.year(), start.month()))
    }

    /// The place of a cell, for messages.
    pub fn place(&self, cell: Cell) -> Place {
        let place = Place::file(self.file).line(self.line);
        match self.columns.name(cell) {
            Some(name) => place.column(name),
            None => place,
        }
    }
}
