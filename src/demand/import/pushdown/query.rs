//! The query: rows that add up, and rows of fees as they stand.

use super::super::columns::{Layout, TextColumn};
use super::super::number::{NANO, PICO};
use super::super::spec::{self, Format, Role};
use super::super::{bill, fees, focus};
use super::{Aggregation, Dialect, EngineColumn};
use crate::diagnostics::{Diagnostic, Place};

/// Whether a row may be instance usage: a column of the query's own.
const LONG: &str = "bursar_long";
/// Its usage: another.
const AMOUNT: &str = "bursar_amount";

/// A query in the making.
pub(super) struct Query<'a> {
    what: &'a Aggregation,
    layout: &'a Layout,
    dialect: Dialect,
}

/// A column of the result: its name, what it is of rows that are added up, and of a fee.
struct Cell {
    name: String,
    summed: String,
    fee: String,
}

impl<'a> Query<'a> {
    pub(super) const fn new(what: &'a Aggregation, layout: &'a Layout, dialect: Dialect) -> Self {
        Self {
            what,
            layout,
            dialect,
        }
    }

    /// The whole query: rows that are added up by what they are and when, then the rows of fees.
    pub(super) fn text(&self) -> Result<String, Diagnostic> {
        let keys = self.keys();
        let others = [self.sums(), self.only_of_fees(&keys), self.telling(&keys)];
        let cells: Vec<&Cell> = keys.iter().chain(others.iter().flatten()).collect();
        let select = |sql: fn(&Cell) -> &str| {
            let cells = cells
                .iter()
                .map(|cell| format!("  {} AS {}", sql(cell), self.dialect.name(&cell.name)));
            cells.collect::<Vec<_>>().join(",\n")
        };
        let places = |count: usize| {
            let places = (1..=count).map(|place| place.to_string());
            places.collect::<Vec<_>>().join(", ")
        };
        let is_fee = self.is_fee();
        let no_fee = is_fee
            .as_ref()
            .map(|fee| format!("NOT COALESCE({fee}, FALSE)"));
        let mut text = format!(
            "SELECT\n{}\nFROM (\n  SELECT *, {} AS {LONG}, {} AS {AMOUNT}\n  {}\n) bill\nGROUP BY {}\n",
            select(|cell| &cell.summed),
            self.may_be_instances(),
            self.amount(),
            self.from(no_fee)?,
            places(keys.len())
        );
        if let Some(is_fee) = is_fee {
            let fees = (select(|cell| &cell.fee), self.from(Some(is_fee))?);
            text += &["UNION ALL\nSELECT\n", &fees.0, "\n", &fees.1, "\n"].concat();
        }
        // The same bill gives the same result, byte by byte.
        text += &["ORDER BY ", &places(cells.len()), "\n"].concat();
        Ok(text)
    }

    /// The table, without rows of other billing periods and those that `also` leaves out.
    fn from(&self, also: Option<String>) -> Result<String, Diagnostic> {
        let conditions: Vec<String> = self.periods()?.into_iter().chain(also).collect();
        let table = &self.what.table;
        Ok(if conditions.is_empty() {
            format!("FROM {table}")
        } else {
            format!("FROM {table} WHERE {}", conditions.join(" AND "))
        })
    }

    /// The texts that say what a row is, and its time. Of rows that cannot be instance usage only the few that tell.
    fn keys(&self) -> Vec<Cell> {
        let mut cells = Vec::new();
        for (place, column) in self.layout.tuple.iter().enumerate() {
            for (name, sql) in self.texts(column) {
                let summed = if place < self.layout.short {
                    sql.clone()
                } else {
                    format!("CASE WHEN {LONG} THEN {sql} END")
                };
                cells.push(Cell {
                    name,
                    summed,
                    fee: sql,
                });
            }
        }
        for role in [Role::Start, Role::End] {
            if let Some(name) = self.layout.place(role).map(|place| self.layout.name(place)) {
                cells.push(same(name, &self.dialect.column(name)));
            }
        }
        cells.extend(self.products().into_iter().map(|(name, sql)| Cell {
            summed: format!("CASE WHEN {LONG} THEN {sql} END"),
            name,
            fee: sql,
        }));
        cells
    }

