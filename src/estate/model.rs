//! What is planned: resources, each with what has to be known to say what it is charged for.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::amount::Amount;
use super::flow::Flow;
use super::running::Running;
use crate::catalog::{InstanceType, InvalidItem, Platform, Region, ServiceItem, Tenancy, Zone};
use crate::diagnostics::Diagnostic;

/// Everything that is planned, in the order of its files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Estate {
    /// The resources; addresses are unique.
    pub resources: Vec<Resource>,
    /// What the reader took one way and could have taken another; for people to read, no errors.
    pub doubts: Vec<Diagnostic>,
}

/// One resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// What it is called where it was read, such as `aws_nat_gateway.main`, `web`.
    pub address: String,
    /// What it is in the words of where it was read: `aws_nat_gateway`, `AWS::EC2::NatGateway`, `nat_gateway`.
    pub kind: String,
    /// Where it is.
    pub region: Region,
    /// Its Availability Zone, where it is in one and that is known.
    pub zone: Option<Zone>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// What has to be known of it.
    pub spec: Spec,
}

/// What a resource is, as far as it is charged for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spec {
    /// Instances of one type, alone or in an Auto Scaling group.
    Instances(Instances),
    /// An EBS volume of its own.
    Volume(Volume),
    /// NAT gateways that work alike.
    NatGateway(NatGateway),
    /// A load balancer.
    LoadBalancer(LoadBalancer),
    /// A VPC endpoint.
    Endpoint(Endpoint),
    /// Attachments to a Transit Gateway. The gateway itself costs nothing.
    TransitGatewayAttachment(TransitGatewayAttachment),
    /// Site-to-Site VPN connections.
    Vpn(Vpn),
    /// A Direct Connect port.
    DirectConnect(DirectConnect),
    /// Public IPv4 addresses of their own.
    PublicIpv4(PublicIpv4),
    /// Dedicated Hosts.
    Hosts(Hosts),
    /// A Capacity Reservation.
    CapacityReservation(CapacityReservation),
    /// Fargate tasks.
    Fargate(Fargate),
    /// A Lambda function.
    Lambda(Lambda),
    /// Data that moves.
    Flow(Flow),
    /// A resource that AWS does not charge for, and why.
    Free(String),
    /// A resource that AWS may charge for and that is not priced here, and why.
    NotCovered(String),
}

/// Instances of one type with what belongs to each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instances {
    /// Which type.
    pub instance_type: InstanceType,
    /// Operating system and licences.
    pub platform: Platform,
    /// Whose hardware. Instances on a Dedicated Host cost nothing beside it.
    pub tenancy: Tenancy,
    /// How many, for how long.
    pub running: Running,
    /// What part of the hours above `on_demand_base` is Spot, 0 to 1.
    pub spot_share: Decimal,
    /// So many instances at any time are On-Demand, and the Spot share is of the rest.
    pub on_demand_base: Decimal,
    /// The volumes of each instance.
    pub volumes: Vec<Volume>,
    /// Public IPv4 addresses of each instance, held while it runs.
    pub public_ipv4: u32,
    /// Charges that AWS makes for these instances and that have no price here, such as detailed monitoring:
    /// what, and why not.
    pub not_covered: Vec<(String, String)>,
}

/// A kind of EBS volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VolumeKind {
    /// General purpose SSD, which pays for IOPS beyond 3,000 and for throughput beyond 125 MiB/s.
    Gp3,
    /// General purpose SSD of before.
    Gp2,
    /// Provisioned IOPS SSD.
    Io1,
    /// Provisioned IOPS SSD whose IOPS cost less the more a volume has.
    Io2,
    /// Throughput optimized HDD.
    St1,
    /// Cold HDD.
    Sc1,
    /// Magnetic, which pays for requests.
    Standard,
}

/// An EBS volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// Which part of its instance it is: `root_block_device`, `volume 1`; empty for a volume of its own.
    pub part: String,
    /// Which kind.
    pub kind: VolumeKind,
    /// Its size.
    pub gb: Amount,
    /// Provisioned IOPS; of gp3 those included count, too. `None`: what comes with it.
    pub iops: Option<Decimal>,
    /// Throughput of a gp3 volume in MiB/s, those included, too. `None`: what comes with it.
    pub throughput_mib: Option<Decimal>,
    /// Requests a month, which magnetic volumes pay for.
    pub requests: Amount,
    /// Snapshots kept of it, in GB.
    pub snapshot_gb: Amount,
    /// How many such volumes.
    pub count: Decimal,
}

/// NAT gateways that work alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatGateway {
    /// How many zonal ones; of a regional one, the zones it is active in.
    pub gateways: Decimal,
    /// Whether it is one gateway for the region. It costs its hours in every zone it is active in.
    pub regional: bool,
    /// Data through all of them a month.
    pub gb: Amount,
    /// Public IPv4 addresses of all of them, unless they are resources of their own.
    pub public_ipv4: Decimal,
}

/// A kind of load balancer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LoadBalancerKind {
    /// Application Load Balancer.
    Application,
    /// Network Load Balancer.
    Network,
    /// Gateway Load Balancer.
    Gateway,
    /// Classic Load Balancer, which pays for gigabytes in place of capacity units.
    Classic,
}

