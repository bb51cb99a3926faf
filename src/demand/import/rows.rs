//! Reads the records of a piece of CSV into a tally.

use std::borrow::Cow;

use simd_csv::{ZeroCopyByteRecord, ZeroCopyReaderBuilder};

use super::classify::{Outcome, Rules};
use super::columns::Layout;
use super::events::Event;
use super::facts::{Cover, Doubt};
use super::number::{NANO, NumberError, PICO, steps};
use super::problem::{Problem, Wrong};
use super::spec::{Format, Role};
use super::summed::{self, Summed};
use super::tally::{Amounts, Handle, Identity, Tally};
use super::time::{Period, Periods, end_hour, hour};
use super::typed::Cells;
use super::{beside, bill, chunks::Chunk, focus, identity, metered, reservations, services};
use crate::demand::metering::State;
use crate::units::{self, Hour, HourSpan};

/// One instance-hour and a million instances: more than any row of a bill states.
const MOST_NANO_HOURS: i64 = 1_000_000_000_000_000;

/// More than so many rows of a bill state for a period.
pub(super) fn most_nano_hours(period: Period, summed: Summed) -> i64 {
    let rows = i64::try_from(summed.rows).unwrap_or(i64::MAX);
    MOST_NANO_HOURS
        .saturating_mul(i64::from(period.hours))
        .saturating_mul(rows)
}

/// A leap year: more than any row of use beside instances is about.
const MOST_HOURS: usize = 366 * 24;

/// Reads chunks of one file; every thread has its own.
pub(super) struct RowReader<'a> {
    layout: &'a Layout,
    rules: &'a Rules,
    places: Places,
    periods: Periods,
    pub(super) tally: Tally,
    tuple: Vec<u8>,
}

/// Where the values stand, looked up once.
#[derive(Debug, Clone, Copy)]
struct Places {
    gate: Option<usize>,
    start: usize,
    end: Option<usize>,
    amount: usize,
    cost: Option<usize>,
    reservation_cost: Option<usize>,
    plan_cost: Option<usize>,
    row_id: Option<usize>,
    interval: Option<usize>,
    resource: Option<usize>,
    instance_id: Option<usize>,
    state: Option<usize>,
    credits: Option<usize>,
    summed: Option<summed::Places>,
}

impl Places {
    fn of(layout: &Layout) -> Self {
        let amount = layout
            .place(Role::Amount)
            .or_else(|| layout.place(Role::Count));
        Self {
            gate: layout.gate(),
            start: layout.place(Role::Start).unwrap_or_default(),
            end: layout.place(Role::End),
            amount: amount.unwrap_or_default(),
            cost: layout.place(Role::Cost),
            reservation_cost: layout.place(Role::ReservationCost),
            plan_cost: layout.place(Role::PlanCost),
            row_id: layout.place(Role::RowId),
            interval: layout.place(Role::Interval),
            resource: layout.place(Role::Resource),
            instance_id: layout.place(Role::InstanceId),
            state: layout.place(Role::State),
            credits: layout.place(Role::SurplusCredits),
            summed: summed::Places::of(layout),
        }
    }
}

impl<'a> RowReader<'a> {
    pub(super) fn new(layout: &'a Layout, rules: &'a Rules) -> Self {
        Self {
            layout,
            rules,
            places: Places::of(layout),
            periods: Periods::default(),
            tally: Tally::default(),
            tuple: Vec::new(),
        }
    }

    /// Reads every record of a piece.
    pub(super) fn chunk(&mut self, chunk: &Chunk) -> Result<(), Problem> {
        let mut reader = ZeroCopyReaderBuilder::with_capacity(1 << 16)
            .has_headers(false)
            .flexible(true)
            .from_reader(chunk.bytes());
        let mut offset = chunk.offset;
        loop {
            let problem = match reader.read_byte_record() {
                Ok(None) => return Ok(()),
                Ok(Some(record)) => self.record(&record),
                Err(error) => Err(Wrong::Unreadable(error.to_string())),
            };
            if let Err(wrong) = problem {
                return Err(Problem { offset, wrong });
            }
            offset = chunk.offset + reader.position();
        }
    }

