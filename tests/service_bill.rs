//! Charges beside instances: the engine against the plainest way to compute a month, and what must hold for any use.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeMap;

use bursar::billing::{FreeAllowance, ServiceSettings, Terabyte, service_bill};
use bursar::catalog::{Account, Region, ServiceItem};
use bursar::demand::{Labels, ServiceDemand, ServiceKey};
use bursar::prices::PriceBook;
use bursar::units::{Hour, Metered, Money, Quantity};
use proptest::prelude::*;
use rust_decimal::{Decimal, dec};

use crate::shared::book;

const REGIONS: [&str; 4] = ["us-east-1", "eu-west-1", "sa-east-1", "us-gov-west-1"];
const ITEMS: [&str; 5] = [
    "internet-egress-gb",
    "interface-endpoint-gb",
    "nat-gateway-gb",
    "lambda-x86-gb-second",
    "lambda-arm-gb-second",
];

/// Account, region, item, hour of October or November 2026, whole units.
type Use = (usize, usize, usize, i64, u32);

fn start() -> Hour {
    Hour::parse("2026-10-30T00:00Z").unwrap()
}

fn demand(uses: &[Use]) -> ServiceDemand {
    let mut demand = ServiceDemand::default();
    for &(account, region, item, hour, units) in uses {
        let key = ServiceKey {
            account: Account::new(["a", "b", "c"][account]),
            region: REGIONS[region].parse().unwrap(),
            item: ITEMS[item].parse().unwrap(),
            labels: Labels::default(),
        };
        demand.add(
            key,
            start().plus(hour),
            i128::from(units) * 1_000_000_000_000,
        );
    }
    demand
}

fn units(count: Decimal) -> Quantity<Metered> {
    Quantity::from_decimal(count).unwrap()
}

/// Without an allowance a month costs what its tiers say of the sum over accounts and hours.
fn without_allowance(uses: &[Use], book: &PriceBook) -> Money {
    let mut months: BTreeMap<(u32, Region, ServiceItem), Decimal> = BTreeMap::new();
    for &(_, region, item, hour, count) in uses {
        let place = (
            start().plus(hour).month().1,
            REGIONS[region].parse().unwrap(),
            ITEMS[item].parse().unwrap(),
        );
        *months.entry(place).or_default() += Decimal::from(count);
    }
    let cost = |((_, region, item), total): ((u32, Region, ServiceItem), Decimal)| {
        book.service(region, &item)
            .unwrap()
            .value
            .cost(units(total))
    };
    months.into_iter().map(cost).sum()
}

fn uses() -> impl Strategy<Value = Vec<Use>> {
    let one = (
        0..3_usize,
        0..4_usize,
        0..5_usize,
        0..96_i64,
        0..3_000_000_u32,
    );
    prop::collection::vec(one, 0..40)
}

