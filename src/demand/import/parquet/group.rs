//! Reads the row groups of a file into a tally, as `rows` reads the records of a CSV file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use polars::prelude::{DataType, IdxSize, PolarsError, PolarsResult, Series, StringChunked};

use super::Problem;
use super::coded::{self, Coded, Keep};
use super::file::ParquetFile;
use super::instants::Instants;
use super::kind::{Kind, What};
use super::packed::{Combinations, Packed};
use super::values::Values;
use crate::demand::import::classify::Rules;
use crate::demand::import::facts::Doubt;
use crate::demand::import::identity;
use crate::demand::import::input::Opened;
use crate::demand::import::problem::Wrong;
use crate::demand::import::rows::may_be_instances;
use crate::demand::import::spec::{Format, Role, is_product_key, plain_name};
use crate::demand::import::tally::{Amounts, Handle, Identity, Tally};
use crate::demand::import::time::{Period, Zone};
use crate::units::HourError;

/// Reads row groups; every thread has its own.
pub(super) struct GroupReader<'a> {
    file: &'a ParquetFile<'a>,
    rules: &'a Rules,
    identify: bool,
    bytes: Opened,
    tally: Tally,
}

/// One row group: what its rows are, and when.
struct Group {
    index: usize,
    tuples: Tuples,
    kinds: Vec<Kind>,
    instants: Instants,
}

/// The distinct tuples of a row group, in the bytes a tally knows them by.
struct Tuples {
    combinations: Combinations,
    bytes: Vec<Vec<u8>>,
}

/// What identifies the rows, as far as the file tells.
struct Identities {
    row_id: Option<StringChunked>,
    interval: Option<(Coded, Vec<String>)>,
    resource: Option<StringChunked>,
}

impl<'a> GroupReader<'a> {
    pub(super) fn new(
        file: &'a ParquetFile<'a>,
        rules: &'a Rules,
        identify: bool,
    ) -> Result<Self, Problem> {
        let bytes = file.bytes();
        Ok(Self {
            file,
            rules,
            identify,
            bytes: bytes.map_err(|error| file.failed(0, &PolarsError::from(error)))?,
            tally: Tally::default(),
        })
    }

    /// What was read.
    pub(super) fn finish(self) -> Tally {
        self.tally
    }

    /// Reads a row group.
    pub(super) fn read(&mut self, index: usize) -> Result<(), Problem> {
        let file = self.file;
        let rows = file.rows_of(index);
        let failed = |error: PolarsError| file.failed(index, &error);
        let tuples = self.tuples(index, rows).map_err(failed)?;
        let kinds = self.kinds(index, &tuples)?;
        let instants = self.instants(index).map_err(failed)?;
        let group = Group {
            index,
            tuples,
            kinds,
            instants,
        };
        self.says_zone(&group)?;
        let column = |place| self.series(index, place);
        let values = Values::read(file.layout(), &group.kinds, column).map_err(failed)?;
        let identities = self.identities(&group).map_err(failed)?;
        let fees = self.rows(&group, &values, identities.as_ref())?;
        self.fees(index, &fees).map_err(failed)
    }

    /// Numbers the tuples. Of rows that cannot be instance usage only the short tuple counts.
    fn tuples(&mut self, group: usize, rows: usize) -> PolarsResult<Tuples> {
        let layout = self.file.layout();
        let long = self.long_rows(group)?;
        let mut packed = Packed::new(rows);
        packed.add(&long, 1);
        let mut texts: Vec<Vec<String>> = Vec::new();
        for (at, column) in layout.tuple.iter().enumerate() {
            let (mut coded, dtype) = self.coded(group, column.place)?;
            let values = coded.texts(&dtype)?;
            if at >= layout.short && coded.most > 0 {
                for (code, &long) in coded.codes.iter_mut().zip(&long) {
                    *code *= long;
                }
            }
            packed.add(&coded.codes, coded.most);
            texts.push(values);
        }
        let combinations = packed.finish();
        let bytes = (0..combinations.len()).map(|number| {
            let long = combinations.code(number, 0) == 1;
            let count = if long { texts.len() } else { layout.short };
            let mut tuple = vec![u8::from(long)];
            for (at, texts) in texts[..count].iter().enumerate() {
                tuple.extend_from_slice(texts[combinations.code(number, at + 1)].as_bytes());
                tuple.push(0xff);
            }
            tuple
        });
        Ok(Tuples {
            bytes: bytes.collect(),
            combinations,
        })
    }

