//! Hours by the clock: starts and stops, and groups that scale by schedule, by load or by forecast.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};
use rust_decimal::{Decimal, dec};

use super::cron::Cron;
use super::running::Month;

/// Times between a start and the next stop. Several may overlap; what runs, runs once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Windows(pub Vec<(Cron, Cron)>);

/// An Auto Scaling group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scaling {
    /// Never fewer.
    pub min: Decimal,
    /// How many before anything scales.
    pub desired: Decimal,
    /// Never more.
    pub max: Decimal,
    /// What scales it.
    pub profile: Profile,
}

/// What the size of a group follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Profile {
    /// Nothing: it stays as desired.
    Desired,
    /// Scheduled actions: at these times, so many.
    Scheduled(Vec<(Cron, Decimal)>),
    /// Target tracking: as many as the load of the hour needs.
    Target(Load),
    /// Predictive scaling: as many, launched some minutes before the hour that needs them.
    Predicted {
        /// The forecast.
        load: Load,
        /// How many minutes before; AWS's default is 5.
        buffer_minutes: Decimal,
    },
}

/// A load by the hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// Of a day (24 figures from midnight) or of a week (168 from Monday midnight).
    pub hourly: Vec<Decimal>,
    /// What one instance bears.
    pub per_instance: Decimal,
    /// How much of that it is meant to bear, 0 to 1.
    pub target: Decimal,
}

impl Windows {
    /// Hours of one thing in a month.
    pub fn hours(&self, month: Month) -> Decimal {
        let is_weekly = self
            .0
            .iter()
            .all(|(start, stop)| start.is_weekly() && stop.is_weekly());
        let mut running = vec![false; self.0.len()];
        let minutes = walk(month, is_weekly, |date, hour, minute| {
            for ((start, stop), running) in self.0.iter().zip(&mut running) {
                let at = |cron: &Cron| cron.is_at(hour, minute) && cron.is_on(date);
                // A start at the time of a stop goes on.
                *running = at(start) || (*running && !at(stop));
            }
            running.contains(&true)
        });
        minutes.get(&true).copied().unwrap_or_default()
    }
}

impl Scaling {
    /// Hours of the first `base` instances in a month.
    pub fn hours(&self, month: Month, base: Decimal) -> Decimal {
        let levels = self.levels(month);
        levels
            .iter()
            .map(|(count, hours)| (*count).min(base) * hours)
            .sum()
    }

    /// How many run for how many hours of a month.
    pub fn levels(&self, month: Month) -> BTreeMap<Decimal, Decimal> {
        match &self.profile {
            Profile::Desired => BTreeMap::from([(self.fit(self.desired), month.hours())]),
            Profile::Scheduled(actions) => self.by_schedule(actions, month),
            Profile::Target(load) => self.by_load(load, Decimal::ZERO, month),
            Profile::Predicted {
                load,
                buffer_minutes,
            } => self.by_load(load, *buffer_minutes, month),
        }
    }

    /// How many the peak of the load needs, where that is more than may run.
    pub fn unmet(&self) -> Option<Decimal> {
        let (Profile::Target(load) | Profile::Predicted { load, .. }) = &self.profile else {
            return None;
        };
        let peak = load.hourly.iter().map(|figure| load.needs(*figure)).max()?;
        (peak > self.max).then_some(peak)
    }

    fn by_schedule(&self, actions: &[(Cron, Decimal)], month: Month) -> BTreeMap<Decimal, Decimal> {
        let is_weekly = actions.iter().all(|(cron, _)| cron.is_weekly());
        let mut count = self.fit(self.desired);
        walk(month, is_weekly, |date, hour, minute| {
            let at = |cron: &Cron| cron.is_at(hour, minute) && cron.is_on(date);
            if let Some((_, wanted)) = actions.iter().rfind(|(cron, _)| at(cron)) {
                count = self.fit(*wanted);
            }
            count
        })
    }

    fn by_load(&self, load: &Load, early: Decimal, month: Month) -> BTreeMap<Decimal, Decimal> {
        let early = (early / dec!(60)).clamp(Decimal::ZERO, Decimal::ONE);
        let needed = load
            .hourly
            .iter()
            .map(|figure| self.fit(load.needs(*figure)));
        let needed: Vec<Decimal> = needed.collect();
        let next = needed.iter().cycle().skip(1);
        let mut levels = BTreeMap::new();
        for (index, (now, next)) in needed.iter().zip(next).enumerate() {
            let times = load.times(index, month);
            *levels.entry(*now).or_default() += times * (Decimal::ONE - early);
            *levels.entry(*now.max(next)).or_default() += times * early;
        }
        levels.retain(|_, hours: &mut Decimal| !hours.is_zero());
        levels
    }

