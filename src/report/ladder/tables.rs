//! A ladder as tables: the plans side by side, the purchase calendar, the months, the cliffs.

use super::{DatedPurchase, LadderPlan, LadderRun};
use crate::report::format::dollars;
use crate::report::optimize::{
    ReportError, decimal, events, kind_label, money, plans_at_risk, rule_prices, share, terms,
};
use crate::report::{Cell, Table};
use crate::units::Money;
use rust_decimal::Decimal;

/// The tables of a terminal, in order.
///
/// # Errors
/// [`ReportError`] where a figure is none.
pub fn tables(run: &LadderRun) -> Result<Vec<Table>, ReportError> {
    let mut all = vec![plans_table(run)?];
    all.extend(risk_tables(run)?);
    all.push(calendar(run)?);
    all.extend(rules_table(run)?);
    all.extend([months_table(run)?, cliffs(run)?]);
    Ok(all)
}

/// Every plan with its cost and what it leaves to be paid afterwards.
///
/// # Errors
/// As [`tables`].
pub fn plans_table(run: &LadderRun) -> Result<Table, ReportError> {
    let capital = run.settings.cost_of_capital.as_ref();
    let mut heads = vec!["plan", ">cost, $"];
    heads.extend(capital.map(|_| ">cost with capital, $"));
    heads.extend([
        ">saving, %",
        ">above bound, %",
        ">upfront, $",
        ">used, %",
        ">coverage, %",
        ">owed after, $",
    ]);
    let title = format!(
        "{} to {} ({} hours)",
        run.horizon_start, run.horizon_end, run.horizon_hours
    );
    let mut table = Table::new(title, &heads).named("plans");
    for plan in &run.plans {
        if plan.name == "ladder" {
            table.chosen = Some(table.rows.len());
        }
        table.row(plan_row(plan)?);
    }
    table.note(run.projection.clone());
    let rates = "Everything is bought at today's rates, renewals too.";
    let beyond = run.ladder.beyond_horizon_percent;
    table.note(if beyond == 0 {
        format!(
            "{rates} A purchase counts for its hours inside the horizon; what is owed for later ones stands in the last \
             column."
        )
    } else {
        format!(
            "{rates} Fees of hours after the horizon (the last column) count {beyond} % in the cost."
        )
    });
    if let Some(percent) = capital {
        table.note(format!(
            "Fees are weighed, and the bound is one, with a cost of capital of {percent} % a year."
        ));
    }
    let rules = run.settings.rules.words();
    if !rules.is_empty() {
        table.note(format!("Rules kept: {}.", rules.join("; ")));
    }
    table.note(proved(run)?);
    Ok(table)
}

fn plan_row(plan: &LadderPlan) -> Result<Vec<Cell>, ReportError> {
    let above = plan.gap.as_deref().map(decimal).transpose()?;
    let cost = money(&plan.cost)?;
    let mut cells = vec![plan.title.clone().into(), Cell::money(cost, 2)];
    if let Some(capital) = &plan.capital_cost {
        cells.push(Cell::money(cost + money(capital)?, 2));
    }
    cells.extend([
        Cell::percent(Some(decimal(&plan.savings_percent)?)),
        above.map_or_else(
            || "-".into(),
            |above| Cell::fine_percent(above * Decimal::ONE_HUNDRED, 3),
        ),
        Cell::money(money(&plan.upfront)?, 2),
        Cell::percent(share(plan.utilization.as_ref())?),
        Cell::percent(share(plan.coverage.as_ref())?),
        Cell::money(money(&plan.owed_after_horizon)?, 2),
    ]);
    Ok(cells)
}

fn proved(run: &LadderRun) -> Result<String, ReportError> {
    let ladder = run.plans.first().and_then(|plan| plan.gap.as_deref());
    let above = decimal(ladder.unwrap_or("0"))? * Decimal::ONE_HUNDRED;
    Ok(format!(
        "Certified: no purchases of the allowed kinds on {} dates bring this usage below {}; the ladder is at most \
         {:.4} % above that.",
        run.dates.len(),
        dollars(money(&run.lower_bound)?, 2),
        above.round_dp(4)
    ))
}

/// What to buy when.
///
/// # Errors
/// As [`tables`].
pub fn calendar(run: &LadderRun) -> Result<Table, ReportError> {
    let heads = [
        "on",
        "buy",
        "for",
        "term",
        ">amount",
        ">effective, $/h",
        ">upfront, $",
        "ends",
    ];
    let mut table = Table::new("Purchase calendar", &heads).named("calendar");
    let bought = run.plans.first().map_or(&[][..], |plan| &plan.purchases);
    for one in bought {
        let purchase = &one.purchase;
        table.row([
            day(&one.at).into(),
            kind_label(&purchase.kind)?.into(),
            purchase.scope.clone().into(),
            terms(&purchase.term, &purchase.payment_option)?.into(),
            bought_amount(one)?,
            Cell::rate(money(&purchase.effective_hourly)?, 3),
            Cell::money(money(&purchase.upfront)?, 2),
            day(&one.ends).into(),
        ]);
    }
    if bought.is_empty() {
        table.note(if run.settings.rules.is_empty() {
            "Nothing: no purchase on any date would pay for itself."
        } else {
            "Nothing: no purchase on any date that keeps the rules would pay for itself."
        });
    }
    Ok(table)
}

