//! Resolves prices and scopes once, so that an hour is only arithmetic.

use std::collections::BTreeMap;

use super::capacity::{licence_in_whole, may_be_reserved};
use super::paid::{PlanFee, reserved_fee};
use super::rates::Rates;
use super::scope::{Scope, scopes};
use super::service_lines::{Coverable, ServiceLine, ServiceUse};
use super::services::ServiceBill;
use super::spot::{SpotLine, with_rerun};
use crate::catalog::{
    Account, Family, InstanceType, PaymentOption, Platform, Region, Tenancy, Term, is_size_flexible,
};
use crate::commitment::{
    Portfolio, ReservedFee, ReservedInstance, ReservedScope, SavingsPlanScope, Sharing,
};
use crate::demand::{Demand, DemandKey, Market};
use crate::prices::{Contract, MissingPrice, MissingService, Product};
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
    /// Spot hours that are run again after interruptions, for each hour of usage that may run on Spot
    /// (`Market::SpotEligible`), in millionths.
    pub rerun_millionths: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sharing: true,
            cover_zero_discount: true,
            allow_unpriced: false,
            rerun_millionths: 0,
        }
    }
}

/// What a bill is of.
#[derive(Debug, Clone, Copy)]
pub struct Usage<'a> {
    /// Instances.
    pub demand: &'a Demand,
    /// What was used beside them, as it costs without plans; `None` where a bill is of instances alone.
    pub beside: Option<&'a ServiceBill<'a>>,
}

