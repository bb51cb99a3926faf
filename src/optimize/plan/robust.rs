//! A mix for several futures: the numeric problem over the hours of all of them, whole steps by exact bills of each.

use crate::billing::{Coverable, ServiceUse};
use crate::commitment::Portfolio;
use crate::demand::{Demand, DemandKey};
use crate::units::{Hour, HourSpan, Money};

use super::super::{
    Certificate, Evaluator, InvalidProblem, Objective, Problem, Scenario, Settings, check, polish,
    solve,
};
use super::aim::Aim;
use super::candidates::Market;
use super::plans::{Failed, Options, Plan};
use super::tariff::{Tariff, affordable, coarse, coarse_beside, prepare};
use super::trial::Trial;

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
    /// Over the hours of all futures, one behind the other.
    tariff: Tariff,
    scenarios: Vec<Scenario>,
    /// The problem counts costs; savings are this less them.
    offset: f64,
    /// Usage of each future under coarse keys.
    demands: Vec<Demand>,
    beside: Vec<ServiceUse>,
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

/// So many purchases are tried in every pair.
const FEW: usize = 12;

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
        let usage = usage.into();
        let span = usage.demand.span();
        let too_much = |key| Failed::TooMuch(Box::new(key));
        let beside = outlooks.iter();
        let beside: Vec<_> = beside
            .map(|one| coarse_beside(&one.beside, owned))
            .collect();
        let demands = outlooks.iter().map(|one| coarse(&one.demand, owned));
        let demands = demands.collect::<Result<Vec<_>, _>>().map_err(too_much)?;
        let stacked = stacked(&demands, span).map_err(too_much)?;
        let stacked = (stacked, ServiceUse::joined(&beside, span.len()));
        let window = prepare(usage, owned, market, options)?;
        let tariff = window.over_futures(stacked, demands.len(), owned, market, options)?;
        let mut scenarios: Vec<Scenario> = outlooks
            .iter()
            .map(|one| Scenario {
                hours: span.len(),
                probability: f64::from(one.probability) / 1e6,
                fixed: 0.0,
            })
            .collect();
        // Savings count, not costs: what nothing bought would cost is taken off each future.
        let costs = tariff.model.problem.clone();
        let costs = costs.in_scenarios(scenarios.clone(), Objective::Expected)?;
        let none = vec![0.0; costs.sources().len()];
        let nothing = Evaluator::new(&costs, options.threads).rests(&none);
        let offset = nothing.iter().copied().fold(0.0, f64::max);
        for (scenario, nothing) in scenarios.iter_mut().zip(nothing) {
            scenario.fixed = offset - nothing;
        }
        Ok(Self {
            outlooks,
            options,
            tariff,
            scenarios,
            offset,
            demands,
            beside,
        })
    }

    fn problem(&self, aim: Aim) -> Result<Problem, InvalidProblem> {
        let costs = self.tariff.model.problem.clone();
        costs.in_scenarios(self.scenarios.clone(), aim.objective())
    }

    /// The mix that does best by an aim; where one of `others` does better, it is improved instead.
    ///
    /// # Errors
    /// As [`super::optimize()`].
    pub fn best(
        &self,
        aim: Aim,
        effort: Effort,
        others: &[&Plan],
        window: (&Coverable<'_>, &Portfolio, &impl Market),
    ) -> Result<Robust, Failed> {
        let settings = Settings {
            tolerance: effort.tolerance,
            threads: self.options.threads,
            ..Settings::default()
        };
        let found = solve(&self.problem(aim)?, &settings);
        let (mut steps, mut value) = self.improve(&found.commitment, aim, effort.trials)?;
        for other in others {
            let start = self.steps_of(other);
            if self.value(&start, aim)? > value {
                let start = self.tariff.grid().commitment(&start);
                (steps, value) = self.improve(&start, aim, effort.trials)?;
            }
        }
        let (demand, owned, market) = window;
        let name = ("robust", "Robust mix, over all events");
        let plan = self
            .tariff
            .plan(name, &steps, demand, owned, market, self.options)?;
        Ok(Robust {
            plan,
            certificate: found.certificate,
        })
    }

    /// What no mix of the allowed kinds can bring the aim above, proved by a certificate, where futures differ in the
    /// usage of instances alone. Rounded up to a millionth of a dollar.
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

    /// What whole steps come to by an aim, exactly.
    fn value(&self, steps: &[u64], aim: Aim) -> Result<Money, Failed> {
        let held: Vec<usize> = (0..steps.len())
            .filter(|&source| steps[source] > 0)
            .collect();
        let amounts: Vec<u64> = held.iter().map(|&source| steps[source]).collect();
        Ok(self
            .trials(&held)?
            .value(&amounts, aim, self.options.threads))
    }

    /// Whole steps near commitments, moved to a top of the exact value, and that value.
    fn improve(
        &self,
        commitment: &[f64],
        aim: Aim,
        trials: usize,
    ) -> Result<(Vec<u64>, Money), Failed> {
        let mut steps = self.tariff.grid().round(commitment);
        let held = self.tariff.worth_trying(&steps, commitment);
        let billed = self.trials(&held)?;
        let limit = affordable(billed.work(), trials);
        let start: Vec<u64> = held.iter().map(|&source| steps[source]).collect();
        let evaluate = |steps: &[u64]| Some(-billed.value(steps, aim, self.options.threads));
        let Some(polished) = polish(start, &self.exchanges(&held), limit, evaluate) else {
            return Ok((steps, Money::ZERO));
        };
        for (&source, found) in held.iter().zip(polished.steps) {
            steps[source] = found;
        }
        Ok((steps, -polished.cost))
    }

    /// Pairs between which steps may move. The worst event ties all purchases together, whatever they serve; with many
    /// of them only those are paired that serve the same usage.
    fn exchanges(&self, held: &[usize]) -> Vec<(usize, usize)> {
        let count = held.len();
        if count > FEW {
            return self.tariff.neighbours(held);
        }
        (0..count)
            .flat_map(|a| (a + 1..count).map(move |b| (a, b)))
            .collect()
    }

    /// Every future with so many sources, ready to be billed.
    fn trials(&self, held: &[usize]) -> Result<Trials<'_>, Failed> {
        let mut futures = Vec::new();
        let usage = self.demands.iter().zip(&self.beside);
        for (one, (demand, beside)) in self.outlooks.iter().zip(usage) {
            let usage = Coverable {
                demand,
                beside: beside.clone(),
            };
            let trial = Trial::under(
                &self.tariff,
                held,
                (usage, &one.owned),
                &one.market,
                self.options,
            )?;
            let none = vec![0; held.len()];
            let nothing = trial.cost(&none, demand, self.options.threads).cost;
            futures.push((one.probability, trial, demand, nothing));
        }
        Ok(Trials(futures))
    }
}

/// By future: probability, what is billed, its usage, and what it costs with nothing bought.
struct Trials<'a>(Vec<(u32, Trial, &'a Demand, Money)>);

impl Trials<'_> {
    fn value(&self, steps: &[u64], aim: Aim, threads: usize) -> Money {
        let savings = self.0.iter().map(|(probability, trial, demand, nothing)| {
            (
                *probability,
                *nothing - trial.cost(steps, demand, threads).cost,
            )
        });
        aim.of(&savings.collect::<Vec<_>>())
    }

    /// Lines times hours of one evaluation.
    fn work(&self) -> usize {
        let futures = self.0.iter();
        futures
            .map(|(_, trial, demand, _)| trial.setup.line_count() * demand.span().len())
            .sum()
    }
}

/// The hours of all futures one behind the other, under every key that any of them has.
fn stacked(demands: &[Demand], window: HourSpan) -> Result<Demand, DemandKey> {
    let hours = window.len();
    let mut keys: Vec<&DemandKey> = demands.iter().flat_map(Demand::keys).collect();
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
