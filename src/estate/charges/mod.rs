//! The one place that knows what each resource is charged for, and by how much of what.

mod network;

use rust_decimal::{Decimal, dec};

use crate::catalog::{InstanceType, Platform, Region, ServiceItem, Tenancy};
use crate::estate::amount::Amount;
use crate::estate::component::{Charge, Component, Market};
use crate::estate::model::{
    CapacityReservation, Fargate, Hosts, Instances, Lambda, Resource, Spec, Volume, VolumeKind,
};
use crate::estate::running::Month;

const HOURS: &str = "hours";
const GB: &str = "GB";
const GB_MONTHS: &str = "GB-months";

impl Resource {
    /// What it is charged for in a month. Of a resource that is free or not covered, one line says so.
    pub fn components(&self, month: Month) -> Vec<Component> {
        let at = At {
            region: self.region,
            month,
        };
        match &self.spec {
            Spec::Instances(spec) => at.instances(spec),
            Spec::Volume(spec) => at.volume(spec, &Amount::Known(spec.count)),
            Spec::NatGateway(spec) => at.nat_gateway(spec),
            Spec::LoadBalancer(spec) => at.load_balancer(spec),
            Spec::Endpoint(spec) => at.endpoint(spec),
            Spec::TransitGatewayAttachment(spec) => at.transit_gateway(spec),
            Spec::Vpn(spec) => at.vpn(spec),
            Spec::DirectConnect(spec) => at.direct_connect(spec),
            Spec::PublicIpv4(spec) => at.public_ipv4(spec),
            Spec::Hosts(spec) => at.hosts(spec),
            Spec::CapacityReservation(spec) => at.capacity_reservation(spec),
            Spec::Fargate(spec) => at.fargate(spec),
            Spec::Lambda(spec) => at.lambda(spec),
            Spec::Flow(spec) => spec.components(self.region),
            Spec::Free(why) => vec![without_price(&self.kind, Charge::Free(why.clone()))],
            Spec::NotCovered(why) => {
                vec![without_price(&self.kind, Charge::NotCovered(why.clone()))]
            }
        }
    }
}

/// A line of a thing, whatever there is of it.
fn without_price(name: &str, charge: Charge) -> Component {
    Component::new(name, charge, Amount::OPEN, "")
}

/// Where and for which month.
#[derive(Clone, Copy)]
pub(super) struct At {
    region: Region,
    month: Month,
}

impl At {
    fn instances(self, spec: &Instances) -> Vec<Component> {
        let hours = spec.running.hours(self.month);
        let mut components = self.compute(spec, &hours);
        if spec.public_ipv4 > 0 {
            let held = hours.times(spec.public_ipv4.into());
            components.push(self.ipv4_hours(held));
        }
        for (name, why) in &spec.not_covered {
            components.push(without_price(name, Charge::NotCovered(why.clone())));
        }
        let kept = spec.running.kept(self.month);
        for volume in &spec.volumes {
            let count = kept.times(volume.count);
            components.extend(self.volume(volume, &count));
        }
        components
    }

    /// The hours of instances, On-Demand and Spot. A host is paid in their place.
    fn compute(self, spec: &Instances, hours: &Amount) -> Vec<Component> {
        let product = (spec.instance_type, spec.platform, spec.tenancy);
        if spec.tenancy == Tenancy::Host {
            let why = "instances on a Dedicated Host are paid with the host".to_owned();
            let name = format!("{} on a Dedicated Host", spec.instance_type);
            return vec![Component::new(
                name,
                Charge::Free(why),
                hours.clone(),
                HOURS,
            )];
        }
        let base = spec.running.hours_of_first(spec.on_demand_base, self.month);
        let spot = hours.less(&base).times(spec.spot_share);
        let on_demand = hours.less(&spot);
        let parts = [(on_demand, Market::OnDemand), (spot, Market::Spot)];
        let parts = parts.into_iter().filter(|(_, market)| match market {
            Market::OnDemand => spec.spot_share < Decimal::ONE || !spec.on_demand_base.is_zero(),
            Market::Spot => !spec.spot_share.is_zero(),
        });
        parts
            .map(|(hours, market)| self.instance_hours(product, market, hours))
            .collect()
    }

    fn instance_hours(
        self,
        (instance_type, platform, tenancy): (InstanceType, Platform, Tenancy),
        market: Market,
        hours: Amount,
    ) -> Component {
        let market_name = match market {
            Market::OnDemand => "On-Demand",
            Market::Spot => "Spot",
        };
        let tenancy_name = match tenancy {
            Tenancy::Shared => "",
            Tenancy::Dedicated => ", Dedicated Instance",
            Tenancy::Host => ", Dedicated Host",
        };
        let charge = Charge::Instance {
            region: self.region,
            instance_type,
            platform,
            tenancy,
            market,
        };
        let name = format!("{instance_type} {platform}, {market_name}{tenancy_name}");
        Component::new(name, charge, hours, HOURS)
    }

