//! The folder of usage files and worked examples that may stand beside the project; in CI it does.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test is told where the files are, and says what it skips"
)]

use std::path::PathBuf;

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
