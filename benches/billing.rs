//! How long a year of 10,000 keys takes to bill exactly through all three stages of commitments.
//!
//! `cargo bench --bench billing` prints the figures of docs/performance.md; the limit is one second. With the word
//! `scaling` behind `--` it bills fleets of other sizes, and says the time of a key's hour.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench"
)]
#![allow(
    missing_docs,
    clippy::integer_division,
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "a bench"
)]

use std::time::Instant;

use bursar::billing::{RateTable, Settings, bill};
use bursar::catalog::{
    Account, OfferingClass, PaymentOption, Platform, Region, SavingsPlanKind, Tenancy, Term,
    instance_types,
};
use bursar::commitment::{
    Portfolio, ReservedFee, ReservedInstance, ReservedScope, SavingsPlan, SavingsPlanScope,
};
use bursar::demand::{Demand, DemandBuilder, DemandKey, Labels, Market};
use bursar::prices::Product;
use bursar::units::{Hour, HourSpan, Money, Rate};

const KEYS: usize = 10_000;
const HOURS: i64 = 8_760;

/// Sizes that show how time grows, in keys and hours.
const SIZES: [(usize, i64); 8] = [
    (1_000, 8_760),
    (2_500, 8_760),
    (5_000, 8_760),
    (10_000, 8_760),
    (20_000, 8_760),
    (10_000, 730),
    (10_000, 2_190),
    (10_000, 4_380),
];

fn main() {
    if std::env::args().any(|word| word == "scaling") {
        for (keys, hours) in SIZES {
            let best = run(keys, hours, 5);
            let nanoseconds = best * 1e9 / (keys as f64) / (hours as f64);
            println!("  {nanoseconds:.2} ns a key and hour");
        }
        return;
    }
    run(KEYS, HOURS, 3);
}

/// Bills a fleet some times and gives the shortest, in seconds.
fn run(keys: usize, hours: i64, times: usize) -> f64 {
    let (demand, rates) = fleet(keys, hours);
    let portfolio = portfolio(&demand);
    println!(
        "{} keys x {} hours, {} Reserved Instances, {} Savings Plans",
        demand.keys().len(),
        demand.span().len(),
        portfolio.reserved_instances.len(),
        portfolio.savings_plans.len()
    );
    let mut best = f64::INFINITY;
    for _ in 0..times {
        let started = Instant::now();
        let bill = bill(&demand, &portfolio, &rates, Settings::default()).unwrap();
        let seconds = started.elapsed().as_secs_f64();
        best = best.min(seconds);
        println!(
            "{seconds:.3} s; total {}, On-Demand {}, covered {}",
            bill.total(),
            bill.on_demand_cost(),
            bill.covered()
        );
    }
    best
}

/// A seeded generator (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % limit
    }
}

fn regions() -> Vec<Region> {
    Region::all()
        .filter(|region| region.is_region())
        .take(5)
        .collect()
}

fn fleet(keys: usize, hours: i64) -> (Demand, RateTable) {
    let mut dice = Dice(7);
    let mut rates = RateTable::default();
    let mut builder = DemandBuilder::new();
    let types: Vec<_> = instance_types()
        .filter(|t| t.size().ends_with("large"))
        .collect();
    let start = Hour::parse("2025-01-01T00:00Z").unwrap();
    let mut rows = Vec::new();
    for number in 0..keys {
        let key = DemandKey {
            account: Account::new(&format!("{:012}", number % 40)),
            region: regions()[number % 5],
            zone: None,
            instance_type: types[(number / 5) % 250],
            platform: if number % 9 == 0 {
                Platform::WINDOWS
            } else {
                Platform::LINUX
            },
            tenancy: Tenancy::Shared,
            market: Market::OnDemand,
            labels: Labels::from([("n".into(), number.to_string().into())]),
        };
        price(&mut rates, &key);
        rows.push((builder.key(key), 1 + dice.below(40)));
    }
    // One hour of every key is enough to lay the window out; the rest is written below in one go.
    for hour in 0..hours {
        for (key, base) in &rows {
            let swing = dice.below(base + 1);
            let seconds = (base + swing) * 3_600 - dice.below(3_600);
            builder.add(
                *key,
                start.plus(hour),
                (seconds * 1_000_000_000 / 3_600).cast_signed(),
            );
        }
    }
    (
        builder
            .finish(HourSpan::new(start, start.plus(hours)))
            .unwrap(),
        rates,
    )
}

fn price(rates: &mut RateTable, key: &DemandKey) {
    let product = Product {
        region: key.region,
        instance_type: key.instance_type,
        platform: key.platform,
        tenancy: key.tenancy,
    };
    let units = key.instance_type.quarter_units().unwrap_or(4);
    let licence = if key.platform == Platform::WINDOWS {
        units * 28_750_000
    } else {
        0
    };
    let family = key.instance_type.family().as_str().len() as u64;
    let linux = units * (40_000_000 + family * 1_300_000);
    rates.set_on_demand(product, Rate::from_steps(linux + licence));
    let plan = |percent: u64| Rate::from_steps(linux * percent / 100 + licence);
    rates.set_savings_plan(product, SavingsPlanKind::Compute, plan(70 + family));
    rates.set_savings_plan(product, SavingsPlanKind::Ec2Instance, plan(60 + family));
}

/// About a third of the demand under each of the three stages.
fn portfolio(demand: &Demand) -> Portfolio {
    let mut portfolio = Portfolio::default();
    let mut pools: Vec<_> = demand
        .keys()
        .iter()
        .filter(|key| key.platform == Platform::LINUX)
        .map(|key| (key.instance_type.family(), key.region, key.instance_type))
        .collect();
    pools.sort();
    pools.dedup_by_key(|pool| (pool.0, pool.1));
    for (number, (family, region, instance_type)) in pools.into_iter().enumerate() {
        let account = Account::new(&format!("{:012}", number % 40));
        if number % 2 == 0 {
            portfolio.reserved_instances.push(ReservedInstance {
                id: format!("ri-{number}"),
                account,
                scope: ReservedScope::Regional,
                region,
                instance_type,
                platform: Platform::LINUX,
                tenancy: Tenancy::Shared,
                offering_class: OfferingClass::Standard,
                term: Term::OneYear,
                payment_option: PaymentOption::NoUpfront,
                count: 4_000,
                alive: demand.span(),
                fee: ReservedFee {
                    upfront: Money::ZERO,
                    hourly: Rate::from_steps(600_000_000),
                },
            });
        } else {
            let scope = SavingsPlanScope::Ec2Instance { family, region };
            portfolio
                .savings_plans
                .push(savings_plan(demand, number, scope, 900));
        }
    }
    portfolio.savings_plans.push(savings_plan(
        demand,
        9_999,
        SavingsPlanScope::Compute,
        20_000,
    ));
    portfolio
}

fn savings_plan(
    demand: &Demand,
    number: usize,
    scope: SavingsPlanScope,
    dollars: i64,
) -> SavingsPlan {
    SavingsPlan {
        id: format!("sp-{number}"),
        account: Account::new(&format!("{:012}", number % 40)),
        scope,
        term: Term::OneYear,
        payment_option: PaymentOption::NoUpfront,
        commitment: Money::from_decimal(dollars.into()).unwrap(),
        alive: demand.span(),
    }
}
