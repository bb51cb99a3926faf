//! When rules may buy: at the start of calendar months, after at least one of them has been seen.

use crate::units::{Hour, HourSpan};

/// How often a rule may buy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// Every calendar month (UTC).
    Month,
    /// Every third one.
    Quarter,
}

/// Usage that is too short to buy on one part of it and bill another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the usage has {found} whole calendar months; buying every {word} needs {needed}", word = every.word())]
pub struct TooShort {
    /// How often was asked for.
    pub every: Every,
    /// Whole calendar months there are.
    pub found: usize,
    /// Whole calendar months there should be.
    pub needed: usize,
}

impl Every {
    const fn months(self) -> usize {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
        }
    }

    /// `month` or `quarter`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter",
        }
    }
}

/// From each date of purchase to the next; the last may be cut short by the end of the usage. What is before the first
/// whole month counts as past only.
pub(super) fn periods(span: HourSpan, every: Every) -> Result<Vec<HourSpan>, TooShort> {
    let starts = month_starts(span);
    let whole = starts.len().saturating_sub(1);
    let needed = 2 * every.months();
    if whole < needed {
        return Err(TooShort {
            every,
            found: whole,
            needed,
        });
    }
    let mut dates: Vec<Hour> = starts.into_iter().skip(every.months()).collect();
    if dates.last() == Some(&span.end()) {
        dates.pop();
    }
    let dates: Vec<Hour> = dates.into_iter().step_by(every.months()).collect();
    let ends = dates.iter().skip(1).copied().chain([span.end()]);
    let periods = dates.iter().zip(ends);
    Ok(periods
        .map(|(&start, end)| HourSpan::new(start, end))
        .collect())
}

/// The starts of months in the window; its end among them where a month ends there.
fn month_starts(span: HourSpan) -> Vec<Hour> {
    let first = span.start().calendar_month();
    let mut next = if first.start() == span.start() {
        first.start()
    } else {
        first.end()
    };
    let mut starts = Vec::new();
    while next <= span.end() {
        starts.push(next);
        next = next.calendar_month().end();
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(text: &str) -> Hour {
        Hour::parse(text).unwrap()
    }

    fn found(start: &str, end: &str, every: Every) -> Result<Vec<String>, TooShort> {
        let periods = periods(HourSpan::new(hour(start), hour(end)), every)?;
        Ok(periods.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_month_is_seen_before_the_first_purchase() {
        let periods = found("2026-01-20T00:00Z", "2026-04-10T00:00Z", Every::Month).unwrap();
        assert_eq!(
            periods,
            [
                "2026-03-01T00:00Z to 2026-04-01T00:00Z",
                "2026-04-01T00:00Z to 2026-04-10T00:00Z"
            ]
        );
        let periods = found("2026-01-01T00:00Z", "2026-03-01T00:00Z", Every::Month).unwrap();
        assert_eq!(periods, ["2026-02-01T00:00Z to 2026-03-01T00:00Z"]);
    }

    #[test]
    fn quarters_need_half_a_year() {
        let periods = found("2025-11-01T00:00Z", "2026-08-01T00:00Z", Every::Quarter).unwrap();
        assert_eq!(
            periods,
            [
                "2026-02-01T00:00Z to 2026-05-01T00:00Z",
                "2026-05-01T00:00Z to 2026-08-01T00:00Z"
            ]
        );
        let short = found("2026-01-01T00:00Z", "2026-06-01T00:00Z", Every::Quarter).unwrap_err();
        assert_eq!(
            short.to_string(),
            "the usage has 5 whole calendar months; buying every quarter needs 6"
        );
    }

    #[test]
    fn less_than_two_months_are_refused() {
        for (start, end, whole) in [
            ("2026-01-01T00:00Z", "2026-02-28T00:00Z", 1),
            ("2026-01-02T00:00Z", "2026-01-03T00:00Z", 0),
            ("2026-01-02T00:00Z", "2026-03-30T00:00Z", 1),
        ] {
            assert_eq!(found(start, end, Every::Month).unwrap_err().found, whole);
        }
    }
}
