//! Packs `pricing-data/` into the one compressed blob that the binary carries: a section a region, decoded
//! only when asked (`src/prices/packed.rs` reads it), and one of ratios between regions.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

#[path = "src/prices/layout.rs"]
mod layout;

/// Higher levels gain little and cost seconds in a development build.
const COMPRESSION_LEVEL: i32 = 9;

/// Ratios keep nine decimals.
const RATIO_DECIMALS: u32 = 9;
const RATIO_SCALE: u128 = 1_000_000_000;

/// Every table that stands in a file a region.
const BY_REGION: [&str; 6] = [
    layout::ON_DEMAND,
    layout::ALL_UPFRONT_1YR,
    layout::ALL_UPFRONT_3YR,
    layout::NO_UPFRONT,
    layout::SPOT,
    layout::INTERRUPTION,
];

/// Folders whose tables are packed as the text they are: their rows have no instance types.
const AS_TEXT: [&str; 4] = [
    layout::SERVICES,
    layout::HOSTS,
    layout::DATABASE_PLANS,
    layout::SPOT_HISTORY,
];

/// The prices whose share of On-Demand is compared between regions: table, column, and the hours it is for.
const RATIOS: [(&str, &str, u32); 6] = [
    (layout::ALL_UPFRONT_1YR, "linux", 8_760),
    (layout::ALL_UPFRONT_3YR, "linux", 26_280),
    (layout::NO_UPFRONT, "convertible-1yr", 1),
    (layout::NO_UPFRONT, "convertible-3yr", 1),
    (layout::NO_UPFRONT, "standard-1yr", 1),
    (layout::NO_UPFRONT, "standard-3yr", 1),
];

/// Cells of one table by type: a number without its point, and how many digits stood behind it.
struct Table {
    name: &'static str,
    provenance: Provenance,
    columns: Vec<String>,
    rows: BTreeMap<String, Vec<Option<(u64, u32)>>>,
}

