//! What a row of the simple table is: always usage.

use super::bill::account;
use super::classify::{Outcome, Raw, Refusal, Rules, Usage, did_you_mean, instance_type, region};
use super::facts::Cover;
use super::spec::Role;
use crate::catalog::{OperatingSystem, Platform, Region, Tenancy, Zone};
use crate::demand::{DemandKey, Market};
use crate::diagnostics::nearest;

/// Missing optional columns mean Linux, shared tenancy, On-Demand, no zone and one account.
pub(super) fn classify(raw: &Raw<'_>, rules: &Rules) -> Result<Outcome, Refusal> {
    let mut doubts = Vec::new();
    let zone = raw.get(Role::Zone);
    let stated = region(Role::Region, raw.get(Role::Region))?;
    let key = DemandKey {
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
    Ok(Outcome::Usage(Box::new(Usage {
        key,
        cover: Cover::None,
        public_rate: None,
        plan_rate: None,
        terms: [None, None, None],
        doubts,
    })))
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
    match text.to_ascii_lowercase().as_str() {
        "" | "on-demand" => Ok(Market::OnDemand),
        "spot" => Ok(Market::Spot),
        _ => Err(Refusal {
            role: Role::Purchase,
            message: format!("unknown purchase `{text}`"),
            label: "expected on-demand or spot".into(),
            hint: "Reserved Instances and Savings Plans are no purchase of usage: state what ran, and own them in a portfolio".into(),
        }),
    }
}
