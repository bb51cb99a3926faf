//! A portfolio in saved answers of AWS is billed as the same one written down by hand.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

/// Three days: 2 x m5.xlarge of the owner in eu-west-1, 3 x c5.large of another account in us-east-1.
fn usage(folder: &Path) {
    let mut text = String::from("hour,account,region,zone,instance_type,count\n");
    for day in 1..=3 {
        for hour in 0..24 {
            let time = format!("2026-09-{day:02}T{hour:02}:00Z");
            let owner = format!("{time},111122223333,eu-west-1,eu-west-1a,m5.xlarge,2\n");
            let other = format!("{time},444455556666,us-east-1,us-east-1b,c5.large,3\n");
            text.push_str(&owner);
            text.push_str(&other);
        }
    }
    fs::write(folder.join("usage.csv"), text).unwrap();
}

const BY_HAND: &str = r#"
[[reserved_instance]]
id = "ri-regional"
account = "111122223333"
instance_type = "m5.large"
region = "eu-west-1"
offering_class = "convertible"
term = "3yr"
payment_option = "partial-upfront"
count = 3
start = "2025-09-02T13:00Z"
upfront = "511.5"
hourly = "0.0195"

[[reserved_instance]]
id = "ri-zonal"
account = "444455556666"
instance_type = "c5.large"
region = "us-east-1"
zone = "us-east-1b"
offering_class = "standard"
term = "1yr"
payment_option = "all-upfront"
count = 1
start = "2025-09-02T13:00Z"
end = "2026-09-02T13:00Z"
upfront = "438"

[[reserved_instance]]
id = "ri-modified-in-september"
account = "111122223333"
instance_type = "m5.large"
region = "eu-west-1"
offering_class = "standard"
term = "1yr"
payment_option = "no-upfront"
count = 1
start = "2026-01-01T00:00Z"
end = "2026-09-02T13:00Z"
hourly = "0.06"

[[savings_plan]]
id = "sp-compute"
account = "111122223333"
type = "compute-sp"
term = "1yr"
payment_option = "partial-upfront"
commitment = "0.1"
start = "2025-09-03T00:00Z"

[[savings_plan]]
id = "sp-c5"
account = "444455556666"
type = "ec2-instance-sp"
family = "c5"
region = "us-east-1"
term = "1yr"
payment_option = "no-upfront"
commitment = "0.02"
start = "2026-09-03T00:00Z"
"#;

const NAMED: &str = r#"
[[saved]]
file = "ireland.json"
account = "111122223333"
region = "eu-west-1"

[[saved]]
file = "virginia.json"
account = "444455556666"
region = "us-east-1"

[[saved]]
file = "plans.json"
"#;

/// The second one was modified at 13:21: AWS ends it there, and it is retired. What failed does not count.
const IRELAND: &str = r#"{"ReservedInstances": [
  {"ReservedInstancesId": "ri-regional", "InstanceType": "m5.large", "InstanceCount": 3,
   "ProductDescription": "Linux/UNIX (Amazon VPC)", "OfferingClass": "convertible",
   "OfferingType": "Partial Upfront", "InstanceTenancy": "default", "Scope": "Region",
   "Start": "2025-09-02T13:25:07.100000+00:00", "End": "2028-09-01T13:25:06+00:00",
   "Duration": 94608000, "FixedPrice": 511.5, "UsagePrice": 0.0,
   "RecurringCharges": [{"Amount": 0.0195, "Frequency": "Hourly"}],
   "State": "active", "CurrencyCode": "USD", "Tags": []},
  {"ReservedInstancesId": "ri-modified-in-september", "InstanceType": "m5.large", "InstanceCount": 1,
   "ProductDescription": "Linux/UNIX", "OfferingClass": "standard", "OfferingType": "No Upfront",
   "InstanceTenancy": "default", "Scope": "Region", "Start": "2026-01-01T00:00:00+00:00",
   "End": "2026-09-02T13:21:33+00:00", "Duration": 31536000, "FixedPrice": 0.0,
   "RecurringCharges": [{"Amount": 0.06, "Frequency": "Hourly"}],
   "State": "retired", "CurrencyCode": "USD"},
  {"ReservedInstancesId": "ri-unpaid", "InstanceType": "m5.large", "InstanceCount": 9,
   "State": "payment-failed"}]}"#;

const VIRGINIA: &str = r#"{"ReservedInstances": [
  {"ReservedInstancesId": "ri-zonal", "InstanceType": "c5.large", "InstanceCount": 1,
   "ProductDescription": "Linux/UNIX", "OfferingClass": "standard", "OfferingType": "All Upfront",
   "InstanceTenancy": "default", "Scope": "Availability Zone", "AvailabilityZone": "us-east-1b",
   "Start": "2025-09-02T13:25:07Z", "End": "2026-09-02T13:25:06Z", "Duration": 31536000,
   "FixedPrice": 438.0, "RecurringCharges": [], "State": "active", "CurrencyCode": "USD"}]}"#;

