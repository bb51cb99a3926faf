//! Every single charge of a bill, with the four costs of FOCUS: billed (cash), effective (accrued), list and
//! contracted.

use std::collections::BTreeMap;

use super::bill::hours;
use super::ledger::Ledger;
use super::rates::Rates;
use super::run::run;
use super::service_charges::service_charges;
use super::services::ServiceCharge;
use super::setup::{Settings, Setup, SetupError, Usage};
use super::spot::spot_charges;
use crate::commitment::Portfolio;
use crate::demand::Demand;
use crate::threads;
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

impl Granularity {
    /// The whole period that an hour lies in.
    pub fn period(self, hour: Hour) -> HourSpan {
        match self {
            Self::Hour => HourSpan::new(hour, hour.plus(1)),
            Self::Day => {
                let start = hour.plus(-i64::from(hour.hour_of_day()));
                HourSpan::new(start, start.plus(24))
            }
            Self::Month => hour.calendar_month(),
        }
    }
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
    /// Contracted price of one instance-hour, for usage: negotiated discounts, no commitments.
    pub contracted_unit_price: Option<Rate<InstanceHour>>,
    /// What is paid in cash in the period.
    pub billed: Money,
    /// What the period costs, accrued.
    pub effective: Money,
    /// What it would have cost at list prices.
    pub list: Money,
    /// What it would have cost at contracted prices, without commitments.
    pub contracted: Money,
    /// How much of a Savings Plan's commitment it is, counted at public Savings Plan rates.
    pub commitment: Money,
}

/// Every charge of a window, of instances and beside them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charges<'a> {
    /// Of instances and commitments, ordered by period, key and kind.
    pub instances: Vec<Charge>,
    /// Beside instances, with their periods; ordered by period, key, rate and plan.
    pub beside: Vec<(HourSpan, ServiceCharge<'a>)>,
}

/// Every charge of instances and commitments: [`all_charges`] of a demand alone.
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
    let all = all_charges(demand.into(), portfolio, rates, settings, granularity);
    all.map(|charges| charges.instances)
}

/// Every charge of `usage` under `portfolio`.
///
/// # Errors
/// [`SetupError`] when usage has no price and the settings do not allow that.
pub fn all_charges<'a>(
    usage: Usage<'a>,
    portfolio: &Portfolio,
    rates: &impl Rates,
    settings: Settings,
    granularity: Granularity,
) -> Result<Charges<'a>, SetupError> {
    let demand = usage.demand;
    let setup = Setup::new(usage, portfolio, rates, settings)?;
    let periods = Periods::new(demand.span(), granularity);
    let all = kept(&setup, portfolio, demand, &periods);
    let is_beside = |line: Option<u32>| line.is_some_and(|line| setup.service(line).is_some());
    let (beside, instances): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|((_, line, _), _)| is_beside(*line));
    let instances = instances.into_iter();
    let mut charges: Vec<Charge> = instances
        .map(|(slot, sums)| usage_charge(slot, sums, &setup, &periods))
        .collect();
    charges.extend(spot_charges(&setup, demand, &periods));
    charges.extend(fees(&setup, portfolio, demand.span(), &periods));
    charges.sort_by_key(|charge| {
        (
            charge.period.start(),
            charge.key.is_none(),
            charge.key,
            charge.kind,
        )
    });
    let period_of = |hour| granularity.period(hour).intersect(demand.span());
    let beside = usage
        .beside
        .map(|bill| service_charges(bill, beside.into_iter(), &setup, &periods.spans, period_of));
    Ok(Charges {
        instances: charges,
        beside: beside.unwrap_or_default(),
    })
}

