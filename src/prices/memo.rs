//! What was worked out once about an instance type in a region: every platform and tenancy starts from it.

use std::sync::OnceLock;

use rust_decimal::Decimal;

use super::linux::{Effective, Offering};
use super::packed::Damaged;
use crate::catalog::{OfferingClass, PaymentOption, Term};

/// Classes, terms and payment options.
const OFFERS: usize = 2 * 2 * 3;

/// By row of a section; nothing is kept before the first question.
#[derive(Debug, Default)]
pub(super) struct Memo(OnceLock<Vec<Known>>);

/// What is known of one type.
#[derive(Debug, Default)]
pub(super) struct Known {
    linux: [OnceLock<Result<Option<Effective>, Damaged>>; OFFERS],
    /// What the type has by itself.
    pub(super) machine: OnceLock<Machine>,
}

/// What rules ask about a type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Machine {
    /// How many decimals its hourly rates have.
    pub(super) decimals: u32,
    pub(super) is_accelerated: bool,
    /// Whether a Savings Plan rate of it was read in the region.
    pub(super) has_plans: bool,
    /// What dedicated hardware costs of shared.
    pub(super) dedicated_factor: Decimal,
}

impl Memo {
    /// What is known of a row, of so many.
    pub(super) fn of(&self, row: usize, rows: usize) -> Option<&Known> {
        let known = self.0.get_or_init(|| {
            let mut known = Vec::new();
            known.resize_with(rows, Known::default);
            known
        });
        known.get(row)
    }
}

impl Known {
    /// What Linux costs under a commitment.
    pub(super) fn linux(
        &self,
        (class, term): Offering,
        payment: PaymentOption,
    ) -> &OnceLock<Result<Option<Effective>, Damaged>> {
        let class = match class {
            OfferingClass::Standard => 0,
            OfferingClass::Convertible => 6,
        };
        let term = match term {
            Term::OneYear => 0,
            Term::ThreeYears => 3,
        };
        let payment = match payment {
            PaymentOption::NoUpfront => 0,
            PaymentOption::PartialUpfront => 1,
            PaymentOption::AllUpfront => 2,
        };
        &self.linux[class + term + payment]
    }
}
