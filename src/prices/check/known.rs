//! The reviewed list of known flaws: each with the reason why it stays.

use super::{Flaw, FlawKind};

/// What stands in `pricing-data/known-flaws.csv`.
const REVIEWED: &str = include_str!("../../../pricing-data/known-flaws.csv");

/// Flaws that somebody looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFlaws(Vec<KnownFlaw>);

/// A line of the list. `*` in region, type and platform stands for any text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFlaw {
    /// Of which kind.
    pub kind: FlawKind,
    /// Region's code.
    pub region: glob::Pattern,
    /// Instance type, `host FAMILY`, or the name of a charge.
    pub instance_type: glob::Pattern,
    /// Platform in AWS's words, such as `RHEL`; empty for what is no instance.
    pub platform: glob::Pattern,
    /// Why it stays.
    pub reason: String,
}

/// A line of the list that does not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the known flaws: {what}")]
pub struct InvalidKnownFlaws {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

impl KnownFlaws {
    /// Those of the bundled book.
    pub fn reviewed() -> Result<Self, InvalidKnownFlaws> {
        Self::parse(REVIEWED)
    }

    /// Reads `kind,region,instance_type,platform,reason`, the reason to the end of the line.
    pub fn parse(text: &str) -> Result<Self, InvalidKnownFlaws> {
        let lines = text.lines().enumerate().skip(1);
        let read = |(index, line): (usize, &str)| {
            entry(line).map_err(|what| InvalidKnownFlaws {
                line: index + 1,
                what,
            })
        };
        Ok(Self(lines.map(read).collect::<Result<_, _>>()?))
    }

    /// The line that a flaw stands on.
    pub fn find(&self, flaw: &Flaw) -> Option<&KnownFlaw> {
        self.0.iter().find(|known| known.covers(flaw))
    }

    /// Lines that none of the flaws stands on: they are to be taken out of the list.
    pub fn unused<'a>(&'a self, flaws: &[Flaw]) -> Vec<&'a KnownFlaw> {
        let unused = |known: &&KnownFlaw| !flaws.iter().any(|flaw| known.covers(flaw));
        self.0.iter().filter(unused).collect()
    }
}

impl KnownFlaw {
    fn covers(&self, flaw: &Flaw) -> bool {
        let platform = flaw.subject.instance().map(|product| product.platform);
        let platform = platform.map(|platform| platform.to_string());
        self.kind == flaw.kind
            && self.region.matches(flaw.subject.region().as_str())
            && self.instance_type.matches(&flaw.subject.name())
            && self.platform.matches(&platform.unwrap_or_default())
    }
}

fn entry(line: &str) -> Result<KnownFlaw, String> {
    let cells: Vec<&str> = line.splitn(5, ',').collect();
    let &[kind, region, instance_type, platform, reason] = &cells[..] else {
        return Err("expected kind,region,instance_type,platform,reason".into());
    };
    let pattern = |text: &str| {
        glob::Pattern::new(text).map_err(|error| format!("`{text}` is no pattern: {error}"))
    };
    if reason.trim().is_empty() {
        return Err("a known flaw has a reason".into());
    }
    Ok(KnownFlaw {
        kind: kind.parse()?,
        region: pattern(region)?,
        instance_type: pattern(instance_type)?,
        platform: pattern(platform)?,
        reason: reason.trim_matches('"').to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::Subject;
    use super::*;
    use crate::catalog::{Platform, Tenancy};
    use crate::prices::Product;

    #[test]
    fn a_flaw_is_known_by_kind_region_type_and_platform() {
        let text =
            "kind,region,instance_type,platform,reason\nzero,eu-*,m5.large,*,\"seen, kept\"\n";
        let known = KnownFlaws::parse(text).unwrap();
        let flaw = |region: &str, kind| Flaw {
            kind,
            subject: Subject::Instance(Product {
                region: region.parse().unwrap(),
                instance_type: "m5.large".parse().unwrap(),
                platform: Platform::LINUX,
                tenancy: Tenancy::Shared,
            }),
            what: String::new(),
        };
        let here = flaw("eu-west-1", FlawKind::Zero);
        assert_eq!(known.find(&here).unwrap().reason, "seen, kept");
        assert!(known.find(&flaw("us-east-1", FlawKind::Zero)).is_none());
        assert!(known.find(&flaw("eu-west-1", FlawKind::Conflict)).is_none());
        assert!(known.unused(&[here]).is_empty());
        assert_eq!(known.unused(&[]).len(), 1);
    }

    #[test]
    fn a_line_that_does_not_read_is_named() {
        for (line, what) in [
            ("zero,eu-west-1,m5.large,Linux,", "a reason"),
            ("zeros,eu-west-1,m5.large,Linux,x", "expected one of zero"),
            ("zero,eu-west-1", "expected kind,region"),
            ("zero,***,m5.large,Linux,x", "no pattern"),
        ] {
            let error = KnownFlaws::parse(&format!("head\n{line}\n")).unwrap_err();
            assert_eq!(error.line, 2);
            assert!(error.what.contains(what), "{error}");
        }
    }
}
