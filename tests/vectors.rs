//! AWS's worked examples, each with its source, run through the engine.
//!
//! The ones under `tests/vectors` are the figures of AWS's documentation. Where the folder `../shared/vectors`
//! stands beside the project (as in CI), its examples of the same kinds are run too.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test says what it runs"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bursar::billing::{Charge, ChargeKind, Granularity, RateTable, Settings, bill, charges};
use bursar::catalog::{
    Account, Family, InstanceType, OfferingClass, PaymentOption, Platform, Region, SavingsPlanKind,
    Tenancy, Term, Zone,
};
use bursar::commitment::{
    Portfolio, ReservedFee, ReservedInstance, ReservedScope, SavingsPlan, SavingsPlanScope,
    exchange_count, footprint, list_value, may_modify, true_up,
};
use bursar::demand::{Demand, DemandBuilder, DemandKey, Labels, Market};
use bursar::prices::Product;
use bursar::units::{Hour, HourSpan, InstanceHour, Money, Quantity, Rate};
use rust_decimal::{Decimal, dec};
use serde_json::Value;

#[test]
fn every_example_of_the_project_comes_out() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    assert_eq!(run_folder(&folder), 23);
}

#[test]
fn every_shared_example_of_these_kinds_comes_out() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors");
    if folder.is_dir() {
        assert!(run_folder(&folder) >= 23);
    } else {
        println!("skipped: {} is not there", folder.display());
    }
}

fn run_folder(folder: &Path) -> usize {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files.iter().filter(|file| run_file(file)).count()
}

/// Runs one example; false when it is of a kind this test does not know.
fn run_file(file: &Path) -> bool {
    let example: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let name = example["name"].as_str().unwrap().to_owned();
    println!("{name}");
    match example["kind"].as_str().unwrap() {
        "ri_apply_hour" => ri_apply_hour(&example),
        "ri_share" => ri_share(&example),
        "ri_seconds" => ri_seconds(&example),
        "ri_exchange" => ri_exchange(&example),
        "ri_list_value" => ri_list_value(&example),
        "ri_footprint" => ri_footprint(&example),
        "sp_hour" => sp_hour(&example),
        "sp_coverage" => sp_coverage(&example),
        "sp_metrics" => sp_metrics(&example, file.parent().unwrap()),
        "sp_upfront_amortize" => sp_upfront_amortize(&example),
        "amortize" => amortize(&example),
        "cur_rifee" => cur_rifee(&example),
        "cur_sp_rows" => cur_sp_rows(&example),
        _ => return false,
    }
    true
}

// ---- reading an example ----

fn decimal(value: &Value) -> Decimal {
    match value {
        Value::String(text) => text.split_whitespace().next().unwrap().parse().unwrap(),
        Value::Number(number) => number.to_string().parse().unwrap(),
        other => panic!("not a number: {other}"),
    }
}

