//! A user's price book: one file, written by `bursar prices import`, with a section a region that is unpacked when
//! it is first asked for.
//!
//! The first line is JSON: version, currency, newest day, sources, and for each region the place and sha256 of its
//! section. The sections follow, compressed with zstd: first those of instances, then those of everything else, which
//! a book of the first form has none of.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::answer::{Basis, Product, Provenance, ReservedPrice, Sourced};
use super::book::Offer;
use super::import::collect::{Day, Source, UserRate, day};
use super::import::key;
use super::packed::{Damaged, Reader};
use super::user_charges::{OpenCharges, UserCharges};
use crate::catalog::{InstanceType, Region};
use crate::diagnostics::{Diagnostic, Place};
use crate::units::Rate;

/// How a price book begins.
const MAGIC: &[u8] = br#"{"bursar_price_book":"#;
const VERSION: u32 = 2;
/// The oldest form that is read: without what services cost.
const OLDEST: u32 = 1;
/// Beyond it zstd gains little and costs seconds.
const LEVEL: i32 = 6;

/// A file that was imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedFile {
    /// Its name, without folders.
    pub file: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// What it is, such as `AmazonEC2 offer file 20250912225308`.
    pub kind: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    bursar_price_book: u32,
    currency: String,
    #[serde(with = "day")]
    as_of: NaiveDate,
    files: Vec<ImportedFile>,
    sources: Vec<Source>,
    sections: Vec<SectionPlace>,
    #[serde(default)]
    services: Vec<SectionPlace>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SectionPlace {
    region: String,
    rates: usize,
    packed: usize,
    unpacked: usize,
    sha256: String,
}

/// Rates of a user's files, which go before the built-in ones.
#[derive(Debug)]
pub struct UserBook {
    id: String,
    as_of: NaiveDate,
    sources: Vec<Provenance>,
    regions: BTreeMap<Region, Slot<Section>>,
    services: BTreeMap<Region, Slot<OpenCharges>>,
    bytes: Vec<u8>,
}

/// A section, unpacked when it is first asked for.
#[derive(Debug)]
struct Slot<S> {
    start: usize,
    packed: usize,
    unpacked: usize,
    section: OnceLock<Result<S, Damaged>>,
}

#[derive(Debug, Default)]
struct Section {
    types: Vec<InstanceType>,
    /// Ordered by key: place of the type, then the numbers of platform, tenancy and offer.
    rates: Vec<(u64, Priced)>,
}

#[derive(Debug, Clone, Copy)]
struct Priced {
    upfront: u64,
    hourly: u64,
    source: usize,
}

/// Writes a book. The same rates and files give the same bytes.
pub(super) fn write(
    files: &[ImportedFile],
    sources: Vec<Source>,
    regions: &BTreeMap<Region, Vec<UserRate>>,
    charges: &BTreeMap<Region, UserCharges>,
) -> std::io::Result<Vec<u8>> {
    let (mut sections, mut services, mut body) = (Vec::new(), Vec::new(), Vec::new());
    for (region, rates) in regions {
        let place = add_section(&mut body, *region, rates.len(), &pack(rates))?;
        sections.push(place);
    }
    for (region, charges) in charges {
        let bytes = serde_json::to_vec(charges)?;
        services.push(add_section(&mut body, *region, charges.len(), &bytes)?);
    }
    let header = Header {
        bursar_price_book: VERSION,
        currency: "USD".into(),
        as_of: sources
            .iter()
            .map(|source| source.as_of)
            .max()
            .unwrap_or_default(),
        files: files.to_vec(),
        sources,
        sections,
        services,
    };
    let mut bytes = serde_json::to_vec(&header)?;
    bytes.push(b'\n');
    bytes.extend(body);
    Ok(bytes)
}

fn add_section(
    body: &mut Vec<u8>,
    region: Region,
    rates: usize,
    bytes: &[u8],
) -> std::io::Result<SectionPlace> {
    let packed = zstd::bulk::compress(bytes, LEVEL)?;
    let place = SectionPlace {
        region: region.to_string(),
        rates,
        packed: packed.len(),
        unpacked: bytes.len(),
        sha256: sha256(&packed),
    };
    body.extend(packed);
    Ok(place)
}

