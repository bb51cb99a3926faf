//! What in a price book cannot be right, or was not expected.

mod family;
mod known;
mod product;

use std::fmt;
use std::str::FromStr;

use super::answer::Product;
use super::book::PriceBook;
use super::walk::{by_region, platforms};
use crate::catalog::{Platform, Region};
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
}

/// One thing wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flaw {
    /// Of which kind.
    pub kind: FlawKind,
    /// With the price of what.
    pub product: Product,
    /// Of which offer, and by how much.
    pub what: String,
}

impl FlawKind {
    /// Every one, in order.
    pub const ALL: [Self; 7] = [
        Self::Zero,
        Self::NotCheaper,
        Self::LongerDearer,
        Self::UpfrontDearer,
        Self::Conflict,
        Self::Proportion,
        Self::NoCommitment,
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

/// Looks at every offer of every product that the regions sell on shared hardware; flaws are ordered.
pub fn check(book: &PriceBook, regions: &[Region]) -> Vec<Flaw> {
    let all: Vec<Platform> = platforms().collect();
    let flaws = by_region(regions, |region| {
        let sold = book.sold(region, &all);
        let mut flaws: Vec<Flaw> = sold
            .iter()
            .flat_map(|(product, on_demand)| product::flaws(book, *product, on_demand.value))
            .collect();
        flaws.extend(family::flaws(book, &sold));
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
