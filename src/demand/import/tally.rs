//! Adds up one file: usage and cost by distinct tuple and hour, and what was left out.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::classify::{Outcome, Refusal, Rules, classify};
use super::columns::Layout;
use super::events::Event;
use super::facts::Doubt;
use super::identity::Identities;
use super::reservations;
use super::spec::Role;
use super::time::{Period, Periods};
use crate::demand::ServiceDemand;
use crate::units::{Hour, HourSpan};

/// Usage in nano-hours and cost in pico-dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Amounts {
    pub(super) nano_hours: i64,
    pub(super) pico_dollars: i64,
}

/// Usage of no fleet: the sum is refused later, and until then must not wrap.
const ABSURD: i64 = 10_000_000_000_000_000;

impl Amounts {
    pub(super) fn add(&mut self, other: Self) {
        self.nano_hours = self
            .nano_hours
            .saturating_add(other.nano_hours)
            .clamp(-ABSURD, ABSURD);
        self.pico_dollars = self.pico_dollars.saturating_add(other.pico_dollars);
    }
}

/// One distinct tuple: what it is, and what its rows add up to.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) outcome: Outcome,
    pub(super) rows: u64,
    /// Cost of rows left out.
    pub(super) left_pico: i128,
    /// Rows of more than one hour.
    pub(super) spread: u64,
    /// Usage of periods that are not one hour.
    pub(super) periods: BTreeMap<Period, Amounts>,
    /// Day of the first block, and for each day from there its block in the arena.
    first_day: i64,
    days: Vec<Option<u32>>,
}

/// Everything read so far, of one file or a part of it.
#[derive(Debug, Default)]
pub(super) struct Tally {
    index: HashMap<Box<[u8]>, u32, foldhash::fast::FixedState>,
    pub(super) entries: Vec<Entry>,
    /// Hours of usage by day, shared by all entries: a stream that ran on ten days takes ten blocks.
    arena: Vec<[Amounts; 24]>,
    pub(super) rows: u64,
    pub(super) doubts: BTreeMap<Doubt, u64>,
    pub(super) currencies: BTreeSet<String>,
    /// Every period of any row.
    pub(super) seen: BTreeSet<Period>,
    /// Use beside instances.
    pub(super) services: ServiceDemand,
    /// Changes of state of instances.
    pub(super) events: Vec<Event>,
    /// Capacity Reservations.
    pub(super) reservations: Vec<reservations::Row>,
    /// Fee rows, each by plain column name.
    pub(super) fees: Vec<BTreeMap<String, String>>,
    /// What the identities are of.
    pub(super) identity: Identity,
    /// Hashes of the identity of used rows.
    pub(super) identities: Identities,
}

/// What identifies rows for the search of overlaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Identity {
    /// The row's id: it stands once in all files together.
    #[default]
    Rows,
    /// Tuple, resource, hour and amount: equal rows may stand side by side in one file, not in two.
    Likeness,
}

/// A tuple's handle in its tally.
pub(super) type Handle = u32;

impl Tally {
    /// The handle of a tuple seen before.
    pub(super) fn known(&self, tuple: &[u8]) -> Option<Handle> {
        self.index.get(tuple).copied()
    }