/// The section of a region's rates, which are ordered.
fn pack(rates: &[UserRate]) -> Vec<u8> {
    let mut types: Vec<InstanceType> = rates.iter().map(|rate| rate.instance_type).collect();
    types.dedup();
    let mut bytes = Vec::with_capacity(rates.len() * 12);
    number(&mut bytes, types.len() as u64);
    for name in &types {
        number(&mut bytes, name.as_str().len() as u64);
        bytes.extend(name.as_str().bytes());
    }
    number(&mut bytes, rates.len() as u64);
    for rate in rates {
        let place = types.partition_point(|name| *name < rate.instance_type);
        number(&mut bytes, place as u64);
        bytes.extend(rate.numbers);
        for value in [u64::from(rate.source), rate.upfront, rate.hourly] {
            number(&mut bytes, value);
        }
    }
    bytes
}

/// Seven bits a byte, the lowest first; all but the last have the eighth bit.
fn number(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The id of a book over another: twelve digits, as those of the bundled one.
pub(super) fn joined_id(below: &str, user: &str) -> String {
    let whole = sha256(format!("{below} {user}").as_bytes());
    whole.chars().take(below.len()).collect()
}

impl UserBook {
    /// Whether a file is a book by its first bytes, whole or not.
    pub fn is_one(bytes: &[u8]) -> bool {
        bytes.starts_with(MAGIC)
    }

    /// Checks a book's bytes against the sums in its first line.
    ///
    /// # Errors
    /// A file that is no book, of another version or currency, cut short or changed.
    pub fn open(bytes: Vec<u8>, name: &str) -> Result<Self, Diagnostic> {
        let damaged = |what: &str| {
            Diagnostic::new(format!("the price book is damaged: {what}"))
                .at(Place::file(name))
                .hint("write it again with `bursar prices import`")
        };
        let end =
            memchr::memchr(b'\n', &bytes).ok_or_else(|| damaged("its first line does not end"))?;
        let header: Header =
            serde_json::from_slice(&bytes[..end]).map_err(|error| damaged(&error.to_string()))?;
        let form = header.bursar_price_book;
        if !(OLDEST..=VERSION).contains(&form) || header.currency != "USD" {
            let message = format!(
                "the price book has form {form} and currency {}; this program reads forms {OLDEST} to {VERSION} and USD",
                header.currency
            );
            return Err(Diagnostic::new(message).at(Place::file(name)));
        }
        let mut start = end + 1;
        let regions = slots(&bytes, &mut start, &header.sections).map_err(|what| damaged(&what))?;
        let services =
            slots(&bytes, &mut start, &header.services).map_err(|what| damaged(&what))?;
        if start != bytes.len() {
            return Err(damaged("something stands behind its last section"));
        }
        let provenance = |source: &Source| Provenance {
            source: source.name.as_str().into(),
            as_of: source.as_of,
            basis: source
                .averaged_since
                .map_or(Basis::Observed, |Day(since)| Basis::Averaged { since }),
        };
        Ok(Self {
            id: sha256(&bytes[..end]),
            as_of: header.as_of,
            sources: header.sources.iter().map(provenance).collect(),
            regions,
            services,
            bytes,
        })
    }

    /// The sha256 of its first line, which holds those of all sections.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The newest day of its prices.
    pub fn as_of(&self) -> NaiveDate {
        self.as_of
    }

    /// The regions it has rates for.
    pub(super) fn regions(&self) -> impl Iterator<Item = Region> {
        self.regions.keys().copied()
    }

    /// Every instance type it has rates for.
    pub fn instance_types(&self) -> BTreeSet<InstanceType> {
        let regions = self.regions();
        regions
            .flat_map(|region| self.types(region).iter().copied())
            .collect()
    }

    /// The instance types it has rates for in a region, ordered.
    pub(super) fn types(&self, region: Region) -> &[InstanceType] {
        match self.section(region) {
            Ok(Some(section)) => &section.types,
            _ => &[],
        }
    }

    /// What it has rates for in a region.
    pub(super) fn keys(&self, region: Region) -> Vec<(Product, Offer)> {
        let Ok(Some(section)) = self.section(region) else {
            return Vec::new();
        };
        let offers = key::offers();
        let key = |(joined, _): &(u64, Priced)| {
            let [_, _, _, _, _, platform, tenancy, offer] = joined.to_be_bytes();
            let product = Product {
                region,
                instance_type: *section.types.get(usize::try_from(joined >> 32).ok()?)?,
                platform: key::platform(platform)?,
                tenancy: key::tenancy(tenancy)?,
            };
            Some((product, *offers.get(usize::from(offer))?))
        };
        section.rates.iter().filter_map(key).collect()
    }

    /// A rate, if the book has one.
    pub(super) fn get(
        &self,
        product: Product,
        offer: Offer,
    ) -> Result<Option<Sourced<ReservedPrice>>, Damaged> {
        let Some(section) = self.section(product.region)? else {
            return Ok(None);
        };
        let Ok(place) = section.types.binary_search(&product.instance_type) else {
            return Ok(None);
        };
        let wanted = joined(
            place,
            [
                key::platform_number(product.platform),
                key::tenancy_number(product.tenancy),
                key::offer_number(offer),
            ],
        );
        let Ok(at) = section.rates.binary_search_by_key(&wanted, |(key, _)| *key) else {
            return Ok(None);
        };
        let Priced {
            upfront,
            hourly,
            source,
        } = section.rates[at].1;
        let provenance = self.sources.get(source);
        let provenance = provenance.ok_or_else(|| Damaged("source".into()))?.clone();
        let value = ReservedPrice {
            upfront: Rate::<crate::units::InstanceHour>::from_steps(upfront).for_one(),
            hourly: Rate::from_steps(hourly),
        };
        Ok(Some(Sourced { value, provenance }))
    }

    fn section(&self, region: Region) -> Result<Option<&Section>, Damaged> {
        let Some(slot) = self.regions.get(&region) else {
            return Ok(None);
        };
        let section = slot
            .section
            .get_or_init(|| unpack(&slot.bytes(&self.bytes)?));
        section.as_ref().map(Some).map_err(Clone::clone)
    }

    /// What it prices beside instances in a region.
    pub(super) fn charges(&self, region: Region) -> Result<Option<&OpenCharges>, Damaged> {
        let Some(slot) = self.services.get(&region) else {
            return Ok(None);
        };
        let section = slot.section.get_or_init(|| {
            let charges: UserCharges = serde_json::from_slice(&slot.bytes(&self.bytes)?)
                .map_err(|error| Damaged(error.to_string()))?;
            charges.open(&self.sources)
        });
        section.as_ref().map(Some).map_err(Clone::clone)
    }

    /// The regions in which it prices something beside instances.
    pub(super) fn charged_regions(&self) -> impl Iterator<Item = Region> {
        self.services.keys().copied()
    }
}

impl<S> Slot<S> {
    fn bytes(&self, book: &[u8]) -> Result<Vec<u8>, Damaged> {
        let packed = book.get(self.start..self.start + self.packed);
        let packed = packed.ok_or_else(|| Damaged("too short".into()))?;
        zstd::bulk::decompress(packed, self.unpacked).map_err(|error| Damaged(error.to_string()))
    }
}

/// The places of sections that begin at `start`, which is moved behind them; or what is wrong with one.
fn slots<S>(
    bytes: &[u8],
    start: &mut usize,
    places: &[SectionPlace],
) -> Result<BTreeMap<Region, Slot<S>>, String> {
    let mut slots = BTreeMap::new();
    for place in places {
        let stop = start.checked_add(place.packed);
        let packed = stop.and_then(|stop| bytes.get(*start..stop));
        let packed = packed.ok_or("it is cut short")?;
        if sha256(packed) != place.sha256 {
            return Err(format!("the section of {} was changed", place.region));
        }
        let region = place.region.parse();
        let region = region.map_err(|error: crate::catalog::UnknownRegion| error.to_string())?;
        let slot = Slot {
            start: *start,
            packed: place.packed,
            unpacked: place.unpacked,
            section: OnceLock::new(),
        };
        slots.insert(region, slot);
        *start += place.packed;
    }
    Ok(slots)
}

fn joined(place: usize, [platform, tenancy, offer]: [u8; 3]) -> u64 {
    let numbers = u32::from_be_bytes([0, platform, tenancy, offer]);
    ((place as u64) << 32) | u64::from(numbers)
}

fn unpack(bytes: &[u8]) -> Result<Section, Damaged> {
    let mut reader = Reader(bytes);
    let mut section = Section::default();
    for _ in 0..reader.size()? {
        let name = reader.text()?;
        let known = name
            .parse()
            .map_err(|_| Damaged(format!("type `{name}`")))?;
        section.types.push(known);
    }
    for _ in 0..reader.size()? {
        let place = reader.size()?;
        let mut numbers = [0; 3];
        for number in &mut numbers {
            *number = reader.byte()?;
        }
        let source = reader.size()?;
        let (upfront, hourly) = (reader.number()?, reader.number()?);
        let priced = Priced {
            upfront,
            hourly,
            source,
        };
        if upfront == 0 && hourly == 0 {
            return Err(Damaged("a rate that is zero".into()));
        }
        section.rates.push((joined(place, numbers), priced));
    }
    if !section.rates.is_sorted_by_key(|(key, _)| *key) {
        return Err(Damaged("rates out of order".into()));
    }
    Ok(section)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Platform, Tenancy};

    fn book() -> Vec<u8> {
        let rate = |name: &str, hourly| UserRate {
            instance_type: name.parse().unwrap(),
            numbers: [key::platform_number(Platform::LINUX), 0, 0],
            upfront: 0,
            hourly,
            source: 0,
        };
        let source = Source {
            name: "rates.csv".into(),
            as_of: NaiveDate::from_ymd_opt(2026, 1, 2).unwrap(),
            averaged_since: None,
        };
        // 0.1 dollars are 10^9 steps of 10^-10.
        let rates = vec![rate("m5.large", 1_000_000_000), rate("m5.xlarge", 300)];
        let regions = BTreeMap::from([("eu-west-1".parse().unwrap(), rates)]);
        write(&[], vec![source], &regions, &BTreeMap::new()).unwrap()
    }

    #[test]
    fn rates_are_found_again_with_their_source() {
        let book = UserBook::open(book(), "book").unwrap();
        let product = |name: &str| Product {
            region: "eu-west-1".parse().unwrap(),
            instance_type: name.parse().unwrap(),
            platform: Platform::LINUX,
            tenancy: Tenancy::Shared,
        };
        let found = book
            .get(product("m5.large"), Offer::OnDemand)
            .unwrap()
            .unwrap();
        assert_eq!(found.value.hourly.to_string(), "0.1");
        assert_eq!(&*found.provenance.source, "rates.csv");
        assert_eq!(book.get(product("m5.large"), Offer::Spot), Ok(None));
        assert_eq!(book.get(product("m5.metal"), Offer::OnDemand), Ok(None));
    }

    #[test]
    fn a_book_that_was_cut_or_changed_is_refused() {
        let whole = book();
        for cut in [5, whole.len() - 1] {
            assert!(UserBook::open(whole[..cut].to_vec(), "book").is_err());
        }
        let mut changed = whole.clone();
        *changed.last_mut().unwrap() ^= 1;
        let error = UserBook::open(changed, "book").unwrap_err();
        assert!(error.message.contains("eu-west-1 was changed"), "{error}");
        let longer = [whole, vec![0]].concat();
        assert!(UserBook::open(longer, "book").is_err());
    }
}
