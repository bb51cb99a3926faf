//! The cells of a row that is read whole, by role, as numbers and instants.

use std::borrow::Cow;

use rust_decimal::Decimal;

use super::columns::Layout;
use super::number::decimal;
use super::problem::Wrong;
use super::spec::Role;
use crate::units;

/// The cells of one row.
pub(super) struct Cells<'a> {
    pub(super) layout: &'a Layout,
    pub(super) texts: &'a [Cow<'a, str>],
}

/// More of anything than a fleet has: tasks, invocations, gigabytes of memory.
const MOST: i64 = 1_000_000_000_000_000;

impl Cells<'_> {
    /// The text of a cell; empty when there is no such column.
    pub(super) fn text(&self, role: Role) -> &str {
        let text = self.layout.place(role).and_then(|at| self.texts.get(at));
        text.map_or("", |text| text.trim())
    }

    /// What is wrong with a cell.
    pub(super) fn wrong(&self, role: Role, message: String, label: &str, hint: &str) -> Wrong {
        Wrong::Cell {
            place: self.layout.place(role).unwrap_or_default(),
            message,
            label: label.into(),
            hint: hint.into(),
        }
    }

    /// Thousandths of a second since 1970; `None` when the cell is empty.
    pub(super) fn millis(&self, role: Role) -> Result<Option<i64>, Wrong> {
        match self.text(role) {
            "" => Ok(None),
            text => units::instant_millis(text)
                .map(Some)
                .map_err(|error| Wrong::time(self.layout.place(role).unwrap_or_default(), &error)),
        }
    }

    /// The same of a cell that must be filled.
    pub(super) fn needed_millis(&self, role: Role) -> Result<i64, Wrong> {
        let empty = || {
            let message = format!("the row does not say {}", role.meaning());
            self.wrong(
                role,
                message,
                "expected a time",
                "times look like `2026-10-18T05:00Z`",
            )
        };
        self.millis(role)?.ok_or_else(empty)
    }

    /// A number of zero or more; `otherwise` when the cell is empty, if it may be.
    pub(super) fn amount(&self, role: Role, otherwise: Option<Decimal>) -> Result<Decimal, Wrong> {
        let text = self.text(role);
        if let ("", Some(otherwise)) = (text, otherwise) {
            return Ok(otherwise);
        }
        let in_range = |number: &Decimal| {
            let is_positive = !number.is_sign_negative() || number.is_zero();
            is_positive && *number <= Decimal::from(MOST)
        };
        decimal(text).filter(in_range).ok_or_else(|| {
            let message = match text {
                "" => format!("the row does not say {}", role.meaning()),
                text => format!("`{text}` is not {}", amount_of(role)),
            };
            self.wrong(
                role,
                message,
                "expected a number, zero or more",
                "numbers have a point for decimals and nothing between thousands",
            )
        })
    }

    /// A number above zero.
    pub(super) fn positive(&self, role: Role) -> Result<Decimal, Wrong> {
        let number = self.amount(role, None)?;
        if number.is_zero() {
            let message = format!("`{}` is not {}", self.text(role), amount_of(role));
            return Err(self.wrong(
                role,
                message,
                "expected more than zero",
                "leave the row out",
            ));
        }
        Ok(number)
    }
}

fn amount_of(role: Role) -> &'static str {
    match role {
        Role::Vcpu => "a number of vCPUs",
        Role::Memory => "an amount of memory",
        Role::Storage => "an amount of storage",
        Role::Duration => "a duration",
        Role::Slots => "a number of instances",
        Role::Price => "a price",
        Role::CommitmentDays => "a number of days",
        _ => "a number",
    }
}
