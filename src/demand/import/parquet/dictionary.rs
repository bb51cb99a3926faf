//! The codes of a column whose pages are all stored as numbers into a dictionary, without its values ever being
//! put in rows.
//!
//! Page layout: <https://parquet.apache.org/docs/file-format/data-pages/encodings/>, "Dictionary Encoding".

use std::io::Cursor;

use polars::prelude::{
    DataType, Float64Chunked, Int64Chunked, IntoSeries, NewChunkedArray, PlSmallStr, Series,
    StringChunked,
};
use polars_buffer::Buffer;
use polars_parquet::parquet::encoding::hybrid_rle::{HybridRleChunk, HybridRleDecoder};
use polars_parquet::parquet::error::{ParquetError, ParquetResult};
use polars_parquet::parquet::page::{
    CompressedPage, DataPage, DataPageHeader, DictPage, FormatEncoding as Encoding, split_buffer,
};
use polars_parquet::read::{BasicDecompressor, ColumnChunkMetadata, PageReader, PhysicalType};

use super::coded::Coded;
use super::file::Chunk;

/// Reads the codes of a column; `None` when it is not stored that way.
pub(super) fn read(chunk: &Chunk<'_>, dtype: &DataType) -> ParquetResult<Option<Coded>> {
    let [(column, bytes)] = chunk.parts.as_slice() else {
        return Ok(None);
    };
    let descriptor = &column.descriptor().descriptor;
    let flat = descriptor.max_rep_level == 0 && descriptor.max_def_level <= 1;
    if !flat || !is_readable(column.physical_type(), dtype) || !is_dictionary(column, bytes)? {
        return Ok(None);
    }
    let mut pages = BasicDecompressor::new(reader(column, bytes), Vec::new());
    let Some(dictionary) = pages.read_dict_page()? else {
        return Ok(None);
    };
    let values = values(&dictionary, dtype)?;
    let mut decoder = Decoder {
        null: u32::try_from(values.len()).map_err(|_| damaged())?,
        nullable: descriptor.max_def_level == 1,
        codes: Vec::with_capacity(chunk.rows),
        indices: Vec::new(),
    };
    while let Some(page) = pages.next() {
        let page = page?.decompress(&mut pages)?;
        decoder.page(&page)?;
        pages.reuse_page_buffer(page);
    }
    let coded = Coded::new(values, decoder.codes);
    if coded.codes.len() != chunk.rows || coded.most > decoder.null {
        return Err(damaged());
    }
    Ok(Some(coded))
}

fn reader(column: &ColumnChunkMetadata, bytes: &Buffer<u8>) -> PageReader {
    PageReader::new(Cursor::new(bytes.clone()), column, Vec::new(), usize::MAX)
}

/// Whether [`values`] knows how dictionaries of this kind are stored.
fn is_readable(stored: PhysicalType, dtype: &DataType) -> bool {
    matches!(
        (stored, dtype),
        (PhysicalType::ByteArray, DataType::String)
            | (
                PhysicalType::Int64,
                DataType::Int64 | DataType::Datetime(..)
            )
            | (PhysicalType::Double, DataType::Float64)
    )
}

/// What numbers into a dictionary are called, in pages of today and of Parquet 1.0.
const ENCODINGS: [Encoding; 2] = [Encoding::RLE_DICTIONARY, Encoding::PLAIN_DICTIONARY];

