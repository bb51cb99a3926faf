//! What may happen while commitments last: scenarios with probabilities, and a set for who names none.

use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::Decimal;

use super::case::Case;
use super::change::{Change, During, Scenario, Task, What};
use super::prices::{PriceChange, PricedOffer};
use super::ratio::Ratio;
use super::selector::Selector;
use crate::catalog::{Family, InstanceType, Platform, attributes};
use crate::demand::{DemandKey, Market};
use crate::diagnostics::Place;
use crate::prices::{PriceBook, Product};

/// A part of 1 in whole millionths, more than none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Probability(u32);

impl Probability {
    /// Certainty.
    pub const ONE: Self = Self(1_000_000);

    /// From a number in (0, 1] with at most six decimals.
    pub fn from_decimal(part: Decimal) -> Option<Self> {
        let millionths = part.checked_mul(Decimal::from(1_000_000))?;
        let whole = u32::try_from(millionths.normalize()).ok()?;
        (Decimal::from(whole) == millionths && (1..=Self::ONE.0).contains(&whole))
            .then_some(Self(whole))
    }

    /// In millionths.
    pub const fn millionths(self) -> u32 {
        self.0
    }

    /// What the others leave of 1; `None` where they leave nothing.
    pub(super) fn left_of(others: impl Iterator<Item = Self>) -> Option<Self> {
        let sum: u64 = others.map(|other| u64::from(other.0)).sum();
        let left = u64::from(Self::ONE.0).checked_sub(sum)?;
        u32::try_from(left).ok().filter(|&left| left > 0).map(Self)
    }
}

/// `25 %`.
impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = Decimal::new(self.0.into(), 4).normalize();
        write!(f, "{percent} %")
    }
}

/// Something that may happen; of a set of events exactly one does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// How likely.
    pub probability: Probability,
    /// What changes, under its name.
    pub scenario: Scenario,
}

impl Event {
    /// Nothing changes.
    pub(super) fn as_it_was(probability: Probability) -> Self {
        Self {
            probability,
            scenario: Scenario {
                name: "as it was".to_owned(),
                changes: Vec::new(),
            },
        }
    }
}

/// As it was (40 %), 10 % more and 25 % less (20 % each), the largest family shut down (10 %), its Linux moved to
/// Graviton (10 %; to Fargate, where Graviton is not sold or it runs there already). Nobody knows such numbers: these say
/// that no change is likelier than any one change, and that a family goes more rarely than usage moves. What the fleet
/// cannot do is left out, and its part goes to no change.
pub fn default_events(case: &Case, book: &PriceBook) -> Vec<Event> {
    const FIFTH: Probability = Probability(200_000);
    const TENTH: Probability = Probability(100_000);
    let all = |name, ratio| scenario(name, vec![all(ratio, case)]);
    let mut drafts = vec![
        (FIFTH, all("10 % more", Ratio::of(1, 10).more())),
        (FIFTH, all("25 % less", Ratio::of(1, 4).less())),
    ];
    if let Some(family) = largest_family(case, book) {
        drafts.push((TENTH, shut_down(family, case)));
        let moved = [to_graviton(family, case), to_fargate(family, case)];
        let mut moved = moved.into_iter().flatten();
        let sold = moved.find(|moved| is_sold(moved, case, book));
        drafts.extend(sold.map(|moved| (TENTH, moved)));
    }
    if case.keys().any(|key| key.market == Market::SpotEligible) {
        drafts.push((TENTH, spot_doubles()));
    }
    drafts
        .retain(|(_, scenario)| !scenario.changes.is_empty() && scenario.apply(case, book).is_ok());
    let others = drafts.into_iter().map(|(probability, scenario)| Event {
        probability,
        scenario,
    });
    let others: Vec<Event> = others.collect();
    let rest = Probability::left_of(others.iter().map(|event| event.probability));
    let same = Event::as_it_was(rest.unwrap_or(Probability::ONE));
    [same].into_iter().chain(others).collect()
}

fn scenario(name: impl Into<String>, changes: Vec<What>) -> Scenario {
    let change = |what| Change {
        what,
        during: During::default(),
        place: Place::file("the default events"),
    };
    Scenario {
        name: name.into(),
        changes: changes.into_iter().map(change).collect(),
    }
}

fn shut_down(family: Family, case: &Case) -> Scenario {
    let stop = |select| What::Scale {
        select,
        ratio: Ratio::ZERO,
        services: false,
    };
    let what = on_demand(family, case).map(stop).collect();
    scenario(format!("{family} shut down"), what)
}

/// Spot prices twice as high; usage that may run elsewhere does, where that is cheaper then.
fn spot_doubles() -> Scenario {
    let double = PriceChange {
        select: Selector::default(),
        item: None,
        offers: vec![PricedOffer::Spot],
        ratio: Ratio::of(2, 1),
        during: During::default(),
    };
    scenario("Spot prices twice as high", vec![What::Price(double)])
}

/// All usage, of whatever kind there is.
fn all(ratio: Ratio, case: &Case) -> What {
    What::Scale {
        select: Selector::default(),
        ratio,
        services: !case.services().is_empty(),
    }
}

