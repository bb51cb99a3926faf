//! The names: regions with their codes, and instance types with their sizes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::Problem;
use crate::facts::{cell, read, write_file};

/// Factors of bare-metal types that their name does not tell, and that are not twice the vCPUs.
/// Source: docs.aws.amazon.com, "How Reserved Instances are applied", table of bare-metal sizes.
const METAL_UNITS: [(&str, u32); 6] = [
    ("u-6tb1.metal", 896),
    ("u-9tb1.metal", 896),
    ("u-12tb1.metal", 896),
    ("u-18tb1.metal", 448),
    ("u-24tb1.metal", 448),
    ("a1.metal", 32),
];

pub(crate) fn write(folder: &Path, target: &Path) -> Result<(), Problem> {
    write_regions(folder, &target.join("catalog/regions.csv"))?;
    write_types(folder, &target.join("catalog/instance-types.csv"))
}

fn write_regions(folder: &Path, path: &Path) -> Result<(), Problem> {
    let text = fs::read_to_string(folder.join("location_to_region.json"))?;
    let by_name: BTreeMap<String, String> = serde_json::from_str(&text)?;
    let names: BTreeMap<&str, &str> = by_name
        .iter()
        .map(|(name, code)| (&**code, &**name))
        .collect();
    let prefixes = usage_type_prefixes(folder)?;
    let mut codes = BTreeSet::new();
    for row in read(folder, "ec2_ondemand_2026-05.csv.gz")? {
        codes.insert(cell(&row, "region")?.to_owned());
    }
    let mut text = String::from("region,name,kind,parent,usage_type_prefix\n");
    for code in codes {
        let words: Vec<&str> = code.split('-').collect();
        let number = words
            .iter()
            .position(|word| word.parse::<u8>().is_ok())
            .unwrap_or(0);
        let parent = words[..=number].join("-");
        let kind = match words.get(number + 1) {
            None => "region",
            Some(word) if word.starts_with("wl") => "wavelength-zone",
            Some(_) => "local-zone",
        };
        let parent = if kind == "region" { "" } else { &parent };
        let name = names.get(&*code).copied().unwrap_or_default();
        let prefix = prefixes.get(&code).map_or("", String::as_str);
        writeln!(text, "{code},{name},{kind},{parent},{prefix}")?;
    }
    write_file(path, &text)
}

/// `AFS1` of `AFS1-InstanceUsg:dms.c7i.large`, by region. Ireland is `EU`; `us-east-1` has none in a bill.
fn usage_type_prefixes(folder: &Path) -> Result<BTreeMap<String, String>, Problem> {
    let mut counts: BTreeMap<String, BTreeMap<String, u32>> = BTreeMap::new();
    for row in read(folder, "sp_database_1yr_noupfront_2025-12.csv.gz")? {
        let usage_type = cell(&row, "usage_type")?;
        let Some((prefix, _)) = usage_type.split_once('-') else {
            continue;
        };
        let is_code = prefix.len() <= 4
            && prefix
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if is_code {
            let region = counts.entry(cell(&row, "region")?.to_owned()).or_default();
            *region.entry(prefix.to_owned()).or_default() += 1;
        }
    }
    let most = |counts: BTreeMap<String, u32>| counts.into_iter().max_by_key(|(_, n)| *n);
    let mut prefixes: BTreeMap<String, String> = counts
        .into_iter()
        .filter_map(|(region, counts)| Some((region, most(counts)?.0)))
        .collect();
    prefixes.insert("us-east-1".into(), "USE1".into());
    Ok(prefixes)
}

fn write_types(folder: &Path, path: &Path) -> Result<(), Problem> {
    let mut lines = BTreeMap::new();
    for row in read(folder, "instance_attributes.csv.gz")? {
        let name = cell(&row, "instance_type")?;
        let vcpus: u32 = cell(&row, "vcpu")?.parse()?;
        let factor = units(name, vcpus).ok_or_else(|| format!("{name}: no factor"))?;
        let (memory, architecture) = (cell(&row, "memory_gib")?, cell(&row, "arch")?);
        let generation = cell(&row, "generation")?;
        let line = format!("{name},{vcpus},{memory},{architecture},{generation},{factor}");
        if lines.insert(name.to_owned(), line).is_some() {
            return Err(format!("{name} is there twice").into());
        }
    }
    let mut text = String::from(
        "instance_type,vcpu,memory_gib,architecture,generation,normalization_factor\n",
    );
    for line in lines.values() {
        text.push_str(line);
        text.push('\n');
    }
    write_file(path, &text)
}

/// The normalization factor: 8 for each `xlarge`, by table for the sizes below, twice the vCPUs for the
/// bare-metal types whose name has no size.
fn units(name: &str, vcpus: u32) -> Option<String> {
    let (_, size) = name.split_once('.')?;
    let times = size.strip_prefix("metal-").unwrap_or(size);
    let times = times
        .strip_suffix("xlarge")
        .or_else(|| times.strip_suffix("xl"));
    Some(match (size, times) {
        ("nano", _) => "0.25".into(),
        ("micro", _) => "0.5".into(),
        ("small", _) => "1".into(),
        ("medium", _) => "2".into(),
        ("large", _) => "4".into(),
        ("xlarge", _) => "8".into(),
        ("metal", _) => {
            let listed = METAL_UNITS.iter().find(|(metal, _)| *metal == name);
            listed.map_or(vcpus * 2, |(_, units)| *units).to_string()
        }
        (_, times) => (times?.parse::<u32>().ok()? * 8).to_string(),
    })
}
