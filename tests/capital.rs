//! Payment options weighed by what money costs, against brute force: the present value of every dollar of a whole term,
//! month by month.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![expect(
    clippy::float_arithmetic,
    reason = "the brute force is a second way to count"
)]

use std::fs;

use bursar::billing::Rates;
use bursar::catalog::{OfferingClass, PaymentOption, Region, SavingsPlanKind, ServiceItem, Term};
use bursar::commitment::{Portfolio, ReservedFee};
use bursar::optimize::{CostOfCapital, Kinds, Market, Optimized, Options, Plan, optimize};
use bursar::prices::{MissingPrice, MissingService, Product};
use bursar::units::{InstanceHour, Metered, Money, Rate};
use rust_decimal::{Decimal, dec};

use crate::certify::{bursar, usage};
use crate::plans::{Prices, demand, options, steady};

/// Per cent of On-Demand that a year costs in all, and of that the part that is paid at purchase: about AWS's.
const PAYMENTS: [(PaymentOption, u32, u32); 3] = [
    (PaymentOption::NoUpfront, 640, 0),
    (PaymentOption::PartialUpfront, 620, 50),
    (PaymentOption::AllUpfront, 605, 100),
];

/// The small market of the other tests, where a year may be paid at once.
pub(crate) struct Paying(pub(crate) Prices);

impl Rates for Paying {
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
}

