//! The charges beside instances: AWS's descriptions become items of ours by the table `services/items.csv`,
//! which people keep; what has no item is listed in `services/left-out.csv` with the reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::Problem;
use crate::facts::{Row, cell, is_zero, plain, read, write_file};

/// Of every region: CloudFront's prices hang on where the edge location is.
const EVERYWHERE: &str = "global";
const CLOUDFRONT: &str = "cloudfront";
const NEWER: &str = "network_and_services_2025-11.csv.gz";
const OLDER: &str = "network_and_services_2025-06.csv.gz";

/// One table: its name, where its rows stand, and their source and day.
struct Kind {
    table: &'static str,
    facts: &'static str,
    /// The rows of the fact table that are meant; empty for all.
    service: &'static str,
    source: &'static str,
    as_of: &'static str,
}

const fn kind(
    table: &'static str,
    (facts, service): (&'static str, &'static str),
    (source, as_of): (&'static str, &'static str),
) -> Kind {
    Kind {
        table,
        facts,
        service,
        source,
        as_of,
    }
}

const PAGES: &str = "price-pages-2025-11";
const WATCHER: &str = "price-watcher-2025-06";
const BY_DESCRIPTION: [Kind; 8] = [
    kind("nat-gateway", (NEWER, "natgateway"), (PAGES, "2025-10-28")),
    kind("vpc", (NEWER, "vpc"), (PAGES, "2025-11-04")),
    kind("fargate", (NEWER, "ecs"), (PAGES, "2025-10-27")),
    kind("lambda", (NEWER, "lambda"), (PAGES, "2025-10-30")),
    kind(CLOUDFRONT, (NEWER, "cloudfront"), (PAGES, "2025-07-01")),
    kind("elb", (OLDER, "elb"), (WATCHER, "2025-06-18")),
    kind(
        "direct-connect",
        (OLDER, "directconnect"),
        (WATCHER, "2025-06-18"),
    ),
    kind(
        "ebs",
        ("ebs_2024-07.csv.gz", ""),
        ("ebs-pages-2024-07", "2024-07-18"),
    ),
];
const EGRESS: Kind = kind(
    "internet-egress",
    ("transfer_internet_egress_2025-06.csv.gz", ""),
    ("internet-egress-2025-06", "2025-06-05"),
);
const INTER_REGION: Kind = kind(
    "inter-region",
    ("transfer_interregion_2025-06.csv.gz", ""),
    ("inter-region-2025-06", "2025-06-05"),
);
const INTER_AZ: Kind = kind(
    "inter-az",
    ("transfer_interaz_2024-08.csv.gz", ""),
    ("inter-az-2024-08", "2024-08-09"),
);

/// Region, item and where the tier starts; unit and price.
type Rates = BTreeMap<(String, String, u64), (String, String)>;

/// Table, description (or region and item), reason; and how many rows.
#[derive(Default)]
pub(crate) struct LeftOut(BTreeMap<[String; 3], u32>);

/// A line of `services/items.csv`.
struct Meaning {
    description: String,
    item: String,
    unit: String,
    tier_start: u64,
    reason: String,
}

pub(crate) fn write(folder: &Path, target: &Path, left: &mut LeftOut) -> Result<(), Problem> {
    let regions = regions(target)?;
    for kind in &BY_DESCRIPTION {
        let meanings = meanings(target, kind.table)?;
        let rows = read(folder, kind.facts)?;
        let rates = by_description(&rows, kind, &meanings, &regions, left)?;
        if kind.facts == NEWER {
            superseded(&read(folder, OLDER)?, kind, &meanings, &rates, left)?;
        }
        write_rates(target, kind, &rates)?;
    }
    for (kind, row_of) in [
        (&EGRESS, egress as RowOf),
        (&INTER_REGION, inter_region),
        (&INTER_AZ, inter_az),
    ] {
        let mut rates = Rates::new();
        for row in &read(folder, kind.facts)? {
            for found in row_of(row)? {
                add(&mut rates, found, kind.table, &regions, left)?;
            }
        }
        write_rates(target, kind, &rates)?;
    }
    Ok(())
}

