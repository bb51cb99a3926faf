//! Purchase options side by side: the figures of AWS's calculator, hosts, dedicated tenancy.

use std::fs;

use bursar::catalog::{OfferingClass, PaymentOption, Platform, SavingsPlanKind, Tenancy, Term};
use bursar::estimate::{Fleet, Way, options};
use bursar::prices::{Basis, GivenRate, Offer, PriceBook, Product, Provenance};
use bursar::units::{Money, Rate};
use proptest::prelude::*;
use rust_decimal::{Decimal, dec};
use serde_json::Value;

use crate::shared::book;

use super::{decimal, project};

/// Each `calculator_*` example of AWS's Pricing Calculator: what its page printed is what the option says.
#[test]
fn the_calculators_figures() {
    let mut seen = 0;
    for entry in fs::read_dir(project("tests/vectors")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.starts_with("calculator_") && name.ends_with("json") {
            let example = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            calculator(&example);
            seen += 1;
        }
    }
    assert_eq!(seen, 6);
}

fn calculator(example: &Value) {
    let inputs = &example["inputs"];
    let product = Product {
        region: inputs["region"].as_str().unwrap().parse().unwrap(),
        instance_type: inputs["instance_type"].as_str().unwrap().parse().unwrap(),
        platform: inputs["operating_system"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap(),
        tenancy: Tenancy::Shared,
    };
    let offer = offer(inputs);
    let price = |name: &str| inputs.get(name).map(decimal);
    let mut rates = Vec::new();
    if let Some(on_demand) = price("on_demand_hourly") {
        rates.push(given(product, Offer::OnDemand, dec!(0), on_demand));
    }
    if offer != Offer::OnDemand {
        let hourly = price("sp_rate").or(price("hourly")).unwrap();
        rates.push(given(
            product,
            offer,
            price("upfront").unwrap_or_default(),
            hourly,
        ));
    }
    let book = PriceBook::from_rates("calculator", rates).unwrap();
    let fleet = Fleet {
        product,
        count: 1,
        hours: decimal(&inputs["hours_per_month"]),
    };
    let options = options(&book, fleet);
    let choice = options
        .choices
        .iter()
        .find(|choice| choice.way == Way::Offer(offer))
        .unwrap();
    let dollars = |money: Money| money.to_decimal(10).normalize();
    for (figure, expected) in example["expected"].as_object().unwrap() {
        let expected = decimal(expected);
        let found = match figure.as_str() {
            "upfront" => dollars(choice.upfront),
            "monthly" => dollars(choice.paid_monthly),
            "normalized_monthly" => dollars(choice.monthly),
            "total_commitment" => dollars(choice.yearly),
            "hourly_after_upfront" => dollars(choice.paid_monthly) / fleet.hours,
            "breakeven_hours" => choice.break_even_hours.unwrap().round_dp(6),
            "breakeven_ratio" => {
                let ratio = choice.break_even_hours.unwrap() / fleet.hours;
                // The page prints twenty digits and cuts the rest off.
                assert_eq!(ratio.trunc_with_scale(20), expected);
                continue;
            }
            other => panic!("{other} is not known"),
        };
        assert_eq!(found, expected.normalize(), "{}: {figure}", example["name"]);
    }
}

fn offer(inputs: &Value) -> Offer {
    let Some(payment) = inputs["payment_option"].as_str() else {
        return Offer::OnDemand;
    };
    let payment: PaymentOption = payment.parse().unwrap();
    let term: Term = inputs["term"].as_str().unwrap().parse().unwrap();
    match inputs["sp_rate"].as_str() {
        Some(_) => Offer::SavingsPlan(SavingsPlanKind::Compute, term, payment),
        None => Offer::Reserved(OfferingClass::Standard, term, payment),
    }
}

fn given(product: Product, offer: Offer, upfront: Decimal, hourly: Decimal) -> GivenRate {
    GivenRate {
        product,
        offer,
        upfront: Money::from_decimal(upfront).unwrap(),
        hourly: Rate::from_decimal(hourly).unwrap(),
        provenance: Provenance {
            source: "AWS Pricing Calculator".into(),
            as_of: "2025-09-01".parse().unwrap(),
            basis: Basis::Observed,
        },
    }
}

/// Hosts are weighed against the instances they hold: 3 hosts of 24 m5.xlarge each hold 50 of them.
#[test]
fn hosts_break_even_by_the_instances_on_them() {
    let book = book();
    let product = Product {
        region: "us-east-1".parse().unwrap(),
        instance_type: "m5.xlarge".parse().unwrap(),
        platform: Platform::LINUX,
        tenancy: Tenancy::Shared,
    };
    let fleet = Fleet {
        product,
        count: 50,
        hours: dec!(730),
    };
    let options = options(book, fleet);
    let of = |way| {
        options
            .choices
            .iter()
            .find(|choice| choice.way == way)
            .unwrap()
    };
    let reserved = of(Way::DedicatedHost(Some(Term::OneYear)));
    let on_demand = of(Way::Offer(Offer::OnDemand));
    // Where a month of hosts costs what so many hours of 50 instances do.
    let hours = reserved.monthly.to_decimal(10) / (on_demand.hourly.to_decimal(10) * dec!(50));
    assert!((reserved.break_even_hours.unwrap() - hours).abs() < dec!(0.000001));
    assert!(
        reserved
            .note
            .as_deref()
            .unwrap()
            .starts_with("3 of m5, 24 m5.xlarge")
    );
    let windows = Fleet {
        product: Product {
            platform: Platform::WINDOWS,
            ..product
        },
        ..fleet
    };
    let missing = bursar::estimate::options(book, windows).missing;
    assert!(
        missing
            .iter()
            .any(|why| why.contains("pays for its licence")),
        "{missing:?}"
    );
}

/// With dedicated tenancy every way pays the region's two dollars an hour, Savings Plans too.
#[test]
fn dedicated_tenancy_pays_the_fee_of_the_region() {
    let product = Product {
        region: "us-east-1".parse().unwrap(),
        instance_type: "m5.xlarge".parse().unwrap(),
        platform: Platform::LINUX,
        tenancy: Tenancy::Dedicated,
    };
    let fleet = Fleet {
        product,
        count: 2,
        hours: dec!(100),
    };
    let options = options(book(), fleet);
    let on_demand = options.on_demand().unwrap();
    let rate = on_demand.hourly.to_decimal(10);
    assert_eq!(
        on_demand.monthly.to_decimal(10),
        rate * dec!(200) + dec!(200)
    );
    let plan = options.choices.iter().find(|choice| {
        matches!(
            choice.way,
            Way::Offer(Offer::SavingsPlan(
                _,
                Term::OneYear,
                PaymentOption::NoUpfront
            ))
        )
    });
    let plan = plan.unwrap();
    let expected = plan.hourly.to_decimal(10) * dec!(1460) + dec!(200);
    assert_eq!(plan.monthly.to_decimal(10), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Twice as many instances cost twice as much under every way that is bought by the instance.
    #[test]
    fn options_grow_with_the_fleet(count in 1_u32..500, hours in 1_u32..730) {
        let book = book();
        let product = Product {
            region: "us-east-1".parse().unwrap(),
            instance_type: "c7g.large".parse().unwrap(),
            platform: Platform::LINUX,
            tenancy: Tenancy::Shared,
        };
        let of = |count| {
            let fleet = Fleet { product, count, hours: hours.into() };
            options(book, fleet)
        };
        let (once, twice) = (of(count), of(count * 2));
        for (once, twice) in once.choices.iter().zip(&twice.choices) {
            if let Way::Offer(_) = once.way {
                prop_assert_eq!(once.monthly.times(2), twice.monthly);
                prop_assert_eq!(once.break_even_hours, twice.break_even_hours);
                prop_assert_eq!(once.break_even_month, twice.break_even_month);
            }
        }
    }
}

/// By whose end no more was paid: $2,628 upfront against $438 of On-Demand a month (0.6 x 730) are paid back in 6
/// months; $1,314 upfront and $219 a month (0.3 x 730) in 1,314 / (438 - 219) = 6, too; by the hour at once; and at a
/// third of the hours (146 a month) the first only in 18 months, which a year does not have.
#[test]
fn the_month_in_which_a_commitment_is_paid_back() {
    let product = Product {
        region: "us-east-1".parse().unwrap(),
        instance_type: "m5.xlarge".parse().unwrap(),
        platform: Platform::LINUX,
        tenancy: Tenancy::Shared,
    };
    let reserved = |payment| Offer::Reserved(OfferingClass::Standard, Term::OneYear, payment);
    let (none, partial) = (PaymentOption::NoUpfront, PaymentOption::PartialUpfront);
    let all = PaymentOption::AllUpfront;
    let rates = [
        given(product, Offer::OnDemand, dec!(0), dec!(0.6)),
        given(product, reserved(none), dec!(0), dec!(0.35)),
        given(product, reserved(partial), dec!(1314), dec!(0.3)),
        given(product, reserved(all), dec!(2628), dec!(0)),
    ];
    let book = PriceBook::from_rates("test", rates).unwrap();
    let months = |hours| {
        let fleet = Fleet {
            product,
            count: 3,
            hours,
        };
        let options = options(&book, fleet);
        [none, partial, all].map(|payment| {
            let way = Way::Offer(reserved(payment));
            let choice = options.choices.iter().find(|choice| choice.way == way);
            choice.unwrap().break_even_month
        })
    };
    assert_eq!(months(dec!(730)), [Some(1), Some(6), Some(6)]);
    // 0.6 x 243 h = 146 a month: less than 0.35 x 730 or 0.3 x 730; 2,628 / 145.8 = 18.02.
    assert_eq!(months(dec!(243)), [None, None, None]);
}
