//! What a row of a Cost and Usage Report is.

use super::classify::{Outcome, Raw, Refusal, Rules, Usage, instance_type, region};
use super::facts::{Cover, Doubt, Skip};
use super::number::decimal;
use super::spec::Role;
use crate::catalog::{Account, Platform, Region, Tenancy, Zone, database_service};
use crate::demand::{DemandKey, Market};

/// What the usage type says the row meters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    OnDemand(Tenancy),
    Spot,
    UnusedCapacity(Tenancy),
    CapacityTotal,
    OnHost,
    Host,
    Other,
}

/// Prefix, kind and instance type of `APN2-BoxUsage:m5.large`.
struct UsageType<'a> {
    prefix: &'a str,
    kind: Kind,
    instance_type: Option<&'a str>,
}

/// What usage types that may meter instance-hours contain; the first ones end in `Usage`.
pub(super) const MARKS: [&str; 9] = [
    "BoxUsage",
    "SpotUsage",
    "DedicatedUsage",
    "HeavyUsage",
    "HostUsage",
    "UnusedBox",
    "UnusedDed",
    "Reservation:",
    "DedicatedRes:",
];

/// Line item types of a commitment's fees, whose rows are read whole.
pub(super) const FEES: [&str; 3] = [RI_FEE, "SavingsPlanRecurringFee", "SavingsPlanUpfrontFee"];
const RI_FEE: &str = "RIFee";

/// Whether a usage type may meter instance-hours: only then is the long tuple looked at.
pub(super) fn may_be_instances(usage_type: &[u8]) -> bool {
    // One search for what most have in common, and a look at what stands there.
    if let Some(at) = memchr::memmem::find(usage_type, b"Usage") {
        let known = &usage_type[..at + 5];
        return MARKS.iter().any(|mark| known.ends_with(mark.as_bytes()));
    }
    let contains = |mark: &&str| memchr::memmem::find(usage_type, mark.as_bytes()).is_some();
    MARKS.iter().any(contains)
}

/// Classifies by line item type first: a tax on an instance is a tax.
pub(super) fn classify(raw: &Raw<'_>, rules: &Rules) -> Result<Outcome, Refusal> {
    let skip = |reason| Ok(Outcome::Skip(reason));
    match raw.get(Role::LineType) {
        "" => may_be_usage(raw)?,
        "Usage" | "DiscountedUsage" | "SavingsPlanCoveredUsage" => {}
        RI_FEE if !is_ec2(raw.get(Role::Service)) => return skip(Skip::OtherService),
        fee if FEES.contains(&fee) => return Ok(Outcome::Fee),
        "SavingsPlanNegation" => return skip(Skip::Negation),
        "Credit"
        | "Refund"
        | "Discount"
        | "BundledDiscount"
        | "EdpDiscount"
        | "PrivateRateDiscount"
        | "RiVolumeDiscount"
        | "SppDiscount" => return skip(Skip::Discount),
        "Tax" => return skip(Skip::Tax),
        _ => return skip(Skip::OtherCharge),
    }
    if !is_ec2(raw.get(Role::Service)) {
        return skip(if is_under_plan(raw) {
            Skip::UnderPlan
        } else {
            Skip::OtherService
        });
    }
    by_usage_type(raw, raw.get(Role::UsageType), cover(raw), rules)
}

/// Whether a plan served a row of another service: its commitment was used there.
fn is_under_plan(raw: &Raw<'_>) -> bool {
    let service = raw.get(Role::Service);
    raw.get(Role::LineType) == "SavingsPlanCoveredUsage"
        && (matches!(service, "AmazonECS" | "AmazonEKS" | "AWSLambda")
            || database_service(service).is_some())
}

/// Without a line item type, a row that names a commitment may be usage, the negation of usage, or a fee.
fn may_be_usage(raw: &Raw<'_>) -> Result<(), Refusal> {
    let names = |role| !raw.get(role).is_empty();
    let is_fee = raw.get(Role::UsageType).contains("HeavyUsage");
    if !is_fee && !names(Role::Reservation) && !names(Role::SavingsPlan) {
        return Ok(());
    }
    Err(Refusal {
        role: Role::UsageType,
        message: "a row of a commitment without a line item type".into(),
        label: "usage, the negation of usage, or a fee?".into(),
        hint: "export the column `line_item_line_item_type` (`lineItem/LineItemType`), too".into(),
    })
}

