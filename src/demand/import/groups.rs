//! The groups polars made of a Parquet file, put into a tally.

use std::borrow::Cow;

use polars::prelude::{
    ChunkedArray, DataFrame, DataType, Int64Type, PolarsResult, StringChunked, TimeUnit,
};

use super::classify::{Outcome, Rules};
use super::identity;
use super::parquet::{ParquetFile, cell_at};
use super::problem::Wrong;
use super::spec::{Format, Role};
use super::tally::{Amounts, Handle, Identity, Tally};
use super::time::{Period, Periods, Zone};
use crate::diagnostics::{Diagnostic, Place};
use crate::units::{Hour, HourError};

/// A million instances for an hour, in nano-hours.
const MOST: i64 = 1_000_000_000_000_000;

/// The result of the grouping query, column by column.
pub(super) struct Groups {
    frame: DataFrame,
    /// Every tuple, by its number.
    tuples: Vec<Box<[u8]>>,
    codes: Vec<u64>,
    sums: Sums,
}

struct Sums {
    rows: Vec<u64>,
    nulls: Vec<u64>,
    amount: Vec<i64>,
    least: Vec<i64>,
    cost: Vec<i64>,
}

impl Groups {
    pub(super) fn new(frame: DataFrame, tuples: Vec<Box<[u8]>>) -> PolarsResult<Self> {
        let integers = |name: &str| -> PolarsResult<Vec<i64>> {
            let column = frame.column(name)?.cast(&DataType::Int64)?;
            Ok(column
                .i64()?
                .iter()
                .map(Option::unwrap_or_default)
                .collect())
        };
        let counts = |name: &str| -> PolarsResult<Vec<u64>> {
            Ok(integers(name)?.into_iter().map(i64::unsigned_abs).collect())
        };
        let sums = Sums {
            rows: counts("rows")?,
            nulls: counts("nulls")?,
            amount: integers("amount")?,
            least: integers("least")?,
            cost: integers("cost")?,
        };
        Ok(Self {
            codes: counts("code")?,
            frame,
            tuples,
            sums,
        })
    }

    /// Classifies every distinct tuple and adds up.
    pub(super) fn add_to(
        &self,
        tally: &mut Tally,
        file: &ParquetFile<'_>,
        rules: &Rules,
    ) -> Result<(), Diagnostic> {
        let times = Times::new(&self.frame, file)?;
        let mut periods = Periods::default();
        tally.identity = Identity::Groups;
        for row in 0..self.codes.len() {
            tally.rows += self.sums.rows[row];
            let tuple = self.tuple(row);
            let handle = handle(tuple, tally, file, rules)?;
            let period = times.period(row, &mut periods);
            let usage = matches!(tally.entry(handle).outcome, Outcome::Usage(_));
            if !usage {
                tally.seen.extend(period.ok());
                tally.leave(handle, self.sums.rows[row], self.sums.cost[row].into());
                continue;
            }
            let period = period
                .map_err(|error| file.wrong(times.start, &Wrong::time(times.start, &error)))?;
            tally.seen.insert(period);
            self.check(row, period, file)?;
            let amounts = Amounts {
                nano_hours: self.sums.amount[row],
                pico_dollars: self.sums.cost[row],
            };
            tally
                .identities
                .push(identity::of_group(tuple, period.start, amounts.nano_hours));
            tally.add(handle, self.sums.rows[row], period, amounts);
        }
        Ok(())
    }

    fn tuple(&self, row: usize) -> &[u8] {
        let code = usize::try_from(self.codes[row]).unwrap_or(usize::MAX);
        self.tuples.get(code).map_or(&[], |tuple| tuple)
    }

    fn check(&self, row: usize, period: Period, file: &ParquetFile<'_>) -> Result<(), Diagnostic> {
        let layout = file.layout();
        let place = layout
            .place(Role::Amount)
            .or_else(|| layout.place(Role::Count));
        let place = place.unwrap_or_default();
        let cell = |row: Option<u64>| {
            row.and_then(|row| file.cell(place, row))
                .unwrap_or_default()
        };
        if self.sums.nulls[row] > 0 {
            let bad = file.row_of_amount(place, false);
            return Err(file.at(
                bad,
                place,
                &Wrong::not_a_number(place, cell(bad).as_bytes()),
            ));
        }
        if self.sums.least[row] < 0 {
            let bad = file.row_of_amount(place, true);
            return Err(file.at(bad, place, &Wrong::negative(place, cell(bad).as_bytes())));
        }
        let rows = i128::from(self.sums.rows[row]) * i128::from(period.hours);
        if i128::from(self.sums.amount[row]) > i128::from(MOST) * rows {
            let text = self.sums.amount[row].div_euclid(1_000_000_000).to_string();
            return Err(file.at(None, place, &Wrong::absurd(place, text.as_bytes())));
        }
        Ok(())
    }
}

