//! Ladders against brute force over dates and whole steps, against plain `optimize`, and on the command line.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use bursar::billing::{Settings, bill};
use bursar::catalog::{PaymentOption, Term};
use bursar::commitment::Portfolio;
use bursar::demand::{Demand, Market};
use bursar::optimize::{
    Ahead, CostOfCapital, DatedPlan, Failed, Horizon, Kinds, Ladder, Options, RuleName, ladder,
    optimize,
};
use bursar::units::{Hour, HourSpan, Money};
use proptest::prelude::*;
use rust_decimal::{Decimal, dec};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::capital::Paying;
use crate::certify::bursar as run_in;
use crate::plans::{Prices, Row, cent, demand, options, reserved, steady};

pub(crate) const WEEK: i64 = 168;

/// A week: so many of each type always on, and one more m5.large by day.
pub(crate) fn week(large: i64, other: i64) -> Demand {
    let mut rows: Vec<Row> = Vec::new();
    for hour in 0..WEEK {
        let busy = i64::from((8..20).contains(&(hour % 24)));
        rows.push(("m5.large", Market::OnDemand, hour, large + busy));
        rows.push(("c5.xlarge", Market::OnDemand, hour, other));
    }
    demand(&rows, WEEK)
}

/// So many weeks from the window's end on, something bought at some of their hours.
pub(crate) fn weeks(window: &Demand, weeks: i64, dates: &[i64]) -> Horizon {
    let start = window.span().end();
    Horizon {
        span: HourSpan::new(start, start.plus(weeks * WEEK)),
        dates: dates.iter().map(|&hour| start.plus(hour)).collect(),
        growth: Decimal::ZERO,
        beyond: 0,
    }
}

pub(crate) fn found(
    window: &Demand,
    horizon: &Horizon,
    owned: &Portfolio,
    options: &Options,
) -> Ladder {
    let prices = Prices::new();
    let ahead = Ahead::new(window, horizon, owned, &prices, options).unwrap();
    ladder(&ahead).unwrap()
}

pub(crate) fn standard_only() -> Options {
    Options {
        kinds: Kinds {
            convertible: false,
            ec2_instance_plan: false,
            compute_plan: false,
            ..Kinds::ALL
        },
        ..options()
    }
}

/// Three m5.large owned that end after the first week of the months ahead.
pub(crate) fn ending(window: &Demand) -> Portfolio {
    let end = window.span().end().plus(WEEK);
    let alive = HourSpan::new(end.plus(-8_760), end);
    Portfolio {
        reserved_instances: vec![reserved("m5.large", 3, alive)],
        ..Portfolio::default()
    }
}

#[test]
fn one_date_over_the_window_itself_is_plain_optimize() {
    let rows: Vec<Row> = (0..7)
        .flat_map(|day| {
            let rows = steady().into_iter().filter(|&(_, _, hour, _)| hour < 24);
            rows.map(move |(name, market, hour, count)| (name, market, hour + 24 * day, count))
        })
        .collect();
    let window = demand(&rows, WEEK);
    let (owned, options) = (Portfolio::default(), options());
    let plain = optimize(&window, &owned, &Prices::new(), &options).unwrap();
    let horizon = Horizon {
        span: window.span(),
        dates: vec![window.span().start()],
        growth: Decimal::ZERO,
        beyond: 0,
    };
    let ahead = found(&window, &horizon, &owned, &options);
    assert_eq!(ahead.best.cost(), plain.cheapest.bill.total());
    let bought = ahead.best.bought.iter().map(|one| one.purchase.clone());
    assert_eq!(bought.collect::<Vec<_>>(), plain.cheapest.purchases);
    assert_eq!(ahead.on_demand.cost(), plain.on_demand.bill.total());
    // 168 hours fold to two, so the floats of the bound are summed in another order.
    let apart = (ahead.lower_bound - plain.lower_bound).atoms().abs();
    assert!(apart <= cent().atoms(), "{apart}");
}

