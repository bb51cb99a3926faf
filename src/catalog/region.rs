//! Regions, and the local and Wavelength zones that AWS prices like regions.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

/// One line of `pricing-data/catalog/regions.csv`.
#[derive(Debug)]
struct Entry {
    name: &'static str,
    kind: &'static str,
    parent: &'static str,
    usage_type_prefix: &'static str,
}

static REGIONS: LazyLock<BTreeMap<&'static str, Entry>> = LazyLock::new(|| {
    let text: &'static str = include_str!("../../pricing-data/catalog/regions.csv");
    text.lines().skip(1).filter_map(entry).collect()
});

fn entry(line: &'static str) -> Option<(&'static str, Entry)> {
    let mut cells = line.split(',');
    let code = cells.next()?;
    let (name, kind) = (cells.next()?, cells.next()?);
    let (parent, usage_type_prefix) = (cells.next()?, cells.next()?);
    Some((
        code,
        Entry {
            name,
            kind,
            parent,
            usage_type_prefix,
        },
    ))
}

/// An AWS region (or a zone priced like one) that is known to exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(&'static str);

/// A text that names no region.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown region `{found}`")]
pub struct UnknownRegion {
    /// The text.
    pub found: String,
}

impl Region {
    /// Every region, ordered by code.
    pub fn all() -> impl Iterator<Item = Self> {
        REGIONS.keys().copied().map(Self)
    }

    /// Its code, such as `ap-northeast-2`.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// AWS's name for it, such as `Asia Pacific (Seoul)`; empty where no source names it.
    pub fn name(self) -> &'static str {
        self.entry().map_or("", |entry| entry.name)
    }

    /// Whether it is a region of its own, not a local or Wavelength zone.
    pub fn is_region(self) -> bool {
        self.entry().is_some_and(|entry| entry.kind == "region")
    }

    /// The region a local or Wavelength zone belongs to; a region belongs to itself.
    #[must_use]
    pub fn parent(self) -> Self {
        match self.entry() {
            Some(entry) if !entry.parent.is_empty() => Self(entry.parent),
            _ => self,
        }
    }

    /// The region whose usage types start with `prefix`: `APN2` in `APN2-BoxUsage:m5.large`; the empty
    /// prefix is `us-east-1` (docs.aws.amazon.com, "Understanding data transfer charges").
    pub fn from_usage_type_prefix(prefix: &str) -> Option<Self> {
        let prefix = match prefix {
            "" => "USE1",
            "EUW1" => "EU",
            other => other,
        };
        let found = REGIONS
            .iter()
            .find(|(_, entry)| entry.usage_type_prefix == prefix);
        found.map(|(code, _)| Self(code))
    }

    /// The region of an Availability Zone's name, such as `us-east-1a`.
    pub fn from_zone(zone: &str) -> Option<Self> {
        let code = zone.trim_end_matches(|c: char| c.is_ascii_lowercase());
        if code.len() + 1 != zone.len() {
            return None;
        }
        code.parse().ok()
    }

    fn entry(self) -> Option<&'static Entry> {
        REGIONS.get(self.0)
    }
}

impl FromStr for Region {
    type Err = UnknownRegion;

    /// Reads a region's code, to the letter.
    fn from_str(text: &str) -> Result<Self, UnknownRegion> {
        match REGIONS.get_key_value(text) {
            Some((code, _)) => Ok(Self(code)),
            None => Err(UnknownRegion {
                found: text.to_owned(),
            }),
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_36_regions_and_each_has_a_name_and_a_prefix() {
        let regions: Vec<Region> = Region::all().filter(|region| region.is_region()).collect();
        assert_eq!(regions.len(), 36);
        for region in regions {
            assert!(!region.name().is_empty(), "{region}");
            let prefix = region.entry().unwrap().usage_type_prefix;
            assert_eq!(Region::from_usage_type_prefix(prefix), Some(region));
        }
    }

    #[test]
    fn zones_and_prefixes_lead_to_their_region() {
        let ireland: Region = "eu-west-1".parse().unwrap();
        assert_eq!(Region::from_usage_type_prefix("EU"), Some(ireland));
        assert_eq!(Region::from_zone("eu-west-1b"), Some(ireland));
        assert_eq!(Region::from_zone("eu-west-1"), None);
        assert_eq!(Region::from_usage_type_prefix(""), "us-east-1".parse().ok());
        let lax: Region = "us-west-2-lax-1".parse().unwrap();
        assert_eq!(lax.parent().as_str(), "us-west-2");
        assert!("us-est-1".parse::<Region>().is_err());
    }
}
