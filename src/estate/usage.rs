//! `usage.toml`: quantities that a template cannot know, by the address of the resource (docs/file-formats.md).

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;

use super::amount::Amount;
use super::file::source::{self, Figure, Source};
use super::model::{Endpoint, Estate, Spec, Volume};
use super::running::{Hours, Running};
use crate::diagnostics::{Diagnostic, Place, nearest};

/// Quantities by address and key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Usage {
    text: String,
    name: String,
    rows: Vec<Row>,
}

/// All that is said of one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    address: String,
    at: Range<usize>,
    figures: Vec<(String, Amount, Range<usize>)>,
}

type File = BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Figure>>;

/// Reads the text of a usage file called `name`.
///
/// # Errors
/// A [`Diagnostic`] with line and marks: not TOML, a quantity that is none.
pub fn read_usage(text: &str, name: &str) -> Result<Usage, Diagnostic> {
    let source = Source { text, name };
    let file: File = toml::from_str(text).map_err(|error| source.not_toml(&error))?;
    let mut rows = Vec::new();
    for (address, figures) in file {
        let mut row = Row {
            at: address.span(),
            address: address.into_inner(),
            figures: Vec::new(),
        };
        for (key, figure) in figures {
            let amount = source::amount(figure.get_ref());
            let amount =
                amount.map_err(|error| source.spot(figure.span(), error, "not a quantity"))?;
            row.figures
                .push((key.get_ref().clone(), amount, key.span()));
        }
        rows.push(row);
    }
    Ok(Usage {
        text: text.to_owned(),
        name: name.to_owned(),
        rows,
    })
}

impl Usage {
    /// Puts the quantities into their resources.
    ///
    /// # Errors
    /// Each address that no resource has, and each key that its resource has no quantity for.
    pub fn fill(&self, estate: &mut Estate) -> Result<(), Vec<Diagnostic>> {
        let mut problems = Vec::new();
        for row in &self.rows {
            let found = estate
                .resources
                .iter_mut()
                .find(|known| known.address == row.address);
            match found {
                Some(resource) => problems.extend(self.fill_one(row, &mut resource.spec)),
                None => problems.push(self.no_such_resource(row, estate)),
            }
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }

    fn fill_one(&self, row: &Row, spec: &mut Spec) -> Vec<Diagnostic> {
        let unknown = row
            .figures
            .iter()
            .filter(|(key, amount, _)| !spec.state(key, amount));
        let unknown: Vec<&(String, Amount, Range<usize>)> = unknown.collect();
        let keys = spec.usage_keys();
        let problem = |(key, _, at): &&(String, Amount, Range<usize>)| {
            let message = format!("`{}` has no quantity `{key}`", row.address);
            let place = Place::in_text(&*self.name, &self.text, at.clone(), "no such quantity");
            let near = nearest(key, keys.iter().map(String::as_str));
            let hint = match near {
                _ if keys.is_empty() => "nothing of it depends on use".to_owned(),
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it has {}", keys.join(", ")),
            };
            Diagnostic::new(message).at(place).hint(hint)
        };
        unknown.iter().map(problem).collect()
    }

    fn no_such_resource(&self, row: &Row, estate: &Estate) -> Diagnostic {
        let message = format!("no resource has the address `{}`", row.address);
        let label = "not in the estate";
        let place = Place::in_text(&*self.name, &self.text, row.at.clone(), label);
        let known = estate.resources.iter().map(|known| known.address.as_str());
        let problem = Diagnostic::new(message).at(place);
        match nearest(&row.address, known) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem,
        }
    }
}

impl Spec {
    /// The quantities that a usage file may state of it.
    pub fn usage_keys(&self) -> Vec<String> {
        let mut spec = self.clone();
        let mut keys: Vec<String> = spec.amounts().into_iter().map(|(key, _)| key).collect();
        if spec
            .running()
            .is_some_and(|running| running.hours_mut().is_some())
        {
            keys.push("monthly_hours".into());
        }
        keys
    }

    /// Puts a quantity in its place. `false`: it has no such quantity.
    pub fn state(&mut self, key: &str, amount: &Amount) -> bool {
        if key == "monthly_hours" {
            let hours = self.running().and_then(Running::hours_mut);
            return hours
                .map(|hours| *hours = Hours::Monthly(amount.clone()))
                .is_some();
        }
        let place = self.amounts().into_iter().find(|(known, _)| known == key);
        place.map(|(_, place)| amount.clone_into(place)).is_some()
    }

    fn running(&mut self) -> Option<&mut Running> {
        match self {
            Self::Instances(spec) => Some(&mut spec.running),
            Self::Fargate(spec) => Some(&mut spec.running),
            Self::Hosts(spec) => Some(&mut spec.running),
            _ => None,
        }
    }

    /// Every quantity that depends on use, by its key.
    fn amounts(&mut self) -> Vec<(String, &mut Amount)> {
        let one = |key: &str, amount| vec![(key.to_owned(), amount)];
        match self {
            Self::Instances(spec) => {
                let count = spec
                    .running
                    .count_mut()
                    .map(|count| ("count".to_owned(), count));
                let volumes = spec.volumes.iter_mut().flat_map(volume_amounts);
                count.into_iter().chain(volumes).collect()
            }
            Self::Volume(spec) => volume_amounts(spec),
            Self::NatGateway(spec) => one("monthly_gb", &mut spec.gb),
            Self::LoadBalancer(spec) => vec![
                ("capacity_units".to_owned(), &mut spec.capacity_units),
                ("monthly_gb".to_owned(), &mut spec.gb),
            ],
            Self::Endpoint(
                Endpoint::Interface { gb, .. } | Endpoint::GatewayLoadBalancer { gb, .. },
            ) => one("monthly_gb", gb),
            Self::TransitGatewayAttachment(spec) => one("monthly_gb", &mut spec.gb),
            Self::Vpn(spec) => one("monthly_out_gb", &mut spec.out_gb),
            Self::DirectConnect(spec) => one("monthly_out_gb", &mut spec.out_gb),
            Self::CapacityReservation(spec) => one("used", &mut spec.used),
            Self::Fargate(spec) => {
                let count = spec.running.count_mut();
                count.map_or_else(Vec::new, |count| one("count", count))
            }
            Self::Hosts(spec) => {
                let count = spec.running.count_mut();
                count.map_or_else(Vec::new, |count| one("count", count))
            }
            Self::Lambda(spec) => vec![
                ("monthly_requests".to_owned(), &mut spec.requests),
                ("request_ms".to_owned(), &mut spec.request_ms),
            ],
            Self::Flow(spec) => one("monthly_gb", &mut spec.gb),
            Self::Endpoint(Endpoint::Gateway)
            | Self::PublicIpv4(_)
            | Self::Free(_)
            | Self::NotCovered(_) => Vec::new(),
        }
    }
}

/// Of a volume in an instance, each key begins with its part: `root_block_device.snapshot_gb`.
fn volume_amounts(volume: &mut Volume) -> Vec<(String, &mut Amount)> {
    let part = volume.part.clone();
    let key = |name: &str| {
        if part.is_empty() {
            name.to_owned()
        } else {
            format!("{part}.{name}")
        }
    };
    vec![
        (key("gb"), &mut volume.gb),
        (key("monthly_requests"), &mut volume.requests),
        (key("snapshot_gb"), &mut volume.snapshot_gb),
    ]
}
