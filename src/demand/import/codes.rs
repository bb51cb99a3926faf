//! Numbers the distinct tuples of a Parquet file, so that polars groups by one number instead of many texts.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use foldhash::fast::FixedState;
use polars::prelude::{Column, IntoColumn, PolarsResult, StringChunked, UInt32Chunked};

/// The tuples met so far, in the bytes a tally knows them by.
#[derive(Debug, Default)]
pub(super) struct Codes(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    index: HashMap<Box<[u8]>, u32, FixedState>,
    tuples: Vec<Box<[u8]>>,
}

/// A test of a text.
pub(super) type Test = fn(&[u8]) -> bool;

/// How a row's tuple is made of its texts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// The texts that always count.
    pub(super) short: usize,
    /// The text that tells whether all of them count, and its test.
    pub(super) gate: Option<(usize, Test)>,
}

impl Shape {
    /// The bytes of a tuple: whether it is long, then its texts, each with an end that no text has.
    fn tuple<'a>(self, text: impl Fn(usize) -> &'a str, count: usize, bytes: &mut Vec<u8>) {
        let long = self
            .gate
            .is_none_or(|(gate, test)| test(text(gate).as_bytes()));
        bytes.clear();
        bytes.push(u8::from(long));
        for index in 0..if long { count } else { self.short } {
            bytes.extend_from_slice(text(index).as_bytes());
            bytes.push(0xff);
        }
    }
}

/// Views of a batch are remembered up to here: where a column has a view a row, remembering is no use.
const MOST_VIEWS: usize = 4_096;

/// What was met in one batch.
#[derive(Debug, Default)]
struct Met {
    views: HashMap<Box<[u128]>, u32, FixedState>,
    tuples: HashMap<Box<[u8]>, u32, FixedState>,
}

impl Met {
    /// The number of a tuple, asked of all batches only once.
    fn code(&mut self, tuple: &[u8], codes: &Codes) -> u32 {
        if let Some(&code) = self.tuples.get(tuple) {
            return code;
        }
        let code = codes.code(tuple);
        self.tuples.insert(tuple.into(), code);
        code
    }

    fn remember(&mut self, views: &[u128], code: u32) {
        if self.views.len() < MOST_VIEWS {
            self.views.insert(views.into(), code);
        }
    }
}

impl Codes {
    /// The number of every row of a struct of texts, none of them null.
    ///
    /// Texts of one batch are compared by their views: a text of a Parquet dictionary is stored once, so equal
    /// views are equal texts, and different views of equal texts only cost a second look.
    pub(super) fn of(&self, rows: &Column, shape: Shape) -> PolarsResult<Column> {
        let fields = rows.struct_()?.fields_as_series();
        let texts: Vec<StringChunked> = fields
            .iter()
            .map(|field| Ok(field.rechunk().str()?.clone()))
            .collect::<PolarsResult<_>>()?;
        let arrays: Vec<_> = texts
            .iter()
            .filter_map(|text| text.downcast_iter().next())
            .collect();
        let mut views = vec![0_u128; arrays.len()];
        let mut bytes = Vec::new();
        let mut met = Met::default();
        let mut codes: Vec<u32> = Vec::with_capacity(rows.len());
        for row in 0..rows.len() {
            for (view, array) in views.iter_mut().zip(&arrays) {
                *view = array.views()[row].as_u128();
            }
            let code = met.views.get(views.as_slice()).copied().unwrap_or_else(|| {
                shape.tuple(
                    |index| texts[index].get(row).unwrap_or_default(),
                    texts.len(),
                    &mut bytes,
                );
                let code = met.code(&bytes, self);
                met.remember(&views, code);
                code
            });
            codes.push(code);
        }
        Ok(UInt32Chunked::from_vec(rows.name().clone(), codes).into_column())
    }

    fn code(&self, tuple: &[u8]) -> u32 {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&code) = known.index.get(tuple) {
            return code;
        }
        let code = u32::try_from(known.tuples.len()).unwrap_or(u32::MAX);
        known.index.insert(tuple.into(), code);
        known.tuples.push(tuple.into());
        code
    }

    /// Every tuple, by its number.
    pub(super) fn tuples(&self) -> Vec<Box<[u8]>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .tuples
            .clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_texts_that_count_make_the_tuple() {
        let gate: Test = |text| text == b"yes";
        let shape = Shape {
            short: 1,
            gate: Some((1, gate)),
        };
        let tuple = |texts: [&'static str; 3]| {
            let mut bytes = Vec::new();
            shape.tuple(|index| texts[index], texts.len(), &mut bytes);
            bytes
        };
        assert_eq!(tuple(["a", "no", "x"]), b"\x00a\xff");
        assert_eq!(tuple(["a", "yes", "x"]), b"\x01a\xffyes\xffx\xff");
    }
}
