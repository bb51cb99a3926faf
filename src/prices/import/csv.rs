//! CSV of every kind: finds the row of column names, then hands each record to the reader of its kind, and knows the
//! line of what is wrong.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Read};
use std::rc::Rc;

use simd_csv::{ZeroCopyByteRecord, ZeroCopyReaderBuilder};

use super::file::File;
use super::{offer, plans, rates, service_rates};
use crate::diagnostics::{Diagnostic, Place, nearest};

/// Five lines stand before the column names today; old files have `sep=,` as well.
const HEAD: u64 = 20;
/// Bytes read at once.
const BLOCK: usize = 1 << 16;

/// What a record's columns mean.
enum Kind {
    Offer(Box<offer::Columns>),
    Plans(plans::Columns),
    Rates(rates::Columns),
    ServiceRates(Box<service_rates::Columns>),
}

/// Reads a CSV file.
///
/// # Errors
/// The first row that is wrong, with its line.
pub(super) fn read(stream: impl Read, file: &mut File<'_>) -> Result<(), Diagnostic> {
    let blocks = Rc::new(RefCell::new(Blocks::default()));
    let counted = Counted {
        stream,
        blocks: Rc::clone(&blocks),
    };
    let mut reader = ZeroCopyReaderBuilder::with_capacity(BLOCK)
        .has_headers(false)
        .flexible(true)
        .from_reader(counted);
    let (mut kind, mut width, mut seen) = (None, 0, 0);
    loop {
        let start = reader.position();
        let read = match reader.read_byte_record() {
            Ok(None) => break,
            Ok(Some(record)) => match &mut kind {
                Some(kind) => row(&record, kind, width, file, || blocks.borrow().line(start)),
                None => head(&record, file).map(|found| {
                    kind = found;
                    width = record.len();
                }),
            },
            Err(error) => Err(
                Diagnostic::new(format!("cannot be read on from here: {error}"))
                    .hint("the file was cut short or changed; fetch it again"),
            ),
        };
        seen += 1;
        let place = || Place::file(&file.path).line(blocks.borrow().line(start));
        read.map_err(|problem| problem.at(place()))?;
        if kind.is_none() && seen >= HEAD {
            break;
        }
    }
    match kind {
        None => Err(Diagnostic::new("no row of column names that is known")
            .at(Place::file(&file.path))
            .hint("an offer file has the columns SKU and PricePerUnit, a Savings Plans file SKU and DiscountedRate, \
                   a table of rates region, instance_type and hourly, one of services region, item and usd; \
                   separated by commas")),
        Some(Kind::Offer(columns)) => {
            let checked = columns.tiers.check();
            checked.map_err(|problem| problem.at(Place::file(&file.path)))
        }
        Some(_) => Ok(()),
    }
}

fn row(
    record: &ZeroCopyByteRecord<'_>,
    kind: &mut Kind,
    width: usize,
    file: &mut File<'_>,
    line: impl Fn() -> u64,
) -> Result<(), Diagnostic> {
    if record.len() != width {
        let found = record.len();
        // A line with nothing in it is no row.
        if found == 1 && text(record, Some(0))?.is_empty() {
            return Ok(());
        }
        let message = format!("the row has {found} cells, the column names are {width}");
        return Err(
            Diagnostic::new(message).hint("the file was cut short or changed; fetch it again")
        );
    }
    file.row();
    match kind {
        Kind::Offer(columns) => columns.row(record, file),
        Kind::Plans(columns) => columns.row(record, file),
        Kind::Rates(columns) => columns.row(record, file, line()),
        Kind::ServiceRates(columns) => columns.row(record, file, line()),
    }
}