/// What the hours ahead cost with so many Reserved Instances, each bought so many hours after the start.
fn cost_of(
    bought: [(&str, u32, i64); 4],
    owned: &Portfolio,
    (horizon, usage): (&Horizon, &Demand),
) -> Money {
    let mut portfolio = owned.clone();
    for (number, (name, count, date)) in bought.into_iter().enumerate() {
        let start = horizon.span.start().plus(date);
        let mut one = reserved(name, count, HourSpan::new(start, start.plus(8_760)));
        one.id = format!("bought-{number}");
        portfolio.reserved_instances.push(one);
    }
    let billed = bill(usage, &portfolio, &Prices::new(), Settings::default());
    billed.unwrap().total()
}

#[test]
fn no_counts_on_any_date_are_cheaper() {
    let window = week(4, 1);
    let owned = ending(&window);
    let horizon = weeks(&window, 3, &[0, WEEK]);
    let found = found(&window, &horizon, &owned, &standard_only());
    let usage = window.projected(horizon.span, &[]).unwrap();
    let mut least: Option<Money> = None;
    let pairs = |most: u32| (0..=most).flat_map(move |a| (0..=most).map(move |b| (a, b)));
    for ((first, later), others) in pairs(5).flat_map(|m5| pairs(2).map(move |c5| (m5, c5))) {
        let cost = cost_of(
            [
                ("m5.large", first, 0),
                ("m5.large", later, WEEK),
                ("c5.xlarge", others.0, 0),
                ("c5.xlarge", others.1, WEEK),
            ],
            &owned,
            (&horizon, &usage),
        );
        assert!(found.lower_bound <= cost, "{first} {later} {others:?}");
        least = Some(least.map_or(cost, |least| least.min(cost)));
    }
    assert_eq!(found.best.cost(), least.unwrap());
    // One more m5.large and the c5.xlarge at once, the three that end again on the day they end.
    let bought = found.best.bought.iter();
    let bought: Vec<(Hour, u64)> = bought.map(|one| (one.at, one.purchase.steps)).collect();
    let (start, end) = (horizon.dates[0], horizon.dates[1]);
    assert_eq!(bought, [(start, 1), (start, 1), (end, 3)]);
    // The same as renewing what ends, but for what was never owned.
    let renewed = found.renewed.unwrap();
    assert_eq!(renewed.portfolio.reserved_instances.len(), 2);
    assert!(found.best.cost() < renewed.cost() && renewed.cost() < found.owned.unwrap().cost());
}

#[test]
fn fees_beyond_the_horizon_count_as_far_as_they_are_said_to() {
    let window = week(4, 1);
    let owned = Portfolio::default();
    let mut horizon = weeks(&window, 3, &[0]);
    let carefree = found(&window, &horizon, &owned, &options());
    assert!(!carefree.best.bought.is_empty() && carefree.best.counted.is_zero());
    // A year's fees for three weeks of use: nothing pays.
    horizon.beyond = 100;
    let careful = found(&window, &horizon, &owned, &options());
    assert!(careful.best.bought.is_empty());
    assert_eq!(careful.best.cost(), careful.on_demand.cost());
    // 21 of 365 days are inside: 1 % of the others is 3.44 days more, of 21, or a sixth of the fees.
    horizon.beyond = 1;
    let between = found(&window, &horizon, &owned, &options());
    assert_eq!(between.best.counted, between.best.owed.per(100));
    assert!(!between.best.bought.is_empty());
    assert!(between.lower_bound <= between.best.cost());
}

