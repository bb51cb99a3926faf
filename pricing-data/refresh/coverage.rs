//! `coverage.toml`: which prices are known in which region, of which day, and how many.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::Problem;
use crate::facts::write_file;

/// Where Reserved prices are, Savings Plan rates follow from them by rule.
const RESERVED: &str = "reserved/all-upfront-1yr";

/// Kind in `coverage.toml`, and the folder of its tables.
const KINDS: [(&str, &str); 8] = [
    ("on_demand", "on-demand"),
    (
        "reserved_standard_all_upfront_1yr",
        "reserved/all-upfront-1yr",
    ),
    (
        "reserved_standard_all_upfront_3yr",
        "reserved/all-upfront-3yr",
    ),
    ("reserved_linux_no_upfront", "reserved/no-upfront"),
    ("spot_average", "spot"),
    ("spot_history", "spot-history"),
    ("spot_interruption", "interruption"),
    ("database_savings_plans", "database-savings-plans"),
];

/// Kind in `coverage.toml`, and the table of all regions that has its rows.
const TABLES: [(&str, &str); 12] = [
    ("internet_egress", "services/internet-egress"),
    ("inter_region", "services/inter-region"),
    ("inter_az", "services/inter-az"),
    ("nat_gateway", "services/nat-gateway"),
    ("vpc", "services/vpc"),
    ("direct_connect", "services/direct-connect"),
    ("cloudfront", "services/cloudfront"),
    ("ebs", "services/ebs"),
    ("elb", "services/elb"),
    ("fargate", "services/fargate"),
    ("lambda", "services/lambda"),
    ("dedicated_hosts", "hosts/hosts"),
];

pub(crate) fn write(target: &Path) -> Result<(), Problem> {
    let regions = fs::read_to_string(target.join("catalog/regions.csv"))?;
    let mut text = String::from(
        "# Written by the refresh program, proved by tests/pricing_data. `observed`: the tables have such\n\
         # prices; `none`: they have not (CloudFront's stand under `global` but for Origin Shield). Savings Plans: `rule` where Reserved prices are (estimated for the\n\
         # families that have none), `estimated` elsewhere; the few observed rates are in savings-plans/.\n",
    );
    for line in regions.lines().skip(1) {
        let region = line.split(',').next().unwrap_or_default();
        write!(text, "\n[{region}]\n")?;
        let reserved = target.join(RESERVED).join(format!("{region}.csv"));
        let plans = if reserved.exists() {
            "rule"
        } else {
            "estimated"
        };
        for (kind, folder) in KINDS {
            let path = target.join(folder).join(format!("{region}.csv"));
            match fs::read_to_string(path) {
                Err(_) => writeln!(text, "{kind} = {{ status = \"none\" }}")?,
                Ok(table) => writeln!(text, "{kind} = {}", entry(&table))?,
            }
        }
        for (kind, name) in TABLES {
            let table = fs::read_to_string(target.join(format!("{name}.csv")))?;
            writeln!(text, "{kind} = {}", rows_of(&table, region))?;
        }
        writeln!(text, "savings_plans = {{ status = \"{plans}\" }}")?;
    }
    write_file(&target.join("coverage.toml"), &text)
}

fn day(table: &str) -> &str {
    let rest = table.split("as of: ").nth(1);
    rest.and_then(|rest| rest.split(';').next())
        .unwrap_or_default()
}

/// The rows of a region in a table of all regions.
fn rows_of(table: &str, region: &str) -> String {
    let is_its = |row: &&str| row.split(',').next() == Some(region);
    match table.lines().skip(2).filter(is_its).count() {
        0 => "{ status = \"none\" }".to_owned(),
        rows => format!(
            "{{ status = \"observed\", as_of = {}, rows = {rows} }}",
            day(table)
        ),
    }
}

fn entry(table: &str) -> String {
    let as_of = day(table);
    let rows = table.lines().skip(2);
    let rates: usize = rows
        .clone()
        .map(|row| {
            row.split(',')
                .skip(1)
                .filter(|cell| !cell.is_empty())
                .count()
        })
        .sum();
    let types = rows.count();
    if table.contains("\nservice,usage_type") {
        return format!("{{ status = \"observed\", as_of = {as_of}, rows = {types} }}");
    }
    format!("{{ status = \"observed\", as_of = {as_of}, types = {types}, rates = {rates} }}")
}
