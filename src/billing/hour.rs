//! The heart: one clock hour of a bill, in AWS's order of application.
//!
//! 1. Zonal Reserved Instances: own account, then the others.
//! 2. Regional Reserved Instances: own account from the smallest size to the largest, then the others. Reserved
//!    Dedicated Hosts: own account.
//! 3. EC2 Instance Savings Plans, then Compute Savings Plans: owner first, then the others, each by savings
//!    percentage, instances and Fargate, Lambda and Dedicated Hosts in one order; a line may be covered in part.
//!    Database Savings Plans serve databases alone.
//! 4. What is left is On-Demand. What is left of a commitment is lost with the hour.
//!
//! Slots of Capacity Reservations in which nothing ran come after everything that did, in each of 2 and 3.
//!
//! Sources: docs/billing-rules.md: R1-R3 (order), R8-R20 (Reserved Instances), R22-R29 and R60-R63 (Savings Plans).

use super::ledger::Ledger;
use super::setup::{Amounts, Entry, PlanStage, Pool, Setup};
use crate::units::{Hour, TICKS_PER_SECOND};

/// What is left of usage and commitments while an hour is worked through.
#[derive(Debug)]
pub(super) struct State {
    /// Ticks of each line not covered yet.
    lines: Vec<u64>,
    /// Units of each reservation not used yet, in ticks.
    reservations: Vec<u128>,
    /// Commitment of each plan not used yet, in atoms.
    plans: Vec<u128>,
}

impl State {
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            lines: vec![0; setup.line_count()],
            reservations: vec![0; setup.reservations.len()],
            plans: vec![0; setup.plans.len()],
        }
    }

    /// Works through one hour, the `index`-th of the window; `seconds` of usage by line.
    pub(super) fn bill_hour(
        &mut self,
        setup: &Setup,
        amounts: &Amounts,
        (index, hour): (usize, Hour),
        seconds: &[u32],
        ledger: &mut impl Ledger,
    ) {
        self.open(setup, amounts, hour, seconds);
        self.open_services(setup, index);
        for pool in &setup.pools {
            self.apply_pool(setup, pool, index, ledger);
        }
        for stage in &setup.stages {
            self.apply_stage(setup, stage, index, ledger);
        }
        self.close(setup, hour, index, ledger);
    }

    fn open(&mut self, setup: &Setup, amounts: &Amounts, hour: Hour, seconds: &[u32]) {
        for (ticks, &seconds) in self.lines.iter_mut().zip(seconds) {
            *ticks = u64::from(seconds) * TICKS_PER_SECOND;
        }
        for (index, reservation) in setup.reservations.iter().enumerate() {
            let alive = reservation.alive.contains(hour);
            self.reservations[index] = if alive {
                setup.capacity(index, amounts.counts[index])
            } else {
                0
            };
        }
        for (index, plan) in setup.plans.iter().enumerate() {
            let commitment = amounts.commitments[index].atoms();
            let alive = plan.alive.contains(hour);
            self.plans[index] = if alive { commitment.unsigned_abs() } else { 0 };
        }
    }

    /// What is used beside instances; most lines are not, in most hours.
    fn open_services(&mut self, setup: &Setup, index: usize) {
        let services = &mut self.lines[setup.lines.len()..];
        services.fill(0);
        for &(line, ticks) in setup.beside.of_hour(index) {
            services[line as usize] = ticks;
        }
    }

    fn apply_pool(&mut self, setup: &Setup, pool: &Pool, hour: usize, ledger: &mut impl Ledger) {
        for pass in pool.passes.iter().chain(&pool.idle) {
            self.reserve(setup, &pass.reservations, &pass.lines, hour, ledger);
        }
    }

    /// Covers lines in their order with reservations in theirs.
    fn reserve(
        &mut self,
        setup: &Setup,
        reservations: &[usize],
        lines: &[u32],
        hour: usize,
        ledger: &mut impl Ledger,
    ) {
        let mut open = reservations.iter().copied().peekable();
        for &line in lines {
            let units = u128::from(setup.units_of(line));
            while self.lines[line as usize] > 0 {
                let Some(&reservation) = open.peek() else {
                    return;
                };
                let left = self.lines[line as usize];
                let covered = fits(left, units, self.reservations[reservation]);
                if covered > 0 {
                    self.reservations[reservation] -= u128::from(covered) * units;
                    self.lines[line as usize] -= covered;
                    ledger.reserved(hour, line, reservation, covered);
                }
                if covered < left {
                    open.next();
                }
            }
        }
    }

    fn apply_stage(
        &mut self,
        setup: &Setup,
        stage: &PlanStage,
        hour: usize,
        ledger: &mut impl Ledger,
    ) {
        for (plans, entries) in stage.passes.iter().chain(&stage.idle) {
            self.spend(setup, plans, entries, hour, ledger);
        }
    }

    /// Covers ranked entries with the commitment of their groups' plans; `plans` are all that take part.
    fn spend(
        &mut self,
        setup: &Setup,
        plans: &[usize],
        entries: &[Entry],
        hour: usize,
        ledger: &mut impl Ledger,
    ) {
        let mut open = plans.iter().filter(|&&plan| self.plans[plan] > 0).count();
        for entry in entries {
            if open == 0 {
                return;
            }
            for &plan in &setup.groups[entry.group as usize].plans {
                let (left, commitment) = (self.lines[entry.line as usize], self.plans[plan]);
                if left == 0 {
                    break;
                }
                if commitment == 0 {
                    continue;
                }
                let (covered, paid) = afford(left, entry.rate, commitment);
                self.lines[entry.line as usize] -= covered;
                self.plans[plan] -= paid;
                open -= usize::from(self.plans[plan] == 0);
                ledger.savings_plan(hour, entry.line, plan, covered, paid);
            }
        }
    }

    fn close(&mut self, setup: &Setup, hour: Hour, index: usize, ledger: &mut impl Ledger) {
        ledger.on_demand(index, &self.lines);
        for (number, reservation) in setup.reservations.iter().enumerate() {
            if reservation.alive.contains(hour) {
                ledger.unused_reservation(index, number, self.reservations[number]);
            }
        }
        for (number, plan) in setup.plans.iter().enumerate() {
            if plan.alive.contains(hour) {
                ledger.unused_plan(index, number, self.plans[number]);
            }
        }
    }
}

