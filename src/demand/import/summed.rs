//! Rows that an engine summed (`pushdown`): each stands for many rows of a bill, and says for how many.

use super::columns::Layout;
use super::number;
use super::problem::Wrong;
use super::spec::Role;

/// What a summed row says of the rows behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Summed {
    /// How many there are.
    pub(super) rows: u64,
    /// How many of them state no amount, or one below zero.
    pub(super) unread: u64,
}

/// Where the two columns stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Places {
    rows: usize,
    unread: Option<usize>,
}

impl Summed {
    /// A row of a bill stands for itself.
    pub(super) const ITSELF: Self = Self { rows: 1, unread: 0 };

    /// Refuses usage of which some row states no amount.
    ///
    /// # Errors
    /// How many rows those are.
    pub(super) fn check(self, places: Option<Places>) -> Result<Self, Wrong> {
        let place = places.and_then(|places| places.unread).unwrap_or_default();
        match self.unread {
            0 => Ok(self),
            unread => Err(Wrong::unread(place, unread, self.rows)),
        }
    }
}

impl Places {
    /// `None` where every row stands for itself.
    pub(super) fn of(layout: &Layout) -> Option<Self> {
        Some(Self {
            rows: layout.place(Role::Rows)?,
            unread: layout.place(Role::Unread),
        })
    }

    /// Reads the two counts by the text at a place.
    ///
    /// # Errors
    /// A count that is none.
    pub(super) fn read<T: AsRef<[u8]>>(&self, text: impl Fn(usize) -> T) -> Result<Summed, Wrong> {
        let rows = count(self.rows, text(self.rows).as_ref())?;
        let unread = self.unread.map(|place| (place, text(place)));
        let unread = match unread.as_ref().map(|(place, text)| (*place, text.as_ref())) {
            None | Some((_, b"")) => 0,
            Some((place, text)) => count(place, text)?,
        };
        Ok(Summed { rows, unread })
    }

    /// Both columns.
    pub(super) fn all(&self) -> impl Iterator<Item = usize> {
        std::iter::once(self.rows).chain(self.unread)
    }
}

fn count(place: usize, text: &[u8]) -> Result<u64, Wrong> {
    let found = number::steps(text.trim_ascii(), 0).ok();
    let found = found.and_then(|found| u64::try_from(found).ok());
    found.ok_or_else(|| Wrong::not_a_count(place, text))
}
