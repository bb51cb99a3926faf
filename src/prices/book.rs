//! The price book: what everything else asks.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::answer::{MissingPrice, Product, Provenance, ReservedPrice, Sourced};
use super::bundled::{self, Bundled};
use super::derive;
use super::discounts::Contract;
use super::packed::Damaged;
use super::question::{Question, Why};
use super::spot_prices::SpotPrices;
use super::user_book::{UserBook, joined_id};
use super::user_charges::OpenCharges;
use crate::catalog::{InstanceType, OfferingClass, PaymentOption, Region, SavingsPlanKind, Term};
use crate::units::{InstanceHour, Money, Rate};

/// A way AWS sells an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Offer {
    /// By the second, without commitment.
    OnDemand,
    /// A Reserved Instance.
    Reserved(OfferingClass, Term, PaymentOption),
    /// A Savings Plan.
    SavingsPlan(SavingsPlanKind, Term, PaymentOption),
    /// Spare capacity, at its average price.
    Spot,
}

/// A price from outside the bundled book: of a bill, a test, a user's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenRate {
    /// What is priced.
    pub product: Product,
    /// How it is bought.
    pub offer: Offer,
    /// Paid at purchase; nothing but for Reserved Instances.
    pub upfront: Money,
    /// Paid by the hour; for Savings Plans the rate that the commitment is counted at.
    pub hourly: Rate<InstanceHour>,
    /// Where it is known from.
    pub provenance: Provenance,
}

/// A given rate that cannot be in a price book.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRate {
    /// Something free: nothing that AWS sells is.
    #[error("the {offer} rate for {product} is zero")]
    Zero {
        /// Of what.
        product: Product,
        /// How it is bought.
        offer: Offer,
    },
    /// Two rates for one thing.
    #[error("there are two {offer} rates for {product}")]
    Twice {
        /// Of what.
        product: Product,
        /// How it is bought.
        offer: Offer,
    },
    /// A fee paid at once, where there is none.
    #[error("an {offer} rate for {product} has no upfront fee")]
    Upfront {
        /// Of what.
        product: Product,
        /// How it is bought.
        offer: Offer,
    },
}

/// Rates with key, source and day. One currency (US dollars), no two rates for one key.
#[derive(Debug)]
pub struct PriceBook {
    id: String,
    as_of: NaiveDate,
    given: BTreeMap<(Product, Offer), Sourced<ReservedPrice>>,
    user: Option<UserBook>,
    bundled: Option<Bundled>,
    contract: Option<Contract>,
    spot_prices: Option<SpotPrices>,
}

impl PriceBook {
    /// The book in the binary. Cheap: regions are unpacked when they are first asked for.
    pub fn builtin() -> Self {
        Self {
            id: bundled::ID.to_owned(),
            as_of: bundled::AS_OF.parse().unwrap_or_default(),
            given: BTreeMap::new(),
            user: None,
            bundled: Some(Bundled::open()),
            contract: None,
            spot_prices: None,
        }
    }

    /// A book of nothing but the given rates. Its day is the newest of them.
    pub fn from_rates(
        id: impl Into<String>,
        rates: impl IntoIterator<Item = GivenRate>,
    ) -> Result<Self, InvalidRate> {
        let empty = Self {
            id: id.into(),
            as_of: NaiveDate::MIN,
            given: BTreeMap::new(),
            user: None,
            bundled: None,
            contract: None,
            spot_prices: None,
        };
        empty.with_rates(rates)
    }

    /// This book with rates that go before its own; they must not contradict each other.
    pub fn with_rates(
        mut self,
        rates: impl IntoIterator<Item = GivenRate>,
    ) -> Result<Self, InvalidRate> {
        for GivenRate {
            product,
            offer,
            upfront,
            hourly,
            provenance,
        } in rates
        {
            if upfront.is_zero() && hourly.is_zero() {
                return Err(InvalidRate::Zero { product, offer });
            }
            if !upfront.is_zero() && !matches!(offer, Offer::Reserved(..)) {
                return Err(InvalidRate::Upfront { product, offer });
            }
            self.as_of = self.as_of.max(provenance.as_of);
            let price = Sourced {
                value: ReservedPrice { upfront, hourly },
                provenance,
            };
            if self.given.insert((product, offer), price).is_some() {
                return Err(InvalidRate::Twice { product, offer });
            }
        }
        Ok(self)
    }

    /// This book with a user's rates, which go before its own one by one. The id names both.
    #[must_use]
    pub fn with_user_book(mut self, user: UserBook) -> Self {
        self.id = joined_id(&self.id, user.id());
        self.as_of = self.as_of.max(user.as_of());
        self.user = Some(user);
        self
    }

    /// This book with negotiated discounts: its rates stay the public ones, and the contract says what is paid
    /// of them.
    #[must_use]
    pub fn with_contract(mut self, contract: Contract) -> Self {
        self.contract = Some(contract);
        self
    }

    /// Takes Spot prices from moment to moment, which go before its averages. They are no part of its id.
    pub fn set_spot_prices(&mut self, prices: SpotPrices) {
        self.spot_prices = Some(prices);
    }

