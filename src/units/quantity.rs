//! Quantities and rates that carry their unit: a rate per instance-hour times gigabytes does not compile.

use std::fmt;
use std::iter::Sum;
use std::marker::PhantomData;
use std::ops::{Add, AddAssign, Mul, Sub};

use rust_decimal::Decimal;

use super::money::{self, Money, MoneyError};

/// Parts of a unit, chosen so that every ratio of billing is whole (see [`crate::units`]).
pub const TICKS_PER_UNIT: u64 = 84_768_768_000;
/// An instance-hour in ticks.
pub const TICKS_PER_HOUR: u64 = TICKS_PER_UNIT;
/// An instance-second in ticks.
pub const TICKS_PER_SECOND: u64 = 23_546_880;

/// The unit of compute: one instance running for one hour (also one reservation alive for one hour).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstanceHour {}

/// The unit of what AWS meters beside instances: a gigabyte, an hour, a request. Which one, a price names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metered {}

/// So much of a unit `U`, as a whole number of ticks.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity<U>(i128, PhantomData<U>);

/// Dollars for one unit `U`: a whole number of 1e-10 dollars, as AWS publishes them. Never negative.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate<U>(u64, PhantomData<U>);

impl<U> Clone for Quantity<U> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<U> Copy for Quantity<U> {}
impl<U> Clone for Rate<U> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<U> Copy for Rate<U> {}

impl<U> Quantity<U> {
    /// Nothing.
    pub const ZERO: Self = Self(0, PhantomData);

    /// So many ticks.
    pub const fn from_ticks(ticks: i128) -> Self {
        Self(ticks, PhantomData)
    }

    /// The quantity in ticks.
    pub const fn ticks(self) -> i128 {
        self.0
    }

    /// A decimal number of units, rounded half away from zero to the nearest tick (1.2e-11 units).
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] when it does not fit (beyond about 9e17 units).
    pub fn from_decimal(units: Decimal) -> Result<Self, MoneyError> {
        money::round(units, 9)
            .checked_mul(Decimal::from(TICKS_PER_UNIT))
            .and_then(|ticks| i128::try_from(money::round(ticks, 0)).ok())
            .map(Self::from_ticks)
            .ok_or(MoneyError::OutOfRange(units))
    }

    /// The quantity in units, rounded half away from zero at `places` decimals (ten at most).
    pub fn to_decimal(self, places: u32) -> Decimal {
        // The same ratio as Money's, so the same rounding: ticks of 1e-10 units.
        Money::from_atoms(self.0 * money::STEPS_PER_DOLLAR).to_decimal(places)
    }
}

impl Quantity<InstanceHour> {
    /// So many instance-seconds.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self::from_ticks(seconds as i128 * TICKS_PER_SECOND as i128)
    }
}

impl<U> Rate<U> {
    /// So many steps of 1e-10 dollars a unit.
    pub const fn from_steps(steps: u64) -> Self {
        Self(steps, PhantomData)
    }

    /// The rate in steps of 1e-10 dollars a unit.
    pub const fn steps(self) -> u64 {
        self.0
    }

    /// A decimal number of dollars a unit, exactly.
    ///
    /// # Errors
    /// [`MoneyError`] past ten decimals, below zero, or out of range (about 1.8e9 dollars).
    pub fn from_decimal(dollars: Decimal) -> Result<Self, MoneyError> {
        let steps = money::steps(dollars)?;
        u64::try_from(steps)
            .map(Self::from_steps)
            .map_err(|_| MoneyError::OutOfRange(dollars))
    }

    /// A decimal number of dollars a unit, rounded half away from zero at the tenth decimal.
    pub fn from_decimal_rounded(dollars: Decimal) -> Result<Self, MoneyError> {
        Self::from_decimal(money::round(dollars, 10))
    }

    /// Dollars a unit, exactly.
    pub fn to_decimal(self) -> Decimal {
        Decimal::from_i128_with_scale(i128::from(self.0), 10).normalize()
    }

    /// The price of one whole unit.
    pub const fn for_one(self) -> Money {
        Money::from_atoms(self.0 as i128 * TICKS_PER_UNIT as i128)
    }

    /// Whether the rate is exactly nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl<U> fmt::Display for Rate<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_decimal().fmt(f)
    }
}

impl<U> Mul<Quantity<U>> for Rate<U> {
    type Output = Money;
    fn mul(self, quantity: Quantity<U>) -> Money {
        Money::from_atoms(i128::from(self.0) * quantity.0)
    }
}

impl<U> Add for Quantity<U> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::from_ticks(self.0 + other.0)
    }
}

impl<U> Sub for Quantity<U> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::from_ticks(self.0 - other.0)
    }
}

impl<U> AddAssign for Quantity<U> {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl<U> Sum for Quantity<U> {
    fn sum<I: Iterator<Item = Self>>(quantities: I) -> Self {
        quantities.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn rate_times_quantity_is_exact_money() {
        // docs.aws.amazon.com: an m5.large in us-east-1 costs $0.096 an hour; 730 h make $70.08.
        let rate = Rate::<InstanceHour>::from_decimal(dec!(0.096)).unwrap();
        let month = Quantity::from_decimal(dec!(730)).unwrap();
        assert_eq!((rate * month).to_decimal(10), dec!(70.08));
    }

    #[test]
    fn a_second_is_a_whole_number_of_ticks() {
        assert_eq!(TICKS_PER_SECOND * 3_600, TICKS_PER_UNIT);
        assert_eq!(Quantity::from_seconds(1_800).to_decimal(4), dec!(0.5));
    }

    #[test]
    fn every_normalization_factor_divides_a_tick_count() {
        // Factors in quarters of a unit, as listed in docs/billing-rules.md.
        let quarters: [u64; 23] = [
            1, 2, 4, 8, 16, 32, 64, 96, 128, 192, 256, 288, 320, 384, 512, 576, 768, 1_024, 1_536,
            1_792, 3_072, 3_584, 448,
        ];
        for quarter in quarters {
            assert_eq!(TICKS_PER_SECOND % quarter, 0, "{quarter}");
        }
    }
}
