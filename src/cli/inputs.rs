//! Turns what the user named (files, folders, patterns, manifests) into the files to import.

use std::fs;
use std::path::{Path, PathBuf};

use super::Failure;
use crate::demand::import::Input;
use crate::diagnostics::{Diagnostic, Place};

/// Endings a folder is searched for; a file named by itself may end as it likes.
const ENDINGS: [&str; 5] = [".csv", ".csv.gz", ".gz", ".zip", ".parquet"];

/// Every file behind the names given, folders and patterns in order of their names.
///
/// # Errors
/// A name behind which there is nothing.
pub(super) fn resolve(names: &[String]) -> Result<Vec<Input>, Failure> {
    let mut files: Vec<PathBuf> = Vec::new();
    for name in names {
        let path = Path::new(name);
        if path.is_dir() {
            let before = files.len();
            walk(path, &mut files)?;
            if files.len() == before {
                return Err(nothing(name, "the folder holds no usage file"));
            }
        } else if path.exists() {
            push(path, &mut files)?;
        } else if name.contains(['*', '?', '[']) {
            pattern(name, &mut files)?;
        } else {
            return Err(nothing(name, "there is no such file or folder"));
        }
    }
    Ok(files
        .iter()
        .map(|path| Input::path(path.display().to_string(), path))
        .collect())
}

fn nothing(name: &str, what: &str) -> Failure {
    let hint = format!(
        "usage files end in {}; a CUR manifest names its files itself",
        ENDINGS.join(", ")
    );
    Diagnostic::new(what)
        .at(Place::file(name))
        .hint(hint)
        .into()
}

fn pattern(name: &str, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let before = files.len();
    let found = glob::glob(name).map_err(|error| nothing(name, error.msg))?;
    for path in found {
        let path = path.map_err(|error| Failure::file("read", error.path(), error.error()))?;
        if path.is_dir() {
            walk(&path, files)?;
        } else {
            push(&path, files)?;
        }
    }
    if files.len() == before {
        return Err(nothing(name, "no file has such a name"));
    }
    Ok(())
}

/// Every usage file of a folder and the folders in it; hidden ones are left out.
fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let read = |error| Failure::file("read", folder, &error);
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(read)? {
        entries.push(entry.map_err(read)?.path());
    }
    entries.sort();
    for path in entries {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().to_lowercase());
        let name = name.unwrap_or_default();
        if name.starts_with(['.', '_']) {
            continue;
        }
        if path.is_dir() {
            walk(&path, files)?;
        } else if ENDINGS.iter().any(|ending| name.ends_with(ending)) {
            files.push(path);
        }
    }
    Ok(())
}

/// A file, or the files of a manifest.
fn push(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("json"))
    {
        return manifest(path, files);
    }
    files.push(path.to_owned());
    Ok(())
}

/// The files a CUR manifest names, looked for beside it and in the folders above.
fn manifest(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let name = path.display().to_string();
    let bytes = fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
    let parsed: serde_json::Value = serde_json::from_slice(&bytes)
        .map_err(|error| nothing(&name, &format!("the manifest is not JSON: {error}")))?;
    let keys = ["reportKeys", "dataFiles"]
        .iter()
        .find_map(|key| parsed.get(key)?.as_array());
    let keys: Vec<&str> = keys
        .into_iter()
        .flatten()
        .filter_map(|key| key.as_str())
        .collect();
    if keys.is_empty() {
        return Err(nothing(
            &name,
            "the manifest has neither `reportKeys` nor `dataFiles`",
        ));
    }
    for key in keys {
        let found = locate(path, key).ok_or_else(|| {
            nothing(
                &name,
                &format!("the manifest names `{key}`, which is not here"),
            )
        })?;
        files.push(found);
    }
    Ok(())
}

/// The longest tail of an S3 key that exists below the manifest's folder or one above it.
fn locate(manifest: &Path, key: &str) -> Option<PathBuf> {
    let key = key.strip_prefix("s3://").unwrap_or(key);
    let parts: Vec<&str> = key.split('/').filter(|part| !part.is_empty()).collect();
    let folder = manifest.parent().unwrap_or_else(|| Path::new(""));
    let tails = (0..parts.len()).map(|from| parts[from..].iter().collect::<PathBuf>());
    tails
        .flat_map(|tail| {
            folder
                .ancestors()
                .take(4)
                .map(|up| up.join(&tail))
                .collect::<Vec<_>>()
        })
        .find(|path| path.is_file())
}
