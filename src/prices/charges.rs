//! The charges beside instances, as `pricing-data/services` has them: by region, item and tier.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::Deserialize;

use super::answer::{Basis, Provenance, Sourced};
use super::packed::Damaged;
use super::tiers::Tiers;
use crate::catalog::{Region, ServiceItem};
use crate::units::{Metered, Quantity, Rate};

/// In tables: a price that holds in every region.
const EVERYWHERE: &str = "global";

/// Every charge, by region (`None`: in all of them) and item.
#[derive(Debug)]
pub(super) struct Charges {
    by_place: BTreeMap<(Option<Region>, ServiceItem), Charge>,
    allowances: Vec<Allowed>,
}

/// An allowance, what else draws on it, and where it does not hold.
#[derive(Debug)]
struct Allowed {
    allowance: Allowance,
    also: Vec<ServiceItem>,
    except: Vec<Region>,
}

#[derive(Debug)]
struct Charge {
    table: Arc<str>,
    tiers: Sourced<Tiers>,
}

/// An item's price in a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRate {
    /// Which table it stands in: `nat-gateway`, `ebs`, `lambda`.
    pub service: Arc<str>,
    /// What is charged.
    pub item: ServiceItem,
    /// What it costs.
    pub price: Sourced<Tiers>,
}

/// So much a month that AWS does not charge, over all regions that have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// Of what; items that share one name the same here.
    pub item: ServiceItem,
    /// In which unit.
    pub unit: Arc<str>,
    /// How much, and who says so.
    pub quantity: Sourced<Quantity<Metered>>,
}

/// `services/stated.toml`: what AWS says and no table has.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    free: Vec<Statement>,
    allowance: Vec<Statement>,
    fee: Vec<Statement>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
    item: String,
    unit: String,
    usd: Option<Decimal>,
    quantity: Option<Decimal>,
    /// Other items that draw on the same allowance.
    #[serde(default)]
    also: Vec<String>,
    #[serde(default)]
    except: Vec<String>,
    source: String,
    #[serde(rename = "published")]
    _published: String,
    as_of: String,
}

impl Charges {
    /// Of the tables by name, and of what AWS says elsewhere.
    pub(super) fn read(tables: &BTreeMap<String, String>) -> Result<Self, Damaged> {
        let mut charges = Self {
            by_place: BTreeMap::new(),
            allowances: Vec::new(),
        };
        for (name, text) in tables {
            charges.add_table(name, text)?;
        }
        let text = include_str!("../../pricing-data/services/stated.toml");
        let stated: Stated =
            toml::from_str(text).map_err(|error| Damaged(format!("stated.toml: {error}")))?;
        charges.add_statements(&stated)?;
        Ok(charges)
    }

    /// The price in a region: its own, or that of every region.
    pub(super) fn get(&self, region: Region, item: &ServiceItem) -> Option<&Sourced<Tiers>> {
        let at = |place| self.by_place.get(&(place, item.clone()));
        at(Some(region)).or_else(|| at(None)).map(|c| &c.tiers)
    }

    /// The kind and unit of an item that has a price somewhere.
    pub(super) fn kind(&self, item: &ServiceItem) -> Option<(&str, &str)> {
        let found = self.by_place.iter().find(|((_, known), _)| known == item);
        found.map(|(_, charge)| (&*charge.table, charge.tiers.value.unit()))
    }

    /// Every price that holds in a region, by service and item.
    pub(super) fn of(&self, region: Region) -> Vec<ServiceRate> {
        let holds = |place: &Option<Region>| place.is_none_or(|place| place == region);
        let rates = self.by_place.iter().filter(|((place, _), _)| holds(place));
        let mut rates: Vec<ServiceRate> = rates
            .map(|((_, item), charge)| ServiceRate {
                service: charge.table.clone(),
                item: item.clone(),
                price: charge.tiers.clone(),
            })
            .collect();
        rates.sort_by(|a, b| (&a.service, &a.item).cmp(&(&b.service, &b.item)));
        rates
    }

    /// Every item with the table it stands in.
    pub(super) fn items(&self) -> BTreeMap<&ServiceItem, &str> {
        let entries = self.by_place.iter();
        entries
            .map(|((_, item), charge)| (item, &*charge.table))
            .collect()
    }

    /// What is not charged of an item that is used in a region.
    pub(super) fn allowance(&self, region: Region, item: &ServiceItem) -> Option<&Allowance> {
        let found = self.allowances.iter().find(|known| {
            let is_of = known.allowance.item == *item || known.also.contains(item);
            is_of && !known.except.contains(&region) && !known.except.contains(&region.parent())
        });
        found.map(|known| &known.allowance)
    }

    fn add_table(&mut self, name: &str, text: &str) -> Result<(), Damaged> {
        let table: Arc<str> = name.into();
        let provenance = provenance(text)?;
        let mut rows: BTreeMap<(&str, &str), Starts<'_>> = BTreeMap::new();
        for line in text.lines().skip(2) {
            let ((region, item), unit, start) =
                row(line).ok_or_else(|| Damaged(format!("{name}: `{line}`")))?;
            let entry = rows.entry((region, item)).or_insert((unit, Vec::new()));
            if entry.0 != unit {
                return Err(Damaged(format!("{name}: {item} in two units")));
            }
            entry.1.push(start);
        }
        for ((region, item), (unit, starts)) in rows {
            let place = place(region)?;
            let value = Tiers::from_starts(unit, &starts)
                .map_err(|error| Damaged(format!("{name}: {item} in {region}: {error}")))?;
            let tiers = Sourced {
                value,
                provenance: provenance.clone(),
            };
            self.add(
                place,
                item,
                Charge {
                    table: table.clone(),
                    tiers,
                },
            )?;
        }
        Ok(())
    }

