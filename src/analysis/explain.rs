//! One hour of a bill, derived: what was used, who was served in which order by what, and what was left.
//!
//! The engine runs the hour with books that record every step; costs are those of the same hour's charges. Nothing is
//! worked out a second time here.

use std::collections::BTreeMap;

use crate::billing::{
    ChargeKind, Charges, Granularity, Ledger, Rates, ServiceCharge, Settings, Setup, SetupError,
    Usage, all_charges, run,
};
use crate::catalog::{Account, SavingsPlanKind};
use crate::commitment::{Portfolio, ReservedScope};
use crate::demand::{Demand, ServiceKey};
use crate::units::{Hour, HourSpan, Metered, Money, Quantity, Rate};

/// An hour, explained. Quantities are instance-hours, or beside instances units of the item. Keys of the demand and
/// commitments are indices of its and the portfolio's lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The hour.
    pub hour: Hour,
    /// What was used.
    pub usage: Vec<ExplainedUsage>,
    /// What of it is beside instances, at one rate each.
    pub beside: Vec<ExplainedService>,
    /// In which order plans serve what Reserved Instances leave.
    pub ranks: Vec<Rank>,
    /// What commitments covered, in the order they did.
    pub steps: Vec<Step>,
    /// What was left, Spot, and what nobody used of commitments.
    pub rest: Vec<Rest>,
    /// What the hour costs, accrued.
    pub total: Money,
}

/// What a line of an explanation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Instances: index of the demand's key.
    Instances(usize),
    /// Use beside them: index of the explanation's list.
    Beside(usize),
}

/// Use beside instances, at one rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedService {
    /// Who used what where.
    pub key: ServiceKey,
    /// Its On-Demand rate; zero for what is free.
    pub rate: Rate<Metered>,
    /// Its unit.
    pub unit: String,
}

/// Usage of one key in the hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExplainedUsage {
    /// What was used.
    pub subject: Subject,
    /// How much.
    pub quantity: Quantity<Metered>,
    /// Its On-Demand (or Spot) rate; `None` where it has no price and is in no total.
    pub rate: Option<Rate<Metered>>,
}

/// A line under plans of one kind, term and payment option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rank {
    /// The kind of the plans.
    pub kind: SavingsPlanKind,
    /// Its place in the order, counted from 1.
    pub rank: usize,
    /// The line.
    pub subject: Subject,
    /// The plans that are alive.
    pub plans: Vec<usize>,
    /// Savings Plan rate.
    pub rate: Rate<Metered>,
    /// On-Demand rate: the saving is 1 - rate / On-Demand rate.
    pub on_demand: Rate<Metered>,
}

/// One commitment covers usage of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The commitment: [`ChargeKind::Reserved`] or [`ChargeKind::SavingsPlan`].
    pub by: ChargeKind,
    /// What it covers.
    pub subject: Subject,
    /// How much of it.
    pub covered: Quantity<Metered>,
    /// How much is not covered yet after the step.
    pub left: Quantity<Metered>,
    /// Its share of the commitment's effective cost.
    pub cost: Money,
    /// Why it was its turn.
    pub rule: Rule,
}

/// What is no step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    /// On-Demand, Spot or the unused part of a commitment.
    pub kind: ChargeKind,
    /// What was used; nothing of what nobody used.
    pub subject: Option<Subject>,
    /// How much.
    pub quantity: Quantity<Metered>,
    /// What it costs.
    pub cost: Money,
}

/// A rule of docs/billing-rules.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its numbers there.
    pub ids: &'static str,
    /// What it says here.
    pub text: &'static str,
}

