//! `bursar prices diff`: what moved between two price books, by kind of offer, region and family.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use rust_decimal::Decimal;
use serde::Serialize;

use super::filter::Filter;
use super::plan_diff::{self, PlanMovement};
use super::{SCHEMA_VERSION, fixed};
use crate::catalog::{Family, Region};
use crate::cli::user_prices::UserPrices;
use crate::cli::{Failure, Format, Output, OutputArgs};
use crate::prices::{
    Diff, Moved, MovedService, Movement, Offer, PriceBook, Sourced, Tiers, diff, diff_services,
};
use crate::report::Table;

/// The name of the book in the program.
const BUILT_IN: &str = "builtin";

#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// The first book: `builtin`, or a file that --prices would take, before the built-in rates
    #[arg(value_name = "BEFORE")]
    before: String,
    /// The second book
    #[arg(value_name = "AFTER")]
    after: String,
    #[command(flatten)]
    filter: Filter,
    /// How many of the largest movements to list
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// A run.json of `bursar optimize`: what the movement does to its plans
    #[arg(long, value_name = "RUN")]
    plan: Option<PathBuf>,
}

pub(super) fn answer(
    arguments: &DiffArgs,
    chosen: &OutputArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let format = chosen.format;
    let (before, after) = (book(&arguments.before)?, book(&arguments.after)?);
    let regions: BTreeSet<Region> = [&before, &after]
        .into_iter()
        .map(|book| arguments.filter.regions(book, "*"))
        .collect::<Result<Vec<_>, _>>()?
        .concat()
        .into_iter()
        .collect();
    let families = arguments.filter.families()?;
    let found = diff(&before, &after, |product, _| {
        let family = product.instance_type.family();
        regions.contains(&product.region) && (families.is_empty() || families.contains(&family))
    });
    // A family of instances has no services.
    let (services, _) = diff_services(&before, &after, |region| {
        families.is_empty() && regions.contains(&region)
    });
    let names = [&*arguments.before, &*arguments.after];
    let plan = arguments.plan.as_deref().map(|run| {
        let file = user_prices(&arguments.before);
        plan_diff::compare(run, names, &after, &file, chosen.quiet)
    });
    let plan = plan.transpose()?;
    let books = [before.id(), after.id()];
    match (format, plan) {
        (Format::Json, plan) => output.json(&document(&before, &after, &found, &services, plan)),
        (Format::Csv, Some(plan)) => Ok(output.tables(&[plan.costs(books)], format)?),
        (Format::Csv, None) => {
            let mut tables = vec![list(&found.moved.iter().collect::<Vec<_>>())];
            tables.extend((!services.is_empty()).then(|| services_table(&services, usize::MAX)));
            Ok(output.tables(&tables, format)?)
        }
        (_, plan) => {
            let mut tables = vec![summary(&before, &after, &found)];
            tables
                .extend((!services.is_empty()).then(|| services_table(&services, arguments.limit)));
            if !found.moved.is_empty() {
                let by_region = found.by(|moved| moved.product.region.to_string());
                let by_family = found.by(|moved| family(moved).to_string());
                tables.push(grouped("By region", "region", by_region));
                tables.push(grouped("By family", "family", by_family));
                tables.push(largest(&found, arguments.limit));
            }
            tables.extend(plan.iter().flat_map(|plan| plan.tables(books)));
            Ok(output.tables(&tables, format)?)
        }
    }
}

fn book(name: &str) -> Result<PriceBook, Failure> {
    Ok(user_prices(name).book(true)?.0)
}

fn user_prices(name: &str) -> UserPrices {
    UserPrices {
        prices: (name != BUILT_IN).then(|| name.into()),
    }
}

fn family(moved: &Moved) -> Family {
    moved.product.instance_type.family()
}

/// What an offer is, whatever its term and payment.
fn kind(moved: &Moved) -> &'static str {
    match moved.offer {
        Offer::OnDemand => "On-Demand",
        Offer::Reserved(..) => "Reserved Instances",
        Offer::SavingsPlan(..) => "Savings Plans",
        Offer::Spot => "Spot",
    }
}

fn summary(before: &PriceBook, after: &PriceBook, found: &Diff) -> Table {
    let title = format!("Prices: {} to {}", before.id(), after.id());
    let mut table = grouped(&title, "kind", found.by(kind));
    let differ = match found.moved.len() {
        1 => "1 price differs".to_owned(),
        count => format!("{count} prices differ"),
    };
    table.note(format!(
        "{differ}, the same in both: {}. Per cent of the first book's price, as an hour costs under each offer.",
        found.same
    ));
    table
}

fn grouped<K: ToString>(
    title: &str,
    group: &str,
    movements: impl IntoIterator<Item = (K, Movement)>,
) -> Table {
    let heads = [
        group,
        ">moved",
        ">least, %",
        ">median, %",
        ">largest, %",
        ">appeared",
        ">vanished",
    ];
    let mut table = Table::new(title, &heads);
    for (name, movement) in movements {
        let spread = movement.spread().map(|spread| spread.map(percent));
        let [least, median, largest] = spread.unwrap_or_default();
        table.row([
            name.to_string(),
            movement.percents.len().to_string(),
            least,
            median,
            largest,
            movement.appeared.to_string(),
            movement.vanished.to_string(),
        ]);
    }
    table
}

