//! The import's one aggregation as SQL, for an engine that reads bills larger than this machine.
//!
//! The engine only adds up; what rows are is said here, by the same reader: the result is a bill of fewer rows, with
//! two columns more (`summed`). Which texts decide, which rows may be instance-hours, and which are read whole comes
//! from the tables the reader works by (`spec`, `bill`, `focus`, `fees`). Every row keeps its hours, so that gaps show.

mod columns;
mod expression;
mod query;

pub use columns::columns;

use super::columns::Layout;
use crate::diagnostics::{Diagnostic, Place};

/// Whose SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Spark SQL.
    Spark,
    /// Athena's, which is Trino's.
    Athena,
}

/// A column of the table that holds the bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineColumn {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
}

/// What a column holds, as far as it matters for reading it as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text or a time.
    Plain,
    /// A number.
    Number,
    /// A map of texts.
    Map,
    /// A struct, with the names of its fields.
    Struct(Vec<String>),
}

/// What to sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregation {
    /// The table, as the dialect names it behind `FROM`.
    pub table: String,
    /// How messages name it.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<EngineColumn>,
    /// Tags to keep as labels.
    pub tags: Vec<String>,
    /// Billing periods to read (`2026-04`); all where none is named.
    pub periods: Vec<String>,
}

impl Aggregation {
    /// The query. Its result, as CSV with a header, is a bill that [`super::import`] reads.
    ///
    /// # Errors
    /// The columns are of no bill, or none of them tells the billing period that is asked for.
    pub fn sql(&self, dialect: Dialect) -> Result<String, Diagnostic> {
        let names = self.columns.iter().map(|column| column.name.clone());
        let layout = Layout::new(&self.name, names.collect(), &self.tags)?;
        if layout.format.is_typed() {
            return Err(
                Diagnostic::new("only a CUR or a FOCUS file is summed by an engine")
                    .at(Place::file(&self.name))
                    .hint("a table of usage is small enough to be read here: leave out `--engine`"),
            );
        }
        query::Query::new(self, &layout, dialect).text()
    }
}
