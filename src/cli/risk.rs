//! `--events`: what may happen, and what every plan costs then.

use std::collections::BTreeMap;
use std::path::Path;

use clap::ValueEnum;

use super::Failure;
use super::compare::{no_cost, read_with};
use super::fleet::Fleet;
use super::optimize::failed;
use super::purchasing::FEW_TRIALS;
use crate::billing::{Coverable, ServiceSettings, ServiceUse, bill};
use crate::commitment::Portfolio;
use crate::demand::{Demand, DemandKey, Labels};
use crate::diagnostics::Diagnostic;
use crate::optimize::{
    Aim, Certificate, Effort, Failed, Future, Options, Outlook, Plan, Robust, Together,
    largest_shrink,
};
use crate::prices::PriceBook;
use crate::report::run::{
    FrontierBound, FrontierPoint, InputFile, PlanRisk, RunEvent, RunRisk, RunRobust, amount, value,
};
use crate::scenario::{
    Case, CostSettings, Event, MovedPrices, PriceChange, default_events, read_events,
};
use crate::units::{HourSpan, Money};

/// The word for the set that needs no file.
pub(super) const DEFAULT: &str = "default";

/// From the best mean to the best worst case.
const FRONTIER: [(&str, Aim); 6] = [
    ("mean", Aim::Expected),
    (
        "3/4 mean, 1/4 worst fifth",
        Aim::Tail { risk: 25, tail: 80 },
    ),
    ("1/2 mean, 1/2 worst fifth", Aim::MIXED),
    (
        "1/4 mean, 3/4 worst fifth",
        Aim::Tail { risk: 75, tail: 80 },
    ),
    ("worst fifth", Aim::CVAR),
    ("worst event", Aim::Worst),
];
/// For mixes of which only two figures are shown.
const LIGHT: Effort = Effort {
    tolerance: 1e-3,
    trials: FEW_TRIALS,
};

/// What the robust mix is to do well by, in savings over the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ObjectiveChoice {
    /// No robust mix, only the risk of the others
    Cheapest,
    /// The mean
    Expected,
    /// The worst event
    Worst,
    /// The mean over the worst fifth of outcomes
    Cvar,
    /// Half the mean, half the mean over the worst fifth
    Mixed,
}

impl ObjectiveChoice {
    const fn aim(self) -> Option<Aim> {
        match self {
            Self::Cheapest => None,
            Self::Expected => Some(Aim::Expected),
            Self::Worst => Some(Aim::Worst),
            Self::Cvar => Some(Aim::CVAR),
            Self::Mixed => Some(Aim::MIXED),
        }
    }

    /// As the command line has it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Cheapest => "cheapest",
            Self::Expected => "expected",
            Self::Worst => "worst",
            Self::Cvar => "cvar",
            Self::Mixed => "mixed",
        }
    }
}

/// Bounds that certificates prove; `None` where one proves nothing.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    pub(super) robust: Option<Money>,
    /// In the order of the frontier.
    pub(super) frontier: Vec<Option<Money>>,
}

/// The fleet's instances under each event.
pub(super) struct Futures {
    events: Vec<(Event, Case)>,
    settings: CostSettings,
}

impl Futures {
    /// The events of a file, or the default set; and the file.
    pub(super) fn read(asked: &str, fleet: &Fleet) -> Result<(Self, Option<InputFile>), Failure> {
        let demand = &fleet.import.demand;
        let beside = fleet.beside.as_ref();
        let beside = beside.map(|beside| beside.demand.clone());
        let base = Case::new(demand, beside.unwrap_or_default(), fleet.portfolio.clone());
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
        let mut smaller = Smaller::new(fleet.usage(), fleet);
        let mut risks = Vec::new();
        for plan in plans {
            let futures = self.futures(plan, &without, fleet)?;
            let shrink = smaller.largest_shrink(&plan.portfolio, plan.capital)?;
            risks.extend(PlanRisk::of(&plan.name, &futures, &events, shrink));
        }
        Ok(RunRisk {
            events,
            plans: risks,
            robust: None,
        })
    }

    /// What each event costs with nothing bought.
    fn without(&self, fleet: &Fleet) -> Result<Vec<Money>, Failure> {
        let events = self.events.iter();
        events
            .map(|(event, case)| self.cost(event, case, fleet))
            .collect()
    }

