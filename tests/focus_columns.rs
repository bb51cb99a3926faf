//! The columns of FOCUS 1.2 that `bursar bill --format csv` fills: what has to be there is there, and unit price x
//! quantity is the cost, as the specification asks (focus.finops.org, FOCUS 1.2: PricingQuantity, ListUnitPrice,
//! CommitmentDiscountQuantity "MUST NOT be null" for usage and purchases).

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeMap;

use assert_cmd::Command;
use rust_decimal::{Decimal, dec};

type Row = BTreeMap<String, String>;

/// Charges of two accounts around the turn of a month in which three commitments are bought.
fn charges(options: &[&str]) -> Vec<Row> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "usage.csv",
        "hour,region,instance_type,hours,account,tag:team\n\
         2026-07-31T22:00Z,us-east-1,m5.large,1,a,\"a \"\"q\"\" b\"\n\
         2026-07-31T23:00Z,us-east-1,m5.large,0.5,a,x\n\
         2026-08-01T00:00Z,us-east-1,m5.2xlarge,0.000278,b,x\n\
         2026-08-01T01:00Z,us-east-1,c5.large,3,b,x\n",
    );
    write(
        "own.toml",
        r#"
            [[reserved_instance]]
            id = "ri"
            account = "a"
            instance_type = "m5.large"
            region = "us-east-1"
            offering_class = "standard"
            term = "1yr"
            payment_option = "partial-upfront"
            count = 2
            start = "2026-07-31T23:00Z"

            [[savings_plan]]
            id = "half"
            account = "b"
            type = "compute-sp"
            term = "1yr"
            payment_option = "partial-upfront"
            commitment = "0.1"
            start = "2026-08-01T00:00Z"

            [[savings_plan]]
            id = "all"
            account = "b"
            type = "compute-sp"
            term = "3yr"
            payment_option = "all-upfront"
            commitment = "0.007"
            start = "2026-08-01T00:00Z"
        "#,
    );
    write(
        "discounts.toml",
        "[[period]]\nfrom = 2026-01-01\neverything = \"6.5\"\nspot = true\nreserved_instances = \"3.21\"\nsavings_plans = true\n",
    );
    let output = Command::cargo_bin("bursar")
        .unwrap()
        .current_dir(folder.path())
        .args(["bill", "usage.csv", "--own", "own.toml", "--format", "csv"])
        .args(options)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
    reader.deserialize().map(Result::unwrap).collect()
}

fn number(row: &Row, column: &str) -> Decimal {
    row[column]
        .parse()
        .unwrap_or_else(|_| panic!("{column} of {row:?}"))
}

#[test]
fn what_focus_asks_for_is_there_and_prices_make_costs() {
    for options in [
        &[][..],
        &["--granularity", "month"],
        &["--discounts", "discounts.toml"],
    ] {
        let rows = charges(options);
        assert!(rows.iter().any(|row| row["ChargeFrequency"] == "One-Time"));
        for row in &rows {
            let quantity = number(row, "PricingQuantity");
            assert!(!row["PricingUnit"].is_empty() && quantity > Decimal::ZERO);
            let list = number(row, "ListUnitPrice") * quantity;
            assert!(
                (list - number(row, "ListCost")).abs() < dec!(0.0000001),
                "{row:?}"
            );
            if let Some(price) = row.get("ContractedUnitPrice") {
                let price: Decimal = price.parse().unwrap();
                let cost = number(row, "ContractedCost");
                assert!((price * quantity - cost).abs() < dec!(0.000001), "{row:?}");
            }
            let of_commitment = !row["CommitmentDiscountId"].is_empty();
            assert_eq!(of_commitment, !row["CommitmentDiscountQuantity"].is_empty());
            assert_eq!(of_commitment, !row["CommitmentDiscountUnit"].is_empty());
            let status = of_commitment && row["ChargeCategory"] == "Usage";
            assert_eq!(status, !row["CommitmentDiscountStatus"].is_empty());
            let consumed =
                row["ChargeCategory"] == "Usage" && row["CommitmentDiscountStatus"] != "Unused";
            assert_eq!(consumed, !row["ConsumedQuantity"].is_empty());
        }
    }
}

/// What a fee buys: two instances of a term of 8,760 hours; ten cents an hour, half of them paid by the hour.
#[test]
fn purchases_say_how_much_they_are_of() {
    let rows = charges(&[]);
    let of = |id: &str, frequency: &str| {
        let found = rows
            .iter()
            .find(|row| row["CommitmentDiscountId"] == id && row["ChargeFrequency"] == frequency);
        let row = found.unwrap();
        [
            "PricingQuantity",
            "PricingUnit",
            "CommitmentDiscountQuantity",
            "CommitmentDiscountUnit",
        ]
        .map(|column| row[column].clone())
    };
    assert_eq!(of("ri", "One-Time"), ["2", "Instances", "17520", "Hours"]);
    assert_eq!(of("ri", "Recurring"), ["2", "Hours", "2", "Hours"]);
    assert_eq!(of("half", "One-Time"), ["438", "USD", "876", "USD"]);
    assert_eq!(of("half", "Recurring"), ["0.05", "USD", "0.1", "USD"]);
    // $0.007 x 26,280 hours.
    assert_eq!(of("all", "One-Time"), ["183.96", "USD", "183.96", "USD"]);
}

/// What was used and what was not is the commitment, in every hour.
#[test]
fn used_and_unused_are_the_commitment() {
    let mut sums: BTreeMap<(String, String), Decimal> = BTreeMap::new();
    for row in charges(&[]) {
        if !row["CommitmentDiscountStatus"].is_empty() {
            let place = (
                row["CommitmentDiscountId"].clone(),
                row["ChargePeriodStart"].clone(),
            );
            *sums.entry(place).or_default() += number(&row, "CommitmentDiscountQuantity");
        }
    }
    assert_eq!(sums.len(), 3 + 2 + 2, "{sums:?}");
    for ((id, hour), sum) in sums {
        let whole = match id.as_str() {
            "ri" => dec!(2),
            "half" => dec!(0.1),
            _ => dec!(0.007),
        };
        assert_eq!(sum, whole, "{id} {hour}");
    }
}
