//! Negotiated discounts: what is covered does not move, what is paid is counted again in decimals, and the
//! cheapest mix is the one that brute force finds at contracted prices.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod certified;

use bursar::billing::{Bill, Granularity, RateTable, Rates, Settings, SpotTotals, bill, charges};
use bursar::catalog::{OfferingClass, PaymentOption, Region, SavingsPlanKind, ServiceItem, Term};
use bursar::commitment::{Portfolio, ReservedFee};
use bursar::demand::Demand;
use bursar::optimize::{Market, Optimized, Options, optimize};
use bursar::prices::{Contract, Discounts, MissingPrice, MissingService, Product};
use bursar::units::{InstanceHour, Metered, Money, Rate};
use proptest::prelude::*;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::plans::{self, Prices};
use crate::properties;
use crate::shared::book;

/// A market with negotiated discounts on its edge.
struct Negotiated<R>(R, Contract);

impl<R: Rates> Rates for Negotiated<R> {
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
        self.0.savings_plan(product, kind, term, payment)
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

    fn contract(&self) -> Option<&Contract> {
        Some(&self.1)
    }
}

impl<R: Market> Market for Negotiated<R> {
    fn reserved(
        &self,
        product: Product,
        class: OfferingClass,
        term: Term,
        payment: PaymentOption,
    ) -> Result<ReservedFee, MissingPrice> {
        self.0.reserved(product, class, term, payment)
    }

    fn host_reservation(
        &self,
        host: Product,
        term: Term,
        payment: PaymentOption,
    ) -> Result<ReservedFee, MissingPrice> {
        self.0.host_reservation(host, term, payment)
    }
}

fn read(text: &str) -> Discounts {
    Discounts::read(text, "discounts.toml", book()).unwrap()
}

/// A period that holds on every day of every test.
fn always(terms: &str) -> Contract {
    let text = format!("[[period]]\nfrom = 2020-01-01\n{terms}");
    read(&text).during(properties::demand(&[]).span()).unwrap()
}

/// Per cent with up to four decimals.
fn percent() -> impl Strategy<Value = Decimal> {
    (0..1_000_000_u32).prop_map(|parts| Decimal::new(parts.into(), 4).normalize())
}

/// What is left of a price, counted in decimals and rounded at the tenth.
fn left(price: Decimal, percent: Decimal) -> Decimal {
    let share = (Decimal::ONE_HUNDRED - percent) / Decimal::ONE_HUNDRED;
    (price * share).round_dp_with_strategy(10, RoundingStrategy::MidpointAwayFromZero)
}

fn billed(demand: &Demand, portfolio: &Portfolio, rates: &impl Rates) -> Bill {
    bill(demand, portfolio, rates, Settings::default()).unwrap()
}

fn dollars(money: Money) -> Decimal {
    money.to_decimal(10)
}

/// The bill's total counted again from the quantities of the public bill: `off` of usage, Spot, Reserved Instances
/// and Savings Plans, per cent.
fn counted(public: &Bill, portfolio: &Portfolio, [usage, spot, ri, sp]: [Decimal; 4]) -> Decimal {
    let mut total = Decimal::ZERO;
    for line in &public.lines {
        total += left(line.rate.to_decimal(), usage) * line.on_demand.to_decimal(10);
    }
    for &SpotTotals { quantity, cost, .. } in &public.spot {
        let hours = quantity.to_decimal(10);
        let rate = (dollars(cost) / hours).round_dp(10);
        total += left(rate, spot) * hours;
    }
    for (owned, totals) in portfolio
        .reserved_instances
        .iter()
        .zip(&public.reserved_instances)
    {
        let hours = owned.alive.intersect(public.span).len();
        assert_eq!(totals.id, owned.id);
        let term = Decimal::from(owned.term.hours());
        let hour =
            left(dollars(owned.fee.upfront), ri) / term + left(owned.fee.hourly.to_decimal(), ri);
        total += hour * Decimal::from(owned.count) * Decimal::from(hours);
    }
    for plan in &portfolio.savings_plans {
        let hours = plan.alive.intersect(public.span).len();
        let share = (Decimal::ONE_HUNDRED - sp) / Decimal::ONE_HUNDRED;
        total += dollars(plan.commitment) * share * Decimal::from(hours);
    }
    total
}

