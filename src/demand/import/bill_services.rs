//! Use beside instances, from the rows of a bill: what has a name here, and what is left as the bill states it.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::input::Input;
use super::items::{BillRow, Cell, Number, bill_rows};
use super::services::pico_units;
use crate::catalog::{Account, Region, ServiceItem, database_item, service_item};
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
    /// Rows of databases that Reserved Instances or nodes covered, which are no demand of plans; what the bill says
    /// they cost.
    pub reserved: (u64, Decimal),
}

/// Whether a use of databases has a price: the reader of a bill knows none.
pub type IsPriced<'a> = dyn Fn(Region, &ServiceItem) -> bool + 'a;

/// Reads the usage rows of bills that are no instance usage. Of databases what `is_priced` says is named; the rest of
/// their rows is left as the bill states it.
///
/// # Errors
/// As [`bill_rows`]; a quantity that is no number, or below zero.
pub fn bill_services(
    inputs: &[Input],
    is_priced: &IsPriced<'_>,
) -> Result<BillServices, Diagnostic> {
    let mut found = BillServices::default();
    bill_rows(inputs, &mut |row| found.add(row, is_priced))?;
    Ok(found)
}

impl BillServices {
    fn add(&mut self, row: &BillRow<'_>, is_priced: &IsPriced<'_>) -> Result<(), Diagnostic> {
        let usage_type = row.text(Cell::UsageType);
        let is_usage = matches!(
            row.text(Cell::LineType),
            "Usage" | "SavingsPlanCoveredUsage" | "DiscountedUsage"
        );
        if !is_usage || is_instance(usage_type) || !is_of_aws(row) {
            return Ok(());
        }
        let (service, operation) = (row.text(Cell::Service), row.text(Cell::Operation));
        let database = database_item(service, usage_type, operation);
        if database.is_some() && is_reserved(row) {
            self.reserved.0 += 1;
            self.reserved.1 += cost(row);
            return Ok(());
        }
        if row.text(Cell::LineType) == "DiscountedUsage" {
            return Ok(());
        }
        let database = database.filter(|(region, item)| is_priced(*region, item));
        let named = || service_item(service, usage_type, operation);
        let Some((region, item)) = database.or_else(named) else {
            let place = (service.to_owned(), usage_type.to_owned());
            let other = self.others.entry(place).or_default();
            other.0 += 1;
            other.1 += cost(row);
            return Ok(());
        };
        self.demand_of(row, region, item)
    }

    /// Adds a row's use of an item.
    fn demand_of(
        &mut self,
        row: &BillRow<'_>,
        region: Region,
        item: ServiceItem,
    ) -> Result<(), Diagnostic> {
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
        if key.item.may_be_committed() && period.len() > 1 {
            self.spread += 1;
        }
        self.demand.add_period(key, period, pico_units);
        Ok(())
    }
}

/// Whether a Reserved Instance or node covered the row; FOCUS has but the commitment's name for it.
fn is_reserved(row: &BillRow<'_>) -> bool {
    match row.text(Cell::LineType) {
        "DiscountedUsage" => true,
        "SavingsPlanCoveredUsage" => false,
        _ => {
            let commitment = row.text(Cell::Commitment);
            !commitment.is_empty() && !commitment.contains("savingsplan")
        }
    }
}

fn cost(row: &BillRow<'_>) -> Decimal {
    row.amount(Cell::Cost).unwrap_or_default()
}

fn is_of_aws(row: &BillRow<'_>) -> bool {
    let provider = row.text(Cell::Provider);
    provider.is_empty() || provider.contains("AWS") || provider.contains("Amazon")
}

/// Instance-hours and their slots are billed as instances; Dedicated Hosts are not.
fn is_instance(usage_type: &str) -> bool {
    super::bill::may_be_instances(usage_type.as_bytes()) && !usage_type.contains("HostUsage:")
}
