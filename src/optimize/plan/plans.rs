//! Whole purchases from the numeric solution, priced exactly, beside what the usual rules would buy.

use crate::billing::{Bill, Coverable, Settings as Billing, SetupError, bill};
use crate::catalog::{Account, OfferingClass, PaymentOption, Term};
use crate::commitment::{Portfolio, ReservedInstance, ReservedScope, SavingsPlan};
use crate::demand::DemandKey;
use crate::prices::{MissingPrice, MissingService};
use crate::units::{HourSpan, Money};

use super::super::{Certificate, Deviation, InvalidProblem, Rule, Solution, Violation};
use super::candidates::{Candidate, CandidateKind, Kinds, Market};
use super::capital::CostOfCapital;
use super::exclude::pair;
use super::keep::Inputs;
use super::rule_prices::{RulePrice, rule_prices};
use super::rules::{RuleName, Rules, Unkept};
use super::tariff::{Tariff, prepare};

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
    /// What the purchases have to keep.
    pub rules: Rules,
    /// What money costs; it weighs payment options against each other.
    pub cost_of_capital: CostOfCapital,
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
    /// No purchases keep the rules.
    #[error(transparent)]
    Rules(#[from] Unkept),
    /// Something owned that cannot be bought again: today's price is missing.
    #[error("`{id}` cannot be renewed: {missing}")]
    Unrenewable {
        /// The portfolio's name for it.
        id: String,
        /// Which price.
        missing: Box<MissingPrice>,
    },
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
    /// What paying at purchase costs in the window at the cost of capital; in no bill.
    pub capital: Money,
}

/// A plan's name for people, with a rule that it breaks.
pub type Broken = (String, RuleName);

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
    /// What each rule costs; none without rules.
    pub rule_prices: Vec<RulePrice>,
    /// What the usual rules of thumb would buy, but may not: names for people, with the rule it breaks.
    pub broken: Vec<Broken>,
    /// No purchases of the allowed kinds make the window cost less.
    pub lower_bound: Money,
    /// The proof of the bound.
    pub certificate: Certificate,
    /// Prices that were missing; nothing was proposed where one was.
    pub missing: Vec<MissingPrice>,
    /// Rates of plans that could be bought that are missing beside instances: there they were taken not to cover the use.
    pub uncovered: Vec<MissingService>,
    /// Where AWS's order of application is not the cheapest one.
    pub deviations: Vec<Deviation>,
    /// What the window saves with a single Compute Savings Plan (of the first term allowed) beside what is
    /// owned, against the new plan's commitment in dollars an hour; straight lines between, empty when there
    /// is none to buy. It begins with what is owned alone saves.
    pub curve: Vec<(f64, f64)>,
}

/// Finds the cheapest purchases only: what [`optimize`] does, without baselines and proof.
pub fn cheapest<'a>(
    usage: impl Into<Coverable<'a>>,
    owned: &Portfolio,
    market: &impl Market,
    options: &Options,
) -> Result<Plan, Failed> {
    let demand = &usage.into();
    let tariff = prepare(demand, owned, market, options)?;
    let solution = tariff.solve(options);
    let steps = tariff.choose(
        &solution,
        &Inputs {
            demand,
            owned,
            market,
            options,
        },
    )?;
    tariff.plan(
        ("cheapest", "Cheapest mix found"),
        &steps,
        demand,
        owned,
        market,
        options,
    )
}

/// Finds the cheapest purchases for instances, and what plans may cover beside them, beside what is owned; and proves
/// how cheap any could be.
pub fn optimize<'a>(
    usage: impl Into<Coverable<'a>>,
    owned: &Portfolio,
    market: &impl Market,
    options: &Options,
) -> Result<Optimized, Failed> {
    let demand = &usage.into();
    options.rules.check_families(demand)?;
    let tariff = prepare(demand, owned, market, options)?;
    let solution = tariff.solve(options);
    let inputs = Inputs {
        demand,
        owned,
        market,
        options,
    };
    let steps = tariff.choose(&solution, &inputs);
    let steps = steps.map_err(|why| pair(why, &inputs))?;
    let plan = |name: &str, title: &str, steps: &[u64]| {
        tariff.plan((name, title), steps, demand, owned, market, options)
    };
    let cheapest = plan("cheapest", "Cheapest mix found", &steps)?;
    let (baselines, broken) = of_thumb(&tariff, &solution, &inputs)?;
    let rule_prices = rule_prices(&cheapest, (&tariff, &solution), &inputs)?;
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
    let saved = |plan: &Plan| on_demand.bill.total() - plan.bill.total();
    let saved_already = owned.as_ref().map_or(Money::ZERO, saved);
    let lower_bound = tariff.certified_bound(&solution.certificate, &cheapest.bill)?;
    Ok(Optimized {
        curve: tariff.compute_plan_curve(saved_already, options.threads),
        on_demand,
        owned,
        cheapest,
        baselines,
        rule_prices,
        broken,
        lower_bound,
        certificate: solution.certificate,
        missing: tariff.missing,
        uncovered: tariff.uncovered,
        deviations: solution.deviations,
    })
}