/// Classifies a row of EC2 usage by its usage type, which FOCUS files of AWS have too.
pub(super) fn by_usage_type(
    raw: &Raw<'_>,
    usage_type: &str,
    cover: Cover,
    rules: &Rules,
) -> Result<Outcome, Refusal> {
    let skip = |reason| Ok(Outcome::Skip(reason));
    let usage_type = UsageType::parse(usage_type);
    match usage_type.kind {
        Kind::Other => skip(Skip::NotInstances),
        Kind::OnHost => skip(Skip::OnHost),
        Kind::Host => skip(Skip::Host),
        Kind::CapacityTotal => skip(Skip::CapacityTotal),
        // Without a product code only the operation tells EC2 from the surcharge EMR meters alike.
        _ if raw.get(Role::Service).is_empty()
            && !raw.get(Role::Operation).starts_with("RunInstances") =>
        {
            skip(Skip::OtherService)
        }
        Kind::OnDemand(Tenancy::Dedicated) if names_no_type(raw, &usage_type) => {
            skip(Skip::DedicatedFee)
        }
        Kind::OnDemand(tenancy) => {
            usage(raw, &usage_type, (tenancy, Market::OnDemand), cover, rules)
        }
        Kind::UnusedCapacity(tenancy) => usage(
            raw,
            &usage_type,
            (tenancy, Market::UnusedCapacity),
            cover,
            rules,
        ),
        Kind::Spot => usage(
            raw,
            &usage_type,
            (spot_tenancy(raw), Market::Spot),
            cover,
            rules,
        ),
    }
}

/// `EU-DedicatedUsage` alone is the fee of a region, two dollars an hour (EC2 offer file of Ireland, 2023-02-23).
fn names_no_type(raw: &Raw<'_>, usage_type: &UsageType<'_>) -> bool {
    let column = raw.product(Role::InstanceType);
    usage_type.instance_type.is_none() && column.is_empty()
}

/// Whether a product code is EC2's; an older export may have none.
pub(super) fn is_ec2(service: &str) -> bool {
    matches!(service, "" | "AmazonEC2")
}

fn spot_tenancy(raw: &Raw<'_>) -> Tenancy {
    let found = raw.product(Role::Tenancy);
    if found.eq_ignore_ascii_case("dedicated") {
        Tenancy::Dedicated
    } else {
        Tenancy::Shared
    }
}

fn usage(
    raw: &Raw<'_>,
    usage_type: &UsageType<'_>,
    (tenancy, market): (Tenancy, Market),
    cover: Cover,
    rules: &Rules,
) -> Result<Outcome, Refusal> {
    let mut doubts = Vec::new();
    if raw.get(Role::LineType).is_empty() {
        doubts.push(Doubt::NoLineType);
    }
    let zone = raw.get(Role::Zone);
    let (role, name) = type_name(raw, usage_type, &mut doubts);
    let key = DemandKey {
        account: account(raw.get(Role::Account), &mut doubts),
        region: place(raw, usage_type, &mut doubts)?,
        zone: (!zone.is_empty()).then(|| Zone::new(zone)),
        instance_type: instance_type(role, &name, rules, &mut doubts)?,
        platform: platform(raw, &mut doubts)?,
        tenancy,
        market,
        labels: raw.labels(rules),
    };
    let owned = |role| Some(raw.get(role).to_owned()).filter(|text: &String| !text.is_empty());
    Ok(Outcome::Usage(Box::new(Usage {
        key,
        public_rate: decimal(raw.get(Role::PublicRate)),
        plan_rate: match cover {
            Cover::SavingsPlan(_) => decimal(raw.get(Role::PlanRate)),
            _ => None,
        },
        terms: match cover {
            Cover::Reservation(_) => {
                [Role::Lease, Role::OfferingClass, Role::PaymentOption].map(owned)
            }
            _ => [None, None, None],
        },
        cover,
        doubts,
        licence: None,
    })))
}

fn cover(raw: &Raw<'_>) -> Cover {
    match raw.get(Role::LineType) {
        "DiscountedUsage" => Cover::Reservation(raw.get(Role::Reservation).into()),
        "SavingsPlanCoveredUsage" => Cover::SavingsPlan(raw.get(Role::SavingsPlan).into()),
        _ => Cover::None,
    }
}

pub(super) fn account(text: &str, doubts: &mut Vec<Doubt>) -> Account {
    if text.is_empty() {
        doubts.push(Doubt::NoAccount);
        return Account::new("default");
    }
    Account::new(text)
}

/// The type stands behind the colon; `BoxUsage` alone is AWS's first type.
fn type_name<'a>(
    raw: &'a Raw<'_>,
    usage_type: &'a UsageType<'_>,
    doubts: &mut Vec<Doubt>,
) -> (Role, std::borrow::Cow<'a, str>) {
    if let Some(name) = usage_type.instance_type {
        return (Role::UsageType, name.into());
    }
    let found = raw.product(Role::InstanceType);
    if found.is_empty() {
        doubts.push(Doubt::ClassicBoxUsage);
        return (Role::UsageType, "m1.small".into());
    }
    (Role::InstanceType, found)
}

