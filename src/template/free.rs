//! Types of resources that AWS does not charge for, and what is said of those that have no price here.
//!
//! As of 2026-11. Sources: the price pages of VPC, EC2, Elastic Load Balancing, Transit Gateway, ECS, Lambda, IAM,
//! Systems Manager and CloudFormation on aws.amazon.com, which name what is charged; these types are none of it.

/// Why each group of types costs nothing.
const FREE: &[(&str, &[&str])] = &[
    (
        "part of a VPC, which costs nothing",
        &[
            "AWS::EC2::VPC",
            "AWS::EC2::Subnet",
            "AWS::EC2::RouteTable",
            "AWS::EC2::Route",
            "AWS::EC2::SubnetRouteTableAssociation",
            "AWS::EC2::GatewayRouteTableAssociation",
            "AWS::EC2::InternetGateway",
            "AWS::EC2::EgressOnlyInternetGateway",
            "AWS::EC2::VPCGatewayAttachment",
            "AWS::EC2::SecurityGroup",
            "AWS::EC2::SecurityGroupIngress",
            "AWS::EC2::SecurityGroupEgress",
            "AWS::EC2::NetworkAcl",
            "AWS::EC2::NetworkAclEntry",
            "AWS::EC2::SubnetNetworkAclAssociation",
            "AWS::EC2::DHCPOptions",
            "AWS::EC2::VPCDHCPOptionsAssociation",
            "AWS::EC2::VPCCidrBlock",
            "AWS::EC2::SubnetCidrBlock",
            "AWS::EC2::PrefixList",
            "AWS::EC2::SubnetCidrReservation",
            "AWS::EC2::SecurityGroupVpcAssociation",
            "aws_vpc",
            "aws_subnet",
            "aws_route_table",
            "aws_route",
            "aws_route_table_association",
            "aws_main_route_table_association",
            "aws_internet_gateway",
            "aws_internet_gateway_attachment",
            "aws_egress_only_internet_gateway",
            "aws_security_group",
            "aws_security_group_rule",
            "aws_vpc_security_group_ingress_rule",
            "aws_vpc_security_group_egress_rule",
            "aws_vpc_security_group_vpc_association",
            "aws_network_acl",
            "aws_network_acl_rule",
            "aws_network_acl_association",
            "aws_vpc_dhcp_options",
            "aws_vpc_dhcp_options_association",
            "aws_vpc_ipv4_cidr_block_association",
            "aws_vpc_ipv6_cidr_block_association",
            "aws_ec2_managed_prefix_list",
            "aws_ec2_managed_prefix_list_entry",
            "aws_ec2_subnet_cidr_reservation",
            "aws_default_vpc",
            "aws_default_subnet",
            "aws_default_route_table",
            "aws_default_security_group",
            "aws_default_network_acl",
            "aws_default_vpc_dhcp_options",
        ],
    ),
    (
        "a peering costs nothing; data through it does",
        &[
            "AWS::EC2::VPCPeeringConnection",
            "aws_vpc_peering_connection",
            "aws_vpc_peering_connection_accepter",
            "aws_vpc_peering_connection_options",
        ],
    ),
    (
        "a gateway costs nothing; its connections do",
        &[
            "AWS::EC2::VPNGateway",
            "AWS::EC2::CustomerGateway",
            "AWS::EC2::VPNConnectionRoute",
            "AWS::EC2::VPNGatewayRoutePropagation",
            "AWS::DirectConnect::DirectConnectGateway",
            "aws_vpn_gateway",
            "aws_vpn_gateway_attachment",
            "aws_vpn_gateway_route_propagation",
            "aws_vpn_connection_route",
            "aws_customer_gateway",
            "aws_dx_gateway",
            "aws_dx_gateway_association",
            "aws_dx_gateway_association_proposal",
            "aws_dx_private_virtual_interface",
            "aws_dx_public_virtual_interface",
            "aws_dx_transit_virtual_interface",
            "aws_dx_lag",
        ],
    ),
    (
        "a Transit Gateway costs nothing; its attachments do",
        &[
            "AWS::EC2::TransitGateway",
            "AWS::EC2::TransitGatewayRoute",
            "AWS::EC2::TransitGatewayRouteTable",
            "AWS::EC2::TransitGatewayRouteTableAssociation",
            "AWS::EC2::TransitGatewayRouteTablePropagation",
            "aws_ec2_transit_gateway",
            "aws_ec2_transit_gateway_route",
            "aws_ec2_transit_gateway_route_table",
            "aws_ec2_transit_gateway_route_table_association",
            "aws_ec2_transit_gateway_route_table_propagation",
            "aws_ec2_transit_gateway_vpc_attachment_accepter",
            "aws_ec2_transit_gateway_prefix_list_reference",
        ],
    ),
    (
        "an interface or association costs nothing of its own",
        &[
            "AWS::EC2::NetworkInterface",
            "AWS::EC2::NetworkInterfaceAttachment",
            "AWS::EC2::EIPAssociation",
            "AWS::EC2::VolumeAttachment",
            "AWS::EC2::VPCEndpointService",
            "AWS::EC2::VPCEndpointServicePermissions",
            "AWS::EC2::VPCEndpointConnectionNotification",
            "aws_network_interface",
            "aws_network_interface_attachment",
            "aws_network_interface_sg_attachment",
            "aws_eip_association",
            "aws_eip_domain_name",
            "aws_volume_attachment",
            "aws_vpc_endpoint_service",
            "aws_vpc_endpoint_policy",
            "aws_vpc_endpoint_route_table_association",
            "aws_vpc_endpoint_security_group_association",
            "aws_vpc_endpoint_service_allowed_principal",
            "aws_vpc_endpoint_connection_accepter",
            "aws_vpc_endpoint_connection_notification",
        ],
    ),
    (
        "it says what instances are started with; what is started is paid",
        &[
            "AWS::EC2::LaunchTemplate",
            "AWS::AutoScaling::LaunchConfiguration",
            "AWS::EC2::KeyPair",
            "AWS::EC2::PlacementGroup",
            "aws_launch_template",
            "aws_launch_configuration",
            "aws_key_pair",
            "aws_placement_group",
            "aws_ec2_tag",
            "aws_ec2_instance_state",
            "aws_ebs_encryption_by_default",
            "aws_ebs_default_kms_key",
            "aws_ec2_instance_metadata_defaults",
        ],
    ),
    (
        "Auto Scaling costs nothing; changes of a group's size are not in the estimate",
        &[
            "AWS::AutoScaling::ScalingPolicy",
            "AWS::AutoScaling::ScheduledAction",
            "AWS::AutoScaling::LifecycleHook",
            "AWS::ApplicationAutoScaling::ScalableTarget",
            "AWS::ApplicationAutoScaling::ScalingPolicy",
            "aws_autoscaling_policy",
            "aws_autoscaling_schedule",
            "aws_autoscaling_lifecycle_hook",
            "aws_autoscaling_attachment",
            "aws_autoscaling_notification",
            "aws_autoscaling_group_tag",
            "aws_autoscaling_traffic_source_attachment",
            "aws_appautoscaling_target",
            "aws_appautoscaling_policy",
            "aws_appautoscaling_scheduled_action",
        ],
    ),
    (
        "part of a load balancer",
        &[
            "AWS::ElasticLoadBalancingV2::TargetGroup",
            "AWS::ElasticLoadBalancingV2::Listener",
            "AWS::ElasticLoadBalancingV2::ListenerRule",
            "AWS::ElasticLoadBalancingV2::ListenerCertificate",
            "aws_lb_target_group",
            "aws_lb_target_group_attachment",
            "aws_lb_listener",
            "aws_lb_listener_rule",
            "aws_lb_listener_certificate",
            "aws_alb_target_group",
            "aws_alb_target_group_attachment",
            "aws_alb_listener",
            "aws_alb_listener_rule",
            "aws_alb_listener_certificate",
            "aws_elb_attachment",
            "aws_lb_cookie_stickiness_policy",
            "aws_app_cookie_stickiness_policy",
            "aws_load_balancer_policy",
            "aws_load_balancer_listener_policy",
            "aws_load_balancer_backend_server_policy",
            "aws_proxy_protocol_policy",
            "aws_lb_ssl_negotiation_policy",
        ],
    ),
    (
        "a cluster or task definition costs nothing; its tasks do",
        &[
            "AWS::ECS::Cluster",
            "AWS::ECS::TaskDefinition",
            "AWS::ECS::CapacityProvider",
            "AWS::ECS::ClusterCapacityProviderAssociations",
            "AWS::ECS::TaskSet",
            "AWS::ECS::PrimaryTaskSet",
            "aws_ecs_cluster",
            "aws_ecs_task_definition",
            "aws_ecs_capacity_provider",
            "aws_ecs_cluster_capacity_providers",
            "aws_ecs_account_setting_default",
            "aws_ecs_task_set",
            "aws_ecs_tag",
        ],
    ),
    (
        "part of a Lambda function, which is paid by use",
        &[
            "AWS::Lambda::Permission",
            "AWS::Lambda::EventSourceMapping",
            "AWS::Lambda::LayerVersion",
            "AWS::Lambda::LayerVersionPermission",
            "AWS::Lambda::Url",
            "AWS::Lambda::EventInvokeConfig",
            "AWS::Lambda::CodeSigningConfig",
            "aws_lambda_permission",
            "aws_lambda_event_source_mapping",
            "aws_lambda_layer_version",
            "aws_lambda_layer_version_permission",
            "aws_lambda_function_url",
            "aws_lambda_function_event_invoke_config",
            "aws_lambda_code_signing_config",
            "aws_lambda_alias",
            "aws_lambda_invocation",
            "aws_lambda_runtime_management_config",
        ],
    ),
    (
        "IAM costs nothing",
        &[
            "AWS::IAM::Role",
            "AWS::IAM::Policy",
            "AWS::IAM::ManagedPolicy",
            "AWS::IAM::InstanceProfile",
            "AWS::IAM::User",
            "AWS::IAM::Group",
            "AWS::IAM::UserToGroupAddition",
            "AWS::IAM::AccessKey",
            "AWS::IAM::ServiceLinkedRole",
            "AWS::IAM::OIDCProvider",
            "AWS::IAM::SAMLProvider",
            "AWS::IAM::RolePolicy",
            "AWS::IAM::UserPolicy",
            "AWS::IAM::GroupPolicy",
            "AWS::IAM::ServerCertificate",
            "aws_iam_role",
            "aws_iam_role_policy",
            "aws_iam_role_policy_attachment",
            "aws_iam_role_policy_attachments_exclusive",
            "aws_iam_role_policies_exclusive",
            "aws_iam_policy",
            "aws_iam_policy_attachment",
            "aws_iam_instance_profile",
            "aws_iam_user",
            "aws_iam_user_policy",
            "aws_iam_user_policy_attachment",
            "aws_iam_user_group_membership",
            "aws_iam_user_login_profile",
            "aws_iam_group",
            "aws_iam_group_policy",
            "aws_iam_group_policy_attachment",
            "aws_iam_group_membership",
            "aws_iam_access_key",
            "aws_iam_service_linked_role",
            "aws_iam_openid_connect_provider",
            "aws_iam_saml_provider",
            "aws_iam_account_alias",
            "aws_iam_account_password_policy",
            "aws_iam_server_certificate",
        ],
    ),
    (
        "it is a step of the stack and makes nothing that is paid",
        &[
            "AWS::CloudFormation::WaitCondition",
            "AWS::CloudFormation::WaitConditionHandle",
            "AWS::CDK::Metadata",
        ],
    ),
    (
        "it is nothing in AWS: a helper of Terraform",
        &[
            "null_resource",
            "terraform_data",
            "random_id",
            "random_integer",
            "random_password",
            "random_pet",
            "random_shuffle",
            "random_string",
            "random_uuid",
            "random_bytes",
            "local_file",
            "local_sensitive_file",
            "tls_private_key",
            "tls_self_signed_cert",
            "tls_cert_request",
            "tls_locally_signed_cert",
            "time_sleep",
            "time_static",
            "time_offset",
            "time_rotating",
            "template_dir",
            "archive_file",
            "cloudinit_config",
        ],
    ),
];

