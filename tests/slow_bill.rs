//! A second way to bill: slow, and plain enough to be read beside docs/billing-rules.md, rule by rule.
//!
//! It shares nothing with the engine but the types of its inputs: no setup, no pools, no groups, no tiles. Every hour
//! is worked out from the portfolio as it stands, one commitment after another over all lines. What both say of
//! random fleets must be the same, tick by tick.

#![expect(
    clippy::unwrap_used,
    clippy::integer_division,
    reason = "a test stops at what it did not expect, and rounds down where the rule does"
)]

use std::cmp::Ordering;
use std::collections::BTreeMap;

use bursar::billing::{
    Bill, ChargeKind, Granularity, RateTable, Rates, ServiceSettings, Settings, Usage, all_charges,
    bill, product_of, service_bill,
};
use bursar::catalog::{Account, OperatingSystem, Platform, SavingsPlanKind, Tenancy};
use bursar::commitment::{
    Portfolio, ReservedInstance, ReservedScope, SavingsPlan, SavingsPlanScope, Sharing,
};
use bursar::demand::{CAPACITY_RESERVATION, Demand, DemandKey, Market, ServiceKey};
use bursar::units::{Hour, Money, Quantity, TICKS_PER_HOUR, TICKS_PER_SECOND};
use proptest::prelude::*;

use crate::properties;
use crate::slow_services::{self, Stream};

/// Covered or left usage: hour, key of the demand (behind them streams of use beside instances), what for. Ticks of instance-hours, and atoms of money paid.
pub(crate) type Records = BTreeMap<(Hour, usize, ChargeKind), (i128, i128)>;

/// One key's usage that is not covered yet.
struct Line<'a> {
    index: usize,
    what: What<'a>,
    left: i128,
    on_demand: i128,
}

/// What a line is of.
#[derive(Clone, Copy)]
enum What<'a> {
    Instance(&'a DemandKey),
    Beside(&'a ServiceKey),
}

impl<'a> Line<'a> {
    /// A slot of a Capacity Reservation in which nothing ran.
    fn is_idle(&self) -> bool {
        let market = self.key().map(|key| key.market);
        market == Some(Market::UnusedCapacity)
    }

    const fn account(&self) -> Account {
        match self.what {
            What::Instance(key) => key.account,
            What::Beside(key) => key.account,
        }
    }

    /// Of an instance.
    const fn key(&self) -> Option<&'a DemandKey> {
        match self.what {
            What::Instance(key) => Some(key),
            What::Beside(_) => None,
        }
    }
}

/// R17, R20, R27: one round after another, each wider than the one before.
#[derive(Clone, Copy)]
enum Round {
    Owner,
    Group,
    All,
}

impl Round {
    /// The rounds of a mode of sharing.
    fn of(sharing: &Sharing) -> &'static [Self] {
        match sharing {
            Sharing::Off => &[Self::Owner],
            Sharing::Organization => &[Self::Owner, Self::All],
            Sharing::Restricted(_) => &[Self::Owner, Self::Group],
            Sharing::Prioritized(_) => &[Self::Owner, Self::Group, Self::All],
        }
    }

    /// Whether a commitment of `owner` may serve `user` in it.
    fn serves(self, sharing: &Sharing, owner: Account, user: Account) -> bool {
        let together = |group: &Vec<Account>| group.contains(&owner) && group.contains(&user);
        match self {
            Self::Owner => owner == user,
            Self::Group => sharing.groups().iter().any(together),
            Self::All => true,
        }
    }
}

