//! A column of a row group as its distinct values, and for each row which one it has.

use std::collections::HashMap;
use std::hash::Hash;
use std::io::Cursor;

use foldhash::fast::FixedState;
use polars::prelude::{
    Column, DataType, Int64Chunked, IntoSeries, NewChunkedArray, PlSmallStr, PolarsResult, Series,
    StringChunked,
};
use polars_parquet::read::{BasicDecompressor, PageReader, column_iter_to_arrays};

use super::file::Chunk;
use super::{dictionary, maps};

/// Values and codes.
#[derive(Debug)]
pub(super) struct Coded {
    /// Texts, floating-point numbers or whole numbers; times as the whole numbers they are stored as.
    pub(super) values: Series,
    /// For each row the place of its value; the place behind the last is null's.
    pub(super) codes: Vec<u32>,
    /// The highest code.
    pub(super) most: u32,
}

/// Which keys of a map matter.
pub(super) type Keep<'a> = &'a dyn Fn(&str) -> bool;

impl Coded {
    pub(super) fn new(values: Series, codes: Vec<u32>) -> Self {
        let most = codes.iter().copied().max().unwrap_or(0);
        Self {
            values,
            codes,
            most,
        }
    }

    /// Reads a column of any type; of maps the keys that `keep` wants.
    pub(super) fn read(chunk: &Chunk<'_>, keep: Keep<'_>) -> PolarsResult<Self> {
        let dtype = DataType::from_arrow_field(chunk.field);
        match dictionary::read(chunk, &dtype)? {
            Some(coded) => Ok(coded),
            None => by_value(&series(chunk)?, keep),
        }
    }

    /// The values as texts, and behind them null's, which is empty.
    pub(super) fn texts(&self, dtype: &DataType) -> PolarsResult<Vec<String>> {
        let texts = match dtype {
            DataType::Datetime(..) | DataType::Date => text(&self.values.cast(dtype)?)?,
            _ => text(&self.values)?,
        };
        let texts = texts.iter().map(|text| text.unwrap_or_default().to_owned());
        Ok(texts.chain([String::new()]).collect())
    }
}

/// A column with a value a row.
pub(super) fn series(chunk: &Chunk<'_>) -> PolarsResult<Series> {
    let pages = chunk.parts.iter().map(|(column, bytes)| {
        let reader = PageReader::new(Cursor::new(bytes.clone()), column, Vec::new(), usize::MAX);
        BasicDecompressor::new(reader, Vec::new())
    });
    let types = chunk
        .parts
        .iter()
        .map(|(column, _)| &column.descriptor().descriptor.primitive_type);
    let (arrays, _) =
        column_iter_to_arrays(pages.collect(), types.collect(), chunk.field.clone(), None)?;
    Series::try_from((chunk.field, arrays))
}

/// A column as text, a map as JSON.
pub(super) fn text(values: &Series) -> PolarsResult<StringChunked> {
    let texts = match values.dtype() {
        DataType::String => values.clone(),
        DataType::List(_) | DataType::Struct(_) => json(values, &|_| true),
        // A zone cannot be written without the zone database; bills are in UTC anyway.
        DataType::Datetime(unit, _) => values
            .cast(&DataType::Int64)?
            .cast(&DataType::Datetime(*unit, None))?
            .cast(&DataType::String)?,
        _ => values.cast(&DataType::String)?,
    };
    texts.str().cloned()
}

fn json(values: &Series, keep: Keep<'_>) -> Series {
    let texts = maps::to_json(&Column::from(values.clone()), keep);
    texts.take_materialized_series()
}

fn by_value(values: &Series, keep: Keep<'_>) -> PolarsResult<Coded> {
    let name = PlSmallStr::EMPTY;
    match values.dtype() {
        DataType::Int64 | DataType::Datetime(..) | DataType::Date => {
            let numbers = values.cast(&DataType::Int64)?;
            let (distinct, codes) = number(numbers.i64()?.iter(), numbers.len());
            let values = Int64Chunked::from_iter_values(name, distinct.into_iter()).into_series();
            Ok(Coded::new(values, codes))
        }
        dtype => {
            let texts = match dtype {
                DataType::List(_) | DataType::Struct(_) => json(values, keep).str()?.clone(),
                _ => text(values)?,
            };
            let (distinct, codes) = number(texts.iter(), texts.len());
            let values = StringChunked::from_iter_values(name, distinct.into_iter()).into_series();
            Ok(Coded::new(values, codes))
        }
    }
}

/// The distinct values in the order of their first rows, and for each row the place of its own.
fn number<T: Copy + Eq + Hash>(
    values: impl Iterator<Item = Option<T>>,
    rows: usize,
) -> (Vec<T>, Vec<u32>) {
    let mut known: HashMap<T, u32, FixedState> = HashMap::default();
    let mut distinct = Vec::new();
    let mut codes = Vec::with_capacity(rows);
    for value in values {
        let code = value.map_or(u32::MAX, |value| {
            *known.entry(value).or_insert_with(|| {
                distinct.push(value);
                u32::try_from(distinct.len() - 1).unwrap_or(u32::MAX)
            })
        });
        codes.push(code);
    }
    let null = u32::try_from(distinct.len()).unwrap_or(u32::MAX);
    for code in &mut codes {
        *code = null.min(*code);
    }
    (distinct, codes)
}
