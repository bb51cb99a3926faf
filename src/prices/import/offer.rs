//! The rows of an offer file: On-Demand and Reserved prices of instances and Dedicated Hosts, and what services cost.

use simd_csv::ZeroCopyByteRecord;

use super::charges::{Ends, What};
use super::csv::{needed, place, text};
use super::file::File;
use super::key::Part;
use super::meaning::{self, HOSTS, Meaning, ServiceAttributes};
use super::product::{self, Attributes};
use super::tiers::Tiers;
use super::value;
use crate::catalog::{OfferingClass, PaymentOption, Region, Term};
use crate::diagnostics::Diagnostic;
use crate::prices::{Offer, Product};

/// Offers of services whose prices this program knows.
const SERVICES: [&str; 5] = [
    "AWSDataTransfer",
    "AmazonVPC",
    "AmazonECS",
    "AWSLambda",
    "AWSELB",
];

/// Why a row of any other offer is left out.
pub(super) const IS_OTHER: &str = "is of an offer that is not used here";
const IS_RESERVED: &str = "reserves something other than an instance";
const HOST_OPTION: &str =
    "reserves a Dedicated Host otherwise than Standard, All Upfront: a book holds no such price";

/// What the rows of an offer are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    /// AmazonEC2.
    Instances,
    /// Of services, whose tiers are checked whether they have an item or not.
    Charges,
    /// Something that has no price here.
    Other,
}

/// A reservation's class, term and payment option.
pub(super) type Reserved = (OfferingClass, Term, PaymentOption);

impl Service {
    pub(super) fn of(code: &str) -> Self {
        if code == "AmazonEC2" {
            Self::Instances
        } else if SERVICES.contains(&code) {
            Self::Charges
        } else {
            Self::Other
        }
    }
}

/// Where the values stand.
pub(super) struct Columns {
    sku: usize,
    offer_term: Option<usize>,
    term_type: usize,
    effective: Option<usize>,
    from: Option<usize>,
    to: Option<usize>,
    unit: usize,
    price: usize,
    currency: usize,
    service: Option<usize>,
    lease: Option<usize>,
    purchase: Option<usize>,
    class: Option<usize>,
    attributes: [Option<usize>; 10],
    more: [Option<usize>; 6],
    pub(super) tiers: Tiers,
}

impl Columns {
    pub(super) fn of(names: &[&str]) -> Result<Self, Diagnostic> {
        let attributes = [
            "Product Family",
            "Location",
            "Region Code",
            "Instance Type",
            "Tenancy",
            "Operating System",
            "usageType",
            "operation",
            "CapacityStatus",
            "MarketOption",
        ];
        let more = [
            "Location Type",
            "From Location Type",
            "From Region Code",
            "From Location",
            "To Region Code",
            "To Location",
        ];
        Ok(Self {
            sku: needed(names, "SKU")?,
            offer_term: place(names, "OfferTermCode"),
            term_type: needed(names, "TermType")?,
            effective: place(names, "EffectiveDate"),
            from: place(names, "StartingRange"),
            to: place(names, "EndingRange"),
            unit: needed(names, "Unit")?,
            price: needed(names, "PricePerUnit")?,
            currency: needed(names, "Currency")?,
            service: place(names, "serviceCode"),
            lease: place(names, "LeaseContractLength"),
            purchase: place(names, "PurchaseOption"),
            class: place(names, "OfferingClass"),
            attributes: attributes.map(|name| place(names, name)),
            more: more
                .map(|name| place(names, name).or_else(|| place(names, &name.replace(' ', "")))),
            tiers: Tiers::default(),
        })
    }

    /// Reads one row.
    pub(super) fn row(
        &mut self,
        record: &ZeroCopyByteRecord<'_>,
        file: &mut File<'_>,
    ) -> Result<(), Diagnostic> {
        let cell = |place: usize| text(record, Some(place));
        value::check_currency(cell(self.currency)?)?;
        let steps = value::price(cell(self.price)?)?;
        let (from, to) = (text(record, self.from)?, text(record, self.to)?);
        let sku = cell(self.sku)?;
        if file.offer_code.is_empty() {
            text(record, self.service)?.clone_into(&mut file.offer_code);
        }
        let service = Service::of(&file.offer_code);
        if service == Service::Other {
            file.skip(IS_OTHER);
            return Ok(());
        }
        let price = Price {
            unit: cell(self.unit)?,
            range: (from, to),
            steps,
            effective: text(record, self.effective)?,
        };
        let attributes = self.attributes(record)?;
        if service == Service::Charges {
            let term = text(record, self.offer_term)?;
            self.tiers
                .add(&format!("{sku}.{term}"), (from, to), steps == 0)?;
        }
        if service == Service::Charges || !product::is_instance(attributes.family) {
            let found = meaning::of_row(&file.offer_code, &attributes, &self.more(record)?);
            return match found {
                Ok((region, meanings)) => {
                    let reserved = self.reserved(record)?;
                    take_charges(file, (region, &meanings), &price, (sku, reserved))
                }
                Err(left) => file.leave(left),
            };
        }
        match product::of_offer(&attributes) {
            Ok(product) => take(file, (product, self.reserved(record)?), &price, sku),
            Err(left) => file.leave(left),
        }
    }

