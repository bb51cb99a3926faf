//! Capacity Reservations and Capacity Blocks beside usage.

use bursar::catalog::{Account, Platform, Tenancy, Zone};
use bursar::demand::{
    CapacityKind, CapacityReservation, Demand, DemandBuilder, DemandKey, Labels, Market,
    reserve_capacity,
};
use bursar::units::{Hour, HourSpan};
use proptest::prelude::*;
use rust_decimal::{Decimal, dec};

use super::{Row, bursar, charges, number, sum};

const HEAD: &str = "hour,region,zone,instance_type,hours,account\n";
const RESERVED: &str = "reservation,account,region,zone,instance_type,slots,start,end,shared_with,matching,commitment_days,cancelled,kind,price,booked\n";

fn of(status: &'static str) -> impl Fn(&Row) -> bool {
    move |row| row["CapacityReservationStatus"] == status
}

/// The example of AWS's page: 20 slots, 15 instances; then 22, two of which run beside it. m4.large costs 10 cents.
#[test]
fn idle_slots_cost_what_instances_do() {
    let usage = format!(
        "{HEAD}2026-10-01T00:00Z,us-east-1,us-east-1a,m4.large,15,a\n\
         2026-10-01T01:00Z,us-east-1,us-east-1a,m4.large,22,a\n"
    );
    let table =
        format!("{RESERVED}cr-1,a,us-east-1,us-east-1a,m4.large,20,2026-09-01T00:00Z,,,,,,,,\n");
    let rows = charges(&[("usage.csv", &usage), ("reserved.csv", &table)], "");
    assert_eq!(sum(&rows, "PricingQuantity", of("Used")), dec!(35));
    assert_eq!(sum(&rows, "PricingQuantity", of("Unused")), dec!(5));
    assert_eq!(sum(&rows, "PricingQuantity", of("")), dec!(2));
    assert_eq!(sum(&rows, "BilledCost", |_| true), dec!(4.2));
    assert!(
        rows.iter()
            .all(|row| of("")(row) == row["CapacityReservationId"].is_empty())
    );
}

/// Held for 24 h 15 min (AWS: 24.25 reservation hours), and for ten seconds: a minute.
#[test]
fn slots_are_billed_by_the_second_a_minute_at_least() {
    let usage = format!(
        "{HEAD}2026-10-01T00:00Z,us-east-1,,t3.nano,0,a\n2026-10-02T01:00Z,us-east-1,,t3.nano,0,a\n"
    );
    let table = format!(
        "{RESERVED}long,a,us-east-1,,m4.large,1,2026-10-01T00:30Z,2026-10-02T00:45Z,,,,,,,\n\
         short,a,us-east-1,,m4.large,3,2026-10-01T00:59:55Z,2026-10-01T01:00:05Z,,,,,,,\n"
    );
    let files = [("usage.csv", &*usage), ("reserved.csv", &*table)];
    let rows = charges(&files, "--fill-gaps zero");
    let hours = |id: &'static str| {
        sum(&rows, "PricingQuantity", |row| {
            row["CapacityReservationId"] == id
        })
    };
    assert_eq!(hours("long"), dec!(24.25));
    // 3 slots x 60 s, five seconds of them in the first hour.
    assert_eq!(hours("short"), dec!(0.05));
}

/// What another account runs in a shared reservation is its own; the owner pays what is idle.
#[test]
fn the_owner_pays_idle_slots_of_a_shared_reservation() {
    let usage = format!(
        "{HEAD}2026-10-01T00:00Z,us-east-1,us-east-1a,m4.large,2,b\n\
         2026-10-01T00:00Z,us-east-1,us-east-1a,m4.large,1,a\n\
         2026-10-01T00:00Z,us-east-1,us-east-1a,m4.large,9,c\n\
         2026-10-01T00:00Z,us-east-1,us-east-1b,m4.large,9,a\n"
    );
    let table =
        format!("{RESERVED}cr,a,us-east-1,us-east-1a,m4.large,5,2026-09-01T00:00Z,,b,,,,,,\n");
    let rows = charges(&[("usage.csv", &usage), ("reserved.csv", &table)], "");
    let by = |status: &'static str, account: &'static str| {
        sum(&rows, "PricingQuantity", |row| {
            of(status)(row) && row["SubAccountId"] == account
        })
    };
    assert_eq!(by("Used", "b"), dec!(2));
    assert_eq!(by("Used", "a"), dec!(1));
    assert_eq!(by("Unused", "a"), dec!(2));
    assert_eq!(by("", "c"), dec!(9));
    assert_eq!(by("", "a"), dec!(9));
}

