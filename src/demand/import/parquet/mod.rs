//! Reads one Parquet file: its row groups on several threads, every column as numbers into its distinct values.
//!
//! polars decodes pages and values. Rows are grouped here: a bill's texts are stored as dictionaries of a few
//! values a row group, so that a row's texts are a handful of bits, and no text is touched more than once a row
//! group.

mod coded;
mod dictionary;
mod file;
mod group;
mod instants;
mod kind;
mod maps;
mod numbers;
mod packed;
mod texts;
mod values;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use polars::prelude::DataType;

use super::classify::Rules;
use super::input::Input;
use super::table::FileTally;
use super::tally::Tally;
use crate::diagnostics::{Diagnostic, Place};
use file::ParquetFile;
use group::GroupReader;
pub(super) use texts::each_row;

/// What is wrong with a file, and the first row (from 1) it is wrong in.
struct Problem {
    row: u64,
    said: Box<Diagnostic>,
}

/// Rows of a file that is searched for rows that stand in it twice, even if it is alone: reading the names of more
/// rows would take longer than everything else.
const SEARCHED: u64 = 2_000_000;

/// The columns of a file with their types.
///
/// # Errors
/// It is no Parquet file of a usage format.
pub(super) fn columns_of(
    input: &Input,
    rules: &Rules,
) -> Result<Vec<(String, DataType)>, Diagnostic> {
    let open = || ParquetFile::open(input, rules);
    let file = caught(open, || file::damaged(&input.name))?;
    let names = file.layout().names.iter().enumerate();
    Ok(names
        .map(|(place, name)| (name.clone(), file.dtype(place)))
        .collect())
}

/// Reads a file with `threads` threads. `identify`: keep the identity of its rows, to compare it with other files.
///
/// # Errors
/// The problem of the lowest row; rows are counted from 1.
pub(super) fn read(
    input: &Input,
    rules: &Rules,
    threads: usize,
    identify: bool,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<FileTally, Diagnostic> {
    let open = || ParquetFile::open(input, rules);
    let file = caught(open, || file::damaged(&input.name))?;
    let identify = identify || file.rows_before(file.groups()) <= SEARCHED;
    let tally =
        tally(&file, rules, threads, identify, progress).map_err(|problem| *problem.said)?;
    if tally.rows == 0 {
        return Err(
            Diagnostic::new("the file has columns and no rows").at(Place::file(&input.name))
        );
    }
    Ok(FileTally {
        name: input.name.clone(),
        packing: "",
        layout: file.into_layout(),
        tally,
        sha256: None,
    })
}

/// What `read` finds. polars panics on some damaged files: here that is an error like any other.
fn caught<T, E>(read: impl FnOnce() -> Result<T, E>, damaged: impl FnOnce() -> E) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(damaged()))
}

/// Hands the row groups to threads in their order, and puts together what they found.
///
/// After a problem no row group is begun, but those begun are ended: all before the first bad one are read, so
/// that the problem of the lowest row is found whatever the number of threads.
fn tally(
    file: &ParquetFile<'_>,
    rules: &Rules,
    threads: usize,
    identify: bool,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Tally, Problem> {
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let work = || {
        let mut reader = GroupReader::new(file, rules, identify)?;
        while !stop.load(Ordering::Relaxed) {
            let group = next.fetch_add(1, Ordering::Relaxed);
            if group >= file.groups() {
                break;
            }
            let read = caught(|| reader.read(group), || file.damaged(group));
            read.inspect_err(|_| stop.store(true, Ordering::Relaxed))?;
            progress(file.bytes_of(group));
        }
        Ok(reader.finish())
    };
    let found: Vec<Result<Tally, Problem>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.clamp(1, file.groups().max(1)))
            .map(|_| scope.spawn(work))
            .collect();
        let join = |worker: std::thread::ScopedJoinHandle<'_, _>| {
            worker
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        workers.into_iter().map(join).collect()
    });
    let mut tallies = Vec::new();
    let mut first: Option<Problem> = None;
    for part in found {
        match part {
            Ok(tally) => tallies.push(tally),
            Err(problem) if first.as_ref().is_none_or(|known| problem.row < known.row) => {
                first = Some(problem);
            }
            Err(_) => {}
        }
    }
    first.map_or_else(|| Ok(Tally::joined(tallies)), Err)
}
