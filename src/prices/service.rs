//! What the book answers beside instances: services, data transfer, interruptions of Spot.

use std::fmt;

use super::answer::{Basis, Product, Provenance, Sourced};
use super::book::PriceBook;
use super::charges::{Allowance, ServiceRate};
use super::names::{Grid, Head};
use super::packed::Damaged;
use super::tiers::Tiers;
use crate::catalog::{Region, ServiceItem};
use crate::units::Rate;

/// The kind of a user's items that are Dedicated Hosts, which [`PriceBook::dedicated_host`] answers.
pub(super) const HOSTS: &str = "hosts";

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
        let own = self
            .user_charges(region)
            .map_err(|damaged| missing(tail(&damaged)))?;
        if let Some((_, price)) = own.and_then(|own| own.items.get(item)) {
            return Ok(price.clone());
        }
        if let Some(database) = item.as_database() {
            return self.database_on_demand(region, database);
        }
        if let Some(family) = item.host_family() {
            let host = self.dedicated_host(region, family);
            let host = host.map_err(|error| missing(error.known))?;
            return Ok(Sourced {
                value: Tiers::flat("hour", host.value.on_demand),
                provenance: host.provenance,
            });
        }
        if let Some(licence) = item.licensed() {
            return self.licence_by_vcpu(region, licence);
        }
        if *item == ServiceItem::CAPACITY_BLOCK_FEE {
            return Ok(self.as_stated());
        }
        if item.credit_family().is_some() {
            let known = "; no source of the book has it: give it with --prices (a table with `region,item,usd,as_of`)";
            return Err(missing(known.to_owned()));
        }
        let Some(bundled) = self.bundled() else {
            return Err(missing(String::new()));
        };
        let charges = bundled
            .charges()
            .map_err(|damaged| missing(tail(&damaged)))?;
        let found = charges.get(region, item).cloned();
        found.ok_or_else(|| missing(String::new()))
    }

    /// A dollar for a dollar: of what a table of the user states in dollars.
    fn as_stated(&self) -> Sourced<Tiers> {
        Sourced {
            value: Tiers::flat("USD", Rate::from_steps(10_000_000_000)),
            provenance: Provenance {
                source: "stated".into(),
                as_of: self.as_of(),
                basis: Basis::Observed,
            },
        }
    }

    /// Which table an item's price stands in: `nat-gateway`, `ebs`; `None` where it has no price.
    pub fn service_kind(&self, region: Region, item: &ServiceItem) -> Option<String> {
        if let Some((kind, _)) = kind_by_name(item) {
            return Some(kind.to_owned());
        }
        let own = self.user_charges(region).ok().flatten();
        if let Some((service, _)) = own.and_then(|own| own.items.get(item)) {
            return Some(service.to_string());
        }
        let charges = self.bundled()?.charges().ok()?;
        charges.kind(item).map(|(table, _)| table.to_owned())
    }

    /// Every charge that holds in a region, by service and item; a user's in the place of the bundled ones, one
    /// by one. Empty in a book of given rates.
    pub fn services(&self, region: Region) -> Result<Vec<ServiceRate>, MissingService> {
        let missing = |damaged: Damaged| MissingService {
            wanted: "services".to_owned(),
            region,
            known: tail(&damaged),
        };
        let mut rates = match self.bundled() {
            Some(bundled) => bundled.charges().map_err(missing)?.of(region),
            None => Vec::new(),
        };
        if let Some(own) = self.user_charges(region).map_err(missing)? {
            rates.retain(|rate| !own.items.contains_key(&rate.item));
            let own = own.items.iter();
            let own = own.filter(|(_, (service, _))| **service != *HOSTS);
            let own = own.map(|(item, (service, price))| ServiceRate {
                service: service.clone(),
                item: item.clone(),
                price: price.clone(),
            });
            rates.extend(own);
            rates.sort_by(|a, b| (&a.service, &a.item).cmp(&(&b.service, &b.item)));
        }
        Ok(rates)
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
            provenance: Provenance {
                source: table.source.clone(),
                as_of: table.as_of,
                basis: Basis::Observed,
            },
        })
    }
}

/// Kind and unit of the items whose names are made of a family or a type.
pub(super) fn kind_by_name(item: &ServiceItem) -> Option<(&'static str, &'static str)> {
    if item.host_family().is_some() {
        Some((HOSTS, "hour"))
    } else if item.licensed().is_some() {
        Some(("licence", "vCPU-hour"))
    } else if item.credit_family().is_some() {
        Some(("cpu-credits", "vCPU-hour"))
    } else {
        None
    }
}

fn tail(damaged: &Damaged) -> String {
    format!("; {damaged}")
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
