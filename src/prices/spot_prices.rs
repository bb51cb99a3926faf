//! Spot prices from moment to moment, zone by zone, as `describe-spot-price-history` answers.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::answer::Product;
use crate::catalog::Zone;
use crate::units::{Hour, InstanceHour, Rate};

/// How long a price is taken to hold past the newest moment that is known of any.
const HOLDS: TimeDelta = TimeDelta::hours(24);

/// Prices of one product in one zone, each from a moment on.
pub(super) type Series = BTreeMap<DateTime<Utc>, Rate<InstanceHour>>;

/// Prices by product, zone and moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpotPrices {
    series: BTreeMap<Product, BTreeMap<Zone, Series>>,
    newest: Option<DateTime<Utc>>,
}

impl SpotPrices {
    /// Adds a price. `false` where another one stands for the same moment.
    pub(super) fn add(
        &mut self,
        (product, zone): (Product, Zone),
        moment: DateTime<Utc>,
        rate: Rate<InstanceHour>,
    ) -> bool {
        self.newest = self.newest.max(Some(moment));
        let zones = self.series.entry(product).or_default();
        let earlier = zones.entry(zone).or_default().insert(moment, rate);
        earlier.is_none_or(|earlier| earlier == rate)
    }

    /// The price in force at the start of an hour: of the zone, or of no stated zone the mean of the region's. `None`
    /// before the first price, and a day after the newest of all.
    pub fn at(
        &self,
        product: Product,
        zone: Option<Zone>,
        hour: Hour,
    ) -> Option<Rate<InstanceHour>> {
        let start = hour.start();
        if start > self.newest?.checked_add_signed(HOLDS)? {
            return None;
        }
        let zones = self.series.get(&product)?;
        let in_force = |series: &Series| series.range(..=start).next_back().map(|(_, rate)| *rate);
        if let Some(zone) = zone {
            return in_force(zones.get(&zone)?);
        }
        let known: Vec<Decimal> = zones
            .values()
            .filter_map(in_force)
            .map(Rate::to_decimal)
            .collect();
        let sum: Decimal = known.iter().sum();
        let mean = sum.checked_div(Decimal::from(known.len()))?;
        Rate::from_decimal_rounded(mean).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Platform, Tenancy};

    fn product(region: &str) -> Product {
        Product {
            region: region.parse().unwrap(),
            instance_type: "m5.large".parse().unwrap(),
            platform: Platform::LINUX,
            tenancy: Tenancy::Shared,
        }
    }

    /// Zone a: 0.04 from 01:30 on, 0.05 from 03:00; zone b: 0.03 from 02:10.
    #[test]
    fn the_price_in_force_is_the_last_before_the_hour() {
        let mut prices = SpotPrices::default();
        let moment = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
        let place = |zone: &str| (product("us-east-1"), Zone::new(zone));
        for (zone, text, steps) in [
            ("us-east-1a", "2026-10-01T01:30:00Z", 400_000_000),
            ("us-east-1a", "2026-10-01T03:00:00Z", 500_000_000),
            ("us-east-1b", "2026-10-01T02:10:00Z", 300_000_000),
        ] {
            assert!(prices.add(place(zone), moment(text), Rate::from_steps(steps)));
        }
        let again = moment("2026-10-01T03:00:00Z");
        assert!(prices.add(place("us-east-1a"), again, Rate::from_steps(500_000_000)));
        let at = |zone: Option<&str>, hour: &str| {
            let hour = Hour::parse(hour).unwrap();
            let rate = prices.at(product("us-east-1"), zone.map(Zone::new), hour);
            rate.map(|rate| rate.to_string())
        };
        let a = Some("us-east-1a");
        assert_eq!(at(a, "2026-10-01T01:00Z"), None);
        assert_eq!(at(a, "2026-10-01T02:00Z"), Some("0.04".into()));
        assert_eq!(at(a, "2026-10-01T03:00Z"), Some("0.05".into()));
        assert_eq!(at(Some("us-east-1b"), "2026-10-01T02:00Z"), None);
        // (0.05 + 0.03) / 2
        assert_eq!(at(None, "2026-10-01T03:00Z"), Some("0.04".into()));
        assert_eq!(at(a, "2026-10-02T03:00Z"), Some("0.05".into()));
        assert_eq!(at(a, "2026-10-02T04:00Z"), None);
        assert_eq!(
            prices.at(
                product("eu-west-1"),
                None,
                Hour::parse("2026-10-01T03:00Z").unwrap()
            ),
            None
        );
        let other = Rate::from_steps(1);
        assert!(!prices.add(place("us-east-1a"), again, other));
    }
}
