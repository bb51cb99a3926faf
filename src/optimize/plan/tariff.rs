//! A fleet with everything that could be bought for it, resolved once: from here the numbers are searched,
//! rounded to whole purchases and proved.

use crate::billing::{Bill, Coverable, ServiceUse, Setup};
use crate::catalog::Account;
use crate::commitment::{Portfolio, ReservedScope, SavingsPlanScope};
use crate::demand::{CAPACITY_RESERVATION, Demand, DemandKey, Labels, OPTIMIZE_CPUS};
use crate::prices::{MissingPrice, MissingService};
use crate::units::{HourSpan, Money};

use super::super::{
    Certificate, Evaluator, Grid, Limit, Rule, Settings, Solution, Source, Violation, baselines,
    check, curve, solve,
};
use super::budget::Budget;
use super::candidates::{Candidate, CandidateKind, Market, candidates};
use super::life::Life;
use super::model::{Model, SourceOf};
use super::plans::{Failed, Options, Plan, Purchase, add, buy};
use super::zonal::{excluded, floors};

/// Everything that does not change while amounts are tried.
#[derive(Debug)]
pub struct Tariff {
    /// The demand under coarser keys: what billing cannot tell apart is one line.
    pub(super) demand: Demand,
    /// What plans may cover beside instances, in the same way.
    beside: ServiceUse,
    /// What could be bought.
    pub(super) candidates: Vec<Candidate>,
    /// What is owned, then every candidate with an amount of nothing.
    pub(super) portfolio: Portfolio,
    pub(super) model: Model,
    /// How many of the portfolio's reservations and plans are owned.
    pub(super) owned: (usize, usize),
    pub(super) missing: Vec<MissingPrice>,
    /// What plans that could be bought were taken not to cover beside instances, for want of a rate.
    pub(super) uncovered: Vec<MissingService>,
    /// What the rules leave to buy.
    pub(super) budget: Budget,
    /// When each candidate lives; empty where all of them do in all hours.
    pub(super) lives: Vec<Life>,
    /// How many hours each hour of the demand stands for; empty where each is one.
    pub(super) weights: Vec<u32>,
}

/// Resolves candidates, prices and scopes, and states the numeric problem. Families without usage that rules name are
/// not looked at.
pub fn prepare<'a>(
    usage: impl Into<Coverable<'a>>,
    owned: &Portfolio,
    market: &impl Market,
    options: &Options,
) -> Result<Tariff, Failed> {
    let usage = usage.into();
    let (mut candidates, missing) = candidates(&usage, market, options);
    candidates.retain(|candidate| options.rules.allow(candidate));
    let demand = coarse(usage.demand, owned, &candidates);
    let demand = demand.map_err(|key| Failed::TooMuch(Box::new(key)))?;
    let beside = coarse_beside(&usage.beside, owned, &candidates);
    for candidate in &mut candidates {
        candidate.paid = candidate.paid.at(options.cost_of_capital, candidate.term);
    }
    let floors = floors(&usage, owned, market, options, &candidates)?;
    let mut tariff = stated(
        (demand, beside, 1),
        (candidates, missing),
        None,
        owned,
        market,
        options,
    )?;
    tariff.budget.floors = floors;
    let tariff = tariff.with_floors()?;
    let rows = tariff.rows((0, tariff.model.problem.on_demand()));
    tariff.limited(rows).map_err(|why| excluded(why, options))
}

/// States the problem of buying what is offered for the usage of so many futures, one behind the other, without the
/// rows of a budget, which is that of this usage unless given.
pub(super) fn stated(
    (demand, beside, futures): (Demand, ServiceUse, usize),
    (candidates, missing): (Vec<Candidate>, Vec<MissingPrice>),
    budget: Option<Budget>,
    owned: &Portfolio,
    market: &impl Market,
    options: &Options,
) -> Result<Tariff, Failed> {
    let mut portfolio = owned.clone();
    for candidate in &candidates {
        add(&mut portfolio, candidate, 0, demand.span(), options.buyer);
    }
    let usage = Coverable {
        demand: &demand,
        beside: beside.clone(),
    };
    let setup = Setup::new(usage, &portfolio, market, options.billing)?;
    let counts = (owned.reserved_instances.len(), owned.savings_plans.len());
    let steps: Vec<f64> = portfolio
        .reserved_instances
        .iter()
        .zip(&setup.reservations)
        .map(|(ri, paid)| paid.fee.effective_hourly(ri.term).to_f64())
        .collect();
    let amounts = Setup::amounts(&portfolio);
    let model = Model::new(&setup, &amounts, (&demand, futures), counts, &steps)?;
    let budget = match budget {
        Some(budget) => budget,
        None => Budget::new(&options.rules, owned, &setup, &demand)?,
    };
    let tariff = Tariff {
        demand,
        beside,
        candidates,
        portfolio,
        model,
        owned: counts,
        missing,
        uncovered: setup.without_service_plan_rate,
        budget,
        lives: Vec::new(),
        weights: Vec::new(),
    };
    tariff.with_capital()
}

