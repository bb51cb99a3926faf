//! What a Compute Savings Plan counts Fargate and Lambda at: a user's rate, else one that was read, else by the share
//! that `pricing-data/rules.toml` takes off On-Demand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::answer::{Basis, Provenance, Sourced};
use super::book::{Offer, PriceBook};
use super::packed::Damaged;
use super::rules::{Rules, ServicePlanRule};
use super::service::MissingService;
use crate::catalog::{PaymentOption, Region, SavingsPlanKind, ServiceItem, Term};
use crate::units::{Metered, Rate};

const NOT_COVERED: &str =
    "; Savings Plans cover no such item, only Fargate's vCPUs and memory and Lambda's compute time";
const NOT_KNOWN: &str = "; no source says what this term and payment option cost";

/// A rate that was read, with On-Demand of that day.
#[derive(Debug)]
pub(super) struct Observed {
    plan: Rate<Metered>,
    on_demand: Rate<Metered>,
    provenance: Provenance,
}

/// Rates that were read, by region, item, term and payment option.
pub(super) type ObservedPlans = BTreeMap<(Region, ServiceItem, Term, PaymentOption), Observed>;

impl PriceBook {
    /// The rate that a Compute Savings Plan counts a unit of a Fargate or Lambda item at, whatever part of the plan
    /// was paid upfront. Of Lambda's tiers, On-Demand of the first is what the rule starts from; requests are counted at
    /// On-Demand.
    ///
    /// # Errors
    /// Every other item (Savings Plans do not cover EBS, NAT gateways, data transfer and so on), and terms and payment
    /// options that no source tells of.
    pub fn service_savings_plan(
        &self,
        region: Region,
        item: &ServiceItem,
        term: Term,
        payment: PaymentOption,
    ) -> Result<Sourced<Rate<Metered>>, MissingService> {
        let missing = |known: String| {
            let offer = Offer::SavingsPlan(SavingsPlanKind::Compute, term, payment);
            MissingService {
                wanted: format!("{offer} rate for `{item}`"),
                region,
                known,
            }
        };
        let damaged = |damaged: Damaged| missing(format!("; {damaged}"));
        let own = self.user_charges(region).map_err(damaged)?;
        if let Some(rate) = own.and_then(|own| own.plans.get(&(item.clone(), term, payment))) {
            return Ok(rate.clone());
        }
        let bundled = self.bundled().ok_or_else(|| missing(String::new()))?;
        let shared = bundled.shared().map_err(damaged)?;
        if item.is_function_request() {
            return self.at_on_demand(region, item);
        }
        let rule = shared.rules.service_plan(item.as_str());
        let rule = rule.ok_or_else(|| missing(NOT_COVERED.to_owned()))?;
        let on_demand = self.service(region, item)?;
        let first = on_demand.value.tiers().first().map(|tier| tier.rate);
        let first = first.ok_or_else(|| missing(String::new()))?;
        let read = shared
            .service_plans
            .get(&(region, item.clone(), term, payment));
        if let Some(read) = read.filter(|read| read.on_demand == first) {
            return Ok(Sourced {
                value: read.plan,
                provenance: read.provenance.clone(),
            });
        }
        let off = rule
            .off_percent(term, payment)
            .ok_or_else(|| missing(NOT_KNOWN.to_owned()))?;
        let share = (Decimal::ONE_HUNDRED - off) / Decimal::ONE_HUNDRED;
        let value = Rate::from_decimal_rounded(first.to_decimal() * share);
        Ok(Sourced {
            value: value.map_err(|error| missing(format!("; {error}")))?,
            provenance: Provenance {
                basis: basis(&shared.rules, rule, region),
                ..on_demand.provenance
            },
        })
    }

    /// Requests to functions: AWS's example of how plans apply counts them without a discount (docs.aws.amazon.com,
    /// Savings Plans User Guide, "Understanding how Savings Plans apply to your usage").
    fn at_on_demand(
        &self,
        region: Region,
        item: &ServiceItem,
    ) -> Result<Sourced<Rate<Metered>>, MissingService> {
        let on_demand = self.service(region, item)?;
        let first = on_demand.value.tiers().first().map(|tier| tier.rate);
        Ok(Sourced {
            value: first.unwrap_or(Rate::from_steps(0)),
            provenance: on_demand.provenance,
        })
    }

