//! AWS's own price files, where they are at hand (`../shared/price-list-files`): each is read, or refused for the
//! reason that its contents give.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use bursar::catalog::{OfferingClass, PaymentOption, Platform, SavingsPlanKind, Tenancy, Term};
use bursar::prices::import::{Imported, Importer, Options};
use bursar::prices::{PriceBook, Product, UserBook};
use rust_decimal::{Decimal, dec};

use crate::shared::shared;

fn importer() -> Importer {
    Importer::new(Options {
        today: "2026-11-21".parse().unwrap(),
        skip_unknown_regions: false,
    })
}

/// The book of one file, or the first line of why there is none.
fn import(path: &Path) -> Result<Imported, String> {
    let mut importer = importer();
    let read = importer.read("file", "file", File::open(path).unwrap());
    read.map_err(|problem| problem.message)?;
    importer
        .finish()
        .map_err(|problems| problems[0].message.clone())
}

fn book(made: Imported) -> PriceBook {
    PriceBook::builtin().with_user_book(UserBook::open(made.book, "book").unwrap())
}

fn product(region: &str, name: &str, operation: &str, tenancy: Tenancy) -> Product {
    Product {
        region: region.parse().unwrap(),
        instance_type: name.parse().unwrap(),
        platform: Platform::from_operation(operation).unwrap(),
        tenancy,
    }
}

/// What each file comes to: the beginning of the reason, or the number of rates.
const OUTCOMES: [(&str, &str); 24] = [
    ("AmazonEC2-index-excerpt-2016.json", "5 rates"),
    ("DescribeSpotPriceHistory_m5_large.json", "1 rates"),
    // The head of a file, cut behind the hourly row of a Partial Upfront reservation.
    (
        "AmazonEC2-offer-head-2025-09.csv",
        "m6id.2xlarge Windows with SQL Std in ca-central-1, Standard Reserved (1 year, Partial Upfront) (SKU 222AMNDXSFRESBBK) has no upfront fee",
    ),
    (
        "savings-plans/AWSComputeSavingsPlan-ap-east-2-head-2025-09.csv",
        "22 rates",
    ),
    (
        "savings-plans/AWSDatabaseSavingsPlans-ap-south-2-index.csv",
        "0 rates, 455 of services",
    ),
    ("savings-plans/service-comprehend", "no rate came out"),
    (
        "savings-plans/aws-service-list-index.json",
        "this is the index of all offers",
    ),
    ("columns/", "no key of this JSON"),
    ("ligoj/index-header-not-found.csv", "no row of column names"),
    ("ligoj/index-error.csv", "no row of column names"),
    ("ligoj/index-", "the row has "),
    (
        "ligoj/savingsPlan/v1.0/aws/AWSComputeSavingsPlan/current/eu-west-1/index.json",
        "plan 7DVU5XBSTGHBTJUV, SKU HB5V2X8TXQUTDZBV: the rate of `EUW1-DedicatedUsage:c1.medium` names no operation",
    ),
    (
        "ligoj/savingsPlan/v1.0/aws/AWSDatabaseSavingsPlans/current/eu-west-1/index.json",
        "plan DZCHH8H3SPVYZ2Z4, SKU TBNHT84HARTQH8TY: the rate of `EUW1-InstanceUsage:db.m1.large` names no operation",
    ),
    (
        "ligoj/offers/v1.0/aws/AmazonEC2/current/eu-west-1/",
        "the row has ",
    ),
    (
        "ligoj/offers/v1.0/aws/AmazonECS/current/eu-west-1/index-v2.csv",
        "0 rates, 9 of services",
    ),
    (
        "ligoj/offers/v1.0/aws/AmazonECS/current/eu-west-1/index.csv",
        "the row has 1 cells",
    ),
    (
        "ligoj/offers/v1.0/aws/AWSLambda/current/eu-west-1/",
        "0 rates, 6 of services",
    ),
    (
        "ligoj/offers/v1.0/aws/AmazonRDS/current/eu-west-1/",
        "the row has 1 cells",
    ),
    (
        "ligoj/offers/v1.0/aws/AmazonEFS/current/index",
        "the row has 18 cells",
    ),
    (
        "ligoj/offers/v1.0/aws/AmazonS3/current/index",
        "no rate came out",
    ),
    (
        "ligoj/offers/v1.0/aws/index",
        "this is the index of all offers",
    ),
    ("ligoj/spot-fargate", "no key of this JSON"),
    ("ligoj/v2/spot-fargate", "no key of this JSON"),
    ("ligoj/", "this is a"),
];

