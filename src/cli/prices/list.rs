//! `bursar prices list`: finds instance types by what they are and what they cost.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use clap::{Args, ValueEnum};
use rust_decimal::Decimal;
use serde::Serialize;

use super::filter::{Filter, Machine, Span, platform};
use super::show::words;
use super::with_hint;
use super::{Head, fixed, rounded};
use crate::catalog::{
    Family, OfferingClass, PaymentOption, Platform, Region, SavingsPlanKind, Tenancy, Term,
};
use crate::cli::{Failure, Format, Output};
use crate::prices::{Basis, Offer, PriceBook, Product, Provenance, by_region};
use crate::report::Table;

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    filter: Filter,
    /// Number of vCPUs, both ends included: 4..8, 16.., ..8, 4
    #[arg(long, value_name = "RANGE")]
    vcpu: Option<Span>,
    /// Memory in GiB, as --vcpu
    #[arg(long, value_name = "RANGE")]
    memory_gib: Option<Span>,
    /// Processor architecture, such as x86_64 or arm64
    #[arg(long)]
    arch: Option<String>,
    /// Operating system and included SQL Server, as in `prices show`
    #[arg(long, default_value = "linux")]
    os: String,
    /// Whose hardware: shared or dedicated
    #[arg(long, default_value = "shared")]
    tenancy: String,
    /// Nothing that costs more On-Demand, dollars an hour
    #[arg(long, value_name = "DOLLARS")]
    max_hourly: Option<Decimal>,
    /// What comes first: the smallest
    #[arg(long, value_enum, default_value_t = Sort::Type)]
    sort: Sort,
    /// At most so many rows
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Sort {
    /// Name of the type
    Type,
    /// On-Demand
    Od,
    /// Number of vCPUs
    Vcpu,
    /// Memory
    Memory,
    /// On-Demand a vCPU
    OdPerVcpu,
    /// On-Demand a GiB of memory
    OdPerGib,
    /// Cheapest Reserved Instance for a year
    Ri1,
    /// Cheapest Reserved Instance for three years
    Ri3,
    /// Cheapest Savings Plan for a year
    Sp1,
    /// Cheapest Savings Plan for three years
    Sp3,
    /// Average Spot price
    Spot,
}

pub(super) fn answer(
    book: &PriceBook,
    list: &ListArgs,
    format: Format,
    output: &mut Output,
) -> Result<(), Failure> {
    let search = list.search()?;
    let regions = list.filter.regions(book, "us-east-1")?;
    let found = by_region(&regions, |region| search.region(book, region));
    let (mut rows, mut unknown) = (Vec::new(), BTreeSet::new());
    for (here, not_known) in found {
        rows.extend(here);
        unknown.extend(not_known);
    }
    rows.sort_by_cached_key(|row| {
        let product = row.product;
        (
            Missing::last(row.key(list.sort)),
            product.instance_type,
            product.region,
        )
    });
    let matching = rows.len();
    rows.truncate(list.limit.unwrap_or(matching));
    let notes = notes(book, &rows, matching, &unknown);
    match format {
        Format::Json => output.json(&document(book, &rows, matching, &unknown)),
        _ => Ok(output.tables(&[table(&rows, notes, format)], format)?),
    }
}

/// Sorts what has no figure behind what has one.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Missing(Reverse<bool>, Option<Decimal>);

impl Missing {
    fn last(key: Option<Decimal>) -> Self {
        Self(Reverse(key.is_some()), key)
    }
}

/// What is looked for, read and checked.
struct Search {
    families: BTreeSet<Family>,
    vcpu: Option<Span>,
    memory_gib: Option<Span>,
    architecture: Option<String>,
    platform: Platform,
    tenancy: Tenancy,
    max_hourly: Option<Decimal>,
}

impl ListArgs {
    fn search(&self) -> Result<Search, Failure> {
        let tenancy = self.tenancy.parse().map_err(|expected: String| {
            let message = format!("unknown tenancy `{}`", self.tenancy);
            with_hint(&message, None, &expected)
        })?;
        if let Some(wanted) = &self.arch {
            let types = crate::catalog::instance_types();
            let known: BTreeSet<&str> = types
                .filter_map(|known| Machine::of(known)?.architecture)
                .flat_map(|names| names.split('|'))
                .collect();
            if !known.contains(wanted.as_str()) {
                let known: Vec<&str> = known.into_iter().collect();
                let message = format!("unknown architecture `{wanted}`");
                return Err(with_hint(
                    &message,
                    None,
                    &format!("known are {}", known.join(", ")),
                ));
            }
        }
        Ok(Search {
            families: self.filter.families()?,
            vcpu: self.vcpu,
            memory_gib: self.memory_gib,
            architecture: self.arch.clone(),
            platform: platform(&self.os)?,
            tenancy,
            max_hourly: self.max_hourly,
        })
    }
}

