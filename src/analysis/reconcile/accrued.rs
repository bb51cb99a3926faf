//! What a replayed bill costs by the line item types of its rows: the engine's side of the amortised cost.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::rates::BillRates;
use crate::billing::{ChargeKind, Granularity, Settings, SetupError, Usage, all_charges};
use crate::commitment::Portfolio;
use crate::units::Money;

/// The effective cost of instances by the line item type that AWS would give it.
///
/// # Errors
/// As [`all_charges`].
pub(super) fn accrued(
    usage: Usage<'_>,
    portfolio: &Portfolio,
    rates: &BillRates,
    settings: Settings,
) -> Result<BTreeMap<&'static str, Decimal>, SetupError> {
    let charges = all_charges(usage, portfolio, rates, settings, Granularity::Month)?;
    let mut accrued: BTreeMap<_, Money> = BTreeMap::new();
    for charge in charges.instances {
        let kind = match charge.kind {
            ChargeKind::OnDemand | ChargeKind::Spot => "Usage",
            ChargeKind::Reserved(_) => "DiscountedUsage",
            ChargeKind::SavingsPlan(_) => "SavingsPlanCoveredUsage",
            ChargeKind::UnusedReserved(_) => "RIFee",
            ChargeKind::UnusedSavingsPlan(_) => "SavingsPlanRecurringFee",
            ChargeKind::ReservedUpfront(_)
            | ChargeKind::ReservedRecurring(_)
            | ChargeKind::SavingsPlanUpfront(_)
            | ChargeKind::SavingsPlanRecurring(_) => continue,
        };
        *accrued.entry(kind).or_default() += charge.effective;
    }
    // Every type has a value, be it none: what no charge is for costs nothing.
    let types = [
        "Usage",
        "DiscountedUsage",
        "SavingsPlanCoveredUsage",
        "RIFee",
        "SavingsPlanRecurringFee",
    ];
    let of = |kind| {
        (
            kind,
            accrued
                .get(kind)
                .copied()
                .unwrap_or_default()
                .to_decimal(10),
        )
    };
    Ok(types.into_iter().map(of).collect())
}
