//! Reads an events file: `[[event]]` tables with a probability and changes in the words of a scenario file.

use rust_decimal::Decimal;
use serde::Deserialize;

use super::change::Scenario;
use super::events::{Event, Probability};
use super::file::{Row, WithFees, changes};
use super::value::{Raw, Source, Text};
use crate::diagnostics::Diagnostic;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    event: Vec<EventRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventRow {
    name: Text,
    probability: Raw,
    #[serde(default)]
    change: Vec<Row>,
}

/// The events of a file; what their probabilities leave of 1 is one more, in which nothing changes.
///
/// # Errors
/// Points at what is wrong: no event, a name twice, a probability that is none, a sum of more than 1, and what a
/// scenario may have wrong.
pub fn read_events(
    text: &str,
    file: &str,
    with_fees: WithFees<'_>,
) -> Result<Vec<Event>, Diagnostic> {
    let source = Source { text, name: file };
    let read: File = toml::from_str(text).map_err(|error| source.not_toml(&error))?;
    if read.event.is_empty() {
        return Err(source.whole("the file names no event").hint(
            "an event is an `[[event]]` table with `name`, `probability` and `[[event.change]]` tables",
        ));
    }
    let mut events: Vec<Event> = Vec::new();
    let mut left = Some(Probability::ONE);
    for row in &read.event {
        let name = row.name.get_ref();
        if events.iter().any(|event| event.scenario.name == *name) {
            let message = format!("two events are called `{name}`");
            return Err(source.spot(row.name.span(), message, "the second of them"));
        }
        let probability = probability(&source, &row.probability)?;
        let before = events.iter().map(|event| event.probability.millionths());
        if before.sum::<u32>() + probability.millionths() > Probability::ONE.millionths() {
            let message = "the probabilities sum to more than 1".to_owned();
            let problem = source.at(&row.probability, message, "with this one");
            return Err(problem.hint(
                "exactly one of the events happens; what they leave of 1 is that nothing changes",
            ));
        }
        events.push(Event {
            probability,
            scenario: Scenario {
                name: name.clone(),
                changes: changes(&source, &row.change, with_fees)?,
            },
        });
        left = Probability::left_of(events.iter().map(|event| event.probability));
    }
    if let Some(left) = left {
        let same = Event::as_it_was(left);
        if let Some(row) = read
            .event
            .iter()
            .find(|row| *row.name.get_ref() == same.scenario.name)
        {
            let message = format!(
                "`{}` is what the probabilities leave of 1",
                same.scenario.name
            );
            let problem = source.spot(row.name.span(), message, "give it another name");
            return Err(problem.hint("or let the probabilities sum to 1"));
        }
        events.insert(0, same);
    }
    Ok(events)
}

/// `0.25` or `"25%"`.
fn probability(source: &Source<'_>, raw: &Raw) -> Result<Probability, Diagnostic> {
    let text = source.raw(raw);
    let part = match text.strip_suffix('%') {
        Some(percent) => percent
            .trim_end()
            .parse::<Decimal>()
            .map(|percent| percent / Decimal::ONE_HUNDRED),
        None => text.parse(),
    };
    part.ok()
        .and_then(Probability::from_decimal)
        .ok_or_else(|| {
            let message = format!("`{text}` is not a probability");
            source.at(
                raw,
                message,
                "more than 0, at most 1, such as 0.25 or \"25%\"; six decimals at most",
            )
        })
}