/// What is said of single types that are not covered, where more can be said than that.
const NOT_COVERED: &[(&str, &[&str])] = &[
    (
        "a snapshot is paid by the blocks that are kept, which no template says",
        &[
            "AWS::EC2::Snapshot",
            "aws_ebs_snapshot",
            "aws_ebs_snapshot_copy",
            "aws_ebs_snapshot_import",
        ],
    ),
    (
        "the resources of another template are not read with this one",
        &[
            "AWS::CloudFormation::Stack",
            "AWS::CloudFormation::StackSet",
            "AWS::CloudFormation::ModuleDefaultVersion",
            "aws_cloudformation_stack",
            "aws_cloudformation_stack_set",
        ],
    ),
    (
        "a fleet chooses its instances itself",
        &[
            "AWS::EC2::SpotFleet",
            "AWS::EC2::EC2Fleet",
            "aws_spot_fleet_request",
            "aws_ec2_fleet",
        ],
    ),
    (
        "the price list names Direct Connect locations by other names than this; state it in an estate.toml",
        &[
            "AWS::DirectConnect::Connection",
            "aws_dx_connection",
            "aws_dx_hosted_connection",
        ],
    ),
    (
        "provisioned concurrency costs by the GB-second it is held; it is not in the estimate",
        &[
            "AWS::Lambda::Version",
            "AWS::Lambda::Alias",
            "aws_lambda_provisioned_concurrency_config",
        ],
    ),
    (
        "the control plane of EKS has no price here; node groups are priced as instances",
        &["AWS::EKS::Cluster", "aws_eks_cluster"],
    ),
];