impl Market for Paying {
    fn reserved(
        &self,
        product: Product,
        _class: OfferingClass,
        _term: Term,
        payment: PaymentOption,
    ) -> Result<ReservedFee, MissingPrice> {
        let (_, left, at_once) = PAYMENTS.into_iter().find(|one| one.0 == payment).unwrap();
        let year = (self.on_demand(product)?.steps() * u64::from(left)).div_euclid(1_000);
        let upfront = (year * u64::from(at_once)).div_euclid(100);
        Ok(ReservedFee {
            upfront: Rate::<InstanceHour>::from_steps(upfront)
                .for_one()
                .times(8_760),
            hourly: Rate::from_steps(year - upfront),
        })
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

fn found(percent: Decimal) -> Optimized {
    let options = Options {
        kinds: Kinds {
            convertible: false,
            ec2_instance_plan: false,
            compute_plan: false,
            ..Kinds::ALL
        },
        terms: PAYMENTS
            .map(|(payment, ..)| (Term::OneYear, payment))
            .to_vec(),
        cost_of_capital: CostOfCapital::new(percent).unwrap(),
        ..options()
    };
    let demand = demand(&steady(), 48);
    optimize(
        &demand,
        &Portfolio::default(),
        &Paying(Prices::new()),
        &options,
    )
    .unwrap()
}

/// What a year of windows like this is worth on the day of the purchase, dollars: fees at purchase at once, all else at
/// the end of its month.
fn present_value(percent: f64, upfront: f64, hourly: f64, left: f64) -> f64 {
    let month = (1.0 + percent / 100.0).powf(-1.0 / 12.0);
    let later = |month_number: i32| month.powi(month_number) * 730.0 * (hourly + left);
    upfront + (1..=12).map(later).sum::<f64>()
}

/// The same of a plan; what stays On-Demand by its mean over the window.
fn worth(percent: f64, plan: &Plan) -> f64 {
    let fees = plan.purchases.iter().map(bursar::optimize::Purchase::fees);
    let (upfront, hourly) = fees.fold((0.0, 0.0), |(upfront, hourly), (more, an_hour)| {
        (upfront + more.to_f64(), hourly + an_hour.to_f64())
    });
    present_value(
        percent,
        upfront,
        hourly,
        plan.bill.on_demand_cost().to_f64() / 48.0,
    )
}

/// Instances of m5.large (a quarter of the units are c5) that would do best: every count of both types under every
/// payment option.
fn least(percent: f64) -> f64 {
    // Hours in which so many units of m5.large run: 3 + 2 (an xlarge) always, 2 more for 12 of 24 hours; c5.xlarge 2
    // in those.
    let left = |reserved: f64, (always, by_day): (f64, f64), price: f64| {
        let night = (always - reserved).max(0.0);
        let day = (always + by_day - reserved).max(0.0);
        f64::midpoint(night, day) * price
    };
    let types = [((5.0, 2.0), 0.096), ((0.0, 2.0), 0.17)];
    let best = |(use_of, price): ((f64, f64), f64)| {
        let mut best = f64::INFINITY;
        for counts in 0..8_u32.pow(3) {
            let count = [counts & 7, counts >> 3 & 7, counts >> 6 & 7].map(f64::from);
            let (mut upfront, mut hourly) = (0.0, 0.0);
            for (count, (_, left, at_once)) in count.into_iter().zip(PAYMENTS) {
                let year = count * price * f64::from(left) / 1_000.0;
                let at_once = f64::from(at_once) / 100.0;
                upfront += year * at_once * 8_760.0;
                hourly += year * (1.0 - at_once);
            }
            let rest = left(count.iter().sum(), use_of, price);
            best = best.min(present_value(percent, upfront, hourly, rest));
        }
        best
    };
    types.into_iter().map(best).sum()
}

#[test]
fn the_payment_option_is_the_one_worth_least_whatever_money_costs() {
    let mut chosen = Vec::new();
    for percent in [dec!(0), dec!(4), dec!(7.5), dec!(12), dec!(40)] {
        let found = found(percent);
        let plan = &found.cheapest;
        let rate = percent.to_string().parse::<f64>().unwrap();
        approx::assert_relative_eq!(worth(rate, plan), least(rate), max_relative = 1e-9);
        // The same in dollars of the window: equal payments at the ends of months, of 48 hours.
        let payments = present_value(rate, 0.0, 1.0, 0.0) / 730.0;
        let again = worth(rate, plan) / payments / 730.0 * 48.0;
        approx::assert_relative_eq!(plan.counted().to_f64(), again, max_relative = 1e-9);
        assert!(found.lower_bound <= plan.counted());
        assert_eq!(plan.capital.is_zero(), plan.counted() == plan.bill.total());
        for baseline in &found.baselines {
            assert!(plan.counted() <= baseline.counted(), "{}", baseline.name);
        }
        for bought in &plan.purchases {
            let (upfront, hourly) = bought.fees();
            let expected = present_value(rate, upfront.to_f64(), hourly.to_f64(), 0.0);
            match bought.present_value() {
                Some(worth) => {
                    approx::assert_relative_eq!(worth.to_f64(), expected, max_relative = 1e-9);
                }
                None => assert_eq!(percent, dec!(0)),
            }
        }
        let mut options: Vec<_> = plan
            .purchases
            .iter()
            .map(|one| one.candidate.payment_option)
            .collect();
        options.dedup();
        assert_eq!(options.len(), 1, "{options:?}");
        chosen.extend(options);
    }
    // What paying at once saves is 605 against 640: 5.5 % for half a year's interest, and less a step for half of it.
    assert_eq!(chosen[0], PaymentOption::AllUpfront);
    assert_eq!(chosen[4], PaymentOption::NoUpfront);
    assert!(
        chosen.contains(&PaymentOption::PartialUpfront) || chosen[3] == PaymentOption::NoUpfront
    );
}

#[test]
fn a_run_states_both_and_is_certified_under_its_rate() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("usage.csv"), usage()).unwrap();
    let search = |rate: &str, name: &str| {
        let made = bursar(
            folder.path(),
            &[
                "optimize",
                "usage.csv",
                "--no-options",
                "--payment",
                "any",
                "--wacc",
                rate,
                "--kinds",
                "standard-ri",
                "--format",
                "json",
                "--out",
                name,
            ],
        );
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let text = fs::read_to_string(folder.path().join(name)).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()
    };
    let certified = |name: &str| bursar(folder.path(), &["certify", name]).status.code();
    let mut run = search("3", "run.json");
    let plan = &run["plans"][0];
    let money = |value: &serde_json::Value| -> Money {
        Money::from_decimal(value.as_str().unwrap().parse().unwrap()).unwrap()
    };
    assert_eq!(plan["purchases"][0]["payment_option"], "all-upfront");
    assert_eq!(
        plan["purchases"][0]["present_value"],
        plan["purchases"][0]["upfront"]
    );
    let counted = money(&plan["cost"]) + money(&plan["capital_cost"]);
    assert!(counted >= money(&run["lower_bound"]));
    assert_eq!(run["settings"]["cost_of_capital"], "3");
    assert_eq!(certified("run.json"), Some(0));
    let dear = search("40%", "dear.json");
    assert_eq!(
        dear["plans"][0]["purchases"][0]["payment_option"],
        "no-upfront"
    );
    // The proof is one for its rate.
    run["settings"]["cost_of_capital"] = "2.9".into();
    fs::write(folder.path().join("run.json"), run.to_string()).unwrap();
    assert_eq!(certified("run.json"), Some(3));
}
