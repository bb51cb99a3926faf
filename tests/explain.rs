//! `bursar explain`: its steps and what is left add up to the hour's bill, and name who was served in which order.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeMap;

use assert_cmd::Command;
use bursar::analysis::{Subject, explain};
use bursar::billing::{ChargeKind, Granularity, Settings, bill, charges};
use bursar::demand::Market;
use bursar::units::{HourSpan, Money, Quantity};
use proptest::prelude::*;
use rust_decimal::{Decimal, dec};
use serde_json::Value;

use crate::properties;

fn stdout(arguments: &[&str]) -> String {
    let mut command = Command::cargo_bin("bursar").unwrap();
    let output = command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn sum(list: &Value, name: &str) -> Decimal {
    let rows = list.as_array().unwrap().iter();
    rows.map(|row| row[name].as_str().unwrap().parse::<Decimal>().unwrap())
        .sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_steps_are_the_charges_of_the_hour(
        rows in properties::usage(),
        portfolio in properties::portfolio(),
        sharing in any::<bool>(),
        at in 0_i64..70,
    ) {
        let demand = properties::demand(&rows);
        let rates = properties::rates();
        let settings = Settings { sharing, ..Settings::default() };
        let hour = demand.span().start().plus(at);
        let found = explain(&demand, &portfolio, &rates, settings, hour).unwrap();
        let one_hour = demand.within(HourSpan::new(hour, hour.plus(1)));
        prop_assert_eq!(found.total, bill(&one_hour, &portfolio, &rates, settings).unwrap().total());
        let mut covered: BTreeMap<(Subject, ChargeKind), (i128, Money)> = BTreeMap::new();
        for step in &found.steps {
            let known = covered.insert((step.subject, step.by), (step.covered.ticks(), step.cost));
            prop_assert!(known.is_none(), "{:?} twice", step);
        }
        for charge in charges(&one_hour, &portfolio, &rates, settings, Granularity::Hour).unwrap() {
            if matches!(charge.kind, ChargeKind::Reserved(_) | ChargeKind::SavingsPlan(_)) {
                let step = covered.remove(&(Subject::Instances(charge.key.unwrap()), charge.kind));
                prop_assert_eq!(step, Some((charge.quantity.ticks(), charge.effective)));
            }
        }
        prop_assert!(covered.is_empty());
        let all: Money = found.steps.iter().map(|step| step.cost).chain(found.rest.iter().map(|rest| rest.cost)).sum();
        prop_assert_eq!(all, found.total);
        // What the last step of a line leaves is what is charged On-Demand.
        for used in &found.usage {
            let steps = found.steps.iter().rfind(|step| step.subject == used.subject);
            let on_demand = found.rest.iter().find(|rest| rest.subject == Some(used.subject));
            if let (Some(step), None) = (steps, on_demand) {
                prop_assert_eq!(step.left, Quantity::ZERO);
            }
            if let (Some(step), Some(rest)) = (steps, on_demand) {
                prop_assert_eq!(step.left, rest.quantity);
            }
        }
        // Without sharing every owner has an order of its own, and each family and region under EC2 Instance plans. Idle
        // slots of Capacity Reservations come behind all that runs (R64).
        let is_idle = |rank: &bursar::analysis::Rank| matches!(
            rank.subject,
            Subject::Instances(key) if demand.keys()[key].market == Market::UnusedCapacity
        );
        let one_order = |pair: &&[bursar::analysis::Rank]| {
            let shared = sharing && portfolio.sharing.reaches_all();
            let alike = pair[0].kind == pair[1].kind && is_idle(&pair[0]) == is_idle(&pair[1]);
            shared && alike && pair[1].rank > pair[0].rank
        };
        for pair in found.ranks.windows(2).filter(one_order) {
            let share = |rank: &bursar::analysis::Rank| rank.rate.to_decimal() / rank.on_demand.to_decimal();
            prop_assert!(share(&pair[0]) <= share(&pair[1]));
        }
    }
}

/// The hour of the example story, as `bursar bill` charges it.
#[test]
fn the_sums_are_those_of_the_bill() {
    let fleet = [
        "examples/03-windows-and-owned-ris/usage.csv",
        "--own",
        "examples/03-windows-and-owned-ris/portfolio.toml",
        "--format",
        "json",
    ];
    let hour = "2026-07-01T09";
    let explained = [&["explain"], &fleet[..], &["--hour", hour]].concat();
    let explained: Value = serde_json::from_str(&stdout(&explained)).unwrap();
    let billed: Value = serde_json::from_str(&stdout(&[&["bill"], &fleet[..]].concat())).unwrap();
    let charges = billed["charges"].as_array().unwrap().iter();
    let of_hour = charges.filter(|charge| {
        let start = charge["ChargePeriodStart"]
            .as_str()
            .or(charge["charge_period_start"].as_str());
        start.unwrap().starts_with(hour)
    });
    let effective = |charge: &Value| {
        let cost = charge["EffectiveCost"]
            .as_str()
            .or(charge["effective_cost"].as_str());
        cost.unwrap().parse::<Decimal>().unwrap()
    };
    let of_bill: Decimal = of_hour.map(effective).sum();
    let total: Decimal = explained["total_effective_cost"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    // Every charge is printed to ten decimals; the sum of the hour is rounded once.
    assert!(
        (total - of_bill).abs() < dec!(0.00000001),
        "{total} is not {of_bill}"
    );
    let parts =
        sum(&explained["steps"], "effective_cost") + sum(&explained["rest"], "effective_cost");
    assert!(
        (total - parts).abs() < dec!(0.00000001),
        "{total} is not {parts}"
    );
}

/// The order of the made bill's hour, with the bill's own rates: zonal, regional from the smallest size, the EC2
/// Instance plan, the Compute plan's owner.
#[test]
fn an_hour_of_a_bill_is_derived_in_order() {
    let arguments = [
        "explain",
        "examples/04-bill-with-commitments/bill.csv",
        "--hour",
        "2025-06-01T07",
        "--bill-rates",
        "--format",
        "json",
    ];
    let found: Value = serde_json::from_str(&stdout(&arguments)).unwrap();
    let steps = found["steps"].as_array().unwrap().iter();
    let steps: Vec<(String, &str, &str)> = steps
        .map(|step| {
            let id = step["commitment"].as_str().unwrap();
            let name = id.rsplit('/').next().unwrap().to_owned();
            (
                name,
                step["instance_type"].as_str().unwrap(),
                step["rules"].as_str().unwrap(),
            )
        })
        .collect();
    let wanted = [
        ("zonal", "t3.medium", "R9, R17"),
        ("flexible", "m5.large", "R14, R17"),
        ("flexible", "m5.xlarge", "R14, R17"),
        ("c5", "c5.large", "R26, R27"),
        ("compute", "m5.2xlarge", "R25, R27"),
        ("compute", "t3.medium", "R25, R27"),
        ("compute", "c5.large", "R26, R27"),
    ];
    let wanted: Vec<_> = wanted
        .map(|(id, name, rules)| (id.to_owned(), name, rules))
        .into();
    assert_eq!(steps, wanted);
    assert_eq!(found["ranks"][1]["saving_percent"], "25");
    assert_eq!(found["usage"][0]["price_from"], "the bill's own rate");
    let one = [
        &arguments[..],
        &["--type", "c5", "--account", "222222222222"],
    ]
    .concat();
    let one: Value = serde_json::from_str(&stdout(&one)).unwrap();
    assert_eq!(one["usage"].as_array().unwrap().len(), 1);
    assert_eq!(one["total_effective_cost"], found["total_effective_cost"]);
}

/// Instances, Fargate and Lambda in one order; figures of `tests/plans_beside.rs`, second hour: 1 - (4 x 0.071 + 0.07112 +
/// 0.32384) = 0.32104 of the commitment is left for Lambda's 60,000 GB-seconds.
#[test]
fn use_beside_instances_is_part_of_the_hour() {
    let fleet = "tests/goldens/plans-beside-instances";
    let file = |name: &str| format!("{fleet}/{name}");
    let (usage, services, own) = (
        file("usage.csv"),
        file("services.csv"),
        file("portfolio.toml"),
    );
    let run = [
        "explain",
        &usage,
        &services,
        "--own",
        &own,
        "--hour",
        "2026-10-01T01",
        "--format",
        "json",
    ];
    let found: Value = serde_json::from_str(&stdout(&run)).unwrap();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let steps = found["steps"].as_array().unwrap().iter();
    let steps: Vec<(String, String)> = steps
        .map(|step| {
            let what = text(step, "item") + &text(step, "instance_type");
            (what, text(step, "effective_cost"))
        })
        .collect();
    let wanted = [
        ("m5.large", "0.284"),
        ("fargate-linux-x86-gb-hour", "0.07112"),
        ("fargate-linux-x86-vcpu-hour", "0.32384"),
        ("lambda-x86-gb-second", "0.32104"),
    ];
    let wanted: Vec<_> = wanted
        .map(|(what, cost)| (what.to_owned(), cost.to_owned()))
        .into();
    assert_eq!(steps, wanted);
    assert_eq!(found["ranks"][3]["saving_percent"], "11.999976");
    // The gateway of both hours stands in the first; requests are free no more: 100,000 at 0.2 dollars a million.
    let requests = found["rest"].as_array().unwrap().iter();
    let requests: Vec<String> = requests
        .filter(|rest| rest["item"] == "lambda-x86-request")
        .map(|rest| text(rest, "effective_cost"))
        .collect();
    assert_eq!(requests, ["0.02"]);
    let parts = sum(&found["steps"], "effective_cost") + sum(&found["rest"], "effective_cost");
    let total: Decimal = found["total_effective_cost"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(
        (total - parts).abs() < dec!(0.00000001),
        "{total} is not {parts}"
    );
}
