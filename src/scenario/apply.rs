//! Makes the changes of a scenario, one after the other, each on what the ones before it left.

use std::collections::BTreeSet;

use super::beside;
use super::case::Case;
use super::change::{Change, Flows, Instance, Scenario, What};
use super::prices::{PriceChange, PricedOffer};
use super::ratio::{Ratio, scale};
use super::selector::{Selector, what_there_is};
use crate::catalog::{Account, InstanceType, Region, Tenancy, attributes};
use crate::commitment::Portfolio;
use crate::demand::{DemandKey, Labels, Market};
use crate::diagnostics::{Diagnostic, Place, nearest};
use crate::prices::{PriceBook, Product};
use crate::units::HourSpan;

/// An hour in seconds.
const HOUR: u64 = 3_600;

impl Scenario {
    /// The case that its changes make of another.
    ///
    /// # Errors
    /// The first change that selects nothing, or that leads where nothing is sold; points at it.
    pub fn apply(&self, case: &Case, book: &PriceBook) -> Result<Case, Diagnostic> {
        let mut changed = case.clone();
        for change in &self.changes {
            changed = change.apply(changed, book)?;
        }
        // Under a key that runs nowhere any more there is nothing to bill.
        changed
            .usage
            .retain(|key, row| case.usage.contains_key(key) || row.iter().any(|&s| s > 0));
        Ok(changed)
    }
}

impl Change {
    fn apply(&self, case: Case, book: &PriceBook) -> Result<Case, Diagnostic> {
        let mut step = Step {
            hours: self.during.within(case.span),
            case,
            book,
            at: &self.place,
        };
        if step.hours.is_empty() {
            let message = format!("the change is for no hour of the usage, {}", step.case.span);
            return Err(Diagnostic::new(message)
                .at(self.place.clone())
                .hint("`from` is included, `to` is not"));
        }
        step.make(&self.what)?;
        Ok(step.case)
    }
}

/// One change while it is made.
pub(super) struct Step<'a> {
    pub(super) case: Case,
    /// The hours it is about.
    pub(super) hours: HourSpan,
    pub(super) book: &'a PriceBook,
    /// Where it stands.
    pub(super) at: &'a Place,
}

