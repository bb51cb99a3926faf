//! What usage is taken to be after its window: the window's whole weeks again and again, hour of the week by hour of
//! the week, more or less of them as it grows.

use super::key::DemandKey;
use super::services::{ServiceDemand, ServiceKey};
use super::trace::Demand;
use crate::units::{Hour, HourSpan};

/// Hours of a week: what repeats.
const WEEK: usize = 168;
/// A factor of growth is in millionths.
const WHOLE: u64 = 1_000_000;
/// More units beside instances than a bill can count, in 1e-12: 10^15 of them an hour.
const MOST_PICO: i128 = 10_i128.pow(27);

/// From an hour on, so many millionths of the window's usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrowthStep {
    /// Its first hour.
    pub from: Hour,
    /// A million is as it was.
    pub millionths: u64,
}

/// Why usage cannot be projected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unprojected {
    /// Less than a week has no hours of the week to repeat.
    #[error(
        "the usage is of {hours} hours: to be repeated by hour of the week it must be of a week or more"
    )]
    ShorterThanAWeek {
        /// Of the window.
        hours: usize,
    },
    /// More than an hour can hold.
    #[error("the usage of {0:?} grows beyond what an hour can hold")]
    TooMuch(Box<DemandKey>),
    /// The same beside instances.
    #[error("the use of {0:?} grows beyond what an hour can hold")]
    TooMuchBeside(Box<ServiceKey>),
}

impl Demand {
    /// Whole weeks of the window, which repeat.
    pub fn whole_weeks(&self) -> usize {
        self.span.len().div_euclid(WEEK)
    }

    /// The usage of other hours: each takes that of the hour a multiple of the window's whole weeks (its last ones)
    /// before, times the last step of growth that has begun (as it was before the first), rounded to seconds.
    ///
    /// # Errors
    /// [`Unprojected`]
    pub fn projected(&self, onto: HourSpan, growth: &[GrowthStep]) -> Result<Self, Unprojected> {
        let hours = repeated(self.span, onto, growth)?;
        let mut seconds = Vec::with_capacity(self.keys.len() * onto.len());
        for (key, row) in self.rows() {
            for &(source, millionths) in &hours {
                let grown = scaled(row[source], millionths);
                seconds.push(grown.ok_or_else(|| Unprojected::TooMuch(Box::new(key.clone())))?);
            }
        }
        Ok(Self {
            span: onto,
            keys: self.keys.clone(),
            seconds,
        })
    }
}

impl ServiceDemand {
    /// The use of other hours, in the same way, where `window` is the window.
    ///
    /// # Errors
    /// [`Unprojected`]
    pub fn projected(
        &self,
        window: HourSpan,
        onto: HourSpan,
        growth: &[GrowthStep],
    ) -> Result<Self, Unprojected> {
        let hours = repeated(window, onto, growth)?;
        let mut ahead = Self::default();
        for (key, used) in self.streams() {
            let mut row = vec![0_i128; window.len()];
            for (&hour, &pico_units) in used {
                if let Some(at) = window.index(hour) {
                    row[at] = pico_units;
                }
            }
            for (hour, &(source, millionths)) in onto.hours().zip(&hours) {
                if row[source] == 0 {
                    continue;
                }
                let grown = scaled_pico(row[source], millionths);
                let grown = grown.ok_or_else(|| Unprojected::TooMuchBeside(Box::new(key.clone())));
                ahead.add(key.clone(), hour, grown?);
            }
        }
        Ok(ahead)
    }
}