/// What the hours of a window add up to, by period, line and what for.
pub(super) fn kept(
    setup: &Setup,
    portfolio: &Portfolio,
    demand: &Demand,
    periods: &Periods,
) -> BTreeMap<Slot, Sums> {
    let amounts = Setup::amounts(portfolio);
    let books = run(setup, &amounts, demand, threads::of_machine(), || {
        Books::new(setup, portfolio, periods)
    });
    let mut all: BTreeMap<Slot, Sums> = BTreeMap::new();
    for (slot, sums) in books.into_iter().flat_map(|books| books.slots) {
        all.entry(slot).or_default().add(sums);
    }
    all
}

/// The periods of a window, and which one each hour belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Periods {
    /// In order; the first and the last may be cut short by the window.
    pub spans: Vec<HourSpan>,
    /// For each hour of the window the place of its period.
    pub of_hour: Vec<u32>,
}

impl Periods {
    /// A window as one period.
    pub(super) fn whole(window: HourSpan) -> Self {
        Self {
            spans: vec![window],
            of_hour: vec![0; window.len()],
        }
    }

    /// Splits a window.
    pub fn new(window: HourSpan, granularity: Granularity) -> Self {
        let mut periods = Self {
            spans: Vec::new(),
            of_hour: Vec::with_capacity(window.len()),
        };
        let mut start = window.start();
        while start < window.end() {
            let span = granularity.period(start).intersect(window);
            let place = u32::try_from(periods.spans.len()).unwrap_or(u32::MAX);
            periods
                .of_hour
                .extend(std::iter::repeat_n(place, span.len()));
            periods.spans.push(span);
            start = span.end();
        }
        periods
    }
}

/// Period, line (none for the unused part of a commitment), and what for.
pub(super) type Slot = (u32, Option<u32>, ChargeKind);

/// What a slot adds up to: ticks, and atoms of money.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    pub(super) ticks: u128,
    pub(super) effective: i128,
    pub(super) commitment: i128,
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.ticks += other.ticks;
        self.effective += other.effective;
        self.commitment += other.commitment;
    }
}

/// The books that keep every charge.
struct Books<'a> {
    setup: &'a Setup,
    periods: &'a Periods,
    slots: BTreeMap<Slot, Sums>,
    /// Of each reservation: atoms an hour, units an hour (in ticks), and units used so far in this hour.
    reservations: Vec<(i128, u128, u128)>,
    /// Of each plan: atoms of its commitment used so far in this hour.
    plans: Vec<i128>,
}

