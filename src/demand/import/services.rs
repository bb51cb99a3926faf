//! What a row of a table of use beside instances is: `hour,region,item,quantity`.

use rust_decimal::Decimal;

use super::bill::account;
use super::classify::{Outcome, Raw, Refusal, Rules, region};
use super::number::decimal;
use super::problem::Wrong;
use super::spec::Role;
use crate::catalog::ServiceItem;
use crate::demand::ServiceKey;

/// Past it no month of any fleet goes: 1e15 units.
const MOST_PICO_UNITS: i128 = 1_000_000_000_000_000_000_000_000_000;

/// A missing account means one account.
pub(super) fn classify(raw: &Raw<'_>, rules: &Rules) -> Result<Outcome, Refusal> {
    let name = raw.get(Role::Item);
    let item: ServiceItem = name.parse().map_err(|error| Refusal {
        role: Role::Item,
        message: format!("{error}"),
        label: "expected a name such as nat-gateway-hour".into(),
        hint: "`bursar prices services --region us-east-1` lists the names".into(),
    })?;
    Ok(Outcome::Service(Box::new(ServiceKey {
        account: account(raw.get(Role::Account), &mut Vec::new()),
        region: region(Role::Region, raw.get(Role::Region))?,
        item,
        labels: raw.labels(rules),
    })))
}

/// The quantity of a cell in 1e-12 units.
pub(super) fn read_pico_units(place: usize, text: &str) -> Result<i128, Wrong> {
    let text = text.trim();
    let number = decimal(text).ok_or_else(|| Wrong::no_quantity(place, text))?;
    if number.is_sign_negative() && !number.is_zero() {
        return Err(Wrong::negative(place, text.as_bytes()));
    }
    pico_units(number).ok_or_else(|| Wrong::no_quantity(place, text))
}

/// A quantity in 1e-12 units; `None` below zero or past all use.
pub(super) fn pico_units(quantity: Decimal) -> Option<i128> {
    let rounded = quantity.round_dp(12);
    let shift = 12_u32.saturating_sub(rounded.scale());
    let pico = rounded
        .mantissa()
        .checked_mul(10_i128.checked_pow(shift)?)?;
    (0..=MOST_PICO_UNITS).contains(&pico).then_some(pico)
}