/// A plan serves what runs, then the idle slot with what is left of it; a zonal one nothing in the Capacity Reservation
/// (R95), and a regional one the slot when nothing runs (AWS: discounts go to instances before unused reservations).
#[test]
fn commitments_serve_idle_slots_last() {
    let usage = format!("{HEAD}2026-10-01T00:00Z,us-east-1,us-east-1a,m5.large,1,a\n");
    let table =
        format!("{RESERVED}cr,a,us-east-1,us-east-1a,m5.large,3,2026-09-01T00:00Z,,,,,,,,\n");
    let covered = |own: &str| {
        let files = [
            ("usage.csv", &*usage),
            ("reserved.csv", &*table),
            ("own.toml", own),
        ];
        let rows = charges(&files, "--own own.toml");
        let by = |status: &'static str| {
            sum(&rows, "PricingQuantity", |row| {
                of(status)(row) && row["CommitmentDiscountStatus"] == "Used"
            })
        };
        (by("Used"), by("Unused"))
    };
    let plan = |commitment: &str| {
        format!(
            "[[savings_plan]]\nid = \"sp\"\naccount = \"a\"\ntype = \"compute-sp\"\nterm = \"1yr\"\n\
             payment_option = \"no-upfront\"\ncommitment = \"{commitment}\"\nstart = \"2026-01-01T00:00Z\"\n"
        )
    };
    let reserved = |zone: &str| {
        format!(
            "[[reserved_instance]]\nid = \"ri\"\naccount = \"a\"\ninstance_type = \"m5.large\"\nregion = \"us-east-1\"\n{zone}\
             offering_class = \"standard\"\nterm = \"1yr\"\npayment_option = \"no-upfront\"\ncount = 2\nstart = \"2026-01-01T00:00Z\"\n"
        )
    };
    let (running, idle) = covered(&plan("0.05"));
    assert!(running > dec!(0.5) && running < dec!(1) && idle.is_zero());
    let (running, idle) = covered(&plan("0.1"));
    assert!(
        running == dec!(1) && idle > dec!(0.3) && idle < dec!(1),
        "{idle}"
    );
    assert_eq!(covered(&plan("9")), (dec!(1), dec!(2)));
    assert_eq!(covered(&reserved("")), (dec!(1), dec!(1)));
    let zonal = reserved("zone = \"us-east-1a\"\n");
    assert_eq!(covered(&zonal), (Decimal::ZERO, Decimal::ZERO));
}

/// Idle slots of a bill are idle slots here.
#[test]
fn rows_of_unused_reservations_are_idle_slots() {
    let bill = "lineItem/LineItemType,lineItem/ProductCode,lineItem/UsageType,lineItem/Operation,lineItem/UsageStartDate,lineItem/UsageAmount,lineItem/UsageAccountId,product/region\n\
                Usage,AmazonEC2,BoxUsage:m5.large,RunInstances,2026-10-01T00:00:00Z,3,111122223333,us-east-1\n\
                Usage,AmazonEC2,UnusedBox:m5.large,RunInstances,2026-10-01T00:00:00Z,2,111122223333,us-east-1\n";
    let rows = charges(&[("bill.csv", bill)], "");
    assert_eq!(sum(&rows, "PricingQuantity", of("Unused")), dec!(2));
    assert_eq!(sum(&rows, "PricingQuantity", of("")), dec!(3));
}

/// Only instances that name a targeted reservation run in it.
#[test]
fn a_targeted_reservation_waits_for_its_instances() {
    let usage = "hour,region,zone,instance_type,count,capacity_reservation\n\
                 2026-10-01T00:00Z,us-east-1,us-east-1a,m4.large,3,\n\
                 2026-10-01T00:00Z,us-east-1,us-east-1a,m4.large,1,cr\n";
    let table = format!(
        "{RESERVED}cr,,us-east-1,us-east-1a,m4.large,2,2026-09-01T00:00Z,,,targeted,,,,,\n"
    );
    let rows = charges(&[("usage.csv", usage), ("reserved.csv", &table)], "");
    let hours = |status| sum(&rows, "PricingQuantity", of(status));
    assert_eq!(
        (hours("Used"), hours("Unused"), hours("")),
        (dec!(1), dec!(1), dec!(3))
    );
}