    /// What was read.
    pub(super) fn finish(mut self) -> Tally {
        self.tally.saw(&self.periods);
        self.tally
    }

    fn record(&mut self, record: &ZeroCopyByteRecord<'_>) -> Result<(), Wrong> {
        if record.len() != self.layout.names.len() {
            return Err(Wrong::Ragged {
                found: record.len(),
                wanted: self.layout.names.len(),
            });
        }
        let summed = match &self.places.summed {
            Some(places) => places.read(|place| cell(record, place))?,
            None => Summed::ITSELF,
        };
        self.tally.rows += summed.rows;
        if self.layout.format == Format::Events {
            return self.event(record);
        }
        let handle = self.handle(record)?;
        if self.layout.format.is_read_whole() {
            return self.whole(record, handle);
        }
        match &self.tally.entry(handle).outcome {
            Outcome::Usage(usage) => {
                let cost = match usage.cover {
                    Cover::None => self.places.cost,
                    Cover::Reservation(_) => self.places.reservation_cost,
                    Cover::SavingsPlan(_) => self.places.plan_cost,
                };
                self.usage(record, handle, summed, cost)
            }
            Outcome::Service(_) => self.service(record, handle),
            Outcome::Fee => {
                self.fee(record);
                self.leave(record, handle, summed.rows);
                Ok(())
            }
            Outcome::Metered(_) | Outcome::Skip(_) | Outcome::Refuse(_) => {
                self.leave(record, handle, summed.rows);
                let (start, end) = (cell(record, self.places.start), self.end(record));
                // A row that is no usage may have no time: it only tells which hours have rows.
                let _ = self.periods.read(start, end, self.layout.zone());
                Ok(())
            }
        }
    }

    /// The handle of the record's tuple: its short one unless the row may be instance usage.
    fn handle(&mut self, record: &ZeroCopyByteRecord<'_>) -> Result<Handle, Wrong> {
        let long = self
            .places
            .gate
            .is_none_or(|gate| may_be_instances(self.layout.format, cell(record, gate)));
        let count = if long {
            self.layout.tuple.len()
        } else {
            self.layout.short
        };
        let columns = &self.layout.tuple[..count];
        self.tuple.clear();
        self.tuple.push(u8::from(long));
        for column in columns {
            self.tuple
                .extend_from_slice(record.get(column.place).unwrap_or_default());
            // Never part of UTF-8, so it cannot be part of a cell that is accepted.
            self.tuple.push(0xff);
        }
        if let Some(handle) = self.tally.known(&self.tuple) {
            return Ok(handle);
        }
        let mut cells = Vec::with_capacity(count);
        for column in columns {
            cells.push(text(record, column.place)?);
        }
        let learned = self
            .tally
            .learn(&self.tuple, self.layout, &cells, self.rules);
        learned.map_err(|refusal| Wrong::refused(self.layout, *refusal))
    }

    fn usage(
        &mut self,
        record: &ZeroCopyByteRecord<'_>,
        handle: Handle,
        summed: Summed,
        cost: Option<usize>,
    ) -> Result<(), Wrong> {
        let summed = summed.check(self.places.summed)?;
        let start = cell(record, self.places.start);
        let period = self
            .periods
            .read(start, self.end(record), self.layout.zone());
        let period = period.map_err(|error| Wrong::time(self.places.start, &error))?;
        let nano_hours = self.amount(record, period, summed)?;
        let pico_dollars = self.cost(record, cost);
        self.identify(record, period, nano_hours);
        self.beside(record, handle, (period.start, nano_hours))?;
        self.tally.add(
            handle,
            summed.rows,
            period,
            Amounts {
                nano_hours,
                pico_dollars,
            },
        );
        Ok(())
    }

