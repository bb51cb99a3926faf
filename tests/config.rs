//! `bursar.toml`: what it fills in, what the command line keeps, and that a certificate does not need it.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

const OWN: &str = "On-Demand,0,0.05,";

/// The exit code, what went to stdout and to stderr.
fn bursar(folder: &Path, arguments: &str) -> (Option<i32>, String, String) {
    let mut command = Command::cargo_bin("bursar").unwrap();
    let run = command
        .current_dir(folder)
        .args(arguments.split(' '))
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (run.status.code(), text(run.stdout), text(run.stderr))
}

/// A folder whose `books` has rates and discounts, and a `bursar.toml` that says so.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    fs::create_dir(folder.path().join("books")).unwrap();
    write(
        "books/rates.csv",
        "region,instance_type,offer,hourly,as_of\nus-east-1,m7i.large,on-demand,0.05,2026-01-01\n",
    );
    write(
        "books/discounts.toml",
        "[[period]]\nfrom = 2026-01-01\nto = 2026-12-31\neverything = 10\nspot = false\nreserved_instances = false\nsavings_plans = false\n",
    );
    write(
        "bursar.toml",
        "# The books of this folder.\nprices = \"books/rates.csv\"\n",
    );
    folder
}

#[test]
fn what_it_says_is_taken_and_told() {
    let folder = folder();
    let show = "prices show m7i.large --format csv";
    let (_, shown, told) = bursar(folder.path(), show);
    assert!(shown.contains(OWN), "{shown}");
    assert_eq!(told, "note: prices of books/rates.csv (bursar.toml)\n");
    let (_, shown, told) = bursar(folder.path(), &format!("{show} --quiet"));
    assert!(shown.contains(OWN) && told.is_empty(), "{told}");
    let (_, shown, told) = bursar(folder.path(), &format!("{show} --no-config"));
    assert!(!shown.contains(OWN) && told.is_empty(), "{told}");
}

#[test]
fn the_command_line_goes_first_and_a_file_is_found_beside_its_configuration() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let other = fs::read_to_string(at("books/rates.csv")).unwrap();
    fs::write(at("other.csv"), other.replace("0.05", "0.04")).unwrap();
    let show = "prices show m7i.large --format csv";
    let (_, shown, told) = bursar(folder.path(), &format!("{show} --prices other.csv"));
    assert!(shown.contains("On-Demand,0,0.04,"), "{shown}");
    assert!(told.is_empty(), "{told}");
    fs::write(at("books/team.toml"), "prices = \"rates.csv\"\n").unwrap();
    let (_, shown, told) = bursar(folder.path(), &format!("{show} --config books/team.toml"));
    assert!(shown.contains(OWN), "{shown}");
    assert_eq!(told, "note: prices of books/rates.csv (books/team.toml)\n");
}

#[test]
fn a_run_names_what_it_took_and_its_certificate_needs_no_configuration() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let both = "prices = \"books/rates.csv\"\ndiscounts = \"books/discounts.toml\"\n";
    fs::write(at("bursar.toml"), both).unwrap();
    let hours: Vec<String> = (0..24)
        .map(|hour| format!("2026-03-01T{hour:02}:00:00Z,us-east-1,m7i.large,3\n"))
        .collect();
    let usage = format!("hour,region,instance_type,count\n{}", hours.concat());
    fs::write(at("usage.csv"), usage).unwrap();
    let (code, _, told) = bursar(
        folder.path(),
        "optimize usage.csv --no-options --report run",
    );
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.contains("note: discounts of books/discounts.toml"),
        "{told}"
    );
    let run = fs::read(at("run/run.json")).unwrap();
    let run: serde_json::Value = serde_json::from_slice(&run).unwrap();
    let named: Vec<&str> = run["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|input| input["path"].as_str().unwrap())
        .collect();
    assert_eq!(
        named,
        ["usage.csv", "books/rates.csv", "books/discounts.toml"]
    );
    // 72 hours x $0.05 x 0.9
    assert_eq!(run["on_demand_cost"], "3.24");
    for changed in ["", "prices = \"gone.csv\"\n"] {
        fs::write(at("bursar.toml"), changed).unwrap();
        let (code, shown, told) = bursar(folder.path(), "certify run/run.json");
        assert_eq!(code, Some(0), "{shown}{told}");
    }
}
