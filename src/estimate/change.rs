//! What changes between two estimates: what came, what went, what costs more or less.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::price::{Cost, Estimate, Line, PricedResource, Totals};
use crate::estate::{Amount, Charge, Level, Market, Month};
use crate::units::Money;

/// An estimate as text: what its JSON says, and what a later one is compared with. Amounts are dollars a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The hours of the month that everything is for.
    pub month_hours: Decimal,
    /// The resources, in order.
    pub resources: Vec<SnapshotResource>,
    /// What everything costs, as far as it is known.
    pub total_monthly_cost: Decimal,
    /// The same with the guesses at what depends on use.
    #[serde(default, skip_serializing_if = "SnapshotGuess::is_empty")]
    pub total_monthly_cost_with_guesses: SnapshotGuess,
    /// Lines that depend on use and are not in the total.
    pub components_that_depend_on_usage: usize,
    /// Lines that AWS charges for and that have no price here.
    pub components_not_covered: usize,
    /// Lines whose price is missing.
    pub components_unpriced: usize,
}

/// A resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotResource {
    /// What it is called.
    pub address: String,
    /// What it is.
    pub kind: String,
    /// Where.
    pub region: String,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// What it costs, as far as it is known.
    pub monthly_cost: Decimal,
    /// Its lines.
    pub components: Vec<SnapshotLine>,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotLine {
    /// Which part of the resource.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub part: String,
    /// What it is.
    pub name: String,
    /// The charge as `bursar prices services` names it, `on-demand` or `spot`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// How much a month, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_quantity: Option<Decimal>,
    /// In which unit.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// What a unit costs, tier by tier.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unit_prices: Vec<SnapshotTier>,
    /// What it costs a month, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_cost: Option<Decimal>,
    /// The guesses at a quantity that depends on use.
    #[serde(default, skip_serializing_if = "SnapshotGuess::is_empty")]
    pub guessed_quantity: SnapshotGuess,
    /// What they cost.
    #[serde(default, skip_serializing_if = "SnapshotGuess::is_empty")]
    pub guessed_cost: SnapshotGuess,
    /// Whether the quantity depends on use.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub depends_on_usage: bool,
    /// Why it costs nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free: Option<String>,
    /// Why it has no price here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_covered: Option<String>,
    /// Which price is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unpriced: Option<String>,
    /// How the price is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
    /// For which day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// From where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A tier of a unit's price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotTier {
    /// From how much of a month's use on.
    pub from: u64,
    /// Dollars a unit.
    pub price: Decimal,
}

/// Figures from low to high.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SnapshotGuess {
    /// At the least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<Decimal>,
    /// As a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typical: Option<Decimal>,
    /// At the most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<Decimal>,
}

impl SnapshotGuess {
    fn of([low, typical, high]: [Option<Decimal>; 3]) -> Self {
        Self { low, typical, high }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Dollars, exactly (to the tenth decimal).
fn dollars(money: Money) -> Decimal {
    money.to_decimal(10).normalize()
}

impl Snapshot {
    /// What an estimate says.
    pub fn of(estimate: &Estimate) -> Self {
        let totals = estimate.totals();
        let Totals {
            known,
            guessed,
            open,
            not_covered,
            unpriced,
            ..
        } = totals;
        Self {
            month_hours: Month::hours(estimate.month),
            resources: estimate
                .resources
                .iter()
                .map(SnapshotResource::of)
                .collect(),
            total_monthly_cost: dollars(known),
            total_monthly_cost_with_guesses: SnapshotGuess::of(
                guessed.map(|cost| cost.map(dollars)),
            ),
            components_that_depend_on_usage: open,
            components_not_covered: not_covered,
            components_unpriced: unpriced,
        }
    }

    /// The total that a change is judged by: with what is typical of what depends on use, if that is guessed.
    pub fn judged(&self) -> Decimal {
        self.total_monthly_cost_with_guesses
            .typical
            .unwrap_or(self.total_monthly_cost)
    }
}

impl SnapshotResource {
    fn of(resource: &PricedResource) -> Self {
        Self {
            address: resource.address.clone(),
            kind: resource.kind.clone(),
            region: resource.region.to_string(),
            tags: resource.tags.clone(),
            monthly_cost: dollars(resource.totals().known),
            components: resource.lines.iter().map(SnapshotLine::of).collect(),
        }
    }
}

impl SnapshotLine {
    fn of(line: &Line) -> Self {
        let component = &line.component;
        let quantity = &component.quantity;
        let why = |is: fn(&Cost) -> Option<&String>| is(&line.cost).cloned();
        let price = line.price.as_ref();
        let tiers = price.iter().flat_map(|price| price.tiers.tiers());
        let unit_prices = tiers.map(|tier| SnapshotTier {
            from: tier.from,
            price: tier.rate.to_decimal(),
        });
        let guessed_cost = match &line.cost {
            Cost::Open(costs) => SnapshotGuess::of(costs.map(|cost| cost.map(dollars))),
            _ => SnapshotGuess::default(),
        };
        let guessed_quantity = match quantity {
            Amount::Open(_) => SnapshotGuess::of(Level::ALL.map(|level| quantity.at(level))),
            Amount::Known(_) => SnapshotGuess::default(),
        };
        Self {
            part: component.part.clone(),
            name: component.name.clone(),
            item: item(&component.charge),
            monthly_quantity: quantity
                .known()
                .map(|quantity| quantity.round_dp(9).normalize()),
            unit: component.unit.to_owned(),
            unit_prices: unit_prices.collect(),
            monthly_cost: match &line.cost {
                Cost::Known(cost) => Some(dollars(*cost)),
                Cost::Free(_) => Some(Decimal::ZERO),
                _ => None,
            },
            guessed_quantity,
            guessed_cost,
            depends_on_usage: matches!(line.cost, Cost::Open(_)),
            free: why(|cost| match cost {
                Cost::Free(why) => Some(why),
                _ => None,
            }),
            not_covered: why(|cost| match cost {
                Cost::NotCovered(why) => Some(why),
                _ => None,
            }),
            unpriced: why(|cost| match cost {
                Cost::Unpriced(why) => Some(why),
                _ => None,
            }),
            basis: price.map(|price| price.provenance.basis.to_string()),
            as_of: price.map(|price| price.provenance.as_of.to_string()),
            source: price.map(|price| price.provenance.source.to_string()),
        }
    }
}

fn item(charge: &Charge) -> Option<String> {
    match charge {
        Charge::Instance {
            market: Market::OnDemand,
            ..
        } => Some("on-demand".into()),
        Charge::Instance {
            market: Market::Spot,
            ..
        } => Some("spot".into()),
        Charge::Service { item, .. } => Some(item.to_string()),
        Charge::Free(_) | Charge::NotCovered(_) => None,
    }
}

/// What became of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is new.
    Added,
    /// It is another quantity or price.
    Changed,
    /// It is gone.
    Removed,
}

impl Change {
    /// `+`, `~`, `-`.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Added => "+",
            Self::Changed => "~",
            Self::Removed => "-",
        }
    }
}

