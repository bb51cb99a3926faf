//! `bill --bill-rates`: an old bill, billed again at the rates it states, gives its own money.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeMap;
use std::path::Path;

use assert_cmd::Command;
use bursar::analysis::{BillRates, charged_otherwise, portfolio_of};
use bursar::billing::{Settings, bill};
use bursar::demand::import::{Cover, Input, Options, import};
use rust_decimal::{Decimal, dec};

use crate::shared::shared;

const EXAMPLE: &str = "examples/04-bill-with-commitments/bill.csv";

/// What `bursar bill` says on stdout and stderr.
fn run(arguments: &[&str]) -> (String, String) {
    let mut command = Command::cargo_bin("bursar").unwrap();
    let command = command.current_dir(env!("CARGO_MANIFEST_DIR")).arg("bill");
    let output = command.args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{err}");
    (out, err)
}

/// The effective cost of `--by charge`, by charge.
fn by_charge(arguments: &[&str]) -> BTreeMap<String, Decimal> {
    let (out, _) = run(&[arguments, &["--by", "charge", "--format", "csv"]].concat());
    let mut reader = csv::Reader::from_reader(out.as_bytes());
    let head = reader.headers().unwrap().clone();
    let place = head
        .iter()
        .position(|name| name == "effective_cost")
        .unwrap();
    let rows = reader.records().map(|row| row.unwrap());
    let cost = |row: &csv::StringRecord| row[place].parse::<Decimal>().unwrap();
    rows.map(|row| (row[0].to_owned(), cost(&row))).collect()
}

/// What each type of row of the example adds to the amortised cost, by the rule of docs/billing-rules.md, R33,
/// straight from its cells.
fn amortised_by_hand() -> BTreeMap<String, Decimal> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(EXAMPLE);
    let mut reader = csv::Reader::from_path(path).unwrap();
    let head = reader.headers().unwrap().clone();
    let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
    for row in reader.records().map(|row| row.unwrap()) {
        let text = |name: &str| &row[head.iter().position(|n| n == name).unwrap()];
        let cell = |name: &str| text(name).parse::<Decimal>().unwrap_or_default();
        let cost = match text("line_item_line_item_type") {
            "DiscountedUsage" => cell("reservation_effective_cost"),
            "SavingsPlanCoveredUsage" => cell("savings_plan_savings_plan_effective_cost"),
            "RIFee" => {
                cell("reservation_unused_recurring_fee")
                    + cell("reservation_unused_amortized_upfront_fee_for_billing_period")
            }
            "SavingsPlanRecurringFee" => {
                cell("savings_plan_recurring_commitment_for_billing_period")
                    + cell("savings_plan_amortized_upfront_commitment_for_billing_period")
                    - cell("savings_plan_used_commitment")
            }
            "SavingsPlanNegation" | "SavingsPlanUpfrontFee" | "Fee" => Decimal::ZERO,
            _ => cell("line_item_unblended_cost"),
        };
        *sums
            .entry(text("line_item_line_item_type").to_owned())
            .or_default() += cost;
    }
    // The example leaves the used commitment at 0, as reports do (R36): it is what covered rows cost.
    let covered = sums["SavingsPlanCoveredUsage"];
    if let Some(unused) = sums.get_mut("SavingsPlanRecurringFee") {
        *unused -= covered;
    }
    sums
}

#[test]
fn the_example_gives_its_own_money_by_kind_of_charge() {
    let rows = amortised_by_hand();
    let ours = by_charge(&[EXAMPLE, "--bill-rates"]);
    let close = |left: Decimal, right: Decimal| (left - right).abs() < dec!(0.0001);
    let whole: Decimal = rows.values().sum();
    assert!(close(ours.values().sum(), whole), "{ours:?} {rows:?}");
    let found = |part: &str| -> Decimal {
        let of_kind = ours.iter().filter(|(name, _)| name.contains(part));
        of_kind.map(|(_, cost)| *cost).sum()
    };
    assert!(
        close(found("On-Demand"), rows["Usage"]),
        "{ours:?} {rows:?}"
    );
    let reserved = rows["DiscountedUsage"] + rows["RIFee"];
    assert!(close(found("Reserved"), reserved), "{ours:?} {rows:?}");
    let plans = rows["SavingsPlanCoveredUsage"] + rows["SavingsPlanRecurringFee"];
    assert!(close(found("Savings Plan"), plans), "{ours:?} {rows:?}");
}

#[test]
fn documents_say_whose_rates_they_are() {
    let json = |arguments: &[&str]| -> serde_json::Value {
        let (out, _) =
            run(&[&[EXAMPLE, "--by", "account", "--format", "json"], arguments].concat());
        serde_json::from_str(&out).unwrap()
    };
    assert_eq!(json(&["--bill-rates"])["rates_of_instances"], "bill");
    let filled = json(&["--bill-rates", "--fill-rates"]);
    assert_eq!(filled["rates_of_instances"], "bill, then price book");
    assert_eq!(json(&[]).get("rates_of_instances"), None);
}

