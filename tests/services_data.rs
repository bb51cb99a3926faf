//! The charges beside instances come back from the price book as their tables have them.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its data has to stop"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use bursar::catalog::{Region, ServiceItem, Tenancy, Term};
use bursar::prices::{GivenRate, HostCapacity, PriceBook, Product, Tiers, gigabytes};
use bursar::units::{Metered, Quantity};
use rust_decimal::{Decimal, dec};

const SERVICES: [&str; 11] = [
    "cloudfront",
    "direct-connect",
    "ebs",
    "elb",
    "fargate",
    "inter-az",
    "inter-region",
    "internet-egress",
    "lambda",
    "nat-gateway",
    "vpc",
];

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("pricing-data")
}

fn read(name: &str) -> String {
    fs::read_to_string(data().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Source and day of a table's first line, and its rows.
fn table(name: &str) -> (String, String, Vec<Vec<String>>) {
    let text = read(name);
    let note = text.lines().next().unwrap();
    let field = |key: &str| {
        let rest = note.split_once(key).unwrap().1;
        rest.split(';').next().unwrap().trim().to_owned()
    };
    let rows = text.lines().skip(2);
    let rows = rows.map(|row| row.split(',').map(str::to_owned).collect());
    (field("source:"), field("as of:"), rows.collect())
}

fn region(code: &str) -> Region {
    code.parse().unwrap()
}

fn item(name: &str) -> ServiceItem {
    name.parse().unwrap()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn quantity(units: Decimal) -> Quantity<Metered> {
    Quantity::from_decimal(units).unwrap()
}

fn cost(tiers: &Tiers, units: Decimal) -> Decimal {
    tiers.cost(quantity(units)).to_decimal(10).normalize()
}

#[test]
fn every_row_comes_back_untouched() {
    let book = PriceBook::builtin();
    let sources = read("sources.toml");
    let mut count = 0;
    for name in SERVICES {
        let (source, day, rows) = table(&format!("services/{name}.csv"));
        assert!(sources.contains(&format!("id = \"{source}\"")), "{name}");
        let key = |row: &Vec<String>| (row[0].clone(), row[1].clone(), decimal(&row[3]));
        assert!(
            rows.windows(2).all(|pair| key(&pair[0]) < key(&pair[1])),
            "{name}: not sorted"
        );
        for row in rows {
            // What holds everywhere is asked for in any region.
            let place = if row[0] == "global" {
                "eu-north-1"
            } else {
                &row[0]
            };
            let found = book.service(region(place), &item(&row[1])).unwrap();
            let start: u64 = row[3].parse().unwrap();
            let tiers = found.value.tiers();
            let tier = tiers.iter().find(|tier| tier.from == start).unwrap();
            assert_eq!(tier.rate.to_decimal(), decimal(&row[4]), "{row:?}");
            assert!(!tier.rate.is_zero(), "{row:?}");
            assert_eq!(found.value.unit(), row[2], "{row:?}");
            assert_eq!(*found.provenance.source, *source);
            assert_eq!(found.provenance.as_of.to_string(), day);
            count += 1;
        }
    }
    // Rows of the fact tables, less those in services/left-out.csv: 76 NAT, 317 ECS, 592 Lambda, 115 CloudFront,
    // 492 ELB, 408 egress, 62 inter-AZ; 1,067 VPC (1,142 less 36 + 39 said twice), 752 EBS (1,060 less 308 said
    // twice), 3,099 Direct Connect (90 more of a place without a region), 6,413 pairs of regions (6,512 less 97
    // zeros and two of CloudFront).
    assert_eq!(
        count,
        76 + 1_067 + 317 + 592 + 115 + 492 + 752 + 3_099 + 408 + 62 + 6_413
    );
}

/// Each beside the line of the fact table that it was read from, by eye.
#[test]
fn known_rates_are_there() {
    let book = PriceBook::builtin();
    let known = [
        // natgateway, us-west-2-phx-1: Hourly charge for NAT Gateways; S3BXW4H2QTTD4S6H.
        ("us-west-2-phx-1", "nat-gateway-hour", dec!(0.054)),
        // natgateway, us-west-2-phx-1: data processed by NatGateways; XJHDA8PNXTFTRTTV.
        ("us-west-2-phx-1", "nat-gateway-gb", dec!(0.054)),
        // transfer_interregion: us-gov-west-1 to af-south-1.
        ("us-gov-west-1", "inter-region-gb-to-af-south-1", dec!(0.03)),
        // transfer_interaz: af-south-1.
        ("af-south-1", "inter-az-in-gb", dec!(0.01)),
        // vpc, us-west-2-sea-1: IPv4 address in a contiguous block.
        ("us-west-2-sea-1", "public-ipv4-block-hour", dec!(0.008)),
        // ebs_2024-07, us-gov-west-1: General Purpose, 4F7WEW3QEWBUD3RB; Cold HDD, A9KFUMCNNJ39TZE6.
        ("us-gov-west-1", "ebs-gp2-gb-month", dec!(0.12)),
        ("us-gov-west-1", "ebs-sc1-gb-month", dec!(0.018)),
        // elb, us-west-2: Network Load Balancer Hours.
        ("us-west-2", "network-load-balancer-hour", dec!(0.0225)),
        // ecs, us-west-2: ARM perCPU per hour.
        ("us-west-2", "fargate-linux-arm-vcpu-hour", dec!(0.03238)),
        // cloudfront: Regional DT to Origin from India.
        ("us-east-1", "cloudfront-india-origin-gb", dec!(0.16)),
        // misc_euwest1_2023-02: P2U4J2XYB3CDVB5M, EU-DedicatedUsage.
        ("eu-west-1", "dedicated-region-hour", dec!(2)),
    ];
    for (place, name, usd) in known {
        let found = book.service(region(place), &item(name)).unwrap();
        assert_eq!(found.value.tiers()[0].rate.to_decimal(), usd, "{name}");
    }
}

/// usage/ola-raji_CUR_daily.csv of the shared folder (a real bill): 367 h of a NAT gateway = $16.515.
#[test]
fn bills_recompute() {
    let book = PriceBook::builtin();
    let nat = book.service(region("us-east-1"), &ServiceItem::NAT_GATEWAY_HOUR);
    assert_eq!(cost(&nat.unwrap().value, dec!(367)), dec!(16.515));
    // 10,240 x 0.09 + 40,960 x 0.085 + 800 x 0.07 = 921.60 + 3,481.60 + 56.
    let egress = book.internet_egress(region("us-east-1")).unwrap().value;
    assert_eq!(cost(&egress, dec!(52000)), dec!(4459.2));
    assert_eq!(
        egress.cost(gigabytes(1 << 40)),
        egress.cost(quantity(dec!(1024)))
    );
    // 6e9 x 0.0000166667 + 9e9 x 0.000015 + 1e9 x 0.0000133334 = 100,000.20 + 135,000 + 13,333.40.
    let lambda = book.service(region("us-east-1"), &item("lambda-x86-gb-second"));
    assert_eq!(
        cost(&lambda.unwrap().value, dec!(16000000000)),
        dec!(248333.6)
    );
    // 1,048,576 x 0.01 + 4,194,304 x 0.006 + 1 x 0.004.
    let endpoint = book.service(region("us-east-1"), &ServiceItem::INTERFACE_ENDPOINT_GB);
    let all = dec!(10485.76) + dec!(25165.824) + dec!(0.004);
    assert_eq!(cost(&endpoint.unwrap().value, dec!(5242881)), all);
}

#[test]
fn free_is_said_and_allowances_are_dated() {
    let book = PriceBook::builtin();
    for name in [
        "internet-ingress-gb",
        "gateway-endpoint-hour",
        "gateway-endpoint-gb",
        "cloudfront-origin-fetch-gb",
    ] {
        let found = book.service(region("sa-east-1"), &item(name)).unwrap();
        assert!(found.value.is_free(), "{name}");
        assert!(found.value.to_string().starts_with("free a "), "{name}");
    }
    let egress = ServiceItem::INTERNET_EGRESS_GB;
    let found = book.allowance(region("eu-west-1"), &egress).unwrap();
    assert_eq!(found.quantity.value, quantity(dec!(100)));
    assert_eq!(found.quantity.provenance.as_of.to_string(), "2021-12-01");
    assert_eq!(book.allowance(region("us-gov-west-1"), &egress), None);
    assert_eq!(
        book.allowance(region("eu-west-1"), &ServiceItem::NAT_GATEWAY_GB),
        None
    );
}

#[test]
fn a_charge_that_is_not_there_names_itself() {
    let book = PriceBook::builtin();
    let error = |book: &PriceBook, place: &str, name: &str| {
        let missing = book.service(region(place), &item(name)).unwrap_err();
        missing.to_string()
    };
    assert_eq!(
        error(&book, "us-east-1", "teleport-gb"),
        "the price book has no `teleport-gb` in us-east-1"
    );
    // Published as zero, which no page of AWS says: not free, missing.
    let missing = book.inter_region(region("us-west-2-lax-1"), region("us-west-2"));
    assert_eq!(
        missing.unwrap_err().to_string(),
        "the price book has no `inter-region-gb-to-us-west-2` in us-west-2-lax-1"
    );
    // 90 rows of Direct Connect name a place that is no region: they hold nowhere, not everywhere.
    let halsey = "direct-connect-out-gb-to-165-halsey-street-newark-nj";
    assert!(book.service(region("us-west-2"), &item(halsey)).is_ok());
    assert!(
        book.service(region("us-west-2-lax-1"), &item(halsey))
            .is_err()
    );
    let given = PriceBook::from_rates("bill", Vec::<GivenRate>::new()).unwrap();
    assert!(error(&given, "us-east-1", "nat-gateway-hour").contains("nat-gateway-hour"));
    assert!("NAT gateway".parse::<ServiceItem>().is_err());
}

#[test]
fn every_item_has_a_meaning_and_what_has_none_a_reason() {
    let mut items = BTreeSet::new();
    let mut last = String::new();
    for line in read("services/items.csv").lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells.len(), 6, "{line}");
        assert!(line > last.as_str(), "not sorted: {line}");
        assert_ne!(cells[2].is_empty(), cells[5].is_empty(), "{line}");
        items.insert(cells[2].split('*').next().unwrap().to_owned());
        line.clone_into(&mut last);
    }
    for name in SERVICES
        .into_iter()
        .filter(|name| !name.starts_with("inter"))
    {
        for row in table(&format!("services/{name}.csv")).2 {
            let known = items.iter().any(|item| {
                let is_pattern = item.ends_with('-');
                row[1] == *item || (is_pattern && row[1].starts_with(item.as_str()))
            });
            assert!(known, "{row:?}");
        }
    }
    for line in read("services/left-out.csv").lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        assert!(cells.len() == 4 && !cells[2].is_empty(), "{line}");
    }
}

