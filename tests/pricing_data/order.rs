//! Prices that rules give are in order: commitments below On-Demand, longer and earlier paid ones below others,
//! sizes of a family in proportion, and each with its rules.

use std::collections::{BTreeMap, BTreeSet};

use bursar::catalog::{OfferingClass, PaymentOption, Region, SavingsPlanKind, Tenancy, Term};
use bursar::prices::{Basis, PriceBook, Product};
use rust_decimal::{Decimal, dec};

use super::{product, read};

/// A whole hour's cost under a commitment, in atoms, by class, term and payment option.
type Costs = BTreeMap<(OfferingClass, Term, PaymentOption), i128>;

fn reserved_costs(book: &PriceBook, what: Product) -> Costs {
    costs(|class, term, payment| {
        let price = book.reserved(what, class, term, payment).ok()?;
        Some(price.value.effective_hourly(term).atoms())
    })
}

fn plan_costs(book: &PriceBook, what: Product) -> Costs {
    costs(|class, term, payment| {
        let kind = match class {
            OfferingClass::Standard => SavingsPlanKind::Ec2Instance,
            OfferingClass::Convertible => SavingsPlanKind::Compute,
        };
        let price = book.savings_plan(what, kind, term, payment).ok()?;
        Some(price.value.for_one().atoms())
    })
}

fn costs(ask: impl Fn(OfferingClass, Term, PaymentOption) -> Option<i128>) -> Costs {
    let mut costs = Costs::new();
    for class in OfferingClass::ALL.iter().copied() {
        for term in Term::ALL.iter().copied() {
            for payment in PaymentOption::ALL.iter().copied() {
                let cost = ask(class, term, payment);
                costs.extend(cost.map(|cost| ((class, term, payment), cost)));
            }
        }
    }
    costs
}

