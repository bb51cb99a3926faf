//! Row 2. Describes what is owned or could be bought, its scope and obligations, without pricing it.

mod describe;
mod exchange;
mod file;
mod model;
mod returns;
mod sharing;

pub use describe::{Whose, read_answer};
pub use exchange::{exchange_count, footprint, list_value, may_modify, true_up};
pub use file::{Declared, Saved, read_portfolio};
pub use model::{
    Portfolio, ReservedFee, ReservedInstance, ReservedScope, SavingsPlan, SavingsPlanScope,
};
pub use returns::returnable_until;
pub use sharing::{GroupsOverlap, Sharing, SharingGroups};
