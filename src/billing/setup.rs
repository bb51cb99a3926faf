//! Resolves prices and scopes once, so that an hour is only arithmetic.

use std::collections::BTreeMap;

use super::capacity::{licence_in_whole, may_be_reserved};
use super::paid::{PlanFee, reserved_fee};
use super::rates::Rates;
use crate::catalog::{
    Account, Family, InstanceType, PaymentOption, Platform, Region, SavingsPlanKind, Tenancy, Term,
    is_size_flexible,
};
use crate::commitment::{
    Portfolio, ReservedFee, ReservedInstance, ReservedScope, SavingsPlan, SavingsPlanScope, Sharing,
};
use crate::demand::{Demand, DemandKey, Market};
use crate::prices::{Contract, MissingPrice, Product};
use crate::units::{HourSpan, InstanceHour, Money, Rate, TICKS_PER_HOUR};

/// How the bill is made where AWS leaves a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Whether commitments serve other accounts when their owner does not need them (RI and Savings Plans
    /// discount sharing; on by default in an organization).
    pub sharing: bool,
    /// Whether usage whose Savings Plan rate equals its On-Demand rate consumes commitment; it does in AWS's
    /// own example (Lambda requests).
    pub cover_zero_discount: bool,
    /// Whether usage without an On-Demand price is left out of the bill (and named), or an error.
    pub allow_unpriced: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sharing: true,
            cover_zero_discount: true,
            allow_unpriced: false,
        }
    }
}

/// One stream of On-Demand usage with its prices.
#[derive(Debug, Clone)]
pub struct Line {
    /// Index of its key in the demand.
    pub key: usize,
    /// Who uses it.
    pub account: Account,
    /// Its public On-Demand rate, which decides the order of application.
    pub on_demand: Rate<InstanceHour>,
    /// What is paid for an hour that nothing covers: the public rate, less what was negotiated.
    pub contracted: Rate<InstanceHour>,
    /// Units of reservation that one instance needs: normalized units in quarters in a size-flexible pool,
    /// otherwise 1.
    pub units: u64,
}

/// Reservations that can stand in for each other, and the usage they serve.
#[derive(Debug, Clone)]
pub struct Pool {
    /// Whether it is of one Availability Zone.
    pub zonal: bool,
    /// In order of application: each owner's own usage, then that of its sharing group, then everybody's.
    pub passes: Vec<PoolPass>,
}

/// Reservations with lines that they may serve.
#[derive(Debug, Clone)]
pub struct PoolPass {
    /// Those of one owner in a row, by id.
    pub reservations: Vec<usize>,
    /// Smallest size first.
    pub lines: Vec<u32>,
}

/// One purchase of Reserved Instances as the hour sees it.
#[derive(Debug, Clone)]
pub struct Reservation {
    /// Index in the portfolio.
    pub index: usize,
    /// Units one of its instances provides, in the measure of its pool.
    pub units: u64,
    /// The hours it is alive.
    pub alive: HourSpan,
    /// What is paid for one instance.
    pub fee: ReservedFee,
}

/// Spot usage, which no commitment covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpotLine {
    /// Index of its key in the demand.
    pub key: usize,
    /// Its public rate.
    pub public: Rate<InstanceHour>,
    /// What is paid.
    pub contracted: Rate<InstanceHour>,
}

/// One Savings Plan as the hour sees it.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Index in the portfolio.
    pub index: usize,
    /// The account that owns it.
    pub account: Account,
    /// The hours it is alive.
    pub alive: HourSpan,
    /// What is paid of its commitment.
    pub fee: PlanFee,
}

/// Plans that have the same rates: same kind, scope, term and payment option.
#[derive(Debug, Clone)]
pub struct PlanGroup {
    /// What they cover.
    pub scope: SavingsPlanScope,
    /// Their length.
    pub term: Term,
    /// When they are paid.
    pub payment_option: PaymentOption,
    /// The plans, by id.
    pub plans: Vec<usize>,
}

/// A line under a group of plans, at its rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The line.
    pub line: u32,
    /// The group.
    pub group: u32,
    /// The Savings Plan rate in steps of 1e-10 dollars.
    pub rate: u64,
}

