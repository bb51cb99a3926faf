//! Usage that Reserved Instances are to hold capacity for: what selectors take, where its zone is known.

use std::collections::{BTreeMap, BTreeSet};

use super::case::Case;
use super::selector::Selector;
use crate::billing::{may_be_reserved, product_of};
use crate::commitment::Portfolio;
use crate::demand::{Demand, DemandKey, Market, ServiceDemand};
use crate::diagnostics::{Diagnostic, Place};
use crate::prices::Product;

/// What zonal Reserved Instances are to be for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByZone {
    /// The usage, each with its zone; On-Demand, whether it may run on Spot or not.
    pub keys: BTreeSet<DemandKey>,
    /// Selected usage that they cannot be for, and why.
    pub left: Vec<String>,
}

/// How many products a message lists.
const LISTED: usize = 5;

impl ByZone {
    /// What the selectors take of the usage.
    ///
    /// # Errors
    /// A selector that takes nothing; usage of no stated zone; selected usage of which nothing can be reserved.
    pub fn of(select: &[Selector], demand: &Demand) -> Result<Self, Diagnostic> {
        for one in select {
            check(one, demand)?;
        }
        let mut found = Self {
            keys: BTreeSet::new(),
            left: Vec::new(),
        };
        let mut left: BTreeMap<&str, BTreeSet<Product>> = BTreeMap::new();
        let mut nowhere: BTreeSet<Product> = BTreeSet::new();
        for key in demand.keys().iter().filter(|key| takes(select, key)) {
            let product = product_of(key);
            let is_slot = key.market == Market::UnusedCapacity;
            if is_slot || key.capacity_reservation().is_some() {
                let why = "regional Reserved Instances stay on offer for what is in a Capacity Reservation, as zonal ones do not serve it";
                left.entry(why).or_default().insert(product);
            } else if !may_be_reserved(key) {
                let why = "no Reserved Instances are on offer for \"Optimize CPUs\"";
                left.entry(why).or_default().insert(product);
            } else if key.zone.is_none() {
                nowhere.insert(product);
            } else {
                found.keys.insert(DemandKey {
                    market: Market::OnDemand,
                    ..key.clone()
                });
            }
        }
        if !nowhere.is_empty() {
            let message = format!(
                "`--zonal` selects usage of no stated Availability Zone: {}",
                listed(&nowhere)
            );
            return Err(Diagnostic::new(message).hint(
                "a table says it in the column `zone`, a bill in its Availability Zone; or select usage that has one",
            ));
        }
        let left = left
            .iter()
            .map(|(why, products)| format!("{why}: {}", listed(products)));
        found.left = left.collect();
        if found.keys.is_empty() {
            let problem = "no zonal Reserved Instance can serve the usage selected by `--zonal`";
            return Err(Diagnostic::new(problem).hint(found.left.join("; ")));
        }
        Ok(found)
    }
}

fn takes(select: &[Selector], key: &DemandKey) -> bool {
    key.may_be_covered() && select.iter().any(|select| select.takes(key))
}

/// Refuses a selector that takes nothing that commitments may cover.
fn check(select: &Selector, demand: &Demand) -> Result<(), Diagnostic> {
    let one = std::slice::from_ref(select);
    if demand.keys().iter().any(|key| takes(one, key)) {
        return Ok(());
    }
    Err(none(select, demand, "`--zonal`"))
}

/// Why a selector of an option takes nothing of some usage.
pub(super) fn none(select: &Selector, demand: &Demand, option: &str) -> Diagnostic {
    let case = Case::new(demand, ServiceDemand::default(), Portfolio::default());
    let none = select.nothing(&case, &Place::default());
    Diagnostic {
        message: none.message.replacen("the change", option, 1),
        place: None,
        ..none
    }
}

fn listed(products: &BTreeSet<Product>) -> String {
    let names = products.iter().take(LISTED).map(ToString::to_string);
    let names: Vec<String> = names.collect();
    let more = products.len().saturating_sub(LISTED);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("{}{more}", names.join("; "))
}
