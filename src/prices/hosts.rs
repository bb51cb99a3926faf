//! Dedicated Hosts: a whole server by the hour, On-Demand or reserved, and how many instances it holds.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use rust_decimal::Decimal;

use super::answer::{MissingPrice, Product, Provenance, ReservedPrice, Sourced};
use super::book::PriceBook;
use super::charges;
use super::packed::Damaged;
use super::tiers::Tiers;
use crate::catalog::{Family, PaymentOption, Platform, Region, ServiceItem, Tenancy, Term};
use crate::units::{Metered, Rate};

/// What a host of a family costs an hour in a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DedicatedHost {
    /// By the hour.
    pub on_demand: Rate<Metered>,
    /// A one-year reservation, All Upfront, its fee spread over the term's hours; `None`: not known.
    pub all_upfront_1yr: Option<Rate<Metered>>,
    /// The same for three years.
    pub all_upfront_3yr: Option<Rate<Metered>>,
}

/// How many instances a host holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostCapacity {
    /// Its physical cores, where they are known.
    pub physical_cores: Option<u32>,
    /// How many of one size, by size.
    pub sizes: Vec<(String, u32)>,
}

impl HostCapacity {
    /// How many of one size.
    pub fn most(&self, size: &str) -> Option<u32> {
        let found = self.sizes.iter().find(|(known, _)| known == size);
        found.map(|(_, most)| *most)
    }
}

/// Hosts of a family in a region as what is reserved; `None` where the family's name is no name of a type.
pub fn host_product(family: Family, region: Region) -> Option<Product> {
    Some(Product {
        region,
        instance_type: format!("{family}.host").parse().ok()?,
        platform: Platform::LINUX,
        tenancy: Tenancy::Host,
    })
}

/// There is no host of that family in the book.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the price book has no Dedicated Host of family `{family}` in {region}{known}")]
pub struct MissingHost {
    /// Which family.
    pub family: String,
    /// Where.
    pub region: Region,
    /// Why, as a sentence's tail.
    pub known: String,
}

/// The tables of `pricing-data/hosts`.
#[derive(Debug)]
pub(super) struct HostTables {
    hosts: BTreeMap<(Region, String), DedicatedHost>,
    hosts_from: Provenance,
    capacity: BTreeMap<String, HostCapacity>,
    capacity_from: Provenance,
}

impl DedicatedHost {
    /// The effective hourly price of an All Upfront reservation.
    pub fn all_upfront(&self, term: Term) -> Option<Rate<Metered>> {
        match term {
            Term::OneYear => self.all_upfront_1yr,
            Term::ThreeYears => self.all_upfront_3yr,
        }
    }
}

impl PriceBook {
    /// What a Dedicated Host of a family costs in a region. A user's prices of it stand in the place of all the
    /// bundled ones, reservations too: one answer has one source.
    pub fn dedicated_host(
        &self,
        region: Region,
        family: &str,
    ) -> Result<Sourced<DedicatedHost>, MissingHost> {
        let missing = |known: String| MissingHost {
            family: family.to_owned(),
            region,
            known,
        };
        let own = self.user_host(region, family);
        if let Some(own) = own.map_err(|damaged| missing(format!("; {damaged}")))? {
            return Ok(own);
        }
        let Some(bundled) = self.bundled() else {
            return Err(missing(String::new()));
        };
        let tables = bundled.hosts();
        let tables = tables.map_err(|damaged| missing(format!("; {damaged}")))?;
        let found = tables.hosts.get(&(region, family.to_owned()));
        let value = *found.ok_or_else(|| missing(String::new()))?;
        let provenance = tables.hosts_from.clone();
        Ok(Sourced { value, provenance })
    }

    /// The price of one reserved host: of All Upfront alone, its fee spread over the hours of the term. `host` stands for
    /// those of its family: `m5.host` for hosts of m5.
    pub fn host_reservation(
        &self,
        host: Product,
        term: Term,
        payment: PaymentOption,
    ) -> Result<Sourced<ReservedPrice>, MissingPrice> {
        let missing = |known: String| MissingPrice {
            asked: "the price book",
            wanted: format!("Dedicated Host Reservation ({term}, {payment})"),
            product: host,
            known,
        };
        if payment != PaymentOption::AllUpfront {
            return Err(missing(
                "; of reserved hosts it has All Upfront prices alone".into(),
            ));
        }
        let family = host.instance_type.family();
        let found = self.dedicated_host(host.region, family.as_str());
        let found = found.map_err(|error| missing(format!("; {error}")))?;
        let hourly = found.value.all_upfront(term);
        let hourly = hourly.ok_or_else(|| missing(String::new()))?;
        Ok(Sourced {
            value: ReservedPrice {
                upfront: hourly.for_one().times(i128::from(term.hours())),
                hourly: Rate::from_steps(0),
            },
            provenance: found.provenance,
        })
    }

