//! Whom commitments serve when their owner does not need them: the organization, its owner's group first or alone,
//! or nobody.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeMap;

use bursar::billing::{Bill, RateTable, Settings, bill};
use bursar::catalog::{Account, PaymentOption, SavingsPlanKind, Term};
use bursar::commitment::{
    Portfolio, ReservedScope, SavingsPlan, SavingsPlanScope, Sharing, SharingGroups,
};
use bursar::units::{InstanceHour, Money, Quantity, Rate};
use proptest::prelude::*;
use rust_decimal::{Decimal, dec};

use crate::vectors::read::{demand, key, one_hour, product, reserved, virginia};

fn groups(groups: &[&[&str]]) -> SharingGroups {
    let accounts = |group: &&[&str]| group.iter().map(|name| Account::new(name)).collect();
    SharingGroups::new(groups.iter().map(accounts).collect()).unwrap()
}

fn rate(dollars: Decimal) -> Rate<InstanceHour> {
    Rate::from_decimal(dollars).unwrap()
}

/// Instance-hours of `m5.large` by account, each On-Demand at $0.10 and under a plan at $0.06.
fn billed(usage: &[(&str, Decimal)], portfolio: &Portfolio) -> Bill {
    let usage: Vec<_> = usage
        .iter()
        .map(|(account, hours)| (key(account, None, "m5.large", virginia()), *hours))
        .collect();
    let mut rates = RateTable::default();
    for (key, _) in &usage {
        rates.set_on_demand(product(key), rate(dec!(0.10)));
        rates.set_savings_plan(product(key), SavingsPlanKind::Compute, rate(dec!(0.06)));
    }
    bill(&demand(&usage), portfolio, &rates, Settings::default()).unwrap()
}

/// Hours that Reserved Instances covered, by the order of accounts.
fn reserved_hours(bill: &Bill) -> Vec<Decimal> {
    let hours = |quantity: Quantity<InstanceHour>| quantity.to_decimal(6).normalize();
    bill.lines.iter().map(|line| hours(line.reserved)).collect()
}

fn planned_hours(bill: &Bill) -> Vec<Decimal> {
    let hours = |quantity: Quantity<InstanceHour>| quantity.to_decimal(6).normalize();
    bill.lines
        .iter()
        .map(|line| hours(line.savings_plan))
        .collect()
}

