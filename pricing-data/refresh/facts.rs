//! Reading a fact table, and writing sorted tables of the project.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::Path;

use crate::Problem;

/// A row of a fact table by column name.
pub(crate) type Row = BTreeMap<String, String>;

/// Cells of one table: by row name, then by column name.
pub(crate) type Cells = BTreeMap<String, BTreeMap<String, String>>;

/// Facts that are left out, with the reason.
#[derive(Default)]
pub(crate) struct Dropped(Vec<[String; 7]>);

/// Every row of `folder/name`, a CSV that may be compressed.
pub(crate) fn read(folder: &Path, name: &str) -> Result<Vec<Row>, Problem> {
    let path = folder.join(name);
    let file = File::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let input: Box<dyn Read> = if path.extension().is_some_and(|ending| ending == "gz") {
        Box::new(flate2::read::MultiGzDecoder::new(BufReader::new(file)))
    } else {
        Box::new(BufReader::new(file))
    };
    let mut reader = csv::Reader::from_reader(input);
    reader
        .deserialize()
        .map(|row| row.map_err(|error| format!("{}: {error}", path.display()).into()))
        .collect()
}

/// A column of a row that has to be there.
pub(crate) fn cell<'a>(row: &'a Row, column: &str) -> Result<&'a str, Problem> {
    row.get(column)
        .map(String::as_str)
        .ok_or_else(|| format!("no column `{column}`").into())
}

/// A number as published, without the zeros behind its last digit.
pub(crate) fn plain(number: &str) -> String {
    if number.contains('.') {
        number
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned()
    } else {
        number.to_owned()
    }
}

/// Whether a price says nothing: AWS's mirror writes 0 where it knows none.
pub(crate) fn is_zero(number: &str) -> bool {
    number.bytes().all(|byte| byte == b'0' || byte == b'.')
}

/// Adds a cell; a second one for the same place is refused, even when it is equal.
pub(crate) fn put(cells: &mut Cells, row: &str, column: &str, value: &str) -> Result<(), Problem> {
    let old = cells
        .entry(row.to_owned())
        .or_default()
        .insert(column.to_owned(), plain(value));
    match old {
        None => Ok(()),
        Some(old) => Err(format!("{row}, {column}: both {old} and {value}").into()),
    }
}

/// Writes a table: where it is from, heads, then a line a row.
pub(crate) fn write_table(
    path: &Path,
    provenance: &str,
    columns: &[String],
    cells: &Cells,
) -> Result<(), Problem> {
    let used: Vec<&String> = columns
        .iter()
        .filter(|column| cells.values().any(|row| row.contains_key(*column)))
        .collect();
    let mut text = format!("# {provenance}\ninstance_type");
    for column in &used {
        write!(text, ",{column}")?;
    }
    for (name, row) in cells {
        write!(text, "\n{name}")?;
        for column in &used {
            write!(text, ",{}", row.get(*column).map_or("", String::as_str))?;
        }
    }
    text.push('\n');
    write_file(path, &text)
}

/// Writes a file and the folders it stands in.
pub(crate) fn write_file(path: &Path, text: &str) -> Result<(), Problem> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()).into())
}

impl Dropped {
    /// Notes a fact that is left out.
    pub(crate) fn add(&mut self, place: [&str; 5], usd: &str, reason: &str) {
        let [table, region, instance_type, platform, term] = place.map(str::to_owned);
        let (usd, reason) = (plain(usd), reason.to_owned());
        self.0
            .push([table, region, instance_type, platform, term, usd, reason]);
    }

    /// Writes the list.
    pub(crate) fn write(mut self, target: &Path) -> Result<(), Problem> {
        self.0.sort();
        let mut text = String::from("table,region,instance_type,platform,term,usd,reason\n");
        for row in &self.0 {
            writeln!(text, "{}", row.join(","))?;
        }
        write_file(&target.join("dropped.csv"), &text)
    }
}