fn money(value: &Value) -> Money {
    Money::from_decimal(decimal(value)).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn hour() -> Hour {
    Hour::parse("2026-01-01T00:00Z").unwrap()
}

fn one_hour() -> HourSpan {
    HourSpan::new(hour(), hour().plus(1))
}

fn key(account: &str, zone: Option<&str>, instance_type: &str, region: Region) -> DemandKey {
    DemandKey {
        account: Account::new(account),
        region,
        zone: zone.map(Zone::new),
        instance_type: instance_type.parse().unwrap(),
        platform: Platform::LINUX,
        tenancy: Tenancy::Shared,
        market: Market::OnDemand,
        labels: Labels::default(),
    }
}

fn virginia() -> Region {
    "us-east-1".parse().unwrap()
}

fn product(key: &DemandKey) -> Product {
    Product {
        region: key.region,
        instance_type: key.instance_type,
        platform: key.platform,
        tenancy: key.tenancy,
    }
}

/// One hour of usage: keys with instance-hours.
fn demand(usage: &[(DemandKey, Decimal)]) -> Demand {
    let mut builder = DemandBuilder::new();
    for (key, hours) in usage {
        let handle = builder.key(key.clone());
        let nano_hours = (hours * dec!(1_000_000_000)).try_into().unwrap();
        builder.add(handle, hour(), nano_hours);
    }
    builder.finish(one_hour()).unwrap()
}

fn reserved(
    id: &str,
    account: &str,
    instance_type: &str,
    scope: ReservedScope,
    count: u32,
) -> ReservedInstance {
    ReservedInstance {
        id: id.to_owned(),
        account: Account::new(account),
        scope,
        region: virginia(),
        instance_type: instance_type.parse().unwrap(),
        platform: Platform::LINUX,
        tenancy: Tenancy::Shared,
        offering_class: OfferingClass::Standard,
        term: Term::OneYear,
        payment_option: PaymentOption::NoUpfront,
        count,
        alive: one_hour(),
        fee: ReservedFee {
            upfront: Money::ZERO,
            hourly: Rate::from_decimal(dec!(0.01)).unwrap(),
        },
    }
}

// ---- Reserved Instances ----

fn ri_apply_hour(example: &Value) {
    let mut usage = Vec::new();
    let mut ids = BTreeMap::new();
    let mut rates = RateTable::default();
    for line in list(&example["inputs"]["usage"]) {
        let key = key(
            text(&line["account"]),
            line["az"].as_str(),
            text(&line["type"]),
            virginia(),
        );
        let units = key.instance_type.quarter_units().unwrap();
        rates.set_on_demand(product(&key), Rate::from_steps(units * 1_000_000));
        ids.insert(text(&line["id"]).to_owned(), key.clone());
        usage.push((key, decimal(&line["count"])));
    }
    let owned = list(&example["inputs"]["reserved_instances"])
        .iter()
        .map(|ri| {
            let scope = match text(&ri["scope"]) {
                "zonal" => ReservedScope::Zonal(Zone::new(text(&ri["az"]))),
                _ => ReservedScope::Regional,
            };
            let count = text(&ri["count"]).parse().unwrap();
            reserved(
                text(&ri["id"]),
                text(&ri["account"]),
                text(&ri["type"]),
                scope,
                count,
            )
        });
    let portfolio = Portfolio {
        reserved_instances: owned.collect(),
        savings_plans: Vec::new(),
    };
    let demand = demand(&usage);
    let charges = charges(
        &demand,
        &portfolio,
        &rates,
        Settings::default(),
        Granularity::Hour,
    )
    .unwrap();
    let of = |id: &str, wanted: &dyn Fn(ChargeKind) -> bool| -> Decimal {
        let index = demand
            .keys()
            .iter()
            .position(|key| *key == ids[id])
            .unwrap();
        quantity(
            charges
                .iter()
                .filter(|c| c.key == Some(index) && wanted(c.kind)),
        )
    };
    for (id, hours) in example["recomputed"]["uncovered_instance_hours"]
        .as_object()
        .unwrap()
    {
        assert_eq!(
            of(id, &|kind| kind == ChargeKind::OnDemand),
            decimal(hours),
            "{id}"
        );
    }
    for applied in list(&example["recomputed"]["applied"]) {
        let ri = text(&applied["ri"]);
        let index = portfolio
            .reserved_instances
            .iter()
            .position(|owned| owned.id == ri)
            .unwrap();
        let covered = of(text(&applied["usage"]), &|kind| {
            kind == ChargeKind::Reserved(index)
        });
        assert_eq!(covered, decimal(&applied["instance_hours"]), "{ri}");
    }
    let bill = bill(&demand, &portfolio, &rates, Settings::default()).unwrap();
    for (index, ri) in portfolio.reserved_instances.iter().enumerate() {
        let totals = &bill.reserved_instances[index];
        let unused =
            Quantity::<InstanceHour>::from_ticks((totals.committed - totals.used).cast_signed());
        let unused = unused.to_decimal(9) / dec!(4); // quarters of a unit
        assert_eq!(
            unused,
            decimal(&example["recomputed"]["unused_normalized_units"][&ri.id]),
            "{}",
            ri.id
        );
    }
}

fn quantity<'a>(charges: impl Iterator<Item = &'a Charge>) -> Decimal {
    charges
        .map(|charge| charge.quantity)
        .sum::<Quantity<_>>()
        .to_decimal(9)
}

