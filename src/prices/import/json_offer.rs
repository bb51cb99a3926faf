//! Products and terms of an offer file in JSON.

use serde::Deserialize;

use super::json::{Document, Pairs};
use super::meaning::{self, Meaning, ServiceAttributes};
use super::offer::{IS_OTHER, Price, Reserved, Service, take, take_charges};
use super::product::{self, Attributes};
use super::tiers::Tiers;
use super::value;
use crate::catalog::Region;
use crate::diagnostics::Diagnostic;
use crate::prices::Product;

/// What the prices of a SKU are prices of.
#[derive(Debug)]
pub(super) enum Kept {
    Instance(Product),
    Charges(Box<(Region, Vec<Meaning>)>),
    /// Nothing that makes a rate.
    Nothing,
}

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
    location_type: String,
    from_location_type: String,
    from_region_code: String,
    from_location: String,
    to_region_code: String,
    to_location: String,
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
        let service = Service::of(&document.file.offer_code);
        if service == Service::Other {
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
        let found = if service == Service::Charges || !product::is_instance(&self.family) {
            let found = meaning::of_row(&document.file.offer_code, &attributes, &known.more());
            found.map(|charges| Kept::Charges(Box::new(charges)))
        } else {
            product::of_offer(&attributes).map(Kept::Instance)
        };
        let kept = match found {
            Ok(kept) => kept,
            Err(left) => {
                let left = document.file.leave(left);
                left.map_err(|problem| of_sku(problem, sku))?;
                Kept::Nothing
            }
        };
        if document.products.insert(sku.to_owned(), kept).is_some() {
            return Err(
                Diagnostic::new(format!("SKU {sku} stands twice")).hint("fetch the file again")
            );
        }
        Ok(())
    }
}

impl AttributeDoc {
    fn more(&self) -> ServiceAttributes<'_> {
        ServiceAttributes {
            location_type: if self.location_type.is_empty() {
                &self.from_location_type
            } else {
                &self.location_type
            },
            from: (&self.from_region_code, &self.from_location),
            to: (&self.to_region_code, &self.to_location),
        }
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
            let Document { products, file, .. } = &mut *document;
            file.row();
            let steps = dimension.steps()?;
            if service == Service::Other {
                file.skip(IS_OTHER);
                continue;
            }
            let range = (&*dimension.begin_range, &*dimension.end_range);
            if service == Service::Charges {
                let name = format!("{sku}.{}", self.offer_term_code);
                tiers.add(&name, range, steps == 0)?;
            }
            let kept = products.get(sku).ok_or_else(|| {
                Diagnostic::new("a price stands before its product, or without one").hint(
                    "AWS writes `products` first; the file was written by something else, or cut",
                )
            })?;
            let price = Price {
                unit: &dimension.unit,
                range,
                steps,
                effective: &self.effective_date,
            };
            match kept {
                Kept::Instance(product) => {
                    take(file, (*product, self.reserved(reserved)?), &price, sku)?;
                }
                Kept::Charges(charges) => {
                    let (region, meanings) = &**charges;
                    take_charges(
                        file,
                        (*region, meanings),
                        &price,
                        (sku, self.reserved(reserved)?),
                    )?;
                }
                Kept::Nothing => file.skip("is a price of a product that makes no rate"),
            }
        }
        tiers.check()
    }

    fn reserved(&self, reserved: bool) -> Result<Option<Reserved>, Diagnostic> {
        if !reserved {
            return Ok(None);
        }
        let words = &self.term_attributes;
        let terms = value::reserved(
            &words.offering_class,
            &words.lease_contract_length,
            &words.purchase_option,
        )?;
        Ok(Some(terms))
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
