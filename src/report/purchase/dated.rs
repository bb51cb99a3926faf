//! What dates have to do with a purchase of a ladder: its life, the days on which it has paid for itself, other dates.

use serde_json::{Value, json};

use super::{SHOWN, Shown};
use crate::optimize::DatedExplained;
use crate::report::ladder::day;
use crate::report::run::amount;
use crate::report::{Cell, Table};
use crate::units::Hour;

/// A purchase of a ladder.
pub struct Dated<'a> {
    /// What was found.
    pub explained: &'a DatedExplained,
    /// Its purchase as the run has it.
    pub purchase: Value,
    /// Whether the ladder counts what money costs, or a part of the fees of hours after the horizon.
    pub counts_more: bool,
    /// Whether it keeps rules.
    pub under_rules: bool,
}

impl Dated<'_> {
    /// Its dates, behind the plan's name.
    pub(super) fn life(&self) -> String {
        let alive = self.explained.bought.alive();
        let text = |hour: Hour| day(&hour.to_string()).to_owned();
        format!(", {} to {}", text(alive.start()), text(alive.end()))
    }

    /// What costs are of.
    pub(super) const fn counted(&self) -> &'static str {
        if self.counts_more {
            "Every cost is a bill of all months ahead, with what the ladder counts of later fees and of capital; everything else \
             is bought as planned."
        } else {
            "Every cost is a bill of all months ahead; everything else is bought as planned."
        }
    }

    /// When it has paid for itself.
    pub(super) fn earned(&self, table: &mut Table) {
        for (what, hour) in [
            (
                "paid back for good, upfront and fees so far",
                self.explained.paid_back,
            ),
            ("fees of the whole term earned", self.explained.term_earned),
        ] {
            let on = hour.map_or_else(|| "not in these months".to_owned(), text);
            table.row([Cell::from(what), on.into(), "".into()]);
        }
        table.note(
            "Of the hours ahead in which it lives. Days are those on which what its usage would have cost without it, hour by \
             hour, has made good for its fees. Once the fees of the whole term are earned, its usage may end and it has cost \
             no more than going without.",
        );
    }

    /// The same on other dates; `None` where there is none.
    pub(super) fn table(&self, shown: &Shown<'_>) -> Option<Table> {
        let dates = &self.explained.other_dates;
        if dates.is_empty() {
            return None;
        }
        let heads = ["bought on", shown.costs(), ">difference, $"];
        let mut table = Table::new("The same on another date", &heads).named("dates");
        for &(at, difference) in dates.iter().take(SHOWN) {
            table.row([
                text(at).into(),
                Cell::money(shown.cost + difference, 2),
                Cell::money(difference, 2),
            ]);
        }
        let more = dates.len().saturating_sub(SHOWN);
        if more > 0 {
            table.note(format!("{more} more cost still more."));
        }
        table.note("In place of the purchase, beside what is bought on that date anyway.");
        if self.under_rules {
            table.note("Whether something else would keep the rules is not looked at.");
        }
        Some(table)
    }

    /// Puts it in the place of what is of a window.
    pub(super) fn state(&self, found: &mut Value) {
        let Some(fields) = found.as_object_mut() else {
            return;
        };
        for (old, new) in [
            ("window_hours", "hours_alive"),
            ("window_cost", "horizon_cost"),
            ("fees_in_window", "fees_in_horizon"),
        ] {
            if let Some(value) = fields.remove(old) {
                fields.insert(new.to_owned(), value);
            }
        }
        fields.remove("break_even_hours");
        fields.remove("term_earned_hours");
        let hour = |hour: Option<Hour>| json!(hour.map(|hour| hour.to_string()));
        let dates = self.explained.other_dates.iter().map(|&(at, difference)| {
            json!({ "at": at.to_string(), "cost_difference": amount(difference) })
        });
        for (name, value) in [
            ("purchase", self.purchase.clone()),
            ("paid_back", hour(self.explained.paid_back)),
            ("term_earned", hour(self.explained.term_earned)),
            ("other_dates", dates.collect()),
        ] {
            fields.insert(name.to_owned(), value);
        }
    }
}

fn text(hour: Hour) -> String {
    let at = hour.to_string();
    at.split('T').next().unwrap_or(&at).to_owned()
}
