//! What instances are started with: of an instance itself, over a launch template, over what AWS takes where
//! nothing is said.

use std::ops::Range;

use rust_decimal::{Decimal, dec};

use super::context::Context;
use super::declared::{Told, Trouble};
use crate::catalog::{InstanceType, OperatingSystem, Platform, Tenancy, instance_types};
use crate::diagnostics::nearest;
use crate::estate::{Amount, Band, Instances, Running, Volume, VolumeKind};

/// What instances are started with. What is `None` is not said.
#[derive(Debug, Clone, Default)]
pub(super) struct Launch {
    pub(super) instance_type: Option<(String, Range<usize>)>,
    /// Why the type cannot be told, where that is so.
    pub(super) no_type: Option<String>,
    pub(super) platform: Option<Platform>,
    pub(super) tenancy: Option<Tenancy>,
    pub(super) devices: Vec<Device>,
    pub(super) public_ipv4: Option<bool>,
    pub(super) monitoring: Option<bool>,
    /// `standard` or `unlimited`.
    pub(super) credits: Option<String>,
    pub(super) ebs_optimized: Option<bool>,
    pub(super) spot: Option<bool>,
}

/// A volume of an instance. What is `None` is not said.
#[derive(Debug, Clone, Default)]
pub(super) struct Device {
    /// What the estimate calls it.
    pub(super) part: String,
    /// The device's name; empty for a root volume that is told apart by other means.
    pub(super) name: String,
    pub(super) is_root: bool,
    /// Whether the template says that there is no EBS volume here.
    pub(super) is_gone: bool,
    pub(super) kind: Option<VolumeKind>,
    pub(super) gb: Option<Amount>,
    pub(super) iops: Option<Decimal>,
    pub(super) throughput_mib: Option<Decimal>,
}

/// The kind of a volume where a template says none (docs.aws.amazon.com, AWS::EC2::Instance Ebs,
/// `VolumeType`: "Default: gp2").
const DEFAULT_KIND: VolumeKind = VolumeKind::Gp2;

impl Launch {
    /// What is said here, and where nothing is, what `base` says.
    #[must_use]
    pub(super) fn over(self, base: Self) -> Self {
        let mut devices = self.devices;
        for device in base.devices {
            match devices.iter_mut().find(|own| own.is_same(&device)) {
                Some(own) => own.complete(device),
                None => devices.push(device),
            }
        }
        Self {
            no_type: self.no_type.or(base.no_type),
            instance_type: self.instance_type.or(base.instance_type),
            platform: self.platform.or(base.platform),
            tenancy: self.tenancy.or(base.tenancy),
            public_ipv4: self.public_ipv4.or(base.public_ipv4),
            monitoring: self.monitoring.or(base.monitoring),
            credits: self.credits.or(base.credits),
            ebs_optimized: self.ebs_optimized.or(base.ebs_optimized),
            spot: self.spot.or(base.spot),
            devices,
        }
    }

    /// The instances, of which so many run.
    pub(super) fn instances(
        self,
        context: &Context<'_>,
        address: &str,
        running: Running,
    ) -> Told<Instances> {
        let instance_type = self.type_of(context)?;
        let platform = self.platform.unwrap_or_else(|| {
            let assumed = context.assumed_platform();
            let note = format!("no image says its operating system; counted as {assumed}");
            context.note(&note, address);
            assumed
        });
        let tenancy = self.tenancy.unwrap_or(Tenancy::Shared);
        let volumes = self.volumes(context, address, platform);
        Ok(Instances {
            not_covered: self.not_covered(instance_type),
            public_ipv4: u32::from(self.public_ipv4 == Some(true)),
            spot_share: if self.spot == Some(true) {
                Decimal::ONE
            } else {
                Decimal::ZERO
            },
            on_demand_base: Decimal::ZERO,
            instance_type,
            platform,
            tenancy,
            running,
            volumes,
        })
    }

    fn type_of(&self, context: &Context<'_>) -> Told<InstanceType> {
        let Some((text, at)) = &self.instance_type else {
            let why = self.no_type.clone();
            return Err(Trouble::Untold(
                why.unwrap_or_else(|| "its instance type is not said".into()),
            ));
        };
        context.instance_type(text, at)
    }

