//! The report of a ladder: the plans side by side, the calendar, what covers each month, cash, and when it all ends.

use serde_json::Value;

use super::{Report, dollars, money, read};
use crate::report::chart::{CalendarChart, ColumnPart, ColumnsChart, Life, PlanBar, PlansChart};
use crate::report::format::{self, percent};
use crate::report::ladder::{
    DatedPurchase, LadderMonth, LadderPlan, LadderRun, calendar, cliffs, months_table, plans_table,
    risk_tables, rules_table,
};
use crate::report::optimize::{ReportError, decimal, figures::kind_short};
use crate::report::{Block, Figure, Language};
use crate::units::{Hour, HourSpan, Money};

/// Fills the report.
pub(super) fn blocks(
    saved: &Value,
    report: &mut Report,
    language: &Language,
) -> Result<(), ReportError> {
    let run: LadderRun = read(saved)?;
    report.document.subtitle = format!("{} to {}", run.horizon_start, run.horizon_end);
    decision(report, &run)?;
    report.table("The plans", plans_table(&run)?);
    plans_chart(report, &run, language)?;
    for table in risk_tables(&run)? {
        report.titled(table);
    }
    report.table("What to buy when", calendar(&run)?);
    if let Some(rules) = rules_table(&run)? {
        report.titled(rules);
    }
    coverage_chart(report, &run, language)?;
    cash_chart(report, &run, language)?;
    ends_chart(report, &run, language)?;
    report.table("When much of it ends", cliffs(&run)?);
    report.table("Month by month", months_table(&run)?);
    if !run.doubts.is_empty() {
        let heading = "To be taken with a grain of salt";
        report.document.push(Block::Heading(heading.into()));
        report.document.push(Block::List(run.doubts));
    }
    Ok(())
}

fn plan<'a>(run: &'a LadderRun, name: &str) -> Result<&'a LadderPlan, ReportError> {
    let found = run.plans.iter().find(|plan| plan.name == name);
    found.ok_or_else(|| ReportError::Reading(format!("it has no plan `{name}`")))
}

fn decision(report: &mut Report, run: &LadderRun) -> Result<(), ReportError> {
    let ladder = plan(run, "ladder")?;
    let (cost, on_demand) = (money(&ladder.cost)?, money(&run.on_demand_cost)?);
    let text = |amount: Money| format::dollars(amount, 2);
    let share = percent(Some(decimal(&ladder.savings_percent)?));
    report.document.push(Block::Decision(format!(
        "Bought by this calendar the months ahead cost {}: {} ({share}\u{a0}%) less than On-Demand.",
        text(cost),
        text(on_demand - cost)
    )));
    let once = money(&plan(run, "once")?.cost)?;
    let mut figures = vec![
        Figure::new("The ladder", dollars(cost, 2), "later fees as stated below"),
        Figure::new(
            "Bought once",
            dollars(once, 2),
            "the cheapest on the first date",
        ),
    ];
    if let Ok(renewed) = plan(run, "renewed") {
        let renewed = money(&renewed.cost)?;
        figures.push(Figure::new(
            "Renewed as it ends",
            dollars(renewed, 2),
            "what is owned, again and again",
        ));
    }
    figures.push(Figure::new(
        "At least, proved",
        dollars(money(&run.lower_bound)?, 2),
        "no such purchases cost less",
    ));
    report.document.push(Block::Figures(figures));
    Ok(())
}

fn plans_chart(
    report: &mut Report,
    run: &LadderRun,
    language: &Language,
) -> Result<(), ReportError> {
    let mut plans = Vec::new();
    for plan in run.plans.iter().rev() {
        let saved = percent(Some(decimal(&plan.savings_percent)?));
        plans.push(PlanBar {
            name: language.say(&plan.title),
            cost: money(&plan.cost)?,
            detail: language
                .say(&format!("{saved} % saved"))
                .replace('-', "\u{2212}"),
            chosen: plan.name == "ladder",
        });
    }
    let chart = PlansChart {
        title: language.say("What the months ahead cost"),
        subtitle: language.say("The ladder in blue. US dollars."),
        plans,
        lower_bound: Some(money(&run.lower_bound)?),
    };
    report.chart(
        "plans",
        chart.scene_in(language),
        "A bar for each plan, as long as its cost; the line is the proved bound.",
    )?;
    Ok(())
}