/// Everything of two bills but what is paid.
fn same_use(one: &Bill, other: &Bill) {
    for (one, other) in one.lines.iter().zip(&other.lines) {
        assert_eq!(
            (
                one.key,
                one.rate,
                one.reserved,
                one.savings_plan,
                one.on_demand
            ),
            (
                other.key,
                other.rate,
                other.reserved,
                other.savings_plan,
                other.on_demand
            )
        );
    }
    let commitments = |bill: &Bill| {
        let all = bill.reserved_instances.iter().chain(&bill.savings_plans);
        all.map(|owned| {
            (
                owned.committed,
                owned.used,
                owned.on_demand_equivalent,
                owned.public_cost,
            )
        })
        .collect::<Vec<_>>()
    };
    assert_eq!(commitments(one), commitments(other));
    assert_eq!(one.covered(), other.covered());
    assert_eq!(one.on_demand_equivalent(), other.on_demand_equivalent());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_covered_does_not_move_and_what_is_paid_is_counted_again(
        rows in properties::usage(),
        portfolio in properties::portfolio(),
        off in [percent(), percent(), percent(), percent()],
    ) {
        let [usage, spot, ri, sp] = off;
        let terms = format!(
            "everything = {usage}\nspot = {spot}\nreserved_instances = {ri}\nsavings_plans = \"{sp}\""
        );
        let demand = properties::demand(&rows);
        let rates = Negotiated(properties::rates(), always(&terms));
        let (public, paid) = (
            billed(&demand, &portfolio, &properties::rates()),
            billed(&demand, &portfolio, &rates),
        );
        same_use(&public, &paid);
        prop_assert_eq!(paid.public_total(), public.total());
        prop_assert_eq!(paid.public_without_commitments(), public.without_commitments());
        prop_assert!(paid.total() <= public.total());
        // Quantities come with ten decimals: a few dollars-an-hour times a few hundred lines of them.
        let (found, counted) = (dollars(paid.total()), counted(&public, &portfolio, off));
        prop_assert!((found - counted).abs() < Decimal::new(1, 6), "{found} {counted}");
    }

    #[test]
    fn charges_add_up_at_every_price(
        rows in properties::usage(),
        portfolio in properties::portfolio(),
        off in percent(),
        fees in percent(),
    ) {
        let terms = format!(
            "everything = {off}\nspot = true\nreserved_instances = {fees}\nsavings_plans = {fees}\n\
             [[period.rule]]\nfamily = \"m5\"\npercent = {fees}"
        );
        let demand = properties::demand(&rows);
        let rates = Negotiated(properties::rates(), always(&terms));
        let total = billed(&demand, &portfolio, &rates);
        let settings = Settings::default();
        for granularity in [Granularity::Hour, Granularity::Month] {
            let paid = charges(&demand, &portfolio, &rates, settings, granularity).unwrap();
            let public = charges(&demand, &portfolio, &properties::rates(), settings, granularity).unwrap();
            let sum = |of: fn(&bursar::billing::Charge) -> Money| paid.iter().map(of).sum::<Money>();
            prop_assert_eq!(sum(|charge| charge.effective), total.total());
            prop_assert_eq!(paid.len(), public.len());
            for (paid, public) in paid.iter().zip(&public) {
                prop_assert_eq!((paid.kind, paid.key, paid.quantity), (public.kind, public.key, public.quantity));
                prop_assert_eq!((paid.list, paid.list_unit_price), (public.list, public.list_unit_price));
                prop_assert_eq!(paid.commitment, public.commitment);
                prop_assert!(paid.contracted <= paid.list);
                prop_assert!(paid.billed <= public.billed && paid.effective <= public.effective);
                prop_assert!(paid.effective >= Money::ZERO);
                if let Some(price) = paid.contracted_unit_price {
                    prop_assert_eq!(paid.contracted, price * paid.quantity);
                    prop_assert!(price <= paid.list_unit_price.unwrap());
                }
            }
        }
    }

    #[test]
    fn nothing_off_changes_nothing(rows in properties::usage(), portfolio in properties::portfolio()) {
        let demand = properties::demand(&rows);
        let rates = Negotiated(properties::rates(), always("everything = 0"));
        prop_assert_eq!(
            billed(&demand, &portfolio, &rates),
            billed(&demand, &portfolio, &properties::rates())
        );
        let all = |rates: &dyn Fn() -> Vec<bursar::billing::Charge>| rates();
        let settings = Settings::default();
        let paid = || charges(&demand, &portfolio, &rates, settings, Granularity::Hour).unwrap();
        let public = || {
            charges(&demand, &portfolio, &properties::rates(), settings, Granularity::Hour).unwrap()
        };
        prop_assert_eq!(all(&paid), all(&public));
    }
}