impl<'a> Books<'a> {
    fn new(setup: &'a Setup, portfolio: &Portfolio, periods: &'a Periods) -> Self {
        let owned = portfolio.reserved_instances.iter().enumerate();
        let reservations = owned.map(|(index, ri)| {
            (
                setup.reservations[index]
                    .fee
                    .effective_hourly(ri.term)
                    .atoms()
                    * i128::from(ri.count),
                setup.capacity(index, u64::from(ri.count)),
                0,
            )
        });
        Self {
            setup,
            periods,
            slots: BTreeMap::new(),
            reservations: reservations.collect(),
            plans: vec![0; setup.plans.len()],
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

    /// What the next `used` atoms of a plan's commitment cost, in the same way.
    fn spend(&mut self, plan: usize, used: u128) -> Sums {
        let fee = self.setup.plans[plan].fee;
        let before = self.plans[plan];
        let after = before + used.cast_signed();
        self.plans[plan] = after;
        let effective = |used| fee.effective(Money::from_atoms(used)).atoms();
        Sums {
            ticks: 0,
            effective: effective(after) - effective(before),
            commitment: used.cast_signed(),
        }
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
        let units = u128::from(ticks) * u128::from(self.setup.units_of(line));
        let effective = self.share(reservation, units);
        let kind = ChargeKind::Reserved(reservation);
        self.slot(hour, Some(line), kind).add(Sums {
            ticks: u128::from(ticks),
            effective,
            commitment: 0,
        });
    }

    fn savings_plan(&mut self, hour: usize, line: u32, plan: usize, ticks: u64, paid: u128) {
        let sums = Sums {
            ticks: u128::from(ticks),
            ..self.spend(plan, paid)
        };
        self.slot(hour, Some(line), ChargeKind::SavingsPlan(plan))
            .add(sums);
    }

    fn on_demand(&mut self, hour: usize, lines: &[u64]) {
        for (line, &ticks) in (0_u32..).zip(lines) {
            if ticks == 0 {
                continue;
            }
            let rate = self.setup.contracted_steps(line);
            let effective = i128::from(rate) * i128::from(ticks);
            let sums = Sums {
                ticks: u128::from(ticks),
                effective,
                commitment: 0,
            };
            let kind = if self.setup.may_be_spot(line) {
                ChargeKind::Spot
            } else {
                ChargeKind::OnDemand
            };
            self.slot(hour, Some(line), kind).add(sums);
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
                commitment: 0,
            };
            self.slot(hour, None, ChargeKind::UnusedReserved(reservation))
                .add(sums);
        }
    }

    fn unused_plan(&mut self, hour: usize, plan: usize, amount: u128) {
        let sums = self.spend(plan, amount);
        // The next hour starts afresh.
        self.plans[plan] = 0;
        if amount > 0 {
            self.slot(hour, None, ChargeKind::UnusedSavingsPlan(plan))
                .add(sums);
        }
    }
}

/// A slot of the books as a charge.
pub(super) fn usage_charge(
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
        contracted_unit_price: line.map(|line| line.contracted),
        list: line.map_or(Money::ZERO, |line| line.on_demand * quantity),
        contracted: line.map_or(Money::ZERO, |line| line.contracted * quantity),
        commitment: Money::from_atoms(sums.commitment),
    }
}

/// What is paid for commitments: upfront in the period of the purchase, recurring in every period.
fn fees(setup: &Setup, portfolio: &Portfolio, window: HourSpan, periods: &Periods) -> Vec<Charge> {
    let mut charges = Vec::new();
    for (index, ri) in portfolio.reserved_instances.iter().enumerate() {
        let fee = setup.reservations[index].fee;
        let count = i128::from(ri.count);
        let paid = (fee.upfront.times(count), fee.hourly.for_one().times(count));
        let kinds = [
            ChargeKind::ReservedUpfront(index),
            ChargeKind::ReservedRecurring(index),
        ];
        charges.extend(fees_of(ri.alive, window, periods, kinds, ri.fees(), paid));
    }
    for (index, plan) in portfolio.savings_plans.iter().enumerate() {
        let paid = setup.plans[index].fee.fees(plan.commitment, plan.term);
        let kinds = [
            ChargeKind::SavingsPlanUpfront(index),
            ChargeKind::SavingsPlanRecurring(index),
        ];
        charges.extend(fees_of(
            plan.alive,
            window,
            periods,
            kinds,
            plan.fees(),
            paid,
        ));
    }
    charges
}

fn fees_of(
    alive: HourSpan,
    window: HourSpan,
    periods: &Periods,
    [upfront_kind, recurring_kind]: [ChargeKind; 2],
    public: (Money, Money),
    paid: (Money, Money),
) -> Vec<Charge> {
    let fee = |period, kind, list, billed| Charge {
        period,
        key: None,
        kind,
        quantity: Quantity::ZERO,
        list_unit_price: None,
        contracted_unit_price: None,
        billed,
        effective: Money::ZERO,
        list,
        contracted: billed,
        commitment: Money::ZERO,
    };
    let mut charges = Vec::new();
    for &period in &periods.spans {
        if period.contains(alive.start()) && !public.0.is_zero() {
            charges.push(fee(period, upfront_kind, public.0, paid.0));
        }
        let hours = hours(alive, period.intersect(window));
        let recurring = public.1.times(hours);
        if !recurring.is_zero() {
            charges.push(fee(period, recurring_kind, recurring, paid.1.times(hours)));
        }
    }
    charges
}
