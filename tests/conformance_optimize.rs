//! A real month of task counts (`../shared/usage`, or below BURSAR_SHARED, where it is at hand), run through the
//! optimiser with the built-in prices: the plan lies within 0.1 % of its bound.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::path::PathBuf;

use bursar::billing::Settings;
use bursar::catalog::{Account, PaymentOption, Platform, Tenancy, Term};
use bursar::commitment::Portfolio;
use bursar::demand::{Demand, DemandBuilder, DemandKey, Labels, Market};
use bursar::optimize::{CostOfCapital, Kinds, Options, Rules, optimize};
use bursar::prices::PriceBook;
use bursar::units::{Hour, Money};

use crate::shared::shared;

/// Every running task as one instance of a type.
fn month(path: PathBuf) -> Demand {
    let mut builder = DemandBuilder::new();
    let key = builder.key(DemandKey {
        account: Account::new("111122223333"),
        region: "us-east-1".parse().unwrap(),
        zone: None,
        instance_type: "c7g.large".parse().unwrap(),
        platform: Platform::LINUX,
        tenancy: Tenancy::Shared,
        market: Market::OnDemand,
        labels: Labels::default(),
    });
    let mut file = csv::Reader::from_path(path).unwrap();
    assert_eq!(
        file.headers().unwrap(),
        &["hour_utc", "running_tasks", "cpus"][..]
    );
    for row in file.records() {
        let row = row.unwrap();
        let hour = Hour::parse_utc(&row[0]).unwrap();
        builder.add(key, hour, row[1].parse::<i64>().unwrap() * 1_000_000_000);
    }
    let span = builder.span().unwrap();
    builder.finish(span).unwrap()
}

#[test]
fn a_real_month_is_solved_to_a_thousandth() {
    let Some(path) = shared("usage/surf_month_hourly_counts.csv") else {
        return;
    };
    let demand = month(path);
    // The file has 720 rows, from 2022-09-30T22:00Z to 2022-10-30T21:00Z.
    assert_eq!(demand.span().len(), 720);
    let options = Options {
        kinds: Kinds::ALL,
        terms: vec![(Term::OneYear, PaymentOption::NoUpfront)],
        buyer: Account::new("111122223333"),
        billing: Settings::default(),
        rules: Rules::default(),
        cost_of_capital: CostOfCapital::default(),
        tolerance: 1e-4,
        trials: 1_500,
        threads: 2,
    };
    let found = optimize(
        &demand,
        &Portfolio::default(),
        &PriceBook::builtin(),
        &options,
    )
    .unwrap();
    let (cost, bound) = (found.cheapest.bill.total(), found.lower_bound);
    assert!(bound > Money::ZERO);
    assert!(cost >= bound, "{cost} < {bound}");
    assert!(
        (cost - bound).times(1_000) <= bound,
        "{cost}, bound {bound}"
    );
    assert!(cost < found.on_demand.bill.total());
    for plan in &found.baselines {
        assert!(
            plan.bill.total() >= cost,
            "{}: {}",
            plan.name,
            plan.bill.total()
        );
    }
}