    /// Classifies a tuple seen for the first time.
    ///
    /// # Errors
    /// The reason when its rows cannot be understood.
    pub(super) fn learn(
        &mut self,
        tuple: &[u8],
        layout: &Layout,
        cells: &[Cow<'_, str>],
        rules: &Rules,
    ) -> Result<Handle, Box<Refusal>> {
        let outcome = match classify(layout, cells, rules) {
            Outcome::Refuse(refusal) => return Err(refusal),
            outcome => outcome,
        };
        let currency = layout
            .tuple
            .iter()
            .position(|column| column.role == Role::Currency);
        let currency = currency
            .and_then(|place| cells.get(place))
            .filter(|text| !text.is_empty());
        if let (Some(currency), Outcome::Usage(_) | Outcome::Fee) = (currency, &outcome) {
            self.currencies.insert(currency.to_string());
        }
        Ok(self.insert(tuple.into(), outcome))
    }

    fn insert(&mut self, tuple: Box<[u8]>, outcome: Outcome) -> Handle {
        let handle = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.index.insert(tuple, handle);
        self.entries.push(Entry {
            outcome,
            rows: 0,
            left_pico: 0,
            spread: 0,
            periods: BTreeMap::new(),
            first_day: 0,
            days: Vec::new(),
        });
        handle
    }

    /// What a tuple is.
    pub(super) fn entry(&mut self, handle: Handle) -> &mut Entry {
        &mut self.entries[handle as usize]
    }

    /// Counts `rows` rows that are no usage, with their cost.
    pub(super) fn leave(&mut self, handle: Handle, rows: u64, pico_dollars: i128) {
        let entry = self.entry(handle);
        entry.rows += rows;
        entry.left_pico += pico_dollars;
    }

    /// Adds `rows` rows of usage.
    pub(super) fn add(&mut self, handle: Handle, rows: u64, period: Period, amounts: Amounts) {
        let entry = &mut self.entries[handle as usize];
        entry.rows += rows;
        if period.hours == 1 {
            let block = entry.block(period.start, &mut self.arena);
            let hour = period.start.epoch_hours().rem_euclid(24);
            self.arena[block][usize::try_from(hour).unwrap_or(0)].add(amounts);
        } else {
            entry.spread += rows;
            entry.periods.entry(period).or_default().add(amounts);
        }
    }

    /// Adds a row of use beside instances.
    pub(super) fn serve(&mut self, handle: Handle, period: HourSpan, pico_units: i128) {
        let entry = &mut self.entries[handle as usize];
        entry.rows += 1;
        if let Outcome::Service(key) = &entry.outcome {
            self.services
                .add_period((**key).clone(), period, pico_units);
        }
    }

    /// Notes a doubt.
    pub(super) fn doubt(&mut self, doubt: Doubt, rows: u64) {
        *self.doubts.entry(doubt).or_default() += rows;
    }

    /// Remembers for which hours there are rows.
    pub(super) fn saw(&mut self, periods: &Periods) {
        self.seen.extend(periods.all());
    }

    /// Puts together what the parts of a file hold.
    pub(super) fn joined(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut parts = parts.into_iter();
        let mut whole = parts.next().unwrap_or_default();
        parts.for_each(|part| whole.merge(part));
        whole
    }

    /// Adds what another part of the same file holds.
    fn merge(&mut self, mut other: Self) {
        let mut tuples: Vec<(Box<[u8]>, u32)> = other.index.drain().collect();
        tuples.sort_unstable_by_key(|&(_, handle)| handle);
        let mut ours: Vec<Handle> = Vec::with_capacity(tuples.len());
        for (tuple, theirs) in tuples {
            let from = &other.entries[theirs as usize];
            let handle = match self.known(&tuple) {
                Some(handle) => handle,
                None => self.insert(tuple, from.outcome.clone()),
            };
            ours.push(handle);
            for (hour, amounts) in from.hours(&other.arena) {
                self.add(
                    handle,
                    0,
                    Period {
                        start: hour,
                        hours: 1,
                    },
                    amounts,
                );
            }
            let entry = &mut self.entries[handle as usize];
            entry.rows += from.rows;
            entry.left_pico += from.left_pico;
            entry.spread += from.spread;
            for (&period, &amounts) in &from.periods {
                entry.periods.entry(period).or_default().add(amounts);
            }
        }
        self.rows += other.rows;
        for event in &mut other.events {
            event.handle = event.handle.map(|theirs| ours[theirs as usize]);
        }
        for row in &mut other.reservations {
            row.handle = ours[row.handle as usize];
        }
        self.reservations.append(&mut other.reservations);
        self.services.extend(other.services);
        self.events.append(&mut other.events);
        for (doubt, rows) in other.doubts {
            self.doubt(doubt, rows);
        }
        self.currencies.append(&mut other.currencies);
        self.seen.append(&mut other.seen);
        self.fees.append(&mut other.fees);
        if !other.identities.is_empty() {
            self.identity = other.identity;
        }
        self.identities.append(&other.identities);
    }

    /// Every hour of an entry that has rows.
    pub(super) fn hours(&self, entry: &Entry) -> impl Iterator<Item = (Hour, Amounts)> {
        entry.hours(&self.arena)
    }
}

impl Entry {
    /// The place in the arena of the day that holds `hour`.
    fn block(&mut self, hour: Hour, arena: &mut Vec<[Amounts; 24]>) -> usize {
        let day = hour.epoch_hours().div_euclid(24);
        if self.days.is_empty() {
            self.first_day = day;
        }
        if day < self.first_day {
            let missing = usize::try_from(self.first_day - day).unwrap_or(0);
            self.days.splice(0..0, std::iter::repeat_n(None, missing));
            self.first_day = day;
        }
        let place = usize::try_from(day - self.first_day).unwrap_or(0);
        if place >= self.days.len() {
            self.days.resize(place + 1, None);
        }
        let block = self.days[place].get_or_insert_with(|| {
            arena.push([Amounts::default(); 24]);
            u32::try_from(arena.len() - 1).unwrap_or(u32::MAX)
        });
        *block as usize
    }

    fn hours(&self, arena: &[[Amounts; 24]]) -> impl Iterator<Item = (Hour, Amounts)> {
        let days = (self.first_day..).zip(&self.days);
        let blocks = days.filter_map(|(day, block)| Some((day, &arena[(*block)? as usize])));
        blocks
            .flat_map(|(day, block)| (day * 24..).map(Hour::from_epoch_hours).zip(*block))
            .filter(|(_, amounts)| *amounts != Amounts::default())
    }
}
