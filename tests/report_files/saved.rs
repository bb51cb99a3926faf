//! Reports of what `bill`, `compare` and `estimate` print with `--format json`: the figures of the JSON, in every
//! document; and names that are formulas, markup or paths.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use bursar::report::format::dollars;
use bursar::units::Money;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::documents::{money, succeeds};
use crate::certify::bursar;

/// A tag's value that is a formula to a spreadsheet, markup to a browser, and longer than a column.
const EVIL: &str =
    "=HYPERLINK(\"http://x\") <b>&'; a very long name of a team that no column is wide enough for";

/// A folder with the JSON of each command and its report, each in a folder of its name.
pub(super) fn made() -> &'static Path {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        inputs(folder.path());
        for (name, command) in [
            (
                "bill",
                "bill usage.csv --own own.toml --tag team --granularity day",
            ),
            (
                "compare",
                "compare usage.csv more.toml less.toml --own own.toml",
            ),
            ("estimate", "estimate estate.toml"),
            ("options", "estimate m7g.large --count 3"),
            (
                "backtest",
                "backtest bought.csv --fill-gaps previous --rules best,robust,one-compute-sp,coverage-70,coverage-80 --cost-of-capital 8 --max-hourly-commitment 0.4",
            ),
        ] {
            let file = format!("{name}.json");
            let command = format!("{command} --quiet --format json --out {file}");
            let words: Vec<&str> = command.split_whitespace().collect();
            succeeds(folder.path(), &words);
            let kinds = if cfg!(feature = "pdf") {
                "pdf,svg,html,xlsx,md,csv,json"
            } else {
                "svg,html,xlsx,md,csv,json"
            };
            let arguments = ["report", &file, "-o", name, "--format", kinds, "--quiet"];
            succeeds(folder.path(), &arguments);
        }
        folder
    })
    .path()
}

/// A pool that grows over three months; two accounts over two months, a tag with a wicked value, a Reserved Instance that ends, two scenarios, an estate.
fn inputs(folder: &Path) {
    let evil = EVIL.replace('"', "\"\"");
    let mut usage = String::from("hour,account,region,instance_type,count,tag:team\n");
    for day in ["2026-06-29", "2026-06-30", "2026-07-01", "2026-07-02"] {
        for hour in 0..24 {
            let count = 2 + hour % 3;
            let at = format!("{day}T{hour:02}:00Z");
            writeln!(usage, "{at},111122223333,us-east-1,m7g.large,{count},web").unwrap();
            writeln!(usage, "{at},444455556666,us-east-1,m7g.xlarge,1,\"{evil}\"").unwrap();
        }
    }
    fs::write(folder.join("usage.csv"), usage).unwrap();
    let grows = "hour,region,instance_type,count\n2026-01-01T00:00Z,us-east-1,m5.large,4\n\
                 2026-02-20T00:00Z,us-east-1,m5.large,9\n2026-03-31T23:00Z,us-east-1,m5.large,9\n";
    fs::write(folder.join("bought.csv"), grows).unwrap();
    let own = "[[reserved_instance]]\nid = \"ri-1\"\naccount = \"111122223333\"\nregion = \"us-east-1\"\n\
               instance_type = \"m7g.large\"\noperating_system = \"linux\"\noffering_class = \"standard\"\n\
               term = \"1yr\"\npayment_option = \"all-upfront\"\ncount = 12\nstart = \"2025-07-02T00:00Z\"\n";
    fs::write(folder.join("own.toml"), own).unwrap();
    for (name, change) in [("more", "grow"), ("less", "shrink")] {
        let scenario = format!("name = \"{name}\"\n[[change]]\ndo = \"{change}\"\nby = \"50%\"\n");
        fs::write(folder.join(format!("{name}.toml")), scenario).unwrap();
    }
    let estate = "region = \"us-east-1\"\n[[instances]]\nname = \"web\"\ntype = \"m7i.large\"\n\
                  volumes = [{ kind = \"gp3\", gb = 30 }]\n[[load_balancer]]\nname = \"front\"\n\
                  kind = \"application\"\ncapacity_units = 5\n";
    fs::write(folder.join("estate.toml"), estate).unwrap();
}

