//! Every single charge of a bill, with the four costs of FOCUS: billed (cash), effective (accrued), list and
//! contracted.

use std::collections::BTreeMap;

use super::bill::hours;
use super::ledger::Ledger;
use super::rates::Rates;
use super::run::run;
use super::setup::{Settings, Setup, SetupError};
use crate::commitment::Portfolio;
use crate::demand::Demand;
use crate::units::{Hour, HourSpan, InstanceHour, Money, Quantity, Rate};

/// How long a charge's period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granularity {
    /// One clock hour, as in an hourly bill.
    Hour,
    /// One UTC day.
    Day,
    /// One calendar month, UTC.
    Month,
}

/// What a charge is for. Indices are those of the portfolio's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChargeKind {
    /// Usage no commitment covered.
    OnDemand,
    /// Spot usage.
    Spot,
    /// Usage covered by a Reserved Instance.
    Reserved(usize),
    /// Usage covered by a Savings Plan.
    SavingsPlan(usize),
    /// The part of a Reserved Instance that nothing used.
    UnusedReserved(usize),
    /// The part of a Savings Plan's commitment that nothing used.
    UnusedSavingsPlan(usize),
    /// The upfront fee of a Reserved Instance.
    ReservedUpfront(usize),
    /// The recurring fee of a Reserved Instance.
    ReservedRecurring(usize),
    /// The upfront fee of a Savings Plan.
    SavingsPlanUpfront(usize),
    /// The recurring fee of a Savings Plan.
    SavingsPlanRecurring(usize),
}

/// One charge of one period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The hours it is for.
    pub period: HourSpan,
    /// Index of the demand's key, for usage.
    pub key: Option<usize>,
    /// What it is for.
    pub kind: ChargeKind,
    /// Instance-hours used; for the unused part of a Reserved Instance, of the reserved type.
    pub quantity: Quantity<InstanceHour>,
    /// List price of one instance-hour, for usage.
    pub list_unit_price: Option<Rate<InstanceHour>>,
    /// What is paid in cash in the period.
    pub billed: Money,
    /// What the period costs, accrued.
    pub effective: Money,
    /// What it would have cost at list prices.
    pub list: Money,
}

/// Every charge of `demand` under `portfolio`, ordered by period, key and kind.
///
/// The sum of the effective costs is the bill's total; the sum of the billed ones is the cash of the window.
///
/// # Errors
/// [`SetupError`] when usage has no price and the settings do not allow that.
pub fn charges(
    demand: &Demand,
    portfolio: &Portfolio,
    rates: &impl Rates,
    settings: Settings,
    granularity: Granularity,
) -> Result<Vec<Charge>, SetupError> {
    let setup = Setup::new(demand, portfolio, rates, settings)?;
    let amounts = Setup::amounts(portfolio);
    let periods = Periods::new(demand.span(), granularity);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let books = run(&setup, &amounts, demand, threads, || {
        Books::new(&setup, portfolio, &periods)
    });
    let mut all = BTreeMap::new();
    for (slot, sums) in books.into_iter().flat_map(|books| books.slots) {
        all.entry(slot).or_insert_with(Sums::default).add(sums);
    }
    let mut charges: Vec<Charge> = all
        .into_iter()
        .map(|(slot, sums)| usage_charge(slot, sums, &setup, &periods))
        .collect();
    charges.extend(spot_charges(&setup, demand, &periods));
    charges.extend(fees(portfolio, demand.span(), &periods));
    charges.sort_by_key(|charge| {
        (
            charge.period.start(),
            charge.key.is_none(),
            charge.key,
            charge.kind,
        )
    });
    Ok(charges)
}

/// The periods of a window, and which one each hour belongs to.
struct Periods {
    spans: Vec<HourSpan>,
    of_hour: Vec<u32>,
}

