//! The money of commitments: what covered rows took and what nobody used, against the fees.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::book::{Book, Cause, Check, Difference, HOUR, MONTH, sum};
use super::rows::place;
use crate::analysis::{RowMoney, amortised_cost};
use crate::demand::import::{BillRow, Cell, Number};
use crate::diagnostics::Diagnostic;
use crate::units::{Hour, HourSpan};

/// Year and month.
type Month = (i32, u32);

/// Fees and what was used of them, as the rows come.
#[derive(Debug, Default)]
pub(super) struct Fees {
    /// What the names of all files start with.
    pub(super) folder: String,
    reserved: BTreeMap<(String, Month), ReservedMonth>,
    plans: BTreeMap<(String, Hour, Hour), PlanFee>,
    /// Used commitment by plan and start of the rows' period.
    plan_used: BTreeMap<(String, Hour), Used>,
    negations: BTreeMap<(String, Month), Negation>,
    /// Used and unused commitment as FOCUS states them, by commitment and start of the period.
    focus_used: BTreeMap<(String, Hour), Used>,
    purchases: BTreeMap<(String, Hour, Hour), Purchase>,
}

/// One Reserved Instance in one month.
#[derive(Debug, Default)]
struct ReservedMonth {
    used: Used,
    fee: Option<ReservedFee>,
}

#[derive(Debug, Clone)]
struct ReservedFee {
    /// Recurring fee and amortised upfront fee.
    paid: Decimal,
    /// The part of both that nobody used; `None` when a report has no such columns.
    unused: Option<Decimal>,
    period: HourSpan,
    place: String,
}

#[derive(Debug, Clone, Default)]
struct Used {
    dollars: Decimal,
    rows: u64,
    place: String,
}

#[derive(Debug, Default)]
struct PlanFee {
    commitment: Decimal,
    /// Used commitment; 0 in reports that do not fill the cell.
    stated: Decimal,
    place: String,
}

#[derive(Debug, Default)]
struct Negation {
    covered: Decimal,
    negated: Decimal,
    rows: u64,
    place: String,
}

#[derive(Debug, Default)]
struct Purchase {
    billed: Decimal,
    once: bool,
    place: String,
}

impl PlanFee {
    /// The part of the commitment that was used. Reports that leave the cell at 0 say nothing of it: then what rows
    /// were covered by tells, and the commitment is the limit.
    fn used(&self, covered: Decimal) -> Decimal {
        let used = if self.stated.is_zero() {
            covered
        } else {
            self.stated
        };
        used.min(self.commitment)
    }
}

impl Used {
    fn add(&mut self, dollars: Decimal, row: &BillRow<'_>, folder: &str) {
        if self.rows == 0 {
            self.place = place(row, folder);
        }
        self.rows += 1;
        self.dollars = sum(self.dollars, dollars);
    }
}

/// Gathering.
impl Fees {
    pub(super) fn reserved_usage(&mut self, row: &BillRow<'_>) -> Result<(), Diagnostic> {
        let key = (row.text(Cell::Commitment).to_owned(), row.month()?);
        let month = self.reserved.entry(key).or_default();
        let effective = row.amount(Cell::ReservedEffective).unwrap_or_default();
        month.used.add(effective, row, &self.folder);
        Ok(())
    }

    pub(super) fn reserved_fee(&mut self, row: &BillRow<'_>) -> Result<(), Diagnostic> {
        let amount = |cell| row.amount(cell).unwrap_or_default();
        let (recurring, upfront) = (amount(Cell::Cost), amount(Cell::AmortizedUpfront));
        let stated = [Cell::UnusedRecurring, Cell::UnusedUpfront].map(|cell| row.amount(cell));
        let cells = [
            Cell::Cost,
            Cell::AmortizedUpfront,
            Cell::UnusedRecurring,
            Cell::UnusedUpfront,
        ];
        let words = cells.iter().any(|&cell| row.number(cell) == Number::Not);
        let unused = match stated {
            _ if words => None,
            [None, None] => None,
            [a, b] => Some(sum(a.unwrap_or_default(), b.unwrap_or_default())),
        };
        let fee = ReservedFee {
            paid: sum(recurring, upfront),
            unused,
            period: row.period()?,
            place: place(row, &self.folder),
        };
        let key = (row.text(Cell::Commitment).to_owned(), row.month()?);
        let month = self.reserved.entry(key).or_default();
        month.fee = Some(match month.fee.take() {
            None => fee,
            // One purchase may have several fee rows in a month: it was modified.
            Some(known) => ReservedFee {
                paid: sum(known.paid, fee.paid),
                unused: known.unused.zip(fee.unused).map(|(a, b)| sum(a, b)),
                period: HourSpan::new(
                    known.period.start().min(fee.period.start()),
                    known.period.end().max(fee.period.end()),
                ),
                place: known.place,
            },
        });
        Ok(())
    }

