//! The ways a private subnet's data can take, and what each costs a month: gateways, endpoints, addresses, peering.

use std::collections::BTreeSet;
use std::fmt;

use rust_decimal::Decimal;

use super::ratio::Ratio;
use crate::billing::ServiceRates;
use crate::catalog::{Region, ServiceItem};
use crate::prices::{MissingService, Sourced, Tiers};
use crate::units::{Metered, Money, Quantity, TICKS_PER_UNIT};

/// Hours of a month as AWS's calculator counts them: 365 x 24 / 12.
pub const HOURS_A_MONTH: u32 = 730;

const GATEWAY_ENDPOINT_HOUR: ServiceItem = ServiceItem::named("gateway-endpoint-hour");
const GATEWAY_ENDPOINT_GB: ServiceItem = ServiceItem::named("gateway-endpoint-gb");
const TRANSIT_HOUR: ServiceItem = ServiceItem::named("transit-gateway-vpc-attachment-hour");
const TRANSIT_PEERING_HOUR: ServiceItem =
    ServiceItem::named("transit-gateway-peering-attachment-hour");
const TRANSIT_GB: ServiceItem = ServiceItem::named("transit-gateway-vpc-gb");

/// Private subnets and what flows out of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// Where they are.
    pub region: Region,
    /// In how many Availability Zones.
    pub zones: u32,
    /// Hours of the month.
    pub hours: u32,
    /// What flows.
    pub flows: Vec<Flow>,
}

/// Data that leaves private subnets, both directions together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// What it is called.
    pub name: String,
    /// Where it goes.
    pub to: Target,
    /// Gigabytes a month.
    pub gigabytes: Decimal,
    /// The part that would come from another zone than a single gateway's (or than the peer's).
    pub crossing: Ratio,
    /// Public addresses it would need instead of a gateway, where that is a way at all.
    pub addresses: Option<u32>,
}

/// Where a flow goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// S3 of the region.
    S3,
    /// DynamoDB of the region.
    DynamoDb,
    /// Another service of AWS in the region that has interface endpoints.
    Service,
    /// The internet.
    Internet,
    /// Another VPC of the region.
    Vpc,
    /// A VPC of another region.
    RemoteVpc(Region),
}

/// A way a flow can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Path {
    /// One NAT gateway for all zones.
    NatOne,
    /// A NAT gateway in each zone.
    NatPerZone,
    /// A gateway endpoint.
    GatewayEndpoint,
    /// An interface endpoint (PrivateLink) in each zone.
    InterfaceEndpoint,
    /// Public addresses and the internet gateway.
    PublicIpv4,
    /// A VPC peering connection.
    Peering,
    /// A Transit Gateway.
    TransitGateway,
}

impl Path {
    /// Its word for machines.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NatOne => "nat-one",
            Self::NatPerZone => "nat-per-az",
            Self::GatewayEndpoint => "gateway-endpoint",
            Self::InterfaceEndpoint => "interface-endpoint",
            Self::PublicIpv4 => "public-ipv4",
            Self::Peering => "peering",
            Self::TransitGateway => "transit-gateway",
        }
    }

    /// Whether its hours are those of NAT gateways, which all flows share.
    pub const fn is_nat(self) -> bool {
        matches!(self, Self::NatOne | Self::NatPerZone)
    }
}

/// `one NAT gateway`, `interface endpoint`.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NatOne => "one NAT gateway",
            Self::NatPerZone => "a NAT gateway in each zone",
            Self::GatewayEndpoint => "gateway endpoint",
            Self::InterfaceEndpoint => "interface endpoint in each zone",
            Self::PublicIpv4 => "public IPv4 addresses",
            Self::Peering => "VPC peering",
            Self::TransitGateway => "Transit Gateway",
        })
    }
}

/// One charge of a way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What is charged.
    pub item: ServiceItem,
    /// Where.
    pub region: Region,
    /// How much of it a month: whole hours, or a part of the gigabytes.
    pub amount: Amount,
    /// What is paid for it, and where the price is known from.
    pub price: Sourced<Tiers>,
}

/// How much of a charge a month has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// So many hours, whatever flows.
    Hours(u64),
    /// This part of the gigabytes.
    OfGigabytes(Ratio),
}

impl Part {
    /// What it costs a month with so many gigabytes flowing.
    fn cost(&self, gigabytes: Quantity<Metered>) -> Money {
        let quantity = match self.amount {
            Amount::Hours(hours) => {
                Quantity::from_ticks(i128::from(hours) * i128::from(TICKS_PER_UNIT))
            }
            Amount::OfGigabytes(part) => Quantity::from_ticks(part.of_amount(gigabytes.ticks())),
        };
        self.price.value.cost(quantity)
    }

    const fn is_fixed(&self) -> bool {
        matches!(self.amount, Amount::Hours(_))
    }
}

/// A way with its charges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Which.
    pub path: Path,
    /// Its charges.
    pub parts: Vec<Part>,
}