/// What is owned of a type that nobody sells today: to renew it has no price, and says so.
#[test]
fn what_cannot_be_renewed_is_named() {
    let window = week(4, 1);
    let mut owned = ending(&window);
    owned.reserved_instances[0].instance_type = "c5.2xlarge".parse().unwrap();
    let horizon = weeks(&window, 2, &[0]);
    let prices = Prices::new();
    let mut options = options();
    let why = {
        let ahead = Ahead::new(&window, &horizon, &owned, &prices, &options).unwrap();
        ladder(&ahead).unwrap_err()
    };
    assert!(matches!(why, Failed::Unrenewable { .. }), "{why}");
    assert!(why.to_string().contains("ri-m5.large"), "{why}");
    options.billing.allow_unpriced = true;
    let found = found(&window, &horizon, &owned, &options);
    assert_eq!(found.renewed, None);
    assert_eq!(found.missing.len(), 1);
    assert!(found.best.cost() < found.owned.unwrap().cost());
}

/// Growth asks for an instance more every few weeks, of a pool in which one is a large step: rounded date by date they
/// would all be nothing.
#[test]
fn instances_bought_one_by_one_keep_near_the_bound() {
    let window = week(6, 0);
    let mut horizon = weeks(&window, 30, &[0]);
    horizon.dates = (0..10)
        .map(|date| horizon.span.start().plus(date * 3 * WEEK))
        .collect();
    horizon.growth = Decimal::from(900);
    let found = found(&window, &horizon, &Portfolio::default(), &standard_only());
    let share = found.best.cost().to_decimal(10) / found.lower_bound.to_decimal(10);
    assert!(share < dec!(1.03), "{share}");
    assert!(found.best.bought.len() >= 5, "{:?}", found.best.bought);
}

#[test]
fn less_than_a_week_is_refused() {
    let window = demand(&steady(), 48);
    let horizon = weeks(&window, 3, &[0]);
    let (prices, options, owned) = (Prices::new(), options(), Portfolio::default());
    let ahead = Ahead::new(&window, &horizon, &owned, &prices, &options);
    let why = ahead.err().unwrap();
    assert!(why.to_string().contains("48 hours"), "{why}");
}

/// Every count on both dates that keeps the rules is billed: none is cheaper than the ladder under them.
#[test]
fn no_counts_that_keep_the_rules_are_cheaper() {
    let window = week(4, 1);
    let owned = ending(&window);
    let horizon = weeks(&window, 3, &[0, WEEK]);
    let mut options = standard_only();
    // An m5.large reserved is 0.096 x 62 % = 0.05952 an hour, a c5.xlarge 0.1054: three that are owned and what is bought
    // first come to 0.3 at most, and so does all that lives after them.
    options.rules.max_hourly_commitment = Some(cent().times(30));
    options.rules.max_purchases = Some(1);
    let under = found(&window, &horizon, &owned, &options);
    let usage = window.projected(horizon.span, &[]).unwrap();
    let mut least: Option<Money> = None;
    let counts = |most: u32| 0..=most;
    for (m5, c5) in counts(5)
        .flat_map(|a| counts(5).map(move |b| (a, b)))
        .flat_map(|m5| counts(2).flat_map(move |a| counts(2).map(move |b| (m5, (a, b)))))
    {
        let hourly = |large: u32, other: u32| {
            Decimal::from(large) * dec!(0.05952) + Decimal::from(other) * dec!(0.1054)
        };
        let first = hourly(3 + m5.0, c5.0);
        let later = hourly(m5.0 + m5.1, c5.0 + c5.1);
        let is_one = |a: u32, b: u32| a == 0 || b == 0;
        if first > dec!(0.3) || later > dec!(0.3) || !is_one(m5.0, c5.0) || !is_one(m5.1, c5.1) {
            continue;
        }
        let cost = cost_of(
            [
                ("m5.large", m5.0, 0),
                ("m5.large", m5.1, WEEK),
                ("c5.xlarge", c5.0, 0),
                ("c5.xlarge", c5.1, WEEK),
            ],
            &owned,
            (&horizon, &usage),
        );
        assert!(under.lower_bound <= cost, "{m5:?} {c5:?}");
        least = Some(least.map_or(cost, |least| least.min(cost)));
    }
    assert_eq!(under.best.cost(), least.unwrap());
    // One c5.xlarge would be the fourth thing of the first week: 0.17856 + 0.1054 is allowed, one m5.large beside it not.
    assert!(
        under
            .best
            .bought
            .chunk_by(|a, b| a.at == b.at)
            .all(|day| day.len() == 1)
    );
    let free = found(&window, &horizon, &owned, &standard_only());
    assert!(free.best.cost() < under.best.cost());
    let prices = Prices::new();
    let ahead = Ahead::new(&window, &horizon, &owned, &prices, &options).unwrap();
    assert_eq!(ahead.broken(&under.best.bought).unwrap(), None);
    assert_eq!(
        ahead.broken(&free.best.bought).unwrap(),
        Some(RuleName::MaxPurchases)
    );
    options.rules.max_purchases = None;
    let ahead = Ahead::new(&window, &horizon, &owned, &prices, &options).unwrap();
    let broken = ahead.broken(&free.best.bought).unwrap();
    assert_eq!(broken, Some(RuleName::MaxHourlyCommitment));
}

