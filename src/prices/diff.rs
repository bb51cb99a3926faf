//! What moved between two price books.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::answer::{Product, ReservedPrice, Sourced};
use super::book::{Offer, PriceBook};
use super::walk::{by_region, platforms};
use crate::catalog::{Platform, Region};

/// A price that is not the same in both books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Of what.
    pub product: Product,
    /// How it is bought.
    pub offer: Offer,
    /// In the first book; `None` where it has none.
    pub before: Option<Sourced<ReservedPrice>>,
    /// In the second.
    pub after: Option<Sourced<ReservedPrice>>,
}

/// What two books differ by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diff {
    /// Prices that differ, ordered by product and offer.
    pub moved: Vec<Moved>,
    /// How many of those compared are the same.
    pub same: usize,
}

/// How the prices of a group moved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Movement {
    /// Priced in both books, differently: by how many per cent of the first, ordered.
    pub percents: Vec<Decimal>,
    /// Priced in the second book only.
    pub appeared: usize,
    /// Priced in the first book only.
    pub vanished: usize,
}

/// Compares what `wanted` lets through.
///
/// Books over the same bundled rates differ only where rates were given, so those are compared; else every
/// offer of every product that either sells is.
pub fn diff(
    before: &PriceBook,
    after: &PriceBook,
    wanted: impl Fn(Product, Offer) -> bool + Sync,
) -> Diff {
    let regions: BTreeSet<Region> = before
        .regions()
        .into_keys()
        .chain(after.regions().into_keys())
        .collect();
    let regions: Vec<Region> = regions.into_iter().collect();
    let mut whole = Diff::default();
    for here in by_region(&regions, |region| {
        let mut keys = keys(before, after, region);
        keys.retain(|(product, offer)| wanted(*product, *offer));
        compare(before, after, keys)
    }) {
        whole.moved.extend(here.moved);
        whole.same += here.same;
    }
    whole
}

/// What may differ in a region.
fn keys(before: &PriceBook, after: &PriceBook, region: Region) -> BTreeSet<(Product, Offer)> {
    let given = before.given(region).chain(after.given(region));
    let mut keys: BTreeSet<(Product, Offer)> = given.collect();
    if before.is_bundled() != after.is_bundled() {
        let all: Vec<Platform> = platforms().collect();
        let sold = [before, after].map(|book| book.sold(region, &all));
        let products = sold.iter().flatten().map(|(product, _)| *product);
        keys.extend(products.flat_map(|product| Offer::every().map(move |offer| (product, offer))));
    }
    keys
}

fn compare(before: &PriceBook, after: &PriceBook, keys: BTreeSet<(Product, Offer)>) -> Diff {
    let mut diff = Diff::default();
    for (product, offer) in keys {
        let [before, after] = [before, after].map(|book| book.quote(product, offer).ok());
        let value = |price: &Option<Sourced<ReservedPrice>>| price.as_ref().map(|p| p.value);
        match (value(&before), value(&after)) {
            (None, None) => {}
            (left, right) if left == right => diff.same += 1,
            _ => diff.moved.push(Moved {
                product,
                offer,
                before,
                after,
            }),
        }
    }
    diff
}

impl Moved {
    /// By how many per cent of the first price an hour became dearer; `None` where only one book has it.
    pub fn percent(&self) -> Option<Decimal> {
        let hourly = |price: &Option<Sourced<ReservedPrice>>| {
            let price = price.as_ref()?.value.hourly_under(self.offer);
            Some(price.to_decimal(10))
        };
        let (before, after) = (hourly(&self.before)?, hourly(&self.after)?);
        let share = after.checked_div(before)?;
        Some((share - Decimal::ONE) * Decimal::ONE_HUNDRED)
    }
}

impl Diff {
    /// What moved, by kind of offer, region, family or whatever else `group` makes of a price.
    pub fn by<K: Ord>(&self, group: impl Fn(&Moved) -> K) -> BTreeMap<K, Movement> {
        let mut groups: BTreeMap<K, Movement> = BTreeMap::new();
        for moved in &self.moved {
            let movement = groups.entry(group(moved)).or_default();
            match (&moved.before, &moved.after) {
                (None, _) => movement.appeared += 1,
                (_, None) => movement.vanished += 1,
                _ => movement.percents.extend(moved.percent()),
            }
        }
        for movement in groups.values_mut() {
            movement.percents.sort_unstable();
        }
        groups
    }
}

