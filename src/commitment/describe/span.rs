//! Where a value stands in a JSON text: its bytes, by the path that leads to it.

use std::ops::Range;

/// One step of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// Into an object, by key. Keys with escapes are not found.
    Key(&'a str),
    /// Into a list, counted from 0.
    Item(usize),
}

/// The bytes of the value at `path` of a text that is JSON; `None` when there is no such value.
pub(super) fn span_of(text: &str, path: &[Step<'_>]) -> Option<Range<usize>> {
    let mut scanner = Scanner {
        bytes: text.as_bytes(),
        at: 0,
    };
    scanner.find(path)
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn find(&mut self, path: &[Step<'_>]) -> Option<Range<usize>> {
        self.blank();
        let Some((step, rest)) = path.split_first() else {
            return self.value();
        };
        let opening = match step {
            Step::Key(_) => b'{',
            Step::Item(_) => b'[',
        };
        if self.peek()? != opening {
            return None;
        }
        self.at += 1;
        for number in 0.. {
            self.blank();
            let here = match step {
                Step::Item(wanted) => *wanted == number,
                Step::Key(wanted) => self.key()? == wanted.as_bytes(),
            };
            if here {
                return self.find(rest);
            }
            self.blank();
            self.value()?;
            self.blank();
            if self.peek()? != b',' {
                return None;
            }
            self.at += 1;
        }
        None
    }

    /// A key and the colon behind it.
    fn key(&mut self) -> Option<&[u8]> {
        let quoted = self.text()?;
        self.blank();
        self.at += 1;
        self.bytes.get(quoted.start + 1..quoted.end - 1)
    }

    /// Any value, to its end.
    fn value(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        match self.peek()? {
            b'"' => return self.text(),
            b'{' | b'[' => self.nested()?,
            _ => {
                let is_end = |byte: &u8| b",]} \t\r\n".contains(byte);
                let rest = self.bytes.get(start..)?;
                self.at += rest.iter().position(is_end).unwrap_or(rest.len());
            }
        }
        (self.at > start).then_some(start..self.at)
    }

    /// From an opening bracket to behind its closing one.
    fn nested(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.text()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// A text with its quotation marks.
    fn text(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        if self.peek()? != b'"' {
            return None;
        }
        self.at += 1;
        while self.peek()? != b'"' {
            self.at += if self.peek()? == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        Some(start..self.at)
    }

    fn blank(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_its_path() {
        let text = r#"{"a": [1, {"b\"": "}", "c": {"d": [ ]}}, -2.5e3], "e": null}"#;
        let found = |path: &[Step<'_>]| text.get(span_of(text, path)?);
        let (a, item) = (Step::Key("a"), Step::Item);
        assert_eq!(found(&[Step::Key("e")]), Some("null"));
        assert_eq!(found(&[a, item(2)]), Some("-2.5e3"));
        assert_eq!(found(&[a, item(1), Step::Key("c")]), Some(r#"{"d": [ ]}"#));
        assert_eq!(found(&[]), Some(text));
        assert_eq!(found(&[a, item(3)]), None);
        assert_eq!(found(&[a, Step::Key("e")]), None);
        assert_eq!(found(&[a, item(1), Step::Key("d")]), None);
    }

    #[test]
    fn a_text_that_is_cut_short_has_no_value_there() {
        let text = r#"{"a": ["b", {"c": "d"#;
        for end in 0..text.len() {
            let path = [Step::Key("a"), Step::Item(1), Step::Key("c")];
            assert_eq!(span_of(text.get(..end).unwrap(), &path), None);
        }
    }
}