/// One owner's reservations serve its own instances first, then the other account's.
fn ri_share(example: &Value) {
    let inputs = &example["inputs"];
    let usage: Vec<(DemandKey, Decimal)> = inputs["usage"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(account, count)| (key(account, None, "m3.large", virginia()), decimal(count)))
        .collect();
    let mut rates = RateTable::default();
    rates.set_on_demand(product(&usage[0].0), Rate::from_steps(1_000_000_000));
    let count = u32::try_from(inputs["ri_count"].as_u64().unwrap()).unwrap();
    let ri = reserved(
        "r",
        text(&inputs["ris_owner"]),
        "m3.large",
        ReservedScope::Regional,
        count,
    );
    let portfolio = Portfolio {
        reserved_instances: vec![ri],
        savings_plans: Vec::new(),
    };
    let demand = demand(&usage);
    let bill = bill(&demand, &portfolio, &rates, Settings::default()).unwrap();
    for line in &bill.lines {
        let account = demand.keys()[line.key].account.as_str();
        let applied = &example["expected"]["applied"][account];
        assert_eq!(line.reserved.to_decimal(9), decimal(applied), "{account}");
    }
    let on_demand: Quantity<InstanceHour> = bill.lines.iter().map(|line| line.on_demand).sum();
    assert_eq!(
        on_demand.to_decimal(9),
        decimal(&example["expected"]["on_demand_billed"])
    );
}

fn ri_seconds(example: &Value) {
    let inputs = &example["inputs"];
    let hours = list(&inputs["runs"])
        .iter()
        .map(|run| decimal(&run["count"]) * decimal(&run["seconds"]) / dec!(3600))
        .sum();
    let usage = [(key("a", None, "m4.xlarge", virginia()), hours)];
    let mut rates = RateTable::default();
    rates.set_on_demand(product(&usage[0].0), Rate::from_steps(2_000_000_000));
    let count = u32::try_from(inputs["reserved_count"].as_u64().unwrap()).unwrap();
    let ri = reserved("r", "a", "m4.xlarge", ReservedScope::Regional, count);
    let portfolio = Portfolio {
        reserved_instances: vec![ri],
        savings_plans: Vec::new(),
    };
    let bill = bill(&demand(&usage), &portfolio, &rates, Settings::default()).unwrap();
    assert_eq!(
        bill.lines[0].reserved.to_decimal(9),
        decimal(&example["recomputed"]["ri_hours"])
    );
    assert_eq!(
        bill.lines[0].on_demand.to_decimal(9),
        decimal(&example["recomputed"]["on_demand_hours"])
    );
}

fn ri_exchange(example: &Value) {
    let inputs = &example["inputs"];
    let count = exchange_count(
        money(&inputs["old_list_value"]),
        money(&inputs["new_unit_list_value"]),
    );
    assert_eq!(
        Decimal::from(count.unwrap()),
        decimal(&example["recomputed"]["new_count"])
    );
    let paid = true_up(
        money(&inputs["prorated_upfront_new"]),
        money(&inputs["remaining_upfront_old"]),
    );
    assert_eq!(paid, money(&example["recomputed"]["true_up"]));
}

fn ri_list_value(example: &Value) {
    let inputs = &example["inputs"];
    let fee = ReservedFee {
        upfront: money(&inputs["upfront"]),
        hourly: Rate::from_decimal(decimal(&inputs["hourly"])).unwrap(),
    };
    assert_eq!(inputs["hours"].as_i64(), Some(Term::OneYear.hours()));
    assert_eq!(
        list_value(fee, Term::OneYear),
        money(&example["recomputed"]["list_value"])
    );
}

