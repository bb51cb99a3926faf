//! The sizes of a family beside each other: a unit of each costs the same.

use std::collections::BTreeMap;

use super::super::answer::{Product, Sourced};
use super::super::book::{Offer, PriceBook};
use super::{Flaw, FlawKind, Subject, difference, step};
use crate::catalog::{
    Family, OfferingClass, PaymentOption, Platform, SavingsPlanKind, Term, is_size_flexible,
};
use crate::units::{InstanceHour, Money, Rate};

/// How far a size may be from its family, per cent.
const WITHIN: i128 = 2;

/// Sizes of Linux whose price a unit is not that of most sizes of the family. Families whose Reserved
/// Instances AWS does not apply to other sizes are not built of one unit, and left out.
pub(super) fn flaws(
    book: &PriceBook,
    sold: &[(Product, Sourced<Rate<InstanceHour>>)],
) -> Vec<Flaw> {
    let mut families: BTreeMap<Family, Vec<Product>> = BTreeMap::new();
    for (product, _) in sold {
        let flexible = is_size_flexible(product.instance_type, product.platform, product.tenancy);
        if flexible && product.platform == Platform::LINUX {
            let sizes = families.entry(product.instance_type.family()).or_default();
            sizes.push(*product);
        }
    }
    let mut flaws = Vec::new();
    for sizes in families.values() {
        for offer in compared() {
            flaws.extend(out_of_proportion(book, sizes, offer));
        }
    }
    flaws
}

/// On-Demand, and each kind of commitment for both terms.
fn compared() -> impl Iterator<Item = Offer> {
    let payment = PaymentOption::NoUpfront;
    let terms = || Term::ALL.iter().copied();
    let classes = OfferingClass::ALL.iter().copied();
    let reserved = classes
        .flat_map(move |class| terms().map(move |term| Offer::Reserved(class, term, payment)));
    let kinds = SavingsPlanKind::OF_INSTANCES.iter().copied();
    let plans = kinds
        .flat_map(move |kind| terms().map(move |term| Offer::SavingsPlan(kind, term, payment)));
    std::iter::once(Offer::OnDemand)
        .chain(reserved)
        .chain(plans)
}

fn out_of_proportion(book: &PriceBook, sizes: &[Product], offer: Offer) -> Vec<Flaw> {
    let price = |product: &Product| {
        let units = i128::from(product.instance_type.quarter_units()?);
        let hourly = book.quote(*product, offer).ok()?.value.hourly_under(offer);
        Some((*product, units, hourly))
    };
    let priced: Vec<(Product, i128, Money)> = sizes.iter().filter_map(price).collect();
    let mut units: Vec<Money> = priced
        .iter()
        .map(|(_, units, hourly)| hourly.per(*units))
        .collect();
    units.sort_unstable();
    let Some(&usual) = units.get(units.len().div_euclid(2)) else {
        return Vec::new();
    };
    let is_far = |(_, units, hourly): &&(Product, i128, Money)| {
        let expected = usual.times(*units);
        let (low, high) = (expected.min(*hourly), expected.max(*hourly));
        high > low + step() && high.times(100) > low.times(100 + WITHIN)
    };
    let flaw = |(product, units, hourly): &(Product, i128, Money)| {
        let expected = usual.times(*units);
        let what = format!(
            "{offer} at {hourly:.6} an hour is {} from its share of the family's price, {expected:.6}",
            difference(*hourly, expected)
        );
        Flaw {
            kind: FlawKind::Proportion,
            subject: Subject::Instance(*product),
            what,
        }
    };
    priced.iter().filter(is_far).map(flaw).collect()
}
