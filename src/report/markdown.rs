//! A document as Markdown: words and tables; drawings by their words.

use std::fmt::Write as _;

use super::{Block, Document, Language};

impl Document {
    /// As GitHub-flavoured Markdown.
    pub fn to_markdown(&self) -> String {
        let mut text = format!("# {}\n\n{}\n", escape(&self.title), escape(&self.subtitle));
        for block in &self.blocks {
            let block = markdown(block, self.language());
            if !block.is_empty() {
                // Writing to a String cannot fail.
                let _ = write!(text, "\n{}\n", block.trim_end());
            }
        }
        let _ = write!(text, "\n---\n\n{}\n", escape(&self.footer));
        text
    }
}

fn markdown(block: &Block, language: &Language) -> String {
    let lines = |lines: Vec<String>| lines.join("\n");
    match block {
        Block::Heading(words) => format!("## {}", escape(words)),
        Block::Paragraph(words) | Block::Note(words) => escape(words),
        Block::Decision(words) => format!("**{}**", escape(words)),
        Block::Figures(figures) => lines(
            figures
                .iter()
                .map(|figure| {
                    let (label, value) = (escape(&figure.label), escape(figure.value.text()));
                    format!("- {label}: **{value}** ({})", escape(&figure.detail))
                })
                .collect(),
        ),
        Block::List(points) => lines(
            points
                .iter()
                .map(|point| format!("- {}", escape(point)))
                .collect(),
        ),
        Block::Table(table) => table.to_markdown(),
        Block::Picture(picture) => format!("*{}: {}*", language.say("Chart"), escape(&picture.alt)),
        Block::Facts(facts) => lines(
            facts
                .iter()
                .map(|(name, value)| format!("- {}: {}", escape(name), escape(value)))
                .collect(),
        ),
        Block::WhatIf(_) | Block::PageBreak => String::new(),
    }
}

/// Text in which no sign is markup.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(
            character,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#'
        ) {
            escaped.push('\\');
        }
        escaped.push(if character == '\n' { ' ' } else { character });
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_markup() {
        assert_eq!(escape("<b> a_b | [x](y)"), "\\<b\\> a\\_b \\| \\[x\\](y)");
        let mut document = Document::new("T", "S", "F");
        document.push(Block::Heading("# *x*".into()));
        assert_eq!(
            document.to_markdown(),
            "# T\n\nS\n\n## \\# \\*x\\*\n\n---\n\nF\n"
        );
    }
}
