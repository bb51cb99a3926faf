//! What a price book answers: a price with where it is known from, or why there is none.

use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::catalog::{InstanceType, Platform, Region, Tenancy};
use crate::units::{InstanceHour, Money, Rate};

/// What is priced: an instance of a type, with its platform and tenancy, in a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Product {
    /// Where.
    pub region: Region,
    /// What.
    pub instance_type: InstanceType,
    /// Operating system and licences.
    pub platform: Platform,
    /// Whose hardware.
    pub tenancy: Tenancy,
}

/// A price and where it is known from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The price.
    pub value: T,
    /// Where it is known from.
    pub provenance: Provenance,
}

/// Where a price is known from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// Id of the source in `pricing-data/sources.toml`, or the name of a user's file.
    pub source: Arc<str>,
    /// The day the source stood for.
    pub as_of: NaiveDate,
    /// Read there, or computed from what was.
    pub basis: Basis,
}

/// How a price follows from its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Basis {
    /// It stands in the source.
    Observed,
    /// The mean of prices that stand in the source, each weighted by how long it held.
    Averaged {
        /// The day of the first of them; the source's day is that of the last.
        since: NaiveDate,
    },
    /// A rule that AWS's prices follow (id in `pricing-data/rules.toml`), checked to hold within a fraction
    /// of a per cent.
    Rule(Arc<str>),
    /// A rule of thumb (id in `pricing-data/rules.toml`) with the error that 95 of 100 checks stay within.
    Estimated {
        /// Its id.
        rule: Arc<str>,
        /// Per cent of the price.
        error_percent: Decimal,
    },
}

/// The price of one Reserved Instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReservedPrice {
    /// Paid at purchase.
    pub upfront: Money,
    /// Paid for every hour of the term.
    pub hourly: Rate<InstanceHour>,
}

/// There is no such price; says so by name, and what there is instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{asked} has no {wanted} rate for {product}{known}")]
pub struct MissingPrice {
    /// Who was asked: `the price book`, or `the bill` for its own rates.
    pub asked: &'static str,
    /// What was asked for, such as `Standard Reserved (1 year, No Upfront)`.
    pub wanted: String,
    /// For what.
    pub product: Product,
    /// What is known of the product, as a sentence's tail, such as `; On-Demand exists since 2026-05-12`.
    pub known: String,
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} in {}",
            self.instance_type, self.platform, self.region
        )?;
        match self.tenancy {
            Tenancy::Shared => Ok(()),
            other => write!(f, " ({other} tenancy)"),
        }
    }
}

/// `observed`, `average since 2026-05-01`, `rule partial-upfront`, `estimated ±5 %`.
impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Observed => f.pad("observed"),
            Self::Averaged { since } => f.pad(&format!("average since {since}")),
            Self::Rule(rule) => f.pad(&format!("rule {rule}")),
            Self::Estimated { error_percent, .. } => {
                f.pad(&format!("estimated ±{} %", error_percent.normalize()))
            }
        }
    }
}