impl Step<'_> {
    fn make(&mut self, what: &What) -> Result<(), Diagnostic> {
        match what {
            What::Scale {
                select,
                ratio,
                services,
            } => self.scale(select, *ratio, *services),
            What::MoveRegion {
                select,
                to,
                services,
                flows,
            } => self.move_region(select, *to, *services, *flows),
            What::MoveFamily { select, to, ratio } => self.replace(select, *ratio, |old| {
                format!("{to}.{}", old.size()).parse().ok()
            }),
            What::Resize { select, to, ratio } => self.replace(select, *ratio, |_| Some(*to)),
            What::Schedule { select, week } => self.schedule(select, week),
            What::Spot { select, share } => self.spot(select, *share),
            What::Fargate {
                select,
                share,
                task,
            } => beside::fargate(self, select, *share, *task),
            What::Nat { select, topology } => beside::nat(self, select, *topology),
            What::Add {
                account,
                instance,
                count,
            } => self.add(*account, *instance, *count),
            What::Transfer {
                account,
                from,
                to,
                gigabytes,
            } => {
                beside::transfer(self, *account, *from, *to, *gigabytes);
                Ok(())
            }
            What::Buy(portfolio) => self.buy(portfolio),
            What::Expire { id, at } => self.expire(id, at),
            What::Price(change) => self.price(change),
        }
    }

    /// The places of the change's hours in a row.
    fn columns(&self) -> std::ops::Range<usize> {
        let start = self.case.span.index(self.hours.start()).unwrap_or(0);
        start..start + self.hours.len()
    }

    /// The keys of instances that are selected.
    ///
    /// # Errors
    /// Says that there are none in the hours of the change, and why.
    pub(super) fn selected(&self, select: &Selector) -> Result<Vec<DemandKey>, Diagnostic> {
        let columns = self.columns();
        let mut used = false;
        let keys: Vec<DemandKey> = self
            .case
            .usage
            .iter()
            .filter(|(key, _)| select.takes(key))
            .map(|(key, row)| {
                used |= row[columns.clone()].iter().any(|&seconds| seconds > 0);
                key.clone()
            })
            .collect();
        if keys.is_empty() {
            return Err(select.nothing(&self.case, self.at));
        }
        if used {
            return Ok(keys);
        }
        let message = format!(
            "the change selects nothing: {select} has no usage from {}",
            self.hours
        );
        let place = select.place.as_ref().unwrap_or(self.at).clone();
        Err(Diagnostic::new(message)
            .at(place)
            .hint("changes are made in the order they are written: one before may have moved it"))
    }

    /// Takes a share of a row's seconds out of the hours of the change; gives them as a row of their own.
    pub(super) fn take(&mut self, key: &DemandKey, share: Ratio) -> Vec<u64> {
        let columns = self.columns();
        let Some(row) = self.case.usage.get_mut(key) else {
            return Vec::new();
        };
        let taken = scaled(row, |place| {
            if columns.contains(&place) {
                share
            } else {
                Ratio::ZERO
            }
        });
        for (left, taken) in row.iter_mut().zip(&taken) {
            *left = left.saturating_sub(*taken);
        }
        taken
    }

    /// Puts a row's seconds under a key.
    fn put(&mut self, key: DemandKey, row: Vec<u64>) {
        let hours = self.case.span.len();
        let own = self.case.usage.entry(key).or_insert_with(|| vec![0; hours]);
        for (own, more) in own.iter_mut().zip(row) {
            *own = own.saturating_add(more);
        }
    }

    fn scale(&mut self, select: &Selector, ratio: Ratio, services: bool) -> Result<(), Diagnostic> {
        let columns = self.columns();
        // A fleet of tasks or databases alone has no instances that could be missing.
        let is_beside_alone = services
            && self.case.usage.is_empty()
            && !select.is_of_instances()
            && self
                .case
                .services
                .keys()
                .any(|key| select.takes_service(key));
        let keys = if is_beside_alone {
            Vec::new()
        } else {
            self.selected(select)?
        };
        for key in keys {
            if let Some(row) = self.case.usage.get_mut(&key) {
                *row = scaled(row, |place| {
                    if columns.contains(&place) {
                        ratio
                    } else {
                        Ratio::ONE
                    }
                });
            }
        }
        beside::follow(self, select, services, |step| {
            beside::scale_services(step, select, ratio);
            Ok(())
        })
    }

    fn move_region(
        &mut self,
        select: &Selector,
        to: Region,
        services: bool,
        flows: Flows,
    ) -> Result<(), Diagnostic> {
        let keys = self.selected(select)?;
        let keys: Vec<DemandKey> = keys.into_iter().filter(|key| key.region != to).collect();
        let from: BTreeSet<Region> = keys.iter().map(|key| key.region).collect();
        let Some(first) = keys.first().cloned() else {
            let message = format!("{select} runs in {to} already");
            return Err(Diagnostic::new(message).at(self.at.clone()));
        };
        for key in keys {
            let moved = DemandKey {
                region: to,
                zone: None,
                ..key.clone()
            };
            self.is_sold(&moved)?;
            let row = self.take(&key, Ratio::ONE);
            self.put(moved, row);
        }
        beside::follow(self, select, services, |step| {
            beside::move_services(step, select, to)
        })?;
        beside::between(self, first.account, (&from, to), flows)
    }

    /// Runs selected usage on other types, with so many instance-hours for one.
    fn replace(
        &mut self,
        select: &Selector,
        ratio: Ratio,
        type_for: impl Fn(InstanceType) -> Option<InstanceType>,
    ) -> Result<(), Diagnostic> {
        let mut moved = false;
        for key in self.selected(select)? {
            let Some(other) = type_for(key.instance_type) else {
                continue;
            };
            let new = DemandKey {
                instance_type: other,
                ..key.clone()
            };
            self.is_sold(&new)?;
            moved |= new != key;
            let row = self.take(&key, Ratio::ONE);
            let row = scaled(&row, |_| ratio);
            self.put(new, row);
        }
        if moved || ratio != Ratio::ONE {
            return Ok(());
        }
        let message = format!("{select} runs on it already");
        Err(Diagnostic::new(message).at(self.at.clone()))
    }

    fn schedule(&mut self, select: &Selector, week: &super::week::Week) -> Result<(), Diagnostic> {
        let minutes: Vec<u32> = self.hours.hours().map(|hour| week.minutes(hour)).collect();
        let columns = self.columns();
        for key in self.selected(select)? {
            if let Some(row) = self.case.usage.get_mut(&key) {
                *row = scaled(row, |place| {
                    let inside = place.checked_sub(columns.start);
                    let minutes = inside.and_then(|inside| minutes.get(inside));
                    minutes.map_or(Ratio::ONE, |&minutes| Ratio::of(minutes, 60))
                });
            }
        }
        Ok(())
    }

    fn spot(&mut self, select: &Selector, share: Ratio) -> Result<(), Diagnostic> {
        let select = Selector {
            market: Some(Market::OnDemand),
            ..select.clone()
        };
        for key in self.selected(&select)? {
            let spot = DemandKey {
                market: Market::Spot,
                ..key.clone()
            };
            self.is_sold(&spot)?;
            let row = self.take(&key, share);
            self.put(spot, row);
        }
        Ok(())
    }

    fn add(&mut self, account: Account, instance: Instance, count: u32) -> Result<(), Diagnostic> {
        let key = DemandKey {
            account,
            region: instance.region,
            zone: None,
            instance_type: instance.instance_type,
            platform: instance.platform,
            tenancy: Tenancy::Shared,
            market: Market::OnDemand,
            labels: Labels::default(),
        };
        self.is_sold(&key)?;
        let columns = self.columns();
        let seconds = u64::from(count) * HOUR;
        let row = (0..self.case.span.len()).map(
            |place| {
                if columns.contains(&place) { seconds } else { 0 }
            },
        );
        let row = row.collect();
        self.put(key, row);
        Ok(())
    }

    fn buy(&mut self, bought: &Portfolio) -> Result<(), Diagnostic> {
        let owned: BTreeSet<&str> = ids(&self.case.portfolio).collect();
        if let Some(twice) = ids(bought).find(|id| owned.contains(id)) {
            let message = format!("`{twice}` is owned already");
            return Err(Diagnostic::new(message)
                .at(self.at.clone())
                .hint("give what is bought an id of its own"));
        }
        let own = &mut self.case.portfolio;
        own.reserved_instances
            .extend(bought.reserved_instances.iter().cloned());
        own.savings_plans
            .extend(bought.savings_plans.iter().cloned());
        Ok(())
    }

    /// Ends a commitment with the first hour of the change.
    fn expire(&mut self, id: &str, at: &Place) -> Result<(), Diagnostic> {
        let end = self.hours.start();
        let own = &mut self.case.portfolio;
        let reserved = own.reserved_instances.iter_mut();
        let reserved = reserved.map(|ri| (&ri.id, &mut ri.alive));
        let plans = own.savings_plans.iter_mut();
        let plans = plans.map(|plan| (&plan.id, &mut plan.alive));
        let found = reserved.chain(plans).find(|(own, _)| **own == id);
        let Some((_, alive)) = found else {
            let ids: BTreeSet<String> = ids(&self.case.portfolio).map(str::to_owned).collect();
            return Err(
                Diagnostic::new(format!("nothing that is owned is called `{id}`"))
                    .at(at.clone())
                    .hint(what_there_is(id, &ids)),
            );
        };
        if alive.end() <= end {
            let message = format!(
                "`{id}` has ended by {end} already: it ends at {}",
                alive.end()
            );
            return Err(Diagnostic::new(message)
                .at(at.clone())
                .hint("a commitment expires once, and before its own end"));
        }
        *alive = HourSpan::new(alive.start().min(end), end);
        Ok(())
    }

    fn price(&mut self, change: &PriceChange) -> Result<(), Diagnostic> {
        let moves = |key: &DemandKey| {
            let product = product(key);
            let offers = PricedOffer::ALL.iter();
            let mut offers = offers.filter(|(_, offer)| change.offers.contains(offer));
            offers.any(|&(_, offer)| change.moves(product, offer))
        };
        let any = match &change.item {
            None => self.case.keys().any(moves),
            Some(item) => {
                let mut used = self.case.services.keys();
                used.any(|key| change.moves_item(key.region, item))
            }
        };
        if any {
            self.case.prices.push(change.clone());
            return Ok(());
        }
        let Some(item) = &change.item else {
            return Err(change.select.nothing(&self.case, self.at));
        };
        let there = self.case.services.keys();
        let there = there.map(|key| key.item.to_string()).collect();
        let place = change.select.place.as_ref().unwrap_or(self.at).clone();
        let message = format!("the change selects nothing: `{item}` is not used");
        Err(Diagnostic::new(message)
            .at(place)
            .hint(what_there_is(item.as_str(), &there)))
    }

    /// Refuses usage that has no price where it would run.
    fn is_sold(&self, key: &DemandKey) -> Result<(), Diagnostic> {
        let product = product(key);
        let price = match key.market {
            Market::Spot | Market::SpotEligible => self.book.spot(product),
            Market::OnDemand | Market::UnusedCapacity => self.book.on_demand(product),
            // The block was paid for as a whole.
            Market::CapacityBlock => return Ok(()),
        };
        price.map(|_| ()).map_err(|missing| {
            let problem = Diagnostic::new(missing.to_string()).at(self.at.clone());
            problem.hint(self.instead(key))
        })
    }

    /// What could run there instead.
    fn instead(&self, key: &DemandKey) -> String {
        let sold = self.book.sells(key.region);
        let own = key.instance_type;
        if sold.contains(&own) {
            return format!(
                "{own} is sold in {} otherwise; a selector (operating_system, purchase) leaves such usage out",
                key.region
            );
        }
        let of_family: Vec<&str> = sold
            .iter()
            .filter(|sold| sold.family() == own.family())
            .map(|sold| sold.as_str())
            .collect();
        if !of_family.is_empty() {
            return format!("of its family {} has {}", key.region, of_family.join(", "));
        }
        let of_size = sold.iter().filter(|sold| sold.size() == own.size());
        let of_size: Vec<&str> = of_size.map(|sold| sold.as_str()).collect();
        match nearest(own.as_str(), of_size.iter().copied()) {
            Some(near) => format!("the nearest of its size in {} is {near}", key.region),
            None if attributes(own).is_none() => format!("no instance type is called {own}"),
            None => format!(
                "`bursar prices list --region {}` shows what is sold there",
                key.region
            ),
        }
    }
}

