//! `ladder --events`: what a calendar saves in each event is what bills say, and `certify` bills them again.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fmt::Write as _;
use std::fs;
use std::process::Output;

use rust_decimal::{Decimal, dec};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::certify::bursar;

/// Four instances through a week, of two teams.
fn folder() -> TempDir {
    let mut usage = "hour,region,instance_type,count,tag:team\n".to_owned();
    for (day, clock) in (1..=7).flat_map(|day| (0..24).map(move |clock| (day, clock))) {
        let hour = format!("2026-07-{day:02}T{clock:02}:00Z,us-east-1,m7g.large");
        writeln!(usage, "{hour},3,web\n{hour},1,batch").unwrap();
    }
    let events = "[[event]]\nname = \"half of it goes in August\"\nprobability = \"30%\"\n\n\
                  [[event.change]]\ndo = \"shrink\"\nby = \"50%\"\nfrom = \"2026-08-08\"\n\n\
                  [[event]]\nname = \"no batch\"\nprobability = \"20%\"\n\n\
                  [[event.change]]\ndo = \"shrink\"\ntag = \"team=batch\"\nby = \"100%\"\n";
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("usage.csv"), usage).unwrap();
    fs::write(folder.path().join("events.toml"), events).unwrap();
    folder
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn ladder(folder: &TempDir, events: &str, format: &str) -> Output {
    let horizon = ["ladder", "usage.csv", "--horizon", "2", "--every", "month"];
    let more = ["--events", events, "--format", format];
    let output = bursar(folder.path(), &[&horizon[..], &more].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    output
}

fn figure(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

#[test]
fn what_a_calendar_saves_in_an_event_is_billed() {
    let folder = folder();
    let run: Value =
        serde_json::from_slice(&ladder(&folder, "events.toml", "json").stdout).unwrap();
    let on_demand = figure(&run["on_demand_cost"]);
    let ladder = &run["plans"][0];
    let cost = figure(&ladder["cost"]);
    // Everything is covered in every hour: it costs its fees, whatever else happens.
    assert_eq!(ladder["coverage"], "100");
    let risk = &run["risk"];
    let events = risk["events"].as_array().unwrap();
    let names: Vec<&str> = events
        .iter()
        .map(|event| event["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["as it was", "half of it goes in August", "no batch"]
    );
    // July has 31 days, from the 8th to the 8th, then 31 more; half of the latter is a quarter of it all.
    let left = [dec!(1), dec!(0.75), dec!(0.75)];
    let without: Vec<Decimal> = events
        .iter()
        .map(|event| figure(&event["cost_without"]))
        .collect();
    assert_eq!(without, left.map(|left| on_demand * left));
    let plan = &risk["plans"][0];
    assert_eq!(plan["name"], "ladder");
    assert!(
        plan["costs"]
            .as_array()
            .unwrap()
            .iter()
            .all(|other| figure(other) == cost)
    );
    let savings: Vec<Decimal> = without.iter().map(|nothing| nothing - cost).collect();
    assert_eq!(figure(&plan["worst_saving"]), savings[1]);
    let mean = savings[0] * dec!(0.5) + savings[1] * dec!(0.3) + savings[2] * dec!(0.2);
    assert!((figure(&plan["expected_saving"]) - mean).abs() < dec!(0.000001));
    let lost = if savings[1] < Decimal::ZERO {
        "0.5"
    } else {
        "0"
    };
    assert_eq!(plan["chance_of_loss"], lost);
    // So much of every hour may go until what is left costs as much On-Demand.
    let shrink = (Decimal::ONE_HUNDRED - cost * Decimal::ONE_HUNDRED / on_demand).floor();
    assert_eq!(
        plan["largest_shrink_percent"],
        json!(u32::try_from(shrink).unwrap())
    );
}

#[test]
fn certify_bills_the_events_again() {
    let folder = folder();
    let run: Value =
        serde_json::from_slice(&ladder(&folder, "events.toml", "json").stdout).unwrap();
    let certified = |run: &Value| {
        fs::write(folder.path().join("run.json"), run.to_string()).unwrap();
        bursar(folder.path(), &["certify", "run.json"])
    };
    let output = certified(&run);
    assert!(output.status.success(), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("savings under every event"));
    let mut kinder = run.clone();
    kinder["risk"]["plans"][1]["worst_saving"] = "999".into();
    assert_eq!(certified(&kinder).status.code(), Some(3));
    kinder = run.clone();
    kinder.as_object_mut().unwrap().remove("risk");
    assert_eq!(certified(&kinder).status.code(), Some(3));
    let explained = bursar(folder.path(), &["explain", "run.json", "--purchase", "1"]);
    assert!(explained.status.success(), "{}", text(&explained.stderr));
    let path = folder.path().join("events.toml");
    let likelier = fs::read_to_string(&path).unwrap().replace("30%", "31%");
    fs::write(path, likelier).unwrap();
    assert_eq!(certified(&run).status.code(), Some(3));
}

#[test]
fn the_default_events_are_of_the_months_ahead() {
    let table = text(&ladder(&folder(), "default", "table").stdout);
    for words in [
        "Risk: savings against buying nothing",
        "Everything on the calendar is bought all the same",
        "m7g shut down (10",
        "25 % less (20",
        "What each plan saves in each event",
    ] {
        assert!(table.contains(words), "{words}:\n{table}");
    }
}

/// Databases alone grow and shrink, too: no instances are needed for that.
#[test]
fn what_is_beside_instances_alone_has_events() {
    let folder = tempfile::tempdir().unwrap();
    let item = "AmazonRDS/Aurora:ServerlessV2Usage/CreateDBInstance:0021";
    let mut usage = "hour,region,item,quantity\n".to_owned();
    for (day, clock) in (1..=7).flat_map(|day| (0..24).map(move |clock| (day, clock))) {
        writeln!(usage, "2026-07-{day:02}T{clock:02}:00Z,us-east-1,{item},4").unwrap();
    }
    fs::write(folder.path().join("databases.csv"), usage).unwrap();
    let words = "ladder databases.csv --services --horizon 1 --events default --format json";
    let words: Vec<&str> = words.split(' ').collect();
    let output = bursar(folder.path(), &words);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let run: Value = serde_json::from_slice(&output.stdout).unwrap();
    let on_demand = figure(&run["on_demand_cost"]);
    let events = run["risk"]["events"].as_array().unwrap();
    let without: Vec<Decimal> = events
        .iter()
        .map(|event| figure(&event["cost_without"]))
        .collect();
    assert_eq!(
        without,
        [dec!(1), dec!(1.1), dec!(0.75)].map(|part| on_demand * part)
    );
}
