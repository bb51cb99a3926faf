//! Notices the same line items in two files, by 64-bit hashes of what identifies a row.

use foldhash::fast::FixedState;

use super::spec::Role;
use super::table::FileTally;
use crate::diagnostics::{Diagnostic, Place};

/// One seed for all files and engines, so that equal rows have equal hashes.
pub(super) const HASHER: FixedState = FixedState::with_seed(0x6275_7273_6172);

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
        if twice > 0 && file.layout.has(Role::RowId) {
            return Err(
                Diagnostic::new(format!("{twice} line items stand in the file twice"))
                    .at(Place::file(file.name.clone()))
                    .hint("was the file put together from files that overlap?"),
            );
        }
    }
    for (place, second) in files.iter().enumerate() {
        for first in &files[..place] {
            let shared = shared(&first.tally.identities, &second.tally.identities);
            if shared > 0 {
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