/// The source looks families up by the beginning of their name: no price here is that of another family.
#[test]
fn no_host_has_the_price_of_a_family_with_a_shorter_name() {
    let rows = table("hosts/hosts.csv").2;
    let mut by_region: BTreeMap<&str, Vec<&Vec<String>>> = BTreeMap::new();
    for row in &rows {
        by_region.entry(&row[0]).or_default().push(row);
    }
    for families in by_region.values() {
        for row in families {
            let shorter = families
                .iter()
                .filter(|other| other[1] != row[1] && row[1].starts_with(other[1].as_str()));
            for other in shorter {
                let same = (2..5).any(|cell| !row[cell].is_empty() && row[cell] == other[cell]);
                assert!(!same, "{row:?} {other:?}");
            }
        }
    }
}

/// `services/usage-types.csv` agrees with the tables: every item in its table, by its unit; and it is sorted.
#[test]
fn usage_types_name_items_of_the_tables() {
    let mut units: BTreeMap<(String, String), String> = BTreeMap::new();
    for name in SERVICES {
        for row in table(&format!("services/{name}.csv")).2 {
            let item = match row[1].split_once("-to-") {
                Some((head, _)) if name == "inter-region" => format!("{head}-to-*"),
                _ => row[1].clone(),
            };
            units.insert((name.to_owned(), item), row[2].clone());
        }
    }
    let mut last = String::new();
    for line in read("services/usage-types.csv").lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells.len(), 9, "{line}");
        assert!(line > last.as_str(), "not sorted: {line}");
        line.clone_into(&mut last);
        // Newer than the tables, and the fee that AWS states.
        if cells[1].starts_with("regional-nat-gateway") || cells[0] == "stated" {
            continue;
        }
        let known = units.get(&(cells[0].to_owned(), cells[1].to_owned()));
        assert_eq!(known.map(String::as_str), Some(cells[2]), "{line}");
    }
}

