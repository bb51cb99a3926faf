//! Writes a made-up Cost and Usage Report (CUR 2.0, 30 columns) of any length: the same arguments give the
//! same bytes.
//!
//! `cargo run --release --example generate-cur -- ROWS OUT.csv[.gz] [SEED]`

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Columns in the order AWS exports them.
const HEAD: &str = "bill_billing_period_start_date,bill_invoice_id,bill_payer_account_id,identity_line_item_id,identity_time_interval,line_item_availability_zone,line_item_blended_cost,line_item_currency_code,line_item_line_item_description,line_item_line_item_type,line_item_net_unblended_cost,line_item_normalization_factor,line_item_operation,line_item_product_code,line_item_resource_id,line_item_unblended_cost,line_item_unblended_rate,line_item_usage_account_id,line_item_usage_amount,line_item_usage_end_date,line_item_usage_start_date,line_item_usage_type,pricing_public_on_demand_cost,pricing_public_on_demand_rate,pricing_unit,product,product_instance_type,product_region_code,reservation_reservation_a_r_n,resource_tags";

/// Type, On-Demand rate in us-east-1, normalization factor.
const TYPES: [(&str, &str, &str); 8] = [
    ("m5.large", "0.096", "4"),
    ("m5.xlarge", "0.192", "8"),
    ("m6i.2xlarge", "0.384", "16"),
    ("c5.xlarge", "0.17", "8"),
    ("c6i.4xlarge", "0.68", "32"),
    ("r5.large", "0.126", "4"),
    ("r6i.xlarge", "0.252", "8"),
    ("t3.medium", "0.0416", "2"),
];
/// Region, prefix of its usage types.
const REGIONS: [(&str, &str); 4] = [
    ("us-east-1", ""),
    ("us-west-2", "USW2-"),
    ("eu-west-1", "EU-"),
    ("ap-northeast-2", "APN2-"),
];

/// One running instance.
struct Instance {
    id: String,
    account: u64,
    kind: (&'static str, &'static str, &'static str),
    region: (&'static str, &'static str),
    zone: char,
    windows: bool,
    team: u64,
}

/// Xorshift: enough for made-up data, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [rows, out, rest @ ..] = arguments.as_slice() else {
        return Err("generate-cur ROWS OUT.csv[.gz] [SEED]".into());
    };
    let (rows, seed) = (
        rows.parse()?,
        rest.first().map_or(Ok(1), |seed| seed.parse())?,
    );
    let file = BufWriter::with_capacity(1 << 20, File::create(out)?);
    if Path::new(out)
        .extension()
        .is_some_and(|ending| ending == "gz")
    {
        let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        write(&mut packed, rows, seed)?;
        packed.finish()?.flush()?;
    } else {
        let mut file = file;
        write(&mut file, rows, seed)?;
        file.flush()?;
    }
    Ok(())
}

/// A month of hours; in each, every instance has a row of usage and most have one of storage or transfer.
fn write(out: &mut impl Write, rows: u64, seed: u64) -> std::io::Result<()> {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let count = rows.div_ceil(744 * 5).max(1) * 3;
    let fleet: Vec<Instance> = (0..count).map(|_| instance(&mut random)).collect();
    writeln!(out, "{HEAD}")?;
    let mut written = 0;
    for hour in 0.. {
        for (number, instance) in fleet.iter().enumerate() {
            usage(out, instance, hour, &mut random)?;
            written += 1;
            if number % 3 != 2 && written < rows {
                other(out, instance, hour, &mut random)?;
                written += 1;
            }
            if written >= rows {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn instance(random: &mut Random) -> Instance {
    let pick = |random: &mut Random, n: usize| usize::try_from(random.below(n as u64)).unwrap_or(0);
    Instance {
        id: format!("i-{:017x}", random.below(1 << 60)),
        account: 111_122_223_333 + random.below(4),
        kind: TYPES[pick(random, TYPES.len())],
        region: REGIONS[pick(random, REGIONS.len())],
        zone: ['a', 'b', 'c'][pick(random, 3)],
        windows: random.below(5) == 0,
        team: random.below(20),
    }
}

/// `2026-10-05T07:00:00.000Z` for the 103rd hour; a month longer than October goes on in it.
fn time(hour: u64) -> String {
    format!(
        "2026-10-{:02}T{:02}:00:00.000Z",
        hour.div_euclid(24) % 31 + 1,
        hour % 24
    )
}

fn usage(
    out: &mut impl Write,
    of: &Instance,
    hour: u64,
    random: &mut Random,
) -> std::io::Result<()> {
    let (kind, rate, factor) = of.kind;
    let (region, prefix) = of.region;
    let amount = if random.below(50) == 0 {
        format!("0.{:06}", random.below(1_000_000))
    } else {
        "1".to_owned()
    };
    let (os, operation) = if of.windows {
        ("Windows", "RunInstances:0002")
    } else {
        ("Linux", "RunInstances")
    };
    let (start, end, zone) = (time(hour), time(hour + 1), of.zone);
    writeln!(
        out,
        "2026-10-01T00:00:00.000Z,EUINV26-1234567,111122223333,{:016x}{:016x}{:016x}abcd,{start}/{end},{region}{zone},{rate},USD,\"${rate} per On Demand {os} {kind} Instance Hour\",Usage,{rate},{factor},{operation},AmazonEC2,{},{rate},{rate},{},{amount},{end},{start},{prefix}BoxUsage:{kind},{rate},{rate},Hrs,\"{{\"\"operating_system\"\":\"\"{os}\"\",\"\"tenancy\"\":\"\"Shared\"\",\"\"pre_installed_sw\"\":\"\"NA\"\"}}\",{kind},{region},,\"{{\"\"user_team\"\":\"\"team-{}\"\"}}\"",
        random.below(u64::MAX),
        random.below(u64::MAX),
        random.below(u64::MAX),
        of.id,
        of.account,
        of.team
    )
}

fn other(
    out: &mut impl Write,
    of: &Instance,
    hour: u64,
    random: &mut Random,
) -> std::io::Result<()> {
    let (region, prefix) = of.region;
    let (service, usage_type, operation, unit) = match random.below(3) {
        0 => (
            "AmazonEC2",
            "EBS:VolumeUsage.gp3",
            "CreateVolume-Gp3",
            "GB-Mo",
        ),
        1 => (
            "AWSDataTransfer",
            "DataTransfer-Regional-Bytes",
            "InterZone-Out",
            "GB",
        ),
        _ => ("AmazonS3", "Requests-Tier1", "PutObject", "Requests"),
    };
    let (start, end) = (time(hour), time(hour + 1));
    let (cost, amount) = (random.below(100_000), random.below(1_000_000));
    writeln!(
        out,
        "2026-10-01T00:00:00.000Z,EUINV26-1234567,111122223333,{:016x}{:016x}{:016x}efgh,{start}/{end},,0.{cost:06},USD,\"{usage_type} in {region}, per {unit}\",Usage,0.{cost:06},,{operation},{service},vol-{:017x},0.{cost:06},0.08,{},0.{amount:06},{end},{start},{prefix}{usage_type},0.{cost:06},0.08,{unit},{{}},,{region},,{{}}",
        random.below(u64::MAX),
        random.below(u64::MAX),
        random.below(u64::MAX),
        random.below(1 << 60),
        of.account
    )
}
