//! What gateways, load balancers, endpoints, attachments, ports and addresses are charged for.

use rust_decimal::Decimal;

use super::{At, GB, HOURS, without_price};
use crate::catalog::ServiceItem;
use crate::estate::amount::Amount;
use crate::estate::component::{Charge, Component};
use crate::estate::model::{
    Attachment, DirectConnect, Endpoint, LoadBalancer, LoadBalancerKind, NatGateway, PublicIpv4,
    TransitGatewayAttachment, Vpn,
};

impl At {
    pub(super) fn nat_gateway(self, spec: &NatGateway) -> Vec<Component> {
        let hours = Amount::Known(spec.gateways * self.month.hours());
        let (name, hour, gb) = if spec.regional {
            (
                "Regional NAT gateway, by zone",
                ServiceItem::REGIONAL_NAT_GATEWAY_HOUR,
                ServiceItem::REGIONAL_NAT_GATEWAY_GB,
            )
        } else {
            (
                "NAT gateway",
                ServiceItem::NAT_GATEWAY_HOUR,
                ServiceItem::NAT_GATEWAY_GB,
            )
        };
        let mut components = vec![
            self.line(name, hour, hours, HOURS),
            self.line("Data processed", gb, spec.gb.clone(), GB),
        ];
        components.extend(self.addresses(spec.public_ipv4));
        components
    }

    pub(super) fn load_balancer(self, spec: &LoadBalancer) -> Vec<Component> {
        let (hour, unit, name) = match spec.kind {
            LoadBalancerKind::Application => (
                "application-load-balancer-hour",
                "application-load-balancer-lcu-hour",
                "Application",
            ),
            LoadBalancerKind::Network => (
                "network-load-balancer-hour",
                "network-load-balancer-lcu-hour",
                "Network",
            ),
            LoadBalancerKind::Gateway => (
                "gateway-load-balancer-hour",
                "gateway-load-balancer-lcu-hour",
                "Gateway",
            ),
            LoadBalancerKind::Classic => (
                "classic-load-balancer-hour",
                "classic-load-balancer-gb",
                "Classic",
            ),
        };
        let hours = Amount::Known(self.month.hours());
        let name = format!("{name} Load Balancer");
        let mut components = vec![self.line(name, ServiceItem::named(hour), hours, HOURS)];
        components.push(if spec.kind == LoadBalancerKind::Classic {
            self.line(
                "Data processed",
                ServiceItem::named(unit),
                spec.gb.clone(),
                GB,
            )
        } else {
            let hours = spec.capacity_units.times(self.month.hours());
            self.line(
                "Capacity units",
                ServiceItem::named(unit),
                hours,
                "LCU-hours",
            )
        });
        components.extend(self.addresses(spec.public_ipv4));
        components
    }

    pub(super) fn endpoint(self, spec: &Endpoint) -> Vec<Component> {
        let hours = |zones: &Decimal| Amount::Known(*zones * self.month.hours());
        match spec {
            Endpoint::Gateway => {
                let why = "gateway endpoints (S3, DynamoDB) are free".to_owned();
                vec![without_price("Gateway endpoint", Charge::Free(why))]
            }
            Endpoint::Interface { zones, gb } => vec![
                self.line(
                    "Interface endpoint, by zone",
                    ServiceItem::INTERFACE_ENDPOINT_HOUR,
                    hours(zones),
                    HOURS,
                ),
                self.line(
                    "Data processed",
                    ServiceItem::INTERFACE_ENDPOINT_GB,
                    gb.clone(),
                    GB,
                ),
            ],
            Endpoint::GatewayLoadBalancer { zones, gb } => vec![
                self.line(
                    "Gateway Load Balancer endpoint, by zone",
                    ServiceItem::named("gateway-load-balancer-endpoint-hour"),
                    hours(zones),
                    HOURS,
                ),
                self.line(
                    "Data processed",
                    ServiceItem::named("gateway-load-balancer-endpoint-gb"),
                    gb.clone(),
                    GB,
                ),
            ],
        }
    }

    pub(super) fn transit_gateway(self, spec: &TransitGatewayAttachment) -> Vec<Component> {
        let (hour, gb) = match spec.to {
            Attachment::Vpc => (
                "transit-gateway-vpc-attachment-hour",
                Some("transit-gateway-vpc-gb"),
            ),
            Attachment::Vpn => (
                "transit-gateway-vpn-attachment-hour",
                Some("transit-gateway-vpn-gb"),
            ),
            Attachment::DirectConnect => (
                "transit-gateway-direct-connect-attachment-hour",
                Some("transit-gateway-direct-connect-gb"),
            ),
            Attachment::Peering => ("transit-gateway-peering-attachment-hour", None),
            Attachment::Connect => ("transit-gateway-connect-attachment-hour", None),
        };
        let hours = Amount::Known(spec.count * self.month.hours());
        let hour = ServiceItem::named(hour);
        let gb = gb.map(|item| {
            self.line(
                "Data processed",
                ServiceItem::named(item),
                spec.gb.clone(),
                GB,
            )
        });
        let line = self.line("Transit Gateway attachment", hour, hours, HOURS);
        [line].into_iter().chain(gb).collect()
    }

    pub(super) fn vpn(self, spec: &Vpn) -> Vec<Component> {
        let hours = Amount::Known(spec.connections * self.month.hours());
        let hour = ServiceItem::named("vpn-connection-hour");
        vec![
            self.line("VPN connection", hour, hours, HOURS),
            self.line(
                "Data out",
                ServiceItem::INTERNET_EGRESS_GB,
                spec.out_gb.clone(),
                GB,
            ),
        ]
    }

    pub(super) fn direct_connect(self, spec: &DirectConnect) -> Vec<Component> {
        let hours = Amount::Known(spec.ports * self.month.hours());
        vec![
            self.line("Direct Connect port", spec.port.clone(), hours, HOURS),
            self.line("Data out", spec.out.clone(), spec.out_gb.clone(), GB),
        ]
    }

    pub(super) fn public_ipv4(self, spec: &PublicIpv4) -> Vec<Component> {
        if spec.in_use {
            return self.addresses(spec.count).into_iter().collect();
        }
        let hours = Amount::Known(spec.count * self.month.hours());
        let item = ServiceItem::named("public-ipv4-idle-hour");
        vec![self.line("Idle public IPv4 address", item, hours, HOURS)]
    }

    /// Addresses in use at all times.
    pub(super) fn addresses(self, count: Decimal) -> Option<Component> {
        let hours = Amount::Known(count * self.month.hours());
        (!count.is_zero()).then(|| self.ipv4_hours(hours))
    }

    pub(super) fn ipv4_hours(self, hours: Amount) -> Component {
        self.line(
            "Public IPv4 address",
            ServiceItem::PUBLIC_IPV4_IN_USE_HOUR,
            hours,
            HOURS,
        )
    }
}
