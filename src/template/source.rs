//! The text of a template while it is read, to point into it.

use std::ops::Range;

use crate::diagnostics::{Diagnostic, Excerpt, Place};

/// A file's text and what the user calls it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    pub(super) name: &'a str,
}

/// A line of more characters is drawn in part: a plan is one line as long as the file.
const LONG: usize = 120;
/// So many characters before and behind what is wrong are drawn of it.
const AROUND: usize = 40;

impl Source<'_> {
    /// A problem with the bytes `at`; `label` stands under them.
    pub(super) fn problem(
        &self,
        at: &Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::new(message).at(self.place(at.clone(), label))
    }

    /// A problem of the whole file.
    pub(super) fn whole(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(message).at(Place::file(self.name))
    }

    fn place(&self, at: Range<usize>, label: impl Into<String>) -> Place {
        let mut place = Place::in_text(self.name, self.text, at, label);
        if let Some(excerpt) = &mut place.excerpt {
            let character = excerpt.start + 1;
            if shorten(excerpt) {
                place.column = Some(character.to_string());
            }
        }
        place
    }
}

/// Cuts a long line down to what is around the marks. `false`: it is short.
fn shorten(excerpt: &mut Excerpt) -> bool {
    if excerpt.text.chars().count() <= LONG {
        return false;
    }
    let from = excerpt.start.saturating_sub(AROUND);
    let len = excerpt.len.min(AROUND);
    let part = excerpt
        .text
        .chars()
        .skip(from)
        .take(excerpt.start - from + len + AROUND);
    excerpt.text = part.collect();
    excerpt.start -= from;
    excerpt.len = len;
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_cut_around_what_is_wrong() {
        let text = format!("{}wrong{}", "a".repeat(500), "b".repeat(500));
        let source = Source {
            text: &text,
            name: "plan.json",
        };
        let problem = source
            .problem(&(500..505), "it is wrong", "this")
            .to_string();
        let a = "a".repeat(40);
        let expected = format!(
            "it is wrong\n  --> plan.json:1, column `501`\n1 | {a}wrong{}\n  | {}^^^^^ this",
            "b".repeat(40),
            " ".repeat(40)
        );
        assert_eq!(problem, expected);
    }
}
