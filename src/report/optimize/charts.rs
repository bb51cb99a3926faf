//! The charts of a plan: usage by hour as what covers it, savings against commitment, plans side by side.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::report::Language;
use crate::report::chart::{
    BreakEven, Coverage, DurationChart, Layer, Mark, MarkKind, PlanBar, PlansChart, SavingsChart,
    Scene, UsageChart,
};
use crate::report::format::percent;
use crate::report::run::{Run, RunPlan};
use crate::units::HourSpan;

use super::figures::{
    ReportError, baselines, cheapest, decimal, measures, money, on_demand, owned, recommended,
    robust, saving, series, share, shown, terms, window,
};
use super::{over_time, risk};

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
    /// How long how much is used, and from how much use on each term pays; runs without other terms lack it.
    pub duration: Option<Scene>,
    /// What each kind of commitment saves.
    pub bridge: Option<Scene>,
    /// Expected against worst saving, where events were given.
    pub frontier: Option<Scene>,
    /// What is paid in each month from the end of the window on.
    pub cash: Option<Scene>,
    /// When what is owned and bought ends.
    pub expiries: Option<Scene>,
}

impl Charts {
    /// All of them, each under the name its file has.
    pub fn named(self) -> Vec<(&'static str, Scene)> {
        let mut all = vec![
            ("usage", self.usage),
            ("usage-week", self.week),
            ("savings", self.savings),
            ("plans", self.plans),
        ];
        let others = [
            ("load-duration", self.duration),
            ("saving-by-kind", self.bridge),
            ("frontier", self.frontier),
            ("cash", self.cash),
            ("expiries", self.expiries),
        ];
        all.extend(
            others
                .into_iter()
                .filter_map(|(name, scene)| Some((name, scene?))),
        );
        all
    }
}

/// Draws the charts.
pub fn charts(run: &Run, language: &Language) -> Result<Charts, ReportError> {
    let usage = usage(run)?;
    let week = usage.within(middle_week(usage.span));
    Ok(Charts {
        week: UsageChart {
            title: "One week of it, hour by hour".into(),
            ..week
        }
        .scene_in(language)?,
        duration: duration(run, &usage)?.map(|chart| chart.scene(language)),
        bridge: over_time::bridge(run)?.map(|chart| chart.scene(language)),
        frontier: risk::frontier_chart(run)?.map(|chart| chart.scene(language)),
        cash: over_time::cash(run)?.map(|chart| chart.scene(language)),
        expiries: over_time::expiries(run)?.map(|chart| chart.scene(language)),
        usage: usage.scene_in(language)?,
        savings: savings(run)?.scene_in(language),
        plans: plans(run)?.scene_in(language),
    })
}

/// The seven days in the middle of the window, from a midnight on.
fn middle_week(span: HourSpan) -> HourSpan {
    let half = i64::try_from(span.len()).unwrap_or(0).div_euclid(2);
    let noon = span.start().plus(half - 84);
    let midnight = noon.plus(-i64::from(noon.hour_of_day()));
    HourSpan::new(midnight, midnight.plus(168)).intersect(span)
}

fn usage(run: &Run) -> Result<UsageChart, ReportError> {
    let mut layers = Vec::new();
    for (word, coverage) in [
        ("reserved-instance", Coverage::ReservedInstance),
        ("ec2-instance-sp", Coverage::Ec2InstanceSavingsPlan),
        ("compute-sp", Coverage::ComputeSavingsPlan),
        ("database-sp", Coverage::DatabaseSavingsPlan),
        ("on-demand", Coverage::OnDemand),
        ("spot", Coverage::Spot),
    ] {
        let usage = shown(run)?.usage.iter();
        for layer in usage.filter(|usage| usage.covered_by == word) {
            layers.push(Layer {
                coverage,
                dollars_per_hour: series(&layer.dollars_per_hour)?,
            });
        }
    }
    let title = match robust(run) {
        Some(_) => "Usage by hour, and what covers it under the robust mix",
        None => "Usage by hour, and what covers it under the cheapest mix",
    };
    Ok(UsageChart {
        title: title.into(),
        span: window(run)?,
        layers,
        levels: Vec::new(),
    })
}

