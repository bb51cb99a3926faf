//! `bursar prices regions`: the regions and zones that have prices.

use serde::Serialize;

use super::{SCHEMA_VERSION, of_book};
use crate::catalog::Region;
use crate::cli::{Failure, Format, Output};
use crate::prices::PriceBook;
use crate::report::Table;

pub(super) fn answer(book: &PriceBook, format: Format, output: &mut Output) -> Result<(), Failure> {
    match format {
        Format::Json => output.json(&regions_document(book)),
        _ => Ok(output.tables(&[regions_table(book)], format)?),
    }
}

#[derive(Serialize)]
struct RegionsDocument {
    schema_version: u32,
    price_book: String,
    regions: Vec<RegionDocument>,
}

#[derive(Serialize)]
struct RegionDocument {
    region: String,
    name: &'static str,
    kind: &'static str,
    instance_types: usize,
}

fn regions(book: &PriceBook) -> Vec<RegionDocument> {
    let region = |(region, instance_types): (Region, usize)| RegionDocument {
        region: region.to_string(),
        name: region.name(),
        kind: if region.is_region() { "region" } else { "zone" },
        instance_types,
    };
    book.regions().into_iter().map(region).collect()
}

fn regions_document(book: &PriceBook) -> RegionsDocument {
    RegionsDocument {
        schema_version: SCHEMA_VERSION,
        price_book: book.id().to_owned(),
        regions: regions(book),
    }
}

fn regions_table(book: &PriceBook) -> Table {
    let mut table = Table::new("", &["region", "name", "kind", ">instance types"]);
    for region in regions(book) {
        let types = region.instance_types.to_string();
        table.row([&region.region, region.name, region.kind, &types]);
    }
    table.note(of_book(book));
    table
}
