//! Charges beside instances as a table: each item's use, at which rate, for how much.

use std::collections::BTreeMap;

use super::Table;
use super::format::dollars;
use crate::billing::{FreeAllowance, ServiceBill, ServiceSettings, Terabyte};
use crate::catalog::{Region, ServiceItem};
use crate::units::{Metered, Money, Quantity, Rate};

/// The charges by item, region and rate, and what has no price.
pub fn tables(bill: &ServiceBill<'_>, settings: ServiceSettings) -> Vec<Table> {
    let mut tables = vec![charges(bill, settings)];
    if !bill.unpriced.is_empty() {
        tables.push(unpriced(bill));
    }
    tables
}

fn charges(bill: &ServiceBill<'_>, settings: ServiceSettings) -> Table {
    let heads = [
        "item",
        "region",
        ">quantity",
        "unit",
        ">rate, $",
        ">cost, $",
        "basis",
    ];
    let mut table = Table::new("Charges beside instances", &heads);
    let mut sums: BTreeMap<(&ServiceItem, Region, Rate<Metered>), (Quantity<Metered>, Money)> =
        BTreeMap::new();
    for charge in &bill.charges {
        let place = (&charge.key.item, charge.key.region, charge.rate);
        let sum = sums.entry(place).or_insert((Quantity::ZERO, Money::ZERO));
        sum.0 += charge.quantity;
        sum.1 += charge.cost;
    }
    for ((item, region, rate), (quantity, cost)) in sums {
        let price = bill.prices.get(&(region, item.clone()));
        let unit = price.map_or("", |price| price.value.unit());
        let basis = price
            .map(|price| price.provenance.basis.to_string())
            .unwrap_or_default();
        let rate = if rate.is_zero() {
            "free".to_owned()
        } else {
            rate.to_string()
        };
        table.row([
            item.to_string(),
            region.to_string(),
            quantity.to_decimal(3).to_string(),
            unit.to_owned(),
            rate,
            dollars(cost, 2),
            basis,
        ]);
    }
    let total = dollars(bill.total(), 2);
    table.row(["Total", "", "", "", "", &total, ""].map(str::to_owned));
    table.note(format!(
        "Tiers count a month (UTC) over all accounts, by region. {} {}",
        match settings.free_allowance {
            FreeAllowance::BeforeTiers => "What is free a month comes before the first tier.",
            FreeAllowance::InsideFirstTier => "What is free a month is part of the first tier.",
            FreeAllowance::None => "Nothing is free, as in AWS's Pricing Calculator.",
        },
        match settings.terabyte {
            Terabyte::Binary => "1 TB of a tier is 1,024 GB.",
            Terabyte::Decimal => "1 TB of a tier is 1,000 GB.",
        }
    ));
    table
}

fn unpriced(bill: &ServiceBill<'_>) -> Table {
    let heads = ["account", "item", "region", "why"];
    let mut table = Table::new("Unpriced use beside instances, in no total above", &heads);
    for (key, missing) in &bill.unpriced {
        table.row([
            key.account.to_string(),
            key.item.to_string(),
            key.region.to_string(),
            missing.to_string(),
        ]);
    }
    table
}