impl Periods {
    fn new(window: HourSpan, granularity: Granularity) -> Self {
        let name = |hour: Hour| match granularity {
            Granularity::Hour => (hour.epoch_hours(), 0),
            Granularity::Day => (hour.epoch_hours().div_euclid(24), 0),
            Granularity::Month => (i64::from(hour.month().0), hour.month().1),
        };
        let mut periods = Self {
            spans: Vec::new(),
            of_hour: Vec::with_capacity(window.len()),
        };
        for hour in window.hours() {
            match periods.spans.last_mut() {
                Some(last) if name(last.start()) == name(hour) => {
                    *last = HourSpan::new(last.start(), hour.plus(1));
                }
                _ => periods.spans.push(HourSpan::new(hour, hour.plus(1))),
            }
            periods
                .of_hour
                .push(u32::try_from(periods.spans.len() - 1).unwrap_or(u32::MAX));
        }
        periods
    }
}

/// Period, line (none for the unused part of a commitment), and what for.
type Slot = (u32, Option<u32>, ChargeKind);

#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    ticks: u128,
    effective: i128,
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.ticks += other.ticks;
        self.effective += other.effective;
    }
}

/// The books that keep every charge.
struct Books<'a> {
    setup: &'a Setup,
    periods: &'a Periods,
    slots: BTreeMap<Slot, Sums>,
    /// Of each reservation: atoms an hour, units an hour (in ticks), and units used so far in this hour.
    reservations: Vec<(i128, u128, u128)>,
}

impl<'a> Books<'a> {
    fn new(setup: &'a Setup, portfolio: &Portfolio, periods: &'a Periods) -> Self {
        let owned = portfolio.reserved_instances.iter().enumerate();
        let reservations = owned.map(|(index, ri)| {
            (
                ri.effective_hourly().atoms(),
                setup.capacity(index, u64::from(ri.count)),
                0,
            )
        });
        Self {
            setup,
            periods,
            slots: BTreeMap::new(),
            reservations: reservations.collect(),
        }
    }

    fn slot(&mut self, hour: usize, line: Option<u32>, kind: ChargeKind) -> &mut Sums {
        self.slots
            .entry((self.periods.of_hour[hour], line, kind))
            .or_default()
    }

    /// The cost of the next `units` of a reservation's hour. Shares are cut from the running total, so they
    /// add up to the hour's cost exactly.
    fn share(&mut self, reservation: usize, units: u128) -> i128 {
        let (cost, capacity, used) = self.reservations[reservation];
        self.reservations[reservation].2 = used + units;
        part(cost, used + units, capacity) - part(cost, used, capacity)
    }
}

/// `cost` x `units` / `capacity`, rounded down; `units` are at most `capacity`.
fn part(cost: i128, units: u128, capacity: u128) -> i128 {
    let (units, capacity) = (units.cast_signed(), capacity.cast_signed().max(1));
    let (whole, rest) = (cost.div_euclid(capacity), cost.rem_euclid(capacity));
    let of_rest = match rest.checked_mul(units) {
        Some(product) => product.div_euclid(capacity),
        // Tens of thousands of the largest instances in one purchase: four bits less do no harm.
        None => (rest >> 4).saturating_mul(units).div_euclid(capacity >> 4),
    };
    whole * units + of_rest
}

impl Ledger for Books<'_> {
    fn reserved(&mut self, hour: usize, line: u32, reservation: usize, ticks: u64) {
        let units = u128::from(ticks) * u128::from(self.setup.lines[line as usize].units);
        let effective = self.share(reservation, units);
        let kind = ChargeKind::Reserved(reservation);
        self.slot(hour, Some(line), kind).add(Sums {
            ticks: u128::from(ticks),
            effective,
        });
    }

    fn savings_plan(&mut self, hour: usize, line: u32, plan: usize, ticks: u64, paid: u128) {
        let sums = Sums {
            ticks: u128::from(ticks),
            effective: paid.cast_signed(),
        };
        self.slot(hour, Some(line), ChargeKind::SavingsPlan(plan))
            .add(sums);
    }

    fn on_demand(&mut self, hour: usize, lines: &[u64]) {
        for (line, &ticks) in (0_u32..).zip(lines) {
            if ticks == 0 {
                continue;
            }
            let rate = self.setup.lines[line as usize].on_demand;
            let effective = (rate * Quantity::from_ticks(i128::from(ticks))).atoms();
            let sums = Sums {
                ticks: u128::from(ticks),
                effective,
            };
            self.slot(hour, Some(line), ChargeKind::OnDemand).add(sums);
        }
    }

    fn unused_reservation(&mut self, hour: usize, reservation: usize, units: u128) {
        let effective = self.share(reservation, units);
        // The next hour starts afresh.
        self.reservations[reservation].2 = 0;
        if units > 0 {
            let per_instance = u128::from(self.setup.reservations[reservation].units);
            let sums = Sums {
                ticks: units.div_euclid(per_instance),
                effective,
            };
            self.slot(hour, None, ChargeKind::UnusedReserved(reservation))
                .add(sums);
        }
    }

    fn unused_plan(&mut self, hour: usize, plan: usize, amount: u128) {
        if amount > 0 {
            let sums = Sums {
                ticks: 0,
                effective: amount.cast_signed(),
            };
            self.slot(hour, None, ChargeKind::UnusedSavingsPlan(plan))
                .add(sums);
        }
    }
}

