//! Reads a series of CloudWatch or of an Auto Scaling group (instances in service, or a load) into the simple table.
//!
//! A sample holds until the next one of its group. Where samples are further apart than twice their usual distance
//! there is a gap, which is an error unless the caller says what it is taken for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::number::decimal;
use crate::demand::Fill;
use crate::diagnostics::{Diagnostic, Place};
use crate::units::{Hour, HourError, instant};

/// What the samples say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Instances that run; averages may have decimals.
    Instances,
    /// A load that instances serve.
    Load {
        /// What one instance serves at most.
        capacity: Decimal,
        /// The part of it that scaling aims at, above 0, at most 1.
        target: Decimal,
        /// At least so many instances.
        least: u32,
        /// At most so many.
        most: Option<u32>,
    },
}

/// How a series is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesOptions {
    /// What its samples say.
    pub meaning: Meaning,
    /// The column of the samples; unless given, one of [`VALUES`].
    pub column: Option<String>,
    /// Take times without a zone as UTC.
    pub utc: bool,
    /// What a gap is taken for.
    pub fill: Option<Fill>,
    /// Region, instance type and operating system, as the simple table has them.
    pub instance: [String; 3],
}

/// A series as a simple table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// Header and rows.
    pub table: String,
    /// Samples read.
    pub samples: u64,
    /// What is to be taken with a grain of salt.
    pub doubts: Vec<String>,
}

/// Columns that hold samples.
pub const VALUES: [&str; 4] = [
    "instances_in_service",
    "GroupInServiceInstances",
    "value",
    "running_tasks",
];
/// Columns that hold times; of the first two everybody can see that they are UTC.
const TIMES: [&str; 5] = ["hour_utc", "timestamp_utc", "timestamp", "time", "hour"];
const GROUPS: [&str; 2] = ["group", "AutoScalingGroupName"];
const NANO: i128 = 1_000_000_000;
const HOUR: i64 = 3_600;

/// Samples of a group by second.
type Samples = BTreeMap<i64, Decimal>;

/// Reads the text of a file called `name`.
///
/// # Errors
/// A [`Diagnostic`] with line and column: a missing column, a time or number that is none, a moment that stands there
/// twice, a gap that nobody said how to fill.
pub fn read_series(text: &str, name: &str, options: &SeriesOptions) -> Result<Series, Diagnostic> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let heads = reader
        .headers()
        .map_err(|error| unreadable(&error, name))?
        .clone();
    let columns = Columns::find(&heads, name, options)?;
    let mut groups: BTreeMap<String, Samples> = BTreeMap::new();
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(&error, name))?;
        let line = record.position().map_or(0, csv::Position::line);
        let row = Row {
            record: &record,
            heads: &heads,
            place: Place::file(name).line(line),
        };
        let (time, value) = (row.time(&columns)?, row.value(columns.value)?);
        let group = columns.group.map_or("", |at| row.cell(at)).to_owned();
        if groups
            .entry(group)
            .or_default()
            .insert(time, value)
            .is_some()
        {
            return Err(row.wrong(columns.time, "the moment stands here twice for this group"));
        }
    }
    Spread {
        options,
        name,
        usage: BTreeMap::new(),
        doubts: Vec::new(),
    }
    .all(&groups)
}

fn unreadable(error: &csv::Error, name: &str) -> Diagnostic {
    let place = Place::file(name);
    let place = match error.position() {
        Some(position) => place.line(position.line()),
        None => place,
    };
    let message = match error.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => {
            format!("the row has {len} cells, the header {expected_len}")
        }
        _ => error.to_string(),
    };
    Diagnostic::new(message).at(place)
}

/// Where things stand in a row.
struct Columns {
    time: usize,
    /// Whether times without a zone are UTC.
    utc: bool,
    value: usize,
    group: Option<usize>,
}

