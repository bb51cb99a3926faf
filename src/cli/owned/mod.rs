//! What is owned: the files that `--own` reads, and `bursar owned`, which asks about them.

mod exchange;
mod files;
mod list;
mod modify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

pub(super) use self::files::{Owned, no_fee};
use super::config::ConfigArgs;
use super::user_prices::{UserPrices, today};
use super::{Failure, Output, OutputArgs};
use crate::commitment::{Portfolio, Refusal, ReservedInstance};
use crate::diagnostics::Diagnostic;
use crate::prices::PriceBook;
use crate::report::run::InputFile;
use crate::units::Hour;

/// What is owned, and what it could be exchanged for or modified to
#[derive(Debug, Args)]
pub(super) struct OwnedArgs {
    #[command(subcommand)]
    command: OwnedCommand,
    #[command(flatten)]
    prices: UserPrices,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Subcommand)]
enum OwnedCommand {
    /// Every commitment with its end, fees and list value
    #[command(after_help = "Examples:\n  \
        bursar owned list examples/03-windows-and-owned-ris/portfolio.toml --on 2026-07-01\n  \
        bursar owned list examples/03-windows-and-owned-ris/portfolio.toml --on 2026-07-01 --format csv")]
    List(list::ListArgs),
    /// What Convertible Reserved Instances would be exchanged for: count, list values, what is paid at once
    #[command(after_help = "Examples:\n  \
        bursar owned exchange examples/03-windows-and-owned-ris/portfolio.toml --id ri-subsidiary-2025 --to m6i.large --on 2026-07-01\n  \
        bursar owned exchange examples/03-windows-and-owned-ris/portfolio.toml --id ri-subsidiary-2025 --to c7i.xlarge --payment all-upfront --on 2026-07-01 --format json")]
    Exchange(exchange::ExchangeArgs),
    /// Whether Reserved Instances may be modified to other sizes: the footprint in normalized units is kept
    #[command(after_help = "Examples:\n  \
        bursar owned modify examples/03-windows-and-owned-ris/portfolio.toml --id ri-portal-2025 --to 7xm5.2xlarge --on 2026-07-01\n  \
        bursar owned modify examples/03-windows-and-owned-ris/portfolio.toml --id ri-portal-2025 --to 28xm5.large --on 2026-07-01")]
    Modify(modify::ModifyArgs),
}

/// The file, and the hour that is asked about.
#[derive(Debug, Args)]
struct Asked {
    /// A portfolio file, or a saved answer of AWS (docs/file-formats.md)
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The day or hour (UTC) that is asked about [default: today]
    #[arg(long, value_name = "TIME", value_parser = super::bill::hour)]
    on: Option<Hour>,
}

/// What a question is answered with.
struct Loaded {
    portfolio: Portfolio,
    book: PriceBook,
    inputs: Vec<InputFile>,
    at: Hour,
}

impl Loaded {
    /// The Reserved Instances of these ids.
    fn reserved(&self, ids: &[String]) -> Result<Vec<&ReservedInstance>, Failure> {
        let all = self.portfolio.reserved_instances.iter();
        let all: Vec<&ReservedInstance> = all.filter(|ri| !ri.is_of_hosts()).collect();
        let find = |id: &String| {
            all.iter().find(|ri| ri.id == *id).copied().ok_or_else(|| {
                let known: Vec<&str> = all.iter().map(|ri| ri.id.as_str()).collect();
                let hint = format!("Reserved Instances here: {}", known.join(", "));
                Diagnostic::new(format!("no Reserved Instance has the id `{id}`")).hint(hint)
            })
        };
        let found: Result<Vec<_>, Diagnostic> = ids.iter().map(find).collect();
        Ok(found?)
    }
}

/// What AWS refuses, as a problem.
fn refused(refusal: &Refusal) -> Failure {
    Diagnostic::new(refusal.to_string())
        .hint("rules R21 and R69 of docs/billing-rules.md say what AWS allows")
        .into()
}

pub(super) fn run(arguments: &OwnedArgs) -> Result<ExitCode, Failure> {
    if let Some(path) = &arguments.output.out {
        super::output::check_writable(path)?;
    }
    let asked = match &arguments.command {
        OwnedCommand::List(list) => &list.asked,
        OwnedCommand::Exchange(exchange) => &exchange.asked,
        OwnedCommand::Modify(modify) => &modify.asked,
    };
    let quiet = arguments.output.quiet;
    let mut prices = arguments.prices.clone();
    arguments.config.fill(&mut prices, None, quiet)?;
    let mut owned = Owned::read(&asked.file)?;
    let (book, input) = prices.book(quiet)?;
    owned.know_types(&book, false)?;
    let mut inputs = std::mem::take(&mut owned.inputs);
    inputs.extend(input);
    for note in &owned.declared.notes {
        super::say(&format!("note: {note}"), quiet);
    }
    let mut portfolio = Portfolio::default();
    owned.join(&mut portfolio, &book)?;
    let midnight = today().and_time(chrono::NaiveTime::MIN).and_utc();
    let loaded = Loaded {
        portfolio,
        book,
        inputs,
        at: asked
            .on
            .unwrap_or(Hour::containing_epoch_seconds(midnight.timestamp())),
    };
    let format = arguments.output.format;
    let mut output = Output::new();
    match &arguments.command {
        OwnedCommand::List(_) => list::answer(&loaded, format, &mut output)?,
        OwnedCommand::Exchange(wanted) => exchange::answer(&loaded, wanted, format, &mut output)?,
        OwnedCommand::Modify(wanted) => modify::answer(&loaded, wanted, format, &mut output)?,
    }
    output.finish(&arguments.output)?;
    Ok(ExitCode::SUCCESS)
}

/// How every JSON document here begins.
fn head(loaded: &Loaded) -> serde_json::Value {
    serde_json::json!({
        "schema_version": 1,
        "price_book": loaded.book.id(),
        "price_book_as_of": loaded.book.as_of().to_string(),
        "inputs": loaded.inputs,
        "on": loaded.at.to_string(),
    })
}
