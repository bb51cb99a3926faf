//! `bursar report` on the run of a small fleet: every document says what run.json says, the same bytes twice; and
//! runs that cannot be laid out.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Output;
use std::sync::OnceLock;

use bursar::report::format::dollars;
use bursar::units::Money;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::certify::{bursar, usage};

/// A folder with the run of the small fleet and all its documents in `all`; made once.
pub(crate) fn made() -> &'static Path {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("usage.csv"), usage()).unwrap();
        succeeds(folder.path(), &["optimize", "usage.csv", "--report", "run"]);
        succeeds(folder.path(), &["report", "run", "-o", "all", "--all"]);
        folder
    })
    .path()
}

pub(crate) fn succeeds(folder: &Path, arguments: &[&str]) -> Output {
    let output = bursar(folder, arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    assert!(arguments[0] != "report" || output.stdout.is_empty());
    output
}

pub(crate) fn run() -> Value {
    serde_json::from_slice(&fs::read(made().join("run/run.json")).unwrap()).unwrap()
}

pub(crate) fn money(value: &Value) -> Money {
    let exact = value.as_str().unwrap().parse().unwrap();
    Money::from_decimal_rounded(exact).unwrap()
}

/// An amount of the run as documents print it.
fn shown(value: &Value) -> String {
    dollars(money(value), 2)
}

fn text(name: &str) -> String {
    fs::read_to_string(made().join("all").join(name)).unwrap()
}

#[test]
fn every_document_has_the_figures_of_the_run() {
    let run = run();
    let mut figures = vec![shown(&run["on_demand_cost"]), shown(&run["lower_bound"])];
    figures.extend(
        run["plans"]
            .as_array()
            .unwrap()
            .iter()
            .map(|plan| shown(&plan["cost"])),
    );
    figures.extend(
        run["options"]
            .as_array()
            .unwrap()
            .iter()
            .map(|option| shown(&option["lock_in"])),
    );
    assert!(figures.len() > 12, "{figures:?}");
    let mut documents = vec![
        ("report.html", text("report.html")),
        ("report.md", text("report.md")),
    ];
    #[cfg(feature = "pdf")]
    {
        let pdf = fs::read(made().join("all/report.pdf")).unwrap();
        let words = super::sample::pdf_words(&pdf);
        assert!((3..=6).contains(&words.pages), "{}", words.pages);
        assert!(words.fonts >= 2, "{}", words.fonts);
        documents.extend(words.text.map(|text| ("report.pdf", text)));
    }
    for (name, text) in &documents {
        for figure in &figures {
            assert!(
                text.contains(figure.trim_start_matches('$')),
                "{name}: {figure}"
            );
        }
        assert!(text.contains("What to commit to on AWS"), "{name}");
        assert!(text.contains(run["price_book"].as_str().unwrap()), "{name}");
        assert!(
            text.contains(run["inputs"][0]["sha256"].as_str().unwrap()),
            "{name}"
        );
    }
}

#[test]
fn tables_of_numbers_keep_every_digit() {
    let run = run();
    let csv = text("plans.csv");
    for plan in run["plans"].as_array().unwrap() {
        let cost = money(&plan["cost"]).to_decimal(10).normalize();
        assert!(csv.contains(&format!(",{cost},")), "{cost}:\n{csv}");
    }
    let data: Value = serde_json::from_str(&text("report.json")).unwrap();
    assert_eq!(data["price_book"], run["price_book"]);
    assert_eq!(data["inputs"], run["inputs"]);
    let blocks = data["document"]["blocks"].as_array().unwrap();
    let plans = blocks
        .iter()
        .find(|block| block["content"]["name"] == "plans")
        .unwrap();
    let rows = plans["content"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), run["plans"].as_array().unwrap().len() + 1);
    let exact = money(&json!(rows[1][1]["value"].as_str().unwrap()));
    assert_eq!(exact, money(&run["plans"][0]["cost"]));
    assert_eq!(rows[1][1]["unit"], "money");
}

#[test]
fn the_same_run_gives_the_same_bytes_and_needs_no_usage() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("elsewhere")).unwrap();
    fs::copy(
        made().join("run/run.json"),
        folder.path().join("elsewhere/run.json"),
    )
    .unwrap();
    // PDF, HTML and pictures were made by `optimize` already; all others anew.
    let quick = "xlsx,md,csv,json,svg,cli,terraform,html";
    succeeds(
        folder.path(),
        &["report", "elsewhere", "-o", "deep/er", "--format", quick],
    );
    let names = |folder: &Path| -> BTreeSet<_> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect()
    };
    let (all, run) = (made().join("all"), made().join("run"));
    let anew = folder.path().join("deep/er");
    assert!(names(&all).len() >= 16, "{:?}", names(&all));
    for name in names(&all) {
        let first = fs::read(all.join(&name)).unwrap();
        let others = [&anew, &run].map(|folder| fs::read(folder.join(&name)));
        assert!(others.iter().any(Result::is_ok), "{}", name.display());
        for second in others.into_iter().flatten() {
            assert!(first == second, "{}", name.display());
        }
    }
}

