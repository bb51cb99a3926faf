//! Notices the same line items in two files, by 64-bit hashes of what identifies a row.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;

use super::table::FileTally;
use super::tally::Identity;
use crate::diagnostics::{Diagnostic, Place};
use crate::units::Hour;

/// One seed for all files and engines, so that equal rows have equal hashes.
pub(super) const HASHER: FixedState = FixedState::with_seed(0x6275_7273_6172);

/// The identity of all rows of a tuple in an hour.
pub(super) fn of_group(tuple: &[u8], start: Hour, nano_hours: i64) -> u64 {
    let mut hasher = HASHER.build_hasher();
    hasher.write(tuple);
    hasher.write_i64(start.epoch_hours());
    hasher.write_i64(nano_hours);
    hasher.finish()
}

/// Refuses files that hold the same line items.
///
/// # Errors
/// Names the two files and how many rows they share, or the file that holds rows twice.
pub(super) fn overlap(files: &mut [FileTally]) -> Result<(), Diagnostic> {
    for file in files.iter_mut() {
        file.tally.identities.sort_unstable();
        let rows = file.tally.identities.len();
        file.tally.identities.dedup();
        let twice = rows - file.tally.identities.len();
        // Without row ids, equal rows of one file are instances that ran side by side.
        if twice > 0 && file.tally.identity == Identity::Rows {
            return Err(Diagnostic::new(stand_twice(twice))
                .at(Place::file(file.name.clone()))
                .hint("was the file put together from files that overlap?"));
        }
    }
    for (place, second) in files.iter().enumerate() {
        for first in &files[..place] {
            let shared = shared(&first.tally.identities, &second.tally.identities);
            let groups = [first, second]
                .iter()
                .any(|file| file.tally.identity == Identity::Groups);
            let least = if groups {
                first
                    .tally
                    .identities
                    .len()
                    .min(second.tally.identities.len())
            } else {
                1
            };
            if shared > 0 && shared >= least {
                let rows = if shared == 1 { "row is" } else { "rows are" };
                return Err(Diagnostic::new(format!(
                    "{shared} {rows} in `{}` and in `{}`",
                    first.name, second.name
                ))
                .at(Place::file(second.name.clone()))
                .hint("give every line item once: of a report delivered again, only the latest delivery"));
            }
        }
    }
    Ok(())
}

/// How many numbers two sorted lists share.
fn shared(left: &[u64], right: &[u64]) -> usize {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    let mut shared = 0;
    while let (Some(&a), Some(&b)) = (left.peek(), right.peek()) {
        match a.cmp(b) {
            std::cmp::Ordering::Less => left.next(),
            std::cmp::Ordering::Greater => right.next(),
            std::cmp::Ordering::Equal => {
                shared += 1;
                left.next();
                right.next()
            }
        };
    }
    shared
}

fn stand_twice(rows: usize) -> String {
    match rows {
        1 => "a line item stands in the file twice".to_owned(),
        rows => format!("{rows} line items stand in the file twice"),
    }
}
