//! Where a command's result goes and in which form.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::Failure;
use crate::report::Table;

/// The options every command has.
#[derive(Debug, Clone, Args)]
pub struct OutputArgs {
    /// The form of the result on stdout
    #[arg(long, value_enum, default_value_t = Format::Table, global = true)]
    pub format: Format,

    /// Write the result to FILE instead of stdout (a temporary file first, renamed when complete)
    #[arg(long, value_name = "FILE", global = true)]
    pub out: Option<PathBuf>,

    /// Say nothing on stderr but errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// The form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people at a terminal.
    Table,
    /// For programs: amounts as decimal strings, snake_case keys.
    Json,
    /// For spreadsheets.
    Csv,
    /// For pull requests and wikis.
    Markdown,
}

/// A result on its way out: gathered in memory, then written whole.
#[derive(Debug, Default)]
pub struct Output(Vec<u8>);

impl Output {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds tables in the form asked for; JSON has to be given by the command.
    pub fn tables(&mut self, tables: &[Table], format: Format) -> io::Result<()> {
        for (index, table) in tables.iter().enumerate() {
            if index > 0 {
                writeln!(self.0)?;
            }
            match format {
                Format::Csv => table.write_csv(&mut self.0)?,
                Format::Markdown => write!(self.0, "{}", table.to_markdown())?,
                Format::Table | Format::Json => write!(self.0, "{}", table.to_text())?,
            }
        }
        Ok(())
    }

    /// Adds a JSON document, indented, with a line end.
    pub fn json(&mut self, value: &impl serde::Serialize) -> Result<(), Failure> {
        serde_json::to_writer_pretty(&mut self.0, value).map_err(Failure::new)?;
        Ok(writeln!(self.0)?)
    }

    /// Everything gathered so far.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Writes everything to stdout, or to the file asked for.
    pub fn finish(self, arguments: &OutputArgs) -> Result<(), Failure> {
        match &arguments.out {
            None => Ok(io::stdout().lock().write_all(&self.0)?),
            Some(path) => write_file(path, &self.0),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Finds out whether a file can be written, before the work whose result it is to hold.
pub(super) fn check_writable(path: &Path) -> Result<(), Failure> {
    let folder = folder_of(path);
    if !folder.is_dir() {
        let what = format!(
            "cannot write `{}`: there is no folder `{}`",
            path.display(),
            folder.display()
        );
        return Err(Failure::new(what));
    }
    let made = tempfile::NamedTempFile::new_in(folder);
    made.map_err(|error| Failure::file("write", path, &error.kind().into()))?;
    if path.is_dir() {
        let error = io::Error::from(io::ErrorKind::IsADirectory);
        return Err(Failure::file("write", path, &error));
    }
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Writes a file whole or not at all: into a temporary file beside it, then renamed.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    staged(path, bytes)?.put().map(|_| ())
}

/// A file that is written, and not yet where it belongs; dropped, it is gone.
pub(super) struct Staged {
    file: tempfile::NamedTempFile,
    path: PathBuf,
}

/// Writes a file beside the place where it belongs.
pub(super) fn staged(path: &Path, bytes: &[u8]) -> Result<Staged, Failure> {
    let failed = |error: io::Error| Failure::file("write", path, &error);
    let mut file = tempfile::NamedTempFile::new_in(folder_of(path)).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    // A temporary file is private; a result has the permissions of any new file.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let readable = std::fs::Permissions::from_mode(0o644);
        file.as_file().set_permissions(readable).map_err(failed)?;
    }
    let path = path.to_owned();
    Ok(Staged { file, path })
}

impl Staged {
    /// Puts it where it belongs; gives the place.
    pub(super) fn put(self) -> Result<PathBuf, Failure> {
        let Self { file, path } = self;
        match file.persist(&path) {
            Ok(_) => Ok(path),
            Err(error) => Err(Failure::file("write", &path, &error.error)),
        }
    }
}
