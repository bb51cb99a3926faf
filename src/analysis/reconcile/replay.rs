//! Replays a bill: its usage through the engine under its own commitments and rates, and what AWS's rows say
//! beside it, place by place.

use std::collections::{BTreeMap, BTreeSet};

use super::accrued::accrued;
use super::beside::{Beside, bill_of};
use super::book::Book;
use super::rates::BillRates;
use super::rows::Rows;
use crate::analysis::portfolio_of;
use crate::billing::{
    Granularity, Ledger, Periods, Rates, Settings, Setup, SetupError, Usage, product_of, run,
};
use crate::catalog::{
    Account, Family, InstanceType, Region, SavingsPlanKind, ServiceItem, is_size_flexible,
};
use crate::commitment::Portfolio;
use crate::demand::import::{BilledUsage, Cover, FoundCommitments, Import};
use crate::demand::{Demand, DemandBuilder, DemandKey};
use crate::diagnostics::Diagnostic;
use crate::prices::Product;
use crate::threads;
use crate::units::{Hour, HourSpan, Metered, Rate, TICKS_PER_HOUR};
use rust_decimal::Decimal;

/// Usage in which commitments stand in for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pool {
    /// Every size of a family, in normalized units.
    Flexible(Family, Region),
    /// One product, in instance-hours.
    Exact(Product),
    /// One product under all Savings Plans of a kind, in instance-hours.
    Plan(SavingsPlanKind, Product),
    /// An item beside instances under all Savings Plans of a kind, in its units: index of the replay's list.
    Beside(SavingsPlanKind, usize),
}

impl Pool {
    /// The kind of the plans.
    pub(super) const fn plans(self) -> Option<SavingsPlanKind> {
        match self {
            Self::Plan(kind, _) | Self::Beside(kind, _) => Some(kind),
            Self::Flexible(..) | Self::Exact(_) => None,
        }
    }
}

/// A pool, who used it, and in which period of the bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) period: u32,
    pub(super) pool: Pool,
    pub(super) account: Account,
}

/// A quantity as the bill has it and as the engine has it, in 1e-9 of the pool's measure, and both at On-Demand
/// prices, in 1e-12 dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Pair {
    pub(super) bill: i128,
    pub(super) derived: i128,
    pub(super) bill_value: i128,
    pub(super) derived_value: i128,
    /// What rounding to whole seconds may make of the quantities.
    pub(super) rounding: i128,
}

/// What came out of a replay.
#[derive(Debug, Default)]
pub(super) struct Replay {
    pub(super) periods: Vec<HourSpan>,
    pub(super) places: BTreeMap<Place, Pair>,
    /// The same by size: index of the key in the demand, covered by Reserved Instances.
    pub(super) sizes: BTreeMap<(u32, usize), Pair>,
    /// The pool and account of each key.
    pub(super) pools: Vec<(Pool, Account)>,
    /// Items that plans served beside instances, and where.
    pub(super) items: Vec<(Region, ServiceItem)>,
    /// Periods in which some of that use was spread evenly over hours.
    pub(super) spread: BTreeSet<u32>,
    /// The instance type of each key.
    pub(super) sizes_of: Vec<InstanceType>,
    /// Units by Reserved Instance and period; dollars (in 1e-9) by Savings Plan and period.
    pub(super) commitments: BTreeMap<(String, u32), Pair>,
    /// Dollars of commitment by kind of plan and period, in 1e-9.
    pub(super) spent: BTreeMap<(SavingsPlanKind, u32), Pair>,
    /// Kinds of plan and periods where plans served more than is replayed.
    pub(super) mixed: BTreeSet<(SavingsPlanKind, u32)>,
    /// Commitments of the bill that say too little to be replayed.
    pub(super) problems: Vec<Diagnostic>,
    /// Covered rows set aside, by commitment: dollars, and whether it has a fee row.
    pub(super) unknown: BTreeMap<String, (i128, bool)>,
    /// What instances cost by line item type.
    pub(super) amortised: BTreeMap<&'static str, Decimal>,
}

