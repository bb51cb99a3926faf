//! What was used beside instances: data moved and stored, gateways, tasks, functions; by account, region and charge.

use std::collections::BTreeMap;

use super::capacity::{CapacityKind, CapacityUse};
use super::key::{CAPACITY_RESERVATION, Labels, with_label};
use crate::catalog::{Account, Region, ServiceItem, Tenancy};
use crate::demand::Demand;
use crate::units::{Hour, HourSpan, Metered, Quantity, TICKS_PER_UNIT};

/// One stream of use: everything in it costs the same, but for the tiers of a month.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceKey {
    /// The account that used it.
    pub account: Account,
    /// Where; for data that leaves a region, the region it leaves.
    pub region: Region,
    /// What is charged.
    pub item: ServiceItem,
    /// Tags and the like.
    pub labels: Labels,
}

/// Parts of a unit that use is added up in: 1e-12 units, finer than any bill states.
const PICO: i128 = 1_000_000_000_000;

/// Use by key and hour. The same rows give the same demand whatever their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServiceDemand {
    streams: BTreeMap<ServiceKey, BTreeMap<Hour, i128>>,
}

impl ServiceDemand {
    /// Adds use of a period in 1e-12 units. Of what commitments may cover every hour has an even share, the remainder
    /// on the first ones, for plans are commitments by the hour; everything else stands in the first hour.
    pub fn add_period(&mut self, key: ServiceKey, period: HourSpan, pico_units: i128) {
        if !key.item.may_be_committed() || period.len() <= 1 {
            self.add(key, period.start(), pico_units);
            return;
        }
        let hours = i128::try_from(period.len()).unwrap_or(i128::MAX);
        let (share, rest) = (pico_units.div_euclid(hours), pico_units.rem_euclid(hours));
        let stream = self.streams.entry(key).or_default();
        for (at, hour) in (0_i128..).zip(period.hours()) {
            *stream.entry(hour).or_default() += share + i128::from(at < rest);
        }
    }

    /// Adds use of an hour in 1e-12 units.
    pub fn add(&mut self, key: ServiceKey, hour: Hour, pico_units: i128) {
        *self
            .streams
            .entry(key)
            .or_default()
            .entry(hour)
            .or_default() += pico_units;
    }

    /// Adds whole units.
    pub fn add_whole(&mut self, key: ServiceKey, hour: Hour, units: u64) {
        self.add(key, hour, i128::from(units) * PICO);
    }

    /// Adds everything of another.
    pub fn extend(&mut self, other: Self) {
        for (key, hours) in other.streams {
            let stream = self.streams.entry(key).or_default();
            for (hour, pico_units) in hours {
                *stream.entry(hour).or_default() += pico_units;
            }
        }
    }

    /// What Savings Plans of any kind may cover of it, or reservations of hosts.
    #[must_use]
    pub fn under_plans(&self) -> Self {
        let streams = self.streams.iter();
        let streams = streams.filter(|(key, _)| key.item.may_be_committed());
        Self {
            streams: streams
                .map(|(key, hours)| (key.clone(), hours.clone()))
                .collect(),
        }
    }

    /// The same under other keys; those that become one are added up.
    #[must_use]
    pub fn merged(&self, coarser: impl Fn(&ServiceKey) -> ServiceKey) -> Self {
        let mut merged = Self::default();
        for (key, hours) in &self.streams {
            let stream = merged.streams.entry(coarser(key)).or_default();
            for (&hour, &pico_units) in hours {
                *stream.entry(hour).or_default() += pico_units;
            }
        }
        merged
    }

    /// Whether nothing was used.
    pub fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    /// The keys, ordered.
    pub fn keys(&self) -> impl Iterator<Item = &ServiceKey> {
        self.streams.keys()
    }

    /// Every key with the hours it was used in, to the nearest tick.
    pub fn rows(
        &self,
    ) -> impl Iterator<Item = (&ServiceKey, impl Iterator<Item = (Hour, Quantity<Metered>)>)> {
        self.streams.iter().map(|(key, hours)| {
            let hours = hours.iter().map(|(&hour, &pico)| (hour, quantity(pico)));
            (key, hours)
        })
    }

    /// Every key with its hours, in 1e-12 units, exactly as they were added.
    pub fn streams(&self) -> impl Iterator<Item = (&ServiceKey, &BTreeMap<Hour, i128>)> {
        self.streams.iter()
    }

