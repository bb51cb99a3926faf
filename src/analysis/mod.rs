//! Row 4. Measures bills: coverage, utilization, savings; completes what a portfolio file leaves out.

mod fees;
mod metrics;

pub use fees::with_fees;
pub use metrics::{Metrics, Percent, metrics, ratio};
