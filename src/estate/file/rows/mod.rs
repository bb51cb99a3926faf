//! The rows of `estate.toml`, kind by kind, and what each of them means.

mod network;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Deserialize;

use crate::diagnostics::Diagnostic;
use crate::estate::amount::Amount;
use crate::estate::file::running::{RunningRow, ScalingRow, WindowRow};
use crate::estate::file::source::{Figure, Text};
use crate::estate::file::{Common, Reader, Row};
use crate::estate::model::{
    CapacityReservation, Fargate, FargateKind, Hosts, Instances, Lambda, Spec, Volume, VolumeKind,
};

/// Declares rows: their own fields beside those that every row has.
macro_rules! rows {
    ($($name:ident is $kind:literal { $($(#[$meta:meta])* $field:ident: $type:ty,)* })+) => { $(
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            name: Text,
            region: Option<Text>,
            zone: Option<Text>,
            #[serde(default)]
            tags: BTreeMap<String, String>,
            $($(#[$meta])* $field: $type,)*
        }

        impl Row for $name {
            const KIND: &'static str = $kind;

            fn common(&self) -> Common<'_> {
                Common {
                    name: &self.name,
                    region: self.region.as_ref(),
                    zone: self.zone.as_ref(),
                    tags: &self.tags,
                }
            }

            fn spec(
                &self,
                reader: &Reader<'_>,
                doubts: &mut Vec<Diagnostic>,
            ) -> Result<Spec, Diagnostic> {
                self.meaning(reader, doubts)
            }
        }
    )+ };
}

rows! {
    InstancesRow is "instances" {
        #[serde(rename = "type")]
        instance_type: Text,
        os: Option<Text>,
        tenancy: Option<Text>,
        count: Option<Figure>,
        monthly_hours: Option<Figure>,
        #[serde(default)]
        windows: Vec<WindowRow>,
        scaling: Option<ScalingRow>,
        spot_share: Option<Figure>,
        on_demand_base: Option<Figure>,
        public_ipv4: Option<Figure>,
        #[serde(default)]
        volumes: Vec<DiskRow>,
    }
    VolumeRow is "volume" {
        kind: Text,
        gb: Option<Figure>,
        iops: Option<Figure>,
        throughput_mib: Option<Figure>,
        monthly_requests: Option<Figure>,
        snapshot_gb: Option<Figure>,
        count: Option<Figure>,
    }
    NatGatewayRow is "nat_gateway" {
        zones: Option<Figure>,
        #[serde(default)]
        regional: bool,
        monthly_gb: Option<Figure>,
        public_ipv4: Option<Figure>,
    }
    LoadBalancerRow is "load_balancer" {
        kind: Text,
        capacity_units: Option<Figure>,
        monthly_gb: Option<Figure>,
        public_ipv4: Option<Figure>,
    }
    EndpointRow is "endpoint" {
        kind: Text,
        zones: Option<Figure>,
        count: Option<Figure>,
        monthly_gb: Option<Figure>,
    }
    TransitGatewayRow is "transit_gateway_attachment" {
        to: Option<Text>,
        count: Option<Figure>,
        monthly_gb: Option<Figure>,
    }
    VpnRow is "vpn" {
        connections: Option<Figure>,
        monthly_out_gb: Option<Figure>,
    }
    DirectConnectRow is "direct_connect" {
        port: Text,
        speed: Text,
        location: Text,
        ports: Option<Figure>,
        monthly_out_gb: Option<Figure>,
    }
    PublicIpv4Row is "public_ipv4" {
        count: Option<Figure>,
        #[serde(default)]
        idle: bool,
    }
    HostRow is "host" {
        family: Text,
        count: Option<Figure>,
        monthly_hours: Option<Figure>,
        #[serde(default)]
        windows: Vec<WindowRow>,
    }
    CapacityReservationRow is "capacity_reservation" {
        #[serde(rename = "type")]
        instance_type: Text,
        os: Option<Text>,
        tenancy: Option<Text>,
        slots: Option<Figure>,
        used: Option<Figure>,
    }
    FargateRow is "fargate" {
        platform: Option<Text>,
        vcpu: Figure,
        memory_gb: Figure,
        storage_gb: Option<Figure>,
        count: Option<Figure>,
        monthly_hours: Option<Figure>,
        #[serde(default)]
        windows: Vec<WindowRow>,
        scaling: Option<ScalingRow>,
        spot_share: Option<Figure>,
        public_ipv4: Option<Figure>,
    }
    LambdaRow is "lambda" {
        architecture: Option<Text>,
        memory_mb: Figure,
        storage_mb: Option<Figure>,
        monthly_requests: Option<Figure>,
        request_ms: Option<Figure>,
    }
}

/// A volume of an instance.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DiskRow {
    kind: Text,
    gb: Option<Figure>,
    iops: Option<Figure>,
    throughput_mib: Option<Figure>,
    monthly_requests: Option<Figure>,
    snapshot_gb: Option<Figure>,
    count: Option<Figure>,
}

type Doubts<'a> = &'a mut Vec<Diagnostic>;

impl InstancesRow {
    fn meaning(&self, reader: &Reader<'_>, doubts: Doubts<'_>) -> Result<Spec, Diagnostic> {
        let source = reader.source;
        let running = RunningRow {
            name: &self.name,
            count: self.count.as_ref(),
            monthly_hours: self.monthly_hours.as_ref(),
            windows: &self.windows,
            scaling: self.scaling.as_ref(),
        };
        let running = running.meaning(reader, doubts)?;
        let instance_type = source.instance_type(&self.instance_type)?;
        let base = self
            .on_demand_base
            .as_ref()
            .map(|figure| source.number(figure));
        let volumes = self.volumes.iter().enumerate().map(|(index, row)| {
            let mut volume = row.volume(reader)?;
            volume.part = format!("volume {}", index + 1);
            Ok(volume)
        });
        Ok(Spec::Instances(Instances {
            platform: source.platform(self.os.as_ref())?,
            tenancy: source.tenancy(self.tenancy.as_ref())?,
            spot_share: source.share(self.spot_share.as_ref())?,
            on_demand_base: base.transpose()?.unwrap_or_default(),
            volumes: volumes.collect::<Result<_, Diagnostic>>()?,
            public_ipv4: source.whole(self.public_ipv4.as_ref(), 0)?,
            ..Instances::new(instance_type, running)
        }))
    }
}

impl DiskRow {
    fn volume(&self, reader: &Reader<'_>) -> Result<Volume, Diagnostic> {
        let source = reader.source;
        let words = VolumeKind::ALL.map(|kind| (kind.code(), kind));
        let kind = source.one_of(&self.kind, "kind of volume", &words)?;
        let number = |figure: &Option<Figure>| {
            figure
                .as_ref()
                .map(|figure| source.number(figure))
                .transpose()
        };
        let refuse = |figure: &Option<Figure>, what: &str| match figure {
            None => Ok(()),
            Some(figure) => {
                let message = format!("a volume of kind {} has no {what} of its own", kind.code());
                Err(source.spot(figure.span(), message, "leave it out"))
            }
        };
        if kind.iops().is_none() {
            refuse(&self.iops, "IOPS")?;
        }
        if kind != VolumeKind::Gp3 {
            refuse(&self.throughput_mib, "throughput")?;
        }
        if kind != VolumeKind::Standard {
            refuse(&self.monthly_requests, "charge for requests")?;
        }
        if self.iops.is_none() && matches!(kind, VolumeKind::Io1 | VolumeKind::Io2) {
            let message = format!("a volume of kind {} pays for its IOPS", kind.code());
            return Err(source.at(&self.kind, message, "state `iops`"));
        }
        Ok(Volume {
            iops: number(&self.iops)?,
            throughput_mib: number(&self.throughput_mib)?,
            requests: source.amount(self.monthly_requests.as_ref())?,
            snapshot_gb: match &self.snapshot_gb {
                None => Amount::NONE,
                stated => source.amount(stated.as_ref())?,
            },
            count: source.count(self.count.as_ref(), 1)?,
            ..Volume::new(kind, source.amount(self.gb.as_ref())?)
        })
    }
}

impl VolumeRow {
    fn meaning(&self, reader: &Reader<'_>, _: Doubts<'_>) -> Result<Spec, Diagnostic> {
        let disk = DiskRow {
            kind: self.kind.clone(),
            gb: self.gb.clone(),
            iops: self.iops.clone(),
            throughput_mib: self.throughput_mib.clone(),
            monthly_requests: self.monthly_requests.clone(),
            snapshot_gb: self.snapshot_gb.clone(),
            count: self.count.clone(),
        };
        disk.volume(reader).map(Spec::Volume)
    }
}

impl HostRow {
    fn meaning(&self, reader: &Reader<'_>, doubts: Doubts<'_>) -> Result<Spec, Diagnostic> {
        let running = RunningRow {
            name: &self.name,
            count: self.count.as_ref(),
            monthly_hours: self.monthly_hours.as_ref(),
            windows: &self.windows,
            scaling: None,
        };
        let running = running.meaning(reader, doubts)?;
        let hosts = Hosts::new(self.family.get_ref(), running).map_err(|_| {
            let message = format!("`{}` is not a family", self.family.get_ref());
            reader.source.at(&self.family, message, "such as m5")
        })?;
        Ok(Spec::Hosts(hosts))
    }
}

impl CapacityReservationRow {
    fn meaning(&self, reader: &Reader<'_>, _: Doubts<'_>) -> Result<Spec, Diagnostic> {
        let source = reader.source;
        let slots = source.count(self.slots.as_ref(), 1)?;
        // Without a word of use, the slots are idle: what runs in them is a resource of its own.
        let used = self.used.as_ref().map(|figure| source.amount(Some(figure)));
        let used = used.transpose()?.unwrap_or(Amount::NONE);
        if let (Some(figure), Some(number)) = (&self.used, used.known())
            && number > slots
        {
            let message = format!("{number} of {slots} slots cannot be in use");
            return Err(source.spot(figure.span(), message, "more than there are"));
        }
        Ok(Spec::CapacityReservation(CapacityReservation {
            instance_type: source.instance_type(&self.instance_type)?,
            platform: source.platform(self.os.as_ref())?,
            tenancy: source.tenancy(self.tenancy.as_ref())?,
            slots,
            used,
        }))
    }
}

impl FargateRow {
    fn meaning(&self, reader: &Reader<'_>, doubts: Doubts<'_>) -> Result<Spec, Diagnostic> {
        let source = reader.source;
        let words = [
            ("linux-x86", FargateKind::LinuxX86),
            ("linux-arm", FargateKind::LinuxArm),
            ("windows", FargateKind::Windows),
        ];
        let kind = self
            .platform
            .as_ref()
            .map(|text| source.one_of(text, "platform", &words));
        let running = RunningRow {
            name: &self.name,
            count: self.count.as_ref(),
            monthly_hours: self.monthly_hours.as_ref(),
            windows: &self.windows,
            scaling: self.scaling.as_ref(),
        };
        let storage = self.storage_gb.as_ref().map(|figure| source.number(figure));
        Ok(Spec::Fargate(Fargate {
            kind: kind.transpose()?.unwrap_or(FargateKind::LinuxX86),
            vcpu: source.count(Some(&self.vcpu), 1)?,
            memory_gb: source.count(Some(&self.memory_gb), 1)?,
            storage_gb: storage.transpose()?.unwrap_or(Decimal::from(20)),
            running: running.meaning(reader, doubts)?,
            spot_share: source.share(self.spot_share.as_ref())?,
            public_ipv4: source.whole(self.public_ipv4.as_ref(), 0)?,
        }))
    }
}

impl LambdaRow {
    fn meaning(&self, reader: &Reader<'_>, _: Doubts<'_>) -> Result<Spec, Diagnostic> {
        let source = reader.source;
        let words = [("x86", false), ("arm", true)];
        let arm = self
            .architecture
            .as_ref()
            .map(|text| source.one_of(text, "architecture", &words));
        let storage = self.storage_mb.as_ref().map(|figure| source.number(figure));
        Ok(Spec::Lambda(Lambda {
            arm: arm.transpose()?.unwrap_or(false),
            memory_mb: source.count(Some(&self.memory_mb), 1)?,
            storage_mb: storage.transpose()?.unwrap_or(Decimal::from(512)),
            requests: source.amount(self.monthly_requests.as_ref())?,
            request_ms: source.amount(self.request_ms.as_ref())?,
        }))
    }
}