    /// Spot prices from moment to moment, if there are any.
    pub fn spot_prices(&self) -> Option<&SpotPrices> {
        self.spot_prices.as_ref()
    }

    /// The negotiated discounts, if there are any.
    pub fn contract(&self) -> Option<&Contract> {
        self.contract.as_ref()
    }

    /// Names the book's content: the beginning of the sha256 of the bundled facts, or the given name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The newest day of its prices.
    pub fn as_of(&self) -> NaiveDate {
        self.as_of
    }

    /// The currency of every price.
    pub fn currency(&self) -> &'static str {
        "USD"
    }

    /// The regions it has prices for, with how many instance types, ordered by code.
    pub fn regions(&self) -> BTreeMap<Region, usize> {
        let mut regions: BTreeMap<Region, usize> = BTreeMap::new();
        if let Some(bundled) = &self.bundled {
            regions.extend(bundled.regions());
        }
        for (product, _) in self.given.keys() {
            regions.entry(product.region).or_default();
        }
        for region in self.user.iter().flat_map(UserBook::regions) {
            regions.insert(region, self.sells(region).len());
        }
        regions
    }

    /// The instance types sold in a region, ordered.
    pub fn sells(&self, region: Region) -> Vec<InstanceType> {
        let section = self
            .bundled
            .as_ref()
            .and_then(|b| b.section(region).ok().flatten());
        let mut types = section.map_or_else(Vec::new, |section| section.types().to_vec());
        let given = self
            .given
            .keys()
            .filter(|(product, _)| product.region == region);
        types.extend(given.map(|(product, _)| product.instance_type));
        let user = self.user.as_ref();
        types.extend(user.map_or(&[][..], |user| user.types(region)));
        types.sort_unstable();
        types.dedup();
        types
    }

    /// The On-Demand rate.
    pub fn on_demand(&self, product: Product) -> Result<Sourced<Rate<InstanceHour>>, MissingPrice> {
        self.rate(product, Offer::OnDemand)
    }

    /// The average Spot price.
    pub fn spot(&self, product: Product) -> Result<Sourced<Rate<InstanceHour>>, MissingPrice> {
        self.rate(product, Offer::Spot)
    }

    /// The price of a Reserved Instance. Refused at or above On-Demand.
    pub fn reserved(
        &self,
        product: Product,
        class: OfferingClass,
        term: Term,
        payment: PaymentOption,
    ) -> Result<Sourced<ReservedPrice>, MissingPrice> {
        self.quote(product, Offer::Reserved(class, term, payment))
    }

    /// The rate that a Savings Plan counts an hour at, whatever part of the plan was paid upfront. Refused at
    /// or above On-Demand.
    pub fn savings_plan(
        &self,
        product: Product,
        kind: SavingsPlanKind,
        term: Term,
        payment: PaymentOption,
    ) -> Result<Sourced<Rate<InstanceHour>>, MissingPrice> {
        self.rate(product, Offer::SavingsPlan(kind, term, payment))
    }

    /// The price of any offer; nothing upfront but for Reserved Instances.
    pub fn quote(
        &self,
        product: Product,
        offer: Offer,
    ) -> Result<Sourced<ReservedPrice>, MissingPrice> {
        self.quotes(product).get(offer)
    }

    /// The offers of a product: what they share is looked up once.
    pub fn quotes(&self, product: Product) -> Quotes<'_> {
        Quotes {
            book: self,
            product,
            question: OnceCell::new(),
        }
    }

    /// What a user's book prices beside instances in a region.
    pub(super) fn user_charges(&self, region: Region) -> Result<Option<&OpenCharges>, Damaged> {
        match &self.user {
            Some(user) => user.charges(region),
            None => Ok(None),
        }
    }

    /// The regions in which a user's book prices something beside instances.
    pub(super) fn charged_regions(&self) -> impl Iterator<Item = Region> {
        self.user.iter().flat_map(UserBook::charged_regions)
    }

    /// The facts in the binary; none in a book of given rates.
    pub(super) fn bundled(&self) -> Option<&Bundled> {
        self.bundled.as_ref()
    }

    /// What the rates price in a region that were given or are a user's.
    pub(super) fn given(&self, region: Region) -> impl Iterator<Item = (Product, Offer)> {
        let given = self.given.keys().copied();
        let user = self.user.iter().flat_map(move |user| user.keys(region));
        given
            .filter(move |(product, _)| product.region == region)
            .chain(user)
    }

    /// Whether the bundled rates stand behind the given ones.
    pub(super) const fn is_bundled(&self) -> bool {
        self.bundled.is_some()
    }

    /// What the payment option of a Reserved Instance usually costs, when Partial Upfront costs 1; `None`
    /// without the bundled rules.
    pub(super) fn payment_weight(
        &self,
        class: OfferingClass,
        term: Term,
        payment: PaymentOption,
    ) -> Option<Decimal> {
        let shared = self.bundled.as_ref()?.shared().ok()?;
        Some(shared.rules.parameters.payment(class, term, payment))
    }

    fn rate(
        &self,
        product: Product,
        offer: Offer,
    ) -> Result<Sourced<Rate<InstanceHour>>, MissingPrice> {
        let price = self.quote(product, offer)?;
        Ok(Sourced {
            value: price.value.hourly,
            provenance: price.provenance,
        })
    }
}

