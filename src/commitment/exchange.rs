//! Obligations around a Reserved Instance: list value, modification footprint, Convertible exchange.
//!
//! Source: docs.aws.amazon.com, EC2 User Guide, "Modify Reserved Instances" and "Exchange Convertible Reserved
//! Instances" (docs/billing-rules.md, R21 and R69).

use std::collections::BTreeMap;

use super::model::{ReservedFee, ReservedInstance};
use crate::catalog::{InstanceType, OfferingClass, PaymentOption, QuarterUnits, Region, Term};
use crate::units::{Hour, Money};

/// List value of one instance: upfront plus every hourly fee of the term. It drives the volume discount and
/// the count of an exchange.
pub fn list_value(fee: ReservedFee, term: Term) -> Money {
    fee.upfront + fee.hourly.for_one().times(i128::from(term.hours()))
}

/// List value of the Standard Reserved Instances of each region that are alive in an hour, without those with SQL
/// Server: what AWS counts towards the volume discount of a region, over all accounts together.
pub fn volume_list_values(owned: &[ReservedInstance], at: Hour) -> BTreeMap<Region, Money> {
    let mut values = BTreeMap::new();
    let counts = |ri: &&ReservedInstance| {
        ri.alive.contains(at)
            && !ri.is_of_hosts()
            && ri.offering_class == OfferingClass::Standard
            && ri.platform.sql.is_none()
    };
    for ri in owned.iter().filter(counts) {
        let value = list_value(ri.fee, ri.term).times(i128::from(ri.count));
        *values.entry(ri.region).or_insert(Money::ZERO) += value;
    }
    values
}

/// The list value of a region from which on AWS discounts further purchases of Standard Reserved Instances.
pub const VOLUME_THRESHOLD: Money = Money::from_atoms(Money::ATOMS_PER_DOLLAR * 500_000);

/// Normalized units (in quarters) of a set of instances; `None` when a factor is not known.
pub fn footprint(instances: &[(u32, InstanceType)]) -> Option<QuarterUnits> {
    instances
        .iter()
        .map(|&(count, kind)| kind.quarter_units().map(|units| u64::from(count) * units))
        .sum()
}

/// Whether a modification from one set to another is allowed: the footprints must be equal.
pub fn may_modify(from: &[(u32, InstanceType)], to: &[(u32, InstanceType)]) -> bool {
    matches!((footprint(from), footprint(to)), (Some(from), Some(to)) if from == to)
}

/// How many new Convertible Reserved Instances an exchange gives: the old list value over one new one's,
/// rounded up. `None` when the new one has no value.
pub fn exchange_count(old_value: Money, new_unit_value: Money) -> Option<u64> {
    if old_value < Money::ZERO || new_unit_value <= Money::ZERO {
        return None;
    }
    let (old, new) = (old_value.atoms(), new_unit_value.atoms());
    u64::try_from(old.div_euclid(new) + i128::from(old.rem_euclid(new) > 0)).ok()
}

/// What an exchange costs at once: the new upfront, prorated, less what is left of the old; never negative.
pub fn true_up(prorated_new_upfront: Money, remaining_old_upfront: Money) -> Money {
    (prorated_new_upfront - remaining_old_upfront).max(Money::ZERO)
}

/// Why AWS would not change a Reserved Instance so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Only Convertible ones are exchanged.
    #[error("`{0}` is a Standard Reserved Instance; only Convertible ones can be exchanged")]
    NotConvertible(String),
    /// It has not begun or has ended.
    #[error("`{id}` is not active in {at}")]
    NotActive {
        /// Which.
        id: String,
        /// When.
        at: Hour,
    },
    /// Less than a day is left.
    #[error("`{0}` ends within 24 hours")]
    EndsTooSoon(String),
    /// Several that differ where they may not.
    #[error("`{one}` and `{other}` differ in {what}")]
    Differ {
        /// The first.
        one: String,
        /// The other.
        other: String,
        /// In what.
        what: &'static str,
    },
    /// What was paid upfront is not paid back by the hour.
    #[error("{0} cannot be exchanged for No Upfront")]
    UpfrontToNone(PaymentOption),
    /// The new offer costs nothing.
    #[error("the new Reserved Instance has no list value")]
    WithoutValue,
    /// Another size needs size flexibility.
    #[error("`{0}` is not size flexible: its size cannot be modified")]
    NotFlexible(String),
    /// Another family.
    #[error("{to} is not of the family of {from}; a modification keeps the family")]
    OtherFamily {
        /// The old type.
        from: InstanceType,
        /// The new one.
        to: InstanceType,
    },
    /// Other normalized units.
    #[error("the footprint changes from {from} to {to} normalized units; a modification keeps it")]
    OtherFootprint {
        /// Units before.
        from: String,
        /// Units after.
        to: String,
    },
}

