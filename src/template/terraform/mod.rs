//! The JSON of a Terraform plan or state (`terraform show -json`): the resources as they will be.

mod images;
mod merge;
mod regions;
mod scope;

use std::collections::HashMap;

use merge::Merge;
use regions::Regions;
use scope::Scope;

use super::declared::{Declared, Language};
use super::node::{Node, Value};
use super::source::Source;
use super::{Found, Options};
use crate::diagnostics::Diagnostic;

/// Reads a plan that has a `format_version`.
pub(super) fn read(
    source: Source<'_>,
    root: &Node,
    options: &Options,
) -> Result<Found, Vec<Diagnostic>> {
    known_version(source, root).map_err(|problem| vec![problem])?;
    let mut given = options.parameters.keys();
    if let Some(name) = given.next().filter(|_| !options.passes_over_parameters) {
        let message =
            format!("a Terraform plan has its variables in it, so that `{name}` cannot be given");
        return Err(vec![source.whole(message).hint(
            "leave --parameter out; `terraform plan -var` states variables",
        )]);
    }
    let values = root.get("planned_values").or_else(|| root.get("values"));
    let Some(module) = values.and_then(|values| values.get("root_module")) else {
        let message = "the plan has no `planned_values`";
        return Err(vec![
            source
                .whole(message)
                .hint("the output of `terraform show -json plan.out` has them"),
        ]);
    };
    let configuration = root.at_path(&["configuration", "root_module"]);
    let mut plan = Plan {
        source,
        changes: changes(root),
        regions: Regions::of(root),
        declared: Vec::new(),
        problems: Vec::new(),
    };
    plan.module(module, &Scope::root(configuration), 0);
    if !plan.problems.is_empty() {
        return Err(plan.problems);
    }
    let errored = root.get("errored").and_then(Node::as_bool) == Some(true);
    let doubt =
        || Diagnostic::new("Terraform could not finish this plan, and it may lack resources");
    Ok(Found {
        language: Language::Terraform,
        resources: plan.declared,
        images: images::known(root),
        doubts: errored.then(doubt).into_iter().collect(),
    })
}

/// Versions of the format: 0.1, 0.2 and 1.x (developer.hashicorp.com, "JSON Output Format": minor versions add, a
/// new major version breaks).
fn known_version(source: Source<'_>, root: &Node) -> Result<(), Diagnostic> {
    let node = root.get("format_version").unwrap_or(root);
    let found = node.as_text().unwrap_or("?");
    if matches!(found.split('.').next(), Some("0" | "1")) {
        return Ok(());
    }
    let message = format!("the plan has the format version `{found}`");
    let problem = source.problem(&node.at, message, "known are 0.x and 1.x");
    Err(problem.hint("an older Terraform or a newer bursar reads the other's"))
}

/// What will be known only afterwards, by address.
fn changes(root: &Node) -> HashMap<&str, &Node> {
    let changes = root
        .get("resource_changes")
        .map_or(&[][..], Node::items)
        .iter();
    let unknown = changes.filter_map(|change| {
        Some((
            change.get("address")?.as_text()?,
            change.at_path(&["change", "after_unknown"])?,
        ))
    });
    unknown.collect()
}

/// A plan while it is read.
struct Plan<'a> {
    source: Source<'a>,
    changes: HashMap<&'a str, &'a Node>,
    regions: Regions<'a>,
    declared: Vec<Declared>,
    problems: Vec<Diagnostic>,
}

/// More modules inside each other than any plan has, and fewer than the stack bears.
const DEEPEST: usize = 100;

impl<'a> Plan<'a> {
    fn module(&mut self, module: &'a Node, scope: &Scope<'_, 'a>, depth: usize) {
        let configured = scope.configured();
        for resource in module.get("resources").map_or(&[][..], Node::items) {
            if let Err(problem) = self.resource(resource, scope, &configured) {
                self.problems.push(problem);
            }
        }
        for child in module.get("child_modules").map_or(&[][..], Node::items) {
            let address = child
                .get("address")
                .and_then(Node::as_text)
                .unwrap_or_default();
            if depth < DEEPEST {
                self.module(child, &scope.child(address), depth + 1);
            }
        }
    }

    fn resource(
        &mut self,
        resource: &'a Node,
        scope: &Scope<'_, 'a>,
        configured: &HashMap<&str, &'a Node>,
    ) -> Result<(), Diagnostic> {
        if resource.get("mode").and_then(Node::as_text) == Some("data") {
            return Ok(());
        }
        let text = |key: &str| resource.get(key).and_then(Node::as_text);
        let (Some(address), Some(kind)) = (text("address"), text("type")) else {
            let message = "a resource has no `address` or no `type`";
            return Err(self.source.problem(&resource.at, message, "this resource"));
        };
        let name = format!("{kind}.{}", text("name").unwrap_or_default());
        let configured = configured.get(name.as_str()).copied();
        let merge = Merge { scope, address };
        let nothing = Node::new(Value::Map(Vec::new()), resource.at.clone());
        let values = merge.merged(
            resource.get("values").unwrap_or(&nothing),
            configured.and_then(|configured| configured.get("expressions")),
            self.changes.get(address).copied(),
        );
        let region = self.regions.of_resource(self.source, &values, configured)?;
        self.declared.push(Declared {
            address: address.to_owned(),
            kind: kind.to_owned(),
            at: resource.get("address").map_or(0..0, |node| node.at.clone()),
            values,
            region,
            refused: None,
        });
        Ok(())
    }
}
