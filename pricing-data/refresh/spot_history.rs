//! The Spot history: a table a region, a row a type, a column a day.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

use crate::Problem;
use crate::facts::{Cells, is_zero, put, write_table};

/// Rows of the fact table; there are more than a million, so that they are not kept.
type Line = (String, String, String, String, String, String, String);

pub(crate) fn write(folder: &Path, target: &Path) -> Result<(), Problem> {
    let file = File::open(folder.join("spot_history_regional_2024.csv.gz"))?;
    let mut reader = csv::Reader::from_reader(flate2::read::MultiGzDecoder::new(file));
    let mut regions: BTreeMap<String, Cells> = BTreeMap::new();
    let mut days = BTreeSet::new();
    for line in reader.deserialize() {
        let (day, region, instance_type, system, usd, _, _): Line = line?;
        if system != "Linux" || is_zero(&usd) {
            return Err(format!("{day} {region} {instance_type}: {system} at {usd}").into());
        }
        put(
            regions.entry(region).or_default(),
            &instance_type,
            &day,
            &usd,
        )?;
        days.insert(day);
    }
    let columns: Vec<String> = days.into_iter().collect();
    let head = "source: spot-history-2024-05; as of: 2024-05-14; Spot price of Linux by day, USD an instance-hour; \
                empty: the source has no price of that day";
    for (region, cells) in &regions {
        let path = target.join(format!("spot-history/{region}.csv"));
        write_table(&path, head, &columns, cells)?;
    }
    Ok(())
}
