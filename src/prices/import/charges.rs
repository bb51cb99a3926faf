//! Gathers the prices of what is no instance, then joins them: one price for each item, tiers without holes.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::collect::{TOLD, elsewhere};
use crate::catalog::{PaymentOption, Region, ServiceItem, Term};
use crate::diagnostics::{Diagnostic, Place};
use crate::prices::user_charges::{DatabaseRow, ItemRow, PlanRow, UserCharges};
use crate::prices::{InvalidTiers, Tier, Tiers};
use crate::units::{Metered, Rate};

const NOT_GUESSED: &str = "leave out one of the files, or the row that is wrong; which of two prices holds is not guessed";
const TYPED: &str = "the first tier starts at 0, and each holds up to where the next one starts";
const INCOMPLETE: &str = "the file is incomplete; fetch it again";

/// What is priced in a region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// A service's item, with its kind and unit.
    Item(ServiceItem, Arc<str>, Arc<str>),
    /// The Compute Savings Plan rate of an item.
    Plan(ServiceItem, Term, PaymentOption),
    /// A Database Savings Plan's rate: service, usage type, operation and unit.
    Database([String; 4]),
}

/// Which part of a month's use a price is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ends {
    /// Where the SKU's first tier starts, if AWS makes a SKU of each.
    pub(super) base: u64,
    from: u64,
    to: Option<u64>,
}

#[derive(Debug)]
struct Amount {
    ends: Ends,
    steps: u64,
    label: Box<str>,
    file: Arc<str>,
    source: u32,
}

/// Every price that was read.
#[derive(Debug, Default)]
pub(super) struct Charges {
    amounts: BTreeMap<(Region, What), Vec<Amount>>,
    file: Option<Arc<str>>,
}

/// Prices by region.
#[derive(Debug, Default)]
pub(super) struct Joined {
    pub(super) regions: BTreeMap<Region, UserCharges>,
    /// What costs nothing and was left out: how many, and the first by name.
    pub(super) zero: (usize, Vec<String>),
    /// Prices that two SKUs say alike.
    pub(super) twice: usize,
    pub(super) problems: Vec<Diagnostic>,
}

impl Ends {
    /// However much is used; from `base` on, up to where the next SKU or line of the item starts.
    pub(super) const fn whole(base: u64) -> Self {
        Self {
            base,
            from: 0,
            to: None,
        }
    }

    /// The range of a row of an offer.
    pub(super) fn of(base: u64, (from, to): (&str, &str)) -> Result<Self, Diagnostic> {
        let number = |text: &str| {
            let read: Option<Decimal> = text.parse().ok();
            let whole = read
                .filter(Decimal::is_integer)
                .and_then(|end| u64::try_from(end).ok());
            whole.ok_or_else(|| {
                Diagnostic::new(format!(
                    "`{text}` is no end of a price tier: expected a whole number"
                ))
            })
        };
        Ok(Self {
            base,
            from: if from.is_empty() { 0 } else { number(from)? },
            to: if matches!(to, "" | "Inf") {
                None
            } else {
                Some(number(to)?)
            },
        })
    }
}

impl Charges {
    /// Takes one price. `label` names its row: a SKU, or `line 7`.
    pub(super) fn add(
        &mut self,
        what: (Region, What),
        ends: Ends,
        steps: u64,
        (label, path): (&str, &str),
        source: u32,
    ) {
        let known = self.file.clone().filter(|file| **file == *path);
        let file = known.unwrap_or_else(|| path.into());
        self.file = Some(file.clone());
        self.amounts.entry(what).or_default().push(Amount {
            ends,
            steps,
            label: label.into(),
            file,
            source,
        });
    }

    /// Joins prices to rates; problems stand among them.
    pub(super) fn join(self) -> Joined {
        let mut joined = Joined::default();
        for ((region, what), amounts) in self.amounts {
            if joined.problems.len() >= TOLD {
                break;
            }
            let priced = unite(&what, amounts, &mut joined.twice);
            match priced {
                Err(mut problem) => {
                    problem.message = format!("{what} in {region}: {}", problem.message);
                    joined.problems.push(problem);
                }
                Ok((tiers, _)) if tiers.is_free() => {
                    joined.zero.0 += 1;
                    if joined.zero.1.len() < TOLD {
                        joined.zero.1.push(format!("{what} in {region}"));
                    }
                }
                Ok(priced) => joined.regions.entry(region).or_default().add(what, &priced),
            }
        }
        joined
    }
}

