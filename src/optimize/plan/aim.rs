//! What a mix for several futures is to do well by, in exact savings: the mean, the worst, or both in parts.

use crate::units::Money;

use super::super::Objective;

/// What is to be as high as possible, of savings against buying nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// The mean by probability.
    Expected,
    /// `100 - risk` parts of the mean, and `risk` parts of the mean over the worst `100 - tail` per cent of outcomes
    /// (the conditional value at risk).
    Tail {
        /// Per cent, at most 100.
        risk: u8,
        /// Per cent, below 100.
        tail: u8,
    },
    /// The worst event.
    Worst,
}

/// Weights are parts of this: millionths of probability times per cent.
const WHOLE: i128 = 100_000_000;

impl Aim {
    /// Half the mean, half the mean over the worst fifth.
    pub const MIXED: Self = Self::Tail { risk: 50, tail: 80 };
    /// The mean over the worst fifth.
    pub const CVAR: Self = Self::Tail {
        risk: 100,
        tail: 80,
    };

    /// The same for the numeric search.
    pub(super) fn objective(self) -> Objective {
        match self {
            Self::Expected => Objective::Expected,
            Self::Tail { risk, tail } => Objective::Tail {
                risk: f64::from(risk) / 100.0,
                tail: f64::from(tail) / 100.0,
            },
            Self::Worst => Objective::Worst,
        }
    }

    /// The one number that savings make; each with its probability in millionths, which sum to a million.
    pub fn of(self, savings: &[(u32, Money)]) -> Money {
        let least = |&(probability, _): &(u32, Money)| self.weights(probability).0;
        let mut left = WHOLE - savings.iter().map(least).sum::<i128>();
        let mut sorted: Vec<&(u32, Money)> = savings.iter().collect();
        sorted.sort_by_key(|(_, saving)| *saving);
        let mut sum = Money::ZERO;
        for one in sorted {
            let (least, most) = self.weights(one.0);
            let more = (most - least).min(left).max(0);
            left -= more;
            sum += one.1.times(least + more);
        }
        sum.per(WHOLE)
    }

    /// The least and largest weight of an event.
    fn weights(self, probability: u32) -> (i128, i128) {
        let probability = i128::from(probability);
        match self {
            Self::Expected => (probability * 100, probability * 100),
            Self::Tail { risk, tail } => {
                let (risk, rest) = (i128::from(risk), 100 - i128::from(tail));
                let least = probability * (100 - risk);
                (
                    least,
                    least + (probability * risk * 100).div_euclid(rest.max(1)),
                )
            }
            Self::Worst => (0, WHOLE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_fifth_is_a_mean_over_the_lowest_savings() {
        let dollars = |amount| Money::from_atoms(Money::ATOMS_PER_DOLLAR).times(amount);
        let of = |aim: Aim, savings: &[(u32, i128)]| {
            let savings = savings.iter().map(|&(part, saved)| (part, dollars(saved)));
            aim.of(&savings.collect::<Vec<_>>())
        };
        let futures = [(500_000, 30), (300_000, -40), (200_000, 20)];
        // 0.5 x 30 - 0.3 x 40 + 0.2 x 20 = 7.
        assert_eq!(of(Aim::Expected, &futures), dollars(7));
        assert_eq!(of(Aim::Worst, &futures), dollars(-40));
        assert_eq!(of(Aim::CVAR, &futures), dollars(-40));
        // The worst 0.4: 0.3 at -40 and 0.1 at 20, -10 / 0.4 = -25; half of that and half of 7 is -9.
        assert_eq!(of(Aim::Tail { risk: 50, tail: 60 }, &futures), dollars(-9));
        // Ten events of a tenth: the worst two.
        let ten: Vec<(u32, i128)> = (1..=10).map(|saved| (100_000, saved * 2)).collect();
        assert_eq!(of(Aim::CVAR, &ten), dollars(3));
        assert_eq!(of(Aim::MIXED, &ten), dollars(7));
    }
}
