//! Whole UTC hours and half-open spans of them.

use std::fmt;

use chrono::{
    DateTime, Datelike, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike,
    Utc,
};

/// One clock hour in UTC, counted from 1970-01-01T00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(i64);

/// Hours from `start` up to, and without, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HourSpan {
    start: Hour,
    end: Hour,
}

/// Why a text is not an hour.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HourError {
    /// Not a date and time at all.
    #[error("`{0}` is not a date and time")]
    NotATime(String),
    /// A local time: the hour it means is not known.
    #[error("`{0}` has no time zone")]
    NoZone(String),
    /// Usage from before there was EC2.
    #[error("usage of `{0}` is from before EC2 had a price")]
    BeforeEc2(String),
}

impl Hour {
    /// The hour that many hours after 1970-01-01T00:00Z.
    pub const fn from_epoch_hours(hours: i64) -> Self {
        Self(hours)
    }

    /// Hours since 1970-01-01T00:00Z.
    pub const fn epoch_hours(self) -> i64 {
        self.0
    }

    /// The clock hour that holds an instant, given in seconds since 1970-01-01T00:00Z.
    pub const fn containing_epoch_seconds(seconds: i64) -> Self {
        Self(seconds.div_euclid(3_600))
    }

    /// The clock hour that holds the instant in `text`: `2026-10-18T05:00Z`, `2026-10-18T05:59:59.000Z`,
    /// `2026-10-18 05:00:00+09:00`, with `T` or a blank, seconds optional.
    ///
    /// # Errors
    /// [`HourError::NoZone`] without `Z` or an offset; [`HourError::NotATime`] for anything else.
    pub fn parse(text: &str) -> Result<Self, HourError> {
        instant(text).map(Self::containing_epoch_seconds)
    }

    /// Like [`Hour::parse`], for files whose format says that times without zone are UTC (CUR, FOCUS).
    pub fn parse_utc(text: &str) -> Result<Self, HourError> {
        match parse_instant(text) {
            Some(Instant::Zoned(millis) | Instant::Local(millis)) => {
                Ok(Self::containing_epoch_seconds(millis.div_euclid(1_000)))
            }
            None => Err(HourError::NotATime(text.to_owned())),
        }
    }

    /// The hour at which something ends, itself not included, from the last instant in `text` that AWS gives:
    /// `23:59:59Z` ends with its hour, while what began within an hour ends before the hour of its last instant.
    ///
    /// # Errors
    /// As [`Hour::parse`].
    pub fn parse_end(text: &str) -> Result<Self, HourError> {
        instant(text).map(Self::ending_epoch_seconds)
    }

    /// Like [`Hour::parse_end`], of an instant in seconds since 1970-01-01T00:00Z.
    pub const fn ending_epoch_seconds(seconds: i64) -> Self {
        Self::containing_epoch_seconds(seconds + 1)
    }

    /// The hour `n` hours later (earlier when negative).
    #[must_use]
    pub const fn plus(self, n: i64) -> Self {
        Self(self.0 + n)
    }

    /// The instant at which the hour starts.
    pub fn start(self) -> DateTime<Utc> {
        let seconds = self.0.saturating_mul(3_600);
        Utc.timestamp_opt(seconds, 0).single().unwrap_or_default()
    }

    /// Year and month (1-12) of the hour.
    pub fn month(self) -> (i32, u32) {
        let start = self.start();
        (start.year(), start.month())
    }

    /// The hours of the calendar month (UTC) it lies in.
    pub fn calendar_month(self) -> HourSpan {
        let (year, month) = self.month();
        let first = |year: i32, month: u32| {
            let day = NaiveDate::from_ymd_opt(year, month, 1).unwrap_or_default();
            Self::containing_epoch_seconds(day.and_time(NaiveTime::MIN).and_utc().timestamp())
        };
        let next = if month == 12 {
            first(year + 1, 1)
        } else {
            first(year, month + 1)
        };
        HourSpan::new(first(year, month), next)
    }

    /// The same hour of the day so many calendar months later; the month's last day where it has no such day.
    #[must_use]
    pub fn plus_months(self, months: u32) -> Self {
        let later = self.start().checked_add_months(Months::new(months));
        later.map_or(self, |later| {
            Self::containing_epoch_seconds(later.timestamp())
        })
    }

    /// Hour of the day, 0-23, UTC.
    pub fn hour_of_day(self) -> u32 {
        self.start().hour()
    }
}

/// Seconds since 1970-01-01T00:00Z of the instant in `text`, in the forms of [`Hour::parse`].
///
/// # Errors
/// As [`Hour::parse`].
pub fn instant(text: &str) -> Result<i64, HourError> {
    instant_millis(text).map(|millis| millis.div_euclid(1_000))
}

/// The same in thousandths of a second.
///
/// # Errors
/// As [`Hour::parse`].
pub fn instant_millis(text: &str) -> Result<i64, HourError> {
    match parse_instant(text) {
        Some(Instant::Zoned(millis)) => Ok(millis),
        Some(Instant::Local(_)) => Err(HourError::NoZone(text.to_owned())),
        None => Err(HourError::NotATime(text.to_owned())),
    }
}

/// Thousandths of a second since 1970.
enum Instant {
    Zoned(i64),
    Local(i64),
}

fn parse_instant(text: &str) -> Option<Instant> {
    const LOCAL: [&str; 4] = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
    ];
    let text = text.trim();
    let (body, offset) = split_zone(text)?;
    let local = LOCAL
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(body, form).ok())?;
    Some(match offset {
        Some(offset) => Instant::Zoned(
            local
                .checked_sub_signed(offset)?
                .and_utc()
                .timestamp_millis(),
        ),
        None => Instant::Local(local.and_utc().timestamp_millis()),
    })
}

