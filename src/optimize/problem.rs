//! The numeric problem: usage by class and hour, and the commitments that could serve it, in AWS's order.
//!
//! [`Problem::new`] is one window, as it was. [`Problem::weighted`], [`Problem::in_scenarios`] and
//! [`Problem::limited`] make it more than that: hours that stand for several, futures with probabilities,
//! rules to keep.

use std::ops::Range;

use sha2::{Digest, Sha256};

use super::limit::{self, Limit};
use super::scenario::{self, Objective, Scenario};
use super::waterfall::LANES;
use crate::threads;

/// Classes that a source serves, by 64 hours, for which a thread is worth starting.
const ENOUGH: usize = 2_000;

/// Usage to be paid for and the commitments that may serve it.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    hours: usize,
    usage: Vec<Vec<f64>>,
    sources: Vec<Source>,
    /// How many hours each one stands for; empty when each is one.
    weights: Vec<f64>,
    scenarios: Vec<Scenario>,
    objective: Objective,
    limits: Vec<Limit>,
}

/// Something to commit to: Reserved Instances of one pool, or a Savings Plan of one scope, with its prices.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Names it to people.
    pub name: String,
    /// Where AWS applies it.
    pub stage: Stage,
    /// What one committed dollar an hour costs over the whole window: the window's hours, more or less
    /// whatever the time value of an upfront payment makes of them.
    pub fee: f64,
    /// The usage it serves, in the order of application; the highest ratio first, as AWS does.
    pub serves: Vec<Served>,
    /// Capacity that is owned already (and paid), in committed dollars by hour; empty when there is none.
    pub owned: Vec<f64>,
    /// The hours in which what is bought is there, in order; empty when in all of them. (What is owned says so
    /// by hour, and is a source of its own.) Sources that stand side by side and differ in this and their fee
    /// only, as purchases of one thing at several dates do, are served as one.
    pub alive: Vec<Range<usize>>,
    /// The least commitment allowed, dollars an hour.
    pub min: f64,
    /// The largest commitment allowed; infinite when there is no limit, 0 for what can no longer be bought.
    pub max: f64,
}

/// One class of usage a source serves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Served {
    /// Index of the class.
    pub class: usize,
    /// On-Demand dollars displaced by one committed dollar, `1 / (1 - discount)`.
    pub ratio: f64,
}

/// The steps in which AWS applies commitments to an hour, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Reserved Instances of one Availability Zone.
    ZonalReserved,
    /// Reserved Instances of a region.
    RegionalReserved,
    /// EC2 Instance Savings Plans.
    Ec2InstancePlan,
    /// Compute Savings Plans.
    ComputePlan,
    /// Database Savings Plans, which share no usage with the others.
    DatabasePlan,
}

/// Why numbers make no problem.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProblem {
    /// A class has another number of hours than the window.
    #[error("usage class {class} has {found} hours, the window has {hours}")]
    Hours {
        /// The class.
        class: usize,
        /// Its hours.
        found: usize,
        /// The window's.
        hours: usize,
    },
    /// A number is negative, infinite or no number.
    #[error("{what} must be a finite number of zero or more")]
    Number {
        /// Which.
        what: String,
    },
    /// A source names a class that is not there, or one class twice.
    #[error("`{source_name}` serves class {class}, which is unknown or named twice")]
    Class {
        /// The source.
        source_name: String,
        /// The class.
        class: usize,
    },
    /// The hours in which a source lives are out of order, outside the window, or beside owned capacity.
    #[error("`{source_name}` lives in hours that are out of order or outside the window")]
    Alive {
        /// The source.
        source_name: String,
    },
    /// The scenarios do not make up the window.
    #[error("the scenarios have {found} hours, the window has {hours}")]
    Scenarios {
        /// Their hours.
        found: usize,
        /// The window's.
        hours: usize,
    },
    /// The least commitments alone break a limit.
    #[error("the least commitments break the limit `{name}`")]
    Limit {
        /// The limit.
        name: String,
    },
    /// The sources are not in the order in which AWS applies them.
    #[error("`{source_name}` stands after a source that AWS applies later")]
    Order {
        /// The source.
        source_name: String,
    },
}

impl Source {
    /// A source without owned capacity and without limits.
    pub fn new(name: impl Into<String>, stage: Stage, fee: f64, serves: Vec<Served>) -> Self {
        Self {
            name: name.into(),
            stage,
            fee,
            serves,
            owned: Vec::new(),
            alive: Vec::new(),
            min: 0.0,
            max: f64::INFINITY,
        }
    }
}

