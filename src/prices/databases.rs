//! Database Savings Plans: what a plan counts a database's use at, with On-Demand beside it.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::answer::{Provenance, Sourced};
use super::book::PriceBook;
use super::packed::Damaged;
use super::service::MissingService;
use super::tiers::Tiers;
use super::{bundled, charges, layout};
use crate::catalog::{Region, engine};
use crate::units::{Metered, Rate};

/// A rate of a Database Savings Plan (1 year, No Upfront: the only one sold) with On-Demand beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseRate {
    /// AWS's code: `AmazonRDS`, `AmazonDynamoDB`.
    pub service: Arc<str>,
    /// As bills name it: `EU-InstanceUsage:db.r7g.large`.
    pub usage_type: Arc<str>,
    /// As bills name it: `CreateDBInstance:0021` says which engine runs.
    pub operation: Arc<str>,
    /// What tells lines of one usage type and operation apart, such as `Aurora MySQL`; empty where AWS's own
    /// file is the source and no bundled rate says it.
    pub edition: Arc<str>,
    /// AWS's unit: `Hrs`, `DCU-Hr`, `ReadRequestUnits`.
    pub unit: Arc<str>,
    /// What the plan counts a unit at.
    pub plan: Rate<Metered>,
    /// On-Demand, with its own source and day; `None` where it is not known.
    pub on_demand: Option<Sourced<Rate<Metered>>>,
}

impl DatabaseRate {
    /// How many per cent the plan is below On-Demand; `None` where that is not known.
    pub fn saving_percent(&self) -> Option<Decimal> {
        let on_demand = self.on_demand.as_ref()?.value.to_decimal();
        let share = self.plan.to_decimal().checked_div(on_demand)?;
        Some((Decimal::ONE - share) * Decimal::ONE_HUNDRED)
    }

    /// Which engine runs: of RDS by the operation, since editions of the bundled rates stand beside other engines' codes.
    pub fn engine(&self) -> &str {
        let known = (*self.service == *"AmazonRDS").then(|| engine(&self.operation));
        known.flatten().unwrap_or(&self.edition)
    }

    fn is_for(&self, other: &Self) -> bool {
        (&self.service, &self.usage_type, &self.operation)
            == (&other.service, &other.usage_type, &other.operation)
    }
}

/// Rates of a region.
struct Known<'a> {
    bundled: &'a [Sourced<DatabaseRate>],
    /// Those of a user, which go before.
    given: &'a [Sourced<DatabaseRate>],
}

impl Known<'_> {
    /// A user's rate with what its file does not have: edition and On-Demand.
    fn with_on_demand(&self, given: &Sourced<DatabaseRate>) -> Sourced<DatabaseRate> {
        let mut rate = given.clone();
        let mut bundled = self.bundled.iter();
        if let Some(known) = bundled.find(|known| known.value.is_for(&rate.value)) {
            rate.value.edition = known.value.edition.clone();
            rate.value.on_demand.clone_from(&known.value.on_demand);
        }
        rate
    }

    fn of(&self, wanted: [&str; 3]) -> Option<Sourced<DatabaseRate>> {
        let is_wanted = |rate: &&Sourced<DatabaseRate>| {
            let rate = &rate.value;
            [&*rate.service, &*rate.usage_type, &*rate.operation] == wanted
        };
        let given = self.given.iter().find(is_wanted);
        let bundled = || self.bundled.iter().find(is_wanted).cloned();
        given.map(|rate| self.with_on_demand(rate)).or_else(bundled)
    }
}

impl PriceBook {
    /// Every rate of Database Savings Plans in a region, ordered by service, usage type and operation; a user's
    /// rates stand in the place of the bundled ones, one by one.
    pub fn database_plans(
        &self,
        region: Region,
    ) -> Result<Vec<Sourced<DatabaseRate>>, MissingService> {
        let missing = |known: String| MissingService {
            wanted: "Database Savings Plan rates".to_owned(),
            region,
            known,
        };
        let known = self
            .known_databases(region)
            .map_err(|damaged| missing(format!("; {damaged}")))?;
        let is_given = |rate: &&Sourced<DatabaseRate>| {
            known.given.iter().any(|own| own.value.is_for(&rate.value))
        };
        let bundled = known.bundled.iter().filter(|rate| !is_given(rate));
        let given = known.given.iter().map(|rate| known.with_on_demand(rate));
        let mut rates: Vec<_> = bundled.cloned().chain(given).collect();
        if rates.is_empty() {
            return Err(missing(String::new()));
        }
        rates.sort_by(|a, b| {
            let key = |rate: &Sourced<DatabaseRate>| {
                let rate = &rate.value;
                [
                    &rate.service,
                    &rate.usage_type,
                    &rate.operation,
                    &rate.edition,
                ]
                .map(Arc::clone)
            };
            key(a).cmp(&key(b))
        });
        Ok(rates)
    }

