//! `pricing-data/rules.toml`: how prices that no table has follow from prices that one has.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::answer::{Basis, Provenance};
use super::packed::{Damaged, Table};
use crate::catalog::{Family, OfferingClass, OperatingSystem, PaymentOption, Term};

/// The file.
#[derive(Debug, Deserialize)]
pub(super) struct Rules {
    #[serde(rename = "rules")]
    by_id: BTreeMap<String, Rule>,
    /// The numbers in the rules.
    pub(super) parameters: Parameters,
    predecessors: BTreeMap<String, Predecessor>,
    service_plans: ServicePlans,
}

/// What Compute Savings Plans take off the On-Demand price of services.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServicePlans {
    /// Sources whose rates somebody computed from percentages.
    computed: Vec<String>,
    /// Our items by the names of `savings-plans/others.csv`.
    names: BTreeMap<String, String>,
    off: Vec<ServicePlanRule>,
}

/// Per cent off On-Demand, for some items.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServicePlanRule {
    /// Its id among the rules.
    pub(super) rule: String,
    /// The regions where rates were seen that follow it.
    pub(super) checked_regions: Vec<String>,
    /// The rule that is added in all others; none where the rule is a guess everywhere.
    pub(super) elsewhere: Option<String>,
    items: Vec<String>,
    /// By term, then by payment option.
    percent: BTreeMap<String, BTreeMap<String, Decimal>>,
}

impl ServicePlanRule {
    /// Per cent; `None` where no source says it.
    pub(super) fn off_percent(&self, term: Term, payment: PaymentOption) -> Option<Decimal> {
        self.percent.get(term.code())?.get(payment.code()).copied()
    }
}

/// What a price that follows from a rule says of it.
#[derive(Debug, Deserialize)]
struct Rule {
    basis: Kind,
    error_percent: Decimal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Rule,
    Estimated,
}

/// The numbers in the rules, as the file explains them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    no_over_partial_1yr: Decimal,
    no_over_partial_3yr: Decimal,
    all_over_partial: Decimal,
    all_over_partial_standard_3yr: Decimal,
    pub(super) licence_tolerance: Decimal,
    suse_share_1yr: Decimal,
    suse_share_3yr: Decimal,
    ubuntu_pro_share: Decimal,
    /// Dedicated of shared hardware, for families that no table has.
    pub(super) dedicated_factor: Decimal,
    accelerated: Vec<String>,
    reserved_platforms: Vec<String>,
}

/// The family whose ratio stands in for one without Reserved prices.
#[derive(Debug, Deserialize)]
pub(super) struct Predecessor {
    family: String,
    /// Per cent of the price.
    pub(super) error_percent: Decimal,
}

/// How a price came about: what was read, and the rules since.
#[derive(Debug, Clone)]
pub(super) struct Trail {
    source: Arc<str>,
    as_of: NaiveDate,
    rules: Vec<&'static str>,
    /// Of the estimated ones, added up.
    error_percent: Option<Decimal>,
}

impl Rules {
    /// Reads the file.
    pub(super) fn parse(text: &str) -> Result<Self, Damaged> {
        toml::from_str(text).map_err(|error| Damaged(error.to_string()))
    }

    /// The family whose ratio stands in for this one.
    pub(super) fn predecessor(&self, family: Family) -> Option<(Family, &Predecessor)> {
        let found = self.predecessors.get(family.as_str())?;
        Some((Family::new(&found.family), found))
    }

    /// What Savings Plans take off the price of a service's item.
    pub(super) fn service_plan(&self, item: &str) -> Option<&ServicePlanRule> {
        let mut rules = self.service_plans.off.iter();
        rules.find(|rule| rule.items.iter().any(|known| known == item))
    }

    /// Every item that Savings Plans cover.
    pub(super) fn service_plan_items(&self) -> impl Iterator<Item = &str> {
        let rules = self.service_plans.off.iter();
        rules.flat_map(|rule| rule.items.iter().map(String::as_str))
    }

    /// Our name for an item of `savings-plans/others.csv`.
    pub(super) fn service_plan_name(&self, name: &str) -> Option<&str> {
        self.service_plans.names.get(name).map(String::as_str)
    }

