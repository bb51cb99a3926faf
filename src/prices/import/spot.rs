//! Spot price histories: the average of a product over the time its prices cover, each weighted by how long it held.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::file::File;
use super::key::Part;
use super::value;
use crate::catalog::{InstanceType, Platform, Region, Tenancy, Zone};
use crate::diagnostics::{Diagnostic, Place};
use crate::prices::{Offer, Product, SpotPrices};
use crate::units::Rate;

/// A price from a moment on, in one zone.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Event {
    availability_zone: String,
    instance_type: String,
    product_description: String,
    spot_price: String,
    timestamp: String,
}

impl Event {
    /// Of what, in which zone, from when on, in steps of 1e-10 dollars. No price is of a day past `today`.
    fn read(&self, today: NaiveDate) -> Result<(Product, Zone, DateTime<Utc>, u64), Diagnostic> {
        let zone = &self.availability_zone;
        let region = Region::from_zone(zone).ok_or_else(|| {
            value::word("Availability Zone", zone, "expected one such as us-east-1a")
        })?;
        let instance_type: InstanceType = self
            .instance_type
            .parse()
            .map_err(|error: crate::catalog::NameForm| Diagnostic::new(error.to_string()))?;
        let product = Product {
            region,
            instance_type,
            platform: platform(&self.product_description)?,
            tenancy: Tenancy::Shared,
        };
        let moment = DateTime::parse_from_rfc3339(&self.timestamp).map_err(|_| {
            value::word(
                "moment",
                &self.timestamp,
                "expected one such as 2021-02-09T01:40:10+00:00",
            )
        })?;
        value::past_day(&self.timestamp, "moment", today)?;
        let steps = value::price(&self.spot_price)?;
        Ok((product, Zone::new(zone), moment.to_utc(), steps))
    }
}

/// A whole answer.
#[derive(Debug, Deserialize)]
struct Answer {
    #[serde(rename = "SpotPriceHistory")]
    history: Vec<Event>,
    #[serde(rename = "NextToken")]
    next: Option<String>,
}

/// What a file of Spot prices has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SpotPage {
    /// Prices of zero, which are left out.
    pub zero: u64,
    /// Whether pages follow it.
    pub goes_on: bool,
}

/// Reads an answer of `aws ec2 describe-spot-price-history`, the text of `name`, into `prices`.
///
/// # Errors
/// No such answer, with its line; a price that is wrong, with its number in the list; two prices for one moment.
pub fn read_spot_prices(
    text: &str,
    name: &str,
    today: NaiveDate,
    prices: &mut SpotPrices,
) -> Result<SpotPage, Diagnostic> {
    let answer: Answer = serde_json::from_str(text).map_err(|error| {
        let line = u64::try_from(error.line()).unwrap_or(0);
        Diagnostic::new(format!("this is no Spot price history: {error}"))
            .at(Place::file(name).line(line))
            .hint("`aws ec2 describe-spot-price-history --output json` answers with one")
    })?;
    let mut page = SpotPage {
        zero: 0,
        goes_on: answer.next.is_some_and(|token| !token.is_empty()),
    };
    for (number, event) in (1_u64..).zip(&answer.history) {
        let place = |problem: Diagnostic| {
            let number = format!("entry {number} of `SpotPriceHistory`");
            problem.at(Place::file(name).column(&number))
        };
        let (product, zone, moment, steps) = event.read(today).map_err(place)?;
        if steps == 0 {
            page.zero += 1;
        } else if !prices.add((product, zone), moment, Rate::from_steps(steps)) {
            return Err(place(two_prices(product, zone, moment)));
        }
    }
    Ok(page)
}

const ZERO: &str = "is a Spot price of zero";

fn two_prices(product: Product, zone: Zone, moment: DateTime<Utc>) -> Diagnostic {
    Diagnostic::new(format!(
        "two Spot prices for {product} in {zone} at {moment}"
    ))
    .hint("which of two prices holds is not guessed")
}

/// Prices by product, zone and moment, in steps of 1e-10 dollars.
#[derive(Debug, Default)]
pub(super) struct History {
    series: BTreeMap<(Product, String), BTreeMap<DateTime<Utc>, u64>>,
    newest: Option<DateTime<Utc>>,
}

