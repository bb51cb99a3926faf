//! The sliders' figures against the engine: every stop is the bill of that demand and of those purchases.

use bursar::commitment::Portfolio;
use bursar::optimize::{Purchase, buy, optimize, what_if};
use bursar::units::Money;

use crate::plans::{Prices, Row, demand, options, reserved, steady};

#[test]
fn every_stop_is_what_the_engine_bills() {
    let rows: Vec<Row> = steady();
    let demand = demand(&rows, 48);
    let owned = Portfolio {
        reserved_instances: vec![reserved("m5.large", 1, demand.span())],
        ..Portfolio::default()
    };
    let (options, prices) = (options(), Prices::new());
    let found = optimize(&demand, &owned, &prices, &options).unwrap();
    assert!(
        found.cheapest.purchases.len() > 1,
        "{:?}",
        found.cheapest.purchases
    );
    let stops = what_if(&found.cheapest, &demand, &prices, &options).unwrap();
    assert_eq!(
        (stops.shares.first(), stops.shares.last()),
        (Some(&0), Some(&200))
    );
    let nothing = Portfolio::default();
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
            let purchases: Vec<Purchase> = found.cheapest.purchases.iter().map(part).collect();
            let committed: Money = purchases.iter().map(Purchase::hourly_commitment).sum();
            assert_eq!(level, committed);
            let billed = buy(("", ""), purchases, &demand, &owned, &prices, &options).unwrap();
            assert_eq!(
                cost,
                billed.bill.total(),
                "{share} %, demand {} %",
                change.demand_percent
            );
        }
    }
    let as_it_was = stops
        .changes
        .iter()
        .find(|change| change.demand_percent == 100)
        .unwrap();
    let own = stops.shares.iter().position(|&share| share == 100).unwrap();
    assert_eq!(as_it_was.costs[own], found.cheapest.bill.total());
    assert_eq!(as_it_was.costs[0], found.owned.unwrap().bill.total());
}

#[test]
fn without_purchases_only_demand_moves() {
    let demand = demand(&[], 24);
    let (options, prices) = (options(), Prices::new());
    let found = optimize(&demand, &Portfolio::default(), &prices, &options).unwrap();
    let stops = what_if(&found.cheapest, &demand, &prices, &options).unwrap();
    assert_eq!(stops.shares, [100]);
    assert_eq!(stops.levels, [Money::ZERO]);
    assert!(
        stops
            .changes
            .iter()
            .all(|change| change.costs == [Money::ZERO])
    );
}
