//! `--zonal`: Reserved Instances that hold capacity. Brute force over counts beside regional ones and plans, how many have
//! to be bought, AWS's order, what a Capacity Reservation keeps out, and the proof of a run.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use bursar::billing::bill;
use bursar::catalog::{
    Account, OfferingClass, PaymentOption, Platform, SavingsPlanKind, Tenancy, Term, Zone,
};
use bursar::commitment::{Portfolio, ReservedFee, ReservedInstance, ReservedScope};
use bursar::demand::{
    CAPACITY_RESERVATION, Demand, DemandBuilder, DemandKey, Labels, Market as UsageMarket,
};
use bursar::optimize::{CandidateKind, Optimized, Options, Purchase, RuleName, Rules, optimize};
use bursar::units::{Hour, HourSpan, InstanceHour, Money, Rate};
use proptest::prelude::*;
use serde_json::Value;

use crate::certify::bursar;
use crate::optimize_hosts::{Small, least};
use crate::plans;

const MINE: &str = "111122223333";
const OTHER: &str = "444455556666";
/// An hour of m5.large, in steps of 1e-10 dollars: On-Demand half a cent, reserved and under the family's plan 60 % of it.
const ON_DEMAND: u64 = 50_000_000;
const RESERVED: u64 = 30_000_000;

fn market() -> Small {
    let large = plans::product("m5.large");
    let mut small = Small::default();
    small
        .table
        .set_on_demand(large, Rate::from_steps(ON_DEMAND));
    for (kind, rate) in [
        (SavingsPlanKind::Ec2Instance, RESERVED),
        (SavingsPlanKind::Compute, 36_000_000),
    ] {
        small
            .table
            .set_savings_plan(large, kind, Rate::from_steps(rate));
    }
    small.reserved = Some(RESERVED);
    small
}

fn key(account: &str, zone: &str) -> DemandKey {
    DemandKey {
        account: Account::new(account),
        region: "us-east-1".parse().unwrap(),
        zone: Some(Zone::new(zone)),
        instance_type: "m5.large".parse().unwrap(),
        platform: Platform::LINUX,
        tenancy: Tenancy::Shared,
        market: UsageMarket::OnDemand,
        labels: Labels::default(),
    }
}

fn demand(rows: &[(DemandKey, &[i64])]) -> Demand {
    let start = Hour::parse("2026-07-01T00:00Z").unwrap();
    let mut builder = DemandBuilder::new();
    for (key, counts) in rows {
        let key = builder.key(key.clone());
        for (hour, count) in (0_i64..).zip(*counts) {
            builder.add(key, start.plus(hour), count * 1_000_000_000);
        }
    }
    let hours = i64::try_from(rows[0].1.len()).unwrap();
    let window = HourSpan::new(start, start.plus(hours));
    builder.finish(window).unwrap()
}

fn options(zonal: Vec<DemandKey>) -> Options {
    let mut options = Options {
        buyer: Account::new("management"),
        rules: Rules {
            zonal: zonal.into_iter().collect(),
            ..Rules::default()
        },
        ..plans::options()
    };
    options.kinds.convertible = false;
    options
}

fn found(demand: &Demand, owned: &Portfolio, zonal: Vec<DemandKey>) -> Optimized {
    optimize(demand, owned, &market(), &options(zonal)).unwrap()
}

fn cents(steps: u64, hours: i128) -> Money {
    Rate::<InstanceHour>::from_steps(steps)
        .for_one()
        .times(hours)
}

/// Zonal ones among the purchases: their zone, account and count.
fn zonal(purchases: &[Purchase]) -> Vec<(String, String, u64)> {
    let found = purchases.iter().filter_map(|one| match one.candidate.kind {
        CandidateKind::Reserved {
            zonal: Some(zonal), ..
        } => Some((zonal.zone.to_string(), zonal.account.to_string(), one.steps)),
        _ => None,
    });
    found.collect()
}

