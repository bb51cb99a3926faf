//! Notices the same line items in two files, by 64-bit hashes of what identifies a row.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;

use super::table::FileTally;
use super::tally::Identity;
use crate::diagnostics::{Diagnostic, Place};
use crate::units::Hour;

/// One seed for all files and engines, so that equal rows have equal hashes.
const HASHER: FixedState = FixedState::with_seed(0x6275_7273_6172);

/// Hashes kept of one file: 32 MB. Of longer files only every second, fourth, ... is kept (by its last bits, so
/// that two files keep the same ones); files that overlap share thousands of rows, so some are still seen.
const MOST: usize = 4_000_000;

/// The hashes of one file.
#[derive(Debug, Default)]
pub(super) struct Identities {
    hashes: Vec<u64>,
    /// Hashes with one of these bits are not kept.
    mask: u64,
}

impl Identities {
    /// Keeps a hash, if it is among the ones to keep.
    pub(super) fn push(&mut self, hash: u64) {
        if hash & self.mask != 0 {
            return;
        }
        self.hashes.push(hash);
        if self.hashes.len() > MOST {
            self.thin(2 * self.mask + 1);
        }
    }

    /// Adds the hashes of another part of the file.
    pub(super) fn append(&mut self, other: &Self) {
        self.thin(self.mask.max(other.mask));
        for &hash in &other.hashes {
            self.push(hash);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    fn thin(&mut self, mask: u64) {
        if mask != self.mask {
            self.mask = mask;
            self.hashes.retain(|hash| hash & mask == 0);
        }
    }

    /// Sorts, and says how many stood there twice.
    fn sort(&mut self) -> usize {
        self.hashes.sort_unstable();
        let all = self.hashes.len();
        self.hashes.dedup();
        all - self.hashes.len()
    }
}

/// The identity of a row that has an id.
pub(super) fn of_row(id: &[u8], interval: &[u8], nano_hours: i64) -> u64 {
    let mut hasher = HASHER.build_hasher();
    hasher.write(id);
    hasher.write(interval);
    hasher.write_i64(nano_hours);
    hasher.finish()
}

/// The identity of a row without an id.
pub(super) fn of_likeness(tuple: &[u8], resource: &[u8], start: Hour, nano_hours: i64) -> u64 {
    let mut hasher = HASHER.build_hasher();
    hasher.write(tuple);
    hasher.write(resource);
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
        let twice = file.tally.identities.sort();
        // Without row ids, equal rows of one file are instances that ran side by side.
        if twice > 0 && file.tally.identity == Identity::Rows {
            return Err(Diagnostic::new(stand_twice(twice))
                .at(Place::file(file.name.clone()))
                .hint("was the file put together from files that overlap?"));
        }
    }
    for (place, second) in files.iter().enumerate() {
        for first in &files[..place] {
            let (one, other) = (&first.tally.identities, &second.tally.identities);
            let shared = shared(&one.hashes, &other.hashes);
            if shared > 0 {
                let rows = if shared == 1 { "row is" } else { "rows are" };
                let kept = if one.mask | other.mask == 0 {
                    ""
                } else {
                    "at least "
                };
                return Err(Diagnostic::new(format!(
                    "{kept}{shared} {rows} in `{}` and in `{}`",
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look like hashes.
    fn hashes(from: u64, count: u64) -> impl Iterator<Item = u64> {
        (from..from + count).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29))
    }

    #[test]
    fn long_files_keep_a_part_and_still_show_their_overlap() {
        let most = MOST as u64;
        let (mut long, mut short) = (Identities::default(), Identities::default());
        hashes(0, most + most.div_euclid(2)).for_each(|hash| long.push(hash));
        hashes(most, 1_000).for_each(|hash| short.push(hash));
        assert!(long.hashes.len() <= MOST && long.mask == 1);
        assert_eq!((long.sort(), short.sort()), (0, 0));
        // Every second of the 1,000 hashes both have, give or take chance.
        let found = shared(&long.hashes, &short.hashes);
        assert!((400..600).contains(&found), "{found}");
    }
}
