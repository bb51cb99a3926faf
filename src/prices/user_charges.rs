//! What a user's book prices beside instances, in one region: items of services, their Savings Plan rates, databases.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::answer::{Provenance, Sourced};
use super::databases::DatabaseRate;
use super::packed::Damaged;
use super::tiers::Tiers;
use crate::catalog::{PaymentOption, ServiceItem, Term};
use crate::units::{Metered, Rate};

/// As it stands in a book's file, in JSON.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserCharges {
    pub(super) items: Vec<ItemRow>,
    pub(super) plans: Vec<PlanRow>,
    pub(super) databases: Vec<DatabaseRow>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ItemRow {
    pub(super) service: String,
    pub(super) item: String,
    pub(super) unit: String,
    /// Where each tier starts, and its price in steps of 1e-10 dollars.
    pub(super) tiers: Vec<(u64, u64)>,
    pub(super) source: u32,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanRow {
    pub(super) item: String,
    pub(super) term: String,
    pub(super) payment: String,
    pub(super) steps: u64,
    pub(super) source: u32,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DatabaseRow {
    pub(super) service: String,
    pub(super) usage_type: String,
    pub(super) operation: String,
    pub(super) unit: String,
    pub(super) steps: u64,
    pub(super) source: u32,
}

/// As questions are answered from it.
#[derive(Debug, Default)]
pub(super) struct OpenCharges {
    /// With the kind of service.
    pub(super) items: BTreeMap<ServiceItem, (Arc<str>, Sourced<Tiers>)>,
    pub(super) plans: BTreeMap<(ServiceItem, Term, PaymentOption), Sourced<Rate<Metered>>>,
    pub(super) databases: Vec<Sourced<DatabaseRate>>,
}

impl UserCharges {
    pub(super) fn len(&self) -> usize {
        self.items.len() + self.plans.len() + self.databases.len()
    }

    /// Checks every row.
    pub(super) fn open(self, sources: &[Provenance]) -> Result<OpenCharges, Damaged> {
        let provenance = |source: u32| {
            let place = usize::try_from(source).unwrap_or(usize::MAX);
            sources
                .get(place)
                .cloned()
                .ok_or_else(|| Damaged("source".into()))
        };
        let mut open = OpenCharges::default();
        for row in self.items {
            let starts: Vec<_> = row
                .tiers
                .iter()
                .map(|(from, steps)| (*from, Rate::from_steps(*steps)))
                .collect();
            let value = Tiers::from_starts(row.unit, &starts)
                .map_err(|error| Damaged(format!("{}: {error}", row.item)))?;
            let price = Sourced {
                value,
                provenance: provenance(row.source)?,
            };
            open.items
                .insert(item(&row.item)?, (row.service.into(), price));
        }
        for row in self.plans {
            let word = |_| Damaged(format!("plan of {}", row.item));
            let key = (
                item(&row.item)?,
                row.term.parse().map_err(word)?,
                row.payment.parse().map_err(word)?,
            );
            let price = Sourced {
                value: Rate::from_steps(row.steps),
                provenance: provenance(row.source)?,
            };
            open.plans.insert(key, price);
        }
        for row in self.databases {
            let value = DatabaseRate {
                service: row.service.into(),
                usage_type: row.usage_type.into(),
                operation: row.operation.into(),
                edition: "".into(),
                unit: row.unit.into(),
                plan: Rate::from_steps(row.steps),
                on_demand: None,
            };
            open.databases.push(Sourced {
                value,
                provenance: provenance(row.source)?,
            });
        }
        Ok(open)
    }
}

fn item(name: &str) -> Result<ServiceItem, Damaged> {
    name.parse().map_err(|_| Damaged(format!("item `{name}`")))
}