/// The smaller of a quantity and a limit that may be wider.
fn at_most(ticks: u64, limit: u128) -> u64 {
    u64::try_from(limit).map_or(ticks, |limit| ticks.min(limit))
}

/// How many of `ticks`, each of so many `units`, a capacity holds. A multiplication tells when all of them
/// do; only a part needs the division, whole because a tick holds every normalization factor.
fn fits(ticks: u64, units: u128, capacity: u128) -> u64 {
    if u128::from(ticks) * units <= capacity {
        ticks
    } else {
        at_most(ticks, capacity.div_euclid(units))
    }
}

/// What a commitment affords of `ticks` at `rate`: the ticks covered, and what they use of it. A part of a
/// line uses the whole rest: the remainder is less than the price of one tick.
fn afford(ticks: u64, rate: u64, commitment: u128) -> (u64, u128) {
    let cost = u128::from(ticks) * u128::from(rate);
    if cost <= commitment {
        (ticks, cost)
    } else {
        (
            at_most(ticks, commitment.div_euclid(u128::from(rate))),
            commitment,
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::billing::{Bill, RateTable, Settings, bill};
    use crate::catalog::{
        Account, OfferingClass, PaymentOption, Platform, SavingsPlanKind, Tenancy, Term, Zone,
    };
    use crate::commitment::{
        Portfolio, ReservedFee, ReservedInstance, ReservedScope, SavingsPlan, SavingsPlanScope,
    };
    use crate::demand::{Demand, DemandBuilder, DemandKey, Labels, Market};
    use crate::units::{Hour, HourSpan, InstanceHour, Money, Quantity, Rate};

    fn window() -> HourSpan {
        let start = Hour::from_epoch_hours(500_000);
        HourSpan::new(start, start.plus(1))
    }

    fn key(account: &str) -> DemandKey {
        DemandKey {
            account: Account::new(account),
            region: "us-east-1".parse().unwrap(),
            zone: Some(Zone::new("us-east-1a")),
            instance_type: "m5.large".parse().unwrap(),
            platform: Platform::LINUX,
            tenancy: Tenancy::Shared,
            market: Market::OnDemand,
            labels: Labels::default(),
        }
    }

    /// Account `a` has a slot in which nothing runs (or something does), account `b` an instance; `a` owns everything.
    fn demand(slot: Market) -> Demand {
        let mut builder = DemandBuilder::new();
        for (account, market) in [("a", slot), ("b", Market::OnDemand)] {
            let key = builder.key(DemandKey {
                market,
                ..key(account)
            });
            builder.add(key, window().start(), 1_000_000_000);
        }
        builder.finish(window()).unwrap()
    }

    fn reserved(scope: ReservedScope) -> ReservedInstance {
        let key = key("a");
        ReservedInstance {
            id: "ri".into(),
            account: key.account,
            scope,
            region: key.region,
            instance_type: key.instance_type,
            platform: key.platform,
            tenancy: key.tenancy,
            offering_class: OfferingClass::Standard,
            term: Term::OneYear,
            payment_option: PaymentOption::NoUpfront,
            count: 1,
            alive: window(),
            fee: ReservedFee {
                upfront: Money::ZERO,
                hourly: Rate::from_steps(600_000_000),
            },
        }
    }

    fn plan(thousandths: i128) -> SavingsPlan {
        SavingsPlan {
            id: "sp".into(),
            account: Account::new("a"),
            scope: SavingsPlanScope::Compute,
            term: Term::OneYear,
            payment_option: PaymentOption::NoUpfront,
            commitment: Rate::<InstanceHour>::from_steps(10_000_000)
                .for_one()
                .times(thousandths),
            alive: window(),
        }
    }

    fn billed(reserved: Vec<ReservedInstance>, plans: Vec<SavingsPlan>, slot: Market) -> Bill {
        let product = crate::billing::product_of(&key("a"));
        let mut rates = RateTable::default();
        rates.set_on_demand(product, Rate::from_steps(960_000_000));
        rates.set_savings_plan(
            product,
            SavingsPlanKind::Compute,
            Rate::from_steps(700_000_000),
        );
        let portfolio = Portfolio {
            reserved_instances: reserved,
            savings_plans: plans,
            ..Portfolio::default()
        };
        let demand = demand(slot);
        bill(&demand, &portfolio, &rates, Settings::default()).unwrap()
    }

    const HOUR: Quantity<InstanceHour> = Quantity::from_seconds(3_600);
    const IDLE: Market = Market::UnusedCapacity;

    #[test]
    fn idle_slots_come_after_what_runs_whoever_owns_them() {
        let regional = || vec![reserved(ReservedScope::Regional)];
        let bill = billed(regional(), Vec::new(), IDLE);
        assert_eq!(bill.lines[0].on_demand, HOUR);
        assert_eq!(bill.lines[1].reserved, HOUR);
        // The same slot, running, is the owner's own.
        let bill = billed(regional(), Vec::new(), Market::OnDemand);
        assert_eq!(bill.lines[0].reserved, HOUR);
        // 0.105 dollars at 0.07 an hour: an hour of what runs, half an hour of the slot.
        let bill = billed(Vec::new(), vec![plan(105)], IDLE);
        assert_eq!(bill.lines[1].savings_plan, HOUR);
        assert_eq!(bill.lines[0].savings_plan, Quantity::from_seconds(1_800));
        // What a Reserved Instance leaves of the slot, a plan serves.
        let bill = billed(regional(), vec![plan(70)], IDLE);
        assert_eq!(bill.lines[0].savings_plan, HOUR);
        assert_eq!(bill.on_demand_cost(), Money::ZERO);
    }

    #[test]
    fn zonal_ones_reserve_capacity_and_serve_no_slot() {
        let zonal = || ReservedScope::Zonal(Zone::new("us-east-1a"));
        let two = || {
            vec![ReservedInstance {
                count: 2,
                ..reserved(zonal())
            }]
        };
        let bill = billed(two(), Vec::new(), IDLE);
        assert_eq!(bill.lines[0].on_demand, HOUR);
        assert_eq!(bill.lines[1].reserved, HOUR);
        let bill = billed(two(), Vec::new(), Market::OnDemand);
        assert_eq!(bill.lines[0].reserved, HOUR);
    }
}
