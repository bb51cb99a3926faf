//! How many instances a part of a fleet runs in an hour: steady, following its visitors, or its office's hours.

use super::clock::Hour;
use super::random::Random;

/// What drives the number of instances.
#[derive(Clone, Copy)]
pub(super) enum Load {
    /// Always so many: databases and caches.
    Steady(i64),
    /// Autoscaled between a floor and a usual peak as visitors come and go.
    Visitors {
        /// Never fewer.
        floor: i64,
        /// On a usual evening.
        peak: i64,
    },
    /// So many in working hours, few outside.
    Office {
        /// Monday to Friday, 8 to 18 local time.
        day: i64,
        /// Otherwise.
        night: i64,
    },
}

/// What the business does to a story's visitors: per mille of the usual number.
pub(super) type Season = fn(Hour) -> i64;

/// Share of the span between floor and peak by local hour, per mille: quiet at four, busiest at eight in the evening.
const DAY: [i64; 24] = [
    300, 190, 110, 60, 40, 60, 120, 230, 370, 480, 560, 610, 660, 640, 620, 630, 680, 760, 860,
    950, 1_000, 960, 760, 500,
];

/// Visitors by day of the week, per cent, from Monday.
const WEEK: [i64; 7] = [97, 95, 96, 99, 103, 112, 116];

/// One part of a fleet over time: remembers its noise, so that neighbouring hours are alike.
pub(super) struct Pool {
    load: Load,
    clock: i64,
    random: Random,
    noise: i64,
}

impl Pool {
    /// A pool whose people live `clock` hours ahead of UTC; `stream` numbers its random stream.
    pub(super) const fn new(load: Load, clock: i64, stream: u64) -> Self {
        let random = Random::new(stream);
        Self {
            load,
            clock,
            random,
            noise: 0,
        }
    }

    /// Instances running through `hour`; ask for the hours in order.
    pub(super) fn count(&mut self, hour: Hour, season: Season) -> i64 {
        self.noise = (self.noise * 3 + self.random.between(-160, 160)).div_euclid(4);
        let clock = self.clock;
        match self.load {
            Load::Steady(count) => count,
            Load::Visitors { floor, peak } => {
                let usual = DAY[hour.of_day(clock)] * WEEK[hour.weekday(clock)];
                let wanted = usual * season(hour) * (1_000 + self.noise);
                // Per mille x per cent x per mille x per mille, rounded to the nearest instance.
                let span = (peak - floor) * wanted;
                floor + (span + 50_000_000_000).div_euclid(100_000_000_000)
            }
            Load::Office { day, night } => {
                let working = hour.weekday(clock) < 5 && (8..18).contains(&hour.of_day(clock));
                // Some stay late, some are away.
                let absent = if working {
                    self.random.between(0, 1)
                } else {
                    0
                };
                if working { day - absent } else { night }
            }
        }
    }
}
