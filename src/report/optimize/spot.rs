//! What runs on Spot under the cheapest mix, what that saves, and what it rests on.

use rust_decimal::Decimal;

use super::figures::{ReportError, cheapest, decimal, money};
use crate::report::format::{dollars, number};
use crate::report::run::{Run, RunSpot, SpotSettings};
use crate::report::{Cell, Table, Unit};
use crate::units::Money;

/// The table; `None` where nothing may run on Spot.
pub(super) fn table(run: &Run) -> Result<Option<Table>, ReportError> {
    let (Some(spot), Some(settings)) = (&run.spot, &run.settings.spot) else {
        return Ok(None);
    };
    let heads = [
        "usage that may run on Spot",
        ">instance-hours",
        ">on Spot",
        ">under commitments",
        ">Spot, $/h of work",
        ">On-Demand, $/h",
        ">saves, $",
        "price of",
    ];
    let title = "Spot under the cheapest mix";
    let mut table = Table::new(title, &heads).named("spot");
    for line in &spot.usage {
        let (all, on_spot) = (
            decimal(&line.instance_hours)?,
            decimal(&line.on_spot_hours)?,
        );
        let hours = |hours: Decimal| Cell::new(number(hours.round()), hours, Unit::Hours, 0);
        table.row([
            line.product.clone().into(),
            hours(all),
            hours(on_spot),
            hours(all - on_spot),
            Cell::rate(money(&line.rate)?, 4),
            Cell::rate(money(&line.on_demand_rate)?, 4),
            Cell::money(money(&line.saving)?, 2),
            line.price_as_of
                .clone()
                .unwrap_or_else(|| "-".into())
                .into(),
        ]);
    }
    for note in notes(run, spot, settings)? {
        table.note(note);
    }
    Ok(Some(table))
}

fn notes(run: &Run, spot: &RunSpot, settings: &SpotSettings) -> Result<Vec<String>, ReportError> {
    let cost = money(&cheapest(run)?.cost)?;
    let mut notes = Vec::new();
    if let Some(without) = &spot.without {
        let without = money(&without.cost)?;
        notes.push(format!(
            "The cheapest mix without Spot costs {}; with it the window costs {} less.",
            dollars(without, 2),
            dollars(without - cost, 2)
        ));
    }
    notes.push(format!(
        "Up to {} % of the usage selected may run on Spot, and for every 100 hours there {} are run again: prices of Spot \
         count them. An hour is taken to run On-Demand where a commitment has something left for it, and on Spot elsewhere.",
        settings.share_percent, settings.interruption_percent
    ));
    notes.push(
        "Spot prices are averages of the past on the days given, no promise: AWS changes them and takes capacity back. \
         `--events` judges plans with them twice as high, too."
            .to_owned(),
    );
    let metered = money(&spot.as_metered)?;
    if differ(metered, cost) {
        notes.push(format!(
            "Billed as AWS meters that usage, in AWS's own order of application, the mix costs {}.",
            dollars(metered, 2)
        ));
    }
    Ok(notes)
}

/// Whether two costs differ by more than a ten-thousandth of the second: more than whole seconds explain.
fn differ(a: Money, b: Money) -> bool {
    let apart = (a - b).atoms().unsigned_abs();
    apart.saturating_mul(10_000) > b.atoms().unsigned_abs()
}
