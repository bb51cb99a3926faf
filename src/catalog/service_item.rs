//! The names of what AWS charges for beside instances.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::{Region, Term};

/// What AWS charges for beside instances, by our name for it: `nat-gateway-hour`, `ebs-gp3-gb-month`.
///
/// `pricing-data/services/items.csv` says which of AWS's descriptions each name stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceItem(Cow<'static, str>);

/// Requests to Lambda functions.
const FUNCTION_REQUESTS: [&str; 2] = ["lambda-x86-request", "lambda-arm-request"];

/// What Compute Savings Plans cover beside instances and hosts.
const UNDER_COMPUTE_PLANS: [&str; 14] = [
    "fargate-linux-x86-vcpu-hour",
    "fargate-linux-x86-gb-hour",
    "fargate-linux-arm-vcpu-hour",
    "fargate-linux-arm-gb-hour",
    "fargate-windows-vcpu-hour",
    "fargate-windows-gb-hour",
    "lambda-x86-gb-second",
    "lambda-arm-gb-second",
    "lambda-x86-provisioned-duration-gb-second",
    "lambda-arm-provisioned-duration-gb-second",
    "lambda-x86-provisioned-concurrency-gb-second",
    "lambda-arm-provisioned-concurrency-gb-second",
    FUNCTION_REQUESTS[0],
    FUNCTION_REQUESTS[1],
];

/// Families whose hosts no Savings Plan covers ("u-6tb1 ... u-24tb1").
const HIGH_MEMORY: [&str; 5] = ["u-6tb1", "u-9tb1", "u-12tb1", "u-18tb1", "u-24tb1"];

/// A name that no item can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the name of a charge: lower-case words joined by hyphens")]
pub struct InvalidItem(pub String);

impl ServiceItem {
    /// A NAT gateway, alive for an hour.
    pub const NAT_GATEWAY_HOUR: Self = Self(Cow::Borrowed("nat-gateway-hour"));
    /// Data through a NAT gateway, in either direction.
    pub const NAT_GATEWAY_GB: Self = Self(Cow::Borrowed("nat-gateway-gb"));
    /// An interface endpoint (PrivateLink) in one Availability Zone for an hour.
    pub const INTERFACE_ENDPOINT_HOUR: Self = Self(Cow::Borrowed("interface-endpoint-hour"));
    /// Data through interface endpoints.
    pub const INTERFACE_ENDPOINT_GB: Self = Self(Cow::Borrowed("interface-endpoint-gb"));
    /// A public IPv4 address in use for an hour.
    pub const PUBLIC_IPV4_IN_USE_HOUR: Self = Self(Cow::Borrowed("public-ipv4-in-use-hour"));
    /// Data out to the internet.
    pub const INTERNET_EGRESS_GB: Self = Self(Cow::Borrowed("internet-egress-gb"));
    /// Data from another Availability Zone.
    pub const INTER_AZ_IN_GB: Self = Self(Cow::Borrowed("inter-az-in-gb"));
    /// Data to another Availability Zone.
    pub const INTER_AZ_OUT_GB: Self = Self(Cow::Borrowed("inter-az-out-gb"));
    /// The fee for an hour and region in which any Dedicated Instance runs.
    pub const DEDICATED_REGION_HOUR: Self = Self(Cow::Borrowed("dedicated-region-hour"));

    /// The charge of this name, for names that the program writes itself.
    pub(crate) const fn named(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// Data to another region.
    pub fn inter_region(to: Region) -> Self {
        Self(Cow::Owned(format!("inter-region-gb-to-{to}")))
    }

    /// Data from CloudFront's edge locations of an area to `internet` or `origin`.
    pub(crate) fn cloudfront(area: &'static str, to: &'static str) -> Self {
        Self(Cow::Owned(format!("cloudfront-{area}-{to}-gb")))
    }

    /// A Dedicated Host of a family for an hour.
    pub(crate) fn dedicated_host(family: &str) -> Result<Self, InvalidItem> {
        format!("dedicated-host-{family}-hour").parse()
    }

    /// The family of a Dedicated Host's hour.
    pub fn host_family(&self) -> Option<&str> {
        self.0
            .strip_prefix("dedicated-host-")?
            .strip_suffix("-hour")
    }

    /// Whether Compute Savings Plans cover it: Fargate's vCPUs and memory, Lambda's duration, provisioned concurrency
    /// and requests, Dedicated Hosts but for those of High Memory bare metal. Not storage, not licences, not functions
    /// at the edge.
    ///
    /// Source: docs.aws.amazon.com, Savings Plans User Guide, "Savings Plans types" and "Understanding how Savings
    /// Plans apply to your usage" (requests stand in its example).
    pub fn is_covered_by_compute_plans(&self) -> bool {
        UNDER_COMPUTE_PLANS.contains(&self.as_str())
            || self
                .host_family()
                .is_some_and(|family| !HIGH_MEMORY.contains(&family))
    }

    /// Whether it is a request to a function: plans count it at the price of On-Demand.
    pub fn is_function_request(&self) -> bool {
        FUNCTION_REQUESTS.contains(&self.as_str())
    }

    /// The reservation of such a host, All Upfront, for a term.
    #[must_use]
    pub(crate) fn all_upfront(&self, term: Term) -> Self {
        Self(Cow::Owned(format!(
            "{}-{}-all-upfront",
            self.0,
            term.code()
        )))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Lower-case words and numbers, joined by hyphens.
impl FromStr for ServiceItem {
    type Err = InvalidItem;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_word = |word: &str| {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
            !word.is_empty() && word.bytes().all(plain)
        };
        if text.split('-').all(is_word) {
            Ok(Self(Cow::Owned(text.to_owned())))
        } else {
            Err(InvalidItem(text.to_owned()))
        }
    }
}

impl fmt::Display for ServiceItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
