//! Volumes, snapshots, hosts and Capacity Reservations.

use rust_decimal::Decimal;

use super::context::Context;
use super::declared::{Declared, Told, Trouble};
use super::instances::known_number;
use super::kinds::{Made, one};
use super::launch::volume_kind;
use super::node::any;
use crate::catalog::{Platform, Tenancy};
use crate::estate::{Amount, CapacityReservation, Hosts, Running, Spec, Volume, VolumeKind};

/// A volume of its own.
pub(super) fn volume(context: &Context<'_>, declared: &Declared) -> Told<Made> {
    let view = context.view(declared);
    let kind = view.word(context.language.either("VolumeType", "type"), volume_kind)?;
    let gb = view.amount("Size")?.unwrap_or(Amount::OPEN);
    let mut volume = Volume::new(kind.unwrap_or(VolumeKind::Gp2), gb);
    volume.iops = known_number(view, "Iops")?;
    volume.throughput_mib = known_number(view, "Throughput")?;
    one(Spec::Volume(volume))
}

/// A Dedicated Host.
pub(super) fn host(context: &Context<'_>, declared: &Declared) -> Told<Made> {
    let view = context.view(declared);
    let family = if let Some(family) = view.text("InstanceFamily")? {
        family.to_owned()
    } else {
        let text = view.needed_text("InstanceType")?;
        let at = view
            .get("InstanceType")
            .map_or(0..0, |node| node.at.clone());
        context
            .instance_type(text, &at)?
            .family()
            .as_str()
            .to_owned()
    };
    let hosts = Hosts::new(&family, Running::always(Decimal::ONE));
    let hosts = hosts.map_err(|_| Trouble::Untold(format!("`{family}` is no family of hosts")))?;
    one(Spec::Hosts(hosts))
}

/// A Capacity Reservation. How much of it is in use, no template says; nothing of it, where nothing else has its
/// type.
pub(super) fn capacity_reservation(context: &Context<'_>, declared: &Declared) -> Told<Made> {
    let view = context.view(declared);
    let text = view.needed_text("InstanceType")?;
    let at = view
        .get("InstanceType")
        .map_or(0..0, |node| node.at.clone());
    let others = context
        .resources
        .iter()
        .filter(|other| !std::ptr::eq(*other, declared));
    let mut others = others.filter(|other| other.kind != declared.kind);
    let has_users = others.any(|other| any(&other.values, &|node| node.as_text() == Some(text)));
    let platform = view.word("InstancePlatform", reserved_platform)?;
    let tenancy: Option<Tenancy> = view.word("Tenancy", |text| text.parse().ok())?;
    one(Spec::CapacityReservation(CapacityReservation {
        instance_type: context.instance_type(text, &at)?,
        platform: platform.unwrap_or(Platform::LINUX),
        tenancy: tenancy.unwrap_or(Tenancy::Shared),
        slots: view.number("InstanceCount")?.unwrap_or(Decimal::ONE),
        used: if has_users {
            Amount::OPEN
        } else {
            Amount::NONE
        },
    }))
}

/// `Linux/UNIX`, `Windows with SQL Server Standard`, `Linux with SQL Server Web`, ...
fn reserved_platform(text: &str) -> Option<Platform> {
    text.replace("SQL Server", "SQL")
        .parse()
        .ok()
        .or_else(|| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_of_reservations_are_read() {
        for (text, expected) in [
            ("Linux/UNIX", "Linux"),
            ("Red Hat Enterprise Linux", "RHEL"),
            ("SUSE Linux", "SUSE"),
            ("Windows with SQL Server Standard", "Windows with SQL Std"),
            ("Linux with SQL Server Enterprise", "Linux with SQL Ent"),
        ] {
            let platform = reserved_platform(text).unwrap();
            assert_eq!(platform.to_string(), expected);
        }
        assert_eq!(reserved_platform("Solaris"), None);
    }
}