/// $0.1 an hour for a year is $876: half of it at once. The plan for machine learning is of no
/// charge here.
const PLANS: &str = r#"{"savingsPlans": [
  {"savingsPlanId": "sp-compute", "state": "active", "savingsPlanType": "Compute",
   "savingsPlanArn": "arn:aws:savingsplans::111122223333:savingsplan/sp-compute",
   "start": "2025-09-03T00:00:00.000Z", "end": "2026-09-02T23:59:59.000Z", "region": "",
   "paymentOption": "Partial Upfront", "currency": "USD", "commitment": "0.10000000",
   "upfrontPaymentAmount": "438.0", "recurringPaymentAmount": "0.05000000",
   "termDurationInSeconds": 31536000, "returnableUntil": "2025-09-03T00:00:00.000Z"},
  {"savingsPlanId": "sp-c5", "state": "queued", "savingsPlanType": "EC2Instance",
   "savingsPlanArn": "arn:aws:savingsplans::444455556666:savingsplan/sp-c5",
   "start": "2026-09-03T00:00:00.000Z", "region": "us-east-1", "ec2InstanceFamily": "c5",
   "paymentOption": "No Upfront", "currency": "USD", "commitment": "0.02",
   "upfrontPaymentAmount": "0.0", "recurringPaymentAmount": "0.02",
   "termDurationInSeconds": 31536000},
  {"savingsPlanId": "sp-sagemaker", "state": "active", "savingsPlanType": "SageMaker"}]}"#;

fn fleet() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    usage(folder.path());
    for (name, text) in [
        ("by-hand.toml", BY_HAND),
        ("named.toml", NAMED),
        ("ireland.json", IRELAND),
        ("virginia.json", VIRGINIA),
        ("plans.json", PLANS),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// What `bursar bill` says on stdout and stderr.
fn bill(folder: &Path, arguments: &[&str]) -> (String, String) {
    let mut command = Command::cargo_bin("bursar").unwrap();
    let command = command.current_dir(folder).arg("bill").arg("usage.csv");
    let output = command.args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{err}");
    (out, err)
}

#[test]
fn answers_are_billed_as_the_same_portfolio_by_hand() {
    let folder = fleet();
    let csv = ["--format", "csv", "--own"];
    let (by_hand, _) = bill(folder.path(), &[&csv[..], &["by-hand.toml"]].concat());
    let (saved, told) = bill(folder.path(), &[&csv[..], &["named.toml"]].concat());
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    // The charges of commitments stand in the order of the portfolio's lists.
    assert_eq!(sorted(&by_hand), sorted(&saved));
    assert!(saved.lines().count() > 72 * 5, "every commitment serves");
    for said in [
        "left out `ri-unpaid`: its payment failed",
        "left out `sp-sagemaker`: a SageMaker Savings Plan covers neither compute nor databases and is not billed",
        "Savings Plan `sp-c5` may be returned until 2026-09-10T00:00Z",
    ] {
        assert!(told.contains(said), "{said} in\n{told}");
    }
    // AWS says that the other plan may not be returned.
    assert!(!told.contains("`sp-compute`"), "{told}");
}

#[test]
fn every_file_is_named_with_its_fingerprint() {
    let folder = fleet();
    let arguments = ["--by", "account", "--format", "json", "--own", "named.toml"];
    let (out, _) = bill(folder.path(), &arguments);
    let document: serde_json::Value = serde_json::from_str(&out).unwrap();
    let named: Vec<&str> = document["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|input| input["path"].as_str().unwrap())
        .collect();
    let files = [
        "usage.csv",
        "named.toml",
        "ireland.json",
        "virginia.json",
        "plans.json",
    ];
    assert_eq!(named, files);
}

#[test]
fn plans_alone_need_no_portfolio_file() {
    let folder = fleet();
    let (out, _) = bill(folder.path(), &["--own", "plans.json"]);
    assert!(out.contains("sp-compute") && out.contains("sp-c5"), "{out}");
}

#[test]
fn a_fee_that_aws_does_not_state_is_the_price_books_and_said_so() {
    let folder = fleet();
    let zeroed = VIRGINIA.replace("438.0", "0.0");
    fs::write(folder.path().join("virginia.json"), zeroed).unwrap();
    let (_, told) = bill(folder.path(), &["--own", "named.toml"]);
    let said = "`ri-zonal` of `virginia.json` is All Upfront and its `FixedPrice` is 0";
    assert!(told.contains(said), "{told}");
}
