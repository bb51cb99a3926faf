//! The charges of what is used beside instances, when Savings Plans have taken their part: by period.

use std::collections::BTreeMap;

use super::charge::{ChargeKind, Slot, Sums};
use super::service_lines::may_be_covered;
use super::services::{ServiceBill, ServiceCharge};
use super::setup::Setup;
use crate::demand::ServiceKey;
use crate::units::{Hour, HourSpan, Metered, Money, Quantity, Rate};

/// The charges of `bill` in the periods of a window: those that no plan may cover as they are, the others as the
/// hours' books have them.
pub(super) fn service_charges<'a>(
    bill: &ServiceBill<'a>,
    books: impl Iterator<Item = (Slot, Sums)>,
    setup: &Setup,
    periods: &[HourSpan],
    period_of: impl Fn(Hour) -> HourSpan,
) -> Vec<(HourSpan, ServiceCharge<'a>)> {
    let others = bill.charges.iter().filter(|charge| !may_be_covered(charge));
    let mut charges: Vec<ServiceCharge<'a>> = others.cloned().collect();
    for ((period, line, kind), sums) in books {
        let Some(line) = line.and_then(|line| setup.service(line)) else {
            continue;
        };
        let quantity = Quantity::from_ticks(sums.ticks.cast_signed());
        let effective = Money::from_atoms(sums.effective);
        let (plan, reservation) = match kind {
            ChargeKind::SavingsPlan(plan) => (Some(plan), None),
            ChargeKind::Reserved(reservation) => (None, Some(reservation)),
            _ => (None, None),
        };
        charges.push(ServiceCharge {
            key: bill.charges[line.charge].key,
            hour: periods[period as usize].start(),
            quantity,
            rate: line.on_demand,
            contracted: line.contracted,
            list: line.on_demand * quantity,
            cost: if plan.is_some() || reservation.is_some() {
                Money::ZERO
            } else {
                effective
            },
            effective,
            plan,
            reservation,
            commitment: Money::from_atoms(sums.commitment),
        });
    }
    by_period(&charges, period_of)
}

/// What charges are added up by: start of the period, key, public rate, plan, reservation.
type Place<'a> = (Hour, &'a ServiceKey, Rate<Metered>, [Option<usize>; 2]);

/// The charges of one key in one period at one rate under one plan, hours added up; in this order.
fn by_period<'a>(
    charges: &[ServiceCharge<'a>],
    period_of: impl Fn(Hour) -> HourSpan,
) -> Vec<(HourSpan, ServiceCharge<'a>)> {
    let mut sums: BTreeMap<Place<'a>, (HourSpan, ServiceCharge<'a>)> = BTreeMap::new();
    for charge in charges {
        let period = period_of(charge.hour);
        let by = [charge.plan, charge.reservation];
        let place = (period.start(), charge.key, charge.rate, by);
        let slot = sums.entry(place).or_insert_with(|| {
            let nothing = ServiceCharge {
                quantity: Quantity::ZERO,
                list: Money::ZERO,
                cost: Money::ZERO,
                effective: Money::ZERO,
                commitment: Money::ZERO,
                ..charge.clone()
            };
            (period, nothing)
        });
        slot.1.quantity += charge.quantity;
        slot.1.list += charge.list;
        slot.1.cost += charge.cost;
        slot.1.effective += charge.effective;
        slot.1.commitment += charge.commitment;
    }
    sums.into_values().collect()
}