    /// First to last hour with use; `None` without any.
    pub fn span(&self) -> Option<HourSpan> {
        let hours = || self.streams.values().flat_map(BTreeMap::keys);
        Some(HourSpan::new(*hours().min()?, hours().max()?.plus(1)))
    }

    /// What was used between the hours of `span`.
    #[must_use]
    pub fn within(&self, span: HourSpan) -> Self {
        let mut inside = Self::default();
        for (key, hours) in &self.streams {
            for (&hour, &pico_units) in hours.range(span.start()..span.end()) {
                inside.add(key.clone(), hour, pico_units);
            }
        }
        inside
    }

    /// The hours for which AWS charges its fee for Dedicated Instances: those of every account and region in
    /// which one runs, however many (docs/billing-rules.md, R40).
    pub fn dedicated_fees(demand: &Demand) -> Self {
        let mut fees = Self::default();
        let mut hours: BTreeMap<(Account, Region), Vec<bool>> = BTreeMap::new();
        for (key, seconds) in demand.rows() {
            if key.tenancy == Tenancy::Dedicated {
                let place = (key.account, key.region.parent());
                let runs = hours
                    .entry(place)
                    .or_insert_with(|| vec![false; seconds.len()]);
                for (runs, &seconds) in runs.iter_mut().zip(seconds) {
                    *runs |= seconds > 0;
                }
            }
        }
        for ((account, region), runs) in hours {
            let key = ServiceKey {
                account,
                region,
                item: ServiceItem::DEDICATED_REGION_HOUR,
                labels: Labels::default(),
            };
            for (hour, _) in demand.span().hours().zip(runs).filter(|(_, runs)| *runs) {
                fees.add(key.clone(), hour, PICO);
            }
        }
        fees
    }

    /// What was paid for Capacity Blocks, in the hours it was paid in (docs/billing-rules.md, R73).
    pub fn capacity_block_fees(reservations: &[CapacityUse]) -> Self {
        let mut fees = Self::default();
        for CapacityUse { reservation, .. } in reservations {
            if let CapacityKind::Block { price, booked } = reservation.kind {
                let key = ServiceKey {
                    account: reservation.key.account,
                    region: reservation.key.region.parent(),
                    item: ServiceItem::CAPACITY_BLOCK_FEE,
                    labels: with_label(
                        &reservation.key.labels,
                        CAPACITY_RESERVATION,
                        &reservation.id,
                    ),
                };
                let pico = price.to_decimal(10).mantissa() * 100;
                fees.add(key, Hour::containing_epoch_seconds(booked), pico);
            }
        }
        fees
    }
}

/// Units in 1e-12, rounded half up to the nearest tick.
fn quantity(pico_units: i128) -> Quantity<Metered> {
    let ticks = pico_units * i128::from(TICKS_PER_UNIT);
    Quantity::from_ticks((ticks + PICO.div_euclid(2)).div_euclid(PICO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours_of(item: &str, hours: i64, pico_units: i128) -> Vec<i128> {
        let mut demand = ServiceDemand::default();
        let start = Hour::from_epoch_hours(500_000);
        let key = ServiceKey {
            account: Account::new("a"),
            region: "us-east-1".parse().unwrap(),
            item: item.parse().unwrap(),
            labels: Labels::default(),
        };
        demand.add_period(key, HourSpan::new(start, start.plus(hours)), pico_units);
        demand
            .streams
            .into_values()
            .flat_map(BTreeMap::into_values)
            .collect()
    }

    #[test]
    fn what_plans_may_cover_is_spread_and_stays_whole() {
        assert_eq!(hours_of("fargate-linux-x86-vcpu-hour", 3, 11), [4, 4, 3]);
        assert_eq!(hours_of("lambda-x86-request", 2, 1), [1, 0]);
        assert_eq!(hours_of("dedicated-host-m5-hour", 1, 7), [7]);
        assert_eq!(hours_of("nat-gateway-hour", 3, 11), [11]);
        let month = 12_345_678_901_234_567;
        let spread = hours_of("lambda-arm-gb-second", 744, month);
        assert_eq!((spread.len(), spread.iter().sum::<i128>()), (744, month));
    }
}