/// All plans of one kind with the lines they serve.
#[derive(Debug, Clone, Default)]
pub struct PlanStage {
    /// In order of application: each owner's own usage, then that of its sharing group, then everybody's. Plans,
    /// and the lines under them, highest savings percentage first.
    pub passes: Vec<(Vec<usize>, Vec<Entry>)>,
}

/// How much of each commitment is owned; separate, so that the optimiser can try amounts on one setup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amounts {
    /// Count of instances for each reservation.
    pub counts: Vec<u64>,
    /// Dollars an hour for each plan.
    pub commitments: Vec<Money>,
}

/// Everything an hour needs to know.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Lines in the order of their keys.
    pub lines: Vec<Line>,
    /// Spot usage.
    pub spot: Vec<SpotLine>,
    /// Reservations in the portfolio's order.
    pub reservations: Vec<Reservation>,
    /// Pools of zonal, then of regional Reserved Instances.
    pub pools: Vec<Pool>,
    /// Plans in the portfolio's order.
    pub plans: Vec<Plan>,
    /// Groups of plans.
    pub groups: Vec<PlanGroup>,
    /// EC2 Instance Savings Plans, then Compute Savings Plans.
    pub stages: [PlanStage; 2],
    /// Usage left out for want of an On-Demand price (only when the settings allow it).
    pub unpriced: Vec<(usize, MissingPrice)>,
    /// Savings Plan rates that are missing: there the plan is taken not to cover the usage.
    pub without_plan_rate: Vec<MissingPrice>,
    /// Whom commitments serve beside their owner.
    pub sharing: Sharing,
}

/// Prices that are missing for a bill.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} of the usage has no price; the first: {}", .0.len(), .0.first().map(ToString::to_string).unwrap_or_default())]
pub struct SetupError(pub Vec<MissingPrice>);

/// What a key's usage is priced as: demand and prices do not know each other.
pub fn product_of(key: &DemandKey) -> Product {
    Product {
        region: key.region,
        instance_type: key.instance_type,
        platform: key.platform,
        tenancy: key.tenancy,
    }
}

impl Setup {
    /// Resolves `demand` and `portfolio` with `rates`.
    ///
    /// # Errors
    /// [`SetupError`] names every product without On-Demand (or Spot) rate, unless the settings allow it.
    pub fn new(
        demand: &Demand,
        portfolio: &Portfolio,
        rates: &impl Rates,
        settings: Settings,
    ) -> Result<Self, SetupError> {
        let mut setup = Self::priced(demand, rates, settings)?;
        if settings.sharing {
            setup.sharing = portfolio.sharing.clone();
        }
        setup.add_reservations(demand, &portfolio.reserved_instances, rates.contract());
        setup.add_plans(demand, &portfolio.savings_plans, rates, settings);
        Ok(setup)
    }

    /// The amounts that `portfolio` owns.
    pub fn amounts(portfolio: &Portfolio) -> Amounts {
        Amounts {
            counts: portfolio
                .reserved_instances
                .iter()
                .map(|ri| u64::from(ri.count))
                .collect(),
            commitments: portfolio
                .savings_plans
                .iter()
                .map(|plan| plan.commitment)
                .collect(),
        }
    }

