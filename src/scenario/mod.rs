//! Row 4. Changes to a demand and a portfolio, and what each costs; the ways a network flow can take.
//!
//! A [`Scenario`] is a list of changes, made one after the other on a [`Case`]; what comes out is billed by the engine
//! that bills everything else. All of it is whole numbers: a percentage of usage is rounded once a key.

mod apply;
mod beside;
mod by_zone;
mod case;
mod change;
mod cost;
mod events;
mod events_file;
mod file;
mod flow;
mod flow_file;
mod prices;
mod ratio;
mod selector;
mod selector_words;
mod spot_share;
mod topology_file;
mod value;
mod week;
mod zone;

pub use by_zone::ByZone;
pub use case::Case;
pub use change::{Change, Destination, During, Flows, Instance, Scenario, Task, Topology, What};
pub use cost::{CostSettings, Costs, Kind, NoCost};
pub use events::{Event, Probability, default_events};
pub use events_file::read_events;
pub use file::{WithFees, read_scenario};
pub use flow::{
    Amount, BreakEven, Flow, HOURS_A_MONTH, Layout, Network, Part, Path, Routed, Target, Way,
    break_even, layouts,
};
pub use flow_file::read_network;
pub use prices::{MovedPrices, PriceChange, PricedOffer};
pub use ratio::Ratio;
pub use selector::Selector;
pub use spot_share::{SetApart, SpotShare};
pub use week::Week;
pub use zone::TimeZone;
