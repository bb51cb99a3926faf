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
/// Upper end of the band of Spot interruptions, in per cent, by platform.
pub(crate) const INTERRUPTION: &str = "interruption";
/// Folder of the tables of services, packed as text.
pub(crate) const SERVICES: &str = "services";
/// Folder of the tables of Dedicated Hosts, packed as text.
pub(crate) const HOSTS: &str = "hosts";
/// Folder of the rates of Database Savings Plans by region, packed as text.
pub(crate) const DATABASE_PLANS: &str = "database-savings-plans";
/// Folder of the daily Spot prices of Linux by region, packed as text.
pub(crate) const SPOT_HISTORY: &str = "spot-history";
