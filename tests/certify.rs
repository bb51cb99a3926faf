//! `bursar certify` on a fresh run of a small fleet, and on the same run after somebody changed something; and
//! usage without a price, which a run may leave out.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Output;
use std::sync::OnceLock;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// Two days of three types: some always on, some by day.
pub(crate) fn usage() -> String {
    let mut text = "hour,region,instance_type,count\n".to_owned();
    for (day, clock) in (1..=2).flat_map(|day| (0..24).map(move |clock| (day, clock))) {
        let busy = u32::from((8..20).contains(&clock));
        for (name, count) in [
            ("m7g.large", 3 + 4 * busy),
            ("m7g.2xlarge", 2),
            ("c7i.xlarge", 1 + 2 * busy),
        ] {
            writeln!(
                text,
                "2026-07-{day:02}T{clock:02}:00Z,us-east-1,{name},{count}"
            )
            .unwrap();
        }
    }
    text
}

/// What is owned: so that a bound holds fractions of a cent that no purchase changes.
const PORTFOLIO: &str = r#"
[[reserved_instance]]
id = "ri-web"
account = "111122223333"
instance_type = "m7g.large"
region = "us-east-1"
offering_class = "standard"
term = "1yr"
payment_option = "all-upfront"
count = 1
start = "2026-03-01T00:00Z"
upfront = "431"
"#;

pub(crate) fn bursar(folder: &Path, arguments: &[&str]) -> Output {
    Command::cargo_bin("bursar")
        .unwrap()
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

/// The run file of the small fleet; made once.
fn fresh() -> &'static Value {
    static RUN: OnceLock<Value> = OnceLock::new();
    RUN.get_or_init(|| {
        let folder = inputs();
        let arguments = [
            "optimize",
            "usage.csv",
            "--own",
            "portfolio.toml",
            "--no-options",
            "--format",
            "json",
        ];
        let output = bursar(folder.path(), &arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    })
}

/// A folder with the fleet's files.
fn inputs() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("usage.csv"), usage()).unwrap();
    fs::write(folder.path().join("portfolio.toml"), PORTFOLIO).unwrap();
    folder
}

/// What `certify` says of the run after `change`, and with which exit code.
fn certified(change: impl FnOnce(&mut Value, &Path)) -> (i32, String) {
    let folder = inputs();
    let mut run = fresh().clone();
    change(&mut run, folder.path());
    let path = folder.path().join("run.json");
    fs::write(&path, serde_json::to_string_pretty(&run).unwrap()).unwrap();
    let output = bursar(folder.path(), &["certify", "run.json"]);
    assert_eq!(text(&output.stderr), "");
    (output.status.code().unwrap(), text(&output.stdout))
}

