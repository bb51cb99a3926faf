//! Cells of a bill that are changed one by one: each is found and named with its place.

use bursar::analysis::Check;

use super::fleets::{LINKED, OWNER, hourly};
use super::sheet::{told, unexplained};
use super::{COVERED, HOUR, RESERVED};

/// What a changed cell has to show as, and words that its place has to name.
struct Change {
    what: &'static str,
    row: &'static [(&'static str, &'static str)],
    column: &'static str,
    to: &'static str,
    check: Check,
    named: &'static [&'static str],
}

const CHANGES: [Change; 10] = [
    Change {
        what: "a covered quantity",
        row: &[
            RESERVED,
            HOUR,
            ("line_item_usage_type", "BoxUsage:m5.large"),
        ],
        column: "line_item_usage_amount",
        to: "0.5",
        check: Check::ReservedCover,
        named: &["m5 in us-east-1", OWNER, "2025-06-01T07:00Z"],
    },
    Change {
        what: "a covered quantity, in its own row",
        row: &[
            RESERVED,
            HOUR,
            ("line_item_usage_type", "BoxUsage:m5.large"),
        ],
        column: "line_item_usage_amount",
        to: "0.5",
        check: Check::RowList,
        named: &["bill.csv:", "BoxUsage:m5.large", OWNER, "2025-06-01T07:00"],
    },
    Change {
        what: "a rate",
        row: &[("line_item_line_item_type", "Usage"), HOUR],
        column: "line_item_unblended_rate",
        to: "0.3850",
        check: Check::RowCost,
        named: &["bill.csv:", "2025-06-01T07:00"],
    },
    Change {
        what: "a list rate",
        row: &[COVERED, HOUR],
        column: "pricing_public_on_demand_rate",
        to: "0.2",
        check: Check::RowList,
        named: &["bill.csv:", "2025-06-01T07:00"],
    },
    Change {
        what: "a plan rate",
        row: &[COVERED, HOUR],
        column: "savings_plan_savings_plan_rate",
        to: "0.07",
        check: Check::PlanRate,
        named: &["bill.csv:", "2025-06-01T07:00"],
    },
    Change {
        what: "a reserved fee, by a cent",
        row: &[
            ("line_item_line_item_type", "RIFee"),
            ("line_item_usage_type", "HeavyUsage:m5.large"),
        ],
        column: "line_item_unblended_cost",
        to: "4.4740",
        check: Check::ReservedMoney,
        named: &["reserved-instances/flexible 2025-06"],
    },
    Change {
        what: "a plan's commitment",
        row: &[
            ("line_item_line_item_type", "SavingsPlanRecurringFee"),
            HOUR,
            ("savings_plan_offering_type", "ComputeSavingsPlans"),
        ],
        column: "savings_plan_recurring_commitment_for_billing_period",
        to: "0.1",
        check: Check::PlanMoney,
        named: &["savingsplan/compute", "2025-06-01T07:00Z"],
    },
    Change {
        what: "the account of reserved usage",
        row: &[
            RESERVED,
            HOUR,
            ("line_item_usage_type", "BoxUsage:m5.large"),
        ],
        column: "line_item_usage_account_id",
        to: LINKED,
        check: Check::ReservedCover,
        named: &["m5 in us-east-1", "2025-06-01T07:00Z"],
    },
    Change {
        what: "a share of a fee",
        row: &[RESERVED, HOUR],
        column: "reservation_recurring_fee_for_usage",
        to: "0.04",
        check: Check::ReservedShare,
        named: &["bill.csv:", "2025-06-01T07:00"],
    },
    Change {
        what: "a negation",
        row: &[("line_item_line_item_type", "SavingsPlanNegation"), HOUR],
        column: "line_item_unblended_cost",
        to: "0",
        check: Check::Negation,
        named: &["savingsplan/", "2025-06"],
    },
];

#[test]
fn every_change_is_found_and_named_with_its_place() {
    let bill = hourly().bill();
    for change in &CHANGES {
        let mut changed = bill.clone();
        let row = changed.find(change.row);
        assert_ne!(
            changed.get(row, change.column),
            change.to,
            "{}",
            change.what
        );
        changed.set(row, change.column, change.to);
        let found = changed.reconciled();
        let places = unexplained(&found, change.check);
        let named = places
            .iter()
            .any(|place| change.named.iter().all(|word| place.place.contains(word)));
        assert!(named, "{}: {}", change.what, told(&found));
    }
}