/// Bills every hour by itself.
pub(crate) fn slow_bill(
    demand: &Demand,
    beside: &[Stream],
    portfolio: &Portfolio,
    rates: &RateTable,
    sharing: bool,
) -> Records {
    let mut records = Records::new();
    let off = Sharing::Off;
    let sharing = if sharing { &portfolio.sharing } else { &off };
    for (at, hour) in demand.span().hours().enumerate() {
        // R2: Spot is put aside.
        let of_market = |(_, key): &(usize, &DemandKey)| key.market != Market::Spot;
        let keys = demand.keys().iter().enumerate().filter(of_market);
        let mut lines: Vec<Line<'_>> = keys
            .map(|(index, key)| Line {
                index,
                what: What::Instance(key),
                left: i128::from(demand.seconds(index)[at]) * i128::from(TICKS_PER_SECOND),
                on_demand: i128::from(rates.on_demand(product_of(key)).unwrap().steps()),
            })
            .collect();
        lines.extend(beside.iter().enumerate().map(|(place, stream)| Line {
            index: demand.keys().len() + place,
            what: What::Beside(&stream.key),
            left: stream.ticks.get(&hour).copied().unwrap_or_default(),
            on_demand: stream.rate,
        }));
        reserve(hour, &mut lines, portfolio, sharing, &mut records);
        for &kind in SavingsPlanKind::ALL {
            spend(
                hour,
                &mut lines,
                portfolio,
                rates,
                (kind, sharing),
                &mut records,
            );
        }
        for line in lines.iter().filter(|line| line.left > 0) {
            let slot = (hour, line.index, ChargeKind::OnDemand);
            records.insert(slot, (line.left, line.left * line.on_demand));
        }
    }
    records
}