fn found(demand: &Demand, market: &impl Market) -> Optimized {
    let options = Options {
        trials: 1_500,
        ..plans::options()
    };
    optimize(demand, &Portfolio::default(), market, &options).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, failure_persistence: None, ..ProptestConfig::default() })]

    /// As `plans` does at public prices: the grid is billed at contracted ones.
    #[test]
    fn the_cheapest_mix_is_the_one_at_contracted_prices(
        (rows, hours) in plans::fleets(),
        usage in 0..35_u32,
        fees in 0..35_u32,
        m5 in 0..35_u32,
    ) {
        let terms = format!(
            "everything = {usage}\nspot = false\nreserved_instances = {fees}\nsavings_plans = {fees}\n\
             [[period.rule]]\nfamily = \"m5\"\npercent = {m5}"
        );
        let market = Negotiated(Prices::new(), always(&terms));
        let demand = plans::demand(&rows, hours);
        let found = found(&demand, &market);
        let costs = plans::grid(&demand, &market);
        for (plan, cost) in &costs {
            prop_assert!(*cost >= found.lower_bound, "{plan}: {cost} < {}", found.lower_bound);
        }
        let (best, least) = costs.iter().min_by_key(|(_, cost)| *cost).unwrap();
        let cheapest = found.cheapest.bill.total();
        prop_assert!(cheapest >= found.lower_bound);
        let steps: Money = found.cheapest.purchases.iter().map(|bought| bought.candidate.paid.effective).sum();
        prop_assert!(
            cheapest <= *least + steps.times(i128::from(hours)),
            "{cheapest} for {:?}, {least} for {best}", found.cheapest.purchases
        );
        for plan in &found.baselines {
            prop_assert!(plan.bill.total() >= cheapest, "{}", plan.name);
        }
    }

    #[test]
    fn the_same_off_everything_leaves_the_mix_and_scales_its_cost((rows, hours) in plans::fleets(), off in 1..60_u32) {
        let terms = format!("everything = {off}\nspot = true\nreserved_instances = true\nsavings_plans = true");
        let market = Negotiated(Prices::new(), always(&terms));
        let demand = plans::demand(&rows, hours);
        let (public, paid) = (found(&demand, &Prices::new()), found(&demand, &market));
        let mix = |found: &Optimized| -> Vec<_> {
            found.cheapest.purchases.iter().map(|bought| (bought.candidate.kind, bought.steps)).collect()
        };
        // Rates of whole cents less whole per cents are exact: every ratio is the same fraction.
        prop_assert_eq!(mix(&public), mix(&paid));
        let hundred = |money: Money, times: u32| money.times(times.into());
        let (whole, less) = (public.cheapest.bill.total(), paid.cheapest.bill.total());
        prop_assert_eq!(hundred(whole, 100 - off), hundred(less, 100));
    }
}

/// What is always on is worth committing to at public prices, what runs half of the day is not: a Standard Reserved
/// Instance costs 62 % of On-Demand.
#[test]
fn what_gets_the_discount_decides_what_is_worth_committing_to() {
    let demand = plans::demand(&plans::steady(), 48);
    let bought = |terms: &str| -> Money {
        let found = found(&demand, &Negotiated(Prices::new(), always(terms)));
        let purchases = found.cheapest.purchases.iter();
        purchases
            .map(bursar::optimize::Purchase::hourly_commitment)
            .sum()
    };
    let public = bought("everything = 0");
    assert!(public > Money::ZERO);
    // 39 % off usage alone: what is left, 61 %, is less than any commitment.
    let usage = "reserved_instances = false\nsavings_plans = false\nspot = false\neverything = 39";
    assert_eq!(bought(usage), Money::ZERO);
    // 40 % off fees alone: 37.2 % is less than half of the day.
    let fees = bought("reserved_instances = 40\nsavings_plans = 40\nspot = false\neverything = 0");
    assert!(fees > public, "{fees} {public}");
}