/// Replays what an import found.
///
/// # Errors
/// Usage that no fleet can have, or a product without any rate (it is in no bill of AWS).
pub(super) fn replay(
    import: &Import,
    rows: &Rows,
    settings: Settings,
    granularity: Granularity,
    book: &mut Book,
) -> Result<Replay, Vec<Diagnostic>> {
    let found = &import.commitments;
    let (portfolio, problems) = portfolio_of(found);
    let known: BTreeSet<&str> = ids(&portfolio).collect();
    let span = import.demand.span();
    let Periods {
        spans: periods,
        of_hour,
    } = Periods::new(span, granularity);
    let mut replay = Replay {
        periods,
        problems,
        ..Replay::default()
    };
    let is_known = |usage: &&BilledUsage| match &usage.cover {
        Cover::None => true,
        Cover::Reservation(arn) | Cover::SavingsPlan(arn) => known.contains(arn.as_ref()),
    };
    replay.set_aside(found, &known);
    let usage: Vec<&BilledUsage> = found.usage.iter().filter(is_known).collect();
    let demand = demand_of(&usage, span).map_err(|problem| vec![problem])?;
    let rates = BillRates::with_beside(found, &rows.beside);
    let unpriced = |error: SetupError| vec![Diagnostic::new(error.to_string())];
    let beside = rows.beside.demand(&known);
    let beside = bill_of(&beside);
    let all = Usage {
        demand: &demand,
        beside: Some(&beside),
    };
    let setup = Setup::new(all, &portfolio, &rates, settings).map_err(unpriced)?;
    replay.amortised = accrued(all, &portfolio, &rates, settings).map_err(unpriced)?;
    for (key, missing) in &setup.unpriced {
        let key = &demand.keys()[*key];
        let reason = "product and account whose On-Demand rate the bill does not state: its cover";
        book.leave_out(reason, None, || {
            format!("{}, account {}", missing.product, key.account)
        });
    }
    let unpriced: BTreeSet<usize> = setup.unpriced.iter().map(|&(key, _)| key).collect();
    replay.pools = demand
        .keys()
        .iter()
        .map(|key| (pool(key), key.account))
        .collect();
    replay.sizes_of = demand.keys().iter().map(|key| key.instance_type).collect();
    let seen = Seen {
        span,
        of_hour: &of_hour,
        demand: &demand,
        unpriced: &unpriced,
        portfolio: &portfolio,
    };
    for usage in &usage {
        replay.add_billed(usage, &seen);
    }
    replay.add_beside(&rows.beside, &seen);
    replay.find_mixed(rows, &portfolio, span, &of_hour);
    replay.add_derived(&setup, &seen);
    replay.add_rounding(&usage, &seen, &rates);
    without_rate(&setup, &rows.beside, book);
    Ok(replay)
}

/// What both sides are laid out over.
struct Seen<'a> {
    span: HourSpan,
    of_hour: &'a [u32],
    demand: &'a Demand,
    unpriced: &'a BTreeSet<usize>,
    portfolio: &'a Portfolio,
}

impl Seen<'_> {
    fn period(&self, hour: Hour) -> Option<u32> {
        self.of_hour.get(self.span.index(hour)?).copied()
    }

    /// The lowest rate of a product under the plans of a kind.
    fn plan_rate(&self, kind: SavingsPlanKind, product: Product, rates: &BillRates) -> Decimal {
        let plans = self.portfolio.savings_plans.iter();
        let of_kind = plans.filter(|plan| plan.scope.kind() == kind);
        let found = of_kind.filter_map(|plan| {
            let rate = rates.savings_plan(product, kind, plan.term, plan.payment_option);
            rate.ok().map(Rate::to_decimal)
        });
        found.min().unwrap_or_default()
    }

    /// The same of an item beside instances.
    fn rate_beside(
        &self,
        kind: SavingsPlanKind,
        (region, item): &(Region, ServiceItem),
        rates: &BillRates,
    ) -> Decimal {
        let plans = self.portfolio.savings_plans.iter();
        let of_kind = plans.filter(|plan| plan.scope.kind() == kind);
        let found = of_kind.filter_map(|plan| {
            let rate = rates.service_plan(*region, item, kind, plan.term, plan.payment_option);
            rate.ok().map(Rate::to_decimal)
        });
        found.min().unwrap_or_default()
    }

    fn kind(&self, plan: usize) -> SavingsPlanKind {
        self.portfolio.savings_plans[plan].scope.kind()
    }
}

/// Usage that no row shows under a plan has no plan rate in the bill.
fn without_rate(setup: &Setup, beside: &Beside, book: &mut Book) {
    let reason = "product that no row shows under a Savings Plan: its plan rate is not in the bill, so it was taken as not covered";
    for missing in &setup.without_plan_rate {
        book.leave_out(reason, None, || missing.product.to_string());
    }
    if setup.plans.is_empty() {
        return;
    }
    for (region, item) in beside.without_rate() {
        book.leave_out(reason, None, || format!("{item} in {region}"));
    }
}

fn ids(portfolio: &Portfolio) -> impl Iterator<Item = &str> {
    let reserved = portfolio.reserved_instances.iter().map(|ri| ri.id.as_str());
    reserved.chain(portfolio.savings_plans.iter().map(|plan| plan.id.as_str()))
}

