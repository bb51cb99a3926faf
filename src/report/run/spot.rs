//! Of a run: what may run on Spot, and what does.

use serde::{Deserialize, Serialize};

use super::RunPlan;

/// What may run on Spot, as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpotSettings {
    /// Selectors of usage.
    pub eligible: Vec<String>,
    /// How much of it may, per cent.
    pub share_percent: String,
    /// Hours run again after interruptions for each hundred on Spot.
    pub interruption_percent: String,
}

/// What Spot does in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSpot {
    /// The plan's name.
    pub plan: String,
    /// What may run on Spot, by product.
    pub usage: Vec<RunSpotLine>,
    /// The window with nothing bought and nothing owned: all of that on Spot, the rest On-Demand.
    pub nothing_bought: String,
    /// What the plan costs when its usage is billed as AWS meters it, by AWS's order of application alone: On-Demand what
    /// commitments are to cover, Spot the rest of what may run there.
    pub as_metered: String,
    /// The cheapest plan where nothing runs on Spot that did not before; `None` where none keeps the rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without: Option<RunPlan>,
}

/// Usage of one product that may run on Spot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSpotLine {
    /// What is used.
    pub product: String,
    /// Instance-hours that may run on Spot.
    pub instance_hours: String,
    /// Those that do, hours run again not counted; commitments cover the others.
    pub on_spot_hours: String,
    /// What an hour of work costs on Spot, hours run again included.
    pub rate: String,
    /// What it costs On-Demand.
    pub on_demand_rate: String,
    /// What running on Spot saves against On-Demand.
    pub saving: String,
    /// The day of the Spot price.
    pub price_as_of: Option<String>,
    /// How it is known.
    pub price_basis: Option<String>,
}
