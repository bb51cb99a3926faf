//! Start and end of the rows of a row group: which hours they are about.

use polars::prelude::{DataType, PolarsResult, TimeUnit};

use super::coded::Coded;
use super::packed::{Combinations, Packed};
use crate::demand::import::time::{Period, Periods, Zone, priced};
use crate::units::{Hour, HourError};

/// The periods of a row group.
pub(super) struct Instants {
    combinations: Combinations,
    /// For each combination of start and end the hours it is about.
    periods: Vec<Result<Period, HourError>>,
}

/// The distinct times of a column, and behind them null's.
enum Times {
    Text(Vec<String>),
    /// Seconds since 1970.
    Seconds(Vec<Option<i64>>),
}

impl Instants {
    /// From the columns of starts and ends, with their types.
    pub(super) fn new(
        start: (&Coded, &DataType),
        end: Option<(&Coded, &DataType)>,
        zone: Zone,
    ) -> PolarsResult<Self> {
        let mut packed = Packed::new(start.0.codes.len());
        packed.add(&start.0.codes, start.0.most);
        if let Some((end, _)) = end {
            packed.add(&end.codes, end.most);
        }
        let combinations = packed.finish();
        let starts = Times::new(start.0, start.1)?;
        let ends = end.map(|(end, dtype)| Times::new(end, dtype)).transpose()?;
        let mut read = Periods::default();
        let periods = (0..combinations.len()).map(|number| {
            let start = combinations.code(number, 0);
            let end = ends
                .as_ref()
                .map(|ends| (ends, combinations.code(number, 1)));
            period(&starts, start, end, zone, &mut read)
        });
        Ok(Self {
            periods: periods.collect(),
            combinations,
        })
    }

    /// How many distinct periods there may be.
    pub(super) fn len(&self) -> usize {
        self.periods.len()
    }

    /// The number of a row's period.
    pub(super) fn number(&self, row: usize) -> usize {
        self.combinations.numbers[row] as usize
    }

    /// The period of a number.
    pub(super) fn period(&self, number: usize) -> &Result<Period, HourError> {
        &self.periods[number]
    }
}

fn period(
    starts: &Times,
    start: usize,
    end: Option<(&Times, usize)>,
    zone: Zone,
    read: &mut Periods,
) -> Result<Period, HourError> {
    match (starts, end) {
        (Times::Text(starts), Some((Times::Text(ends), end))) => {
            read.read(starts[start].as_bytes(), ends[end].as_bytes(), zone)
        }
        (Times::Text(starts), _) => read.read(starts[start].as_bytes(), b"", zone),
        (Times::Seconds(starts), end) => {
            let start = starts[start].ok_or_else(|| HourError::NotATime("null".into()))?;
            let end = end.and_then(|(ends, end)| ends.seconds(end));
            priced(Hour::containing_epoch_seconds(start))?;
            Ok(Period::between(start, end.unwrap_or(start)))
        }
    }
}

impl Times {
    fn new(coded: &Coded, dtype: &DataType) -> PolarsResult<Self> {
        let per_second = match dtype {
            DataType::Datetime(TimeUnit::Nanoseconds, _) => 1_000_000_000,
            DataType::Datetime(TimeUnit::Microseconds, _) => 1_000_000,
            DataType::Datetime(TimeUnit::Milliseconds, _) => 1_000,
            DataType::Date => 0,
            _ => return Ok(Self::Text(coded.texts(dtype)?)),
        };
        let seconds = |number: i64| match per_second {
            0 => number.saturating_mul(86_400),
            per_second => number.div_euclid(per_second),
        };
        let known = coded.values.i64()?.iter().map(|number| number.map(seconds));
        Ok(Self::Seconds(known.chain([None]).collect()))
    }

    fn seconds(&self, code: usize) -> Option<i64> {
        match self {
            Self::Seconds(seconds) => seconds[code],
            Self::Text(texts) => {
                let hour = Hour::parse_utc(&texts[code]).ok()?;
                Some(hour.epoch_hours() * 3_600)
            }
        }
    }
}
