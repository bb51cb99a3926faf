//! A little dense linear algebra, written so that the compiler can use vector instructions.

use super::wide::wide;

/// Partial sums kept side by side.
const WIDE: usize = 8;

/// The scalar product.
#[inline(always)]
#[expect(clippy::inline_always, reason = "stands in loops that `wide` compiles")]
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; WIDE];
    let (chunks_a, tail_a) = a.as_chunks::<WIDE>();
    let (chunks_b, tail_b) = b.as_chunks::<WIDE>();
    for (a, b) in chunks_a.iter().zip(chunks_b) {
        for lane in 0..WIDE {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let tail: f64 = tail_a.iter().zip(tail_b).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + tail
}

/// `to += factor * row`.
#[inline(always)]
#[expect(clippy::inline_always, reason = "stands in loops that `wide` compiles")]
pub(super) fn add_scaled(to: &mut [f64], factor: f64, row: &[f64]) {
    for (to, row) in to.iter_mut().zip(row) {
        *to += factor * row;
    }
}

/// Takes `row` off every row of a square matrix, as often as `factors` says, and puts it in place of the row `pivot`.
pub(super) fn eliminate(matrix: &mut [f64], row: &[f64], factors: &[f64], pivot: usize) {
    wide(
        #[inline(always)]
        || {
            for (index, (to, &factor)) in
                matrix.chunks_exact_mut(row.len()).zip(factors).enumerate()
            {
                if index == pivot {
                    to.copy_from_slice(row);
                } else if factor != 0.0 {
                    add_scaled(to, -factor, row);
                }
            }
        },
    );
}

/// `row *= factor`.
pub(super) fn scale(row: &mut [f64], factor: f64) {
    for value in row {
        *value *= factor;
    }
}

/// A sum whose error does not grow with the number of terms (Neumaier's).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    /// Adds one term.
    pub(super) fn add(&mut self, term: f64) {
        let sum = self.sum + term;
        self.lost += if self.sum.abs() >= term.abs() {
            (self.sum - sum) + term
        } else {
            (term - sum) + self.sum
        };
        self.sum = sum;
    }

    /// The sum so far.
    pub(super) fn value(self) -> f64 {
        self.sum + self.lost
    }
}

/// Inverts a square matrix of `size` rows in place of nothing: `None` when it is singular.
pub(super) fn inverse(mut matrix: Vec<f64>, size: usize) -> Option<Vec<f64>> {
    let mut inverse = vec![0.0; size * size];
    for row in 0..size {
        inverse[row * size + row] = 1.0;
    }
    for column in 0..size {
        let size_of = |row: &usize| matrix[row * size + column].abs();
        let pivot = (column..size).max_by(|a, b| size_of(a).total_cmp(&size_of(b)))?;
        if size_of(&pivot) < 1e-12 {
            return None;
        }
        swap_rows(&mut matrix, size, pivot, column);
        swap_rows(&mut inverse, size, pivot, column);
        let factor = 1.0 / matrix[column * size + column];
        let row_of = |matrix: &mut [f64]| {
            let row = &mut matrix[column * size..(column + 1) * size];
            scale(row, factor);
            row.to_vec()
        };
        let (left, right) = (row_of(&mut matrix), row_of(&mut inverse));
        for row in (0..size).filter(|&row| row != column) {
            let factor = -matrix[row * size + column];
            if factor != 0.0 {
                add_scaled(&mut matrix[row * size..(row + 1) * size], factor, &left);
                add_scaled(&mut inverse[row * size..(row + 1) * size], factor, &right);
            }
        }
    }
    Some(inverse)
}

fn swap_rows(matrix: &mut [f64], size: usize, a: usize, b: usize) {
    if a != b {
        let (low, high) = (a.min(b), a.max(b));
        let (head, tail) = matrix.split_at_mut(high * size);
        head[low * size..(low + 1) * size].swap_with_slice(&mut tail[..size]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_times_its_inverse_is_one() {
        let matrix = vec![0.0, 2.0, 1.0, 1.0, 0.0, 3.0, 4.0, 1.0, 0.0];
        let inverse = inverse(matrix.clone(), 3).unwrap();
        for row in 0..3 {
            for column in 0..3 {
                let product: f64 = (0..3)
                    .map(|k| matrix[row * 3 + k] * inverse[k * 3 + column])
                    .sum();
                let expected = if row == column { 1.0 } else { 0.0 };
                approx::assert_abs_diff_eq!(product, expected, epsilon = 1e-12);
            }
        }
        assert_eq!(super::inverse(vec![1.0, 2.0, 2.0, 4.0], 2), None);
    }

    #[test]
    fn a_compensated_sum_keeps_what_a_plain_one_loses() {
        let mut sum = Sum::default();
        for term in [1e16, 1.0, -1e16] {
            sum.add(term);
        }
        assert_eq!(sum.value().to_bits(), 1.0_f64.to_bits());
    }
}
