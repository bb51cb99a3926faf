//! Capacity Reservations and Capacity Blocks laid over demand: which instances run in a slot, and which slots are idle.
//!
//! Demand tells an hour's seconds and not where in the hour they lie: use within an hour is taken to have been where
//! slots were free, so that idle slots are never overstated. docs/billing-rules.md, R52-R53 and R70-R73.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::key::{CAPACITY_RESERVATION, DemandKey, Market, with_label};
use super::metering::{Held, billed_until, cancellation_seconds};
use super::trace::Demand;
use crate::catalog::Account;
use crate::units::{HourSpan, Money};

/// Slots that are held for one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapacityReservation {
    /// AWS's id, or any other name.
    pub id: Arc<str>,
    /// What its slots hold, where and for whom; its labels are those of idle slots.
    pub key: DemandKey,
    /// Accounts besides the owner whose instances may run in it.
    pub shared_with: Vec<Account>,
    /// How many instances it holds.
    pub slots: u64,
    /// Whether only instances run in it that name it.
    pub is_targeted: bool,
    /// Seconds since 1970 at which it is delivered.
    pub start: i64,
    /// And at which it ends; `None`: it is held until it is cancelled.
    pub end: Option<i64>,
    /// How it was bought.
    pub kind: CapacityKind,
}

/// How slots are paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapacityKind {
    /// An On-Demand Capacity Reservation.
    OnDemand {
        /// Seconds that were committed to, from its start, of a future-dated one.
        commitment: i64,
        /// Seconds since 1970 at which it was cancelled.
        cancelled: Option<i64>,
    },
    /// A Capacity Block.
    Block {
        /// Paid for all of it.
        price: Money,
        /// Seconds since 1970 at which it was paid.
        booked: i64,
    },
}

/// What became of a reservation's slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapacityUse {
    /// The reservation.
    pub reservation: CapacityReservation,
    span: HourSpan,
    /// By hour of the span.
    hours: Vec<SlotSeconds>,
}

/// Seconds of slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SlotSeconds {
    /// An instance was in it.
    pub used: u64,
    /// Nothing was in it.
    pub unused: u64,
    /// Part of the idle time that is billed because the reservation was cancelled.
    pub cancelled: u64,
}

impl CapacityUse {
    /// What became of them in a window.
    pub fn within(&self, window: HourSpan) -> SlotSeconds {
        let hours = self.span.hours().zip(&self.hours);
        let inside = hours.filter(|(hour, _)| window.contains(*hour));
        inside.fold(SlotSeconds::default(), |sum, (_, hour)| SlotSeconds {
            used: sum.used + hour.used,
            unused: sum.unused + hour.unused,
            cancelled: sum.cancelled + hour.cancelled,
        })
    }
}

/// Usage names a Capacity Reservation that is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("usage of {} in {} (account {}) runs in the Capacity Reservation `{id}`, which no table of reservations has", key.instance_type, key.region, key.account)]
pub struct UnknownReservation {
    /// Its id.
    pub id: String,
    /// The usage.
    pub key: DemandKey,
}

/// Rows of seconds, one number an hour.
type Rows = BTreeMap<DemandKey, Vec<u32>>;

/// Puts the usage that runs in reservations under keys that name them, and adds keys for idle slots.
///
/// Reservations take matching instances in the order of their start, then their id: first the ones that name them,
/// then those whose zone is known, then the owner's.
///
/// # Errors
/// Usage that names a reservation which is not there, if there are any.
pub fn reserve_capacity(
    demand: Demand,
    mut reservations: Vec<CapacityReservation>,
) -> Result<(Demand, Vec<CapacityUse>), UnknownReservation> {
    if reservations.is_empty() {
        return Ok((demand, Vec::new()));
    }
    reservations.sort_by(|a, b| (a.start, &a.id).cmp(&(b.start, &b.id)));
    let mut rows: Rows = demand
        .rows()
        .map(|(key, seconds)| (key.clone(), seconds.to_vec()))
        .collect();
    check_names(&rows, &reservations)?;
    let span = demand.span();
    let uses: Vec<CapacityUse> = reservations
        .into_iter()
        .map(|reservation| fill(reservation, span, &mut rows))
        .collect();
    let (keys, seconds): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    let seconds = seconds.concat();
    Ok((
        Demand {
            span,
            keys,
            seconds,
        },
        uses,
    ))
}

fn check_names(
    rows: &Rows,
    reservations: &[CapacityReservation],
) -> Result<(), UnknownReservation> {
    let known: BTreeSet<&str> = reservations.iter().map(|found| &*found.id).collect();
    let mut keys = rows.keys();
    let unknown = keys.find_map(|key| {
        let id = key.capacity_reservation()?;
        (!known.contains(id)).then(|| (id.to_owned(), key.clone()))
    });
    unknown.map_or(Ok(()), |(id, key)| Err(UnknownReservation { id, key }))
}