/// The usage under keys that keep only what decides a price or a commitment's scope.
pub(super) fn coarse(
    demand: &Demand,
    owned: &Portfolio,
    offered: &[Candidate],
) -> Result<Demand, DemandKey> {
    let mut reserved = owned.reserved_instances.iter();
    let is_zonal = |one: &Candidate| {
        let kind = one.kind;
        matches!(kind, CandidateKind::Reserved { zonal: Some(_), .. })
    };
    let zonal = reserved.any(|ri| matches!(ri.scope, ReservedScope::Zonal(_)))
        || offered.iter().any(is_zonal);
    let owners = owners(owned);
    let others = Account::new("");
    demand.merged(|key| DemandKey {
        account: if owners.contains(&key.account) {
            key.account
        } else {
            others
        },
        zone: key.zone.filter(|_| zonal),
        labels: decisive(key, zonal),
        ..key.clone()
    })
}

/// The labels without which a commitment's scope would be another one; what they say does not matter.
fn decisive(key: &DemandKey, zonal: bool) -> Labels {
    let kept = [(CAPACITY_RESERVATION, zonal), (OPTIMIZE_CPUS, true)];
    let kept = kept
        .into_iter()
        .filter(|&(name, matters)| matters && key.label(name).is_some());
    kept.map(|(name, _)| (name.into(), "".into())).collect()
}

/// The accounts that own something: it serves their own usage first.
fn owners(owned: &Portfolio) -> Vec<Account> {
    let reserved = owned.reserved_instances.iter().map(|ri| ri.account);
    let plans = owned.savings_plans.iter().map(|plan| plan.account);
    reserved.chain(plans).collect()
}

/// Use beside instances where only those accounts are told apart, and those of hosts that could be reserved.
pub(super) fn coarse_beside(
    beside: &ServiceUse,
    owned: &Portfolio,
    offered: &[Candidate],
) -> ServiceUse {
    let mut apart = owners(owned);
    let of_hosts = |one: &&Candidate| matches!(one.kind, CandidateKind::Hosts { .. });
    let of_hosts = offered.iter().filter(of_hosts);
    apart.extend(of_hosts.filter_map(|one| one.kind.account()));
    beside.merged(|account| apart.contains(&account))
}

