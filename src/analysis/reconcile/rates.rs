//! The rates of a bill for its own replay, told apart by term and payment option where plans differ in them.

use std::collections::BTreeMap;

use crate::analysis::{portfolio_of, rates_of};
use crate::billing::{RateTable, Rates, product_of};
use crate::catalog::{PaymentOption, SavingsPlanKind, Term};
use crate::demand::import::{Cover, FoundCommitments};
use crate::prices::{MissingPrice, Product};
use crate::units::{InstanceHour, Rate};

/// What distinguishes Savings Plan rates of one product.
type Terms = (Product, SavingsPlanKind, Term, PaymentOption);

/// Rates as the bill states them.
#[derive(Debug, Clone)]
pub struct BillRates {
    table: RateTable,
    plans: BTreeMap<Terms, Rate<InstanceHour>>,
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
        Self {
            table: rates_of(found),
            plans,
        }
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
}
