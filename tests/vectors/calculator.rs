//! What AWS's calculator says of a month: one instance under each purchase option.

use bursar::billing::{ChargeKind, Granularity, RateTable, Settings, bill, charges};
use bursar::catalog::SavingsPlanKind;
use bursar::commitment::{
    Portfolio, ReservedFee, ReservedInstance, ReservedScope, SavingsPlan, SavingsPlanScope,
};
use bursar::demand::{DemandBuilder, DemandKey};
use bursar::units::{HourSpan, Money, Rate};
use rust_decimal::Decimal;
use serde_json::Value;

use super::read::{decimal, hour, key, money, product, reserved, text};

/// AWS's calculator: one Windows instance for a month of 730 hours, under the purchase option of the example.
pub(crate) fn calculator(example: &Value) {
    let inputs = &example["inputs"];
    let hours: i64 = text(&inputs["hours_per_month"]).parse().unwrap();
    let mut usage = key(
        "a",
        None,
        text(&inputs["instance_type"]),
        text(&inputs["region"]).parse().unwrap(),
    );
    usage.platform = text(&inputs["operating_system"]).parse().unwrap();
    let mut builder = DemandBuilder::new();
    let handle = builder.key(usage.clone());
    for at in 0..hours {
        builder.add(handle, hour().plus(at), 1_000_000_000);
    }
    let demand = builder
        .finish(HourSpan::new(hour(), hour().plus(hours)))
        .unwrap();
    let mut rates = RateTable::default();
    let on_demand = inputs.get("on_demand_hourly").map_or(Decimal::ONE, decimal);
    rates.set_on_demand(product(&usage), Rate::from_decimal(on_demand).unwrap());
    let portfolio = bought(inputs, &usage, &mut rates);
    let bill = bill(&demand, &portfolio, &rates, Settings::default()).unwrap();
    let all = charges(
        &demand,
        &portfolio,
        &rates,
        Settings::default(),
        Granularity::Month,
    )
    .unwrap();
    let cash = |wanted: &[ChargeKind]| -> Money {
        all.iter()
            .filter(|charge| wanted.contains(&charge.kind))
            .map(|charge| charge.billed)
            .sum()
    };
    let upfront = cash(&[
        ChargeKind::ReservedUpfront(0),
        ChargeKind::SavingsPlanUpfront(0),
    ]);
    let recurring = cash(&[
        ChargeKind::OnDemand,
        ChargeKind::ReservedRecurring(0),
        ChargeKind::SavingsPlanRecurring(0),
    ]);
    for (name, figure) in example["expected"].as_object().unwrap() {
        match name.as_str() {
            "upfront" => assert_eq!(upfront, money(figure)),
            "monthly" => assert_eq!(recurring, money(figure)),
            "normalized_monthly" => assert_eq!(bill.total(), money(figure)),
            "total_commitment" => {
                let plan = &portfolio.savings_plans[0];
                let (upfront, hourly) = plan.fees();
                assert_eq!(
                    upfront + hourly.times(i128::from(plan.term.hours())),
                    money(figure)
                );
            }
            "hourly_after_upfront" => {
                assert_eq!(portfolio.savings_plans[0].fees().1, money(figure));
            }
            // Utilization at which the plan pays: no figure of a bill.
            "breakeven_ratio" | "breakeven_hours" => {}
            other => panic!("{other} is not known"),
        }
    }
}

fn bought(inputs: &Value, usage: &DemandKey, rates: &mut RateTable) -> Portfolio {
    let mut portfolio = Portfolio::default();
    let Some(payment) = inputs["payment_option"].as_str() else {
        return portfolio;
    };
    let term: bursar::catalog::Term = text(&inputs["term"]).parse().unwrap();
    let alive = HourSpan::new(hour(), hour().plus(term.hours()));
    if let Some(rate) = inputs["sp_rate"].as_str() {
        let rate: Decimal = rate.parse().unwrap();
        rates.set_savings_plan(
            product(usage),
            SavingsPlanKind::Compute,
            Rate::from_decimal(rate).unwrap(),
        );
        portfolio.savings_plans.push(SavingsPlan {
            id: "plan".into(),
            account: usage.account,
            scope: SavingsPlanScope::Compute,
            term,
            payment_option: payment.parse().unwrap(),
            commitment: Money::from_decimal(rate).unwrap(),
            alive,
        });
    } else {
        portfolio.reserved_instances.push(ReservedInstance {
            region: usage.region,
            platform: usage.platform,
            payment_option: payment.parse().unwrap(),
            term,
            alive,
            fee: ReservedFee {
                upfront: money(&inputs["upfront"]),
                hourly: Rate::from_decimal(decimal(&inputs["hourly"])).unwrap(),
            },
            ..reserved(
                "ri",
                "a",
                usage.instance_type.as_str(),
                ReservedScope::Regional,
                1,
            )
        });
    }
    portfolio
}
