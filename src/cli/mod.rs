//! Row 6. Arguments, files, clock, progress, exit codes; one file a command.

mod failure;
mod import;
mod inputs;
mod output;
mod prices;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use failure::Failure;
pub use output::{Format, Output, OutputArgs};

/// What an AWS fleet costs under every way AWS sells it, and which mix of purchases is cheapest.
#[derive(Debug, Parser)]
#[command(name = "bursar", version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Prices(prices::PricesArgs),
    Import(import::ImportArgs),
}

/// Runs the command line and says how it went: 0 done, 1 input or data problem, 2 command line,
/// 3 a check was breached, 4 incomplete data under `--strict`, 70 a bug.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let done = !error.use_stderr();
            let printed = error.print();
            return if done && printed.is_ok() {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(2)
            };
        }
    };
    match dispatch(arguments.command) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

fn dispatch(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Prices(arguments) => prices::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
    }
}
