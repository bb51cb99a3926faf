//! The amounts of a row group: usage and cost of its rows.

use std::collections::BTreeMap;

use polars::prelude::{PolarsResult, Series};

use super::kind::{Cost, Kind, What};
use super::numbers::Numbers;
use crate::demand::import::columns::Layout;
use crate::demand::import::number::{NANO, NumberError, PICO};
use crate::demand::import::problem::Wrong;
use crate::demand::import::rows::most_nano_hours;
use crate::demand::import::spec::Role;
use crate::demand::import::summed::{self, Summed};
use crate::demand::import::time::Period;

/// The amounts of the rows.
pub(super) struct Values {
    place: usize,
    amount: Option<Numbers>,
    costs: [Option<Numbers>; 3],
    summed: Option<(summed::Places, BTreeMap<usize, Numbers>)>,
}

impl Values {
    /// Reads the columns that rows of these kinds need, by `column`.
    pub(super) fn read(
        layout: &Layout,
        kinds: &[Kind],
        mut column: impl FnMut(usize) -> PolarsResult<Series>,
    ) -> PolarsResult<Self> {
        let usage = kinds.iter().any(|kind| matches!(kind.what, What::Usage(_)));
        let amount = layout.place(Role::Amount);
        let place = amount.or(layout.place(Role::Count)).unwrap_or_default();
        let amount = usage.then(|| Numbers::new(&column(place)?)).transpose()?;
        let mut costs = [None, None, None];
        for (cost, numbers) in Cost::ALL.iter().zip(&mut costs) {
            let wanted = kinds.iter().any(|kind| kind.cost() == *cost);
            if let (true, Some(place)) = (wanted, layout.place(cost.role())) {
                *numbers = Some(Numbers::new(&column(place)?)?);
            }
        }
        let summed = match summed::Places::of(layout) {
            Some(places) => {
                let mut numbers = BTreeMap::new();
                for place in places.all() {
                    numbers.insert(place, Numbers::new(&column(place)?)?);
                }
                Some((places, numbers))
            }
            None => None,
        };
        Ok(Self {
            place,
            amount,
            costs,
            summed,
        })
    }

    /// How many rows of a bill a row stands for.
    pub(super) fn summed(&self, row: usize) -> Result<Summed, Wrong> {
        let Some((places, numbers)) = &self.summed else {
            return Ok(Summed::ITSELF);
        };
        places.read(|place| {
            numbers
                .get(&place)
                .map_or_else(String::new, |n| n.text(row))
        })
    }

    /// Refuses a row behind which some state no amount.
    pub(super) fn check(&self, summed: Summed) -> Result<Summed, Wrong> {
        summed.check(self.summed.as_ref().map(|(places, _)| *places))
    }

    /// The cost of a row in pico-dollars, 0 where none is stated; `None` where it is no number.
    pub(super) fn cost(&self, kind: Kind, row: usize) -> Option<i64> {
        let costs = self.costs[kind.cost() as usize].as_ref();
        match costs.and_then(|costs| costs.at(row, PICO)) {
            Some(stated) => stated.ok(),
            None => Some(0),
        }
    }

    /// Usage in nano-hours.
    pub(super) fn amount(&self, row: usize, period: Period, summed: Summed) -> Result<i64, Wrong> {
        let most = most_nano_hours(period, summed);
        let text = || {
            let amount = self.amount.as_ref();
            amount.map(|amount| amount.text(row)).unwrap_or_default()
        };
        match self.amount.as_ref().and_then(|amount| amount.at(row, NANO)) {
            Some(Ok(nano)) if nano < 0 => Err(Wrong::negative(self.place, text().as_bytes())),
            Some(Ok(nano)) if nano <= most => Ok(nano),
            Some(Ok(_) | Err(NumberError::OutOfRange)) => {
                Err(Wrong::absurd(self.place, text().as_bytes()))
            }
            Some(Err(NumberError::NotANumber)) | None => {
                Err(Wrong::not_a_number(self.place, text().as_bytes()))
            }
        }
    }
}
