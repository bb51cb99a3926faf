//! Which of AWS's services a charge is of, in FOCUS's words.

use super::{SavingsPlanKind, ServiceItem, database};

/// FOCUS's `ServiceName` and `ServiceCategory`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AwsService {
    /// `Amazon Elastic Compute Cloud`.
    pub name: &'static str,
    /// `Compute`.
    pub category: &'static str,
}

/// Beginnings of names of items, with service and category.
const BY_NAME: [(&str, AwsService); 9] = [
    ("capacity-block-", AwsService::EC2),
    ("cpu-credits-", AwsService::EC2),
    ("licence-", AwsService::EC2),
    ("dedicated-", AwsService::EC2),
    (
        "ebs-",
        AwsService::new("Amazon Elastic Block Store", "Storage"),
    ),
    (
        "fargate-",
        AwsService::new("Amazon Elastic Container Service", "Compute"),
    ),
    ("lambda-", AwsService::new("AWS Lambda", "Compute")),
    (
        "cloudfront-",
        AwsService::new("Amazon CloudFront", "Networking"),
    ),
    (
        "direct-connect-",
        AwsService::new("AWS Direct Connect", "Networking"),
    ),
];

impl AwsService {
    /// Instances, and what is charged with them.
    pub const EC2: Self = Self::new("Amazon Elastic Compute Cloud", "Compute");

    const fn new(name: &'static str, category: &'static str) -> Self {
        Self { name, category }
    }

    /// What fees of a Savings Plan are of, and what nobody used of it.
    pub const fn of_plan(kind: SavingsPlanKind) -> Self {
        let category = match kind {
            SavingsPlanKind::Ec2Instance | SavingsPlanKind::Compute => "Compute",
            SavingsPlanKind::Database => "Databases",
        };
        Self::new("AWS Savings Plans", category)
    }

    /// What an item beside instances is of.
    pub fn of(item: &ServiceItem) -> Self {
        if let Some(name) = item
            .as_database()
            .and_then(|[service, ..]| database::service_name(service))
        {
            return Self::new(name, "Databases");
        }
        let item = item.as_str();
        let known = BY_NAME.iter().find(|(start, _)| item.starts_with(start));
        let is_balancer = item.contains("load-balancer") && !item.contains("endpoint");
        let is_transfer = item.starts_with("inter") && !item.starts_with("interface-endpoint");
        match known {
            Some((_, service)) => *service,
            None if is_transfer => Self::new("AWS Data Transfer", "Networking"),
            None if is_balancer => Self::new("Elastic Load Balancing", "Networking"),
            None => Self::new("Amazon Virtual Private Cloud", "Networking"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_of_services() {
        for (item, name, category) in [
            ("ebs-gp3-gb-month", "Amazon Elastic Block Store", "Storage"),
            (
                "dedicated-host-m5-hour",
                "Amazon Elastic Compute Cloud",
                "Compute",
            ),
            ("inter-az-in-gb", "AWS Data Transfer", "Networking"),
            ("internet-egress-gb", "AWS Data Transfer", "Networking"),
            (
                "interface-endpoint-hour",
                "Amazon Virtual Private Cloud",
                "Networking",
            ),
            (
                "network-load-balancer-hour",
                "Elastic Load Balancing",
                "Networking",
            ),
            (
                "AmazonRDS/InstanceUsage:db.r7g.large/CreateDBInstance:0021",
                "Amazon Relational Database Service",
                "Databases",
            ),
        ] {
            let service = AwsService::of(&item.parse().unwrap());
            assert_eq!((service.name, service.category), (name, category), "{item}");
        }
    }
}