/// The usage of every hour by its height; `None` where the run does not say when other terms pay.
fn duration(run: &Run, usage: &UsageChart) -> Result<Option<DurationChart>, ReportError> {
    let mut break_even = Vec::new();
    for option in &run.options {
        if let Some(share) = share(option.break_even_utilization.as_ref())? {
            break_even.push(BreakEven {
                name: terms(&option.term, &option.payment_option)?,
                percent: share.to_f64().unwrap_or(0.0),
            });
        }
    }
    if break_even.is_empty() {
        return Ok(None);
    }
    let on_demand = usage
        .layers
        .iter()
        .filter(|layer| layer.coverage != Coverage::Spot);
    let layers: Vec<&[f64]> = on_demand.map(|layer| &layer.dollars_per_hour[..]).collect();
    let hour = |at: usize| layers.iter().filter_map(|layer| layer.get(at)).sum();
    Ok(Some(DurationChart {
        title: "Load duration: in how many hours how much is used".into(),
        dollars_per_hour: (0..usage.span.len()).map(hour).collect(),
        break_even,
    }))
}

fn savings(run: &Run) -> Result<SavingsChart, ReportError> {
    let mark = |kind, plan: &RunPlan| {
        Ok::<Mark, ReportError>(Mark {
            kind,
            name: plan.title.clone(),
            hourly_commitment: money(&measures(run, plan)?.hourly_commitment)?,
            saving: saving(run, plan)?,
        })
    };
    let mut marks = match robust(run) {
        Some(robust) => vec![
            mark(MarkKind::Chosen, robust)?,
            mark(MarkKind::Cheapest, cheapest(run)?)?,
        ],
        None => vec![mark(MarkKind::Chosen, cheapest(run)?)?],
    };
    for plan in baselines(run) {
        marks.push(mark(MarkKind::Baseline, plan)?);
    }
    let (beside, alone, level) = match owned(run) {
        None => ("", ", nothing else", "commitments, dollars an hour"),
        Some(_) => (
            ", what is owned included",
            ", beside what is owned",
            "new commitments, dollars an hour (what is owned not counted)",
        ),
    };
    Ok(SavingsChart {
        title: "Savings against commitment".into(),
        subtitle: [
            format!(
                "Dollars saved against On-Demand from {}{beside}.",
                window(run)?
            ),
            format!("Curve: one Compute Savings Plan at each level{alone}. Points: whole plans."),
        ],
        level: level.to_owned(),
        curve: shown(run)?.curve.clone(),
        marks,
    })
}

fn plans(run: &Run) -> Result<PlansChart, ReportError> {
    let bar = |plan: &RunPlan, chosen| {
        Ok::<PlanBar, ReportError>(PlanBar {
            name: plan.title.clone(),
            cost: money(&plan.cost)?,
            detail: against(decimal(&plan.savings_percent)?),
            chosen,
        })
    };
    let mut plans = vec![bar(on_demand(run)?, false)?];
    if let Some(plan) = owned(run) {
        plans.push(bar(plan, false)?);
    }
    let chosen = &recommended(run)?.name;
    for plan in [cheapest(run)?].into_iter().chain(robust(run)) {
        plans.push(bar(plan, plan.name == *chosen)?);
    }
    for plan in baselines(run) {
        plans.push(bar(plan, false)?);
    }
    Ok(PlansChart {
        title: "What each plan costs over the window".into(),
        subtitle: format!(
            "{}, with On-Demand, Spot, and commitments used or not",
            window(run)?
        ),
        plans,
        lower_bound: Some(money(&run.lower_bound)?),
    })
}

/// A share saved in words; nothing for none.
pub(in crate::report) fn against(saved: Decimal) -> String {
    match saved.cmp(&Decimal::ZERO) {
        Ordering::Equal => String::new(),
        Ordering::Greater => format!("{} % saved", percent(Some(saved))),
        Ordering::Less => format!("{} % dearer", percent(Some(-saved))),
    }
}
