//! When something runs, in `estate.toml`: hours, windows between cron times, Auto Scaling.

use rust_decimal::{Decimal, dec};
use serde::Deserialize;

use super::Reader;
use super::source::{Figure, Text};
use crate::diagnostics::Diagnostic;
use crate::estate::amount::Level;
use crate::estate::cron::{Cron, CronError};
use crate::estate::running::{Hours, Running};
use crate::estate::schedule::{Load, Profile, Scaling, Windows};

/// Between a start and the next stop.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WindowRow {
    start: Text,
    stop: Text,
}

/// `[instances.scaling]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScalingRow {
    min: Figure,
    desired: Option<Figure>,
    max: Figure,
    #[serde(default)]
    schedule: Vec<ActionRow>,
    target: Option<LoadRow>,
    predicted: Option<LoadRow>,
}

/// So many from a time on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ActionRow {
    at: Text,
    count: Figure,
}

/// A load by the hour.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LoadRow {
    hourly: toml::Spanned<Vec<Figure>>,
    per_instance: Figure,
    utilization: Figure,
    buffer_minutes: Option<Figure>,
}

/// What a row says of when its things run.
pub(super) struct RunningRow<'a> {
    pub(super) name: &'a Text,
    pub(super) count: Option<&'a Figure>,
    pub(super) monthly_hours: Option<&'a Figure>,
    pub(super) windows: &'a [WindowRow],
    pub(super) scaling: Option<&'a ScalingRow>,
}

impl RunningRow<'_> {
    pub(super) fn meaning(
        &self,
        reader: &Reader<'_>,
        doubts: &mut Vec<Diagnostic>,
    ) -> Result<Running, Diagnostic> {
        if let Some(scaling) = self.scaling {
            self.nothing_beside_scaling(reader)?;
            let scaling = scaling.meaning(reader)?;
            if let Some(needed) = scaling.unmet() {
                let message = format!(
                    "the peak of the load on `{}` needs {needed}, and {} is the most",
                    self.name.get_ref(),
                    scaling.max
                );
                doubts.push(reader.source.at(
                    self.name,
                    message,
                    "the rest of the load is not served",
                ));
            }
            return Ok(Running::Scaled(scaling));
        }
        Ok(Running::Fixed {
            count: reader.source.open_count(self.count)?,
            hours: self.hours(reader)?,
        })
    }

    fn nothing_beside_scaling(&self, reader: &Reader<'_>) -> Result<(), Diagnostic> {
        let window = self.windows.first().map(|window| window.start.span());
        let stated = [
            ("count", self.count.map(toml::Spanned::span)),
            ("monthly_hours", self.monthly_hours.map(toml::Spanned::span)),
            ("windows", window),
        ];
        match stated
            .into_iter()
            .find_map(|(key, span)| Some((key, span?)))
        {
            None => Ok(()),
            Some((key, span)) => {
                let message = format!("`{key}` says nothing beside `scaling`");
                Err(reader
                    .source
                    .spot(span, message, "the group says how many run"))
            }
        }
    }

    fn hours(&self, reader: &Reader<'_>) -> Result<Hours, Diagnostic> {
        let Some(figure) = self.monthly_hours else {
            return match self.windows {
                [] => Ok(Hours::Always),
                windows => Ok(Hours::Windows(Windows(
                    windows
                        .iter()
                        .map(|row| row.meaning(reader))
                        .collect::<Result<_, _>>()?,
                ))),
            };
        };
        if let Some(window) = self.windows.first() {
            let message = "`windows` and `monthly_hours` both say when it runs";
            return Err(reader.source.at(&window.start, message, "one of the two"));
        }
        let hours = reader.source.amount(Some(figure))?;
        let most = reader.month.hours();
        if Level::ALL
            .iter()
            .any(|&level| hours.at(level).is_some_and(|hours| hours > most))
        {
            let message = format!("the month has {most} hours");
            return Err(reader
                .source
                .spot(figure.span(), message, "hours of each, not of all"));
        }
        Ok(Hours::Monthly(hours))
    }
}

