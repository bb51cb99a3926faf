//! Named time zones, for windows of a working week: offset and summer time, as they hold now.
//!
//! Facts of the IANA time zone database (2026): offsets, and the rules of summer time of the European Union (since
//! 1996), the United States and Canada (2007), southern Australia (2008) and New Zealand (2007). A zone whose rules
//! changed later says since when; before that it answers nothing rather than something wrong.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

/// An offset from UTC, with or without summer time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeZone {
    name: String,
    /// Minutes ahead of UTC in winter.
    minutes: i64,
    summer: Summer,
    /// The first year for which this holds.
    since: i32,
}

/// When clocks stand an hour ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Summer {
    Never,
    /// Last Sunday of March to last Sunday of October, 01:00 UTC.
    Europe,
    /// Second Sunday of March to first Sunday of November, 02:00 by the clock.
    America,
    /// First Sunday of October to first Sunday of April, 02:00 standard time.
    Australia,
    /// Last Sunday of September to first Sunday of April, 02:00 standard time.
    NewZealand,
}

use Summer::{America, Australia, Europe, Never, NewZealand};

/// Name, minutes ahead of UTC in winter, summer time, first year for which that holds.
const ZONES: [(&str, i64, Summer, i32); 54] = [
    ("Africa/Johannesburg", 120, Never, 1970),
    ("Africa/Lagos", 60, Never, 1970),
    ("Africa/Nairobi", 180, Never, 1970),
    ("America/Argentina/Buenos_Aires", -180, Never, 2010),
    ("America/Bogota", -300, Never, 1994),
    ("America/Chicago", -360, America, 2007),
    ("America/Denver", -420, America, 2007),
    ("America/Lima", -300, Never, 1995),
    ("America/Los_Angeles", -480, America, 2007),
    ("America/Mexico_City", -360, Never, 2023),
    ("America/New_York", -300, America, 2007),
    ("America/Phoenix", -420, Never, 1970),
    ("America/Sao_Paulo", -180, Never, 2020),
    ("America/Toronto", -300, America, 2007),
    ("Asia/Bahrain", 180, Never, 1973),
    ("Asia/Bangkok", 420, Never, 1970),
    ("Asia/Dubai", 240, Never, 1970),
    ("Asia/Ho_Chi_Minh", 420, Never, 1976),
    ("Asia/Hong_Kong", 480, Never, 1980),
    ("Asia/Jakarta", 420, Never, 1970),
    ("Asia/Karachi", 300, Never, 2010),
    ("Asia/Kolkata", 330, Never, 1970),
    ("Asia/Kuala_Lumpur", 480, Never, 1982),
    ("Asia/Manila", 480, Never, 1991),
    ("Asia/Riyadh", 180, Never, 1970),
    ("Asia/Seoul", 540, Never, 1989),
    ("Asia/Shanghai", 480, Never, 1992),
    ("Asia/Singapore", 480, Never, 1982),
    ("Asia/Taipei", 480, Never, 1980),
    ("Asia/Tokyo", 540, Never, 1970),
    ("Atlantic/Reykjavik", 0, Never, 1970),
    ("Australia/Adelaide", 570, Australia, 2008),
    ("Australia/Brisbane", 600, Never, 1993),
    ("Australia/Melbourne", 600, Australia, 2008),
    ("Australia/Perth", 480, Never, 2010),
    ("Australia/Sydney", 600, Australia, 2008),
    ("Europe/Amsterdam", 60, Europe, 1996),
    ("Europe/Athens", 120, Europe, 1996),
    ("Europe/Berlin", 60, Europe, 1996),
    ("Europe/Brussels", 60, Europe, 1996),
    ("Europe/Dublin", 0, Europe, 1996),
    ("Europe/Helsinki", 120, Europe, 1996),
    ("Europe/Istanbul", 180, Never, 2017),
    ("Europe/Lisbon", 0, Europe, 1997),
    ("Europe/London", 0, Europe, 1996),
    ("Europe/Madrid", 60, Europe, 1996),
    ("Europe/Moscow", 180, Never, 2015),
    ("Europe/Paris", 60, Europe, 1996),
    ("Europe/Rome", 60, Europe, 1996),
    ("Europe/Stockholm", 60, Europe, 1996),
    ("Europe/Warsaw", 60, Europe, 1996),
    ("Europe/Zurich", 60, Europe, 1996),
    ("Pacific/Auckland", 720, NewZealand, 2008),
    ("UTC", 0, Never, 0),
];

/// The names of the zones that are known.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ZONES.iter().map(|(name, ..)| *name)
}

