//! Why a command stopped, what the user sees of it, and the exit code.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use crate::diagnostics::Diagnostic;

/// Why a command stopped.
#[derive(Debug)]
pub enum Failure {
    /// Something is wrong with the input or its data: exit code 1.
    Data(Vec<Diagnostic>),
    /// The reader of our output went away: exit code 0.
    BrokenPipe,
}

impl Failure {
    /// A problem without a place in a data file.
    pub fn new(message: impl Display) -> Self {
        Self::Data(vec![Diagnostic::new(message.to_string())])
    }

    /// A file or folder that could not be used.
    pub fn file(what: &str, path: &std::path::Path, error: &io::Error) -> Self {
        Self::new(format!("cannot {what} `{}`: {error}", path.display()))
    }

    /// Tells the user on stderr and gives the exit code.
    pub(super) fn report(self) -> ExitCode {
        match self {
            Self::BrokenPipe => ExitCode::SUCCESS,
            Self::Data(problems) => {
                let mut stderr = io::stderr().lock();
                for problem in problems {
                    // Nobody is left to be told when stderr is gone.
                    let _ = writeln!(stderr, "error: {problem}");
                }
                ExitCode::from(1)
            }
        }
    }
}

impl From<Diagnostic> for Failure {
    fn from(problem: Diagnostic) -> Self {
        Self::Data(vec![problem])
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            _ => Self::new(error),
        }
    }
}
