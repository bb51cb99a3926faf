//! Reads what `do = "nat"` says: which gateways there are now, and which way data takes then.

use super::change::Topology;
use super::file::RowReader;
use super::ratio::Ratio;
use super::value::Source;
use crate::diagnostics::Diagnostic;

impl RowReader<'_> {
    pub(super) fn topology(&self) -> Result<Topology, Diagnostic> {
        let raw = self.needed("topology")?;
        let word = self.source.raw(raw);
        let (own, topology): (&[&str], _) = match word {
            "one" => (&["gateways", "azs", "cross_az_share"], self.one()?),
            "per-az" => {
                let (gateways, zones) = (self.number("gateways")?, self.number("azs")?);
                (&["gateways", "azs"], Topology::PerZone { gateways, zones })
            }
            "regional" => {
                let (gateways, zones) = (self.number("gateways")?, self.number("azs")?);
                (&["gateways", "azs"], Topology::Regional { gateways, zones })
            }
            "endpoints" => (
                &[
                    "gateways",
                    "azs",
                    "s3_share",
                    "dynamodb_share",
                    "interface_share",
                    "interface_endpoints",
                ],
                self.endpoints()?,
            ),
            "none" => {
                let addresses = match self.maybe("public_ipv4", Source::count)? {
                    None => Ratio::ZERO,
                    Some(count) => Ratio::of(count, self.number("gateways")?),
                };
                (&["gateways", "public_ipv4"], Topology::None { addresses })
            }
            other => {
                let message = format!("unknown topology `{other}`");
                let label = "expected one, per-az, regional, endpoints or none";
                return Err(self.source.at(raw, message, label));
            }
        };
        let common = ["account", "region", "tag", "from", "to", "topology"];
        let stray = self
            .given
            .iter()
            .find(|(key, _)| !common.contains(key) && !own.contains(key));
        match stray {
            None => Ok(topology),
            Some((key, value)) => {
                let message = format!("topology `{word}` has no key `{key}`");
                let problem = self.source.at(value, message, "says nothing here");
                Err(problem.hint(format!("it has {}", own.join(", "))))
            }
        }
    }

    /// Unless it is said, data comes evenly from all zones: all but one part of it crosses.
    fn one(&self) -> Result<Topology, Diagnostic> {
        let crossing = match self.maybe("cross_az_share", Source::percent)? {
            Some(share) if share.is_above_one() => {
                return Err(self.wrong("cross_az_share", "more than all crosses", "at most 100%"));
            }
            Some(share) => share,
            None => {
                let zones = self.number("azs")?;
                Ratio::of(zones.saturating_sub(1), zones)
            }
        };
        Ok(Topology::One {
            gateways: self.number("gateways")?,
            crossing,
        })
    }

    fn endpoints(&self) -> Result<Topology, Diagnostic> {
        let part = |key| Ok(self.maybe(key, Source::share)?.unwrap_or(Ratio::ZERO));
        let gateway = part("s3_share")?.plus(part("dynamodb_share")?);
        let interface = part("interface_share")?;
        let all = gateway.plus(interface);
        if all.is_above_one() || all.is_zero() {
            let message = format!("endpoints take {all} of what passes the NAT gateways");
            return Err(self.wrong_change(message).hint(
                "`s3_share`, `dynamodb_share` and `interface_share` are parts of all: more than 0 %, at most 100 % together",
            ));
        }
        let hours = if interface.is_zero() {
            Ratio::ZERO
        } else {
            let (endpoints, zones) = (self.number("interface_endpoints")?, self.number("azs")?);
            Ratio::of(endpoints.saturating_mul(zones), self.number("gateways")?)
        };
        Ok(Topology::Endpoints {
            gateway,
            interface,
            hours,
        })
    }
}
