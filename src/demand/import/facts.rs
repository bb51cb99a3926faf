//! What an import hands back: demand, what the bill says of commitments, and what was read, skipped and doubted.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::demand::{CapacityUse, Demand, DemandKey, Fill, ServiceDemand};
use crate::units::{Hour, HourSpan};

/// Everything an import found.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// Hourly demand by key.
    pub demand: Demand,
    /// What became of Capacity Reservations; idle slots and what ran in them are keys of the demand.
    pub capacity: Vec<CapacityUse>,
    /// Use beside instances.
    pub services: ServiceDemand,
    /// Commitments, and which usage they covered, as the bill states it.
    pub commitments: FoundCommitments,
    /// What was read, skipped and doubted.
    pub report: ImportReport,
}

/// Raw facts of Reserved Instances and Savings Plans in a bill.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FoundCommitments {
    /// One entry a fee row (a reservation has one a month), ordered by ARN and start of the row.
    pub reservations: Vec<FoundReservation>,
    /// One entry a plan, its fee rows added up, ordered by ARN.
    pub savings_plans: Vec<FoundSavingsPlan>,
    /// What covered which usage at which rates, ordered.
    pub usage: Vec<BilledUsage>,
}

/// A row of type RIFee: one reservation in one billing period. Amounts in dollars, as the bill has them;
/// `None` where the bill has no such column or cell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FoundReservation {
    /// Its ARN; a reservation without one has its subscription here.
    pub arn: String,
    /// The account that owns it.
    pub account: String,
    /// Usage type, such as `HeavyUsage:c4.large`.
    pub usage_type: String,
    /// Operation code: its platform.
    pub operation: String,
    /// Region, where a column tells.
    pub region: Option<String>,
    /// The Availability Zone of a zonal reservation.
    pub zone: Option<String>,
    /// Tenancy as the bill has it.
    pub tenancy: Option<String>,
    /// How many instances.
    pub count: Option<Decimal>,
    /// Normalized units reserved in the period.
    pub normalized_units: Option<Decimal>,
    /// The part of the billing period the row is about.
    pub period: Option<HourSpan>,
    /// Hours reserved in the period, of all instances together.
    pub hours: Option<Decimal>,
    /// Purchase and end.
    pub start: Option<DateTime<Utc>>,
    /// End of the term.
    pub end: Option<DateTime<Utc>>,
    /// Recurring cost of the period.
    pub recurring_cost: Option<Decimal>,
    /// Recurring price of one reserved hour.
    pub recurring_rate: Option<Decimal>,
    /// The period's share of the upfront fee.
    pub amortized_upfront: Option<Decimal>,
    /// The upfront fee paid at purchase, of all instances.
    pub upfront: Option<Decimal>,
    /// Recurring cost of hours nobody used.
    pub unused_recurring: Option<Decimal>,
    /// Upfront share of hours nobody used.
    pub unused_upfront: Option<Decimal>,
    /// Hours nobody used.
    pub unused_hours: Option<Decimal>,
    /// `1yr` or `3yr`, from this row or from the usage it covered.
    pub lease: Option<String>,
    /// `standard` or `convertible`, likewise.
    pub class: Option<String>,
    /// `No Upfront`, `Partial Upfront` or `All Upfront`, likewise.
    pub payment_option: Option<String>,
}

/// A Savings Plan, from its recurring fee rows or, without those, from the usage it covered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FoundSavingsPlan {
    /// Its ARN.
    pub arn: String,
    /// The account that owns it.
    pub account: String,
    /// `ComputeSavingsPlans`, `EC2InstanceSavingsPlans`, ...
    pub offering: Option<String>,
    /// The family of an EC2 Instance Savings Plan.
    pub family: Option<String>,
    /// The region of an EC2 Instance Savings Plan.
    pub region: Option<String>,
    /// `1yr` or `3yr`.
    pub term: Option<String>,
    /// `No Upfront`, `Partial Upfront` or `All Upfront`.
    pub payment_option: Option<String>,
    /// Purchase.
    pub start: Option<DateTime<Utc>>,
    /// End of the term.
    pub end: Option<DateTime<Utc>>,
    /// Hours its fee rows are about.
    pub hours: u64,
    /// Recurring commitment of those hours, in dollars.
    pub recurring: Decimal,
    /// Upfront share of those hours, in dollars.
    pub amortized_upfront: Decimal,
    /// Part of the commitment that the bill says was used, in dollars; may be 0 although it was used.
    pub used: Decimal,
}

impl FoundSavingsPlan {
    /// Dollars committed an hour, where fee rows tell.
    pub fn hourly_commitment(&self) -> Option<Decimal> {
        (self.recurring + self.amortized_upfront).checked_div(Decimal::from(self.hours))
    }
}

/// What a commitment covered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cover {
    /// Nothing: On-Demand or Spot.
    None,
    /// The Reserved Instance with this ARN.
    Reservation(Arc<str>),
    /// The Savings Plan with this ARN.
    SavingsPlan(Arc<str>),
}

