//! Bills of random fleets: whatever the commitments, their scopes, terms and owners, nothing is unexplained.

use bursar::commitment::{Portfolio, Sharing};
use proptest::prelude::*;

use super::made::Fleet;
use super::sheet::told;
use crate::properties;

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_bill_by_the_rules_is_explained_whole(
        rows in properties::usage(),
        portfolio in properties::portfolio(),
    ) {
        let fleet = Fleet {
            demand: properties::demand(&rows),
            portfolio: named(portfolio),
            rates: properties::rates(),
            period: 1,
        };
        let bill = fleet.bill();
        // A bill of fees alone has nothing to replay.
        prop_assume!(!rows.is_empty());
        let found = bill.reconciled();
        prop_assert_eq!(found.book.unexplained(), 0, "{}", told(&found));
    }
}

/// Shared by the organization, which a bill does not tell, and with names as bills have them: a Savings Plan is told from a Reserved Instance by its ARN.
fn named(mut portfolio: Portfolio) -> Portfolio {
    portfolio.sharing = Sharing::Organization;
    for ri in &mut portfolio.reserved_instances {
        ri.id = format!(
            "arn:aws:ec2:us-east-1:{}:reserved-instances/{}",
            ri.account, ri.id
        );
    }
    for plan in &mut portfolio.savings_plans {
        plan.id = format!(
            "arn:aws:savingsplans::{}:savingsplan/{}",
            plan.account, plan.id
        );
    }
    portfolio
}
