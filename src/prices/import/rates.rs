//! `rates.csv`: the table a user types, for private rates, old rates and offers of the marketplace.

use simd_csv::ZeroCopyByteRecord;

use super::csv::{text, typed_places};
use super::file::File;
use super::key::Part;
use super::value;
use crate::catalog::{OfferingClass, Platform, SavingsPlanKind, Tenancy};
use crate::diagnostics::Diagnostic;
use crate::prices::{Offer, Product};

/// The columns, in the order of the documents.
const NAMES: [&str; 11] = [
    "region",
    "instance_type",
    "operating_system",
    "tenancy",
    "offer",
    "term",
    "payment_option",
    "upfront",
    "hourly",
    "as_of",
    "source",
];

/// Where the values stand.
pub(super) struct Columns([Option<usize>; 11]);

impl Columns {
    pub(super) fn of(names: &[&str]) -> Result<Self, Diagnostic> {
        let places = typed_places(
            names,
            &NAMES,
            &["region", "instance_type", "offer", "hourly", "as_of"],
        )?;
        Ok(Self(places))
    }

    /// Reads one row.
    pub(super) fn row(
        &self,
        record: &ZeroCopyByteRecord<'_>,
        file: &mut File<'_>,
        line: u64,
    ) -> Result<(), Diagnostic> {
        let mut cells = [""; 11];
        for (cell, place) in cells.iter_mut().zip(self.0) {
            *cell = text(record, place)?;
        }
        let [
            region,
            instance_type,
            os,
            tenancy,
            offer,
            term,
            payment,
            upfront,
            hourly,
            as_of,
            source,
        ] = cells;
        let told = |error: String| Diagnostic::new(error);
        let platform = if os.is_empty() {
            Platform::LINUX
        } else {
            os.parse()
                .map_err(|error: crate::catalog::UnknownPlatform| told(error.to_string()))?
        };
        let tenancy = if tenancy.is_empty() {
            Tenancy::Shared
        } else {
            tenancy
                .parse()
                .map_err(|expected: String| value::word("tenancy", tenancy, &expected))?
        };
        let product = Product {
            region: region
                .parse()
                .map_err(|error: crate::catalog::UnknownRegion| {
                    told(error.to_string()).hint("`bursar prices regions` lists them")
                })?,
            instance_type: instance_type
                .parse()
                .map_err(|error: crate::catalog::NameForm| told(error.to_string()))?,
            platform,
            tenancy,
        };
        let offer = offer_of(offer, term, payment)?;
        let day = value::past_day(as_of, "day", file.options.today)?;
        let source = if source.is_empty() {
            file.name.clone()
        } else {
            source.to_owned()
        };
        let source = file.named_source(&source, day);
        let label = format!("line {line}");
        let steps = value::price(hourly)?;
        file.take((product, offer, Part::Hourly), steps, &label, source);
        if !upfront.is_empty() {
            let steps = value::price(upfront)?;
            file.take((product, offer, Part::Upfront), steps, &label, source);
        }
        Ok(())
    }
}

fn offer_of(word: &str, term: &str, payment: &str) -> Result<Offer, Diagnostic> {
    let paid = || value::paid(term, payment);
    let without_term = |offer: Offer| {
        if term.is_empty() && payment.is_empty() {
            return Ok(offer);
        }
        Err(Diagnostic::new(format!(
            "{offer} has neither term nor payment option"
        )))
    };
    let reserved = |class| paid().map(|(term, paid)| Offer::Reserved(class, term, paid));
    let plan = |kind| paid().map(|(term, paid)| Offer::SavingsPlan(kind, term, paid));
    match word {
        "on-demand" => without_term(Offer::OnDemand),
        "spot" => without_term(Offer::Spot),
        "standard-ri" => reserved(OfferingClass::Standard),
        "convertible-ri" => reserved(OfferingClass::Convertible),
        "ec2-instance-sp" => plan(SavingsPlanKind::Ec2Instance),
        "compute-sp" => plan(SavingsPlanKind::Compute),
        other => Err(value::word(
            "offer",
            other,
            "expected on-demand, spot, standard-ri, convertible-ri, ec2-instance-sp or compute-sp",
        )),
    }
}
