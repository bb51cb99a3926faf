//! The columns of the tables that people type.

use super::spec::{Column, Need, Role, text, value};

/// The simple table: hours of instances.
pub(super) static SIMPLE: [Column; 13] = [
    text(Role::Account, Need::May, &["account"]),
    text(Role::Region, Need::Must, &["region"]),
    text(Role::Zone, Need::May, &["zone"]),
    text(Role::InstanceType, Need::Must, &["instance_type"]),
    text(Role::OperatingSystem, Need::May, &["operating_system"]),
    text(Role::Tenancy, Need::May, &["tenancy"]),
    text(Role::Purchase, Need::May, &["purchase"]),
    text(Role::ActiveVcpus, Need::May, &["active_vcpus"]),
    text(Role::Capacity, Need::May, &["capacity_reservation"]),
    value(Role::Start, Need::Must, &["hour"]),
    value(Role::Amount, Need::May, &["hours"]),
    value(Role::Count, Need::May, &["count"]),
    value(Role::SurplusCredits, Need::May, &["surplus_credits"]),
];

/// Changes of state.
pub(super) static EVENTS: [Column; 11] = [
    text(Role::Account, Need::May, &["account"]),
    text(Role::Region, Need::Must, &["region"]),
    text(Role::Zone, Need::May, &["zone"]),
    text(Role::InstanceType, Need::Must, &["instance_type"]),
    text(Role::OperatingSystem, Need::May, &["operating_system"]),
    text(Role::Tenancy, Need::May, &["tenancy"]),
    text(Role::Purchase, Need::May, &["purchase"]),
    text(Role::Capacity, Need::May, &["capacity_reservation"]),
    value(Role::InstanceId, Need::Must, &["instance_id"]),
    value(Role::State, Need::Must, &["state"]),
    value(Role::Start, Need::Must, &["time"]),
];

/// Use beside instances.
pub(super) static SERVICES: [Column; 6] = [
    text(Role::Account, Need::May, &["account"]),
    text(Role::Region, Need::Must, &["region"]),
    text(Role::Item, Need::Must, &["item"]),
    value(Role::Start, Need::Must, &["hour"]),
    value(Role::End, Need::May, &["end"]),
    value(Role::Amount, Need::Must, &["quantity"]),
];

/// Capacity Reservations and Capacity Blocks.
pub(super) static RESERVATIONS: [Column; 17] = [
    text(Role::Account, Need::May, &["account"]),
    text(Role::Region, Need::Must, &["region"]),
    text(Role::Zone, Need::May, &["zone"]),
    text(Role::InstanceType, Need::Must, &["instance_type"]),
    text(Role::OperatingSystem, Need::May, &["operating_system"]),
    text(Role::Tenancy, Need::May, &["tenancy"]),
    value(Role::Capacity, Need::Must, &["reservation"]),
    value(Role::Slots, Need::Must, &["slots"]),
    value(Role::Start, Need::Must, &["start"]),
    value(Role::End, Need::May, &["end"]),
    value(Role::Matching, Need::May, &["matching"]),
    value(Role::SharedWith, Need::May, &["shared_with"]),
    value(Role::CommitmentDays, Need::May, &["commitment_days"]),
    value(Role::Cancelled, Need::May, &["cancelled"]),
    value(Role::Kind, Need::May, &["kind"]),
    value(Role::Price, Need::May, &["price"]),
    value(Role::Booked, Need::May, &["booked"]),
];

/// Fargate tasks.
pub(super) static TASKS: [Column; 9] = [
    text(Role::Account, Need::May, &["account"]),
    text(Role::Region, Need::Must, &["region"]),
    value(Role::Start, Need::Must, &["start"]),
    value(Role::End, Need::Must, &["end"]),
    value(Role::Vcpu, Need::Must, &["vcpu"]),
    value(Role::Memory, Need::Must, &["memory_gb"]),
    value(Role::Storage, Need::May, &["storage_gb"]),
    value(Role::Platform, Need::May, &["platform"]),
    value(Role::Number, Need::May, &["tasks"]),
];

/// Lambda functions.
pub(super) static FUNCTIONS: [Column; 7] = [
    text(Role::Account, Need::May, &["account"]),
    text(Role::Region, Need::Must, &["region"]),
    value(Role::Start, Need::Must, &["hour"]),
    value(Role::Number, Need::Must, &["invocations"]),
    value(Role::Duration, Need::Must, &["duration_ms"]),
    value(Role::Memory, Need::Must, &["memory_mb"]),
    value(Role::Platform, Need::May, &["architecture"]),
];