fn percent(value: Decimal) -> String {
    fixed(value, 2).to_string()
}

fn largest(found: &Diff, limit: usize) -> Table {
    let mut moved: Vec<&Moved> = found.moved.iter().collect();
    // Prices that only one book has come last; equal ones stay in the order of products.
    moved.sort_by_key(|moved| std::cmp::Reverse(moved.percent().map(|percent| percent.abs())));
    let shown = limit.min(moved.len());
    let mut table = list(&moved[..shown]);
    if shown < moved.len() {
        table.note(format!(
            "The largest {shown} of {}; `--format csv` lists all.",
            moved.len()
        ));
    }
    table
}

fn list(moved: &[&Moved]) -> Table {
    let heads = [
        "product",
        "offer",
        ">before, $/h",
        ">after, $/h",
        ">change, %",
        "known from",
    ];
    let mut table = Table::new("Largest movements", &heads);
    for moved in moved {
        table.row([
            moved.product.to_string(),
            moved.offer.to_string(),
            hourly(moved, Side::Before),
            hourly(moved, Side::After),
            moved.percent().map(percent).unwrap_or_default(),
            source(moved),
        ]);
    }
    table
}

#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

/// What an hour costs in one book; empty where it has no such price.
fn hourly(moved: &Moved, side: Side) -> String {
    let price = match side {
        Side::Before => &moved.before,
        Side::After => &moved.after,
    };
    let price = price.as_ref().map(|price| {
        let hour = price.value.hourly_under(moved.offer).to_decimal(10);
        fixed(hour, 6).to_string()
    });
    price.unwrap_or_default()
}

/// Where the newer price is known from.
fn source(moved: &Moved) -> String {
    let known = moved.after.as_ref().or(moved.before.as_ref());
    let known = known.map(|price| &price.provenance);
    known.map_or_else(String::new, |known| {
        format!("{}, {}", known.source, known.as_of)
    })
}

fn services_table(moved: &[MovedService], limit: usize) -> Table {
    let heads = [
        "region",
        "service's item",
        "before, $",
        "after, $",
        ">change of the first tier, %",
        "known from",
    ];
    let mut table = Table::new("Services", &heads);
    for moved in moved.iter().take(limit) {
        let row = service(moved);
        table.row([
            row.region,
            row.item,
            row.before.unwrap_or_default(),
            row.after.unwrap_or_default(),
            row.percent.unwrap_or_default(),
            row.known_from,
        ]);
    }
    if moved.len() > limit {
        let all = moved.len();
        table.note(format!(
            "The first {limit} of {all}; `--format csv` lists all."
        ));
    }
    table
}

fn service(moved: &MovedService) -> ServiceDocument {
    let told = |price: &Option<Sourced<Tiers>>| price.as_ref().map(|price| price.value.to_string());
    let known = moved.after.as_ref().or(moved.before.as_ref());
    ServiceDocument {
        region: moved.region.to_string(),
        item: moved.what.clone(),
        before: told(&moved.before),
        after: told(&moved.after),
        percent: moved.percent().map(percent),
        known_from: known.map_or_else(String::new, |price| {
            let known = &price.provenance;
            format!("{}, {}", known.source, known.as_of)
        }),
    }
}

fn document(
    before: &PriceBook,
    after: &PriceBook,
    found: &Diff,
    services: &[MovedService],
    plan: Option<PlanMovement>,
) -> DiffDocument {
    let moved = |moved: &Moved| MovedDocument {
        region: moved.product.region.to_string(),
        instance_type: moved.product.instance_type.to_string(),
        platform: moved.product.platform.to_string(),
        tenancy: moved.product.tenancy.to_string(),
        offer: moved.offer.to_string(),
        before: hourly(moved, Side::Before),
        after: hourly(moved, Side::After),
        percent: moved.percent().map(percent),
    };
    DiffDocument {
        schema_version: SCHEMA_VERSION,
        before: before.id().to_owned(),
        after: after.id().to_owned(),
        same: found.same,
        moved: found.moved.iter().map(moved).collect(),
        services: services.iter().map(service).collect(),
        plan,
    }
}

#[derive(Serialize)]
struct DiffDocument {
    schema_version: u32,
    before: String,
    after: String,
    same: usize,
    moved: Vec<MovedDocument>,
    services: Vec<ServiceDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<PlanMovement>,
}

#[derive(Serialize)]
struct ServiceDocument {
    region: String,
    item: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<String>,
    known_from: String,
}

#[derive(Serialize)]
struct MovedDocument {
    region: String,
    instance_type: String,
    platform: String,
    tenancy: String,
    offer: String,
    before: String,
    after: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<String>,
}
