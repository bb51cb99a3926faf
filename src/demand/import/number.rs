//! Decimal text as whole steps, without floating point.

use rust_decimal::Decimal;

/// Decimals of a nano-hour.
pub(super) const NANO: u32 = 9;
/// Decimals of a pico-dollar.
pub(super) const PICO: u32 = 12;

/// Why a text is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberError {
    /// Not a decimal number.
    NotANumber,
    /// A number past what 64 bits of steps hold.
    OutOfRange,
}

/// `text` in steps of 10^-`decimals`, rounded half away from zero: `1.0E-4` is 100,000 nano.
///
/// # Errors
/// [`NumberError`]; the empty text is not a number.
pub(super) fn steps(text: &[u8], decimals: u32) -> Result<i64, NumberError> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let magnitude = match plain(digits, decimals) {
        Some(magnitude) => magnitude,
        None => scientific(digits, decimals)?,
    };
    Ok(if negative { -magnitude } else { magnitude })
}

/// The usual case: digits, perhaps a point and no more digits than fit; `None` sends the rest to
/// [`scientific`].
fn plain(text: &[u8], decimals: u32) -> Option<i64> {
    let mut value: i64 = 0;
    let mut behind: Option<u32> = None;
    if text.is_empty() || text.len() > 18 {
        return None;
    }
    for &byte in text {
        match byte {
            b'0'..=b'9' => {
                if let Some(count) = behind.as_mut() {
                    *count += 1;
                }
                value = value * 10 + i64::from(byte - b'0');
            }
            b'.' if behind.is_none() => behind = Some(0),
            _ => return None,
        }
    }
    let behind = behind.unwrap_or(0);
    if text.len() == 1 && text[0] == b'.' || behind > decimals {
        return None;
    }
    value.checked_mul(10_i64.pow(decimals - behind))
}

/// Any length, any exponent, with rounding.
fn scientific(text: &[u8], decimals: u32) -> Result<i64, NumberError> {
    let (mantissa, exponent) = split_exponent(text).ok_or(NumberError::NotANumber)?;
    let (whole, fraction) = match memchr::memchr(b'.', mantissa) {
        Some(at) => (&mantissa[..at], &mantissa[at + 1..]),
        None => (mantissa, &[][..]),
    };
    let all_digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
        return Err(NumberError::NotANumber);
    }
    // The value is 0.DIGITS x 10^point; the digits that count end `decimals` behind the real point.
    let point = i64::try_from(whole.len())
        .unwrap_or(i64::MAX)
        .saturating_add(exponent);
    let keep = point.saturating_add(i64::from(decimals));
    let mut digits = whole
        .iter()
        .chain(fraction)
        .map(|byte| i64::from(byte - b'0'));
    let mut value: i64 = 0;
    for _ in 0..keep.max(0) {
        let Some(digit) = digits.next() else {
            return scale(value, keep, whole.len() + fraction.len());
        };
        value = value
            .checked_mul(10)
            .and_then(|value| value.checked_add(digit))
            .ok_or(NumberError::OutOfRange)?;
    }
    let next = if keep < 0 {
        0
    } else {
        digits.next().unwrap_or(0)
    };
    Ok(value + i64::from(next >= 5))
}

/// Puts the zeros behind a number that has fewer digits than steps need.
fn scale(value: i64, keep: i64, digits: usize) -> Result<i64, NumberError> {
    let zeros = keep - i64::try_from(digits).unwrap_or(i64::MAX);
    if value == 0 {
        return Ok(0);
    }
    u32::try_from(zeros)
        .ok()
        .and_then(|zeros| 10_i64.checked_pow(zeros))
        .and_then(|factor| value.checked_mul(factor))
        .ok_or(NumberError::OutOfRange)
}

fn split_exponent(text: &[u8]) -> Option<(&[u8], i64)> {
    let Some(at) = text.iter().position(|&byte| byte == b'e' || byte == b'E') else {
        return Some((text, 0));
    };
    let exponent = std::str::from_utf8(&text[at + 1..]).ok()?;
    Some((&text[..at], exponent.parse::<i16>().ok()?.into()))
}

/// A decimal number of any notation; `None` when it is none.
pub(super) fn decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    text.parse()
        .ok()
        .or_else(|| Decimal::from_scientific(text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_notation_is_read_exactly() {
        for (text, nano) in [
            ("1", 1_000_000_000),
            ("1.0", 1_000_000_000),
            ("0.4965277778", 496_527_778),
            ("1.0E-4", 100_000),
            ("2.78e-4", 278_000),
            ("-0.5", -500_000_000),
            ("0.00000000049", 0),
            ("0.0000000005", 1),
            (".25", 250_000_000),
            ("3.", 3_000_000_000),
            ("1e3", 1_000_000_000_000),
            ("1.000000000000000", 1_000_000_000),
            ("0E-30", 0),
            ("9e-300", 0),
        ] {
            assert_eq!(steps(text.as_bytes(), NANO), Ok(nano), "{text}");
        }
    }

    #[test]
    fn words_and_giants_are_told_apart() {
        for text in [
            "",
            ".",
            "-",
            "convertible",
            "1,000",
            "1.2.3",
            "e5",
            "NaN",
            "inf",
            "1 ",
        ] {
            assert_eq!(
                steps(text.as_bytes(), NANO),
                Err(NumberError::NotANumber),
                "{text}"
            );
        }
        for text in ["1e30", "99999999999999999999"] {
            assert_eq!(
                steps(text.as_bytes(), NANO),
                Err(NumberError::OutOfRange),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn agrees_with_decimal_arithmetic(mantissa in -10_i64.pow(15)..10_i64.pow(15), scale in 0_u32..16) {
            let number = Decimal::new(mantissa, scale);
            let exact = (number * Decimal::from(1_000_000_000))
                .round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
            match (i64::try_from(exact), steps(number.to_string().as_bytes(), NANO)) {
                (Ok(exact), found) => prop_assert_eq!(found, Ok(exact)),
                (Err(_), found) => prop_assert_eq!(found, Err(NumberError::OutOfRange)),
            }
        }
    }
}
