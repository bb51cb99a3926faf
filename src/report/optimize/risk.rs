//! Events, and what every plan saves under them: tables for the terminal and the report.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::figures::{ReportError, cheapest, decimal, money, recommended};
use crate::report::chart::{FrontierChart, MarkKind, Prospect};
use crate::report::format::dollars;
use crate::report::run::{Run, RunRisk, RunRobust};
use crate::report::{Cell, Table, Unit};

/// Every plan with its risk, then every event with what plans save in it; nothing where no events were asked for.
pub(super) fn tables(run: &Run) -> Result<Vec<Table>, ReportError> {
    match &run.risk {
        Some(risk) => {
            let mut tables = vec![plans(run, risk)?, events(risk)?];
            if let Some(robust) = &risk.robust {
                tables.push(frontier(robust)?);
            }
            Ok(tables)
        }
        None => Ok(Vec::new()),
    }
}

/// Why the robust mix is the one to buy, for page 1; `None` where there is none.
pub(super) fn decision(run: &Run) -> Result<Option<String>, ReportError> {
    let of = |name: &str| {
        let plans = run.risk.iter().flat_map(|risk| &risk.plans);
        plans.into_iter().find(|plan| plan.name == name)
    };
    let (Some(robust), Some(cheapest)) = (of("robust"), of("cheapest")) else {
        return Ok(None);
    };
    let sum = |text: &str| Ok::<_, ReportError>(dollars(money(text)?, 2));
    Ok(Some(format!(
        "This is the robust mix, chosen for what may happen (see the events): over a window like this it saves {} on the \
         mean and {} at worst ({}). The mix that is cheapest on the past alone saves {} on the mean and {} at worst. \
         Purchases stay when usage goes; Spot usage and what stays On-Demand are part of every figure.",
        sum(&robust.expected_saving)?,
        sum(&robust.worst_saving)?,
        robust.worst_event,
        sum(&cheapest.expected_saving)?,
        sum(&cheapest.worst_saving)?
    )))
}

fn plans(run: &Run, risk: &RunRisk) -> Result<Table, ReportError> {
    let titles = run.plans.iter().map(|plan| (&plan.name, &plan.title));
    let mut table = plans_at_risk(risk, &titles.collect(), &recommended(run)?.name)?;
    if let Some(robust) = &risk.robust {
        table.note(robust_words(robust, !run.settings.rules.is_empty())?);
    }
    Ok(table)
}

/// Every plan with its risk; `titles` by name.
pub(in crate::report) fn plans_at_risk(
    risk: &RunRisk,
    titles: &BTreeMap<&String, &String>,
    chosen: &str,
) -> Result<Table, ReportError> {
    let heads = [
        "plan",
        ">expected saving, $",
        ">worst saving, $",
        "worst when",
        ">chance of loss, %",
        ">may shrink by, %",
    ];
    let mut table = Table::new("Risk: savings against buying nothing", &heads).named("risk");
    for plan in &risk.plans {
        let title = titles.get(&plan.name).copied();
        if plan.name == chosen {
            table.chosen = Some(table.rows.len());
        }
        table.row([
            title.unwrap_or(&plan.name).clone().into(),
            Cell::money(money(&plan.expected_saving)?, 2),
            Cell::money(money(&plan.worst_saving)?, 2),
            plan.worst_event.clone().into(),
            percent(&plan.chance_of_loss)?,
            match plan.largest_shrink_percent {
                Some(share) => Cell::new(share.to_string(), share.into(), Unit::Percent, 0),
                None => "loses already".into(),
            },
        ]);
    }
    table.note(
        "Purchases stay when usage goes. Expected: the mean over the events by probability; worst: the event that saves \
         least; loss: events in which the plan costs more than buying nothing; shrink: so much of every hour's usage may \
         go before it does.",
    );
    Ok(table)
}

/// How good the robust mix is.
fn robust_words(robust: &RunRobust, under_rules: bool) -> Result<String, ReportError> {
    let that = if under_rules {
        " that keeps the rules"
    } else {
        ""
    };
    let value = dollars(money(&robust.value)?, 2);
    Ok(match &robust.bound {
        Some(bound) => format!(
            "The robust mix is the recommended one: by its objective ({}) it comes to {value}, and no mix of the \
                 allowed kinds{that} to more than {} (certified).",
            words(&robust.objective),
            dollars(money(bound)?, 2)
        ),
        None => format!(
            "The robust mix is the recommended one: by its objective ({}) it comes to {value}. How much better any \
                 could be is not proved, because an event is more than other usage of instances.",
            words(&robust.objective)
        ),
    })
}

