//! What is left of a price after a percentage: exact, and rounded in one place.

use rust_decimal::Decimal;

use crate::units::{Money, Rate, TICKS_PER_UNIT};

/// What is left to pay of a public price, in parts of 10^12: two percentages of four decimals, one after the
/// other, are still whole.
///
/// A discounted unit price is rounded once, half away from zero, at the tenth decimal of a dollar, the
/// smallest step of AWS's published prices; nothing that costs something becomes free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u64);

const PARTS: u64 = 1_000_000_000_000;
/// A ten-thousandth of a per cent.
const STEP: u64 = 1_000_000;

impl Share {
    /// All of it.
    pub const WHOLE: Self = Self(PARTS);

    /// What so many ten-thousandths of a per cent leave; `None` where that is nothing.
    pub fn after(ten_thousandths: u64) -> Option<Self> {
        let left = STEP.checked_sub(ten_thousandths)?;
        (left > 0).then_some(Self(left * STEP))
    }

    /// This share of what the other leaves.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let product = u128::from(self.0) * u128::from(other.0);
        Self(u64::try_from(product.div_euclid(PARTS.into())).unwrap_or(PARTS))
    }

    /// Half of this and half of the other.
    #[must_use]
    pub const fn halves(self, other: Self) -> Self {
        // Both are whole steps of 10^6 parts where one percentage made them.
        Self((self.0 + other.0) >> 1)
    }

    /// Of a unit price.
    #[must_use]
    pub fn of_rate<U>(self, rate: Rate<U>) -> Rate<U> {
        Rate::from_steps(u64::try_from(self.of_steps(rate.steps().into())).unwrap_or(u64::MAX))
    }

    /// Of a fee of one thing.
    #[must_use]
    pub fn of_fee(self, fee: Money) -> Money {
        let ticks = i128::from(TICKS_PER_UNIT);
        if self == Self::WHOLE || fee.atoms() <= 0 {
            return fee;
        }
        let steps = fee.atoms().div_euclid(ticks).unsigned_abs();
        Money::from_atoms(self.of_steps(steps).cast_signed() * ticks)
    }

    /// Of an exact amount of money: exact for whole steps of a thousandth of a dollar, otherwise rounded down
    /// to 1.2e-21 dollars.
    #[must_use]
    pub fn of_amount(self, amount: Money) -> Money {
        let (parts, left) = (i128::from(PARTS), i128::from(self.0));
        let (whole, rest) = (
            amount.atoms().div_euclid(parts),
            amount.atoms().rem_euclid(parts),
        );
        Money::from_atoms(whole * left + (rest * left).div_euclid(parts))
    }

    /// Of 10^12 parts.
    pub const fn parts(self) -> u64 {
        self.0
    }

    /// What it takes off, in per cent.
    pub fn percent_off(self) -> Decimal {
        Decimal::from_i128_with_scale(i128::from(PARTS - self.0), 10).normalize()
    }

    fn of_steps(self, steps: u128) -> u128 {
        let parts = u128::from(PARTS);
        let rounded = (steps * u128::from(self.0) + (parts >> 1)).div_euclid(parts);
        rounded.max(u128::from(steps > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Metered;
    use rust_decimal::dec;

    fn rate(dollars: Decimal) -> Rate<Metered> {
        Rate::from_decimal(dollars).unwrap()
    }

    #[test]
    fn a_percentage_of_a_rate_is_exact_to_the_tenth_decimal() {
        // 0.096 x (1 - 0.06) = 0.09024.
        let six = Share::after(60_000).unwrap();
        assert_eq!(six.of_rate(rate(dec!(0.096))), rate(dec!(0.09024)));
        // 0.0000002 x (1 - 0.071234) = 0.0000001857532, to the tenth decimal 0.0000001858.
        let odd = Share::after(71_234).unwrap();
        assert_eq!(odd.of_rate(rate(dec!(0.0000002))), rate(dec!(0.0000001858)));
        assert_eq!(odd.percent_off(), dec!(7.1234));
    }

    #[test]
    fn two_percentages_are_taken_one_after_the_other_and_rounded_once() {
        // 1 x 0.9 x 0.94 = 0.846, and 1 x 0.999999 x 0.999999 = 0.999998000001, to the tenth decimal 0.9999980000.
        let both = Share::after(100_000)
            .unwrap()
            .and(Share::after(60_000).unwrap());
        assert_eq!(both.of_rate(rate(dec!(1))), rate(dec!(0.846)));
        let least = Share::after(1).unwrap();
        assert_eq!(least.and(least).parts(), 999_998_000_001);
        assert_eq!(
            least.and(least).of_rate(rate(dec!(1))),
            rate(dec!(0.999998))
        );
    }

    #[test]
    fn nothing_becomes_free_and_nothing_is_left_of_a_hundred_per_cent() {
        let most = Share::after(999_999).unwrap();
        assert_eq!(
            most.of_rate(rate(dec!(0.0000000001))),
            rate(dec!(0.0000000001))
        );
        assert_eq!(most.of_rate(rate(dec!(0))), rate(dec!(0)));
        assert_eq!(Share::after(1_000_000), None);
        assert_eq!(Share::after(u64::MAX), None);
    }

    #[test]
    fn an_amount_of_whole_thousandths_is_shared_exactly() {
        // 1.234 x 0.94 = 1.15996.
        let six = Share::after(60_000).unwrap();
        let amount = |dollars| Money::from_decimal(dollars).unwrap();
        assert_eq!(six.of_amount(amount(dec!(1.234))), amount(dec!(1.15996)));
        assert_eq!(six.of_fee(amount(dec!(365))), amount(dec!(343.1)));
        assert_eq!(
            Share::WHOLE.of_amount(Money::from_atoms(7)),
            Money::from_atoms(7)
        );
        assert_eq!(
            Share::WHOLE.of_fee(Money::from_atoms(7)),
            Money::from_atoms(7)
        );
    }
}
