//! `--zonal`: usage that zonal Reserved Instances are to hold capacity for.

use super::Failure;
use super::fleet::{Fleet, FleetArgs};
use super::spot::tagged;
use crate::diagnostics::{Diagnostic, Place};
use crate::optimize::{CandidateKind, Kinds, Optimized, Purchase};
use crate::scenario::{ByZone, Selector};

/// The fleet's arguments with the tags that selectors name.
pub(super) fn with_tags(arguments: &FleetArgs, zonal: &[String]) -> Result<FleetArgs, Diagnostic> {
    Ok(tagged(arguments, &selectors(zonal)?))
}

fn selectors(zonal: &[String]) -> Result<Vec<Selector>, Diagnostic> {
    zonal.iter().map(|text| text.parse()).collect()
}

/// Refuses it where no Reserved Instances may be bought.
pub(super) fn allowed(zonal: &[String], kinds: Kinds) -> Result<(), Diagnostic> {
    if zonal.is_empty() || kinds.standard || kinds.convertible {
        return Ok(());
    }
    let problem = "`--zonal` is about Reserved Instances, and `--kinds` allows none";
    Err(Diagnostic::new(problem)
        .hint("allow standard-ri or convertible-ri, or leave `--zonal` out"))
}

/// Says that nothing is bought to hold capacity, where that was asked for.
pub(super) fn none_pays(fleet: &Fleet, found: &Optimized) -> Option<String> {
    let is_zonal = |bought: &Purchase| {
        let kind = bought.candidate.kind;
        matches!(kind, CandidateKind::Reserved { zonal: Some(_), .. })
    };
    let none = !found.cheapest.purchases.iter().any(is_zonal);
    (none && !fleet.zonal.is_empty()).then(|| {
        "`--zonal`: no capacity is held, as no zonal Reserved Instance pays for itself beside what is owned".to_owned()
    })
}

/// Names the usage, and says which of it keeps regional ones.
pub(super) fn name(zonal: &[String], fleet: &mut Fleet) -> Result<(), Failure> {
    if zonal.is_empty() {
        return Ok(());
    }
    let found = ByZone::of(&selectors(zonal)?, &fleet.import.demand);
    let found = found.map_err(|wrong| match &fleet.import.report.files[..] {
        [only] if wrong.place.is_none() => wrong.at(Place::file(&only.name)),
        _ => wrong,
    })?;
    let left = found.left.into_iter();
    fleet
        .doubts
        .extend(left.map(|left| Diagnostic::new(format!("`--zonal`: {left}"))));
    fleet.zonal = found.keys;
    Ok(())
}
