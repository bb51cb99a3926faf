//! Instances, and what launch templates say of them.

use rust_decimal::Decimal;

use super::context::Context;
use super::declared::{Declared, Language, Told, Trouble, View};
use super::kinds::{Made, one};
use super::launch::{Device, Launch, is_root_device, volume_kind};
use super::node::{Node, Value};
use crate::catalog::{Platform, Tenancy};
use crate::estate::{Running, Spec};

/// Launch templates of both languages.
pub(super) const LAUNCH_TEMPLATES: [&str; 2] = ["AWS::EC2::LaunchTemplate", "aws_launch_template"];
const SUBNETS: [&str; 3] = ["AWS::EC2::Subnet", "aws_subnet", "aws_default_subnet"];

/// An instance.
pub(super) fn instance(context: &Context<'_>, declared: &Declared) -> Told<Made> {
    let launch = instance_launch(context, declared)?;
    let running = Running::always(Decimal::ONE);
    let instances = launch.instances(context, &declared.address, running)?;
    one(Spec::Instances(instances))
}

/// A request for a Spot instance.
pub(super) fn spot_instance(context: &Context<'_>, declared: &Declared) -> Told<Made> {
    let launch = Launch {
        spot: Some(true),
        ..instance_launch(context, declared)?
    };
    let running = Running::always(Decimal::ONE);
    let instances = launch.instances(context, &declared.address, running)?;
    one(Spec::Instances(instances))
}

fn instance_launch(context: &Context<'_>, declared: &Declared) -> Told<Launch> {
    let view = context.view(declared);
    let mut launch = own(context, view, context.language.either("ImageId", "ami"))?;
    launch.tenancy = tenancy(view, "Tenancy")?;
    if view.get("HostId").is_some() || view.get("HostResourceGroupArn").is_some() {
        launch.tenancy = Some(Tenancy::Host);
    }
    launch.monitoring = view.flag("Monitoring")?;
    if let Some(template) = view.part("LaunchTemplate")? {
        launch = launch.over(launch_template(context, template, declared)?);
    }
    let in_subnet = view
        .get("SubnetId")
        .is_some_and(|node| public_subnet(context, node));
    launch.public_ipv4 = launch.public_ipv4.or(Some(in_subnet));
    Ok(launch)
}

/// What instances, launch templates and launch configurations say in the same words.
pub(super) fn own(context: &Context<'_>, view: View<'_>, image: &str) -> Told<Launch> {
    let mut launch = Launch {
        platform: view.get(image).and_then(|image| context.platform_of(image)),
        ebs_optimized: view.flag("EbsOptimized")?,
        ..Launch::default()
    };
    if launch.platform.is_none() && is_powershell(view.get("UserData")) {
        launch.platform = Some(Platform::WINDOWS);
    }
    match view.text("InstanceType") {
        Ok(None) => {}
        Ok(Some(text)) => {
            let at = view
                .get("InstanceType")
                .map_or(0..0, |node| node.at.clone());
            launch.instance_type = Some((text.to_owned(), at));
        }
        Err(Trouble::Untold(why)) => launch.no_type = Some(why),
        Err(wrong) => return Err(wrong),
    }
    if launch.instance_type.is_none() && has_requirements(view) {
        launch.no_type = Some("AWS chooses its type by `InstanceRequirements`".into());
    }
    if let Some(credits) = view.part("CreditSpecification")? {
        let key = context.language.either("CPUCredits", "cpu_credits");
        let text = match credits.text(key)? {
            Some(text) => Some(text),
            None => credits.text("CpuCredits")?,
        };
        launch.credits = text.map(str::to_lowercase);
    }
    if let Some(market) = view.part("InstanceMarketOptions")? {
        launch.spot = Some(market.text("MarketType")? == Some("spot"));
    }
    launch.public_ipv4 = public_ipv4(view)?;
    launch.devices = devices(context.language, view)?;
    Ok(launch)
}

/// Whether AWS is left to choose among types. Terraform keeps an absent block as an empty list.
pub(super) fn has_requirements(view: View<'_>) -> bool {
    view.get("InstanceRequirements")
        .is_some_and(|node| !node.items().is_empty())
}

/// A script for PowerShell is for Windows.
fn is_powershell(user_data: Option<&Node>) -> bool {
    user_data
        .and_then(Node::as_text)
        .is_some_and(|text| text.contains("<powershell>"))
}

fn public_ipv4(view: View<'_>) -> Told<Option<bool>> {
    if let Some(flag) = known_flag(view, "AssociatePublicIpAddress")? {
        return Ok(Some(flag));
    }
    if view
        .get("NetworkInterfaces")
        .is_some_and(|node| matches!(node.value, Value::Unknown(_)))
    {
        return Ok(None);
    }
    for interface in view.parts("NetworkInterfaces")? {
        if let Some(flag) = known_flag(interface, "AssociatePublicIpAddress")? {
            return Ok(Some(flag));
        }
    }
    Ok(None)
}

