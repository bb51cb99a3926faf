//! Reads JSON into values that know their places.

use std::ops::Range;

use super::node::{Entry, Node, Value};
use super::source::Source;
use crate::diagnostics::Diagnostic;

/// More lists and maps inside each other than any template has, and fewer than the stack bears.
const DEEPEST: usize = 200;

/// Reads a text that is one JSON value.
///
/// # Errors
/// What is no JSON, with its place; a key that is there twice.
pub(super) fn read(source: Source<'_>) -> Result<Node, Diagnostic> {
    let mut reader = Reader {
        source,
        at: source.text.len() - source.text.trim_start_matches('\u{feff}').len(),
    };
    let node = reader.value(0)?;
    reader.blank();
    match reader.peek() {
        None => Ok(node),
        Some(_) => Err(reader.wrong("the JSON has ended, and more follows")),
    }
}

struct Reader<'a> {
    source: Source<'a>,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.source.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn blank(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    /// Whether `symbol` comes next; it is taken, if so.
    fn takes(&mut self, symbol: char) -> bool {
        self.blank();
        let is_next = self.peek() == Some(symbol);
        if is_next {
            self.at += symbol.len_utf8();
        }
        is_next
    }

    fn wrong(&self, message: &str) -> Diagnostic {
        let next = self.peek().map_or(0, char::len_utf8);
        let label = if next == 0 {
            "the file ends here"
        } else {
            "here"
        };
        self.source
            .problem(&(self.at..self.at + next), message, label)
    }

    fn value(&mut self, depth: usize) -> Result<Node, Diagnostic> {
        self.blank();
        let start = self.at;
        let value = match self.peek() {
            Some('{') if depth < DEEPEST => self.map(depth)?,
            Some('[') if depth < DEEPEST => self.list(depth)?,
            Some('{' | '[') => return Err(self.wrong("too many lists and maps inside each other")),
            Some('"') => Value::Text(self.string()?),
            _ => self.word()?,
        };
        Ok(Node::new(value, start..self.at))
    }

    fn map(&mut self, depth: usize) -> Result<Value, Diagnostic> {
        self.at += 1;
        let mut entries = Vec::new();
        if self.takes('}') {
            return Ok(Value::Map(entries));
        }
        let mut seen = std::collections::HashSet::new();
        loop {
            self.blank();
            let start = self.at;
            if self.peek() != Some('"') {
                return Err(self.wrong("a key in double quotes is missing"));
            }
            let key = self.string()?;
            let key_at = start..self.at;
            if !seen.insert(key.clone()) {
                return Err(twice(self.source, &key, &key_at));
            }
            if !self.takes(':') {
                return Err(self.wrong("a colon is missing behind the key"));
            }
            let node = self.value(depth + 1)?;
            entries.push(Entry { key, key_at, node });
            if self.takes('}') {
                return Ok(Value::Map(entries));
            }
            if !self.takes(',') {
                return Err(self.wrong("a comma or `}` is missing"));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, Diagnostic> {
        self.at += 1;
        let mut items = Vec::new();
        if self.takes(']') {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.takes(']') {
                return Ok(Value::List(items));
            }
            if !self.takes(',') {
                return Err(self.wrong("a comma or `]` is missing"));
            }
        }
    }

    /// A string, whose opening quote is next.
    fn string(&mut self) -> Result<String, Diagnostic> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let plain = rest.find(['"', '\\', '\n']).unwrap_or(rest.len());
            text.push_str(rest.get(..plain).unwrap_or(""));
            self.at += plain;
            match self.peek() {
                Some('"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some('\\') => text.push(self.escaped()?),
                _ => {
                    let open = start..start + 1;
                    let message = "a text is not closed on its line";
                    return Err(self.source.problem(&open, message, "opened here"));
                }
            }
        }
    }

    /// What a backslash and the characters behind it stand for.
    fn escaped(&mut self) -> Result<char, Diagnostic> {
        let start = self.at;
        let letter = self.rest().chars().nth(1);
        self.at += 1 + letter.map_or(0, char::len_utf8);
        let simple = match letter {
            Some('n') => Some('\n'),
            Some('t') => Some('\t'),
            Some('r') => Some('\r'),
            Some('b') => Some('\u{8}'),
            Some('f') => Some('\u{c}'),
            Some(same @ ('"' | '\\' | '/')) => Some(same),
            Some('u') => self.code(),
            _ => None,
        };
        simple.ok_or_else(|| {
            let at = start..self.at;
            self.source.problem(&at, "no such escape in JSON", "this")
        })
    }

    /// The character of four hexadecimal digits, or of two such escapes that belong together.
    fn code(&mut self) -> Option<char> {
        let first = self.four_digits()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first);
        }
        self.at += self.rest().strip_prefix("\\u").map(|_| 2)?;
        let second = self.four_digits()?;
        let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
        char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + low)
    }

    fn four_digits(&mut self) -> Option<u32> {
        let digits = self.rest().get(..4)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<Value, Diagnostic> {
        let rest = self.rest();
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let len = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let word = rest.get(..len).unwrap_or("");
        let number = word.starts_with(|c: char| c == '-' || c.is_ascii_digit())
            && word.parse::<serde_json::Number>().is_ok();
        let value = match word {
            "null" => Value::Null,
            "true" | "false" => Value::Text(word.to_owned()),
            _ if number => Value::Text(word.to_owned()),
            _ if word.is_empty() => return Err(self.wrong("a value is missing")),
            _ => {
                let at = self.at..self.at + len;
                let message = format!("`{word}` is no value of JSON");
                return Err(self
                    .source
                    .problem(&at, message, "texts stand in double quotes"));
            }
        };
        self.at += len;
        Ok(value)
    }
}

