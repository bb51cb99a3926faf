//! What money costs over time: fees paid at purchase stand idle until the usage they pay for, fees by the month do
//! not.
//!
//! A yearly rate `r` makes a dollar in a month worth `1 / (1 + r)^(1/12)` today. On-Demand and fees by the month are
//! paid at the end of their month; what is paid at purchase is made into equal payments of the same present value
//! over the term, so that both can be added hour by hour.

use rust_decimal::Decimal;

use crate::catalog::Term;
use crate::units::Money;

/// A yearly rate at which money costs, in per cent; none by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct CostOfCapital(Decimal);

/// Hours of a month as AWS counts them: 8,760 / 12.
const MONTH: i128 = 730;
/// Excess factors are whole numbers of this part.
const PARTS: i128 = 1_000_000_000_000;

impl CostOfCapital {
    /// Per cent a year, from 0 to 100; `None` for any other number.
    pub fn new(percent: Decimal) -> Option<Self> {
        let allowed = Decimal::ZERO..=Decimal::ONE_HUNDRED;
        allowed
            .contains(&percent)
            .then(|| Self(percent.normalize()))
    }

    /// Per cent a year.
    pub const fn percent(self) -> Decimal {
        self.0
    }

    /// What an upfront fee costs an hour of its term beyond its even share, paid as usage is: with `n` months and
    /// `a = v + v^2 + ... + v^n`, `fee / hours x (n / a - 1)`. Rounded down to an atom.
    pub fn of_upfront(self, fee: Money, term: Term) -> Money {
        let months = Decimal::from(months(term));
        let excess = months / self.annuity(term) - Decimal::ONE;
        let parts = (excess * Decimal::from(PARTS)).round();
        let parts = i128::try_from(parts).unwrap_or_default();
        fee.per(term.hours().into()).times(parts).per(PARTS)
    }

    /// What all fees of a term are worth on the day of the purchase, the monthly ones at the end of their months;
    /// rounded to the tenth decimal. `None` where it does not fit.
    pub fn present_value(self, upfront: Money, hourly: Money, term: Term) -> Option<Money> {
        let monthly = hourly.times(MONTH).to_decimal(10);
        let later = monthly.checked_mul(self.annuity(term))?;
        Money::from_decimal_rounded(later)
            .ok()
            .map(|later| upfront + later)
    }

    /// What a dollar at the end of each month of a term is worth at its beginning.
    fn annuity(self, term: Term) -> Decimal {
        let month = Decimal::ONE / self.growth();
        let (mut sum, mut worth) = (Decimal::ZERO, Decimal::ONE);
        for _ in 0..months(term) {
            worth *= month;
            sum += worth;
        }
        sum
    }

    /// What a dollar grows to in a month: the twelfth root of a year's growth, by Newton's steps from above.
    fn growth(self) -> Decimal {
        let year = Decimal::ONE + self.0 / Decimal::ONE_HUNDRED;
        let twelve = Decimal::from(12);
        let mut root = Decimal::ONE + self.0 / Decimal::ONE_HUNDRED / twelve;
        for _ in 0..STEPS {
            let power = (0..11).fold(Decimal::ONE, |power, _| power * root);
            root = (root * Decimal::from(11) + year / power) / twelve;
        }
        root
    }
}

/// More steps than the digits of a Decimal need, from any rate allowed.
const STEPS: u32 = 12;

const fn months(term: Term) -> i64 {
    term.hours().div_euclid(730)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn twelve_months_of_growth_are_a_year_of_it() {
        for percent in [dec!(0), dec!(0.5), dec!(8), dec!(33.3), dec!(100)] {
            let growth = CostOfCapital::new(percent).unwrap().growth();
            let year = (0..12).fold(Decimal::ONE, |grown, _| grown * growth);
            let error = (year - Decimal::ONE - percent / dec!(100)).abs();
            assert!(
                error < dec!(0.000000000000000000000001),
                "{percent}: {error}"
            );
        }
        assert_eq!(CostOfCapital::new(dec!(-1)), None);
        assert_eq!(CostOfCapital::new(dec!(100.1)), None);
    }

    #[test]
    fn equal_payments_are_worth_what_was_paid_at_once() {
        // A spreadsheet's PMT(1.08^(1/12)-1, 12, -8760) is 760.8884008 a month; 730 without interest.
        let fee = Money::from_decimal(dec!(8760)).unwrap();
        let eight = CostOfCapital::new(dec!(8)).unwrap();
        for term in [Term::OneYear, Term::ThreeYears] {
            let hours = i128::from(term.hours());
            let hourly = fee.per(hours) + eight.of_upfront(fee, term);
            let again = eight.present_value(Money::ZERO, hourly, term).unwrap();
            let error = (again - fee).to_decimal(10).abs();
            assert!(error < dec!(0.000001), "{error}");
        }
        let monthly = eight.of_upfront(fee, Term::OneYear).times(MONTH);
        assert_eq!(monthly.to_decimal(7), dec!(30.8884008));
        let without = CostOfCapital::default();
        assert_eq!(without.of_upfront(fee, Term::OneYear), Money::ZERO);
        let one = Money::from_decimal(dec!(1)).unwrap();
        assert_eq!(
            without.present_value(fee, one, Term::OneYear),
            Some(fee + fee)
        );
    }
}
