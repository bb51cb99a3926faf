//! What rows of a Cost and Usage Report cost when fees are spread over what they pay for, and the blended rate.
//!
//! Source: docs/billing-rules.md, R33 and R39: docs.aws.amazon.com, Cost and Usage Report guide, "Savings Plans" and
//! "Amortized reservation data"; Billing User Guide, "Understanding blended rates".

use rust_decimal::Decimal;

use crate::billing::{LineTotals, product_of};
use crate::demand::Demand;
use crate::prices::Product;
use crate::units::{InstanceHour, Money, Quantity};

/// The amounts of a row that its amortised cost may be, in dollars; what the row does not state is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RowMoney {
    /// What is billed.
    pub unblended: Decimal,
    /// Share of a Reserved Instance's fees that covered usage bears.
    pub reserved_effective: Decimal,
    /// Share of a plan's commitment that covered usage bears.
    pub plan_effective: Decimal,
    /// A plan's commitment in the row's period: recurring and amortised upfront.
    pub plan_commitment: Decimal,
    /// The part of it that was used.
    pub plan_used: Decimal,
    /// A Reserved Instance's recurring fee and upfront share of hours nobody used.
    pub reserved_unused: Decimal,
    /// Whether the row names a Reserved Instance or a Savings Plan.
    pub of_commitment: bool,
}

/// What a row of a line item type adds to the amortised cost.
pub fn amortised_cost(line_type: &str, row: &RowMoney) -> Decimal {
    match line_type {
        "SavingsPlanCoveredUsage" => row.plan_effective,
        "SavingsPlanRecurringFee" => row.plan_commitment - row.plan_used,
        "DiscountedUsage" => row.reserved_effective,
        "RIFee" => row.reserved_unused,
        "SavingsPlanNegation" | "SavingsPlanUpfrontFee" => Decimal::ZERO,
        // Paid once for a term that is spread over its hours, and such a payment given back.
        "Fee" | "Refund" if row.of_commitment => Decimal::ZERO,
        _ => row.unblended,
    }
}

/// Rows of one line item type.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AmortisedTotal {
    /// How many.
    pub rows: u64,
    /// What they bill.
    pub billed: Decimal,
    /// Their amortised cost.
    pub amortised: Decimal,
    /// Of it, that of EC2 instances.
    pub instances: Decimal,
    /// What the engine says of those, where it can.
    pub rederived: Option<Decimal>,
}

/// What an hour of a product costs an organization on average: On-Demand over covered and uncovered hours, without the
/// fees of Reserved Instances. `None` without hours.
pub fn blended_rate(lines: &[LineTotals], demand: &Demand, product: Product) -> Option<Money> {
    let of_product = |line: &&LineTotals| product_of(&demand.keys()[line.key]) == product;
    let (mut cost, mut hours) = (Money::ZERO, Quantity::<InstanceHour>::from_ticks(0));
    for line in lines.iter().filter(of_product) {
        cost += line.rate * line.on_demand;
        hours += line.usage();
    }
    // Atoms are those of an hour's ticks: a division by hours is one by ticks over the ticks of an hour.
    let per_hour = i128::from(crate::units::TICKS_PER_HOUR);
    let ticks = hours.ticks();
    let whole = cost.atoms().checked_div_euclid(ticks)?;
    let rest = cost.atoms().rem_euclid(ticks);
    Some(Money::from_atoms(
        whole * per_hour + (rest * per_hour).div_euclid(ticks),
    ))
}