/// The tiers that the SKUs of one item make together, and their source.
fn unite(
    what: &What,
    mut amounts: Vec<Amount>,
    twice: &mut usize,
) -> Result<(Tiers, u32), Diagnostic> {
    amounts.sort_by(|a, b| {
        (a.ends.base, a.source, &a.label, a.ends).cmp(&(b.ends.base, b.source, &b.label, b.ends))
    });
    let mut bases: Vec<(u64, Tiers, &Amount)> = Vec::new();
    for same in amounts
        .chunk_by(|a, b| (a.ends.base, a.source, &a.label) == (b.ends.base, b.source, &b.label))
    {
        let (base, tiers) = (same[0].ends.base, of_sku(what, same)?);
        match bases.last() {
            Some((known, other, first)) if *known == base => {
                if *other != tiers {
                    return Err(conflict((first, other), (&same[0], &tiers)));
                }
                *twice += 1;
            }
            _ => bases.push((base, tiers, &same[0])),
        }
    }
    match &bases[..] {
        [(0, tiers, amount)] => Ok((tiers.clone(), amount.source)),
        _ => together(what, &bases),
    }
}

/// The tiers of one SKU.
fn of_sku(what: &What, amounts: &[Amount]) -> Result<Tiers, Diagnostic> {
    let tier = |amount: &Amount| Tier {
        from: amount.ends.from,
        to: amount.ends.to,
        rate: Rate::from_steps(amount.steps),
    };
    let tiers = Tiers::new(what.unit(), amounts.iter().map(tier).collect());
    tiers.map_err(|error| wrong(&error, &amounts[0]))
}

/// SKUs that are a tier each: every one holds up to where the next one starts.
fn together(what: &What, bases: &[(u64, Tiers, &Amount)]) -> Result<(Tiers, u32), Diagnostic> {
    let mut starts = Vec::new();
    for (base, tiers, amount) in bases {
        let [tier] = tiers.tiers() else {
            let message = format!(
                "{} is one tier of several and has tiers itself",
                named(&amount.label)
            );
            let place = Place::file(&*amount.file);
            return Err(Diagnostic::new(message).hint(INCOMPLETE).at(place));
        };
        starts.push((*base, tier.rate));
    }
    let first = bases[0].2;
    let tiers = Tiers::from_starts(what.unit(), &starts).map_err(|error| wrong(&error, first))?;
    Ok((tiers, first.source))
}

fn wrong(error: &InvalidTiers, amount: &Amount) -> Diagnostic {
    let is_typed = amount.label.contains(' ');
    Diagnostic::new(format!("{} ({error})", named(&amount.label)))
        .hint(if is_typed { TYPED } else { INCOMPLETE })
        .at(Place::file(&*amount.file))
}

fn conflict((one, its): (&Amount, &Tiers), (other, others): (&Amount, &Tiers)) -> Diagnostic {
    let message = format!(
        "two prices for one thing: {}{} says {its}, {} says {others}",
        named(&one.label),
        elsewhere(&one.file, &other.file),
        named(&other.label)
    );
    Diagnostic::new(message)
        .hint(NOT_GUESSED)
        .at(Place::file(&*other.file))
}

fn named(label: &str) -> String {
    if label.contains(' ') {
        label.to_owned()
    } else {
        format!("SKU {label}")
    }
}

impl What {
    fn unit(&self) -> Arc<str> {
        match self {
            Self::Item(_, _, unit) => unit.clone(),
            Self::Plan(..) => "unit".into(),
            Self::Database([.., unit]) => unit.as_str().into(),
        }
    }
}

