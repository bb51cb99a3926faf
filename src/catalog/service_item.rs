//! The names of what AWS charges for beside instances.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::{
    InstanceType, OperatingSystem, Platform, Region, SqlEdition, Term, attributes, is_burstable,
};

/// Platforms whose licence "Optimize CPUs" charges by vCPU, with their word in names of items.
const LICENSED: [(Platform, &str); 4] = [
    (Platform::WINDOWS, "windows"),
    (windows_with(SqlEdition::Web), "windows-sql-web"),
    (windows_with(SqlEdition::Standard), "windows-sql-std"),
    (windows_with(SqlEdition::Enterprise), "windows-sql-ent"),
];

const fn windows_with(sql: SqlEdition) -> Platform {
    Platform {
        os: OperatingSystem::Windows,
        sql: Some(sql),
    }
}

/// What AWS charges for beside instances, by our name for it: `nat-gateway-hour`, `ebs-gp3-gb-month`.
///
/// `pricing-data/services/items.csv` says which of AWS's descriptions each name stands for. Use of databases has too many
/// for names of our own: it is called as bills do, `AmazonRDS/InstanceUsage:db.r7g.large/CreateDBInstance:0021`.
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
#[error(
    "`{0}` is not the name of a charge: lower-case words joined by hyphens, or SERVICE/USAGE-TYPE/OPERATION of a database"
)]
pub struct InvalidItem(pub String);

impl ServiceItem {
    /// A NAT gateway, alive for an hour.
    pub const NAT_GATEWAY_HOUR: Self = Self(Cow::Borrowed("nat-gateway-hour"));
    /// Data through a NAT gateway, in either direction.
    pub const NAT_GATEWAY_GB: Self = Self(Cow::Borrowed("nat-gateway-gb"));
    /// A regional NAT gateway, for an hour in each zone that it works in.
    pub const REGIONAL_NAT_GATEWAY_HOUR: Self = Self(Cow::Borrowed("regional-nat-gateway-hour"));
    /// Data through a regional NAT gateway.
    pub const REGIONAL_NAT_GATEWAY_GB: Self = Self(Cow::Borrowed("regional-nat-gateway-gb"));
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

    /// What was paid for a Capacity Block, in dollars.
    pub const CAPACITY_BLOCK_FEE: Self = Self(Cow::Borrowed("capacity-block-fee"));

