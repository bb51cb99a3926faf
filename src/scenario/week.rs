//! Hours of a working week: days and times by a zone's clocks.

use std::fmt;

use chrono::{Datelike, NaiveDateTime, TimeDelta, Timelike};

use super::zone::TimeZone;
use crate::units::Hour;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MINUTES_A_DAY: u32 = 1_440;

/// The times of a week at which something runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Week {
    /// Monday first.
    days: [bool; 7],
    /// Minute of the day from which on; a window past midnight belongs to the day it starts on.
    from: u32,
    to: u32,
    zone: TimeZone,
}

/// Which days: `mon-fri`, `mon,wed,fri`, `daily`; `None` for any other text.
pub(super) fn days(text: &str) -> Option<[bool; 7]> {
    if text == "daily" {
        return Some([true; 7]);
    }
    let place = |name: &str| DAYS.iter().position(|day| *day == name.trim());
    let mut days = [false; 7];
    for part in text.split(',') {
        let (first, last) = match part.split_once('-') {
            Some((first, last)) => (place(first)?, place(last)?),
            None => (place(part)?, place(part)?),
        };
        let mut day = first;
        days[day] = true;
        while day != last {
            day = (day + 1) % 7;
            days[day] = true;
        }
    }
    Some(days)
}

/// Minutes of the day of `08:00-20:00`; the end may be `24:00`. `None` for any other text.
pub(super) fn times(text: &str) -> Option<(u32, u32)> {
    let (from, to) = text.split_once('-')?;
    let minute = |text: &str| {
        let (hour, minute) = text.trim().split_once(':')?;
        let is_two = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        let (hour, minute): (u32, u32) = (is_two(hour) && is_two(minute))
            .then(|| Some((hour.parse().ok()?, minute.parse().ok()?)))??;
        (minute < 60 && hour * 60 + minute <= MINUTES_A_DAY).then_some(hour * 60 + minute)
    };
    let (from, to) = (minute(from)?, minute(to)?);
    (from != to && from < MINUTES_A_DAY).then_some((from, to))
}

impl Week {
    /// Windows on some days by a zone's clocks.
    pub(super) const fn new(days: [bool; 7], (from, to): (u32, u32), zone: TimeZone) -> Self {
        Self {
            days,
            from,
            to,
            zone,
        }
    }

    /// Minutes of an hour that lie inside.
    pub(super) fn minutes(&self, hour: Hour) -> u32 {
        let start = hour.start().naive_utc();
        let inside = (0..60)
            .filter(|&minute| self.holds(self.zone.local(start + TimeDelta::minutes(minute))));
        u32::try_from(inside.count()).unwrap_or(0)
    }

    fn holds(&self, local: NaiveDateTime) -> bool {
        let minute = local.hour() * 60 + local.minute();
        let day = local.weekday().num_days_from_monday() as usize;
        if self.from < self.to {
            return self.days[day] && (self.from..self.to).contains(&minute);
        }
        let yesterday = (day + 6) % 7;
        (self.days[day] && minute >= self.from) || (self.days[yesterday] && minute < self.to)
    }
}

/// `mon,tue 08:00-20:00 Europe/Berlin`.
impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = DAYS.iter().zip(self.days).filter(|(_, on)| *on);
        let days: Vec<&str> = days.map(|(name, _)| *name).collect();
        let clock = |minute: u32| format!("{:02}:{:02}", minute.div_euclid(60), minute % 60);
        write!(
            f,
            "{} {}-{} {}",
            days.join(","),
            clock(self.from),
            clock(self.to),
            self.zone
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(days_text: &str, hours: &str, zone: &str) -> Week {
        let zone = TimeZone::parse(zone).unwrap();
        Week::new(days(days_text).unwrap(), times(hours).unwrap(), zone)
    }

    fn minutes(week: &Week, hour: &str) -> u32 {
        week.minutes(Hour::parse(hour).unwrap())
    }

    #[test]
    fn a_working_day_follows_the_clocks() {
        // 2026-03-27 is the Friday before, 2026-03-30 the Monday after clocks went forward in Berlin.
        let office = week("mon-fri", "08:00-18:00", "Europe/Berlin");
        assert_eq!(minutes(&office, "2026-03-27T06:00Z"), 0);
        assert_eq!(minutes(&office, "2026-03-27T07:00Z"), 60);
        assert_eq!(minutes(&office, "2026-03-30T06:00Z"), 60);
        assert_eq!(minutes(&office, "2026-03-28T09:00Z"), 0);
        assert_eq!(
            office.to_string(),
            "mon,tue,wed,thu,fri 08:00-18:00 Europe/Berlin"
        );
    }

    #[test]
    fn half_an_hour_counts_half() {
        // 09:00 in Kolkata is 03:30 UTC; 2026-07-01 is a Wednesday.
        let office = week("wed", "09:00-17:00", "Asia/Kolkata");
        assert_eq!(minutes(&office, "2026-07-01T03:00Z"), 30);
        assert_eq!(minutes(&office, "2026-07-01T11:00Z"), 30);
    }

    #[test]
    fn a_night_belongs_to_the_day_it_starts_on() {
        let night = week("sun", "22:00-06:00", "UTC");
        assert_eq!(minutes(&night, "2026-07-05T22:00Z"), 60);
        assert_eq!(minutes(&night, "2026-07-06T05:00Z"), 60);
        assert_eq!(minutes(&night, "2026-07-05T05:00Z"), 0);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["mon-", "monday", "", "mon..fri"] {
            assert_eq!(days(text), None, "{text}");
        }
        for text in [
            "8-20",
            "08:00",
            "08:00-08:00",
            "24:00-06:00",
            "08:00-25:00",
            "08:60-09:00",
        ] {
            assert_eq!(times(text), None, "{text}");
        }
        assert_eq!(
            days("sat-mon").unwrap(),
            [true, false, false, false, false, true, true]
        );
        assert_eq!(times("00:00-24:00"), Some((0, 1_440)));
    }
}
