//! Reconciles a bill with itself: re-derives what its commitments covered and what its rows cost, from its own
//! usage, commitments and rates, and lists every difference from what AWS's rows say.
//!
//! Two passes: one over single rows of any service (`rows`, `fees`), and a replay of instance usage through the
//! engine (`replay`, `compare`). A difference is *explained* only by something that stands in the bill itself.

mod accrued;
mod beside;
mod book;
mod compare;
mod fees;
mod rates;
mod replay;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

pub use book::{Book, Cause, CauseTotal, Check, Difference, LeftOut, Tally};
pub use compare::{Breakdown, Dimension};
pub use rates::BillRates;
pub use rows::UsageTotal;

use crate::analysis::AmortisedTotal;
use crate::billing::{Granularity, Settings};
use crate::demand::Fill;
use crate::demand::import::{self, Input, Options, bill_rows};
use crate::diagnostics::Diagnostic;
use crate::units::HourSpan;
use rows::Rows;

/// What a reconciliation found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciliation {
    /// Rows of all files.
    pub rows: u64,
    /// The period places are compared over: the longest row of instance usage.
    pub granularity: Granularity,
    /// First to last hour of usage.
    pub window: Option<HourSpan>,
    /// Hours inside the window that no row is about.
    pub missing_hours: usize,
    /// What was compared, what differed and why, what could not be compared.
    pub book: Book,
    /// Places by commitment, pool, account and period.
    pub breakdown: Breakdown,
    /// Rows of a Cost and Usage Report by line item type, with their amortised cost.
    pub amortised: BTreeMap<String, AmortisedTotal>,
    /// Usage by service and usage type.
    pub usage: BTreeMap<(String, String), UsageTotal>,
    /// Commitments of the bill that say too little to be replayed.
    pub problems: Vec<Diagnostic>,
    /// Currencies of its rows.
    pub currencies: BTreeSet<String>,
    /// Differences that would be unexplained if commitments were shared (or not) the other way, where that is fewer.
    pub other_sharing: Option<u64>,
}

/// Reconciles the bill in `inputs`; `sharing`: whether commitments serve accounts other than their owner.
///
/// # Errors
/// What keeps a file from being read as a bill.
pub fn reconcile(
    inputs: &[Input],
    sharing: bool,
    threads: usize,
) -> Result<Reconciliation, Vec<Diagnostic>> {
    let mut rows = Rows::default();
    rows.folder = folder(inputs);
    rows.fees.folder.clone_from(&rows.folder);
    let read = bill_rows(inputs, &mut |row| rows.row(row));
    read.map_err(|problem| vec![problem])?;
    let mut book = std::mem::take(&mut rows.book);
    rows.fees.compare(&rows.seen, &mut book);
    let window = rows.seen.first().zip(rows.seen.last());
    let window = window.map(|(&first, &last)| HourSpan::new(first, last.plus(1)));
    let granularity = match rows.longest {
        0 | 1 => Granularity::Hour,
        2..=24 => Granularity::Day,
        _ => Granularity::Month,
    };
    let mut found = Reconciliation {
        rows: rows.count,
        granularity,
        window,
        missing_hours: window.map_or(0, HourSpan::len) - rows.seen.len(),
        book,
        breakdown: Breakdown::new(),
        amortised: rows.amortised(),
        usage: std::mem::take(&mut rows.usage),
        problems: Vec::new(),
        currencies: std::mem::take(&mut rows.currencies),
        other_sharing: None,
    };
    if rows.covered > 0 {
        found.replay(inputs, &rows, sharing, threads)?;
    }
    Ok(found)
}

/// The folders that the names of all files start with.
fn folder(inputs: &[Input]) -> String {
    let mut names = inputs.iter().map(|input| input.name.as_str());
    let first = names.next().unwrap_or_default();
    let shared = names.fold(first, |shared, name| {
        let same = shared.char_indices().zip(name.chars());
        let end = same.take_while(|((_, a), b)| a == b).last();
        let end = end.map_or(0, |((at, c), _)| at + c.len_utf8());
        shared.get(..end).unwrap_or_default()
    });
    let end = shared.rfind(['/', '\\']).map_or(0, |at| at + 1);
    shared.get(..end).unwrap_or_default().to_owned()
}

impl Reconciliation {
    /// Replays the instance usage of the bill and compares it place by place.
    fn replay(
        &mut self,
        inputs: &[Input],
        rows: &Rows,
        sharing: bool,
        threads: usize,
    ) -> Result<(), Vec<Diagnostic>> {
        let options = Options {
            // Hours without rows have no cover on either side; they are counted above.
            fill_gaps: Some(Fill::Zero),
            allow_unknown_types: true,
            threads,
            ..Options::default()
        };
        let import = import::import(inputs, &options, &|_| {})?;
        let rows_alone = self.book.clone();
        let compared = |sharing: bool| {
            let mut book = rows_alone.clone();
            let settings = Settings {
                sharing,
                allow_unpriced: true,
                ..Settings::default()
            };
            let replay = replay::replay(&import, rows, settings, self.granularity, &mut book)?;
            let breakdown = compare::compare(&replay, &rows.uneven(), &mut book);
            Ok::<_, Vec<Diagnostic>>((book, breakdown, replay))
        };
        let (book, breakdown, replay) = compared(sharing)?;
        if book.unexplained() > rows_alone.unexplained() {
            let other = compared(!sharing)?.0.unexplained();
            self.other_sharing = (other < book.unexplained()).then_some(other);
        }
        for (kind, cost) in replay.amortised {
            let is_known = kind != "SavingsPlanRecurringFee" || !rows.plans_beside;
            if let Some(total) = self.amortised.get_mut(kind).filter(|_| is_known) {
                total.rederived = Some(cost);
            }
        }
        (self.book, self.breakdown, self.problems) = (book, breakdown, replay.problems);
        Ok(())
    }
}
