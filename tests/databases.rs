//! Database Savings Plans: an example by hand, what a bill's rows of databases become, and which names stand for what.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeMap;
use std::path::Path;

use assert_cmd::Command;
use bursar::catalog::{Region, database_item};
use bursar::prices::PriceBook;
use rust_decimal::{Decimal, dec};
use tempfile::TempDir;

/// What `bursar bill` prints in a folder.
fn bill(folder: &Path, arguments: &[&str]) -> (String, String) {
    let mut command = Command::cargo_bin("bursar").unwrap();
    let command = command.current_dir(folder).arg("bill").args(arguments);
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, errors) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{errors}");
    (out, errors)
}

/// Cells of a column by those of others.
fn sums(csv: &str, by: &[&str], column: &str) -> BTreeMap<Vec<String>, Decimal> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let mut sums: BTreeMap<Vec<String>, Decimal> = BTreeMap::new();
    for row in reader.deserialize::<BTreeMap<String, String>>() {
        let row = row.unwrap();
        let place = by.iter().map(|column| row[*column].clone()).collect();
        let cell: Decimal = row[column].parse().unwrap_or_default();
        *sums.entry(place).or_default() += cell;
    }
    sums.into_iter()
        .map(|(place, sum)| (place, sum.normalize()))
        .collect()
}

const AURORA: &str = "AmazonRDS/InstanceUsage:db.r7g.large/CreateDBInstance:0021";
const SERVERLESS: &str = "AmazonRDS/Aurora:ServerlessV2Usage/CreateDBInstance:0021";
const READS: &str = "AmazonDynamoDB/ReadRequestUnits/PayPerRequestThroughput";

/// A Database Savings Plan of half a dollar an hour, and a Compute Savings Plan of a tenth.
fn own() -> String {
    let plan = |id: &str, kind: &str, commitment: &str| {
        format!(
            "[[savings_plan]]\nid = \"{id}\"\naccount = \"111122223333\"\ntype = \"{kind}\"\nterm = \"1yr\"\n\
             payment_option = \"no-upfront\"\ncommitment = \"{commitment}\"\nstart = \"2026-09-01T00:00Z\"\n"
        )
    };
    plan("sp-data", "database-sp", "0.50") + &plan("sp-compute", "compute-sp", "0.10")
}

fn example() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let rows = [
        (0, AURORA, 1),
        (0, SERVERLESS, 2),
        (0, READS, 1_000_000),
        (1, AURORA, 1),
        (1, SERVERLESS, 4),
        (1, READS, 1_000_000),
    ];
    let uses = rows.map(|(hour, item, quantity)| {
        format!("2026-10-01T0{hour}:00Z,111122223333,us-east-1,{item},{quantity}\n")
    });
    let head = "hour,account,region,item,quantity\n";
    write("databases.csv", &(head.to_owned() + &uses.concat()));
    write(
        "usage.csv",
        "hour,account,region,instance_type,count\n2026-10-01T00:00Z,111122223333,us-east-1,m5.large,1\n\
         2026-10-01T01:00Z,111122223333,us-east-1,m5.large,1\n",
    );
    write("own.toml", &own());
    folder
}

/// Virginia, `pricing-data/database-savings-plans/us-east-1.csv`, plan and On-Demand: Serverless v2 0.078 of 0.12 an
/// ACU-hour (35 %), db.r7g.large with Aurora PostgreSQL 0.2208 of 0.276 (20 %), a million reads of DynamoDB 0.1025 of
/// 0.125 (18 %). They are served in this order.
///
/// First hour: 2 x 0.078 + 0.2208 + 0.1025 = 0.4793; 0.0207 is left unused.
/// Second: 4 x 0.078 = 0.312 leaves 0.188 for the instance; its rest, (1 - 0.188 / 0.2208) x 0.276 = 0.041, and the
/// reads, 0.125, cost On-Demand. The Compute plan serves the m5.large (0.071 an hour) and no database.
#[test]
fn an_example_by_hand() {
    let folder = example();
    let files = ["databases.csv", "usage.csv", "--own", "own.toml"];
    let (csv, errors) = bill(folder.path(), &[&files[..], &["--format", "csv"]].concat());
    assert_eq!(errors, "");
    let by = [
        "ChargePeriodStart",
        "CommitmentDiscountId",
        "CommitmentDiscountStatus",
        "ServiceName",
    ];
    let spent = sums(&csv, &by, "CommitmentDiscountQuantity");
    let of = |hour: &str, id: &str, status: &str, service: &str| {
        let start = format!("2026-10-01T0{hour}:00:00Z");
        let place = [&start, id, status, service].map(str::to_owned).to_vec();
        spent.get(&place).copied().unwrap_or_default()
    };
    let rds = "Amazon Relational Database Service";
    assert_eq!(of("0", "sp-data", "Used", rds), dec!(0.3768));
    assert_eq!(of("0", "sp-data", "Used", "Amazon DynamoDB"), dec!(0.1025));
    assert_eq!(
        of("0", "sp-data", "Unused", "AWS Savings Plans"),
        dec!(0.0207)
    );
    assert_eq!(of("1", "sp-data", "Used", rds), dec!(0.5));
    let ec2 = "Amazon Elastic Compute Cloud";
    assert_eq!(of("1", "sp-compute", "Used", ec2), dec!(0.071));
    assert_eq!(
        of("1", "sp-compute", "Unused", "AWS Savings Plans"),
        dec!(0.029)
    );
    let paid = sums(&csv, &["CommitmentDiscountStatus"], "EffectiveCost");
    // What no plan covers; fees have no effective cost.
    assert_eq!(
        paid[&vec![String::new()]].round_dp(9),
        dec!(0.041) + dec!(0.125)
    );
    let all: Decimal = paid.values().sum();
    assert_eq!(all.round_dp(9).normalize(), dec!(1.2) + dec!(0.166));
}

