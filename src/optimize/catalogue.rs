//! Comparative advantage over a whole price book: where EC2 Instance Savings Plans, which AWS applies first,
//! serve a class before another that they would be better at.

use std::collections::BTreeMap;

use super::advantage::disadvantages;
use super::problem::Served;
use crate::catalog::{
    Family, OperatingSystem, PaymentOption, Platform, Region, SavingsPlanKind, Term,
};
use crate::prices::{PriceBook, Product, by_region};

/// A family whose EC2 Instance Savings Plan has not the comparative advantage over the Compute Savings Plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Violated {
    /// Of both plans, No Upfront.
    pub term: Term,
    /// Served first, because the specific plan saves most on it.
    pub first: Product,
    /// Served later, although the specific plan has more of an advantage for it.
    pub then: Product,
    /// By how much more, per cent.
    pub percent: f64,
}

/// What plans are bought for; SQL Server editions only raise the part that no plan discounts.
const SYSTEMS: [OperatingSystem; 4] = [
    OperatingSystem::Linux,
    OperatingSystem::Windows,
    OperatingSystem::Rhel,
    OperatingSystem::Suse,
];

/// The worst pair of each region, family and term where it is more than `least` per cent; ordered by region,
/// term and family. Rounding of published rates makes up for less than 1.
pub fn advantage_of_plans(book: &PriceBook, regions: &[Region], least: f64) -> Vec<Violated> {
    let of_region = |region| {
        let sold = book.sold(region, &SYSTEMS.map(Platform::plain));
        let mut families: BTreeMap<Family, Vec<Product>> = BTreeMap::new();
        for (product, _) in sold {
            let classes = families.entry(product.instance_type.family()).or_default();
            classes.push(product);
        }
        let terms = Term::ALL.iter();
        let pairs = terms.flat_map(|term| families.values().map(move |classes| (*term, classes)));
        let worst = pairs.filter_map(|(term, classes)| worst(book, term, classes));
        worst.filter(|found| found.percent > least).collect()
    };
    by_region(regions, of_region)
        .into_iter()
        .flat_map(|found: Vec<_>| found)
        .collect()
}

fn worst(book: &PriceBook, term: Term, products: &[Product]) -> Option<Violated> {
    let classes: Vec<(Product, f64, f64)> = products
        .iter()
        .filter_map(|product| {
            let specific = ratio(book, *product, SavingsPlanKind::Ec2Instance, term)?;
            let general = ratio(book, *product, SavingsPlanKind::Compute, term)?;
            Some((*product, specific, general))
        })
        .collect();
    let mut serves: Vec<Served> = classes
        .iter()
        .enumerate()
        .map(|(class, (_, ratio, _))| Served {
            class,
            ratio: *ratio,
        })
        .collect();
    serves.sort_by(|left, right| right.ratio.total_cmp(&left.ratio));
    let general: Vec<f64> = classes.iter().map(|(_, _, ratio)| *ratio).collect();
    let found = disadvantages(&serves, &general)
        .max_by(|left, right| left.factor.total_cmp(&right.factor))?;
    Some(Violated {
        term,
        first: classes.get(found.first)?.0,
        then: classes.get(found.then)?.0,
        percent: (found.factor - 1.0) * 100.0,
    })
}

/// On-Demand dollars displaced by a committed dollar.
fn ratio(book: &PriceBook, product: Product, kind: SavingsPlanKind, term: Term) -> Option<f64> {
    let on_demand = book.on_demand(product).ok()?.value.for_one();
    let plan = book.savings_plan(product, kind, term, PaymentOption::NoUpfront);
    Some(on_demand.to_f64() / plan.ok()?.value.for_one().to_f64())
}

#[cfg(test)]
mod tests {
    use rust_decimal::{Decimal, dec};

    use super::*;
    use crate::catalog::Tenancy;
    use crate::prices::{Basis, GivenRate, Offer, Provenance};
    use crate::units::{Money, Rate};

    fn given(instance_type: &str, offer: Offer, usd: Decimal) -> GivenRate {
        GivenRate {
            product: Product {
                region: "us-east-1".parse().unwrap(),
                instance_type: instance_type.parse().unwrap(),
                platform: Platform::LINUX,
                tenancy: Tenancy::Shared,
            },
            offer,
            upfront: Money::ZERO,
            hourly: Rate::from_decimal(usd).unwrap(),
            provenance: Provenance {
                source: "test".into(),
                as_of: "2026-01-01".parse().unwrap(),
                basis: Basis::Observed,
            },
        }
    }

    /// Specific 1/0.5 = 2 and 1/0.6; general 1/0.6 and 1/0.8. Advantage 2 / (1/0.6) = 1.2 for the class served
    /// first, (1/0.6) / (1/0.8) = 1.333 for the other: 11.1 % more.
    #[test]
    fn a_plan_that_serves_the_wrong_class_first_is_found() {
        let plan = |kind| Offer::SavingsPlan(kind, Term::OneYear, PaymentOption::NoUpfront);
        let (specific, general) = (
            plan(SavingsPlanKind::Ec2Instance),
            plan(SavingsPlanKind::Compute),
        );
        let rates = |other: Decimal| {
            [
                given("m5.large", Offer::OnDemand, dec!(1)),
                given("m5.xlarge", Offer::OnDemand, dec!(1)),
                given("m5.large", specific, dec!(0.5)),
                given("m5.xlarge", specific, dec!(0.6)),
                given("m5.large", general, dec!(0.6)),
                given("m5.xlarge", general, other),
            ]
        };
        let regions = ["us-east-1".parse().unwrap()];
        let book = PriceBook::from_rates("test", rates(dec!(0.8))).unwrap();
        let found = advantage_of_plans(&book, &regions, 1.0);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].first.instance_type.as_str(), "m5.large");
        assert_eq!(found[0].then.instance_type.as_str(), "m5.xlarge");
        approx::assert_abs_diff_eq!(found[0].percent, 11.111_111, epsilon = 1e-4);
        // 0.6 / 0.7 = 1.167 < 1.2: the specific plan is best where it serves first.
        let book = PriceBook::from_rates("test", rates(dec!(0.7))).unwrap();
        assert!(advantage_of_plans(&book, &regions, 1.0).is_empty());
    }
}
