//! Which of our items a row of an offer file prices: `pricing-data/services/usage-types.csv` says it by usage type.

use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::FixedState;

use super::product::{self, Attributes, Left, region_by_name};
use super::value;
use crate::catalog::{Region, ServiceItem};
use crate::diagnostics::Diagnostic;
pub(super) use crate::prices::service::HOSTS;

/// What stands for the other region in the name of an item.
const ANY: &str = "*";
const OTHER_PLACE: &str = "is of data to a place that is not a known region";

/// A line of the table.
#[derive(Debug)]
struct Line {
    table: &'static str,
    item: &'static str,
    unit: &'static str,
    tier_start: u64,
    offers: &'static str,
    operation: &'static str,
    family: &'static str,
    aws_units: &'static str,
}

/// What a row prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meaning {
    /// Our name for the kind: `nat-gateway`, `ebs`.
    pub(super) table: &'static str,
    pub(super) item: ServiceItem,
    /// Our unit.
    pub(super) unit: &'static str,
    /// Where the row's price starts, if AWS makes a SKU of each tier; else its ranges say it.
    pub(super) tier_start: u64,
    /// AWS's units that are ours, by spaces.
    aws_units: &'static str,
}

/// The attributes that rows of services have beside those of instances.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ServiceAttributes<'a> {
    /// `AWS Region`, `AWS Local Zone`, `AWS Outposts`.
    pub(super) location_type: &'a str,
    /// Where data comes from: region code and location.
    pub(super) from: (&'a str, &'a str),
    /// Where it goes: region code and location.
    pub(super) to: (&'a str, &'a str),
}

impl Meaning {
    /// A price by another unit would be another price: 1 GiBps is 1,024 MiBps.
    pub(super) fn check_unit(&self, unit: &str) -> Result<(), Diagnostic> {
        if self
            .aws_units
            .split(' ')
            .any(|known| known.eq_ignore_ascii_case(unit))
        {
            return Ok(());
        }
        let expected = format!(
            "{} is priced by {}",
            self.item,
            self.aws_units.replace(' ', " or ")
        );
        Err(value::word("unit", unit, &expected))
    }
}

static LINES: LazyLock<HashMap<&'static str, Vec<Line>, FixedState>> = LazyLock::new(|| {
    let text: &'static str = include_str!("../../../pricing-data/services/usage-types.csv");
    let mut lines: HashMap<_, Vec<Line>, _> = HashMap::default();
    for (usage_type, line) in text.lines().skip(1).filter_map(line) {
        lines.entry(usage_type).or_default().push(line);
    }
    lines
});

fn line(text: &'static str) -> Option<(&'static str, Line)> {
    let mut cells = text.split(',');
    let mut next = || cells.next();
    let (table, item, unit) = (next()?, next()?, next()?);
    let tier_start = next()?.parse().ok()?;
    let (offers, usage_type) = (next()?, next()?);
    let line = Line {
        table,
        item,
        unit,
        tier_start,
        offers,
        operation: next()?,
        family: next()?,
        aws_units: next()?,
    };
    Some((usage_type, line))
}

/// The kind and unit of an item that the table names, for tables that people type.
pub(super) fn item(name: &str) -> Option<(&'static str, &'static str)> {
    let named = |line: &&Line| match line.item.strip_suffix(ANY) {
        Some(head) => name.starts_with(head),
        None => line.item == name,
    };
    let line = LINES.values().flatten().find(named)?;
    Some((line.table, line.unit))
}

/// The names of the table's items.
pub(super) fn items() -> impl Iterator<Item = &'static str> {
    LINES.values().flatten().map(|line| line.item)
}

