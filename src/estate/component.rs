//! One line of an estimate before it has a price: what is charged, and how much of it a month.

use rust_decimal::Decimal;

use super::amount::Amount;
use crate::catalog::{InstanceType, Platform, Region, ServiceItem, Tenancy};

/// One charge of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Which part of the resource it belongs to, such as `volume 1`; empty: the resource itself.
    pub part: String,
    /// What it is, for people: `NAT gateway hours`.
    pub name: String,
    /// What is charged.
    pub charge: Charge,
    /// How much of it a month, of all things together.
    pub quantity: Amount,
    /// In which unit, for people: `hours`, `GB`.
    pub unit: &'static str,
    /// What each thing has of the quantity, where tiers count one thing's use: the IOPS of a volume.
    pub each: Option<Decimal>,
}

/// What a component is charged as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Charge {
    /// Hours of instances.
    Instance {
        /// Where.
        region: Region,
        /// Which type.
        instance_type: InstanceType,
        /// Operating system and licences.
        platform: Platform,
        /// Whose hardware.
        tenancy: Tenancy,
        /// On-Demand or Spot.
        market: Market,
    },
    /// A charge beside instances.
    Service {
        /// Where it is charged; for data that leaves a region, the region it leaves.
        region: Region,
        /// What.
        item: ServiceItem,
    },
    /// Nothing, for a reason.
    Free(String),
    /// AWS charges for it and no price of it is known here, for a reason. Never part of a total.
    NotCovered(String),
}

/// How an instance is bought by the hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Market {
    /// Without commitment.
    OnDemand,
    /// Spare capacity, at its average price.
    Spot,
}

impl Component {
    /// A charge beside instances.
    pub(super) fn service(
        name: impl Into<String>,
        region: Region,
        item: ServiceItem,
        quantity: Amount,
        unit: &'static str,
    ) -> Self {
        Self::new(name, Charge::Service { region, item }, quantity, unit)
    }

    pub(super) fn new(
        name: impl Into<String>,
        charge: Charge,
        quantity: Amount,
        unit: &'static str,
    ) -> Self {
        Self {
            part: String::new(),
            name: name.into(),
            charge,
            quantity,
            unit,
            each: None,
        }
    }

    /// As a part of its resource.
    #[must_use]
    pub(super) fn of_part(mut self, part: &str) -> Self {
        part.clone_into(&mut self.part);
        self
    }
}
