//! NAT gateways, addresses, load balancers, endpoints, Transit Gateways and VPN.

use rust_decimal::Decimal;

use super::context::Context;
use super::declared::{Declared, Language, Told, Trouble, View, references};
use super::kinds::{Made, one};
use super::node::{Node, Value};
use crate::estate::{
    Amount, Attachment, Endpoint, LoadBalancer, LoadBalancerKind, NatGateway, PublicIpv4, Spec,
    TransitGatewayAttachment, Vpn,
};

/// A NAT gateway. Its address is a resource of its own.
pub(super) fn nat_gateway(context: &Context<'_>, declared: &Declared) -> Told<Made> {
    let view = context.view(declared);
    let regional = view.text("AvailabilityMode")? == Some("regional");
    let zones = view.items(
        context
            .language
            .either("AvailabilityZoneAddresses", "availability_zone_address"),
    );
    let zones = zones.map_or(0, <[Node]>::len);
    if regional && zones == 0 {
        let why = "a regional NAT gateway is paid in every zone it works in, and which these are is not said";
        return Err(Trouble::Untold(why.into()));
    }
    one(Spec::NatGateway(NatGateway {
        gateways: if regional {
            Decimal::from(zones)
        } else {
            Decimal::ONE
        },
        regional,
        gb: Amount::OPEN,
        public_ipv4: Decimal::ZERO,
    }))
}

/// An Elastic IP address. It costs the same whether it is in use or not; the estimate names which.
pub(super) fn address(context: &Context<'_>, declared: &Declared) -> Told<Made> {
    let view = context.view(declared);
    let own = [
        "InstanceId",
        "instance",
        "network_interface",
        "TransferAddress",
    ];
    let in_use = own.iter().any(|key| view.get(key).is_some()) || context.is_referred_to(declared);
    one(Spec::PublicIpv4(PublicIpv4 {
        count: Decimal::ONE,
        in_use,
    }))
}

/// An Application, Network or Gateway Load Balancer.
pub(super) fn load_balancer(context: &Context<'_>, declared: &Declared) -> Told<Made> {
    let view = context.view(declared);
    let kind = view.word(
        context.language.either("Type", "load_balancer_type"),
        |text| match text {
            "application" => Some(LoadBalancerKind::Application),
            "network" => Some(LoadBalancerKind::Network),
            "gateway" => Some(LoadBalancerKind::Gateway),
            _ => None,
        },
    )?;
    let kind = kind.unwrap_or(LoadBalancerKind::Application);
    let is_public = kind != LoadBalancerKind::Gateway && internet_facing(view)?;
    let public_ipv4 = if is_public {
        own_addresses(context, view, declared)?
    } else {
        Decimal::ZERO
    };
    one(balancer(kind, public_ipv4))
}

/// A Classic Load Balancer. Its addresses are counted as those of the others: one a zone.
pub(super) fn classic_load_balancer(context: &Context<'_>, declared: &Declared) -> Told<Made> {
    let view = context.view(declared);
    let public_ipv4 = if internet_facing(view)? {
        own_addresses(context, view, declared)?
    } else {
        Decimal::ZERO
    };
    one(balancer(LoadBalancerKind::Classic, public_ipv4))
}

fn balancer(kind: LoadBalancerKind, public_ipv4: Decimal) -> Spec {
    Spec::LoadBalancer(LoadBalancer {
        kind,
        capacity_units: Amount::OPEN,
        gb: Amount::OPEN,
        public_ipv4,
    })
}

/// Both languages make one that faces the internet where nothing else is said.
fn internet_facing(view: View<'_>) -> Told<bool> {
    match view.language {
        Language::CloudFormation => Ok(view.text("Scheme")? != Some("internal")),
        Language::Terraform => Ok(view.flag("internal")? != Some(true)),
    }
}

