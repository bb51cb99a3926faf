//! The hours ahead that a ladder is for: its months, the dates on which something may be bought, growth, and what
//! counts of fees beyond its end.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use crate::commitment::Portfolio;
use crate::demand::{Demand, GrowthStep, ServiceDemand, Unprojected};
use crate::units::{Hour, HourSpan};

use super::NoLadder;

/// Months of a year.
const YEAR: u32 = 12;
/// A year of terms: 365 days.
const YEAR_HOURS: i64 = 8_760;
/// The longest horizon: nobody knows prices of longer.
const MOST_MONTHS: u32 = 120;
/// A year's growth at most, per cent.
const MOST_GROWTH: Decimal = Decimal::ONE_THOUSAND;

/// On which dates something may be bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dates {
    /// The first hour, every so many months after it, and whenever something that is owned ends.
    Every(u32),
    /// These.
    Given(Vec<Hour>),
}

/// The hours ahead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Horizon {
    /// All of them.
    pub span: HourSpan,
    /// Dates of purchase, in order.
    pub dates: Vec<Hour>,
    /// Growth of the usage, per cent a year.
    pub growth: Decimal,
    /// What counts of the fees of hours beyond the end, per cent.
    pub beyond: u8,
}

impl Horizon {
    /// So many months from an hour on. A year has 365 days, as the year of a term; its months are calendar months from
    /// its first day.
    ///
    /// # Errors
    /// [`NoLadder`] for what makes no horizon.
    pub fn new(
        start: Hour,
        months: u32,
        dates: &Dates,
        owned: &Portfolio,
    ) -> Result<Self, NoLadder> {
        if months == 0 {
            return Err(NoLadder::NoMonth);
        }
        if months > MOST_MONTHS {
            return Err(NoLadder::TooLong { months });
        }
        let span = HourSpan::new(start, month(start, months));
        Ok(Self {
            span,
            dates: dates.within(span, owned)?,
            growth: Decimal::ZERO,
            beyond: 0,
        })
    }

    /// The same with usage that grows by so many per cent a year.
    ///
    /// # Errors
    /// [`NoLadder::Growth`] where nothing would be left, or for more than tenfold growth.
    pub fn growing(self, growth: Decimal) -> Result<Self, NoLadder> {
        if growth <= -Decimal::ONE_HUNDRED || growth > MOST_GROWTH {
            return Err(NoLadder::Growth(growth));
        }
        Ok(Self { growth, ..self })
    }

    /// The usage of instances in the hours ahead when a window repeats.
    ///
    /// # Errors
    /// [`Unprojected`]
    pub fn instances(&self, window: &Demand) -> Result<Demand, Unprojected> {
        window.projected(self.span, &self.growth_steps())
    }

    /// What is used beside instances in some hours ahead when `window` repeats, as instances do; from the beginning of the
    /// month on in which they begin, because tiers count that: as it was used where it was, repeated from there on.
    ///
    /// # Errors
    /// [`Unprojected`]
    pub fn beside(
        &self,
        used: &ServiceDemand,
        window: HourSpan,
        hours: HourSpan,
    ) -> Result<ServiceDemand, Unprojected> {
        let first = hours.start().calendar_month().start();
        let onto = HourSpan::new(first.max(window.end()), hours.end());
        let mut ahead = used.within(HourSpan::new(first, window.end().max(first)));
        ahead.extend(used.projected(window, onto, &self.growth_steps())?);
        Ok(ahead)
    }

    /// Its calendar months, cut where it begins and ends.
    pub fn calendar_months(&self) -> Vec<HourSpan> {
        let mut months = Vec::new();
        let mut start = self.span.start();
        while start < self.span.end() {
            let month = HourSpan::new(start, start.calendar_month().end()).intersect(self.span);
            start = month.end();
            months.push(month);
        }
        months
    }

    /// The growth of each month against the window: compounded, a month's being the twelfth root of a year's. The first
    /// month is as the window was.
    pub(super) fn growth_steps(&self) -> Vec<GrowthStep> {
        if self.growth.is_zero() {
            return Vec::new();
        }
        let year = Decimal::ONE + self.growth / Decimal::ONE_HUNDRED;
        let twelfth = twelfth_root(year);
        let mut steps = Vec::new();
        let mut factor = Decimal::ONE;
        for number in 0.. {
            let from = month(self.span.start(), number);
            if from >= self.span.end() {
                break;
            }
            let millionths = (factor * Decimal::from(1_000_000)).round();
            steps.push(GrowthStep {
                from,
                millionths: u64::try_from(millionths).unwrap_or(u64::MAX),
            });
            factor = (factor * twelfth).round_dp(20);
        }
        steps
    }
}