/// Of each hour the window's hour that it is like, counted from the start of the window, and how many millionths of it
/// there are.
fn repeated(
    window: HourSpan,
    onto: HourSpan,
    growth: &[GrowthStep],
) -> Result<Vec<(usize, u64)>, Unprojected> {
    let hours = window.len();
    let cycle = hours.div_euclid(WEEK) * WEEK;
    if cycle == 0 {
        return Err(Unprojected::ShorterThanAWeek { hours });
    }
    let end = window.end().epoch_hours();
    let length = i64::try_from(cycle).unwrap_or(i64::MAX);
    let like = onto.hours().map(|hour| {
        let within = (hour.epoch_hours() - end).rem_euclid(length);
        let source = hours - cycle + usize::try_from(within).unwrap_or(0);
        let begun = growth.iter().take_while(|step| step.from <= hour);
        (source, begun.last().map_or(WHOLE, |step| step.millionths))
    });
    Ok(like.collect())
}

fn scaled_pico(pico_units: i128, millionths: u64) -> Option<i128> {
    let product = pico_units.checked_mul(i128::from(millionths))?;
    let whole = i128::from(WHOLE);
    let scaled = product.checked_add(whole.div_euclid(2))?.div_euclid(whole);
    (scaled <= MOST_PICO).then_some(scaled)
}

fn scaled(seconds: u32, millionths: u64) -> Option<u32> {
    let product = u64::from(seconds).checked_mul(millionths)?;
    u32::try_from(product.checked_add(WHOLE.div_euclid(2))?.div_euclid(WHOLE)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Account, Platform, Tenancy};
    use crate::demand::{Labels, Market};

    /// So many hours, each with as many seconds as its number.
    fn counted(hours: u32) -> Demand {
        let start = Hour::parse("2026-07-01T00:00Z").unwrap();
        let key = DemandKey {
            account: Account::new("111122223333"),
            region: "us-east-1".parse().unwrap(),
            zone: None,
            instance_type: "m5.large".parse().unwrap(),
            platform: Platform::LINUX,
            tenancy: Tenancy::Shared,
            market: Market::OnDemand,
            labels: Labels::default(),
        };
        let span = HourSpan::new(start, start.plus(i64::from(hours)));
        Demand::from_rows(span, [(key, (0..hours).collect())]).unwrap()
    }

    #[test]
    fn whole_weeks_repeat_hour_of_the_week_by_hour_of_the_week() {
        // 2 weeks and 3 days: the last two weeks repeat, which begin at hour 72.
        let demand = counted(408);
        let end = demand.span().end();
        let later = demand
            .projected(HourSpan::new(end.plus(-2), end.plus(700)), &[])
            .unwrap();
        let row = later.seconds(0);
        assert_eq!(row[..4], [406, 407, 72, 73]);
        // Two weeks later the same again.
        assert_eq!(row[2..2 + 336], row[2 + 336..2 + 672]);
    }

    #[test]
    fn a_window_of_whole_weeks_onto_itself_is_itself() {
        let demand = counted(336);
        assert_eq!(demand.projected(demand.span(), &[]).unwrap(), demand);
    }

    #[test]
    fn growth_begins_at_its_hour_and_is_rounded_to_seconds() {
        let demand = counted(168);
        let end = demand.span().end();
        let step = GrowthStep {
            from: end.plus(101),
            millionths: 1_015_000,
        };
        let later = demand.projected(HourSpan::new(end, end.plus(168)), &[step]);
        let later = later.unwrap();
        // 100 s as they were; 101 x 1.015 = 102.515, 102 x 1.015 = 103.53.
        assert_eq!(later.seconds(0)[100..103], [100, 103, 104]);
    }

    #[test]
    fn less_than_a_week_and_more_than_an_hour_holds_are_refused() {
        let hours = 167;
        let short = counted(167);
        assert_eq!(
            short.projected(short.span(), &[]),
            Err(Unprojected::ShorterThanAWeek { hours })
        );
        let step = GrowthStep {
            from: short.span().start(),
            millionths: u64::from(u32::MAX) * 1_000_000,
        };
        let long = counted(168);
        let far = long.projected(long.span(), &[step]);
        assert!(matches!(far, Err(Unprojected::TooMuch(_))));
    }
}
