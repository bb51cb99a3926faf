//! `bursar prices show`: every way to buy an instance type, side by side.

use std::collections::BTreeMap;

use clap::Args;
use rust_decimal::Decimal;
use serde::Serialize;

use super::filter::platform;
use super::{Head, fixed, percent, region, rounded, with_hint};
use crate::catalog::{InstanceType, OfferingClass, Tenancy};
use crate::cli::user_prices::is_known;
use crate::cli::{Failure, Format, Output};
use crate::diagnostics::{Diagnostic, nearest};
use crate::estimate::instead_of;
use crate::prices::{MissingPrice, Offer, PriceBook, Product, Provenance};
use crate::report::Table;

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The instance type, such as m7i.xlarge
    #[arg(value_name = "TYPE")]
    instance_type: String,
    /// The region's code, such as ap-northeast-2
    #[arg(long, default_value = "us-east-1")]
    region: String,
    /// Operating system and included SQL Server, such as linux, windows, rhel-ha, windows+sql-std
    #[arg(long, default_value = "linux")]
    os: String,
    /// Whose hardware: shared or dedicated
    #[arg(long, default_value = "shared")]
    tenancy: String,
}

pub(super) fn answer(
    book: &PriceBook,
    show: &ShowArgs,
    format: Format,
    output: &mut Output,
) -> Result<(), Failure> {
    let asked = Asked {
        instance_type: &show.instance_type,
        region: &show.region,
        os: &show.os,
        tenancy: &show.tenancy,
    };
    let offers = Offers::ask(book, product(book, &asked)?)?;
    match format {
        Format::Json => output.json(&offers.document(book)),
        _ => Ok(output.tables(&[offers.table(book, format)], format)?),
    }
}

/// A product in the user's words.
pub(in crate::cli) struct Asked<'a> {
    /// `m7i.xlarge`.
    pub(in crate::cli) instance_type: &'a str,
    /// `us-east-1`.
    pub(in crate::cli) region: &'a str,
    /// `linux`.
    pub(in crate::cli) os: &'a str,
    /// `shared`.
    pub(in crate::cli) tenancy: &'a str,
}

/// What is asked for, as far as the book knows it.
pub(in crate::cli) fn product(book: &PriceBook, asked: &Asked<'_>) -> Result<Product, Failure> {
    let region = region(asked.region)?;
    let sold = book.sells(region);
    let unknown = |message: String| {
        let names = sold.iter().map(|known| known.as_str());
        let lists = "a type is a family and a size, such as m7i.xlarge";
        with_hint(&message, nearest(asked.instance_type, names), lists)
    };
    let instance_type: InstanceType = asked
        .instance_type
        .parse()
        .map_err(|error: crate::catalog::NameForm| unknown(error.to_string()))?;
    if sold.binary_search(&instance_type).is_err() {
        let message = format!("{instance_type} is not sold in {region}");
        if is_known(book, instance_type)
            && let Some(hint) = instead_of(book, instance_type, region)
        {
            return Err(Diagnostic::new(message).hint(hint).into());
        }
        return Err(unknown(message));
    }
    let platform = platform(asked.os)?;
    let tenancy: Tenancy = asked.tenancy.parse().map_err(|expected: String| {
        with_hint(
            &format!("unknown tenancy `{}`", asked.tenancy),
            None,
            &expected,
        )
    })?;
    Ok(Product {
        region,
        instance_type,
        platform,
        tenancy,
    })
}

/// Every way to buy one product.
struct Offers {
    product: Product,
    on_demand: Decimal,
    rows: Vec<Row>,
    missing: Vec<MissingPrice>,
}

struct Row {
    offer: Offer,
    upfront: Decimal,
    hourly: Decimal,
    effective: Decimal,
    provenance: Provenance,
    contracted: Option<Contracted>,
}

/// What is paid under negotiated discounts.
struct Contracted {
    upfront: Decimal,
    hourly: Decimal,
    effective: Decimal,
    terms: String,
}

impl Offers {
    fn ask(book: &PriceBook, product: Product) -> Result<Self, Failure> {
        let on_demand = book.on_demand(product).map_err(Failure::new)?;
        let mut offers = Self {
            product,
            on_demand: on_demand.value.to_decimal(),
            rows: Vec::new(),
            missing: Vec::new(),
        };
        for offer in Offer::every() {
            match price(book, product, offer) {
                Ok(row) => offers.rows.push(row),
                Err(missing) => offers.missing.push(missing),
            }
        }
        Ok(offers)
    }

    /// What part of On-Demand an hour costs: used less than that, On-Demand is cheaper.
    fn break_even(&self, row: &Row) -> Decimal {
        row.effective / self.on_demand
    }

