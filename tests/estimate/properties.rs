//! What must hold of every estate: tiers count it whole, and guesses move nothing that is known.

use std::collections::BTreeMap;

use bursar::catalog::Region;
use bursar::estate::{Amount, Band, Estate, Flow, Place, Resource, Spec};
use bursar::estimate::Cost;
use bursar::units::Money;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::priced;

fn flow(name: usize, region: Region, gb: Amount) -> Resource {
    Resource {
        address: format!("flow {name}"),
        kind: "flow".into(),
        region,
        zone: None,
        tags: BTreeMap::new(),
        spec: Spec::Flow(Flow {
            from: Place::Region(region),
            to: Place::Internet,
            via: None,
            gb,
        }),
    }
}

fn estate_of(flows: impl IntoIterator<Item = (Region, Amount)>) -> Estate {
    let flows = flows.into_iter().enumerate();
    Estate {
        resources: flows
            .map(|(name, (region, gb))| flow(name, region, gb))
            .collect(),
        doubts: Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Tiers count the whole estate: how data is cut into flows, and their order, move no total.
    #[test]
    fn cutting_and_ordering_move_no_total(cuts in prop::collection::vec(0_u32..40_000, 1..6)) {
        let region: Region = "eu-central-1".parse().unwrap();
        let total = |gb: &[u32]| {
            let flows = gb.iter().map(|gb| (region, Amount::Known((*gb).into())));
            priced(&estate_of(flows)).totals().known
        };
        let whole: u32 = cuts.iter().sum();
        let mut backwards = cuts.clone();
        backwards.reverse();
        prop_assert_eq!(total(&cuts), total(&[whole]));
        prop_assert_eq!(total(&cuts), total(&backwards));
    }

    /// A guess moves no known amount, and a guess that is stated costs what was guessed.
    #[test]
    fn guesses_move_nothing_that_is_known(known in 0_u32..30_000, low in 0_u32..20_000, more in 0_u32..20_000) {
        let region: Region = "us-east-1".parse().unwrap();
        let guess = Amount::Open(Band {
            low: Some(low.into()),
            typical: None,
            high: Some((low + more).into()),
        });
        // The guess comes first in the estate, and last in the meter.
        let both = priced(&estate_of([(region, guess), (region, Amount::Known(known.into()))]));
        let alone = priced(&estate_of([(region, Amount::Known(known.into()))]));
        prop_assert_eq!(both.totals().known, alone.totals().known);
        let stated = |gb: u32| {
            let amounts = [known, gb].map(|gb| (region, Amount::Known(gb.into())));
            priced(&estate_of(amounts)).totals().known
        };
        prop_assert_eq!(both.totals().guessed, [Some(stated(low)), None, Some(stated(low + more))]);
        let is_open = matches!(both.resources[0].lines[0].cost, Cost::Open([Some(_), None, Some(_)]));
        prop_assert!(is_open);
    }
}

/// 10^20 GB are more than the meter holds in its parts of a GB: no price of them is known, least of all 0.
#[test]
fn what_cannot_be_metered_is_not_free() {
    let region: Region = "us-east-1".parse().unwrap();
    let much = Decimal::from_i128_with_scale(10_i128.pow(20), 0);
    let guess = Band {
        typical: Some(much),
        ..Band::default()
    };
    let estate = estate_of([
        (region, Amount::Known(much)),
        (region, Amount::Open(guess)),
        (region, Amount::Known(Decimal::ZERO)),
    ]);
    let estimate = priced(&estate);
    let costs = estimate.resources.iter().map(|flow| &flow.lines[0].cost);
    let costs: Vec<&Cost> = costs.collect();
    assert!(matches!(costs[0], Cost::Unpriced(_)), "{costs:?}");
    assert!(matches!(costs[1], Cost::Unpriced(_)), "{costs:?}");
    assert_eq!(costs[2], &Cost::Known(Money::ZERO));
}
