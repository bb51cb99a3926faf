//! What services cost in one book and in another: where a user's book prices something, nothing else can differ.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::answer::Sourced;
use super::book::PriceBook;
use super::databases::DatabaseRate;
use super::tiers::Tiers;
use crate::catalog::{PaymentOption, Region, ServiceItem, Term};
use crate::units::{Metered, Rate};

/// A price of a service that is not the same in both books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedService {
    /// Where.
    pub region: Region,
    /// Of what: an item, an item under a Savings Plan, a database.
    pub what: String,
    /// In the first book; `None` where it has none.
    pub before: Option<Sourced<Tiers>>,
    /// In the second.
    pub after: Option<Sourced<Tiers>>,
}

impl MovedService {
    /// By how many per cent of the first book's price the first tier became dearer; `None` where only one book has it.
    pub fn percent(&self) -> Option<Decimal> {
        let first = |price: &Option<Sourced<Tiers>>| {
            let tiers = &price.as_ref()?.value;
            tiers.tiers().first().map(|tier| tier.rate.to_decimal())
        };
        let share = first(&self.after)?.checked_div(first(&self.before)?)?;
        Some((share - Decimal::ONE) * Decimal::ONE_HUNDRED)
    }
}

/// Compares what a user's book of either side prices beside instances and Dedicated Hosts, ordered by region and name;
/// and how many prices are the same.
pub fn diff_services(
    before: &PriceBook,
    after: &PriceBook,
    wanted: impl Fn(Region) -> bool,
) -> (Vec<MovedService>, usize) {
    let regions: BTreeSet<Region> = before
        .charged_regions()
        .chain(after.charged_regions())
        .collect();
    let (mut moved, mut same) = (Vec::new(), 0);
    for region in regions.into_iter().filter(|region| wanted(*region)) {
        let mut names = BTreeSet::new();
        for book in [before, after] {
            names.extend(priced(book, region));
        }
        for name in names {
            let [before, after] = [before, after].map(|book| name.price(book, region));
            let value =
                |price: &Option<Sourced<Tiers>>| price.as_ref().map(|price| price.value.clone());
            match (value(&before), value(&after)) {
                (None, None) => {}
                (one, other) if one == other => same += 1,
                _ => moved.push(MovedService {
                    region,
                    what: name.to_string(),
                    before,
                    after,
                }),
            }
        }
    }
    (moved, same)
}

/// Something that a user's book prices.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Item(ServiceItem),
    Plan(ServiceItem, Term, PaymentOption),
    Database([String; 3]),
}

fn priced(book: &PriceBook, region: Region) -> Vec<Name> {
    let Ok(Some(own)) = book.user_charges(region) else {
        return Vec::new();
    };
    let plans = own.plans.keys().cloned();
    let database = |rate: &Sourced<DatabaseRate>| {
        let rate = &rate.value;
        Name::Database([&rate.service, &rate.usage_type, &rate.operation].map(ToString::to_string))
    };
    own.items
        .keys()
        .cloned()
        .map(Name::Item)
        .chain(plans.map(|(item, term, payment)| Name::Plan(item, term, payment)))
        .chain(own.databases.iter().map(database))
        .collect()
}

impl Name {
    fn price(&self, book: &PriceBook, region: Region) -> Option<Sourced<Tiers>> {
        let flat = |rate: Sourced<Rate<Metered>>, unit: &str| Sourced {
            value: Tiers::flat(unit, rate.value),
            provenance: rate.provenance,
        };
        match self {
            Self::Item(item) => book.service(region, item).ok(),
            Self::Plan(item, term, payment) => {
                let rate = book.service_savings_plan(region, item, *term, *payment);
                let unit = book.service(region, item).ok()?;
                Some(flat(rate.ok()?, unit.value.unit()))
            }
            Self::Database([service, usage_type, operation]) => {
                let rates = book.database_plan(region, usage_type, operation).ok()?;
                let rate = rates
                    .into_iter()
                    .find(|rate| *rate.value.service == **service)?;
                let plan = Sourced {
                    value: rate.value.plan,
                    provenance: rate.provenance,
                };
                Some(flat(plan, &rate.value.unit))
            }
        }
    }
}

/// `nat-gateway-hour`, `fargate-linux-x86-vcpu-hour, Compute Savings Plan (1 year, No Upfront)`.
impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Item(item) => f.write_str(item.as_str()),
            Self::Plan(item, term, payment) => {
                write!(f, "{item}, Compute Savings Plan ({term}, {payment})")
            }
            Self::Database([service, usage_type, operation]) => {
                write!(
                    f,
                    "{service} {usage_type} {operation}, Database Savings Plan"
                )
            }
        }
    }
}