/// The items that a row of an offer prices, and where; none if it prices none of ours.
///
/// # Errors
/// A region that is not known, a unit that is not the item's.
pub(super) fn of_row(
    offer: &str,
    row: &Attributes<'_>,
    more: &ServiceAttributes<'_>,
) -> Result<(Region, Vec<Meaning>), Left> {
    if row.family == "Dedicated Host" {
        return of_host(row);
    }
    let none = || Left::Family(row.family.to_owned());
    let (known, heads) = lines(row.usage_type).ok_or_else(none)?;
    let fits = |line: &&Line| {
        let is_operation = match line.operation {
            ANY => true,
            "" => row.operation.is_empty(),
            operation if row.operation.is_empty() => {
                line.family == row.family && !operation.is_empty()
            }
            operation => operation == row.operation,
        };
        let on_outposts = line.item.contains("outposts");
        is_operation
            && line.offers.split(' ').any(|known| known == offer)
            && (more.location_type == "AWS Outposts") <= on_outposts
    };
    let lines: Vec<&Line> = known.iter().filter(fits).collect();
    let Some(first) = lines.first() else {
        return Err(none());
    };
    let region = place(row, more, &heads)?;
    let to = if first.item.ends_with(ANY) {
        Some(destination(more, &heads)?)
    } else if heads.len() > 1 && region.is_region() {
        // `USW2-LAX1-...` is of a zone, whatever else the row says.
        return Err(none());
    } else {
        None
    };
    let mut meanings = Vec::with_capacity(lines.len());
    for line in lines {
        let name = to.map_or_else(
            || line.item.to_owned(),
            |to: Region| line.item.replace(ANY, to.as_str()),
        );
        let item = name.parse().map_err(|_| none())?;
        meanings.push(Meaning {
            table: line.table,
            item,
            unit: line.unit,
            tier_start: line.tier_start,
            aws_units: line.aws_units,
        });
    }
    Ok((region, meanings))
}

/// The lines of a usage type, and the heads that stood before it: `USW2` and `LAX1` of `USW2-LAX1-NatGateway-Hours`.
fn lines(usage_type: &str) -> Option<(&'static [Line], Vec<&str>)> {
    let (mut rest, mut heads) = (usage_type, Vec::new());
    loop {
        if let Some(lines) = LINES.get(rest) {
            return Some((lines, heads));
        }
        let (head, tail) = rest.split_once('-')?;
        let is_head = !head.is_empty()
            && head
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if !is_head || heads.len() >= 2 {
            return None;
        }
        heads.push(head);
        rest = tail;
    }
}

/// Where a row's price holds; of data, where it comes from.
fn place(
    row: &Attributes<'_>,
    more: &ServiceAttributes<'_>,
    heads: &[&str],
) -> Result<Region, Left> {
    let mut row = *row;
    let (code, location) = more.from;
    if row.region_code.is_empty() && !code.is_empty() {
        row.region_code = code;
    }
    if row.location.is_empty() {
        row.location = location;
    }
    if row.region_code.is_empty() && matches!(row.location, "" | "Any") {
        // The first head alone says the region: `USE1-EU-AWS-Out-Bytes` is of data from us-east-1.
        let head = heads.first().copied().unwrap_or_default();
        if let Some(region) = Region::from_usage_type_prefix(head) {
            return Ok(region);
        }
    }
    Ok(product::region(&row)?)
}

/// Where data of a row goes.
fn destination(more: &ServiceAttributes<'_>, heads: &[&str]) -> Result<Region, Left> {
    let (code, location) = more.to;
    let by_head = || Region::from_usage_type_prefix(heads.get(1)?);
    let found = match (code, location) {
        ("", "") => by_head(),
        ("", location) => region_by_name(location),
        (code, _) => code.parse().ok(),
    };
    found.ok_or(Left::Skip(OTHER_PLACE))
}

