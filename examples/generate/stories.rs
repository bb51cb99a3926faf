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
#[path = "tasks_and_databases.rs"]
mod tasks_and_databases;
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

/// The files of the story of a week; what is used beside instances has columns of its own.
pub(crate) fn of_a_week() -> Vec<StoryFile> {
    let file = |path, text| StoryFile { path, text };
    vec![
        file(
            "examples/06-tasks-and-databases/usage.csv",
            tasks_and_databases::instances(),
        ),
        file(
            "examples/06-tasks-and-databases/tasks.csv",
            tasks_and_databases::tasks(),
        ),
        file(
            "examples/06-tasks-and-databases/functions.csv",
            tasks_and_databases::functions(),
        ),
        file(
            "examples/06-tasks-and-databases/others.csv",
            tasks_and_databases::others(),
        ),
    ]
}

/// Every generated file of three months; the same bytes each time and on every machine.
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
