//! A table that a user types of what services cost: a private rate of NAT gateways, tiers of data out, plan rates.

use simd_csv::ZeroCopyByteRecord;

use super::charges::{Ends, What};
use super::csv::{text, typed_places};
use super::file::File;
use super::{meaning, value};
use crate::catalog::{ServiceItem, UnknownRegion};
use crate::diagnostics::{Diagnostic, nearest};
use crate::prices::bundled::Bundled;
use crate::prices::service::kind_by_name;

/// The columns, in the order of the documents.
const NAMES: [&str; 10] = [
    "region",
    "item",
    "unit",
    "tier_start",
    "usd",
    "offer",
    "term",
    "payment_option",
    "as_of",
    "source",
];

/// Where the values stand.
pub(super) struct Columns {
    places: [Option<usize>; 10],
    bundled: Bundled,
}

impl Columns {
    pub(super) fn of(names: &[&str]) -> Result<Self, Diagnostic> {
        let places = typed_places(names, &NAMES, &["region", "item", "usd", "as_of"])?;
        Ok(Self {
            places,
            bundled: Bundled::open(),
        })
    }

    /// Reads one row.
    pub(super) fn row(
        &self,
        record: &ZeroCopyByteRecord<'_>,
        file: &mut File<'_>,
        line: u64,
    ) -> Result<(), Diagnostic> {
        let mut cells = [""; 10];
        for (cell, place) in cells.iter_mut().zip(self.places) {
            *cell = text(record, place)?;
        }
        let [
            region,
            name,
            unit,
            tier_start,
            usd,
            offer,
            term,
            payment,
            as_of,
            source,
        ] = cells;
        let region = region.parse().map_err(|error: UnknownRegion| {
            Diagnostic::new(error.to_string()).hint("`bursar prices regions` lists them")
        })?;
        let (item, service, known_unit) = self.item(name)?;
        if !unit.is_empty() && unit != known_unit {
            let expected = format!("{item} is priced by the {known_unit}");
            return Err(value::word("unit", unit, &expected));
        }
        let start = match tier_start {
            "" => 0,
            start => start.parse().map_err(|_| {
                let expected = "expected a whole number of units of a month";
                value::word("tier_start", start, expected)
            })?,
        };
        let what = what((item, service, known_unit), offer, (term, payment))?;
        let day = value::past_day(as_of, "day", file.options.today)?;
        let name = if source.is_empty() {
            file.name.clone()
        } else {
            source.to_owned()
        };
        let source = file.named_source(&name, day);
        let steps = value::price(usd)?;
        file.take_charge(
            (region, what),
            Ends::whole(start),
            steps,
            &format!("line {line}"),
            source,
        );
        file.used();
        Ok(())
    }

    /// An item with its kind and unit, as AWS's offers or the built-in book have it.
    fn item(&self, name: &str) -> Result<(ServiceItem, String, String), Diagnostic> {
        let charges = self.bundled.charges();
        let charges = charges.map_err(|damaged| Diagnostic::new(damaged.to_string()))?;
        let unknown = || {
            let mut names: Vec<&str> = meaning::items().collect();
            names.extend(charges.items().into_keys().map(ServiceItem::as_str));
            let near = nearest(name, names.into_iter());
            let lists = "`bursar prices network` and `bursar prices services` list the items";
            let hint = near.map_or_else(
                || lists.to_owned(),
                |near| format!("did you mean `{near}`? {lists}"),
            );
            Diagnostic::new(format!("unknown item `{name}`")).hint(hint)
        };
        let item: ServiceItem = name.parse().map_err(|_| unknown())?;
        let found = meaning::item(name)
            .or_else(|| charges.kind(&item))
            .or_else(|| kind_by_name(&item));
        let (service, unit) = found.ok_or_else(unknown)?;
        Ok((item, service.to_owned(), unit.to_owned()))
    }
}

/// What a row prices, by its words for the offer, the term and the payment option.
fn what(
    (item, service, unit): (ServiceItem, String, String),
    offer: &str,
    (term, payment): (&str, &str),
) -> Result<What, Diagnostic> {
    match offer {
        "compute-sp" => {
            let (term, payment) = value::paid(term, payment)?;
            Ok(What::Plan(item, term, payment))
        }
        "" | "on-demand" if term.is_empty() && payment.is_empty() => {
            Ok(What::Item(item, service.into(), unit.into()))
        }
        "" | "on-demand" => Err(
            Diagnostic::new("On-Demand has neither term nor payment option")
                .hint("of a Savings Plan rate, the offer is compute-sp"),
        ),
        other => {
            let expected = "expected on-demand or compute-sp";
            Err(value::word("offer", other, expected))
        }
    }
}
