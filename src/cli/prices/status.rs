//! `bursar prices status`: how old the prices are and how they are known, by kind.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use chrono::NaiveDate;
use clap::Args;
use rust_decimal::Decimal;
use serde::Serialize;

use super::Head;
use super::filter::{Filter, platform};
use crate::catalog::{Family, Platform, Region};
use crate::cli::{Failure, Format, Output, OutputArgs, warn};
use crate::diagnostics::Diagnostic;
use crate::prices::{Basis, Offer, PriceBook, Provenance, by_region, platforms};
use crate::report::Table;

/// Exit code of a check that was breached.
const BREACHED: u8 = 3;

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    filter: Filter,
    /// The operating system whose commitments are counted; On-Demand and Spot are counted for all
    #[arg(long, default_value = "linux")]
    os: String,
    /// Warn of prices older than so many days
    #[arg(long, value_name = "DAYS", default_value_t = 120)]
    max_age_days: u32,
    /// Exit with 3 where there is a warning
    #[arg(long)]
    strict: bool,
    /// The day that ages are counted to, YYYY-MM-DD [default: today]
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
}

pub(super) fn answer(
    book: &PriceBook,
    status: &StatusArgs,
    arguments: &OutputArgs,
    output: &mut Output,
) -> Result<ExitCode, Failure> {
    let day = status.as_of.unwrap_or_else(crate::cli::user_prices::today);
    let committed = platform(&status.os)?;
    let families: Vec<Family> = status.filter.families()?.into_iter().collect();
    let regions = status.filter.regions(book, "*")?;
    let mut counts = Counts::default();
    for here in by_region(&regions, |region| count(book, region, committed, &families)) {
        counts.add(here);
    }
    let old: Vec<&Kind> = counts
        .kinds
        .values()
        .filter(|kind| age(kind.oldest, day) > i64::from(status.max_age_days))
        .collect();
    match arguments.format {
        Format::Json => output.json(&document(book, &counts, day, status.max_age_days))?,
        format => output.tables(&tables(book, &counts, day, committed), format)?,
    }
    for kind in &old {
        let message = format!(
            "{} rates are of {}, {} days before {day} (the limit is {})",
            kind.name,
            kind.oldest,
            age(kind.oldest, day),
            status.max_age_days
        );
        warn(&Diagnostic::new(message), arguments.quiet);
    }
    Ok(if status.strict && !old.is_empty() {
        ExitCode::from(BREACHED)
    } else {
        ExitCode::SUCCESS
    })
}

/// Days from one day to another; none for a price from the future.
fn age(from: NaiveDate, to: NaiveDate) -> i64 {
    (to - from).num_days().max(0)
}

/// How many rates there are, by kind and by source.
#[derive(Default)]
struct Counts {
    /// By position in [`Offer::every`] of the kind's first offer.
    kinds: BTreeMap<usize, Kind>,
    sources: BTreeMap<(Arc<str>, NaiveDate), usize>,
}

/// Rates of one kind of offer.
struct Kind {
    name: &'static str,
    observed: usize,
    rule: usize,
    estimated: usize,
    largest_error: Decimal,
    oldest: NaiveDate,
    newest: NaiveDate,
}

impl Kind {
    fn add(&mut self, other: &Self) {
        self.observed += other.observed;
        self.rule += other.rule;
        self.estimated += other.estimated;
        self.largest_error = self.largest_error.max(other.largest_error);
        self.oldest = self.oldest.min(other.oldest);
        self.newest = self.newest.max(other.newest);
    }

    const fn rates(&self) -> usize {
        self.observed + self.rule + self.estimated
    }
}

impl Counts {
    fn add(&mut self, other: Self) {
        for (index, kind) in other.kinds {
            match self.kinds.get_mut(&index) {
                Some(known) => known.add(&kind),
                None => _ = self.kinds.insert(index, kind),
            }
        }
        for (source, count) in other.sources {
            *self.sources.entry(source).or_default() += count;
        }
    }

    fn count(&mut self, index: usize, name: &'static str, provenance: &Provenance) {
        let day = provenance.as_of;
        let (mut observed, mut rule, mut estimated) = (0, 0, 0);
        let mut largest_error = Decimal::ZERO;
        match provenance.basis {
            Basis::Observed => observed = 1,
            Basis::Averaged { .. } | Basis::Rule(_) => rule = 1,
            Basis::Estimated { error_percent, .. } => {
                (estimated, largest_error) = (1, error_percent);
            }
        }
        let one = Kind {
            name,
            observed,
            rule,
            estimated,
            largest_error,
            oldest: day,
            newest: day,
        };
        match self.kinds.get_mut(&index) {
            Some(kind) => kind.add(&one),
            None => _ = self.kinds.insert(index, one),
        }
        let source = (provenance.source.clone(), day);
        *self.sources.entry(source).or_default() += 1;
    }

