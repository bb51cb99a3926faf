//! `bursar owned modify`: whether Reserved Instances may become other sizes.

use std::str::FromStr;

use clap::Args;
use serde_json::{Value, json};

use super::{Asked, Loaded, head, refused};
use crate::catalog::InstanceType;
use crate::cli::{Failure, Format, Output};
use crate::commitment::{modify, normalized};
use crate::report::Table;

#[derive(Debug, Args)]
pub(super) struct ModifyArgs {
    #[command(flatten)]
    pub(super) asked: Asked,

    /// What is modified: a Reserved Instance (may be given again)
    #[arg(long, required = true, value_name = "ID")]
    id: Vec<String>,

    /// What it becomes, such as 4xm5.large,2xm5.xlarge
    #[arg(
        long,
        required = true,
        value_name = "COUNTxTYPE",
        value_delimiter = ','
    )]
    to: Vec<Part>,
}

/// `4xm5.large`.
#[derive(Debug, Clone, Copy)]
struct Part(u32, InstanceType);

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "expected a count, an x and a type, such as 4xm5.large".to_owned();
        let (count, kind) = text.split_once('x').ok_or_else(expected)?;
        let count: u32 = count.parse().map_err(|_| expected())?;
        let kind: InstanceType = kind.parse().map_err(|_| expected())?;
        if count == 0 || kind.quarter_units().is_none() {
            return Err(expected());
        }
        Ok(Self(count, kind))
    }
}

pub(super) fn answer(
    loaded: &Loaded,
    wanted: &ModifyArgs,
    format: Format,
    output: &mut Output,
) -> Result<(), Failure> {
    let given = loaded.reserved(&wanted.id)?;
    let to: Vec<(u32, InstanceType)> = wanted.to.iter().map(|part| (part.0, part.1)).collect();
    let units = modify(&given, &to, loaded.at).map_err(|refusal| refused(&refusal))?;
    let sizes = |set: &[(u32, InstanceType)]| {
        let parts = set.iter().map(|(count, kind)| format!("{count} x {kind}"));
        parts.collect::<Vec<_>>().join(" + ")
    };
    let from: Vec<_> = given
        .iter()
        .map(|ri| (ri.count, ri.instance_type))
        .collect();
    let end = given
        .first()
        .map(|ri| ri.alive.end().to_string())
        .unwrap_or_default();
    if format == Format::Json {
        let mut document = head(loaded);
        document["given"] = given.iter().map(|ri| Value::from(ri.id.as_str())).collect();
        document["becomes"] = to
            .iter()
            .map(|(count, kind)| json!({"count": count, "instance_type": kind.as_str()}))
            .collect();
        document["normalized_units"] = normalized(units).into();
        document["end"] = end.into();
        return output.json(&document);
    }
    let title = format!("Modification on {}", loaded.at);
    let mut table = Table::new(title, &["from", "to", ">normalized units", "end"]);
    table.row([sizes(&from), sizes(&to), normalized(units), end]);
    table.note("AWS may do it: the footprint is kept. It costs nothing, holds from the start of the hour, and the end stays (rule R69).");
    Ok(output.tables(&[table], format)?)
}
