//! `--events`: what may happen, and what every plan costs then.

use std::collections::BTreeMap;
use std::path::Path;

use super::Failure;
use super::compare::{no_cost, read_with};
use super::fleet::Fleet;
use super::optimize::failed;
use crate::billing::{ServiceSettings, bill};
use crate::commitment::Portfolio;
use crate::demand::{Demand, ServiceDemand};
use crate::optimize::{Failed, Future, Plan, largest_shrink};
use crate::report::run::{InputFile, PlanRisk, RunEvent, RunRisk};
use crate::scenario::{Case, CostSettings, Event, default_events, read_events};
use crate::units::Money;

/// The word for the set that needs no file.
const DEFAULT: &str = "default";

/// The fleet's instances under each event.
pub(super) struct Futures {
    events: Vec<(Event, Case)>,
    settings: CostSettings,
}

impl Futures {
    /// The events of a file, or the default set; and the file.
    pub(super) fn read(asked: &str, fleet: &Fleet) -> Result<(Self, Option<InputFile>), Failure> {
        let demand = &fleet.import.demand;
        let base = Case::new(demand, ServiceDemand::default(), fleet.portfolio.clone());
        let (events, input) = if asked == DEFAULT {
            (default_events(&base, &fleet.book), None)
        } else {
            let (events, input) = read_with(Path::new(asked), &fleet.book, "events", read_events)?;
            (events, Some(input))
        };
        let cases = events.into_iter().map(|event| {
            let case = event.scenario.apply(&base, &fleet.book)?;
            Ok::<_, Failure>((event, case))
        });
        let futures = Self {
            events: cases.collect::<Result<_, _>>()?,
            settings: CostSettings {
                billing: fleet.settings,
                services: ServiceSettings::default(),
            },
        };
        Ok((futures, input))
    }

    /// Every plan's risk, in their order.
    pub(super) fn risk(&self, plans: &[&Plan], fleet: &Fleet) -> Result<RunRisk, Failure> {
        let mut events = Vec::new();
        let mut without = Vec::new();
        for (event, case) in &self.events {
            let cost = self.cost(event, case, fleet)?;
            let changes = event.scenario.changes.iter();
            let changes = changes.map(|change| change.what.to_string()).collect();
            let millionths = event.probability.millionths();
            events.push(RunEvent::new(
                &event.scenario.name,
                millionths,
                changes,
                cost,
            ));
            without.push(cost);
        }
        let mut smaller = Smaller::new(fleet);
        let mut risks = Vec::new();
        for plan in plans {
            let futures = self.futures(plan, &without, fleet)?;
            let shrink = smaller.largest_shrink(plan)?;
            risks.extend(PlanRisk::of(&plan.name, &futures, &events, shrink));
        }
        Ok(RunRisk {
            events,
            plans: risks,
        })
    }

    /// What a plan costs in each event.
    fn futures(
        &self,
        plan: &Plan,
        without: &[Money],
        fleet: &Fleet,
    ) -> Result<Vec<Future>, Failure> {
        let bought = bought(plan, &fleet.portfolio);
        let events = self.events.iter().zip(without);
        let futures = events.map(|((event, case), &nothing)| {
            let mut portfolio = case.portfolio().clone();
            let Portfolio {
                reserved_instances,
                savings_plans,
                ..
            } = bought.clone();
            portfolio.reserved_instances.extend(reserved_instances);
            portfolio.savings_plans.extend(savings_plans);
            Ok(Future {
                probability: event.probability.millionths(),
                nothing,
                cost: self.cost(event, &case.with_portfolio(portfolio), fleet)?,
            })
        });
        futures.collect()
    }

    fn cost(&self, event: &Event, case: &Case, fleet: &Fleet) -> Result<Money, Failure> {
        let costs = case.cost(&fleet.book, self.settings);
        let costs = costs.map_err(|why| no_cost(&event.scenario.name, why))?;
        Ok(costs.total())
    }
}

/// What a plan buys, without what is owned before it.
fn bought(plan: &Plan, owned: &Portfolio) -> Portfolio {
    let reserved = plan.portfolio.reserved_instances.iter();
    let plans = plan.portfolio.savings_plans.iter();
    Portfolio {
        reserved_instances: reserved
            .skip(owned.reserved_instances.len())
            .cloned()
            .collect(),
        savings_plans: plans.skip(owned.savings_plans.len()).cloned().collect(),
        sharing: owned.sharing.clone(),
    }
}

/// The fleet at a part of its usage, billed once for all plans.
struct Smaller<'a> {
    fleet: &'a Fleet,
    /// By per cent: the usage, and what it costs with nothing bought.
    known: BTreeMap<u32, (Demand, Money)>,
}

impl<'a> Smaller<'a> {
    const fn new(fleet: &'a Fleet) -> Self {
        Self {
            fleet,
            known: BTreeMap::new(),
        }
    }

    fn largest_shrink(&mut self, plan: &Plan) -> Result<Option<u32>, Failure> {
        let found = largest_shrink(|percent| {
            let cost = |demand: &Demand, portfolio: &Portfolio| {
                let fleet = self.fleet;
                Ok::<Money, Failed>(bill(demand, portfolio, &fleet.book, fleet.settings)?.total())
            };
            if !self.known.contains_key(&percent) {
                let usage = &self.fleet.import.demand;
                let demand = usage
                    .scaled(percent)
                    .map_err(|key| Failed::TooMuch(Box::new(key)))?;
                let nothing = cost(&demand, &self.fleet.portfolio)?;
                self.known.insert(percent, (demand, nothing));
            }
            let (demand, nothing) = &self.known[&percent];
            Ok(*nothing - cost(demand, &plan.portfolio)?)
        });
        found.map_err(|error: Failed| failed(&error))
    }
}
