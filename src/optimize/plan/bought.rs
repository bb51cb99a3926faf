//! A purchase with its date.

use super::plans::Purchase;
use crate::units::{Hour, HourSpan, Money};

/// A purchase and its first hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bought {
    /// From when it counts.
    pub at: Hour,
    /// What.
    pub purchase: Purchase,
}

impl Bought {
    /// The hours it is alive.
    pub fn alive(&self) -> HourSpan {
        HourSpan::new(self.at, self.at.plus(self.purchase.candidate.term.hours()))
    }

    /// What it costs after an hour.
    pub(super) fn cost_after(&self, end: Hour) -> Money {
        let rest = HourSpan::new(end.max(self.at), self.alive().end()).len();
        let hours = i128::try_from(rest).unwrap_or(i128::MAX);
        self.purchase.effective_hourly().times(hours)
    }
}
