//! Changes of state of instances, put together to the seconds that are billed (`metering::instance` knows how).
//!
//! An instance's changes may lie in several files; they are put in order of time, so rows may be too.

use std::collections::{BTreeMap, BTreeSet};

use super::classify::Outcome;
use super::facts::{Cover, Doubt, ImportReport};
use super::finish::{Stream, StreamId};
use super::spec::Format;
use super::table::FileTally;
use super::tally::{Amounts, Handle};
use crate::demand::DemandKey;
use crate::demand::metering::{Disorder, State, billed_stretches, first_disorder};
use crate::diagnostics::{Diagnostic, Place};
use crate::units::{Hour, HourSpan};

/// One row: an instance went into a state.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) instance: Box<str>,
    /// Seconds since 1970.
    pub(super) time: i64,
    pub(super) state: State,
    /// What it is, for one that begins to run.
    pub(super) handle: Option<Handle>,
}

/// A change with the file it stands in.
struct Change<'a> {
    file: &'a FileTally,
    event: &'a Event,
}

/// Adds what every instance is billed to the streams, and the hours between the first change and the last to those
/// that are known.
///
/// # Errors
/// A change that cannot be.
pub(super) fn settle(
    files: &[FileTally],
    streams: &mut BTreeMap<StreamId, Stream>,
    seen: &mut BTreeSet<Hour>,
    report: &mut ImportReport,
) -> Result<(), Diagnostic> {
    let mut instances: BTreeMap<&str, Vec<Change<'_>>> = BTreeMap::new();
    for file in files
        .iter()
        .filter(|file| file.layout.format == Format::Events)
    {
        for event in &file.tally.events {
            instances
                .entry(&event.instance)
                .or_default()
                .push(Change { file, event });
        }
    }
    let times = || instances.values().flatten().map(|change| change.event.time);
    let (Some(first), Some(last)) = (times().min(), times().max()) else {
        return Ok(());
    };
    seen.extend(hours(first, last + 1).hours());
    for changes in instances.values_mut() {
        // Of changes in one second the one that stands first is the earlier.
        changes.sort_by_key(|change| change.event.time);
        let states: Vec<State> = changes.iter().map(|change| change.event.state).collect();
        if let Some((place, disorder)) = first_disorder(&states) {
            return Err(disordered(&changes[place], disorder));
        }
        note_doubts(changes, report);
        for (start, run) in runs(changes) {
            add(start, run, last, streams);
        }
    }
    Ok(())
}

/// An instance whose beginning or end the files do not tell.
fn note_doubts(changes: &[Change<'_>], report: &mut ImportReport) {
    let first = changes.first().map(|change| change.event.state);
    let last = changes.last().map(|change| change.event.state);
    if matches!(last, Some(State::Running | State::Hibernating)) {
        *report.doubts.entry(Doubt::StillRunning).or_default() += 1;
    }
    if !matches!(first, Some(State::Pending | State::Running)) {
        *report.doubts.entry(Doubt::RanBefore).or_default() += 1;
    }
}

/// The changes from each start to the next one; an instance may be of another type when it starts again.
fn runs<'c, 'a>(changes: &'c [Change<'a>]) -> Vec<(&'c Change<'a>, &'c [Change<'a>])> {
    let mut starts: Vec<usize> = Vec::new();
    let mut is_running = false;
    for (place, change) in changes.iter().enumerate() {
        match change.event.state {
            State::Running if !is_running => {
                starts.push(place);
                is_running = true;
            }
            State::Running | State::Hibernating => {}
            _ => is_running = false,
        }
    }
    let ends = starts.iter().skip(1).copied().chain([changes.len()]);
    starts
        .iter()
        .zip(ends)
        .filter_map(|(&start, end)| Some((changes.get(start)?, changes.get(start..end)?)))
        .collect()
}

/// Adds one run to the stream of what ran.
fn add(
    start: &Change<'_>,
    run: &[Change<'_>],
    last: i64,
    streams: &mut BTreeMap<StreamId, Stream>,
) {
    let Some(key) = key_of(start) else {
        return;
    };
    let changes: Vec<(i64, State)> = run.iter().map(|c| (c.event.time, c.event.state)).collect();
    let stream = streams
        .entry((key.clone(), Cover::None, None, None))
        .or_default();
    for stretch in billed_stretches(&changes, last, key.platform, key.market) {
        for hour in hours(stretch.start, stretch.end).hours() {
            let begin = hour.epoch_hours() * 3_600;
            let seconds = stretch.end.min(begin + 3_600) - stretch.start.max(begin);
            let amounts = Amounts {
                nano_hours: nano_hours(seconds),
                pico_dollars: 0,
            };
            stream.hours.push((hour, amounts));
        }
    }
}

fn key_of<'a>(start: &Change<'a>) -> Option<&'a DemandKey> {
    let handle = start.event.handle?;
    match &start.file.tally.entries.get(handle as usize)?.outcome {
        Outcome::Usage(usage) => Some(&usage.key),
        _ => None,
    }
}

/// The clock hours of some seconds.
fn hours(start: i64, end: i64) -> HourSpan {
    let first = Hour::containing_epoch_seconds(start);
    HourSpan::new(first, Hour::containing_epoch_seconds(end - 1).plus(1))
}

/// Seconds as 1e-9 hours, rounded; they add up to whole seconds again.
const fn nano_hours(seconds: i64) -> i64 {
    (seconds * 1_000_000_000 + 1_800).div_euclid(3_600)
}

fn disordered(change: &Change<'_>, why: Disorder) -> Diagnostic {
    let time = chrono::DateTime::from_timestamp(change.event.time, 0).unwrap_or_default();
    let (instance, time) = (&change.event.instance, time.format("%Y-%m-%dT%H:%M:%SZ"));
    Diagnostic::new(format!("instance `{instance}` at {time}: {why}"))
        .at(Place::file(change.file.name.clone()))
        .hint("are the times of both rows right, and is the id that of one instance?")
}
