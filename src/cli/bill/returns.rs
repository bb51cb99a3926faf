//! What may still be undone when the billed window ends: plans that AWS takes back.

use crate::cli::fleet::Fleet;
use crate::commitment::returnable_until;

/// A line for each plan that was bought in the window and may be returned at its end.
pub(super) fn notes(fleet: &Fleet) -> Vec<String> {
    let window = fleet.import.demand.span();
    let plans = fleet.portfolio.savings_plans.iter();
    let open = plans.filter_map(|plan| {
        let stated = fleet.returnable.get(&plan.id).copied();
        let until = stated.or_else(|| returnable_until(plan))?;
        let bought = plan.alive.start() < window.end();
        (bought && until > window.end()).then_some((plan, until))
    });
    let told = open.map(|(plan, until)| {
        format!(
            "Savings Plan `{}` may be returned until {until} (rule R30); its usage would be billed anew",
            plan.id
        )
    });
    told.collect()
}
