//! Tables that people type beside the simple one, from the file to the bill.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod capacity;
mod hosts;
mod licences;
mod metered;

use std::collections::BTreeMap;
use std::path::Path;

use assert_cmd::Command;
use rust_decimal::Decimal;

/// A charge in the columns of FOCUS.
type Row = BTreeMap<String, String>;

/// What a command says in a folder with these files: its stdout and stderr.
fn bursar(files: &[(&str, &str)], arguments: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let output = Command::cargo_bin("bursar")
        .unwrap()
        .current_dir(folder.path())
        .args(arguments.split_whitespace())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{arguments}: {said}");
    (String::from_utf8(output.stdout).unwrap(), said)
}

/// Every charge of the bill of these files.
fn charges(files: &[(&str, &str)], options: &str) -> Vec<Row> {
    let names: Vec<&str> = files
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| {
            Path::new(name)
                .extension()
                .is_none_or(|kind| kind != "toml")
        })
        .collect();
    let command = format!("bill {} --format csv {options}", names.join(" "));
    let (text, _) = bursar(files, &command);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

fn number(row: &Row, column: &str) -> Decimal {
    row[column].parse().unwrap()
}

/// The sum of a column over the rows that `keep` keeps.
fn sum(rows: &[Row], column: &str, keep: impl Fn(&Row) -> bool) -> Decimal {
    let kept = rows.iter().filter(|row| keep(row));
    kept.map(|row| number(row, column)).sum()
}
