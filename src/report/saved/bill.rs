//! The report of a bill: what it comes to, by what, when it is paid, how well commitments do.

mod tables;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

use super::{Report, dollars, money, read};
use crate::analysis::ratio;
use crate::report::chart::{CalendarChart, ColumnPart, ColumnsChart, Life, PlanBar, PlansChart};
use crate::report::format::percent;
use crate::report::optimize::ReportError;
use crate::report::optimize::figures::hour as utc;
use crate::report::{Block, Figure, Language};
use crate::units::{Hour, HourSpan, Money};

/// What is read of a charge: columns of FOCUS.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    charge_period_start: String,
    charge_period_end: String,
    sub_account_id: Option<String>,
    service_name: String,
    charge_category: String,
    charge_frequency: String,
    pricing_category: Option<String>,
    commitment_discount_id: Option<String>,
    commitment_discount_type: Option<String>,
    commitment_discount_status: Option<String>,
    billed_cost: String,
    effective_cost: String,
    contracted_cost: String,
    tags: Option<String>,
    #[serde(rename = "x_InstanceType")]
    instance_type: Option<String>,
}

/// A commitment's name and life.
#[derive(Debug, Deserialize)]
struct Owned {
    id: String,
    start: String,
    end: String,
}

#[derive(Debug, Deserialize)]
struct Bill {
    charges: Vec<Row>,
    #[serde(default)]
    unpriced: Vec<Value>,
    #[serde(default)]
    unpriced_services: Vec<Value>,
    #[serde(default)]
    commitments: Vec<Owned>,
}

/// A charge with its amounts as numbers.
struct Charge {
    row: Row,
    month: String,
    effective: Money,
    billed: Money,
    /// What it would cost On-Demand; nothing for fees and what nobody used.
    on_demand: Money,
}

impl Charge {
    fn of(row: Row) -> Result<Self, ReportError> {
        let is_usage = row.charge_category == "Usage"
            && row.commitment_discount_status.as_deref() != Some("Unused");
        let contracted = money(&row.contracted_cost)?;
        hour(&row.charge_period_start)?;
        Ok(Self {
            month: row.charge_period_start.chars().take(7).collect(),
            effective: money(&row.effective_cost)?,
            billed: money(&row.billed_cost)?,
            on_demand: if is_usage { contracted } else { Money::ZERO },
            row,
        })
    }

    /// What kind of cost it is.
    fn kind(&self) -> &'static str {
        match self.row.commitment_discount_type.as_deref() {
            Some("Reserved Instance") => "Reserved Instances",
            Some("Compute Savings Plan") => "Compute Savings Plans",
            Some("EC2 Instance Savings Plan") => "EC2 Instance Savings Plans",
            None if self.row.pricing_category.as_deref() == Some("Dynamic") => "Spot",
            None if self.row.instance_type.is_some() => "On-Demand",
            // Plans of databases and reserved hosts serve what stands beside instances, too.
            Some(_) | None => "Beside instances",
        }
    }

    /// What kind of payment it is.
    fn payment(&self) -> &'static str {
        match self.row.charge_frequency.as_str() {
            "One-Time" => "Upfront fees",
            "Recurring" => "Recurring fees",
            _ => "Usage",
        }
    }

    fn tags(&self) -> BTreeMap<String, Value> {
        let tags = self.row.tags.as_deref();
        tags.and_then(|tags| serde_json::from_str(tags).ok())
            .unwrap_or_default()
    }
}

/// The kinds of cost in the order of charts and tables.
const KINDS: [&str; 6] = [
    "Reserved Instances",
    "EC2 Instance Savings Plans",
    "Compute Savings Plans",
    "On-Demand",
    "Spot",
    "Beside instances",
];

