//! `bursar prices check`: what in the book cannot be right, less what was reviewed.

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::filter::Filter;
use super::{SCHEMA_VERSION, of_book};
use crate::catalog::{Platform, Tenancy};
use crate::cli::{Failure, Format, Output};
use crate::optimize::{Violated, advantage_of_plans};
use crate::prices::{Flaw, FlawKind, KnownFlaw, KnownFlaws, PriceBook, Product, check};
use crate::report::Table;

/// Below it, a violation is the rounding of published rates.
const ROUNDING_PERCENT: f64 = 1.0;

/// Exit code of a check that was breached.
const BREACHED: u8 = 3;

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    filter: Filter,
    /// List the known flaws, too, each with the reason why it stays
    #[arg(long)]
    known: bool,
    /// Instead: families whose EC2 Instance Savings Plan AWS applies in an order that is not the best one beside
    /// a Compute Savings Plan (docs/optimisation.md, section 5)
    #[arg(long, conflicts_with = "known")]
    comparative_advantage: bool,
}

pub(super) fn answer(
    book: &PriceBook,
    arguments: &CheckArgs,
    format: Format,
    output: &mut Output,
) -> Result<ExitCode, Failure> {
    let regions = arguments.filter.regions(book, "*")?;
    let families = arguments.filter.families()?;
    if arguments.comparative_advantage {
        let mut violated = advantage_of_plans(book, &regions, ROUNDING_PERCENT);
        violated.retain(|found| {
            families.is_empty() || families.contains(&found.first.instance_type.family())
        });
        match format {
            Format::Json => output.json(&advantage_document(book, &violated))?,
            _ => output.tables(&[advantage_table(book, &violated)], format)?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    let known = KnownFlaws::reviewed().map_err(Failure::new)?;
    let mut flaws = check(book, &regions);
    flaws.retain(|flaw| {
        let family = flaw.subject.family();
        families.is_empty() || family.is_some_and(|family| families.contains(&family))
    });
    let reviewed: Vec<(Flaw, Option<&KnownFlaw>)> = flaws
        .into_iter()
        .map(|flaw| {
            let line = known.find(&flaw);
            (flaw, line)
        })
        .collect();
    let fresh = reviewed.iter().filter(|(_, line)| line.is_none()).count();
    let listed: Vec<&(Flaw, Option<&KnownFlaw>)> = reviewed
        .iter()
        .filter(|(_, line)| arguments.known || line.is_none())
        .collect();
    match format {
        Format::Json => output.json(&document(book, &listed, &reviewed))?,
        Format::Csv => output.tables(&[list(&listed)], format)?,
        _ => {
            let mut tables = vec![summary(book, &reviewed, regions.len())];
            if !listed.is_empty() {
                tables.push(list(&listed));
            }
            output.tables(&tables, format)?;
        }
    }
    Ok(if fresh > 0 {
        ExitCode::from(BREACHED)
    } else {
        ExitCode::SUCCESS
    })
}

/// What a kind of flaw is, for people.
const fn meaning(kind: FlawKind) -> &'static str {
    match kind {
        FlawKind::Zero => "a price of nothing",
        FlawKind::NotCheaper => "a commitment at or above On-Demand (the book refuses it)",
        FlawKind::LongerDearer => "three years dearer than one",
        FlawKind::UpfrontDearer => "more upfront dearer than less",
        FlawKind::Conflict => "sources that no rule reconciles",
        FlawKind::Proportion => "a size out of proportion to its family",
        FlawKind::NoCommitment => "sold On-Demand, no commitment has a price",
        FlawKind::TierDearer => "a later tier dearer than an earlier one",
        FlawKind::Gap => "no price of what every region charges for",
    }
}

fn summary(book: &PriceBook, reviewed: &[(Flaw, Option<&KnownFlaw>)], regions: usize) -> Table {
    let title = format!(
        "Price book {} of {}: {regions} regions checked",
        book.id(),
        book.as_of()
    );
    let mut table = Table::new(title, &["kind", "meaning", ">found", ">known", ">new"]);
    for kind in FlawKind::ALL {
        let of_kind = || reviewed.iter().filter(move |(flaw, _)| flaw.kind == kind);
        let known = of_kind().filter(|(_, line)| line.is_some()).count();
        table.row([
            kind.code().to_owned(),
            meaning(kind).to_owned(),
            of_kind().count().to_string(),
            known.to_string(),
            (of_kind().count() - known).to_string(),
        ]);
    }
    table.note(
        "Known: reviewed, in pricing-data/known-flaws.csv; --known lists them with the reason.",
    );
    table
}

fn list(flaws: &[&(Flaw, Option<&KnownFlaw>)]) -> Table {
    let heads = [
        "kind",
        "region",
        "type or charge",
        "platform",
        "tenancy",
        "what",
        "known because",
    ];
    let mut table = Table::new("", &heads);
    for (flaw, line) in flaws {
        let (platform, tenancy) = sold_as(flaw);
        table.row([
            flaw.kind.code().to_owned(),
            flaw.subject.region().to_string(),
            flaw.subject.name(),
            platform.map_or_else(String::new, |name| name.to_string()),
            tenancy.map_or_else(String::new, |name| name.to_string()),
            flaw.what.clone(),
            line.map(|line| line.reason.clone()).unwrap_or_default(),
        ]);
    }
    table
}

/// Platform and tenancy of an instance.
fn sold_as(flaw: &Flaw) -> (Option<Platform>, Option<Tenancy>) {
    let product = flaw.subject.instance();
    let platform = product.map(|product| product.platform);
    (platform, product.map(|product| product.tenancy))
}

#[derive(Serialize)]
struct CheckDocument {
    schema_version: u32,
    price_book: String,
    found: usize,
    new: usize,
    flaws: Vec<FlawDocument>,
}

#[derive(Serialize)]
struct FlawDocument {
    kind: &'static str,
    region: String,
    /// What has the price: an instance type, `host FAMILY`, or the name of a charge.
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenancy: Option<String>,
    what: String,
    known_because: Option<String>,
}

fn document(
    book: &PriceBook,
    listed: &[&(Flaw, Option<&KnownFlaw>)],
    reviewed: &[(Flaw, Option<&KnownFlaw>)],
) -> CheckDocument {
    let flaw = |(flaw, line): &&(Flaw, Option<&KnownFlaw>)| FlawDocument {
        kind: flaw.kind.code(),
        region: flaw.subject.region().to_string(),
        name: flaw.subject.name(),
        platform: sold_as(flaw).0.map(|platform| platform.to_string()),
        tenancy: sold_as(flaw).1.map(|tenancy| tenancy.to_string()),
        what: flaw.what.clone(),
        known_because: line.map(|line| line.reason.clone()),
    };
    CheckDocument {
        schema_version: SCHEMA_VERSION,
        price_book: book.id().to_owned(),
        found: reviewed.len(),
        new: reviewed.iter().filter(|(_, line)| line.is_none()).count(),
        flaws: listed.iter().map(flaw).collect(),
    }
}

fn advantage_table(book: &PriceBook, violated: &[Violated]) -> Table {
    let heads = [
        "region",
        "family",
        "term",
        "served first",
        "served later",
        ">more advantage for the later, %",
    ];
    let mut table = Table::new("", &heads);
    for found in violated {
        table.row([
            found.first.region.to_string(),
            found.first.instance_type.family().to_string(),
            found.term.to_string(),
            format!("{} {}", found.first.instance_type, found.first.platform),
            format!("{} {}", found.then.instance_type, found.then.platform),
            format!("{:.1}", found.percent),
        ]);
    }
    table.note(
        "Savings Plans, No Upfront; the worst pair of a family, where it is more than 1 %. Where both plans are \
         owned and usage is more than they cover, the other order would save more.",
    );
    table.note(of_book(book));
    table
}

#[derive(Serialize)]
struct AdvantageDocument {
    schema_version: u32,
    price_book: String,
    violated: Vec<ViolatedDocument>,
}

#[derive(Serialize)]
struct ViolatedDocument {
    region: String,
    family: String,
    term: &'static str,
    first: [String; 2],
    then: [String; 2],
    percent: String,
}

fn advantage_document(book: &PriceBook, violated: &[Violated]) -> AdvantageDocument {
    let names = |product: Product| {
        [
            product.instance_type.to_string(),
            product.platform.to_string(),
        ]
    };
    let one = |found: &Violated| ViolatedDocument {
        region: found.first.region.to_string(),
        family: found.first.instance_type.family().to_string(),
        term: found.term.code(),
        first: names(found.first),
        then: names(found.then),
        percent: format!("{:.1}", found.percent),
    };
    AdvantageDocument {
        schema_version: SCHEMA_VERSION,
        price_book: book.id().to_owned(),
        violated: violated.iter().map(one).collect(),
    }
}
