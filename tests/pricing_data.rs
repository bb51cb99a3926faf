//! The price facts are whole, say where they are from, and come back from the price book untouched.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its data has to stop"
)]

mod order;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use bursar::catalog::{
    InstanceType, OfferingClass, PaymentOption, Region, SavingsPlanKind, Tenancy, Term,
};
use bursar::prices::{Basis, PriceBook, Product};
use rust_decimal::{Decimal, dec};

const TABLES: [&str; 5] = [
    "on-demand",
    "reserved/all-upfront-1yr",
    "reserved/all-upfront-3yr",
    "reserved/no-upfront",
    "spot",
];

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("pricing-data")
}

fn read(name: &str) -> String {
    fs::read_to_string(data().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A table as text: its first line, heads, rows of cells.
struct Csv {
    note: String,
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
}

fn table(kind: &str, region: Region) -> Option<Csv> {
    let text = fs::read_to_string(data().join(kind).join(format!("{region}.csv"))).ok()?;
    let cells = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    let mut lines = text.lines();
    Some(Csv {
        note: lines.next().unwrap().to_owned(),
        heads: cells(lines.next().unwrap()),
        rows: lines.map(cells).collect(),
    })
}

impl Csv {
    /// Type, column and price of each filled cell.
    fn facts(&self) -> impl Iterator<Item = (InstanceType, &str, Decimal)> {
        self.rows.iter().flat_map(move |row| {
            let instance_type: InstanceType = row[0].parse().unwrap();
            let cells = self.heads.iter().zip(row).skip(1);
            cells
                .filter(|(_, cell)| !cell.is_empty())
                .map(move |(head, cell)| (instance_type, head.as_str(), cell.parse().unwrap()))
        })
    }
}

/// The facts of a region; none where it has no such table.
fn facts(kind: &str, region: Region) -> Vec<(InstanceType, String, Decimal)> {
    let table = table(kind, region);
    let facts = table.iter().flat_map(Csv::facts);
    facts
        .map(|(name, column, usd)| (name, column.to_owned(), usd))
        .collect()
}

fn product(region: Region, instance_type: InstanceType, platform: &str) -> Product {
    Product {
        region,
        instance_type,
        platform: platform.parse().unwrap(),
        tenancy: Tenancy::Shared,
    }
}

fn linux(region: &str, instance_type: &str) -> Product {
    product(
        region.parse().unwrap(),
        instance_type.parse().unwrap(),
        "linux",
    )
}

fn sources() -> BTreeMap<String, toml::Table> {
    let text: toml::Table = read("sources.toml").parse().unwrap();
    let list = text["source"].as_array().unwrap().iter();
    list.map(|source| {
        let source = source.as_table().unwrap().clone();
        (source["id"].as_str().unwrap().to_owned(), source)
    })
    .collect()
}

#[test]
fn every_source_says_where_when_and_what_was_read() {
    let sources = sources();
    assert_eq!(sources.len(), 25);
    for (id, source) in &sources {
        for key in ["title", "published", "retrieved_on", "table"] {
            assert!(!source[key].as_str().unwrap().is_empty(), "{id} {key}");
        }
        let hash = source["sha256"].as_str().unwrap();
        assert!(
            hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()),
            "{id}"
        );
        let kind = source["kind"].as_str().unwrap();
        assert!(["observed", "transcribed"].contains(&kind), "{id}");
    }
}

#[test]
fn every_table_is_sorted_filled_and_sourced() {
    let sources = sources();
    let mut count = 0;
    for region in Region::all() {
        for kind in TABLES {
            let Some(table) = table(kind, region) else {
                continue;
            };
            let source = table.note.split([':', ';']).nth(1).unwrap().trim();
            assert!(sources.contains_key(source), "{kind} {region}: {source}");
            assert!(table.note.contains("as of: 20"), "{kind} {region}");
            let heads: BTreeSet<&String> = table.heads.iter().collect();
            assert_eq!(
                heads.len(),
                table.heads.len(),
                "{kind} {region}: a column twice"
            );
            assert!(
                table.rows.windows(2).all(|pair| pair[0][0] < pair[1][0]),
                "{kind} {region}: not sorted, or a type twice"
            );
            for (instance_type, column, usd) in table.facts() {
                assert!(
                    usd > Decimal::ZERO,
                    "{kind} {region} {instance_type} {column}"
                );
                count += 1;
            }
        }
    }
    // 286,365 On-Demand rows less 13 zeros and 630 licences without a machine; 276,498 Reserved less 3,329; 58,406 No Upfront beside
    // 14,618 On-Demand prices of that day (a row a type and region of Standard, 3 years); 75,328 Spot.
    assert_eq!(count, 285_722 + 273_169 + 58_406 + 14_618 + 75_328);
}

#[test]
fn what_was_dropped_is_listed_with_the_reason() {
    let dropped = read("dropped.csv");
    let count = |reason: &str| {
        dropped
            .lines()
            .filter(|line| line.ends_with(reason))
            .count()
    };
    assert_eq!(count("a price of zero says nothing"), 13);
    assert_eq!(count("equals Linux: the price without licence"), 3_329);
    assert_eq!(count("sold as a Dedicated Host only"), 630);
    assert_eq!(dropped.lines().count(), 1 + 13 + 3_329 + 630);
}

#[test]
fn coverage_is_what_the_tables_hold() {
    let coverage: toml::Table = read("coverage.toml").parse().unwrap();
    assert_eq!(coverage.len(), Region::all().count());
    let book = PriceBook::builtin();
    let kinds = [
        "on_demand",
        "reserved_standard_all_upfront_1yr",
        "reserved_standard_all_upfront_3yr",
        "reserved_linux_no_upfront",
        "spot_average",
    ];
    for region in Region::all() {
        for (kind, folder) in kinds.into_iter().zip(TABLES) {
            let entry = coverage[region.as_str()][kind].as_table().unwrap();
            let Some(rates) = table(folder, region) else {
                assert_eq!(entry["status"].as_str(), Some("absent"), "{region} {kind}");
                continue;
            };
            let sold = table("on-demand", region).unwrap().rows.len();
            let status = if rates.rows.len() == sold {
                "complete"
            } else {
                "partial"
            };
            assert_eq!(entry["status"].as_str(), Some(status), "{region} {kind}");
            let count = |key: &str| usize::try_from(entry[key].as_integer().unwrap()).unwrap();
            assert_eq!(count("types"), rates.rows.len(), "{region} {kind}");
            assert_eq!(count("rates"), rates.facts().count(), "{region} {kind}");
            let day = format!("as of: {}", entry["as_of"]);
            assert!(rates.note.contains(&day), "{region} {kind}: {day}");
        }
        let status = coverage[region.as_str()]["savings_plans"]["basis"].as_str();
        assert_eq!(status, Some(plan_status(&book, region)), "{region}");
    }
}

/// `rule` when some type's rate follows by rule, `estimated` when all are estimated (or were read).
fn plan_status(book: &PriceBook, region: Region) -> &'static str {
    let rate = |instance_type| {
        let what = product(region, instance_type, "linux");
        let (kind, payment) = (SavingsPlanKind::Ec2Instance, PaymentOption::AllUpfront);
        book.savings_plan(what, kind, Term::OneYear, payment).ok()
    };
    let mut rates = book.sells(region).into_iter().filter_map(rate);
    if rates.any(|rate| matches!(rate.provenance.basis, Basis::Rule(_))) {
        "rule"
    } else {
        "estimated"
    }
}