/// The kind of file, once the record is that of column names; before, the record describes the file.
fn head(record: &ZeroCopyByteRecord<'_>, file: &mut File<'_>) -> Result<Option<Kind>, Diagnostic> {
    let mut names = Vec::with_capacity(record.len());
    for place in 0..record.len() {
        names.push(text(record, Some(place))?);
    }
    let has = |name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    let kind = if has("SKU") && has("DiscountedRate") {
        "Savings Plans file".clone_into(&mut file.kind);
        Kind::Plans(plans::Columns::of(&names)?)
    } else if has("SKU") && has("PricePerUnit") {
        "offer file".clone_into(&mut file.kind);
        Kind::Offer(Box::new(offer::Columns::of(&names)?))
    } else if has("region") && has("instance_type") {
        "table of rates".clone_into(&mut file.kind);
        Kind::Rates(rates::Columns::of(&names)?)
    } else if has("region") && has("item") {
        "table of service rates".clone_into(&mut file.kind);
        Kind::ServiceRates(Box::new(service_rates::Columns::of(&names)?))
    } else {
        if let [key, value] = names[..] {
            file.describe(key, value)?;
        }
        return Ok(None);
    };
    Ok(Some(kind))
}

/// The place of a column by its name, whatever its case.
pub(super) fn place(names: &[&str], name: &str) -> Option<usize> {
    names
        .iter()
        .position(|known| known.eq_ignore_ascii_case(name))
}

/// The place of a column that must be there.
pub(super) fn needed(names: &[&str], name: &str) -> Result<usize, Diagnostic> {
    place(names, name).ok_or_else(|| {
        Diagnostic::new(format!("the column `{name}` is missing"))
            .hint("the file is of a layout that is not known; fetch it again, or report it")
    })
}

/// The places of the `known` columns in the header of a table that people type, where every column has to be known.
pub(super) fn typed_places<const N: usize>(
    names: &[&str],
    known: &[&str; N],
    must: &[&str],
) -> Result<[Option<usize>; N], Diagnostic> {
    let mut places = [None; N];
    for (place, name) in names.iter().enumerate() {
        let Some(column) = known.iter().position(|known| known == name) else {
            let hint = nearest(name, known.iter().copied()).map_or_else(
                || format!("the columns are {}", known.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(Diagnostic::new(format!("unknown column `{name}`")).hint(hint));
        };
        if places[column].replace(place).is_some() {
            return Err(Diagnostic::new(format!("the column `{name}` stands twice")));
        }
    }
    for name in must {
        needed(names, name)?;
    }
    Ok(places)
}

/// A cell without quotes and blanks; empty where there is no such column.
pub(super) fn text<'a>(
    record: &'a ZeroCopyByteRecord<'_>,
    place: Option<usize>,
) -> Result<&'a str, Diagnostic> {
    let Some(cell) = place.and_then(|place| record.unquote(place)) else {
        return Ok("");
    };
    let cell = std::str::from_utf8(cell)
        .map_err(|_| Diagnostic::new("the row is not UTF-8 text").hint("save the file as UTF-8"))?;
    Ok(cell.trim())
}

/// Knows where lines begin in what was read last, so that a place in the file has a line without counting always.
#[derive(Default)]
struct Blocks {
    /// Bytes that are no longer kept, and line ends in them.
    gone: (u64, u64),
    kept: VecDeque<Vec<u8>>,
}

impl Blocks {
    /// A record longer than this is shown at a later line than its own.
    const KEPT: usize = 8;

    fn push(&mut self, bytes: &[u8]) {
        let mut block = Vec::new();
        if self.kept.len() >= Self::KEPT
            && let Some(old) = self.kept.pop_front()
        {
            self.gone.0 += old.len() as u64;
            self.gone.1 += memchr::memchr_iter(b'\n', &old).count() as u64;
            block = old;
        }
        block.clear();
        block.extend_from_slice(bytes);
        self.kept.push_back(block);
    }

    /// The line, counted from 1, of the first byte at or behind `offset` that ends no line.
    fn line(&self, offset: u64) -> u64 {
        let (mut at, mut line) = (self.gone.0, self.gone.1 + 1);
        for byte in self.kept.iter().flatten() {
            let ends = *byte == b'\n';
            if at >= offset && !ends && *byte != b'\r' {
                break;
            }
            line += u64::from(ends);
            at += 1;
        }
        line
    }
}

struct Counted<R> {
    stream: R,
    blocks: Rc<RefCell<Blocks>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        self.blocks.borrow_mut().push(&buffer[..read]);
        Ok(read)
    }
}
