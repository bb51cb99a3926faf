//! The bundled price book: the blob in the binary, its sections unpacked when asked, and the facts that
//! belong to no region.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::answer::{Basis, Product, Provenance, Sourced};
use super::charges::Charges;
use super::databases::{self, DatabaseRate};
use super::host_plans::{self, HostPlans};
use super::hosts::HostTables;
use super::layout;
use super::packed::{self, Damaged, Place, Section};
use super::rules::Rules;
use super::service_plans::{self, ObservedPlans};
use crate::catalog::{PaymentOption, Region, SavingsPlanKind, Term};

static BLOB: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/price-book.bin"));

/// Names the packed facts: the beginning of their sha256, before compression.
pub(super) const ID: &str = env!("BURSAR_PRICE_BOOK_ID");
/// The newest day of the tables by region.
pub(super) const AS_OF: &str = env!("BURSAR_PRICE_BOOK_AS_OF");

/// An observed Savings Plan rate's key.
pub(super) type PlanKey = (Product, SavingsPlanKind, Term, PaymentOption);

/// The bundled facts.
#[derive(Debug)]
pub(super) struct Bundled {
    regions: Result<BTreeMap<Region, Slot>, Damaged>,
    shared: OnceLock<Result<Shared, Damaged>>,
    charges: OnceLock<Result<Charges, Damaged>>,
    hosts: OnceLock<Result<HostTables, Damaged>>,
    databases: BTreeMap<Region, OnceLock<DatabaseRates>>,
}

/// Rates of Database Savings Plans, once they were asked for.
type DatabaseRates = Result<Vec<Sourced<DatabaseRate>>, Damaged>;

/// A region's section, unpacked at the first question.
#[derive(Debug)]
struct Slot {
    place: Place,
    section: OnceLock<Result<Section, Damaged>>,
}

/// What belongs to no region.
#[derive(Debug)]
pub(super) struct Shared {
    /// How prices follow from others.
    pub(super) rules: Rules,
    /// Medians over regions, and prices of dedicated hardware.
    pub(super) tables: Section,
    /// Savings Plan rates that were read somewhere.
    pub(super) plans: BTreeMap<PlanKey, Sourced<Decimal>>,
    /// The same for services.
    pub(super) service_plans: ObservedPlans,
    /// The same for Dedicated Hosts.
    pub(super) host_plans: HostPlans,
}

impl Bundled {
    /// Reads the index only.
    pub(super) fn open() -> Self {
        let slot = |(name, place): (String, Place)| {
            let region = name
                .parse()
                .map_err(|_| Damaged(format!("region `{name}`")))?;
            Ok((
                region,
                Slot {
                    place,
                    section: OnceLock::new(),
                },
            ))
        };
        let regions = packed::index(BLOB).and_then(|index| {
            let by_region = index.into_iter().filter(|(name, _)| is_region(name));
            by_region.map(slot).collect()
        });
        Self {
            regions,
            shared: OnceLock::new(),
            charges: OnceLock::new(),
            hosts: OnceLock::new(),
            databases: Region::all()
                .map(|region| (region, OnceLock::new()))
                .collect(),
        }
    }

    /// The rates of Database Savings Plans in a region; none in a zone.
    pub(super) fn databases(&self, region: Region) -> Result<&[Sourced<DatabaseRate>], Damaged> {
        let Some(slot) = self.databases.get(&region) else {
            return Ok(&[]);
        };
        let rates = slot
            .get_or_init(|| databases::bundled_rates(region))
            .as_ref();
        rates.map(Vec::as_slice).map_err(Clone::clone)
    }

    /// The charges beside instances.
    pub(super) fn charges(&self) -> Result<&Charges, Damaged> {
        let read = || Charges::read(&texts(layout::SERVICES)?);
        self.charges
            .get_or_init(read)
            .as_ref()
            .map_err(Clone::clone)
    }

