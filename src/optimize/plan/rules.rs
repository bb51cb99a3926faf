//! Rules that purchases have to keep, and whether a plan does.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::billing::{Bill, CommitmentTotals, Coverable};
use crate::commitment::SavingsPlanScope;
use crate::demand::{DemandKey, Market};
use crate::units::{Hour, Money};

use super::budget::{Budget, Floor};
use super::candidates::{Candidate, CandidateKind};
use super::plans::{Plan, Purchase};

/// What has to hold for everything that is bought. Shares are in per cent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// Dollars committed in any hour at most, at public prices, with what is owned.
    pub max_hourly_commitment: Option<Money>,
    /// Dollars paid at purchase at most, for everything that is bought.
    pub max_upfront: Option<Money>,
    /// By calendar year (UTC), dollars of commitments that fall in it at most: what is bought begins when the window
    /// ends, upfront fees are spread over the term, and what is owned counts.
    pub max_lock_in: BTreeMap<i32, Money>,
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
    /// Families that Reserved Instances, hosts and EC2 Instance Savings Plans may be bought for; all when empty.
    pub families: Vec<String>,
    /// Families that they may not be bought for.
    pub without_families: Vec<String>,
    /// Usage, with its zone, that Reserved Instances are to hold capacity for, On-Demand whether it may run on Spot or
    /// not: they are offered zonal for it, not regional, and as many are bought as pay for themselves beside what is owned.
    pub zonal: BTreeSet<DemandKey>,
}

/// One of the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleName {
    /// [`Rules::max_hourly_commitment`]
    MaxHourlyCommitment,
    /// [`Rules::max_upfront`]
    MaxUpfront,
    /// [`Rules::max_lock_in`] of a year
    MaxLockIn(i32),
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
    /// [`Rules::zonal`]
    Zonal,
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
    /// What is owned is too much of a year already.
    #[error("what is owned commits ${} in {year} already, `max-lock-in` allows ${}", .owned.to_decimal(2), .most.to_decimal(2))]
    Locked {
        /// The calendar year.
        year: i32,
        /// What is owned costs in it.
        owned: Money,
        /// What the rule allows.
        most: Money,
    },
    /// A year in which nothing bought now is there.
    #[error("`max-lock-in` names {year}, which is over when the purchases begin ({begin})")]
    Past {
        /// The calendar year.
        year: i32,
        /// The first hour of what is bought.
        begin: Hour,
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
    #[error("`{}` and `{}` exclude each other: with the second kept, some {most} % of the usage can be covered", .first.row(), .second.row())]
    Exclude {
        /// The one: coverage.
        first: RuleName,
        /// The other.
        second: RuleName,
        /// What was found to be covered at most beside it, rounded down.
        most: Decimal,
    },
    /// Two rules of which either one can be kept, neither of them coverage beside a budget.
    #[error("`{}` and `{}` exclude each other", .first.row(), .second.row())]
    Pair {
        /// The one.
        first: RuleName,
        /// The other.
        second: RuleName,
    },
    /// A rule that neither buying nor not buying keeps.
    #[error("no purchases keep `{}` beside the other rules and what is owned", .rule.row())]
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
    /// Its name for machines, and on the command line.
    pub const fn code(self) -> &'static str {
        match self {
            Self::MaxHourlyCommitment => "max-hourly-commitment",
            Self::MaxUpfront => "max-upfront",
            Self::MaxLockIn(_) => "max-lock-in",
            Self::MinCoverage => "min-coverage",
            Self::MaxCoverage => "max-coverage",
            Self::MinUtilization => "min-utilization",
            Self::MaxPurchases => "max-purchases",
            Self::MinSaving => "min-saving",
            Self::Families => "families",
            Self::WithoutFamilies => "without-families",
            Self::Zonal => "zonal",
        }
    }

    /// The name of its row in the numeric problem.
    pub(super) fn row(self) -> String {
        match self {
            Self::MaxLockIn(year) => format!("{} {year}", self.code()),
            _ => self.code().to_owned(),
        }
    }
}

impl Rules {
    /// The rules there are, in their order.
    pub fn names(&self) -> Vec<RuleName> {
        let years = self.max_lock_in.keys();
        let all = [RuleName::MaxHourlyCommitment, RuleName::MaxUpfront].into_iter();
        let all = all.chain(years.map(|&year| RuleName::MaxLockIn(year)));
        let all = all.chain([
            RuleName::MinCoverage,
            RuleName::MaxCoverage,
            RuleName::MinUtilization,
            RuleName::MaxPurchases,
            RuleName::MinSaving,
            RuleName::Families,
            RuleName::WithoutFamilies,
            RuleName::Zonal,
        ]);
        all.filter(|&rule| self.without(rule) != *self).collect()
    }

