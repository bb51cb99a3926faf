//! What a month costs: an instance under each purchase option, and what is metered by tier.

use bursar::billing::{ChargeKind, Granularity, RateTable, Settings, bill, charges};
use bursar::catalog::SavingsPlanKind;
use bursar::commitment::{
    Portfolio, ReservedFee, ReservedInstance, ReservedScope, SavingsPlan, SavingsPlanScope,
};
use bursar::demand::{DemandBuilder, DemandKey};
use bursar::prices::{Metered, Tier, Tiers};
use bursar::units::{HourSpan, Money, Quantity, Rate};
use rust_decimal::Decimal;
use serde_json::Value;

use super::read::{decimal, hour, key, list, money, product, reserved, text};

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

/// Tiers of an example: each has a size, and the last goes on for ever.
fn tiers(example: &Value) -> Tiers {
    let mut from = 0;
    let stated = list(&example["inputs"]["tiers"]);
    let mut all = Vec::new();
    for (number, tier) in (1..).zip(stated) {
        let size = tier["size"].as_str().filter(|_| number < stated.len());
        let to = size.map(|size| from + size.parse::<u64>().unwrap());
        let rate = Rate::from_decimal(decimal(&tier["rate"])).unwrap();
        all.push(Tier { from, to, rate });
        from = to.unwrap_or(from);
    }
    Tiers::new("GB", all).unwrap()
}

fn flat(rate: &Value, quantity: Decimal) -> Money {
    Tiers::flat("GB", Rate::from_decimal(decimal(rate)).unwrap()).cost(metered(quantity))
}

fn metered(quantity: Decimal) -> Quantity<Metered> {
    Quantity::from_decimal(quantity).unwrap()
}

/// Tiers are filled by all accounts together.
pub(crate) fn tiered(example: &Value) {
    let (inputs, expected) = (&example["inputs"], &example["recomputed"]);
    let tiers = tiers(example);
    let Some(accounts) = inputs["accounts_gb"].as_object() else {
        assert_eq!(
            tiers.cost(metered(decimal(&inputs["quantity"]))),
            money(&expected["cost"])
        );
        return;
    };
    let used: Vec<Quantity<Metered>> = accounts.values().map(|gb| metered(decimal(gb))).collect();
    let together = tiers.cost(used.iter().copied().sum());
    assert_eq!(together, money(&expected["consolidated_total"]));
    let apart: Money = used.into_iter().map(|used| tiers.cost(used)).sum();
    assert_eq!(apart, money(&expected["separate_total"]));
}

/// An endpoint's data; its hours are in every zone.
pub(crate) fn privatelink(example: &Value) {
    let (inputs, expected) = (&example["inputs"], &example["recomputed"]);
    assert_eq!(
        tiers(example).cost(metered(decimal(&inputs["gb"]))),
        money(&expected["data"])
    );
    let hours = decimal(&inputs["azs"]) * decimal(&inputs["hours"]);
    assert_eq!(
        flat(&inputs["hourly"], hours),
        money(&expected["hourly_total"])
    );
}

pub(crate) fn ipv4(example: &Value) {
    let inputs = &example["inputs"];
    let hours = decimal(&inputs["ips"]) * decimal(&inputs["hours"]);
    assert_eq!(
        flat(&inputs["rate"], hours),
        money(&example["recomputed"]["cost"])
    );
}

/// A gateway's hours and the gigabytes it processes.
pub(crate) fn nat_gateway(example: &Value) {
    let (inputs, expected) = (&example["inputs"], &example["recomputed"]);
    let gigabytes = match inputs.get("gb_processed") {
        Some(gigabytes) => decimal(gigabytes),
        None => decimal(&inputs["gb_per_day"]) * decimal(&inputs["days"]),
    };
    let processing = flat(&inputs["per_gb_rate"], gigabytes);
    assert_eq!(processing, money(&expected["processing"]));
    if let Some(rate) = inputs.get("hourly_rate") {
        let hours = flat(
            rate,
            decimal(&inputs["gateways"]) * decimal(&inputs["hours"]),
        );
        assert_eq!(hours, money(&expected["hourly"]));
        assert_eq!(hours + processing, money(&expected["total"]));
    }
}

/// Egress without the free allowance, which is a setting of the bill and no tier.
pub(crate) fn egress(example: &Value) {
    let (inputs, expected) = (&example["inputs"], &example["recomputed"]);
    if inputs.get("tiers").is_some() {
        assert_eq!(
            tiers(example).cost(metered(decimal(&inputs["gb"]))),
            money(&expected["no_free"])
        );
        return;
    }
    let gigabytes = decimal(&inputs["tb"]) * decimal(&inputs["gb_per_tb"]);
    let egress = flat(&inputs["rate"], gigabytes);
    assert_eq!(egress, money(&expected["egress"]));
    let storage = flat(&inputs["storage_rate"], decimal(&inputs["storage_gb"]));
    assert_eq!(egress + storage, money(&expected["total"]));
}
