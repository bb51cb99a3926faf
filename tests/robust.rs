//! The mix for several futures against brute force: every count of Reserved Instances is billed in every future.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use bursar::billing::{ServiceUse, bill};
use bursar::commitment::Portfolio;
use bursar::demand::Demand;
use bursar::optimize::{Aim, Effort, Kinds, Options, Outlook, Rules, Together, cheapest};
use bursar::units::Money;
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

/// What a portfolio comes to by an aim.
fn value(
    outlooks: &[Outlook<Prices>],
    portfolio: &Portfolio,
    aim: Aim,
    options: &Options,
) -> Money {
    let savings = outlooks.iter().map(|one| {
        let cost = |portfolio: &Portfolio| {
            let billed = bill(&one.demand, portfolio, &Prices::new(), options.billing);
            billed.unwrap().total()
        };
        (one.probability, cost(&one.owned) - cost(portfolio))
    });
    aim.of(&savings.collect::<Vec<_>>())
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
        for aim in AIMS {
            let found = together.best(aim, EFFORT, &[], (&(&demand).into(), &nothing, &prices)).unwrap();
            let own = value(&outlooks, &found.plan.portfolio, aim, &options);
            let bound = together.bound(aim, &found.certificate).unwrap();
            prop_assert!(own <= bound, "{aim:?}: {own} above {bound}");
            // m5.large counts for both sizes of m5; a fleet of three types has up to 5 + 2 x 5 and 5 of them.
            for m5 in 0..=15 {
                for c5 in 0..=5 {
                    let mut portfolio = Portfolio::default();
                    for (name, count) in [("m5.large", m5), ("c5.xlarge", c5)] {
                        if count > 0 {
                            portfolio.reserved_instances.push(reserved(name, count, demand.span()));
                        }
                    }
                    let other = value(&outlooks, &portfolio, aim, &options);
                    prop_assert!(other <= bound, "{aim:?}: {m5} and {c5} come to {other}, above {bound}");
                    prop_assert!(other <= own, "{aim:?}: {m5} and {c5} come to {other}, found {own}");
                }
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
        let portfolios: Vec<Portfolio> = (0..=15).flat_map(|m5| (0..=5).map(move |c5| (m5, c5))).map(|(m5, c5)| {
            let counts = [("m5.large", m5), ("c5.xlarge", c5)].into_iter().filter(|&(_, count)| count > 0);
            let reserved_instances = counts.map(|(name, count)| reserved(name, count, demand.span())).collect();
            Portfolio { reserved_instances, ..Portfolio::default() }
        }).collect();
        for rules in ruled() {
            let options = Options { kinds, rules: rules.clone(), ..options() };
            // What the window as it was says of each: rules are about that.
            let kept: Vec<&Portfolio> = portfolios.iter().filter(|one| {
                let bill = bill(&demand, one, &prices, options.billing).unwrap();
                crate::rules::keeps(&rules, one.hourly_commitment(), one.reserved_instances.len(), &bill)
            }).collect();
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
                let own = value(&outlooks, &plan.portfolio, aim, &options);
                let bound = together.bound(aim, &found.certificate).unwrap();
                prop_assert!(own <= bound, "{aim:?}: {own} above {bound}");
                let best = kept.iter().map(|one| value(&outlooks, one, aim, &options)).max().unwrap();
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
            let own = value(&outlooks, &found.plan.portfolio, aim, &options);
            prop_assert!(own >= value(&outlooks, &past.portfolio, aim, &options));
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