/// The run is refused, and of all lines of the table only those that begin like `lines` say NO.
fn refused(lines: &[&str], change: impl FnOnce(&mut Value, &Path)) {
    let (code, table) = certified(change);
    assert_eq!(code, 3, "{table}");
    assert!(table.contains("The proof does not hold."), "{table}");
    let broken: Vec<&str> = table
        .lines()
        .filter(|line| line.trim_end().ends_with(" NO"))
        .collect();
    assert_eq!(broken.len(), lines.len(), "{table}");
    for (found, wanted) in broken.iter().zip(lines) {
        assert!(found.trim_start().starts_with(wanted), "{wanted}:\n{table}");
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A text amount one cent higher.
fn a_cent_more(amount: &mut Value) {
    let dollars: rust_decimal::Decimal = amount.as_str().unwrap().parse().unwrap();
    *amount = (dollars + rust_decimal::dec!(0.01)).to_string().into();
}

#[test]
fn a_fresh_run_holds() {
    let (code, table) = certified(|_, _| {});
    assert_eq!(code, 0, "{table}");
    assert!(table.contains("The proof holds:"), "{table}");
    assert!(!table.contains("NO"), "{table}");
    // Price book, two files, bound, On-Demand, and every plan.
    let plans = fresh()["plans"].as_array().unwrap().len();
    let yes = table
        .lines()
        .filter(|line| line.trim_end().ends_with(" yes"));
    assert_eq!(yes.count(), 5 + plans, "{table}");
    assert!(
        !fresh()["plans"][0]["purchases"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn the_checks_come_out_as_json_too() {
    let folder = inputs();
    fs::write(folder.path().join("run.json"), fresh().to_string()).unwrap();
    let output = bursar(folder.path(), &["certify", "run.json", "--format", "json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["holds"], true);
    let checks = document["checks"].as_array().unwrap();
    assert!(checks.iter().all(|check| check["holds"] == true));
}

#[test]
fn a_changed_cost_is_found() {
    refused(&["cost of `cheapest`"], |run, _| {
        a_cent_more(&mut run["plans"][0]["cost"]);
    });
}

#[test]
fn a_changed_on_demand_cost_is_found() {
    refused(&["cost without commitments"], |run, _| {
        a_cent_more(&mut run["on_demand_cost"]);
    });
}

#[test]
fn a_nicer_gap_or_saving_is_found() {
    refused(&["cost of `cheapest`"], |run, _| {
        run["plans"][0]["gap"] = "-0.0001".into();
    });
    refused(&["cost of `cheapest`"], |run, _| {
        run["plans"][0]["savings_percent"] = "99.0000".into();
    });
}

#[test]
fn a_raised_lower_bound_is_found() {
    refused(&["lower bound, proved"], |run, _| {
        a_cent_more(&mut run["lower_bound"]);
    });
}

#[test]
fn a_raised_bound_of_the_certificate_is_found() {
    refused(&["lower bound"], |run, _| {
        let bound = run["certificate"]["bound"].as_f64().unwrap();
        run["certificate"]["bound"] = (bound + 0.01).into();
    });
}

#[test]
fn a_changed_weight_is_found() {
    refused(&["lower bound"], |run, _| {
        let weights = run["certificate"]["weights"].as_array_mut().unwrap();
        // All of one group's hours on nothing: their shadow prices, and with them the bound, are lost.
        let group = weights[0]["group"].clone();
        weights.retain(|weight| weight["group"] != group);
    });
}

#[test]
fn shadow_prices_above_a_fee_are_found() {
    refused(&["lower bound"], |run, _| {
        // Twice the weight is twice the shadow price, and a source's fee was used up before.
        for weight in run["certificate"]["weights"].as_array_mut().unwrap() {
            weight["parts"] = (2 * weight["parts"].as_u64().unwrap()).into();
        }
    });
}

#[test]
fn a_certificate_of_another_problem_is_found() {
    refused(&["lower bound"], |run, _| {
        run["certificate"]["problem"] = "00".repeat(32).into();
    });
}

/// The first purchase of the plan called `name`.
fn first_purchase<'a>(run: &'a mut Value, name: &str) -> &'a mut Value {
    let plans = run["plans"].as_array_mut().unwrap();
    let plan = plans.iter_mut().find(|plan| plan["name"] == name);
    &mut plan.unwrap()["purchases"][0]
}

#[test]
fn another_count_of_a_purchase_is_found() {
    refused(&["cost of `ri-then-compute-sp`"], |run, _| {
        let count = &mut first_purchase(run, "ri-then-compute-sp")["count"];
        *count = (count.as_u64().unwrap() + 1).into();
    });
}

#[test]
fn another_commitment_of_a_purchase_is_found() {
    refused(&["cost of `one-compute-sp`"], |run, _| {
        a_cent_more(&mut first_purchase(run, "one-compute-sp")["hourly_commitment"]);
    });
}

#[test]
fn another_fee_of_a_purchase_is_found() {
    refused(&["cost of `one-compute-sp`"], |run, _| {
        a_cent_more(&mut first_purchase(run, "one-compute-sp")["upfront"]);
    });
}

#[test]
fn a_purchase_that_nobody_sells_is_found() {
    refused(&["cost of `cheapest`"], |run, _| {
        run["plans"][0]["purchases"][0]["scope"] = "m7g.nano Linux in us-east-1".into();
    });
}

#[test]
fn kinds_that_were_not_allowed_are_found() {
    let (code, table) = certified(|run, _| {
        run["settings"]["kinds"] = serde_json::json!(["compute-sp"]);
    });
    assert_eq!(code, 3, "{table}");
}

#[test]
fn usage_or_a_portfolio_that_changed_after_the_run_is_found() {
    refused(&["sha256 of usage.csv"], |_, folder| {
        let more = usage() + "2026-07-02T23:00Z,us-east-1,c7i.large,1\n";
        fs::write(folder.join("usage.csv"), more).unwrap();
    });
    refused(&["sha256 of portfolio.toml"], |_, folder| {
        let two = PORTFOLIO.replace("count = 1", "count = 2");
        fs::write(folder.join("portfolio.toml"), two).unwrap();
    });
}

#[test]
fn another_price_book_is_found() {
    refused(&["price book"], |run, _| {
        run["price_book"] = "000000000000".into();
    });
}

#[test]
fn usage_without_a_price_is_listed_and_in_no_total() {
    let folder = tempfile::tempdir().unwrap();
    let known = "hour,region,instance_type,count\n2026-07-01T00:00Z,us-east-1,m7g.large,3\n";
    fs::write(folder.path().join("known.csv"), known).unwrap();
    let more = "2026-07-01T00:00Z,us-west-1,u7i-12tb.224xlarge,1\n";
    fs::write(folder.path().join("more.csv"), format!("{known}{more}")).unwrap();
    let plan = |file: &str| -> Value {
        let arguments = [
            "optimize",
            file,
            "--allow-unpriced",
            "--no-options",
            "--format",
            "json",
        ];
        let output = bursar(folder.path(), &arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let (without, with) = (plan("known.csv"), plan("more.csv"));
    for figure in ["on_demand_cost", "lower_bound", "plans"] {
        assert_eq!(without[figure], with[figure], "{figure}");
    }
    assert_eq!(without["unpriced"], serde_json::json!([]));
    let listed = with["unpriced"].as_array().unwrap();
    assert_eq!(listed.len(), 1);
    assert!(
        listed[0].as_str().unwrap().contains("u7i-12tb.224xlarge"),
        "{listed:?}"
    );

    let table = bursar(folder.path(), &["bill", "more.csv", "--allow-unpriced"]);
    let table = text(&table.stdout);
    let (totals, unpriced) = table
        .split_once("Unpriced usage, in no total above")
        .unwrap();
    assert!(!totals.contains("u7i"), "{table}");
    assert!(
        unpriced.contains("u7i-12tb.224xlarge Linux in us-west-1"),
        "{table}"
    );
}

/// `prices diff builtin rates.csv --plan` of the run, with what `change` did to the folder.
fn compared(rates: &str, change: impl FnOnce(&Path)) -> Output {
    let folder = inputs();
    let run = serde_json::to_string(fresh()).unwrap();
    fs::write(folder.path().join("run.json"), run).unwrap();
    let head = "region,instance_type,offer,term,payment_option,upfront,hourly,as_of\n";
    fs::write(folder.path().join("rates.csv"), format!("{head}{rates}")).unwrap();
    change(folder.path());
    let arguments = [
        "prices",
        "diff",
        "builtin",
        "rates.csv",
        "--plan",
        "run.json",
        "--format",
        "json",
    ];
    bursar(folder.path(), &arguments)
}

fn usd(amount: &Value) -> rust_decimal::Decimal {
    amount.as_str().unwrap().parse().unwrap()
}

/// c7i.xlarge: 1 instance always and 2 more for 12 hours of each of two days, so 48 + 48 = 96 hours. On-Demand a cent
/// dearer is 0.96 dollars where nothing is bought; every plan's first figure is the run's own.
#[test]
fn a_movement_of_prices_is_billed_under_every_plan_of_a_run() {
    // c7i.xlarge in us-east-1: 0.1785 (pricing-data/on-demand/us-east-1.csv).
    let output = compared(
        "us-east-1,c7i.xlarge,on-demand,,,,0.1885,2026-06-01\n",
        |_| {},
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let plans = document["plan"]["plans"].as_array().unwrap();
    let total = |plan: &Value, side: &str| usd(&plan[side]["total"]);
    let moved = total(&plans[0], "after") - total(&plans[0], "before");
    assert_eq!(moved, rust_decimal::dec!(0.96));
    let of_run = fresh()["plans"].as_array().unwrap();
    assert_eq!(plans.len(), 1 + of_run.len());
    for (plan, run) in plans[1..].iter().zip(of_run) {
        assert_eq!(plan["name"], run["name"]);
        assert_eq!(plan["before"]["total"], run["cost"]);
        let parts = ["on_demand", "spot", "reserved_instances", "savings_plans"];
        let sum: rust_decimal::Decimal = parts.map(|part| usd(&plan["after"][part])).iter().sum();
        let miss = (sum - total(plan, "after")).abs();
        assert!(miss <= rust_decimal::dec!(0.000000001), "{plan}");
    }
    // Only On-Demand moved, and no rate of a commitment stands at or above it.
    assert_eq!(document["plan"]["rates"], serde_json::json!([]));
}

#[test]
fn a_rate_that_turned_dearer_than_on_demand_is_named() {
    let dear = "us-east-1,c7i.xlarge,compute-sp,1yr,no-upfront,,0.2,2026-06-01\n";
    let output = compared(dear, |_| {});
    assert!(output.status.success(), "{}", text(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rates = document["plan"]["rates"].as_array().unwrap();
    assert_eq!(rates.len(), 1, "{rates:?}");
    assert_eq!(rates[0]["product"], "c7i.xlarge Linux in us-east-1");
    assert_eq!(rates[0]["after"], "0.20");
    assert_eq!(rates[0]["dearer_than_on_demand"], true);
}

#[test]
fn plans_are_compared_over_the_inputs_of_the_run_only() {
    let output = compared(
        "us-east-1,c7i.xlarge,on-demand,,,,0.1885,2026-06-01\n",
        |folder| {
            let more = usage() + "2026-07-02T23:00Z,us-east-1,m7g.xlarge,1\n";
            fs::write(folder.join("usage.csv"), more).unwrap();
        },
    );
    assert!(!output.status.success());
    let error = text(&output.stderr);
    assert!(
        error.contains("`usage.csv` is not what the run was made with"),
        "{error}"
    );
    assert!(error.contains("run.json"), "{error}");
}
