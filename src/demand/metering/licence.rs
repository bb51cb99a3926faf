//! Licences of instances with "Optimize CPUs": the instance at its base rate, and each active vCPU beside it.
//!
//! Source: docs.aws.amazon.com, EC2 User Guide, "Optimize CPUs for license-included instances": the licence is a
//! fee of a third party by active vCPU and hour, which Savings Plans do not cover. docs/billing-rules.md, R58.

use crate::units::{InstanceHour, Metered, Quantity};

/// vCPU-hours of licence that instances of so many active vCPUs are billed.
pub const fn licence_vcpu_hours(
    ran: Quantity<InstanceHour>,
    active_vcpus: u32,
) -> Quantity<Metered> {
    Quantity::from_ticks(ran.ticks() * active_vcpus as i128)
}
