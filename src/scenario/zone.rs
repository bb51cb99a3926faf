//! Time zones, for windows of a working week: by the name of IANA's database, or an offset from UTC.

use std::fmt;

use chrono::{FixedOffset, NaiveDateTime, TimeZone as _};
use chrono_tz::{TZ_VARIANTS, Tz};

/// What a clock shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeZone {
    /// That of a place, with its summer time.
    Named(Tz),
    /// So far from UTC all year.
    Offset(FixedOffset),
}

/// The names of all zones.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TZ_VARIANTS.iter().map(|zone| zone.name())
}

impl TimeZone {
    /// The zone of a name (`Europe/Berlin`, `UTC`) or of a fixed offset (`+09:00`); `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let named = text.parse().ok().map(Self::Named);
        named.or_else(|| offset(text).map(Self::Offset))
    }

    /// What its clocks show at a time of UTC.
    pub(super) fn local(self, utc: NaiveDateTime) -> NaiveDateTime {
        match self {
            Self::Named(zone) => zone.from_utc_datetime(&utc).naive_local(),
            Self::Offset(offset) => offset.from_utc_datetime(&utc).naive_local(),
        }
    }
}

/// As it is written.
impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(zone) => f.write_str(zone.name()),
            Self::Offset(offset) => write!(f, "{offset}"),
        }
    }
}

/// `+09:00` or `-03:30`.
fn offset(text: &str) -> Option<FixedOffset> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_once(':')?;
    let two = |text: &str| {
        let is_two = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        is_two.then(|| text.parse::<i32>().ok()).flatten()
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    let seconds = sign * (hours * 60 + minutes) * 60;
    let is_one = hours <= 14 && minutes < 60;
    is_one.then(|| FixedOffset::east_opt(seconds)).flatten()
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
        for text in ["Europe/Berln", "9", "+9:00", "+09:60", "+15:00", "", "é"] {
            assert_eq!(TimeZone::parse(text), None, "{text}");
        }
        assert!(names().all(|name| TimeZone::parse(name).is_some()));
    }
}
