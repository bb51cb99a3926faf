//! Conditions: whether a resource or a value is there.

use std::ops::Range;

use super::evaluate::{Stack, Truth, first_unknown};
use crate::diagnostics::{Diagnostic, nearest};
use crate::template::node::{Entry, Node, Unknown, Value};

impl Stack<'_> {
    /// Whether the condition of this name holds.
    ///
    /// # Errors
    /// There is none of the name, or it needs itself.
    pub(super) fn verdict(&mut self, name: &str, at: &Range<usize>) -> Result<Truth, Diagnostic> {
        self.verdict_within(name, at, &mut Vec::new())
    }

    fn verdict_within(
        &mut self,
        name: &str,
        at: &Range<usize>,
        within: &mut Vec<String>,
    ) -> Result<Truth, Diagnostic> {
        if let Some(known) = self.verdicts.get(name) {
            return Ok(known.clone());
        }
        if within.iter().any(|outer| outer == name) {
            let chain = within.join("`, `");
            let message = format!("the condition `{name}` needs itself, by way of `{chain}`");
            return Err(self.source.problem(at, message, "the circle closes here"));
        }
        let Some(node) = self.conditions.and_then(|conditions| conditions.get(name)) else {
            return Err(self.no_condition(name, at));
        };
        within.push(name.to_owned());
        let truth = self.truth(node, within)?;
        within.pop();
        self.verdicts.insert(name.to_owned(), truth.clone());
        Ok(truth)
    }

    fn no_condition(&self, name: &str, at: &Range<usize>) -> Diagnostic {
        let message = format!("the template has no condition `{name}`");
        let problem = self.source.problem(at, message, "no such condition");
        let known = self.conditions.map_or(&[][..], Node::entries);
        match nearest(name, known.iter().map(|entry| entry.key.as_str())) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint("declare it under Conditions"),
        }
    }

    fn truth(&mut self, node: &Node, within: &mut Vec<String>) -> Result<Truth, Diagnostic> {
        if let Some(plain) = node.as_bool() {
            return Ok(Truth::Known(plain));
        }
        let Some(Entry {
            key,
            node: argument,
            ..
        }) = node.only_entry()
        else {
            return Err(self.form(
                "Conditions",
                node,
                "Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition",
            ));
        };
        match key.as_str() {
            "Condition" => {
                let name = self.name(argument, "Condition")?;
                self.verdict_within(&name, &argument.at, within)
            }
            "Fn::Equals" => self.equals(argument),
            "Fn::Not" => {
                let [inner] = self.arguments("Fn::Not", argument, "[condition]")?;
                Ok(match self.truth(inner, within)? {
                    Truth::Known(holds) => Truth::Known(!holds),
                    unknown @ Truth::Unknown(_) => unknown,
                })
            }
            "Fn::And" => self.all(argument, false, within),
            "Fn::Or" => self.all(argument, true, within),
            other => {
                let why = format!("`{other}` is no condition that bursar carries out");
                Ok(Truth::Unknown(Unknown::Other(why)))
            }
        }
    }

    /// One that is `decisive` decides (true for or, false for and); else one that is unknown leaves all unknown.
    fn all(
        &mut self,
        argument: &Node,
        decisive: bool,
        within: &mut Vec<String>,
    ) -> Result<Truth, Diagnostic> {
        let mut together = Truth::Known(!decisive);
        for inner in argument.items() {
            match self.truth(inner, within)? {
                Truth::Known(holds) if holds == decisive => return Ok(Truth::Known(decisive)),
                Truth::Known(_) => {}
                unknown @ Truth::Unknown(_) => together = unknown,
            }
        }
        Ok(together)
    }

    fn equals(&mut self, argument: &Node) -> Result<Truth, Diagnostic> {
        let [left, right] = self.arguments("Fn::Equals", argument, "[value, value]")?;
        let (left, right) = (self.value(left)?, self.value(right)?);
        if let Some(Value::Unknown(why)) = first_unknown([&left, &right].into_iter()) {
            return Ok(Truth::Unknown(why));
        }
        Ok(Truth::Known(same(&left, &right)))
    }
}

/// Whether two values are equal, wherever they stand. An absent one is the empty text.
fn same(left: &Node, right: &Node) -> bool {
    match (&left.value, &right.value) {
        (Value::List(left), Value::List(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(l, r)| same(l, r))
        }
        (Value::Null, other) | (other, Value::Null) => {
            matches!(other, Value::Null) || *other == Value::Text(String::new())
        }
        (Value::Text(left), Value::Text(right)) => left == right,
        _ => false,
    }
}