/// A resource that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// How.
    pub change: Change,
    /// Which.
    pub address: String,
    /// What it is.
    pub kind: String,
    /// What it cost.
    pub before: Decimal,
    /// What it costs.
    pub after: Decimal,
    /// The lines of it that changed.
    pub components: Vec<ChangedLine>,
}

/// A line that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangedLine {
    /// How.
    pub change: Change,
    /// Which part of its resource.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub part: String,
    /// What it is.
    pub name: String,
    /// As it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<SnapshotLine>,
    /// As it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<SnapshotLine>,
}

/// Everything that changes from one estimate to another, in the order of the later one; what is gone last.
pub fn change(old: &Snapshot, new: &Snapshot) -> Vec<Changed> {
    let before: BTreeMap<&str, &SnapshotResource> = by_address(old);
    let after: BTreeMap<&str, &SnapshotResource> = by_address(new);
    let stays = new.resources.iter().filter_map(|resource| {
        changed(
            before.get(resource.address.as_str()).copied(),
            Some(resource),
        )
    });
    let gone = old
        .resources
        .iter()
        .filter(|old| !after.contains_key(old.address.as_str()));
    stays
        .chain(gone.filter_map(|old| changed(Some(old), None)))
        .collect()
}

fn by_address(snapshot: &Snapshot) -> BTreeMap<&str, &SnapshotResource> {
    let resources = snapshot.resources.iter();
    resources
        .map(|resource| (resource.address.as_str(), resource))
        .collect()
}

fn changed(old: Option<&SnapshotResource>, new: Option<&SnapshotResource>) -> Option<Changed> {
    let components = lines(old, new);
    let named = new.or(old)?;
    let change = match (old, new) {
        (None, _) => Change::Added,
        (_, None) => Change::Removed,
        _ if components.is_empty() => return None,
        _ => Change::Changed,
    };
    Some(Changed {
        change,
        address: named.address.clone(),
        kind: named.kind.clone(),
        before: old.map_or(Decimal::ZERO, |old| old.monthly_cost),
        after: new.map_or(Decimal::ZERO, |new| new.monthly_cost),
        components,
    })
}

/// The lines of a resource that are not what they were. Lines of one name are told apart by their order.
fn lines(old: Option<&SnapshotResource>, new: Option<&SnapshotResource>) -> Vec<ChangedLine> {
    let (mut before, after) = (numbered(old), numbered(new));
    let mut changed = Vec::new();
    for (key, line) in after {
        let old = before
            .iter()
            .position(|(known, _)| *known == key)
            .map(|at| before.remove(at).1);
        let change = match old {
            None => Change::Added,
            Some(old) if is_same(old, line) => continue,
            Some(_) => Change::Changed,
        };
        changed.push(changed_line(change, old, Some(line), line));
    }
    for (_, line) in before {
        changed.push(changed_line(Change::Removed, Some(line), None, line));
    }
    changed
}

/// Whether two lines cost the same for the same reason: where a price was found is not a change.
fn is_same(old: &SnapshotLine, new: &SnapshotLine) -> bool {
    let what = |line: &SnapshotLine| SnapshotLine {
        basis: None,
        as_of: None,
        source: None,
        ..line.clone()
    };
    what(old) == what(new)
}

fn changed_line(
    change: Change,
    before: Option<&SnapshotLine>,
    after: Option<&SnapshotLine>,
    named: &SnapshotLine,
) -> ChangedLine {
    ChangedLine {
        change,
        part: named.part.clone(),
        name: named.name.clone(),
        before: before.cloned(),
        after: after.cloned(),
    }
}

type Numbered<'a> = Vec<((&'a str, &'a str, usize), &'a SnapshotLine)>;

fn numbered(resource: Option<&SnapshotResource>) -> Numbered<'_> {
    let mut seen: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let lines = resource.iter().flat_map(|resource| &resource.components);
    let numbered = lines.map(|line| {
        let (part, name) = (line.part.as_str(), line.name.as_str());
        let number = seen.entry((part, name)).or_default();
        *number += 1;
        ((part, name, *number), line)
    });
    numbered.collect()
}