#[test]
fn every_file_is_read_or_refused_with_its_reason() {
    let Some(folder) = shared("price-list-files") else {
        return;
    };
    let mut files = Vec::new();
    walk(&folder, &mut files);
    assert_eq!(files.len(), 74);
    for path in files {
        let name = path
            .strip_prefix(&folder)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let found = match import(&path) {
            Ok(made) => {
                let rates: [usize; 2] =
                    [&made.rates, &made.service_rates].map(|counts| counts.values().sum());
                format!("{} rates, {} of services", rates[0], rates[1])
            }
            Err(reason) => reason,
        };
        let wanted = if name.contains("egion_index")
            || name.contains("egion-index")
            || name.contains("invalid-region")
        {
            "this is an index of regions"
        } else if name.ends_with("/empty.csv") || name.ends_with("/empty.json") {
            "no rate came out"
        } else {
            OUTCOMES
                .iter()
                .find(|(head, _)| name.starts_with(head))
                .unwrap()
                .1
        };
        assert!(found.starts_with(wanted), "{name}: {found}");
    }
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.file_name().is_some_and(|name| name != "README.md") {
            files.push(path);
        }
    }
}

#[test]
fn the_prices_of_an_offer_file_are_found_to_the_last_digit() {
    let Some(path) = shared("price-list-files/AmazonEC2-offer-head-2025-09.csv") else {
        return;
    };
    // Without the last row, whose other half is behind the cut.
    let text = fs::read_to_string(path).unwrap();
    let whole: Vec<&str> = text.lines().collect();
    let whole = whole[..whole.len() - 1].join("\n");
    let mut importer = importer();
    importer.read("file", "file", whole.as_bytes()).unwrap();
    let made = importer.finish().unwrap();
    let book = book(made);
    let tokyo = product(
        "ap-northeast-1",
        "c6i.large",
        "RunInstances:0202",
        Tenancy::Dedicated,
    );
    let on_demand = book.on_demand(tokyo).unwrap();
    assert_eq!(on_demand.value.to_string(), "0.2773");
    assert_eq!(&*on_demand.provenance.source, "AmazonEC2 20250912225308");
    assert_eq!(on_demand.provenance.as_of.to_string(), "2025-09-12");
    let partial = book
        .reserved(
            tokyo,
            OfferingClass::Standard,
            Term::ThreeYears,
            PaymentOption::PartialUpfront,
        )
        .unwrap()
        .value;
    assert_eq!(partial.upfront.to_decimal(2).to_string(), "2750.00");
    assert_eq!(partial.hourly.to_string(), "0.10463");
    let all = book
        .reserved(
            tokyo,
            OfferingClass::Convertible,
            Term::OneYear,
            PaymentOption::AllUpfront,
        )
        .unwrap()
        .value;
    assert_eq!(
        (
            all.upfront.to_decimal(2).to_string(),
            all.hourly.to_string()
        ),
        ("2129.00".into(), "0".into())
    );
    let metal = product(
        "us-east-1-nyc-1",
        "c7i.metal-24xl",
        "RunInstances:0010",
        Tenancy::Dedicated,
    );
    assert_eq!(book.on_demand(metal).unwrap().value.to_string(), "6.92717");
}

#[test]
fn the_rates_of_a_savings_plans_file_are_found() {
    let Some(path) =
        shared("price-list-files/savings-plans/AWSComputeSavingsPlan-ap-east-2-head-2025-09.csv")
    else {
        return;
    };
    let book = book(import(&path).unwrap());
    let rate = |name: &str, operation: &str, tenancy| {
        let product = product("ap-east-2", name, operation, tenancy);
        let rate = book.savings_plan(
            product,
            SavingsPlanKind::Ec2Instance,
            Term::ThreeYears,
            PaymentOption::PartialUpfront,
        );
        rate.unwrap().value.to_string()
    };
    assert_eq!(
        rate("r7g.2xlarge", "RunInstances", Tenancy::Shared),
        "0.1954"
    );
    assert_eq!(
        rate("r7g.metal", "RunInstances:000g", Tenancy::Shared),
        "1.6168"
    );
    assert_eq!(
        rate("r7g.medium", "RunInstances:0010", Tenancy::Dedicated),
        "0.0425"
    );
}

