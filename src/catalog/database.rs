//! Databases as bills name them: normalized units of reserved instances and cache nodes, services, engines.
//!
//! Source of the units, read in autumn 2026: docs.aws.amazon.com, RDS User Guide, "Reserved DB instances" (the factors of sizes are
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

/// Product codes of the services whose use Database Savings Plans may cover, with FOCUS's `ServiceName`.
/// Source: the services named in AWS's `AWSDatabaseSavingsPlans` files.
const SERVICES: [(&str, &str); 9] = [
    ("AWSDatabaseMigrationSvc", "AWS Database Migration Service"),
    (
        "AmazonDocDB",
        "Amazon DocumentDB (with MongoDB compatibility)",
    ),
    ("AmazonDynamoDB", "Amazon DynamoDB"),
    ("AmazonElastiCache", "Amazon ElastiCache"),
    ("AmazonMCS", "Amazon Keyspaces (for Apache Cassandra)"),
    ("AmazonNeptune", "Amazon Neptune"),
    ("AmazonRDS", "Amazon Relational Database Service"),
    ("AmazonTimestream", "Amazon Timestream"),
    ("AuroraDSQL", "Amazon Aurora DSQL"),
];

/// The product code of a database service, by itself or by FOCUS's `ServiceName`; `None` of other services.
pub fn database_service(service: &str) -> Option<&'static str> {
    let mut known = SERVICES.iter();
    let found = known.find(|(code, name)| *code == service || *name == service);
    found.map(|(code, _)| *code)
}

/// FOCUS's `ServiceName` of such a product code.
pub(super) fn service_name(code: &str) -> Option<&'static str> {
    let found = SERVICES.iter().find(|(known, _)| *known == code);
    found.map(|(_, name)| *name)
}

/// Which engine runs, by the code of an `AmazonRDS` operation such as `CreateDBInstance:0021`.
///
/// Source: `operation`, `Database Engine`, `Database Edition` and `License Model` of AWS's AmazonRDS offer file of
/// Ireland, 2018-12-01; the codes 0015, 0018 and from 0028 on, which it has not, of queries over bills that FinOps teams
/// have published.
pub fn engine(operation: &str) -> Option<&'static str> {
    Some(match operation.strip_prefix("CreateDBInstance:")? {
        "0002" => "MySQL",
        "0003" => "Oracle SE1 (BYOL)",
        "0004" => "Oracle SE (BYOL)",
        "0005" => "Oracle EE (BYOL)",
        "0006" => "Oracle SE1",
        "0008" => "SQL Server SE (BYOL)",
        "0009" => "SQL Server EE (BYOL)",
        "0011" => "SQL Server Web",
        "0012" => "SQL Server SE",
        "0014" => "PostgreSQL",
        "0015" => "SQL Server EE",
        "0016" => "Aurora MySQL",
        "0018" => "MariaDB",
        "0019" => "Oracle SE2 (BYOL)",
        "0020" => "Oracle SE2",
        "0021" => "Aurora PostgreSQL",
        "0028" => "Db2 SE (BYOL)",
        "0029" => "Db2 AE (BYOL)",
        "0034" => "Db2 SE (Marketplace)",
        "0035" => "Db2 AE (Marketplace)",
        _ => return None,
    })
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
