//! What AWS meters when usage that may run on Spot does so wherever no commitment covers it.

use std::collections::BTreeMap;

use super::ledger::Ledger;
use super::rates::Rates;
use super::run::run;
use super::service_lines::Coverable;
use super::setup::{Settings, Setup, SetupError};
use crate::commitment::Portfolio;
use crate::demand::{Demand, DemandKey, Market};
use crate::units::TICKS_PER_SECOND;

/// The usage as its owner steers it under `portfolio`: of what may run on Spot, the part that commitments cover is
/// On-Demand and the rest Spot, with the hours that are run again; all in whole seconds. No usage of it is
/// `Market::SpotEligible`, so a bill of it is the one that AWS makes, by AWS's order of application alone.
///
/// # Errors
/// [`SetupError`] when usage has no price and the settings do not allow that.
pub fn steered<'a>(
    usage: impl Into<Coverable<'a>>,
    portfolio: &Portfolio,
    rates: &impl Rates,
    settings: Settings,
) -> Result<Demand, SetupError> {
    let usage = usage.into();
    let demand = usage.demand;
    let setup = Setup::new(usage, portfolio, rates, settings)?;
    let amounts = Setup::amounts(portfolio);
    let hours = demand.span().len();
    // One thread gives one book.
    let books = run(&setup, &amounts, demand, 1, || Uncovered {
        hours: vec![vec![0; setup.lines.len()]; hours],
    });
    let uncovered: Vec<Vec<u64>> = books.into_iter().flat_map(|books| books.hours).collect();
    let mut rows = Rows::default();
    let line_of: BTreeMap<usize, usize> = lines_of_keys(&setup);
    for (index, (key, seconds)) in demand.rows().enumerate() {
        if key.market != Market::SpotEligible {
            rows.add(key.clone(), seconds.iter().copied());
            continue;
        }
        let line = line_of.get(&index).copied();
        let on_spot = |hour: usize| {
            let line = line.filter(|&line| setup.lines[line].instead_of_spot.is_some())?;
            u32::try_from(uncovered[hour][line].div_ceil(TICKS_PER_SECOND)).ok()
        };
        let spot: Vec<u32> = (0..hours).map(|hour| on_spot(hour).unwrap_or(0)).collect();
        let kept = seconds.iter().zip(&spot);
        rows.add(
            of(key, Market::OnDemand),
            kept.map(|(all, spot)| all.saturating_sub(*spot)),
        );
        let again = |&seconds: &u32| with_rerun_seconds(seconds, settings.rerun_millionths);
        rows.add(of(key, Market::Spot), spot.iter().map(again));
    }
    Ok(rows.demand(demand))
}

/// The line of each key that has one.
fn lines_of_keys(setup: &Setup) -> BTreeMap<usize, usize> {
    let lines = setup.lines.iter().enumerate();
    lines.map(|(line, of)| (of.key, line)).collect()
}

fn of(key: &DemandKey, market: Market) -> DemandKey {
    DemandKey {
        market,
        ..key.clone()
    }
}

/// Seconds of an hour with those that are run again, to the nearest.
fn with_rerun_seconds(seconds: u32, millionths: u32) -> u32 {
    let all = u64::from(seconds) * (1_000_000 + u64::from(millionths)) + 500_000;
    u32::try_from(all.div_euclid(1_000_000)).unwrap_or(u32::MAX)
}

/// Rows of seconds by key, added up.
#[derive(Default)]
struct Rows(BTreeMap<DemandKey, Vec<u32>>);

impl Rows {
    fn add(&mut self, key: DemandKey, seconds: impl Iterator<Item = u32>) {
        match self.0.get_mut(&key) {
            Some(sums) => sums
                .iter_mut()
                .zip(seconds)
                .for_each(|(sum, seconds)| *sum = sum.saturating_add(seconds)),
            None => {
                self.0.insert(key, seconds.collect());
            }
        }
    }

    fn demand(self, like: &Demand) -> Demand {
        // Every row is as long as the window: it was made hour by hour.
        Demand::from_rows(like.span(), self.0).unwrap_or_else(|_| like.clone())
    }
}

/// Books of what nothing covers: ticks by hour and line of instances.
struct Uncovered {
    hours: Vec<Vec<u64>>,
}

impl Ledger for Uncovered {
    fn reserved(&mut self, _hour: usize, _line: u32, _reservation: usize, _ticks: u64) {}

    fn savings_plan(&mut self, _hour: usize, _line: u32, _plan: usize, _ticks: u64, _paid: u128) {}

    fn on_demand(&mut self, hour: usize, lines: &[u64]) {
        let instances = self.hours[hour].len();
        self.hours[hour].copy_from_slice(&lines[..instances]);
    }

    fn unused_reservation(&mut self, _hour: usize, _reservation: usize, _units: u128) {}

    fn unused_plan(&mut self, _hour: usize, _plan: usize, _amount: u128) {}
}
