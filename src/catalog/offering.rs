//! The words of an offer: class, term and payment option of a Reserved Instance; kind of a Savings Plan.

use std::fmt;
use std::str::FromStr;

/// How long a commitment runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Term {
    /// 365 days.
    OneYear,
    /// 1,095 days.
    ThreeYears,
}

/// What part of a commitment is paid when it is bought. AWS's price list calls this `PurchaseOption`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaymentOption {
    /// Nothing upfront, everything by the hour.
    NoUpfront,
    /// About half upfront, the rest by the hour.
    PartialUpfront,
    /// Everything upfront.
    AllUpfront,
}

/// Whether a Reserved Instance may be exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfferingClass {
    /// May be modified and sold, not exchanged.
    Standard,
    /// May be exchanged for another Convertible Reserved Instance of equal or greater value.
    Convertible,
}

/// What a Savings Plan covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SavingsPlanKind {
    /// One family in one region; any size, zone, platform, tenancy.
    Ec2Instance,
    /// Any instance of any region; Fargate and Lambda.
    Compute,
    /// Databases of any region: RDS, Aurora, DynamoDB, ElastiCache and others; no instances.
    Database,
}

impl SavingsPlanKind {
    /// Those that cover instances and so have rates of them.
    pub const OF_INSTANCES: [Self; 2] = [Self::Ec2Instance, Self::Compute];
}

/// Gives an enum its two spellings and reads either back.
macro_rules! words {
    ($type:ident, $($variant:ident: $code:literal, $label:literal;)+) => {
        impl $type {
            /// Every one, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word for machines: files, JSON, options.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// AWS's own words, for people.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.label())
            }
        }

        impl FromStr for $type {
            type Err = String;

            /// Reads either spelling, whatever its case; the error names what would have been right.
            fn from_str(text: &str) -> Result<Self, String> {
                $(if text.eq_ignore_ascii_case($code) || text.eq_ignore_ascii_case($label) {
                    return Ok(Self::$variant);
                })+
                Err(format!("expected one of {}", [$($code),+].join(", ")))
            }
        }
    };
}

words! { Term,
    OneYear: "1yr", "1 year";
    ThreeYears: "3yr", "3 years";
}
words! { PaymentOption,
    NoUpfront: "no-upfront", "No Upfront";
    PartialUpfront: "partial-upfront", "Partial Upfront";
    AllUpfront: "all-upfront", "All Upfront";
}
words! { OfferingClass,
    Standard: "standard", "Standard";
    Convertible: "convertible", "Convertible";
}
words! { SavingsPlanKind,
    Ec2Instance: "ec2-instance-sp", "EC2 Instance Savings Plan";
    Compute: "compute-sp", "Compute Savings Plan";
    Database: "database-sp", "Database Savings Plan";
}

impl Term {
    /// Length in hours: 365 or 1,095 days (docs.aws.amazon.com, "Reserved Instances": 31,536,000 or
    /// 94,608,000 seconds).
    pub const fn hours(self) -> i64 {
        match self {
            Self::OneYear => 8_760,
            Self::ThreeYears => 26_280,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_read() {
        assert_eq!("no-upfront".parse(), Ok(PaymentOption::NoUpfront));
        assert_eq!("All Upfront".parse(), Ok(PaymentOption::AllUpfront));
        assert_eq!(
            "2yr".parse::<Term>(),
            Err("expected one of 1yr, 3yr".into())
        );
    }
}
