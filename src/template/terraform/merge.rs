//! A resource's planned values, with what the configuration says of those that are not known yet: which
//! resources they follow from.

use super::scope::Scope;
use crate::template::context::index;
use crate::template::node::{Entry, Node, Unknown, Value};

/// What a resource is merged with.
pub(super) struct Merge<'m, 'p, 'a> {
    pub(super) scope: &'m Scope<'p, 'a>,
    pub(super) address: &'m str,
}

impl Merge<'_, '_, '_> {
    /// The values; where one is missing, is written in the configuration, and will be known only afterwards, it
    /// is unknown. What nobody wrote is absent: AWS takes its default.
    pub(super) fn merged(
        &self,
        values: &Node,
        written: Option<&Node>,
        unknown: Option<&Node>,
    ) -> Node {
        let mut entries: Vec<Entry> = Vec::new();
        for entry in values.entries() {
            let written = written.and_then(|written| written.get(&entry.key));
            let unknown = unknown.and_then(|unknown| unknown.get(&entry.key));
            let node = self.value(&entry.node, written, unknown);
            entries.push(Entry {
                node,
                ..entry.clone()
            });
        }
        for entry in written.map_or(&[][..], Node::entries) {
            let is_there = entries.iter().any(|known| known.key == entry.key);
            let unknown = unknown.and_then(|unknown| unknown.get(&entry.key));
            if !is_there && let Some(node) = self.absent(&entry.node, unknown, values) {
                entries.push(Entry {
                    key: entry.key.clone(),
                    key_at: values.at.clone(),
                    node,
                });
            }
        }
        Node::new(Value::Map(entries), values.at.clone())
    }

    fn value(&self, value: &Node, written: Option<&Node>, unknown: Option<&Node>) -> Node {
        match &value.value {
            Value::Null => {
                let found = written.and_then(|written| self.absent(written, unknown, value));
                found.unwrap_or_else(|| value.clone())
            }
            Value::List(items) => {
                let blocks = written.map_or(&[][..], Node::items);
                let block = |at: usize| match blocks {
                    // A `dynamic` block is written once.
                    [one] => Some(one),
                    blocks => blocks.get(at),
                };
                let unknown = |at: usize| unknown.and_then(|unknown| unknown.items().get(at));
                let each = items.iter().enumerate();
                let merged = each.map(|(at, item)| match item.value {
                    Value::Map(_) => self.merged(item, block(at), unknown(at)),
                    _ => self.value(item, written, unknown(at)),
                });
                Node::new(Value::List(merged.collect()), value.at.clone())
            }
            _ => value.clone(),
        }
    }

    /// What stands for a value that is not there.
    fn absent(&self, written: &Node, unknown: Option<&Node>, place: &Node) -> Option<Node> {
        let is_unknown = unknown.is_some_and(|unknown| unknown.as_bool() == Some(true));
        written.get("references")?;
        let own = index(self.address);
        let references = self.scope.resources(written, own);
        is_unknown.then(|| Node::unknown(Unknown::Resources(references), place.at.clone()))
    }
}