/// 14 days are committed to from 2026-10-15. Cancelled two days before: half of it, 7 days of all slots. AWS's example
/// has 70 instances: 70 x 7 x 24 = 11,760 hours.
#[test]
fn cancelling_a_future_dated_reservation_costs_a_part_of_its_commitment() {
    let usage = format!(
        "{HEAD}2026-10-01T00:00Z,us-east-1,,t3.nano,0,a\n2026-11-30T23:00Z,us-east-1,,t3.nano,0,a\n"
    );
    let idle = |cancelled: &str| {
        let table = format!(
            "{RESERVED}cr,a,us-east-1,,c8g.xlarge,70,2026-10-15T00:00Z,2026-11-15T00:00Z,,,14,{cancelled},,,\n"
        );
        let files = [("usage.csv", &*usage), ("reserved.csv", &*table)];
        let rows = charges(&files, "--fill-gaps zero --granularity month");
        sum(&rows, "PricingQuantity", of("Unused"))
    };
    assert_eq!(idle("2026-10-13T00:00Z"), dec!(11760));
    // Four weeks before: a quarter. Eight weeks: nothing.
    assert_eq!(
        idle("2026-09-17T00:00Z"),
        Decimal::ZERO,
        "it ends before the window"
    );
    assert_eq!(idle("2026-08-01T00:00Z"), Decimal::ZERO);
    // After four of the 14 days: 4 days held, and half of the other 10.
    assert_eq!(idle("2026-10-19T00:00Z"), dec!(15120));
    // Behind the commitment it is free: held for 20 days.
    assert_eq!(idle("2026-11-04T00:00Z"), dec!(33600));
}

/// A block is paid when it is booked; what runs in it is free, and no commitment is spent on it.
#[test]
fn a_capacity_block_is_paid_once() {
    let usage = format!(
        "{HEAD}2026-10-01T00:00Z,us-east-2,us-east-2a,p5.48xlarge,1,a\n\
         2026-10-01T01:00Z,us-east-2,us-east-2a,p5.48xlarge,5,a\n"
    );
    let table = format!(
        "{RESERVED}cb,a,us-east-2,us-east-2a,p5.48xlarge,4,2026-10-01T01:00Z,2026-10-02T01:00Z,,,,,block,1234.56,2026-10-01T00:10Z\n"
    );
    let plan = "[[savings_plan]]\nid = \"sp\"\naccount = \"a\"\ntype = \"compute-sp\"\nterm = \"1yr\"\n\
                payment_option = \"no-upfront\"\ncommitment = \"1\"\nstart = \"2026-01-01T00:00Z\"\n";
    let files = [
        ("usage.csv", &*usage),
        ("reserved.csv", &*table),
        ("own.toml", plan),
    ];
    let rows = charges(&files, "--own own.toml");
    let fee: Vec<&Row> = rows
        .iter()
        .filter(|row| row["ChargeDescription"].starts_with("capacity-block-fee"))
        .collect();
    assert_eq!(fee.len(), 1);
    assert_eq!(number(fee[0], "BilledCost"), dec!(1234.56));
    assert_eq!(fee[0]["ChargeCategory"], "Purchase");
    assert_eq!(fee[0]["CapacityReservationId"], "cb");
    assert_eq!(fee[0]["ChargePeriodStart"], "2026-10-01T00:00:00Z");
    // The hour before it, and the one instance beside its four.
    let hours = sum(&rows, "PricingQuantity", |row| {
        row["x_InstanceType"] == "p5.48xlarge"
    });
    assert_eq!(hours, dec!(2));
}

/// Demand that is written keeps idle slots and what runs in reservations: it costs the same when it is read again.
#[test]
fn written_demand_keeps_reservations() {
    let usage = format!(
        "{HEAD}2026-10-01T00:00Z,us-east-1,us-east-1a,m4.large,15,a\n\
         2026-10-01T01:00Z,us-east-1,us-east-1a,m4.large,22,a\n"
    );
    let table =
        format!("{RESERVED}cr-1,a,us-east-1,us-east-1a,m4.large,20,2026-09-01T00:00Z,,,,,,,,\n");
    let files = [("usage.csv", &*usage), ("reserved.csv", &*table)];
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join("demand.csv");
    let command = format!("import usage.csv reserved.csv --out {}", written.display());
    bursar(&files, &command);
    let again = std::fs::read_to_string(&written).unwrap();
    assert_eq!(charges(&files, ""), charges(&[("demand.csv", &again)], ""));
}

/// Sums by reservation, and by what kind of charge.
#[test]
fn charges_add_up_by_reservation() {
    let usage = format!("{HEAD}2026-10-01T00:00Z,us-east-1,us-east-1a,m4.large,15,a\n");
    let table =
        format!("{RESERVED}cr-1,a,us-east-1,us-east-1a,m4.large,20,2026-09-01T00:00Z,,,,,,,,\n");
    let files = [("usage.csv", &*usage), ("reserved.csv", &*table)];
    let command = "bill usage.csv reserved.csv --by capacity-reservation,charge --format csv";
    let (text, _) = bursar(&files, command);
    let lines: Vec<&str> = text.lines().skip(1).collect();
    assert!(lines[0].starts_with("cr-1,On-Demand,15,"), "{text}");
    assert!(
        lines[1].starts_with("cr-1,Idle Capacity Reservation,5,"),
        "{text}"
    );
}

