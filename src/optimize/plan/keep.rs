//! Whole purchases that keep every rule: what no row of the numeric problem can say is searched for by leaving
//! purchases out, and by making all of them dearer until they keep it.

use std::collections::BTreeSet;

use crate::billing::Coverable;
use crate::commitment::Portfolio;
use crate::units::Money;

use super::super::{Problem, Settings, Solution, Source, Stage};
use super::candidates::Market;
use super::plans::{Failed, Options, Plan};
use super::rules::{RuleName, Unkept, broken};
use super::tariff::Tariff;
use super::trial::Trial;

/// What a search for whole purchases may not do.
#[derive(Debug, Clone, Default)]
pub(super) struct Restriction {
    /// Sources that are not bought.
    pub(super) banned: BTreeSet<usize>,
    /// By how much every purchase is taken to be dearer than it is, in thousandths.
    pub(super) dearer: u32,
}

impl Restriction {
    /// Whether anything may be bought as it is.
    pub(super) fn is_none(&self) -> bool {
        self.banned.is_empty() && self.dearer == 0
    }
}

/// More than any purchase saves: at ten times its price nothing is bought.
const DEAREST: u32 = 10_000;

/// Everything a plan is made from.
pub(super) struct Inputs<'a, M> {
    pub(super) demand: &'a Coverable<'a>,
    pub(super) owned: &'a Portfolio,
    pub(super) market: &'a M,
    pub(super) options: &'a Options,
}

/// A search for whole purchases that can be restricted.
pub(super) trait Search {
    /// Purchases under a restriction.
    fn attempt(&self, restriction: &Restriction) -> Result<Vec<u64>, Failed>;
    /// Purchases to leave out: those that save too little, or the least of too many.
    fn weak(&self, steps: &[u64]) -> Result<Option<Vec<usize>>, Failed>;
    /// The first rule that whole steps break; what each purchase saves is not looked at.
    fn broken(&self, steps: &[u64]) -> Result<Option<RuleName>, Failed>;
}

/// Whole purchases that keep all rules: `steps`, or as near as the rules let them be.
pub(super) fn kept(search: &impl Search, mut steps: Vec<u64>) -> Result<Vec<u64>, Failed> {
    let mut restriction = Restriction::default();
    while let Some(weak) = search.weak(&steps)? {
        restriction.banned.extend(weak);
        steps = search.attempt(&restriction)?;
    }
    if search.broken(&steps)?.is_none() {
        return Ok(steps);
    }
    restrained(search, restriction)
}

/// The largest purchases that keep the rules, among those that would be best if all were dearer.
fn restrained(search: &impl Search, mut restriction: Restriction) -> Result<Vec<u64>, Failed> {
    let (mut low, mut high) = (0, DEAREST);
    let mut tried = |dearer: u32| {
        restriction.dearer = dearer;
        let steps = search.attempt(&restriction)?;
        let broken = search.broken(&steps)?;
        Ok::<_, Failed>((steps, broken))
    };
    let (mut best, unkept) = tried(high)?;
    if let Some(rule) = unkept {
        return Err(Unkept::Never { rule }.into());
    }
    while high - low > 1 {
        let middle = u32::midpoint(low, high);
        let (steps, broken) = tried(middle)?;
        if broken.is_none() {
            (best, high) = (steps, middle);
        } else {
            low = middle;
        }
    }
    Ok(best)
}

/// The search over one window.
struct OneWindow<'a, M>(&'a Tariff, &'a Inputs<'a, M>);

impl<M: Market> Search for OneWindow<'_, M> {
    fn attempt(&self, restriction: &Restriction) -> Result<Vec<u64>, Failed> {
        let Self(
            tariff,
            Inputs {
                market, options, ..
            },
        ) = self;
        tariff.attempt(restriction, *market, options)
    }

    fn weak(&self, steps: &[u64]) -> Result<Option<Vec<usize>>, Failed> {
        let Self(
            tariff,
            Inputs {
                market, options, ..
            },
        ) = self;
        tariff.weak(steps, *market, options)
    }

    fn broken(&self, steps: &[u64]) -> Result<Option<RuleName>, Failed> {
        self.0.broken(steps, self.1)
    }
}

impl Tariff {
    /// Whole purchases that keep all rules, near the numeric solution or as near as they let them be.
    pub(super) fn choose<M: Market>(
        &self,
        solution: &Solution,
        inputs: &Inputs<'_, M>,
    ) -> Result<Vec<u64>, Failed> {
        self.possible(solution, inputs.options)?;
        let whole = Restriction::default();
        let steps = self.round(solution, &whole, inputs.market, inputs.options)?;
        kept(&OneWindow(self, inputs), steps)
    }