/// Splits `2026-10-18T05:00+09:00` into its time and its offset.
fn split_zone(text: &str) -> Option<(&str, Option<TimeDelta>)> {
    if let Some(body) = text.strip_suffix('Z').or_else(|| text.strip_suffix(" UTC")) {
        return Some((body, Some(TimeDelta::zero())));
    }
    // A date has dashes too: an offset's sign stands behind the time's first colon.
    let time = text.find(':').unwrap_or(text.len());
    let Some(sign) = text.get(time..)?.find(['+', '-']).map(|at| at + time) else {
        return Some((text, None));
    };
    let (body, offset) = text.split_at_checked(sign)?;
    Some((body.trim_end(), Some(parse_offset(offset)?)))
}

/// `+09:00`, `-0530` or `+09`.
fn parse_offset(text: &str) -> Option<TimeDelta> {
    let negative = text.starts_with('-');
    let digits: String = text.chars().skip(1).filter(|&c| c != ':').collect();
    let (hours, minutes) = match digits.len() {
        2 => (digits.as_str(), "0"),
        4 => digits.split_at_checked(2)?,
        _ => return None,
    };
    let minutes = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
    Some(TimeDelta::minutes(if negative {
        -minutes
    } else {
        minutes
    }))
}

/// `2026-10-18T05:00Z`.
impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.start().format("%Y-%m-%dT%H:00Z"))
    }
}

impl HourSpan {
    /// The hours from `start` up to, and without, `end`; empty when `end` is not after `start`.
    pub fn new(start: Hour, end: Hour) -> Self {
        Self {
            start,
            end: end.max(start),
        }
    }

    /// First hour.
    pub const fn start(self) -> Hour {
        self.start
    }

    /// The hour after the last.
    pub const fn end(self) -> Hour {
        self.end
    }

    /// How many hours.
    pub fn len(self) -> usize {
        usize::try_from(self.end.0 - self.start.0).unwrap_or(0)
    }

    /// Whether there is no hour in it.
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether `hour` is inside.
    pub fn contains(self, hour: Hour) -> bool {
        self.start <= hour && hour < self.end
    }

    /// The hours in both.
    #[must_use]
    pub fn intersect(self, other: Self) -> Self {
        Self::new(self.start.max(other.start), self.end.min(other.end))
    }

    /// The hours from the first of either to the last of either.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self::new(self.start.min(other.start), self.end.max(other.end))
    }

    /// The place of `hour` counted from the start, if it is inside.
    pub fn index(self, hour: Hour) -> Option<usize> {
        self.contains(hour)
            .then(|| usize::try_from(hour.0 - self.start.0).unwrap_or(0))
    }

    /// Every hour in order.
    pub fn hours(self) -> impl DoubleEndedIterator<Item = Hour> {
        (self.start.0..self.end.0).map(Hour)
    }
}

/// `2026-10-01T00:00Z to 2026-11-01T00:00Z`.
impl fmt::Display for HourSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.start, self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_taken_into_account() {
        let noon = Hour::parse("2026-10-18T05:00Z").unwrap();
        for text in [
            "2026-10-18T05:00:00Z",
            "2026-10-18 05:59:59.000Z",
            "2026-10-18T14:00+09:00",
            "2026-10-17 21:30:00-0730",
            "2026-10-18 05:00:00 UTC",
        ] {
            assert_eq!(Hour::parse(text), Ok(noon), "{text}");
        }
        assert_eq!(noon.to_string(), "2026-10-18T05:00Z");
    }

    #[test]
    fn a_local_time_is_not_guessed() {
        let text = "2026-10-18 05:00:00";
        assert_eq!(Hour::parse(text), Err(HourError::NoZone(text.into())));
        assert_eq!(Hour::parse_utc(text), Hour::parse("2026-10-18T05:00Z"));
        assert_eq!(
            Hour::parse("yesterday"),
            Err(HourError::NotATime("yesterday".into()))
        );
    }

    #[test]
    fn a_last_second_ends_its_hour() {
        let ends = |text: &str| Hour::parse_end(text).unwrap().to_string();
        assert_eq!(ends("2026-12-31T23:59:59Z"), "2027-01-01T00:00Z");
        assert_eq!(ends("2026-12-31T23:59:59.999Z"), "2027-01-01T00:00Z");
        assert_eq!(ends("2026-08-15T21:34:34.000Z"), "2026-08-15T21:00Z");
        assert_eq!(ends("2026-08-15T21:00Z"), "2026-08-15T21:00Z");
    }

    #[test]
    fn months_later_is_the_same_day_or_the_last() {
        let day = Hour::parse("2027-12-31T07:00Z").unwrap();
        assert_eq!(day.plus_months(2).to_string(), "2028-02-29T07:00Z");
        assert_eq!(day.plus_months(12).to_string(), "2028-12-31T07:00Z");
    }

    #[test]
    fn spans_are_half_open() {
        let start = Hour::parse("2026-10-01T00:00Z").unwrap();
        let span = HourSpan::new(start, start.plus(744));
        assert_eq!(span.len(), 744);
        assert!(span.contains(start) && !span.contains(span.end()));
        assert_eq!(span.index(start.plus(743)), Some(743));
        assert!(HourSpan::new(span.end(), start).is_empty());
    }
}