/// The Dedicated Host that a row prices, as an item of its own, and where.
fn of_host(row: &Attributes<'_>) -> Result<(Region, Vec<Meaning>), Left> {
    let none = || Left::Family(row.family.to_owned());
    let (head, family) = row.usage_type.split_once(':').ok_or_else(none)?;
    let is_host = ["HostUsage", "ReservedHostUsage"]
        .iter()
        .any(|word| head.rsplit('-').next() == Some(word));
    if !is_host || !matches!(row.operation, "" | "RunInstances") {
        return Err(none());
    }
    let meaning = Meaning {
        table: HOSTS,
        item: ServiceItem::dedicated_host(family).map_err(|_| none())?,
        unit: "hour",
        tier_start: 0,
        aws_units: "Hrs Quantity",
    };
    Ok((product::region(row)?, vec![meaning]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: ServiceAttributes<'_> = ServiceAttributes {
        location_type: "",
        from: ("", ""),
        to: ("", ""),
    };

    fn found(
        offer: &str,
        usage_type: &str,
        operation: &str,
        unit: &str,
        more: ServiceAttributes<'_>,
    ) -> Result<Vec<String>, Left> {
        let row = Attributes {
            usage_type,
            operation,
            family: "Made up",
            ..Attributes::default()
        };
        let (region, meanings) = of_row(offer, &row, &more)?;
        meanings.iter().try_for_each(|m| m.check_unit(unit))?;
        let names = meanings
            .iter()
            .map(|m| format!("{} in {region} from {}", m.item, m.tier_start));
        Ok(names.collect())
    }

    const ROWS: &str = "\
AmazonEC2,EU-NatGateway-Hours,NatGateway,Hrs,nat-gateway-hour in eu-west-1 from 0
AmazonEC2,NatGateway-Bytes,NatGateway,GB,nat-gateway-gb in us-east-1 from 0
AmazonEC2,EU-EBS:VolumeP-IOPS.io2.tier2,,IOPS-Mo,ebs-io2-iops-month in eu-west-1 from 32000
AWSELB,EU-TS-LoadBalancerUsage,LoadBalancing:Application,Hrs,application-load-balancer-trust-store-hour in eu-west-1 from 0
AWSELB,EU-LCUUsage,LoadBalancing:Network,LCU-Hrs,network-load-balancer-lcu-hour in eu-west-1 from 0
AmazonEC2,EU-APN2-AWS-Out-Bytes,,GB,inter-region-gb-to-ap-northeast-2 in eu-west-1 from 0
AmazonECS,EU-Fargate-vCPU-Hours:perCPU,,hours,fargate-linux-x86-vcpu-hour in eu-west-1 from 0";

    #[test]
    fn usage_types_name_items() {
        // Usage types, units and SKUs as AWS publishes them (../shared/prices/misc_euwest1_2023-02).
        for row in ROWS.lines() {
            let cells: Vec<&str> = row.split(',').collect();
            let &[offer, usage_type, operation, aws, says] = &cells[..] else {
                panic!("{row}");
            };
            let names = found(offer, usage_type, operation, aws, NONE).unwrap();
            assert_eq!(names, [says], "{usage_type}");
        }
        // Both ends pay: one SKU, two items.
        assert_eq!(
            found(
                "AWSDataTransfer",
                "EU-DataTransfer-Regional-Bytes",
                "",
                "GB",
                NONE
            )
            .unwrap(),
            [
                "inter-az-in-gb in eu-west-1 from 0",
                "inter-az-out-gb in eu-west-1 from 0"
            ]
        );
    }

    #[test]
    fn what_is_not_ours_is_left_and_another_unit_is_wrong() {
        let skipped = |offer: &str, usage_type: &str, operation: &str, more| {
            matches!(
                found(offer, usage_type, operation, "GB", more),
                Err(Left::Family(_))
            )
        };
        assert!(skipped(
            "AmazonEC2",
            "EU-NatGateway-Prvd-Bytes",
            "NatGateway",
            NONE
        ));
        assert!(skipped("AmazonEC2", "EU-Request", "", NONE));
        assert!(skipped("AWSLambda", "Global-Request", "", NONE));
        assert!(skipped(
            "AWSDataTransfer",
            "EU-DataTransfer-Regional-Bytes",
            "LoadBalancing",
            NONE
        ));
        // A zone's row must say which zone.
        assert!(skipped(
            "AmazonEC2",
            "USW2-LAX1-EBS:VolumeUsage.gp3",
            "",
            ServiceAttributes {
                from: ("us-west-2", ""),
                ..NONE
            }
        ));
        let outposts = ServiceAttributes {
            location_type: "AWS Outposts",
            ..NONE
        };
        assert!(skipped("AmazonEC2", "EU-EBS:VolumeUsage.gp2", "", outposts));
        let mebi = found(
            "AmazonEC2",
            "EU-EBS:VolumeP-Throughput.gp3",
            "",
            "MiBps-mo",
            NONE,
        );
        assert!(matches!(mebi, Err(Left::Wrong(_))));
        let edge = ServiceAttributes {
            to: ("", "Somewhere"),
            ..NONE
        };
        let nowhere = found("AWSDataTransfer", "USE1-XYZ-AWS-Out-Bytes", "", "GB", edge);
        assert!(matches!(nowhere, Err(Left::Skip(OTHER_PLACE))));
    }

    #[test]
    fn every_line_of_the_table_reads() {
        let text = include_str!("../../../pricing-data/services/usage-types.csv");
        assert_eq!(
            LINES.values().map(Vec::len).sum::<usize>(),
            text.lines().count() - 1
        );
    }
}
