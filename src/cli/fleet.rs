//! What `bill`, `optimize` and `certify` start from: usage, what is owned, and prices.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;

use super::Failure;
use super::beside::Beside;
use super::import::{FillGaps, read};
use super::owned::Owned;
use crate::analysis::{portfolio_of, without_fees};
use crate::billing::{Coverable, Settings};
use crate::catalog::Tenancy;
use crate::commitment::Portfolio;
use crate::demand::import::{FileReport, Import, Options};
use crate::demand::{Demand, DemandKey};
use crate::diagnostics::Diagnostic;
use crate::prices::PriceBook;
use crate::report::run::InputFile;
use crate::units::{Hour, HourSpan};

/// The options of every command that bills a fleet.
#[derive(Debug, Clone, Args)]
pub(super) struct FleetArgs {
    /// Usage files, folders, patterns or CUR manifests
    #[arg(required = true, value_name = "USAGE")]
    pub(super) files: Vec<String>,

    /// What is owned: a portfolio file, or a saved answer of AWS (docs/file-formats.md)
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

    #[command(flatten)]
    pub(super) engine: super::engine::EngineArgs,
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
    /// What plans may cover beside instances, where that was asked for.
    pub(super) beside: Option<Beside>,
    /// Usage that zonal Reserved Instances are to hold capacity for.
    pub(super) zonal: BTreeSet<DemandKey>,
    /// The usage before some of it was set apart for Spot, where that was asked for.
    pub(super) before_spot: Option<Demand>,
    /// Commitments of the bill that could not be made out.
    pub(super) doubts: Vec<Diagnostic>,
    /// What files of commitments made one say.
    notes: Vec<String>,
    /// Until when plans may be returned, where AWS says so; the start of those that may not.
    pub(super) returnable: BTreeMap<String, Hour>,
}

impl Fleet {
    /// Refuses `--bill-rates` where no file could state any.
    pub(super) fn states_rates(&self) -> Result<(), Diagnostic> {
        if self.import.report.files.iter().any(FileReport::is_bill) {
            return Ok(());
        }
        let problem = "`--bill-rates` takes the rates of a bill, and none of the files is one";
        Err(Diagnostic::new(problem).hint("without it, rates are the price book's"))
    }

    /// What the import doubted, and of how many rows; what was left out of what is owned.
    pub(super) fn notes(&self) -> impl Iterator<Item = String> {
        let doubts = self.import.report.doubts.iter();
        let doubts = doubts.map(|(doubt, rows)| match rows {
            1 => format!("{} (1 row)", doubt.text()),
            rows => format!("{} ({rows} rows)", doubt.text()),
        });
        doubts.chain(self.notes.iter().cloned())
    }

    /// Instances, and what plans may cover beside them where that was asked for.
    pub(super) fn usage(&self) -> Coverable<'_> {
        let beside = self.beside.as_ref();
        Coverable {
            demand: &self.import.demand,
            beside: beside
                .map(|beside| beside.lines.clone())
                .unwrap_or_default(),
        }
    }

    /// Whether something was used beside instances that Savings Plans serve, too.
    pub(super) fn has_use_under_plans(&self) -> bool {
        let mut keys = self.import.services.keys();
        keys.any(|key| key.item.may_be_committed())
    }

    /// Says it.
    pub(super) fn tell_notes(&self, quiet: bool) {
        for note in self.notes() {
            super::say(&format!("note: {note}"), quiet);
        }
    }
}

impl FleetArgs {
    /// Reads everything.
    pub(super) fn load(&self, quiet: bool) -> Result<Fleet, Failure> {
        let mut fleet = self.load_over(quiet, &[], |import, _| Ok(import.demand.span()))?;
        fleet.doubts.extend(on_hosts(&fleet.import.demand));
        Ok(fleet)
    }

    /// Reads everything, with `tags` besides those asked for, and takes the usage of the hours that `window` says.
    pub(super) fn load_over(
        &self,
        quiet: bool,
        tags: &[String],
        window: impl FnOnce(&Import, &PriceBook) -> Result<HourSpan, Failure>,
    ) -> Result<Fleet, Failure> {
        let options = Options {
            fill_gaps: self.fill_gaps.map(Into::into),
            tags: self.tag.iter().chain(tags).cloned().collect(),
            allow_unknown_types: self.allow_unpriced,
            fingerprint: true,
            threads: crate::threads::of_machine(),
        };
        // The small file first: what is wrong with it shows before the large ones are read.
        let mut owned = self.own.as_deref().map(Owned::read).transpose()?;
        let (mut prices, mut discounts) = (self.prices.clone(), self.discounts.clone());
        self.config.fill(&mut prices, Some(&mut discounts), quiet)?;
        let (mut book, prices) = prices.book(quiet)?;
        if let Some(owned) = &mut owned {
            owned.know_types(&book, self.allow_unpriced)?;
        }
        let negotiated = discounts.read(&book)?;
        let mut import = read(&self.files, &options, &self.engine, quiet)?;
        let window = window(&import, &book)?;
        if window != import.demand.span() {
            import.demand = import.demand.over(window);
        }
        let (mut portfolio, mut doubts) = portfolio_of(&import.commitments);
        if self.own.is_none() {
            doubts.extend(without_fees(&import.commitments));
        }
        let mut inputs: Vec<InputFile> = import.report.files.iter().map(InputFile::usage).collect();
        let (mut notes, mut returnable) = (Vec::new(), BTreeMap::new());
        if let Some(mut owned) = owned {
            inputs.append(&mut owned.inputs);
            notes = std::mem::take(&mut owned.declared.notes);
            returnable = std::mem::take(&mut owned.declared.returnable);
            doubts.extend(owned.join(&mut portfolio, &book)?);
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
            beside: None,
            zonal: BTreeSet::new(),
            before_spot: None,
            doubts,
            notes,
            returnable,
        })
    }
}

/// Instances on Dedicated Hosts cost nothing by themselves.
pub(super) fn on_hosts(demand: &Demand) -> Option<Diagnostic> {
    let mut keys = demand.keys().iter();
    keys.any(|key| key.tenancy == Tenancy::Host).then(|| {
        let message =
            "instances on Dedicated Hosts are in no total here: hosts are paid for as a whole";
        Diagnostic::new(message).hint("`bursar bill` says how many hosts they need and bills those")
    })
}
