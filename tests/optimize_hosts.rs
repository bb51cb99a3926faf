//! Dedicated Host Reservations in `optimize --services`: brute force over counts beside both kinds of plan, the quantile
//! where nothing else is for sale, whose hosts they serve, and the proof of a run.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fmt::Write as _;
use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use bursar::billing::{
    Amounts, Coverable, RateTable, Rates, ServiceBill, ServiceCharge, ServiceUse, Setup,
    on_demand_cost,
};
use bursar::catalog::{
    Account, OfferingClass, PaymentOption, Region, SavingsPlanKind, ServiceItem, Term,
};
use bursar::commitment::{Portfolio, ReservedFee};
use bursar::demand::{Demand, Labels, Market as UsageMarket, ServiceKey};
use bursar::optimize::{Kinds, Market, Optimized, Options, Purchase, buy, candidates, optimize};
use bursar::prices::{Contract, MissingPrice, MissingService, PriceBook, Product};
use bursar::units::{Hour, HourSpan, InstanceHour, Metered, Money, Quantity, Rate};
use rust_decimal::{Decimal, dec};
use serde_json::Value;

use crate::certify::bursar;
use crate::plans;

const ACCOUNT: &str = "111122223333";
const OTHER: &str = "444455556666";
/// A host-hour On-Demand and reserved, in steps of 1e-10 dollars: a cent, and 65 % of one.
const HOST: u64 = 100_000_000;
const RESERVED: u64 = 65_000_000;

/// Rates listed one by one; whatever the term and the payment option hosts are reserved at their price, instances at one,
/// or not at all.
#[derive(Default)]
pub(crate) struct Small {
    pub(crate) table: RateTable,
    /// An instance-hour, in steps of 1e-10 dollars.
    pub(crate) reserved: Option<u64>,
}

impl Rates for Small {
    fn on_demand(&self, product: Product) -> Result<Rate<InstanceHour>, MissingPrice> {
        self.table.on_demand(product)
    }

    fn savings_plan(
        &self,
        product: Product,
        kind: SavingsPlanKind,
        term: Term,
        payment: PaymentOption,
    ) -> Result<Rate<InstanceHour>, MissingPrice> {
        self.table.savings_plan(product, kind, term, payment)
    }

    fn spot(&self, product: Product) -> Result<Rate<InstanceHour>, MissingPrice> {
        self.table.spot(product)
    }

    fn service_plan(
        &self,
        region: Region,
        item: &ServiceItem,
        kind: SavingsPlanKind,
        term: Term,
        payment: PaymentOption,
    ) -> Result<Rate<Metered>, MissingService> {
        self.table.service_plan(region, item, kind, term, payment)
    }

    fn contract(&self) -> Option<&Contract> {
        None
    }
}

impl Market for Small {
    fn reserved(
        &self,
        product: Product,
        _class: OfferingClass,
        _term: Term,
        _payment: PaymentOption,
    ) -> Result<ReservedFee, MissingPrice> {
        // There is no Spot rate: its error is the answer where none is said.
        let hourly = self.reserved.map(Rate::from_steps);
        Ok(ReservedFee {
            upfront: Money::ZERO,
            hourly: hourly.map_or_else(|| self.table.spot(product), Ok)?,
        })
    }

    fn host_reservation(
        &self,
        _host: Product,
        _term: Term,
        _payment: PaymentOption,
    ) -> Result<ReservedFee, MissingPrice> {
        Ok(ReservedFee {
            upfront: Money::ZERO,
            hourly: Rate::from_steps(RESERVED),
        })
    }
}

fn region() -> Region {
    "us-east-1".parse().unwrap()
}

fn host() -> ServiceItem {
    ServiceItem::dedicated_host("m5").unwrap()
}

/// Plans serve hosts at 70 and 78 % of On-Demand, m5.large (half a cent) at 60 and 72 %.
fn market() -> Small {
    let mut table = RateTable::default();
    let large = plans::product("m5.large");
    table.set_on_demand(large, Rate::from_steps(50_000_000));
    for (kind, of_host, of_large) in [
        (SavingsPlanKind::Ec2Instance, 70_000_000, 30_000_000),
        (SavingsPlanKind::Compute, 78_000_000, 36_000_000),
    ] {
        table.set_service_plan(region(), host(), kind, Rate::from_steps(of_host));
        table.set_savings_plan(large, kind, Rate::from_steps(of_large));
    }
    Small {
        table,
        reserved: None,
    }
}

