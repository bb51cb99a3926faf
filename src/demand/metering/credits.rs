//! CPU credits of burstable instances in unlimited mode.
//!
//! Source: docs.aws.amazon.com, EC2 User Guide, "Unlimited mode concepts for burstable performance instances": a
//! credit is a vCPU-minute; surplus credits beyond what a day earns are billed by the vCPU-hour.
//! docs/billing-rules.md, R59.

use rust_decimal::{Decimal, dec};

use crate::units::{InstanceHour, Metered, Rate};

/// vCPU-hours that surplus credits are billed as; `None` past what can be counted.
pub fn surplus_vcpu_hours(credits: Decimal) -> Option<Decimal> {
    credits.checked_div(dec!(60))
}

/// The average use of its vCPUs, in per cent, up to which a burstable instance in unlimited mode costs no more than an
/// instance of a fixed performance; `None` without a price of surplus or without vCPUs.
pub fn unlimited_break_even(
    (baseline_percent, vcpus): (Decimal, u32),
    burstable: Rate<InstanceHour>,
    fixed: Rate<InstanceHour>,
    surplus: Rate<Metered>,
) -> Option<Decimal> {
    let gap = fixed.to_decimal() - burstable.to_decimal();
    let vcpu_hours = gap.checked_div(surplus.to_decimal())?;
    let share = vcpu_hours.checked_div(vcpus.into())?;
    Some(baseline_percent + share * dec!(100))
}