    /// `count` volumes that are alike.
    fn volume(self, spec: &Volume, count: &Amount) -> Vec<Component> {
        let storage = spec.gb.product(count);
        let mut components = vec![self.line(
            format!("Storage ({})", spec.kind.code()),
            spec.kind.storage(),
            storage,
            GB_MONTHS,
        )];
        if let (Some(item), Some(iops)) = (spec.kind.iops(), spec.paid_iops()) {
            let mut line = self.line("Provisioned IOPS", item, count.times(iops), "IOPS-months");
            line.each = Some(iops);
            components.push(line);
        }
        if let Some(gib) = spec.paid_throughput() {
            let item = ServiceItem::named("ebs-gp3-gibps-month");
            components.push(self.line(
                "Provisioned throughput",
                item,
                count.times(gib),
                "GiBps-months",
            ));
        }
        if spec.kind == VolumeKind::Standard {
            let item = ServiceItem::named("ebs-standard-request");
            let requests = spec.requests.product(count);
            components.push(self.line("I/O requests", item, requests, "requests"));
        }
        if !spec.snapshot_gb.is_none() {
            let item = ServiceItem::named("ebs-snapshot-gb-month");
            let kept = spec.snapshot_gb.product(count);
            components.push(self.line("Snapshots", item, kept, GB_MONTHS));
        }
        let parts = components.into_iter();
        parts
            .map(|component| component.of_part(&spec.part))
            .collect()
    }

    fn hosts(self, spec: &Hosts) -> Vec<Component> {
        let hours = spec.running.hours(self.month);
        let name = format!("Dedicated Host ({})", spec.family);
        vec![self.line(name, spec.item.clone(), hours, HOURS)]
    }

    /// A slot in use is paid with its instance (R52).
    fn capacity_reservation(self, spec: &CapacityReservation) -> Vec<Component> {
        let idle = spec.used.map(|used| (spec.slots - used).max(Decimal::ZERO));
        let product = (spec.instance_type, spec.platform, spec.tenancy);
        let hours = idle.times(self.month.hours());
        let mut line = self.instance_hours(product, Market::OnDemand, hours);
        line.name = format!("Unused slots, {}", line.name);
        vec![line]
    }

    fn fargate(self, spec: &Fargate) -> Vec<Component> {
        let (vcpu, memory, licence) = spec.kind.items();
        let all = spec.running.hours(self.month);
        let spot = all.times(spec.spot_share);
        let hours = all.less(&spot);
        let storage = (spec.storage_gb - FARGATE_FREE_GB).max(Decimal::ZERO);
        let parts = [
            ("vCPUs", vcpu, spec.vcpu, "vCPU-hours"),
            ("Memory", memory, spec.memory_gb, "GB-hours"),
            ("Windows licence", licence, spec.vcpu, "vCPU-hours"),
            (
                "Ephemeral storage beyond 20 GB",
                "fargate-ephemeral-storage-gb-hour",
                storage,
                "GB-hours",
            ),
        ];
        let parts = parts
            .into_iter()
            .filter(|(_, item, size, _)| !item.is_empty() && !size.is_zero());
        let mut components: Vec<Component> = parts
            .map(|(name, item, size, unit)| {
                self.line(name, ServiceItem::named(item), hours.times(size), unit)
            })
            .collect();
        if spec.public_ipv4 > 0 {
            components.push(self.ipv4_hours(all.times(spec.public_ipv4.into())));
        }
        if !spec.spot_share.is_zero() {
            let why = "the price book has no prices of Fargate Spot".to_owned();
            components.push(Component::new(
                "Fargate Spot tasks",
                Charge::NotCovered(why),
                spot,
                HOURS,
            ));
        }
        components
    }

    fn lambda(self, spec: &Lambda) -> Vec<Component> {
        let (request, second, storage) = if spec.arm {
            (
                "lambda-arm-request",
                "lambda-arm-gb-second",
                "lambda-arm-ephemeral-storage-gb-second",
            )
        } else {
            (
                "lambda-x86-request",
                "lambda-x86-gb-second",
                "lambda-x86-ephemeral-storage-gb-second",
            )
        };
        // A request is billed by started milliseconds (R51).
        let seconds = spec.request_ms.map(|ms| ms.ceil()).product(&spec.requests);
        let gb_seconds = |mb: Decimal| seconds.times(mb / dec!(1024) / dec!(1000));
        let mut components = vec![
            self.line(
                "Requests",
                ServiceItem::named(request),
                spec.requests.clone(),
                "requests",
            ),
            self.line(
                "Duration",
                ServiceItem::named(second),
                gb_seconds(spec.memory_mb),
                "GB-seconds",
            ),
        ];
        let storage_mb = (spec.storage_mb - LAMBDA_FREE_MB).max(Decimal::ZERO);
        if !storage_mb.is_zero() {
            let line = self.line(
                "Ephemeral storage beyond 512 MB",
                ServiceItem::named(storage),
                gb_seconds(storage_mb),
                "GB-seconds",
            );
            components.push(line);
        }
        components
    }

    fn line(
        self,
        name: impl Into<String>,
        item: ServiceItem,
        quantity: Amount,
        unit: &'static str,
    ) -> Component {
        Component::service(name, self.region, item, quantity, unit)
    }
}

/// Storage that each task has for nothing (R50).
const FARGATE_FREE_GB: Decimal = dec!(20);
/// Storage that each Lambda function has for nothing.
const LAMBDA_FREE_MB: Decimal = dec!(512);