impl WindowRow {
    fn meaning(&self, reader: &Reader<'_>) -> Result<(Cron, Cron), Diagnostic> {
        Ok((cron(reader, &self.start)?, cron(reader, &self.stop)?))
    }
}

fn cron(reader: &Reader<'_>, text: &Text) -> Result<Cron, Diagnostic> {
    text.get_ref().parse().map_err(|error: CronError| {
        reader
            .source
            .at(text, error.to_string(), "such as 0 8 * * MON-FRI")
    })
}

impl ScalingRow {
    fn meaning(&self, reader: &Reader<'_>) -> Result<Scaling, Diagnostic> {
        let source = reader.source;
        let (min, max) = (source.number(&self.min)?, source.count(Some(&self.max), 1)?);
        if min > max {
            let message = format!("a group of at least {min} and at most {max}");
            return Err(source.spot(self.min.span(), message, "more than `max`"));
        }
        let desired = match &self.desired {
            None => min,
            Some(figure) => {
                let desired = source.number(figure)?;
                if desired < min || desired > max {
                    let message = format!("{desired} is not within {min} to {max}");
                    return Err(source.spot(figure.span(), message, "`min` to `max`"));
                }
                desired
            }
        };
        Ok(Scaling {
            min,
            desired,
            max,
            profile: self.profile(reader)?,
        })
    }

    fn profile(&self, reader: &Reader<'_>) -> Result<Profile, Diagnostic> {
        match (&self.schedule[..], &self.target, &self.predicted) {
            ([], None, None) => Ok(Profile::Desired),
            (actions, None, None) => {
                let actions = actions
                    .iter()
                    .map(|row| Ok((cron(reader, &row.at)?, reader.source.number(&row.count)?)));
                Ok(Profile::Scheduled(
                    actions.collect::<Result<_, Diagnostic>>()?,
                ))
            }
            ([], Some(load), None) => {
                if let Some(figure) = &load.buffer_minutes {
                    let message = "`buffer_minutes` belongs to `predicted`";
                    return Err(reader.source.spot(
                        figure.span(),
                        message,
                        "target tracking has none",
                    ));
                }
                load.meaning(reader).map(Profile::Target)
            }
            ([], None, Some(load)) => Ok(Profile::Predicted {
                buffer_minutes: load.buffer(reader)?,
                load: load.meaning(reader)?,
            }),
            _ => {
                let message = "a group follows one of `schedule`, `target` and `predicted`";
                Err(reader
                    .source
                    .spot(self.min.span(), message, "this group follows several"))
            }
        }
    }
}

impl LoadRow {
    fn meaning(&self, reader: &Reader<'_>) -> Result<Load, Diagnostic> {
        let source = reader.source;
        let hourly = self.hourly.get_ref();
        if !matches!(hourly.len(), 24 | 168) {
            let message = format!(
                "a load has 24 figures (a day) or 168 (a week), not {}",
                hourly.len()
            );
            return Err(source.spot(self.hourly.span(), message, "one an hour"));
        }
        let target = source.share(Some(&self.utilization))?;
        if target.is_zero() {
            let message = "at a utilization of 0 no number of instances bears a load";
            return Err(source.spot(self.utilization.span(), message, "above 0"));
        }
        let hourly = hourly.iter().map(|figure| source.number(figure));
        Ok(Load {
            hourly: hourly.collect::<Result<_, _>>()?,
            per_instance: source.count(Some(&self.per_instance), 1)?,
            target,
        })
    }

    /// AWS launches 5 minutes before, unless told otherwise.
    fn buffer(&self, reader: &Reader<'_>) -> Result<Decimal, Diagnostic> {
        let Some(figure) = &self.buffer_minutes else {
            return Ok(dec!(5));
        };
        let minutes = reader.source.number(figure)?;
        if minutes > dec!(60) {
            let message = "instances are launched an hour before at the most";
            return Err(reader.source.spot(figure.span(), message, "0 to 60"));
        }
        Ok(minutes)
    }
}
