//! Whole purchases from the numeric solution, priced exactly, beside what the usual rules would buy.

use crate::billing::{Amounts, Bill, Settings as Billing, Setup, SetupError, bill, on_demand_cost};
use crate::catalog::{Account, PaymentOption, Term};
use crate::commitment::{Portfolio, ReservedInstance, ReservedScope, SavingsPlan};
use crate::demand::{Demand, DemandKey, Labels};
use crate::prices::MissingPrice;
use crate::units::{HourSpan, Money};

use super::super::{
    Certificate, Deviation, Evaluator, Grid, InvalidProblem, Rule, Settings, Solution, Violation,
    check, curve, polish, solve,
};
use super::candidates::{Candidate, CandidateKind, Kinds, Market, candidates};
use super::model::{Model, SourceOf};

/// What may be bought, and how hard to search.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Kinds allowed.
    pub kinds: Kinds,
    /// Terms with payment options allowed.
    pub terms: Vec<(Term, PaymentOption)>,
    /// The account that buys.
    pub buyer: Account,
    /// How the bill is made.
    pub billing: Billing,
    /// Where the search may stop: cost over bound less one.
    pub tolerance: f64,
    /// How often whole steps may be billed while the solution is rounded, at most.
    pub trials: usize,
    /// Threads to work on; the result does not depend on it.
    pub threads: usize,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Failed {
    /// Usage without a price.
    #[error(transparent)]
    Unpriced(#[from] SetupError),
    /// The numbers make no problem: a bug.
    #[error("the optimiser's problem is not well formed: {0}")]
    Problem(#[from] InvalidProblem),
    /// More instances of one kind in an hour than fit.
    #[error("the usage of {0:?} does not fit")]
    TooMuch(Box<DemandKey>),
    /// The certificate does not prove what the search claims: a bug.
    #[error("the certificate does not hold: {0}")]
    Certificate(#[from] Violation),
}

/// One purchase of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// What is bought.
    pub candidate: Candidate,
    /// How many steps: instances, or thousandths of a dollar an hour.
    pub steps: u64,
}

/// Purchases with their exact price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its name for machines.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What is bought, in AWS's order of application; no empty purchases.
    pub purchases: Vec<Purchase>,
    /// The purchases together with what is owned.
    pub portfolio: Portfolio,
    /// The window under it.
    pub bill: Bill,
}

/// Everything `optimize` found.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimized {
    /// The window without any commitment.
    pub on_demand: Plan,
    /// What is owned, nothing bought; `None` when nothing is owned.
    pub owned: Option<Plan>,
    /// The cheapest mix found.
    pub cheapest: Plan,
    /// What the usual rules would buy.
    pub baselines: Vec<Plan>,
    /// No purchases of the allowed kinds make the window cost less.
    pub lower_bound: Money,
    /// The proof of the bound.
    pub certificate: Certificate,
    /// Prices that were missing; nothing was proposed where one was.
    pub missing: Vec<MissingPrice>,
    /// Where AWS's order of application is not the cheapest one.
    pub deviations: Vec<Deviation>,
    /// What a single Compute Savings Plan (of the first term allowed) would save, against its commitment in
    /// dollars an hour; straight lines between, empty when there is none to buy.
    pub curve: Vec<(f64, f64)>,
}

/// Everything that does not change while amounts are tried.
#[derive(Debug)]
pub struct Tariff {
    /// The demand under coarser keys: what billing cannot tell apart is one line.
    demand: Demand,
    /// What could be bought.
    candidates: Vec<Candidate>,
    /// What is owned, then every candidate with an amount of nothing.
    portfolio: Portfolio,
    model: Model,
    /// How many of the portfolio's reservations and plans are owned.
    owned: (usize, usize),
    missing: Vec<MissingPrice>,
}

/// Finds the cheapest purchases only: what [`optimize`] does, without baselines and proof.
pub fn cheapest(
    demand: &Demand,
    owned: &Portfolio,
    market: &impl Market,
    options: &Options,
) -> Result<Plan, Failed> {
    let tariff = prepare(demand, owned, market, options)?;
    let solution = tariff.solve(options);
    let steps = tariff.round(&solution, market, options)?;
    tariff.plan(
        ("cheapest", "Cheapest mix found"),
        &steps,
        demand,
        owned,
        market,
        options,
    )
}