/// 10 hours at $0.10, then 6 at $0.09, and a type whose rate no column states: 16 hours that cost $0.02 each.
#[test]
fn a_price_that_changed_and_one_that_is_not_stated_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from(
        "line_item_line_item_type,line_item_product_code,line_item_usage_account_id,\
         line_item_usage_start_date,line_item_usage_type,line_item_operation,line_item_usage_amount,\
         product_region_code,pricing_public_on_demand_rate,line_item_unblended_cost\n",
    );
    for hour in 0..16 {
        let rate = if hour < 10 { "0.10" } else { "0.09" };
        let start = format!("2023-06-01T{hour:02}:00:00Z");
        let row = |kind: &str, rate: &str, cost: &str| {
            format!(
                "Usage,AmazonEC2,111122223333,{start},BoxUsage:{kind},RunInstances,1,us-east-1,{rate},{cost}\n"
            )
        };
        text.push_str(&row("m5.large", rate, rate));
        text.push_str(&row("t3.small", "", "0.02"));
    }
    let path = folder.path().join("bill.csv");
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap();
    let total = |part: &[&str]| {
        by_charge(&[&[path, "--bill-rates"], part].concat())
            .values()
            .sum::<Decimal>()
    };
    // The rate of most hours for all: 16 x 0.10 + 16 x 0.02.
    assert_eq!(total(&[]), dec!(1.92));
    let (_, told) = run(&[path, "--bill-rates"]);
    assert!(
        told.contains("several On-Demand rates of m5.large Linux in us-east-1 (2)"),
        "{told}"
    );
    assert!(
        told.contains("no On-Demand rate of t3.small Linux in us-east-1"),
        "{told}"
    );
    // Part by part it is the bill's own money: 10 x 0.10 + 6 x 0.09 + 16 x 0.02.
    let (first, second) = (
        ["--to", "2023-06-01T10:00Z"],
        ["--from", "2023-06-01T10:00Z"],
    );
    assert_eq!(total(&first) + total(&second), dec!(1.86));
}

/// October 2018: what no commitment covered costs what AWS's rows say, key by key, and each Reserved Instance its
/// fee and its share of what was paid upfront.
#[test]
fn a_real_bill_of_2018_gives_its_own_money() {
    let file = "walabs_cur_2018-10_ec2_compute.snappy.parquet";
    let Some(path) = shared(&format!("usage/{file}")) else {
        return;
    };
    let found = import(&[Input::path(file, path)], &Options::default(), &|_| {}).unwrap();
    let commitments = &found.commitments;
    let (portfolio, problems) = portfolio_of(commitments);
    assert_eq!(problems, []);
    let rates = BillRates::with_implied(commitments);
    assert_eq!((rates.several(), rates.implied()), (&[][..], &[][..]));
    let bill = bill(&found.demand, &portfolio, &rates, Settings::default()).unwrap();
    let uncovered = commitments
        .usage
        .iter()
        .filter(|usage| usage.cover == Cover::None);
    let hours = uncovered.flat_map(|usage| &usage.hours);
    let pico: i128 = hours.map(|hour| i128::from(hour.pico_dollars)).sum();
    let stated = Decimal::from_i128_with_scale(pico, 12);
    // 744 hours of a t2.micro in London were free, and so were 6 of Virginia; at public rates they cost $9.89.
    let others = charged_otherwise(commitments, &rates);
    let free: Decimal = others
        .iter()
        .map(|other| other.at_rate - other.charged)
        .sum();
    assert_eq!((others.len(), free.round_dp(4)), (2, dec!(9.8904)));
    let ours = (bill.on_demand_cost() + bill.spot_cost()).to_decimal(12);
    // A key's hour is rounded to whole seconds.
    assert!((ours - stated - free).abs() < dec!(0.01), "{ours} {stated}");
    assert!(stated > dec!(500));
    for (owned, ri) in bill
        .reserved_instances
        .iter()
        .zip(&portfolio.reserved_instances)
    {
        let fees = commitments
            .reservations
            .iter()
            .filter(|fee| fee.arn == ri.id);
        let paid: Decimal = fees
            .map(|fee| {
                fee.recurring_cost.unwrap_or_default() + fee.amortized_upfront.unwrap_or_default()
            })
            .sum();
        let cost = owned.cost.to_decimal(6);
        // The month of a purchase is paid from its second on, and counted here from its hour on.
        let hour = ri.effective_hourly().to_decimal(6);
        let bought = ri.alive.start() > found.demand.span().start();
        let slack = if bought { hour } else { Decimal::ZERO };
        assert!(
            (cost - paid).abs() < dec!(0.005) + slack,
            "{}: {cost} {paid}",
            ri.id
        );
    }
}
