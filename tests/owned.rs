//! `bursar owned`: what is owned, exchanged and modified, with the sums written out.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

/// 10 x m5.large at $0.06 an hour and 2 x m5.xlarge at $876 upfront, both Convertible, a year; 600 x m5.large, Standard.
const PORTFOLIO: &str = r#"
[[reserved_instance]]
id = "hourly"
account = "111122223333"
instance_type = "m5.large"
region = "us-east-1"
offering_class = "convertible"
term = "1yr"
payment_option = "no-upfront"
count = 10
start = "2026-01-01T00:00Z"
hourly = "0.06"

[[reserved_instance]]
id = "upfront"
account = "111122223333"
instance_type = "m5.xlarge"
region = "us-east-1"
offering_class = "convertible"
term = "1yr"
payment_option = "all-upfront"
count = 2
start = "2026-01-01T00:00Z"
upfront = "876"

[[reserved_instance]]
id = "standard"
account = "111122223333"
instance_type = "m5.large"
region = "us-east-1"
offering_class = "standard"
term = "1yr"
payment_option = "all-upfront"
count = 600
start = "2026-01-01T00:00Z"
upfront = "876"
"#;

/// What the exchange is offered at.
const RATES: &str = "\
region,instance_type,offer,term,payment_option,upfront,hourly,as_of
us-east-1,m6i.large,convertible-ri,1yr,no-upfront,,0.08,2026-06-01
us-east-1,m6i.large,convertible-ri,1yr,all-upfront,1000,0,2026-06-01
";

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("portfolio.toml"), PORTFOLIO).unwrap();
    fs::write(folder.path().join("rates.csv"), RATES).unwrap();
    folder
}

/// Exit code, stdout and stderr of `bursar owned WORD portfolio.toml ...` half way through the year.
fn owned(folder: &Path, word: &str, more: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("bursar").unwrap();
    let command = command
        .current_dir(folder)
        .args(["owned", word, "portfolio.toml"]);
    // 4,380 of 8,760 hours after the start.
    let command = command.args(["--on", "2026-07-02T12:00Z", "--prices", "rates.csv"]);
    let output = command.args(more).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    (code, text(output.stdout), text(output.stderr))
}

fn json(folder: &Path, word: &str, more: &[&str]) -> serde_json::Value {
    let (code, out, err) = owned(folder, word, &[more, &["--format", "json"]].concat());
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn what_is_paid_by_the_hour_is_exchanged_by_hourly_value() {
    let folder = folder();
    // For the half year left: 10 x 0.06 x 4380 = 2628; one new one 0.08 x 4380 = 350.4; 7.5, so 8.
    let found = json(
        folder.path(),
        "exchange",
        &["--id", "hourly", "--to", "m6i.large"],
    );
    assert_eq!(found["received"]["count"], 8);
    assert_eq!(found["received"]["end"], "2027-01-01T00:00Z");
    assert_eq!(found["list_value_given"], "2628");
    assert_eq!(found["list_value_of_one"], "350.4");
    assert_eq!(found["true_up"], "0");
    assert_eq!(found["inputs"].as_array().unwrap().len(), 2);
}

#[test]
fn what_was_paid_upfront_is_trued_up() {
    let folder = folder();
    // 2 x 876 / 2 = 876 is left; one new one costs 1000 / 2 = 500: 1.752, so 2 of them for 1000; 124 more.
    let found = json(
        folder.path(),
        "exchange",
        &["--id", "upfront", "--to", "m6i.large"],
    );
    assert_eq!(found["received"]["count"], 2);
    assert_eq!(found["remaining_upfront"], "876");
    assert_eq!(found["true_up"], "124");
    // Both together: 2628 + 876 = 3504, 7.008 times 500: 8 for 4000, less 876.
    let both = ["--id", "upfront", "--id", "hourly", "--to", "m6i.large"];
    let found = json(folder.path(), "exchange", &both);
    assert_eq!(
        (&found["received"]["count"], &found["true_up"]),
        (&8.into(), &"3124".into())
    );
    let (_, table, _) = owned(
        folder.path(),
        "exchange",
        &["--id", "upfront", "--to", "m6i.large"],
    );
    assert!(
        table.contains("Paid at once (true-up), $") && table.contains("124.00"),
        "{table}"
    );
}

#[test]
fn what_aws_refuses_is_refused_with_its_name() {
    let folder = folder();
    for (word, more, said) in [
        (
            "exchange",
            &["--id", "standard", "--to", "m6i.large"][..],
            "only Convertible ones",
        ),
        (
            "exchange",
            &[
                "--id",
                "upfront",
                "--to",
                "m6i.large",
                "--payment",
                "no-upfront",
            ],
            "All Upfront cannot be exchanged for No Upfront",
        ),
        (
            "exchange",
            &["--id", "nobody", "--to", "m6i.large"],
            "Reserved Instances here: hourly",
        ),
        (
            "modify",
            &["--id", "hourly", "--to", "4xm5.xlarge"],
            "from 40 to 32 normalized units",
        ),
        (
            "modify",
            &["--id", "hourly", "--to", "10xm6i.large"],
            "keeps the family",
        ),
        (
            "modify",
            &["--id", "hourly", "--id", "standard", "--to", "10xm5.large"],
            "`hourly` and `standard` differ in offering class",
        ),
    ] {
        let (code, out, err) = owned(folder.path(), word, more);
        assert_eq!((code, out.as_str()), (1, ""), "{word} {more:?}");
        assert!(err.contains(said), "{said} in {err}");
    }
}

#[test]
fn a_modification_that_keeps_the_footprint_is_allowed() {
    let folder = folder();
    // 10 x 4 = 40 normalized units = 3 x 8 + 4 x 4.
    let to = ["--id", "hourly", "--to", "3xm5.xlarge,4xm5.large"];
    let found = json(folder.path(), "modify", &to);
    assert_eq!(found["normalized_units"], "40");
    assert_eq!(found["end"], "2027-01-01T00:00Z");
}

#[test]
fn the_list_says_what_counts_towards_the_volume_discount() {
    let folder = folder();
    let found = json(folder.path(), "list", &[]);
    // 600 x 876; Convertible ones do not count.
    assert_eq!(
        found["standard_list_value_by_region"]["us-east-1"],
        "525600"
    );
    assert_eq!(found["commitments"].as_array().unwrap().len(), 3);
    let (_, table, _) = owned(folder.path(), "list", &[]);
    assert!(
        table.contains("in us-east-1: $525600.00; AWS discounts further purchases"),
        "{table}"
    );
}