/// Finds the cheapest purchases for `demand` beside what is owned, and proves how cheap any could be.
pub fn optimize(
    demand: &Demand,
    owned: &Portfolio,
    market: &impl Market,
    options: &Options,
) -> Result<Optimized, Failed> {
    let tariff = prepare(demand, owned, market, options)?;
    let solution = tariff.solve(options);
    let steps = tariff.round(&solution, market, options)?;
    let plan = |name: &str, title: &str, steps: &[u64]| {
        tariff.plan((name, title), steps, demand, owned, market, options)
    };
    let cheapest = plan("cheapest", "Cheapest mix found", &steps)?;
    let mut baselines = Vec::new();
    for baseline in &solution.baselines {
        let (name, title) = rule(baseline.rule);
        baselines.push(plan(
            name,
            title,
            &tariff.grid().round(&baseline.commitment),
        )?);
    }
    let cheapest = the_cheaper(cheapest, &baselines);
    let nothing = Portfolio::default();
    let unbought = |name: (&str, &str), owned: &Portfolio| {
        buy(name, Vec::new(), demand, owned, market, options)
    };
    let on_demand = unbought(("on-demand", "Everything On-Demand"), &nothing)?;
    let owned = if owned == &nothing {
        None
    } else {
        Some(unbought(("owned", "What is owned, nothing bought"), owned)?)
    };
    let lower_bound = tariff.certified_bound(&solution.certificate, &cheapest.bill)?;
    Ok(Optimized {
        on_demand,
        owned,
        cheapest,
        baselines,
        lower_bound,
        curve: tariff.compute_plan_curve(options.threads),
        certificate: solution.certificate,
        missing: tariff.missing,
        deviations: solution.deviations,
    })
}

/// The mix found, or what a rule buys where that happens to fall better on whole steps.
fn the_cheaper(found: Plan, baselines: &[Plan]) -> Plan {
    match baselines.iter().min_by_key(|plan| plan.bill.total()) {
        Some(best) if best.bill.total() < found.bill.total() => Plan {
            name: found.name,
            title: found.title,
            ..best.clone()
        },
        _ => found,
    }
}

/// Resolves candidates, prices and scopes, and states the numeric problem.
pub fn prepare(
    demand: &Demand,
    owned: &Portfolio,
    market: &impl Market,
    options: &Options,
) -> Result<Tariff, Failed> {
    let demand = coarse(demand, owned).map_err(|key| Failed::TooMuch(Box::new(key)))?;
    let (candidates, missing) = candidates(&demand, market, options.kinds, &options.terms);
    let mut portfolio = owned.clone();
    for candidate in &candidates {
        add(&mut portfolio, candidate, 0, demand.span(), options.buyer);
    }
    let setup = Setup::new(&demand, &portfolio, market, options.billing)?;
    let counts = (owned.reserved_instances.len(), owned.savings_plans.len());
    let steps: Vec<f64> = portfolio
        .reserved_instances
        .iter()
        .map(|ri| ri.fee.effective_hourly(ri.term).to_f64())
        .collect();
    let model = Model::new(&setup, &Setup::amounts(&portfolio), &demand, counts, &steps)?;
    Ok(Tariff {
        demand,
        candidates,
        portfolio,
        model,
        owned: counts,
        missing,
    })
}

/// The usage under keys that keep only what decides a price or a commitment's scope.
fn coarse(demand: &Demand, owned: &Portfolio) -> Result<Demand, DemandKey> {
    let zonal = owned
        .reserved_instances
        .iter()
        .any(|ri| ri.scope != ReservedScope::Regional);
    let owners: Vec<Account> = owned
        .reserved_instances
        .iter()
        .map(|ri| ri.account)
        .chain(owned.savings_plans.iter().map(|plan| plan.account))
        .collect();
    let others = Account::new("");
    demand.merged(|key| DemandKey {
        account: if owners.contains(&key.account) {
            key.account
        } else {
            others
        },
        zone: key.zone.filter(|_| zonal),
        labels: Labels::default(),
        ..key.clone()
    })
}

