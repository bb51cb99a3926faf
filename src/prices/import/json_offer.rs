//! Products and terms of an offer file in JSON.

use serde::Deserialize;

use super::json::{Document, Pairs};
use super::offer::{Price, Service, take};
use super::product::{self, Attributes};
use super::tiers::Tiers;
use super::value;
use crate::diagnostics::Diagnostic;
use crate::prices::Offer;

/// An entry of `products`.
#[derive(Debug, Deserialize)]
pub(super) struct ProductDoc {
    #[serde(rename = "productFamily", default)]
    family: String,
    #[serde(default)]
    attributes: AttributeDoc,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AttributeDoc {
    location: String,
    region_code: String,
    instance_type: String,
    tenancy: String,
    operating_system: String,
    usagetype: String,
    operation: String,
    capacitystatus: String,
    marketoption: String,
}

/// An entry of `terms`, below the SKU.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TermDoc {
    #[serde(default)]
    effective_date: String,
    #[serde(default)]
    offer_term_code: String,
    price_dimensions: Pairs<Dimension>,
    #[serde(default)]
    term_attributes: TermAttributes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dimension {
    #[serde(default)]
    unit: String,
    #[serde(default)]
    begin_range: String,
    #[serde(default)]
    end_range: String,
    price_per_unit: Pairs<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TermAttributes {
    lease_contract_length: String,
    offering_class: String,
    purchase_option: String,
}

impl ProductDoc {
    /// Keeps the product if its prices make rates.
    pub(super) fn keep(self, sku: &str, document: &mut Document<'_, '_>) -> Result<(), Diagnostic> {
        if document.file.offer_code.is_empty() {
            return Err(Diagnostic::new("`products` stand before `offerCode`")
                .hint("AWS writes `offerCode` first; the file was written by something else"));
        }
        if Service::of(&document.file.offer_code) != Service::Instances {
            return Ok(());
        }
        let known = &self.attributes;
        let attributes = Attributes {
            family: &self.family,
            location: &known.location,
            region_code: &known.region_code,
            instance_type: &known.instance_type,
            tenancy: &known.tenancy,
            os: &known.operating_system,
            usage_type: &known.usagetype,
            operation: &known.operation,
            capacity: &known.capacitystatus,
            market: &known.marketoption,
        };
        let product = match product::of_offer(&attributes) {
            Ok(product) => Some(product),
            Err(left) => {
                let left = document.file.leave(left);
                left.map_err(|problem| of_sku(problem, sku))?;
                None
            }
        };
        if document.products.insert(sku.to_owned(), product).is_some() {
            return Err(
                Diagnostic::new(format!("SKU {sku} stands twice")).hint("fetch the file again")
            );
        }
        Ok(())
    }
}

impl TermDoc {
    /// Takes the prices of a term.
    pub(super) fn take(
        &self,
        sku: &str,
        reserved: bool,
        document: &mut Document<'_, '_>,
    ) -> Result<(), Diagnostic> {
        self.prices(sku, reserved, document)
            .map_err(|problem| of_sku(problem, sku))
    }

    fn prices(
        &self,
        sku: &str,
        reserved: bool,
        document: &mut Document<'_, '_>,
    ) -> Result<(), Diagnostic> {
        let service = Service::of(&document.file.offer_code);
        let mut tiers = Tiers::default();
        for (_, dimension) in &self.price_dimensions.0 {
            document.file.row();
            let steps = dimension.steps()?;
            if let Service::Skipped {
                reason,
                tiers: known,
            } = service
            {
                document.file.skip(reason);
                if known {
                    let name = format!("{sku}.{}", self.offer_term_code);
                    let ends = (&*dimension.begin_range, &*dimension.end_range);
                    tiers.add(&name, ends, steps == 0)?;
                }
                continue;
            }
            let product = match document.products.get(sku) {
                Some(Some(product)) => *product,
                Some(None) => {
                    document
                        .file
                        .skip("is a price of a product that makes no rate");
                    continue;
                }
                None => {
                    return Err(Diagnostic::new("a price stands before its product, or without one")
                        .hint("AWS writes `products` first; the file was written by something else, or cut"));
                }
            };
            let price = Price {
                unit: &dimension.unit,
                range: (&dimension.begin_range, &dimension.end_range),
                steps,
                effective: &self.effective_date,
            };
            take(document.file, (product, self.offer(reserved)?), &price, sku)?;
        }
        tiers.check()
    }

    fn offer(&self, reserved: bool) -> Result<Offer, Diagnostic> {
        if !reserved {
            return Ok(Offer::OnDemand);
        }
        let words = &self.term_attributes;
        let (class, term, paid) = value::reserved(
            &words.offering_class,
            &words.lease_contract_length,
            &words.purchase_option,
        )?;
        Ok(Offer::Reserved(class, term, paid))
    }
}

impl Dimension {
    fn steps(&self) -> Result<u64, Diagnostic> {
        match &self.price_per_unit.0[..] {
            [(currency, price)] => {
                value::check_currency(currency)?;
                value::price(price)
            }
            [] => value::price(""),
            _ => Err(Diagnostic::new("a price stands in several currencies")),
        }
    }
}

fn of_sku(mut problem: Diagnostic, sku: &str) -> Diagnostic {
    problem.message = format!("SKU {sku}: {}", problem.message);
    problem
}