    /// What services cost in a region, and the plans of databases there: behind every offer of instances.
    fn count_services(&mut self, book: &PriceBook, region: Region) {
        let behind = Offer::every().count();
        for rate in book.services(region).unwrap_or_default() {
            self.count(behind, "Services", &rate.price.provenance);
        }
        for rate in book.database_plans(region).unwrap_or_default() {
            self.count(behind + 1, "Database Savings Plan", &rate.provenance);
        }
    }
}

/// Every rate of a region: On-Demand and Spot of all platforms, commitments of one.
fn count(book: &PriceBook, region: Region, committed: Platform, families: &[Family]) -> Counts {
    let mut counts = Counts::default();
    let mut all: Vec<Platform> = platforms().collect();
    if !all.contains(&committed) {
        all.push(committed);
    }
    // Offers of one kind stand together: the index of the first one names the kind.
    let mut offers: Vec<(usize, Offer)> = Vec::new();
    for (index, offer) in Offer::every().enumerate() {
        let first = offers
            .iter()
            .find(|(_, known)| known.kind() == offer.kind());
        offers.push((first.map_or(index, |(first, _)| *first), offer));
    }
    for (product, on_demand) in book.sold(region, &all) {
        if !families.is_empty() && !families.contains(&product.instance_type.family()) {
            continue;
        }
        counts.count(0, Offer::OnDemand.kind(), &on_demand.provenance);
        for &(index, offer) in &offers {
            let wanted = offer == Offer::Spot || product.platform == committed;
            if wanted
                && offer != Offer::OnDemand
                && let Ok(found) = book.quote(product, offer)
            {
                counts.count(index, offer.kind(), &found.provenance);
            }
        }
    }
    // A family of instances has no services.
    if families.is_empty() {
        counts.count_services(book, region);
    }
    counts
}

fn tables(book: &PriceBook, counts: &Counts, day: NaiveDate, committed: Platform) -> [Table; 2] {
    let heads = [
        "kind",
        ">rates",
        ">observed",
        ">by rule",
        ">estimated",
        ">largest error, %",
        "oldest",
        "newest",
        ">age of the oldest, days",
    ];
    let title = format!(
        "Price book {} of {}, {}, on {day}",
        book.id(),
        book.as_of(),
        book.currency()
    );
    let mut kinds = Table::new(title, &heads);
    for kind in counts.kinds.values() {
        let error = kind.largest_error.normalize();
        kinds.row([
            kind.name.to_owned(),
            kind.rates().to_string(),
            kind.observed.to_string(),
            kind.rule.to_string(),
            kind.estimated.to_string(),
            if error.is_zero() {
                String::new()
            } else {
                error.to_string()
            },
            kind.oldest.to_string(),
            kind.newest.to_string(),
            age(kind.oldest, day).to_string(),
        ]);
    }
    kinds.note(format!(
        "Shared hardware. On-Demand and Spot of every platform; commitments for {committed}, each term and payment \
         option; services as they hold in each region. Largest error: of an estimate, what 95 of 100 checks stayed within."
    ));
    let mut sources = Table::new("Sources", &["source", "as of", ">age, days", ">rates"]);
    for ((source, as_of), count) in &counts.sources {
        sources.row([
            source.to_string(),
            as_of.to_string(),
            age(*as_of, day).to_string(),
            count.to_string(),
        ]);
    }
    [kinds, sources]
}

#[derive(Serialize)]
struct StatusDocument {
    #[serde(flatten)]
    head: Head,
    on: String,
    max_age_days: u32,
    kinds: Vec<KindDocument>,
    sources: Vec<SourceDocument>,
}

#[derive(Serialize)]
struct KindDocument {
    kind: &'static str,
    observed: usize,
    rule: usize,
    estimated: usize,
    largest_error_percent: String,
    oldest: String,
    newest: String,
    age_days: i64,
    too_old: bool,
}

#[derive(Serialize)]
struct SourceDocument {
    source: String,
    as_of: String,
    age_days: i64,
    rates: usize,
}

fn document(book: &PriceBook, counts: &Counts, day: NaiveDate, limit: u32) -> StatusDocument {
    let kind = |kind: &Kind| KindDocument {
        kind: kind.name,
        observed: kind.observed,
        rule: kind.rule,
        estimated: kind.estimated,
        largest_error_percent: kind.largest_error.normalize().to_string(),
        oldest: kind.oldest.to_string(),
        newest: kind.newest.to_string(),
        age_days: age(kind.oldest, day),
        too_old: age(kind.oldest, day) > i64::from(limit),
    };
    let source = |((source, as_of), rates): (&(Arc<str>, NaiveDate), &usize)| SourceDocument {
        source: source.to_string(),
        as_of: as_of.to_string(),
        age_days: age(*as_of, day),
        rates: *rates,
    };
    StatusDocument {
        head: Head::of(book),
        on: day.to_string(),
        max_age_days: limit,
        kinds: counts.kinds.values().map(kind).collect(),
        sources: counts.sources.iter().map(source).collect(),
    }
}
