//! A price that changes with how much of a month's use lies before: tiers without holes, and their exact sum.

use std::fmt;
use std::sync::Arc;

use crate::units::{Metered, Money, Quantity, Rate, TICKS_PER_UNIT};

/// A part of a month's use and what a unit of it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// Where it starts, in whole units.
    pub from: u64,
    /// Where it ends, in whole units; `None` for the last.
    pub to: Option<u64>,
    /// Dollars a unit.
    pub rate: Rate<Metered>,
}

/// A price by tiers, from nothing up without end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tiers {
    unit: Arc<str>,
    tiers: Vec<Tier>,
}

/// Tiers that leave something without a price, or give it two.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTiers {
    /// Something between two tiers, or before the first, or behind the last, has no price.
    #[error("no tier holds what comes after {from} {unit}")]
    Hole {
        /// Where the hole starts.
        from: u64,
        /// Of what.
        unit: Arc<str>,
    },
    /// Something has two prices, or a tier is empty.
    #[error("the tier from {from} {unit} starts before the one below it ends, or is empty")]
    Overlap {
        /// Where the tier starts.
        from: u64,
        /// Of what.
        unit: Arc<str>,
    },
}

impl Tiers {
    /// Tiers that follow each other from nothing up; in any order.
    pub fn new(unit: impl Into<Arc<str>>, mut tiers: Vec<Tier>) -> Result<Self, InvalidTiers> {
        let unit: Arc<str> = unit.into();
        tiers.sort_by_key(|tier| tier.from);
        let mut end = Some(0);
        for tier in &tiers {
            let from = tier.from;
            let is_empty = tier.to.is_some_and(|to| to <= from);
            match end {
                Some(end) if end < from => return Err(InvalidTiers::Hole { from: end, unit }),
                Some(end) if end == from && !is_empty => {}
                _ => return Err(InvalidTiers::Overlap { from, unit }),
            }
            end = tier.to;
        }
        match end {
            Some(from) => Err(InvalidTiers::Hole { from, unit }),
            None => Ok(Self { unit, tiers }),
        }
    }

    /// One rate, however much is used.
    pub fn flat(unit: impl Into<Arc<str>>, rate: Rate<Metered>) -> Self {
        Self {
            unit: unit.into(),
            tiers: vec![Tier {
                from: 0,
                to: None,
                rate,
            }],
        }
    }

    /// Tiers by where each starts: it ends where the next one does.
    pub(super) fn from_starts(
        unit: impl Into<Arc<str>>,
        starts: &[(u64, Rate<Metered>)],
    ) -> Result<Self, InvalidTiers> {
        let ends = starts.iter().skip(1).map(|(from, _)| Some(*from));
        let tiers = starts.iter().zip(ends.chain([None]));
        let tier =
            |(&(from, rate), to): (&(u64, Rate<Metered>), Option<u64>)| Tier { from, to, rate };
        Self::new(unit, tiers.map(tier).collect())
    }

    /// What the rates are for one of: `GB`, `hour`, `request`.
    pub fn unit(&self) -> &str {
        &self.unit
    }

    /// From nothing up.
    pub fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    /// Whether it costs nothing however much is used.
    pub fn is_free(&self) -> bool {
        self.tiers.iter().all(|tier| tier.rate.is_zero())
    }

    /// What a month's use costs, exactly.
    pub fn cost(&self, quantity: Quantity<Metered>) -> Money {
        let parts = self.between(Quantity::ZERO, quantity);
        parts.map(|(part, rate)| rate * part).sum()
    }

    /// The parts of a month's use between two amounts of it, each with its rate.
    pub fn between(
        &self,
        before: Quantity<Metered>,
        after: Quantity<Metered>,
    ) -> impl Iterator<Item = (Quantity<Metered>, Rate<Metered>)> {
        self.tiers.iter().filter_map(move |tier| {
            let from = units(tier.from).max(before);
            let to = tier.to.map_or(after, |to| units(to).min(after));
            (to > from).then(|| (to - from, tier.rate))
        })
    }

    /// The same tiers with 1,000 GB a terabyte where they have 1,024; of other units than gigabytes, unchanged.
    #[must_use]
    pub fn in_decimal_terabytes(&self) -> Self {
        if &*self.unit != "GB" {
            return self.clone();
        }
        let tiers = self.tiers.iter().map(|tier| Tier {
            from: decimal(tier.from),
            to: tier.to.map(decimal),
            rate: tier.rate,
        });
        Self {
            unit: self.unit.clone(),
            tiers: tiers.collect(),
        }
    }
}

/// Gigabytes of whole binary terabytes (or petabytes) as those of decimal ones.
fn decimal(gigabytes: u64) -> u64 {
    let (binary, decimal) = if gigabytes.is_multiple_of(1 << 20) {
        (1 << 20, 1_000_000)
    } else {
        (1 << 10, 1_000)
    };
    if gigabytes.is_multiple_of(binary) {
        gigabytes.div_euclid(binary) * decimal
    } else {
        gigabytes
    }
}

fn units(count: u64) -> Quantity<Metered> {
    Quantity::from_ticks(i128::from(count) * i128::from(TICKS_PER_UNIT))
}

