//! What could be bought for a fleet: every commitment that could serve some of its usage.

use std::collections::{BTreeMap, BTreeSet};

use crate::billing::{
    Coverable, PlanFee, Rates, ServiceLine, may_be_reserved, product_of, reserved_fee,
};
use crate::catalog::{
    Account, Family, OfferingClass, PaymentOption, Region, SavingsPlanKind, Term, Zone,
    is_size_flexible,
};
use crate::commitment::{ReservedFee, SavingsPlanScope};
use crate::demand::DemandKey;
use crate::prices::{MissingPrice, PriceBook, Product, ReservedPrice};
use crate::units::{Hour, Money};

use super::capital::CostOfCapital;
use super::hosts;
use super::plans::Options;

/// Prices of usage and of everything that can be bought.
pub trait Market: Rates {
    /// The price of one Reserved Instance.
    fn reserved(
        &self,
        product: Product,
        class: OfferingClass,
        term: Term,
        payment: PaymentOption,
    ) -> Result<ReservedFee, MissingPrice>;

    /// The price of one reserved Dedicated Host; `host` stands for those of its family.
    fn host_reservation(
        &self,
        host: Product,
        term: Term,
        payment: PaymentOption,
    ) -> Result<ReservedFee, MissingPrice>;
}

impl Market for PriceBook {
    fn reserved(
        &self,
        product: Product,
        class: OfferingClass,
        term: Term,
        payment: PaymentOption,
    ) -> Result<ReservedFee, MissingPrice> {
        Self::reserved(self, product, class, term, payment).map(|price| fee(price.value))
    }

    fn host_reservation(
        &self,
        host: Product,
        term: Term,
        payment: PaymentOption,
    ) -> Result<ReservedFee, MissingPrice> {
        Self::host_reservation(self, host, term, payment).map(|price| fee(price.value))
    }
}

fn fee(price: ReservedPrice) -> ReservedFee {
    ReservedFee {
        upfront: price.upfront,
        hourly: price.hourly,
    }
}

/// Which kinds of commitment may be proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "six kinds, each allowed or not"
)]
pub struct Kinds {
    /// Standard Reserved Instances.
    pub standard: bool,
    /// Convertible Reserved Instances.
    pub convertible: bool,
    /// EC2 Instance Savings Plans.
    pub ec2_instance_plan: bool,
    /// Compute Savings Plans.
    pub compute_plan: bool,
    /// Database Savings Plans.
    pub database_plan: bool,
    /// Dedicated Host Reservations.
    pub host_reservation: bool,
}

impl Kinds {
    /// All of them.
    pub const ALL: Self = Self {
        standard: true,
        convertible: true,
        ec2_instance_plan: true,
        compute_plan: true,
        database_plan: true,
        host_reservation: true,
    };
}

/// Something that could be bought, in steps: one instance, or a thousandth of a dollar an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What it is.
    pub kind: CandidateKind,
    /// Its length.
    pub term: Term,
    /// When it is paid.
    pub payment_option: PaymentOption,
    /// What one step costs an hour at public prices, upfront fees spread over the term.
    pub step: Money,
    /// What is paid for one step: the same unless discounts were negotiated.
    pub paid: Paid,
}

/// What is paid for something that is bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paid {
    /// At purchase.
    pub upfront: Money,
    /// For every hour of the term.
    pub hourly: Money,
    /// For an hour with upfront fees spread over the term.
    pub effective: Money,
    /// What paying at purchase costs an hour beside that, at the cost of capital.
    pub capital: Money,
    /// What all fees of the term are worth at purchase, where money costs something.
    pub present_value: Option<Money>,
}

impl Paid {
    /// The same where money costs something.
    pub(super) fn at(self, cost: CostOfCapital, term: Term) -> Self {
        if cost == CostOfCapital::default() {
            return self;
        }
        Self {
            capital: cost.of_upfront(self.upfront, term),
            present_value: cost.present_value(self.upfront, self.hourly, term),
            ..self
        }
    }

    /// For an hour with everything that it costs.
    pub(super) fn counted(self) -> Money {
        self.effective + self.capital
    }
}

