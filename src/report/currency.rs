//! Amounts in a second currency, beside the dollars that AWS bills, at a rate somebody names.

use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;

use super::format::number;
use super::{Align, Block, Cell, Column, Document, Figure, Table, Unit};

/// So much of a currency for one dollar, on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exchange {
    /// Its code of three letters, such as `KRW`.
    pub currency: String,
    /// What one dollar is.
    pub rate: Decimal,
    /// The day of the rate, as `2026-11-20`.
    pub day: String,
}

/// A rate with its day, as people write it: `1380@2026-11-20`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateOfDay {
    /// What one dollar is.
    pub rate: Decimal,
    /// The day.
    pub day: String,
}

impl FromStr for RateOfDay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = "write what one US dollar is, then its day: 1380@2026-11-20";
        let (rate, day) = text.split_once('@').ok_or(wanted)?;
        let rate: Decimal = rate.parse().map_err(|_| wanted)?;
        let day: chrono::NaiveDate = day.parse().map_err(|_| wanted)?;
        // The Zimbabwean dollar of 2008 was at 10^10; beyond 10^12 somebody mistyped.
        if rate <= Decimal::ZERO || rate > Decimal::from(1_000_000_000_000_u64) {
            return Err(format!("one dollar cannot be {rate}; {wanted}"));
        }
        Ok(Self {
            rate: rate.normalize(),
            day: day.to_string(),
        })
    }
}

/// A currency's code, in capitals.
///
/// # Errors
/// What is no code of three letters, and the dollar itself.
pub fn currency_code(text: &str) -> Result<String, String> {
    let code = text.to_ascii_uppercase();
    if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err("a currency has a code of three letters (ISO 4217), such as KRW".into());
    }
    if code == "USD" {
        return Err("amounts are in USD as they are; leave --currency out".into());
    }
    Ok(code)
}

impl Exchange {
    /// In words, for the document: `1 USD = 1,380 KRW on 2026-11-20`.
    pub fn words(&self) -> String {
        let rate = number(self.rate);
        format!("1 USD = {rate} {} on {}, as given", self.currency, self.day)
    }

    /// Decimals of an amount: currencies without a smaller coin in use have none.
    fn places(&self, unit: Unit) -> u32 {
        let whole = matches!(
            self.currency.as_str(),
            "KRW" | "JPY" | "VND" | "CLP" | "ISK" | "PYG" | "UGX" | "XAF" | "XOF" | "XPF"
        );
        match (whole, unit) {
            (true, Unit::Rate) => 1,
            (true, _) => 0,
            (false, Unit::Rate) => 3,
            (false, _) => 2,
        }
    }

    /// A cell of dollars in the currency; a dash for what is none.
    fn cell(&self, dollars: &Cell) -> Cell {
        let Some(value) = dollars.value().filter(|value| is_dollars(value.unit)) else {
            return "-".into();
        };
        let Some(amount) = value.number.checked_mul(self.rate) else {
            return "too large".into();
        };
        let places = self.places(value.unit);
        let shown = amount.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
        let mut shown = shown;
        shown.rescale(places);
        Cell::new(number(shown), amount, value.unit, places)
    }

    fn table(&self, table: &mut Table) {
        let Some(at) = (0..table.columns.len()).find(|&at| all_dollars(table, at)) else {
            return;
        };
        let title = table
            .columns
            .get(at)
            .map_or("", |column| column.title.as_str());
        table.columns.insert(
            at + 1,
            Column {
                title: title.replace('$', &self.currency),
                align: Align::Right,
                verbatim: false,
                exchanged: true,
            },
        );
        for row in &mut table.rows {
            if let Some(cell) = row.get(at).map(|dollars| self.cell(dollars)) {
                row.insert(at + 1, cell);
            }
        }
    }

    fn figure(&self, figure: &mut Figure) {
        if figure
            .value
            .value()
            .is_some_and(|value| is_dollars(value.unit))
        {
            let amount = self.cell(&figure.value);
            figure.detail = format!("{} {}; {}", self.currency, amount.text(), figure.detail);
        }
    }
}

