//! Properties of billing that hold for every fleet: bills balance, and nothing depends on order or on how the
//! work is split.

#![allow(
    clippy::unwrap_used,
    clippy::integer_division,
    reason = "test data, and numbers that are meant to be awkward"
)]

use bursar::billing::{Bill, ChargeKind, Granularity, RateTable, Settings, accrued, bill, charges};
use bursar::catalog::{
    Account, Family, OfferingClass, PaymentOption, Platform, Region, SavingsPlanKind, Tenancy,
    Term, Zone,
};
use bursar::commitment::{
    Portfolio, ReservedFee, ReservedInstance, ReservedScope, SavingsPlan, SavingsPlanScope,
    Sharing, SharingGroups,
};
use bursar::demand::{Demand, DemandBuilder, DemandKey, Labels, Market};
use bursar::prices::Product;
use bursar::units::{Hour, HourSpan, Money, Rate, TICKS_PER_HOUR};
use proptest::prelude::*;

pub(crate) const HOURS: i64 = 70;
pub(crate) const ACCOUNTS: [&str; 3] = ["111111111111", "222222222222", "333333333333"];
/// Types with their On-Demand price in steps of 1e-10 dollars; sizes of m5 are proportional, as AWS's are.
pub(crate) const TYPES: [(&str, u64); 6] = [
    ("m5.large", 960_000_000),
    ("m5.xlarge", 1_920_000_000),
    ("m5.4xlarge", 7_680_000_000),
    ("c5.9xlarge", 15_300_000_000),
    ("g5.xlarge", 10_060_000_000),
    ("t3.nano", 52_000_000),
];

pub(crate) fn start() -> Hour {
    Hour::parse("2026-03-01T00:00Z").unwrap()
}

pub(crate) fn virginia() -> Region {
    "us-east-1".parse().unwrap()
}

fn window() -> HourSpan {
    HourSpan::new(start(), start().plus(HOURS))
}

pub(crate) fn rates() -> RateTable {
    let mut rates = RateTable::default();
    for (index, (name, steps)) in TYPES.iter().enumerate() {
        for platform in [Platform::LINUX, Platform::WINDOWS] {
            let tenancy = Tenancy::Shared;
            let instance_type = name.parse().unwrap();
            let product = Product {
                region: virginia(),
                instance_type,
                platform,
                tenancy,
            };
            let licence = if platform == Platform::WINDOWS {
                steps.div_euclid(3)
            } else {
                0
            };
            rates.set_on_demand(product, Rate::from_steps(steps + licence));
            rates.set_spot(product, Rate::from_steps(steps.div_euclid(3)));
            // Awkward numbers on purpose: rates that do not divide anything.
            let compute = steps * (70 + u64::try_from(index).unwrap()) / 100 + 7 + licence;
            let ec2 = steps * (61 + u64::try_from(index).unwrap()) / 100 + 3 + licence;
            rates.set_savings_plan(product, SavingsPlanKind::Compute, Rate::from_steps(compute));
            rates.set_savings_plan(product, SavingsPlanKind::Ec2Instance, Rate::from_steps(ec2));
        }
    }
    rates
}

fn key(account: usize, kind: usize, windows: bool, zone: usize, market: Market) -> DemandKey {
    DemandKey {
        account: Account::new(ACCOUNTS[account]),
        region: virginia(),
        zone: [None, Some("us-east-1a"), Some("us-east-1b")][zone].map(Zone::new),
        instance_type: TYPES[kind].0.parse().unwrap(),
        platform: if windows {
            Platform::WINDOWS
        } else {
            Platform::LINUX
        },
        tenancy: Tenancy::Shared,
        market,
        labels: Labels::default(),
    }
}

/// Usage rows: key, hour, seconds.
pub(crate) fn usage() -> impl Strategy<Value = Vec<(DemandKey, i64, u32)>> {
    let key = (
        0..3_usize,
        0..TYPES.len(),
        any::<bool>(),
        0..3_usize,
        prop_oneof![
            7 => Just(Market::OnDemand),
            1 => Just(Market::Spot),
            2 => Just(Market::UnusedCapacity),
        ],
    )
        .prop_map(|(account, kind, windows, zone, market)| {
            key(account, kind, windows, zone, market)
        });
    prop::collection::vec((key, 0..HOURS, 1..40_000_u32), 1..120)
}

