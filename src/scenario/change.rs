//! What a scenario may change, as it was read; each knows where it stands.

use std::fmt;

use rust_decimal::Decimal;

use super::prices::{PriceChange, Signed};
use super::ratio::Ratio;
use super::selector::Selector;
use super::week::Week;
use crate::catalog::{Account, Family, InstanceType, Platform, Region};
use crate::commitment::Portfolio;
use crate::diagnostics::Place;
use crate::units::{Hour, HourSpan};

/// Changes in the order they are made, under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// What it is called in tables.
    pub name: String,
    /// The changes.
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it does.
    pub what: What,
    /// From which hour to which, where it is not for the whole window.
    pub during: During,
    /// Where it stands.
    pub place: Place,
}

/// From an hour, to an hour (not included).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct During {
    /// The first hour.
    pub from: Option<Hour>,
    /// The hour after the last.
    pub to: Option<Hour>,
}

impl Scenario {
    /// The base: nothing changes.
    pub fn base() -> Self {
        Self {
            name: "base".to_owned(),
            changes: Vec::new(),
        }
    }
}

impl During {
    /// The hours of a window that it is about.
    pub(super) fn within(self, window: HourSpan) -> HourSpan {
        let own = HourSpan::new(
            self.from.unwrap_or(window.start()),
            self.to.unwrap_or(window.end()),
        );
        window.intersect(own)
    }
}

/// Gigabytes a month from the old region to the new one, and back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flows {
    /// From the old region.
    pub out: Decimal,
    /// From the new region.
    pub back: Decimal,
}

/// What a change does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Grow or shrink.
    Scale {
        /// Which usage.
        select: Selector,
        /// To what part of it.
        ratio: Ratio,
        /// Whether use beside instances does the same.
        services: bool,
    },
    /// Run in another region.
    MoveRegion {
        /// Which usage.
        select: Selector,
        /// Where to.
        to: Region,
        /// Whether use beside instances goes there, too.
        services: bool,
        /// What then flows between the regions.
        flows: Flows,
    },
    /// Run on another family, in the same sizes.
    MoveFamily {
        /// Which usage.
        select: Selector,
        /// To which family.
        to: Family,
        /// Instance-hours of the new for one of the old.
        ratio: Ratio,
    },
    /// Run on another type.
    Resize {
        /// Which usage.
        select: Selector,
        /// To which type.
        to: InstanceType,
        /// Instance-hours of the new for one of the old.
        ratio: Ratio,
    },
    /// Run in some hours of the week only.
    Schedule {
        /// Which usage.
        select: Selector,
        /// When it runs.
        week: Week,
    },
    /// Run a share on Spot.
    Spot {
        /// Which usage.
        select: Selector,
        /// How much of it.
        share: Ratio,
    },
    /// Run containers on Fargate.
    Fargate {
        /// Which usage.
        select: Selector,
        /// How much of it.
        share: Ratio,
        /// What an instance-hour becomes.
        task: Task,
    },
    /// Leave private subnets in another way.
    Nat {
        /// Of which accounts, regions and tags.
        select: Selector,
        /// What is there now and what then.
        topology: Topology,
    },
    /// Run more instances: a replica, a standby.
    Add {
        /// Of which account.
        account: Account,
        /// What, where.
        instance: Instance,
        /// How many, all hours.
        count: u32,
    },
    /// Move more data: between zones, to another region, to the internet.
    Transfer {
        /// Of which account.
        account: Account,
        /// From where.
        from: Region,
        /// Where to.
        to: Destination,
        /// How much in each calendar month.
        gigabytes: Decimal,
    },
    /// Own more.
    Buy(Portfolio),
    /// Own no more: a commitment that runs out, or is given up.
    Expire {
        /// Its id.
        id: String,
        /// Where the id stands.
        at: Place,
    },
    /// Pay other prices.
    Price(PriceChange),
}

/// What one instance-hour becomes on Fargate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    /// vCPU-hours.
    pub vcpus: Ratio,
    /// GB-hours of memory.
    pub gigabytes: Ratio,
    /// Graviton instead of x86.
    pub arm: bool,
}

