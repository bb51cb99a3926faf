//! Which types a region sells in the place of one that it does not.

use crate::catalog::{InstanceType, Region};
use crate::prices::PriceBook;

/// What to do about a type that a region does not sell: the nearest types there, and regions that sell it.
/// `None` where the region sells it.
pub fn instead_of(book: &PriceBook, instance_type: InstanceType, region: Region) -> Option<String> {
    let sold = book.sells(region);
    if sold.binary_search(&instance_type).is_ok() {
        return None;
    }
    let mut near: Vec<InstanceType> = sold
        .into_iter()
        .filter(|known| likeness(*known, instance_type).is_some())
        .collect();
    near.sort_by_key(|known| (likeness(*known, instance_type), *known));
    let near: Vec<String> = near
        .iter()
        .take(3)
        .map(|known| format!("`{known}`"))
        .collect();
    let regions = book.regions().into_keys();
    let regions: Vec<String> = regions
        .filter(|other| other.is_region() && book.sells(*other).contains(&instance_type))
        .take(3)
        .map(|other| other.to_string())
        .collect();
    Some(match (near.is_empty(), regions.is_empty()) {
        (false, false) => format!(
            "nearest there: {}; {instance_type} is sold in {}",
            near.join(", "),
            regions.join(", ")
        ),
        (false, true) => format!("nearest there: {}", near.join(", ")),
        (true, false) => format!("{instance_type} is sold in {}", regions.join(", ")),
        (true, true) => "`bursar prices list` shows what is sold".to_owned(),
    })
}

/// How far a type is from another: its size in families of the same class (`m7i`, `m7g`, `m6i`) comes first, then
/// its family in another size, then the class in another size. `None`: another class altogether.
fn likeness(known: InstanceType, wanted: InstanceType) -> Option<(u8, u32, u64)> {
    let units = |of: InstanceType| of.quarter_units().unwrap_or_default();
    let apart = units(known).abs_diff(units(wanted));
    if known.family() == wanted.family() {
        return Some((1, 0, apart));
    }
    let (class, generation) = class(known.family().as_str());
    let (wanted_class, wanted_generation) = self::class(wanted.family().as_str());
    let rank = if known.size() == wanted.size() { 0 } else { 2 };
    (class == wanted_class).then(|| (rank, generation.abs_diff(wanted_generation), apart))
}

/// The letters before the generation, and the generation: `m` and 7 of `m7i-flex`.
fn class(family: &str) -> (&str, u32) {
    let start = family
        .find(|c: char| c.is_ascii_digit())
        .unwrap_or(family.len());
    let (letters, rest) = family.split_at(start);
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    (letters, digits.parse().unwrap_or_default())
}
