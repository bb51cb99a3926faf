//! Row 4. Measures bills: coverage, utilization, savings; completes what a portfolio file leaves out.

mod fees;
mod found;
mod metrics;
mod totals;

pub use fees::with_fees;
pub use found::{portfolio_of, rates_of};
pub use metrics::{Metrics, Percent, metrics, ratio};
pub use totals::{Dimension, Group, UnknownDimension, totals};
