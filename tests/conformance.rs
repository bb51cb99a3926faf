//! Real bills, replayed: what AWS's own rows say each commitment covered, against what the engine says.
//!
//! Runs where the folder `../shared/usage` stands beside the project (or where BURSAR_SHARED leads), as in CI;
//! says "skipped" elsewhere.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeMap;

use bursar::analysis::{portfolio_of, rates_of};
use bursar::billing::{ChargeKind, Granularity, Settings, bill, charges};
use bursar::catalog::{Account, is_size_flexible};
use bursar::commitment::ReservedInstance;
use bursar::demand::import::{Cover, Import, Input, Options, import};
use bursar::demand::{DemandKey, Market};
use bursar::units::Hour;
use rust_decimal::{Decimal, dec};

use crate::shared::shared;

/// Pool as text, account of the usage, hour.
type Covered = BTreeMap<(String, Account, Hour), Decimal>;

fn read(file: &str) -> Option<Import> {
    let input = Input::path(file, shared(&format!("usage/{file}"))?);
    Some(import(&[input], &Options::default(), &|_| {}).unwrap())
}

/// Where reservations may stand in for each other: the family in the region, or the exact product.
fn pool(key: &DemandKey) -> String {
    let (kind, region) = (key.instance_type, key.region);
    if is_size_flexible(kind, key.platform, key.tenancy) {
        format!("{} in {region}", kind.family())
    } else {
        format!("{kind} {} {} in {region}", key.platform, key.tenancy)
    }
}

/// Units of one instance in its pool.
fn units(key: &DemandKey) -> Decimal {
    let quarters = key.instance_type.quarter_units().unwrap();
    if is_size_flexible(key.instance_type, key.platform, key.tenancy) {
        Decimal::from(quarters) / dec!(4)
    } else {
        Decimal::ONE
    }
}

/// What AWS's rows of type DiscountedUsage say.
fn covered_by_aws(found: &Import) -> Covered {
    let mut covered = Covered::new();
    for usage in &found.commitments.usage {
        if !matches!(usage.cover, Cover::Reservation(_)) {
            continue;
        }
        for hour in &usage.hours {
            let hours = Decimal::new(hour.nano_hours, 9);
            let place = (pool(&usage.key), usage.key.account, hour.hour);
            *covered.entry(place).or_default() += hours * units(&usage.key);
        }
    }
    covered
}

#[test]
fn covered_units_of_october_2018_are_those_of_aws_in_every_hour() {
    let Some(found) = read("walabs_cur_2018-10_ec2_compute.snappy.parquet") else {
        return;
    };
    let (portfolio, problems) = portfolio_of(&found.commitments);
    assert_eq!(problems, []);
    assert_eq!(portfolio.reserved_instances.len(), 9);
    let rates = rates_of(&found.commitments);
    let demand = &found.demand;
    let charges = charges(
        demand,
        &portfolio,
        &rates,
        Settings::default(),
        Granularity::Hour,
    )
    .unwrap();
    let mut covered = Covered::new();
    for charge in &charges {
        if let (ChargeKind::Reserved(_), Some(key)) = (charge.kind, charge.key) {
            let key = &demand.keys()[key];
            let place = (pool(key), key.account, charge.period.start());
            *covered.entry(place).or_default() += charge.quantity.to_decimal(9) * units(key);
        }
    }
    let aws = covered_by_aws(&found);
    assert!(aws.len() > 2_600, "{}", aws.len());
    let places: Vec<_> = aws.keys().chain(covered.keys()).cloned().collect();
    for place in places {
        let (ours, theirs) = (covered.get(&place), aws.get(&place));
        let zero = Decimal::ZERO;
        let difference = (ours.unwrap_or(&zero) - theirs.unwrap_or(&zero)).abs();
        assert!(
            difference <= dec!(0.0001),
            "{place:?}: {ours:?}, AWS {theirs:?}"
        );
    }
}

