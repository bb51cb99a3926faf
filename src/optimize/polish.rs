//! From commitments on paper to ones that can be bought: whole steps, then a search along each of them with
//! whatever prices a purchase exactly.

/// In what steps each source is sold.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// Committed dollars an hour of one step by source: 0.001 for a Savings Plan, the effective hourly price
    /// of one instance for Reserved Instances.
    pub steps: Vec<f64>,
}

/// The result of [`polish`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Polished<C> {
    /// Whole steps by source.
    pub steps: Vec<u64>,
    /// Their cost.
    pub cost: C,
    /// How often something was priced.
    pub evaluations: usize,
}

/// Strides of the search, in steps, the longest first.
const STRIDES: [u64; 7] = [4_096, 1_024, 256, 64, 16, 4, 1];

impl Grid {
    /// The nearest whole steps.
    pub fn round(&self, commitment: &[f64]) -> Vec<u64> {
        let amounts = commitment.iter().zip(&self.steps);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the cast saturates; no commitment is negative"
        )]
        let whole = |(amount, step): (&f64, &f64)| (amount / step).round() as u64;
        amounts.map(whole).collect()
    }

    /// Whole steps as dollars an hour.
    pub fn commitment(&self, steps: &[u64]) -> Vec<f64> {
        let amounts = steps.iter().zip(&self.steps);
        amounts.map(|(&steps, step)| steps as f64 * step).collect()
    }
}

/// Moves one source at a time up or down by shorter and shorter strides while that is cheaper, and also moves
/// steps between pairs of `neighbours` (sources that serve the same usage). Stops when nothing helps or after
/// `limit` evaluations. `evaluate` prices whole steps, `None` where they cannot be bought. The result is never
/// dearer than `start` (`None` when `start` itself cannot be bought).
pub fn polish<C: PartialOrd + Copy>(
    start: Vec<u64>,
    neighbours: &[(usize, usize)],
    limit: usize,
    mut evaluate: impl FnMut(&[u64]) -> Option<C>,
) -> Option<Polished<C>> {
    let mut best = Polished {
        cost: evaluate(&start)?,
        steps: start,
        evaluations: 1,
    };
    for stride in STRIDES {
        loop {
            let mut moved = false;
            for source in 0..best.steps.len() {
                // No stride beyond what is held: it could only leap over the optimum or below zero.
                if stride == 1 || stride <= best.steps[source] {
                    moved |= best.walk(&[(source, true)], stride, limit, &mut evaluate)
                        || best.walk(&[(source, false)], stride, limit, &mut evaluate);
                }
            }
            for &(a, b) in neighbours {
                moved |= best.walk(&[(a, true), (b, false)], stride, limit, &mut evaluate)
                    || best.walk(&[(a, false), (b, true)], stride, limit, &mut evaluate);
            }
            if !moved || best.evaluations >= limit {
                break;
            }
        }
    }
    Some(best)
}

impl<C: PartialOrd + Copy> Polished<C> {
    /// Repeats a move while it is cheaper; whether it ever was.
    fn walk(
        &mut self,
        direction: &[(usize, bool)],
        stride: u64,
        limit: usize,
        evaluate: &mut impl FnMut(&[u64]) -> Option<C>,
    ) -> bool {
        let mut moved = false;
        while self.evaluations < limit {
            let mut steps = self.steps.clone();
            for &(source, up) in direction {
                let amount = if up {
                    steps[source].checked_add(stride)
                } else {
                    steps[source].checked_sub(stride)
                };
                let Some(amount) = amount else { return moved };
                steps[source] = amount;
            }
            self.evaluations += 1;
            match evaluate(&steps) {
                Some(cost) if cost < self.cost => (self.steps, self.cost) = (steps, cost),
                _ => return moved,
            }
            moved = true;
        }
        moved
    }
}

/// Combinations that are tried around a bottom at once.
const AROUND: u64 = 729;

