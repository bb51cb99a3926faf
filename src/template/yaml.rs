//! Reads YAML into values that know their places. CloudFormation's short functions (`!Ref x`) become the long
//! ones (`{Ref: x}`), so that nothing behind this has to know both.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

use super::json::twice;
use super::node::{Entry, Node, Value};
use super::source::Source;
use crate::diagnostics::Diagnostic;

/// More lists and maps inside each other than any template has, and fewer than the stack bears.
const DEEPEST: usize = 200;
/// More values than any template has, repeated ones counted: CloudFormation takes a megabyte.
const MOST: usize = 500_000;

/// Reads a text that is one YAML document. An empty one is null.
///
/// # Errors
/// What is no YAML, with its place; a key that is there twice, a second document.
pub(super) fn read(source: Source<'_>) -> Result<Node, Diagnostic> {
    let mut reader = Reader {
        source,
        parser: Parser::new_from_str(source.text),
        places: Places::of(source.text),
        anchors: HashMap::new(),
        values: 0,
    };
    loop {
        let (event, at) = reader.next()?;
        match event {
            Event::StreamEnd => return Ok(Node::new(Value::Null, at)),
            Event::StreamStart | Event::DocumentStart(_) => {}
            other => {
                let node = reader.node(other, at, 0)?;
                return reader.ends().map(|()| node);
            }
        }
    }
}

struct Reader<'a> {
    source: Source<'a>,
    parser: Parser<'a, StrInput<'a>>,
    places: Places<'a>,
    anchors: HashMap<usize, Node>,
    values: usize,
}

/// From the parser's places, in characters, to bytes. It asks for places near each other.
struct Places<'a> {
    text: &'a str,
    character: usize,
    byte: usize,
}

impl<'a> Places<'a> {
    const fn of(text: &'a str) -> Self {
        Self {
            text,
            character: 0,
            byte: 0,
        }
    }

    fn byte(&mut self, character: usize) -> usize {
        let (before, behind) = self.text.split_at_checked(self.byte).unwrap_or(("", ""));
        if let Some(back) = self.character.checked_sub(character) {
            let skipped = before.chars().rev().take(back);
            self.byte -= skipped.map(char::len_utf8).sum::<usize>();
        } else {
            let skipped = behind.chars().take(character - self.character);
            self.byte += skipped.map(char::len_utf8).sum::<usize>();
        }
        self.character = character;
        self.byte
    }

    fn bytes(&mut self, span: Span) -> Range<usize> {
        let start = self.byte(span.start.index());
        start..self.byte(span.end.index()).max(start)
    }
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Range<usize>), Diagnostic> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, self.places.bytes(span))),
            Some(Err(error)) => Err(self.no_yaml(&error)),
            None => Ok((
                Event::StreamEnd,
                self.source.text.len()..self.source.text.len(),
            )),
        }
    }

    fn no_yaml(&mut self, error: &ScanError) -> Diagnostic {
        let start = self.places.byte(error.marker().index());
        let next = self
            .source
            .text
            .get(start..)
            .and_then(|rest| rest.chars().next());
        let at = start..start + next.map_or(0, char::len_utf8);
        let message = format!("this is no YAML: {}", error.info());
        self.source.problem(&at, message, "here")
    }

    /// Nothing stands behind the one document.
    fn ends(&mut self) -> Result<(), Diagnostic> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentStart(_), at) => {
                    let message = "a second document begins: a template is one";
                    return Err(self.source.problem(&at, message, "here"));
                }
                _ => {}
            }
        }
    }

    fn node(
        &mut self,
        event: Event<'a>,
        at: Range<usize>,
        depth: usize,
    ) -> Result<Node, Diagnostic> {
        if depth > DEEPEST {
            let message = "too many lists and maps inside each other";
            return Err(self.source.problem(&at, message, "here"));
        }
        self.counted(1, &at)?;
        let (node, anchor, tag) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(&text, style, tag.as_deref());
                (Node::new(value, trimmed(self.source.text, at)), anchor, tag)
            }
            Event::SequenceStart(anchor, tag) => (self.list(at, depth)?, anchor, tag),
            Event::MappingStart(anchor, tag) => (self.map(at, depth)?, anchor, tag),
            Event::Alias(anchor) => (self.repeated(anchor, at)?, 0, None),
            _ => return Err(self.source.problem(&at, "a value is missing", "here")),
        };
        let node = call(node, tag.as_deref());
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    /// Counts values against [`MOST`]: a text of a kilobyte can repeat itself without end.
    fn counted(&mut self, more: usize, at: &Range<usize>) -> Result<(), Diagnostic> {
        self.values = self.values.saturating_add(more);
        if self.values > MOST {
            let message = "the template repeats itself beyond all bounds";
            return Err(self.source.problem(at, message, "repeated here"));
        }
        Ok(())
    }

    fn repeated(&mut self, anchor: usize, at: Range<usize>) -> Result<Node, Diagnostic> {
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            let message = "a value repeats itself inside itself";
            return Err(self.source.problem(&at, message, "here"));
        };
        self.counted(size(&node), &at)?;
        Ok(Node { at, ..node })
    }

    fn list(&mut self, at: Range<usize>, depth: usize) -> Result<Node, Diagnostic> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Node::new(Value::List(items), at)),
                (event, item_at) => items.push(self.node(event, item_at, depth + 1)?),
            }
        }
    }

    fn map(&mut self, at: Range<usize>, depth: usize) -> Result<Node, Diagnostic> {
        let (mut entries, mut merged) = (Vec::new(), Vec::new());
        let mut seen = HashSet::new();
        loop {
            let (event, key_at) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let key = self.node(event, key_at.clone(), depth + 1)?;
            let Some(key) = key_text(&key) else {
                let message = "a key is a list or a map";
                return Err(self
                    .source
                    .problem(&key_at, message, "a text is needed here"));
            };
            let (event, value_at) = self.next()?;
            let node = self.node(event, value_at, depth + 1)?;
            if key == "<<" {
                merged.extend(node.items().iter().flat_map(Node::entries).cloned());
                continue;
            }
            if !seen.insert(key.clone()) {
                return Err(twice(self.source, &key, &key_at));
            }
            entries.push(Entry { key, key_at, node });
        }
        for entry in merged {
            if seen.insert(entry.key.clone()) {
                entries.push(entry);
            }
        }
        Ok(Node::new(Value::Map(entries), at))
    }
}

