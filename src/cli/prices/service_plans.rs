//! `bursar prices services --plans`: what a Compute Savings Plan counts Fargate and Lambda at.

use serde::Serialize;

use super::{Head, of_book};
use crate::catalog::{PaymentOption, Region, Term};
use crate::cli::{Failure, Format, Output};
use crate::prices::PriceBook;
use crate::report::Table;

const NONE: &str = "Savings Plans cover Fargate's vCPUs and memory and Lambda's compute time; EBS, NAT gateways, load \
                    balancers, data transfer and everything else have no such rates.";

/// Every item with each term and payment option.
pub(super) fn answer(
    book: &PriceBook,
    region: Region,
    wanted: impl Fn(&str) -> bool,
    format: Format,
    output: &mut Output,
) -> Result<(), Failure> {
    let (rates, missing) = rates(book, region, wanted);
    if rates.is_empty() {
        let what = format!("the price book has no Savings Plan rates of services in {region}");
        return Err(super::with_hint(&what, None, NONE));
    }
    match format {
        Format::Json => output.json(&Document {
            head: Head::of(book),
            region: region.to_string(),
            plan: "Compute Savings Plan",
            rates,
            missing,
        }),
        _ => Ok(output.tables(&[table(book, region, &rates, &missing, format)], format)?),
    }
}

fn rates(
    book: &PriceBook,
    region: Region,
    wanted: impl Fn(&str) -> bool,
) -> (Vec<RateDocument>, Vec<String>) {
    let (mut rates, mut missing) = (Vec::new(), Vec::new());
    for item in book.items_under_savings_plans(region) {
        if !wanted(item.as_str()) {
            continue;
        }
        let on_demand = book.service(region, &item).ok();
        let first = on_demand
            .as_ref()
            .and_then(|price| price.value.tiers().first().copied());
        let unit = on_demand
            .as_ref()
            .map_or("unit", |price| price.value.unit());
        for (term, payment) in Term::ALL
            .iter()
            .flat_map(|&term| PaymentOption::ALL.iter().map(move |&paid| (term, paid)))
        {
            match book.service_savings_plan(region, &item, term, payment) {
                Ok(rate) => rates.push(RateDocument {
                    item: item.to_string(),
                    unit: unit.to_owned(),
                    term: term.label(),
                    payment_option: payment.label(),
                    usd: rate.value.to_string(),
                    on_demand_usd: first.map(|tier| tier.rate.to_string()),
                    saving_percent: first.and_then(|tier| {
                        let share = rate
                            .value
                            .to_decimal()
                            .checked_div(tier.rate.to_decimal())?;
                        Some(super::percent(rust_decimal::Decimal::ONE - share).to_string())
                    }),
                    basis: rate.provenance.basis.to_string(),
                    as_of: rate.provenance.as_of.to_string(),
                    source: rate.provenance.source.to_string(),
                }),
                Err(none) => missing.push(none.to_string()),
            }
        }
    }
    (rates, missing)
}

fn table(
    book: &PriceBook,
    region: Region,
    rates: &[RateDocument],
    missing: &[String],
    format: Format,
) -> Table {
    let title = match format {
        Format::Csv => String::new(),
        _ => format!("Compute Savings Plans in {region}, US dollars a unit"),
    };
    let heads = [
        "item",
        "unit",
        "term",
        "payment",
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
            rate.item.clone(),
            rate.unit.clone(),
            rate.term.to_owned(),
            rate.payment_option.to_owned(),
            rate.on_demand_usd.clone().unwrap_or_default(),
            rate.usd.clone(),
            rate.saving_percent.clone().unwrap_or_default(),
            rate.basis.clone(),
            rate.as_of.clone(),
            rate.source.clone(),
        ]);
    }
    for none in missing {
        table.note(format!("Not known: {none}."));
    }
    table.note("Of tiers, On-Demand is that of the first. What a Lambda plan takes off is unsettled (12 to 17 %).");
    table.note(NONE);
    table.note(of_book(book));
    table
}

#[derive(Serialize)]
struct Document {
    #[serde(flatten)]
    head: Head,
    region: String,
    plan: &'static str,
    rates: Vec<RateDocument>,
    missing: Vec<String>,
}

#[derive(Serialize)]
struct RateDocument {
    item: String,
    unit: String,
    term: &'static str,
    payment_option: &'static str,
    usd: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_demand_usd: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    saving_percent: Option<String>,
    basis: String,
    as_of: String,
    source: String,
}