fn demand_of(usage: &[&BilledUsage], span: HourSpan) -> Result<Demand, Diagnostic> {
    let mut builder = DemandBuilder::new();
    for stream in usage {
        let key = builder.key(stream.key.clone());
        for hour in &stream.hours {
            builder.add(key, hour.hour, hour.nano_hours);
        }
    }
    builder
        .finish(span)
        .map_err(|absurd| Diagnostic::new(absurd.to_string()))
}

fn pool(key: &DemandKey) -> Pool {
    if is_size_flexible(key.instance_type, key.platform, key.tenancy) {
        Pool::Flexible(key.instance_type.family(), key.region)
    } else {
        Pool::Exact(product_of(key))
    }
}

/// The pool's measure of one instance: quarters of a normalized unit, or 1.
fn units(key: &DemandKey) -> i128 {
    match pool(key) {
        Pool::Flexible(..) => i128::from(key.instance_type.quarter_units().unwrap_or(1)),
        Pool::Exact(_) | Pool::Plan(..) | Pool::Beside(..) => 1,
    }
}

impl Replay {
    /// Usage under commitments that cannot be replayed is taken out, not given to other commitments.
    fn set_aside(&mut self, found: &FoundCommitments, known: &BTreeSet<&str>) {
        let fees = found.reservations.iter().map(|fee| fee.arn.as_str());
        let plans = found.savings_plans.iter().filter(|plan| plan.hours > 0);
        let fees: BTreeSet<&str> = fees.chain(plans.map(|plan| plan.arn.as_str())).collect();
        for usage in &found.usage {
            let (Cover::Reservation(arn) | Cover::SavingsPlan(arn)) = &usage.cover else {
                continue;
            };
            if !known.contains(arn.as_ref()) {
                let dollars: i128 = usage.hours.iter().map(|h| i128::from(h.pico_dollars)).sum();
                let has_fee = fees.contains(arn.as_ref());
                self.unknown
                    .entry(arn.to_string())
                    .or_insert((0, has_fee))
                    .0 += dollars;
            }
        }
    }

    /// What AWS's rows say was covered.
    fn add_billed(&mut self, usage: &BilledUsage, seen: &Seen<'_>) {
        let Ok(key) = seen.demand.keys().binary_search(&usage.key) else {
            return;
        };
        if usage.cover == Cover::None || seen.unpriced.contains(&key) {
            return;
        }
        let rate = usage.public_rate.unwrap_or_default();
        let owned = |arn: &str| {
            let mut plans = seen.portfolio.savings_plans.iter();
            plans.position(|plan| plan.id == arn)
        };
        for hour in &usage.hours {
            let Some(period) = seen.period(hour.hour) else {
                continue;
            };
            let nano = i128::from(hour.nano_hours);
            let value = value(rate, nano);
            match &usage.cover {
                Cover::None => {}
                Cover::Reservation(arn) => {
                    let units = nano * units(&usage.key);
                    for pair in self.reserved_pairs(period, key, arn) {
                        pair.bill += units;
                        pair.bill_value += value;
                    }
                }
                Cover::SavingsPlan(arn) => {
                    let Some(plan) = owned(arn) else { continue };
                    let kind = seen.kind(plan);
                    let place = plan_place(period, kind, &usage.key);
                    let pair = self.places.entry(place).or_default();
                    pair.bill += nano;
                    pair.bill_value += value;
                    let dollars = i128::from(hour.pico_dollars).div_euclid(1_000);
                    self.spent.entry((kind, period)).or_default().bill += dollars;
                    let id = (arn.to_string(), period);
                    self.commitments.entry(id).or_default().bill += dollars;
                }
            }
        }
    }

    /// What AWS's rows say plans served beside instances.
    fn add_beside(&mut self, beside: &Beside, seen: &Seen<'_>) {
        for row in &beside.rows {
            let Some(period) = seen.period(row.period.start()) else {
                continue;
            };
            let Some(cover) = &row.cover else { continue };
            let mut plans = seen.portfolio.savings_plans.iter();
            let Some(plan) = plans.find(|plan| plan.id == cover.arn) else {
                continue;
            };
            let kind = plan.scope.kind();
            if row.period.len() > 1 {
                self.spread.insert(period);
            }
            let place = self.place_beside(
                period,
                kind,
                (row.key.region, &row.key.item),
                row.key.account,
            );
            let pair = self.places.entry(place).or_default();
            let nano = row.pico.div_euclid(1_000);
            pair.bill += nano;
            pair.bill_value += value(row.rate.to_decimal(), nano);
            let nano_dollars = value(cover.dollars, 1_000_000_000).div_euclid(1_000);
            self.spent.entry((kind, period)).or_default().bill += nano_dollars;
            let id = (cover.arn.clone(), period);
            self.commitments.entry(id).or_default().bill += nano_dollars;
        }
    }

