//! Row 3. Turns rates, demand and a portfolio into charges in AWS's order of application.
//!
//! [`Setup`] resolves every price and scope once; [`bill`] runs the hours of the window through the one
//! function that knows AWS's order (`hour.rs`, the heart) and keeps books in a [`Ledger`]: totals for a cost,
//! every single charge for a bill in FOCUS columns. Everything is integer arithmetic.

mod accrued;
mod bill;
mod capacity;
mod charge;
mod hosts;
mod hour;
mod hourly;
mod ledger;
mod paid;
mod ranking;
mod rates;
mod run;
mod scope;
mod service_charges;
mod service_lines;
mod services;
mod setup;
mod spot;
mod steered;

pub use accrued::{Accrued, AccruedBeside, accrued};
pub use bill::{Bill, CommitmentTotals, LineTotals, ServiceTotals, bill};
pub use capacity::may_be_reserved;
pub use charge::{Charge, ChargeKind, Charges, Granularity, Periods, all_charges, charges};
pub use hosts::{Hosts, Told, UnknownCapacity, hosts};
pub use hourly::{
    HourCoverage, hourly_coverage, hourly_on_demand_cost, on_demand_cost, weighted_on_demand_cost,
};
pub use ledger::Ledger;
pub use paid::{PlanFee, reserved_fee};
pub use rates::{RateTable, Rates};
pub use run::run;
pub use service_lines::{Coverable, ServiceLine, ServiceUse};
pub use services::{
    FreeAllowance, ServiceBill, ServiceCharge, ServicePrice, ServiceRates, ServiceSettings,
    Terabyte, service_bill,
};
pub use setup::{
    Amounts, Entry, Line, Plan, PlanGroup, PlanStage, Pool, PoolPass, Reservation, Settings, Setup,
    SetupError, Usage, product_of, reserved_product,
};
pub use spot::{SpotLine, SpotPrice, SpotTotals, with_rerun};
pub use steered::steered;
