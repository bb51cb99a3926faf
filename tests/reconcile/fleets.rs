//! The fleets whose bills are made here.

use bursar::billing::RateTable;
use bursar::catalog::{
    Account, Family, OfferingClass, PaymentOption, Platform, SavingsPlanKind, Tenancy, Term, Zone,
};
use bursar::commitment::{
    Portfolio, ReservedFee, ReservedInstance, ReservedScope, SavingsPlan, SavingsPlanScope,
};
use bursar::demand::{DemandBuilder, DemandKey, Labels, Market};
use bursar::prices::Product;
use bursar::units::{Hour, HourSpan, Money, Rate};
use rust_decimal::{Decimal, dec};

use super::made::Fleet;

pub(crate) const OWNER: &str = "111111111111";
pub(crate) const LINKED: &str = "222222222222";

pub(crate) fn start() -> Hour {
    Hour::parse("2025-06-01T00:00Z").unwrap()
}

fn window(hours: i64) -> HourSpan {
    HourSpan::new(start(), start().plus(hours))
}

fn key(
    account: &str,
    region: &str,
    name: &str,
    platform: Platform,
    zone: Option<&str>,
) -> DemandKey {
    DemandKey {
        account: Account::new(account),
        region: region.parse().unwrap(),
        zone: zone.map(Zone::new),
        instance_type: name.parse().unwrap(),
        platform,
        tenancy: Tenancy::Shared,
        market: Market::OnDemand,
        labels: Labels::default(),
    }
}

fn product(key: &DemandKey) -> Product {
    bursar::billing::product_of(key)
}

fn money(dollars: Decimal) -> Money {
    Money::from_decimal(dollars).unwrap()
}

fn plan(id: &str, account: &str, scope: SavingsPlanScope, commitment: Decimal) -> SavingsPlan {
    SavingsPlan {
        id: format!("arn:aws:savingsplans::{account}:savingsplan/{id}"),
        account: Account::new(account),
        scope,
        term: Term::OneYear,
        payment_option: PaymentOption::NoUpfront,
        commitment: money(commitment),
        alive: HourSpan::new(start().plus(-500), start().plus(8_000)),
    }
}

fn reserved(id: &str, usage: &DemandKey, count: u32, hours: i64) -> ReservedInstance {
    ReservedInstance {
        id: format!(
            "arn:aws:ec2:us-east-1:{}:reserved-instances/{id}",
            usage.account
        ),
        account: usage.account,
        scope: usage
            .zone
            .map_or(ReservedScope::Regional, ReservedScope::Zonal),
        region: usage.region,
        instance_type: usage.instance_type,
        platform: usage.platform,
        tenancy: usage.tenancy,
        offering_class: OfferingClass::Standard,
        term: Term::OneYear,
        payment_option: PaymentOption::PartialUpfront,
        count,
        // It ends with the window: its fee row is about the window, no more.
        alive: HourSpan::new(start().plus(-600), start().plus(hours)),
        fee: ReservedFee {
            upfront: money(dec!(262.8)),
            hourly: Rate::from_decimal(dec!(0.031)).unwrap(),
        },
    }
}

/// Two days of two accounts, hour by hour, with Reserved Instances of both scopes and Savings Plans of both kinds.
#[expect(clippy::too_many_lines, reason = "a table of a fleet")]
pub(crate) fn hourly() -> Fleet {
    let hours = 48;
    let virginia = "us-east-1";
    let windows = key(
        LINKED,
        virginia,
        "t3.medium",
        Platform::WINDOWS,
        Some("us-east-1a"),
    );
    let keys = [
        (
            key(OWNER, virginia, "m5.large", Platform::LINUX, None),
            2,
            dec!(0.096),
        ),
        (
            key(OWNER, virginia, "m5.xlarge", Platform::LINUX, None),
            1,
            dec!(0.192),
        ),
        (
            key(LINKED, virginia, "m5.2xlarge", Platform::LINUX, None),
            1,
            dec!(0.384),
        ),
        (windows.clone(), 2, dec!(0.06)),
        (
            key(LINKED, virginia, "c5.large", Platform::LINUX, None),
            3,
            dec!(0.085),
        ),
        (
            key(OWNER, virginia, "r5.large", Platform::LINUX, None),
            2,
            dec!(0.126),
        ),
    ];
    let mut builder = DemandBuilder::new();
    let mut rates = RateTable::default();
    for (number, (key, count, rate)) in (1_i64..).zip(&keys) {
        let handle = builder.key(key.clone());
        for at in 0..hours {
            // Whole seconds that differ from hour to hour; an hour of one instance is 3,600.
            let seconds = count * 3_600 - (at * 97 * number) % 1_801;
            builder.add(
                handle,
                start().plus(at),
                seconds * 1_000_000_000 / 3_600 + 1,
            );
        }
        rates.set_on_demand(product(key), Rate::from_decimal(*rate).unwrap());
        for (kind, of) in [
            (SavingsPlanKind::Compute, dec!(0.73)),
            (SavingsPlanKind::Ec2Instance, dec!(0.61)),
        ] {
            let off = of + Decimal::new(number, 2);
            let rate = Rate::from_decimal_rounded((rate * off).round_dp(5)).unwrap();
            rates.set_savings_plan(product(key), kind, rate);
        }
    }
    Fleet {
        demand: builder.finish(window(hours)).unwrap(),
        portfolio: owned(&keys[0].0, &windows, hours),
        rates,
        period: 1,
    }
}