    fn add_statements(&mut self, stated: &Stated) -> Result<(), Damaged> {
        let table: Arc<str> = "stated".into();
        for statement in stated.free.iter().chain(&stated.fee) {
            let usd = statement.usd.unwrap_or_default();
            let rate = Rate::from_decimal(usd).map_err(|error| Damaged(error.to_string()))?;
            let tiers = Sourced {
                value: Tiers::flat(&*statement.unit, rate),
                provenance: statement.provenance()?,
            };
            self.add(
                None,
                &statement.item,
                Charge {
                    table: table.clone(),
                    tiers,
                },
            )?;
        }
        for statement in &stated.allowance {
            let quantity = statement.quantity.map(Quantity::from_decimal);
            let Some(Ok(value)) = quantity else {
                return Err(Damaged(format!("allowance of {}", statement.item)));
            };
            let allowance = Allowance {
                item: item(&statement.item)?,
                unit: statement.unit.as_str().into(),
                quantity: Sourced {
                    value,
                    provenance: statement.provenance()?,
                },
            };
            let also = statement.also.iter().map(|name| item(name));
            let except = statement.except.iter().map(|code| region(code));
            self.allowances.push(Allowed {
                allowance,
                also: also.collect::<Result<_, _>>()?,
                except: except.collect::<Result<_, _>>()?,
            });
        }
        Ok(())
    }

    fn add(&mut self, place: Option<Region>, name: &str, charge: Charge) -> Result<(), Damaged> {
        match self.by_place.insert((place, item(name)?), charge) {
            None => Ok(()),
            Some(_) => Err(Damaged(format!("{name} is in two tables"))),
        }
    }
}

impl Statement {
    fn provenance(&self) -> Result<Provenance, Damaged> {
        let day = self.as_of.parse();
        let as_of = day.map_err(|_| Damaged(format!("day of {}", self.item)))?;
        Ok(Provenance {
            source: self.source.as_str().into(),
            as_of,
            basis: Basis::Observed,
        })
    }
}

/// Source and day of a table's first line.
pub(super) fn provenance(text: &str) -> Result<Provenance, Damaged> {
    let note = text.lines().next().unwrap_or_default();
    let field = |key: &str| Some(note.split_once(key)?.1.split(';').next()?.trim());
    let read = || {
        Some(Provenance {
            source: field("source:")?.into(),
            as_of: field("as of:")?.parse().ok()?,
            basis: Basis::Observed,
        })
    };
    read().ok_or_else(|| Damaged(format!("first line `{note}`")))
}

/// Region and item, unit, where the tier starts and its rate. A rate of nothing is no rate.
type Row<'a> = ((&'a str, &'a str), &'a str, (u64, Rate<Metered>));

/// An item's unit, and where each tier starts with its rate.
type Starts<'a> = (&'a str, Vec<(u64, Rate<Metered>)>);

fn row(line: &str) -> Option<Row<'_>> {
    let mut cells = line.split(',');
    let mut next = || cells.next();
    let (region, item, unit) = (next()?, next()?, next()?);
    let start = next()?.parse().ok()?;
    let rate = Rate::from_decimal(next()?.parse().ok()?).ok()?;
    (!rate.is_zero()).then_some(((region, item), unit, (start, rate)))
}

fn place(code: &str) -> Result<Option<Region>, Damaged> {
    match code {
        EVERYWHERE => Ok(None),
        code => region(code).map(Some),
    }
}

fn region(code: &str) -> Result<Region, Damaged> {
    code.parse()
        .map_err(|_| Damaged(format!("region `{code}`")))
}

fn item(name: &str) -> Result<ServiceItem, Damaged> {
    name.parse().map_err(|_| Damaged(format!("item `{name}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rows: &str) -> Result<Charges, Damaged> {
        let text = format!(
            "# source: test; as of: 2026-01-01; x\nregion,item,unit,tier_start,usd\n{rows}"
        );
        Charges::read(&BTreeMap::from([("test".to_owned(), text)]))
    }

    #[test]
    fn a_table_that_is_wrong_is_refused() {
        assert!(read("us-east-1,a-gb,GB,0,0.1\nus-east-1,a-gb,GB,10,0.05").is_ok());
        for (rows, says) in [
            ("us-east-1,a-gb,GB,0,0", "`us-east-1,a-gb,GB,0,0`"),
            ("us-east-1,a-gb,GB,0,", "`us-east-1,a-gb,GB,0,`"),
            (
                "us-east-1,a-gb,GB,5,1",
                "no tier holds what comes after 0 GB",
            ),
            (
                "us-east-1,a-gb,GB,0,1\nus-east-1,a-gb,GB,0,2",
                "or is empty",
            ),
            (
                "us-east-1,a-gb,GB,0,1\nus-east-1,a-gb,TB,1,2",
                "in two units",
            ),
            ("us-west-9,a-gb,GB,0,1", "region `us-west-9`"),
            ("us-east-1,A GB,GB,0,1", "item `A GB`"),
            ("global,internet-ingress-gb,GB,0,1", "in two tables"),
        ] {
            let error = read(rows).unwrap_err().to_string();
            assert!(error.contains(says), "{rows}: {error}");
        }
    }
}
