//! `optimize` for what plans serve beside instances: brute force on a tiny mix, plans against the bills of what they buy,
//! and a proof that other usage breaks.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use bursar::billing::{
    Amounts, Coverable, ServiceBill, ServiceSettings, Setup, Usage, bill, on_demand_cost,
    service_bill,
};
use bursar::catalog::{Account, PaymentOption, Platform, Tenancy, Term};
use bursar::commitment::{Portfolio, SavingsPlan, SavingsPlanScope};
use bursar::demand::{Demand, DemandBuilder, DemandKey, Labels, Market, ServiceDemand, ServiceKey};
use bursar::optimize::{
    CandidateKind, Kinds, Optimized, Options, Purchase, buy, candidates, optimize,
};
use bursar::prices::PriceBook;
use bursar::units::{Hour, HourSpan, Money};
use rust_decimal::{Decimal, dec};
use serde_json::Value;
use tempfile::TempDir;

use crate::certify::bursar;
use crate::{databases, plans};

const FILES: [&str; 4] = ["usage.csv", "tasks.csv", "functions.csv", "others.csv"];

/// The story of tasks and databases in a folder of its own, with its run; made once.
fn story() -> &'static TempDir {
    static STORY: OnceLock<TempDir> = OnceLock::new();
    STORY.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/06-tasks-and-databases");
        for file in FILES {
            fs::copy(from.join(file), folder.path().join(file)).unwrap();
        }
        let more = [
            "--services",
            "--no-options",
            "--format",
            "json",
            "--out",
            "run.json",
        ];
        let arguments = [&["optimize"], &FILES[..], &more].concat();
        let output = bursar(folder.path(), &arguments);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        folder
    })
}

