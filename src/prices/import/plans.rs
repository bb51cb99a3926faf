//! Savings Plans rates: the rows of AWS's CSV, and what is common to its JSON.

use simd_csv::ZeroCopyByteRecord;

use super::charges::{Ends, What};
use super::csv::{needed, place, text};
use super::file::File;
use super::key::Part;
use super::meaning::{self, ServiceAttributes};
use super::product::{self, Attributes};
use super::value;
use crate::catalog::{PaymentOption, SavingsPlanKind, Term};
use crate::diagnostics::Diagnostic;
use crate::prices::Offer;

const OTHER_PLAN: &str =
    "is of a Savings Plan for machine learning, which a book holds no rates of";
const OTHER_DATABASE: &str =
    "is of a Database Savings Plan other than 1 year, No Upfront, which a book holds no rates of";
const OTHER_SERVICE: &str = "is a Savings Plan rate of another service than EC2, Fargate and Lambda, which a book does not hold";

/// One rate of a Savings Plan.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rate<'a> {
    /// `EC2InstanceSavingsPlans`, `ComputeSavingsPlans`, ...
    pub(super) family: &'a str,
    pub(super) term: &'a str,
    pub(super) payment: &'a str,
    pub(super) service: &'a str,
    pub(super) price: &'a str,
    pub(super) currency: &'a str,
    pub(super) unit: &'a str,
    pub(super) effective: &'a str,
    pub(super) sku: &'a str,
    pub(super) attributes: Attributes<'a>,
}

/// Takes a rate into the book.
pub(super) fn take(file: &mut File<'_>, rate: &Rate<'_>) -> Result<(), Diagnostic> {
    let kind = match rate.family {
        "EC2InstanceSavingsPlans" | "EC2Instance" => SavingsPlanKind::Ec2Instance,
        "ComputeSavingsPlans" | "Compute" => SavingsPlanKind::Compute,
        "DatabaseSavingsPlans" | "Database" => return take_database(file, rate),
        _ => {
            file.skip(OTHER_PLAN);
            return Ok(());
        }
    };
    if rate.service != "AmazonEC2" {
        return take_service(file, rate);
    }
    let steps = value::price(rate.price)?;
    let product = match product::of_plan(&rate.attributes) {
        Ok(product) => product,
        Err(left) => return file.leave(left),
    };
    value::check_currency(rate.currency)?;
    if !matches!(rate.unit, "Hrs" | "Hours") {
        return Err(value::word("unit", rate.unit, "expected Hrs"));
    }
    let (term, payment) = value::paid(rate.term, rate.payment)?;
    let offer = Offer::SavingsPlan(kind, term, payment);
    let source = file.source(rate.effective)?;
    file.take((product, offer, Part::Hourly), steps, rate.sku, source);
    Ok(())
}

/// Takes the rate that a Compute Savings Plan counts an item of Fargate or Lambda at.
fn take_service(file: &mut File<'_>, rate: &Rate<'_>) -> Result<(), Diagnostic> {
    if !matches!(rate.service, "AmazonECS" | "AWSLambda") {
        file.skip(OTHER_SERVICE);
        return Ok(());
    }
    let steps = value::price(rate.price)?;
    let attributes = Attributes {
        family: rate.service,
        ..rate.attributes
    };
    let found = meaning::of_row(rate.service, &attributes, &ServiceAttributes::default());
    let (region, meanings) = match found {
        Ok(found) => found,
        Err(left) => return file.leave(left),
    };
    value::check_currency(rate.currency)?;
    let (term, payment) = value::paid(rate.term, rate.payment)?;
    let source = file.source(rate.effective)?;
    for meaning in meanings {
        meaning.check_unit(rate.unit)?;
        let what = What::Plan(meaning.item, term, payment);
        file.take_charge((region, what), Ends::whole(0), steps, rate.sku, source);
    }
    file.used();
    Ok(())
}

/// Takes a rate of a Database Savings Plan.
fn take_database(file: &mut File<'_>, rate: &Rate<'_>) -> Result<(), Diagnostic> {
    let sold = (Term::OneYear, PaymentOption::NoUpfront);
    if value::paid(rate.term, rate.payment)? != sold {
        file.skip(OTHER_DATABASE);
        return Ok(());
    }
    let Attributes {
        usage_type,
        operation,
        ..
    } = rate.attributes;
    if operation.is_empty() {
        let message = format!("the rate of `{usage_type}` names no operation");
        return Err(Diagnostic::new(message).hint("the operation says which engine it is for"));
    }
    let steps = value::price(rate.price)?;
    value::check_currency(rate.currency)?;
    let region = match product::region(&rate.attributes) {
        Ok(region) => region,
        Err(problem) => return file.leave(problem.into()),
    };
    let source = file.source(rate.effective)?;
    let key = [rate.service, usage_type, operation, rate.unit].map(str::to_owned);
    file.take_charge(
        (region, What::Database(key)),
        Ends::whole(0),
        steps,
        rate.sku,
        source,
    );
    file.used();
    Ok(())
}

/// Where the values stand.
pub(super) struct Columns {
    needed: [usize; 8],
    effective: Option<usize>,
    sku: Option<usize>,
    family: usize,
    region: Option<usize>,
    instance: Option<usize>,
}

impl Columns {
    pub(super) fn of(names: &[&str]) -> Result<Self, Diagnostic> {
        let wanted = [
            "DiscountedRate",
            "Currency",
            "Unit",
            "DiscountedServiceCode",
            "DiscountedUsageType",
            "DiscountedOperation",
            "PurchaseOption",
            "LeaseContractLength",
        ];
        let mut places = [0; 8];
        for (at, name) in places.iter_mut().zip(wanted) {
            *at = needed(names, name)?;
        }
        Ok(Self {
            needed: places,
            effective: place(names, "EffectiveDate"),
            sku: place(names, "DiscountedSKU"),
            family: needed(names, "Product Family")?,
            region: place(names, "DiscountedRegionCode"),
            instance: place(names, "DiscountedInstanceType"),
        })
    }

    /// Reads one row.
    pub(super) fn row(
        &self,
        record: &ZeroCopyByteRecord<'_>,
        file: &mut File<'_>,
    ) -> Result<(), Diagnostic> {
        let mut cells = [""; 8];
        for (cell, place) in cells.iter_mut().zip(self.needed) {
            *cell = text(record, Some(place))?;
        }
        let [
            price,
            currency,
            unit,
            service,
            usage_type,
            operation,
            payment,
            term,
        ] = cells;
        let attributes = Attributes {
            region_code: text(record, self.region)?,
            instance_type: text(record, self.instance)?,
            usage_type,
            operation,
            ..Attributes::default()
        };
        let rate = Rate {
            family: text(record, Some(self.family))?,
            term,
            payment,
            service,
            price,
            currency,
            unit,
            effective: text(record, self.effective)?,
            sku: text(record, self.sku)?,
            attributes,
        };
        take(file, &rate)
    }
}
