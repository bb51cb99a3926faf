//! Savings Plan rates that somebody read in AWS's files or on a bill.

use std::collections::BTreeSet;
use std::path::Path;

use crate::Problem;
use crate::facts::{Row, cell, plain, read, write_file};

/// How a source is known in the fact table, its id in `sources.toml`, and the first day it may stand for.
const SOURCES: [(&str, &str, &str); 8] = [
    ("hystax/optscale", "cur-savings-plans-2024-08", "2024-08-01"),
    (
        "examples/how-to-match-pricing",
        "calculator-tokyo-2025-09",
        "2025-09-01",
    ),
    ("examples/5-ap-east-2", "offer-taipei-2025-09", "2025-09-11"),
    ("sp-pricing test", "offer-paris-2026", "2026-01-01"),
    (
        "effectiveDate 2026-06-23",
        "offer-denver-2026-06",
        "2026-06-23",
    ),
    (
        "AWSComputeSavingsPlan/20260727214449",
        "offer-oregon-2026-07",
        "2026-07-27",
    ),
    ("bahr.dev", "percent-table-2020-06", "2020-06-28"),
    (
        "instances-api.vantage.sh",
        "instances-api-2026-10",
        "2026-10-01",
    ),
];

/// Values of somebody's unit tests: not read from AWS by anyone we can name.
const NOT_READ_FROM_AWS: [&str; 2] = ["unit test", "synthetic"];

const HEAD: &str =
    "plan,region,item,platform,tenancy,term,payment_option,usd,on_demand_usd,source,as_of\n";

pub(crate) fn write(folder: &Path, target: &Path) -> Result<(), Problem> {
    let (mut instances, mut others) = (BTreeSet::new(), BTreeSet::new());
    for row in read(folder, "sp_rates_observed.csv")? {
        let source = cell(&row, "source")?;
        if NOT_READ_FROM_AWS.iter().any(|mark| source.contains(mark)) {
            continue;
        }
        let lines = if is_instance(&row)? {
            &mut instances
        } else {
            &mut others
        };
        if !lines.insert(line(&row, source)?) {
            return Err("an observed Savings Plan rate is there twice".into());
        }
    }
    let text = |lines: BTreeSet<String>| HEAD.to_owned() + &lines.into_iter().collect::<String>();
    write_file(
        &target.join("savings-plans/instances.csv"),
        &text(instances),
    )?;
    write_file(&target.join("savings-plans/others.csv"), &text(others))
}

/// Whether the rate is one of running instances, not of Fargate, Lambda, hosts or unused reservations.
fn is_instance(row: &Row) -> Result<bool, Problem> {
    Ok(cell(row, "item")?.contains('.') && !cell(row, "tenancy")?.contains("unused"))
}

fn line(row: &Row, source: &str) -> Result<String, Problem> {
    let (_, id, as_of) = SOURCES
        .iter()
        .find(|(mark, ..)| source.contains(mark))
        .ok_or_else(|| format!("unknown source `{source}`"))?;
    let plan = match cell(row, "plan_type")? {
        "Compute" => "compute-sp",
        "EC2Instance" => "ec2-instance-sp",
        other => return Err(format!("unknown plan `{other}`").into()),
    };
    let platform = cell(row, "operating_system")?
        .to_lowercase()
        .replace(" + ", "+")
        .replace(' ', "-");
    let tenancy = match cell(row, "tenancy")? {
        "Dedicated (published as shared)" => "dedicated".to_owned(),
        other => other.to_lowercase(),
    };
    let payment = cell(row, "payment_option")?
        .to_lowercase()
        .replace(' ', "-");
    Ok(format!(
        "{plan},{},{},{platform},{tenancy},{},{payment},{},{},{id},{as_of}\n",
        cell(row, "region")?,
        cell(row, "item")?,
        cell(row, "term")?,
        plain(cell(row, "sp_usd")?),
        plain(cell(row, "ondemand_usd")?),
    ))
}
