//! One purchase explained: what a step of it is worth, what it serves, when it is earned back, what else there was.

mod dated;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::optimize::ReportError;
use super::optimize::figures::{kind_label, kind_short, terms_of};
use super::run::{RunPurchase, amount, kind_code, scope_of};
use super::{Cell, Table, Unit};
use crate::analysis::ratio;
use crate::optimize::{
    Alternative, CandidateKind, Purchase, PurchaseExplained, ServedOf, ServedUsage,
};
use crate::report::format::dollars;
use crate::report::run::InputFile;
use crate::units::Money;

/// Hours of a month as AWS counts them.
const HOURS_PER_MONTH: u64 = 730;
/// So many alternatives are shown to people.
const SHOWN: usize = 5;

pub use dated::Dated;

/// A purchase with the plan that it is in.
pub struct Shown<'a> {
    /// Id of the price book.
    pub price_book: &'a str,
    /// The plan's name.
    pub plan: &'a str,
    /// What it costs, as differences count it.
    pub cost: Money,
    /// All its purchases.
    pub purchases: Vec<&'a RunPurchase>,
    /// Place of the purchase among them, from 0 on.
    pub index: usize,
    /// What was found.
    pub found: &'a PurchaseExplained,
    /// Whether a rule asks for purchases that cost more than they save.
    pub asks_for_capacity: bool,
    /// Of a ladder: what has to do with dates.
    pub dated: Option<Dated<'a>>,
}

/// What a plan of a run costs, with what it says that capital costs.
///
/// # Errors
/// A figure that is none.
pub fn counted(cost: &str, capital: Option<&String>) -> Result<Money, ReportError> {
    super::optimize::together(cost, capital)
}

/// For people.
///
/// # Errors
/// A run whose words are none of ours.
pub fn tables(shown: &Shown<'_>) -> Result<Vec<Table>, ReportError> {
    let mut tables = vec![shown.marginal()?, shown.use_of_it(), shown.serves()];
    if !shown.found.alternatives.is_empty() {
        tables.push(shown.alternatives()?);
    }
    tables.extend(shown.dated.as_ref().and_then(|dated| dated.table(shown)));
    Ok(tables)
}

/// For programs; `inputs` are the files that were read again.
pub fn json(shown: &Shown<'_>, inputs: &[InputFile]) -> Value {
    let found = shown.found;
    let serves = found.serves.iter().map(|row| {
        let usage = row.usage.to_decimal(4).normalize().to_string();
        let (region, on_demand_cost) = (row.region.to_string(), amount(row.on_demand));
        match &row.of {
            ServedOf::Family(family) => json!({
                "family": family.to_string(),
                "region": region,
                "instance_hours": usage,
                "on_demand_cost": on_demand_cost,
            }),
            ServedOf::Item(item) => json!({
                "item": item.as_str(),
                "region": region,
                "quantity": usage,
                "on_demand_cost": on_demand_cost,
            }),
        }
    });
    let alternatives = found.alternatives.iter().map(|other| {
        let candidate = &other.purchase.candidate;
        json!({
            "kind": kind_code(candidate),
            "scope": scope_of(candidate),
            "term": candidate.term.code(),
            "payment_option": candidate.payment_option.code(),
            "effective_hourly": amount(other.purchase.effective_hourly()),
            "cost_difference": amount(other.difference),
        })
    });
    let mut found = json!({
        "schema_version": super::run::SCHEMA_VERSION,
        "price_book": shown.price_book,
        "inputs": inputs,
        "plan": shown.plan,
        "number": shown.index + 1,
        "purchase": shown.purchases.get(shown.index),
        "window_hours": found.hours,
        "window_cost": amount(shown.cost),
        "fees_in_window": amount(found.fees()),
        "cost_difference": {
            "one_step_more": amount(found.one_more),
            "one_step_less": amount(found.one_less),
            "left_out": amount(found.without),
        },
        "hours_fully_used": found.full_hours,
        "hours_unused": found.idle_hours,
        "break_even_hours": found.break_even_hours(),
        "term_earned_hours": found.term_earned_hours(),
        "serves": serves.collect::<Vec<_>>(),
        "alternatives": alternatives.collect::<Vec<_>>(),
    });
    if let Some(dated) = &shown.dated {
        dated.state(&mut found);
    }
    found
}