    /// Lines and Spot usage with their rates, no commitments yet.
    fn priced(demand: &Demand, rates: &impl Rates, settings: Settings) -> Result<Self, SetupError> {
        let mut setup = Self {
            lines: Vec::new(),
            spot: Vec::new(),
            reservations: Vec::new(),
            pools: Vec::new(),
            plans: Vec::new(),
            groups: Vec::new(),
            stages: [PlanStage::default(), PlanStage::default()],
            unpriced: Vec::new(),
            without_plan_rate: Vec::new(),
            sharing: Sharing::Off,
        };
        let contract = rates.contract();
        for (index, key) in demand.keys().iter().enumerate() {
            let product = product_of(key);
            // The host, or the block, was paid for as a whole.
            if key.tenancy == Tenancy::Host || key.market == Market::CapacityBlock {
                if let Some(missing) = licence_in_whole(key, product) {
                    setup.unpriced.push((index, missing));
                }
                continue;
            }
            let rate = match key.market {
                Market::Spot => rates.spot(product),
                _ => rates.on_demand(product),
            };
            match (rate, key.market) {
                (Err(missing), _) => setup.unpriced.push((index, missing)),
                (Ok(public), Market::Spot) => setup.spot.push(SpotLine {
                    key: index,
                    public,
                    contracted: contract.map_or(public, |c| c.spot(public)),
                }),
                (Ok(on_demand), _) => {
                    let units = units(key.instance_type, key.platform, key.tenancy);
                    setup.lines.push(Line {
                        key: index,
                        account: key.account,
                        on_demand,
                        contracted: contract.map_or(on_demand, |c| c.on_demand(product, on_demand)),
                        units,
                    });
                }
            }
        }
        if setup.unpriced.is_empty() || settings.allow_unpriced {
            return Ok(setup);
        }
        let mut missing: Vec<MissingPrice> = setup.unpriced.into_iter().map(|(_, m)| m).collect();
        missing.dedup();
        Err(SetupError(missing))
    }

    /// Groups the Reserved Instances into pools, zonal ones first.
    fn add_reservations(
        &mut self,
        demand: &Demand,
        owned: &[ReservedInstance],
        contract: Option<&Contract>,
    ) {
        let mut members: BTreeMap<PoolKey, Vec<usize>> = BTreeMap::new();
        for (index, ri) in owned.iter().enumerate() {
            let units = units(ri.instance_type, ri.platform, ri.tenancy);
            self.reservations.push(Reservation {
                index,
                units,
                alive: ri.alive,
                fee: reserved_fee(ri.fee, ri.alive.start(), contract),
            });
            members
                .entry(PoolKey::of_reservation(ri))
                .or_default()
                .push(index);
        }
        let mut lines: BTreeMap<PoolKey, Vec<u32>> = BTreeMap::new();
        for (index, line) in (0_u32..).zip(&self.lines) {
            let key = &demand.keys()[line.key];
            if !may_be_reserved(key) {
                continue;
            }
            for pool in PoolKey::of_usage(key) {
                if members.contains_key(&pool) {
                    lines.entry(pool).or_default().push(index);
                }
            }
        }
        for (key, mut reservations) in members {
            let mut served = lines.remove(&key).unwrap_or_default();
            served.sort_by_key(|&line| self.lines[line as usize].units);
            reservations.sort_by_key(|&r| (owned[r].account, &owned[r].id));
            let account = |&r: &usize| owned[r].account;
            let passes = scopes(reservations.iter().map(account), &self.sharing)
                .into_iter()
                .map(|scope| self.pool_pass(&reservations, account, &served, &scope))
                .collect();
            self.pools.push(Pool {
                zonal: matches!(key, PoolKey::Zonal(..)),
                passes,
            });
        }
    }

    /// The reservations and lines of the accounts in `scope`.
    fn pool_pass(
        &self,
        reservations: &[usize],
        account: impl Fn(&usize) -> Account,
        served: &[u32],
        scope: &Scope<'_>,
    ) -> PoolPass {
        let own = |line: &u32| scope.holds(self.lines[*line as usize].account);
        let reservations = reservations.iter().copied();
        PoolPass {
            reservations: reservations.filter(|r| scope.holds(account(r))).collect(),
            lines: served.iter().copied().filter(own).collect(),
        }
    }

