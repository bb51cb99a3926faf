//! Dense hourly usage: for every key, the instance-seconds of every hour of the window.

use std::collections::BTreeMap;

use super::key::DemandKey;
use crate::units::{HourSpan, InstanceHour, Quantity};

/// Instance-seconds by key and hour over a window.
///
/// Keys are distinct and ordered; the same usage gives the same `Demand` whatever the order it was read in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    pub(super) span: HourSpan,
    pub(super) keys: Vec<DemandKey>,
    /// `keys.len()` rows of `span.len()` hours, in instance-seconds.
    pub(super) seconds: Vec<u32>,
}

/// What to do with hours inside the window for which a source has no row at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// Take the hour as one without usage.
    Zero,
    /// Repeat the hour before.
    Previous,
}

impl Demand {
    /// Rows of `span.len()` hours each.
    ///
    /// # Errors
    /// The key of the first row of another length.
    pub fn from_rows(
        span: HourSpan,
        rows: impl IntoIterator<Item = (DemandKey, Vec<u32>)>,
    ) -> Result<Self, DemandKey> {
        let rows: BTreeMap<DemandKey, Vec<u32>> = rows.into_iter().collect();
        if let Some((key, _)) = rows.iter().find(|(_, row)| row.len() != span.len()) {
            return Err(key.clone());
        }
        let (keys, seconds): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        Ok(Self {
            span,
            keys,
            seconds: seconds.concat(),
        })
    }

    /// The window.
    pub const fn span(&self) -> HourSpan {
        self.span
    }

    /// The keys, ordered.
    pub fn keys(&self) -> &[DemandKey] {
        &self.keys
    }

    /// Instance-seconds of the key at `index`, one number an hour.
    pub fn seconds(&self, index: usize) -> &[u32] {
        let hours = self.span.len();
        &self.seconds[index * hours..(index + 1) * hours]
    }

    /// Every key with its hours.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = (&DemandKey, &[u32])> {
        self.keys
            .iter()
            .enumerate()
            .map(|(index, key)| (key, self.seconds(index)))
    }

    /// All instance-hours of the key at `index`.
    pub fn total(&self, index: usize) -> Quantity<InstanceHour> {
        Quantity::from_seconds(self.seconds(index).iter().map(|&s| u64::from(s)).sum())
    }

    /// The same usage between the hours of `span` only; keys that have none left stay, with zeros.
    #[must_use]
    pub fn within(&self, span: HourSpan) -> Self {
        self.over(self.span.intersect(span))
    }

    /// The usage of the hours of `span`, none in those outside the window; every key stays.
    #[must_use]
    pub fn over(&self, span: HourSpan) -> Self {
        let shared = self.span.intersect(span);
        let (from, to) = match (self.span.index(shared.start()), span.index(shared.start())) {
            (Some(from), Some(to)) => (from, to),
            _ => (0, 0),
        };
        let mut seconds = vec![0; self.keys.len() * span.len()];
        let rows = seconds.chunks_mut(span.len().max(1));
        for (row, (_, own)) in rows.zip(self.rows()) {
            row[to..to + shared.len()].copy_from_slice(&own[from..from + shared.len()]);
        }
        Self {
            span,
            keys: self.keys.clone(),
            seconds,
        }
    }

    /// The hours in which no key has any usage, as spans.
    pub fn empty_hours(&self) -> Vec<HourSpan> {
        let mut used = vec![false; self.span.len()];
        for (_, row) in self.rows() {
            for (used, &seconds) in used.iter_mut().zip(row) {
                *used |= seconds > 0;
            }
        }
        let mut spans: Vec<HourSpan> = Vec::new();
        for (hour, _) in self.span.hours().zip(used).filter(|(_, used)| !used) {
            match spans.last_mut() {
                Some(last) if last.end() == hour => {
                    *last = HourSpan::new(last.start(), hour.plus(1));
                }
                _ => spans.push(HourSpan::new(hour, hour.plus(1))),
            }
        }
        spans
    }

    /// The same usage under coarser keys: rows whose keys `coarser` makes equal are added up.
    ///
    /// # Errors
    /// The coarser key of a row whose sum does not fit (more than 1,193,046 instances in an hour).
    pub fn merged(&self, coarser: impl Fn(&DemandKey) -> DemandKey) -> Result<Self, DemandKey> {
        let mut rows: BTreeMap<DemandKey, Vec<u32>> = BTreeMap::new();
        for (key, seconds) in self.rows() {
            let key = coarser(key);
            let Some(sums) = rows.get_mut(&key) else {
                rows.insert(key, seconds.to_vec());
                continue;
            };
            for (sum, &seconds) in sums.iter_mut().zip(seconds) {
                *sum = sum.checked_add(seconds).ok_or_else(|| key.clone())?;
            }
        }
        let (keys, seconds): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        Ok(Self {
            span: self.span,
            keys,
            seconds: seconds.concat(),
        })
    }

    /// The same usage at `percent` per cent in every hour, rounded to whole seconds.
    ///
    /// # Errors
    /// The key of a row that does not fit (more than 1,193,046 instances in an hour).
    pub fn scaled(&self, percent: u32) -> Result<Self, DemandKey> {
        let scale = |seconds: u32| {
            let hundredfold = u64::from(seconds) * u64::from(percent) + 50;
            u32::try_from(hundredfold.div_euclid(100)).ok()
        };
        let mut seconds = Vec::with_capacity(self.seconds.len());
        for (key, row) in self.rows() {
            for &one in row {
                seconds.push(scale(one).ok_or_else(|| key.clone())?);
            }
        }
        Ok(Self {
            span: self.span,
            keys: self.keys.clone(),
            seconds,
        })
    }

    /// Writes into the hours of `span` what [`Fill`] says.
    pub fn fill(&mut self, span: HourSpan, fill: Fill) {
        let hours = self.span.len();
        for hour in span.hours().filter_map(|hour| self.span.index(hour)) {
            for row in self.seconds.chunks_exact_mut(hours) {
                row[hour] = match fill {
                    Fill::Previous if hour > 0 => row[hour - 1],
                    Fill::Zero | Fill::Previous => 0,
                };
            }
        }
    }
}