/// Hosts of accounts by hour.
fn hosts(uses: &[(&str, &[u32])]) -> ServiceUse {
    let start = Hour::parse("2026-07-01T00:00Z").unwrap();
    let keys: Vec<(ServiceKey, &[u32])> = uses
        .iter()
        .map(|&(account, counts)| {
            let key = ServiceKey {
                account: Account::new(account),
                region: region(),
                item: host(),
                labels: Labels::default(),
            };
            (key, counts)
        })
        .collect();
    let rate: Rate<Metered> = Rate::from_steps(HOST);
    let one: Quantity<Metered> = Quantity::from_ticks(bursar::units::TICKS_PER_UNIT.into());
    let charges = keys.iter().flat_map(|(key, counts)| {
        (0_i64..).zip(*counts).map(move |(hour, &count)| {
            let quantity = (0..count).map(|_| one).sum();
            ServiceCharge {
                key,
                hour: start.plus(hour),
                quantity,
                rate,
                contracted: rate,
                list: rate * quantity,
                cost: rate * quantity,
                effective: rate * quantity,
                plan: None,
                reservation: None,
                commitment: Money::ZERO,
            }
        })
    });
    let bill = ServiceBill {
        charges: charges.collect(),
        prices: std::collections::BTreeMap::new(),
        unpriced: Vec::new(),
    };
    let hours = i64::try_from(uses[0].1.len()).unwrap();
    ServiceUse::of(&bill, HourSpan::new(start, start.plus(hours)))
}

/// Instances of m5.large by hour.
fn instances(counts: &[i64]) -> Demand {
    let rows = (0..).zip(counts);
    let rows = rows.map(|(hour, &count)| ("m5.large", UsageMarket::OnDemand, hour, count));
    let rows: Vec<plans::Row> = rows.collect();
    plans::demand(&rows, i64::try_from(counts.len()).unwrap())
}

fn options(kinds: Kinds) -> Options {
    Options {
        kinds,
        buyer: Account::new("management"),
        ..plans::options()
    }
}

fn found(usage: &Coverable<'_>, kinds: Kinds) -> Optimized {
    optimize(usage, &Portfolio::default(), &market(), &options(kinds)).unwrap()
}

/// The least cost over all counts and whole steps between limits, of two things by the piece and then two plans.
pub(crate) fn least(
    usage: &Coverable<'_>,
    market: &Small,
    options: &Options,
    limits: [RangeInclusive<u64>; 4],
) -> Money {
    let (offered, _) = candidates(usage, market, options);
    let pieces: Vec<bool> = offered.iter().map(|one| one.kind.is_reserved()).collect();
    assert_eq!(pieces, [true, true, false, false]);
    let one_each = offered.iter().map(|one| Purchase {
        candidate: one.clone(),
        steps: 1,
    });
    let (one_each, nothing) = (one_each.collect(), Portfolio::default());
    let plan = buy(("", ""), one_each, usage, &nothing, market, options).unwrap();
    let setup = Setup::new(usage, &plan.portfolio, market, options.billing).unwrap();
    let hours = i128::try_from(usage.demand.span().len()).unwrap();
    let cost = |steps: [u64; 4]| {
        let dollars = |at: usize| offered[at].step.times(steps[at].into());
        let amounts = Amounts {
            counts: steps[..2].to_vec(),
            commitments: vec![dollars(2), dollars(3)],
        };
        let fees: Money = (0..4).map(dollars).sum();
        fees.times(hours) + on_demand_cost(&setup, &amounts, usage.demand, 1)
    };
    let [first, second, family, compute] = limits;
    let pairs = |a: RangeInclusive<u64>, b: RangeInclusive<u64>| -> Vec<(u64, u64)> {
        a.flat_map(|a| b.clone().map(move |b| (a, b))).collect()
    };
    let plans = pairs(family, compute);
    let all = pairs(first, second).into_iter();
    let all = all.flat_map(|(a, b)| plans.iter().map(move |&(c, d)| [a, b, c, d]));
    all.map(cost).min().unwrap()
}