    /// The events as the search for a mix takes them.
    fn outlooks<'a>(&'a self, fleet: &'a Fleet) -> Result<Vec<Outlook<MovedPrices<'a>>>, Failure> {
        let services = fleet.beside.as_ref().map(|_| self.settings.services);
        let outlooks = self.events.iter().map(|(event, case)| {
            let prices = (&fleet.book, case.price_changes());
            Ok(outlook(event, case, prices, services)?)
        });
        outlooks.collect()
    }

    /// Whether events differ in usage alone, and all of it is planned for: a bound holds then.
    fn are_plain(&self, fleet: &Fleet) -> bool {
        self.events.iter().all(|(_, case)| {
            (fleet.beside.is_some() || case.services().is_empty())
                && case.price_changes().is_empty()
                && *case.portfolio() == fleet.portfolio
        })
    }

    /// The mix that does best by an objective, and how good it is; `others` are plans it has to beat.
    pub(super) fn robust(
        &self,
        objective: ObjectiveChoice,
        others: &[&Plan],
        fleet: &Fleet,
        options: &Options,
    ) -> Result<Option<(Plan, RunRobust)>, Failure> {
        let Some(aim) = objective.aim() else {
            return Ok(None);
        };
        let (usage, owned, book) = (&fleet.usage(), &fleet.portfolio, &fleet.book);
        let wrong = |error: Failed| failed(&error);
        let outlooks = self.outlooks(fleet)?;
        let together = Together::new(&outlooks, usage, owned, book, options).map_err(wrong)?;
        let best = |aim: Aim, effort: Effort, others: &[&Plan]| {
            let found = together.best(aim, effort, others, (usage, owned, book));
            found.map_err(wrong)
        };
        let effort = Effort {
            tolerance: options.tolerance,
            trials: options.trials,
        };
        let robust = best(aim, effort, others)?;
        let without = self.without(fleet)?;
        let plain = self.are_plain(fleet);
        let bound = |aim: Aim, certificate: &Certificate| {
            let bound = plain.then(|| together.bound(aim, certificate));
            bound.transpose().map_err(wrong)
        };
        let mut frontier = Vec::new();
        for named @ (_, aim) in FRONTIER {
            // The robust mix itself is one of them.
            let mix = if Some(aim) == objective.aim() {
                robust.clone()
            } else {
                best(aim, LIGHT, &[])?
            };
            let futures = self.futures(&mix.plan, &without, fleet)?;
            let most = bound(aim, &mix.certificate)?.map(|most| FrontierBound {
                most: amount(most),
                certificate: mix.certificate,
            });
            frontier.extend(FrontierPoint::of(named, &futures, most));
        }
        let Robust { plan, certificate } = robust;
        let bound = bound(aim, &certificate)?;
        let robust = RunRobust {
            objective: objective.word().to_owned(),
            value: amount(value(aim, &self.futures(&plan, &without, fleet)?)),
            bound: bound.map(amount),
            frontier,
            certificate,
        };
        Ok(Some((plan, robust)))
    }

    /// The value of a run's robust mix, the bound that its certificate proves, if it does, and those of the frontier;
    /// `None` where its objective is none.
    pub(super) fn robust_again(
        &self,
        stated: &RunRobust,
        plan: &Plan,
        fleet: &Fleet,
        options: &Options,
    ) -> Result<Option<(Money, Bounds)>, Failure> {
        let objective = ObjectiveChoice::from_str(&stated.objective, false).ok();
        let Some(aim) = objective.and_then(ObjectiveChoice::aim) else {
            return Ok(None);
        };
        let found = value(aim, &self.futures(plan, &self.without(fleet)?, fleet)?);
        if !self.are_plain(fleet) {
            return Ok(Some((found, Bounds::default())));
        }
        let (usage, owned, book) = (fleet.usage(), &fleet.portfolio, &fleet.book);
        let outlooks = self.outlooks(fleet)?;
        let together = Together::new(&outlooks, usage, owned, book, options);
        let together = together.map_err(|error| failed(&error))?;
        // What is wrong with a certificate is no failure of the check: it proves nothing.
        let bound = |aim: Aim, certificate: &Certificate| together.bound(aim, certificate).ok();
        let points = stated.frontier.iter().map(|point| {
            let (_, aim) = FRONTIER.into_iter().find(|(name, _)| *name == point.aim)?;
            bound(aim, &point.bound.as_ref()?.certificate)
        });
        let bounds = Bounds {
            robust: bound(aim, &stated.certificate),
            frontier: points.collect(),
        };
        Ok(Some((found, bounds)))
    }

