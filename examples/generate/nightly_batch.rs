//! Story 2: a data team whose work runs at night, most of it able to live with Spot interruptions.

use super::clock::{Hour, hours};
use super::csv::{Amount, Usage, Who};
use super::random::Random;

const ACCOUNT: &str = "111122223333";
/// An hour in the unit of the file: three minutes.
const FULL: i64 = 20;

const fn who(region: &'static str, instance_type: &'static str, team: &'static str) -> Who {
    Who {
        account: ACCOUNT,
        region,
        zone: "",
        instance_type,
        system: "linux",
        team,
    }
}

const TRANSFORM: Who = who("us-east-1", "c7i.8xlarge", "transform");
const INGEST: Who = who("us-east-1", "c6i.4xlarge", "ingest");
const FORECAST: Who = who("us-west-2", "c7i.4xlarge", "forecast");
const EXPERIMENTS: Who = who("us-east-1", "c7i.4xlarge", "experiments");
const SCHEDULER: Who = who("us-east-1", "m7g.large", "scheduler");
const FEATURES: Who = who("us-east-1", "r7g.xlarge", "features");

/// One night's run of a job: how many machines from which hour (UTC) for how long.
struct Run {
    first_hour: i64,
    machines: i64,
    /// In twentieths of an hour.
    length: i64,
}

/// The usage file.
pub(super) fn usage() -> String {
    let mut usage = Usage::of_hours();
    let mut nights = Random::new(200);
    let mut people = Experiments {
        random: Random::new(201),
        running: 0,
    };
    let mut runs: [Run; 3] = tonight(&mut nights, 2, false);
    for hour in hours() {
        if hour.of_day(0) == 0 {
            runs = tonight(&mut nights, hour.weekday(0), hour.opens_month());
        }
        usage.add(hour, SCHEDULER, Amount::Twentieths(3 * FULL, "on-demand"));
        usage.add(hour, FEATURES, Amount::Twentieths(4 * FULL, "on-demand"));
        // A quarter of each job must not be interrupted; forecasts must not be at all.
        for ((who, spot_share), run) in [(INGEST, 75), (TRANSFORM, 75), (FORECAST, 0)]
            .iter()
            .zip(&runs)
        {
            let parts = run.parts_in(hour);
            let spot = (parts * spot_share).div_euclid(100);
            usage.add(hour, *who, Amount::Twentieths(parts - spot, "on-demand"));
            usage.add(hour, *who, Amount::Twentieths(spot, "spot"));
        }
        usage.add(
            hour,
            EXPERIMENTS,
            Amount::Twentieths(people.next(hour), "on-demand"),
        );
    }
    usage.into_text()
}

/// Ingest, transform and forecast of one night; Sunday's is the long one, a month's first the longest.
fn tonight(random: &mut Random, weekday: usize, opens_month: bool) -> [Run; 3] {
    let size = match (opens_month, weekday) {
        (true, _) => 220,
        (false, 6) => 160,
        (false, _) => 100,
    };
    let mut run = |first_hour: i64, machines: i64, hours: i64| Run {
        first_hour,
        machines: (machines * size * random.between(85, 115)).div_euclid(10_000),
        length: (hours * FULL * random.between(90, 120)).div_euclid(100),
    };
    [run(0, 24, 3), run(3, 40, 4), run(8, 18, 2)]
}

impl Run {
    /// Machine-time of the run within `hour`, in twentieths of an hour.
    fn parts_in(&self, hour: Hour) -> i64 {
        let now = i64::try_from(hour.of_day(0)).unwrap_or(0);
        let left = self.length - (now - self.first_hour) * FULL;
        if now < self.first_hour {
            return 0;
        }
        self.machines * left.clamp(0, FULL)
    }
}

/// What people try out by day: machines start now and then and run for some hours.
struct Experiments {
    random: Random,
    running: i64,
}

impl Experiments {
    fn next(&mut self, hour: Hour) -> i64 {
        let ended = (0..self.running)
            .filter(|_| self.random.chance(280))
            .count();
        self.running -= i64::try_from(ended).unwrap_or(0);
        let working = hour.weekday(-7) < 5 && (9..19).contains(&hour.of_day(-7));
        if self.random.chance(if working { 350 } else { 25 }) {
            self.running += self.random.between(1, 6);
        }
        self.running * FULL
    }
}