/// Why a type costs nothing, if it does.
pub(super) fn reason(kind: &str) -> Option<&'static str> {
    why(FREE, kind)
}

/// Why a type that is neither priced nor free is not covered.
pub(super) fn not_covered(kind: &str) -> String {
    if let Some(why) = why(NOT_COVERED, kind) {
        return why.to_owned();
    }
    if kind.starts_with("Custom::") || kind == "AWS::CloudFormation::CustomResource" {
        return "a custom resource is whatever its function makes".into();
    }
    if kind.starts_with("AWS::Serverless::") {
        return "AWS's transform turns it into other resources; `sam package` and the processed template show them".into();
    }
    if let Some(module) = kind.strip_suffix("::MODULE") {
        return format!("the resources of the module {module} are not in the template");
    }
    if kind.starts_with("AWS::") || kind.starts_with("aws_") || kind.starts_with("awscc_") {
        return format!("bursar has no prices for the type {kind}");
    }
    format!("{kind} is no type of AWS's")
}

fn why(groups: &[(&'static str, &[&str])], kind: &str) -> Option<&'static str> {
    let group = groups.iter().find(|(_, kinds)| kinds.contains(&kind));
    group.map(|&(why, _)| why)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_type_stands_in_one_group() {
        let all = || {
            FREE.iter()
                .chain(NOT_COVERED)
                .flat_map(|(_, kinds)| kinds.iter())
        };
        assert_eq!(all().collect::<BTreeSet<_>>().len(), all().count());
        assert!(all().count() > 200);
    }
}