    /// Dedicated Hosts.
    pub(super) fn hosts(&self) -> Result<&HostTables, Damaged> {
        let read = || HostTables::read(&texts(layout::HOSTS)?);
        self.hosts.get_or_init(read).as_ref().map_err(Clone::clone)
    }

    /// The regions with how many instance types are sold there.
    pub(super) fn regions(&self) -> impl Iterator<Item = (Region, usize)> {
        let regions = self.regions.iter().flatten();
        regions.map(|(region, slot)| (*region, slot.place.types))
    }

    /// A region's tables; `None` for a region that the book does not know.
    pub(super) fn section(&self, region: Region) -> Result<Option<&Section>, Damaged> {
        let Some(slot) = self.regions.as_ref().map_err(Clone::clone)?.get(&region) else {
            return Ok(None);
        };
        let section = slot
            .section
            .get_or_init(|| packed::section(BLOB, slot.place));
        section.as_ref().map(Some).map_err(Clone::clone)
    }

    /// What belongs to no region.
    pub(super) fn shared(&self) -> Result<&Shared, Damaged> {
        self.shared
            .get_or_init(Shared::read)
            .as_ref()
            .map_err(Clone::clone)
    }
}

impl Shared {
    fn read() -> Result<Self, Damaged> {
        let place = packed::index(BLOB)?.remove("");
        let place = place.ok_or_else(|| Damaged("no shared section".into()))?;
        let plans = include_str!("../../pricing-data/savings-plans/instances.csv");
        let rules = Rules::parse(include_str!("../../pricing-data/rules.toml"))?;
        Ok(Self {
            service_plans: service_plans::bundled(&rules)?,
            host_plans: host_plans::bundled()?,
            rules,
            tables: packed::section(BLOB, place)?,
            plans: plans.lines().skip(1).map(plan).collect::<Result<_, _>>()?,
        })
    }
}

/// One table of a folder that was packed as text; `None` where there is no such.
pub(super) fn text(folder: &str, table: &str) -> Result<Option<String>, Damaged> {
    let place = packed::index(BLOB)?.remove(&format!("{folder}/{table}"));
    place.map(|place| packed::text(BLOB, place)).transpose()
}

/// The tables of a folder that was packed as text, by file.
fn texts(folder: &str) -> Result<BTreeMap<String, String>, Damaged> {
    let of_folder = |(name, place): (String, Place)| {
        let table = name.strip_prefix(folder)?.strip_prefix('/')?.to_owned();
        Some(packed::text(BLOB, place).map(|text| (table, text)))
    };
    packed::index(BLOB)?
        .into_iter()
        .filter_map(of_folder)
        .collect()
}

/// The other sections are the shared one, without a name, and tables as text, named by folder and file.
fn is_region(section: &str) -> bool {
    !section.is_empty() && !section.contains('/')
}

/// A line of `savings-plans/instances.csv`.
fn plan(line: &str) -> Result<(PlanKey, Sourced<Decimal>), Damaged> {
    let cells: Vec<&str> = line.split(',').collect();
    let read = || {
        let &[
            kind,
            region,
            item,
            platform,
            tenancy,
            term,
            payment,
            usd,
            _,
            source,
            as_of,
        ] = &cells[..]
        else {
            return None;
        };
        let product = Product {
            region: region.parse().ok()?,
            instance_type: item.parse().ok()?,
            platform: platform.parse().ok()?,
            tenancy: tenancy.parse().ok()?,
        };
        let key = (
            product,
            kind.parse().ok()?,
            term.parse().ok()?,
            payment.parse().ok()?,
        );
        let as_of: NaiveDate = as_of.parse().ok()?;
        let provenance = Provenance {
            source: source.into(),
            as_of,
            basis: Basis::Observed,
        };
        let value = usd.parse().ok().filter(|usd: &Decimal| !usd.is_zero())?;
        Some((key, Sourced { value, provenance }))
    };
    read().ok_or_else(|| Damaged(format!("savings plan `{line}`")))
}
