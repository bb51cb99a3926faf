//! A mix for several futures: the numeric problem over the hours of all of them, whole steps by exact bills of each.

use std::cell::RefCell;

use crate::billing::{Coverable, ServiceUse};
use crate::commitment::Portfolio;
use crate::demand::{Demand, DemandKey};
use crate::units::{Hour, HourSpan, Money};

use super::super::{
    Certificate, Evaluator, Ground, InvalidProblem, Limit, Objective, Problem, Scenario, Settings,
    Solution, around, check, polish, solve,
};
use super::aim::Aim;
use super::candidates::Market;
use super::estimate::Estimate;
use super::keep::{Inputs, Restriction, Search, kept};
use super::plans::{Failed, Options, Plan};
use super::rounding::{FEW, affordable, pairs_of};
use super::rules::{RuleName, Unkept};
use super::tariff::{Tariff, coarse, coarse_beside, prepare};
use super::trial::{Trial, Tried};

/// One future: exactly one of them happens.
#[derive(Debug)]
pub struct Outlook<M> {
    /// In millionths; all of them sum to a million.
    pub probability: u32,
    /// Its usage, over the hours of the window.
    pub demand: Demand,
    /// What plans may cover beside instances, over the same hours.
    pub beside: ServiceUse,
    /// What is owned in it.
    pub owned: Portfolio,
    /// Its prices.
    pub market: M,
}

/// Futures put together as one problem.
pub struct Together<'a, M> {
    outlooks: &'a [Outlook<M>],
    options: &'a Options,
    /// Of the window as it was: rules are about it.
    window: Tariff,
    /// Over the hours of all futures, one behind the other.
    tariff: Tariff,
    /// The futures; where coverage has a rule, the window as it was behind them, with no probability.
    scenarios: Vec<Scenario>,
    /// The rules that are rows.
    rows: Vec<Limit>,
    /// Of each source, which one of the window it is, where it can be bought.
    places: Vec<Option<usize>>,
    /// The problem counts costs; savings are this less them.
    offset: f64,
    /// Usage of each future under coarse keys.
    demands: Vec<Demand>,
    /// What plans may cover beside it.
    beside: Vec<ServiceUse>,
    /// What the searches for several aims have in common, from the first one on.
    ground: RefCell<Option<Ground>>,
}

/// A mix for an aim, and the proof of how good any could be.
#[derive(Debug, Clone, PartialEq)]
pub struct Robust {
    /// The purchases, billed on the window as it was.
    pub plan: Plan,
    /// What [`Together::bound`] needs.
    pub certificate: Certificate,
}

/// How hard to search.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Where the search may stop: cost over bound less one.
    pub tolerance: f64,
    /// How often whole steps may be billed, at most.
    pub trials: usize,
}

/// By how much floats may have lifted a saving: far more than they do.
const ROUNDING: f64 = 1e-9;

