//! `--fail-if-over`: how much more than the base a scenario may cost.

use std::str::FromStr;

use rust_decimal::Decimal;

use crate::report::compare::{Compared, Comparison, signed_percent};
use crate::report::format::dollars;
use crate::units::Money;

/// A limit of what is added to the base's cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// Of the base's cost.
    Percent(Decimal),
    /// In dollars.
    Dollars(Money),
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "expected a percentage such as 10%, or dollars such as 500".to_owned();
        let (number, percent) = match text.strip_suffix('%') {
            Some(number) => (number, true),
            None => (text.strip_prefix('$').unwrap_or(text), false),
        };
        let number: Decimal = number.trim().parse().map_err(|_| wrong())?;
        if number.is_sign_negative() {
            return Err(wrong());
        }
        if percent {
            return Ok(Self::Percent(number));
        }
        Money::from_decimal(number)
            .map(Self::Dollars)
            .map_err(|_| wrong())
    }
}

impl Limit {
    /// Whether a row costs more than that above the base; more than a base of nothing is more than any per cent.
    pub(super) fn is_passed(self, comparison: &Comparison<'_>, row: &Compared) -> bool {
        let difference = comparison.difference(row);
        match self {
            Self::Dollars(limit) => difference > limit,
            Self::Percent(limit) => match comparison.difference_percent(row) {
                Some(share) => share > limit,
                None => difference > Money::ZERO,
            },
        }
    }

    /// What to say of a row that does.
    pub(super) fn passed(self, comparison: &Comparison<'_>, row: &Compared) -> String {
        let difference = dollars(comparison.difference(row), 2);
        let share = comparison.difference_percent(row);
        let share = share.map_or_else(String::new, |share| format!(" ({})", signed_percent(share)));
        let limit = match self {
            Self::Percent(limit) => format!("{} %", limit.normalize()),
            Self::Dollars(limit) => dollars(limit, 2),
        };
        format!(
            "`{}` costs {difference}{share} more than the base; --fail-if-over allows {limit}",
            row.name
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn a_limit_is_a_percentage_or_dollars() {
        assert_eq!("10%".parse(), Ok(Limit::Percent(dec!(10))));
        let five = Money::from_decimal(dec!(500)).unwrap();
        assert_eq!("$500".parse(), Ok(Limit::Dollars(five)));
        assert_eq!("500".parse(), Ok(Limit::Dollars(five)));
        for text in ["", "%", "-5%", "ten"] {
            assert!(text.parse::<Limit>().is_err(), "{text}");
        }
    }
}
