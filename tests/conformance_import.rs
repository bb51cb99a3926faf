//! Real and third-party usage files, where they are at hand (`../shared/usage`, or below BURSAR_SHARED).

use std::collections::BTreeMap;

use bursar::demand::Fill;
use bursar::demand::import::{Cover, Doubt, Import, Input, Options, Skip, import};
use bursar::units::{Hour, HourSpan};
use rust_decimal::{Decimal, dec};

use crate::shared::shared;

fn read(name: &str) -> Option<Import> {
    let options = Options {
        fill_gaps: Some(Fill::Zero),
        threads: 2,
        ..Options::default()
    };
    let input = Input::path(name, shared(&format!("usage/{name}"))?);
    Some(import(&[input], &options, &|_| {}).unwrap_or_else(|problems| panic!("{problems:?}")))
}

/// Instance-hours of all keys, to the second.
fn instance_hours(found: &Import) -> Decimal {
    let seconds = found
        .demand
        .rows()
        .flat_map(|(_, row)| row)
        .map(|&s| u64::from(s))
        .sum::<u64>();
    Decimal::from(seconds) / dec!(3600)
}

const MONTH: &str = "walabs_cur_2018-10_ec2_compute.snappy.parquet";
const WEEK: &str = "walabs_cur_2018-10-01_07_ec2_compute.csv.gz";

#[test]
fn a_month_in_parquet_and_its_first_week_in_csv_agree() {
    let (Some(month), Some(week)) = (read(MONTH), read(WEEK)) else {
        return;
    };
    assert_eq!(month.demand.span().len(), 744);
    assert_eq!(week.demand.span().len(), 168);
    // sum(line_item_usage_amount) by line type, from DuckDB: 6177.500556 + 9764.277505; a key's hour is
    // rounded to whole seconds, so every one of about 10,000 cells may be half a second off.
    assert!((instance_hours(&month) - dec!(15941.778061)).abs() < dec!(1));
    let first = month.demand.within(week.demand.span());
    for (key, row) in week.demand.rows() {
        let index = first.keys().iter().position(|found| found == key).unwrap();
        assert_eq!(first.seconds(index), row, "{key:?}");
    }
    for (index, key) in first.keys().iter().enumerate() {
        let known = week.demand.keys().contains(key);
        assert!(
            known || first.seconds(index).iter().all(|&seconds| seconds == 0),
            "{key:?}"
        );
    }
}

#[test]
fn the_reservations_of_a_real_bill_are_read_whole() {
    for found in [MONTH, WEEK].into_iter().filter_map(read) {
        let reservations = &found.commitments.reservations;
        assert_eq!(reservations.len(), 9);
        let fees: Decimal = reservations
            .iter()
            .filter_map(|found| found.recurring_cost)
            .sum();
        // sum(line_item_unblended_cost) of RIFee, from DuckDB.
        assert_eq!(fees.round_dp(8), dec!(149.775379));
        assert!(
            reservations
                .iter()
                .all(|found| found.count.is_some() && found.period.is_some())
        );
        assert_eq!(found.report.skipped[&Skip::Commitment].rows, 9);
    }
}

/// For every reservation and month (docs.aws.amazon.com, "Amortized reservation data"): effective cost of what
/// it covered + unused recurring + unused upfront = recurring cost + amortized upfront, within a cent.
#[test]
fn effective_cost_and_what_was_unused_are_what_was_paid() {
    let Some(found) = read(MONTH) else {
        return;
    };
    let mut covered: BTreeMap<&str, i128> = BTreeMap::new();
    for usage in &found.commitments.usage {
        if let Cover::Reservation(arn) = &usage.cover {
            let cost: i128 = usage
                .hours
                .iter()
                .map(|hour| i128::from(hour.pico_dollars))
                .sum();
            *covered.entry(arn).or_default() += cost;
        }
    }
    for reservation in &found.commitments.reservations {
        let used = covered.get(reservation.arn.as_str()).copied().unwrap_or(0);
        let used = Decimal::from_i128_with_scale(used, 12);
        let unused = reservation.unused_recurring.unwrap() + reservation.unused_upfront.unwrap();
        let paid = reservation.recurring_cost.unwrap() + reservation.amortized_upfront.unwrap();
        assert!(
            (used + unused - paid).abs() < dec!(0.01),
            "{}",
            reservation.arn
        );
    }
}

#[test]
fn daily_rows_are_spread_and_doubted() {
    let Some(found) = read("ola-raji_CUR_daily.csv") else {
        return;
    };
    assert_eq!(found.report.files[0].format, "CUR 2.0");
    assert_eq!(found.report.files[0].rows, 1_882);
    let used = found.report.files[0].used;
    assert_eq!(found.report.doubts[&Doubt::Spread], used);
    assert!(found.commitments.is_empty());
}

#[test]
fn every_header_variant_is_read() {
    let one_type = [
        ("sbroenne_sample-legacy-csv.csv", 3),
        ("sbroenne_sample-cur20.csv", 3),
    ];
    let others = [
        ("keboola_sample_billing_data.csv", 2),
        ("keboola_sample_billing_data_v2.csv", 2),
    ];
    for (name, hours) in one_type.into_iter().chain(others) {
        let Some(found) = read(name) else {
            continue;
        };
        assert_eq!(instance_hours(&found), Decimal::from(hours), "{name}");
        assert!(
            found.report.skipped.contains_key(&Skip::OtherService),
            "{name}"
        );
    }
    let focus = [
        ("v1.0_focus_sample.csv", "FOCUS 1.0"),
        ("aws_1_2_cost_and_usage_rows100_seed42.csv", "FOCUS 1.2"),
        ("aws_1_3_cost_and_usage_rows100_seed42.csv", "FOCUS 1.3"),
    ];
    for (name, format) in focus {
        let Some(found) = read(name) else {
            continue;
        };
        assert_eq!(found.report.files[0].format, format);
        assert!(found.report.used() > 0, "{name}");
        let covered = found
            .commitments
            .usage
            .iter()
            .any(|usage| usage.cover != Cover::None);
        assert!(covered, "{name} has rows under commitments");
    }
}

#[test]
fn other_providers_are_left_out_by_name() {
    let Some(found) = read("v1.0_focus_sample.csv") else {
        return;
    };
    // 1,000 rows; ProviderName is not AWS in 58 of them (counted with DuckDB).
    assert_eq!(found.report.skipped[&Skip::OtherProvider].rows, 58);
    let start = Hour::parse("2024-09-01T00:00Z").unwrap();
    assert_eq!(
        found.report.window,
        Some(HourSpan::new(start, start.plus(720)))
    );
}
