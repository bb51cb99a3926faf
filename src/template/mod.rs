//! Row 3. CloudFormation templates and Terraform plans, read into the resources that an estimate prices. Each
//! resource of a template is priced, free, or listed as not covered with the reason.

mod cloudformation;
mod containers;
mod context;
mod declared;
mod free;
mod groups;
mod image;
mod instances;
mod json;
mod kinds;
mod launch;
mod network;
mod node;
mod node_groups;
mod source;
mod storage;
mod tags;
mod terraform;
mod yaml;

use std::collections::BTreeMap;

use context::Context;
use declared::{Declared, Language, Trouble};
use node::Node;
use source::Source;

use crate::catalog::{Platform, Region, Zone};
use crate::diagnostics::Diagnostic;
use crate::estate::{Estate, Resource, Spec};

/// What a template does not say of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// The region, where the template says none; a CloudFormation template never does.
    pub region: Option<Region>,
    /// The platform of instances whose image does not say it; Linux, where this says nothing.
    pub platform: Option<Platform>,
    /// Values of CloudFormation's parameters, by name.
    pub parameters: BTreeMap<String, String>,
    /// Whether parameters that a template does not declare are passed over: they are meant for another one that
    /// it is compared with.
    pub passes_over_parameters: bool,
}

/// What a reader of one language found.
struct Found {
    language: Language,
    resources: Vec<Declared>,
    /// Platforms by image.
    images: std::collections::HashMap<String, Platform>,
    doubts: Vec<Diagnostic>,
}

/// Whether a text called `name` is meant as a CloudFormation template or as the JSON of a Terraform plan: it is
/// JSON, has `Resources` at its top, or is a file of such a name.
pub fn is_template(text: &str, name: &str) -> bool {
    const ENDINGS: [&str; 6] = ["json", "yaml", "yml", "template", "tf", "tfstate"];
    const TOP: [&str; 3] = ["Resources:", "\"Resources\":", "AWSTemplateFormatVersion:"];
    let ending = name
        .rsplit('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let first = text.trim_start_matches('\u{feff}').trim_start();
    let has_resources = || {
        text.lines()
            .any(|line| TOP.iter().any(|top| line.starts_with(top)))
    };
    first.starts_with('{') || ENDINGS.contains(&ending.as_str()) || has_resources()
}

/// Reads a template called `name`.
///
/// # Errors
/// Every problem with its place: what is no template, a name that leads nowhere or in a circle, a parameter that
/// is missing where it is needed, a plan of an unknown version.
pub fn read(text: &str, name: &str, options: &Options) -> Result<Estate, Vec<Diagnostic>> {
    let source = Source { text, name };
    let root = root(source).map_err(|problem| vec![problem])?;
    let found = if root.get("Resources").is_some() {
        cloudformation::read(source, &root, options)?
    } else if root.get("format_version").is_some() {
        terraform::read(source, &root, options)?
    } else {
        return Err(vec![neither(source, &root)]);
    };
    estate(source, &found, options)
}

fn root(source: Source<'_>) -> Result<Node, Diagnostic> {
    let text = source.text.trim_start_matches('\u{feff}').trim_start();
    let first = text.chars().next();
    match first {
        None => Err(source
            .whole("the file is empty")
            .hint("a CloudFormation template or the output of `terraform show -json` is needed")),
        Some('{') => json::read(source),
        Some(_) if is_hcl(text) => Err(source
            .whole("this is Terraform's own language, which only Terraform evaluates")
            .hint(
                "`terraform plan -out plan.out`, then `terraform show -json plan.out > plan.json`",
            )),
        Some(_) => yaml::read(source),
    }
}

/// Whether the text begins as files of Terraform do: with a block.
fn is_hcl(text: &str) -> bool {
    let lines = text.lines().map(str::trim);
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with(['#', '/']));
    let blocks = [
        "resource \"",
        "provider \"",
        "module \"",
        "variable \"",
        "data \"",
        "terraform {",
        "locals {",
    ];
    lines
        .next()
        .is_some_and(|line| blocks.iter().any(|block| line.starts_with(block)))
}

fn neither(source: Source<'_>, root: &Node) -> Diagnostic {
    if root.get("version").is_some() && root.get("resources").is_some() {
        let message = "this is a state file of Terraform as it keeps it";
        return source
            .whole(message)
            .hint("`terraform show -json > state.json` gives one that can be read");
    }
    let message = "this is neither a CloudFormation template (it has no `Resources`) nor a Terraform plan (it has no `format_version`)";
    source
        .whole(message)
        .hint("the JSON of a plan is the output of `terraform show -json plan.out`")
}

/// Makes the resources of an estimate of those of a template.
fn estate(source: Source<'_>, found: &Found, options: &Options) -> Result<Estate, Vec<Diagnostic>> {
    let resources = found.resources.as_slice();
    let images = found.images.clone();
    let context = Context::new(source, found.language, resources, images, options.platform);
    let mut estate = Estate::default();
    let mut problems = Vec::new();
    for declared in resources {
        match resource(&context, declared, options) {
            Ok(made) => estate.resources.extend(made),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        problems.dedup();
        return Err(problems);
    }
    estate.doubts = found
        .doubts
        .iter()
        .cloned()
        .chain(context.doubts())
        .collect();
    Ok(estate)
}

/// What one resource is, in each of its parts.
fn resource(
    context: &Context<'_>,
    declared: &Declared,
    options: &Options,
) -> Result<Vec<Resource>, Diagnostic> {
    let made = match kinds::made(context, declared) {
        Ok(made) => made,
        Err(Trouble::Untold(why)) => vec![("", Spec::NotCovered(why))],
        Err(Trouble::Wrong(problem)) => return Err(*problem),
    };
    let view = context.view(declared);
    let zone = view.get("AvailabilityZone").and_then(Node::as_text);
    let of_zone = zone.and_then(Region::from_zone);
    let is_paid = made
        .iter()
        .any(|(_, spec)| !matches!(spec, Spec::Free(_) | Spec::NotCovered(_)));
    let stated = of_zone.or(declared.region).or(options.region);
    let elsewhere = || context.resources.iter().find_map(|other| other.region);
    let Some(region) = stated.or_else(|| elsewhere().or_else(somewhere).filter(|_| !is_paid))
    else {
        return Err(no_region(context, declared));
    };
    let resource = |(suffix, spec): (&str, Spec)| Resource {
        address: format!("{}{suffix}", declared.address),
        kind: declared.kind.clone(),
        region,
        zone: zone.filter(|_| of_zone.is_some()).map(Zone::new),
        tags: tags::of(view),
        spec,
    };
    Ok(made.into_iter().map(resource).collect())
}

/// A region for what has no price anyway, in a plan that names none.
fn somewhere() -> Option<Region> {
    Region::all().next()
}

fn no_region(context: &Context<'_>, declared: &Declared) -> Diagnostic {
    let message = format!("the region of `{}` is not said", declared.address);
    let problem = context
        .source
        .problem(&declared.at, message, "this resource");
    problem.hint("--region CODE says the region of what does not name its own")
}