/// The codes of `catalog/regions.csv`, and everywhere.
pub(crate) fn regions(target: &Path) -> Result<BTreeSet<String>, Problem> {
    let text = fs::read_to_string(target.join("catalog/regions.csv"))?;
    let code = |line: &str| line.split(',').next().unwrap_or_default().to_owned();
    let codes = text.lines().skip(1).map(code);
    Ok(codes.chain([EVERYWHERE.to_owned()]).collect())
}

fn meanings(target: &Path, table: &str) -> Result<Vec<Meaning>, Problem> {
    let mut meanings = Vec::new();
    for row in read(target, "services/items.csv")? {
        if cell(&row, "table")? != table {
            continue;
        }
        let text = |column: &str| cell(&row, column).map(str::to_owned);
        meanings.push(Meaning {
            description: text("description")?,
            item: text("item")?,
            unit: text("unit")?,
            tier_start: text("tier_start")?.parse().unwrap_or(0),
            reason: text("reason")?,
        });
    }
    Ok(meanings)
}

/// What a description means: that of its own words, or of the longest beginning, with the rest of it.
fn meaning<'a>(meanings: &'a [Meaning], description: &str) -> Option<(&'a Meaning, String)> {
    let whole = meanings.iter().find(|m| m.description == description);
    let begins = |m: &'a Meaning| {
        let rest = description.strip_prefix(m.description.strip_suffix('*')?)?;
        Some((m, name(rest)))
    };
    whole.map(|m| (m, String::new())).or_else(|| {
        let found = meanings.iter().filter_map(begins);
        found.max_by_key(|(m, _)| m.description.len())
    })
}