    /// The names and texts a column of the tuple gives: a map is taken apart.
    fn texts(&self, column: &TextColumn) -> Vec<(String, String)> {
        let found = &self.what.columns[column.place];
        let own = |sql| vec![(found.name.clone(), sql)];
        match column.role {
            Role::ProductMap => Vec::new(),
            Role::Tag if self.layout.has(Role::TagMap) => Vec::new(),
            Role::TagMap => {
                let tags = self.what.tags.iter().map(|tag| {
                    let under = self.dialect.under(found, &spec::tag_keys(tag));
                    let text = under.unwrap_or_else(|| self.dialect.no_text());
                    (format!("resource_tags_user_{tag}"), text)
                });
                tags.collect()
            }
            Role::SkuDetails => own(self.details(found)),
            role => match self.product(role) {
                Some(in_map) => own(format!(
                    "COALESCE(NULLIF({}, ''), {in_map})",
                    self.dialect.column(&found.name)
                )),
                None => own(self.dialect.column(&found.name)),
            },
        }
    }

    /// Columns of the product that only its map has.
    fn products(&self) -> Vec<(String, String)> {
        let columns = self.layout.format.columns().iter();
        let only_in_map = columns.filter(|column| !self.layout.has(column.role));
        let found = only_in_map.filter_map(|column| {
            let name = column.names.first()?;
            Some(((*name).to_owned(), self.product(column.role)?))
        });
        found.collect()
    }

    /// What the product's map has for a role.
    fn product(&self, role: Role) -> Option<String> {
        let map = &self.what.columns[self.layout.find(Role::ProductMap)?];
        self.dialect.under(map, spec::product_keys(role))
    }

    /// The details of a FOCUS price that are looked at, as JSON.
    fn details(&self, column: &EngineColumn) -> String {
        let parts = spec::DETAILS.iter().filter_map(|keys| {
            let (name, text) = (keys.first()?, self.dialect.under(column, keys)?);
            let head = self.dialect.text(&format!("\"{name}\":\""));
            // NULL where there is no such detail: it is left out of the list.
            Some(format!("CONCAT({head}, REPLACE({text}, '\"', ''), '\"')"))
        });
        let parts: Vec<String> = parts.collect();
        if parts.is_empty() {
            return self.dialect.no_text();
        }
        format!("CONCAT('{{', CONCAT_WS(',', {}), '}}')", parts.join(", "))
    }

    /// Usage and costs, and what a row stands for.
    fn sums(&self) -> Vec<Cell> {
        let values = [
            (Role::Amount, NANO),
            (Role::Cost, PICO),
            (Role::ReservationCost, PICO),
            (Role::PlanCost, PICO),
        ];
        let mut cells = Vec::new();
        for (role, decimals) in values {
            if let Some(column) = self
                .layout
                .place(role)
                .map(|place| &self.what.columns[place])
            {
                let sum = match role {
                    Role::Amount => format!("SUM({AMOUNT})"),
                    _ => format!("SUM({})", self.dialect.amount(column, decimals)),
                };
                cells.push(Cell {
                    name: column.name.clone(),
                    summed: self.dialect.as_text(&sum),
                    fee: self.dialect.column(&column.name),
                });
            }
        }
        cells.push(Cell {
            name: spec::ROWS.to_owned(),
            summed: self.dialect.as_text("COUNT(*)"),
            fee: "'1'".to_owned(),
        });
        cells.push(Cell {
            name: spec::UNREAD.to_owned(),
            summed: self.dialect.as_text(&format!(
                "SUM(CASE WHEN {LONG} AND COALESCE({AMOUNT}, -1) < 0 THEN 1 ELSE 0 END)"
            )),
            fee: "'0'".to_owned(),
        });
        cells
    }

    /// Usage in whole nano-hours.
    fn amount(&self) -> String {
        let place = self.layout.place(Role::Amount).unwrap_or_default();
        self.dialect.amount(&self.what.columns[place], NANO)
    }