#[test]
fn the_money_of_every_reservation_of_october_2018_adds_up() {
    let Some(found) = read("walabs_cur_2018-10_ec2_compute.snappy.parquet") else {
        return;
    };
    for row in &found.commitments.reservations {
        let effective: i128 = found
            .commitments
            .usage
            .iter()
            .filter(|usage| matches!(&usage.cover, Cover::Reservation(arn) if **arn == *row.arn))
            .flat_map(|usage| &usage.hours)
            .map(|hour| i128::from(hour.pico_dollars))
            .sum();
        let used = Decimal::from_i128_with_scale(effective, 12);
        let unused =
            row.unused_recurring.unwrap_or_default() + row.unused_upfront.unwrap_or_default();
        let paid = row.recurring_cost.unwrap() + row.amortized_upfront.unwrap_or_default();
        assert!(
            (used + unused - paid).abs() <= dec!(0.01),
            "{}: {used} + {unused} is not {paid}",
            row.arn
        );
    }
}

/// The engine's cost of each reservation over the month is what AWS's fee row states.
#[test]
fn every_reservation_costs_what_its_fee_row_says() {
    let Some(found) = read("walabs_cur_2018-10_ec2_compute.snappy.parquet") else {
        return;
    };
    let (portfolio, _) = portfolio_of(&found.commitments);
    let rates = rates_of(&found.commitments);
    let bill = bill(&found.demand, &portfolio, &rates, Settings::default()).unwrap();
    let by_id: BTreeMap<&str, &ReservedInstance> = portfolio
        .reserved_instances
        .iter()
        .map(|ri| (ri.id.as_str(), ri))
        .collect();
    for row in &found.commitments.reservations {
        let totals = bill
            .reserved_instances
            .iter()
            .find(|totals| totals.id == row.arn)
            .unwrap();
        let stated = row.recurring_cost.unwrap() + row.amortized_upfront.unwrap_or_default();
        let ours = totals.cost.to_decimal(4);
        assert!(
            (ours - stated).abs() <= dec!(0.01),
            "{:?}: {ours} is not {stated}",
            by_id[row.arn.as_str()]
        );
    }
}

/// AWS billed $513.52 On-Demand; 750 hours of micro instances were free (the free tier of a new account, which
/// is no price of the fleet), worth $9.89 at the public rate.
#[test]
fn on_demand_of_october_2018_costs_what_aws_billed_but_for_the_free_tier() {
    let Some(found) = read("walabs_cur_2018-10_ec2_compute.snappy.parquet") else {
        return;
    };
    let (portfolio, _) = portfolio_of(&found.commitments);
    let rates = rates_of(&found.commitments);
    let bill = bill(&found.demand, &portfolio, &rates, Settings::default()).unwrap();
    let (mut billed, mut free, mut free_hours) = (0, Decimal::ZERO, Decimal::ZERO);
    let on_demand =
        |key: &DemandKey, cover: &Cover| *cover == Cover::None && key.market == Market::OnDemand;
    for usage in found
        .commitments
        .usage
        .iter()
        .filter(|usage| on_demand(&usage.key, &usage.cover))
    {
        for hour in &usage.hours {
            let hours = Decimal::new(hour.nano_hours, 9);
            let list = hours * usage.public_rate.unwrap();
            // One hour of a key may hold free and paid rows: what is missing to the list price was free.
            let paid = Decimal::new(hour.pico_dollars, 12);
            if list - paid > dec!(0.001) {
                free += list - paid;
                free_hours += (list - paid) / usage.public_rate.unwrap();
            }
            billed += i128::from(hour.pico_dollars);
        }
    }
    let billed = Decimal::from_i128_with_scale(billed, 12);
    assert_eq!(free_hours.round_dp(3), dec!(750));
    assert_eq!(free.round_dp(2), dec!(9.89));
    let ours = bill.on_demand_cost().to_decimal(6);
    assert!(
        (ours - billed - free).abs() <= dec!(0.01),
        "{ours} is not {billed} and {free}"
    );
}
