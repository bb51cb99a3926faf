//! Writes demand as a simple table, which an import reads back as the same demand.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::Arc;

use polars::io::parquet::write::ParquetWriter;
use polars::prelude::{DataFrame, Float64Chunked, IntoColumn, StringChunked};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::demand::{CAPACITY_RESERVATION, Demand, DemandKey};
use crate::units::Hour;

/// Columns before the tags.
const HEAD: [&str; 9] = [
    "hour",
    "account",
    "region",
    "zone",
    "instance_type",
    "operating_system",
    "tenancy",
    "purchase",
    "hours",
];

/// Writes every hour of every key that has usage, and a row of 0 for what would be lost without: an hour
/// without any usage, and a key without any.
pub fn write_csv(demand: &Demand, out: &mut impl Write) -> io::Result<()> {
    let names = tag_names(demand);
    let mut writer = csv::Writer::from_writer(out);
    let tags = names.iter().map(|name| column(name));
    let head = HEAD.iter().map(|&name| name.to_owned()).chain(tags);
    writer.write_record(head).map_err(io::Error::other)?;
    for (hour, key, seconds) in rows(demand) {
        let cells = cells(hour, key, seconds).into_iter().map(Cow::into_owned);
        let tags = names.iter().map(|name| label(key, name).to_owned());
        writer
            .write_record(cells.chain(tags))
            .map_err(io::Error::other)?;
    }
    writer.flush()
}

/// Writes the same rows as Parquet: `hours` a double, everything else text (a timestamp would lose its zone:
/// polars keeps zones only with a zone database).
///
/// # Errors
/// Whatever keeps polars from writing.
pub fn write_parquet(demand: &Demand, out: &mut impl Write) -> io::Result<()> {
    let names = tag_names(demand);
    let rows: Vec<(Hour, &DemandKey, u32)> = rows(demand).collect();
    let mut columns = Vec::new();
    for (place, name) in HEAD.iter().enumerate().take(HEAD.len() - 1) {
        let texts = rows
            .iter()
            .map(|&(hour, key, seconds)| cells(hour, key, seconds)[place].clone());
        let texts: StringChunked = texts.map(Some).collect();
        columns.push(texts.with_name((*name).into()).into_column());
    }
    let seconds: Float64Chunked = rows.iter().map(|&(.., s)| Some(f64::from(s))).collect();
    let hours = &seconds / 3_600.0;
    columns.push(hours.with_name("hours".into()).into_column());
    for name in &names {
        let values: StringChunked = rows
            .iter()
            .map(|(_, key, _)| Some(label(key, name)))
            .collect();
        columns.push(values.with_name(column(name).into()).into_column());
    }
    let mut frame = DataFrame::new(rows.len(), columns).map_err(io::Error::other)?;
    let written = ParquetWriter::new(out).finish(&mut frame);
    written.map(|_| ()).map_err(io::Error::other)
}

fn cells(hour: Hour, key: &DemandKey, seconds: u32) -> [Cow<'_, str>; 9] {
    [
        hour.to_string().into(),
        key.account.as_str().into(),
        key.region.as_str().into(),
        key.zone.map_or("", |zone| zone.as_str()).into(),
        key.instance_type.as_str().into(),
        key.platform.to_string().into(),
        key.tenancy.label().into(),
        key.market.word().into(),
        hours(seconds).to_string().into(),
    ]
}

/// Seconds as hours, to the nine decimals that tell every second from the next.
fn hours(seconds: u32) -> Decimal {
    let hours = Decimal::from(seconds) / Decimal::from(3_600);
    hours
        .round_dp_with_strategy(9, RoundingStrategy::MidpointAwayFromZero)
        .normalize()
}

/// The column of a label.
fn column(name: &str) -> String {
    match name {
        CAPACITY_RESERVATION => "capacity_reservation".to_owned(),
        tag => format!("tag:{tag}"),
    }
}

fn label<'a>(key: &'a DemandKey, name: &str) -> &'a str {
    key.label(name).unwrap_or_default()
}

fn tag_names(demand: &Demand) -> BTreeSet<Arc<str>> {
    let labels = demand.keys().iter().flat_map(|key| key.labels.iter());
    labels.map(|(name, _)| Arc::clone(name)).collect()
}

/// The rows to write, in order of hours, then keys.
fn rows(demand: &Demand) -> impl Iterator<Item = (Hour, &DemandKey, u32)> {
    let used: Vec<bool> = demand
        .rows()
        .map(|(_, row)| row.iter().any(|&s| s > 0))
        .collect();
    demand
        .span()
        .hours()
        .enumerate()
        .flat_map(move |(at, hour)| {
            let column: Vec<u32> = demand.rows().map(|(_, row)| row[at]).collect();
            let idle = column.iter().all(|&seconds| seconds == 0);
            let kept: Vec<_> = demand
                .keys()
                .iter()
                .zip(column)
                .enumerate()
                .filter(|&(index, (_, seconds))| {
                    seconds > 0 || (at == 0 && !used[index]) || (idle && index == 0)
                })
                .map(|(_, (key, seconds))| (hour, key, seconds))
                .collect();
            kept
        })
}