/// What the two accounts of the hourly fleet own.
fn owned(flexible: &DemandKey, zonal: &DemandKey, hours: i64) -> Portfolio {
    let c5 = SavingsPlanScope::Ec2Instance {
        family: Family::new("c5"),
        region: flexible.region,
    };
    let mut compute = plan("compute", LINKED, SavingsPlanScope::Compute, dec!(0.31));
    compute.payment_option = PaymentOption::PartialUpfront;
    Portfolio {
        reserved_instances: vec![
            reserved("flexible", flexible, 3, hours),
            reserved("zonal", zonal, 1, hours),
        ],
        savings_plans: vec![plan("c5", OWNER, c5, dec!(0.11)), compute],
        ..Portfolio::default()
    }
}

/// Rates of one Compute Savings Plan shared by thirteen types in five regions, as bill rows of 2024 stated them:
/// region, type, plan rate, On-Demand rate, instances of the owner, of the linked account.
const SHARED_PLAN: [(&str, &str, Decimal, Decimal, i64, i64); 13] = [
    ("eu-central-1", "t3.micro", dec!(0.01), dec!(0.012), 1, 0),
    ("eu-north-1", "t3.large", dec!(0.0707), dec!(0.0864), 0, 1),
    ("eu-north-1", "t3.medium", dec!(0.0354), dec!(0.0432), 1, 1),
    ("eu-north-1", "t3.micro", dec!(0.0088), dec!(0.0108), 0, 1),
    ("eu-north-1", "t3.small", dec!(0.0177), dec!(0.0216), 0, 1),
    ("us-east-1", "c5.2xlarge", dec!(0.246), dec!(0.34), 0, 1),
    ("us-east-1", "c5d.2xlarge", dec!(0.279), dec!(0.384), 0, 1),
    ("us-east-1", "t2.medium", dec!(0.0331), dec!(0.0464), 1, 2),
    ("us-east-1", "t2.micro", dec!(0.0083), dec!(0.0116), 2, 0),
    ("us-west-1", "t2.medium", dec!(0.0461), dec!(0.0552), 2, 0),
    ("us-west-2", "t2.large", dec!(0.0661), dec!(0.0928), 0, 3),
    ("us-west-2", "t2.micro", dec!(0.0083), dec!(0.0116), 0, 1),
    ("us-west-2", "t3.micro", dec!(0.0075), dec!(0.0104), 1, 1),
];

/// Three days of that plan, in daily rows. `runs`: how many hours of each day everything runs.
pub(crate) fn daily(owner: &str, runs: i64) -> Fleet {
    let mut builder = DemandBuilder::new();
    let mut rates = RateTable::default();
    for (region, name, plan_rate, rate, own, linked) in SHARED_PLAN {
        for (account, count) in [(OWNER, own), (LINKED, linked)] {
            let key = key(account, region, name, Platform::LINUX, None);
            if count > 0 {
                let handle = builder.key(key.clone());
                for at in (0..72).filter(|at| at % 24 < runs) {
                    builder.add(handle, start().plus(at), count * 1_000_000_000);
                }
            }
            rates.set_on_demand(product(&key), Rate::from_decimal(rate).unwrap());
            let plan_rate = Rate::from_decimal(plan_rate).unwrap();
            rates.set_savings_plan(product(&key), SavingsPlanKind::Compute, plan_rate);
        }
    }
    // The owner's usage costs $0.1949 an hour under the plan; what is left serves a part of the linked account's.
    let plan = plan("shared", owner, SavingsPlanScope::Compute, dec!(0.5));
    Fleet {
        demand: builder.finish(window(72)).unwrap(),
        portfolio: Portfolio {
            savings_plans: vec![plan],
            ..Portfolio::default()
        },
        rates,
        period: 24,
    }
}