/// What the rules of thumb would buy; and those that would break a rule, with it.
fn of_thumb<M: Market>(
    tariff: &Tariff,
    solution: &Solution,
    inputs: &Inputs<'_, M>,
) -> Result<(Vec<Plan>, Vec<Broken>), Failed> {
    let (mut plans, mut broken) = (Vec::new(), Vec::new());
    for baseline in &solution.baselines {
        let steps = tariff.grid().round(&baseline.commitment);
        let plan = tariff.plan_of(rule(baseline.rule), &steps, inputs)?;
        match tariff.broken_by(&plan, inputs.options) {
            Some(rule) => broken.push((plan.title, rule)),
            None => plans.push(plan),
        }
    }
    Ok((plans, broken))
}

/// Adds so many steps of a candidate to a portfolio, alive through the whole window.
pub(super) fn add(
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
            zonal,
            fee,
        } => {
            portfolio.reserved_instances.push(ReservedInstance {
                id,
                account: zonal.map_or(buyer, |zonal| zonal.account),
                scope: zonal.map_or(ReservedScope::Regional, |zonal| {
                    ReservedScope::Zonal(zonal.zone)
                }),
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
        CandidateKind::Hosts { account, host, fee } => {
            portfolio.reserved_instances.push(ReservedInstance {
                id,
                account,
                scope: ReservedScope::Hosts,
                region: host.region,
                instance_type: host.instance_type,
                platform: host.platform,
                tenancy: host.tenancy,
                offering_class: OfferingClass::Standard,
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

impl Optimized {
    /// The same with savings measured from another cost than that of buying nothing for this usage: from everything
    /// On-Demand, where some of it may run on Spot.
    #[must_use]
    pub fn measured_from(mut self, on_demand: Plan) -> Self {
        let more = (on_demand.bill.total() - self.on_demand.bill.total()).to_f64();
        for (_, saving) in &mut self.curve {
            *saving += more;
        }
        self.on_demand = on_demand;
        self
    }
}

impl Plan {
    /// What the search makes as small as it can: the bill, and what capital costs.
    pub fn counted(&self) -> Money {
        self.bill.total() + self.capital
    }
}

impl Purchase {
    /// What is paid at purchase, and for every hour of the term.
    pub fn fees(&self) -> (Money, Money) {
        let steps = i128::from(self.steps);
        let paid = self.candidate.paid;
        (paid.upfront.times(steps), paid.hourly.times(steps))
    }

    /// What is paid for an hour of it, upfront fees spread over the term.
    pub fn effective_hourly(&self) -> Money {
        let steps = i128::from(self.steps);
        self.candidate.paid.effective.times(steps)
    }

    /// What all its fees are worth at purchase, where money costs something.
    pub fn present_value(&self) -> Option<Money> {
        let one = self.candidate.paid.present_value?;
        Some(one.times(i128::from(self.steps)))
    }

    /// What it commits to an hour at public prices: upfront fees spread over the term, plus recurring ones.
    pub fn hourly_commitment(&self) -> Money {
        self.candidate.step.times(i128::from(self.steps))
    }
}

/// Prices purchases beside what is owned, exactly.
pub fn buy<'a>(
    (name, title): (&str, &str),
    purchases: Vec<Purchase>,
    usage: impl Into<Coverable<'a>>,
    owned: &Portfolio,
    market: &impl Market,
    options: &Options,
) -> Result<Plan, Failed> {
    let usage = usage.into();
    let mut portfolio = owned.clone();
    for purchase in &purchases {
        add(
            &mut portfolio,
            &purchase.candidate,
            purchase.steps,
            usage.demand.span(),
            options.buyer,
        );
    }
    let capital = |bought: &Purchase| bought.candidate.paid.capital.times(bought.steps.into());
    let hours = i128::try_from(usage.demand.span().len()).unwrap_or(i128::MAX);
    let capital = purchases.iter().map(capital).sum::<Money>().times(hours);
    Ok(Plan {
        name: name.to_owned(),
        title: title.to_owned(),
        capital,
        bill: bill(usage, &portfolio, market, options.billing)?,
        purchases,
        portfolio,
    })
}

/// Names of a rule, for machines and for people.
pub(super) const fn rule(rule: Rule) -> (&'static str, &'static str) {
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
