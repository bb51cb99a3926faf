//! Dedicated Hosts: how many the instances need, and what is told of them.

use serde_json::{Value, json};

use super::Table;
use crate::billing::Hosts;
use crate::diagnostics::Diagnostic;

/// One row an account, region and family.
pub fn table(hosts: &[Hosts]) -> Table {
    let heads = [
        "family",
        "region",
        "account",
        ">hosts at once",
        ">host-hours needed",
        ">host-hours told",
    ];
    let mut table = Table::new("Dedicated Hosts", &heads);
    for found in hosts {
        table.row([
            found.family.to_string(),
            found.region.to_string(),
            found.account.to_string(),
            found.most.to_string(),
            found.needed.to_string(),
            found.told.map_or_else(
                || "none: the needed ones are billed".to_owned(),
                |told| told.hours.to_decimal(2).normalize().to_string(),
            ),
        ]);
    }
    table.note(
        "Instances are packed by physical cores and the most of each size, zone by zone; a host is held for the whole hour. Launched in another order a mix may need more (docs/billing-rules.md, R75).",
    );
    for found in hosts.iter().filter(|found| found.needed > found.at_least) {
        table.note(format!(
            "{} in {}: at most {} host-hours more than needed; the mixes are too large to try every one.",
            found.family,
            found.region,
            found.needed - found.at_least
        ));
    }
    table
}

/// Hosts that are told, and do not hold what runs on them.
pub fn shortages(hosts: &[Hosts]) -> Vec<Diagnostic> {
    let short = hosts.iter().filter_map(|found| {
        let (hour, told, needed) = found.told?.short?;
        let message = format!(
            "instances on {} hosts in {} (account {}) need {needed} host-hours from {hour} on, and {} are told",
            found.family,
            found.region,
            found.account,
            told.to_decimal(2).normalize()
        );
        let hint = "a row of host-hours holds until the next one; bursar bills what is told";
        Some(Diagnostic::new(message).hint(hint))
    });
    short.collect()
}

/// The same for programs.
pub fn json(hosts: &[Hosts]) -> Value {
    let one = |found: &Hosts| {
        json!({
            "family": found.family.as_str(),
            "region": found.region.as_str(),
            "account": found.account.as_str(),
            "hosts_at_once": found.most,
            "host_hours_needed": found.needed,
            "host_hours_at_least": found.at_least,
            "host_hours_told": found.told.map(|told| told.hours.to_decimal(9).normalize().to_string()),
        })
    };
    hosts.iter().map(one).collect()
}
