//! What AWS charges for a region as a whole, whatever runs there.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::amount::Amount;
use super::component::Component;
use super::model::{Estate, Spec};
use super::running::{Hours, Month, Running};
use super::schedule::Windows;
use crate::catalog::{Region, ServiceItem, Tenancy};

impl Estate {
    /// The fee for the hours in which any Dedicated Instance runs in a region, however many do (R40).
    pub fn region_fees(&self, month: Month) -> Vec<(Region, Component)> {
        let mut regions: BTreeMap<Region, Vec<&Running>> = BTreeMap::new();
        for resource in &self.resources {
            if let Spec::Instances(spec) = &resource.spec
                && spec.tenancy == Tenancy::Dedicated
            {
                let region = resource.region.parent();
                regions.entry(region).or_default().push(&spec.running);
            }
        }
        let fee = |(region, running): (Region, Vec<&Running>)| {
            let hours = hours_of_any(&running, month);
            let name = "Fee for the hours in which any Dedicated Instance runs";
            let item = ServiceItem::DEDICATED_REGION_HOUR;
            let fee = Component::service(name, region, item, hours, "hours");
            (!fee.quantity.is_none()).then_some((region, fee))
        };
        regions.into_iter().filter_map(fee).collect()
    }
}

/// Hours in which any of them runs. Of hours that are only numbers, the most: that they fall together is
/// assumed.
fn hours_of_any(running: &[&Running], month: Month) -> Amount {
    let mut most = Decimal::ZERO;
    let mut windows = Windows(Vec::new());
    for running in running {
        match running {
            Running::Scaled(scaling) => {
                let levels = scaling.levels(month);
                let busy = levels.iter().filter(|(count, _)| !count.is_zero());
                most = most.max(busy.map(|(_, hours)| hours).sum());
            }
            Running::Fixed { count, .. } if count.is_none() => {}
            Running::Fixed { hours, .. } => match hours {
                Hours::Always => most = month.hours(),
                Hours::Windows(more) => windows.0.extend(more.0.iter().cloned()),
                Hours::Monthly(Amount::Known(hours)) => most = most.max(*hours),
                // Open hours make an open fee.
                Hours::Monthly(open) => return open.clone(),
            },
        }
    }
    Amount::Known(most.max(windows.hours(month)))
}
