//! `--bill-rates`: the rates that a bill states, instead of the price book's.

use clap::Args;

use crate::analysis::{BillRates, ChargedOtherwise, RatesUsed, charged_otherwise};
use crate::billing::SetupError;
use crate::cli::Failure;
use crate::cli::fleet::Fleet;
use crate::demand::import::FoundCommitments;
use crate::diagnostics::Diagnostic;

/// Whose rates instances are billed at.
#[derive(Debug, Clone, Args)]
pub(super) struct RateArgs {
    /// Rates of instances that the bill states, instead of the price book's: an old bill at its own prices
    #[arg(long)]
    bill_rates: bool,

    /// Take the price book's rate where the bill states none, and say of what
    #[arg(long, requires = "bill_rates")]
    fill_rates: bool,
}

impl RateArgs {
    pub(super) fn of<'a>(&self, fleet: &'a Fleet) -> Result<RatesUsed<'a>, Failure> {
        if !self.bill_rates {
            return Ok(RatesUsed::Book(&fleet.book));
        }
        fleet.states_rates()?;
        Ok(RatesUsed::Bill {
            stated: Box::new(BillRates::with_implied(&billed_part(fleet))),
            book: &fleet.book,
            fill: self.fill_rates,
        })
    }
}

/// What the bill says of the hours that are billed: a rate may be another before or after them.
fn billed_part(fleet: &Fleet) -> FoundCommitments {
    let span = fleet.import.demand.span();
    let mut found = fleet.import.commitments.clone();
    for usage in &mut found.usage {
        usage.hours.retain(|hour| span.contains(hour.hour));
    }
    found.usage.retain(|usage| !usage.hours.is_empty());
    found
}

/// Rates that are missing, and what to do about it.
pub(super) fn missing(error: &SetupError, rates: &RatesUsed<'_>) -> Failure {
    let RatesUsed::Bill { fill: false, .. } = rates else {
        return crate::cli::unpriced(error);
    };
    let problems = error.0.iter().map(|missing| {
        Diagnostic::new(missing.to_string()).hint(
            "--fill-rates takes the price book's rate where the bill states none; --allow-unpriced lists such usage and leaves it out of every total",
        )
    });
    Failure::Data(problems.collect())
}

/// Where the bill's rates are not the whole answer.
pub(super) fn doubts(fleet: &Fleet, rates: &RatesUsed<'_>) -> Vec<Diagnostic> {
    let mut doubts = Vec::new();
    let filled = rates.filled(&fleet.import.demand);
    let named = |products: Vec<String>| {
        let more = products.len().saturating_sub(5);
        let shown: Vec<String> = products.into_iter().take(5).collect();
        let tail = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        format!("{}{tail}", shown.join(", "))
    };
    if !filled.is_empty() {
        let products = filled.iter().map(ToString::to_string).collect();
        let message = format!(
            "the bill states no rate of {}: billed at the price book's",
            named(products)
        );
        doubts.push(Diagnostic::new(message));
    }
    let RatesUsed::Bill { stated, .. } = rates else {
        return doubts;
    };
    if !stated.implied().is_empty() {
        let products = stated.implied().iter().map(ToString::to_string).collect();
        let message = format!(
            "the bill states no On-Demand rate of {}: what its uncovered hours cost on average is taken",
            named(products)
        );
        doubts.push(Diagnostic::new(message));
    }
    if !stated.several().is_empty() {
        let products = stated.several().iter();
        let products = products.map(|(product, count)| format!("{product} ({count})"));
        let message = format!(
            "the bill states several On-Demand rates of {}: the one of most uncovered hours is taken for all",
            named(products.collect())
        );
        let hint = "where a price changed within the bill, bill the parts with --from and --to";
        doubts.push(Diagnostic::new(message).hint(hint));
    }
    let others = charged_otherwise(&billed_part(fleet), stated);
    if !others.is_empty() {
        let message = format!(
            "the bill charges uncovered hours otherwise than at its own rates: {}",
            named(others.iter().map(otherwise).collect())
        );
        let hint =
            "free tier, credits or negotiated prices are in its rows; here its public rates are";
        doubts.push(Diagnostic::new(message).hint(hint));
    }
    doubts
}

/// `t2.micro Linux in eu-west-2, $0.00 for $9.82`.
fn otherwise(found: &ChargedOtherwise) -> String {
    let ChargedOtherwise {
        product,
        charged,
        at_rate,
    } = found;
    format!(
        "{product}, ${:.2} for ${:.2}",
        charged.round_dp(2),
        at_rate.round_dp(2)
    )
}