impl<'a, M: Market> Together<'a, M> {
    /// What may be bought is what serves the usage of the window as it was, at the prices of `market`.
    ///
    /// # Errors
    /// As [`super::optimize()`].
    pub fn new<'b>(
        outlooks: &'a [Outlook<M>],
        usage: impl Into<Coverable<'b>>,
        owned: &Portfolio,
        market: &impl Market,
        options: &'a Options,
    ) -> Result<Self, Failed> {
        let too_much = |key| Failed::TooMuch(Box::new(key));
        let usage = usage.into();
        let span = usage.demand.span();
        let window = prepare(usage, owned, market, options)?;
        let offered = window.candidates();
        let demands = outlooks.iter();
        let demands = demands.map(|one| coarse(&one.demand, owned, offered));
        let demands = demands.collect::<Result<Vec<_>, _>>().map_err(too_much)?;
        let beside = outlooks.iter();
        let beside: Vec<_> = beside
            .map(|one| coarse_beside(&one.beside, owned, offered))
            .collect();
        let mut scenarios: Vec<Scenario> = outlooks
            .iter()
            .map(|one| Scenario {
                hours: span.len(),
                probability: f64::from(one.probability) / 1e6,
                fixed: 0.0,
            })
            .collect();
        let mut behind: Vec<&Demand> = demands.iter().collect();
        let mut behind_beside = beside.clone();
        if window.budget.counts_coverage() {
            behind.push(&window.demand);
            behind_beside.push(window.usage().beside);
            scenarios.push(Scenario {
                hours: span.len(),
                probability: 0.0,
                fixed: 0.0,
            });
        }
        let stacked = stacked(&behind, span).map_err(too_much)?;
        let stacked = (stacked, ServiceUse::joined(&behind_beside, span.len()));
        let tariff = window.over_futures(stacked, scenarios.len(), owned, market, options)?;
        // Savings count, not costs: what nothing bought would cost is taken off each future.
        let costs = tariff.model.problem.clone();
        let costs = costs.in_scenarios(scenarios.clone(), Objective::Expected)?;
        let none = vec![0.0; costs.sources().len()];
        let nothing = Evaluator::new(&costs, costs.threads(options.threads)).rests(&none);
        let offset = nothing.iter().copied().fold(0.0, f64::max);
        for (scenario, nothing) in scenarios.iter_mut().zip(nothing) {
            scenario.fixed = offset - nothing;
        }
        let as_it_was = (scenarios.len() - 1, window.model.problem.on_demand());
        Ok(Self {
            outlooks,
            options,
            rows: tariff.rows(as_it_was),
            places: tariff.places_in(&window),
            window,
            tariff,
            scenarios,
            offset,
            demands,
            beside,
            ground: RefCell::new(None),
        })
    }

    /// Searches the problem of an aim, from where the search for the aim before ended.
    fn solve(&self, problem: &Problem, settings: &Settings) -> Solution {
        let mut ground = self.ground.borrow_mut();
        let ground = ground.get_or_insert_with(|| Ground::shared(problem, settings));
        ground.solve(problem, settings)
    }

    fn problem(&self, aim: Aim) -> Result<Problem, InvalidProblem> {
        let costs = self.tariff.model.problem.clone();
        let costs = costs.in_scenarios(self.scenarios.clone(), aim.objective())?;
        costs.limited(self.rows.clone())
    }

    /// The mix that does best by an aim and keeps the rules; where one of `others`, which keep them, does better, it is
    /// improved instead.
    ///
    /// # Errors
    /// As [`super::optimize()`].
    pub fn best(
        &self,
        aim: Aim,
        effort: Effort,
        others: &[&Plan],
        (demand, owned, market): (&Coverable<'_>, &Portfolio, &impl Market),
    ) -> Result<Robust, Failed> {
        let options = self.options;
        let inputs = Inputs {
            demand,
            owned,
            market,
            options,
        };
        let search = OverFutures {
            together: self,
            aim,
            effort,
            inputs: &inputs,
        };
        let (steps, certificate) = search.found(&Restriction::default(), others)?;
        let steps = kept(&search, steps)?;
        let name = ("robust", "Robust mix, over all events");
        let plan = self
            .tariff
            .plan(name, &steps, demand, owned, market, options)?;
        Ok(Robust { plan, certificate })
    }

    /// What no mix of the allowed kinds can bring the aim above, proved by a certificate, where futures differ in
    /// usage alone. Rounded up to a millionth of a dollar.
    ///
    /// # Errors
    /// What is wrong with the certificate.
    pub fn bound(&self, aim: Aim, certificate: &Certificate) -> Result<Money, Failed> {
        let proved = check(&self.problem(aim)?, certificate)?;
        let most = self.offset - proved;
        Ok(millionths_above(
            most + ROUNDING * (self.offset + most.abs()),
        ))
    }

    /// A plan's purchases as steps by source.
    fn steps_of(&self, plan: &Plan) -> Vec<u64> {
        let mut steps = vec![0; self.tariff.model.sources.len()];
        for bought in &plan.purchases {
            if let Some(source) = self.tariff.source_of(bought) {
                steps[source] += bought.steps;
            }
        }
        steps
    }

    /// Steps by source as steps of the window's sources.
    fn in_window(&self, steps: &[u64]) -> Vec<u64> {
        let mut there = vec![0; self.window.model.sources.len()];
        for (place, &steps) in self.places.iter().zip(steps) {
            if let Some(place) = *place {
                there[place] = steps;
            }
        }
        there
    }

    /// Pairs between which steps may move. The worst event ties all purchases together, whatever they serve; with many
    /// of them only those are paired that serve the same usage.
    fn exchanges(&self, held: &[usize]) -> Vec<(usize, usize)> {
        let count = held.len();
        if count > FEW {
            return self.tariff.neighbours(held);
        }
        pairs_of(count).collect()
    }
}

/// The search for the mix that does best by an aim.
struct OverFutures<'a, M, N> {
    together: &'a Together<'a, M>,
    aim: Aim,
    effort: Effort,
    inputs: &'a Inputs<'a, N>,
}

