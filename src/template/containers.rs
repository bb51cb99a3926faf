//! Fargate services with their task definitions, and Lambda functions.

use rust_decimal::{Decimal, dec};

use super::context::Context;
use super::declared::{Declared, Language, Told, Trouble, View};
use super::kinds::{Made, one};
use super::node::Node;
use crate::estate::{Amount, Fargate, FargateKind, Hours, Lambda, Running, Spec};

const TASK_DEFINITIONS: [&str; 2] = ["AWS::ECS::TaskDefinition", "aws_ecs_task_definition"];
/// What says a cluster's providers where the cluster does not.
const PROVIDERS: [&str; 2] = [
    "AWS::ECS::ClusterCapacityProviderAssociations",
    "aws_ecs_cluster_capacity_providers",
];
/// Storage of a Fargate task where nothing is said: what is free (R50).
const STORAGE_GB: Decimal = dec!(20);
/// Memory and storage of a function where nothing is said (docs.aws.amazon.com, AWS::Lambda::Function).
const FUNCTION_MEMORY_MB: Decimal = dec!(128);
const FUNCTION_STORAGE_MB: Decimal = dec!(512);

/// Where a service's tasks run.
enum Place<'a> {
    /// On Fargate.
    Fargate,
    /// Where these capacity providers say.
    Providers(Vec<View<'a>>),
    /// On instances that are resources of their own.
    Instances,
}

/// An ECS service: Fargate tasks, or tasks on instances that are resources of their own.
pub(super) fn service(context: &Context<'_>, declared: &Declared) -> Told<Made> {
    let view = context.view(declared);
    let named = view.get("TaskDefinition");
    let task = named.and_then(|named| context.the_one(named, &TASK_DEFINITIONS, declared));
    // Where nothing is said CloudFormation starts one task, Terraform none.
    let count = match (view.amount("DesiredCount")?, context.language) {
        (Some(count), _) => count,
        (None, Language::CloudFormation) => Amount::Known(Decimal::ONE),
        (None, Language::Terraform) => Amount::OPEN,
    };
    let spot_share = match place(context, declared, task)? {
        Place::Fargate => Some(Decimal::ZERO),
        Place::Providers(strategy) => strategy_share(&strategy, &count)?,
        Place::Instances => None,
    };
    let Some(spot_share) = spot_share else {
        let why = "its tasks run on instances, which are paid as such";
        return one(Spec::Free(why.into()));
    };
    let Some(task) = task else {
        let why = "its task definition is not in the template";
        return Err(Trouble::Untold(why.into()));
    };
    let running = Running::Fixed {
        count,
        hours: Hours::Always,
    };
    let public_ipv4 = u32::from(assigns_public_ip(view)?);
    one(Spec::Fargate(Fargate {
        running,
        spot_share,
        public_ipv4,
        ..task_size(context, task)?
    }))
}

/// By capacity providers or launch type of the service; else by the default of its cluster; else by what its tasks
/// can run on, if that is one thing.
fn place<'a>(
    context: &Context<'a>,
    declared: &'a Declared,
    task: Option<&Declared>,
) -> Told<Place<'a>> {
    let view = context.view(declared);
    let strategy = view.parts("CapacityProviderStrategy")?;
    if !strategy.is_empty() {
        return Ok(Place::Providers(strategy));
    }
    if let Some(kind) = view.text("LaunchType")? {
        return Ok(if kind == "FARGATE" {
            Place::Fargate
        } else {
            Place::Instances
        });
    }
    let default = cluster_default(context, view)?;
    if !default.is_empty() {
        return Ok(Place::Providers(default));
    }
    let needs = task
        .map(|task| context.view(task).items("RequiresCompatibilities"))
        .transpose()?;
    let needs: Vec<&str> = needs
        .unwrap_or_default()
        .iter()
        .filter_map(Node::as_text)
        .collect();
    match needs.as_slice() {
        ["FARGATE"] => Ok(Place::Fargate),
        needs if needs.contains(&"FARGATE") => Err(Trouble::Untold(
            "whether its tasks run on Fargate or on instances is not said".into(),
        )),
        _ => Ok(Place::Instances),
    }
}

/// The capacity providers that a service's cluster has by default.
fn cluster_default<'a>(context: &Context<'a>, view: View<'a>) -> Told<Vec<View<'a>>> {
    let Some(named) = view.get("Cluster") else {
        return Ok(Vec::new());
    };
    let clusters = context.meant(named);
    let is_of = |other: &&Declared| {
        let named = context
            .view(other)
            .get(context.language.either("Cluster", "cluster_name"));
        let meant = named.map_or_else(Vec::new, |named| context.meant(named));
        meant
            .iter()
            .any(|found| clusters.iter().any(|known| std::ptr::eq(*known, *found)))
    };
    let providers = context
        .resources
        .iter()
        .filter(|other| PROVIDERS.contains(&other.kind.as_str()) && is_of(other));
    for source in clusters.iter().copied().chain(providers) {
        let strategy = context
            .view(source)
            .parts("DefaultCapacityProviderStrategy")?;
        if !strategy.is_empty() {
            return Ok(strategy);
        }
    }
    Ok(Vec::new())
}