fn usage_charge(
    (period, line, kind): Slot,
    sums: Sums,
    setup: &Setup,
    periods: &Periods,
) -> Charge {
    let line = line.map(|line| &setup.lines[line as usize]);
    let quantity = Quantity::from_ticks(sums.ticks.cast_signed());
    let effective = Money::from_atoms(sums.effective);
    Charge {
        period: periods.spans[period as usize],
        key: line.map(|line| line.key),
        kind,
        quantity,
        list_unit_price: line.map(|line| line.on_demand),
        billed: if kind == ChargeKind::OnDemand {
            effective
        } else {
            Money::ZERO
        },
        effective,
        list: line.map_or(Money::ZERO, |line| line.on_demand * quantity),
    }
}

fn spot_charges(setup: &Setup, demand: &Demand, periods: &Periods) -> Vec<Charge> {
    let mut charges = Vec::new();
    for &(key, rate) in &setup.spot {
        for &period in &periods.spans {
            let hours = period.hours().filter_map(|hour| demand.span().index(hour));
            let seconds = hours.map(|hour| u64::from(demand.seconds(key)[hour])).sum();
            let quantity = Quantity::from_seconds(seconds);
            let cost = rate * quantity;
            if seconds > 0 {
                charges.push(Charge {
                    period,
                    key: Some(key),
                    kind: ChargeKind::Spot,
                    quantity,
                    list_unit_price: Some(rate),
                    billed: cost,
                    effective: cost,
                    list: cost,
                });
            }
        }
    }
    charges
}

/// What is paid for commitments: upfront in the period of the purchase, recurring in every period.
fn fees(portfolio: &Portfolio, window: HourSpan, periods: &Periods) -> Vec<Charge> {
    let mut charges = Vec::new();
    for (index, ri) in portfolio.reserved_instances.iter().enumerate() {
        let (upfront, hourly) = ri.fees();
        let kinds = [
            ChargeKind::ReservedUpfront(index),
            ChargeKind::ReservedRecurring(index),
        ];
        charges.extend(fees_of(ri.alive, window, periods, kinds, upfront, hourly));
    }
    for (index, plan) in portfolio.savings_plans.iter().enumerate() {
        let (upfront, hourly) = plan.fees();
        let kinds = [
            ChargeKind::SavingsPlanUpfront(index),
            ChargeKind::SavingsPlanRecurring(index),
        ];
        charges.extend(fees_of(plan.alive, window, periods, kinds, upfront, hourly));
    }
    charges
}

fn fees_of(
    alive: HourSpan,
    window: HourSpan,
    periods: &Periods,
    [upfront_kind, recurring_kind]: [ChargeKind; 2],
    upfront: Money,
    hourly: Money,
) -> Vec<Charge> {
    let fee = |period, kind, billed| Charge {
        period,
        key: None,
        kind,
        quantity: Quantity::ZERO,
        list_unit_price: None,
        billed,
        effective: Money::ZERO,
        list: billed,
    };
    let mut charges = Vec::new();
    for &period in &periods.spans {
        if period.contains(alive.start()) && !upfront.is_zero() {
            charges.push(fee(period, upfront_kind, upfront));
        }
        let recurring = hourly.times(hours(alive, period.intersect(window)));
        if !recurring.is_zero() {
            charges.push(fee(period, recurring_kind, recurring));
        }
    }
    charges
}