impl Columns {
    fn find(
        heads: &csv::StringRecord,
        name: &str,
        options: &SeriesOptions,
    ) -> Result<Self, Diagnostic> {
        let find = |wanted: &str| {
            heads
                .iter()
                .position(|head| head.eq_ignore_ascii_case(wanted))
        };
        let first = |names: &[&str]| names.iter().find_map(|wanted| find(wanted));
        let missing = |what: &str, names: &[&str]| {
            let there: Vec<&str> = heads.iter().collect();
            Diagnostic::new(format!("the series has no column of {what}"))
                .at(Place::file(name).line(1))
                .hint(format!(
                    "expected {}; there is {}",
                    names.join(", "),
                    there.join(", ")
                ))
        };
        let time = first(&TIMES).ok_or_else(|| missing("times", &TIMES))?;
        let value = match &options.column {
            Some(column) => find(column).ok_or_else(|| missing("samples", &[column.as_str()]))?,
            None => first(&VALUES).ok_or_else(|| missing("samples", &VALUES))?,
        };
        let is_utc = heads
            .get(time)
            .is_some_and(|head| head.to_ascii_lowercase().ends_with("_utc"));
        Ok(Self {
            time,
            utc: options.utc || is_utc,
            value,
            group: first(&GROUPS),
        })
    }
}

/// One row while it is read.
struct Row<'a> {
    record: &'a csv::StringRecord,
    heads: &'a csv::StringRecord,
    place: Place,
}

impl Row<'_> {
    fn cell(&self, at: usize) -> &str {
        self.record.get(at).unwrap_or_default()
    }

    fn time(&self, columns: &Columns) -> Result<i64, Diagnostic> {
        let text = self.cell(columns.time);
        let utc = |error: HourError| match error {
            HourError::NoZone(_) if columns.utc => instant(&format!("{text}Z")),
            error => Err(error),
        };
        instant(text).or_else(utc).map_err(|error| {
            let problem = self.wrong(columns.time, &error.to_string());
            match error {
                HourError::NoZone(_) => problem
                    .hint("`--utc` says that times without a zone are UTC, as CloudWatch's are"),
                _ => problem.hint("times look like 2026-10-18T05:00Z or 2026-10-18 05:00:00"),
            }
        })
    }

    fn value(&self, at: usize) -> Result<Decimal, Diagnostic> {
        let text = self.cell(at);
        let number = decimal(text).filter(|number| !number.is_sign_negative() || number.is_zero());
        // Past any fleet or load; it keeps every sum exact.
        let number = number.filter(|number| *number <= Decimal::from(1_000_000_000_000_u64));
        number.ok_or_else(|| self.wrong(at, &format!("`{text}` is no sample: 0 or more")))
    }

    fn wrong(&self, at: usize, message: &str) -> Diagnostic {
        let column = self.heads.get(at).unwrap_or_default();
        Diagnostic::new(message).at(self.place.clone().column(column))
    }
}

/// Samples spread over hours.
struct Spread<'a> {
    options: &'a SeriesOptions,
    name: &'a str,
    /// 1e-9 instance-seconds by group and hour.
    usage: BTreeMap<(String, Hour), i128>,
    doubts: Vec<String>,
}

