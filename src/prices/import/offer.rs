//! The rows of an offer file: On-Demand and Reserved prices of AmazonEC2; other offers are counted.

use simd_csv::ZeroCopyByteRecord;

use super::csv::{needed, place, text};
use super::file::File;
use super::key::Part;
use super::product::{self, Attributes};
use super::tiers::Tiers;
use super::value;
use crate::diagnostics::Diagnostic;
use crate::prices::{Offer, Product};

/// Offers whose prices this program knows, but which a user's book does not hold.
const NOT_YET: [&str; 5] = [
    "AWSDataTransfer",
    "AmazonVPC",
    "AmazonECS",
    "AWSLambda",
    "AWSELB",
];

const IS_NOT_YET: &str =
    "is of a network or container offer, which a user's book does not hold yet";
const IS_OTHER: &str = "is of an offer that is not used here";

/// What the rows of an offer are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    /// AmazonEC2.
    Instances,
    /// Counted under a reason; its tiers are checked where it is a known one.
    Skipped { reason: &'static str, tiers: bool },
}

impl Service {
    pub(super) fn of(code: &str) -> Self {
        if code == "AmazonEC2" {
            return Self::Instances;
        }
        let tiers = NOT_YET.contains(&code);
        let reason = if tiers { IS_NOT_YET } else { IS_OTHER };
        Self::Skipped { reason, tiers }
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
        if let Service::Skipped { reason, tiers } = Service::of(&file.offer_code) {
            file.skip(reason);
            if tiers {
                let term = text(record, self.offer_term)?;
                self.tiers
                    .add(&format!("{sku}.{term}"), (from, to), steps == 0)?;
            }
            return Ok(());
        }
        let product = match product::of_offer(&self.attributes(record)?) {
            Ok(product) => product,
            Err(left) => return file.leave(left),
        };
        let offer = match cell(self.term_type)? {
            "OnDemand" => Offer::OnDemand,
            "Reserved" => {
                let (class, term, paid) = value::reserved(
                    text(record, self.class)?,
                    text(record, self.lease)?,
                    text(record, self.purchase)?,
                )?;
                Offer::Reserved(class, term, paid)
            }
            other => {
                return Err(value::word(
                    "term type",
                    other,
                    "expected OnDemand or Reserved",
                ));
            }
        };
        let effective = text(record, self.effective)?;
        let price = Price {
            unit: cell(self.unit)?,
            range: (from, to),
            steps,
            effective,
        };
        take(file, (product, offer), &price, sku)
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

/// A price of an instance as the file states it.
pub(super) struct Price<'a> {
    pub(super) unit: &'a str,
    pub(super) range: (&'a str, &'a str),
    pub(super) steps: u64,
    pub(super) effective: &'a str,
}

/// Takes a price of an instance into the book.
pub(super) fn take(
    file: &mut File<'_>,
    (product, offer): (Product, Offer),
    price: &Price<'_>,
    sku: &str,
) -> Result<(), Diagnostic> {
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