impl Search {
    /// What a region sells of it, and the types left out because the catalogue cannot tell.
    fn region(&self, book: &PriceBook, region: Region) -> (Vec<Row>, Vec<String>) {
        let (mut rows, mut unknown) = (Vec::new(), Vec::new());
        for instance_type in book.sells(region) {
            let family = instance_type.family();
            if !self.families.is_empty() && !self.families.contains(&family) {
                continue;
            }
            let machine = Machine::of(instance_type);
            match self.accepts(machine) {
                Some(true) => {}
                Some(false) => continue,
                None => {
                    unknown.push(instance_type.to_string());
                    continue;
                }
            }
            let product = Product {
                region,
                instance_type,
                platform: self.platform,
                tenancy: self.tenancy,
            };
            if let Some(row) = Row::ask(book, product, machine)
                && self
                    .max_hourly
                    .is_none_or(|limit| row.on_demand.usd <= limit)
            {
                rows.push(row);
            }
        }
        (rows, unknown)
    }

    /// Whether the machine is one that is looked for; `None` where the catalogue cannot tell.
    fn accepts(&self, machine: Option<Machine>) -> Option<bool> {
        let within = |span: Option<Span>, of: fn(Machine) -> Decimal| match span {
            None => Some(true),
            Some(span) => machine.map(|machine| span.contains(of(machine))),
        };
        let runs = match &self.architecture {
            None => Some(true),
            Some(wanted) => machine.and_then(|machine| machine.runs(wanted)),
        };
        let answers = [
            within(self.vcpu, |machine| machine.vcpus),
            within(self.memory_gib, |machine| machine.memory_gib),
            runs,
        ];
        if answers.contains(&Some(false)) {
            return Some(false);
        }
        answers.iter().all(Option::is_some).then_some(true)
    }
}

/// An instance type in a region, with what it costs an hour.
struct Row {
    product: Product,
    machine: Option<Machine>,
    on_demand: Price,
    /// Cheapest No Upfront, for one year and for three.
    reserved: [Option<Price>; 2],
    plans: [Option<Price>; 2],
    spot: Option<Price>,
}

#[derive(Clone)]
struct Price {
    offer: Offer,
    usd: Decimal,
    provenance: Provenance,
    /// What is paid under negotiated discounts, and the terms.
    contracted: Option<(Decimal, String)>,
}

impl Price {
    fn ask(book: &PriceBook, product: Product, offer: Offer) -> Option<Self> {
        let found = book.quote(product, offer).ok()?;
        let contracted = book.contract().map(|contract| {
            let paid = contract.quote(product, offer, found.value);
            (paid.value.hourly_under(offer).to_decimal(10), paid.terms)
        });
        Some(Self {
            contracted,
            offer,
            usd: found.value.hourly_under(offer).to_decimal(10),
            provenance: found.provenance,
        })
    }

    /// What is paid, as the table has it.
    fn paid(&self) -> Option<Decimal> {
        let (usd, _) = self.contracted.as_ref()?;
        Some(fixed(*usd, 5))
    }

    fn cheapest(
        book: &PriceBook,
        product: Product,
        offers: impl Iterator<Item = Offer>,
    ) -> Option<Self> {
        let prices = offers.filter_map(|offer| Self::ask(book, product, offer));
        prices.min_by_key(|price| price.usd)
    }
}

impl Row {
    /// `None` where it is not sold.
    fn ask(book: &PriceBook, product: Product, machine: Option<Machine>) -> Option<Self> {
        let payment = PaymentOption::NoUpfront;
        let terms = [Term::OneYear, Term::ThreeYears];
        let reserved = |term| {
            let classes = OfferingClass::ALL.iter();
            let offers = classes.map(move |class| Offer::Reserved(*class, term, payment));
            Price::cheapest(book, product, offers)
        };
        let plan = |term| {
            let kinds = SavingsPlanKind::OF_INSTANCES.iter();
            let offers = kinds.map(move |kind| Offer::SavingsPlan(*kind, term, payment));
            Price::cheapest(book, product, offers)
        };
        Some(Self {
            product,
            machine,
            on_demand: Price::ask(book, product, Offer::OnDemand)?,
            reserved: terms.map(reserved),
            plans: terms.map(plan),
            spot: Price::ask(book, product, Offer::Spot),
        })
    }