#[test]
fn hosts_come_back_untouched() {
    let book = PriceBook::builtin();
    let (source, day, rows) = table("hosts/hosts.csv");
    // dedicated_host_2026-05 has 3,783 rows; 1,809 of them say what another family costs.
    assert_eq!(rows.len(), 1_974);
    for row in &rows {
        let found = book.dedicated_host(region(&row[0]), &row[1]).unwrap();
        let text = |rate: Option<_>| {
            rate.map_or(String::new(), |rate: bursar::units::Rate<Metered>| {
                rate.to_string()
            })
        };
        let host = found.value;
        assert_eq!(text(Some(host.on_demand)), row[2], "{row:?}");
        assert_eq!(text(host.all_upfront(Term::OneYear)), row[3], "{row:?}");
        assert_eq!(text(host.all_upfront(Term::ThreeYears)), row[4], "{row:?}");
        assert_eq!(
            (
                &*found.provenance.source,
                found.provenance.as_of.to_string()
            ),
            (&*source, day.clone())
        );
    }
    let mut holds: BTreeMap<String, HostCapacity> = BTreeMap::new();
    for row in table("hosts/capacity.csv").2 {
        let family = holds.entry(row[0].clone()).or_default();
        family.physical_cores = row[3].parse().ok();
        family.sizes.push((row[1].clone(), row[2].parse().unwrap()));
    }
    for (family, capacity) in holds {
        assert_eq!(
            book.host_capacity(&family).unwrap().value,
            capacity,
            "{family}"
        );
    }
    let missing = book.dedicated_host(region("eu-west-1"), "t9");
    assert_eq!(
        missing.unwrap_err().to_string(),
        "the price book has no Dedicated Host of family `t9` in eu-west-1"
    );
}

