//! Reads the blob that `build.rs` packs: an index, and sections of tables that are unpacked when asked.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::memo::{Known, Memo};
use super::names::{Grid, Head};
use crate::catalog::{Family, InstanceType};

/// A part of the blob does not read as what `build.rs` writes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the price book is damaged ({0})")]
pub(super) struct Damaged(pub(super) String);

/// Where a section lies in the blob.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// How many instance types it has.
    pub(super) types: usize,
    start: usize,
    packed: usize,
    unpacked: usize,
}

/// Tables over the same instance types, which are ordered.
#[derive(Debug)]
pub(super) struct Section {
    types: Vec<InstanceType>,
    /// By [`Grid`].
    tables: [Option<Table>; Grid::ALL.len()],
    hourly_decimals: OnceLock<HashMap<Family, u32>>,
    memo: Memo,
}

/// How many decimals AWS gives an hourly rate: three in the families that have only such, else five.
pub(super) const NEWER_DECIMALS: u32 = 5;
const OLDER_DECIMALS: u32 = 3;

/// Prices by instance type and column, all of one source and day.
#[derive(Debug)]
pub(super) struct Table {
    /// Id in `sources.toml`.
    pub(super) source: Arc<str>,
    /// The day it stands for.
    pub(super) as_of: NaiveDate,
    /// By [`Head`].
    columns: Vec<Option<Column>>,
}

/// Numbers without their point; 0 where there is none.
#[derive(Debug)]
struct Column {
    decimals: u32,
    cells: Vec<u64>,
}

/// The row of an instance type in a section.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row(usize);

/// The index of a blob, and where its sections start.
pub(super) fn index(blob: &[u8]) -> Result<BTreeMap<String, Place>, Damaged> {
    let mut reader = Reader(blob);
    let mut places = BTreeMap::new();
    let mut start = 0;
    for _ in 0..reader.size()? {
        let name = reader.text()?.to_owned();
        let (types, packed, unpacked) = (reader.size()?, reader.size()?, reader.size()?);
        let place = Place {
            types,
            start,
            packed,
            unpacked,
        };
        places.insert(name, place);
        start += packed;
    }
    let head = blob.len() - reader.0.len();
    for place in places.values_mut() {
        place.start += head;
    }
    Ok(places)
}

