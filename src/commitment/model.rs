//! Reserved Instances and Savings Plans that are owned, or would be.

use super::sharing::Sharing;
use crate::catalog::{
    Account, Family, InstanceType, OfferingClass, PaymentOption, Platform, QuarterUnits, Region,
    SavingsPlanKind, ServiceItem, Tenancy, Term, Zone, is_size_flexible,
};
use crate::units::{HourSpan, InstanceHour, Money, Rate};

/// Everything owned (or proposed). The order of the lists means nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Portfolio {
    /// Reserved Instances.
    pub reserved_instances: Vec<ReservedInstance>,
    /// Savings Plans.
    pub savings_plans: Vec<SavingsPlan>,
    /// Whom they serve beside their owner.
    pub sharing: Sharing,
}

/// One purchase of Reserved Instances of one kind, or of reserved Dedicated Hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservedInstance {
    /// Names it in charges; unique in a portfolio.
    pub id: String,
    /// The account that bought it, served first.
    pub account: Account,
    /// Regional, or in one Availability Zone.
    pub scope: ReservedScope,
    /// Where.
    pub region: Region,
    /// What was reserved.
    pub instance_type: InstanceType,
    /// For which platform.
    pub platform: Platform,
    /// For which tenancy.
    pub tenancy: Tenancy,
    /// Standard or Convertible.
    pub offering_class: OfferingClass,
    /// Its length.
    pub term: Term,
    /// When it is paid.
    pub payment_option: PaymentOption,
    /// How many instances.
    pub count: u32,
    /// The clock hours it is alive; the first counts whole, however late in it the purchase was.
    pub alive: HourSpan,
    /// Its price for one instance.
    pub fee: ReservedFee,
}

/// The price of one reserved instance or host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReservedFee {
    /// Paid at purchase.
    pub upfront: Money,
    /// Paid for every hour of the term, used or not.
    pub hourly: Rate<InstanceHour>,
}

/// Where a Reserved Instance applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReservedScope {
    /// Any zone of the region; any size of the family where AWS allows it.
    Regional,
    /// The exact type in one Availability Zone.
    Zonal(Zone),
    /// Dedicated Hosts of the type's family in the region, of the owner's account alone: a Dedicated Host Reservation.
    Hosts,
}

/// One Savings Plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavingsPlan {
    /// Names it in charges; unique in a portfolio.
    pub id: String,
    /// The account that bought it, served first.
    pub account: Account,
    /// What it covers.
    pub scope: SavingsPlanScope,
    /// Its length.
    pub term: Term,
    /// When it is paid.
    pub payment_option: PaymentOption,
    /// Dollars an hour at Savings Plan rates, whatever part of it was paid upfront.
    pub commitment: Money,
    /// The clock hours it is alive.
    pub alive: HourSpan,
}

/// The usage a Savings Plan covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SavingsPlanScope {
    /// One family in one region.
    Ec2Instance {
        /// The family.
        family: Family,
        /// The region.
        region: Region,
    },
    /// Any compute.
    Compute,
    /// Any database.
    Database,
}

impl SavingsPlanScope {
    /// The kind of plan.
    pub const fn kind(self) -> SavingsPlanKind {
        match self {
            Self::Ec2Instance { .. } => SavingsPlanKind::Ec2Instance,
            Self::Compute => SavingsPlanKind::Compute,
            Self::Database => SavingsPlanKind::Database,
        }
    }

    /// Whether usage of instances of `family` in `region` is covered.
    pub fn covers(self, family: Family, region: Region) -> bool {
        match self {
            Self::Ec2Instance {
                family: own,
                region: home,
            } => own == family && home == region,
            Self::Compute => true,
            Self::Database => false,
        }
    }

    /// Whether use of `item` in `region` is covered: hosts of the family by either kind of plan for compute, Fargate and
    /// Lambda by Compute Savings Plans, databases by Database Savings Plans.
    pub fn covers_item(self, item: &ServiceItem, region: Region) -> bool {
        let is_compute = item.is_covered_by_compute_plans();
        match self {
            Self::Ec2Instance {
                family,
                region: home,
            } => is_compute && item.host_family() == Some(family.as_str()) && home == region,
            Self::Compute => is_compute,
            Self::Database => item.as_database().is_some(),
        }
    }
}

impl ReservedInstance {
    /// Whether it is of whole Dedicated Hosts.
    pub fn is_of_hosts(&self) -> bool {
        self.scope == ReservedScope::Hosts
    }

    /// AWS's words for what it is.
    pub fn label(&self) -> &'static str {
        if self.is_of_hosts() {
            "Dedicated Host Reservation"
        } else {
            "Reserved Instance"
        }
    }

    /// How many of what is reserved where.
    pub fn what(&self) -> String {
        let Self { count, region, .. } = self;
        if self.is_of_hosts() {
            let family = self.instance_type.family();
            return format!("{count} x {family} Dedicated Host {region}, Reserved");
        }
        format!(
            "{count} x {} {} {region}, {} Reserved",
            self.instance_type, self.platform, self.offering_class
        )
    }

    /// Whether it serves every size of its family.
    pub fn is_size_flexible(&self) -> bool {
        self.scope == ReservedScope::Regional
            && is_size_flexible(self.instance_type, self.platform, self.tenancy)
    }

    /// Normalized units it covers in an hour, in quarters; for a type whose factor is unknown, one a piece.
    pub fn quarter_units(&self) -> QuarterUnits {
        u64::from(self.count) * self.instance_type.quarter_units().unwrap_or(1)
    }

    /// What all its instances cost at purchase, and for every hour of the term.
    pub fn fees(&self) -> (Money, Money) {
        let count = i128::from(self.count);
        (
            self.fee.upfront.times(count),
            self.fee.hourly.for_one().times(count),
        )
    }

    /// What one hour of all its instances costs, with the upfront fee spread over the term.
    pub fn effective_hourly(&self) -> Money {
        self.fee
            .effective_hourly(self.term)
            .times(i128::from(self.count))
    }
}

impl SavingsPlan {
    /// What it costs at purchase, and for every hour of its term. The commitment counts whole, whatever part
    /// of it was paid upfront (half of it for Partial Upfront).
    pub fn fees(&self) -> (Money, Money) {
        plan_fees(self.commitment, self.term, self.payment_option)
    }
}

/// What a commitment of so much an hour costs at purchase, and for every hour of its term.
pub fn plan_fees(commitment: Money, term: Term, payment: PaymentOption) -> (Money, Money) {
    let hours = i128::from(term.hours());
    match payment {
        PaymentOption::NoUpfront => (Money::ZERO, commitment),
        PaymentOption::AllUpfront => (commitment.times(hours), Money::ZERO),
        PaymentOption::PartialUpfront => {
            let hourly = commitment.per(2);
            ((commitment - hourly).times(hours), hourly)
        }
    }
}

impl ReservedFee {
    /// Upfront spread over the term, plus the hourly fee. Exact: a term's hours divide every upfront fee.
    pub fn effective_hourly(self, term: Term) -> Money {
        self.upfront.per(i128::from(term.hours())) + self.hourly.for_one()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn an_upfront_fee_is_spread_over_the_term() {
        // docs.aws.amazon.com, "Amortized reservation data": $365 All Upfront for a year is $1 a day.
        let fee = ReservedFee {
            upfront: Money::from_decimal(dec!(365)).unwrap(),
            hourly: Rate::from_steps(0),
        };
        assert_eq!(
            fee.effective_hourly(Term::OneYear).times(24),
            Money::from_decimal(dec!(1)).unwrap()
        );
    }
}