/// Every day of every type: spot_history_regional_2024 has 1,265,092 rows.
#[test]
fn spot_histories_come_back_untouched() {
    let book = PriceBook::builtin();
    let mut count = 0;
    for place in Region::all() {
        let name = format!("spot-history/{place}.csv");
        if !data().join(&name).exists() {
            continue;
        }
        let text = read(&name);
        let days: Vec<&str> = text.lines().nth(1).unwrap().split(',').skip(1).collect();
        let (source, _, rows) = table(&name);
        // A region's table is unpacked for each question: the first types are asked for, all are counted.
        for (index, row) in rows.iter().enumerate() {
            let cells = days.iter().zip(&row[1..]);
            let written: Vec<String> = cells
                .filter(|(_, usd)| !usd.is_empty())
                .map(|(day, usd)| format!("{day} {usd}"))
                .collect();
            count += written.len();
            if index > 5 {
                continue;
            }
            let found = book.spot_history(place, row[0].parse().unwrap()).unwrap();
            let days = found.value.iter();
            let days: Vec<String> = days.map(|(day, usd)| format!("{day} {usd}")).collect();
            assert_eq!(days, written, "{place} {}", row[0]);
            assert_eq!(&*found.provenance.source, source);
        }
    }
    assert_eq!(count, 1_265_092);
}

