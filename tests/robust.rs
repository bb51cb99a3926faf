//! The mix for several futures against brute force: every count of Reserved Instances is billed in every future.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use bursar::billing::{Bill, ServiceUse, bill};
use bursar::commitment::Portfolio;
use bursar::demand::Demand;
use bursar::optimize::{Aim, Effort, Kinds, Options, Outlook, Rules, Together, cheapest};
use bursar::units::{HourSpan, Money};
use proptest::prelude::*;
use rust_decimal::dec;

use crate::plans::{Prices, demand, fleets, options, reserved};

const AIMS: [Aim; 5] = [
    Aim::Expected,
    Aim::Tail { risk: 30, tail: 60 },
    Aim::MIXED,
    Aim::CVAR,
    Aim::Worst,
];
const EFFORT: Effort = Effort {
    tolerance: 1e-5,
    trials: 1_500,
};

/// As it was, a part of it, and only the first type.
fn outlooks(demand: &Demand, percent: u32, owned: &Portfolio) -> Vec<Outlook<Prices>> {
    let rows = demand.rows().enumerate().map(|(at, (key, row))| {
        let row = if at == 0 {
            row.to_vec()
        } else {
            vec![0; row.len()]
        };
        (key.clone(), row)
    });
    let first = Demand::from_rows(demand.span(), rows).unwrap();
    let futures = [
        (500_000, demand.clone()),
        (300_000, demand.scaled(percent).unwrap()),
        (200_000, first),
    ];
    let outlook = |(probability, demand)| Outlook {
        probability,
        demand,
        beside: ServiceUse::default(),
        owned: owned.clone(),
        market: Prices::new(),
    };
    futures.into_iter().map(outlook).collect()
}

/// What a portfolio saves in each of the outlooks, with its probability.
fn savings(outlooks: &[Outlook<Prices>], portfolio: &Portfolio, options: &Options) -> Savings {
    let saving = |one: &Outlook<Prices>| {
        let cost = |portfolio: &Portfolio| {
            let billed = bill(&one.demand, portfolio, &Prices::new(), options.billing);
            billed.unwrap().total()
        };
        (one.probability, cost(&one.owned) - cost(portfolio))
    };
    outlooks.iter().map(saving).collect()
}

type Savings = Vec<(u32, Money)>;

/// Every portfolio of both kinds of Reserved Instance, as far as the fleets go: `m5.large` counts for both sizes of m5; a fleet
/// of three types has up to 5 + 2 x 5 and 5 of them.
fn every_count(span: HourSpan) -> impl Iterator<Item = Portfolio> {
    let counts =
        (0..=15).flat_map(|m5| (0..=5).map(move |c5| [("m5.large", m5), ("c5.xlarge", c5)]));
    counts.map(move |counts| Portfolio {
        reserved_instances: counts
            .into_iter()
            .filter(|&(_, count)| count > 0)
            .map(|(name, count)| reserved(name, count, span))
            .collect(),
        ..Portfolio::default()
    })
}

/// Rules of every form: rows about commitments, a row about coverage, and what is no row.
fn ruled() -> Vec<Rules> {
    let cent = crate::plans::cent();
    let none = Rules::default;
    vec![
        Rules {
            max_hourly_commitment: Some(cent.times(20)),
            ..none()
        },
        Rules {
            min_coverage: Some(dec!(70)),
            ..none()
        },
        Rules {
            max_coverage: Some(dec!(40)),
            ..none()
        },
        Rules {
            max_purchases: Some(1),
            ..none()
        },
    ]
}

/// What Reserved Instances commit to an hour.
trait Committed {
    fn hourly_commitment(&self) -> Money;
}

