//! `--spot-eligible`: usage that may run on Spot, set apart before the search, and what Spot does in the plan found.

use clap::Args;
use rust_decimal::Decimal;

use super::Failure;
use super::fleet::{Fleet, FleetArgs};
use super::optimize::failed;
use crate::billing::{Coverable, LineTotals, bill, product_of, steered};
use crate::commitment::Portfolio;
use crate::demand::Demand;
use crate::diagnostics::Diagnostic;
use crate::optimize::{Failed, Optimized, Options, Plan, WhatIf, buy, cheapest};
use crate::report::optimize::basis_of;
use crate::report::run::{RunPlan, RunSpot, RunSpotLine, SpotSettings, amount, run_plan};
use crate::scenario::{Ratio, Selector, SpotShare};
use crate::units::{InstanceHour, Money, Quantity};

/// What may run on Spot.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Spot, decided beside the purchases")]
pub(super) struct SpotShareArgs {
    /// This usage may run on Spot: tag:workload=batch, or family=m5,region=us-east-1 for what is both; may be given
    /// again (keys: family, instance_type, account, region, operating_system, tag:NAME; `all`)
    #[arg(long, requires = "interruption_cost", value_name = "SELECTOR")]
    spot_eligible: Vec<String>,

    /// How much of it may, in every hour (all unless given)
    #[arg(long, requires = "spot_eligible", value_parser = share, value_name = "PERCENT")]
    spot_share: Option<Decimal>,

    /// Hours that are run again because Spot Instances are interrupted, for each hundred on Spot; 0 where none are
    #[arg(long, requires = "spot_eligible", value_parser = interruption, value_name = "PERCENT")]
    interruption_cost: Option<Decimal>,
}

impl SpotShareArgs {
    /// As a run has them; `None` where nothing may run on Spot.
    pub(super) fn settings(&self) -> Option<SpotSettings> {
        let percent = |percent: Decimal| percent.normalize().to_string();
        (!self.spot_eligible.is_empty()).then(|| SpotSettings {
            eligible: self.spot_eligible.clone(),
            share_percent: percent(self.spot_share.unwrap_or(Decimal::ONE_HUNDRED)),
            interruption_percent: percent(self.interruption_cost.unwrap_or_default()),
        })
    }
}

/// The fleet's arguments with the tags that selectors name.
pub(super) fn with_tags(
    arguments: &FleetArgs,
    settings: Option<&SpotSettings>,
) -> Result<FleetArgs, Diagnostic> {
    let select = settings.map(selectors).transpose()?.unwrap_or_default();
    Ok(tagged(arguments, &select))
}

/// The same with the tags of selectors.
pub(super) fn tagged(arguments: &FleetArgs, select: &[Selector]) -> FleetArgs {
    let mut arguments = arguments.clone();
    for (name, _) in select.iter().filter_map(|select| select.tag.as_ref()) {
        if !arguments.tag.contains(name) {
            arguments.tag.push(name.clone());
        }
    }
    arguments
}

fn selectors(settings: &SpotSettings) -> Result<Vec<Selector>, Diagnostic> {
    settings.eligible.iter().map(|text| text.parse()).collect()
}

/// Sets apart what may run on Spot; the fleet keeps the usage as it was, too.
pub(super) fn set_apart(settings: Option<&SpotSettings>, fleet: &mut Fleet) -> Result<(), Failure> {
    let Some(settings) = settings else {
        return Ok(());
    };
    let wrong = |text: &str| Diagnostic::new(format!("`{text}` is no percentage of Spot usage"));
    let part = |text: &str| {
        let percent: Option<Decimal> = text.parse().ok();
        let part = percent.and_then(|percent| percent.checked_div(Decimal::ONE_HUNDRED));
        part.and_then(Ratio::from_decimal)
            .ok_or_else(|| wrong(text))
    };
    let share = SpotShare {
        select: selectors(settings)?,
        share: part(&settings.share_percent)?,
    };
    let again: Option<Decimal> = settings.interruption_percent.parse().ok();
    let again = again.and_then(|percent| (percent * Decimal::from(10_000)).try_into().ok());
    fleet.settings.rerun_millionths = again.ok_or_else(|| wrong(&settings.interruption_percent))?;
    let apart = share.set_apart(&fleet.import.demand, &fleet.book, fleet.settings)?;
    let left = apart.left.into_iter();
    fleet
        .doubts
        .extend(left.map(|left| Diagnostic::new(format!("of `--spot-eligible` {left}"))));
    fleet.before_spot = Some(std::mem::replace(&mut fleet.import.demand, apart.demand));
    Ok(())
}

/// The fleet with everything On-Demand, nothing owned and nothing on Spot that was not before; `None` where nothing was
/// set apart.
pub(super) fn all_on_demand(fleet: &Fleet, options: &Options) -> Result<Option<Plan>, Failure> {
    let Some(usage) = whole(fleet) else {
        return Ok(None);
    };
    let names = ("on-demand", "Everything On-Demand");
    let (nothing, book) = (Portfolio::default(), &fleet.book);
    let plan = buy(names, Vec::new(), usage, &nothing, book, options);
    plan.map(Some).map_err(|error| failed(&error))
}

/// The usage as it was before anything was set apart for Spot.
pub(super) fn whole(fleet: &Fleet) -> Option<Coverable<'_>> {
    let demand = fleet.before_spot.as_ref()?;
    let usage = fleet.usage();
    Some(Coverable { demand, ..usage })
}

