//! A file of rules: keys are the names of the options, values what the options take.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use toml::{Spanned, Value};

use super::Failure;
use crate::diagnostics::{Diagnostic, Place, nearest};

/// Keys with their values, each with its place.
pub(super) type Rows = BTreeMap<Spanned<String>, Spanned<Value>>;

/// Rules as a file has them.
pub(super) struct RulesFile {
    /// The file as the user named it.
    pub(super) name: String,
    text: String,
    pub(super) rows: Rows,
}

/// A file that holds nothing but rules.
#[derive(Deserialize)]
#[serde(transparent)]
struct File(Rows);

impl RulesFile {
    /// The table `[rules]` of another file.
    pub(super) const fn within(name: String, text: String, rows: Rows) -> Self {
        Self { name, text, rows }
    }

    /// A file of its own.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
        let name = path.display().to_string();
        let text = String::from_utf8(bytes)
            .map_err(|_| Failure::new(format!("`{name}` is not UTF-8 text; save it as UTF-8")))?;
        let File(rows) = toml::from_str(&text).map_err(|error| {
            let place = match error.span() {
                Some(span) => Place::in_text(&name, &text, span, "here"),
                None => Place::file(&name),
            };
            Diagnostic::new(error.message())
                .at(place)
                .hint("a file of rules has a line for each: `min-coverage = 60`")
        })?;
        Ok(Self { name, text, rows })
    }

    /// Takes a value, unless there is one already; says whether it did.
    pub(super) fn put<T>(
        &self,
        to: &mut Option<T>,
        value: &Spanned<Value>,
        parse: fn(&str) -> Result<T, String>,
    ) -> Result<bool, Diagnostic> {
        let found = self.parsed(value.get_ref(), value.span(), parse)?;
        let empty = to.is_none();
        if empty {
            *to = Some(found);
        }
        Ok(empty)
    }

    /// Takes a list of words, unless there is one already.
    pub(super) fn put_words(
        &self,
        to: &mut Vec<String>,
        value: &Spanned<Value>,
    ) -> Result<bool, Diagnostic> {
        let word = |value: &Value| value.as_str().map(str::to_owned);
        let list = match value.get_ref() {
            Value::String(one) => Some(one.split(',').map(|one| one.trim().to_owned()).collect()),
            Value::Array(many) => many.iter().map(word).collect::<Option<Vec<String>>>(),
            _ => None,
        };
        let list = list.ok_or_else(|| {
            let message = "a list of texts is needed, such as [\"m5\", \"c5\"]".to_owned();
            self.wrong(value.span(), message)
        })?;
        let empty = to.is_empty();
        if empty {
            *to = list;
        }
        Ok(empty)
    }

    /// Takes a table of years, unless there is one already: `{ 2027 = 1000000 }`.
    pub(super) fn put_years<T>(
        &self,
        to: &mut Vec<T>,
        value: &Spanned<Value>,
        parse: fn(&str) -> Result<T, String>,
    ) -> Result<bool, Diagnostic> {
        let Value::Table(years) = value.get_ref() else {
            let message = "a table of years is needed, such as { 2027 = 1000000 }".to_owned();
            return Err(self.wrong(value.span(), message));
        };
        let mut found = Vec::new();
        for (year, most) in years {
            let most = match most {
                Value::String(text) => text.clone(),
                Value::Integer(dollars) => dollars.to_string(),
                _ => {
                    let message = format!(
                        "dollars of {year} are needed as a whole number or a text, such as \"12.50\""
                    );
                    return Err(self.wrong(value.span(), message));
                }
            };
            let one = parse(&format!("{year}={most}"));
            found.push(one.map_err(|why| self.wrong(value.span(), why))?);
        }
        let empty = to.is_empty();
        if empty {
            *to = found;
        }
        Ok(empty)
    }

    /// A number or a text, as it stands in the file: a float would not be what was written.
    fn parsed<T>(
        &self,
        value: &Value,
        span: Range<usize>,
        parse: fn(&str) -> Result<T, String>,
    ) -> Result<T, Diagnostic> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Integer(_) | Value::Float(_) => {
                let written = self.text.get(span.clone()).unwrap_or_default();
                written.replace('_', "")
            }
            _ => String::new(),
        };
        parse(&text).map_err(|why| self.wrong(span, why))
    }

    /// A key that is no rule.
    pub(super) fn unknown(&self, key: &Spanned<String>, names: &[&str]) -> Diagnostic {
        let found = key.get_ref();
        let place = Place::in_text(&self.name, &self.text, key.span(), "no rule has this name");
        let problem = Diagnostic::new(format!("unknown rule `{found}`")).at(place);
        let plain = found.replace('_', "-");
        match nearest(&plain, names.iter().copied()) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint(format!("the rules are {}", names.join(", "))),
        }
    }

    fn wrong(&self, span: Range<usize>, why: String) -> Diagnostic {
        Diagnostic::new(why).at(Place::in_text(&self.name, &self.text, span, "here"))
    }
}
