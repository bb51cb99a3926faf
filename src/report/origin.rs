//! Where the price behind a charge is known from: its source, the source's day, and how it follows from it.

use crate::analysis::reserved_price;
use crate::billing::{Charge, ChargeKind, product_of};
use crate::catalog::{Region, ServiceItem, Tenancy};
use crate::commitment::{Portfolio, ReservedInstance};
use crate::demand::{DemandKey, Market};
use crate::prices::{PriceBook, Provenance, ReservedPrice};

/// Why an instance has no price of its own.
const IN_BLOCK: &str = "in a Capacity Block, paid for as a whole";
const ON_HOST: &str = "on a Dedicated Host, paid for as a whole";
const UNPRICED: &str = "no price: in no total";
const BILLS_RATE: &str = "the bill's own rate";
const BILLS_SPOT: &str = "average of the bill's Spot rows";

/// Where a price is known from, as documents say it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// Id of the source in `pricing-data/sources.toml`, a user's file, or words where it is neither.
    pub source: String,
    /// The day the source stood for; empty for what was stated.
    pub as_of: String,
    /// `observed`, `rule sp-as-ri`, `estimated ±5 %`, `stated`.
    pub basis: String,
}

/// What tells where prices are known from.
#[derive(Clone, Copy)]
pub struct Origins<'a> {
    /// Who uses what.
    pub keys: &'a [DemandKey],
    /// The commitments.
    pub portfolio: &'a Portfolio,
    /// The prices.
    pub book: &'a PriceBook,
}

impl Origin {
    /// Of a price of the book.
    pub fn of(provenance: &Provenance) -> Self {
        Self {
            source: provenance.source.to_string(),
            as_of: provenance.as_of.to_string(),
            basis: provenance.basis.to_string(),
        }
    }

    /// Of what somebody states.
    fn stated(by: &str) -> Self {
        Self {
            source: by.to_owned(),
            as_of: String::new(),
            basis: "stated".to_owned(),
        }
    }
}

impl Origins<'_> {
    /// Of a charge of instances, or of a commitment.
    pub fn of_charge(&self, charge: &Charge) -> Origin {
        let key = charge.key.map(|key| &self.keys[key]);
        match charge.kind {
            ChargeKind::OnDemand | ChargeKind::Spot => {
                let found = key.map(|key| usage_price(Some(self.book), key));
                match found.unwrap_or(Err(UNPRICED)) {
                    Ok(provenance) => Origin::of(&provenance),
                    Err(words) => Origin::stated(words),
                }
            }
            ChargeKind::Reserved(index)
            | ChargeKind::UnusedReserved(index)
            | ChargeKind::ReservedUpfront(index)
            | ChargeKind::ReservedRecurring(index) => {
                self.reserved(&self.portfolio.reserved_instances[index])
            }
            ChargeKind::SavingsPlan(index) => {
                key.map_or_else(commitment, |key| self.plan_rate(index, key))
            }
            ChargeKind::UnusedSavingsPlan(_)
            | ChargeKind::SavingsPlanUpfront(_)
            | ChargeKind::SavingsPlanRecurring(_) => commitment(),
        }
    }

    /// Of use beside instances, by what pays for it.
    pub fn of_use(&self, region: Region, item: &ServiceItem, kind: ChargeKind) -> Origin {
        let found = match kind {
            ChargeKind::SavingsPlan(index) => {
                let plan = &self.portfolio.savings_plans[index];
                let kind = plan.scope.kind();
                let (term, payment) = (plan.term, plan.payment_option);
                let rate = self
                    .book
                    .savings_plan_beside(region, item, kind, term, payment);
                rate.map(|rate| rate.provenance)
            }
            ChargeKind::Reserved(index) => {
                return self.reserved(&self.portfolio.reserved_instances[index]);
            }
            _ => {
                let price = self.book.service(region, item);
                price.map(|price| price.provenance)
            }
        };
        found.map_or_else(
            |_| Origin::stated("fees of the month"),
            |found| Origin::of(&found),
        )
    }

    fn plan_rate(&self, plan: usize, key: &DemandKey) -> Origin {
        let plan = &self.portfolio.savings_plans[plan];
        let (kind, product) = (plan.scope.kind(), product_of(key));
        let rate = self
            .book
            .savings_plan(product, kind, plan.term, plan.payment_option);
        rate.map_or_else(
            |_| Origin::stated(UNPRICED),
            |rate| Origin::of(&rate.provenance),
        )
    }

    /// The book's price where it is the one that is paid; else what the portfolio states.
    fn reserved(&self, ri: &ReservedInstance) -> Origin {
        let is_paid =
            |price: ReservedPrice| (price.upfront, price.hourly) == (ri.fee.upfront, ri.fee.hourly);
        match reserved_price(ri, self.book) {
            Ok(price) if is_paid(price.value) => Origin::of(&price.provenance),
            _ => Origin::stated("portfolio"),
        }
    }
}

/// A plan's commitment is what somebody committed to, at no rate.
fn commitment() -> Origin {
    Origin::stated("commitment")
}

/// Where the price of uncovered usage is known from, or why it has none of its own.
pub(super) fn usage_price(
    book: Option<&PriceBook>,
    key: &DemandKey,
) -> Result<Provenance, &'static str> {
    let Some(book) = book else {
        return Err(match key.market {
            Market::OnDemand | Market::UnusedCapacity => BILLS_RATE,
            Market::Spot | Market::SpotEligible => BILLS_SPOT,
            Market::CapacityBlock => IN_BLOCK,
        });
    };
    if key.tenancy == Tenancy::Host {
        return Err(ON_HOST);
    }
    let product = product_of(key);
    let found = match key.market {
        Market::OnDemand | Market::UnusedCapacity => book.on_demand(product),
        Market::Spot | Market::SpotEligible => book.spot(product),
        Market::CapacityBlock => return Err(IN_BLOCK),
    };
    found.map(|price| price.provenance).map_err(|_| UNPRICED)
}
