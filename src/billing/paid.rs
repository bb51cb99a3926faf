//! What is paid for commitments: their public fees less what was negotiated.

use crate::catalog::{PaymentOption, Term};
use crate::commitment::{ReservedFee, SavingsPlan};
use crate::prices::{Contract, FeeShares, Share};
use crate::units::{Hour, Money};

/// What one Reserved Instance costs that was bought in an hour: the public fees, each less the discount of the day it is
/// paid on, rounded once at the tenth decimal of a dollar.
pub fn reserved_fee(public: ReservedFee, bought: Hour, contract: Option<&Contract>) -> ReservedFee {
    let Some(contract) = contract else {
        return public;
    };
    let shares = contract.reserved(bought);
    ReservedFee {
        upfront: shares.upfront.of_fee(public.upfront),
        hourly: shares.hourly.of_rate(public.hourly),
    }
}

/// What is paid of a Savings Plan's commitment. The commitment itself is counted at public Savings Plan rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanFee {
    shares: FeeShares,
    payment_option: PaymentOption,
}

impl PlanFee {
    /// Of a plan that is owned, or would be bought in its first hour.
    pub fn of(plan: &SavingsPlan, contract: Option<&Contract>) -> Self {
        Self::bought(plan.alive.start(), plan.payment_option, contract)
    }

    /// Of a plan bought in an hour.
    pub fn bought(hour: Hour, payment_option: PaymentOption, contract: Option<&Contract>) -> Self {
        let shares = contract.map_or(FeeShares::WHOLE, |contract| contract.savings_plan(hour));
        Self {
            shares,
            payment_option,
        }
    }

    /// What is paid of a dollar of commitment, upfront and recurring together.
    pub fn share(self) -> Share {
        let FeeShares { upfront, hourly } = self.shares;
        match self.payment_option {
            PaymentOption::NoUpfront => hourly,
            PaymentOption::AllUpfront => upfront,
            PaymentOption::PartialUpfront => upfront.halves(hourly),
        }
    }

    /// What an hour of so much commitment costs, upfront fees spread over the term.
    pub fn effective(self, commitment: Money) -> Money {
        self.share().of_amount(commitment)
    }

    /// What so much commitment costs at purchase, and for every hour of the term. Half of Partial Upfront is paid
    /// at once; both together are the effective cost of every hour.
    pub fn fees(self, commitment: Money, term: Term) -> (Money, Money) {
        let effective = self.effective(commitment);
        let recurring = match self.payment_option {
            PaymentOption::NoUpfront => effective,
            PaymentOption::AllUpfront => Money::ZERO,
            PaymentOption::PartialUpfront => self.shares.hourly.of_amount(commitment.per(2)),
        };
        let upfront = (effective - recurring).times(i128::from(term.hours()));
        (upfront, recurring)
    }
}