    /// What a plan costs in each event.
    fn futures(
        &self,
        plan: &Plan,
        without: &[Money],
        fleet: &Fleet,
    ) -> Result<Vec<Future>, Failure> {
        let bought = bought(&plan.portfolio, &fleet.portfolio);
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
                cost: self.cost(event, &case.with_portfolio(portfolio), fleet)? + plan.capital,
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

/// An event as the search for a mix takes it; what is beside instances only where that is planned for.
fn outlook<'a>(
    event: &Event,
    case: &Case,
    (book, changes): (&'a PriceBook, &'a [PriceChange]),
    services: Option<ServiceSettings>,
) -> Result<Outlook<MovedPrices<'a>>, Diagnostic> {
    let market = MovedPrices::during(book, changes, case.span());
    let beside = services.map(|settings| case.under_plans(&market, settings));
    Ok(Outlook {
        probability: event.probability.millionths(),
        demand: case.demand()?,
        beside: beside.transpose()?.unwrap_or_default(),
        owned: case.portfolio().clone(),
        market,
    })
}

/// What may come after some hours of a fleet, beside what is owned then: the default set.
pub(super) fn foreseen<'a>(
    fleet: &'a Fleet,
    past: HourSpan,
    owned: &Portfolio,
) -> Result<Vec<Outlook<MovedPrices<'a>>>, Diagnostic> {
    let without_tags = |key: &DemandKey| DemandKey {
        labels: Labels::default(),
        ..key.clone()
    };
    let demand = fleet.import.demand.within(past);
    let demand = demand.merged(without_tags).unwrap_or(demand);
    // Tiers count from the beginning of the month on.
    let month = past.start().calendar_month().start();
    let months = HourSpan::new(month, past.end());
    let beside = fleet.beside.as_ref();
    let used = beside.map(|beside| beside.demand.within(months));
    let base = Case::new(&demand, used.unwrap_or_default(), owned.clone());
    let events = default_events(&base, &fleet.book).into_iter();
    let outlooks = events.map(|event| {
        let case = event.scenario.apply(&base, &fleet.book)?;
        // None of the set moves a price.
        let services = beside.map(|_| ServiceSettings::default());
        outlook(&event, &case, (&fleet.book, &[]), services)
    });
    outlooks.collect()
}

/// What is bought in a plan's portfolio, without what is owned before it.
pub(super) fn bought(plan: &Portfolio, owned: &Portfolio) -> Portfolio {
    let reserved = plan.reserved_instances.iter();
    let plans = plan.savings_plans.iter();
    Portfolio {
        reserved_instances: reserved
            .skip(owned.reserved_instances.len())
            .cloned()
            .collect(),
        savings_plans: plans.skip(owned.savings_plans.len()).cloned().collect(),
        sharing: owned.sharing.clone(),
    }
}

/// A fleet at a part of its usage, billed once for all plans.
pub(super) struct Smaller<'a> {
    usage: Coverable<'a>,
    fleet: &'a Fleet,
    /// By per cent: the usage, and what it costs with nothing bought.
    known: BTreeMap<u32, (Demand, ServiceUse, Money)>,
}

impl<'a> Smaller<'a> {
    pub(super) const fn new(usage: Coverable<'a>, fleet: &'a Fleet) -> Self {
        Self {
            usage,
            fleet,
            known: BTreeMap::new(),
        }
    }

    /// Of a plan's portfolio, which costs so much beside its bill.
    pub(super) fn largest_shrink(
        &mut self,
        plan: &Portfolio,
        more: Money,
    ) -> Result<Option<u32>, Failure> {
        let found = largest_shrink(|percent| {
            let cost = |demand: &Demand, beside: &ServiceUse, portfolio: &Portfolio| {
                let fleet = self.fleet;
                let beside = beside.clone();
                let usage = Coverable { demand, beside };
                Ok::<Money, Failed>(bill(usage, portfolio, &fleet.book, fleet.settings)?.total())
            };
            if !self.known.contains_key(&percent) {
                let usage = &self.usage;
                let too_much = |key| Failed::TooMuch(Box::new(key));
                let demand = usage.demand.scaled(percent).map_err(too_much)?;
                let beside = usage.beside.scaled(percent);
                let nothing = cost(&demand, &beside, &self.fleet.portfolio)?;
                self.known.insert(percent, (demand, beside, nothing));
            }
            let (demand, beside, nothing) = &self.known[&percent];
            Ok(*nothing - cost(demand, beside, plan)? - more)
        });
        found.map_err(|error: Failed| failed(&error))
    }
}
