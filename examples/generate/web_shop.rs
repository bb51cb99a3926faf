//! Story 1: a web shop in three regions, with its databases, its caches and a Windows back office.

use super::clock::{Hour, hours};
use super::csv::{Amount, Usage, Who};
use super::shape::{Load, Pool};

const SHOP: &str = "111122223333";
const OFFICE: &str = "444455556666";

/// Hours ahead of UTC in summer: New York, Dublin, Seoul.
const CLOCKS: [(&str, i64); 3] = [("us-east-1", -4), ("eu-west-1", 1), ("ap-northeast-2", 9)];

/// What one part of the shop runs: account, region, type, system, team, load.
type Part = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Load,
);

const fn visitors(floor: i64, peak: i64) -> Load {
    Load::Visitors { floor, peak }
}

const fn office(day: i64, night: i64) -> Load {
    Load::Office { day, night }
}

const PARTS: [Part; 21] = [
    (
        SHOP,
        "us-east-1",
        "m7g.xlarge",
        "linux",
        "web",
        visitors(14, 44),
    ),
    (
        SHOP,
        "us-east-1",
        "c7g.xlarge",
        "linux",
        "api",
        visitors(8, 30),
    ),
    (
        SHOP,
        "us-east-1",
        "c7g.2xlarge",
        "linux",
        "search",
        visitors(6, 14),
    ),
    (
        SHOP,
        "us-east-1",
        "m6i.2xlarge",
        "linux",
        "orders",
        visitors(8, 18),
    ),
    (
        SHOP,
        "us-east-1",
        "r6i.4xlarge",
        "linux",
        "database",
        Load::Steady(4),
    ),
    (
        SHOP,
        "us-east-1",
        "r6i.2xlarge",
        "linux",
        "database",
        Load::Steady(6),
    ),
    (
        SHOP,
        "us-east-1",
        "r7g.xlarge",
        "linux",
        "cache",
        Load::Steady(10),
    ),
    (
        OFFICE,
        "us-east-1",
        "m6i.large",
        "linux",
        "staging",
        office(16, 3),
    ),
    (
        OFFICE,
        "us-east-1",
        "m6i.xlarge",
        "windows",
        "back-office",
        office(12, 2),
    ),
    (
        OFFICE,
        "us-east-1",
        "t3.medium",
        "linux",
        "tools",
        office(20, 12),
    ),
    (
        SHOP,
        "eu-west-1",
        "m7g.xlarge",
        "linux",
        "web",
        visitors(8, 30),
    ),
    (
        SHOP,
        "eu-west-1",
        "c7g.xlarge",
        "linux",
        "api",
        visitors(5, 18),
    ),
    (
        SHOP,
        "eu-west-1",
        "m6i.2xlarge",
        "linux",
        "orders",
        visitors(4, 10),
    ),
    (
        SHOP,
        "eu-west-1",
        "r6i.2xlarge",
        "linux",
        "database",
        Load::Steady(5),
    ),
    (
        SHOP,
        "eu-west-1",
        "r7g.large",
        "linux",
        "cache",
        Load::Steady(8),
    ),
    (
        OFFICE,
        "eu-west-1",
        "m6i.large",
        "windows",
        "back-office",
        office(10, 1),
    ),
    (
        OFFICE,
        "eu-west-1",
        "t3.large",
        "linux",
        "tools",
        office(8, 4),
    ),
    (
        SHOP,
        "ap-northeast-2",
        "m7g.large",
        "linux",
        "web",
        visitors(6, 26),
    ),
    (
        SHOP,
        "ap-northeast-2",
        "c7g.large",
        "linux",
        "api",
        visitors(4, 16),
    ),
    (
        SHOP,
        "ap-northeast-2",
        "r6i.xlarge",
        "linux",
        "database",
        Load::Steady(4),
    ),
    (
        SHOP,
        "ap-northeast-2",
        "r7g.large",
        "linux",
        "cache",
        Load::Steady(4),
    ),
];

/// The usage file.
pub(super) fn usage() -> String {
    let mut usage = Usage::of_counts(false);
    let mut pools: Vec<(Who, Pool)> = PARTS.iter().zip(100..).map(pool).collect();
    for hour in hours() {
        for (who, pool) in &mut pools {
            let count = match who.region {
                "ap-northeast-2" => pool.count(hour, young_market),
                _ => pool.count(hour, season),
            };
            usage.add(hour, *who, Amount::Count(count));
        }
    }
    usage.into_text()
}

fn pool((&part, stream): (&Part, u64)) -> (Who, Pool) {
    let (account, region, instance_type, system, team, load) = part;
    let home = CLOCKS.iter().find(|&&(code, _)| code == region);
    let clock = home.map_or(0, |&(_, clock)| clock);
    let who = Who {
        account,
        region,
        zone: "",
        instance_type,
        system,
        team,
    };
    (who, Pool::new(load, clock, stream))
}

/// Eight per cent more visitors over the quarter, a summer sale and the weeks after the holidays.
fn season(hour: Hour) -> i64 {
    let growth = 1_000 + (hour.index() * 80).div_euclid(super::clock::HOURS);
    let event = match hour.day() {
        13..=16 => 155,
        62..=75 => 118,
        _ => 100,
    };
    (growth * event).div_euclid(100)
}

/// Seoul opened in spring and still grows by half in a quarter.
fn young_market(hour: Hour) -> i64 {
    700 + (hour.index() * 350).div_euclid(super::clock::HOURS)
}
