//! The rules of a run as its file has them, and what each of them costs.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::amount;
use crate::optimize::{RuleName, RulePrice, Rules};
use crate::units::Money;

/// Rules that were asked for, in the words of the command line. Amounts are decimal texts, shares per cent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRules {
    /// Dollars committed in any hour at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_hourly_commitment: Option<String>,
    /// Dollars paid at purchase at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_upfront: Option<String>,
    /// Dollars that commitments cost in calendar years at most.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub max_lock_in: BTreeMap<i32, String>,
    /// Least coverage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_coverage: Option<String>,
    /// Largest coverage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_coverage: Option<String>,
    /// Least utilization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_utilization: Option<String>,
    /// So many purchases at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_purchases: Option<usize>,
    /// What each purchase saves at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_saving: Option<String>,
    /// Families that may be bought for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub families: Vec<String>,
    /// Families that may not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_families: Vec<String>,
    /// Selectors of the usage that zonal Reserved Instances are to hold capacity for. Which keys they take the search's
    /// rules have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zonal: Vec<String>,
}

/// What a rule costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRule {
    /// Its name on the command line.
    pub rule: String,
    /// What it asks for.
    pub limit: String,
    /// What the window would cost less without it, the others being kept.
    pub cost: String,
    /// The same for a year of such hours.
    pub cost_per_year: String,
    /// What one more dollar an hour, dollar upfront, dollar of a year's lock-in or per cent of coverage would save in such a year, as the proof
    /// has it; rules that are no rows of the problem lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_per_year: Option<String>,
}

impl RunRules {
    /// The rules of a search; `zonal` are the selectors of its zonal usage.
    pub fn of(rules: &Rules, zonal: &[String]) -> Self {
        let money = |value: Option<Money>| value.map(amount);
        let share = |value: Option<Decimal>| value.map(|share| share.normalize().to_string());
        Self {
            max_hourly_commitment: money(rules.max_hourly_commitment),
            max_upfront: money(rules.max_upfront),
            max_lock_in: rules
                .max_lock_in
                .iter()
                .map(|(&year, &most)| (year, amount(most)))
                .collect(),
            min_coverage: share(rules.min_coverage),
            max_coverage: share(rules.max_coverage),
            min_utilization: share(rules.min_utilization),
            max_purchases: rules.max_purchases,
            min_saving: money(rules.min_saving),
            families: rules.families.clone(),
            without_families: rules.without_families.clone(),
            zonal: zonal.to_vec(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The rules to search by, without the usage that zonal ones are for; `None` when a text is no number.
    pub fn to_rules(&self) -> Option<Rules> {
        let decimal = |text: &Option<String>| match text {
            Some(text) => text.parse::<Decimal>().ok().map(Some),
            None => Some(None),
        };
        let money = |text: &Option<String>| match decimal(text)? {
            Some(dollars) => Money::from_decimal(dollars).ok().map(Some),
            None => Some(None),
        };
        Some(Rules {
            max_hourly_commitment: money(&self.max_hourly_commitment)?,
            max_upfront: money(&self.max_upfront)?,
            max_lock_in: self
                .max_lock_in
                .iter()
                .map(|(&year, most)| Some((year, Money::from_decimal(most.parse().ok()?).ok()?)))
                .collect::<Option<_>>()?,
            min_coverage: decimal(&self.min_coverage)?,
            max_coverage: decimal(&self.max_coverage)?,
            min_utilization: decimal(&self.min_utilization)?,
            max_purchases: self.max_purchases,
            min_saving: money(&self.min_saving)?,
            families: self.families.clone(),
            without_families: self.without_families.clone(),
            zonal: BTreeSet::new(),
        })
    }

    /// Every rule with what it asks for; none where a text is no number.
    pub fn words(&self) -> Vec<String> {
        let rules = self.to_rules().unwrap_or_default();
        let word = |rule: RuleName| format!("{} {}", rule.code(), self.limit(rule));
        let zonal = (!self.zonal.is_empty()).then_some(RuleName::Zonal);
        rules.names().into_iter().chain(zonal).map(word).collect()
    }

    /// What a rule asks for, in words.
    fn limit(&self, rule: RuleName) -> String {
        let dollars = |value: &Option<String>, unit: &str| {
            let value = value.as_deref().unwrap_or_default();
            format!("${value}{unit}")
        };
        let share = |value: &Option<String>| format!("{} %", value.as_deref().unwrap_or_default());
        match rule {
            RuleName::MaxHourlyCommitment => dollars(&self.max_hourly_commitment, "/h"),
            RuleName::MaxUpfront => dollars(&self.max_upfront, ""),
            RuleName::MaxLockIn(year) => {
                let most = self.max_lock_in.get(&year).map_or("", String::as_str);
                format!("${most} in {year}")
            }
            RuleName::MinCoverage => share(&self.min_coverage),
            RuleName::MaxCoverage => share(&self.max_coverage),
            RuleName::MinUtilization => share(&self.min_utilization),
            RuleName::MaxPurchases => self.max_purchases.unwrap_or_default().to_string(),
            RuleName::MinSaving => dollars(&self.min_saving, ""),
            RuleName::Families => self.families.join(", "),
            RuleName::WithoutFamilies => self.without_families.join(", "),
            RuleName::Zonal => self.zonal.join("; "),
        }
    }
}

/// Hours of a year as AWS counts them.
const YEAR: i128 = 8_760;

impl RunRule {
    /// The price of a rule in a window of so many hours.
    pub fn new(rules: &RunRules, price: &RulePrice, hours: usize) -> Self {
        let hours = i128::try_from(hours).unwrap_or(i128::MAX).max(1);
        let next = price.marginal.map(|dollars| {
            let year = Decimal::from(YEAR) / Decimal::from(hours);
            let dollars = Decimal::try_from(dollars).unwrap_or_default() * year;
            dollars.round_dp(2).to_string()
        });
        Self {
            rule: price.rule.code().into(),
            limit: rules.limit(price.rule),
            cost: amount(price.cost),
            cost_per_year: amount(price.cost.times(YEAR).per(hours)),
            next_per_year: next,
        }
    }
}
