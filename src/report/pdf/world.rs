//! What typst may see: the template, one document, its fonts. No clock, no folder, no network.

use std::sync::LazyLock;

use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_pdf::PdfOptions;

use crate::report::chart::{MoreLetters, font};

const TEMPLATE: &str = include_str!("template.typ");

/// The same for every document.
static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));
static BUNDLED: LazyLock<Vec<Font>> = LazyLock::new(|| {
    [font::REGULAR, font::SEMIBOLD]
        .into_iter()
        .flat_map(|face| Font::iter(Bytes::new(face)))
        .collect()
});

/// The template, one document, and the fonts it may use.
struct Report {
    template: Source,
    document: (FileId, Bytes),
    fonts: Vec<Font>,
    book: LazyHash<FontBook>,
}

/// The document, as JSON, through the template to a PDF; or what typst says against it.
pub(super) fn typeset(document: Vec<u8>, letters: Option<&MoreLetters>) -> Result<Vec<u8>, String> {
    let mut fonts = BUNDLED.clone();
    for file in letters.into_iter().flat_map(MoreLetters::files) {
        // Of a collection the first font, as the charts have it.
        fonts.extend(Font::new(Bytes::new(file.clone()), 0));
    }
    let world = Report {
        template: Source::new(id("template.typ")?, TEMPLATE.to_owned()),
        document: (id("document.json")?, Bytes::new(document)),
        book: LazyHash::new(FontBook::from_fonts(&fonts)),
        fonts,
    };
    let pages = typst::compile(&world).output.map_err(|all| words(&all))?;
    typst_pdf::pdf(&pages, &PdfOptions::default()).map_err(|all| words(&all))
}

fn id(name: &str) -> Result<FileId, String> {
    let path = VirtualPath::new(name).map_err(|error| format!("{error:?}"))?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

fn words(diagnostics: &[SourceDiagnostic]) -> String {
    let messages: Vec<&str> = diagnostics.iter().map(|one| one.message.as_str()).collect();
    messages.join("; ")
}

impl World for Report {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.template.id() {
            Ok(self.template.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.document.0 {
            Ok(self.document.1.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}
