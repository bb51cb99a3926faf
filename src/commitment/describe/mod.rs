//! Reads answers of AWS that were saved: what `describe-reserved-instances` and `describe-savings-plans` say is owned.
//!
//! Fields: docs.aws.amazon.com, EC2 API Reference, `ReservedInstances`; Savings Plans API Reference, `SavingsPlan`.
//! docs/billing-rules.md, R65 and R66.

mod plan;
mod reserved;
mod span;

use std::collections::BTreeMap;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

use self::plan::PlanRow;
use self::reserved::ReservedRow;
use self::span::{Step, span_of};
use super::file::Declared;
use crate::catalog::{Account, InstanceType, Region, Term};
use crate::diagnostics::{Diagnostic, Place, nearest};
use crate::units::{Hour, HourSpan};

/// What an answer does not say of its Reserved Instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Whose {
    /// The account that was asked.
    pub account: Option<Account>,
    /// The region that was asked.
    pub region: Option<Region>,
}

/// An answer; AWS adds fields when it likes, so unknown ones are passed over.
#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "ReservedInstances")]
    reserved_instances: Option<Vec<ReservedRow>>,
    #[serde(rename = "savingsPlans")]
    savings_plans: Option<Vec<PlanRow>>,
    #[serde(rename = "HostReservationSet")]
    host_reservations: Option<Vec<Value>>,
    #[serde(rename = "nextToken", alias = "NextToken")]
    next_token: Option<String>,
}

/// Reads the text of a saved answer called `name`.
///
/// # Errors
/// A [`Diagnostic`] with line and path: not JSON, not an answer about commitments, a field that is missing or is none,
/// an id used twice, a currency other than dollars.
pub fn read_answer(text: &str, name: &str, whose: Whose) -> Result<Declared, Diagnostic> {
    let source = Source { text, name };
    let answer: Answer = serde_json::from_str(text).map_err(|error| source.not_json(&error))?;
    let mut found = Found::default();
    if let Some(rows) = &answer.reserved_instances {
        found.read(&source, "ReservedInstances", rows, |entry, row| {
            reserved::read(entry, row, whose)
        })?;
    }
    if let Some(rows) = &answer.savings_plans {
        found.read(&source, "savingsPlans", rows, |entry, row| {
            plan::read(entry, row, whose)
        })?;
    }
    if let Some(rows) = &answer.host_reservations {
        let message = format!(
            "`{name}`: {} reservations of Dedicated Hosts are left out: write them into a portfolio file as [[host_reservation]]",
            rows.len()
        );
        found.declared.notes.push(message);
    } else if answer.reserved_instances.is_none() && answer.savings_plans.is_none() {
        return Err(source.no_answer());
    }
    if answer.next_token.is_some_and(|token| !token.is_empty()) {
        let message = format!(
            "`{name}` is a page that others follow (`nextToken`); what stands on those is not counted"
        );
        found.declared.notes.push(message);
    }
    Ok(found.finish(name))
}

/// What has been read of an answer.
#[derive(Default)]
struct Found {
    declared: Declared,
    /// Ids of what was left out, by reason.
    left_out: BTreeMap<String, Vec<String>>,
}

/// What became of an entry.
enum Outcome {
    /// It is owned.
    Reserved(Box<super::ReservedInstance>, Fee),
    /// It is owned.
    Plan {
        plan: Box<super::SavingsPlan>,
        /// Until when AWS says it may be returned; its start where it may not.
        until: Option<Hour>,
        /// What is doubtful about it.
        note: Option<String>,
    },
    /// It is not, for a reason.
    LeftOut(String),
}

