//! Row 1. Names what AWS sells compute and transfer by, without prices: regions, zones, families, sizes and
//! normalization factors, platforms, tenancies, terms, payment options, and the charges beside instances.
//!
//! A name is a `Copy` handle to text that is kept once for the whole run, so a key of a million-row bill is a
//! few words wide. Names are equal when their texts are: never match them by prefix (`mac2` is not
//! `mac2-m1ultra`).

mod aws_service;
mod database;
mod instance_type;
mod name;
mod offering;
mod platform;
mod region;
mod service_item;
mod usage_type;

pub use aws_service::AwsService;
pub use database::{Deployment, database_service, database_units, engine, reserved_units};
pub use instance_type::{
    Attributes, InstanceType, NameForm, QuarterUnits, attributes, instance_types, is_burstable,
    is_size_flexible, sizes_of,
};
pub use name::{Account, Family, Zone};
pub use offering::{OfferingClass, PaymentOption, SavingsPlanKind, Term};
pub use platform::{OperatingSystem, Platform, SqlEdition, Tenancy, UnknownPlatform};
pub use region::{Region, UnknownRegion};
pub use service_item::{InvalidItem, ServiceItem};
pub use usage_type::{database_item, service_item};
