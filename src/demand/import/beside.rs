//! What the simple table says beside instance-hours: licences by active vCPU, and surplus CPU credits.

use rust_decimal::Decimal;

use super::classify::Usage;
use super::number::decimal;
use super::problem::Wrong;
use super::services::pico_units;
use crate::catalog::{ServiceItem, is_burstable};
use crate::demand::ServiceKey;
use crate::demand::metering::surplus_vcpu_hours;

/// 1e-9 of a unit in 1e-12.
pub(super) const PICO_A_NANO: i128 = 1_000;

/// A charge of whoever has the usage.
pub(super) fn key(usage: &Usage, item: ServiceItem) -> ServiceKey {
    ServiceKey {
        account: usage.key.account,
        region: usage.key.region,
        item,
        labels: usage.tags(),
    }
}

/// The vCPU-hours that a cell of surplus credits is billed as; `None` when it is empty or 0.
pub(super) fn credits(
    place: usize,
    text: &str,
    usage: &Usage,
) -> Result<Option<(ServiceKey, i128)>, Wrong> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |message: String, hint: &str| Wrong::Cell {
        place,
        message,
        label: "expected CPU credits that are charged".into(),
        hint: hint.into(),
    };
    let number = decimal(text).filter(|credits| *credits >= Decimal::ZERO);
    let pico = number.and_then(|credits| pico_units(surplus_vcpu_hours(credits)?));
    let Some(pico) = pico else {
        let message = format!("`{text}` is not a number of credits");
        let hint = "CloudWatch has them as CPUSurplusCreditsCharged; a credit is a vCPU-minute";
        return Err(wrong(message, hint));
    };
    if pico == 0 {
        return Ok(None);
    }
    let kind = usage.key.instance_type;
    if !is_burstable(kind.family().as_str()) {
        let message = format!("{kind} has no CPU credits");
        return Err(wrong(
            message,
            "burstable are the families t2, t3, t3a and t4g",
        ));
    }
    let item = ServiceItem::cpu_credits(kind, usage.key.platform.os);
    Ok(Some((key(usage, item), pico)))
}