/// Usage of one key under one commitment at one rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BilledUsage {
    /// The usage.
    pub key: DemandKey,
    /// What covered it.
    pub cover: Cover,
    /// Public On-Demand rate of an instance-hour, in dollars, if the bill has it.
    pub public_rate: Option<Decimal>,
    /// Savings Plan rate of an instance-hour, in dollars, if a plan covered it.
    pub plan_rate: Option<Decimal>,
    /// Every hour with usage, in order.
    pub hours: Vec<BilledHour>,
}

/// Usage and cost of one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BilledHour {
    /// The hour.
    pub hour: Hour,
    /// Instance-hours, in 1e-9.
    pub nano_hours: i64,
    /// Effective cost in 1e-12 dollars: of a covered row its share of the commitment, otherwise what was billed.
    pub pico_dollars: i64,
}

/// What was read, used, skipped and doubted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportReport {
    /// Every file, in the order given.
    pub files: Vec<FileReport>,
    /// First to last hour of the data.
    pub window: Option<HourSpan>,
    /// Hours inside the window no row is about, filled as `fill` says.
    pub missing: Vec<HourSpan>,
    /// How missing hours were filled.
    pub fill: Option<Fill>,
    /// Rows left out, by reason.
    pub skipped: BTreeMap<Skip, Left>,
    /// Rows used with a grain of salt, by what is doubtful.
    pub doubts: BTreeMap<Doubt, u64>,
    /// Instance types the catalogue does not know, if they were let pass.
    pub unknown_types: Vec<String>,
    /// The one currency of the rows, if they have one.
    pub currency: Option<String>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileReport {
    /// As the user named it.
    pub name: String,
    /// Its format.
    pub format: &'static str,
    /// How it was packed: `csv`, `csv.gz`, `zip` or `parquet`.
    pub packing: &'static str,
    /// Rows in it, without header.
    pub rows: u64,
    /// Rows that became demand.
    pub used: u64,
    /// SHA-256 of the file as it lies there, if asked for.
    pub sha256: Option<[u8; 32]>,
}

/// Rows left out, and their cost where the file has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Left {
    /// Rows.
    pub rows: u64,
    /// Their cost in 1e-12 dollars.
    pub pico_dollars: i128,
}

impl FileReport {
    /// Whether it is a bill: rows with costs, not a table that people type.
    pub fn is_bill(&self) -> bool {
        self.format.starts_with("FOCUS") || self.format.contains("CUR")
    }
}

impl ImportReport {
    /// Rows of all files.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// Rows that became demand.
    pub fn used(&self) -> u64 {
        self.files.iter().map(|file| file.used).sum()
    }
}

/// Declares an enum with one line of text a variant.
macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = $text] $variant),+
        }

        impl $name {
            /// Every one, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The reason in words.
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }
        }
    };
}

reasons! {
    /// Why rows are no demand.
    Skip {
        OtherProvider = "another provider",
        OtherService = "another service",
        UnderPlan = "Fargate and Lambda under a Savings Plan",
        NotInstances = "EC2, but no instance-hours (storage, transfer, credits of burstable types, ...)",
        Commitment = "fee of a Reserved Instance or Savings Plan (read as a commitment)",
        Purchase = "purchase of a commitment",
        UnusedCommitment = "unused part of a commitment",
        Negation = "Savings Plan negation (cancels the On-Demand price of a covered row)",
        Discount = "credit, discount or refund",
        Tax = "tax",
        OtherCharge = "fee, support or another charge that is no usage",
        OnHost = "instance on a Dedicated Host (the host is billed)",
        DedicatedFee = "fee of a region for Dedicated Instances (billed anew from the instances)",
        Host = "hours of a Dedicated Host",
        CapacityTotal = "all slots of a Capacity Reservation (used and unused ones have their own rows)",
    }
}

reasons! {
    /// Why usage is to be taken with a grain of salt.
    Doubt {
        Spread = "the row covers more than an hour: its usage is spread evenly",
        OperatingSystemFromProduct = "operation code not known: operating system taken from the product columns",
        OperatingSystemDisputed = "operation and product columns name different operating systems: taken from the operation",
        OperatingSystemFromText = "operating system taken from the description",
        OperatingSystemAssumed = "nothing names the operating system: taken as Linux",
        RegionFromUsageType = "region taken from the usage type",
        NoLineType = "the file has no line item type: negations, credits and fees cannot be told from usage, and are counted as usage",
        NoAccount = "no account: taken as the account `default`",
        ClassicBoxUsage = "usage type names no instance type: m1.small, as AWS means it",
        StillRunning = "instances that still run at the last change of state: counted up to it",
        RanBefore = "instances whose first change of state ends a run: what ran before is not counted",
        UnknownType = "the catalogue does not know the instance type",
        CostNotANumber = "its cost is not a number: left out of costs",
        CommitmentNotANumber = "a column of a commitment fee is not a number: left out",
        NoIdentity = "rows have no identity: the same rows in two files would go unnoticed",
        Summed = "rows were summed by another engine: a row that stands twice would go unnoticed",
    }
}
