//! The mix for several futures against brute force: every count of Reserved Instances is billed in every future.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use bursar::billing::{ServiceUse, bill};
use bursar::commitment::Portfolio;
use bursar::demand::Demand;
use bursar::optimize::{Aim, Effort, Kinds, Options, Outlook, Together, cheapest};
use bursar::units::Money;
use proptest::prelude::*;

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
