//! `bursar estimate` of templates, as a user sees it.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

const STACK: &str = "estimate examples/estates/templates/stack.yaml --region us-east-1 \
    --parameter Subnets=subnet-1,subnet-2 --usage examples/estates/templates/stack-usage.toml";
const PLAN: &str = "estimate examples/estates/templates/plan.json --usage examples/estates/templates/plan-usage.toml";

/// What a command that succeeds prints.
fn printed(command: &str) -> (String, String) {
    let output = Command::cargo_bin("bursar")
        .unwrap()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(command.split_whitespace())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let told = text(output.stderr);
    assert!(output.status.success(), "{told}");
    (text(output.stdout), told)
}

#[test]
fn one_system_costs_the_same_in_either_language() {
    let lines = |command: &str| {
        let document: Value =
            serde_json::from_str(&printed(&format!("{command} --format json")).0).unwrap();
        // 123.936 + 33.945 + 3.65 + 50.85 + 0.8, as examples/estates/README.md has it.
        let total = document["total_monthly_cost"].as_str().unwrap().to_owned();
        let total: rust_decimal::Decimal = total.parse().unwrap();
        assert_eq!(total, rust_decimal::dec!(213.181));
        let resources = document["resources"].as_array().unwrap();
        let components = resources
            .iter()
            .flat_map(|one| one["components"].as_array().unwrap());
        let line = |one: &Value| {
            format!(
                "{} {} {}",
                one["name"], one["monthly_quantity"], one["monthly_cost"]
            )
        };
        let mut lines: Vec<String> = components
            .filter(|one| !one["item"].is_null())
            .map(line)
            .collect();
        lines.sort();
        lines
    };
    assert_eq!(lines(STACK), lines(PLAN));
}

#[test]
fn a_change_of_a_parameter_is_a_difference() {
    let larger = STACK.replace("--usage", "--parameter ServerSize=xlarge --usage");
    let before = tempfile::tempdir().unwrap();
    let old = before.path().join("before.json");
    fs::write(&old, printed(&format!("{STACK} --format json")).0).unwrap();
    let (changes, _) = printed(&format!("{larger} --diff {} --format json", old.display()));
    let changes: Value = serde_json::from_str(&changes).unwrap();
    // 2 x 730 h x (0.1632 - 0.0816) = 119.136, 2 x 30 GB more x 0.08 = 4.80.
    let text = changes.to_string();
    assert!(text.contains("123.936"), "{text}");
}
#[test]
fn what_the_user_sees_of_a_template() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/templates");
    for (name, command) in [("stack.txt", STACK), ("plan.txt", PLAN)] {
        let (table, told) = printed(command);
        let found = format!("{table}\n-- told beside it --\n{told}");
        let golden = folder.join(name);
        if bless() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&golden, &found).unwrap();
        }
        assert_eq!(
            found,
            fs::read_to_string(&golden).unwrap_or_default(),
            "{name}"
        );
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test is told to write its expectations anew"
)]
fn bless() -> bool {
    std::env::var_os("BURSAR_BLESS").is_some()
}
