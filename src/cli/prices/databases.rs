//! `bursar prices databases`: Database Savings Plans, with On-Demand beside them.

use clap::Args;
use serde::Serialize;

use super::{Head, fixed, of_book, region, with_hint};
use crate::catalog::{Region, reserved_units};
use crate::cli::{Failure, Format, Output};
use crate::prices::{DatabaseRate, PriceBook, Sourced};
use crate::report::Table;

pub(super) const EXAMPLES: &str = "\
Examples:
  bursar prices databases --region eu-west-1 --engine 'aurora*' --class 'db.r7g.*'
  bursar prices databases --region us-east-1 --service AmazonDynamoDB --format json";

#[derive(Debug, Args)]
pub(super) struct DatabasesArgs {
    /// The region's code, such as eu-west-1
    #[arg(long, default_value = "us-east-1")]
    region: String,
    /// AWS's code of the service, such as AmazonRDS; `*` for any text, whatever the case
    #[arg(long, value_name = "PATTERN")]
    service: Option<String>,
    /// Engine and edition as AWS names them, such as 'aurora postgresql*'; `*` for any text
    #[arg(long, value_name = "PATTERN")]
    engine: Option<String>,
    /// What stands behind the colon of the usage type, such as 'db.r7g.*'; `*` for any text
    #[arg(long, value_name = "PATTERN")]
    class: Option<String>,
    /// The usage type as bills name it, such as 'EU-InstanceUsage:db.r7g.large'; `*` for any text
    #[arg(long, value_name = "PATTERN")]
    usage_type: Option<String>,
}

/// The patterns that were asked for.
struct Wanted([Option<glob::Pattern>; 4]);

impl Wanted {
    fn of(asked: &DatabasesArgs) -> Result<Self, Failure> {
        let pattern = |text: &Option<String>| {
            let read = text.as_deref().map(glob::Pattern::new).transpose();
            read.map_err(|error| {
                let what = format!("a pattern does not read: {}", error.msg);
                with_hint(&what, None, "`*` stands for any text, `?` for one letter")
            })
        };
        Ok(Self([
            pattern(&asked.service)?,
            pattern(&asked.engine)?,
            pattern(&asked.class)?,
            pattern(&asked.usage_type)?,
        ]))
    }

    fn lets_through(&self, rate: &DatabaseRate) -> bool {
        let class = rate
            .usage_type
            .split_once(':')
            .map_or("", |(_, class)| class);
        let texts = [&*rate.service, rate.engine(), class, &*rate.usage_type];
        let options = glob::MatchOptions {
            case_sensitive: false,
            ..glob::MatchOptions::default()
        };
        self.0.iter().zip(texts).all(|(pattern, text)| {
            pattern
                .as_ref()
                .is_none_or(|pattern| pattern.matches_with(text, options))
        })
    }
}

pub(super) fn answer(
    book: &PriceBook,
    asked: &DatabasesArgs,
    format: Format,
    output: &mut Output,
) -> Result<(), Failure> {
    let region = region(&asked.region)?;
    let wanted = Wanted::of(asked)?;
    let all = book.database_plans(region).map_err(|missing| {
        with_hint(
            &missing,
            None,
            "zones have none: ask for the region they belong to",
        )
    })?;
    let rates: Vec<RateDocument> = all
        .iter()
        .filter(|rate| wanted.lets_through(&rate.value))
        .map(document)
        .collect();
    if rates.is_empty() {
        let what = format!(
            "none of the {} Database Savings Plan rates in {region} is like that",
            all.len()
        );
        let hint = "leave a filter out to see what there is; patterns match the whole text: 'aurora*' finds Aurora MySQL";
        return Err(with_hint(&what, None, hint));
    }
    match format {
        Format::Json => output.json(&Document {
            head: Head::of(book),
            region: region.to_string(),
            term: "1yr",
            payment_option: "no-upfront",
            rates,
        }),
        _ => Ok(output.tables(&[table(book, region, &rates, format)], format)?),
    }
}

fn document(rate: &Sourced<DatabaseRate>) -> RateDocument {
    let (value, known) = (&rate.value, &rate.provenance);
    let on_demand = value.on_demand.as_ref();
    RateDocument {
        service: value.service.to_string(),
        engine: value.engine().to_owned(),
        usage_type: value.usage_type.to_string(),
        operation: value.operation.to_string(),
        unit: value.unit.to_string(),
        normalized_units: reserved_units(&value.service, &value.usage_type, &value.operation)
            .map(|units| units.to_string()),
        usd: value.plan.to_string(),
        on_demand_usd: on_demand.map(|price| price.value.to_string()),
        on_demand_as_of: on_demand.map(|price| price.provenance.as_of.to_string()),
        on_demand_source: on_demand.map(|price| price.provenance.source.to_string()),
        saving_percent: value
            .saving_percent()
            .map(|saving| fixed(saving, 1).to_string()),
        basis: known.basis.to_string(),
        as_of: known.as_of.to_string(),
        source: known.source.to_string(),
    }
}

fn table(book: &PriceBook, region: Region, rates: &[RateDocument], format: Format) -> Table {
    let title = match format {
        Format::Csv => String::new(),
        _ => format!("Database Savings Plans in {region} (1 year, No Upfront), US dollars a unit"),
    };
    let heads = [
        "service",
        "engine",
        "usage type",
        "operation",
        "unit",
        ">reserved as",
        ">On-Demand, $",
        ">plan, $",
        ">saving, %",
        "basis",
        "as of",
        "source",
    ];
    let mut table = Table::new(title, &heads);
    for rate in rates {
        table.row([
            rate.service.clone(),
            rate.engine.clone(),
            rate.usage_type.clone(),
            rate.operation.clone(),
            rate.unit.clone(),
            rate.normalized_units.clone().unwrap_or_default(),
            rate.on_demand_usd.clone().unwrap_or_default(),
            rate.usd.clone(),
            rate.saving_percent.clone().unwrap_or_default(),
            rate.basis.clone(),
            rate.as_of.clone(),
            rate.source.clone(),
        ]);
    }
    let other = |rate: &&RateDocument| {
        rate.on_demand_as_of
            .as_ref()
            .is_some_and(|day| *day != rate.as_of)
    };
    if let Some(rate) = rates.iter().find(other) {
        table.note(format!(
            "On-Demand of rates from your files is the built-in one ({}, {}).",
            rate.on_demand_source.as_deref().unwrap_or_default(),
            rate.on_demand_as_of.as_deref().unwrap_or_default()
        ));
    }
    if rates.iter().any(|rate| rate.normalized_units.is_some()) {
        table.note("Reserved as: normalized units that a reserved instance or node of RDS and ElastiCache counts (docs/billing-rules.md, R78).");
    }
    table.note("One year, No Upfront is all that AWS sells; the plan covers the use of databases, not their storage.");
    table.note(of_book(book));
    table
}

#[derive(Serialize)]
struct Document {
    #[serde(flatten)]
    head: Head,
    region: String,
    term: &'static str,
    payment_option: &'static str,
    rates: Vec<RateDocument>,
}

#[derive(Serialize)]
struct RateDocument {
    service: String,
    engine: String,
    usage_type: String,
    operation: String,
    unit: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    normalized_units: Option<String>,
    usd: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_demand_usd: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_demand_as_of: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_demand_source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    saving_percent: Option<String>,
    basis: String,
    as_of: String,
    source: String,
}
