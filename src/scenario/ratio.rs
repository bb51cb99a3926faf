//! Exact ratios, and amounts scaled so that their sum is what the ratio makes of it.

use std::fmt;

use rust_decimal::Decimal;

/// A ratio of whole numbers, not negative: 110/100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratio {
    parts: i128,
    whole: i128,
}

impl Ratio {
    /// All of it.
    pub const ONE: Self = Self { parts: 1, whole: 1 };
    /// Nothing of it.
    pub const ZERO: Self = Self { parts: 0, whole: 1 };

    /// So many of so many.
    pub fn of(parts: u32, whole: u32) -> Self {
        Self::lowest(parts.into(), whole.max(1).into())
    }

    /// A decimal number; `None` below zero.
    pub fn from_decimal(value: Decimal) -> Option<Self> {
        let value = value.normalize();
        let positive = !value.is_sign_negative() || value.is_zero();
        positive.then(|| Self::lowest(value.mantissa(), 10_i128.pow(value.scale())))
    }

    /// In lowest terms, so that products with it stay small.
    fn lowest(parts: i128, whole: i128) -> Self {
        let (mut divisor, mut rest) = (whole, parts);
        while rest != 0 {
            (divisor, rest) = (rest, divisor % rest);
        }
        Self {
            parts: parts.div_euclid(divisor),
            whole: whole.div_euclid(divisor),
        }
    }

    /// One more than this: what growth by it makes.
    #[must_use]
    pub const fn more(self) -> Self {
        Self {
            parts: self.whole + self.parts,
            whole: self.whole,
        }
    }

    /// What it leaves of one; nothing where it is more than one.
    #[must_use]
    pub fn less(self) -> Self {
        Self {
            parts: (self.whole - self.parts).max(0),
            whole: self.whole,
        }
    }

    /// Both, one after the other.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::lowest(self.parts * other.parts, self.whole * other.whole)
    }

    /// Their sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let parts = self.parts * other.whole + other.parts * self.whole;
        Self::lowest(parts, self.whole * other.whole)
    }

    /// Whether it leaves nothing.
    pub const fn is_zero(self) -> bool {
        self.parts == 0
    }

    /// Whether it is more than all.
    pub const fn is_above_one(self) -> bool {
        self.parts > self.whole
    }

    pub(super) const fn parts(self) -> i128 {
        self.parts
    }

    pub(super) const fn whole(self) -> i128 {
        self.whole
    }

    /// This ratio of an amount, to the nearest whole, halves up.
    pub(super) fn of_amount(self, amount: i128) -> i128 {
        nearest(amount * self.parts, self.whole)
    }

    /// As a decimal number, where it is one.
    pub fn to_decimal(self) -> Decimal {
        let parts = Decimal::from_i128_with_scale(self.parts, 0);
        let whole = Decimal::from_i128_with_scale(self.whole, 0);
        parts.checked_div(whole).unwrap_or_default().normalize()
    }
}

/// `10 %`.
impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = self.to_decimal() * Decimal::ONE_HUNDRED;
        write!(f, "{} %", percent.round_dp(4).normalize())
    }
}

fn nearest(product: i128, whole: i128) -> i128 {
    (product + whole.div_euclid(2)).div_euclid(whole)
}

/// Each amount times its parts of `whole`, rounded so that the sums up to every place are right to the nearest whole:
/// what one place rounds away, a later one gets. The total is rounded once, no place is off by one or more, and a
/// part of an amount (parts at most `whole`) is never more than the amount.
pub(super) fn scale(
    amounts: impl IntoIterator<Item = (i128, i128)>,
    whole: i128,
) -> impl Iterator<Item = i128> {
    let (mut exact, mut given) = (0, 0);
    amounts.into_iter().map(move |(amount, parts)| {
        exact += amount * parts;
        let sum = nearest(exact, whole);
        let this = sum - given;
        given = sum;
        this
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn the_sum_is_rounded_once() {
        // A tenth of 3, 3, 3, 3 (1.2 together): sums 0.3, 0.6, 0.9, 1.2 are 0, 1, 1, 1 to the nearest.
        let tenth = [(3, 1); 4];
        assert_eq!(scale(tenth, 10).collect::<Vec<_>>(), [0, 1, 0, 0]);
        // 110 % of 5, 5: sums 5.5 and 11 are 6 and 11.
        assert_eq!(scale([(5, 110), (5, 110)], 100).collect::<Vec<_>>(), [6, 5]);
    }

    #[test]
    fn ratios_are_exact() {
        let tenth = Ratio::from_decimal(dec!(0.1)).unwrap();
        assert_eq!(tenth.more().to_decimal(), dec!(1.1));
        assert_eq!(tenth.less().to_decimal(), dec!(0.9));
        assert_eq!(tenth.more().and(tenth.less()).to_decimal(), dec!(0.99));
        assert_eq!(tenth.to_string(), "10 %");
        assert_eq!(Ratio::from_decimal(dec!(-0.1)), None);
        assert!(tenth.more().less().is_zero());
    }
}
