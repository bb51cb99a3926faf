//! Reads Rust source as far as tidiness needs it: code without comments and texts, and the modules it names.

/// The source with every comment and every text or character literal blanked; lines stay where they are.
pub(crate) fn code_only(source: &str) -> String {
    let mut scanner = Scanner {
        source: source.chars().collect(),
        at: 0,
        code: String::with_capacity(source.len()),
    };
    while scanner.at < scanner.source.len() {
        scanner.step();
    }
    scanner.code
}

struct Scanner {
    source: Vec<char>,
    at: usize,
    code: String,
}

impl Scanner {
    fn peek(&self, ahead: usize) -> char {
        self.source.get(self.at + ahead).copied().unwrap_or('\0')
    }

    /// Copies one character into the code.
    fn keep(&mut self) {
        self.code.push(self.peek(0));
        self.at += 1;
    }

    /// Passes over so many characters, leaving blanks and line ends.
    fn blank(&mut self, count: usize) {
        for _ in 0..count {
            let line_end = self.peek(0) == '\n';
            self.code.push(if line_end { '\n' } else { ' ' });
            self.at += 1;
        }
    }

    fn step(&mut self) {
        let word_before = self.code.chars().next_back().is_some_and(is_word);
        match (self.peek(0), self.peek(1)) {
            ('/', '/') => self.blank_until(|s| s.peek(0) == '\n'),
            ('/', '*') => self.block_comment(),
            ('"', _) => self.text(),
            ('\'', _) => self.character_or_lifetime(),
            ('r' | 'b' | 'c', _) if !word_before && self.raw_hashes().is_some() => self.raw_text(),
            _ => self.keep(),
        }
    }

    fn blank_until(&mut self, end: impl Fn(&Self) -> bool) {
        while self.at < self.source.len() && !end(self) {
            self.blank(1);
        }
    }

    /// Block comments nest.
    fn block_comment(&mut self) {
        let mut depth = 0;
        loop {
            match (self.peek(0), self.peek(1)) {
                ('/', '*') => depth += 1,
                ('*', '/') => depth -= 1,
                _ if self.at >= self.source.len() => return,
                _ => {
                    self.blank(1);
                    continue;
                }
            }
            self.blank(2);
            if depth == 0 {
                return;
            }
        }
    }

    fn text(&mut self) {
        self.blank(1);
        while self.at < self.source.len() {
            match self.peek(0) {
                '\\' => self.blank(2),
                '"' => return self.blank(1),
                _ => self.blank(1),
            }
        }
    }

    /// `'a'` and `'\u{41}'` are characters, `'a` is a lifetime.
    fn character_or_lifetime(&mut self) {
        if self.peek(1) == '\\' {
            self.blank(3);
            self.blank_until(|s| s.peek(0) == '\'');
            self.blank(1);
        } else if self.peek(2) == '\'' {
            self.blank(3);
        } else {
            self.keep();
        }
    }

    /// Number of `#` of the raw text that begins here (`r"`, `r#"`, `br##"`), if one does.
    fn raw_hashes(&self) -> Option<usize> {
        let prefix = match (self.peek(0), self.peek(1)) {
            ('r', _) => 1,
            ('b' | 'c', 'r') => 2,
            _ => return None,
        };
        let rest = prefix..self.source.len();
        let hashes = rest.take_while(|&i| self.peek(i) == '#').count();
        (self.peek(prefix + hashes) == '"').then_some(hashes)
    }

    fn raw_text(&mut self) {
        let hashes = self.raw_hashes().unwrap_or(0);
        self.blank_until(|s| s.peek(0) == '"');
        self.blank(1);
        let closes = |s: &Self| s.peek(0) == '"' && (1..=hashes).all(|i| s.peek(i) == '#');
        self.blank_until(closes);
        self.blank(1 + hashes);
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A word, `::`, or any other single character that is not blank; with its line, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) line: usize,
    pub(crate) text: &'a str,
}

/// The tokens of code that [`code_only`] gave.
pub(crate) fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    for (line, text) in (1..).zip(code.lines()) {
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let len = if is_word(first) {
                rest.find(|c| !is_word(c)).unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            let (text, after) = rest.split_at(len);
            found.push(Token { line, text });
            rest = after.trim_start();
        }
    }
    found
}

/// A module or item that code names by a path from the crate's root, and the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mention {
    pub(crate) line: usize,
    /// Without `crate`: `["units", "Money"]`; `*` and `crate as` stand for themselves.
    pub(crate) path: Vec<String>,
}

