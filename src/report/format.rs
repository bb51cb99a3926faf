//! Numbers as people read them: `$1,234.50`, `-$0.07`, `8,760`.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::units::Money;

/// Dollars with thousands separators, rounded half away from zero at `places` decimals (ten at most).
pub fn dollars(amount: Money, places: u32) -> String {
    let text = amount.to_decimal(places).to_string();
    match text.strip_prefix('-') {
        Some(digits) if digits.contains(|c| ('1'..='9').contains(&c)) => {
            format!("-${}", thousands(digits))
        }
        Some(digits) => format!("${}", thousands(digits)),
        None => format!("${}", thousands(&text)),
    }
}

/// A share in per cent with one decimal; a dash where there is nothing to take a share of.
pub fn percent(share: Option<Decimal>) -> String {
    share.map_or_else(
        || "-".to_owned(),
        |share| {
            format!(
                "{:.1}",
                share.round_dp_with_strategy(1, RoundingStrategy::MidpointAwayFromZero)
            )
        },
    )
}

/// A decimal number with thousands separators, as it stands.
pub fn number(value: Decimal) -> String {
    let text = value.to_string();
    match text.strip_prefix('-') {
        Some(digits) => format!("-{}", thousands(digits)),
        None => thousands(&text),
    }
}

/// Puts a comma between every three digits before the point.
pub(crate) fn thousands(digits: &str) -> String {
    let (whole, rest) = digits
        .find('.')
        .and_then(|point| digits.split_at_checked(point))
        .unwrap_or((digits, ""));
    let mut text = String::with_capacity(digits.len() + whole.len());
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn dollars_have_a_sign_before_the_currency_and_commas_before_the_point() {
        for (amount, places, text) in [
            (dec!(1234567.895), 2, "$1,234,567.90"),
            (dec!(-0.065), 2, "-$0.07"),
            (dec!(-0.001), 2, "$0.00"),
            (dec!(999.5), 0, "$1,000"),
            (dec!(0.0208), 4, "$0.0208"),
            (dec!(100), 0, "$100"),
        ] {
            let amount = Money::from_decimal(amount).unwrap();
            assert_eq!(dollars(amount, places), text);
        }
        assert_eq!(number(dec!(-8760)), "-8,760");
        assert_eq!(number(dec!(26280.50)), "26,280.50");
    }
}