/// A zonal one pays where it is used in more than 60 % of the hours: of five, two instances run in four, the third in
/// one. Two are bought, and beside them whatever is cheapest; without the rule none would be.
#[test]
fn no_counts_cost_less_than_the_mix_that_holds_capacity() {
    for (mine, other, floor) in [
        (&[3, 2, 2, 2, 0][..], &[1, 0, 2, 1, 1][..], 2),
        (&[1, 1, 1, 1, 1], &[0, 2, 0, 2, 2], 1),
        (&[2, 0, 2, 0, 2], &[1, 1, 1, 1, 1], 0),
    ] {
        let named = key(MINE, "us-east-1a");
        let demand = demand(&[(named.clone(), mine), (key(OTHER, "us-east-1b"), other)]);
        let options = options(vec![named.clone()]);
        let found = found(&demand, &Portfolio::default(), vec![named]);
        let cost = found.cheapest.bill.total();
        assert_eq!(
            cost,
            least(
                &(&demand).into(),
                &market(),
                &options,
                [floor..=4, 0..=4, 0..=14, 0..=14]
            ),
            "{mine:?} {other:?}"
        );
        let held = zonal(&found.cheapest.purchases);
        let wanted = (floor > 0).then(|| ("us-east-1a".to_owned(), MINE.to_owned(), floor));
        assert_eq!(held, wanted.into_iter().collect::<Vec<_>>());
        assert!(found.lower_bound <= cost);
        // Rules of thumb hold the capacity, too.
        assert_eq!(found.broken, []);
        for plan in &found.baselines {
            assert_eq!(zonal(&plan.purchases), held, "{}", plan.name);
            assert!(plan.bill.total() >= cost, "{}", plan.name);
        }
        let price = &found.rule_prices[0];
        assert_eq!(price.rule, RuleName::Zonal);
        let free = self::found(&demand, &Portfolio::default(), Vec::new());
        assert_eq!(zonal(&free.cheapest.purchases), []);
        assert_eq!(price.cost, cost - free.cheapest.bill.total());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever runs where: the capacity is held by every plan, nobody's cost is below the bound, and the rule is never
    /// paid for what it does not cost.
    #[test]
    fn capacity_is_held_by_every_plan(
        counts in prop::collection::vec((0..4_i64, 0..4_i64, 0..4_i64, 0..3_i64), 12),
        owned in 0..2_u32,
    ) {
        let column = |of: fn(&(i64, i64, i64, i64)) -> i64| counts.iter().map(of).collect::<Vec<_>>();
        let (mine, beside) = (key(MINE, "us-east-1a"), key(OTHER, "us-east-1b"));
        let inside = mine.clone().labelled(CAPACITY_RESERVATION, "cr");
        let rows = [
            (mine.clone(), column(|row| row.0)),
            (key(OTHER, "us-east-1a"), column(|row| row.1)),
            (beside.clone(), column(|row| row.2)),
            (inside, column(|row| row.3)),
        ];
        let rows: Vec<(DemandKey, &[i64])> = rows.iter().map(|(key, row)| (key.clone(), &row[..])).collect();
        let demand = demand(&rows);
        let scope = ReservedScope::Zonal(Zone::new("us-east-1a"));
        let owned = Portfolio {
            reserved_instances: (owned > 0)
                .then(|| reserved("zonal", MINE, scope, &demand))
                .into_iter()
                .collect(),
            ..Portfolio::default()
        };
        let found = found(&demand, &owned, vec![mine, beside]);
        let cost = found.cheapest.bill.total();
        let held = zonal(&found.cheapest.purchases);
        prop_assert_eq!(&found.broken, &[]);
        prop_assert!(found.lower_bound <= cost);
        for plan in &found.baselines {
            prop_assert!(plan.bill.total() >= cost);
            for one in &held {
                // A rule of thumb holds what has to be held; the cheapest mix may hold more.
                let there = zonal(&plan.purchases);
                let same = there.iter().find(|other| (&other.0, &other.1) == (&one.0, &one.1));
                prop_assert!(same.is_some_and(|other| other.2 <= one.2), "{there:?} {held:?}");
            }
        }
        let free = self::found(&demand, &owned, Vec::new());
        prop_assert!(free.lower_bound <= cost);
        prop_assert!(found.rule_prices[0].cost >= Money::ZERO);
    }
}

/// What is owned serves first: a regional one serves one of two instances, and one more is bought, zonal.
#[test]
fn what_is_owned_needs_no_second_one() {
    let named = key(MINE, "us-east-1a");
    let demand = demand(&[(named.clone(), &[2, 2, 2])]);
    let owned = Portfolio {
        reserved_instances: vec![reserved("ri", MINE, ReservedScope::Regional, &demand)],
        ..Portfolio::default()
    };
    let found = found(&demand, &owned, vec![named]);
    assert_eq!(
        zonal(&found.cheapest.purchases),
        [("us-east-1a".to_owned(), MINE.to_owned(), 1)]
    );
    assert_eq!(found.cheapest.bill.total(), cents(RESERVED, 6));
}

fn reserved(id: &str, account: &str, scope: ReservedScope, demand: &Demand) -> ReservedInstance {
    let key = key(account, "us-east-1a");
    ReservedInstance {
        id: id.into(),
        account: key.account,
        scope,
        region: key.region,
        instance_type: key.instance_type,
        platform: key.platform,
        tenancy: key.tenancy,
        offering_class: OfferingClass::Standard,
        term: Term::OneYear,
        payment_option: PaymentOption::NoUpfront,
        count: 1,
        alive: demand.span(),
        fee: ReservedFee {
            upfront: Money::ZERO,
            hourly: Rate::from_steps(RESERVED),
        },
    }
}

/// R17: in the second hour the owner of the zonal one runs nothing; it serves the other account's instance before that
/// account's own regional one does, which is unused. In the first hour each serves its own.
#[test]
fn an_idle_zonal_one_serves_others_before_their_own_regional_one() {
    let (mine, other) = (key(MINE, "us-east-1a"), key(OTHER, "us-east-1a"));
    let demand = demand(&[(mine, &[1, 0]), (other, &[1, 1])]);
    let owned = Portfolio {
        reserved_instances: vec![
            reserved(
                "zonal",
                MINE,
                ReservedScope::Zonal(Zone::new("us-east-1a")),
                &demand,
            ),
            reserved("regional", OTHER, ReservedScope::Regional, &demand),
        ],
        ..Portfolio::default()
    };
    let bill = bill(&demand, &owned, &market(), options(Vec::new()).billing).unwrap();
    let used = |at: usize| {
        let totals = &bill.reserved_instances[at];
        (totals.used, totals.committed)
    };
    let (used_zonal, all) = used(0);
    assert_eq!((used_zonal, used(1).0 * 2), (all, used(1).1));
    assert_eq!(bill.total(), cents(RESERVED, 4));
}

/// R95: the instance in a Capacity Reservation is left to plans and regional ones.
#[test]
fn nothing_in_a_capacity_reservation_is_served() {
    let inside = key(MINE, "us-east-1a").labelled(CAPACITY_RESERVATION, "cr-1");
    let demand = demand(&[(inside, &[1, 1]), (key(MINE, "us-east-1a"), &[0, 1])]);
    let scope = ReservedScope::Zonal(Zone::new("us-east-1a"));
    let owned = Portfolio {
        reserved_instances: vec![reserved("zonal", MINE, scope, &demand)],
        ..Portfolio::default()
    };
    let billed = bill(&demand, &owned, &market(), options(Vec::new()).billing).unwrap();
    assert_eq!(billed.on_demand_cost(), cents(ON_DEMAND, 2));
    let found = found(&demand, &owned, Vec::new());
    assert!(found.lower_bound <= found.cheapest.bill.total());
    // In the search, too: what is left for a plan is both hours of it, at 60 %.
    assert_eq!(found.cheapest.bill.total(), cents(RESERVED, 4));
}

/// Three databases in one zone, of which one is off at night, and pages in another.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut usage = String::from(
        "hour,region,zone,instance_type,count,account,tag:tier,capacity_reservation\n",
    );
    for hour in 0..48_u32 {
        let at = format!(
            "2026-07-{:02}T{:02}:00Z,us-east-1",
            1 + hour.div_euclid(24),
            hour % 24
        );
        let day = u32::from(hour % 24 > 11);
        writeln!(usage, "{at},us-east-1a,r5.large,{},{MINE},db,", 2 + day).unwrap();
        writeln!(usage, "{at},us-east-1a,r5.large,1,{MINE},db,cr-1").unwrap();
        writeln!(
            usage,
            "{at},us-east-1b,m5.large,{},{OTHER},web,",
            2 + 3 * day
        )
        .unwrap();
        writeln!(usage, "{at},,c5.large,1,{OTHER},batch,").unwrap();
    }
    fs::write(folder.path().join("usage.csv"), usage).unwrap();
    folder
}

