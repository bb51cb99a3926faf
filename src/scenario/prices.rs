//! Prices that move: a percentage on some rates from an hour on, laid over the price book.

use std::fmt;

use super::change::During;
use super::ratio::Ratio;
use super::selector::Selector;
use crate::billing::{Rates, ServiceRates};
use crate::catalog::{PaymentOption, Region, SavingsPlanKind, ServiceItem, Term};
use crate::commitment::ReservedFee;
use crate::prices::{
    Allowance, Contract, MissingPrice, MissingService, PriceBook, Product, Sourced, Tier, Tiers,
};
use crate::units::{HourSpan, InstanceHour, Metered, Money, Rate, TICKS_PER_UNIT};

/// A percentage on some prices for some hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceChange {
    /// Of instances: by family, type, region and platform.
    pub select: Selector,
    /// Of a charge beside instances, in the selector's region if it has one.
    pub item: Option<ServiceItem>,
    /// Which prices of instances.
    pub offers: Vec<PricedOffer>,
    /// What becomes of the price.
    pub ratio: Ratio,
    /// When it holds.
    pub during: During,
}

/// Prices of instances that may move apart from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PricedOffer {
    /// On-Demand.
    OnDemand,
    /// Spot.
    Spot,
    /// What Savings Plans count usage at, those that are owned included.
    SavingsPlans,
    /// The fees of Reserved Instances that are bought; those that are owned keep theirs.
    Reserved,
}

impl PricedOffer {
    /// Every one with its word.
    pub(super) const ALL: [(&'static str, Self); 4] = [
        ("on-demand", Self::OnDemand),
        ("spot", Self::Spot),
        ("savings-plans", Self::SavingsPlans),
        ("reserved-instances", Self::Reserved),
    ];
}

impl PriceChange {
    /// Whether it moves a product's price under an offer.
    pub(super) fn moves(&self, product: Product, offer: PricedOffer) -> bool {
        let select = &self.select;
        self.item.is_none()
            && self.offers.contains(&offer)
            && select
                .family
                .is_none_or(|family| product.instance_type.family() == family)
            && select
                .instance_type
                .is_none_or(|own| product.instance_type == own)
            && select.region.is_none_or(|region| product.region == region)
            && select.platform.is_none_or(|own| product.platform == own)
    }

    /// Whether it moves the price of a charge beside instances.
    pub(super) fn moves_item(&self, region: Region, item: &ServiceItem) -> bool {
        self.item.as_ref() == Some(item) && self.select.region.is_none_or(|own| region == own)
    }
}

/// The price book with the prices that moved, as they are in some hours.
#[derive(Debug, Clone)]
pub struct MovedPrices<'a> {
    book: &'a PriceBook,
    changes: Vec<&'a PriceChange>,
}

impl<'a> MovedPrices<'a> {
    /// The changes that hold in a whole span.
    pub fn during(book: &'a PriceBook, changes: &'a [PriceChange], span: HourSpan) -> Self {
        let hold = |change: &&PriceChange| change.during.within(span) == span;
        Self {
            book,
            changes: changes.iter().filter(hold).collect(),
        }
    }

    fn rate(
        &self,
        product: Product,
        offer: PricedOffer,
        public: Rate<InstanceHour>,
    ) -> Rate<InstanceHour> {
        let changes = self.changes.iter();
        let moving = changes.filter(|change| change.moves(product, offer));
        moving.fold(public, |rate, change| moved(rate, change.ratio))
    }

    /// What a Reserved Instance costs that is bought at these prices.
    pub fn fee(&self, product: Product, fee: ReservedFee) -> ReservedFee {
        let changes = self.changes.iter();
        let moving = changes.filter(|change| change.moves(product, PricedOffer::Reserved));
        moving.fold(fee, |fee, change| ReservedFee {
            upfront: moved_fee(fee.upfront, change.ratio),
            hourly: moved(fee.hourly, change.ratio),
        })
    }