#[test]
fn the_prices_of_offer_json_are_found() {
    let Some(path) = shared("price-list-files/AmazonEC2-index-excerpt-2016.json") else {
        return;
    };
    let book = book(import(&path).unwrap());
    let virginia = product("us-east-1", "c4.large", "RunInstances", Tenancy::Shared);
    let partial = book
        .reserved(
            virginia,
            OfferingClass::Convertible,
            Term::ThreeYears,
            PaymentOption::PartialUpfront,
        )
        .unwrap()
        .value;
    assert_eq!(
        (
            partial.upfront.to_decimal(0).to_string(),
            partial.hourly.to_string()
        ),
        ("710".into(), "0.027".into())
    );
}

/// What AWS's own file of Ireland had on 2023-02-23 for instances in use and for hosts, by tenancy.
fn ireland_2023() -> Option<Vec<Vec<String>>> {
    let path = shared("prices/ec2_euwest1_all_tenancies_2023-02.csv.gz")?;
    let mut text = String::new();
    let mut file = flate2::read::GzDecoder::new(File::open(path).unwrap());
    file.read_to_string(&mut text).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        row.iter().map(str::to_owned).collect()
    });
    Some(rows.collect())
}

/// A platform by the words of an offer file, without the customer's own licence.
fn platform(row: &[String]) -> Option<Platform> {
    let os = match row[4].as_str() {
        "Linux" => "linux",
        "RHEL" => "rhel",
        "Red Hat Enterprise Linux with HA" => "rhel-ha",
        "SUSE" => "suse",
        "Windows" => "windows",
        _ => return None,
    };
    let sql = match row[5].as_str() {
        "SQL Web" => "+sql-web",
        "SQL Std" => "+sql-std",
        "SQL Ent" => "+sql-ent",
        _ => "",
    };
    let ours = row[6] == "No License required";
    ours.then(|| format!("{os}{sql}").parse().unwrap())
}

/// Dedicated On-Demand by rule against what was read, wherever the price on shared hardware has not moved since.
/// Linux is where the rule's factor comes from; the others also follow the licence part.
#[test]
fn dedicated_instances_cost_what_they_did_in_ireland() {
    let Some(rows) = ireland_2023() else {
        return;
    };
    let book = PriceBook::builtin();
    let mut read: BTreeMap<(String, Platform), [Option<Decimal>; 2]> = BTreeMap::new();
    for row in rows.iter().filter(|row| row[8] == "Used") {
        let place = match row[7].as_str() {
            "Shared" => 0,
            "Dedicated" => 1,
            _ => continue,
        };
        if let Some(platform) = platform(row) {
            let key = (row[3].clone(), platform);
            read.entry(key).or_default()[place] = Some(row[10].parse().unwrap());
        }
    }
    let (mut same, mut near, mut far) = (0, 0, 0);
    for ((name, platform), prices) in read {
        let [Some(shared), Some(dedicated)] = prices else {
            continue;
        };
        let price = |tenancy| {
            let product = Product {
                region: "eu-west-1".parse().unwrap(),
                instance_type: name.parse().unwrap(),
                platform,
                tenancy,
            };
            Some(book.on_demand(product).ok()?.value.to_decimal())
        };
        if price(Tenancy::Shared) != Some(shared) {
            continue;
        }
        let Some(found) = price(Tenancy::Dedicated) else {
            continue;
        };
        let miss = (found - dedicated).abs() / dedicated;
        match miss {
            _ if (found - dedicated).abs() <= dec!(0.0001) => same += 1,
            _ if miss <= dec!(0.005) => near += 1,
            _ => far += 1,
        }
    }
    // 97 of 100 within half a per cent; beyond it SUSE, and Windows of old types. Linux is all the same: it was read.
    assert_eq!((same, near, far), (3_690, 144, 135));
}

