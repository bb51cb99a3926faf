//! Auto Scaling groups: how many instances they have, what starts them, and how they mix On-Demand and Spot.

use rust_decimal::{Decimal, dec};

use super::context::Context;
use super::declared::{Declared, Told, Trouble, View};
use super::instances::{
    has_requirements, known_number, launch_template, own, public_subnet, tenancy,
};
use super::kinds::{Made, one};
use super::launch::Launch;
use crate::estate::{Amount, Band, Hours, Running, Spec};

const LAUNCH_CONFIGURATIONS: [&str; 2] = [
    "AWS::AutoScaling::LaunchConfiguration",
    "aws_launch_configuration",
];

/// An Auto Scaling group.
pub(super) fn group(context: &Context<'_>, declared: &Declared) -> Told<Made> {
    let view = context.view(declared);
    let (launch, mixed) = match view.part("MixedInstancesPolicy")? {
        Some(policy) => mixed_launch(context, policy, declared)?,
        None => (plain_launch(context, view, declared)?, None),
    };
    let mut count = capacity(context, view, declared)?;
    if let Some(weight) = mixed.as_ref().and_then(|mixed| mixed.weight) {
        count = count.map(|units| (units / weight).ceil());
    }
    let running = Running::Fixed {
        count,
        hours: Hours::Always,
    };
    let says_no_address = launch.public_ipv4.is_none();
    let mut instances = launch.instances(context, &declared.address, running)?;
    if let Some(mixed) = mixed {
        instances.on_demand_base = mixed.base;
        instances.spot_share = mixed.spot_share;
    }
    let subnets = context
        .language
        .either("VPCZoneIdentifier", "vpc_zone_identifier");
    let in_subnet = view
        .get(subnets)
        .is_some_and(|node| public_subnet(context, node));
    if says_no_address && in_subnet {
        instances.public_ipv4 = 1;
    }
    one(Spec::Instances(instances))
}

fn plain_launch(context: &Context<'_>, view: View<'_>, declared: &Declared) -> Told<Launch> {
    if let Some(template) = view.part("LaunchTemplate")? {
        return launch_template(context, template, declared);
    }
    let key = context
        .language
        .either("LaunchConfigurationName", "launch_configuration");
    let named = view.get(key);
    match named.and_then(|named| context.the_one(named, &LAUNCH_CONFIGURATIONS, declared)) {
        Some(configuration) => launch_configuration(context, configuration),
        None => Err(Trouble::Untold(
            "what its instances are started with is not in the template".into(),
        )),
    }
}

/// A launch configuration. Its detailed monitoring is on unless it is switched off
/// (docs.aws.amazon.com, AWS::AutoScaling::LaunchConfiguration, `InstanceMonitoring`).
fn launch_configuration(context: &Context<'_>, declared: &Declared) -> Told<Launch> {
    let view = context.view(declared);
    let mut launch = own(context, view, "ImageId")?;
    launch.tenancy = tenancy(view, "PlacementTenancy")?;
    let monitoring = context
        .language
        .either("InstanceMonitoring", "enable_monitoring");
    launch.monitoring = Some(view.flag(monitoring)?.unwrap_or(true));
    launch.spot = view.get("SpotPrice").map(|_| true);
    Ok(launch)
}

/// How a group divides its instances between On-Demand and Spot.
struct Mixed {
    base: Decimal,
    spot_share: Decimal,
    /// So many units of the group's capacity one instance is, where that is said.
    weight: Option<Decimal>,
}

/// Defaults: no On-Demand base, all of the rest On-Demand (docs.aws.amazon.com, Auto Scaling
/// `InstancesDistribution`).
fn mixed_launch(
    context: &Context<'_>,
    policy: View<'_>,
    declared: &Declared,
) -> Told<(Launch, Option<Mixed>)> {
    let nothing = || Trouble::Untold("its policy names no launch template".into());
    let template = policy.part("LaunchTemplate")?.ok_or_else(nothing)?;
    let named = template
        .part("LaunchTemplateSpecification")?
        .ok_or_else(nothing)?;
    let mut launch = launch_template(context, named, declared)?;
    let overrides = template.parts(context.language.either("Overrides", "override"))?;
    let mut weight = None;
    if let Some(first) = overrides.first() {
        if has_requirements(*first) {
            launch.instance_type = None;
            launch.no_type = Some("AWS chooses its type by `InstanceRequirements`".into());
        }
        if let Some(text) = first.text("InstanceType")? {
            let at = first
                .get("InstanceType")
                .map_or(0..0, |node| node.at.clone());
            launch.instance_type = Some((text.to_owned(), at));
        }
        if overrides.len() > 1 {
            let note = "AWS picks among several types; the first one is counted";
            context.note(note, &declared.address);
        }
        weight = known_number(*first, "WeightedCapacity")?;
    }
    let mut mixed = Mixed {
        base: Decimal::ZERO,
        spot_share: Decimal::ZERO,
        weight,
    };
    if let Some(distribution) = policy.part("InstancesDistribution")? {
        mixed.base = distribution
            .number("OnDemandBaseCapacity")?
            .unwrap_or_default();
        let above = distribution.number("OnDemandPercentageAboveBaseCapacity")?;
        let above = above.unwrap_or(dec!(100));
        mixed.spot_share = (dec!(100) - above.min(dec!(100))) / dec!(100);
    }
    launch.spot = None;
    Ok((launch, Some(mixed)))
}

/// How many instances a group has. Where it does not say, it begins with its smallest number; a group that can
/// be empty depends on use.
pub(super) fn capacity(context: &Context<'_>, view: View<'_>, declared: &Declared) -> Told<Amount> {
    let (least, most) = (view.amount("MinSize")?, view.amount("MaxSize")?);
    let least = least.unwrap_or(Amount::NONE);
    let key = if view.get("DesiredSize").is_some() {
        "DesiredSize"
    } else {
        "DesiredCapacity"
    };
    let desired = view
        .amount(key)?
        .filter(|desired| desired.known().is_some());
    if least.known().is_some() && most.as_ref().is_some_and(|most| *most != least) {
        let note = "the group scales; it is counted at its desired or smallest size (a usage file states another `count`)";
        context.note(note, &declared.address);
    }
    if let Some(desired) = desired {
        return Ok(desired);
    }
    match (least.known(), most.and_then(|most| most.known())) {
        (Some(least), Some(most)) if least.is_zero() && !most.is_zero() => Ok(Amount::Open(Band {
            low: Some(least),
            typical: None,
            high: Some(most),
        })),
        _ => Ok(least),
    }
}
