//! What Spot usage costs: at the price in force at the start of each hour where that is known, else at an average
//! (docs/billing-rules.md, R82).

use std::collections::BTreeMap;

use super::charge::{Charge, ChargeKind, Periods};
use super::rates::Rates;
use super::setup::{Setup, product_of};
use crate::demand::Demand;
use crate::prices::MissingPrice;
use crate::units::{HourSpan, InstanceHour, Money, Quantity, Rate};

/// What an hour of work costs on Spot where so many millionths of it are run again: to the nearest step of 1e-10 dollars.
pub fn with_rerun(spot: Rate<InstanceHour>, millionths: u32) -> Rate<InstanceHour> {
    let steps = u128::from(spot.steps()) * (MILLION + u128::from(millionths));
    let steps = (steps + MILLION.div_euclid(2)).div_euclid(MILLION);
    Rate::from_steps(u64::try_from(steps).unwrap_or(u64::MAX))
}

/// Millionths of a whole.
const MILLION: u128 = 1_000_000;

/// Spot usage, which no commitment covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpotLine {
    /// Index of its key in the demand.
    pub key: usize,
    /// What it costs, in the order of the hours; hours without usage may be missing.
    pub prices: Vec<SpotPrice>,
}

/// Hours with one price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpotPrice {
    /// The hours.
    pub hours: HourSpan,
    /// The public price.
    pub public: Rate<InstanceHour>,
    /// What is paid.
    pub contracted: Rate<InstanceHour>,
    /// Whether it is the price that was in force, no average.
    pub in_force: bool,
}

impl SpotLine {
    /// The usage of a key at its prices.
    pub(super) fn priced(
        demand: &Demand,
        key: usize,
        rates: &impl Rates,
    ) -> Result<Self, MissingPrice> {
        let (product, zone) = (product_of(&demand.keys()[key]), demand.keys()[key].zone);
        let average = rates.spot(product);
        let price = |hours: HourSpan, public: Rate<InstanceHour>, in_force: bool| SpotPrice {
            hours,
            public,
            contracted: rates.contract().map_or(public, |c| c.spot(public)),
            in_force,
        };
        if !rates.has_spot_prices() {
            let prices = vec![price(demand.span(), average?, false)];
            return Ok(Self { key, prices });
        }
        let mut prices: Vec<SpotPrice> = Vec::new();
        let used = demand.span().hours().zip(demand.seconds(key));
        for (hour, _) in used.filter(|(_, seconds)| **seconds > 0) {
            let in_force = rates.spot_in_force(product, zone, hour);
            let public = match in_force {
                Some(public) => public,
                None => average.clone()?,
            };
            let next = price(
                HourSpan::new(hour, hour.plus(1)),
                public,
                in_force.is_some(),
            );
            match prices.last_mut() {
                Some(last)
                    if last.hours.end() == hour
                        && (last.public, last.in_force) == (public, next.in_force) =>
                {
                    last.hours = last.hours.hull(next.hours);
                }
                _ => prices.push(next),
            }
        }
        Ok(Self { key, prices })
    }

    /// How much of it there is at each price within `hours`.
    pub(super) fn parts<'a>(
        &'a self,
        demand: &'a Demand,
        hours: HourSpan,
    ) -> impl Iterator<Item = (SpotPrice, Quantity<InstanceHour>)> + 'a {
        let first = self
            .prices
            .partition_point(|price| price.hours.end() <= hours.start());
        let reached = self.prices.iter().skip(first);
        let reached = reached.take_while(move |price| price.hours.start() < hours.end());
        reached.map(move |price| {
            let inside = price.hours.intersect(hours).hours();
            let at = inside.filter_map(|hour| demand.span().index(hour));
            let seconds = at.map(|at| u64::from(demand.seconds(self.key)[at])).sum();
            (*price, Quantity::from_seconds(seconds))
        })
    }

    /// What all of it costs: paid, at public prices, and how much was at the price in force.
    pub(super) fn totals(&self, demand: &Demand) -> SpotTotals {
        let mut totals = SpotTotals {
            key: self.key,
            quantity: Quantity::ZERO,
            in_force: Quantity::ZERO,
            cost: Money::ZERO,
            public_cost: Money::ZERO,
        };
        for (price, quantity) in self.parts(demand, demand.span()) {
            totals.quantity += quantity;
            totals.cost += price.contracted * quantity;
            totals.public_cost += price.public * quantity;
            if price.in_force {
                totals.in_force += quantity;
            }
        }
        totals
    }
}

/// What one key's Spot usage comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpotTotals {
    /// Index of the key in the demand.
    pub key: usize,
    /// All of it.
    pub quantity: Quantity<InstanceHour>,
    /// What was billed at the price in force at the start of its hour; the rest is at an average.
    pub in_force: Quantity<InstanceHour>,
    /// What is paid.
    pub cost: Money,
    /// What it costs at public prices.
    pub public_cost: Money,
}

/// A charge for each period, key and price.
pub(super) fn spot_charges(setup: &Setup, demand: &Demand, periods: &Periods) -> Vec<Charge> {
    let mut charges = Vec::new();
    for line in &setup.spot {
        for &period in &periods.spans {
            let mut sums: BTreeMap<_, Quantity<InstanceHour>> = BTreeMap::new();
            for (price, quantity) in line.parts(demand, period) {
                *sums
                    .entry((price.public, price.contracted))
                    .or_insert(Quantity::ZERO) += quantity;
            }
            let used = sums.into_iter().filter(|(_, sum)| *sum != Quantity::ZERO);
            charges.extend(used.map(|((public, contracted), quantity)| Charge {
                period,
                key: Some(line.key),
                kind: ChargeKind::Spot,
                quantity,
                list_unit_price: Some(public),
                contracted_unit_price: Some(contracted),
                billed: contracted * quantity,
                effective: contracted * quantity,
                list: public * quantity,
                contracted: contracted * quantity,
                commitment: Money::ZERO,
            }));
        }
    }
    charges
}
