//! What money costs over time: every plan with what paying at purchase costs, and what the fees of its purchases are
//! worth.

use super::figures::{ReportError, in_order, kind_label, money, recommended, terms_of};
use super::tables::{above, amount};
use crate::catalog::Term;
use crate::report::run::{Run, RunPurchase};
use crate::report::{Cell, Table};
use crate::units::Money;

/// Hours of a month as AWS counts them: 365 x 24 / 12.
const MONTH: i128 = 730;

/// Both tables; none where money was not said to cost anything.
pub(super) fn tables(run: &Run) -> Result<Vec<Table>, ReportError> {
    match &run.settings.cost_of_capital {
        Some(percent) => Ok(vec![plans(run, percent)?, fees(run, percent)?]),
        None => Ok(Vec::new()),
    }
}

fn plans(run: &Run, percent: &str) -> Result<Table, ReportError> {
    let heads = [
        "plan",
        ">cost, $",
        ">cost of capital, $",
        ">together, $",
        ">above bound, %",
    ];
    let title = format!("With a cost of capital of {percent} % a year");
    let mut table = Table::new(title, &heads).named("capital");
    for plan in in_order(run)? {
        let (cost, capital) = (money(&plan.cost)?, capital(plan.capital_cost.as_ref())?);
        table.row([
            plan.title.clone().into(),
            Cell::money(cost, 2),
            Cell::money(capital, 2),
            Cell::money(cost + capital, 2),
            Cell::fine_percent(above(plan)?, 3),
        ]);
    }
    table.note(
        "The cheapest mix has the least of both together, and the bound is one for both. What is paid at purchase counts \
         as equal payments over the term that are worth the same on that day, at the end of each month as On-Demand is \
         paid; the cost of capital is what they are more than the fee.",
    );
    Ok(table)
}

fn fees(run: &Run, percent: &str) -> Result<Table, ReportError> {
    let heads = [
        "buy",
        "for",
        "term",
        ">amount",
        ">at purchase, $",
        ">a month, $",
        ">over the term, $",
        ">worth at purchase, $",
    ];
    let title = "Fees over the terms, and what they are worth at purchase";
    let mut table = Table::new(title, &heads).named("present-value");
    let mut sums = [Money::ZERO; 4];
    let cells = |sums: [Money; 4]| sums.map(|sum| Cell::money(sum, 2));
    let bought = &recommended(run)?.purchases;
    for one in bought {
        let own = fees_of(one)?;
        for (sum, own) in sums.iter_mut().zip(own) {
            *sum += own;
        }
        let mut row = vec![
            kind_label(&one.kind)?.into(),
            one.scope.clone().into(),
            terms_of(one)?.into(),
            amount(one)?,
        ];
        row.extend(cells(own));
        table.row(row);
    }
    if bought.len() > 1 {
        let mut row = vec!["Total".into(), "".into(), "".into(), "".into()];
        row.extend(cells(sums));
        table.row(row);
    }
    table.note(format!(
        "Worth at purchase: fees of later months are discounted by {percent} % a year from the end of their month."
    ));
    Ok(table)
}

/// At purchase, a month, over the term, and what all of it is worth at purchase.
fn fees_of(one: &RunPurchase) -> Result<[Money; 4], ReportError> {
    let term: Option<Term> = one.term.parse().ok();
    let hours = term.map_or(0, |term| i128::from(term.hours()));
    let (upfront, hourly) = (money(&one.upfront)?, money(&one.hourly)?);
    let nominal = upfront + hourly.times(hours);
    let worth = match &one.present_value {
        Some(worth) => money(worth)?,
        None => nominal,
    };
    Ok([upfront, hourly.times(MONTH), nominal, worth])
}

/// What capital costs of a plan or an option that may cost none.
fn capital(stated: Option<&String>) -> Result<Money, ReportError> {
    stated.map_or(Ok(Money::ZERO), |capital| money(capital))
}

/// The two together, for an option.
pub(in crate::report) fn together(
    cost: &str,
    stated: Option<&String>,
) -> Result<Money, ReportError> {
    Ok(money(cost)? + capital(stated)?)
}
