//! Story 6: a week of a shop that runs on tasks and functions, with databases and a few instances beside them.

use super::clock::{Hour, hours};
use super::csv::{Amount, Usage, Who};
use super::random::Random;

const ACCOUNT: &str = "111122223333";
const REGION: &str = "us-east-1";
/// Hours of the story: the first week of the window.
const WEEK: usize = 7 * 24;

const SEARCH: Who = Who {
    account: ACCOUNT,
    region: REGION,
    zone: "",
    instance_type: "m7g.large",
    system: "linux",
    team: "search",
};

/// Names of databases as bills have them; a size of one class, and capacity that follows the load.
const AURORA: &str = "AmazonRDS/InstanceUsage:db.r7g.large/CreateDBInstance:0021";
const SERVERLESS: &str = "AmazonRDS/Aurora:ServerlessV2Usage/CreateDBInstance:0021";

/// Visitors in per cent of the busiest hour: eight in the evening of New York, and five less each hour from there.
fn visitors(hour: Hour, random: &mut Random) -> i64 {
    let from_eight = hour.of_day(-4).abs_diff(20);
    let from_eight = i64::try_from(from_eight.min(24 - from_eight)).unwrap_or(0);
    95 - 5 * from_eight + random.between(-5, 5)
}

/// Instances of the search index: four, and two more on weekdays.
pub(super) fn instances() -> String {
    let mut usage = Usage::of_counts(false);
    for hour in hours().take(WEEK) {
        let more = if hour.weekday(0) < 5 { 2 } else { 0 };
        usage.add(hour, SEARCH, Amount::Count(4 + more));
    }
    usage.into_text()
}

/// Tasks of the shop, on Fargate: they follow its visitors.
pub(super) fn tasks() -> String {
    let mut random = Random::new(600);
    let row = |(hour, next): (Hour, Hour)| {
        let count = 4 + visitors(hour, &mut random).div_euclid(5);
        let (start, end) = (hour.text(), next.text());
        format!("{start},{end},{REGION},1,2,{count},{ACCOUNT},shop")
    };
    let rows = hours().zip(hours().skip(1)).map(row).take(WEEK);
    table(
        "start,end,region,vcpu,memory_gb,tasks,account,tag:team",
        rows,
    )
}

/// Functions that make pictures smaller.
pub(super) fn functions() -> String {
    let mut random = Random::new(601);
    let row = |hour: Hour| {
        let invocations = 400 * visitors(hour, &mut random);
        let hour = hour.text();
        format!("{hour},{REGION},{invocations},900,2048,{ACCOUNT},pictures")
    };
    let head = "hour,region,invocations,duration_ms,memory_mb,account,tag:team";
    table(head, hours().map(row).take(WEEK))
}

/// A database of orders of one size, one of sessions that grows and shrinks, and the way out of a private network, which
/// no plan serves.
pub(super) fn others() -> String {
    let mut random = Random::new(602);
    let rows = hours().take(WEEK).flat_map(|hour| {
        let capacity = 2 + visitors(hour, &mut random).div_euclid(12);
        let hour = hour.text();
        let uses = [(AURORA, 2), (SERVERLESS, capacity), ("nat-gateway-hour", 1)];
        uses.map(|(item, quantity)| format!("{hour},{REGION},{item},{quantity},{ACCOUNT},shop"))
    });
    table("hour,region,item,quantity,account,tag:team", rows)
}

/// A file of rows below their head.
fn table(head: &str, rows: impl Iterator<Item = String>) -> String {
    let lines = std::iter::once(head.to_owned()).chain(rows);
    lines.map(|line| line + "\n").collect()
}
