//! Reads the parts of an example, and makes the small fleets they are about.

use bursar::billing::{Bill, RateTable, Settings, bill};
use bursar::catalog::{
    Account, OfferingClass, PaymentOption, Platform, Region, Tenancy, Term, Zone,
};
use bursar::commitment::{Portfolio, ReservedFee, ReservedInstance, ReservedScope};
use bursar::demand::{Demand, DemandBuilder, DemandKey, Labels, Market};
use bursar::prices::Product;
use bursar::units::{Hour, HourSpan, InstanceHour, Money, Rate};
use rust_decimal::{Decimal, dec};
use serde_json::Value;

pub(crate) fn decimal(value: &Value) -> Decimal {
    match value {
        Value::String(text) => text.split_whitespace().next().unwrap().parse().unwrap(),
        Value::Number(number) => number.to_string().parse().unwrap(),
        other => panic!("not a number: {other}"),
    }
}

pub(crate) fn money(value: &Value) -> Money {
    Money::from_decimal(decimal(value)).unwrap()
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(crate) fn hour() -> Hour {
    Hour::parse("2026-01-01T00:00Z").unwrap()
}

pub(crate) fn one_hour() -> HourSpan {
    HourSpan::new(hour(), hour().plus(1))
}

pub(crate) fn key(
    account: &str,
    zone: Option<&str>,
    instance_type: &str,
    region: Region,
) -> DemandKey {
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

pub(crate) fn virginia() -> Region {
    "us-east-1".parse().unwrap()
}

pub(crate) fn product(key: &DemandKey) -> Product {
    Product {
        region: key.region,
        instance_type: key.instance_type,
        platform: key.platform,
        tenancy: key.tenancy,
    }
}

/// One hour of usage: keys with instance-hours.
pub(crate) fn demand(usage: &[(DemandKey, Decimal)]) -> Demand {
    let mut builder = DemandBuilder::new();
    for (key, hours) in usage {
        let handle = builder.key(key.clone());
        let nano_hours = (hours * dec!(1_000_000_000)).try_into().unwrap();
        builder.add(handle, hour(), nano_hours);
    }
    builder.finish(one_hour()).unwrap()
}

pub(crate) fn reserved(
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

/// The bill of `demand`, all of it at one On-Demand rate, beside one line of reservations.
pub(crate) fn bill_beside(ri: ReservedInstance, demand: &Demand, rate: Rate<InstanceHour>) -> Bill {
    let mut rates = RateTable::default();
    for key in demand.keys() {
        rates.set_on_demand(product(key), rate);
    }
    let portfolio = Portfolio {
        reserved_instances: vec![ri],
        ..Portfolio::default()
    };
    bill(demand, &portfolio, &rates, Settings::default()).unwrap()
}
