//! Hours in which the same commitments can live and the same usage runs are one hour that stands for several.

use std::collections::{BTreeSet, HashMap};

use crate::billing::{Coverable, ServiceUse};
use crate::commitment::Portfolio;
use crate::demand::Demand;
use crate::units::{Hour, HourSpan};

/// All of an hour's use, in millionths.
const ALL: u64 = 1_000_000;

/// Usage with its equal hours put together.
pub(super) struct Folded {
    /// Instances, their hours counted from the first one of the demand; times of day mean nothing any more.
    pub(super) demand: Demand,
    /// What is beside them in these hours.
    pub(super) beside: ServiceUse,
    /// How many hours each one stands for.
    pub(super) weights: Vec<u32>,
    /// Where each stretch between two cuts begins: as it was, and folded.
    starts: Vec<(Hour, Hour)>,
}

impl Folded {
    /// Folds the hours between each two cuts.
    pub(super) fn new(usage: &Coverable<'_>, cuts: &BTreeSet<Hour>) -> Self {
        let demand = usage.demand;
        let span = demand.span();
        let inside = cuts.iter().copied().filter(|&cut| span.contains(cut));
        let mut ends: Vec<Hour> = inside.filter(|&cut| cut != span.start()).collect();
        ends.push(span.end());
        let mut folding = Folding::default();
        let mut starts = Vec::new();
        let mut start = span.start();
        for end in ends {
            starts.push((start, folded_hour(span, folding.weights.len())));
            folding.fold(usage, HourSpan::new(start, end));
            start = end;
        }
        let Folding {
            columns,
            like,
            weights,
        } = folding;
        let folded = HourSpan::new(span.start(), folded_hour(span, weights.len()));
        starts.push((span.end(), folded.end()));
        let rows = demand.keys().iter().enumerate().map(|(row, key)| {
            let hours = columns.iter().map(|column| column[row]);
            (key.clone(), hours.collect())
        });
        Self {
            // Every row has one number for each column.
            demand: Demand::from_rows(folded, rows).unwrap_or_else(|_| demand.clone()),
            beside: if usage.beside.is_empty() {
                ServiceUse::default()
            } else {
                usage.beside.like(&like)
            },
            weights,
            starts,
        }
    }

    /// Hours as they are here; they begin and end at cuts, or outside.
    pub(super) fn hours(&self, hours: HourSpan) -> HourSpan {
        let place = |hour: Hour| {
            let before = self.starts.partition_point(|&(start, _)| start < hour);
            let last = self.starts.len() - 1;
            self.starts[before.min(last)].1
        };
        HourSpan::new(place(hours.start()), place(hours.end()))
    }

    /// What is owned, alive in the hours as they are here.
    pub(super) fn owned(&self, owned: &Portfolio) -> Portfolio {
        let mut owned = owned.clone();
        for one in &mut owned.reserved_instances {
            one.alive = self.hours(one.alive);
        }
        for one in &mut owned.savings_plans {
            one.alive = self.hours(one.alive);
        }
        owned
    }
}

fn folded_hour(span: HourSpan, columns: usize) -> Hour {
    let hours = i64::try_from(columns).unwrap_or(i64::MAX);
    span.start().plus(hours)
}

/// An hour's seconds of every row, and what it has beside instances.
type Column<'a> = (Vec<u32>, &'a [(u32, u64)]);

/// Different hours, in the order in which they come.
#[derive(Default)]
struct Folding {
    /// Seconds of every row.
    columns: Vec<Vec<u32>>,
    /// The hour of the usage that each one is, all of it.
    like: Vec<(usize, u64)>,
    /// How many such there are.
    weights: Vec<u32>,
}

impl Folding {
    /// Adds the different ones of some hours.
    fn fold(&mut self, usage: &Coverable<'_>, hours: HourSpan) {
        let demand = usage.demand;
        let mut known: HashMap<Column<'_>, usize, foldhash::fast::FixedState> = HashMap::default();
        for hour in hours.hours() {
            let Some(at) = demand.span().index(hour) else {
                continue;
            };
            let rows = 0..demand.keys().len();
            let column: Vec<u32> = rows.map(|row| demand.seconds(row)[at]).collect();
            let column = (column, usage.beside.of_hour(at));
            if let Some(&place) = known.get(&column) {
                self.weights[place] += 1;
                continue;
            }
            self.columns.push(column.0.clone());
            known.insert(column, self.weights.len());
            self.like.push((at, ALL));
            self.weights.push(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Account, Platform, Tenancy};
    use crate::demand::{DemandKey, Labels, Market};

    #[test]
    fn equal_hours_between_two_cuts_are_one() {
        let start = Hour::from_epoch_hours(500_000);
        let key = DemandKey {
            account: Account::new(""),
            region: "us-east-1".parse().unwrap(),
            zone: None,
            instance_type: "m5.large".parse().unwrap(),
            platform: Platform::LINUX,
            tenancy: Tenancy::Shared,
            market: Market::OnDemand,
            labels: Labels::default(),
        };
        let span = HourSpan::new(start, start.plus(8));
        let demand = Demand::from_rows(span, [(key, vec![1, 2, 1, 1, 2, 2, 1, 3])]).unwrap();
        // Cuts at the start, in the middle and outside.
        let cuts = [start, start.plus(4), start.plus(-9), start.plus(8)].into();
        let folded = Folded::new(&(&demand).into(), &cuts);
        assert_eq!(folded.demand.seconds(0), [1, 2, 2, 1, 3]);
        assert_eq!(folded.weights, [3, 1, 2, 1, 1]);
        let hours = |from: i64, to: i64| {
            let found = folded.hours(HourSpan::new(start.plus(from), start.plus(to)));
            let since = |hour: Hour| hour.epoch_hours() - start.epoch_hours();
            (since(found.start()), since(found.end()))
        };
        assert_eq!(hours(0, 8), (0, 5));
        assert_eq!(hours(4, 8), (2, 5));
        assert_eq!(hours(-9, 4), (0, 2));
        assert_eq!(hours(4, 900), (2, 5));
        assert_eq!(hours(9, 900), (5, 5));
    }
}
