//! Which of our charges a bill's usage type means: `USE1-EUW2-AWS-Out-Bytes` is `inter-region-gb-to-eu-west-2` in
//! us-east-1.
//!
//! Usage types stand in bills and in AWS's price files alike. Sources: docs.aws.amazon.com, CUR User Guide,
//! "Understanding data transfer charges"; the `usagetype` and `operation` columns of AWS's offer files; real bills.

use super::{Region, ServiceItem};

/// The charge that a line of a bill is about, and where; `None` for charges that have no name here.
///
/// `service` is the bill's product code (`AmazonEC2`, `AmazonCloudFront`): usage types of different services may
/// have the same text.
pub fn service_item(
    service: &str,
    usage_type: &str,
    operation: &str,
) -> Option<(Region, ServiceItem)> {
    let (region, name) = place(usage_type)?;
    let name = match service {
        "AmazonCloudFront" => cloudfront(usage_type)?,
        _ => elsewhere(name, operation)?,
    };
    Some((region, name.parse().ok()?))
}

/// The region of a usage type's prefix, and what follows; without a prefix it is Virginia.
fn place(usage_type: &str) -> Option<(Region, &str)> {
    let prefixed = usage_type
        .split_once('-')
        .filter(|(prefix, _)| !prefix.is_empty())
        .and_then(|(prefix, name)| Some((Region::from_usage_type_prefix(prefix)?, name)));
    prefixed.or_else(|| Some((Region::from_usage_type_prefix("")?, usage_type)))
}

fn elsewhere(name: &str, operation: &str) -> Option<String> {
    let plain = plain(name);
    let item = plain
        .map(str::to_owned)
        .or_else(|| by_operation(name, operation).map(str::to_owned));
    item.or_else(|| inter_region(name))
}

/// Usage types that say everything.
fn plain(name: &str) -> Option<&'static str> {
    Some(match name {
        "NatGateway-Hours" => "nat-gateway-hour",
        "NatGateway-Bytes" => "nat-gateway-gb",
        "VpcEndpoint-Hours" => "interface-endpoint-hour",
        "VpcEndpoint-Bytes" => "interface-endpoint-gb",
        "VpcEndpoint-GWLBE-Hours" => "gateway-load-balancer-endpoint-hour",
        "VpcEndpoint-GWLBE-Bytes" => "gateway-load-balancer-endpoint-gb",
        "PublicIPv4:InUseAddress" => "public-ipv4-in-use-hour",
        "PublicIPv4:IdleAddress" => "public-ipv4-idle-hour",
        "VPN-Usage-Hours:ipsec.1" => "vpn-connection-hour",
        "DataTransfer-Out-Bytes" => "internet-egress-gb",
        "DataTransfer-In-Bytes" => "internet-ingress-gb",
        "CloudFront-Out-Bytes" => "cloudfront-origin-fetch-gb",
        "EBS:VolumeUsage" => "ebs-standard-gb-month",
        "EBS:VolumeUsage.gp2" => "ebs-gp2-gb-month",
        "EBS:VolumeUsage.gp3" => "ebs-gp3-gb-month",
        "EBS:VolumeUsage.piops" => "ebs-io1-gb-month",
        "EBS:VolumeUsage.io2" => "ebs-io2-gb-month",
        "EBS:VolumeUsage.st1" => "ebs-st1-gb-month",
        "EBS:VolumeUsage.sc1" => "ebs-sc1-gb-month",
        "EBS:VolumeIOUsage" => "ebs-standard-request",
        "EBS:VolumeP-IOPS.gp3" => "ebs-gp3-iops-month",
        "EBS:VolumeP-IOPS.piops" => "ebs-io1-iops-month",
        "EBS:VolumeP-Throughput.gp3" => "ebs-gp3-gibps-month",
        "EBS:SnapshotUsage" => "ebs-snapshot-gb-month",
        "Fargate-vCPU-Hours:perCPU" => "fargate-linux-x86-vcpu-hour",
        "Fargate-GB-Hours" => "fargate-linux-x86-gb-hour",
        "Fargate-ARM-vCPU-Hours:perCPU" => "fargate-linux-arm-vcpu-hour",
        "Fargate-ARM-GB-Hours" => "fargate-linux-arm-gb-hour",
        "Fargate-Windows-vCPU-Hours:perCPU" => "fargate-windows-vcpu-hour",
        "Fargate-Windows-GB-Hours" => "fargate-windows-gb-hour",
        "Fargate-Windows-OS-Hours:perCPU" => "fargate-windows-licence-vcpu-hour",
        "Fargate-EphemeralStorage-GB-Hours" => "fargate-ephemeral-storage-gb-hour",
        "Lambda-GB-Second" => "lambda-x86-gb-second",
        "Lambda-GB-Second-ARM" => "lambda-arm-gb-second",
        "Lambda-Provisioned-GB-Second" => "lambda-x86-provisioned-duration-gb-second",
        "Lambda-Provisioned-GB-Second-ARM" => "lambda-arm-provisioned-duration-gb-second",
        "Lambda-Provisioned-Concurrency" => "lambda-x86-provisioned-concurrency-gb-second",
        "Lambda-Provisioned-Concurrency-ARM" => "lambda-arm-provisioned-concurrency-gb-second",
        "Request" => "lambda-x86-request",
        "Request-ARM" => "lambda-arm-request",
        _ => return None,
    })
}