/// Fills the report.
pub(super) fn blocks(
    saved: &Value,
    report: &mut Report,
    language: &Language,
) -> Result<(), ReportError> {
    let bill: Bill = read(saved)?;
    let charges = bill.charges.into_iter().map(Charge::of);
    let charges: Vec<Charge> = charges.collect::<Result<_, ReportError>>()?;
    let starts = charges.iter().map(|charge| &charge.row.charge_period_start);
    let ends = charges.iter().map(|charge| &charge.row.charge_period_end);
    let (Some(start), Some(end)) = (starts.min(), ends.max()) else {
        return Err(ReportError::Reading("the bill has no charge".into()));
    };
    let window = HourSpan::new(hour(start)?, hour(end)?);
    report.document.subtitle = window.to_string();
    decision(report, &charges);
    let left_out = bill.unpriced.len() + bill.unpriced_services.len();
    if left_out > 0 {
        report.document.push(Block::Note(format!(
            "{left_out} kinds of usage have no price and are in no figure of this report."
        )));
    }
    by_month(report, &charges, language)?;
    report.table("Cost by kind", tables::by_kind(&charges));
    commitments(report, &charges, &bill.commitments, window, language)?;
    report.document.push(Block::Heading("Who causes it".into()));
    by_tag(report, &charges, language)?;
    report.table("Cost by account", tables::by_account(&charges));
    report.table("Cost by service", tables::by_service(&charges));
    Ok(())
}

/// An hour as FOCUS writes it, with seconds.
fn hour(text: &str) -> Result<Hour, ReportError> {
    let short = text.strip_suffix(":00Z").map(|start| format!("{start}Z"));
    utc(&short.unwrap_or_else(|| text.to_owned()))
}

/// Sums by a name.
fn sums<'a>(
    charges: &'a [Charge],
    name: impl Fn(&'a Charge) -> Option<&'a str>,
    amount: impl Fn(&Charge) -> Money,
) -> BTreeMap<&'a str, Money> {
    let mut sums = BTreeMap::new();
    for charge in charges {
        if let Some(name) = name(charge) {
            *sums.entry(name).or_insert(Money::ZERO) += amount(charge);
        }
    }
    sums
}

fn decision(report: &mut Report, charges: &[Charge]) {
    let sum = |of: fn(&Charge) -> Money| charges.iter().map(of).sum::<Money>();
    let (cost, on_demand) = (
        sum(|charge| charge.effective),
        sum(|charge| charge.on_demand),
    );
    let unused = charges
        .iter()
        .filter(|charge| charge.row.commitment_discount_status.as_deref() == Some("Unused"));
    let unused: Money = unused.map(|charge| charge.effective).sum();
    let saved = on_demand - cost;
    let text = |amount: Money| crate::report::format::dollars(amount, 2);
    let share = percent(ratio(saved, on_demand));
    report
        .document
        .push(Block::Decision(if saved > Money::ZERO {
            format!(
                "This usage costs {}: commitments save {} ({share}\u{a0}%) of its price On-Demand.",
                text(cost),
                text(saved)
            )
        } else if saved.is_zero() {
            format!(
                "This usage costs {}, and no commitment makes it cheaper.",
                text(cost)
            )
        } else {
            format!(
                "This usage costs {}: commitments cost {} more than they save.",
                text(cost),
                text(-saved)
            )
        }));
    report.document.push(Block::Figures(vec![
        Figure::new(
            "Cost, upfront fees spread",
            dollars(cost, 2),
            "effective cost",
        ),
        Figure::new(
            "Everything On-Demand",
            dollars(on_demand, 2),
            "Spot as it is",
        ),
        Figure::new(
            "Paid in this window",
            dollars(sum(|charge| charge.billed), 2),
            "cash: fees when they fall due",
        ),
        Figure::new("Unused commitment", dollars(unused, 2), "paid and not used"),
    ]));
}

/// The kinds of payment in the order of charts.
const PAYMENTS: [&str; 3] = ["Usage", "Recurring fees", "Upfront fees"];

/// Cost by kind and cash by payment, a column a month.
fn by_month(
    report: &mut Report,
    charges: &[Charge],
    language: &Language,
) -> Result<(), ReportError> {
    let months = sums(
        charges,
        |charge| Some(&charge.month),
        |charge| charge.effective,
    );
    let months: Vec<&str> = months.into_keys().collect();
    let cost = ColumnsChart {
        title: "Cost by month".into(),
        subtitle: "Effective cost: upfront fees spread over the hours they serve. US dollars."
            .into(),
        columns: months.iter().map(ToString::to_string).collect(),
        parts: parts(charges, &months, &KINDS, Charge::kind, |charge| {
            charge.effective
        }),
    };
    report.chart(
        "cost-by-month",
        cost.scene(language),
        "Cost of each month, stacked by kind.",
    )?;
    let cash = ColumnsChart {
        title: "Cash by month".into(),
        subtitle: "What is paid when: fees when they fall due, usage when it happens. US dollars."
            .into(),
        columns: months.iter().map(ToString::to_string).collect(),
        parts: parts(charges, &months, &PAYMENTS, Charge::payment, |charge| {
            charge.billed
        }),
    };
    report.chart(
        "cash-by-month",
        cash.scene(language),
        "What is paid in each month: usage, recurring and upfront fees.",
    )?;
    Ok(())
}