#[test]
fn on_demand_and_spot_come_back_untouched() {
    let book = PriceBook::builtin();
    for region in Region::all() {
        for (instance_type, column, usd) in facts("on-demand", region) {
            let found = book
                .on_demand(product(region, instance_type, &column))
                .unwrap();
            assert_eq!(
                (found.value.to_decimal(), found.provenance.basis),
                (usd, Basis::Observed)
            );
        }
        for (instance_type, column, usd) in facts("spot", region) {
            let found = book.spot(product(region, instance_type, &column)).unwrap();
            assert_eq!(
                (found.value.to_decimal(), found.provenance.basis),
                (usd, Basis::Observed)
            );
        }
    }
}

/// 26 are at or above On-Demand (RHEL on c7g.medium and r7g.medium, SUSE on small t4g) and are refused.
#[test]
fn reserved_prices_come_back_untouched() {
    let book = PriceBook::builtin();
    let terms = [
        ("reserved/all-upfront-1yr", Term::OneYear),
        ("reserved/all-upfront-3yr", Term::ThreeYears),
    ];
    let mut refused = 0;
    for region in Region::all() {
        for (kind, term) in terms {
            for (instance_type, column, usd) in facts(kind, region) {
                let what = product(region, instance_type, &column);
                let all = PaymentOption::AllUpfront;
                match book.reserved(what, OfferingClass::Standard, term, all) {
                    Ok(found) => {
                        assert_eq!(found.value.upfront.to_decimal(10), usd, "{what}");
                        assert!(found.value.hourly.is_zero());
                        assert_eq!(found.provenance.basis, Basis::Observed);
                    }
                    Err(missing) => {
                        let on_demand = book.on_demand(what).unwrap().value.to_decimal();
                        assert!(on_demand * Decimal::from(term.hours()) <= usd, "{missing}");
                        assert!(missing.known.contains("On-Demand"), "{missing}");
                        refused += 1;
                    }
                }
            }
        }
    }
    assert_eq!(refused, 26);
}

