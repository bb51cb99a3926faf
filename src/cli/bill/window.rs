//! `--from` and `--to`: the part of the usage that is billed.

use clap::Args;

use crate::cli::Failure;
use crate::diagnostics::Diagnostic;
use crate::units::{Hour, HourError, HourSpan};

/// The hours to bill.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Window {
    /// Bill from this hour or day (UTC) on: 2026-10-01, 2026-10-01T05:00Z
    #[arg(long, value_name = "TIME", value_parser = hour)]
    from: Option<Hour>,

    /// Bill up to this hour or day (UTC), itself not included
    #[arg(long, value_name = "TIME", value_parser = hour)]
    to: Option<Hour>,
}

/// The first hour of a day, or the hour of an instant.
pub(in crate::cli) fn hour(text: &str) -> Result<Hour, HourError> {
    Hour::parse(text).or_else(|error| Hour::parse(&format!("{text}T00:00Z")).map_err(|_| error))
}

impl Window {
    /// The hours of it in which there is usage.
    pub(super) fn of(&self, usage: HourSpan) -> Result<HourSpan, Failure> {
        let asked = HourSpan::new(
            self.from.unwrap_or(usage.start()),
            self.to.unwrap_or(usage.end()),
        );
        let window = usage.intersect(asked);
        if window.is_empty() {
            let message = format!("there is no usage in the hours asked for; it is of {usage}");
            return Err(Diagnostic::new(message)
                .hint("--from is included, --to is not; a day is its first hour, UTC")
                .into());
        }
        Ok(window)
    }
}