    /// What part of On-Demand as contracted is saved.
    fn contracted_saving(&self, paid: &Contracted) -> Option<Decimal> {
        let on_demand = self.rows.iter().find(|row| row.offer == Offer::OnDemand)?;
        let on_demand = on_demand.contracted.as_ref()?.effective;
        Some(Decimal::ONE - paid.effective.checked_div(on_demand)?)
    }

    fn table(&self, book: &PriceBook, format: Format) -> Table {
        let heads = [
            "offer",
            ">upfront, $",
            ">hourly, $",
            ">effective hourly, $",
            ">saving, %",
            ">break-even utilization, %",
            "basis",
            "as of",
            "source",
        ];
        let mut heads = heads.to_vec();
        if book.contract().is_some() {
            heads.extend([
                ">contracted upfront, $",
                ">contracted hourly, $",
                ">contracted effective hourly, $",
                ">contracted saving, %",
                "terms",
            ]);
        }
        let mut table = Table::new(self.product.to_string(), &heads);
        for row in &self.rows {
            table.row(self.cells(row, format));
        }
        for (reason, wanted) in self.missing_by_reason() {
            table.note(format!("Not there: {}{reason}.", wanted.join(", ")));
        }
        if self.rows.iter().any(|row| row.offer == Offer::OnDemand) {
            table.note("A slot of a Capacity Reservation costs the On-Demand rate, used or not.");
        }
        for note in beside(book, self.product).into_iter().chain(self.dearer()) {
            table.note(note);
        }
        table.note(
            "Savings Plans: the rate that the hourly commitment is counted at; Partial Upfront pays half of \
             it at once, All Upfront all.",
        );
        if let Some(contract) = book.contract() {
            table.note(format!(
                "Contracted: what is paid, and saved against On-Demand as contracted; {}.",
                contract.describe()
            ));
        }
        table.note(format!(
            "Price book {} of {}, {}.",
            book.id(),
            book.as_of(),
            book.currency()
        ));
        table
    }

    fn cells(&self, row: &Row, format: Format) -> Vec<String> {
        let share = percent(self.break_even(row));
        let saving = percent(Decimal::ONE - self.break_even(row));
        let committed = !matches!(row.offer, Offer::OnDemand | Offer::Spot);
        let basis = match format {
            Format::Csv => row.provenance.basis.to_string().replace('±', "+-"),
            _ => row.provenance.basis.to_string(),
        };
        let mut cells = vec![
            row.offer.to_string(),
            row.upfront.to_string(),
            row.hourly.to_string(),
            fixed(row.effective, 6).to_string(),
            if row.offer == Offer::OnDemand {
                String::new()
            } else {
                saving.to_string()
            },
            if committed {
                share.to_string()
            } else {
                String::new()
            },
            basis,
            row.provenance.as_of.to_string(),
            row.provenance.source.to_string(),
        ];
        if let Some(paid) = &row.contracted {
            let saving = self.contracted_saving(paid).map(percent);
            cells.extend([
                paid.upfront.to_string(),
                paid.hourly.to_string(),
                fixed(paid.effective, 6).to_string(),
                saving
                    .filter(|_| row.offer != Offer::OnDemand)
                    .map(|saving| saving.to_string())
                    .unwrap_or_default(),
                paid.terms.clone(),
            ]);
        }
        cells
    }

    /// Why a saving is negative: rates of the user's stand beside built-in ones of another day.
    fn dearer(&self) -> Option<String> {
        let known = |row: &Row| format!("{}, {}", row.provenance.source, row.provenance.as_of);
        let on_demand = self.rows.iter().find(|row| row.offer == Offer::OnDemand)?;
        let dearer = self
            .rows
            .iter()
            .filter(|row| row.effective > self.on_demand);
        let names: Vec<String> = dearer
            .map(|row| format!("{} ({})", row.offer, known(row)))
            .collect();
        let what = names.join("; ");
        (!names.is_empty())
            .then(|| format!("Dearer than On-Demand ({}): {what}.", known(on_demand)))
    }

    /// What has no price, by why not.
    fn missing_by_reason(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for missing in &self.missing {
            let wanted = by_reason.entry(&missing.known).or_default();
            wanted.push(&missing.wanted);
        }
        by_reason
    }

