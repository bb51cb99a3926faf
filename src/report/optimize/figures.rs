//! Figures of a run file as numbers: its texts are a person's to edit, so each may turn out to be none.

use rust_decimal::Decimal;

use crate::catalog::{OfferingClass, PaymentOption, SavingsPlanKind, Term};
use crate::report::chart::ChartError;
use crate::report::run::{
    HOST_RESERVATION, HOSTS, Measures, Run, RunPlan, RunPurchase, SCHEMA_VERSION, Shown,
};
use crate::units::{Hour, HourSpan, Money};

/// Why a run could not be laid out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// A figure is none.
    #[error("the run says `{text}` where {wanted} should be")]
    Figure {
        /// What it says.
        text: String,
        /// What was expected.
        wanted: &'static str,
    },
    /// The run holds less than a report shows.
    #[error("the run of {program} does not hold {what}, which the report shows")]
    Lacks {
        /// The program that made it.
        program: String,
        /// What is missing.
        what: &'static str,
    },
    /// What a command printed is not what this program reads.
    #[error("this is no result of bursar: {0}")]
    Reading(String),
    /// It has another form.
    #[error("the result{} has form {found}, this program reads form {SCHEMA_VERSION}", by(.program.as_ref()))]
    Form {
        /// The program that made it, where it says so.
        program: Option<String>,
        /// Its form.
        found: u32,
    },
    /// A chart could not be drawn.
    #[error(transparent)]
    Chart(#[from] ChartError),
}

/// Who made a result, in words.
fn by(program: Option<&String>) -> String {
    program.map_or_else(String::new, |program| format!(" of {program}"))
}

pub(in crate::report) fn wrong(text: &str, wanted: &'static str) -> ReportError {
    ReportError::Figure {
        text: text.chars().take(60).collect(),
        wanted,
    }
}

/// A number.
pub(in crate::report) fn decimal(text: &str) -> Result<Decimal, ReportError> {
    text.parse().map_err(|_| wrong(text, "a decimal number"))
}

/// An amount of dollars.
pub(in crate::report) fn money(text: &str) -> Result<Money, ReportError> {
    Money::from_decimal_rounded(decimal(text)?).map_err(|_| wrong(text, "an amount of dollars"))
}

/// A share in per cent that may be none.
pub(in crate::report) fn share(text: Option<&String>) -> Result<Option<Decimal>, ReportError> {
    text.map(|text| decimal(text)).transpose()
}

/// Hourly values with blanks between them.
pub(in crate::report) fn series(text: &str) -> Result<Vec<f64>, ReportError> {
    let one = |word: &str| word.parse().map_err(|_| wrong(word, "dollars of an hour"));
    text.split_whitespace().map(one).collect()
}

/// An hour.
pub(in crate::report) fn hour(text: &str) -> Result<Hour, ReportError> {
    Hour::parse(text).map_err(|_| wrong(text, "an hour in UTC"))
}

/// The window.
pub(in crate::report) fn window(run: &Run) -> Result<HourSpan, ReportError> {
    let (start, end) = (hour(&run.window_start)?, hour(&run.window_end)?);
    if end < start {
        return Err(wrong(
            &run.window_end,
            "an hour not before the window's first",
        ));
    }
    Ok(HourSpan::new(start, end))
}

fn lacks(run: &Run, what: &'static str) -> ReportError {
    ReportError::Lacks {
        program: run.program.clone(),
        what,
    }
}

/// The window without any commitment, as a plan.
pub(in crate::report) fn on_demand(run: &Run) -> Result<&RunPlan, ReportError> {
    let plan = run.on_demand.as_ref();
    plan.ok_or_else(|| lacks(run, "coverage and utilization of its plans"))
}

/// The cheapest plan.
pub(in crate::report) fn cheapest(run: &Run) -> Result<&RunPlan, ReportError> {
    run.plans.first().ok_or_else(|| lacks(run, "any plan"))
}

/// The plan to buy: the robust one where there is one.
pub fn recommended(run: &Run) -> Result<&RunPlan, ReportError> {
    robust(run).map_or_else(|| cheapest(run), Ok)
}

/// The mix for several futures, where one was looked for.
pub(in crate::report) fn robust(run: &Run) -> Option<&RunPlan> {
    run.plans.iter().find(|plan| plan.name == "robust")
}

/// What is owned alone, where something is.
pub(in crate::report) fn owned(run: &Run) -> Option<&RunPlan> {
    run.plans.iter().find(|plan| plan.name == "owned")
}

/// What the usual rules would buy.
pub(in crate::report) fn baselines(run: &Run) -> impl Iterator<Item = &RunPlan> {
    let rules = run.plans.iter().skip(1);
    rules.filter(|plan| plan.name != "owned" && plan.name != "robust")
}

/// Every plan in the order of tables: nothing bought, the cheapest, the usual rules.
pub(in crate::report) fn in_order(run: &Run) -> Result<Vec<&RunPlan>, ReportError> {
    let first = [on_demand(run)?].into_iter().chain(owned(run));
    Ok(first
        .chain([cheapest(run)?])
        .chain(robust(run))
        .chain(baselines(run))
        .collect())
}

/// How well a plan does.
pub(in crate::report) fn measures<'a>(
    run: &Run,
    plan: &'a RunPlan,
) -> Result<&'a Measures, ReportError> {
    let measures = plan.measures.as_ref();
    measures.ok_or_else(|| lacks(run, "coverage and utilization of its plans"))
}

/// What charts are made of.
pub(in crate::report) fn shown(run: &Run) -> Result<&Shown, ReportError> {
    let shown = run.shown.as_ref();
    shown.ok_or_else(|| lacks(run, "what its charts are made of"))
}

/// What a plan saves against On-Demand.
pub(in crate::report) fn saving(run: &Run, plan: &RunPlan) -> Result<Money, ReportError> {
    Ok(money(&run.on_demand_cost)? - money(&plan.cost)?)
}

/// AWS's words for a kind of commitment.
pub(in crate::report) fn kind_label(code: &str) -> Result<String, ReportError> {
    Ok(match code {
        "standard-ri" => format!("{} Reserved Instance", OfferingClass::Standard),
        "convertible-ri" => format!("{} Reserved Instance", OfferingClass::Convertible),
        HOSTS => HOST_RESERVATION.to_owned(),
        plan => {
            let kind: SavingsPlanKind = plan
                .parse()
                .map_err(|_| wrong(plan, "a kind of commitment"))?;
            kind.label().to_owned()
        }
    })
}

/// The same, as FinOps people shorten it.
pub(in crate::report) fn kind_short(code: &str) -> Result<String, ReportError> {
    Ok(short(&kind_label(code)?))
}

/// AWS's words for commitments, as FinOps people shorten them.
pub(in crate::report) fn short(words: &str) -> String {
    words
        .replace("Reserved Instance", "RI")
        .replace("Savings Plan", "SP")
}

/// Term and payment option in words: `1 year, No Upfront`.
pub(in crate::report) fn terms(term: &str, payment: &str) -> Result<String, ReportError> {
    let term: Term = term.parse().map_err(|_| wrong(term, "a term"))?;
    let payment: PaymentOption = payment
        .parse()
        .map_err(|_| wrong(payment, "a payment option"))?;
    Ok(format!("{term}, {payment}"))
}

/// Term and payment option of a purchase.
pub(in crate::report) fn terms_of(purchase: &RunPurchase) -> Result<String, ReportError> {
    terms(&purchase.term, &purchase.payment_option)
}