impl Spread<'_> {
    fn all(mut self, groups: &BTreeMap<String, Samples>) -> Result<Series, Diagnostic> {
        let samples: usize = groups.values().map(BTreeMap::len).sum();
        if samples == 0 {
            return Err(Diagnostic::new("the series has no samples").at(Place::file(self.name)));
        }
        for (group, samples) in groups {
            self.group(group, samples)?;
        }
        Ok(Series {
            table: self.table(),
            samples: samples as u64,
            doubts: self.doubts,
        })
    }

    fn group(&mut self, group: &str, samples: &Samples) -> Result<(), Diagnostic> {
        let called = if group.is_empty() {
            "the series".to_owned()
        } else {
            format!("group `{group}`")
        };
        let times: Vec<i64> = samples.keys().copied().collect();
        let Some(usual) = usual_distance(&times) else {
            let message = format!("{called} has one sample: how long it holds is not known");
            return Err(Diagnostic::new(message).at(Place::file(self.name)));
        };
        let (mut gaps, mut lost, mut first_gap) = (0_u64, 0, None);
        let mut above = 0_u64;
        for (index, (&time, &sample)) in samples.iter().enumerate() {
            let next = times.get(index + 1).copied().unwrap_or(time + usual);
            let (instances, is_above) = self.instances(sample);
            above += u64::from(is_above);
            let is_gap = next - time > 2 * usual;
            let end = if is_gap && self.options.fill != Some(Fill::Previous) {
                time + usual
            } else {
                next
            };
            self.hold(group, instances, time, end);
            if is_gap {
                gaps += 1;
                lost += next - time - usual;
                first_gap = first_gap.or(Some(time + usual));
                self.hold(group, Decimal::ZERO, end, next);
            }
        }
        if let Some(at) = first_gap {
            self.tell_gaps(&called, (gaps, lost), at)?;
        }
        if above > 0 {
            self.doubts.push(format!("{called}: {above} samples need more instances than --max; the load is more than they serve"));
        }
        self.tell_edges(&called, &times, usual);
        Ok(())
    }

    /// Instances that serve a sample, and whether they are too few.
    fn instances(&self, sample: Decimal) -> (Decimal, bool) {
        let Meaning::Load {
            capacity,
            target,
            least,
            most,
        } = self.options.meaning
        else {
            return (sample, false);
        };
        let wanted = sample
            .checked_div(capacity * target)
            .unwrap_or(Decimal::MAX)
            .ceil();
        let wanted = wanted.max(least.into());
        match most.map(Decimal::from) {
            Some(most) if wanted > most => (most, true),
            _ => (wanted, false),
        }
    }

    /// Adds instances from one second to another, hour by hour.
    fn hold(&mut self, group: &str, instances: Decimal, from: i64, to: i64) {
        // More than the importer lets pass anyway.
        let instances = instances.min(Decimal::from(10_000_000));
        let nano = (instances * Decimal::from(NANO))
            .round()
            .to_i128()
            .unwrap_or(0);
        let mut at = from;
        while at < to {
            let hour = Hour::containing_epoch_seconds(at);
            let end = (at - at.rem_euclid(HOUR) + HOUR).min(to);
            *self.usage.entry((group.to_owned(), hour)).or_default() += nano * i128::from(end - at);
            at = end;
        }
    }

    fn tell_gaps(
        &mut self,
        called: &str,
        (gaps, lost): (u64, i64),
        at: i64,
    ) -> Result<(), Diagnostic> {
        let first = Hour::containing_epoch_seconds(at).start()
            + chrono::TimeDelta::seconds(at.rem_euclid(HOUR));
        let minutes = lost.div_euclid(60);
        let found = format!(
            "{called} has {gaps} gaps of {minutes} minutes together, the first at {}",
            first.format("%Y-%m-%dT%H:%M:%SZ")
        );
        let how = match self.options.fill {
            None => {
                return Err(Diagnostic::new(found).at(Place::file(self.name)).hint(
                    "`--fill-gaps zero` counts nothing there, `--fill-gaps previous` lets the sample before it hold",
                ));
            }
            Some(Fill::Zero) => "nothing is counted there",
            Some(Fill::Previous) => "the sample before holds",
        };
        self.doubts.push(format!("{found}: {how}"));
        Ok(())
    }

    /// Hours at either end that the series covers in part.
    fn tell_edges(&mut self, called: &str, times: &[i64], usual: i64) {
        let (Some(&first), Some(&last)) = (times.first(), times.last()) else {
            return;
        };
        let (before, after) = (first.rem_euclid(HOUR), (last + usual).rem_euclid(HOUR));
        if before > 0 || after > 0 {
            let after = (HOUR - after) % HOUR;
            self.doubts.push(format!(
                "{called} begins {} minutes into its first hour and ends {} minutes before the end of its last: these hours count what was measured",
                before.div_euclid(60),
                after.div_euclid(60)
            ));
        }
    }

    fn table(&self) -> String {
        let [region, instance_type, system] = &self.options.instance;
        let groups: BTreeSet<&str> = self.usage.keys().map(|(group, _)| group.as_str()).collect();
        let tag = if groups.iter().any(|group| !group.is_empty()) {
            ",tag:group"
        } else {
            ""
        };
        let mut table = format!("hour,region,instance_type,operating_system,hours{tag}\n");
        for ((group, hour), nano_seconds) in &self.usage {
            let nano_hours =
                (nano_seconds + i128::from(HOUR).div_euclid(2)).div_euclid(i128::from(HOUR));
            let hours = Decimal::from_i128_with_scale(nano_hours, 9).normalize();
            // Writing to a String cannot fail.
            let _ = write!(table, "{hour},{region},{instance_type},{system},{hours}");
            if !tag.is_empty() {
                let _ = write!(table, ",\"{}\"", group.replace('"', "\"\""));
            }
            table.push('\n');
        }
        table
    }
}