    /// The others.
    #[must_use]
    pub fn without(&self, rule: RuleName) -> Self {
        let mut rules = self.clone();
        match rule {
            RuleName::MaxHourlyCommitment => rules.max_hourly_commitment = None,
            RuleName::MaxUpfront => rules.max_upfront = None,
            RuleName::MaxLockIn(year) => {
                rules.max_lock_in.remove(&year);
            }
            RuleName::MinCoverage => rules.min_coverage = None,
            RuleName::MaxCoverage => rules.max_coverage = None,
            RuleName::MinUtilization => rules.min_utilization = None,
            RuleName::MaxPurchases => rules.max_purchases = None,
            RuleName::MinSaving => rules.min_saving = None,
            RuleName::Families => rules.families.clear(),
            RuleName::WithoutFamilies => rules.without_families.clear(),
            RuleName::Zonal => rules.zonal.clear(),
        }
        rules
    }

    /// Whether Reserved Instances are to hold capacity for usage.
    pub(super) fn hold_capacity_for(&self, key: &DemandKey) -> bool {
        let on_demand = || DemandKey {
            market: Market::OnDemand,
            ..key.clone()
        };
        match key.market {
            _ if self.zonal.is_empty() => false,
            Market::SpotEligible => self.zonal.contains(&on_demand()),
            _ => self.zonal.contains(key),
        }
    }

    /// Only what they say of families.
    pub(super) fn only_families(&self) -> Self {
        Self {
            families: self.families.clone(),
            without_families: self.without_families.clone(),
            ..Self::default()
        }
    }

    /// Whether a candidate's family may be bought for.
    pub(super) fn allow(&self, candidate: &Candidate) -> bool {
        let family = match candidate.kind {
            CandidateKind::Reserved { product, .. } => product.instance_type.family(),
            CandidateKind::Hosts { host, .. } => host.instance_type.family(),
            CandidateKind::SavingsPlan(SavingsPlanScope::Ec2Instance { family, .. }) => family,
            CandidateKind::SavingsPlan(SavingsPlanScope::Compute | SavingsPlanScope::Database) => {
                return true;
            }
        };
        let named = |families: &[String]| families.iter().any(|name| name == family.as_str());
        (self.families.is_empty() || named(&self.families)) && !named(&self.without_families)
    }

    /// Refuses families that nothing runs in: a misspelt one would forbid everything, or nothing.
    pub(super) fn check_families(&self, usage: &Coverable<'_>) -> Result<(), Unkept> {
        let used = |name: &String| {
            let mut keys = usage.demand.keys().iter();
            let mut beside = usage.beside.lines().iter();
            keys.any(|key| key.instance_type.family().as_str() == name)
                || beside.any(|line| line.item.host_family() == Some(name.as_str()))
        };
        let mut named = self.families.iter().chain(&self.without_families);
        named.find(|name| !used(name)).map_or(Ok(()), |family| {
            let family = family.clone();
            Err(Unkept::Family { family })
        })
    }
}

/// The first rule that a plan breaks. What each purchase saves is not looked at.
pub(super) fn broken(rules: &Rules, budget: &Budget, plan: &Plan) -> Option<RuleName> {
    let sum = |of: &dyn Fn(&Purchase) -> Money| plan.purchases.iter().map(of).sum::<Money>();
    let left = plan.bill.on_demand_cost() + plan.bill.services_cost();
    let is_above = |value: Money, most: Option<Money>| most.is_some_and(|most| value > most);
    // All purchases of a plan live in the same hours.
    let hourly = budget.hourly.first().map(|ceiling| ceiling.most);
    let mut checks = vec![
        (
            RuleName::MaxHourlyCommitment,
            is_above(sum(&Purchase::hourly_commitment), hourly),
        ),
        (
            RuleName::MaxUpfront,
            is_above(sum(&|one| one.fees().0), budget.upfront),
        ),
    ];
    checks.extend(budget.locked.iter().map(|year| {
        let locked = |one: &Purchase| one.effective_hourly().times(year.hours(one.candidate.term));
        (RuleName::MaxLockIn(year.number), sum(&locked) > year.left)
    }));
    checks.extend([
        (RuleName::Zonal, !keeps(&budget.floors, plan)),
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
    ]);
    checks
        .into_iter()
        .find(|(_, broken)| *broken)
        .map(|(rule, _)| rule)
}

/// Whether as much is bought of everything as has to be.
fn keeps(floors: &[Floor], plan: &Plan) -> bool {
    let bought = |floor: &Floor| {
        let mut all = plan.purchases.iter();
        let found = all.find(|bought| bought.candidate == floor.candidate);
        found.map_or(0, |bought| bought.steps)
    };
    floors.iter().all(|floor| bought(floor) >= floor.steps)
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
