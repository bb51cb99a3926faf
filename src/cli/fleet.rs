//! What `bill`, `optimize` and `certify` start from: usage, what is owned, and prices.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use sha2::{Digest, Sha256};

use super::Failure;
use super::import::{FillGaps, read, threads};
use crate::analysis::{portfolio_of, with_fees, without_fees};
use crate::billing::Settings;
use crate::commitment::{Portfolio, read_portfolio};
use crate::demand::import::{Import, Options};
use crate::diagnostics::Diagnostic;
use crate::prices::PriceBook;
use crate::report::run::{InputFile, hex};
use crate::units::HourSpan;

/// The options of every command that bills a fleet.
#[derive(Debug, Clone, Args)]
pub(super) struct FleetArgs {
    /// Usage files, folders, patterns or CUR manifests
    #[arg(required = true, value_name = "USAGE")]
    pub(super) files: Vec<String>,

    /// What is owned: a portfolio file (docs/file-formats.md)
    #[arg(long, value_name = "FILE")]
    pub(super) own: Option<PathBuf>,

    /// Go on when hours inside the window have no row at all
    #[arg(long, value_enum, value_name = "HOW")]
    pub(super) fill_gaps: Option<FillGaps>,

    /// Keep a cost allocation tag of a bill as a label (may be given again)
    #[arg(long, value_name = "NAME")]
    pub(super) tag: Vec<String>,

    /// List usage without a price instead of stopping; totals leave it out
    #[arg(long)]
    pub(super) allow_unpriced: bool,

    /// Commitments serve only the account that owns them
    #[arg(long)]
    pub(super) no_sharing: bool,

    #[command(flatten)]
    pub(super) discounts: super::discounts::DiscountArgs,

    #[command(flatten)]
    pub(super) prices: super::user_prices::UserPrices,

    #[command(flatten)]
    pub(super) config: super::config::ConfigArgs,
}

/// A fleet ready to be billed.
pub(super) struct Fleet {
    /// Usage, and how it was read.
    pub(super) import: Import,
    /// What is owned.
    pub(super) portfolio: Portfolio,
    /// Prices.
    pub(super) book: PriceBook,
    /// How the bill is made.
    pub(super) settings: Settings,
    /// Every file read, with its fingerprint.
    pub(super) inputs: Vec<InputFile>,
    /// Commitments of the bill that could not be made out.
    pub(super) doubts: Vec<Diagnostic>,
}

impl Fleet {
    /// What the import doubted, and of how many rows.
    pub(super) fn notes(&self) -> impl Iterator<Item = String> {
        let doubts = self.import.report.doubts.iter();
        doubts.map(|(doubt, rows)| match rows {
            1 => format!("{} (1 row)", doubt.text()),
            rows => format!("{} ({rows} rows)", doubt.text()),
        })
    }

    /// Says what the import doubted.
    pub(super) fn tell_notes(&self, quiet: bool) {
        for note in self.notes() {
            super::say(&format!("note: {note}"), quiet);
        }
    }
}

impl FleetArgs {
    /// Reads everything.
    pub(super) fn load(&self, quiet: bool) -> Result<Fleet, Failure> {
        self.load_within(quiet, &[], Ok)
    }

    /// Reads everything, with `tags` besides those asked for, and keeps the usage of the part of its window that
    /// `part` says.
    pub(super) fn load_within(
        &self,
        quiet: bool,
        tags: &[String],
        part: impl FnOnce(HourSpan) -> Result<HourSpan, Failure>,
    ) -> Result<Fleet, Failure> {
        let options = Options {
            fill_gaps: self.fill_gaps.map(Into::into),
            tags: self.tag.iter().chain(tags).cloned().collect(),
            allow_unknown_types: self.allow_unpriced,
            fingerprint: true,
            threads: threads(),
        };
        // The small file first: what is wrong with it shows before the large ones are read.
        let declared = self.own.as_deref().map(read_owned).transpose()?;
        let (mut prices, mut discounts) = (self.prices.clone(), self.discounts.clone());
        self.config.fill(&mut prices, Some(&mut discounts), quiet)?;
        let (mut book, prices) = prices.book(quiet)?;
        let negotiated = discounts.read(&book)?;
        let mut import = read(&self.files, &options, quiet)?;
        let usage = import.demand.span();
        let window = part(usage)?;
        if window != usage {
            import.demand = import.demand.within(window);
        }
        let (mut portfolio, mut doubts) = portfolio_of(&import.commitments);
        if self.own.is_none() {
            doubts.extend(without_fees(&import.commitments));
        }
        let mut inputs: Vec<InputFile> = import.report.files.iter().map(InputFile::usage).collect();
        if let (Some((declared, input)), Some(path)) = (declared, &self.own) {
            let owned =
                with_fees(declared, &book).map_err(|(id, missing)| no_fee(path, &id, &missing))?;
            doubts.extend(counted_twice(&portfolio));
            portfolio
                .reserved_instances
                .extend(owned.reserved_instances);
            portfolio.savings_plans.extend(owned.savings_plans);
            portfolio.sharing = owned.sharing;
            inputs.push(input);
        }
        inputs.extend(prices);
        if let Some(negotiated) = negotiated {
            inputs.push(negotiated.input.clone());
            book = negotiated.during(window, book)?;
        }
        let settings = Settings {
            sharing: !self.no_sharing,
            allow_unpriced: self.allow_unpriced,
            ..Settings::default()
        };
        Ok(Fleet {
            import,
            portfolio,
            book,
            settings,
            inputs,
            doubts,
        })
    }
}

/// A bill names what is owned, too.
fn counted_twice(of_bill: &Portfolio) -> Option<Diagnostic> {
    let owned = of_bill.reserved_instances.len() + of_bill.savings_plans.len();
    let message = format!(
        "{owned} commitments are owned by what the bill says, and those of the portfolio file besides"
    );
    let told = Diagnostic::new(message).hint("leave out of the file what the bill has fee rows of");
    (owned > 0).then_some(told)
}

fn read_owned(path: &Path) -> Result<(crate::commitment::Declared, InputFile), Failure> {
    let bytes = fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
    let name = path.display().to_string();
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Failure::new(format!("`{name}` is not UTF-8 text; save it as UTF-8")))?;
    let declared = read_portfolio(text, &name)?;
    let sha256 = hex(&Sha256::digest(&bytes));
    Ok((
        declared,
        InputFile {
            path: name,
            sha256,
            role: "portfolio".into(),
        },
    ))
}

/// A Reserved Instance that neither its file nor the price book has a price for.
pub(super) fn no_fee(path: &Path, id: &str, missing: &crate::prices::MissingPrice) -> Diagnostic {
    let place = crate::diagnostics::Place::file(path.display().to_string());
    Diagnostic::new(format!("`{id}` has no price: {missing}"))
        .at(place)
        .hint("write `upfront` and `hourly` of one instance into the portfolio file")
}
