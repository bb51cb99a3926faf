//! What rules leave to buy in one window: rows of the numeric problem, and exact amounts that whole purchases are
//! held against.

use rust_decimal::Decimal;

use crate::billing::{Amounts, Setup, on_demand_cost};
use crate::catalog::Term;
use crate::commitment::Portfolio;
use crate::demand::Demand;
use crate::units::{Hour, HourSpan, Money};

use super::super::Limit;
use super::candidates::Candidate;
use super::rules::{RuleName, Rules, Unkept};

/// What the rules leave to buy, exactly.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Budget {
    /// Dollars an hour at public prices, in every hour in which they may be most.
    pub(super) hourly: Vec<Ceiling>,
    pub(super) upfront: Option<Money>,
    /// Calendar years with a ceiling.
    pub(super) locked: Vec<Year>,
    /// What may stay On-Demand, and what has to.
    pub(super) most_left: Option<Money>,
    pub(super) least_left: Option<Money>,
    /// What has to be bought.
    pub(super) floors: Vec<Floor>,
}

/// Something of which so many steps have to be bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Floor {
    pub(super) candidate: Candidate,
    pub(super) steps: u64,
}

/// What may be committed in an hour.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Ceiling {
    /// At most, what is owned taken off.
    pub(super) most: Money,
    /// Of each candidate whether it lives then; empty where all do.
    pub(super) living: Vec<bool>,
}

impl Ceiling {
    /// Whether a candidate lives in the hour.
    pub(super) fn counts(&self, candidate: usize) -> bool {
        self.living.get(candidate).copied().unwrap_or(true)
    }
}

/// A calendar year in which commitments may cost so much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Year {
    pub(super) number: i32,
    /// What is owned taken off.
    pub(super) left: Money,
    /// Hours of a one-year and of a three-year term that fall in it.
    hours: (i128, i128),
}

impl Year {
    /// Hours of a term that fall in it.
    pub(super) const fn hours(&self, term: Term) -> i128 {
        match term {
            Term::OneYear => self.hours.0,
            Term::ThreeYears => self.hours.1,
        }
    }
}

/// What purchases use up of a budget.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Spent {
    /// In the order of [`Budget::hourly`].
    pub(super) hourly: Vec<Money>,
    pub(super) upfront: Money,
    /// In the order of [`Budget::locked`].
    pub(super) locked: Vec<Money>,
    /// What stays On-Demand.
    pub(super) left: Money,
}

impl Budget {
    pub(super) fn new(
        rules: &Rules,
        owned: &Portfolio,
        setup: &Setup,
        demand: &Demand,
    ) -> Result<Self, Unkept> {
        let hourly = |most: Money| {
            let owned = owned_hourly(owned, demand.span());
            if owned > most {
                return Err(Unkept::Owned { owned, most });
            }
            Ok(most - owned)
        };
        let shares = rules.min_coverage.is_some() || rules.max_coverage.is_some();
        let all = if shares {
            usage(setup, demand)
        } else {
            Money::ZERO
        };
        let left = |covered: Decimal| {
            let share = (Decimal::ONE_HUNDRED - covered) / Decimal::ONE_HUNDRED;
            Money::from_decimal_rounded(all.to_decimal(10) * share).unwrap_or(all)
        };
        let years = rules.max_lock_in.iter();
        let begin = demand.span().end();
        let locked = years.map(|(&year, &most)| locked((year, most), begin, owned, setup));
        let hourly = rules.max_hourly_commitment.map(hourly).transpose()?;
        let ceiling = |most| Ceiling {
            most,
            living: Vec::new(),
        };
        Ok(Self {
            hourly: hourly.map(ceiling).into_iter().collect(),
            upfront: rules.max_upfront,
            locked: locked.collect::<Result<_, _>>()?,
            most_left: rules.min_coverage.map(left),
            least_left: rules.max_coverage.map(left),
            floors: Vec::new(),
        })
    }

    /// What rules leave to buy on several dates, with a ceiling for every hour that needs one. Shares of usage and years
    /// are not in it.
    pub(super) fn dated(rules: &Rules, hourly: Vec<Ceiling>) -> Self {
        Self {
            hourly,
            upfront: rules.max_upfront,
            ..Self::default()
        }
    }

    /// Whether it says anything of how much is covered.
    pub(super) const fn counts_coverage(&self) -> bool {
        self.most_left.is_some() || self.least_left.is_some()
    }

    /// By how much purchases are above it, in dollars of any kind: nothing where all is kept.
    pub(super) fn over(&self, spent: &Spent) -> Money {
        let above = |value: Money, most: Option<Money>| {
            most.map_or(Money::ZERO, |most| (value - most).max(Money::ZERO))
        };
        let short = self
            .least_left
            .map_or(Money::ZERO, |least| (least - spent.left).max(Money::ZERO));
        let locked = self.locked.iter().zip(&spent.locked);
        let hourly = self.hourly.iter().zip(&spent.hourly);
        hourly
            .map(|(ceiling, &spent)| above(spent, Some(ceiling.most)))
            .sum::<Money>()
            + above(spent.upfront, self.upfront)
            + locked
                .map(|(year, &spent)| above(spent, Some(year.left)))
                .sum()
            + above(spent.left, self.most_left)
            + short
    }

