//! `explain --purchase`: every difference is that of two bills, and what a purchase serves is what its bill says.

use std::fmt::Write as _;
use std::fs;

use bursar::commitment::Portfolio;
use bursar::optimize::{Purchase, buy, cheapest, explain_purchase};
use bursar::units::Money;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::certify::bursar;
use crate::plans::{Prices, demand, fleets, options};
use crate::report_files::documents::{made, money, run, succeeds};

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_figure_is_a_bill((rows, hours) in fleets()) {
        let demand = demand(&rows, hours);
        let (owned, prices, options) = (Portfolio::default(), Prices::new(), options());
        let plan = cheapest(&demand, &owned, &prices, &options).unwrap();
        let cost = |purchases: Vec<Purchase>| {
            let purchases = purchases.into_iter().filter(|bought| bought.steps > 0).collect();
            buy(("", ""), purchases, &demand, &owned, &prices, &options).unwrap().bill.total()
        };
        let now = plan.bill.total();
        for index in 0..plan.purchases.len() {
            let found = explain_purchase(&plan, index, &demand, &owned, &prices, &options).unwrap();
            let with = |steps: u64| {
                let mut purchases = plan.purchases.clone();
                purchases[index].steps = steps;
                cost(purchases) - now
            };
            let steps = plan.purchases[index].steps;
            prop_assert_eq!(found.one_more, with(steps + 1));
            prop_assert_eq!(found.one_less, with(steps - 1));
            prop_assert_eq!(found.without, with(0));
            // The plan is a bottom: no step saves anything.
            prop_assert!(found.one_more >= Money::ZERO && found.one_less >= Money::ZERO);

            let id = format!("purchase-{:03}", index + 1);
            let all = plan.bill.reserved_instances.iter().chain(&plan.bill.savings_plans);
            let billed = all.clone().find(|billed| billed.id == id).unwrap();
            let served: Money = found.serves.iter().map(|row| row.on_demand).sum();
            prop_assert_eq!(served, billed.contracted_equivalent);
            prop_assert_eq!(found.full_hours == found.hours, billed.used == billed.committed);
            prop_assert_eq!(found.idle_hours == found.hours, billed.used == 0);

            for other in &found.alternatives {
                let mut purchases = plan.purchases.clone();
                purchases[index].steps = 0;
                let same = purchases.iter_mut().find(|bought| bought.candidate == other.purchase.candidate);
                match same {
                    Some(same) => same.steps += other.purchase.steps,
                    None => purchases.push(other.purchase.clone()),
                }
                prop_assert_eq!(other.difference, cost(purchases) - now);
            }
            let sorted = found.alternatives.is_sorted_by_key(|other| other.difference);
            prop_assert!(sorted);
        }
    }
}

#[test]
fn a_run_explains_its_purchases() {
    let run = run();
    let plan = &run["plans"][0];
    let count = plan["purchases"].as_array().unwrap().len();
    assert!(count > 1, "{plan}");
    let arguments = ["explain", "run", "--purchase", "1", "--format", "json"];
    let output = succeeds(made(), &arguments);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["purchase"], plan["purchases"][0]);
    assert_eq!(found["window_cost"], plan["cost"]);
    assert_eq!(found["inputs"], run["inputs"]);
    // No fees are upfront: earned back at once; a year's fees are earned when that many hours have saved them.
    assert_eq!(found["break_even_hours"], 0);
    let hours = Decimal::from(found["window_hours"].as_u64().unwrap());
    let fees = money(&found["fees_in_window"]).to_decimal(10);
    let gross = fees + money(&found["cost_difference"]["left_out"]).to_decimal(10);
    let needed = (fees / hours * Decimal::from(8_760) / (gross / hours)).ceil();
    assert_eq!(found["term_earned_hours"], u64::try_from(needed).unwrap());
    let table = succeeds(made(), &["explain", "run", "--purchase", "1"]).stdout;
    let table = String::from_utf8(table).unwrap();
    for words in [
        "Purchase 1 of ",
        "it is left out",
        "hours in which all of it is used",
        "What it serves",
        "The same money in something else",
    ] {
        assert!(table.contains(words), "{words}:\n{table}");
    }
}

#[test]
fn other_inputs_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(made().join("run/run.json"), folder.path().join("run.json")).unwrap();
    let usage = std::fs::read_to_string(made().join("usage.csv")).unwrap();
    std::fs::write(
        folder.path().join("usage.csv"),
        usage.replacen(",2\n", ",3\n", 1),
    )
    .unwrap();
    let output = bursar(folder.path(), &["explain", "run.json", "--purchase", "1"]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(
        message.contains("the sha256 of usage.csv is not what the run was made with"),
        "{message}"
    );
}

/// Ten instances, eight of them reserved already: two more, $989 each, replace 2 x $0.192 an hour, so 5,152 hours earn them
/// back (book of 2026-05-12). What the eight save is theirs.
#[test]
fn what_is_owned_earns_nothing_for_what_is_bought() {
    let folder = tempfile::tempdir().unwrap();
    let mut usage = "hour,region,instance_type,count,account\n".to_owned();
    for hour in 0..24 {
        writeln!(
            usage,
            "2026-07-01T{hour:02}:00Z,us-east-1,m5.xlarge,10,111111111111"
        )
        .unwrap();
    }
    fs::write(folder.path().join("usage.csv"), usage).unwrap();
    let owned = "[[reserved_instance]]\nid = \"a\"\naccount = \"111111111111\"\ninstance_type = \"m5.xlarge\"\n\
                 region = \"us-east-1\"\nterm = \"1yr\"\npayment_option = \"all-upfront\"\noffering_class = \"standard\"\n\
                 count = 8\nstart = \"2026-01-01T00:00Z\"\n";
    fs::write(folder.path().join("own.toml"), owned).unwrap();
    let words = "optimize usage.csv --own own.toml --payment all-upfront --kinds standard-ri --no-options --report .";
    let words: Vec<&str> = words.split(' ').collect();
    succeeds(folder.path(), &words);
    let text = fs::read_to_string(folder.path().join("run.json")).unwrap();
    let run: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(run["plans"][0]["measures"]["upfront"], "1978.00");
    assert_eq!(run["plans"][0]["measures"]["break_even_hours"], 5_152);
    succeeds(folder.path(), &["report", ".", "-o", ".", "--format", "md"]);
    let page = fs::read_to_string(folder.path().join("report.md")).unwrap();
    // 24 x (2 x 0.192 - 1978 / 8760), and 24 x 8 x (0.192 - 989 / 8760).
    assert!(
        page.contains(
            "Of that, $3.80 comes from what is bought; what is owned saves $15.19 without it."
        ),
        "{page}"
    );
}
