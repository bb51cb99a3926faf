//! The columns of a bill's file, as the table over such files has them.

use std::io::Read;

use polars::prelude::DataType;

use super::super::classify::Rules;
use super::super::input::{Input, Packing};
use super::super::open::{cannot_read, each_csv};
use super::super::parquet::columns_of;
use super::super::spec::plain_name;
use super::{ColumnKind, EngineColumn};
use crate::diagnostics::{Diagnostic, Place};

/// The columns of a bill by one of its files. A CSV file is taken as Athena's table has it: with its plain names.
///
/// # Errors
/// The file cannot be read.
pub fn columns(input: &Input) -> Result<Vec<EngineColumn>, Diagnostic> {
    let packing = input
        .packing()
        .map_err(|error| cannot_read(&input.name, &error))?;
    if packing == Packing::Parquet {
        let found = columns_of(input, &Rules::default())?;
        let columns = found.into_iter().map(|(name, dtype)| EngineColumn {
            name,
            kind: kind(&dtype),
        });
        return Ok(columns.collect());
    }
    let mut names = Vec::new();
    each_csv(input, packing, &mut |file, stream| {
        if names.is_empty() {
            names = header(file, stream)?;
        }
        Ok(())
    })?;
    let columns = names.iter().map(|name| EngineColumn {
        name: plain_name(name),
        kind: ColumnKind::Plain,
    });
    Ok(columns.collect())
}

fn kind(dtype: &DataType) -> ColumnKind {
    match dtype {
        DataType::List(_) => ColumnKind::Map,
        DataType::Struct(fields) => {
            ColumnKind::Struct(fields.iter().map(|field| field.name.to_string()).collect())
        }
        dtype if dtype.is_numeric() => ColumnKind::Number,
        _ => ColumnKind::Plain,
    }
}

fn header(file: &str, stream: &mut dyn Read) -> Result<Vec<String>, Diagnostic> {
    let mut reader = csv::Reader::from_reader(stream);
    let unreadable = |error: csv::Error| {
        Diagnostic::new(format!("the header cannot be read: {error}")).at(Place::file(file).line(1))
    };
    let header = reader.headers().map_err(unreadable)?;
    Ok(header.iter().map(str::to_owned).collect())
}