    /// For each row 1 if it may be instance usage, else 0.
    fn long_rows(&mut self, group: usize) -> PolarsResult<Vec<u32>> {
        let Some(gate) = self.file.layout().gate() else {
            return Ok(vec![1; self.file.rows_of(group)]);
        };
        let (coded, dtype) = self.coded(group, gate)?;
        let format = self.file.layout().format;
        let texts = coded.texts(&dtype)?;
        let long = texts
            .iter()
            .map(|text| u32::from(may_be_instances(format, text.as_bytes())));
        let long: Vec<u32> = long.collect();
        Ok(coded
            .codes
            .iter()
            .map(|&code| long[code as usize])
            .collect())
    }

    /// Says what the rows of every tuple are.
    fn kinds(&mut self, group: usize, tuples: &Tuples) -> Result<Vec<Kind>, Problem> {
        let mut kinds = Vec::with_capacity(tuples.bytes.len());
        for (number, tuple) in tuples.bytes.iter().enumerate() {
            let handle = match self.tally.known(tuple) {
                Some(handle) => handle,
                None => self.learn(group, tuples, number)?,
            };
            let what = What::of(&self.tally.entry(handle).outcome);
            kinds.push(Kind { handle, what });
        }
        Ok(kinds)
    }

    /// Classifies a tuple.
    fn learn(&mut self, group: usize, tuples: &Tuples, number: usize) -> Result<Handle, Problem> {
        let layout = self.file.layout();
        let tuple = &tuples.bytes[number];
        let learned = self.tally.learn(tuple, layout, &cells(tuple), self.rules);
        learned.map_err(|refusal| {
            let row = tuples.combinations.first_row(number);
            self.file
                .wrong(group, row, &Wrong::refused(layout, *refusal))
        })
    }

    fn instants(&mut self, group: usize) -> PolarsResult<Instants> {
        let layout = self.file.layout();
        let start = self.coded(group, layout.place(Role::Start).unwrap_or_default())?;
        let end = layout.place(Role::End);
        let end = end.map(|place| self.coded(group, place)).transpose()?;
        let end = end.as_ref().map(|(end, dtype)| (end, dtype));
        Instants::new((&start.0, &start.1), end, layout.zone())
    }

    /// A simple table must say the zone of its times; a timestamp can lack it.
    fn says_zone(&self, group: &Group) -> Result<(), Problem> {
        let layout = self.file.layout();
        let start = layout.place(Role::Start).unwrap_or_default();
        match (layout.zone(), self.file.dtype(start)) {
            (Zone::Required, DataType::Datetime(_, None)) => {
                let local = HourError::NoZone("a timestamp without zone".into());
                let wrong = Wrong::time(start, &local);
                Err(self.file.wrong(group.index, 0, &wrong))
            }
            _ => Ok(()),
        }
    }

    fn identities(&mut self, group: &Group) -> PolarsResult<Option<Identities>> {
        if !self.identify || group.kinds.iter().all(|kind| kind.what == What::Skip) {
            return Ok(None);
        }
        let layout = self.file.layout();
        let mut texts = |place: Option<usize>| -> PolarsResult<Option<StringChunked>> {
            let series = place.map(|place| self.series(group.index, place));
            series
                .transpose()?
                .map(|series| coded::text(&series))
                .transpose()
        };
        let row_id = texts(layout.place(Role::RowId))?;
        let resource = texts(layout.place(Role::Resource))?;
        let interval = layout
            .place(Role::Interval)
            .map(|place| -> PolarsResult<_> {
                let (coded, dtype) = self.coded(group.index, place)?;
                let texts = coded.texts(&dtype)?;
                Ok((coded, texts))
            });
        Ok(Some(Identities {
            row_id,
            interval: interval.transpose()?,
            resource,
        }))
    }

