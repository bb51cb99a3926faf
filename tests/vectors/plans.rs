//! How Savings Plans apply, and the measures taken of them.

use std::path::Path;

use bursar::billing::{Charge, ChargeKind, Granularity, RateTable, Settings, bill, charges};
use bursar::catalog::{Account, Family, PaymentOption, SavingsPlanKind, Term};
use bursar::commitment::{Portfolio, ReservedScope, SavingsPlan, SavingsPlanScope};
use bursar::demand::DemandKey;
use bursar::units::{Money, Rate};
use rust_decimal::{Decimal, dec};
use serde_json::Value;

use super::read::{
    bill_beside, decimal, demand, key, list, money, one_hour, product, reserved, text, virginia,
};
use super::reserved::quantity;

/// A line of an example as a product of its own. Lambda's 1,500,000 GB-seconds are counted in thousands, so
/// that every quantity is a number of instances.
pub(crate) struct SpLine {
    id: String,
    key: DemandKey,
    quantity: Decimal,
    scale: Decimal,
}

pub(crate) fn sp_lines(example: &Value) -> (Vec<SpLine>, RateTable) {
    let mut rates = RateTable::default();
    let mut lines = Vec::new();
    for (number, line) in list(&example["inputs"]["usage"]).iter().enumerate() {
        let (family, region) = match line["ec2_sp_scope"].as_str() {
            Some(scope) => scope.split_once('/').unwrap(),
            None => ("serverless", "us-east-1"),
        };
        let key = key(
            "a",
            None,
            &format!("{family}.line-{number}"),
            region.parse().unwrap(),
        );
        let scale = if decimal(&line["quantity"]) > dec!(10_000) {
            dec!(1_000)
        } else {
            dec!(1)
        };
        let rate = |name: &str| {
            line[name]
                .as_str()
                .map(|_| Rate::from_decimal(decimal(&line[name]) * scale).unwrap())
        };
        rates.set_on_demand(product(&key), rate("on_demand_rate").unwrap());
        for (kind, name) in [
            (SavingsPlanKind::Compute, "compute_sp_rate"),
            (SavingsPlanKind::Ec2Instance, "ec2_instance_sp_rate"),
        ] {
            if let Some(rate) = rate(name) {
                rates.set_savings_plan(product(&key), kind, rate);
            }
        }
        let quantity = decimal(&line["quantity"]) / scale;
        lines.push(SpLine {
            id: text(&line["id"]).to_owned(),
            key,
            quantity,
            scale,
        });
    }
    (lines, rates)
}

pub(crate) fn sp_portfolio(example: &Value) -> Portfolio {
    let plans = list(&example["inputs"]["savings_plans"])
        .iter()
        .map(|plan| SavingsPlan {
            id: text(&plan["id"]).to_owned(),
            account: Account::new("a"),
            scope: match plan["scope"].as_str() {
                Some(scope) => {
                    let (family, region) = scope.split_once('/').unwrap();
                    let region = region.parse().unwrap();
                    SavingsPlanScope::Ec2Instance {
                        family: Family::new(family),
                        region,
                    }
                }
                None => SavingsPlanScope::Compute,
            },
            term: Term::OneYear,
            payment_option: PaymentOption::NoUpfront,
            commitment: money(&plan["commitment_per_hour"]),
            alive: one_hour(),
        });
    Portfolio {
        savings_plans: plans.collect(),
        ..Portfolio::default()
    }
}

