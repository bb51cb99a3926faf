//! The rates of a bill for its own replay, told apart by term and payment option where plans differ in them.

use std::collections::BTreeMap;

use super::beside::Beside;
use crate::analysis::found::{average_rates, stated_rates};
use crate::analysis::{portfolio_of, rates_of};
use crate::billing::{RateTable, Rates, product_of};
use crate::catalog::{PaymentOption, Region, SavingsPlanKind, ServiceItem, Term};
use crate::demand::Market;
use crate::demand::import::{Cover, FoundCommitments};
use crate::prices::{MissingPrice, MissingService, Product};
use crate::units::{InstanceHour, Metered, Rate};

/// What distinguishes Savings Plan rates of one product.
type Terms = (Product, SavingsPlanKind, Term, PaymentOption);

/// The same of use beside instances.
type TermsBeside = (Region, ServiceItem, SavingsPlanKind, Term, PaymentOption);

/// Rates as the bill states them.
#[derive(Debug, Clone)]
pub struct BillRates {
    table: RateTable,
    plans: BTreeMap<Terms, Rate<InstanceHour>>,
    beside: BTreeMap<TermsBeside, Rate<Metered>>,
    /// Products with several On-Demand rates, and how many.
    several: Vec<(Product, usize)>,
    /// Products whose rate was worked out of their cost.
    implied: Vec<Product>,
}

impl BillRates {
    /// The rates of everything a bill shows.
    pub fn new(found: &FoundCommitments) -> Self {
        let (portfolio, _) = portfolio_of(found);
        let owned = portfolio.savings_plans.iter();
        let terms: BTreeMap<&str, _> = owned
            .map(|plan| {
                let terms = (plan.scope.kind(), plan.term, plan.payment_option);
                (plan.id.as_str(), terms)
            })
            .collect();
        let mut plans = BTreeMap::new();
        for usage in &found.usage {
            let Cover::SavingsPlan(arn) = &usage.cover else {
                continue;
            };
            let rate = usage
                .plan_rate
                .and_then(|rate| Rate::from_decimal_rounded(rate).ok());
            if let (Some(&(kind, term, payment)), Some(rate)) = (terms.get(arn.as_ref()), rate) {
                plans.insert((product_of(&usage.key), kind, term, payment), rate);
            }
        }
        let stated = stated_rates(found).into_iter();
        let counted = stated.map(|(product, rates)| (product, rates.len()));
        Self {
            table: rates_of(found),
            plans,
            beside: BTreeMap::new(),
            several: counted.filter(|&(_, rates)| rates > 1).collect(),
            implied: Vec::new(),
        }
    }

    /// The same, and what plans of the bill counted use beside instances at.
    pub(super) fn with_beside(found: &FoundCommitments, beside: &Beside) -> Self {
        let (portfolio, _) = portfolio_of(found);
        let mut rates = Self::new(found);
        let covered = beside
            .rows
            .iter()
            .filter_map(|row| Some((&row.key, row.cover.as_ref()?)));
        for (key, cover) in covered {
            let mut plans = portfolio.savings_plans.iter();
            if let Some(plan) = plans.find(|plan| plan.id == cover.arn) {
                let (kind, term) = (plan.scope.kind(), plan.term);
                let terms = (
                    key.region,
                    key.item.clone(),
                    kind,
                    term,
                    plan.payment_option,
                );
                rates.beside.insert(terms, cover.rate);
            }
        }
        rates
    }

    /// The same, and for products whose On-Demand rate the bill does not state, what its uncovered hours cost on
    /// average: so the bill's own money comes out, while the order of plans may not be AWS's.
    pub fn with_implied(found: &FoundCommitments) -> Self {
        let mut rates = Self::new(found);
        for (product, rate) in average_rates(found, Market::OnDemand) {
            if !rate.is_zero() && rates.table.on_demand(product).is_err() {
                rates.table.set_on_demand(product, rate);
                rates.implied.push(product);
            }
        }
        rates
    }

    /// Products whose On-Demand rate was worked out of the cost of their hours.
    pub fn implied(&self) -> &[Product] {
        &self.implied
    }

    /// Products of which the bill states more than one On-Demand rate, and how many; one of them is taken.
    pub fn several(&self) -> &[(Product, usize)] {
        &self.several
    }
}

impl Rates for BillRates {
    fn on_demand(&self, product: Product) -> Result<Rate<InstanceHour>, MissingPrice> {
        self.table.on_demand(product)
    }

    fn savings_plan(
        &self,
        product: Product,
        kind: SavingsPlanKind,
        term: Term,
        payment: PaymentOption,
    ) -> Result<Rate<InstanceHour>, MissingPrice> {
        match self.plans.get(&(product, kind, term, payment)) {
            Some(&rate) => Ok(rate),
            None => self.table.savings_plan(product, kind, term, payment),
        }
    }

    fn spot(&self, product: Product) -> Result<Rate<InstanceHour>, MissingPrice> {
        self.table.spot(product)
    }

    fn service_plan(
        &self,
        region: Region,
        item: &ServiceItem,
        kind: SavingsPlanKind,
        term: Term,
        payment: PaymentOption,
    ) -> Result<Rate<Metered>, MissingService> {
        match self
            .beside
            .get(&(region, item.clone(), kind, term, payment))
        {
            Some(&rate) => Ok(rate),
            None => self.table.service_plan(region, item, kind, term, payment),
        }
    }
}
