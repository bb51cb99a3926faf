//! `optimize --events`: costs under events are bills, the few numbers follow from them, and `certify` finds a change.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use rust_decimal::{Decimal, dec};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::certify::{bursar, usage};

const EVENTS: &str = r#"
[[event]]
name = "everything ends"
probability = "2%"
[[event.change]]
do = "shrink"
by = "100%"

[[event]]
name = "m7g to c7i, a tenth more of it"
probability = 0.3
[[event.change]]
do = "move-family"
family = "m7g"
to_family = "c7i"
[[event.change]]
do = "grow"
family = "c7i"
by = "10%"
"#;

/// A folder with usage and events, and the run made of them.
fn made() -> &'static Path {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("usage.csv"), usage()).unwrap();
        fs::write(folder.path().join("events.toml"), EVENTS).unwrap();
        fs::write(
            folder.path().join("run.json"),
            found(folder.path(), "events.toml").to_string(),
        )
        .unwrap();
        folder
    })
    .path()
}

fn found(folder: &Path, events: &str) -> Value {
    let arguments = [
        "optimize",
        "usage.csv",
        "--no-options",
        "--events",
        events,
        "--format",
        "json",
    ];
    let output = bursar(folder, &arguments);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn run() -> Value {
    serde_json::from_slice(&fs::read(made().join("run.json")).unwrap()).unwrap()
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

#[test]
fn every_figure_follows_from_bills() {
    let run = run();
    let events = run["risk"]["events"].as_array().unwrap();
    let probabilities: Vec<&str> = events
        .iter()
        .map(|event| event["probability"].as_str().unwrap())
        .collect();
    assert_eq!(events[0]["name"], "as it was");
    assert_eq!(probabilities, ["0.68", "0.02", "0.3"]);
    assert_eq!(events[0]["cost_without"], run["on_demand_cost"]);
    assert_eq!(events[1]["cost_without"], "0.00");
    let hours = Decimal::from(run["horizon_hours"].as_u64().unwrap());
    let plans = run["plans"].as_array().unwrap().iter();
    for (plan, risk) in plans.zip(run["risk"]["plans"].as_array().unwrap()) {
        assert_eq!(plan["name"], risk["name"]);
        assert_eq!(plan["cost"], risk["costs"][0]);
        // Where nothing runs any more, what was bought is all there is to pay.
        let bought = plan["purchases"].as_array().unwrap().iter();
        let fees: Decimal = bought
            .map(|bought| decimal(&bought["effective_hourly"]) * hours)
            .sum();
        assert_eq!(decimal(&risk["costs"][1]), fees);
        let saving =
            |event: usize| decimal(&events[event]["cost_without"]) - decimal(&risk["costs"][event]);
        let expected = dec!(0.68) * saving(0) + dec!(0.02) * saving(1) + dec!(0.3) * saving(2);
        let stated = decimal(&risk["expected_saving"]);
        assert!(
            (expected - stated).abs() <= dec!(0.0000000001),
            "{expected} {stated}"
        );
        let worst = (0..3).map(saving).min().unwrap();
        assert_eq!(decimal(&risk["worst_saving"]), worst);
        let lost = (0..3).filter(|&event| saving(event) < Decimal::ZERO);
        let chance: Decimal = lost
            .map(|event| probabilities[event].parse::<Decimal>().unwrap())
            .sum();
        assert_eq!(decimal(&risk["chance_of_loss"]), chance);
    }
}

#[test]
fn the_robust_mix_does_best_by_its_objective() {
    let run = run();
    assert_eq!(run["plans"][1]["name"], "robust");
    let robust = &run["risk"]["robust"];
    assert_eq!(robust["objective"], "mixed");
    let events = run["risk"]["events"].as_array().unwrap();
    // Half the mean, half the mean of the worst fifth of all outcomes, the least savings first.
    let value = |risk: &Value| {
        let saving =
            |event: usize| decimal(&events[event]["cost_without"]) - decimal(&risk["costs"][event]);
        let mut outcomes: Vec<(Decimal, Decimal)> = (0..3)
            .map(|event| (saving(event), decimal(&events[event]["probability"])))
            .collect();
        outcomes.sort();
        let (mut left, mut tail) = (dec!(0.2), Decimal::ZERO);
        for (saving, likely) in outcomes {
            tail += saving * likely.min(left);
            left -= likely.min(left);
        }
        (decimal(&risk["expected_saving"]) + tail / dec!(0.2)) / dec!(2)
    };
    let plans = run["risk"]["plans"].as_array().unwrap();
    let stated = decimal(&robust["value"]);
    assert!(
        (value(&plans[1]) - stated).abs() <= dec!(0.0000000001),
        "{robust}"
    );
    assert!(
        plans
            .iter()
            .all(|plan| value(plan) <= stated + dec!(0.0000000001))
    );
    // Certified, and near the bound: to the step in which an instance is sold.
    let bound = decimal(&robust["bound"]);
    assert!(
        stated <= bound && bound - stated < dec!(0.05),
        "{stated} {bound}"
    );
    let frontier = robust["frontier"].as_array().unwrap();
    assert_eq!(frontier.len(), 6);
    let of = |at: usize, figure: &str| decimal(&frontier[at][figure]);
    assert!((0..6).all(|at| of(at, "expected_saving") <= of(0, "expected_saving") + dec!(0.05)));
    assert!((0..6).all(|at| of(at, "worst_saving") <= of(5, "worst_saving") + dec!(0.05)));
}

#[test]
fn the_largest_shrink_is_where_the_saving_ends() {
    let risk = run()["risk"]["plans"][0].clone();
    let shrink = risk["largest_shrink_percent"].as_u64().unwrap();
    assert!((1..99).contains(&shrink), "{risk}");
    let event = |percent| {
        format!(
            "[[event]]\nname = \"{percent}\"\nprobability = 0.5\n[[event.change]]\ndo = \"shrink\"\nby = \"{percent}%\"\n"
        )
    };
    let events = event(shrink) + &event(shrink + 1);
    fs::write(made().join("near.toml"), events).unwrap();
    let near = found(made(), "near.toml");
    let risk = &near["risk"];
    let saving = |at: usize| {
        decimal(&risk["events"][at]["cost_without"]) - decimal(&risk["plans"][0]["costs"][at])
    };
    assert_eq!(risk["events"].as_array().unwrap().len(), 2);
    assert!(saving(0) >= Decimal::ZERO && saving(1) < Decimal::ZERO);
}

#[test]
fn the_default_events_need_no_file() {
    let run = found(made(), "default");
    let events = run["risk"]["events"].as_array().unwrap();
    let names: Vec<&str> = events
        .iter()
        .map(|event| event["name"].as_str().unwrap())
        .collect();
    // m7g costs most and is Graviton already.
    assert_eq!(
        names,
        [
            "as it was",
            "10 % more",
            "25 % less",
            "m7g shut down",
            "m7g moved to Fargate"
        ]
    );
    let likely: Vec<&str> = events
        .iter()
        .map(|event| event["probability"].as_str().unwrap())
        .collect();
    assert_eq!(likely, ["0.4", "0.2", "0.2", "0.1", "0.1"]);
    // Tasks are no usage of instances: no bound is claimed.
    assert_eq!(run["risk"]["robust"]["bound"], Value::Null);
    let output = bursar(
        made(),
        &[
            "optimize",
            "usage.csv",
            "--no-options",
            "--events",
            "default",
        ],
    );
    let table = String::from_utf8(output.stdout).unwrap();
    for words in [
        "Risk: savings against buying nothing",
        "may shrink by, %",
        "What each plan saves in each event",
        "Robust mix",
    ] {
        assert!(table.contains(words), "{words}:\n{table}");
    }
}

#[test]
fn certify_bills_the_events_again() {
    let certified = |name: &str, change: &dyn Fn(&mut Value)| {
        let mut run = run();
        change(&mut run);
        fs::write(made().join(name), run.to_string()).unwrap();
        let output = bursar(made(), &["certify", name]);
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let (code, table) = certified("same.json", &|_| {});
    assert_eq!(code, Some(0), "{table}");
    assert!(table.contains("savings under every event"), "{table}");
    let (code, table) = certified("other.json", &|run| {
        run["risk"]["plans"][2]["largest_shrink_percent"] = json!(1);
    });
    assert_eq!(code, Some(3), "{table}");
    for (figure, change) in [("value", "99.00"), ("bound", "0.01")] {
        let (code, table) = certified("robust.json", &|run| {
            run["risk"]["robust"][figure] = json!(change);
        });
        assert_eq!(code, Some(3), "{figure}: {table}");
    }
    let (code, table) = certified("frontier.json", &|run| {
        run["risk"]["robust"]["frontier"][5]["bound"]["most"] = json!("0.01");
    });
    assert_eq!(code, Some(3), "{table}");
    let (code, table) = certified("weights.json", &|run| {
        run["risk"]["robust"]["certificate"]["bound"] = json!(1.0);
    });
    assert_eq!(code, Some(3), "{table}");
    let (code, _) = certified("file.json", &|run| {
        let inputs = run["inputs"].as_array_mut().unwrap();
        let events = inputs
            .iter_mut()
            .find(|input| input["role"] == "events")
            .unwrap();
        events["sha256"] = json!("0");
    });
    assert_eq!(code, Some(3));
}
