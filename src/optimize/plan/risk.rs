//! What a plan is worth when the future is not the past: exact costs by event, made into a few numbers.

use crate::units::Money;

/// What happens to a plan in one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Future {
    /// How likely it is, in millionths; those of all events sum to a million.
    pub probability: u32,
    /// What the window costs then with nothing bought (what is owned stays).
    pub nothing: Money,
    /// What it costs with the plan.
    pub cost: Money,
}

/// A plan's risk over events of which exactly one happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Risk {
    /// Mean saving by probability.
    pub expected: Money,
    /// The least saving of any event.
    pub worst: Money,
    /// Which event that is, the first of equal ones.
    pub worst_event: usize,
    /// Probability of an event in which the plan costs more than nothing bought, in millionths.
    pub loss: u32,
}

/// Probabilities are parts of this.
const WHOLE: i128 = 1_000_000;

impl Future {
    /// What the plan saves then; negative where it costs more.
    pub fn saving(&self) -> Money {
        self.nothing - self.cost
    }
}

impl Risk {
    /// `None` without any event.
    pub fn of(futures: &[Future]) -> Option<Self> {
        let weighted = futures
            .iter()
            .map(|future| future.saving().times(future.probability.into()));
        let lost = futures
            .iter()
            .filter(|future| future.saving() < Money::ZERO);
        let (worst_event, worst) = futures
            .iter()
            .map(Future::saving)
            .enumerate()
            .min_by_key(|&(index, saving)| (saving, index))?;
        Some(Self {
            expected: weighted.sum::<Money>().per(WHOLE),
            worst,
            worst_event,
            loss: lost.map(|future| future.probability).sum(),
        })
    }
}

/// The largest whole percentage of all usage that may go before a plan saves nothing any more; `None` where it saves
/// nothing as it is. `saving` says what it saves at so many per cent of the usage, and falls with them.
///
/// # Errors
/// Whatever `saving` fails with.
pub fn largest_shrink<E>(
    mut saving: impl FnMut(u32) -> Result<Money, E>,
) -> Result<Option<u32>, E> {
    if saving(100)? < Money::ZERO {
        return Ok(None);
    }
    if saving(0)? >= Money::ZERO {
        return Ok(Some(100));
    }
    let (mut lost, mut kept) = (0_u32, 100_u32);
    while kept - lost > 1 {
        let middle = kept.midpoint(lost);
        if saving(middle)? < Money::ZERO {
            lost = middle;
        } else {
            kept = middle;
        }
    }
    Ok(Some(100 - kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dollars(amount: i128) -> Money {
        Money::from_atoms(Money::ATOMS_PER_DOLLAR).times(amount)
    }

    #[test]
    fn savings_are_weighed_by_probability() {
        let future = |probability, nothing, cost| Future {
            probability,
            nothing: dollars(nothing),
            cost: dollars(cost),
        };
        let futures = [
            future(500_000, 100, 70),
            future(300_000, 80, 60),
            future(200_000, 50, 60),
        ];
        let risk = Risk::of(&futures).unwrap();
        // 0.5 x 30 + 0.3 x 20 - 0.2 x 10 = 19.
        assert_eq!(risk.expected, dollars(19));
        assert_eq!((risk.worst, risk.worst_event), (dollars(-10), 2));
        assert_eq!(risk.loss, 200_000);
        assert_eq!(Risk::of(&[]), None);
    }

    #[test]
    fn the_largest_shrink_is_the_last_percentage_that_saves() {
        // 100 dollars of usage at half the price under a commitment of c dollars: it saves while p > c.
        for commitment in 0..=100 {
            let saving = |percent: u32| Ok::<_, ()>(dollars(i128::from(percent) - commitment));
            let found = largest_shrink(saving).unwrap();
            assert_eq!(found, Some(100 - u32::try_from(commitment).unwrap()));
        }
        assert_eq!(largest_shrink(|_| Ok::<_, ()>(dollars(-1))), Ok(None));
    }
}