/// Explains one hour of `usage` under `portfolio`: instances, and what was used beside them where that is given.
///
/// # Errors
/// [`SetupError`] when usage has no price and the settings do not allow that.
pub fn explain<'a>(
    usage: impl Into<Usage<'a>>,
    portfolio: &Portfolio,
    rates: &impl Rates,
    settings: Settings,
    hour: Hour,
) -> Result<Explanation, SetupError> {
    let usage: Usage<'a> = usage.into();
    let window = HourSpan::new(hour, hour.plus(1));
    let demand = usage.demand.within(window);
    let beside = usage.beside.map(|bill| bill.during(window));
    let usage = Usage {
        demand: &demand,
        beside: beside.as_ref(),
    };
    let charges = all_charges(usage, portfolio, rates, settings, Granularity::Hour)?;
    let explained = Hourly {
        setup: Setup::new(usage, portfolio, rates, settings)?,
        portfolio,
        demand: &demand,
        beside: Beside::of(usage, &charges),
    };
    let total = charges.instances.iter().map(|charge| charge.effective);
    let others = charges.beside.iter().map(|(_, charge)| charge.effective);
    Ok(Explanation {
        hour,
        usage: explained.usage(),
        ranks: explained.ranks(hour),
        steps: explained.steps(&charges),
        rest: explained.rest(&charges),
        total: total.chain(others).sum(),
        beside: explained.beside.lines,
    })
}

/// Use beside instances by key and rate, with its quantities.
struct Beside {
    lines: Vec<ExplainedService>,
    quantities: Vec<Quantity<Metered>>,
    places: BTreeMap<(ServiceKey, Rate<Metered>), usize>,
    /// The place of each of the hour's lines beside instances, by the number of its charge.
    of_charge: Vec<Option<usize>>,
}

impl Beside {
    fn of(usage: Usage<'_>, charges: &Charges<'_>) -> Self {
        let mut beside = Self {
            lines: Vec::new(),
            quantities: Vec::new(),
            places: BTreeMap::new(),
            of_charge: Vec::new(),
        };
        let Some(bill) = usage.beside else {
            return beside;
        };
        for (_, charge) in &charges.beside {
            let place = (charge.key.clone(), charge.rate);
            let next = beside.lines.len();
            let at = *beside.places.entry(place).or_insert(next);
            if at == next {
                let price = bill
                    .prices
                    .get(&(charge.key.region, charge.key.item.clone()));
                let unit = price.map_or("", |price| price.public.value.unit());
                beside.lines.push(ExplainedService {
                    key: charge.key.clone(),
                    rate: charge.rate,
                    unit: unit.to_owned(),
                });
                beside.quantities.push(Quantity::ZERO);
            }
            beside.quantities[at] += charge.quantity;
        }
        let places = bill.charges.iter();
        beside.of_charge = places.map(|charge| beside.place(charge)).collect();
        beside
    }

    fn place(&self, charge: &ServiceCharge<'_>) -> Option<usize> {
        let place = (charge.key.clone(), charge.rate);
        self.places.get(&place).copied()
    }
}

/// The hour, while it is explained.
struct Hourly<'a> {
    setup: Setup,
    portfolio: &'a Portfolio,
    demand: &'a Demand,
    beside: Beside,
}

/// Instance-hours as units.
fn metered<U>(quantity: Quantity<U>) -> Quantity<Metered> {
    Quantity::from_ticks(quantity.ticks())
}

fn is_rest(kind: ChargeKind) -> bool {
    matches!(
        kind,
        ChargeKind::OnDemand
            | ChargeKind::Spot
            | ChargeKind::UnusedReserved(_)
            | ChargeKind::UnusedSavingsPlan(_)
    )
}