fn settings(free_allowance: FreeAllowance) -> ServiceSettings {
    ServiceSettings {
        free_allowance,
        terabyte: Terabyte::Binary,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_month_costs_what_its_sum_costs(uses in uses()) {
        let book = book();
        let demand = demand(&uses);
        let bill = service_bill(&demand, book, settings(FreeAllowance::None));
        prop_assert!(bill.unpriced.is_empty());
        prop_assert_eq!(bill.total(), without_allowance(&uses, book));
    }

    /// What is free is never more than the allowance a month, and all of it where enough is used; the split over
    /// charges adds up to what was used; behind the tiers' start it saves most.
    #[test]
    fn an_allowance_is_given_once_a_month(uses in uses()) {
        let book = book();
        let demand = demand(&uses);
        let total = |free| service_bill(&demand, book, settings(free)).total();
        prop_assert!(total(FreeAllowance::InsideFirstTier) <= total(FreeAllowance::BeforeTiers));
        prop_assert!(total(FreeAllowance::BeforeTiers) <= total(FreeAllowance::None));
        let bill = service_bill(&demand, book, ServiceSettings::default());
        let mut free: BTreeMap<(u32, &str), Quantity<Metered>> = BTreeMap::new();
        let mut drawn: BTreeMap<(u32, &str), Quantity<Metered>> = BTreeMap::new();
        for charge in &bill.charges {
            let (key, month) = (charge.key, charge.hour.month().1);
            if let Some(allowance) = book.allowance(key.region, &key.item) {
                let place = (month, if key.item.as_str().starts_with("lambda") { "lambda" } else { "egress" });
                let limit = allowance.quantity.value;
                *drawn.entry(place).or_insert(Quantity::ZERO) += charge.quantity;
                if charge.rate.is_zero() {
                    let sum = free.entry(place).or_insert(Quantity::ZERO);
                    *sum += charge.quantity;
                    prop_assert!(*sum <= limit);
                }
            }
        }
        for (place, sum) in drawn {
            let limit = if place.1 == "lambda" { units(dec!(400000)) } else { units(dec!(100)) };
            prop_assert_eq!(free.get(&place).copied().unwrap_or(Quantity::ZERO), sum.min(limit));
        }
        let billed: Quantity<Metered> = bill.charges.iter().map(|charge| charge.quantity).sum();
        let used: Quantity<Metered> = uses.iter().map(|one| units(Decimal::from(one.4))).sum();
        prop_assert_eq!(billed, used);
    }

    /// Rows may come in any order and be split.
    #[test]
    fn the_order_of_rows_does_not_matter(uses in uses()) {
        let book = book();
        let mut turned: Vec<Use> = uses.iter().rev().copied().collect();
        if let Some(last) = turned.pop() {
            turned.push((last.0, last.1, last.2, last.3, last.4 - last.4.div_euclid(2)));
            turned.push((last.0, last.1, last.2, last.3, last.4.div_euclid(2)));
        }
        let (one, other) = (demand(&uses), demand(&turned));
        let bill = |demand| service_bill(demand, book, ServiceSettings::default()).charges;
        prop_assert_eq!(bill(&one), bill(&other));
    }
}

/// 10,240 GB x 0.09 + 100 GB x 0.085, once the first 100 GB are free before the tiers; with terabytes of 1,000 GB the
/// first tier ends at 10,000 GB: 10,000 x 0.09 + 340 x 0.085.
#[test]
fn a_terabyte_has_1024_or_1000_gigabytes() {
    let mut use_of = ServiceDemand::default();
    let key = ServiceKey {
        account: Account::new("a"),
        region: "us-east-1".parse().unwrap(),
        item: ServiceItem::INTERNET_EGRESS_GB,
        labels: Labels::default(),
    };
    use_of.add(key, start(), 10_440 * 1_000_000_000_000);
    let book = book();
    let total = |terabyte| {
        let free_allowance = FreeAllowance::BeforeTiers;
        let settings = ServiceSettings {
            free_allowance,
            terabyte,
        };
        service_bill(&use_of, book, settings).total().to_decimal(2)
    };
    assert_eq!(total(Terabyte::Binary), dec!(921.60) + dec!(8.50));
    assert_eq!(total(Terabyte::Decimal), dec!(900.00) + dec!(28.90));
}

#[test]
fn use_without_a_price_is_named_and_in_no_charge() {
    let mut use_of = ServiceDemand::default();
    let key = ServiceKey {
        account: Account::new("a"),
        region: "us-east-1".parse().unwrap(),
        item: "warp-drive-hour".parse().unwrap(),
        labels: Labels::default(),
    };
    use_of.add(key, start(), 1_000_000_000_000);
    let book = book();
    let bill = service_bill(&use_of, book, ServiceSettings::default());
    assert!(bill.charges.is_empty());
    assert_eq!(
        bill.unpriced[0].1.to_string(),
        "the price book has no `warp-drive-hour` in us-east-1"
    );
}

/// A Dedicated Host is billed by its hours, whatever runs on it: an m5 host of Virginia (pricing-data/hosts).
#[test]
fn hosts_are_billed_by_their_hours() {
    let book = book();
    let region: Region = "us-east-1".parse().unwrap();
    let rate = book.dedicated_host(region, "m5").unwrap().value.on_demand;
    let mut use_of = ServiceDemand::default();
    let key = ServiceKey {
        account: Account::new("a"),
        region,
        item: "dedicated-host-m5-hour".parse().unwrap(),
        labels: Labels::default(),
    };
    use_of.add(key, start(), 730 * 1_000_000_000_000);
    let bill = service_bill(&use_of, book, ServiceSettings::default());
    assert_eq!(bill.total(), rate.for_one().times(730));
    assert!(!rate.is_zero());
}

/// Charges and sums have no place for use without a price: it is told beside them.
#[test]
fn use_without_a_price_is_told_with_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let table = "hour,region,item,quantity\n\
                 2026-10-01T00:00Z,us-east-1,nat-gateway-hour,2\n\
                 2026-10-01T00:00Z,us-gov-west-1,no-such-item,1\n";
    std::fs::write(folder.path().join("use.csv"), table).unwrap();
    for options in [
        &["--format", "csv"][..],
        &["--by", "item"],
        &["--by", "item", "--format", "json"],
    ] {
        let output = assert_cmd::Command::cargo_bin("bursar")
            .unwrap()
            .current_dir(folder.path())
            .args(["bill", "use.csv", "--allow-unpriced"])
            .args(options)
            .output()
            .unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success());
        assert!(
            told.contains("no `no-such-item` in us-gov-west-1: its usage is in no charge"),
            "{options:?}: {told}"
        );
    }
}

/// The parts of a month add up to it: the second half starts in the tier that the first one reached. 10,240 GB behind
/// the free 100 cost 9 cents, the 1,000 after them 8.5.
#[test]
fn a_part_of_a_month_knows_what_came_before() {
    let folder = tempfile::tempdir().unwrap();
    let table = "hour,region,item,quantity\n\
                 2026-10-02T00:00Z,us-east-1,internet-egress-gb,10340\n\
                 2026-10-20T00:00Z,us-east-1,internet-egress-gb,1000\n";
    std::fs::write(folder.path().join("use.csv"), table).unwrap();
    let cost = |options: &[&str]| {
        let output = assert_cmd::Command::cargo_bin("bursar")
            .unwrap()
            .current_dir(folder.path())
            .args(["bill", "use.csv", "--by", "item", "--format", "csv"])
            .args(options)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let row = text.lines().nth(1).unwrap().to_owned();
        row.rsplit(',').next().unwrap().parse::<Decimal>().unwrap()
    };
    assert_eq!(cost(&[]), dec!(921.6) + dec!(85));
    assert_eq!(cost(&["--to", "2026-10-15"]), dec!(921.6));
    assert_eq!(cost(&["--from", "2026-10-15"]), dec!(85));
}
