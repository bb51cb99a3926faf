//! Writes a made-up offer file of AmazonEC2 (CSV in today's layout, or JSON) of any length: the same arguments give the
//! same bytes.
//!
//! `cargo run --release --example generate-offer -- MEGABYTES OUT.csv|OUT.json [SEED]`

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};

/// The columns of 2026-05, in AWS's order.
const HEAD: &str = r#""SKU","OfferTermCode","RateCode","TermType","PriceDescription","EffectiveDate","StartingRange","EndingRange","Unit","PricePerUnit","Currency","RelatedTo","LeaseContractLength","PurchaseOption","OfferingClass","Product Family","serviceCode","Location","Location Type","Instance Type","Current Generation","Instance Family","vCPU","Physical Processor","Clock Speed","Memory","Storage","Network Performance","Processor Architecture","Storage Media","Volume Type","Max Volume Size","Max IOPS/volume","Max IOPS Burst Performance","Max throughput/volume","Provisioned","Tenancy","EBS Optimized","Operating System","License Model","Group","Group Description","To Location","usageType","operation","AvailabilityZone","CapacityStatus","ClassicNetworkingSupport","Dedicated EBS Throughput","Dedicated EBS Throughput Description","ECU","Enhanced Networking Supported","GPU","GPU Memory","Instance","Instance Capacity - 10xlarge","Instance Capacity - 12xlarge","Instance Capacity - 16xlarge","Instance Capacity - 18xlarge","Instance Capacity - 24xlarge","Instance Capacity - 2xlarge","Instance Capacity - 32xlarge","Instance Capacity - 4xlarge","Instance Capacity - 8xlarge","Instance Capacity - 9xlarge","Instance Capacity - large","Instance Capacity - medium","Instance Capacity - metal","Instance Capacity - xlarge","Instance Family Category","instanceSKU","Intel AVX2 Available","Intel AVX Available","Intel Turbo Available","MarketOption","Normalization Size Factor","Physical Cores","Pre Installed S/W","Processor Features","Product Type","Region Code","Resource Type","serviceName","SnapshotArchiveFeeType","To Region Code","Volume API Name","VPCNetworkingSupport""#;

const FAMILIES: [&str; 20] = [
    "m5", "m5a", "m6i", "m6g", "m7i", "m7g", "c5", "c6i", "c6g", "c7i", "r5", "r6i", "r6g", "r7i",
    "t3", "t4g", "i3", "i4i", "x2idn", "m7a",
];
const REGIONS: [(&str, &str); 10] = [
    ("us-east-1", "US East (N. Virginia)"),
    ("us-east-2", "US East (Ohio)"),
    ("us-west-1", "US West (N. California)"),
    ("us-west-2", "US West (Oregon)"),
    ("eu-west-1", "EU (Ireland)"),
    ("eu-west-2", "EU (London)"),
    ("eu-central-1", "EU (Frankfurt)"),
    ("ap-northeast-1", "Asia Pacific (Tokyo)"),
    ("ap-northeast-2", "Asia Pacific (Seoul)"),
    ("sa-east-1", "South America (Sao Paulo)"),
];
/// Operation, operating system.
const PLATFORMS: [(&str, &str); 17] = [
    ("RunInstances", "Linux"),
    ("RunInstances:0002", "Windows"),
    ("RunInstances:0800", "Windows"),
    ("RunInstances:0010", "RHEL"),
    ("RunInstances:1010", "Red Hat Enterprise Linux with HA"),
    ("RunInstances:000g", "SUSE"),
    ("RunInstances:0g00", "Ubuntu Pro"),
    ("RunInstances:0004", "Linux"),
    ("RunInstances:0100", "Linux"),
    ("RunInstances:0200", "Linux"),
    ("RunInstances:0006", "Windows"),
    ("RunInstances:0102", "Windows"),
    ("RunInstances:0202", "Windows"),
    ("RunInstances:0014", "RHEL"),
    ("RunInstances:0110", "RHEL"),
    ("RunInstances:0210", "RHEL"),
    ("RunInstances:1014", "Red Hat Enterprise Linux with HA"),
];
/// Sizes there are for each family; the last are only made up when the file is to be that long.
const SIZES: u64 = 64;

/// Everything of one SKU but its prices.
struct Sku {
    code: String,
    region: (&'static str, &'static str),
    kind: String,
    tenancy: &'static str,
    platform: (&'static str, &'static str),
    capacity: &'static str,
    dollars: u64,
}

