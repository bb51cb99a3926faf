//! The flows of `estate.toml`: from where to where, by the names of places and resources.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::source::{Figure, Text};
use super::{Placed, Reader};
use crate::catalog::Region;
use crate::diagnostics::{Diagnostic, nearest};
use crate::estate::flow::{EdgeArea, Flow, Place, Via};
use crate::estate::model::{Resource, Spec};

/// `[[flow]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FlowRow {
    name: Option<Text>,
    from: Text,
    to: Text,
    via: Option<Text>,
    monthly_gb: Option<Figure>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

/// Through what a flow goes, in the file's words.
const VIAS: [(&str, Via); 6] = [
    ("nat", Via::Nat),
    ("nat-in-another-zone", Via::NatInAnotherZone),
    ("interface-endpoint", Via::InterfaceEndpoint),
    ("gateway-endpoint", Via::GatewayEndpoint),
    ("transit-gateway", Via::TransitGateway),
    ("peering", Via::Peering),
];

/// Places that are no region, zone or resource.
const INTERNET: &str = "internet";
const SERVICES: [&str; 3] = ["s3", "dynamodb", "service"];
const CLOUDFRONT: &str = "cloudfront";

impl Reader<'_> {
    pub(super) fn flow(&self, row: &FlowRow, placed: &[Placed]) -> Result<Placed, Diagnostic> {
        let (from, to) = (self.end(&row.from, placed)?, self.end(&row.to, placed)?);
        if row.from.get_ref() == row.to.get_ref() {
            let message = format!("a flow from `{}` to itself", row.to.get_ref());
            let problem = self.source.at(&row.to, message, "the same as `from`");
            return Err(
                problem.hint("for data within one zone, name two resources that have this `zone`")
            );
        }
        let home = self.home(row, from, to)?;
        self.can_be(row, from, to)?;
        let via = row
            .via
            .as_ref()
            .map(|text| self.source.one_of(text, "way", &VIAS))
            .transpose()?;
        let address = match &row.name {
            Some(name) => name.get_ref().clone(),
            None => own_name(row, placed),
        };
        if let Some(name) = &row.name
            && placed.iter().any(|(_, known)| known.address == address)
        {
            let message = format!("two resources have the name `{address}`");
            return Err(self.source.at(name, message, "used above"));
        }
        let mut tags = self.tags.clone();
        tags.extend(row.tags.clone());
        let gb = self.source.amount(row.monthly_gb.as_ref())?;
        let resource = Resource {
            address,
            kind: "flow".to_owned(),
            region: home,
            zone: None,
            tags,
            spec: Spec::Flow(Flow { from, to, via, gb }),
        };
        Ok((row.from.span().start, resource))
    }

    /// Where an end is.
    fn end(&self, text: &Text, placed: &[Placed]) -> Result<Place, Diagnostic> {
        let name = text.get_ref().as_str();
        if name == INTERNET {
            return Ok(Place::Internet);
        }
        if SERVICES.contains(&name) {
            return Ok(Place::Service);
        }
        if name == CLOUDFRONT {
            return Ok(Place::CloudFront(EdgeArea::UnitedStates));
        }
        if let Some(area) = name.strip_prefix("cloudfront:") {
            let found = EdgeArea::ALL.into_iter().find(|known| known.code() == area);
            return found.map(Place::CloudFront).ok_or_else(|| {
                let areas = EdgeArea::ALL.map(EdgeArea::code).join(", ");
                let message = format!("CloudFront is not charged by an area `{area}`");
                self.source
                    .at(text, message, "no such area")
                    .hint(format!("areas: {areas}"))
            });
        }
        if let Some((_, known)) = placed.iter().find(|(_, known)| known.address == name) {
            return Ok(match known.zone {
                Some(zone) => Place::Zone(known.region, zone),
                None => Place::Region(known.region),
            });
        }
        if let Ok(region) = name.parse::<Region>() {
            return Ok(Place::Region(region));
        }
        if Region::from_zone(name).is_some() {
            return self
                .source
                .zone(text)
                .map(|(region, zone)| Place::Zone(region, zone));
        }
        Err(self.no_place(text, placed))
    }

    fn no_place(&self, text: &Text, placed: &[Placed]) -> Diagnostic {
        let message = format!("`{}` is no place of a flow", text.get_ref());
        let fixed = Region::all().map(Region::as_str).chain(SERVICES);
        let fixed = fixed.chain([INTERNET, CLOUDFRONT]).map(str::to_owned);
        let names = placed.iter().map(|(_, known)| known.address.clone());
        let names: Vec<String> = names.chain(fixed).collect();
        let problem = self
            .source
            .at(text, message, "neither a resource nor a place");
        match nearest(text.get_ref(), names.iter().map(String::as_str)) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint(
                "a place is a resource's name, a region, a zone, internet, s3, dynamodb, service or cloudfront:AREA",
            ),
        }
    }

    /// The region that the flow is charged in.
    fn home(&self, row: &FlowRow, from: Place, to: Place) -> Result<Region, Diagnostic> {
        let home = from.region().or(to.region()).or(self.region);
        home.ok_or_else(|| {
            let message = "the flow says no region that it is charged in";
            let problem = self.source.at(&row.from, message, "which region?");
            problem.hint("state `region` at the beginning of the file")
        })
    }

    /// Two ends of one region have to say whether they are in one zone; two ends outside of AWS make no charge.
    fn can_be(&self, row: &FlowRow, from: Place, to: Place) -> Result<(), Diagnostic> {
        let outside = |place: Place| matches!(place, Place::Internet);
        if outside(from) && (outside(to) || matches!(to, Place::CloudFront(_))) {
            let message = "a flow that does not touch AWS from the internet";
            return Err(self
                .source
                .at(&row.from, message, "AWS does not charge for it"));
        }
        let region = |place: Place| match place {
            Place::Region(region) => Some(region),
            _ => None,
        };
        let inside = from.region().is_some() && from.region() == to.region();
        if inside && (region(from).is_some() || region(to).is_some()) {
            let without = if region(from).is_some() {
                &row.from
            } else {
                &row.to
            };
            let message = format!("`{}` does not say its zone", without.get_ref());
            let problem = self.source.at(
                without,
                message,
                "within a zone is free, between zones is not",
            );
            return Err(
                problem.hint("give the resource a `zone`, or name zones such as us-east-1a")
            );
        }
        Ok(())
    }
}

/// `from -> to`, with a number where that is taken.
fn own_name(row: &FlowRow, placed: &[Placed]) -> String {
    let via = row
        .via
        .as_ref()
        .map(|via| format!(" via {}", via.get_ref()))
        .unwrap_or_default();
    let name = format!("{} -> {}{via}", row.from.get_ref(), row.to.get_ref());
    let taken = |name: &str| placed.iter().any(|(_, known)| known.address == name);
    let numbered = (2..).map(|number| format!("{name} ({number})"));
    let mut names = std::iter::once(name.clone()).chain(numbered);
    names.find(|name| !taken(name)).unwrap_or_default()
}