impl Committed for Portfolio {
    fn hourly_commitment(&self) -> Money {
        let all = self.reserved_instances.iter();
        all.map(bursar::commitment::ReservedInstance::effective_hourly)
            .sum()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_counts_do_better((rows, hours) in fleets(), percent in 20_u32..130) {
        let demand = demand(&rows, hours.min(30));
        let nothing = Portfolio::default();
        let options = Options {
            kinds: Kinds { convertible: false, ec2_instance_plan: false, compute_plan: false, ..Kinds::ALL },
            ..options()
        };
        let outlooks = outlooks(&demand, percent, &nothing);
        let prices = Prices::new();
        let together = Together::new(&outlooks, &demand, &nothing, &prices, &options).unwrap();
        let all: Vec<Savings> = every_count(demand.span())
            .map(|one| savings(&outlooks, &one, &options)).collect();
        for aim in AIMS {
            let found = together.best(aim, EFFORT, &[], (&(&demand).into(), &nothing, &prices)).unwrap();
            let own = aim.of(&savings(&outlooks, &found.plan.portfolio, &options));
            let bound = together.bound(aim, &found.certificate).unwrap();
            prop_assert!(own <= bound, "{aim:?}: {own} above {bound}");
            for other in &all {
                let other = aim.of(other);
                prop_assert!(other <= bound && other <= own, "{aim:?}: {other}, found {own}, bound {bound}");
            }
        }
    }

    #[test]
    fn under_rules_no_counts_that_keep_them_do_better((rows, hours) in fleets(), percent in 20_u32..90) {
        let demand = demand(&rows, hours.min(30));
        let nothing = Portfolio::default();
        let prices = Prices::new();
        let kinds = Kinds { convertible: false, ec2_instance_plan: false, compute_plan: false, ..Kinds::ALL };
        let outlooks = outlooks(&demand, percent, &nothing);
        let every: Vec<(Portfolio, Bill, Savings)> = every_count(demand.span()).map(|one| {
            let billed = bill(&demand, &one, &prices, options().billing).unwrap();
            let saved = savings(&outlooks, &one, &options());
            (one, billed, saved)
        }).collect();
        for rules in ruled() {
            let options = Options { kinds, rules: rules.clone(), ..options() };
            // What the window as it was says of each: rules are about that.
            let kept: Vec<&Savings> = every.iter().filter(|(one, bill, _)| {
                crate::rules::keeps(&rules, one.hourly_commitment(), one.reserved_instances.len(), bill)
            }).map(|(_, _, saved)| saved).collect();
            let Ok(past) = cheapest(&demand, &nothing, &prices, &options) else {
                prop_assert!(kept.is_empty(), "{rules:?} can be kept");
                continue;
            };
            let together = Together::new(&outlooks, &demand, &nothing, &prices, &options).unwrap();
            for aim in [Aim::MIXED, Aim::Worst, Aim::Expected] {
                let found = together.best(aim, EFFORT, &[&past], (&(&demand).into(), &nothing, &prices)).unwrap();
                let plan = &found.plan;
                prop_assert!(
                    crate::rules::keeps(&rules, plan.portfolio.hourly_commitment(), plan.purchases.len(), &plan.bill),
                    "{rules:?}, {aim:?}: {:?}", plan.purchases
                );
                let own = aim.of(&savings(&outlooks, &plan.portfolio, &options));
                let bound = together.bound(aim, &found.certificate).unwrap();
                prop_assert!(own <= bound, "{aim:?}: {own} above {bound}");
                let best = kept.iter().map(|saved| aim.of(saved)).max().unwrap();
                prop_assert!(best <= bound, "{rules:?}, {aim:?}: {best} above {bound}");
                // Rules that are rows leave nothing out; those that are none are kept by a detour.
                if rules.max_coverage.is_none() && rules.min_utilization.is_none() && rules.max_purchases.is_none() {
                    prop_assert!(best <= own, "{rules:?}, {aim:?}: {best}, found {own}");
                }
            }
        }
    }

    #[test]
    fn every_kind_beside_what_is_owned_beats_the_cheapest_mix((rows, hours) in fleets(), percent in 20_u32..90) {
        let demand = demand(&rows, hours);
        let owned = Portfolio {
            reserved_instances: vec![reserved("m5.large", 1, demand.span())],
            ..Portfolio::default()
        };
        let (prices, options) = (Prices::new(), options());
        let outlooks = outlooks(&demand, percent, &owned);
        let past = cheapest(&demand, &owned, &prices, &options).unwrap();
        let together = Together::new(&outlooks, &demand, &owned, &prices, &options).unwrap();
        for aim in [Aim::MIXED, Aim::Worst] {
            let found = together.best(aim, EFFORT, &[&past], (&(&demand).into(), &owned, &prices)).unwrap();
            let own = aim.of(&savings(&outlooks, &found.plan.portfolio, &options));
            prop_assert!(own >= aim.of(&savings(&outlooks, &past.portfolio, &options)));
            let bound = together.bound(aim, &found.certificate).unwrap();
            prop_assert!(own <= bound, "{aim:?}: {own} above {bound}");
            // Nothing bought comes to nothing.
            prop_assert!(own >= Money::ZERO);
            // A changed certificate proves nothing, or less.
            let mut changed = found.certificate.clone();
            changed.bound = 1e9;
            prop_assert!(together.bound(aim, &changed).is_err());
        }
    }
}