pub(super) fn result(name: &str) -> Value {
    serde_json::from_slice(&fs::read(made().join(format!("{name}.json"))).unwrap()).unwrap()
}

fn text(name: &str, file: &str) -> String {
    fs::read_to_string(made().join(name).join(file)).unwrap()
}

fn sum(result: &Value, column: &str, of: impl Fn(&Value) -> bool) -> Money {
    let charges = result["charges"].as_array().unwrap().iter();
    charges
        .filter(|charge| of(charge))
        .map(|charge| money(&charge[column]))
        .sum()
}

/// Every figure, in every document in which people read.
fn shows(name: &str, figures: &[Money]) {
    #[cfg_attr(
        not(feature = "pdf"),
        expect(unused_mut, reason = "PDF is a cargo feature")
    )]
    let mut documents = vec![text(name, "report.html"), text(name, "report.md")];
    #[cfg(feature = "pdf")]
    {
        let pdf = fs::read(made().join(name).join("report.pdf")).unwrap();
        documents.extend(super::sample::pdf_words(&pdf).text);
    }
    for text in documents {
        for &figure in figures {
            let shown = dollars(figure, 2);
            assert!(
                text.contains(shown.trim_start_matches('$')),
                "{name}: {shown}\n{text}"
            );
        }
    }
}

#[test]
fn a_bill_by_kind_month_tag_account_and_commitment() {
    let bill = result("bill");
    let all = sum(&bill, "EffectiveCost", |_| true);
    let cash = sum(&bill, "BilledCost", |_| true);
    let of = |account: &'static str| {
        sum(&bill, "EffectiveCost", move |charge| {
            charge["SubAccountId"] == account
        })
    };
    let unused = sum(&bill, "EffectiveCost", |charge| {
        charge["CommitmentDiscountStatus"] == "Unused"
    });
    assert!(unused > Money::ZERO && all > cash);
    shows(
        "bill",
        &[all, cash, unused, of("111122223333"), of("444455556666")],
    );
    let files = [
        "cost-by-month.svg",
        "cash-by-month.svg",
        "cost-by-tag.svg",
        "expiries.svg",
    ];
    for file in files
        .into_iter()
        .chain(["charges.csv", "commitments.csv", "tag-team.csv"])
    {
        assert!(made().join("bill").join(file).is_file(), "{file}");
    }
    let html = text("bill", "report.html");
    assert!(
        html.contains("2026-06-29T00:00Z to 2026-07-03T00:00Z"),
        "{html}"
    );
    assert!(html.contains("ri-1"));
}

#[test]
fn a_comparison_an_estimate_and_ways_to_buy() {
    let compared = result("compare");
    let mut figures = vec![money(&compared["base"]["total"])];
    for scenario in compared["scenarios"].as_array().unwrap() {
        figures.push(money(&scenario["total"]));
    }
    shows("compare", &figures);
    assert!(text("compare", "report.md").contains("Cheapest is less: "));
    assert!(made().join("compare/scenarios.svg").is_file());

    let estimate = result("estimate");
    shows("estimate", &[money(&estimate["total_monthly_cost"])]);
    let options = result("options");
    let rows = options["options"].as_array().unwrap();
    let costs: Vec<Money> = rows.iter().map(|row| money(&row["monthly_cost"])).collect();
    shows("options", &costs);
    assert!(costs.len() > 10);
}

/// Every rule's cost and regret, the best rule in the decision, hindsight as the chosen row.
#[test]
fn a_backtest_says_which_rule_did_best() {
    let found = result("backtest");
    let outcomes = found["outcomes"].as_array().unwrap();
    let mut figures = vec![money(&found["on_demand_cost"])];
    for outcome in outcomes {
        figures.extend(["cost", "saving", "regret"].map(|name| money(&outcome[name])));
    }
    // Below nothing, tables and sentences write a sign differently.
    figures.retain(|&figure| figure >= Money::ZERO);
    shows("backtest", &figures);
    let rules = outcomes.iter().filter(|one| one["rule"] != "hindsight");
    let best = rules.min_by_key(|one| money(&one["cost"])).unwrap();
    let text = text("backtest", "report.md");
    let decision = format!(
        "Buying by the rule \u{201c}{}\u{201d} would have saved {}",
        best["title"].as_str().unwrap(),
        dollars(money(&best["saving"]), 2)
    );
    assert!(text.contains(&decision), "{decision}:\n{text}");
    for table in ["rules", "periods", "bought"] {
        assert!(made().join(format!("backtest/{table}.csv")).is_file());
    }
    assert!(made().join("backtest/rules.svg").is_file());
}

