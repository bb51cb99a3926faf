//! Use beside instances that Savings Plans may cover, as lines of the hour: Fargate, Lambda, Dedicated Hosts, databases.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::services::{ServiceBill, ServiceCharge};
use super::setup::Usage;
use crate::catalog::{Account, Region, ServiceItem};
use crate::demand::Demand;
use crate::units::{HourSpan, Metered, Quantity, Rate};

/// One key's use at one rate. Lambda's tiers are lines of their own; what is free is none.
#[derive(Debug, Clone)]
pub struct ServiceLine {
    /// Index of its first charge in the bill of use beside instances (one of them where lines were merged).
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

/// What was used beside instances and plans may cover, hour by hour of a window. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct ServiceUse {
    lines: Arc<[ServiceLine]>,
    hours: Arc<ServiceHours>,
}

/// What commitments may cover in a window: instances, and what was used beside them, in the hours of the same window.
#[derive(Debug, Clone)]
pub struct Coverable<'a> {
    /// Instances.
    pub demand: &'a Demand,
    /// What plans may cover beside them.
    pub beside: ServiceUse,
}

impl<'a> From<&'a Demand> for Coverable<'a> {
    fn from(demand: &'a Demand) -> Self {
        Usage::from(demand).into()
    }
}

impl<'a> From<Usage<'a>> for Coverable<'a> {
    fn from(Usage { demand, beside }: Usage<'a>) -> Self {
        let beside = beside.map(|bill| ServiceUse::of(bill, demand.span()));
        Self {
            demand,
            beside: beside.unwrap_or_default(),
        }
    }
}

impl<'a> From<&Coverable<'a>> for Coverable<'a> {
    fn from(usage: &Coverable<'a>) -> Self {
        usage.clone()
    }
}

impl Coverable<'_> {
    /// Instances and what is beside them in the hours of `window`, all of which are hours of this one.
    pub fn within(&self, window: HourSpan) -> (Demand, ServiceUse) {
        let from = self.demand.span().index(window.start()).unwrap_or(0);
        let hours = (from..from + window.len()).map(|hour| (hour, 1_000_000));
        let beside = if self.beside.is_empty() {
            ServiceUse::default()
        } else {
            self.beside.like(&hours.collect::<Vec<_>>())
        };
        (self.demand.within(window), beside)
    }
}

/// Where and at what price a line is used: what tells lines apart where it does not matter who pays.
type Place = (Account, Region, ServiceItem, Rate<Metered>, Rate<Metered>);

/// A line's ticks by hour.
type Uses = BTreeMap<usize, u128>;

/// Growth is counted in millionths.
const MILLION: u128 = 1_000_000;

impl ServiceUse {
    /// The lines of a bill in a window.
    pub fn of(bill: &ServiceBill<'_>, window: HourSpan) -> Self {
        let mut collected = BTreeMap::new();
        for (number, charge) in bill.charges.iter().enumerate() {
            if let (true, Some(hour)) = (may_be_covered(charge), window.index(charge.hour)) {
                let place = (charge.key, charge.rate, charge.contracted);
                let ticks = charge.quantity.ticks().unsigned_abs();
                add(&mut collected, place, || line(number, charge), hour, ticks);
            }
        }
        Self::collected(collected, window.len())
    }

    /// The lines, in order.
    pub fn lines(&self) -> &[ServiceLine] {
        &self.lines
    }

    /// Whether there is nothing that plans may cover.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The lines used in an hour, counted from the start of the window: their numbers and ticks.
    pub fn of_hour(&self, hour: usize) -> &[(u32, u64)] {
        self.hours.of(hour)
    }

    /// The same where only the accounts are told apart that `keep` says; all others become one without a name.
    #[must_use]
    pub fn merged(&self, keep: impl Fn(Account) -> bool) -> Self {
        let others = Account::new("");
        let mut collected = BTreeMap::new();
        for (hour, line, ticks) in self.uses() {
            let account = Some(line.account).filter(|&account| keep(account));
            let line = || ServiceLine {
                account: account.unwrap_or(others),
                ..line.clone()
            };
            add(&mut collected, place(&line()), line, hour, ticks);
        }
        Self::collected(collected, self.hours.count())
    }

    /// So many per cent of it in every hour, down to a tick.
    #[must_use]
    pub fn scaled(&self, percent: u32) -> Self {
        let mut collected = BTreeMap::new();
        for (hour, line, ticks) in self.uses() {
            let ticks = (ticks * u128::from(percent)).div_euclid(100);
            add(&mut collected, place(line), || line.clone(), hour, ticks);
        }
        Self::collected(collected, self.hours.count())
    }

    /// Hours that are like some of these: for each the one it is like, counted from the start of the window, and how many
    /// millionths of it there are, to the nearest tick.
    #[must_use]
    pub fn like(&self, hours: &[(usize, u64)]) -> Self {
        let mut collected = BTreeMap::new();
        for (hour, &(source, millionths)) in hours.iter().enumerate() {
            for &(line, ticks) in self.of_hour(source) {
                let line = &self.lines[line as usize];
                let ticks = u128::from(ticks) * u128::from(millionths) + MILLION.div_euclid(2);
                let ticks = ticks.div_euclid(MILLION);
                add(&mut collected, place(line), || line.clone(), hour, ticks);
            }
        }
        Self::collected(collected, hours.len())
    }

    /// Windows of so many hours each, one behind the other.
    #[must_use]
    pub fn joined(windows: &[Self], hours: usize) -> Self {
        Self::in_a_row(windows.iter().map(|window| (window.clone(), hours)))
    }

