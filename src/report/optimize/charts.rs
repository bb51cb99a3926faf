//! The charts of a plan: usage by hour as what covers it, savings against commitment, plans side by side.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use crate::billing::HourCoverage;
use crate::optimize::{Plan, Purchase};
use crate::report::chart::{
    ChartError, Coverage, Layer, Mark, MarkKind, PlanBar, PlansChart, SavingsChart, Scene,
    UsageChart,
};
use crate::report::format::percent;
use crate::report::run::savings_percent;
use crate::units::{HourSpan, Money};

use super::Findings;
use super::tables::saving;

/// The drawings of a plan.
pub struct Charts {
    /// Usage by hour over the whole window, stacked as what covers it.
    pub usage: Scene,
    /// One ordinary week of it, hour by hour.
    pub week: Scene,
    /// Savings against commitment.
    pub savings: Scene,
    /// Cost of every plan.
    pub plans: Scene,
}

/// Draws the charts; `coverage` is what covers each hour under the cheapest plan.
pub fn charts(findings: &Findings, coverage: &[HourCoverage]) -> Result<Charts, ChartError> {
    let usage = usage(findings, coverage);
    let week = usage.within(middle_week(findings.demand.span()));
    Ok(Charts {
        week: UsageChart {
            title: "One week of it, hour by hour".into(),
            ..week
        }
        .scene()?,
        usage: usage.scene()?,
        savings: savings(findings).scene(),
        plans: plans(findings).scene(),
    })
}

/// The seven days in the middle of the window, from a midnight on.
fn middle_week(span: HourSpan) -> HourSpan {
    let half = i64::try_from(span.len()).unwrap_or(0).div_euclid(2);
    let noon = span.start().plus(half - 84);
    let midnight = noon.plus(-i64::from(noon.hour_of_day()));
    HourSpan::new(midnight, midnight.plus(168)).intersect(span)
}

fn usage(findings: &Findings, coverage: &[HourCoverage]) -> UsageChart {
    let layer = |coverage_kind, amount: fn(&HourCoverage) -> Money| Layer {
        coverage: coverage_kind,
        dollars_per_hour: coverage.iter().map(|hour| amount(hour).to_f64()).collect(),
    };
    UsageChart {
        title: "Usage by hour, and what covers it under the cheapest mix".into(),
        span: findings.demand.span(),
        layers: vec![
            layer(Coverage::ReservedInstance, |hour| hour.reserved),
            layer(Coverage::Ec2InstanceSavingsPlan, |hour| {
                hour.ec2_instance_plan
            }),
            layer(Coverage::ComputeSavingsPlan, |hour| hour.compute_plan),
            layer(Coverage::OnDemand, |hour| hour.on_demand),
            layer(Coverage::Spot, |hour| hour.spot),
        ],
        levels: Vec::new(),
    }
}

fn savings(findings: &Findings) -> SavingsChart {
    let found = findings.found;
    let span = findings.demand.span();
    let mark = |kind, plan: &Plan| Mark {
        kind,
        name: plan.title.clone(),
        hourly_commitment: plan.purchases.iter().map(Purchase::hourly_commitment).sum(),
        saving: saving(findings, plan).0,
    };
    let mut marks = vec![mark(MarkKind::Chosen, &found.cheapest)];
    marks.extend(
        found
            .baselines
            .iter()
            .map(|plan| mark(MarkKind::Baseline, plan)),
    );
    let (beside, alone, level) = match found.owned {
        None => ("", ", nothing else", "commitments, dollars an hour"),
        Some(_) => (
            ", what is owned included",
            ", beside what is owned",
            "new commitments, dollars an hour (what is owned not counted)",
        ),
    };
    SavingsChart {
        title: "Savings against commitment".into(),
        subtitle: [
            format!("Dollars saved against On-Demand from {span}{beside}."),
            format!("Curve: one Compute Savings Plan at each level{alone}. Points: whole plans."),
        ],
        level: level.to_owned(),
        curve: found.curve.clone(),
        marks,
    }
}

fn plans(findings: &Findings) -> PlansChart {
    let found = findings.found;
    let on_demand = found.on_demand.bill.total();
    let bar = |plan: &Plan, chosen| {
        let cost = plan.bill.total();
        let saved = savings_percent(cost, on_demand);
        PlanBar {
            name: plan.title.clone(),
            cost,
            detail: against(saved),
            chosen,
        }
    };
    let mut plans = vec![bar(&found.on_demand, false)];
    plans.extend(found.owned.iter().map(|plan| bar(plan, false)));
    plans.push(bar(&found.cheapest, true));
    plans.extend(found.baselines.iter().map(|plan| bar(plan, false)));
    PlansChart {
        title: "What each plan costs over the window".into(),
        subtitle: format!(
            "{}, everything included: usage left On-Demand, Spot, commitments used or not",
            findings.demand.span()
        ),
        plans,
        lower_bound: Some(found.lower_bound),
    }
}

/// A share saved in words; nothing for none.
fn against(saved: Decimal) -> String {
    match saved.cmp(&Decimal::ZERO) {
        Ordering::Equal => String::new(),
        Ordering::Greater => format!("{} % saved", percent(Some(saved))),
        Ordering::Less => format!("{} % dearer", percent(Some(-saved))),
    }
}
