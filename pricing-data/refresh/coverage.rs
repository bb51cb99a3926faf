//! `coverage.toml`: which prices are known in which region, of which day, and how many.

use std::collections::BTreeMap;
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

const HEAD: &str = "\
# Written by the refresh program, proved by tests/pricing_data and tests/services_data. Of instances, `complete`: every
# type that the region sells On-Demand has such a price; `partial`: some have. Of what has rows: `complete` where no
# region has more of them, else `partial`; Database Savings Plans were published whole. `absent`: the tables have none
# (CloudFront's stand under `global` but for Origin Shield). Savings Plans and Dedicated tenancy are computed: `rule`
# where Reserved prices are, `estimated` elsewhere and for families that have none; the few rates that were read are in
# savings-plans/ and dedicated-tenancy/.
";

pub(crate) fn write(target: &Path) -> Result<(), Problem> {
    let regions = fs::read_to_string(target.join("catalog/regions.csv"))?;
    let regions: Vec<&str> = regions
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').next())
        .collect();
    let tables = TABLES.map(|(kind, name)| {
        let table = fs::read_to_string(target.join(format!("{name}.csv")));
        table.map(|table| (kind, Rows::of(&table, &regions)))
    });
    let mut text = HEAD.to_owned();
    for region in &regions {
        write!(text, "\n[{region}]\n")?;
        let read = |folder: &str| {
            fs::read_to_string(target.join(folder).join(format!("{region}.csv"))).ok()
        };
        let sold = read("on-demand").map_or(0, |table| table.lines().skip(2).count());
        for (kind, folder) in KINDS {
            match read(folder) {
                None => writeln!(text, "{kind} = {{ status = \"absent\" }}")?,
                Some(table) => writeln!(text, "{kind} = {}", entry(&table, sold))?,
            }
        }
        for table in &tables {
            let (kind, rows) = table.as_ref().map_err(ToString::to_string)?;
            writeln!(text, "{kind} = {}", rows.entry(region))?;
        }
        let plans = if read(RESERVED).is_some() {
            "rule"
        } else {
            "estimated"
        };
        writeln!(
            text,
            "savings_plans = {{ status = \"computed\", basis = \"{plans}\" }}"
        )?;
        let dedicated = read("dedicated-tenancy").map(|table| entry(&table, sold));
        let dedicated =
            dedicated.unwrap_or_else(|| "{ status = \"computed\", basis = \"estimated\" }".into());
        writeln!(text, "dedicated_tenancy = {dedicated}")?;
    }
    write_file(&target.join("coverage.toml"), &text)
}

fn day(table: &str) -> String {
    let rest = table.split("as of: ").nth(1);
    rest.and_then(|rest| rest.split(';').next())
        .unwrap_or_default()
        .to_owned()
}

/// The rows of a table of all regions.
struct Rows {
    as_of: String,
    by_region: BTreeMap<String, usize>,
    /// Of the region that has most.
    most: usize,
}

impl Rows {
    fn of(table: &str, regions: &[&str]) -> Self {
        let mut by_region: BTreeMap<String, usize> = BTreeMap::new();
        for row in table.lines().skip(2) {
            let region = row.split(',').next().unwrap_or_default();
            if regions.contains(&region) {
                *by_region.entry(region.to_owned()).or_default() += 1;
            }
        }
        Self {
            as_of: day(table),
            most: by_region.values().copied().max().unwrap_or_default(),
            by_region,
        }
    }

    fn entry(&self, region: &str) -> String {
        match self.by_region.get(region) {
            None => "{ status = \"absent\" }".to_owned(),
            Some(&rows) => {
                let (status, as_of) = (status(rows, self.most), &self.as_of);
                format!("{{ status = \"{status}\", as_of = {as_of}, rows = {rows} }}")
            }
        }
    }
}

const fn status(has: usize, of: usize) -> &'static str {
    if has >= of { "complete" } else { "partial" }
}

/// Of a table of one region that sells so many types On-Demand.
fn entry(table: &str, sold: usize) -> String {
    let as_of = day(table);
    let rows = table.lines().skip(2);
    let filled = |row: &str| {
        row.split(',')
            .skip(1)
            .filter(|cell| !cell.is_empty())
            .count()
    };
    let rates: usize = rows.clone().map(filled).sum();
    let types = rows.count();
    if table.contains("\nservice,usage_type") {
        return format!("{{ status = \"complete\", as_of = {as_of}, rows = {types} }}");
    }
    let status = status(types, sold);
    format!("{{ status = \"{status}\", as_of = {as_of}, types = {types}, rates = {rates} }}")
}