/// Who made the result is named: in the note, at the foot of the report, and where it cannot be read.
#[test]
fn a_result_of_another_version_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let write = |change: &dyn Fn(&mut Value)| {
        let mut found = result("options");
        assert_eq!(
            found["program"],
            concat!("bursar ", env!("CARGO_PKG_VERSION"))
        );
        found["program"] = json!("bursar 0.0.9");
        change(&mut found);
        fs::write(folder.path().join("result.json"), found.to_string()).unwrap();
        let command = ["report", "result.json", "-o", "out", "--format", "md"];
        let output = bursar(folder.path(), &command);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), said)
    };
    let (code, said) = write(&|_| {});
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("made by bursar 0.0.9"), "{said}");
    let foot = fs::read_to_string(folder.path().join("out/report.md")).unwrap();
    assert!(foot.contains("bursar 0.0.9 - price book"), "{foot}");
    for change in [
        (|found: &mut Value| found["schema_version"] = json!(9)) as fn(&mut Value),
        |found| found["options"] = json!("none"),
    ] {
        let (code, said) = write(&change);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("it was made by bursar 0.0.9"), "{said}");
    }
}

/// A formula in a tag stays text in the workbook and in CSV, and markup in the page is none.
#[test]
fn a_tag_is_no_formula_and_no_markup() {
    let html = text("bill", "report.html");
    assert!(!html.contains("<b>&'"), "markup");
    assert!(
        html.contains("=HYPERLINK(&quot;http://x&quot;) &lt;b&gt;"),
        "{html}"
    );
    assert!(
        text("bill", "tag-team.csv").contains("'=HYPERLINK("),
        "a formula in CSV"
    );
    let book = super::workbook::Workbook::read(&made().join("bill/report.xlsx"));
    let formulas = book.formulas();
    assert!(
        !formulas.is_empty()
            && formulas
                .iter()
                .all(|formula| !formula.contains("HYPERLINK"))
    );
    let svg = text("bill", "cost-by-tag.svg");
    assert!(!svg.contains("<b>") && svg.contains("=HYPERLINK("), "{svg}");
}

/// What is no result, is of another form, or was changed by hand, is refused with its file's name.
#[test]
fn a_result_that_was_changed_is_laid_out_or_refused() {
    type Change = fn(&mut Value);
    let changes: [(&str, Change); 9] = [
        ("bill", |result| result["charges"] = json!([])),
        ("bill", |result| {
            result["charges"][0]["EffectiveCost"] = json!("1,5");
        }),
        ("bill", |result| {
            result["charges"][0]["ChargePeriodStart"] = json!("yesterday");
        }),
        ("bill", |result| {
            result["commitments"][0]["end"] = json!("soon");
        }),
        ("compare", |result| result["base"] = json!({})),
        ("backtest", |result| {
            result["outcomes"][0]["period_costs"] = json!(["1.00"]);
        }),
        ("backtest", |result| result["window_end"] = json!("later")),
        ("compare", |result| result["schema_version"] = json!(9)),
        ("options", |result| {
            result["options"][0]["monthly_cost"] = json!("free");
        }),
    ];
    for (name, change) in changes {
        let folder = tempfile::tempdir().unwrap();
        let mut result = result(name);
        change(&mut result);
        fs::write(folder.path().join("result.json"), result.to_string()).unwrap();
        let output = bursar(
            folder.path(),
            &["report", "result.json", "-o", "out", "--format", "md"],
        );
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name}: {said}");
        assert!(
            said.contains("result.json") && said.contains("hint"),
            "{name}: {said}"
        );
        assert!(!folder.path().join("out").exists(), "{name}");
    }
}
