//! `bursar prices list`, `status`, `check` and `diff` as a user sees them.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot run its program has to stop"
)]

use assert_cmd::Command;
use bursar::catalog::Region;
use bursar::prices::{Flaw, KnownFlaws, PriceBook, check};

use crate::shared::long_tests;

/// What a command writes to stdout and stderr, with its exit code.
fn run(arguments: &str) -> (i32, String, String) {
    let mut command = Command::cargo_bin("bursar").unwrap();
    let output = command.args(arguments.split(' ')).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn json(arguments: &str) -> serde_json::Value {
    let (code, stdout, stderr) = run(&format!("{arguments} --format json"));
    assert_eq!(code, 0, "{stderr}");
    serde_json::from_str(&stdout).unwrap()
}

/// m7i.xlarge in Seoul: On-Demand 0.2478, Standard No Upfront 0.16207 a year (pricing-data/on-demand and
/// reserved/no-upfront, ap-northeast-2).
#[test]
fn a_list_has_what_the_tables_have() {
    let list = json("prices list --region ap-northeast-2 --family m7i --vcpu 4");
    assert_eq!(list["matching"], 1);
    let row = &list["rows"][0];
    assert_eq!(row["instance_type"], "m7i.xlarge");
    assert_eq!(
        (&row["vcpus"], &row["memory_gib"]),
        (&"4".into(), &"16".into())
    );
    assert_eq!(row["on_demand"]["hourly"], "0.2478");
    assert_eq!(row["best_1yr"]["hourly"], "0.16207");
    assert_eq!(row["best_1yr"]["kind"], "standard-ri");
    assert_eq!(row["best_1yr"]["as_of"], "2025-04-04");
}

#[test]
fn filters_hold_for_every_row_and_the_order_is_the_one_asked_for() {
    let list = json(
        "prices list --arch arm64 --vcpu 2..4 --memory-gib 8.. --region eu-* --max-hourly 0.2 --sort od-per-gib",
    );
    let rows = list["rows"].as_array().unwrap();
    assert!(rows.len() > 50, "{}", rows.len());
    let number = |value: &serde_json::Value| value.as_str().unwrap().parse::<f64>().unwrap();
    let per_gib: Vec<f64> = rows
        .iter()
        .map(|row| number(&row["on_demand"]["hourly"]) / number(&row["memory_gib"]))
        .collect();
    assert!(per_gib.is_sorted());
    for row in rows {
        assert_eq!(row["architecture"], "arm64");
        assert!((2.0..=4.0).contains(&number(&row["vcpus"])));
        assert!(number(&row["memory_gib"]) >= 8.0 && number(&row["on_demand"]["hourly"]) <= 0.2);
        let region = row["region"].as_str().unwrap();
        // `eu-*` are regions: eu-central-1-ham-1 is a zone.
        assert!(region.starts_with("eu-") && region.len() < 13, "{region}");
    }
}

/// What Spot does not sell comes last, however cheap it is.
#[test]
fn what_has_no_figure_comes_last() {
    let list = json("prices list --region us-gov-west-1,us-east-1 --family m5 --sort spot");
    let rows = list["rows"].as_array().unwrap();
    let with_spot = rows.iter().take_while(|row| !row["spot"].is_null()).count();
    assert!(with_spot > 0 && with_spot < rows.len());
    assert!(rows[with_spot..].iter().all(|row| row["spot"].is_null()));
}

#[test]
fn a_wrong_filter_is_answered_with_what_there_is() {
    for (arguments, code, hint) in [
        ("prices list --family m7", 1, "did you mean `m1`?"),
        (
            "prices list --region eu-wst-1",
            1,
            "did you mean `eu-west-1`?",
        ),
        (
            "prices list --region mars-*",
            1,
            "`bursar prices regions` lists all",
        ),
        ("prices list --arch arm", 1, "known are arm64, arm64_mac"),
        ("prices list --vcpu 8..4", 2, "8 is more than 4"),
        ("prices status --as-of yesterday", 2, "invalid value"),
    ] {
        let (found, stdout, stderr) = run(arguments);
        assert!(stdout.is_empty(), "{arguments}");
        assert_eq!(found, code, "{arguments}: {stderr}");
        assert!(stderr.contains(hint), "{arguments}: {stderr}");
    }
}

/// On-Demand is of 2026-05-12: 19 days before the end of May. No Upfront rates are of 2025-04-04.
#[test]
fn status_counts_ages_to_the_day_given() {
    let status = "prices status --region eu-west-1 --family m5 --as-of 2026-05-31";
    let document = json(&format!("{status} --max-age-days 450"));
    let kinds = document["kinds"].as_array().unwrap();
    let kind = |name: &str| kinds.iter().find(|kind| kind["kind"] == name).unwrap();
    assert_eq!(kind("On-Demand")["age_days"], 19);
    assert_eq!(kind("On-Demand")["rule"], 0);
    assert_eq!(kind("Standard Reserved")["age_days"], 422);
    // 9 sizes (large to 24xlarge, metal) x 2 terms: No and All Upfront are read, Partial follows.
    assert_eq!(kind("Standard Reserved")["observed"], 36);
    assert_eq!(kind("Standard Reserved")["rule"], 18);
    assert_eq!(kind("Compute Savings Plan")["too_old"], false);
    let (code, _, stderr) = run(&format!("{status} --max-age-days 400 --strict"));
    assert_eq!(code, 3);
    assert!(
        stderr.contains("Standard Reserved rates are of 2025-04-04, 422 days before 2026-05-31"),
        "{stderr}"
    );
    assert_eq!(run(&format!("{status} --max-age-days 400")).0, 0);
}

/// p3 is of 2017; no source of the catalogue names its architecture.
#[test]
fn a_type_without_the_attribute_asked_for_is_named() {
    let list = json("prices list --family p3,m7g --arch arm64 --vcpu 8");
    assert_eq!(
        list["without_attributes"],
        serde_json::json!(["p3.2xlarge"])
    );
    assert_eq!(list["rows"][0]["instance_type"], "m7g.2xlarge");
}

/// What pricing-data/known-flaws.csv excuses is excused with a reason, and nothing else is wrong.
#[test]
fn a_check_is_silent_but_for_known_flaws() {
    let (code, stdout, _) =
        run("prices check --region eu-south-1 --family c7g --known --format csv");
    assert_eq!(code, 0, "{stdout}");
    let refused = "not-cheaper,eu-south-1,c7g.medium,RHEL,Shared,\"Standard Reserved (1 year, All Upfront); it would cost 0.0864";
    assert!(stdout.contains(refused), "{stdout}");
    assert!(stdout.contains("the RHEL fee of before 2024"), "{stdout}");
    let (_, stdout, _) = run("prices check --region eu-south-1 --family c7g --format csv");
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
}

/// Every offer of every product of the bundled book: all that is wrong was looked at, and what was looked at is
/// still there.
/// Takes half a minute: `BURSAR_LONG=1` asks for it, as `.ci/run` does.
#[test]
fn the_bundled_book_has_known_flaws_only() {
    if !long_tests() {
        return;
    }
    let book = PriceBook::builtin();
    let regions: Vec<Region> = book.regions().into_keys().collect();
    let flaws = check(&book, &regions);
    let known = KnownFlaws::reviewed().unwrap();
    none_is_new(&flaws, &known);
    assert_eq!(
        known.unused(&flaws),
        Vec::<&bursar::prices::KnownFlaw>::new()
    );
}

/// The same of a large region, a young one and a zone.
#[test]
fn some_regions_have_known_flaws_only() {
    let regions =
        ["us-east-1", "ap-southeast-6", "us-west-2-lax-1"].map(|code| code.parse().unwrap());
    let flaws = check(&PriceBook::builtin(), &regions);
    assert!(!flaws.is_empty());
    none_is_new(&flaws, &KnownFlaws::reviewed().unwrap());
}

fn none_is_new(flaws: &[Flaw], known: &KnownFlaws) {
    let new: Vec<_> = flaws
        .iter()
        .filter(|flaw| known.find(flaw).is_none())
        .collect();
    let first = &new[..new.len().min(20)];
    assert!(new.is_empty(), "{} new: {first:#?}", new.len());
}

/// docs/optimisation.md, section 5: only SUSE is served first where another class should be.
#[test]
fn only_suse_breaks_the_comparative_advantage() {
    let document = json("prices check --comparative-advantage --region eu-central-1");
    let violated = document["violated"].as_array().unwrap();
    assert!(violated.iter().any(|row| row["family"] == "t4g"));
    for row in violated {
        assert_eq!(row["first"][1], "SUSE", "{row}");
    }
}

/// A user's table moves one price of the built-in book and adds one that it has not.
#[test]
fn a_table_of_rates_is_compared_with_the_built_in_book() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rates.csv");
    let rates = "region,instance_type,operating_system,tenancy,offer,term,payment_option,upfront,hourly,as_of,source\n\
        eu-west-1,m5.large,linux,shared,on-demand,,,,0.0535,2026-06-01,contract\n";
    std::fs::write(&file, rates).unwrap();
    let file = file.display().to_string();
    let found = json(&format!("prices diff builtin {file}"));
    // 0.107 in pricing-data/on-demand/eu-west-1.csv; half of it is 50 % less.
    assert_eq!(found["moved"].as_array().unwrap().len(), 1);
    let moved = &found["moved"][0];
    assert_eq!(
        (&moved["before"], &moved["after"]),
        (&"0.107000".into(), &"0.053500".into())
    );
    assert_eq!(moved["percent"], "-50.00");
    let back = json(&format!("prices diff {file} builtin"));
    assert_eq!(back["moved"][0]["percent"], "100.00");
    let same = json(&format!("prices diff {file} {file}"));
    assert_eq!(
        (&same["moved"], &same["same"]),
        (&serde_json::json!([]), &1.into())
    );
    let other = json(&format!("prices diff builtin {file} --region us-east-1"));
    assert_eq!(other["moved"], serde_json::json!([]));
}