/// What is owned commits 3 x 0.05952 in the first week already.
#[test]
fn what_is_owned_above_a_rule_is_named() {
    let window = week(4, 1);
    let owned = ending(&window);
    let horizon = weeks(&window, 2, &[0]);
    let mut options = options();
    options.rules.max_hourly_commitment = Some(cent().times(17));
    let prices = Prices::new();
    let ahead = Ahead::new(&window, &horizon, &owned, &prices, &options).unwrap();
    let why = ladder(&ahead).unwrap_err().to_string();
    assert!(
        why.starts_with("what is owned commits $0.179 in an hour already"),
        "{why}"
    );
}

#[test]
fn money_paid_at_once_is_within_its_budget_and_weighed() {
    let window = week(4, 0);
    let owned = Portfolio::default();
    let horizon = weeks(&window, 4, &[0, 2 * WEEK]);
    let prices = Paying(Prices::new());
    let bought = |change: &dyn Fn(&mut Options)| {
        let mut options = standard_only();
        options.terms = vec![
            (Term::OneYear, PaymentOption::NoUpfront),
            (Term::OneYear, PaymentOption::AllUpfront),
        ];
        change(&mut options);
        let ahead = Ahead::new(&window, &horizon, &owned, &prices, &options).unwrap();
        ladder(&ahead).unwrap().best
    };
    let upfront =
        |plan: &DatedPlan| -> Money { plan.bought.iter().map(|one| one.purchase.fees().0).sum() };
    // 0.096 x 60.5 % x 8,760 = 508.7808 an instance; four pay in every hour.
    let free = bought(&|_| {});
    assert_eq!(upfront(&free), cent().times(5_087_808).per(100).times(4));
    let budget = bought(&|options| options.rules.max_upfront = Some(cent().times(110_000)));
    assert_eq!(upfront(&budget), cent().times(5_087_808).per(100).times(2));
    let dear = bought(&|options| {
        options.cost_of_capital = CostOfCapital::new(dec!(25)).unwrap();
    });
    assert!(upfront(&dear).is_zero() && dear.capital.is_zero());
    // A little capital changes no choice: four instances, 672 hours, a hundredth of what their term would cost.
    let cheap = bought(&|options| {
        options.cost_of_capital = CostOfCapital::new(dec!(1)).unwrap();
    });
    assert_eq!(upfront(&cheap), upfront(&free));
    let rate = CostOfCapital::new(dec!(1)).unwrap();
    let hourly = rate.of_upfront(cent().times(5_087_808).per(100), Term::OneYear);
    assert_eq!(cheap.capital, hourly.times(4 * 672));
    assert_eq!(cheap.with_capital(), cheap.cost() + cheap.capital);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Whatever runs and ends: more dates are never dearer, nor dearer than nothing; no plan is below the bound.
    #[test]
    fn a_ladder_is_never_dearer_than_buying_once(
        large in 0..5_i64,
        other in 0..3_i64,
        growth in -60..60_i32,
        date in 1..400_i64,
    ) {
        let window = week(large, other);
        let owned = ending(&window);
        let mut horizon = weeks(&window, 3, &[0, date, date + 50]);
        horizon.growth = Decimal::from(growth);
        let found = found(&window, &horizon, &owned, &options());
        prop_assert!(found.best.cost() <= found.once.cost());
        prop_assert!(found.best.cost() <= found.owned.unwrap().cost());
        prop_assert!(found.lower_bound <= found.best.cost());
    }
}

