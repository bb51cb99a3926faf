//! Opens one input, unpacks it, and hands it to the reader of its kind.

use std::io::{self, BufReader, Read, Seek};

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::classify::Rules;
use super::input::{Input, Opened, Packing};
use super::parquet;
use super::problem::diagnose;
use super::table::{self, FileTally, TableError};
use crate::diagnostics::{Diagnostic, Place};

/// Reads one input; a zip holds several files.
///
/// # Errors
/// The first problem of the file.
pub(super) fn read(
    input: &Input,
    rules: &Rules,
    threads: usize,
    fingerprint: bool,
    identify: bool,
    progress: Progress<'_>,
) -> Result<Vec<FileTally>, Diagnostic> {
    let cannot = |error: io::Error| cannot_read(&input.name, &error);
    let packing = input.packing().map_err(cannot)?;
    std::thread::scope(|scope| {
        let sha256 = fingerprint.then(|| scope.spawn(|| sha256(input)));
        let mut files = match packing {
            Packing::Plain => {
                let stream = Watched {
                    stream: input.open().map_err(cannot)?,
                    progress,
                };
                let again = |show: &mut dyn FnMut(&mut dyn Read)| {
                    show(&mut input.open()?);
                    Ok(())
                };
                csv(&input.name, stream, again, rules, threads).map(|file| vec![file])
            }
            Packing::Gzip => {
                let stream = gunzip(Watched {
                    stream: input.open().map_err(cannot)?,
                    progress,
                });
                let again = |show: &mut dyn FnMut(&mut dyn Read)| {
                    show(&mut gunzip(input.open()?));
                    Ok(())
                };
                csv(&input.name, stream, again, rules, threads).map(|file| vec![file])
            }
            Packing::Zip => unzip(input, rules, threads, progress),
            Packing::Parquet => {
                parquet::read(input, rules, threads, identify, progress).map(|file| vec![file])
            }
        }?;
        let sha256 = sha256
            .and_then(|job| job.join().ok())
            .transpose()
            .map_err(cannot)?;
        for file in &mut files {
            file.sha256 = sha256;
            file.packing = packing.label();
        }
        Ok(files)
    })
}

type Progress<'a> = &'a (dyn Fn(u64) + Sync);

fn gunzip<R: Read>(stream: R) -> MultiGzDecoder<BufReader<R>> {
    MultiGzDecoder::new(BufReader::with_capacity(1 << 18, stream))
}

/// Reads a CSV stream; on a bad row has it opened `again` to show the place.
fn csv(
    name: &str,
    stream: impl Read,
    again: impl FnOnce(&mut dyn FnMut(&mut dyn Read)) -> io::Result<()>,
    rules: &Rules,
    threads: usize,
) -> Result<FileTally, Diagnostic> {
    match table::read(name, stream, rules, threads) {
        Ok((layout, tally)) => Ok(FileTally {
            name: name.to_owned(),
            packing: "",
            layout,
            tally,
            sha256: None,
        }),
        Err(TableError::Said(problem)) => Err(*problem),
        Err(TableError::Io(error)) => Err(cannot_read(name, &error)),
        Err(TableError::Row(layout, problem)) => {
            let mut shown = Diagnostic::default();
            let opened = again(&mut |stream| shown = diagnose(name, &layout, &problem, stream));
            opened.map_or_else(|error| Err(cannot_read(name, &error)), |()| Err(shown))
        }
    }
}

/// Every CSV in a zip, one after the other.
fn unzip(
    input: &Input,
    rules: &Rules,
    threads: usize,
    progress: Progress<'_>,
) -> Result<Vec<FileTally>, Diagnostic> {
    let cannot = |error: io::Error| cannot_read(&input.name, &error);
    let mut archive = archive(input, progress).map_err(cannot)?;
    let mut files = Vec::new();
    for entry in entries(input, &archive)? {
        let name = format!("{}/{entry}", input.name);
        let stream = archive
            .by_name(&entry)
            .map_err(|error| cannot(io::Error::other(error)))?;
        let again = |show: &mut dyn FnMut(&mut dyn Read)| {
            let mut archive = self::archive(input, &|_| {})?;
            show(&mut archive.by_name(&entry).map_err(io::Error::other)?);
            Ok(())
        };
        files.push(csv(&name, stream, again, rules, threads)?);
    }
    Ok(files)
}

/// The names of the CSV files in a zip, in order.
fn entries(input: &Input, archive: &Archive<'_>) -> Result<Vec<String>, Diagnostic> {
    let mut entries = Vec::new();
    for name in archive.file_names() {
        let name = name
            .map_err(|error| cannot_read(&input.name, &io::Error::other(error)))?
            .into_owned();
        if name.to_ascii_lowercase().ends_with(".csv") {
            entries.push(name);
        }
    }
    entries.sort();
    if entries.is_empty() {
        return Err(Diagnostic::new("the zip holds no CSV file").at(Place::file(&input.name)));
    }
    Ok(entries)
}

/// Hands the stream of every CSV in an input, unpacked, to `read`, with its name.
///
/// # Errors
/// The input cannot be opened or unpacked, or what `read` says.
pub(super) fn each_csv(
    input: &Input,
    packing: Packing,
    read: &mut dyn FnMut(&str, &mut dyn Read) -> Result<(), Diagnostic>,
) -> Result<(), Diagnostic> {
    let cannot = |error: io::Error| cannot_read(&input.name, &error);
    match packing {
        Packing::Gzip => read(&input.name, &mut gunzip(input.open().map_err(cannot)?)),
        Packing::Zip => {
            let mut archive = archive(input, &|_| {}).map_err(cannot)?;
            for entry in entries(input, &archive)? {
                let stream = archive.by_name(&entry);
                let mut stream = stream.map_err(|error| cannot(io::Error::other(error)))?;
                read(&format!("{}/{entry}", input.name), &mut stream)?;
            }
            Ok(())
        }
        Packing::Plain | Packing::Parquet => read(&input.name, &mut input.open().map_err(cannot)?),
    }
}

type Archive<'a> = zip::ZipArchive<BufReader<Watched<'a>>>;

fn archive<'a>(input: &Input, progress: Progress<'a>) -> io::Result<Archive<'a>> {
    let stream = BufReader::new(Watched {
        stream: input.open()?,
        progress,
    });
    zip::ZipArchive::new(stream).map_err(io::Error::other)
}

/// Tells how much of the file was read.
struct Watched<'a> {
    stream: Opened,
    progress: Progress<'a>,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        (self.progress)(read as u64);
        Ok(read)
    }
}

impl Seek for Watched<'_> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.stream.seek(to)
    }
}

/// SHA-256 of a file as it lies there.
///
/// # Errors
/// The file cannot be read.
pub fn fingerprint(input: &Input) -> Result<[u8; 32], Diagnostic> {
    sha256(input).map_err(|error| cannot_read(&input.name, &error))
}

fn sha256(input: &Input) -> io::Result<[u8; 32]> {
    let mut file = input.open()?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hash.finalize().into());
        }
        hash.update(&buffer[..read]);
    }
}

pub(super) fn cannot_read(name: &str, error: &io::Error) -> Diagnostic {
    let place = Place::file(name);
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Diagnostic::new("the compressed file ends too early")
            .at(place)
            .hint("the download was cut off: fetch the file again"),
        io::ErrorKind::NotFound => Diagnostic::new("there is no such file").at(place),
        _ => Diagnostic::new(format!("cannot be read: {error}")).at(place),
    }
}
