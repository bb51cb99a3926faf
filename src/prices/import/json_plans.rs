//! Savings Plans in JSON: AWS's files, and the answer of `DescribeSavingsPlansOfferingRates`.

use serde::Deserialize;

use super::file::File;
use super::json::Document;
use super::plans::{Rate, take};
use super::product::Attributes;
use crate::diagnostics::Diagnostic;

/// An entry of `products`: a plan that is sold.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlanProduct {
    pub(super) sku: String,
    #[serde(default)]
    product_family: String,
    #[serde(default)]
    attributes: PlanAttributes,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PlanAttributes {
    purchase_option: String,
    purchase_term: String,
}

/// An entry of `terms.savingsPlan`: a plan with all its rates.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlanDoc {
    sku: String,
    #[serde(default)]
    effective_date: String,
    rates: Vec<RateDoc>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RateDoc {
    discounted_sku: String,
    discounted_usage_type: String,
    discounted_operation: String,
    discounted_service_code: String,
    discounted_region_code: String,
    discounted_instance_type: String,
    unit: String,
    discounted_rate: PriceDoc,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PriceDoc {
    price: String,
    currency: String,
}

impl PlanDoc {
    /// Takes every rate of the plan.
    pub(super) fn take(&self, document: &mut Document<'_, '_>) -> Result<(), Diagnostic> {
        let Document { plans, file, .. } = document;
        let plan = plans.get(&self.sku).ok_or_else(|| {
            Diagnostic::new(format!(
                "the rates of plan {} stand before its product, or without one",
                self.sku
            ))
            .hint("AWS writes `products` first; the file was written by something else, or cut")
        })?;
        for rate in &self.rates {
            file.row();
            let attributes = Attributes {
                region_code: &rate.discounted_region_code,
                instance_type: &rate.discounted_instance_type,
                usage_type: &rate.discounted_usage_type,
                operation: &rate.discounted_operation,
                ..Attributes::default()
            };
            let found = Rate {
                family: &plan.product_family,
                term: &plan.attributes.purchase_term,
                payment: &plan.attributes.purchase_option,
                service: &rate.discounted_service_code,
                price: &rate.discounted_rate.price,
                currency: &rate.discounted_rate.currency,
                unit: &rate.unit,
                effective: &self.effective_date,
                sku: &rate.discounted_sku,
                attributes,
            };
            take(file, &found).map_err(|mut problem| {
                problem.message = format!(
                    "plan {}, SKU {}: {}",
                    self.sku, rate.discounted_sku, problem.message
                );
                problem
            })?;
        }
        Ok(())
    }
}

/// A rate as the API answers it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiRate {
    savings_plan_offering: ApiOffering,
    rate: String,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    service_code: String,
    #[serde(default)]
    usage_type: String,
    #[serde(default)]
    operation: String,
    #[serde(default)]
    properties: Vec<Property>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiOffering {
    #[serde(default)]
    offering_id: String,
    payment_option: String,
    plan_type: String,
    duration_seconds: u64,
    currency: String,
}

#[derive(Debug, Deserialize)]
struct Property {
    name: String,
    value: String,
}

impl ApiRate {
    /// Takes the rate; the answer has no day of its own, so it is of today.
    pub(super) fn take(&self, file: &mut File<'_>) -> Result<(), Diagnostic> {
        file.row();
        file.published.get_or_insert(file.options.today);
        let property = |name: &str| {
            let found = self
                .properties
                .iter()
                .find(|property| property.name == name);
            found.map_or("", |property| property.value.as_str())
        };
        let offering = &self.savings_plan_offering;
        let term = match offering.duration_seconds {
            31_536_000 => "1yr",
            94_608_000 => "3yr",
            _ => &format!("{} seconds", offering.duration_seconds),
        };
        // The API names no SKU; every offering is a plan of its own.
        let label = format!("offering {}", offering.offering_id);
        let rate = Rate {
            family: &offering.plan_type,
            term,
            payment: &offering.payment_option,
            service: &self.service_code,
            price: &self.rate,
            currency: &offering.currency,
            unit: &self.unit,
            effective: "",
            sku: label.get(..16).unwrap_or(&label),
            attributes: Attributes {
                region_code: property("region"),
                instance_type: property("instanceType"),
                usage_type: &self.usage_type,
                operation: &self.operation,
                ..Attributes::default()
            },
        };
        take(file, &rate).map_err(|mut problem| {
            problem.message = format!("{}: {}", self.usage_type, problem.message);
            problem
        })
    }
}
