//! Row 4. Searches for the commitments of least cost, and proves how good they are.
//!
//! Everything is measured in On-Demand dollars an hour: usage by what it would cost On-Demand, a commitment
//! by the dollars it commits to, whatever it is (a Reserved Instance commits to its effective hourly price).
//! So one problem covers them all: sources of discounted dollars, applied in AWS's order to classes of usage.
//!
//! [`solve`] finds commitments and a [`Certificate`]; [`check`] verifies the certificate with no solver at
//! all. Numbers here are `f64` and propose only: what a proposal costs is what `billing` says of it.
#![expect(
    clippy::float_arithmetic,
    reason = "a search may round: its result is priced again exactly by billing"
)]
#![allow(
    clippy::cast_precision_loss,
    reason = "counts of hours and sources are far below 2^52"
)]

mod advantage;
mod baseline;
mod catalogue;
mod certificate;
mod curve;
mod cutting_planes;
mod linear;
mod master;
mod plan;
mod polish;
mod problem;
mod prune;
mod refine;
mod waterfall;

pub use advantage::{Deviation, deviations};
pub use baseline::{Baseline, Rule, baselines};
pub use catalogue::{Violated, advantage_of_plans};
pub use certificate::{Certificate, Violation, Weight, bound_of, check, multipliers};
pub use curve::{Curve, CurvePoint, best_level, curve};
pub use cutting_planes::{Settings, Solution, solve};
pub use plan::{
    Alternative, Backtest, Bought, BuyingRule, Candidate, CandidateKind, Change, Every, Failed,
    Future, Kinds, Market, NoBacktest, Optimized, Options, Outcome, Paid, Plan, Purchase,
    PurchaseExplained, Replay, Risk, ServedUsage, Tariff, TooShort, WhatIf, backtest, buy,
    candidates, cheapest, explain_purchase, largest_shrink, optimize, prepare, what_if,
};
pub use polish::{Grid, Polished, polish};
pub use problem::{InvalidProblem, Problem, Served, Source, Stage};
pub use prune::{Pruned, Reason, prune};
pub use waterfall::Evaluator;