    /// The price book below.
    pub const fn book(&self) -> &'a PriceBook {
        self.book
    }
}

/// To the nearest step of 1e-10 dollars, as published prices are; nothing that costs something becomes free.
fn moved<U>(rate: Rate<U>, ratio: Ratio) -> Rate<U> {
    let steps = ratio.of_amount(rate.steps().into());
    let least = i128::from(!rate.is_zero());
    Rate::from_steps(u64::try_from(steps.max(least)).unwrap_or(u64::MAX))
}

fn moved_fee(fee: Money, ratio: Ratio) -> Money {
    let ticks = i128::from(TICKS_PER_UNIT);
    let steps = fee.atoms().div_euclid(ticks);
    Money::from_atoms(ratio.of_amount(steps) * ticks)
}

impl Rates for MovedPrices<'_> {
    fn on_demand(&self, product: Product) -> Result<Rate<InstanceHour>, MissingPrice> {
        let public = Rates::on_demand(self.book, product)?;
        Ok(self.rate(product, PricedOffer::OnDemand, public))
    }

    fn savings_plan(
        &self,
        product: Product,
        kind: SavingsPlanKind,
        term: Term,
        payment: PaymentOption,
    ) -> Result<Rate<InstanceHour>, MissingPrice> {
        let public = Rates::savings_plan(self.book, product, kind, term, payment)?;
        Ok(self.rate(product, PricedOffer::SavingsPlans, public))
    }

    fn spot(&self, product: Product) -> Result<Rate<InstanceHour>, MissingPrice> {
        let public = Rates::spot(self.book, product)?;
        Ok(self.rate(product, PricedOffer::Spot, public))
    }

    fn service_plan(
        &self,
        region: Region,
        item: &ServiceItem,
        kind: SavingsPlanKind,
        term: Term,
        payment: PaymentOption,
    ) -> Result<Rate<Metered>, MissingService> {
        let public = self.book.service_plan(region, item, kind, term, payment)?;
        let offer = PricedOffer::SavingsPlans;
        let moves = |change: &&&PriceChange| {
            change.moves_item(region, item) && change.offers.contains(&offer)
        };
        let moving = self.changes.iter().filter(moves);
        Ok(moving.fold(public, |rate, change| moved(rate, change.ratio)))
    }

    fn contract(&self) -> Option<&Contract> {
        self.book.contract()
    }
}

impl ServiceRates for MovedPrices<'_> {
    fn tiers(&self, region: Region, item: &ServiceItem) -> Result<Sourced<Tiers>, MissingService> {
        let mut price = ServiceRates::tiers(self.book, region, item)?;
        let changes = self.changes.iter();
        let moves = |change: &&&PriceChange| {
            change.moves_item(region, item) && change.offers.contains(&PricedOffer::OnDemand)
        };
        for change in changes.filter(moves) {
            let tiers = price.value.tiers().iter().map(|tier| Tier {
                rate: moved(tier.rate, change.ratio),
                ..*tier
            });
            // The bounds are those of tiers that stand.
            if let Ok(tiers) = Tiers::new(price.value.unit(), tiers.collect()) {
                price.value = tiers;
            }
        }
        Ok(price)
    }

    fn allowance(&self, region: Region, item: &ServiceItem) -> Option<Allowance> {
        ServiceRates::allowance(self.book, region, item)
    }

    fn contracted(&self, region: Region, item: &ServiceItem, public: &Tiers) -> Tiers {
        self.book.contracted(region, item, public)
    }
}

/// `+5 %`, `-10 %`.
pub(super) struct Signed(pub(super) Ratio);

impl fmt::Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let change =
            (self.0.to_decimal() - rust_decimal::Decimal::ONE) * rust_decimal::Decimal::ONE_HUNDRED;
        let change = change.round_dp(4).normalize();
        let sign = if change.is_sign_negative() { "" } else { "+" };
        write!(f, "{sign}{change} %")
    }
}
