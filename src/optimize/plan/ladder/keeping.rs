//! The search for a ladder under rules that no row can say: so many purchases on a date, none that save little.

use std::collections::BTreeMap;

use crate::units::{Hour, Money};

use super::super::super::{Solution, solve};
use super::super::bought::Bought;
use super::super::candidates::Market;
use super::super::keep::{Restriction, Search};
use super::super::plans::{Failed, Options};
use super::super::rules::RuleName;
use super::super::trial::Trial;
use super::rungs::Rungs;

/// Small purchases are left out while all of them together save less than the cost over this: a hundredth of a per cent,
/// which is where the search may stop, too.
const CRUMBS: i128 = 10_000;

/// The search over all dates.
pub(super) struct OverDates<'a, M> {
    pub(super) rungs: &'a Rungs,
    /// Plans to start from, too.
    pub(super) others: &'a [Vec<Bought>],
    pub(super) market: &'a M,
    pub(super) options: &'a Options,
}

impl<M: Market> OverDates<'_, M> {
    /// Whole purchases near a numeric solution, or one of the others where that is cheaper.
    pub(super) fn near(
        &self,
        solution: &Solution,
        restriction: &Restriction,
    ) -> Result<Vec<u64>, Failed> {
        let Self {
            rungs,
            market,
            options,
            ..
        } = *self;
        let tariff = &rungs.tariff;
        let within = (restriction, market, options);
        let mut best = tariff.round(solution, restriction, market, options)?;
        let grid = tariff.grid();
        let cost = |steps: &[u64]| tariff.price(&grid.commitment(steps), within);
        let (_, mut least) = cost(&best)?;
        let is_dated = rungs.is_dated();
        if is_dated && !is_near(least.cost, solution.lower_bound) {
            for start in rungs.whole_instances(solution, restriction, options)? {
                let (steps, other) = tariff.improve(&start, within)?;
                if other < least {
                    (best, least) = (steps, other);
                }
            }
        }
        let mut cheapest_other = None;
        for other in self.others {
            let mut steps = rungs.steps_of(other);
            for &banned in &restriction.banned {
                steps[banned] = 0;
            }
            let (_, other) = cost(&steps)?;
            cheapest_other = cheapest_other.into_iter().chain([other.cost]).min();
            if other < least {
                (best, least) = tariff.improve(&grid.commitment(&steps), within)?;
            }
        }
        // On one date there are no crumbs: that is `optimize`.
        if is_dated {
            let most = least.cost + least.cost.per(CRUMBS);
            let most = cheapest_other.map_or(most, |other| most.min(other.max(least.cost)));
            best = rungs.without_crumbs(best, most, market, options)?;
        }
        Ok(best)
    }
}

/// Whether a cost is so near its bound that no other start is worth trying: a tenth of a per cent.
fn is_near(cost: Money, bound: f64) -> bool {
    cost.to_f64() <= bound * 1.001
}

impl<M: Market> Search for OverDates<'_, M> {
    fn attempt(&self, restriction: &Restriction) -> Result<Vec<u64>, Failed> {
        let tariff = &self.rungs.tariff;
        let sources = tariff.restricted(restriction);
        let problem = tariff.model.problem.clone().with_sources(sources)?;
        let solution = solve(&problem, &tariff.settings(self.options));
        tariff.possible(&solution, self.options)?;
        self.near(&solution, restriction)
    }

    /// Those that save too little, or the least of too many on a date; half of them at once.
    fn weak(&self, steps: &[u64]) -> Result<Option<Vec<usize>>, Failed> {
        let (rungs, rules) = (self.rungs, &self.options.rules);
        let held = held(steps);
        let most = rules.max_purchases.unwrap_or(usize::MAX);
        let is_crowded = rungs.days(&held).values().any(|&count| count > most);
        if !is_crowded && (rules.min_saving.is_none() || held.is_empty()) {
            return Ok(None);
        }
        let mut savings = rungs
            .tariff
            .savings(&held, steps, self.market, self.options)?;
        savings.sort_unstable();
        let least = rules.min_saving.unwrap_or(Money::ZERO);
        let small = savings.iter().filter(|(saving, _)| *saving < least).count();
        // A date without too many loses none of its own.
        let mut too_many = rungs.days(&held);
        for count in too_many.values_mut() {
            *count = count.saturating_sub(most).div_ceil(2);
        }
        let mut left = Vec::new();
        for (place, &(_, source)) in savings.iter().enumerate() {
            let of_date = rungs.start(source).and_then(|at| too_many.get_mut(&at));
            let is_extra = of_date.is_some_and(|extra| {
                let leave = *extra > 0;
                *extra = extra.saturating_sub(1);
                leave
            });
            if is_extra || place < small.div_ceil(2) {
                left.push(source);
            }
        }
        Ok((!left.is_empty()).then_some(left))
    }

    fn broken(&self, steps: &[u64]) -> Result<Option<RuleName>, Failed> {
        self.rungs.over_budget(steps, self.market, self.options)
    }
}

impl Rungs {
    /// How many of some sources are bought on each date.
    fn days(&self, held: &[usize]) -> BTreeMap<Hour, usize> {
        let mut days = BTreeMap::new();
        for at in held.iter().filter_map(|&source| self.start(source)) {
            *days.entry(at).or_default() += 1;
        }
        days
    }

    /// The first rule of the budget that whole steps break.
    fn over_budget(
        &self,
        steps: &[u64],
        market: &impl Market,
        options: &Options,
    ) -> Result<Option<RuleName>, Failed> {
        if options.rules.names().is_empty() {
            return Ok(None);
        }
        let held = held(steps);
        let amounts: Vec<u64> = held.iter().map(|&source| steps[source]).collect();
        let trial = Trial::new(&self.tariff, &held, 0, market, options)?;
        Ok(trial.broken(&amounts, &self.tariff.demand, options.threads))
    }

    /// The first rule that purchases break. What each of them saves is not looked at.
    pub(super) fn broken(
        &self,
        bought: &[Bought],
        market: &impl Market,
        options: &Options,
    ) -> Result<Option<RuleName>, Failed> {
        let steps = self.steps_of(bought);
        let most = options.rules.max_purchases.unwrap_or(usize::MAX);
        if self.days(&held(&steps)).values().any(|&count| count > most) {
            return Ok(Some(RuleName::MaxPurchases));
        }
        self.over_budget(&steps, market, options)
    }
}

/// Sources of which something is bought.
fn held(steps: &[u64]) -> Vec<usize> {
    (0..steps.len())
        .filter(|&source| steps[source] > 0)
        .collect()
}
