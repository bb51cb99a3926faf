//! When a purchase lives, and for how many hours it is paid.

use crate::units::HourSpan;

/// A purchase's part of the hours that a plan is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Life {
    /// The hours in which it serves.
    pub(super) alive: HourSpan,
    /// The hours that it is paid for, in hundredths: of those after the plan's end only a share may count.
    pub(super) hundredths: i128,
}

impl Life {
    /// Alive in all hours, and paid for each.
    pub(super) fn whole(hours: HourSpan) -> Self {
        Self {
            alive: hours,
            hundredths: hundredths(hours.len(), 100),
        }
    }
}

/// So many hours at so many per cent.
pub(super) fn hundredths(hours: usize, percent: u8) -> i128 {
    i128::try_from(hours).unwrap_or(i128::MAX) * i128::from(percent)
}
