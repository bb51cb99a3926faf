//! Story 3: Windows beside Linux, with commitments that run out inside the window and a move to newer machines.

use super::clock::{Hour, hours};
use super::csv::{Amount, Usage, Who};
use super::shape::{Load, Pool};

const WORKS: &str = "111122223333";
const SUBSIDIARY: &str = "444455556666";

/// Day of the window on which the web tier begins to move from m5 to m6i, and days the move takes.
const MOVE: (i64, i64) = (33, 40);

const fn ireland(
    zone: &'static str,
    instance_type: &'static str,
    system: &'static str,
    team: &'static str,
) -> Who {
    Who {
        account: WORKS,
        region: "eu-west-1",
        zone,
        instance_type,
        system,
        team,
    }
}

const fn virginia(instance_type: &'static str, system: &'static str, team: &'static str) -> Who {
    Who {
        account: SUBSIDIARY,
        region: "us-east-1",
        zone: "us-east-1b",
        instance_type,
        system,
        team,
    }
}

const OLD_WEB: Who = ireland("eu-west-1a", "m5.xlarge", "linux", "portal");
const NEW_WEB: Who = ireland("eu-west-1a", "m6i.xlarge", "linux", "portal");

const PARTS: [(Who, i64, Load); 8] = [
    (
        ireland("eu-west-1a", "m5.2xlarge", "windows", "erp"),
        1,
        Load::Steady(10),
    ),
    (
        ireland("eu-west-1b", "m5.xlarge", "windows", "desktops"),
        1,
        Load::Office { day: 26, night: 4 },
    ),
    (
        ireland("eu-west-1b", "m5.2xlarge", "windows+sql-std", "erp"),
        1,
        Load::Steady(2),
    ),
    (
        ireland("eu-west-1a", "r5.2xlarge", "linux", "database"),
        1,
        Load::Steady(7),
    ),
    (
        ireland("eu-west-1b", "r5.2xlarge", "linux", "database"),
        1,
        Load::Steady(3),
    ),
    (
        ireland("eu-west-1c", "m5.large", "linux", "services"),
        1,
        Load::Steady(14),
    ),
    (
        virginia("m5.large", "linux", "portal"),
        -4,
        Load::Visitors { floor: 6, peak: 18 },
    ),
    (
        virginia("m5.xlarge", "windows", "desktops"),
        -4,
        Load::Office { day: 9, night: 1 },
    ),
];

/// The usage file.
pub(super) fn usage() -> String {
    let mut usage = Usage::of_counts(true);
    let part = |(&(who, clock, load), stream)| (who, Pool::new(load, clock, stream));
    let mut pools: Vec<(Who, Pool)> = PARTS.iter().zip(300..).map(part).collect();
    let mut web = Pool::new(
        Load::Visitors {
            floor: 12,
            peak: 26,
        },
        1,
        320,
    );
    for hour in hours() {
        for (who, pool) in &mut pools {
            let count = pool.count(hour, level);
            usage.add(hour, *who, Amount::Count(count));
        }
        let count = web.count(hour, level);
        let moved = moved(count, hour.day());
        usage.add(hour, OLD_WEB, Amount::Count(count - moved));
        usage.add(hour, NEW_WEB, Amount::Count(moved));
    }
    usage.into_text()
}

/// How many of `count` machines of the web tier run on the new family by this day.
fn moved(count: i64, day: i64) -> i64 {
    let (first, days) = MOVE;
    (count * (day - first).clamp(0, days)).div_euclid(days)
}

/// Visitors neither grow nor shrink.
const fn level(_: Hour) -> i64 {
    1_000
}
