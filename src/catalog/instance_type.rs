//! Instance types: family, size, normalization factor, and what the catalogue knows of them.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::str::FromStr;
use std::sync::LazyLock;

use super::name::{Family, intern};
use super::platform::{OperatingSystem, Platform, Tenancy};

/// Normalized units in quarters, so that even `nano` (0.25) is whole.
pub type QuarterUnits = u64;

/// An instance type, `family.size`. That the text has this form does not say that AWS sells it:
/// [`attributes`] knows the ones of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceType(&'static str);

/// What the catalogue knows of an instance type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attributes {
    /// Virtual CPUs.
    pub vcpus: u32,
    /// Memory in GiB, as published.
    pub memory_gib: &'static str,
    /// `x86_64`, `arm64`, ...
    pub architecture: &'static str,
    /// Whether AWS lists it as of the current generation.
    pub current_generation: bool,
    /// Normalization factor.
    pub quarter_units: QuarterUnits,
}

/// A text that has not the form `family.size`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not an instance type")]
pub struct NameForm {
    /// The text.
    pub found: String,
}

static TYPES: LazyLock<BTreeMap<&'static str, Attributes>> = LazyLock::new(|| {
    let text: &'static str = include_str!("../../pricing-data/catalog/instance-types.csv");
    text.lines().skip(1).filter_map(entry).collect()
});

fn entry(line: &'static str) -> Option<(&'static str, Attributes)> {
    let mut cells = line.split(',');
    let name = cells.next()?;
    let (vcpus, memory_gib) = (cells.next()?.parse().ok()?, cells.next()?);
    let (architecture, generation) = (cells.next()?, cells.next()?);
    let quarter_units = quarters(cells.next()?)?;
    let current_generation = generation == "current";
    Some((
        name,
        Attributes {
            vcpus,
            memory_gib,
            architecture,
            current_generation,
            quarter_units,
        },
    ))
}

/// `0.25` as 1, `0.5` as 2, `8` as 32.
fn quarters(factor: &str) -> Option<QuarterUnits> {
    match factor {
        "0.25" => Some(1),
        "0.5" => Some(2),
        whole => whole.parse::<QuarterUnits>().ok().map(|units| units * 4),
    }
}

/// What the catalogue knows of `instance_type`, if it lists it.
pub fn attributes(instance_type: InstanceType) -> Option<&'static Attributes> {
    TYPES.get(instance_type.0)
}

/// Every instance type of the catalogue, ordered by name.
pub fn instance_types() -> impl Iterator<Item = InstanceType> {
    TYPES.keys().copied().map(InstanceType)
}

/// The catalogue's instance types of a family, ordered by name.
pub fn sizes_of(family: Family) -> impl Iterator<Item = InstanceType> {
    let first = format!("{}.", family.as_str());
    let from = (Bound::Included(first.as_str()), Bound::Unbounded);
    let names = TYPES.range::<str, _>(from).map(|(name, _)| *name);
    names
        .take_while(move |name| name.starts_with(&first))
        .map(InstanceType)
}

impl InstanceType {
    /// The name as text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// The part before the dot, with its attribute letters.
    pub fn family(self) -> Family {
        Family::kept(self.0.split_once('.').map_or(self.0, |(family, _)| family))
    }

    /// The part behind the dot.
    pub fn size(self) -> &'static str {
        self.0.split_once('.').map_or("", |(_, size)| size)
    }

    /// Normalization factor in quarters of a unit, from the catalogue or, for a type newer than it, by the
    /// rule that `Nxlarge` has 8 N units. `None` for a bare-metal type that the catalogue does not list.
    pub fn quarter_units(self) -> Option<QuarterUnits> {
        attributes(self)
            .map(|known| known.quarter_units)
            .or_else(|| quarters_of_size(self.size()))
    }
}

/// Normalization factor of a size by its name (docs.aws.amazon.com, "How Reserved Instances are applied").
pub(super) fn quarters_of_size(size: &str) -> Option<QuarterUnits> {
    let units_of_xlarge = 8 * 4;
    match size {
        "nano" => Some(1),
        "micro" => Some(2),
        "small" => Some(4),
        "medium" => Some(8),
        "large" => Some(16),
        "xlarge" => Some(units_of_xlarge),
        _ => {
            let times = size.strip_prefix("metal-").unwrap_or(size);
            let times = times
                .strip_suffix("xlarge")
                .or_else(|| times.strip_suffix("xl"))?;
            times
                .parse::<QuarterUnits>()
                .ok()
                .map(|times| times * units_of_xlarge)
        }
    }
}

