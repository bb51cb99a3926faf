//! `report --format cli,terraform`: the purchases of a run as code, byte for byte; and what the script does when it is
//! run with an `aws` that only notes how it was called.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::certify::bursar;
use crate::goldens::compare;
use crate::report_files::documents::{made, run};

/// An `aws` that notes its arguments in `calls`, a line each, and answers a look-up with what `answer` holds; who calls
/// stands in `caller`.
const AWS: &str = r#"#!/usr/bin/env bash
if [ "$1" = sts ]; then
  cat caller
  exit
fi
echo "$*" >> calls
case "$2" in
  describe-hosts) printf 'h-1\th-2\th-3\n' ;;
  describe-*) cat answer ;;
esac
"#;

/// A clock that stands still, between a ladder's dates.
const DATE: &str = r#"#!/usr/bin/env bash
case "$2" in
  +%Y) echo 2026 ;;
  +-*) echo -08-15T12:00:00Z ;;
  *) echo 2026-08-15T12:00:00Z ;;
esac
"#;

/// The purchases of a run, written into a folder of their own.
fn written(run: &Value) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("run.json"), run.to_string()).unwrap();
    let arguments = ["report", "run.json", "-o", ".", "--format", "cli,terraform"];
    let output = bursar(folder.path(), &arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    for (name, text) in [("aws", AWS), ("date", DATE)] {
        let program = folder.path().join(name);
        fs::write(&program, text).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::write(folder.path().join("answer"), "offer-1\n").unwrap();
    fs::write(folder.path().join("caller"), "444455556666\n").unwrap();
    folder
}

/// Every kind of purchase, whatever the search would find.
fn every_kind() -> Value {
    let mut run = run();
    run["plans"][0]["title"] = json!("A `title`\nwith $(two) lines");
    let bought = |kind: &str, scope: &str, terms: (&str, &str), amount: (&str, Value)| {
        let mut bought = json!({
            "kind": kind, "scope": scope, "term": terms.0, "payment_option": terms.1,
            "upfront": "0.00", "hourly": "1.00", "effective_hourly": "1.00", "price_basis": "observed",
        });
        bought[amount.0] = amount.1;
        bought
    };
    let (year, three) = (("1yr", "no-upfront"), ("3yr", "partial-upfront"));
    let (count, plan) = ("count", "hourly_commitment");
    run["plans"][0]["purchases"] = json!([
        bought(
            "standard-ri",
            "m7g.large Linux in us-east-1",
            year,
            (count, json!(3))
        ),
        bought(
            "convertible-ri",
            "r5.xlarge Windows with SQL Std in eu-west-1 (Dedicated tenancy)",
            three,
            (count, json!(1))
        ),
        bought(
            "ec2-instance-sp",
            "c7i in us-east-1",
            year,
            (plan, json!("0.313"))
        ),
        bought("compute-sp", "all compute", three, (plan, json!("100.001"))),
        bought(
            "standard-ri",
            "m5.large Ubuntu Pro in us-east-1",
            year,
            (count, json!(1))
        ),
        bought(
            "standard-ri",
            "r5.large Linux in us-east-1 (zone us-east-1a, 444455556666)",
            year,
            (count, json!(2))
        ),
        bought(
            "host-reservation",
            "m5 hosts of 444455556666 in us-east-1",
            ("1yr", "all-upfront"),
            (count, json!(2))
        ),
    ]);
    run
}

fn bash(folder: &Path, arguments: &[&str]) -> Output {
    let path = format!("{}:/usr/bin:/bin", folder.display());
    let mut bash = Command::new("bash");
    bash.current_dir(folder).env("PATH", path);
    bash.arg("purchases.sh").args(arguments).output().unwrap()
}

fn calls(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join("calls")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn the_code_of_every_kind() {
    let folder = written(&every_kind());
    // The fingerprints of the sample's files make the tokens; they change with nothing else.
    let text = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let stable = |text: String| {
        text.replace(
            &format!("bursar {}", env!("CARGO_PKG_VERSION")),
            "bursar VERSION",
        )
    };
    let wrong: Vec<String> = ["purchases.sh", "purchases.tf"]
        .into_iter()
        .filter_map(|name| compare("purchases", name, &stable(text(name))))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let checked = Command::new("bash")
        .args(["-n", "purchases.sh"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(checked.status.success() && checked.stderr.is_empty());
}

#[test]
fn without_buy_nothing_is_bought() {
    let folder = written(&every_kind());
    let output = bash(folder.path(), &["1", "2", "3", "4"]);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(shown.lines().count(), 4, "{shown}");
    assert!(shown.contains("--instance-count 3 --reserved-instances-offering-id offer-1"));
    let calls = calls(folder.path());
    assert_eq!(calls.len(), 4);
    assert!(
        calls.iter().all(|call| call.contains(" describe-")),
        "{calls:?}"
    );
}

#[test]
fn with_buy_it_buys_what_is_named_and_stops_at_what_is_not_clear() {
    let folder = written(&every_kind());
    assert!(bash(folder.path(), &["--buy", "3"]).status.success());
    let made = calls(folder.path());
    assert_eq!(made.len(), 2, "{made:?}");
    assert!(
        made[1].starts_with(
            "savingsplans create-savings-plan --commitment 0.313 --client-token bursar-"
        )
    );
    // Asked again, it asks AWS for the same plan.
    assert!(bash(folder.path(), &["--buy", "3"]).status.success());
    assert_eq!(calls(folder.path())[3], made[1]);

    // A reservation is for hosts that there are, so many of them.
    assert!(bash(folder.path(), &["--buy", "6", "7"]).status.success());
    let made = &calls(folder.path())[4..];
    assert!(
        made[0].contains("--availability-zone us-east-1a "),
        "{made:?}"
    );
    assert_eq!(made.len(), 5, "{made:?}");
    assert!(
        made[4].ends_with("--host-id-set h-1 h-2 --offering-id offer-1"),
        "{made:?}"
    );

    // Whose hosts and capacity it is not is left out, and told.
    fs::write(folder.path().join("caller"), "111122223333\n").unwrap();
    let before = calls(folder.path()).len();
    let output = bash(folder.path(), &["--buy", "6", "7"]);
    assert!(output.status.success());
    let told = String::from_utf8(output.stderr).unwrap();
    for number in [6, 7] {
        let words = format!(
            "purchase {number}: it is for account 444455556666, and this is 111122223333; left out"
        );
        assert!(told.contains(&words), "{told}");
    }
    assert_eq!(calls(folder.path()).len(), before);

    for (answer, number) in [
        ("offer-1 offer-2\n", "1"),
        ("None\n", "1"),
        ("", "4"),
        ("offer-1\n", "5"),
    ] {
        let folder = written(&every_kind());
        fs::write(folder.path().join("answer"), answer).unwrap();
        let output = bash(folder.path(), &["--buy", number]);
        assert_eq!(output.status.code(), Some(1), "{answer}");
        assert!(!output.stderr.is_empty());
        let bought = |call: &String| call.contains("purchase-") || call.contains("create-");
        assert!(!calls(folder.path()).iter().any(bought), "{answer}");
    }
    for wrong in ["8", "0", "--bye", "1; touch here"] {
        let output = bash(folder.path(), &["--buy", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
    }
}

/// A ladder that buys a Reserved Instance before the clock's day, one and a plan after it, one more than three years
/// after it, and hosts.
fn ladder() -> Value {
    let mut run = crate::ladder::fresh().clone();
    let bought = |at: &str, kind: &str, scope: &str, amount: (&str, Value)| {
        let mut bought = json!({
            "at": at, "ends": "2030-01-01T00:00Z", "kind": kind, "scope": scope, "term": "1yr",
            "payment_option": "no-upfront", "upfront": "0.00", "hourly": "1.00", "effective_hourly": "1.00",
            "price_basis": "observed",
        });
        bought[amount.0] = amount.1;
        bought
    };
    let product = "m7g.large Linux in us-east-1";
    let reserved = |at: &str| bought(at, "standard-ri", product, ("count", json!(2)));
    run["plans"][0]["purchases"] = json!([
        reserved("2026-08-01T00:00Z"),
        reserved("2026-11-01T05:00Z"),
        bought(
            "2027-02-01T00:00Z",
            "compute-sp",
            "all compute",
            ("hourly_commitment", json!("0.500")),
        ),
        reserved("2029-08-16T00:00Z"),
        bought(
            "2027-02-01T00:00Z",
            "host-reservation",
            "m5 hosts of 444455556666 in us-east-1",
            ("count", json!(2)),
        ),
    ]);
    run
}

/// Text of the two files, and what the script asks AWS for on the clock's day.
#[test]
fn purchases_of_a_ladder_are_queued_for_their_dates() {
    let folder = written(&ladder());
    let terraform = fs::read_to_string(folder.path().join("purchases.tf")).unwrap();
    assert!(
        terraform.contains("purchase_time            = \"2027-02-01T00:00:00Z\""),
        "{terraform}"
    );
    assert_eq!(terraform.matches("purchase_time  ").count(), 1);
    let script = fs::read_to_string(folder.path().join("purchases.sh")).unwrap();
    for words in [
        "# 1 of 5: 2 x Standard Reserved Instance, m7g.large Linux in us-east-1, 1 year, No Upfront, from 2026-08-01 on",
        "# 2 of 5: 2 x Standard Reserved Instance, m7g.large Linux in us-east-1, 1 year, No Upfront, from 2026-11-01T05:00Z on",
        "return-sp.html",
        "delete-queued-savings-plan",
    ] {
        assert!(script.contains(words), "{words}:\n{script}");
    }
    let output = bash(folder.path(), &["--buy"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{told}");
    let asked = calls(folder.path());
    let bought: Vec<&String> = asked
        .iter()
        .filter(|call| !call.contains(" describe-"))
        .collect();
    assert_eq!(bought.len(), 3, "{asked:?}");
    // Its day has come: at once, and said so. The next two are queued, the last is too far ahead.
    assert!(!bought[0].contains("--purchase-time"), "{bought:?}");
    assert!(
        bought[1].ends_with("offer-1 --purchase-time 2026-11-01T05:00:00Z"),
        "{bought:?}"
    );
    assert!(
        bought[2].ends_with("--purchase-time 2027-02-01T00:00:00Z"),
        "{bought:?}"
    );
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 3, "{told}");
    assert_eq!(
        lines[2],
        "purchase 5: AWS queues no reservation of hosts; ask again from 2027-02-01T00:00:00Z on"
    );
    assert!(lines[0].starts_with("purchase 1: its time, 2026-08-01T00:00:00Z, has come"));
    assert!(
        lines[1].starts_with("purchase 4: 2029-08-16T00:00:00Z is more than three years ahead")
    );
}

/// AWS queues no Host Reservations: the one whose day has come is bought, the other is left for its day.
#[test]
fn reserved_hosts_of_a_ladder_wait_for_their_day() {
    let mut run = ladder();
    let hosts = |at: &str| {
        json!({
            "at": at, "ends": "2030-01-01T00:00Z", "kind": "host-reservation",
            "scope": "m5 hosts of 444455556666 in us-east-1", "account": "444455556666", "term": "1yr",
            "payment_option": "all-upfront", "count": 2, "upfront": "52217.99", "hourly": "0.00",
            "effective_hourly": "5.96", "price_basis": "observed",
        })
    };
    run["plans"][0]["purchases"] = json!([hosts("2026-08-01T00:00Z"), hosts("2026-11-01T00:00Z")]);
    let folder = written(&run);
    let output = bash(folder.path(), &["--buy"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{told}");
    assert!(
        told.contains(
            "purchase 2: AWS queues no reservation of hosts; ask again from 2026-11-01T00:00:00Z on"
        ),
        "{told}"
    );
    let asked = calls(folder.path());
    let bought = asked.iter().filter(|call| !call.contains(" describe-"));
    let bought: Vec<&String> = bought.collect();
    assert_eq!(bought.len(), 1, "{asked:?}");
    assert!(
        bought[0].contains("purchase-host-reservation"),
        "{bought:?}"
    );
    assert!(!bought[0].contains("--purchase-time"), "{bought:?}");
}

#[test]
fn what_is_no_name_of_aws_reaches_no_shell() {
    for scope in [
        "m7g.large Linux in us-east-1'; touch here",
        "$(id).large Linux in us-east-1",
        "m7g.large Linux",
        "m7g.large Linux in us-east-1 (zone us-east-1a\ntouch here, x)",
    ] {
        let mut run = every_kind();
        run["plans"][0]["purchases"][0]["scope"] = json!(scope);
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("run.json"), run.to_string()).unwrap();
        let output = bursar(
            folder.path(),
            &["report", "run.json", "-o", ".", "--format", "cli"],
        );
        assert_eq!(output.status.code(), Some(1), "{scope}");
        assert!(!folder.path().join("purchases.sh").exists());
    }
    assert!(made().join("all/purchases.sh").is_file() && made().join("all/purchases.tf").is_file());
}
