//! An estate with prices: what each line costs a month, what is open, and what stays out of the totals.
//!
//! Charges beside instances are metered by `billing` over the whole estate together: tiers and what is free a
//! month count every resource. What is known comes first, guesses after it, so a guess moves no known amount.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::{Decimal, dec};

use crate::billing::{ServiceRates, ServiceSettings, service_bill};
use crate::catalog::{Account, Region, ServiceItem};
use crate::demand::{ServiceDemand, ServiceKey};
use crate::estate::{Amount, Charge, Component, Estate, Level, Market, Month};
use crate::prices::{PriceBook, Product, Provenance, Tiers};
use crate::units::{Hour, InstanceHour, Metered, Money, Quantity, Rate};

/// An estate with prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// The month that every quantity and amount is for.
    pub month: Month,
    /// In the order of the estate; behind them what AWS charges for a region as a whole.
    pub resources: Vec<PricedResource>,
}

/// A resource with prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedResource {
    /// What it is called.
    pub address: String,
    /// What it is.
    pub kind: String,
    /// Where.
    pub region: Region,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// What it is charged for.
    pub lines: Vec<Line>,
}

/// A component with its price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What is charged, and how much of it.
    pub component: Component,
    /// What a unit costs, where that is known.
    pub price: Option<Price>,
    /// What it costs a month.
    pub cost: Cost,
}

/// What a unit costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// What is paid by tiers of a month's use; one tier where there are no more.
    pub tiers: Tiers,
    /// Where the public price is known from.
    pub provenance: Provenance,
}

/// What a line costs a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cost {
    /// Exactly this.
    Known(Money),
    /// It depends on use; with what the guesses cost, from low to high.
    Open([Option<Money>; 3]),
    /// Nothing, for a reason.
    Free(String),
    /// Charged by AWS, without a price here, for a reason; in no total.
    NotCovered(String),
    /// The price book lacks the price; in no total.
    Unpriced(String),
}

/// What an estate costs a month, and what that leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals {
    /// What is known.
    pub known: Money,
    /// With the guesses at what is open, from low to high; `None` where there is no guess.
    pub guessed: [Option<Money>; 3],
    /// Lines that depend on use.
    pub open: usize,
    /// Lines among them without a guess, from low to high.
    pub unguessed: [usize; 3],
    /// Lines without a price here.
    pub not_covered: usize,
    /// Lines whose price is missing.
    pub unpriced: usize,
}

impl Estimate {
    /// What everything costs, and what that leaves out.
    pub fn totals(&self) -> Totals {
        totals(self.resources.iter().flat_map(|resource| &resource.lines))
    }

    /// Every missing price, by resource.
    pub fn unpriced(&self) -> impl Iterator<Item = (&PricedResource, &Line, &str)> {
        self.resources.iter().flat_map(|resource| {
            resource
                .lines
                .iter()
                .filter_map(move |line| match &line.cost {
                    Cost::Unpriced(why) => Some((resource, line, why.as_str())),
                    _ => None,
                })
        })
    }
}

impl PricedResource {
    /// What it costs, and what that leaves out.
    pub fn totals(&self) -> Totals {
        totals(self.lines.iter())
    }
}

fn totals<'a>(lines: impl Iterator<Item = &'a Line>) -> Totals {
    let mut totals = Totals::default();
    let mut guesses = [None; 3];
    for line in lines {
        match &line.cost {
            Cost::Known(cost) => totals.known += *cost,
            Cost::Open(costs) => {
                totals.open += 1;
                for (index, cost) in costs.iter().enumerate() {
                    match cost {
                        Some(cost) => *guesses[index].get_or_insert(Money::ZERO) += *cost,
                        None => totals.unguessed[index] += 1,
                    }
                }
            }
            Cost::Free(_) => {}
            Cost::NotCovered(_) => totals.not_covered += 1,
            Cost::Unpriced(_) => totals.unpriced += 1,
        }
    }
    totals.guessed = guesses.map(|guess| guess.map(|guess| guess + totals.known));
    totals
}