/// What an exchange gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchange {
    /// How many new Reserved Instances.
    pub count: u64,
    /// Their term: the longest of the old ones.
    pub term: Term,
    /// Their end: the furthest of the old ones.
    pub end: Hour,
    /// List value of what is given, for the time it is still alive.
    pub old_value: Money,
    /// The same of one new Reserved Instance.
    pub new_unit_value: Money,
    /// What is left of the upfront fees of what is given.
    pub remaining_upfront: Money,
    /// The upfront fees of what is received, for the time to its end.
    pub prorated_upfront: Money,
    /// What is paid at once.
    pub true_up: Money,
}

/// The longest term of several Reserved Instances: the one an exchange is for. One year for none.
pub fn exchange_term(from: &[&ReservedInstance]) -> Term {
    from.iter().map(|ri| ri.term).max().unwrap_or(Term::OneYear)
}

/// Exchanges Convertible Reserved Instances in an hour for those of one offer of [`exchange_term`], whose fee is
/// `fee`. Values and fees count for the rest of their terms.
///
/// # Errors
/// What AWS refuses.
pub fn exchange(
    from: &[&ReservedInstance],
    payment: PaymentOption,
    fee: ReservedFee,
    at: Hour,
) -> Result<Exchange, Refusal> {
    same(from, "region", |ri| ri.region)?;
    for ri in from {
        may_exchange(ri, payment, at)?;
    }
    let term = exchange_term(from);
    let end = from.iter().map(|ri| ri.alive.end()).max().unwrap_or(at);
    let rest = |whole: Money, term: Term, end: Hour| {
        let hours = i128::from(end.epoch_hours() - at.epoch_hours());
        whole.per(i128::from(term.hours())).times(hours)
    };
    let of_old = |part: fn(&ReservedInstance) -> Money| -> Money {
        let parts = from.iter().map(|ri| {
            let one = rest(part(ri), ri.term, ri.alive.end());
            one.times(i128::from(ri.count))
        });
        parts.sum()
    };
    let old_value = of_old(|ri| list_value(ri.fee, ri.term));
    let remaining_upfront = of_old(|ri| ri.fee.upfront);
    let new_unit_value = rest(list_value(fee, term), term, end);
    let count = exchange_count(old_value, new_unit_value).ok_or(Refusal::WithoutValue)?;
    let prorated_upfront = rest(fee.upfront, term, end).times(i128::from(count));
    Ok(Exchange {
        count,
        term,
        end,
        old_value,
        new_unit_value,
        remaining_upfront,
        prorated_upfront,
        true_up: true_up(prorated_upfront, remaining_upfront),
    })
}

fn may_exchange(ri: &ReservedInstance, payment: PaymentOption, at: Hour) -> Result<(), Refusal> {
    if ri.offering_class != OfferingClass::Convertible {
        return Err(Refusal::NotConvertible(ri.id.clone()));
    }
    active(ri, at)?;
    if ri.alive.end() < at.plus(24) {
        return Err(Refusal::EndsTooSoon(ri.id.clone()));
    }
    let was_upfront = ri.payment_option != PaymentOption::NoUpfront;
    if was_upfront && payment == PaymentOption::NoUpfront {
        return Err(Refusal::UpfrontToNone(ri.payment_option));
    }
    Ok(())
}

