//! Fees spread over their terms, and the money of a bill's rows.

use bursar::catalog::Term;
use bursar::commitment::{ReservedFee, ReservedInstance, ReservedScope};
use bursar::units::{HourSpan, InstanceHour, Money, Quantity, Rate};
use rust_decimal::{Decimal, dec};
use serde_json::Value;

use super::read::{decimal, hour, list, money, reserved};

pub(crate) fn sp_upfront_amortize(example: &Value) {
    let upfront = money(&example["inputs"]["upfront"]);
    for (term, hours, expected) in [
        (Term::OneYear, "term_hours_1yr", "hourly_1yr_all_upfront"),
        (Term::ThreeYears, "term_hours_3yr", "hourly_3yr_partial"),
    ] {
        assert_eq!(example["inputs"][hours].as_i64(), Some(term.hours()));
        let hourly = upfront.per(i128::from(term.hours())).to_decimal(7);
        assert_eq!(hourly, decimal(&example["expected"][expected]).round_dp(7));
    }
}

pub(crate) fn amortize(example: &Value) {
    let inputs = &example["inputs"];
    assert_eq!(inputs["term_days"].as_i64(), Some(365));
    let fee = ReservedFee {
        upfront: money(&inputs["upfront"]),
        hourly: Rate::from_steps(0),
    };
    let mut per_day = fee.effective_hourly(Term::OneYear).times(24);
    if let Some(days) = inputs["month_days"].as_i64() {
        per_day += money(&inputs["monthly_fee"]).per(i128::from(days));
    }
    let expected = decimal(&example["recomputed"]["per_day"]);
    assert_eq!(per_day.to_decimal(10), expected.round_dp(10));
}

pub(crate) fn cur_rifee(example: &Value) {
    let inputs = &example["inputs"];
    let hours = inputs["hours"].as_i64().unwrap();
    let ri = ReservedInstance {
        instance_type: "m4.large".parse().unwrap(),
        alive: HourSpan::new(hour(), hour().plus(hours)),
        fee: ReservedFee {
            upfront: Money::ZERO,
            hourly: Rate::from_decimal(decimal(&inputs["hourly"])).unwrap(),
        },
        ..reserved("r", "a", "m4.large", ReservedScope::Regional, 1)
    };
    let cost = ri.effective_hourly().times(i128::from(hours));
    assert_eq!(cost, money(&example["recomputed"]["rifee_unblended"]));
    let units = Decimal::from(ri.quarter_units()) / dec!(4) * Decimal::from(hours);
    assert_eq!(
        units,
        decimal(&example["recomputed"]["total_reserved_normalized_units"])
    );
}

/// Covered usage costs its On-Demand price, the negation takes it back, the plan's rate is what it effectively
/// cost.
pub(crate) fn cur_sp_rows(example: &Value) {
    let inputs = &example["inputs"];
    let on_demand = Rate::<InstanceHour>::from_decimal(decimal(&inputs["on_demand_rate"])).unwrap();
    let plan = Rate::<InstanceHour>::from_decimal(decimal(&inputs["sp_rate"])).unwrap();
    let expected = &example["recomputed"];
    let mut negation = Money::ZERO;
    for (number, row) in list(&inputs["usage"]).iter().enumerate() {
        let hours = Quantity::from_decimal(decimal(&row["usage_amount"])).unwrap();
        assert_eq!(
            on_demand * hours,
            money(&expected["covered_unblended"][number])
        );
        assert_eq!(plan * hours, money(&expected["effective_cost"][number]));
        negation -= on_demand * hours;
    }
    assert_eq!(negation, money(&expected["negation_unblended"]));
}
