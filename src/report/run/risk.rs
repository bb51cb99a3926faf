//! Events and what each plan is worth under them, as the run file holds them.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::amount;
use crate::optimize::{Aim, Certificate, Future, Risk};
use crate::units::Money;

/// Events, and every plan under them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRisk {
    /// Of these exactly one happens.
    pub events: Vec<RunEvent>,
    /// In the order of the run's plans.
    pub plans: Vec<PlanRisk>,
    /// How good the robust mix is, where one was looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robust: Option<RunRobust>,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEvent {
    /// Its name.
    pub name: String,
    /// How likely it is; all of them sum to 1.
    pub probability: String,
    /// What changes, in words.
    pub changes: Vec<String>,
    /// What the window costs then with nothing bought; what is owned stays.
    pub cost_without: String,
}

/// A plan's risk. Savings are against buying nothing in the same event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRisk {
    /// The plan.
    pub name: String,
    /// Mean saving by probability.
    pub expected_saving: String,
    /// The least saving of any event.
    pub worst_saving: String,
    /// The event it is of.
    pub worst_event: String,
    /// Probability of the events in which the plan costs more than buying nothing.
    pub chance_of_loss: String,
    /// The largest whole per cent of all usage that may go before the plan costs more than buying nothing; `None`
    /// where it does as it is.
    pub largest_shrink_percent: Option<u32>,
    /// What the window costs under the plan in each event.
    pub costs: Vec<String>,
}

/// The robust mix: what it was to do well by, and how well any mix could.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRobust {
    /// `expected`, `worst`, `cvar` or `mixed`.
    pub objective: String,
    /// What the objective makes of the mix's savings.
    pub value: String,
    /// No mix of the allowed kinds comes to more; `None` where an event is more than other usage of instances.
    pub bound: Option<String>,
    /// Mixes between the best mean and the best worst case.
    pub frontier: Vec<FrontierPoint>,
    /// The proof of the bound.
    pub certificate: Certificate,
}

/// A mix of the frontier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrontierPoint {
    /// What it does best by, in words.
    pub aim: String,
    /// Its mean saving.
    pub expected_saving: String,
    /// Its least saving of any event.
    pub worst_saving: String,
    /// What its aim makes of its savings; runs of before 2026-11-22 lack it, and what follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// How good any mix could be by its aim, where an event is no more than other usage of instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<FrontierBound>,
}

/// A bound with its proof.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrontierBound {
    /// No mix of the allowed kinds comes to more.
    pub most: String,
    /// The proof.
    pub certificate: Certificate,
}

/// What an objective makes of a plan's savings.
pub fn value(aim: Aim, futures: &[Future]) -> Money {
    let savings = futures.iter().map(|one| (one.probability, one.saving()));
    aim.of(&savings.collect::<Vec<_>>())
}

impl FrontierPoint {
    /// Of a plan's futures; `None` without any.
    pub fn of(
        (name, aim): (&str, Aim),
        futures: &[Future],
        bound: Option<FrontierBound>,
    ) -> Option<Self> {
        let risk = Risk::of(futures)?;
        Some(Self {
            aim: name.to_owned(),
            expected_saving: amount(risk.expected),
            worst_saving: amount(risk.worst),
            value: Some(amount(value(aim, futures))),
            bound,
        })
    }
}

/// Millionths as a decimal text: `0.25`.
fn probability(millionths: u32) -> String {
    Decimal::new(millionths.into(), 6).normalize().to_string()
}

impl PlanRisk {
    /// Of a plan's futures, in the order of `events`; `None` without any.
    pub fn of(
        name: &str,
        futures: &[Future],
        events: &[RunEvent],
        largest_shrink_percent: Option<u32>,
    ) -> Option<Self> {
        let risk = Risk::of(futures)?;
        Some(Self {
            name: name.to_owned(),
            expected_saving: amount(risk.expected),
            worst_saving: amount(risk.worst),
            worst_event: events.get(risk.worst_event)?.name.clone(),
            chance_of_loss: probability(risk.loss),
            largest_shrink_percent,
            costs: futures.iter().map(|future| amount(future.cost)).collect(),
        })
    }
}

impl RunEvent {
    /// As the run file has it.
    pub fn new(name: &str, millionths: u32, changes: Vec<String>, without: Money) -> Self {
        Self {
            name: name.to_owned(),
            probability: probability(millionths),
            changes,
            cost_without: amount(without),
        }
    }
}
