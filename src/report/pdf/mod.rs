//! A document as PDF, typeset by typst: A4 or Letter, vector charts, embedded font, the same bytes for the same input.

mod world;

use serde::Serialize;

use super::chart::MoreLetters;
use super::{Block, Document, Table};

/// Why a PDF could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PdfError {
    /// The document is no JSON (cannot happen with text of any kind; said rather than hidden).
    #[error("the report cannot be handed to the typesetter: {0}")]
    Document(String),
    /// A table's row has not one cell a head: the typesetter would set the rest askew.
    #[error("row {row} of table `{table}` has {found} cells under {expected} heads")]
    Ragged {
        /// The table's title.
        table: String,
        /// Counted from 1.
        row: usize,
        /// Its cells.
        found: usize,
        /// The heads there are.
        expected: usize,
    },
    /// The typesetter refused the document: a drawing that is no SVG.
    #[error("the report cannot be typeset: {0}")]
    Typesetting(String),
}

/// The paper of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// 210 x 297 mm.
    A4,
    /// 8.5 x 11 inches.
    Letter,
}

impl Paper {
    /// The typesetter's name for it.
    const fn name(self) -> &'static str {
        match self {
            Self::A4 => "a4",
            Self::Letter => "us-letter",
        }
    }
}

/// What the template reads.
#[derive(Serialize)]
struct Sheet<'a> {
    #[serde(flatten)]
    document: &'a Document,
    paper: &'static str,
    lang: &'static str,
    /// What a foot says of its page, with `N` and `M` for the numbers.
    page: String,
}

impl Document {
    /// As a whole PDF file of A4 pages. It carries no date but [`Document::dated`].
    pub fn to_pdf(&self) -> Result<Vec<u8>, PdfError> {
        self.to_pdf_on(Paper::A4, None)
    }

    /// The same on a paper, with a font for letters that the bundled one lacks.
    pub fn to_pdf_on(
        &self,
        paper: Paper,
        letters: Option<&MoreLetters>,
    ) -> Result<Vec<u8>, PdfError> {
        for block in &self.blocks {
            if let Block::Table(table) = block {
                check(table)?;
            }
        }
        let language = self.language();
        let sheet = Sheet {
            document: self,
            paper: paper.name(),
            lang: language.code(),
            page: language.say("Page N of M"),
        };
        let json =
            serde_json::to_vec(&sheet).map_err(|error| PdfError::Document(error.to_string()))?;
        world::typeset(json, letters).map_err(PdfError::Typesetting)
    }
}

fn check(table: &Table) -> Result<(), PdfError> {
    let expected = table.columns.len();
    let ragged = table.rows.iter().position(|row| row.len() != expected);
    match ragged.and_then(|at| Some((at, table.rows.get(at)?))) {
        None => Ok(()),
        Some((at, row)) => Err(PdfError::Ragged {
            table: table.title.clone(),
            row: at + 1,
            found: row.len(),
            expected,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Picture;

    fn document(block: Block) -> Document {
        let mut document = Document::new("Title", "Subtitle", "Footer");
        document.push(block);
        document
    }

    #[test]
    fn text_is_never_read_as_markup() {
        let markup = "#panic(\"run\") $x$ *bold* @ref <label> \\ ] } // `raw`";
        let mut table = Table::new(markup, &[markup, ">cost, $"]);
        table.row([markup, "$1"]).note(markup);
        for block in [
            Block::Paragraph(markup.into()),
            Block::Heading(markup.into()),
            Block::List(vec![markup.into()]),
            Block::Facts(vec![(markup.into(), markup.into())]),
            Block::Table(table),
        ] {
            document(block).to_pdf().unwrap();
        }
    }

    #[test]
    fn blocks_without_content_are_no_error() {
        Document::new("", "", "").to_pdf().unwrap();
        for block in [
            Block::Figures(vec![]),
            Block::List(vec![]),
            Block::Facts(vec![]),
            Block::Table(Table::new("", &["plan"])),
            Block::Paragraph(String::new()),
            Block::PageBreak,
        ] {
            document(block).to_pdf().unwrap();
        }
    }

    #[test]
    fn a_ragged_table_is_an_error() {
        let mut table = Table::new("Plans", &["plan", ">cost, $"]);
        table.row(["a", "1"]).row(["b"]);
        assert_eq!(
            document(Block::Table(table))
                .to_pdf()
                .unwrap_err()
                .to_string(),
            "row 2 of table `Plans` has 1 cells under 2 heads"
        );
    }

    #[test]
    fn a_drawing_that_is_no_svg_is_an_error() {
        let picture = Picture {
            svg: "<svg".into(),
            alt: String::new(),
        };
        let error = document(Block::Picture(picture)).to_pdf().unwrap_err();
        assert!(
            matches!(&error, PdfError::Typesetting(message) if message.contains("SVG")),
            "{error}"
        );
    }
}
