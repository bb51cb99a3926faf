//! A module of a configuration, and what its names mean there: `aws_subnet.a.id`, `var.subnets`,
//! `module.vpc.private_subnets`.

use std::collections::HashMap;

use crate::template::context::base;
use crate::template::node::{Node, Reference};

/// A module, with the one that calls it.
pub(super) struct Scope<'p, 'a> {
    /// In front of the addresses of its resources: `module.vpc[0].`, or nothing.
    prefix: String,
    /// Its configuration, where the plan has it.
    config: Option<&'a Node>,
    /// The call of it, and where that stands.
    caller: Option<(&'a Node, &'p Scope<'p, 'a>)>,
}

/// Names lead to names this often, and no further.
const DEEPEST: usize = 30;

impl<'a> Scope<'_, 'a> {
    pub(super) const fn root(config: Option<&'a Node>) -> Self {
        Self {
            prefix: String::new(),
            config,
            caller: None,
        }
    }

    /// The module of a full address such as `module.vpc[0]`.
    pub(super) fn child<'c>(&'c self, address: &str) -> Scope<'c, 'a> {
        let own = base(address);
        let name = own.rsplit('.').next().unwrap_or_default();
        let call = self
            .config
            .and_then(|config| config.at_path(&["module_calls", name]));
        Scope {
            prefix: format!("{address}."),
            config: call.and_then(|call| call.get("module")),
            caller: call.map(|call| (call, self)),
        }
    }

    /// The configuration of its resources, by type and name.
    pub(super) fn configured(&self) -> HashMap<&'a str, &'a Node> {
        let resources = self.config.and_then(|config| config.get("resources"));
        let resources = resources.map_or(&[][..], Node::items).iter();
        let named = resources.filter_map(|node| Some((node.get("address")?.as_text()?, node)));
        named.collect()
    }

    /// The resources that an expression names. `own` is the index of the resource it stands in, which is also
    /// theirs where the expression goes by `each.key` or `count.index`.
    pub(super) fn resources(&self, expression: &Node, own: &str) -> Vec<Reference> {
        let mut found = Vec::new();
        self.collect(expression, own, 0, &mut found);
        found
    }

    fn collect(&self, expression: &Node, own: &str, depth: usize, found: &mut Vec<Reference>) {
        let names = expression.get("references").map_or(&[][..], Node::items);
        let names: Vec<&str> = names.iter().filter_map(Node::as_text).collect();
        let by_index = names
            .iter()
            .any(|name| name.starts_with("each.") || *name == "count.index");
        if depth > DEEPEST {
            return;
        }
        for name in &names {
            let parts = split(name);
            match parts.as_slice() {
                ["var", variable, ..] => self.variable(variable, own, depth, found),
                ["module", module, output, ..] => self.output(module, output, own, depth, found),
                [
                    "module" | "var" | "local" | "each" | "count" | "path" | "self" | "terraform",
                    ..,
                ] => {}
                ["data", kind, name, ..] => {
                    push(found, format!("{}data.{kind}.{name}", self.prefix), "");
                }
                [kind, name, rest @ ..] => {
                    let index = if by_index && !name.contains('[') {
                        own
                    } else {
                        ""
                    };
                    let attribute = rest.first().copied().unwrap_or_default();
                    push(
                        found,
                        format!("{}{kind}.{name}{index}", self.prefix),
                        attribute,
                    );
                }
                _ => {}
            }
        }
    }

    fn variable(&self, name: &str, own: &str, depth: usize, found: &mut Vec<Reference>) {
        let plain = base(name);
        if let Some((call, parent)) = self.caller
            && let Some(expression) = call.at_path(&["expressions", &plain])
        {
            parent.collect(expression, own, depth + 1, found);
        }
    }

    fn output(
        &self,
        module: &str,
        name: &str,
        own: &str,
        depth: usize,
        found: &mut Vec<Reference>,
    ) {
        let child = self.child(&format!("{}module.{module}", self.prefix));
        let output = child
            .config
            .and_then(|config| config.at_path(&["outputs", &base(name), "expression"]));
        if let Some(expression) = output {
            child.collect(expression, own, depth + 1, found);
        }
    }
}

/// An expression names a resource in full and in part (`a.b[0].id`, `a.b[0]`, `a.b`): the first one counts.
fn push(found: &mut Vec<Reference>, resource: String, attribute: &str) {
    let is_known = |known: &Reference| {
        known.resource == resource
            || (!resource.ends_with(']') && base(&known.resource) == base(&resource))
    };
    if !found.iter().any(is_known) {
        found.push(Reference {
            resource,
            attribute: attribute.to_owned(),
        });
    }
}

/// The parts of a name between dots, but for dots in brackets.
fn split(name: &str) -> Vec<&str> {
    let (mut depth, mut quoted) = (0_usize, false);
    let is_end = move |letter: char| {
        match letter {
            '"' => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == '.' && depth == 0 && !quoted
    };
    name.split(is_end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::json;
    use crate::template::source::Source;

    fn node(text: &str) -> Node {
        let source = Source {
            text,
            name: "plan.json",
        };
        json::read(source).unwrap()
    }

    fn names(scope: &Scope<'_, '_>, expression: &str) -> Vec<String> {
        let found = scope.resources(&node(expression), "[\"x\"]");
        found
            .into_iter()
            .map(|reference| reference.resource)
            .collect()
    }

    #[test]
    fn names_lead_through_outputs_and_variables() {
        let config = node(
            r#"{"module_calls": {
              "vpc": {"module": {"outputs": {"private": {"expression":
                {"references": ["aws_subnet.private[0].id", "aws_subnet.private[0]", "aws_subnet.private"]}}}}},
              "app": {"expressions": {"subnets": {"references": ["module.vpc.private", "module.vpc"]}}, "module": {}}
            }}"#,
        );
        let root = Scope::root(Some(&config));
        let app = root.child("module.app");
        let found = names(&app, r#"{"references": ["var.subnets"]}"#);
        assert_eq!(found, ["module.vpc.aws_subnet.private[0]"]);
    }

    #[test]
    fn a_name_by_each_key_has_the_index_of_its_own_resource() {
        let root = Scope::root(None);
        let by_key = r#"{"references": ["aws_eip.nat", "each.key"]}"#;
        assert_eq!(names(&root, by_key), ["aws_eip.nat[\"x\"]"]);
        let all = r#"{"references": ["aws_subnet.a", "local.zones", "aws_subnet.b[\"u.v\"].id"]}"#;
        assert_eq!(names(&root, all), ["aws_subnet.a", "aws_subnet.b[\"u.v\"]"]);
    }
}