/// A part of a month's column: its name, and its amount.
type Part = (&'static str, fn(&LadderMonth) -> &str);

/// A column a month.
fn columns(
    run: &LadderRun,
    (title, subtitle): (&str, &str),
    parts: &[Part],
) -> Result<ColumnsChart, ReportError> {
    let part = |(name, of): &Part| {
        let amounts = run.months.iter().map(|month| money(of(month)));
        Ok(ColumnPart {
            name: (*name).to_owned(),
            amounts: amounts.collect::<Result<_, ReportError>>()?,
        })
    };
    Ok(ColumnsChart {
        title: title.into(),
        subtitle: subtitle.into(),
        columns: run.months.iter().map(|month| month.month.clone()).collect(),
        parts: parts.iter().map(part).collect::<Result<_, ReportError>>()?,
    })
}

fn coverage_chart(
    report: &mut Report,
    run: &LadderRun,
    language: &Language,
) -> Result<(), ReportError> {
    let words = (
        "What covers the usage of each month",
        "The usage of the ladder's months at public On-Demand prices. US dollars.",
    );
    let mut parts: Vec<Part> = vec![
        ("Reserved Instances", |month| &month.reserved_instance),
        ("EC2 Instance Savings Plans", |month| &month.ec2_instance_sp),
        ("Compute Savings Plans", |month| &month.compute_sp),
        ("On-Demand", |month| &month.on_demand),
        ("Spot", |month| &month.spot),
    ];
    if run.settings.services {
        let databases: Part = ("Database Savings Plans", |month| {
            month.database_sp.as_deref().unwrap_or("0")
        });
        parts.insert(3, databases);
    }
    let chart = columns(run, words, &parts)?;
    report.chart(
        "coverage-by-month",
        chart.scene(language),
        "A column for each month: its usage, stacked by what covers it.",
    )?;
    Ok(())
}

fn cash_chart(
    report: &mut Report,
    run: &LadderRun,
    language: &Language,
) -> Result<(), ReportError> {
    let words = (
        "Cash by month",
        "What is paid when: fees when they fall due, usage when it happens. US dollars.",
    );
    let chart = columns(
        run,
        words,
        &[
            ("Usage", |month| &month.usage_cash),
            ("Recurring fees", |month| &month.recurring_cash),
            ("Upfront fees", |month| &month.upfront_cash),
        ],
    )?;
    report.chart(
        "cash-by-month",
        chart.scene(language),
        "What is paid in each month: usage, recurring and upfront fees.",
    )?;
    Ok(())
}

fn ends_chart(
    report: &mut Report,
    run: &LadderRun,
    language: &Language,
) -> Result<(), ReportError> {
    let window = span(&run.horizon_start, &run.horizon_end)?;
    let mut lives = Vec::new();
    for one in &run.owned {
        let alive = span(&one.start, &one.end)?;
        // What ended before the months ahead is not their business.
        if alive.end() > window.start() {
            lives.push(Life {
                name: one.id.clone(),
                alive,
                proposed: false,
            });
        }
    }
    for one in &plan(run, "ladder")?.purchases {
        lives.push(Life {
            name: name(one)?,
            alive: span(&one.at, &one.ends)?,
            proposed: false,
        });
    }
    if lives.is_empty() {
        return Ok(());
    }
    let chart = CalendarChart {
        title: "When commitments end".into(),
        window,
        lives,
    };
    report.chart(
        "expiries",
        chart.scene(language),
        "A line for each commitment, from its purchase to its end.",
    )?;
    Ok(())
}

/// A purchase in a few words.
fn name(one: &DatedPurchase) -> Result<String, ReportError> {
    let bought = &one.purchase;
    let amount = match (bought.count, &bought.hourly_commitment) {
        (Some(count), _) => format!("{count} x "),
        (None, Some(hourly)) => format!("{}/h ", format::dollars(money(hourly)?, 3)),
        (None, None) => String::new(),
    };
    Ok(format!(
        "{amount}{} {}",
        kind_short(&bought.kind)?,
        bought.scope
    ))
}

fn span(start: &str, end: &str) -> Result<HourSpan, ReportError> {
    let hour = |text: &str| {
        Hour::parse(text).map_err(|_| ReportError::Figure {
            text: text.chars().take(60).collect(),
            wanted: "an hour in UTC",
        })
    };
    Ok(HourSpan::new(hour(start)?, hour(end)?))
}