    fn place_beside(
        &mut self,
        period: u32,
        kind: SavingsPlanKind,
        (region, item): (Region, &ServiceItem),
        account: Account,
    ) -> Place {
        let mut items = self.items.iter();
        let known = items.position(|known| *known == (region, item.clone()));
        let at = known.unwrap_or_else(|| {
            self.items.push((region, item.clone()));
            self.items.len() - 1
        });
        Place {
            period,
            pool: Pool::Beside(kind, at),
            account,
        }
    }

    /// The three books that cover by a Reserved Instance stands in.
    fn reserved_pairs(&mut self, period: u32, key: usize, arn: &str) -> [&mut Pair; 3] {
        let (pool, account) = self.pools[key];
        let place = Place {
            period,
            pool,
            account,
        };
        [
            self.places.entry(place).or_default(),
            self.sizes.entry((period, key)).or_default(),
            self.commitments
                .entry((arn.to_owned(), period))
                .or_default(),
        ]
    }

    /// What the engine says is covered.
    fn add_derived(&mut self, setup: &Setup, seen: &Seen<'_>) {
        let amounts = Setup::amounts(seen.portfolio);
        let books = run(setup, &amounts, seen.demand, threads::of_machine(), || {
            Covered {
                of_hour: seen.of_hour,
                reserved: BTreeMap::new(),
                plans: BTreeMap::new(),
            }
        });
        for covered in books {
            for ((period, line, reservation), ticks) in covered.reserved {
                let line = &setup.lines[line as usize];
                let key = &seen.demand.keys()[line.key];
                let id = &seen.portfolio.reserved_instances[reservation].id;
                let nano = nano(ticks);
                let value = value(line.on_demand.to_decimal(), nano);
                let units = units(key);
                for pair in self.reserved_pairs(period, line.key, id) {
                    pair.derived += nano * units;
                    pair.derived_value += value;
                }
            }
            for ((period, line, plan), (ticks, paid)) in covered.plans {
                let kind = seen.kind(plan);
                let place = if let Some(service) = setup.service(line) {
                    let item = (service.region, &service.item);
                    self.place_beside(period, kind, item, service.account)
                } else {
                    let key = &seen.demand.keys()[setup.lines[line as usize].key];
                    plan_place(period, kind, key)
                };
                let rate: Rate<Metered> = Rate::from_steps(setup.on_demand_steps(line));
                let nano = nano(ticks);
                let pair = self.places.entry(place).or_default();
                pair.derived += nano;
                pair.derived_value += value(rate.to_decimal(), nano);
                // Atoms of 1e-10 dollars in ticks: dollars in 1e-9.
                let dollars = self::nano(paid).div_euclid(10_000_000_000);
                self.spent.entry((kind, period)).or_default().derived += dollars;
                let id = seen.portfolio.savings_plans[plan].id.clone();
                self.commitments.entry((id, period)).or_default().derived += dollars;
            }
        }
    }

    /// What rounding each key's hour to whole seconds took away or gave, for every place that it may have reached:
    /// the accounts of a pool share its commitments, and all usage shares the plans.
    fn add_rounding(&mut self, usage: &[&BilledUsage], seen: &Seen<'_>, rates: &BillRates) {
        let hours = seen.span.len();
        let mut exact = vec![0_i64; seen.demand.keys().len() * hours];
        for stream in usage {
            let key = seen.demand.keys().binary_search(&stream.key);
            for hour in &stream.hours {
                if let (Ok(key), Some(at)) = (key, seen.span.index(hour.hour)) {
                    exact[key * hours + at] += hour.nano_hours;
                }
            }
        }
        let mut units_lost: BTreeMap<(u32, Pool), i128> = BTreeMap::new();
        let mut value_lost: BTreeMap<u32, i128> = BTreeMap::new();
        for (index, key) in seen.demand.keys().iter().enumerate() {
            let rate = rates
                .on_demand(product_of(key))
                .map_or(Decimal::ZERO, Rate::to_decimal);
            let units = units(key);
            for (at, &seconds) in seen.demand.seconds(index).iter().enumerate() {
                let stated = i128::from(exact[index * hours + at]);
                let rounded = (i128::from(seconds) * 1_000_000_000).div_euclid(3_600);
                let lost = (stated - rounded).abs();
                if lost > 1 {
                    let period = seen.of_hour[at];
                    *units_lost.entry((period, pool(key))).or_default() += lost * units;
                    *value_lost.entry(period).or_default() += value(rate, lost);
                }
            }
        }
        for (place, pair) in &mut self.places {
            pair.rounding = match place.pool {
                Pool::Plan(kind, product) => {
                    let value = value_lost.get(&place.period).copied().unwrap_or_default();
                    bought(value, seen.plan_rate(kind, product, rates))
                }
                Pool::Beside(kind, item) => {
                    let value = value_lost.get(&place.period).copied().unwrap_or_default();
                    bought(value, seen.rate_beside(kind, &self.items[item], rates))
                }
                pool => units_lost
                    .get(&(place.period, pool))
                    .copied()
                    .unwrap_or_default(),
            };
        }
    }