    /// The charge of this name, for names that the program writes itself.
    pub const fn named(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// Data to another region.
    pub fn inter_region(to: Region) -> Self {
        Self(Cow::Owned(format!("inter-region-gb-to-{to}")))
    }

    /// Data from CloudFront's edge locations of an area to `internet` or `origin`.
    pub fn cloudfront(area: &'static str, to: &'static str) -> Self {
        Self(Cow::Owned(format!("cloudfront-{area}-{to}-gb")))
    }

    /// A Dedicated Host of a family for an hour.
    pub fn dedicated_host(family: &str) -> Result<Self, InvalidItem> {
        format!("dedicated-host-{family}-hour").parse()
    }

    /// The family of a Dedicated Host's hour.
    pub fn host_family(&self) -> Option<&str> {
        self.0
            .strip_prefix("dedicated-host-")?
            .strip_suffix("-hour")
    }

    /// The licence of an instance with "Optimize CPUs", by active vCPU and hour; `None` where AWS does not charge it so.
    /// Source: docs.aws.amazon.com, EC2 User Guide, "Optimize CPUs for License-Included instances".
    pub fn licence(platform: Platform, instance_type: InstanceType) -> Option<Self> {
        let (_, word) = LICENSED.iter().find(|(known, _)| *known == platform)?;
        let name = instance_type.as_str().replace('.', "-");
        Some(Self(Cow::Owned(format!("licence-{word}-{name}-vcpu-hour"))))
    }

    /// Platform and instance type of such a licence.
    pub fn licensed(&self) -> Option<(Platform, InstanceType)> {
        let name = self
            .0
            .strip_prefix("licence-")?
            .strip_suffix("-vcpu-hour")?;
        let mut words = LICENSED.iter().rev();
        words.find_map(|(platform, word)| {
            let name = name.strip_prefix(word)?.strip_prefix('-')?;
            let mut dots = name.match_indices('-').map(|(at, _)| at);
            let found = dots.find_map(|at| {
                let (family, size) = name.split_at_checked(at)?;
                let found = format!("{family}.{}", size.get(1..)?).parse().ok()?;
                attributes(found).map(|_| found)
            });
            Some((*platform, found?))
        })
    }

    /// Surplus CPU credits of a burstable family in unlimited mode, by the vCPU-hour; Windows has a price of its own.
    pub fn cpu_credits(instance_type: InstanceType, os: OperatingSystem) -> Self {
        let windows = if os == OperatingSystem::Windows {
            "-windows"
        } else {
            ""
        };
        let family = instance_type.family();
        Self(Cow::Owned(format!(
            "cpu-credits-{family}{windows}-vcpu-hour"
        )))
    }

    /// The family of such credits.
    pub fn credit_family(&self) -> Option<&str> {
        let name = self.0.strip_prefix("cpu-credits-")?;
        let family = name.strip_suffix("-vcpu-hour")?;
        let family = family.strip_suffix("-windows").unwrap_or(family);
        is_burstable(family).then_some(family)
    }

    /// Use of a database, as bills name it: product code, usage type and operation. `None` where one of them is no such
    /// name.
    pub fn database(service: &str, usage_type: &str, operation: &str) -> Option<Self> {
        let parts = [service, usage_type, operation];
        let name = parts.join("/");
        parts
            .into_iter()
            .all(is_of_bills)
            .then_some(Self(Cow::Owned(name)))
    }

    /// Product code, usage type and operation of a database's use; `None` of everything else.
    pub fn as_database(&self) -> Option<[&str; 3]> {
        let mut parts = self.0.split('/');
        let found = [parts.next()?, parts.next()?, parts.next()?];
        parts.next().is_none().then_some(found)
    }

    /// Whether Savings Plans of any kind may cover it: what Compute ones do, and databases.
    pub fn may_be_under_plans(&self) -> bool {
        self.is_covered_by_compute_plans() || self.as_database().is_some()
    }

    /// Whether commitments of any kind may cover it, hour by hour: what plans do, and hosts that may be reserved alone.
    pub fn may_be_committed(&self) -> bool {
        self.may_be_under_plans() || self.host_family().is_some()
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

/// A product code, usage type or operation: `AmazonRDS`, `EU-InstanceUsage:db.r7g.large`.
fn is_of_bills(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b":.-_".contains(&b);
    !name.is_empty() && name.bytes().all(plain)
}

/// Lower-case words and numbers, joined by hyphens; or a database's three names, joined by slashes.
impl FromStr for ServiceItem {
    type Err = InvalidItem;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let [service, usage_type, operation] = text.split('/').collect::<Vec<_>>()[..] {
            let database = Self::database(service, usage_type, operation);
            return database.ok_or_else(|| InvalidItem(text.to_owned()));
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_are_called_as_in_bills() {
        let parts = [
            "AmazonRDS",
            "EU-InstanceUsage:db.r7g.large",
            "CreateDBInstance:0021",
        ];
        let name = "AmazonRDS/EU-InstanceUsage:db.r7g.large/CreateDBInstance:0021";
        let item: ServiceItem = name.parse().unwrap();
        assert_eq!(item.as_str(), name);
        assert_eq!(item.as_database(), Some(parts));
        let [service, usage_type, operation] = parts;
        assert_eq!(
            ServiceItem::database(service, usage_type, operation),
            Some(item)
        );
        for wrong in [
            "AmazonRDS/a/",
            "AmazonRDS/a b/c",
            "a/b",
            "a/b/c/d",
            "nat-gateway/a/b c",
        ] {
            assert!(wrong.parse::<ServiceItem>().is_err(), "{wrong}");
        }
        assert_eq!(ServiceItem::NAT_GATEWAY_GB.as_database(), None);
    }

    #[test]
    fn licences_name_platform_and_type() {
        for (platform, instance_type, name) in [
            (
                "Windows",
                "r7i.8xlarge",
                "licence-windows-r7i-8xlarge-vcpu-hour",
            ),
            (
                "Windows with SQL Ent",
                "m7i.metal-24xl",
                "licence-windows-sql-ent-m7i-metal-24xl-vcpu-hour",
            ),
        ] {
            let key = (platform.parse().unwrap(), instance_type.parse().unwrap());
            let item = ServiceItem::licence(key.0, key.1).unwrap();
            assert_eq!(item.as_str(), name);
            assert_eq!(item.licensed(), Some(key));
        }
        let linux = ServiceItem::licence(Platform::LINUX, "m5.large".parse().unwrap());
        assert_eq!(linux, None);
        assert_eq!(ServiceItem::NAT_GATEWAY_HOUR.licensed(), None);
    }
}
