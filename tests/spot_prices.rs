//! `bill --spot-prices`: Spot usage at the price in force at the start of each hour, by hand.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeMap;
use std::fs;

use assert_cmd::Command;
use rust_decimal::{Decimal, dec};
use tempfile::TempDir;

const HISTORY: &str = r#"{"SpotPriceHistory": [
  {"AvailabilityZone": "us-east-1a", "InstanceType": "m5.large", "ProductDescription": "Linux/UNIX",
   "SpotPrice": "0.050000", "Timestamp": "2026-10-01T02:00:00+00:00"},
  {"AvailabilityZone": "us-east-1a", "InstanceType": "m5.large", "ProductDescription": "Linux/UNIX",
   "SpotPrice": "0.040000", "Timestamp": "2026-10-01T00:30:00+00:00"},
  {"AvailabilityZone": "us-east-1b", "InstanceType": "m5.large", "ProductDescription": "Linux/UNIX",
   "SpotPrice": "0.030000", "Timestamp": "2026-09-30T12:00:00+00:00"}]}"#;

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("history.json", HISTORY);
    let hours = [0, 1, 2, 3].map(|hour| {
        format!(
            "2026-10-01T0{hour}:00Z,us-east-1,us-east-1a,m5.large,10,spot\n\
             2026-10-01T0{hour}:00Z,us-east-1,,m5.large,1,spot\n"
        )
    });
    let usage = "hour,region,zone,instance_type,count,purchase\n".to_owned() + &hours.concat();
    write("usage.csv", &usage);
    folder
}

fn bill(folder: &TempDir, arguments: &[&str]) -> (String, String, bool) {
    let mut command = Command::cargo_bin("bursar").unwrap();
    let command = command.current_dir(folder.path()).arg("bill");
    let output = command.args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        text(output.stdout),
        text(output.stderr),
        output.status.success(),
    )
}

/// Zone a: nothing is known at 00:00, so the book's average holds; 0.04 at 01:00, 0.05 at 02:00 and 03:00. Of no zone:
/// the mean of the zones in force, 0.03 at 00:00 (b alone), 0.035 at 01:00, 0.04 from 02:00 on.
#[test]
fn the_price_at_the_start_of_each_hour() {
    let folder = folder();
    let run = [
        "usage.csv",
        "--spot-prices",
        "history.json",
        "--format",
        "csv",
    ];
    let (csv, told, good) = bill(&folder, &run);
    assert!(good, "{told}");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let mut costs: BTreeMap<(String, String), (Decimal, Decimal)> = BTreeMap::new();
    for row in reader.deserialize::<BTreeMap<String, String>>() {
        let row = row.unwrap();
        let number = |column: &str| row[column].parse::<Decimal>().unwrap().normalize();
        let place = (
            row["AvailabilityZone"].clone(),
            row["ChargePeriodStart"].clone(),
        );
        costs.insert(place, (number("ListUnitPrice"), number("BilledCost")));
    }
    let at =
        |zone: &str, hour: u32| costs[&(zone.to_owned(), format!("2026-10-01T0{hour}:00:00Z"))];
    assert_eq!(at("us-east-1a", 1), (dec!(0.04), dec!(0.4)));
    assert_eq!(at("us-east-1a", 2), (dec!(0.05), dec!(0.5)));
    assert_eq!(at("us-east-1a", 3), (dec!(0.05), dec!(0.5)));
    let (average, cost) = at("us-east-1a", 0);
    assert_eq!(cost, average * dec!(10));
    for (hour, price) in (0..).zip([dec!(0.03), dec!(0.035), dec!(0.04), dec!(0.04)]) {
        assert_eq!(at("", hour), (price, price));
    }
    let said = "10.00 instance-hours of Spot usage have no price in --spot-prices and are billed at an average; the first: m5.large Linux in us-east-1a";
    assert!(told.contains(said), "{told}");

    // A day has a charge for each price; what they come to is the same.
    let by_day = [&run[..], &["--granularity", "day"]].concat();
    let (days, ..) = bill(&folder, &by_day);
    let billed = |csv: &str| {
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let rows = reader.deserialize::<BTreeMap<String, String>>();
        rows.map(|row| row.unwrap()["BilledCost"].parse::<Decimal>().unwrap())
            .sum::<Decimal>()
    };
    assert_eq!(billed(&days), billed(&csv));
    assert_eq!(days.lines().count(), 1 + 3 + 3);

    let (table, ..) = bill(&folder, &run[..3]);
    let note =
        "Spot: 34.00 of 44.00 instance-hours at the price in force at the start of their hour";
    assert!(table.contains(note), "{table}");
    let (json, ..) = bill(&folder, &[&run[..3], &["--format", "json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["spot"]["at_price_in_force"], "34");
    assert_eq!(json["spot"]["instance_hours"], "44");
    assert_eq!(json["inputs"][1]["role"], "spot-prices");
}

#[test]
fn what_is_wrong_with_a_history_is_named() {
    let folder = folder();
    let path = folder.path().join("history.json");
    let problem = |from: &str, to: &str| {
        fs::write(&path, HISTORY.replacen(from, to, 1)).unwrap();
        let (_, told, good) = bill(&folder, &["usage.csv", "--spot-prices", "history.json"]);
        assert!(!good, "{told}");
        told
    };
    for (from, to, said) in [
        ("us-east-1a", "us-est-1a", "entry 1 of `SpotPriceHistory`"),
        ("0.050000", "free", "free"),
        ("2026-10-01T02:00:00+00:00", "yesterday", "yesterday"),
        ("Linux/UNIX", "BeOS", "BeOS"),
        (
            "2026-10-01T02:00",
            "2026-10-01T00:30",
            "two Spot prices for m5.large",
        ),
        (
            "\"SpotPriceHistory\"",
            "\"History\"",
            "this is no Spot price history",
        ),
        ("2026-10-01T02:00", "2099-10-01T02:00", "2099"),
    ] {
        let told = problem(from, to);
        assert!(
            told.contains(said) && told.contains("history.json"),
            "{said} in\n{told}"
        );
    }
}
