//! Use beside instances for the slow second way to bill: random use, its tiers counted one unit after another, and
//! what the fast engine's totals must then be.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeMap;

use bursar::billing::{Bill, ChargeKind, RateTable, ServiceRates};
use bursar::catalog::{Account, Region, SavingsPlanKind, ServiceItem};
use bursar::demand::{Labels, ServiceDemand, ServiceKey};
use bursar::prices::{Allowance, Basis, MissingService, Provenance, Sourced, Tier, Tiers};
use bursar::units::{Hour, Quantity, Rate, TICKS_PER_UNIT};
use proptest::prelude::*;

use crate::properties::{ACCOUNTS, HOURS, start, virginia};
use crate::slow_bill::Records;

/// An item, the price of a unit in steps of 1e-10 dollars, and from how many units of a month on it is which less.
type Item = (&'static str, u64, Option<(u64, u64)>);

const ITEMS: [Item; 8] = [
    ("fargate-linux-x86-vcpu-hour", 404_800_000, None),
    ("fargate-linux-x86-gb-hour", 44_450_000, None),
    ("lambda-x86-gb-second", 166_667, Some((2_000_000, 150_000))),
    ("lambda-x86-request", 2_000, None),
    ("dedicated-host-m5-hour", 50_688_000_000, None),
    ("nat-gateway-hour", 450_000_000, None),
    (
        "AmazonRDS/InstanceUsage:db.r7g.large/CreateDBInstance:0021",
        2_760_000_000,
        None,
    ),
    (
        "AmazonDynamoDB/ReadCapacityUnit-Hrs/CommittedThroughput",
        1_300_000,
        None,
    ),
];

/// R60: everything above but the gateway and the databases.
pub(crate) fn is_compute(item: &str) -> bool {
    item != "nat-gateway-hour" && !is_database(item)
}

/// R80.
pub(crate) fn is_database(item: &str) -> bool {
    item.contains('/')
}

/// Account, item, hour of the window, units.
pub(crate) type Use = (usize, usize, i64, u32);

pub(crate) fn uses() -> impl Strategy<Value = Vec<Use>> {
    let one = (0..3_usize, 0..ITEMS.len(), 0..HOURS).prop_flat_map(|(account, item, hour)| {
        // Gigabyte-seconds and requests come in other numbers than hosts.
        let most = [400_u32, 800, 400_000, 4_000_000, 9, 9, 40, 90_000][item];
        (1..most).prop_map(move |units| (account, item, hour, units))
    });
    prop::collection::vec(one, 0..60)
}

fn key(account: usize, item: usize) -> ServiceKey {
    ServiceKey {
        account: Account::new(ACCOUNTS[account]),
        region: virginia(),
        item: ITEMS[item].0.parse().unwrap(),
        labels: Labels::default(),
    }
}

/// The use as the fast engine has it.
pub(crate) fn demand(uses: &[Use]) -> ServiceDemand {
    let mut demand = ServiceDemand::default();
    for &(account, item, hour, units) in uses {
        let pico_units = i128::from(units) * 1_000_000_000_000;
        demand.add(key(account, item), start().plus(hour), pico_units);
    }
    demand
}

/// The prices of [`ITEMS`]; nothing is free.
pub(crate) struct Stated;

impl ServiceRates for Stated {
    fn tiers(&self, _: Region, item: &ServiceItem) -> Result<Sourced<Tiers>, MissingService> {
        let found = ITEMS.iter().find(|(name, ..)| *name == item.as_str());
        let &(_, steps, cheaper) = found.unwrap();
        let tier = |from, to, steps| Tier {
            from,
            to,
            rate: Rate::from_steps(steps),
        };
        let tiers = match cheaper {
            None => vec![tier(0, None, steps)],
            Some((from, less)) => vec![tier(0, Some(from), steps), tier(from, None, less)],
        };
        Ok(Sourced {
            value: Tiers::new("unit", tiers).unwrap(),
            provenance: Provenance {
                source: "test".into(),
                as_of: "2026-01-01".parse().unwrap(),
                basis: Basis::Observed,
            },
        })
    }

    fn allowance(&self, _: Region, _: &ServiceItem) -> Option<Allowance> {
        None
    }
}

/// What plans count the items at: requests at On-Demand (R62), the rest at awkward rates, or with `ties` at three
/// quarters like the instances.
pub(crate) fn set_rates(rates: &mut RateTable, ties: bool) {
    for (number, &(name, steps, _)) in (0_u64..).zip(&ITEMS) {
        let item: ServiceItem = name.parse().unwrap();
        for &kind in SavingsPlanKind::ALL {
            let left = match (name, ties) {
                ("lambda-x86-request", _) => steps,
                (_, true) => steps.div_euclid(4) * 3,
                (_, false) => (steps * (66 + 5 * number)).div_euclid(100) + 1,
            };
            rates.set_service_plan(virginia(), item.clone(), kind, Rate::from_steps(left));
        }
    }
}

/// What an account uses of an item in one tier.
pub(crate) struct Stream {
    pub(crate) key: ServiceKey,
    /// On-Demand, in steps.
    pub(crate) rate: i128,
    pub(crate) ticks: BTreeMap<Hour, i128>,
}

/// R41, R43, R61: hour by hour, and in an hour account by account, each unit is of the tier that the month's units
/// before it have reached. In the order of keys, then of rates; what plans may not cover is left out.
pub(crate) fn streams(uses: &[Use]) -> Vec<Stream> {
    let mut sums: BTreeMap<(Hour, ServiceKey), (usize, u64)> = BTreeMap::new();
    for &(account, item, hour, units) in uses {
        let place = (start().plus(hour), key(account, item));
        let sum = sums.entry(place).or_insert((item, 0));
        sum.1 += u64::from(units);
    }
    let mut months: BTreeMap<((i32, u32), usize), u64> = BTreeMap::new();
    let mut streams: BTreeMap<(ServiceKey, u64), BTreeMap<Hour, i128>> = BTreeMap::new();
    for ((hour, key), (item, units)) in sums {
        let (_, dear, cheaper) = ITEMS[item];
        let (edge, cheap) = cheaper.unwrap_or((u64::MAX, dear));
        let before = months.entry((hour.month(), item)).or_default();
        let below = edge.saturating_sub(*before).min(units);
        *before += units;
        for (rate, part) in [(dear, below), (cheap, units - below)] {
            let item = key.item.as_str();
            if part > 0 && (is_compute(item) || is_database(item)) {
                let ticks = i128::from(part) * i128::from(TICKS_PER_UNIT);
                let stream = streams.entry((key.clone(), rate)).or_default();
                *stream.entry(hour).or_default() += ticks;
            }
        }
    }
    let streams = streams.into_iter();
    let stream = |((key, rate), ticks)| Stream {
        key,
        rate: i128::from(rate),
        ticks,
    };
    streams.map(stream).collect()
}

/// The bill's totals beside instances are the sums of the records, stream by stream.
pub(crate) fn check(keys: usize, streams: &[Stream], records: &Records, bill: &Bill) {
    assert_eq!(bill.services.len(), streams.len());
    for (place, (stream, line)) in streams.iter().zip(&bill.services).enumerate() {
        let of = |wanted: fn(ChargeKind) -> bool| {
            let mine = records
                .iter()
                .filter(|((_, key, kind), _)| *key == keys + place && wanted(*kind));
            Quantity::from_ticks(mine.map(|(_, (ticks, _))| *ticks).sum())
        };
        assert_eq!(line.item, stream.key.item);
        assert_eq!(i128::from(line.rate.steps()), stream.rate);
        assert_eq!(line.on_demand, of(|kind| kind == ChargeKind::OnDemand));
        let under_plans = of(|kind| matches!(kind, ChargeKind::SavingsPlan(_)));
        assert_eq!(line.savings_plan, under_plans);
        let all = Quantity::from_ticks(stream.ticks.values().sum());
        assert_eq!(line.usage(), all);
    }
}