/// The next number of a sequence that a seed begins.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The SKU of a number: every product once.
fn sku(number: u64, seed: u64) -> Sku {
    let mut rest = number;
    let mut choose = |count: usize| {
        let count = count as u64;
        let at = rest % count;
        rest = rest.div_euclid(count);
        usize::try_from(at).unwrap_or(0)
    };
    let (tenancy, capacity) = [
        ("Shared", "Used"),
        ("Dedicated", "Used"),
        ("Shared", "UnusedCapacityReservation"),
    ][choose(3)];
    let platform = PLATFORMS[choose(PLATFORMS.len())];
    let region = REGIONS[choose(REGIONS.len())];
    let family = FAMILIES[choose(FAMILIES.len())];
    let size = 1 + choose(usize::try_from(SIZES).unwrap_or(1));
    let mut state = seed ^ number;
    let hash = (u128::from(next(&mut state)) << 64) | u128::from(next(&mut state));
    let letters = b"ABCDEFGHJKMNPQRSTUVWXYZ23456789";
    let letters_of_it = (0..16).map(|place| {
        let digit = (hash >> (8 * place)) & 0xff;
        char::from(letters[usize::try_from(digit).unwrap_or(0) % letters.len()])
    });
    Sku {
        code: letters_of_it.collect(),
        region,
        kind: format!("{family}.{size}xlarge"),
        tenancy,
        platform,
        capacity,
        dollars: 1_000 + next(&mut state) % 90_000,
    }
}

/// Term code, lease, payment option, class, unit of every price of a SKU; On-Demand first.
fn prices(used: bool) -> Vec<[&'static str; 5]> {
    let mut prices = vec![["JRTCKXETXF", "", "", "", "Hrs"]];
    let codes = [
        "4NA7Y494T4",
        "HU7G6KETJZ",
        "6QCMYABX3D",
        "BPH4J8HBKS",
        "38NPMPTW36",
        "NQ3QZPMQV9",
        "7NE97W5U4E",
        "CUZHX8X6JH",
        "VJWZNREJX2",
        "Z2E3P23VKM",
        "R5XV2EPZQZ",
        "MZU6U2429S",
    ];
    let mut codes = codes.into_iter();
    for class in ["standard", "convertible"] {
        for lease in ["1yr", "3yr"] {
            for paid in ["No Upfront", "Partial Upfront", "All Upfront"] {
                let code = codes.next().unwrap_or_default();
                prices.push([code, lease, paid, class, "Hrs"]);
                if paid != "No Upfront" {
                    prices.push([code, lease, paid, class, "Quantity"]);
                }
            }
        }
    }
    prices.truncate(if used { prices.len() } else { 1 });
    prices
}

/// What a price is: thousandths of a cent an hour, or whole dollars at once.
fn amount(sku: &Sku, price: [&str; 5]) -> String {
    let [_, _, paid, _, unit] = price;
    match (paid, unit) {
        ("All Upfront", "Hrs") => "0.0000000000".to_owned(),
        (_, "Quantity") => (sku.dollars % 50_000 + 1).to_string(),
        _ => format!(
            "{}.{:05}00000",
            sku.dollars.div_euclid(100_000),
            sku.dollars % 100_000
        ),
    }
}

fn csv_row(out: &mut impl Write, sku: &Sku, price: [&str; 5]) -> std::io::Result<()> {
    let [code, lease, paid, class, unit] = price;
    let (name, (region, location), (operation, os)) = (&sku.code, sku.region, sku.platform);
    let (rate, usd) = (
        if unit == "Hrs" {
            "6YS6EN2CT7"
        } else {
            "2TG2D8R56U"
        },
        amount(sku, price),
    );
    let (term, text) = if lease.is_empty() {
        (
            "OnDemand",
            format!("${usd} per On Demand {os} {} Instance Hour", sku.kind),
        )
    } else {
        (
            "Reserved",
            format!("{os} (Amazon VPC), {} reserved instance applied", sku.kind),
        )
    };
    let (from, to) = if unit == "Hrs" {
        ("\"0\"", "\"Inf\"")
    } else {
        ("", "")
    };
    let (kind, tenancy, capacity) = (&sku.kind, sku.tenancy, sku.capacity);
    writeln!(
        out,
        r#""{name}","{code}","{name}.{code}.{rate}","{term}","{text}","2026-05-01",{from},{to},"{unit}","{usd}","USD",,"{lease}","{paid}","{class}","Compute Instance","AmazonEC2","{location}","AWS Region","{kind}","Yes","General purpose","8","Intel Xeon 8375C (Ice Lake)","3.5 GHz","32 GiB","EBS only","Up to 12500 Megabit","64-bit",,,,,,,,"{tenancy}",,"{os}","No License required",,,,"{region}-BoxUsage:{kind}","{operation}","NA","{capacity}","false","Up to 10000 Mbps",,"NA","Yes",,"NA",,,,,,,,,,,,,,,,,,"Yes","Yes","Yes","OnDemand","4",,"NA","Intel AVX; Intel AVX2; Intel AVX512; Intel Turbo",,"{region}",,"Amazon Elastic Compute Cloud",,,,"true""#
    )
}