fn ids(portfolio: &Portfolio) -> impl Iterator<Item = &str> {
    let reserved = portfolio.reserved_instances.iter().map(|ri| ri.id.as_str());
    let plans = portfolio.savings_plans.iter();
    reserved.chain(plans.map(|plan| plan.id.as_str()))
}

const fn product(key: &DemandKey) -> Product {
    Product {
        region: key.region,
        instance_type: key.instance_type,
        platform: key.platform,
        tenancy: key.tenancy,
    }
}

/// A row with each hour at a ratio: the sum is rounded once (`ratio::scale`).
fn scaled(row: &[u64], ratio: impl Fn(usize) -> Ratio) -> Vec<u64> {
    let ratios: Vec<Ratio> = (0..row.len()).map(ratio).collect();
    let wholes = ratios.iter().map(|ratio| ratio.whole());
    let whole = wholes.fold(1, common);
    let amounts = row.iter().zip(&ratios).map(|(&seconds, ratio)| {
        let parts = ratio.parts() * whole.div_euclid(ratio.whole());
        (i128::from(seconds), parts)
    });
    scale(amounts, whole)
        .map(|seconds| u64::try_from(seconds).unwrap_or(u64::MAX))
        .collect()
}

/// The least common multiple.
fn common(a: i128, b: i128) -> i128 {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    a.div_euclid(x) * b
}
