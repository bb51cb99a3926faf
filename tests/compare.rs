//! `bursar compare`: a story whose totals are worked out by hand, changes that commute, nothing compared with nothing.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use assert_cmd::Command;
use bursar::billing::{ServiceSettings, Settings, bill, service_bill};
use bursar::catalog::Account;
use bursar::commitment::Portfolio;
use bursar::demand::{Demand, Labels, ServiceDemand, ServiceKey};
use bursar::prices::PriceBook;
use bursar::scenario::{Case, CostSettings, Costs, Kind, Scenario, read_network, read_scenario};
use bursar::units::Money;
use proptest::prelude::*;
use rust_decimal::{Decimal, dec};

use crate::properties;
use crate::shared::book;

const STORY: &str = "examples/05-what-if";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn bursar(arguments: &[&str]) -> std::process::Output {
    Command::cargo_bin("bursar")
        .unwrap()
        .current_dir(root())
        .args(arguments)
        .output()
        .unwrap()
}

/// Totals by scenario, of the CSV.
fn totals(output: &std::process::Output) -> BTreeMap<String, Decimal> {
    let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        (row[0].to_owned(), row[1].parse().unwrap())
    });
    rows.collect()
}

/// The story with scenarios of a text each; gives their totals.
fn story(scenarios: &[&str], more: &[&str]) -> BTreeMap<String, Decimal> {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments: Vec<String> = ["compare", "examples/05-what-if/usage", "--own"]
        .map(str::to_owned)
        .to_vec();
    arguments.push(format!("{STORY}/portfolio.toml"));
    for (index, text) in scenarios.iter().enumerate() {
        let path = folder.path().join(format!("s{index}.toml"));
        fs::write(&path, text).unwrap();
        arguments.push(path.display().to_string());
    }
    arguments.extend(["--format", "csv"].map(str::to_owned));
    arguments.extend(more.iter().map(ToString::to_string));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = bursar(&arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    totals(&output)
}

/// One change of the story; what it costs more than the base.
fn difference(change: &str) -> Decimal {
    let totals = story(&[&format!("name = \"it\"\n{change}")], &[]);
    totals["it"] - totals["base"]
}

#[test]
fn the_story_is_what_its_readme_works_out() {
    let files = ["graviton", "one-nat", "endpoints", "office-hours", "seoul"];
    let files: Vec<String> = files
        .iter()
        .map(|name| format!("{STORY}/{name}.toml"))
        .collect();
    let (usage, own) = (format!("{STORY}/usage"), format!("{STORY}/portfolio.toml"));
    let mut arguments = vec!["compare", &usage, "--own", &own, "--format", "csv"];
    arguments.extend(files.iter().map(String::as_str));
    let found = totals(&bursar(&arguments));
    // Each derived in the README.
    let wanted = [
        ("base", dec!(1889.472)),
        ("shop on Graviton", dec!(1789.4784)),
        ("one NAT gateway", dec!(1908.992)),
        ("S3 endpoint", dec!(1727.472)),
        ("developers by day", dec!(1640.64)),
        ("all in Seoul", dec!(3083.20)),
    ];
    assert_eq!(
        found,
        wanted.map(|(name, total)| (name.to_owned(), total)).into()
    );
    let readme = fs::read_to_string(root().join(STORY).join("README.md")).unwrap();
    assert!(readme.contains("**1,889.472**") && readme.contains("**3,083.20**"));
}

#[test]
fn the_storys_usage_is_as_even_as_it_says() {
    let mut text = String::from("hour,account,region,instance_type,tag:team,count\n");
    let hours = (1..=28).flat_map(|day| (0..24).map(move |of_day| (day, of_day)));
    for (day, of_day) in hours {
        for (instance_type, team, count) in [("m5.xlarge", "shop", 10), ("m5.large", "dev", 6)] {
            writeln!(
                text,
                "2026-02-{day:02}T{of_day:02}:00Z,111122223333,us-east-1,{instance_type},{team},{count}"
            )
            .unwrap();
        }
    }
    let committed = fs::read_to_string(root().join(STORY).join("usage/instances.csv")).unwrap();
    assert!(text == committed);
}

#[test]
fn every_kind_of_change_costs_what_the_sum_says() {
    for (change, wanted) in [
        // 14 of 28 days at 5 % less: half of 1,032.192 x 0.05.
        (
            "[[change]]\ndo='price'\nby='-5%'\nfamily='m5'\nfrom='2026-02-15'",
            dec!(-25.8048),
        ),
        // 270 x 0.10.
        (
            "[[change]]\ndo='price'\nby='+10%'\nitem='nat-gateway-gb'",
            dec!(27),
        ),
        // 6 x 672 x (2 x 0.04048 + 8 x 0.004445) = 469.80864 more; the shop takes the reserved hours, so that
        // 6 x 0.096 x 672 = 387.072 of On-Demand go.
        (
            "[[change]]\ndo='fargate'\ntag='team=dev'\nvcpu=2\nmemory_gb=8",
            dec!(82.73664),
        ),
        // 2 x r7g.large at 0.1071 for 672 hours, and 100 GB at 0.01 at both ends.
        (
            "[[change]]\ndo='add'\nregion='us-east-1'\ninstance_type='r7g.large'\ncount=2\n\
             [[change]]\ndo='transfer'\nregion='us-east-1'\nto_region='other-az'\ngb_a_month=100",
            dec!(145.9424),
        ),
        // Without its 406.56 all of 2.496 x 672 = 1,677.312 is On-Demand, 645.12 more.
        ("[[change]]\ndo='expire'\nid='ri-m5'", dec!(238.56)),
        // The same for the second half of the window.
        (
            "[[change]]\ndo='expire'\nid='ri-m5'\nfrom='2026-02-15'",
            dec!(119.28),
        ),
        // 90.72 + 270 go; 4 addresses for 672 hours at 0.005.
        (
            "[[change]]\ndo='nat'\ntopology='none'\ngateways=3\npublic_ipv4=4",
            dec!(-347.28),
        ),
        // Two endpoints in three zones for 672 hours at 0.01, and 3,000 GB at 0.01 instead of 0.045.
        (
            "[[change]]\ndo='nat'\ntopology='endpoints'\ngateways=3\nazs=3\ninterface_share='50%'\ninterface_endpoints=2",
            dec!(-64.68),
        ),
        // A reserved hour is 5 x 0.192 = 0.96; of 2.496 x 1.1 = 2.7456 an hour 1.7856 is On-Demand: 0.2496 more.
        ("[[change]]\ndo='grow'\nby='10%'", dec!(167.7312)),
        // And a tenth of 90.72 + 270, and 110 GB more at 0.09: 36.072 + 9.9.
        (
            "[[change]]\ndo='grow'\nby='10%'\nservices=true",
            dec!(213.7032),
        ),
        // m5.2xlarge at twice the price for half the hours.
        (
            "[[change]]\ndo='resize'\ninstance_type='m5.xlarge'\nto_type='m5.2xlarge'\nratio='0.5'",
            dec!(0),
        ),
    ] {
        assert_eq!(difference(change), wanted, "{change}");
    }
}

#[test]
fn a_purchase_is_billed_as_if_it_were_owned() {
    let plan = "[[change]]\ndo = \"buy\"\n[[change.savings_plan]]\nid = \"sp\"\naccount = \"111122223333\"\n\
                type = \"compute-sp\"\nterm = \"1yr\"\npayment_option = \"no-upfront\"\ncommitment = \"0.5\"\n\
                start = \"2026-02-01T00:00Z\"\n";
    let folder = tempfile::tempdir().unwrap();
    let owned = folder.path().join("own.toml");
    let portfolio = fs::read_to_string(root().join(STORY).join("portfolio.toml")).unwrap();
    let (_, table) = plan.split_once("[[change.").unwrap();
    fs::write(&owned, format!("{portfolio}\n[[{table}")).unwrap();
    let bought = story(&[&format!("name = \"bought\"\n{plan}")], &[])["bought"];
    let usage = format!("{STORY}/usage");
    let owned = owned.display().to_string();
    let output = bursar(&[
        "compare",
        &usage,
        "--own",
        &owned,
        "--sweep",
        "grow=0..0%:1%",
        "--format",
        "csv",
    ]);
    assert_eq!(totals(&output)["base"], bought);
}

#[test]
fn a_sweep_is_its_single_runs() {
    let swept = story(&[], &["--sweep", "shrink=0..50%:12.5%"]);
    assert_eq!(swept.len(), 6);
    for percent in ["12.5", "25", "37.5", "50"] {
        let single = difference(&format!("[[change]]\ndo='shrink'\nby='{percent}%'"));
        assert_eq!(swept[&format!("shrink {percent}%")] - swept["base"], single);
    }
    assert_eq!(swept["shrink 0%"], swept["base"]);
}

#[test]
fn the_best_mix_is_no_dearer_than_what_is_owned() {
    let folder = tempfile::tempdir().unwrap();
    let chart = folder.path().join("chart.png");
    let chart = chart.display().to_string();
    let usage = format!("{STORY}/usage");
    let own = format!("{STORY}/portfolio.toml");
    let output = bursar(&[
        "compare",
        &usage,
        "--own",
        &own,
        "--sweep",
        "shrink=0..40%:20%",
        "--reoptimize",
        "--format",
        "json",
        "--chart",
        &chart,
    ]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = document["scenarios"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    for row in rows.iter().chain([&document["base"]]) {
        let number =
            |value: &serde_json::Value| value.as_str().unwrap().parse::<Decimal>().unwrap();
        assert!(
            number(&row["best_mix"]["total"]) < number(&row["total"]),
            "{row}"
        );
        assert!(!row["best_mix"]["purchases"].as_array().unwrap().is_empty());
    }
    assert!(fs::read(&chart).unwrap().starts_with(b"\x89PNG"));
}

#[test]
fn a_limit_that_is_passed_is_exit_code_3_after_the_table() {
    let (usage, own) = (format!("{STORY}/usage"), format!("{STORY}/portfolio.toml"));
    let nat = format!("{STORY}/one-nat.toml");
    let run = |limit: &str| {
        let output = bursar(&[
            "compare",
            &usage,
            "--own",
            &own,
            &nat,
            "--fail-if-over",
            limit,
        ]);
        assert!(!output.stdout.is_empty());
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    // 19.52 of 1,889.472 is 1.0331 %.
    assert_eq!(run("1.1%").0, Some(0));
    assert_eq!(run("19.52").0, Some(0));
    let (code, said) = run("1%");
    assert_eq!(code, Some(3));
    assert_eq!(
        said,
        "error: `one NAT gateway` costs $19.52 (+1.0 %) more than the base; --fail-if-over allows 1 %\n"
    );
    assert_eq!(run("19.51").0, Some(3));
}

#[test]
fn network_ways_and_their_break_even_are_those_of_the_readme() {
    let file = format!("{STORY}/network.toml");
    let output = bursar(&["compare", "--network", &file, "--format", "json"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let way = |flow: &str, path: &str| {
        let flows = document["flows"].as_array().unwrap();
        let flow = flows.iter().find(|own| own["name"] == flow).unwrap();
        let ways = flow["ways"].as_array().unwrap();
        ways.iter().find(|way| way["path"] == path).unwrap().clone()
    };
    for (flow, path, cost) in [
        ("images to S3", "gateway-endpoint", "0.00"),
        // 32.85 + 400 x 0.045 + 2 / 3 x 400 x 0.02 = 32.85 + 18 + 5.3333.
        ("images from ECR", "nat-one", "56.1833333333"),
        ("images from ECR", "nat-per-az", "116.55"),
        ("images from ECR", "interface-endpoint", "25.90"),
        ("updates and partners", "public-ipv4", "58.40"),
        ("data warehouse", "peering", "50.00"),
        ("data warehouse", "transit-gateway", "173.00"),
        ("data warehouse", "interface-endpoint", "71.90"),
    ] {
        assert_eq!(way(flow, path)["cost_a_month"], cost, "{flow} {path}");
    }
    let endpoint = way("images from ECR", "interface-endpoint");
    assert_eq!(endpoint["beats_nat_that_stays"]["from_gb"], "625.72");
    assert_eq!(endpoint["beats_nat_per_az"]["from_gb"], "0");
    let charge = &endpoint["charges"][0];
    assert_eq!(charge["price"], "0.01 a hour");
    assert!(charge["source"].is_string() && charge["as_of"].is_string());
    let layouts = document["layouts"].as_array().unwrap();
    let totals: Vec<&str> = layouts
        .iter()
        .map(|own| own["cost_a_month"].as_str().unwrap())
        .collect();
    // None; one: 32.85 + 0 + 23.3333 + 58.40 + 50; in each zone: 98.55 + 0 + 18 + 58.40 + 50.
    assert_eq!(totals, ["134.30", "164.5833333333", "224.95"]);
}

#[test]
fn more_gigabytes_make_the_break_even_smaller_per_zone() {
    // 21.90 / 0.035 for three zones; 7.30 / 0.035 = 208.571... for one.
    let text = "region = \"us-east-1\"\nazs = 1\n[[flow]]\nname = \"a\"\nto = \"aws-service\"\ngb_a_month = 0\n";
    let network = read_network(text, "n.toml").unwrap();
    let book = book();
    let routed = network.route(book);
    let endpoint = routed[0]
        .way(bursar::scenario::Path::InterfaceEndpoint)
        .unwrap();
    let nat = routed[0].way(bursar::scenario::Path::NatPerZone).unwrap();
    assert_eq!(
        bursar::scenario::break_even(endpoint, &nat.without_hours()),
        bursar::scenario::BreakEven::From(dec!(208.58))
    );
    assert_eq!(
        bursar::scenario::break_even(&nat.without_hours(), endpoint),
        bursar::scenario::BreakEven::Never
    );
}

fn settings() -> CostSettings {
    CostSettings {
        billing: Settings {
            allow_unpriced: true,
            ..Settings::default()
        },
        services: ServiceSettings::default(),
    }
}

fn scenario(changes: &str) -> Scenario {
    read_scenario(changes, "s.toml", "s", &|declared| Ok(declared.portfolio)).unwrap()
}

/// NAT gateways and data of the first day, beside a demand.
fn services(amount: u32) -> ServiceDemand {
    let mut services = ServiceDemand::default();
    for (item, scale) in [
        ("nat-gateway-hour", 1),
        ("nat-gateway-gb", 7),
        ("internet-egress-gb", 3),
    ] {
        let key = ServiceKey {
            account: Account::new("111111111111"),
            region: properties::virginia(),
            item: item.parse().unwrap(),
            labels: Labels::default(),
        };
        let units = i128::from(amount) * scale * 1_000_000_000_000;
        services.add(key, properties::start(), units);
    }
    services
}

fn costs(case: &Case, book: &PriceBook) -> Costs {
    case.cost(book, settings()).unwrap()
}

fn sum_of(demand: &Demand) -> u64 {
    demand
        .rows()
        .flat_map(|(_, row)| row)
        .map(|&s| u64::from(s))
        .sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// compare(base, base) = 0 everywhere, and the base is what `bill` says.
    #[test]
    fn nothing_changed_costs_the_same(
        rows in properties::usage(), portfolio in properties::portfolio(), amount in 0..5_000_u32,
    ) {
        let book = book();
        let demand = properties::demand(&rows);
        let used = services(amount);
        let base = Case::new(&demand, used.clone(), portfolio.clone());
        let same = Scenario::base().apply(&base, book).unwrap();
        prop_assert_eq!(&same, &base);
        prop_assert_eq!(&base.demand().unwrap(), &demand);
        let found = costs(&same, book);
        let plain = bill(&demand, &portfolio, book, settings().billing).unwrap();
        let beside = service_bill(&used, book, ServiceSettings::default());
        prop_assert_eq!(found.total(), plain.total() + beside.total());
        prop_assert_eq!(found.by_kind[&Kind::OnDemand], plain.on_demand_cost());
        prop_assert_eq!(found.bills, [plain]);
    }

    /// Two changes are one after the other; where they are of different usage, in either order.
    #[test]
    fn changes_of_different_usage_commute(
        rows in properties::usage(), portfolio in properties::portfolio(), amount in 1..5_000_u32,
    ) {
        let book = book();
        let demand = properties::demand(&rows);
        let has = |family: &str| demand.keys().iter().any(|key| key.instance_type.family().as_str() == family);
        prop_assume!(has("m5") && has("c5"));
        let base = Case::new(&demand, services(amount), portfolio);
        let one = "[[change]]\ndo = \"shrink\"\nfamily = \"m5\"\nby = \"13.7%\"\n";
        let other = "[[change]]\ndo = \"grow\"\nfamily = \"c5\"\nby = \"31%\"\n\
                     [[change]]\ndo = \"nat\"\ntopology = \"one\"\ngateways = 3\nazs = 3\n";
        let both = scenario(&format!("{one}{other}")).apply(&base, book).unwrap();
        let after = scenario(other).apply(&scenario(one).apply(&base, book).unwrap(), book).unwrap();
        let turned = scenario(&format!("{other}{one}")).apply(&base, book).unwrap();
        prop_assert_eq!(&both, &after);
        prop_assert_eq!(&both, &turned);
        prop_assert_eq!(costs(&both, book), costs(&turned, book));
    }

    /// A percentage is rounded once a key, and what moves is neither lost nor made.
    #[test]
    fn shares_keep_their_sum(rows in properties::usage(), hundredths in 1..10_000_u32) {
        let book = book();
        let demand = properties::demand(&rows);
        let base = Case::new(&demand, ServiceDemand::default(), Portfolio::default());
        let percent = Decimal::new(hundredths.into(), 2);
        let shrunk = scenario(&format!("[[change]]\ndo = \"shrink\"\nby = \"{percent}%\"\n"));
        let shrunk = shrunk.apply(&base, book).unwrap().demand().unwrap();
        for (index, key) in demand.keys().iter().enumerate() {
            let place = shrunk.keys().iter().position(|own| own == key).unwrap();
            let sum = |seconds: &[u32]| seconds.iter().map(|&s| u64::from(s)).sum::<u64>();
            let (before, after) = (sum(demand.seconds(index)), sum(shrunk.seconds(place)));
            // To the nearest second of before x (10,000 - hundredths) / 10,000.
            let exact = before * u64::from(10_000 - hundredths);
            prop_assert!((exact.abs_diff(after * 10_000)) * 2 <= 10_000, "{exact} {after}");
        }
        let usable = demand.keys().iter().any(|key| key.market == bursar::demand::Market::OnDemand);
        prop_assume!(usable);
        let spot = scenario(&format!("[[change]]\ndo = \"spot\"\nshare = \"{percent}%\"\n"));
        if let Ok(moved) = spot.apply(&base, book) {
            let moved = moved.demand().unwrap();
            prop_assert_eq!(sum_of(&moved), sum_of(&demand));
            for hour in 0..demand.span().len() {
                let of = |demand: &Demand| demand.rows().map(|(_, row)| u64::from(row[hour])).sum::<u64>();
                prop_assert_eq!(of(&moved), of(&demand));
            }
        }
    }

    /// Shrinking never costs more, growing never less, and what is owned is paid for in any case.
    #[test]
    fn less_usage_costs_no_more(
        rows in properties::usage(), portfolio in properties::portfolio(), percent in 1..100_u32,
    ) {
        let book = book();
        let base = Case::new(&properties::demand(&rows), ServiceDemand::default(), portfolio);
        let change = |what: &str| {
            let text = format!("[[change]]\ndo = \"{what}\"\nby = \"{percent}%\"\n");
            costs(&scenario(&text).apply(&base, book).unwrap(), book)
        };
        let (less, same, more) = (change("shrink"), costs(&base, book), change("grow"));
        prop_assert!(less.total() <= same.total() && same.total() <= more.total());
        for kind in [Kind::ReservedInstances, Kind::SavingsPlans] {
            prop_assert_eq!(less.by_kind[&kind], more.by_kind[&kind]);
        }
        prop_assert!(less.by_kind.values().all(|cost| *cost >= Money::ZERO));
    }
}

#[test]
fn every_scenario_file_of_the_story_is_read() {
    for entry in fs::read_dir(root().join(STORY)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let is_scenario = path.extension().is_some_and(|end| end == "toml");
        if !is_scenario || ["portfolio.toml", "network.toml"].contains(&name.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let read = read_scenario(&text, &name, "s", &|declared| Ok(declared.portfolio)).unwrap();
        assert_eq!(read.changes.len(), 1, "{name}");
    }
}
