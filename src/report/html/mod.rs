//! A document as one HTML file: no network, a strict content security policy, light, dark and paper.

mod what_if;

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::{Align, Block, Cell, Document, Figure, Language, Picture, Stop, Table};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

impl Document {
    /// As a whole HTML file. It loads nothing, runs the one script it names by hash, and carries no date but [`Document::dated`].
    pub fn to_html(&self) -> String {
        let mut page = String::with_capacity(200_000);
        let title = escape(&self.title);
        let language = self.language().code();
        let policy = format!(
            "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
            fingerprint(SCRIPT),
            fingerprint(STYLE)
        );
        let dated = self.dated.as_ref().map_or_else(String::new, |day| {
            format!("<meta name=\"date\" content=\"{day}\">\n")
        });
        // Writing to a String cannot fail.
        let _ = write!(
            page,
            "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n{dated}<title>{title}</title>\n\
             <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<header>\n<h1>{title}</h1>\n<p>{}</p>\n</header>\n",
            escape(&self.subtitle)
        );
        for block in &self.blocks {
            push(&mut page, block, self.language());
        }
        let _ = write!(
            page,
            "</main>\n<footer>{}</footer>\n<div id=\"tip\" role=\"status\" hidden></div>\n\
             <script>{SCRIPT}</script>\n</body>\n</html>\n",
            escape(&self.footer)
        );
        page
    }
}

fn push(page: &mut String, block: &Block, language: &Language) {
    let html = match block {
        Block::Heading(words) => format!("<h2>{}</h2>", escape(words)),
        Block::Paragraph(words) => format!("<p>{}</p>", escape(words)),
        Block::Decision(words) => format!("<p class=\"decision\">{}</p>", escape(words)),
        Block::Figures(figures) => {
            let all: String = figures.iter().map(figure).collect();
            format!("<dl class=\"figures\">{all}</dl>")
        }
        Block::List(points) => {
            let mut list = String::from("<ul>");
            for point in points {
                let _ = write!(list, "<li>{}</li>", escape(point));
            }
            list + "</ul>"
        }
        Block::Table(table) => rows(table),
        Block::WhatIf(block) => what_if::section(block, language),
        Block::Picture(drawing) => picture(drawing),
        Block::Facts(facts) => {
            let mut list = String::from("<dl class=\"facts\">");
            for (name, value) in facts {
                let _ = write!(list, "<dt>{}</dt><dd>{}</dd>", escape(name), escape(value));
            }
            list + "</dl>"
        }
        Block::Note(words) => format!("<p class=\"note\">{}</p>", escape(words)),
        Block::PageBreak => "<hr class=\"page\">".to_owned(),
    };
    page.push_str(&html);
    page.push('\n');
}

fn figure(figure: &Figure) -> String {
    format!(
        "<div><dt>{}</dt><dd>{}</dd><dd class=\"detail\">{}</dd></div>",
        escape(&figure.label),
        number(figure.value.text()),
        escape(&figure.detail)
    )
}

/// A table; its heads become buttons that sort it where there is something to sort.
fn rows(table: &Table) -> String {
    let mut html = String::new();
    if !table.title.is_empty() {
        let _ = write!(html, "<h3>{}</h3>", escape(&table.title));
    }
    html.push_str("<div class=\"scroll\"><table><thead><tr>");
    for column in &table.columns {
        let title = escape(&column.title);
        let head = match table.rows.len() {
            0..=2 => title,
            _ => format!("<button type=\"button\">{title}</button>"),
        };
        let _ = write!(html, "<th scope=\"col\"{}>{head}</th>", side(column.align));
    }
    html.push_str("</tr></thead><tbody>\n");
    for (index, row) in table.rows.iter().enumerate() {
        html.push_str(match table.chosen {
            Some(chosen) if chosen == index => "<tr class=\"chosen\">",
            _ => "<tr>",
        });
        for (cell, column) in row.iter().zip(&table.columns) {
            html.push_str(&data(cell, column.align));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div>");
    for note in &table.notes {
        let _ = write!(html, "<p class=\"note\">{}</p>", escape(note));
    }
    html
}

fn data(cell: &Cell, align: Align) -> String {
    let value = cell
        .value()
        .map_or_else(String::new, |value| format!(" data-v=\"{}\"", value.number));
    let text = match align {
        Align::Left => escape(cell.text()),
        Align::Right => number(cell.text()),
    };
    format!("<td{}{value}>{text}</td>", side(align))
}

const fn side(align: Align) -> &'static str {
    match align {
        Align::Left => "",
        Align::Right => " class=\"n\"",
    }
}

/// A drawing inside the page, so that it follows the page's colours and answers to the pointer.
fn picture(drawing: &Picture) -> String {
    let start = drawing.svg.find("<svg").unwrap_or(0);
    let svg = drawing
        .svg
        .split_at_checked(start)
        .map_or("", |(_, svg)| svg);
    let label = format!("<svg aria-label=\"{}\"", escape(&drawing.alt));
    let svg = svg.replacen("<svg", &label, 1);
    // A title would cover what the pointer asks for; the label says the same.
    let svg = match (svg.split_once("<title>"), svg.split_once("</title>")) {
        (Some((head, _)), Some((_, body))) => format!("{head}{body}"),
        _ => svg,
    };
    format!("<figure class=\"scroll\">{svg}</figure>")
}

/// A number below nought has a minus sign, not a hyphen.
fn number(text: &str) -> String {
    let text = escape(text);
    match text.strip_prefix('-') {
        Some(rest) if rest.starts_with(|c: char| c == '$' || c.is_ascii_digit()) => {
            format!("\u{2212}{rest}")
        }
        _ => text,
    }
}

/// Text as HTML shows it, in content and in quoted attributes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// SHA-256 of a text in base 64, as a content security policy names it.
fn fingerprint(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digest = Sha256::digest(text.as_bytes());
    let mut base64 = String::new();
    for three in digest.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4_usize {
            let index = usize::try_from(bits >> (18 - 6 * digit) & 63).unwrap_or(0);
            base64.push(if digit > three.len() {
                '='
            } else {
                char::from(DIGITS[index])
            });
        }
    }
    base64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_what_browsers_compute() {
        // `printf "alert('Hello, world.');" | openssl dgst -sha256 -binary | base64`, the example of MDN's page on
        // `script-src`.
        assert_eq!(
            fingerprint("alert('Hello, world.');"),
            "qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng="
        );
    }

    #[test]
    fn names_never_become_markup() {
        let name = "<img src=x onerror=\"alert(1)\"> & '</script>'";
        let mut table = Table::new(name, &[name, ">cost, $"]);
        table.row([name, "-1.00"]).note(name);
        let mut document = Document::new(name, name, name);
        document
            .push(Block::Heading(name.into()))
            .push(Block::Table(table))
            .push(Block::List(vec![name.into()]))
            .push(Block::Figures(vec![Figure::new(name, name, name)]))
            .push(Block::Facts(vec![(name.into(), name.into())]));
        let html = document.to_html();
        assert!(!html.contains("<img"), "{html}");
        assert_eq!(html.matches("</script>").count(), 1);
        assert!(html.contains(
            "&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; &#39;&lt;/script&gt;&#39;"
        ));
        assert!(html.contains("<td class=\"n\">\u{2212}1.00</td>"), "{html}");
    }
}
