//! Data that moves: from where to where, through what, and which charges that makes.

use super::amount::Amount;
use super::component::{Charge, Component};
use crate::catalog::{Region, ServiceItem, Zone};

/// Data that moves each month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// From where.
    pub from: Place,
    /// To where.
    pub to: Place,
    /// Through what, in the region it leaves.
    pub via: Option<Via>,
    /// How much a month.
    pub gb: Amount,
}

/// Where data comes from or goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// An Availability Zone.
    Zone(Region, Zone),
    /// A region, whatever the zone.
    Region(Region),
    /// S3, DynamoDB or another service in the region of the other end.
    Service,
    /// The internet.
    Internet,
    /// CloudFront's edge locations of an area.
    CloudFront(EdgeArea),
}

/// Where CloudFront's edge locations are, as it is charged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EdgeArea {
    /// The United States, Mexico and Canada are charged apart: this is the first two.
    UnitedStates,
    /// Canada.
    Canada,
    /// Europe and Israel.
    Europe,
    /// South Africa, Kenya and the like.
    SouthAfrica,
    /// The Middle East.
    MiddleEast,
    /// South America.
    SouthAmerica,
    /// Japan.
    Japan,
    /// Australia and New Zealand.
    Australia,
    /// Hong Kong, Seoul, Singapore and the like.
    AsiaPacific,
    /// India.
    India,
}

/// What a flow passes in the region it leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// A NAT gateway in the same zone.
    Nat,
    /// A NAT gateway in another zone of the region, which the data has to reach first.
    NatInAnotherZone,
    /// An interface endpoint.
    InterfaceEndpoint,
    /// A gateway endpoint, free.
    GatewayEndpoint,
    /// A Transit Gateway.
    TransitGateway,
    /// VPC peering, free of a charge of its own.
    Peering,
}

impl Place {
    /// The region it is in, if it is in one.
    pub const fn region(self) -> Option<Region> {
        match self {
            Self::Zone(region, _) | Self::Region(region) => Some(region),
            Self::Service | Self::Internet | Self::CloudFront(_) => None,
        }
    }
}

impl EdgeArea {
    /// Every one.
    pub const ALL: [Self; 10] = [
        Self::UnitedStates,
        Self::Canada,
        Self::Europe,
        Self::SouthAfrica,
        Self::MiddleEast,
        Self::SouthAmerica,
        Self::Japan,
        Self::Australia,
        Self::AsiaPacific,
        Self::India,
    ];

    /// As charges and files name it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnitedStates => "united-states",
            Self::Canada => "canada",
            Self::Europe => "europe",
            Self::SouthAfrica => "south-africa",
            Self::MiddleEast => "middle-east",
            Self::SouthAmerica => "south-america",
            Self::Japan => "japan",
            Self::Australia => "australia",
            Self::AsiaPacific => "asia-pacific",
            Self::India => "india",
        }
    }
}

impl Flow {
    /// What it is charged as; `home` is the region of the resource it belongs to.
    pub(super) fn components(&self, home: Region) -> Vec<Component> {
        let leaves = self.from.region().unwrap_or(home);
        let mut components = self.passage(leaves);
        components.extend(self.transfer(leaves));
        components
    }

    /// What it passes.
    fn passage(&self, region: Region) -> Vec<Component> {
        let nat = || {
            self.service(
                "Through the NAT gateway",
                region,
                ServiceItem::NAT_GATEWAY_GB,
            )
        };
        match self.via {
            None | Some(Via::Peering) => Vec::new(),
            Some(Via::Nat) => vec![nat()],
            Some(Via::NatInAnotherZone) => {
                let mut components = self.between_zones(region);
                components.push(nat());
                components
            }
            Some(Via::InterfaceEndpoint) => vec![self.service(
                "Through the interface endpoint",
                region,
                ServiceItem::INTERFACE_ENDPOINT_GB,
            )],
            Some(Via::GatewayEndpoint) => vec![self.service(
                "Through the gateway endpoint",
                region,
                ServiceItem::named("gateway-endpoint-gb"),
            )],
            Some(Via::TransitGateway) => vec![self.service(
                "Through the Transit Gateway",
                region,
                ServiceItem::named("transit-gateway-vpc-gb"),
            )],
        }
    }

    /// The way itself. Between zones both ends pay, between regions the one it leaves (R44).
    fn transfer(&self, region: Region) -> Vec<Component> {
        match (self.from, self.to) {
            (Place::CloudFront(area), _) => vec![self.edge_transfer(area, region)],
            (_, Place::CloudFront(_)) => vec![self.service(
                "To CloudFront",
                region,
                ServiceItem::named("cloudfront-origin-fetch-gb"),
            )],
            (Place::Internet, _) => vec![self.service(
                "In from the internet",
                region,
                ServiceItem::named("internet-ingress-gb"),
            )],
            (_, Place::Internet) => vec![self.service(
                "Out to the internet",
                region,
                ServiceItem::INTERNET_EGRESS_GB,
            )],
            (Place::Service, _) | (_, Place::Service) => {
                vec![self.free("to services of the same region nothing is charged for the way")]
            }
            (Place::Zone(_, from), Place::Zone(_, to)) if from == to => {
                vec![self.free("within an Availability Zone private addresses cost nothing")]
            }
            (from, to) => match (from.region(), to.region()) {
                (Some(from), Some(to)) if from != to => {
                    let name = format!("To {to}");
                    vec![self.service(&name, from, ServiceItem::inter_region(to))]
                }
                _ => self.between_zones(region),
            },
        }
    }

    /// From an edge to viewers, or back to its origin.
    fn edge_transfer(&self, area: EdgeArea, region: Region) -> Component {
        let (name, way) = match self.to {
            Place::Internet => ("From CloudFront to viewers", "internet"),
            _ => ("From CloudFront to the origin", "origin"),
        };
        self.service(name, region, ServiceItem::cloudfront(area.code(), way))
    }

    fn between_zones(&self, region: Region) -> Vec<Component> {
        vec![
            self.service("Out to another zone", region, ServiceItem::INTER_AZ_OUT_GB),
            self.service("Into another zone", region, ServiceItem::INTER_AZ_IN_GB),
        ]
    }

    fn service(&self, name: &str, region: Region, item: ServiceItem) -> Component {
        Component::service(name, region, item, self.gb.clone(), "GB")
    }

    fn free(&self, why: &str) -> Component {
        let charge = Charge::Free(why.to_owned());
        Component::new("Transfer", charge, self.gb.clone(), "GB")
    }
}