/// Checks a modification of Reserved Instances in an hour to others of the same footprint; gives the footprint, in
/// quarters of a normalized unit.
///
/// # Errors
/// What AWS refuses.
pub fn modify(
    from: &[&ReservedInstance],
    to: &[(u32, InstanceType)],
    at: Hour,
) -> Result<QuarterUnits, Refusal> {
    same(from, "region", |ri| ri.region)?;
    same(from, "platform", |ri| ri.platform)?;
    same(from, "tenancy", |ri| ri.tenancy)?;
    same(from, "offering class", |ri| ri.offering_class)?;
    same(from, "payment option", |ri| ri.payment_option)?;
    same(from, "end", |ri| ri.alive.end())?;
    for ri in from {
        active(ri, at)?;
        for &(_, kind) in to {
            if kind != ri.instance_type && kind.family() != ri.instance_type.family() {
                let from = ri.instance_type;
                return Err(Refusal::OtherFamily { from, to: kind });
            }
            let resizes = kind != ri.instance_type;
            if resizes && !crate::catalog::is_size_flexible(kind, ri.platform, ri.tenancy) {
                return Err(Refusal::NotFlexible(ri.id.clone()));
            }
        }
    }
    let old: Vec<_> = from.iter().map(|ri| (ri.count, ri.instance_type)).collect();
    let units = |set: &[(u32, InstanceType)]| footprint(set).unwrap_or_default();
    if may_modify(&old, to) {
        return Ok(units(&old));
    }
    Err(Refusal::OtherFootprint {
        from: normalized(units(&old)),
        to: normalized(units(to)),
    })
}

/// Quarters of a normalized unit as units: `7` is `1.75`.
pub fn normalized(quarters: QuarterUnits) -> String {
    rust_decimal::Decimal::from(quarters)
        .checked_div(rust_decimal::Decimal::from(4))
        .unwrap_or_default()
        .normalize()
        .to_string()
}

fn active(ri: &ReservedInstance, at: Hour) -> Result<(), Refusal> {
    if ri.alive.contains(at) {
        return Ok(());
    }
    let id = ri.id.clone();
    Err(Refusal::NotActive { id, at })
}