    /// Adds what is charged beside the instances of a simple table: licences by active vCPU, surplus CPU credits.
    fn beside(
        &mut self,
        record: &ZeroCopyByteRecord<'_>,
        handle: Handle,
        (hour, nano_hours): (Hour, i64),
    ) -> Result<(), Wrong> {
        let Tally {
            entries, services, ..
        } = &mut self.tally;
        let Outcome::Usage(usage) = &entries[handle as usize].outcome else {
            return Ok(());
        };
        if let Some(licence) = &usage.licence {
            let vcpu_hours = i128::from(nano_hours) * i128::from(licence.active_vcpus);
            let key = beside::key(usage, licence.item.clone());
            services.add(key, hour, vcpu_hours * beside::PICO_A_NANO);
        }
        if let Some(place) = self.places.credits {
            let credits = text(record, place)?;
            if let Some((key, pico_units)) = beside::credits(place, &credits, usage)? {
                services.add(key, hour, pico_units);
            }
        }
        Ok(())
    }

    /// Keeps a change of state. Only an instance that begins to run has to say what it is.
    fn event(&mut self, record: &ZeroCopyByteRecord<'_>) -> Result<(), Wrong> {
        let at = |place: Option<usize>| place.unwrap_or_default();
        let id = text(record, at(self.places.instance_id))?;
        if id.trim().is_empty() {
            return Err(Wrong::no_instance(at(self.places.instance_id)));
        }
        let state = text(record, at(self.places.state))?;
        let state = State::from_label(state.trim())
            .ok_or_else(|| Wrong::unknown_state(at(self.places.state), &state))?;
        let time = text(record, self.places.start)?;
        let time = units::instant(&time).map_err(|error| Wrong::time(self.places.start, &error))?;
        let handle = (state == State::Running)
            .then(|| self.handle(record))
            .transpose()?;
        if let Some(handle) = handle {
            self.tally.entry(handle).rows += 1;
        }
        self.tally.identity = Identity::Likeness;
        let hour = Hour::containing_epoch_seconds(time);
        let identity =
            identity::of_likeness(state.label().as_bytes(), id.trim().as_bytes(), hour, time);
        self.tally.identities.push(identity);
        self.tally.events.push(Event {
            instance: id.trim().into(),
            time,
            state,
            handle,
        });
        Ok(())
    }

    /// Reads a row whose cells are all looked at: a reservation, tasks, functions.
    fn whole(&mut self, record: &ZeroCopyByteRecord<'_>, handle: Handle) -> Result<(), Wrong> {
        let texts = (0..record.len()).map(|place| text(record, place));
        let texts = texts.collect::<Result<Vec<_>, _>>()?;
        let cells = Cells {
            layout: self.layout,
            texts: &texts,
        };
        self.tally.entry(handle).rows += 1;
        let format = self.layout.format;
        let Tally {
            entries, services, ..
        } = &mut self.tally;
        match &entries[handle as usize].outcome {
            Outcome::Metered(by) if format == Format::Tasks => {
                metered::tasks(&cells, by, services)?;
            }
            Outcome::Metered(by) => metered::functions(&cells, by, services)?,
            _ => self
                .tally
                .reservations
                .push(reservations::read(&cells, handle)?),
        }
        self.tally.identity = Identity::Likeness;
        let first = Hour::from_epoch_hours(0);
        let row = texts.join("\u{1f}");
        let identity = identity::of_likeness(row.as_bytes(), b"", first, 0);
        self.tally.identities.push(identity);
        Ok(())
    }

    /// Adds use beside instances. A row may be about a month: it does not say which hours have rows.
    fn service(&mut self, record: &ZeroCopyByteRecord<'_>, handle: Handle) -> Result<(), Wrong> {
        let place = self.places.start;
        let start = hour(cell(record, place), self.layout.zone())
            .map_err(|error| Wrong::time(place, &error))?;
        let end = match (self.places.end, self.end(record).trim_ascii()) {
            (None, _) | (_, b"") => start.plus(1),
            (Some(place), end) => {
                end_hour(end, self.layout.zone()).map_err(|error| Wrong::time(place, &error))?
            }
        };
        let span = HourSpan::new(start, end);
        if span.is_empty() || span.len() > MOST_HOURS {
            let place = self.places.end.unwrap_or(place);
            return Err(Wrong::no_end(place, self.end(record), start));
        }
        let place = self.places.amount;
        let pico_units = services::read_pico_units(place, &text(record, place)?)?;
        self.tally.serve(handle, span, pico_units);
        Ok(())
    }

