//! Row 4. Searches for the commitments of least cost, and proves how good they are.
//!
//! Everything is measured in On-Demand dollars an hour: usage by what it would cost On-Demand, a commitment
//! by the dollars it commits to, whatever it is (a Reserved Instance commits to its effective hourly price).
//! So one problem covers them all: sources of discounted dollars, applied in AWS's order to classes of usage.
//!
//! A [`Problem`] is one window of hours; or, by [`Problem::in_scenarios`], several futures one after another with
//! an [`Objective`] over their costs; by [`Problem::weighted`] hours that stand for several; by
//! [`Source::alive`] purchases at several dates; by [`Problem::limited`] rules to keep, each with its price:
//!
//! ```
//! use bursar_engine::optimize::{Objective, Problem, Scenario, Served, Settings, Source, Stage, check, solve};
//!
//! // Two futures of two hours: 10 $/h, or with one chance in four 4 $/h. A plan of 20 % off.
//! let plan = Source::new("Compute SP", Stage::ComputePlan, 2.0, vec![Served { class: 0, ratio: 1.25 }]);
//! let future = |probability| Scenario { hours: 2, probability, fixed: 0.0 };
//! let problem = Problem::new(4, vec![vec![10.0, 10.0, 4.0, 4.0]], vec![plan])?
//!     .in_scenarios(vec![future(0.75), future(0.25)], Objective::Worst)?;
//! let found = solve(&problem, &Settings::default());
//! // In the dear future all of it pays, 2 x 8 $, and the cheap one costs no more.
//! assert!((found.commitment[0] - 8.0).abs() < 1e-2 && found.scenarios.len() == 2);
//! assert_eq!(check(&problem, &found.certificate), Ok(found.lower_bound));
//! # Ok::<(), bursar_engine::optimize::InvalidProblem>(())
//! ```
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
mod eras;
mod ground;
mod limit;
mod linear;
mod master;
mod plan;
mod polish;
mod problem;
mod prune;
mod refine;
mod scenario;
mod waterfall;
mod wide;

pub use advantage::{Deviation, deviations};
pub use baseline::{Baseline, Rule, baselines};
pub use catalogue::{Violated, advantage_of_plans};
pub use certificate::{Certificate, Multipliers, Violation, Weight, bound_of, check, multipliers};
pub use curve::{Curve, CurvePoint, best_level, curve};
pub use cutting_planes::{Settings, Solution};
use ground::Ground;
pub use ground::solve;
pub use limit::Limit;
pub use plan::{
    Ahead, Aim, Alternative, Backtest, Bought, Broken, BuyingRule, Candidate, CandidateKind,
    Change, CostOfCapital, DatedExplained, DatedPlan, Dates, Effort, Every, Failed, Future,
    Horizon, Kinds, Ladder, Market, NoBacktest, NoLadder, Optimized, Options, Outcome, Outlook,
    Paid, Plan, Purchase, PurchaseExplained, Replay, Risk, Robust, RuleName, RulePrice, Rules,
    ServedOf, ServedUsage, Tariff, Together, TooShort, Unkept, WhatIf, Zonal, backtest, buy,
    candidates, cheapest, explain_purchase, ladder, largest_shrink, optimize, prepare, what_if,
};
pub use polish::{Grid, Polished, around, polish};
pub use problem::{InvalidProblem, Problem, Served, Source, Stage};
pub use prune::{Pruned, Reason, prune};
pub use scenario::{Objective, Scenario};
pub use waterfall::Evaluator;
