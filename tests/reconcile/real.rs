//! Real and third-party bills, reconciled where they are present; and the real one with something changed.

use std::io::Read;

use bursar::analysis::{Cause, Check, Reconciliation, reconcile};
use bursar::demand::import::Input;
use rust_decimal::{Decimal, dec};

use super::sheet::{Sheet, told, unexplained};
use crate::shared::shared;

fn bill(file: &str) -> Option<Result<Reconciliation, String>> {
    let input = Input::path(file, shared(&format!("usage/{file}"))?);
    Some(reconcile(&[input], true, 2).map_err(|problems| problems[0].to_string()))
}

fn equal(found: &Reconciliation, check: Check) -> (u64, u64) {
    let tally = found.book.checks.get(&check).copied().unwrap_or_default();
    (tally.compared, tally.equal)
}

/// 2,666 places of nine Reserved Instances, and every row: nothing unexplained; 750 free hours are worth $9.89.
#[test]
fn october_2018_is_explained_whole() {
    let Some(found) = bill("walabs_cur_2018-10_ec2_compute.snappy.parquet") else {
        return;
    };
    let found = found.unwrap();
    assert_eq!(found.book.unexplained(), 0, "{}", told(&found));
    assert_eq!(found.rows, 18_659);
    assert_eq!(equal(&found, Check::ReservedCover), (2_666, 2_666));
    assert_eq!(equal(&found, Check::ReservedMoney), (9, 9));
    assert_eq!(equal(&found, Check::ReservedShare), (8_345, 8_345));
    let free = &found.book.causes[&Cause::FreeTier];
    assert_eq!(free.at_stake.round_dp(2), dec!(9.89));
    // The sizes of t2 that AWS covered first are not the smallest; the pool's cost is the same.
    let sizes = &found.book.causes[&Cause::InsidePool];
    assert!(
        sizes.differences > 300 && sizes.at_stake < dec!(0.01),
        "{sizes:?}"
    );
}

#[test]
fn its_first_week_is_a_part_of_its_month() {
    let Some(found) = bill("walabs_cur_2018-10-01_07_ec2_compute.csv.gz") else {
        return;
    };
    let found = found.unwrap();
    assert_eq!(found.book.unexplained(), 0, "{}", told(&found));
    assert_eq!(equal(&found, Check::ReservedCover), (616, 616));
    assert_eq!(found.book.causes[&Cause::MissingRows].differences, 8);
}

/// 1,511 usage rows of every service: rate x quantity = cost. NAT gateway: 367 hours, $16.515; bytes $0.011439.
#[test]
fn april_2026_is_rate_times_quantity_in_every_row() {
    let Some(found) = bill("ola-raji_CUR_daily.csv") else {
        return;
    };
    let found = found.unwrap();
    assert_eq!(found.book.unexplained(), 0, "{}", told(&found));
    assert_eq!(equal(&found, Check::RowCost), (1_511, 1_511));
    assert_eq!(equal(&found, Check::RowList), (1_511, 1_511));
    let of = |kind: &str| &found.usage[&("AmazonEC2".to_owned(), kind.to_owned())];
    let hours = of("NatGateway-Hours");
    assert_eq!((hours.rows, hours.quantity), (17, dec!(367)));
    assert_eq!(
        (hours.billed, hours.derived),
        (dec!(16.515), Some(dec!(16.515)))
    );
    let bytes = of("NatGateway-Bytes");
    assert_eq!(bytes.billed.round_dp(6), dec!(0.011439));
    assert_eq!(bytes.derived.unwrap().round_dp(6), dec!(0.011439));
    let rows: u64 = found.usage.values().map(|total| total.rows).sum();
    assert_eq!(rows, 1_511);
    // What is not compared is counted: 1,882 rows in all.
    let left: u64 = found.book.left_out.values().map(|left| left.rows).sum();
    assert_eq!(rows + left, 1_882);
}

/// FOCUS samples: list and contracted price x quantity, and used + unused = purchase.
#[test]
fn focus_samples_are_explained() {
    for (file, list, purchases) in [
        ("v1.0_focus_sample.csv", 941, 0),
        ("aws_1_2_cost_and_usage_rows100_seed42.csv", 99, 19),
        ("aws_1_3_cost_and_usage_rows100_seed42.csv", 98, 14),
    ] {
        let Some(found) = bill(file) else { return };
        let found = found.unwrap();
        assert_eq!(found.book.unexplained(), 0, "{file}: {}", told(&found));
        assert_eq!(equal(&found, Check::RowList), (list, list), "{file}");
        assert_eq!(
            equal(&found, Check::Purchase),
            (purchases, purchases),
            "{file}"
        );
    }
}