/// The offers of one product.
#[derive(Debug)]
pub struct Quotes<'a> {
    book: &'a PriceBook,
    product: Product,
    question: OnceCell<Result<Question<'a>, Why>>,
}

impl Quotes<'_> {
    /// The price of an offer; nothing upfront but for Reserved Instances.
    pub fn get(&self, offer: Offer) -> Result<Sourced<ReservedPrice>, MissingPrice> {
        let (book, product) = (self.book, self.product);
        if let Some(given) = book.given.get(&(product, offer)) {
            return Ok(given.clone());
        }
        let user = book.user.as_ref().map(|user| user.get(product, offer));
        let found = match (user, &book.bundled) {
            (Some(Ok(Some(price))), _) => return Ok(price),
            (Some(Err(damaged)), _) => Err(damaged.into()),
            (_, Some(bundled)) => self
                .question
                .get_or_init(|| Question::new(bundled, product))
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|question| derive::quote(question, offer)),
            (_, None) => Err(String::new()),
        };
        found.map_err(|known| MissingPrice {
            asked: "the price book",
            wanted: offer.to_string(),
            product,
            known,
        })
    }
}

impl ReservedPrice {
    /// What an hour costs with the upfront fee spread over the term; exact.
    pub fn effective_hourly(self, term: Term) -> Money {
        self.upfront.per(i128::from(term.hours())) + self.hourly.for_one()
    }
}

/// `On-Demand`, `Standard Reserved (1 year, No Upfront)`, `Compute Savings Plan (3 years, All Upfront)`.
impl std::fmt::Display for Offer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OnDemand => f.pad("On-Demand"),
            Self::Spot => f.pad("Spot"),
            Self::Reserved(class, term, payment) => {
                f.pad(&format!("{class} Reserved ({term}, {payment})"))
            }
            Self::SavingsPlan(kind, term, payment) => f.pad(&format!("{kind} ({term}, {payment})")),
        }
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::*;
    use crate::catalog::{Platform, Tenancy};
    use crate::prices::Basis;

    fn given(offer: Offer, upfront: Decimal, hourly: Decimal) -> GivenRate {
        let product = Product {
            region: "us-east-1".parse().unwrap(),
            instance_type: "m5.large".parse().unwrap(),
            platform: Platform::LINUX,
            tenancy: Tenancy::Shared,
        };
        let provenance = Provenance {
            source: "a bill".into(),
            as_of: NaiveDate::from_ymd_opt(2018, 10, 1).unwrap(),
            basis: Basis::Observed,
        };
        GivenRate {
            product,
            offer,
            upfront: Money::from_decimal(upfront).unwrap(),
            hourly: Rate::from_decimal(hourly).unwrap(),
            provenance,
        }
    }

    #[test]
    fn given_rates_go_before_the_bundled_ones() {
        let rate = given(Offer::OnDemand, dec!(0), dec!(0.05));
        let product = rate.product;
        let book = PriceBook::builtin().with_rates([rate.clone()]).unwrap();
        let found = book.on_demand(product).unwrap();
        assert_eq!(
            (found.value, found.provenance),
            (rate.hourly, rate.provenance)
        );
        assert!(book.spot(product).is_ok());
    }

    #[test]
    fn a_book_of_given_rates_has_no_others() {
        let rate = given(Offer::OnDemand, dec!(0), dec!(0.05));
        let product = rate.product;
        let book = PriceBook::from_rates("bill", [rate]).unwrap();
        assert!(book.on_demand(product).is_ok());
        assert_eq!(book.sells(product.region), [product.instance_type]);
        assert_eq!(book.as_of().to_string(), "2018-10-01");
        assert_eq!(
            book.spot(product).unwrap_err().to_string(),
            "the price book has no Spot rate for m5.large Linux in us-east-1"
        );
    }

    #[test]
    fn rates_that_contradict_or_are_free_are_refused() {
        let build = |rates: Vec<GivenRate>| PriceBook::from_rates("test", rates).unwrap_err();
        let rate = || given(Offer::OnDemand, dec!(0), dec!(0.05));
        assert!(matches!(
            build(vec![rate(), rate()]),
            InvalidRate::Twice { .. }
        ));
        let free = given(Offer::Spot, dec!(0), dec!(0));
        assert!(matches!(build(vec![free]), InvalidRate::Zero { .. }));
        let upfront = given(Offer::OnDemand, dec!(1), dec!(0.05));
        assert!(matches!(build(vec![upfront]), InvalidRate::Upfront { .. }));
    }

    #[test]
    fn threads_may_share_a_book() {
        fn assert_shared<T: Send + Sync>() {}
        assert_shared::<PriceBook>();
    }
}
