//! Shows the rows of a CSV bill.

use std::io::Read;

use super::lines::Lines;
use super::{BillRow, Cell, Visit, columns};
use crate::demand::import::open::cannot_read;
use crate::diagnostics::{Diagnostic, Place};

/// Shows every row of a CSV stream; empty lines are no rows.
///
/// # Errors
/// As [`super::bill_rows`].
pub(super) fn each_row(
    file: &str,
    stream: &mut dyn Read,
    visit: &mut Visit<'_>,
) -> Result<(), Diagnostic> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(1 << 18)
        .from_reader(Lines::new(stream));
    let mut record = csv::StringRecord::new();
    if !reader
        .read_record(&mut record)
        .map_err(|e| unreadable(file, &e))?
    {
        return Err(Diagnostic::new("the file is empty").at(Place::file(file)));
    }
    let names: Vec<String> = record.iter().map(str::to_owned).collect();
    let columns = columns(file, &names)?;
    let mut rows = false;
    while reader
        .read_record(&mut record)
        .map_err(|e| unreadable(file, &e))?
    {
        let byte = record.position().map_or(0, csv::Position::byte);
        let line = reader.get_mut().line_at(byte);
        if record.len() != names.len() {
            return Err(ragged(file, line, record.len(), names.len()));
        }
        let text = |cell: &Cell| {
            let place = columns.place(*cell);
            place
                .and_then(|place| record.get(place))
                .unwrap_or_default()
        };
        let texts: Vec<&str> = Cell::ALL.iter().map(text).collect();
        visit(&BillRow::new(file, line, &columns, &texts))?;
        rows = true;
    }
    if !rows {
        let empty = Diagnostic::new("the file has a header and no rows");
        return Err(empty.at(Place::file(file)));
    }
    Ok(())
}

fn ragged(file: &str, line: u64, found: usize, wanted: usize) -> Diagnostic {
    Diagnostic::new(format!(
        "the row has {found} cells, the header has {wanted}"
    ))
    .at(Place::file(file).line(line))
    .hint("a comma inside a text needs quotes around the text; or the file was cut off here")
}

fn unreadable(file: &str, error: &csv::Error) -> Diagnostic {
    let line = error.position().map(csv::Position::line);
    let place = Place::file(file);
    let place = match line {
        Some(line) => place.line(line),
        None => place,
    };
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => Diagnostic::new("the row is not UTF-8 text")
            .at(place)
            .hint("the file looks like UTF-16, Latin-1 or no text at all; `iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW` converts Latin-1"),
        csv::ErrorKind::Io(error) => cannot_read(file, error),
        _ => Diagnostic::new(format!("cannot be read: {error}")).at(place),
    }
}