    fn document(&self, book: &PriceBook) -> ShowDocument {
        let offer = |row: &Row| OfferDocument {
            offer: row.offer.to_string(),
            kind: words(row.offer).0,
            term: words(row.offer).1,
            payment_option: words(row.offer).2,
            upfront: row.upfront.to_string(),
            hourly: row.hourly.to_string(),
            effective_hourly: rounded(row.effective, 10).normalize().to_string(),
            saving_percent: percent(Decimal::ONE - self.break_even(row)).to_string(),
            break_even_utilization_percent: percent(self.break_even(row)).to_string(),
            basis: row.provenance.basis.to_string(),
            as_of: row.provenance.as_of.to_string(),
            source: row.provenance.source.to_string(),
            contracted: row.contracted.as_ref().map(|paid| ContractedDocument {
                upfront: paid.upfront.to_string(),
                hourly: paid.hourly.to_string(),
                effective_hourly: rounded(paid.effective, 10).normalize().to_string(),
                saving_percent: self
                    .contracted_saving(paid)
                    .map(percent)
                    .map(|p| p.to_string()),
                terms: paid.terms.clone(),
            }),
        };
        ShowDocument {
            head: Head::of(book),
            negotiated_discounts: book.contract().map(crate::prices::Contract::describe),
            region: self.product.region.to_string(),
            instance_type: self.product.instance_type.to_string(),
            platform: self.product.platform.to_string(),
            tenancy: self.product.tenancy.to_string(),
            offers: self.rows.iter().map(offer).collect(),
            beside: beside(book, self.product),
            missing: self.missing.iter().map(ToString::to_string).collect(),
        }
    }
}

/// What belongs to a type and is no way to buy it: how often Spot is interrupted, its family's host.
fn beside(book: &PriceBook, product: Product) -> Vec<String> {
    let of = |known: &Provenance| format!("{}, {}", known.source, known.as_of);
    let interruption = book.interruption(product).map(|band| {
        let of = of(&band.provenance);
        format!(
            "Spot: {} of instances interrupted a month ({of}).",
            band.value
        )
    });
    let family = product.instance_type.family().to_string();
    let host = book.dedicated_host(product.region, &family).ok();
    let host = host.map(|host| {
        let (usd, of) = (host.value.on_demand, of(&host.provenance));
        format!(
            "Dedicated Host of {family}: ${usd} an hour ({of}); `bursar prices hosts` has more."
        )
    });
    interruption.into_iter().chain(host).collect()
}

fn price(book: &PriceBook, product: Product, offer: Offer) -> Result<Row, MissingPrice> {
    let found = book.quote(product, offer)?;
    let contracted = book.contract().map(|contract| {
        let paid = contract.quote(product, offer, found.value);
        Contracted {
            upfront: paid.value.upfront.to_decimal(10).normalize(),
            hourly: paid.value.hourly.to_decimal(),
            effective: paid.value.hourly_under(offer).to_decimal(10),
            terms: paid.terms,
        }
    });
    Ok(Row {
        contracted,
        offer,
        upfront: found.value.upfront.to_decimal(10).normalize(),
        hourly: found.value.hourly.to_decimal(),
        effective: found.value.hourly_under(offer).to_decimal(10),
        provenance: found.provenance,
    })
}

/// Kind, term and payment option of an offer, for machines.
pub(super) fn words(offer: Offer) -> (&'static str, Option<&'static str>, Option<&'static str>) {
    match offer {
        Offer::OnDemand => ("on-demand", None, None),
        Offer::Spot => ("spot", None, None),
        Offer::Reserved(class, term, payment) => {
            let kind = match class {
                OfferingClass::Standard => "standard-ri",
                OfferingClass::Convertible => "convertible-ri",
            };
            (kind, Some(term.code()), Some(payment.code()))
        }
        Offer::SavingsPlan(kind, term, payment) => {
            (kind.code(), Some(term.code()), Some(payment.code()))
        }
    }
}

#[derive(Serialize)]
struct ShowDocument {
    #[serde(flatten)]
    head: Head,
    #[serde(skip_serializing_if = "Option::is_none")]
    negotiated_discounts: Option<String>,
    region: String,
    instance_type: String,
    platform: String,
    tenancy: String,
    offers: Vec<OfferDocument>,
    beside: Vec<String>,
    missing: Vec<String>,
}

#[derive(Serialize)]
struct OfferDocument {
    offer: String,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    term: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_option: Option<&'static str>,
    upfront: String,
    hourly: String,
    effective_hourly: String,
    saving_percent: String,
    break_even_utilization_percent: String,
    basis: String,
    as_of: String,
    source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    contracted: Option<ContractedDocument>,
}

#[derive(Serialize)]
struct ContractedDocument {
    upfront: String,
    hourly: String,
    effective_hourly: String,
    saving_percent: Option<String>,
    terms: String,
}