fn ri_footprint(example: &Value) {
    let set = |side: &Value| -> Vec<(u32, InstanceType)> {
        list(side)
            .iter()
            .map(|pair| {
                (
                    u32::try_from(pair[0].as_u64().unwrap()).unwrap(),
                    text(&pair[1]).parse().unwrap(),
                )
            })
            .collect()
    };
    let cases = list(&example["inputs"]["cases"]);
    for (number, case) in cases.iter().enumerate() {
        let (from, to) = (set(&case["from"]), set(&case["to"]));
        let allowed = example["expected"]["allowed"][number].as_bool().unwrap();
        assert_eq!(may_modify(&from, &to), allowed, "case {number}");
        let units = Decimal::from(footprint(&from).unwrap()) / dec!(4);
        assert_eq!(units, decimal(&example["recomputed"][number]["from_units"]));
    }
}

// ---- Savings Plans ----

/// A line of an example as a product of its own. Lambda's 1,500,000 GB-seconds are counted in thousands, so
/// that every quantity is a number of instances.
struct SpLine {
    id: String,
    key: DemandKey,
    quantity: Decimal,
    scale: Decimal,
}

fn sp_lines(example: &Value) -> (Vec<SpLine>, RateTable) {
    let mut rates = RateTable::default();
    let mut lines = Vec::new();
    for (number, line) in list(&example["inputs"]["usage"]).iter().enumerate() {
        let (family, region) = match line["ec2_sp_scope"].as_str() {
            Some(scope) => scope.split_once('/').unwrap(),
            None => ("serverless", "us-east-1"),
        };
        let key = key(
            "a",
            None,
            &format!("{family}.line-{number}"),
            region.parse().unwrap(),
        );
        let scale = if decimal(&line["quantity"]) > dec!(10_000) {
            dec!(1_000)
        } else {
            dec!(1)
        };
        let rate = |name: &str| {
            line[name]
                .as_str()
                .map(|_| Rate::from_decimal(decimal(&line[name]) * scale).unwrap())
        };
        rates.set_on_demand(product(&key), rate("on_demand_rate").unwrap());
        for (kind, name) in [
            (SavingsPlanKind::Compute, "compute_sp_rate"),
            (SavingsPlanKind::Ec2Instance, "ec2_instance_sp_rate"),
        ] {
            if let Some(rate) = rate(name) {
                rates.set_savings_plan(product(&key), kind, rate);
            }
        }
        let quantity = decimal(&line["quantity"]) / scale;
        lines.push(SpLine {
            id: text(&line["id"]).to_owned(),
            key,
            quantity,
            scale,
        });
    }
    (lines, rates)
}

fn sp_portfolio(example: &Value) -> Portfolio {
    let plans = list(&example["inputs"]["savings_plans"])
        .iter()
        .map(|plan| SavingsPlan {
            id: text(&plan["id"]).to_owned(),
            account: Account::new("a"),
            scope: match plan["scope"].as_str() {
                Some(scope) => {
                    let (family, region) = scope.split_once('/').unwrap();
                    let region = region.parse().unwrap();
                    SavingsPlanScope::Ec2Instance {
                        family: Family::new(family),
                        region,
                    }
                }
                None => SavingsPlanScope::Compute,
            },
            term: Term::OneYear,
            payment_option: PaymentOption::NoUpfront,
            commitment: money(&plan["commitment_per_hour"]),
            alive: one_hour(),
        });
    Portfolio {
        reserved_instances: Vec::new(),
        savings_plans: plans.collect(),
    }
}

