//! Spot as a decision beside purchases: every whole split of every hour is tried against it, what it claims is billed again
//! as AWS meters it, and a run is checked from its file.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fmt::Write as _;
use std::fs;
use std::sync::OnceLock;

use bursar::billing::{Granularity, Settings, bill, charges, steered};
use bursar::commitment::{Portfolio, SavingsPlanScope};
use bursar::demand::{Demand, DemandKey, Market};
use bursar::optimize::{Options, optimize};
use bursar::units::Money;
use proptest::prelude::*;
use rust_decimal::{Decimal, dec};
use serde_json::Value;
use tempfile::TempDir;

use crate::certify::bursar;
use crate::plans::{Prices, Row, demand, fleets, hundredths, options, reserved, savings_plan};

const HOURS: i64 = 24;
/// 97 of 100 hours are run again: Spot at 35 % of On-Demand comes to 68.95 % of it, between a Reserved Instance (62 %) and
/// a Compute Savings Plan (72 %).
const RERUN: u32 = 970_000;

fn settings() -> Settings {
    Settings {
        rerun_millionths: RERUN,
        ..Settings::default()
    }
}

/// Instances of an hour that may run on Spot: of m5.large always two, of c5.xlarge two by day.
fn eligible(hour: i64) -> [i64; 2] {
    [2, 2 * i64::from((8..20).contains(&hour))]
}

/// What may not: of m5.large one, by day two; an m5.xlarge.
fn rest(hour: i64) -> [Row; 2] {
    let busy = i64::from((8..20).contains(&hour));
    [
        ("m5.large", Market::OnDemand, hour, 1 + busy),
        ("m5.xlarge", Market::OnDemand, hour, 1),
    ]
}

const NAMES: [&str; 2] = ["m5.large", "c5.xlarge"];

/// The fleet with what may run on Spot set apart.
fn fleet() -> Demand {
    let rows = (0..HOURS).flat_map(|hour| {
        let apart = NAMES.into_iter().zip(eligible(hour));
        let apart = apart.map(move |(name, count)| (name, Market::SpotEligible, hour, count));
        rest(hour).into_iter().chain(apart)
    });
    demand(&rows.collect::<Vec<_>>(), HOURS)
}

/// The fleet with so many of both on Spot in every hour (as far as there are), each 1.97 times, and the others On-Demand:
/// usage as a bill has it.
fn split(spot: [i64; 2]) -> Demand {
    let mut rows = Vec::new();
    for hour in 0..HOURS {
        rows.extend(
            rest(hour).map(|(name, market, hour, count)| (name, market, hour, 100 * count)),
        );
        for ((name, all), spot) in NAMES.into_iter().zip(eligible(hour)).zip(spot) {
            let spot = spot.min(all);
            rows.push((name, Market::OnDemand, hour, 100 * (all - spot)));
            rows.push((name, Market::Spot, hour, 197 * spot));
        }
    }
    hundredths(&rows, HOURS)
}

/// What each hour costs with so many on Spot, everything included.
fn by_hour(spot: [i64; 2], portfolio: &Portfolio) -> Vec<Money> {
    let usage = split(spot);
    let all = charges(
        &usage,
        portfolio,
        &Prices::new(),
        Settings::default(),
        Granularity::Hour,
    );
    let mut sums = vec![Money::ZERO; usage.span().len()];
    for charge in all.unwrap() {
        let hour = usage.span().index(charge.period.start()).unwrap();
        sums[hour] += charge.effective;
    }
    sums
}

/// The least that a portfolio can cost, with whole instances on Spot, each hour by itself.
fn tried(portfolio: &Portfolio) -> Money {
    let splits = (0..=2).flat_map(|large| (0..=2).map(move |compute| [large, compute]));
    let costs: Vec<Vec<Money>> = splits.map(|spot| by_hour(spot, portfolio)).collect();
    let least = |hour: usize| costs.iter().map(|costs| costs[hour]).min().unwrap();
    (0..usize::try_from(HOURS).unwrap()).map(least).sum()
}

fn apart(a: Money, b: Money) -> Decimal {
    (a - b).to_decimal(10).abs()
}

/// The least that any of a grid of portfolios can cost, with each split of each hour tried; on the way each is billed as
/// the engine splits it.
fn grid(fleet: &Demand) -> Money {
    let span = fleet.span();
    let mut cheapest = Money::from_atoms(i128::MAX);
    for count in 0..=7_u32 {
        for compute in [0, 8, 16, 24] {
            let mut portfolio = Portfolio::default();
            portfolio
                .reserved_instances
                .extend((count > 0).then(|| reserved("m5.large", count, span)));
            portfolio.savings_plans.extend(
                (compute > 0).then(|| savings_plan(SavingsPlanScope::Compute, compute, span)),
            );
            let tried = tried(&portfolio);
            let billed = bill(fleet, &portfolio, &Prices::new(), settings())
                .unwrap()
                .total();
            assert!(
                billed <= tried,
                "{count} RIs, {compute} c/h: {billed} against {tried}"
            );
            if compute == 0 {
                assert_eq!(billed, tried, "{count} RIs");
            }
            let metered = steered(fleet, &portfolio, &Prices::new(), settings()).unwrap();
            assert!(
                metered
                    .keys()
                    .iter()
                    .all(|key| key.market != Market::SpotEligible)
            );
            let again = bill(&metered, &portfolio, &Prices::new(), Settings::default()).unwrap();
            // Seconds are whole: at most one of each key and hour.
            assert!(
                apart(again.total(), billed) < dec!(0.01),
                "{} against {billed}",
                again.total()
            );
            cheapest = cheapest.min(tried);
        }
    }
    cheapest
}

