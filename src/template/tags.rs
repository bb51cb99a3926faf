//! Tags of a resource, in each language's form.

use std::collections::BTreeMap;

use super::declared::View;
use super::node::Node;

/// The tags whose names and values are known.
pub(super) fn of(view: View<'_>) -> BTreeMap<String, String> {
    let groups = ["Tags", "tags_all", "tags", "tag"]
        .into_iter()
        .filter_map(|key| view.get(key));
    groups.flat_map(pairs).collect()
}

/// `[{Key: a, Value: b}]`, `[{key: a, value: b}]` or `{a: b}`.
fn pairs(node: &Node) -> Vec<(String, String)> {
    let text = |node: &Node, keys: [&str; 2]| {
        let found = keys.iter().find_map(|key| node.get(key));
        found.and_then(Node::as_text).map(str::to_owned)
    };
    let listed = node
        .items()
        .iter()
        .filter_map(|item| Some((text(item, ["Key", "key"])?, text(item, ["Value", "value"])?)));
    let listed: Vec<(String, String)> = listed.collect();
    if !listed.is_empty() {
        return listed;
    }
    let entries = node.entries().iter();
    let mapped =
        entries.filter_map(|entry| Some((entry.key.clone(), entry.node.as_text()?.to_owned())));
    mapped.collect()
}
