//! `--sweep shrink=0..50%:5%`: one change of all usage in steps, each a scenario.

use std::str::FromStr;

use rust_decimal::Decimal;

use crate::diagnostics::Place;
use crate::scenario::{Change, During, PriceChange, PricedOffer, Ratio, Scenario, Selector, What};

/// More would be no table.
const MOST_STEPS: usize = 201;

/// A change in steps of per cent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sweep {
    what: Swept,
    steps: Vec<Decimal>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Swept {
    Grow,
    Shrink,
    Spot,
    Price,
}

impl Swept {
    const ALL: [(&'static str, Self); 4] = [
        ("grow", Self::Grow),
        ("shrink", Self::Shrink),
        ("spot", Self::Spot),
        ("price", Self::Price),
    ];

    /// The lowest and the highest per cent that make sense.
    const fn range(self) -> (i64, i64) {
        match self {
            Self::Grow => (0, 10_000),
            Self::Shrink | Self::Spot => (0, 100),
            Self::Price => (-99, 10_000),
        }
    }
}

impl FromStr for Sweep {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || "expected such as shrink=0..50%:5%".to_owned();
        let (name, range) = text.split_once('=').ok_or_else(form)?;
        let found = Swept::ALL.iter().find(|(word, _)| *word == name);
        let words: Vec<&str> = Swept::ALL.iter().map(|(word, _)| *word).collect();
        let (_, what) =
            found.ok_or_else(|| format!("cannot sweep `{name}`; expected {}", words.join(", ")))?;
        let (ends, step) = range.split_once(':').ok_or_else(form)?;
        let (from, to) = ends.split_once("..").ok_or_else(form)?;
        let number = |text: &str| {
            let digits = text.strip_suffix('%').unwrap_or(text).trim();
            digits.parse::<Decimal>().map_err(|_| form())
        };
        if !(to.ends_with('%') && step.ends_with('%')) {
            return Err("write per cent signs: shrink=0..50%:5%".to_owned());
        }
        let (from, to, step) = (number(from)?, number(to)?, number(step)?);
        let (low, high) = what.range();
        if from < Decimal::from(low) || to > Decimal::from(high) || from > to {
            return Err(format!("`{name}` goes from {low}% to {high}%, upwards"));
        }
        if step <= Decimal::ZERO || [from, to, step].iter().any(|n| n.normalize().scale() > 4) {
            return Err("a step is above 0%, with four decimals at most".to_owned());
        }
        let points = (0..MOST_STEPS).map(|place| from + step * Decimal::from(place));
        let steps: Vec<Decimal> = points.take_while(|point| *point <= to).collect();
        if steps.len() == MOST_STEPS {
            return Err(format!(
                "that is {MOST_STEPS} steps or more; take larger ones"
            ));
        }
        Ok(Self { what: *what, steps })
    }
}

impl Sweep {
    /// The steps, in per cent.
    pub(super) fn steps(&self) -> impl Iterator<Item = Decimal> {
        self.steps.iter().copied()
    }

    /// What is done in steps, for a title.
    pub(super) const fn verb(&self) -> &'static str {
        match self.what {
            Swept::Grow => "grow",
            Swept::Shrink => "shrink",
            Swept::Spot => "run more on Spot",
            Swept::Price => "pay other On-Demand and Spot prices",
        }
    }

    /// What the level axis counts.
    pub(super) const fn level(&self) -> &'static str {
        match self.what {
            Swept::Grow => "growth of all instances",
            Swept::Shrink => "all instances shrunk by",
            Swept::Spot => "On-Demand instances moved to Spot",
            Swept::Price => "change of On-Demand and Spot prices",
        }
    }

    /// A scenario a step.
    pub(super) fn scenarios(&self) -> impl Iterator<Item = Scenario> {
        self.steps().map(|percent| {
            let name = Swept::ALL.iter().find(|(_, what)| *what == self.what);
            let name = name.map_or("", |(name, _)| *name);
            let percent = percent.normalize();
            Scenario {
                name: format!("{name} {percent}%"),
                changes: vec![Change {
                    what: self.change(percent),
                    during: During::default(),
                    place: Place::file("--sweep"),
                }],
            }
        })
    }

    fn change(&self, percent: Decimal) -> What {
        let select = Selector::default();
        // The ranges leave nothing below 0.
        let ratio = |value: Decimal| {
            Ratio::from_decimal((value / Decimal::ONE_HUNDRED).normalize()).unwrap_or(Ratio::ZERO)
        };
        match self.what {
            Swept::Grow => What::Scale {
                select,
                ratio: ratio(percent).more(),
                services: false,
            },
            Swept::Shrink => What::Scale {
                select,
                ratio: ratio(percent).less(),
                services: false,
            },
            Swept::Spot => What::Spot {
                select,
                share: ratio(percent),
            },
            Swept::Price => What::Price(PriceChange {
                select,
                item: None,
                offers: vec![PricedOffer::OnDemand, PricedOffer::Spot],
                ratio: ratio(Decimal::ONE_HUNDRED + percent),
                during: During::default(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Result<Vec<String>, String> {
        let sweep: Sweep = text.parse()?;
        Ok(sweep.scenarios().map(|scenario| scenario.name).collect())
    }

    #[test]
    fn steps_run_from_one_end_to_the_other() {
        assert_eq!(
            names("shrink=0..15%:5%").unwrap(),
            ["shrink 0%", "shrink 5%", "shrink 10%", "shrink 15%"]
        );
        assert_eq!(
            names("grow=1%..2%:0.75%").unwrap(),
            ["grow 1%", "grow 1.75%"]
        );
        assert_eq!(
            names("price=-5..5%:5%").unwrap(),
            ["price -5%", "price 0%", "price 5%"]
        );
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "shrink",
            "shrink=10%",
            "shrink=0..50:5",
            "shrink=0..50%:0%",
            "shrink=0..101%:5%",
            "shrink=50..0%:5%",
            "shrunk=0..50%:5%",
            "grow=0..50%:0.01%",
            "grow=0..5%:0.00001%",
        ] {
            assert!(names(text).is_err(), "{text}");
        }
    }
}