    pub(super) fn plan_usage(&mut self, row: &BillRow<'_>) -> Result<(), Diagnostic> {
        let (plan, start) = (row.text(Cell::Plan).to_owned(), row.period()?.start());
        let effective = row.amount(Cell::PlanEffective).unwrap_or_default();
        let used = self.plan_used.entry((plan.clone(), start)).or_default();
        used.add(effective, row, &self.folder);
        let negation = self.negations.entry((plan, row.month()?)).or_default();
        let cost = row.amount(Cell::Cost).unwrap_or_default();
        negation.covered = sum(negation.covered, cost);
        if negation.place.is_empty() {
            negation.place = place(row, &self.folder);
        }
        Ok(())
    }

    pub(super) fn negation(&mut self, row: &BillRow<'_>) -> Result<(), Diagnostic> {
        let key = (row.text(Cell::Plan).to_owned(), row.month()?);
        let negation = self.negations.entry(key).or_default();
        negation.rows += 1;
        let cost = row.amount(Cell::Cost).unwrap_or_default();
        negation.negated = sum(negation.negated, cost);
        negation.place = place(row, &self.folder);
        Ok(())
    }

    pub(super) fn plan_fee(&mut self, row: &BillRow<'_>) -> Result<(), Diagnostic> {
        let period = row.period()?;
        let plan = row.text(Cell::Plan).to_owned();
        let fee = self.plans.entry((plan, period.start(), period.end()));
        let fee = fee.or_default();
        for cell in [Cell::PlanRecurring, Cell::PlanUpfront] {
            fee.commitment = sum(fee.commitment, row.amount(cell).unwrap_or_default());
        }
        fee.stated = sum(fee.stated, row.amount(Cell::PlanUsed).unwrap_or_default());
        fee.place = place(row, &self.folder);
        Ok(())
    }

    pub(super) fn focus_usage(&mut self, row: &BillRow<'_>) -> Result<(), Diagnostic> {
        let commitment = row.text(Cell::Commitment);
        if !commitment.is_empty() {
            let key = (commitment.to_owned(), row.period()?.start());
            let effective = row.amount(Cell::EffectiveCost).unwrap_or_default();
            let used = self.focus_used.entry(key).or_default();
            used.add(effective, row, &self.folder);
        }
        Ok(())
    }

    pub(super) fn focus_purchase(&mut self, row: &BillRow<'_>) -> Result<(), Diagnostic> {
        let commitment = row.text(Cell::Commitment);
        if commitment.is_empty() {
            return Ok(());
        }
        let period = row.period()?;
        let key = (commitment.to_owned(), period.start(), period.end());
        let purchase = self.purchases.entry(key).or_default();
        let billed = row.amount(Cell::Cost).unwrap_or_default();
        purchase.billed = sum(purchase.billed, billed);
        purchase.once |= row.text(Cell::Frequency) == "One-Time";
        purchase.place = place(row, &self.folder);
        Ok(())
    }

    /// What nobody used of the plans whose fee rows are there.
    pub(super) fn unused_commitment(&self) -> Decimal {
        let unused = self.plans.iter().map(|((plan, start, end), fee)| {
            let span = (plan.clone(), *start)..(plan.clone(), *end);
            let covered = self.plan_used.range(span).map(|(_, used)| used.dollars);
            let money = RowMoney {
                plan_commitment: fee.commitment,
                plan_used: fee.used(covered.fold(Decimal::ZERO, sum)),
                ..RowMoney::default()
            };
            amortised_cost("SavingsPlanRecurringFee", &money)
        });
        unused.fold(Decimal::ZERO, sum)
    }