#[derive(Clone, Default)]
struct Provenance {
    source: String,
    as_of: String,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Cargo runs this in the folder of the engine's manifest.
    println!("cargo::rerun-if-changed=../../pricing-data");
    println!("cargo::rerun-if-changed=../prices/layout.rs");
    let data = Path::new("../../pricing-data");
    let mut sections = BTreeMap::new();
    let mut ratios = Ratios::default();
    let mut as_of = String::new();
    let mut hash = Sha256::new();
    for region in regions(data)? {
        let tables = read_region(data, &region)?;
        ratios.add(&tables);
        as_of = tables
            .iter()
            .map(|table| table.provenance.as_of.clone())
            .fold(as_of, String::max);
        let types = tables.first().map_or(0, |table| table.rows.len());
        sections.insert(region, (types, encode(&tables)));
    }
    let dedicated = read_table(
        &data.join("dedicated-tenancy/eu-west-1.csv"),
        layout::DEDICATED,
    )?;
    let tables = [ratios.into_table(), dedicated];
    sections.insert(String::new(), (0, encode(&tables)));
    for folder in AS_TEXT {
        add_texts(data, folder, &mut sections)?;
    }
    for (name, (_, section)) in &sections {
        hash.update(name.as_bytes());
        hash.update(section);
    }
    for name in [
        "rules.toml",
        "sources.toml",
        "savings-plans/instances.csv",
        "savings-plans/others.csv",
        "services/stated.toml",
    ] {
        hash.update(fs::read(data.join(name))?);
    }
    let id: String = hash
        .finalize()
        .iter()
        .take(6)
        .fold(String::new(), |mut id, byte| {
            let _ = write!(id, "{byte:02x}");
            id
        });
    println!("cargo::rustc-env=BURSAR_PRICE_BOOK_ID={id}");
    println!("cargo::rustc-env=BURSAR_PRICE_BOOK_AS_OF={as_of}");
    fs::write(out_folder()?.join("price-book.bin"), pack(&sections)?)?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script so")]
fn out_folder() -> Result<PathBuf, std::env::VarError> {
    std::env::var("OUT_DIR").map(PathBuf::from)
}

fn regions(data: &Path) -> io::Result<Vec<String>> {
    let text = fs::read_to_string(data.join("catalog/regions.csv"))?;
    let code = |line: &str| line.split(',').next().unwrap_or_default().to_owned();
    Ok(text.lines().skip(1).map(code).collect())
}

fn read_region(data: &Path, region: &str) -> io::Result<Vec<Table>> {
    let path = |name: &str| data.join(name).join(format!("{region}.csv"));
    let present = BY_REGION.into_iter().filter(|name| path(name).exists());
    present.map(|name| read_table(&path(name), name)).collect()
}

/// Adds a section for each table of a folder, named `folder/table`.
fn add_texts(
    data: &Path,
    folder: &str,
    sections: &mut BTreeMap<String, (usize, Vec<u8>)>,
) -> io::Result<()> {
    for entry in fs::read_dir(data.join(folder))? {
        let path = entry?.path();
        let table = path
            .file_stem()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let text = fs::read(&path)?;
        // Lists for the keepers have no such first line: what means what, and what was left out.
        if text.starts_with(b"# source: ") {
            sections.insert(format!("{folder}/{table}"), (0, text));
        }
    }
    Ok(())
}

fn read_table(path: &Path, name: &'static str) -> io::Result<Table> {
    let text = fs::read_to_string(path)?;
    let bad = |what: &str| io::Error::other(format!("{}: {what}", path.display()));
    let mut lines = text.lines();
    let note = lines.next().ok_or_else(|| bad("empty"))?;
    let field = |key: &str| {
        let rest = note.split_once(key)?.1;
        rest.split(';').next().map(|value| value.trim().to_owned())
    };
    let provenance = Provenance {
        source: field("source:").ok_or_else(|| bad("no source in the first line"))?,
        as_of: field("as of:").ok_or_else(|| bad("no day in the first line"))?,
    };
    let heads = lines.next().ok_or_else(|| bad("no heads"))?;
    let columns: Vec<String> = heads.split(',').skip(1).map(str::to_owned).collect();
    let mut rows = BTreeMap::new();
    for line in lines {
        let mut cells = line.split(',');
        let instance_type = cells.next().unwrap_or_default().to_owned();
        let numbers: Vec<_> = cells
            .map(number)
            .collect::<Result<_, _>>()
            .map_err(|found| bad(&format!("`{found}` is not a price")))?;
        if numbers.len() != columns.len() || rows.insert(instance_type, numbers).is_some() {
            return Err(bad(&format!("wrong or double line: {line}")));
        }
    }
    Ok(Table {
        name,
        provenance,
        columns,
        rows,
    })
}

/// `0.096` as 96 with 3 decimals. A price of nothing is refused: it would make something free.
fn number(cell: &str) -> Result<Option<(u64, u32)>, String> {
    if cell.is_empty() {
        return Ok(None);
    }
    let (whole, part) = cell.split_once('.').unwrap_or((cell, ""));
    let digits: u64 = format!("{whole}{part}")
        .parse()
        .map_err(|_| cell.to_owned())?;
    let decimals = u32::try_from(part.len()).map_err(|_| cell.to_owned())?;
    match digits {
        0 => Err(cell.to_owned()),
        _ => Ok(Some((digits, decimals))),
    }
}

impl Table {
    fn get(&self, instance_type: &str, column: &str) -> Option<(u64, u32)> {
        let index = self.columns.iter().position(|name| name == column)?;
        *self.rows.get(instance_type)?.get(index)?
    }
}

/// What share of On-Demand a commitment costs, by type, in every region that says so.
#[derive(Default)]
struct Ratios {
    shares: BTreeMap<String, Vec<Vec<u64>>>,
    provenance: Provenance,
}

impl Ratios {
    fn add(&mut self, tables: &[Table]) {
        let table = |name: &str| tables.iter().find(|table| table.name == name);
        let Some(on_demand) = table(layout::ON_DEMAND) else {
            return;
        };
        if on_demand.provenance.as_of > self.provenance.as_of {
            self.provenance = on_demand.provenance.clone();
        }
        for instance_type in on_demand.rows.keys() {
            let Some(now) = on_demand.get(instance_type, "linux") else {
                continue;
            };
            for (index, (name, column, hours)) in RATIOS.into_iter().enumerate() {
                let found = table(name).and_then(|table| table.get(instance_type, column));
                // A rate from before On-Demand changed says nothing about the share of today.
                let then = table(name).and_then(|table| table.get(instance_type, "on-demand"));
                let stale = then.is_some_and(|then| scaled(then) != scaled(now));
                if let Some(found) = found.filter(|_| !stale) {
                    let share =
                        (scaled(found) * RATIO_SCALE).div_euclid(scaled(now) * u128::from(hours));
                    let shares = self.shares.entry(instance_type.clone()).or_default();
                    shares.resize(RATIOS.len(), Vec::new());
                    shares[index].push(u64::try_from(share).unwrap_or(u64::MAX));
                }
            }
        }
    }

