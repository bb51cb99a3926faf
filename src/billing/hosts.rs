//! Dedicated Hosts for instances: how many an hour needs, and whether the ones that are told suffice.
//!
//! Demand tells an hour's instance-seconds: as many instances are taken to run at once as they fill whole hours, and a
//! host to be held for the whole hour. Hosts are of an account, a zone and a family. docs/billing-rules.md, R57, R75.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{
    Account, Family, InstanceType, Region, ServiceItem, Tenancy, Zone, attributes,
};
use crate::demand::metering::{Packed, SizeOnHost, pack};
use crate::demand::{Demand, Labels, ServiceDemand, ServiceKey};
use crate::prices::PriceBook;
use crate::units::{Hour, HourSpan, Metered, Quantity};

/// Hosts of one account, region and family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosts {
    /// Whose.
    pub account: Account,
    /// Where; a local zone is a place of its own.
    pub region: Region,
    /// Which.
    pub family: Family,
    /// Host-hours that instances need.
    pub needed: u64,
    /// The most hosts at once.
    pub most: u64,
    /// Fewer host-hours do not do; the same as needed, but for mixes too large to be tried out.
    pub at_least: u64,
    /// What tables and bills say, where they tell of hosts of this family.
    pub told: Option<Told>,
}

/// Host-hours that stand in the inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// All of them.
    pub hours: Quantity<Metered>,
    /// The first hour from which on there are fewer than instances need, with host-hours told and needed until the next
    /// row.
    pub short: Option<(Hour, Quantity<Metered>, u64)>,
}

/// It is not known how many instances of a type a host holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("the price book does not know how many {0} a Dedicated Host holds")]
pub struct UnknownCapacity(pub InstanceType);

/// Families whose hosts may hold several sizes.
/// Source: docs.aws.amazon.com, EC2 User Guide, "Dedicated Host instance capacity configurations".
const MIXED: [&str; 17] = [
    "a1", "c5", "c5n", "c6i", "c7i", "m5", "m5n", "m6i", "m7i", "r5", "r5b", "r5n", "r6i", "r7i",
    "r7iz", "t3", "x2iedn",
];

/// Where hosts are counted together.
type Place = (Account, Region, Option<Zone>, Family);

/// What instances on hosts need, family by family, and the host-hours to bill for those of which nothing is told.
///
/// # Errors
/// Types whose number on a host is not known, unless their hosts are told.
pub fn hosts(
    demand: &Demand,
    told: &ServiceDemand,
    book: &PriceBook,
) -> Result<(Vec<Hosts>, ServiceDemand), BTreeSet<UnknownCapacity>> {
    let mut places: BTreeMap<Place, BTreeMap<InstanceType, Vec<u64>>> = BTreeMap::new();
    for (key, seconds) in demand.rows() {
        if key.tenancy == Tenancy::Host && seconds.iter().any(|&seconds| seconds > 0) {
            let family = key.instance_type.family();
            let place = (key.account, key.region, key.zone, family);
            let types = places.entry(place).or_default();
            let sums = types
                .entry(key.instance_type)
                .or_insert_with(|| vec![0; seconds.len()]);
            for (sum, &seconds) in sums.iter_mut().zip(seconds) {
                *sum += u64::from(seconds);
            }
        }
    }
    let mut hours: BTreeMap<(Account, Region, Family), Vec<Packed>> = BTreeMap::new();
    let mut unknown = BTreeSet::new();
    for ((account, region, _, family), types) in places {
        let is_told = told_hours(told, account, region, family).next().is_some();
        match packed_hours(family, &types, book) {
            Ok(packed) => add(hours.entry((account, region, family)).or_default(), &packed),
            // What is told is billed; only the check is not possible.
            Err(_) if is_told => {}
            Err(missing) => unknown.extend(missing),
        }
    }
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let mut to_bill = ServiceDemand::default();
    let found = hours.into_iter().map(|(place, packed)| {
        let found = summed_up(place, &packed, told, demand.span());
        if found.told.is_none() {
            bill(&mut to_bill, place, &packed, demand.span());
        }
        found
    });
    let found = found.collect();
    Ok((found, to_bill))
}

fn add(sums: &mut Vec<Packed>, packed: &[Packed]) {
    sums.resize(packed.len(), Packed::default());
    for (sum, packed) in sums.iter_mut().zip(packed) {
        sum.hosts += packed.hosts;
        sum.at_least += packed.at_least;
    }
}

/// The hosts of one place in every hour.
fn packed_hours(
    family: Family,
    types: &BTreeMap<InstanceType, Vec<u64>>,
    book: &PriceBook,
) -> Result<Vec<Packed>, Vec<UnknownCapacity>> {
    let (cores, sizes) = shape(family, types.keys().copied(), book)?;
    let length = types.values().next().map_or(0, Vec::len);
    let mut known: BTreeMap<Vec<u64>, Packed> = BTreeMap::new();
    let hours = (0..length).map(|at| {
        let instances = types.values().map(|seconds| seconds[at].div_ceil(3_600));
        let instances: Vec<u64> = instances.collect();
        *known
            .entry(instances)
            .or_insert_with_key(|instances| pack(cores, &sizes, instances))
    });
    Ok(hours.collect())
}

