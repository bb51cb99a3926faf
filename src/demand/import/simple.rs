//! What a row of the simple table is: always usage.

use super::bill::account;
use super::classify::{
    Licence, Outcome, Raw, Refusal, Rules, Usage, did_you_mean, instance_type, region,
};
use super::facts::Cover;
use super::spec::Role;
use crate::catalog::{OperatingSystem, Platform, Region, ServiceItem, Tenancy, Zone, attributes};
use crate::demand::{CAPACITY_RESERVATION, DemandKey, Market, OPTIMIZE_CPUS};
use crate::diagnostics::nearest;

/// Missing optional columns mean Linux, shared tenancy, On-Demand, no zone and one account.
pub(super) fn classify(raw: &Raw<'_>, rules: &Rules) -> Result<Outcome, Refusal> {
    let mut doubts = Vec::new();
    let zone = raw.get(Role::Zone);
    let stated = region(Role::Region, raw.get(Role::Region))?;
    let mut key = DemandKey {
        // A simple table without accounts is of one account: nothing to doubt.
        account: account(raw.get(Role::Account), &mut Vec::new()),
        region: place(stated, zone)?,
        zone: (!zone.is_empty()).then(|| Zone::new(zone)),
        instance_type: instance_type(
            Role::InstanceType,
            raw.get(Role::InstanceType),
            rules,
            &mut doubts,
        )?,
        platform: platform(raw.get(Role::OperatingSystem))?,
        tenancy: tenancy(raw.get(Role::Tenancy))?,
        market: market(raw.get(Role::Purchase))?,
        labels: raw.labels(rules),
    };
    let reservation = raw.get(Role::Capacity);
    if !reservation.is_empty() {
        key = key.labelled(CAPACITY_RESERVATION, reservation);
    }
    let licence = licence(raw.get(Role::ActiveVcpus), &key)?;
    if let Some(licence) = &licence {
        let what = format!("{}, {} vCPUs", key.platform, licence.active_vcpus);
        key = key.labelled(OPTIMIZE_CPUS, &what);
        key.platform = Platform::LINUX;
    }
    Ok(Outcome::Usage(Box::new(Usage {
        key,
        cover: Cover::None,
        public_rate: None,
        plan_rate: None,
        terms: [None, None, None],
        doubts,
        licence,
    })))
}

/// The licence of an instance with fewer active vCPUs than its type has: "Optimize CPUs".
fn licence(text: &str, key: &DemandKey) -> Result<Option<Licence>, Refusal> {
    let refusal = |message: String, hint: &str| Refusal {
        role: Role::ActiveVcpus,
        message,
        label: "active vCPUs of one instance".into(),
        hint: hint.into(),
    };
    if text.is_empty() {
        return Ok(None);
    }
    let most = attributes(key.instance_type).map(|known| known.vcpus);
    let in_range = |count: &u32| *count > 0 && most.is_none_or(|most| *count <= most);
    let Some(active_vcpus) = text.parse().ok().filter(in_range) else {
        let kind = key.instance_type;
        let most = most.map_or_else(String::new, |most| format!(": {kind} has {most}"));
        let message = format!("`{text}` is not a number of active vCPUs{most}");
        return Err(refusal(message, "leave the cell empty for the default"));
    };
    let Some(item) = ServiceItem::licence(key.platform, key.instance_type) else {
        let message = format!("the licence of {} is not paid by vCPU", key.platform);
        let hint = "it is for Windows, perhaps with SQL Server; leave the cell empty";
        return Err(refusal(message, hint));
    };
    Ok(Some(Licence { item, active_vcpus }))
}

/// The region a zone is priced in: a local or Wavelength zone has prices of its own.
fn place(stated: Region, zone: &str) -> Result<Region, Refusal> {
    match Region::from_zone(zone) {
        None if zone.is_empty() => Ok(stated),
        Some(found) if found == stated || found.parent() == stated => Ok(found),
        _ => Err(Refusal {
            role: Role::Zone,
            message: format!("`{zone}` is not an Availability Zone of {stated}"),
            label: "another region's zone, or none".into(),
            hint: format!(
                "a zone is named like `{stated}a`; leave the cell empty when it does not matter"
            ),
        }),
    }
}

fn platform(text: &str) -> Result<Platform, Refusal> {
    if text.is_empty() {
        return Ok(Platform::LINUX);
    }
    text.parse().map_err(|_| {
        let near = nearest(text, OperatingSystem::ALL.iter().map(|os| os.label()));
        let known = "known are Linux, Windows, Windows BYOL, RHEL, RHEL HA, SUSE, Ubuntu Pro, each perhaps `with SQL Web`, `with SQL Std` or `with SQL Ent`";
        Refusal {
            role: Role::OperatingSystem,
            message: format!("unknown operating system `{text}`"),
            label: "no operating system has this name".into(),
            hint: did_you_mean(near, known),
        }
    })
}

fn tenancy(text: &str) -> Result<Tenancy, Refusal> {
    if text.is_empty() {
        return Ok(Tenancy::Shared);
    }
    text.parse().map_err(|expected| Refusal {
        role: Role::Tenancy,
        message: format!("unknown tenancy `{text}`"),
        label: expected,
        hint: "leave the cell empty for shared tenancy".into(),
    })
}

fn market(text: &str) -> Result<Market, Refusal> {
    let is_named = |market: &Market| text.eq_ignore_ascii_case(market.word());
    match Market::ALL.into_iter().find(is_named) {
        Some(market) => Ok(market),
        None if text.is_empty() => Ok(Market::OnDemand),
        None => Err(Refusal {
            role: Role::Purchase,
            message: format!("unknown purchase `{text}`"),
            label: "expected on-demand or spot, or unused-capacity, capacity-block".into(),
            hint: "Reserved Instances and Savings Plans are no purchase of usage: state what ran, and own them in a portfolio".into(),
        }),
    }
}
