//! What the cost of a plan is made of: every rate with the hours it was paid for and where it is known from, and what
//! falls to which account.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{amount, covers};
use crate::billing::{Accrued, AccruedBeside, Charge, ChargeKind, product_of};
use crate::catalog::Account;
use crate::commitment::{ReservedInstance, SavingsPlan};
use crate::demand::{DemandKey, Market};
use crate::report::{Origin, Origins};
use crate::units::Money;

/// One kind of usage under one way to pay, over the whole window. All of them add up to the plan's cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunCharge {
    /// What was used, such as `m7g.xlarge Linux in us-east-1`; where nobody used it, what the commitment covers.
    pub usage: String,
    /// `On-Demand`, `Spot`, or the commitment: `Compute Savings Plan, 1 year, No Upfront`.
    pub paid_as: String,
    /// Whether it is what nobody used of a commitment.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unused: bool,
    /// How much; none of a plan's commitment, which is dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<String>,
    /// Of what: `instance-hours`, or the unit of what is used beside them.
    pub unit: String,
    /// What it costs, accrued.
    pub cost: String,
    /// Id of the source of its price, a user's file, or who states it.
    pub source: String,
    /// The day the source stood for; empty where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub as_of: String,
    /// How the price follows from the source.
    pub basis: String,
}

/// What falls to an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountCost {
    /// Its id.
    pub account: String,
    /// Its usage On-Demand, Spot at Spot prices.
    pub on_demand_cost: String,
    /// Its usage as the commitments cover it.
    pub cost: String,
    /// What nobody used of the commitments it owns.
    pub unused: String,
}

/// What pays for hours that were put on Spot: each costs its share of those that are run again.
const AGAIN: &str = "Spot, hours run again included";

/// What one charge is told apart by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    unused: bool,
    usage: String,
    paid_as: String,
    unit: String,
    origin: Origin,
}

/// The charges of a plan, the usage first, each in the order of its words.
pub(super) fn charges(shares: &Accrued, origins: Origins<'_>) -> Vec<RunCharge> {
    let mut sums: BTreeMap<Place, (Decimal, Money)> = BTreeMap::new();
    let mut add = |place: Place, quantity: Decimal, cost: Money| {
        let sum = sums.entry(place).or_default();
        sum.0 += quantity;
        sum.1 += cost;
    };
    for charge in &shares.instances {
        let quantity = charge.quantity.to_decimal(9);
        add(Place::of(charge, origins), quantity, charge.effective);
    }
    for share in &shares.beside {
        let quantity = share.quantity.to_decimal(9);
        add(Place::beside(share, origins), quantity, share.effective);
    }
    sums.into_iter().map(RunCharge::of).collect()
}

/// The accounts by name; who owns a commitment bears what nobody used of it.
pub(super) fn accounts(shares: &Accrued, origins: Origins<'_>) -> Vec<AccountCost> {
    let mut sums: BTreeMap<&str, [Money; 3]> = BTreeMap::new();
    let mut add = |account: Account, place: usize, cost: Money| {
        sums.entry(account.as_str()).or_default()[place] += cost;
    };
    for charge in &shares.instances {
        match charge.key {
            Some(key) => {
                let key = &origins.keys[key];
                add(key.account, 0, before(charge, key, origins));
                add(key.account, 1, charge.effective);
            }
            None => add(owner(charge.kind, origins), 2, charge.effective),
        }
    }
    for share in &shares.beside {
        let line = &share.line;
        add(line.account, 0, line.contracted * share.quantity);
        add(line.account, 1, share.effective);
    }
    let row = |(account, [on_demand, cost, unused]): (&str, [Money; 3])| AccountCost {
        account: account.to_owned(),
        on_demand_cost: amount(on_demand),
        cost: amount(cost),
        unused: amount(unused),
    };
    sums.into_iter().map(row).collect()
}

/// What usage would cost without commitments: Spot stays Spot, and what may run there is measured from On-Demand.
fn before(charge: &Charge, key: &DemandKey, origins: Origins<'_>) -> Money {
    let product = product_of(key);
    match (key.market, origins.book.on_demand(product)) {
        (Market::SpotEligible, Ok(public)) => {
            let contract = origins.book.contract();
            let rate = contract.map_or(public.value, |c| c.on_demand(product, public.value));
            rate * charge.quantity
        }
        (Market::Spot, _) => charge.effective,
        _ => charge.contracted,
    }
}