/// Prices an estate. A price that is missing makes an [`Cost::Unpriced`] line; whether that is an error, the
/// caller says.
pub fn estimate(
    estate: &Estate,
    book: &PriceBook,
    month: Month,
    settings: ServiceSettings,
) -> Estimate {
    let mut resources: Vec<PricedResource> = Vec::new();
    let priced = |address: &str, kind: &str, region, tags: &BTreeMap<_, _>, components: Vec<_>| {
        PricedResource {
            address: address.to_owned(),
            kind: kind.to_owned(),
            region,
            tags: tags.clone(),
            lines: components
                .into_iter()
                .map(|component| line(book, component))
                .collect(),
        }
    };
    for resource in &estate.resources {
        let (address, kind) = (&resource.address, &resource.kind);
        let components = resource.components(month);
        resources.push(priced(
            address,
            kind,
            resource.region,
            &resource.tags,
            components,
        ));
    }
    for (region, fee) in estate.region_fees(month) {
        let kind = "region fee";
        let address = format!("Dedicated Instances in {region}");
        resources.push(priced(&address, kind, region, &BTreeMap::new(), vec![fee]));
    }
    meter(&mut resources, book, settings);
    for line in resources
        .iter_mut()
        .flat_map(|resource| &mut resource.lines)
    {
        refuse_what_cannot_be(line);
    }
    Estimate { month, resources }
}

/// More than anything of a month; sums of lines below it are exact.
const MOST_UNITS: Decimal = dec!(10_000_000_000_000);
const MOST_DOLLARS: Money = Money::from_atoms(Money::ATOMS_PER_DOLLAR * 1_000_000_000_000);

/// A quantity or cost that cannot be a month's is no result.
fn refuse_what_cannot_be(line: &mut Line) {
    let is_much = |cost: &Money| *cost > MOST_DOLLARS;
    let absurd = match &line.cost {
        Cost::Known(cost) => is_much(cost),
        Cost::Open(costs) => costs.iter().flatten().any(is_much),
        Cost::Free(_) | Cost::NotCovered(_) | Cost::Unpriced(_) => false,
    };
    if absurd {
        line.cost = Cost::Unpriced(format!(
            "{} is more than a month can cost",
            line.component.name
        ));
    }
}

/// A line without what tiers make of it.
fn line(book: &PriceBook, component: Component) -> Line {
    let beyond = Level::ALL.iter().any(|&level| {
        let amount = component.quantity.at(level);
        amount.is_some_and(|amount| amount > MOST_UNITS)
    });
    let (price, cost) = match &component.charge {
        _ if beyond => {
            let why = format!("{} is more than can be counted in a month", component.name);
            (None, Cost::Unpriced(why))
        }
        Charge::Free(why) => (None, Cost::Free(why.clone())),
        Charge::NotCovered(why) => (None, Cost::NotCovered(why.clone())),
        Charge::Instance { market, .. } => instance(book, &component, *market),
        Charge::Service { region, item } => match service_price(book, *region, item) {
            Ok(price) => {
                let cost = costs(&component.quantity, |_, amount| {
                    one_by_one(&price, &component, amount)
                });
                (Some(price), cost)
            }
            Err(why) => (None, Cost::Unpriced(why)),
        },
    };
    Line {
        component,
        price,
        cost,
    }
}

/// Hours of instances.
fn instance(book: &PriceBook, component: &Component, market: Market) -> (Option<Price>, Cost) {
    let Charge::Instance {
        region,
        instance_type,
        platform,
        tenancy,
        ..
    } = component.charge
    else {
        return (None, Cost::NotCovered("no instance".into()));
    };
    let product = Product {
        region,
        instance_type,
        platform,
        tenancy,
    };
    let found = match market {
        Market::OnDemand => book.on_demand(product),
        Market::Spot => book.spot(product),
    };
    let public = match found {
        Ok(public) => public,
        Err(missing) => return (None, Cost::Unpriced(missing.to_string())),
    };
    let paid = book
        .contract()
        .map_or(public.value, |contract| match market {
            Market::OnDemand => contract.on_demand(product, public.value),
            Market::Spot => contract.spot(public.value),
        });
    let cost = costs(&component.quantity, |_, hours| hours_cost(paid, hours));
    let price = Price {
        tiers: Tiers::flat("hour", Rate::from_steps(paid.steps())),
        provenance: public.provenance,
    };
    (Some(price), cost)
}

fn hours_cost(rate: Rate<InstanceHour>, hours: Decimal) -> Option<Money> {
    Quantity::from_decimal(hours).ok().map(|hours| rate * hours)
}

fn service_price(book: &PriceBook, region: Region, item: &ServiceItem) -> Result<Price, String> {
    let public = book
        .service(region, item)
        .map_err(|missing| missing.to_string())?;
    Ok(Price {
        tiers: book.contracted(region, item, &public.value),
        provenance: public.provenance,
    })
}