impl<M: Market, N: Market> Search for OverFutures<'_, M, N> {
    fn attempt(&self, restriction: &Restriction) -> Result<Vec<u64>, Failed> {
        Ok(self.found(restriction, &[])?.0)
    }

    fn weak(&self, steps: &[u64]) -> Result<Option<Vec<usize>>, Failed> {
        let Together { window, places, .. } = self.together;
        let Inputs {
            market, options, ..
        } = *self.inputs;
        let weak = window.weak(&self.together.in_window(steps), market, options)?;
        let here = |weak: usize| places.iter().position(|&place| place == Some(weak));
        Ok(weak.map(|weak| weak.into_iter().filter_map(here).collect()))
    }

    fn broken(&self, steps: &[u64]) -> Result<Option<RuleName>, Failed> {
        let steps = self.together.in_window(steps);
        self.together.window.broken(&steps, self.inputs)
    }
}

impl<M: Market, N: Market> OverFutures<'_, M, N> {
    /// Whole steps near the numeric solution under a restriction, or near one of `others` that does better; and the
    /// proof of the solution.
    fn found(
        &self,
        restriction: &Restriction,
        others: &[&Plan],
    ) -> Result<(Vec<u64>, Certificate), Failed> {
        let Together {
            tariff, options, ..
        } = self.together;
        let settings = Settings {
            tolerance: self.effort.tolerance,
            threads: tariff.model.problem.threads(options.threads),
            ..Settings::default()
        };
        let stated = self.together.problem(self.aim)?;
        let solution = if restriction.is_none() {
            self.together.solve(&stated, &settings)
        } else {
            let sources = tariff.restricted(restriction);
            solve(&stated.clone().with_sources(sources)?, &settings)
        };
        if let Some(&broken) = solution.broken.first() {
            return Err(self.never(&self.together.rows[broken]).into());
        }
        let start = &solution.commitment;
        let (mut best, mut cost) = self.improve(start, restriction)?;
        if !self.together.rows.is_empty()
            && let Some(start) =
                tariff.beside_whole_instances(&stated, start, restriction, &settings)?
        {
            let (steps, other) = self.improve(&start, restriction)?;
            if other < cost {
                (best, cost) = (steps, other);
            }
        }
        for other in others {
            let start = self.together.steps_of(other);
            if !tariff.keeps_floors(&start) {
                continue;
            }
            if self.tried(&start, restriction)? < cost {
                let start = tariff.grid().commitment(&start);
                (best, cost) = self.improve(&start, restriction)?;
            }
        }
        Ok((best, solution.certificate))
    }

    /// What a row that cannot be kept stands for.
    fn never(&self, row: &Limit) -> Unkept {
        let names = self.inputs.options.rules.names();
        let rule = names.into_iter().find(|rule| rule.row() == row.name);
        let rule = rule.unwrap_or(RuleName::MinCoverage);
        Unkept::Never { rule }
    }

    /// Estimates of trials; `None` where they would be others, and under negotiated discounts.
    fn estimate(
        &self,
        held: &[usize],
        restriction: &Restriction,
    ) -> Result<Option<Estimate>, Failed> {
        let Together {
            tariff,
            options,
            outlooks,
            ..
        } = self.together;
        let negotiated = |one: &Outlook<M>| one.market.contract().is_some();
        if restriction.dearer > 0 || outlooks.iter().any(negotiated) {
            return Ok(None);
        }
        let problem = self.together.problem(self.aim)?;
        Estimate::new(tariff, &problem, held, options.threads)
    }

    /// What becomes of whole steps, exactly.
    fn tried(&self, steps: &[u64], restriction: &Restriction) -> Result<Tried, Failed> {
        let held: Vec<usize> = (0..steps.len())
            .filter(|&source| steps[source] > 0)
            .collect();
        let amounts: Vec<u64> = held.iter().map(|&source| steps[source]).collect();
        Ok(self.trials(&held, restriction)?.tried(&amounts))
    }

    /// Whole steps near commitments, moved to a bottom of the exact trials, and what becomes of them.
    fn improve(
        &self,
        commitment: &[f64],
        restriction: &Restriction,
    ) -> Result<(Vec<u64>, Tried), Failed> {
        let tariff = &self.together.tariff;
        let mut steps = tariff.grid().round(commitment);
        let mut held = tariff.worth_trying(&steps, commitment);
        held.retain(|source| !restriction.banned.contains(source));
        let trials = self.trials(&held, restriction)?;
        let limit = affordable(trials.work(), self.effort.trials);
        let start: Vec<u64> = held.iter().map(|&source| steps[source]).collect();
        let mut estimate = self.estimate(&held, restriction)?;
        let enough = tariff.floors_of(&held);
        let mut evaluate = |steps: &[u64]| match &mut estimate {
            _ if !enough.hold(steps) => None,
            Some(estimate) => estimate.tried(steps, |steps| trials.tried(steps)),
            None => Some(trials.tried(steps)),
        };
        let pairs = self.together.exchanges(&held);
        let Some(polished) = polish(start, &pairs, limit, &mut evaluate) else {
            return Ok((steps, Tried::NOTHING));
        };
        let polished = around(polished, &tariff.whole(&held), limit, evaluate);
        for (&source, found) in held.iter().zip(polished.steps) {
            steps[source] = found;
        }
        Ok((steps, polished.cost))
    }

    /// Every future with so many sources, ready to be billed.
    fn trials(&self, held: &[usize], restriction: &Restriction) -> Result<Trials<'_>, Failed> {
        let Together {
            outlooks,
            tariff,
            window,
            options,
            demands,
            beside,
            places,
            ..
        } = self.together;
        let mut futures = Vec::new();
        for (one, (demand, beside)) in outlooks.iter().zip(demands.iter().zip(beside)) {
            let beside = beside.clone();
            let usage = (Coverable { demand, beside }, &one.owned);
            let trial = Trial::under(tariff, held, usage, &one.market, options)?;
            let none = vec![0; held.len()];
            let nothing = trial.cost(&none, demand, options.threads).cost;
            let trial = trial.dearer(restriction.dearer);
            futures.push((one.probability, trial, demand, nothing));
        }
        let as_it_was = if window.budget.counts_coverage() {
            let held: Vec<usize> = held.iter().filter_map(|&source| places[source]).collect();
            let trial = Trial::new(window, &held, 0, self.inputs.market, options)?;
            Some((trial, &window.demand))
        } else {
            None
        };
        Ok(Trials {
            futures,
            as_it_was,
            aim: self.aim,
            threads: options.threads,
        })
    }
}