fn optimized(folder: &Path, more: &[&str]) -> (bool, String, String) {
    let fixed = ["optimize", "usage.csv", "--no-options"];
    let output = bursar(folder, &[&fixed[..], more].concat());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.success(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn a_run_that_holds_capacity_is_certified_and_a_changed_one_is_not() {
    let folder = folder();
    let folder = folder.path();
    let more = [
        "--zonal",
        "tag:tier=db",
        "--events",
        "default",
        "--format",
        "json",
    ];
    let (good, text, errors) = optimized(folder, &more);
    assert!(good, "{errors}");
    assert!(
        errors.contains("stay on offer for what is in a Capacity Reservation, as zonal ones do not serve it: r5.large"),
        "{errors}"
    );
    let run: Value = serde_json::from_str(&text).unwrap();
    let bought = &run["plans"][0]["purchases"][0];
    assert_eq!(bought["kind"], "standard-ri");
    assert_eq!(
        bought["scope"],
        format!("r5.large Linux in us-east-1 (zone us-east-1a, {MINE})")
    );
    assert_eq!(
        (&bought["count"], &bought["account"]),
        (&2.into(), &MINE.into())
    );
    assert_eq!(run["rules"][0]["rule"], "zonal");
    assert_eq!(run["settings"]["rules"]["zonal"][0], "tag:tier=db");
    let certified = |run: &Value| {
        fs::write(folder.join("run.json"), run.to_string()).unwrap();
        let output = bursar(folder, &["certify", "run.json"]);
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let (code, said) = certified(&run);
    assert_eq!(code, Some(0), "{said}");
    // Every mix of every aim over the events holds it, too.
    let robust = run["plans"].as_array().unwrap();
    let robust = robust.iter().find(|plan| plan["name"] == "robust").unwrap();
    assert_eq!(&robust["purchases"][0], bought);
    // Fewer than have to be bought, and another rule: no proof of either.
    let mut fewer = run.clone();
    fewer["plans"][0]["purchases"][0]["count"] = 1.into();
    assert_eq!(certified(&fewer).0, Some(3));
    let mut other = run;
    other["settings"]["rules"]["zonal"][0] = "tag:tier=web".into();
    assert_eq!(certified(&other).0, Some(3));
}

/// What may run on Spot is named like the rest; the cheapest mix without Spot holds the same capacity.
#[test]
fn usage_that_may_run_on_spot_keeps_its_name() {
    let folder = folder();
    let more = [
        "--zonal",
        "tag:tier=web",
        "--spot-eligible",
        "tag:tier=web",
        "--spot-share",
        "50",
        "--interruption-cost",
        "5",
        "--format",
        "json",
    ];
    let (good, text, errors) = optimized(folder.path(), &more);
    assert!(good, "{errors}");
    let run: Value = serde_json::from_str(&text).unwrap();
    let held = |plan: &Value| -> u64 {
        let bought = plan["purchases"].as_array().unwrap().iter();
        let zonal = bought.filter(|one| {
            one["scope"]
                .as_str()
                .unwrap()
                .contains("(zone us-east-1b, ")
        });
        zonal.map(|one| one["count"].as_u64().unwrap()).sum()
    };
    // Two run always and three more by day, so that two pay. With half of it on Spot the second one takes over 0.096
    // dollars an hour by day and 0.0458 of Spot at night: 0.071 on average, above its 0.06.
    assert_eq!(
        (held(&run["plans"][0]), held(&run["spot"]["without"])),
        (2, 2)
    );
}

#[test]
fn what_cannot_be_is_refused() {
    let folder = folder();
    for (more, said) in [
        (
            &["--zonal", "family=c5"][..],
            "no stated Availability Zone: c5.large Linux in us-east-1",
        ),
        (
            &["--zonal", "family=m6i"],
            "`--zonal` selects nothing: no usage has the family `m6i`",
        ),
        (
            &["--zonal", "tag:tier=db", "--kinds", "compute-sp"],
            "`--kinds` allows none",
        ),
        (
            &[
                "--zonal",
                "tag:tier=db",
                "--payment",
                "all-upfront",
                "--max-upfront",
                "10",
            ],
            "`zonal` and `max-upfront` exclude each other",
        ),
    ] {
        let (good, _, errors) = optimized(folder.path(), more);
        assert!(!good && errors.contains(said), "{more:?}: {errors}");
    }
}
