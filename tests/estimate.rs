//! `bursar estimate`: AWS's calculator, estates added up by hand, what users see of them, and what must always hold.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod flows;
mod options;
mod properties;

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use bursar::billing::ServiceSettings;
use bursar::estate::{Estate, Month, read_estate, read_usage};
use bursar::estimate::{Snapshot, change, estimate};
use bursar::units::Money;
use rust_decimal::{Decimal, dec};
use serde_json::Value;

use crate::errors::bless;
use crate::shared::{book, shared};

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

/// The lines, quantities and costs that a peer prints for two NAT gateways, one with a usage file.
#[test]
fn nat_gateways_as_a_peer_prints_them() {
    let Some(path) = shared("usage/infracost/nat_gateway_test.json") else {
        return;
    };
    let text = fs::read_to_string(path).unwrap();
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
    estimate(estate, book(), Month::Average, ServiceSettings::default())
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

/// Tiers of provisioned IOPS count one volume's: 40,000 IOPS of io2 in us-east-1 are 32,000 x 0.065 + 8,000 x 0.0455
/// = 2,444, and two such volumes cost twice that, not the tiers of 80,000.
#[test]
fn iops_count_by_the_volume() {
    let cost = |count: &str| {
        let text = format!(
            "region = \"us-east-1\"\n[[volume]]\nname = \"v\"\nkind = \"io2\"\ngb = 0\niops = 40000\ncount = {count}\n"
        );
        let found = priced(&read_estate(&text, "e", Month::Average).unwrap());
        found.totals().known.to_decimal(10).normalize()
    };
    assert_eq!([cost("1"), cost("2")], [dec!(2444), dec!(4888)]);
}

/// A slot in use is paid with its instance; a share of Spot above a base; a group's disks come and go with it.
#[test]
fn quantities_of_groups_and_slots() {
    let text = "region = \"us-east-1\"\n\
        [[capacity_reservation]]\nname = \"slots\"\ntype = \"m7i.large\"\nslots = 10\nused = 7.5\n\
        [[instances]]\nname = \"mixed\"\ntype = \"m7i.large\"\ncount = 10\non_demand_base = 2\nspot_share = \"75%\"\n\
        [[instances]]\nname = \"group\"\ntype = \"m7i.large\"\nvolumes = [{ kind = \"gp3\", gb = 10 }]\n\
        [instances.scaling]\nmin = 2\nmax = 6\nschedule = [{ at = \"0 6 * * *\", count = 6 }, { at = \"0 12 * * *\", count = 2 }]\n\
        [[instances]]\nname = \"stopped\"\ntype = \"m7i.large\"\nmonthly_hours = 73\nvolumes = [{ kind = \"gp3\", gb = 10 }]\n";
    let found = Snapshot::of(&priced(&read_estate(text, "e", Month::Average).unwrap()));
    let quantities = |address: &str| {
        let resource = found
            .resources
            .iter()
            .find(|resource| resource.address == address)
            .unwrap();
        let lines = resource.components.iter();
        lines
            .map(|line| line.monthly_quantity.unwrap())
            .collect::<Vec<_>>()
    };
    // 2.5 idle slots; 2 + 8 x 25 % = 4 On-Demand and 6 Spot; 6 x 6 h + 2 x 18 h = 72 a day are 3 on average.
    assert_eq!(quantities("slots"), [dec!(1825)]);
    assert_eq!(quantities("mixed"), [dec!(2920), dec!(4380)]);
    assert_eq!(quantities("group"), [dec!(2190), dec!(30)]);
    assert_eq!(quantities("stopped"), [dec!(73), dec!(10)]);
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