/// Fills one reservation's slots.
fn fill(reservation: CapacityReservation, span: HourSpan, rows: &mut Rows) -> CapacityUse {
    let candidates = candidates(&reservation, rows);
    let (held, cancelled) = stretches(&reservation, span);
    let mut hours = vec![SlotSeconds::default(); span.len()];
    for ((at, hour), slots) in span.hours().enumerate().zip(&mut hours) {
        let begin = hour.epoch_hours() * 3_600;
        let running = candidates.iter().map(|key| u64::from(rows[key][at]));
        let in_use = Held {
            slots: reservation.slots,
            seconds: overlap(held, begin),
            running: running.sum(),
        };
        take(&reservation, &candidates, at, in_use.used(), rows);
        slots.used = in_use.used();
        slots.cancelled = reservation.slots.saturating_mul(overlap(cancelled, begin));
        slots.unused = in_use.unused() + slots.cancelled;
    }
    if matches!(reservation.kind, CapacityKind::OnDemand { .. }) {
        let mut key = named(&reservation.key, &reservation.id);
        key.market = Market::UnusedCapacity;
        let idle = hours
            .iter()
            .map(|slots| u32::try_from(slots.unused).unwrap_or(u32::MAX));
        let idle: Vec<u32> = idle.collect();
        if idle.iter().any(|&seconds| seconds > 0) {
            rows.insert(key, idle);
        }
    }
    CapacityUse {
        reservation,
        span,
        hours,
    }
}

/// From when to when it is held, and from when to when its slots are billed because it was cancelled.
fn stretches(reservation: &CapacityReservation, span: HourSpan) -> ((i64, i64), (i64, i64)) {
    let start = reservation.start;
    let open = reservation
        .end
        .unwrap_or_else(|| (span.end().epoch_hours() * 3_600).max(start));
    let whole = (start, billed_until(start, open));
    let CapacityKind::OnDemand {
        commitment,
        cancelled: Some(cancelled),
    } = reservation.kind
    else {
        return (whole, (start, start));
    };
    let seconds = cancellation_seconds(cancelled, start, commitment);
    if cancelled <= start {
        return ((start, start), (cancelled, cancelled + seconds));
    }
    let end = billed_until(start, cancelled.min(open));
    ((start, end), (end, end + seconds))
}

/// Seconds of an hour that begins then, inside a stretch.
fn overlap((start, end): (i64, i64), begin: i64) -> u64 {
    let seconds = end.min(begin + 3_600) - start.max(begin);
    u64::try_from(seconds).unwrap_or(0)
}

/// The usage that may run in its slots, in the order in which it takes them.
fn candidates(reservation: &CapacityReservation, rows: &Rows) -> Vec<DemandKey> {
    let mut found: Vec<DemandKey> = rows
        .keys()
        .filter(|key| fits(reservation, key))
        .cloned()
        .collect();
    found.sort_by_key(|key| {
        let is_foreign = key.account != reservation.key.account;
        let is_placed = key.zone.is_some();
        (key.capacity_reservation().is_none(), !is_placed, is_foreign)
    });
    found
}

fn fits(reservation: &CapacityReservation, key: &DemandKey) -> bool {
    let own = &reservation.key;
    let may_use = own.account == key.account || reservation.shared_with.contains(&key.account);
    let zone = match (own.zone, key.zone) {
        (Some(own), Some(other)) => own == other,
        _ => true,
    };
    let is_named = match key.capacity_reservation() {
        Some(id) => *id == *reservation.id,
        None => !reservation.is_targeted,
    };
    let product = |key: &DemandKey| (key.region, key.instance_type, key.platform, key.tenancy);
    key.market == Market::OnDemand && product(own) == product(key) && may_use && zone && is_named
}

/// Moves so many seconds of an hour from the candidates, in their order, to keys that name the reservation.
fn take(
    reservation: &CapacityReservation,
    candidates: &[DemandKey],
    at: usize,
    used: u64,
    rows: &mut Rows,
) {
    let mut left = used;
    for key in candidates {
        let Some(row) = rows.get_mut(key) else {
            continue;
        };
        let taken = left.min(u64::from(row[at]));
        let Ok(moved @ 1..) = u32::try_from(taken) else {
            continue;
        };
        left -= taken;
        row[at] -= moved;
        let length = row.len();
        let mut to = named(key, &reservation.id);
        if matches!(reservation.kind, CapacityKind::Block { .. }) {
            to.market = Market::CapacityBlock;
        }
        rows.entry(to).or_insert_with(|| vec![0; length])[at] += moved;
    }
}

fn named(key: &DemandKey, id: &str) -> DemandKey {
    DemandKey {
        labels: with_label(&key.labels, CAPACITY_RESERVATION, id),
        ..key.clone()
    }
}
