//! What a buying rule buys at a date, from the past alone.

use std::str::FromStr;

use crate::billing::Coverable;
use crate::commitment::Portfolio;
use crate::demand::Demand;
use crate::diagnostics::Diagnostic;
use crate::units::{Hour, HourSpan};

use super::super::super::Rule;
use super::super::aim::Aim;
use super::super::bought::Bought;
use super::super::candidates::{Candidate, Market, candidates};
use super::super::plans::{Failed, Options, Plan, Purchase, add, cheapest, rule};
use super::super::robust::{Effort, Outlook, Together};
use super::super::tariff::prepare;
use super::NoBacktest;
use super::online::Threshold;

/// A rule to buy by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BuyingRule {
    /// The cheapest mix on the past.
    Best,
    /// The mix that does best over what may come, seen from the past.
    Robust,
    /// A rule of thumb.
    Usual(Rule),
    /// Reserve once an instance has cost more On-Demand than its reservation: at most `2 - a` times the optimum,
    /// whatever comes (Wang, Li, Liang, arXiv 1305.5608).
    Online,
    /// The same at a random point before: `e / (e - 1 + a)` times the optimum on average, the least possible.
    OnlineRandomised,
}

impl BuyingRule {
    /// Every rule, as tables list them.
    pub const ALL: [Self; 11] = [
        Self::Best,
        Self::Robust,
        Self::Usual(Rule::ComputePlan),
        Self::Usual(Rule::MinimumUsage),
        Self::Usual(Rule::Coverage70),
        Self::Usual(Rule::Coverage80),
        Self::Usual(Rule::ReservedThenComputePlan),
        Self::Usual(Rule::FamilyPlansThenComputePlan),
        Self::Usual(Rule::Independent),
        Self::Online,
        Self::OnlineRandomised,
    ];

    /// Its name for machines.
    pub fn code(self) -> &'static str {
        match self {
            Self::Best => "best",
            Self::Robust => "robust",
            Self::Usual(usual) => rule(usual).0,
            Self::Online => "online",
            Self::OnlineRandomised => "online-randomised",
        }
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Best => "Cheapest mix on the past",
            Self::Robust => "Robust mix on the past",
            Self::Usual(usual) => rule(usual).1,
            Self::Online => "Online, at break-even",
            Self::OnlineRandomised => "Online, randomised",
        }
    }

    pub(super) fn threshold(self, seed: u64) -> Option<Threshold> {
        match self {
            Self::Online => Some(Threshold::BreakEven),
            Self::OnlineRandomised => Some(Threshold::Random(seed)),
            Self::Best | Self::Robust | Self::Usual(_) => None,
        }
    }

    /// Whether it searches for what keeps the rules for purchases.
    pub(super) const fn keeps_rules(self) -> bool {
        matches!(self, Self::Best | Self::Robust)
    }

    /// Whether it says how much there is to be in all, so that each purchase tops up the ones before it.
    const fn is_a_level(self) -> bool {
        matches!(
            self,
            Self::Usual(
                Rule::ComputePlan | Rule::MinimumUsage | Rule::Coverage70 | Rule::Coverage80
            )
        )
    }
}

impl FromStr for BuyingRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|rule| rule.code() == text);
        found.ok_or_else(|| {
            let all: Vec<&str> = Self::ALL.iter().map(|rule| rule.code()).collect();
            format!("the rules are {}", all.join(", "))
        })
    }
}

/// A rule with what it may buy.
pub(super) struct Buyer<'a, M, F> {
    pub(super) rule: BuyingRule,
    pub(super) market: &'a M,
    pub(super) options: &'a Options,
    /// What may come after some hours, beside what is owned then.
    pub(super) foresee: &'a F,
}

/// Where the search for a robust mix may stop: there is one a month, and bills decide which whole steps are bought.
const LOOSE: f64 = 1e-3;