/// The region by its column, else by the zone, else by the usage type's prefix.
fn place(
    raw: &Raw<'_>,
    usage_type: &UsageType<'_>,
    doubts: &mut Vec<Doubt>,
) -> Result<Region, Refusal> {
    let code = raw.product(Role::Region);
    let zone = raw.get(Role::Zone);
    if !code.is_empty() {
        let stated = region(Role::Region, &code)?;
        // A local or Wavelength zone has prices of its own, whatever region the bill files it under.
        let local = Region::from_zone(zone).filter(|found| found.parent() == stated);
        return Ok(local.unwrap_or(stated));
    }
    if let Some(found) = Region::from_zone(zone) {
        return Ok(found);
    }
    if !zone.is_empty() {
        return region(Role::Zone, zone);
    }
    doubts.push(Doubt::RegionFromUsageType);
    Region::from_usage_type_prefix(usage_type.prefix).ok_or_else(|| Refusal {
        role: Role::UsageType,
        message: format!("unknown region prefix `{}`", usage_type.prefix),
        label: "no region's usage types start so".into(),
        hint: "a column `product/regionCode` or `lineItem/AvailabilityZone` would tell the region"
            .into(),
    })
}

/// The platform by the operation code, checked against the product columns.
fn platform(raw: &Raw<'_>, doubts: &mut Vec<Doubt>) -> Result<Platform, Refusal> {
    let operation = raw.get(Role::Operation);
    let product = product_platform(raw);
    match (Platform::from_operation(operation), product) {
        (Ok(coded), Some(named)) if !operation.is_empty() => {
            if coded != named {
                doubts.push(Doubt::OperatingSystemDisputed);
            }
            Ok(coded)
        }
        (Ok(coded), None) if !operation.is_empty() => Ok(coded),
        (_, Some(named)) => {
            doubts.push(Doubt::OperatingSystemFromProduct);
            Ok(named)
        }
        (_, None) => Err(unknown_platform(operation)),
    }
}

fn unknown_platform(operation: &str) -> Refusal {
    let (message, label) = if operation.is_empty() {
        (
            "no column names the operating system".to_owned(),
            "no operation code",
        )
    } else {
        (
            format!("unknown operation code `{operation}`"),
            "no operating system has this code",
        )
    };
    Refusal {
        role: if operation.is_empty() { Role::UsageType } else { Role::Operation },
        message,
        label: label.into(),
        hint: "the columns `lineItem/Operation` or `product/operatingSystem` name the operating system".into(),
    }
}

/// The platform by `product/operatingSystem`, `preInstalledSw` and `licenseModel`.
fn product_platform(raw: &Raw<'_>) -> Option<Platform> {
    let system = raw.product(Role::OperatingSystem);
    let software = raw.product(Role::Software);
    let license = raw.product(Role::License);
    let system = match (&*system, &*license) {
        ("" | "NA", _) => return None,
        ("Windows", "Bring your own license") => "Windows BYOL",
        ("Red Hat Enterprise Linux with HA", _) => "RHEL HA",
        (other, _) => other,
    };
    match &*software {
        "" | "NA" => system.parse().ok(),
        software => format!("{system} with {software}").parse().ok(),
    }
}

impl<'a> UsageType<'a> {
    fn parse(text: &'a str) -> Self {
        let (head, instance_type) = match text.split_once(':') {
            Some((head, tail)) => (head, Some(tail)),
            None => (text, None),
        };
        let (prefix, kind) = head.rsplit_once('-').unwrap_or(("", head));
        let kind = match kind {
            "BoxUsage" | "HeavyUsage" => Kind::OnDemand(Tenancy::Shared),
            "DedicatedUsage" => Kind::OnDemand(Tenancy::Dedicated),
            "SpotUsage" => Kind::Spot,
            "UnusedBox" => Kind::UnusedCapacity(Tenancy::Shared),
            "UnusedDed" => Kind::UnusedCapacity(Tenancy::Dedicated),
            "Reservation" | "DedicatedRes" => Kind::CapacityTotal,
            "HostBoxUsage" => Kind::OnHost,
            "HostUsage" => Kind::Host,
            _ => Kind::Other,
        };
        Self {
            prefix,
            kind,
            instance_type,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_types_are_taken_apart() {
        for (text, prefix, kind, name) in [
            (
                "BoxUsage:t2.micro",
                "",
                Kind::OnDemand(Tenancy::Shared),
                Some("t2.micro"),
            ),
            (
                "EUW2-BoxUsage:t2.micro",
                "EUW2",
                Kind::OnDemand(Tenancy::Shared),
                Some("t2.micro"),
            ),
            (
                "USW2-SpotUsage:c5.large",
                "USW2",
                Kind::Spot,
                Some("c5.large"),
            ),
            (
                "UnusedBox:m5.large",
                "",
                Kind::UnusedCapacity(Tenancy::Shared),
                Some("m5.large"),
            ),
            ("BoxUsage", "", Kind::OnDemand(Tenancy::Shared), None),
            (
                "EU-EBS:VolumeUsage.gp2",
                "EU",
                Kind::Other,
                Some("VolumeUsage.gp2"),
            ),
        ] {
            let found = UsageType::parse(text);
            assert_eq!(
                (found.prefix, found.kind, found.instance_type),
                (prefix, kind, name)
            );
            assert_eq!(
                may_be_instances(text.as_bytes()),
                kind != Kind::Other,
                "{text}"
            );
        }
    }
}
