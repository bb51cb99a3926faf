//! Use beside instances in a bill that Savings Plans served or might have: Fargate, Lambda, hosts, databases, with the
//! rates its rows state.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::billing::{ServiceBill, ServiceCharge};
use crate::catalog::{Account, Region, ServiceItem, database_item, service_item};
use crate::demand::import::{BillRow, Cell};
use crate::demand::{Labels, ServiceDemand, ServiceKey};
use crate::diagnostics::Diagnostic;
use crate::units::{HourSpan, Metered, Money, Rate};

/// 1e-12 units of one.
const PICO: i64 = 1_000_000_000_000;

/// A row of such use.
#[derive(Debug, Clone)]
pub(super) struct BesideRow {
    pub(super) key: ServiceKey,
    pub(super) period: HourSpan,
    /// In 1e-12 units.
    pub(super) pico: i128,
    /// Public On-Demand rate.
    pub(super) rate: Rate<Metered>,
    pub(super) cover: Option<PlanCover>,
}

/// The plan that a row is under.
#[derive(Debug, Clone)]
pub(super) struct PlanCover {
    pub(super) arn: String,
    pub(super) rate: Rate<Metered>,
    /// What the row used of the commitment, in dollars.
    pub(super) dollars: Decimal,
}

/// All such rows.
#[derive(Debug, Default)]
pub(super) struct Beside {
    pub(super) rows: Vec<BesideRow>,
}

impl Beside {
    /// Takes a row of no instances. `false` where it is under a plan and says too little to be replayed.
    ///
    /// # Errors
    /// A time that is none.
    pub(super) fn add(&mut self, row: &BillRow<'_>) -> Result<bool, Diagnostic> {
        let read = read(row)?;
        let is_read = read.is_some();
        self.rows.extend(read);
        Ok(is_read || !is_covered(row))
    }

    /// Where a row of the bill shows some of the use under a plan.
    fn under_plans(&self) -> BTreeSet<(Region, ServiceItem)> {
        let covered = self.rows.iter().filter(|row| row.cover.is_some());
        covered
            .map(|row| (row.key.region, row.key.item.clone()))
            .collect()
    }

    /// What may be taken for use that plans could have served, by rate: of items that a row shows under one. Rows under
    /// plans that are not `known` are taken out.
    pub(super) fn demand(&self, known: &BTreeSet<&str>) -> BTreeMap<Rate<Metered>, ServiceDemand> {
        let under_plans = self.under_plans();
        let mut demand: BTreeMap<Rate<Metered>, ServiceDemand> = BTreeMap::new();
        for row in &self.rows {
            let is_known = |cover: &PlanCover| known.contains(cover.arn.as_str());
            let place = (row.key.region, row.key.item.clone());
            if under_plans.contains(&place) && row.cover.as_ref().is_none_or(is_known) {
                let demand = demand.entry(row.rate).or_default();
                demand.add_period(row.key.clone(), row.period, row.pico);
            }
        }
        demand
    }

    /// Compute that no row shows under a plan: its plan rate is not in the bill.
    pub(super) fn without_rate(&self) -> BTreeSet<(Region, ServiceItem)> {
        let under_plans = self.under_plans();
        let compute = self
            .rows
            .iter()
            .filter(|row| row.key.item.is_covered_by_compute_plans());
        compute
            .map(|row| (row.key.region, row.key.item.clone()))
            .filter(|place| !under_plans.contains(place))
            .collect()
    }
}

/// The use as charges of its rates, for the engine.
pub(super) fn bill_of(demand: &BTreeMap<Rate<Metered>, ServiceDemand>) -> ServiceBill<'_> {
    let mut charges = Vec::new();
    for (&rate, demand) in demand {
        for (key, hours) in demand.rows() {
            charges.extend(hours.map(|(hour, quantity)| ServiceCharge {
                key,
                hour,
                quantity,
                rate,
                contracted: rate,
                list: rate * quantity,
                cost: rate * quantity,
                effective: rate * quantity,
                plan: None,
                reservation: None,
                commitment: Money::ZERO,
            }));
        }
    }
    ServiceBill {
        charges,
        prices: BTreeMap::new(),
        unpriced: Vec::new(),
    }
}

/// A row as such use; `None` of everything else, of what is free, and where a number is missing.
fn read(row: &BillRow<'_>) -> Result<Option<BesideRow>, Diagnostic> {
    let words = [Cell::Service, Cell::UsageType, Cell::Operation].map(|cell| row.text(cell));
    let [service, usage_type, operation] = words;
    let found = database_item(service, usage_type, operation)
        .or_else(|| service_item(service, usage_type, operation))
        .filter(|(_, item)| item.may_be_under_plans());
    let Some((region, item)) = found else {
        return Ok(None);
    };
    let period = row.period()?;
    let numbers = || {
        let rate = Rate::from_decimal_rounded(row.amount(Cell::ListRate)?).ok()?;
        let pico = row
            .amount(Cell::Quantity)?
            .checked_mul(Decimal::from(PICO))?;
        Some((rate, i128::try_from(pico.round()).ok()?))
    };
    let Some((rate, pico)) = numbers().filter(|(rate, pico)| !rate.is_zero() && *pico >= 0) else {
        return Ok(None);
    };
    let cover = || {
        let rate = row.amount(Cell::PlanRate)?;
        Some(PlanCover {
            arn: row.text(Cell::Plan).to_owned(),
            rate: Rate::from_decimal_rounded(rate).ok()?,
            dollars: row
                .amount(Cell::PlanEffective)
                .or_else(|| rate.checked_mul(row.amount(Cell::Quantity)?))?,
        })
    };
    let cover = is_covered(row).then(cover);
    if cover.as_ref().is_some_and(Option::is_none) {
        return Ok(None);
    }
    let account = match row.text(Cell::Account) {
        "" => "default",
        account => account,
    };
    Ok(Some(BesideRow {
        key: ServiceKey {
            account: Account::new(account),
            region,
            item,
            labels: Labels::default(),
        },
        period,
        pico,
        rate,
        cover: cover.flatten(),
    }))
}

fn is_covered(row: &BillRow<'_>) -> bool {
    row.text(Cell::LineType) == "SavingsPlanCoveredUsage"
}
