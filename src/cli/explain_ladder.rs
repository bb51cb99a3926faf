//! `bursar explain RUN --purchase N` of a ladder: one purchase on its date, billed with a little more, less and none of it,
//! and on other dates.

use std::path::Path;
use std::process::ExitCode;

use super::beside::BesideAhead;
use super::certify::{fleet_args, options, same_inputs};
use super::certify_ladder::horizon;
use super::explain_purchase::{index_of, no_options, no_plan, not_sold, print, unchanged};
use super::ladder::{ahead, check, no_ladder};
use super::ladder_events::LadderEvents;
use super::optimize::failed;
use super::{Failure, OutputArgs};
use crate::optimize::{Ahead, Bought, DatedPlan, Horizon};
use crate::prices::PriceBook;
use crate::report::ladder::{LadderPlan, LadderRun};
use crate::report::purchase::{Dated, Shown, counted};

/// `which` is the plan's name and the purchase's number, from 1 on.
pub(super) fn run(
    run: &LadderRun,
    path: &Path,
    (plan, number): (Option<&str>, usize),
    output: &OutputArgs,
) -> Result<ExitCode, Failure> {
    let name = plan.unwrap_or("ladder");
    let plan = run.plans.iter().find(|plan| plan.name == name);
    let names = run.plans.iter().map(|plan| &plan.name);
    let plan = plan.ok_or_else(|| no_plan(name, names, path))?;
    let index = index_of((name, plan.purchases.len()), number, path)?;
    let arguments = fleet_args(&run.inputs, &run.settings);
    let mut fleet = arguments.load_beside(run.settings.services, output.quiet)?;
    check(&fleet, &arguments)?;
    LadderEvents::read(run.settings.events.as_deref(), &mut fleet)?;
    let changed = same_inputs(&run.price_book, &run.inputs, &fleet);
    unchanged(&changed, "ladder", path)?;
    let options = options(&run.settings, &fleet).ok_or_else(|| no_options(path))?;
    let horizon = horizon(run, &fleet)?.ok_or_else(|| no_options(path))?;
    let beside = BesideAhead::new(&fleet, &horizon, options.buyer);
    let ahead = ahead((&fleet, &beside), &horizon, &options).map_err(|why| no_ladder(&why))?;
    let working = super::working("billing the months ahead with other amounts", output.quiet);
    let bought = bought(plan, (&ahead, &horizon), path)?;
    let explained = ahead
        .explain(&bought, index)
        .map_err(|error| failed(&error))?;
    working.finish_and_clear();
    let shown = Shown {
        price_book: &run.price_book,
        plan: name,
        cost: counted(&plan.cost, plan.capital_cost.as_ref()).map_err(Failure::new)?,
        purchases: plan.purchases.iter().map(|one| &one.purchase).collect(),
        index,
        found: &explained.found,
        asks_for_capacity: false,
        dated: Some(Dated {
            explained: &explained,
            purchase: serde_json::to_value(&plan.purchases[index]).map_err(Failure::new)?,
            counts_more: plan.capital_cost.is_some() || horizon.beyond > 0,
            under_rules: !run.settings.rules.is_empty(),
        }),
    };
    print(&shown, &fleet, output)
}

/// The plan billed again.
fn bought(
    plan: &LadderPlan,
    (ahead, horizon): (&Ahead<'_, PriceBook>, &Horizon),
    path: &Path,
) -> Result<DatedPlan, Failure> {
    let candidates = ahead.candidates().map_err(|error| failed(&error))?;
    let bought = plan.purchases.iter().map(|one| {
        let found = one.find(&candidates, &horizon.dates);
        found.ok_or_else(|| not_sold(&one.purchase.scope, path))
    });
    let bought = bought.collect::<Result<Vec<Bought>, Failure>>()?;
    ahead
        .bought(&plan.name, bought)
        .map_err(|error| failed(&error))
}