/// A family's usage that commitments may cover: On-Demand, and what may run on Spot where there is such.
fn on_demand(family: Family, case: &Case) -> impl Iterator<Item = Selector> {
    let is_there = |market: &Market| {
        let mut keys = case.keys();
        keys.any(|key| key.instance_type.family() == family && key.market == *market)
    };
    let markets = [Market::OnDemand, Market::SpotEligible].into_iter();
    let markets: Vec<Market> = markets.filter(is_there).collect();
    markets.into_iter().map(move |market| Selector {
        family: Some(family),
        market: Some(market),
        ..Selector::default()
    })
}

/// The family that costs most On-Demand; of equal ones the first by name.
fn largest_family(case: &Case, book: &PriceBook) -> Option<Family> {
    let mut costs: BTreeMap<Family, u128> = BTreeMap::new();
    for (key, row) in case.usage.iter().filter(|(key, _)| key.may_be_covered()) {
        let rate = book
            .on_demand(product(key))
            .map_or(0, |price| price.value.steps());
        let seconds: u128 = row.iter().copied().map(u128::from).sum();
        *costs.entry(key.instance_type.family()).or_default() += seconds * u128::from(rate);
    }
    let largest = costs.into_iter().rev().max_by_key(|&(_, cost)| cost)?;
    (largest.1 > 0).then_some(largest.0)
}

fn product(key: &DemandKey) -> Product {
    Product {
        region: key.region,
        instance_type: key.instance_type,
        platform: key.platform,
        tenancy: key.tenancy,
    }
}

/// Linux on the Graviton family of the same kind, in the same sizes.
fn to_graviton(family: Family, case: &Case) -> Option<Scenario> {
    let to = graviton_of(family)?;
    let moved = |select| What::MoveFamily {
        select: Selector {
            platform: Some(Platform::LINUX),
            ..select
        },
        to,
        ratio: Ratio::ONE,
    };
    let what = on_demand(family, case).map(moved).collect();
    Some(scenario(format!("{family} moved to {to}"), what))
}

/// The Graviton family of the same kind, unless it is one.
fn graviton_of(family: Family) -> Option<Family> {
    let (kind, rest) = family.as_str().split_at_checked(1)?;
    let to = match kind {
        "m" | "c" | "r" if rest.starts_with(|c: char| c.is_ascii_digit()) => format!("{kind}7g"),
        "t" => "t4g".to_owned(),
        _ => return None,
    };
    (!is_graviton(family)).then(|| Family::new(&to))
}

/// `m7g`, `c6gn`: the letter behind the generation.
fn is_graviton(family: Family) -> bool {
    let behind = family
        .as_str()
        .trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let behind = behind.trim_start_matches(|c: char| c.is_ascii_digit());
    behind.starts_with('g')
}

/// Linux on every type as tasks of its vCPUs and memory.
fn to_fargate(family: Family, case: &Case) -> Option<Scenario> {
    let on_linux = |key: &&DemandKey| key.is_on_demand() && key.platform == Platform::LINUX;
    let types = case.keys().filter(on_linux);
    let types = types.map(|key| key.instance_type);
    let mut types: Vec<InstanceType> = types.filter(|own| own.family() == family).collect();
    types.sort();
    types.dedup();
    let changes: Option<Vec<What>> = types
        .into_iter()
        .map(|instance_type| {
            let known = attributes(instance_type)?;
            let task = Task {
                vcpus: Ratio::of(known.vcpus, 1),
                gigabytes: Ratio::from_decimal(known.memory_gib.parse().ok()?)?,
                arm: is_graviton(family),
            };
            Some(What::Fargate {
                select: Selector {
                    instance_type: Some(instance_type),
                    platform: Some(Platform::LINUX),
                    market: Some(Market::OnDemand),
                    ..Selector::default()
                },
                share: Ratio::ONE,
                task,
            })
        })
        .collect();
    let changes = changes.filter(|changes| !changes.is_empty())?;
    Some(scenario(format!("{family} moved to Fargate"), changes))
}

/// Whether the fleet can change so, into instances that have a price.
fn is_sold(scenario: &Scenario, case: &Case, book: &PriceBook) -> bool {
    let Ok(changed) = scenario.apply(case, book) else {
        return false;
    };
    let mut new = changed.keys().filter(|key| !case.usage.contains_key(*key));
    new.all(|key| book.on_demand(product(key)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn a_probability_is_a_part_of_one() {
        assert_eq!(
            Probability::from_decimal(dec!(0.25)).unwrap().to_string(),
            "25 %"
        );
        assert_eq!(Probability::from_decimal(dec!(1)), Some(Probability::ONE));
        for none in [dec!(0), dec!(-0.1), dec!(1.000001), dec!(0.0000001)] {
            assert_eq!(Probability::from_decimal(none), None, "{none}");
        }
        let of = |part| Probability::from_decimal(part).unwrap();
        let left = Probability::left_of([of(dec!(0.3)), of(dec!(0.45))].into_iter());
        assert_eq!(left.unwrap().to_string(), "25 %");
        assert_eq!(Probability::left_of([Probability::ONE].into_iter()), None);
    }

    #[test]
    fn graviton_families_are_known_by_their_letter() {
        for (family, is) in [
            ("m7g", true),
            ("c6gn", true),
            ("t4g", true),
            ("g5", false),
            ("m5", false),
        ] {
            assert_eq!(is_graviton(Family::new(family)), is, "{family}");
        }
        let graviton = |family| graviton_of(Family::new(family));
        assert_eq!(graviton("m6i"), Some(Family::new("m7g")));
        assert_eq!(graviton("m7g"), None);
        assert_eq!(graviton("mac2"), None);
    }
}