/// A load balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadBalancer {
    /// Which kind.
    pub kind: LoadBalancerKind,
    /// Load Balancer Capacity Units on average (not of a Classic one).
    pub capacity_units: Amount,
    /// Data through it a month (of a Classic one).
    pub gb: Amount,
    /// Public IPv4 addresses: one a zone of an internet-facing one.
    pub public_ipv4: Decimal,
}

/// A VPC endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// For S3 or DynamoDB, free.
    Gateway,
    /// PrivateLink.
    Interface {
        /// In how many zones.
        zones: Decimal,
        /// Data through it a month.
        gb: Amount,
    },
    /// To a Gateway Load Balancer.
    GatewayLoadBalancer {
        /// In how many zones.
        zones: Decimal,
        /// Data through it a month.
        gb: Amount,
    },
}

/// What a Transit Gateway is attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attachment {
    /// A VPC.
    Vpc,
    /// A VPN connection.
    Vpn,
    /// A Direct Connect gateway.
    DirectConnect,
    /// Another Transit Gateway; its data is charged as data between regions.
    Peering,
    /// A Connect peer.
    Connect,
}

/// Attachments to a Transit Gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransitGatewayAttachment {
    /// To what.
    pub to: Attachment,
    /// How many.
    pub count: Decimal,
    /// Data that they send to the gateway a month.
    pub gb: Amount,
}

/// Site-to-Site VPN connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vpn {
    /// How many.
    pub connections: Decimal,
    /// Data out through them a month; charged as data out to the internet.
    pub out_gb: Amount,
}

/// Direct Connect ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectConnect {
    /// The charge of a port's hour.
    pub port: ServiceItem,
    /// The charge of data out of the region through it.
    pub out: ServiceItem,
    /// How many.
    pub ports: Decimal,
    /// Data out of the region through all of them a month.
    pub out_gb: Amount,
}

impl DirectConnect {
    /// Ports of AWS's (dedicated) or of a partner's (hosted), of a speed such as `1g`, at a location such as
    /// `equinix-dc1-dc6-dc10-dc12`, as the charges name them.
    ///
    /// # Errors
    /// A speed or location that no charge can have.
    pub fn new(dedicated: bool, speed: &str, location: &str) -> Result<Self, InvalidItem> {
        let whose = if dedicated { "dedicated" } else { "hosted" };
        Ok(Self {
            port: format!("direct-connect-{whose}-{speed}-hour-at-{location}").parse()?,
            out: format!("direct-connect-out-gb-to-{location}").parse()?,
            ports: Decimal::ONE,
            out_gb: Amount::OPEN,
        })
    }
}

/// Public IPv4 addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicIpv4 {
    /// How many.
    pub count: Decimal,
    /// Whether they are attached to something.
    pub in_use: bool,
}

/// Dedicated Hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosts {
    /// Which family they hold.
    pub family: String,
    /// The charge of a host's hour.
    pub item: ServiceItem,
    /// How many, for how long.
    pub running: Running,
}

impl Hosts {
    /// Hosts of a family such as `m5`.
    ///
    /// # Errors
    /// A text that is no family.
    pub fn new(family: &str, running: Running) -> Result<Self, InvalidItem> {
        let item = ServiceItem::dedicated_host(family)?;
        let family = family.to_owned();
        Ok(Self {
            family,
            item,
            running,
        })
    }
}

/// A Capacity Reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapacityReservation {
    /// Which type.
    pub instance_type: InstanceType,
    /// Operating system and licences.
    pub platform: Platform,
    /// Whose hardware.
    pub tenancy: Tenancy,
    /// How many slots.
    pub slots: Decimal,
    /// Slots in use on average: their instances are resources of their own, and a slot is paid once.
    pub used: Amount,
}

/// What a Fargate task runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FargateKind {
    /// Linux on x86.
    LinuxX86,
    /// Linux on Graviton.
    LinuxArm,
    /// Windows, with its licence.
    Windows,
}

/// Fargate tasks of one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fargate {
    /// What they run on.
    pub kind: FargateKind,
    /// vCPUs of one task.
    pub vcpu: Decimal,
    /// Memory of one task.
    pub memory_gb: Decimal,
    /// Ephemeral storage of one task, the free 20 GB included.
    pub storage_gb: Decimal,
    /// How many tasks, for how long.
    pub running: Running,
    /// What part of the time is Fargate Spot, 0 to 1, which has no price here.
    pub spot_share: Decimal,
    /// Public IPv4 addresses of each task.
    pub public_ipv4: u32,
}

/// A Lambda function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lambda {
    /// Whether it runs on Graviton.
    pub arm: bool,
    /// Its memory in MB; a GB-second is 1,024 of them for a second.
    pub memory_mb: Decimal,
    /// Its ephemeral storage in MB, the free 512 included.
    pub storage_mb: Decimal,
    /// Requests a month.
    pub requests: Amount,
    /// How long one takes, in milliseconds.
    pub request_ms: Amount,
}
