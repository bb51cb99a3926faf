//! From an instance's changes of state to the seconds that are billed.
//!
//! Sources: docs.aws.amazon.com, EC2 User Guide, "Instance lifecycle" (which states are billed; at least a minute
//! every time an instance starts to run), "Billing for interrupted Spot Instances"; AWS re:Post, "How are instance
//! hours billed" (SUSE by started hours). docs/billing-rules.md, R5 and R47-R49.

use std::fmt;

use crate::catalog::{OperatingSystem, Platform};
use crate::demand::Market;

/// What state an instance went into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Being prepared: not billed.
    Pending,
    /// Running: billed. A reboot is no change.
    Running,
    /// Being stopped: not billed.
    Stopping,
    /// Being stopped to hibernate: billed.
    Hibernating,
    /// Stopped or hibernated: not billed.
    Stopped,
    /// Being terminated: not billed.
    ShuttingDown,
    /// Gone for good.
    Terminated,
    /// Taken away by AWS (Spot): not billed.
    Interrupted,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Pending,
        Self::Running,
        Self::Stopping,
        Self::Hibernating,
        Self::Stopped,
        Self::ShuttingDown,
        Self::Terminated,
        Self::Interrupted,
    ];

    /// EC2's word for it; `hibernating` and `interrupted` are ours, for what EC2 calls stopping and shutting-down.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Hibernating => "hibernating",
            Self::Stopped => "stopped",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
            Self::Interrupted => "interrupted",
        }
    }

    /// The state of a word, in any case; a reboot leaves an instance running.
    pub fn from_label(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("rebooting") {
            return Some(Self::Running);
        }
        Self::ALL
            .into_iter()
            .find(|state| text.eq_ignore_ascii_case(state.label()))
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// From one start to its end, in seconds since 1970.
struct Run {
    start: i64,
    end: i64,
    /// Whether AWS took it away.
    interrupted: bool,
}

/// Seconds that are billed, from `start` up to, and without, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// First second.
    pub start: i64,
    /// The second after the last.
    pub end: i64,
}

/// A change of state that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an instance that was terminated cannot be {0}")]
pub struct Disorder(pub State);

/// A start costs at least so many seconds.
const MINIMUM: i64 = 60;
const HOUR: i64 = 3_600;

/// The first change of one instance, in order of time, that cannot be: its place, and why.
pub fn first_disorder(states: &[State]) -> Option<(usize, Disorder)> {
    let end = states
        .iter()
        .position(|&state| state == State::Terminated)?;
    let after = states.iter().enumerate().skip(end);
    let mut wrong = after.filter(|&(_, &state)| state != State::Terminated);
    wrong.next().map(|(place, &state)| (place, Disorder(state)))
}

/// The runs of one instance, from its changes of state in order of time. A run that is open is taken to last until
/// `end`.
fn runs(changes: &[(i64, State)], end: i64) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut since: Option<i64> = None;
    for &(time, state) in changes {
        match (since, state) {
            (None, State::Running) => since = Some(time),
            // Already running, or still billed on the way to hibernation.
            (None, _) | (Some(_), State::Running | State::Hibernating) => {}
            (Some(start), state) => {
                runs.push(Run {
                    start,
                    end: time,
                    interrupted: state == State::Interrupted,
                });
                since = None;
            }
        }
    }
    runs.extend(since.map(|start| Run {
        start,
        end: end.max(start),
        interrupted: false,
    }));
    runs
}

/// The seconds AWS bills for an instance, one stretch a start.
///
/// `changes` are in order of time; an instance that still runs is billed up to `end`. Stretches of an instance that
/// starts again within its minimum overlap: each start costs.
pub fn billed_stretches(
    changes: &[(i64, State)],
    end: i64,
    platform: Platform,
    market: Market,
) -> Vec<Stretch> {
    let stretches = runs(changes, end).into_iter().map(|run| {
        let seconds = billed_seconds(&run, platform, market);
        Stretch {
            start: run.start,
            end: run.start + seconds,
        }
    });
    stretches
        .filter(|stretch| stretch.end > stretch.start)
        .collect()
}

