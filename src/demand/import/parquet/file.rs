//! A Parquet file: its columns, its row groups, and the bytes of a column in a row group.

use std::io::{self, Read, Seek, SeekFrom};

use polars::prelude::{ArrowField, ArrowSchema, DataType, PolarsError};
use polars_buffer::Buffer;
use polars_parquet::read::{
    ColumnChunkMetadata, FileMetadata, RowGroupMetadata, infer_schema, read_metadata,
};

use super::Problem;
use crate::demand::import::classify::Rules;
use crate::demand::import::columns::Layout;
use crate::demand::import::input::{Input, Opened};
use crate::demand::import::problem::Wrong;
use crate::demand::import::spec::{Format, Role};
use crate::diagnostics::{Diagnostic, Place};

/// An open file.
pub(super) struct ParquetFile<'a> {
    input: &'a Input,
    metadata: FileMetadata,
    schema: ArrowSchema,
    layout: Layout,
}

/// A column of one row group, as it is stored.
pub(super) struct Chunk<'a> {
    pub(super) field: &'a ArrowField,
    /// The parts of a nested column; any other has one.
    pub(super) parts: Vec<(&'a ColumnChunkMetadata, Buffer<u8>)>,
    pub(super) rows: usize,
}

impl<'a> ParquetFile<'a> {
    /// Reads what the file says of itself.
    ///
    /// # Errors
    /// It is no Parquet file, was cut off, or its columns are of no known format.
    pub(super) fn open(input: &'a Input, rules: &Rules) -> Result<Self, Diagnostic> {
        let failed = |error: PolarsError| failed(&input.name, &error);
        let mut opened = input.open().map_err(|error| failed(error.into()))?;
        let metadata = read_metadata(&mut opened).map_err(failed)?;
        let schema = infer_schema(&metadata).map_err(failed)?;
        let names = schema.iter_names().map(ToString::to_string).collect();
        let layout = Layout::new(&input.name, names, &rules.tags)?;
        let beside = [Role::ActiveVcpus, Role::SurplusCredits];
        let only_csv = layout.format.is_typed() && layout.format != Format::Simple;
        if only_csv || beside.iter().any(|&role| layout.has(role)) {
            let what = if only_csv {
                layout.label
            } else {
                "the columns `active_vcpus` and `surplus_credits`"
            };
            return Err(Diagnostic::new(format!("{what} are read from CSV only"))
                .at(Place::file(&input.name))
                .hint("save the table as CSV or CSV.gz"));
        }
        Ok(Self {
            input,
            metadata,
            schema,
            layout,
        })
    }

    pub(super) fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(super) fn into_layout(self) -> Layout {
        self.layout
    }

    /// The number of row groups.
    pub(super) fn groups(&self) -> usize {
        self.metadata.row_groups.len()
    }

    /// The number of rows of a row group.
    pub(super) fn rows_of(&self, group: usize) -> usize {
        self.metadata.row_groups[group].num_rows()
    }

    /// The number of bytes of a row group in the file.
    pub(super) fn bytes_of(&self, group: usize) -> u64 {
        self.metadata.row_groups[group].compressed_size() as u64
    }

    /// The number of rows before a row group.
    pub(super) fn rows_before(&self, group: usize) -> u64 {
        let before = &self.metadata.row_groups[..group];
        before.iter().map(|group| group.num_rows() as u64).sum()
    }

    /// The type of a column.
    pub(super) fn dtype(&self, place: usize) -> DataType {
        self.schema
            .get_at_index(place)
            .map_or(DataType::Null, |(_, field)| {
                DataType::from_arrow_field(field)
            })
    }

    /// Opens the file's bytes, once a thread.
    pub(super) fn bytes(&self) -> io::Result<Opened> {
        self.input.open()
    }

    /// Reads a column of a row group.
    pub(super) fn chunk(
        &self,
        bytes: &mut Opened,
        group: usize,
        place: usize,
    ) -> Result<Chunk<'_>, PolarsError> {
        let missing = || PolarsError::ColumnNotFound(self.layout.name(place).to_owned().into());
        let (name, field) = self.schema.get_at_index(place).ok_or_else(missing)?;
        let group: &RowGroupMetadata = &self.metadata.row_groups[group];
        let columns = group.columns_under_root_iter(name).ok_or_else(missing)?;
        let parts = columns.map(|column| Ok((column, part(bytes, column)?)));
        Ok(Chunk {
            field,
            parts: parts.collect::<io::Result<_>>()?,
            rows: group.num_rows(),
        })
    }

    /// A problem of a row group as a whole.
    pub(super) fn failed(&self, group: usize, error: &PolarsError) -> Problem {
        Problem {
            row: self.rows_before(group),
            said: Box::new(failed(&self.input.name, error)),
        }
    }

    /// The problem of a row group that polars gave up on.
    pub(super) fn damaged(&self, group: usize) -> Problem {
        Problem {
            row: self.rows_before(group),
            said: Box::new(damaged(&self.input.name)),
        }
    }

    /// A problem of a cell; `row` counts from 0 in its row group.
    pub(super) fn wrong(&self, group: usize, row: usize, wrong: &Wrong) -> Problem {
        let line = self.rows_before(group) + row as u64 + 1;
        let said = match wrong {
            Wrong::Cell {
                place,
                message,
                label,
                hint,
            } => Diagnostic::new(format!("{message}: {label}"))
                .at(Place::file(&self.input.name)
                    .line(line)
                    .column(self.layout.name(*place)))
                .hint(hint.clone()),
            // Records end where they should and have all cells: nothing else can be wrong with them.
            _ => Diagnostic::default().at(Place::file(&self.input.name).line(line)),
        };
        Problem {
            row: line,
            said: Box::new(said),
        }
    }
}

fn part(bytes: &mut Opened, column: &ColumnChunkMetadata) -> io::Result<Buffer<u8>> {
    let range = column.byte_range();
    bytes.seek(SeekFrom::Start(range.start))?;
    // Not allocated at once: a damaged file may ask for anything.
    let mut stored = Vec::new();
    let wanted = range.end - range.start;
    let read = bytes.take(wanted).read_to_end(&mut stored)?;
    if read as u64 != wanted {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "a column ends behind the end of the file",
        ));
    }
    Ok(Buffer::from(stored))
}

fn failed(name: &str, error: &PolarsError) -> Diagnostic {
    let text = error.to_string();
    unreadable(name, text.lines().next().unwrap_or_default())
}

/// The message for a file that polars gives up on without saying why.
pub(super) fn damaged(name: &str) -> Diagnostic {
    unreadable(name, "it is damaged")
}

fn unreadable(name: &str, why: &str) -> Diagnostic {
    Diagnostic::new(format!("the Parquet file cannot be read: {why}"))
        .at(Place::file(name))
        .hint("was the download cut off? fetch the file again")
}