/// A part of the window has its own part of the slots.
#[test]
fn a_part_of_the_window_has_its_part_of_the_slots() {
    let usage = format!(
        "{HEAD}2026-10-01T00:00Z,us-east-1,us-east-1a,m4.large,15,a\n\
         2026-10-01T01:00Z,us-east-1,us-east-1a,m4.large,22,a\n"
    );
    let table =
        format!("{RESERVED}cr-1,a,us-east-1,us-east-1a,m4.large,20,2026-09-01T00:00Z,,,,,,,,\n");
    let files = [("usage.csv", &*usage), ("reserved.csv", &*table)];
    let (text, _) = bursar(
        &files,
        "bill usage.csv reserved.csv --format json --from 2026-10-01T01:00Z",
    );
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let found = &document["capacity_reservations"][0];
    assert_eq!(found["used_slot_hours"], "20");
    assert_eq!(found["unused_slot_hours"], "0");
}

fn key(account: &str, zone: Option<&str>) -> DemandKey {
    DemandKey {
        account: Account::new(account),
        region: "us-east-1".parse().unwrap(),
        zone: zone.map(Zone::new),
        instance_type: "m5.large".parse().unwrap(),
        platform: Platform::LINUX,
        tenancy: Tenancy::Shared,
        market: Market::OnDemand,
        labels: Labels::default(),
    }
}

fn start() -> Hour {
    Hour::parse("2026-10-01T00:00Z").unwrap()
}

fn demand(rows: &[(DemandKey, Vec<u32>)]) -> Demand {
    let mut builder = DemandBuilder::new();
    for (key, hours) in rows {
        let key = builder.key(key.clone());
        for (at, &seconds) in (0..).zip(hours) {
            builder.add(
                key,
                start().plus(at),
                (i64::from(seconds) * 1_000_000_000).div_euclid(3_600),
            );
        }
    }
    builder
        .finish(HourSpan::new(start(), start().plus(3)))
        .unwrap()
}

fn seconds(demand: &Demand, at: usize, keep: impl Fn(&DemandKey) -> bool) -> u64 {
    let rows = demand.rows().filter(|(key, _)| keep(key));
    rows.map(|(_, seconds)| u64::from(seconds[at])).sum()
}

proptest! {
    /// Whatever runs and is reserved: no instance-second is lost, no slot is used twice, and used + idle = held.
    #[test]
    fn slots_and_instances_balance(
        running in prop::collection::vec(prop::collection::vec(0_u32..20_000, 3), 4),
        held in prop::collection::vec((1_u64..6, 0_i64..7_200, 1_i64..9_000, any::<bool>()), 1..4),
    ) {
        let places = [("a", Some("us-east-1a")), ("a", None), ("b", Some("us-east-1a")), ("b", Some("us-east-1b"))];
        let rows: Vec<_> = places.iter().zip(running).map(|(&(account, zone), hours)| (key(account, zone), hours)).collect();
        let before = demand(&rows);
        let first = start().epoch_hours() * 3_600;
        let reservations: Vec<CapacityReservation> = (0..).zip(&held).map(|(n, &(slots, from, length, shared))| CapacityReservation {
            id: format!("cr-{n}").into(),
            key: key("a", Some("us-east-1a")),
            shared_with: if shared { vec![Account::new("b")] } else { Vec::new() },
            slots,
            is_targeted: false,
            start: first + from,
            end: Some(first + from + length),
            kind: CapacityKind::OnDemand { commitment: 0, cancelled: None },
        }).collect();
        let (after, uses) = reserve_capacity(before.clone(), reservations).unwrap();
        for at in 0..3 {
            let ran = |key: &DemandKey| key.market == Market::OnDemand;
            prop_assert_eq!(seconds(&before, at, ran), seconds(&after, at, ran));
        }
        for (found, (slots, from, length, _)) in uses.iter().zip(held_in_order(&held)) {
            let slot_seconds = found.within(after.span());
            let end = (from + length.max(60)).min(3 * 3_600);
            let all = slots * (end - from).unsigned_abs();
            prop_assert_eq!(slot_seconds.used + slot_seconds.unused, all);
            let id = Some(&*found.reservation.id);
            let used: u64 = (0..3).map(|at| seconds(&after, at, |key| {
                key.capacity_reservation() == id && key.market == Market::OnDemand
            })).sum();
            prop_assert_eq!(used, slot_seconds.used);
        }
    }
}

/// As reservations are filled: by their start, then their id.
fn held_in_order(held: &[(u64, i64, i64, bool)]) -> Vec<(u64, i64, i64, bool)> {
    let mut held = held.to_vec();
    held.sort_by_key(|&(_, from, _, _)| from);
    held
}
