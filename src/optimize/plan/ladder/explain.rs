//! One purchase of a ladder: what a step of it is worth, what it serves while it lives, when it is earned back, and what
//! its money would have bought on its date or the same on another.

use crate::billing::{Setup, hourly_on_demand_cost};
use crate::units::{Hour, HourSpan, Money};

use super::super::bought::Bought;
use super::super::candidates::Market;
use super::super::model::SourceOf;
use super::super::plans::{Failed, Plan};
use super::super::purchase::{Alternative, Marginal, PurchaseExplained, uses};
use super::super::what_if::places;
use super::rungs::Rungs;
use super::{Ahead, DatedPlan};

/// What there is to say of a purchase on a date. Differences are those of the horizon's cost, as the ladder counts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedExplained {
    /// As of a plan for one window. Its hours are those of the horizon in which it lives, its alternatives other things
    /// bought on the same date.
    pub found: PurchaseExplained,
    /// Its date.
    pub bought: Bought,
    /// From when on it has earned what was paid for it so far; `None` where that is not inside the horizon.
    pub paid_back: Option<Hour>,
    /// When it has earned the fees of its whole term; `None` where that is not inside the horizon.
    pub term_earned: Option<Hour>,
    /// The same bought on another date instead, and what changes; the best first.
    pub other_dates: Vec<(Hour, Money)>,
}

impl<M: Market> Ahead<'_, M> {
    /// Explains the purchase at `index` of a plan.
    ///
    /// # Errors
    /// As [`super::ladder()`].
    ///
    /// # Panics
    /// When the plan has no such purchase.
    pub fn explain(&self, plan: &DatedPlan, index: usize) -> Result<DatedExplained, Failed> {
        let rungs = self.rungs(&self.horizon.dates, self.options)?;
        let bought = plan.bought[index].clone();
        let own = rungs.source_of(&bought);
        let steps = rungs.steps_of(&plan.bought);
        let held: Vec<usize> = (0..steps.len()).filter(|&at| steps[at] > 0).collect();
        let amounts = held.iter().map(|&source| steps[source]).collect();
        let place = held.iter().position(|source| Some(*source) == own);
        let held = (held, amounts, place.unwrap_or_default());
        let marginal = Marginal::over(&rungs.tariff, held, self.market, self.options)?;
        let undated = undated(plan);
        let uses = uses(&undated, index, &self.usage(), self.market, self.options)?;
        let alive = bought.alive().intersect(self.horizon.span);
        let saved = self.saved(plan, places(&undated)[index], alive)?;
        let (alternatives, other_dates) = self.instead(&rungs, &bought, &marginal)?;
        let steps = bought.purchase.steps;
        Ok(DatedExplained {
            found: PurchaseExplained {
                hours: alive.len(),
                one_more: marginal.with(steps + 1),
                one_less: marginal.with(steps.saturating_sub(1)),
                without: marginal.with(0),
                gross_saving: saved.iter().copied().sum(),
                full_hours: alive.len() - uses.partly.len(),
                idle_hours: alive.len() - uses.used.len(),
                serves: uses.served(),
                alternatives,
                purchase: bought.purchase.clone(),
            },
            paid_back: paid_back(&bought, alive, &saved),
            term_earned: term_earned(&bought, alive, &saved),
            other_dates,
            bought,
        })
    }

    /// What a commitment of a plan saves in each of some hours: what its usage would cost On-Demand without it.
    fn saved(
        &self,
        plan: &DatedPlan,
        place: SourceOf,
        hours: HourSpan,
    ) -> Result<Vec<Money>, Failed> {
        let (usage, options) = (self.usage(), self.options);
        let setup = Setup::new(&usage, &plan.portfolio, self.market, options.billing)?;
        let with = Setup::amounts(&plan.portfolio);
        let mut without = with.clone();
        match place {
            SourceOf::Reservation(index) => without.counts[index] = 0,
            SourceOf::Plan(index) => without.commitments[index] = Money::ZERO,
        }
        let left = |amounts| hourly_on_demand_cost(&setup, amounts, usage.demand, options.threads);
        let (with, without) = (left(&with), left(&without));
        let hours = hours
            .hours()
            .filter_map(|hour| usage.demand.span().index(hour));
        Ok(hours.map(|hour| without[hour] - with[hour]).collect())
    }

    /// Other things bought on the purchase's date, and the same on other dates.
    #[expect(
        clippy::type_complexity,
        reason = "a pair of lists, taken apart at once"
    )]
    fn instead(
        &self,
        rungs: &Rungs,
        bought: &Bought,
        marginal: &Marginal<'_>,
    ) -> Result<(Vec<Alternative>, Vec<(Hour, Money)>), Failed> {
        let (mut others, mut dates) = (Vec::new(), Vec::new());
        let candidates = rungs.candidates();
        for (source, candidate, at) in rungs.offers() {
            let is_same = candidates[candidate] == bought.purchase.candidate;
            if is_same == (at == bought.at) {
                continue;
            }
            let Some(found) = marginal.alternative(source, candidate, self.market)? else {
                continue;
            };
            if is_same {
                dates.push((at, found.difference));
            } else {
                others.push(found);
            }
        }
        others.sort_by_key(|other| other.difference);
        dates.sort_by_key(|&(at, difference)| (difference, at));
        Ok((others, dates))
    }
}

/// A plan without its dates.
fn undated(plan: &DatedPlan) -> Plan {
    Plan {
        name: plan.name.to_owned(),
        title: plan.title.to_owned(),
        purchases: plan.bought.iter().map(|one| one.purchase.clone()).collect(),
        portfolio: plan.portfolio.clone(),
        bill: plan.bill.clone(),
        capital: plan.capital,
    }
}

/// The hour from which on savings stay above what was paid at purchase and by the hour.
fn paid_back(bought: &Bought, alive: HourSpan, saved: &[Money]) -> Option<Hour> {
    let (upfront, hourly) = bought.purchase.fees();
    let mut earned = Money::ZERO - upfront;
    let mut since = None;
    for (hour, &saved) in alive.hours().zip(saved) {
        earned += saved - hourly;
        since = if earned < Money::ZERO {
            None
        } else {
            since.or(Some(hour))
        };
    }
    since
}

/// The hour in which savings reach the fees of the term.
fn term_earned(bought: &Bought, alive: HourSpan, saved: &[Money]) -> Option<Hour> {
    let (upfront, hourly) = bought.purchase.fees();
    let hours = i128::from(bought.purchase.candidate.term.hours());
    let whole = upfront + hourly.times(hours);
    let mut earned = Money::ZERO;
    let reached = alive.hours().zip(saved).find(|&(_, &saved)| {
        earned += saved;
        earned >= whole
    });
    reached.map(|(hour, _)| hour)
}