/// The cost of things that tiers count one by one, each of which has as much.
fn one_by_one(price: &Price, component: &Component, amount: Decimal) -> Option<Money> {
    if !counts_things(&price.tiers) {
        // What tiers count over the whole estate is metered afterwards.
        return Some(Money::ZERO);
    }
    let each = component.each.unwrap_or(amount);
    let things = amount.checked_div(each).unwrap_or_default();
    let each: Quantity<Metered> = Quantity::from_decimal(each).ok()?;
    let parts = price.tiers.between(Quantity::ZERO, each);
    let costs = parts.map(|(part, rate)| {
        let all = part.to_decimal(10).checked_mul(things)?;
        Some(rate * Quantity::from_decimal(all).ok()?)
    });
    costs.sum()
}

/// Tiers of provisioned IOPS count one volume's (R46).
fn counts_things(tiers: &Tiers) -> bool {
    tiers.unit() == "IOPS-month"
}

/// What an amount or the guesses at it cost; `cost` is told the level of a guess.
fn costs(amount: &Amount, cost: impl Fn(Option<Level>, Decimal) -> Option<Money>) -> Cost {
    match amount {
        Amount::Known(amount) => match cost(None, *amount) {
            Some(cost) => Cost::Known(cost),
            None => Cost::Unpriced(format!("{amount} is more than can be counted in a month")),
        },
        Amount::Open(band) => {
            Cost::Open(Level::ALL.map(|level| cost(Some(level), band.at(level)?)))
        }
    }
}

/// Meters what tiers count over the whole estate: what is known alone, then with each level of guesses.
fn meter(resources: &mut [PricedResource], book: &PriceBook, settings: ServiceSettings) {
    let lines = resources
        .iter_mut()
        .flat_map(|resource| &mut resource.lines);
    let mut lines: Vec<&mut Line> = lines.filter(|line| is_metered(line)).collect();
    let known = metered(&lines, None, book, settings);
    let guessed = Level::ALL.map(|level| metered(&lines, Some(level), book, settings));
    for (index, line) in lines.iter_mut().enumerate() {
        line.cost = costs(&line.component.quantity, |level, amount| {
            let metered = level.map_or(&known, |level| &guessed[level as usize]);
            match metered.get(&index) {
                Some(cost) => Some(*cost),
                None => amount.is_zero().then_some(Money::ZERO),
            }
        });
    }
}

fn is_metered(line: &Line) -> bool {
    let is_service = matches!(line.component.charge, Charge::Service { .. });
    let has_price = line
        .price
        .as_ref()
        .is_some_and(|price| !counts_things(&price.tiers));
    is_service && has_price && !matches!(line.cost, Cost::Unpriced(_))
}

/// What each line costs when the guesses are taken at one level, or left out.
fn metered(
    lines: &[&mut Line],
    level: Option<Level>,
    book: &PriceBook,
    settings: ServiceSettings,
) -> BTreeMap<usize, Money> {
    let mut demand = ServiceDemand::default();
    for (index, line) in lines.iter().enumerate() {
        let Charge::Service { region, item } = &line.component.charge else {
            continue;
        };
        // Guesses stand an hour behind what is known.
        let (amount, after) = match (&line.component.quantity, level) {
            (Amount::Known(amount), _) => (Some(*amount), 0),
            (Amount::Open(band), Some(level)) => (band.at(level), 1),
            (Amount::Open(_), None) => (None, 0),
        };
        let pico = amount.and_then(|amount| amount.checked_mul(PICO));
        let pico = pico.and_then(|pico| i128::try_from(pico.round()).ok());
        let number: Arc<str> = format!("{index:09}").into();
        let key = ServiceKey {
            account: Account::new("estate"),
            region: *region,
            item: item.clone(),
            labels: Arc::new([("line".into(), number)]),
        };
        if let Some(pico) = pico {
            demand.add(key, first_hour().plus(after), pico);
        }
    }
    let bill = service_bill(&demand, book, settings);
    let mut costs: BTreeMap<usize, Money> = BTreeMap::new();
    for charge in &bill.charges {
        let number = charge
            .key
            .labels
            .first()
            .and_then(|(_, number)| number.parse().ok());
        if let Some(index) = number {
            *costs.entry(index).or_default() += charge.cost;
        }
    }
    costs
}

/// `ServiceDemand` counts in 1e-12 units.
const PICO: Decimal = dec!(1_000_000_000_000);

/// Tiers count a calendar month; which one, no price depends on.
const fn first_hour() -> Hour {
    Hour::from_epoch_hours(0)
}