/// What each month's column consists of.
fn parts(
    charges: &[Charge],
    months: &[&str],
    names: &[&str],
    name: fn(&Charge) -> &str,
    amount: fn(&Charge) -> Money,
) -> Vec<ColumnPart> {
    let part = |&wanted: &&str| {
        let of_month = |month: &&str| {
            let found = charges
                .iter()
                .filter(|charge| charge.month == **month && name(charge) == wanted);
            found.map(amount).sum()
        };
        ColumnPart {
            name: wanted.to_owned(),
            amounts: months.iter().map(of_month).collect(),
        }
    };
    names.iter().map(part).collect()
}

/// How well each commitment does, and when it ends.
fn commitments(
    report: &mut Report,
    charges: &[Charge],
    owned: &[Owned],
    window: HourSpan,
    language: &Language,
) -> Result<(), ReportError> {
    report.table("Commitments", tables::commitments(charges));
    let mut lives = Vec::new();
    for commitment in owned {
        lives.push(Life {
            name: commitment.id.clone(),
            alive: HourSpan::new(utc(&commitment.start)?, utc(&commitment.end)?),
            proposed: false,
        });
    }
    if lives.is_empty() {
        return Ok(());
    }
    let calendar = CalendarChart {
        title: "When commitments end".into(),
        window,
        lives,
    };
    report.chart(
        "expiries",
        calendar.scene(language),
        "A line for each commitment, from its purchase to its end.",
    )?;
    Ok(())
}

/// The tag that most of the cost has: its values as bars, the largest first.
fn by_tag(report: &mut Report, charges: &[Charge], language: &Language) -> Result<(), ReportError> {
    let mut tags: BTreeMap<String, BTreeMap<String, Money>> = BTreeMap::new();
    for charge in charges {
        for (tag, value) in charge.tags() {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            *tags.entry(tag).or_default().entry(value).or_default() += charge.effective;
        }
    }
    let all: Money = charges.iter().map(|charge| charge.effective).sum();
    let others = ["all others", "without the tag"].map(|words| language.say(words));
    let names = others.each_ref().map(String::as_str);
    let mut largest: Option<(&String, Money)> = None;
    for (tag, values) in &tags {
        let sum: Money = values.values().copied().sum();
        if largest.is_none_or(|(_, most)| sum > most) {
            largest = Some((tag, sum));
        }
        report.table(
            &format!("Cost by tag {tag}"),
            tables::by_tag(tag, values, all, names),
        );
    }
    let Some((tag, tagged)) = largest else {
        return Ok(());
    };
    let values = tags.get(tag).into_iter().flatten();
    let mut bars: Vec<(&str, Money)> = values
        .map(|(value, &cost)| (value.as_str(), cost))
        .collect();
    bars.sort_by_key(|&(_, cost)| std::cmp::Reverse(cost));
    let rest: Money = bars.iter().skip(MOST_BARS).map(|&(_, cost)| cost).sum();
    bars.truncate(MOST_BARS);
    for (name, cost) in others.iter().zip([rest, all - tagged]) {
        if cost > Money::ZERO {
            bars.push((name, cost));
        }
    }
    let bar = |(name, cost): (&str, Money)| PlanBar {
        name: name.to_owned(),
        cost,
        detail: ratio(cost, all).map_or_else(String::new, |share: Decimal| {
            format!("{} %", percent(Some(share)))
        }),
        chosen: false,
    };
    let chart = PlansChart {
        title: language.say(&format!("Cost by tag {tag}")),
        subtitle: language.say("Effective cost, unused commitments under no tag. US dollars."),
        plans: bars.into_iter().map(bar).collect(),
        lower_bound: None,
    };
    report.chart(
        "cost-by-tag",
        chart.scene(),
        "A bar for each value of the tag, as long as its cost.",
    )?;
    Ok(())
}

/// Values of a tag shown as bars of their own.
const MOST_BARS: usize = 15;