fn billed_seconds(run: &Run, platform: Platform, market: Market) -> i64 {
    let seconds = run.end - run.start;
    let by_hours = platform.os == OperatingSystem::Suse;
    let taken_away = run.interrupted && market == Market::Spot;
    match (taken_away, by_hours) {
        // The first hour of an instance that AWS takes away is free.
        (true, _) if seconds < HOUR => 0,
        // Then whole hours only, the last broken one free.
        (true, true) => seconds.div_euclid(HOUR) * HOUR,
        (true, false) => seconds,
        (false, true) => ((seconds + HOUR - 1).div_euclid(HOUR)).max(1) * HOUR,
        (false, false) => seconds.max(MINIMUM),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINUX: Platform = Platform::LINUX;

    fn seconds(changes: &[(i64, State)], platform: Platform, market: Market) -> i64 {
        let stretches = billed_stretches(changes, 100_000, platform, market);
        stretches
            .iter()
            .map(|stretch| stretch.end - stretch.start)
            .sum()
    }

    /// The states that "Instance lifecycle" lists as billed, and the minute a start costs.
    #[test]
    fn only_running_and_the_way_to_hibernation_are_billed() {
        use State::{Hibernating, Pending, Running, ShuttingDown, Stopped, Stopping, Terminated};
        let on_demand = |changes: &[(i64, State)]| seconds(changes, LINUX, Market::OnDemand);
        assert_eq!(
            on_demand(&[(0, Running), (20, Stopping), (25, Stopped)]),
            60
        );
        let twice = [
            (0, Running),
            (20, Stopped),
            (30, Running),
            (60, ShuttingDown),
            (61, Terminated),
        ];
        assert_eq!(on_demand(&twice), 120);
        assert_eq!(
            on_demand(&[(0, Running), (600, Running), (1_200, Terminated)]),
            1_200
        );
        let plain = [(0, Pending), (45, Running), (345, Stopping), (385, Stopped)];
        assert_eq!(on_demand(&plain), 300);
        let hibernate = [
            (0, Pending),
            (45, Running),
            (345, Hibernating),
            (385, Stopped),
        ];
        assert_eq!(on_demand(&hibernate), 340);
        assert_eq!(on_demand(&[(0, Running)]), 100_000);
    }

    #[test]
    fn suse_is_billed_by_started_hours() {
        use State::{Running, Stopped};
        let suse: Platform = "suse".parse().unwrap();
        assert_eq!(
            seconds(&[(0, Running), (1, Stopped)], suse, Market::OnDemand),
            3_600
        );
        assert_eq!(
            seconds(&[(0, Running), (3_601, Stopped)], suse, Market::OnDemand),
            7_200
        );
    }

    #[test]
    fn the_first_hour_of_an_instance_that_aws_takes_away_is_free() {
        use State::{Interrupted, Running, Stopped};
        let suse: Platform = "suse".parse().unwrap();
        for (run, platform, by_aws, by_customer) in [
            (2_400, LINUX, 0, 2_400),
            (9_600, LINUX, 9_600, 9_600),
            (2_400, suse, 0, 3_600),
            (9_600, suse, 7_200, 10_800),
        ] {
            let ended = |state| seconds(&[(0, Running), (run, state)], platform, Market::Spot);
            assert_eq!((ended(Interrupted), ended(Stopped)), (by_aws, by_customer));
        }
    }

    #[test]
    fn nothing_runs_after_its_end() {
        use State::{Running, Stopped, Terminated};
        let gone = [Running, Terminated, Terminated, Running];
        assert_eq!(first_disorder(&gone), Some((3, Disorder(Running))));
        assert_eq!(
            first_disorder(&[Running, Stopped, Running, Terminated]),
            None
        );
    }
}