#[test]
fn no_counts_and_steps_cost_less_than_the_mix() {
    for (mine, other, large) in [
        (&[2, 1, 1][..], &[1, 0, 1][..], &[1, 2, 1][..]),
        (&[1, 1, 0], &[1, 1, 1], &[0, 2, 1]),
    ] {
        let demand = instances(large);
        let usage = Coverable {
            demand: &demand,
            beside: hosts(&[(ACCOUNT, mine), (OTHER, other)]),
        };
        let found = found(&usage, Kinds::ALL);
        let cost = found.cheapest.bill.total();
        assert_eq!(
            cost,
            least(
                &usage,
                &market(),
                &options(Kinds::ALL),
                [0..=2, 0..=2, 0..=20, 0..=20]
            ),
            "{mine:?} {other:?} {large:?}"
        );
        assert!(found.lower_bound <= cost && cost <= found.on_demand.bill.total());
        for plan in &found.baselines {
            assert!(plan.bill.total() >= cost, "{}", plan.name);
        }
    }
}

/// A reserved host pays where it is used in more than 65 % of the hours. Of ten hours three hosts run in six, two in
/// eight, one in nine: two are reserved. The other account has one in seven hours, which is one of its own.
#[test]
fn alone_the_count_is_a_quantile_of_each_account() {
    let demand = instances(&[0; 10]);
    let usage = Coverable {
        demand: &demand,
        beside: hosts(&[
            (ACCOUNT, &[3, 3, 3, 3, 3, 3, 2, 2, 1, 0]),
            (OTHER, &[1, 1, 1, 0, 0, 0, 1, 1, 1, 1]),
        ]),
    };
    let found = found(
        &usage,
        Kinds {
            compute_plan: false,
            ec2_instance_plan: false,
            ..Kinds::ALL
        },
    );
    let bought: Vec<(String, u64)> = found
        .cheapest
        .purchases
        .iter()
        .map(|one| (one.candidate.kind.account().unwrap().to_string(), one.steps))
        .collect();
    assert_eq!(bought, [(ACCOUNT.to_owned(), 2), (OTHER.to_owned(), 1)]);
    // Fees of three hosts in ten hours; uncovered are six hours of the third host.
    let cents = |steps: u64, hours: i128| {
        Rate::<InstanceHour>::from_steps(steps)
            .for_one()
            .times(hours)
    };
    let cost = found.cheapest.bill.total();
    assert_eq!(cost, cents(RESERVED, 30) + cents(HOST, 6));
    // The reservations are a rule of thumb's, too: pool by pool as if they were alone.
    let thumb = found
        .baselines
        .iter()
        .find(|plan| plan.name == "ri-then-compute-sp");
    assert_eq!(thumb.unwrap().bill.total(), cost);
}

/// m5 hosts of two accounts through two days, at the book's prices, with what else is read.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut table = String::from("hour,region,item,quantity,account\n");
    let mut usage = String::from("hour,region,instance_type,count,account\n");
    for hour in 0..48_u32 {
        let at = format!(
            "2026-07-{:02}T{:02}:00Z,us-east-1",
            1 + hour.div_euclid(24),
            hour % 24
        );
        let day = u32::from(hour % 24 > 11);
        writeln!(table, "{at},dedicated-host-m5-hour,{},{ACCOUNT}", 2 + day).unwrap();
        writeln!(table, "{at},dedicated-host-m5-hour,1,{OTHER}").unwrap();
        writeln!(usage, "{at},c5.xlarge,{},{ACCOUNT}", 3 + 2 * day).unwrap();
    }
    fs::write(folder.path().join("hosts.csv"), table).unwrap();
    fs::write(folder.path().join("usage.csv"), usage).unwrap();
    folder
}

fn json(folder: &Path, more: &[&str]) -> Value {
    let fixed = [
        "optimize",
        "usage.csv",
        "hosts.csv",
        "--services",
        "--format",
        "json",
    ];
    let output = bursar(folder, &[&fixed[..], more].concat());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn certified(folder: &Path, run: &Value) -> (Option<i32>, String) {
    fs::write(folder.join("run.json"), run.to_string()).unwrap();
    let output = bursar(folder, &["certify", "run.json"]);
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
    )
}

