//! The one definition of what a row is: a pure function from its raw texts to usage, skipped, or refused.
//!
//! Every reader groups rows by these texts and asks once for each distinct group, so that CSV, Parquet and
//! any other engine agree.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::columns::{Layout, TextColumn};
use super::facts::{Cover, Doubt, Skip};
use super::spec::{self, Format, Role};
use super::{bill, focus, metered, services, simple};
use crate::catalog::{Account, InstanceType, Region, ServiceItem, attributes, instance_types};
use crate::demand::{DemandKey, Labels, ServiceKey, is_own_label};
use crate::diagnostics::nearest;

/// What classification depends on besides the row.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    /// Whether a type the catalogue does not know is let pass, with a doubt.
    pub(super) allow_unknown_types: bool,
    /// Tags to keep as labels.
    pub(super) tags: Vec<String>,
}

/// What a row is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Instance-hours.
    Usage(Box<Usage>),
    /// Use beside instances.
    Service(Box<ServiceKey>),
    /// Tasks or functions, whose use follows from each row.
    Metered(Box<MeteredBy>),
    /// Something else.
    Skip(Skip),
    /// A fee of a commitment, to be read whole.
    Fee,
    /// Instance-hours that cannot be understood.
    Refuse(Box<Refusal>),
}

/// Instance-hours of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) key: DemandKey,
    pub(super) cover: Cover,
    pub(super) public_rate: Option<Decimal>,
    pub(super) plan_rate: Option<Decimal>,
    /// Lease, class and payment option of the reservation, as the covered row states them.
    pub(super) terms: [Option<String>; 3],
    pub(super) doubts: Vec<Doubt>,
    /// The licence beside it, of an instance with "Optimize CPUs".
    pub(super) licence: Option<Licence>,
}

impl Usage {
    /// Its labels without those that bursar gives.
    pub(super) fn tags(&self) -> Labels {
        let labels = self.key.labels.iter();
        let tags = labels.filter(|(name, _)| !is_own_label(name));
        tags.cloned().collect()
    }
}

/// Who uses tasks or functions, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MeteredBy {
    pub(super) account: Account,
    pub(super) region: Region,
    pub(super) labels: Labels,
}

/// A licence that is paid by active vCPU, beside the instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Licence {
    pub(super) item: ServiceItem,
    pub(super) active_vcpus: u32,
}

/// Why a row is refused, and which of its columns is to blame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) role: Role,
    pub(super) message: String,
    pub(super) label: String,
    pub(super) hint: String,
}

/// The texts of one row that decide what it is.
pub(super) struct Raw<'a> {
    columns: &'a [TextColumn],
    cells: &'a [Cow<'a, str>],
}

/// Says what the rows with these texts are. `cells` are the first (or all) columns of the layout's tuple.
pub(super) fn classify(layout: &Layout, cells: &[Cow<'_, str>], rules: &Rules) -> Outcome {
    let raw = Raw {
        columns: &layout.tuple,
        cells,
    };
    let outcome = match layout.format {
        Format::Bill => bill::classify(&raw, rules),
        Format::Focus => focus::classify(&raw, rules),
        Format::Simple | Format::Events | Format::Reservations => simple::classify(&raw, rules),
        Format::Services => services::classify(&raw, rules),
        Format::Tasks | Format::Functions => metered::classify(&raw, rules),
    };
    outcome.unwrap_or_else(|refusal| Outcome::Refuse(Box::new(refusal)))
}

impl Raw<'_> {
    /// The text in a role; empty when the file has no such column or says NULL.
    pub(super) fn get(&self, role: Role) -> &str {
        let place = self.columns.iter().position(|column| column.role == role);
        let cell = place.and_then(|place| self.cells.get(place));
        cell.map_or("", |cell| filled(cell))
    }

    /// The text in a role, or the same in the map of the product's attributes.
    pub(super) fn product(&self, role: Role) -> Cow<'_, str> {
        match self.get(role) {
            "" => Cow::Owned(self.map(Role::ProductMap, spec::product_keys(role))),
            found => Cow::Borrowed(found),
        }
    }

    /// The text under the first of `keys` in the map of a column, or `""`.
    pub(super) fn map(&self, role: Role, keys: &[&str]) -> String {
        map_value(self.get(role), keys)
    }

    /// The labels of the row, ordered by name; empty ones are left out.
    pub(super) fn labels(&self, rules: &Rules) -> Labels {
        let mut labels: BTreeMap<&str, String> = BTreeMap::new();
        for (column, cell) in self.columns.iter().zip(self.cells) {
            if let Some(tag) = &column.tag {
                labels.insert(tag, filled(cell).to_owned());
            }
        }
        let map = self.get(Role::TagMap);
        if !map.is_empty() {
            for tag in &rules.tags {
                let keys = spec::tag_keys(tag);
                labels.insert(tag, map_value(map, &keys.each_ref().map(String::as_str)));
            }
        }
        let found = labels.into_iter().filter(|(_, value)| !value.is_empty());
        found
            .map(|(name, value)| (name.into(), value.into()))
            .collect()
    }
}

fn filled(cell: &str) -> &str {
    match cell.trim() {
        "NULL" | "null" | "\\N" => "",
        text => text,
    }
}

/// The first of `keys` in a JSON object of texts, or `""`.
fn map_value(json: &str, keys: &[&str]) -> String {
    let parsed: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(json).unwrap_or_default();
    let found = keys.iter().find_map(|key| match parsed.get(*key) {
        Some(serde_json::Value::String(text)) => Some(text.clone()),
        Some(serde_json::Value::Null) | None => None,
        Some(other) => Some(other.to_string()),
    });
    found.unwrap_or_default()
}

/// A region by its code.
pub(super) fn region(role: Role, code: &str) -> Result<Region, Refusal> {
    code.parse().map_err(|_| {
        let near = nearest(code, Region::all().map(Region::as_str));
        Refusal {
            role,
            message: format!("unknown region `{code}`"),
            label: "no region has this code".into(),
            hint: did_you_mean(near, "`bursar prices regions` lists all regions"),
        }
    })
}

/// An instance type of the catalogue; any other only if the rules let it pass.
pub(super) fn instance_type(
    role: Role,
    name: &str,
    rules: &Rules,
    doubts: &mut Vec<Doubt>,
) -> Result<InstanceType, Refusal> {
    let parsed: Option<InstanceType> = name.parse().ok();
    match parsed {
        Some(known) if attributes(known).is_some() => Ok(known),
        Some(unknown) if rules.allow_unknown_types => {
            doubts.push(Doubt::UnknownType);
            Ok(unknown)
        }
        _ => {
            let near = nearest(name, instance_types().map(InstanceType::as_str));
            Err(Refusal {
                role,
                message: format!("unknown instance type `{name}`"),
                label: "the catalogue has no such type".into(),
                hint: did_you_mean(
                    near,
                    "`--allow-unpriced` lets types pass that the catalogue does not know",
                ),
            })
        }
    }
}

pub(super) fn did_you_mean(near: Option<&str>, otherwise: &str) -> String {
    match near {
        Some(near) => format!("did you mean `{near}`? {otherwise}"),
        None => otherwise.to_owned(),
    }
}
