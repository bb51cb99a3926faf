//! Lays everything read out as demand and checks what only the whole can tell.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::classify::{Outcome, Usage};
use super::facts::{
    BilledHour, BilledUsage, Cover, Doubt, FileReport, FoundCommitments, Import, ImportReport,
};
use super::spec::{Format, Role};
use super::table::FileTally;
use super::tally::Amounts;
use super::time::Period;
use super::{Options, events, fees, reservations};
use crate::demand::{
    CapacityReservation, Demand, DemandBuilder, DemandKey, Fill, ServiceDemand, UnknownReservation,
    reserve_capacity,
};
use crate::diagnostics::{Diagnostic, Place};
use crate::units::{Hour, HourSpan};

/// What distinguishes billed usage beyond its key.
pub(super) type StreamId = (DemandKey, Cover, Option<Decimal>, Option<Decimal>);

/// Usage of one stream: single hours, and periods still to be spread.
#[derive(Default)]
pub(super) struct Stream {
    pub(super) hours: Vec<(Hour, Amounts)>,
    periods: BTreeMap<Period, Amounts>,
}

/// Puts the files together.
///
/// # Errors
/// No usage at all, two currencies, absurd sums, or hours missing that are not to be filled.
pub(super) fn finish(files: &[FileTally], options: &Options) -> Result<Import, Vec<Diagnostic>> {
    let mut report = report(files);
    report.currency = currency(files).map_err(|problem| vec![problem])?;
    let mut streams: BTreeMap<StreamId, Stream> = BTreeMap::new();
    let mut seen: BTreeSet<Hour> = BTreeSet::new();
    let reservations = reservations::settle(files).map_err(|problem| vec![problem])?;
    for file in files {
        collect(file, &mut streams, &mut report);
        let short = file.tally.seen.iter().filter(|period| period.hours <= 24);
        seen.extend(short.flat_map(|&period| hours(period)));
    }
    events::settle(files, &mut streams, &mut seen, &mut report).map_err(|problem| vec![problem])?;
    if report.used() == 0 {
        return Err(vec![no_usage(&report)]);
    }
    seen.extend(
        streams
            .values()
            .flat_map(|s| s.periods.keys())
            .flat_map(|&period| hours(period)),
    );
    let services = services(files);
    if let (true, Some(span)) = (seen.is_empty(), services.span()) {
        seen.extend(span.hours());
    }
    if seen.is_empty() {
        seen.extend(span_of_reservations(&reservations).map_err(|problem| vec![problem])?);
    }
    let usage: Vec<BilledUsage> = streams.into_iter().map(billed).collect();
    let span = span_of(&seen);
    report.window = Some(span);
    report.missing = missing(span, &seen);
    if let (Some(first), None) = (report.missing.first(), options.fill_gaps) {
        return Err(vec![hours_missing(&report.missing, *first)]);
    }
    let mut demand = lay_out(&usage, span).map_err(|problem| vec![problem])?;
    if let Some(fill) = options.fill_gaps {
        fill_gaps(&mut demand, &report.missing, fill);
        report.fill = Some(fill).filter(|_| !report.missing.is_empty());
    }
    let (demand, capacity) = reserve_capacity(demand, reservations)
        .map_err(|unknown| vec![unknown_reservation(&unknown)])?;
    let mut commitments = fees::read(files, &mut report.doubts);
    commitments.usage = usage;
    fees::complete(&mut commitments, files);
    Ok(Import {
        demand,
        capacity,
        services,
        commitments,
        report,
    })
}

fn hours(period: Period) -> impl Iterator<Item = Hour> {
    (0..i64::from(period.hours)).map(move |n| period.start.plus(n))
}

/// Use beside instances, of all files.
fn services(files: &[FileTally]) -> ServiceDemand {
    let mut all = ServiceDemand::default();
    for file in files {
        all.extend(file.tally.services.clone());
    }
    all
}