    fn volumes(&self, context: &Context<'_>, address: &str, platform: Platform) -> Vec<Volume> {
        let mut devices: Vec<Device> = self
            .devices
            .iter()
            .filter(|d| !d.is_gone)
            .cloned()
            .collect();
        if !self.devices.iter().any(|device| device.is_root) {
            let root = Device {
                part: context
                    .language
                    .either("root_volume", "root_block_device")
                    .to_owned(),
                is_root: true,
                ..Device::default()
            };
            devices.insert(0, root);
        }
        devices.sort_by_key(|device| !device.is_root);
        let volume = |device: Device| {
            let gb = device.gb.unwrap_or_else(|| {
                let note =
                    "the size of a root volume is its image's; typical is 8 GB (Windows: 30 GB)";
                if device.is_root {
                    context.note(note, address);
                    image_size(platform)
                } else {
                    Amount::OPEN
                }
            });
            Volume {
                part: device.part,
                iops: device.iops,
                throughput_mib: device.throughput_mib,
                ..Volume::new(device.kind.unwrap_or(DEFAULT_KIND), gb)
            }
        };
        devices.into_iter().map(volume).collect()
    }

    /// What AWS charges beside the hours and has no price here.
    fn not_covered(&self, instance_type: InstanceType) -> Vec<(String, String)> {
        let mut lines = Vec::new();
        let mut line = |name: &str, why: &str| lines.push((name.to_owned(), why.to_owned()));
        if self.monitoring == Some(true) {
            line(
                "Detailed monitoring",
                "the price book has no prices of CloudWatch",
            );
        }
        let unlimited = match &self.credits {
            Some(credits) => credits == "unlimited",
            None => false,
        };
        if unlimited {
            line(
                "CPU credits",
                "what is used beyond the baseline costs by the vCPU-hour and depends on use",
            );
        }
        if self.ebs_optimized == Some(true) && EBS_OPTIMIZED_COSTS.contains(&instance_type.as_str())
        {
            line(
                "EBS-optimized usage",
                "the price book has no price of EBS optimization, which types of earlier generations pay",
            );
        }
        lines
    }
}

impl Device {
    fn is_same(&self, other: &Self) -> bool {
        (self.is_root && other.is_root) || (!self.name.is_empty() && self.name == other.name)
    }

    fn complete(&mut self, base: Self) {
        self.is_root |= base.is_root;
        self.kind = self.kind.or(base.kind);
        self.iops = self.iops.or(base.iops);
        self.throughput_mib = self.throughput_mib.or(base.throughput_mib);
        self.gb = self.gb.take().or(base.gb);
    }
}

/// Types that pay for EBS optimization (docs.aws.amazon.com, "Amazon EBS-optimized instance types",
/// "EBS optimization supported"; read 2026-11).
const EBS_OPTIMIZED_COSTS: [&str; 18] = [
    "c1.xlarge",
    "c3.xlarge",
    "c3.2xlarge",
    "c3.4xlarge",
    "g2.2xlarge",
    "i2.xlarge",
    "i2.2xlarge",
    "i2.4xlarge",
    "m1.large",
    "m1.xlarge",
    "m2.2xlarge",
    "m2.4xlarge",
    "m3.xlarge",
    "m3.2xlarge",
    "r3.xlarge",
    "r3.2xlarge",
    "r3.4xlarge",
    "cr1.8xlarge",
];

/// A root volume as AWS's own images have it: Amazon Linux 8 GiB, Windows Server 30 GiB.
fn image_size(platform: Platform) -> Amount {
    let gb = match platform.os {
        OperatingSystem::Windows | OperatingSystem::WindowsByol => dec!(30),
        _ => dec!(8),
    };
    Amount::Open(Band {
        typical: Some(gb),
        ..Band::default()
    })
}

/// AWS's word for a kind of volume.
pub(super) fn volume_kind(text: &str) -> Option<VolumeKind> {
    let kinds = [
        ("gp3", VolumeKind::Gp3),
        ("gp2", VolumeKind::Gp2),
        ("io1", VolumeKind::Io1),
        ("io2", VolumeKind::Io2),
        ("st1", VolumeKind::St1),
        ("sc1", VolumeKind::Sc1),
        ("standard", VolumeKind::Standard),
    ];
    let found = kinds.iter().find(|(word, _)| *word == text);
    found.map(|&(_, kind)| kind)
}

/// A device that is an image's root: what Amazon Linux, Windows and others call it.
pub(super) fn is_root_device(name: &str) -> bool {
    matches!(name, "/dev/xvda" | "/dev/sda1" | "xvda" | "sda1")
}

impl Context<'_> {
    /// A type that has the form of one; one that the catalogue does not list is left to the prices.
    pub(super) fn instance_type(&self, text: &str, at: &Range<usize>) -> Told<InstanceType> {
        text.parse().map_err(|_| {
            let message = format!("`{text}` is not an instance type");
            let problem = self.source.problem(at, message, "such as m7i.large");
            let near = nearest(text, instance_types().map(InstanceType::as_str));
            Trouble::wrong(match near {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem,
            })
        })
    }
}