impl Shown<'_> {
    fn marginal(&self) -> Result<Table, ReportError> {
        let found = self.found;
        let bought = self.purchases[self.index];
        let life = self.dated.as_ref().map(Dated::life).unwrap_or_default();
        let title = format!(
            "Purchase {} of {} in `{}`{life}: {} {}, {}, {}",
            self.index + 1,
            self.purchases.len(),
            self.plan,
            how_much(&found.purchase),
            kind_label(&bought.kind)?,
            bought.scope,
            terms_of(bought)?
        );
        // A thousandth of a dollar changes little.
        let (step, places) = match found.purchase.candidate.kind {
            CandidateKind::Reserved { .. } => ("one instance", 2),
            CandidateKind::Hosts { .. } => ("one host", 2),
            CandidateKind::SavingsPlan(_) => ("$0.001 an hour", 4),
        };
        let mut table =
            Table::new(title, &["if", self.costs(), ">difference, $"]).named("marginal");
        let cost = self.cost;
        for (change, difference) in [
            ("it is bought as planned".to_owned(), Money::ZERO),
            (format!("{step} more is bought"), found.one_more),
            (format!("{step} less is bought"), found.one_less),
            ("it is left out".to_owned(), found.without),
        ] {
            table.row([
                change.into(),
                Cell::money(cost + difference, 2),
                Cell::money(difference, places),
            ]);
        }
        table.note(match &self.dated {
            Some(dated) => dated.counted(),
            None => {
                "Every cost is a bill of the whole window; everything else is bought as planned."
            }
        });
        if found.one_more < Money::ZERO || found.one_less < Money::ZERO {
            table.note(match (&self.dated, self.asks_for_capacity) {
                (Some(_), _) => "A step would save money: a ladder leaves out crumbs and stops near its bound, or this plan was not made for least cost.",
                (None, false) => "A step would save money: this plan was not made for least cost, or its search stopped early.",
                (None, true) => "A step would save money: a rule asks for it, this plan was not made for least cost, or its search stopped early.",
            });
        }
        Ok(table)
    }

    /// The head of costs.
    const fn costs(&self) -> &'static str {
        match self.dated {
            Some(_) => ">the months ahead cost, $",
            None => ">the window costs, $",
        }
    }

    fn use_of_it(&self) -> Table {
        let found = self.found;
        let mut table = Table::new(
            "How it is used, and when it is earned back",
            &["what", ">", ">share, %"],
        )
        .named("use");
        let share = |hours: usize| {
            let hundredfold = Decimal::from(hours) * Decimal::ONE_HUNDRED;
            Cell::percent(hundredfold.checked_div(Decimal::from(found.hours)))
        };
        for (what, hours) in [
            ("hours in which all of it is used", found.full_hours),
            (
                "hours in which part of it is used",
                found.hours - found.full_hours - found.idle_hours,
            ),
            ("hours in which none of it is used", found.idle_hours),
        ] {
            table.row([what.into(), Cell::count(hours as u64), share(hours)]);
        }
        let equivalent: Money = found.serves.iter().map(|row| row.on_demand).sum();
        let (fees, gross) = (found.fees(), found.gross_saving);
        for (what, sum) in [
            (
                match self.dated {
                    Some(_) => "its fees in these hours, $",
                    None => "its fees in the window, $",
                },
                fees,
            ),
            ("On-Demand price of what it serves, $", equivalent),
            ("what that would cost without it, $", gross),
        ] {
            table.row([
                what.into(),
                Cell::money(sum, 2),
                Cell::percent(ratio(sum, equivalent)),
            ]);
        }
        if let Some(dated) = &self.dated {
            dated.earned(&mut table);
            return table;
        }
        for (what, hours) in [
            (
                "paid back, upfront and fees so far",
                found.break_even_hours(),
            ),
            ("fees of the whole term earned", found.term_earned_hours()),
        ] {
            table.row([what.into(), month(hours), "".into()]);
        }
        table.note(
            "Months of 730 hours, at the window's pace. Once the fees of the whole term are earned, its usage may end \
             and it has cost no more than going without.",
        );
        table
    }

    fn serves(&self) -> Table {
        let is_item = |row: &ServedUsage| matches!(row.of, ServedOf::Item(_));
        let (what, how_much) = if self.found.serves.iter().any(is_item) {
            ("family or item", ">hours or units")
        } else {
            ("family", ">instance-hours")
        };
        let heads = [what, "region", how_much, ">On-Demand, $", ">share, %"];
        let mut table = Table::new("What it serves", &heads).named("serves");
        let all: Money = self.found.serves.iter().map(|row| row.on_demand).sum();
        for row in &self.found.serves {
            let hours = row.usage.to_decimal(2);
            table.row([
                match &row.of {
                    ServedOf::Family(family) => family.to_string().into(),
                    ServedOf::Item(item) => item.as_str().into(),
                },
                row.region.to_string().into(),
                Cell::new(super::format::number(hours), hours, Unit::Hours, 2),
                Cell::money(row.on_demand, 2),
                Cell::percent(ratio(row.on_demand, all)),
            ]);
        }
        if self.found.serves.is_empty() {
            table.note("Nothing: other commitments serve all usage it could.");
        }
        table
    }

    fn alternatives(&self) -> Result<Table, ReportError> {
        let heads = ["instead", ">amount", self.costs(), ">difference, $"];
        let title = match self.dated {
            Some(_) => "The same money in something else, on the same date",
            None => "The same money in something else",
        };
        let mut table = Table::new(title, &heads).named("alternatives");
        let cost = self.cost;
        for other in self.found.alternatives.iter().take(SHOWN) {
            table.row([
                name(other)?.into(),
                how_much(&other.purchase).into(),
                Cell::money(cost + other.difference, 2),
                Cell::money(other.difference, 2),
            ]);
        }
        let more = self.found.alternatives.len().saturating_sub(SHOWN);
        if more > 0 {
            table.note(format!("{more} more cost still more."));
        }
        table.note("Each in whole steps nearest to the same effective cost an hour, in place of the purchase.");
        Ok(table)
    }
}

fn name(other: &Alternative) -> Result<String, ReportError> {
    let candidate = &other.purchase.candidate;
    Ok(format!(
        "{}, {}, {}, {}",
        kind_short(kind_code(candidate))?,
        scope_of(candidate),
        candidate.term,
        candidate.payment_option
    ))
}

/// `42 x`, or `$3.500/h`.
fn how_much(bought: &Purchase) -> String {
    match bought.candidate.kind {
        CandidateKind::Reserved { .. } | CandidateKind::Hosts { .. } => {
            format!("{} x", bought.steps)
        }
        CandidateKind::SavingsPlan(_) => format!("{}/h", dollars(bought.hourly_commitment(), 3)),
    }
}

/// `month 4`, `at once`, `not in its term`.
fn month(hours: Option<u64>) -> Cell {
    match hours {
        None => "not in its term".into(),
        Some(0) => Cell::new("at once".to_owned(), Decimal::ZERO, Unit::Hours, 0),
        Some(hours) => {
            let month = hours.div_ceil(HOURS_PER_MONTH);
            Cell::new(format!("month {month}"), hours.into(), Unit::Hours, 0)
        }
    }
}