/// Adds a file's usage to the streams, and its doubts and left-out rows to the report.
fn collect(file: &FileTally, streams: &mut BTreeMap<StreamId, Stream>, report: &mut ImportReport) {
    if file.layout.format == Format::Reservations {
        return;
    }
    for entry in &file.tally.entries {
        match &entry.outcome {
            Outcome::Usage(usage) => {
                note_doubts(usage, entry.rows, entry.spread, report);
                let id = (
                    usage.key.clone(),
                    usage.cover.clone(),
                    usage.public_rate,
                    usage.plan_rate,
                );
                let stream = streams.entry(id).or_default();
                stream.hours.extend(file.tally.hours(entry));
                for (&period, &amounts) in &entry.periods {
                    stream.periods.entry(period).or_default().add(amounts);
                }
            }
            Outcome::Skip(reason) => {
                let left = report.skipped.entry(*reason).or_default();
                left.rows += entry.rows;
                left.pico_dollars += entry.left_pico;
            }
            Outcome::Fee => {
                let left = report
                    .skipped
                    .entry(super::facts::Skip::Commitment)
                    .or_default();
                left.rows += entry.rows;
                left.pico_dollars += entry.left_pico;
            }
            Outcome::Service(_) | Outcome::Metered(_) | Outcome::Refuse(_) => {}
        }
    }
    for (&doubt, &rows) in &file.tally.doubts {
        *report.doubts.entry(doubt).or_default() += rows;
    }
    let nameless = !file.layout.has(Role::RowId) && !file.layout.has(Role::Resource);
    if file.layout.has(Role::Rows) {
        *report.doubts.entry(Doubt::Summed).or_default() += file.tally.rows;
    } else if nameless && !file.layout.format.is_typed() {
        *report.doubts.entry(Doubt::NoIdentity).or_default() += file.tally.rows;
    }
}

fn note_doubts(usage: &Usage, rows: u64, spread: u64, report: &mut ImportReport) {
    for &doubt in &usage.doubts {
        *report.doubts.entry(doubt).or_default() += rows;
        if doubt == Doubt::UnknownType {
            let name = usage.key.instance_type.to_string();
            if let Err(place) = report.unknown_types.binary_search(&name) {
                report.unknown_types.insert(place, name);
            }
        }
    }
    if spread > 0 {
        *report.doubts.entry(Doubt::Spread).or_default() += spread;
    }
}

/// One stream in order of hours, its longer periods spread evenly, the remainder on the first hours.
fn billed((id, mut stream): (StreamId, Stream)) -> BilledUsage {
    for (period, amounts) in stream.periods {
        let n = i64::from(period.hours);
        let share = |total: i64, at: i64| total.div_euclid(n) + i64::from(at < total.rem_euclid(n));
        stream.hours.extend((0..n).map(|at| {
            let nano_hours = share(amounts.nano_hours, at);
            let pico_dollars = share(amounts.pico_dollars, at);
            (
                period.start.plus(at),
                Amounts {
                    nano_hours,
                    pico_dollars,
                },
            )
        }));
    }
    stream.hours.sort_unstable_by_key(|&(hour, _)| hour);
    let mut hours: Vec<BilledHour> = Vec::with_capacity(stream.hours.len());
    for (hour, amounts) in stream.hours {
        match hours.last_mut() {
            Some(last) if last.hour == hour => {
                let mut sum = Amounts {
                    nano_hours: last.nano_hours,
                    pico_dollars: last.pico_dollars,
                };
                sum.add(amounts);
                (last.nano_hours, last.pico_dollars) = (sum.nano_hours, sum.pico_dollars);
            }
            _ => hours.push(BilledHour {
                hour,
                nano_hours: amounts.nano_hours,
                pico_dollars: amounts.pico_dollars,
            }),
        }
    }
    let (key, cover, public_rate, plan_rate) = id;
    BilledUsage {
        key,
        cover,
        public_rate,
        plan_rate,
        hours,
    }
}

fn lay_out(usage: &[BilledUsage], span: HourSpan) -> Result<Demand, Diagnostic> {
    let mut builder = DemandBuilder::new();
    for stream in usage {
        let key = builder.key(stream.key.clone());
        for hour in &stream.hours {
            builder.add(key, hour.hour, hour.nano_hours);
        }
    }
    builder.finish(span).map_err(|absurd| {
        let key = &absurd.key;
        let hours = Decimal::from_i128_with_scale(absurd.nano_hours.into(), 9).normalize();
        Diagnostic::new(format!(
            "{} in {} (account {}) adds up to {hours} instance-hours at {}",
            key.instance_type, key.region, key.account, absurd.hour
        ))
        .hint(
            "no fleet has that; is a column of seconds, bytes or dollars taken for instance-hours?",
        )
    })
}

/// The hours of reservations without any usage.
fn span_of_reservations(reservations: &[CapacityReservation]) -> Result<Vec<Hour>, Diagnostic> {
    let mut hours = BTreeSet::new();
    for reservation in reservations {
        let Some(end) = reservation.end else {
            let message = format!(
                "the reservation `{}` has no end, and there is no usage",
                reservation.id
            );
            let hint = "give it an end, or add the usage of the hours that are to be billed";
            return Err(Diagnostic::new(message).hint(hint));
        };
        hours.insert(Hour::containing_epoch_seconds(reservation.start));
        hours.insert(Hour::containing_epoch_seconds(end - 1));
    }
    Ok(span_of(&hours).hours().collect())
}

