//! Capacity Reservations and Capacity Blocks: how many of their slot-hours were used.

use serde_json::{Value, json};

use super::Table;
use super::format::{dollars, percent};
use crate::analysis::ratio;
use crate::billing::Bill;
use crate::demand::{CapacityKind, CapacityUse, Demand, DemandKey, Market, SlotSeconds};
use crate::units::{HourSpan, InstanceHour, Money, Quantity};

/// One row a reservation, of the bill's window.
pub fn table(uses: &[CapacityUse], bill: &Bill, demand: &Demand) -> Table {
    let heads = [
        "reservation",
        "what",
        ">slot-hours",
        ">used, %",
        ">idle slot-hours",
        ">idle at On-Demand, $",
    ];
    let mut table = Table::new("Capacity Reservations", &heads);
    for found in uses {
        let slots = found.within(bill.span);
        let (busy, idle) = (hours(slots.used), hours(slots.unused));
        let all = busy + idle;
        table.row([
            found.reservation.id.to_string(),
            what(found),
            all.to_decimal(2).to_string(),
            percent(ratio(
                Money::from_atoms(busy.ticks()),
                Money::from_atoms(all.ticks()),
            )),
            idle.to_decimal(2).to_string(),
            idle_cost(found, bill, demand),
        ]);
    }
    for note in notes(uses, demand, bill.span) {
        table.note(note);
    }
    table
}

fn hours(seconds: u64) -> Quantity<InstanceHour> {
    Quantity::from_seconds(seconds)
}

fn what(found: &CapacityUse) -> String {
    let (key, slots) = (&found.reservation.key, found.reservation.slots);
    let place = key
        .zone
        .map_or_else(|| key.region.to_string(), |zone| zone.to_string());
    let block = match found.reservation.kind {
        CapacityKind::Block { .. } => ", Capacity Block",
        CapacityKind::OnDemand { .. } => "",
    };
    format!(
        "{slots} x {} {} in {place}{block}",
        key.instance_type, key.platform
    )
}

/// What idle slots would cost without commitments; a block has been paid for.
fn idle_cost(found: &CapacityUse, bill: &Bill, demand: &Demand) -> String {
    if matches!(found.reservation.kind, CapacityKind::Block { .. }) {
        return String::new();
    }
    let lines = bill.lines.iter().filter(|line| {
        let key = &demand.keys()[line.key];
        key.market == Market::UnusedCapacity
            && key.capacity_reservation() == Some(&*found.reservation.id)
    });
    let cost: Money = lines.map(|line| line.contracted * line.usage()).sum();
    dollars(cost, 2)
}

fn notes(uses: &[CapacityUse], demand: &Demand, window: HourSpan) -> Vec<String> {
    let mut notes = vec![
        "Idle slots cost their owner what instances do; commitments serve them behind everything that runs. Use within an hour is taken to have been where slots were free, and use without a zone to match every zone (docs/billing-rules.md, R70 to R72)."
            .to_owned(),
    ];
    for found in uses {
        let (id, slots) = (&found.reservation.id, found.within(window));
        if slots.cancelled > 0 {
            let idle = hours(slots.cancelled).to_decimal(2);
            notes.push(format!(
                "{id}: {idle} of the idle slot-hours are billed because it was cancelled, at AWS's minimum rates; its quote is binding."
            ));
        }
        if slots == SlotSeconds::default() {
            notes.push(format!("{id}: not held in any hour of the window."));
        }
        let account = found.reservation.key.account;
        let runs = |key: &DemandKey| key.market != Market::UnusedCapacity && key.account == account;
        if slots.unused > 0 && !demand.keys().iter().any(runs) {
            notes.push(format!("{id}: no usage is of its account `{account}`."));
        }
    }
    notes
}

/// The same for programs.
pub fn json(uses: &[CapacityUse], window: HourSpan) -> Value {
    let one = |found: &CapacityUse| {
        let text = |seconds| hours(seconds).to_decimal(9).normalize().to_string();
        let (reservation, slots) = (&found.reservation, found.within(window));
        json!({
            "id": reservation.id.as_ref(),
            "account": reservation.key.account.as_str(),
            "region": reservation.key.region.as_str(),
            "zone": reservation.key.zone.map(crate::catalog::Zone::as_str),
            "instance_type": reservation.key.instance_type.as_str(),
            "kind": match reservation.kind {
                CapacityKind::Block { .. } => "block",
                CapacityKind::OnDemand { .. } => "on-demand",
            },
            "slots": reservation.slots,
            "used_slot_hours": text(slots.used),
            "unused_slot_hours": text(slots.unused),
            "cancelled_slot_hours": text(slots.cancelled),
        })
    };
    uses.iter().map(one).collect()
}