/// Everything that the source of module `home` names through `crate::`, `super::` or `self::`.
pub(crate) fn mentions(home: &[&str], source: &str) -> Vec<Mention> {
    let code = code_only(source);
    let mut reader = PathReader {
        tokens: tokens(&code),
        found: Vec::new(),
    };
    let mut module: Vec<String> = home.iter().map(|&name| name.to_owned()).collect();
    // Brace depths at which inline modules were opened.
    let (mut depth, mut opened) = (0_usize, Vec::new());
    for at in 0..reader.tokens.len() {
        let before = at.checked_sub(1).map_or("", |i| reader.text(i));
        match reader.text(at) {
            "{" => {
                depth += 1;
                if at >= 2 && reader.text(at - 2) == "mod" {
                    module.push(before.to_owned());
                    opened.push(depth);
                }
            }
            "}" => {
                if opened.last() == Some(&depth) {
                    opened.pop();
                    module.pop();
                }
                depth = depth.saturating_sub(1);
            }
            "crate" if before == "extern" => reader.odd(at, "extern crate"),
            "crate" if reader.text(at + 1) == "as" => reader.odd(at, "crate as"),
            "crate" | "super" | "self" if before != "::" && reader.text(at + 1) == "::" => {
                reader.path(at, module.clone());
            }
            _ => {}
        }
    }
    reader.found
}

struct PathReader<'a> {
    tokens: Vec<Token<'a>>,
    found: Vec<Mention>,
}

impl PathReader<'_> {
    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text)
    }

    fn odd(&mut self, at: usize, what: &str) {
        let line = self.tokens[at].line;
        let path = vec![what.to_owned()];
        self.found.push(Mention { line, path });
    }

    /// Follows a path, and each branch of its `{...}`; gives the place behind it.
    fn path(&mut self, mut at: usize, mut path: Vec<String>) -> usize {
        let line = self.tokens[at].line;
        loop {
            match self.text(at) {
                "crate" => path.clear(),
                "self" => {}
                "super" => {
                    path.pop();
                }
                "{" => return self.branches(at + 1, &path),
                word if word == "*" || word.starts_with(is_word) => path.push(word.to_owned()),
                _ => break,
            }
            at += 1;
            if self.text(at) != "::" {
                break;
            }
            at += 1;
        }
        self.found.push(Mention { line, path });
        at
    }

    fn branches(&mut self, mut at: usize, base: &[String]) -> usize {
        while !matches!(self.text(at), "}" | "") {
            let word = self.text(at);
            at = if word == "," {
                at + 1
            } else if word == "as" {
                at + 2
            } else {
                self.path(at, base.to_vec()).max(at + 1)
            };
        }
        at + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(home: &[&str], source: &str) -> Vec<String> {
        let paths = mentions(home, source).into_iter();
        paths.map(|mention| mention.path.join("::")).collect()
    }

    #[test]
    fn comments_and_texts_are_blanked_and_code_is_not() {
        let source = "let a = \"// {\\\" dbg!\"; // no\n/* x /* y */ z */ b('\\'', 'c', '{');\n\
                      fn f<'a>(x: &'a str) { r#\"raw \" text\"#; br\"x\"; var\"t\" }";
        let code = code_only(source);
        assert_eq!(code.lines().count(), 3);
        assert_eq!(code.chars().count(), source.chars().count());
        let words: Vec<&str> = tokens(&code).iter().map(|token| token.text).collect();
        assert_eq!(
            words.join(" "),
            "let a = ; b ( , , ) ; fn f < ' a > ( x : & ' a str ) { ; ; var }"
        );
    }

    #[test]
    fn paths_are_followed_through_groups_renames_and_supers() {
        let source = "use crate::{units::{Money as M, Hour}, demand, prices::*};\n\
                      use super::super::report::Table;\n\
                      fn f() -> crate::catalog::Region { self::g(super::h::<u8>()) }\n\
                      pub(crate) struct S;";
        assert_eq!(
            named(&["billing", "hour"], source),
            [
                "units::Money",
                "units::Hour",
                "demand",
                "prices::*",
                "report::Table",
                "catalog::Region",
                "billing::hour::g",
                "billing::h",
            ]
        );
    }

    #[test]
    fn inline_modules_count_for_super() {
        let source =
            "mod tests { use super::*; mod deep { use super::super::super::x; } }\nuse super::y;";
        let found = named(&["units", "hour"], source);
        assert_eq!(found, ["units::hour::*", "units::x", "units::y"]);
    }

    #[test]
    fn ways_around_are_named() {
        assert_eq!(named(&["units"], "use crate as me;"), ["crate as"]);
        assert_eq!(named(&["units"], "extern crate alloc;"), ["extern crate"]);
        assert_eq!(named(&["units"], "use super::*;"), ["*"]);
    }

    #[test]
    fn a_mention_has_its_line() {
        let found = mentions(&["units"], "//! x\n\nuse crate::cli;\n");
        assert_eq!(found[0].line, 3);
    }
}