pub(crate) fn demand(rows: &[(DemandKey, i64, u32)]) -> Demand {
    let mut builder = DemandBuilder::new();
    for (key, hour, seconds) in rows {
        let handle = builder.key(key.clone());
        builder.add(
            handle,
            start().plus(*hour),
            i64::from(*seconds) * 1_000_000_000 / 3_600,
        );
    }
    builder.finish(window()).unwrap()
}

fn alive() -> impl Strategy<Value = HourSpan> {
    (-20..HOURS, 1..HOURS)
        .prop_map(|(from, length)| HourSpan::new(start().plus(from), start().plus(from + length)))
}

fn reserved() -> impl Strategy<Value = ReservedInstance> {
    (
        0..3_usize,
        0..TYPES.len(),
        any::<bool>(),
        0..3_usize,
        1..6_u32,
        alive(),
        0..90_000_i64,
    )
        .prop_map(|(account, kind, windows, zone, count, alive, cents)| {
            let usage = key(account, kind, windows, zone, Market::OnDemand);
            ReservedInstance {
                id: String::new(),
                account: usage.account,
                scope: usage
                    .zone
                    .map_or(ReservedScope::Regional, ReservedScope::Zonal),
                region: usage.region,
                instance_type: usage.instance_type,
                platform: usage.platform,
                tenancy: usage.tenancy,
                offering_class: OfferingClass::Standard,
                term: Term::OneYear,
                payment_option: PaymentOption::PartialUpfront,
                count,
                alive,
                fee: ReservedFee {
                    upfront: Money::from_decimal(rust_decimal::Decimal::new(cents, 2)).unwrap(),
                    hourly: Rate::from_steps(TYPES[kind].1 * 31 / 97),
                },
            }
        })
}

fn plan() -> impl Strategy<Value = SavingsPlan> {
    (
        0..3_usize,
        0..TYPES.len() + 3,
        1..40_000_i64,
        alive(),
        any::<bool>(),
    )
        .prop_map(|(account, scope, commitment, alive, partial)| SavingsPlan {
            id: String::new(),
            account: Account::new(ACCOUNTS[account]),
            scope: match TYPES.get(scope) {
                Some((name, _)) => SavingsPlanScope::Ec2Instance {
                    family: Family::new(name.split('.').next().unwrap()),
                    region: virginia(),
                },
                None if scope == TYPES.len() => SavingsPlanScope::Database,
                None => SavingsPlanScope::Compute,
            },
            term: Term::OneYear,
            payment_option: if partial {
                PaymentOption::PartialUpfront
            } else {
                PaymentOption::NoUpfront
            },
            commitment: Money::from_decimal(rust_decimal::Decimal::new(commitment, 3)).unwrap(),
            alive,
        })
}

/// The organization mostly; else two groups, or one group and one account alone.
fn sharing() -> impl Strategy<Value = Sharing> {
    (0..6_usize, 0..3_usize).prop_map(|(mode, alone)| {
        let (one, others): (Vec<_>, Vec<_>) = ACCOUNTS
            .iter()
            .enumerate()
            .partition(|(index, _)| *index == alone);
        let group = |accounts: Vec<(usize, &&str)>| {
            accounts
                .into_iter()
                .map(|(_, name)| Account::new(name))
                .collect::<Vec<_>>()
        };
        let groups = SharingGroups::new(vec![group(others), group(one)]).unwrap();
        match mode {
            0 => Sharing::Prioritized(groups),
            1 => Sharing::Restricted(groups),
            2 => Sharing::Off,
            _ => Sharing::Organization,
        }
    })
}

pub(crate) fn portfolio() -> impl Strategy<Value = Portfolio> {
    let reserved = prop::collection::vec(reserved(), 0..6);
    let plans = prop::collection::vec(plan(), 0..5);
    (reserved, plans, sharing()).prop_map(|(mut reserved, mut plans, sharing)| {
        for (index, ri) in reserved.iter_mut().enumerate() {
            ri.id = format!("ri-{index}");
        }
        for (index, plan) in plans.iter_mut().enumerate() {
            plan.id = format!("sp-{index}");
        }
        Portfolio {
            reserved_instances: reserved,
            savings_plans: plans,
            sharing,
        }
    })
}

