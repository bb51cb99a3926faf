//! Which rates a bill is made with: the price book's, or those that the billed file states itself.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::analysis::BillRates;
use crate::billing::{Rates, product_of};
use crate::catalog::{PaymentOption, Region, SavingsPlanKind, ServiceItem, Term, Zone};
use crate::demand::import::{BilledUsage, Cover, FoundCommitments};
use crate::demand::{Demand, DemandKey, Market};
use crate::prices::{Contract, MissingPrice, MissingService, PriceBook, Product};
use crate::units::{Hour, InstanceHour, Metered, Rate};

/// The rates of a bill.
#[derive(Debug, Clone)]
pub enum RatesUsed<'a> {
    /// The price book's.
    Book(&'a PriceBook),
    /// Those the bill states.
    Bill {
        /// Them.
        stated: Box<BillRates>,
        /// The price book, which answers where the bill states none if that is wanted; its negotiated discounts
        /// hold in any case.
        book: &'a PriceBook,
        /// Whether it is.
        fill: bool,
    },
}

impl RatesUsed<'_> {
    /// The word for it in documents.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Book(_) => "price book",
            Self::Bill { fill: false, .. } => "bill",
            Self::Bill { fill: true, .. } => "bill, then price book",
        }
    }

    /// Products of the demand whose rate the bill does not state, so that the price book's is taken.
    pub fn filled(&self, demand: &Demand) -> Vec<Product> {
        let Self::Bill {
            stated, fill: true, ..
        } = self
        else {
            return Vec::new();
        };
        let lacks = |key: &&DemandKey| match key.market {
            Market::Spot => stated.spot(product_of(key)).is_err(),
            _ => key.is_on_demand() && stated.on_demand(product_of(key)).is_err(),
        };
        let keys = demand.keys().iter();
        let mut filled: Vec<Product> = keys.filter(lacks).map(product_of).collect();
        filled.sort_unstable();
        filled.dedup();
        filled
    }

    const fn book(&self) -> &PriceBook {
        match self {
            Self::Book(book) | Self::Bill { book, .. } => book,
        }
    }

    /// What the bill states, or what the book has where that is wanted.
    fn ask(
        &self,
        book: impl Fn(&PriceBook) -> Result<Rate<InstanceHour>, MissingPrice>,
        bill: impl Fn(&BillRates) -> Result<Rate<InstanceHour>, MissingPrice>,
    ) -> Result<Rate<InstanceHour>, MissingPrice> {
        match self {
            Self::Book(prices) => book(prices),
            Self::Bill {
                stated,
                book: prices,
                fill,
            } => bill(stated).or_else(|missing| if *fill { book(prices) } else { Err(missing) }),
        }
    }
}

impl Rates for RatesUsed<'_> {
    fn on_demand(&self, product: Product) -> Result<Rate<InstanceHour>, MissingPrice> {
        self.ask(
            |book| Rates::on_demand(book, product),
            |bill| bill.on_demand(product),
        )
    }

    fn savings_plan(
        &self,
        product: Product,
        kind: SavingsPlanKind,
        term: Term,
        payment: PaymentOption,
    ) -> Result<Rate<InstanceHour>, MissingPrice> {
        self.ask(
            |book| Rates::savings_plan(book, product, kind, term, payment),
            |bill| bill.savings_plan(product, kind, term, payment),
        )
    }

    fn spot(&self, product: Product) -> Result<Rate<InstanceHour>, MissingPrice> {
        self.ask(|book| Rates::spot(book, product), |bill| bill.spot(product))
    }

    fn has_spot_prices(&self) -> bool {
        self.book().spot_prices().is_some()
    }

    fn spot_in_force(
        &self,
        product: Product,
        zone: Option<Zone>,
        hour: Hour,
    ) -> Option<Rate<InstanceHour>> {
        self.book().spot_in_force(product, zone, hour)
    }

    /// What is used beside instances is billed at the book's prices, whatever instances are billed at.
    fn service_plan(
        &self,
        region: Region,
        item: &ServiceItem,
        kind: SavingsPlanKind,
        term: Term,
        payment: PaymentOption,
    ) -> Result<Rate<Metered>, MissingService> {
        self.book().service_plan(region, item, kind, term, payment)
    }

    fn contract(&self) -> Option<&Contract> {
        self.book().contract()
    }
}

/// On-Demand hours of a product that a bill charges otherwise than at the rate taken for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChargedOtherwise {
    /// The product.
    pub product: Product,
    /// What the bill charges for its uncovered hours, in dollars.
    pub charged: Decimal,
    /// What they come to at the rate taken, in dollars.
    pub at_rate: Decimal,
}

/// Where a bill charges a cent less or more for uncovered hours than its own rates say: free tier, credits taken off
/// the row, a negotiated price, a price that changed.
pub fn charged_otherwise(found: &FoundCommitments, rates: &BillRates) -> Vec<ChargedOtherwise> {
    let mut sums: BTreeMap<Product, (i128, i128)> = BTreeMap::new();
    let on_demand = |usage: &&BilledUsage| usage.key.is_on_demand() && usage.cover == Cover::None;
    for usage in found.usage.iter().filter(on_demand) {
        let (nano_hours, pico_dollars) = sums.entry(product_of(&usage.key)).or_default();
        for hour in &usage.hours {
            *nano_hours += i128::from(hour.nano_hours);
            *pico_dollars += i128::from(hour.pico_dollars);
        }
    }
    let compared = sums.into_iter().filter_map(|(product, (nano, pico))| {
        let rate = rates.on_demand(product).ok()?.to_decimal();
        let at_rate = Decimal::try_from_i128_with_scale(nano, 9).ok()? * rate;
        let charged = Decimal::try_from_i128_with_scale(pico, 12).ok()?;
        Some(ChargedOtherwise {
            product,
            charged,
            at_rate,
        })
    });
    let cent = Decimal::new(1, 2);
    compared
        .filter(|found| (found.charged - found.at_rate).abs() >= cent)
        .collect()
}