/// Bytes as the gigabytes that AWS's tables mean, 2^30 bytes each, to the nearest tick (1.2e-11 GB, which is
/// less than a sixtieth of a byte).
///
/// Source: the tiers of a terabyte are steps of 1,024 GB there (`internet-egress`: 10 TB end at 10,240), and
/// AWS's calculator counts so.
pub fn gigabytes(bytes: u64) -> Quantity<Metered> {
    let ticks = u128::from(bytes) * u128::from(TICKS_PER_UNIT);
    let rounded = (ticks + (1 << 29)) >> 30;
    Quantity::from_ticks(i128::try_from(rounded).unwrap_or(i128::MAX))
}

/// `0.09 a GB`, or `0.09, from 10240 0.085, from 51200 0.07 a GB`.
impl fmt::Display for Tiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, tier) in self.tiers.iter().enumerate() {
            if index > 0 {
                write!(f, ", from {} ", tier.from)?;
            }
            if tier.rate.is_zero() {
                f.write_str("free")?;
            } else {
                write!(f, "{}", tier.rate)?;
            }
        }
        write!(f, " a {}", self.unit)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::{Decimal, dec};

    use super::*;

    fn rate(usd: Decimal) -> Rate<Metered> {
        Rate::from_decimal(usd).unwrap()
    }

    /// Data out to the internet from us-east-1 (pricing-data/services/internet-egress.csv).
    fn egress() -> Tiers {
        let starts = [
            (0, rate(dec!(0.09))),
            (10_240, rate(dec!(0.085))),
            (51_200, rate(dec!(0.07))),
            (153_600, rate(dec!(0.05))),
        ];
        Tiers::from_starts("GB", &starts).unwrap()
    }

    fn cost(tiers: &Tiers, units: Decimal) -> Decimal {
        let quantity = Quantity::from_decimal(units).unwrap();
        tiers.cost(quantity).to_decimal(10).normalize()
    }

    /// 10,240 x 0.09 = 921.60; 40,960 x 0.085 = 3,481.60; 102,400 x 0.07 = 7,168; 46,400 x 0.05 = 2,320.
    #[test]
    fn each_part_costs_the_rate_of_its_tier() {
        let egress = egress();
        assert_eq!(cost(&egress, dec!(0)), dec!(0));
        assert_eq!(cost(&egress, dec!(10240)), dec!(921.6));
        assert_eq!(cost(&egress, dec!(10240.5)), dec!(921.6425));
        let all = dec!(921.6) + dec!(3481.6) + dec!(7168) + dec!(2320);
        assert_eq!(cost(&egress, dec!(200000)), all);
        assert_eq!(
            egress.to_string(),
            "0.09, from 10240 0.085, from 51200 0.07, from 153600 0.05 a GB"
        );
    }

    #[test]
    fn holes_and_overlaps_are_refused() {
        let tier = |from, to| Tier {
            from,
            to,
            rate: rate(dec!(1)),
        };
        let unit: Arc<str> = "GB".into();
        let built = |tiers: Vec<Tier>| Tiers::new("GB", tiers).unwrap_err();
        let hole = |from| InvalidTiers::Hole {
            from,
            unit: unit.clone(),
        };
        let overlap = |from| InvalidTiers::Overlap {
            from,
            unit: unit.clone(),
        };
        assert_eq!(built(vec![]), hole(0));
        assert_eq!(built(vec![tier(1, None)]), hole(0));
        assert_eq!(built(vec![tier(0, Some(10))]), hole(10));
        assert_eq!(built(vec![tier(0, Some(10)), tier(11, None)]), hole(10));
        assert_eq!(built(vec![tier(0, Some(10)), tier(9, None)]), overlap(9));
        assert_eq!(built(vec![tier(0, None), tier(5, None)]), overlap(5));
        assert_eq!(built(vec![tier(0, Some(0)), tier(0, None)]), overlap(0));
        assert!(Tiers::new("GB", vec![tier(10, None), tier(0, Some(10))]).is_ok());
    }

    #[test]
    fn a_gigabyte_has_two_to_the_thirty_bytes() {
        assert_eq!(gigabytes(1 << 30), units(1));
        assert_eq!(gigabytes(3 << 29).to_decimal(10), dec!(1.5));
        // 1 / 2^30 = 9.3132e-10.
        assert_eq!(gigabytes(1).to_decimal(10), dec!(0.0000000009));
    }

    proptest! {
        #[test]
        fn more_never_costs_less_and_no_edge_jumps(
            steps in prop::collection::vec((1_u64..1_000, 0_u64..1_000_000), 1..6),
            less in 0_u64..6_000,
            more in 0_u64..6_000,
        ) {
            let mut from = 0;
            let mut starts = Vec::new();
            for (width, step) in &steps {
                starts.push((from, Rate::from_steps(*step)));
                from += width;
            }
            let tiers = Tiers::from_starts("GB", &starts).unwrap();
            prop_assert!(tiers.cost(units(less)) <= tiers.cost(units(less + more)));
            for (edge, _) in &starts {
                // A tick on either side of an edge costs no more than the dearest rate.
                let tick = Quantity::from_ticks(1);
                let jump = tiers.cost(units(*edge) + tick) - tiers.cost(units(*edge));
                prop_assert!(jump <= Money::from_atoms(1_000_000));
            }
            // Unit by unit, each at the rate of the tier that it lies in.
            let by_hand: Money = (0..less)
                .map(|unit| {
                    let tier = starts.iter().rev().find(|(from, _)| *from <= unit).unwrap();
                    tier.1.for_one()
                })
                .sum();
            prop_assert_eq!(tiers.cost(units(less)), by_hand);
        }
    }
}