/// Unit, price, product family, usage type and operation of what a region sells beside instances; the last has no item
/// in a price book.
const SERVICES: [[&str; 5]; 9] = [
    [
        "Hrs",
        "0.0450000000",
        "NAT Gateway",
        "NatGateway-Hours",
        "NatGateway",
    ],
    [
        "GB",
        "0.0450000000",
        "NAT Gateway",
        "NatGateway-Bytes",
        "NatGateway",
    ],
    [
        "GB-Mo",
        "0.0800000000",
        "Storage",
        "EBS:VolumeUsage.gp3",
        "",
    ],
    [
        "GB-Mo",
        "0.0500000000",
        "Storage Snapshot",
        "EBS:SnapshotUsage",
        "",
    ],
    [
        "IOPS-Mo",
        "0.0650000000",
        "System Operation",
        "EBS:VolumeP-IOPS.io2",
        "",
    ],
    [
        "IOPS-Mo",
        "0.0455000000",
        "System Operation",
        "EBS:VolumeP-IOPS.io2.tier2",
        "",
    ],
    [
        "IOPS-Mo",
        "0.0318500000",
        "System Operation",
        "EBS:VolumeP-IOPS.io2.tier3",
        "",
    ],
    [
        "Hrs",
        "5.0690000000",
        "Dedicated Host",
        "HostUsage:m5",
        "RunInstances",
    ],
    [
        "vCPU-Hours",
        "0.0500000000",
        "CPU Credits",
        "CPUCredits:t3",
        "",
    ],
];

/// A row of something that is no instance.
fn csv_service(
    out: &mut impl Write,
    number: usize,
    (region, location): (&str, &str),
    [unit, usd, family, usage_type, operation]: [&str; 5],
) -> std::io::Result<()> {
    let code = format!("SERVICE{number:09}");
    let before = format!(
        r#""{code}","JRTCKXETXF","{code}.JRTCKXETXF.6YS6EN2CT7","OnDemand","made up","2026-05-01","0","Inf","{unit}","{usd}","USD",,,,,"{family}","AmazonEC2","{location}","AWS Region""#
    );
    // Empty up to the usage type, and behind the operation up to the region code.
    let (to_usage, to_region) = (",".repeat(25), ",".repeat(36));
    writeln!(
        out,
        r#"{before}{to_usage}"{usage_type}","{operation}"{to_region}"{region}",,"Amazon Elastic Compute Cloud",,,,"#
    )
}

fn csv(out: &mut impl Write, bytes: u64, seed: u64) -> std::io::Result<()> {
    for line in [
        r#""FormatVersion","v1.0""#,
        r#""Disclaimer","made up""#,
        r#""Publication Date","2026-05-12T00:00:00Z""#,
        r#""Version","20260512000000""#,
        r#""OfferCode","AmazonEC2""#,
        HEAD,
    ] {
        writeln!(out, "{line}")?;
    }
    let services = REGIONS
        .iter()
        .flat_map(|region| SERVICES.map(|service| (*region, service)));
    for (number, (region, service)) in services.enumerate() {
        csv_service(out, number, region, service)?;
    }
    let mut row = Vec::new();
    let (mut written, mut number) = (0, 0);
    while written < bytes {
        let sku = sku(number, seed);
        for price in prices(sku.capacity == "Used") {
            row.clear();
            csv_row(&mut row, &sku, price)?;
            out.write_all(&row)?;
            written += row.len() as u64;
        }
        number += 1;
    }
    Ok(())
}

/// A SKU takes about so many bytes of JSON: its product, and a third of it with 21 prices.
const JSON_SKU: u64 = 7_000;

