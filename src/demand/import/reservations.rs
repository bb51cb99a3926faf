//! Tables of Capacity Reservations and Capacity Blocks.

use rust_decimal::Decimal;

use super::classify::Outcome;
use super::problem::Wrong;
use super::spec::{Format, Role};
use super::table::FileTally;
use super::tally::Handle;
use super::typed::Cells;
use crate::catalog::Account;
use crate::demand::{CapacityKind, CapacityReservation, DemandKey, Labels, Market};
use crate::diagnostics::{Diagnostic, Place};
use crate::units::Money;

/// One row; what it holds is the usage of its handle.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) handle: Handle,
    id: Box<str>,
    shared_with: Vec<Account>,
    slots: u64,
    is_targeted: bool,
    start: i64,
    end: Option<i64>,
    kind: CapacityKind,
}

/// More slots than this an hour cannot hold.
const MOST_SLOTS: u64 = 1_000_000;
const DAY: i64 = 86_400;

/// Reads a row.
pub(super) fn read(cells: &Cells<'_>, handle: Handle) -> Result<Row, Wrong> {
    let id = cells.text(Role::Capacity);
    if id.is_empty() {
        let message = "a reservation has no id".to_owned();
        let hint = "it names the reservation in charges";
        return Err(cells.wrong(Role::Capacity, message, "expected a name", hint));
    }
    let start = seconds(cells.needed_millis(Role::Start)?);
    let end = cells.millis(Role::End)?.map(seconds);
    if end.is_some_and(|end| end <= start) {
        let message = format!("reservation `{id}` ends before it starts");
        return Err(cells.wrong(
            Role::End,
            message,
            "expected a later time",
            "an empty cell: it is held on",
        ));
    }
    Ok(Row {
        handle,
        id: id.into(),
        shared_with: accounts(cells.text(Role::SharedWith)),
        slots: slots(cells)?,
        is_targeted: is_targeted(cells)?,
        start,
        end,
        kind: kind(cells, end)?,
    })
}

const fn seconds(millis: i64) -> i64 {
    millis.div_euclid(1_000)
}

fn accounts(text: &str) -> Vec<Account> {
    let words = text.split([';', ' ']).filter(|word| !word.is_empty());
    words.map(Account::new).collect()
}

fn slots(cells: &Cells<'_>) -> Result<u64, Wrong> {
    let text = cells.text(Role::Slots);
    let found = text.parse().ok();
    found
        .filter(|slots| (1..=MOST_SLOTS).contains(slots))
        .ok_or_else(|| {
            let message = format!("`{text}` is not a number of instances");
            let label = "expected a whole number, 1 to 1,000,000";
            let hint = "how many instances the reservation holds";
            cells.wrong(Role::Slots, message, label, hint)
        })
}

fn is_targeted(cells: &Cells<'_>) -> Result<bool, Wrong> {
    match cells.text(Role::Matching) {
        "" | "open" => Ok(false),
        "targeted" => Ok(true),
        text => Err(cells.wrong(
            Role::Matching,
            format!("unknown matching `{text}`"),
            "expected open or targeted",
            "open: every instance that matches runs in it; targeted: those that name it in `capacity_reservation`",
        )),
    }
}

fn kind(cells: &Cells<'_>, end: Option<i64>) -> Result<CapacityKind, Wrong> {
    let is_filled = |role: &Role| !cells.text(*role).is_empty();
    match cells.text(Role::Kind) {
        "" | "on-demand" => {
            if let Some(role) = [Role::Price, Role::Booked].into_iter().find(is_filled) {
                let message = "only a Capacity Block is paid for as a whole".to_owned();
                let hint = "write `block` into the column `kind`, or leave the cell empty";
                return Err(cells.wrong(role, message, "of an on-demand reservation", hint));
            }
            on_demand(cells)
        }
        "block" => {
            let of_others = [Role::CommitmentDays, Role::Cancelled];
            if let Some(role) = of_others.into_iter().find(is_filled) {
                let message = "a Capacity Block cannot be cancelled".to_owned();
                return Err(cells.wrong(role, message, "of a block", "leave the cell empty"));
            }
            block(cells, end)
        }
        text => Err(cells.wrong(
            Role::Kind,
            format!("unknown kind of reservation `{text}`"),
            "expected on-demand or block",
            "leave the cell empty for an On-Demand Capacity Reservation",
        )),
    }
}

fn on_demand(cells: &Cells<'_>) -> Result<CapacityKind, Wrong> {
    let days = cells.amount(Role::CommitmentDays, Some(Decimal::ZERO))?;
    let commitment = i64::try_from(days * Decimal::from(DAY)).unwrap_or(i64::MAX);
    // Longer than any term: a column of hours or seconds.
    if commitment > 3_650 * DAY {
        let message = format!("`{days}` is not a number of days");
        let hint = "AWS asks for 14 days or more";
        return Err(cells.wrong(Role::CommitmentDays, message, "past ten years", hint));
    }
    Ok(CapacityKind::OnDemand {
        commitment,
        cancelled: cells.millis(Role::Cancelled)?.map(seconds),
    })
}

fn block(cells: &Cells<'_>, end: Option<i64>) -> Result<CapacityKind, Wrong> {
    let price = cells.positive(Role::Price)?;
    let price = Money::from_decimal(price).map_err(|error| {
        let hint = "dollars for the whole block, at most ten decimals";
        cells.wrong(Role::Price, error.to_string(), "expected dollars", hint)
    })?;
    if end.is_none() {
        let message = "a Capacity Block has an end".to_owned();
        let hint = "blocks are sold from one time to another";
        return Err(cells.wrong(Role::End, message, "expected a time", hint));
    }
    Ok(CapacityKind::Block {
        price,
        booked: seconds(cells.needed_millis(Role::Booked)?),
    })
}

/// The reservations of all files.
///
/// # Errors
/// An id that stands twice.
pub(super) fn settle(files: &[FileTally]) -> Result<Vec<CapacityReservation>, Diagnostic> {
    let mut all: Vec<CapacityReservation> = Vec::new();
    let tables = files
        .iter()
        .filter(|file| file.layout.format == Format::Reservations);
    for file in tables {
        for row in &file.tally.reservations {
            if all.iter().any(|known| *known.id == *row.id) {
                return Err(Diagnostic::new(format!("the reservation `{}` stands twice", row.id))
                    .at(Place::file(file.name.clone()))
                    .hint("one row a reservation; of one that was changed, end the first and give the second an id of its own"));
            }
            all.extend(reservation(file, row));
        }
    }
    Ok(all)
}

fn reservation(file: &FileTally, row: &Row) -> Option<CapacityReservation> {
    let entry = file.tally.entries.get(row.handle as usize)?;
    let Outcome::Usage(usage) = &entry.outcome else {
        return None;
    };
    Some(CapacityReservation {
        id: row.id.as_ref().into(),
        key: DemandKey {
            market: Market::OnDemand,
            labels: Labels::clone(&usage.key.labels),
            ..usage.key.clone()
        },
        shared_with: row.shared_with.clone(),
        slots: row.slots,
        is_targeted: row.is_targeted,
        start: row.start,
        end: row.end,
        kind: row.kind,
    })
}
