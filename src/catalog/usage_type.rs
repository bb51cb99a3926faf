//! Which of our charges a bill's usage type means: `USE1-EUW2-AWS-Out-Bytes` is `inter-region-gb-to-eu-west-2` in
//! us-east-1.
//!
//! Usage types stand in bills and in AWS's price files alike. Sources: docs.aws.amazon.com, CUR User Guide,
//! "Understanding data transfer charges"; the `usagetype` and `operation` columns of AWS's offer files; real bills.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{Region, ServiceItem, database_service};

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

/// The use of a database that a line of a bill is about, and where; `None` of other services. Whether a plan covers such
/// use the price book says; storage, backups and transfer have such names, too.
pub fn database_item(
    service: &str,
    usage_type: &str,
    operation: &str,
) -> Option<(Region, ServiceItem)> {
    let (region, _) = place(usage_type)?;
    let item = ServiceItem::database(database_service(service)?, usage_type, operation)?;
    Some((region, item))
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
    let item = moved(name, operation).or_else(|| listed(name, operation));
    let item = item.map(str::to_owned).or_else(|| inter_region(name));
    item.or_else(|| {
        let family = name.strip_prefix("HostUsage:")?;
        Some(format!("dedicated-host-{family}-hour"))
    })
}

/// One line of `pricing-data/services/usage-types.csv`.
struct Line {
    item: &'static str,
    /// `*` for any.
    operation: &'static str,
}

/// The charges by usage type.
static LINES: LazyLock<BTreeMap<&'static str, Vec<Line>>> = LazyLock::new(|| {
    let text: &'static str = include_str!("../../pricing-data/services/usage-types.csv");
    let mut lines: BTreeMap<_, Vec<Line>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&'static str> = line.split(',').collect();
        // What has a tier of its own as a usage type is a part of another's tiers.
        if let &[_, item, _, "0", _, usage_type, operation, ..] = &cells[..] {
            lines
                .entry(usage_type)
                .or_default()
                .push(Line { item, operation });
        }
    }
    lines
});

/// Usage types that mean a charge by themselves or with their operation.
fn listed(name: &str, operation: &str) -> Option<&'static str> {
    let mut lines = LINES.get(name)?.iter();
    let found = lines.find(|line| line.operation == "*" || line.operation == operation);
    found.map(|line| line.item)
}

/// Data whose operation is that of whatever moved it.
fn moved(name: &str, operation: &str) -> Option<&'static str> {
    Some(match name {
        "DataTransfer-Out-Bytes" => "internet-egress-gb",
        "DataTransfer-In-Bytes" => "internet-ingress-gb",
        "CloudFront-Out-Bytes" => "cloudfront-origin-fetch-gb",
        "DataTransfer-Regional-Bytes" if operation.ends_with("In") => "inter-az-in-gb",
        "DataTransfer-Regional-Bytes" => "inter-az-out-gb",
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
            "AmazonEC2",
            "EU-HostUsage:m5",
            "RunInstances",
            "eu-west-1",
            "dedicated-host-m5-hour",
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
