//! What AWS's meters count: from what ran to the quantities that are billed. No prices here.

mod capacity;
mod credits;
mod fargate;
mod instance;
mod lambda;
mod licence;
mod packing;

pub use capacity::{Held, billed_until, cancellation_seconds, cancellation_share};
pub use credits::{surplus_vcpu_hours, unlimited_break_even};
pub use fargate::{FargatePlatform, FargateTask};
pub use instance::{Disorder, State, Stretch, billed_stretches, first_disorder};
pub use lambda::{LambdaArchitecture, LambdaUse};
pub use licence::licence_vcpu_hours;
pub use packing::{Packed, SizeOnHost, pack};

use crate::catalog::ServiceItem;
use crate::units::{Metered, Quantity};

/// So much of a charge.
pub type MeteredUse = (ServiceItem, Quantity<Metered>);
