//! What a window costs, share by share: each line's use by what pays for it, and what nobody used of a commitment.

use super::charge::{Charge, ChargeKind, Periods, Slot, Sums, kept, usage_charge};
use super::rates::Rates;
use super::service_lines::{Coverable, ServiceLine};
use super::setup::{Settings, Setup, SetupError};
use super::spot::spot_charges;
use crate::commitment::Portfolio;
use crate::units::{Metered, Money, Quantity};

/// The shares of a window's cost. Their effective costs add up to the bill's total.
#[derive(Debug, Clone)]
pub struct Accrued {
    /// Instances, and what nobody used of commitments; ordered by key and kind.
    pub instances: Vec<Charge>,
    /// Use beside instances that plans may cover.
    pub beside: Vec<AccruedBeside>,
}

/// A share of one line beside instances.
#[derive(Debug, Clone)]
pub struct AccruedBeside {
    /// What was used.
    pub line: ServiceLine,
    /// What pays for it.
    pub kind: ChargeKind,
    /// How much.
    pub quantity: Quantity<Metered>,
    /// What it costs, accrued.
    pub effective: Money,
}

/// The shares of what `usage` costs under `portfolio`: a bill whose only period is the window, without the dates of fees.
///
/// # Errors
/// [`SetupError`] when usage has no price and the settings do not allow that.
pub fn accrued<'a>(
    usage: impl Into<Coverable<'a>>,
    portfolio: &Portfolio,
    rates: &impl Rates,
    settings: Settings,
) -> Result<Accrued, SetupError> {
    let usage = usage.into();
    let demand = usage.demand;
    let setup = Setup::new(usage, portfolio, rates, settings)?;
    let window = Periods::whole(demand.span());
    let mut shares = Accrued {
        instances: spot_charges(&setup, demand, &window),
        beside: Vec::new(),
    };
    for (slot, sums) in kept(&setup, portfolio, demand, &window) {
        if let Some(line) = slot.1.and_then(|line| setup.service(line)) {
            shares.beside.push(AccruedBeside::of(line, slot, sums));
        } else {
            let charge = usage_charge(slot, sums, &setup, &window);
            shares.instances.push(charge);
        }
    }
    let order = |charge: &Charge| (charge.key.is_none(), charge.key, charge.kind);
    shares.instances.sort_by_key(order);
    Ok(shares)
}

impl AccruedBeside {
    fn of(line: &ServiceLine, (_, _, kind): Slot, sums: Sums) -> Self {
        Self {
            line: line.clone(),
            kind,
            quantity: Quantity::from_ticks(sums.ticks.cast_signed()),
            effective: Money::from_atoms(sums.effective),
        }
    }
}

impl Accrued {
    /// What all of it comes to: the bill's total.
    pub fn total(&self) -> Money {
        let instances = self.instances.iter().map(|charge| charge.effective);
        instances
            .chain(self.beside.iter().map(|share| share.effective))
            .sum()
    }
}
