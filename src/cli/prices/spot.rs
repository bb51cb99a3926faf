//! `bursar prices spot`: what a type's Spot Instances cost day by day.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use clap::Args;
use serde::Serialize;

use super::{SCHEMA_VERSION, fixed, region, with_hint};
use crate::catalog::{InstanceType, instance_types};
use crate::cli::user_prices::is_known;
use crate::cli::{Failure, Format, Output};
use crate::diagnostics::nearest;
use crate::prices::{PriceBook, Provenance, SpotDays};
use crate::report::Table;
use crate::units::{InstanceHour, Rate};

#[derive(Debug, Args)]
pub(super) struct SpotArgs {
    /// Instance type, such as m5.large
    #[arg(value_name = "TYPE")]
    instance_type: String,
    /// Region by its code
    #[arg(long, default_value = "us-east-1")]
    region: String,
    /// First day, such as 2024-02-01
    #[arg(long, value_name = "DAY")]
    from: Option<NaiveDate>,
    /// Last day
    #[arg(long, value_name = "DAY")]
    to: Option<NaiveDate>,
}

pub(super) fn answer(
    book: &PriceBook,
    asked: &SpotArgs,
    format: Format,
    output: &mut Output,
) -> Result<(), Failure> {
    let region = region(&asked.region)?;
    let name = &asked.instance_type;
    let unknown = |message: String| {
        let types = instance_types().map(InstanceType::as_str);
        let lists = "`bursar prices list` finds instance types";
        with_hint(&message, nearest(name, types), lists)
    };
    let instance_type: InstanceType = name
        .parse()
        .map_err(|error: crate::catalog::NameForm| unknown(error.to_string()))?;
    let found = book.spot_history(region, instance_type);
    let found = found.map_err(|missing| {
        if !is_known(book, instance_type) {
            return unknown(format!("no instance type is known as `{instance_type}`"));
        }
        let hint = "the history is of Linux, 2023-02 to 2024-05; `bursar prices show` has the newest average";
        with_hint(&missing, None, hint)
    })?;
    let mut days = found.value;
    let known = days.first().zip(days.last());
    let known = known.map(|(first, last)| format!("it has days from {} to {}", first.0, last.0));
    days.retain(|(day, _)| {
        asked.from.is_none_or(|from| from <= *day) && asked.to.is_none_or(|to| *day <= to)
    });
    if days.is_empty() {
        let message =
            format!("the Spot history of {instance_type} in {region} has none of these days");
        return Err(with_hint(&message, None, &known.unwrap_or_default()));
    }
    let title = format!("Spot, {instance_type} Linux in {region}");
    match format {
        Format::Json => output.json(&document(
            book,
            (instance_type, &asked.region),
            &days,
            &found.provenance,
        )),
        Format::Csv => Ok(output.tables(&[by_day(&days)], format)?),
        _ => Ok(output.tables(&[by_month(title, &days, &found.provenance)], format)?),
    }
}

fn by_day(days: &SpotDays) -> Table {
    let mut table = Table::new("", &["day", ">usd"]);
    for (day, usd) in days {
        table.row([day.to_string(), usd.to_string()]);
    }
    table
}

fn by_month(title: String, days: &SpotDays, provenance: &Provenance) -> Table {
    let mut months: BTreeMap<(i32, u32), Vec<Rate<InstanceHour>>> = BTreeMap::new();
    for (day, usd) in days {
        let month = months.entry((day.year(), day.month())).or_default();
        month.push(*usd);
    }
    let heads = [
        "month",
        ">days",
        ">least, $/h",
        ">median, $/h",
        ">most, $/h",
    ];
    let mut table = Table::new(title, &heads);
    for ((year, month), mut prices) in months {
        prices.sort_unstable();
        let last = prices.len().saturating_sub(1);
        let at = |place: usize| {
            let price = prices.get(place);
            price.map_or_else(String::new, |usd| fixed(usd.to_decimal(), 4).to_string())
        };
        table.row([
            format!("{year}-{month:02}"),
            prices.len().to_string(),
            at(0),
            at(last.div_euclid(2)),
            at(last),
        ]);
    }
    table.note("One price a region and day; of an even number of days the lower of the two in the middle. CSV and JSON have the days.");
    table.note(format!(
        "Source {}, {}.",
        provenance.source, provenance.as_of
    ));
    table
}

#[derive(Serialize)]
struct SpotDocument {
    schema_version: u32,
    price_book: String,
    region: String,
    instance_type: String,
    platform: &'static str,
    source: String,
    as_of: String,
    days: Vec<DayDocument>,
}

#[derive(Serialize)]
struct DayDocument {
    day: String,
    usd: String,
}

fn document(
    book: &PriceBook,
    (instance_type, region): (InstanceType, &str),
    days: &SpotDays,
    provenance: &Provenance,
) -> SpotDocument {
    let day = |(day, usd): &(NaiveDate, Rate<InstanceHour>)| DayDocument {
        day: day.to_string(),
        usd: usd.to_string(),
    };
    SpotDocument {
        schema_version: SCHEMA_VERSION,
        price_book: book.id().to_owned(),
        region: region.to_owned(),
        instance_type: instance_type.to_string(),
        platform: "Linux",
        source: provenance.source.to_string(),
        as_of: provenance.as_of.to_string(),
        days: days.iter().map(day).collect(),
    }
}