    /// Dollars of a plan's commitment that rows starting in an hour used.
    pub(super) fn plan_used(&self) -> impl Iterator<Item = (&str, Hour, Decimal)> {
        let used = self.plan_used.iter();
        used.map(|((plan, start), used)| (plan.as_str(), *start, used.dollars))
    }
}

/// Comparing.
impl Fees {
    /// Compares everything gathered; `seen` are the hours the bill's usage rows are about.
    pub(super) fn compare(&self, seen: &BTreeSet<Hour>, book: &mut Book) {
        for ((commitment, (year, month)), found) in &self.reserved {
            let name = format!("{commitment} {year}-{month:02}");
            match &found.fee {
                Some(fee) => compare_reserved(&name, &found.used, fee, seen, book),
                None => without_fee(Check::ReservedMoney, &name, &found.used, book),
            }
        }
        self.compare_plans(book);
        self.compare_negations(book);
        self.compare_purchases(book);
    }

    fn compare_plans(&self, book: &mut Book) {
        let mut counted: BTreeSet<&(String, Hour)> = BTreeSet::new();
        for ((plan, start, end), fee) in &self.plans {
            let span = (plan.clone(), *start)..(plan.clone(), *end);
            let mut used = Decimal::ZERO;
            for (key, part) in self.plan_used.range(span) {
                used = sum(used, part.dollars);
                counted.insert(key);
            }
            let derived = fee.used(used);
            let stake = (used - derived).abs();
            if stake <= HOUR {
                book.equal(Check::PlanMoney);
                continue;
            }
            let found = Difference {
                check: Check::PlanMoney,
                place: format!("{plan} {start} ({})", fee.place),
                bill: derived,
                derived: used,
                unit: "$",
                at_stake: stake,
            };
            book.differ(Cause::Unexplained, found);
        }
        let mut without: BTreeMap<&str, Used> = BTreeMap::new();
        for (key, used) in self
            .plan_used
            .iter()
            .filter(|(key, _)| !counted.contains(key))
        {
            let total = without.entry(&key.0).or_insert_with(|| Used {
                place: used.place.clone(),
                ..Used::default()
            });
            total.dollars = sum(total.dollars, used.dollars);
            total.rows += used.rows;
        }
        for (plan, used) in &without {
            without_fee(Check::PlanMoney, plan, used, book);
        }
    }

    fn compare_negations(&self, book: &mut Book) {
        for ((plan, (year, month)), found) in &self.negations {
            if found.rows == 0 {
                let reason = "Savings Plan and month without negation rows";
                book.leave_out(reason, Some(found.covered), || found.place.clone());
                continue;
            }
            let stake = sum(found.covered, found.negated).abs();
            if stake <= MONTH {
                book.equal(Check::Negation);
                continue;
            }
            let difference = Difference {
                check: Check::Negation,
                place: format!("{plan} {year}-{month:02} ({})", found.place),
                bill: found.negated,
                derived: -found.covered,
                unit: "$",
                at_stake: stake,
            };
            book.differ(Cause::Unexplained, difference);
        }
    }

    fn compare_purchases(&self, book: &mut Book) {
        let mut counted: BTreeSet<&(String, Hour)> = BTreeSet::new();
        let shares = self.upfront_shares();
        for ((commitment, start, end), purchase) in &self.purchases {
            let parts = self.parts(commitment, *start, *end);
            counted.extend(parts.iter().map(|(key, _)| *key));
            let reason = if purchase.once {
                Some("purchase paid once: its share of an hour is not in the file")
            } else if parts.is_empty() {
                Some("purchase of a commitment without rows that use it or leave it unused")
            } else {
                None
            };
            if let Some(reason) = reason {
                book.leave_out(reason, Some(purchase.billed), || purchase.place.clone());
                continue;
            }
            let used = parts
                .iter()
                .fold(Decimal::ZERO, |total, (_, part)| sum(total, part.dollars));
            let stake = (used - purchase.billed).abs();
            if stake <= HOUR {
                book.equal(Check::Purchase);
                continue;
            }
            let found = Difference {
                check: Check::Purchase,
                place: format!("{commitment} {start} ({})", purchase.place),
                bill: purchase.billed,
                derived: used,
                unit: "$",
                at_stake: stake,
            };
            let share = shares.get(commitment.as_str()).copied();
            let upfront = share.and_then(|share| share.checked_mul(Decimal::from(parts.len())));
            let is_share =
                upfront.is_some_and(|upfront| (used - purchase.billed - upfront).abs() <= HOUR);
            let cause = if is_share {
                Cause::UpfrontShare
            } else {
                Cause::Unexplained
            };
            book.differ(cause, found);
        }
        for (_, used) in self
            .focus_used
            .iter()
            .filter(|(key, _)| !counted.contains(key))
        {
            let reason = "FOCUS commitment and period without a purchase row";
            book.leave_out(reason, Some(used.dollars), || used.place.clone());
        }
    }
}