fn key_text(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(text.clone()),
        Value::Null => Some("null".to_owned()),
        _ => None,
    }
}

fn size(node: &Node) -> usize {
    let of_map = node
        .entries()
        .iter()
        .map(|entry| size(&entry.node))
        .sum::<usize>();
    match &node.value {
        Value::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        _ => 1 + of_map,
    }
}

/// Null is written by nothing, `~` or `null`, all without quotes. A function without argument has an empty one.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let plain = style == ScalarStyle::Plain && tag.is_none();
    if plain && matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        Value::Null
    } else {
        Value::Text(text.to_owned())
    }
}

/// `!Ref x` as `{Ref: x}`, `!Sub x` as `{Fn::Sub: x}`.
fn call(node: Node, tag: Option<&Tag>) -> Node {
    let Some(tag) = tag.filter(|tag| tag.handle == "!" && !tag.suffix.is_empty()) else {
        return node;
    };
    let key = match tag.suffix.as_str() {
        whole @ ("Ref" | "Condition") => whole.to_owned(),
        name => format!("Fn::{}", name.trim_start_matches("Fn::")),
    };
    let at = node.at.clone();
    let entry = Entry {
        key,
        key_at: at.clone(),
        node,
    };
    Node::new(Value::Map(vec![entry]), at)
}

/// The bytes without the blanks and line ends behind a block of text.
fn trimmed(text: &str, at: Range<usize>) -> Range<usize> {
    let len = text.get(at.clone()).map_or(0, |text| text.trim_end().len());
    at.start..at.start + len
}

#[cfg(test)]
mod tests {
    use super::super::json;
    use super::*;

    fn parsed(text: &str) -> Result<Node, Diagnostic> {
        read(Source {
            text,
            name: "t.yaml",
        })
    }

    /// The same tree without places.
    fn bare(node: &Node) -> String {
        match &node.value {
            Value::List(items) => format!("[{}]", items.iter().map(bare).collect::<String>()),
            Value::Map(entries) => {
                let inner = entries
                    .iter()
                    .map(|e| format!("{}={};", e.key, bare(&e.node)));
                format!("{{{}}}", inner.collect::<String>())
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn short_functions_are_the_long_ones() {
        let short = "a: !Ref b\nc: !GetAtt d.Arn\ne: !If [A, !Ref b, !Sub 'x${y}']\nz: !GetAZs\nk: !Condition C\n";
        let long = r#"{"a": {"Ref": "b"}, "c": {"Fn::GetAtt": "d.Arn"},
            "e": {"Fn::If": ["A", {"Ref": "b"}, {"Fn::Sub": "x${y}"}]}, "z": {"Fn::GetAZs": ""},
            "k": {"Condition": "C"}}"#;
        let source = Source {
            text: long,
            name: "t.json",
        };
        assert_eq!(
            bare(&parsed(short).unwrap()),
            bare(&json::read(source).unwrap())
        );
        assert_eq!(bare(&parsed(long).unwrap()), bare(&parsed(short).unwrap()));
    }

    #[test]
    fn places_are_bytes_though_the_parser_counts_characters() {
        let text = "ä: ö\nb: wörd\n";
        let node = parsed(text).unwrap();
        assert_eq!(text.get(node.get("b").unwrap().at.clone()).unwrap(), "wörd");
    }

    #[test]
    fn a_value_can_be_repeated_and_merged() {
        let text = "base: &b {x: 1, y: 2}\nmore:\n  <<: *b\n  y: 3\nsame: *b\n";
        let node = parsed(text).unwrap();
        assert_eq!(
            node.at_path(&["more", "x"]).and_then(Node::as_text),
            Some("1")
        );
        assert_eq!(
            node.at_path(&["more", "y"]).and_then(Node::as_text),
            Some("3")
        );
        assert_eq!(
            node.at_path(&["same", "y"]).and_then(Node::as_text),
            Some("2")
        );
    }

    #[test]
    fn what_is_no_yaml_is_told_with_its_place() {
        let told = |text: &str| parsed(text).unwrap_err().to_string();
        assert!(told("a: [1,\nb: }").contains("t.yaml:2"));
        assert!(told("a:\n\t- b").contains("t.yaml:2"));
        assert!(told("a: 1\nb: 2\na: 3").starts_with("`a` is there twice\n  --> t.yaml:3"));
        assert!(told("a: 1\n---\nb: 2").contains("second document"));
        assert!(told("? [x]\n: y").contains("a key is a list or a map"));
        assert!(parsed("").unwrap().is_null());
        assert!(parsed(&"[".repeat(100_000)).is_err());
        let nested = "- ".repeat(2_000);
        assert!(parsed(&nested).is_err());
    }

    #[test]
    fn a_text_that_multiplies_itself_is_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let before = format!("*a{}", level - 1);
            let items = vec![before; 10].join(", ");
            let level = level.to_string();
            text.extend(["a", &level, ": &a", &level, " [", &items, "]\n"]);
        }
        let told = parsed(&text).unwrap_err().to_string();
        assert!(told.starts_with("the template repeats itself"), "{told}");
    }
}
