//! The stories and where their usage files go. Everything in them is synthetic: no bill was used.

#[path = "clock.rs"]
mod clock;
#[path = "csv.rs"]
mod csv;
#[path = "nightly_batch.rs"]
mod nightly_batch;
#[path = "random.rs"]
mod random;
#[path = "shape.rs"]
mod shape;
#[path = "web_shop.rs"]
mod web_shop;
#[path = "windows_and_owned_ris.rs"]
mod windows_and_owned_ris;

/// A file of a story: its path within the project, and what is in it.
pub(crate) struct StoryFile {
    /// With `/` between folders.
    pub(crate) path: &'static str,
    /// The whole text.
    pub(crate) text: String,
}

/// Every generated file; the same bytes each time and on every machine.
pub(crate) fn all() -> Vec<StoryFile> {
    let file = |path, text| StoryFile { path, text };
    vec![
        file("examples/01-web-shop/usage.csv", web_shop::usage()),
        file(
            "examples/02-nightly-batch/usage.csv",
            nightly_batch::usage(),
        ),
        file(
            "examples/03-windows-and-owned-ris/usage.csv",
            windows_and_owned_ris::usage(),
        ),
    ]
}