impl Way {
    /// What it costs a month with so many gigabytes.
    pub fn cost(&self, gigabytes: Quantity<Metered>) -> Money {
        self.parts.iter().map(|part| part.cost(gigabytes)).sum()
    }

    /// What it costs a month before anything flows.
    pub fn fixed(&self) -> Money {
        self.cost(Quantity::ZERO)
    }

    /// What its gigabytes cost without its hours.
    pub fn by_gigabytes(&self, gigabytes: Quantity<Metered>) -> Money {
        self.cost(gigabytes) - self.fixed()
    }

    /// What the first gigabyte costs.
    pub fn per_gigabyte(&self) -> Money {
        self.by_gigabytes(hundredths(100))
    }

    /// The same way beside gateways that are there anyway: what flows, without the hours.
    #[must_use]
    pub fn without_hours(&self) -> Self {
        let parts = self.parts.iter().filter(|part| !part.is_fixed());
        Self {
            path: self.path,
            parts: parts.cloned().collect(),
        }
    }
}

/// From how many gigabytes a month on a way costs no more than another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakEven {
    /// However little flows.
    Always,
    /// From so many on, to the next hundredth of a gigabyte.
    From(Decimal),
    /// However much flows.
    Never,
}

/// Where the search for a break-even ends: 10^12 GB a month.
const MOST_HUNDREDTHS: i128 = 100_000_000_000_000;

fn hundredths(count: i128) -> Quantity<Metered> {
    let ticks = count * i128::from(TICKS_PER_UNIT);
    Quantity::from_ticks(ticks.div_euclid(100))
}

/// From where on `way` costs no more than `other`. Both are compared exactly at every hundredth of a gigabyte that the
/// search asks for; later gigabytes of a way are never dearer than earlier ones, so what once pays goes on paying
/// unless the other has cheaper tiers.
pub fn break_even(way: &Way, other: &Way) -> BreakEven {
    let pays = |count: i128| way.cost(hundredths(count)) <= other.cost(hundredths(count));
    if !pays(MOST_HUNDREDTHS) {
        return BreakEven::Never;
    }
    let (mut below, mut from) = (0, MOST_HUNDREDTHS);
    if pays(below) {
        return BreakEven::Always;
    }
    while from - below > 1 {
        let middle = (below + from).div_euclid(2);
        if pays(middle) {
            from = middle;
        } else {
            below = middle;
        }
    }
    BreakEven::From(Decimal::from_i128_with_scale(from, 2).normalize())
}

/// A flow with every way it can take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routed<'a> {
    /// The flow.
    pub flow: &'a Flow,
    /// Ways in the order of [`Path`].
    pub ways: Vec<Way>,
    /// Ways without a price, and why.
    pub missing: Vec<(Path, MissingService)>,
}

impl Routed<'_> {
    /// Its gigabytes.
    pub fn gigabytes(&self) -> Quantity<Metered> {
        Quantity::from_decimal(self.flow.gigabytes).unwrap_or(Quantity::ZERO)
    }

    /// A way by its name.
    pub fn way(&self, path: Path) -> Option<&Way> {
        self.ways.iter().find(|way| way.path == path)
    }
}

