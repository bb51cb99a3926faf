//! Writes the tables of `pricing-data/` from a folder of fact tables (`pricing-data/README.md` says which).
//!
//! `cargo run --example refresh-pricing-data -- FOLDER` rewrites every table; nothing is derived here, rows
//! are only sorted, spread over files by kind and region, and dropped where they cannot be true.

mod catalog;
mod coverage;
mod facts;
mod hosts;
mod savings_plans;
mod services;
mod sources;
mod spot_history;
mod tables;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What stops a refresh: the file and what is wrong with it.
pub(crate) type Problem = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        return fail("usage: cargo run --example refresh-pricing-data -- FOLDER");
    };
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("pricing-data");
    match refresh(&folder, &target) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => fail(&problem.to_string()),
    }
}

#[expect(clippy::print_stderr, reason = "a program for the project's keepers")]
fn fail(message: &str) -> ExitCode {
    eprintln!("error: {message}");
    ExitCode::FAILURE
}

fn refresh(folder: &Path, target: &Path) -> Result<(), Problem> {
    let mut dropped = facts::Dropped::default();
    catalog::write(folder, target)?;
    tables::write(folder, target, &mut dropped)?;
    savings_plans::write(folder, target)?;
    dropped.write(target)?;
    let mut left = services::LeftOut::default();
    services::write(folder, target, &mut left)?;
    hosts::write(folder, target, &mut left)?;
    spot_history::write(folder, target)?;
    left.write(target)?;
    sources::write(folder, target)?;
    coverage::write(target)
}