    /// The cheapest commitment, for one year and for three; of equal ones the Reserved Instance.
    fn best(&self) -> [Option<&Price>; 2] {
        [0, 1].map(|term| {
            let both = [&self.reserved[term], &self.plans[term]];
            both.into_iter().flatten().min_by_key(|price| price.usd)
        })
    }

    fn key(&self, sort: Sort) -> Option<Decimal> {
        let usd = |price: &Option<Price>| price.as_ref().map(|price| price.usd);
        let per = |of: fn(Machine) -> Decimal| {
            let whole = of(self.machine?);
            (!whole.is_zero()).then(|| self.on_demand.usd / whole)
        };
        match sort {
            Sort::Type => None,
            Sort::Od => Some(self.on_demand.usd),
            Sort::Vcpu => self.machine.map(|machine| machine.vcpus),
            Sort::Memory => self.machine.map(|machine| machine.memory_gib),
            Sort::OdPerVcpu => per(|machine| machine.vcpus),
            Sort::OdPerGib => per(|machine| machine.memory_gib),
            Sort::Ri1 => usd(&self.reserved[0]),
            Sort::Ri3 => usd(&self.reserved[1]),
            Sort::Sp1 => usd(&self.plans[0]),
            Sort::Sp3 => usd(&self.plans[1]),
            Sort::Spot => usd(&self.spot),
        }
    }

    /// The least certain basis of the commitments shown.
    fn basis(&self) -> Option<&Basis> {
        let shown = self.best().into_iter().flatten();
        let bases = shown.map(|price| &price.provenance.basis);
        bases.max_by_key(|basis| match basis {
            Basis::Observed => (0, Decimal::ZERO),
            Basis::Averaged { .. } | Basis::Rule(_) => (1, Decimal::ZERO),
            Basis::Estimated { error_percent, .. } => (2, *error_percent),
        })
    }
}

/// What negotiated discounts add to the table.
const CONTRACTED: [&str; 4] = [
    ">contracted On-Demand, $/h",
    ">contracted 1 year, $/h",
    ">contracted 3 years, $/h",
    ">contracted Spot, $/h",
];

fn table(rows: &[Row], notes: Vec<String>, format: Format) -> Table {
    let heads = [
        "type",
        "region",
        ">vCPU",
        ">memory, GiB",
        "architecture",
        ">On-Demand, $/h",
        ">1 year, $/h",
        "1 year as",
        ">3 years, $/h",
        "3 years as",
        ">Spot, $/h",
        "basis",
    ];
    let negotiated = rows.iter().any(|row| row.on_demand.contracted.is_some());
    let mut heads = heads.to_vec();
    if negotiated {
        heads.extend(CONTRACTED);
    }
    let mut table = Table::new("", &heads);
    for row in rows {
        let text = |value: Option<Decimal>| value.map(|v| v.to_string()).unwrap_or_default();
        let usd = |price: Option<&Price>| text(price.map(|price| fixed(price.usd, 5)));
        let offer = |price: Option<&Price>| price.map(|price| words(price.offer).0);
        let [one, three] = row.best();
        let basis = row.basis().map(ToString::to_string).unwrap_or_default();
        let mut cells = vec![
            row.product.instance_type.to_string(),
            row.product.region.to_string(),
            row.machine
                .map_or_else(|| "?".to_owned(), |machine| machine.vcpus.to_string()),
            row.machine
                .map_or_else(|| "?".to_owned(), |machine| machine.memory_gib.to_string()),
            row.machine
                .and_then(|machine| machine.architecture)
                .unwrap_or("?")
                .to_owned(),
            usd(Some(&row.on_demand)),
            usd(one),
            offer(one).unwrap_or_default().to_owned(),
            usd(three),
            offer(three).unwrap_or_default().to_owned(),
            usd(row.spot.as_ref()),
            match format {
                Format::Csv => basis.replace('±', "+-"),
                _ => basis,
            },
        ];
        if negotiated {
            let prices = [Some(&row.on_demand), one, three, row.spot.as_ref()];
            let paid = |price: Option<&Price>| text(price.and_then(Price::paid));
            cells.extend(prices.map(paid));
        }
        table.row(cells);
    }
    table.notes = notes;
    table
}