/// Every portfolio of a grid, every whole split of every hour: the engine's split costs no more, the same where whole
/// instances are all there is to cover, and as much when AWS's order alone bills it. No portfolio is below the bound, none
/// cheaper than the plan.
#[test]
fn no_split_of_any_hour_is_cheaper() {
    let fleet = fleet();
    let owned = Portfolio::default();
    let options = Options {
        billing: settings(),
        ..options()
    };
    let found = optimize(&fleet, &owned, &Prices::new(), &options).unwrap();
    let cost = found.cheapest.bill.total();
    let cheapest = grid(&fleet);
    assert!(
        found.lower_bound <= cheapest && cost <= cheapest,
        "{cost} against {cheapest}"
    );
    // Reserved are five of m5.large: at night the large, the xlarge's two and both that may run on Spot; by day one more
    // large may not, so that for 12 hours one of the two is on Spot. A sixth would be used half of the time.
    let spot: Vec<_> = found
        .cheapest
        .bill
        .lines
        .iter()
        .filter(|line| line.instead_of_spot.is_some())
        .collect();
    assert_eq!(spot.len(), 2);
    let hours = |of: fn(
        &bursar::billing::LineTotals,
    ) -> bursar::units::Quantity<bursar::units::InstanceHour>| {
        spot.iter()
            .map(|line| of(line).to_decimal(0))
            .collect::<Vec<_>>()
    };
    // c5.xlarge runs by day alone and is under nothing: Compute at 72 % is dearer than Spot.
    assert_eq!(hours(|line| line.on_demand), [dec!(24), dec!(12)]);
    assert_eq!(
        hours(bursar::billing::LineTotals::covered),
        [dec!(0), dec!(36)]
    );
}

/// Usage of a fleet with a part of every row of some keys set apart.
fn with_part(usage: &Demand, percent: u32) -> Demand {
    let mut rows: Vec<(DemandKey, Vec<u32>)> = Vec::new();
    for (index, (key, seconds)) in usage.rows().enumerate() {
        let part = |all: u32| {
            if index == 0 {
                0
            } else {
                (all * percent).div_euclid(100)
            }
        };
        rows.push((
            key.clone(),
            seconds.iter().map(|&all| all - part(all)).collect(),
        ));
        let market = Market::SpotEligible;
        let key = DemandKey {
            market,
            ..key.clone()
        };
        rows.push((key, seconds.iter().map(|&all| part(all)).collect()));
    }
    Demand::from_rows(usage.span(), rows).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Whatever is bought, setting usage apart never makes it dearer, and AWS's bill of the split is the same.
    #[test]
    fn what_may_run_on_spot_never_costs_more(
        (rows, hours) in fleets(), percent in 1..=100_u32, rerun in 0..=1_600_000_u32,
        count in 0..6_u32, compute in 0..40_i128,
    ) {
        let usage = demand(&rows, hours);
        let apart_usage = with_part(&usage, percent);
        let mut owned = Portfolio::default();
        owned.reserved_instances.extend((count > 0).then(|| reserved("m5.large", count, usage.span())));
        owned.savings_plans.extend(
            (compute > 0).then(|| savings_plan(SavingsPlanScope::Compute, compute, usage.span())));
        let settings = Settings { rerun_millionths: rerun, ..Settings::default() };
        let prices = Prices::new();
        let whole = bill(&usage, &owned, &prices, settings).unwrap().total();
        let split = bill(&apart_usage, &owned, &prices, settings).unwrap().total();
        prop_assert!(split <= whole, "{split} against {whole}");
        let metered = steered(&apart_usage, &owned, &prices, settings).unwrap();
        let again = bill(&metered, &owned, &prices, settings).unwrap().total();
        prop_assert!(apart(again, split) < dec!(0.05), "{again} against {split}");
    }
}

/// Two days: two m5.large always on; four of the batch by night.
fn usage() -> String {
    let mut text = "hour,region,instance_type,tag:workload,count\n".to_owned();
    for hour in 0..48_i64 {
        let (day, clock) = (1 + hour.div_euclid(24), hour % 24);
        writeln!(
            text,
            "2026-07-{day:02}T{clock:02}:00Z,us-east-1,m5.large,web,2"
        )
        .unwrap();
        if clock < 8 {
            writeln!(
                text,
                "2026-07-{day:02}T{clock:02}:00Z,us-east-1,m5.large,batch,4"
            )
            .unwrap();
        }
    }
    text
}