/// Whether an entry states what it costs.
enum Fee {
    Stated,
    /// What is missing.
    Missing(&'static str),
}

impl Found {
    fn read<T: Named>(
        &mut self,
        source: &Source<'_>,
        list: &'static str,
        rows: &[T],
        outcome: impl Fn(&Entry<'_>, &T) -> Result<Outcome, Diagnostic>,
    ) -> Result<(), Diagnostic> {
        for (index, row) in rows.iter().enumerate() {
            let entry = Entry {
                source,
                list,
                index,
            };
            let id = row.id().ok_or_else(|| entry.lacks(T::ID))?;
            let place = entry.place(T::ID, "this commitment");
            if self.declared.places.insert(id.clone(), place).is_some() {
                let message = format!("two commitments have the id `{id}`");
                return Err(entry.wrong(T::ID, message, "used above"));
            }
            self.keep(id, outcome(&entry, row)?, &entry);
        }
        Ok(())
    }

    fn keep(&mut self, id: String, outcome: Outcome, entry: &Entry<'_>) {
        let Declared {
            portfolio,
            without_fee,
            notes,
            returnable,
            places,
            ..
        } = &mut self.declared;
        match outcome {
            Outcome::Reserved(ri, fee) => {
                if let Fee::Missing(what) = fee {
                    without_fee.push(portfolio.reserved_instances.len());
                    notes.push(format!(
                        "`{id}` of `{}` is {} and its {what} is 0, as where a reservation was modified or exchanged: \
                         the price book's fee is taken",
                        entry.source.name, ri.payment_option,
                    ));
                }
                portfolio.reserved_instances.push(*ri);
            }
            Outcome::Plan { plan, until, note } => {
                returnable.extend(until.map(|until| (id, until)));
                notes.extend(note);
                portfolio.savings_plans.push(*plan);
            }
            Outcome::LeftOut(reason) => {
                places.remove(&id);
                self.left_out.entry(reason).or_default().push(id);
            }
        }
    }

    fn finish(mut self, name: &str) -> Declared {
        for (reason, ids) in self.left_out {
            let ids: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
            let message = format!("`{name}`: left out {}: {reason}", ids.join(", "));
            self.declared.notes.push(message);
        }
        self.declared
    }
}

/// A row that has an id.
trait Named {
    /// The key it stands under.
    const ID: &'static str;

    fn id(&self) -> Option<String>;
}

/// The file while it is read, to point into it.
struct Source<'a> {
    text: &'a str,
    name: &'a str,
}

impl Source<'_> {
    fn not_json(&self, error: &serde_json::Error) -> Diagnostic {
        let line = u64::try_from(error.line()).unwrap_or_default();
        let place = Place::file(self.name).line(line);
        let hint = "save the answer again as AWS gives it, in the form of `--output json`";
        Diagnostic::new(format!("this is no answer of AWS: {error}"))
            .at(place)
            .hint(hint)
    }

    fn no_answer(&self) -> Diagnostic {
        Diagnostic::new("this JSON has none of `ReservedInstances`, `savingsPlans` and `HostReservationSet`")
            .at(Place::file(self.name))
            .hint("save what `aws ec2 describe-reserved-instances` or `aws savingsplans describe-savings-plans` answers, without `--query`")
    }
}

/// One entry of a list of the answer.
struct Entry<'a> {
    source: &'a Source<'a>,
    list: &'static str,
    index: usize,
}

