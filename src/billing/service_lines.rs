//! Use beside instances that Savings Plans may cover, as lines of the hour: Fargate, Lambda, Dedicated Hosts, databases.

use std::collections::BTreeMap;

use super::services::{ServiceBill, ServiceCharge};
use crate::catalog::{Account, Region, ServiceItem};
use crate::demand::ServiceKey;
use crate::units::{HourSpan, Metered, Quantity, Rate};

/// One key's use at one rate. Lambda's tiers are lines of their own; what is free is none.
#[derive(Debug, Clone)]
pub struct ServiceLine {
    /// Index of its first charge in the bill of use beside instances.
    pub charge: usize,
    /// Who uses it.
    pub account: Account,
    /// Where.
    pub region: Region,
    /// What is charged.
    pub item: ServiceItem,
    /// Its public On-Demand rate.
    pub on_demand: Rate<Metered>,
    /// What is paid for a unit that no plan covers.
    pub contracted: Rate<Metered>,
    /// All of it in the window.
    pub quantity: Quantity<Metered>,
}

/// What every hour of the window has of the lines.
#[derive(Debug, Clone, Default)]
pub(super) struct ServiceHours {
    /// Where each hour's uses start, and where the last ones end; empty without any.
    starts: Vec<usize>,
    /// Line (counted from the first beside instances) and ticks.
    uses: Vec<(u32, u64)>,
}

impl ServiceHours {
    /// The lines used in an hour, counted from the start of the window, in ticks.
    pub(super) fn of(&self, hour: usize) -> &[(u32, u64)] {
        match (self.starts.get(hour), self.starts.get(hour + 1)) {
            (Some(&start), Some(&end)) => &self.uses[start..end],
            _ => &[],
        }
    }

    /// Uses by hour of a window of so many.
    fn new(mut uses: Vec<(usize, u32, u64)>, hours: usize) -> Self {
        uses.sort_unstable();
        let starts = (0..=hours).map(|hour| uses.partition_point(|&(at, ..)| at < hour));
        Self {
            starts: starts.collect(),
            uses: uses.iter().map(|&(_, line, ticks)| (line, ticks)).collect(),
        }
    }
}

/// Whether a charge is one that plans may cover: of such an item, and not free.
pub(super) fn may_be_covered(charge: &ServiceCharge<'_>) -> bool {
    !charge.rate.is_zero() && charge.key.item.may_be_under_plans()
}

/// What a line is of: key, public and contracted rate.
type Place<'a> = (&'a ServiceKey, Rate<Metered>, Rate<Metered>);

/// Where a line's first charge stands, and its ticks by hour.
type Uses = (usize, BTreeMap<usize, u128>);

/// The lines of a bill and their hours. An hour's use past 2^64 ticks (200 million units: requests to functions) is
/// cut into lines of the same rate.
pub(super) fn service_lines(
    bill: &ServiceBill<'_>,
    window: HourSpan,
) -> (Vec<ServiceLine>, ServiceHours) {
    let mut places: BTreeMap<Place<'_>, Uses> = BTreeMap::new();
    for (number, charge) in bill.charges.iter().enumerate() {
        if let (true, Some(hour)) = (may_be_covered(charge), window.index(charge.hour)) {
            let place = (charge.key, charge.rate, charge.contracted);
            let uses = places
                .entry(place)
                .or_insert_with(|| (number, BTreeMap::new()));
            *uses.1.entry(hour).or_default() += charge.quantity.ticks().unsigned_abs();
        }
    }
    let mut lines: Vec<ServiceLine> = Vec::new();
    let mut uses = Vec::new();
    for (place, (charge, hours)) in places {
        let first = lines.len();
        for (hour, ticks) in hours {
            for (part, ticks) in parts(ticks) {
                if first + part == lines.len() {
                    lines.push(line(charge, place));
                }
                lines[first + part].quantity += Quantity::from_ticks(i128::from(ticks));
                let number = u32::try_from(first + part).unwrap_or(u32::MAX);
                uses.push((hour, number, ticks));
            }
        }
    }
    (lines, ServiceHours::new(uses, window.len()))
}

fn line(charge: usize, (key, on_demand, contracted): Place<'_>) -> ServiceLine {
    ServiceLine {
        charge,
        account: key.account,
        region: key.region,
        item: key.item.clone(),
        on_demand,
        contracted,
        quantity: Quantity::ZERO,
    }
}

/// Ticks in numbered parts that fit.
fn parts(ticks: u128) -> impl Iterator<Item = (usize, u64)> {
    let most = u128::from(u64::MAX);
    let whole = usize::try_from(ticks.div_euclid(most)).unwrap_or(usize::MAX);
    let rest = u64::try_from(ticks.rem_euclid(most)).unwrap_or(u64::MAX);
    let parts = std::iter::repeat_n(u64::MAX, whole).chain((rest > 0).then_some(rest));
    parts.enumerate()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up() {
        for ticks in [0, 1, u128::from(u64::MAX), u128::from(u64::MAX) * 3 + 7] {
            let all: u128 = parts(ticks).map(|(_, part)| u128::from(part)).sum();
            assert_eq!(all, ticks);
        }
        let three: Vec<(usize, u64)> = parts(u128::from(u64::MAX) * 2 + 7).collect();
        assert_eq!(three, [(0, u64::MAX), (1, u64::MAX), (2, 7)]);
    }

    #[test]
    fn hours_know_their_uses() {
        let uses = vec![(2, 0, 5), (0, 1, 7), (2, 3, 1)];
        let hours = ServiceHours::new(uses, 3);
        assert_eq!(hours.of(0), [(1, 7)]);
        assert_eq!(hours.of(1), []);
        assert_eq!(hours.of(2), [(0, 5), (3, 1)]);
        assert_eq!(hours.of(3), []);
        assert_eq!(ServiceHours::default().of(0), []);
    }
}
