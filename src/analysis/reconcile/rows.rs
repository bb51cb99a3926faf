//! What every single row says of itself: rate x quantity = cost, of any service; and what is gathered from rows.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::beside::Beside;
use super::book::{Book, Cause, Check, Difference, row_tolerance, sum};
use super::fees::Fees;
use crate::analysis::{AmortisedTotal, RowMoney, amortised_cost};
use crate::catalog::Family;
use crate::demand::import::{BillForm, BillRow, Cell, Number};
use crate::diagnostics::Diagnostic;
use crate::units::{Hour, HourSpan};

/// Usage of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UsageTotal {
    /// Rows.
    pub rows: u64,
    /// Quantity, in the unit that is priced.
    pub quantity: Decimal,
    /// What the bill charges.
    pub billed: Decimal,
    /// Rate x quantity of the rows that state both, if one does.
    pub derived: Option<Decimal>,
    /// Rows where the two differ.
    pub differing: u64,
}

/// Everything gathered in one pass over the rows.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) book: Book,
    /// By service and usage type.
    pub(super) usage: BTreeMap<(String, String), UsageTotal>,
    pub(super) fees: Fees,
    pub(super) count: u64,
    pub(super) currencies: BTreeSet<String>,
    /// What the names of all files start with: places leave it out.
    pub(super) folder: String,
    /// Hours that rows of usage are about.
    pub(super) seen: BTreeSet<Hour>,
    /// Hours of the longest row of instance usage.
    pub(super) longest: usize,
    /// Rows of instance usage that a commitment covers, and fee rows: what a replay can be held against.
    pub(super) covered: u64,
    /// What plans served or might have served beside instances.
    pub(super) beside: Beside,
    /// Whether a plan covers what cannot be replayed.
    pub(super) plans_beside: bool,
    /// By line item type.
    amortised: BTreeMap<String, AmortisedTotal>,
    /// Of rows longer than an hour: what each resource used in each period.
    resources: BTreeMap<(Ends, Family, String), Decimal>,
}

/// Hours of a leap year: the longest row whose hours count as seen.
const LONGEST: usize = 8_784;

/// Start and end, ordered.
type Ends = (Hour, Hour);

impl Rows {
    /// Takes one row.
    ///
    /// # Errors
    /// A time that is none, in a row whose time matters.
    pub(super) fn row(&mut self, row: &BillRow<'_>) -> Result<(), Diagnostic> {
        self.count += 1;
        let currency = row.text(Cell::Currency);
        if !currency.is_empty() && !self.currencies.contains(currency) {
            self.currencies.insert(currency.to_owned());
        }
        match row.form {
            BillForm::Report => self.report_row(row),
            BillForm::Focus => self.focus_row(row),
        }
    }

    fn report_row(&mut self, row: &BillRow<'_>) -> Result<(), Diagnostic> {
        let kind = row.text(Cell::LineType);
        self.amortise(kind, row);
        match kind {
            "" if !row.text(Cell::Commitment).is_empty() || !row.text(Cell::Plan).is_empty() => {
                self.leave_out(
                    "row of a commitment without a line item type: usage, negation or fee",
                    row,
                );
            }
            "" | "Usage" => {
                self.usage(row)?;
                self.beside(row)?;
                self.cost(row);
                self.list_cost(row);
                self.billed_at_list(row);
            }
            "DiscountedUsage" => {
                self.usage(row)?;
                self.covered(row);
                self.cost(row);
                self.list_cost(row);
                self.share(row);
                self.fees.reserved_usage(row)?;
            }
            "SavingsPlanCoveredUsage" => {
                self.usage(row)?;
                self.beside(row)?;
                self.covered(row);
                self.cost(row);
                self.list_cost(row);
                self.plan_rate(row);
                self.fees.plan_usage(row)?;
            }
            "SavingsPlanNegation" => self.fees.negation(row)?,
            "RIFee" => {
                self.covered(row);
                self.cost(row);
                self.fees.reserved_fee(row)?;
            }
            "SavingsPlanRecurringFee" => self.fees.plan_fee(row)?,
            other => {
                let reason = match other {
                    "Tax" => "tax: it has no rate of its own",
                    "Fee" | "SavingsPlanUpfrontFee" => "fee paid once: not of one period",
                    "Credit"
                    | "Refund"
                    | "Discount"
                    | "BundledDiscount"
                    | "EdpDiscount"
                    | "PrivateRateDiscount"
                    | "RiVolumeDiscount"
                    | "SppDiscount" => "credit, refund or discount: it has no rate of its own",
                    _ => "a kind of row that states no usage",
                };
                self.leave_out(reason, row);
            }
        }
        Ok(())
    }