impl UserCharges {
    fn add(&mut self, what: What, (tiers, source): &(Tiers, u32)) {
        let steps = |tier: &Tier| (tier.from, tier.rate.steps());
        let first: Rate<Metered> = tiers
            .tiers()
            .first()
            .map_or(Rate::from_steps(0), |tier| tier.rate);
        let source = *source;
        match what {
            What::Item(item, service, unit) => self.items.push(ItemRow {
                service: service.to_string(),
                item: item.to_string(),
                unit: unit.to_string(),
                tiers: tiers.tiers().iter().map(steps).collect(),
                source,
            }),
            What::Plan(item, term, payment) => self.plans.push(PlanRow {
                item: item.to_string(),
                term: term.code().to_owned(),
                payment: payment.code().to_owned(),
                steps: first.steps(),
                source,
            }),
            What::Database([service, usage_type, operation, unit]) => {
                self.databases.push(DatabaseRow {
                    service,
                    usage_type,
                    operation,
                    unit,
                    steps: first.steps(),
                    source,
                });
            }
        }
    }
}

/// `nat-gateway-hour`, `fargate-linux-x86-vcpu-hour, Compute Savings Plan (1 year, No Upfront)`.
impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Item(item, ..) => f.write_str(item.as_str()),
            Self::Plan(item, term, payment) => {
                write!(f, "{item}, Compute Savings Plan ({term}, {payment})")
            }
            Self::Database([service, usage_type, operation, _]) => {
                write!(
                    f,
                    "{service} `{usage_type}` `{operation}`, Database Savings Plan"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(amounts: &[(Ends, u64, &str)]) -> Joined {
        let mut charges = Charges::default();
        for (ends, steps, label) in amounts {
            let item = What::Item(
                "nat-gateway-gb".parse().unwrap(),
                "nat-gateway".into(),
                "GB".into(),
            );
            charges.add(
                ("eu-west-1".parse().unwrap(), item),
                *ends,
                *steps,
                (label, "file"),
                0,
            );
        }
        charges.join()
    }

    fn ends(from: &str, to: &str) -> Ends {
        Ends::of(0, (from, to)).unwrap()
    }

    fn problem(amounts: &[(Ends, u64, &str)]) -> String {
        join(amounts).problems[0].message.clone()
    }

    #[test]
    fn tiers_of_one_sku_are_joined() {
        let joined = join(&[(ends("10240", "Inf"), 5, "A"), (ends("0", "10240"), 9, "A")]);
        let charges = joined.regions.values().next().unwrap();
        assert_eq!(charges.items[0].tiers, [(0, 9), (10_240, 5)]);
        // Where each tier is a SKU, they are one price together.
        let skus = [(Ends::whole(0), 9, "A"), (Ends::whole(32_000), 7, "B")];
        let joined = join(&skus);
        assert_eq!(
            joined.regions.values().next().unwrap().items[0].tiers,
            [(0, 9), (32_000, 7)]
        );
        assert_eq!(joined.twice, 0);
    }

    #[test]
    fn holes_overlaps_and_two_skus_are_told_by_name() {
        let hole = problem(&[(ends("0", "10"), 9, "A"), (ends("11", "Inf"), 5, "A")]);
        assert_eq!(
            hole,
            "nat-gateway-gb in eu-west-1: SKU A (no tier holds what comes after 10 GB)"
        );
        let overlap = problem(&[(ends("0", "10"), 9, "A"), (ends("9", "Inf"), 5, "A")]);
        assert!(overlap.contains("SKU A (the tier from 9 GB"), "{overlap}");
        let two = problem(&[(Ends::whole(0), 9, "A"), (Ends::whole(0), 8, "B")]);
        assert!(
            two.contains("SKU A says 0.0000000009 a GB, SKU B says 0.0000000008 a GB"),
            "{two}"
        );
        let second = problem(&[(Ends::whole(32_000), 9, "B")]);
        assert!(second.contains("after 0 GB"), "{second}");
        assert!(Ends::of(0, ("0.5", "Inf")).is_err());
    }

    #[test]
    fn the_same_price_twice_is_counted_and_nothing_is_left_out() {
        let joined = join(&[(Ends::whole(0), 9, "A"), (Ends::whole(0), 9, "B")]);
        assert_eq!((joined.twice, joined.regions.len()), (1, 1));
        let joined = join(&[(Ends::whole(0), 0, "A")]);
        assert_eq!((joined.zero.0, joined.regions.len()), (1, 0));
    }
}