/// Unpacks a section that is a table as text.
pub(super) fn text(blob: &[u8], place: Place) -> Result<String, Damaged> {
    let packed = blob
        .get(place.start..place.start + place.packed)
        .ok_or_else(|| Damaged("too short".into()))?;
    let bytes = zstd::bulk::decompress(packed, place.unpacked)
        .map_err(|error| Damaged(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| Damaged(error.to_string()))
}

/// Unpacks one section.
pub(super) fn section(blob: &[u8], place: Place) -> Result<Section, Damaged> {
    let packed = blob
        .get(place.start..place.start + place.packed)
        .ok_or_else(|| Damaged("too short".into()))?;
    let bytes = zstd::bulk::decompress(packed, place.unpacked)
        .map_err(|error| Damaged(error.to_string()))?;
    let mut reader = Reader(&bytes);
    let mut types = Vec::new();
    for _ in 0..reader.size()? {
        let name = reader.text()?;
        types.push(
            name.parse()
                .map_err(|_| Damaged(format!("type `{name}`")))?,
        );
    }
    let mut tables = [const { None }; Grid::ALL.len()];
    for _ in 0..reader.size()? {
        let name = reader.text()?;
        let table = reader.table(types.len())?;
        if let Some(place) = Grid::ALL.iter().position(|grid| grid.name() == name) {
            tables[place] = Some(table);
        }
    }
    Ok(Section {
        types,
        tables,
        hourly_decimals: OnceLock::new(),
        memo: Memo::default(),
    })
}

impl Section {
    /// The instance types it knows, ordered.
    pub(super) fn types(&self) -> &[InstanceType] {
        &self.types
    }

    /// The row of an instance type.
    pub(super) fn row(&self, instance_type: InstanceType) -> Option<Row> {
        self.types.binary_search(&instance_type).ok().map(Row)
    }

    /// The rows of a family: its sizes stand together.
    pub(super) fn family(&self, family: Family) -> impl Iterator<Item = Row> {
        // With the dot, `m7i.` is not the beginning of `m7i-flex.large`.
        let head = format!("{family}.");
        let start = self.types.partition_point(|known| known.as_str() < &*head);
        let rows = self.types.iter().enumerate().skip(start);
        rows.take_while(move |(_, known)| known.as_str().starts_with(&head))
            .map(|(index, _)| Row(index))
    }

    /// What was worked out about the type of a row.
    pub(super) fn known(&self, row: Row) -> Option<&Known> {
        self.memo.of(row.0, self.types.len())
    }

    /// The instance type of a row.
    pub(super) fn instance_type(&self, row: Row) -> Option<InstanceType> {
        self.types.get(row.0).copied()
    }

    /// How many decimals the No Upfront rates of each family have.
    pub(super) fn hourly_decimals(&self) -> &HashMap<Family, u32> {
        self.hourly_decimals.get_or_init(|| {
            let mut decimals = HashMap::new();
            let table = self.tables[Grid::NoUpfront as usize].iter();
            let columns = table.flat_map(|table| table.columns.iter().enumerate());
            let rates = columns.filter(|(place, _)| *place != Head::ON_DEMAND.place());
            for column in rates.filter_map(|(_, column)| column.as_ref()) {
                let cells = self.types.iter().zip(&column.cells);
                for (known, digits) in cells.filter(|(_, digits)| **digits != 0) {
                    let family = decimals.entry(known.family()).or_insert(OLDER_DECIMALS);
                    if column.has_more_decimals(*digits, OLDER_DECIMALS) {
                        *family = NEWER_DECIMALS;
                    }
                }
            }
            decimals
        })
    }

    /// A price with the table it stands in.
    pub(super) fn cell(&self, table: Grid, row: Row, column: Head) -> Option<(Decimal, &Table)> {
        let table = self.tables[table as usize].as_ref()?;
        Some((table.get(row, column)?, table))
    }
}

impl Table {
    /// The price of a row in a column.
    pub(super) fn get(&self, row: Row, column: Head) -> Option<Decimal> {
        let column = self.columns.get(column.place())?.as_ref()?;
        let digits = *column.cells.get(row.0)?;
        (digits != 0).then(|| Decimal::from_i128_with_scale(i128::from(digits), column.decimals))
    }
}

impl Column {
    /// Whether a cell has digits behind the given decimal.
    fn has_more_decimals(&self, digits: u64, decimals: u32) -> bool {
        let step = 10_u64.pow(self.decimals.saturating_sub(decimals));
        !digits.is_multiple_of(step)
    }
}

/// Takes values from the front of a section.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn number(&mut self) -> Result<u64, Damaged> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Damaged("endless number".into()))
    }

    pub(super) fn byte(&mut self) -> Result<u8, Damaged> {
        let (&byte, rest) = self
            .0
            .split_first()
            .ok_or_else(|| Damaged("ends early".into()))?;
        self.0 = rest;
        Ok(byte)
    }

    pub(super) fn size(&mut self) -> Result<usize, Damaged> {
        let number = self.number()?;
        usize::try_from(number).map_err(|_| Damaged("size".into()))
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Damaged> {
        let length = self.size()?;
        let (text, rest) = self
            .0
            .split_at_checked(length)
            .ok_or_else(|| Damaged("ends early".into()))?;
        self.0 = rest;
        std::str::from_utf8(text).map_err(|error| Damaged(error.to_string()))
    }

    fn table(&mut self, rows: usize) -> Result<Table, Damaged> {
        let source = self.text()?.into();
        let day = self.text()?;
        let as_of = day.parse().map_err(|_| Damaged(format!("day `{day}`")))?;
        let mut columns: Vec<Option<Column>> = Vec::new();
        columns.resize_with(Head::COUNT, || None);
        for _ in 0..self.size()? {
            let name = self.text()?;
            let head = Head::of(name).ok_or_else(|| Damaged(format!("column `{name}`")))?;
            let decimals = u32::try_from(self.number()?).map_err(|_| Damaged("decimals".into()))?;
            let cells = (0..rows).map(|_| self.number()).collect::<Result<_, _>>()?;
            columns[head.place()] = Some(Column { decimals, cells });
        }
        Ok(Table {
            source,
            as_of,
            columns,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_that_is_cut_or_bent_is_refused() {
        assert!(index(&[]).is_err());
        assert!(index(&[1, 5, b'a']).is_err());
        let place = Place {
            types: 0,
            start: 0,
            packed: 3,
            unpacked: 10,
        };
        assert!(section(b"abc", place).is_err());
        assert!(section(b"ab", place).is_err());
        assert!(Reader(&[0xff; 11]).number().is_err());
    }

    #[test]
    fn numbers_are_read_seven_bits_at_a_time() {
        assert_eq!(Reader(&[0x7f]).number(), Ok(127));
        // 300 = 2 x 128 + 44 (0x2c)
        assert_eq!(Reader(&[0x80 | 0x2c, 2]).number(), Ok(300));
    }
}