#[test]
fn interruptions_come_back_untouched() {
    let book = PriceBook::builtin();
    let mut count = 0;
    for place in Region::all() {
        if !data().join(format!("interruption/{place}.csv")).exists() {
            continue;
        }
        let text = read(&format!("interruption/{place}.csv"));
        let heads: Vec<&str> = text.lines().nth(1).unwrap().split(',').collect();
        for row in text.lines().skip(2) {
            let cells: Vec<&str> = row.split(',').collect();
            for (platform, cell) in heads
                .iter()
                .zip(&cells)
                .skip(1)
                .filter(|(_, cell)| !cell.is_empty())
            {
                let product = Product {
                    region: place,
                    instance_type: cells[0].parse().unwrap(),
                    platform: platform.parse().unwrap(),
                    tenancy: Tenancy::Shared,
                };
                let band = book.interruption(product).unwrap().value.to_string();
                let expected = match *cell {
                    "5" => "<5 %",
                    "10" => "5-10 %",
                    "15" => "10-15 %",
                    "20" => "15-20 %",
                    _ => ">20 %",
                };
                assert_eq!(band, expected, "{product}");
                count += 1;
            }
        }
    }
    let left = read("services/left-out.csv");
    let left = left
        .lines()
        .filter(|line| line.starts_with("interruption,"));
    let left: usize = left
        .map(|line| line.rsplit(',').next().unwrap().parse::<usize>().unwrap())
        .sum();
    // spot_advisor_2025-06: 25,323 rows.
    assert_eq!(count + left, 25_323);
}

#[test]
fn database_plans_come_back_untouched() {
    let book = PriceBook::builtin();
    let mut count = 0;
    for place in Region::all().filter(|place| place.is_region()) {
        let (_, _, rows) = table(&format!("database-savings-plans/{place}.csv"));
        count += rows.len();
        // A lookup reads the region's table again: each 23rd row, some of every region.
        for row in rows.iter().step_by(23) {
            let found = book.database_plan(place, &row[1], &row[2]).unwrap();
            let rate = found
                .iter()
                .find(|rate| *rate.value.edition == *row[3])
                .unwrap();
            assert_eq!(rate.value.plan.to_decimal(), decimal(&row[5]), "{row:?}");
            let on_demand = rate.value.on_demand.clone().unwrap().value;
            assert_eq!(on_demand.to_decimal(), decimal(&row[6]), "{row:?}");
            assert!(rate.value.plan.steps() < on_demand.steps(), "{row:?}");
        }
    }
    // sp_database_1yr_noupfront_2025-12: 20,725 rows.
    assert_eq!(count, 20_725);
    let missing = book.database_plan(region("us-east-1"), "InstanceUsg:none", "CreateDBInstance");
    assert!(
        missing
            .unwrap_err()
            .to_string()
            .contains("InstanceUsg:none")
    );
}

#[test]
fn coverage_counts_every_row() {
    let coverage: toml::Table = read("coverage.toml").parse().unwrap();
    let hosts = ("dedicated_hosts".to_owned(), "hosts/hosts".to_owned());
    let services = SERVICES.map(|name| (name.replace('-', "_"), format!("services/{name}")));
    for (kind, name) in services.into_iter().chain([hosts]) {
        let (_, day, rows) = table(&format!("{name}.csv"));
        let count_of = |place: Region| rows.iter().filter(|row| row[0] == place.as_str()).count();
        let most = Region::all().map(count_of).max().unwrap();
        for place in Region::all() {
            let count = count_of(place);
            let entry = coverage[place.as_str()][&kind].as_table().unwrap();
            if count == 0 {
                assert_eq!(entry["status"].as_str(), Some("absent"), "{place} {kind}");
            } else {
                assert_eq!(
                    entry["rows"].as_integer(),
                    i64::try_from(count).ok(),
                    "{place} {kind}"
                );
                assert_eq!(entry["as_of"].to_string(), day, "{place} {kind}");
                let status = if count == most { "complete" } else { "partial" };
                assert_eq!(entry["status"].as_str(), Some(status), "{place} {kind}");
            }
        }
    }
    for (kind, folder, unit) in [
        ("spot_interruption", "interruption", "types"),
        ("spot_history", "spot-history", "types"),
        ("database_savings_plans", "database-savings-plans", "rows"),
    ] {
        for place in Region::all() {
            let entry = coverage[place.as_str()][kind].as_table().unwrap();
            let name = format!("{folder}/{place}.csv");
            if data().join(&name).exists() {
                let (_, day, rows) = table(&name);
                assert_eq!(
                    entry[unit].as_integer(),
                    i64::try_from(rows.len()).ok(),
                    "{name}"
                );
                assert_eq!(entry["as_of"].to_string(), day, "{name}");
            } else {
                assert_eq!(entry["status"].as_str(), Some("absent"), "{name}");
            }
        }
    }
}
