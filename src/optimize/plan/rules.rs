//! Rules that purchases have to keep: rows of the numeric problem where they are linear, and exact amounts that
//! whole purchases are held against.

use rust_decimal::Decimal;

use crate::billing::{Amounts, Bill, CommitmentTotals, Setup, on_demand_cost};
use crate::commitment::{Portfolio, SavingsPlanScope};
use crate::demand::Demand;
use crate::units::Money;

use super::super::{Limit, Problem};
use super::candidates::{Candidate, CandidateKind};
use super::plans::{Plan, Purchase};

/// What has to hold for everything that is bought. Shares are in per cent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// Dollars committed in any hour at most, at public prices, with what is owned.
    pub max_hourly_commitment: Option<Money>,
    /// Dollars paid at purchase at most, for everything that is bought.
    pub max_upfront: Option<Money>,
    /// Least share of the usage that commitments cover, by what it costs On-Demand.
    pub min_coverage: Option<Decimal>,
    /// Largest share of it.
    pub max_coverage: Option<Decimal>,
    /// Least share of what is committed that is used, by cost, with what is owned.
    pub min_utilization: Option<Decimal>,
    /// So many purchases at most.
    pub max_purchases: Option<usize>,
    /// What each purchase has to save in the window at least, beside all others.
    pub min_saving: Option<Money>,
    /// Families that Reserved Instances and EC2 Instance Savings Plans may be bought for; all when empty.
    pub families: Vec<String>,
    /// Families that they may not be bought for.
    pub without_families: Vec<String>,
}

/// One of the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleName {
    /// [`Rules::max_hourly_commitment`]
    MaxHourlyCommitment,
    /// [`Rules::max_upfront`]
    MaxUpfront,
    /// [`Rules::min_coverage`]
    MinCoverage,
    /// [`Rules::max_coverage`]
    MaxCoverage,
    /// [`Rules::min_utilization`]
    MinUtilization,
    /// [`Rules::max_purchases`]
    MaxPurchases,
    /// [`Rules::min_saving`]
    MinSaving,
    /// [`Rules::families`]
    Families,
    /// [`Rules::without_families`]
    WithoutFamilies,
}

/// Why no purchases keep the rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unkept {
    /// What is owned is too much already.
    #[error("what is owned commits ${} in an hour already, `max-hourly-commitment` allows ${}", .owned.to_decimal(3), .most.to_decimal(3))]
    Owned {
        /// The most that is owned in an hour.
        owned: Money,
        /// What the rule allows.
        most: Money,
    },
    /// Nothing that may be bought covers so much.
    #[error(
        "`min-coverage` asks for {asked} %, and whatever may be bought covers {most} % of the usage at most"
    )]
    Uncovered {
        /// The rule.
        asked: Decimal,
        /// The most, rounded down.
        most: Decimal,
    },
    /// Two rules of which either one can be kept.
    #[error("`{}` and `{}` exclude each other: with the second kept, some {most} % of the usage can be covered", .first.code(), .second.code())]
    Exclude {
        /// The one: coverage.
        first: RuleName,
        /// The other.
        second: RuleName,
        /// What was found to be covered at most beside it, rounded down.
        most: Decimal,
    },
    /// A rule that neither buying nor not buying keeps.
    #[error("no purchases keep `{}` beside the other rules and what is owned", .rule.code())]
    Never {
        /// The rule.
        rule: RuleName,
    },
    /// A family without usage.
    #[error("no instances of the family `{family}` are in the usage")]
    Family {
        /// Its name.
        family: String,
    },
}

impl RuleName {
    /// All of them, in the order of [`Rules`].
    pub const ALL: [Self; 9] = [
        Self::MaxHourlyCommitment,
        Self::MaxUpfront,
        Self::MinCoverage,
        Self::MaxCoverage,
        Self::MinUtilization,
        Self::MaxPurchases,
        Self::MinSaving,
        Self::Families,
        Self::WithoutFamilies,
    ];

