//! What each kind of volume, task and instance is by itself: its names, its charges, what comes with it.

use rust_decimal::{Decimal, dec};

use super::amount::Amount;
use super::model::{FargateKind, Instances, Volume, VolumeKind};
use super::running::Running;
use crate::catalog::{InstanceType, Platform, ServiceItem, Tenancy};

impl VolumeKind {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::Gp3,
        Self::Gp2,
        Self::Io1,
        Self::Io2,
        Self::St1,
        Self::Sc1,
        Self::Standard,
    ];

    /// AWS's word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Gp3 => "gp3",
            Self::Gp2 => "gp2",
            Self::Io1 => "io1",
            Self::Io2 => "io2",
            Self::St1 => "st1",
            Self::Sc1 => "sc1",
            Self::Standard => "standard",
        }
    }

    pub(super) const fn storage(self) -> ServiceItem {
        ServiceItem::named(match self {
            Self::Gp3 => "ebs-gp3-gb-month",
            Self::Gp2 => "ebs-gp2-gb-month",
            Self::Io1 => "ebs-io1-gb-month",
            Self::Io2 => "ebs-io2-gb-month",
            Self::St1 => "ebs-st1-gb-month",
            Self::Sc1 => "ebs-sc1-gb-month",
            Self::Standard => "ebs-standard-gb-month",
        })
    }

    pub(super) const fn iops(self) -> Option<ServiceItem> {
        match self {
            Self::Gp3 => Some(ServiceItem::named("ebs-gp3-iops-month")),
            Self::Io1 => Some(ServiceItem::named("ebs-io1-iops-month")),
            Self::Io2 => Some(ServiceItem::named("ebs-io2-iops-month")),
            Self::Gp2 | Self::St1 | Self::Sc1 | Self::Standard => None,
        }
    }
}

impl Volume {
    /// A volume of a size with nothing provisioned beside it.
    pub fn new(kind: VolumeKind, gb: Amount) -> Self {
        Self {
            part: String::new(),
            kind,
            gb,
            iops: None,
            throughput_mib: None,
            requests: Amount::OPEN,
            snapshot_gb: Amount::NONE,
            count: Decimal::ONE,
        }
    }

    /// IOPS that are paid for: of gp3 those beyond the 3,000 that come with it.
    pub(super) fn paid_iops(&self) -> Option<Decimal> {
        let included = if self.kind == VolumeKind::Gp3 {
            dec!(3000)
        } else {
            Decimal::ZERO
        };
        let paid = self.iops? - included;
        (paid > Decimal::ZERO).then_some(paid)
    }

    /// GiB/s that are paid for: of gp3 those beyond the 125 MiB/s that come with it.
    pub(super) fn paid_throughput(&self) -> Option<Decimal> {
        let paid = self.throughput_mib? - dec!(125);
        (self.kind == VolumeKind::Gp3 && paid > Decimal::ZERO).then_some(paid / dec!(1024))
    }
}

impl FargateKind {
    /// The charges of vCPUs, of memory and, if there is one, of the licence.
    pub(super) const fn items(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::LinuxX86 => (
                "fargate-linux-x86-vcpu-hour",
                "fargate-linux-x86-gb-hour",
                "",
            ),
            Self::LinuxArm => (
                "fargate-linux-arm-vcpu-hour",
                "fargate-linux-arm-gb-hour",
                "",
            ),
            Self::Windows => (
                "fargate-windows-vcpu-hour",
                "fargate-windows-gb-hour",
                "fargate-windows-licence-vcpu-hour",
            ),
        }
    }
}

impl Instances {
    /// Instances of a type that run Linux on shared hardware, On-Demand, with nothing beside them.
    pub fn new(instance_type: InstanceType, running: Running) -> Self {
        Self {
            instance_type,
            platform: Platform::LINUX,
            tenancy: Tenancy::Shared,
            running,
            spot_share: Decimal::ZERO,
            on_demand_base: Decimal::ZERO,
            volumes: Vec::new(),
            public_ipv4: 0,
            not_covered: Vec::new(),
        }
    }
}
