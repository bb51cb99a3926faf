//! What the book answers beside instances: services, data transfer, interruptions of Spot, database plans.

use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::answer::{Product, Sourced};
use super::book::PriceBook;
use super::bundled;
use super::charges::{self, Allowance, ServiceRate};
use super::layout;
use super::names::{Grid, Head};
use super::packed::Damaged;
use super::tiers::Tiers;
use crate::catalog::{Region, ServiceItem};
use crate::units::{Metered, Rate};

/// The two directions of data between Availability Zones: both ends pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterAz {
    /// Into the zone.
    pub incoming: Sourced<Tiers>,
    /// Out of the zone.
    pub outgoing: Sourced<Tiers>,
}

/// How many of a product's Spot Instances AWS interrupted in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterruptionBand {
    /// From so many per cent.
    pub from_percent: u32,
    /// To so many per cent; `None` for the last band.
    pub to_percent: Option<u32>,
}

/// A rate of a Database Savings Plan (1 year, No Upfront: the only one sold) with On-Demand beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseRate {
    /// What tells lines of one usage type and operation apart, such as `Aurora MySQL`.
    pub edition: Arc<str>,
    /// AWS's unit: `Hrs`, `DCU-Hr`, `ReadRequestUnits`.
    pub unit: Arc<str>,
    /// What the plan counts a unit at.
    pub plan: Rate<Metered>,
    /// On-Demand of that day.
    pub on_demand: Rate<Metered>,
}

/// There is no such charge in the book; says so by name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the price book has no {wanted} in {region}{known}")]
pub struct MissingService {
    /// What was asked for.
    pub wanted: String,
    /// Where.
    pub region: Region,
    /// What is known of it, as a sentence's tail.
    pub known: String,
}

impl PriceBook {
    /// What a service's item costs in a region.
    pub fn service(
        &self,
        region: Region,
        item: &ServiceItem,
    ) -> Result<Sourced<Tiers>, MissingService> {
        let missing = |known: String| MissingService {
            wanted: format!("`{item}`"),
            region,
            known,
        };
        let Some(bundled) = self.bundled() else {
            return Err(missing(String::new()));
        };
        let charges = bundled
            .charges()
            .map_err(|damaged| missing(tail(&damaged)))?;
        let found = charges.get(region, item).cloned();
        found.ok_or_else(|| missing(String::new()))
    }

    /// Every charge that holds in a region, by service and item; empty in a book of given rates.
    pub fn services(&self, region: Region) -> Result<Vec<ServiceRate>, MissingService> {
        let Some(bundled) = self.bundled() else {
            return Ok(Vec::new());
        };
        let charges = bundled.charges().map_err(|damaged| MissingService {
            wanted: "services".to_owned(),
            region,
            known: tail(&damaged),
        })?;
        Ok(charges.of(region))
    }

    /// Data from one region to another: only the source pays.
    pub fn inter_region(&self, from: Region, to: Region) -> Result<Sourced<Tiers>, MissingService> {
        self.service(from, &ServiceItem::inter_region(to))
    }

    /// Data between Availability Zones of a region: both ends pay.
    pub fn inter_az(&self, region: Region) -> Result<InterAz, MissingService> {
        Ok(InterAz {
            incoming: self.service(region, &ServiceItem::INTER_AZ_IN_GB)?,
            outgoing: self.service(region, &ServiceItem::INTER_AZ_OUT_GB)?,
        })
    }

    /// Data out to the internet, after the [allowance](Self::allowance).
    pub fn internet_egress(&self, region: Region) -> Result<Sourced<Tiers>, MissingService> {
        self.service(region, &ServiceItem::INTERNET_EGRESS_GB)
    }

    /// What AWS does not charge of an item a month, over all regions together; `None` where it has no such.
    pub fn allowance(&self, region: Region, item: &ServiceItem) -> Option<Allowance> {
        let charges = self.bundled()?.charges().ok()?;
        charges.allowance(region, item).cloned()
    }

    /// An hour of a Capacity Reservation that nothing runs in costs what the instance would: On-Demand.
    ///
    /// Source: docs.aws.amazon.com, EC2 User Guide, Capacity Reservation pricing and billing.
    pub fn unused_capacity_reservation(
        &self,
        product: Product,
    ) -> Result<Sourced<Rate<crate::units::InstanceHour>>, super::MissingPrice> {
        self.on_demand(product)
    }

    /// How often a product's Spot Instances are interrupted; `None` where AWS's advisor has no band.
    pub fn interruption(&self, product: Product) -> Option<Sourced<InterruptionBand>> {
        let section = self.bundled()?.section(product.region).ok()??;
        let row = section.row(product.instance_type)?;
        let column = Head::platform(product.platform);
        let (upper, table) = section.cell(Grid::Interruption, row, column)?;
        let upper: u32 = upper.try_into().ok()?;
        let value = InterruptionBand {
            from_percent: if upper == 100 {
                20
            } else {
                upper.checked_sub(5)?
            },
            to_percent: (upper < 100).then_some(upper),
        };
        Some(Sourced {
            value,
            provenance: super::answer::Provenance {
                source: table.source.clone(),
                as_of: table.as_of,
                basis: super::Basis::Observed,
            },
        })
    }

    /// The rates of Database Savings Plans for a usage type and operation, as bills name both; one for each
    /// edition.
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
        if self.bundled().is_none() {
            return Err(missing(String::new()));
        }
        let text = bundled::text(layout::DATABASE_PLANS, region.as_str());
        let text = text.map_err(|damaged| missing(tail(&damaged)))?;
        let text = text.ok_or_else(|| missing("; it knows no such rates there".to_owned()))?;
        let rates = database_rates(&text, usage_type, operation);
        match rates.map_err(|damaged| missing(tail(&damaged)))? {
            rates if rates.is_empty() => Err(missing(String::new())),
            rates => Ok(rates),
        }
    }
}

fn tail(damaged: &Damaged) -> String {
    format!("; {damaged}")
}

fn database_rates(
    text: &str,
    usage_type: &str,
    operation: &str,
) -> Result<Vec<Sourced<DatabaseRate>>, Damaged> {
    let provenance = charges::provenance(text)?;
    let mut rates = Vec::new();
    for line in text.lines().skip(2) {
        let cells: Vec<&str> = line.split(',').collect();
        let &[_, usage, op, edition, unit, plan, on_demand] = &cells[..] else {
            return Err(Damaged(format!("database plan `{line}`")));
        };
        if (usage, op) != (usage_type, operation) {
            continue;
        }
        let rate = |usd: &str| {
            let usd: Option<Decimal> = usd.parse().ok();
            let rate = usd.and_then(|usd| Rate::from_decimal(usd).ok());
            rate.ok_or_else(|| Damaged(format!("database plan `{line}`")))
        };
        let value = DatabaseRate {
            edition: edition.into(),
            unit: unit.into(),
            plan: rate(plan)?,
            on_demand: rate(on_demand)?,
        };
        rates.push(Sourced {
            value,
            provenance: provenance.clone(),
        });
    }
    Ok(rates)
}

/// `5-10 %`, `>20 %`.
impl fmt::Display for InterruptionBand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&match (self.from_percent, self.to_percent) {
            (0, Some(to)) => format!("<{to} %"),
            (from, Some(to)) => format!("{from}-{to} %"),
            (from, None) => format!(">{from} %"),
        })
    }
}
