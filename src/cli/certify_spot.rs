//! `bursar certify` of a run in which usage may run on Spot: what Spot does is billed again.

use super::certify::Check;
use super::fleet::Fleet;
use super::{Failure, spot};
use crate::billing::Coverable;
use crate::optimize::{Options, Tariff, buy};
use crate::report::run::{Run, RunPlan};
use crate::units::Money;

/// What is checked.
const WHAT: &str = "cost as AWS meters it, and what Spot does in it";

/// Bills again what Spot does in a plan, and the plan without it; nothing to check where nothing may run on Spot.
pub(super) fn checks(
    run: &Run,
    (fleet, options): (&Fleet, &Options),
    (bound, on_demand): (Money, Money),
    tariff: &Tariff,
) -> Result<Option<Check>, Failure> {
    let Some(stated) = &run.spot else {
        let missing = run.settings.spot.as_ref();
        return Ok(missing.map(|_| Check::fails(WHAT, "nothing", "usage that may run on Spot")));
    };
    let bought = |plan: &RunPlan| {
        let purchases = plan.purchases.iter();
        let found = purchases.map(|bought| bought.find(tariff.candidates()));
        found.collect::<Option<Vec<_>>>()
    };
    let billed = |plan: &RunPlan, usage: Coverable<'_>| {
        let Some(purchases) = bought(plan) else {
            return Ok(None);
        };
        let names = (plan.name.as_str(), plan.title.as_str());
        let plan = buy(
            names,
            purchases,
            usage,
            &fleet.portfolio,
            &fleet.book,
            options,
        );
        plan.map(Some).map_err(Failure::new)
    };
    let named = run.plans.iter().find(|plan| plan.name == stated.plan);
    let plan = named.map(|plan| billed(plan, fleet.usage())).transpose()?;
    let without = match (&stated.without, spot::whole(fleet)) {
        (Some(without), Some(usage)) => billed(without, usage)?,
        _ => None,
    };
    let Some(plan) = plan.flatten() else {
        let fails = Check::fails(WHAT, &stated.as_metered, "no plan of that name");
        return Ok(Some(fails));
    };
    let without = without.map(|plan| spot::without_spot(&plan, (bound, on_demand), fleet));
    let again = spot::report(&plan, without, fleet, options)?;
    Ok(Some(Check {
        what: WHAT.to_owned(),
        claimed: stated.as_metered.clone(),
        holds: again == *stated,
        found: if again == *stated || again.as_metered != stated.as_metered {
            again.as_metered
        } else {
            "this cost, but other figures beside it".to_owned()
        },
    }))
}
