//! What a row of AWS's price list is a price of: the operation code decides the platform, the region code the region.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::catalog::{InstanceType, OperatingSystem, Platform, Region, Tenancy};
use crate::diagnostics::Diagnostic;
use crate::prices::Product;

/// The attributes of a SKU that say what it is; empty where the file has none.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Attributes<'a> {
    pub(super) family: &'a str,
    pub(super) location: &'a str,
    pub(super) region_code: &'a str,
    pub(super) instance_type: &'a str,
    pub(super) tenancy: &'a str,
    pub(super) os: &'a str,
    pub(super) usage_type: &'a str,
    pub(super) operation: &'a str,
    pub(super) capacity: &'a str,
    pub(super) market: &'a str,
}

/// Why a row makes no rate.
#[derive(Debug)]
pub(super) enum Left {
    /// It prices something else; counted by this reason.
    Skip(&'static str),
    /// Its platform is none that is known; counted by code.
    Operation(String),
    /// It prices what has no item here; counted by product family.
    Family(String),
    /// It contradicts itself or names what does not exist.
    Wrong(Box<Diagnostic>),
}

impl From<Diagnostic> for Left {
    fn from(problem: Diagnostic) -> Self {
        Self::Wrong(Box::new(problem))
    }
}

const NO_INSTANCE: &str = "prices something other than an instance";
const UNUSED: &str =
    "prices a Capacity Reservation: unused it costs what On-Demand does, allocated nothing";
const HOST: &str = "prices an instance on a Dedicated Host, which is paid by the host";
const MARKET: &str = "is of another market than On-Demand, such as Capacity Blocks";

/// Whether rows of a product family price instances: bare metal ones have a family of their own.
pub(super) fn is_instance(family: &str) -> bool {
    family.starts_with("Compute Instance")
}

/// The product of a row of the AmazonEC2 offer file that prices an instance.
pub(super) fn of_offer(row: &Attributes<'_>) -> Result<Product, Left> {
    if !matches!(row.market, "" | "NA" | "OnDemand") {
        return Err(Left::Skip(MARKET));
    }
    if !matches!(row.capacity, "" | "NA" | "Used") {
        return Err(Left::Skip(UNUSED));
    }
    let tenancy: Tenancy = row.tenancy.parse().map_err(|expected: String| {
        Diagnostic::new(format!("unknown tenancy `{}`: {expected}", row.tenancy))
    })?;
    if tenancy == Tenancy::Host {
        return Err(Left::Skip(HOST));
    }
    let platform = platform(row.operation)?;
    check_os(row, platform)?;
    Ok(Product {
        region: region(row)?,
        instance_type: instance_type(row.instance_type)?,
        platform,
        tenancy,
    })
}

/// The product that a Savings Plan's rate is for: `APE2-BoxUsage:r7g.2xlarge` says how and where it runs.
pub(super) fn of_plan(row: &Attributes<'_>) -> Result<Product, Left> {
    let (place, instance) = row
        .usage_type
        .split_once(':')
        .unwrap_or((row.usage_type, ""));
    let word = place.rsplit_once('-').map_or(place, |(_, word)| word);
    let tenancy = match word {
        "BoxUsage" => Tenancy::Shared,
        "DedicatedUsage" => Tenancy::Dedicated,
        "UnusedBox" | "UnusedDed" | "Reservation" | "DedicatedRes" => {
            return Err(Left::Skip(UNUSED));
        }
        "HostUsage" | "HostBoxUsage" => return Err(Left::Skip(HOST)),
        _ => return Err(Left::Skip(NO_INSTANCE)),
    };
    if row.operation.is_empty() {
        let message = format!("the rate of `{}` names no operation", row.usage_type);
        let hint = "the operation decides the platform; without it Linux and Windows are the same";
        return Err(Diagnostic::new(message).hint(hint).into());
    }
    let named = if row.instance_type.is_empty() {
        instance
    } else {
        row.instance_type
    };
    Ok(Product {
        region: region(row)?,
        instance_type: instance_type(named)?,
        platform: platform(row.operation)?,
        tenancy,
    })
}

fn instance_type(text: &str) -> Result<InstanceType, Diagnostic> {
    text.parse()
        .map_err(|error: crate::catalog::NameForm| Diagnostic::new(error.to_string()))
}

fn platform(operation: &str) -> Result<Platform, Left> {
    let known = operation
        .starts_with("RunInstances")
        .then(|| Platform::from_operation(operation).ok())
        .flatten();
    known.ok_or_else(|| Left::Operation(operation.to_owned()))
}

/// The file's own word for the operating system must be that of the operation.
fn check_os(row: &Attributes<'_>, platform: Platform) -> Result<(), Diagnostic> {
    use OperatingSystem::{Linux, Rhel, RhelHa, Suse, UbuntuPro, Windows, WindowsByol};
    let fits = match row.os {
        "Linux" => platform.os == Linux,
        "RHEL" => platform.os == Rhel,
        "Red Hat Enterprise Linux with HA" => platform.os == RhelHa,
        "SUSE" => platform.os == Suse,
        "Ubuntu Pro" => platform.os == UbuntuPro,
        "Windows" => matches!(platform.os, Windows | WindowsByol),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(Diagnostic::new(format!(
        "the operation `{}` is {platform}, but the operating system is `{}`",
        row.operation, row.os
    ))
    .hint("the row was changed, or AWS has a new code: leave the row out, or report it"))
}

/// Names that AWS gave regions before those of the catalogue.
const OLD_NAMES: [(&str, &str); 9] = [
    ("Europe (Ireland)", "eu-west-1"),
    ("Europe (London)", "eu-west-2"),
    ("Europe (Paris)", "eu-west-3"),
    ("Europe (Frankfurt)", "eu-central-1"),
    ("Europe (Stockholm)", "eu-north-1"),
    ("Europe (Milan)", "eu-south-1"),
    ("EU (Milan)", "eu-south-1"),
    ("AWS GovCloud (US-West)", "us-gov-west-1"),
    ("Africa (Cape Town)", "af-south-1"),
];

static BY_NAME: LazyLock<BTreeMap<&'static str, Region>> = LazyLock::new(|| {
    let old = OLD_NAMES
        .iter()
        .filter_map(|(name, code)| Some((*name, code.parse().ok()?)));
    let known = Region::all().map(|region| (region.name(), region));
    old.chain(known)
        .filter(|(name, _)| !name.is_empty())
        .collect()
});