/// Usage types that several charges share; the operation tells which.
fn by_operation(name: &str, operation: &str) -> Option<&'static str> {
    Some(match (name, operation) {
        ("DataTransfer-Regional-Bytes", operation) if operation.ends_with("In") => "inter-az-in-gb",
        ("DataTransfer-Regional-Bytes", _) => "inter-az-out-gb",
        ("TransitGateway-Hours", "TransitGatewayVPC") => "transit-gateway-vpc-attachment-hour",
        ("TransitGateway-Hours", "TransitGatewayVPN") => "transit-gateway-vpn-attachment-hour",
        ("TransitGateway-Hours", "TransitGatewayDirectConnect") => {
            "transit-gateway-direct-connect-attachment-hour"
        }
        ("TransitGateway-Bytes", "TransitGatewayVPC") => "transit-gateway-vpc-gb",
        ("TransitGateway-Bytes", "TransitGatewayVPN") => "transit-gateway-vpn-gb",
        ("TransitGateway-Bytes", "TransitGatewayDirectConnect") => {
            "transit-gateway-direct-connect-gb"
        }
        ("LoadBalancerUsage", "LoadBalancing") => "classic-load-balancer-hour",
        ("LoadBalancerUsage", "LoadBalancing:Application") => "application-load-balancer-hour",
        ("LoadBalancerUsage", "LoadBalancing:Network") => "network-load-balancer-hour",
        ("LoadBalancerUsage", "LoadBalancing:Gateway") => "gateway-load-balancer-hour",
        ("LCUUsage", "LoadBalancing:Application") => "application-load-balancer-lcu-hour",
        ("LCUUsage", "LoadBalancing:Network") => "network-load-balancer-lcu-hour",
        ("LCUUsage", "LoadBalancing:Gateway") => "gateway-load-balancer-lcu-hour",
        ("DataProcessing-Bytes", "LoadBalancing") => "classic-load-balancer-gb",
        _ => return None,
    })
}

/// `EUW2-AWS-Out-Bytes`, after the prefix of the source: the source pays, what comes in is free.
fn inter_region(name: &str) -> Option<String> {
    if let Some(other) = name.strip_suffix("-AWS-Out-Bytes") {
        let other = Region::from_usage_type_prefix(other).filter(|_| !other.is_empty())?;
        return Some(ServiceItem::inter_region(other).as_str().to_owned());
    }
    let other = name.strip_suffix("-AWS-In-Bytes")?;
    (!other.is_empty()).then(|| "inter-region-in-gb".to_owned())
}

