//! Names of the tables in the packed price book. `build.rs` includes this file: it writes what we read.

/// On-Demand by platform.
pub(crate) const ON_DEMAND: &str = "on-demand";
/// Upfront fee of a Standard Reserved Instance, All Upfront, one year, by platform.
pub(crate) const ALL_UPFRONT_1YR: &str = "reserved/all-upfront-1yr";
/// The same for three years.
pub(crate) const ALL_UPFRONT_3YR: &str = "reserved/all-upfront-3yr";
/// Hourly rate of a Reserved Instance for Linux, No Upfront, by class and term; and On-Demand of that day.
pub(crate) const NO_UPFRONT: &str = "reserved/no-upfront";
/// Average Spot price by platform.
pub(crate) const SPOT: &str = "spot";
/// Linux On-Demand on shared and on dedicated hardware.
pub(crate) const DEDICATED: &str = "dedicated-tenancy";
/// Medians over all regions of price / On-Demand; columns are named `table/column` by where they come from.
pub(crate) const RATIO_TABLE: &str = "ratios";