/// The distance of most samples, the smallest of several; `None` of a single one.
fn usual_distance(times: &[i64]) -> Option<i64> {
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for pair in times.windows(2) {
        *counts.entry(pair[1] - pair[0]).or_default() += 1;
    }
    let most = counts.values().copied().max()?;
    counts
        .into_iter()
        .find(|(_, count)| *count == most)
        .map(|(distance, _)| distance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    fn options(meaning: Meaning, fill: Option<Fill>) -> SeriesOptions {
        SeriesOptions {
            meaning,
            column: None,
            utc: true,
            fill,
            instance: ["us-east-1", "m5.large", "linux"].map(str::to_owned),
        }
    }

    fn rows(text: &str, meaning: Meaning, fill: Option<Fill>) -> Result<Vec<String>, String> {
        let found =
            read_series(text, "s.csv", &options(meaning, fill)).map_err(|error| error.message)?;
        let cells = found.table.lines().skip(1).map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            format!("{} {}", cells[0], cells[4])
        });
        Ok(cells.collect())
    }

    #[test]
    fn a_sample_holds_until_the_next() {
        // 30 minutes of 2 and 30 of 3 are 2.5 hours; then 30 minutes of 4 are 2.
        let text = "timestamp,value\n2026-01-01 00:00:00,2\n2026-01-01 00:30:00,3\n2026-01-01 01:00:00,4\n";
        assert_eq!(
            rows(text, Meaning::Instances, None).unwrap(),
            ["2026-01-01T00:00Z 2.5", "2026-01-01T01:00Z 2"]
        );
    }

    #[test]
    fn a_load_needs_whole_instances_within_bounds() {
        let load = |most| Meaning::Load {
            capacity: dec!(100),
            target: dec!(0.5),
            least: 2,
            most,
        };
        // 50 a piece: 101 needs 3, 10 needs the least of 2, 400 needs 8 or the most of 5; an hour each.
        let text = "timestamp,value\n2026-01-01 00:00:00,101\n2026-01-01 01:00:00,10\n2026-01-01 02:00:00,400\n";
        let hours = |most| {
            let rows = rows(text, load(most), None).unwrap();
            rows.iter()
                .map(|row| row.split(' ').nth(1).unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(hours(None), ["3", "2", "8"]);
        assert_eq!(hours(Some(5)), ["3", "2", "5"]);
        let found = read_series(text, "s.csv", &options(load(Some(5)), None)).unwrap();
        assert_eq!(found.doubts.len(), 1, "{:?}", found.doubts);
    }

    #[test]
    fn a_gap_is_said_how_to_fill() {
        let text = "timestamp,value\n2026-01-01 00:00:00,1\n2026-01-01 01:00:00,1\n2026-01-01 04:00:00,1\n";
        assert!(
            rows(text, Meaning::Instances, None)
                .unwrap_err()
                .contains("1 gaps of 120 minutes")
        );
        let hours = |fill| {
            let rows = rows(text, Meaning::Instances, Some(fill)).unwrap();
            rows.iter()
                .map(|row| row.split(' ').nth(1).unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(hours(Fill::Zero), ["1", "1", "0", "0", "1"]);
        assert_eq!(hours(Fill::Previous), ["1"; 5]);
    }

    #[test]
    fn what_is_no_series_is_refused() {
        for (text, part) in [
            ("timestamp,value\n", "no samples"),
            ("when,value\n2026-01-01 00:00:00,1\n", "no column of times"),
            (
                "timestamp,size\n2026-01-01 00:00:00,1\n",
                "no column of samples",
            ),
            ("timestamp,value\n2026-01-01 00:00:00,1\n", "one sample"),
            ("timestamp,value\n2026-01-01 00:00:00,-1\n", "no sample"),
            ("timestamp,value\n2026-01-01 00:00:00,NaN\n", "no sample"),
            ("timestamp,value\nyesterday,1\n", "not a date"),
            (
                "timestamp,value\n2026-01-01 00:00:00,1\n2026-01-01 00:00:00,2\n",
                "twice",
            ),
            ("timestamp,value\n2026-01-01 00:00:00\n", "1 cells"),
        ] {
            let error = rows(text, Meaning::Instances, None).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
        let local = SeriesOptions {
            utc: false,
            ..options(Meaning::Instances, None)
        };
        let text = "timestamp,value\n2026-01-01 00:00:00,1\n2026-01-01 01:00:00,1\n";
        assert!(
            read_series(text, "s.csv", &local)
                .unwrap_err()
                .message
                .contains("no time zone")
        );
        assert!(read_series(&text.replace("timestamp", "hour_utc"), "s.csv", &local).is_ok());
    }
}
