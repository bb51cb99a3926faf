//! The tables by region: On-Demand, Reserved, Spot; and dedicated tenancy.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::Problem;
use crate::facts::{Cells, Dropped, Row, cell, is_zero, plain, put, read, write_table};

/// Platforms in the order of their columns: code, AWS's operating system, AWS's pre-installed software.
const PLATFORMS: [(&str, &str, &str); 17] = [
    ("linux", "Linux", "NA"),
    ("linux+sql-web", "Linux", "SQL Web"),
    ("linux+sql-std", "Linux", "SQL Std"),
    ("linux+sql-ent", "Linux", "SQL Ent"),
    ("windows", "Windows", "NA"),
    ("windows+sql-web", "Windows", "SQL Web"),
    ("windows+sql-std", "Windows", "SQL Std"),
    ("windows+sql-ent", "Windows", "SQL Ent"),
    ("rhel", "RHEL", "NA"),
    ("rhel+sql-web", "RHEL", "SQL Web"),
    ("rhel+sql-std", "RHEL", "SQL Std"),
    ("rhel+sql-ent", "RHEL", "SQL Ent"),
    ("rhel-ha", "RHEL HA", "NA"),
    ("rhel-ha+sql-std", "RHEL HA", "SQL Std"),
    ("rhel-ha+sql-ent", "RHEL HA", "SQL Ent"),
    ("suse", "SUSE", "NA"),
    ("ubuntu-pro", "Ubuntu Pro", "NA"),
];
const ON_DEMAND: &str = "source: ec2-prices-2026-05; as of: 2026-05-12";
const RESERVED: &str = "source: ec2-reserved-2026-05; as of: 2026-05-12";
const SPOT: &str = "source: ec2-spot-2026-05; as of: 2026-05-12";
const UNIT_PRICES: &str = "source: ec2-unit-prices-2025-04; as of: 2025-04-04";
const TERMS: [&str; 2] = ["1yr", "3yr"];

/// Tables of one kind by region.
type ByRegion = BTreeMap<String, Cells>;

pub(crate) fn write(folder: &Path, target: &Path, dropped: &mut Dropped) -> Result<(), Problem> {
    let columns: Vec<String> = PLATFORMS.iter().map(|(code, ..)| (*code).into()).collect();
    let on_demand = on_demand(folder, dropped)?;
    let hourly = "USD an instance-hour; empty: not sold";
    write_all(
        target,
        "on-demand",
        &format!("{ON_DEMAND}; {hourly}"),
        &columns,
        &on_demand,
    )?;
    for term in TERMS {
        let facts = all_upfront(folder, term, &on_demand, dropped)?;
        let kind = format!("reserved/all-upfront-{term}");
        let note = format!("{RESERVED}; Standard, {term}, USD paid upfront for one instance");
        write_all(target, &kind, &note, &columns, &facts)?;
    }
    let facts = spot(folder)?;
    let note = format!("{SPOT}; average Spot price, {hourly}");
    write_all(target, "spot", &note, &columns, &facts)?;
    write_no_upfront(folder, target, &on_demand)?;
    write_dedicated(folder, target)
}

fn write_all(
    target: &Path,
    kind: &str,
    note: &str,
    columns: &[String],
    facts: &ByRegion,
) -> Result<(), Problem> {
    let folder = target.join(kind);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    for (region, cells) in facts {
        write_table(&folder.join(format!("{region}.csv")), note, columns, cells)?;
    }
    Ok(())
}

fn platform(row: &Row) -> Result<&'static str, Problem> {
    let os = cell(row, "operating_system")?;
    let sql = row.get("pre_installed_sw").map_or("NA", String::as_str);
    PLATFORMS
        .iter()
        .find(|platform| (platform.1, platform.2) == (os, sql))
        .map(|platform| platform.0)
        .ok_or_else(|| format!("unknown platform {os}, {sql}").into())
}

fn on_demand(folder: &Path, dropped: &mut Dropped) -> Result<ByRegion, Problem> {
    let mut facts = ByRegion::new();
    for row in read(folder, "ec2_ondemand_2026-05.csv.gz")? {
        let (region, instance_type) = (cell(&row, "region")?, cell(&row, "instance_type")?);
        let (platform, usd) = (platform(&row)?, cell(&row, "usd_per_hour")?);
        if is_zero(usd) {
            let place = ["on-demand", region, instance_type, platform, ""];
            dropped.add(place, usd, "a price of zero says nothing");
        } else {
            let cells = facts.entry(region.to_owned()).or_default();
            put(cells, instance_type, platform, usd)?;
        }
    }
    drop_licences(&mut facts, dropped);
    Ok(facts)
}

/// High Memory bare metal is sold as Dedicated Hosts only: for Linux the source has 0 or nothing, and for other
/// platforms the licence alone.
fn drop_licences(facts: &mut ByRegion, dropped: &mut Dropped) {
    let is_host = |name: &str| name.starts_with("u-") && name.ends_with("tb1.metal");
    for (region, cells) in facts {
        cells.retain(|instance_type, row| {
            if !is_host(instance_type) || row.contains_key("linux") {
                return true;
            }
            for (platform, usd) in row {
                let place = ["on-demand", region, instance_type, platform, ""];
                dropped.add(
                    place,
                    usd,
                    "the licence alone: sold as a Dedicated Host only",
                );
            }
            false
        });
    }
}

