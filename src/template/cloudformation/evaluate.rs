//! CloudFormation's functions, evaluated as far as a template tells: what only AWS knows becomes a value that
//! says so.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::parameters::Parameters;
use crate::catalog::Region;
use crate::diagnostics::{Diagnostic, nearest};
use crate::template::node::{Entry, Node, Reference, Unknown, Value};
use crate::template::source::Source;

/// A template's values while they are evaluated.
pub(super) struct Stack<'a> {
    pub(super) source: Source<'a>,
    pub(super) region: Region,
    pub(super) parameters: Parameters,
    pub(super) mappings: Option<&'a Node>,
    pub(super) conditions: Option<&'a Node>,
    /// Names of the resources.
    pub(super) resources: BTreeSet<&'a str>,
    /// The conditions that are decided.
    pub(super) verdicts: HashMap<String, Truth>,
    /// The resources that the value at hand refers to, each with where it does.
    pub(super) edges: Vec<(String, Range<usize>)>,
}

/// Whether a condition holds, or why nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Truth {
    Known(bool),
    Unknown(Unknown),
}

type Evaluated = Result<Node, Diagnostic>;

impl Stack<'_> {
    /// A value with its functions carried out. What `AWS::NoValue` takes away is null.
    pub(super) fn value(&mut self, node: &Node) -> Evaluated {
        match &node.value {
            Value::List(items) => {
                let items: Result<Vec<Node>, Diagnostic> =
                    items.iter().map(|item| self.value(item)).collect();
                let kept = items?.into_iter().filter(|item| !item.is_null()).collect();
                Ok(Node::new(Value::List(kept), node.at.clone()))
            }
            Value::Map(entries) => match node.only_entry() {
                Some(call) if call.key == "Ref" || call.key.starts_with("Fn::") => {
                    self.call(call, &node.at)
                }
                _ => self.map(entries, &node.at),
            },
            _ => Ok(node.clone()),
        }
    }

    fn map(&mut self, entries: &[Entry], at: &Range<usize>) -> Evaluated {
        let mut kept = Vec::new();
        for entry in entries {
            if entry.key.starts_with("Fn::") {
                // Beside other keys it adds keys that only AWS knows; the others hold.
                continue;
            }
            let node = self.value(&entry.node)?;
            kept.push(Entry {
                node,
                ..entry.clone()
            });
        }
        Ok(Node::new(Value::Map(kept), at.clone()))
    }

    fn call(&mut self, call: &Entry, at: &Range<usize>) -> Evaluated {
        let argument = &call.node;
        match call.key.as_str() {
            "Ref" => self.reference(argument),
            "Fn::GetAtt" => self.attribute(argument),
            "Fn::Sub" => self.substitute(argument),
            "Fn::Join" => self.join(argument),
            "Fn::Select" => self.select(argument),
            "Fn::Split" => self.split(argument),
            "Fn::FindInMap" => self.find_in_map(argument),
            "Fn::If" => self.choose(argument),
            "Fn::Base64" => self.value(argument),
            "Fn::Length" => self.length(argument),
            "Fn::GetAZs" => Ok(only_aws("the zones of a region", at)),
            "Fn::ImportValue" => Ok(only_aws(
                "what another stack exports (`Fn::ImportValue`)",
                at,
            )),
            "Fn::Cidr" | "Fn::Transform" | "Fn::ToJsonString" => {
                Ok(only_aws(&format!("what `{}` gives", call.key), at))
            }
            other => {
                let why = format!("`{other}` is no function that bursar carries out");
                Ok(Node::unknown(Unknown::Other(why), at.clone()))
            }
        }
    }

    fn reference(&mut self, argument: &Node) -> Evaluated {
        let name = self.name(argument, "Ref")?;
        self.named(&name, &argument.at)
    }

    /// What `Ref` of a name is.
    pub(super) fn named(&mut self, name: &str, at: &Range<usize>) -> Evaluated {
        if let Some(value) = self.parameters.get(name) {
            return Ok(Node {
                at: at.clone(),
                ..value.clone()
            });
        }
        if self.resources.contains(name) {
            return Ok(self.of_resource(name, "", at));
        }
        let code = self.region.as_str();
        let text = |text: &str| Ok(Node::text(text, at.clone()));
        match name {
            "AWS::NoValue" => Ok(Node::new(Value::Null, at.clone())),
            "AWS::Region" => text(code),
            "AWS::Partition" if code.starts_with("cn-") => text("aws-cn"),
            "AWS::Partition" if code.starts_with("us-gov-") => text("aws-us-gov"),
            "AWS::Partition" => text("aws"),
            "AWS::URLSuffix" if code.starts_with("cn-") => text("amazonaws.com.cn"),
            "AWS::URLSuffix" => text("amazonaws.com"),
            "AWS::AccountId" | "AWS::StackName" | "AWS::StackId" | "AWS::NotificationARNs" => {
                let why =
                    format!("`{name}` is known to AWS only; --parameter {name}=VALUE states it");
                Ok(Node::unknown(Unknown::Other(why), at.clone()))
            }
            _ => Err(self.unknown_name("Ref", name, at)),
        }
    }

    fn of_resource(&mut self, resource: &str, attribute: &str, at: &Range<usize>) -> Node {
        self.edges.push((resource.to_owned(), at.clone()));
        let reference = Reference {
            resource: resource.to_owned(),
            attribute: attribute.to_owned(),
        };
        Node::unknown(Unknown::Resources(vec![reference]), at.clone())
    }

    fn unknown_name(&self, function: &str, name: &str, at: &Range<usize>) -> Diagnostic {
        let message = format!(
            "`{function}` of `{name}`: the template has no parameter or resource of this name"
        );
        let problem = self.source.problem(at, message, "no such name");
        let parameters = self.parameters.keys().map(String::as_str);
        match nearest(name, parameters.chain(self.resources.iter().copied())) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint("declare it under Parameters or Resources"),
        }
    }

    fn attribute(&mut self, argument: &Node) -> Evaluated {
        let (resource, attribute) = match &argument.value {
            Value::Text(text) => match text.split_once('.') {
                Some((resource, attribute)) => (resource.to_owned(), attribute.to_owned()),
                None => return Err(self.form("Fn::GetAtt", argument, "[resource, attribute]")),
            },
            Value::List(items) if items.len() == 2 => {
                let resource = self.name(&items[0], "Fn::GetAtt")?;
                let attribute = self.value(&items[1])?;
                (resource, attribute.as_text().unwrap_or_default().to_owned())
            }
            _ => return Err(self.form("Fn::GetAtt", argument, "[resource, attribute]")),
        };
        self.attribute_of(&resource, &attribute, &argument.at)
    }

    /// What `Fn::GetAtt` of a resource is.
    pub(super) fn attribute_of(
        &mut self,
        resource: &str,
        attribute: &str,
        at: &Range<usize>,
    ) -> Evaluated {
        if self.resources.contains(resource) {
            return Ok(self.of_resource(resource, attribute, at));
        }
        Err(self.unknown_name("Fn::GetAtt", resource, at))
    }

    fn join(&mut self, argument: &Node) -> Evaluated {
        let [separator, list] = self.arguments("Fn::Join", argument, "[separator, [values]]")?;
        let (separator, list) = (self.value(separator)?, self.value(list)?);
        if let Some(unknown) = first_unknown([&separator, &list].into_iter().chain(list.items())) {
            return Ok(Node::new(unknown, argument.at.clone()));
        }
        let parts: Vec<&str> = list.items().iter().filter_map(Node::as_text).collect();
        let joined = parts.join(separator.as_text().unwrap_or_default());
        Ok(Node::text(joined, argument.at.clone()))
    }

    fn select(&mut self, argument: &Node) -> Evaluated {
        let [index, list] = self.arguments("Fn::Select", argument, "[index, [values]]")?;
        let (index, list) = (self.value(index)?, self.value(list)?);
        if let Some(unknown) = first_unknown([&index, &list].into_iter()) {
            return Ok(Node::new(unknown, argument.at.clone()));
        }
        let at: Option<usize> = index.as_text().and_then(|text| text.trim().parse().ok());
        let items = list.items();
        let wrong = || {
            let found = index.as_text().unwrap_or("?");
            let message = format!(
                "`Fn::Select` takes item {found} of a list of {}",
                items.len()
            );
            self.source
                .problem(&argument.at, message, "items are counted from 0")
        };
        at.and_then(|at| items.get(at)).cloned().ok_or_else(wrong)
    }

    fn split(&mut self, argument: &Node) -> Evaluated {
        let [separator, text] = self.arguments("Fn::Split", argument, "[separator, text]")?;
        let (separator, text) = (self.value(separator)?, self.value(text)?);
        if let Some(unknown) = first_unknown([&separator, &text].into_iter()) {
            return Ok(Node::new(unknown, argument.at.clone()));
        }
        let (Some(separator), Some(text)) = (separator.as_text(), text.as_text()) else {
            return Err(self.form("Fn::Split", argument, "[separator, text]"));
        };
        let parts = text
            .split(separator)
            .map(|part| Node::text(part, argument.at.clone()));
        Ok(Node::new(Value::List(parts.collect()), argument.at.clone()))
    }

    fn length(&mut self, argument: &Node) -> Evaluated {
        let list = self.value(argument)?;
        if let Some(unknown) = first_unknown(std::iter::once(&list)) {
            return Ok(Node::new(unknown, argument.at.clone()));
        }
        Ok(Node::text(
            list.items().len().to_string(),
            argument.at.clone(),
        ))
    }

    fn find_in_map(&mut self, argument: &Node) -> Evaluated {
        let form = "[map, key, key]";
        let (keys, default) = match argument.items() {
            [keys @ .., default] if keys.len() == 3 => (keys, default.get("DefaultValue")),
            keys if keys.len() == 3 => (keys, None),
            _ => return Err(self.form("Fn::FindInMap", argument, form)),
        };
        let keys: Result<Vec<Node>, Diagnostic> = keys.iter().map(|key| self.value(key)).collect();
        let keys = keys?;
        if let Some(unknown) = first_unknown(keys.iter()) {
            return Ok(Node::new(unknown, argument.at.clone()));
        }
        let mut here = self.mappings;
        for key in &keys {
            let Some(name) = key.as_text() else {
                return Err(self.form("Fn::FindInMap", argument, form));
            };
            match here.and_then(|map| map.get(name)) {
                Some(found) => here = Some(found),
                None => {
                    return match default {
                        Some(default) => self.value(default),
                        None => Err(self.not_in_map(name, here, &key.at)),
                    };
                }
            }
        }
        match here {
            Some(found) => self.value(found),
            None => Err(self.form("Fn::FindInMap", argument, form)),
        }
    }

    fn not_in_map(&self, name: &str, map: Option<&Node>, at: &Range<usize>) -> Diagnostic {
        let message = format!("`Fn::FindInMap`: the mapping has no `{name}`");
        let keys: Vec<&str> = map
            .map_or(&[][..], Node::entries)
            .iter()
            .map(|entry| entry.key.as_str())
            .collect();
        let problem = self.source.problem(at, message, "not in the mapping");
        match nearest(name, keys.iter().copied()) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint(format!("it has {}", keys.join(", "))),
        }
    }

    fn choose(&mut self, argument: &Node) -> Evaluated {
        let [condition, when_true, when_false] =
            self.arguments("Fn::If", argument, "[condition, value, value]")?;
        let name = self.name(condition, "Fn::If")?;
        match self.verdict(&name, &condition.at)? {
            Truth::Known(true) => self.value(when_true),
            Truth::Known(false) => self.value(when_false),
            Truth::Unknown(why) => Ok(Node::unknown(why, argument.at.clone())),
        }
    }

    pub(super) fn name(&self, node: &Node, function: &str) -> Result<String, Diagnostic> {
        let name = node.as_text().map(str::to_owned);
        name.ok_or_else(|| self.form(function, node, "a name"))
    }

    pub(super) fn form(&self, function: &str, node: &Node, wanted: &str) -> Diagnostic {
        let message = format!("`{function}` takes {wanted}");
        self.source
            .problem(&node.at, message, "something else is here")
    }

    pub(super) fn arguments<'n, const N: usize>(
        &self,
        function: &str,
        argument: &'n Node,
        wanted: &str,
    ) -> Result<[&'n Node; N], Diagnostic> {
        let items: Vec<&Node> = match &argument.value {
            Value::List(items) => items.iter().collect(),
            _ => Vec::new(),
        };
        items
            .try_into()
            .map_err(|_| self.form(function, argument, wanted))
    }
}

fn only_aws(what: &str, at: &Range<usize>) -> Node {
    let verb = if what.ends_with('s') && !what.starts_with("what") {
        "are"
    } else {
        "is"
    };
    Node::unknown(
        Unknown::Other(format!("{what} {verb} known to AWS only")),
        at.clone(),
    )
}

pub(super) fn first_unknown<'n>(nodes: impl Iterator<Item = &'n Node>) -> Option<Value> {
    let mut unknown = nodes.filter(|node| matches!(node.value, Value::Unknown(_)));
    unknown.next().map(|node| node.value.clone())
}