/// The handle of a tuple, which is classified when it is met first.
fn handle(
    tuple: &[u8],
    tally: &mut Tally,
    file: &ParquetFile<'_>,
    rules: &Rules,
) -> Result<Handle, Diagnostic> {
    if let Some(handle) = tally.known(tuple) {
        return Ok(handle);
    }
    let layout = file.layout();
    let texts = tuple
        .get(1..)
        .unwrap_or_default()
        .split(|&byte| byte == 0xff);
    // Behind the last end there is an empty rest, which is no text.
    let count = memchr::memchr_iter(0xff, tuple).count();
    let cells: Vec<Cow<'_, str>> = texts.take(count).map(String::from_utf8_lossy).collect();
    let learned = tally.learn(tuple, layout, &cells, rules);
    learned.map_err(|refusal| {
        let place = layout.find(refusal.role).unwrap_or_default();
        file.wrong(place, &Wrong::refused(layout, *refusal))
    })
}

/// Start and end of every group.
struct Times {
    start: usize,
    zone: Zone,
    starts: Instants,
    ends: Option<Instants>,
}

/// Times as they are stored.
enum Instants {
    Text(StringChunked),
    /// Numbers, and how many of them make a second.
    Number(ChunkedArray<Int64Type>, i64),
}

impl Times {
    fn new(frame: &DataFrame, file: &ParquetFile<'_>) -> Result<Self, Diagnostic> {
        let layout = file.layout();
        let start = layout.place(Role::Start).unwrap_or_default();
        let instants = |name: &str, place: usize| -> PolarsResult<Instants> {
            let column = frame.column(name)?;
            Ok(match file.dtype(place) {
                DataType::Datetime(unit, _) => {
                    Instants::Number(column.i64()?.clone(), per_second(unit))
                }
                DataType::Date => Instants::Number(column.i64()?.clone(), 0),
                _ => Instants::Text(column.str()?.clone()),
            })
        };
        if let (Format::Simple, DataType::Datetime(_, None)) = (layout.format, file.dtype(start)) {
            let local = HourError::NoZone("a timestamp without zone".into());
            return Err(file.wrong(start, &Wrong::time(start, &local)));
        }
        let failed = |error| file.failed(&error);
        let ends = layout.place(Role::End).map(|place| instants("end", place));
        Ok(Self {
            start,
            zone: if layout.format == Format::Simple {
                Zone::Required
            } else {
                Zone::Utc
            },
            starts: instants("start", start).map_err(failed)?,
            ends: ends.transpose().map_err(failed)?,
        })
    }

    fn period(&self, row: usize, periods: &mut Periods) -> Result<Period, HourError> {
        match (&self.starts, &self.ends) {
            (Instants::Text(starts), Some(Instants::Text(ends))) => {
                let (start, end) = (cell_at(starts, row), cell_at(ends, row));
                periods.read(start.as_bytes(), end.as_bytes(), self.zone)
            }
            (Instants::Text(starts), _) => {
                periods.read(cell_at(starts, row).as_bytes(), b"", self.zone)
            }
            (Instants::Number(..), ends) => {
                let none = || HourError::NotATime("null".into());
                let start = self.starts.seconds(row).ok_or_else(none)?;
                let end = ends.as_ref().and_then(|ends| ends.seconds(row));
                Ok(Period::between(start, end.unwrap_or(start)))
            }
        }
    }
}

impl Instants {
    /// Seconds since 1970.
    fn seconds(&self, row: usize) -> Option<i64> {
        match self {
            Self::Text(texts) => {
                let hour = Hour::parse_utc(texts.get(row)?).ok()?;
                Some(hour.epoch_hours() * 3_600)
            }
            Self::Number(numbers, 0) => Some(numbers.get(row)? * 86_400),
            Self::Number(numbers, per_second) => Some(numbers.get(row)?.div_euclid(*per_second)),
        }
    }
}

const fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Nanoseconds => 1_000_000_000,
        TimeUnit::Microseconds => 1_000_000,
        TimeUnit::Milliseconds => 1_000,
    }
}

impl ParquetFile<'_> {
    /// The message for a cell, with the first row that holds its text.
    fn wrong(&self, place: usize, wrong: &Wrong) -> Diagnostic {
        let text = match wrong {
            Wrong::Cell { message, .. } => message.split('`').nth(1).map(str::to_owned),
            _ => None,
        };
        let row = text.and_then(|text| self.row_of(place, &text));
        self.at(row, place, wrong)
    }

    fn at(&self, row: Option<u64>, place: usize, wrong: &Wrong) -> Diagnostic {
        let mut at = Place::file(self.name()).column(self.layout().name(place));
        at.line = row;
        match wrong {
            Wrong::Cell {
                message,
                label,
                hint,
                ..
            } => Diagnostic::new(format!("{message}: {label}"))
                .at(at)
                .hint(hint.clone()),
            _ => Diagnostic::default().at(at),
        }
    }
}
