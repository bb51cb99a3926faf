//! `bursar prices hosts`: Dedicated Hosts by family.

use clap::Args;
use serde::Serialize;

use super::{Head, of_book, region, with_hint};
use crate::catalog::{Region, Term};
use crate::cli::{Failure, Format, Output};
use crate::prices::{DedicatedHost, PriceBook, Sourced};
use crate::report::Table;

#[derive(Debug, Args)]
pub(super) struct HostsArgs {
    /// The region's code, such as eu-west-1
    #[arg(long, default_value = "us-east-1")]
    region: String,
}

pub(super) fn answer(
    book: &PriceBook,
    asked: &HostsArgs,
    format: Format,
    output: &mut Output,
) -> Result<(), Failure> {
    let region = region(&asked.region)?;
    let mut hosts = Vec::new();
    for family in book.host_families(region) {
        let host = book.dedicated_host(region, &family);
        hosts.push((family, host.map_err(Failure::new)?));
    }
    if hosts.is_empty() {
        let what = format!("the price book has no Dedicated Hosts in {region}");
        return Err(with_hint(
            &what,
            None,
            "ask for the region that a zone belongs to",
        ));
    }
    let rows: Vec<HostDocument> = hosts
        .iter()
        .map(|(family, host)| document(book, family, host))
        .collect();
    match format {
        Format::Json => output.json(&Document {
            head: Head::of(book),
            region: region.to_string(),
            hosts: rows,
        }),
        _ => Ok(output.tables(&[table(book, region, &rows, format)], format)?),
    }
}

fn document(book: &PriceBook, family: &str, host: &Sourced<DedicatedHost>) -> HostDocument {
    let reserved = |term| host.value.all_upfront(term).map(|rate| rate.to_string());
    let capacity = book.host_capacity(family);
    let sizes = capacity.map(|found| found.value.sizes).unwrap_or_default();
    HostDocument {
        family: family.to_owned(),
        on_demand_hourly: host.value.on_demand.to_string(),
        all_upfront_1yr_effective_hourly: reserved(Term::OneYear),
        all_upfront_3yr_effective_hourly: reserved(Term::ThreeYears),
        holds: sizes
            .into_iter()
            .map(|(size, instances)| HoldsDocument { size, instances })
            .collect(),
        basis: host.provenance.basis.to_string(),
        as_of: host.provenance.as_of.to_string(),
        source: host.provenance.source.to_string(),
    }
}

fn table(book: &PriceBook, region: Region, rows: &[HostDocument], format: Format) -> Table {
    let title = match format {
        Format::Csv => String::new(),
        _ => format!("Dedicated Hosts in {region}, US dollars a host-hour"),
    };
    let heads = [
        "family",
        ">On-Demand",
        ">1 year, All Upfront",
        ">3 years, All Upfront",
        "holds",
        "basis",
        "as of",
        "source",
    ];
    let mut table = Table::new(title, &heads);
    for row in rows {
        let holds: Vec<String> = row
            .holds
            .iter()
            .map(|holds| format!("{} {}", holds.instances, holds.size))
            .collect();
        table.row([
            row.family.clone(),
            row.on_demand_hourly.clone(),
            row.all_upfront_1yr_effective_hourly
                .clone()
                .unwrap_or_default(),
            row.all_upfront_3yr_effective_hourly
                .clone()
                .unwrap_or_default(),
            holds.join(" or "),
            row.basis.clone(),
            row.as_of.clone(),
            row.source.clone(),
        ]);
    }
    table.note(
        "All Upfront: the fee of a reservation spread over the hours of its term, as published.",
    );
    table.note(
        "Holds: instances of one size (AmazonEC2 offer file of 2019-10, older families only).",
    );
    table.note(of_book(book));
    table
}

#[derive(Serialize)]
struct Document {
    #[serde(flatten)]
    head: Head,
    region: String,
    hosts: Vec<HostDocument>,
}

#[derive(Serialize)]
struct HostDocument {
    family: String,
    on_demand_hourly: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    all_upfront_1yr_effective_hourly: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    all_upfront_3yr_effective_hourly: Option<String>,
    holds: Vec<HoldsDocument>,
    basis: String,
    as_of: String,
    source: String,
}

#[derive(Serialize)]
struct HoldsDocument {
    size: String,
    instances: u32,
}