/// A folder with that usage and its run; made once.
fn story() -> &'static TempDir {
    static STORY: OnceLock<TempDir> = OnceLock::new();
    STORY.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("usage.csv"), usage()).unwrap();
        let spot = [
            "--spot-eligible",
            "tag:workload=batch",
            "--spot-share",
            "75",
            "--interruption-cost",
            "20",
        ];
        let more = [
            "--no-options",
            "--events",
            "default",
            "--format",
            "json",
            "--out",
            "run.json",
            "--report",
            "report",
        ];
        let output = bursar(
            folder.path(),
            &[&["optimize", "usage.csv"][..], &spot, &more].concat(),
        );
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

/// 4 x 8 x 2 = 64 hours of the batch, 48 of which may run on Spot, at $0.04366 x 1.2 = $0.052392 an hour of work (book of
/// 2026-05-12) instead of $0.096.
#[test]
fn a_run_says_what_spot_does() {
    let run = run();
    let spot = &run["spot"];
    let line = &spot["usage"][0];
    assert_eq!(spot["usage"].as_array().unwrap().len(), 1);
    assert_eq!(decimal(&line["instance_hours"]), dec!(48));
    assert_eq!(decimal(&line["on_spot_hours"]), dec!(48));
    assert_eq!(decimal(&line["rate"]), dec!(0.052392));
    assert_eq!(decimal(&line["on_demand_rate"]), dec!(0.096));
    assert_eq!(
        decimal(&line["saving"]),
        dec!(48) * (dec!(0.096) - dec!(0.052392))
    );
    assert_eq!(line["price_as_of"], "2026-05-12");
    // 96 + 64 hours On-Demand; with nothing bought 48 of them on Spot.
    assert_eq!(decimal(&run["on_demand_cost"]), dec!(160) * dec!(0.096));
    let nothing = dec!(112) * dec!(0.096) + dec!(48) * dec!(0.052392);
    assert_eq!(decimal(&spot["nothing_bought"]), nothing);
    let cheapest = &run["plans"][0];
    assert_eq!(
        decimal(&spot["as_metered"]),
        decimal(&run["plans"][1]["cost"])
    );
    // The night has 0.096 - 0.052392 less in 48 hours, whatever the always-on ones are under.
    assert_eq!(spot["plan"], "robust");
    let less = decimal(&spot["without"]["cost"]) - decimal(&cheapest["cost"]);
    assert_eq!(less, decimal(&line["saving"]));
    let events = run["risk"]["events"].as_array().unwrap();
    assert!(
        events
            .iter()
            .any(|event| event["name"] == "Spot prices twice as high")
    );
}

/// The report's accounts begin at On-Demand for all, and its charges say what one hour of work on Spot costs.
#[test]
fn charges_and_accounts_count_what_runs_on_spot() {
    let text = fs::read_to_string(story().path().join("report/run.json")).unwrap();
    let run: Value = serde_json::from_str(&text).unwrap();
    let sum = |list: &str, name: &str| {
        let rows = run["shown"][list].as_array().unwrap().iter();
        rows.map(|row| decimal(&row[name])).sum::<Decimal>()
    };
    assert_eq!(sum("accounts", "on_demand_cost"), dec!(160) * dec!(0.096));
    let robust = decimal(&run["plans"][1]["cost"]);
    for whole in [
        sum("charges", "cost"),
        sum("accounts", "cost") + sum("accounts", "unused"),
    ] {
        assert!((whole - robust).abs() < dec!(0.0000001), "{whole} {robust}");
    }
    let charges = run["shown"]["charges"].as_array().unwrap();
    let spot = charges
        .iter()
        .find(|charge| charge["paid_as"] == "Spot, hours run again included")
        .unwrap();
    assert_eq!(decimal(&spot["quantity"]), dec!(48));
    assert_eq!(decimal(&spot["cost"]), dec!(48) * dec!(0.052392));
    assert_eq!(spot["basis"], "observed");
}

#[test]
fn its_proof_holds_and_a_changed_figure_does_not() {
    let folder = story().path();
    let certify = |file: &str| bursar(folder, &["certify", file]).status.code();
    assert_eq!(certify("run.json"), Some(0));
    for (name, pointer, value) in [
        ("saving", "/spot/usage/0/saving", "3.00"),
        ("metered", "/spot/as_metered", "1.00"),
        ("without", "/spot/without/cost", "99.00"),
        ("share", "/settings/spot/share_percent", "80"),
        ("again", "/settings/spot/interruption_percent", "10"),
    ] {
        let mut run = run();
        *run.pointer_mut(pointer).unwrap() = value.into();
        let file = format!("{name}.json");
        fs::write(folder.join(&file), run.to_string()).unwrap();
        assert_eq!(certify(&file), Some(3), "{name}");
    }
}
