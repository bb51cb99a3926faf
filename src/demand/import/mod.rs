//! Reads bills and simple tables into hourly demand, and says what was read, skipped and doubted.
//!
//! A file is read by its first bytes (CSV, gzip, zip, Parquet) and its header (CUR legacy and 2.0, FOCUS,
//! simple table), whatever its name. Readers group rows by the texts that matter and ask `classify` once a
//! distinct group what its rows are; usage is added up in whole nano-hours, so that neither the order of rows
//! nor the splitting of files matters.

mod beside;
mod bill;
mod bill_services;
mod chunks;
mod classify;
mod columns;
mod events;
mod export;
mod facts;
mod fees;
mod finish;
mod focus;
mod identity;
mod input;
mod items;
mod metered;
mod number;
mod open;
mod parquet;
mod problem;
mod pushdown;
mod reservations;
mod rows;
mod series;
mod services;
mod simple;
mod spec;
mod summed;
mod table;
mod tables;
mod tally;
mod time;
mod typed;

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

pub use bill_services::{BillServices, IsPriced, bill_services};
pub use export::{write_csv, write_parquet};
pub use facts::{
    BilledHour, BilledUsage, Cover, Doubt, FileReport, FoundCommitments, FoundReservation,
    FoundSavingsPlan, Import, ImportReport, Left, Skip,
};
pub use input::{Input, Source};
pub use items::{BillForm, BillRow, Cell, Number, Visit, bill_rows};
pub use open::fingerprint;
pub use pushdown::{Aggregation, ColumnKind, Dialect, EngineColumn, columns as bill_columns};
pub use series::{Meaning, Series, SeriesOptions, VALUES, read_series};

use crate::demand::Fill;
use crate::diagnostics::Diagnostic;
use table::FileTally;

/// What the user chose.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What to do with hours inside the window that no row is about; `None`: they are an error.
    pub fill_gaps: Option<Fill>,
    /// Tags of a bill to keep as labels, by name (`CostCenter` finds `resourceTags/user:CostCenter`). A simple
    /// table keeps all its `tag:*` columns.
    pub tags: Vec<String>,
    /// Let instance types pass that the catalogue does not know.
    pub allow_unknown_types: bool,
    /// Take the SHA-256 of every file.
    pub fingerprint: bool,
    /// Threads to use; 0 for one.
    pub threads: usize,
}

/// Imports files together.
///
/// `progress` is told of every so many bytes read, from any thread.
///
/// # Errors
/// Everything that is wrong: the first problem of every file, or what is wrong with the whole.
pub fn import(
    inputs: &[Input],
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Import, Vec<Diagnostic>> {
    let rules = classify::Rules {
        allow_unknown_types: options.allow_unknown_types,
        tags: options.tags.clone(),
    };
    let threads = options.threads.max(1);
    let side_by_side = threads.min(inputs.len()).max(1);
    let each = threads.div_ceil(side_by_side);
    let several = inputs.len() > 1;
    let read_one = |input| {
        let mut found = open::read(input, &rules, each, options.fingerprint, several, progress);
        for file in found.iter_mut().flatten() {
            file.tally.identities.share(inputs.len());
        }
        found
    };
    let next = AtomicUsize::new(0);
    let read = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..side_by_side {
            scope.spawn(|| {
                while let Some((place, input)) = take(inputs, &next) {
                    let found = read_one(input);
                    read.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push((place, found));
                }
            });
        }
    });
    let mut files = sorted(read.into_inner().unwrap_or_else(PoisonError::into_inner))?;
    identity::overlap(&mut files).map_err(|problem| vec![problem])?;
    finish::finish(&files, options)
}

fn take<'a>(inputs: &'a [Input], next: &AtomicUsize) -> Option<(usize, &'a Input)> {
    let place = next.fetch_add(1, Ordering::Relaxed);
    inputs.get(place).map(|input| (place, input))
}

type Read = Result<Vec<FileTally>, Diagnostic>;

/// The files in the order they were given, or all their problems.
fn sorted(mut read: Vec<(usize, Read)>) -> Result<Vec<FileTally>, Vec<Diagnostic>> {
    read.sort_by_key(|&(place, _)| place);
    let mut files = Vec::new();
    let mut problems = Vec::new();
    for (_, found) in read {
        match found {
            Ok(mut found) => files.append(&mut found),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(files)
    } else {
        Err(problems)
    }
}
