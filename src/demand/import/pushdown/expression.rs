//! Expressions of SQL: a column or a key of a map as text, amounts as decimals.

use super::{ColumnKind, Dialect, EngineColumn};

impl Dialect {
    /// A name of a column.
    pub(super) fn name(self, name: &str) -> String {
        match self {
            Self::Spark => format!("`{}`", name.replace('`', "``")),
            Self::Athena => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    }

    /// A text as it stands.
    pub(super) fn text(self, text: &str) -> String {
        let text = match self {
            // Two quotes in a row end one text and begin another.
            Self::Spark => text.replace('\\', "\\\\").replace('\'', "\\'"),
            Self::Athena => text.replace('\'', "''"),
        };
        format!("'{text}'")
    }

    /// The type of texts.
    const fn text_type(self) -> &'static str {
        match self {
            Self::Spark => "STRING",
            Self::Athena => "VARCHAR",
        }
    }

    /// Any value as text.
    pub(super) fn as_text(self, sql: &str) -> String {
        format!("CAST({sql} AS {})", self.text_type())
    }

    /// A text that is not there.
    pub(super) fn no_text(self) -> String {
        self.as_text("NULL")
    }

    /// A column as text, without spaces around it.
    pub(super) fn column(self, name: &str) -> String {
        format!("TRIM({})", self.as_text(&self.name(name)))
    }

    /// The text under the first of `keys` that a column has one for; `None` where it can have none.
    pub(super) fn under<K: AsRef<str>>(self, column: &EngineColumn, keys: &[K]) -> Option<String> {
        let found = keys.iter().filter_map(|key| self.key(column, key.as_ref()));
        first(&found.collect::<Vec<String>>())
    }

    fn key(self, column: &EngineColumn, key: &str) -> Option<String> {
        let name = self.name(&column.name);
        match &column.kind {
            ColumnKind::Map => Some(format!("element_at({name}, {})", self.text(key))),
            ColumnKind::Struct(fields) => {
                let field = fields.iter().find(|field| field.as_str() == key)?;
                Some(self.as_text(&format!("{name}.{}", self.name(field))))
            }
            ColumnKind::Plain | ColumnKind::Number => {
                let path = match self {
                    Self::Spark => format!("$['{key}']"),
                    Self::Athena => format!("$[\"{key}\"]"),
                };
                let function = match self {
                    Self::Spark => "get_json_object",
                    Self::Athena => "json_extract_scalar",
                };
                Some(format!("{function}({name}, {})", self.text(&path)))
            }
        }
    }

    /// The amount in a column with `decimals` decimals, rounded half away from zero, NULL where it is no number. By
    /// way of 15 decimals, at which a float is the number that it was written for.
    pub(super) fn amount(self, column: &EngineColumn, decimals: u32) -> String {
        let number = match column.kind {
            ColumnKind::Number => self.name(&column.name),
            // Engines do not agree on reading `1.0E-4` as a decimal, but on reading it as a float.
            _ => format!("TRY_CAST({} AS DOUBLE)", self.column(&column.name)),
        };
        format!("CAST(TRY_CAST({number} AS DECIMAL(38, 15)) AS DECIMAL(38, {decimals}))")
    }
}

/// The first text that is there; `None` of none.
fn first(texts: &[String]) -> Option<String> {
    let filled = texts.iter().map(|text| format!("NULLIF({text}, '')"));
    let filled: Vec<String> = filled.collect();
    match filled.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        several => Some(format!("COALESCE({})", several.join(", "))),
    }
}