impl Problem {
    /// Checks the numbers. `usage` has one row a class of `hours` On-Demand dollars each.
    ///
    /// # Errors
    /// [`InvalidProblem`] names the first number that is wrong.
    pub fn new(
        hours: usize,
        usage: Vec<Vec<f64>>,
        sources: Vec<Source>,
    ) -> Result<Self, InvalidProblem> {
        for (class, row) in usage.iter().enumerate() {
            let found = row.len();
            if found != hours {
                return Err(InvalidProblem::Hours {
                    class,
                    found,
                    hours,
                });
            }
            finite(row, || format!("usage of class {class}"))?;
        }
        for pair in sources.windows(2) {
            if pair[0].stage > pair[1].stage {
                let source_name = pair[1].name.clone();
                return Err(InvalidProblem::Order { source_name });
            }
        }
        for source in &sources {
            source.check(hours, usage.len())?;
        }
        let scenarios = vec![Scenario {
            hours,
            probability: 1.0,
            fixed: 0.0,
        }];
        Ok(Self {
            hours,
            usage,
            sources,
            weights: Vec::new(),
            scenarios,
            objective: Objective::Expected,
            limits: Vec::new(),
        })
    }

    /// The same where each hour stands for so many.
    ///
    /// # Errors
    /// [`InvalidProblem`] when there is not one number of zero or more for each hour.
    pub fn weighted(self, weights: Vec<f64>) -> Result<Self, InvalidProblem> {
        finite(&weights, || "the weight of every hour".into())?;
        if weights.len() != self.hours {
            let what = "one weight for each hour of the window".into();
            return Err(InvalidProblem::Number { what });
        }
        Ok(Self { weights, ..self })
    }

    /// The same where the hours are those of several futures. A commitment is bought before it is known which
    /// one comes: it lives, and is paid, in all of them; [`Source::fee`] is for the hours of one.
    ///
    /// # Errors
    /// [`InvalidProblem`] when the scenarios do not fill the window, or their probabilities are not one in sum.
    pub fn in_scenarios(
        self,
        scenarios: Vec<Scenario>,
        objective: Objective,
    ) -> Result<Self, InvalidProblem> {
        objective.check()?;
        scenario::check(&scenarios, self.hours)?;
        Ok(Self {
            scenarios,
            objective,
            ..self
        })
    }

    /// The same with as many other sources, in other words at other fees or limits.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_sources(self, sources: Vec<Source>) -> Result<Self, InvalidProblem> {
        let checked = Self::new(self.hours, self.usage, sources)?;
        let problem = Self {
            weights: self.weights,
            scenarios: self.scenarios,
            objective: self.objective,
            ..checked
        };
        problem.limited(self.limits)
    }

    /// The same under rules.
    ///
    /// # Errors
    /// [`InvalidProblem`] names the first limit that is wrong. Whether all of them can be kept at once shows in
    /// the solution ([`super::Solution::broken`]).
    pub fn limited(self, limits: Vec<Limit>) -> Result<Self, InvalidProblem> {
        limit::check(&self, &limits)?;
        Ok(Self { limits, ..self })
    }

    /// Hours of the window.
    pub const fn hours(&self) -> usize {
        self.hours
    }

    /// On-Demand dollars by class and hour.
    pub fn usage(&self) -> &[Vec<f64>] {
        &self.usage
    }

    /// The sources, in AWS's order of application.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Of so many threads, those that one evaluation is worth.
    pub(super) fn threads(&self, most: usize) -> usize {
        let served: usize = self.sources.iter().map(|source| source.serves.len()).sum();
        threads::worth(most, self.hours.div_ceil(LANES) * served, ENOUGH)
    }

    /// How many hours each one stands for; empty when each is one.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The futures, in the order of their hours.
    pub fn scenarios(&self) -> &[Scenario] {
        &self.scenarios
    }

    /// What is to be as low as possible.
    pub const fn objective(&self) -> Objective {
        self.objective
    }

    /// The rules to keep.
    pub fn limits(&self) -> &[Limit] {
        &self.limits
    }

    /// What the usage of all hours costs On-Demand, whatever they stand for.
    pub fn on_demand(&self) -> f64 {
        self.usage.iter().flatten().sum()
    }

    /// Whether it is one window as it was, without rules, in which every source lives.
    fn is_plain(&self) -> bool {
        let fixed = self.scenarios.iter().any(|scenario| scenario.fixed > 0.0);
        self.weights.is_empty()
            && self.limits.is_empty()
            && self.scenarios.len() == 1
            && !fixed
            && self.sources.iter().all(|source| source.alive.is_empty())
    }

    /// SHA-256 of every number, in hexadecimal: a certificate holds for one problem only.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        let mut number = |value: f64| hash.update(value.to_le_bytes());
        number(self.hours as f64);
        number(self.usage.len() as f64);
        self.usage.iter().flatten().copied().for_each(&mut number);
        for source in &self.sources {
            let head = [
                source.fee,
                source.min,
                source.max,
                source.serves.len() as f64,
            ];
            head.into_iter().for_each(&mut number);
            for served in &source.serves {
                number(served.class as f64);
                number(served.ratio);
            }
            number(source.owned.len() as f64);
            source.owned.iter().copied().for_each(&mut number);
        }
        if !self.is_plain() {
            self.more_numbers().into_iter().for_each(&mut number);
        }
        let digits =
            |byte: u8| [byte >> 4, byte & 15].map(|digit| b"0123456789abcdef"[usize::from(digit)]);
        let digest = hash.finalize();
        digest
            .iter()
            .flat_map(|&byte| digits(byte))
            .map(char::from)
            .collect()
    }
}

