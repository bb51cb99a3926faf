//! A table as data, and its renderings: terminal, CSV, Markdown.

use std::io;

use comfy_table::{CellAlignment, LineStyle, TableStyle};
use serde::Serialize;

use super::Cell;

/// Which side a column's cells stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A column's head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// What stands over it, with the unit.
    pub title: String,
    /// Which side its cells stand on.
    pub align: Align,
    /// Whether its cells are somebody's own words, which are not translated.
    #[serde(skip)]
    pub verbatim: bool,
    /// Whether it is the column before it in another currency.
    #[serde(skip)]
    pub exchanged: bool,
}

/// Rows of cells under heads.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Table {
    /// Its name where tables are files or sheets, such as `purchases`; empty where it is neither.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What stands above it; empty for none.
    pub title: String,
    /// Heads.
    pub columns: Vec<Column>,
    /// Cells, as many a row as there are heads.
    pub rows: Vec<Vec<Cell>>,
    /// What stands below it, a line each.
    pub notes: Vec<String>,
    /// Which of its rows is the one that the report recommends, if one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chosen: Option<usize>,
    /// Whether its amounts add up to something.
    #[serde(skip)]
    pub summed: bool,
}

/// One rule below the heads, one at the end: rules between rows would drown the figures.
const ONE_RULE: TableStyle = TableStyle::new()
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .bottom_border(LineStyle::none().fill('─').junction('─'));

impl Table {
    /// An empty table. A head that starts with `>` is right-aligned: `&["plan", ">cost, $"]`; the cells under one that starts
    /// with `=` are somebody's own words.
    pub fn new(title: impl Into<String>, heads: &[&str]) -> Self {
        let column = |head: &&str| Column {
            title: head.trim_start_matches(['>', '=']).to_owned(),
            align: if head.starts_with('>') {
                Align::Right
            } else {
                Align::Left
            },
            verbatim: head.starts_with('='),
            exchanged: false,
        };
        let columns = heads.iter().map(column).collect();
        Self {
            title: title.into(),
            columns,
            ..Self::default()
        }
    }

    /// The same table under a name for files and sheets.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// The same table as one whose amounts add up to something, which spreadsheets then show.
    #[must_use]
    pub const fn summed(mut self) -> Self {
        self.summed = true;
        self
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl Into<Cell>>) -> &mut Self {
        self.rows.push(cells.into_iter().map(Into::into).collect());
        self
    }

    /// Adds a line below the table.
    pub fn note(&mut self, note: impl Into<String>) -> &mut Self {
        self.notes.push(note.into());
        self
    }

    /// For a terminal, without colour, as wide as its content.
    pub fn to_text(&self) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(ONE_RULE);
        table.set_header(self.columns.iter().map(|c| aligned(&c.title, c.align)));
        for row in &self.rows {
            table.add_row(
                row.iter()
                    .zip(&self.columns)
                    .map(|(cell, c)| aligned(cell.text(), c.align)),
            );
        }
        let mut text = String::new();
        if !self.title.is_empty() {
            text.push_str(&self.title);
            text.push('\n');
        }
        for line in table.trim_fmt().lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        for note in &self.notes {
            text.push_str(note);
            text.push('\n');
        }
        text
    }

    /// As a GitHub-flavoured Markdown table.
    pub fn to_markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let heads = self.columns.iter().map(|c| escape(&c.title)).collect();
        let rule = |c: &Column| {
            if c.align == Align::Right {
                "---:"
            } else {
                "---"
            }
            .to_owned()
        };
        let mut text = String::new();
        if !self.title.is_empty() {
            text.extend(["**", &self.title, "**\n\n"]);
        }
        text.push_str(&line(heads));
        text.push_str(&line(self.columns.iter().map(rule).collect()));
        for row in &self.rows {
            text.push_str(&line(row.iter().map(|cell| escape(cell.text())).collect()));
        }
        for note in &self.notes {
            text.extend(["\n", note, "\n"]);
        }
        text
    }

    /// Writes it as CSV with the numbers behind the texts, for spreadsheets: no text in it is taken for a formula.
    pub fn write_values(&self, out: &mut impl io::Write) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        let heads = self.columns.iter().map(|column| harmless(&column.title));
        writer.write_record(heads).map_err(io::Error::other)?;
        for row in &self.rows {
            let cells = row.iter().map(|cell| match cell.value() {
                Some(value) => value.number.to_string(),
                None => harmless(cell.text()),
            });
            writer.write_record(cells).map_err(io::Error::other)?;
        }
        writer.flush()
    }

    /// Writes it as CSV: heads, then rows; title and notes are left out.
    pub fn write_csv(&self, out: &mut impl io::Write) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        writer
            .write_record(self.columns.iter().map(|c| &c.title))
            .map_err(io::Error::other)?;
        for row in &self.rows {
            let texts = row.iter().map(Cell::text);
            writer.write_record(texts).map_err(io::Error::other)?;
        }
        writer.flush()
    }
}

fn aligned(text: &str, align: Align) -> comfy_table::Cell {
    comfy_table::Cell::new(text).set_alignment(match align {
        Align::Left => CellAlignment::Left,
        Align::Right => CellAlignment::Right,
    })
}

/// Spreadsheets calculate what begins with one of these signs; a quote before it makes it text.
fn harmless(text: &str) -> String {
    if text.len() > 1 && text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn escape(cell: &str) -> String {
    cell.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_on_the_right_in_every_rendering() {
        let mut table = Table::new("Costs", &["plan", ">cost, $"]);
        table
            .row(["On-Demand", "1,234.50"])
            .row(["a|b", "7.00"])
            .note("A note.");
        assert!(
            table.to_text().contains(
                " a|b             7.00
"
            ),
            "{}",
            table.to_text()
        );
        assert!(
            table
                .to_markdown()
                .contains("| --- | ---: |\n| On-Demand | 1,234.50 |")
        );
        let mut csv = Vec::new();
        table.write_csv(&mut csv).unwrap();
        assert_eq!(
            String::from_utf8(csv).unwrap(),
            "plan,\"cost, $\"\nOn-Demand,\"1,234.50\"\na|b,7.00\n"
        );
    }
}