/// What Spot does in the plan to buy, beside the cheapest one without it; `None` where nothing was set apart.
pub(super) fn beside_none(
    (found, robust): (&Optimized, Option<&Plan>),
    fleet: &Fleet,
    options: &Options,
) -> Result<Option<RunSpot>, Failure> {
    let Some(usage) = whole(fleet) else {
        return Ok(None);
    };
    let without = match cheapest(usage.clone(), &fleet.portfolio, &fleet.book, options) {
        Ok(plan) => Some(Plan {
            name: "without-spot".to_owned(),
            title: "Cheapest mix without Spot".to_owned(),
            ..plan
        }),
        Err(Failed::Rules(_)) => None,
        Err(error) => return Err(failed(&error)),
    };
    let on_demand = found.on_demand.bill.total();
    let without = without.map(|plan| without_spot(&plan, (found.lower_bound, on_demand), fleet));
    let plan = robust.unwrap_or(&found.cheapest);
    report(plan, without, fleet, options).map(Some)
}

/// A plan without Spot as a run has it.
pub(super) fn without_spot(
    plan: &Plan,
    (bound, on_demand): (Money, Money),
    fleet: &Fleet,
) -> RunPlan {
    let usage = fleet.usage();
    let basis = |bought: &_| basis_of(bought, &usage, &fleet.book);
    let negotiated = fleet.book.contract().is_some();
    run_plan(plan, bound, on_demand, negotiated, basis)
}

/// What Spot does in a plan, beside the cheapest one `without` it.
pub(super) fn report(
    plan: &Plan,
    without: Option<RunPlan>,
    fleet: &Fleet,
    options: &Options,
) -> Result<RunSpot, Failure> {
    let (usage, book) = (fleet.usage(), &fleet.book);
    let wrong = |error| failed(&Failed::Unpriced(error));
    let nothing = Portfolio::default();
    let alone = bill(fleet.usage(), &nothing, book, options.billing).map_err(wrong)?;
    let metered = steered(usage, &plan.portfolio, book, options.billing).map_err(wrong)?;
    let usage = Coverable {
        demand: &metered,
        ..fleet.usage()
    };
    let billed = bill(usage, &plan.portfolio, book, options.billing).map_err(wrong)?;
    Ok(RunSpot {
        plan: plan.name.clone(),
        usage: lines(plan, fleet),
        nothing_bought: amount(alone.total()),
        as_metered: amount(billed.total()),
        without,
    })
}

/// What may run on Spot, by product.
fn lines(plan: &Plan, fleet: &Fleet) -> Vec<RunSpotLine> {
    let demand: &Demand = &fleet.import.demand;
    let mut lines: Vec<RunSpotLine> = Vec::new();
    let mut eligible: Vec<_> = plan
        .bill
        .lines
        .iter()
        .filter_map(|line| {
            Some((
                product_of(&demand.keys()[line.key]),
                line,
                line.instead_of_spot?,
            ))
        })
        .collect();
    eligible.sort_by_key(|(product, line, _)| (*product, line.key));
    for same in eligible.chunk_by(|a, b| a.0 == b.0) {
        let Some((product, first, on_demand)) = same.first() else {
            continue;
        };
        let sum = |of: fn(&LineTotals) -> _| same.iter().map(|(_, line, _)| of(line)).sum();
        let on_spot: Quantity<InstanceHour> = sum(|line| line.on_demand);
        let contract = fleet.book.contract();
        let instead = contract.map_or(*on_demand, |own| own.on_demand(*product, *on_demand));
        let price = fleet.book.spot(*product).ok();
        let all: Quantity<InstanceHour> = sum(LineTotals::usage);
        lines.push(RunSpotLine {
            product: product.to_string(),
            instance_hours: all.to_decimal(2).to_string(),
            on_spot_hours: on_spot.to_decimal(2).to_string(),
            rate: first.contracted.to_string(),
            on_demand_rate: instead.to_string(),
            saving: amount(instead * on_spot - first.contracted * on_spot),
            price_as_of: price
                .as_ref()
                .map(|price| price.provenance.as_of.to_string()),
            price_basis: price.map(|price| price.provenance.basis.to_string()),
        });
    }
    lines
}

/// Puts what other demand costs On-Demand where nothing was set apart: what savings of a report are measured from.
pub(super) fn measured_from_on_demand(
    what_if: &mut WhatIf,
    fleet: &Fleet,
    options: &Options,
) -> Result<(), Failure> {
    let Some(usage) = whole(fleet) else {
        return Ok(());
    };
    let wrong = |error: Failed| failed(&error);
    for change in &mut what_if.changes {
        let percent = change.demand_percent;
        let too_much = |key| Failed::TooMuch(Box::new(key));
        let demand = usage
            .demand
            .scaled(percent)
            .map_err(too_much)
            .map_err(wrong)?;
        let scaled = Coverable {
            demand: &demand,
            beside: usage.beside.scaled(percent),
        };
        let nothing = Portfolio::default();
        let billed = bill(scaled, &nothing, &fleet.book, options.billing);
        change.on_demand = billed.map_err(Failed::Unpriced).map_err(wrong)?.total();
    }
    Ok(())
}

fn share(text: &str) -> Result<Decimal, String> {
    let wrong = "a share above 0 and up to 100 per cent is needed, such as 50";
    percent(text)
        .filter(|share| !share.is_zero() && *share <= Decimal::ONE_HUNDRED)
        .ok_or_else(|| wrong.into())
}

fn interruption(text: &str) -> Result<Decimal, String> {
    let wrong = "hours run again for each hundred are needed, from 0 to 1000 with up to four decimals, such as 15";
    percent(text)
        .filter(|again| *again <= Decimal::ONE_THOUSAND && again.normalize().scale() <= 4)
        .ok_or_else(|| wrong.into())
}

fn percent(text: &str) -> Option<Decimal> {
    let percent: Decimal = text.trim_end_matches('%').trim_end().parse().ok()?;
    (!percent.is_sign_negative()).then_some(percent)
}
