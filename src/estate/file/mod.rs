//! Reads `estate.toml`: what is planned, as a person writes it down (docs/file-formats.md).

mod flows;
mod rows;
mod running;
pub(super) mod source;

use std::collections::BTreeMap;

use serde::Deserialize;

use self::flows::FlowRow;
use self::rows::{
    CapacityReservationRow, DirectConnectRow, EndpointRow, FargateRow, HostRow, InstancesRow,
    LambdaRow, LoadBalancerRow, NatGatewayRow, PublicIpv4Row, TransitGatewayRow, VolumeRow, VpnRow,
};
use self::source::{Source, Text};
use super::model::{Estate, Resource, Spec};
use super::running::Month;
use crate::catalog::{Region, Zone};
use crate::diagnostics::Diagnostic;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    region: Option<Text>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    instances: Vec<InstancesRow>,
    #[serde(default)]
    volume: Vec<VolumeRow>,
    #[serde(default)]
    nat_gateway: Vec<NatGatewayRow>,
    #[serde(default)]
    load_balancer: Vec<LoadBalancerRow>,
    #[serde(default)]
    endpoint: Vec<EndpointRow>,
    #[serde(default)]
    transit_gateway_attachment: Vec<TransitGatewayRow>,
    #[serde(default)]
    vpn: Vec<VpnRow>,
    #[serde(default)]
    direct_connect: Vec<DirectConnectRow>,
    #[serde(default)]
    public_ipv4: Vec<PublicIpv4Row>,
    #[serde(default)]
    host: Vec<HostRow>,
    #[serde(default)]
    capacity_reservation: Vec<CapacityReservationRow>,
    #[serde(default)]
    fargate: Vec<FargateRow>,
    #[serde(default)]
    lambda: Vec<LambdaRow>,
    #[serde(default)]
    flow: Vec<FlowRow>,
}

/// What every row says.
struct Common<'a> {
    name: &'a Text,
    region: Option<&'a Text>,
    zone: Option<&'a Text>,
    tags: &'a BTreeMap<String, String>,
}

/// A row of the file.
trait Row {
    /// What the file calls it.
    const KIND: &'static str;

    fn common(&self) -> Common<'_>;

    /// What it is; beside it, what the reader doubts.
    fn spec(&self, reader: &Reader<'_>, doubts: &mut Vec<Diagnostic>) -> Result<Spec, Diagnostic>;
}

/// The file, where resources are unless they say otherwise, and the month.
struct Reader<'a> {
    source: Source<'a>,
    region: Option<Region>,
    tags: BTreeMap<String, String>,
    month: Month,
}

/// A resource with the place of its name, by which the file's order is kept.
type Placed = (usize, Resource);

/// Reads the text of an estate file called `name`. The month says which hours can be stated.
///
/// # Errors
/// Every problem found, with line and marks: not TOML, an unknown or missing field, a value that is none, a name
/// used twice.
pub fn read_estate(text: &str, name: &str, month: Month) -> Result<Estate, Vec<Diagnostic>> {
    let source = Source { text, name };
    let file: File = toml::from_str(text).map_err(|error| vec![source.not_toml(&error)])?;
    let region = file
        .region
        .as_ref()
        .map(|text| source.region(text))
        .transpose();
    let reader = Reader {
        source,
        region: region.map_err(|problem| vec![problem])?,
        tags: file.tags.clone(),
        month,
    };
    let (mut placed, mut problems, mut doubts) = (Vec::new(), Vec::new(), Vec::new());
    reader.all(&file, &mut placed, &mut problems, &mut doubts);
    placed.sort_by_key(|(at, _)| *at);
    problems.extend(reader.twice(&placed));
    for row in &file.flow {
        match reader.flow(row, &placed) {
            Ok(flow) => placed.push(flow),
            Err(problem) => problems.push(problem),
        }
    }
    if placed.is_empty() && problems.is_empty() {
        let problem = Diagnostic::new("the estate has no resource")
            .at(crate::diagnostics::Place::file(name))
            .hint("a resource is a table such as [[instances]] (docs/file-formats.md)");
        problems.push(problem);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let resources = placed.into_iter().map(|(_, resource)| resource).collect();
    Ok(Estate { resources, doubts })
}

impl Reader<'_> {
    /// Every resource but the flows, which name others.
    fn all(
        &self,
        file: &File,
        placed: &mut Vec<Placed>,
        problems: &mut Vec<Diagnostic>,
        doubts: &mut Vec<Diagnostic>,
    ) {
        let mut to = (placed, problems, doubts);
        self.rows(&file.instances, &mut to);
        self.rows(&file.volume, &mut to);
        self.rows(&file.nat_gateway, &mut to);
        self.rows(&file.load_balancer, &mut to);
        self.rows(&file.endpoint, &mut to);
        self.rows(&file.transit_gateway_attachment, &mut to);
        self.rows(&file.vpn, &mut to);
        self.rows(&file.direct_connect, &mut to);
        self.rows(&file.public_ipv4, &mut to);
        self.rows(&file.host, &mut to);
        self.rows(&file.capacity_reservation, &mut to);
        self.rows(&file.fargate, &mut to);
        self.rows(&file.lambda, &mut to);
    }

    fn rows<R: Row>(
        &self,
        rows: &[R],
        (placed, problems, doubts): &mut (
            &mut Vec<Placed>,
            &mut Vec<Diagnostic>,
            &mut Vec<Diagnostic>,
        ),
    ) {
        for row in rows {
            match self.resource(row, doubts) {
                Ok(resource) => placed.push((row.common().name.span().start, resource)),
                Err(problem) => problems.push(problem),
            }
        }
    }

    fn resource<R: Row>(
        &self,
        row: &R,
        doubts: &mut Vec<Diagnostic>,
    ) -> Result<Resource, Diagnostic> {
        let common = row.common();
        let (region, zone) = self.place(&common)?;
        let mut tags = self.tags.clone();
        tags.extend(common.tags.clone());
        if common.name.get_ref().trim().is_empty() {
            return Err(self
                .source
                .at(common.name, "a resource without a name", "empty"));
        }
        Ok(Resource {
            address: common.name.get_ref().clone(),
            kind: R::KIND.to_owned(),
            region,
            zone,
            tags,
            spec: row.spec(self, doubts)?,
        })
    }

    /// Its own region, that of its zone, or the file's.
    fn place(&self, common: &Common<'_>) -> Result<(Region, Option<Zone>), Diagnostic> {
        let stated = common
            .region
            .map(|text| self.source.region(text))
            .transpose()?;
        if let Some(text) = common.zone {
            let (region, zone) = self.source.zone(text)?;
            if stated.is_some_and(|stated| stated != region) {
                let message = format!("zone `{zone}` is not in the region of the resource");
                return Err(self.source.at(text, message, &format!("it is in {region}")));
            }
            return Ok((region, Some(zone)));
        }
        let region = stated.or(self.region).ok_or_else(|| {
            let message = format!("`{}` has no region", common.name.get_ref());
            let problem = self.source.at(common.name, message, "where is it?");
            problem.hint("state `region` in it, or once at the beginning of the file")
        })?;
        Ok((region, None))
    }

    /// Names that stand for two resources.
    fn twice(&self, placed: &[Placed]) -> Vec<Diagnostic> {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        let mut problems = Vec::new();
        for (at, resource) in placed {
            if seen.insert(&resource.address, *at).is_some() {
                let message = format!("two resources have the name `{}`", resource.address);
                let span = *at..*at + resource.address.len() + 2;
                problems.push(self.source.spot(span, message, "used above"));
            }
        }
        problems
    }
}