/// Physical cores of a host, and what each type takes of them.
fn shape(
    family: Family,
    types: impl Iterator<Item = InstanceType>,
    book: &PriceBook,
) -> Result<(u32, Vec<SizeOnHost>), Vec<UnknownCapacity>> {
    let capacity = book.host_capacity(family.as_str()).map(|found| found.value);
    let mut missing = Vec::new();
    let mut sizes = Vec::new();
    for kind in types {
        let known = capacity.iter().find_map(|capacity| {
            let most = capacity.most(kind.size())?;
            let known = attributes(kind)?;
            // Graviton has a core a vCPU, the others two threads a core.
            let threads = if known.architecture == "arm64" { 1 } else { 2 };
            Some(SizeOnHost {
                cores: known.vcpus.div_ceil(threads),
                most,
                mixes: may_mix(family, kind.size()),
            })
        });
        match known {
            Some(size) => sizes.push(size),
            None => missing.push(UnknownCapacity(kind)),
        }
    }
    let cores = capacity.and_then(|capacity| capacity.physical_cores);
    match cores {
        _ if !missing.is_empty() => Err(missing),
        // Of one size a host, cores do not matter.
        cores => Ok((cores.unwrap_or(u32::MAX), sizes)),
    }
}

/// A1 hosts mix two sizes only.
fn may_mix(family: Family, size: &str) -> bool {
    match family.as_str() {
        "a1" => matches!(size, "xlarge" | "2xlarge"),
        name => MIXED.contains(&name),
    }
}

fn summed_up(
    place: (Account, Region, Family),
    packed: &[Packed],
    told: &ServiceDemand,
    span: HourSpan,
) -> Hosts {
    let (account, region, family) = place;
    let rows: BTreeMap<Hour, Quantity<Metered>> = told_hours(told, account, region, family).fold(
        BTreeMap::new(),
        |mut rows, (hour, used)| {
            *rows.entry(hour).or_insert(Quantity::ZERO) += used;
            rows
        },
    );
    Hosts {
        account,
        region,
        family,
        needed: packed.iter().map(|hour| hour.hosts).sum(),
        most: packed.iter().map(|hour| hour.hosts).max().unwrap_or(0),
        at_least: packed.iter().map(|hour| hour.at_least).sum(),
        told: (!rows.is_empty()).then(|| Told {
            hours: rows.values().copied().sum(),
            short: short(&rows, packed, span),
        }),
    }
}

/// Host-hours that stand in the inputs; a row holds until the next one.
fn told_hours(
    told: &ServiceDemand,
    account: Account,
    region: Region,
    family: Family,
) -> impl Iterator<Item = (Hour, Quantity<Metered>)> {
    let rows = told.rows().filter(move |(key, _)| {
        let is_of = key.item.host_family() == Some(family.as_str());
        is_of && key.account == account && key.region == region
    });
    rows.flat_map(|(_, hours)| hours)
}

/// The first stretch between rows in which at least so many hosts are needed as none are told.
fn short(
    rows: &BTreeMap<Hour, Quantity<Metered>>,
    packed: &[Packed],
    span: HourSpan,
) -> Option<(Hour, Quantity<Metered>, u64)> {
    let starts = std::iter::once(span.start()).chain(rows.keys().copied());
    let starts: BTreeSet<Hour> = starts.filter(|hour| span.contains(*hour)).collect();
    let ends = starts.iter().skip(1).copied().chain([span.end()]);
    starts.iter().zip(ends).find_map(|(&start, end)| {
        let told = rows.get(&start).copied().unwrap_or(Quantity::ZERO);
        let hours = HourSpan::new(start, end).hours();
        let needed = hours.filter_map(|hour| packed.get(span.index(hour)?));
        let needed = needed.map(|hour| hour.at_least).sum();
        let whole: Quantity<Metered> =
            Quantity::from_ticks(i128::from(needed) * i128::from(crate::units::TICKS_PER_UNIT));
        (whole > told).then_some((start, told, needed))
    })
}

fn bill(
    demand: &mut ServiceDemand,
    (account, region, family): (Account, Region, Family),
    packed: &[Packed],
    span: HourSpan,
) {
    let Ok(item) = ServiceItem::dedicated_host(family.as_str()) else {
        return;
    };
    let key = ServiceKey {
        account,
        region,
        item,
        labels: Labels::default(),
    };
    for (hour, packed) in span
        .hours()
        .zip(packed)
        .filter(|(_, packed)| packed.hosts > 0)
    {
        demand.add_whole(key.clone(), hour, packed.hosts);
    }
}
