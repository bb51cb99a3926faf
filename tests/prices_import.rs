//! A user's price book from import to certificate, as a user sees it.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;

const RATES: &str = "region,instance_type,offer,hourly,as_of,source\n\
                     us-east-1,m7i.large,on-demand,0.05,2026-01-01,contract 7\n";

/// The exit code and what was written.
fn bursar(folder: &Path, arguments: &str) -> (Option<i32>, String) {
    let mut command = Command::cargo_bin("bursar").unwrap();
    let run = command
        .current_dir(folder)
        .args(arguments.split(' '))
        .output()
        .unwrap();
    let text = [run.stdout, run.stderr].concat();
    (run.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn a_book_is_the_same_each_time_and_outlives_a_failed_import() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("rates.csv"), RATES).unwrap();
    fs::write(at("bad.csv"), "bad\n").unwrap();
    for book in ["one", "two"] {
        let (code, said) = bursar(
            folder.path(),
            &format!("prices import rates.csv --out {book}"),
        );
        assert_eq!(code, Some(0), "{said}");
    }
    let book = fs::read(at("one")).unwrap();
    assert_eq!(book, fs::read(at("two")).unwrap());
    assert_eq!(
        bursar(folder.path(), "prices import bad.csv --out one").0,
        Some(1)
    );
    assert_eq!(book, fs::read(at("one")).unwrap());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
}

#[test]
fn rates_of_ones_own_go_before_the_built_in_ones() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rates.csv"), RATES).unwrap();
    bursar(folder.path(), "prices import rates.csv --out book");
    for prices in ["rates.csv", "book"] {
        let show = format!("prices show m7i.large --format csv --prices {prices}");
        let (_, shown) = bursar(folder.path(), &show);
        let own = "On-Demand,0,0.05,0.050000,,,observed,2026-01-01,contract 7";
        assert!(shown.contains(own), "{shown}");
        // What the file does not price is priced as before.
        assert!(shown.contains("Spot,0,"), "{shown}");
    }
}

#[test]
fn a_run_is_certified_with_the_prices_it_was_made_with() {
    let folder = tempfile::tempdir().unwrap();
    let rates = folder.path().join("rates.csv");
    fs::write(&rates, RATES).unwrap();
    let hours: Vec<String> = (0..24)
        .map(|hour| format!("2026-03-01T{hour:02}:00:00Z,us-east-1,m7i.large,3\n"))
        .collect();
    let hours = hours.concat();
    let usage = format!("hour,region,instance_type,count\n{hours}");
    fs::write(folder.path().join("usage.csv"), usage).unwrap();
    let optimize = "optimize usage.csv --prices rates.csv --no-options --report run -q";
    let (code, said) = bursar(folder.path(), optimize);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(bursar(folder.path(), "certify run/run.json").0, Some(0));
    fs::write(&rates, RATES.replace("0.05", "0.06")).unwrap();
    let (code, said) = bursar(folder.path(), "certify run/run.json");
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("price book"), "{said}");
}

#[test]
fn a_spot_history_is_an_average_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let price = |zone: &str, kind: &str, usd: &str, moment: &str| {
        format!(
            r#"{{"AvailabilityZone":"{zone}","InstanceType":"{kind}","ProductDescription":"Linux/UNIX","SpotPrice":"{usd}","Timestamp":"{moment}"}}"#
        )
    };
    let prices = [
        price(
            "us-east-1a",
            "m5.large",
            "0.04",
            "2026-01-01T00:00:00+00:00",
        ),
        price(
            "us-east-1a",
            "m5.large",
            "0.05",
            "2026-01-04T00:00:00+00:00",
        ),
        price(
            "us-east-1b",
            "m5.large",
            "0.07",
            "2026-01-03T00:00:00+00:00",
        ),
        price(
            "us-east-1b",
            "c5.large",
            "0.03",
            "2026-01-05T00:00:00+00:00",
        ),
    ];
    let history = format!(r#"{{"SpotPriceHistory":[{}]}}"#, prices.join(","));
    fs::write(folder.path().join("spot.json"), history).unwrap();
    let (code, said) = bursar(folder.path(), "prices import spot.json --out book");
    assert_eq!(code, Some(0), "{said}");
    // (3 x 0.04 + 1 x 0.05 + 2 x 0.07) / 6 days = 0.0516667; c5.large has one price, which is no mean.
    for (kind, spot) in [
        (
            "m5.large",
            "Spot,0,0.0516666667,0.051667,46.2,,average since 2026-01-01,2026-01-05,",
        ),
        (
            "c5.large",
            "Spot,0,0.03,0.030000,64.7,,observed,2026-01-05,",
        ),
    ] {
        let show = format!("prices show {kind} --format csv --prices book");
        let (_, shown) = bursar(folder.path(), &show);
        assert!(shown.contains(spot), "{shown}");
    }
}

/// A page of `aws savingsplans describe-savings-plans-offering-rates`; its fields are those of the API's reference,
/// its prices are made up.
fn page(rates: &[[&str; 7]], token: &str) -> String {
    let rate = |[plan, payment, usd, service, usage_type, operation, region]: &[&str; 7]| {
        format!(
            r#"{{"savingsPlanOffering":{{"offeringId":"4c23d8ee-{plan}-{payment}","paymentOption":"{payment}","planType":"{plan}","durationSeconds":31536000,"currency":"USD","planDescription":"1 year {payment}"}},"rate":"{usd}","unit":"Hrs","productType":"EC2","serviceCode":"{service}","usageType":"{usage_type}","operation":"{operation}","properties":[{{"name":"region","value":"{region}"}},{{"name":"instanceType","value":"m5.large"}},{{"name":"tenancy","value":"shared"}}]}}"#
        )
    };
    let rates: Vec<String> = rates.iter().map(rate).collect();
    format!(
        r#"{{"searchResults":[{}],"nextToken":{token}}}"#,
        rates.join(",")
    )
}

