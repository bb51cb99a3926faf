//! The clock hours a row is about.

use std::collections::HashMap;

use crate::units::{Hour, HourError};

/// The hours a row covers: the one its usage began in, and how many from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Period {
    /// First hour.
    pub(super) start: Hour,
    /// Number of hours, at least one.
    pub(super) hours: u32,
}

/// Whether a time without zone is UTC (CUR and FOCUS say so) or an error (a simple CSV does not say).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    /// Times without zone are UTC.
    Utc,
    /// A zone must stand there.
    Required,
}

/// Reads a time as its hour.
pub(super) fn hour(text: &[u8], zone: Zone) -> Result<Hour, HourError> {
    let text = std::str::from_utf8(text)
        .map_err(|_| HourError::NotATime(String::from_utf8_lossy(text).into_owned()))?;
    let hour = match zone {
        Zone::Utc => Hour::parse_utc(text),
        Zone::Required => Hour::parse(text),
    };
    hour.and_then(priced)
}

/// Usage of an hour has had a price since EC2 opened, on 2006-08-25. Earlier times are other things misread, such as
/// milliseconds as seconds.
pub(super) fn priced(hour: Hour) -> Result<Hour, HourError> {
    const OPENED: Hour = Hour::containing_epoch_seconds(1_156_464_000);
    if hour < OPENED {
        return Err(HourError::BeforeEc2(hour.to_string()));
    }
    Ok(hour)
}

/// The end of a period as the first hour after it: `05:59:59` and `06:00:00` both end before 06:00.
pub(super) fn end_hour(text: &[u8], zone: Zone) -> Result<Hour, HourError> {
    let found = hour(text, zone)?;
    let minutes = memchr::memchr(b':', text).map_or(&[][..], |at| &text[at + 1..]);
    let on_the_hour = minutes
        .iter()
        .take(5)
        .all(|byte| !(b'1'..=b'9').contains(byte));
    Ok(if on_the_hour { found } else { found.plus(1) })
}

/// Reads start and end of rows and remembers what it has read: a month has 744 different ones.
#[derive(Debug, Default)]
pub(super) struct Periods {
    known: HashMap<Box<[u8]>, Period, foldhash::fast::FixedState>,
    last: (Vec<u8>, Option<Period>),
    scratch: Vec<u8>,
}

impl Period {
    /// The hours of an interval in seconds since 1970.
    pub(super) fn between(start: i64, end: i64) -> Self {
        let first = Hour::containing_epoch_seconds(start);
        let last = Hour::containing_epoch_seconds(end.max(start + 1) - 1);
        let hours = last.epoch_hours() - first.epoch_hours() + 1;
        Self {
            start: first,
            hours: u32::try_from(hours).unwrap_or(u32::MAX),
        }
    }
}

impl Periods {
    /// The period from `start` to `end`; an empty `end` means one hour.
    ///
    /// # Errors
    /// [`HourError`] of `start`, or of `end` where it is not empty.
    pub(super) fn read(
        &mut self,
        start: &[u8],
        end: &[u8],
        zone: Zone,
    ) -> Result<Period, HourError> {
        self.scratch.clear();
        self.scratch.extend_from_slice(start);
        self.scratch.push(0xff);
        self.scratch.extend_from_slice(end);
        if let (true, Some(period)) = (self.scratch == self.last.0, self.last.1) {
            return Ok(period);
        }
        let period = if let Some(&period) = self.known.get(self.scratch.as_slice()) {
            period
        } else {
            let period = read(start, end, zone)?;
            self.known.insert(self.scratch.as_slice().into(), period);
            period
        };
        std::mem::swap(&mut self.last.0, &mut self.scratch);
        self.last.1 = Some(period);
        Ok(period)
    }

    /// Every period read.
    pub(super) fn all(&self) -> impl Iterator<Item = Period> {
        self.known.values().copied()
    }
}

fn read(start: &[u8], end: &[u8], zone: Zone) -> Result<Period, HourError> {
    let start = hour(start, zone)?;
    let end = if end.is_empty() {
        start
    } else {
        end_hour(end, zone)?
    };
    let hours = (end.epoch_hours() - start.epoch_hours()).max(1);
    Ok(Period {
        start,
        hours: u32::try_from(hours).unwrap_or(u32::MAX),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_ends_before_its_end() {
        let mut periods = Periods::default();
        for (start, end, hours) in [
            ("2018-10-01T00:00:00Z", "2018-10-01T01:00:00Z", 1),
            ("2018-10-01 00:00:00+00:00", "2018-10-01 00:59:59+00:00", 1),
            ("2026-04-01T00:00:00.000Z", "2026-04-02T00:00:00.000Z", 24),
            ("2018-10-01T00:00:00Z", "2018-10-31T23:59:59Z", 744),
            ("2018-10-01T00:00:00Z", "", 1),
        ] {
            let found = periods
                .read(start.as_bytes(), end.as_bytes(), Zone::Utc)
                .unwrap();
            assert_eq!(found.hours, hours, "{start} to {end}");
        }
    }

    #[test]
    fn a_local_time_is_an_error_where_the_format_is_silent() {
        let text = b"2026-10-18 05:00:00";
        assert!(hour(text, Zone::Utc).is_ok());
        assert!(matches!(
            hour(text, Zone::Required),
            Err(HourError::NoZone(_))
        ));
    }
}
