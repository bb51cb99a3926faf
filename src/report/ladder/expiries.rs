//! Which part of what is committed ends in which month.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::months::{commitments, committed};
use crate::analysis::ratio;
use crate::commitment::Portfolio;
use crate::report::cash::month_of;
use crate::report::run::amount;
use crate::units::{Hour, HourSpan, Money};

/// A month in which commitments end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiry {
    /// Such as `2027-10`.
    pub month: String,
    /// How many end.
    pub commitments: usize,
    /// Dollars an hour that end with them.
    pub ends_hourly: String,
    /// Dollars an hour committed when the first of them ends, at public prices.
    pub of_hourly: String,
    /// The share of them, per cent.
    pub share_percent: String,
    /// Dollars an hour of purchases that begin in the month.
    pub begins_hourly: String,
    /// Whether the share is above what was asked for, and the first of them ends inside the horizon or with it.
    pub is_cliff: bool,
}

/// What ends in an hour after the first one of the horizon, by month. A commitment that ends in the horizon's first hour
/// was over before it.
pub fn expiries(portfolio: &Portfolio, horizon: HourSpan, cliff_percent: u8) -> Vec<Expiry> {
    let mut months: BTreeMap<String, Vec<(Hour, Money)>> = BTreeMap::new();
    for (alive, hourly) in commitments(portfolio) {
        if alive.end() > horizon.start() && !alive.is_empty() {
            let month = month_of(HourSpan::new(alive.end(), alive.end()));
            months.entry(month).or_default().push((alive.end(), hourly));
        }
    }
    let expiry = |(month, ends): (String, Vec<(Hour, Money)>)| {
        let first = ends.iter().map(|&(end, _)| end).min();
        let of = first.map_or(Money::ZERO, |first| committed(portfolio, first.plus(-1)));
        let sum: Money = ends.iter().map(|&(_, hourly)| hourly).sum();
        let begins = commitments(portfolio)
            .filter(|(alive, _)| month_of(HourSpan::new(alive.start(), alive.start())) == month);
        let share = ratio(sum, of).unwrap_or_default();
        Expiry {
            commitments: ends.len(),
            ends_hourly: amount(sum),
            of_hourly: amount(of),
            share_percent: share.to_string(),
            begins_hourly: amount(begins.map(|(_, hourly)| hourly).sum()),
            // After the horizon everything ends, as nothing more is bought.
            is_cliff: share > Decimal::from(cliff_percent)
                && first.is_some_and(|first| first <= horizon.end()),
            month,
        }
    };
    months.into_iter().map(expiry).collect()
}