/// A key that a map has already.
pub(super) fn twice(source: Source<'_>, key: &str, at: &Range<usize>) -> Diagnostic {
    let message = format!("`{key}` is there twice");
    let hint = "of two values under one name AWS keeps one and drops the other; name them apart";
    source.problem(at, message, "the second one").hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Node, Diagnostic> {
        read(Source {
            text,
            name: "t.json",
        })
    }

    #[test]
    fn values_know_their_places() {
        let text = "{\n\t\"a\": [1, -2.5e3, true],\n\t\"b\": {\"c\": null}\n}";
        let node = parsed(text).unwrap();
        let list = node.get("a").unwrap();
        assert_eq!(text.get(list.at.clone()).unwrap(), "[1, -2.5e3, true]");
        assert_eq!(list.items()[1].as_number(), Some(rust_decimal::dec!(-2500)));
        assert_eq!(list.items()[2].as_bool(), Some(true));
        assert!(node.at_path(&["b", "c"]).is_none());
    }

    #[test]
    fn escapes_are_the_characters_they_stand_for() {
        let node = parsed(r#""x\uD83D\uDE00\/\"\n\u00e9""#).unwrap();
        assert_eq!(node.as_text(), Some("x\u{1f600}/\"\n\u{e9}"));
        for bad in [r#""\uD83D""#, r#""\x""#, r#""\u12""#, "\"open"] {
            assert!(parsed(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        let told = |text: &str| parsed(text).unwrap_err().to_string();
        assert_eq!(
            told("{\"a\": 1,\n \"a\": 2}").lines().next(),
            Some("`a` is there twice")
        );
        assert!(
            told("{\"a\": 1\n \"b\": 2}").starts_with("a comma or `}` is missing\n  --> t.json:2")
        );
        assert!(told("[1, 2").contains("the file ends here"));
        assert!(told("{} {}").contains("more follows"));
        assert!(told("[nope]").contains("`nope` is no value of JSON"));
        assert!(told(&"[".repeat(100_000)).contains("too many"));
    }
}
