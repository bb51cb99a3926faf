//! What a plan's data sources say of images: their platform.

use std::collections::HashMap;

use crate::catalog::Platform;
use crate::template::context::base;
use crate::template::image;
use crate::template::node::{Node, Value};

/// Platforms by image id, and by the address of the data source that looks the image up.
pub(super) fn known(root: &Node) -> HashMap<String, Platform> {
    let mut platforms = HashMap::new();
    if let Some(module) = root.at_path(&["configuration", "root_module"]) {
        configured(module, "", &mut platforms);
    }
    if let Some(module) = root.at_path(&["prior_state", "values", "root_module"]) {
        found(module, &mut platforms);
    }
    platforms
}

fn is_data(resource: &Node, kind: &str) -> bool {
    let has = |key: &str, text: &str| resource.get(key).and_then(Node::as_text) == Some(text);
    has("mode", "data") && has("type", kind)
}

/// What data sources have found already.
fn found(module: &Node, platforms: &mut HashMap<String, Platform>) {
    for resource in module.get("resources").map_or(&[][..], Node::items) {
        let Some(values) = resource.get("values") else {
            continue;
        };
        let (platform, id) = if is_data(resource, "aws_ami") {
            (of_image(values), values.get("id"))
        } else if is_data(resource, "aws_ssm_parameter") {
            let name = values.get("name").and_then(Node::as_text);
            let value = values.get("value").or_else(|| values.get("insecure_value"));
            (name.and_then(image::platform), value)
        } else {
            continue;
        };
        let names = [id, resource.get("address")]
            .into_iter()
            .flatten()
            .filter_map(Node::as_text);
        if let Some(platform) = platform {
            platforms.extend(names.map(|name| (base(name), platform)));
        }
    }
    for child in module.get("child_modules").map_or(&[][..], Node::items) {
        found(child, platforms);
    }
}

/// `usage_operation` is what is billed; the words beside it are for people.
fn of_image(values: &Node) -> Option<Platform> {
    let text = |key: &str| values.get(key).and_then(Node::as_text);
    let billed = text("usage_operation").and_then(|code| Platform::from_operation(code).ok());
    let said = ["platform_details", "platform", "name", "description"];
    billed.or_else(|| said.iter().find_map(|key| image::platform(text(key)?)))
}

/// What data sources will look for: the names in their filters.
fn configured(module: &Node, prefix: &str, platforms: &mut HashMap<String, Platform>) {
    for resource in module.get("resources").map_or(&[][..], Node::items) {
        let is_image = is_data(resource, "aws_ami") || is_data(resource, "aws_ssm_parameter");
        let address = resource.get("address").and_then(Node::as_text);
        if let Some(address) = address.filter(|_| is_image) {
            let mut texts = String::new();
            if let Some(expressions) = resource.get("expressions") {
                constants(expressions, &mut texts);
            }
            if let Some(platform) = image::platform(&texts) {
                platforms.insert(format!("{prefix}{address}"), platform);
            }
        }
    }
    for call in module.get("module_calls").map_or(&[][..], Node::entries) {
        if let Some(module) = call.node.get("module") {
            configured(module, &format!("{prefix}module.{}.", call.key), platforms);
        }
    }
}

/// Every text inside `constant_value`.
fn constants(node: &Node, texts: &mut String) {
    match &node.value {
        Value::Text(text) => {
            texts.push_str(text);
            texts.push(' ');
        }
        Value::List(items) => items.iter().for_each(|item| constants(item, texts)),
        Value::Map(entries) => {
            let kept = entries.iter().filter(|entry| entry.key != "references");
            kept.for_each(|entry| constants(&entry.node, texts));
        }
        Value::Null | Value::Unknown(_) => {}
    }
}