    fn amount(
        &self,
        record: &ZeroCopyByteRecord<'_>,
        period: Period,
        summed: Summed,
    ) -> Result<i64, Wrong> {
        let place = self.places.amount;
        let text = cell(record, place).trim_ascii();
        let most = most_nano_hours(period, summed);
        match steps(text, NANO) {
            Ok(nano) if nano < 0 => Err(Wrong::negative(place, text)),
            Ok(nano) if nano <= most => Ok(nano),
            Ok(_) | Err(NumberError::OutOfRange) => Err(Wrong::absurd(place, text)),
            Err(NumberError::NotANumber) => Err(Wrong::not_a_number(place, text)),
        }
    }

    fn cost(&mut self, record: &ZeroCopyByteRecord<'_>, place: Option<usize>) -> i64 {
        let text = place
            .map_or(&[][..], |place| cell(record, place))
            .trim_ascii();
        if matches!(text, b"" | b"NULL") {
            return 0;
        }
        steps(text, PICO).unwrap_or_else(|_| {
            self.tally.doubt(Doubt::CostNotANumber, 1);
            0
        })
    }

    fn leave(&mut self, record: &ZeroCopyByteRecord<'_>, handle: Handle, rows: u64) {
        let cost = self
            .places
            .cost
            .map_or(&[][..], |place| cell(record, place));
        let pico_dollars = steps(cost.trim_ascii(), PICO).unwrap_or(0);
        self.tally.leave(handle, rows, pico_dollars.into());
    }

    /// Keeps the cells of a fee by plain name.
    fn fee(&mut self, record: &ZeroCopyByteRecord<'_>) {
        let cells = self
            .layout
            .names
            .iter()
            .enumerate()
            .filter_map(|(place, name)| {
                let text = record.unescape(place)?;
                let text = String::from_utf8_lossy(&text).trim().to_owned();
                (!text.is_empty()).then(|| (super::spec::plain_name(name), text))
            });
        self.tally.fees.push(cells.collect());
    }

    /// Remembers which line item this was, as far as the file tells.
    fn identify(&mut self, record: &ZeroCopyByteRecord<'_>, period: Period, nano_hours: i64) {
        if self.layout.format == Format::Simple {
            self.tally.identity = Identity::Likeness;
            let identity = identity::of_likeness(&self.tuple, b"", period.start, nano_hours);
            self.tally.identities.push(identity);
            return;
        }
        let at = |place: Option<usize>| place.map_or(&[][..], |place| cell(record, place));
        let (id, interval) = (at(self.places.row_id), at(self.places.interval));
        let identity = if id.is_empty() || interval.is_empty() {
            if self.places.resource.is_none() {
                return;
            }
            self.tally.identity = Identity::Likeness;
            let resource = at(self.places.resource);
            identity::of_likeness(&self.tuple, resource, period.start, nano_hours)
        } else {
            identity::of_row(id, interval, nano_hours)
        };
        self.tally.identities.push(identity);
    }

    fn end<'r>(&self, record: &'r ZeroCopyByteRecord<'_>) -> &'r [u8] {
        self.places.end.map_or(&[], |place| cell(record, place))
    }
}

/// Whether a row may be instance usage, by the text that tells in its format.
pub(super) fn may_be_instances(format: Format, text: &[u8]) -> bool {
    match format {
        Format::Focus => focus::may_be_instances(text),
        _ => bill::may_be_instances(text),
    }
}

/// The cell without quotes around it; a quote inside stays doubled, which no number or time has.
fn cell<'r>(record: &'r ZeroCopyByteRecord<'_>, place: usize) -> &'r [u8] {
    record.unquote(place).unwrap_or_default()
}

/// The cell as text.
fn text<'r>(record: &'r ZeroCopyByteRecord<'_>, place: usize) -> Result<Cow<'r, str>, Wrong> {
    match record.unescape(place).unwrap_or_default() {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes)
            .map(Cow::Borrowed)
            .map_err(|error| Wrong::not_utf8(place, bytes, error.valid_up_to())),
        Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            Wrong::not_utf8(place, error.as_bytes(), at)
        }),
    }
}