fn unknown_reservation(unknown: &UnknownReservation) -> Diagnostic {
    Diagnostic::new(unknown.to_string())
        .hint("give the table that has it, too, or leave out the column `capacity_reservation`")
}

fn span_of(seen: &BTreeSet<Hour>) -> HourSpan {
    match (seen.first(), seen.last()) {
        (Some(&first), Some(&last)) => HourSpan::new(first, last.plus(1)),
        _ => HourSpan::new(Hour::from_epoch_hours(0), Hour::from_epoch_hours(0)),
    }
}

/// The hours of the window no row is about.
fn missing(span: HourSpan, seen: &BTreeSet<Hour>) -> Vec<HourSpan> {
    let mut expected = span.start();
    let mut gaps = Vec::new();
    for &hour in seen {
        if hour > expected {
            gaps.push(HourSpan::new(expected, hour));
        }
        expected = hour.plus(1);
    }
    gaps
}

fn fill_gaps(demand: &mut Demand, gaps: &[HourSpan], fill: Fill) {
    for &gap in gaps {
        demand.fill(gap, fill);
    }
}

fn hours_missing(gaps: &[HourSpan], first: HourSpan) -> Diagnostic {
    let hours: usize = gaps.iter().map(|gap| gap.len()).sum();
    let (are, s) = if hours == 1 { ("is", "") } else { ("are", "s") };
    let mut message =
        format!("{hours} hour{s} inside the window {are} missing: no row is about {first}");
    message.extend(gaps.iter().skip(1).take(4).map(|gap| format!(", {gap}")));
    if gaps.len() > 5 {
        message.extend([format!(", and {} more gaps", gaps.len() - 5)]);
    }
    Diagnostic::new(message).hint(
        "is a file missing? `--fill-gaps zero` takes them as hours without usage, `--fill-gaps previous` repeats the hour before",
    )
}

fn no_usage(report: &ImportReport) -> Diagnostic {
    let mut message = format!("no EC2 instance usage in {} rows", report.rows());
    let skipped = report.skipped.iter();
    message
        .extend(skipped.map(|(reason, left)| format!("\n  {} rows: {}", left.rows, reason.text())));
    let problem = Diagnostic::new(message)
        .hint("instance-hours are rows of AmazonEC2 with usage types such as `BoxUsage:m5.large`");
    match report.files.as_slice() {
        [only] => problem.at(Place::file(only.name.clone())),
        _ => problem,
    }
}

/// The one currency of all files.
fn currency(files: &[FileTally]) -> Result<Option<String>, Diagnostic> {
    let mut known: Option<(&str, &str)> = None;
    for file in files {
        for currency in &file.tally.currencies {
            match known {
                Some((first, other)) if first != currency => {
                    let problem = format!(
                        "costs are in {first} (`{other}`) and in {currency} (`{}`)",
                        file.name
                    );
                    return Err(Diagnostic::new(problem)
                        .at(Place::file(file.name.clone()))
                        .hint(
                            "import the files of each currency apart: no exchange rate is assumed",
                        ));
                }
                Some(_) => {}
                None => known = Some((currency, &file.name)),
            }
        }
    }
    Ok(known.map(|(currency, _)| currency.to_owned()))
}

fn report(files: &[FileTally]) -> ImportReport {
    let one = |file: &FileTally| {
        let usage = file
            .tally
            .entries
            .iter()
            .filter(|e| matches!(e.outcome, Outcome::Usage(_)));
        FileReport {
            name: file.name.clone(),
            format: file.layout.label,
            packing: if file.layout.has(Role::Rows) {
                "summed rows"
            } else {
                file.packing
            },
            rows: file.tally.rows,
            used: match file.layout.format {
                Format::Bill | Format::Focus | Format::Simple => usage.map(|e| e.rows).sum(),
                _ => file.tally.rows,
            },
            sha256: file.sha256,
        }
    };
    ImportReport {
        files: files.iter().map(one).collect(),
        ..ImportReport::default()
    }
}

impl FoundCommitments {
    /// Whether the bill names no commitment.
    pub fn is_empty(&self) -> bool {
        self.reservations.is_empty()
            && self.savings_plans.is_empty()
            && self.usage.iter().all(|usage| usage.cover == Cover::None)
    }
}
