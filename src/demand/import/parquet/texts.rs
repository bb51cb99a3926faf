//! Shows the rows of a Parquet bill as texts, for a reader that asks for single rows.

use polars::prelude::PolarsError;

use super::coded::Coded;
use super::file::ParquetFile;
use super::{caught, file};
use crate::demand::import::classify::Rules;
use crate::demand::import::input::Input;
use crate::demand::import::items::{BillRow, Cell, Visit, columns};
use crate::diagnostics::{Diagnostic, Place};

/// A column of a row group: its distinct texts, and which of them each row has.
type Texts = (Vec<String>, Vec<u32>);

/// Shows every row of a file.
///
/// # Errors
/// As `items::bill_rows`.
pub(in crate::demand::import) fn each_row(
    input: &Input,
    visit: &mut Visit<'_>,
) -> Result<(), Diagnostic> {
    let rules = Rules::default();
    let damaged = || file::damaged(&input.name);
    let file = caught(|| ParquetFile::open(input, &rules), damaged)?;
    let columns = columns(&input.name, &file.layout().names)?;
    let places: Vec<Option<usize>> = Cell::ALL.iter().map(|&cell| columns.place(cell)).collect();
    for group in 0..file.groups() {
        let read = || texts_of(&file, group, &places);
        let failed = |error: PolarsError| *file.failed(group, &error).said;
        let texts = caught(|| read().map_err(failed), damaged)?;
        let first = file.rows_before(group);
        for row in 0..file.rows_of(group) {
            let cells = texts.iter().map(|column| cell(column.as_ref(), row));
            let cells: Vec<&str> = cells.collect();
            let line = first + row as u64 + 1;
            visit(&BillRow::new(&input.name, line, &columns, &cells))?;
        }
    }
    if file.rows_before(file.groups()) == 0 {
        let empty = Diagnostic::new("the file has columns and no rows");
        return Err(empty.at(Place::file(&input.name)));
    }
    Ok(())
}

fn cell(column: Option<&Texts>, row: usize) -> &str {
    let found = column.and_then(|(texts, codes)| texts.get(*codes.get(row)? as usize));
    found.map_or("", String::as_str)
}

/// The columns of a row group that hold a cell each.
fn texts_of(
    file: &ParquetFile<'_>,
    group: usize,
    places: &[Option<usize>],
) -> Result<Vec<Option<Texts>>, PolarsError> {
    let mut bytes = file.bytes()?;
    let mut column = |place: usize| {
        let coded = Coded::read(&file.chunk(&mut bytes, group, place)?, &|_| true)?;
        Ok((coded.texts(&file.dtype(place))?, coded.codes))
    };
    places
        .iter()
        .map(|place| place.map(&mut column).transpose())
        .collect()
}
