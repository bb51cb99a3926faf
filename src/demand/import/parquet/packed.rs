//! Numbers the distinct combinations of several columns of codes, row by row.

use std::collections::HashMap;

use foldhash::fast::FixedState;

/// The combinations of columns, while columns are added.
#[derive(Debug)]
pub(super) struct Packed {
    /// The codes of each row side by side, each in as many bits as its column needs.
    keys: Vec<u64>,
    /// Bits of the keys in use.
    used: u32,
    columns: Vec<Bits>,
    /// Where keys were full, they were numbered, and the columns before stand behind the number.
    levels: Vec<Vec<u64>>,
}

/// Where a column's codes stand.
#[derive(Debug, Clone, Copy)]
struct Bits {
    level: usize,
    shift: u32,
    count: u32,
}

/// The distinct combinations, in the order of their first rows.
#[derive(Debug)]
pub(super) struct Combinations {
    /// For each row the number of its combination.
    pub(super) numbers: Vec<u32>,
    columns: Vec<Bits>,
    /// The distinct keys of each level.
    levels: Vec<Vec<u64>>,
}

impl Packed {
    /// No columns yet, of `rows` rows.
    pub(super) fn new(rows: usize) -> Self {
        Self {
            keys: vec![0; rows],
            used: 0,
            columns: Vec::new(),
            levels: Vec::new(),
        }
    }

    /// Adds a column: a code a row, the highest of which is `most`.
    pub(super) fn add(&mut self, codes: &[u32], most: u32) {
        let count = u32::BITS - most.leading_zeros();
        if self.used + count > u64::BITS {
            let (numbers, distinct) = number(&self.keys);
            self.used = width(distinct.len());
            self.keys = numbers.into_iter().map(u64::from).collect();
            self.levels.push(distinct);
        }
        // A column of one value takes no bit, even of keys that are full.
        if count > 0 {
            for (key, &code) in self.keys.iter_mut().zip(codes) {
                *key |= u64::from(code) << self.used;
            }
        }
        self.columns.push(Bits {
            level: self.levels.len(),
            shift: self.used,
            count,
        });
        self.used += count;
    }

    /// Numbers the combinations.
    pub(super) fn finish(mut self) -> Combinations {
        let (numbers, distinct) = number(&self.keys);
        self.levels.push(distinct);
        Combinations {
            numbers,
            columns: self.columns,
            levels: self.levels,
        }
    }
}

impl Combinations {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.levels.last().map_or(0, Vec::len)
    }

    /// The code of a column, by its place among those added, in a combination.
    pub(super) fn code(&self, number: usize, column: usize) -> usize {
        let Bits {
            level,
            shift,
            count,
        } = self.columns[column];
        let mut key = self.levels.last().map_or(0, |distinct| distinct[number]);
        for distinct in self.levels[level..].iter().rev().skip(1) {
            key = distinct[index(key & ones(width(distinct.len())))];
        }
        // A column of one value may stand behind the last bit.
        index(key.checked_shr(shift).unwrap_or(0) & ones(count))
    }

    /// The first row of each combination.
    pub(super) fn first_row(&self, number: usize) -> usize {
        let found = self.numbers.iter().position(|&n| n as usize == number);
        found.unwrap_or_default()
    }
}

/// The bits that numbers below `count` need.
fn width(count: usize) -> u32 {
    usize::BITS - count.leading_zeros()
}

/// A number of as many ones.
fn ones(count: u32) -> u64 {
    u64::MAX.checked_shr(u64::BITS - count).unwrap_or(0)
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// For each key its number, and the distinct keys in the order of their numbers.
fn number(keys: &[u64]) -> (Vec<u32>, Vec<u64>) {
    let mut known: HashMap<u64, u32, FixedState> = HashMap::default();
    let mut distinct = Vec::new();
    let mut last: Option<(u64, u32)> = None;
    let numbers = keys.iter().map(|&key| {
        if let Some((same, number)) = last
            && same == key
        {
            return number;
        }
        let number = *known.entry(key).or_insert_with(|| {
            distinct.push(key);
            u32::try_from(distinct.len() - 1).unwrap_or(u32::MAX)
        });
        last = Some((key, number));
        number
    });
    (numbers.collect(), distinct)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Wide columns fill the keys several times over.
        #[test]
        fn every_code_is_found_again(
            rows in prop::collection::vec(prop::collection::vec(0_u32..3_000_000_000, 7), 1..60),
            narrow in 0_u32..32,
        ) {
            let column = |at: usize| -> Vec<u32> {
                rows.iter().map(|row| if at.is_multiple_of(2) { row[at] } else { row[at] >> narrow }).collect()
            };
            let columns: Vec<Vec<u32>> = (0..7).map(column).collect();
            let mut packed = Packed::new(rows.len());
            for codes in &columns {
                packed.add(codes, codes.iter().copied().max().unwrap());
            }
            let found = packed.finish();
            for (row, &number) in found.numbers.iter().enumerate() {
                for (at, codes) in columns.iter().enumerate() {
                    prop_assert_eq!(found.code(number as usize, at), codes[row] as usize);
                }
            }
            let mut distinct: Vec<Vec<u32>> =
                (0..rows.len()).map(|row| columns.iter().map(|codes| codes[row]).collect()).collect();
            distinct.sort();
            distinct.dedup();
            prop_assert_eq!(found.len(), distinct.len());
        }
    }

    #[test]
    fn a_column_of_one_value_fits_behind_full_keys() {
        let mut packed = Packed::new(2);
        packed.add(&[u32::MAX, 0], u32::MAX);
        packed.add(&[1, u32::MAX], u32::MAX);
        packed.add(&[0, 0], 0);
        packed.add(&[0, 1], 1);
        let found = packed.finish();
        assert_eq!(found.numbers, [0, 1]);
        assert_eq!([found.code(0, 0), found.code(1, 1)], [u32::MAX as usize; 2]);
        assert_eq!([found.code(0, 2), found.code(1, 3)], [0, 1]);
    }

    #[test]
    fn combinations_are_numbered_in_the_order_of_their_first_rows() {
        let mut packed = Packed::new(5);
        packed.add(&[7, 7, 0, 7, 0], 7);
        packed.add(&[0, 0, 0, 0, 0], 0);
        packed.add(&[1, 2, 1, 1, 1], 2);
        let found = packed.finish();
        assert_eq!(found.numbers, [0, 1, 2, 0, 2]);
        assert_eq!((found.first_row(1), found.first_row(2)), (1, 2));
    }
}