fn sp_hour(example: &Value) {
    let (lines, rates) = sp_lines(example);
    let portfolio = sp_portfolio(example);
    let usage: Vec<_> = lines
        .iter()
        .map(|line| (line.key.clone(), line.quantity))
        .collect();
    let demand = demand(&usage);
    let charges = charges(
        &demand,
        &portfolio,
        &rates,
        Settings::default(),
        Granularity::Hour,
    )
    .unwrap();
    let bill = bill(&demand, &portfolio, &rates, Settings::default()).unwrap();
    let expected = &example["recomputed"];
    for plan in list(&expected["plans"]) {
        let totals = bill
            .savings_plans
            .iter()
            .find(|totals| totals.id == text(&plan["id"]))
            .unwrap();
        let atoms = |amount: u128| Money::from_atoms(amount.cast_signed());
        assert_eq!(atoms(totals.used), money(&plan["used"]));
        assert_eq!(
            atoms(totals.committed - totals.used),
            money(&plan["unused"])
        );
    }
    let index_of = |id: &str| {
        let line = lines.iter().find(|line| line.id == id).unwrap();
        (
            demand
                .keys()
                .iter()
                .position(|key| *key == line.key)
                .unwrap(),
            line.scale,
        )
    };
    for coverage in list(&expected["coverage"]) {
        let (index, scale) = index_of(text(&coverage["usage_id"]));
        let plan = text(&coverage["plan"]);
        let plan = portfolio
            .savings_plans
            .iter()
            .position(|owned| owned.id == plan)
            .unwrap();
        let covered: Vec<&Charge> = charges
            .iter()
            .filter(|c| c.key == Some(index) && c.kind == ChargeKind::SavingsPlan(plan))
            .collect();
        let quantity = quantity(covered.iter().copied()) * scale;
        // Expected quantities are given to twelve digits.
        assert!(
            (quantity - decimal(&coverage["quantity"])).abs() < dec!(0.000001),
            "{coverage}"
        );
        let paid: Money = covered.iter().map(|charge| charge.effective).sum();
        assert_near(paid, money(&coverage["sp_cost"]));
    }
    for (id, cost) in expected["on_demand_by_usage"].as_object().unwrap() {
        let (index, _) = index_of(id);
        let on_demand = charges
            .iter()
            .filter(|c| c.key == Some(index) && c.kind == ChargeKind::OnDemand)
            .map(|charge| charge.effective)
            .sum();
        assert_near(
            on_demand,
            Money::from_decimal_rounded(decimal(cost)).unwrap(),
        );
    }
    assert_near(
        bill.on_demand_cost(),
        Money::from_decimal_rounded(decimal(&expected["on_demand_total"])).unwrap(),
    );
    assert_eq!(
        bill.on_demand_equivalent(),
        money(&expected["all_on_demand_total"])
    );
    assert_eq!(bill.commitment_cost(), money(&expected["committed_total"]));
}

/// Equal to the ten decimals that the examples' fractions are given with.
fn assert_near(left: Money, right: Money) {
    let difference = (left.to_decimal(10) - right.to_decimal(10)).abs();
    assert!(
        difference <= dec!(0.000000001),
        "{left:.10} is not {right:.10}"
    );
}

fn sp_coverage(example: &Value) {
    let inputs = &example["inputs"];
    let usage = [(
        key("a", None, "m5.large", virginia()),
        decimal(&inputs["instances"]),
    )];
    let rate = Rate::from_decimal(decimal(&inputs["on_demand_rate"])).unwrap();
    let mut rates = RateTable::default();
    rates.set_on_demand(product(&usage[0].0), rate);
    let covered = u32::try_from(inputs["covered"].as_u64().unwrap()).unwrap();
    let ri = reserved("r", "a", "m5.large", ReservedScope::Regional, covered);
    let portfolio = Portfolio {
        reserved_instances: vec![ri],
        savings_plans: Vec::new(),
    };
    let bill = bill(&demand(&usage), &portfolio, &rates, Settings::default()).unwrap();
    let coverage =
        bill.covered().to_decimal(10) / bill.on_demand_equivalent().to_decimal(10) * dec!(100);
    assert_eq!(coverage, decimal(&example["recomputed"]["coverage_pct"]));
}

