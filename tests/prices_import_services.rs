//! Prices of services in a user's book: from AWS's files and typed tables to what the commands say.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;

const HEAD: &str = "\"FormatVersion\",\"v1.0\"\n\"Publication Date\",\"2026-05-01T00:00:00Z\"\n\"Version\",\"20260501000000\"\n";
const COLUMNS: &str = "SKU,OfferTermCode,RateCode,TermType,StartingRange,EndingRange,Unit,PricePerUnit,Currency,\
                       LeaseContractLength,PurchaseOption,OfferingClass,Product Family,Region Code,usageType,operation\n";

/// An offer file of made-up prices; a row is SKU, term type, range, unit, price, term, family, usage type, operation.
fn offer(code: &str, rows: &[[&str; 9]]) -> String {
    let mut text = format!("{HEAD}\"OfferCode\",\"{code}\"\n{COLUMNS}");
    for [
        sku,
        kind,
        range,
        unit,
        price,
        term,
        family,
        usage_type,
        operation,
    ] in rows
    {
        let (from, to) = range.split_once('-').unwrap();
        let reserved = if *kind == "Reserved" {
            format!("{term},All Upfront,standard")
        } else {
            ",,".to_owned()
        };
        let cells = [
            sku,
            "X",
            sku,
            kind,
            from,
            to,
            unit,
            price,
            "USD",
            &reserved,
            family,
            "eu-west-1",
            usage_type,
            operation,
        ];
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

const EC2: [[&str; 9]; 8] = [
    [
        "NAT1",
        "OnDemand",
        "0-Inf",
        "Hrs",
        "0.04",
        "",
        "NAT Gateway",
        "EU-NatGateway-Hours",
        "NatGateway",
    ],
    [
        "NAT2",
        "OnDemand",
        "0-Inf",
        "GB",
        "0",
        "",
        "NAT Gateway",
        "EU-NatGateway-Prvd-Bytes",
        "NatGateway",
    ],
    [
        "IO21",
        "OnDemand",
        "0-Inf",
        "IOPS-Mo",
        "0.07",
        "",
        "System Operation",
        "EU-EBS:VolumeP-IOPS.io2",
        "",
    ],
    [
        "IO22",
        "OnDemand",
        "0-Inf",
        "IOPS-Mo",
        "0.05",
        "",
        "System Operation",
        "EU-EBS:VolumeP-IOPS.io2.tier2",
        "",
    ],
    [
        "IO23",
        "OnDemand",
        "0-Inf",
        "IOPS-Mo",
        "0.03",
        "",
        "System Operation",
        "EU-EBS:VolumeP-IOPS.io2.tier3",
        "",
    ],
    [
        "HOST",
        "OnDemand",
        "0-Inf",
        "Hrs",
        "5",
        "",
        "Dedicated Host",
        "EU-HostUsage:m5",
        "RunInstances",
    ],
    [
        "HOST",
        "Reserved",
        "-",
        "Quantity",
        "26280",
        "1yr",
        "Dedicated Host",
        "EU-HostUsage:m5",
        "RunInstances",
    ],
    [
        "HOST",
        "Reserved",
        "0-Inf",
        "Hrs",
        "0",
        "1yr",
        "Dedicated Host",
        "EU-HostUsage:m5",
        "RunInstances",
    ],
];
const TRANSFER: [[&str; 9]; 4] = [
    [
        "OUT",
        "OnDemand",
        "10240-Inf",
        "GB",
        "0.06",
        "",
        "Data Transfer",
        "EU-DataTransfer-Out-Bytes",
        "",
    ],
    [
        "OUT",
        "OnDemand",
        "0-10240",
        "GB",
        "0.08",
        "",
        "Data Transfer",
        "EU-DataTransfer-Out-Bytes",
        "",
    ],
    [
        "AZ",
        "OnDemand",
        "0-Inf",
        "GB",
        "0.02",
        "",
        "Data Transfer",
        "EU-DataTransfer-Regional-Bytes",
        "",
    ],
    [
        "PAIR",
        "OnDemand",
        "0-Inf",
        "GB",
        "0.03",
        "",
        "Data Transfer",
        "EU-APN2-AWS-Out-Bytes",
        "",
    ],
];

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

fn says(folder: &Path, arguments: &str, lines: &[&str]) {
    let (code, said) = bursar(folder, arguments);
    assert_eq!(code, Some(0), "{said}");
    for line in lines {
        assert!(said.lines().any(|known| known == *line), "{line} in {said}");
    }
}

#[test]
fn a_folder_of_offers_becomes_one_book() {
    let folder = tempfile::tempdir().unwrap();
    let offers = folder.path().join("offers");
    fs::create_dir(&offers).unwrap();
    fs::write(offers.join("ec2.csv"), offer("AmazonEC2", &EC2)).unwrap();
    fs::write(
        offers.join("transfer.csv"),
        offer("AWSDataTransfer", &TRANSFER),
    )
    .unwrap();
    let (code, said) = bursar(folder.path(), "prices import offers --out book");
    assert_eq!(code, Some(0), "{said}");
    // What has no item is counted by product family. NAT, io2, a host with its reservation; egress, zones (2), a pair.
    assert!(said.contains("has no item here (NAT Gateway)"), "{said}");
    assert!(
        said.contains("0 rates of instances and 8 of services"),
        "{said}"
    );
    let book = |command: &str| format!("{command} --region eu-west-1 --format csv --prices book");
    says(
        folder.path(),
        &book("prices network --to ap-northeast-2"),
        &[
            "nat-gateway,nat-gateway-hour,hour,0,0.04,observed,2026-05-01,AmazonEC2 20260501000000",
            "internet-egress,internet-egress-gb,GB,0,0.08,observed,2026-05-01,AWSDataTransfer 20260501000000",
            "internet-egress,internet-egress-gb,GB,10240,0.06,observed,2026-05-01,AWSDataTransfer 20260501000000",
            "inter-az,inter-az-in-gb,GB,0,0.02,observed,2026-05-01,AWSDataTransfer 20260501000000",
            "inter-az,inter-az-out-gb,GB,0,0.02,observed,2026-05-01,AWSDataTransfer 20260501000000",
            "inter-region,inter-region-gb-to-ap-northeast-2,GB,0,0.03,observed,2026-05-01,AWSDataTransfer 20260501000000",
            // What the files do not price is the built-in one's.
            "nat-gateway,nat-gateway-gb,GB,0,0.048,observed,2025-10-28,price-pages-2025-11",
        ],
    );
    says(
        folder.path(),
        &book("prices services --service ebs"),
        &[
            "ebs,ebs-io2-iops-month,IOPS-month,0,0.07,observed,2026-05-01,AmazonEC2 20260501000000",
            "ebs,ebs-io2-iops-month,IOPS-month,32000,0.05,observed,2026-05-01,AmazonEC2 20260501000000",
            "ebs,ebs-io2-iops-month,IOPS-month,64000,0.03,observed,2026-05-01,AmazonEC2 20260501000000",
        ],
    );
    // 26,280 dollars over the 8,760 hours of a year are 3 an hour.
    let (_, hosts) = bursar(folder.path(), &book("prices hosts"));
    let line = hosts.lines().find(|line| line.starts_with("m5,")).unwrap();
    assert!(line.starts_with("m5,5,3,,"), "{line}");
    assert!(
        line.ends_with("observed,2026-05-01,AmazonEC2 20260501000000"),
        "{line}"
    );
    let (_, moved) = bursar(folder.path(), "prices diff builtin book --format csv");
    assert!(
        moved.contains("eu-west-1,nat-gateway-hour,0.048 a hour,0.04 a hour,-16.67,"),
        "{moved}"
    );
}

fn json_product(sku: &str, family: &str, attributes: &str) -> String {
    format!(r#""{sku}":{{"sku":"{sku}","productFamily":"{family}","attributes":{{{attributes}}}}}"#)
}

/// Prices are unit, range and dollars.
fn json_term(sku: &str, prices: &[[&str; 4]]) -> String {
    let price = |[unit, from, to, usd]: &[&str; 4]| {
        format!(
            r#""{from}":{{"unit":"{unit}","beginRange":"{from}","endRange":"{to}","pricePerUnit":{{"USD":"{usd}"}}}}"#
        )
    };
    let prices: Vec<String> = prices.iter().map(price).collect();
    let prices = prices.join(",");
    format!(
        r#""{sku}":{{"{sku}.X":{{"offerTermCode":"X","priceDimensions":{{{prices}}},"termAttributes":{{}}}}}}"#
    )
}

/// The layout is that of `AmazonEC2-index-excerpt-2016.json`.
fn json_offer(code: &str, products: &[String], terms: &[String]) -> String {
    let (products, terms) = (products.join(","), terms.join(","));
    format!(
        r#"{{"offerCode":"{code}","version":"7","publicationDate":"2026-05-01T00:00:00Z","products":{{{products}}},"terms":{{"OnDemand":{{{terms}}}}}}}"#
    )
}

/// Data to the internet in two tiers, data to Seoul named by locations, and data from there, which has no item.
fn json_transfer() -> String {
    let external = r#""fromRegionCode":"eu-west-1","toLocation":"External","usagetype":"EU-DataTransfer-Out-Bytes","operation":"""#;
    let seoul = r#""fromLocation":"EU (Ireland)","toLocation":"Asia Pacific (Seoul)","usagetype":"EU-APN2-AWS-Out-Bytes","operation":"""#;
    let incoming =
        r#""fromRegionCode":"eu-west-1","usagetype":"EU-APN2-AWS-In-Bytes","operation":"""#;
    let family = "Data Transfer";
    json_offer(
        "AWSDataTransfer",
        &[
            json_product("OUT", family, external),
            json_product("PAIR", family, seoul),
            json_product("IN", family, incoming),
        ],
        &[
            json_term(
                "OUT",
                &[["GB", "10240", "Inf", "0.06"], ["GB", "0", "10240", "0.08"]],
            ),
            json_term("PAIR", &[["GB", "0", "Inf", "0.03"]]),
            json_term("IN", &[["GB", "0", "Inf", "0"]]),
        ],
    )
}

#[test]
fn offers_in_json_say_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let balancer = r#""regionCode":"eu-west-1","usagetype":"EU-LCUUsage","operation":"LoadBalancing:Application""#;
    let balancers = json_offer(
        "AWSELB",
        &[json_product("ALB", "Load Balancer-Application", balancer)],
        &[json_term("ALB", &[["LCU-Hrs", "0", "Inf", "0.007"]])],
    );
    fs::write(folder.path().join("transfer.json"), json_transfer()).unwrap();
    fs::write(folder.path().join("elb.json"), balancers).unwrap();
    let (code, said) = bursar(
        folder.path(),
        "prices import transfer.json elb.json --out book",
    );
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("has no item here (Data Transfer)"), "{said}");
    says(
        folder.path(),
        "prices network --to ap-northeast-2 --region eu-west-1 --format csv --prices book",
        &[
            "internet-egress,internet-egress-gb,GB,0,0.08,observed,2026-05-01,AWSDataTransfer 7",
            "internet-egress,internet-egress-gb,GB,10240,0.06,observed,2026-05-01,AWSDataTransfer 7",
            "inter-region,inter-region-gb-to-ap-northeast-2,GB,0,0.03,observed,2026-05-01,AWSDataTransfer 7",
        ],
    );
    says(
        folder.path(),
        "prices services --service elb --region eu-west-1 --format csv --prices book",
        &["elb,application-load-balancer-lcu-hour,LCU-hour,0,0.007,observed,2026-05-01,AWSELB 7"],
    );
}

/// The columns are those of `AWSComputeSavingsPlan-ap-east-2-head-2025-09.csv`; the prices are made up.
#[test]
fn plan_rates_of_fargate_and_lambda_are_imported() {
    let folder = tempfile::tempdir().unwrap();
    let columns = "SKU,RateCode,Unit,EffectiveDate,DiscountedRate,Currency,DiscountedSKU,DiscountedServiceCode,\
                   DiscountedUsageType,DiscountedOperation,PurchaseOption,LeaseContractLength,Product Family,\
                   DiscountedRegionCode,DiscountedInstanceType";
    let row = |sku: &str, unit: &str, usd: &str, service: &str, usage_type: &str| {
        format!(
            "P,P.{sku},{unit},2026-05-01T00:00:00Z,{usd},USD,{sku},{service},{usage_type},,No Upfront,1,ComputeSavingsPlans,eu-west-1,"
        )
    };
    let rows = [
        row(
            "A",
            "Hrs",
            "0.031",
            "AmazonECS",
            "EU-Fargate-vCPU-Hours:perCPU",
        ),
        row(
            "B",
            "Lambda-GB-Second",
            "0.0000146",
            "AWSLambda",
            "EU-Lambda-GB-Second",
        ),
        row("C", "Hrs", "1", "AmazonSageMaker", "EU-ML"),
    ];
    let text = format!(
        "{HEAD}\"OfferCode\",\"AWSComputeSavingsPlan\"\n{columns}\n{}\n",
        rows.join("\n")
    );
    fs::write(folder.path().join("plans.csv"), text).unwrap();
    let (code, said) = bursar(folder.path(), "prices import plans.csv --out book");
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("of another service than EC2, Fargate and Lambda"),
        "{said}"
    );
    // 1 - 0.031 / 0.04048 = 23.4 %, 1 - 0.0000146 / 0.0000166667 = 12.4 %
    says(
        folder.path(),
        "prices services --plans --region eu-west-1 --format csv --prices book",
        &[
            "fargate-linux-x86-vcpu-hour,vCPU-hour,1 year,No Upfront,0.04048,0.031,23.4,observed,2026-05-01,AWSComputeSavingsPlan 20260501000000",
            "lambda-x86-gb-second,GB-second,1 year,No Upfront,0.0000166667,0.0000146,12.4,observed,2026-05-01,AWSComputeSavingsPlan 20260501000000",
        ],
    );
}

