//! Charges beside instances: Dedicated Hosts and services.

use super::super::book::PriceBook;
use super::super::tiers::{Tier, Tiers};
use super::{Flaw, FlawKind, Subject};
use crate::catalog::{Region, ServiceItem};

/// What every region has a price of: without it a bill of its network has a hole.
const EVERYWHERE: [ServiceItem; 8] = [
    ServiceItem::NAT_GATEWAY_HOUR,
    ServiceItem::NAT_GATEWAY_GB,
    ServiceItem::INTERFACE_ENDPOINT_HOUR,
    ServiceItem::INTERFACE_ENDPOINT_GB,
    ServiceItem::PUBLIC_IPV4_IN_USE_HOUR,
    ServiceItem::INTERNET_EGRESS_GB,
    ServiceItem::INTER_AZ_IN_GB,
    ServiceItem::INTER_AZ_OUT_GB,
];

pub(super) fn flaws(book: &PriceBook, region: Region) -> Vec<Flaw> {
    let mut flaws = services(book, region);
    for family in book.host_families(region) {
        flaws.extend(host(book, region, &family));
    }
    flaws
}

/// Tables of services with overlaps or holes are refused as a whole when they are read.
fn services(book: &PriceBook, region: Region) -> Vec<Flaw> {
    if !book.is_bundled() {
        return Vec::new();
    }
    let known = match book.services(region) {
        Ok(known) => known,
        Err(missing) => {
            return vec![Flaw {
                kind: FlawKind::Gap,
                subject: Subject::Region(region),
                what: missing.to_string(),
            }];
        }
    };
    let charge = |item: &ServiceItem, kind, what| Flaw {
        kind,
        subject: Subject::Charge(region, item.clone()),
        what,
    };
    let wrong = known.iter().filter_map(|rate| {
        let (kind, what) = tiers(&rate.price.value)?;
        Some(charge(&rate.item, kind, what))
    });
    let mut flaws: Vec<Flaw> = wrong.collect();
    // Zones have the services of their region.
    let expected = EVERYWHERE.iter().filter(|_| region.is_region());
    let absent = expected.filter(|item| known.iter().all(|rate| rate.item != **item));
    flaws.extend(absent.map(|item| charge(item, FlawKind::Gap, "no price here".into())));
    flaws
}

/// A tier that is free beside ones that are not, or dearer than the one below it.
fn tiers(tiers: &Tiers) -> Option<(FlawKind, String)> {
    let unit = tiers.unit();
    let free = |tier: &&Tier| tier.rate.is_zero() && !tiers.is_free();
    if let Some(tier) = tiers.tiers().iter().find(free) {
        let what = format!("the tier from {} {unit} would be free", tier.from);
        return Some((FlawKind::Zero, what));
    }
    let mut pairs = tiers.tiers().windows(2);
    let pair = pairs.find(|pair| pair[1].rate > pair[0].rate)?;
    let what = format!(
        "a {unit} costs {} from {} up, and {} below",
        pair[1].rate, pair[1].from, pair[0].rate
    );
    Some((FlawKind::TierDearer, what))
}

/// A reservation against the hour, three years against one.
fn host(book: &PriceBook, region: Region, family: &str) -> Vec<Flaw> {
    let Ok(host) = book.dedicated_host(region, family) else {
        return Vec::new();
    };
    let host = host.value;
    let (one, three) = (host.all_upfront_1yr, host.all_upfront_3yr);
    let mut found = Vec::new();
    for (years, rate) in [("1 year", one), ("3 years", three)] {
        if let Some(rate) = rate.filter(|rate| *rate >= host.on_demand) {
            let what = format!(
                "a reservation of {years} at {rate} an hour, On-Demand {}",
                host.on_demand
            );
            found.push((FlawKind::NotCheaper, what));
        }
    }
    if let (Some(one), Some(three)) = (one, three)
        && three > one
    {
        let what = format!("3 years at {three} an hour, 1 year at {one}");
        found.push((FlawKind::LongerDearer, what));
    }
    let flaw = |(kind, what)| Flaw {
        kind,
        subject: Subject::Host(region, family.to_owned()),
        what,
    };
    found.into_iter().map(flaw).collect()
}

#[cfg(test)]
mod tests {
    use rust_decimal::{Decimal, dec};

    use super::*;
    use crate::units::Rate;

    fn found(rates: [Decimal; 2]) -> Option<FlawKind> {
        let starts = [0, 10].into_iter().zip(rates);
        let starts: Vec<_> = starts
            .map(|(from, usd)| (from, Rate::from_decimal(usd).unwrap()))
            .collect();
        tiers(&Tiers::from_starts("GB", &starts).unwrap()).map(|(kind, _)| kind)
    }

    #[test]
    fn a_tier_is_neither_free_nor_dearer_than_the_one_below() {
        assert_eq!(found([dec!(0.09), dec!(0.085)]), None);
        assert_eq!(found([dec!(0.09), dec!(0.09)]), None);
        assert_eq!(found([dec!(0.09), dec!(0.1)]), Some(FlawKind::TierDearer));
        assert_eq!(found([dec!(0.09), dec!(0)]), Some(FlawKind::Zero));
        assert_eq!(found([dec!(0), dec!(0)]), None);
    }
}