fn run() -> Value {
    serde_json::from_str(&fs::read_to_string(story().path().join("run.json")).unwrap()).unwrap()
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

/// A plan's purchases as a portfolio file has them.
fn portfolio_of(plan: &Value) -> String {
    let mut text = String::new();
    for (number, bought) in plan["purchases"].as_array().unwrap().iter().enumerate() {
        let word = |name: &str| bought[name].as_str().unwrap();
        let what = match bought["count"].as_u64() {
            Some(count) => {
                let (class, scope) = (word("kind").trim_end_matches("-ri"), word("scope"));
                let instance_type = scope.split(' ').next().unwrap();
                format!(
                    "[[reserved_instance]]\ninstance_type = \"{instance_type}\"\nregion = \"us-east-1\"\n\
                     offering_class = \"{class}\"\ncount = {count}\n"
                )
            }
            None => format!(
                "[[savings_plan]]\ntype = \"{}\"\ncommitment = \"{}\"\n",
                word("kind"),
                word("hourly_commitment")
            ),
        };
        let (term, payment) = (word("term"), word("payment_option"));
        write!(
            text,
            "{what}id = \"p{number}\"\naccount = \"111122223333\"\nterm = \"{term}\"\npayment_option = \"{payment}\"\n\
             start = \"2026-07-01T00:00Z\"\n"
        )
        .unwrap();
    }
    text
}

/// What `bursar bill --own` makes of a portfolio, without the NAT gateway that no plan serves.
fn billed(portfolio: &str) -> Decimal {
    let folder = story().path();
    fs::write(folder.join("own.toml"), portfolio).unwrap();
    let more = [
        "--own",
        "own.toml",
        "--format",
        "csv",
        "--granularity",
        "month",
    ];
    let output = bursar(folder, &[&["bill"], &FILES[..], &more].concat());
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut reader = csv::Reader::from_reader(&output.stdout[..]);
    let rows = reader.deserialize::<std::collections::BTreeMap<String, String>>();
    let rows = rows.map(Result::unwrap);
    let rows = rows.filter(|row| !row["ChargeDescription"].contains("nat-gateway"));
    rows.map(|row| row["EffectiveCost"].parse::<Decimal>().unwrap())
        .sum()
}

#[test]
fn every_plan_costs_what_the_bill_of_its_purchases_says() {
    let run = run();
    let plans = run["plans"].as_array().unwrap();
    let kinds = |plan: &Value| {
        let bought = plan["purchases"].as_array().unwrap().clone();
        bought
            .iter()
            .map(|one| one["kind"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        kinds(&plans[0]),
        ["standard-ri", "compute-sp", "database-sp"]
    );
    for name in ["cheapest", "both-recommendations"] {
        let plan = plans.iter().find(|plan| plan["name"] == name).unwrap();
        let found = billed(&portfolio_of(plan));
        assert!(
            (found - decimal(&plan["cost"])).abs() < dec!(0.000001),
            "{name}: {found} {}",
            plan["cost"]
        );
    }
    let bound = decimal(&run["lower_bound"]);
    assert!(decimal(&run["on_demand_cost"]) > decimal(&plans[0]["cost"]));
    for plan in plans {
        // Whatever a rule of thumb buys has the databases' plan beside it, and is no cheaper.
        assert!(kinds(plan).contains(&"database-sp".to_owned()), "{plan}");
        assert!(
            decimal(&plan["cost"]) >= decimal(&plans[0]["cost"]) && decimal(&plan["cost"]) >= bound
        );
    }
    assert!(decimal(&plans[0]["cost"]) < bound * dec!(1.0001));
}

#[test]
fn the_proof_holds_for_these_files_only() {
    let whole = story().path();
    let output = bursar(whole, &["certify", "run.json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && text.contains("The proof holds"),
        "{text}"
    );

    let other = tempfile::tempdir().unwrap();
    for file in FILES.iter().chain(&["run.json"]) {
        fs::copy(whole.join(file), other.path().join(file)).unwrap();
    }
    let refused = |why: &str| {
        let output = bursar(other.path(), &["certify", "run.json"]);
        assert_eq!(output.status.code(), Some(3), "{why}");
    };
    let (databases, own) = (
        other.path().join("others.csv"),
        other.path().join("run.json"),
    );
    let text = fs::read_to_string(&databases).unwrap();
    fs::write(&databases, text.replacen(",2,", ",3,", 1)).unwrap();
    refused("another database");
    fs::write(&databases, text).unwrap();
    let made = run();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut changed = made.clone();
        change(&mut changed);
        fs::write(&own, changed.to_string()).unwrap();
    };
    let more = decimal(&made["lower_bound"]) + dec!(0.01);
    with(&|run| run["lower_bound"] = more.to_string().into());
    refused("a bound that is not proved");
    with(&|run| run["settings"]["services"] = false.into());
    refused("instances alone");
}

/// The bill of `tests/databases.rs`: a plan found in it, a database under it, another all day, an instance.
#[test]
fn rows_of_a_bill_are_planned_for() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cur.csv"), databases::report()).unwrap();
    let ran = |arguments: &[&str]| {
        let output = bursar(folder.path(), arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
        (String::from_utf8(output.stdout).unwrap(), said)
    };
    let plan = ["optimize", "cur.csv", "--no-options", "--format", "json"];
    let (run, _) = ran(&[&plan[..], &["--services"]].concat());
    let run: Value = serde_json::from_str(&run).unwrap();
    let cost = |name: &str| {
        let plans = run["plans"].as_array().unwrap();
        decimal(&plans.iter().find(|plan| plan["name"] == name).unwrap()["cost"])
    };
    // 24 hours of 0.2 for the plan, 0.228 that it leaves of the databases, and the instance: 24 x 0.096.
    let owned = dec!(24) * dec!(0.2) + dec!(0.228) + dec!(24) * dec!(0.096);
    assert_eq!(cost("owned").round_dp(8), owned);
    assert!(cost("cheapest") < owned);
    let (_, said) = ran(&plan);
    assert!(said.contains("`--services` plans for them, too"), "{said}");
}

const ACCOUNT: &str = "111122223333";

fn window() -> HourSpan {
    let start = Hour::parse("2026-10-01T00:00Z").unwrap();
    HourSpan::new(start, start.plus(3))
}

/// Two, one and two small instances.
fn instances() -> Demand {
    let mut builder = DemandBuilder::new();
    let key = builder.key(DemandKey {
        account: Account::new(ACCOUNT),
        region: "us-east-1".parse().unwrap(),
        zone: None,
        instance_type: "t3.nano".parse().unwrap(),
        platform: Platform::LINUX,
        tenancy: Tenancy::Shared,
        market: Market::OnDemand,
        labels: Labels::default(),
    });
    for (hour, count) in window().hours().zip([2, 1, 2]) {
        builder.add(key, hour, count * 1_000_000_000);
    }
    builder.finish(window()).unwrap()
}

/// Parts of a task and of a serverless database, thousandths of a unit.
fn beside() -> ServiceDemand {
    let mut demand = ServiceDemand::default();
    for (item, uses) in [
        ("fargate-linux-x86-vcpu-hour", [200, 350, 100]),
        (
            "AmazonRDS/Aurora:ServerlessV2Usage/CreateDBInstance:0021",
            [100, 50, 120],
        ),
    ] {
        let key = ServiceKey {
            account: Account::new(ACCOUNT),
            region: "us-east-1".parse().unwrap(),
            item: item.parse().unwrap(),
            labels: Labels::default(),
        };
        for (hour, thousandths) in window().hours().zip(uses) {
            demand.add(key.clone(), hour, thousandths * 1_000_000_000);
        }
    }
    demand
}

fn usage<'a>(demand: &'a Demand, beside: &'a ServiceBill<'a>) -> Coverable<'a> {
    let beside = Some(beside);
    Usage { demand, beside }.into()
}

fn options() -> Options {
    Options {
        kinds: Kinds {
            standard: false,
            convertible: false,
            ..Kinds::ALL
        },
        buyer: Account::new(ACCOUNT),
        ..plans::options()
    }
}

/// A Compute and a Database plan that serve some of it already.
fn owned() -> Portfolio {
    let plan = |id: &str, scope, thousandths| SavingsPlan {
        id: id.to_owned(),
        account: Account::new(ACCOUNT),
        scope,
        term: Term::OneYear,
        payment_option: PaymentOption::NoUpfront,
        commitment: Money::from_decimal(Decimal::new(thousandths, 3)).unwrap(),
        alive: window(),
    };
    let savings_plans = vec![
        plan("c", SavingsPlanScope::Compute, 5),
        plan("d", SavingsPlanScope::Database, 3),
    ];
    Portfolio {
        savings_plans,
        ..Portfolio::default()
    }
}

/// The least cost over all whole steps: up to 7, 19 and 10 thousandths of the three kinds of plans.
fn least(usage: &Coverable<'_>, owned: &Portfolio, book: &PriceBook, options: &Options) -> Money {
    let (offered, _) = candidates(usage, book, options);
    let most = |kind: &CandidateKind| match kind {
        CandidateKind::Reserved { .. } | CandidateKind::Hosts { .. } => 0,
        CandidateKind::SavingsPlan(SavingsPlanScope::Ec2Instance { .. }) => 7,
        CandidateKind::SavingsPlan(SavingsPlanScope::Compute) => 19,
        CandidateKind::SavingsPlan(SavingsPlanScope::Database) => 10,
    };
    let tops: Vec<u64> = offered.iter().map(|one| most(&one.kind)).collect();
    assert_eq!(tops, [7, 19, 10]);
    let one_each = offered.iter().map(|one| Purchase {
        candidate: one.clone(),
        steps: 1,
    });
    let plan = buy(("", ""), one_each.collect(), usage, owned, book, options).unwrap();
    let setup = Setup::new(usage, &plan.portfolio, book, options.billing).unwrap();
    let own = Setup::amounts(&plan.portfolio);
    let sunk: Money = owned
        .savings_plans
        .iter()
        .map(|plan| plan.commitment.times(3))
        .sum();
    let cost = |steps: &[u64]| {
        let mut amounts: Amounts = own.clone();
        let bought = offered.iter().zip(steps);
        let fees: Money = bought
            .map(|(one, &steps)| one.step.times((3 * steps).into()))
            .sum();
        for (at, &steps) in steps.iter().enumerate() {
            let place = owned.savings_plans.len() + at;
            amounts.commitments[place] = offered[at].step.times(steps.into());
        }
        sunk + fees + on_demand_cost(&setup, &amounts, usage.demand, 1)
    };
    let mut least = cost(&[0; 3]);
    for family in 0..=tops[0] {
        for compute in 0..=tops[1] {
            for database in 0..=tops[2] {
                least = least.min(cost(&[family, compute, database]));
            }
        }
    }
    least
}

#[test]
fn no_whole_steps_cost_less_than_the_mix() {
    let (book, options) = (PriceBook::builtin(), options());
    let (demand, beside) = (instances(), beside());
    let beside = service_bill(&beside, &book, ServiceSettings::default());
    let usage = usage(&demand, &beside);
    let find =
        |owned: &Portfolio| -> Optimized { optimize(&usage, owned, &book, &options).unwrap() };
    for owned in [Portfolio::default(), owned()] {
        let found = find(&owned);
        let cost = found.cheapest.bill.total();
        assert_eq!(cost, least(&usage, &owned, &book, &options));
        assert!(found.lower_bound <= cost && cost <= found.on_demand.bill.total());
        let again = bill(&usage, &found.cheapest.portfolio, &book, options.billing).unwrap();
        assert_eq!(again, found.cheapest.bill);
        for plan in found.baselines.iter().chain(&found.owned) {
            assert!(plan.bill.total() >= cost, "{}", plan.name);
        }
    }
    // What is owned is paid for in every plan, and what it serves is not bought again.
    let (without, with) = (find(&Portfolio::default()), find(&owned()));
    let committed = |found: &Optimized| -> Money {
        found
            .cheapest
            .purchases
            .iter()
            .map(Purchase::hourly_commitment)
            .sum()
    };
    let sunk: Money = owned()
        .savings_plans
        .iter()
        .map(|plan| plan.commitment)
        .sum();
    assert!(committed(&with) <= committed(&without));
    assert!(committed(&with) + sunk >= committed(&without));
    for plan in std::iter::once(&with.cheapest).chain(&with.baselines) {
        let fees: Money = plan
            .bill
            .savings_plans
            .iter()
            .take(2)
            .map(|one| one.cost)
            .sum();
        assert_eq!(fees, sunk.times(3), "{}", plan.name);
    }
}