    /// The items of a region that a Compute Savings Plan may cover, ordered.
    pub fn items_under_savings_plans(&self, region: Region) -> Vec<ServiceItem> {
        let own = self.user_charges(region).ok().flatten();
        let own = own.iter().flat_map(|own| own.plans.keys());
        let mut items: BTreeSet<ServiceItem> = own.map(|(item, ..)| item.clone()).collect();
        let shared = self.bundled().and_then(|bundled| bundled.shared().ok());
        let named = shared
            .iter()
            .flat_map(|shared| shared.rules.service_plan_items());
        let named = named.filter_map(|name| name.parse::<ServiceItem>().ok());
        items.extend(named.filter(|item| self.service(region, item).is_ok()));
        items.into_iter().collect()
    }
}

/// A rule is checked in a few regions; elsewhere it is an estimate.
fn basis(rules: &Rules, rule: &ServicePlanRule, region: Region) -> Basis {
    let is_checked = rule
        .checked_regions
        .iter()
        .any(|code| code == region.as_str());
    let elsewhere = rule.elsewhere.as_deref().filter(|_| !is_checked);
    let ids: Vec<&str> = [rule.rule.as_str()].into_iter().chain(elsewhere).collect();
    let errors: Vec<Decimal> = ids
        .iter()
        .filter_map(|id| rules.estimate_error(id))
        .collect();
    let joined: Arc<str> = ids.join("+").into();
    if errors.is_empty() {
        return Basis::Rule(joined);
    }
    Basis::Estimated {
        rule: joined,
        error_percent: errors.into_iter().sum(),
    }
}

/// The rows of `savings-plans/others.csv` that are rates of a service's items: those whose names `rules.toml` knows,
/// but for sources whose rates somebody computed.
pub(super) fn observed(text: &str, rules: &Rules) -> Result<ObservedPlans, Damaged> {
    let mut plans = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let &[
            "compute-sp",
            region,
            name,
            _,
            _,
            term,
            payment,
            plan,
            on_demand,
            source,
            day,
        ] = &cells[..]
        else {
            continue;
        };
        let Some(item) = rules
            .service_plan_name(name)
            .filter(|_| !rules.is_computed(source))
        else {
            continue;
        };
        let read = || {
            let usd = |text: &str| Rate::from_decimal(text.parse().ok()?).ok();
            let as_of: NaiveDate = day.parse().ok()?;
            let key = (
                region.parse().ok()?,
                item.parse().ok()?,
                term.parse().ok()?,
                payment.parse().ok()?,
            );
            let rate = Observed {
                plan: usd(plan)?,
                on_demand: usd(on_demand)?,
                provenance: Provenance {
                    source: source.into(),
                    as_of,
                    basis: Basis::Observed,
                },
            };
            Some((key, rate))
        };
        let (key, rate) = read().ok_or_else(|| Damaged(format!("savings plan `{line}`")))?;
        plans.insert(key, rate);
    }
    Ok(plans)
}