#[test]
fn a_service_rate_can_be_typed() {
    let folder = tempfile::tempdir().unwrap();
    let rates = "region,item,tier_start,usd,offer,term,payment_option,as_of,source\n\
                 eu-west-1,nat-gateway-hour,,0.03,,,,2026-01-01,contract 7\n\
                 eu-west-1,internet-egress-gb,10240,0.02,,,,2026-01-01,contract 7\n\
                 eu-west-1,internet-egress-gb,0,0.05,,,,2026-01-01,contract 7\n\
                 eu-west-1,cloudfront-europe-internet-gb,,0.01,,,,2026-01-01,contract 7\n\
                 eu-west-1,fargate-linux-x86-vcpu-hour,,0.0301,compute-sp,1yr,no-upfront,2026-01-01,contract 7\n";
    fs::write(folder.path().join("rates.csv"), rates).unwrap();
    let ask =
        |command: &str| format!("{command} --region eu-west-1 --format csv --prices rates.csv");
    says(
        folder.path(),
        &ask("prices network"),
        &[
            "nat-gateway,nat-gateway-hour,hour,0,0.03,observed,2026-01-01,contract 7",
            "internet-egress,internet-egress-gb,GB,0,0.05,observed,2026-01-01,contract 7",
            "internet-egress,internet-egress-gb,GB,10240,0.02,observed,2026-01-01,contract 7",
        ],
    );
    says(
        folder.path(),
        &ask("prices services --service cloudfront"),
        &["cloudfront,cloudfront-europe-internet-gb,GB,0,0.01,observed,2026-01-01,contract 7"],
    );
    let (_, plans) = bursar(folder.path(), &ask("prices services --plans"));
    let own = "fargate-linux-x86-vcpu-hour,vCPU-hour,1 year,No Upfront,0.04048,0.0301,25.6,observed,2026-01-01,contract 7";
    assert!(plans.lines().any(|line| line == own), "{plans}");
}