    /// Whether a source's rates were computed from percentages, and none was read.
    pub(super) fn is_computed(&self, source: &str) -> bool {
        self.service_plans
            .computed
            .iter()
            .any(|known| known == source)
    }

    /// The error of a rule of thumb, in per cent; `None` for one that prices follow.
    pub(super) fn estimate_error(&self, rule: &str) -> Option<Decimal> {
        let known = self.by_id.get(rule)?;
        (known.basis == Kind::Estimated).then_some(known.error_percent)
    }

    /// The trail continued by a rule.
    pub(super) fn follow(&self, trail: Trail, rule: &'static str) -> Trail {
        let known = self.by_id.get(rule);
        let estimated = known.filter(|known| known.basis == Kind::Estimated);
        trail.step(rule, estimated.map(|known| known.error_percent))
    }
}

impl Parameters {
    /// What the payment option costs, when Partial Upfront costs 1.
    pub(super) fn payment(
        &self,
        class: OfferingClass,
        term: Term,
        option: PaymentOption,
    ) -> Decimal {
        match (option, term, class) {
            (PaymentOption::PartialUpfront, ..) => Decimal::ONE,
            (PaymentOption::NoUpfront, Term::OneYear, _) => self.no_over_partial_1yr,
            (PaymentOption::NoUpfront, Term::ThreeYears, _) => self.no_over_partial_3yr,
            (PaymentOption::AllUpfront, Term::ThreeYears, OfferingClass::Standard) => {
                self.all_over_partial_standard_3yr
            }
            (PaymentOption::AllUpfront, ..) => self.all_over_partial,
        }
    }

    /// The part of the licence that is still paid, for systems whose licence is discounted.
    pub(super) fn licence_share(&self, os: OperatingSystem, term: Term) -> Option<Decimal> {
        match (os, term) {
            (OperatingSystem::Suse, Term::OneYear) => Some(self.suse_share_1yr),
            (OperatingSystem::Suse, Term::ThreeYears) => Some(self.suse_share_3yr),
            (OperatingSystem::UbuntuPro, _) => Some(self.ubuntu_pro_share),
            _ => None,
        }
    }

    /// Whether the family has accelerators, for which Savings Plan rates are not checked.
    pub(super) fn is_accelerated(&self, family: Family) -> bool {
        self.accelerated.iter().any(|name| name == family.as_str())
    }

    /// Whether Reserved Instances are sold for the platform of this column.
    pub(super) fn is_reserved_platform(&self, column: &str) -> bool {
        self.reserved_platforms.iter().any(|name| name == column)
    }
}

impl Trail {
    /// A price that stands in a table.
    pub(super) fn of(table: &Table) -> Self {
        Self {
            source: table.source.clone(),
            as_of: table.as_of,
            rules: Vec::with_capacity(4),
            error_percent: None,
        }
    }

    /// The errors of the estimates on the way, added up.
    pub(super) fn error_percent(&self) -> Decimal {
        self.error_percent.unwrap_or_default()
    }

    /// Continued by a rule; with an error, an estimated one.
    pub(super) fn step(mut self, rule: &'static str, error_percent: Option<Decimal>) -> Self {
        if self.rules.last() != Some(&rule) {
            self.rules.push(rule);
            if let Some(error) = error_percent {
                self.error_percent = Some(self.error_percent.unwrap_or_default() + error);
            }
        }
        self
    }

    /// What the price says of itself. The source is the one of the price that the rules started from.
    pub(super) fn provenance(self) -> Provenance {
        let rules = || Arc::from(self.rules.join("+"));
        let basis = match self.error_percent {
            _ if self.rules.is_empty() => Basis::Observed,
            None => Basis::Rule(rules()),
            Some(error_percent) => Basis::Estimated {
                rule: rules(),
                error_percent,
            },
        };
        Provenance {
            source: self.source,
            as_of: self.as_of,
            basis,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_rules_read() {
        let rules = Rules::parse(include_str!("../../pricing-data/rules.toml")).unwrap();
        let (family, _) = rules.predecessor(Family::new("m8i")).unwrap();
        assert_eq!(family.as_str(), "m7i");
    }
}
