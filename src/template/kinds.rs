//! Which types of resources are priced, and by what.

use super::context::Context;
use super::declared::{Declared, Told};
use super::free;
use super::{containers, groups, instances, network, node_groups, storage};
use crate::estate::Spec;

/// What a resource is charged as; the text is put behind its address where it is more than one thing.
pub(super) type Made = Vec<(&'static str, Spec)>;

/// One thing.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the last step of functions that can fail"
)]
pub(super) fn one(spec: Spec) -> Told<Made> {
    Ok(vec![("", spec)])
}

type Maker = for<'c> fn(&Context<'c>, &Declared) -> Told<Made>;

/// Types that are priced.
const PRICED: &[(&[&str], Maker)] = &[
    (&["AWS::EC2::Instance", "aws_instance"], instances::instance),
    (&["aws_spot_instance_request"], instances::spot_instance),
    (
        &[
            "AWS::AutoScaling::AutoScalingGroup",
            "aws_autoscaling_group",
        ],
        groups::group,
    ),
    (&["AWS::EC2::Volume", "aws_ebs_volume"], storage::volume),
    (&["AWS::EC2::Host", "aws_ec2_host"], storage::host),
    (
        &[
            "AWS::EC2::CapacityReservation",
            "aws_ec2_capacity_reservation",
        ],
        storage::capacity_reservation,
    ),
    (
        &["AWS::EC2::NatGateway", "aws_nat_gateway"],
        network::nat_gateway,
    ),
    (&["AWS::EC2::EIP", "aws_eip"], network::address),
    (
        &[
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            "aws_lb",
            "aws_alb",
        ],
        network::load_balancer,
    ),
    (
        &["AWS::ElasticLoadBalancing::LoadBalancer", "aws_elb"],
        network::classic_load_balancer,
    ),
    (
        &["AWS::EC2::VPCEndpoint", "aws_vpc_endpoint"],
        network::endpoint,
    ),
    (
        &[
            "AWS::EC2::TransitGatewayAttachment",
            "AWS::EC2::TransitGatewayVpcAttachment",
            "aws_ec2_transit_gateway_vpc_attachment",
        ],
        network::vpc_attachment,
    ),
    (
        &[
            "AWS::EC2::TransitGatewayPeeringAttachment",
            "aws_ec2_transit_gateway_peering_attachment",
            "aws_ec2_transit_gateway_peering_attachment_accepter",
        ],
        network::peering_attachment,
    ),
    (
        &[
            "AWS::EC2::TransitGatewayConnect",
            "aws_ec2_transit_gateway_connect",
        ],
        network::connect_attachment,
    ),
    (
        &["AWS::EC2::VPNConnection", "aws_vpn_connection"],
        network::vpn,
    ),
    (
        &["AWS::EKS::Nodegroup", "aws_eks_node_group"],
        node_groups::group,
    ),
    (
        &["AWS::ECS::Service", "aws_ecs_service"],
        containers::service,
    ),
    (
        &["AWS::Lambda::Function", "aws_lambda_function"],
        containers::function,
    ),
];

/// What a resource is charged as.
pub(super) fn made(context: &Context<'_>, declared: &Declared) -> Told<Made> {
    let kind = declared.kind.as_str();
    if let Some(why) = &declared.refused {
        return one(Spec::NotCovered(why.clone()));
    }
    if let Some((_, make)) = PRICED.iter().find(|(kinds, _)| kinds.contains(&kind)) {
        return make(context, declared);
    }
    if let Some(why) = free::reason(kind) {
        return one(Spec::Free(why.to_owned()));
    }
    one(Spec::NotCovered(free::not_covered(kind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_type_is_both_priced_and_free() {
        for (kinds, _) in PRICED {
            for kind in *kinds {
                assert_eq!(free::reason(kind), None, "{kind}");
            }
        }
    }
}