fn billed(demand: &Demand, portfolio: &Portfolio) -> Bill {
    bill(demand, portfolio, &rates(), Settings::default()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_bill_balances(rows in usage(), portfolio in portfolio()) {
        let demand = demand(&rows);
        let bill = billed(&demand, &portfolio);
        // Covered and uncovered usage make the demand, for every key.
        for line in &bill.lines {
            prop_assert_eq!(line.usage(), demand.total(line.key));
        }
        // Used and unused make what was committed, for every commitment.
        for (ri, totals) in portfolio.reserved_instances.iter().zip(&bill.reserved_instances) {
            let hours = ri.alive.intersect(window()).len() as u128;
            let flexible = ri.platform == Platform::LINUX && ri.instance_type.family().as_str() != "g5";
            let units = if flexible { ri.quarter_units() } else { u64::from(ri.count) };
            prop_assert_eq!(totals.committed, u128::from(units) * u128::from(TICKS_PER_HOUR) * hours);
            prop_assert!(totals.used <= totals.committed);
        }
        for (plan, totals) in portfolio.savings_plans.iter().zip(&bill.savings_plans) {
            let hours = i128::try_from(plan.alive.intersect(window()).len()).unwrap();
            prop_assert_eq!(totals.committed.cast_signed(), plan.commitment.times(hours).atoms());
            prop_assert!(totals.used <= totals.committed);
        }
        // So do the shares of the window.
        let shares = accrued(&demand, &portfolio, &rates(), Settings::default()).unwrap();
        prop_assert_eq!(shares.total(), bill.total());
        // Every charge together makes the total, in every granularity; so does every cash payment.
        for granularity in [Granularity::Hour, Granularity::Day, Granularity::Month] {
            let charges = charges(&demand, &portfolio, &rates(), Settings::default(), granularity).unwrap();
            let effective: Money = charges.iter().map(|charge| charge.effective).sum();
            prop_assert_eq!(effective, bill.total());
            prop_assert!(charges.iter().all(|charge| charge.effective >= Money::ZERO));
            let on_demand: Money = charges
                .iter()
                .filter(|charge| charge.kind == ChargeKind::OnDemand)
                .map(|charge| charge.billed)
                .sum();
            prop_assert_eq!(on_demand, bill.on_demand_cost());
        }
    }

    #[test]
    fn order_and_splitting_do_not_matter(rows in usage(), portfolio in portfolio(), at in 1..HOURS) {
        let whole = demand(&rows);
        let bill = billed(&whole, &portfolio);
        let mut reversed = rows.clone();
        reversed.reverse();
        prop_assert_eq!(&billed(&demand(&reversed), &portfolio), &bill);
        let mut shuffled = portfolio.clone();
        shuffled.reserved_instances.reverse();
        shuffled.savings_plans.reverse();
        prop_assert_eq!(billed(&whole, &shuffled).total(), bill.total());
        let first = billed(&whole.within(HourSpan::new(start(), start().plus(at))), &portfolio);
        let second = billed(&whole.within(HourSpan::new(start().plus(at), window().end())), &portfolio);
        prop_assert_eq!(first.total() + second.total(), bill.total());
    }

    #[test]
    fn commitments_cover_no_more_than_they_can(rows in usage(), portfolio in portfolio()) {
        let demand = demand(&rows);
        let bill = billed(&demand, &portfolio);
        prop_assert!(bill.on_demand_cost() <= bill.on_demand_equivalent());
        prop_assert_eq!(
            bill.covered(),
            bill.reserved_instances.iter().chain(&bill.savings_plans).map(|c| c.on_demand_equivalent).sum()
        );
        // Without sharing nothing is covered that sharing would not cover too, in money.
        let alone = Settings { sharing: false, ..Settings::default() };
        let unshared = bursar::billing::bill(&demand, &portfolio, &rates(), alone).unwrap();
        for line in &unshared.lines {
            let account = demand.keys()[line.key].account;
            let owns = portfolio.reserved_instances.iter().any(|ri| ri.account == account)
                || portfolio.savings_plans.iter().any(|plan| plan.account == account);
            prop_assert!(owns || line.on_demand == line.usage());
        }
    }
}
