//! From a Capacity Reservation and what runs in it to what is billed: each slot once, used or not.
//!
//! Source: docs.aws.amazon.com, EC2 User Guide, "Capacity Reservation pricing and billing" (a used slot bills the
//! instance, an idle one costs the same On-Demand rate; by the second, at least a minute) and "Cancel a Capacity
//! Reservation" (charges for cancelling a future-dated one). docs/billing-rules.md, R52-R53.

use rust_decimal::{Decimal, dec};

/// Slots held for some seconds, of which some were used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Slots of the reservation.
    pub slots: u64,
    /// For so many seconds.
    pub seconds: u64,
    /// Instance-seconds of what matches it, in it or, beyond its slots, beside it.
    pub running: u64,
}

impl Held {
    /// Slot-seconds that an instance was in: billed as any other instance.
    pub fn used(self) -> u64 {
        self.running.min(self.slots.saturating_mul(self.seconds))
    }

    /// Slot-seconds that nothing was in: billed as unused reservation.
    pub fn unused(self) -> u64 {
        self.slots.saturating_mul(self.seconds) - self.used()
    }
}

const MINIMUM: i64 = 60;

/// The second up to which a reservation is billed that was held from `start` to `end`: for a minute at least.
pub fn billed_until(start: i64, end: i64) -> i64 {
    end.max(start + MINIMUM)
}

/// The part of a future-dated reservation's commitment that cancelling it costs, `days_before` it is delivered;
/// after delivery (`None`), of what is left of the commitment. AWS calls these minimum rates: its quote is binding.
pub const fn cancellation_share(days_before: Option<i64>) -> Decimal {
    match days_before {
        Some(56..) => Decimal::ZERO,
        Some(14..) => dec!(0.25),
        Some(_) | None => dec!(0.5),
    }
}

const DAY: i64 = 86_400;

/// Seconds for which all slots go on to be billed when a reservation with a commitment is cancelled; times in seconds
/// since 1970, the commitment in seconds from its start.
pub fn cancellation_seconds(cancelled: i64, start: i64, commitment: i64) -> i64 {
    let (share, of) = if cancelled < start {
        let days = (start - cancelled).div_euclid(DAY);
        (cancellation_share(Some(days)), commitment)
    } else {
        let left = (start + commitment - cancelled).max(0);
        (cancellation_share(None), left)
    };
    let seconds = share * Decimal::from(of);
    i64::try_from(seconds.round()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_held_for_seconds_costs_a_minute() {
        assert_eq!(billed_until(1_000, 1_010), 1_060);
        assert_eq!(billed_until(1_000, 1_061), 1_061);
        let held = Held {
            slots: 2,
            seconds: 60,
            running: 10,
        };
        assert_eq!((held.used(), held.unused()), (10, 110));
        let none = Held { slots: 0, ..held };
        assert_eq!((none.used(), none.unused()), (0, 0));
    }

    #[test]
    fn cancelling_late_costs_more() {
        let shares = [60, 56, 55, 14, 13, 0].map(|days| cancellation_share(Some(days)));
        let quarter = dec!(0.25);
        assert_eq!(
            shares,
            [dec!(0), dec!(0), quarter, quarter, dec!(0.5), dec!(0.5)]
        );
        // 14 days are committed: 8 weeks before, a quarter, half; then half of the 4 days that are left, and nothing.
        let start = 100 * DAY;
        let days =
            |cancelled: i64| cancellation_seconds(cancelled * DAY, start, 14 * DAY).div_euclid(DAY);
        assert_eq!([30, 110, 120].map(days), [0, 2, 0]);
        assert_eq!(cancellation_seconds(50 * DAY, start, 14 * DAY), 302_400);
        assert_eq!(days(90), 7);
    }
}
