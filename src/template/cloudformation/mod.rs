//! A CloudFormation template, YAML or JSON: what its resources are once parameters, mappings and conditions are
//! put in.

mod conditions;
mod evaluate;
mod parameters;
mod substitute;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use evaluate::{Stack, Truth};

use super::declared::{Declared, Language};
use super::node::{Entry, Node, Unknown, Value};
use super::source::Source;
use super::{Found, Options};
use crate::catalog::Region;
use crate::diagnostics::Diagnostic;

/// Reads a template that has `Resources`.
pub(super) fn read(
    source: Source<'_>,
    root: &Node,
    options: &Options,
) -> Result<Found, Vec<Diagnostic>> {
    let region = options.region.ok_or_else(|| vec![no_region(source)])?;
    let parameters = parameters::read(source, root.get("Parameters"), options)?;
    let entries = resource_entries(source, root)?;
    let mut stack = Stack {
        source,
        region,
        parameters,
        mappings: root.get("Mappings"),
        conditions: root.get("Conditions"),
        resources: entries.iter().map(|entry| entry.key.as_str()).collect(),
        verdicts: HashMap::new(),
        edges: Vec::new(),
    };
    check_conditions(&mut stack)?;
    let mut found = Resources::default();
    for entry in entries {
        if let Err(problem) = found.read(&mut stack, entry) {
            found.problems.push(problem);
        }
    }
    found.problems.extend(circle(source, &found.edges));
    if !found.problems.is_empty() {
        return Err(found.problems);
    }
    let mut doubts = found.doubts();
    doubts.extend(macros(root.get("Transform")));
    Ok(Found {
        language: Language::CloudFormation,
        resources: found.declared,
        images: HashMap::new(),
        doubts,
    })
}

fn no_region(source: Source<'_>) -> Diagnostic {
    let message = "a CloudFormation template does not say in which region its stack will be";
    source.whole(message).hint("--region CODE says it")
}

fn resource_entries<'a>(
    source: Source<'_>,
    root: &'a Node,
) -> Result<&'a [Entry], Vec<Diagnostic>> {
    match root.get("Resources") {
        Some(Node {
            value: Value::Map(entries),
            ..
        }) => Ok(entries),
        Some(node) => {
            let message = "`Resources` is not a map from names to resources";
            Err(vec![source.problem(
                &node.at,
                message,
                "a map is needed here",
            )])
        }
        None => Ok(&[]),
    }
}

