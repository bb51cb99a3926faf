//! Row 2. Describes what is owned or could be bought, its scope and obligations, without pricing it.

mod describe;
mod exchange;
mod file;
mod host_file;
mod model;
mod returns;
mod sharing;

pub use describe::{Whose, read_answer};
pub use exchange::{
    Exchange, Refusal, VOLUME_THRESHOLD, exchange, exchange_count, exchange_term, footprint,
    list_value, may_modify, modify, normalized, true_up, volume_list_values,
};
pub use file::{Declared, PlanRow, ReservedRow, Saved, read_portfolio, read_rows};
pub use model::{
    Portfolio, ReservedFee, ReservedInstance, ReservedScope, SavingsPlan, SavingsPlanScope,
    plan_fees,
};
pub use returns::returnable_until;
pub use sharing::{GroupsOverlap, Sharing, SharingGroups};
