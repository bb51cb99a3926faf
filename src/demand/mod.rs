//! Row 2. Holds what was or will be used, hour by hour and by key; reads it from bills and simple tables.

mod builder;
mod capacity;
pub mod import;
mod key;
pub mod metering;
mod project;
mod services;
mod trace;

pub use builder::{AbsurdUsage, DemandBuilder};
pub use capacity::{
    CapacityKind, CapacityReservation, CapacityUse, SlotSeconds, UnknownReservation,
    reserve_capacity,
};
pub use key::{CAPACITY_RESERVATION, DemandKey, Labels, Market, OPTIMIZE_CPUS, is_own_label};
pub use project::{GrowthStep, Unprojected};
pub use services::{ServiceDemand, ServiceKey};
pub use trace::{Demand, Fill};
