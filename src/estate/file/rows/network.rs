//! The rows of the network: gateways, load balancers, endpoints, attachments, connections, addresses.

use super::{
    DirectConnectRow, Doubts, EndpointRow, LoadBalancerRow, NatGatewayRow, PublicIpv4Row,
    TransitGatewayRow, VpnRow,
};
use crate::diagnostics::Diagnostic;
use crate::estate::file::Reader;
use crate::estate::model::{
    Attachment, DirectConnect, Endpoint, LoadBalancer, LoadBalancerKind, NatGateway, PublicIpv4,
    Spec, TransitGatewayAttachment, Vpn,
};

impl NatGatewayRow {
    /// A gateway has a public address in each zone, unless it says otherwise.
    pub(super) fn meaning(&self, reader: &Reader<'_>, _: Doubts<'_>) -> Result<Spec, Diagnostic> {
        let source = reader.source;
        let gateways = source.count(self.zones.as_ref(), 1)?;
        let addresses = self
            .public_ipv4
            .as_ref()
            .map(|figure| source.number(figure));
        Ok(Spec::NatGateway(NatGateway {
            gateways,
            regional: self.regional,
            gb: source.amount(self.monthly_gb.as_ref())?,
            public_ipv4: addresses.transpose()?.unwrap_or(gateways),
        }))
    }
}

impl LoadBalancerRow {
    pub(super) fn meaning(&self, reader: &Reader<'_>, _: Doubts<'_>) -> Result<Spec, Diagnostic> {
        let source = reader.source;
        let words = [
            ("application", LoadBalancerKind::Application),
            ("network", LoadBalancerKind::Network),
            ("gateway", LoadBalancerKind::Gateway),
            ("classic", LoadBalancerKind::Classic),
        ];
        let kind = source.one_of(&self.kind, "kind of load balancer", &words)?;
        let wrong = match (kind, &self.capacity_units, &self.monthly_gb) {
            (LoadBalancerKind::Classic, Some(figure), _) => {
                Some((figure, "gigabytes, `monthly_gb`"))
            }
            (LoadBalancerKind::Classic, ..) => None,
            (_, _, Some(figure)) => Some((figure, "capacity units, `capacity_units`")),
            _ => None,
        };
        if let Some((figure, what)) = wrong {
            let message = format!(
                "a load balancer of kind {} pays for {what}",
                self.kind.get_ref()
            );
            return Err(source.spot(figure.span(), message, "not charged"));
        }
        let addresses = self
            .public_ipv4
            .as_ref()
            .map(|figure| source.number(figure));
        Ok(Spec::LoadBalancer(LoadBalancer {
            kind,
            capacity_units: source.amount(self.capacity_units.as_ref())?,
            gb: source.amount(self.monthly_gb.as_ref())?,
            public_ipv4: addresses.transpose()?.unwrap_or_default(),
        }))
    }
}

#[derive(Clone, Copy)]
enum EndpointKind {
    Gateway,
    Interface,
    GatewayLoadBalancer,
}

impl EndpointRow {
    pub(super) fn meaning(&self, reader: &Reader<'_>, _: Doubts<'_>) -> Result<Spec, Diagnostic> {
        let source = reader.source;
        let words = [
            ("gateway", EndpointKind::Gateway),
            ("interface", EndpointKind::Interface),
            ("gateway-load-balancer", EndpointKind::GatewayLoadBalancer),
        ];
        let kind = source.one_of(&self.kind, "kind of endpoint", &words)?;
        let count = source.count(self.count.as_ref(), 1)?;
        let zones = source.count(self.zones.as_ref(), 1)?.saturating_mul(count);
        let gb = source.amount(self.monthly_gb.as_ref())?;
        Ok(Spec::Endpoint(match kind {
            EndpointKind::Gateway => Endpoint::Gateway,
            EndpointKind::Interface => Endpoint::Interface { zones, gb },
            EndpointKind::GatewayLoadBalancer => Endpoint::GatewayLoadBalancer { zones, gb },
        }))
    }
}

impl TransitGatewayRow {
    pub(super) fn meaning(&self, reader: &Reader<'_>, _: Doubts<'_>) -> Result<Spec, Diagnostic> {
        let source = reader.source;
        let words = [
            ("vpc", Attachment::Vpc),
            ("vpn", Attachment::Vpn),
            ("direct-connect", Attachment::DirectConnect),
            ("peering", Attachment::Peering),
            ("connect", Attachment::Connect),
        ];
        let to = self
            .to
            .as_ref()
            .map(|text| source.one_of(text, "attachment", &words));
        Ok(Spec::TransitGatewayAttachment(TransitGatewayAttachment {
            to: to.transpose()?.unwrap_or(Attachment::Vpc),
            count: source.count(self.count.as_ref(), 1)?,
            gb: source.amount(self.monthly_gb.as_ref())?,
        }))
    }
}

impl VpnRow {
    pub(super) fn meaning(&self, reader: &Reader<'_>, _: Doubts<'_>) -> Result<Spec, Diagnostic> {
        Ok(Spec::Vpn(Vpn {
            connections: reader.source.count(self.connections.as_ref(), 1)?,
            out_gb: reader.source.amount(self.monthly_out_gb.as_ref())?,
        }))
    }
}

impl DirectConnectRow {
    pub(super) fn meaning(&self, reader: &Reader<'_>, _: Doubts<'_>) -> Result<Spec, Diagnostic> {
        let source = reader.source;
        let words = [("dedicated", true), ("hosted", false)];
        let dedicated = source.one_of(&self.port, "port", &words)?;
        let (speed, location) = (self.speed.get_ref(), self.location.get_ref());
        let port = DirectConnect::new(dedicated, speed, location).map_err(|_| {
            let message = format!("no Direct Connect port is of `{speed}` at `{location}`");
            let problem = source.at(&self.location, message, "as charges name it");
            problem.hint(
                "`bursar prices services --service direct-connect` lists speeds and locations",
            )
        })?;
        Ok(Spec::DirectConnect(DirectConnect {
            ports: source.count(self.ports.as_ref(), 1)?,
            out_gb: source.amount(self.monthly_out_gb.as_ref())?,
            ..port
        }))
    }
}

impl PublicIpv4Row {
    pub(super) fn meaning(&self, reader: &Reader<'_>, _: Doubts<'_>) -> Result<Spec, Diagnostic> {
        Ok(Spec::PublicIpv4(PublicIpv4 {
            count: reader.source.count(self.count.as_ref(), 1)?,
            in_use: !self.idle,
        }))
    }
}