/// Every condition is well formed, whether a resource needs it or not.
fn check_conditions(stack: &mut Stack<'_>) -> Result<(), Vec<Diagnostic>> {
    let entries = stack.conditions.map_or(&[][..], Node::entries);
    let mut problems: Vec<Diagnostic> = Vec::new();
    for entry in entries {
        if let Err(problem) = stack.verdict(&entry.key, &entry.key_at)
            && problems.is_empty()
        {
            problems.push(problem);
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// Resources of a template, as they are found.
#[derive(Default)]
struct Resources {
    declared: Vec<Declared>,
    /// Those whose condition does not hold.
    absent: Vec<String>,
    /// From each resource to those it refers to.
    edges: BTreeMap<String, Vec<(String, Range<usize>)>>,
    problems: Vec<Diagnostic>,
}

impl Resources {
    fn read(&mut self, stack: &mut Stack<'_>, entry: &Entry) -> Result<(), Diagnostic> {
        let Entry { key, key_at, node } = entry;
        if key.starts_with("Fn::") {
            let function = key.splitn(3, "::").take(2).collect::<Vec<_>>().join("::");
            let why = format!("what `{function}` makes is known to AWS only");
            self.declare(
                key,
                &function,
                key_at,
                Node::new(Value::Null, node.at.clone()),
                Some(why),
            );
            return Ok(());
        }
        let Some(kind) = node.get("Type").and_then(Node::as_text) else {
            let message = format!("the resource `{key}` has no `Type`");
            return Err(stack.source.problem(key_at, message, "this resource"));
        };
        let condition = node.get("Condition");
        let truth = match condition {
            None => Truth::Known(true),
            Some(condition) => {
                let name = stack.name(condition, "Condition")?;
                stack.verdict(&name, &condition.at)?
            }
        };
        let refused = match truth {
            Truth::Known(true) => None,
            Truth::Known(false) => {
                self.absent.push(key.clone());
                return Ok(());
            }
            Truth::Unknown(Unknown::Parameter(parameter)) => {
                return Err(undecided(stack.source, key, &parameter, key_at));
            }
            Truth::Unknown(Unknown::Resources(_)) => Some("whether it is made is not known".into()),
            Truth::Unknown(Unknown::Other(why)) => {
                Some(format!("whether it is made is not known: {why}"))
            }
        };
        stack.edges.clear();
        let values = match node.get("Properties") {
            Some(properties) => stack.value(properties)?,
            None => Node::new(Value::Map(Vec::new()), node.at.clone()),
        };
        self.edges
            .insert(key.clone(), std::mem::take(&mut stack.edges));
        self.declare(key, kind, key_at, values, refused);
        Ok(())
    }

    fn declare(
        &mut self,
        address: &str,
        kind: &str,
        at: &Range<usize>,
        values: Node,
        refused: Option<String>,
    ) {
        self.declared.push(Declared {
            address: address.to_owned(),
            kind: kind.to_owned(),
            at: at.clone(),
            values,
            region: None::<Region>,
            refused,
        });
    }

    fn doubts(&self) -> Vec<Diagnostic> {
        if self.absent.is_empty() {
            return Vec::new();
        }
        let names = self.absent.join(", ");
        vec![Diagnostic::new(format!(
            "not made, because their condition does not hold: {names}"
        ))]
    }
}

fn undecided(source: Source<'_>, resource: &str, parameter: &str, at: &Range<usize>) -> Diagnostic {
    let message = format!("the parameter `{parameter}` has neither a value nor a default");
    let label = format!("whether `{resource}` is made depends on it");
    source
        .problem(at, message, label)
        .hint(format!("give it one: --parameter {parameter}=VALUE"))
}

/// Macros change a template before AWS makes it; AWS's own that add nothing paid are not named.
fn macros(transform: Option<&Node>) -> Option<Diagnostic> {
    let names = transform.map_or(&[][..], Node::items).iter();
    let names = names.filter_map(|node| node.as_text().or_else(|| node.get("Name")?.as_text()));
    let names: Vec<&str> = names
        .filter(|name| *name != "AWS::LanguageExtensions")
        .collect();
    (!names.is_empty()).then(|| {
        let names = names.join(", ");
        Diagnostic::new(format!(
            "{names} changes the template before AWS makes it; the resources are read as they stand"
        ))
    })
}

/// A resource that needs itself, by way of others.
fn circle(
    source: Source<'_>,
    edges: &BTreeMap<String, Vec<(String, Range<usize>)>>,
) -> Option<Diagnostic> {
    let mut done = HashMap::new();
    for start in edges.keys() {
        let mut path = vec![(start.as_str(), 0_usize)];
        done.entry(start.as_str()).or_insert(false);
        if done.get(start.as_str()) == Some(&true) {
            continue;
        }
        while let Some((name, next)) = path.last_mut() {
            let (name, to) = (*name, edges.get(*name).and_then(|to| to.get(*next)));
            let Some((target, at)) = to else {
                done.insert(name, true);
                path.pop();
                continue;
            };
            *next += 1;
            if path.iter().any(|(open, _)| open == target) {
                return Some(closed(source, &path, target, at));
            }
            if done.get(target.as_str()) != Some(&true) {
                path.push((target, 0));
            }
        }
    }
    None
}

fn closed(
    source: Source<'_>,
    path: &[(&str, usize)],
    target: &str,
    at: &Range<usize>,
) -> Diagnostic {
    let from = path.iter().skip_while(|(name, _)| *name != target);
    let names: Vec<&str> = from.map(|(name, _)| *name).chain([target]).collect();
    let message = format!(
        "the resources refer to each other in a circle: {}",
        names.join(" -> ")
    );
    let problem = source.problem(at, message, "the circle closes here");
    problem.hint("AWS refuses such a template; one of the references has to go")
}