/// By hand: m5.large at 0.096 less 10 % is 0.0864; two of three hours covered by a plan of 0.03456 x 2 that is paid
/// less 5 %.
#[test]
fn a_bill_by_hand() {
    let mut table = RateTable::default();
    let demand = plans::demand(
        &(0..3)
            .map(|hour| ("m5.large", bursar::demand::Market::OnDemand, hour, 1))
            .collect::<Vec<_>>(),
        3,
    );
    let product = bursar::billing::product_of(&demand.keys()[0]);
    table.set_on_demand(product, Rate::from_steps(960_000_000));
    table.set_savings_plan(
        product,
        SavingsPlanKind::Compute,
        Rate::from_steps(600_000_000),
    );
    let portfolio = Portfolio {
        savings_plans: vec![bursar::commitment::SavingsPlan {
            id: "sp".into(),
            account: demand.keys()[0].account,
            scope: bursar::commitment::SavingsPlanScope::Compute,
            term: Term::OneYear,
            payment_option: PaymentOption::NoUpfront,
            commitment: Money::from_decimal(Decimal::new(3, 2)).unwrap(),
            alive: demand.span(),
        }],
        ..Portfolio::default()
    };
    let terms = "everything = 10\nspot = false\nreserved_instances = false\nsavings_plans = 5";
    let rates = Negotiated(table, always(terms));
    let bill = billed(&demand, &portfolio, &rates);
    // The plan covers half of every hour at the public rate 0.06; the other half costs 0.0864.
    let paid =
        Decimal::new(3, 0) * (Decimal::new(3, 2) * Decimal::new(95, 2) + Decimal::new(432, 4));
    assert_eq!(dollars(bill.total()), paid);
    assert_eq!(
        dollars(bill.public_total()),
        Decimal::new(3, 0) * Decimal::new(78, 3)
    );
    let found = bursar::analysis::metrics(&bill);
    assert_eq!(found.coverage, Some(Decimal::new(50, 0)));
    // Paid 0.0717 an hour: of 0.096 at public prices 25.3125 % are saved, of 0.0864 as contracted 17.0139 %.
    assert_eq!(
        found.list_effective_savings_rate,
        Some(Decimal::new(253_125, 4))
    );
    assert_eq!(found.effective_savings_rate, Some(Decimal::new(170_139, 4)));
}

/// The example in docs/file-formats.md with the setting given.
fn example(combine: &str) -> Contract {
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/file-formats.md"))
            .unwrap();
    let section = page.split("## discounts.toml").nth(1).unwrap();
    let text = section
        .split("```")
        .nth(1)
        .unwrap()
        .strip_prefix("toml\n")
        .unwrap();
    let text = text.replacen("\"most-specific\"", &format!("\"{combine}\""), 1);
    let contract = read(&text).on("2026-05-12".parse().unwrap()).unwrap();
    contract.check(book()).unwrap();
    contract
}

/// Every figure of the table in docs/file-formats.md.
#[test]
fn the_example_of_the_documents_gives_the_figures_beside_it() {
    let book = book();
    let virginia = "us-east-1".parse().unwrap();
    let on_demand = |combine: &str, name: &str| {
        let product = Product {
            region: virginia,
            instance_type: name.parse().unwrap(),
            platform: bursar::catalog::Platform::LINUX,
            tenancy: bursar::catalog::Tenancy::Shared,
        };
        let public = book.on_demand(product).unwrap().value;
        let offer = bursar::prices::Offer::OnDemand;
        let price = book.quote(product, offer).unwrap().value;
        let agreed = example(combine).quote(product, offer, price);
        assert_eq!(
            agreed.value.hourly,
            example(combine).on_demand(product, public)
        );
        (
            public.to_string(),
            agreed.value.hourly.to_string(),
            agreed.terms,
        )
    };
    for (name, public, specific, stacked) in [
        ("m7g.large", "0.0816", "0.071808", "0.06749952"),
        ("m7i.xlarge", "0.2016", "0.18", "0.1692"),
        ("c7g.large", "0.0725", "0.06815", "0.06815"),
    ] {
        for (combine, wanted) in [("most-specific", specific), ("stack", stacked)] {
            let (list, found, _) = on_demand(combine, name);
            assert_eq!(
                (list.as_str(), found.as_str()),
                (public, wanted),
                "{combine} {name}"
            );
        }
    }
    let item = |combine: &str, name: &str| {
        let item = name.parse().unwrap();
        let public = book.service(virginia, &item).unwrap().value;
        let agreed = example(combine)
            .service("nat-gateway", virginia, &item, &public)
            .value;
        agreed.tiers()[0].rate.to_string()
    };
    assert_eq!(item("most-specific", "nat-gateway-hour"), "0.039375");
    assert_eq!(item("stack", "nat-gateway-hour"), "0.0370125");
    assert_eq!(item("most-specific", "nat-gateway-gb"), "0.03");
    assert_eq!(item("stack", "nat-gateway-gb"), "0.0282");
    let terms = on_demand("stack", "m7g.large").2;
    assert_eq!(
        terms,
        "12 % off m7g (discounts.toml:17), then 6 % off everything (discounts.toml:6)"
    );
}