impl Hourly<'_> {
    /// What a line of the setup is about.
    fn subject(&self, line: u32) -> Option<Subject> {
        match self.setup.service(line) {
            None => Some(Subject::Instances(self.setup.lines[line as usize].key)),
            Some(service) => {
                let place = self.beside.of_charge.get(service.charge).copied();
                place.flatten().map(Subject::Beside)
            }
        }
    }

    fn quantity(&self, subject: Subject) -> Quantity<Metered> {
        match subject {
            Subject::Instances(key) => metered(self.demand.total(key)),
            Subject::Beside(place) => self.beside.quantities[place],
        }
    }

    fn account(&self, subject: Subject) -> Account {
        match subject {
            Subject::Instances(key) => self.demand.keys()[key].account,
            Subject::Beside(place) => self.beside.lines[place].key.account,
        }
    }

    fn usage(&self) -> Vec<ExplainedUsage> {
        let lines = self.setup.lines.iter();
        let lines = lines.map(|line| (line.key, line.on_demand.steps()));
        let spot = self.setup.spot.iter();
        let spot = spot.filter_map(|line| Some((line.key, line.prices.first()?.public.steps())));
        let rates: BTreeMap<usize, u64> = lines.chain(spot).collect();
        let keys = 0..self.demand.keys().len();
        let used = keys.filter(|&key| self.demand.total(key) != Quantity::ZERO);
        let instances = used.map(|key| ExplainedUsage {
            subject: Subject::Instances(key),
            quantity: metered(self.demand.total(key)),
            rate: rates.get(&key).map(|&steps| Rate::from_steps(steps)),
        });
        let beside = self.beside.lines.iter().zip(&self.beside.quantities);
        let beside = beside
            .enumerate()
            .map(|(at, (line, &quantity))| ExplainedUsage {
                subject: Subject::Beside(at),
                quantity,
                rate: Some(line.rate),
            });
        instances.chain(beside).collect()
    }

    /// What commitments covered, in their order. A plan's share of its fee is cut from its running total, as a bill's is.
    fn steps(&self, charges: &Charges<'_>) -> Vec<Step> {
        let costs: BTreeMap<(Option<usize>, ChargeKind), Money> = charges
            .instances
            .iter()
            .map(|charge| ((charge.key, charge.kind), charge.effective))
            .collect();
        let amounts = Setup::amounts(self.portfolio);
        let books = run(&self.setup, &amounts, self.demand, 1, Recorded::default);
        let mut left: BTreeMap<Subject, Quantity<Metered>> = BTreeMap::new();
        let mut spent: BTreeMap<usize, Money> = BTreeMap::new();
        let mut steps = Vec::new();
        for (line, by, ticks, paid) in books.into_iter().flat_map(|books| books.0) {
            let Some(subject) = self.subject(line) else {
                continue;
            };
            let covered = Quantity::from_ticks(i128::from(ticks));
            let left = left
                .entry(subject)
                .or_insert_with(|| self.quantity(subject));
            *left = *left - covered;
            let cost = match (by, subject) {
                (ChargeKind::SavingsPlan(plan), _) => {
                    let fee = self.setup.plans[plan].fee;
                    let before = spent.entry(plan).or_insert(Money::ZERO);
                    let after = *before + Money::from_atoms(paid.cast_signed());
                    let cost = fee.effective(after) - fee.effective(*before);
                    *before = after;
                    cost
                }
                (_, Subject::Instances(key)) => {
                    costs.get(&(Some(key), by)).copied().unwrap_or(Money::ZERO)
                }
                (_, Subject::Beside(place)) => self.reserved_cost(charges, place, by),
            };
            steps.push(Step {
                by,
                subject,
                covered,
                left: *left,
                cost,
                rule: rule(
                    self.portfolio,
                    self.account(subject),
                    by,
                    *left > Quantity::ZERO,
                ),
            });
        }
        steps
    }

    /// What reserved hosts of a line cost.
    fn reserved_cost(&self, charges: &Charges<'_>, place: usize, by: ChargeKind) -> Money {
        let charges = charges.beside.iter().map(|(_, charge)| charge);
        let mine = charges.filter(|charge| {
            let by_it = charge.reservation.map(ChargeKind::Reserved) == Some(by);
            by_it && self.beside.place(charge) == Some(place)
        });
        mine.map(|charge| charge.effective).sum()
    }

    fn rest(&self, charges: &Charges<'_>) -> Vec<Rest> {
        let instances = charges.instances.iter();
        let instances = instances.filter(|charge| is_rest(charge.kind));
        let instances = instances.map(|charge| Rest {
            kind: charge.kind,
            subject: charge.key.map(Subject::Instances),
            quantity: metered(charge.quantity),
            cost: charge.effective,
        });
        let beside = charges.beside.iter().map(|(_, charge)| charge);
        let beside = beside.filter(|charge| charge.plan.is_none() && charge.reservation.is_none());
        let beside = beside.map(|charge| Rest {
            kind: ChargeKind::OnDemand,
            subject: self.beside.place(charge).map(Subject::Beside),
            quantity: charge.quantity,
            cost: charge.effective,
        });
        instances.chain(beside).collect()
    }

    /// The order of what is used in the hour, under plans that are alive in it.
    fn ranks(&self, hour: Hour) -> Vec<Rank> {
        let setup = &self.setup;
        let mut ranks: Vec<Rank> = Vec::new();
        for stage in &setup.stages {
            let mut rank = 0;
            // The last pass has everybody's usage; without sharing each owner's stands in its own.
            let shares = setup.sharing.reaches_all();
            let entries = [&stage.passes, &stage.idle].into_iter().flat_map(|passes| {
                let first = if shares {
                    passes.len().saturating_sub(1)
                } else {
                    0
                };
                passes.iter().skip(first).flat_map(|pass| &pass.1)
            });
            for entry in entries {
                let group = &setup.groups[entry.group as usize];
                let Some(subject) = self.subject(entry.line) else {
                    continue;
                };
                let alive = group.plans.iter().copied();
                let plans: Vec<usize> = alive
                    .filter(|&plan| setup.plans[plan].alive.contains(hour))
                    .collect();
                if plans.is_empty() || self.quantity(subject) == Quantity::ZERO {
                    continue;
                }
                rank += 1;
                ranks.push(Rank {
                    kind: group.scope.kind(),
                    rank,
                    subject,
                    plans,
                    rate: Rate::from_steps(entry.rate),
                    on_demand: Rate::from_steps(setup.on_demand_steps(entry.line)),
                });
            }
        }
        ranks
    }
}