/// Adds so many steps of a candidate to a portfolio, alive through the whole window.
fn add(
    portfolio: &mut Portfolio,
    candidate: &Candidate,
    steps: u64,
    window: HourSpan,
    buyer: Account,
) {
    let number = portfolio.reserved_instances.len() + portfolio.savings_plans.len() + 1;
    let id = format!("purchase-{number:03}");
    let (term, payment_option) = (candidate.term, candidate.payment_option);
    match candidate.kind {
        CandidateKind::Reserved {
            class,
            product,
            fee,
        } => {
            portfolio.reserved_instances.push(ReservedInstance {
                id,
                account: buyer,
                scope: ReservedScope::Regional,
                region: product.region,
                instance_type: product.instance_type,
                platform: product.platform,
                tenancy: product.tenancy,
                offering_class: class,
                term,
                payment_option,
                count: u32::try_from(steps).unwrap_or(u32::MAX),
                alive: window,
                fee,
            });
        }
        CandidateKind::SavingsPlan(scope) => portfolio.savings_plans.push(SavingsPlan {
            id,
            account: buyer,
            scope,
            term,
            payment_option,
            commitment: candidate.step.times(i128::from(steps)),
            alive: window,
        }),
    }
}

impl Purchase {
    /// What it costs at purchase, and for every hour of the term.
    pub fn fees(&self) -> (Money, Money) {
        let (steps, hours) = (
            i128::from(self.steps),
            i128::from(self.candidate.term.hours()),
        );
        let hourly = self.hourly_commitment();
        match (self.candidate.kind, self.candidate.payment_option) {
            (CandidateKind::Reserved { fee, .. }, _) => {
                (fee.upfront.times(steps), fee.hourly.for_one().times(steps))
            }
            (_, PaymentOption::NoUpfront) => (Money::ZERO, hourly),
            (_, PaymentOption::AllUpfront) => (hourly.times(hours), Money::ZERO),
            (_, PaymentOption::PartialUpfront) => {
                let recurring = hourly.per(2);
                ((hourly - recurring).times(hours), recurring)
            }
        }
    }

    /// What it commits to an hour: upfront fees spread over the term, plus recurring ones.
    pub fn hourly_commitment(&self) -> Money {
        self.candidate.step.times(i128::from(self.steps))
    }
}

impl Tariff {
    /// In what steps each source of the problem is sold.
    fn grid(&self) -> Grid {
        let step = |source: &SourceOf| match self.candidate(*source) {
            Some(candidate) => self.candidates[candidate].step.to_f64(),
            None => 1.0,
        };
        Grid {
            steps: self.model.sources.iter().map(step).collect(),
        }
    }

    /// Index of the candidate that a source is; `None` for what is owned.
    fn candidate(&self, source: SourceOf) -> Option<usize> {
        let reserved = self.portfolio.reserved_instances.len() - self.owned.0;
        match source {
            SourceOf::Reservation(index) => index.checked_sub(self.owned.0),
            SourceOf::Plan(index) => index
                .checked_sub(self.owned.1)
                .map(|index| reserved + index),
        }
    }

    /// Searches the numeric problem.
    fn solve(&self, options: &Options) -> Solution {
        let settings = Settings {
            tolerance: options.tolerance,
            threads: options.threads,
            ..Settings::default()
        };
        solve(&self.model.problem, &settings)
    }

    /// Whole steps near the solution, improved with the exact simulator.
    fn round(
        &self,
        solution: &Solution,
        market: &impl Market,
        options: &Options,
    ) -> Result<Vec<u64>, Failed> {
        let mut steps = self.grid().round(&solution.commitment);
        let held: Vec<usize> = (0..steps.len())
            .filter(|&source| {
                steps[source] > 0 && self.candidate(self.model.sources[source]).is_some()
            })
            .collect();
        let trial = Trial::new(self, &held, market, options)?;
        let work = trial.setup.lines.len() * self.demand.span().len();
        let limit = LINE_HOURS
            .div_euclid(work.max(1))
            .max(LEAST_TRIALS)
            .min(options.trials);
        let start: Vec<u64> = held.iter().map(|&source| steps[source]).collect();
        let evaluate = |steps: &[u64]| Some(trial.cost(steps, &self.demand, options.threads));
        if let Some(polished) = polish(start, &self.neighbours(&held), limit, evaluate) {
            for (&source, found) in held.iter().zip(polished.steps) {
                steps[source] = found;
            }
        }
        Ok(steps)
    }