/// A region by the name that AWS gives its location.
pub(super) fn region_by_name(name: &str) -> Option<Region> {
    BY_NAME.get(name).copied()
}

/// The region of a row: by its code, else by its location, else by the head of its usage type.
pub(super) fn region(row: &Attributes<'_>) -> Result<Region, Diagnostic> {
    let unknown = |found: &str| {
        Diagnostic::new(format!("no region is known as `{found}`")).hint(
            "`bursar prices regions` lists those that are; --skip-unknown-regions leaves such rows out",
        )
    };
    if !row.region_code.is_empty() {
        return row
            .region_code
            .parse()
            .map_err(|_| unknown(row.region_code));
    }
    if !matches!(row.location, "" | "Any") {
        return region_by_name(row.location).ok_or_else(|| unknown(row.location));
    }
    let head = row
        .usage_type
        .split_once(':')
        .map_or(row.usage_type, |(head, _)| head);
    let prefix = head.rsplit_once('-').map_or("", |(prefix, _)| prefix);
    Region::from_usage_type_prefix(prefix).ok_or_else(|| unknown(row.usage_type))
}

/// Whether a problem is only that a region is not known.
pub(super) fn is_unknown_region(problem: &Diagnostic) -> bool {
    problem.message.starts_with("no region is known as")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: Attributes<'_> = Attributes {
        family: "Compute Instance",
        location: "EU (Ireland)",
        region_code: "",
        instance_type: "c1.medium",
        tenancy: "Shared",
        os: "Linux",
        usage_type: "EU-BoxUsage:c1.medium",
        operation: "RunInstances",
        capacity: "Used",
        market: "OnDemand",
    };

    #[test]
    fn a_row_is_known_by_code_name_or_usage_type() {
        assert_eq!(
            of_offer(&ROW).unwrap().to_string(),
            "c1.medium Linux in eu-west-1"
        );
        let renamed = Attributes {
            location: "Europe (Ireland)",
            ..ROW
        };
        assert_eq!(of_offer(&renamed).unwrap().region.as_str(), "eu-west-1");
        let bare = Attributes {
            location: "",
            ..ROW
        };
        assert_eq!(of_offer(&bare).unwrap().region.as_str(), "eu-west-1");
        let moon = Attributes {
            region_code: "moon-1",
            ..ROW
        };
        assert!(matches!(of_offer(&moon), Err(Left::Wrong(_))));
    }

    #[test]
    fn what_is_no_instance_rate_is_left_with_its_reason() {
        let left = |row: Attributes<'_>| match of_offer(&row) {
            Err(Left::Skip(reason)) => reason,
            other => panic!("{other:?}"),
        };
        assert!(is_instance("Compute Instance (bare metal)") && !is_instance("Storage"));
        assert_eq!(
            left(Attributes {
                capacity: "UnusedCapacityReservation",
                ..ROW
            }),
            UNUSED
        );
        assert_eq!(
            left(Attributes {
                tenancy: "Host",
                ..ROW
            }),
            HOST
        );
        assert_eq!(
            left(Attributes {
                market: "CapacityBlock",
                ..ROW
            }),
            MARKET
        );
        let code = Attributes {
            operation: "RunInstances:0zzz",
            ..ROW
        };
        assert!(matches!(of_offer(&code), Err(Left::Operation(_))));
        let other = Attributes {
            os: "Windows",
            ..ROW
        };
        assert!(matches!(of_offer(&other), Err(Left::Wrong(_))));
    }

    #[test]
    fn a_plan_rate_is_known_by_its_usage_type() {
        let row = Attributes {
            usage_type: "APE2-DedicatedUsage:r7g.medium",
            operation: "RunInstances:0010",
            ..Attributes::default()
        };
        let found = of_plan(&row).unwrap();
        assert_eq!(
            found.to_string(),
            "r7g.medium RHEL in ap-east-2 (Dedicated tenancy)"
        );
        let unused = Attributes {
            usage_type: "APE2-UnusedDed:r7g.large",
            ..row
        };
        assert!(matches!(of_plan(&unused), Err(Left::Skip(UNUSED))));
        let unnamed = Attributes {
            operation: "",
            ..row
        };
        assert!(matches!(of_plan(&unnamed), Err(Left::Wrong(_))));
    }
}
