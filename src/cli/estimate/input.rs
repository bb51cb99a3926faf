//! What is planned, from a file; the quantities that it leaves open, from another.

use std::fs;
use std::path::Path;

use chrono::{Datelike, Days, Months, NaiveDate};
use sha2::{Digest, Sha256};

use crate::cli::Failure;
use crate::diagnostics::{Diagnostic, Place};
use crate::estate::{Estate, Month, read_estate, read_usage};
use crate::report::run::{InputFile, hex};
use crate::template;

/// An estate and the files it was read from.
pub(super) struct Planned {
    pub(super) estate: Estate,
    pub(super) inputs: Vec<InputFile>,
    /// Whether it was read from a CloudFormation template or a Terraform plan.
    pub(super) is_template: bool,
}

/// Reads an estate or a template, and what depends on use in it.
pub(super) fn read(
    path: &Path,
    usage: Option<&Path>,
    month: Month,
    options: &template::Options,
) -> Result<Planned, Failure> {
    let mut inputs = Vec::new();
    let text = text(path, "estate", &mut inputs)?;
    let name = path.display().to_string();
    let is_template = template::is_template(&text, &name);
    let estate = if is_template {
        template::read(&text, &name, options)
    } else {
        read_estate(&text, &name, month)
    };
    let mut estate = estate.map_err(Failure::Data)?;
    if let Some(path) = usage {
        let text = self::text(path, "usage", &mut inputs)?;
        let usage = read_usage(&text, &path.display().to_string())?;
        usage.fill(&mut estate).map_err(Failure::Data)?;
    }
    Ok(Planned {
        estate,
        inputs,
        is_template,
    })
}

/// A file's text, with its fingerprint.
fn text(path: &Path, role: &str, inputs: &mut Vec<InputFile>) -> Result<String, Failure> {
    let bytes = fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
    let name = path.display().to_string();
    if bytes.starts_with(b"PK") {
        let problem = Diagnostic::new("this is an archive, as plans of Terraform are kept");
        let problem = problem.at(Place::file(name));
        return Err(problem
            .hint("`terraform show -json plan.out > plan.json` writes what can be read")
            .into());
    }
    inputs.push(InputFile {
        path: name.clone(),
        sha256: hex(&Sha256::digest(&bytes)),
        role: role.into(),
    });
    String::from_utf8(bytes).map_err(|_| {
        let problem = Diagnostic::new("the file is not UTF-8 text").at(Place::file(name));
        problem.hint("save it as UTF-8").into()
    })
}

/// A month of the calendar, such as 2026-10.
pub(super) fn month(text: &str) -> Result<Month, String> {
    let first = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d");
    let first = first.map_err(|_| "a year and a month, such as 2026-10".to_owned())?;
    let last = first
        .checked_add_months(Months::new(1))
        .and_then(|next| next.checked_sub_days(Days::new(1)));
    let last = last.ok_or_else(|| "beyond the calendar".to_owned())?;
    Ok(Month::Of {
        year: first.year(),
        month: first.month(),
        days: last.day(),
    })
}