/// A week of three types: some always on, some by day; and three that are owned until the next month.
pub(crate) fn inputs() -> TempDir {
    let mut usage = "hour,region,instance_type,count\n".to_owned();
    for (day, clock) in (1..=7).flat_map(|day| (0..24).map(move |clock| (day, clock))) {
        let busy = u32::from((8..20).contains(&clock));
        for (name, count) in [("m7g.large", 3 + 2 * busy), ("c7i.xlarge", 1)] {
            writeln!(
                usage,
                "2026-07-{day:02}T{clock:02}:00Z,us-east-1,{name},{count}"
            )
            .unwrap();
        }
    }
    let owned = "[[reserved_instance]]\nid = \"ri-web\"\naccount = \"111122223333\"\n\
                 instance_type = \"m7g.large\"\nregion = \"us-east-1\"\noffering_class = \"standard\"\n\
                 term = \"1yr\"\npayment_option = \"no-upfront\"\ncount = 3\nstart = \"2025-08-08T00:00Z\"\n";
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("usage.csv"), usage).unwrap();
    fs::write(folder.path().join("portfolio.toml"), owned).unwrap();
    folder
}

const LADDER: [&str; 10] = [
    "ladder",
    "usage.csv",
    "--own",
    "portfolio.toml",
    "--horizon",
    "14",
    "--growth",
    "10",
    "--payment",
    "any",
];

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The ladder of that fleet as JSON; made once.
pub(crate) fn fresh() -> &'static Value {
    static RUN: OnceLock<Value> = OnceLock::new();
    RUN.get_or_init(|| found_with(&[]))
}

/// The same under rules, with a cost of capital; made once.
pub(crate) fn under_rules() -> &'static Value {
    static RUN: OnceLock<Value> = OnceLock::new();
    RUN.get_or_init(|| {
        let rules =
            "--max-purchases 2 --max-upfront 900 --max-hourly-commitment 0.6 --cost-of-capital 6";
        found_with(&rules.split(' ').collect::<Vec<_>>())
    })
}