/// The part of the tasks that is on Fargate Spot: of the base of each provider first, then by weights. `None`: one
/// of the providers is no Fargate. Where the number of tasks is not known, a base is a few of many.
fn strategy_share(strategy: &[View<'_>], count: &Amount) -> Told<Option<Decimal>> {
    let (mut spot, mut all) = (
        (Decimal::ZERO, Decimal::ZERO),
        (Decimal::ZERO, Decimal::ZERO),
    );
    for provider in strategy {
        let weight = match strategy {
            // One provider takes all tasks, whatever its weight.
            [_] => Decimal::ONE,
            _ => provider.number("Weight")?.unwrap_or_default(),
        };
        let base = provider.number("Base")?.unwrap_or_default();
        match provider.needed_text("CapacityProvider")? {
            "FARGATE" => {}
            "FARGATE_SPOT" => spot = (spot.0 + base, spot.1 + weight),
            _ => return Ok(None),
        }
        all = (all.0 + base, all.1 + weight);
    }
    let by_weight = spot.1.checked_div(all.1).unwrap_or_default();
    let tasks = count.known().filter(|tasks| !tasks.is_zero());
    Ok(Some(tasks.map_or(by_weight, |tasks| {
        let beyond = (tasks - all.0).max(Decimal::ZERO);
        let on_spot = spot.0.min(tasks) + beyond * by_weight;
        (on_spot / tasks).min(Decimal::ONE)
    })))
}

fn assigns_public_ip(view: View<'_>) -> Told<bool> {
    let path: &[&str] = match view.language {
        Language::CloudFormation => &["NetworkConfiguration", "AwsvpcConfiguration"],
        Language::Terraform => &["NetworkConfiguration"],
    };
    let Some(network) = view.within(path)? else {
        return Ok(false);
    };
    Ok(match view.language {
        Language::CloudFormation => network.text("AssignPublicIp")? == Some("ENABLED"),
        Language::Terraform => network.flag("AssignPublicIp")? == Some(true),
    })
}

/// The size of a task definition's tasks.
fn task_size(context: &Context<'_>, task: &Declared) -> Told<Fargate> {
    let view = context.view(task);
    let (cpu, memory) = (view.needed_text("Cpu")?, view.needed_text("Memory")?);
    let at = |key: &str| view.get(key).map_or(0..0, |node: &Node| node.at.clone());
    let size = |key: &str, text: &str, unit: &str| {
        in_units(text, unit).ok_or_else(|| {
            let message = format!("`{}` cannot be `{text}`", view.language.name(key));
            Trouble::wrong(
                context
                    .source
                    .problem(&at(key), message, "not a size of a task"),
            )
        })
    };
    let storage = match view.part("EphemeralStorage")? {
        Some(storage) => storage.number(context.language.either("SizeInGiB", "size_in_gib"))?,
        None => None,
    };
    Ok(Fargate {
        kind: task_kind(view)?,
        vcpu: size("Cpu", cpu, "vcpu")?,
        memory_gb: size("Memory", memory, "gb")?,
        storage_gb: storage.unwrap_or(STORAGE_GB),
        running: Running::always(Decimal::ONE),
        spot_share: Decimal::ZERO,
        public_ipv4: 0,
    })
}

/// `512` as 0.5, as are `0.5 vCPU` and `.5GB`: a plain number counts in 1,024ths.
fn in_units(text: &str, unit: &str) -> Option<Decimal> {
    let plain = text.trim().to_ascii_lowercase();
    let (number, divisor) = match plain.strip_suffix(unit) {
        Some(number) => (number, Decimal::ONE),
        None => (plain.as_str(), dec!(1024)),
    };
    let number: Decimal = number.trim().parse().ok()?;
    (number > Decimal::ZERO).then(|| number / divisor)
}

fn task_kind(view: View<'_>) -> Told<FargateKind> {
    let Some(platform) = view.part("RuntimePlatform")? else {
        return Ok(FargateKind::LinuxX86);
    };
    let system = platform.text("OperatingSystemFamily")?.unwrap_or("LINUX");
    Ok(match platform.text("CpuArchitecture")? {
        _ if system.starts_with("WINDOWS") => FargateKind::Windows,
        Some("ARM64") => FargateKind::LinuxArm,
        _ => FargateKind::LinuxX86,
    })
}

/// A Lambda function. How often it runs, no template says.
pub(super) fn function(context: &Context<'_>, declared: &Declared) -> Told<Made> {
    let view = context.view(declared);
    let storage = match view.part("EphemeralStorage")? {
        Some(storage) => storage.number("Size")?,
        None => None,
    };
    let architectures = match view.items("Architectures") {
        Ok(items) => items,
        Err(Trouble::Untold(_)) => &[],
        Err(wrong) => return Err(wrong),
    };
    one(Spec::Lambda(Lambda {
        arm: architectures
            .iter()
            .any(|node| node.as_text() == Some("arm64")),
        memory_mb: view.number("MemorySize")?.unwrap_or(FUNCTION_MEMORY_MB),
        storage_mb: storage.unwrap_or(FUNCTION_STORAGE_MB),
        requests: Amount::OPEN,
        request_ms: Amount::OPEN,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_tasks_are_read_in_every_spelling() {
        for text in ["512", ".5 vCPU", "0.5 vcpu", "0.5vCPU"] {
            assert_eq!(in_units(text, "vcpu"), Some(dec!(0.5)), "{text}");
        }
        assert_eq!(in_units("3072", "gb"), Some(dec!(3)));
        assert_eq!(in_units("3 GB", "gb"), Some(dec!(3)));
        for text in ["", "vcpu", "-1", "0", "1 TB"] {
            assert_eq!(in_units(text, "gb"), None, "{text}");
        }
    }
}
