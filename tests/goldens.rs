//! The stories of `examples/` from end to end, byte for byte: what the user sees, the run file, the bill.
//!
//! `BURSAR_BLESS=1 cargo test --test suite goldens` writes `tests/goldens/<story>/` anew; read the difference.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use rust_decimal::{Decimal, dec};
use serde_json::{Value, json};

#[test]
fn web_shop() {
    check("01-web-shop", &[]);
}

#[test]
fn nightly_batch() {
    check("02-nightly-batch", &["--no-options"]);
}

#[test]
fn windows_and_owned_ris() {
    check("03-windows-and-owned-ris", &["--no-options"]);
}

/// The scenarios, the best mix under some, and the ways of network flows, as the README of the story has them.
#[test]
fn what_if() {
    let story = "05-what-if";
    let text = |arguments: String| {
        let words: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
        stdout_of(&words)
    };
    let fleet = format!("compare examples/{story}/usage --own examples/{story}/portfolio.toml");
    let file = |name: &str| format!("examples/{story}/{name}.toml");
    let files = ["graviton", "one-nat", "endpoints", "office-hours", "seoul"].map(file);
    let wrong: Vec<String> = [
        ("scenarios.txt", format!("{fleet} {}", files.join(" "))),
        (
            "scenarios.json",
            format!("{fleet} {} --format json", files.join(" ")),
        ),
        ("best-mix.txt", format!("{fleet} {} --reoptimize", files[0])),
        (
            "network.txt",
            format!("compare --network {}", file("network")),
        ),
    ]
    .into_iter()
    .filter_map(|(name, command)| compare(story, name, &text(command)))
    .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The bill and the plans of a story under negotiated discounts.
#[test]
fn negotiated_discounts() {
    let story = "03-windows-and-owned-ris";
    let text = |arguments: String| {
        let words: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
        stdout_of(&words)
    };
    let fleet = format!(
        "examples/{story}/usage.csv --own examples/{story}/portfolio.toml \
         --discounts tests/goldens/{story}/discounts.toml"
    );
    let wrong: Vec<String> = [
        ("discounts-bill.txt", format!("bill {fleet}")),
        (
            "discounts-charges.csv",
            format!("bill {fleet} --format csv --granularity month"),
        ),
        (
            "discounts-table.txt",
            format!("optimize {fleet} --no-options"),
        ),
    ]
    .into_iter()
    .filter_map(|(name, command)| compare(story, name, &text(command)))
    .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Instances, Fargate and Lambda under one Compute Savings Plan; the figures are worked out in `tests/plans_beside.rs`.
#[test]
fn plans_beside_instances() {
    let story = "plans-beside-instances";
    let at = |name: &str| format!("tests/goldens/{story}/{name}");
    let fleet = [
        "bill".to_owned(),
        at("usage.csv"),
        at("services.csv"),
        "--own".to_owned(),
        at("portfolio.toml"),
    ];
    let text = |more: &[&str]| {
        let more = more.iter().map(ToString::to_string);
        stdout_of(&fleet.iter().cloned().chain(more).collect::<Vec<_>>())
    };
    let wrong: Vec<String> = [
        ("bill.txt", text(&[])),
        ("by.txt", text(&["--by", "charge,item,tag:team"])),
        (
            "charges.csv",
            text(&["--format", "csv", "--granularity", "day"]),
        ),
    ]
    .into_iter()
    .filter_map(|(name, found)| compare(story, name, &found))
    .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Instances, tasks, functions and databases in one problem, as the README of the story has it but for the report.
#[test]
fn tasks_and_databases() {
    let story = "06-tasks-and-databases";
    let folder = tempfile::tempdir().unwrap();
    let mut command = readme_command(story, folder.path());
    let report = command.iter().position(|word| word == "--report").unwrap();
    command.drain(report..=report + 1);
    command.push("--no-options".to_owned());
    let wrong = compare(story, "table.txt", &stdout_of(&command));
    assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
}

/// Three months of one pool that grows and shrinks. On-Demand: 13 days of 10, 15 and 31 days of 8 at 0.096 dollars an hour.
#[test]
fn backtest() {
    let fleet = "backtest tests/goldens/backtest/usage.csv --fill-gaps previous --rules best,one-compute-sp,coverage-70";
    let text = |arguments: String| {
        let words: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
        stdout_of(&words)
    };
    let wrong: Vec<String> = [
        ("table.txt", text(fleet.to_owned())),
        ("found.json", text(format!("{fleet} --format json"))),
    ]
    .into_iter()
    .filter_map(|(name, found)| compare("backtest", name, &found))
    .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Runs a story's command as its README writes it, and compares everything that comes out.
fn check(story: &str, more: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path();
    let mut command = readme_command(story, report);
    let fleet = fleet_of(&command);
    command.extend(more.iter().map(ToString::to_string));
    let table = stdout_of(&command);
    let mut bill = vec!["bill".to_owned()];
    bill.extend(fleet);
    let bill = stdout_of(&bill);
    let run: Value = serde_json::from_slice(&fs::read(report.join("run.json")).unwrap()).unwrap();

    let wrong: Vec<String> = [
        ("table.txt", table),
        ("bill.txt", bill),
        ("files.txt", files(report)),
        ("run.json", without_weights(run.clone())),
    ]
    .into_iter()
    .filter_map(|(name, found)| compare(story, name, &found))
    .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    near_the_bound(&run);
    savings_are_whole(&run);
    charges_are_whole(&run);
    let proof = stdout_of(&[
        "certify".to_owned(),
        report.join("run.json").display().to_string(),
    ]);
    assert!(proof.contains("The proof holds"), "{proof}");
}

/// The arguments of the `optimize` line in the story's README, with its report sent to `report`.
fn readme_command(story: &str, report: &Path) -> Vec<String> {
    let readme = fs::read_to_string(root().join("examples").join(story).join("README.md")).unwrap();
    let line = readme
        .lines()
        .find_map(|line| line.strip_prefix("cargo run -- optimize "))
        .unwrap();
    let written = format!("reports/{story}");
    assert!(line.contains(&format!("--report {written}")), "{line}");
    ["optimize"]
        .into_iter()
        .chain(line.split_whitespace())
        .map(|word| {
            if word == written {
                report.display().to_string()
            } else {
                word.to_owned()
            }
        })
        .collect()
}

/// The usage and what is owned, of an `optimize` command.
fn fleet_of(command: &[String]) -> Vec<String> {
    let end = command.iter().position(|word| word == "--report").unwrap();
    command[1..end].to_vec()
}

/// What a command prints, which has to succeed.
fn stdout_of(arguments: &[String]) -> String {
    let output = Command::cargo_bin("bursar")
        .unwrap()
        .current_dir(root())
        .args(arguments)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{arguments:?}:\n{errors}\n{text}");
    text
}

/// The cheapest plan of every story lies within 0.1 % of its bound, and no plan below it.
fn near_the_bound(run: &Value) {
    let number = |value: &Value| value.as_str().unwrap().parse::<Decimal>().unwrap();
    let bound = number(&run["lower_bound"]);
    assert!(bound > Decimal::ZERO);
    let plans = run["plans"].as_array().unwrap();
    assert_eq!(plans[0]["name"], "cheapest");
    let gap = number(&plans[0]["cost"]) / bound - Decimal::ONE;
    assert!(gap <= dec!(0.001), "{gap}");
    for plan in plans {
        assert!(number(&plan["cost"]) >= bound, "{plan}");
        assert!(number(&plan["cost"]) >= number(&plans[0]["cost"]), "{plan}");
    }
}

/// What each kind saves is the saving, but for what amounts to ten decimals are short of.
fn savings_are_whole(run: &Value) {
    let number = |value: &Value| value.as_str().unwrap().parse::<Decimal>().unwrap();
    let kinds = run["shown"]["savings_by_kind"].as_array().unwrap();
    let saved = kinds
        .iter()
        .map(|kind| number(&kind["on_demand_cost"]) - number(&kind["cost"]));
    let left = number(&run["on_demand_cost"]) - saved.sum::<Decimal>();
    let cost = number(&run["plans"][0]["cost"]);
    assert!((left - cost).abs() < dec!(0.00000001), "{left} {cost}");
}

/// The charges add up to the plan's cost, and so does what falls to the accounts; every price has a source.
fn charges_are_whole(run: &Value) {
    let number = |value: &Value| value.as_str().unwrap().parse::<Decimal>().unwrap();
    let list = |name: &str| run["shown"][name].as_array().unwrap().clone();
    let (charges, accounts) = (list("charges"), list("accounts"));
    assert!(
        charges
            .iter()
            .all(|charge| charge["source"] != "" && charge["basis"] != "")
    );
    for purchase in run["plans"][0]["purchases"].as_array().unwrap() {
        if purchase["kind"] == "standard-ri" {
            has_the_purchase_price(&charges, purchase);
        }
    }
    let sum =
        |rows: &[Value], name: &str| rows.iter().map(|row| number(&row[name])).sum::<Decimal>();
    let cost = number(&run["plans"][0]["cost"]);
    let of_accounts = sum(&accounts, "cost") + sum(&accounts, "unused");
    for whole in [sum(&charges, "cost"), of_accounts] {
        assert!((whole - cost).abs() < dec!(0.00000001), "{whole} {cost}");
    }
    let before = sum(&accounts, "on_demand_cost") - number(&run["on_demand_cost"]);
    assert!(before.abs() < dec!(0.00000001), "{before}");
}

/// What Reserved Instances serve is charged at what one of them costs an hour.
fn has_the_purchase_price(charges: &[Value], purchase: &Value) {
    let number = |value: &Value| value.as_str().unwrap().parse::<Decimal>().unwrap();
    let charge = charges
        .iter()
        .find(|charge| {
            charge["usage"] == purchase["scope"]
                && charge["paid_as"] == "Standard Reserved Instance, 1 year, No Upfront"
                && charge["unused"] != true
        })
        .unwrap_or_else(|| panic!("no charge of {purchase}"));
    let one =
        number(&purchase["effective_hourly"]) / Decimal::from(purchase["count"].as_u64().unwrap());
    let apart = number(&charge["cost"]) - one * number(&charge["quantity"]);
    assert!(apart.abs() < dec!(0.00000001), "{charge} {purchase}");
}

/// The run file, with the long lists of the certificate and of what is shown as their lengths.
fn without_weights(mut run: Value) -> String {
    for list in ["pruned", "points", "weights"] {
        let list = &mut run["certificate"][list];
        *list = json!(format!("{} left out", list.as_array().unwrap().len()));
    }
    let shown = &mut run["shown"];
    shown["curve"] = json!(format!(
        "{} left out",
        shown["curve"].as_array().unwrap().len()
    ));
    for usage in shown["usage"].as_array_mut().unwrap() {
        let hours = usage["dollars_per_hour"]
            .as_str()
            .unwrap()
            .split(' ')
            .count();
        usage["dollars_per_hour"] = json!(format!("{hours} left out"));
    }
    for change in shown["what_if"]["changes"].as_array_mut().unwrap() {
        change["costs"] = json!(format!(
            "{} left out",
            change["costs"].as_array().unwrap().len()
        ));
    }
    serde_json::to_string_pretty(&run).unwrap() + "\n"
}

/// Every file of a report: the size of pictures, the pages of the PDF.
fn files(report: &Path) -> String {
    let mut names: Vec<PathBuf> = fs::read_dir(report)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    let mut list = String::new();
    for path in names {
        let bytes = fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let what = match path.extension().unwrap().to_str().unwrap() {
            "png" => picture(&bytes),
            "pdf" => pages(&bytes),
            "html" => "HTML".to_owned(),
            _ => "JSON".to_owned(),
        };
        writeln!(list, "{name}: {what}").unwrap();
    }
    list
}

/// Width and height from the header, which stands first in every PNG.
fn picture(bytes: &[u8]) -> String {
    assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n"));
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    format!("{} x {} pixels", number(16), number(20))
}

fn pages(bytes: &[u8]) -> String {
    assert!(bytes.starts_with(b"%PDF-"));
    let raw = String::from_utf8_lossy(bytes);
    let pages = raw.matches("/Type/Page/").count() + raw.matches("/Type /Page\n").count();
    format!("{pages} pages")
}

/// What differs from the golden file, if anything.
pub(crate) fn compare(story: &str, name: &str, found: &str) -> Option<String> {
    let path = root().join("tests/goldens").join(story).join(name);
    if bless() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, found).unwrap();
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    let wanted = for_this_build(name, wanted);
    if found == wanted {
        return None;
    }
    let lines = wanted.lines().zip(found.lines());
    let first = lines.filter(|(wanted, found)| wanted != found).take(8);
    let mut message = format!("tests/goldens/{story}/{name} differs, first where:\n");
    for (wanted, found) in first {
        writeln!(message, "- {wanted}\n+ {found}").unwrap();
    }
    message += "If that is meant: BURSAR_BLESS=1 cargo test --test suite goldens, read the difference, and say under \
                \"Results that change\" in CHANGELOG.md which figures differ and why.";
    Some(message)
}

/// Without the feature `pdf` there is no PDF.
fn for_this_build(name: &str, wanted: String) -> String {
    if name != "files.txt" || cfg!(feature = "pdf") {
        return wanted;
    }
    let kept = wanted.split_inclusive('\n');
    kept.filter(|line| !line.contains(".pdf")).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test may be told to write its expectations anew"
)]
fn bless() -> bool {
    std::env::var_os("BURSAR_BLESS").is_some()
}
