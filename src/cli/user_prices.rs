//! `--prices FILE`: a user's rates before the built-in ones.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use sha2::{Digest, Sha256};

use super::Failure;
use crate::prices::import::{Importer, Options};
use crate::prices::{PriceBook, UserBook};
use crate::report::run::{InputFile, hex};

/// Where prices come from.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct UserPrices {
    /// Rates that go before the built-in ones: a book of `bursar prices import`, or a table of rates
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) prices: Option<PathBuf>,
}

impl UserPrices {
    /// The price book, and the file that was read for it.
    pub(super) fn book(&self) -> Result<(PriceBook, Option<InputFile>), Failure> {
        let built_in = PriceBook::builtin();
        let Some(path) = &self.prices else {
            return Ok((built_in, None));
        };
        let bytes = fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
        let path = path.display().to_string();
        let input = InputFile {
            sha256: hex(&Sha256::digest(&bytes)),
            role: "prices".into(),
            path: path.clone(),
        };
        let bytes = if UserBook::is_one(&bytes) {
            bytes
        } else {
            table(&path, &bytes)?
        };
        Ok((
            built_in.with_user_book(UserBook::open(bytes, &path)?),
            Some(input),
        ))
    }
}

/// The book of a table of rates, or of any other file that can be imported.
fn table(path: &str, bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut importer = Importer::new(Options {
        today: today(),
        skip_unknown_regions: false,
    });
    importer.read(path, short_name(Path::new(path)), bytes)?;
    Ok(importer.finish().map_err(Failure::Data)?.book)
}

/// The name a file has in a book: the same wherever its folder is.
pub(super) fn short_name(path: &Path) -> &str {
    path.file_name()
        .and_then(|name| name.to_str())
        .unwrap_or("a file")
}

/// Today, in UTC.
#[expect(clippy::disallowed_methods, reason = "the command line has the clock")]
pub(super) fn today() -> chrono::NaiveDate {
    chrono::Utc::now().date_naive()
}