/// The same added up by service, category and kind of commitment: sums of the hand's figures.
#[test]
fn a_bill_by_service() {
    let folder = example();
    let run = [
        "databases.csv",
        "usage.csv",
        "--own",
        "own.toml",
        "--format",
        "csv",
        "--by",
        "service,service-category,commitment-type",
    ];
    let (csv, _) = bill(folder.path(), &run);
    let by = ["service", "service-category", "commitment-type"];
    let found = sums(&csv, &by, "effective_cost");
    let cost = |place: [&str; 3]| {
        found[&place.map(str::to_owned).to_vec()]
            .round_dp(9)
            .normalize()
    };
    let rds = "Amazon Relational Database Service";
    let plan = "Database Savings Plan";
    assert_eq!(cost([rds, "Databases", plan]), dec!(0.8768));
    assert_eq!(cost([rds, "Databases", ""]), dec!(0.041));
    assert_eq!(cost(["Amazon DynamoDB", "Databases", plan]), dec!(0.1025));
    assert_eq!(cost(["Amazon DynamoDB", "Databases", ""]), dec!(0.125));
    assert_eq!(cost(["AWS Savings Plans", "Databases", plan]), dec!(0.0207));
    let compute = "Compute Savings Plan";
    assert_eq!(
        cost(["Amazon Elastic Compute Cloud", "Compute", compute]),
        dec!(0.142)
    );
    assert_eq!(cost(["AWS Savings Plans", "Compute", compute]), dec!(0.058));
    let billed = sums(&csv, &by[2..], "billed_cost");
    assert_eq!(billed[&vec![plan.to_owned()]], dec!(1));
}

/// A bill with a database under a plan (and the negation of it), one under a reservation, one On-Demand for a day, its
/// storage, and the plan's fee.
pub(crate) fn report() -> String {
    let head = "line_item_line_item_type,line_item_product_code,line_item_usage_type,line_item_operation,\
                line_item_usage_account_id,line_item_usage_start_date,line_item_usage_end_date,line_item_usage_amount,\
                line_item_unblended_cost,line_item_currency_code,savings_plan_savings_plan_a_r_n,\
                savings_plan_savings_plan_rate,savings_plan_offering_type,savings_plan_purchase_term,\
                savings_plan_payment_option,savings_plan_start_time,savings_plan_end_time,\
                savings_plan_total_commitment_to_date,savings_plan_recurring_commitment_for_billing_period,\
                reservation_reservation_a_r_n\n";
    let mut text = head.replace(' ', "");
    let arn = "arn:aws:savingsplans::111122223333:savingsplan/data";
    let row = |kind: &str, of: [&str; 3], end: &str, amount: &str, cost: &str, rest: &str| {
        let [service, usage_type, operation] = of;
        format!(
            "{kind},{service},{usage_type},{operation},111122223333,2026-10-01T00:00:00Z,{end},{amount},{cost},USD,{rest}\n"
        )
    };
    let hour = "2026-10-01T01:00:00Z";
    let mysql = [
        "AmazonRDS",
        "InstanceUsage:db.r7g.large",
        "CreateDBInstance:0002",
    ];
    let under = format!("{arn},0.1912,,,,,,,,");
    let fee = format!(
        "{arn},,DatabaseSavingsPlans,1yr,No Upfront,2026-09-01T00:00:00Z,2027-09-01T00:00:00Z,0.2,0.2,"
    );
    text += &row("SavingsPlanCoveredUsage", mysql, hour, "1", "0.239", &under);
    text += &row("SavingsPlanNegation", mysql, hour, "1", "-0.239", &under);
    let reserved = ",,,,,,,,,arn:aws:rds:us-east-1:111122223333:ri:mine";
    text += &row("DiscountedUsage", mysql, hour, "1", "0", reserved);
    let day = "2026-10-02T00:00:00Z";
    text += &row("Usage", mysql, day, "24", "5.736", ",,,,,,,,,");
    let storage = ["AmazonRDS", "RDS:GP3-Storage", "CreateDBInstance:0002"];
    text += &row("Usage", storage, hour, "0.1", "0.0115", ",,,,,,,,,");
    let plan = ["ComputeSavingsPlans", "DatabaseSP:1yrNoUpfront", ""];
    text += &row("SavingsPlanRecurringFee", plan, hour, "1", "0.2", &fee);
    let instance = ["AmazonEC2", "BoxUsage:m5.large", "RunInstances"];
    text + &row("Usage", instance, day, "24", "2.304", ",,,,,,,,,")
}

