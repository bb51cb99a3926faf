//! A run under negotiated discounts is checked with them.

use rust_decimal::Decimal;

/// A run under discounts is certified, and found out when its discounts are no longer those of the run.
#[test]
fn a_run_under_discounts_is_checked_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("usage.csv", &crate::certify::usage());
    let terms = "[[period]]\nfrom = 2026-07-01\neverything = 9.5\nspot = false\nreserved_instances = false\n\
                 savings_plans = true\n";
    write("discounts.toml", terms);
    let run = |arguments: &[&str]| {
        let output = crate::certify::bursar(folder.path(), arguments);
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let discounts = ["--discounts", "discounts.toml"];
    let made = run(&[
        "optimize",
        "usage.csv",
        discounts[0],
        discounts[1],
        "--no-options",
        "--format",
        "json",
    ]);
    write("run.json", &made.1);
    let (code, table) = run(&["certify", "run.json"]);
    assert_eq!(code, 0, "{table}");
    assert!(table.contains("the same at public prices"), "{table}");
    let document: serde_json::Value = serde_json::from_str(&made.1).unwrap();
    let number = |value: &serde_json::Value| value.as_str().unwrap().parse::<Decimal>().unwrap();
    let public = number(&document["public_on_demand_cost"]);
    // Less 9.5 %, each rate rounded at the tenth decimal: exact here.
    assert_eq!(
        number(&document["on_demand_cost"]),
        public * Decimal::new(905, 3)
    );
    // A rate that is made up.
    let text = made.1.replacen(
        "\"contracted\": \"0.0000\"",
        "\"contracted\": \"1.0000\"",
        1,
    );
    let rate = document["plans"][0]["effective_savings_rate"]["contracted"]
        .as_str()
        .unwrap();
    let nicer = if text == made.1 {
        made.1.replacen(rate, "99.0000", 2)
    } else {
        text
    };
    write("run.json", &nicer);
    assert_eq!(run(&["certify", "run.json"]).0, 3);
    // Another day's terms, and other terms.
    write("run.json", &made.1);
    write("discounts.toml", &terms.replace("9.5", "9.4"));
    let (code, table) = run(&["certify", "run.json"]);
    assert_eq!(code, 3, "{table}");
    assert!(table.contains("sha256 of discounts.toml"), "{table}");
}
