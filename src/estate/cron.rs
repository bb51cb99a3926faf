//! Times by cron's five fields, as Auto Scaling's scheduled actions have them: minute, hour, day of the month,
//! month, day of the week.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};

/// A set of times. Where both a day of the month and a day of the week are named, either will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    any_day: bool,
    any_weekday: bool,
}

/// A text that is no cron expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CronError {
    /// Not five fields.
    Fields(usize),
    /// A field that says nothing a clock knows.
    Field {
        /// Which one.
        field: &'static str,
        /// Its text.
        found: String,
        /// The least it may be.
        from: u32,
        /// The most it may be.
        to: u32,
    },
}

/// A field: what it is, its least and greatest number, and the words that may stand for them.
struct Field {
    name: &'static str,
    from: u32,
    to: u32,
    words: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field {
        name: "minute",
        from: 0,
        to: 59,
        words: &[],
    },
    Field {
        name: "hour",
        from: 0,
        to: 23,
        words: &[],
    },
    Field {
        name: "day of the month",
        from: 1,
        to: 31,
        words: &[],
    },
    Field {
        name: "month",
        from: 1,
        to: 12,
        words: &[
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ],
    },
    Field {
        name: "day of the week",
        from: 0,
        to: 7,
        words: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    },
];

impl Cron {
    /// Whether it depends on nothing but the time of day and the day of the week.
    pub fn is_weekly(&self) -> bool {
        self.any_day && self.months == bits(1, 12)
    }

    /// Whether it comes on a day.
    pub fn is_on(&self, date: NaiveDate) -> bool {
        let has = |set: u64, bit: u32| set & (1 << bit) != 0;
        let day = has(self.days, date.day());
        let weekday = has(self.weekdays, date.weekday().num_days_from_sunday());
        let is_day = match (self.any_day, self.any_weekday) {
            (true, _) => weekday,
            (_, true) => day,
            (false, false) => day || weekday,
        };
        is_day && has(self.months, date.month())
    }

    /// Whether it names a minute of its days.
    pub const fn is_at(&self, hour: u32, minute: u32) -> bool {
        self.hours & (1 << hour) != 0 && self.minutes & (1 << minute) != 0
    }
}

impl FromStr for Cron {
    type Err = CronError;

    fn from_str(text: &str) -> Result<Self, CronError> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            return Err(CronError::Fields(fields.len()));
        };
        let [of_minute, of_hour, of_day, of_month, of_weekday] = &FIELDS;
        let weekdays = of_weekday.set(weekday)?;
        // 7 is Sunday, too.
        let weekdays = (weekdays | (weekdays >> 7 & 1)) & bits(0, 6);
        Ok(Self {
            minutes: of_minute.set(minute)?,
            hours: of_hour.set(hour)?,
            days: of_day.set(day)?,
            months: of_month.set(month)?,
            weekdays,
            any_day: matches!(day, "*" | "?"),
            any_weekday: matches!(weekday, "*" | "?"),
        })
    }
}

impl Field {
    /// The numbers of a list such as `1-5,10-20/2`.
    fn set(&self, text: &str) -> Result<u64, CronError> {
        let mut set = 0;
        for part in text.split(',') {
            set |= self.part(part).ok_or_else(|| CronError::Field {
                field: self.name,
                found: text.to_owned(),
                from: self.from,
                to: self.to,
            })?;
        }
        Ok(set)
    }

    fn part(&self, part: &str) -> Option<u64> {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse().ok().filter(|&step| step > 0)?),
            None => (part, 1),
        };
        let (first, last) = match range.split_once('-') {
            _ if matches!(range, "*" | "?") => (self.from, self.to),
            Some((first, last)) => (self.number(first)?, self.number(last)?),
            // `5/15` goes on to the end.
            None if part.contains('/') => (self.number(range)?, self.to),
            None => (self.number(range)?, self.number(range)?),
        };
        let numbers = (first <= last).then_some((first..=last).step_by(step))?;
        Some(numbers.fold(0, |set, number| set | 1 << number))
    }

    fn number(&self, text: &str) -> Option<u32> {
        let word = text.to_ascii_lowercase();
        let word = self.words.iter().position(|known| *known == word);
        let number = match word {
            Some(index) => u32::try_from(index).ok()? + self.from,
            None => text.parse().ok()?,
        };
        (self.from..=self.to).contains(&number).then_some(number)
    }
}

/// Every bit from one to another.
const fn bits(from: u32, to: u32) -> u64 {
    ((1 << (to - from + 1)) - 1) << from
}

impl fmt::Display for CronError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fields(found) => write!(
                f,
                "a cron expression has five fields (minute, hour, day of the month, month, day of the week), this has {found}"
            ),
            Self::Field {
                field,
                found,
                from,
                to,
            } => {
                write!(
                    f,
                    "`{found}` is no {field}: {from} to {to}, `a-b`, `a,b`, `*` or `*/n`"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// 2026-11-20 is a Friday.
    #[test]
    fn fields_are_lists_ranges_and_steps() {
        let office: Cron = "*/30 8-17 * * MON-FRI".parse().unwrap();
        assert!(office.is_weekly() && office.is_on(day("2026-11-20")));
        assert!(!office.is_on(day("2026-11-21")));
        assert!(office.is_at(17, 30) && !office.is_at(18, 0) && !office.is_at(8, 15));
        let sunday: Cron = "0 0 * * 7".parse().unwrap();
        assert!(sunday.is_on(day("2026-11-22")) && !sunday.is_on(day("2026-11-21")));
        let either: Cron = "0 0 1 * 5".parse().unwrap();
        assert!(either.is_on(day("2026-11-01")) && either.is_on(day("2026-11-20")));
        assert!(!either.is_on(day("2026-11-02")) && !either.is_weekly());
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for (text, says) in [
            ("0 8 * *", "this has 4"),
            ("60 8 * * *", "`60` is no minute: 0 to 59"),
            ("0 24 * * *", "`24` is no hour: 0 to 23"),
            ("0 8 0 * *", "`0` is no day of the month"),
            ("0 8 * foo *", "`foo` is no month"),
            ("0 8 * * 5-1", "`5-1` is no day of the week"),
            ("*/0 8 * * *", "`*/0` is no minute"),
            ("0 8, * * *", "`8,` is no hour"),
        ] {
            let error = text.parse::<Cron>().unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
