//! What a row of the simple table is: always usage.

use super::bill::account;
use super::classify::{Outcome, Raw, Refusal, Rules, Usage, did_you_mean, instance_type, region};
use super::facts::Cover;
use super::spec::Role;
use crate::catalog::{OperatingSystem, Platform, Tenancy, Zone};
use crate::demand::{DemandKey, Market};
use crate::diagnostics::nearest;

/// Missing optional columns mean Linux, shared tenancy, On-Demand, no zone and one account.
pub(super) fn classify(raw: &Raw<'_>, rules: &Rules) -> Result<Outcome, Refusal> {
    let mut doubts = Vec::new();
    let zone = raw.get(Role::Zone);
    let key = DemandKey {
        // A simple table without accounts is of one account: nothing to doubt.
        account: account(raw.get(Role::Account), &mut Vec::new()),
        region: region(Role::Region, raw.get(Role::Region))?,
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
