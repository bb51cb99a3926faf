//! The window of every story and where an hour of it falls in somebody's day and week.

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};

/// Hours in the window: July, August and September 2026.
pub(super) const HOURS: i64 = 92 * 24;

/// 2026-07-01T00:00Z in seconds since 1970.
const START: i64 = 1_782_864_000;

/// One hour of the window.
#[derive(Clone, Copy)]
pub(super) struct Hour(i64);

/// Every hour of the window.
pub(super) fn hours() -> impl Iterator<Item = Hour> {
    (0..HOURS).map(Hour)
}

impl Hour {
    /// Hours since the window began.
    pub(super) const fn index(self) -> i64 {
        self.0
    }

    fn at(self, offset: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(START, 0).unwrap_or_default() + TimeDelta::hours(self.0 + offset)
    }

    /// `2026-07-01T00:00Z`.
    pub(super) fn text(self) -> String {
        self.at(0).format("%Y-%m-%dT%H:00Z").to_string()
    }

    /// Hour of the day, 0-23, where clocks are `offset` hours ahead of UTC.
    pub(super) fn of_day(self, offset: i64) -> usize {
        usize::try_from(self.at(offset).hour()).unwrap_or(0)
    }

    /// Day of the week, Monday = 0, where clocks are `offset` hours ahead of UTC.
    pub(super) fn weekday(self, offset: i64) -> usize {
        usize::try_from(self.at(offset).weekday().num_days_from_monday()).unwrap_or(0)
    }

    /// Days since the window began, in UTC.
    pub(super) const fn day(self) -> i64 {
        self.0.div_euclid(24)
    }

    /// Whether it is the first day of a month, in UTC.
    pub(super) fn opens_month(self) -> bool {
        self.at(0).day() == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_the_third_quarter_of_2026() {
        assert_eq!(Hour(0).text(), "2026-07-01T00:00Z");
        assert_eq!(Hour(HOURS).text(), "2026-10-01T00:00Z");
        // The first of July 2026 is a Wednesday; in New York it is still Tuesday evening.
        assert_eq!((Hour(0).weekday(0), Hour(0).weekday(-4)), (2, 1));
        assert_eq!(Hour(0).of_day(-4), 20);
    }
}
