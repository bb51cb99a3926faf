//! Several futures at once: the hours of each stand one after another in a problem, and the objective says how
//! their costs make one number.
//!
//! Every objective here is the largest mean of the costs under some set of weights: `max sum pi_s cost_s` over
//! `low_s <= pi_s <= high_s` with a fixed sum. Its proof carries the weights, and checking them is a comparison.

use super::problem::InvalidProblem;

/// One future.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scenario {
    /// So many of the problem's hours, behind those of the scenario before.
    pub hours: usize,
    /// How likely it is; all together make one.
    pub probability: f64,
    /// Dollars it costs whatever is bought.
    pub fixed: f64,
}

/// What is to be as low as possible.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Objective {
    /// The mean over the scenarios by probability.
    Expected,
    /// `(1 - risk)` parts of the mean and `risk` parts of the mean over the dearest `1 - tail` of all outcomes
    /// (the conditional value at risk): `risk` 0.5 and `tail` 0.8 weigh the mean and the worst fifth equally.
    Tail {
        /// From 0 to 1.
        risk: f64,
        /// From 0, and below 1.
        tail: f64,
    },
    /// The dearest scenario that has any probability.
    Worst,
}

/// How far probabilities may be from one in sum.
const ROUNDING: f64 = 1e-9;

impl Objective {
    /// The least and largest weight of a scenario.
    pub fn weights(self, probability: f64) -> (f64, f64) {
        match self {
            Self::Expected => (probability, probability),
            Self::Tail { risk, tail } => {
                let least = (1.0 - risk) * probability;
                (least, least + risk * probability / (1.0 - tail))
            }
            Self::Worst if probability > 0.0 => (0.0, 1.0),
            Self::Worst => (0.0, 0.0),
        }
    }

    /// The weights under which scenarios of these costs cost most.
    pub fn against(self, scenarios: &[Scenario], costs: &[f64]) -> Vec<f64> {
        let bounds = |scenario: &Scenario| self.weights(scenario.probability);
        let mut weights: Vec<f64> = scenarios.iter().map(|one| bounds(one).0).collect();
        let all: f64 = scenarios.iter().map(|one| one.probability).sum();
        let mut left = all - weights.iter().sum::<f64>();
        let mut dearest: Vec<usize> = (0..scenarios.len()).collect();
        dearest.sort_by(|&a, &b| costs[b].total_cmp(&costs[a]).then(a.cmp(&b)));
        for scenario in dearest {
            let (least, most) = bounds(&scenarios[scenario]);
            let more = (most - least).min(left).max(0.0);
            weights[scenario] += more;
            left -= more;
        }
        weights
    }

    /// The one number that the costs of the scenarios make.
    pub fn of(self, scenarios: &[Scenario], costs: &[f64]) -> f64 {
        let weights = self.against(scenarios, costs);
        weights
            .iter()
            .zip(costs)
            .map(|(weight, cost)| weight * cost)
            .sum()
    }

    /// Whether `weights` are among those of the objective, or below some that are; the first that is not.
    pub(super) fn allows(self, scenarios: &[Scenario], weights: &[f64]) -> Result<(), usize> {
        let mut sum = 0.0;
        let mut all = 0.0;
        for (index, (scenario, &weight)) in scenarios.iter().zip(weights).enumerate() {
            let (least, most) = self.weights(scenario.probability);
            sum += least.max(weight);
            all += scenario.probability;
            if !(0.0..=most).contains(&weight) {
                return Err(index);
            }
        }
        // The sum of a dozen numbers near one: rounding is a thousand times smaller than this.
        if sum > all * (1.0 + 1e-13) {
            return Err(scenarios.len().saturating_sub(1));
        }
        Ok(())
    }

    pub(super) fn check(self) -> Result<(), InvalidProblem> {
        let share = |value: f64, below: bool, what: &str| {
            if (0.0..=1.0).contains(&value) && !(below && value >= 1.0) {
                return Ok(());
            }
            let what = format!("the {what} of the objective (and it must be a share)");
            Err(InvalidProblem::Number { what })
        };
        if let Self::Tail { risk, tail } = self {
            share(risk, false, "risk")?;
            share(tail, true, "tail")?;
        }
        Ok(())
    }
}

/// Checks that the scenarios fill the window and are all that may happen.
pub(super) fn check(scenarios: &[Scenario], hours: usize) -> Result<(), InvalidProblem> {
    let found = scenarios.iter().map(|scenario| scenario.hours).sum();
    if found != hours {
        return Err(InvalidProblem::Scenarios { found, hours });
    }
    for (index, scenario) in scenarios.iter().enumerate() {
        let number = |value: f64| value >= 0.0 && value.is_finite();
        if !number(scenario.probability) || !number(scenario.fixed) || scenario.hours == 0 {
            let what =
                format!("probability, fixed cost and hours (at least one) of scenario {index}");
            return Err(InvalidProblem::Number { what });
        }
    }
    let all: f64 = scenarios.iter().map(|scenario| scenario.probability).sum();
    if (all - 1.0).abs() > ROUNDING {
        let what = format!("the sum of all probabilities, which is {all} and not 1,");
        return Err(InvalidProblem::Number { what });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> [Scenario; 3] {
        [0.5, 0.3, 0.2].map(|probability| Scenario {
            hours: 1,
            probability,
            fixed: 0.0,
        })
    }

    #[test]
    fn the_worst_fifth_is_a_mean_over_the_dearest_outcomes() {
        let costs = [10.0, 40.0, 20.0];
        let near = |objective: Objective, expected: f64| {
            approx::assert_relative_eq!(
                objective.of(&three(), &costs),
                expected,
                max_relative = 1e-12
            );
        };
        // 0.5 x 10 + 0.3 x 40 + 0.2 x 20 = 21.
        near(Objective::Expected, 21.0);
        near(Objective::Worst, 40.0);
        // The dearest 0.4 of all: 0.3 at 40 and 0.1 at 20, 14 / 0.4 = 35.
        let tail = |risk| Objective::Tail { risk, tail: 0.6 };
        near(tail(1.0), 35.0);
        near(tail(0.0), 21.0);
        near(tail(0.5), 28.0);
    }

    #[test]
    fn weights_outside_the_objective_are_found() {
        let tail = Objective::Tail {
            risk: 1.0,
            tail: 0.5,
        };
        // At most p / 0.5: 1.0, 0.6 and 0.4.
        assert_eq!(tail.allows(&three(), &[0.0, 0.6, 0.4]), Ok(()));
        assert_eq!(tail.allows(&three(), &[0.0, 0.65, 0.35]), Err(1));
        assert_eq!(tail.allows(&three(), &[0.7, 0.3, 0.01]), Err(2));
        assert_eq!(
            Objective::Expected.allows(&three(), &[0.5, 0.3, 0.2]),
            Ok(())
        );
        assert_eq!(
            Objective::Expected.allows(&three(), &[0.5, 0.31, 0.19]),
            Err(1)
        );
        assert_eq!(
            Objective::Worst.allows(&three(), &[f64::NAN, 0.0, 0.0]),
            Err(0)
        );
    }
}