    /// Pairs of the held sources (by their place in `held`) that serve some of the same usage.
    fn neighbours(&self, held: &[usize]) -> Vec<(usize, usize)> {
        let sources = self.model.problem.sources();
        let share = |a: usize, b: usize| {
            let serves = |class| sources[b].serves.iter().any(|other| other.class == class);
            sources[a].serves.iter().any(|served| serves(served.class))
        };
        let pairs = (0..held.len()).flat_map(|a| (a + 1..held.len()).map(move |b| (a, b)));
        pairs.filter(|&(a, b)| share(held[a], held[b])).collect()
    }

    /// Steps by source as a plan on the real demand, priced exactly.
    fn plan(
        &self,
        name: (&str, &str),
        steps: &[u64],
        demand: &Demand,
        owned: &Portfolio,
        market: &impl Market,
        options: &Options,
    ) -> Result<Plan, Failed> {
        let mut purchases = Vec::new();
        for (&source, &steps) in self.model.sources.iter().zip(steps) {
            if let (Some(candidate), true) = (self.candidate(source), steps > 0) {
                purchases.push(Purchase {
                    candidate: self.candidates[candidate].clone(),
                    steps,
                });
            }
        }
        buy(name, purchases, demand, owned, market, options)
    }

    /// The bound that `certificate` proves for the whole window: what the problem costs at least, plus what
    /// no purchase changes (Spot, and what is owned, taken from any `bill` of the window). Rounded down to
    /// the cent: it must not claim too much.
    pub fn certified_bound(
        &self,
        certificate: &Certificate,
        bill: &Bill,
    ) -> Result<Money, Violation> {
        let proved = check(&self.model.problem, certificate)?;
        let owned: Money = bill
            .reserved_instances
            .iter()
            .take(self.owned.0)
            .chain(bill.savings_plans.iter().take(self.owned.1))
            .map(|owned| owned.cost)
            .sum();
        Ok(cents_below(proved, bill.spot_cost() + owned))
    }

    /// What could be bought.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// What one Compute Savings Plan saves, against its level.
    fn compute_plan_curve(&self, threads: usize) -> Vec<(f64, f64)> {
        let sources = self.model.problem.sources();
        let compute = |source: &usize| {
            let candidate = self.candidate(self.model.sources[*source]);
            let kind = candidate.map(|candidate| self.candidates[candidate].kind);
            matches!(
                kind,
                Some(CandidateKind::SavingsPlan(
                    crate::commitment::SavingsPlanScope::Compute
                ))
            )
        };
        let Some(source) = (0..sources.len()).find(compute) else {
            return Vec::new();
        };
        let none = vec![0.0; sources.len()];
        let problem = &self.model.problem;
        let evaluator = Evaluator::new(problem, threads);
        let points = curve(problem, &evaluator, &none, source, CURVE_POINTS).points;
        let nothing = points.first().map_or(0.0, |point| point.cost);
        points
            .iter()
            .map(|point| (point.commitment, nothing - point.cost))
            .collect()
    }
}

/// A setup of only what a plan holds, on which whole steps are tried: the search for them bills the window
/// hundreds of times, and most candidates are in no plan.
struct Trial {
    setup: Setup,
    /// Amounts of what is owned, then of the held candidates.
    amounts: Amounts,
    /// Of each held source: which amount it is, what a step costs an hour.
    held: Vec<(SourceOf, Money)>,
    hours: i128,
}

