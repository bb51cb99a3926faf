//! `bursar prices network` and `bursar prices services`: what AWS charges for beside instances.

use clap::Args;
use serde::Serialize;

use super::{Head, of_book, region, service_plans, with_hint};
use crate::catalog::{Region, ServiceItem};
use crate::cli::{Failure, Format, Output};
use crate::diagnostics::nearest;
use crate::prices::{Agreed, PriceBook, ServiceRate, Tiers};
use crate::report::Table;

/// The tables of what a network costs; data to other regions is asked for by name.
const NETWORK: [&str; 5] = [
    "internet-egress",
    "inter-az",
    "nat-gateway",
    "vpc",
    "stated",
];
const INTER_REGION: &str = "inter-region";
/// A row for every meeting place in the world: only when asked.
const DIRECT_CONNECT: &str = "direct-connect";
const SERVICES: [&str; 6] = [
    "cloudfront",
    DIRECT_CONNECT,
    "ebs",
    "elb",
    "fargate",
    "lambda",
];

#[derive(Debug, Args)]
pub(super) struct NetworkArgs {
    /// The region's code, such as eu-west-1
    #[arg(long, default_value = "us-east-1")]
    region: String,
    /// Where data goes, such as us-east-2: adds the price of data to that region
    #[arg(long, value_name = "REGION")]
    to: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct ServicesArgs {
    /// The region's code, such as eu-west-1
    #[arg(long, default_value = "us-east-1")]
    region: String,
    /// Only this one: cloudfront, direct-connect, ebs, elb, fargate, lambda [default: all but direct-connect]
    #[arg(long)]
    service: Option<String>,
    /// What Compute Savings Plans count Fargate and Lambda at, instead of what they cost
    #[arg(long)]
    plans: bool,
}

pub(super) fn network(
    book: &PriceBook,
    asked: &NetworkArgs,
    format: Format,
    output: &mut Output,
) -> Result<(), Failure> {
    let from = region(&asked.region)?;
    let mut charges = Charges::of(book, from, |service| NETWORK.contains(&service))?;
    match &asked.to {
        None => charges
            .notes
            .push("Data to another region: `--to REGION`.".to_owned()),
        Some(to) => {
            let to = region(to)?;
            if to == from {
                let what = format!("{from} is both ends: that is data between zones");
                return Err(with_hint(
                    &what,
                    None,
                    "leave `--to` out: inter-az-in-gb and inter-az-out-gb are it",
                ));
            }
            let price = book.inter_region(from, to).map_err(|missing| {
                let hint = "this pair's price is not known here; give it one: a row with this item in a table of service rates (`--prices FILE`, docs/file-formats.md)";
                with_hint(&missing, None, hint)
            })?;
            charges.rates.push(ServiceRate {
                service: INTER_REGION.into(),
                item: ServiceItem::inter_region(to),
                price,
            });
        }
    }
    charges.write(book, format, output)
}

pub(super) fn services(
    book: &PriceBook,
    asked: &ServicesArgs,
    format: Format,
    output: &mut Output,
) -> Result<(), Failure> {
    let place = region(&asked.region)?;
    let wanted = asked.service.as_deref();
    if let Some(name) = wanted.filter(|name| !SERVICES.contains(name)) {
        let what = format!("unknown service `{name}`");
        let known = format!("known are {}", SERVICES.join(", "));
        return Err(with_hint(
            &what,
            nearest(name, SERVICES.into_iter()),
            &known,
        ));
    }
    if asked.plans {
        let is_of = |item: &str| wanted.is_none_or(|name| item.starts_with(name));
        return service_plans::answer(book, place, is_of, format, output);
    }
    let is_meant = |service: &str| match wanted {
        Some(name) => service == name,
        None => SERVICES.contains(&service) && service != DIRECT_CONNECT,
    };
    Charges::of(book, place, is_meant)?.write(book, format, output)
}

/// What is charged in a region.
struct Charges {
    region: Region,
    rates: Vec<ServiceRate>,
    notes: Vec<String>,
}

impl Charges {
    fn of(
        book: &PriceBook,
        region: Region,
        is_meant: impl Fn(&str) -> bool,
    ) -> Result<Self, Failure> {
        let mut rates = book.services(region).map_err(Failure::new)?;
        rates.retain(|rate| is_meant(&rate.service));
        if rates.is_empty() {
            let what = format!("the price book has no such charges in {region}");
            return Err(with_hint(
                &what,
                None,
                "zones have few charges of their own: ask for their region",
            ));
        }
        let notes = rates
            .iter()
            .filter_map(|rate| allowance(book, region, rate));
        let notes = notes.collect();
        Ok(Self {
            region,
            rates,
            notes,
        })
    }