fn sp_metrics(example: &Value, folder: &Path) {
    let scenario = folder
        .join(text(&example["inputs"]["scenario"]))
        .with_extension("json");
    let scenario: Value =
        serde_json::from_str(&std::fs::read_to_string(scenario).unwrap()).unwrap();
    let (lines, rates) = sp_lines(&scenario);
    let usage: Vec<_> = lines
        .iter()
        .map(|line| (line.key.clone(), line.quantity))
        .collect();
    let bill = bill(
        &demand(&usage),
        &sp_portfolio(&scenario),
        &rates,
        Settings::default(),
    )
    .unwrap();
    let plan = &bill.savings_plans[0];
    let dollars = |money: Money| money.to_decimal(10);
    let net = dollars(plan.on_demand_equivalent) - dollars(plan.cost);
    let percent = |part: Decimal, whole: Decimal| (part / whole * dec!(100)).round_dp(2);
    let expected = &example["expected"];
    let coverage = percent(
        dollars(bill.covered()),
        dollars(bill.on_demand_equivalent()),
    );
    assert_eq!(coverage, decimal(&expected["coverage_pct"]));
    assert_eq!(
        percent(Decimal::from(plan.used), Decimal::from(plan.committed)),
        decimal(&expected["utilization_pct"])
    );
    assert_eq!(net.round_dp(2), decimal(&expected["net_savings"]));
    assert_eq!(
        percent(net, dollars(plan.cost)),
        decimal(&expected["roi_pct"])
    );
}

// ---- amortisation, and the money of a bill's rows ----

fn sp_upfront_amortize(example: &Value) {
    let upfront = money(&example["inputs"]["upfront"]);
    for (term, hours, expected) in [
        (Term::OneYear, "term_hours_1yr", "hourly_1yr_all_upfront"),
        (Term::ThreeYears, "term_hours_3yr", "hourly_3yr_partial"),
    ] {
        assert_eq!(example["inputs"][hours].as_i64(), Some(term.hours()));
        let hourly = upfront.per(i128::from(term.hours())).to_decimal(7);
        assert_eq!(hourly, decimal(&example["expected"][expected]).round_dp(7));
    }
}

fn amortize(example: &Value) {
    let inputs = &example["inputs"];
    assert_eq!(inputs["term_days"].as_i64(), Some(365));
    let fee = ReservedFee {
        upfront: money(&inputs["upfront"]),
        hourly: Rate::from_steps(0),
    };
    let mut per_day = fee.effective_hourly(Term::OneYear).times(24);
    if let Some(days) = inputs["month_days"].as_i64() {
        per_day += money(&inputs["monthly_fee"]).per(i128::from(days));
    }
    let expected = decimal(&example["recomputed"]["per_day"]);
    assert_eq!(per_day.to_decimal(10), expected.round_dp(10));
}

fn cur_rifee(example: &Value) {
    let inputs = &example["inputs"];
    let hours = inputs["hours"].as_i64().unwrap();
    let ri = ReservedInstance {
        instance_type: "m4.large".parse().unwrap(),
        alive: HourSpan::new(hour(), hour().plus(hours)),
        fee: ReservedFee {
            upfront: Money::ZERO,
            hourly: Rate::from_decimal(decimal(&inputs["hourly"])).unwrap(),
        },
        ..reserved("r", "a", "m4.large", ReservedScope::Regional, 1)
    };
    let cost = ri.effective_hourly().times(i128::from(hours));
    assert_eq!(cost, money(&example["recomputed"]["rifee_unblended"]));
    let units = Decimal::from(ri.quarter_units()) / dec!(4) * Decimal::from(hours);
    assert_eq!(
        units,
        decimal(&example["recomputed"]["total_reserved_normalized_units"])
    );
}

/// Covered usage costs its On-Demand price, the negation takes it back, the plan's rate is what it effectively
/// cost.
fn cur_sp_rows(example: &Value) {
    let inputs = &example["inputs"];
    let on_demand = Rate::<InstanceHour>::from_decimal(decimal(&inputs["on_demand_rate"])).unwrap();
    let plan = Rate::<InstanceHour>::from_decimal(decimal(&inputs["sp_rate"])).unwrap();
    let expected = &example["recomputed"];
    let mut negation = Money::ZERO;
    for (number, row) in list(&inputs["usage"]).iter().enumerate() {
        let hours = Quantity::from_decimal(decimal(&row["usage_amount"])).unwrap();
        assert_eq!(
            on_demand * hours,
            money(&expected["covered_unblended"][number])
        );
        assert_eq!(plan * hours, money(&expected["effective_cost"][number]));
        negation -= on_demand * hours;
    }
    assert_eq!(negation, money(&expected["negation_unblended"]));
}
