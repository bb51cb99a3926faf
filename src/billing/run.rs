//! Runs the hours of a window, in tiles and on several threads; the books come out the same either way.

use std::ops::Range;
use std::thread;

use super::hour::State;
use super::ledger::Ledger;
use super::setup::{Amounts, Setup};
use crate::demand::Demand;
use crate::threads;

/// Hours that are laid out beside each other: a tile of 10,000 keys fits a core's cache.
const TILE: usize = 64;

/// Lines times hours for which a thread is worth starting.
const ENOUGH: usize = 16_384;

/// Bills every hour of `demand` and gives the books, one ledger a stretch of hours, in order.
///
/// `open` makes an empty ledger. Hours are handed to at most `threads` threads in stretches; each hour
/// stands alone, so the split changes nothing but the time it takes.
pub fn run<L: Ledger>(
    setup: &Setup,
    amounts: &Amounts,
    demand: &Demand,
    threads: usize,
    open: impl Fn() -> L + Sync,
) -> Vec<L> {
    let hours = demand.span().len();
    let threads = threads::worth(threads, setup.lines.len() * hours, ENOUGH);
    if threads == 1 {
        return vec![run_stretch(setup, amounts, demand, 0..hours, open())];
    }
    let stretches = stretches(hours, threads);
    let open = &open;
    thread::scope(|scope| {
        let workers: Vec<_> = stretches
            .into_iter()
            .map(|hours| scope.spawn(move || run_stretch(setup, amounts, demand, hours, open())))
            .collect();
        workers
            .into_iter()
            .map(|worker| {
                worker
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    })
}

/// Splits so many hours into at most `parts` ranges of whole tiles.
fn stretches(hours: usize, parts: usize) -> Vec<Range<usize>> {
    let tiles = hours.div_ceil(TILE);
    let length = tiles.div_ceil(parts.max(1)).max(1) * TILE;
    (0..hours)
        .step_by(length)
        .map(|start| start..(start + length).min(hours))
        .collect()
}

fn run_stretch<L: Ledger>(
    setup: &Setup,
    amounts: &Amounts,
    demand: &Demand,
    hours: Range<usize>,
    mut ledger: L,
) -> L {
    let mut state = State::new(setup);
    let mut tile = vec![0_u32; setup.lines.len() * TILE];
    for start in hours.clone().step_by(TILE) {
        let width = TILE.min(hours.end - start);
        transpose(setup, demand, start, width, &mut tile);
        for offset in 0..width {
            let index = start + offset;
            let hour = demand
                .span()
                .start()
                .plus(i64::try_from(index).unwrap_or(i64::MAX));
            let seconds = &tile[offset * setup.lines.len()..(offset + 1) * setup.lines.len()];
            state.bill_hour(setup, amounts, (index, hour), seconds, &mut ledger);
        }
    }
    ledger
}

/// Lays the lines' seconds of `width` hours out hour by hour.
fn transpose(setup: &Setup, demand: &Demand, start: usize, width: usize, tile: &mut [u32]) {
    for (at, line) in setup.lines.iter().enumerate() {
        let row = &demand.seconds(line.key)[start..start + width];
        for (offset, &seconds) in row.iter().enumerate() {
            tile[offset * setup.lines.len() + at] = seconds;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_cover_every_hour_once() {
        for hours in [0, 1, 63, 64, 65, 2_208, 8_760] {
            for parts in [1, 2, 3, 7] {
                let stretches = stretches(hours, parts);
                assert!(stretches.len() <= parts);
                let all: Vec<usize> = stretches.into_iter().flatten().collect();
                assert_eq!(all, (0..hours).collect::<Vec<_>>());
            }
        }
    }
}
