//! `--fail-if-over`: how much a month, or a change of it, may cost.

use std::process::ExitCode;
use std::str::FromStr;

use rust_decimal::Decimal;

use crate::cli::say;
use crate::estimate::Snapshot;

/// How much at the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// Dollars a month.
    Dollars(Decimal),
    /// Per cent of what it was before.
    Percent(Decimal),
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || format!("`{text}` is no limit: dollars such as 500, or per cent such as 10%");
        let (number, of): (&str, fn(Decimal) -> Self) = match text.strip_suffix('%') {
            Some(number) => (number, Self::Percent),
            None => (text.strip_prefix('$').unwrap_or(text), Self::Dollars),
        };
        let number: Decimal = number.trim().parse().map_err(|_| form())?;
        if number.is_sign_negative() {
            return Err(form());
        }
        Ok(of(number))
    }
}

impl Limit {
    /// The exit code: 3 where the limit is passed. Judged is the total with what is typical of what depends on
    /// use, where that is guessed.
    pub(super) fn judge(self, old: Option<&Snapshot>, new: &Snapshot) -> ExitCode {
        let before = old.map(Snapshot::judged);
        let more = new.judged() - before.unwrap_or_default();
        let allowed = match self {
            Self::Dollars(dollars) => dollars,
            Self::Percent(percent) => {
                before.unwrap_or_default().saturating_mul(percent) / Decimal::ONE_HUNDRED
            }
        };
        if more <= allowed {
            return ExitCode::SUCCESS;
        }
        let (more, allowed) = (more.round_dp(2), allowed.round_dp(2));
        let what = if old.is_some() {
            "the month becomes dearer by"
        } else {
            "the month costs"
        };
        // The reason for the exit code is told even where notes are not wanted.
        say(
            &format!("over the limit: {what} ${more}, and ${allowed} is allowed"),
            false,
        );
        ExitCode::from(3)
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::*;

    #[test]
    fn a_limit_is_dollars_or_per_cent() {
        assert_eq!("500".parse(), Ok(Limit::Dollars(dec!(500))));
        assert_eq!("$12.5".parse(), Ok(Limit::Dollars(dec!(12.5))));
        assert_eq!("10%".parse(), Ok(Limit::Percent(dec!(10))));
        for text in ["", "%", "ten", "-5", "-5%", "5%%", "10 dollars"] {
            assert!(text.parse::<Limit>().is_err(), "{text}");
        }
    }
}
