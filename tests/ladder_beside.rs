//! Ladders for what plans serve beside instances: brute force over dates and whole steps, tiers of the months ahead, and
//! a proof that other files break.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use bursar::billing::{Coverable, ServiceSettings, ServiceUse, bill, service_bill};
use bursar::catalog::{Account, PaymentOption, Platform, Tenancy, Term};
use bursar::commitment::{Portfolio, SavingsPlan, SavingsPlanScope};
use bursar::demand::{Demand, DemandBuilder, DemandKey, Labels, Market, ServiceDemand, ServiceKey};
use bursar::optimize::{Ahead, CandidateKind, Horizon, Kinds, Options, ladder};
use bursar::prices::PriceBook;
use bursar::units::{Hour, HourSpan, Money};
use rust_decimal::{Decimal, dec};
use serde_json::Value;
use tempfile::TempDir;

use crate::certify::bursar;
use crate::plans;

const ACCOUNT: &str = "111122223333";
const WEEK: i64 = 168;
const DATABASE: &str = "AmazonRDS/Aurora:ServerlessV2Usage/CreateDBInstance:0021";

fn window() -> HourSpan {
    let start = Hour::parse("2026-10-01T00:00Z").unwrap();
    HourSpan::new(start, start.plus(WEEK))
}

/// A small instance, by day two.
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
    for (number, hour) in (0_i64..).zip(window().hours()) {
        let count = if number.rem_euclid(24) < 8 { 1 } else { 2 };
        builder.add(key, hour, count * 1_000_000_000);
    }
    builder.finish(window()).unwrap()
}

fn key(item: &str) -> ServiceKey {
    ServiceKey {
        account: Account::new(ACCOUNT),
        region: "us-east-1".parse().unwrap(),
        item: item.parse().unwrap(),
        labels: Labels::default(),
    }
}

/// Parts of a task and of a serverless database, thousandths of a unit; more by day.
fn beside() -> ServiceDemand {
    let mut demand = ServiceDemand::default();
    for (item, night, day) in [
        ("fargate-linux-x86-vcpu-hour", 100, 200),
        (DATABASE, 20, 50),
    ] {
        for (number, hour) in (0_i64..).zip(window().hours()) {
            let thousandths = if number.rem_euclid(24) < 8 {
                night
            } else {
                day
            };
            demand.add(key(item), hour, thousandths * 1_000_000_000);
        }
    }
    demand
}

/// Two weeks ahead, something bought at the start of each.
fn two_weeks() -> Horizon {
    let start = window().end();
    Horizon {
        span: HourSpan::new(start, start.plus(2 * WEEK)),
        dates: vec![start, start.plus(WEEK)],
        growth: Decimal::ZERO,
        beyond: 0,
    }
}

fn plan(scope: SavingsPlanScope, thousandths: i64, alive: HourSpan) -> SavingsPlan {
    SavingsPlan {
        id: format!("{}-{alive}", scope.kind().code()),
        account: Account::new(ACCOUNT),
        scope,
        term: Term::OneYear,
        payment_option: PaymentOption::NoUpfront,
        commitment: Money::from_decimal(Decimal::new(thousandths, 3)).unwrap(),
        alive,
    }
}

fn options() -> Options {
    Options {
        kinds: Kinds {
            standard: false,
            convertible: false,
            ec2_instance_plan: false,
            ..Kinds::ALL
        },
        buyer: Account::new(ACCOUNT),
        ..plans::options()
    }
}

/// Every amount of both plans on both dates is billed hour by hour: none is cheaper than the ladder. A Compute plan that
/// is owned serves some of it in the first week.
#[test]
fn no_whole_steps_on_any_date_cost_less() {
    let (book, options, horizon) = (PriceBook::builtin(), options(), two_weeks());
    let instances = instances();
    let year = |date: Hour| HourSpan::new(date, date.plus(8_760));
    let owned = Portfolio {
        savings_plans: vec![plan(
            SavingsPlanScope::Compute,
            4,
            HourSpan::new(window().end().plus(-8_592), horizon.dates[1]),
        )],
        ..Portfolio::default()
    };
    let used = horizon.beside(&beside(), window(), horizon.span).unwrap();
    let priced = service_bill(&used, &book, ServiceSettings::default());
    let use_ahead = ServiceUse::of(&priced, horizon.span);
    let ahead = Ahead::new(&instances, &horizon, &owned, &book, &options).unwrap();
    let ahead = ahead.with_beside(use_ahead.clone());
    let found = ladder(&ahead).unwrap();

    let usage = Coverable {
        demand: &instances.projected(horizon.span, &[]).unwrap(),
        beside: use_ahead,
    };
    let cost = |scope: SavingsPlanScope, thousandths: [i64; 2]| {
        let mut portfolio = owned.clone();
        for (date, thousandths) in horizon.dates.iter().zip(thousandths) {
            let alive = year(*date);
            portfolio
                .savings_plans
                .push(plan(scope, thousandths, alive));
        }
        let billed = bill(&usage, &portfolio, &book, options.billing);
        billed.unwrap().total()
    };
    let least = |scope: SavingsPlanScope, most: i64| {
        let pairs = (0..=most).flat_map(|first| (0..=most).map(move |later| [first, later]));
        pairs.map(|pair| cost(scope, pair)).min().unwrap()
    };
    // No hour of one kind is served by the other: what both save adds up.
    let nothing = cost(SavingsPlanScope::Compute, [0, 0]);
    let compute = least(SavingsPlanScope::Compute, 18);
    let database = least(SavingsPlanScope::Database, 6);
    assert!(compute < nothing && database < nothing);
    assert_eq!(found.best.cost(), compute + database - nothing);
    assert!(found.lower_bound <= found.best.cost());
    assert_eq!(found.owned.unwrap().cost(), nothing);
    let bought = |scope: SavingsPlanScope, at: Hour| -> u64 {
        let kind = CandidateKind::SavingsPlan(scope);
        let bought = found.best.bought.iter();
        let of_kind = bought.filter(|one| one.at == at && one.purchase.candidate.kind == kind);
        of_kind.map(|one| one.purchase.steps).sum()
    };
    // What the owned plan served is bought on the day it ends; databases at once.
    assert_eq!(bought(SavingsPlanScope::Compute, horizon.dates[1]), 4);
    assert!(bought(SavingsPlanScope::Database, horizon.dates[0]) > 0);
    assert_eq!(bought(SavingsPlanScope::Database, horizon.dates[1]), 0);
    let again = ahead.bound(&found.certificate, &found.best.bill).unwrap();
    assert_eq!(again.0, found.lower_bound);
}