    /// Its name for machines, and on the command line.
    pub const fn code(self) -> &'static str {
        match self {
            Self::MaxHourlyCommitment => "max-hourly-commitment",
            Self::MaxUpfront => "max-upfront",
            Self::MinCoverage => "min-coverage",
            Self::MaxCoverage => "max-coverage",
            Self::MinUtilization => "min-utilization",
            Self::MaxPurchases => "max-purchases",
            Self::MinSaving => "min-saving",
            Self::Families => "families",
            Self::WithoutFamilies => "without-families",
        }
    }
}

impl Rules {
    /// The rules there are.
    pub fn names(&self) -> Vec<RuleName> {
        let all = RuleName::ALL.into_iter();
        all.filter(|&rule| self.without(rule) != *self).collect()
    }

    /// The others.
    #[must_use]
    pub fn without(&self, rule: RuleName) -> Self {
        let mut rules = self.clone();
        match rule {
            RuleName::MaxHourlyCommitment => rules.max_hourly_commitment = None,
            RuleName::MaxUpfront => rules.max_upfront = None,
            RuleName::MinCoverage => rules.min_coverage = None,
            RuleName::MaxCoverage => rules.max_coverage = None,
            RuleName::MinUtilization => rules.min_utilization = None,
            RuleName::MaxPurchases => rules.max_purchases = None,
            RuleName::MinSaving => rules.min_saving = None,
            RuleName::Families => rules.families.clear(),
            RuleName::WithoutFamilies => rules.without_families.clear(),
        }
        rules
    }

    /// Whether a candidate's family may be bought for.
    pub(super) fn allow(&self, candidate: &Candidate) -> bool {
        let family = match candidate.kind {
            CandidateKind::Reserved { product, .. } => product.instance_type.family(),
            CandidateKind::SavingsPlan(SavingsPlanScope::Ec2Instance { family, .. }) => family,
            CandidateKind::SavingsPlan(SavingsPlanScope::Compute | SavingsPlanScope::Database) => {
                return true;
            }
        };
        let named = |families: &[String]| families.iter().any(|name| name == family.as_str());
        (self.families.is_empty() || named(&self.families)) && !named(&self.without_families)
    }

    /// Refuses families that nothing runs in: a misspelt one would forbid everything, or nothing.
    pub(super) fn check_families(&self, demand: &Demand) -> Result<(), Unkept> {
        let used = |name: &String| {
            let mut keys = demand.keys().iter();
            keys.any(|key| key.instance_type.family().as_str() == name)
        };
        let mut named = self.families.iter().chain(&self.without_families);
        named.find(|name| !used(name)).map_or(Ok(()), |family| {
            let family = family.clone();
            Err(Unkept::Family { family })
        })
    }
}

/// What the rules leave to buy in one window, exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Budget {
    /// Dollars an hour at public prices.
    pub(super) hourly: Option<Money>,
    pub(super) upfront: Option<Money>,
    /// What may stay On-Demand, and what has to.
    pub(super) most_left: Option<Money>,
    pub(super) least_left: Option<Money>,
}