impl Trial {
    fn new(
        tariff: &Tariff,
        held: &[usize],
        market: &impl Market,
        options: &Options,
    ) -> Result<Self, Failed> {
        let mut portfolio = Portfolio {
            reserved_instances: tariff.portfolio.reserved_instances[..tariff.owned.0].to_vec(),
            savings_plans: tariff.portfolio.savings_plans[..tariff.owned.1].to_vec(),
        };
        let mut places = Vec::new();
        let window = tariff.demand.span();
        for &source in held {
            let Some(candidate) = tariff.candidate(tariff.model.sources[source]) else {
                continue;
            };
            let candidate = &tariff.candidates[candidate];
            let place = match candidate.kind {
                CandidateKind::Reserved { .. } => {
                    SourceOf::Reservation(portfolio.reserved_instances.len())
                }
                CandidateKind::SavingsPlan(_) => SourceOf::Plan(portfolio.savings_plans.len()),
            };
            add(&mut portfolio, candidate, 0, window, options.buyer);
            places.push((place, candidate.step));
        }
        Ok(Self {
            setup: Setup::new(&tariff.demand, &portfolio, market, options.billing)?,
            amounts: Setup::amounts(&portfolio),
            held: places,
            hours: i128::try_from(window.len()).unwrap_or(i128::MAX),
        })
    }

    /// The exact cost of whole steps: what stays On-Demand, and what is bought.
    fn cost(&self, steps: &[u64], demand: &Demand, threads: usize) -> Money {
        let mut amounts = self.amounts.clone();
        let mut fees = Money::ZERO;
        for (&(place, step), &steps) in self.held.iter().zip(steps) {
            let hourly = step.times(i128::from(steps));
            fees += hourly.times(self.hours);
            match place {
                SourceOf::Reservation(index) => amounts.counts[index] = steps,
                SourceOf::Plan(index) => amounts.commitments[index] = hourly,
            }
        }
        fees + on_demand_cost(&self.setup, &amounts, demand, threads)
    }
}

/// Points of the savings curve: more than a chart has pixels to show would be lost.
const CURVE_POINTS: usize = 400;
/// Work allowed for rounding: lines x hours x evaluations.
const LINE_HOURS: usize = 100_000_000;
/// Trials allowed for rounding however much work they are.
const LEAST_TRIALS: usize = 200;

/// Prices purchases beside what is owned, exactly.
pub fn buy(
    (name, title): (&str, &str),
    purchases: Vec<Purchase>,
    demand: &Demand,
    owned: &Portfolio,
    market: &impl Market,
    options: &Options,
) -> Result<Plan, Failed> {
    let mut portfolio = owned.clone();
    for purchase in &purchases {
        add(
            &mut portfolio,
            &purchase.candidate,
            purchase.steps,
            demand.span(),
            options.buyer,
        );
    }
    Ok(Plan {
        name: name.to_owned(),
        title: title.to_owned(),
        bill: bill(demand, &portfolio, market, options.billing)?,
        purchases,
        portfolio,
    })
}

/// A float of dollars and exact money together, rounded down to the cent.
#[expect(
    clippy::cast_possible_truncation,
    reason = "bounds are far below 2^63 millionths of a dollar"
)]
fn cents_below(dollars: f64, rest: Money) -> Money {
    let millionth = Money::from_atoms(Money::ATOMS_PER_DOLLAR.div_euclid(1_000_000));
    let sum = millionth.times((dollars * 1e6).floor() as i128) + rest;
    let cent = Money::from_atoms(Money::ATOMS_PER_DOLLAR.div_euclid(100));
    cent.times(sum.atoms().div_euclid(cent.atoms()))
}

/// Names of a rule, for machines and for people.
fn rule(rule: Rule) -> (&'static str, &'static str) {
    match rule {
        Rule::ComputePlan => ("one-compute-sp", "One Compute SP, largest saving"),
        Rule::MinimumUsage => ("minimum-usage", "One Compute SP, always used up"),
        Rule::Coverage70 => ("coverage-70", "One Compute SP, 70 % coverage"),
        Rule::Coverage80 => ("coverage-80", "One Compute SP, 80 % coverage"),
        Rule::ReservedThenComputePlan => ("ri-then-compute-sp", "RI by pool, then Compute SP"),
        Rule::FamilyPlansThenComputePlan => (
            "ec2-sp-then-compute-sp",
            "EC2 SP by family, then Compute SP",
        ),
        Rule::Independent => ("both-recommendations", "RI and SP advice, both followed"),
    }
}