    fn focus_row(&mut self, row: &BillRow<'_>) -> Result<(), Diagnostic> {
        let provider = row.text(Cell::Provider);
        if !provider.is_empty() && !provider.starts_with("AWS") && !provider.starts_with("Amazon") {
            self.leave_out("another provider", row);
            return Ok(());
        }
        match row.text(Cell::LineType) {
            "Usage" => {
                self.usage(row)?;
                self.fees.focus_usage(row)?;
                self.list_cost(row);
                self.contracted_cost(row);
                if row.text(Cell::Commitment).is_empty() {
                    self.billed_at_list(row);
                } else if row.text(Cell::Status) != "Unused" {
                    let reason = "cover of FOCUS rows: the format names no terms of a commitment";
                    self.leave_out(reason, row);
                }
            }
            "Purchase" => {
                self.fees.focus_purchase(row)?;
                self.list_cost(row);
                self.contracted_cost(row);
            }
            "Tax" => self.leave_out("tax: it has no rate of its own", row),
            "Credit" | "Adjustment" => {
                self.leave_out("credit, refund or discount: it has no rate of its own", row);
            }
            _ => self.leave_out("a kind of row that states no usage", row),
        }
        Ok(())
    }

    /// Counts usage by service and type, and the hours it is about.
    fn usage(&mut self, row: &BillRow<'_>) -> Result<(), Diagnostic> {
        let period = row.period()?;
        // A row of years tells of no hour.
        if period.len() <= LONGEST {
            self.seen.extend(period.hours());
        }
        let (service, kind) = (row.text(Cell::Service), row.text(Cell::UsageType));
        let total = self
            .usage
            .entry((service.to_owned(), kind.to_owned()))
            .or_default();
        total.rows += 1;
        total.quantity = sum(
            total.quantity,
            row.amount(Cell::Quantity).unwrap_or_default(),
        );
        total.billed = sum(total.billed, row.amount(Cell::Cost).unwrap_or_default());
        if let Some(family) = instance_family(row) {
            self.longest = self.longest.max(period.len());
            if period.len() > 1 {
                let resource = row.text(Cell::Resource).to_owned();
                let key = ((period.start(), period.end()), family, resource);
                let used = self.resources.entry(key).or_default();
                *used = sum(*used, row.amount(Cell::Quantity).unwrap_or_default());
            }
        }
        Ok(())
    }

    /// Gathers what plans served or might have served beside instances.
    fn beside(&mut self, row: &BillRow<'_>) -> Result<(), Diagnostic> {
        if !is_instance(row) && !is_spot(row) {
            self.plans_beside |= !self.beside.add(row)?;
        }
        Ok(())
    }

    fn covered(&mut self, row: &BillRow<'_>) {
        self.covered += u64::from(is_instance(row));
    }

    /// Adds the row to what its type bills and costs.
    fn amortise(&mut self, kind: &str, row: &BillRow<'_>) {
        let amount = |cell| row.amount(cell).unwrap_or_default();
        let named = [Cell::Commitment, Cell::Plan].map(|cell| row.text(cell));
        let money = RowMoney {
            unblended: amount(Cell::Cost),
            reserved_effective: amount(Cell::ReservedEffective),
            plan_effective: amount(Cell::PlanEffective),
            reserved_unused: sum(amount(Cell::UnusedRecurring), amount(Cell::UnusedUpfront)),
            of_commitment: named.iter().any(|name| !name.is_empty()),
            ..RowMoney::default()
        };
        let cost = amortised_cost(kind, &money);
        let instance = is_instance(row) || is_spot(row);
        let total = self.amortised.entry(kind.to_owned()).or_default();
        total.rows += 1;
        total.billed = sum(total.billed, money.unblended);
        total.amortised = sum(total.amortised, cost);
        if instance {
            total.instances = sum(total.instances, cost);
        }
    }

