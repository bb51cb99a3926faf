//! What stands beside a bill: plans that AWS would take back, regions whose purchases AWS discounts.

use crate::cli::fleet::Fleet;
use crate::commitment::{VOLUME_THRESHOLD, returnable_until, volume_list_values};

/// What may still be undone when the billed window ends, and what is not in its prices.
pub(super) fn notes(fleet: &Fleet) -> Vec<String> {
    let mut notes = returns(fleet);
    notes.extend(volume(fleet));
    notes
}

/// A line for each plan that was bought in the window and may be returned at its end.
fn returns(fleet: &Fleet) -> Vec<String> {
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

/// A line for each region whose list value is past the threshold in the last hour of the window.
fn volume(fleet: &Fleet) -> impl Iterator<Item = String> {
    let last = fleet.import.demand.span().end().plus(-1);
    let values = volume_list_values(&fleet.portfolio.reserved_instances, last);
    let past = values
        .into_iter()
        .filter(|(_, value)| *value >= VOLUME_THRESHOLD);
    past.map(|(region, value)| {
        format!(
            "Standard Reserved Instances in {region} have a list value of ${}: from $500000 on AWS discounts further \
             purchases there, which no price here counts (rule R68)",
            value.to_decimal(2)
        )
    })
}
