//! Prices, days and terms as AWS writes them.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::catalog::{OfferingClass, PaymentOption, Term};
use crate::diagnostics::Diagnostic;
use crate::units::{InstanceHour, Rate};

/// A price in steps of 1e-10 dollars, exactly.
///
/// # Errors
/// No price at all, no number, below zero, or past ten decimals.
pub(super) fn price(text: &str) -> Result<u64, Diagnostic> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Diagnostic::new("the row has no price")
            .hint("the file is incomplete; fetch it again, or leave the row out"));
    }
    if let Some(steps) = plain(text.as_bytes()) {
        return Ok(steps);
    }
    let read = text.parse().or_else(|_| Decimal::from_scientific(text));
    let wrong = |why: String| Diagnostic::new(format!("`{text}` is no price: {why}"));
    let dollars: Decimal = read.map_err(|_| wrong("expected a number such as 0.0960".into()))?;
    let rate = Rate::<InstanceHour>::from_decimal(dollars.normalize());
    rate.map(Rate::steps)
        .map_err(|error| wrong(error.to_string()))
}

/// Digits with at most ten behind the point: nearly every price.
fn plain(text: &[u8]) -> Option<u64> {
    const DECIMALS: u32 = 10;
    let (mut value, mut behind): (u64, Option<u32>) = (0, None);
    if text.len() > 17 || text == b"." {
        return None;
    }
    for byte in text {
        match byte {
            b'0'..=b'9' => {
                value = value * 10 + u64::from(byte - b'0');
                behind = behind.map(|count| count + 1);
            }
            b'.' if behind.is_none() => behind = Some(0),
            _ => return None,
        }
    }
    let missing = DECIMALS.checked_sub(behind.unwrap_or(0))?;
    value.checked_mul(10_u64.pow(missing))
}

/// The currency of a price. USD alone is read.
pub(super) fn check_currency(found: &str) -> Result<(), Diagnostic> {
    match found {
        "USD" => Ok(()),
        "CNY" => Err(Diagnostic::new("the price is in CNY; this price book is in USD").hint(
            "AWS China is sold apart, in a currency of its own: its prices never stand in one book with USD, \
             and books in CNY are not supported",
        )),
        other => Err(Diagnostic::new(format!("unknown currency `{other}`"))
            .hint("prices are read in USD")),
    }
}

/// A day such as `2025-09-12`, `2025-09-12T22:53:08Z`, or of old files `01/05/2017`, whose first two numbers AWS has
/// written both ways round: the earlier day is taken.
pub(super) fn day(text: &str) -> Result<NaiveDate, Diagnostic> {
    let read = || -> Option<NaiveDate> {
        if let Some(head) = text.get(..10).filter(|head| head.contains('-')) {
            return head.parse().ok();
        }
        let mut parts = text.split('/').map(|part| part.parse::<u32>().ok());
        let (one, two, year) = (parts.next()??, parts.next()??, parts.next()??);
        let year = i32::try_from(year).ok()?;
        let days = [(one, two), (two, one)];
        days.iter()
            .filter_map(|(month, day)| NaiveDate::from_ymd_opt(year, *month, *day))
            .min()
    };
    read().ok_or_else(|| {
        Diagnostic::new(format!("`{text}` is no day")).hint("expected a day such as 2026-05-12")
    })
}

/// A day that must not be later than `today`.
pub(super) fn past_day(text: &str, what: &str, today: NaiveDate) -> Result<NaiveDate, Diagnostic> {
    let day = day(text)?;
    if day <= today {
        return Ok(day);
    }
    Err(Diagnostic::new(format!(
        "the {what} {day} is in the future (today is {today})"
    ))
    .hint("such a price does not hold yet; --as-of DAY says which day is today"))
}

/// The words of a Reserved term; AWS has written `1yr` and `1 yr`, `No Upfront` and `NoUpfront`.
pub(super) fn reserved(
    class: &str,
    term: &str,
    payment: &str,
) -> Result<(OfferingClass, Term, PaymentOption), Diagnostic> {
    // Before 2016 there was only one class, without a name.
    let class = if class.is_empty() { "standard" } else { class };
    let class = class
        .parse()
        .map_err(|expected: String| word("offering class", class, &expected))?;
    let (term, payment) = paid(term, payment)?;
    Ok((class, term, payment))
}

/// Term and payment option.
pub(super) fn paid(term: &str, payment: &str) -> Result<(Term, PaymentOption), Diagnostic> {
    let term = match term.replace(' ', "").as_str() {
        "1yr" | "1year" | "1" => Ok(Term::OneYear),
        "3yr" | "3year" | "3" => Ok(Term::ThreeYears),
        _ => Err(word("term", term, "expected 1yr or 3yr")),
    }?;
    let payment = match payment
        .to_ascii_lowercase()
        .replace([' ', '-'], "")
        .as_str()
    {
        "noupfront" => Ok(PaymentOption::NoUpfront),
        "partialupfront" => Ok(PaymentOption::PartialUpfront),
        "allupfront" => Ok(PaymentOption::AllUpfront),
        _ => Err(word(
            "payment option",
            payment,
            "expected no-upfront, partial-upfront or all-upfront",
        )),
    }?;
    Ok((term, payment))
}

/// A word that is none of those there are.
pub(super) fn word(what: &str, found: &str, expected: &str) -> Diagnostic {
    Diagnostic::new(format!("unknown {what} `{found}`")).hint(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_exact() {
        // One dollar is 10^10 steps.
        assert_eq!(price("0.1046300000"), Ok(1_046_300_000));
        assert_eq!(price("2750"), Ok(27_500_000_000_000));
        assert_eq!(price("1.0E-4"), Ok(1_000_000));
        assert_eq!(price("0.08800000000000"), Ok(880_000_000));
        for wrong in ["", "AAAAAA", "-1", "0.00000000001", ".", "1,5"] {
            assert!(price(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn days_of_both_layouts_are_read() {
        let ymd = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        assert_eq!(day("2025-09-12T22:53:08Z"), Ok(ymd(2025, 9, 12)));
        assert_eq!(day("01/05/2017"), Ok(ymd(2017, 1, 5)));
        assert_eq!(day("25/12/2017"), Ok(ymd(2017, 12, 25)));
        assert!(day("yesterday").is_err());
        assert!(past_day("2026-01-02", "day", ymd(2026, 1, 1)).is_err());
        assert!(past_day("2026-01-01", "day", ymd(2026, 1, 1)).is_ok());
    }
}