/// An objective in words.
fn words(objective: &str) -> &str {
    match objective {
        "expected" => "the mean",
        "worst" => "the worst event",
        "cvar" => "the mean of the worst fifth",
        "mixed" => "half the mean, half the mean of the worst fifth",
        other => other,
    }
}

fn frontier(robust: &RunRobust) -> Result<Table, ReportError> {
    let heads = [
        "mix that does best by",
        ">expected saving, $",
        ">worst saving, $",
        ">comes to, $",
        ">no mix above, $",
    ];
    let title = "From the best mean to the best worst case";
    let sum = |stated: Option<&String>| match stated {
        Some(sum) => Ok::<_, ReportError>(Cell::money(money(sum)?, 2)),
        None => Ok("-".into()),
    };
    let mut table = Table::new(title, &heads).named("frontier");
    for point in &robust.frontier {
        table.row([
            point.aim.clone().into(),
            Cell::money(money(&point.expected_saving)?, 2),
            Cell::money(money(&point.worst_saving)?, 2),
            sum(point.value.as_ref())?,
            sum(point.bound.as_ref().map(|bound| &bound.most))?,
        ]);
    }
    Ok(table)
}

/// The mixes of the frontier as a chart, with the plans that buy something; `None` where no robust mix was looked for.
pub(super) fn frontier_chart(run: &Run) -> Result<Option<FrontierChart>, ReportError> {
    let Some((risk, robust)) = run
        .risk
        .as_ref()
        .and_then(|risk| Some((risk, risk.robust.as_ref()?)))
    else {
        return Ok(None);
    };
    let prospect = |name: &str, expected: &str, worst: &str| {
        Ok::<_, ReportError>(Prospect {
            name: name.to_owned(),
            expected: money(expected)?,
            worst: money(worst)?,
        })
    };
    let mixes = robust
        .frontier
        .iter()
        .map(|point| prospect(&point.aim, &point.expected_saving, &point.worst_saving));
    let (chosen, best) = (&recommended(run)?.name, &cheapest(run)?.name);
    let mut plans = Vec::new();
    for plan in risk.plans.iter().filter(|plan| plan.name != "owned") {
        let kind = match &plan.name {
            name if name == chosen => MarkKind::Chosen,
            name if name == best => MarkKind::Cheapest,
            _ => MarkKind::Baseline,
        };
        let title = run.plans.iter().find(|own| own.name == plan.name);
        let title = title.map_or(&plan.name, |own| &own.title);
        let found = prospect(title, &plan.expected_saving, &plan.worst_saving)?;
        plans.push((kind, found));
    }
    Ok(Some(FrontierChart {
        title: "Expected against worst saving".into(),
        subtitle: "Dollars saved against buying nothing. Line: mixes from the best mean to the best worst case. Points: plans.".into(),
        mixes: mixes.collect::<Result<_, _>>()?,
        plans,
    }))
}

/// Plans in rows: there are more of them than events, and their names are longer.
pub(in crate::report) fn events(risk: &RunRisk) -> Result<Table, ReportError> {
    let mut heads = vec!["plan".to_owned()];
    let mut without = vec!["cost with nothing bought, $".into()];
    for event in &risk.events {
        let likely = percent(&event.probability)?;
        heads.push(format!(">{} ({} %)", event.name, likely.text()));
        without.push(Cell::money(money(&event.cost_without)?, 2));
    }
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let title = "What each plan saves in each event, $";
    let mut table = Table::new(title, &heads).named("events");
    table.row(without);
    for plan in &risk.plans {
        let mut row = vec![plan.name.clone().into()];
        for (event, cost) in risk.events.iter().zip(&plan.costs) {
            row.push(Cell::money(money(&event.cost_without)? - money(cost)?, 2));
        }
        table.row(row);
    }
    Ok(table)
}

/// A part of 1 in per cent.
fn percent(part: &str) -> Result<Cell, ReportError> {
    Ok(Cell::percent(Some(decimal(part)? * Decimal::ONE_HUNDRED)))
}
