//! The files of an import: how to open them and how they are packed.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek};
use std::path::PathBuf;
use std::sync::Arc;

/// One file to import.
#[derive(Debug, Clone)]
pub struct Input {
    /// As the user named it; stands in messages and reports.
    pub name: String,
    /// Where its bytes are.
    pub source: Source,
}

/// Where the bytes of an input are.
#[derive(Debug, Clone)]
pub enum Source {
    /// In a file.
    Path(PathBuf),
    /// In memory.
    Bytes(Arc<[u8]>),
}

/// How a file is packed, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Gzip,
    Zip,
    Parquet,
}

impl Packing {
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Plain => "csv",
            Self::Gzip => "csv.gz",
            Self::Zip => "zip",
            Self::Parquet => "parquet",
        }
    }
}

/// A file or memory, open.
pub(super) enum Opened {
    File(File),
    Bytes(Cursor<Arc<[u8]>>),
}

impl Read for Opened {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Bytes(bytes) => bytes.read(buffer),
        }
    }
}

impl Seek for Opened {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        match self {
            Self::File(file) => file.seek(to),
            Self::Bytes(bytes) => bytes.seek(to),
        }
    }
}

impl Input {
    /// A file on disk.
    pub fn path(name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            source: Source::Path(path.into()),
        }
    }

    /// Bytes in memory.
    pub fn bytes(name: impl Into<String>, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self {
            name: name.into(),
            source: Source::Bytes(bytes.into()),
        }
    }

    pub(super) fn open(&self) -> io::Result<Opened> {
        Ok(match &self.source {
            Source::Path(path) => Opened::File(File::open(path)?),
            Source::Bytes(bytes) => Opened::Bytes(Cursor::new(Arc::clone(bytes))),
        })
    }

    /// How it is packed; its name does not matter.
    pub(super) fn packing(&self) -> io::Result<Packing> {
        let mut first = Vec::new();
        self.open()?.take(4).read_to_end(&mut first)?;
        Ok(match first.as_slice() {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [b'P', b'K', 3, 4] => Packing::Zip,
            b"PAR1" => Packing::Parquet,
            _ => Packing::Plain,
        })
    }
}