fn modes() -> [(Sharing, &'static str); 4] {
    let of = || groups(&[&["a", "c"]]);
    [
        (Sharing::Organization, "organization"),
        (Sharing::Prioritized(of()), "prioritized"),
        (Sharing::Restricted(of()), "restricted"),
        (Sharing::Off, "off"),
    ]
}

/// `a` owns and uses nothing; `b` and `c` use an hour each, and `c` is in the group of `a`.
#[test]
fn a_reservation_serves_its_owners_group_first_or_alone() {
    let usage = [("b", dec!(1)), ("c", dec!(1))];
    let (one, none) = (dec!(1), dec!(0));
    for (count, covered) in [
        (1, [[one, none], [none, one], [none, one], [none, none]]),
        (2, [[one, one], [one, one], [none, one], [none, none]]),
    ] {
        for ((sharing, name), covered) in modes().into_iter().zip(covered) {
            let portfolio = Portfolio {
                reserved_instances: vec![reserved(
                    "ri",
                    "a",
                    "m5.large",
                    ReservedScope::Regional,
                    count,
                )],
                sharing,
                ..Portfolio::default()
            };
            let found = billed(&usage, &portfolio);
            assert_eq!(reserved_hours(&found), covered, "{count} {name}");
        }
    }
}

fn plan(account: &str, commitment: Decimal) -> SavingsPlan {
    SavingsPlan {
        id: format!("sp-{account}"),
        account: Account::new(account),
        scope: SavingsPlanScope::Compute,
        term: Term::OneYear,
        payment_option: PaymentOption::NoUpfront,
        commitment: Money::from_decimal(commitment).unwrap(),
        alive: one_hour(),
    }
}

/// A commitment of $0.09 covers an hour and a half at $0.06.
#[test]
fn a_savings_plan_serves_its_owners_group_first_or_alone() {
    let usage = [("b", dec!(1)), ("c", dec!(1))];
    let (one, half, none) = (dec!(1), dec!(0.5), dec!(0));
    let covered = [[one, half], [half, one], [none, one], [none, none]];
    for ((sharing, name), covered) in modes().into_iter().zip(covered) {
        let portfolio = Portfolio {
            savings_plans: vec![plan("a", dec!(0.09))],
            sharing,
            ..Portfolio::default()
        };
        assert_eq!(
            planned_hours(&billed(&usage, &portfolio)),
            covered,
            "{name}"
        );
    }
}

#[test]
fn an_account_is_in_one_group() {
    let twice = vec![
        vec![Account::new("a"), Account::new("b")],
        vec![Account::new("b")],
    ];
    let found = SharingGroups::new(twice).unwrap_err();
    assert_eq!(found.to_string(), "account `b` is in two sharing groups");
}

const ACCOUNTS: [&str; 5] = ["a", "b", "c", "d", "e"];

/// Accounts, each with a number: seconds of usage, count of reservations, thousandths of a dollar.
type Numbered = Vec<(usize, u32)>;

fn fleets() -> impl Strategy<Value = (Numbered, Numbered, Numbered, Vec<usize>)> {
    let some = |most: u32| prop::collection::vec((0..5_usize, 1..most), 0..6);
    let group_of = prop::collection::vec(0..3_usize, 5);
    (some(7_200), some(4), some(400), group_of)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// One product: whom a reservation serves first does not change how much it serves, only narrower sharing does;
    /// one group of everybody is the organization.
    #[test]
    fn narrower_sharing_never_covers_more((usage, owned, plans, group_of) in fleets()) {
        let mut hours: BTreeMap<&str, Decimal> = BTreeMap::new();
        for (account, seconds) in usage {
            *hours.entry(ACCOUNTS[account]).or_default() += Decimal::from(seconds) / dec!(3600);
        }
        let usage: Vec<(&str, Decimal)> = hours.into_iter().collect();
        let mut of: Vec<Vec<Account>> = vec![Vec::new(); 3];
        for (account, &group) in ACCOUNTS.iter().zip(&group_of) {
            of[group].push(Account::new(account));
        }
        of.retain(|group| !group.is_empty());
        let of = SharingGroups::new(of).unwrap();
        let everybody = groups(&[&ACCOUNTS]);
        let bill_of = |sharing: Sharing| {
            let owned = owned.iter().enumerate().map(|(number, &(account, count))| {
                reserved(&format!("ri-{number}"), ACCOUNTS[account], "m5.large", ReservedScope::Regional, count)
            });
            let plans = plans.iter().enumerate().map(|(number, &(account, mills))| SavingsPlan {
                id: format!("sp-{number}"),
                ..plan(ACCOUNTS[account], Decimal::new(mills.into(), 3))
            });
            let portfolio = Portfolio {
                reserved_instances: owned.collect(),
                savings_plans: plans.collect(),
                sharing,
            };
            billed(&usage, &portfolio)
        };
        let all = bill_of(Sharing::Organization);
        let first = bill_of(Sharing::Prioritized(of.clone()));
        let alone = bill_of(Sharing::Restricted(of));
        let off = bill_of(Sharing::Off);
        prop_assert_eq!(&bill_of(Sharing::Restricted(everybody.clone())), &all);
        prop_assert_eq!(&bill_of(Sharing::Prioritized(everybody)), &all);
        let reserved = |bill: &Bill| bill.lines.iter().map(|line| line.reserved).sum::<Quantity<InstanceHour>>();
        prop_assert_eq!(reserved(&first), reserved(&all));
        prop_assert!(reserved(&alone) <= reserved(&all));
        prop_assert!(reserved(&off) <= reserved(&alone));
        // One On-Demand rate and one plan rate: what is left On-Demand tells the rest.
        prop_assert_eq!(first.on_demand_cost(), all.on_demand_cost());
        prop_assert!(alone.on_demand_cost() >= all.on_demand_cost());
        prop_assert!(off.on_demand_cost() >= alone.on_demand_cost());
    }
}
