//! Row 6. Arguments, files, clock, progress, exit codes; one file a command.

mod backtest;
mod beside;
mod bill;
mod buyers;
mod certify;
mod certify_ladder;
mod certify_spot;
mod compare;
mod config;
mod discounts;
mod engine;
mod estimate;
mod explain;
mod explain_ladder;
mod explain_purchase;
mod failure;
mod fleet;
mod import;
mod import_series;
mod inputs;
mod ladder;
mod ladder_events;
mod optimize;
mod output;
mod owned;
mod prices;
mod purchasing;
mod reconcile;
mod report;
mod risk;
mod rules;
mod rules_file;
mod run_file;
mod spot;
mod terms;
mod user_prices;
mod zonal;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use indicatif::ProgressBar;

use crate::billing::SetupError;
use crate::diagnostics::Diagnostic;

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
    Optimize(Box<optimize::OptimizeArgs>),
    Backtest(Box<backtest::BacktestArgs>),
    Ladder(Box<ladder::LadderArgs>),
    Bill(bill::BillArgs),
    Certify(certify::CertifyArgs),
    Estimate(estimate::EstimateArgs),
    Compare(compare::CompareArgs),
    Explain(explain::ExplainArgs),
    Import(import::ImportArgs),
    Owned(owned::OwnedArgs),
    Prices(prices::PricesArgs),
    Reconcile(reconcile::ReconcileArgs),
    Report(report::ReportArgs),
}

/// Runs the command line and says how it went: 0 done, 1 input or data problem, 2 command line,
/// 3 a check was breached, 4 incomplete data under `--strict`, 70 a bug.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    or_bug(|| carry_out(arguments))
}

/// What `work` ends with; where it panics, which is always our mistake, the code that says so.
fn or_bug(work: impl FnOnce() -> ExitCode) -> ExitCode {
    // Nothing that the work may have left half-changed is looked at again.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        say(
            "error: this is a bug in bursar, not a mistake of yours: please report the lines above and the command",
            false,
        );
        ExitCode::from(70)
    })
}

fn carry_out(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
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
        Command::Optimize(arguments) => optimize::run(&arguments),
        Command::Backtest(arguments) => backtest::run(&arguments),
        Command::Ladder(arguments) => ladder::run(&arguments),
        Command::Bill(arguments) => bill::run(&arguments),
        Command::Certify(arguments) => certify::run(&arguments),
        Command::Estimate(arguments) => estimate::run(&arguments),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
        Command::Owned(arguments) => owned::run(&arguments),
        Command::Prices(arguments) => prices::run(&arguments),
        Command::Reconcile(arguments) => reconcile::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
    }
}

/// Every price that is missing, as problems with what to do.
fn unpriced(error: &SetupError) -> Failure {
    let problems = error.0.iter().map(|missing| {
        Diagnostic::new(missing.to_string())
            .hint("--allow-unpriced lists such usage and leaves it out of every total")
    });
    Failure::Data(problems.collect())
}

/// Says something beside the result, unless the user wants silence.
fn say(message: &str, quiet: bool) {
    if !quiet {
        // Nobody is left to be told when stderr is gone.
        let _ = writeln!(std::io::stderr().lock(), "{message}");
    }
}

/// Says on a terminal what is being worked on, until it is dropped; nothing elsewhere.
fn working(on: &'static str, quiet: bool) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner().with_message(on);
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}

/// Warns of something that did not stop the work.
fn warn(problem: &Diagnostic, quiet: bool) {
    say(&format!("warning: {problem}"), quiet);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_mistakes_have_a_code_of_their_own() {
        let broken = || unreachable!("a test breaks here on purpose");
        assert_eq!(or_bug(broken), ExitCode::from(70));
        assert_eq!(or_bug(|| ExitCode::from(3)), ExitCode::from(3));
    }
}
