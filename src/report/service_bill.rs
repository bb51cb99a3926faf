//! Charges beside instances as a table: each item's use, at which rate, for how much.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::Table;
use super::format::{dollars, number};
use crate::billing::{FreeAllowance, ServiceBill, ServiceCharge, ServiceSettings, Terabyte};
use crate::catalog::{Region, ServiceItem};
use crate::commitment::SavingsPlan;
use crate::prices::PriceBook;
use crate::units::{HourSpan, Metered, Money, Quantity, Rate};

/// The charges by item, region and rate, and what has no price.
///
/// `charges` are those of the bill when `plans` have taken their part at the rates of `book`.
pub fn tables(
    bill: &ServiceBill<'_>,
    charges: &[(HourSpan, ServiceCharge<'_>)],
    plans: &[SavingsPlan],
    book: &PriceBook,
    settings: ServiceSettings,
) -> Vec<Table> {
    let basis = |charge: &ServiceCharge<'_>| basis_of(bill, charge, plans, book);
    let mut tables = vec![table_of(bill, &sums(charges, basis), settings)];
    if !bill.unpriced.is_empty() {
        tables.push(unpriced(bill));
    }
    tables
}

fn table_of(
    bill: &ServiceBill<'_>,
    sums: &BTreeMap<Place<'_>, Sum>,
    settings: ServiceSettings,
) -> Table {
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
    for (place, sum) in sums {
        let price = bill.prices.get(&(place.region, place.item.clone()));
        let Reverse(rate) = place.order.1;
        let (rate, cost) = if !place.covered.is_empty() {
            (place.covered.to_owned(), "-".to_owned())
        } else if rate.is_zero() {
            ("free".to_owned(), dollars(sum.cost, 2))
        } else {
            (rate.to_string(), dollars(sum.cost, 2))
        };
        table.row([
            place.item.to_string(),
            place.region.to_string(),
            number(sum.quantity.to_decimal(6).normalize()),
            price
                .map_or("", |price| price.public.value.unit())
                .to_owned(),
            rate,
            cost,
            sum.bases.iter().cloned().collect::<Vec<_>>().join(", "),
        ]);
    }
    let total = dollars(sums.values().map(|sum| sum.cost).sum(), 2);
    table.row(["Total", "", "", "", "", &total, ""].map(str::to_owned));
    if sums.keys().any(|place| place.covered == UNDER_PLAN) {
        table.note(
            "What is under a plan is paid with the plan's commitment, and in no cost here; its basis is that of the plan's rate."
                .to_owned(),
        );
    }
    if sums.keys().any(|place| place.covered == RESERVED) {
        table.note(
            "Reserved hosts are paid with the fees of their reservation, and in no cost here."
                .to_owned(),
        );
    }
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

/// Charges that a row of the table stands for.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Place<'a> {
    item: &'a ServiceItem,
    region: Region,
    /// What is free first, then the dearest: the order of tiers; then what is under plans, of all tiers.
    order: (bool, Reverse<Rate<Metered>>),
    /// What pays for it in place of its rate; empty where nothing does.
    covered: &'static str,
}

const UNDER_PLAN: &str = "under a plan";
const RESERVED: &str = "reserved";

struct Sum {
    quantity: Quantity<Metered>,
    cost: Money,
    /// How the rates behind it are known.
    bases: BTreeSet<String>,
}

/// How the rate of a charge is known: On-Demand's, or under a plan the plan's.
fn basis_of(
    bill: &ServiceBill<'_>,
    charge: &ServiceCharge<'_>,
    plans: &[SavingsPlan],
    book: &PriceBook,
) -> Option<String> {
    let (region, item) = (charge.key.region, &charge.key.item);
    let Some(plan) = charge.plan else {
        let price = bill.prices.get(&(region, item.clone()))?;
        return Some(price.public.provenance.basis.to_string());
    };
    let SavingsPlan {
        scope,
        term,
        payment_option,
        ..
    } = plans[plan];
    let rate = book.savings_plan_beside(region, item, scope.kind(), term, payment_option);
    Some(rate.ok()?.provenance.basis.to_string())
}

fn sums<'a>(
    charges: &[(HourSpan, ServiceCharge<'a>)],
    basis: impl Fn(&ServiceCharge<'a>) -> Option<String>,
) -> BTreeMap<Place<'a>, Sum> {
    let mut sums = BTreeMap::new();
    for (_, charge) in charges {
        let covered = match (charge.plan, charge.reservation) {
            (Some(_), _) => UNDER_PLAN,
            (None, Some(_)) => RESERVED,
            (None, None) => "",
        };
        let is_covered = !covered.is_empty();
        let rate = if is_covered {
            Rate::from_steps(0)
        } else {
            charge.contracted
        };
        let place = Place {
            item: &charge.key.item,
            region: charge.key.region,
            order: (is_covered || !rate.is_zero(), Reverse(rate)),
            covered,
        };
        let sum = sums.entry(place).or_insert(Sum {
            quantity: Quantity::ZERO,
            cost: Money::ZERO,
            bases: BTreeSet::new(),
        });
        sum.bases.extend(basis(charge));
        sum.quantity += charge.quantity;
        sum.cost += charge.cost;
    }
    sums
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
