//! `--prices FILE`: a user's rates before the built-in ones.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use sha2::{Digest, Sha256};

use super::Failure;
use crate::catalog::{InstanceType, instance_types};
use crate::diagnostics::{Diagnostic, nearest};
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
    pub(super) fn book(&self, quiet: bool) -> Result<(PriceBook, Option<InputFile>), Failure> {
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
        if UserBook::is_one(&bytes) {
            let book = UserBook::open(bytes, &path)?;
            return Ok((built_in.with_user_book(book), Some(input)));
        }
        let book = UserBook::open(table(&path, &bytes)?, &path)?;
        doubt_types(&book, quiet);
        Ok((built_in.with_user_book(book), Some(input)))
    }
}

/// Whether the catalogue or the price book knows a type, in any region.
pub(super) fn is_known(book: &PriceBook, instance_type: InstanceType) -> bool {
    let is_sold = |region| book.sells(region).binary_search(&instance_type).is_ok();
    instance_types().any(|known| known == instance_type) || book.regions().into_keys().any(is_sold)
}

/// Warns of types that nobody knows but this book: rates of a mistyped name would never be used.
pub(super) fn doubt_types(book: &UserBook, quiet: bool) {
    let listed: BTreeSet<InstanceType> = instance_types().collect();
    let built_in = PriceBook::builtin();
    let types = book.instance_types();
    let unknown: Vec<&InstanceType> = types
        .difference(&listed)
        .filter(|unlisted| !is_known(&built_in, **unlisted))
        .collect();
    let Some(first) = unknown.first() else {
        return;
    };
    let message = match unknown.len() {
        1 => format!("`{first}` is not an instance type that is known here"),
        more => format!("{more} instance types are not known here, the first is `{first}`"),
    };
    let near = nearest(first.as_str(), listed.iter().map(|known| known.as_str()));
    let hint = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
    let hint = format!("{hint}its rates are used where usage names it so");
    super::warn(&Diagnostic::new(message).hint(hint), quiet);
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

/// Today, in UTC: ages are counted to it, and reports are dated by it where that is asked for.
#[expect(clippy::disallowed_methods, reason = "the command line has the clock")]
pub(super) fn today() -> chrono::NaiveDate {
    chrono::Utc::now().date_naive()
}