/// Whole steps billed in every future.
struct Trials<'a> {
    /// Probability, what is billed, its usage, and what it costs with nothing bought.
    futures: Vec<(u32, Trial, &'a Demand, Money)>,
    /// The window, where coverage has a rule.
    as_it_was: Option<(Trial, &'a Demand)>,
    aim: Aim,
    threads: usize,
}

impl Trials<'_> {
    /// By how much a budget is missed, and the value by the aim, negative: the less the better.
    fn tried(&self, steps: &[u64]) -> Tried {
        let mut over = Money::ZERO;
        let savings = self
            .futures
            .iter()
            .map(|(probability, trial, demand, nothing)| {
                let tried = trial.cost(steps, demand, self.threads);
                over = tried.over;
                (*probability, *nothing - tried.cost)
            });
        let value = self.aim.of(&savings.collect::<Vec<_>>());
        // What stays On-Demand is counted in the window as it was; all else is the same in every future.
        if let Some((trial, demand)) = &self.as_it_was {
            over = trial.cost(steps, demand, self.threads).over;
        }
        Tried { over, cost: -value }
    }

    /// Lines times hours of one evaluation.
    fn work(&self) -> usize {
        let futures = self
            .futures
            .iter()
            .map(|(_, trial, demand, _)| (trial, *demand));
        let as_it_was = self
            .as_it_was
            .iter()
            .map(|(trial, demand)| (trial, *demand));
        futures
            .chain(as_it_was)
            .map(|(trial, demand)| trial.setup.line_count() * demand.span().len())
            .sum()
    }
}

/// The hours of all futures one behind the other, under every key that any of them has.
fn stacked(demands: &[&Demand], window: HourSpan) -> Result<Demand, DemandKey> {
    let hours = window.len();
    let mut keys: Vec<&DemandKey> = demands.iter().flat_map(|demand| demand.keys()).collect();
    keys.sort();
    keys.dedup();
    let rows = keys.into_iter().map(|key| {
        let futures = demands.iter().map(|demand| {
            let row = demand.keys().binary_search(key);
            row.map_or_else(|_| vec![0; hours], |row| demand.seconds(row).to_vec())
        });
        (key.clone(), futures.collect::<Vec<_>>().concat())
    });
    let all = i64::try_from(hours * demands.len()).unwrap_or(i64::MAX);
    let start: Hour = window.start();
    Demand::from_rows(HourSpan::new(start, start.plus(all)), rows)
}

/// A float of dollars as money, rounded up to whole millionths.
#[expect(
    clippy::cast_possible_truncation,
    reason = "bounds are far below 2^63 millionths"
)]
fn millionths_above(dollars: f64) -> Money {
    const MILLIONTH: i128 = Money::ATOMS_PER_DOLLAR.div_euclid(1_000_000);
    Money::from_atoms(MILLIONTH).times((dollars * 1e6).ceil() as i128)
}
