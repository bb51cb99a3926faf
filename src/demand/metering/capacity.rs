//! From a Capacity Reservation and what runs in it to what is billed: each slot once, used or not.
//!
//! Source: docs.aws.amazon.com, EC2 User Guide, "Capacity Reservation pricing and billing" (a used slot bills the
//! instance, an idle one costs the same On-Demand rate; by the second, at least a minute; charges for cancelling a
//! future-dated one). docs/billing-rules.md, R52-R53.

use rust_decimal::{Decimal, dec};

/// Slots held for some seconds, of which some were used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Slots of the reservation.
    pub slots: u64,
    /// Instances that match it, in it or, beyond its slots, beside it.
    pub running: u64,
    /// For so many seconds.
    pub seconds: u64,
}

/// Instance-seconds that a reservation's time is billed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HeldUse {
    /// Of instances, billed as any other instance.
    pub instances: u64,
    /// Of idle slots, billed as unused reservation.
    pub unused: u64,
}

/// What stretches of a reservation's life are billed as: never a slot and its instance both.
pub fn held_use(stretches: &[Held]) -> HeldUse {
    let provisioned: u64 = stretches
        .iter()
        .filter(|held| held.slots > 0)
        .map(|held| held.seconds)
        .sum();
    let mut total = HeldUse::default();
    for held in stretches {
        total.instances += held.running * held.seconds;
        total.unused += held.slots.saturating_sub(held.running) * held.seconds;
    }
    // A reservation held for less than a minute costs one.
    if let (1..60, Some(last)) = (
        provisioned,
        stretches.iter().rev().find(|held| held.slots > 0),
    ) {
        total.unused += last.slots.saturating_sub(last.running) * (60 - provisioned);
    }
    total
}

/// The part of a future-dated reservation's commitment that cancelling it costs, `days_before` it is delivered;
/// after delivery (`None`), of what is left of the commitment. AWS calls these minimum rates: its quote is binding.
pub const fn cancellation_share(days_before: Option<u32>) -> Decimal {
    match days_before {
        Some(56..) => Decimal::ZERO,
        Some(14..) => dec!(0.25),
        Some(_) | None => dec!(0.5),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_held_for_seconds_costs_a_minute() {
        let held = |slots, running, seconds| Held {
            slots,
            running,
            seconds,
        };
        assert_eq!(held_use(&[held(2, 0, 10)]).unused, 120);
        assert_eq!(
            held_use(&[held(2, 1, 10)]),
            HeldUse {
                instances: 10,
                unused: 60
            }
        );
        assert_eq!(
            held_use(&[held(1, 0, 60), held(1, 2, 60)]),
            HeldUse {
                instances: 120,
                unused: 60
            }
        );
        assert_eq!(
            held_use(&[held(0, 3, 10)]),
            HeldUse {
                instances: 30,
                unused: 0
            }
        );
    }

    #[test]
    fn cancelling_late_costs_more() {
        let shares = [60, 56, 55, 14, 13, 0].map(|days| cancellation_share(Some(days)));
        let quarter = dec!(0.25);
        assert_eq!(
            shares,
            [dec!(0), dec!(0), quarter, quarter, dec!(0.5), dec!(0.5)]
        );
    }
}