    /// Adds up the rows; the rows of fees are for [`Self::fees`].
    fn rows(
        &mut self,
        group: &Group,
        values: &Values,
        identities: Option<&Identities>,
    ) -> Result<Vec<IdxSize>, Problem> {
        let mut seen = vec![false; group.instants.len()];
        let mut fees = Vec::new();
        for (row, &number) in group.tuples.combinations.numbers.iter().enumerate() {
            let kind = group.kinds[number as usize];
            let time = group.instants.number(row);
            let wrong = |wrong: Wrong| self.file.wrong(group.index, row, &wrong);
            let summed = values.summed(row).map_err(wrong)?;
            self.tally.rows += summed.rows;
            let cost = values.cost(kind, row);
            let pico_dollars = cost.unwrap_or_default();
            if kind.what == What::Fee {
                fees.push(IdxSize::try_from(row).unwrap_or(IdxSize::MAX));
            } else {
                seen[time] = true;
            }
            if !matches!(kind.what, What::Usage(_)) {
                self.tally
                    .leave(kind.handle, summed.rows, pico_dollars.into());
                continue;
            }
            if cost.is_none() {
                self.tally.doubt(Doubt::CostNotANumber, 1);
            }
            let summed = values.check(summed).map_err(wrong)?;
            let period = match group.instants.period(time) {
                Ok(period) => *period,
                Err(error) => {
                    let start = self.file.layout().place(Role::Start).unwrap_or_default();
                    return Err(wrong(Wrong::time(start, error)));
                }
            };
            let nano_hours = values.amount(row, period, summed).map_err(wrong)?;
            if let Some(identities) = identities {
                let tuple = &group.tuples.bytes[number as usize];
                self.identify(identities, row, tuple, period, nano_hours);
            }
            let amounts = Amounts {
                nano_hours,
                pico_dollars,
            };
            self.tally.add(kind.handle, summed.rows, period, amounts);
        }
        let seen = seen.iter().enumerate().filter(|&(_, &seen)| seen);
        let periods = seen.filter_map(|(time, _)| group.instants.period(time).as_ref().ok());
        self.tally.seen.extend(periods.copied());
        Ok(fees)
    }

    /// Remembers which line item this was.
    fn identify(
        &mut self,
        known: &Identities,
        row: usize,
        tuple: &[u8],
        period: Period,
        nano_hours: i64,
    ) {
        let (identity, hash) = if self.file.layout().format == Format::Simple {
            let hash = identity::of_likeness(tuple, b"", period.start, nano_hours);
            (Identity::Likeness, hash)
        } else {
            let id = known.row_id.as_ref().and_then(|ids| ids.get(row));
            let interval = known
                .interval
                .as_ref()
                .map(|(coded, texts)| texts[coded.codes[row] as usize].as_str());
            match (id.unwrap_or_default(), interval.unwrap_or_default()) {
                ("", _) | (_, "") => {
                    let Some(resources) = &known.resource else {
                        return;
                    };
                    let resource = resources.get(row).unwrap_or_default().as_bytes();
                    let hash = identity::of_likeness(tuple, resource, period.start, nano_hours);
                    (Identity::Likeness, hash)
                }
                (id, interval) => {
                    let (id, interval) = (id.as_bytes(), interval.as_bytes());
                    (Identity::Rows, identity::of_row(id, interval, nano_hours))
                }
            }
        };
        self.tally.identity = identity;
        self.tally.identities.push(hash);
    }

    /// Keeps the cells of fees by plain name.
    fn fees(&mut self, group: usize, rows: &[IdxSize]) -> PolarsResult<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let layout = self.file.layout();
        let mut fees = vec![BTreeMap::new(); rows.len()];
        // The names of rows and resources are as long as the file, and no fee is told by them.
        let left = [Role::RowId, Role::Resource].map(|role| layout.place(role));
        for (place, name) in layout.names.iter().enumerate() {
            if left.contains(&Some(place)) {
                continue;
            }
            let cells = self.series(group, place)?.take_slice(rows)?;
            // What has no text, such as a duration, is nothing a fee is told by.
            let Ok(texts) = coded::text(&cells) else {
                continue;
            };
            for (fee, text) in fees.iter_mut().zip(texts.iter()) {
                let text = text.unwrap_or_default().trim();
                if !text.is_empty() {
                    fee.insert(plain_name(name), text.to_owned());
                }
            }
        }
        self.tally.fees.append(&mut fees);
        Ok(())
    }

    fn coded(&mut self, group: usize, place: usize) -> PolarsResult<(Coded, DataType)> {
        let chunk = self.file.chunk(&mut self.bytes, group, place)?;
        let coded = Coded::read(&chunk, self.kept_keys(place))?;
        Ok((coded, self.file.dtype(place)))
    }

    fn series(&mut self, group: usize, place: usize) -> PolarsResult<Series> {
        coded::series(&self.file.chunk(&mut self.bytes, group, place)?)
    }

    /// Which keys of a map matter: a product has dozens, of which a few tell what the row is.
    fn kept_keys(&self, place: usize) -> Keep<'static> {
        let mut columns = self.file.layout().tuple.iter();
        match columns.find(|column| column.place == place) {
            Some(column) if column.role == Role::ProductMap => &is_product_key,
            _ => &|_| true,
        }
    }
}

/// The texts of a tuple.
fn cells(tuple: &[u8]) -> Vec<Cow<'_, str>> {
    let texts = tuple
        .get(1..)
        .unwrap_or_default()
        .split(|&byte| byte == 0xff);
    // Behind the last end there is an empty rest, which is no text.
    let count = memchr::memchr_iter(0xff, tuple).count();
    texts.take(count).map(String::from_utf8_lossy).collect()
}
