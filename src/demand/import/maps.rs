//! Map and struct columns of Parquet as the JSON text that CSV files have in their place.

use polars::prelude::{
    AnyValue, Column, DataType, IntoColumn, NewChunkedArray, Series, StringChunked,
};
use serde_json::{Map, Value};

/// A map (a list of key and value) or a struct of texts as a JSON object; nulls are left out.
pub(super) fn to_json(column: &Column) -> Column {
    let rows = column.as_materialized_series();
    let mut texts: Vec<String> = Vec::with_capacity(rows.len());
    for row in rows.iter() {
        let object = object(&row);
        texts.push(if object.is_empty() {
            String::new()
        } else {
            Value::Object(object).to_string()
        });
    }
    let texts =
        StringChunked::from_iter_values(rows.name().clone(), texts.iter().map(String::as_str));
    texts.into_column()
}

fn object(row: &AnyValue<'_>) -> Map<String, Value> {
    match row {
        AnyValue::List(entries) => pairs(entries),
        AnyValue::Struct(..) | AnyValue::StructOwned(_) => fields(row),
        _ => Map::new(),
    }
}

/// The entries of a map: structs whose first field is the key.
fn pairs(entries: &Series) -> Map<String, Value> {
    let DataType::Struct(_) = entries.dtype() else {
        return Map::new();
    };
    let entries = entries.iter().filter_map(|entry| {
        let values: Vec<AnyValue<'_>> = entry._iter_struct_av().collect();
        let [key, value] = values.as_slice() else {
            return None;
        };
        Some((text(key)?, Value::String(text(value)?)))
    });
    entries.collect()
}

fn fields(row: &AnyValue<'_>) -> Map<String, Value> {
    let values = row._iter_struct_av().map(|value| text(&value));
    let names: Vec<String> = match row {
        AnyValue::Struct(_, _, fields) => fields.iter().map(|f| f.name().to_string()).collect(),
        AnyValue::StructOwned(owned) => owned.1.iter().map(|f| f.name().to_string()).collect(),
        _ => Vec::new(),
    };
    let filled = names.into_iter().zip(values);
    filled
        .filter_map(|(name, value)| Some((name, Value::String(value?))))
        .collect()
}

fn text(value: &AnyValue<'_>) -> Option<String> {
    match value {
        AnyValue::Null => None,
        AnyValue::String(text) => Some((*text).to_owned()),
        AnyValue::StringOwned(text) => Some(text.to_string()),
        other => Some(other.to_string()),
    }
}