/// Tries every combination of a few `whole` sources near a bottom, as far out as some hundred trials reach, and goes on
/// from the best while there is a better one: where a step is large, several have to move at once. Nothing is tried
/// beyond `limit` evaluations in all.
pub fn around<C: PartialOrd + Copy>(
    mut best: Polished<C>,
    whole: &[usize],
    limit: usize,
    mut evaluate: impl FnMut(&[u64]) -> Option<C>,
) -> Polished<C> {
    let Some(width) = width(whole.len()) else {
        return best;
    };
    let all = width.pow(u32::try_from(whole.len()).unwrap_or(u32::MAX));
    loop {
        let center = best.steps.clone();
        for number in 0..all {
            if best.evaluations >= limit {
                return best;
            }
            let Some(steps) = combination(&center, whole, (number, width)) else {
                continue;
            };
            best.evaluations += 1;
            if let Some(cost) = evaluate(&steps).filter(|cost| *cost < best.cost) {
                (best.steps, best.cost) = (steps, cost);
            }
        }
        if best.steps == center {
            return best;
        }
    }
}

/// How many amounts of each of so many sources can be combined: an odd number, so that the middle is one; `None` where
/// that is none but the middle.
fn width(sources: usize) -> Option<u64> {
    let power = u32::try_from(sources).ok().filter(|&power| power > 0)?;
    let fits = |width: &u64| width.checked_pow(power).is_some_and(|all| all <= AROUND);
    (1..=AROUND)
        .step_by(2)
        .take_while(fits)
        .last()
        .filter(|&width| width > 1)
}

/// The combination of a number in base `width`; `None` where it is below zero.
fn combination(
    center: &[u64],
    whole: &[usize],
    (mut number, width): (u64, u64),
) -> Option<Vec<u64>> {
    let mut steps = center.to_vec();
    for &source in whole {
        let up = number % width;
        number = number.div_euclid(width);
        steps[source] = (steps[source] + up).checked_sub(width >> 1)?;
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_move_together_when_neither_one_nor_a_pair_helps() {
        // Cheap only where three are equal: nothing bought is a bottom, six of each the best.
        let cost = |steps: &[u64]| {
            let equal = steps.iter().all(|step| *step == steps[0]);
            Some(if equal {
                100 - 10 * steps[0].min(6)
            } else {
                200
            })
        };
        let found = polish(vec![0, 0, 0], &[(0, 1), (1, 2), (0, 2)], 10_000, cost).unwrap();
        assert_eq!(found.steps, [0, 0, 0]);
        let found = around(found, &[0, 1, 2], 100_000, cost);
        assert_eq!((found.steps, found.cost), (vec![6, 6, 6], 40));
    }

    #[test]
    fn so_many_amounts_of_so_many_sources_are_combined() {
        let widths = [0, 1, 2, 3, 4, 5, 6, 7].map(width);
        let expected = [
            None,
            Some(729),
            Some(27),
            Some(9),
            Some(5),
            Some(3),
            Some(3),
            None,
        ];
        assert_eq!(widths, expected);
        assert_eq!(combination(&[4, 0], &[0, 1], (0, 3)), None);
        assert_eq!(combination(&[4, 0], &[0, 1], (5, 3)), Some(vec![5, 0]));
    }

    #[test]
    fn a_bowl_is_walked_to_its_bottom() {
        let cost = |steps: &[u64]| Some(steps[0].abs_diff(1_000) + 3 * steps[1].abs_diff(7));
        let found = polish(vec![100, 0], &[], 10_000, cost).unwrap();
        assert_eq!((found.steps, found.cost), (vec![1_000, 7], 0));
    }

    #[test]
    fn steps_move_between_neighbours_when_neither_helps_alone() {
        // Cheapest on the line a + b = 10, and there with a as large as can be: no single move leaves (0, 10).
        let cost = |steps: &[u64]| Some(100 * (steps[0] + steps[1]).abs_diff(10) + steps[1]);
        let alone = polish(vec![0, 10], &[], 10_000, cost).unwrap();
        assert_eq!(alone.steps, [0, 10]);
        let both = polish(vec![0, 10], &[(0, 1)], 10_000, cost).unwrap();
        assert_eq!(both.steps, [10, 0]);
    }

    #[test]
    fn what_cannot_be_bought_is_not_proposed() {
        let cost = |steps: &[u64]| (steps[0] <= 3).then_some(10 - steps[0]);
        assert_eq!(polish(vec![0], &[], 100, cost).unwrap().steps, [3]);
        assert_eq!(polish(vec![4], &[], 100, cost), None);
    }
}