    fn write(&self, book: &PriceBook, format: Format, output: &mut Output) -> Result<(), Failure> {
        match format {
            Format::Json => output.json(&self.document(book)),
            _ => Ok(output.tables(&[self.table(book, format)], format)?),
        }
    }

    /// A row for each tier.
    fn table(&self, book: &PriceBook, format: Format) -> Table {
        let title = match format {
            Format::Csv => String::new(),
            _ => format!("{}, US dollars a unit", self.region),
        };
        let heads = [
            "service",
            "item",
            "unit",
            ">from",
            ">price, $",
            "basis",
            "as of",
            "source",
        ];
        let mut heads = heads.to_vec();
        if book.contract().is_some() {
            heads.extend([">contracted, $", "terms"]);
        }
        let mut table = Table::new(title, &heads);
        for rate in &self.rates {
            let known = &rate.price.provenance;
            let agreed = self.agreed(book, rate);
            for (at, tier) in rate.price.value.tiers().iter().enumerate() {
                let mut cells = vec![
                    rate.service.to_string(),
                    rate.item.to_string(),
                    rate.price.value.unit().to_owned(),
                    tier.from.to_string(),
                    usd(tier.rate),
                    known.basis.to_string(),
                    known.as_of.to_string(),
                    known.source.to_string(),
                ];
                if let Some(agreed) = &agreed {
                    let paid = agreed.value.tiers().get(at).map(|tier| usd(tier.rate));
                    cells.extend([paid.unwrap_or_default(), agreed.terms.clone()]);
                }
                table.row(cells);
            }
        }
        for note in &self.notes {
            table.note(note.clone());
        }
        table.note("Tiers count a month's use; a GB of data transfer is 2^30 bytes.");
        if let Some(contract) = book.contract() {
            table.note(format!(
                "Contracted: what is paid; {}.",
                contract.describe()
            ));
        }
        table.note(of_book(book));
        table
    }

    /// What is paid under negotiated discounts, if there are any.
    fn agreed(&self, book: &PriceBook, rate: &ServiceRate) -> Option<Agreed<Tiers>> {
        let contract = book.contract()?;
        Some(contract.service(&rate.service, self.region, &rate.item, &rate.price.value))
    }

    fn document(&self, book: &PriceBook) -> Document {
        let contracted = |rate: &ServiceRate| {
            let agreed = self.agreed(book, rate)?;
            Some(ContractedDocument {
                tiers: agreed.value.tiers().iter().map(tier).collect(),
                terms: agreed.terms,
            })
        };
        let charge = |rate: &ServiceRate| ChargeDocument {
            service: rate.service.to_string(),
            item: rate.item.to_string(),
            unit: rate.price.value.unit().to_owned(),
            free: rate.price.value.is_free(),
            tiers: rate.price.value.tiers().iter().map(tier).collect(),
            basis: rate.price.provenance.basis.to_string(),
            as_of: rate.price.provenance.as_of.to_string(),
            source: rate.price.provenance.source.to_string(),
            contracted: contracted(rate),
        };
        Document {
            head: Head::of(book),
            negotiated_discounts: book.contract().map(crate::prices::Contract::describe),
            region: self.region.to_string(),
            charges: self.rates.iter().map(charge).collect(),
            notes: self.notes.clone(),
        }
    }
}

fn allowance(book: &PriceBook, region: Region, rate: &ServiceRate) -> Option<String> {
    let found = book.allowance(region, &rate.item)?;
    Some(format!(
        "{}: the first {} {} a month over all regions are free (since {}, {}); the tiers here are without them.",
        rate.item,
        found.quantity.value.to_decimal(0),
        found.unit,
        found.quantity.provenance.as_of,
        found.quantity.provenance.source,
    ))
}

fn usd<U>(rate: crate::units::Rate<U>) -> String {
    if rate.is_zero() {
        "free".to_owned()
    } else {
        rate.to_string()
    }
}

fn tier(tier: &crate::prices::Tier) -> TierDocument {
    TierDocument {
        from: tier.from,
        to: tier.to,
        usd: tier.rate.to_string(),
    }
}

#[derive(Serialize)]
struct Document {
    #[serde(flatten)]
    head: Head,
    #[serde(skip_serializing_if = "Option::is_none")]
    negotiated_discounts: Option<String>,
    region: String,
    charges: Vec<ChargeDocument>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct ChargeDocument {
    service: String,
    item: String,
    unit: String,
    free: bool,
    tiers: Vec<TierDocument>,
    basis: String,
    as_of: String,
    source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    contracted: Option<ContractedDocument>,
}

#[derive(Serialize)]
struct ContractedDocument {
    tiers: Vec<TierDocument>,
    terms: String,
}

#[derive(Serialize)]
struct TierDocument {
    from: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<u64>,
    usd: String,
}
