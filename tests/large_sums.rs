//! A thousand million rows of charges are added up without losing a cent.

use bursar::units::{InstanceHour, Money, Quantity, Rate, TICKS_PER_SECOND};

/// Rows of one block, and blocks: 1e9 rows together.
const ROWS: u64 = 100_000;
const BLOCKS: i128 = 10_000;

/// The row's rate in 1e-10 dollars an hour, and its seconds: up to $218.40 (the dearest instance of the price book),
/// and every length of an hour's use.
fn row(number: u64) -> (u64, u64) {
    let steps = number * 7_919 % 2_184_000_000_000 + 1;
    (steps, number * 104_729 % 3_600 + 1)
}

#[test]
fn a_billion_rows_add_up_to_what_integers_say() {
    let mut block = Money::ZERO;
    let mut step_seconds = 0_i128;
    for (steps, seconds) in (0..ROWS).map(|number| row(number * 22_039_999)) {
        block += Rate::<InstanceHour>::from_steps(steps) * Quantity::from_seconds(seconds);
        step_seconds += i128::from(steps) * i128::from(seconds);
    }
    let sum: Money = (0..BLOCKS).map(|_| block).sum();
    // A step for a second is so many atoms of money: nothing was rounded.
    let atoms = step_seconds * BLOCKS * i128::from(TICKS_PER_SECOND);
    assert_eq!(sum.atoms(), atoms);
    // Thousands of millions of dollars, and room for a million times as much.
    let dollars = atoms.div_euclid(Money::ATOMS_PER_DOLLAR);
    assert!(dollars > 1_000_000_000, "{dollars}");
    assert!(atoms < i128::MAX.div_euclid(1_000_000), "{atoms}");
    // The order of rows does not matter: the same backwards, from the largest sum down.
    let backwards = (0..ROWS).rev().map(|number| row(number * 22_039_999));
    let rest = backwards.fold(block, |left, (steps, seconds)| {
        left - Rate::<InstanceHour>::from_steps(steps) * Quantity::from_seconds(seconds)
    });
    assert_eq!(rest, Money::ZERO);
}
