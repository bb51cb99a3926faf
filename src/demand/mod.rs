//! Row 2. Holds what was or will be used, hour by hour and by key; reads it from bills and simple tables.

mod builder;
pub mod import;
mod key;
pub mod metering;
mod services;
mod trace;

pub use builder::{AbsurdUsage, DemandBuilder};
pub use key::{DemandKey, Labels, Market};
pub use services::{ServiceDemand, ServiceKey};
pub use trace::{Demand, Fill};