fn found_with(more: &[&str]) -> Value {
    let folder = inputs();
    let arguments = LADDER.iter().chain(more).chain(&["--format", "json"]);
    let output = run_in(folder.path(), &arguments.copied().collect::<Vec<_>>());
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn what_it_prints() {
    let folder = inputs();
    let output = run_in(folder.path(), &LADDER);
    assert_eq!(text(&output.stderr), "");
    let wrong = crate::goldens::compare("ladder", "table.txt", &text(&output.stdout));
    assert!(wrong.is_none(), "{}", wrong.unwrap());
}

/// What `certify` says of the ladder after `change`: the lines that say NO.
fn refused(change: impl FnOnce(&mut Value, &Path)) -> String {
    refused_of(fresh(), change)
}

fn refused_of(run: &Value, change: impl FnOnce(&mut Value, &Path)) -> String {
    let folder = inputs();
    let mut run = run.clone();
    change(&mut run, folder.path());
    fs::write(folder.path().join("run.json"), run.to_string()).unwrap();
    let output = run_in(folder.path(), &["certify", "run.json"]);
    let table = text(&output.stdout);
    let no = table
        .lines()
        .filter(|line| line.trim_end().ends_with(" NO"));
    let no: String = no.map(str::trim_start).collect();
    let code = i32::from(!no.is_empty()) * 3;
    assert_eq!(output.status.code(), Some(code), "{table}");
    no
}

#[test]
fn certify_holds_it_to_every_figure() {
    assert_eq!(refused(|_, _| {}), "");
    let dearer = refused(|run, _| run["plans"][0]["cost"] = "1.00".into());
    assert!(dearer.starts_with("cost of `ladder`"), "{dearer}");
    let raised = refused(|run, _| run["lower_bound"] = run["plans"][0]["cost"].clone());
    assert!(raised.contains("lower bound, proved"), "{raised}");
    let cash = refused(|run, _| run["months"][3]["cash"] = "0.00".into());
    assert!(cash.starts_with("months, cash and expiries"), "{cash}");
    let moved = refused(|run, _| {
        run["plans"][0]["purchases"][0]["at"] = "2026-07-09T00:00Z".into();
    });
    assert!(moved.contains("cannot be made"), "{moved}");
    // A rule that the plans do not keep: its row is not in the proof, either.
    let ruled = refused(|run, _| run["settings"]["rules"] = json!({ "max_upfront": "1" }));
    assert!(
        ruled.contains("cost of `ladder`") || ruled.contains("lower bound"),
        "{ruled}"
    );
    let usage = refused(|_, folder| {
        let path = folder.join("usage.csv");
        let more = fs::read_to_string(&path).unwrap() + "2026-07-07T23:00Z,us-east-1,m5.large,1\n";
        fs::write(path, more).unwrap();
    });
    assert!(usage.starts_with("sha256 of usage.csv"), "{usage}");
}

#[test]
fn certify_holds_a_ladder_to_its_rules() {
    let run = under_rules();
    assert_eq!(refused_of(run, |_, _| {}), "");
    let figure =
        |plan: &Value, name: &str| plan[name].as_str().unwrap().parse::<Decimal>().unwrap();
    let ladder = &run["plans"][0];
    let counted = figure(ladder, "cost") + figure(ladder, "capital_cost");
    assert!(figure(run, "lower_bound") <= counted);
    assert!(figure(ladder, "upfront") <= dec!(900) && figure(ladder, "upfront") > Decimal::ZERO);
    let bought = ladder["purchases"].as_array().unwrap();
    assert!(
        bought
            .chunk_by(|one, next| one["at"] == next["at"])
            .all(|day| day.len() <= 2)
    );
    // Everything more than what is left to pay at once: what was bought breaks the rule.
    let tighter = refused_of(run, |run, _| {
        run["settings"]["rules"]["max_purchases"] = 0.into();
    });
    assert!(tighter.contains("cost of `ladder`"), "{tighter}");
    let cheaper = refused_of(run, |run, _| {
        run["settings"]["cost_of_capital"] = "0".into();
    });
    assert!(!cheaper.is_empty());
}

#[test]
fn a_report_has_the_figures_of_the_ladder() {
    let folder = inputs();
    fs::write(folder.path().join("ladder.json"), fresh().to_string()).unwrap();
    let arguments = [
        "report",
        "ladder.json",
        "-o",
        "made",
        "--format",
        "md,html,xlsx,csv,json,svg",
    ];
    let output = run_in(folder.path(), &arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let made = |name: &str| fs::read_to_string(folder.path().join("made").join(name)).unwrap();
    let calendar = made("calendar.csv");
    let bought = fresh()["plans"][0]["purchases"].as_array().unwrap();
    assert_eq!(calendar.lines().count(), 1 + bought.len());
    assert!(!bought.is_empty());
    assert_eq!(
        made("months.csv").lines().count(),
        1 + fresh()["months"].as_array().unwrap().len()
    );
    let cost = fresh()["plans"][0]["cost"].as_str().unwrap();
    let cost = cost.parse::<Decimal>().unwrap().round_dp(2);
    let digits = cost.to_string();
    let cents = digits.split_once('.').unwrap().1;
    assert!(made("report.md").contains(&format!(".{cents}")), "{cost}");
    for chart in ["plans", "coverage-by-month", "cash-by-month", "expiries"] {
        assert!(made(&format!("{chart}.svg")).contains("<svg"), "{chart}");
    }
}
