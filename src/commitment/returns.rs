//! Until when a Savings Plan may be given back.
//!
//! Source: docs.aws.amazon.com, Savings Plans User Guide, "Returning a purchased Savings Plan": within seven days of the
//! purchase and in its calendar month (UTC), of at most 100 dollars an hour. docs/billing-rules.md, R30.

use super::model::SavingsPlan;
use crate::units::{Hour, Money};

/// Seven days.
const HOURS: i64 = 168;

/// The largest commitment that is taken back: 100 dollars an hour.
const LARGEST: Money = Money::from_atoms(Money::ATOMS_PER_DOLLAR * 100);

/// The hour from which on a plan may no longer be returned; `None` when it commits too much to be returned at all.
///
/// AWS also counts returns (ten a year) and refuses some sellers' plans that were paid upfront: that is not known here.
pub fn returnable_until(plan: &SavingsPlan) -> Option<Hour> {
    let start = plan.alive.start();
    let until = start.plus(HOURS).min(start.calendar_month().end());
    (plan.commitment <= LARGEST).then_some(until)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Account, PaymentOption, Term};
    use crate::commitment::SavingsPlanScope;
    use crate::units::HourSpan;

    fn until(start: &str, dollars: i128) -> Option<String> {
        let start = Hour::parse(start).unwrap();
        let plan = SavingsPlan {
            id: "sp".into(),
            account: Account::new("a"),
            scope: SavingsPlanScope::Compute,
            term: Term::OneYear,
            payment_option: PaymentOption::NoUpfront,
            commitment: Money::from_atoms(Money::ATOMS_PER_DOLLAR * dollars),
            alive: HourSpan::new(start, start.plus(8_760)),
        };
        returnable_until(&plan).map(|until| until.to_string())
    }

    #[test]
    fn seven_days_of_one_month_and_a_hundred_dollars() {
        let seven_days = Some("2026-10-10T05:00Z".into());
        assert_eq!(until("2026-10-03T05:00Z", 100), seven_days);
        let month = Some("2026-11-01T00:00Z".into());
        assert_eq!(until("2026-10-28T00:00Z", 1), month);
        assert_eq!(until("2026-10-03T05:00Z", 101), None);
    }
}
