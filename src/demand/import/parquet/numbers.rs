//! A column of amounts, each read exactly as whole steps.

use polars::prelude::{
    ChunkedArray, DataType, Float64Chunked, Int64Chunked, Int128Type, PolarsResult, Series,
    StringChunked,
};

use rust_decimal::Decimal;

use crate::demand::import::number::{self, NumberError};

/// The amounts of a row group.
pub(super) enum Numbers {
    /// No row is null.
    Floats(Vec<f64>),
    Float(Float64Chunked),
    Whole(Int64Chunked),
    /// Whole numbers of 10^-`scale`.
    Decimal(ChunkedArray<Int128Type>, u32),
    Text(StringChunked),
}

impl Numbers {
    pub(super) fn new(values: &Series) -> PolarsResult<Self> {
        let values = values.rechunk();
        Ok(match values.dtype() {
            DataType::Decimal(_, scale) => {
                let scale = u32::try_from(*scale).unwrap_or(u32::MAX);
                Self::Decimal(values.decimal()?.physical().clone(), scale)
            }
            DataType::Float64 | DataType::Float32 => {
                let floats = values.cast(&DataType::Float64)?.f64()?.clone();
                match floats.cont_slice() {
                    Ok(floats) => Self::Floats(floats.to_vec()),
                    Err(_) => Self::Float(floats),
                }
            }
            DataType::String => Self::Text(values.str()?.clone()),
            dtype if dtype.is_integer() => {
                Self::Whole(values.strict_cast(&DataType::Int64)?.i64()?.clone())
            }
            _ => Self::Text(values.cast(&DataType::String)?.str()?.clone()),
        })
    }

    /// The number in a row in steps of 10^-`decimals`; `None` where there is none.
    pub(super) fn at(&self, row: usize, decimals: u32) -> Option<Result<i64, NumberError>> {
        match self {
            Self::Floats(floats) => Some(float_steps(*floats.get(row)?, decimals)),
            Self::Float(floats) => floats.get(row).map(|float| float_steps(float, decimals)),
            Self::Whole(whole) => {
                let number = whole.get(row)?;
                let steps = 10_i64.checked_pow(decimals);
                let number = steps.and_then(|steps| number.checked_mul(steps));
                Some(number.ok_or(NumberError::OutOfRange))
            }
            Self::Decimal(decimal, scale) => decimal
                .get(row)
                .map(|number| rescaled(number, *scale, decimals)),
            Self::Text(texts) => {
                let text = texts.get(row)?.trim();
                (!matches!(text, "" | "NULL")).then(|| number::steps(text.as_bytes(), decimals))
            }
        }
    }

    /// The cell as messages show it.
    pub(super) fn text(&self, row: usize) -> String {
        let text = match self {
            Self::Floats(floats) => floats.get(row).map(|float| format!("{float:?}")),
            Self::Float(floats) => floats.get(row).map(|float| format!("{float:?}")),
            Self::Whole(whole) => whole.get(row).map(|number| number.to_string()),
            Self::Decimal(decimal, scale) => decimal.get(row).map(|number| {
                let exact = Decimal::try_from_i128_with_scale(number, *scale);
                exact.map_or_else(|_| format!("{number}e-{scale}"), |exact| exact.to_string())
            }),
            Self::Text(texts) => texts.get(row).map(str::to_owned),
        };
        text.unwrap_or_default()
    }
}

/// A number of 10^-`scale` in steps of 10^-`decimals`, rounded half away from zero.
fn rescaled(number: i128, scale: u32, decimals: u32) -> Result<i64, NumberError> {
    let power = |digits| 10_i128.checked_pow(digits).ok_or(NumberError::OutOfRange);
    let number = if scale <= decimals {
        let steps = number.checked_mul(power(decimals - scale)?);
        steps.ok_or(NumberError::OutOfRange)?
    } else {
        let step = power(scale - decimals)?;
        let (whole, rest) = (number.div_euclid(step), number.rem_euclid(step));
        // A rest of exactly half goes away from zero, which for whole parts rounded down is up only above zero.
        whole + i128::from(2 * rest > step || (2 * rest == step && number > 0))
    };
    i64::try_from(number).map_err(|_| NumberError::OutOfRange)
}