impl<'a> From<&'a Demand> for Usage<'a> {
    fn from(demand: &'a Demand) -> Self {
        Self {
            demand,
            beside: None,
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
    /// Whether it is slots of Capacity Reservations in which nothing ran.
    pub is_idle: bool,
    /// Where it runs on Spot unless something covers it: its public On-Demand rate. The two rates are then what Spot
    /// costs, hours run again included.
    pub instead_of_spot: Option<Rate<InstanceHour>>,
}

impl Line {
    /// The rate below which a Savings Plan covers it: AWS compares with On-Demand, whatever else could be done.
    pub fn covered_below(&self) -> Rate<InstanceHour> {
        self.instead_of_spot.unwrap_or(self.on_demand)
    }
}

/// Reservations that can stand in for each other, and the usage they serve.
#[derive(Debug, Clone)]
pub struct Pool {
    /// Whether it is of one Availability Zone.
    pub zonal: bool,
    /// In order of application: each owner's own usage, then that of its sharing group, then everybody's.
    pub passes: Vec<PoolPass>,
    /// The same for slots in which nothing ran. Zonal Reserved Instances reserve capacity themselves: they have none.
    pub idle: Vec<PoolPass>,
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
    /// The line: first those of instances, then those beside them.
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
    /// The same for slots in which nothing ran.
    pub idle: Vec<(Vec<usize>, Vec<Entry>)>,
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
    /// Lines of instances in the order of their keys.
    pub lines: Vec<Line>,
    /// Lines of what plans may cover beside instances, and their use. Their numbers follow those of the instances.
    pub beside: ServiceUse,
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
    /// EC2 Instance Savings Plans, then Compute Savings Plans; and Database Savings Plans, which serve what neither does.
    pub stages: [PlanStage; 3],
    /// Usage left out for want of an On-Demand price (only when the settings allow it).
    pub unpriced: Vec<(usize, MissingPrice)>,
    /// Savings Plan rates that are missing: there the plan is taken not to cover the usage.
    pub without_plan_rate: Vec<MissingPrice>,
    /// The same beside instances.
    pub without_service_plan_rate: Vec<MissingService>,
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

/// What a Reserved Instance reserves, as what is priced.
pub fn reserved_product(ri: &ReservedInstance) -> Product {
    Product {
        region: ri.region,
        instance_type: ri.instance_type,
        platform: ri.platform,
        tenancy: ri.tenancy,
    }
}

impl Setup {
    /// Resolves `usage` and `portfolio` with `rates`.
    ///
    /// # Errors
    /// [`SetupError`] names every product without On-Demand (or Spot) rate, unless the settings allow it.
    pub fn new<'a>(
        usage: impl Into<Coverable<'a>>,
        portfolio: &Portfolio,
        rates: &impl Rates,
        settings: Settings,
    ) -> Result<Self, SetupError> {
        let Coverable { demand, beside } = usage.into();
        let mut setup = Self::priced(demand, rates, settings)?;
        setup.beside = beside;
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
        let mut setup = Self::empty();
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
            if key.market == Market::Spot {
                match SpotLine::priced(demand, index, rates) {
                    Ok(line) => setup.spot.push(line),
                    Err(missing) => setup.unpriced.push((index, missing)),
                }
                continue;
            }
            match rates.on_demand(product) {
                Err(missing) => setup.unpriced.push((index, missing)),
                Ok(on_demand) => {
                    let units = units(key.instance_type, key.platform, key.tenancy);
                    setup.lines.push(Line {
                        key: index,
                        account: key.account,
                        on_demand,
                        contracted: contract.map_or(on_demand, |c| c.on_demand(product, on_demand)),
                        units,
                        is_idle: key.market == Market::UnusedCapacity,
                        instead_of_spot: None,
                    });
                    if key.market == Market::SpotEligible {
                        setup.spot_instead(product, rates, settings);
                    }
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

    /// Puts the last line on Spot where nothing covers it, if that is cheaper than On-Demand.
    ///
    /// Without a Spot price it stays On-Demand: whoever sets usage apart for Spot says so.
    fn spot_instead(&mut self, product: Product, rates: &impl Rates, settings: Settings) {
        let (Some(line), Ok(spot)) = (self.lines.last_mut(), rates.spot(product)) else {
            return;
        };
        let again = |rate| with_rerun(rate, settings.rerun_millionths);
        let contracted = again(rates.contract().map_or(spot, |c| c.spot(spot)));
        if contracted < line.contracted {
            line.instead_of_spot = Some(line.on_demand);
            (line.on_demand, line.contracted) = (again(spot), contracted);
        }
    }

    fn empty() -> Self {
        Self {
            lines: Vec::new(),
            beside: ServiceUse::default(),
            spot: Vec::new(),
            reservations: Vec::new(),
            pools: Vec::new(),
            plans: Vec::new(),
            groups: Vec::new(),
            stages: Default::default(),
            unpriced: Vec::new(),
            without_plan_rate: Vec::new(),
            without_service_plan_rate: Vec::new(),
            sharing: Sharing::Off,
        }
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
        let hosts = (0_u32..).zip(self.services());
        for (index, service) in hosts {
            let family = service.item.host_family().map(Family::new);
            let pool = family.map(|family| PoolKey::Hosts(service.account, family, service.region));
            if let Some(pool) = pool.filter(|pool| members.contains_key(pool)) {
                let first = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
                lines.entry(pool).or_default().push(first + index);
            }
        }
        for (key, mut reservations) in members {
            let mut served = lines.remove(&key).unwrap_or_default();
            // What may run on Spot does, before it takes a reservation from what may not.
            served.sort_by_key(|&line| (self.may_be_spot(line), self.units_of(line)));
            reservations.sort_by_key(|&r| (owned[r].account, &owned[r].id));
            let account = |&r: &usize| owned[r].account;
            let passes = |served: &[u32]| {
                scopes(reservations.iter().map(account), &self.sharing)
                    .into_iter()
                    .map(|scope| self.pool_pass(&reservations, account, served, &scope))
                    .collect()
            };
            let zonal = matches!(key, PoolKey::Zonal(..));
            let is_idle = |&line: &u32| self.is_idle(line);
            let (idle, running): (Vec<u32>, Vec<u32>) = served.into_iter().partition(is_idle);
            let pool = Pool {
                zonal,
                passes: passes(&running),
                idle: if zonal || idle.is_empty() {
                    Vec::new()
                } else {
                    passes(&idle)
                },
            };
            self.pools.push(pool);
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
        let own = |line: &u32| scope.holds(self.account_of(*line));
        let reservations = reservations.iter().copied();
        PoolPass {
            reservations: reservations.filter(|r| scope.holds(account(r))).collect(),
            lines: served.iter().copied().filter(own).collect(),
        }
    }

    /// Lines of what plans may cover beside instances.
    pub fn services(&self) -> &[ServiceLine] {
        self.beside.lines()
    }

    /// How many lines there are, of instances and beside them.
    pub fn line_count(&self) -> usize {
        self.lines.len() + self.services().len()
    }

    /// The line of what is used beside instances that has a number; `None` of instances.
    pub fn service(&self, line: u32) -> Option<&ServiceLine> {
        self.services()
            .get((line as usize).checked_sub(self.lines.len())?)
    }

    /// A line's public On-Demand rate in steps of 1e-10 dollars.
    pub fn on_demand_steps(&self, line: u32) -> u64 {
        match self.service(line) {
            Some(service) => service.on_demand.steps(),
            None => self.lines[line as usize].on_demand.steps(),
        }
    }

    /// What is paid for a unit of a line that nothing covers, in steps of 1e-10 dollars.
    pub fn contracted_steps(&self, line: u32) -> u64 {
        match self.service(line) {
            Some(service) => service.contracted.steps(),
            None => self.lines[line as usize].contracted.steps(),
        }
    }

    /// Who uses a line.
    pub fn account_of(&self, line: u32) -> Account {
        match self.service(line) {
            Some(service) => service.account,
            None => self.lines[line as usize].account,
        }
    }

    /// Units of reservation that one of a line needs; a host is one of its pool.
    pub(super) fn units_of(&self, line: u32) -> u64 {
        self.lines.get(line as usize).map_or(1, |line| line.units)
    }

    /// Whether a line runs on Spot unless something covers it.
    pub(super) fn may_be_spot(&self, line: u32) -> bool {
        let instances = self.lines.get(line as usize);
        instances.is_some_and(|line| line.instead_of_spot.is_some())
    }

    /// Whether a line is slots in which nothing ran.
    pub(super) fn is_idle(&self, line: u32) -> bool {
        let instances = self.lines.get(line as usize);
        instances.is_some_and(|line| line.is_idle)
    }

    /// Units that a reservation of `count` instances provides in an hour, in ticks.
    pub(super) fn capacity(&self, reservation: usize, count: u64) -> u128 {
        u128::from(self.reservations[reservation].units)
            * u128::from(count)
            * u128::from(TICKS_PER_HOUR)
    }
}

/// The measure of an instance in its pools: normalized units in quarters where sizes may stand in for each
/// other, otherwise 1. A zonal pool has one type only, so either measure serves it.
fn units(instance_type: InstanceType, platform: Platform, tenancy: Tenancy) -> u64 {
    match instance_type.quarter_units() {
        Some(units) if is_size_flexible(instance_type, platform, tenancy) => units,
        _ => 1,
    }
}

/// What distinguishes pools. Zonal ones come first in the order, as in AWS's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum PoolKey {
    Zonal(crate::catalog::Zone, Product),
    Exact(Product),
    Flexible(Family, Region),
    /// A reservation of hosts belongs to hosts of its account.
    Hosts(Account, Family, Region),
}

impl PoolKey {
    fn of_reservation(ri: &ReservedInstance) -> Self {
        let product = reserved_product(ri);
        match ri.scope {
            ReservedScope::Zonal(zone) => Self::Zonal(zone, product),
            ReservedScope::Hosts => Self::Hosts(ri.account, ri.instance_type.family(), ri.region),
            ReservedScope::Regional if ri.is_size_flexible() => {
                Self::Flexible(ri.instance_type.family(), ri.region)
            }
            ReservedScope::Regional => Self::Exact(product),
        }
    }

    /// The pools that may serve usage: its zone's, and its region's.
    fn of_usage(key: &DemandKey) -> impl Iterator<Item = Self> {
        let product = product_of(key);
        // R95: what runs in a Capacity Reservation has its capacity from there.
        let apart = key.capacity_reservation().is_none();
        let zonal = key.zone.filter(|_| apart);
        let zonal = zonal.map(|zone| Self::Zonal(zone, product));
        let regional = if is_size_flexible(key.instance_type, key.platform, key.tenancy) {
            Self::Flexible(key.instance_type.family(), key.region)
        } else {
            Self::Exact(product)
        };
        zonal.into_iter().chain([regional])
    }
}