    /// Rows by line item type. What nobody used of a plan stands in no row alone: fee rows may leave out what was
    /// used.
    pub(super) fn amortised(&self) -> BTreeMap<String, AmortisedTotal> {
        let mut totals = self.amortised.clone();
        if let Some(fees) = totals.get_mut("SavingsPlanRecurringFee") {
            fees.amortised = self.fees.unused_commitment();
            fees.instances = fees.amortised;
        }
        totals
    }

    /// Periods and families in which some resource did not run all the time, or none is named: only there may
    /// hours have differed from each other.
    pub(super) fn uneven(&self) -> BTreeSet<(Hour, Family)> {
        let uneven = |((span, _, resource), used): (&(Ends, Family, String), &Decimal)| {
            let hours = Decimal::from(HourSpan::new(span.0, span.1).len());
            let rest = used.checked_rem(hours).unwrap_or_default();
            let whole = rest.min(hours - rest) <= row_tolerance(*used);
            resource.is_empty() || !whole
        };
        let found = self.resources.iter().filter(|&entry| uneven(entry));
        found
            .map(|((span, family, _), _)| (span.0, *family))
            .collect()
    }

    fn cost(&mut self, row: &BillRow<'_>) {
        let key = (row.text(Cell::Service), row.text(Cell::UsageType));
        let Some((derived, equal)) = self.product(row, Check::RowCost, Cell::Rate, Cell::Cost)
        else {
            return;
        };
        let key = (key.0.to_owned(), key.1.to_owned());
        // Fee rows are no usage: they have no total here.
        if let Some(total) = self.usage.get_mut(&key) {
            total.derived = Some(sum(total.derived.unwrap_or_default(), derived));
            total.differing += u64::from(!equal);
        }
    }

    fn list_cost(&mut self, row: &BillRow<'_>) {
        // Spot has no list price; a report of 2018 puts 0 there.
        if is_spot(row) {
            return;
        }
        self.product(row, Check::RowList, Cell::ListRate, Cell::ListCost);
    }

    fn contracted_cost(&mut self, row: &BillRow<'_>) {
        if row.has(Cell::ContractedRate) {
            self.product(
                row,
                Check::RowContracted,
                Cell::ContractedRate,
                Cell::ContractedCost,
            );
        }
    }

    fn plan_rate(&mut self, row: &BillRow<'_>) {
        self.product(row, Check::PlanRate, Cell::PlanRate, Cell::PlanEffective);
    }

    /// Compares `rate` x quantity with `cost`; gives the product, and whether it is the cost.
    fn product(
        &mut self,
        row: &BillRow<'_>,
        check: Check,
        rate: Cell,
        cost: Cell,
    ) -> Option<(Decimal, bool)> {
        let cells = [rate, Cell::Quantity, cost].map(|cell| (cell, row.number(cell)));
        let [
            (_, Number::Is(price)),
            (_, Number::Is(quantity)),
            (_, Number::Is(stated)),
        ] = cells
        else {
            let (cell, number) = cells
                .into_iter()
                .find(|(_, n)| !matches!(n, Number::Is(_)))?;
            let reason = missing(row, check, cell, number);
            self.leave_out(&reason, row);
            return None;
        };
        let Some(derived) = price.checked_mul(quantity) else {
            self.leave_out("a product past every number that can be compared", row);
            return None;
        };
        let difference = (stated - derived).abs();
        if difference <= row_tolerance(quantity) {
            self.book.equal(check);
            return Some((derived, true));
        }
        let whole = price.fract().is_zero() && stated.fract().is_zero();
        // A file whose prices were rounded to whole dollars, as anonymised ones are.
        let half = Decimal::new(5, 1);
        let rounded =
            check == Check::RowContracted && whole && difference <= half * quantity.abs() + half;
        let cause = if rounded {
            Cause::Rounding
        } else {
            Cause::Unexplained
        };
        let found = Difference {
            check,
            place: place(row, &self.folder),
            bill: stated,
            derived,
            unit: "$",
            at_stake: difference,
        };
        self.book.differ(cause, found);
        Some((derived, false))
    }

