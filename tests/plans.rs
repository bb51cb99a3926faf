//! Plans against brute force: every plan of a grid is billed, none may be below the proved bound, and none may be
//! cheaper than what the optimiser found, but for the steps in which commitments are sold.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use bursar::billing::{RateTable, Rates, Settings, bill};
use bursar::catalog::{
    Account, InstanceType, OfferingClass, PaymentOption, Platform, Region, SavingsPlanKind,
    ServiceItem, Tenancy, Term,
};
use bursar::commitment::{
    Portfolio, ReservedFee, ReservedInstance, ReservedScope, SavingsPlan, SavingsPlanScope,
};
use bursar::demand::{Demand, DemandBuilder, DemandKey, Labels, Market as UsageMarket};
use bursar::optimize::{
    CandidateKind, CostOfCapital, Kinds, Market, Optimized, Options, Plan, Purchase, Rules,
    optimize,
};
use bursar::prices::{MissingPrice, MissingService, Product};
use bursar::units::{Hour, HourSpan, InstanceHour, Metered, Money, Rate};
use proptest::prelude::*;

/// Types with their On-Demand price an hour in steps of 1e-10 dollars; the two sizes of m5 share a pool.
const TYPES: [(&str, u64); 3] = [
    ("m5.large", 960_000_000),
    ("m5.xlarge", 1_920_000_000),
    ("c5.xlarge", 1_700_000_000),
];
/// What is left of the On-Demand price, in per cent: Standard and Convertible Reserved Instances, EC2 Instance
/// and Compute Savings Plans. About those of AWS.
const STANDARD: u64 = 62;
const CONVERTIBLE: u64 = 71;
const EC2_INSTANCE: u64 = 63;
const COMPUTE: u64 = 72;
/// Three years are cheaper by so many points.
const LONGER: u64 = 20;
const OWNER: &str = "111122223333";

/// Prices of a small market.
pub(crate) struct Prices(RateTable);

impl Prices {
    pub(crate) fn new() -> Self {
        let mut table = RateTable::default();
        for (name, steps) in TYPES {
            let product = product(name);
            table.set_on_demand(product, Rate::from_steps(steps));
            table.set_spot(product, Rate::from_steps(percent(steps, 35)));
            for (kind, left) in [
                (SavingsPlanKind::Ec2Instance, EC2_INSTANCE),
                (SavingsPlanKind::Compute, COMPUTE),
            ] {
                table.set_savings_plan(product, kind, Rate::from_steps(percent(steps, left)));
            }
        }
        Self(table)
    }
}

impl Rates for Prices {
    fn on_demand(&self, product: Product) -> Result<Rate<InstanceHour>, MissingPrice> {
        self.0.on_demand(product)
    }

    fn savings_plan(
        &self,
        product: Product,
        kind: SavingsPlanKind,
        term: Term,
        payment: PaymentOption,
    ) -> Result<Rate<InstanceHour>, MissingPrice> {
        let year = self.0.savings_plan(product, kind, term, payment)?;
        let steps = match term {
            Term::OneYear => year.steps(),
            Term::ThreeYears => percent(year.steps(), 100 - LONGER),
        };
        Ok(Rate::from_steps(steps))
    }

    fn spot(&self, product: Product) -> Result<Rate<InstanceHour>, MissingPrice> {
        self.0.spot(product)
    }

    fn service_plan(
        &self,
        region: Region,
        item: &ServiceItem,
        kind: SavingsPlanKind,
        term: Term,
        payment: PaymentOption,
    ) -> Result<Rate<Metered>, MissingService> {
        self.0.service_plan(region, item, kind, term, payment)
    }
}

impl Market for Prices {
    fn reserved(
        &self,
        product: Product,
        class: OfferingClass,
        term: Term,
        _payment: PaymentOption,
    ) -> Result<ReservedFee, MissingPrice> {
        let left = match class {
            OfferingClass::Standard => STANDARD,
            OfferingClass::Convertible => CONVERTIBLE,
        };
        let less = if term == Term::ThreeYears { LONGER } else { 0 };
        let on_demand = self.on_demand(product)?.steps();
        Ok(ReservedFee {
            upfront: Money::ZERO,
            hourly: Rate::from_steps(percent(on_demand, left - less)),
        })
    }

