//! `--discounts FILE`: what was negotiated, put on the edge of the price book.

use std::fs;
use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;
use sha2::{Digest, Sha256};

use super::Failure;
use super::user_prices::today;
use crate::prices::{Contract, Discounts, PriceBook};
use crate::report::run::{InputFile, hex};
use crate::units::HourSpan;

/// What was negotiated, and for which day.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct DiscountArgs {
    /// Negotiated discounts: what is paid of public prices (docs/file-formats.md)
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) discounts: Option<PathBuf>,

    /// Take the terms of one day, such as 2026-01-31, for all usage and purchases
    #[arg(long, value_name = "DAY", global = true)]
    pub(super) discounts_on: Option<NaiveDate>,
}

/// A discounts file that was read.
pub(super) struct Negotiated {
    discounts: Discounts,
    on: Option<NaiveDate>,
    /// The file, with its fingerprint.
    pub(super) input: InputFile,
}

impl DiscountArgs {
    /// Whether any of it is.
    pub(super) const fn are_given(&self) -> bool {
        self.discounts.is_some() || self.discounts_on.is_some()
    }

    /// Reads the file, if one is named.
    pub(super) fn read(&self, book: &PriceBook) -> Result<Option<Negotiated>, Failure> {
        let Some(path) = &self.discounts else {
            return match self.discounts_on {
                Some(_) => Err(Failure::new(
                    "`--discounts-on` says nothing without `--discounts`",
                )),
                None => Ok(None),
            };
        };
        let bytes = fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
        let name = path.display().to_string();
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| Failure::new(format!("`{name}` is not UTF-8 text; save it as UTF-8")))?;
        Ok(Some(Negotiated {
            discounts: Discounts::read(text, &name, book)?,
            on: self.discounts_on,
            input: InputFile {
                sha256: hex(&Sha256::digest(&bytes)),
                role: "discounts".into(),
                path: name,
            },
        }))
    }

    /// The book with what holds today, or on the day asked for.
    pub(super) fn today(&self, book: PriceBook) -> Result<PriceBook, Failure> {
        let Some(negotiated) = self.read(&book)? else {
            return Ok(book);
        };
        let day = negotiated.on.unwrap_or_else(today);
        on_the_edge(negotiated.discounts.on(day)?, book)
    }
}

impl Negotiated {
    /// The book with what holds for usage of a window.
    pub(super) fn during(self, window: HourSpan, book: PriceBook) -> Result<PriceBook, Failure> {
        let contract = match self.on {
            Some(day) => self.discounts.on(day)?,
            None => self.discounts.during(window)?,
        };
        on_the_edge(contract, book)
    }
}

fn on_the_edge(contract: Contract, book: PriceBook) -> Result<PriceBook, Failure> {
    contract.check(&book)?;
    Ok(book.with_contract(contract))
}
