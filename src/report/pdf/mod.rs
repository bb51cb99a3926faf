//! A document as PDF, typeset by typst: A4, vector charts, embedded font, the same bytes for the same input.

mod world;

use super::Document;

/// Why a PDF could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PdfError {
    /// The document is no JSON (cannot happen with text of any kind; said rather than hidden).
    #[error("the report cannot be handed to the typesetter: {0}")]
    Document(String),
    /// The typesetter refused the document: a drawing that is no SVG, a table with ragged rows.
    #[error("the report cannot be typeset: {0}")]
    Typesetting(String),
}

impl Document {
    /// As a whole PDF file. It carries no date: when it was made is for the text to say.
    pub fn to_pdf(&self) -> Result<Vec<u8>, PdfError> {
        let json =
            serde_json::to_vec(self).map_err(|error| PdfError::Document(error.to_string()))?;
        world::typeset(json).map_err(PdfError::Typesetting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Block, Picture, Table};

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