pub(crate) fn sp_hour(example: &Value) {
    let (lines, rates) = sp_lines(example);
    let portfolio = sp_portfolio(example);
    let usage: Vec<_> = lines
        .iter()
        .map(|line| (line.key.clone(), line.quantity))
        .collect();
    let demand = demand(&usage);
    let charges = charges(
        &demand,
        &portfolio,
        &rates,
        Settings::default(),
        Granularity::Hour,
    )
    .unwrap();
    let bill = bill(&demand, &portfolio, &rates, Settings::default()).unwrap();
    let expected = &example["recomputed"];
    for plan in list(&expected["plans"]) {
        let totals = bill
            .savings_plans
            .iter()
            .find(|totals| totals.id == text(&plan["id"]))
            .unwrap();
        let atoms = |amount: u128| Money::from_atoms(amount.cast_signed());
        assert_eq!(atoms(totals.used), money(&plan["used"]));
        assert_eq!(
            atoms(totals.committed - totals.used),
            money(&plan["unused"])
        );
    }
    let index_of = |id: &str| {
        let line = lines.iter().find(|line| line.id == id).unwrap();
        (
            demand
                .keys()
                .iter()
                .position(|key| *key == line.key)
                .unwrap(),
            line.scale,
        )
    };
    for coverage in list(&expected["coverage"]) {
        let (index, scale) = index_of(text(&coverage["usage_id"]));
        let plan = text(&coverage["plan"]);
        let plan = portfolio
            .savings_plans
            .iter()
            .position(|owned| owned.id == plan)
            .unwrap();
        let covered: Vec<&Charge> = charges
            .iter()
            .filter(|c| c.key == Some(index) && c.kind == ChargeKind::SavingsPlan(plan))
            .collect();
        let quantity = quantity(covered.iter().copied()) * scale;
        // Expected quantities are given to twelve digits.
        assert!(
            (quantity - decimal(&coverage["quantity"])).abs() < dec!(0.000001),
            "{coverage}"
        );
        let paid: Money = covered.iter().map(|charge| charge.effective).sum();
        assert_near(paid, money(&coverage["sp_cost"]));
    }
    for (id, cost) in expected["on_demand_by_usage"].as_object().unwrap() {
        let (index, _) = index_of(id);
        let on_demand = charges
            .iter()
            .filter(|c| c.key == Some(index) && c.kind == ChargeKind::OnDemand)
            .map(|charge| charge.effective)
            .sum();
        assert_near(
            on_demand,
            Money::from_decimal_rounded(decimal(cost)).unwrap(),
        );
    }
    assert_near(
        bill.on_demand_cost(),
        Money::from_decimal_rounded(decimal(&expected["on_demand_total"])).unwrap(),
    );
    assert_eq!(
        bill.on_demand_equivalent(),
        money(&expected["all_on_demand_total"])
    );
    assert_eq!(bill.commitment_cost(), money(&expected["committed_total"]));
}

/// Equal to the ten decimals that the examples' fractions are given with.
pub(crate) fn assert_near(left: Money, right: Money) {
    let difference = (left.to_decimal(10) - right.to_decimal(10)).abs();
    assert!(
        difference <= dec!(0.000000001),
        "{left:.10} is not {right:.10}"
    );
}

pub(crate) fn sp_coverage(example: &Value) {
    let inputs = &example["inputs"];
    let usage = [(
        key("a", None, "m5.large", virginia()),
        decimal(&inputs["instances"]),
    )];
    let rate = Rate::from_decimal(decimal(&inputs["on_demand_rate"])).unwrap();
    let covered = u32::try_from(inputs["covered"].as_u64().unwrap()).unwrap();
    let ri = reserved("r", "a", "m5.large", ReservedScope::Regional, covered);
    let bill = bill_beside(ri, &demand(&usage), rate);
    let coverage =
        bill.covered().to_decimal(10) / bill.on_demand_equivalent().to_decimal(10) * dec!(100);
    assert_eq!(coverage, decimal(&example["recomputed"]["coverage_pct"]));
}

pub(crate) fn sp_metrics(example: &Value, folder: &Path) {
    let scenario = folder
        .join(text(&example["inputs"]["scenario"]))
        .with_extension("json");
    let scenario: Value =
        serde_json::from_str(&std::fs::read_to_string(scenario).unwrap()).unwrap();
    let (lines, rates) = sp_lines(&scenario);
    let usage: Vec<_> = lines
        .iter()
        .map(|line| (line.key.clone(), line.quantity))
        .collect();
    let bill = bill(
        &demand(&usage),
        &sp_portfolio(&scenario),
        &rates,
        Settings::default(),
    )
    .unwrap();
    let plan = &bill.savings_plans[0];
    let dollars = |money: Money| money.to_decimal(10);
    let net = dollars(plan.on_demand_equivalent) - dollars(plan.cost);
    let percent = |part: Decimal, whole: Decimal| (part / whole * dec!(100)).round_dp(2);
    let expected = &example["expected"];
    let coverage = percent(
        dollars(bill.covered()),
        dollars(bill.on_demand_equivalent()),
    );
    assert_eq!(coverage, decimal(&expected["coverage_pct"]));
    assert_eq!(
        percent(Decimal::from(plan.used), Decimal::from(plan.committed)),
        decimal(&expected["utilization_pct"])
    );
    assert_eq!(net.round_dp(2), decimal(&expected["net_savings"]));
    assert_eq!(
        percent(net, dollars(plan.cost)),
        decimal(&expected["roi_pct"])
    );
}