    /// Within what may run.
    fn fit(&self, wanted: Decimal) -> Decimal {
        wanted.min(self.max).max(self.min)
    }
}

impl Load {
    /// Instances that a load needs.
    fn needs(&self, load: Decimal) -> Decimal {
        let bears = self.per_instance.saturating_mul(self.target);
        load.checked_div(bears)
            .map_or(Decimal::MAX, |count| count.ceil())
    }

    /// How often an hour of the load comes in a month.
    fn times(&self, index: usize, month: Month) -> Decimal {
        let each = |hours: Decimal| hours / Decimal::from(self.hourly.len());
        match month {
            Month::Of {
                year,
                month: number,
                days,
            } if self.hourly.len() == 168 => {
                let weekday = u32::try_from(index.div_euclid(24)).unwrap_or_default();
                let dates = (1..=days).filter_map(|day| NaiveDate::from_ymd_opt(year, number, day));
                let same = dates.filter(|date| date.weekday().num_days_from_monday() == weekday);
                Decimal::from(same.count())
            }
            Month::Average | Month::Of { .. } => each(month.hours()),
        }
    }
}

/// Common years that begin with Monday, Tuesday, ... Sunday.
const COMMON_YEARS: [i32; 7] = [2001, 2002, 2003, 2009, 2010, 2005, 2006];

/// Walks the minutes of a month and says for how many hours of it each state held.
///
/// The average month is a twelfth of a year of 365 days, whatever weekday that begins with: the 84th part of the
/// seven such years one after the other. What depends on the week only needs one week.
fn walk<T: Ord>(
    month: Month,
    is_weekly: bool,
    mut state: impl FnMut(NaiveDate, u32, u32) -> T,
) -> BTreeMap<T, Decimal> {
    let (dates, share) = match month {
        Month::Average if is_weekly => (days_from(COMMON_YEARS[0], 1, 7), dec!(730) / dec!(168)),
        Month::Average => {
            let years = COMMON_YEARS
                .iter()
                .flat_map(|&year| days_from(year, 1, 365));
            (years.collect(), Decimal::ONE / dec!(84))
        }
        Month::Of { year, month, days } => (days_from(year, month, days), Decimal::ONE),
    };
    // What was started before the first minute runs in it: the days before tell.
    let before = match (month, is_weekly) {
        (Month::Average, true) => dates.clone(),
        (Month::Average, false) => days_from(COMMON_YEARS[6], 1, 365),
        (Month::Of { year, month, .. }, _) => days_before(year, month),
    };
    let mut minutes: BTreeMap<T, u32> = BTreeMap::new();
    for (index, date) in before.iter().chain(&dates).enumerate() {
        for (hour, minute) in (0..24).flat_map(|hour| (0..60).map(move |minute| (hour, minute))) {
            let state = state(*date, hour, minute);
            if index >= before.len() {
                *minutes.entry(state).or_default() += 1;
            }
        }
    }
    let hours = |minutes: u32| Decimal::from(minutes) * share / dec!(60);
    minutes
        .into_iter()
        .map(|(state, minutes)| (state, hours(minutes)))
        .collect()
}

/// So many days from the first of a month.
fn days_from(year: i32, month: u32, days: u32) -> Vec<NaiveDate> {
    let first = NaiveDate::from_ymd_opt(year, month, 1).unwrap_or_default();
    let length = usize::try_from(days).unwrap_or_default();
    first.iter_days().take(length).collect()
}

