//! Hours to what a page can show: every hour of a month and a half, else the mean of each UTC day.

use crate::units::HourSpan;

/// The longest window drawn hour by hour: beyond it an hour is narrower than half a pixel.
const LONGEST_HOURLY: usize = 45 * 24;
const DAY: i64 = 24;

/// The columns a window is drawn in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    /// The first hour of each column, counted from the window's start, and the hour after the last.
    edges: Vec<usize>,
    /// Whether a column is a day.
    pub(super) daily: bool,
}

impl Columns {
    pub(super) fn of(span: HourSpan) -> Self {
        let hours = span.len();
        if hours <= LONGEST_HOURLY {
            return Self {
                edges: (0..=hours).collect(),
                daily: false,
            };
        }
        let mut edges: Vec<usize> = span
            .hours()
            .enumerate()
            .filter(|&(index, hour)| index == 0 || hour.epoch_hours().rem_euclid(DAY) == 0)
            .map(|(index, _)| index)
            .collect();
        edges.push(hours);
        Self { edges, daily: true }
    }

    /// The hours of each column, as positions from the window's start.
    pub(super) fn ranges(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        self.edges.windows(2).filter_map(|pair| match pair {
            [from, to] => Some(*from..*to),
            _ => None,
        })
    }

    /// The mean of each column.
    pub(super) fn means(&self, hourly: &[f64]) -> Vec<f64> {
        self.fold(hourly, |hours| {
            hours.iter().sum::<f64>() / hours.len().max(1) as f64
        })
    }

    /// The highest hour of each column.
    pub(super) fn highest(&self, hourly: &[f64]) -> Vec<f64> {
        self.fold(hourly, |hours| {
            hours.iter().copied().fold(f64::MIN, f64::max)
        })
    }

    /// The lowest hour of each column.
    pub(super) fn lowest(&self, hourly: &[f64]) -> Vec<f64> {
        self.fold(hourly, |hours| {
            hours.iter().copied().fold(f64::MAX, f64::min)
        })
    }

    fn fold(&self, hourly: &[f64], of: impl Fn(&[f64]) -> f64) -> Vec<f64> {
        self.ranges()
            .map(|range| of(hourly.get(range).unwrap_or_default()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Hour;

    fn span(from: &str, hours: i64) -> HourSpan {
        let start = Hour::parse(from).unwrap();
        HourSpan::new(start, start.plus(hours))
    }

    #[test]
    fn a_short_window_is_not_resampled() {
        let columns = Columns::of(span("2026-10-01T05:00Z", 72));
        assert!(!columns.daily);
        assert_eq!(columns.means(&[1.5; 72]), vec![1.5; 72]);
    }

    #[test]
    fn days_are_utc_days_and_a_part_of_a_day_is_averaged_over_its_own_hours() {
        // Six hours of 1 October, then whole days; hour n costs n dollars.
        let columns = Columns::of(span("2026-10-01T18:00Z", 6 + 24 * 60));
        let hourly: Vec<f64> = (0..6 + 24 * 60).map(f64::from).collect();
        assert!(columns.daily);
        assert_eq!(columns.ranges().count(), 61);
        // (0 + .. + 5) / 6 and (6 + .. + 29) / 24
        assert_eq!(columns.means(&hourly)[..2], [2.5, 17.5]);
        assert_eq!(columns.lowest(&hourly)[..2], [0.0, 6.0]);
        assert_eq!(columns.highest(&hourly)[..2], [5.0, 29.0]);
    }
}