/// Every plan with its risk, then every event with what plans save in it; nothing where no events were asked for.
///
/// # Errors
/// As [`tables`].
pub fn risk_tables(run: &LadderRun) -> Result<Vec<Table>, ReportError> {
    let Some(risk) = &run.risk else {
        return Ok(Vec::new());
    };
    let plans = run.plans.iter().map(|plan| (&plan.name, &plan.title));
    let mut table = plans_at_risk(risk, &plans.collect(), "ladder")?;
    table.note(
        "An event without a day of its own is there from the first day on. Everything on the calendar is bought all the same: \
         whoever stops buying when it happens loses less.",
    );
    Ok(vec![table, events(risk)?])
}

/// What each rule costs; `None` where that was not looked for.
///
/// # Errors
/// As [`tables`].
pub fn rules_table(run: &LadderRun) -> Result<Option<Table>, ReportError> {
    if run.rules.is_empty() {
        return Ok(None);
    }
    let mut table = rule_prices(&run.rules, ">costs in the months ahead, $")?;
    table.note("What a rule costs is the ladder less the cheapest one found without that rule, the others being kept. One more is one dollar an hour on every date, or one dollar upfront: its price in the proof.");
    table.note("The bound is one for ladders that keep `max-hourly-commitment`, `max-upfront` and the families; it does not know the other rules, so a ladder under them may lie above it.");
    Ok(Some(table))
}

/// An hour as its day, where it begins one.
pub(in crate::report) fn day(hour: &str) -> &str {
    hour.strip_suffix("T00:00Z").unwrap_or(hour)
}

fn bought_amount(one: &DatedPurchase) -> Result<Cell, ReportError> {
    match (one.purchase.count, &one.purchase.hourly_commitment) {
        (Some(count), _) => Ok(Cell::count(count)),
        (None, Some(hourly)) => Ok(format!("{}/h", dollars(money(hourly)?, 3)).into()),
        (None, None) => Ok("".into()),
    }
}

fn amounts(texts: &[&String]) -> Result<Vec<Money>, ReportError> {
    texts.iter().map(|text| money(text)).collect()
}

/// Usage, coverage, cash and commitment of every month.
///
/// # Errors
/// As [`tables`].
pub fn months_table(run: &LadderRun) -> Result<Table, ReportError> {
    let heads = [
        "month",
        ">usage at On-Demand, $",
        ">of it covered, $",
        ">On-Demand and Spot, $",
        ">upfront fees, $",
        ">recurring fees, $",
        ">cash, $",
        ">accrued, $",
        ">committed, $/h",
    ];
    let mut table = Table::new("The ladder month by month", &heads)
        .named("months")
        .summed();
    for month in &run.months {
        let covered = [
            &month.reserved_instance,
            &month.ec2_instance_sp,
            &month.compute_sp,
        ];
        let covered: Vec<&String> = covered.into_iter().chain(&month.database_sp).collect();
        let covered: Money = amounts(&covered)?.into_iter().sum();
        let others = amounts(&[&month.on_demand, &month.spot])?;
        let paid = [
            &month.usage_cash,
            &month.upfront_cash,
            &month.recurring_cash,
            &month.cash,
            &month.accrued,
        ];
        let usage: Money = others.into_iter().sum::<Money>() + covered;
        let mut cells = vec![
            month.month.clone().into(),
            Cell::money(usage, 2),
            Cell::money(covered, 2),
        ];
        cells.extend(amounts(&paid)?.into_iter().map(|paid| Cell::money(paid, 2)));
        cells.push(Cell::rate(money(&month.committed_hourly)?, 3));
        table.row(cells);
    }
    table.note(
        "Cash is what falls due in the month; accrued spreads upfront fees over the hours they are for. Committed: in the \
         month's first hour, at public prices, with what is owned.",
    );
    Ok(table)
}

/// Months in which much of what is committed ends.
///
/// # Errors
/// As [`tables`].
pub fn cliffs(run: &LadderRun) -> Result<Table, ReportError> {
    let heads = [
        "month",
        ">commitments",
        ">end, $/h",
        ">of, $/h",
        ">share, %",
        ">begin, $/h",
    ];
    let percent = run.ladder.cliff_percent;
    let title = format!("Months in which more than {percent} % of what is committed ends");
    let mut table = Table::new(title, &heads).named("cliffs");
    for month in run.expiries.iter().filter(|month| month.is_cliff) {
        table.row([
            month.month.clone().into(),
            Cell::count(month.commitments as u64),
            Cell::rate(money(&month.ends_hourly)?, 3),
            Cell::rate(money(&month.of_hourly)?, 3),
            Cell::percent(Some(decimal(&month.share_percent)?)),
            Cell::rate(money(&month.begins_hourly)?, 3),
        ]);
    }
    if table.rows.is_empty() {
        table.note("None.");
    }
    Ok(table)
}
