//! Row 4. Measures bills: coverage, utilization, savings; completes what a portfolio file leaves out; reconciles.

mod amortised;
mod explain;
mod fees;
mod found;
mod metrics;
mod rates_used;
mod reconcile;
mod totals;

pub use amortised::{AmortisedTotal, RowMoney, amortised_cost, blended_rate};
pub use explain::{
    ExplainedService, ExplainedUsage, Explanation, Rank, Rest, Rule, Step, Subject, explain,
};
pub use fees::{reserved_price, with_fees};
pub use found::{portfolio_of, rates_of, without_fees};
pub use metrics::{Metrics, Percent, metrics, ratio};
pub use rates_used::{ChargedOtherwise, RatesUsed, charged_otherwise};
pub use reconcile::{
    BillRates, Book, Breakdown, Cause, CauseTotal, Check, Difference, Dimension, LeftOut,
    Reconciliation, Tally, UsageTotal, reconcile,
};
pub use totals::{Group, Grouping, UnknownGrouping, totals};