#[test]
fn a_failed_import_leaves_the_old_book_in_place() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("good.csv"),
        offer("AWSDataTransfer", &TRANSFER),
    )
    .unwrap();
    assert_eq!(
        bursar(folder.path(), "prices import good.csv --out book").0,
        Some(0)
    );
    let book = fs::read(folder.path().join("book")).unwrap();
    let bad = offer("AmazonEC2", &EC2[3..5]);
    fs::write(folder.path().join("bad.csv"), bad).unwrap();
    let (code, said) = bursar(folder.path(), "prices import good.csv bad.csv --out book");
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("SKU IO22 (no tier holds what comes after 0 IOPS-month)"),
        "{said}"
    );
    assert_eq!(book, fs::read(folder.path().join("book")).unwrap());
}

#[test]
fn a_book_without_services_of_the_first_form_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let rates =
        "region,instance_type,offer,hourly,as_of\nus-east-1,m7i.large,on-demand,0.05,2026-01-01\n";
    fs::write(at("rates.csv"), rates).unwrap();
    bursar(folder.path(), "prices import rates.csv --out book");
    let mut book = fs::read(at("book")).unwrap();
    let end = book.iter().position(|byte| *byte == b'\n').unwrap();
    let body = book.split_off(end);
    // What the first form wrote, and what a later one might.
    let head = String::from_utf8(book).unwrap();
    let first = head
        .replace("\"bursar_price_book\":2", "\"bursar_price_book\":1")
        .replace(",\"services\":[]", "");
    assert_ne!(head, first);
    fs::write(at("first"), [first.as_bytes(), &body].concat()).unwrap();
    let (_, shown) = bursar(
        folder.path(),
        "prices show m7i.large --format csv --prices first",
    );
    assert!(shown.contains("On-Demand,0,0.05,"), "{shown}");
    let later = head.replace("\"bursar_price_book\":2", "\"bursar_price_book\":3");
    fs::write(at("later"), [later.as_bytes(), &body].concat()).unwrap();
    let (code, said) = bursar(folder.path(), "prices show m7i.large --prices later");
    assert_eq!(code, Some(1));
    assert!(
        said.contains(
            "the price book has form 3 and currency USD; this program reads forms 1 to 2"
        ),
        "{said}"
    );
}

#[test]
fn databases_are_found_by_what_bills_call_them() {
    let folder = tempfile::tempdir().unwrap();
    let ask = "prices databases --region eu-west-1 --service AmazonDynamoDB --usage-type EU-ReadRequestUnits --format csv";
    // pricing-data/database-savings-plans/eu-west-1.csv
    let (code, said) = bursar(folder.path(), ask);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(
        said.contains("EU-ReadRequestUnits,PayPerRequestThroughput,ReadRequestUnits,"),
        "{said}"
    );
    let (code, said) = bursar(folder.path(), "prices databases --region us-west-2-lax-1");
    assert_eq!(code, Some(1));
    assert!(
        said.contains("no Database Savings Plan rates in us-west-2-lax-1"),
        "{said}"
    );
}
