//! What Capacity Reservations, Capacity Blocks and "Optimize CPUs" change of what is priced, and of what commitments serve.

use crate::catalog::OperatingSystem;
use crate::demand::{DemandKey, Market, OPTIMIZE_CPUS};
use crate::prices::{MissingPrice, Product};

/// AWS says that Reserved Instances may not serve instances whose licence is paid by active vCPU (docs/billing-rules.md,
/// R74).
pub fn may_be_reserved(key: &DemandKey) -> bool {
    key.label(OPTIMIZE_CPUS).is_none()
}

/// Of what runs on a Dedicated Host or in a Capacity Block only a licence that AWS includes is charged, which has no
/// price here; `None` when there is none.
pub(super) fn licence_in_whole(key: &DemandKey, product: Product) -> Option<MissingPrice> {
    let is_own = matches!(
        key.platform.os,
        OperatingSystem::Linux | OperatingSystem::WindowsByol
    );
    if is_own && key.platform.sql.is_none() {
        return None;
    }
    let place = match key.market {
        Market::CapacityBlock => "in a Capacity Block",
        _ => "on a Dedicated Host",
    };
    Some(MissingPrice {
        wanted: format!("licence ({place})"),
        product,
        asked: "the price book",
        known: "; under the customer's own licence it is linux or windows-byol".to_owned(),
    })
}
