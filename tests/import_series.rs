//! Series of Auto Scaling groups and of loads, from the command line to the demand that is billed.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::path::Path;

use assert_cmd::Command;

use crate::shared::shared;

fn bursar(folder: &Path, arguments: &[&str]) -> std::process::Output {
    Command::cargo_bin("bursar")
        .unwrap()
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

const SERIES: &str = "timestamp,group,instances_in_service\n\
    2026-02-02T00:00:00Z,web,2\n2026-02-02T00:30:00Z,web,4\n2026-02-02T01:00:00Z,web,4\n2026-02-02T01:30:00Z,web,1\n\
    2026-02-02T00:00:00Z,api,1\n2026-02-02T00:30:00Z,api,1\n2026-02-02T01:00:00Z,api,1\n2026-02-02T01:30:00Z,api,1\n";

#[test]
fn a_series_becomes_demand_that_is_billed_by_group() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("asg.csv"), SERIES).unwrap();
    let import = bursar(
        folder.path(),
        &[
            "import",
            "asg.csv",
            "--series",
            "instances",
            "--instance-type",
            "m5.large",
            "--region",
            "us-east-1",
            "--out",
            "demand.csv",
            "--format",
            "json",
        ],
    );
    assert!(
        import.status.success(),
        "{}",
        String::from_utf8_lossy(&import.stderr)
    );
    let report: serde_json::Value = serde_json::from_slice(&import.stdout).unwrap();
    assert_eq!(report["files"][0]["format"], "series");
    assert_eq!(report["files"][0]["rows"], 8);
    let bill = bursar(
        folder.path(),
        &["bill", "demand.csv", "--by", "tag:group", "--format", "csv"],
    );
    // web: (2 + 4) / 2 + (4 + 1) / 2 = 5.5 hours x 0.096 = 0.528; api: 2 x 0.096 = 0.192.
    let text = String::from_utf8(bill.stdout).unwrap();
    assert!(text.contains("api,2,0.192,"), "{text}");
    assert!(text.contains("web,5.5,0.528,"), "{text}");
}

#[test]
fn a_load_becomes_the_instances_that_serve_it() {
    let folder = tempfile::tempdir().unwrap();
    let text = "timestamp,value\n2026-02-02 00:00:00,900\n2026-02-02 01:00:00,100\n";
    std::fs::write(folder.path().join("load.csv"), text).unwrap();
    let arguments = [
        "import",
        "load.csv",
        "--series",
        "load",
        "--capacity",
        "250",
        "--target",
        "60%",
        "--min",
        "2",
        "--utc",
        "--instance-type",
        "m5.large",
        "--region",
        "us-east-1",
        "--out",
        "demand.csv",
    ];
    assert!(bursar(folder.path(), &arguments).status.success());
    let bill = bursar(
        folder.path(),
        &["bill", "demand.csv", "--by", "type", "--format", "csv"],
    );
    // 900 / 150 = 6 instances, then the least of 2: 8 hours x 0.096.
    let text = String::from_utf8(bill.stdout).unwrap();
    assert!(text.contains("8,0.768,"), "{text}");
}

/// Real series, where they lie beside the project: read whole, or their gaps are named.
#[test]
fn real_series_are_read_or_their_gaps_are_named() {
    let folder = tempfile::tempdir().unwrap();
    for (file, more) in [
        ("grok_asg_anomaly.csv", ["instances", "0"]),
        ("surf_month_hourly_counts.csv", ["instances", "0"]),
        ("elb_request_count_8c0756.csv", ["load", "100"]),
    ] {
        let Some(path) = shared(&format!("usage/{file}")) else {
            return;
        };
        let path = path.display().to_string();
        let run = |fill: &[&str]| {
            let mut arguments = vec![
                "import",
                path.as_str(),
                "--series",
                more[0],
                "--utc",
                "--instance-type",
                "m5.large",
                "--region",
                "us-east-1",
            ];
            if more[0] == "load" {
                arguments.extend(["--capacity", more[1]]);
            }
            arguments.extend(fill);
            bursar(folder.path(), &arguments)
        };
        let plain = run(&[]);
        if !plain.status.success() {
            let errors = String::from_utf8(plain.stderr).unwrap();
            assert!(errors.contains("gaps of"), "{file}: {errors}");
        }
        let filled = run(&["--fill-gaps", "previous"]);
        let errors = String::from_utf8_lossy(&filled.stderr).into_owned();
        assert!(filled.status.success(), "{file}: {errors}");
    }
}