/// The bits of a float behind its leading one.
const FRACTION: u32 = 52;

/// Up to here the nearest step is that of the decimal number that was written as this float. Beyond, a float may be
/// more than half a step away from it, and only the float's shortest text says which number was meant.
const EXACT: i64 = 1 << 52;

/// A float in steps of 10^-`decimals`, rounded half away from zero as the number it was written for: computed on its
/// bits, in whole numbers, unless only its shortest text tells on which side of half a step that was.
fn float_steps(float: f64, decimals: u32) -> Result<i64, NumberError> {
    if !float.is_finite() {
        return Err(NumberError::NotANumber);
    }
    let bits = float.to_bits();
    let fraction = bits & ((1 << FRACTION) - 1);
    let stored = u32::try_from((bits >> FRACTION) & 0x7ff).unwrap_or(0);
    // The float is `digits` x 2^-`down`, or x 2^`up`.
    let digits = if stored == 0 {
        fraction
    } else {
        fraction | (1 << FRACTION)
    };
    let down = (1_023 + FRACTION).saturating_sub(stored.max(1));
    let up = stored.saturating_sub(1_023 + FRACTION);
    // 53 bits times 10^12 are 93 bits: an i128 has room.
    let power = 10_u128.pow(decimals);
    let steps = u128::from(digits) * power;
    let (steps, is_close) = match down {
        // 93 bits and 11 are far beyond what is exact.
        0 => (steps << up.min(11), false),
        1..=127 => {
            let half = 1 << (down - 1);
            let rest = steps & ((half << 1) - 1);
            // A number that ends in half a step was written as a float a little beside it.
            ((steps + half) >> down, rest.abs_diff(half) <= power)
        }
        _ => (0, false),
    };
    match i64::try_from(steps) {
        _ if is_close => number::steps(float.to_string().as_bytes(), decimals),
        Ok(steps) if steps <= EXACT && float.is_sign_negative() => Ok(-steps),
        Ok(steps) if steps <= EXACT => Ok(steps),
        _ => number::steps(float.to_string().as_bytes(), decimals),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NANO: u32 = 9;

    #[test]
    fn floats_are_read_to_the_step() {
        for (float, nano) in [
            (0.0, 0),
            (-0.0, 0),
            (1.0, 1_000_000_000),
            (0.496_527_777_8, 496_527_778),
            (-3.0, -3_000_000_000),
            (744.0, 744_000_000_000),
            (8_724_353.842_308_8, 8_724_353_842_308_800),
            (2.0_f64.powi(-30), 1),
            (2.0_f64.powi(-31), 0),
            (0.002_777_777_5, 2_777_778),
            (1.5e-9, 2),
            (0.000_000_000_5, 1),
            (5e-324, 0),
        ] {
            assert_eq!(float_steps(float, NANO).ok(), Some(nano), "{float}");
        }
        for (float, error) in [
            (f64::NAN, NumberError::NotANumber),
            (f64::INFINITY, NumberError::NotANumber),
            (1e10, NumberError::OutOfRange),
            (1e300, NumberError::OutOfRange),
        ] {
            assert_eq!(float_steps(float, NANO), Err(error), "{float}");
        }
    }

    #[test]
    fn decimals_are_rounded_half_away_from_zero() {
        for (number, scale, nano) in [
            (15, 10, 2),
            (-15, 10, -2),
            (14, 10, 1),
            (-14, 10, -1),
            (-16, 10, -2),
            (96, 3, 96_000_000),
        ] {
            assert_eq!(rescaled(number, scale, NANO), Ok(nano), "{number}e-{scale}");
        }
        assert_eq!(rescaled(1, 60, NANO), Err(NumberError::OutOfRange));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// A float is read as the decimal number it was written for.
        #[test]
        fn a_float_is_read_as_its_text(mantissa in -10_i64.pow(14)..10_i64.pow(14), scale in 0_i32..13) {
            let text = format!("{mantissa}e-{scale}");
            let float: f64 = text.parse().unwrap();
            prop_assert_eq!(float_steps(float, NANO), number::steps(text.as_bytes(), NANO));
        }
    }
}
