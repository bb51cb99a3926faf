//! `bursar estimate`: AWS's calculator, estates added up by hand, what users see of them, and what must always hold.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use bursar::billing::ServiceSettings;
use bursar::catalog::{
    InstanceType, OfferingClass, PaymentOption, Platform, Region, SavingsPlanKind, Tenancy, Term,
};
use bursar::estate::{
    Amount, Band, Estate, Flow, Month, Place, Resource, Spec, read_estate, read_usage,
};
use bursar::estimate::{Cost, Fleet, Snapshot, Way, change, estimate, options};
use bursar::prices::{Basis, GivenRate, Offer, PriceBook, Product, Provenance};
use bursar::units::{Money, Rate};
use proptest::prelude::*;
use rust_decimal::{Decimal, dec};
use serde_json::Value;

use crate::errors::bless;

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

/// Each `calculator_*` example of AWS's Pricing Calculator: what its page printed is what the option says.
#[test]
fn the_calculators_figures() {
    let mut seen = 0;
    for entry in fs::read_dir(project("tests/vectors")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.starts_with("calculator_") && name.ends_with("json") {
            let example = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            calculator(&example);
            seen += 1;
        }
    }
    assert_eq!(seen, 6);
}

fn calculator(example: &Value) {
    let inputs = &example["inputs"];
    let product = Product {
        region: inputs["region"].as_str().unwrap().parse().unwrap(),
        instance_type: inputs["instance_type"].as_str().unwrap().parse().unwrap(),
        platform: inputs["operating_system"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap(),
        tenancy: Tenancy::Shared,
    };
    let offer = offer(inputs);
    let price = |name: &str| inputs.get(name).map(decimal);
    let mut rates = Vec::new();
    if let Some(on_demand) = price("on_demand_hourly") {
        rates.push(given(product, Offer::OnDemand, dec!(0), on_demand));
    }
    if offer != Offer::OnDemand {
        let hourly = price("sp_rate").or(price("hourly")).unwrap();
        rates.push(given(
            product,
            offer,
            price("upfront").unwrap_or_default(),
            hourly,
        ));
    }
    let book = PriceBook::from_rates("calculator", rates).unwrap();
    let fleet = Fleet {
        product,
        count: 1,
        hours: decimal(&inputs["hours_per_month"]),
    };
    let options = options(&book, fleet);
    let choice = options
        .choices
        .iter()
        .find(|choice| choice.way == Way::Offer(offer))
        .unwrap();
    let dollars = |money: Money| money.to_decimal(10).normalize();
    for (figure, expected) in example["expected"].as_object().unwrap() {
        let expected = decimal(expected);
        let found = match figure.as_str() {
            "upfront" => dollars(choice.upfront),
            "monthly" => dollars(choice.paid_monthly),
            "normalized_monthly" => dollars(choice.monthly),
            "total_commitment" => dollars(choice.yearly),
            "hourly_after_upfront" => dollars(choice.paid_monthly) / fleet.hours,
            "breakeven_hours" => choice.break_even_hours.unwrap().round_dp(6),
            "breakeven_ratio" => {
                let ratio = choice.break_even_hours.unwrap() / fleet.hours;
                assert_eq!(ratio.round_dp(20), expected.round_dp(20));
                continue;
            }
            other => panic!("{other} is not known"),
        };
        assert_eq!(found, expected.normalize(), "{}: {figure}", example["name"]);
    }
}

fn offer(inputs: &Value) -> Offer {
    let Some(payment) = inputs["payment_option"].as_str() else {
        return Offer::OnDemand;
    };
    let payment: PaymentOption = payment.parse().unwrap();
    let term: Term = inputs["term"].as_str().unwrap().parse().unwrap();
    match inputs["sp_rate"].as_str() {
        Some(_) => Offer::SavingsPlan(SavingsPlanKind::Compute, term, payment),
        None => Offer::Reserved(OfferingClass::Standard, term, payment),
    }
}

fn given(product: Product, offer: Offer, upfront: Decimal, hourly: Decimal) -> GivenRate {
    GivenRate {
        product,
        offer,
        upfront: Money::from_decimal(upfront).unwrap(),
        hourly: Rate::from_decimal(hourly).unwrap(),
        provenance: Provenance {
            source: "AWS Pricing Calculator".into(),
            as_of: "2025-09-01".parse().unwrap(),
            basis: Basis::Observed,
        },
    }
}

/// Hosts are weighed against the instances they hold: 3 hosts of 24 m5.xlarge each hold 50 of them.
#[test]
fn hosts_break_even_by_the_instances_on_them() {
    let book = PriceBook::builtin();
    let product = Product {
        region: "us-east-1".parse().unwrap(),
        instance_type: "m5.xlarge".parse().unwrap(),
        platform: Platform::LINUX,
        tenancy: Tenancy::Shared,
    };
    let fleet = Fleet {
        product,
        count: 50,
        hours: dec!(730),
    };
    let options = options(&book, fleet);
    let of = |way| {
        options
            .choices
            .iter()
            .find(|choice| choice.way == way)
            .unwrap()
    };
    let reserved = of(Way::DedicatedHost(Some(Term::OneYear)));
    let on_demand = of(Way::Offer(Offer::OnDemand));
    // Where a month of hosts costs what so many hours of 50 instances do.
    let hours = reserved.monthly.to_decimal(10) / (on_demand.hourly.to_decimal(10) * dec!(50));
    assert!((reserved.break_even_hours.unwrap() - hours).abs() < dec!(0.000001));
    assert!(
        reserved
            .note
            .as_deref()
            .unwrap()
            .starts_with("3 of m5, 24 m5.xlarge")
    );
    let windows = Fleet {
        product: Product {
            platform: Platform::WINDOWS,
            ..product
        },
        ..fleet
    };
    let missing = bursar::estimate::options(&book, windows).missing;
    assert!(
        missing
            .iter()
            .any(|why| why.contains("pays for its licence")),
        "{missing:?}"
    );
}

/// With dedicated tenancy every way pays the region's two dollars an hour, Savings Plans too.
#[test]
fn dedicated_tenancy_pays_the_fee_of_the_region() {
    let product = Product {
        region: "us-east-1".parse().unwrap(),
        instance_type: "m5.xlarge".parse().unwrap(),
        platform: Platform::LINUX,
        tenancy: Tenancy::Dedicated,
    };
    let fleet = Fleet {
        product,
        count: 2,
        hours: dec!(100),
    };
    let options = options(&PriceBook::builtin(), fleet);
    let on_demand = options.on_demand().unwrap();
    let rate = on_demand.hourly.to_decimal(10);
    assert_eq!(
        on_demand.monthly.to_decimal(10),
        rate * dec!(200) + dec!(200)
    );
    let plan = options.choices.iter().find(|choice| {
        matches!(
            choice.way,
            Way::Offer(Offer::SavingsPlan(
                _,
                Term::OneYear,
                PaymentOption::NoUpfront
            ))
        )
    });
    let plan = plan.unwrap();
    let expected = plan.hourly.to_decimal(10) * dec!(1460) + dec!(200);
    assert_eq!(plan.monthly.to_decimal(10), expected);
}

/// The lines, quantities and costs that a peer prints for two NAT gateways, one with a usage file.
#[test]
fn nat_gateways_as_a_peer_prints_them() {
    let path = project("../shared/usage/infracost/nat_gateway_test.json");
    let Ok(text) = fs::read_to_string(path) else {
        println!("skipped: the peer's figures are not here");
        return;
    };
    let peer: Value = serde_json::from_str(&text).unwrap();
    let file = "region = \"us-east-1\"\n\
        [[nat_gateway]]\nname = \"aws_nat_gateway.nat\"\npublic_ipv4 = 0\n\
        [[nat_gateway]]\nname = \"aws_nat_gateway.nat_withUsage\"\npublic_ipv4 = 0\n";
    let mut estate = read_estate(file, "estate.toml", Month::Average).unwrap();
    let usage = "[\"aws_nat_gateway.nat_withUsage\"]\nmonthly_gb = 100\n";
    read_usage(usage, "usage.toml")
        .unwrap()
        .fill(&mut estate)
        .unwrap();
    let found = Snapshot::of(&priced(&estate));
    let mut compared = 0;
    for resource in peer["expected"].as_array().unwrap() {
        let ours = found
            .resources
            .iter()
            .find(|ours| ours.address == resource["resource"])
            .unwrap();
        let lines = resource["components"].as_array().unwrap();
        assert_eq!(ours.components.len(), lines.len());
        for (ours, line) in ours.components.iter().zip(lines) {
            assert_eq!(ours.name, line["name"]);
            if line["depends_on_usage"].is_string() {
                assert!(ours.depends_on_usage && ours.monthly_cost.is_none());
                assert_eq!(ours.unit_prices[0].price, dec!(0.045));
            } else {
                assert_eq!(
                    ours.monthly_quantity,
                    Some(decimal(&line["monthly_quantity"]))
                );
                assert_eq!(ours.unit, line["unit"]);
                let cost = ours.monthly_cost.unwrap();
                assert_eq!(cost, decimal(&line["monthly_cost_usd"]).normalize());
            }
            compared += 1;
        }
    }
    assert_eq!(compared, 4);
    assert_eq!(
        found.total_monthly_cost,
        decimal(&peer["overall_total_usd"]).normalize()
    );
}

fn priced(estate: &Estate) -> bursar::estimate::Estimate {
    estimate(
        estate,
        &PriceBook::builtin(),
        Month::Average,
        ServiceSettings::default(),
    )
}

/// The totals that `examples/estates/README.md` adds up by hand.
#[test]
fn the_estates_of_the_examples() {
    let total = |file: &str| {
        let text = fs::read_to_string(project("examples/estates").join(file)).unwrap();
        let estate = read_estate(&text, file, Month::Average).unwrap();
        Snapshot::of(&priced(&estate))
    };
    let hand = fs::read_to_string(project("examples/estates/README.md")).unwrap();
    for (file, sum, places) in [
        ("three-tier/estate.toml", "**1,575.477**", 3),
        ("batch-on-spot/estate.toml", "**660.1096**", 4),
        ("active-passive/estate.toml", "**7,798.0190**", 4),
    ] {
        assert!(hand.contains(sum), "{sum}");
        let sum: Decimal = sum.replace(['*', ','], "").parse().unwrap();
        assert_eq!(
            total(file).total_monthly_cost.round_dp(places),
            sum,
            "{file}"
        );
    }
    let (two, one) = (
        total("three-tier/estate.toml"),
        total("three-tier/one-nat.toml"),
    );
    assert_eq!(one.total_monthly_cost - two.total_monthly_cost, dec!(-32.5));
    assert_eq!(change(&two, &one).len(), 2);
}

/// What a user sees of each example, byte for byte.
#[test]
fn what_is_shown_of_the_examples() {
    let three = "estimate examples/estates/three-tier";
    let batch = "estimate examples/estates/batch-on-spot/estate.toml";
    let diff = format!("{three}/one-nat.toml --diff examples/estates/three-tier/estate.toml");
    let cases = [
        ("three-tier.txt", format!("{three}/estate.toml")),
        (
            "three-tier-october.csv",
            format!("{three}/estate.toml --month 2026-10 --format csv"),
        ),
        ("one-nat.txt", diff.clone()),
        ("one-nat.md", format!("{diff} --format markdown")),
        ("one-nat.json", format!("{diff} --format json")),
        ("batch-on-spot.txt", batch.to_owned()),
        (
            "batch-with-usage.json",
            format!("{batch} --usage examples/estates/batch-on-spot/usage.toml --format json"),
        ),
        (
            "active-passive.txt",
            "estimate examples/estates/active-passive/estate.toml".to_owned(),
        ),
        (
            "m7i.xlarge.txt",
            "estimate m7i.xlarge --count 4 --region ap-northeast-2 --os linux --hours 730"
                .to_owned(),
        ),
        (
            "m5.xlarge.json",
            "estimate m5.xlarge --count 50 --hours 400 --format json".to_owned(),
        ),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(name, command)| shown(name, command))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn shown(name: &str, command: &str) -> Option<String> {
    let output = run(command);
    assert!(
        output.status.success(),
        "{command}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let found = String::from_utf8(output.stdout).unwrap();
    let path = project("tests/goldens/estimate").join(name);
    if bless() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &found).unwrap();
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    (found != wanted).then(|| format!("{name}: expected\n{wanted}\nfound\n{found}"))
}

fn run(command: &str) -> std::process::Output {
    Command::cargo_bin("bursar")
        .unwrap()
        .current_dir(project(""))
        .args(command.split_whitespace())
        .output()
        .unwrap()
}

/// The JSON of an estimate is what a later one is compared with: nothing changes but what changes.
#[test]
fn an_estimate_is_compared_with_its_own_json() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("old.json");
    let batch = "estimate examples/estates/batch-on-spot/estate.toml";
    let json = run(&format!("{batch} --format json"));
    fs::write(&old, json.stdout).unwrap();
    let same = run(&format!(
        "{batch} --diff {} --fail-if-over 0%",
        old.display()
    ));
    assert_eq!(same.status.code(), Some(0));
    assert!(
        String::from_utf8(same.stdout)
            .unwrap()
            .contains("Nothing changed.")
    );
    // Typical use makes 664.81: usage of 673.91 is 9.10 more, and 1.4 %.
    let usage = "--usage examples/estates/batch-on-spot/usage.toml";
    let judged = |limit: &str| {
        let output = run(&format!(
            "{batch} {usage} --diff {} --fail-if-over {limit}",
            old.display()
        ));
        assert!(!output.stdout.is_empty());
        output.status.code()
    };
    assert_eq!([judged("9.11"), judged("9.09")], [Some(0), Some(3)]);
    assert_eq!([judged("1.4%"), judged("1.3%")], [Some(0), Some(3)]);
    let alone = |limit: &str| {
        run(&format!("{batch} --fail-if-over {limit}"))
            .status
            .code()
    };
    assert_eq!([alone("664.82"), alone("664.80")], [Some(0), Some(3)]);
}

/// What has no price is named and in no total, never nothing.
#[test]
fn what_has_no_price_stays_out_of_the_total() {
    let text = "region = \"eu-west-3\"\n\
        [[instances]]\nname = \"model\"\ntype = \"p5.48xlarge\"\n\
        [[instances]]\nname = \"web\"\ntype = \"m7i.large\"\n\
        [[fargate]]\nname = \"job\"\nvcpu = 1\nmemory_gb = 2\nspot_share = \"50%\"\n";
    let estate = read_estate(text, "estate.toml", Month::Average).unwrap();
    let found = priced(&estate);
    let totals = found.totals();
    assert_eq!(
        (totals.unpriced, totals.not_covered, totals.open),
        (1, 1, 0)
    );
    let known = |address: &str| {
        let resource = found
            .resources
            .iter()
            .find(|resource| resource.address == address);
        resource.unwrap().totals().known
    };
    assert_eq!(known("model"), Money::ZERO);
    assert_eq!(totals.known, known("web") + known("job"));
    assert!(found.unpriced().next().unwrap().2.contains("p5.48xlarge"));
}

/// A Lambda function that nobody calls, an empty flow: nothing is a quantity like any other.
#[test]
fn nothing_used_costs_nothing_and_is_known() {
    let text = "region = \"us-east-1\"\n\
        [[lambda]]\nname = \"idle\"\nmemory_mb = 128\nmonthly_requests = 0\n\
        [[flow]]\nfrom = \"us-east-1\"\nto = \"internet\"\nmonthly_gb = 0\n";
    let found = priced(&read_estate(text, "estate.toml", Month::Average).unwrap());
    let totals = found.totals();
    assert_eq!((totals.known, totals.open), (Money::ZERO, 0));
}

fn flow(name: usize, region: Region, gb: Amount) -> Resource {
    Resource {
        address: format!("flow {name}"),
        kind: "flow".into(),
        region,
        zone: None,
        tags: std::collections::BTreeMap::new(),
        spec: Spec::Flow(Flow {
            from: Place::Region(region),
            to: Place::Internet,
            via: None,
            gb,
        }),
    }
}

fn estate_of(flows: impl IntoIterator<Item = (Region, Amount)>) -> Estate {
    let flows = flows.into_iter().enumerate();
    Estate {
        resources: flows
            .map(|(name, (region, gb))| flow(name, region, gb))
            .collect(),
        doubts: Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Tiers count the whole estate: how data is cut into flows, and their order, move no total.
    #[test]
    fn cutting_and_ordering_move_no_total(cuts in prop::collection::vec(0_u32..40_000, 1..6)) {
        let region: Region = "eu-central-1".parse().unwrap();
        let total = |gb: &[u32]| {
            let flows = gb.iter().map(|gb| (region, Amount::Known((*gb).into())));
            priced(&estate_of(flows)).totals().known
        };
        let whole: u32 = cuts.iter().sum();
        let mut backwards = cuts.clone();
        backwards.reverse();
        prop_assert_eq!(total(&cuts), total(&[whole]));
        prop_assert_eq!(total(&cuts), total(&backwards));
    }

    /// A guess moves no known amount, and a guess that is stated costs what was guessed.
    #[test]
    fn guesses_move_nothing_that_is_known(known in 0_u32..30_000, low in 0_u32..20_000, more in 0_u32..20_000) {
        let region: Region = "us-east-1".parse().unwrap();
        let guess = Amount::Open(Band {
            low: Some(low.into()),
            typical: None,
            high: Some((low + more).into()),
        });
        // The guess comes first in the estate, and last in the meter.
        let both = priced(&estate_of([(region, guess), (region, Amount::Known(known.into()))]));
        let alone = priced(&estate_of([(region, Amount::Known(known.into()))]));
        prop_assert_eq!(both.totals().known, alone.totals().known);
        let stated = |gb: u32| {
            let amounts = [known, gb].map(|gb| (region, Amount::Known(gb.into())));
            priced(&estate_of(amounts)).totals().known
        };
        prop_assert_eq!(both.totals().guessed, [Some(stated(low)), None, Some(stated(low + more))]);
        let is_open = matches!(both.resources[0].lines[0].cost, Cost::Open([Some(_), None, Some(_)]));
        prop_assert!(is_open);
    }

    /// Twice as many instances cost twice as much under every way that is bought by the instance.
    #[test]
    fn options_grow_with_the_fleet(count in 1_u32..500, hours in 1_u32..730) {
        let book = PriceBook::builtin();
        let product = Product {
            region: "us-east-1".parse().unwrap(),
            instance_type: "c7g.large".parse::<InstanceType>().unwrap(),
            platform: Platform::LINUX,
            tenancy: Tenancy::Shared,
        };
        let of = |count| {
            let fleet = Fleet { product, count, hours: hours.into() };
            options(&book, fleet)
        };
        let (once, twice) = (of(count), of(count * 2));
        for (once, twice) in once.choices.iter().zip(&twice.choices) {
            if let Way::Offer(_) = once.way {
                prop_assert_eq!(once.monthly.times(2), twice.monthly);
                prop_assert_eq!(once.break_even_hours, twice.break_even_hours);
                prop_assert_eq!(once.break_even_month, twice.break_even_month);
            }
        }
    }
}