/// FOCUS's own scenarios: each is read, or refused for what stands in it.
#[test]
fn focus_scenarios_are_read_or_refused_for_a_reason() {
    let scenario = |name: &str| bill(&format!("focus_spec/{name}.csv"));
    for (name, purchases) in [
        (
            "one_hundred_percent_utilization_without_commitment_discount_flexibility",
            1,
        ),
        (
            "one_hundred_percent_utilization_with_commitment_discount_flexibility_with_2_resources",
            1,
        ),
        (
            "zero_percent_utilization_without_commitment_discount_flexibility",
            1,
        ),
        ("commitment_discount_usage_scenario_1", 0),
        ("commitment_discount_usage_scenario_2", 0),
        ("commitment_discount_usage_scenario_3", 0),
        ("commitment_discount_usage_scenario_4", 0),
        ("commitment_discount_purchase_scenario_1", 0),
    ] {
        let Some(found) = scenario(name) else { return };
        let found = found.unwrap();
        assert_eq!(found.book.unexplained(), 0, "{name}: {}", told(&found));
        assert_eq!(
            equal(&found, Check::Purchase),
            (purchases, purchases),
            "{name}"
        );
        assert!(purchases > 0 || !found.book.left_out.is_empty(), "{name}");
    }
    // Its covered row states a list cost of 3.00 for 0.333 at 3.00.
    let Some(found) = scenario(
        "one_hundred_percent_utilization_with_commitment_discount_flexibility_with_1_resource",
    ) else {
        return;
    };
    let found = found.unwrap();
    let rows = unexplained(&found, Check::RowList);
    assert_eq!(
        (rows.len(), rows[0].bill, rows[0].derived),
        (1, dec!(3.00), dec!(0.999))
    );
    assert!(rows[0].place.contains(":4 "), "{}", rows[0].place);
    // Its charge periods end at 30 o'clock.
    for name in [
        "commitment_discount_purchase_scenario_2",
        "commitment_discount_purchase_scenario_3",
    ] {
        let problem = scenario(name).unwrap().unwrap_err();
        assert!(
            problem.contains("`2023-02-01T30:00:00Z` is not a date and time"),
            "{problem}"
        );
        assert!(problem.contains("column `ChargePeriodEnd`"), "{problem}");
    }
}

/// Small samples of other projects. One states a storage rate a thousand times too high: that is found.
#[test]
fn small_samples_are_compared_as_far_as_they_go() {
    for (file, compared) in [
        ("sbroenne_sample-cur20.csv", 0),
        ("sbroenne_sample-legacy-csv.csv", 0),
        ("keboola_sample_billing_data.csv", 3),
    ] {
        let Some(found) = bill(file) else { return };
        let found = found.unwrap();
        assert_eq!(found.book.unexplained(), 0, "{file}: {}", told(&found));
        assert_eq!(
            equal(&found, Check::RowCost),
            (compared, compared),
            "{file}"
        );
        assert!(!found.book.left_out.is_empty(), "{file}");
    }
    let Some(found) = bill("keboola_sample_billing_data_v2.csv") else {
        return;
    };
    let found = found.unwrap();
    let rows = unexplained(&found, Check::RowCost);
    assert_eq!(
        (rows.len(), rows[0].bill, rows[0].derived),
        (1, dec!(0.047104), dec!(47.104))
    );
}

fn named(found: &Reconciliation, check: Check, words: &[&str]) -> Decimal {
    let places = unexplained(found, check);
    let mut named = places.iter();
    let place = named.find(|place| words.iter().all(|word| place.place.contains(word)));
    assert!(place.is_some(), "{check:?} {words:?}: {}", told(found));
    place.unwrap().at_stake
}

fn real_week() -> Option<Sheet> {
    let path = shared("usage/walabs_cur_2018-10-01_07_ec2_compute.csv.gz")?;
    let mut text = Vec::new();
    let mut gzip = flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap());
    gzip.read_to_end(&mut text).unwrap();
    Some(Sheet::read(&text))
}

/// The real week with one cell changed or one row gone: each is found at its place.
#[test]
fn what_is_changed_in_the_real_bill_is_found() {
    let Some(bill) = real_week() else { return };
    let hour = ("line_item_usage_start_date", "2018-10-03 15:00:00+00:00");
    let reserved = ("line_item_line_item_type", "DiscountedUsage");
    let owner = ("line_item_usage_account_id", "836060457634");
    let c5 = ("line_item_usage_type", "BoxUsage:c5.large");
    let changed = |cells: &[(&str, &str)], column: &str, to: &str| {
        let mut bill = bill.clone();
        let row = bill.find(cells);
        bill.set(row, column, to);
        bill.reconciled()
    };
    // A quarter of an hour less cover of c5.large: 0.25 h at $0.085.
    let found = changed(&[reserved, hour, c5], "line_item_usage_amount", "0.75");
    let stake = named(
        &found,
        Check::ReservedCover,
        &["c5 in us-east-1", "836060457634", "2018-10-03T15:00Z"],
    );
    assert_eq!(stake, dec!(0.02125));
    named(
        &found,
        Check::RowList,
        &["bill.csv:", "BoxUsage:c5.large", "2018-10-03 15:00:00"],
    );
    let found = changed(
        &[("line_item_line_item_type", "Usage"), hour, owner],
        "line_item_unblended_rate",
        "0.3",
    );
    named(
        &found,
        Check::RowCost,
        &["bill.csv:", "836060457634", "2018-10-03 15:00:00"],
    );
    let fee = [
        ("line_item_line_item_type", "RIFee"),
        ("line_item_usage_type", "HeavyUsage:c5.large"),
    ];
    // Beyond what the missing weeks could hold.
    let found = changed(&fee, "line_item_unblended_cost", "338.688");
    named(&found, Check::ReservedMoney, &["2a64512a", "2018-10"]);
    named(&found, Check::RowCost, &["HeavyUsage:c5.large"]);
    let found = changed(
        &[reserved, hour, c5],
        "line_item_usage_account_id",
        "011254002932",
    );
    named(
        &found,
        Check::ReservedCover,
        &["c5 in us-east-1", "2018-10-03T15:00Z"],
    );
    let mut without = bill.clone();
    without.rows.remove(bill.find(&[reserved, hour, c5]));
    let found = without.reconciled();
    named(
        &found,
        Check::ReservedCover,
        &["c5 in us-east-1", "836060457634", "2018-10-03T15:00Z"],
    );
    assert_eq!(Decimal::from(bill.rows.len()), dec!(3857));
}