fn known<'a>(facts: &'a ByRegion, region: &str, row: &str, column: &str) -> Option<&'a String> {
    facts.get(region)?.get(row)?.get(column)
}

fn all_upfront(
    folder: &Path,
    term: &str,
    on_demand: &ByRegion,
    dropped: &mut Dropped,
) -> Result<ByRegion, Problem> {
    let mut facts = ByRegion::new();
    let rows = read(folder, "ri_standard_allupfront_2026-05.csv.gz")?;
    for row in rows
        .iter()
        .filter(|row| row.get("term").is_some_and(|t| t == term))
    {
        let (region, instance_type) = (cell(row, "region")?, cell(row, "instance_type")?);
        let (platform, usd) = (platform(row)?, cell(row, "upfront_usd_derived")?);
        let cells = facts.entry(region.to_owned()).or_default();
        let hourly = known(on_demand, region, instance_type, platform);
        let place = ["reserved", region, instance_type, platform, term];
        match hourly {
            None => dropped.add(place, usd, "no On-Demand price"),
            Some(_) => put(cells, instance_type, platform, usd)?,
        }
    }
    drop_byol(&mut facts, on_demand, term, dropped);
    Ok(facts)
}

/// The mirror keeps one price a key, and for Windows that was sometimes the one of `Bring your own license`.
fn drop_byol(facts: &mut ByRegion, on_demand: &ByRegion, term: &str, dropped: &mut Dropped) {
    for (region, cells) in facts {
        for (instance_type, row) in cells {
            let licensed = known(on_demand, region, instance_type, "windows")
                != known(on_demand, region, instance_type, "linux");
            if licensed && row.contains_key("linux") && row.get("windows") == row.get("linux") {
                let place = ["reserved", region, instance_type, "windows", term];
                let usd = row.remove("windows").unwrap_or_default();
                dropped.add(place, &usd, "equals Linux: the price without licence");
            }
        }
    }
}

fn spot(folder: &Path) -> Result<ByRegion, Problem> {
    let mut facts = ByRegion::new();
    for row in read(folder, "spot_avg_2026-05.csv.gz")? {
        let usd = cell(&row, "spot_avg_usd_per_hour")?;
        if !is_zero(usd) {
            let cells = facts.entry(cell(&row, "region")?.to_owned()).or_default();
            put(cells, cell(&row, "instance_type")?, platform(&row)?, usd)?;
        }
    }
    Ok(facts)
}

fn write_no_upfront(folder: &Path, target: &Path, on_demand: &ByRegion) -> Result<(), Problem> {
    let mut facts = ByRegion::new();
    let mut columns = BTreeSet::new();
    for row in read(folder, "ri_linux_noupfront_2025-04.csv.gz")? {
        let (region, instance_type) = (cell(&row, "region")?, cell(&row, "instance_type")?);
        let column = format!("{}-{}", cell(&row, "offering_class")?, cell(&row, "term")?);
        if known(on_demand, region, instance_type, "linux").is_none() {
            return Err(format!("{region}, {instance_type}: Reserved, not On-Demand").into());
        }
        let cells = facts.entry(region.to_owned()).or_default();
        put(cells, instance_type, &column, cell(&row, "hourly_usd")?)?;
        columns.insert(column);
        let then = plain(cell(&row, "ondemand_usd_per_hour")?);
        let line = cells.entry(instance_type.to_owned()).or_default();
        if line
            .insert("on-demand".into(), then.clone())
            .is_some_and(|old| old != then)
        {
            return Err(format!("{region}, {instance_type}: two On-Demand prices").into());
        }
    }
    let columns: Vec<String> = ["on-demand".to_owned()]
        .into_iter()
        .chain(columns)
        .collect();
    let note = format!(
        "{UNIT_PRICES}; Linux, No Upfront, USD an instance-hour beside the On-Demand price of that day"
    );
    write_all(target, "reserved/no-upfront", &note, &columns, &facts)
}

fn write_dedicated(folder: &Path, target: &Path) -> Result<(), Problem> {
    let mut cells = Cells::new();
    for row in read(folder, "ec2_euwest1_all_tenancies_2023-02.csv.gz")? {
        let is = |column: &str, value: &str| row.get(column).is_some_and(|found| found == value);
        let plain_linux = is("operating_system", "Linux")
            && is("pre_installed_sw", "NA")
            && is("capacity_status", "Used");
        let column = match cell(&row, "tenancy")? {
            "Shared" => "shared",
            "Dedicated" => "dedicated",
            _ => continue,
        };
        if plain_linux && !is_zero(cell(&row, "usd")?) {
            put(
                &mut cells,
                cell(&row, "instance_type")?,
                column,
                cell(&row, "usd")?,
            )?;
        }
    }
    cells.retain(|_, row| row.len() == 2);
    let note =
        "source: ec2-ireland-2023-02; as of: 2023-02-23; Linux On-Demand, USD an instance-hour";
    let columns = ["shared".to_owned(), "dedicated".to_owned()];
    write_table(
        &target.join("dedicated-tenancy/eu-west-1.csv"),
        note,
        &columns,
        &cells,
    )
}
