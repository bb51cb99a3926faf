//! What in a price book cannot be right, or was not expected.

mod beside;
mod family;
mod known;
mod product;

use std::fmt;
use std::str::FromStr;

use super::answer::Product;
use super::book::PriceBook;
use super::walk::{by_region, platforms};
use crate::catalog::{Family, Platform, Region, ServiceItem, Tenancy};
use crate::units::Money;

pub use known::{InvalidKnownFlaws, KnownFlaw, KnownFlaws};

/// What is wrong with a price, or with one beside another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlawKind {
    /// It would be free.
    Zero,
    /// A commitment costs as much an hour as On-Demand, or more.
    NotCheaper,
    /// Three years cost more an hour than one.
    LongerDearer,
    /// Paying more at once costs more in all.
    UpfrontDearer,
    /// Two sources say what no rule reconciles: All Upfront is not the usual part of No Upfront.
    Conflict,
    /// A size costs a unit more or less than the other sizes of its family.
    Proportion,
    /// Sold On-Demand, and no commitment has a price.
    NoCommitment,
    /// More use makes a unit dearer.
    TierDearer,
    /// What every region has a price of has none.
    Gap,
}

/// One thing wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flaw {
    /// Of which kind.
    pub kind: FlawKind,
    /// With the price of what.
    pub subject: Subject,
    /// Of which offer, and by how much.
    pub what: String,
}

impl FlawKind {
    /// Every one, in order.
    pub const ALL: [Self; 9] = [
        Self::Zero,
        Self::NotCheaper,
        Self::LongerDearer,
        Self::UpfrontDearer,
        Self::Conflict,
        Self::Proportion,
        Self::NoCommitment,
        Self::TierDearer,
        Self::Gap,
    ];

    /// The word for files and options.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Zero => "zero",
            Self::NotCheaper => "not-cheaper",
            Self::LongerDearer => "longer-dearer",
            Self::UpfrontDearer => "upfront-dearer",
            Self::Conflict => "conflict",
            Self::Proportion => "proportion",
            Self::NoCommitment => "no-commitment",
            Self::TierDearer => "tier-dearer",
            Self::Gap => "gap",
        }
    }
}

impl fmt::Display for FlawKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl FromStr for FlawKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.code() == text);
        let codes = || Self::ALL.map(Self::code).join(", ");
        found.ok_or_else(|| format!("expected one of {}", codes()))
    }
}

/// What has a price.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An instance.
    Instance(Product),
    /// A Dedicated Host of a family.
    Host(Region, String),
    /// Something else that is charged for.
    Charge(Region, ServiceItem),
    /// All that is charged for in a region beside instances.
    Region(Region),
}

impl Subject {
    /// Where.
    pub const fn region(&self) -> Region {
        match self {
            Self::Instance(product) => product.region,
            Self::Host(region, _) | Self::Charge(region, _) | Self::Region(region) => *region,
        }
    }

    /// What: `m7i.large`, `host m7i`, `nat-gateway-hour`.
    pub fn name(&self) -> String {
        match self {
            Self::Instance(product) => product.instance_type.to_string(),
            Self::Host(_, family) => format!("host {family}"),
            Self::Charge(_, item) => item.to_string(),
            Self::Region(_) => "services".into(),
        }
    }

    /// The family of an instance or host.
    pub fn family(&self) -> Option<Family> {
        match self {
            Self::Instance(product) => Some(product.instance_type.family()),
            Self::Host(_, family) => Some(Family::new(family)),
            Self::Charge(..) | Self::Region(_) => None,
        }
    }

    /// The instance, if it is one.
    pub const fn instance(&self) -> Option<Product> {
        match self {
            Self::Instance(product) => Some(*product),
            _ => None,
        }
    }
}

/// Looks at every offer of every instance that the regions sell, on shared and on dedicated hardware, at their
/// Dedicated Hosts and at what else they charge for; flaws are ordered.
pub fn check(book: &PriceBook, regions: &[Region]) -> Vec<Flaw> {
    let all: Vec<Platform> = platforms().collect();
    let flaws = by_region(regions, |region| {
        let sold = book.sold(region, &all);
        let mut flaws = family::flaws(book, &sold);
        for (product, on_demand) in sold {
            flaws.extend(product::flaws(book, product, on_demand.value));
            let tenancy = Tenancy::Dedicated;
            let product = Product { tenancy, ..product };
            if let Ok(on_demand) = book.on_demand(product) {
                flaws.extend(product::flaws(book, product, on_demand.value));
            }
        }
        flaws.extend(beside::flaws(book, region));
        flaws
    });
    let mut flaws: Vec<Flaw> = flaws.into_iter().flatten().collect();
    flaws.sort();
    flaws
}

/// A step of the hourly rates of older families: rounding explains a difference of as much.
fn step() -> Money {
    Money::from_atoms(Money::ATOMS_PER_DOLLAR.div_euclid(1_000))
}

/// Whether `dear` is above `cheap` by more than rounding and a per cent.
fn is_clearly_above(dear: Money, cheap: Money) -> bool {
    dear > cheap + step() && dear.times(100) > cheap.times(101)
}

/// `12.3 %`, of how much `found` is above or below `expected`.
fn difference(found: Money, expected: Money) -> String {
    let (found, expected) = (found.to_decimal(10), expected.to_decimal(10));
    if expected.is_zero() {
        return "endless %".into();
    }
    let percent =
        (found / expected - rust_decimal::Decimal::ONE) * rust_decimal::Decimal::from(100);
    format!("{percent:+.1} %")
}
