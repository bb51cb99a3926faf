//! What is wrong with a row, and the message a user sees of it.

use std::io::{self, Read};

use super::classify::Refusal;
use super::columns::Layout;
use crate::demand::metering::State;
use crate::diagnostics::{Diagnostic, Excerpt, Place};
use crate::units::{Hour, HourError};

/// A row that cannot be read, by the offset of its record in the (unpacked) stream.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) offset: u64,
    pub(super) wrong: Wrong,
}

/// What is wrong with it.
#[derive(Debug)]
pub(super) enum Wrong {
    /// A cell, by its place.
    Cell {
        place: usize,
        message: String,
        label: String,
        hint: String,
    },
    /// Too many or too few cells.
    Ragged { found: usize, wanted: usize },
    /// A quote that never closes.
    Unclosed,
    /// The parser gave up.
    Unreadable(String),
}

impl Wrong {
    pub(super) fn refused(layout: &Layout, refusal: Refusal) -> Self {
        Self::Cell {
            place: layout.find(refusal.role).unwrap_or_default(),
            message: refusal.message,
            label: refusal.label,
            hint: refusal.hint,
        }
    }

    pub(super) fn time(place: usize, error: &HourError) -> Self {
        let (label, hint) = match error {
            HourError::NoZone(_) => (
                "which zone is meant is not said",
                "write UTC as `2026-10-18T05:00Z`, or an offset as `2026-10-18T14:00+09:00`",
            ),
            HourError::NotATime(_) => {
                ("not a date and time", "times look like `2026-10-18T05:00Z`")
            }
            HourError::BeforeEc2(_) => (
                "EC2 opened on 2006-08-25",
                "a timestamp in another unit than its column says becomes such a time",
            ),
        };
        Self::Cell {
            place,
            message: error.to_string(),
            label: label.into(),
            hint: hint.into(),
        }
    }

    pub(super) fn no_instance(place: usize) -> Self {
        Self::Cell {
            place,
            message: "a change of state names no instance".into(),
            label: "expected an instance id, such as i-0123456789abcdef0".into(),
            hint: "rows of one instance are put together by its id".into(),
        }
    }

    pub(super) fn no_quantity(place: usize, text: &str) -> Self {
        Self::Cell {
            place,
            message: format!("`{text}` is not a quantity"),
            label: "expected a number of the item's units, such as 730 or 1500.25".into(),
            hint: "numbers have a point for decimals and nothing between thousands".into(),
        }
    }

    /// The end of a period that is before its start, or more than a year behind it.
    pub(super) fn no_end(place: usize, text: &[u8], start: Hour) -> Self {
        let text = String::from_utf8_lossy(text);
        Self::Cell {
            place,
            message: format!("`{text}` is not the end of a row that starts at {start}"),
            label: "expected a later hour, at most a year after; itself not included".into(),
            hint: "leave the cell empty for use of one hour".into(),
        }
    }

    pub(super) fn unknown_state(place: usize, text: &str) -> Self {
        let known: Vec<&str> = State::ALL.iter().map(|state| state.label()).collect();
        Self::Cell {
            place,
            message: format!("unknown state `{text}`"),
            label: "no instance goes into it".into(),
            hint: format!(
                "states are {}; `hibernating` is stopping to hibernate, `interrupted` is taken away by AWS",
                known.join(", ")
            ),
        }
    }

    pub(super) fn not_a_number(place: usize, text: &[u8]) -> Self {
        let text = String::from_utf8_lossy(text);
        let message = if text.is_empty() {
            "a row of usage states no amount".to_owned()
        } else {
            format!("`{text}` is not a number")
        };
        Self::Cell {
            place,
            message,
            label: "expected instance-hours, such as 1 or 0.4965277778".into(),
            hint: "numbers have a point for decimals and nothing between thousands".into(),
        }
    }

    pub(super) fn negative(place: usize, text: &[u8]) -> Self {
        Self::Cell {
            place,
            message: format!("usage of `{}` is below zero", String::from_utf8_lossy(text)),
            label: "expected zero or more".into(),
            hint: "a correction of money is a credit or refund; remove the row if it is one".into(),
        }
    }

