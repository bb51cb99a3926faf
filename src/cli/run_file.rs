//! The run.json that `bursar optimize` or `bursar ladder` wrote.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::Failure;
use crate::diagnostics::{Diagnostic, Place};
use crate::report::ladder::LadderRun;
use crate::report::run::{Run, SCHEMA_VERSION};

/// A run's text, known to be of a form that this program reads.
pub(super) struct RunFile {
    name: String,
    text: String,
    form: Form,
}

/// What every form of the file has, and what tells runs apart.
#[derive(Deserialize)]
struct Form {
    schema_version: u32,
    #[serde(default)]
    program: Option<String>,
    ladder: Option<IgnoredAny>,
}

/// The run of `optimize` that a file holds.
pub(super) fn read_run(path: &Path) -> Result<Run, Failure> {
    RunFile::read(path)?.run()
}

impl RunFile {
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))?;
        let name = path.display().to_string();
        // The form first: a file of another form lacks fields, and that would say nothing to a person.
        let form: Form = serde_json::from_str(&text).map_err(|error| unreadable(&name, &error))?;
        if form.schema_version != SCHEMA_VERSION {
            let found = form.schema_version;
            let by = form
                .program
                .map_or_else(String::new, |program| format!(" of {program}"));
            let message =
                format!("the run{by} has form {found}, this program reads form {SCHEMA_VERSION}");
            return Err(Diagnostic::new(message)
                .at(Place::file(&name))
                .hint("make the run again, or certify it with the version of bursar it names")
                .into());
        }
        Ok(Self { name, text, form })
    }

    /// Whether it is one of `bursar ladder`.
    pub(super) const fn is_ladder(&self) -> bool {
        self.form.ladder.is_some()
    }

    pub(super) fn ladder(&self) -> Result<LadderRun, Failure> {
        self.parsed()
    }

    pub(super) fn run(&self) -> Result<Run, Failure> {
        if self.is_ladder() {
            return Err(
                Diagnostic::new("this is a run of `ladder`, not one of `optimize`")
                    .at(Place::file(&self.name))
                    .hint("`bursar certify` and `bursar report` read it; this command does not")
                    .into(),
            );
        }
        self.parsed()
    }

    fn parsed<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        Ok(serde_json::from_str(&self.text).map_err(|error| unreadable(&self.name, &error))?)
    }
}

fn unreadable(name: &str, error: &serde_json::Error) -> Diagnostic {
    let line = u64::try_from(error.line()).unwrap_or_default();
    Diagnostic::new(format!("this is no run file: {error}"))
        .at(Place::file(name).line(line))
        .hint("`bursar optimize USAGE --report FOLDER` writes FOLDER/run.json")
}
