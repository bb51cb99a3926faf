//! A resource as a template declares it, and careful looks at its values: known, absent, or unknown for a
//! reason.

use std::borrow::Cow;
use std::ops::Range;

use rust_decimal::Decimal;

use super::node::{Node, Reference, Unknown, Value};
use super::source::Source;
use crate::catalog::Region;
use crate::diagnostics::Diagnostic;
use crate::estate::Amount;

/// A resource with its values, functions evaluated.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    /// Its name in the template, with module and index in a plan.
    pub(super) address: String,
    /// Its type, such as `AWS::EC2::Instance`, `aws_instance`.
    pub(super) kind: String,
    /// Where its name or type stands.
    pub(super) at: Range<usize>,
    /// Its properties.
    pub(super) values: Node,
    /// Its region, where the template says it.
    pub(super) region: Option<Region>,
    /// Why nothing can be said of it, if that is so.
    pub(super) refused: Option<String>,
}

/// Why a resource cannot be told what it costs.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It is listed as not covered, for this reason.
    Untold(String),
    /// The template is wrong, or a parameter is missing.
    Wrong(Box<Diagnostic>),
}

pub(super) type Told<T> = Result<T, Trouble>;

/// A group of properties: a resource's, or a block of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) source: Source<'a>,
    pub(super) language: Language,
    pub(super) node: &'a Node,
}

/// Which language a template is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    CloudFormation,
    Terraform,
}

impl Language {
    /// A property's name, given as CloudFormation has it: Terraform writes nearly all of them alike, in its own
    /// case (`VolumeSize`, `volume_size`).
    pub(super) fn name(self, key: &str) -> Cow<'_, str> {
        if self == Self::CloudFormation || !key.contains(|c: char| c.is_ascii_uppercase()) {
            return Cow::Borrowed(key);
        }
        let mut name = String::new();
        for letter in key.chars() {
            if letter.is_ascii_uppercase() && !name.is_empty() {
                name.push('_');
            }
            name.push(letter.to_ascii_lowercase());
        }
        Cow::Owned(name)
    }

    /// The one of two names that is the language's.
    pub(super) const fn either<'n>(self, cloudformation: &'n str, terraform: &'n str) -> &'n str {
        match self {
            Self::CloudFormation => cloudformation,
            Self::Terraform => terraform,
        }
    }
}

impl Trouble {
    pub(super) fn wrong(problem: Diagnostic) -> Self {
        Self::Wrong(Box::new(problem))
    }
}