    pub(super) fn not_a_count(place: usize, text: &[u8]) -> Self {
        Self::Cell {
            place,
            message: format!(
                "`{}` is not a number of rows",
                String::from_utf8_lossy(text)
            ),
            label: "expected how many rows of the bill this one stands for".into(),
            hint: "the result of `bursar import --emit-sql` is read as the engine gives it".into(),
        }
    }

    pub(super) fn unread(place: usize, unread: u64, rows: u64) -> Self {
        Self::Cell {
            place,
            message: format!(
                "{unread} of the {rows} rows behind this one state no usage, or one below zero"
            ),
            label: "expected none of them".into(),
            hint: "`bursar import` of the files themselves shows the first of them".into(),
        }
    }

    pub(super) fn absurd(place: usize, text: &[u8]) -> Self {
        Self::Cell {
            place,
            message: format!("usage of `{}` is absurd", String::from_utf8_lossy(text)),
            label: "more than a million instances for every hour of the row".into(),
            hint: "the column holds instance-hours; are these seconds, bytes or dollars?".into(),
        }
    }

    pub(super) fn not_utf8(place: usize, bytes: &[u8], at: usize) -> Self {
        let byte = bytes.get(at).copied().unwrap_or_default();
        Self::Cell {
            place,
            message: format!("byte 0x{byte:02X} is not UTF-8 text"),
            label: "cannot be read as text".into(),
            hint: "the file looks like Latin-1 or Windows-1252: `iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW` converts it".into(),
        }
    }
}

/// The first characters of a line that messages show.
const SHOWN: usize = 120;
/// How many of them may be marked, and how many stand before the marks.
const MARKED: usize = 60;
const BEFORE: usize = 40;

/// Draws the message: finds the record again in the stream and counts its lines.
pub(super) fn diagnose(
    file: &str,
    layout: &Layout,
    problem: &Problem,
    stream: &mut dyn Read,
) -> Diagnostic {
    if let Wrong::Unclosed = problem.wrong {
        return unclosed(file, stream, problem.offset);
    }
    let found = find(stream, problem.offset).unwrap_or_default();
    let place = Place::file(file).line(found.line);
    match &problem.wrong {
        Wrong::Unreadable(message) => Diagnostic::new(message.clone()).at(place),
        Wrong::Unclosed => Diagnostic::default().at(place),
        Wrong::Ragged {
            found: cells,
            wanted,
        } => Diagnostic::new(format!("the row has {cells} cells, the header {wanted}"))
            .at(Place {
                excerpt: Some(excerpt(&found.record, 0..found.record.len(), "this row").1),
                ..place
            })
            .hint("was the file cut off, or does a cell with a comma lack its quotes?"),
        Wrong::Cell {
            place: column,
            message,
            label,
            hint,
        } => {
            let range = cell_range(&found.record, *column);
            let (lines, excerpt) = excerpt(&found.record, range, label);
            let place = Place {
                excerpt: Some(excerpt),
                ..Place::file(file).line(found.line + lines)
            };
            Diagnostic::new(message.clone())
                .at(place.column(layout.name(*column).trim()))
                .hint(hint.clone())
        }
    }
}

/// Says where the quote stands that is never closed: the first cell whose closing quote is not its end.
fn unclosed(file: &str, stream: &mut dyn Read, offset: u64) -> Diagnostic {
    let mut stream = io::BufReader::new(stream);
    let mut before = (&mut stream).take(offset);
    let mut line = 1;
    let mut opened: Option<u64> = None;
    let mut closing = false;
    let mut skipped = Vec::new();
    if before.read_to_end(&mut skipped).is_ok() {
        line += memchr::memchr_iter(b'\n', &skipped).count() as u64;
    }
    drop(skipped);
    for byte in stream.bytes().map_while(Result::ok) {
        if closing && byte != b'"' {
            if !matches!(byte, b',' | b'\n' | b'\r') {
                break;
            }
            opened = None;
        }
        closing = byte == b'"' && opened.is_some() && !closing;
        if byte == b'"' && opened.is_none() {
            opened = Some(line);
        }
        line += u64::from(byte == b'\n');
    }
    Diagnostic::new("a quote is opened and never closed")
        .at(Place::file(file).line(opened.unwrap_or(line)))
        .hint("a quote inside a quoted cell is written twice: `\"\"`")
}