/// Which rule gave a commitment its turn.
fn rule(portfolio: &Portfolio, user: Account, by: ChargeKind, in_part: bool) -> Rule {
    let rule = |ids, text| Rule { ids, text };
    match by {
        ChargeKind::Reserved(index) => {
            let ri = &portfolio.reserved_instances[index];
            let own = ri.account == user;
            match (ri.scope, ri.is_size_flexible(), own) {
                (ReservedScope::Hosts, ..) => rule("R84", "the owner's hosts of the family"),
                (ReservedScope::Zonal(_), _, true) => {
                    rule("R9, R17", "zonal, the owner's usage first")
                }
                (ReservedScope::Zonal(_), _, false) => {
                    rule("R9, R17", "zonal, what its owner left idle")
                }
                (_, true, true) => rule("R14, R17", "regional, the owner's smallest size first"),
                (_, true, false) => rule(
                    "R14, R17",
                    "regional, what its owner left, smallest size first",
                ),
                (_, false, true) => {
                    rule("R13, R17", "regional, exact type, the owner's usage first")
                }
                (_, false, false) => rule("R13, R17", "regional, exact type, what its owner left"),
            }
        }
        ChargeKind::SavingsPlan(index) => {
            let plan = &portfolio.savings_plans[index];
            match (plan.account == user, in_part) {
                (true, false) => rule("R25, R27", "the owner's usage, highest saving first"),
                (true, true) => rule(
                    "R26, R27",
                    "the owner's usage; the commitment ends within the line",
                ),
                (false, false) => rule("R25, R27", "what its owner left, highest saving first"),
                (false, true) => rule(
                    "R26, R27",
                    "what its owner left; the commitment ends within the line",
                ),
            }
        }
        _ => rule("R2", "what is left"),
    }
}

/// Books that keep every step in its order: line, by what, how many ticks, atoms of a plan's commitment.
#[derive(Debug, Default)]
struct Recorded(Vec<(u32, ChargeKind, u64, u128)>);

impl Ledger for Recorded {
    fn reserved(&mut self, _hour: usize, line: u32, reservation: usize, ticks: u64) {
        self.0
            .push((line, ChargeKind::Reserved(reservation), ticks, 0));
    }

    fn savings_plan(&mut self, _hour: usize, line: u32, plan: usize, ticks: u64, paid: u128) {
        self.0
            .push((line, ChargeKind::SavingsPlan(plan), ticks, paid));
    }

    fn on_demand(&mut self, _hour: usize, _lines: &[u64]) {}

    fn unused_reservation(&mut self, _hour: usize, _reservation: usize, _units: u128) {}

    fn unused_plan(&mut self, _hour: usize, _plan: usize, _amount: u128) {}
}
