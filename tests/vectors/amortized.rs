//! Fees spread over their terms, and the money of a bill's rows.

use bursar::analysis::{RowMoney, amortised_cost, blended_rate};
use bursar::catalog::Term;
use bursar::commitment::{ReservedFee, ReservedInstance, ReservedScope};
use bursar::units::{HourSpan, InstanceHour, Money, Quantity, Rate};
use rust_decimal::{Decimal, dec};
use serde_json::Value;

use super::read::{
    bill_beside, decimal, demand, hour, key, list, money, product, reserved, virginia,
};

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

/// The amortised hour is the sum over its rows, each by its line item type.
pub(crate) fn cur_amortized(example: &Value) {
    let inputs = &example["inputs"];
    let mut hour = dec!(0);
    let effective = list(&inputs["covered_effective"]).iter();
    for (effective, unblended) in effective.zip(list(&inputs["covered_unblended"])) {
        let row = RowMoney {
            unblended: decimal(unblended),
            plan_effective: decimal(effective),
            of_commitment: true,
            ..RowMoney::default()
        };
        hour += amortised_cost("SavingsPlanCoveredUsage", &row);
    }
    let billed = |cell: &str| RowMoney {
        unblended: decimal(&inputs[cell]),
        of_commitment: cell != "usage_on_demand_unblended",
        ..RowMoney::default()
    };
    let negation = amortised_cost("SavingsPlanNegation", &billed("negation_unblended"));
    let upfront = amortised_cost("SavingsPlanUpfrontFee", &billed("upfront_row"));
    let expected = &example["expected"];
    assert_eq!(negation, decimal(&expected["negation_contributes"]));
    assert_eq!(upfront, decimal(&expected["upfront_row_contributes"]));
    let fee = RowMoney {
        plan_commitment: decimal(&inputs["total_commitment_to_date"]),
        plan_used: decimal(&inputs["used_commitment"]),
        of_commitment: true,
        ..RowMoney::default()
    };
    let unused = amortised_cost("SavingsPlanRecurringFee", &fee);
    assert_eq!(unused, decimal(&expected["unused_commitment"]));
    hour += unused + amortised_cost("Usage", &billed("usage_on_demand_unblended"));
    assert_eq!(hour, decimal(&expected["amortized_hour"]));
}

/// An organization's hours of one type, 2,160 reserved and 720 On-Demand, in one hour of 2,880 instances: what members
/// are shown is the blended rate of each of their hours, whoever owns the reservations, and their fees are no part of it.
pub(crate) fn blended(example: &Value) {
    let inputs = &example["inputs"];
    let accounts = inputs["accounts"].as_object().unwrap();
    let usage: Vec<_> = accounts
        .iter()
        .map(|(account, hours)| (key(account, None, "t2.small", virginia()), decimal(hours)))
        .collect();
    let count = u32::try_from(inputs["ri_hours"].as_u64().unwrap()).unwrap();
    let owned = reserved("r", "member1", "t2.small", ReservedScope::Regional, count);
    let rate = Rate::from_decimal(decimal(&inputs["on_demand_rate"])).unwrap();
    let used = demand(&usage);
    let bill = bill_beside(owned, &used, rate);
    let blended = blended_rate(&bill.lines, &used, product(&usage[0].0)).unwrap();
    let expected = &example["expected"];
    assert_eq!(blended, money(&expected["blended_rate"]));
    assert_eq!(bill.on_demand_cost(), money(&expected["unblended_total"]));
    for (account, hours) in accounts {
        let shown = blended.times(i128::from(hours.as_i64().unwrap()));
        assert_eq!(shown, money(&expected["blended"][account]), "{account}");
    }
}
