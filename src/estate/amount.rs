//! How much of something is used a month: known, or open, perhaps with a guess at it.

use rust_decimal::Decimal;

/// So much a month, or nobody knows how much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Amount {
    /// Exactly this much.
    Known(Decimal),
    /// It depends on use; with whatever guess there is.
    Open(Band),
}

/// A guess at an amount. Each part may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Band {
    /// At the least.
    pub low: Option<Decimal>,
    /// As a rule.
    pub typical: Option<Decimal>,
    /// At the most.
    pub high: Option<Decimal>,
}

/// Which figure of an amount is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// At the least.
    Low,
    /// As a rule.
    Typical,
    /// At the most.
    High,
}

impl Level {
    /// From low to high.
    pub const ALL: [Self; 3] = [Self::Low, Self::Typical, Self::High];

    /// As files and tables name it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Typical => "typical",
            Self::High => "high",
        }
    }
}

impl Band {
    /// The figure of one level.
    pub const fn at(&self, level: Level) -> Option<Decimal> {
        match level {
            Level::Low => self.low,
            Level::Typical => self.typical,
            Level::High => self.high,
        }
    }
}

impl Amount {
    /// Open, without a guess.
    pub const OPEN: Self = Self::Open(Band {
        low: None,
        typical: None,
        high: None,
    });
    /// Nothing at all.
    pub const NONE: Self = Self::Known(Decimal::ZERO);

    /// The amount, where it is known.
    pub const fn known(&self) -> Option<Decimal> {
        match self {
            Self::Known(amount) => Some(*amount),
            Self::Open(_) => None,
        }
    }

    /// The amount, or the guess at it.
    pub const fn at(&self, level: Level) -> Option<Decimal> {
        match self {
            Self::Known(amount) => Some(*amount),
            Self::Open(band) => band.at(level),
        }
    }

    /// Whether it is known to be nothing.
    pub fn is_none(&self) -> bool {
        self.known().is_some_and(|amount| amount.is_zero())
    }

    /// The amount, every guess included, after a change.
    #[must_use]
    pub fn map(&self, change: impl Fn(Decimal) -> Decimal) -> Self {
        match self {
            Self::Known(amount) => Self::Known(change(*amount)),
            Self::Open(band) => Self::Open(Band {
                low: band.low.map(&change),
                typical: band.typical.map(&change),
                high: band.high.map(&change),
            }),
        }
    }

    /// So many times as much. What is beyond every count stays the largest number there is, and pricing
    /// refuses it.
    #[must_use]
    pub fn times(&self, factor: Decimal) -> Self {
        self.map(|amount| amount.saturating_mul(factor))
    }

    /// The product with another amount: known if both are, or if one of them is nothing.
    #[must_use]
    pub fn product(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Known(factor), _) | (_, Self::Known(factor)) if factor.is_zero() => Self::NONE,
            (Self::Known(factor), amount) | (amount, Self::Known(factor)) => amount.times(*factor),
            (left, right) => left.guess_with(right, Decimal::saturating_mul),
        }
    }

    /// What is left without a part of it.
    #[must_use]
    pub fn less(&self, part: &Self) -> Self {
        match (self, part) {
            (Self::Known(whole), Self::Known(part)) => Self::Known(whole - part),
            (whole, part) => whole.guess_with(part, Decimal::saturating_sub),
        }
    }

    /// The guess that follows from two, level by level.
    fn guess_with(&self, other: &Self, of: impl Fn(Decimal, Decimal) -> Decimal) -> Self {
        let both = |level| Some(of(self.at(level)?, other.at(level)?));
        Self::Open(Band {
            low: both(Level::Low),
            typical: both(Level::Typical),
            high: both(Level::High),
        })
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::*;

    #[test]
    fn a_product_is_known_when_both_are_or_one_is_nothing() {
        let guess = Amount::Open(Band {
            typical: Some(dec!(10)),
            high: Some(dec!(40)),
            ..Band::default()
        });
        let three = Amount::Known(dec!(3));
        assert_eq!(three.product(&three), Amount::Known(dec!(9)));
        assert_eq!(guess.product(&Amount::NONE), Amount::NONE);
        let nine = three.product(&guess);
        assert_eq!(
            (nine.at(Level::Low), nine.at(Level::High)),
            (None, Some(dec!(120)))
        );
        assert_eq!(guess.product(&guess).at(Level::Typical), Some(dec!(100)));
        assert_eq!(guess.product(&Amount::OPEN), Amount::OPEN);
    }
}