    /// The first rule that what is spent breaks.
    pub(super) fn broken(&self, spent: &Spent) -> Option<RuleName> {
        let is_above = |value: Money, most: Option<Money>| most.is_some_and(|most| value > most);
        let mut hourly = self.hourly.iter().zip(&spent.hourly);
        let mut years = self.locked.iter().zip(&spent.locked);
        if hourly.any(|(ceiling, spent)| *spent > ceiling.most) {
            Some(RuleName::MaxHourlyCommitment)
        } else if is_above(spent.upfront, self.upfront) {
            Some(RuleName::MaxUpfront)
        } else if let Some((year, _)) = years.find(|(year, spent)| **spent > year.left) {
            Some(RuleName::MaxLockIn(year.number))
        } else if is_above(spent.left, self.most_left) {
            Some(RuleName::MinCoverage)
        } else if self.least_left.is_some_and(|least| spent.left < least) {
            Some(RuleName::MaxCoverage)
        } else {
            None
        }
    }

    /// The rows of the problem: what it has to spend, and what may stay On-Demand of the hours of a scenario, which
    /// cost so much. (That something has to is no convex rule: the bound is without it.)
    pub(super) fn limits(
        &self,
        (scenario, on_demand): (usize, f64),
        candidates: &[Option<(usize, &Candidate)>],
    ) -> Vec<Limit> {
        let all = Ceiling::default();
        let row =
            |rule: RuleName, most: Money, among: &Ceiling, of: &dyn Fn(&Candidate) -> Money| {
                let factor = |(source, candidate): (usize, Option<(usize, &Candidate)>)| {
                    let (_, candidate) = candidate.filter(|(index, _)| among.counts(*index))?;
                    let of = of(candidate).to_f64();
                    Some((source, of / candidate.paid.effective.to_f64()))
                };
                let candidates = candidates.iter().copied().enumerate();
                Limit {
                    name: rule.row(),
                    commitments: candidates.filter_map(factor).collect(),
                    rest: Vec::new(),
                    most: most.to_f64(),
                }
            };
        let coverage = self.most_left.map(|most| Limit {
            name: RuleName::MinCoverage.row(),
            commitments: Vec::new(),
            rest: vec![(scenario, 1.0)],
            // What is missing in the last place of a sum of floats must not make full coverage impossible.
            most: most.to_f64() + 1e-9 * on_demand,
        });
        let hourly = |ceiling: &Ceiling| {
            let rule = RuleName::MaxHourlyCommitment;
            row(rule, ceiling.most, ceiling, &|one| one.step)
        };
        let upfront = |most| row(RuleName::MaxUpfront, most, &all, &|one| one.paid.upfront);
        let mut rows: Vec<Limit> = self.hourly.iter().map(hourly).collect();
        rows.extend(self.upfront.map(upfront));
        rows.extend(self.locked.iter().map(|year| {
            let locked = |one: &Candidate| one.paid.effective.times(year.hours(one.term));
            row(RuleName::MaxLockIn(year.number), year.left, &all, &locked)
        }));
        rows.extend(coverage);
        rows
    }
}

/// The most that is committed in an hour of a window by what is owned, at public prices.
pub(super) fn owned_hourly(owned: &Portfolio, window: HourSpan) -> Money {
    let reserved = owned.reserved_instances.iter();
    let reserved = reserved.map(|one| (one.alive, one.effective_hourly()));
    let plans = owned
        .savings_plans
        .iter()
        .map(|plan| (plan.alive, plan.commitment));
    let all: Vec<_> = reserved.chain(plans).collect();
    let in_hour = |hour| -> Money {
        let alive = all.iter().filter(|(alive, _)| alive.contains(hour));
        alive.map(|(_, hourly)| *hourly).sum()
    };
    // It only rises where something begins.
    let starts = all
        .iter()
        .map(|(alive, _)| alive.start())
        .filter(|&hour| window.contains(hour));
    let first = (!window.is_empty()).then(|| window.start());
    starts.chain(first).map(in_hour).max().unwrap_or_default()
}

/// What a year's ceiling leaves beside what is owned, from the hour on in which purchases begin.
fn locked(
    (year, most): (i32, Money),
    begin: Hour,
    owned: &Portfolio,
    setup: &Setup,
) -> Result<Year, Unkept> {
    let Some(span) = calendar_year(year).filter(|span| span.end() > begin) else {
        return Err(Unkept::Past { year, begin });
    };
    let still = HourSpan::new(begin.max(span.start()), span.end());
    let within = |alive: HourSpan| i128::try_from(alive.intersect(still).len()).unwrap_or_default();
    let reserved = owned.reserved_instances.iter().zip(&setup.reservations);
    let reserved = reserved.map(|(one, paid)| {
        let hourly = paid.fee.effective_hourly(one.term);
        hourly.times(one.count.into()).times(within(one.alive))
    });
    let plans = owned.savings_plans.iter().zip(&setup.plans);
    let plans = plans.map(|(one, paid)| {
        let hourly = paid.fee.effective(one.commitment);
        hourly.times(within(one.alive))
    });
    let owned: Money = reserved.chain(plans).sum();
    if owned > most {
        return Err(Unkept::Locked { year, owned, most });
    }
    let of = |term: Term| within(HourSpan::new(begin, begin.plus(term.hours())));
    Ok(Year {
        number: year,
        left: most - owned,
        hours: (of(Term::OneYear), of(Term::ThreeYears)),
    })
}

/// The hours of a calendar year; `None` where no time has its number.
fn calendar_year(year: i32) -> Option<HourSpan> {
    let first = |year: i32| Hour::parse(&format!("{year:04}-01-01T00:00Z")).ok();
    Some(HourSpan::new(first(year)?, first(year.checked_add(1)?)?))
}

/// What all usage that can be covered costs On-Demand.
fn usage(setup: &Setup, demand: &Demand) -> Money {
    let nothing = Amounts {
        counts: vec![0; setup.reservations.len()],
        commitments: vec![Money::ZERO; setup.plans.len()],
    };
    on_demand_cost(setup, &nothing, demand, 1)
}