impl Network {
    /// Every flow with every way it can take.
    pub fn route(&self, rates: &impl ServiceRates) -> Vec<Routed<'_>> {
        let route = |flow| {
            let (mut ways, mut missing) = (Vec::new(), Vec::new());
            for (path, charges) in self.paths(flow) {
                match priced(charges, rates) {
                    Ok(parts) => ways.push(Way { path, parts }),
                    Err(why) => missing.push((path, why)),
                }
            }
            Routed {
                flow,
                ways,
                missing,
            }
        };
        self.flows.iter().map(route).collect()
    }

    /// The ways of a flow with what AWS charges for on each.
    fn paths(&self, flow: &Flow) -> Vec<(Path, Vec<Charge>)> {
        let mut paths = Vec::new();
        let here = |item: ServiceItem, amount| (item, self.region, amount);
        let all = Amount::OfGigabytes(Ratio::ONE);
        if !matches!(flow.to, Target::Vpc | Target::RemoteVpc(_)) {
            let gateway = |path, count, crossing| {
                let mut charges = vec![
                    here(ServiceItem::NAT_GATEWAY_HOUR, self.hours_of(count)),
                    here(ServiceItem::NAT_GATEWAY_GB, all),
                ];
                charges.extend(self.between_zones(crossing));
                (path, charges)
            };
            paths.push(gateway(Path::NatOne, 1, flow.crossing));
            paths.push(gateway(Path::NatPerZone, self.zones, Ratio::ZERO));
        }
        if matches!(flow.to, Target::S3 | Target::DynamoDb) {
            let charges = vec![
                here(GATEWAY_ENDPOINT_HOUR, self.hours_of(1)),
                here(GATEWAY_ENDPOINT_GB, all),
            ];
            paths.push((Path::GatewayEndpoint, charges));
        }
        if !matches!(flow.to, Target::Internet | Target::RemoteVpc(_)) {
            // One stands in each zone, so that nothing has to cross.
            let charges = vec![
                here(
                    ServiceItem::INTERFACE_ENDPOINT_HOUR,
                    self.hours_of(self.zones),
                ),
                here(ServiceItem::INTERFACE_ENDPOINT_GB, all),
            ];
            paths.push((Path::InterfaceEndpoint, charges));
        }
        if let Some(addresses) = flow.addresses {
            let item = ServiceItem::PUBLIC_IPV4_IN_USE_HOUR;
            paths.push((Path::PublicIpv4, vec![here(item, self.hours_of(addresses))]));
        }
        paths.extend(self.between_vpcs(flow));
        paths
    }

    /// Peering and Transit Gateway.
    fn between_vpcs(&self, flow: &Flow) -> Vec<(Path, Vec<Charge>)> {
        let all = Amount::OfGigabytes(Ratio::ONE);
        let attachment = |item: ServiceItem, region| (item, region, self.hours_of(1));
        match flow.to {
            Target::Vpc => {
                let transit = vec![
                    (TRANSIT_HOUR, self.region, self.hours_of(2)),
                    (TRANSIT_GB, self.region, all),
                ];
                vec![
                    (Path::Peering, self.between_zones(flow.crossing)),
                    (Path::TransitGateway, transit),
                ]
            }
            Target::RemoteVpc(there) => {
                let moved = (ServiceItem::inter_region(there), self.region, all);
                let transit = vec![
                    attachment(TRANSIT_HOUR, self.region),
                    attachment(TRANSIT_PEERING_HOUR, self.region),
                    attachment(TRANSIT_HOUR, there),
                    attachment(TRANSIT_PEERING_HOUR, there),
                    (TRANSIT_GB, self.region, all),
                    moved.clone(),
                ];
                vec![
                    (Path::Peering, vec![moved]),
                    (Path::TransitGateway, transit),
                ]
            }
            _ => Vec::new(),
        }
    }

    /// What crosses zones is charged at both ends.
    fn between_zones(&self, crossing: Ratio) -> Vec<Charge> {
        if crossing.is_zero() {
            return Vec::new();
        }
        let items = [ServiceItem::INTER_AZ_OUT_GB, ServiceItem::INTER_AZ_IN_GB];
        let charge = |item| (item, self.region, Amount::OfGigabytes(crossing));
        items.into_iter().map(charge).collect()
    }

    fn hours_of(&self, count: u32) -> Amount {
        Amount::Hours(u64::from(count) * u64::from(self.hours))
    }
}

type Charge = (ServiceItem, Region, Amount);

fn priced(charges: Vec<Charge>, rates: &impl ServiceRates) -> Result<Vec<Part>, MissingService> {
    let part = |(item, region, amount)| {
        let mut price = rates.tiers(region, &item)?;
        price.value = rates.contracted(region, &item, &price.value);
        Ok(Part {
            item,
            region,
            amount,
            price,
        })
    };
    charges.into_iter().map(part).collect()
}

/// NAT gateways, and the way each flow then takes at the least cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// One, one in each zone, or none.
    pub gateways: Option<Path>,
    /// The hours of the gateways.
    pub hours: Money,
    /// The way of each flow, in their order.
    pub paths: Vec<Path>,
    /// Everything a month.
    pub total: Money,
}

/// The layouts that serve every flow, the cheapest first: gateways' hours are paid once for all flows that use them.
pub fn layouts(routed: &[Routed<'_>]) -> Vec<Layout> {
    let choices = [None, Some(Path::NatOne), Some(Path::NatPerZone)];
    let layouts = choices
        .into_iter()
        .filter_map(|gateways| layout(routed, gateways));
    let mut seen = BTreeSet::new();
    let mut layouts: Vec<Layout> = layouts.filter(|own| seen.insert(own.gateways)).collect();
    layouts.sort_by_key(|layout| (layout.total, layout.gateways));
    layouts
}

/// `None` where a flow has no way, or where nobody would use the gateways.
fn layout(routed: &[Routed<'_>], gateways: Option<Path>) -> Option<Layout> {
    let (mut paths, mut total) = (Vec::new(), Money::ZERO);
    let mut hours = Money::ZERO;
    for flow in routed {
        let gigabytes = flow.gigabytes();
        let open = |way: &&Way| !way.path.is_nat() || Some(way.path) == gateways;
        let cost = |way: &Way| {
            if way.path.is_nat() {
                way.by_gigabytes(gigabytes)
            } else {
                way.cost(gigabytes)
            }
        };
        let ways = flow.ways.iter().filter(open);
        let best = ways.min_by_key(|way| (cost(way), way.path.is_nat(), way.path))?;
        total += cost(best);
        if best.path.is_nat() {
            hours = best.fixed();
        }
        paths.push(best.path);
    }
    let used = paths.iter().any(|path| path.is_nat());
    (used == gateways.is_some()).then_some(Layout {
        gateways,
        hours,
        paths,
        total: total + hours,
    })
}