/// Capacity that a zonal Reserved Instance holds: for the account alone that bought it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Zonal {
    /// Where.
    pub zone: Zone,
    /// For whom.
    pub account: Account,
}

/// The kind of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CandidateKind {
    /// A Reserved Instance: regional, or of one Availability Zone.
    Reserved {
        /// Standard or Convertible.
        class: OfferingClass,
        /// What is reserved.
        product: Product,
        /// Where it holds capacity, and for whom; `None` where it is regional.
        zonal: Option<Zonal>,
        /// Its price.
        fee: ReservedFee,
    },
    /// A Dedicated Host Reservation, which its account buys for hosts that it runs.
    Hosts {
        /// Whose hosts.
        account: Account,
        /// Hosts of a family in a region.
        host: Product,
        /// Its price.
        fee: ReservedFee,
    },
    /// A Savings Plan.
    SavingsPlan(SavingsPlanScope),
}

impl CandidateKind {
    /// Whether it is bought by the piece: instances or hosts.
    pub const fn is_reserved(&self) -> bool {
        match self {
            Self::Reserved { .. } | Self::Hosts { .. } => true,
            Self::SavingsPlan(_) => false,
        }
    }

    /// The account that it must be bought by; `None` where any may.
    pub const fn account(&self) -> Option<Account> {
        match self {
            Self::Hosts { account, .. } => Some(*account),
            Self::Reserved {
                zonal: Some(zonal), ..
            } => Some(zonal.account),
            Self::Reserved { .. } | Self::SavingsPlan(_) => None,
        }
    }
}

/// Usage that one Reserved Instance could serve. Zonal ones come first, as in AWS's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Pool {
    Zonal(Zonal, Product),
    Flexible(Family, Region),
    Exact(Product),
}

impl Pool {
    /// Where usage belongs, which is to have Reserved Instances of its zone or not.
    fn of(key: &DemandKey, by_zone: bool) -> Self {
        let product = product_of(key);
        match key.zone.filter(|_| by_zone) {
            Some(zone) => Self::Zonal(
                Zonal {
                    zone,
                    account: key.account,
                },
                product,
            ),
            None if is_size_flexible(key.instance_type, key.platform, key.tenancy) => {
                Self::Flexible(key.instance_type.family(), key.region)
            }
            None => Self::Exact(product),
        }
    }

    const fn zonal(&self) -> Option<Zonal> {
        match self {
            Self::Zonal(zonal, _) => Some(*zonal),
            Self::Flexible(..) | Self::Exact(_) => None,
        }
    }
}

/// Every candidate for the On-Demand usage, in AWS's order of application and then by scope; and the prices that
/// were missing, for which nothing is proposed. Database Savings Plans are sold in one form only, and offered in it
/// whatever the terms allowed are.
pub fn candidates<'a>(
    usage: impl Into<Coverable<'a>>,
    market: &impl Market,
    options: &Options,
) -> (Vec<Candidate>, Vec<MissingPrice>) {
    let (kinds, terms) = (options.kinds, &options.terms[..]);
    let Coverable { demand, beside } = usage.into();
    let mut pools: BTreeMap<Pool, BTreeSet<Product>> = BTreeMap::new();
    let mut scopes: BTreeSet<SavingsPlanScope> =
        beside.lines().iter().flat_map(scopes_of).collect();
    for key in demand.keys().iter().filter(|key| key.may_be_covered()) {
        let (family, region) = (key.instance_type.family(), key.region);
        if may_be_reserved(key) {
            let pool = Pool::of(key, options.rules.hold_capacity_for(key));
            pools.entry(pool).or_default().insert(product_of(key));
        }
        scopes.insert(SavingsPlanScope::Ec2Instance { family, region });
        scopes.insert(SavingsPlanScope::Compute);
    }
    let mut found = (Vec::new(), Vec::new());
    let start = demand.span().start();
    for (pool, products) in &pools {
        for &class in OfferingClass::ALL {
            let allowed = if class == OfferingClass::Standard {
                kinds.standard
            } else {
                kinds.convertible
            };
            for &terms in terms.iter().filter(|_| allowed) {
                reserved((pool, products), start, market, class, terms, &mut found);
            }
        }
    }
    if kinds.host_reservation {
        hosts::reserved(&beside, start, market, terms, &mut found);
    }
    for scope in scopes {
        let (allowed, terms) = match scope.kind() {
            SavingsPlanKind::Ec2Instance => (kinds.ec2_instance_plan, terms),
            SavingsPlanKind::Compute => (kinds.compute_plan, terms),
            SavingsPlanKind::Database => (kinds.database_plan, &DATABASE_TERMS[..]),
        };
        let offered = terms.iter().filter(|_| allowed);
        found
            .0
            .extend(offered.map(|&terms| savings_plan(scope, terms, start, market)));
    }
    found
}

