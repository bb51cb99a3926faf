//! A file that is being read: where its rates go, what is counted, and what is told about it afterwards.

use std::collections::BTreeMap;
use std::io::{self, Read};

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::Options;
use super::charges::{Ends, What};
use super::collect::Collector;
use super::key::Part;
use super::product::{Left, is_unknown_region};
use super::value;
use crate::catalog::Region;
use crate::diagnostics::{Diagnostic, Place};
use crate::prices::user_book::hex;
use crate::prices::{Offer, Product};

/// What was in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReport {
    /// Where it was read.
    pub path: String,
    /// Its name without folders.
    pub name: String,
    /// What it is, such as `AmazonEC2 offer file 20250912225308`.
    pub kind: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Rows, or prices in JSON.
    pub rows: u64,
    /// Rows that became a rate or a part of one.
    pub used: u64,
    /// Rows that did not, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// Why it cannot be imported alone, though it does no harm beside others.
    pub refused: Option<Diagnostic>,
}

/// A file while it is read.
#[derive(Debug)]
pub(super) struct File<'a> {
    /// As the user named it.
    pub(super) path: String,
    /// Without folders.
    pub(super) name: String,
    pub(super) options: Options,
    /// `AmazonEC2`, `AmazonComputeSavingsPlan`; empty until the file has said it.
    pub(super) offer_code: String,
    pub(super) version: String,
    /// The day the file was published, if it says one.
    pub(super) published: Option<NaiveDate>,
    pub(super) kind: String,
    /// Why it cannot be imported alone.
    pub(super) refused: Option<Diagnostic>,
    collector: &'a mut Collector,
    rows: u64,
    used: u64,
    skipped: BTreeMap<&'static str, u64>,
    operations: BTreeMap<String, u64>,
    families: BTreeMap<String, u64>,
    source: Option<(NaiveDate, u32)>,
}

impl<'a> File<'a> {
    pub(super) fn new(
        (path, name): (&str, &str),
        options: Options,
        collector: &'a mut Collector,
    ) -> Self {
        Self {
            path: path.to_owned(),
            name: name.to_owned(),
            options,
            offer_code: String::new(),
            version: String::new(),
            published: None,
            kind: String::new(),
            refused: None,
            collector,
            rows: 0,
            used: 0,
            skipped: BTreeMap::new(),
            operations: BTreeMap::new(),
            families: BTreeMap::new(),
            source: None,
        }
    }

    /// Counts a row.
    pub(super) fn row(&mut self) {
        self.rows += 1;
    }

    /// Takes what a line or key at the head of a file says about it.
    pub(super) fn describe(&mut self, key: &str, text: &str) -> Result<(), Diagnostic> {
        match key {
            "OfferCode" | "offerCode" => text.clone_into(&mut self.offer_code),
            "Version" | "version" => text.clone_into(&mut self.version),
            "Publication Date" | "publicationDate" => {
                let day = value::past_day(text, "publication date", self.options.today)?;
                self.published = Some(day);
            }
            _ => {}
        }
        Ok(())
    }

    /// The source of the file's rates: named by offer and version, else by the file; of the day it was published,
    /// else of the rate's own.
    pub(super) fn source(&mut self, effective: &str) -> Result<u32, Diagnostic> {
        let today = self.options.today;
        if !effective.is_empty() {
            let day = value::past_day(effective, "effective date", today)?;
            if self.published.is_none() {
                return Ok(self.source_of(day));
            }
        }
        let day = self.published.ok_or_else(|| {
            Diagnostic::new("the file does not say of which day its prices are")
                .hint("a price without a day is not taken")
        })?;
        Ok(self.source_of(day))
    }

    fn source_of(&mut self, day: NaiveDate) -> u32 {
        match self.source {
            Some((known, number)) if known == day => number,
            _ => {
                let number = self.named_source(&self.title(), day);
                self.source = Some((day, number));
                number
            }
        }
    }

    /// A source with a name of its own.
    pub(super) fn named_source(&mut self, name: &str, day: NaiveDate) -> u32 {
        self.collector.source(name, day, None)
    }

    /// The source of an average over the days from `since` to `day`.
    pub(super) fn averaged_source(&mut self, name: &str, since: NaiveDate, day: NaiveDate) -> u32 {
        self.collector.source(name, day, Some(since))
    }