const fn is_dollars(unit: Unit) -> bool {
    matches!(unit, Unit::Money | Unit::Rate)
}

/// Whether a column holds amounts of one unit, and its head says so.
fn all_dollars(table: &Table, at: usize) -> bool {
    let head = table.columns.get(at);
    let values = || table.rows.iter().filter_map(|row| row.get(at)?.value());
    let all = |unit: &Unit| values().next().is_some() && values().all(|value| value.unit == *unit);
    head.is_some_and(|head| head.title.contains('$')) && [Unit::Money, Unit::Rate].iter().any(all)
}

impl Document {
    /// The same with a second currency: beside the key figures and beside the first amounts of every table. The
    /// dollars stay, and the rate is said below the key figures.
    #[must_use]
    pub fn beside(mut self, exchange: &Exchange) -> Self {
        let mut at = None;
        for (index, block) in self.blocks.iter_mut().enumerate() {
            match block {
                Block::Table(table) => exchange.table(table),
                Block::Figures(figures) => {
                    for figure in figures {
                        exchange.figure(figure);
                    }
                    at = at.or(Some(index + 1));
                }
                _ => {}
            }
        }
        let note = format!(
            "{} beside dollars: {}. AWS bills in dollars; everything is worked out in them.",
            exchange.currency,
            exchange.words()
        );
        let note = self.language().say(&note);
        self.blocks.insert(at.unwrap_or(0), Block::Note(note));
        self.exchange = Some(exchange.clone());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn a_rate_has_a_day() {
        let read: RateOfDay = "1380@2026-11-20".parse().unwrap();
        assert_eq!((read.rate, read.day.as_str()), (dec!(1380), "2026-11-20"));
        for wrong in [
            "1380",
            "@2026-11-20",
            "0@2026-11-20",
            "-1@2026-11-20",
            "1380@20.11.2026",
            "x@2026-11-20",
            "1e5@2026-02-30",
            "9999999999999@2026-11-20",
        ] {
            assert!(wrong.parse::<RateOfDay>().is_err(), "{wrong}");
        }
        assert_eq!(currency_code("krw").unwrap(), "KRW");
        for wrong in ["", "WON1", "₩", "usd", "KR"] {
            assert!(currency_code(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn dollars_stay_and_the_rate_is_said() {
        let exchange = Exchange {
            currency: "KRW".into(),
            rate: dec!(1380.5),
            day: "2026-11-20".into(),
        };
        let mut table = Table::new("", &["plan", ">used, %", ">cost, $"]);
        let cell = |number| Cell::new("shown", number, Unit::Money, 2);
        table.row(["a".into(), Cell::percent(Some(dec!(5))), cell(dec!(2.004))]);
        table.row(["b".into(), Cell::percent(None), "-".into()]);
        let mut document = Document::new("T", "S", "F");
        document.push(Block::Figures(vec![Figure::new(
            "Cost",
            cell(dec!(2.004)),
            "in all",
        )]));
        document.push(Block::Table(table));
        let document = document.beside(&exchange);
        let [
            Block::Figures(figures),
            Block::Note(note),
            Block::Table(table),
        ] = document.blocks.as_slice()
        else {
            panic!("{:?}", document.blocks);
        };
        // 2.004 x 1380.5 = 2,766.522
        assert_eq!(figures[0].detail, "KRW 2,767; in all");
        assert!(note.contains("1 USD = 1,380.5 KRW on 2026-11-20"), "{note}");
        let heads: Vec<&str> = table
            .columns
            .iter()
            .map(|column| column.title.as_str())
            .collect();
        assert_eq!(heads, ["plan", "used, %", "cost, $", "cost, KRW"]);
        assert_eq!(table.rows[0][3].text(), "2,767");
        assert_eq!(table.rows[0][3].value().unwrap().number, dec!(2766.522));
        assert_eq!(table.rows[1][3].text(), "-");
    }
}