/// The one form of Database Savings Plans (docs/billing-rules.md, R80).
const DATABASE_TERMS: [(Term, PaymentOption); 1] = [(Term::OneYear, PaymentOption::NoUpfront)];

/// The plans that may cover a line beside instances.
fn scopes_of(line: &ServiceLine) -> Vec<SavingsPlanScope> {
    let region = line.region;
    let family = line.item.host_family().map(Family::new);
    let of_host = family.map(|family| SavingsPlanScope::Ec2Instance { family, region });
    let all = [SavingsPlanScope::Compute, SavingsPlanScope::Database];
    let mut scopes: Vec<SavingsPlanScope> = of_host.into_iter().chain(all).collect();
    scopes.retain(|scope| scope.covers_item(&line.item, region));
    scopes
}

fn savings_plan(
    scope: SavingsPlanScope,
    (term, payment_option): (Term, PaymentOption),
    start: Hour,
    market: &impl Market,
) -> Candidate {
    let fee = PlanFee::bought(start, payment_option, market.contract());
    let (upfront, hourly) = fee.fees(THOUSANDTH, term);
    Candidate {
        kind: CandidateKind::SavingsPlan(scope),
        term,
        payment_option,
        step: THOUSANDTH,
        paid: Paid {
            upfront,
            hourly,
            effective: fee.effective(THOUSANDTH),
            capital: Money::ZERO,
            present_value: None,
        },
    }
}

/// A thousandth of a dollar: the smallest step of a Savings Plan's commitment.
const THOUSANDTH: Money = Money::from_atoms(Money::ATOMS_PER_DOLLAR.div_euclid(1_000));

/// The Reserved Instance for a pool: of its types the one that is cheapest a unit, and of equal ones the
/// smallest, because it can be bought in the finest steps.
fn reserved(
    (pool, products): (&Pool, &BTreeSet<Product>),
    hour: Hour,
    market: &impl Market,
    class: OfferingClass,
    (term, payment_option): (Term, PaymentOption),
    found: &mut (Vec<Candidate>, Vec<MissingPrice>),
) {
    let mut best: Option<(Candidate, u64)> = None;
    for &product in products {
        let fee = match market.reserved(product, class, term, payment_option) {
            Ok(fee) => fee,
            Err(missing) => {
                found.1.push(missing);
                continue;
            }
        };
        let (units, step) = (
            product.instance_type.quarter_units().unwrap_or(1),
            fee.effective_hourly(term),
        );
        let cheaper = best.as_ref().is_none_or(|(other, other_units)| {
            let (here, there) = (
                step.times((*other_units).into()),
                other.step.times(units.into()),
            );
            (here, units) < (there, *other_units)
        });
        if cheaper && !step.is_zero() {
            let kind = CandidateKind::Reserved {
                class,
                product,
                zonal: pool.zonal(),
                fee,
            };
            best = Some((
                Candidate {
                    kind,
                    term,
                    payment_option,
                    step,
                    paid: paid(fee, term, market, hour),
                },
                units,
            ));
        }
    }
    found.0.extend(best.map(|(candidate, _)| candidate));
}

/// What is paid for one Reserved Instance bought in an hour.
pub(super) fn paid(fee: ReservedFee, term: Term, market: &impl Market, hour: Hour) -> Paid {
    let fee = reserved_fee(fee, hour, market.contract());
    Paid {
        upfront: fee.upfront,
        hourly: fee.hourly.for_one(),
        effective: fee.effective_hourly(term),
        capital: Money::ZERO,
        present_value: None,
    }
}