/// R8 to R18: zonal Reserved Instances, then regional ones; each serves its owner's usage, then what others have.
fn reserve(
    hour: Hour,
    lines: &mut [Line<'_>],
    portfolio: &Portfolio,
    sharing: &Sharing,
    records: &mut Records,
) {
    let mut alive: Vec<(usize, &ReservedInstance)> = portfolio
        .reserved_instances
        .iter()
        .enumerate()
        .filter(|(_, ri)| ri.alive.contains(hour))
        .collect();
    alive.sort_by_key(|(_, ri)| (ri.account, ri.id.clone()));
    for zonal in [true, false] {
        let of_scope = |ri: &ReservedInstance| (ri.scope != ReservedScope::Regional) == zonal;
        let mut units_left: BTreeMap<usize, i128> = BTreeMap::new();
        // R64: slots in which nothing ran are served last, and never by a zonal one.
        let rounds = Round::of(sharing).iter();
        let running = rounds.clone().map(|round| (round, false));
        let idle = rounds.filter(|_| !zonal).map(|round| (round, true));
        for (round, idle) in running.chain(idle) {
            for &(index, ri) in alive.iter().filter(|(_, ri)| of_scope(ri)) {
                let whole = i128::from(ri.count) * units(ri) * i128::from(TICKS_PER_HOUR);
                let left = units_left.entry(index).or_insert(whole);
                let mut served: Vec<&mut Line<'_>> = lines
                    .iter_mut()
                    .filter(|line| {
                        line.key().is_some_and(|key| matches(ri, key))
                            && round.serves(sharing, ri.account, line.account())
                            && line.is_idle() == idle
                    })
                    .collect();
                // R14: the smallest size first. The sort keeps the order of keys of one size.
                served.sort_by_key(|line| line.key().map(factor));
                for line in served {
                    let size = line.key().map_or(1, factor);
                    let each = if flexible(ri) { size } else { 1 };
                    let covered = line.left.min(*left / each);
                    if covered > 0 {
                        line.left -= covered;
                        *left -= covered * each;
                        let slot = (hour, line.index, ChargeKind::Reserved(index));
                        records.entry(slot).or_default().0 += covered;
                    }
                }
            }
        }
    }
}

/// R8 to R13: whether a Reserved Instance may serve usage.
fn matches(ri: &ReservedInstance, key: &DemandKey) -> bool {
    let same = ri.region == key.region
        && ri.platform == key.platform
        && ri.tenancy == key.tenancy
        && match ri.scope {
            ReservedScope::Regional => true,
            // R95: nothing in a Capacity Reservation.
            ReservedScope::Zonal(zone) => {
                key.zone == Some(zone) && key.capacity_reservation().is_none()
            }
            ReservedScope::Hosts => false,
        };
    let family = ri.instance_type.family() == key.instance_type.family();
    same && if flexible(ri) {
        family
    } else {
        ri.instance_type == key.instance_type
    }
}

/// R11, R13: Linux without licence, shared tenancy, regional, and no family of the exceptions (here: g5).
fn flexible(ri: &ReservedInstance) -> bool {
    ri.scope == ReservedScope::Regional
        && ri.platform == Platform::plain(OperatingSystem::Linux)
        && ri.tenancy == Tenancy::Shared
        && ri.instance_type.family().as_str() != "g5"
}

/// R15: units of one instance.
fn units(ri: &ReservedInstance) -> i128 {
    if flexible(ri) {
        factor_of(ri.instance_type.size())
    } else {
        1
    }
}

fn factor(key: &DemandKey) -> i128 {
    factor_of(key.instance_type.size())
}

/// R11: normalization factors, in quarters of a unit.
fn factor_of(size: &str) -> i128 {
    match size {
        "nano" => 1,
        "micro" => 2,
        "small" => 4,
        "medium" => 8,
        "large" => 16,
        "xlarge" => 32,
        _ => {
            size.strip_suffix("xlarge")
                .unwrap()
                .parse::<i128>()
                .unwrap()
                * 32
        }
    }
}

/// R22 to R28: plans of one kind. The owner's usage first, then everybody's; highest saving first.
fn spend(
    hour: Hour,
    lines: &mut [Line<'_>],
    portfolio: &Portfolio,
    rates: &RateTable,
    (kind, sharing): (SavingsPlanKind, &Sharing),
    records: &mut Records,
) {
    let alive =
        |(_, plan): &(usize, &SavingsPlan)| plan.scope.kind() == kind && plan.alive.contains(hour);
    let plans: Vec<(usize, &SavingsPlan)> = portfolio
        .savings_plans
        .iter()
        .enumerate()
        .filter(alive)
        .collect();
    let mut left: BTreeMap<usize, i128> = plans
        .iter()
        .map(|(index, plan)| (*index, plan.commitment.atoms()))
        .collect();
    let rounds = Round::of(sharing).iter();
    let running = rounds.clone().map(|round| (round, false));
    for (round, idle) in running.chain(rounds.map(|round| (round, true))) {
        // Every line under every plan that covers it, with the rate it then costs.
        let mut offers: Vec<(i128, usize, usize, &SavingsPlan)> = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            for &(index, plan) in &plans {
                let in_scope = line.is_idle() == idle
                    && covers(plan.scope, line.what)
                    && round.serves(sharing, plan.account, line.account());
                if let Some(rate) = plan_rate(rates, line.what, plan)
                    && in_scope
                    && rate <= line.on_demand
                {
                    offers.push((rate, at, index, plan));
                }
            }
        }
        offers.sort_by(|a, b| {
            // R25: the saving is 1 - rate / On-Demand; compared as fractions. Ties: the lower rate, then the order
            // that docs/billing-rules.md states for what AWS leaves open.
            let (a_price, b_price) = (lines[a.1].on_demand, lines[b.1].on_demand);
            (a.0 * b_price)
                .cmp(&(b.0 * a_price))
                .then(a.0.cmp(&b.0))
                .then(a.1.cmp(&b.1))
                .then(by_terms(a.3, b.3))
        });
        for (rate, at, index, _) in offers {
            let (line, left) = (&mut lines[at], left.get_mut(&index).unwrap());
            if line.left == 0 || *left == 0 {
                continue;
            }
            // R26: a part of a line uses all that is left, for whole ticks.
            let (covered, paid) = if line.left * rate <= *left {
                (line.left, line.left * rate)
            } else {
                (*left / rate, *left)
            };
            line.left -= covered;
            *left -= paid;
            let record = records.entry((hour, line.index, ChargeKind::SavingsPlan(index)));
            let (ticks, atoms) = record.or_default();
            *ticks += covered;
            *atoms += paid;
        }
    }
}

/// What a plan counts a unit of a line at.
fn plan_rate(rates: &RateTable, what: What<'_>, plan: &SavingsPlan) -> Option<i128> {
    let (kind, term, paid) = (plan.scope.kind(), plan.term, plan.payment_option);
    let steps = match what {
        What::Instance(key) => rates
            .savings_plan(product_of(key), kind, term, paid)
            .ok()?
            .steps(),
        What::Beside(key) => rates
            .service_plan(key.region, &key.item, kind, term, paid)
            .ok()?
            .steps(),
    };
    Some(i128::from(steps))
}

/// R23, R24, R60, R80.
fn covers(scope: SavingsPlanScope, what: What<'_>) -> bool {
    match (scope, what) {
        (SavingsPlanScope::Ec2Instance { family, region }, What::Instance(key)) => {
            family == key.instance_type.family() && region == key.region
        }
        (SavingsPlanScope::Ec2Instance { family, region }, What::Beside(key)) => {
            key.item.as_str() == format!("dedicated-host-{family}-hour") && region == key.region
        }
        (SavingsPlanScope::Compute, What::Instance(_)) => true,
        (SavingsPlanScope::Compute, What::Beside(key)) => {
            slow_services::is_compute(key.item.as_str())
        }
        (SavingsPlanScope::Database, What::Instance(_)) => false,
        (SavingsPlanScope::Database, What::Beside(key)) => {
            slow_services::is_database(key.item.as_str())
        }
    }
}

fn by_terms(a: &SavingsPlan, b: &SavingsPlan) -> Ordering {
    let terms = |plan: &SavingsPlan| (plan.scope, plan.term, plan.payment_option, plan.account);
    terms(a).cmp(&terms(b)).then_with(|| a.id.cmp(&b.id))
}

/// What the engine's single charges say, in the same form.
pub(crate) fn records_of_engine(
    usage: Usage<'_>,
    beside: &[Stream],
    portfolio: &Portfolio,
    rates: &RateTable,
    settings: Settings,
) -> Records {
    let all = all_charges(usage, portfolio, rates, settings, Granularity::Hour).unwrap();
    let mut records = Records::new();
    for charge in &all.instances {
        let Some(key) = charge.key else { continue };
        let paid = match charge.kind {
            // The share of a Reserved Instance's fee is a division: its sum is compared instead.
            ChargeKind::Spot | ChargeKind::Reserved(_) => 0,
            _ => charge.effective.atoms(),
        };
        if charge.kind != ChargeKind::Spot {
            let slot = (charge.period.start(), key, charge.kind);
            records.insert(slot, (charge.quantity.ticks(), paid));
        }
    }
    let keys = usage.demand.keys().len();
    for (period, charge) in &all.beside {
        let rate = i128::from(charge.rate.steps());
        let is_of = |stream: &Stream| stream.key == *charge.key && stream.rate == rate;
        let Some(place) = beside.iter().position(is_of) else {
            assert_eq!(charge.plan, None, "nothing else is covered");
            continue;
        };
        let kind = charge
            .plan
            .map_or(ChargeKind::OnDemand, ChargeKind::SavingsPlan);
        let sums = (charge.quantity.ticks(), charge.effective.atoms());
        records.insert((period.start(), keys + place, kind), sums);
    }
    records
}

/// R14, R15: what a Reserved Instance covered, in units and ticks.
fn used_units(demand: &Demand, ri: &ReservedInstance, index: usize, records: &Records) -> i128 {
    let mine = records
        .iter()
        .filter(|((_, _, kind), _)| *kind == ChargeKind::Reserved(index));
    mine.map(|((_, key, _), (ticks, _))| {
        let each = if flexible(ri) {
            factor(&demand.keys()[*key])
        } else {
            1
        };
        ticks * each
    })
    .sum()
}

/// R3, R19: commitments count whole, used or not; an upfront fee is spread over its term.
fn check_commitments(demand: &Demand, portfolio: &Portfolio, records: &Records, bill: &Bill) {
    let hours = |alive: bursar::units::HourSpan| {
        demand
            .span()
            .hours()
            .filter(|&hour| alive.contains(hour))
            .count() as i128
    };
    for (index, (ri, totals)) in portfolio
        .reserved_instances
        .iter()
        .zip(&bill.reserved_instances)
        .enumerate()
    {
        let count = i128::from(ri.count);
        let term = i128::from(ri.term.hours());
        let hourly =
            ri.fee.upfront.atoms() * count / term + ri.fee.hourly.for_one().atoms() * count;
        assert_eq!(
            totals.cost,
            Money::from_atoms(hourly * hours(ri.alive)),
            "{}",
            ri.id
        );
        let used = used_units(demand, ri, index, records);
        // The measure of the units is the engine's own; the used share of what is committed is not.
        let committed =
            i128::from(ri.count) * units(ri) * i128::from(TICKS_PER_HOUR) * hours(ri.alive);
        let (left, right) = (
            totals.used.cast_signed() * committed,
            used * totals.committed.cast_signed(),
        );
        assert_eq!(left, right, "{}", ri.id);
    }
    check_plans(demand, portfolio, records, bill);
}

fn check_plans(demand: &Demand, portfolio: &Portfolio, records: &Records, bill: &Bill) {
    let hours = |alive: bursar::units::HourSpan| {
        let span = demand.span();
        span.hours().filter(|&hour| alive.contains(hour)).count() as i128
    };
    for (index, (plan, totals)) in portfolio
        .savings_plans
        .iter()
        .zip(&bill.savings_plans)
        .enumerate()
    {
        assert_eq!(
            totals.cost,
            plan.commitment.times(hours(plan.alive)),
            "{}",
            plan.id
        );
        let used: i128 = records
            .iter()
            .filter(|((_, _, kind), _)| *kind == ChargeKind::SavingsPlan(index))
            .map(|(_, (_, paid))| paid)
            .sum();
        assert_eq!(totals.used.cast_signed(), used, "{}", plan.id);
    }
}

fn check_lines(demand: &Demand, records: &Records, bill: &Bill) {
    for line in &bill.lines {
        let of = |wanted: &dyn Fn(ChargeKind) -> bool| {
            let mine = records
                .iter()
                .filter(|((_, key, kind), _)| *key == line.key && wanted(*kind));
            Quantity::from_ticks(mine.map(|(_, (ticks, _))| *ticks).sum())
        };
        assert_eq!(line.on_demand, of(&|kind| kind == ChargeKind::OnDemand));
        assert_eq!(
            line.reserved,
            of(&|kind| matches!(kind, ChargeKind::Reserved(_)))
        );
        assert_eq!(
            line.savings_plan,
            of(&|kind| matches!(kind, ChargeKind::SavingsPlan(_)))
        );
        assert_eq!(line.usage(), demand.total(line.key));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_says_what_the_rules_say(
        rows in properties::usage(),
        uses in slow_services::uses(),
        portfolio in properties::portfolio(),
        sharing in any::<bool>(),
        ties in any::<bool>(),
    ) {
        let demand = properties::demand(&partly_reserved(rows));
        let mut rates = if ties { tied_rates() } else { properties::rates() };
        slow_services::set_rates(&mut rates, ties);
        let settings = Settings { sharing, ..Settings::default() };
        let used = slow_services::demand(&uses);
        let beside = service_bill(&used, &slow_services::Stated, ServiceSettings::default());
        let usage = Usage { beside: Some(&beside), ..Usage::from(&demand) };
        let streams = slow_services::streams(&uses);
        let slow = slow_bill(&demand, &streams, &portfolio, &rates, sharing);
        let fast = records_of_engine(usage, &streams, &portfolio, &rates, settings);
        let fast_of = |slot: &(Hour, usize, ChargeKind)| fast.get(slot).copied().unwrap_or_default();
        for (slot, &(ticks, paid)) in &slow {
            prop_assert_eq!(fast_of(slot), (ticks, paid), "{:?}", slot);
        }
        prop_assert_eq!(fast.len(), slow.len());
        let bill = bill(usage, &portfolio, &rates, settings).unwrap();
        check_lines(&demand, &slow, &bill);
        slow_services::check(demand.keys().len(), &streams, &slow, &bill);
        check_commitments(&demand, &portfolio, &slow, &bill);
    }
}

/// The same with one row in four in a Capacity Reservation.
fn partly_reserved(rows: Vec<(DemandKey, i64, u32)>) -> Vec<(DemandKey, i64, u32)> {
    let rows = rows.into_iter().map(|(key, hour, seconds)| {
        let inside = seconds % 4 == 0;
        let key = if inside {
            key.labelled(CAPACITY_RESERVATION, "cr")
        } else {
            key
        };
        (key, hour, seconds)
    });
    rows.collect()
}

/// The rates of `properties`, but every type saves the same under a plan of a kind, and one saves nothing.
fn tied_rates() -> RateTable {
    let mut rates = properties::rates();
    for (index, (name, steps)) in properties::TYPES.iter().enumerate() {
        for platform in [Platform::LINUX, Platform::WINDOWS] {
            let product = bursar::prices::Product {
                region: properties::virginia(),
                instance_type: name.parse().unwrap(),
                platform,
                tenancy: Tenancy::Shared,
            };
            let on_demand = rates.on_demand(product).unwrap().steps();
            let per_cent = if index == 3 { 100 } else { 75 };
            let compute = if platform == Platform::LINUX {
                steps * per_cent / 100
            } else {
                on_demand
            };
            for (kind, steps) in [
                (SavingsPlanKind::Compute, compute),
                (SavingsPlanKind::Ec2Instance, on_demand / 4 * 3),
            ] {
                rates.set_savings_plan(product, kind, bursar::units::Rate::from_steps(steps));
            }
        }
    }
    rates
}
