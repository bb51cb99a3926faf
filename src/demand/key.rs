//! What distinguishes one stream of usage from another for billing.

use std::sync::Arc;

use crate::catalog::{Account, InstanceType, Platform, Region, Tenancy, Zone};

/// The market an instance was launched from. Reserved Instances and Savings Plans are no markets: they are
/// discounts laid over On-Demand usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Market {
    /// On-Demand, whatever discount covered it.
    OnDemand,
    /// Spot: no commitment touches it.
    Spot,
}

/// Cost-allocation tags and other columns that billing ignores and reports may group by, ordered by name.
pub type Labels = Arc<[(Arc<str>, Arc<str>)]>;

/// One stream of compute usage: everything in it costs the same and is covered by the same commitments.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DemandKey {
    /// The account that used it.
    pub account: Account,
    /// Where.
    pub region: Region,
    /// The Availability Zone, where the source tells; only zonal Reserved Instances need it.
    pub zone: Option<Zone>,
    /// What.
    pub instance_type: InstanceType,
    /// Operating system and licences.
    pub platform: Platform,
    /// Whose hardware.
    pub tenancy: Tenancy,
    /// On-Demand or Spot.
    pub market: Market,
    /// Tags and the like.
    pub labels: Labels,
}
