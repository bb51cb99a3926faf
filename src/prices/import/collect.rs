//! Gathers the amounts of every file, then joins them to rates: no key twice, nothing free, no part missing.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use foldhash::fast::FixedState;

use super::charges::Charges;
use super::key::{self, Part, Types};
use crate::catalog::{InstanceType, PaymentOption, Region};
use crate::diagnostics::{Diagnostic, Place};
use crate::prices::user_charges::UserCharges;
use crate::prices::{Offer, Product};
use crate::units::{InstanceHour, Rate};

/// A price in steps of 1e-10 dollars, with its key and where it stood.
#[derive(Debug, Clone, Copy)]
struct Amount {
    key: u64,
    steps: u64,
    label: u32,
    source: u32,
}

/// A rate of a user price book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::prices) struct UserRate {
    pub(in crate::prices) instance_type: InstanceType,
    /// Number of the platform, of the tenancy, of the offer (`key`).
    pub(in crate::prices) numbers: [u8; 3],
    pub(in crate::prices) upfront: u64,
    pub(in crate::prices) hourly: u64,
    pub(in crate::prices) source: u32,
}

/// Where rates come from, as a provenance shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub(in crate::prices) struct Source {
    pub(in crate::prices) name: String,
    #[serde(with = "day")]
    pub(in crate::prices) as_of: NaiveDate,
    /// Of an average: the day of its first price. An average has a source of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::prices) averaged_since: Option<Day>,
}

/// A day as JSON has it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub(in crate::prices) struct Day(#[serde(with = "day")] pub(in crate::prices) NaiveDate);

/// A day in JSON: `2026-05-12`.
pub(in crate::prices) mod day {
    use chrono::NaiveDate;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    pub(in crate::prices) fn serialize<S: Serializer>(
        day: &NaiveDate,
        json: S,
    ) -> Result<S::Ok, S::Error> {
        json.collect_str(day)
    }

