//! `optimize --buyers`: of the accounts that may buy the best one does, from the command line and from a file of rules, and
//! `certify` bills the mix with each of them again.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use rust_decimal::Decimal;
use serde_json::Value;

use crate::certify::bursar;

const WINDOWS: &str = "111122223333";
const LINUX: &str = "222233334444";

/// A day of two accounts: Windows, of which a plan discounts the machine and not the licence, and Linux.
fn usage() -> String {
    let mut text = "hour,account,region,instance_type,operating_system,count\n".to_owned();
    for clock in 0..24 {
        for (account, kind, system) in [
            (WINDOWS, "m5.large", "windows"),
            (LINUX, "m7g.large", "linux"),
        ] {
            writeln!(
                text,
                "2026-07-01T{clock:02}:00Z,{account},us-east-1,{kind},{system},10"
            )
            .unwrap();
        }
    }
    text
}

/// The run of ten cents an hour for Compute plans, which serve one of the two accounts only.
fn run(folder: &Path, more: &[&str]) -> Value {
    let fixed = [
        "optimize",
        "usage.csv",
        "--kinds",
        "compute-sp",
        "--no-options",
        "--quiet",
        "--format",
        "json",
    ];
    let output = bursar(folder, &[&fixed[..], more].concat());
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_account_whose_usage_saves_most_buys() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("usage.csv"), usage()).unwrap();
    let limit = ["--max-hourly-commitment", "0.1"];
    let both = format!("{WINDOWS},{LINUX}");
    let found = run(folder, &[&limit[..], &["--buyers", &both]].concat());
    assert_eq!(found["settings"]["buyer"], LINUX);
    let cost = |row: &Value| row["cost"].as_str().unwrap().parse::<Decimal>().unwrap();
    let rows = found["buyers"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    // A management account without usage serves what saves most: the Linux account's.
    assert_eq!(rows[2]["account"], "management");
    assert_eq!(rows[2]["may_buy"], false);
    assert_eq!(cost(&rows[1]), cost(&rows[2]));
    assert_eq!(found["plans"][0]["cost"], rows[1]["cost"]);
    assert!(cost(&rows[0]) > cost(&rows[1]), "{rows:?}");

    let text = format!("max-hourly-commitment = 0.1\nbuyers = [\"{WINDOWS}\", \"{LINUX}\"]\n");
    fs::write(folder.join("rules.toml"), text).unwrap();
    assert_eq!(run(folder, &["--rules", "rules.toml"]), found);

    // The same purchase of the other account, which is all that may buy.
    let alone = run(folder, &[&limit[..], &["--buyers", WINDOWS]].concat());
    assert_eq!(alone["settings"]["buyer"], WINDOWS);
    assert_eq!(
        alone["plans"][0]["purchases"],
        found["plans"][0]["purchases"]
    );
    assert_eq!(alone["plans"][0]["cost"], rows[0]["cost"]);

    for (name, account, code) in [("right", LINUX, 0), ("wrong", WINDOWS, 3)] {
        let mut run = found.clone();
        run["settings"]["buyer"] = account.into();
        let file = format!("{name}.json");
        fs::write(folder.join(&file), run.to_string()).unwrap();
        assert_eq!(
            bursar(folder, &["certify", &file]).status.code(),
            Some(code),
            "{name}"
        );
    }
}