/// Public addresses of a load balancer: one in each zone, but for those that are resources of their own.
fn own_addresses(context: &Context<'_>, view: View<'_>, declared: &Declared) -> Told<Decimal> {
    let mappings = view.parts(context.language.either("SubnetMappings", "subnet_mapping"));
    if let Some(mappings) = mappings.ok().filter(|mappings| !mappings.is_empty()) {
        let own = mappings
            .iter()
            .filter(|mapping| mapping.get("AllocationId").is_none());
        return Ok(Decimal::from(own.count()));
    }
    let subnets = match view.get("AvailabilityZones") {
        Some(_) if view.get("Subnets").is_none() => "AvailabilityZones",
        _ => "Subnets",
    };
    let zones = zones(context, view, subnets)?;
    if zones.is_none() {
        let note = "in how many zones it has public addresses is not said; none is counted";
        context.note(note, &declared.address);
    }
    Ok(zones.unwrap_or_default())
}

/// How many subnets (or zones) a list has: as it stands, or as many as the resources it follows from.
fn zones(context: &Context<'_>, view: View<'_>, key: &str) -> Told<Option<Decimal>> {
    let Some(node) = view.get(key) else {
        return Ok(None);
    };
    if !matches!(node.value, Value::Unknown(_)) {
        return Ok(Some(Decimal::from(view.items(key)?.len())));
    }
    let found = references(node)
        .iter()
        .flat_map(|reference| context.named(reference));
    let count = found.count();
    if count == 0 {
        // A parameter without a value is an error, and says so; what only AWS knows is not counted.
        return match view.items(key) {
            Err(Trouble::Untold(_)) | Ok(_) => Ok(None),
            Err(wrong) => Err(wrong),
        };
    }
    Ok(Some(Decimal::from(count)))
}

/// A VPC endpoint.
pub(super) fn endpoint(context: &Context<'_>, declared: &Declared) -> Told<Made> {
    let view = context.view(declared);
    let kind = view.text("VpcEndpointType")?.unwrap_or("Gateway");
    let zones = || {
        let zones = zones(context, view, "SubnetIds")?;
        let untold =
            || Trouble::Untold("in how many zones it is, is not said (`SubnetIds`)".into());
        zones.filter(|zones| !zones.is_zero()).ok_or_else(untold)
    };
    let gb = Amount::OPEN;
    one(Spec::Endpoint(match kind {
        "Gateway" => Endpoint::Gateway,
        "Interface" => Endpoint::Interface {
            zones: zones()?,
            gb,
        },
        "GatewayLoadBalancer" => Endpoint::GatewayLoadBalancer {
            zones: zones()?,
            gb,
        },
        other => {
            return Err(Trouble::Untold(format!(
                "endpoints of the kind `{other}` have no price here"
            )));
        }
    }))
}

/// An attachment of a VPC to a Transit Gateway.
pub(super) fn vpc_attachment(_: &Context<'_>, _: &Declared) -> Told<Made> {
    one(attachment(Attachment::Vpc))
}

/// A peering of two Transit Gateways. Each side pays its own attachment.
pub(super) fn peering_attachment(_: &Context<'_>, _: &Declared) -> Told<Made> {
    one(attachment(Attachment::Peering))
}

/// A Connect attachment.
pub(super) fn connect_attachment(_: &Context<'_>, _: &Declared) -> Told<Made> {
    one(attachment(Attachment::Connect))
}

fn attachment(to: Attachment) -> Spec {
    Spec::TransitGatewayAttachment(TransitGatewayAttachment {
        to,
        count: Decimal::ONE,
        gb: Amount::OPEN,
    })
}

/// A Site-to-Site VPN connection; one that ends at a Transit Gateway pays its attachment, too.
#[expect(
    clippy::unnecessary_wraps,
    reason = "every maker of the table can fail"
)]
pub(super) fn vpn(context: &Context<'_>, declared: &Declared) -> Told<Made> {
    let view = context.view(declared);
    let connection = Spec::Vpn(Vpn {
        connections: Decimal::ONE,
        out_gb: Amount::OPEN,
    });
    let mut made = vec![("", connection)];
    if view.get("TransitGatewayId").is_some() {
        made.push(("/attachment", attachment(Attachment::Vpn)));
    }
    Ok(made)
}
