//! An exact amount of US dollars (or of the one currency of a price book).

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use rust_decimal::{Decimal, RoundingStrategy};

use super::quantity::TICKS_PER_UNIT;

/// Published rates have at most ten decimals: 1 dollar is 10^10 steps.
pub(super) const STEPS_PER_DOLLAR: i128 = 10_000_000_000;

/// An exact amount of money: an integer of 1e-10 dollars / 84,768,768,000 (see [`crate::units`]).
///
/// Range about ±2e17 dollars. Addition panics on overflow rather than wrapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i128);

/// Why a decimal number is not an amount of money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// AWS publishes at most ten decimals; more would have to be rounded, which the caller must choose.
    #[error("`{0}` has more than ten decimals")]
    TooPrecise(Decimal),
    /// The amount does not fit.
    #[error("`{0}` is out of range for an amount of money")]
    OutOfRange(Decimal),
}

impl Money {
    /// No money.
    pub const ZERO: Self = Self(0);
    /// How many atoms one dollar has.
    pub const ATOMS_PER_DOLLAR: i128 = STEPS_PER_DOLLAR * TICKS_PER_UNIT as i128;

    /// The amount of so many atoms (1e-10 dollars / 84,768,768,000).
    pub const fn from_atoms(atoms: i128) -> Self {
        Self(atoms)
    }

    /// The amount in atoms.
    pub const fn atoms(self) -> i128 {
        self.0
    }

    /// A decimal number of dollars, exactly.
    ///
    /// # Errors
    /// [`MoneyError::TooPrecise`] past ten decimals, [`MoneyError::OutOfRange`] past the range.
    pub fn from_decimal(dollars: Decimal) -> Result<Self, MoneyError> {
        steps(dollars).map(|steps| Self(steps * i128::from(TICKS_PER_UNIT)))
    }

    /// A decimal number of dollars, rounded half away from zero at the tenth decimal.
    pub fn from_decimal_rounded(dollars: Decimal) -> Result<Self, MoneyError> {
        Self::from_decimal(round(dollars, 10))
    }

    /// The amount in dollars, rounded half away from zero at `places` decimals (ten at most).
    #[expect(
        clippy::integer_division,
        reason = "rounding is done before the division"
    )]
    pub fn to_decimal(self, places: u32) -> Decimal {
        let mut places = places.min(10);
        // A Decimal holds 96 bits: past 7.9e18 dollars the last places give way.
        while places > 0 && self.0.unsigned_abs() > decimal_limit(places) {
            places -= 1;
        }
        let step = Self::ATOMS_PER_DOLLAR / 10_i128.pow(places);
        let half = step / 2;
        let rounded = if self.0 < 0 {
            (self.0 - half) / step
        } else {
            (self.0 + half) / step
        };
        Decimal::from_i128_with_scale(rounded, places)
    }

    /// The amount in dollars as a float, for charts and for the optimiser's inside only.
    #[expect(
        clippy::cast_precision_loss,
        clippy::float_arithmetic,
        reason = "the door to f64"
    )]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / Self::ATOMS_PER_DOLLAR as f64
    }

    /// This amount for each of `n` things or hours.
    #[must_use]
    pub const fn times(self, n: i128) -> Self {
        Self(self.0 * n)
    }

    /// The even share of one of `n` hours; exact for a term's upfront fee, otherwise rounded down.
    #[must_use]
    pub const fn per(self, n: i128) -> Self {
        Self(self.0.div_euclid(n))
    }

    /// Whether this is exactly nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

/// The largest amount, in atoms, that a Decimal holds with so many places.
fn decimal_limit(places: u32) -> u128 {
    let dollars = (1_u128 << 95).div_euclid(10_u128.pow(places));
    dollars.saturating_mul(Money::ATOMS_PER_DOLLAR.unsigned_abs())
}

/// A decimal as whole steps of 1e-10.
pub(super) fn steps(value: Decimal) -> Result<i128, MoneyError> {
    let value = value.normalize();
    if value.scale() > 10 {
        return Err(MoneyError::TooPrecise(value));
    }
    let steps = value.mantissa() * 10_i128.pow(10 - value.scale());
    // A Decimal's mantissa has 96 bits; times 10^10 it still fits, times the ticks it may not.
    steps
        .checked_mul(i128::from(TICKS_PER_UNIT))
        .map(|_| steps)
        .ok_or(MoneyError::OutOfRange(value))
}

pub(super) fn round(value: Decimal, places: u32) -> Decimal {
    value.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
}

/// Dollars and cents, rounded half away from zero, no sign of currency: `1234.50`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_decimal(u32::try_from(f.precision().unwrap_or(2)).unwrap_or(2))
            .fmt(f)
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn a_decimal_survives_the_round_trip() {
        for dollars in [
            dec!(0),
            dec!(0.096),
            dec!(-12.3456789012),
            dec!(99999999.9999999999),
        ] {
            let money = Money::from_decimal(dollars.round_dp(10)).unwrap();
            assert_eq!(money.to_decimal(10), dollars.round_dp(10));
        }
    }

    #[test]
    fn a_fortune_is_printed_with_fewer_places_and_no_panic() {
        let fortune = Money::from_atoms(i128::MAX.div_euclid(2));
        assert_eq!(fortune.to_decimal(10).trunc().to_string().len(), 18);
        assert!(Money::from_atoms(i128::MIN.div_euclid(2)).to_decimal(10) < Decimal::ZERO);
    }

    #[test]
    fn an_eleventh_decimal_is_refused() {
        let found = Money::from_decimal(dec!(0.00000000001));
        assert_eq!(found, Err(MoneyError::TooPrecise(dec!(0.00000000001))));
    }

    #[test]
    fn cents_round_half_away_from_zero() {
        let half_cent = Money::from_decimal(dec!(0.005)).unwrap();
        assert_eq!(half_cent.to_string(), "0.01");
        assert_eq!((-half_cent).to_string(), "-0.01");
        assert_eq!(format!("{half_cent:.4}"), "0.0050");
    }

    #[test]
    fn an_upfront_fee_divides_over_both_terms_without_remainder() {
        let fee = Money::from_decimal(dec!(1234.5678901234).round_dp(10)).unwrap();
        for hours in [8_760, 26_280] {
            assert_eq!(fee.per(hours).times(hours), fee);
        }
    }
}
