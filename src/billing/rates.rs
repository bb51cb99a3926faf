//! What billing asks of prices, and a small table that answers it.

use std::collections::BTreeMap;

use crate::catalog::{PaymentOption, Region, SavingsPlanKind, ServiceItem, Term, Zone};
use crate::prices::{Contract, MissingPrice, MissingService, PriceBook, Product};
use crate::units::{Hour, InstanceHour, Metered, Rate};

/// The rates that a bill is made with: a price book's, or the ones found in a bill.
pub trait Rates {
    /// On-Demand, for one instance-hour.
    fn on_demand(&self, product: Product) -> Result<Rate<InstanceHour>, MissingPrice>;

    /// Under a Savings Plan, for one instance-hour.
    fn savings_plan(
        &self,
        product: Product,
        kind: SavingsPlanKind,
        term: Term,
        payment: PaymentOption,
    ) -> Result<Rate<InstanceHour>, MissingPrice>;

    /// Average Spot price, for one instance-hour.
    fn spot(&self, product: Product) -> Result<Rate<InstanceHour>, MissingPrice>;

    /// Whether Spot prices in force are known at all.
    fn has_spot_prices(&self) -> bool {
        false
    }

    /// The Spot price in force at the start of an hour; `None` where it is not known, and the average holds.
    fn spot_in_force(
        &self,
        _product: Product,
        _zone: Option<Zone>,
        _hour: Hour,
    ) -> Option<Rate<InstanceHour>> {
        None
    }

    /// Under a Savings Plan, for a unit of what is used beside instances: Fargate, Lambda, Dedicated Hosts, databases.
    fn service_plan(
        &self,
        region: Region,
        item: &ServiceItem,
        kind: SavingsPlanKind,
        term: Term,
        payment: PaymentOption,
    ) -> Result<Rate<Metered>, MissingService>;

    /// Negotiated discounts. The rates are the public ones all the same: AWS applies commitments at those, and
    /// the contract says what is paid.
    fn contract(&self) -> Option<&Contract> {
        None
    }
}

impl Rates for PriceBook {
    fn on_demand(&self, product: Product) -> Result<Rate<InstanceHour>, MissingPrice> {
        Self::on_demand(self, product).map(|price| price.value)
    }

    fn savings_plan(
        &self,
        product: Product,
        kind: SavingsPlanKind,
        term: Term,
        payment: PaymentOption,
    ) -> Result<Rate<InstanceHour>, MissingPrice> {
        Self::savings_plan(self, product, kind, term, payment).map(|price| price.value)
    }

    fn spot(&self, product: Product) -> Result<Rate<InstanceHour>, MissingPrice> {
        Self::spot(self, product).map(|price| price.value)
    }

    fn has_spot_prices(&self) -> bool {
        self.spot_prices().is_some()
    }

    fn spot_in_force(
        &self,
        product: Product,
        zone: Option<Zone>,
        hour: Hour,
    ) -> Option<Rate<InstanceHour>> {
        self.spot_prices()?.at(product, zone, hour)
    }

    fn service_plan(
        &self,
        region: Region,
        item: &ServiceItem,
        kind: SavingsPlanKind,
        term: Term,
        payment: PaymentOption,
    ) -> Result<Rate<Metered>, MissingService> {
        let rate = self.savings_plan_beside(region, item, kind, term, payment);
        rate.map(|rate| rate.value)
    }

    fn contract(&self) -> Option<&Contract> {
        Self::contract(self)
    }
}

/// Rates listed one by one, as a replay of a bill or a worked example has them.
#[derive(Debug, Clone, Default)]
pub struct RateTable {
    on_demand: BTreeMap<Product, Rate<InstanceHour>>,
    spot: BTreeMap<Product, Rate<InstanceHour>>,
    savings_plan: BTreeMap<(Product, SavingsPlanKind), Rate<InstanceHour>>,
    service_plan: BTreeMap<(Region, ServiceItem, SavingsPlanKind), Rate<Metered>>,
}

impl RateTable {
    /// Sets the On-Demand rate of a product.
    pub fn set_on_demand(&mut self, product: Product, rate: Rate<InstanceHour>) {
        self.on_demand.insert(product, rate);
    }

    /// Sets the Spot rate of a product.
    pub fn set_spot(&mut self, product: Product, rate: Rate<InstanceHour>) {
        self.spot.insert(product, rate);
    }

    /// Sets the Savings Plan rate of a product, whatever the term and the payment option.
    pub fn set_savings_plan(
        &mut self,
        product: Product,
        kind: SavingsPlanKind,
        rate: Rate<InstanceHour>,
    ) {
        self.savings_plan.insert((product, kind), rate);
    }

    /// Sets the Savings Plan rate of use beside instances, whatever the term and the payment option.
    pub fn set_service_plan(
        &mut self,
        region: Region,
        item: ServiceItem,
        kind: SavingsPlanKind,
        rate: Rate<Metered>,
    ) {
        self.service_plan.insert((region, item, kind), rate);
    }
}

impl Rates for RateTable {
    fn on_demand(&self, product: Product) -> Result<Rate<InstanceHour>, MissingPrice> {
        self.on_demand
            .get(&product)
            .copied()
            .ok_or_else(|| missing("On-Demand", product))
    }

    fn savings_plan(
        &self,
        product: Product,
        kind: SavingsPlanKind,
        _term: Term,
        _payment: PaymentOption,
    ) -> Result<Rate<InstanceHour>, MissingPrice> {
        self.savings_plan
            .get(&(product, kind))
            .copied()
            .ok_or_else(|| missing(kind.label(), product))
    }

    fn service_plan(
        &self,
        region: Region,
        item: &ServiceItem,
        kind: SavingsPlanKind,
        _term: Term,
        _payment: PaymentOption,
    ) -> Result<Rate<Metered>, MissingService> {
        let known = self.service_plan.get(&(region, item.clone(), kind));
        known
            .copied()
            .ok_or_else(|| missing_service(region, item, kind))
    }

    fn spot(&self, product: Product) -> Result<Rate<InstanceHour>, MissingPrice> {
        self.spot
            .get(&product)
            .copied()
            .ok_or_else(|| missing("Spot", product))
    }
}

fn missing(wanted: &str, product: Product) -> MissingPrice {
    MissingPrice {
        asked: "the bill",
        wanted: wanted.to_owned(),
        product,
        known: String::new(),
    }
}

fn missing_service(region: Region, item: &ServiceItem, kind: SavingsPlanKind) -> MissingService {
    MissingService {
        wanted: format!("{kind} rate for `{item}`"),
        region,
        known: String::new(),
    }
}