    /// Groups the plans and ranks the lines they serve.
    fn add_plans(
        &mut self,
        demand: &Demand,
        owned: &[SavingsPlan],
        rates: &impl Rates,
        settings: Settings,
    ) {
        let mut groups: BTreeMap<(SavingsPlanScope, Term, PaymentOption), Vec<usize>> =
            BTreeMap::new();
        for (index, plan) in owned.iter().enumerate() {
            self.plans.push(Plan {
                index,
                account: plan.account,
                alive: plan.alive,
                fee: PlanFee::of(plan, rates.contract()),
            });
            groups
                .entry((plan.scope, plan.term, plan.payment_option))
                .or_default()
                .push(index);
        }
        for ((scope, term, payment_option), mut plans) in groups {
            plans.sort_by_key(|&plan| (owned[plan].account, &owned[plan].id));
            self.groups.push(PlanGroup {
                scope,
                term,
                payment_option,
                plans,
            });
        }
        for (stage, kind) in [SavingsPlanKind::Ec2Instance, SavingsPlanKind::Compute]
            .iter()
            .enumerate()
        {
            let mut entries = self.entries(demand, *kind, rates, settings);
            self.rank(&mut entries);
            self.stages[stage] = self.stage(&entries, *kind);
        }
        // Each missing rate once, however many accounts and plans ask for it.
        self.without_plan_rate
            .sort_by(|a, b| (a.product, &a.wanted).cmp(&(b.product, &b.wanted)));
        self.without_plan_rate.dedup();
    }

    /// Every line under every group of one kind, at its rate.
    fn entries(
        &mut self,
        demand: &Demand,
        kind: SavingsPlanKind,
        rates: &impl Rates,
        settings: Settings,
    ) -> Vec<Entry> {
        let mut entries = Vec::new();
        for (number, group) in (0_u32..).zip(&self.groups) {
            if group.scope.kind() != kind {
                continue;
            }
            for (index, line) in (0_u32..).zip(&self.lines) {
                let key = &demand.keys()[line.key];
                if key.market != Market::OnDemand
                    || !group.scope.covers(key.instance_type.family(), key.region)
                {
                    continue;
                }
                match rates.savings_plan(product_of(key), kind, group.term, group.payment_option) {
                    Ok(rate) if is_covered(rate, line.on_demand, settings) => {
                        entries.push(Entry {
                            line: index,
                            group: number,
                            rate: rate.steps(),
                        });
                    }
                    Ok(_) => {}
                    Err(missing) => self.without_plan_rate.push(missing),
                }
            }
        }
        entries
    }

    /// Orders entries as AWS applies them: highest savings percentage first, of equal ones the lowest
    /// Savings Plan rate. Percentages are compared as exact fractions: rounding would make false ties.
    fn rank(&self, entries: &mut [Entry]) {
        let on_demand = |entry: &Entry| self.lines[entry.line as usize].on_demand.steps();
        entries.sort_by(|a, b| {
            // a.rate / a.on_demand < b.rate / b.on_demand, without division.
            let left = u128::from(a.rate) * u128::from(on_demand(b));
            let right = u128::from(b.rate) * u128::from(on_demand(a));
            left.cmp(&right)
                .then(a.rate.cmp(&b.rate))
                .then(a.line.cmp(&b.line))
        });
    }

    /// The passes over ranked entries.
    fn stage(&mut self, entries: &[Entry], kind: SavingsPlanKind) -> PlanStage {
        let groups = self
            .groups
            .iter()
            .filter(|group| group.scope.kind() == kind);
        let mut plans: Vec<usize> = groups
            .flat_map(|group| group.plans.iter().copied())
            .collect();
        plans.sort_by_key(|&plan| self.plans[plan].account);
        let sharing = self.sharing.clone();
        let owners: Vec<Account> = plans.iter().map(|&plan| self.plans[plan].account).collect();
        let passes = scopes(owners.into_iter(), &sharing)
            .into_iter()
            .map(|scope| {
                let account = |&&plan: &&usize| scope.holds(self.plans[plan].account);
                let plans: Vec<usize> = plans.iter().filter(account).copied().collect();
                let entries = self.entries_within(&plans, entries, &scope);
                (plans, entries)
            });
        PlanStage {
            passes: passes.collect(),
        }
    }

    /// The entries of the usage in `scope` under its own `plans`, which become groups of their own.
    fn entries_within(
        &mut self,
        plans: &[usize],
        entries: &[Entry],
        scope: &Scope<'_>,
    ) -> Vec<Entry> {
        if matches!(scope, Scope::All) {
            return entries.to_vec();
        }
        let mut own_groups: BTreeMap<u32, u32> = BTreeMap::new();
        let mut own = Vec::new();
        for entry in entries {
            if !scope.holds(self.lines[entry.line as usize].account) {
                continue;
            }
            let own_group = *own_groups
                .entry(entry.group)
                .or_insert_with(|| own_group(&mut self.groups, entry.group, plans));
            own.push(Entry {
                group: own_group,
                ..*entry
            });
        }
        own
    }