    fn title(&self) -> String {
        if self.offer_code.is_empty() {
            return self.name.clone();
        }
        let title = format!("{} {}", self.offer_code, self.version);
        title.trim_end().to_owned()
    }

    /// Takes a part of a rate.
    pub(super) fn take(
        &mut self,
        what: (Product, Offer, Part),
        steps: u64,
        label: &str,
        source: u32,
    ) {
        self.used += 1;
        self.collector.add(what, steps, label, source);
    }

    /// Counts a row that made a rate or a part of one.
    pub(super) fn used(&mut self) {
        self.used += 1;
    }

    /// Takes a price of something that is no instance; the row is counted by [`used`](Self::used).
    pub(super) fn take_charge(
        &mut self,
        (region, what): (Region, What),
        ends: Ends,
        steps: u64,
        label: &str,
        source: u32,
    ) {
        let path = self.path.as_str();
        self.collector
            .charges
            .add((region, what), ends, steps, (label, path), source);
    }

    /// Counts a row that makes no rate.
    pub(super) fn skip(&mut self, reason: &'static str) {
        *self.skipped.entry(reason).or_default() += 1;
    }

    /// Counts a row that makes no rate, or gives the reason to stop.
    pub(super) fn leave(&mut self, left: Left) -> Result<(), Diagnostic> {
        match left {
            Left::Skip(reason) => self.skip(reason),
            Left::Operation(code) => *self.operations.entry(code).or_default() += 1,
            Left::Family(family) => *self.families.entry(family).or_default() += 1,
            Left::Wrong(problem)
                if self.options.skip_unknown_regions && is_unknown_region(&problem) =>
            {
                self.skip("is of a region that is not known");
            }
            Left::Wrong(problem) => return Err(*problem),
        }
        Ok(())
    }

    /// What was in the file.
    pub(super) fn finish(self, sha256: &str) -> FileReport {
        let mut skipped: BTreeMap<String, u64> = BTreeMap::new();
        for (reason, count) in self.skipped {
            skipped.insert(reason.to_owned(), count);
        }
        for (code, count) in self.operations {
            skipped.insert(format!("has an unknown operation `{code}`"), count);
        }
        for (family, count) in self.families {
            let family = if family.is_empty() {
                "without a product family"
            } else {
                &family
            };
            skipped.insert(format!("has no item here ({family})"), count);
        }
        let title = if self.offer_code.is_empty() {
            String::new()
        } else {
            format!(" {} {}", self.offer_code, self.version)
        };
        let kind = if self.kind.is_empty() {
            "file".to_owned()
        } else {
            self.kind
        };
        FileReport {
            path: self.path,
            name: self.name,
            kind: format!("{kind}{}", title.trim_end()),
            sha256: sha256.to_owned(),
            rows: self.rows,
            used: self.used,
            skipped,
            refused: self.refused,
        }
    }
}

impl FileReport {
    /// Why nothing came of the file.
    pub(super) fn without_rates(&self, zero: usize) -> Diagnostic {
        if let Some(refused) = &self.refused {
            return refused.clone();
        }
        let mut reasons: Vec<String> = self
            .skipped
            .iter()
            .map(|(reason, count)| format!("{count} rows: each {reason}"))
            .collect();
        if zero > 0 {
            reasons.push(format!(
                "{zero} rates are zero, and nothing AWS sells is free"
            ));
        }
        let why = if reasons.is_empty() {
            "it holds no prices".to_owned()
        } else {
            reasons.join("; ")
        };
        Diagnostic::new(format!("no rate came out of this {}: {why}", self.kind))
            .at(Place::file(&self.path))
            .hint("a book without rates is not written")
    }
}

/// Computes a file's fingerprint while it is read.
pub(super) struct Hashed<R> {
    stream: R,
    sha256: Sha256,
}

impl<R> Hashed<R> {
    pub(super) fn new(stream: R) -> Self {
        Self {
            stream,
            sha256: Sha256::new(),
        }
    }

    /// Of what was read so far.
    pub(super) fn hex(self) -> String {
        hex(&self.sha256.finalize())
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        self.sha256.update(&buffer[..read]);
        Ok(read)
    }
}