/// All agree with the first.
fn same<T: PartialEq>(
    all: &[&ReservedInstance],
    what: &'static str,
    part: impl Fn(&ReservedInstance) -> T,
) -> Result<(), Refusal> {
    let Some((first, others)) = all.split_first() else {
        return Ok(());
    };
    match others.iter().find(|other| part(other) != part(first)) {
        None => Ok(()),
        Some(other) => Err(Refusal::Differ {
            one: first.id.clone(),
            other: other.id.clone(),
            what,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Account, Platform, Tenancy};
    use crate::commitment::ReservedScope;
    use crate::units::{HourSpan, Rate};
    use rust_decimal::{Decimal, dec};

    fn start() -> Hour {
        Hour::parse("2026-01-01T00:00Z").unwrap()
    }

    fn fee(upfront: Decimal, hourly: Decimal) -> ReservedFee {
        ReservedFee {
            upfront: Money::from_decimal(upfront).unwrap(),
            hourly: Rate::from_decimal(hourly).unwrap(),
        }
    }

    /// Two m5.large for a year, All Upfront at $876, or as the caller changes them.
    fn owned() -> ReservedInstance {
        ReservedInstance {
            id: "ri".into(),
            account: Account::new("a"),
            scope: ReservedScope::Regional,
            region: "us-east-1".parse().unwrap(),
            instance_type: "m5.large".parse().unwrap(),
            platform: Platform::LINUX,
            tenancy: Tenancy::Shared,
            offering_class: OfferingClass::Convertible,
            term: Term::OneYear,
            payment_option: PaymentOption::AllUpfront,
            count: 2,
            alive: HourSpan::new(start(), start().plus(8_760)),
            fee: fee(dec!(876), dec!(0)),
        }
    }

    fn dollars(money: Money) -> Decimal {
        money.to_decimal(6).normalize()
    }

    #[test]
    fn an_exchange_half_way_counts_what_is_left() {
        // Half of 2 x $876 is left: $876. A new one costs $1,000 a year, $500 for the rest: 1.752, so 2 of them, for
        // $1,000 less what was paid: $124.
        let at = start().plus(4_380);
        let price = fee(dec!(1000), dec!(0));
        let found = exchange(&[&owned()], PaymentOption::AllUpfront, price, at).unwrap();
        assert_eq!((found.count, found.end), (2, start().plus(8_760)));
        assert_eq!(dollars(found.old_value), dec!(876));
        assert_eq!(dollars(found.new_unit_value), dec!(500));
        assert_eq!(dollars(found.remaining_upfront), dec!(876));
        assert_eq!(dollars(found.true_up), dec!(124));
    }

    #[test]
    fn several_become_one_of_the_longest_term_and_the_furthest_end() {
        // 1 x $876 for 1 year with a year left, and 1 x $2,628 for 3 years with 2 of them left: $876 + $1,752. One of
        // $3,000 for 3 years is worth $2,000 for 2 years.
        let one = ReservedInstance {
            count: 1,
            ..owned()
        };
        let other = ReservedInstance {
            id: "three".into(),
            term: Term::ThreeYears,
            count: 1,
            alive: HourSpan::new(start().plus(-8_760), start().plus(17_520)),
            fee: fee(dec!(2628), dec!(0)),
            ..owned()
        };
        let price = fee(dec!(3000), dec!(0));
        let payment = PaymentOption::AllUpfront;
        let found = exchange(&[&one, &other], payment, price, start()).unwrap();
        assert_eq!((found.count, found.term), (2, Term::ThreeYears));
        assert_eq!(found.end, start().plus(17_520));
        assert_eq!(dollars(found.old_value), dec!(2628));
        assert_eq!(dollars(found.true_up), dec!(1372));
    }

    #[test]
    fn what_aws_refuses_is_refused() {
        let price = fee(dec!(0), dec!(0.05));
        let refused = |ri: ReservedInstance, payment, at| {
            exchange(&[&ri], payment, price, at)
                .unwrap_err()
                .to_string()
        };
        let (none, all) = (PaymentOption::NoUpfront, PaymentOption::AllUpfront);
        let standard = ReservedInstance {
            offering_class: OfferingClass::Standard,
            ..owned()
        };
        assert!(refused(standard, all, start()).contains("only Convertible ones"));
        assert!(refused(owned(), none, start()).contains("cannot be exchanged for No Upfront"));
        let ended = start().plus(8_760);
        assert!(refused(owned(), all, ended).contains("is not active"));
        assert!(refused(owned(), all, ended.plus(-23)).contains("within 24 hours"));
        assert!(exchange(&[&owned()], all, fee(dec!(1), dec!(0)), ended.plus(-24)).is_ok());
        let elsewhere = ReservedInstance {
            id: "other".into(),
            region: "eu-west-1".parse().unwrap(),
            ..owned()
        };
        let differ = exchange(&[&owned(), &elsewhere], all, price, start()).unwrap_err();
        assert_eq!(differ.to_string(), "`ri` and `other` differ in region");
    }

    #[test]
    fn a_modification_keeps_family_and_footprint() {
        let modified = |ri: &ReservedInstance, count, kind: &str| {
            let to = [(count, kind.parse().unwrap())];
            modify(&[ri], &to, start()).map_err(|refusal| refusal.to_string())
        };
        // 2 x m5.large are 8 units, 32 quarters.
        assert_eq!(modified(&owned(), 1, "m5.xlarge"), Ok(32));
        let larger = modified(&owned(), 2, "m5.xlarge").unwrap_err();
        assert!(larger.contains("from 8 to 16 normalized units"), "{larger}");
        assert!(
            modified(&owned(), 2, "m6i.large")
                .unwrap_err()
                .contains("keeps the family")
        );
        let windows = ReservedInstance {
            platform: Platform::WINDOWS,
            ..owned()
        };
        assert!(
            modified(&windows, 1, "m5.xlarge")
                .unwrap_err()
                .contains("not size flexible")
        );
        // Another zone or scope keeps the type.
        assert_eq!(modified(&windows, 2, "m5.large"), Ok(32));
    }

    #[test]
    fn the_list_value_of_a_region_counts_standard_ones_that_are_alive() {
        let standard = ReservedInstance {
            offering_class: OfferingClass::Standard,
            count: 300,
            ..owned()
        };
        let over = ReservedInstance {
            alive: HourSpan::new(start().plus(-8_760), start()),
            ..standard.clone()
        };
        let all = [standard, over, owned()];
        let values = volume_list_values(&all, start());
        // 300 x $876.
        let found: Vec<Decimal> = values.into_values().map(dollars).collect();
        assert_eq!(found, [dec!(262800)]);
        assert!(Money::from_decimal(dec!(262800)).unwrap() < VOLUME_THRESHOLD);
    }
}
