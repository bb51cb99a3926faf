//! The problem of buying on dates: what is bought lives in some of the hours, and each hour stands for several.

use crate::billing::ServiceUse;
use crate::commitment::Portfolio;
use crate::demand::Demand;
use crate::prices::MissingPrice;

use super::super::Source;
use super::budget::{Budget, Ceiling};
use super::candidates::{Candidate, Market};
use super::life::Life;
use super::plans::{Failed, Options};
use super::tariff::{Tariff, stated};

impl Tariff {
    /// States the problem of buying things that live in some of the hours only, each hour standing for so many, under
    /// ceilings for what is committed in some hours and the other rules that purchases on dates can keep.
    pub(super) fn dated(
        (demand, beside, weights): (Demand, ServiceUse, Vec<u32>),
        (offered, missing): (Vec<(Candidate, Life)>, Vec<MissingPrice>),
        ceilings: Vec<Ceiling>,
        owned: &Portfolio,
        market: &impl Market,
        options: &Options,
    ) -> Result<Self, Failed> {
        let (candidates, lives) = offered.into_iter().unzip();
        let offered = (candidates, missing);
        let usage = (demand, beside, 1);
        let budget = Some(Budget::dated(&options.rules, ceilings));
        let mut tariff = stated(usage, offered, budget, owned, market, options)?;
        (tariff.lives, tariff.weights) = (lives, weights);
        let sources = tariff.model.problem.sources().iter();
        let sources = sources.zip(&tariff.model.sources).map(|(source, &of)| {
            let candidate = tariff.candidate(of);
            let Some(life) = candidate.map(|index| tariff.lives[index]) else {
                return source.clone();
            };
            let window = tariff.demand.span();
            let hours = |hour| window.index(hour).unwrap_or(window.len());
            let alive = hours(life.alive.start())..hours(life.alive.end());
            Source {
                // What it was told before is hours, and what capital costs on top of them.
                fee: source.fee / window.len() as f64 * (life.hundredths as f64 / 100.0),
                alive: if alive.len() == window.len() {
                    Vec::new()
                } else {
                    vec![alive]
                },
                ..source.clone()
            }
        });
        let sources = sources.collect();
        let mut problem = tariff.model.problem.with_sources(sources)?;
        if tariff.weights.iter().any(|&hours| hours != 1) {
            let weights = tariff.weights.iter().map(|&hours| f64::from(hours));
            problem = problem.weighted(weights.collect())?;
        }
        let on_demand = problem.on_demand();
        tariff.model.problem = problem;
        let rows = tariff.rows((0, on_demand));
        tariff.limited(rows)
    }
}
