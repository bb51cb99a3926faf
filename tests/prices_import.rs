//! A user's price book from import to certificate, as a user sees it.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;

const RATES: &str = "region,instance_type,offer,hourly,as_of,source\n\
                     us-east-1,m7i.large,on-demand,0.05,2026-01-01,contract 7\n";

/// The exit code and what was written.
fn bursar(folder: &Path, arguments: &str) -> (Option<i32>, String) {
    let mut command = Command::cargo_bin("bursar").unwrap();
    let run = command
        .current_dir(folder)
        .args(arguments.split(' '))
        .output()
        .unwrap();
    let text = [run.stdout, run.stderr].concat();
    (run.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn a_book_is_the_same_each_time_and_outlives_a_failed_import() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("rates.csv"), RATES).unwrap();
    fs::write(at("bad.csv"), "bad\n").unwrap();
    for book in ["one", "two"] {
        let (code, said) = bursar(
            folder.path(),
            &format!("prices import rates.csv --out {book}"),
        );
        assert_eq!(code, Some(0), "{said}");
    }
    let book = fs::read(at("one")).unwrap();
    assert_eq!(book, fs::read(at("two")).unwrap());
    assert_eq!(
        bursar(folder.path(), "prices import bad.csv --out one").0,
        Some(1)
    );
    assert_eq!(book, fs::read(at("one")).unwrap());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
}

#[test]
fn rates_of_ones_own_go_before_the_built_in_ones() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rates.csv"), RATES).unwrap();
    bursar(folder.path(), "prices import rates.csv --out book");
    for prices in ["rates.csv", "book"] {
        let show = format!("prices show m7i.large --format csv --prices {prices}");
        let (_, shown) = bursar(folder.path(), &show);
        let own = "On-Demand,0,0.05,0.050000,,,observed,2026-01-01,contract 7";
        assert!(shown.contains(own), "{shown}");
        // What the file does not price is priced as before.
        assert!(shown.contains("Spot,0,"), "{shown}");
    }
}

#[test]
fn a_run_is_certified_with_the_prices_it_was_made_with() {
    let folder = tempfile::tempdir().unwrap();
    let rates = folder.path().join("rates.csv");
    fs::write(&rates, RATES).unwrap();
    let hours: Vec<String> = (0..24)
        .map(|hour| format!("2026-03-01T{hour:02}:00:00Z,us-east-1,m7i.large,3\n"))
        .collect();
    let hours = hours.concat();
    let usage = format!("hour,region,instance_type,count\n{hours}");
    fs::write(folder.path().join("usage.csv"), usage).unwrap();
    let optimize = "optimize usage.csv --prices rates.csv --no-options --report run -q";
    let (code, said) = bursar(folder.path(), optimize);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(bursar(folder.path(), "certify run/run.json").0, Some(0));
    fs::write(&rates, RATES.replace("0.05", "0.06")).unwrap();
    let (code, said) = bursar(folder.path(), "certify run/run.json");
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("price book"), "{said}");
}
