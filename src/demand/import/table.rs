//! Reads one CSV file: header, then pieces of rows on several threads.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};

use super::chunks::{Chunk, ChunkError, Chunker};
use super::classify::Rules;
use super::columns::Layout;
use super::problem::{Problem, Wrong};
use super::rows::RowReader;
use super::tally::Tally;
use crate::diagnostics::{Diagnostic, Place};

/// What one file holds.
#[derive(Debug)]
pub(super) struct FileTally {
    pub(super) name: String,
    pub(super) packing: &'static str,
    pub(super) layout: Layout,
    pub(super) tally: Tally,
    pub(super) sha256: Option<[u8; 32]>,
}

/// Why a file could not be read.
pub(super) enum TableError {
    /// Already a message.
    Said(Box<Diagnostic>),
    /// A row, which has to be found again to be shown.
    Row(Box<Layout>, Problem),
    /// Reading or unpacking failed.
    Io(io::Error),
}

/// Reads a CSV file from its stream with `threads` parsing threads, while this one reads and unpacks.
pub(super) fn read(
    name: &str,
    stream: impl Read,
    rules: &Rules,
    threads: usize,
) -> Result<(Layout, Tally), TableError> {
    let mut chunker = Chunker::new(stream);
    let first = match chunker.next(Vec::new()) {
        Ok(first) => first,
        Err(ChunkError::Io(error)) => return Err(TableError::Io(error)),
        Err(ChunkError::Unclosed(offset)) => {
            let problem = Problem {
                offset,
                wrong: Wrong::Unclosed,
            };
            return Err(TableError::Row(Box::default(), problem));
        }
    };
    let empty = || {
        said(Diagnostic::new("the file is empty").at(Place::file(name)).hint(
        "a usage file has a header and a row for every hour of usage; `bursar import --help` shows one",
    ))
    };
    let mut first = first.ok_or_else(empty)?;
    let (names, end) = header(name, first.bytes())?;
    let names = names.ok_or_else(empty)?;
    let layout = Layout::new(name, names, &rules.tags).map_err(said)?;
    first.buffer.drain(..end);
    first.len -= end;
    first.offset += end as u64;
    let found = parse(first, &mut chunker, &layout, rules, threads);
    match found {
        Ok(tally) if tally.rows == 0 => Err(said(
            Diagnostic::new("the file has a header and no rows")
                .at(Place::file(name))
                .hint("is it the export of a period without usage, or was it cut off?"),
        )),
        Ok(tally) => Ok((layout, tally)),
        Err(Stop::Row(problem)) => Err(TableError::Row(Box::new(layout), problem)),
        Err(Stop::Io(error)) => Err(TableError::Io(error)),
    }
}

fn said(problem: Diagnostic) -> TableError {
    TableError::Said(Box::new(problem))
}

/// The header's cells and the place behind it; `None` when there are only empty lines.
fn header(name: &str, bytes: &[u8]) -> Result<(Option<Vec<String>>, usize), TableError> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    let mut record = csv::ByteRecord::new();
    let read = reader.read_byte_record(&mut record);
    if !read.map_err(|error| TableError::Io(io::Error::other(error)))? {
        return Ok((None, bytes.len()));
    }
    let names: Result<Vec<String>, _> = record
        .iter()
        .map(|cell| String::from_utf8(cell.to_vec()))
        .collect();
    let names = names.map_err(|_| {
        said(Diagnostic::new("the header is not UTF-8 text").at(Place::file(name).line(1)).hint(
            "the file looks like UTF-16, Latin-1 or no text at all; `iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW` converts Latin-1",
        ))
    })?;
    let end = usize::try_from(reader.position().byte()).unwrap_or(bytes.len());
    Ok((Some(names), end))
}

enum Stop {
    Row(Problem),
    Io(io::Error),
}

/// Hands the pieces to the parsing threads and gathers what they found.
fn parse<R: Read>(
    first: Chunk,
    chunker: &mut Chunker<R>,
    layout: &Layout,
    rules: &Rules,
    threads: usize,
) -> Result<Tally, Stop> {
    let (work, todo) = sync_channel::<Chunk>(threads);
    let (give_back, spare) = channel::<Vec<u8>>();
    let todo = Mutex::new(todo);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let (todo, stop, give_back) = (&todo, &stop, give_back.clone());
                scope.spawn(move || work_off(todo, stop, &give_back, RowReader::new(layout, rules)))
            })
            .collect();
        let fed = feed(first, chunker, &work, &spare, &stop);
        drop(work);
        let mut tallies = Vec::new();
        let mut problem: Option<Problem> = None;
        for worker in workers {
            match worker.join() {
                Ok(Ok(found)) => tallies.push(found),
                Ok(Err(found)) => {
                    let first = problem
                        .as_ref()
                        .is_none_or(|known| found.offset < known.offset);
                    problem = if first { Some(found) } else { problem };
                }
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        match (problem, fed) {
            (Some(problem), _) => Err(Stop::Row(problem)),
            (None, Err(stop)) => Err(stop),
            (None, Ok(())) => Ok(Tally::joined(tallies)),
        }
    })
}

fn feed<R: Read>(
    first: Chunk,
    chunker: &mut Chunker<R>,
    work: &SyncSender<Chunk>,
    spare: &Receiver<Vec<u8>>,
    stop: &AtomicBool,
) -> Result<(), Stop> {
    let mut next = Some(first);
    while let Some(chunk) = next {
        if work.send(chunk).is_err() || stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        next = match chunker.next(spare.try_recv().unwrap_or_default()) {
            Ok(next) => next,
            Err(ChunkError::Io(error)) => return Err(Stop::Io(error)),
            Err(ChunkError::Unclosed(offset)) => {
                return Err(Stop::Row(Problem {
                    offset,
                    wrong: Wrong::Unclosed,
                }));
            }
        };
    }
    Ok(())
}

/// One parsing thread. Pieces are handed out in order, so whoever finds the first bad row of the file finds
/// it before it stops, whatever the others do.
fn work_off(
    todo: &Mutex<Receiver<Chunk>>,
    stop: &AtomicBool,
    give_back: &std::sync::mpsc::Sender<Vec<u8>>,
    mut reader: RowReader<'_>,
) -> Result<Tally, Problem> {
    loop {
        let chunk = todo.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(chunk) = chunk else {
            return Ok(reader.finish());
        };
        if let Err(problem) = reader.chunk(&chunk) {
            stop.store(true, Ordering::Relaxed);
            return Err(problem);
        }
        // The feeder may be done already; then the buffer is not needed.
        let _ = give_back.send(chunk.buffer);
    }
}