    /// Windows, each with its hours, one behind the other.
    #[must_use]
    pub fn in_a_row(windows: impl IntoIterator<Item = (Self, usize)>) -> Self {
        let mut collected = BTreeMap::new();
        let mut start = 0;
        for (window, hours) in windows {
            for (hour, line, ticks) in window.uses() {
                let hour = start + hour;
                add(&mut collected, place(line), || line.clone(), hour, ticks);
            }
            start += hours;
        }
        Self::collected(collected, start)
    }

    /// Every use: hour, line, ticks.
    fn uses(&self) -> impl Iterator<Item = (usize, &ServiceLine, u128)> {
        let hours = 0..self.hours.count();
        hours.flat_map(move |hour| {
            let uses = self.of_hour(hour).iter();
            uses.map(move |&(line, ticks)| (hour, &self.lines[line as usize], u128::from(ticks)))
        })
    }

    /// An hour's use past 2^64 ticks (200 million units: requests to functions) is cut into lines of the same rate.
    fn collected<P>(places: BTreeMap<P, (ServiceLine, Uses)>, window: usize) -> Self {
        let mut lines: Vec<ServiceLine> = Vec::new();
        let mut uses = Vec::new();
        for (line, hours) in places.into_values() {
            let first = lines.len();
            for (hour, ticks) in hours {
                for (part, ticks) in parts(ticks) {
                    if first + part == lines.len() {
                        lines.push(line.clone());
                    }
                    lines[first + part].quantity += Quantity::from_ticks(i128::from(ticks));
                    let number = u32::try_from(first + part).unwrap_or(u32::MAX);
                    uses.push((hour, number, ticks));
                }
            }
        }
        Self {
            lines: lines.into(),
            hours: Arc::new(ServiceHours::new(uses, window)),
        }
    }
}

/// Adds to a place's use; `line` says what it is of.
fn add<P: Ord>(
    places: &mut BTreeMap<P, (ServiceLine, Uses)>,
    place: P,
    line: impl FnOnce() -> ServiceLine,
    hour: usize,
    ticks: u128,
) {
    let empty = || {
        let line = ServiceLine {
            quantity: Quantity::ZERO,
            ..line()
        };
        (line, Uses::new())
    };
    let (_, uses) = places.entry(place).or_insert_with(empty);
    *uses.entry(hour).or_default() += ticks;
}

fn place(line: &ServiceLine) -> Place {
    let item = line.item.clone();
    (
        line.account,
        line.region,
        item,
        line.on_demand,
        line.contracted,
    )
}

fn line(number: usize, charge: &ServiceCharge<'_>) -> ServiceLine {
    ServiceLine {
        charge: number,
        account: charge.key.account,
        region: charge.key.region,
        item: charge.key.item.clone(),
        on_demand: charge.rate,
        contracted: charge.contracted,
        quantity: Quantity::ZERO,
    }
}

/// What every hour of the window has of the lines.
#[derive(Debug, Clone, Default)]
struct ServiceHours {
    /// Where each hour's uses start, and where the last ones end; empty without any.
    starts: Vec<usize>,
    /// Line (counted from the first beside instances) and ticks.
    uses: Vec<(u32, u64)>,
}

impl ServiceHours {
    /// The lines used in an hour, counted from the start of the window, in ticks.
    fn of(&self, hour: usize) -> &[(u32, u64)] {
        match (self.starts.get(hour), self.starts.get(hour + 1)) {
            (Some(&start), Some(&end)) => &self.uses[start..end],
            _ => &[],
        }
    }

    /// Hours of the window.
    fn count(&self) -> usize {
        self.starts.len().saturating_sub(1)
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
    !charge.rate.is_zero() && charge.key.item.may_be_committed()
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

    /// Use of two accounts in two hours; ticks.
    fn two_accounts() -> ServiceUse {
        let line = |account: &str| ServiceLine {
            charge: 0,
            account: Account::new(account),
            region: "us-east-1".parse().unwrap(),
            item: "lambda-x86-request".parse().unwrap(),
            on_demand: Rate::from_steps(2_000),
            contracted: Rate::from_steps(2_000),
            quantity: Quantity::ZERO,
        };
        let mut collected = BTreeMap::new();
        for (account, hour, ticks) in [("a", 0, 50), ("b", 0, 70), ("b", 1, 5)] {
            add(&mut collected, account, || line(account), hour, ticks);
        }
        ServiceUse::collected(collected, 2)
    }

    #[test]
    fn accounts_that_own_nothing_become_one() {
        let both = two_accounts();
        assert_eq!(both.of_hour(0), [(0, 50), (1, 70)]);
        let one = both.merged(|_| false);
        assert_eq!(
            (one.of_hour(0), one.of_hour(1)),
            (&[(0, 120)][..], &[(0, 5)][..])
        );
        assert_eq!(one.lines()[0].quantity, Quantity::from_ticks(125));
        let kept = both.merged(|account| account == Account::new("b"));
        assert_eq!(kept.lines().len(), 2);
    }

    #[test]
    fn windows_stand_behind_each_other_and_scale() {
        let half = two_accounts().scaled(50);
        assert_eq!(
            (half.of_hour(0), half.of_hour(1)),
            (&[(0, 25), (1, 35)][..], &[(1, 2)][..])
        );
        let three = ServiceUse::joined(&[half.clone(), ServiceUse::default(), two_accounts()], 2);
        assert_eq!(three.of_hour(1), half.of_hour(1));
        assert!(three.of_hour(2).is_empty() && three.of_hour(3).is_empty());
        assert_eq!(three.of_hour(4), two_accounts().of_hour(0));
        assert_eq!(three.of_hour(6), []);
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