/// Of 77 host prices of 2023, 60 are today's; p4d became 33 % cheaper, c7g, m7g and r7g hosts three times as dear;
/// the other 13 are families that our source confuses with one of a shorter name, and that are left out.
#[test]
fn dedicated_hosts_cost_what_they_did_in_ireland() {
    let Some(rows) = ireland_2023() else {
        return;
    };
    let book = PriceBook::builtin();
    let (mut same, mut moved, mut absent) = (0, Vec::new(), 0);
    for row in rows.iter().filter(|row| row[8] == "AllocatedHost") {
        let read: Decimal = row[10].parse().unwrap();
        match book.dedicated_host("eu-west-1".parse().unwrap(), &row[3]) {
            Ok(host) if host.value.on_demand.to_decimal() == read => same += 1,
            Ok(_) => moved.push(row[3].as_str()),
            Err(_) => absent += 1,
        }
    }
    moved.sort_unstable();
    assert_eq!((same, absent), (60, 13));
    assert_eq!(moved, ["c7g", "m7g", "p4d", "r7g"]);
}

#[test]
fn what_services_cost_is_found_to_the_last_digit() {
    let Some(path) =
        shared("price-list-files/ligoj/offers/v1.0/aws/AmazonECS/current/eu-west-1/index-v2.csv")
    else {
        return;
    };
    let book = book(import(&path).unwrap());
    // The rows of SKU K4EXFQ5YFQCP98EN, UP5ETC3QSW2QZGEY, 3N9FHWEQ6PQF335G, PPAAHBXC5XBX7D5D.
    for (item, says) in [
        ("fargate-linux-x86-vcpu-hour", "0.04018 a vCPU-hour"),
        ("fargate-linux-x86-gb-hour", "0.004415 a GB-hour"),
        ("fargate-ephemeral-storage-gb-hour", "0.000122 a GB-hour"),
        ("ecs-anywhere-instance-hour", "0.01025 a hour"),
    ] {
        let found = book
            .service("eu-west-1".parse().unwrap(), &item.parse().unwrap())
            .unwrap();
        assert_eq!(found.value.to_string(), says);
        assert_eq!(
            (
                &*found.provenance.source,
                found.provenance.as_of.to_string()
            ),
            ("AmazonECS", "2022-01-01".into())
        );
    }
    // What the file does not price is as before.
    let nat = book
        .service(
            "eu-west-1".parse().unwrap(),
            &"nat-gateway-hour".parse().unwrap(),
        )
        .unwrap();
    assert_eq!(&*nat.provenance.source, "price-pages-2025-11");
}

#[test]
fn database_plans_of_awss_file_are_found() {
    let Some(path) =
        shared("price-list-files/savings-plans/AWSDatabaseSavingsPlans-ap-south-2-index.csv")
    else {
        return;
    };
    let book = book(import(&path).unwrap());
    let region = "ap-south-2".parse().unwrap();
    // The rows of SKU 245EPUU8S7HP5WUD and 25B2RB2TJW9VCXZ6.
    for (usage_type, operation, usd) in [
        (
            "APS5-Multi-AZUsg:dms.r7i.12xlarge",
            "CreateDMSInstance",
            "10.976",
        ),
        (
            "APS5-Multi-AZUsage:db.r7i.2xl",
            "CreateDBInstance:0005",
            "1.824",
        ),
    ] {
        let found = book.database_plan(region, usage_type, operation).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].value.plan.to_string(), usd);
        assert_eq!(
            &*found[0].provenance.source,
            "AmazonDatabaseSavingsPlans 20260422194203"
        );
        assert_eq!(found[0].provenance.as_of.to_string(), "2026-04-22");
        // On-Demand is the built-in one, and says so; the built-in book has none of the second.
        let on_demand = found[0].value.on_demand.as_ref();
        let source = on_demand.map(|price| price.provenance.source.to_string());
        let is_known = usage_type.contains("dms");
        assert_eq!(source.is_some(), is_known);
        assert!(source.is_none_or(|source| source == "database-plans-2025-12"));
    }
}