/// A private price stands for the tiers that are dearer, and no other.
#[test]
fn a_private_price_never_raises_a_tier() {
    let book = book();
    let (virginia, item) = (
        "us-east-1".parse().unwrap(),
        bursar::catalog::ServiceItem::INTERNET_EGRESS_GB,
    );
    let public = book.internet_egress(virginia).unwrap().value;
    let contract = always("[[period.rule]]\nitem = \"internet-egress-gb\"\nprice = 0.06");
    let agreed = contract
        .service("internet-egress", virginia, &item, &public)
        .value;
    let rates = |tiers: &bursar::prices::Tiers| -> Vec<String> {
        tiers
            .tiers()
            .iter()
            .map(|tier| tier.rate.to_string())
            .collect()
    };
    assert_eq!(rates(&public), ["0.09", "0.085", "0.07", "0.05"]);
    assert_eq!(rates(&agreed), ["0.06", "0.06", "0.06", "0.05"]);
}

/// Upfront fees get the discount of the day of the purchase, recurring ones that of the bill.
#[test]
fn an_upfront_fee_gets_the_discount_of_the_day_it_was_paid() {
    let terms = |percent: u32| {
        format!(
            "everything = {percent}\nspot = false\nreserved_instances = true\nsavings_plans = true\n"
        )
    };
    let text = format!(
        "[[period]]\nfrom = 2026-01-01\nto = 2026-01-31\n{}[[period]]\nfrom = 2026-02-01\n{}",
        terms(10),
        terms(20)
    );
    let hour = |text: &str| bursar::units::Hour::parse(text).unwrap();
    let contract = read(&text).during(properties::demand(&[]).span()).unwrap();
    let off = |bought: &str| {
        let shares = contract.savings_plan(hour(bought));
        (shares.upfront.percent_off(), shares.hourly.percent_off())
    };
    assert_eq!(off("2025-12-31T23:00Z"), (Decimal::ZERO, Decimal::from(20)));
    assert_eq!(
        off("2026-01-31T23:00Z"),
        (Decimal::from(10), Decimal::from(20))
    );
    assert_eq!(
        off("2026-02-01T00:00Z"),
        (Decimal::from(20), Decimal::from(20))
    );
    let fixed = read(&text).on("2026-01-15".parse().unwrap()).unwrap();
    let shares = fixed.savings_plan(hour("2020-01-01T00:00Z"));
    assert_eq!(shares.upfront.percent_off(), Decimal::from(10));
    // A plan of one dollar an hour, half of it upfront: 0.45 and 0.4 make 0.85 an hour.
    let one = Money::from_decimal(Decimal::ONE).unwrap();
    let fee = bursar::billing::PlanFee::bought(
        hour("2026-01-31T23:00Z"),
        PaymentOption::PartialUpfront,
        Some(&contract),
    );
    let (upfront, hourly) = fee.fees(one, Term::OneYear);
    assert_eq!(dollars(upfront), Decimal::new(45, 2) * Decimal::from(8_760));
    assert_eq!(dollars(hourly), Decimal::new(4, 1));
    assert_eq!(dollars(fee.effective(one)), Decimal::new(85, 2));
}

/// A ten-thousandth of a per cent more is a little less to pay, never more.
#[test]
fn a_finer_percentage_lies_between_its_neighbours() {
    let demand = plans::demand(&plans::steady(), 48);
    let cost = |percent: &str| {
        let terms = format!(
            "everything = {percent}\nspot = true\nreserved_instances = true\nsavings_plans = true"
        );
        billed(
            &demand,
            &Portfolio::default(),
            &Negotiated(Prices::new(), always(&terms)),
        )
        .total()
    };
    let steps = ["6", "6.0001", "6.01", "6.1", "99.9999"].map(cost);
    assert!(steps.is_sorted_by(|more, less| more > less), "{steps:?}");
    // Rates of whole thousandths less whole ten-thousandths of a per cent are exact at the tenth decimal.
    assert_eq!(steps[1].times(1_000_000), cost("0").times(939_999));
}
