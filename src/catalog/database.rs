//! Normalized units of reserved database instances and cache nodes.
//!
//! Source, read in autumn 2026: docs.aws.amazon.com, RDS User Guide, "Reserved DB instances" (the factors of sizes are
//! those of EC2; a Multi-AZ instance counts twice, a Multi-AZ cluster three times) and ElastiCache User Guide,
//! "Reserved nodes" (a Valkey node counts 0.8 of one of Redis OSS). docs/billing-rules.md, R78.

use rust_decimal::{Decimal, dec};

use super::instance_type::quarters_of_size;

/// How a database or cache is laid out, as far as reservations count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deployment {
    /// One instance or node.
    Single,
    /// An instance with a standby in another zone.
    MultiAz,
    /// A cluster of an instance and two readable standbys.
    MultiAzCluster,
    /// A cache node of Valkey.
    Valkey,
}

impl Deployment {
    /// How often a size counts.
    pub const fn factor(self) -> Decimal {
        match self {
            Self::Single => Decimal::ONE,
            Self::MultiAz => Decimal::TWO,
            Self::MultiAzCluster => dec!(3),
            Self::Valkey => dec!(0.8),
        }
    }
}

/// Normalized units of a class such as `db.r7g.4xlarge` or `cache.r7g.4xlarge`; `None` where the size has no factor.
pub fn database_units(class: &str, deployment: Deployment) -> Option<Decimal> {
    let (_, size) = class.rsplit_once('.')?;
    let quarters = Decimal::from(quarters_of_size(size)?);
    Some((quarters / dec!(4) * deployment.factor()).normalize())
}

/// The same of what a bill's usage type names, such as `Multi-AZUsage:db.r7g.large`, of RDS and ElastiCache; `None` of
/// anything else.
pub fn reserved_units(service: &str, usage_type: &str, operation: &str) -> Option<Decimal> {
    let (head, class) = usage_type.split_once(':')?;
    let ends = |word: &str| head == word || head.ends_with(&format!("-{word}"));
    let deployment = match service {
        "AmazonRDS" if ends("InstanceUsage") => Deployment::Single,
        "AmazonRDS" if ends("Multi-AZUsage") => Deployment::MultiAz,
        "AmazonRDS" if ends("Multi-AZClusterUsage") => Deployment::MultiAzCluster,
        "AmazonElastiCache" if ends("NodeUsage") && operation.ends_with("Valkey") => {
            Deployment::Valkey
        }
        "AmazonElastiCache" if ends("NodeUsage") => Deployment::Single,
        _ => return None,
    };
    database_units(class, deployment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_types_say_how_often_a_size_counts() {
        for (service, usage_type, operation, units) in [
            ("AmazonRDS", "InstanceUsage:db.r7g.large", "", Some(dec!(4))),
            (
                "AmazonRDS",
                "EU-Multi-AZUsage:db.t4g.small",
                "",
                Some(dec!(2)),
            ),
            (
                "AmazonRDS",
                "Multi-AZClusterUsage:db.r6gd.large",
                "",
                Some(dec!(12)),
            ),
            (
                "AmazonElastiCache",
                "EU-NodeUsage:cache.r7g.4xlarge",
                "CreateCacheCluster:Valkey",
                Some(dec!(25.6)),
            ),
            (
                "AmazonElastiCache",
                "NodeUsage:cache.r7g.4xlarge",
                "CreateCacheCluster:0002",
                Some(dec!(32)),
            ),
            ("AmazonRDS", "Aurora:ServerlessV2Usage", "", None),
            ("AmazonNeptune", "InstanceUsage:db.r7g.large", "", None),
        ] {
            assert_eq!(
                reserved_units(service, usage_type, operation),
                units,
                "{usage_type}"
            );
        }
    }
}
