//! The error catalogue: each folder of `tests/errors` is a command that fails, and the exact text a user sees.
//!
//! A case is a folder with the file `command` (what stands behind `bursar`), the files it reads, and
//! `expected.txt`. `BURSAR_BLESS=1 cargo test --test suite errors` writes `expected.txt` anew; read the difference.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;

#[test]
fn every_case_fails_with_its_text() {
    let catalogue = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors");
    let entries = fs::read_dir(&catalogue).expect("tests/errors is there");
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    cases.retain(|case| case.join("command").is_file());
    cases.sort();
    assert!(cases.len() >= 30, "{} cases", cases.len());
    let wrong: Vec<String> = cases.iter().filter_map(|case| check(case)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with a case, if something is.
fn check(case: &Path) -> Option<String> {
    let command = fs::read_to_string(case.join("command")).unwrap();
    let before = files(case);
    let output = Command::cargo_bin("bursar")
        .unwrap()
        .current_dir(case)
        .args(command.split_whitespace())
        .output()
        .unwrap();
    let found = String::from_utf8(output.stderr).unwrap();
    let expected = case.join("expected.txt");
    if bless() {
        fs::write(&expected, &found).unwrap();
    }
    let wanted = fs::read_to_string(&expected).unwrap_or_default();
    let name = case.file_name().unwrap().to_string_lossy().into_owned();
    if found != wanted {
        return Some(format!("{name}: expected\n{wanted}\nfound\n{found}"));
    }
    if output.status.code() != Some(1) || !output.stdout.is_empty() {
        return Some(format!(
            "{name}: {:?}, {} bytes on stdout",
            output.status,
            output.stdout.len()
        ));
    }
    (!bless() && files(case) != before).then(|| format!("{name}: left files behind"))
}

fn files(case: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(case)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test may be told to write its expectations anew"
)]
pub(crate) fn bless() -> bool {
    std::env::var_os("BURSAR_BLESS").is_some()
}
