//! Reads a network file: private subnets and `[[flow]]` tables (docs/file-formats.md).

use serde::Deserialize;

use super::flow::{Flow, HOURS_A_MONTH, Network, Target};
use super::ratio::Ratio;
use super::value::{Raw, Source, Text};
use crate::diagnostics::{Diagnostic, nearest};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    region: Raw,
    azs: Raw,
    hours_a_month: Option<Raw>,
    #[serde(default)]
    flow: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: Text,
    to: Raw,
    to_region: Option<Raw>,
    gb_a_month: Raw,
    same_az_share: Option<Raw>,
    public_ips: Option<Raw>,
}

/// More hours than any month has.
const MOST_HOURS: u32 = 744;
const TARGETS: [&str; 5] = ["s3", "dynamodb", "aws-service", "internet", "vpc"];

/// Reads the text of a network file called `name`.
///
/// # Errors
/// A [`Diagnostic`] with line and marks.
pub fn read_network(text: &str, name: &str) -> Result<Network, Diagnostic> {
    let source = Source { text, name };
    let file: File = toml::from_str(text).map_err(|error| source.not_toml(&error))?;
    let zones = source.count(&file.azs)?;
    let mut network = Network {
        region: source.region(&file.region)?,
        zones,
        hours: HOURS_A_MONTH,
        flows: Vec::new(),
    };
    if let Some(raw) = &file.hours_a_month {
        network.hours = source.count(raw)?;
        if network.hours > MOST_HOURS {
            let message = format!("no month has {} hours", network.hours);
            return Err(source.at(raw, message, "744 at most"));
        }
    }
    if file.flow.is_empty() {
        return Err(source
            .whole("nothing flows")
            .hint("a flow is a `[[flow]]` table with `name`, `to` and `gb_a_month`"));
    }
    for row in &file.flow {
        let twice = network
            .flows
            .iter()
            .any(|flow| flow.name == *row.name.get_ref());
        if twice {
            let message = format!("two flows are called `{}`", row.name.get_ref());
            return Err(source.spot(row.name.span(), message, "used above"));
        }
        network.flows.push(flow(&source, row, &network)?);
    }
    Ok(network)
}

fn flow(source: &Source<'_>, row: &Row, network: &Network) -> Result<Flow, Diagnostic> {
    let same = row.same_az_share.as_ref();
    let same = same.map(|raw| {
        let share = source.percent(raw)?;
        if share.is_above_one() {
            let message = format!("`{}` is no share", source.raw(raw));
            return Err(source.at(raw, message, "at most 100%"));
        }
        Ok(share)
    });
    let same = same.transpose()?;
    let to = target(source, row, network)?;
    let addresses = row.public_ips.as_ref();
    let addresses = addresses.map(|raw| source.count(raw)).transpose()?;
    if let (Some(raw), Target::Vpc | Target::RemoteVpc(_)) = (&row.public_ips, to) {
        let message = "a flow to another VPC needs no public address".into();
        return Err(source.at(raw, message, "leave it out"));
    }
    Ok(Flow {
        name: row.name.get_ref().clone(),
        to,
        gigabytes: source.gigabytes(&row.gb_a_month)?,
        crossing: same.unwrap_or(Ratio::of(1, network.zones)).less(),
        addresses,
    })
}

fn target(source: &Source<'_>, row: &Row, network: &Network) -> Result<Target, Diagnostic> {
    let word = source.raw(&row.to);
    let remote = row.to_region.as_ref();
    let remote = remote.map(|raw| Ok((raw, source.region(raw)?)));
    match (word, remote.transpose()?) {
        ("vpc", Some((raw, region))) if region == network.region => {
            let message = "data flows from a region to itself".into();
            Err(source.at(raw, message, "leave it out for a VPC of the same region"))
        }
        ("vpc", Some((_, region))) => Ok(Target::RemoteVpc(region)),
        ("vpc", None) => Ok(Target::Vpc),
        (_, Some((raw, _))) => {
            let message = format!("a flow to `{word}` has no `to_region`");
            Err(source.at(raw, message, "of another VPC only"))
        }
        ("s3", None) => Ok(Target::S3),
        ("dynamodb", None) => Ok(Target::DynamoDb),
        ("aws-service", None) => Ok(Target::Service),
        ("internet", None) => Ok(Target::Internet),
        (other, None) => {
            let message = format!("unknown target `{other}`");
            let label = format!("expected {}", TARGETS.join(", "));
            let problem = source.at(&row.to, message, &label);
            Err(match nearest(other, TARGETS.into_iter()) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem,
            })
        }
    }
}