fn json(out: &mut impl Write, bytes: u64, seed: u64) -> std::io::Result<()> {
    let count = bytes.div_euclid(JSON_SKU);
    writeln!(
        out,
        "{{\n  \"formatVersion\" : \"v1.0\",\n  \"offerCode\" : \"AmazonEC2\",\n  \"version\" : \"20260512000000\",\n  \"publicationDate\" : \"2026-05-12T00:00:00Z\",\n  \"products\" : {{"
    )?;
    for number in 0..count {
        let one = sku(number, seed);
        let comma = if number + 1 < count { "," } else { "" };
        let (name, (region, location), (operation, os)) = (&one.code, one.region, one.platform);
        writeln!(
            out,
            "    \"{name}\" : {{\n      \"sku\" : \"{name}\",\n      \"productFamily\" : \"Compute Instance\",\n      \"attributes\" : {{\n        \"servicecode\" : \"AmazonEC2\",\n        \"location\" : \"{location}\",\n        \"regionCode\" : \"{region}\",\n        \"instanceType\" : \"{}\",\n        \"physicalProcessor\" : \"Intel Xeon 8375C (Ice Lake)\",\n        \"memory\" : \"32 GiB\",\n        \"tenancy\" : \"{}\",\n        \"operatingSystem\" : \"{os}\",\n        \"usagetype\" : \"BoxUsage:{}\",\n        \"operation\" : \"{operation}\",\n        \"capacitystatus\" : \"{}\",\n        \"marketoption\" : \"OnDemand\"\n      }}\n    }}{comma}",
            one.kind, one.tenancy, one.kind, one.capacity
        )?;
    }
    for (head, reserved) in [
        ("  },\n  \"terms\" : {\n    \"OnDemand\" : {", false),
        ("    },\n    \"Reserved\" : {", true),
    ] {
        writeln!(out, "{head}")?;
        let mut first = true;
        for one in (0..count).map(|number| sku(number, seed)) {
            let mut terms = prices(one.capacity == "Used");
            terms.retain(|price| price[1].is_empty() != reserved);
            if terms.is_empty() {
                continue;
            }
            let comma = if first { "" } else { "," };
            first = false;
            writeln!(out, "      {comma}\"{}\" : {{", one.code)?;
            let mut groups = terms.chunk_by(|one, other| one[0] == other[0]).peekable();
            while let Some(group) = groups.next() {
                json_term(out, &one, group)?;
                writeln!(
                    out,
                    "        }}{}",
                    if groups.peek().is_some() { "," } else { "" }
                )?;
            }
            writeln!(out, "      }}")?;
        }
    }
    writeln!(out, "    }}\n  }}\n}}")
}

fn json_term(out: &mut impl Write, one: &Sku, group: &[[&str; 5]]) -> std::io::Result<()> {
    let [code, lease, paid, class, _] = group[0];
    let name = &one.code;
    writeln!(
        out,
        "        \"{name}.{code}\" : {{\n          \"offerTermCode\" : \"{code}\",\n          \"sku\" : \"{name}\",\n          \"effectiveDate\" : \"2026-05-01T00:00:00Z\",\n          \"priceDimensions\" : {{"
    )?;
    for (place, price) in group.iter().enumerate() {
        let rate = if price[4] == "Hrs" {
            "6YS6EN2CT7"
        } else {
            "2TG2D8R56U"
        };
        let comma = if place + 1 < group.len() { "," } else { "" };
        let range = if price[4] == "Hrs" {
            "\n              \"beginRange\" : \"0\",\n              \"endRange\" : \"Inf\","
        } else {
            ""
        };
        writeln!(
            out,
            "            \"{name}.{code}.{rate}\" : {{\n              \"rateCode\" : \"{name}.{code}.{rate}\",\n              \"description\" : \"{} (Amazon VPC), {} reserved instance applied\",{range}\n              \"unit\" : \"{}\",\n              \"pricePerUnit\" : {{ \"USD\" : \"{}\" }},\n              \"appliesTo\" : [ ]\n            }}{comma}",
            one.platform.1,
            one.kind,
            price[4],
            amount(one, *price)
        )?;
    }
    writeln!(
        out,
        "          }},\n          \"termAttributes\" : {{ \"LeaseContractLength\" : \"{lease}\", \"OfferingClass\" : \"{class}\", \"PurchaseOption\" : \"{paid}\" }}"
    )
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, megabytes, path, seed @ ..] = &arguments[..] else {
        return Err("usage: generate-offer MEGABYTES OUT.csv|OUT.json [SEED]".into());
    };
    let bytes = megabytes.parse::<u64>()? * 1_000_000;
    let seed = seed.first().map_or(Ok(1), |seed| seed.parse())?;
    let mut out = BufWriter::new(File::create(path)?);
    if path.to_ascii_lowercase().ends_with("json") {
        json(&mut out, bytes, seed)?;
    } else {
        csv(&mut out, bytes, seed)?;
    }
    Ok(out.flush()?)
}
