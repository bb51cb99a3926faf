//! A value of a template, with its place in the text: what YAML, JSON, CloudFormation's functions and a plan's
//! unknowns are read into.

use std::ops::Range;
use std::str::FromStr;

use rust_decimal::Decimal;

/// A value and the bytes it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) at: Range<usize>,
}

/// Numbers and truth values are texts until somebody asks: CloudFormation writes them either way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// Not known before the resources are there, or not told.
    Unknown(Unknown),
}

/// A key of a map. Keys are unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_at: Range<usize>,
    pub(super) node: Node,
}

/// Why a value is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unknown {
    /// A parameter of this name has neither a value nor a default.
    Parameter(String),
    /// It follows from these resources.
    Resources(Vec<Reference>),
    /// Something else, as a part of a sentence: `Fn::ImportValue is known to AWS only`.
    Other(String),
}

/// An attribute of a resource, such as `Arn`; empty: what `Ref` gives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reference {
    pub(super) resource: String,
    pub(super) attribute: String,
}

impl Node {
    pub(super) const fn new(value: Value, at: Range<usize>) -> Self {
        Self { value, at }
    }

    pub(super) fn text(text: impl Into<String>, at: Range<usize>) -> Self {
        Self::new(Value::Text(text.into()), at)
    }

    pub(super) const fn unknown(why: Unknown, at: Range<usize>) -> Self {
        Self::new(Value::Unknown(why), at)
    }

    pub(super) const fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The value of a key, unless it is null.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let found = self.entries().iter().find(|entry| entry.key == key);
        found
            .map(|entry| &entry.node)
            .filter(|node| !node.is_null())
    }

    /// The value at the end of a path of keys.
    pub(super) fn at_path(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The keys and values; none, where it is no map.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; a single value is a list of itself, and null of nothing.
    pub(super) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            Value::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_bool(&self) -> Option<bool> {
        match self.as_text()? {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        }
    }

    pub(super) fn as_number(&self) -> Option<Decimal> {
        let text = self.as_text()?.trim();
        let number = Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text));
        number.ok()
    }

    /// The one entry of a map that has one, as a call of a function has.
    pub(super) fn only_entry(&self) -> Option<&Entry> {
        match self.entries() {
            [entry] => Some(entry),
            _ => None,
        }
    }
}

/// Whether something holds of a value or of one inside it.
pub(super) fn any(node: &Node, holds: &impl Fn(&Node) -> bool) -> bool {
    let within = match &node.value {
        Value::List(items) => items.iter().any(|item| any(item, holds)),
        Value::Map(entries) => entries.iter().any(|entry| any(&entry.node, holds)),
        _ => false,
    };
    within || holds(node)
}