impl Place {
    fn of(charge: &Charge, origins: Origins<'_>) -> Self {
        let key = charge.key.map(|key| &origins.keys[key]);
        let unit = match charge.kind {
            ChargeKind::UnusedSavingsPlan(_) => "",
            _ => "instance-hours",
        };
        Self {
            unused: key.is_none(),
            usage: key.map_or_else(|| scope(charge.kind, origins), usage),
            paid_as: match key.map(|key| key.market) {
                Some(Market::SpotEligible) if charge.kind == ChargeKind::Spot => AGAIN.to_owned(),
                _ => paid_as(charge.kind, origins),
            },
            unit: unit.to_owned(),
            origin: origins.of_charge(charge),
        }
    }

    fn beside(share: &AccruedBeside, origins: Origins<'_>) -> Self {
        let line = &share.line;
        let price = origins.book.service(line.region, &line.item);
        let unit = price.map(|price| price.value.unit().to_owned());
        Self {
            unused: false,
            usage: format!("{} in {}", line.item, line.region),
            paid_as: paid_as(share.kind, origins),
            unit: unit.unwrap_or_else(|_| "units".to_owned()),
            origin: origins.of_use(line.region, &line.item, share.kind),
        }
    }
}

impl RunCharge {
    fn of((place, (quantity, cost)): (Place, (Decimal, Money))) -> Self {
        Self {
            usage: place.usage,
            paid_as: place.paid_as,
            unused: place.unused,
            quantity: (!place.unit.is_empty()).then(|| quantity.normalize().to_string()),
            unit: place.unit,
            cost: amount(cost),
            source: place.origin.source,
            as_of: place.origin.as_of,
            basis: place.origin.basis,
        }
    }
}

fn usage(key: &DemandKey) -> String {
    let product = product_of(key);
    match key.market {
        Market::UnusedCapacity => format!("{product}, idle Capacity Reservation"),
        _ => product.to_string(),
    }
}

/// The commitment a charge is of.
enum Owned<'a> {
    Nothing,
    Reserved(&'a ReservedInstance),
    Plan(&'a SavingsPlan),
}

fn owned(kind: ChargeKind, origins: Origins<'_>) -> Owned<'_> {
    match kind {
        ChargeKind::OnDemand | ChargeKind::Spot => Owned::Nothing,
        ChargeKind::Reserved(index)
        | ChargeKind::UnusedReserved(index)
        | ChargeKind::ReservedUpfront(index)
        | ChargeKind::ReservedRecurring(index) => {
            Owned::Reserved(&origins.portfolio.reserved_instances[index])
        }
        ChargeKind::SavingsPlan(index)
        | ChargeKind::UnusedSavingsPlan(index)
        | ChargeKind::SavingsPlanUpfront(index)
        | ChargeKind::SavingsPlanRecurring(index) => {
            Owned::Plan(&origins.portfolio.savings_plans[index])
        }
    }
}

fn paid_as(kind: ChargeKind, origins: Origins<'_>) -> String {
    match owned(kind, origins) {
        Owned::Nothing if kind == ChargeKind::Spot => "Spot".to_owned(),
        Owned::Nothing => "On-Demand".to_owned(),
        Owned::Reserved(ri) if ri.is_of_hosts() => {
            format!("{}, {}, {}", ri.label(), ri.term, ri.payment_option)
        }
        Owned::Reserved(ri) => format!(
            "{} {}, {}, {}",
            ri.offering_class,
            ri.label(),
            ri.term,
            ri.payment_option
        ),
        Owned::Plan(plan) => format!(
            "{}, {}, {}",
            plan.scope.kind().label(),
            plan.term,
            plan.payment_option
        ),
    }
}

/// What a commitment covers.
fn scope(kind: ChargeKind, origins: Origins<'_>) -> String {
    match owned(kind, origins) {
        Owned::Nothing => String::new(),
        Owned::Reserved(ri) => format!("{} {} in {}", ri.instance_type, ri.platform, ri.region),
        Owned::Plan(plan) => covers(plan.scope),
    }
}

fn owner(kind: ChargeKind, origins: Origins<'_>) -> Account {
    match owned(kind, origins) {
        Owned::Nothing => Account::new(""),
        Owned::Reserved(ri) => ri.account,
        Owned::Plan(plan) => plan.account,
    }
}