    /// The bundled rates of a region, and the user's.
    fn known_databases(&self, region: Region) -> Result<Known<'_>, Damaged> {
        let bundled = self.bundled().map(|bundled| bundled.databases(region));
        let given = self.user_charges(region)?;
        Ok(Known {
            bundled: bundled.transpose()?.unwrap_or_default(),
            given: given.map_or(&[], |own| &own.databases),
        })
    }

    /// The rates of Database Savings Plans for a usage type and operation, as bills name both; one for each
    /// service and edition.
    pub fn database_plan(
        &self,
        region: Region,
        usage_type: &str,
        operation: &str,
    ) -> Result<Vec<Sourced<DatabaseRate>>, MissingService> {
        let missing = |known: String| MissingService {
            wanted: format!("Database Savings Plan rate for `{usage_type}`, `{operation}`"),
            region,
            known,
        };
        let mut rates = self
            .database_plans(region)
            .map_err(|none| missing(none.known))?;
        rates.retain(|rate| {
            (&*rate.value.usage_type, &*rate.value.operation) == (usage_type, operation)
        });
        if rates.is_empty() {
            return Err(missing(String::new()));
        }
        Ok(rates)
    }
}

impl PriceBook {
    /// The rate for one use of a database: product code, usage type and operation as bills name them.
    ///
    /// # Errors
    /// Use that Database Savings Plans do not cover, or that no source tells of.
    pub fn database_use(
        &self,
        region: Region,
        [service, usage_type, operation]: [&str; 3],
    ) -> Result<Sourced<DatabaseRate>, MissingService> {
        let missing = |known: String| MissingService {
            wanted: format!(
                "Database Savings Plan rate for `{service}`, `{usage_type}`, `{operation}`"
            ),
            region,
            known,
        };
        let known = self
            .known_databases(region)
            .map_err(|damaged| missing(format!("; {damaged}")))?;
        let found = known.of([service, usage_type, operation]);
        found.ok_or_else(|| missing(String::new()))
    }

    /// What such use costs On-Demand. The book knows it where a plan may cover the use, and nowhere else.
    pub(super) fn database_on_demand(
        &self,
        region: Region,
        database: [&str; 3],
    ) -> Result<Sourced<Tiers>, MissingService> {
        let [service, usage_type, operation] = database;
        let missing = |known: &str| MissingService {
            wanted: format!("On-Demand rate for `{service}`, `{usage_type}`, `{operation}`"),
            region,
            known: known.to_owned(),
        };
        let found = self.database_use(region, database).map_err(|_| {
            missing("; of databases it has the use that Database Savings Plans cover (`bursar prices databases`)")
        })?;
        let DatabaseRate {
            unit, on_demand, ..
        } = found.value;
        let on_demand = on_demand.ok_or_else(|| missing("; it has the rate of a plan alone"))?;
        Ok(Sourced {
            value: Tiers::flat(unit, on_demand.value),
            provenance: on_demand.provenance,
        })
    }
}

/// The bundled rates of a region.
pub(super) fn bundled_rates(region: Region) -> Result<Vec<Sourced<DatabaseRate>>, Damaged> {
    let Some(text) = bundled::text(layout::DATABASE_PLANS, region.as_str())? else {
        return Ok(Vec::new());
    };
    let provenance = charges::provenance(&text)?;
    let read = |line: &str| rate(line, &provenance);
    text.lines()
        .skip(2)
        .map(|line| read(line).ok_or_else(|| Damaged(format!("database plan `{line}`"))))
        .collect()
}

fn rate(line: &str, provenance: &Provenance) -> Option<Sourced<DatabaseRate>> {
    let cells: Vec<&str> = line.split(',').collect();
    let &[
        service,
        usage_type,
        operation,
        edition,
        unit,
        plan,
        on_demand,
    ] = &cells[..]
    else {
        return None;
    };
    let usd = |text: &str| Rate::from_decimal(text.parse().ok()?).ok();
    let value = DatabaseRate {
        service: service.into(),
        usage_type: usage_type.into(),
        operation: operation.into(),
        edition: edition.into(),
        unit: unit.into(),
        plan: usd(plan)?,
        on_demand: Some(Sourced {
            value: usd(on_demand)?,
            provenance: provenance.clone(),
        }),
    };
    Some(Sourced {
        value,
        provenance: provenance.clone(),
    })
}