/// Only when asked, and then the day of the clock: on page 1 and where programs look for it.
#[test]
#[expect(clippy::disallowed_methods, reason = "the day is what is asked for")]
fn a_dated_report_says_the_day_it_was_made() {
    let folder = tempfile::tempdir().unwrap();
    let run_file = made().join("run/run.json");
    let run_file = run_file.to_str().unwrap();
    let command = ["report", run_file, "-o", ".", "--format", "html,json"];
    let day = || chrono::Utc::now().date_naive().to_string();
    let before = day();
    succeeds(folder.path(), &[&command[..], &["--dated"]].concat());
    let html = fs::read_to_string(folder.path().join("report.html")).unwrap();
    let json = fs::read(folder.path().join("report.json")).unwrap();
    let json: Value = serde_json::from_slice(&json).unwrap();
    let said = json["document"]["dated"].as_str().unwrap();
    // Midnight may pass meanwhile.
    assert!([before, day()].iter().any(|day| day == said), "{said}");
    assert!(html.contains(&format!("<meta name=\"date\" content=\"{said}\">")));
    assert!(html.contains(&format!("; made on {said}</p>")));
    assert!(!text("report.html").contains("name=\"date\""));
}

#[test]
fn a_second_currency_stands_beside_the_dollars() {
    let folder = tempfile::tempdir().unwrap();
    let run_file = made().join("run/run.json");
    let rate = ["--currency", "krw", "--fx-rate", "1380@2026-11-20"];
    let command = [
        "report",
        run_file.to_str().unwrap(),
        "-o",
        ".",
        "--format",
        "md,csv",
    ];
    succeeds(folder.path(), &[&command[..], &rate].concat());
    let text = fs::read_to_string(folder.path().join("report.md")).unwrap();
    let cost = money(&run()["plans"][0]["cost"]);
    // The dollars, and 1,380 times as much in whole won, halves away from zero.
    let won = cost.to_decimal(10) * rust_decimal::dec!(1380);
    let won = won.round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    let won = bursar::report::format::number(won.normalize());
    for expected in [
        dollars(cost, 2),
        format!("KRW {won}"),
        "1 USD = 1,380 KRW on 2026-11-20".into(),
    ] {
        assert!(text.contains(&expected), "{expected}:\n{text}");
    }
    let csv = fs::read_to_string(folder.path().join("plans.csv")).unwrap();
    assert!(csv.starts_with("plan,\"cost, $\",\"cost, KRW\","), "{csv}");
}

#[test]
fn what_is_no_choice_is_a_mistake_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    for (wrong, said) in [
        (&["--format", "docx"][..], "possible values: pdf, html"),
        (&["--currency", "KRW"], "--fx-rate <RATE@DAY>"),
        (&["--fx-rate", "1380@2026-11-20"], "--currency <CODE>"),
        (
            &["--currency", "WON1", "--fx-rate", "1380@2026-11-20"],
            "three letters",
        ),
        (
            &["--currency", "USD", "--fx-rate", "1@2026-11-20"],
            "leave --currency out",
        ),
        (
            &["--currency", "KRW", "--fx-rate", "1380"],
            "1380@2026-11-20",
        ),
        (
            &["--currency", "KRW", "--fx-rate", "0@2026-11-20"],
            "cannot be 0",
        ),
        (&["--all", "--format", "pdf"], "cannot be used with"),
    ] {
        let command = [&["report", "run.json", "-o", "out"], wrong].concat();
        let output = bursar(folder.path(), &command);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(said), "{said}: {error}");
    }
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}

/// Makes documents of a changed run.
fn of_changed(change: impl Fn(&mut Value), kinds: &str) -> (TempDir, Output) {
    let folder = tempfile::tempdir().unwrap();
    let mut run = run();
    change(&mut run);
    fs::write(folder.path().join("run.json"), run.to_string()).unwrap();
    let output = bursar(
        folder.path(),
        &["report", "run.json", "-o", ".", "--format", kinds],
    );
    (folder, output)
}

#[test]
fn a_run_of_another_version_is_named() {
    let (_folder, output) = of_changed(|run| run["program"] = json!("bursar 0.0.9"), "md");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("note: the run was made by bursar 0.0.9"),
        "{said}"
    );
}

