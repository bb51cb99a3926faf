//! Use beside instances, from the rows of a bill: what has a name here, and what is left as the bill states it.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::input::Input;
use super::items::{BillRow, Cell, Number, bill_rows};
use super::services::pico_units;
use crate::catalog::{Account, service_item};
use crate::demand::{Labels, ServiceDemand, ServiceKey};
use crate::diagnostics::Diagnostic;

/// Use beside instances in a bill.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BillServices {
    /// What has a name.
    pub demand: ServiceDemand,
    /// Usage of services without a name here, by service and usage type: rows, and what the bill says they cost.
    pub others: BTreeMap<(String, String), (u64, Decimal)>,
    /// Rows about more than an hour of what plans may cover: their use is spread evenly.
    pub spread: u64,
}

/// Reads the usage rows of bills that are no instance usage.
///
/// # Errors
/// As [`bill_rows`]; a quantity that is no number, or below zero.
pub fn bill_services(inputs: &[Input]) -> Result<BillServices, Diagnostic> {
    let mut found = BillServices::default();
    bill_rows(inputs, &mut |row| found.add(row))?;
    Ok(found)
}

impl BillServices {
    fn add(&mut self, row: &BillRow<'_>) -> Result<(), Diagnostic> {
        let usage_type = row.text(Cell::UsageType);
        let is_usage = matches!(
            row.text(Cell::LineType),
            "Usage" | "SavingsPlanCoveredUsage"
        );
        if !is_usage || is_instance(usage_type) || !is_of_aws(row) {
            return Ok(());
        }
        let service = row.text(Cell::Service);
        let Some((region, item)) = service_item(service, usage_type, row.text(Cell::Operation))
        else {
            let place = (service.to_owned(), usage_type.to_owned());
            let other = self.others.entry(place).or_default();
            other.0 += 1;
            other.1 += row.amount(Cell::Cost).unwrap_or_default();
            return Ok(());
        };
        let Number::Is(quantity) = row.number(Cell::Quantity) else {
            let text = row.text(Cell::Quantity);
            return Err(Diagnostic::new(format!("`{text}` is not a quantity"))
                .at(row.place(Cell::Quantity)));
        };
        let pico_units = pico_units(quantity).ok_or_else(|| {
            Diagnostic::new(format!(
                "a quantity of `{quantity}` is below zero, or past all use"
            ))
            .at(row.place(Cell::Quantity))
            .hint("a correction of money is a credit or refund; remove the row if it is one")
        })?;
        let account = match row.text(Cell::Account) {
            "" => "default",
            account => account,
        };
        let key = ServiceKey {
            account: Account::new(account),
            region,
            item,
            labels: Labels::default(),
        };
        let period = row.period()?;
        if key.item.is_covered_by_compute_plans() && period.len() > 1 {
            self.spread += 1;
        }
        self.demand.add_period(key, period, pico_units);
        Ok(())
    }
}

fn is_of_aws(row: &BillRow<'_>) -> bool {
    let provider = row.text(Cell::Provider);
    provider.is_empty() || provider.contains("AWS") || provider.contains("Amazon")
}

/// Instance-hours and their slots are billed as instances; Dedicated Hosts are not.
fn is_instance(usage_type: &str) -> bool {
    super::bill::may_be_instances(usage_type.as_bytes()) && !usage_type.contains("HostUsage:")
}
