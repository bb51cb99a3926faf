//! Of a run: the accounts that may buy.

use serde::{Deserialize, Serialize};

/// An account, and what the cheapest plan comes to if it buys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunBuyer {
    /// Its id.
    pub account: String,
    /// Whether it may: the last one stands there for comparison where any account would do better or as well.
    pub may_buy: bool,
    /// The plan's cost in the window; with what capital costs, where that was said.
    pub cost: String,
}
