//! What a run says of money over time and of events: months of cash, expiries, what each kind saves, rules and risk; on the
//! run of the small fleet with what is owned, events and rules written into it.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use bursar::report::format::dollars;
use bursar::units::Money;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::documents::{money, run, succeeds};

/// A folder with the changed run, and its report in `risk`.
pub(crate) fn made() -> &'static Path {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let text = changed().to_string();
        fs::write(folder.path().join("run.json"), text).unwrap();
        let kinds = if cfg!(feature = "pdf") {
            "md,csv,xlsx,svg,pdf"
        } else {
            "md,csv,xlsx,svg"
        };
        let command = ["report", "run.json", "-o", "risk", "--format", kinds];
        succeeds(folder.path(), &command);
        folder
    })
    .path()
}

/// The small fleet's window ends on 2026-07-03T00:00Z. Of what is owned, one plan of 3 dollars an hour ends a day into
/// September, another ended before, and a third is queued for August: 100 dollars then, nothing an hour.
fn changed() -> Value {
    let mut run = run();
    let owned = |id: &str, start: &str, end: &str, upfront: &str, hourly: &str| {
        json!({"id": id, "start": format!("{start}T00:00Z"), "end": format!("{end}T00:00Z"),
               "upfront": upfront, "hourly": hourly})
    };
    run["shown"]["owned"] = json!([
        owned("sp-old", "2025-09-02", "2026-09-02", "77", "3"),
        owned("sp-gone", "2025-06-01", "2026-06-01", "50", "9"),
        owned("ri-queued", "2026-08-01", "2027-08-01", "100", "0"),
    ]);
    let mut robust = run["plans"][0].clone();
    robust["name"] = json!("robust");
    robust["title"] = json!("Robust mix, over all events");
    let plans = run["plans"].as_array_mut().unwrap();
    plans.insert(1, robust);
    let risks: Vec<Value> = (0..plans.len())
        .map(|at| risk(&plans[at]["name"], at))
        .collect();
    let point = |aim: &str, expected: &str, worst: &str| json!({"aim": aim, "expected_saving": expected, "worst_saving": worst});
    run["risk"] = json!({
        "events": [
            {"name": "steady", "probability": "0.75", "changes": [], "cost_without": "100.00"},
            {"name": "shutdown", "probability": "0.25", "changes": [], "cost_without": "60.00"},
        ],
        "plans": risks,
        "robust": {
            "objective": "mixed", "value": "15.25", "bound": "15.50",
            "frontier": [point("mean", "21.00", "5.00"), point("1/2 mean, 1/2 worst fifth", "20.00", "11.00"),
                         point("worst event", "18.00", "12.00")],
            "certificate": run["certificate"],
        },
    });
    run["settings"]["cost_of_capital"] = json!("8");
    run["rules"] = json!([
        {"rule": "max-upfront", "limit": "$10.00", "cost": "1.25", "cost_per_year": "228.13", "next_per_year": "3.10"},
        {"rule": "min-saving", "limit": "$5.00", "cost": "0.00", "cost_per_year": "0.00"},
    ]);
    run
}

/// The first plan saves 21 on the mean; each further one a dollar less.
fn risk(name: &Value, at: usize) -> Value {
    let costs = [75 + at, 55 + at].map(|cost| format!("{cost}.00"));
    json!({"name": name, "expected_saving": format!("{}.00", 20 - at), "worst_saving": format!("{}.00", 5_i64 - i64::try_from(at).unwrap()),
           "worst_event": "shutdown", "chance_of_loss": "0.25", "largest_shrink_percent": null, "costs": costs})
}

fn text(name: &str) -> String {
    fs::read_to_string(made().join("risk").join(name)).unwrap()
}

/// Month, upfront, recurring, owned, all.
fn cash() -> Vec<(String, [Decimal; 4])> {
    let text = text("cash.csv");
    let rows = text.lines().skip(1).map(|line| {
        let mut cells = line.split(',');
        let month = cells.next().unwrap().to_owned();
        let amounts: Vec<Decimal> = cells.map(|cell| cell.parse().unwrap()).collect();
        (month, amounts.try_into().unwrap())
    });
    rows.collect()
}