/// The first hour of a month counted from the start.
fn month(start: Hour, number: u32) -> Hour {
    let years = i64::from(number.div_euclid(YEAR));
    start
        .plus(years * YEAR_HOURS)
        .plus_months(number.rem_euclid(YEAR))
}

/// To sixteen decimals, by halving.
fn twelfth_root(value: Decimal) -> Decimal {
    let (mut low, mut high) = (Decimal::ZERO, Decimal::TWO);
    for _ in 0..60 {
        let middle = ((low + high) / Decimal::TWO).round_dp(20);
        let power = (0..YEAR).fold(Decimal::ONE, |power, _| (power * middle).round_dp(20));
        if power <= value {
            low = middle;
        } else {
            high = middle;
        }
    }
    low.round_dp(16)
}

impl Dates {
    fn within(&self, span: HourSpan, owned: &Portfolio) -> Result<Vec<Hour>, NoLadder> {
        let dates: BTreeSet<Hour> = match self {
            Self::Every(months) => {
                let rungs = (0..).map(|number| month(span.start(), number * (*months).max(1)));
                let rungs = rungs.take_while(|&at| at < span.end());
                let ends = ends(owned).filter(|&end| span.contains(end));
                rungs.chain(ends).collect()
            }
            Self::Given(dates) => dates.iter().copied().collect(),
        };
        if let Some(&date) = dates.iter().find(|&&date| !span.contains(date)) {
            return Err(NoLadder::DateOutside { date, span });
        }
        if dates.is_empty() {
            return Err(NoLadder::NoDate);
        }
        Ok(dates.into_iter().collect())
    }
}

/// When what is owned ends.
fn ends(owned: &Portfolio) -> impl Iterator<Item = Hour> {
    let reserved = owned.reserved_instances.iter().map(|one| one.alive.end());
    reserved.chain(owned.savings_plans.iter().map(|one| one.alive.end()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    fn from(day: &str) -> Hour {
        Hour::parse(&format!("{day}T00:00Z")).unwrap()
    }

    fn horizon(day: &str, months: u32, every: u32) -> Horizon {
        let owned = Portfolio::default();
        Horizon::new(from(day), months, &Dates::Every(every), &owned).unwrap()
    }

    #[test]
    fn three_years_are_three_terms_of_one() {
        let found = horizon("2026-11-01", 36, 12);
        assert_eq!(found.span.len(), 26_280);
        let dates: Vec<String> = found.dates.iter().map(ToString::to_string).collect();
        // 2028 is a leap year: its first of November is 366 days after the one before.
        assert_eq!(
            dates,
            [
                "2026-11-01T00:00Z",
                "2027-11-01T00:00Z",
                "2028-10-31T00:00Z"
            ]
        );
        assert_eq!(horizon("2026-11-01", 5, 2).dates.len(), 3);
        // The last day of a shorter month.
        let short = horizon("2026-12-31", 3, 1);
        assert_eq!(short.dates[2], from("2027-02-28"));
    }

    #[test]
    fn growth_compounds_to_a_year_s() {
        let found = horizon("2026-11-01", 25, 12).growing(dec!(20)).unwrap();
        let steps = found.growth_steps();
        let at = |month: usize| steps[month].millionths;
        // 1.2^(1/12) = 1.015309..., 1.2, 1.2^2.
        assert_eq!((at(0), at(1)), (1_000_000, 1_015_309));
        assert_eq!((at(12), at(24)), (1_200_000, 1_440_000));
        let shrinking = horizon("2026-11-01", 13, 12).growing(dec!(-50)).unwrap();
        assert_eq!(shrinking.growth_steps()[12].millionths, 500_000);
    }

    #[test]
    fn what_makes_no_horizon_is_refused() {
        let owned = Portfolio::default();
        let start = from("2026-11-01");
        let new = |months, dates: &[&str]| {
            let dates = dates.iter().map(|day| from(day)).collect();
            Horizon::new(start, months, &Dates::Given(dates), &owned)
        };
        assert_eq!(new(0, &["2026-11-01"]), Err(NoLadder::NoMonth));
        assert_eq!(new(12, &[]), Err(NoLadder::NoDate));
        for outside in ["2026-10-31", "2027-11-01"] {
            let found = new(12, &["2026-12-01", outside]);
            assert!(
                matches!(found, Err(NoLadder::DateOutside { .. })),
                "{outside}"
            );
        }
        assert!(matches!(new(121, &[]), Err(NoLadder::TooLong { .. })));
        let fine = new(12, &["2026-11-01"]).unwrap();
        assert!(fine.clone().growing(dec!(-100)).is_err());
        assert!(fine.growing(dec!(1000.1)).is_err());
    }
}
