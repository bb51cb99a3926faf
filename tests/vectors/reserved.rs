//! How Reserved Instances apply, and what may be done with them.

use std::collections::BTreeMap;

use bursar::billing::{Charge, ChargeKind, Granularity, RateTable, Settings, bill, charges};
use bursar::catalog::{InstanceType, Term, Zone};
use bursar::commitment::{
    Portfolio, ReservedFee, ReservedScope, exchange_count, footprint, list_value, may_modify,
    true_up,
};
use bursar::demand::DemandKey;
use bursar::units::{InstanceHour, Quantity, Rate};
use rust_decimal::{Decimal, dec};
use serde_json::Value;

use super::read::{
    bill_beside, decimal, demand, key, list, money, product, reserved, text, virginia,
};

pub(crate) fn ri_apply_hour(example: &Value) {
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
        ..Portfolio::default()
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

pub(crate) fn quantity<'a>(charges: impl Iterator<Item = &'a Charge>) -> Decimal {
    charges
        .map(|charge| charge.quantity)
        .sum::<Quantity<_>>()
        .to_decimal(9)
}

/// One owner's reservations serve its own instances first, then the other account's.
pub(crate) fn ri_share(example: &Value) {
    let inputs = &example["inputs"];
    let usage: Vec<(DemandKey, Decimal)> = inputs["usage"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(account, count)| (key(account, None, "m3.large", virginia()), decimal(count)))
        .collect();
    let count = u32::try_from(inputs["ri_count"].as_u64().unwrap()).unwrap();
    let ri = reserved(
        "r",
        text(&inputs["ris_owner"]),
        "m3.large",
        ReservedScope::Regional,
        count,
    );
    let demand = demand(&usage);
    let bill = bill_beside(ri, &demand, Rate::from_steps(1_000_000_000));
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

pub(crate) fn ri_seconds(example: &Value) {
    let inputs = &example["inputs"];
    let hours = list(&inputs["runs"])
        .iter()
        .map(|run| decimal(&run["count"]) * decimal(&run["seconds"]) / dec!(3600))
        .sum();
    let usage = [(key("a", None, "m4.xlarge", virginia()), hours)];
    let count = u32::try_from(inputs["reserved_count"].as_u64().unwrap()).unwrap();
    let ri = reserved("r", "a", "m4.xlarge", ReservedScope::Regional, count);
    let bill = bill_beside(ri, &demand(&usage), Rate::from_steps(2_000_000_000));
    assert_eq!(
        bill.lines[0].reserved.to_decimal(9),
        decimal(&example["recomputed"]["ri_hours"])
    );
    assert_eq!(
        bill.lines[0].on_demand.to_decimal(9),
        decimal(&example["recomputed"]["on_demand_hours"])
    );
}

pub(crate) fn ri_exchange(example: &Value) {
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

pub(crate) fn ri_list_value(example: &Value) {
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

pub(crate) fn ri_footprint(example: &Value) {
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
