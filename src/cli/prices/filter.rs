//! Which regions, families and platforms a question about many prices is about.

use std::collections::BTreeSet;
use std::str::FromStr;

use clap::Args;
use rust_decimal::Decimal;

use super::with_hint;
use crate::catalog::{Family, InstanceType, Platform, Region, attributes, instance_types};
use crate::cli::Failure;
use crate::diagnostics::nearest;
use crate::prices::PriceBook;

/// Regions and families.
#[derive(Debug, Args)]
pub(super) struct Filter {
    /// Regions by code, with `*` for any text: eu-*,us-east-1 (zones only where --zones says so)
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    region: Vec<String>,
    /// Local and Wavelength Zones, too
    #[arg(long)]
    zones: bool,
    /// Instance families, such as m7i,c7g
    #[arg(long, value_name = "FAMILIES", value_delimiter = ',')]
    family: Vec<String>,
}

impl Filter {
    /// The regions chosen, ordered; `usual` where the user chose none.
    pub(super) fn regions(&self, book: &PriceBook, usual: &str) -> Result<Vec<Region>, Failure> {
        let known: Vec<Region> = book.regions().into_keys().collect();
        let usual = [usual.to_owned()];
        let wanted = if self.region.is_empty() {
            &usual[..]
        } else {
            &self.region[..]
        };
        let mut chosen = BTreeSet::new();
        for pattern in wanted {
            let before = chosen.len();
            let glob = glob::Pattern::new(pattern).map_err(|error| Failure::new(error.msg))?;
            let found = known.iter().filter(|region| {
                let listed = self.zones || region.is_region() || region.as_str() == pattern;
                listed && glob.matches(region.as_str())
            });
            chosen.extend(found);
            if chosen.len() == before && !known.iter().any(|region| glob.matches(region.as_str())) {
                let codes = known.iter().map(|region| region.as_str());
                let lists = "`bursar prices regions` lists all";
                let message = format!("unknown region `{pattern}`");
                return Err(with_hint(&message, nearest(pattern, codes), lists));
            }
        }
        Ok(chosen.into_iter().collect())
    }

    /// The families chosen; none for all.
    pub(super) fn families(&self) -> Result<BTreeSet<Family>, Failure> {
        let known: BTreeSet<Family> = instance_types().map(InstanceType::family).collect();
        let family = |name: &String| {
            let family = Family::new(name);
            if known.contains(&family) {
                return Ok(family);
            }
            let names = known.iter().map(|family| family.as_str());
            let message = format!("unknown instance family `{name}`");
            let lists = "a family is the part of a type before the dot, such as m7i";
            Err(with_hint(&message, nearest(name, names), lists))
        };
        self.family.iter().map(family).collect()
    }
}

/// Reads a platform's name.
pub(in crate::cli) fn platform(os: &str) -> Result<Platform, Failure> {
    os.parse().map_err(|error| {
        let known = "known are linux, windows, windows-byol, rhel, rhel-ha, suse, ubuntu-pro, with +sql-web, \
                     +sql-std or +sql-ent";
        with_hint(&error, None, known)
    })
}

/// Numbers from one to another, both of them in it: `4..8`, `16..`, `..8`, `4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    from: Option<Decimal>,
    to: Option<Decimal>,
}

impl Span {
    pub(super) fn contains(self, value: Decimal) -> bool {
        self.from.is_none_or(|from| from <= value) && self.to.is_none_or(|to| value <= to)
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |part: &str| match part.trim() {
            "" => Ok(None),
            part => part
                .parse()
                .map(Some)
                .map_err(|_| format!("`{part}` is not a number; ranges are 4..8, 16.., ..8 or 4")),
        };
        let (from, to) = match text.split_once("..") {
            Some((from, to)) => (number(from)?, number(to.trim_start_matches('='))?),
            None => (number(text)?, number(text)?),
        };
        match (from, to) {
            (None, None) => Err("a range has at least one end, such as 4..8, 16.. or ..8".into()),
            (Some(low), Some(high)) if high < low => Err(format!("{low} is more than {high}")),
            _ => Ok(Self { from, to }),
        }
    }
}

/// What the catalogue has of a type, as numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Machine {
    pub(super) vcpus: Decimal,
    pub(super) memory_gib: Decimal,
    /// `None` where no source names it: old types and bare metal.
    pub(super) architecture: Option<&'static str>,
}

impl Machine {
    /// `None` for a type newer than the catalogue.
    pub(super) fn of(instance_type: InstanceType) -> Option<Self> {
        let known = attributes(instance_type)?;
        Some(Self {
            vcpus: known.vcpus.into(),
            memory_gib: known.memory_gib.parse().ok()?,
            architecture: Some(known.architecture).filter(|name| !name.is_empty()),
        })
    }

    /// Whether it runs programs for an architecture, if that is known; `i386|x86_64` runs both.
    pub(super) fn runs(self, architecture: &str) -> Option<bool> {
        let mut names = self.architecture?.split('|');
        Some(names.any(|name| name == architecture))
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::*;

    #[test]
    fn both_ends_of_a_range_are_in_it() {
        let span: Span = "4..8".parse().unwrap();
        let inside = [dec!(3), dec!(4), dec!(8), dec!(8.5)].map(|value| span.contains(value));
        assert_eq!(inside, [false, true, true, false]);
        let half: Span = "0.5".parse().unwrap();
        assert!(half.contains(dec!(0.50)) && !half.contains(dec!(1)));
        assert!("16..".parse::<Span>().unwrap().contains(dec!(24576)));
        for bad in ["", "..", "8..4", "four", "4..x"] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
    }

    #[test]
    fn every_machine_of_the_catalogue_reads() {
        for instance_type in instance_types() {
            assert!(Machine::of(instance_type).is_some(), "{instance_type}");
        }
        let old = Machine::of("t2.micro".parse().unwrap()).unwrap();
        assert_eq!(
            (old.runs("x86_64"), old.runs("arm64")),
            (Some(true), Some(false))
        );
        let silent = Machine::of("p3.2xlarge".parse().unwrap()).unwrap();
        assert_eq!(silent.runs("x86_64"), None);
    }
}