/// 25 hours of the instance, of which the plan's fee (0.2 a dollar an hour, found in the bill) pays an hour's 0.1912 and
/// then 24 hours of nothing else: the instance of the whole day has 1/24 of its hours in each hour.
#[test]
fn rows_of_a_bill() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cur.csv"), report()).unwrap();
    let run = ["cur.csv", "--services", "--format", "csv"];
    let (csv, told) = bill(folder.path(), &run);
    let used = sums(
        &csv,
        &["ServiceName", "CommitmentDiscountStatus"],
        "CommitmentDiscountQuantity",
    );
    let rds = "Amazon Relational Database Service";
    let place = |status: &str| vec![rds.to_owned(), status.to_owned()];
    // Two instances in the first hour, one in each of the others, at 0.1912: 0.2 in the first, 0.1912 in 23.
    assert_eq!(used[&place("Used")], dec!(0.2) + dec!(23) * dec!(0.1912));
    let cost = sums(
        &csv,
        &["ServiceName", "CommitmentDiscountStatus"],
        "BilledCost",
    );
    // The first hour's 0.3824 less 0.2 at plan rates is 0.1824 / 0.1912 hours at 0.239.
    assert_eq!(cost[&place("")].round_dp(9), dec!(0.228));
    for said in [
        "1 rows are of databases that Reserved Instances or nodes covered",
        "AmazonRDS RDS:GP3-Storage: 1 rows, 0.0115 dollars",
        "its use is spread evenly (1 row)",
    ] {
        assert!(told.contains(said), "{said} in\n{told}");
    }
    let (_, told) = bill(folder.path(), &["cur.csv", "--format", "csv"]);
    assert!(
        told.contains("Savings Plans served Fargate, Lambda or databases in 1 rows"),
        "{told}"
    );
}

/// Usage types name their region: of every rate of the book that of its own table.
#[test]
fn usage_types_are_of_their_regions() {
    let book = PriceBook::builtin();
    for region in Region::all().filter(|region| region.is_region()) {
        for rate in book.database_plans(region).unwrap_or_default() {
            let rate = rate.value;
            let item = database_item(&rate.service, &rate.usage_type, &rate.operation);
            let (found, item) = item.unwrap();
            assert_eq!(found, region, "{item}");
        }
    }
}

/// AWS's AmazonRDS offer file of Ireland, 2018-12-01: operation 0002 is MySQL, 0014 PostgreSQL, 0016 Aurora MySQL, 0021
/// Aurora PostgreSQL. The editions of the table of plan rates stand beside other engines' codes.
#[test]
fn engines_are_those_of_the_operation() {
    let mut command = Command::cargo_bin("bursar").unwrap();
    let wanted = "prices databases --region us-east-1 --service AmazonRDS --usage-type InstanceUsage:db.r7g.large --format csv";
    let output = command.args(wanted.split(' ')).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for (engine, rate) in [
        ("MySQL", "0.1912"),
        ("PostgreSQL", "0.1912"),
        ("Aurora MySQL", "0.2208"),
        ("Aurora PostgreSQL", "0.2208"),
        ("MariaDB", "0.1912"),
    ] {
        let has = |line: &str| line.contains(&format!(",{engine},")) && line.contains(rate);
        assert!(text.lines().any(has), "{engine} {rate} in\n{text}");
    }
}