/// An instance somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instance {
    /// What.
    pub instance_type: InstanceType,
    /// Where.
    pub region: Region,
    /// Operating system and licences.
    pub platform: Platform,
}

/// Where data goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// Another Availability Zone of the region: both ends pay.
    OtherZone,
    /// Another region: the source pays.
    Region(Region),
    /// The internet.
    Internet,
}

/// How private subnets reach what is outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topology {
    /// One NAT gateway for all zones; what comes from the other zones crosses.
    One {
        /// How many there are now.
        gateways: u32,
        /// The part of the data that comes from another zone than the gateway's.
        crossing: Ratio,
    },
    /// One in each zone.
    PerZone {
        /// How many there are now.
        gateways: u32,
        /// How many zones.
        zones: u32,
    },
    /// A regional NAT gateway, charged for each zone it is active in.
    Regional {
        /// How many there are now.
        gateways: u32,
        /// How many zones.
        zones: u32,
    },
    /// NAT gateways stay, and endpoints take a part of their data.
    Endpoints {
        /// The part that gateway endpoints of S3 and DynamoDB take.
        gateway: Ratio,
        /// The part that interface endpoints take.
        interface: Ratio,
        /// Hours of interface endpoints (each counts in each zone) for one hour of a gateway now.
        hours: Ratio,
    },
    /// No NAT gateway: public addresses instead.
    None {
        /// Hours of public addresses for one hour of a gateway now.
        addresses: Ratio,
    },
}

/// As tables and JSON say it: `shrink m5 to 90 %`.
impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scale { select, ratio, .. } => write!(f, "{select}: {}", Signed(*ratio)),
            Self::MoveRegion { select, to, .. } => write!(f, "{select} to {to}"),
            Self::MoveFamily { select, to, ratio } => {
                write!(
                    f,
                    "{select} to {to}, {} instance-hours for one",
                    ratio.to_decimal()
                )
            }
            Self::Resize { select, to, ratio } => {
                write!(
                    f,
                    "{select} to {to}, {} instance-hours for one",
                    ratio.to_decimal()
                )
            }
            Self::Schedule { select, week } => write!(f, "{select} on {week} only"),
            Self::Spot { select, share } => write!(f, "{share} of {select} on Spot"),
            Self::Fargate {
                select,
                share,
                task,
            } => write!(
                f,
                "{share} of {select} on Fargate, {} vCPU and {} GB for an instance-hour",
                task.vcpus.to_decimal(),
                task.gigabytes.to_decimal()
            ),
            Self::Nat { select, topology } => write!(f, "{topology} for {select}"),
            Self::Add {
                instance, count, ..
            } => write!(
                f,
                "{count} more {} {} in {}",
                instance.instance_type, instance.platform, instance.region
            ),
            Self::Transfer {
                from,
                to,
                gigabytes,
                ..
            } => write!(f, "{gigabytes} GB a month from {from} to {to}"),
            Self::Buy(portfolio) => write!(
                f,
                "buy {} commitments",
                portfolio.reserved_instances.len() + portfolio.savings_plans.len()
            ),
            Self::Expire { id, .. } => write!(f, "`{id}` expires"),
            Self::Price(change) => match &change.item {
                Some(item) => write!(f, "price of {item}: {}", Signed(change.ratio)),
                None => write!(f, "prices of {}: {}", change.select, Signed(change.ratio)),
            },
        }
    }
}

impl fmt::Display for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One { .. } => f.write_str("one NAT gateway"),
            Self::PerZone { zones, .. } => write!(f, "a NAT gateway in each of {zones} zones"),
            Self::Regional { zones, .. } => write!(f, "a regional NAT gateway in {zones} zones"),
            Self::Endpoints { .. } => f.write_str("endpoints beside NAT gateways"),
            Self::None { .. } => f.write_str("no NAT gateway"),
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherZone => f.write_str("another zone"),
            Self::Region(region) => write!(f, "{region}"),
            Self::Internet => f.write_str("the internet"),
        }
    }
}