impl TimeZone {
    /// The zone of a name (`Europe/Berlin`, `UTC`) or of a fixed offset (`+09:00`); `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let found = ZONES.iter().find(|(name, ..)| *name == text);
        let zone = |minutes, summer, since| Self {
            name: text.to_owned(),
            minutes,
            summer,
            since,
        };
        match found {
            Some(&(_, minutes, summer, since)) => Some(zone(minutes, summer, since)),
            None => offset(text).map(|minutes| zone(minutes, Never, 0)),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first year for which its rules are known here.
    pub const fn since(&self) -> i32 {
        self.since
    }

    /// What its clocks show at a time of UTC.
    pub(super) fn local(&self, utc: NaiveDateTime) -> NaiveDateTime {
        let standard = utc + TimeDelta::minutes(self.minutes);
        if self.is_summer(utc, standard) {
            standard + TimeDelta::hours(1)
        } else {
            standard
        }
    }

    fn is_summer(&self, utc: NaiveDateTime, standard: NaiveDateTime) -> bool {
        let at = |day: NaiveDate, hour: u32| {
            day.and_time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or(NaiveTime::MIN))
        };
        let year = standard.year();
        match self.summer {
            Never => false,
            Europe => {
                let year = utc.year();
                at(last_sunday(year, 3), 1) <= utc && utc < at(last_sunday(year, 10), 1)
            }
            America => {
                // Clocks go back at 02:00 summer time, which is 01:00 standard time.
                at(sunday(year, 3, 2), 2) <= standard && standard < at(sunday(year, 11, 1), 1)
            }
            Australia => {
                standard < at(sunday(year, 4, 1), 2) || standard >= at(sunday(year, 10, 1), 2)
            }
            NewZealand => {
                standard < at(sunday(year, 4, 1), 2) || standard >= at(last_sunday(year, 9), 2)
            }
        }
    }
}

/// `+09:00` or `-03:30` in minutes.
fn offset(text: &str) -> Option<i64> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_once(':')?;
    let two = |text: &str| {
        let is_two = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        is_two.then(|| text.parse::<i64>().ok()).flatten()
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// The so-manieth Sunday of a month.
fn sunday(year: i32, month: u32, place: u64) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(year, month, 1).unwrap_or_default();
    let to_sunday = (7 - u64::from(first.weekday().num_days_from_sunday())) % 7;
    first + Days::new(to_sunday + 7 * (place - 1))
}

/// The last Sunday of a month of 30 or 31 days.
fn last_sunday(year: i32, month: u32) -> NaiveDate {
    let fifth = sunday(year, month, 5);
    if fifth.month() == month {
        fifth
    } else {
        sunday(year, month, 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(zone: &str, utc: &str) -> String {
        let utc = NaiveDateTime::parse_from_str(utc, "%Y-%m-%d %H:%M").unwrap();
        let local = TimeZone::parse(zone).unwrap().local(utc);
        local.format("%m-%d %H:%M").to_string()
    }

    /// The days are those of IANA's database: 2026-03-29 and 10-25 in Europe, 03-08 and 11-01 in America, 04-05
    /// and 10-04 in Sydney, 04-05 and 09-27 in Auckland.
    #[test]
    fn clocks_change_on_the_days_of_2026() {
        for (zone, utc, shown) in [
            ("Europe/Berlin", "2026-03-29 00:59", "03-29 01:59"),
            ("Europe/Berlin", "2026-03-29 01:00", "03-29 03:00"),
            ("Europe/London", "2026-10-25 00:59", "10-25 01:59"),
            ("Europe/London", "2026-10-25 01:00", "10-25 01:00"),
            ("America/New_York", "2026-03-08 06:59", "03-08 01:59"),
            ("America/New_York", "2026-03-08 07:00", "03-08 03:00"),
            ("America/New_York", "2026-11-01 05:59", "11-01 01:59"),
            ("America/New_York", "2026-11-01 06:00", "11-01 01:00"),
            ("Australia/Sydney", "2026-04-04 15:59", "04-05 02:59"),
            ("Australia/Sydney", "2026-04-04 16:00", "04-05 02:00"),
            ("Australia/Adelaide", "2026-10-03 16:30", "10-04 03:00"),
            ("Pacific/Auckland", "2026-09-26 13:59", "09-27 01:59"),
            ("Pacific/Auckland", "2026-09-26 14:00", "09-27 03:00"),
            ("Asia/Kolkata", "2026-07-01 18:30", "07-02 00:00"),
            ("Asia/Seoul", "2026-07-01 15:00", "07-02 00:00"),
            ("-03:30", "2026-07-01 03:30", "07-01 00:00"),
        ] {
            assert_eq!(local(zone, utc), shown, "{zone} {utc}");
        }
    }

    #[test]
    fn other_texts_are_no_zone() {
        for text in [
            "Europe/Berln",
            "CET",
            "9",
            "+9:00",
            "+09:60",
            "+15:00",
            "",
            "é",
        ] {
            assert_eq!(TimeZone::parse(text), None, "{text}");
        }
        let sorted = names().collect::<Vec<_>>();
        assert!(sorted.is_sorted());
    }
}
