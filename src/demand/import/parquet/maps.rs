//! Map and struct columns of Parquet as the JSON text that CSV files have in their place.

use polars::prelude::{
    AnyValue, ChunkExplode, Column, DataType, IntoColumn, NewChunkedArray, Series, StringChunked,
};
use serde_json::{Map, Value};

/// A map (a list of key and value) or a struct of texts as a JSON object, with the keys that `keep` wants; nulls
/// are left out.
pub(super) fn to_json(column: &Column, keep: &dyn Fn(&str) -> bool) -> Column {
    let rows = column.as_materialized_series();
    if let Some(texts) = text_map(rows, keep) {
        return texts.into_column();
    }
    let mut texts: Vec<String> = Vec::with_capacity(rows.len());
    for row in rows.iter() {
        let mut object = object(&row);
        object.retain(|key, _| keep(key));
        texts.push(if object.is_empty() {
            String::new()
        } else {
            Value::Object(object).to_string()
        });
    }
    let texts = texts.iter().map(String::as_str);
    StringChunked::from_iter_values(rows.name().clone(), texts).into_column()
}

/// A map of texts, read from its arrays: AWS's own form, with dozens of keys in every row.
fn text_map(rows: &Series, keep: &dyn Fn(&str) -> bool) -> Option<StringChunked> {
    let lists = rows.rechunk();
    let lists = lists.list().ok()?;
    let inner = lists.get_inner();
    let fields = inner.struct_().ok()?.fields_as_series();
    let [keys, values] = fields.as_slice() else {
        return None;
    };
    let (keys, values) = (keys.str().ok()?, values.str().ok()?);
    let offsets = lists.offsets().ok()?;
    let mut texts: Vec<String> = Vec::with_capacity(rows.len());
    for bounds in offsets.as_slice().windows(2) {
        let [from, to] = *bounds else {
            return None;
        };
        let mut text = String::new();
        for entry in usize::try_from(from).ok()?..usize::try_from(to).ok()? {
            let (Some(key), Some(value)) = (keys.get(entry), values.get(entry)) else {
                continue;
            };
            if keep(key) {
                text.push(if text.is_empty() { '{' } else { ',' });
                text.push_str(&serde_json::to_string(key).ok()?);
                text.push(':');
                text.push_str(&serde_json::to_string(value).ok()?);
            }
        }
        if !text.is_empty() {
            text.push('}');
        }
        texts.push(text);
    }
    let texts = texts.iter().map(String::as_str);
    Some(StringChunked::from_iter_values(rows.name().clone(), texts))
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
