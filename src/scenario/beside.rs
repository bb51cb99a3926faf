//! Changes of what is used beside instances: gateways and endpoints, data that flows, containers on Fargate.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::apply::Step;
use super::change::{Destination, Flows, Task, Topology};
use super::ratio::{Ratio, scale};
use super::selector::{Selector, what_there_is};
use crate::catalog::{Account, OperatingSystem, Platform, Region, ServiceItem};
use crate::demand::{Labels, Market, ServiceDemand, ServiceKey};
use crate::diagnostics::Diagnostic;
use crate::units::{Hour, HourSpan};

/// 1e-12 units, in which use is added up.
const PICO: i128 = 1_000_000_000_000;
/// Seconds of an hour.
const HOUR: i128 = 3_600;

const REGIONAL_HOUR: ServiceItem = ServiceItem::REGIONAL_NAT_GATEWAY_HOUR;
const REGIONAL_GB: ServiceItem = ServiceItem::REGIONAL_NAT_GATEWAY_GB;
const GATEWAY_ENDPOINT_GB: ServiceItem = ServiceItem::named("gateway-endpoint-gb");

/// What a stream becomes: nothing, itself at a ratio, other items at ratios of it.
type Parts = Vec<(ServiceItem, Ratio)>;

/// Lets use beside instances do what instances did, if that is asked for; says so where it does not.
pub(super) fn follow(
    step: &mut Step<'_>,
    select: &Selector,
    services: bool,
    change: impl FnOnce(&mut Step<'_>) -> Result<(), Diagnostic>,
) -> Result<(), Diagnostic> {
    let taken = step.case.services.keys();
    let count = taken.filter(|key| select.takes_service(key)).count();
    if !services {
        if count > 0 && !select.is_of_instances() {
            step.case.notes.push(format!(
                "use beside instances {select} ({count} charges) stays as it is; `services = true` changes it, too"
            ));
        }
        return Ok(());
    }
    if select.is_of_instances() {
        let message = "use beside instances has no family, type, operating system or purchase";
        return Err(Diagnostic::new(message)
            .at(step.at.clone())
            .hint("leave `services` out, or select by account, region and tag"));
    }
    if count == 0 {
        let message =
            format!("`services` selects nothing: there is no use beside instances of {select}");
        return Err(Diagnostic::new(message)
            .at(step.at.clone())
            .hint("tables of use, or --services for those of a bill (docs/file-formats.md)"));
    }
    change(step)
}

/// Grows or shrinks what is used beside instances.
pub(super) fn scale_services(step: &mut Step<'_>, select: &Selector, ratio: Ratio) {
    replace(step, |key| {
        select
            .takes_service(key)
            .then(|| vec![(key.clone(), ratio)])
    });
}

/// Uses what is used beside instances in another region.
pub(super) fn move_services(
    step: &mut Step<'_>,
    select: &Selector,
    to: Region,
) -> Result<(), Diagnostic> {
    let home = ServiceItem::inter_region(to);
    let selected = |key: &ServiceKey| select.takes_service(key) && key.region != to;
    let keys = || step.case.services.keys();
    if keys().any(|key| selected(key) && key.item == home) {
        let message = format!("what flows to {to} today has no meaning once its source is there");
        return Err(Diagnostic::new(message)
            .at(step.at.clone())
            .hint("move the instances alone, and state what flows then with `transfer`"));
    }
    replace(step, |key| {
        let moved = ServiceKey {
            region: to,
            ..key.clone()
        };
        selected(key).then(|| vec![(moved, Ratio::ONE)])
    });
    Ok(())
}

/// Adds what flows between the old region and the new one.
pub(super) fn between(
    step: &mut Step<'_>,
    account: Account,
    (from, to): (&BTreeSet<Region>, Region),
    flows: Flows,
) -> Result<(), Diagnostic> {
    if flows == Flows::default() {
        return Ok(());
    }
    let mut regions = from.iter();
    let (Some(&home), None) = (regions.next(), regions.next()) else {
        let names: Vec<&str> = from.iter().map(|region| region.as_str()).collect();
        let message = format!(
            "usage moves from {} regions ({}), and a flow needs one",
            from.len(),
            names.join(", ")
        );
        return Err(Diagnostic::new(message)
            .at(step.at.clone())
            .hint("select a region, one change for each"));
    };
    for (from, to, gigabytes) in [(home, to, flows.out), (to, home, flows.back)] {
        if !gigabytes.is_zero() {
            transfer(step, account, from, Destination::Region(to), gigabytes);
        }
    }
    Ok(())
}

/// Adds data that flows, evenly over each calendar month.
pub(super) fn transfer(
    step: &mut Step<'_>,
    account: Account,
    from: Region,
    to: Destination,
    gigabytes: Decimal,
) {
    let items = match to {
        // Both ends pay (docs/billing-rules.md, R44).
        Destination::OtherZone => vec![ServiceItem::INTER_AZ_OUT_GB, ServiceItem::INTER_AZ_IN_GB],
        Destination::Region(region) => vec![ServiceItem::inter_region(region)],
        Destination::Internet => vec![ServiceItem::INTERNET_EGRESS_GB],
    };
    let monthly = pico(gigabytes);
    for item in items {
        let key = ServiceKey {
            account,
            region: from,
            item,
            labels: Labels::default(),
        };
        for (hour, amount) in by_hour(step.hours, monthly) {
            step.case.services.add(key.clone(), hour, amount);
        }
    }
}

/// A month's amount spread over the hours of a span: a whole month gets all of it, to the last part.
fn by_hour(hours: HourSpan, monthly: i128) -> impl Iterator<Item = (Hour, i128)> {
    hours.hours().map(move |hour| {
        let month = hour.calendar_month();
        let length = i128::try_from(month.len()).unwrap_or(1);
        let place = i128::from(hour.epoch_hours() - month.start().epoch_hours());
        let up_to = |place: i128| (monthly * place).div_euclid(length);
        (hour, up_to(place + 1) - up_to(place))
    })
}

/// Runs a share of selected On-Demand usage on Fargate.
pub(super) fn fargate(
    step: &mut Step<'_>,
    select: &Selector,
    share: Ratio,
    task: Task,
) -> Result<(), Diagnostic> {
    let on_demand = Selector {
        market: Some(Market::OnDemand),
        ..select.clone()
    };
    let keys = step.selected(&on_demand)?;
    let is_linux = |platform: Platform| platform == Platform::plain(OperatingSystem::Linux);
    if let Some(other) = keys.iter().find(|key| !is_linux(key.platform)) {
        let message = format!(
            "{} on {} cannot move to Linux tasks",
            other.instance_type, other.platform
        );
        return Err(Diagnostic::new(message)
            .at(step.at.clone())
            .hint("`operating_system = \"linux\"` selects what can"));
    }
    let items = if task.arm {
        ["fargate-linux-arm-vcpu-hour", "fargate-linux-arm-gb-hour"]
    } else {
        ["fargate-linux-x86-vcpu-hour", "fargate-linux-x86-gb-hour"]
    };
    let hours: Vec<Hour> = step.case.span.hours().collect();
    for key in keys {
        let row = step.take(&key, share);
        for (name, each) in items.into_iter().zip([task.vcpus, task.gigabytes]) {
            let item = ServiceItem::named(name);
            let key = ServiceKey {
                account: key.account,
                region: key.region,
                item,
                labels: key.labels.clone(),
            };
            let amounts = row.iter().map(|&s| (i128::from(s), each.parts() * PICO));
            for (hour, amount) in hours.iter().zip(scale(amounts, each.whole() * HOUR)) {
                if amount > 0 {
                    step.case.services.add(key.clone(), *hour, amount);
                }
            }
        }
    }
    Ok(())
}

/// Lets private subnets reach the world in another way.
pub(super) fn nat(
    step: &mut Step<'_>,
    select: &Selector,
    topology: Topology,
) -> Result<(), Diagnostic> {
    let is_hour = |key: &ServiceKey| key.item == ServiceItem::NAT_GATEWAY_HOUR;
    let is_gb = |key: &ServiceKey| key.item == ServiceItem::NAT_GATEWAY_GB;
    let inside = step.case.services.within(step.hours);
    if !inside
        .keys()
        .any(|key| select.takes_service(key) && is_hour(key))
    {
        let items: BTreeSet<String> = inside.keys().map(|key| key.item.to_string()).collect();
        let message =
            format!("the change selects nothing: no hour of a NAT gateway is of {select}");
        let place = select.place.as_ref().unwrap_or(step.at).clone();
        return Err(Diagnostic::new(message).at(place).hint(format!(
            "`nat-gateway-hour` comes from a table of use, or from a bill with --services; {}",
            what_there_is("nat-gateway-hour", &items)
        )));
    }
    let of_hours = topology.of_hours();
    let of_gigabytes = topology.of_gigabytes();
    replace(step, |key| {
        let parts = match key {
            key if !select.takes_service(key) => return None,
            key if is_hour(key) => &of_hours,
            key if is_gb(key) => &of_gigabytes,
            _ => return None,
        };
        let part = |(item, ratio): &(ServiceItem, Ratio)| {
            let key = ServiceKey {
                item: item.clone(),
                ..key.clone()
            };
            (key, *ratio)
        };
        Some(parts.iter().map(part).collect())
    });
    Ok(())
}

impl Topology {
    /// What an hour of a NAT gateway becomes.
    fn of_hours(self) -> Parts {
        let nat = ServiceItem::NAT_GATEWAY_HOUR;
        match self {
            Self::One { gateways, .. } => vec![(nat, Ratio::of(1, gateways))],
            Self::PerZone { gateways, zones } => vec![(nat, Ratio::of(zones, gateways))],
            Self::Regional { gateways, zones } => vec![(REGIONAL_HOUR, Ratio::of(zones, gateways))],
            Self::Endpoints { hours, .. } => vec![
                (nat, Ratio::ONE),
                (ServiceItem::INTERFACE_ENDPOINT_HOUR, hours),
            ],
            Self::None { addresses } => vec![(ServiceItem::PUBLIC_IPV4_IN_USE_HOUR, addresses)],
        }
    }

    /// What a gigabyte through a NAT gateway becomes.
    fn of_gigabytes(self) -> Parts {
        let nat = ServiceItem::NAT_GATEWAY_GB;
        match self {
            Self::One { crossing, .. } => vec![
                (nat, Ratio::ONE),
                (ServiceItem::INTER_AZ_OUT_GB, crossing),
                (ServiceItem::INTER_AZ_IN_GB, crossing),
            ],
            Self::PerZone { .. } => vec![(nat, Ratio::ONE)],
            Self::Regional { .. } => vec![(REGIONAL_GB, Ratio::ONE)],
            Self::Endpoints {
                gateway, interface, ..
            } => {
                // What is left is the rest: the three parts together are the whole to the last pico-unit.
                let left = gateway.plus(interface).less();
                vec![
                    (nat, left),
                    (GATEWAY_ENDPOINT_GB, gateway),
                    (ServiceItem::INTERFACE_ENDPOINT_GB, interface),
                ]
            }
            Self::None { .. } => Vec::new(),
        }
    }
}

/// Puts other streams in the place of some, within the hours of the change; those that `of` says nothing of stay.
fn replace(step: &mut Step<'_>, of: impl Fn(&ServiceKey) -> Option<Vec<(ServiceKey, Ratio)>>) {
    let hours = step.hours;
    let mut changed = ServiceDemand::default();
    for (key, stream) in step.case.services.streams() {
        let parts = of(key);
        for (&hour, &amount) in stream {
            if parts.is_none() || !hours.contains(hour) {
                changed.add(key.clone(), hour, amount);
            }
        }
        let inside: BTreeMap<Hour, i128> = stream
            .range(hours.start()..hours.end())
            .map(|(&hour, &amount)| (hour, amount))
            .collect();
        for (key, ratio) in parts.into_iter().flatten() {
            let amounts = inside.values().map(|&amount| (amount, ratio.parts()));
            for (hour, amount) in inside.keys().zip(scale(amounts, ratio.whole())) {
                if amount != 0 {
                    changed.add(key.clone(), *hour, amount);
                }
            }
        }
    }
    step.case.services = changed;
}

/// An amount in 1e-12 units.
fn pico(amount: Decimal) -> i128 {
    let rounded = amount.round_dp(12);
    let shift = 12_u32.saturating_sub(rounded.scale());
    rounded.mantissa() * 10_i128.pow(shift)
}