    /// Purchases under a restriction.
    fn attempt(
        &self,
        restriction: &Restriction,
        market: &impl Market,
        options: &Options,
    ) -> Result<Vec<u64>, Failed> {
        let sources = self.restricted(restriction);
        let problem = self.model.problem.clone().with_sources(sources)?;
        let solution = super::super::solve(&problem, &self.settings(options));
        self.possible(&solution, options)?;
        self.round(&solution, restriction, market, options)
    }

    /// The sources of the problem under a restriction.
    pub(super) fn restricted(&self, restriction: &Restriction) -> Vec<Source> {
        let sources = self.model.problem.sources().iter().enumerate();
        let restricted = sources.map(|(index, source)| Source {
            fee: source.fee * f64::from(1_000 + restriction.dearer) / 1_000.0,
            max: if restriction.banned.contains(&index) {
                0.0
            } else {
                source.max
            },
            ..source.clone()
        });
        restricted.collect()
    }

    /// The best amounts of all plans beside whole instances, rounded down: where a budget is used up, no single
    /// step from other amounts leads there. `None` where that cannot keep the limits of `problem`.
    pub(super) fn beside_whole_instances(
        &self,
        problem: &Problem,
        commitment: &[f64],
        restriction: &Restriction,
        settings: &Settings,
    ) -> Result<Option<Vec<f64>>, Failed> {
        let mut sources = self.restricted(restriction);
        let amounts = commitment.iter().zip(self.grid().steps);
        for (source, (amount, step)) in sources.iter_mut().zip(amounts) {
            if source.stage <= Stage::RegionalReserved && source.max > 0.0 {
                let whole = (amount / step + 1e-6).floor() * step;
                (source.min, source.max) = (whole, whole);
            }
        }
        let problem = problem.clone().with_sources(sources)?;
        let solution = super::super::solve(&problem, settings);
        Ok(solution.broken.is_empty().then_some(solution.commitment))
    }

    /// Purchases to leave out: those that save too little, or the least of too many. Half of them at once.
    pub(super) fn weak(
        &self,
        steps: &[u64],
        market: &impl Market,
        options: &Options,
    ) -> Result<Option<Vec<usize>>, Failed> {
        let rules = &options.rules;
        let held: Vec<usize> = (0..steps.len())
            .filter(|&source| steps[source] > 0)
            .collect();
        let extra = rules
            .max_purchases
            .map_or(0, |most| held.len().saturating_sub(most));
        if extra == 0 && (rules.min_saving.is_none() || held.is_empty()) {
            return Ok(None);
        }
        let mut savings = self.savings(&held, steps, market, options)?;
        let least = self.least();
        savings.retain(|&(_, source)| least[source] == 0);
        savings.sort_unstable();
        let small = rules.min_saving.unwrap_or(Money::ZERO);
        let small = savings.iter().filter(|(saving, _)| *saving < small).count();
        let leave = small.max(extra).div_ceil(2);
        let left: Vec<usize> = savings
            .iter()
            .take(leave)
            .map(|&(_, source)| source)
            .collect();
        Ok((!left.is_empty()).then_some(left))
    }

    /// What the window would cost more without each of the held purchases.
    pub(super) fn savings(
        &self,
        held: &[usize],
        steps: &[u64],
        market: &impl Market,
        options: &Options,
    ) -> Result<Vec<(Money, usize)>, Failed> {
        let trial = Trial::new(self, held, 0, market, options)?;
        let all: Vec<u64> = held.iter().map(|&source| steps[source]).collect();
        let cost = |steps: &[u64]| trial.cost(steps, &self.demand, options.threads).cost;
        let with = cost(&all);
        let saving = |(place, &source): (usize, &usize)| {
            let mut without = all.clone();
            without[place] = 0;
            (cost(&without) - with, source)
        };
        Ok(held.iter().enumerate().map(saving).collect())
    }

    /// The first rule that whole steps break.
    pub(super) fn broken<M: Market>(
        &self,
        steps: &[u64],
        inputs: &Inputs<'_, M>,
    ) -> Result<Option<RuleName>, Failed> {
        let rules = &inputs.options.rules;
        if rules.names().is_empty() {
            return Ok(None);
        }
        let plan = self.plan_of(("", ""), steps, inputs)?;
        Ok(broken(rules, &self.budget, &plan))
    }

    /// Whole steps as a plan.
    pub(super) fn plan_of<M: Market>(
        &self,
        name: (&str, &str),
        steps: &[u64],
        inputs: &Inputs<'_, M>,
    ) -> Result<Plan, Failed> {
        let Inputs {
            demand,
            owned,
            market,
            options,
        } = inputs;
        self.plan(name, steps, demand, owned, *market, options)
    }

    /// The first of the options' rules that a plan breaks; what each purchase saves is not looked at.
    pub fn broken_by(&self, plan: &Plan, options: &Options) -> Option<RuleName> {
        broken(&options.rules, &self.budget, plan)
    }
}