    /// Units that a reservation of `count` instances provides in an hour, in ticks.
    pub(super) fn capacity(&self, reservation: usize, count: u64) -> u128 {
        u128::from(self.reservations[reservation].units)
            * u128::from(count)
            * u128::from(TICKS_PER_HOUR)
    }
}

/// The accounts that take part in a pass.
enum Scope<'a> {
    /// One, as owner and user.
    Owner(Account),
    /// Those of a sharing group.
    Group(&'a [Account]),
    /// Every one.
    All,
}

impl Scope<'_> {
    fn holds(&self, account: Account) -> bool {
        match self {
            Self::Owner(owner) => *owner == account,
            Self::Group(group) => group.contains(&account),
            Self::All => true,
        }
    }
}

/// The passes of commitments of these `owners`, who stand in order: their own usage first.
fn scopes(owners: impl Iterator<Item = Account>, sharing: &Sharing) -> Vec<Scope<'_>> {
    let mut owners: Vec<Account> = owners.collect();
    owners.dedup();
    let shares = |group: &&Vec<Account>| owners.iter().any(|owner| group.contains(owner));
    let groups = sharing.groups().iter().filter(shares);
    let groups: Vec<Scope<'_>> = groups.map(|group| Scope::Group(group)).collect();
    let mut scopes: Vec<Scope<'_>> = owners.into_iter().map(Scope::Owner).collect();
    scopes.extend(groups);
    scopes.extend(sharing.reaches_all().then_some(Scope::All));
    scopes
}

/// Adds the group that has only those plans of `group` that are among `plans`; gives its index.
fn own_group(groups: &mut Vec<PlanGroup>, group: u32, plans: &[usize]) -> u32 {
    let mut own = groups[group as usize].clone();
    own.plans.retain(|plan| plans.contains(plan));
    groups.push(own);
    u32::try_from(groups.len() - 1).unwrap_or(u32::MAX)
}

/// The measure of an instance in its pools: normalized units in quarters where sizes may stand in for each
/// other, otherwise 1. A zonal pool has one type only, so either measure serves it.
fn units(instance_type: InstanceType, platform: Platform, tenancy: Tenancy) -> u64 {
    match instance_type.quarter_units() {
        Some(units) if is_size_flexible(instance_type, platform, tenancy) => units,
        _ => 1,
    }
}

/// A plan covers usage that it makes cheaper, and usage it leaves as dear if the settings say so.
fn is_covered(rate: Rate<InstanceHour>, on_demand: Rate<InstanceHour>, settings: Settings) -> bool {
    !rate.is_zero() && (rate < on_demand || (rate == on_demand && settings.cover_zero_discount))
}

/// What distinguishes pools. Zonal ones come first in the order, as in AWS's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum PoolKey {
    Zonal(crate::catalog::Zone, Product),
    Exact(Product),
    Flexible(Family, Region),
}

impl PoolKey {
    fn of_reservation(ri: &ReservedInstance) -> Self {
        let product = Product {
            region: ri.region,
            instance_type: ri.instance_type,
            platform: ri.platform,
            tenancy: ri.tenancy,
        };
        match ri.scope {
            ReservedScope::Zonal(zone) => Self::Zonal(zone, product),
            ReservedScope::Regional if ri.is_size_flexible() => {
                Self::Flexible(ri.instance_type.family(), ri.region)
            }
            ReservedScope::Regional => Self::Exact(product),
        }
    }

    /// The pools that may serve usage: its zone's, and its region's.
    fn of_usage(key: &DemandKey) -> impl Iterator<Item = Self> {
        let product = product_of(key);
        let zonal = key.zone.map(|zone| Self::Zonal(zone, product));
        let regional = if is_size_flexible(key.instance_type, key.platform, key.tenancy) {
            Self::Flexible(key.instance_type.family(), key.region)
        } else {
            Self::Exact(product)
        };
        zonal.into_iter().chain([regional])
    }
}