/// Requests to functions are free up to a million a month: each month ahead counts its own, and the one in which the
/// window ends what was used in it before.
#[test]
fn tiers_count_the_months_ahead() {
    let book = PriceBook::builtin();
    let start = Hour::parse("2026-10-22T00:00Z").unwrap();
    let window = HourSpan::new(start, start.plus(WEEK));
    let mut used = ServiceDemand::default();
    for hour in window.hours() {
        used.add_whole(key("lambda-x86-request"), hour, 5_000);
    }
    // From 29 October to the end of November.
    let horizon = Horizon {
        span: HourSpan::new(window.end(), Hour::parse("2026-12-01T00:00Z").unwrap()),
        dates: vec![window.end()],
        growth: Decimal::ZERO,
        beyond: 0,
    };
    let ahead = horizon.beside(&used, window, horizon.span).unwrap();
    let priced = service_bill(&ahead, &book, ServiceSettings::default());
    let cost = priced.during(horizon.span).total();
    // October had 168 x 5,000 = 840,000 before: 160,000 of 72 x 5,000 are free; of November's 720 x 5,000 a million is.
    let charged = dec!(200_000) + dec!(2_600_000);
    let by_month = horizon.calendar_months().into_iter().map(|month| {
        let used = horizon.beside(&used, window, month).unwrap();
        service_bill(&used, &book, ServiceSettings::default())
            .during(month)
            .total()
    });
    assert_eq!(by_month.sum::<Money>(), cost);
    assert_eq!(
        cost.to_decimal(10).normalize(),
        (charged * dec!(0.0000002)).normalize()
    );
}

const FILES: [&str; 4] = ["usage.csv", "tasks.csv", "functions.csv", "others.csv"];

/// The story of tasks and databases in a folder of its own, with its ladder; made once.
fn story() -> &'static TempDir {
    static STORY: OnceLock<TempDir> = OnceLock::new();
    STORY.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/06-tasks-and-databases");
        for file in FILES {
            fs::copy(from.join(file), folder.path().join(file)).unwrap();
        }
        let more = "--services --horizon 4 --growth 10 --format json --out run.json";
        let more: Vec<&str> = more.split(' ').collect();
        let output = bursar(folder.path(), &[&["ladder"], &FILES[..], &more].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        assert!(said.contains("what no plan serves"), "{said}");
        folder
    })
}

#[test]
fn a_ladder_buys_for_all_of_it_and_proves_it() {
    let whole = story().path();
    let run: Value = serde_json::from_slice(&fs::read(whole.join("run.json")).unwrap()).unwrap();
    let figure = |value: &Value| value.as_str().unwrap().parse::<Decimal>().unwrap();
    let ladder = &run["plans"][0];
    let bought = ladder["purchases"].as_array().unwrap();
    let kinds: Vec<&str> = bought
        .iter()
        .map(|one| one["kind"].as_str().unwrap())
        .collect();
    assert!(
        kinds.contains(&"database-sp") && kinds.contains(&"compute-sp"),
        "{kinds:?}"
    );
    assert!(figure(&ladder["gap"]) < dec!(0.002), "{}", ladder["gap"]);
    // The months are all there is: what falls due in them is the cost, as nothing is paid at purchase.
    let months = run["months"].as_array().unwrap();
    let sum = |name: &str| -> Decimal { months.iter().map(|month| figure(&month[name])).sum() };
    assert_eq!(sum("cash"), figure(&ladder["cost"]));
    assert_eq!(sum("accrued"), figure(&ladder["cost"]));
    assert!(sum("database_sp") > Decimal::ZERO);

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
    let databases = other.path().join("others.csv");
    let text = fs::read_to_string(&databases).unwrap();
    fs::write(&databases, text.replacen(",2,", ",3,", 1)).unwrap();
    refused("another database");
    fs::write(&databases, text).unwrap();
    let mut changed = run.clone();
    let more = figure(&run["lower_bound"]) + dec!(0.01);
    changed["lower_bound"] = more.to_string().into();
    fs::write(other.path().join("run.json"), changed.to_string()).unwrap();
    refused("a bound that is not proved");
    changed = run;
    changed["settings"]["services"] = false.into();
    fs::write(other.path().join("run.json"), changed.to_string()).unwrap();
    refused("instances alone");
}
