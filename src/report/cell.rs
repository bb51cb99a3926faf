//! A cell of a table: the text people read, and the number behind it for formats that calculate and sort.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;

use super::format::{dollars, number, percent};
use crate::units::Money;

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Money, in the currency the column's head names.
    Money,
    /// Money an hour.
    Rate,
    /// Per cent: 26.7 means 26.7 %.
    Percent,
    /// Hours.
    Hours,
    /// Things.
    Count,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Cell {
    text: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
}

/// The number behind a cell, with more digits than its text where it has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Value {
    /// The number, exact.
    #[serde(rename = "value")]
    pub number: Decimal,
    /// What it counts.
    pub unit: Unit,
    /// Decimals that are shown of it.
    #[serde(skip)]
    pub places: u32,
}

impl Cell {
    /// Text with a number behind it: `$4.678/h` in a column that is not all of one unit.
    pub fn new(text: impl Into<String>, number: Decimal, unit: Unit, places: u32) -> Self {
        Self {
            text: text.into(),
            value: Some(Value {
                number: number.normalize(),
                unit,
                places,
            }),
        }
    }

    /// An amount without its currency sign, which the head has: `1,234.50`.
    pub fn money(amount: Money, places: u32) -> Self {
        Self::amount(amount, places, Unit::Money)
    }

    /// An amount an hour.
    pub fn rate(amount: Money, places: u32) -> Self {
        Self::amount(amount, places, Unit::Rate)
    }

    fn amount(amount: Money, places: u32, unit: Unit) -> Self {
        let text = dollars(amount, places).replacen('$', "", 1);
        Self::new(text, amount.to_decimal(10), unit, places)
    }

    /// A share in per cent with one decimal; a dash where there is nothing to take a share of.
    pub fn percent(share: Option<Decimal>) -> Self {
        match share {
            Some(found) => Self::new(percent(share), found, Unit::Percent, 1),
            None => percent(None).into(),
        }
    }

    /// A share in per cent with so many decimals, halves away from zero.
    pub fn fine_percent(share: Decimal, places: u32) -> Self {
        let shown = share.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
        let decimals = usize::try_from(places).unwrap_or(0);
        Self::new(format!("{shown:.decimals$}"), share, Unit::Percent, places)
    }

    /// So many things.
    pub fn count(count: u64) -> Self {
        Self::new(number(count.into()), count.into(), Unit::Count, 0)
    }

    /// What people read.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) const fn text_mut(&mut self) -> &mut String {
        &mut self.text
    }

    /// The number behind it.
    pub const fn value(&self) -> Option<Value> {
        self.value
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self {
            text: text.into(),
            value: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn a_cell_shows_a_rounded_number_and_keeps_the_exact_one() {
        let money = Money::from_decimal(dec!(-1234.5678)).unwrap();
        let cell = Cell::money(money, 2);
        assert_eq!(cell.text(), "-1,234.57");
        assert_eq!(cell.value().unwrap().number, dec!(-1234.5678));
        assert_eq!(Cell::percent(None), Cell::from("-"));
        assert_eq!(Cell::percent(Some(dec!(26.7279))).text(), "26.7");
        assert_eq!(Cell::fine_percent(dec!(0.0025), 3).text(), "0.003");
        assert_eq!(Cell::count(8_760).text(), "8,760");
    }
}
