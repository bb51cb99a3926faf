//! Collects usage in any order and lays it out as a [`Demand`].

use std::collections::HashMap;

use super::key::DemandKey;
use super::trace::Demand;
use crate::units::{Hour, HourSpan};

/// Nano-hours of usage by key and hour, added in any order.
///
/// Sources state usage in decimal hours (`0.4965277778`); one instance-hour may be split over several rows.
/// Parts are added as whole nano-hours, so that their order does not matter, and the sum is rounded to whole
/// seconds once, which is what AWS meters.
#[derive(Debug, Default)]
pub struct DemandBuilder {
    index: HashMap<DemandKey, usize, foldhash::fast::FixedState>,
    keys: Vec<DemandKey>,
    usage: HashMap<(u32, Hour), i64, foldhash::fast::FixedState>,
}

/// An hour's usage that no fleet can have: negative, or past 1,193,046 instances of one key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key:?} has {nano_hours} nano-hours of usage at {hour}")]
pub struct AbsurdUsage {
    /// The key.
    pub key: DemandKey,
    /// The hour.
    pub hour: Hour,
    /// What its rows add up to.
    pub nano_hours: i64,
}

impl DemandBuilder {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The handle of a key, for [`DemandBuilder::add`]; looked up once per distinct key, not per row.
    pub fn key(&mut self, key: DemandKey) -> usize {
        let next = self.keys.len();
        *self.index.entry(key).or_insert_with_key(|key| {
            self.keys.push(key.clone());
            next
        })
    }

    /// Adds usage of a key in an hour, in nano-hours (1e-9 instance-hours).
    pub fn add(&mut self, key: usize, hour: Hour, nano_hours: i64) {
        let key = u32::try_from(key).unwrap_or(u32::MAX);
        *self.usage.entry((key, hour)).or_default() += nano_hours;
    }

    /// The window from the first hour with usage to the last; `None` without any.
    pub fn span(&self) -> Option<HourSpan> {
        let first = self.usage.keys().map(|&(_, hour)| hour).min()?;
        let last = self.usage.keys().map(|&(_, hour)| hour).max()?;
        Some(HourSpan::new(first, last.plus(1)))
    }

    /// Lays the usage out over `span`, keys in order; usage outside `span` is left out.
    ///
    /// # Errors
    /// [`AbsurdUsage`] for the first key (in order) and hour whose sum is below zero or does not fit.
    pub fn finish(self, span: HourSpan) -> Result<Demand, AbsurdUsage> {
        let mut order: Vec<usize> = (0..self.keys.len()).collect();
        order.sort_by(|&a, &b| self.keys[a].cmp(&self.keys[b]));
        let mut place = vec![0_usize; order.len()];
        for (at, &key) in order.iter().enumerate() {
            place[key] = at;
        }
        let keys: Vec<DemandKey> = order.iter().map(|&key| self.keys[key].clone()).collect();
        let mut seconds = vec![0_u32; keys.len() * span.len()];
        let mut absurd: Option<(usize, Hour, i64)> = None;
        for (&(key, hour), &nano_hours) in &self.usage {
            let Some(column) = span.index(hour) else {
                continue;
            };
            let row = place[key as usize];
            if let Some(whole) = whole_seconds(nano_hours) {
                seconds[row * span.len() + column] = whole;
            } else {
                let found = (row, hour, nano_hours);
                absurd = Some(absurd.map_or(found, |first| first.min(found)));
            }
        }
        match absurd {
            None => Ok(Demand {
                span,
                keys,
                seconds,
            }),
            Some((row, hour, nano_hours)) => Err(AbsurdUsage {
                key: keys[row].clone(),
                hour,
                nano_hours,
            }),
        }
    }
}

/// Nano-hours rounded to the nearest whole second.
fn whole_seconds(nano_hours: i64) -> Option<u32> {
    let seconds = (i128::from(nano_hours) * 3_600 + 500_000_000).div_euclid(1_000_000_000);
    u32::try_from(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Account, Platform, Tenancy};
    use crate::demand::{Fill, Labels, Market};

    fn key(account: &str) -> DemandKey {
        DemandKey {
            account: Account::new(account),
            region: "us-east-1".parse().unwrap(),
            zone: None,
            instance_type: "m5.large".parse().unwrap(),
            platform: Platform::LINUX,
            tenancy: Tenancy::Shared,
            market: Market::OnDemand,
            labels: Labels::default(),
        }
    }

    #[test]
    fn parts_of_an_hour_add_up_whatever_their_order() {
        let start = Hour::from_epoch_hours(500_000);
        let parts = [518_334_000, 462_499_000, 19_167_000];
        let build = |order: [usize; 3]| {
            let mut builder = DemandBuilder::new();
            for part in order {
                let (b, a) = (builder.key(key("b")), builder.key(key("a")));
                builder.add(b, start, parts[part]);
                builder.add(a, start.plus(2), 500_000_000);
            }
            let span = builder.span().unwrap();
            builder.finish(span).unwrap()
        };
        let demand = build([0, 1, 2]);
        assert_eq!(demand, build([2, 0, 1]));
        assert_eq!(demand.keys(), [key("a"), key("b")]);
        assert_eq!(demand.seconds(0), [0, 0, 5_400]);
        assert_eq!(demand.seconds(1), [3_600, 0, 0]);
        assert_eq!(
            demand.empty_hours(),
            [HourSpan::new(start.plus(1), start.plus(2))]
        );
    }

    #[test]
    fn gaps_are_filled_as_told() {
        let start = Hour::from_epoch_hours(0);
        let mut builder = DemandBuilder::new();
        let a = builder.key(key("a"));
        builder.add(a, start, 1_000_000_000);
        builder.add(a, start.plus(3), 2_000_000_000);
        let mut demand = builder.finish(HourSpan::new(start, start.plus(4))).unwrap();
        let gap = demand.empty_hours()[0];
        demand.fill(gap, Fill::Previous);
        assert_eq!(demand.seconds(0), [3_600, 3_600, 3_600, 7_200]);
        assert_eq!(
            demand
                .within(HourSpan::new(start.plus(2), start.plus(9)))
                .seconds(0),
            [3_600, 7_200]
        );
    }

    #[test]
    fn a_negative_sum_is_refused() {
        let mut builder = DemandBuilder::new();
        let a = builder.key(key("a"));
        builder.add(a, Hour::from_epoch_hours(1), -1_000_000_000);
        let span = builder.span().unwrap();
        assert!(builder.finish(span).is_err());
    }
}