impl Movement {
    /// Least, median (the lower of two) and largest per cent; `None` where nothing moved.
    pub fn spread(&self) -> Option<[Decimal; 3]> {
        let last = self.percents.len().checked_sub(1)?;
        let at = |index: usize| self.percents.get(index).copied();
        Some([at(0)?, at(last.div_euclid(2))?, at(last)?])
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::*;
    use crate::catalog::{OfferingClass, PaymentOption, Tenancy, Term};
    use crate::prices::{Basis, GivenRate, Provenance};
    use crate::units::{Money, Rate};

    fn given(instance_type: &str, offer: Offer, upfront: Decimal, hourly: Decimal) -> GivenRate {
        GivenRate {
            product: Product {
                region: "eu-west-1".parse().unwrap(),
                instance_type: instance_type.parse().unwrap(),
                platform: Platform::LINUX,
                tenancy: Tenancy::Shared,
            },
            offer,
            upfront: Money::from_decimal(upfront).unwrap(),
            hourly: Rate::from_decimal(hourly).unwrap(),
            provenance: Provenance {
                source: "test".into(),
                as_of: "2026-01-01".parse().unwrap(),
                basis: Basis::Observed,
            },
        }
    }

    fn book(rates: Vec<GivenRate>) -> PriceBook {
        PriceBook::from_rates("test", rates).unwrap()
    }

    #[test]
    fn what_moved_appeared_and_vanished_is_counted() {
        let reserved = Offer::Reserved(
            OfferingClass::Standard,
            Term::OneYear,
            PaymentOption::PartialUpfront,
        );
        let on_demand = Offer::OnDemand;
        let before = book(vec![
            given("m5.large", on_demand, dec!(0), dec!(0.1)),
            given("m5.xlarge", on_demand, dec!(0), dec!(0.2)),
            given("m5.2xlarge", on_demand, dec!(0), dec!(0.4)),
            given("c5.large", on_demand, dec!(0), dec!(0.1)),
            given("m5.large", reserved, dec!(262.8), dec!(0.03)),
        ]);
        let after = book(vec![
            given("m5.large", on_demand, dec!(0), dec!(0.11)),
            given("m5.xlarge", on_demand, dec!(0), dec!(0.19)),
            given("m5.2xlarge", on_demand, dec!(0), dec!(0.4)),
            given("c6i.large", on_demand, dec!(0), dec!(0.1)),
            given("m5.large", reserved, dec!(262.8), dec!(0.024)),
        ]);
        let diff = diff(&before, &after, |_, _| true);
        assert_eq!((diff.moved.len(), diff.same), (5, 1));
        let kinds = diff.by(|moved| moved.offer.kind());
        // 0.11 / 0.1 and 0.19 / 0.2.
        let on_demand = &kinds["On-Demand"];
        assert_eq!(on_demand.percents, [dec!(-5), dec!(10)]);
        assert_eq!((on_demand.appeared, on_demand.vanished), (1, 1));
        assert_eq!(on_demand.spread(), Some([dec!(-5), dec!(-5), dec!(10)]));
        // 262.8 / 8,760 = 0.03: 0.06 an hour became 0.054.
        assert_eq!(kinds["Standard Reserved"].percents, [dec!(-10)]);
        assert_eq!(Movement::default().spread(), None);
    }

    #[test]
    fn over_the_same_bundled_rates_only_given_ones_can_differ() {
        let rates = || vec![given("m5.large", Offer::OnDemand, dec!(0), dec!(0.1))];
        let own = PriceBook::builtin().with_rates(rates()).unwrap();
        let found = diff(&PriceBook::builtin(), &own, |_, _| true);
        // On-Demand of m5.large in eu-west-1 is 0.107 (pricing-data/on-demand/eu-west-1.csv).
        assert_eq!((found.moved.len(), found.same), (1, 0));
        assert_eq!(
            found.moved[0].percent().map(|percent| percent.round_dp(2)),
            Some(dec!(-6.54))
        );
        assert_eq!(diff(&own, &own, |_, _| true).same, 1);
    }

    #[test]
    fn a_book_without_the_bundled_rates_is_compared_with_all_of_them() {
        let alone = book(vec![given(
            "m5.large",
            Offer::OnDemand,
            dec!(0),
            dec!(0.107),
        )]);
        let wanted = |product: Product, _| {
            product.region.as_str() == "eu-west-1"
                && product.instance_type.as_str() == "m5.large"
                && product.platform == Platform::LINUX
        };
        let found = diff(&PriceBook::builtin(), &alone, wanted);
        let kinds = found.by(|moved| moved.offer.kind());
        // On-Demand is the same; 24 commitments and Spot are in one book only.
        assert_eq!(found.same, 1);
        assert_eq!(kinds.values().map(|kind| kind.vanished).sum::<usize>(), 25);
    }
}
