//! The numeric problem: usage by class and hour, and the commitments that could serve it, in AWS's order.

use sha2::{Digest, Sha256};

/// Usage to be paid for and the commitments that may serve it.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    hours: usize,
    usage: Vec<Vec<f64>>,
    sources: Vec<Source>,
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
        Ok(Self {
            hours,
            usage,
            sources,
        })
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

    /// What everything costs On-Demand.
    pub fn on_demand(&self) -> f64 {
        self.usage.iter().flatten().sum()
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

fn finite(values: &[f64], what: impl Fn() -> String) -> Result<(), InvalidProblem> {
    if values
        .iter()
        .all(|value| value.is_finite() && *value >= 0.0)
    {
        return Ok(());
    }
    Err(InvalidProblem::Number { what: what() })
}