    /// Compares a covered row's effective cost with its two shares.
    fn share(&mut self, row: &BillRow<'_>) {
        let cells = [
            Cell::ReservedEffective,
            Cell::ReservedUpfront,
            Cell::ReservedRecurring,
        ];
        let [Some(stated), Some(upfront), Some(recurring)] = cells.map(|cell| row.amount(cell))
        else {
            let reason = "row covered by a Reserved Instance: its effective cost or a share of it is not stated";
            self.leave_out(reason, row);
            return;
        };
        let derived = sum(upfront, recurring);
        let difference = (stated - derived).abs();
        if difference <= row_tolerance(row.amount(Cell::Quantity).unwrap_or_default()) {
            self.book.equal(Check::ReservedShare);
            return;
        }
        let found = Difference {
            check: Check::ReservedShare,
            place: place(row, &self.folder),
            bill: stated,
            derived,
            unit: "$",
            at_stake: difference,
        };
        self.book.differ(Cause::Unexplained, found);
    }

    /// Compares what usage without commitment was billed with its list price.
    fn billed_at_list(&mut self, row: &BillRow<'_>) {
        let (Some(billed), Some(list)) = (row.amount(Cell::Cost), row.amount(Cell::ListCost))
        else {
            return;
        };
        if is_spot(row) {
            return;
        }
        let quantity = row.amount(Cell::Quantity).unwrap_or_default();
        let difference = (list - billed).abs();
        if difference <= row_tolerance(quantity) {
            self.book.equal(Check::BilledAtList);
            return;
        }
        let free = billed.is_zero() && row.amount(Cell::Rate).unwrap_or_default().is_zero();
        let cause = if free {
            Cause::FreeTier
        } else {
            Cause::OtherPrice
        };
        let found = Difference {
            check: Check::BilledAtList,
            place: place(row, &self.folder),
            bill: billed,
            derived: list,
            unit: "$",
            at_stake: difference,
        };
        self.book.differ(cause, found);
    }

    fn leave_out(&mut self, reason: &str, row: &BillRow<'_>) {
        let folder = &self.folder;
        self.book
            .leave_out(reason, row.amount(Cell::Cost), || place(row, folder));
    }
}

/// Why a product cannot be compared.
fn missing(row: &BillRow<'_>, check: Check, cell: Cell, number: Number) -> String {
    let what = match cell {
        Cell::Quantity => "quantity",
        Cell::Rate | Cell::ListRate | Cell::ContractedRate | Cell::PlanRate => "rate",
        _ => "cost",
    };
    let why = if !row.has(cell) {
        "the file has no column of it"
    } else if number == Number::Not {
        "the cell is no number"
    } else {
        "the cell is empty"
    };
    format!("{}: no {what}, {why}", check.text())
}

/// The family of a row of EC2 instance-hours.
fn instance_family(row: &BillRow<'_>) -> Option<Family> {
    let kind = row.text(Cell::UsageType);
    let (head, name) = kind.split_once(':')?;
    let ours = [
        "BoxUsage",
        "DedicatedUsage",
        "HeavyUsage",
        "UnusedBox",
        "UnusedDed",
    ];
    let (family, _) = name.split_once('.')?;
    let found = ours.iter().any(|kind| head.ends_with(kind)) && !head.ends_with("HostBoxUsage");
    found.then(|| Family::new(family))
}

/// Whether a row is about EC2 instance-hours at On-Demand or reserved rates, or their fee.
fn is_instance(row: &BillRow<'_>) -> bool {
    instance_family(row).is_some() && matches!(row.text(Cell::Service), "" | "AmazonEC2")
}

fn is_spot(row: &BillRow<'_>) -> bool {
    let kind = row.text(Cell::UsageType);
    kind.contains("SpotUsage") || row.text(Cell::Description).contains("Spot Instance")
}

/// Where a row stands and what it is about.
pub(super) fn place(row: &BillRow<'_>, folder: &str) -> String {
    let about =
        [Cell::Service, Cell::UsageType, Cell::Account, Cell::Start].map(|cell| row.text(cell));
    let about: Vec<&str> = about.into_iter().filter(|text| !text.is_empty()).collect();
    let file = row.file.strip_prefix(folder).unwrap_or(row.file);
    format!("{file}:{} {}", row.line, about.join(" "))
}