    /// The median of the regions, as a table like the others.
    fn into_table(self) -> Table {
        let median = |mut shares: Vec<u64>| {
            shares.sort_unstable();
            let upper = shares.get(shares.len().div_euclid(2))?;
            let lower = shares.get(shares.len().saturating_sub(1).div_euclid(2))?;
            Some((u64::midpoint(*lower, *upper), RATIO_DECIMALS))
        };
        let row = |(name, shares): (String, Vec<Vec<u64>>)| {
            (name, shares.into_iter().map(median).collect())
        };
        Table {
            name: layout::RATIO_TABLE,
            provenance: self.provenance,
            columns: RATIOS
                .iter()
                .map(|(name, column, _)| format!("{name}/{column}"))
                .collect(),
            rows: self.shares.into_iter().map(row).collect(),
        }
    }
}

/// A number in steps of 1e-10.
fn scaled((digits, decimals): (u64, u32)) -> u128 {
    u128::from(digits) * 10_u128.pow(10 - decimals)
}

/// The types once, then each table: name, provenance, columns with their cells by row.
fn encode(tables: &[Table]) -> Vec<u8> {
    let mut types: Vec<&String> = tables.iter().flat_map(|table| table.rows.keys()).collect();
    types.sort_unstable();
    types.dedup();
    let mut out = Vec::new();
    put_number(&mut out, types.len() as u64);
    for name in &types {
        put_text(&mut out, name);
    }
    put_number(&mut out, tables.len() as u64);
    for table in tables {
        put_text(&mut out, table.name);
        put_text(&mut out, &table.provenance.source);
        put_text(&mut out, &table.provenance.as_of);
        put_number(&mut out, table.columns.len() as u64);
        for (index, column) in table.columns.iter().enumerate() {
            put_text(&mut out, column);
            let cell = |name: &String| table.rows.get(name).and_then(|row| row[index]);
            let decimals = types
                .iter()
                .filter_map(|name| cell(name))
                .map(|cell| cell.1)
                .max();
            put_number(&mut out, u64::from(decimals.unwrap_or(0)));
            for name in &types {
                // 0 is an empty cell; no price is 0.
                let digits = cell(name).map_or(0, |(digits, own)| {
                    digits * 10_u64.pow(decimals.unwrap_or(own) - own)
                });
                put_number(&mut out, digits);
            }
        }
    }
    out
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// The index (how many sections; each one's name, types, bytes packed and unpacked), then the sections.
fn pack(sections: &BTreeMap<String, (usize, Vec<u8>)>) -> io::Result<Vec<u8>> {
    let (mut index, mut body) = (Vec::new(), Vec::new());
    put_number(&mut index, sections.len() as u64);
    for (name, (types, section)) in sections {
        let packed = zstd::bulk::compress(section, COMPRESSION_LEVEL)?;
        put_text(&mut index, name);
        for number in [*types, packed.len(), section.len()] {
            put_number(&mut index, number as u64);
        }
        body.extend_from_slice(&packed);
    }
    index.extend_from_slice(&body);
    Ok(index)
}
