//! What each flow is charged as, and in which region (docs/billing-rules.md, R44 and R45).

use bursar::estate::{Month, read_estate};
use bursar::estimate::Snapshot;

use super::priced;

/// A thousand gigabytes from, to, through: where it is charged, as what, for how much.
///
/// Prices of us-east-1 and eu-west-1: zones 0.01 at each end, NAT 0.045, interface endpoint 0.01, Transit
/// Gateway 0.02, to Ireland 0.02, to the internet 0.09 beyond 100 GB, from European edges 0.085.
const FLOWS: [(&str, &str, &str, &str); 17] = [
    ("a", "a2", "", "us-east-1: free 0"),
    ("a", "b", "", "us-east-1: inter-az-out-gb+inter-az-in-gb 20"),
    (
        "a",
        "b",
        "peering",
        "us-east-1: inter-az-out-gb+inter-az-in-gb 20",
    ),
    (
        "a",
        "eu-west-1",
        "",
        "us-east-1: inter-region-gb-to-eu-west-1 20",
    ),
    (
        "eu-west-1",
        "a",
        "",
        "eu-west-1: inter-region-gb-to-us-east-1 20",
    ),
    ("a", "internet", "", "us-east-1: internet-egress-gb 81"),
    (
        "a",
        "internet",
        "nat",
        "us-east-1: nat-gateway-gb+internet-egress-gb 126",
    ),
    (
        "a",
        "internet",
        "nat-in-another-zone",
        "us-east-1: inter-az-out-gb+inter-az-in-gb+nat-gateway-gb+internet-egress-gb 146",
    ),
    ("internet", "a", "", "us-east-1: internet-ingress-gb 0"),
    ("a", "s3", "", "us-east-1: free 0"),
    ("a", "s3", "nat", "us-east-1: nat-gateway-gb+free 45"),
    (
        "a",
        "s3",
        "gateway-endpoint",
        "us-east-1: gateway-endpoint-gb+free 0",
    ),
    (
        "a",
        "service",
        "interface-endpoint",
        "us-east-1: interface-endpoint-gb+free 10",
    ),
    (
        "a",
        "b",
        "transit-gateway",
        "us-east-1: transit-gateway-vpc-gb+inter-az-out-gb+inter-az-in-gb 40",
    ),
    (
        "a",
        "cloudfront:europe",
        "",
        "us-east-1: cloudfront-origin-fetch-gb 0",
    ),
    (
        "cloudfront:europe",
        "internet",
        "",
        "us-east-1: cloudfront-europe-internet-gb 85",
    ),
    (
        "cloudfront",
        "a",
        "",
        "us-east-1: cloudfront-united-states-origin-gb 20",
    ),
];

#[test]
fn flows_are_charged_where_they_leave() {
    let places = "region = \"us-east-1\"\n\
        [[instances]]\nname = \"a\"\ntype = \"m7i.large\"\nzone = \"us-east-1a\"\n\
        [[instances]]\nname = \"a2\"\ntype = \"m7i.large\"\nzone = \"us-east-1a\"\n\
        [[instances]]\nname = \"b\"\ntype = \"m7i.large\"\nzone = \"us-east-1b\"\n";
    let charged = |from: &str, to: &str, via: &str| {
        let via = if via.is_empty() {
            String::new()
        } else {
            format!("via = \"{via}\"\n")
        };
        let flow = format!("[[flow]]\nfrom = \"{from}\"\nto = \"{to}\"\n{via}monthly_gb = 1000\n");
        let estate = read_estate(&format!("{places}{flow}"), "e", Month::Average).unwrap();
        let found = Snapshot::of(&priced(&estate));
        let flow = found.resources.last().unwrap().clone();
        let items = flow
            .components
            .iter()
            .map(|line| line.item.clone().unwrap_or("free".into()));
        let items: Vec<String> = items.collect();
        format!("{}: {} {}", flow.region, items.join("+"), flow.monthly_cost)
    };
    for (from, to, via, expected) in FLOWS {
        assert_eq!(charged(from, to, via), expected, "{from} -> {to} {via}");
    }
}