/// Where On-Demand has moved since, a No Upfront rate is not given out as it was, and says so.
#[test]
fn no_upfront_rates_come_back_untouched_or_as_moved() {
    let book = PriceBook::builtin();
    let (mut same, mut moved) = (0, 0);
    for region in Region::all() {
        let facts = facts("reserved/no-upfront", region);
        let then: BTreeMap<InstanceType, Decimal> = facts
            .iter()
            .filter(|(_, column, _)| column == "on-demand")
            .map(|(instance_type, _, usd)| (*instance_type, *usd))
            .collect();
        for (instance_type, column, usd) in &facts {
            let Some((class, term)) = column.split_once('-').filter(|(class, _)| *class != "on")
            else {
                continue;
            };
            let what = product(region, *instance_type, "linux");
            let (class, term) = (class.parse().unwrap(), term.parse().unwrap());
            let found = book
                .reserved(what, class, term, PaymentOption::NoUpfront)
                .unwrap();
            if book.on_demand(what).unwrap().value.to_decimal() == then[instance_type] {
                assert_eq!(found.value.hourly.to_decimal(), *usd, "{what}");
                assert_eq!(found.provenance.basis, Basis::Observed);
                same += 1;
            } else {
                assert_ne!(found.provenance.basis, Basis::Observed, "{what}");
                moved += 1;
            }
        }
    }
    // catalogue_linux_ri_merged: 58,172 observed, 234 observed_stale.
    assert_eq!((same, moved), (58_172, 234));
}

/// Hand-typed from AWS's price pages and the sources: an error in reading all tables alike would show here.
#[test]
fn known_prices_are_there() {
    let book = PriceBook::builtin();
    // aws.amazon.com/ec2/pricing/on-demand: m5.large in us-east-1 $0.096, m7i.large $0.1008.
    for (name, usd) in [("m5.large", dec!(0.096)), ("m7i.large", dec!(0.1008))] {
        let found = book.on_demand(linux("us-east-1", name)).unwrap();
        assert_eq!(found.value.to_decimal(), usd, "{name}");
    }
    // ri_linux_noupfront_2025-04: af-south-1 c5.12xlarge, rate code WFM39H5262TM325Q.4NA7Y494T4.6YS6EN2CT7.
    let what = linux("af-south-1", "c5.12xlarge");
    let standard = OfferingClass::Standard;
    let reserved = |payment| {
        book.reserved(what, standard, Term::OneYear, payment)
            .unwrap()
    };
    let found = reserved(PaymentOption::NoUpfront);
    assert_eq!(found.value.hourly.to_decimal(), dec!(1.724));
    assert_eq!(&*found.provenance.source, "ec2-unit-prices-2025-04");
    assert_eq!(found.provenance.as_of.to_string(), "2025-04-04");
    // ri_standard_allupfront_2026-05: the same, $14,093.
    let found = reserved(PaymentOption::AllUpfront);
    assert_eq!(found.value.upfront.to_decimal(2), dec!(14093.00));
    // ec2_ondemand_2026-05: with SQL Server Standard $8.496.
    let sql = Product {
        platform: "linux+sql-std".parse().unwrap(),
        ..what
    };
    assert_eq!(book.on_demand(sql).unwrap().value.to_decimal(), dec!(8.496));
}

/// ri_useast1_linux_all_options_2023-05, m5.large, whose prices have not moved since: effective 0.05776712
/// for a year and 0.03821613 for three are $252 + 0.029 and $505 + 0.019.
#[test]
fn payment_options_follow_to_the_cent_where_aws_rounds_alike() {
    let book = PriceBook::builtin();
    let what = linux("us-east-1", "m5.large");
    let price = |term| {
        let partial = PaymentOption::PartialUpfront;
        let found = book
            .reserved(what, OfferingClass::Standard, term, partial)
            .unwrap();
        assert_eq!(found.provenance.basis, Basis::Rule("payment-ratio".into()));
        (
            found.value.upfront.to_decimal(0),
            found.value.hourly.to_decimal(),
        )
    };
    assert_eq!(price(Term::OneYear), (dec!(252), dec!(0.029)));
    assert_eq!(price(Term::ThreeYears), (dec!(505), dec!(0.019)));
}

