//! Coverage, utilization and effective savings rate of a bill.
//!
//! Coverage and utilization: docs.aws.amazon.com, Cost Management User Guide, "Understanding your coverage" and
//! "utilization reports". The effective savings rate (ESR) is the FinOps Foundation's: what was saved of what
//! the usage would have cost On-Demand. Coverage weighs usage by its public On-Demand price, as AWS does.

use rust_decimal::{Decimal, RoundingStrategy, dec};

use crate::billing::{Bill, CommitmentTotals};
use crate::units::Money;

/// A share in per cent; `None` where there is nothing to take a share of.
pub type Percent = Option<Decimal>;

/// How well a bill's commitments did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metrics {
    /// On-Demand equivalent that commitments covered, of all that they could have covered.
    pub coverage: Percent,
    /// Used part of what was committed, weighted by cost.
    pub utilization: Percent,
    /// Saved part of what the usage would have cost On-Demand at contracted prices: what commitments did.
    pub effective_savings_rate: Percent,
    /// Saved part of what it would have cost On-Demand at public prices: commitments and negotiated discounts.
    pub list_effective_savings_rate: Percent,
    /// What was saved against On-Demand at contracted prices; negative when commitments lost money.
    pub savings: Money,
    /// What negotiated discounts took off usage and fees.
    pub negotiated: Money,
    /// What unused commitments cost.
    pub unused: Money,
}

/// Measures a bill.
pub fn metrics(bill: &Bill) -> Metrics {
    let on_demand = bill.on_demand_equivalent();
    let commitments = bill.reserved_instances.iter().chain(&bill.savings_plans);
    let unused: Money = commitments.map(unused).sum();
    let committed = bill.commitment_cost();
    let savings = bill.without_commitments() - bill.total();
    Metrics {
        coverage: ratio(bill.covered(), on_demand),
        utilization: ratio(committed - unused, committed),
        effective_savings_rate: ratio(savings, bill.contracted_equivalent()),
        list_effective_savings_rate: ratio(on_demand + bill.spot_cost() - bill.total(), on_demand),
        savings,
        negotiated: bill.public_total() - bill.total(),
        unused,
    }
}

/// What the unused part of a commitment cost: its share of the cost.
fn unused(totals: &CommitmentTotals) -> Money {
    let (whole, part) = (
        Decimal::from(totals.committed),
        Decimal::from(totals.committed - totals.used),
    );
    let share = part.checked_div(whole).unwrap_or_default();
    let dollars = totals.cost.to_decimal(10) * share;
    Money::from_decimal_rounded(dollars).unwrap_or_default()
}

/// `part` of `whole` in per cent, to four decimals.
pub fn ratio(part: Money, whole: Money) -> Percent {
    let share = part.to_decimal(10).checked_div(whole.to_decimal(10))?;
    let percent = share.checked_mul(dec!(100))?;
    Some(percent.round_dp_with_strategy(4, RoundingStrategy::MidpointAwayFromZero))
}
