//! The values of a template's parameters: given, by default, or missing.

use std::collections::HashMap;

use crate::diagnostics::{Diagnostic, nearest};
use crate::template::Options;
use crate::template::node::{Node, Unknown, Value};
use crate::template::source::Source;

/// The values of parameters by name.
pub(super) type Parameters = HashMap<String, Node>;

/// Values for names that are not declared, but that AWS knows when it makes a stack.
const GIVEN_BY_AWS: [&str; 4] = [
    "AWS::AccountId",
    "AWS::StackName",
    "AWS::StackId",
    "AWS::NotificationARNs",
];

/// What each parameter is.
///
/// # Errors
/// A value for a parameter that is not declared; a value that the declaration does not allow.
pub(super) fn read(
    source: Source<'_>,
    declared: Option<&Node>,
    options: &Options,
) -> Result<Parameters, Vec<Diagnostic>> {
    let given = &options.parameters;
    let entries = declared.map_or(&[][..], Node::entries);
    let mut problems = Vec::new();
    for name in given.keys() {
        let known = entries.iter().any(|entry| entry.key == *name);
        if !known && !options.passes_over_parameters && !GIVEN_BY_AWS.contains(&name.as_str()) {
            problems.push(no_such(
                source,
                name,
                entries.iter().map(|e| e.key.as_str()),
            ));
        }
    }
    let mut values = Parameters::new();
    for entry in entries {
        let stated = given
            .get(&entry.key)
            .map(|text| Node::text(text, entry.key_at.clone()));
        let value = stated.as_ref().or_else(|| entry.node.get("Default"));
        match one(source, &entry.key, &entry.node, value, &entry.key_at) {
            Ok(value) => drop(values.insert(entry.key.clone(), value)),
            Err(problem) => problems.push(problem),
        }
    }
    for name in GIVEN_BY_AWS {
        if let Some(text) = given.get(name) {
            values.insert(name.to_owned(), Node::text(text, 0..0));
        }
    }
    if problems.is_empty() {
        Ok(values)
    } else {
        Err(problems)
    }
}

fn no_such<'a>(
    source: Source<'_>,
    name: &str,
    declared: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let problem = source.whole(format!("the template has no parameter `{name}`"));
    let names: Vec<&str> = declared.clone().collect();
    match nearest(name, declared) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None if names.is_empty() => problem.hint("it declares none"),
        None => problem.hint(format!("it declares {}", names.join(", "))),
    }
}

/// The value of one parameter, as its type has it.
fn one(
    source: Source<'_>,
    name: &str,
    declaration: &Node,
    value: Option<&Node>,
    at: &std::ops::Range<usize>,
) -> Result<Node, Diagnostic> {
    let Some(value) = value else {
        return Ok(Node::unknown(
            Unknown::Parameter(name.to_owned()),
            at.clone(),
        ));
    };
    let kind = declaration
        .get("Type")
        .and_then(Node::as_text)
        .unwrap_or("String");
    let text = match &value.value {
        Value::Text(text) => text.clone(),
        Value::List(items) => items
            .iter()
            .filter_map(Node::as_text)
            .collect::<Vec<_>>()
            .join(","),
        _ => {
            let message = format!("the value of the parameter `{name}` is no text");
            return Err(source.problem(&value.at, message, "a text or a number is needed"));
        }
    };
    let at = value.at.clone();
    if kind.starts_with("AWS::SSM::Parameter") {
        // Told apart from a text by whoever reads it; its name may say what image it is.
        return Ok(Node::text(format!("{{{{resolve:ssm:{text}}}}}"), at));
    }
    let is_list = kind.starts_with("List<") || kind == "CommaDelimitedList";
    let parts = if is_list {
        text.split(',').map(str::trim).collect()
    } else {
        vec![text.as_str()]
    };
    for part in &parts {
        allowed(source, name, declaration, part, &at)?;
        if kind.contains("Number") && Node::text(*part, at.clone()).as_number().is_none() {
            let message = format!("the parameter `{name}` is a number, and `{part}` is none");
            return Err(source.problem(&at, message, "of this parameter"));
        }
    }
    if is_list {
        let items = parts.iter().filter(|part| !part.is_empty());
        let items = items.map(|part| Node::text(*part, at.clone())).collect();
        return Ok(Node::new(Value::List(items), at));
    }
    Ok(Node::text(text, at))
}

/// `AllowedValues`, `MinValue` and `MaxValue`, as AWS checks them.
fn allowed(
    source: Source<'_>,
    name: &str,
    declaration: &Node,
    value: &str,
    at: &std::ops::Range<usize>,
) -> Result<(), Diagnostic> {
    let values = declaration
        .get("AllowedValues")
        .map_or(&[][..], Node::items);
    let known: Vec<&str> = values.iter().filter_map(Node::as_text).collect();
    if !known.is_empty() && !known.contains(&value) {
        let message = format!("the parameter `{name}` does not allow `{value}`");
        let problem = source.problem(at, message, "of this parameter");
        return Err(match nearest(value, known.iter().copied()) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint(format!("it allows {}", known.join(", "))),
        });
    }
    let number = Node::text(value, at.clone()).as_number();
    let bound = |key: &str| declaration.get(key).and_then(Node::as_number);
    let beyond = match (number, bound("MinValue"), bound("MaxValue")) {
        (Some(number), Some(least), _) if number < least => Some(format!("at least {least}")),
        (Some(number), _, Some(most)) if number > most => Some(format!("at most {most}")),
        _ => None,
    };
    beyond.map_or(Ok(()), |bound| {
        let message = format!("the parameter `{name}` is {bound}, and `{value}` is given");
        Err(source.problem(at, message, "of this parameter"))
    })
}
