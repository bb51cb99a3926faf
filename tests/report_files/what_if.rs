//! The sliders' figures against the engine: every stop is the bill of that demand and of those purchases.

use bursar::commitment::Portfolio;
use bursar::demand::Demand;
use bursar::optimize::{Plan, Purchase, WhatIf, buy, optimize, what_if};
use bursar::units::Money;

use crate::plans::{Prices, demand, options, reserved, steady};

#[test]
fn every_stop_is_what_the_engine_bills() {
    let demand = demand(&steady(), 48);
    let owned = Portfolio {
        reserved_instances: vec![reserved("m5.large", 1, demand.span())],
        ..Portfolio::default()
    };
    let found = optimize(&demand, &owned, &Prices::new(), &options()).unwrap();
    let mixed = |plan: &&Plan| {
        let bought = &plan.portfolio;
        bought.reserved_instances.len() > 1 && !bought.savings_plans.is_empty()
    };
    let mixed = found.baselines.iter().find(mixed).unwrap();
    for plan in [&found.cheapest, mixed] {
        let stops = what_if(plan, &demand, &Prices::new(), &options()).unwrap();
        check(plan, &stops, &demand, &owned);
        let as_it_was = &stops.changes[4];
        assert_eq!(as_it_was.demand_percent, 100);
        let own = stops.shares.iter().position(|&share| share == 100).unwrap();
        assert_eq!(as_it_was.costs[own], plan.bill.total());
        let alone = found.owned.as_ref().unwrap().bill.total();
        assert_eq!(as_it_was.costs[0], alone);
    }
}

/// Bills every stop from the beginning.
fn check(plan: &Plan, stops: &WhatIf, demand: &Demand, owned: &Portfolio) {
    let (prices, options, nothing) = (Prices::new(), options(), Portfolio::default());
    assert_eq!(stops.shares[0], 0);
    assert_eq!(stops.shares.last(), Some(&200));
    for change in &stops.changes {
        let demand = demand.scaled(change.demand_percent).unwrap();
        let without = buy(("", ""), Vec::new(), &demand, &nothing, &prices, &options).unwrap();
        assert_eq!(change.on_demand, without.bill.total());
        for ((&share, &level), &cost) in stops.shares.iter().zip(&stops.levels).zip(&change.costs) {
            let part = |bought: &Purchase| Purchase {
                candidate: bought.candidate.clone(),
                // To the nearest whole step, halves up.
                steps: (bought.steps * u64::from(share) + 50).div_euclid(100),
            };
            let purchases: Vec<Purchase> = plan.purchases.iter().map(part).collect();
            let committed: Money = purchases.iter().map(Purchase::hourly_commitment).sum();
            assert_eq!(level, committed);
            let billed = buy(("", ""), purchases, &demand, owned, &prices, &options).unwrap();
            let percent = change.demand_percent;
            assert_eq!(cost, billed.bill.total(), "{share} %, demand {percent} %");
        }
    }
}

#[test]
fn without_purchases_only_demand_moves() {
    let demand = demand(&[], 24);
    let (options, prices) = (options(), Prices::new());
    let found = optimize(&demand, &Portfolio::default(), &prices, &options).unwrap();
    let stops = what_if(&found.cheapest, &demand, &prices, &options).unwrap();
    assert_eq!(stops.shares, [100]);
    assert_eq!(stops.levels, [Money::ZERO]);
    let free = |costs: &[Money]| costs == [Money::ZERO];
    assert!(stops.changes.iter().all(|change| free(&change.costs)));
}