    /// Columns that only the rows of fees are read for.
    fn only_of_fees(&self, keys: &[Cell]) -> Vec<Cell> {
        if self.layout.format != Format::Bill {
            return Vec::new();
        }
        let value = |place: usize| {
            let values = [
                Role::Amount,
                Role::Cost,
                Role::ReservationCost,
                Role::PlanCost,
            ];
            values
                .iter()
                .any(|role| self.layout.place(*role) == Some(place))
        };
        let mut cells = Vec::new();
        for (place, name) in self.layout.names.iter().enumerate() {
            let is_read = fees::COLUMNS.contains(&spec::plain_name(name).as_str());
            if is_read && !value(place) && keys.iter().all(|key| key.name != *name) {
                cells.push(Cell {
                    name: name.clone(),
                    summed: self.dialect.no_text(),
                    fee: self.dialect.column(name),
                });
            }
        }
        cells
    }

    /// Columns that tell the format's version by being there.
    fn telling(&self, keys: &[Cell]) -> Vec<Cell> {
        let telling = self.layout.names.iter().filter(|name| {
            spec::TELLING.contains(&spec::plain_name(name).as_str())
                && keys.iter().all(|key| key.name != **name)
        });
        telling
            .map(|name| same(name, &self.dialect.no_text()))
            .collect()
    }

    /// Whether a row may be instance usage: only then do all texts count.
    fn may_be_instances(&self) -> String {
        let marks: &[&str] = match self.layout.format {
            Format::Focus => &focus::MARKS,
            _ => &bill::MARKS,
        };
        let gate = self.layout.gate().unwrap_or_default();
        let gate = self.dialect.name(self.layout.name(gate));
        let marks = marks.iter().map(|mark| format!("{gate} LIKE '%{mark}%'"));
        format!("({})", marks.collect::<Vec<_>>().join(" OR "))
    }

    /// Whether a row is a commitment's fee.
    fn is_fee(&self) -> Option<String> {
        let place = self.layout.find(Role::LineType)?;
        if self.layout.format != Format::Bill {
            return None;
        }
        let fees = bill::FEES.map(|fee| self.dialect.text(fee));
        let name = self.dialect.name(self.layout.name(place));
        Some(format!("{name} IN ({})", fees.join(", ")))
    }

    /// Keeps the billing periods asked for, by the columns a bill is partitioned by if there are such.
    fn periods(&self) -> Result<Option<String>, Diagnostic> {
        if self.what.periods.is_empty() {
            return Ok(None);
        }
        let named = |wanted: &str| {
            let names = &self.layout.names;
            names.iter().find(|name| spec::plain_name(name) == wanted)
        };
        let starts = [
            "billing_period",
            "bill_billing_period_start_date",
            "billing_period_start",
        ];
        let any = |conditions: Vec<String>| Ok(Some(format!("({})", conditions.join(" OR "))));
        let periods = self.what.periods.iter();
        if let (Some(year), Some(month)) = (named("year"), named("month")) {
            let (year, month) = (self.dialect.column(year), self.dialect.column(month));
            let one = |period: &String| {
                let (of, in_year) = period.split_once('-').unwrap_or((period, ""));
                let short = in_year.trim_start_matches('0');
                format!("({year} = '{of}' AND {month} IN ('{in_year}', '{short}'))")
            };
            return any(periods.map(one).collect());
        }
        let Some(column) = starts.iter().find_map(|name| named(name)) else {
            return Err(Diagnostic::new("no column tells the billing period")
                .at(Place::file(&self.what.name))
                .hint("bills are partitioned by `billing_period`, older ones by `year` and `month`; leave out `--billing-period` to read everything"));
        };
        let column = self.dialect.column(column);
        any(periods
            .map(|period| format!("{column} LIKE '{period}%'"))
            .collect())
    }
}

/// A column that is the same of all rows.
fn same(name: &str, sql: &str) -> Cell {
    Cell {
        name: name.to_owned(),
        summed: sql.to_owned(),
        fee: sql.to_owned(),
    }
}
