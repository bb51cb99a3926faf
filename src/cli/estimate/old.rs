//! The estimate of before: its JSON, or an estate file priced now.

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::EstimateArgs;
use crate::cli::Failure;
use crate::diagnostics::{Diagnostic, Place};
use crate::estate::Month;
use crate::estimate::Snapshot;
use crate::prices::PriceBook;
use crate::report::run::{InputFile, hex};
use crate::template;

/// What stood in an estimate before.
pub(super) fn snapshot(
    path: &Path,
    book: &PriceBook,
    month: Month,
    arguments: &EstimateArgs,
    inputs: &mut Vec<InputFile>,
) -> Result<Snapshot, Failure> {
    let bytes = fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
    let found: Option<Snapshot> = match from_json(&bytes, path)? {
        Some(found) => {
            inputs.push(InputFile {
                path: path.display().to_string(),
                sha256: hex(&Sha256::digest(&bytes)),
                role: "before".into(),
            });
            Some(found)
        }
        None => None,
    };
    let Some(found) = found else {
        let options = template::Options {
            passes_over_parameters: true,
            ..arguments.template_options()?
        };
        let planned = super::input::read(path, None, month, &options)?;
        let before = planned.inputs.iter().map(|input| InputFile {
            role: "before".into(),
            ..input.clone()
        });
        inputs.extend(before);
        return Ok(Snapshot::of(&super::priced(
            &planned, book, month, arguments,
        )?));
    };
    if found.month_hours != month.hours() {
        let message = format!(
            "`{}` is an estimate for a month of {} hours, this one has {}",
            path.display(),
            found.month_hours,
            month.hours()
        );
        return Err(Diagnostic::new(message)
            .hint("name the same month with --month")
            .into());
    }
    Ok(found)
}

/// An estimate's JSON; `None` for anything else that may be an estate.
fn from_json(bytes: &[u8], path: &Path) -> Result<Option<Snapshot>, Failure> {
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(bytes) else {
        return Ok(None);
    };
    if value.get("total_monthly_cost").is_none() {
        return Ok(None);
    }
    let place = || Place::file(path.display().to_string());
    let version = value
        .get("schema_version")
        .and_then(serde_json::Value::as_u64);
    if version != Some(u64::from(crate::report::estimate::SCHEMA_VERSION)) {
        return Err(
            Diagnostic::new("the estimate is of a form that is not known here")
                .at(place())
                .hint("`bursar estimate --format json` of this version writes it anew")
                .into(),
        );
    }
    let snapshot = serde_json::from_value(value)
        .map_err(|error| Diagnostic::new(format!("no estimate: {error}")).at(place()))?;
    Ok(Some(snapshot))
}