impl Tariff {
    /// The usage under coarse keys.
    pub(super) fn usage(&self) -> Coverable<'_> {
        Coverable {
            demand: &self.demand,
            beside: self.beside.clone(),
        }
    }

    /// The same things to buy for the usage of so many futures, one behind the other. The budget stays that of the
    /// window, and is in no row.
    pub(super) fn over_futures(
        &self,
        (demand, beside): (Demand, ServiceUse),
        futures: usize,
        owned: &Portfolio,
        market: &impl Market,
        options: &Options,
    ) -> Result<Self, Failed> {
        let offered = (self.candidates.clone(), self.missing.clone());
        let budget = Some(self.budget.clone());
        let usage = (demand, beside, futures);
        stated(usage, offered, budget, owned, market, options)?.with_floors()
    }

    /// When a candidate lives, of so many hours.
    pub(super) fn life(&self, candidate: usize, hours: HourSpan) -> Life {
        let life = self.lives.get(candidate).copied();
        life.unwrap_or_else(|| Life::whole(hours))
    }

    /// Whether two sources begin together.
    pub(super) fn begin_together(&self, a: usize, b: usize) -> bool {
        let start = |source: usize| {
            let candidate = self.candidate(self.model.sources[source])?;
            Some(self.lives.get(candidate)?.alive.start())
        };
        start(a) == start(b)
    }

    /// Whether two sources are the same thing bought at two dates.
    pub(super) fn is_same(&self, a: usize, b: usize) -> bool {
        let of = |source: usize| {
            let candidate = self.candidate(self.model.sources[source])?;
            Some(&self.candidates[candidate])
        };
        of(a).is_some() && of(a) == of(b)
    }

    /// What each source of the problem is, where it can be bought.
    pub(super) fn offered(&self) -> impl Iterator<Item = Option<&Candidate>> {
        let sources = self.model.sources.iter();
        sources.map(|&source| Some(&self.candidates[self.candidate(source)?]))
    }

    /// The budget as rows of the problem; coverage is that of a scenario, whose usage costs so much.
    pub(super) fn rows(&self, scenario: (usize, f64)) -> Vec<Limit> {
        let sources = self.model.sources.iter();
        let offered = sources.map(|&source| {
            let index = self.candidate(source)?;
            Some((index, &self.candidates[index]))
        });
        let offered: Vec<Option<(usize, &Candidate)>> = offered.collect();
        self.budget.limits(scenario, &offered)
    }

    /// The same under rows.
    pub(super) fn limited(mut self, rows: Vec<Limit>) -> Result<Self, Failed> {
        self.model.problem = self.model.problem.limited(rows)?;
        Ok(self)
    }

    /// The same with fees that count what capital costs; where it costs nothing nothing is touched.
    fn with_capital(mut self) -> Result<Self, Failed> {
        let counted = self.offered().map(|candidate| {
            let paid = candidate.map(|candidate| candidate.paid);
            let paid = paid.filter(|paid| !paid.capital.is_zero())?;
            Some(paid.counted().to_f64() / paid.effective.to_f64())
        });
        let counted: Vec<Option<f64>> = counted.collect();
        if counted.iter().any(Option::is_some) {
            let sources = self.model.problem.sources().iter().zip(counted);
            let sources = sources.map(|(source, counted)| Source {
                fee: source.fee * counted.unwrap_or(1.0),
                ..source.clone()
            });
            let sources = sources.collect();
            self.model.problem = self.model.problem.with_sources(sources)?;
        }
        Ok(self)
    }

    /// Of each source, which one of another tariff of the same offers it is; `None` for what is owned.
    pub(super) fn places_in(&self, other: &Self) -> Vec<Option<usize>> {
        let place = |&source: &SourceOf| {
            let candidate = self.candidate(source)?;
            let mut there = other.model.sources.iter();
            there.position(|&source| other.candidate(source) == Some(candidate))
        };
        self.model.sources.iter().map(place).collect()
    }

    /// In what steps each source of the problem is sold.
    pub(super) fn grid(&self) -> Grid {
        let step = |source: &SourceOf| match self.candidate(*source) {
            Some(candidate) => self.candidates[candidate].paid.effective.to_f64(),
            None => 1.0,
        };
        Grid {
            steps: self.model.sources.iter().map(step).collect(),
        }
    }

    /// Index of the candidate that a source is; `None` for what is owned.
    pub(super) fn candidate(&self, source: SourceOf) -> Option<usize> {
        let reserved = self.portfolio.reserved_instances.len() - self.owned.0;
        match source {
            SourceOf::Reservation(index) => index.checked_sub(self.owned.0),
            SourceOf::Plan(index) => index
                .checked_sub(self.owned.1)
                .map(|index| reserved + index),
        }
    }

    /// The source of the problem that a purchase is; `None` for what cannot be bought.
    pub(super) fn source_of(&self, bought: &Purchase) -> Option<usize> {
        let is_it = |source: &SourceOf| {
            let candidate = self.candidate(*source);
            candidate.is_some_and(|candidate| self.candidates[candidate] == bought.candidate)
        };
        self.model.sources.iter().position(is_it)
    }

    /// Searches the numeric problem.
    pub(super) fn solve(&self, options: &Options) -> Solution {
        solve(&self.model.problem, &self.settings(options))
    }

    pub(super) fn settings(&self, options: &Options) -> Settings {
        Settings {
            tolerance: options.tolerance,
            threads: self.model.problem.threads(options.threads),
            ..Settings::default()
        }
    }

    /// Steps by source as a plan on the real demand, priced exactly.
    pub(super) fn plan(
        &self,
        name: (&str, &str),
        steps: &[u64],
        usage: &Coverable<'_>,
        owned: &Portfolio,
        market: &impl Market,
        options: &Options,
    ) -> Result<Plan, Failed> {
        buy(name, self.purchases(steps), usage, owned, market, options)
    }

    /// Steps by source as purchases; none that are empty.
    fn purchases(&self, steps: &[u64]) -> Vec<Purchase> {
        let bought = self.model.sources.iter().zip(steps);
        let bought = bought.filter_map(|(&source, &steps)| {
            let candidate = self.candidate(source).filter(|_| steps > 0)?;
            Some(Purchase {
                candidate: self.candidates[candidate].clone(),
                steps,
            })
        });
        bought.collect()
    }

    /// What a rule of thumb buys.
    pub(super) fn by_rule(&self, rule: Rule, threads: usize) -> Vec<Purchase> {
        let problem = &self.model.problem;
        let all = baselines(problem, problem.threads(threads));
        let found = all.iter().find(|baseline| baseline.rule == rule);
        found.map_or_else(Vec::new, |found| {
            self.purchases(&self.grid().round(&found.commitment))
        })
    }

    /// The bound that `certificate` proves for the whole window: what the problem costs at least, plus what
    /// no purchase changes (Spot, and what is owned, taken from any `bill` of the window). Rounded down to a
    /// millionth of a dollar: it must not claim too much.
    pub fn certified_bound(
        &self,
        certificate: &Certificate,
        bill: &Bill,
    ) -> Result<Money, Violation> {
        let proved = check(&self.model.problem, certificate)?;
        let owned = bill.reserved_instances.iter().take(self.owned.0);
        let owned = owned.chain(bill.savings_plans.iter().take(self.owned.1));
        let sunk: Money = owned.map(|owned| owned.cost).sum();
        Ok(millionths_below(below(proved) + bill.spot_cost() + sunk))
    }

    /// What could be bought.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// What one Compute Savings Plan saves beside what is owned, which alone saves `already`, against its level.
    pub(super) fn compute_plan_curve(&self, already: Money, threads: usize) -> Vec<(f64, f64)> {
        let sources = self.model.problem.sources();
        let compute = |source: &usize| {
            let candidate = self.candidate(self.model.sources[*source]);
            let kind = candidate.map(|candidate| self.candidates[candidate].kind);
            matches!(
                kind,
                Some(CandidateKind::SavingsPlan(SavingsPlanScope::Compute))
            )
        };
        let Some(source) = (0..sources.len()).find(compute) else {
            return Vec::new();
        };
        // The problem counts what is paid; a plan is bought by its public commitment.
        let public = self
            .candidate(self.model.sources[source])
            .map_or(1.0, |candidate| {
                let Candidate { step, paid, .. } = &self.candidates[candidate];
                if *step == paid.effective {
                    1.0
                } else {
                    step.to_f64() / paid.effective.to_f64()
                }
            });
        let none = vec![0.0; sources.len()];
        let problem = &self.model.problem;
        let evaluator = Evaluator::new(problem, problem.threads(threads));
        let points = curve(problem, &evaluator, &none, source, CURVE_POINTS).points;
        let nothing = points.first().map_or(0.0, |point| point.cost);
        points
            .iter()
            .map(|point| {
                let commitment = point.commitment * public;
                (commitment, already.to_f64() + nothing - point.cost)
            })
            .collect()
    }
}

/// Points of the savings curve: more than a chart has pixels to show would be lost.
const CURVE_POINTS: usize = 400;
/// The smallest step a bound is stated in.
const MILLIONTH: i128 = Money::ATOMS_PER_DOLLAR.div_euclid(1_000_000);

/// A float of dollars as money, rounded down to whole millionths.
#[expect(
    clippy::cast_possible_truncation,
    reason = "bounds are far below 2^63 millionths"
)]
fn below(dollars: f64) -> Money {
    Money::from_atoms(MILLIONTH).times((dollars * 1e6).floor() as i128)
}

/// An exact amount, rounded down to whole millionths.
fn millionths_below(amount: Money) -> Money {
    Money::from_atoms(amount.atoms().div_euclid(MILLIONTH) * MILLIONTH)
}