/// Whether a family's instances earn CPU credits and may run in unlimited mode; `t1` has none.
/// Source: docs.aws.amazon.com, EC2 User Guide, "Burstable performance instances".
pub fn is_burstable(family: &str) -> bool {
    ["t2", "t3", "t3a", "t4g"].contains(&family)
}

/// Families whose regional Reserved Instances apply to the exact size only, as AWS listed them in 2026.
/// Source: docs.aws.amazon.com, "How Reserved Instances are applied", "Limitations".
const NOT_SIZE_FLEXIBLE: [&str; 15] = [
    "g4ad", "g4dn", "g5", "g5g", "g6", "g6e", "g6f", "gr6", "gr6f", "hpc7a", "p5", "inf1", "inf2",
    "u7i-6tb", "u7i-8tb",
];

/// Families that AWS does not list and whose prices are not in proportion to size either; our reading, on the safe
/// side. A reservation still serves its own size, so that no saving is promised that AWS may not give.
/// - `g7e`: newer than the list, which has every family of its line; 2xlarge to 8xlarge have one GPU each.
/// - `hpc7g`: every size costs the same, like `hpc7a`, which is listed: a reserved 16xlarge would otherwise serve
///   four 4xlarge, each at its price.
const NOT_IN_PROPORTION: [&str; 2] = ["g7e", "hpc7g"];

/// Whether a regional Reserved Instance of this kind serves every size of its family: Linux/UNIX without
/// licence, shared tenancy, and not one of the families AWS lists as exceptions.
pub fn is_size_flexible(instance_type: InstanceType, platform: Platform, tenancy: Tenancy) -> bool {
    platform == Platform::plain(OperatingSystem::Linux)
        && tenancy == Tenancy::Shared
        && !NOT_SIZE_FLEXIBLE.contains(&instance_type.family().as_str())
        && !NOT_IN_PROPORTION.contains(&instance_type.family().as_str())
        && instance_type.quarter_units().is_some()
}

impl FromStr for InstanceType {
    type Err = NameForm;

    fn from_str(text: &str) -> Result<Self, NameForm> {
        let is_word = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        match text.split_once('.') {
            Some((family, size)) if is_word(family) && is_word(size) => Ok(Self(intern(text))),
            _ => Err(NameForm {
                found: text.to_owned(),
            }),
        }
    }
}

impl fmt::Display for InstanceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quarter_units(name: &str) -> Option<QuarterUnits> {
        name.parse::<InstanceType>().unwrap().quarter_units()
    }

    #[test]
    fn factors_are_those_of_the_documentation() {
        // docs.aws.amazon.com, "How Reserved Instances are applied": tables of sizes and of metal types.
        for (name, units) in [
            ("m5.large", 4),
            ("c5.9xlarge", 72),
            ("m5.metal", 192),
            ("i3.metal", 128),
            ("c5n.metal", 144),
            ("u-6tb1.56xlarge", 448),
            ("m7i.metal-24xl", 192),
        ] {
            assert_eq!(quarter_units(name), Some(units * 4), "{name}");
        }
        assert_eq!(quarter_units("t3.nano"), Some(1));
        assert_eq!(quarter_units("zz9.14xlarge"), Some(14 * 8 * 4));
        assert_eq!(quarter_units("zz9.metal"), None);
    }

    #[test]
    fn every_catalogued_factor_follows_the_rule_for_its_size() {
        for instance_type in instance_types().filter(|t| t.size() != "metal") {
            assert_eq!(
                attributes(instance_type).map(|known| known.quarter_units),
                quarters_of_size(instance_type.size()),
                "{instance_type}"
            );
        }
    }

    #[test]
    fn flexibility_has_its_exceptions() {
        let flexible = |name: &str, platform| {
            is_size_flexible(name.parse().unwrap(), platform, Tenancy::Shared)
        };
        assert!(flexible("m5.large", Platform::LINUX));
        assert!(!flexible("m5.large", Platform::WINDOWS));
        assert!(!flexible("g5.xlarge", Platform::LINUX));
        // Not in proportion to size: catalogue and prices say so (see NOT_IN_PROPORTION).
        assert!(!flexible("g7e.2xlarge", Platform::LINUX));
        assert!(!flexible("hpc7g.4xlarge", Platform::LINUX));
        assert!(!is_size_flexible(
            "m5.large".parse().unwrap(),
            Platform::LINUX,
            Tenancy::Dedicated
        ));
    }

    #[test]
    fn a_name_needs_family_and_size() {
        for text in ["m5", "m5.", ".large", "m5 .large", "M5.large", ""] {
            assert!(text.parse::<InstanceType>().is_err(), "{text}");
        }
    }
}
