//! Reads what AWS publishes about prices, and the table a user types, into one user price book. Files are known by
//! content, not by name, and read once from front to end.

mod charges;
pub(super) mod collect;
mod csv;
mod file;
mod json;
mod json_offer;
mod json_plans;
pub(super) mod key;
mod meaning;
mod offer;
mod plans;
mod product;
mod rates;
mod service_rates;
mod spot;
mod tiers;
mod value;

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};

use chrono::NaiveDate;
use flate2::bufread::MultiGzDecoder;

use self::collect::Collector;
use self::file::{File, Hashed};
use super::user_book::{self, ImportedFile, UserBook};
use crate::catalog::Region;
use crate::diagnostics::{Diagnostic, Place};

pub use self::file::FileReport;
pub use self::spot::{SpotPage, read_spot_prices};

/// How much is read to know what a file is.
const PEEK: usize = 1 << 16;

/// How files are read.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// No price may be of a later day.
    pub today: NaiveDate,
    /// Leave out rates of regions that the catalogue does not know, instead of stopping.
    pub skip_unknown_regions: bool,
}

/// Files on their way into a book.
#[derive(Debug)]
pub struct Importer {
    options: Options,
    collector: Collector,
    files: Vec<FileReport>,
}

/// A book, and how it came to be.
#[derive(Debug)]
pub struct Imported {
    /// The book as it is written to a file.
    pub book: Vec<u8>,
    /// What was in each file.
    pub files: Vec<FileReport>,
    /// Rates of instances by region.
    pub rates: BTreeMap<Region, usize>,
    /// Rates of everything else by region: items of services, their Savings Plan rates, databases.
    pub service_rates: BTreeMap<Region, usize>,
    /// How many rates were zero and left out, and the first of them by name.
    pub zero: (usize, Vec<String>),
    /// How many rates stood in two rows with the same price.
    pub twice: usize,
}

impl Importer {
    /// Nothing read yet.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            collector: Collector::default(),
            files: Vec::new(),
        }
    }

    /// Reads one file, packed by gzip or not. `path` is for messages, `name` stands in the book.
    ///
    /// # Errors
    /// The first problem of the file, with its line or SKU.
    pub fn read(&mut self, path: &str, name: &str, stream: impl Read) -> Result<(), Diagnostic> {
        let cannot = |error: io::Error| {
            Diagnostic::new(format!("cannot be read to its end: {error}"))
                .at(Place::file(path))
                .hint("the file is incomplete; fetch it again")
        };
        let mut hashed = Hashed::new(stream);
        self.collector.begin_file(path);
        let mut file = File::new((path, name), self.options, &mut self.collector);
        {
            let mut stream = BufReader::with_capacity(PEEK, &mut hashed);
            let packed = stream
                .fill_buf()
                .map_err(cannot)?
                .starts_with(&[0x1f, 0x8b]);
            if packed {
                let unpacked = MultiGzDecoder::new(&mut stream);
                read_text(BufReader::with_capacity(PEEK, unpacked), &mut file)?;
            } else {
                read_text(&mut stream, &mut file)?;
            }
            // What stands behind the end of a JSON document is part of the file's fingerprint, too.
            io::copy(&mut stream, &mut io::sink()).map_err(cannot)?;
        }
        let report = file.finish(&hashed.hex());
        if let Some(same) = self
            .files
            .iter()
            .find(|other| other.sha256 == report.sha256)
        {
            let message = format!("the file is the same as `{}`", same.name);
            return Err(Diagnostic::new(message)
                .at(Place::file(path))
                .hint("name it once"));
        }
        self.files.push(report);
        Ok(())
    }

    /// Writes the book of everything that was read.
    ///
    /// # Errors
    /// Two prices for one thing, rate codes that stand twice, half a price; or no rate at all.
    pub fn finish(self) -> Result<Imported, Vec<Diagnostic>> {
        let joined = self.collector.join()?;
        if joined.regions.is_empty() && joined.charges.is_empty() {
            let zero = joined.zero.0;
            return Err(self
                .files
                .iter()
                .map(|file| file.without_rates(zero))
                .collect());
        }
        let described = |file: &FileReport| ImportedFile {
            file: file.name.clone(),
            sha256: file.sha256.clone(),
            kind: file.kind.clone(),
        };
        let files: Vec<ImportedFile> = self.files.iter().map(described).collect();
        let rates = joined
            .regions
            .iter()
            .map(|(region, rates)| (*region, rates.len()));
        let rates = rates.collect();
        let charges = joined.charges.iter();
        let service_rates = charges
            .map(|(region, charges)| (*region, charges.len()))
            .collect();
        let book = user_book::write(&files, joined.sources, &joined.regions, &joined.charges)
            .map_err(|error| vec![Diagnostic::new(error.to_string())])?;
        Ok(Imported {
            book,
            files: self.files,
            rates,
            service_rates,
            zero: joined.zero,
            twice: joined.twice,
        })
    }
}

/// Tells apart by the first bytes that are not blank.
fn read_text(mut stream: impl BufRead, file: &mut File<'_>) -> Result<(), Diagnostic> {
    let place = Place::file(&file.path);
    let refuse = |what: &str, hint: &str| Err(Diagnostic::new(what).at(place).hint(hint));
    let head = match stream.fill_buf() {
        Ok(head) => head,
        Err(error) => return refuse(&format!("cannot be read: {error}"), "fetch the file again"),
    };
    let bom = head.starts_with(&[0xef, 0xbb, 0xbf]);
    let head = if bom { &head[3..] } else { head };
    let first = head
        .iter()
        .find(|byte| !byte.is_ascii_whitespace())
        .copied();
    let skip = if bom { 3 } else { 0 };
    if UserBook::is_one(head) {
        return refuse(
            "this is a price book already",
            "use it with --prices; import the files it was made of to make another",
        );
    }
    if head.starts_with(b"/*") || head.starts_with(b"callback(") {
        return refuse(
            "this is a script of AWS's web pages, not a price list",
            "Spot prices are read from `aws ec2 describe-spot-price-history`",
        );
    }
    match first {
        None => refuse("the file is empty", "fetch the file again"),
        Some(b'<') => refuse(
            "this is a web page, not a price list",
            "a server answered with an error page; fetch the file again and look at what came",
        ),
        Some(b'{' | b'[') => {
            stream.consume(skip);
            json::read(stream, file)
        }
        Some(_) => {
            stream.consume(skip);
            csv::read(stream, file)
        }
    }
}
