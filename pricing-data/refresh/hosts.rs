//! Dedicated Hosts, interruption bands of Spot and rates of Database Savings Plans.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::Problem;
use crate::facts::{Cells, cell, is_zero, plain, put, read, write_file, write_table};
use crate::services::LeftOut;

/// Upper end of a Spot interruption band in per cent of instances a month, by the source's index.
const BANDS: [&str; 5] = ["5", "10", "15", "20", "100"];

pub(crate) fn write(folder: &Path, target: &Path, left: &mut LeftOut) -> Result<(), Problem> {
    write_hosts(folder, target, left)?;
    write_capacity(folder, target)?;
    write_interruption(folder, target, left)?;
    write_database_plans(folder, target)
}

/// On-Demand, All Upfront for one year and for three; empty where there is none.
type Host = [String; 3];

fn write_hosts(folder: &Path, target: &Path, left: &mut LeftOut) -> Result<(), Problem> {
    let columns = [
        "usd_per_hour",
        "reservation_1yr_allupfront_effective_hourly",
        "reservation_3yr_allupfront_effective_hourly",
    ];
    let mut regions: BTreeMap<String, BTreeMap<String, Host>> = BTreeMap::new();
    for row in read(folder, "dedicated_host_2026-05.csv.gz")? {
        let (region, family) = (cell(&row, "region")?, cell(&row, "host_family")?);
        let mut host = Host::default();
        for (place, column) in columns.into_iter().enumerate() {
            let usd = cell(&row, column)?;
            if !usd.is_empty() && is_zero(usd) {
                return Err(format!("{family} in {region}: a host at nothing").into());
            }
            host[place] = plain(usd);
        }
        let families = regions.entry(region.to_owned()).or_default();
        families.insert(family.to_owned(), host);
    }
    let mut lines = BTreeSet::new();
    for (region, families) in &regions {
        for family in families.keys() {
            let [on_demand, one, three] = own(family, families);
            if on_demand.is_empty() {
                let reason = "the price of a family whose name begins this one's";
                left.add("hosts", family, reason);
            } else {
                lines.insert(format!("{region},{family},{on_demand},{one},{three}"));
            }
        }
    }
    let head = "# source: dedicated-hosts-2026-05; as of: 2026-05-12; US dollars a host-hour; reservations \
                All Upfront, their fee spread over the hours of the term\n\
                region,family,on_demand,all_upfront_1yr,all_upfront_3yr";
    write_lines(&target.join("hosts/hosts.csv"), head, &lines)
}

/// The prices of a family that are its own. The source looks families up by the beginning of their name: `i3en`
/// has the price of `i3`, 6.054 in Ireland, where AWS's own file of 2023-02 has 13.20. A price that is the same to
/// the digit as that of a family whose name begins this one's therefore says nothing.
fn own(family: &str, families: &BTreeMap<String, Host>) -> Host {
    let mut host = families[family].clone();
    for (shorter, other) in families {
        if shorter != family && family.starts_with(shorter.as_str()) {
            for (price, same) in host.iter_mut().zip(other) {
                if price == same {
                    price.clear();
                }
            }
        }
    }
    host
}

fn write_capacity(folder: &Path, target: &Path) -> Result<(), Problem> {
    let mut lines = BTreeSet::new();
    for row in read(folder, "host_capacity_2019-10.csv.gz")? {
        let size = cell(&row, "attribute")?.trim_start_matches("instanceCapacity");
        let (family, size) = (cell(&row, "host_family")?, size.to_ascii_lowercase());
        let cores = cell(&row, "physical_cores")?;
        lines.insert(format!("{family},{size},{},{cores}", cell(&row, "value")?));
    }
    let head = "# source: host-capacity-2019-10; as of: 2019-10-10; how many instances of one size a host holds\n\
                family,size,instances,physical_cores";
    write_lines(&target.join("hosts/capacity.csv"), head, &lines)
}

/// By region, like the prices. Types without an On-Demand price there are left out.
fn write_interruption(folder: &Path, target: &Path, left: &mut LeftOut) -> Result<(), Problem> {
    let mut by_region: BTreeMap<String, Cells> = BTreeMap::new();
    let mut sold: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in read(folder, "spot_advisor_2025-06.csv.gz")? {
        let (region, name) = (cell(&row, "region")?, cell(&row, "instance_type")?);
        if !sold.contains_key(region) {
            sold.insert(region.to_owned(), types_of(target, region));
        }
        if !sold[region].contains(name) {
            left.add(
                "interruption",
                &format!("{name} in {region}"),
                "no On-Demand price",
            );
            continue;
        }
        let index: usize = cell(&row, "interruption_bucket_index")?.parse()?;
        let band = BANDS.get(index).ok_or("interruption: an unknown band")?;
        let platform = cell(&row, "operating_system")?.to_ascii_lowercase();
        let cells = by_region.entry(region.to_owned()).or_default();
        put(cells, name, &platform, band)?;
    }
    let columns = ["linux".to_owned(), "windows".to_owned()];
    let note = "source: spot-advisor-2025-06; as of: 2025-06-28; upper end of the band of interruptions, per \
                cent of instances a month";
    for (region, cells) in by_region {
        let path = target.join(format!("interruption/{region}.csv"));
        write_table(&path, note, &columns, &cells)?;
    }
    Ok(())
}

fn types_of(target: &Path, region: &str) -> BTreeSet<String> {
    let path = target.join(format!("on-demand/{region}.csv"));
    let text = fs::read_to_string(path).unwrap_or_default();
    let name = |line: &str| line.split(',').next().unwrap_or_default().to_owned();
    text.lines().skip(2).map(name).collect()
}

fn write_database_plans(folder: &Path, target: &Path) -> Result<(), Problem> {
    let mut by_region: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut keys = BTreeSet::new();
    for row in read(folder, "sp_database_1yr_noupfront_2025-12.csv.gz")? {
        let region = cell(&row, "region")?;
        let mut line = String::new();
        for column in ["service_code", "usage_type", "operation", "edition"] {
            write!(line, "{},", cell(&row, column)?.replace(',', ""))?;
        }
        if !keys.insert(format!("{region},{line}")) {
            return Err(format!("database plans: {region} {line} twice").into());
        }
        for usd in ["sp_usd", "ondemand_usd"] {
            if is_zero(cell(&row, usd)?) {
                return Err(format!("database plans: {line} at nothing").into());
            }
        }
        let (plan, on_demand) = (cell(&row, "sp_usd")?, cell(&row, "ondemand_usd")?);
        let unit = cell(&row, "unit")?;
        write!(line, "{unit},{},{}", plain(plan), plain(on_demand))?;
        by_region.entry(region.to_owned()).or_default().insert(line);
    }
    let head = "# source: database-plans-2025-12; as of: 2025-12-10; Database Savings Plan, 1 year, No Upfront; \
                US dollars a unit\n\
                service,usage_type,operation,edition,unit,usd,on_demand";
    for (region, lines) in by_region {
        let path = target.join(format!("database-savings-plans/{region}.csv"));
        write_lines(&path, head, &lines)?;
    }
    Ok(())
}

fn write_lines(path: &Path, head: &str, lines: &BTreeSet<String>) -> Result<(), Problem> {
    let mut text = format!("{head}\n");
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    write_file(path, &text)
}
