//! The scale of time: UTC days, weeks or months, as many as have room.

use chrono::{DateTime, Datelike, Utc};

use crate::report::Language;
use crate::units::{Hour, HourSpan};

use super::scene::{Anchor, Frame, RULE, SMALL, Scene, Words};

/// Room a label needs, with air.
const ROOM: f64 = 62.0;
/// The same where it is a year.
const ROOM_OF_A_YEAR: f64 = 44.0;

/// What stands between two ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// So many hours, counted from midnight.
    Hours(i64),
    /// So many days.
    Days(i64),
    /// So many weeks from Monday to Monday.
    Weeks(i64),
    /// So many months, counted from January.
    Months(u32),
}

const STEPS: [Step; 16] = [
    Step::Hours(1),
    Step::Hours(2),
    Step::Hours(3),
    Step::Hours(6),
    Step::Hours(12),
    Step::Days(1),
    Step::Days(2),
    Step::Weeks(1),
    Step::Weeks(2),
    Step::Months(1),
    Step::Months(2),
    Step::Months(3),
    Step::Months(6),
    Step::Months(12),
    Step::Months(24),
    Step::Months(60),
];

impl Step {
    fn hours(self) -> f64 {
        match self {
            Self::Hours(hours) => hours as f64,
            Self::Days(days) => 24.0 * days as f64,
            Self::Weeks(weeks) => 168.0 * weeks as f64,
            // A month's length in the mean, 365.25 * 24 / 12 hours.
            Self::Months(months) => 730.5 * f64::from(months),
        }
    }

    /// What the label of a tick needs.
    const fn room(self) -> f64 {
        match self {
            Self::Months(12..) => ROOM_OF_A_YEAR,
            _ => ROOM,
        }
    }

    fn is_tick(self, hour: Hour) -> bool {
        // 1970-01-01 was a Thursday: Monday is day 4.
        const MONDAY: i64 = 4 * 24;
        let since = hour.epoch_hours();
        match self {
            Self::Hours(hours) => since.rem_euclid(hours) == 0,
            Self::Days(days) => since.rem_euclid(24 * days) == 0,
            Self::Weeks(weeks) => (since - MONDAY).rem_euclid(168 * weeks) == 0,
            Self::Months(months) => {
                let start = hour.start();
                since.rem_euclid(24) == 0
                    && start.day() == 1
                    && year_month(start).is_multiple_of(months)
            }
        }
    }

    /// The label, and what stands below it when that has changed since the tick before.
    fn label(self, time: DateTime<Utc>) -> (String, String) {
        let form = |form: &str| time.format(form).to_string();
        match self {
            Self::Hours(_) => (form("%H:%M"), form("%-d %b %Y")),
            Self::Days(_) | Self::Weeks(_) => (form("%-d %b"), form("%Y")),
            Self::Months(months) if months < 12 => (form("%b"), form("%Y")),
            Self::Months(_) => (form("%Y"), String::new()),
        }
    }
}

fn year_month(time: DateTime<Utc>) -> u32 {
    time.year().unsigned_abs() * 12 + time.month0()
}

/// The ticks of a window on so many pixels.
fn ticks(span: HourSpan, width: f64) -> Vec<(Hour, String, String)> {
    let hours = span.len() as f64;
    let step = STEPS
        .into_iter()
        .find(|step| step.hours() / hours * width >= step.room())
        .unwrap_or(Step::Months(60));
    let mut above = String::new();
    let mut ticks = Vec::new();
    for hour in span.hours().filter(|&hour| step.is_tick(hour)) {
        let (label, below) = step.label(hour.start());
        let shown = if below == above { "" } else { &below };
        ticks.push((hour, label, shown.to_owned()));
        above = below;
    }
    ticks
}

/// Paints the scale below a frame.
pub(super) fn draw(scene: &mut Scene, span: HourSpan, frame: Frame, language: &Language) {
    let hours = span.len().max(1) as f64;
    let mut room_from = f64::MIN;
    for (hour, label, below) in ticks(span, frame.width()) {
        let index = span.index(hour).unwrap_or(0) as f64;
        let x = frame.left + index / hours * frame.width();
        let down = frame.bottom;
        scene.line(vec![(x, down), (x, down + 4.0)], RULE, 1.0);
        let words = Words::new(language.say(&label), (x, down + 17.0));
        scene.words(words.small().anchored(Anchor::Middle));
        let words = Words::new(language.say(&below), (x, down + 17.0 + 1.25 * SMALL));
        let mut words = words.small().anchored(Anchor::Middle);
        words.at.0 += (-words.frame().left).max(0.0);
        // A changed day right behind the first would cover it; the next change tells.
        if words.frame().left > room_from && !words.text.is_empty() {
            room_from = words.frame().right + 6.0;
            scene.words(words);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(from: &str, hours: i64) -> Vec<String> {
        let start = Hour::parse(from).unwrap();
        ticks(HourSpan::new(start, start.plus(hours)), 560.0)
            .into_iter()
            .map(|(_, label, below)| format!("{label} {below}").trim_end().to_owned())
            .collect()
    }

    #[test]
    fn ticks_suit_the_window() {
        assert_eq!(
            labels("2026-12-30T00:00Z", 72),
            [
                "00:00 30 Dec 2026",
                "12:00",
                "00:00 31 Dec 2026",
                "12:00",
                "00:00 1 Jan 2027",
                "12:00"
            ]
        );
        assert_eq!(
            labels("2026-07-01T00:00Z", 90 * 24),
            [
                "6 Jul 2026",
                "20 Jul",
                "3 Aug",
                "17 Aug",
                "31 Aug",
                "14 Sep",
                "28 Sep"
            ]
        );
        assert_eq!(
            labels("2026-11-01T00:00Z", 8_760),
            ["Nov 2026", "Jan 2027", "Mar", "May", "Jul", "Sep"]
        );
    }
}