/// A record and the line it starts in.
#[derive(Debug, Default)]
struct Found {
    line: u64,
    record: Vec<u8>,
}

/// Skips to the record at `offset`, counting lines, and reads it whole.
fn find(stream: &mut dyn Read, offset: u64) -> io::Result<Found> {
    let mut line = 1;
    let mut left = offset;
    let mut buffer = vec![0; 1 << 16];
    while left > 0 {
        let want = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let read = stream.read(&mut buffer[..want])?;
        if read == 0 {
            break;
        }
        line += memchr::memchr_iter(b'\n', &buffer[..read]).count() as u64;
        left -= read as u64;
    }
    let mut record = Vec::new();
    let mut quoted = false;
    let mut begun = false;
    for byte in io::BufReader::new(stream).bytes().take(1 << 20) {
        let byte = byte?;
        if !begun && matches!(byte, b'\n' | b'\r') {
            line += u64::from(byte == b'\n');
            continue;
        }
        begun = true;
        quoted ^= byte == b'"';
        if byte == b'\n' && !quoted {
            break;
        }
        record.push(byte);
    }
    if record.last() == Some(&b'\r') {
        record.pop();
    }
    Ok(Found { line, record })
}

/// The bytes of a cell without its quotes.
fn cell_range(record: &[u8], wanted: usize) -> std::ops::Range<usize> {
    let (mut start, mut place, mut quoted) = (0, 0, false);
    let mut end = record.len();
    for (at, &byte) in record.iter().enumerate() {
        quoted ^= byte == b'"';
        if byte == b',' && !quoted {
            if place == wanted {
                end = at;
                break;
            }
            place += 1;
            start = at + 1;
        }
    }
    if record[start..end].starts_with(b"\"")
        && record[start..end].ends_with(b"\"")
        && end - start > 1
    {
        return start + 1..end - 1;
    }
    start..end
}

/// The line of the record that holds `range`, how many lines it is into the record, and marks under the range.
fn excerpt(record: &[u8], range: std::ops::Range<usize>, label: &str) -> (u64, Excerpt) {
    let before = record.get(..range.start).unwrap_or_default();
    let lines = memchr::memchr_iter(b'\n', before).count() as u64;
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    let line = &record[line_start..];
    let line = &line[..memchr::memchr(b'\n', line).unwrap_or(line.len())];
    let chars = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes)
            .trim_end_matches('\r')
            .chars()
            .count()
    };
    let start = chars(&record[line_start..range.start]);
    let len =
        chars(&line[range.start - line_start..range.end.min(line_start + line.len()) - line_start]);
    let text = String::from_utf8_lossy(line);
    (
        lines,
        window(text.trim_end_matches('\r'), start, len, label),
    )
}

/// At most [`SHOWN`] characters of a line, with the marked part among them.
fn window(line: &str, start: usize, len: usize, label: &str) -> Excerpt {
    let total = line.chars().count();
    let label = label.to_owned();
    if total <= SHOWN {
        return Excerpt {
            text: line.to_owned(),
            start,
            len,
            label,
        };
    }
    let len = len.min(MARKED);
    let from = start.saturating_sub(BEFORE).min(total - SHOWN);
    let shown: String = line.chars().skip(from).take(SHOWN).collect();
    let (head, shift) = if from > 0 { ("...", 3) } else { ("", 0) };
    let tail = if from + SHOWN < total { "..." } else { "" };
    Excerpt {
        text: format!("{head}{shown}{tail}"),
        start: start - from + shift,
        len,
        label,
    }
}
