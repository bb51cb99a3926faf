//! What is paid in cash, month by month: fees when they fall, usage when it happens.

use std::collections::BTreeMap;

use super::Table;
use super::format::dollars;
use crate::billing::{Charge, ChargeKind, ServiceCharge};
use crate::units::{HourSpan, Money};

/// The cash of one month.
#[derive(Default)]
pub(super) struct Month {
    usage: Money,
    services: Money,
    pub(super) upfront: Money,
    pub(super) recurring: Money,
    /// Not cash: upfront fees spread over their terms.
    pub(super) accrued: Money,
}

impl Month {
    /// Usage of every kind that no commitment covers.
    pub(super) fn used(&self) -> Money {
        self.usage + self.services
    }

    pub(super) fn total(&self) -> Money {
        self.used() + self.upfront + self.recurring
    }
}

/// Charges of months, added up by month.
pub(super) fn by_month(
    charges: &[Charge],
    services: &[(HourSpan, ServiceCharge<'_>)],
) -> BTreeMap<String, Month> {
    let mut months: BTreeMap<String, Month> = BTreeMap::new();
    for charge in charges {
        let month = months.entry(month_of(charge.period)).or_default();
        month.accrued += charge.effective;
        match charge.kind {
            ChargeKind::ReservedUpfront(_) | ChargeKind::SavingsPlanUpfront(_) => {
                month.upfront += charge.billed;
            }
            ChargeKind::ReservedRecurring(_) | ChargeKind::SavingsPlanRecurring(_) => {
                month.recurring += charge.billed;
            }
            _ => month.usage += charge.billed,
        }
    }
    for (period, charge) in services {
        let month = months.entry(month_of(*period)).or_default();
        month.services += charge.cost;
        month.accrued += charge.effective;
    }
    months
}

/// One row a month of charges by month.
pub fn table(charges: &[Charge], services: &[(HourSpan, ServiceCharge<'_>)]) -> Table {
    let months = by_month(charges, services);
    let heads = [
        "month",
        ">On-Demand and Spot, $",
        ">beside instances, $",
        ">upfront fees, $",
        ">recurring fees, $",
        ">cash, $",
    ];
    let mut table = Table::new("Cash by month", &heads);
    let row = |name: &str, month: &Month| {
        let parts = [
            month.usage,
            month.services,
            month.upfront,
            month.recurring,
            month.total(),
        ];
        let mut cells = vec![name.to_owned()];
        cells.extend(parts.map(|part| dollars(part, 2)));
        cells
    };
    for (name, month) in &months {
        table.row(row(name, month));
    }
    let sum = |part: fn(&Month) -> Money| months.values().map(part).sum();
    let all = Month {
        usage: sum(|month| month.usage),
        services: sum(|month| month.services),
        upfront: sum(|month| month.upfront),
        recurring: sum(|month| month.recurring),
        accrued: sum(|month| month.accrued),
    };
    table.row(row("Total", &all));
    table
}

/// The name of the month that hours begin in, such as `2026-10`.
pub(super) fn month_of(period: HourSpan) -> String {
    period.start().start().format("%Y-%m").to_string()
}
