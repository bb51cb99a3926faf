//! Notices the same line items in two files, by 64-bit hashes of what identifies a row.

use std::collections::BTreeMap;
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
/// Hashes kept of all files together: 128 MB, however many files there are.
const MOST_OF_ALL: usize = 16_000_000;

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

    /// Keeps no more than its share when there are so many files: bills of a thousand files are imported, too.
    pub(super) fn share(&mut self, files: usize) {
        let most = MOST_OF_ALL.div_euclid(files.max(1)).max(1);
        while self.hashes.len() > most && self.mask < u64::MAX {
            self.thin(2 * self.mask + 1);
        }
        self.hashes.shrink_to_fit();
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

    /// The sorted hashes that begin with a byte.
    fn part(&self, first: u8) -> &[u64] {
        let byte = |hash: &u64| hash >> 56;
        let from = self
            .hashes
            .partition_point(|hash| byte(hash) < u64::from(first));
        let to = self
            .hashes
            .partition_point(|hash| byte(hash) <= u64::from(first));
        &self.hashes[from..to]
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
    let all: Vec<&Identities> = files.iter().map(|file| &file.tally.identities).collect();
    let Some((first, second, shared)) = first_overlap(&all) else {
        return Ok(());
    };
    let rows = if shared == 1 { "row is" } else { "rows are" };
    let kept = if all[first].mask | all[second].mask == 0 {
        ""
    } else {
        "at least "
    };
    let (first, second) = (&files[first].name, &files[second].name);
    Err(Diagnostic::new(format!(
        "{kept}{shared} {rows} in `{first}` and in `{second}`"
    ))
    .at(Place::file(second.clone()))
    .hint("give every line item once: of a report delivered again, only the latest delivery"))
}

/// The first file that shares hashes with one before it, that one, and how many they share: places of the two in
/// `files`, whose hashes are sorted. All files are walked together, a 256th of the hashes at a time, since a bill may
/// come in thousands of files and pairs of them are too many.
fn first_overlap(files: &[&Identities]) -> Option<(usize, usize, usize)> {
    let mut shared: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let mut part = Vec::new();
    for byte in 0..=u8::MAX {
        part.clear();
        for (place, file) in files.iter().enumerate() {
            part.extend(file.part(byte).iter().map(|&hash| (hash, place)));
        }
        part.sort_unstable();
        for same in part.chunk_by(|one, other| one.0 == other.0) {
            // The first two are enough: the pair that is told is the first one by its later file.
            if let [(_, first), (_, second), ..] = same {
                *shared.entry((*second, *first)).or_default() += 1;
            }
        }
    }
    let ((second, first), shared) = shared.pop_first()?;
    Some((first, second, shared))
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
        let (first, second, found) = first_overlap(&[&long, &short]).unwrap();
        assert_eq!((first, second), (0, 1));
        assert!((400..600).contains(&found), "{found}");
    }

    /// Against every pair of files, as one would write it down.
    #[test]
    fn the_first_pair_of_files_that_overlap_is_told() {
        let file = |parts: &[(u64, u64)]| {
            let mut file = Identities::default();
            for &(from, count) in parts {
                hashes(from, count).for_each(|hash| file.push(hash));
            }
            file.sort();
            file
        };
        let apart = [file(&[(0, 50)]), file(&[(50, 50)]), file(&[(100, 50)])];
        let all = |files: &[Identities]| {
            let files: Vec<&Identities> = files.iter().collect();
            first_overlap(&files)
        };
        assert_eq!(all(&apart), None);
        assert_eq!(all(&[]), None);
        let [one, two, three] = apart;
        // The fourth shares 7 rows with the second and 3 with the third; the fifth is the first again.
        let more = [
            one,
            two,
            three,
            file(&[(93, 10), (900, 9)]),
            file(&[(0, 50)]),
        ];
        assert_eq!(all(&more), Some((1, 3, 7)));
        let pairs = (0..5).flat_map(|second| (0..second).map(move |first| (first, second)));
        let shares = |&(first, second): &(usize, usize)| {
            let of = |place: usize| {
                more[place]
                    .hashes
                    .iter()
                    .collect::<std::collections::BTreeSet<_>>()
            };
            of(first).intersection(&of(second)).count() > 0
        };
        assert_eq!(pairs.into_iter().find(shares), Some((1, 3)));
    }

    #[test]
    fn many_files_share_what_is_kept_and_still_show_their_overlap() {
        let mut files: Vec<Identities> = (0..4).map(|_| Identities::default()).collect();
        for file in &mut files {
            hashes(0, 40_000).for_each(|hash| file.push(hash));
            // As if there were 1,600: 10,000 hashes each.
            file.share(1_600);
            assert!(file.hashes.len() <= 10_000 && file.hashes.len() > 4_000);
            file.sort();
        }
        let files: Vec<&Identities> = files.iter().collect();
        let kept = files[0].hashes.len();
        assert_eq!(first_overlap(&files), Some((0, 1, kept)));
    }
}