impl<M, N, F> Buyer<'_, M, F>
where
    M: Market,
    N: Market,
    F: Fn(HourSpan, &Portfolio) -> Result<Vec<Outlook<N>>, Diagnostic>,
{
    /// What is bought at `at` on the usage of the `past`, beside what is alive then.
    pub(super) fn buys(
        &self,
        past: &Coverable<'_>,
        at: Hour,
        owned: &Portfolio,
        before: &[Bought],
    ) -> Result<Vec<Purchase>, NoBacktest> {
        let hours = past.demand.span();
        let mut standing = standing(owned, at, hours);
        if !self.rule.is_a_level() {
            for one in alive(before, at) {
                let Purchase { candidate, steps } = &one.purchase;
                add(&mut standing, candidate, *steps, hours, self.options.buyer);
            }
        }
        let BuyingRule::Usual(usual) = self.rule else {
            let best = cheapest(past, &standing, self.market, self.options)?;
            return match self.rule {
                BuyingRule::Robust => self.robust(&best, past, &standing),
                _ => Ok(best.purchases),
            };
        };
        let wanted = self.usual(usual, past, &standing)?;
        Ok(if self.rule.is_a_level() {
            topped_up(wanted, before, at)
        } else {
            wanted
        })
    }

    /// What does best over all that may come; the cheapest mix on the past is improved where that does better.
    fn robust(
        &self,
        best: &Plan,
        past: &Coverable<'_>,
        standing: &Portfolio,
    ) -> Result<Vec<Purchase>, NoBacktest> {
        let (market, options) = (self.market, self.options);
        let outlooks = (self.foresee)(past.demand.span(), standing);
        let outlooks = outlooks.map_err(|why| NoBacktest::Unforeseen(Box::new(why)))?;
        let together = Together::new(&outlooks, past, standing, market, options)?;
        let effort = Effort {
            tolerance: options.tolerance.max(LOOSE),
            trials: options.trials,
        };
        let found = together.best(Aim::MIXED, effort, &[best], (past, standing, market))?;
        Ok(found.plan.purchases)
    }

    /// What a rule of thumb buys beside what stands.
    fn usual(
        &self,
        usual: Rule,
        past: &Coverable<'_>,
        standing: &Portfolio,
    ) -> Result<Vec<Purchase>, NoBacktest> {
        if self.rule.is_a_level() && !self.options.kinds.compute_plan {
            return Err(NoBacktest::NothingToBuy {
                rule: self.rule.code(),
                needs: "Compute Savings Plans",
            });
        }
        let tariff = prepare(past, standing, self.market, self.options)?;
        Ok(tariff.by_rule(usual, self.options.threads))
    }
}

/// What is owned at a date, as if it had been through all of the past: it will be there for what comes.
fn standing(owned: &Portfolio, at: Hour, past: HourSpan) -> Portfolio {
    let mut standing = owned.clone();
    standing
        .reserved_instances
        .retain(|one| one.alive.contains(at));
    standing.savings_plans.retain(|one| one.alive.contains(at));
    for one in &mut standing.reserved_instances {
        one.alive = past;
    }
    for one in &mut standing.savings_plans {
        one.alive = past;
    }
    standing
}

fn alive(bought: &[Bought], at: Hour) -> impl Iterator<Item = &Bought> {
    bought.iter().filter(move |one| one.alive().contains(at))
}

/// What is missing to the amounts wanted.
fn topped_up(wanted: Vec<Purchase>, before: &[Bought], at: Hour) -> Vec<Purchase> {
    let missing = wanted.into_iter().map(|purchase| {
        let same = alive(before, at).filter(|one| {
            let (one, other) = (&one.purchase.candidate, &purchase.candidate);
            (one.kind, one.term, one.payment_option)
                == (other.kind, other.term, other.payment_option)
        });
        let there: u64 = same.map(|one| one.purchase.steps).sum();
        Purchase {
            steps: purchase.steps.saturating_sub(there),
            ..purchase
        }
    });
    missing.filter(|purchase| purchase.steps > 0).collect()
}

/// The Reserved Instances that the online rules buy: of each pool the cheapest a unit, of the first term allowed.
pub(super) fn reserved_candidates(
    demand: &Demand,
    market: &impl Market,
    options: &Options,
) -> Vec<Candidate> {
    let mut kinds = options.kinds;
    kinds.ec2_instance_plan = false;
    kinds.compute_plan = false;
    if kinds.standard {
        kinds.convertible = false;
    }
    let first = Options {
        kinds,
        terms: options.terms.iter().copied().take(1).collect(),
        ..options.clone()
    };
    let mut candidates = candidates(demand, market, &first).0;
    candidates.retain(|candidate| options.rules.allow(candidate));
    candidates
}

impl From<crate::billing::SetupError> for NoBacktest {
    fn from(error: crate::billing::SetupError) -> Self {
        Self::Failed(Failed::from(error))
    }
}
