//! Row 2. Describes what is owned or could be bought, its scope and obligations, without pricing it.

mod exchange;
mod file;
mod model;
mod sharing;

pub use exchange::{exchange_count, footprint, list_value, may_modify, true_up};
pub use file::{Declared, PlanRow, ReservedRow, read_portfolio, read_rows};
pub use model::{
    Portfolio, ReservedFee, ReservedInstance, ReservedScope, SavingsPlan, SavingsPlanScope,
    plan_fees,
};
pub use sharing::{GroupsOverlap, Sharing, SharingGroups};