/// The year before the first of a month.
fn days_before(year: i32, month: u32) -> Vec<NaiveDate> {
    let first = NaiveDate::from_ymd_opt(year, month, 1).unwrap_or_default();
    let start = first.checked_sub_days(Days::new(366)).unwrap_or(first);
    start.iter_days().take_while(|date| *date < first).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(pairs: &[(&str, &str)]) -> Windows {
        let pairs = pairs
            .iter()
            .map(|(start, stop)| (start.parse().unwrap(), stop.parse().unwrap()));
        Windows(pairs.collect())
    }

    const NOVEMBER: Month = Month::Of {
        year: 2026,
        month: 11,
        days: 30,
    };

    /// Five days of 12 hours a week are 60 of its 168 hours: 730 x 60 / 168. November 2026 has 21 weekdays:
    /// 21 x 12 = 252.
    #[test]
    fn office_hours() {
        let office = windows(&[("0 8 * * 1-5", "0 20 * * 1-5")]);
        assert_eq!(
            office.hours(Month::Average).round_dp(9),
            (dec!(730) * dec!(60) / dec!(168)).round_dp(9)
        );
        assert_eq!(office.hours(NOVEMBER), dec!(252));
        // 8 to 20 and 10 to 22 together are 8 to 22.
        let both = windows(&[
            ("0 8 * * 1-5", "0 20 * * 1-5"),
            ("0 10 * * 1-5", "0 22 * * 1-5"),
        ]);
        assert_eq!(both.hours(NOVEMBER), dec!(294));
        // From Friday night to Monday morning is stopped: Mon 06:00 to Fri 22:00 are 112 hours a week.
        let week = windows(&[("0 6 * * 1", "0 22 * * 5")]);
        assert_eq!(
            week.hours(Month::Average).round_dp(9),
            (dec!(730) * dec!(112) / dec!(168)).round_dp(9)
        );
    }

    /// The first three days of each month are 72 hours of it, in every year. On weekdays of the first week:
    /// all of them in the mean, 7 x 5/7 days of 24 hours = 120.
    #[test]
    fn days_of_the_month() {
        let first = windows(&[("0 0 1 * *", "0 0 4 * *")]);
        assert_eq!(first.hours(Month::Average).round_dp(9), dec!(72));
        assert_eq!(first.hours(NOVEMBER), dec!(72));
        // A year-end: 31 days in a month of twelve.
        let december = windows(&[("0 0 1 12 *", "0 0 1 1 *")]);
        assert_eq!(december.hours(Month::Average).round_dp(9), dec!(62));
        assert_eq!(december.hours(NOVEMBER), dec!(0));
    }

    fn group(profile: Profile) -> Scaling {
        Scaling {
            min: dec!(2),
            desired: dec!(4),
            max: dec!(10),
            profile,
        }
    }

    /// Ten from 8 to 20, two from then on: 12 x 10 + 12 x 2 = 144 instance-hours a day, 30 days.
    #[test]
    fn a_group_scales_by_schedule() {
        let actions = vec![
            ("0 8 * * *".parse().unwrap(), dec!(12)),
            ("0 20 * * *".parse().unwrap(), dec!(0)),
        ];
        let group = group(Profile::Scheduled(actions));
        assert_eq!(group.hours(NOVEMBER, Decimal::MAX), dec!(4320));
        assert_eq!(group.hours(NOVEMBER, dec!(2)), dec!(1440));
        assert_eq!(group.hours(NOVEMBER, dec!(5)), dec!(360) * dec!(7));
    }

    /// 100 requests an instance at 50 %: 0 needs 2 (the least), 210 needs 5, 4000 needs 80 and gets 10.
    #[test]
    fn a_group_scales_by_load_and_ahead_of_it() {
        let mut hourly = vec![Decimal::ZERO; 24];
        (hourly[10], hourly[11]) = (dec!(210), dec!(4000));
        let load = Load {
            hourly,
            per_instance: dec!(100),
            target: dec!(0.5),
        };
        let target = group(Profile::Target(load.clone()));
        assert_eq!(target.unmet(), Some(dec!(80)));
        // A day: 22 x 2 + 5 + 10 = 59.
        assert_eq!(target.hours(NOVEMBER, Decimal::MAX), dec!(59) * dec!(30));
        // Six minutes ahead: a tenth of an hour of 3 more before 10:00, of 5 more before 11:00.
        let buffer_minutes = dec!(6);
        let ahead = group(Profile::Predicted {
            load,
            buffer_minutes,
        });
        assert_eq!(ahead.hours(NOVEMBER, Decimal::MAX), dec!(59.8) * dec!(30));
    }

    #[test]
    fn a_week_of_load_counts_each_weekday_of_the_month() {
        // One instance more on Sundays: November 2026 has five of them.
        let hourly = (0..168).map(|hour| if hour < 144 { dec!(0) } else { dec!(3) });
        let load = Load {
            hourly: hourly.collect(),
            per_instance: Decimal::ONE,
            target: Decimal::ONE,
        };
        let group = group(Profile::Target(load));
        assert_eq!(
            group.hours(NOVEMBER, Decimal::MAX),
            dec!(1440) + dec!(24) * dec!(5)
        );
    }
}
