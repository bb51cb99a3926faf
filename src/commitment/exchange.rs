//! Obligations around a Reserved Instance: list value, modification footprint, Convertible exchange.
//!
//! Source: docs.aws.amazon.com, EC2 User Guide, "Modify Reserved Instances" and "Exchange Convertible Reserved
//! Instances" (docs/billing-rules.md names the rules).

use crate::catalog::{InstanceType, QuarterUnits, Term};
use crate::units::Money;

use super::model::ReservedFee;

/// List value of one instance: upfront plus every hourly fee of the term. It drives the volume discount and
/// the count of an exchange.
pub fn list_value(fee: ReservedFee, term: Term) -> Money {
    fee.upfront + fee.hourly.for_one().times(i128::from(term.hours()))
}

/// Normalized units (in quarters) of a set of instances; `None` when a factor is not known.
pub fn footprint(instances: &[(u32, InstanceType)]) -> Option<QuarterUnits> {
    instances
        .iter()
        .map(|&(count, kind)| kind.quarter_units().map(|units| u64::from(count) * units))
        .sum()
}

/// Whether a modification from one set to another is allowed: the footprints must be equal.
pub fn may_modify(from: &[(u32, InstanceType)], to: &[(u32, InstanceType)]) -> bool {
    matches!((footprint(from), footprint(to)), (Some(from), Some(to)) if from == to)
}

/// How many new Convertible Reserved Instances an exchange gives: the old list value over one new one's,
/// rounded up. `None` when the new one has no value.
pub fn exchange_count(old_value: Money, new_unit_value: Money) -> Option<u64> {
    if old_value < Money::ZERO || new_unit_value <= Money::ZERO {
        return None;
    }
    let (old, new) = (old_value.atoms(), new_unit_value.atoms());
    u64::try_from(old.div_euclid(new) + i128::from(old.rem_euclid(new) > 0)).ok()
}

/// What an exchange costs at once: the new upfront, prorated, less what is left of the old; never negative.
pub fn true_up(prorated_new_upfront: Money, remaining_old_upfront: Money) -> Money {
    (prorated_new_upfront - remaining_old_upfront).max(Money::ZERO)
}