/// What the figures are, what is missing and why.
fn notes(
    book: &PriceBook,
    rows: &[Row],
    matching: usize,
    unknown: &BTreeSet<String>,
) -> Vec<String> {
    let mut notes = Vec::new();
    if rows.is_empty() {
        notes.push("Nothing matches.".to_owned());
    }
    if rows.len() < matching {
        notes.push(format!("{} of {matching} shown.", rows.len()));
    }
    if !unknown.is_empty() {
        let names: Vec<&str> = unknown.iter().map(String::as_str).collect();
        notes.push(format!(
            "Left out, the catalogue does not say what was asked for (vCPUs, memory or architecture): {}.",
            names.join(", ")
        ));
    }
    let mut without: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        for (what, known) in [
            ("commitment", row.best().iter().any(Option::is_some)),
            ("Spot price", row.spot.is_some()),
        ] {
            *without.entry(what).or_default() += usize::from(!known);
        }
    }
    for (what, count) in without.into_iter().filter(|(_, count)| *count > 0) {
        notes.push(format!(
            "No {what} for {count} of {}; `bursar prices show TYPE` says why.",
            rows.len()
        ));
    }
    notes.push(
        "1 year, 3 years: the cheapest No Upfront commitment, used all the time; basis: of the less certain of \
         the two."
            .to_owned(),
    );
    if let Some(contract) = book.contract() {
        notes.push(format!(
            "Contracted: what is paid; order, limits and the cheapest commitment go by public prices; {}.",
            contract.describe()
        ));
    }
    notes.push(format!(
        "Price book {} of {}, {}.",
        book.id(),
        book.as_of(),
        book.currency()
    ));
    notes
}

#[derive(Serialize)]
struct ListDocument {
    #[serde(flatten)]
    head: Head,
    matching: usize,
    /// Types left out because the catalogue does not have what was asked for.
    without_attributes: Vec<String>,
    rows: Vec<RowDocument>,
}

#[derive(Serialize)]
struct RowDocument {
    instance_type: String,
    region: String,
    platform: String,
    tenancy: String,
    vcpus: Option<String>,
    memory_gib: Option<String>,
    architecture: Option<&'static str>,
    on_demand: PriceDocument,
    best_1yr: Option<PriceDocument>,
    best_3yr: Option<PriceDocument>,
    spot: Option<PriceDocument>,
}

#[derive(Serialize)]
struct PriceDocument {
    kind: &'static str,
    hourly: String,
    basis: String,
    as_of: String,
    source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    contracted_hourly: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    terms: Option<String>,
}

fn document(
    book: &PriceBook,
    rows: &[Row],
    matching: usize,
    unknown: &BTreeSet<String>,
) -> ListDocument {
    let price = |price: &Price| PriceDocument {
        kind: words(price.offer).0,
        hourly: rounded(price.usd, 10).normalize().to_string(),
        basis: price.provenance.basis.to_string(),
        as_of: price.provenance.as_of.to_string(),
        source: price.provenance.source.to_string(),
        contracted_hourly: price
            .contracted
            .as_ref()
            .map(|(usd, _)| usd.normalize().to_string()),
        terms: price.contracted.as_ref().map(|(_, terms)| terms.clone()),
    };
    let row = |row: &Row| {
        let [one, three] = row.best();
        RowDocument {
            instance_type: row.product.instance_type.to_string(),
            region: row.product.region.to_string(),
            platform: row.product.platform.to_string(),
            tenancy: row.product.tenancy.to_string(),
            vcpus: row.machine.map(|machine| machine.vcpus.to_string()),
            memory_gib: row.machine.map(|machine| machine.memory_gib.to_string()),
            architecture: row.machine.and_then(|machine| machine.architecture),
            on_demand: price(&row.on_demand),
            best_1yr: one.map(price),
            best_3yr: three.map(price),
            spot: row.spot.as_ref().map(price),
        }
    };
    ListDocument {
        head: Head::of(book),
        matching,
        without_attributes: unknown.iter().cloned().collect(),
        rows: rows.iter().map(row).collect(),
    }
}