#[test]
fn a_run_that_was_changed_by_hand_is_laid_out_or_refused_but_never_half() {
    let changes: [fn(&mut Value); 15] = [
        |run| run["plans"] = json!([]),
        |run| run["plans"][0]["cost"] = json!("12,5"),
        |run| run["plans"][0]["cost"] = json!("1e400"),
        |run| run["plans"][0]["purchases"][0]["kind"] = json!("gift-card"),
        |run| run["plans"][0]["purchases"][0]["term"] = json!("2yr"),
        |run| run["window_end"] = json!("2026-06-01T00:00Z"),
        |run| run["window_end"] = json!("2026-07-09T00:00Z"),
        |run| run["window_start"] = json!("yesterday"),
        |run| run["shown"]["usage"][0]["dollars_per_hour"] = json!("1 2 three"),
        |run| run["shown"]["what_if"]["shares"] = json!([0, 50]),
        |run| run["shown"]["what_if"]["changes"][0]["costs"] = json!([]),
        |run| run["on_demand"] = json!(null),
        |run| run["shown"]["savings_by_kind"][0]["kind"] = json!("gift-card"),
        |run| run["shown"]["savings_by_kind"][0]["cost"] = json!("1,5"),
        |run| {
            let far = json!({"id": "x", "start": "2026-01-01T00:00Z", "end": "9999-01-01T00:00Z", "upfront": "0", "hourly": "1"});
            run["shown"]["owned"] = json!([far]);
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let (folder, output) = of_changed(change, "md,html,csv");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{number}: {said}");
        assert!(
            said.starts_with("error: ") && said.contains("run.json"),
            "{number}: {said}"
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "{number}");
    }
}

#[test]
fn names_that_look_like_markup_or_formulas_stay_names() {
    let name = "=HYPERLINK(\"http://x\",\"y\")<script>alert(1)</script>#set $x$ *b*";
    let change = |run: &mut Value| {
        run["inputs"][0]["path"] = json!(name);
        run["doubts"] = json!([name]);
        for purchase in run["plans"][0]["purchases"].as_array_mut().unwrap() {
            purchase["price_basis"] = json!(name);
        }
        run["plans"][0]["title"] = json!(name);
        let owned = json!({"id": name, "start": "2026-01-01T00:00Z", "end": "2027-01-01T00:00Z", "upfront": "0", "hourly": "1"});
        run["shown"]["owned"] = json!([owned]);
    };
    let kinds = if cfg!(feature = "pdf") {
        "html,csv,xlsx,svg,pdf"
    } else {
        "html,csv,xlsx,svg"
    };
    let (folder, output) = of_changed(change, kinds);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let read = |file: &str| fs::read_to_string(folder.path().join(file)).unwrap();
    let html = read("report.html");
    assert!(!html.contains("<script>alert"), "markup in the page");
    assert!(html.contains("&lt;script&gt;alert(1)"));
    assert!(!read("expiries.svg").contains("<script"), "markup in SVG");
    #[cfg(feature = "pdf")]
    {
        let pdf = fs::read(folder.path().join("report.pdf")).unwrap();
        for letters in ["=HYPERLINK(", "#set $x$ *b*", "<script>"] {
            let words = super::sample::pdf_words(&pdf).text;
            assert!(words.is_none_or(|text| text.contains(letters)), "{letters}");
        }
    }
    assert!(
        read("plans.csv").contains("\n\"'=HYPERLINK("),
        "{}",
        read("plans.csv")
    );
    let sheets = super::workbook::Workbook::read(&folder.path().join("report.xlsx"));
    assert!(
        sheets
            .formulas()
            .iter()
            .all(|formula| !formula.contains("HYPERLINK"))
    );
    assert!(
        sheets.strings.iter().any(|text| text == name),
        "{:?}",
        sheets.strings
    );
}

/// The largest are shown, the others as one row, so that nothing is missing from the sum.
#[test]
fn more_charges_and_accounts_than_pages_hold_are_added_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = run();
    let charge = |number: u32| {
        let mut charge = run["shown"]["charges"][0].clone();
        charge["usage"] = json!(format!("usage {number}"));
        charge["cost"] = json!("1.25");
        charge
    };
    let charges: Vec<Value> = (0..160).map(charge).collect();
    let account = |number: u32| {
        json!({
            "account": format!("account {number}"), "on_demand_cost": "2.00", "cost": "1.50", "unused": "0.25",
        })
    };
    let accounts: Vec<Value> = (0..152).map(account).collect();
    run["shown"]["charges"] = json!(charges);
    run["shown"]["accounts"] = json!(accounts);
    fs::write(folder.path().join("run.json"), run.to_string()).unwrap();
    succeeds(
        folder.path(),
        &["report", "run.json", "-o", ".", "--format", "md"],
    );
    let text = fs::read_to_string(folder.path().join("report.md")).unwrap();
    let row = |begins: &str| {
        let line = text.lines().find(|line| line.starts_with(begins));
        line.unwrap_or_else(|| panic!("{begins}:\n{text}"))
            .to_owned()
    };
    assert!(row("| 10 more, in run.json ").contains(" 12.50 "));
    assert!(text.contains("They add up to $200.00"), "{text}");
    let accounts = row("| 2 more, in run.json ");
    for amount in [" 4.00 ", " 3.00 ", " 25.0 ", " 0.50 "] {
        assert!(accounts.contains(amount), "{accounts}");
    }
}
