//! Usage that may run on Spot, set apart from the rest: a share of what selectors take.

use std::collections::{BTreeMap, BTreeSet};

use super::by_zone::none;
use super::ratio::{Ratio, scale};
use super::selector::Selector;
use crate::billing::{Rates, Settings, product_of, with_rerun};
use crate::demand::{Demand, DemandKey, Market, is_own_label};
use crate::diagnostics::Diagnostic;
use crate::prices::{PriceBook, Product};

/// A share of the usage of selectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpotShare {
    /// What may run on Spot: usage that one of them takes.
    pub select: Vec<Selector>,
    /// How much of it, at most all.
    pub share: Ratio,
}

/// Usage with that share set apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetApart {
    /// All usage; what may run on Spot is of its own market.
    pub demand: Demand,
    /// Selected usage that stays On-Demand, and why.
    pub left: Vec<String>,
}

impl SpotShare {
    /// Sets the share apart: On-Demand usage whose Spot price the book has and which is cheaper there, hours run again
    /// (`settings`) included.
    ///
    /// # Errors
    /// A selector that takes nothing; selected usage of which nothing can run on Spot, with the reason.
    pub fn set_apart(
        &self,
        demand: &Demand,
        book: &PriceBook,
        settings: Settings,
    ) -> Result<SetApart, Diagnostic> {
        self.check(demand)?;
        let mut left: BTreeMap<String, BTreeSet<Product>> = BTreeMap::new();
        let mut rows: BTreeMap<DemandKey, Vec<u32>> = BTreeMap::new();
        let mut any = false;
        for (key, seconds) in demand.rows() {
            if !self.takes(key) {
                rows.insert(key.clone(), seconds.to_vec());
                continue;
            }
            if let Err(why) = may_run_on_spot(key, book, settings) {
                left.entry(why).or_default().insert(product_of(key));
                rows.insert(key.clone(), seconds.to_vec());
                continue;
            }
            any = true;
            let eligible = self.part(seconds);
            let rest = seconds.iter().zip(&eligible).map(|(all, part)| all - part);
            let rest: Vec<u32> = rest.collect();
            if rest.iter().any(|&seconds| seconds > 0) {
                rows.insert(key.clone(), rest);
            }
            let apart = DemandKey {
                market: Market::SpotEligible,
                ..key.clone()
            };
            rows.insert(apart, eligible);
        }
        let left = left.into_iter().map(|(why, products)| {
            let products: Vec<String> = products.iter().map(ToString::to_string).collect();
            format!("stays On-Demand, {why}: {}", products.join("; "))
        });
        let left: Vec<String> = left.collect();
        let demand = Demand::from_rows(demand.span(), rows)
            .map_err(|key| Diagnostic::new(format!("{} lacks hours", key.instance_type)))?;
        if any {
            return Ok(SetApart { demand, left });
        }
        let problem = "none of the usage selected by `--spot-eligible` can run on Spot";
        Err(Diagnostic::new(problem).hint(left.join("; ")))
    }

    fn takes(&self, key: &DemandKey) -> bool {
        key.market == Market::OnDemand && self.select.iter().any(|select| select.takes(key))
    }

    /// The share of a row; never more than the row.
    fn part(&self, seconds: &[u32]) -> Vec<u32> {
        let parts = self.share.parts();
        let amounts = seconds.iter().map(|&s| (i128::from(s), parts));
        scale(amounts, self.share.whole())
            .zip(seconds)
            .map(|(part, &all)| u32::try_from(part).map_or(all, |part| part.min(all)))
            .collect()
    }

    /// Refuses a selector that takes nothing that runs On-Demand.
    fn check(&self, demand: &Demand) -> Result<(), Diagnostic> {
        for select in &self.select {
            let own = Selector {
                market: Some(Market::OnDemand),
                ..select.clone()
            };
            if demand.keys().iter().any(|key| own.takes(key)) {
                continue;
            }
            return Err(none(&own, demand, "`--spot-eligible`"));
        }
        Ok(())
    }
}

/// Whether usage can run on Spot, and is cheaper there.
fn may_run_on_spot(key: &DemandKey, book: &PriceBook, settings: Settings) -> Result<(), String> {
    if key.labels.iter().any(|(name, _)| is_own_label(name)) {
        return Err("being in a Capacity Reservation or of \"Optimize CPUs\"".to_owned());
    }
    if !key.may_be_covered() {
        return Err("being on a Dedicated Host".to_owned());
    }
    let product = product_of(key);
    let Ok(spot) = Rates::spot(book, product) else {
        return Err("for want of a Spot price".to_owned());
    };
    let Ok(on_demand) = Rates::on_demand(book, product) else {
        return Err("for want of an On-Demand price".to_owned());
    };
    let contract = book.contract();
    let spot = contract.map_or(spot, |contract| contract.spot(spot));
    let on_demand = contract.map_or(on_demand, |own| own.on_demand(product, on_demand));
    if with_rerun(spot, settings.rerun_millionths) < on_demand {
        return Ok(());
    }
    Err("being no cheaper on Spot with the hours run again".to_owned())
}