/// `Equinix SV1 SV5` as `equinix-sv1-sv5`.
fn name(words: &str) -> String {
    let parts = words.split(|c: char| !c.is_ascii_alphanumeric());
    let parts: Vec<String> = parts
        .filter(|part| !part.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    parts.join("-")
}

/// A rate on its way into a table.
struct Found {
    region: String,
    item: String,
    unit: String,
    tier_start: u64,
    usd: String,
}

type RowOf = fn(&Row) -> Result<Vec<Found>, Problem>;

fn by_description(
    rows: &[Row],
    kind: &Kind,
    meanings: &[Meaning],
    regions: &BTreeSet<String>,
    left: &mut LeftOut,
) -> Result<Rates, Problem> {
    let mut rates = Rates::new();
    for row in rows {
        if !kind.service.is_empty() && cell(row, "service")? != kind.service {
            continue;
        }
        let description = cell(row, "item")?;
        match meaning(meanings, description) {
            None => left.add(kind.table, description, "no item of ours"),
            Some((m, _)) if m.item.is_empty() => left.add(kind.table, description, &m.reason),
            Some((m, rest)) => add(
                &mut rates,
                found(row, kind, m, &rest)?,
                kind.table,
                regions,
                left,
            )?,
        }
    }
    Ok(rates)
}

fn found(row: &Row, kind: &Kind, meaning: &Meaning, rest: &str) -> Result<Found, Problem> {
    let region = match cell(row, "region")? {
        // Elsewhere a row without a region is one of a place that the source could not name.
        "" if kind.table == CLOUDFRONT => EVERYWHERE,
        region => region,
    };
    Ok(Found {
        region: region.to_owned(),
        item: meaning.item.replace('*', rest),
        unit: meaning.unit.clone(),
        tier_start: meaning.tier_start,
        usd: cell(row, "usd")?.to_owned(),
    })
}

/// Notes a rate. A price of nothing is left out; two rates for one thing stop the refresh.
fn add(
    rates: &mut Rates,
    found: Found,
    table: &str,
    regions: &BTreeSet<String>,
    left: &mut LeftOut,
) -> Result<(), Problem> {
    let place = match found.region.as_str() {
        "" => "no region",
        region => region,
    };
    let what = format!("{} in {place}", found.item);
    let to = found.item.strip_prefix("inter-region-gb-to-");
    if !regions.contains(&found.region) || to.is_some_and(|to| !regions.contains(to)) {
        left.add(table, &what, "no such region in the catalog");
        return Ok(());
    }
    if is_zero(&found.usd) {
        left.add(table, &what, "zero; no page of AWS says that it is free");
        return Ok(());
    }
    let rate = (found.unit, plain(&found.usd));
    let key = (found.region, found.item, found.tier_start);
    match rates.insert(key, rate.clone()) {
        Some(other) if other != rate => Err(format!("{table}, {what}: two rates").into()),
        _ => Ok(()),
    }
}

/// Lists the rates that an older source has otherwise: the newer one wins.
fn superseded(
    rows: &[Row],
    kind: &Kind,
    meanings: &[Meaning],
    rates: &Rates,
    left: &mut LeftOut,
) -> Result<(), Problem> {
    for row in rows {
        if cell(row, "service")? != kind.service {
            continue;
        }
        let Some((m, rest)) = meaning(meanings, cell(row, "item")?) else {
            continue;
        };
        let old = found(row, kind, m, &rest)?;
        let usd = plain(&old.usd);
        let key = (old.region, old.item, old.tier_start);
        if let Some((_, newer)) = rates.get(&key).filter(|(_, newer)| *newer != usd) {
            let what = format!("{} in {}", key.1, key.0);
            let reason = format!("{usd} of 2025-06 gives way to {newer} of {}", kind.as_of);
            left.add(kind.table, &what, &reason);
        }
    }
    Ok(())
}

/// A tier of data out to the internet. The published tiers are checked to follow each other.
fn egress(row: &Row) -> Result<Vec<Found>, Problem> {
    let tier_start = cell(row, "tier_start_gb")?.parse()?;
    let tiers = ["0", "10240", "51200", "153600", "Inf"];
    let index = tiers
        .iter()
        .position(|t| *t == cell(row, "tier_start_gb").unwrap_or_default());
    let end = index.and_then(|index| tiers.get(index + 1));
    if end.copied() != Some(cell(row, "tier_end_gb")?) {
        return Err(format!("internet-egress: a tier from {tier_start}").into());
    }
    Ok(vec![Found {
        region: cell(row, "region")?.to_owned(),
        item: "internet-egress-gb".to_owned(),
        unit: "GB".to_owned(),
        tier_start,
        usd: cell(row, "usd_per_gb")?.to_owned(),
    }])
}

fn inter_region(row: &Row) -> Result<Vec<Found>, Problem> {
    Ok(vec![Found {
        region: cell(row, "from_region")?.to_owned(),
        item: format!("inter-region-gb-to-{}", cell(row, "to_region")?),
        unit: "GB".to_owned(),
        tier_start: 0,
        usd: cell(row, "usd_per_gb")?.to_owned(),
    }])
}

fn inter_az(row: &Row) -> Result<Vec<Found>, Problem> {
    let direction = |item: &str, column: &str| {
        Ok::<_, Problem>(Found {
            region: cell(row, "region")?.to_owned(),
            item: item.to_owned(),
            unit: "GB".to_owned(),
            tier_start: 0,
            usd: cell(row, column)?.to_owned(),
        })
    };
    Ok(vec![
        direction("inter-az-in-gb", "in_usd_per_gb")?,
        direction("inter-az-out-gb", "out_usd_per_gb")?,
    ])
}

fn write_rates(target: &Path, kind: &Kind, rates: &Rates) -> Result<(), Problem> {
    let mut text = format!(
        "# source: {}; as of: {}; US dollars a unit, by where a month's tier starts\n\
         region,item,unit,tier_start,usd\n",
        kind.source, kind.as_of
    );
    for ((region, item, start), (unit, usd)) in rates {
        writeln!(text, "{region},{item},{unit},{start},{usd}")?;
    }
    write_file(&target.join(format!("services/{}.csv", kind.table)), &text)
}

impl LeftOut {
    /// Notes a row that is left out.
    pub(crate) fn add(&mut self, table: &str, what: &str, reason: &str) {
        let key = [table, what, reason].map(|cell| cell.replace(',', ""));
        *self.0.entry(key).or_default() += 1;
    }

    /// Writes the list.
    pub(crate) fn write(&self, target: &Path) -> Result<(), Problem> {
        let mut text = String::from("table,what,reason,rows\n");
        for ([table, what, reason], rows) in &self.0 {
            writeln!(text, "{table},{what},{reason},{rows}")?;
        }
        write_file(&target.join("services/left-out.csv"), &text)
    }
}