impl Problem {
    /// Whatever makes it more than one window, each list behind its length.
    fn more_numbers(&self) -> Vec<f64> {
        let mut numbers = vec![self.weights.len() as f64];
        numbers.extend(&self.weights);
        numbers.push(self.scenarios.len() as f64);
        for scenario in &self.scenarios {
            numbers.extend([scenario.hours as f64, scenario.probability, scenario.fixed]);
        }
        numbers.extend(match self.objective {
            Objective::Expected => [0.0, 0.0, 0.0],
            Objective::Tail { risk, tail } => [1.0, risk, tail],
            Objective::Worst => [2.0, 0.0, 0.0],
        });
        numbers.push(self.limits.len() as f64);
        for limit in &self.limits {
            numbers.push(limit.most);
            for entries in [&limit.commitments, &limit.rest] {
                numbers.push(entries.len() as f64);
                numbers.extend(
                    entries
                        .iter()
                        .flat_map(|&(index, factor)| [index as f64, factor]),
                );
            }
        }
        for source in &self.sources {
            numbers.push(source.alive.len() as f64);
            let ends = source.alive.iter().map(|hours| [hours.start, hours.end]);
            numbers.extend(ends.flatten().map(|hour| hour as f64));
        }
        numbers
    }
}

impl Source {
    fn check(&self, hours: usize, classes: usize) -> Result<(), InvalidProblem> {
        let name = &self.name;
        let positive = |value: f64, what: &str| {
            if value > 0.0 && value.is_finite() {
                return Ok(());
            }
            Err(InvalidProblem::Number {
                what: format!("the {what} of `{name}` (and it must be above zero)"),
            })
        };
        positive(self.fee, "fee")?;
        finite(&[self.min], || format!("the least commitment of `{name}`"))?;
        if self.max.is_nan() || self.max < self.min {
            let what = format!("the largest commitment of `{name}` (and above the least)");
            return Err(InvalidProblem::Number { what });
        }
        finite(&self.owned, || format!("owned capacity of `{name}`"))?;
        if !self.owned.is_empty() && self.owned.len() != hours {
            let what = format!("owned capacity of `{name}`, for each hour of the window,");
            return Err(InvalidProblem::Number { what });
        }
        let mut end = 0;
        let follows = |hours: &Range<usize>| {
            let holds = hours.start >= end && hours.start < hours.end;
            end = hours.end;
            holds
        };
        let beside_owned = !self.alive.is_empty() && !self.owned.is_empty();
        if !self.alive.iter().all(follows) || end > hours || beside_owned {
            let source_name = name.clone();
            return Err(InvalidProblem::Alive { source_name });
        }
        let mut seen = vec![false; classes];
        for &Served { class, ratio } in &self.serves {
            positive(ratio, "ratio")?;
            if class >= classes || std::mem::replace(&mut seen[class], true) {
                let source_name = name.clone();
                return Err(InvalidProblem::Class { source_name, class });
            }
        }
        Ok(())
    }
}

pub(super) fn finite(values: &[f64], what: impl Fn() -> String) -> Result<(), InvalidProblem> {
    if values
        .iter()
        .all(|value| value.is_finite() && *value >= 0.0)
    {
        return Ok(());
    }
    Err(InvalidProblem::Number { what: what() })
}