    /// The families that Dedicated Hosts are sold of in a region, ordered.
    pub fn host_families(&self, region: Region) -> Vec<String> {
        let tables = self.bundled().and_then(|bundled| bundled.hosts().ok());
        let hosts = tables.iter().flat_map(|tables| tables.hosts.keys());
        let of_region = hosts.filter(|(known, _)| *known == region);
        let bundled = of_region.map(|(_, family)| family.clone());
        let own = self.user_charges(region).ok().flatten();
        let own = own.iter().flat_map(|own| own.items.keys());
        let own = own.filter_map(|item| {
            let family = item.as_str().strip_prefix("dedicated-host-")?;
            Some(family.strip_suffix("-hour")?.to_owned())
        });
        let families: BTreeSet<String> = bundled.chain(own).collect();
        families.into_iter().collect()
    }

    /// A user's prices of a host.
    fn user_host(
        &self,
        region: Region,
        family: &str,
    ) -> Result<Option<Sourced<DedicatedHost>>, Damaged> {
        let (Some(own), Ok(item)) = (
            self.user_charges(region)?,
            ServiceItem::dedicated_host(family),
        ) else {
            return Ok(None);
        };
        let Some((_, on_demand)) = own.items.get(&item) else {
            return Ok(None);
        };
        let first = |price: &Sourced<Tiers>| price.value.tiers().first().map(|tier| tier.rate);
        let reserved = |term: Term| {
            let (_, fee) = own.items.get(&item.all_upfront(term))?;
            let hourly = first(fee)?.to_decimal().checked_div(term.hours().into())?;
            Rate::from_decimal_rounded(hourly).ok()
        };
        let Some(hourly) = first(on_demand) else {
            return Ok(None);
        };
        Ok(Some(Sourced {
            value: DedicatedHost {
                on_demand: hourly,
                all_upfront_1yr: reserved(Term::OneYear),
                all_upfront_3yr: reserved(Term::ThreeYears),
            },
            provenance: on_demand.provenance.clone(),
        }))
    }

    /// How many instances a host of the family holds; `None` where it is not known.
    pub fn host_capacity(&self, family: &str) -> Option<Sourced<HostCapacity>> {
        let tables = self.bundled()?.hosts().ok()?;
        Some(Sourced {
            value: tables.capacity.get(family)?.clone(),
            provenance: tables.capacity_from.clone(),
        })
    }
}

impl HostTables {
    pub(super) fn read(tables: &BTreeMap<String, String>) -> Result<Self, Damaged> {
        let table = |name: &str| {
            let text = tables.get(name);
            text.ok_or_else(|| Damaged(format!("no table hosts/{name}")))
        };
        let (hosts, capacity) = (table("hosts")?, table("capacity")?);
        let mut read = Self {
            hosts: BTreeMap::new(),
            hosts_from: charges::provenance(hosts)?,
            capacity: BTreeMap::new(),
            capacity_from: charges::provenance(capacity)?,
        };
        for line in hosts.lines().skip(2) {
            let (key, host) = host(line).ok_or_else(|| Damaged(format!("host `{line}`")))?;
            read.hosts.insert(key, host);
        }
        for line in capacity.lines().skip(2) {
            let cells: Vec<&str> = line.split(',').collect();
            let (&[family, size, count, cores], true) = (&cells[..], cells.len() == 4) else {
                return Err(Damaged(format!("host capacity `{line}`")));
            };
            let count = parsed(count).ok_or_else(|| Damaged(format!("capacity `{line}`")))?;
            let family = read.capacity.entry(family.to_owned()).or_default();
            family.physical_cores = parsed(cores);
            family.sizes.push((size.to_owned(), count));
        }
        Ok(read)
    }
}

/// A line of `hosts/hosts.csv`.
fn host(line: &str) -> Option<((Region, String), DedicatedHost)> {
    let mut cells = line.split(',');
    let key = (parsed(cells.next()?)?, cells.next()?.to_owned());
    let on_demand = rate(cells.next()?)?;
    let mut reserved = || match cells.next()? {
        "" => Some(None),
        usd => rate(usd).map(Some),
    };
    let host = DedicatedHost {
        on_demand,
        all_upfront_1yr: reserved()?,
        all_upfront_3yr: reserved()?,
    };
    Some((key, host))
}

/// A price; nothing is none.
fn rate(usd: &str) -> Option<Rate<Metered>> {
    let usd: Decimal = parsed(usd)?;
    let rate = Rate::from_decimal(usd).ok()?;
    (!rate.is_zero()).then_some(rate)
}

fn parsed<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}
