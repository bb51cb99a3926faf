//! Managed node groups of EKS: instances, which are paid as such.

use rust_decimal::{Decimal, dec};

use super::context::Context;
use super::declared::{Declared, Told, View};
use super::groups::capacity;
use super::instances::launch_template;
use super::kinds::{Made, one};
use super::launch::{Device, Launch};
use super::node::Node;
use crate::catalog::Platform;
use crate::estate::{Amount, Hours, Running, Spec, VolumeKind};

/// What a node group has where it says nothing (docs.aws.amazon.com, EKS `CreateNodegroup`): t3.medium, and 20 GiB
/// on Linux, 50 GiB on Windows.
const DEFAULT_TYPE: &str = "t3.medium";

/// A managed node group.
pub(super) fn group(context: &Context<'_>, declared: &Declared) -> Told<Made> {
    let view = context.view(declared);
    let mut launch = own(view)?;
    if let Some(template) = view.part("LaunchTemplate")? {
        launch = launch.over(launch_template(context, template, declared)?);
    } else {
        let note = "the kind of a node's volume is its image's; counted as gp3";
        context.note(note, &declared.address);
        launch.devices.push(volume(view, launch.platform)?);
    }
    if launch.instance_type.is_none() && launch.no_type.is_none() {
        launch.instance_type = Some((DEFAULT_TYPE.to_owned(), declared.at.clone()));
    }
    let count = match view.part("ScalingConfig")? {
        Some(scaling) => capacity(context, scaling, declared)?,
        None => Amount::OPEN,
    };
    let running = Running::Fixed {
        count,
        hours: Hours::Always,
    };
    one(Spec::Instances(launch.instances(
        context,
        &declared.address,
        running,
    )?))
}

fn own(view: View<'_>) -> Told<Launch> {
    let first = view.items("InstanceTypes")?.first();
    let typed = first.and_then(|node: &Node| Some((node.as_text()?.to_owned(), node.at.clone())));
    let untold = first.filter(|_| typed.is_none());
    let image = view.text("AmiType")?.unwrap_or("AL2023_x86_64_STANDARD");
    let platform = match image {
        "CUSTOM" => None,
        windows if windows.starts_with("WINDOWS") => Some(Platform::WINDOWS),
        _ => Some(Platform::LINUX),
    };
    Ok(Launch {
        instance_type: typed,
        no_type: untold.map(|_| "its first type is not known".to_owned()),
        spot: Some(view.text("CapacityType")? == Some("SPOT")),
        platform,
        ..Launch::default()
    })
}

fn volume(view: View<'_>, platform: Option<Platform>) -> Told<Device> {
    let usual = if platform == Some(Platform::WINDOWS) {
        dec!(50)
    } else {
        dec!(20)
    };
    let gb = view
        .amount("DiskSize")?
        .filter(|gb| gb.known() != Some(Decimal::ZERO));
    Ok(Device {
        part: "disk".into(),
        is_root: true,
        kind: Some(VolumeKind::Gp3),
        gb: Some(gb.unwrap_or(Amount::Known(usual))),
        ..Device::default()
    })
}