/// Whether every page is numbers into the dictionary: a writer gives that up where a dictionary grows too long.
fn is_dictionary(column: &ColumnChunkMetadata, bytes: &Buffer<u8>) -> ParquetResult<bool> {
    let mut pages = reader(column, bytes);
    if pages.read_dict()?.is_none() {
        return Ok(false);
    }
    for page in pages {
        match page? {
            CompressedPage::Data(page) if ENCODINGS.contains(&page.header().encoding()) => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// The dictionary's values: texts with their length before each, numbers of eight bytes.
fn values(page: &DictPage, dtype: &DataType) -> ParquetResult<Series> {
    let name = PlSmallStr::EMPTY;
    let numbers = || page.buffer.as_chunks::<8>().0.iter().take(page.num_values);
    let values = match dtype {
        DataType::String => {
            let texts = texts(&page.buffer, page.num_values)?;
            StringChunked::from_iter_values(name, texts.into_iter()).into_series()
        }
        DataType::Float64 => {
            let numbers = numbers().map(|&bytes| f64::from_le_bytes(bytes));
            Float64Chunked::from_iter_values(name, numbers).into_series()
        }
        _ => {
            let numbers = numbers().map(|&bytes| i64::from_le_bytes(bytes));
            Int64Chunked::from_iter_values(name, numbers).into_series()
        }
    };
    (values.len() == page.num_values)
        .then_some(values)
        .ok_or_else(damaged)
}

fn texts(mut bytes: &[u8], count: usize) -> ParquetResult<Vec<&str>> {
    let mut texts = Vec::new();
    for _ in 0..count {
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(damaged)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| damaged())?;
        let (text, rest) = rest.split_at_checked(length).ok_or_else(damaged)?;
        texts.push(
            std::str::from_utf8(text)
                .map_err(|_| out_of_spec("a text of a dictionary is not UTF-8"))?,
        );
        bytes = rest;
    }
    Ok(texts)
}

/// Puts together the codes of pages.
struct Decoder {
    /// The code of null.
    null: u32,
    nullable: bool,
    codes: Vec<u32>,
    /// The indices of one page, which leaves nulls out.
    indices: Vec<u32>,
}

impl Decoder {
    fn page(&mut self, page: &DataPage) -> ParquetResult<()> {
        // The length of a first version's levels stands before them, and polars panics where there is none.
        let first_version = matches!(page.header(), DataPageHeader::V1(_));
        if first_version && self.nullable && page.buffer().len() < 4 {
            return Err(damaged());
        }
        let parts = split_buffer(page)?;
        let rows = page.num_values();
        let (width, stored) = parts.values.split_first().unwrap_or((&0, &[]));
        if !self.nullable {
            return unpack(stored, *width, rows, &mut self.codes);
        }
        if is_full(parts.def, rows)? {
            return unpack(stored, *width, rows, &mut self.codes);
        }
        let mut present = Vec::with_capacity(rows);
        unpack(parts.def, 1, rows, &mut present)?;
        let nulls = present.iter().filter(|&&level| level == 0).count();
        self.indices.clear();
        unpack(stored, *width, rows - nulls, &mut self.indices)?;
        let mut indices = self.indices.iter();
        for level in present {
            let code = if level == 0 {
                Some(&self.null)
            } else {
                indices.next()
            };
            self.codes.push(*code.ok_or_else(damaged)?);
        }
        Ok(())
    }
}

/// Whether no row is null, where that is stored as one run, as it mostly is.
fn is_full(levels: &[u8], rows: usize) -> ParquetResult<bool> {
    let first = HybridRleDecoder::new(levels, 1, rows).next_chunk()?;
    Ok(matches!(first, Some(HybridRleChunk::Rle(1, run)) if run == rows))
}

/// Unpacks `count` numbers of `width` bits onto `numbers`.
fn unpack(stored: &[u8], width: u8, count: usize, numbers: &mut Vec<u32>) -> ParquetResult<()> {
    if width > 32 {
        return Err(damaged());
    }
    let end = numbers.len() + count;
    let decoder = HybridRleDecoder::new(stored, width.into(), count);
    for chunk in decoder.into_chunk_iter() {
        match chunk? {
            HybridRleChunk::Rle(number, run) => numbers.resize(numbers.len() + run, number),
            HybridRleChunk::Bitpacked(packed) => packed.collect_into(numbers),
        }
    }
    if numbers.len() == end {
        Ok(())
    } else {
        Err(damaged())
    }
}

fn damaged() -> ParquetError {
    out_of_spec("a dictionary and its pages do not agree")
}

fn out_of_spec(what: &str) -> ParquetError {
    ParquetError::OutOfSpec(what.to_owned())
}