const FIRST_PAGE: [[&str; 7]; 2] = [
    [
        "Compute",
        "No Upfront",
        "0.071",
        "AmazonEC2",
        "BoxUsage:m5.large",
        "RunInstances",
        "us-east-1",
    ],
    [
        "Compute",
        "No Upfront",
        "0.029",
        "AmazonECS",
        "EU-Fargate-vCPU-Hours:perCPU",
        "",
        "eu-west-1",
    ],
];
const LAST_PAGE: [[&str; 7]; 2] = [
    [
        "EC2Instance",
        "All Upfront",
        "0.151",
        "AmazonEC2",
        "EUC1-BoxUsage:m5.large",
        "RunInstances:0002",
        "eu-central-1",
    ],
    [
        "SageMaker",
        "No Upfront",
        "0.2",
        "AmazonSageMaker",
        "ML:m5",
        "RunInstance",
        "us-east-1",
    ],
];

#[test]
fn the_pages_of_an_answer_become_one_book() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("1.json"), page(&FIRST_PAGE, "\"eyJwYWdlIjoyfQ==\"")).unwrap();
    fs::write(at("2.json"), page(&LAST_PAGE, "null")).unwrap();
    let (code, said) = bursar(
        folder.path(),
        "prices import 1.json 2.json --as-of 2026-06-01 --out book",
    );
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("a page that another follows"), "{said}");
    assert!(
        said.contains("a Savings Plan for machine learning"),
        "{said}"
    );
    for (ask, row) in [
        (
            "prices show m5.large",
            "\"Compute Savings Plan (1 year, No Upfront)\",0,0.071,0.071000,26.0,74.0,observed,2026-06-01,1.json",
        ),
        (
            "prices show m5.large --os windows --region eu-central-1",
            "\"EC2 Instance Savings Plan (1 year, All Upfront)\",0,0.151,0.151000,",
        ),
        (
            "prices services --plans --region eu-west-1",
            "fargate-linux-x86-vcpu-hour,vCPU-hour,1 year,No Upfront,0.04048,0.029,28.4,observed,2026-06-01,1.json",
        ),
    ] {
        let (_, shown) = bursar(folder.path(), &format!("{ask} --format csv --prices book"));
        assert!(shown.contains(row), "{ask}: {shown}");
    }
}

#[test]
fn an_answer_that_contradicts_another_or_is_none_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let first = page(&FIRST_PAGE, "null");
    fs::write(folder.path().join("1.json"), &first).unwrap();
    for (text, said) in [
        (
            first.replace("USD", "XAU"),
            "BoxUsage:m5.large: unknown currency `XAU`",
        ),
        (
            first.replace("31536000", "63072000"),
            "unknown term `63072000 seconds`",
        ),
        (
            first.replace("0.071", "0.072"),
            "(offering 4c23d8e) of `1.json` says 0.071, offering 4c23d8e says 0.072\n  --> bad.json",
        ),
        (
            format!("{first}\n{first}"),
            "import the pages of a long one as files of their own",
        ),
    ] {
        fs::write(folder.path().join("bad.json"), text).unwrap();
        let (code, found) = bursar(folder.path(), "prices import 1.json bad.json --out book");
        assert_eq!(code, Some(1), "{found}");
        assert!(found.contains(said), "{found}");
        assert!(!folder.path().join("book").exists());
    }
}

#[test]
fn an_index_beside_the_files_it_names_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = folder.path().join("mirror");
    fs::create_dir(&mirror).unwrap();
    fs::write(mirror.join("rates.csv"), RATES).unwrap();
    let index = r#"{"publicationDate":"2026-01-01T00:00:00Z","regions":{"us-east-1":{"regionCode":"us-east-1"}}}"#;
    fs::write(mirror.join("region_index.json"), index).unwrap();
    let (code, said) = bursar(folder.path(), "prices import mirror --out book");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("index of regions"), "{said}");
    let (code, said) = bursar(
        folder.path(),
        "prices import mirror/region_index.json --out book",
    );
    assert_eq!(code, Some(1));
    assert!(
        said.contains("names price files but holds no prices"),
        "{said}"
    );
}

#[test]
fn a_mistyped_instance_type_is_doubted() {
    let folder = tempfile::tempdir().unwrap();
    let table = RATES.replace("m7i.large", "m7i.lagre");
    fs::write(folder.path().join("rates.csv"), table).unwrap();
    for command in [
        "prices import rates.csv --out book",
        "prices regions --prices rates.csv",
    ] {
        let (code, said) = bursar(folder.path(), command);
        assert_eq!(code, Some(0), "{said}");
        let doubt = "warning: `m7i.lagre` is not an instance type that is known here\nhint: did you mean `m7i.large`?";
        assert!(said.contains(doubt), "{said}");
    }
    fs::write(folder.path().join("rates.csv"), RATES).unwrap();
    let (_, said) = bursar(folder.path(), "prices import rates.csv --out book");
    assert!(!said.contains("warning"), "{said}");
}