/// What FOCUS says beside a recurring purchase.
impl Fees {
    /// What was used and left unused of a commitment between two hours.
    fn parts(&self, commitment: &str, start: Hour, end: Hour) -> Vec<(&(String, Hour), &Used)> {
        let span = (commitment.to_owned(), start)..(commitment.to_owned(), end);
        self.focus_used.range(span).collect()
    }

    /// By how much the use of each commitment exceeds its recurring fee, where that is the same amount at least
    /// twice, period by period: a share of what was paid upfront, often years before the bill.
    fn upfront_shares(&self) -> BTreeMap<&str, Decimal> {
        let mut excesses: BTreeMap<&str, Vec<Decimal>> = BTreeMap::new();
        for ((commitment, start, end), purchase) in &self.purchases {
            let parts = self.parts(commitment, *start, *end);
            let fee = purchase.billed.checked_div(Decimal::from(parts.len()));
            if let Some(fee) = fee.filter(|_| !purchase.once) {
                let found = excesses.entry(commitment).or_default();
                found.extend(parts.iter().map(|(_, part)| part.dollars - fee));
            }
        }
        let usual = |(commitment, mut excesses): (_, Vec<Decimal>)| {
            excesses.sort_unstable();
            let middle = *excesses.get(excesses.len().div_euclid(2))?;
            let alike = excesses
                .iter()
                .filter(|&&found| (found - middle).abs() <= HOUR);
            (middle > HOUR && alike.count() > 1).then_some((commitment, middle))
        };
        excesses.into_iter().filter_map(usual).collect()
    }
}

/// R34: what covered rows bear and what nobody used is what was paid.
fn compare_reserved(
    name: &str,
    used: &Used,
    fee: &ReservedFee,
    seen: &BTreeSet<Hour>,
    book: &mut Book,
) {
    let Some(unused) = fee.unused else {
        let reason = "Reserved Instance and month: its fee row states no unused fees, or a word in place of a number";
        book.leave_out(reason, Some(fee.paid), || fee.place.clone());
        return;
    };
    let derived = sum(used.dollars, unused);
    let missing = fee.paid - derived;
    if missing.abs() <= MONTH {
        book.equal(Check::ReservedMoney);
        return;
    }
    let found = Difference {
        check: Check::ReservedMoney,
        place: format!("{name} ({})", fee.place),
        bill: fee.paid,
        derived,
        unit: "$",
        at_stake: missing.abs(),
    };
    // Hours that no usage row is about may hold the missing cover, but no more than they cost.
    let hours = fee
        .period
        .hours()
        .filter(|hour| !seen.contains(hour))
        .count();
    let share = Decimal::from(hours).checked_div(Decimal::from(fee.period.len()));
    let most = share.and_then(|share| share.checked_mul(fee.paid));
    let partial =
        hours > 0 && missing > Decimal::ZERO && missing <= sum(most.unwrap_or_default(), MONTH);
    let cause = if partial {
        Cause::MissingRows
    } else {
        Cause::Unexplained
    };
    book.differ(cause, found);
}

/// Covered rows of a commitment whose fee rows are not in the bill.
fn without_fee(check: Check, name: &str, used: &Used, book: &mut Book) {
    let found = Difference {
        check,
        place: format!("{name} ({} rows, first {})", used.rows, used.place),
        bill: used.dollars,
        derived: Decimal::ZERO,
        unit: "$",
        at_stake: used.dollars,
    };
    book.differ(Cause::NoFeeRow, found);
}
