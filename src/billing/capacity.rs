//! What Capacity Reservations, Capacity Blocks and "Optimize CPUs" change of what is priced, and of what commitments serve.

use crate::catalog::OperatingSystem;
use crate::demand::{DemandKey, Market, OPTIMIZE_CPUS};
use crate::prices::{MissingPrice, Product};

/// Idle slots are billed On-Demand, and AWS says that Reserved Instances may not serve instances whose licence is paid
/// by active vCPU (docs/billing-rules.md, R71, R74).
pub(super) fn may_be_reserved(key: &DemandKey) -> bool {
    key.market == Market::OnDemand && key.label(OPTIMIZE_CPUS).is_none()
}

/// Of what runs in a Capacity Block only a licence is charged.
pub(super) fn is_free_in_block(key: &DemandKey) -> bool {
    matches!(
        key.platform.os,
        OperatingSystem::Linux | OperatingSystem::WindowsByol
    ) && key.platform.sql.is_none()
}

pub(super) fn no_block_fee(product: Product) -> MissingPrice {
    MissingPrice {
        wanted: "operating system (Capacity Block)".to_owned(),
        product,
        known: String::new(),
    }
}