impl<'a> View<'a> {
    /// The value of a key; `None`: it is not there, or null. Terraform keeps absent texts as empty ones.
    pub(super) fn get(self, key: &str) -> Option<&'a Node> {
        let found = self.node.get(&self.language.name(key));
        found.filter(|node| self.language != Language::Terraform || node.as_text() != Some(""))
    }

    /// A known text. A reference that AWS resolves when the stack is made is none.
    pub(super) fn text(self, key: &str) -> Told<Option<&'a str>> {
        let Some(node) = self.get(key) else {
            return Ok(None);
        };
        match node.as_text() {
            Some(text) if text.contains("{{resolve:") => {
                let key = self.language.name(key);
                Err(Trouble::Untold(format!(
                    "`{key}` is kept elsewhere, as {text}"
                )))
            }
            Some(text) => Ok(Some(text)),
            None => Err(self.not_a(key, node, "a text")),
        }
    }

    /// A text that has to be there.
    pub(super) fn needed_text(self, key: &str) -> Told<&'a str> {
        let missing = || Trouble::Untold(format!("`{}` is not said", self.language.name(key)));
        self.text(key)?.ok_or_else(missing)
    }

    /// A known truth value.
    pub(super) fn flag(self, key: &str) -> Told<Option<bool>> {
        let Some(node) = self.get(key) else {
            return Ok(None);
        };
        let flag = node.as_bool();
        flag.map(Some)
            .ok_or_else(|| self.not_a(key, node, "true or false"))
    }

    /// A known number that is not below 0.
    pub(super) fn number(self, key: &str) -> Told<Option<Decimal>> {
        let Some(node) = self.get(key) else {
            return Ok(None);
        };
        match node.as_number() {
            Some(number) if number >= Decimal::ZERO => Ok(Some(number)),
            _ => Err(self.not_a(key, node, "a number that is not below 0")),
        }
    }

    /// A quantity: what depends on other resources is open.
    pub(super) fn amount(self, key: &str) -> Told<Option<Amount>> {
        match self.get(key).map(|node| &node.value) {
            Some(Value::Unknown(Unknown::Resources(_) | Unknown::Other(_))) => {
                Ok(Some(Amount::OPEN))
            }
            _ => Ok(self.number(key)?.map(Amount::Known)),
        }
    }

    /// One of AWS's words, read as `T`.
    pub(super) fn word<T>(self, key: &str, read: impl Fn(&str) -> Option<T>) -> Told<Option<T>> {
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        let value = read(text);
        let at = self.get(key).map_or(0..0, |node| node.at.clone());
        let wrong = || {
            let message = format!("`{}` cannot be `{text}`", self.language.name(key));
            Trouble::wrong(
                self.source
                    .problem(&at, message, "AWS has no such word here"),
            )
        };
        value.map(Some).ok_or_else(wrong)
    }

    /// The group of properties under a key; of a list of them the first.
    pub(super) fn part(self, key: &str) -> Told<Option<Self>> {
        Ok(self.parts(key)?.first().copied())
    }

    /// The group of properties at the end of a path of them.
    pub(super) fn within(self, path: &[&str]) -> Told<Option<Self>> {
        path.iter().try_fold(Some(self), |view, key| match view {
            Some(view) => view.part(key),
            None => Ok(None),
        })
    }

    /// The groups of properties under a key.
    pub(super) fn parts(self, key: &str) -> Told<Vec<Self>> {
        let items = self.items(key)?.iter().filter(|item| !item.is_null());
        items.map(|item| self.group(key, item)).collect()
    }

    /// The items under a key: none where it is not there.
    pub(super) fn items(self, key: &str) -> Told<&'a [Node]> {
        match self.get(key) {
            None => Ok(&[]),
            Some(node) if matches!(node.value, Value::Unknown(_)) => {
                Err(self.not_a(key, node, "known"))
            }
            Some(node) => Ok(node.items()),
        }
    }

    fn group(self, key: &str, item: &'a Node) -> Told<Self> {
        match item.value {
            Value::Map(_) => Ok(Self { node: item, ..self }),
            _ => Err(self.not_a(key, item, "a group of properties")),
        }
    }

    fn not_a(self, key: &str, node: &Node, wanted: &str) -> Trouble {
        let key = self.language.name(key);
        let wrong = |message: String, label: &str| {
            Trouble::wrong(self.source.problem(&node.at, message, label))
        };
        match &node.value {
            Value::Unknown(Unknown::Parameter(name)) => Trouble::wrong(
                self.source
                    .problem(
                        &node.at,
                        format!("the parameter `{name}` has neither a value nor a default"),
                        format!("`{key}` needs it"),
                    )
                    .hint(format!("give it one: --parameter {name}=VALUE")),
            ),
            Value::Unknown(Unknown::Resources(references)) => {
                let names: Vec<&str> = references.iter().map(|r| r.resource.as_str()).collect();
                let of = match names.as_slice() {
                    [] => "other resources".to_owned(),
                    names => names.join(", "),
                };
                Trouble::Untold(format!("`{key}` is known only once there is {of}"))
            }
            Value::Unknown(Unknown::Other(why)) => {
                Trouble::Untold(format!("`{key}` is not known: {why}"))
            }
            Value::Text(text) => wrong(format!("`{key}` is `{text}`"), &format!("not {wanted}")),
            Value::List(_) => wrong(format!("`{key}` is a list"), &format!("not {wanted}")),
            Value::Map(_) => wrong(format!("`{key}` is a map"), &format!("not {wanted}")),
            Value::Null => Trouble::Untold(format!("`{key}` is not said")),
        }
    }
}

/// The resources that a value follows from.
pub(super) fn references(node: &Node) -> &[Reference] {
    match &node.value {
        Value::Unknown(Unknown::Resources(references)) => references,
        _ => &[],
    }
}