/// A truth value; one that only AWS knows is as good as none.
fn known_flag(view: View<'_>, key: &str) -> Told<Option<bool>> {
    match view.flag(key) {
        Err(Trouble::Untold(_)) => Ok(None),
        told => told,
    }
}

/// Whether instances in a subnet of the template get public addresses.
pub(super) fn public_subnet(context: &Context<'_>, node: &Node) -> bool {
    let mut subnets = node.items().iter().flat_map(|item| context.meant(item));
    subnets.any(|subnet| {
        if !SUBNETS.contains(&subnet.kind.as_str()) {
            return false;
        }
        let flag = context.view(subnet).get("MapPublicIpOnLaunch");
        flag.and_then(Node::as_bool) == Some(true)
    })
}

pub(super) fn tenancy(view: View<'_>, key: &str) -> Told<Option<Tenancy>> {
    view.word(key, |text| text.parse().ok())
}

/// The launch template that a group of properties names.
pub(super) fn launch_template(
    context: &Context<'_>,
    named: View<'_>,
    from: &Declared,
) -> Told<Launch> {
    let language = context.language;
    let by_id = language.either(
        "LaunchTemplateId",
        if named.get("id").is_some() {
            "id"
        } else {
            "launch_template_id"
        },
    );
    let by_name = language.either(
        "LaunchTemplateName",
        if named.get("name").is_some() {
            "name"
        } else {
            "launch_template_name"
        },
    );
    let keys = [by_id, by_name].into_iter();
    let mut found =
        keys.filter_map(|key| context.the_one(named.get(key)?, &LAUNCH_TEMPLATES, from));
    let Some(template) = found.next() else {
        let why = "its launch template is not in the template";
        return Ok(Launch {
            no_type: Some(why.into()),
            ..Launch::default()
        });
    };
    let view = context.view(template);
    let data = match language {
        Language::CloudFormation => view.part("LaunchTemplateData")?,
        Language::Terraform => Some(view),
    };
    let Some(data) = data else {
        return Ok(Launch::default());
    };
    let mut launch = own(context, data, "ImageId")?;
    if let Some(placement) = data.part("Placement")? {
        launch.tenancy = tenancy(placement, "Tenancy")?;
    }
    if let Some(monitoring) = data.part("Monitoring")? {
        launch.monitoring = monitoring.flag("Enabled")?;
    }
    Ok(launch)
}

/// The volumes that block devices are.
fn devices(language: Language, view: View<'_>) -> Told<Vec<Device>> {
    let mut found = Vec::new();
    if let Some(root) = view.part("RootBlockDevice")? {
        found.push(Device {
            part: "root_block_device".into(),
            is_root: true,
            ..device(root)?
        });
    }
    let extra = view
        .parts("EbsBlockDevice")?
        .into_iter()
        .map(|block| (block, Some(block)));
    let mut all: Vec<(View<'_>, Option<View<'_>>)> = extra.collect();
    for block in view.parts("BlockDeviceMappings")? {
        all.push((block, block.part("Ebs")?));
    }
    let mut number = 0;
    for (block, ebs) in all {
        let name = block.text("DeviceName")?.unwrap_or_default().to_owned();
        let is_gone = block.get("NoDevice").is_some() || block.get("VirtualName").is_some();
        let is_root = is_root_device(&name);
        let part = match language {
            Language::CloudFormation => name.clone(),
            Language::Terraform if is_root => "root_block_device".to_owned(),
            Language::Terraform => {
                number += 1;
                format!("ebs_block_device[{}]", number - 1)
            }
        };
        found.push(Device {
            part,
            name,
            is_root,
            is_gone: is_gone || ebs.is_none(),
            ..ebs.map_or_else(|| Ok(Device::default()), device)?
        });
    }
    Ok(found)
}

/// What a block says of its volume.
fn device(view: View<'_>) -> Told<Device> {
    Ok(Device {
        kind: view.word("VolumeType", volume_kind)?,
        gb: view.amount("VolumeSize")?,
        iops: known_number(view, "Iops")?,
        throughput_mib: known_number(view, "Throughput")?,
        ..Device::default()
    })
}

/// A number above 0; one that only AWS knows is as good as none.
pub(super) fn known_number(view: View<'_>, key: &str) -> Told<Option<Decimal>> {
    match view.number(key) {
        Err(Trouble::Untold(_)) => Ok(None),
        told => Ok(told?.filter(|number| !number.is_zero())),
    }
}