    /// Finds where a plan's rows used more than what is replayed of them did.
    fn find_mixed(&mut self, rows: &Rows, portfolio: &Portfolio, span: HourSpan, of_hour: &[u32]) {
        let mut all: BTreeMap<(&str, u32), Decimal> = BTreeMap::new();
        for (plan, start, dollars) in rows.fees.plan_used() {
            let period = span.index(start).and_then(|hour| of_hour.get(hour));
            if let Some(&period) = period {
                *all.entry((plan, period)).or_default() += dollars;
            }
        }
        for ((id, period), dollars) in all {
            let Some(plan) = portfolio.savings_plans.iter().find(|plan| plan.id == id) else {
                continue;
            };
            let replayed = self.commitments.get(&(id.to_owned(), period));
            let replayed = replayed.map_or(0, |pair| pair.bill);
            if dollars - super::compare::dollars(replayed) > super::book::HOUR {
                self.mixed.insert((plan.scope.kind(), period));
            }
        }
    }
}

fn plan_place(period: u32, kind: SavingsPlanKind, key: &DemandKey) -> Place {
    Place {
        period,
        pool: Pool::Plan(kind, product_of(key)),
        account: key.account,
    }
}

/// Ticks in 1e-9 hours, to the nearest.
fn nano(ticks: u128) -> i128 {
    let unit = i128::from(TICKS_PER_HOUR);
    let (whole, rest) = (
        ticks.cast_signed().div_euclid(unit),
        ticks.cast_signed().rem_euclid(unit),
    );
    whole * 1_000_000_000 + (rest * 1_000_000_000 + unit.div_euclid(2)).div_euclid(unit)
}

/// What so many 1e-9 hours cost at a rate, in 1e-12 dollars.
fn value(rate: Decimal, nano: i128) -> i128 {
    let hours = Decimal::try_from_i128_with_scale(nano, 9).unwrap_or_default();
    let dollars = rate.checked_mul(hours).unwrap_or_default();
    let pico = dollars.checked_mul(Decimal::from(1_000_000_000_000_i64));
    pico.and_then(|pico| i128::try_from(pico.round()).ok())
        .unwrap_or_default()
}

/// How many 1e-9 hours so many 1e-12 dollars buy at a rate.
fn bought(pico: i128, rate: Decimal) -> i128 {
    let dollars = Decimal::try_from_i128_with_scale(pico, 3).unwrap_or_default();
    let nano = dollars.checked_div(rate).map(|nano| nano.ceil());
    nano.and_then(|nano| i128::try_from(nano).ok())
        .unwrap_or_default()
}

/// The books of the replay: what is covered, by period.
struct Covered<'a> {
    of_hour: &'a [u32],
    reserved: BTreeMap<(u32, u32, usize), u128>,
    plans: BTreeMap<(u32, u32, usize), (u128, u128)>,
}

impl Ledger for Covered<'_> {
    fn reserved(&mut self, hour: usize, line: u32, reservation: usize, ticks: u64) {
        let slot = (self.of_hour[hour], line, reservation);
        *self.reserved.entry(slot).or_default() += u128::from(ticks);
    }

    fn savings_plan(&mut self, hour: usize, line: u32, plan: usize, ticks: u64, paid: u128) {
        let slot = (self.of_hour[hour], line, plan);
        let sums = self.plans.entry(slot).or_default();
        sums.0 += u128::from(ticks);
        sums.1 += paid;
    }

    fn on_demand(&mut self, _hour: usize, _lines: &[u64]) {}

    fn unused_reservation(&mut self, _hour: usize, _reservation: usize, _units: u128) {}

    fn unused_plan(&mut self, _hour: usize, _plan: usize, _amount: u128) {}
}