impl Entry<'_> {
    /// Where the value of a key stands, or the entry itself where it has no such key.
    fn place(&self, key: &str, label: &str) -> Place {
        const WIDEST: usize = 160;
        let Source { text, name } = self.source;
        let entry = [Step::Key(self.list), Step::Item(self.index)];
        let [list, item] = entry;
        let span = span_of(text, &[list, item, Step::Key(key)]).or_else(|| span_of(text, &entry));
        let mut place = Place::in_text(*name, text, span.unwrap_or(0..0), label);
        // An answer may be one line of a megabyte.
        let is_wide = |excerpt: &crate::diagnostics::Excerpt| excerpt.text.len() > WIDEST;
        if place.excerpt.as_ref().is_some_and(is_wide) {
            place.excerpt = None;
        }
        place.column(format!("{}[{}].{key}", self.list, self.index))
    }

    fn wrong(&self, key: &str, message: String, label: &str) -> Diagnostic {
        Diagnostic::new(message).at(self.place(key, label))
    }

    fn lacks(&self, key: &str) -> Diagnostic {
        let message = format!("an entry of `{}` has no `{key}`", self.list);
        self.wrong(key, message, "is not in here")
    }

    fn text<'t>(&self, key: &str, value: Option<&'t String>) -> Result<&'t str, Diagnostic> {
        value.map(String::as_str).ok_or_else(|| self.lacks(key))
    }

    /// A word of a closed list.
    fn word<T: FromStr<Err = String>>(
        &self,
        key: &str,
        value: Option<&String>,
    ) -> Result<T, Diagnostic> {
        let text = self.text(key, value)?;
        let unknown = || format!("unknown `{key}` `{text}`");
        text.parse()
            .map_err(|expected: String| self.wrong(key, unknown(), &expected))
    }

    fn region(&self, key: &str, text: &str) -> Result<Region, Diagnostic> {
        text.parse()
            .map_err(|error: crate::catalog::UnknownRegion| {
                let problem = self.wrong(key, error.to_string(), "no region has this code");
                match nearest(text, Region::all().map(Region::as_str)) {
                    Some(near) => problem.hint(format!("did you mean `{near}`?")),
                    None => problem.hint("`bursar prices regions` lists them all"),
                }
            })
    }

    fn instance_type(&self, key: &str, value: Option<&String>) -> Result<InstanceType, Diagnostic> {
        let text = self.text(key, value)?;
        InstanceType::from_str(text)
            .map_err(|error| self.wrong(key, error.to_string(), "such as m6i.large"))
    }

    /// An amount, as number (EC2) or text (Savings Plans); `None` where there is none.
    fn amount(&self, key: &str, value: Option<&Value>) -> Result<Option<Decimal>, Diagnostic> {
        let text = match value {
            None => return Ok(None),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let read = Decimal::from_str(&text).or_else(|_| Decimal::from_scientific(&text));
        let message = || format!("`{text}` is not an amount");
        match read {
            Ok(amount) if amount.is_sign_negative() && !amount.is_zero() => {
                Err(self.wrong(key, message(), "below 0"))
            }
            Ok(amount) => Ok(Some(amount)),
            Err(_) => Err(self.wrong(key, message(), "a number was expected")),
        }
    }

    /// Prices are in dollars, here and in the price book.
    fn dollars(&self, key: &str, currency: Option<&String>) -> Result<(), Diagnostic> {
        match currency.map(String::as_str) {
            None | Some("USD") => Ok(()),
            Some(other) => {
                let message =
                    format!("the commitment is paid in `{other}`, and prices here are in USD");
                Err(self.wrong(key, message, "only USD can be billed"))
            }
        }
    }

    /// One or three years, from seconds.
    fn term(&self, key: &str, seconds: i64) -> Result<Term, Diagnostic> {
        let is = |term: &&Term| term.hours() * 3_600 == seconds;
        let found = Term::ALL.iter().find(is).copied();
        found.ok_or_else(|| {
            let message = format!("`{seconds}` seconds are neither 1 year nor 3 years");
            self.wrong(key, message, "31536000 or 94608000 was expected")
        })
    }

    /// The clock hours between two instants; without end, those of the term.
    fn alive(
        &self,
        keys: [&str; 2],
        start: Option<&String>,
        end: Option<&String>,
        term: Term,
    ) -> Result<HourSpan, Diagnostic> {
        let unread = |key: &str, error: crate::units::HourError| {
            self.wrong(key, error.to_string(), "such as 2026-07-01T00:00:00Z")
        };
        let first = Hour::parse(self.text(keys[0], start)?).map_err(|e| unread(keys[0], e))?;
        let longest = first.plus(term.hours());
        let Some(end) = end else {
            return Ok(HourSpan::new(first, longest));
        };
        let last = Hour::parse_end(end).map_err(|error| unread(keys[1], error))?;
        if last <= first {
            let message = "the end is not after the start".to_owned();
            return Err(self.wrong(keys[1], message, "before the start"));
        }
        if last > longest.plus(1) {
            let message = format!("the end is more than {term} after the start");
            return Err(self.wrong(keys[1], message, "past the end of the term"));
        }
        Ok(HourSpan::new(first, last))
    }
}

/// What a state means.
enum State {
    /// It counts between its start and its end.
    Counts,
    /// It never does, for this reason.
    Never(&'static str),
}

/// The states of Reserved Instances and Savings Plans. A retired one counts until its end, which lies in the past; AWS
/// sets that of a modified Reserved Instance to the start of its successor.
fn state(entry: &Entry<'_>, key: &str, value: Option<&String>) -> Result<State, Diagnostic> {
    match entry.text(key, value)? {
        "active" | "payment-pending" | "queued" | "retired" => Ok(State::Counts),
        "payment-failed" => Ok(State::Never("its payment failed")),
        "queued-deleted" => Ok(State::Never("it was deleted before it began")),
        "returned" => Ok(State::Never("it was returned, and its usage billed anew")),
        "pending-return" => Ok(State::Never("it is being returned")),
        other => {
            let message = format!("unknown `{key}` `{other}`");
            let label = "expected active, queued, retired, payment-pending, payment-failed, queued-deleted, pending-return or returned";
            Err(entry.wrong(key, message, label))
        }
    }
}
