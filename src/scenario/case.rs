//! A fleet while scenarios change it: usage, what is used beside instances, what is owned, prices that moved.

use std::collections::BTreeMap;

use super::prices::PriceChange;
use crate::commitment::Portfolio;
use crate::demand::{Demand, DemandKey, ServiceDemand};
use crate::diagnostics::Diagnostic;
use crate::units::HourSpan;

/// Everything a bill is made of but the price book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    pub(super) span: HourSpan,
    /// Instance-seconds by key and hour.
    pub(super) usage: BTreeMap<DemandKey, Vec<u64>>,
    /// Use beside instances, without the fees that follow from instances.
    pub(super) services: ServiceDemand,
    pub(super) portfolio: Portfolio,
    pub(super) prices: Vec<PriceChange>,
    pub(super) notes: Vec<String>,
}

impl Case {
    /// A fleet as it is.
    pub fn new(demand: &Demand, services: ServiceDemand, portfolio: Portfolio) -> Self {
        let rows = demand.rows().map(|(key, seconds)| {
            let seconds = seconds.iter().copied().map(u64::from).collect();
            (key.clone(), seconds)
        });
        Self {
            span: demand.span(),
            usage: rows.collect(),
            services,
            portfolio,
            prices: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The window.
    pub const fn span(&self) -> HourSpan {
        self.span
    }

    /// Use beside instances, without the fees that follow from instances.
    pub const fn services(&self) -> &ServiceDemand {
        &self.services
    }

    /// What is owned.
    pub const fn portfolio(&self) -> &Portfolio {
        &self.portfolio
    }

    /// The same with other commitments.
    #[must_use]
    pub fn with_portfolio(&self, portfolio: Portfolio) -> Self {
        Self {
            portfolio,
            ..self.clone()
        }
    }

    /// Prices that moved, in the order they did.
    pub fn price_changes(&self) -> &[PriceChange] {
        &self.prices
    }

    /// What a reader should know of what the changes did.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &DemandKey> {
        self.usage.keys()
    }

    /// Its usage.
    ///
    /// # Errors
    /// Names the first key and hour with more than 1,193,046 instances.
    pub fn demand(&self) -> Result<Demand, Diagnostic> {
        let narrow = |(key, row): (&DemandKey, &Vec<u64>)| {
            let seconds: Option<Vec<u32>> = row.iter().map(|&s| u32::try_from(s).ok()).collect();
            match seconds {
                Some(seconds) => Ok((key.clone(), seconds)),
                None => Err(self.too_much(key, row)),
            }
        };
        let rows: Result<Vec<_>, Diagnostic> = self.usage.iter().map(narrow).collect();
        Demand::from_rows(self.span, rows?).map_err(|key| {
            Diagnostic::new(format!(
                "usage of {} has not one number an hour",
                key.instance_type
            ))
        })
    }

    fn too_much(&self, key: &DemandKey, row: &[u64]) -> Diagnostic {
        let mut hours = self.span.hours().zip(row);
        let hour = hours.find(|(_, seconds)| u32::try_from(**seconds).is_err());
        let hour = hour.map_or_else(String::new, |(hour, _)| format!(" at {hour}"));
        let message = format!(
            "{} in {}{hour} comes to more than 1,193,046 instances, which no fleet has",
            key.instance_type, key.region
        );
        Diagnostic::new(message).hint("look at what the scenario grows by")
    }
}
