//! How many instances or tasks run, for how many hours of a month.

use rust_decimal::{Decimal, dec};

use super::amount::Amount;
use super::schedule::{Scaling, Windows};

/// The month that quantities are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Month {
    /// 730 hours: a twelfth of 365 days, as AWS's calculator counts.
    Average,
    /// One of the calendar.
    Of {
        /// The year.
        year: i32,
        /// The month, 1 to 12.
        month: u32,
        /// Its days.
        days: u32,
    },
}

/// How many of something run, for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Running {
    /// A fixed number.
    Fixed {
        /// How many.
        count: Amount,
        /// When.
        hours: Hours,
    },
    /// An Auto Scaling group.
    Scaled(Scaling),
}

/// When a fixed number of things run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hours {
    /// At all times.
    Always,
    /// So many hours a month each.
    Monthly(Amount),
    /// Between starts and stops; stopped in between, with their volumes.
    Windows(Windows),
}

impl Month {
    /// Its hours.
    pub fn hours(self) -> Decimal {
        match self {
            Self::Average => dec!(730),
            Self::Of { days, .. } => Decimal::from(days) * dec!(24),
        }
    }
}

impl Running {
    /// So many at all times.
    pub fn always(count: impl Into<Decimal>) -> Self {
        Self::Fixed {
            count: Amount::Known(count.into()),
            hours: Hours::Always,
        }
    }

    /// Hours of all of them together in a month.
    pub fn hours(&self, month: Month) -> Amount {
        match self {
            Self::Fixed { count, hours } => count.product(&hours.each(month)),
            Self::Scaled(scaling) => Amount::Known(scaling.hours(month, Decimal::MAX)),
        }
    }

    /// Hours of the first `base` of them.
    pub fn hours_of_first(&self, base: Decimal, month: Month) -> Amount {
        match self {
            Self::Fixed { count, hours } => {
                let first = count.map(|count| count.min(base));
                first.product(&hours.each(month))
            }
            Self::Scaled(scaling) => Amount::Known(scaling.hours(month, base)),
        }
    }

    /// How many exist on average: the stopped ones of a fixed number do, those that scaling has taken away do
    /// not.
    pub fn kept(&self, month: Month) -> Amount {
        match self {
            Self::Fixed { count, .. } => count.clone(),
            Self::Scaled(scaling) => {
                let hours = scaling.hours(month, Decimal::MAX);
                Amount::Known(hours.checked_div(month.hours()).unwrap_or_default())
            }
        }
    }

    /// How many there are when it is a fixed number, for a usage file to state.
    pub(super) fn count_mut(&mut self) -> Option<&mut Amount> {
        match self {
            Self::Fixed { count, .. } => Some(count),
            Self::Scaled(_) => None,
        }
    }

    /// Hours of each, for a usage file to state; what was said of the hours before is forgotten.
    pub(super) fn hours_mut(&mut self) -> Option<&mut Hours> {
        match self {
            Self::Fixed { hours, .. } => Some(hours),
            Self::Scaled(_) => None,
        }
    }
}

impl Hours {
    /// Hours of one of them in a month.
    pub fn each(&self, month: Month) -> Amount {
        match self {
            Self::Always => Amount::Known(month.hours()),
            Self::Monthly(hours) => hours.clone(),
            Self::Windows(windows) => Amount::Known(windows.hours(month)),
        }
    }
}