#[test]
fn a_run_with_reserved_hosts_is_certified_and_a_changed_one_is_not() {
    let folder = folder();
    let folder = folder.path();
    let run = json(
        folder,
        &[
            "--payment",
            "all-upfront",
            "--no-options",
            "--buyer",
            ACCOUNT,
        ],
    );
    let bought = run["plans"][0]["purchases"].as_array().unwrap();
    let hosts: Vec<&Value> = bought
        .iter()
        .filter(|one| one["kind"] == "host-reservation")
        .collect();
    assert_eq!(hosts.len(), 2, "{bought:?}");
    assert_eq!(
        (&hosts[0]["count"], &hosts[0]["account"]),
        (&2.into(), &ACCOUNT.into())
    );
    assert_eq!(
        (&hosts[1]["count"], &hosts[1]["account"]),
        (&1.into(), &OTHER.into())
    );
    assert_eq!(
        hosts[1]["scope"],
        format!("m5 hosts of {OTHER} in us-east-1")
    );
    let (code, said) = certified(folder, &run);
    assert_eq!(code, Some(0), "{said}");
    // Another book's prices of hosts stand in the place of all of ours: it knows of no reservation, and that is said.
    let rates =
        "region,item,usd,as_of,source\nus-east-1,dedicated-host-m5-hour,5.0,2026-06-01,own\n";
    fs::write(folder.join("rates.csv"), rates).unwrap();
    let output = bursar(
        folder,
        &[
            "prices",
            "diff",
            "builtin",
            "rates.csv",
            "--plan",
            "run.json",
        ],
    );
    let said = String::from_utf8(output.stdout).unwrap();
    let missing =
        "Cheapest mix found: with `rates.csv`: the price book has no Dedicated Host Reservation";
    assert!(said.contains(missing), "{said}");
    for (pointer, value) in [
        ("/plans/0/purchases/0/account", Value::from("777788889999")),
        ("/plans/0/purchases/0/count", Value::from(3)),
        ("/lower_bound", Value::from("999.00")),
    ] {
        let mut changed = run.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        assert_eq!(certified(folder, &changed).0, Some(3), "{pointer}");
    }
}

/// An m5 host holds six of 4xlarge: eight instances of a day need two hosts, six of them at night one. Nobody states a
/// host-hour; what starts and stops in lifecycle events is counted, and the host of all hours is reserved.
#[test]
fn hosts_counted_from_events_are_reserved() {
    let folder = tempfile::tempdir().unwrap();
    let mut events =
        String::from("instance_id,state,time,region,zone,instance_type,tenancy,account\n");
    let on = format!("us-east-1,us-east-1a,m5.4xlarge,host,{ACCOUNT}");
    for number in 0..8 {
        let (from, to) = if number < 6 { (0, 23) } else { (8, 16) };
        writeln!(
            events,
            "i-{number},running,2026-10-18T{from:02}:00:00Z,{on}"
        )
        .unwrap();
        writeln!(
            events,
            "i-{number},terminated,2026-10-18T{to:02}:59:59Z,,,,,"
        )
        .unwrap();
    }
    fs::write(folder.path().join("events.csv"), events).unwrap();
    let arguments = [
        "optimize",
        "events.csv",
        "--services",
        "--payment",
        "all-upfront",
        "--no-options",
        "--format",
        "json",
    ];
    let output = bursar(folder.path(), &arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let run: Value = serde_json::from_slice(&output.stdout).unwrap();
    let bought = run["plans"][0]["purchases"].as_array().unwrap();
    assert_eq!(bought.len(), 1, "{bought:?}");
    assert_eq!(
        bought[0]["scope"],
        format!("m5 hosts of {ACCOUNT} in us-east-1")
    );
    assert_eq!(bought[0]["count"], 1);
    // A host in each of 24 hours and a second one in nine of them, at the book's On-Demand rate.
    let book = PriceBook::builtin();
    let rate = book
        .dedicated_host(region(), "m5")
        .unwrap()
        .value
        .on_demand
        .to_decimal();
    let on_demand: Decimal = run["on_demand_cost"].as_str().unwrap().parse().unwrap();
    assert_eq!(on_demand, rate * dec!(33));
}

/// The book has All Upfront prices alone: what is asked for otherwise is told, and nothing is made up.
#[test]
fn a_missing_price_is_told() {
    let folder = folder();
    let run = json(
        folder.path(),
        &["--no-options", "--kinds", "host-reservation"],
    );
    assert_eq!(run["plans"][0]["purchases"].as_array().unwrap().len(), 0);
    let told = run["doubts"].to_string();
    assert!(
        told.contains("Dedicated Host Reservations are not on offer"),
        "{told}"
    );
    let missing = run["missing_prices"][0].as_str().unwrap();
    assert!(
        missing.contains("Dedicated Host Reservation (1 year, No Upfront)")
            && missing.contains("of reserved hosts it has All Upfront prices alone"),
        "{missing}"
    );
    let output = bursar(
        folder.path(),
        &["optimize", "usage.csv", "--kinds", "host-reservation"],
    );
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("--services"), "{errors}");
}