    pub(in crate::prices) fn deserialize<'de, D: Deserializer<'de>>(
        json: D,
    ) -> Result<NaiveDate, D::Error> {
        let text = String::deserialize(json)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// A SKU, or whatever names the row a price stood in.
type Label = [u8; 16];

/// At most so many problems of one kind are told.
pub(super) const TOLD: usize = 10;

/// Everything that was read so far.
#[derive(Debug, Default)]
pub(super) struct Collector {
    types: Types,
    amounts: BTreeMap<Region, Vec<Amount>>,
    labels: Vec<Label>,
    label_numbers: HashMap<Label, u32, FixedState>,
    sources: Vec<Source>,
    /// Where the sources of the file being read begin.
    first_source: usize,
    /// The files, each with its first source.
    files: Vec<(usize, String)>,
    /// What is no instance.
    pub(super) charges: Charges,
}

/// Rates by region, with the sources they point at.
#[derive(Debug, Default)]
pub(super) struct Joined {
    pub(super) sources: Vec<Source>,
    /// Ordered by type, platform, tenancy, offer.
    pub(super) regions: BTreeMap<Region, Vec<UserRate>>,
    /// What is no instance.
    pub(super) charges: BTreeMap<Region, UserCharges>,
    /// Rates that are zero, which were left out: how many, and the first of them by name.
    pub(super) zero: (usize, Vec<String>),
    /// Rates that stood in two rows, with the same price.
    pub(super) twice: usize,
}

impl Collector {
    /// Another file: its sources are its own, even where they have the name of another's.
    pub(super) fn begin_file(&mut self, path: &str) {
        self.first_source = self.sources.len();
        self.files.push((self.first_source, path.to_owned()));
    }

    /// The file an amount stood in.
    fn place(&self, amount: Amount) -> Place {
        Place::file(self.file(amount))
    }

    fn file(&self, amount: Amount) -> &str {
        let source = usize::try_from(amount.source).unwrap_or(usize::MAX);
        let behind = self.files.partition_point(|(first, _)| *first <= source);
        let file = behind.checked_sub(1).and_then(|at| self.files.get(at));
        file.map_or("", |(_, path)| path)
    }

    /// The number of a source.
    pub(super) fn source(
        &mut self,
        name: &str,
        as_of: NaiveDate,
        averaged_since: Option<NaiveDate>,
    ) -> u32 {
        let averaged_since = averaged_since.map(Day);
        let known = self
            .sources
            .iter()
            .skip(self.first_source)
            .position(|known| {
                known.name == name && known.as_of == as_of && known.averaged_since == averaged_since
            });
        let place = if let Some(place) = known {
            place + self.first_source
        } else {
            self.sources.push(Source {
                name: name.to_owned(),
                as_of,
                averaged_since,
            });
            self.sources.len() - 1
        };
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    /// Takes one amount. `label` names its row: a SKU (16 characters), or `line 7`.
    pub(super) fn add(
        &mut self,
        (product, offer, part): (Product, Offer, Part),
        steps: u64,
        label: &str,
        source: u32,
    ) {
        let mut short = [b' '; 16];
        for (to, from) in short.iter_mut().zip(label.bytes()) {
            *to = from;
        }
        let labels = &mut self.labels;
        let label = *self.label_numbers.entry(short).or_insert_with(|| {
            labels.push(short);
            u32::try_from(labels.len() - 1).unwrap_or(u32::MAX)
        });
        let key = self.types.key(product, offer, part);
        let amount = Amount {
            key,
            steps,
            label,
            source,
        };
        self.amounts.entry(product.region).or_default().push(amount);
    }

    /// Joins amounts to rates.
    ///
    /// # Errors
    /// Keys with two prices, rate codes that stand twice, Reserved Instances with half a price.
    pub(super) fn join(mut self) -> Result<Joined, Vec<Diagnostic>> {
        let mut joined = Joined {
            sources: std::mem::take(&mut self.sources),
            ..Joined::default()
        };
        let mut problems = Vec::new();
        let offers = key::offers();
        for (region, mut amounts) in std::mem::take(&mut self.amounts) {
            amounts.sort_unstable_by_key(|amount| (amount.key, amount.source, amount.label));
            self.unite(region, &mut amounts, &mut joined, &mut problems);
            let mut rates = Vec::new();
            // The last byte of a key is its part.
            for both in amounts.chunk_by(|one, other| one.key >> 8 == other.key >> 8) {
                let rate = self.rate(both, &offers);
                let told = |what: &str| self.told(region, both[0], what);
                match check(&rate, &offers) {
                    Ok(true) => rates.push(rate),
                    Ok(false) => {
                        joined.zero.0 += 1;
                        if joined.zero.1.len() < TOLD {
                            joined.zero.1.push(told(""));
                        }
                    }
                    Err(what) => problems.push(Diagnostic::new(told(what)).at(self.place(both[0])).hint(
                        "a row of it is missing: the file was cut short, or a column of the table is empty",
                    )),
                }
                if problems.len() >= TOLD {
                    return Err(problems);
                }
            }
            rates.sort_unstable_by_key(|rate| (rate.instance_type, rate.numbers));
            if !rates.is_empty() {
                joined.regions.insert(region, rates);
            }
        }
        let charges = std::mem::take(&mut self.charges).join();
        problems.extend(charges.problems);
        joined.charges = charges.regions;
        joined.twice += charges.twice;
        joined.zero.0 += charges.zero.0;
        joined.zero.1.extend(charges.zero.1);
        joined.zero.1.truncate(TOLD);
        if problems.is_empty() {
            Ok(joined)
        } else {
            Err(problems)
        }
    }

    /// Leaves one amount a key, where all say the same.
    fn unite(
        &self,
        region: Region,
        amounts: &mut Vec<Amount>,
        joined: &mut Joined,
        problems: &mut Vec<Diagnostic>,
    ) {
        amounts.dedup_by(|next, kept| {
            if next.key != kept.key {
                return false;
            }
            if (next.label, next.source) == (kept.label, kept.source) {
                problems.push(self.same_code(region, *kept));
            } else if next.steps == kept.steps {
                joined.twice += 1;
            } else {
                problems.push(self.conflict(region, *kept, *next));
            }
            true
        });
        problems.truncate(TOLD);
    }

    fn rate(&self, both: &[Amount], offers: &[Offer]) -> UserRate {
        let (instance_type, [platform, tenancy, offer, _]) = self.types.open(both[0].key);
        let of = |part: u8| {
            let found = both
                .iter()
                .find(|amount| amount.key & 0xff == u64::from(part));
            found.map(|amount| amount.steps)
        };
        let whole_is_upfront = matches!(
            offers.get(usize::from(offer)),
            Some(Offer::Reserved(_, _, PaymentOption::AllUpfront))
        );
        // What is not there is marked by a price nobody asks; `check` finds it.
        let otherwise = if whole_is_upfront { 0 } else { u64::MAX };
        let partly = matches!(
            offers.get(usize::from(offer)),
            Some(Offer::Reserved(
                _,
                _,
                PaymentOption::PartialUpfront | PaymentOption::AllUpfront
            ))
        );
        UserRate {
            instance_type,
            numbers: [platform, tenancy, offer],
            upfront: of(1).unwrap_or(if partly { u64::MAX } else { 0 }),
            hourly: of(0).unwrap_or(otherwise),
            source: both[0].source,
        }
    }

    /// What an amount is a price of: `m5.large Linux in eu-west-1, On-Demand (SKU ABC)`.
    fn told(&self, region: Region, amount: Amount, what: &str) -> String {
        let (instance_type, [platform, tenancy, offer, _]) = self.types.open(amount.key);
        let offer = key::offers().get(usize::from(offer)).copied();
        let product =
            key::platform(platform)
                .zip(key::tenancy(tenancy))
                .map(|(platform, tenancy)| Product {
                    region,
                    instance_type,
                    platform,
                    tenancy,
                });
        match product.zip(offer) {
            Some((product, offer)) => {
                format!("{product}, {offer} ({}){what}", self.label(amount))
            }
            None => self.label(amount),
        }
    }

    fn label(&self, amount: Amount) -> String {
        let label = self
            .labels
            .get(usize::try_from(amount.label).unwrap_or(usize::MAX));
        let label = label.map_or_else(String::new, |label| {
            String::from_utf8_lossy(label).trim_end().to_owned()
        });
        if label.contains(' ') {
            label
        } else {
            format!("SKU {label}")
        }
    }

    fn same_code(&self, region: Region, amount: Amount) -> Diagnostic {
        Diagnostic::new(format!(
            "a rate code stands twice: {}",
            self.told(region, amount, "")
        ))
        .hint("the file was changed after AWS published it; fetch it again")
        .at(self.place(amount))
    }

    fn conflict(&self, region: Region, one: Amount, other: Amount) -> Diagnostic {
        let price = |amount: Amount| Rate::<InstanceHour>::from_steps(amount.steps).to_string();
        let file = elsewhere(self.file(one), self.file(other));
        Diagnostic::new(format!(
            "two prices for one thing: {}{file} says {}, {} says {}",
            self.told(region, one, ""),
            price(one),
            self.label(other),
            price(other),
        ))
        .hint("leave out one of the files, or the row that is wrong; which of two prices holds is not guessed")
        .at(self.place(other))
    }
}

/// ` of FILE` where the first of two files is not the second, which an error shows as its place.
pub(super) fn elsewhere(one: &str, other: &str) -> String {
    if one == other {
        String::new()
    } else {
        format!(" of `{one}`")
    }
}

/// Whether a rate is complete and costs something; or what it lacks.
fn check(rate: &UserRate, offers: &[Offer]) -> Result<bool, &'static str> {
    if rate.upfront == u64::MAX {
        return Err(" has no upfront fee");
    }
    if rate.hourly == u64::MAX {
        return Err(" has no hourly rate");
    }
    let offer = offers.get(usize::from(rate.numbers[2]));
    if rate.upfront > 0 && !matches!(offer, Some(Offer::Reserved(..))) {
        return Err(" has an upfront fee, which only Reserved Instances have");
    }
    Ok(rate.upfront > 0 || rate.hourly > 0)
}