    fn host_reservation(
        &self,
        host: Product,
        _term: Term,
        _payment: PaymentOption,
    ) -> Result<ReservedFee, MissingPrice> {
        self.0.on_demand(host).map(|hourly| ReservedFee {
            upfront: Money::ZERO,
            hourly,
        })
    }
}

fn percent(steps: u64, percent: u64) -> u64 {
    (steps * percent).div_euclid(100)
}

fn virginia() -> Region {
    "us-east-1".parse().unwrap()
}

pub(crate) fn product(name: &str) -> Product {
    Product {
        region: virginia(),
        instance_type: name.parse().unwrap(),
        platform: Platform::LINUX,
        tenancy: Tenancy::Shared,
    }
}

/// A row of usage: type, market, hour, instances.
pub(crate) type Row = (&'static str, UsageMarket, i64, i64);

pub(crate) fn demand(rows: &[Row], hours: i64) -> Demand {
    in_units(rows, hours, 1_000_000_000)
}

/// The same with counts in hundredths of an instance.
pub(crate) fn hundredths(rows: &[Row], hours: i64) -> Demand {
    in_units(rows, hours, 10_000_000)
}

fn in_units(rows: &[Row], hours: i64, unit: i64) -> Demand {
    let start = Hour::parse("2026-07-01T00:00Z").unwrap();
    let mut builder = DemandBuilder::new();
    for &(name, market, hour, count) in rows {
        let key = builder.key(DemandKey {
            account: Account::new(OWNER),
            region: virginia(),
            zone: None,
            instance_type: name.parse().unwrap(),
            platform: Platform::LINUX,
            tenancy: Tenancy::Shared,
            market,
            labels: Labels::default(),
        });
        builder.add(key, start.plus(hour), count * unit);
    }
    builder
        .finish(HourSpan::new(start, start.plus(hours)))
        .unwrap()
}

/// Random counts of up to three types through 24 to 72 hours, with a base that is always on.
pub(crate) fn fleets() -> impl Strategy<Value = (Vec<Row>, i64)> {
    let counts = prop::collection::vec((0..3_i64, prop::collection::vec(0..4_i64, 72)), 2..=3);
    (24..=72_i64, counts).prop_map(|(hours, types)| {
        let mut rows = Vec::new();
        for ((name, _), (base, more)) in TYPES.iter().zip(types) {
            for (hour, more) in (0..hours).zip(more) {
                rows.push((*name, UsageMarket::OnDemand, hour, base + more));
            }
        }
        (rows, hours)
    })
}

/// A fleet that is the same in every run: two types always on, one by day, for two days.
pub(crate) fn steady() -> Vec<Row> {
    let mut rows = Vec::new();
    for hour in 0..48 {
        let busy = i64::from((8..20).contains(&(hour % 24)));
        rows.push(("m5.large", UsageMarket::OnDemand, hour, 3 + 2 * busy));
        rows.push(("m5.xlarge", UsageMarket::OnDemand, hour, 1));
        rows.push(("c5.xlarge", UsageMarket::OnDemand, hour, 2 * busy));
    }
    rows
}

pub(crate) fn options() -> Options {
    Options {
        kinds: Kinds::ALL,
        terms: vec![(Term::OneYear, PaymentOption::NoUpfront)],
        buyer: Account::new(OWNER),
        billing: Settings::default(),
        rules: Rules::default(),
        cost_of_capital: CostOfCapital::default(),
        tolerance: 1e-4,
        trials: 1_500,
        threads: 2,
    }
}

fn found(demand: &Demand, owned: &Portfolio, options: &Options) -> Optimized {
    optimize(demand, owned, &Prices::new(), options).unwrap()
}

pub(crate) fn reserved(name: &str, count: u32, alive: HourSpan) -> ReservedInstance {
    let class = OfferingClass::Standard;
    let (term, payment_option) = (Term::OneYear, PaymentOption::NoUpfront);
    let fee = Prices::new().reserved(product(name), class, term, payment_option);
    ReservedInstance {
        id: format!("ri-{name}"),
        account: Account::new(OWNER),
        scope: ReservedScope::Regional,
        region: virginia(),
        instance_type: name.parse::<InstanceType>().unwrap(),
        platform: Platform::LINUX,
        tenancy: Tenancy::Shared,
        offering_class: class,
        term,
        payment_option,
        count,
        alive,
        fee: fee.unwrap(),
    }
}

pub(crate) fn savings_plan(scope: SavingsPlanScope, cents: i128, alive: HourSpan) -> SavingsPlan {
    SavingsPlan {
        id: format!("sp-{}", scope.kind().code()),
        account: Account::new(OWNER),
        scope,
        term: Term::OneYear,
        payment_option: PaymentOption::NoUpfront,
        commitment: cent().times(cents),
        alive,
    }
}

pub(crate) const fn cent() -> Money {
    Money::from_atoms(Money::ATOMS_PER_DOLLAR.div_euclid(100))
}

/// Every plan of the grid with its exact cost: 0 to 4 Reserved Instances of m5.large and of c5.xlarge, an EC2
/// Instance Savings Plan for m5 and a Compute Savings Plan.
pub(crate) fn grid(demand: &Demand, prices: &impl Rates) -> Vec<(String, Money)> {
    let span = demand.span();
    let m5 = SavingsPlanScope::Ec2Instance {
        family: product("m5.large").instance_type.family(),
        region: virginia(),
    };
    let mut costs = Vec::new();
    for large in 0..=4_u32 {
        for xlarge in 0..=4_u32 {
            for family in [0, 6, 12, 24] {
                for compute in [0, 5, 12, 24, 36, 48, 72] {
                    let mut portfolio = Portfolio::default();
                    let reservations = [("m5.large", large), ("c5.xlarge", xlarge)];
                    for (name, count) in reservations.into_iter().filter(|&(_, count)| count > 0) {
                        portfolio
                            .reserved_instances
                            .push(reserved(name, count, span));
                    }
                    let plans = [(m5, family), (SavingsPlanScope::Compute, compute)];
                    for (scope, cents) in plans.into_iter().filter(|&(_, cents)| cents > 0) {
                        portfolio
                            .savings_plans
                            .push(savings_plan(scope, cents, span));
                    }
                    let cost = bill(demand, &portfolio, prices, Settings::default()).unwrap();
                    let name = format!("{large} + {xlarge} RI, {family} + {compute} cents");
                    costs.push((name, cost.total()));
                }
            }
        }
    }
    costs
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_plan_of_the_grid_is_below_the_bound_or_much_cheaper((rows, hours) in fleets()) {
        let demand = demand(&rows, hours);
        let found = found(&demand, &Portfolio::default(), &options());
        let costs = grid(&demand, &Prices::new());
        for (plan, cost) in &costs {
            prop_assert!(*cost >= found.lower_bound, "{plan}: {cost} < {}", found.lower_bound);
        }
        let (best, least) = costs.iter().min_by_key(|(_, cost)| *cost).unwrap();
        let cheapest = found.cheapest.bill.total();
        prop_assert!(cheapest >= found.lower_bound);
        // One step of everything that was bought, through the whole window.
        let steps: Money = found.cheapest.purchases.iter().map(|bought| bought.candidate.step).sum();
        let tolerance = steps.times(i128::from(hours));
        prop_assert!(
            cheapest <= *least + tolerance,
            "{cheapest} for {:?}, {least} for {best}", found.cheapest.purchases
        );
        for plan in &found.baselines {
            prop_assert!(plan.bill.total() >= cheapest, "{}", plan.name);
        }
    }

    #[test]
    fn the_order_of_rows_changes_nothing((rows, hours) in fleets(), turn in 0..500_usize) {
        let mut turned = rows.clone();
        turned.reverse();
        turned.rotate_left(turn.rem_euclid(rows.len()));
        let nothing = Portfolio::default();
        let first = found(&demand(&rows, hours), &nothing, &options());
        prop_assert_eq!(&first, &found(&demand(&turned, hours), &nothing, &options()));
        let one_thread = Options { threads: 1, ..options() };
        prop_assert_eq!(&first, &found(&demand(&rows, hours), &nothing, &one_thread));
    }
}

#[test]
fn whole_instances_always_on_are_all_reserved() {
    // Two m5.large through 48 hours: 2 x 0.096 x 48 = 9.216 On-Demand, 62 % of it reserved = 5.71392.
    let rows: Vec<Row> = (0..48)
        .map(|hour| ("m5.large", UsageMarket::OnDemand, hour, 2))
        .collect();
    let found = found(&demand(&rows, 48), &Portfolio::default(), &options());
    let cost = found.cheapest.bill.total().to_decimal(10);
    assert_eq!(cost, rust_decimal::dec!(5.71392));
    // The bound gives a billionth of the cost away to rounding, and is rounded down to a millionth.
    assert_eq!(
        found.lower_bound.to_decimal(10),
        rust_decimal::dec!(5.713919)
    );
    assert_eq!(found.cheapest.purchases.len(), 1);
    assert_eq!(found.cheapest.purchases[0].steps, 2);
}

#[test]
fn what_is_owned_stays_in_every_plan() {
    let demand = demand(&steady(), 48);
    let span = demand.span();
    let half = HourSpan::new(span.start(), span.start().plus(24));
    let owned = Portfolio {
        reserved_instances: vec![reserved("m5.large", 1, half)],
        savings_plans: vec![savings_plan(SavingsPlanScope::Compute, 7, span)],
        ..Portfolio::default()
    };
    let found = found(&demand, &owned, &options());
    let alone = found.owned.as_ref().unwrap();
    assert_eq!(alone.portfolio, owned);
    for plan in found.baselines.iter().chain([&found.cheapest, alone]) {
        assert_eq!(
            plan.portfolio.reserved_instances[0],
            owned.reserved_instances[0]
        );
        assert_eq!(plan.portfolio.savings_plans[0], owned.savings_plans[0]);
        let commitments =
            plan.portfolio.reserved_instances.len() + plan.portfolio.savings_plans.len();
        assert_eq!(commitments, 2 + plan.purchases.len(), "{}", plan.name);
        assert!(plan.bill.total() >= found.lower_bound, "{}", plan.name);
        // 0.096 x 62 % x 24 hours, and 7 cents x 48 hours, whatever else is bought.
        let cost = |totals: &bursar::billing::CommitmentTotals| totals.cost.to_decimal(10);
        assert_eq!(
            cost(&plan.bill.reserved_instances[0]),
            rust_decimal::dec!(1.42848)
        );
        assert_eq!(cost(&plan.bill.savings_plans[0]), rust_decimal::dec!(3.36));
    }
    assert!(found.cheapest.bill.total() < alone.bill.total());
}

/// The curve and the exact bills of plans tell the same savings for the same new commitment.
#[test]
fn the_curve_of_one_plan_beside_what_is_owned_runs_through_exact_bills() {
    let demand = demand(&steady(), 48);
    let owned = Portfolio {
        reserved_instances: vec![reserved("m5.large", 1, demand.span())],
        ..Portfolio::default()
    };
    let found = found(&demand, &owned, &options());
    let saved = |plan: &Plan| (found.on_demand.bill.total() - plan.bill.total()).to_f64();
    let (commitment, saving) = found.curve[0];
    assert!(commitment.abs() < 1e-12, "{commitment}");
    let alone = saved(found.owned.as_ref().unwrap());
    assert!(
        alone > 0.0 && (saving - alone).abs() < 1e-9,
        "{saving} {alone}"
    );
    let plan = |name| {
        found
            .baselines
            .iter()
            .find(|plan| plan.name == name)
            .unwrap()
    };
    for name in ["one-compute-sp", "coverage-70", "coverage-80"] {
        let plan = plan(name);
        let new: Money = plan.purchases.iter().map(Purchase::hourly_commitment).sum();
        let (x, exact) = (new.to_f64(), saved(plan));
        let after = found.curve.iter().position(|point| point.0 >= x).unwrap();
        let [(x0, y0), (x1, y1)] = [found.curve[after.max(1) - 1], found.curve[after.max(1)]];
        let read = y0 + (x - x0) / (x1 - x0) * (y1 - y0);
        // Between two of 400 points the curve may bend.
        assert!(
            (read - exact).abs() < 0.005 * exact.abs(),
            "{name}: {read} {exact}"
        );
    }
}

#[test]
fn without_on_demand_usage_nothing_is_bought() {
    let spot: Vec<Row> = (0..48)
        .map(|hour| ("m5.large", UsageMarket::Spot, hour, 2))
        .collect();
    let idle: Vec<Row> = (0..48)
        .map(|hour| ("m5.large", UsageMarket::OnDemand, hour, 0))
        .collect();
    // 2 x 0.096 x 35 % x 48 hours of Spot; nothing; nothing.
    for (rows, cost) in [
        (spot, rust_decimal::dec!(3.2256)),
        (idle, rust_decimal::Decimal::ZERO),
        (Vec::new(), rust_decimal::Decimal::ZERO),
    ] {
        let found = found(&demand(&rows, 48), &Portfolio::default(), &options());
        assert!(
            found.cheapest.purchases.is_empty(),
            "{:?}",
            found.cheapest.purchases
        );
        assert_eq!(found.cheapest.bill.total().to_decimal(10), cost);
        assert!(found.lower_bound <= found.cheapest.bill.total());
        assert!(found.lower_bound >= Money::ZERO);
    }
}

const NO_KINDS: Kinds = Kinds {
    standard: false,
    convertible: false,
    ec2_instance_plan: false,
    compute_plan: false,
    database_plan: false,
    host_reservation: false,
};

/// Each kind alone, with its word.
fn each_kind() -> [(Kinds, &'static str); 4] {
    let mut each = [NO_KINDS; 4];
    each[0].standard = true;
    each[1].convertible = true;
    each[2].ec2_instance_plan = true;
    each[3].compute_plan = true;
    let [standard, convertible, ec2, compute] = each;
    [
        (standard, "standard"),
        (convertible, "convertible"),
        (ec2, "ec2"),
        (compute, "compute"),
    ]
}

#[test]
fn only_what_is_allowed_is_bought() {
    let demand = demand(&steady(), 48);
    let with = |kinds| {
        let options = Options { kinds, ..options() };
        found(&demand, &Portfolio::default(), &options)
    };
    let all = with(Kinds::ALL);
    for (kinds, name) in each_kind() {
        let found = with(kinds);
        assert!(!found.cheapest.purchases.is_empty(), "{name}");
        for bought in &found.cheapest.purchases {
            assert_eq!(word(bought.candidate.kind), name);
        }
        assert!(found.lower_bound >= all.lower_bound - cent(), "{name}");
        let (cost, least) = (found.cheapest.bill.total(), all.cheapest.bill.total());
        assert!(cost >= least, "{name}: {cost} < {least}");
    }
    let found = with(NO_KINDS);
    assert!(found.cheapest.purchases.is_empty());
    assert_eq!(found.cheapest.bill.total(), found.on_demand.bill.total());
    assert!(found.on_demand.bill.total() - found.lower_bound <= cent());
}

fn word(kind: CandidateKind) -> &'static str {
    match kind {
        CandidateKind::Reserved {
            class: OfferingClass::Standard,
            ..
        } => "standard",
        CandidateKind::Reserved {
            class: OfferingClass::Convertible,
            ..
        } => "convertible",
        CandidateKind::Hosts { .. } => "hosts",
        CandidateKind::SavingsPlan(SavingsPlanScope::Ec2Instance { .. }) => "ec2",
        CandidateKind::SavingsPlan(SavingsPlanScope::Compute) => "compute",
        CandidateKind::SavingsPlan(SavingsPlanScope::Database) => "database",
    }
}

#[test]
fn only_terms_that_are_allowed_are_bought() {
    let demand = demand(&steady(), 48);
    let mut costs = Vec::new();
    for term in [Term::OneYear, Term::ThreeYears] {
        let terms = vec![(term, PaymentOption::NoUpfront)];
        let found = found(
            &demand,
            &Portfolio::default(),
            &Options { terms, ..options() },
        );
        assert!(!found.cheapest.purchases.is_empty());
        assert!(
            found
                .cheapest
                .purchases
                .iter()
                .all(|bought| bought.candidate.term == term)
        );
        costs.push(found.cheapest.bill.total());
    }
    // Every price of three years is lower, so both together are three years alone.
    let both = [Term::OneYear, Term::ThreeYears].map(|term| (term, PaymentOption::NoUpfront));
    let terms = both.to_vec();
    let found = found(
        &demand,
        &Portfolio::default(),
        &Options { terms, ..options() },
    );
    let longer = |bought: &bursar::optimize::Purchase| bought.candidate.term == Term::ThreeYears;
    assert!(found.cheapest.purchases.iter().all(longer));
    assert!(costs[1] < costs[0]);
    assert_eq!(found.cheapest.bill.total(), costs[1]);
}
