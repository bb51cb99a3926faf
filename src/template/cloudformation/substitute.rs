//! `Fn::Sub`: a text with names in `${}`.

use super::evaluate::Stack;
use crate::diagnostics::Diagnostic;
use crate::template::node::{Node, Value};

impl Stack<'_> {
    /// A text, or a text and a map of names that hold in it.
    pub(super) fn substitute(&mut self, argument: &Node) -> Result<Node, Diagnostic> {
        let (template, own) = match &argument.value {
            Value::Text(text) => (text.as_str(), None),
            Value::List(items) => match items.as_slice() {
                [text] => (text.as_text().unwrap_or_default(), None),
                [text, own] => (text.as_text().unwrap_or_default(), Some(own)),
                _ => return Err(self.form("Fn::Sub", argument, "a text, or [text, names]")),
            },
            _ => return Err(self.form("Fn::Sub", argument, "a text, or [text, names]")),
        };
        let mut text = String::new();
        let mut unknown = None;
        let mut rest = template;
        while let Some((before, behind)) = rest.split_once("${") {
            text.push_str(before);
            let Some((name, behind)) = behind.split_once('}') else {
                return Err(self.form("Fn::Sub", argument, "a text whose `${` are closed"));
            };
            rest = behind;
            if let Some(literal) = name.strip_prefix('!') {
                text.extend(["${", literal, "}"]);
                continue;
            }
            let value = self.substituted(name.trim(), own, argument)?;
            match &value.value {
                Value::Text(part) => text.push_str(part),
                Value::Unknown(_) => unknown = unknown.or(Some(value.value)),
                _ => return Err(self.form("Fn::Sub", argument, "texts and numbers")),
            }
        }
        text.push_str(rest);
        let value = unknown.unwrap_or(Value::Text(text));
        Ok(Node::new(value, argument.at.clone()))
    }

    fn substituted(
        &mut self,
        name: &str,
        own: Option<&Node>,
        argument: &Node,
    ) -> Result<Node, Diagnostic> {
        if let Some(stated) = own.and_then(|own| own.get(name)) {
            return self.value(stated);
        }
        match name.split_once('.') {
            Some((resource, attribute)) => self.attribute_of(resource, attribute, &argument.at),
            None => self.named(name, &argument.at),
        }
    }
}