#[test]
fn cash_is_paid_by_calendar_month_from_the_window_on() {
    let months = cash();
    // July 2026 to July 2027, in which purchases and what is queued end.
    assert_eq!(months.len(), 13);
    assert_eq!(months[0].0, "2026-07");
    assert_eq!(months[12].0, "2027-07");
    let owned = |at: usize| months[at].1[2];
    // 29 days of July from the 3rd on, 31 of August, one of September; 100 dollars in August.
    assert_eq!(owned(0), Decimal::from(29 * 24 * 3));
    assert_eq!(owned(1), Decimal::from(31 * 24 * 3 + 100));
    assert_eq!(owned(2), Decimal::from(24 * 3));
    assert!((3..13).all(|at| owned(at).is_zero()));
    // Over its term every purchase is paid whole, and not a cent more.
    let run = run();
    let (mut upfront, mut recurring) = (Money::ZERO, Money::ZERO);
    for bought in run["plans"][0]["purchases"].as_array().unwrap() {
        assert_eq!(bought["term"], "1yr");
        upfront += money(&bought["upfront"]);
        recurring += money(&bought["hourly"]).times(8_760);
    }
    assert!(recurring > Money::ZERO);
    let sum = |part: usize| -> Decimal { months.iter().map(|(_, month)| month[part]).sum() };
    assert_eq!(sum(0), upfront.to_decimal(10).normalize());
    assert_eq!(sum(1), recurring.to_decimal(10).normalize());
    assert_eq!(sum(3), sum(0) + sum(1) + sum(2));
    let svg = text("cash.svg");
    assert!(
        svg.contains("Fees of what is owned") && !svg.contains("Upfront fees"),
        "{svg}"
    );
}

#[test]
fn what_ends_stands_in_the_calendar() {
    let svg = text("expiries.svg");
    for expected in [
        "sp-old",
        "2026-09-02",
        "sp-gone",
        "2026-06-01",
        "2027-07-03",
        "as if bought at its end",
    ] {
        assert!(svg.contains(expected), "{expected}: {svg}");
    }
}

/// From On-Demand to the plan without a cent between.
#[test]
fn what_each_kind_saves_adds_up_to_the_saving() {
    let run = run();
    let kinds = run["shown"]["savings_by_kind"].as_array().unwrap();
    assert!(!kinds.is_empty());
    let mut left = money(&run["on_demand_cost"]);
    for kind in kinds {
        assert_eq!(kind["owned"], false);
        left -= money(&kind["on_demand_cost"]) - money(&kind["cost"]);
    }
    // Amounts of the file are rounded to ten decimals.
    let cost = money(&run["plans"][0]["cost"]);
    assert!((left - cost).to_decimal(8).is_zero(), "{left} {cost}");
    let svg = text("saving-by-kind.svg");
    assert!(
        svg.contains(&dollars(cost, 2)) && !svg.contains("Everything else"),
        "{svg}"
    );
}

#[test]
fn rules_events_and_the_frontier_are_in_the_report() {
    let text_of = text("report.md");
    for expected in [
        "## With a cost of capital of 8 % a year",
        "## Rules and what they cost",
        "| max-upfront | $10.00 | 1.25 | 228.13 | 3.10 |",
        "## Risk: savings against buying nothing",
        "it comes to $15.25, and no mix of the allowed kinds to more than $15.50 (certified)",
        "## What each plan saves in each event, $",
        "## From the best mean to the best worst case",
        "| worst event | 18.00 | 12.00 |",
        "This is the robust mix",
    ] {
        assert!(text_of.contains(expected), "{expected}:\n{text_of}");
    }
    for table in ["rules", "risk", "events", "frontier"] {
        assert!(
            made().join(format!("risk/{table}.csv")).is_file(),
            "{table}"
        );
    }
    let svg = text("frontier.svg");
    for expected in [
        "Robust mix, over all events",
        "mean $19, worst $4",
        "best by the worst event",
    ] {
        assert!(svg.contains(expected), "{expected}: {svg}");
    }
}
