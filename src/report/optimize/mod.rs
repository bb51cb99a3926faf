//! What `optimize` found, for people: tables, charts, and the report they sign, all made from the run alone.

mod basis;
mod capital;
mod charges;
mod charts;
mod document;
pub(in crate::report) mod figures;
mod over_time;
mod risk;
mod spot;
mod tables;
mod what_if;

pub use basis::basis_of;
pub(super) use capital::together;
pub(super) use charts::against;
pub use charts::{Charts, charts};
pub use document::document;
pub use figures::{ReportError, recommended};
pub(super) use figures::{decimal, kind_label, money, share, terms};
pub(super) use risk::{events, plans_at_risk};
pub(super) use tables::rule_prices;
pub use tables::tables;

use rust_decimal::Decimal;

use crate::analysis::ratio;
use crate::billing::CommitmentTotals;
use crate::catalog::{PaymentOption, Term};
use crate::optimize::{Plan, Purchase};
use crate::units::Money;

/// The cheapest plan when everything is bought for one term with one payment option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermOption {
    /// The term.
    pub term: Term,
    /// The payment option.
    pub payment_option: PaymentOption,
    /// The plan.
    pub plan: Plan,
}

impl TermOption {
    /// Hours after which what was paid at purchase is earned back, if ever; 0 when nothing was.
    pub fn break_even_hours(&self) -> Option<u64> {
        break_even_hours(&self.plan)
    }

    /// What is owed over the whole term.
    pub fn lock_in(&self) -> Money {
        let bought = self.plan.purchases.iter();
        bought
            .map(|bought| {
                let (upfront, hourly) = bought.fees();
                upfront + hourly.times(i128::from(bought.candidate.term.hours()))
            })
            .sum()
    }
}

/// How many per cent of what a plan's purchases commit to must be used for them to cost what On-Demand does: what the used
/// part costs, of the On-Demand price of what it covered. `None` where nothing is bought or nothing of it used.
pub fn break_even_utilization(plan: &Plan) -> Option<Decimal> {
    let (mut paid, mut covered) = (Decimal::ZERO, Decimal::ZERO);
    for totals in bought(plan) {
        let atoms = |amount: u128| Money::from_atoms(amount.cast_signed());
        let used = ratio(atoms(totals.used), atoms(totals.committed)).unwrap_or_default();
        paid += totals.cost.to_decimal(4) * used;
        covered += totals.contracted_equivalent.to_decimal(4);
    }
    let share = paid.checked_div(covered)?;
    (!share.is_zero()).then(|| share.round_dp(4).normalize())
}

/// What became of a plan's purchases, which stand behind what is owned.
fn bought(plan: &Plan) -> impl Iterator<Item = &CommitmentTotals> {
    let is_reserved = |bought: &&Purchase| bought.candidate.kind.is_reserved();
    let reserved = plan.purchases.iter().filter(is_reserved).count();
    let plans = plan.purchases.len() - reserved;
    let last = |all: &'_ [CommitmentTotals], count: usize| all.len().saturating_sub(count);
    let (instances, savings) = (&plan.bill.reserved_instances, &plan.bill.savings_plans);
    let instances = &instances[last(instances, reserved)..];
    instances.iter().chain(&savings[last(savings, plans)..])
}

/// What a plan's purchases cost at purchase, and for every hour.
pub fn fees(plan: &Plan) -> (Money, Money) {
    plan.purchases.iter().map(Purchase::fees).fold(
        (Money::ZERO, Money::ZERO),
        |(upfront, hourly), (more_upfront, more_hourly)| {
            (upfront + more_upfront, hourly + more_hourly)
        },
    )
}

/// The first hour at which upfront and recurring fees together are no more than what the usage that the purchases cover
/// would have cost On-Demand, at the window's average; `None` when that never comes. What is owned counts on neither side.
pub fn break_even_hours(plan: &Plan) -> Option<u64> {
    let (upfront, hourly) = fees(plan);
    let hours = i128::try_from(plan.bill.span.len()).ok()?;
    let covered: Money = bought(plan)
        .map(|totals| totals.contracted_equivalent)
        .sum();
    let earned = (covered - hourly.times(hours)).atoms();
    if upfront <= Money::ZERO {
        return Some(0);
    }
    if earned <= 0 {
        return None;
    }
    let needed = upfront.atoms().checked_mul(hours)?;
    u64::try_from(needed.div_euclid(earned) + i128::from(needed.rem_euclid(earned) > 0)).ok()
}