/// `EU-DataTransfer-Out-Bytes`: the prefix is where the edge locations are.
fn cloudfront(usage_type: &str) -> Option<String> {
    let (area, name) = usage_type.split_once('-')?;
    let area = match area {
        "US" => "united-states",
        "CA" => "canada",
        "EU" => "europe",
        "JP" => "japan",
        "AP" => "asia-pacific",
        "AU" => "australia",
        "IN" => "india",
        "SA" => "south-america",
        "ME" => "middle-east",
        "ZA" => "south-africa",
        _ => return None,
    };
    let what = match name {
        "DataTransfer-Out-Bytes" => "internet-gb",
        "DataTransfer-Out-OBytes" => "origin-gb",
        "Requests-Tier1" => "http-request",
        "Requests-Tier2-HTTPS" => "https-request",
        _ => return None,
    };
    Some(format!("cloudfront-{area}-{what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Service, usage type and operation; region and charge.
    const LINES: &[(&str, &str, &str, &str, &str)] = &[
        (
            "AmazonEC2",
            "NatGateway-Hours",
            "NatGateway",
            "us-east-1",
            "nat-gateway-hour",
        ),
        (
            "AmazonEC2",
            "APN2-NatGateway-Bytes",
            "NatGateway",
            "ap-northeast-2",
            "nat-gateway-gb",
        ),
        (
            "AmazonS3",
            "USE1-EUW2-AWS-Out-Bytes",
            "ReadACL",
            "us-east-1",
            "inter-region-gb-to-eu-west-2",
        ),
        (
            "AWSELB",
            "USE1-APN1-AWS-In-Bytes",
            "",
            "us-east-1",
            "inter-region-in-gb",
        ),
        (
            "AmazonEC2",
            "DataTransfer-Regional-Bytes",
            "InterZone-In",
            "us-east-1",
            "inter-az-in-gb",
        ),
        (
            "AmazonEC2",
            "EU-DataTransfer-Regional-Bytes",
            "PublicIP-Out",
            "eu-west-1",
            "inter-az-out-gb",
        ),
        (
            "AmazonRDS",
            "DataTransfer-Out-Bytes",
            "Not Applicable",
            "us-east-1",
            "internet-egress-gb",
        ),
        (
            "AmazonVPC",
            "USE1-PublicIPv4:IdleAddress",
            "",
            "us-east-1",
            "public-ipv4-idle-hour",
        ),
        (
            "AmazonEC2",
            "EU-EBS:VolumeUsage.gp3",
            "CreateVolume-Gp3",
            "eu-west-1",
            "ebs-gp3-gb-month",
        ),
        (
            "AWSELB",
            "LCUUsage",
            "LoadBalancing:Application",
            "us-east-1",
            "application-load-balancer-lcu-hour",
        ),
        (
            "AmazonCloudFront",
            "EU-DataTransfer-Out-Bytes",
            "GET",
            "eu-west-1",
            "cloudfront-europe-internet-gb",
        ),
    ];

    #[test]
    fn lines_of_bills_are_told_apart() {
        for &(service, usage_type, operation, region, item) in LINES {
            let found = service_item(service, usage_type, operation).unwrap();
            assert_eq!(
                (found.0.as_str(), found.1.as_str()),
                (region, item),
                "{usage_type}"
            );
        }
    }

    #[test]
    fn what_has_no_name_here_has_none() {
        for (service, usage_type, operation) in [
            ("AmazonS3", "Requests-Tier1", "PutObject"),
            ("AmazonEC2", "BoxUsage:t3.micro", "RunInstances"),
            (
                "AmazonRDS",
                "InstanceUsage:db.t3.micro",
                "CreateDBInstance:0002",
            ),
            ("AmazonEC2", "EBS:VolumeP-IOPS.io2.tier2", ""),
            ("AmazonEC2", "USE1-NOWHERE-AWS-Out-Bytes", ""),
            ("awskms", "us-east-1-KMS-Requests", "ListKeys"),
            ("AmazonCloudFront", "DataTransfer-Out-Bytes", ""),
        ] {
            assert_eq!(
                service_item(service, usage_type, operation),
                None,
                "{usage_type}"
            );
        }
    }
}
