//! Tables and columns of the packed book as numbers: a lookup compares no text.

use std::sync::LazyLock;

use super::layout;
use crate::catalog::{OfferingClass, OperatingSystem, PaymentOption, Platform, SqlEdition, Term};

/// A table of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grid {
    OnDemand,
    AllUpfront1yr,
    AllUpfront3yr,
    NoUpfront,
    Spot,
    Interruption,
    Dedicated,
    Ratios,
}

impl Grid {
    pub(super) const ALL: [Self; 8] = [
        Self::OnDemand,
        Self::AllUpfront1yr,
        Self::AllUpfront3yr,
        Self::NoUpfront,
        Self::Spot,
        Self::Interruption,
        Self::Dedicated,
        Self::Ratios,
    ];

    /// Its name in the blob.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::OnDemand => layout::ON_DEMAND,
            Self::AllUpfront1yr => layout::ALL_UPFRONT_1YR,
            Self::AllUpfront3yr => layout::ALL_UPFRONT_3YR,
            Self::NoUpfront => layout::NO_UPFRONT,
            Self::Spot => layout::SPOT,
            Self::Interruption => layout::INTERRUPTION,
            Self::Dedicated => layout::DEDICATED,
            Self::Ratios => layout::RATIO_TABLE,
        }
    }

    /// The table of All Upfront prices of a term.
    pub(super) const fn all_upfront(term: Term) -> Self {
        match term {
            Term::OneYear => Self::AllUpfront1yr,
            Term::ThreeYears => Self::AllUpfront3yr,
        }
    }
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head(usize);

const SYSTEMS: [&str; 7] = [
    "linux",
    "windows",
    "windows-byol",
    "rhel",
    "rhel-ha",
    "suse",
    "ubuntu-pro",
];
const LICENCES: [&str; 4] = ["", "+sql-web", "+sql-std", "+sql-ent"];
const OTHERS: [&str; 7] = [
    "on-demand",
    "shared",
    "dedicated",
    "standard-1yr",
    "standard-3yr",
    "convertible-1yr",
    "convertible-3yr",
];
const PLATFORMS: usize = SYSTEMS.len() * LICENCES.len();
/// Behind the others: shares of On-Demand of the four offerings, No Upfront and All Upfront.
const RATIOS: usize = PLATFORMS + OTHERS.len();

impl Head {
    /// How many there are.
    pub(super) const COUNT: usize = RATIOS + 8;
    pub(super) const LINUX: Self = Self(0);
    /// On-Demand on the day of the No Upfront prices.
    pub(super) const ON_DEMAND: Self = Self(PLATFORMS);
    pub(super) const SHARED: Self = Self(PLATFORMS + 1);
    pub(super) const DEDICATED: Self = Self(PLATFORMS + 2);

    /// The column of a platform.
    pub(super) const fn platform(platform: Platform) -> Self {
        let os = match platform.os {
            OperatingSystem::Linux => 0,
            OperatingSystem::Windows => 1,
            OperatingSystem::WindowsByol => 2,
            OperatingSystem::Rhel => 3,
            OperatingSystem::RhelHa => 4,
            OperatingSystem::Suse => 5,
            OperatingSystem::UbuntuPro => 6,
        };
        let sql = match platform.sql {
            None => 0,
            Some(SqlEdition::Web) => 1,
            Some(SqlEdition::Standard) => 2,
            Some(SqlEdition::Enterprise) => 3,
        };
        Self(os * LICENCES.len() + sql)
    }

    /// The column of an offering in the table of No Upfront prices.
    pub(super) const fn no_upfront(class: OfferingClass, term: Term) -> Self {
        Self(PLATFORMS + 3 + offering(class, term))
    }

    /// The column of an offering's share of On-Demand.
    pub(super) const fn ratio(class: OfferingClass, term: Term, payment: PaymentOption) -> Self {
        let all = matches!(payment, PaymentOption::AllUpfront);
        Self(RATIOS + offering(class, term) + if all { 4 } else { 0 })
    }

    /// Its place among all.
    pub(super) const fn place(self) -> usize {
        self.0
    }

    /// The column of this name; `None` for one that nothing asks for.
    pub(super) fn of(name: &str) -> Option<Self> {
        NAMES.iter().position(|known| known == name).map(Self)
    }

    /// Its name in the blob.
    pub(super) fn name(self) -> &'static str {
        NAMES.get(self.0).map_or("", String::as_str)
    }

    fn spelled(self) -> String {
        let place = self.0;
        if place < PLATFORMS {
            let (os, sql) = (place.div_euclid(LICENCES.len()), place % LICENCES.len());
            return format!("{}{}", SYSTEMS[os], LICENCES[sql]);
        }
        if place < RATIOS {
            return OTHERS[place - PLATFORMS].to_owned();
        }
        let offering = OTHERS[3 + (place - RATIOS) % 4];
        let all = match offering {
            // The All Upfront prices are those of Standard Reserved Instances, by platform.
            "standard-1yr" => format!("{}/linux", layout::ALL_UPFRONT_1YR),
            "standard-3yr" => format!("{}/linux", layout::ALL_UPFRONT_3YR),
            _ => String::new(),
        };
        match place - RATIOS {
            0..4 => format!("{}/{offering}", layout::NO_UPFRONT),
            _ => all,
        }
    }
}

static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    (0..Head::COUNT)
        .map(|place| Head(place).spelled())
        .collect()
});

const fn offering(class: OfferingClass, term: Term) -> usize {
    let class = match class {
        OfferingClass::Standard => 0,
        OfferingClass::Convertible => 2,
    };
    class
        + match term {
            Term::OneYear => 0,
            Term::ThreeYears => 1,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prices::platforms;

    #[test]
    fn every_column_is_found_again_by_its_name() {
        for platform in platforms() {
            let head = Head::platform(platform);
            assert_eq!(Head::of(head.name()), Some(head));
        }
        let sql = Platform {
            os: OperatingSystem::RhelHa,
            sql: Some(SqlEdition::Standard),
        };
        assert_eq!(Head::platform(sql).name(), "rhel-ha+sql-std");
        assert_eq!(Head::platform(Platform::LINUX), Head::LINUX);
        for (head, name) in [
            (Head::ON_DEMAND, "on-demand"),
            (Head::SHARED, "shared"),
            (Head::DEDICATED, "dedicated"),
            (
                Head::no_upfront(OfferingClass::Convertible, Term::ThreeYears),
                "convertible-3yr",
            ),
            (
                Head::ratio(
                    OfferingClass::Standard,
                    Term::ThreeYears,
                    PaymentOption::AllUpfront,
                ),
                "reserved/all-upfront-3yr/linux",
            ),
            (
                Head::ratio(
                    OfferingClass::Convertible,
                    Term::OneYear,
                    PaymentOption::NoUpfront,
                ),
                "reserved/no-upfront/convertible-1yr",
            ),
        ] {
            assert_eq!((head.name(), Head::of(name)), (name, Some(head)));
        }
        assert_eq!(Head::of("solaris"), None);
    }
}
