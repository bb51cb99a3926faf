//! `ladder --events`: what may happen in the months ahead, and what every plan of a ladder costs then.

use std::path::Path;

use super::Failure;
use super::beside::BesideAhead;
use super::compare::{no_cost, read_with};
use super::fleet::Fleet;
use super::ladder::no_ladder;
use super::risk::{DEFAULT, Smaller, bought};
use crate::billing::ServiceSettings;
use crate::commitment::Portfolio;
use crate::optimize::{Ahead, DatedPlan, Future, Horizon};
use crate::prices::PriceBook;
use crate::report::run::{PlanRisk, RunEvent, RunRisk};
use crate::scenario::{Case, CostSettings, Event, default_events, read_events};
use crate::units::Money;

/// What may happen.
pub(super) struct LadderEvents {
    events: Vec<Event>,
    /// Whether somebody named them: those may be about accounts and tags.
    of_a_file: bool,
}

/// What a ladder looks at.
#[derive(Clone, Copy)]
pub(super) struct Ladders<'a> {
    pub(super) fleet: &'a Fleet,
    pub(super) horizon: &'a Horizon,
    pub(super) ahead: &'a Ahead<'a, PriceBook>,
    pub(super) beside: &'a BesideAhead<'a>,
}

impl LadderEvents {
    /// The events of a file, which becomes one of the fleet's, or the default set; `None` where none were asked for.
    pub(super) fn read(asked: Option<&str>, fleet: &mut Fleet) -> Result<Option<Self>, Failure> {
        let Some(asked) = asked else {
            return Ok(None);
        };
        if asked != DEFAULT {
            let (events, input) = read_with(Path::new(asked), &fleet.book, "events", read_events)?;
            fleet.inputs.push(input);
            let of_a_file = true;
            return Ok(Some(Self { events, of_a_file }));
        }
        // What the fleet can do shows in the window as well, and that is shorter.
        let beside = fleet.beside.as_ref().map(|beside| beside.demand.clone());
        let demand = &fleet.import.demand;
        let window = Case::new(demand, beside.unwrap_or_default(), fleet.portfolio.clone());
        Ok(Some(Self {
            events: default_events(&window, &fleet.book),
            of_a_file: false,
        }))
    }

    /// The risk of plans, in their order.
    pub(super) fn risk(
        &self,
        plans: &[&DatedPlan],
        ladders: Ladders<'_>,
    ) -> Result<RunRisk, Failure> {
        let fleet = ladders.fleet;
        let base = self.base(ladders)?;
        let mut stated = Vec::new();
        let mut futures: Vec<Vec<Future>> = vec![Vec::new(); plans.len()];
        for event in &self.events {
            let case = event.scenario.apply(&base, &fleet.book)?;
            let nothing = cost(event, &case, fleet)?;
            let probability = event.probability.millionths();
            for (plan, futures) in plans.iter().zip(&mut futures) {
                let portfolio =
                    beside(case.portfolio(), &bought(&plan.portfolio, &fleet.portfolio));
                let billed = cost(event, &case.with_portfolio(portfolio), fleet)?;
                futures.push(Future {
                    probability,
                    nothing,
                    cost: billed + later(plan),
                });
            }
            let changes = event.scenario.changes.iter();
            let changes = changes.map(|change| change.what.to_string()).collect();
            let name = &event.scenario.name;
            stated.push(RunEvent::new(name, probability, changes, nothing));
        }
        let mut smaller = Smaller::new(ladders.ahead.usage(), fleet);
        let mut risks = Vec::new();
        for (plan, futures) in plans.iter().zip(&futures) {
            let shrink = smaller.largest_shrink(&plan.portfolio, later(plan))?;
            risks.extend(PlanRisk::of(plan.name, futures, &stated, shrink));
        }
        Ok(RunRisk {
            events: stated,
            plans: risks,
            robust: None,
        })
    }

    /// The months ahead as events change them.
    fn base(&self, ladders: Ladders<'_>) -> Result<Case, Failure> {
        let Ladders {
            fleet,
            horizon,
            ahead,
            beside,
        } = ladders;
        let owned = fleet.portfolio.clone();
        if !self.of_a_file {
            let used = beside.all().map_err(|why| no_ladder(&why))?;
            return Ok(Case::new(&ahead.demand, used, owned));
        }
        let window = &fleet.import.demand;
        let unforeseen = |why: crate::demand::Unprojected| no_ladder(&why.into());
        let demand = horizon.instances(window).map_err(unforeseen)?;
        let services = fleet.beside.as_ref();
        let services =
            services.map(|beside| horizon.beside(&beside.demand, window.span(), horizon.span));
        let services = services.transpose().map_err(unforeseen)?;
        Ok(Case::new(&demand, services.unwrap_or_default(), owned))
    }
}

/// What a plan costs beside its bill.
fn later(plan: &DatedPlan) -> Money {
    plan.counted + plan.capital
}

/// Commitments with others behind them.
fn beside(owned: &Portfolio, bought: &Portfolio) -> Portfolio {
    let mut all = owned.clone();
    all.reserved_instances
        .extend_from_slice(&bought.reserved_instances);
    all.savings_plans.extend_from_slice(&bought.savings_plans);
    all
}

fn cost(event: &Event, case: &Case, fleet: &Fleet) -> Result<Money, Failure> {
    let settings = CostSettings {
        billing: fleet.settings,
        services: ServiceSettings::default(),
    };
    let costs = case.cost(&fleet.book, settings);
    let costs = costs.map_err(|why| no_cost(&event.scenario.name, why))?;
    Ok(costs.total())
}