/// What [`observed`] makes of the bundled table.
pub(super) fn bundled(rules: &Rules) -> Result<ObservedPlans, Damaged> {
    observed(
        include_str!("../../pricing-data/savings-plans/others.csv"),
        rules,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(
        region: &str,
        item: &str,
        term: Term,
        payment: PaymentOption,
    ) -> Result<Sourced<Rate<Metered>>, String> {
        let book = PriceBook::builtin();
        book.service_savings_plan(
            region.parse().unwrap(),
            &item.parse().unwrap(),
            term,
            payment,
        )
        .map_err(|missing| missing.to_string())
    }

    fn says(found: &Sourced<Rate<Metered>>) -> (String, String, String) {
        let known = &found.provenance;
        (
            found.value.to_string(),
            known.basis.to_string(),
            known.source.to_string(),
        )
    }

    #[test]
    fn what_was_read_goes_before_the_rule() {
        // pricing-data/savings-plans/others.csv: Fargate arm vCPU-hour, us-west-2, 3yr, no-upfront.
        let oregon = rate(
            "us-west-2",
            "fargate-linux-arm-vcpu-hour",
            Term::ThreeYears,
            PaymentOption::NoUpfront,
        )
        .unwrap();
        assert_eq!(
            says(&oregon),
            (
                "0.01749".into(),
                "observed".into(),
                "offer-oregon-2026-07".into()
            )
        );
    }

    #[test]
    fn the_rule_takes_a_share_off() {
        // us-east-1 0.04048 (pricing-data/services/fargate.csv) x 0.80, 0.75, 0.73, 0.55, 0.50, 0.48.
        let expected = [
            "0.032384",
            "0.03036",
            "0.0295504",
            "0.022264",
            "0.02024",
            "0.0194304",
        ];
        let mut expected = expected.into_iter();
        for term in Term::ALL {
            for payment in PaymentOption::ALL {
                let found =
                    rate("us-east-1", "fargate-linux-x86-vcpu-hour", *term, *payment).unwrap();
                assert_eq!(Some(found.value.to_string().as_str()), expected.next());
                assert_eq!(
                    found.provenance.basis,
                    Basis::Rule("fargate-x86-off".into())
                );
            }
        }
        // Oregon's six rates of 2026-07 are those of the rule to the last digit.
        for (item, on_demand) in [
            ("fargate-linux-x86-vcpu-hour", "0.04048"),
            ("fargate-linux-x86-gb-hour", "0.004445"),
        ] {
            for (term, payment, share) in [
                (Term::OneYear, PaymentOption::AllUpfront, "0.73"),
                (Term::ThreeYears, PaymentOption::NoUpfront, "0.55"),
                (Term::ThreeYears, PaymentOption::AllUpfront, "0.48"),
            ] {
                let found = rate("us-west-2", item, term, payment).unwrap();
                assert_eq!(found.provenance.basis, Basis::Observed);
                let by_rule =
                    on_demand.parse::<Decimal>().unwrap() * share.parse::<Decimal>().unwrap();
                assert_eq!(found.value.to_decimal(), by_rule.normalize());
            }
        }
    }

    #[test]
    fn elsewhere_and_for_lambda_it_is_an_estimate() {
        let seoul = rate(
            "ap-northeast-2",
            "fargate-linux-x86-vcpu-hour",
            Term::OneYear,
            PaymentOption::NoUpfront,
        )
        .unwrap();
        assert_eq!(seoul.provenance.basis.to_string(), "estimated ±9 %");
        // 0.0000166667 x 0.88 = 0.000014666696, to ten decimals.
        let lambda = rate(
            "us-east-1",
            "lambda-x86-gb-second",
            Term::ThreeYears,
            PaymentOption::NoUpfront,
        )
        .unwrap();
        assert_eq!(says(&lambda).0, "0.0000146667");
        assert_eq!(lambda.provenance.basis.to_string(), "estimated ±6 %");
    }

    /// 0.20 dollars a million.
    #[test]
    fn requests_are_counted_at_on_demand() {
        let found = rate(
            "us-east-1",
            "lambda-x86-request",
            Term::OneYear,
            PaymentOption::NoUpfront,
        );
        assert_eq!(says(&found.unwrap()).0, "0.0000002");
    }

    #[test]
    fn what_is_missing_says_why() {
        let nat = rate(
            "us-east-1",
            "nat-gateway-hour",
            Term::OneYear,
            PaymentOption::NoUpfront,
        )
        .unwrap_err();
        assert_eq!(
            nat,
            "the price book has no Compute Savings Plan (1 year, No Upfront) rate for `nat-gateway-hour` in us-east-1; \
             Savings Plans cover no such item, only Fargate's vCPUs and memory and Lambda's compute time"
        );
        let arm = rate(
            "eu-west-1",
            "fargate-linux-arm-gb-hour",
            Term::OneYear,
            PaymentOption::NoUpfront,
        )
        .unwrap_err();
        assert!(
            arm.contains("`fargate-linux-arm-gb-hour` in eu-west-1; no source says"),
            "{arm}"
        );
        let zone = rate(
            "us-west-2-lax-1",
            "fargate-linux-x86-vcpu-hour",
            Term::OneYear,
            PaymentOption::NoUpfront,
        );
        assert!(zone.unwrap_err().contains("us-west-2-lax-1"));
    }

    #[test]
    fn rates_that_moved_since_or_were_computed_are_not_observed() {
        let rules = Rules::parse(include_str!("../../pricing-data/rules.toml")).unwrap();
        let all = bundled(&rules).unwrap();
        // Twelve rows of offer-oregon-2026-07; the percent table of 2020 is none of them.
        assert_eq!(all.len(), 12);
        assert!(
            all.values()
                .all(|rate| &*rate.provenance.source == "offer-oregon-2026-07")
        );
        assert!(observed("h\ncompute-sp,us-west-2,Fargate x86 vCPU-hour,linux,,1yr,all-upfront,x,1,s,2026-01-01", &rules).is_err());
    }
}