    /// The terms of a reservation; none of an On-Demand price.
    fn reserved(&self, record: &ZeroCopyByteRecord<'_>) -> Result<Option<Reserved>, Diagnostic> {
        match text(record, Some(self.term_type))? {
            "OnDemand" => Ok(None),
            "Reserved" => Ok(Some(value::reserved(
                text(record, self.class)?,
                text(record, self.lease)?,
                text(record, self.purchase)?,
            )?)),
            other => {
                let expected = "expected OnDemand or Reserved";
                Err(value::word("term type", other, expected))
            }
        }
    }

    fn more<'a>(
        &self,
        record: &'a ZeroCopyByteRecord<'_>,
    ) -> Result<ServiceAttributes<'a>, Diagnostic> {
        let mut cells = [""; 6];
        for (cell, place) in cells.iter_mut().zip(self.more) {
            *cell = text(record, place)?;
        }
        let [location_type, from_type, from_code, from, to_code, to] = cells;
        Ok(ServiceAttributes {
            location_type: if location_type.is_empty() {
                from_type
            } else {
                location_type
            },
            from: (from_code, from),
            to: (to_code, to),
        })
    }

    fn attributes<'a>(
        &self,
        record: &'a ZeroCopyByteRecord<'_>,
    ) -> Result<Attributes<'a>, Diagnostic> {
        let mut cells = [""; 10];
        for (cell, place) in cells.iter_mut().zip(self.attributes) {
            *cell = text(record, place)?;
        }
        let [
            family,
            location,
            region_code,
            instance_type,
            tenancy,
            os,
            usage_type,
            operation,
            capacity,
            market,
        ] = cells;
        Ok(Attributes {
            family,
            location,
            region_code,
            instance_type,
            tenancy,
            os,
            usage_type,
            operation,
            capacity,
            market,
        })
    }
}

/// A price as the file states it.
pub(super) struct Price<'a> {
    pub(super) unit: &'a str,
    pub(super) range: (&'a str, &'a str),
    pub(super) steps: u64,
    pub(super) effective: &'a str,
}

/// Takes a price of an instance into the book.
pub(super) fn take(
    file: &mut File<'_>,
    (product, reserved): (Product, Option<Reserved>),
    price: &Price<'_>,
    sku: &str,
) -> Result<(), Diagnostic> {
    let offer = reserved.map_or(Offer::OnDemand, |(class, term, paid)| {
        Offer::Reserved(class, term, paid)
    });
    let part = match price.unit {
        "Hrs" | "Hours" => Part::Hourly,
        "Quantity" => Part::Upfront,
        other => {
            let expected = "expected Hrs or Quantity";
            return Err(value::word("unit", other, expected));
        }
    };
    let (from, to) = price.range;
    let whole = matches!(from, "" | "0") && matches!(to, "" | "Inf");
    if !whole {
        let message = format!("the price of SKU {sku} holds from {from} to {to} only");
        return Err(Diagnostic::new(message)
            .hint("instances have one price for every amount; the tiers leave a hole or overlap"));
    }
    let source = file.source(price.effective)?;
    file.take((product, offer, part), price.steps, sku, source);
    Ok(())
}

/// Takes a price of services' items into the book.
pub(super) fn take_charges(
    file: &mut File<'_>,
    (region, meanings): (Region, &[Meaning]),
    price: &Price<'_>,
    (sku, reserved): (&str, Option<Reserved>),
) -> Result<(), Diagnostic> {
    for meaning in meanings {
        meaning.check_unit(price.unit)?;
        let mut item = meaning.item.clone();
        let mut unit = meaning.unit;
        match reserved {
            None if meaning.table == HOSTS && price.steps == 0 => {
                file.skip("is of hours that a reservation of a Dedicated Host covers");
                return Ok(());
            }
            None => {}
            Some(_) if meaning.table != HOSTS => {
                file.skip(IS_RESERVED);
                return Ok(());
            }
            Some((OfferingClass::Standard, term, PaymentOption::AllUpfront))
                if price.unit == "Quantity" =>
            {
                item = item.all_upfront(term);
                unit = "reservation";
            }
            // All Upfront: nothing is paid by the hour.
            Some((OfferingClass::Standard, _, PaymentOption::AllUpfront)) if price.steps == 0 => {
                file.used();
                return Ok(());
            }
            Some(_) => {
                file.skip(HOST_OPTION);
                return Ok(());
            }
        }
        let source = file.source(price.effective)?;
        let what = What::Item(item, meaning.table.into(), unit.into());
        let ends = Ends::of(meaning.tier_start, price.range)?;
        file.take_charge((region, what), ends, price.steps, sku, source);
    }
    file.used();
    Ok(())
}