/// Every commitment of every type for Linux, and of every tenth type for other platforms: cheaper than
/// On-Demand; All <= Partial <= No Upfront; three years not dearer than one.
#[test]
fn commitments_are_in_order() {
    let book = PriceBook::builtin();
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for region in Region::all() {
        for (index, instance_type) in book.sells(region).into_iter().enumerate() {
            let others = ["windows", "rhel", "suse", "linux+sql-std", "ubuntu-pro"];
            let others = others.iter().filter(|_| index % 10 == 0);
            for platform in ["linux"].iter().chain(others) {
                let what = product(region, instance_type, platform);
                let Ok(on_demand) = book.on_demand(what) else {
                    continue;
                };
                let on_demand = on_demand.value.for_one().atoms();
                for costs in [reserved_costs(&book, what), plan_costs(&book, what)] {
                    checked += costs.len();
                    wrong.extend(out_of_order(what, on_demand, &costs));
                }
            }
        }
    }
    assert!(checked > 400_000, "{checked}");
    assert!(
        wrong.is_empty(),
        "{} out of order:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn out_of_order(what: Product, on_demand: i128, costs: &Costs) -> Vec<String> {
    // What rounding can do to a small price: half a step of a hundredth of On-Demand.
    let slack = on_demand.div_euclid(200);
    let dearer = |cost: i128, other: Option<&i128>| other.is_some_and(|other| cost > other + slack);
    let mut wrong = Vec::new();
    for (&(class, term, payment), &cost) in costs {
        let before = match payment {
            PaymentOption::NoUpfront => None,
            PaymentOption::PartialUpfront => Some(PaymentOption::NoUpfront),
            PaymentOption::AllUpfront => Some(PaymentOption::PartialUpfront),
        };
        let before = before.and_then(|before| costs.get(&(class, term, before)));
        let shorter = costs.get(&(class, Term::OneYear, payment));
        if cost >= on_demand || dearer(cost, before) || dearer(cost, shorter) {
            wrong.push(format!(
                "{what}: {class} {term} {payment} {}",
                (cost * 1_000).div_euclid(on_demand)
            ));
        }
    }
    wrong
}

/// Families whose sizes do not cost in proportion to their normalization factors: accelerators come in other
/// numbers than vCPUs, hpc sizes are the same machine with cores off, u-6tb1.56xlarge has the whole memory.
const NOT_PROPORTIONAL: [&str; 17] = [
    "g4ad", "g4dn", "g5", "g5g", "g6", "g6e", "g6f", "g7e", "gr6", "hpc7a", "hpc7g", "inf1",
    "inf2", "p5", "u-6tb1", "x8i", "gr6f",
];

/// Within 1.6 %: AWS rounds the small sizes of m1, t2 and t4g by up to 1.5 %.
#[test]
fn sizes_of_a_family_cost_in_proportion() {
    let book = PriceBook::builtin();
    let mut checked = 0;
    for region in Region::all() {
        let mut by_family: BTreeMap<_, Vec<Decimal>> = BTreeMap::new();
        for instance_type in book.sells(region) {
            let Ok(found) = book.on_demand(product(region, instance_type, "linux")) else {
                continue;
            };
            let units = Decimal::from(instance_type.quarter_units().unwrap());
            if !instance_type.size().starts_with("metal") {
                let prices = by_family.entry(instance_type.family()).or_default();
                prices.push(found.value.to_decimal() / units);
            }
        }
        for (family, prices) in by_family {
            let (low, high) = (prices.iter().min().unwrap(), prices.iter().max().unwrap());
            let proportional = high / low < dec!(1.016);
            assert!(
                proportional || NOT_PROPORTIONAL.contains(&family.as_str()),
                "{family} in {region}: {low} to {high}"
            );
            checked += prices.len();
        }
    }
    assert!(checked > 20_000, "{checked}");
}

/// What is not observed names rules that rules.toml has, and an error where one of them is an estimate.
#[test]
fn every_basis_stands_in_the_rules() {
    let rules: toml::Table = read("rules.toml").parse().unwrap();
    let rules = rules["rules"].as_table().unwrap();
    for (id, rule) in rules {
        for key in ["title", "formula", "checked", "basis", "error_percent"] {
            assert!(!rule[key].as_str().unwrap().is_empty(), "{id} {key}");
        }
    }
    let book = PriceBook::builtin();
    let mut used = BTreeSet::new();
    let regions = [
        "us-east-1",
        "us-east-2",
        "eu-west-1",
        "ap-east-2",
        "us-west-2-lax-1",
    ];
    let platforms = ["linux", "windows", "windows-byol", "suse", "ubuntu-pro"];
    for (region, platform) in regions
        .iter()
        .flat_map(|r| platforms.iter().map(move |p| (r, p)))
    {
        let region: Region = region.parse().unwrap();
        for instance_type in book.sells(region).into_iter().step_by(3) {
            let shared = product(region, instance_type, platform);
            for what in [
                shared,
                Product {
                    tenancy: Tenancy::Dedicated,
                    ..shared
                },
            ] {
                let (kind, payment) = (SavingsPlanKind::Compute, PaymentOption::PartialUpfront);
                let Ok(found) = book.savings_plan(what, kind, Term::ThreeYears, payment) else {
                    continue;
                };
                used.extend(rules_of(rules, &found.provenance.basis, &what));
            }
        }
    }
    for region in regions.iter().map(|region| region.parse().unwrap()) {
        for item in book.items_under_savings_plans(region) {
            let found =
                book.service_savings_plan(region, &item, Term::OneYear, PaymentOption::AllUpfront);
            used.extend(rules_of(rules, &found.unwrap().provenance.basis, &item));
        }
    }
    // Not for a Convertible price, or not for these platforms.
    let unused: Vec<&String> = rules.keys().filter(|id| !used.contains(*id)).collect();
    assert_eq!(unused, ["other-regions-standard"]);
}

/// The rules that a basis names: estimated if one of them is.
fn rules_of(rules: &toml::Table, basis: &Basis, what: &dyn std::fmt::Display) -> Vec<String> {
    let (ids, estimated) = match basis {
        Basis::Observed => return Vec::new(),
        Basis::Averaged { .. } => panic!("{what}: only imported prices are averages of ours"),
        Basis::Rule(ids) => (ids, false),
        Basis::Estimated {
            rule,
            error_percent,
        } => {
            assert!(*error_percent > Decimal::ZERO, "{what}");
            (rule, true)
        }
    };
    let is_estimate = |id| rules[id]["basis"].as_str() == Some("estimated");
    assert_eq!(ids.split('+').any(is_estimate), estimated, "{what}: {ids}");
    ids.split('+').map(str::to_owned).collect()
}
