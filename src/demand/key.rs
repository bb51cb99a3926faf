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
    /// A slot of a Capacity Reservation that no instance runs in: it costs what the instance would On-Demand.
    UnusedCapacity,
    /// An instance in a Capacity Block, which was paid for as a whole: no charge of its own, and no commitment.
    CapacityBlock,
    /// On-Demand where a commitment covers it, Spot elsewhere: a plan for the usage, in no file.
    SpotEligible,
}

impl Market {
    /// Every one that usage may be of, in order.
    pub const ALL: [Self; 4] = [
        Self::OnDemand,
        Self::Spot,
        Self::UnusedCapacity,
        Self::CapacityBlock,
    ];

    /// The word for it in a simple table.
    pub const fn word(self) -> &'static str {
        match self {
            Self::OnDemand => "on-demand",
            Self::Spot => "spot",
            Self::UnusedCapacity => "unused-capacity",
            Self::CapacityBlock => "capacity-block",
            Self::SpotEligible => "spot-eligible",
        }
    }
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

/// The label that names the Capacity Reservation of usage. AWS keeps the prefix `aws:` from its customers' tags.
pub const CAPACITY_RESERVATION: &str = "aws:capacity-reservation";
/// The label of instances whose licence is paid by active vCPU, beside them ("Optimize CPUs").
pub const OPTIMIZE_CPUS: &str = "aws:optimize-cpus";

impl DemandKey {
    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<&str> {
        let found = self.labels.iter().find(|(known, _)| **known == *name);
        found.map(|(_, value)| &**value)
    }

    /// Whether it is billed at On-Demand rates where nothing covers it: what runs, and idle slots. Not what runs on a
    /// Dedicated Host, which is paid for as a whole.
    pub fn is_on_demand(&self) -> bool {
        let is_whole = self.tenancy == Tenancy::Host;
        !is_whole && matches!(self.market, Market::OnDemand | Market::UnusedCapacity)
    }

    /// Whether commitments may cover it: what is On-Demand, and what may be instead of Spot.
    pub fn may_be_covered(&self) -> bool {
        let is_eligible = self.market == Market::SpotEligible && self.tenancy != Tenancy::Host;
        is_eligible || self.is_on_demand()
    }

    /// The Capacity Reservation that it runs in, or that it is an idle slot of.
    pub fn capacity_reservation(&self) -> Option<&str> {
        self.label(CAPACITY_RESERVATION)
    }

    /// The same key with a label of that name.
    #[must_use]
    pub fn labelled(mut self, name: &str, value: &str) -> Self {
        self.labels = with_label(&self.labels, name, value);
        self
    }
}

/// Labels with one more, or another value of it; ordered by name.
pub(super) fn with_label(labels: &Labels, name: &str, value: &str) -> Labels {
    let others = labels.iter().filter(|(known, _)| **known != *name);
    let mut all: Vec<(Arc<str>, Arc<str>)> = others.cloned().collect();
    all.push((name.into(), value.into()));
    all.sort();
    all.into()
}

/// Whether a label is one that bursar gives, and no tag.
pub fn is_own_label(name: &str) -> bool {
    [CAPACITY_RESERVATION, OPTIMIZE_CPUS].contains(&name)
}