#[test]
fn observed_savings_plan_rates_come_back() {
    let book = PriceBook::builtin();
    let plans = read("savings-plans/instances.csv");
    let sources = sources();
    for line in plans.lines().skip(1) {
        let (what, kind, term, payment, cells) = plan(line);
        let found = book.savings_plan(what, kind, term, payment).unwrap();
        assert_eq!(
            found.value.to_decimal(),
            cells[7].parse().unwrap(),
            "{line}"
        );
        assert_eq!(found.provenance.basis, Basis::Observed);
        assert!(sources.contains_key(&*found.provenance.source), "{line}");
    }
    assert_eq!(plans.lines().count(), 1 + 49);
}

type Plan<'a> = (Product, SavingsPlanKind, Term, PaymentOption, Vec<&'a str>);

/// A line of `savings-plans/instances.csv`.
fn plan(line: &str) -> Plan<'_> {
    let cells: Vec<&str> = line.split(',').collect();
    let what = Product {
        platform: cells[3].parse().unwrap(),
        tenancy: cells[4].parse().unwrap(),
        ..linux(cells[1], cells[2])
    };
    let (kind, term) = (cells[0].parse().unwrap(), cells[5].parse().unwrap());
    (what, kind, term, cells[6].parse().unwrap(), cells)
}

#[test]
fn a_price_that_is_not_there_names_itself() {
    let book = PriceBook::builtin();
    let reserved = |what| {
        let (class, payment) = (OfferingClass::Standard, PaymentOption::AllUpfront);
        book.reserved(what, class, Term::OneYear, payment)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        reserved(linux("us-east-1", "m8i.large")),
        "the price book has no Standard Reserved (1 year, All Upfront) rate for m8i.large Linux in us-east-1; \
         the Reserved list of 2026-05-12 does not have it, Savings Plans apply"
    );
    let unknown = book
        .on_demand(linux("us-east-1", "zz9.large"))
        .unwrap_err()
        .to_string();
    assert_eq!(
        unknown,
        "the price book has no On-Demand rate for zz9.large Linux in us-east-1; the type is not sold there"
    );
    let host = Product {
        tenancy: Tenancy::Host,
        ..linux("us-east-1", "m5.large")
    };
    assert!(
        book.on_demand(host)
            .unwrap_err()
            .to_string()
            .contains("Dedicated Host")
    );
}

/// Dedicated hardware: what was read in Ireland is shown as read, elsewhere and for other platforms it is estimated.
#[test]
fn dedicated_prices_that_were_read_say_so() {
    let book = PriceBook::builtin();
    let region: Region = "eu-west-1".parse().unwrap();
    let dedicated = |what: Product| Product {
        tenancy: Tenancy::Dedicated,
        ..what
    };
    let mut found = 0;
    for row in table("dedicated-tenancy", region).unwrap().rows {
        let what = linux("eu-west-1", &row[0]);
        let [shared, read]: [Decimal; 2] = [1, 2].map(|at| row[at].parse().unwrap());
        match book.on_demand(what) {
            Ok(price) if price.value.to_decimal() == shared => {}
            _ => continue,
        }
        let price = book.on_demand(dedicated(what)).unwrap();
        assert_eq!(price.value.to_decimal(), read, "{what}");
        assert_eq!(price.provenance.basis, Basis::Observed, "{what}");
        assert_eq!(&*price.provenance.source, "ec2-ireland-2023-02");
        found += 1;
    }
    // Of 578 rows two types are no longer listed and two have another price today.
    assert_eq!(found, 574);
    let windows = Product {
        platform: "windows".parse().unwrap(),
        ..linux("eu-west-1", "m5.large")
    };
    for estimated in [linux("us-east-1", "m5.large"), windows] {
        let price = book.on_demand(dedicated(estimated)).unwrap();
        assert!(matches!(price.provenance.basis, Basis::Estimated { .. }));
    }
}

/// Windows under the customer's licence costs what Linux costs.
#[test]
fn bring_your_own_licence_is_priced_as_linux() {
    let book = PriceBook::builtin();
    let own = Product {
        platform: "windows-byol".parse().unwrap(),
        ..linux("us-east-1", "m5.large")
    };
    let found = book.on_demand(own).unwrap();
    assert_eq!(found.value.to_decimal(), dec!(0.096));
    assert_eq!(found.provenance.basis, Basis::Rule("byol-as-linux".into()));
}
