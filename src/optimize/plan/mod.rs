//! From a fleet to a purchase plan: what could be bought, the numeric problem, whole purchases, exact prices.
//!
//! [`optimize`] reads like the work it does: candidates, setup, problem, solution, rounding, pricing.

mod aim;
mod backtest;
mod bought;
mod budget;
mod candidates;
mod capital;
mod dated;
mod estimate;
mod exclude;
mod hosts;
mod keep;
mod ladder;
mod life;
mod model;
mod plans;
mod purchase;
mod risk;
mod robust;
mod rounding;
mod rule_prices;
mod rules;
mod tariff;
mod trial;
mod what_if;
mod zonal;

pub use aim::Aim;
pub use backtest::{Backtest, BuyingRule, Every, NoBacktest, Outcome, Replay, TooShort, backtest};
pub use bought::Bought;
pub use candidates::{Candidate, CandidateKind, Kinds, Market, Paid, Zonal, candidates};
pub use capital::CostOfCapital;
pub use ladder::{Ahead, DatedExplained, DatedPlan, Dates, Horizon, Ladder, NoLadder, ladder};
pub use plans::{Broken, Failed, Optimized, Options, Plan, Purchase, buy, cheapest, optimize};
pub use purchase::{Alternative, PurchaseExplained, ServedOf, ServedUsage, explain_purchase};
pub use risk::{Future, Risk, largest_shrink};
pub use robust::{Effort, Outlook, Robust, Together};
pub use rule_prices::RulePrice;
pub use rules::{RuleName, Rules, Unkept};
pub use tariff::{Tariff, prepare};
pub use what_if::{Change, WhatIf, what_if};