impl Budget {
    pub(super) fn new(
        rules: &Rules,
        owned: &Portfolio,
        setup: &Setup,
        demand: &Demand,
    ) -> Result<Self, Unkept> {
        let hourly = |most: Money| {
            let owned = owned_hourly(owned, demand);
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
        Ok(Self {
            hourly: rules.max_hourly_commitment.map(hourly).transpose()?,
            upfront: rules.max_upfront,
            most_left: rules.min_coverage.map(left),
            least_left: rules.max_coverage.map(left),
        })
    }

    /// By how much purchases are above it, in dollars of any kind: nothing where all is kept.
    pub(super) fn over(&self, hourly: Money, upfront: Money, left: Money) -> Money {
        let above = |value: Money, most: Option<Money>| {
            most.map_or(Money::ZERO, |most| (value - most).max(Money::ZERO))
        };
        let short = self
            .least_left
            .map_or(Money::ZERO, |least| (least - left).max(Money::ZERO));
        above(hourly, self.hourly)
            + above(upfront, self.upfront)
            + above(left, self.most_left)
            + short
    }

    /// The rows of the problem: what it has to spend, and what may stay On-Demand. (That something has to is no
    /// convex rule: the bound is without it.)
    pub(super) fn limits(
        &self,
        problem: &Problem,
        candidates: &[Option<&Candidate>],
    ) -> Vec<Limit> {
        let row = |rule: RuleName, most: Option<Money>, of: &dyn Fn(&Candidate) -> Money| {
            let most = most?.to_f64();
            let factor = |(source, candidate): (usize, Option<&Candidate>)| {
                let candidate = candidate?;
                Some((
                    source,
                    of(candidate).to_f64() / candidate.paid.effective.to_f64(),
                ))
            };
            Some(Limit {
                name: rule.code().into(),
                commitments: candidates
                    .iter()
                    .copied()
                    .enumerate()
                    .filter_map(factor)
                    .collect(),
                rest: Vec::new(),
                most,
            })
        };
        let coverage = self.most_left.map(|most| Limit {
            name: RuleName::MinCoverage.code().into(),
            commitments: Vec::new(),
            rest: vec![(0, 1.0)],
            // What is missing in the last place of a sum of floats must not make full coverage impossible.
            most: most.to_f64() + 1e-9 * problem.on_demand(),
        });
        let hourly = row(RuleName::MaxHourlyCommitment, self.hourly, &|one| one.step);
        let upfront = row(RuleName::MaxUpfront, self.upfront, &|one| one.paid.upfront);
        [hourly, upfront, coverage].into_iter().flatten().collect()
    }
}

/// The most that is committed in an hour of the window by what is owned, at public prices.
fn owned_hourly(owned: &Portfolio, demand: &Demand) -> Money {
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
    let window = demand.span();
    let starts = all
        .iter()
        .map(|(alive, _)| alive.start())
        .filter(|&hour| window.contains(hour));
    let first = (!window.is_empty()).then(|| window.start());
    starts.chain(first).map(in_hour).max().unwrap_or_default()
}

/// What all usage that can be covered costs On-Demand.
fn usage(setup: &Setup, demand: &Demand) -> Money {
    let nothing = Amounts {
        counts: vec![0; setup.reservations.len()],
        commitments: vec![Money::ZERO; setup.plans.len()],
    };
    on_demand_cost(setup, &nothing, demand, 1)
}

/// The first rule that a plan breaks. What each purchase saves is not looked at.
pub(super) fn broken(rules: &Rules, budget: &Budget, plan: &Plan) -> Option<RuleName> {
    let sum = |of: &dyn Fn(&Purchase) -> Money| plan.purchases.iter().map(of).sum::<Money>();
    let left = plan.bill.on_demand_cost() + plan.bill.services_cost();
    let is_above = |value: Money, most: Option<Money>| most.is_some_and(|most| value > most);
    let checks = [
        (
            RuleName::MaxHourlyCommitment,
            is_above(sum(&Purchase::hourly_commitment), budget.hourly),
        ),
        (
            RuleName::MaxUpfront,
            is_above(sum(&|one| one.fees().0), budget.upfront),
        ),
        (RuleName::MinCoverage, is_above(left, budget.most_left)),
        (
            RuleName::MaxCoverage,
            budget.least_left.is_some_and(|least| left < least),
        ),
        (
            RuleName::MinUtilization,
            rules
                .min_utilization
                .is_some_and(|least| used(&plan.bill) < least),
        ),
        (
            RuleName::MaxPurchases,
            rules
                .max_purchases
                .is_some_and(|most| plan.purchases.len() > most),
        ),
    ];
    checks
        .into_iter()
        .find(|(_, broken)| *broken)
        .map(|(rule, _)| rule)
}

/// Used part of what is committed, per cent, by cost; all where nothing is.
pub(super) fn used(bill: &Bill) -> Decimal {
    let all = bill.reserved_instances.iter().chain(&bill.savings_plans);
    let used = |totals: &CommitmentTotals| {
        let share = Decimal::from(totals.used).checked_div(Decimal::from(totals.committed));
        totals.cost.to_decimal(10) * share.unwrap_or_default()
    };
    let used: Decimal = all.map(used).sum();
    let share = used.checked_div(bill.commitment_cost().to_decimal(10));
    share.map_or(Decimal::ONE_HUNDRED, |share| share * Decimal::ONE_HUNDRED)
}
