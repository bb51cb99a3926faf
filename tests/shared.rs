//! What tests share: the price book, and what CI gives them, the folder of usage files and worked examples beside the
//! project, and time.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test is told where the files are, and says what it skips"
)]

use std::path::PathBuf;
use std::sync::LazyLock;

use bursar::prices::PriceBook;

/// The book in the binary; what one test unpacks of it the others need not.
pub(crate) fn book() -> &'static PriceBook {
    static BOOK: LazyLock<PriceBook> = LazyLock::new(PriceBook::builtin);
    &BOOK
}

/// A file or folder of `../shared` (or of where `BURSAR_SHARED` leads); where it is not there, says so.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folder = std::env::var_os("BURSAR_SHARED").map_or_else(beside, PathBuf::from);
    let path = folder.join(path);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

/// Whether tests that take half a minute are asked for (`BURSAR_LONG=1`, as `.ci/run` does); where they are not, says so.
pub(crate) fn long_tests() -> bool {
    let asked = std::env::var_os("BURSAR_LONG").is_some();
    if !asked {
        println!("skipped: BURSAR_LONG is not set");
    }
    asked
}
