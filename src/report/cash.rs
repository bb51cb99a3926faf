//! What is paid in cash, month by month: fees when they fall, usage when it happens.

use std::collections::BTreeMap;

use super::Table;
use super::format::dollars;
use crate::billing::{Charge, ChargeKind, ServiceCharge};
use crate::units::{HourSpan, Money};

/// The cash of one month.
#[derive(Default)]
struct Month {
    usage: Money,
    services: Money,
    upfront: Money,
    recurring: Money,
}

impl Month {
    fn total(&self) -> Money {
        self.usage + self.services + self.upfront + self.recurring
    }
}

/// One row a month of charges by month.
pub fn table(charges: &[Charge], services: &[(HourSpan, ServiceCharge<'_>)]) -> Table {
    let mut months: BTreeMap<String, Month> = BTreeMap::new();
    for charge in charges {
        let month = months.entry(name(charge.period)).or_default();
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
        months.entry(name(*period)).or_default().services += charge.cost;
    }
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
    };
    table.row(row("Total", &all));
    table
}

fn name(period: HourSpan) -> String {
    period.start().start().format("%Y-%m").to_string()
}