impl History {
    /// Takes one price.
    pub(super) fn add(&mut self, event: &Event, file: &mut File<'_>) -> Result<(), Diagnostic> {
        file.row();
        let (product, zone, moment, steps) = event.read(file.options.today)?;
        if steps == 0 {
            file.skip(ZERO);
            return Ok(());
        }
        self.newest = self.newest.max(Some(moment));
        let place = (product, zone.as_str().to_owned());
        let series = self.series.entry(place).or_default();
        match series.insert(moment, steps) {
            Some(other) if other != steps => Err(two_prices(product, zone, moment)),
            _ => Ok(()),
        }
    }

    /// Puts the averages into the book. A zone's last price holds until the newest moment of the file.
    pub(super) fn finish(self, file: &mut File<'_>) -> Result<(), Diagnostic> {
        let Some(newest) = self.newest else {
            return Ok(());
        };
        let source = format!("Spot price history {}", file.name);
        let newest_day = newest.date_naive();
        let mut products: BTreeMap<Product, Vec<(u64, i64)>> = BTreeMap::new();
        let mut since: BTreeMap<Product, DateTime<Utc>> = BTreeMap::new();
        for ((product, _), series) in self.series {
            let ends = series.keys().skip(1).copied().chain([newest]);
            let held: Vec<i64> = series
                .keys()
                .zip(ends)
                .map(|(from, to)| (to - *from).num_seconds())
                .collect();
            if let Some(first) = series.keys().next() {
                let oldest = since.entry(product).or_insert(*first);
                *oldest = (*oldest).min(*first);
            }
            let weighted = series.into_values().zip(held);
            products.entry(product).or_default().extend(weighted);
        }
        for (product, held) in products {
            let steps =
                average(&held).ok_or_else(|| Diagnostic::new("a Spot average out of range"))?;
            let source = match since.get(&product) {
                // One price alone is not the mean of anything.
                Some(first) if held.len() > 1 => {
                    file.averaged_source(&source, first.date_naive(), newest_day)
                }
                _ => file.named_source(&source, newest_day),
            };
            file.take(
                (product, Offer::Spot, Part::Hourly),
                steps,
                "a Spot average",
                source,
            );
        }
        Ok(())
    }
}

/// The mean of prices weighted by seconds, or plain where none held for a second; rounded to a step.
fn average(held: &[(u64, i64)]) -> Option<u64> {
    let seconds: i64 = held.iter().map(|(_, seconds)| seconds).sum();
    let weight = |seconds_held: i64| {
        if seconds == 0 {
            1
        } else {
            i128::from(seconds_held)
        }
    };
    let sum: i128 = held
        .iter()
        .map(|(steps, seconds)| i128::from(*steps) * weight(*seconds))
        .sum();
    let whole: i128 = held.iter().map(|(_, seconds)| weight(*seconds)).sum();
    let mean = Decimal::from_i128_with_scale(sum, 0)
        .checked_div(Decimal::from_i128_with_scale(whole, 0))?;
    u64::try_from(mean.round().mantissa()).ok()
}

fn platform(description: &str) -> Result<Platform, Diagnostic> {
    let plain = description.trim_end_matches(" (Amazon VPC)");
    let plain = if plain == "SUSE Linux" { "suse" } else { plain };
    plain
        .parse()
        .map_err(|error: crate::catalog::UnknownPlatform| Diagnostic::new(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_weigh_as_long_as_they_held() {
        // (3 x 100 + 1 x 200) / 4 = 125
        assert_eq!(average(&[(100, 3), (200, 1)]), Some(125));
        // (100 + 201) / 2 = 150.5, half to even
        assert_eq!(average(&[(100, 0), (201, 0)]), Some(150));
    }

    #[test]
    fn platforms_are_those_of_the_api() {
        for text in [
            "Linux/UNIX",
            "Linux/UNIX (Amazon VPC)",
            "SUSE Linux",
            "Red Hat Enterprise Linux",
            "Windows",
        ] {
            assert!(platform(text).is_ok(), "{text}");
        }
    }
}
