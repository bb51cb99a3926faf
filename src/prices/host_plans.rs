//! What a Savings Plan counts an hour of a Dedicated Host at, and use beside instances of every sort.

use std::collections::BTreeMap;

use super::answer::{Basis, Provenance, Sourced};
use super::book::{Offer, PriceBook};
use super::packed::Damaged;
use super::service::MissingService;
use crate::catalog::{PaymentOption, Region, SavingsPlanKind, ServiceItem, Term};
use crate::units::{Metered, Rate};

/// Rates of Dedicated Hosts that were read, by region, host, kind of plan, term and payment option.
pub(super) type HostPlans =
    BTreeMap<(Region, ServiceItem, SavingsPlanKind, Term, PaymentOption), Sourced<Rate<Metered>>>;

impl PriceBook {
    /// The rate that a plan counts a unit of use beside instances at: of a host, of Fargate and Lambda, of a database.
    ///
    /// # Errors
    /// As [`Self::host_savings_plan`], [`Self::service_savings_plan`] and [`Self::database_use`].
    pub fn savings_plan_beside(
        &self,
        region: Region,
        item: &ServiceItem,
        kind: SavingsPlanKind,
        term: Term,
        payment: PaymentOption,
    ) -> Result<Sourced<Rate<Metered>>, MissingService> {
        if let Some(database) = item.as_database() {
            let found = self.database_use(region, database)?;
            if (term, payment) != (Term::OneYear, PaymentOption::NoUpfront) {
                return Err(MissingService {
                    wanted: format!(
                        "{} rate for `{item}`",
                        Offer::SavingsPlan(kind, term, payment)
                    ),
                    region,
                    known: "; AWS sells such plans of 1 year, No Upfront, only".to_owned(),
                });
            }
            return Ok(Sourced {
                value: found.value.plan,
                provenance: found.provenance,
            });
        }
        match item.host_family() {
            Some(_) => self.host_savings_plan(region, item, kind, term, payment),
            None => self.service_savings_plan(region, item, term, payment),
        }
    }

    /// The rate that a plan counts an hour of a Dedicated Host at: one that was read. No rule is known that would give
    /// others.
    ///
    /// # Errors
    /// Every host, term and payment option that no source tells of.
    pub fn host_savings_plan(
        &self,
        region: Region,
        host: &ServiceItem,
        kind: SavingsPlanKind,
        term: Term,
        payment: PaymentOption,
    ) -> Result<Sourced<Rate<Metered>>, MissingService> {
        let missing = |known: String| MissingService {
            wanted: format!(
                "{} rate for `{host}`",
                Offer::SavingsPlan(kind, term, payment)
            ),
            region,
            known,
        };
        let bundled = self.bundled().ok_or_else(|| missing(String::new()))?;
        let shared = bundled.shared();
        let shared = shared.map_err(|damaged| missing(format!("; {damaged}")))?;
        let read = shared
            .host_plans
            .get(&(region, host.clone(), kind, term, payment));
        read.cloned().ok_or_else(|| missing(String::new()))
    }
}

/// The rows of `savings-plans/others.csv` that are rates of Dedicated Hosts.
pub(super) fn bundled() -> Result<HostPlans, Damaged> {
    let text = include_str!("../../pricing-data/savings-plans/others.csv");
    let rows = text
        .lines()
        .filter(|line| line.contains(",dedicated host,"));
    rows.map(|line| host(line).ok_or_else(|| Damaged(format!("savings plan `{line}`"))))
        .collect()
}

type HostPlan = (
    (Region, ServiceItem, SavingsPlanKind, Term, PaymentOption),
    Sourced<Rate<Metered>>,
);

fn host(line: &str) -> Option<HostPlan> {
    let cells: Vec<&str> = line.split(',').collect();
    let &[
        kind,
        region,
        family,
        _,
        _,
        term,
        payment,
        plan,
        _,
        source,
        day,
    ] = &cells[..]
    else {
        return None;
    };
    let key = (
        region.parse().ok()?,
        ServiceItem::dedicated_host(family).ok()?,
        kind.parse().ok()?,
        term.parse().ok()?,
        payment.parse().ok()?,
    );
    let rate = Sourced {
        value: Rate::from_decimal(plan.parse().ok()?).ok()?,
        provenance: Provenance {
            source: source.into(),
            as_of: day.parse().ok()?,
            basis: Basis::Observed,
        },
    };
    Some((key, rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// pricing-data/savings-plans/others.csv: the host of r7g in Taipei, 3yr, partial-upfront; no other was read.
    #[test]
    fn a_host_has_the_rate_that_was_read() {
        let book = PriceBook::builtin();
        let host = ServiceItem::dedicated_host("r7g").unwrap();
        let rate = |kind, region: &str| {
            let region = region.parse().unwrap();
            book.host_savings_plan(
                region,
                &host,
                kind,
                Term::ThreeYears,
                PaymentOption::PartialUpfront,
            )
        };
        let taipei = rate(SavingsPlanKind::Ec2Instance, "ap-east-2").unwrap();
        assert_eq!(taipei.value.to_string(), "5.157");
        assert_eq!(&*taipei.provenance.source, "offer-taipei-2025-09");
        assert_eq!(
            rate(SavingsPlanKind::Compute, "ap-east-2")
                .unwrap_err()
                .to_string(),
            "the price book has no Compute Savings Plan (3 years, Partial Upfront) rate for `dedicated-host-r7g-hour` in ap-east-2"
        );
        assert!(rate(SavingsPlanKind::Ec2Instance, "us-east-1").is_err());
    }
}
