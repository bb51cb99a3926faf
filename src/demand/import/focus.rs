//! What a row of a FOCUS file is.

use std::borrow::Cow;

use super::bill;
use super::classify::{Outcome, Raw, Refusal, Rules, Usage, instance_type, region};
use super::facts::{Cover, Doubt, Skip};
use super::number::decimal;
use super::spec::{Role, SYSTEM_DETAIL, TENANCY_DETAIL, TYPE_DETAIL};
use crate::catalog::{Platform, Tenancy, Zone, attributes};
use crate::demand::{DemandKey, Market};

/// What the names of EC2 contain.
pub(super) const MARKS: [&str; 2] = ["EC2", "Elastic Compute"];

/// Whether a row may be of EC2: only then is the long tuple looked at.
pub(super) fn may_be_instances(service: &[u8]) -> bool {
    let contains = |mark: &&str| memchr::memmem::find(service, mark.as_bytes()).is_some();
    MARKS.iter().any(contains)
}

/// Classifies by provider, then charge category, then service: a tax on an instance is a tax.
pub(super) fn classify(raw: &Raw<'_>, rules: &Rules) -> Result<Outcome, Refusal> {
    let skip = |reason| Ok(Outcome::Skip(reason));
    let provider = raw.get(Role::Provider);
    if !provider.is_empty() && !provider.starts_with("AWS") && !provider.starts_with("Amazon") {
        return skip(Skip::OtherProvider);
    }
    match raw.get(Role::LineType) {
        "Usage" => {}
        "Purchase" => return skip(Skip::Purchase),
        "Tax" => return skip(Skip::Tax),
        "Credit" | "Adjustment" => return skip(Skip::Discount),
        _ => return skip(Skip::OtherCharge),
    }
    if !may_be_instances(raw.get(Role::Service).as_bytes()) {
        return skip(Skip::OtherService);
    }
    if raw.get(Role::CommitmentStatus) == "Unused" {
        return skip(Skip::UnusedCommitment);
    }
    let coded = raw.get(Role::UsageType);
    if !coded.is_empty() {
        return bill::by_usage_type(raw, coded, cover(raw), rules);
    }
    let Some(name) = type_name(raw) else {
        return skip(Skip::NotInstances);
    };
    usage(raw, &name, rules)
}

/// What covered the row: FOCUS tells spend-based commitments (Savings Plans) from usage-based ones.
pub(super) fn cover(raw: &Raw<'_>) -> Cover {
    match (
        raw.get(Role::Reservation),
        raw.get(Role::CommitmentCategory),
    ) {
        ("", _) => Cover::None,
        (id, "Spend") => Cover::SavingsPlan(id.into()),
        (id, "Usage") => Cover::Reservation(id.into()),
        (id, _) if id.contains(":savingsplan") => Cover::SavingsPlan(id.into()),
        (id, _) => Cover::Reservation(id.into()),
    }
}

/// The instance type by the price's details, else by the description, of a row measured in hours.
fn type_name<'a>(raw: &'a Raw<'_>) -> Option<Cow<'a, str>> {
    if !raw.get(Role::Unit).to_ascii_lowercase().starts_with('h') {
        return None;
    }
    let named = raw.map(Role::SkuDetails, TYPE_DETAIL);
    if !named.is_empty() {
        return Some(named.into());
    }
    let mut words = raw.get(Role::Description).split([' ', ',', '(', ')']);
    let is_type = |word: &&str| word.parse().is_ok_and(|found| attributes(found).is_some());
    words.find(is_type).map(Cow::Borrowed)
}

fn usage(raw: &Raw<'_>, name: &str, rules: &Rules) -> Result<Outcome, Refusal> {
    let mut doubts = Vec::new();
    let zone = raw.get(Role::Zone);
    let description = raw.get(Role::Description).to_ascii_lowercase();
    let spot = raw.get(Role::Pricing) == "Dynamic" || description.contains("spot instance");
    let market = if raw.get(Role::CapacityStatus) == "Unused" {
        Market::UnusedCapacity
    } else if spot {
        Market::Spot
    } else {
        Market::OnDemand
    };
    let key = DemandKey {
        account: bill::account(raw.get(Role::Account), &mut doubts),
        region: region(Role::Region, raw.get(Role::Region))?,
        zone: (!zone.is_empty()).then(|| Zone::new(zone)),
        instance_type: instance_type(Role::Description, name, rules, &mut doubts)?,
        platform: platform(raw, &description, &mut doubts),
        tenancy: tenancy(raw, &description),
        market,
        labels: raw.labels(rules),
    };
    Ok(Outcome::Usage(Box::new(Usage {
        key,
        cover: cover(raw),
        public_rate: decimal(raw.get(Role::PublicRate)),
        plan_rate: None,
        terms: [None, None, None],
        doubts,
        licence: None,
    })))
}

/// The platform by the price's details, else by words of the description.
fn platform(raw: &Raw<'_>, description: &str, doubts: &mut Vec<Doubt>) -> Platform {
    let named = raw.map(Role::SkuDetails, SYSTEM_DETAIL);
    if let Ok(platform) = named.parse() {
        return platform;
    }
    doubts.push(Doubt::OperatingSystemFromText);
    let words = [
        ("windows byol", "Windows BYOL"),
        ("windows with sql server enterprise", "Windows with SQL Ent"),
        ("windows with sql server standard", "Windows with SQL Std"),
        ("windows with sql server web", "Windows with SQL Web"),
        ("windows with sql", "Windows with SQL Std"),
        ("windows", "Windows"),
        ("red hat enterprise linux with ha", "RHEL HA"),
        ("rhel with ha", "RHEL HA"),
        ("red hat", "RHEL"),
        ("rhel", "RHEL"),
        ("suse", "SUSE"),
        ("ubuntu pro", "Ubuntu Pro"),
        ("linux", "Linux"),
    ];
    let found = words.iter().find(|(word, _)| description.contains(word));
    found
        .and_then(|(_, name)| name.parse().ok())
        .unwrap_or_else(|| {
            doubts.pop();
            doubts.push(Doubt::OperatingSystemAssumed);
            Platform::LINUX
        })
}

fn tenancy(raw: &Raw<'_>, description: &str) -> Tenancy {
    let named = raw.map(Role::SkuDetails, TENANCY_DETAIL);
    named
        .parse()
        .unwrap_or(if description.contains("dedicated") {
            Tenancy::Dedicated
        } else {
            Tenancy::Shared
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ec2_is_looked_at_closely() {
        for (service, may) in [
            ("Amazon Elastic Compute Cloud", true),
            ("AmazonEC2", true),
            ("Amazon Elastic Container Service", false),
        ] {
            assert_eq!(may_be_instances(service.as_bytes()), may, "{service}");
        }
    }
}
