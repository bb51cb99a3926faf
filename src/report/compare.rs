//! Scenarios beside the base: what each costs, what it strands, and what could then be bought.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::Table;
use super::format::{dollars, percent};
use super::run::{InputFile, PROGRAM, amount, kind_code, kind_label, scope_of};
use crate::analysis::{Percent, metrics, ratio};
use crate::billing::Bill;
use crate::optimize::Purchase;
use crate::prices::PriceBook;
use crate::scenario::{Costs, Kind};
use crate::units::{HourSpan, Money};

/// A base and what was changed of it.
#[derive(Debug)]
pub struct Comparison<'a> {
    /// The window.
    pub span: HourSpan,
    /// The base, then the scenarios.
    pub rows: Vec<Compared>,
    /// Prices.
    pub book: &'a PriceBook,
    /// Every file read.
    pub inputs: &'a [InputFile],
}

/// One line of a comparison.
#[derive(Debug)]
pub struct Compared {
    /// What it is called.
    pub name: String,
    /// The changes, in words.
    pub changes: Vec<String>,
    /// What it costs.
    pub costs: Costs,
    /// The cheapest purchases beside what is owned, where that was asked for.
    pub best: Option<Best>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// The cheapest mix under a scenario.
#[derive(Debug)]
pub struct Best {
    /// What the scenario then costs, everything included.
    pub total: Money,
    /// What is bought.
    pub purchases: Vec<Purchase>,
}

impl Compared {
    /// On-Demand equivalent that commitments covered, of all they could have covered.
    fn coverage(&self) -> Percent {
        let sum = |of: fn(&Bill) -> Money| self.costs.bills.iter().map(of).sum();
        ratio(sum(Bill::covered), sum(Bill::on_demand_equivalent))
    }

    /// What commitments cost that nothing used.
    pub fn unused(&self) -> Money {
        let bills = self.costs.bills.iter();
        bills.map(|bill| metrics(bill).unused).sum()
    }
}

impl Comparison<'_> {
    /// What a row costs more than the base.
    pub fn difference(&self, row: &Compared) -> Money {
        row.costs.total() - self.base().costs.total()
    }

    /// The same of the base, in per cent; `None` where the base costs nothing.
    pub fn difference_percent(&self, row: &Compared) -> Percent {
        ratio(self.difference(row), self.base().costs.total())
    }

    /// Unused commitment beyond the base's.
    fn stranded(&self, row: &Compared) -> Money {
        row.unused() - self.base().unused()
    }

    fn base(&self) -> &Compared {
        &self.rows[0]
    }

    fn has_best(&self) -> bool {
        self.rows.iter().any(|row| row.best.is_some())
    }

    /// The tables of a terminal.
    pub fn tables(&self) -> Vec<Table> {
        let mut tables = vec![self.totals()];
        tables.extend(self.by_kind());
        if self.has_best() {
            tables.push(self.purchases());
        }
        tables.extend(self.unpriced());
        tables
    }

    fn totals(&self) -> Table {
        let mut heads = vec![
            "scenario",
            ">total, $",
            ">difference, $",
            ">difference, %",
            ">stranded, $",
            ">coverage, %",
        ];
        if self.has_best() {
            heads.extend([">with the best mix, $", ">its difference, $"]);
        }
        let hours = self.span.len();
        let mut table = Table::new(format!("Scenarios, {} ({hours} hours)", self.span), &heads);
        for row in &self.rows {
            let mut cells = vec![row.name.clone(), plain(row.costs.total())];
            cells.extend(self.compared(row));
            cells.push(percent(row.coverage()));
            if let (Some(best), Some(base)) = (&row.best, &self.base().best) {
                cells.push(plain(best.total));
                cells.push(self.unless_base(row, signed(best.total - base.total)));
            }
            table.row(cells);
        }
        table.note("Stranded: what unused commitments cost beyond the base's; below 0 where less of them goes unused.");
        table.note(format!(
            "Prices: book {} of {}, US dollars.",
            self.book.id(),
            self.book.as_of()
        ));
        if let Some(contract) = self.book.contract() {
            table.note(format!("Negotiated discounts: {}.", contract.describe()));
        }
        for row in &self.rows {
            for note in &row.notes {
                table.note(format!("{}: {note}.", row.name));
            }
        }
        table
    }

    /// Difference in dollars and per cent, and what is stranded.
    fn compared(&self, row: &Compared) -> [String; 3] {
        let share = self.difference_percent(row);
        let share = share.map_or_else(|| "-".to_owned(), signed_number);
        [
            signed(self.difference(row)),
            share,
            signed(self.stranded(row)),
        ]
        .map(|cell| self.unless_base(row, cell))
    }

    fn unless_base(&self, row: &Compared, cell: String) -> String {
        if std::ptr::eq(row, self.base()) {
            "-".to_owned()
        } else {
            cell
        }
    }

    /// `None` where there is one kind only.
    fn by_kind(&self) -> Option<Table> {
        let used = |kind: &Kind| {
            self.rows
                .iter()
                .any(|row| !row.costs.by_kind[kind].is_zero())
        };
        let kinds: Vec<_> = Kind::ALL.iter().filter(|(kind, ..)| used(kind)).collect();
        let mut heads = vec!["scenario".to_owned()];
        heads.extend(kinds.iter().map(|(_, _, name)| format!(">{name}, $")));
        heads.push(">total, $".to_owned());
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        let mut table = Table::new("Cost by kind", &heads);
        for row in &self.rows {
            let mut cells = vec![row.name.clone()];
            cells.extend(
                kinds
                    .iter()
                    .map(|(kind, ..)| plain(row.costs.by_kind[kind])),
            );
            cells.push(plain(row.costs.total()));
            table.row(cells);
        }
        (kinds.len() > 1).then_some(table)
    }

