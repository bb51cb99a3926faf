//! Row 2. Describes what is owned or could be bought, its scope and obligations, without pricing it.

mod model;

pub use model::{
    Portfolio, ReservedFee, ReservedInstance, ReservedScope, SavingsPlan, SavingsPlanScope,
};
