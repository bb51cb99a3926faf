//! Every offer of every product: what a list, a check and a comparison of books go through.

use std::convert::Infallible;

use super::answer::{Product, ReservedPrice, Sourced};
use super::book::{Offer, PriceBook};
use crate::catalog::{
    OfferingClass, OperatingSystem, PaymentOption, Platform, Region, SavingsPlanKind, SqlEdition,
    Tenancy, Term,
};
use crate::threads::{self, side_by_side};
use crate::units::{InstanceHour, Money, Rate};

impl Offer {
    /// On-Demand, every Reserved Instance, every Savings Plan, Spot.
    pub fn every() -> impl Iterator<Item = Self> {
        std::iter::once(Self::OnDemand)
            .chain(Self::commitments())
            .chain([Self::Spot])
    }

    /// Every Reserved Instance, then every Savings Plan.
    pub fn commitments() -> impl Iterator<Item = Self> {
        let paid = || {
            let terms = Term::ALL.iter().copied();
            terms.flat_map(|term| {
                let payments = PaymentOption::ALL.iter();
                payments.map(move |payment| (term, *payment))
            })
        };
        let classes = OfferingClass::ALL.iter().copied();
        let reserved = classes.flat_map(move |class| {
            paid().map(move |(term, payment)| Self::Reserved(class, term, payment))
        });
        let kinds = SavingsPlanKind::OF_INSTANCES.iter().copied();
        reserved.chain(kinds.flat_map(move |kind| {
            paid().map(move |(term, payment)| Self::SavingsPlan(kind, term, payment))
        }))
    }

    /// How long it binds; `None` for On-Demand and Spot.
    pub const fn term(self) -> Option<Term> {
        match self {
            Self::OnDemand | Self::Spot => None,
            Self::Reserved(_, term, _) | Self::SavingsPlan(_, term, _) => Some(term),
        }
    }

    /// What it is, whatever its term and payment option: `On-Demand`, `Standard Reserved`, ...
    pub fn kind(self) -> &'static str {
        match self {
            Self::OnDemand => "On-Demand",
            Self::Spot => "Spot",
            Self::Reserved(OfferingClass::Standard, ..) => "Standard Reserved",
            Self::Reserved(OfferingClass::Convertible, ..) => "Convertible Reserved",
            Self::SavingsPlan(kind, ..) => kind.label(),
        }
    }
}

/// Every platform that AWS sells under its own licence, Linux first.
pub fn platforms() -> impl Iterator<Item = Platform> {
    let systems = OperatingSystem::ALL.into_iter();
    let own = systems.filter(|os| *os != OperatingSystem::WindowsByol);
    own.flat_map(|os| {
        let editions = [
            SqlEdition::Web,
            SqlEdition::Standard,
            SqlEdition::Enterprise,
        ];
        let with_sql = editions.map(|sql| Platform { os, sql: Some(sql) });
        std::iter::once(Platform::plain(os)).chain(with_sql)
    })
}

impl PriceBook {
    /// What a region sells On-Demand on shared hardware, with the rate; ordered by type, then platform.
    pub fn sold(
        &self,
        region: Region,
        platforms: &[Platform],
    ) -> Vec<(Product, Sourced<Rate<InstanceHour>>)> {
        let types = self.sells(region).into_iter();
        let products = types.flat_map(|instance_type| {
            platforms.iter().map(move |platform| Product {
                region,
                instance_type,
                platform: *platform,
                tenancy: Tenancy::Shared,
            })
        });
        products
            .filter_map(|product| Some((product, self.on_demand(product).ok()?)))
            .collect()
    }
}

impl ReservedPrice {
    /// What an hour costs under an offer, with the upfront fee spread over its term; exact.
    pub fn hourly_under(self, offer: Offer) -> Money {
        match offer.term() {
            Some(term) => self.effective_hourly(term),
            None => self.hourly.for_one(),
        }
    }
}

/// Does `work` for each region on as many threads as the machine has; the answers stand in the regions' order.
pub fn by_region<T: Send>(regions: &[Region], work: impl Fn(Region) -> T + Sync) -> Vec<T> {
    let regions = regions.iter().copied();
    let Ok(answers) = side_by_side(threads::of_machine(), regions, |region| {
        Ok::<T, Infallible>(work(region))
    });
    answers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_26_offers_and_each_is_named_once() {
        // On-Demand, Spot, and 2 classes and 2 kinds x 2 terms x 3 payment options.
        let names: std::collections::BTreeSet<String> =
            Offer::every().map(|offer| offer.to_string()).collect();
        assert_eq!(names.len(), 2 + 2 * 2 * 2 * 3);
        assert_eq!(Offer::every().count(), 26);
    }

    #[test]
    fn answers_stand_in_the_order_of_the_regions() {
        let regions: Vec<Region> = Region::all().collect();
        let answers = by_region(&regions, |region| region);
        assert_eq!(answers, regions);
    }

    #[test]
    fn a_quote_is_what_the_question_of_its_kind_answers() {
        let book = PriceBook::builtin();
        let region = "eu-west-1".parse().unwrap();
        let (product, on_demand) = book.sold(region, &[Platform::LINUX]).remove(0);
        let quote = book.quote(product, Offer::OnDemand).unwrap();
        assert_eq!(quote.value.hourly, on_demand.value);
        let offer = Offer::Reserved(
            OfferingClass::Standard,
            Term::OneYear,
            PaymentOption::AllUpfront,
        );
        let (class, term, payment) = (
            OfferingClass::Standard,
            Term::OneYear,
            PaymentOption::AllUpfront,
        );
        let reserved = book.reserved(product, class, term, payment).unwrap();
        let quote = book.quote(product, offer).unwrap();
        assert_eq!(quote, reserved);
        assert_eq!(
            quote.value.hourly_under(offer),
            reserved.value.upfront.per(8_760)
        );
    }
}