    fn purchases(&self) -> Table {
        let heads = [
            "scenario",
            "buy",
            "for",
            "term",
            ">amount",
            ">effective, $/h",
        ];
        let mut table = Table::new("The best mix under each, beside what is owned", &heads);
        for row in &self.rows {
            let bought = row.best.iter().flat_map(|best| &best.purchases);
            let mut any = false;
            for purchase in bought {
                any = true;
                let candidate = &purchase.candidate;
                let how_much = if candidate.kind.is_reserved() {
                    purchase.steps.to_string()
                } else {
                    format!("{}/h", dollars(purchase.hourly_commitment(), 3))
                };
                table.row([
                    row.name.clone(),
                    kind_label(candidate),
                    scope_of(candidate),
                    format!("{}, {}", candidate.term, candidate.payment_option),
                    how_much,
                    dollars(purchase.effective_hourly(), 3).replace('$', ""),
                ]);
            }
            if !any {
                table.row([row.name.as_str(), "nothing", "", "", "", ""]);
            }
        }
        table.note("Searched for instances; Savings Plans that are owned or bought serve Fargate and Lambda, too, and the totals say so.");
        table
    }

    fn unpriced(&self) -> Option<Table> {
        let mut table = Table::new("Unpriced, in no total above", &["scenario", "why"]);
        for row in &self.rows {
            for missing in &row.costs.unpriced {
                table.row([row.name.clone(), missing.clone()]);
            }
        }
        (!table.rows.is_empty()).then_some(table)
    }

    /// Everything as one table for spreadsheets: a row a scenario, amounts exact to ten decimals.
    pub fn flat(&self) -> Table {
        let mut heads = vec![
            "scenario",
            "total",
            "difference",
            "difference_percent",
            "unused_commitment",
            "stranded_commitment",
            "coverage_percent",
        ];
        heads.extend(Kind::ALL.iter().map(|(_, code, _)| *code));
        if self.has_best() {
            heads.extend(["best_mix_total"]);
        }
        let mut table = Table::new("", &heads);
        for row in &self.rows {
            let share = |share: Percent| {
                share.map_or_else(String::new, |share| share.normalize().to_string())
            };
            let mut cells = vec![
                row.name.clone(),
                amount(row.costs.total()),
                amount(self.difference(row)),
                share(self.difference_percent(row)),
                amount(row.unused()),
                amount(self.stranded(row)),
                share(row.coverage()),
            ];
            cells.extend(
                Kind::ALL
                    .iter()
                    .map(|(kind, ..)| amount(row.costs.by_kind[kind])),
            );
            cells.extend(row.best.as_ref().map(|best| amount(best.total)));
            table.row(cells);
        }
        table
    }

    /// Everything as a document.
    pub fn json(&self) -> Value {
        let mut document = json!({
            "schema_version": 1,
            "program": PROGRAM,
            "price_book": self.book.id(),
            "price_book_as_of": self.book.as_of().to_string(),
            "currency": self.book.currency(),
            "inputs": self.inputs,
            "window_start": self.span.start().to_string(),
            "window_end": self.span.end().to_string(),
            "base": self.row_json(self.base()),
            "scenarios": self.rows.iter().skip(1).map(|row| self.row_json(row)).collect::<Vec<_>>(),
        });
        if let Some(contract) = self.book.contract() {
            document["negotiated_discounts"] = contract.describe().into();
        }
        document
    }

    fn row_json(&self, row: &Compared) -> Value {
        let text = |share: Percent| share.map(|share| share.normalize().to_string());
        let kinds = Kind::ALL.iter().map(|(kind, code, _)| {
            (
                (*code).to_owned(),
                Value::from(amount(row.costs.by_kind[kind])),
            )
        });
        let mut object = json!({
            "name": row.name,
            "changes": row.changes,
            "total": amount(row.costs.total()),
            "by_kind": kinds.collect::<Map<_, _>>(),
            "difference": amount(self.difference(row)),
            "difference_percent": text(self.difference_percent(row)),
            "unused_commitment": amount(row.unused()),
            "stranded_commitment": amount(self.stranded(row)),
            "coverage_percent": text(row.coverage()),
            "notes": row.notes,
            "unpriced": row.costs.unpriced,
        });
        if let Some(best) = &row.best {
            let purchases = best.purchases.iter().map(purchase_json);
            object["best_mix"] = json!({
                "total": amount(best.total),
                "purchases": purchases.collect::<Vec<_>>(),
            });
        }
        object
    }
}

fn purchase_json(purchase: &Purchase) -> Value {
    let candidate = &purchase.candidate;
    let (upfront, hourly) = purchase.fees();
    json!({
        "kind": kind_code(candidate),
        "scope": scope_of(candidate),
        "term": candidate.term.code(),
        "payment_option": candidate.payment_option.code(),
        "steps": purchase.steps.to_string(),
        "hourly_commitment": amount(purchase.hourly_commitment()),
        "upfront": amount(upfront),
        "hourly": amount(hourly),
    })
}

/// `+5.0 %`, `-12.3 %`.
pub fn signed_percent(share: Decimal) -> String {
    format!("{} %", signed_number(share))
}

fn signed_number(share: Decimal) -> String {
    let text = percent(Some(share));
    if share > Decimal::ZERO {
        format!("+{text}")
    } else {
        text
    }
}

/// `1,234.50`.
fn plain(money: Money) -> String {
    dollars(money, 2).replace('$', "")
}

/// `+1,234.50`, `-5.00`, `0.00`.
fn signed(money: Money) -> String {
    let text = plain(money);
    let is_nothing = !text.contains(|c| ('1'..='9').contains(&c));
    if money > Money::ZERO && !is_nothing {
        format!("+{text}")
    } else {
        text
    }
}
