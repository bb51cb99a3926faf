//! The reports of what other commands than `optimize` print with `--format json`: made from that alone.
//!
//! A command gets a report by one more line in [`report`]: the key that only its JSON has, and a function that makes
//! blocks of it.

mod backtest;
mod bill;
mod changes;
mod compare;
mod estimate;
mod ladder;
mod options;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::chart::{ChartError, Scene};
use super::optimize::ReportError;
use super::run::{InputFile, PROGRAM, SCHEMA_VERSION};
use super::{Block, Cell, Document, Language, Picture, Table, Unit};
use crate::units::Money;

/// A report and its charts, each under the name its files have.
#[derive(Debug)]
pub struct Report {
    /// The report.
    pub document: Document,
    /// Its charts.
    pub charts: Vec<(&'static str, Scene)>,
}

/// What every JSON of a command begins with.
#[derive(Debug, Deserialize)]
struct Head {
    schema_version: u32,
    /// What printed it; results of before 2026-11-22 lack it.
    #[serde(default)]
    program: Option<String>,
    price_book: String,
    price_book_as_of: String,
    #[serde(default)]
    inputs: Vec<InputFile>,
    #[serde(default)]
    negotiated_discounts: Option<String>,
}

/// The report of what a command printed; `None` where it is of no command known here.
///
/// # Errors
/// [`ReportError`] where a figure is none, something is missing, or the JSON has another form.
pub fn report(saved: &Value, language: &'static Language) -> Result<Option<Report>, ReportError> {
    type Make = fn(&Value, &mut Report, &Language) -> Result<(), ReportError>;
    let kinds: [(&str, &str, Make); 7] = [
        ("ladder", "What to buy on which date ahead", ladder::blocks),
        ("charges", "What this usage costs on AWS", bill::blocks),
        ("scenarios", "What changes would cost", compare::blocks),
        (
            "total_monthly_cost",
            "What is planned, and what it costs",
            estimate::blocks,
        ),
        (
            "total_monthly_cost_after",
            "What a change of plans costs",
            changes::blocks,
        ),
        (
            "monthly_hours",
            "One instance type under every way to buy it",
            options::blocks,
        ),
        (
            "hindsight_cost",
            "What buying rules would have cost",
            backtest::blocks,
        ),
    ];
    let known = kinds.iter().find(|(key, ..)| saved.get(key).is_some());
    let Some((_, title, make)) = known else {
        return Ok(None);
    };
    let head: Head = read(saved)?;
    let maker = head.program.as_deref().unwrap_or(PROGRAM);
    if head.schema_version != SCHEMA_VERSION {
        return Err(ReportError::Form {
            program: head.program.clone(),
            found: head.schema_version,
        });
    }
    let footer = format!(
        "{maker} - price book {} of {}",
        head.price_book, head.price_book_as_of
    );
    let mut report = Report {
        document: Document::new(*title, "", footer),
        charts: Vec::new(),
    };
    make(saved, &mut report, language)?;
    rests_on(&mut report.document, &head);
    report.document = report.document.in_language(language);
    Ok(Some(report))
}

/// A part of the JSON.
fn read<T: DeserializeOwned>(saved: &Value) -> Result<T, ReportError> {
    T::deserialize(saved).map_err(|error| ReportError::Reading(error.to_string()))
}

/// Prices, settings, fingerprints.
fn rests_on(document: &mut Document, head: &Head) {
    document.push(Block::Heading("What this rests on".into()));
    let mut facts = vec![(
        "price book".to_owned(),
        format!("{} of {}", head.price_book, head.price_book_as_of),
    )];
    if let Some(negotiated) = &head.negotiated_discounts {
        facts.push(("negotiated discounts".into(), negotiated.clone()));
    }
    for input in &head.inputs {
        facts.push((input.path.clone(), format!("sha256 {}", input.sha256)));
    }
    document.push(Block::Facts(facts));
}

impl Report {
    /// Adds a chart to the document, and to the files.
    fn chart(&mut self, name: &'static str, scene: Scene, alt: &str) -> Result<(), ChartError> {
        self.document.push(Block::Picture(Picture {
            svg: scene.to_svg()?,
            alt: alt.into(),
        }));
        self.charts.push((name, scene));
        Ok(())
    }

    /// Adds a table with its title as the heading.
    fn titled(&mut self, mut table: Table) {
        let title = std::mem::take(&mut table.title);
        self.table(&title, table);
    }

    /// Adds a table under a heading, unless it is empty.
    fn table(&mut self, heading: &str, mut table: Table) {
        if !table.rows.is_empty() {
            table.name = self.apart(&table.name);
            self.document.push(Block::Heading(heading.into()));
            self.document.push(Block::Table(table));
        }
    }
}

/// As long a name as a sheet may have, less a number before it.
const LONGEST_NAME: usize = 28;

impl Report {
    /// The name, or one with a number before it: spreadsheets and some disks do not tell names apart by capital letters,
    /// nor by what comes after thirty.
    fn apart(&self, name: &str) -> String {
        let same =
            |name: &str| -> String { name.to_lowercase().chars().take(LONGEST_NAME).collect() };
        let taken = |name: &str| {
            self.document.blocks.iter().any(|block| match block {
                Block::Table(table) => same(&table.name) == same(name),
                _ => false,
            })
        };
        let numbered = (2..).map(|number: u32| format!("{number}-{name}"));
        let mut names = [name.to_owned()].into_iter().chain(numbered);
        names.find(|name| !taken(name)).unwrap_or_default()
    }
}

/// An amount with its currency sign.
fn dollars(amount: Money, places: u32) -> Cell {
    let text = super::format::dollars(amount, places);
    Cell::new(text, amount.to_decimal(10), Unit::Money, places)
}

/// An amount of dollars as JSON has it.
fn money(text: &str) -> Result<Money, ReportError> {
    super::optimize::money(text)
}

/// An amount that is a number already.
fn of_decimal(amount: Decimal) -> Result<Money, ReportError> {
    money(&amount.to_string())
}

/// A share in per cent that may be none.
fn share(text: Option<&String>) -> Result<Option<Decimal>, ReportError> {
    super::optimize::share(text)
}
